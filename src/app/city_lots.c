/* The lots of a wallet as the ledger must have them: in the order in which they are spent, by last
   day, then number. */
#include "app/city.h"

city_lot_t *city_lot_at(city_holder_t *holder, uint32_t place)
{
    return &holder->lots[(holder->lot_first + place) % CITY_LOTS_MAX];
}

static bool stands_before(const city_lot_t *a, const city_lot_t *b)
{
    return a->end != b->end ? a->end < b->end : a->number < b->number;
}

bool city_lot_add(city_holder_t *holder, city_lot_t lot)
{
    if (holder->lot_count == CITY_LOTS_MAX) {
        return false;
    }
    uint32_t at = holder->lot_count++;
    for (; at > 0 && stands_before(&lot, city_lot_at(holder, at - 1)); at--) {
        *city_lot_at(holder, at) = *city_lot_at(holder, at - 1);
    }
    *city_lot_at(holder, at) = lot;
    return true;
}

bool city_lot_issue(city_holder_t *holder, uint32_t face, uint32_t left, dure_day_t end)
{
    DURE_ASSERT(holder->lot_next < UINT16_MAX && end <= UINT16_MAX);
    const city_lot_t lot = {.left = left,
                            .face = face,
                            .number = (uint16_t)(holder->lot_next + 1),
                            .end = (uint16_t)end};
    if (!city_lot_add(holder, lot)) {
        return false;
    }
    holder->lot_next++;
    return true;
}

city_lot_t *city_lot_find(city_holder_t *holder, uint16_t number)
{
    for (uint32_t i = 0; i < holder->lot_count; i++) {
        city_lot_t *lot = city_lot_at(holder, i);
        if (lot->number == number) {
            return lot;
        }
    }
    return NULL;
}

void city_lot_remove(city_holder_t *holder, uint16_t number)
{
    uint32_t at = 0;
    while (at < holder->lot_count && city_lot_at(holder, at)->number != number) {
        at++;
    }
    DURE_ASSERT(at < holder->lot_count);
    holder->lot_count--;
    for (; at < holder->lot_count; at++) {
        *city_lot_at(holder, at) = *city_lot_at(holder, at + 1);
    }
}

void city_lots_take(city_holder_t *holder, uint64_t won, city_taken_t *taken)
{
    taken->count = 0;
    holder->balance -= won;
    while (won > 0) {
        DURE_ASSERT(holder->lot_count > 0);
        city_lot_t *lot = city_lot_at(holder, 0);
        const uint32_t part = lot->left < won ? lot->left : (uint32_t)won;
        if (taken->count < CITY_TAKEN_MAX) {
            taken->lots[taken->count] = *lot;
            taken->lots[taken->count].left = part;
        }
        taken->count += taken->count <= CITY_TAKEN_MAX;
        lot->left -= part;
        won -= part;
        if (lot->left == 0) {
            holder->lot_first = (uint8_t)((holder->lot_first + 1) % CITY_LOTS_MAX);
            holder->lot_count--;
        }
    }
}

/* Each lot comes back under its number: into what stands of it, or to its place in the line. */
static bool can_return(city_holder_t *holder, const city_taken_t *taken, uint64_t won)
{
    uint32_t new_count = 0;
    if (taken->count > CITY_TAKEN_MAX) {
        return false;
    }
    for (uint32_t i = taken->count; i > 0 && won > 0; i--) {
        const city_lot_t *from = &taken->lots[i - 1];
        const city_lot_t *own = city_lot_find(holder, from->number);
        if (from->face == CITY_FACE_UNKNOWN || (own != NULL && own->face != from->face)) {
            return false;
        }
        new_count += own == NULL;
        won -= from->left < won ? from->left : won;
    }
    return won == 0 && holder->lot_count + new_count <= CITY_LOTS_MAX;
}

bool city_lots_return(city_holder_t *holder, const city_taken_t *taken, uint64_t won)
{
    if (!can_return(holder, taken, won)) {
        return false;
    }
    holder->balance += won;
    for (uint32_t i = taken->count; i > 0 && won > 0; i--) {
        city_lot_t back = taken->lots[i - 1];
        back.left = back.left < won ? back.left : (uint32_t)won;
        won -= back.left;
        city_lot_t *own = city_lot_find(holder, back.number);
        if (own != NULL) {
            own->left += back.left;
        } else {
            const bool added = city_lot_add(holder, back);
            DURE_ASSERT(added);
        }
    }
    return true;
}

dure_day_t city_lot_end(const city_t *city)
{
    return dure_day_add_months(city->world->today, 60); /* "validity 5 years" */
}

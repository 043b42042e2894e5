/* The opening grant: what people had in hand before the first month of the data, on bearer cards,
   by a list that two officers approved and the city's opening account paid. */
#include "app/city.h"

#include <stdlib.h>

/* Below the limit of a bearer card, so that it can be charged again. */
#define ON_CARD_WON 450000u

static int by_party(const void *a, const void *b)
{
    const city_holder_t *first = a;
    const city_holder_t *second = b;
    return first->party < second->party ? -1 : first->party > second->party;
}

/* The cards, sorted: their order means nothing yet.  The last one gets what is left. */
static bool fill_cards(city_t *city, city_row_t *rows, uint32_t count, uint64_t won)
{
    for (uint32_t i = 0; i < count; i++) {
        if (!city_register_bearer(city)) {
            return false;
        }
    }
    qsort(city->bearers.items, city->bearers.count, sizeof *city->bearers.items, by_party);
    for (uint32_t i = 0; i < count; i++) {
        city_holder_t *card = &city->bearers.items[i];
        card->balance = i + 1 < count ? ON_CARD_WON : won - (uint64_t)i * ON_CARD_WON;
        const uint32_t face = (uint32_t)card->balance;
        const bool issued = city_lot_issue(card, face, face, city_lot_end(city));
        DURE_ASSERT(issued);
        rows[i] = (city_row_t){card->party, dure_amount(card->balance)};
    }
    city->bearers.held += won;
    return true;
}

bool city_grant_opening(city_t *city)
{
    const uint64_t won = city->data.opening_won;
    const uint32_t count = (uint32_t)((won + ON_CARD_WON - 1) / ON_CARD_WON);
    if (won == 0) {
        return true;
    }
    city_row_t *rows = calloc(count, sizeof *rows);
    bool granted =
        rows != NULL ? fill_cards(city, rows, count, won) &&
                           city_grant(city, CITY_PAPER, "opening", rows, count, dure_amount(won)) &&
                           city_settle(city->world)
                     : city_problem(city->world->problem, "out of memory for the opening grant");
    free(rows);
    return granted;
}

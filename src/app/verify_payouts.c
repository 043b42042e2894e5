/* Payouts, one by one: opened once, closed at most once, with the amount with which they were
   opened: what the bank paid, and the share that was taken then. */
#include "app/verify.h"

#include <stdlib.h>

void verify_payouts_free(verify_payouts_t *payouts)
{
    free(payouts->items);
    free(payouts->places);
    *payouts = (verify_payouts_t){0};
}

static bool same_id(const dure_tx_id_t *a, const dure_tx_id_t *b)
{
    return a->party == b->party && a->lane == b->lane && a->number == b->number;
}

/* Twice as many places as payouts: there is always a free one. */
static size_t place_of(const verify_payouts_t *payouts, const dure_tx_id_t *id)
{
    const size_t places = payouts->capacity * 2;
    uint64_t mixed = id->party * UINT64_C(0x9e3779b97f4a7c15) ^
                     id->number * UINT64_C(0xbf58476d1ce4e5b9) ^ (uint64_t)id->lane << 40;
    size_t at = (size_t)((mixed ^ mixed >> 29) % places);
    while (payouts->places[at] != 0 && !same_id(&payouts->items[payouts->places[at] - 1].id, id)) {
        at = at + 1 == places ? 0 : at + 1;
    }
    return at;
}

verify_payout_t *verify_payouts_find(const verify_payouts_t *payouts, const dure_tx_id_t *id)
{
    if (payouts->count == 0) {
        return NULL;
    }
    const uint32_t found = payouts->places[place_of(payouts, id)];
    return found == 0 ? NULL : &payouts->items[found - 1];
}

static bool grow(verify_payouts_t *payouts)
{
    const size_t capacity = payouts->capacity == 0 ? 1024 : payouts->capacity * 2;
    verify_payout_t *items = realloc(payouts->items, capacity * sizeof *items);
    if (items == NULL) {
        return false;
    }
    payouts->items = items;
    uint32_t *places = calloc(capacity * 2, sizeof *places);
    if (places == NULL) {
        return false;
    }
    free(payouts->places);
    payouts->places = places;
    payouts->capacity = capacity;
    for (size_t i = 0; i < payouts->count; i++) {
        places[place_of(payouts, &items[i].id)] = (uint32_t)(i + 1);
    }
    return true;
}

static uint8_t why_of(uint8_t kind)
{
    return kind == DURE_BODY_REDEMPTION ? 1 : kind == DURE_BODY_PURCHASE_CANCEL ? 2 : 3;
}

static const char *payout_open(verify_payouts_t *payouts, const dure_effect_t *effect,
                               const dure_effect_move_t *move)
{
    if (payouts->count == payouts->capacity && !grow(payouts)) {
        return "there is not enough memory for all payouts";
    }
    const size_t place = place_of(payouts, &effect->id);
    if (payouts->places[place] != 0) {
        return "it opens two payouts";
    }
    payouts->items[payouts->count++] = (verify_payout_t){
        .id = effect->id, .fund = move->fund, .amount = move->amount, .why = why_of(effect->kind)};
    payouts->places[place] = (uint32_t)payouts->count;
    return NULL;
}

/* What the answer moves: a settled redemption's share besides what the bank paid. */
static bool answered_amount(dure_amount_t *amount, const dure_effect_t *effect,
                            const dure_effect_move_t *move)
{
    bool added = true;
    *amount = move->amount;
    for (uint16_t i = 0; i < effect->moves_count && move->what == DURE_MOVE_PAYOUT_SETTLED; i++) {
        const dure_effect_move_t *share = &effect->moves[i];
        if (share->what == DURE_MOVE_SHARE_TAKEN && share->fund == move->fund &&
            share->party == move->party) {
            added = added && dure_amount_add(amount, *amount, share->amount);
        }
    }
    return added;
}

static const char *payout_answer(verify_payouts_t *payouts, const dure_effect_t *effect,
                                 const dure_effect_move_t *move, const dure_body_t *body)
{
    const bool settles =
        move->what == DURE_MOVE_PAYOUT_SETTLED || move->what == DURE_MOVE_REFUND_SETTLED;
    const bool redeems =
        move->what == DURE_MOVE_PAYOUT_SETTLED || move->what == DURE_MOVE_PAYOUT_REJECTED;
    verify_payout_t *payout = body->kind == DURE_BODY_PAYOUT_RESULT
                                  ? verify_payouts_find(payouts, &body->payout_result.payout)
                                  : NULL;
    if (payout == NULL) {
        return "it answers a payout that nobody opened";
    }
    if (payout->state != VERIFY_PAYOUT_OPEN) {
        return "it answers a payout that was answered before";
    }
    dure_amount_t amount;
    if (!answered_amount(&amount, effect, move) ||
        dure_amount_compare(payout->amount, amount) != 0 || payout->fund != move->fund ||
        payout->id.party != move->party || (payout->why == 1) != redeems) {
        return "it answers a payout otherwise than it was opened";
    }
    if (settles) {
        payout->state = VERIFY_PAYOUT_SETTLED;
        payout->paid = move->amount;
        payouts->settled++;
    } else if (redeems) {
        payout->state = VERIFY_PAYOUT_REJECTED;
    }
    return NULL;
}

const char *verify_payouts_move(verify_payouts_t *payouts, const dure_effect_t *effect,
                                const dure_effect_move_t *move, const dure_body_t *body)
{
    if (move->what == DURE_MOVE_PAYOUT_OPENED) {
        return payout_open(payouts, effect, move);
    }
    if (move->what == DURE_MOVE_PAYOUT_SETTLED || move->what == DURE_MOVE_PAYOUT_REJECTED ||
        move->what == DURE_MOVE_REFUND_SETTLED || move->what == DURE_MOVE_REFUND_REJECTED) {
        return payout_answer(payouts, effect, move, body);
    }
    return NULL;
}

const char *verify_payouts_record(verify_payouts_t *payouts, const dure_record_payout_t *record)
{
    verify_payout_t *payout = verify_payouts_find(payouts, &record->id);
    if (payout == NULL || payout->state != VERIFY_PAYOUT_OPEN) {
        return "is open in the records, not by the moves";
    }
    payout->found = true;
    dure_amount_t amount;
    const bool same = payout->fund == record->fund && payout->why == record->why &&
                      dure_amount_add(&amount, record->amount, record->share) &&
                      dure_amount_compare(payout->amount, amount) == 0;
    return same ? NULL : "has another fund, reason or amount in the records than by the moves";
}

const verify_payout_t *verify_payouts_end(const verify_payouts_t *payouts)
{
    for (size_t i = 0; i < payouts->count; i++) {
        const verify_payout_t *payout = &payouts->items[i];
        if (payout->state == VERIFY_PAYOUT_OPEN && !payout->found) {
            return payout;
        }
    }
    return NULL;
}

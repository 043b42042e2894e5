/* What two officers do at the counter for a party: a new key in place of those it lost, and what a
   citizen who died leaves to an heir.

   recover: subject, its city, its kind, key.  estate: subject, its city, its kind, its death; the
   heir: not the same, known, its city, its kind, alive; room in its wallet. */
#include "ledger/ledger_private.h"

#define ESTATE_LOTS_MAX 34u /* of one act: two moves each fit into an effect */

static uint8_t city_of(const dure_ledger_t *ledger, const work_t *work)
{
    return party_at(ledger, work->signer)->city;
}

/* ---- recover */
dure_result_t ledger_recover_check(const dure_ledger_t *ledger, const work_t *work,
                                   const dure_act_recover_t *act)
{
    const uint32_t subject = ledger_party_find(ledger, act->subject);
    if (subject == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *party = party_at(ledger, subject);
    if (party->city != city_of(ledger, work)) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (party->kind == DURE_KIND_SERVICE) {
        return DURE_RESULT_KIND_WRONG;
    }
    return dure_public_key_check(&act->entry.key) == DURE_CRYPTO_OK ? DURE_RESULT_DONE
                                                                    : DURE_RESULT_KEY_REFUSED;
}

void ledger_recover_perform(dure_ledger_t *ledger, const dure_act_recover_t *act)
{
    const uint32_t subject = ledger_party_find(ledger, act->subject);
    const party_t *party = party_at(ledger, subject);
    ledger_keys_remove(ledger, subject);
    ledger_key_set(ledger, subject, &act->entry);
    for (uint32_t at = party->holds; at != CELL_NONE;) {
        const hold_t *hold = hold_at(ledger, at);
        const uint32_t next = hold->next;
        if (hold->reason == DURE_HOLD_REASON_LOST_PHONE && ledger_hold_is_active(ledger, hold)) {
            ledger_hold_remove(ledger, at);
        }
        at = next;
    }
}

/* ---- estate */
static bool is_dead(const dure_ledger_t *ledger, const party_t *party)
{
    for (uint32_t at = party->holds; at != CELL_NONE; at = hold_at(ledger, at)->next) {
        const hold_t *hold = hold_at(ledger, at);
        if (hold->what == DURE_HOLD_KIND_DEATH && ledger_hold_is_active(ledger, hold)) {
            return true;
        }
    }
    return false;
}

static bool has_lot_or_order(const dure_ledger_t *ledger, const party_t *party, uint32_t fund)
{
    const uint64_t number = fund_at(ledger, fund)->number;
    for (uint32_t at = party->holdings; at != CELL_NONE; at = lot_at(ledger, at)->next) {
        if (lot_at(ledger, at)->fund == fund) {
            return true;
        }
    }
    for (uint32_t at = party->open; at != CELL_NONE; at = order_at(ledger, at)->next) {
        if (order_at(ledger, at)->fund == number) {
            return true;
        }
    }
    return false;
}

/* How many lots one act moves, and whether they have a place: the wallet may hold more than 32 of
   one fund then, as long as a payment can line up all of them. */
static dure_result_t heir_room(const dure_ledger_t *ledger, const party_t *from, uint32_t party)
{
    const party_t *heir = party_at(ledger, party);
    uint32_t count = 0;
    uint32_t funds = 0;
    uint32_t before = CELL_NONE;
    for (uint32_t at = from->holdings; at != CELL_NONE && count < ESTATE_LOTS_MAX;
         at = lot_at(ledger, at)->next) {
        const uint32_t fund = lot_at(ledger, at)->fund;
        funds += fund != before && !has_lot_or_order(ledger, heir, fund); /* lots stand by fund */
        before = fund;
        count++;
    }
    for (uint32_t fund = 0; fund < ledger->state->pools[POOL_FUND].used; fund++) {
        funds += has_lot_or_order(ledger, heir, fund);
    }
    if (ledger_places(ledger, party) + count > PARTY_PLACES_MAX || funds > DURE_PARTY_FUNDS_MAX) {
        return DURE_RESULT_LOTS_FULL;
    }
    return heir->lot_next <= UINT32_MAX - count ? DURE_RESULT_DONE : DURE_RESULT_TABLE_FULL;
}

dure_result_t ledger_estate_check(const dure_ledger_t *ledger, const work_t *work,
                                  const dure_act_estate_t *act)
{
    const uint32_t subject = ledger_party_find(ledger, act->subject);
    const uint32_t heir = ledger_party_find(ledger, act->heir);
    if (subject == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *from = party_at(ledger, subject);
    if (from->city != city_of(ledger, work)) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (from->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (!is_dead(ledger, from)) {
        return DURE_RESULT_PARTY_ALIVE;
    }
    if (heir == subject) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    if (heir == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *to = party_at(ledger, heir);
    if (to->city != from->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (to->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    return is_dead(ledger, to) ? DURE_RESULT_PARTY_DEAD : heir_room(ledger, from, heir);
}

/* The lot as it is, with the heir's next number. */
static void lot_move(dure_ledger_t *ledger, const work_t *work, uint32_t cell, uint32_t from,
                     uint32_t heir)
{
    const lot_t lot = *lot_at(ledger, cell);
    const uint64_t fund = fund_at(ledger, lot.fund)->number;
    const dure_amount_t left = ledger_lot_left(&lot);
    party_t *to = ledger_party_change(ledger, heir);
    const dure_lot_t entry = {
        .fund = fund,
        .number = to->lot_next++,
        .version = lot.version,
        .origin = lot.origin,
        .gifted = lot.gifted != 0,
        .face = dure_amount(lot.face),
        .left = left,
        .paid = dure_amount(lot.paid),
        .subsidy = dure_amount_minus(dure_amount(lot.face), dure_amount(lot.paid)),
        .order_day = (dure_day_t)lot.order_day,
        .issue_day = (dure_day_t)lot.issue_day,
        .end_day = (dure_day_t)lot.end_day,
    };
    ledger_lot_take(ledger, from, cell, left);
    ledger_lot_add(ledger, heir, &entry, lot.fund);
    ledger_effect_move(work->effect, DURE_MOVE_LOT_GIVEN, fund, party_at(ledger, from)->number,
                       lot.number, NULL, left);
    ledger_effect_move(work->effect, DURE_MOVE_LOT_RECEIVED, fund, to->number, entry.number, NULL,
                       left);
}

void ledger_estate_perform(dure_ledger_t *ledger, const work_t *work, const dure_act_estate_t *act)
{
    const uint32_t subject = ledger_party_find(ledger, act->subject);
    const uint32_t heir = ledger_party_find(ledger, act->heir);
    const party_t *from = party_at(ledger, subject);
    for (uint32_t i = 0; i < ESTATE_LOTS_MAX && from->holdings != CELL_NONE; i++) {
        lot_move(ledger, work, from->holdings, subject, heir);
    }
    ledger_effect_number(work->effect, DURE_LABEL_ROOM,
                         ledger_list_count(ledger, POOL_LOT, from->holdings));
}

/* Room in a wallet: a citizen has at most 32 lots of one fund, and lots of at most 32 funds.  Alike
   lots are merged when the wallet is full.  An open order keeps its lot's place. */
#include "ledger/ledger_private.h"

static bool same_ratio(const lot_t *a, const lot_t *b)
{
    return (unsigned __int128)a->paid * b->face == (unsigned __int128)b->paid * a->face;
}

static bool alike(const lot_t *a, const lot_t *b)
{
    return a->fund == b->fund && a->version == b->version && a->origin == b->origin &&
           a->gifted == b->gifted && a->order_day == b->order_day && a->issue_day == b->issue_day &&
           a->end_day == b->end_day && a->left == a->face && b->left == b->face && same_ratio(a, b);
}

/* The first lot before `cell` that is alike, or CELL_NONE. */
static uint32_t alike_before(const dure_ledger_t *ledger, const party_t *party, uint32_t cell)
{
    uint32_t at = party->holdings;
    while (at != cell && !alike(lot_at(ledger, at), lot_at(ledger, cell))) {
        at = lot_at(ledger, at)->next;
    }
    return at == cell ? CELL_NONE : at;
}

/* Lots and open orders of one fund; *mergeable: how many lots would go by merging. */
static uint32_t places_taken(const dure_ledger_t *ledger, const party_t *party, uint32_t fund,
                             uint32_t *mergeable)
{
    uint32_t count = 0;
    *mergeable = 0;
    for (uint32_t at = party->holdings; at != CELL_NONE; at = lot_at(ledger, at)->next) {
        if (lot_at(ledger, at)->fund == fund) {
            count++;
            *mergeable += alike_before(ledger, party, at) != CELL_NONE;
        }
    }
    const uint64_t number = fund_at(ledger, fund)->number;
    for (uint32_t at = party->open; at != CELL_NONE; at = order_at(ledger, at)->next) {
        count += order_at(ledger, at)->fund == number;
    }
    return count;
}

void ledger_lots_merge(dure_ledger_t *ledger, uint32_t party, uint32_t fund)
{
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    party_t *owner = party_at(ledger, party);
    for (uint32_t at = owner->holdings; at != CELL_NONE;) {
        lot_t *lot = lot_at(ledger, at);
        const uint32_t next = lot->next;
        const uint32_t into = lot->fund == fund ? alike_before(ledger, owner, at) : CELL_NONE;
        if (into != CELL_NONE) {
            lot_t *kept = lot_at(ledger, into);
            ledger_touch(ledger, kept, sizeof *kept);
            kept->face = (kept->face + lot->face) & LOT_WON_MASK; /* within what the fund issued */
            kept->left = (kept->left + lot->left) & LOT_WON_MASK;
            kept->paid = (kept->paid + lot->paid) & LOT_WON_MASK;
            ledger_unlink(ledger, POOL_LOT, &owner->holdings, at);
        }
        at = next;
    }
}

/* Funds in which the party has lots or orders. */
static uint32_t funds_held(const dure_ledger_t *ledger, const party_t *party)
{
    uint32_t count = 0;
    for (uint32_t at = 0; at < ledger->state->pools[POOL_FUND].used; at++) {
        uint32_t unused;
        count += places_taken(ledger, party, at, &unused) > 0;
    }
    return count;
}

uint32_t ledger_places(const dure_ledger_t *ledger, uint32_t party)
{
    const party_t *owner = party_at(ledger, party);
    return ledger_list_count(ledger, POOL_LOT, owner->holdings) +
           ledger_list_count(ledger, POOL_ORDER, owner->open);
}

void ledger_places_want(places_t *places, uint32_t fund, uint32_t lots)
{
    uint32_t i = 0;
    while (i < places->count && places->funds[i].fund != fund) {
        i++;
    }
    if (i == places->count) {
        DURE_ASSERT(places->count < PLACES_MAX);
        places->funds[places->count++] = (place_t){.fund = fund};
    }
    places->funds[i].lots += lots;
}

dure_result_t ledger_places_check(const dure_ledger_t *ledger, uint32_t party, places_t *places)
{
    const party_t *owner = party_at(ledger, party);
    uint32_t wanted = 0;
    uint32_t new_funds = 0;
    uint32_t all = ledger_places(ledger, party);
    for (uint32_t i = 0; i < places->count; i++) {
        place_t *place = &places->funds[i];
        uint32_t mergeable;
        const uint32_t taken = places_taken(ledger, owner, place->fund, &mergeable);
        place->merges = taken + place->lots > DURE_PARTY_LOTS_MAX;
        if (place->merges && taken - mergeable + place->lots > DURE_PARTY_LOTS_MAX) {
            return DURE_RESULT_LOTS_FULL;
        }
        all -= place->merges ? mergeable : 0;
        new_funds += taken == 0;
        wanted += place->lots;
    }
    if (all + wanted > PARTY_PLACES_MAX ||
        (new_funds > 0 && funds_held(ledger, owner) + new_funds > DURE_PARTY_FUNDS_MAX)) {
        return DURE_RESULT_LOTS_FULL;
    }
    /* Each open order keeps a lot's place free, so that the bank's credit never fails. */
    if (ledger_room(ledger, POOL_LOT) < ledger->state->pools[POOL_ORDER].live + wanted ||
        owner->lot_next > UINT32_MAX - wanted) {
        return DURE_RESULT_TABLE_FULL;
    }
    return DURE_RESULT_DONE;
}

void ledger_places_make(dure_ledger_t *ledger, uint32_t party, const places_t *places)
{
    for (uint32_t i = 0; i < places->count; i++) {
        if (places->funds[i].merges) {
            ledger_lots_merge(ledger, party, places->funds[i].fund);
        }
    }
}

bool ledger_lot_place(const dure_ledger_t *ledger, uint32_t party, uint32_t fund, bool *merges,
                      dure_result_t *code)
{
    places_t places = {.count = 0};
    ledger_places_want(&places, fund, 1);
    *code = ledger_places_check(ledger, party, &places);
    *merges = places.funds[0].merges;
    return *code == DURE_RESULT_DONE;
}

dure_day_t ledger_end_day(const dure_yak_program_t *program, dure_day_t issue_day)
{
    if (program->until != 0) {
        return program->until;
    }
    return program->validity_months != 0 ? dure_day_add_months(issue_day, program->validity_months)
                                         : dure_day_add_days(issue_day, program->validity_days);
}

bool ledger_ever_fits(const dure_ledger_t *ledger, uint8_t city, dure_amount_t more)
{
    dure_amount_t ever = more;
    bool fits = true;
    for (uint32_t i = 0; i < ledger->state->pools[POOL_FUND].used; i++) {
        const fund_t *fund = fund_at(ledger, i);
        fits = fits && (fund->city != city || (dure_amount_add(&ever, ever, fund->issued) &&
                                               dure_amount_add(&ever, ever, fund->ordered)));
    }
    for (uint32_t at = city_at(ledger, city)->accounts; at != CELL_NONE;
         at = account_at(ledger, at)->next) {
        fits = fits && dure_amount_add(&ever, ever, account_at(ledger, at)->deposited);
    }
    return fits;
}

dure_amount_t ledger_ceiling_free(const dure_ledger_t *ledger, uint32_t index)
{
    const fund_t *fund = fund_at(ledger, index);
    const dure_amount_t taken =
        dure_amount_minus(dure_amount_plus(fund->issued, fund->ordered), fund->refunded);
    /* Advances of refunds may have led above it. */
    dure_amount_t free = DURE_AMOUNT_ZERO;
    return dure_amount_sub(&free, fund->ceiling, taken) ? free : DURE_AMOUNT_ZERO;
}

dure_result_t ledger_ceiling_check(const dure_ledger_t *ledger, uint32_t index,
                                   dure_effect_t *effect, dure_amount_t face)
{
    const fund_t *fund = fund_at(ledger, index);
    if (!ledger_ever_fits(ledger, fund->city, face)) {
        return DURE_RESULT_AMOUNT_TOO_LARGE;
    }
    const dure_amount_t free = ledger_ceiling_free(ledger, index);
    if (dure_amount_compare(face, free) > 0) {
        ledger_effect_number(effect, DURE_LABEL_ASKED, face.won);
        ledger_effect_number(effect, DURE_LABEL_LIMIT, fund->ceiling.won);
        ledger_effect_number(effect, DURE_LABEL_AVAILABLE, free.won);
        return DURE_RESULT_CEILING_REACHED;
    }
    return DURE_RESULT_DONE;
}

uint32_t ledger_lot_issue(dure_ledger_t *ledger, uint32_t party, uint32_t fund, uint8_t version,
                          dure_origin_t origin, dure_amount_t face, dure_amount_t paid,
                          dure_day_t order_day)
{
    party_t *owner = ledger_party_change(ledger, party);
    const dure_lot_t lot = {
        .fund = fund_at(ledger, fund)->number,
        .number = owner->lot_next++,
        .version = version,
        .origin = (uint8_t)origin,
        .face = face,
        .left = face,
        .paid = paid,
        .subsidy = dure_amount_minus(face, paid),
        .order_day = order_day,
        .issue_day = ledger->today,
        .end_day = ledger_end_day(ledger_program(ledger, fund, version), ledger->today),
    };
    ledger_lot_add(ledger, party, &lot, fund);
    return lot.number;
}

/* ---- rewards */
#define REWARD_LOTS_MAX 64u /* of one fund, when one of them is a reward */

uint32_t ledger_reward_lot_find(const dure_ledger_t *ledger, uint32_t party, uint32_t fund,
                                uint8_t version)
{
    uint32_t at = party_at(ledger, party)->holdings;
    for (; at != CELL_NONE; at = lot_at(ledger, at)->next) {
        const lot_t *lot = lot_at(ledger, at);
        if (lot->fund == fund && lot->version == version && lot->origin == DURE_ORIGIN_REWARD &&
            !lot->gifted && lot->left == lot->face && lot->paid == 0 &&
            (dure_day_t)lot->issue_day == ledger->today &&
            (dure_day_t)lot->order_day == ledger->today &&
            (dure_day_t)lot->end_day ==
                ledger_end_day(ledger_program(ledger, fund, version), ledger->today)) {
            break;
        }
    }
    return at;
}

bool ledger_reward_place(const dure_ledger_t *ledger, uint32_t party, uint32_t fund,
                         const coming_t *coming)
{
    uint32_t unused;
    const party_t *owner = party_at(ledger, party);
    return places_taken(ledger, owner, fund, &unused) + coming->come_of_fund <=
               REWARD_LOTS_MAX + coming->go_of_fund &&
           ledger_places(ledger, party) + coming->come <= PARTY_PLACES_MAX + coming->go &&
           ledger_room(ledger, POOL_LOT) + coming->go >=
               ledger->state->pools[POOL_ORDER].live + coming->come &&
           owner->lot_next < UINT32_MAX - coming->come;
}

uint32_t ledger_reward_issue(dure_ledger_t *ledger, uint32_t party, uint32_t fund, uint8_t version,
                             dure_amount_t amount)
{
    const uint32_t cell = ledger_reward_lot_find(ledger, party, fund, version);
    if (cell == CELL_NONE) {
        return ledger_lot_issue(ledger, party, fund, version, DURE_ORIGIN_REWARD, amount,
                                DURE_AMOUNT_ZERO, ledger->today);
    }
    ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    lot_t *lot = lot_at(ledger, cell);
    ledger_touch(ledger, lot, sizeof *lot);
    const uint64_t mask = (UINT64_C(1) << 50) - 1;
    lot->face = dure_amount_plus(dure_amount(lot->face), amount).won & mask;
    lot->left = lot->face;
    return lot->number;
}

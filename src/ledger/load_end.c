/* The end of loading: what one record says of another must be there; then open business is linked
   to its parties. */
#include "ledger/ledger_private.h"

static const char *funds_whole(const dure_ledger_t *ledger)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_FUND].used; i++) {
        const fund_t *fund = fund_at(ledger, i);
        if (!fund->loaded) {
            return "a fund is named that has no record";
        }
        if (fund->versions == 0 || fund->version != fund->versions - 1) {
            return "a fund lacks a program";
        }
        dure_day_t opened = 0;
        for (uint8_t version = 0; version < fund->versions; version++) {
            if (fund->programs[version] == CELL_NONE) {
                return "a fund lacks a program";
            }
            const program_t *of = program_at(ledger, fund->programs[version]);
            if (of->opened < opened) {
                return "a fund's programs do not follow one another";
            }
            opened = of->opened;
            const dure_yak_program_t *program = ledger_program(ledger, i, version);
            if (program->issuer_city != city_at(ledger, fund->city)->code) {
                return "a program names another city as issuer";
            }
        }
    }
    return NULL;
}

/* True if fund and version exist and the party may have business in it. */
static bool is_founded(const dure_ledger_t *ledger, const dure_tx_id_t *id, uint64_t number,
                       uint8_t version, bool of_merchant)
{
    const uint32_t party = ledger_party_find(ledger, id->party);
    const uint32_t fund = ledger_fund_find(ledger, number);
    return party != CELL_NONE && fund != CELL_NONE && version < fund_at(ledger, fund)->versions &&
           (of_merchant ? party_at(ledger, party)->kind == DURE_KIND_MERCHANT
                        : kind_has_lots(party_at(ledger, party)->kind));
}

static const char *orders_link(dure_ledger_t *ledger)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_ORDER].used; i++) {
        const order_t *order = order_at(ledger, i);
        if (!is_founded(ledger, &order->id, order->fund, order->version, false)) {
            return "an order without its buyer or fund";
        }
        const uint8_t city = fund_at(ledger, ledger_fund_find(ledger, order->fund))->city;
        if (!dure_amount_is_zero(order->subsidy) &&
            ledger_account_find(ledger, city, &order->account) == CELL_NONE) {
            return "an order without the account that subsidises it";
        }
        ledger_open_add(ledger, POOL_ORDER, ledger_party_find(ledger, order->id.party), i);
    }
    return NULL;
}

static bool share_has_account(const dure_ledger_t *ledger, const payout_t *payout)
{
    if (dure_amount_is_zero(payout->share)) {
        return true;
    }
    const uint32_t fund = ledger_fund_find(ledger, payout->fund);
    const dure_yak_program_t *program = ledger_program(ledger, fund, payout->version);
    return payout->why == PAYOUT_REDEMPTION &&
           ledger_account_find(ledger, fund_at(ledger, fund)->city,
                               &program->verbs[DURE_VERB_REDEMPTION].share_to) != CELL_NONE;
}

static const char *payouts_link(dure_ledger_t *ledger)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_PAYOUT].used; i++) {
        const payout_t *payout = payout_at(ledger, i);
        const bool redeems = payout->why == PAYOUT_REDEMPTION;
        if (!is_founded(ledger, &payout->id, payout->fund, payout->version, redeems)) {
            return "a payout without its party or fund";
        }
        if (!share_has_account(ledger, payout)) {
            return "a payout whose share has no account";
        }
        if (redeems) {
            ledger_open_add(ledger, POOL_PAYOUT, ledger_party_find(ledger, payout->id.party), i);
        }
    }
    return NULL;
}

static const char *parties_whole(const dure_ledger_t *ledger)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_LANE].used; i++) {
        const uint32_t party = ledger_party_find(ledger, lane_at(ledger, i)->party);
        if (party == CELL_NONE || party_at(ledger, party)->kind != DURE_KIND_SERVICE) {
            return "a lane without its service";
        }
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_PROPOSAL].used; i++) {
        const proposal_t *proposal = proposal_at(ledger, i);
        for (uint32_t k = 0; k < proposal->approvals_count; k++) {
            if (ledger_party_find(ledger, proposal->approvals[k]) == CELL_NONE) {
                return "a proposal approved by nobody known";
            }
        }
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_PARTY].used; i++) {
        const party_t *party = party_at(ledger, i);
        uint32_t at = kind_has_lots(party->kind) ? party->holdings : CELL_NONE;
        for (; at != CELL_NONE; at = lot_at(ledger, at)->next) {
            const lot_t *lot = lot_at(ledger, at);
            if (lot->version >= fund_at(ledger, lot->fund)->versions) {
                return "a lot of a program that is not there";
            }
        }
    }
    return NULL;
}

/* Whom holds and refunds concern must be there; then holds hang on their subjects. */
static const char *stops_link(dure_ledger_t *ledger)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_HOLD].used; i++) {
        const hold_t *hold = hold_at(ledger, i);
        if (ledger_party_find(ledger, hold->subject) == CELL_NONE ||
            (hold->fund != 0 && ledger_fund_find(ledger, hold->fund) == CELL_NONE)) {
            return "a hold without its subject or fund";
        }
        ledger_hold_link(ledger, i);
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_REFUND].used; i++) {
        if (ledger_party_find(ledger, refund_at(ledger, i)->payer) == CELL_NONE) {
            return "a refund without its payer";
        }
    }
    return NULL;
}

static const char *batches_whole(const dure_ledger_t *ledger)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_BATCH].used; i++) {
        const batch_t *batch = batch_at(ledger, i);
        const uint32_t fund = ledger_fund_find(ledger, batch->fund);
        if (fund == CELL_NONE) {
            return "a batch without its fund";
        }
        const bool grants = batch->what == BATCH_GRANT;
        if (grants != (ledger_account_find(ledger, fund_at(ledger, fund)->city, &batch->account) !=
                       CELL_NONE)) {
            return "a grant without the account that pays, or a recall with one";
        }
    }
    return NULL;
}

/* What the tables of a running chain always have: found by comparing with the genesis. */
static const char *chain_whole(const dure_ledger_t *ledger)
{
    if (ledger->state->pools[POOL_CHAIN].used == 0) {
        return "the chain record is missing";
    }
    if (ledger->state->pools[POOL_CITY].used != ledger->genesis.cities_count) {
        return "a city record is missing";
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_CITY].used; i++) {
        if (city_at(ledger, i)->threshold == 0) {
            return "a city record is missing";
        }
    }
    return NULL;
}

/* The chain's own limits: this node's tables may be larger. */
static const char *limits_hold(const dure_ledger_t *ledger)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(ledger->state->parties_max);
    bool hold = ledger->state->image_used <= limits.image_bytes_max;
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        hold = hold && ledger_taken(ledger, pool) <= ledger_limit(ledger, pool);
    }
    return hold ? NULL : "more records than the chain's parties_max allows";
}

bool dure_ledger_load_end(dure_ledger_t *ledger, const char **problem)
{
    *problem = chain_whole(ledger);
    *problem = *problem != NULL ? *problem : limits_hold(ledger);
    *problem = *problem != NULL ? *problem : funds_whole(ledger);
    *problem = *problem != NULL ? *problem : parties_whole(ledger);
    *problem = *problem != NULL ? *problem : orders_link(ledger);
    *problem = *problem != NULL ? *problem : payouts_link(ledger);
    *problem = *problem != NULL ? *problem : stops_link(ledger);
    *problem = *problem != NULL ? *problem : batches_whole(ledger);
    *problem = *problem != NULL ? *problem : dure_ledger_invariants(ledger);
    return *problem == NULL;
}

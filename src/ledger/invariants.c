/* Recomputes the funds' figures from the records below them.  Every sum is checked, so that a
   broken state is named and not asserted on. */
#include "ledger/ledger_private.h"

#include <string.h>

typedef struct {
    dure_amount_t held_citizens, held_merchants, pending, ordered;
} sums_t;

static bool add(dure_amount_t *sum, dure_amount_t amount)
{
    return dure_amount_add(sum, *sum, amount);
}

static const char *lots_add(const dure_ledger_t *ledger, const party_t *party, sums_t *sums)
{
    for (uint32_t at = party->holdings; at != CELL_NONE; at = lot_at(ledger, at)->next) {
        const lot_t *lot = lot_at(ledger, at);
        if (lot->left == 0 || lot->left > lot->face || lot->paid > lot->face) {
            return "a lot is empty or larger than it was";
        }
        if (!add(&sums[lot->fund].held_citizens, ledger_lot_left(lot))) {
            return "the lots of a fund overflow";
        }
    }
    return NULL;
}

static const char *balances_add(const dure_ledger_t *ledger, const party_t *party, sums_t *sums)
{
    for (uint32_t at = party->holdings; at != CELL_NONE; at = balance_at(ledger, at)->next) {
        const balance_t *balance = balance_at(ledger, at);
        if (dure_amount_is_zero(balance->amount) && dure_amount_is_zero(balance->owed)) {
            return "a balance is empty";
        }
        if (!add(&sums[balance->fund].held_merchants, balance->amount)) {
            return "the balances of a fund overflow";
        }
    }
    return NULL;
}

/* A walk over millions of parties waits for memory at each list, unless it is fetched before. */
#define PARTIES_AHEAD 8u

static const char *parties_add(const dure_ledger_t *ledger, sums_t *sums, uint32_t *officers)
{
    const uint32_t used = ledger->state->pools[POOL_PARTY].used;
    const char *problem = NULL;
    for (uint32_t i = 0; i < used && problem == NULL; i++) {
        if (i + PARTIES_AHEAD < used) {
            const party_t *ahead = party_at(ledger, i + PARTIES_AHEAD);
            if (ahead->holdings != CELL_NONE && ahead->kind != DURE_KIND_SERVICE) {
                const pool_t pool = kind_has_lots(ahead->kind) ? POOL_LOT : POOL_BALANCE;
                __builtin_prefetch(ledger_cell(ledger, pool, ahead->holdings));
            }
        }
        const party_t *party = party_at(ledger, i);
        if (kind_has_lots(party->kind)) {
            problem = lots_add(ledger, party, sums);
        } else if (party->kind == DURE_KIND_MERCHANT) {
            problem = balances_add(ledger, party, sums);
        }
        officers[party->city] += ledger_has_role(ledger, i, DURE_SERVICE_OFFICER);
    }
    return problem;
}

static const char *open_add(const dure_ledger_t *ledger, uint64_t fund, sums_t *sums)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_ORDER].used; i++) {
        const order_t *order = order_at(ledger, i);
        dure_amount_t face = DURE_AMOUNT_ZERO;
        if (order->id.party == 0 || order->fund != fund) {
            continue;
        }
        if (!dure_amount_add(&face, order->price, order->subsidy) ||
            dure_amount_compare(face, order->face) != 0) {
            return "an order's price and subsidy are not its face";
        }
        if (!add(&sums->ordered, order->face)) {
            return "the orders of a fund overflow";
        }
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_BATCH].used; i++) {
        const batch_t *batch = batch_at(ledger, i);
        if (batch->id.party != 0 && batch->fund == fund && batch->what == BATCH_GRANT &&
            !add(&sums->ordered, dure_amount_minus(batch->total, batch->used))) {
            return "the grants of a fund overflow";
        }
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_PAYOUT].used; i++) {
        const payout_t *payout = payout_at(ledger, i);
        if (payout->id.party != 0 && payout->fund == fund &&
            (!add(&sums->pending, payout->amount) || !add(&sums->pending, payout->share))) {
            return "the payouts of a fund overflow";
        }
    }
    return NULL;
}

static bool equal(dure_amount_t a, dure_amount_t b)
{
    return dure_amount_compare(a, b) == 0;
}

static const char *figures_check(const fund_t *fund, const sums_t *sums)
{
    if (!equal(sums->held_citizens, fund->held_citizens)) {
        return "the lots are not what the fund's citizens hold";
    }
    if (!equal(sums->held_merchants, fund->held_merchants)) {
        return "the balances are not what the fund's merchants hold";
    }
    if (!equal(sums->pending, fund->pending)) {
        return "the open payouts are not what is pending";
    }
    if (!equal(sums->ordered, fund->ordered)) {
        return "the open orders and grants are not what is ordered";
    }
    dure_amount_t gone = fund->redeemed;
    if (!add(&gone, fund->refunded) || !add(&gone, fund->lapsed)) {
        return "what left a fund overflows";
    }
    dure_amount_t outside = fund->held_citizens;
    if (!add(&outside, fund->held_merchants) || !add(&outside, fund->pending)) {
        return "what a fund has outside overflows";
    }
    dure_amount_t all = gone;
    if (!add(&all, outside) || !equal(all, fund->issued)) {
        return "issued is not held + pending + redeemed + refunded + lapsed";
    }
    if (!equal(outside, fund->escrow)) {
        return "escrow is not issued - redeemed - refunded - lapsed";
    }
    dure_amount_t ever = fund->issued;
    if (!add(&ever, fund->ordered)) {
        return "issued and ordered overflow";
    }
    return NULL;
}

static const char *account_check(const dure_ledger_t *ledger, const account_t *account)
{
    dure_amount_t reserved = DURE_AMOUNT_ZERO;
    for (uint32_t i = 0; i < ledger->state->pools[POOL_ORDER].used; i++) {
        const order_t *order = order_at(ledger, i);
        if (order->id.party == 0 || !dure_name_equal(&order->account, &account->name)) {
            continue;
        }
        const uint32_t fund = ledger_fund_find(ledger, order->fund);
        if (fund == CELL_NONE) {
            return "an order of a fund that is not there";
        }
        if (fund_at(ledger, fund)->city == account->city && !add(&reserved, order->subsidy)) {
            return "what an account reserves overflows";
        }
    }
    for (uint32_t i = 0; i < ledger->state->pools[POOL_BATCH].used; i++) {
        const batch_t *batch = batch_at(ledger, i);
        if (batch->id.party != 0 && batch->what == BATCH_GRANT &&
            fund_at(ledger, ledger_fund_find(ledger, batch->fund))->city == account->city &&
            dure_name_equal(&batch->account, &account->name) &&
            !add(&reserved, dure_amount_minus(batch->total, batch->used))) {
            return "what an account reserves overflows";
        }
    }
    if (!equal(reserved, account->reserved)) {
        return "the open orders and grants are not what an account reserves";
    }
    dure_amount_t has = account->balance;
    dure_amount_t got = account->deposited;
    if (!add(&has, account->reserved) || !add(&has, account->spent) ||
        !add(&got, account->received) || !equal(has, got)) {
        return "an account's balance does not follow from what came and went";
    }
    return NULL;
}

static const char *officers_check(const dure_ledger_t *ledger, const uint32_t *officers)
{
    for (uint32_t i = 0; i < ledger->state->pools[POOL_CITY].used; i++) {
        const city_t *city = city_at(ledger, i);
        if (officers[i] != city->officers || city->threshold == 0 ||
            officers[i] < city->threshold) {
            return "a city's officers are not as many as it says, or fewer than its threshold";
        }
    }
    return NULL;
}

const char *dure_ledger_invariants(const dure_ledger_t *ledger)
{
    sums_t sums[DURE_FUNDS_MAX];
    uint32_t officers[DURE_CITIES_MAX];
    memset(sums, 0, sizeof sums);
    memset(officers, 0, sizeof officers);
    const char *problem = parties_add(ledger, sums, officers);
    problem = problem != NULL ? problem : officers_check(ledger, officers);
    for (uint32_t i = 0; problem == NULL && i < ledger->state->pools[POOL_FUND].used; i++) {
        const fund_t *fund = fund_at(ledger, i);
        problem = open_add(ledger, fund->number, &sums[i]);
        problem = problem != NULL ? problem : figures_check(fund, &sums[i]);
    }
    for (uint32_t i = 0; problem == NULL && i < ledger->state->pools[POOL_ACCOUNT].used; i++) {
        problem = account_check(ledger, account_at(ledger, i));
    }
    return problem;
}

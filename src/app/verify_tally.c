/* Adds up what the effects say moved, and compares it with what the ledger's records say stands. */
#include "app/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

void verify_tally_free(verify_tally_t *tally)
{
    free(tally->payouts);
    tally->payouts = NULL;
}

static verify_fund_t *fund_of(verify_tally_t *tally, uint64_t fund)
{
    for (uint32_t i = 0; i < tally->fund_count; i++) {
        if (tally->funds[i].fund == fund) {
            return &tally->funds[i];
        }
    }
    if (tally->fund_count == VERIFY_FUNDS_MAX) {
        return NULL;
    }
    tally->funds[tally->fund_count] = (verify_fund_t){.fund = fund};
    return &tally->funds[tally->fund_count++];
}

static verify_month_t *month_of(verify_tally_t *tally, uint32_t month)
{
    if (tally->month_count > 0 && tally->months[tally->month_count - 1].month == month) {
        return &tally->months[tally->month_count - 1];
    }
    if (tally->month_count == VERIFY_MONTHS_MAX) {
        return NULL;
    }
    tally->months[tally->month_count] = (verify_month_t){.month = month};
    return &tally->months[tally->month_count++];
}

static bool keep_payout(verify_tally_t *tally, const dure_payout_result_t *result,
                        const dure_effect_move_t *move)
{
    if (tally->payout_count == tally->payout_capacity) {
        size_t capacity = tally->payout_capacity == 0 ? 1024 : tally->payout_capacity * 2;
        verify_payout_t *more = realloc(tally->payouts, capacity * sizeof *more);
        if (more == NULL) {
            return false;
        }
        tally->payouts = more;
        tally->payout_capacity = capacity;
    }
    tally->payouts[tally->payout_count++] =
        (verify_payout_t){.id = result->payout, .fund = move->fund, .amount = move->amount};
    return true;
}

/* Adds to a fund's sum and, if the event counts for it, to a month's. */
static bool add(dure_amount_t *sum, dure_amount_t *month, bool counts, dure_amount_t amount)
{
    return dure_amount_add(sum, *sum, amount) &&
           (!counts || dure_amount_add(month, *month, amount));
}

static bool add_move(verify_tally_t *tally, verify_month_t *month, const dure_effect_move_t *move,
                     const dure_body_t *body)
{
    verify_fund_t none = {0};
    verify_fund_t *fund = move->fund == 0 ? &none : fund_of(tally, move->fund);
    if (fund == NULL) {
        return false;
    }
    bool bought = body->kind == DURE_BODY_PURCHASE_CREDIT;
    bool paid = body->kind == DURE_BODY_PAYMENT;
    switch ((dure_move_t)move->what) {
    case DURE_MOVE_LOT_ISSUED:
        return add(&fund->issued, &month->charged, bought, move->amount);
    case DURE_MOVE_LOT_TAKEN:
        return add(&fund->taken, NULL, false, move->amount);
    case DURE_MOVE_LOT_CANCELLED:
        return add(&fund->cancelled, &month->cancelled, true, move->amount);
    case DURE_MOVE_MERCHANT_RECEIVED:
        return add(&fund->received, &month->spent, paid, move->amount);
    case DURE_MOVE_MERCHANT_REDEEMED:
        return add(&fund->cashed_out, NULL, false, move->amount);
    case DURE_MOVE_PAYOUT_OPENED:
        return add(&fund->opened, NULL, false, move->amount);
    case DURE_MOVE_PAYOUT_SETTLED:
        return add(&fund->settled, NULL, false, move->amount) &&
               keep_payout(tally, &body->payout_result, move);
    case DURE_MOVE_REFUND_SETTLED:
        return add(&fund->refunded, NULL, false, move->amount) &&
               keep_payout(tally, &body->payout_result, move);
    case DURE_MOVE_PAYOUT_REJECTED:
        return add(&fund->returned, NULL, false, move->amount);
    case DURE_MOVE_SUBSIDY_TO_ESCROW:
        return add(&fund->subsidy_in, NULL, false, move->amount);
    case DURE_MOVE_PRICE_TO_ESCROW:
        return add(&fund->price_in, NULL, false, move->amount);
    case DURE_MOVE_SUBSIDY_RETURNED:
        return add(&fund->subsidy_out, NULL, false, move->amount);
    case DURE_MOVE_GRANT_TO_ESCROW:
    case DURE_MOVE_REWARD_TO_ESCROW:
    case DURE_MOVE_ADVANCE_TO_ESCROW:
    case DURE_MOVE_ESCROW_TO_ACCOUNT:
    case DURE_MOVE_LOT_RETURNED:
    case DURE_MOVE_MERCHANT_RETURNED:
    case DURE_MOVE_DEBT_OPENED:
    case DURE_MOVE_DEBT_REPAID:
    case DURE_MOVE_LOT_WITHDRAWN:
    case DURE_MOVE_LOT_GIVEN:
    case DURE_MOVE_LOT_RECEIVED:
    case DURE_MOVE_MERCHANT_SENT:
    case DURE_MOVE_LOT_REMAINDERED:
    case DURE_MOVE_LOT_RECALLED:
    case DURE_MOVE_LOT_LAPSED:
    case DURE_MOVE_SHARE_TAKEN:
    case DURE_MOVE_BATCH_RESERVED:
    case DURE_MOVE_BATCH_RELEASED:
    case DURE_MOVE_LOTS_GRANTED:
    case DURE_MOVE_LOTS_RECALLED:
        return false;               /* nothing makes these yet */
    case DURE_MOVE_REFUND_REJECTED: /* the payout stays open */
    case DURE_MOVE_ACCOUNT_DEPOSITED:
    case DURE_MOVE_ORDER_OPENED:
    case DURE_MOVE_ORDER_CLOSED:
        return true; /* promises and city accounts: no money of a fund moves */
    }
    return false;
}

bool verify_tally_add(verify_tally_t *tally, const dure_effect_t *effect, const dure_body_t *body,
                      const dure_zone_t *zone, char problem[VERIFY_TEXT_SIZE])
{
    tally->transactions++;
    if (effect->code != DURE_RESULT_DONE) {
        *(effect->code < 200 ? &tally->inadmissible : &tally->refused) += 1;
        return true;
    }
    tally->accepted++;
    uint32_t number = dure_period_of(DURE_PERIOD_MONTH, dure_zone_day(zone, effect->time));
    verify_month_t *month = month_of(tally, number);
    bool added = month != NULL;
    for (uint16_t i = 0; i < effect->moves_count && added; i++) {
        added = add_move(tally, month, &effect->moves[i], body);
    }
    if (!added) {
        snprintf(problem, VERIFY_TEXT_SIZE,
                 "more funds, months or payouts than this command can add up");
        return false;
    }
    if (body->kind == DURE_BODY_REGISTRATION && body->registration.kind == DURE_KIND_CITIZEN) {
        month->registered++;
        tally->registered++;
    }
    tally->payments += body->kind == DURE_BODY_PAYMENT ? 1 : 0;
    return true;
}

verify_fund_t verify_tally_fund(const verify_tally_t *tally, uint64_t fund)
{
    for (uint32_t i = 0; i < tally->fund_count; i++) {
        if (tally->funds[i].fund == fund) {
            return tally->funds[i];
        }
    }
    return (verify_fund_t){.fund = fund};
}

#define TERMS_MAX 6u

/* One equation: two sums that must be equal. */
typedef struct {
    const char *what;
    dure_amount_t left[TERMS_MAX], right[TERMS_MAX];
} equation_t;

static bool sum_of(dure_amount_t *sum, const dure_amount_t terms[TERMS_MAX])
{
    *sum = DURE_AMOUNT_ZERO;
    bool added = true;
    for (size_t i = 0; i < TERMS_MAX; i++) {
        added = added && dure_amount_add(sum, *sum, terms[i]);
    }
    return added;
}

bool verify_tally_compare(const verify_tally_t *tally, const dure_record_fund_t *record,
                          char problem[VERIFY_TEXT_SIZE])
{
    const verify_fund_t log = verify_tally_fund(tally, record->fund);
    const equation_t equations[] = {
        {"issued by the log = issued", {log.issued}, {record->issued}},
        {"issued by the log = held by citizens + taken + cancelled",
         {log.issued},
         {record->held_citizens, log.taken, log.cancelled}},
        {"taken from citizens = received by merchants", {log.taken}, {log.received}},
        {"received by merchants + returned = held by merchants + cashed out",
         {log.received, log.returned},
         {record->held_merchants, log.cashed_out}},
        {"cashed out + cancelled = payouts opened + subsidies returned",
         {log.cashed_out, log.cancelled},
         {log.opened, log.subsidy_out}},
        {"payouts opened = pending + settled + refunded + returned",
         {log.opened},
         {record->pending, log.settled, log.refunded, log.returned}},
        {"settled = redeemed", {log.settled}, {record->redeemed}},
        {"refunded + subsidies returned = refunded by the ledger",
         {log.refunded, log.subsidy_out},
         {record->refunded}},
        {"prices + subsidies = escrow + settled + refunded + subsidies returned",
         {log.price_in, log.subsidy_in},
         {record->escrow, log.settled, log.refunded, log.subsidy_out}},
        {"issued = escrow + redeemed + refunded + lapsed",
         {record->issued},
         {record->escrow, record->redeemed, record->refunded, record->lapsed}},
        {"issued = held by citizens + by merchants + pending + redeemed + refunded + lapsed",
         {record->issued},
         {record->held_citizens, record->held_merchants, record->pending, record->redeemed,
          record->refunded, record->lapsed}},
    };
    for (size_t i = 0; i < sizeof equations / sizeof equations[0]; i++) {
        dure_amount_t left, right;
        bool summed = sum_of(&left, equations[i].left) && sum_of(&right, equations[i].right);
        if (!summed || dure_amount_compare(left, right) != 0) {
            snprintf(problem, VERIFY_TEXT_SIZE,
                     "fund %" PRIu64 ": %s does not hold: %" PRIu64 " won and %" PRIu64 " won",
                     record->fund, equations[i].what, left.won, right.won);
            return false;
        }
    }
    return true;
}

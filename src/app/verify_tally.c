/* Adds up what the effects say moved, and compares it with what the ledger's records say stands. */
#include "app/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/text.h"

/* ---- what moves mean ------------------------------------------------------------------------- */

#define ISSUED    (1u << VERIFY_ISSUED)
#define ORDERED   (1u << VERIFY_ORDERED)
#define CITIZENS  (1u << VERIFY_HELD_CITIZENS)
#define MERCHANTS (1u << VERIFY_HELD_MERCHANTS)
#define PENDING   (1u << VERIFY_PENDING)
#define REDEEMED  (1u << VERIFY_REDEEMED)
#define REFUNDED  (1u << VERIFY_REFUNDED)
#define LAPSED    (1u << VERIFY_LAPSED)
#define ESCROW    (1u << VERIFY_ESCROW)
#define OWED      (1u << VERIFY_OWED)

static const verify_meaning_t meanings[VERIFY_MOVES] = {
    /* purchases */
    [DURE_MOVE_ORDER_OPENED] = {ORDERED, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_ORDER_CLOSED] = {0, ORDERED, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_PRICE_TO_ESCROW] = {ESCROW, ORDERED, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_SUBSIDY_TO_ESCROW] = {ESCROW, ORDERED, VERIFY_ACCOUNT_SPENT},
    [DURE_MOVE_LOT_ISSUED] = {ISSUED | CITIZENS, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_LOT_CANCELLED] = {0, CITIZENS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_LOT_REMAINDERED] = {0, CITIZENS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_SUBSIDY_RETURNED] = {REFUNDED, ESCROW, VERIFY_ACCOUNT_RECEIVED},
    /* payments */
    [DURE_MOVE_LOT_TAKEN] = {0, CITIZENS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_MERCHANT_RECEIVED] = {MERCHANTS, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_SHARE_TAKEN] = {REDEEMED, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_REWARD_TO_ESCROW] = {ESCROW, 0, VERIFY_ACCOUNT_SPENT},
    [DURE_MOVE_ESCROW_TO_ACCOUNT] = {0, ESCROW, VERIFY_ACCOUNT_RECEIVED},
    /* refunds, and what shops owe for them */
    [DURE_MOVE_LOT_RETURNED] = {CITIZENS, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_MERCHANT_RETURNED] = {0, MERCHANTS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_ADVANCE_TO_ESCROW] = {ISSUED | ESCROW, 0, VERIFY_ACCOUNT_SPENT},
    [DURE_MOVE_LOT_WITHDRAWN] = {REFUNDED, CITIZENS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_DEBT_OPENED] = {OWED, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_DEBT_REPAID] = {REFUNDED, MERCHANTS | OWED, VERIFY_ACCOUNT_NONE},
    /* gifts, estates, recirculation */
    [DURE_MOVE_LOT_GIVEN] = {0, CITIZENS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_LOT_RECEIVED] = {CITIZENS, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_MERCHANT_SENT] = {0, MERCHANTS, VERIFY_ACCOUNT_NONE},
    /* cashing out */
    [DURE_MOVE_MERCHANT_REDEEMED] = {0, MERCHANTS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_PAYOUT_OPENED] = {PENDING, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_PAYOUT_SETTLED] = {REDEEMED, PENDING | ESCROW, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_PAYOUT_REJECTED] = {MERCHANTS, PENDING, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_REFUND_SETTLED] = {REFUNDED, PENDING | ESCROW, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_REFUND_REJECTED] = {0, 0, VERIFY_ACCOUNT_NONE},
    /* what cities do */
    [DURE_MOVE_ACCOUNT_DEPOSITED] = {0, 0, VERIFY_ACCOUNT_DEPOSITED},
    [DURE_MOVE_BATCH_RESERVED] = {ORDERED, 0, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_BATCH_RELEASED] = {0, ORDERED, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_LOTS_GRANTED] = {ISSUED | CITIZENS, ORDERED, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_GRANT_TO_ESCROW] = {ESCROW, 0, VERIFY_ACCOUNT_SPENT},
    [DURE_MOVE_LOTS_RECALLED] = {REFUNDED, CITIZENS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_LOT_RECALLED] = {REFUNDED, CITIZENS, VERIFY_ACCOUNT_NONE},
    [DURE_MOVE_LOT_LAPSED] = {LAPSED, CITIZENS, VERIFY_ACCOUNT_NONE},
};

/* The share of a redemption that the bank has paid waited with its payout. */
static const verify_meaning_t share_of_payout = {REDEEMED, PENDING, VERIFY_ACCOUNT_NONE};

const verify_meaning_t *verify_meaning(uint8_t kind, uint8_t what)
{
    if (kind == DURE_BODY_PAYOUT_RESULT && what == DURE_MOVE_SHARE_TAKEN) {
        return &share_of_payout;
    }
    return what == 0 || what >= VERIFY_MOVES ? NULL : &meanings[what];
}

const char *verify_figure_name(verify_figure_t figure)
{
    static const char *const names[VERIFY_FIGURES] = {
        [VERIFY_ISSUED] = "issued",
        [VERIFY_ORDERED] = "ordered",
        [VERIFY_HELD_CITIZENS] = "held by citizens",
        [VERIFY_HELD_MERCHANTS] = "held by merchants",
        [VERIFY_PENDING] = "pending",
        [VERIFY_REDEEMED] = "redeemed",
        [VERIFY_REFUNDED] = "refunded",
        [VERIFY_LAPSED] = "lapsed",
        [VERIFY_ESCROW] = "escrow",
        [VERIFY_OWED] = "owed by merchants",
    };
    return names[figure];
}

/* ---- what was added up ----------------------------------------------------------------------- */

void verify_tally_free(verify_tally_t *tally)
{
    verify_payouts_free(&tally->payouts);
    verify_holders_free(&tally->holders);
    free(tally->parts);
    tally->parts = NULL;
    tally->part_count = tally->part_capacity = 0;
}

static verify_fund_t *fund_of(verify_tally_t *tally, uint64_t fund)
{
    for (uint32_t i = 0; i < tally->fund_count; i++) {
        if (tally->funds[i].fund == fund) {
            return &tally->funds[i];
        }
    }
    if (tally->fund_count == DURE_FUNDS_MAX) {
        return NULL;
    }
    tally->funds[tally->fund_count] = (verify_fund_t){.fund = fund};
    return &tally->funds[tally->fund_count++];
}

static verify_account_t *account_of(verify_tally_t *tally, uint32_t city, const dure_name_t *name)
{
    for (uint32_t i = 0; i < tally->account_count; i++) {
        verify_account_t *account = &tally->accounts[i];
        if (account->city == city && dure_name_equal(&account->name, name)) {
            return account;
        }
    }
    if (tally->account_count == VERIFY_ACCOUNTS_MAX) {
        return NULL;
    }
    tally->accounts[tally->account_count] = (verify_account_t){.city = city, .name = *name};
    return &tally->accounts[tally->account_count++];
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

/* NULL without memory.  What a month has is at the end. */
static verify_part_t *part_of(verify_tally_t *tally, uint32_t month, uint32_t city, uint64_t fund)
{
    for (size_t i = tally->part_count; i > 0 && tally->parts[i - 1].month == month; i--) {
        verify_part_t *part = &tally->parts[i - 1];
        if (part->city == city && part->fund == fund) {
            return part;
        }
    }
    if (tally->part_count == tally->part_capacity) {
        const size_t capacity = tally->part_capacity * 2 + 64;
        verify_part_t *parts = realloc(tally->parts, capacity * sizeof *parts);
        if (parts == NULL) {
            return NULL;
        }
        tally->parts = parts;
        tally->part_capacity = capacity;
    }
    tally->parts[tally->part_count] = (verify_part_t){.month = month, .city = city, .fund = fund};
    return &tally->parts[tally->part_count++];
}

static dure_amount_t *part_sum(verify_part_t *part, const dure_effect_move_t *move,
                               const dure_body_t *body)
{
    if (move->what == DURE_MOVE_LOT_ISSUED && body->kind == DURE_BODY_PURCHASE_CREDIT) {
        return &part->charged;
    }
    if (move->what == DURE_MOVE_LOT_GIVEN && body->kind == DURE_BODY_GIFT) {
        return &part->gifted;
    }
    return move->what == DURE_MOVE_LOT_CANCELLED  ? &part->cancelled
           : move->what == DURE_MOVE_LOT_TAKEN    ? &part->spent
           : move->what == DURE_MOVE_LOT_RETURNED ? &part->refunded
           : move->what == DURE_MOVE_LOTS_GRANTED ? &part->granted
           : move->what == DURE_MOVE_LOT_LAPSED   ? &part->lapsed
                                                  : NULL;
}

/* ---- one transaction ------------------------------------------------------------------------- */

/* What one transaction did to one fund. */
typedef struct {
    dure_amount_t plus[VERIFY_FIGURES], minus[VERIFY_FIGURES];
} flow_t;

static const char too_large[] = "its sums are beyond what can be represented";

static bool flow_add(flow_t *flow, const verify_meaning_t *meaning, dure_amount_t amount)
{
    bool added = true;
    for (unsigned i = 0; i < VERIFY_FIGURES; i++) {
        if ((meaning->plus >> i & 1) != 0) {
            added = added && dure_amount_add(&flow->plus[i], flow->plus[i], amount);
        }
        if ((meaning->minus >> i & 1) != 0) {
            added = added && dure_amount_add(&flow->minus[i], flow->minus[i], amount);
        }
    }
    return added;
}

/* What the figures of the first set gain and those of the second lose. */
static bool gain_of(dure_amount_t *gain, const flow_t *flow, unsigned plus, unsigned minus)
{
    bool added = true;
    *gain = DURE_AMOUNT_ZERO;
    for (unsigned i = 0; i < VERIFY_FIGURES; i++) {
        if ((plus >> i & 1) != 0) {
            added = added && dure_amount_add(gain, *gain, flow->plus[i]);
        }
        if ((minus >> i & 1) != 0) {
            added = added && dure_amount_add(gain, *gain, flow->minus[i]);
        }
    }
    return added;
}

/* Every transaction balances by itself, twice: what is issued has a place, and what has not yet
   left has its won in escrow. */
static const char *flow_check(const flow_t *flow)
{
    const unsigned held = CITIZENS | MERCHANTS | PENDING;
    const unsigned gone = REDEEMED | REFUNDED | LAPSED;
    dure_amount_t left, right;
    if (!gain_of(&left, flow, ISSUED, held | gone) || !gain_of(&right, flow, held | gone, ISSUED)) {
        return too_large;
    }
    if (dure_amount_compare(left, right) != 0) {
        return "what it issues or takes is not what arrives elsewhere";
    }
    if (!gain_of(&left, flow, ESCROW, held) || !gain_of(&right, flow, held, ESCROW)) {
        return too_large;
    }
    if (dure_amount_compare(left, right) != 0) {
        return "escrow does not change as the money that it backs does";
    }
    return NULL;
}

static const char *flow_apply(verify_fund_t *fund, const flow_t *flow)
{
    for (unsigned i = 0; i < VERIFY_FIGURES; i++) {
        dure_amount_t *figure = &fund->figures[i];
        if (!dure_amount_add(figure, *figure, flow->plus[i])) {
            return too_large;
        }
        if (!dure_amount_sub(figure, *figure, flow->minus[i])) {
            return "it takes more than is there";
        }
    }
    return NULL;
}

static const char *account_move(verify_tally_t *tally, uint32_t city,
                                const dure_effect_move_t *move, const verify_meaning_t *meaning)
{
    if (meaning->account == VERIFY_ACCOUNT_NONE) {
        return NULL;
    }
    verify_account_t *account = account_of(tally, city, &move->account);
    if (account == NULL) {
        return "there are more accounts than a chain can have";
    }
    dure_amount_t *sum = meaning->account == VERIFY_ACCOUNT_DEPOSITED  ? &account->deposited
                         : meaning->account == VERIFY_ACCOUNT_RECEIVED ? &account->received
                                                                       : &account->spent;
    return dure_amount_add(sum, *sum, move->amount) ? NULL : too_large;
}

static const char *month_move(verify_month_t *month, const dure_effect_move_t *move,
                              const dure_body_t *body)
{
    dure_amount_t *sum = NULL;
    if (move->what == DURE_MOVE_LOT_ISSUED && body->kind == DURE_BODY_PURCHASE_CREDIT) {
        sum = &month->charged;
    } else if (move->what == DURE_MOVE_LOT_CANCELLED) {
        sum = &month->cancelled;
    } else if (move->what == DURE_MOVE_LOT_TAKEN) {
        sum = &month->spent;
    } else if (move->what == DURE_MOVE_LOT_RETURNED) {
        sum = &month->refunded;
    }
    return sum == NULL || dure_amount_add(sum, *sum, move->amount) ? NULL : too_large;
}

static const char *fund_move(verify_tally_t *tally, verify_fund_t *fund,
                             const dure_effect_t *effect, const dure_effect_move_t *move,
                             const dure_body_t *body)
{
    const verify_meaning_t *meaning = verify_meaning(effect->kind, move->what);
    dure_amount_t *moved = &fund->moved[move->what];
    if (!dure_amount_add(moved, *moved, move->amount)) {
        return too_large;
    }
    if (move->what == DURE_MOVE_LOT_ISSUED && body->kind != DURE_BODY_PURCHASE_CREDIT &&
        !dure_amount_add(&fund->rewarded, fund->rewarded, move->amount)) {
        return too_large;
    }
    if (move->what == DURE_MOVE_LOTS_GRANTED || move->what == DURE_MOVE_LOTS_RECALLED) {
        dure_amount_t sum;
        const char *why = verify_holders_rows(&tally->holders, &sum, effect, &body->batch_rows,
                                              move->fund, meaning);
        return why != NULL                                   ? why
               : dure_amount_compare(sum, move->amount) == 0 ? NULL
                                                             : "its rows are not what it moved";
    }
    const char *why =
        verify_holders_move(&tally->holders, move->party, move->fund, meaning, move->amount);
    return why != NULL ? why : verify_payouts_move(&tally->payouts, effect, move, body);
}

/* All moves of one fund.  `first` is the first of them. */
static const char *fund_moves(verify_tally_t *tally, const dure_effect_t *effect, uint16_t first,
                              const dure_body_t *body)
{
    verify_fund_t *fund = fund_of(tally, effect->moves[first].fund);
    if (fund == NULL) {
        return "there are more funds than a chain can have";
    }
    flow_t flow = {0};
    for (uint16_t i = first; i < effect->moves_count; i++) {
        const dure_effect_move_t *move = &effect->moves[i];
        if (move->fund != fund->fund) {
            continue;
        }
        const char *why = flow_add(&flow, verify_meaning(effect->kind, move->what), move->amount)
                              ? fund_move(tally, fund, effect, move, body)
                              : too_large;
        if (why != NULL) {
            return why;
        }
    }
    const char *why = flow_check(&flow);
    return why != NULL ? why : flow_apply(fund, &flow);
}

static bool is_first_of_fund(const dure_effect_t *effect, uint16_t at)
{
    for (uint16_t i = 0; i < at; i++) {
        if (effect->moves[i].fund == effect->moves[at].fund) {
            return false;
        }
    }
    return effect->moves[at].fund != 0;
}

static const char *add_moves(verify_tally_t *tally, verify_month_t *month,
                             const dure_effect_t *effect, const dure_body_t *body, uint32_t city,
                             uint64_t *fund)
{
    const char *why = NULL;
    for (uint16_t i = 0; i < effect->moves_count && why == NULL; i++) {
        const dure_effect_move_t *move = &effect->moves[i];
        const verify_meaning_t *meaning = verify_meaning(effect->kind, move->what);
        *fund = move->fund;
        if (meaning == NULL || (move->fund == 0) != (meaning->plus == 0 && meaning->minus == 0 &&
                                                     meaning->account != VERIFY_ACCOUNT_NONE)) {
            return "a move is not about what its kind is about";
        }
        why = month_move(month, move, body);
        verify_part_t *part =
            move->fund == 0 ? NULL : part_of(tally, month->month, city, move->fund);
        if (move->fund != 0 && part == NULL) {
            return "there is no memory for its month";
        }
        dure_amount_t *sum = part == NULL ? NULL : part_sum(part, move, body);
        if (sum != NULL && !dure_amount_add(sum, *sum, move->amount)) {
            return too_large;
        }
        why = why != NULL ? why : account_move(tally, city, move, meaning);
        if (why == NULL && is_first_of_fund(effect, i)) {
            why = fund_moves(tally, effect, i, body);
        }
    }
    return why;
}

bool verify_tally_add(verify_tally_t *tally, const dure_effect_t *effect, const dure_body_t *body,
                      uint32_t city, const dure_zone_t *zone, char problem[VERIFY_TEXT_SIZE])
{
    tally->transactions++;
    if (effect->code != DURE_RESULT_DONE) {
        *(effect->code < 200 ? &tally->inadmissible : &tally->refused) += 1;
        if (effect->moves_count == 0) {
            return true;
        }
        snprintf(problem, VERIFY_TEXT_SIZE, "transaction %s was refused and moved money",
                 id_text(&effect->id).text);
        return false;
    }
    tally->accepted++;
    const uint32_t number = dure_period_of(DURE_PERIOD_MONTH, dure_zone_day(zone, effect->time));
    verify_month_t *month = month_of(tally, number);
    uint64_t fund = 0;
    const char *why = month == NULL ? "there are more months than this command can add up"
                                    : add_moves(tally, month, effect, body, city, &fund);
    if (why != NULL) {
        snprintf(problem, VERIFY_TEXT_SIZE, "transaction %s, fund %" PRIu64 ": %s",
                 id_text(&effect->id).text, fund, why);
        return false;
    }
    if (body->kind == DURE_BODY_REGISTRATION) {
        verify_part_t *part = part_of(tally, number, city, 0);
        const bool citizen = body->registration.kind == DURE_KIND_CITIZEN;
        if (part == NULL) {
            snprintf(problem, VERIFY_TEXT_SIZE, "there is no memory for another month");
            return false;
        }
        month->registered += citizen;
        tally->registered += citizen;
        part->registered += citizen;
        part->bearers += body->registration.kind == DURE_KIND_BEARER;
    }
    tally->payments +=
        body->kind == DURE_BODY_PAYMENT || body->kind == DURE_BODY_COLLECTION ? 1 : 0;
    tally->refunds += body->kind == DURE_BODY_REFUND ? 1 : 0;
    return true;
}

/* ---- what the records say -------------------------------------------------------------------- */

verify_fund_t verify_tally_fund(const verify_tally_t *tally, uint64_t fund)
{
    for (uint32_t i = 0; i < tally->fund_count; i++) {
        if (tally->funds[i].fund == fund) {
            return tally->funds[i];
        }
    }
    return (verify_fund_t){.fund = fund};
}

static bool all_places(dure_amount_t *sum, const dure_record_fund_t *record)
{
    const dure_amount_t places[] = {record->held_citizens, record->held_merchants, record->pending,
                                    record->redeemed,      record->refunded,       record->lapsed};
    *sum = DURE_AMOUNT_ZERO;
    bool added = true;
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        added = added && dure_amount_add(sum, *sum, places[i]);
    }
    return added;
}

bool verify_tally_compare(const verify_tally_t *tally, const dure_record_fund_t *record,
                          char problem[VERIFY_TEXT_SIZE])
{
    const verify_fund_t log = verify_tally_fund(tally, record->fund);
    const dure_amount_t figures[] = {
        [VERIFY_ISSUED] = record->issued,
        [VERIFY_ORDERED] = record->ordered,
        [VERIFY_HELD_CITIZENS] = record->held_citizens,
        [VERIFY_HELD_MERCHANTS] = record->held_merchants,
        [VERIFY_PENDING] = record->pending,
        [VERIFY_REDEEMED] = record->redeemed,
        [VERIFY_REFUNDED] = record->refunded,
        [VERIFY_LAPSED] = record->lapsed,
        [VERIFY_ESCROW] = record->escrow,
    };
    for (unsigned i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        if (dure_amount_compare(log.figures[i], figures[i]) != 0) {
            snprintf(problem, VERIFY_TEXT_SIZE,
                     "fund %" PRIu64 ": by all moves %s is %" PRIu64 " won, by the record %" PRIu64
                     " won",
                     record->fund, verify_figure_name((verify_figure_t)i), log.figures[i].won,
                     figures[i].won);
            return false;
        }
    }
    dure_amount_t sum;
    if (!all_places(&sum, record) || dure_amount_compare(sum, record->issued) != 0) {
        snprintf(problem, VERIFY_TEXT_SIZE,
                 "fund %" PRIu64 ": issued = held by citizens + by merchants + pending + redeemed "
                 "+ refunded + lapsed does not hold",
                 record->fund);
        return false;
    }
    return true;
}

bool verify_tally_account(const verify_tally_t *tally, const dure_record_account_t *record,
                          char problem[VERIFY_TEXT_SIZE])
{
    verify_account_t log = {0};
    for (uint32_t i = 0; i < tally->account_count; i++) {
        const verify_account_t *at = &tally->accounts[i];
        if (at->city == record->city && dure_name_equal(&at->name, &record->name)) {
            log = *at;
        }
    }
    dure_amount_t in, has;
    const char *wrong = NULL;
    if (dure_amount_compare(log.deposited, record->deposited) != 0) {
        wrong = "deposited";
    } else if (dure_amount_compare(log.received, record->received) != 0) {
        wrong = "received";
    } else if (dure_amount_compare(log.spent, record->spent) != 0) {
        wrong = "spent";
    } else if (!dure_amount_add(&in, log.deposited, log.received) ||
               !dure_amount_sub(&in, in, log.spent) ||
               !dure_amount_add(&has, record->balance, record->reserved) ||
               dure_amount_compare(in, has) != 0) {
        wrong = "balance + reserved = deposited + received - spent";
    }
    if (wrong != NULL) {
        snprintf(problem, VERIFY_TEXT_SIZE,
                 "account %s of city %" PRIu32 ": by all moves, %s does not hold",
                 record->name.text, record->city, wrong);
    }
    return wrong == NULL;
}

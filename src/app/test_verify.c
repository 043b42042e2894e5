/* The auditor's sums and its reading of the bank's statement: each way of being wrong is found and
 * named. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/verify.h"

#define CITY UINT32_C(41570)

/* ---- a city's life in moves ------------------------------------------------------------------ */

#define MOVES_MAX 8u
#define BALANCE   "not what arrives"
#define BACKED    "escrow does not change"
#define ANSWERS   "otherwise than it was opened"

/* What is said when one won is added to a move: `named`. */
typedef struct {
    uint8_t what;
    uint64_t party;
    const char *account;
    uint64_t won;
    const char *named;
} step_move_t;

typedef struct {
    uint8_t kind;
    uint64_t party, number;
    dure_tx_id_t payout; /* that is answered */
    step_move_t moves[MOVES_MAX];
    uint64_t row_parties[2], rows[2]; /* of a batch */
} step_t;

#define DEPOSIT(number_, account_, won_)                                                           \
    {                                                                                              \
        .kind = DURE_BODY_DEPOSIT, .party = 2, .number = number_, .moves = {                       \
            {DURE_MOVE_ACCOUNT_DEPOSITED, 0, account_, won_, "deposited"}                          \
        }                                                                                          \
    }

static const step_t steps[] = {
    DEPOSIT(1, "budget", 20000),
    DEPOSIT(2, "refund_reserve", 5000),
    {DURE_BODY_PURCHASE_ORDER, 7, 1,
     .moves = {{DURE_MOVE_ORDER_OPENED, 7, NULL, 10000, "ordered"}}},
    {DURE_BODY_PURCHASE_CREDIT, 2, 3,
     .moves = {{DURE_MOVE_LOT_ISSUED, 7, NULL, 10000, BACKED},
               {DURE_MOVE_PRICE_TO_ESCROW, 7, NULL, 9400, BACKED},
               {DURE_MOVE_SUBSIDY_TO_ESCROW, 0, "budget", 600, BACKED}}},
    {DURE_BODY_PAYMENT, 7, 2,
     .moves = {{DURE_MOVE_LOT_TAKEN, 7, NULL, 4000, BALANCE},
               {DURE_MOVE_SHARE_TAKEN, 9, NULL, 100, BALANCE},
               {DURE_MOVE_ESCROW_TO_ACCOUNT, 0, "budget", 100, BACKED},
               {DURE_MOVE_REWARD_TO_ESCROW, 0, "budget", 50, BACKED},
               {DURE_MOVE_LOT_ISSUED, 7, NULL, 50, BACKED},
               {DURE_MOVE_MERCHANT_RECEIVED, 9, NULL, 3900, BALANCE}}},
    {DURE_BODY_GIFT, 7, 3,
     .moves = {{DURE_MOVE_LOT_GIVEN, 7, NULL, 1000, BALANCE},
               {DURE_MOVE_LOT_RECEIVED, 8, NULL, 1000, BALANCE}}},
    {DURE_BODY_RECIRCULATION, 9, 1,
     .moves = {{DURE_MOVE_MERCHANT_SENT, 9, NULL, 500, BALANCE},
               {DURE_MOVE_MERCHANT_RECEIVED, 10, NULL, 500, BALANCE}}},
    {DURE_BODY_REDEMPTION, 9, 2,
     .moves = {{DURE_MOVE_MERCHANT_REDEEMED, 9, NULL, 3400, "more from somebody"},
               {DURE_MOVE_PAYOUT_OPENED, 9, NULL, 3400, BALANCE}}},
    {DURE_BODY_PAYOUT_RESULT, 2, 4, .payout = {9, 0, 2},
     .moves = {{DURE_MOVE_PAYOUT_SETTLED, 9, NULL, 3366, ANSWERS},
               {DURE_MOVE_SHARE_TAKEN, 9, NULL, 34, ANSWERS},
               {DURE_MOVE_ESCROW_TO_ACCOUNT, 0, "budget", 34, BACKED}}},
    /* A quarter of the payment: the shop has nothing left and owes it. */
    {DURE_BODY_REFUND, 9, 3,
     .moves = {{DURE_MOVE_ADVANCE_TO_ESCROW, 0, "refund_reserve", 975, BALANCE},
               {DURE_MOVE_DEBT_OPENED, 9, NULL, 975, "it owes"},
               {DURE_MOVE_ADVANCE_TO_ESCROW, 0, "budget", 25, BALANCE},
               {DURE_MOVE_LOT_RETURNED, 7, NULL, 1000, BALANCE},
               {DURE_MOVE_LOT_WITHDRAWN, 7, NULL, 12, BACKED},
               {DURE_MOVE_ESCROW_TO_ACCOUNT, 0, "budget", 12, BACKED}}},
    {DURE_BODY_COLLECTION, 9, 4,
     .moves = {{DURE_MOVE_LOT_TAKEN, 8, NULL, 500, BALANCE},
               {DURE_MOVE_MERCHANT_RECEIVED, 9, NULL, 500, BALANCE},
               {DURE_MOVE_DEBT_REPAID, 9, NULL, 500, "more from somebody"},
               {DURE_MOVE_ESCROW_TO_ACCOUNT, 0, "refund_reserve", 500, BACKED}}},
    {DURE_BODY_PURCHASE_ORDER, 8, 1, .moves = {{DURE_MOVE_ORDER_OPENED, 8, NULL, 500, "ordered"}}},
    {DURE_BODY_PURCHASE_CREDIT, 2, 5,
     .moves = {{DURE_MOVE_LOT_ISSUED, 8, NULL, 500, BACKED},
               {DURE_MOVE_PRICE_TO_ESCROW, 8, NULL, 470, BACKED},
               {DURE_MOVE_SUBSIDY_TO_ESCROW, 0, "budget", 30, BACKED}}},
    {DURE_BODY_PURCHASE_CANCEL, 8, 2,
     .moves = {{DURE_MOVE_LOT_CANCELLED, 8, NULL, 500, BALANCE},
               {DURE_MOVE_SUBSIDY_RETURNED, 0, "budget", 30, BALANCE},
               {DURE_MOVE_PAYOUT_OPENED, 8, NULL, 470, BALANCE}}},
    {DURE_BODY_PAYOUT_RESULT, 2, 6, .payout = {8, 0, 2},
     .moves = {{DURE_MOVE_REFUND_REJECTED, 8, NULL, 470, ANSWERS}}},
    {DURE_BODY_PAYOUT_RESULT, 2, 7, .payout = {8, 0, 2},
     .moves = {{DURE_MOVE_REFUND_SETTLED, 8, NULL, 470, ANSWERS}}},
    {DURE_BODY_REMAINDER, 7, 4,
     .moves = {{DURE_MOVE_LOT_REMAINDERED, 7, NULL, 600, BALANCE},
               {DURE_MOVE_SUBSIDY_RETURNED, 0, "budget", 36, BALANCE},
               {DURE_MOVE_PAYOUT_OPENED, 7, NULL, 564, BALANCE}}},
    {DURE_BODY_APPROVE, 11, 1, .moves = {{DURE_MOVE_BATCH_RESERVED, 0, "budget", 2000, "ordered"}}},
    {DURE_BODY_BATCH_ROWS, 11, 2,
     .moves = {{DURE_MOVE_LOTS_GRANTED, 0, NULL, 1500, "its rows"},
               {DURE_MOVE_GRANT_TO_ESCROW, 0, "budget", 1500, BACKED},
               {DURE_MOVE_BATCH_RELEASED, 0, "budget", 500, "more than is there"}},
     .row_parties = {7, 8}, .rows = {1000, 500}},
    {DURE_BODY_BATCH_ROWS, 11, 3,
     .moves = {{DURE_MOVE_LOTS_RECALLED, 0, NULL, 300, "its rows"},
               {DURE_MOVE_ESCROW_TO_ACCOUNT, 0, "budget", 300, BACKED}},
     .row_parties = {7, 8}, .rows = {100, 200}},
    {DURE_BODY_LAPSE, 8, 3,
     .moves = {{DURE_MOVE_LOT_LAPSED, 8, NULL, 200, BACKED},
               {DURE_MOVE_ESCROW_TO_ACCOUNT, 0, "budget", 200, BACKED}}},
    {DURE_BODY_REDEMPTION, 10, 1,
     .moves = {{DURE_MOVE_MERCHANT_REDEEMED, 10, NULL, 100, BALANCE},
               {DURE_MOVE_PAYOUT_OPENED, 10, NULL, 100, BALANCE}}},
    {DURE_BODY_PAYOUT_RESULT, 2, 8, .payout = {10, 0, 1},
     .moves = {{DURE_MOVE_PAYOUT_REJECTED, 10, NULL, 100, ANSWERS}}},
    {DURE_BODY_PURCHASE_ORDER, 8, 4, .moves = {{DURE_MOVE_ORDER_OPENED, 8, NULL, 700, "ordered"}}},
    {DURE_BODY_PURCHASE_VOID, 8, 5,
     .moves = {{DURE_MOVE_ORDER_CLOSED, 8, NULL, 700, "more than is there"}}},
};
#define STEPS (sizeof steps / sizeof steps[0])

/* Which move of which step is another than it was. */
typedef struct {
    size_t step, move;
    uint64_t won, party;
    const char *account;
} twist_t;

static const twist_t no_twist = {.step = STEPS};

static void name_set(dure_name_t *name, const char *text)
{
    assert_true(dure_name_from(name, text, strlen(text)));
}

static void rows_set(dure_effect_t *effect, dure_body_t *body, const step_t *step)
{
    static uint8_t results[64], rows[64];
    dure_writer_t result_writer = dure_writer(results, sizeof results);
    dure_writer_t row_writer = dure_writer(rows, sizeof rows);
    for (size_t i = 0; i < 2; i++) {
        const dure_effect_row_t result = {.amount = dure_amount(step->rows[i])};
        const dure_batch_row_t row = {.party = step->row_parties[i]};
        dure_effect_row_encode(&result_writer, &result);
        dure_batch_row_encode(&row_writer, &row);
    }
    effect->rows = (dure_view_t){2, dure_writer_bytes(&result_writer)};
    body->batch_rows.rows = (dure_view_t){2, dure_writer_bytes(&row_writer)};
}

static bool play_step(verify_tally_t *tally, size_t at, const twist_t *twist, char *problem)
{
    const step_t *step = &steps[at];
    static dure_effect_t effect;
    static dure_body_t body;
    effect = (dure_effect_t){
        .version = 1, .id = {step->party, 0, step->number}, .kind = step->kind, .time = 0};
    body = (dure_body_t){.kind = step->kind};
    for (size_t i = 0; i < MOVES_MAX && step->moves[i].what != 0; i++) {
        const step_move_t *from = &step->moves[i];
        const bool twists = twist->step == at && twist->move == i;
        dure_effect_move_t *move = &effect.moves[effect.moves_count++];
        move->what = from->what;
        move->fund = from->what == DURE_MOVE_ACCOUNT_DEPOSITED ? 0 : 1;
        move->party = from->party + (twists ? twist->party : 0);
        move->amount = dure_amount(from->won + (twists ? twist->won : 0));
        if (from->account != NULL) {
            name_set(&move->account, twists && twist->account ? twist->account : from->account);
        }
    }
    if (step->kind == DURE_BODY_PAYOUT_RESULT) {
        body.payout_result.payout = step->payout;
    }
    if (step->kind == DURE_BODY_BATCH_ROWS) {
        rows_set(&effect, &body, step);
    }
    const dure_zone_t kst = dure_zone_kst();
    return verify_tally_add(tally, &effect, &body, CITY, &kst, problem);
}

/* ---- what the ledger's records say after it -------------------------------------------------- */

/* By hand, from the steps: issued 10,000 + 50 + 1,000 + 500 + 1,500. */
static dure_record_fund_t fund_record(void)
{
    return (dure_record_fund_t){.fund = 1,
                                .issued = dure_amount(13050),
                                .held_citizens = dure_amount(6938),
                                .held_merchants = dure_amount(500),
                                .pending = dure_amount(564),
                                .redeemed = dure_amount(3500),
                                .refunded = dure_amount(1348),
                                .lapsed = dure_amount(200),
                                .escrow = dure_amount(8002)};
}

static dure_record_account_t account_record(bool reserve)
{
    dure_record_account_t record = {.city = CITY};
    name_set(&record.name, reserve ? "refund_reserve" : "budget");
    record.deposited = dure_amount(reserve ? 5000 : 20000);
    record.received = dure_amount(reserve ? 500 : 100 + 34 + 12 + 30 + 36 + 300 + 200);
    record.spent = dure_amount(reserve ? 975 : 600 + 50 + 25 + 30 + 1500);
    const dure_amount_t in = dure_amount_plus(record.deposited, record.received);
    record.balance = dure_amount_minus(in, record.spent);
    return record;
}

static dure_record_party_t party_record(uint64_t party)
{
    static uint8_t bytes[DURE_LOT_SIZE];
    dure_record_party_t record = {.party = party, .kind = DURE_KIND_CITIZEN};
    if (party >= 9) {
        record.balances_count = 1;
        record.balances[0] = (dure_balance_t){.fund = 1,
                                              .amount = dure_amount(party == 9 ? 0 : 500),
                                              .owed = dure_amount(party == 9 ? 475 : 0)};
        return record;
    }
    /* 7: 10,050 - 4,000 - 1,000 + 988 - 600 + 900; 8: 1,000 - 500 + 300 - 200 */
    const dure_lot_t lot = {.fund = 1,
                            .number = 1,
                            .origin = 1,
                            .face = dure_amount(20000),
                            .left = dure_amount(party == 7 ? 6338 : 600)};
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    dure_lot_encode(&writer, &lot);
    record.lots = (dure_view_t){1, dure_writer_bytes(&writer)};
    return record;
}

static dure_record_payout_t payout_record(void)
{
    return (dure_record_payout_t){.id = {7, 0, 4}, .fund = 1, .why = 3, .amount = dure_amount(564)};
}

static bool records_hold(verify_tally_t *tally, char *problem)
{
    const dure_record_fund_t fund = fund_record();
    bool holds = verify_tally_compare(tally, &fund, problem);
    for (int i = 0; i < 2 && holds; i++) {
        const dure_record_account_t account = account_record(i == 1);
        holds = verify_tally_account(tally, &account, problem);
    }
    const dure_record_payout_t payout = payout_record();
    const char *why = holds ? verify_payouts_record(&tally->payouts, &payout) : NULL;
    if (why != NULL || (holds && verify_payouts_end(&tally->payouts) != NULL)) {
        snprintf(problem, VERIFY_TEXT_SIZE, "payout: %s", why == NULL ? "has no record" : why);
        return false;
    }
    for (uint64_t party = 7; party <= 10 && holds; party++) {
        const dure_record_party_t record = party_record(party);
        holds = verify_holders_record(&tally->holders, &record, problem);
    }
    return holds && verify_holders_end(&tally->holders, problem);
}

static bool life_holds(const twist_t *twist, char problem[VERIFY_TEXT_SIZE])
{
    static verify_tally_t tally;
    memset(&tally, 0, sizeof tally);
    problem[0] = 0;
    bool holds = true;
    for (size_t i = 0; i < STEPS && holds; i++) {
        holds = play_step(&tally, i, twist, problem);
    }
    holds = holds && records_hold(&tally, problem);
    verify_tally_free(&tally);
    return holds;
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void every_kind_of_move_adds_up(void **state)
{
    (void)state;
    char problem[VERIFY_TEXT_SIZE];
    if (!life_holds(&no_twist, problem)) {
        fail_msg("%s", problem);
    }
    bool seen[VERIFY_MOVES] = {false};
    for (size_t i = 0; i < STEPS; i++) {
        for (size_t j = 0; j < MOVES_MAX; j++) {
            seen[steps[i].moves[j].what] = true;
        }
    }
    seen[DURE_MOVE_MERCHANT_RETURNED] = true; /* stands in the next test */
    seen[DURE_MOVE_LOT_RECALLED] = true;      /* as lots_recalled, of one lot */
    for (size_t i = 1; i < VERIFY_MOVES; i++) {
        assert_true(seen[i]);
    }
}

static void a_won_more_in_any_move_is_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < STEPS; i++) {
        for (size_t j = 0; j < MOVES_MAX && steps[i].moves[j].what != 0; j++) {
            char problem[VERIFY_TEXT_SIZE];
            const twist_t twist = {.step = i, .move = j, .won = 1};
            const char *named = steps[i].moves[j].named;
            if (life_holds(&twist, problem) || strstr(problem, named) == NULL) {
                fail_msg("step %zu, move %zu: \"%s\" does not name \"%s\"", i, j, problem, named);
            }
        }
    }
}

static void another_party_or_account_is_named(void **state)
{
    (void)state;
    char problem[VERIFY_TEXT_SIZE];
    for (size_t i = 0; i < STEPS; i++) {
        for (size_t j = 0; j < MOVES_MAX && steps[i].moves[j].what != 0; j++) {
            const step_move_t *move = &steps[i].moves[j];
            const verify_meaning_t *meaning = verify_meaning(steps[i].kind, move->what);
            const unsigned held = 1u << VERIFY_HELD_CITIZENS | 1u << VERIFY_HELD_MERCHANTS |
                                  1u << VERIFY_OWED | 1u << VERIFY_PENDING;
            const bool answered = move->what == DURE_MOVE_PAYOUT_OPENED;
            twist_t twist = {.step = i, .move = j, .party = 90};
            if (move->party != 0 && !answered && ((meaning->plus | meaning->minus) & held) != 0 &&
                life_holds(&twist, problem)) {
                fail_msg("step %zu, move %zu: another party goes unnoticed", i, j);
            }
            twist = (twist_t){.step = i, .move = j, .account = "elsewhere"};
            if (meaning->account != VERIFY_ACCOUNT_NONE && life_holds(&twist, problem)) {
                fail_msg("step %zu, move %zu: another account goes unnoticed", i, j);
            }
        }
    }
}

static void records_that_differ_are_named(void **state)
{
    (void)state;
    static verify_tally_t tally;
    memset(&tally, 0, sizeof tally);
    char problem[VERIFY_TEXT_SIZE] = "";
    for (size_t i = 0; i < STEPS; i++) {
        assert_true(play_step(&tally, i, &no_twist, problem));
    }
    dure_record_fund_t fund;
    dure_amount_t *figures[] = {&fund.issued,         &fund.ordered, &fund.held_citizens,
                                &fund.held_merchants, &fund.pending, &fund.redeemed,
                                &fund.refunded,       &fund.lapsed,  &fund.escrow};
    for (unsigned i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        fund = fund_record();
        *figures[i] = dure_amount_plus(*figures[i], dure_amount(1));
        assert_false(verify_tally_compare(&tally, &fund, problem));
        assert_non_null(strstr(problem, verify_figure_name((verify_figure_t)i)));
    }
    dure_record_account_t account;
    dure_amount_t *sums[] = {&account.deposited, &account.received, &account.spent,
                             &account.balance, &account.reserved};
    static const char *const named[] = {"deposited", "received", "spent", "balance +", "balance +"};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++) {
        account = account_record(false);
        *sums[i] = dure_amount_plus(*sums[i], dure_amount(1));
        assert_false(verify_tally_account(&tally, &account, problem));
        assert_non_null(strstr(problem, named[i]));
    }
    dure_record_payout_t payout = payout_record();
    payout.why = 2;
    assert_non_null(verify_payouts_record(&tally.payouts, &payout));
    payout = payout_record();
    payout.id.number++;
    assert_non_null(verify_payouts_record(&tally.payouts, &payout));
    dure_record_party_t party = party_record(9);
    party.balances[0].owed = dure_amount(474);
    assert_false(verify_holders_record(&tally.holders, &party, problem));
    assert_non_null(strstr(problem, "it owes 475 won, by its record 474 won"));
    assert_int_equal(tally.payments, 2);
    assert_int_equal(tally.refunds, 1);
    assert_int_equal(tally.months[0].charged.won, 10500);
    assert_int_equal(tally.months[0].cancelled.won, 500);
    assert_int_equal(tally.months[0].spent.won, 4500);
    assert_int_equal(tally.months[0].refunded.won, 1000);
    verify_tally_free(&tally);
}

/* ---- the bank's statement -------------------------------------------------------------------- */

static void event(verify_tally_t *tally, uint8_t kind, uint64_t party, uint64_t number,
                  const dure_effect_move_t *moves, uint16_t count)
{
    dure_effect_t effect = {.version = 1, .id = {party, 0, number}, .kind = kind};
    dure_body_t body = {.kind = kind};
    const dure_zone_t kst = dure_zone_kst();
    char problem[VERIFY_TEXT_SIZE] = "";
    for (uint16_t i = 0; i < count; i++) {
        effect.moves[effect.moves_count++] = moves[i];
    }
    body.payout_result.payout = (dure_tx_id_t){7, 0, 4};
    if (!verify_tally_add(tally, &effect, &body, CITY, &kst, problem)) {
        fail_msg("%s", problem);
    }
}

#define MOVE(what_, won_)                                                                          \
    {                                                                                              \
        .what = what_, .fund = 1, .party = 7, .amount = dure_amount(won_)                          \
    }
#define EVENT(kind, party, number, ...)                                                            \
    do {                                                                                           \
        const dure_effect_move_t moves_[] = {__VA_ARGS__};                                         \
        event(&tally, kind, party, number, moves_, sizeof moves_ / sizeof moves_[0]);              \
    } while (0)

/* Bought 10,000 for 9,400 + 600, paid 4,000, given back 1,000, cashed out 3,000, settled. */
static verify_tally_t small_tally(void)
{
    verify_tally_t tally = {0};
    EVENT(DURE_BODY_PURCHASE_ORDER, 7, 1, MOVE(DURE_MOVE_ORDER_OPENED, 10000));
    EVENT(DURE_BODY_PURCHASE_CREDIT, 2, 1, MOVE(DURE_MOVE_LOT_ISSUED, 10000),
          MOVE(DURE_MOVE_PRICE_TO_ESCROW, 9400), MOVE(DURE_MOVE_SUBSIDY_TO_ESCROW, 600));
    EVENT(DURE_BODY_PAYMENT, 7, 3, MOVE(DURE_MOVE_LOT_TAKEN, 4000),
          MOVE(DURE_MOVE_MERCHANT_RECEIVED, 4000));
    EVENT(DURE_BODY_REFUND, 7, 5, MOVE(DURE_MOVE_MERCHANT_RETURNED, 1000),
          MOVE(DURE_MOVE_LOT_RETURNED, 1000));
    EVENT(DURE_BODY_REDEMPTION, 7, 4, MOVE(DURE_MOVE_MERCHANT_REDEEMED, 3000),
          MOVE(DURE_MOVE_PAYOUT_OPENED, 3000));
    EVENT(DURE_BODY_PAYOUT_RESULT, 2, 2, MOVE(DURE_MOVE_PAYOUT_SETTLED, 2970),
          MOVE(DURE_MOVE_SHARE_TAKEN, 30), MOVE(DURE_MOVE_ESCROW_TO_ACCOUNT, 30));
    return tally;
}

static void a_refusal_that_moves_is_named(void **state)
{
    (void)state;
    static verify_tally_t tally;
    memset(&tally, 0, sizeof tally);
    const dure_zone_t kst = dure_zone_kst();
    char problem[VERIFY_TEXT_SIZE] = "";
    dure_effect_t effect = {.version = 1, .code = DURE_RESULT_RULE_DENIED};
    const dure_body_t body = {.kind = DURE_BODY_PAYMENT};
    assert_true(verify_tally_add(&tally, &effect, &body, CITY, &kst, problem));
    assert_int_equal(tally.refused, 1);
    effect.moves_count = 1;
    assert_false(verify_tally_add(&tally, &effect, &body, CITY, &kst, problem));
    assert_non_null(strstr(problem, "was refused and moved money"));
}

static bool check(const char *text, char problem[VERIFY_TEXT_SIZE])
{
    char path[] = "/tmp/dure-statement-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
    verify_tally_t tally = small_tally();
    verify_statement_t statement;
    bool holds = verify_statement_check(&statement, path, &tally, problem);
    verify_tally_free(&tally);
    unlink(path);
    return holds;
}

#define HEAD "entry,date,account,kind,reference,credit,debit,balance\n"
#define IN                                                                                         \
    "1,1970-01-01,escrow:1,purchase,x,9400,0,9400\n2,1970-01-01,escrow:1,subsidy,y,600,0,10000\n"
/* What was cashed out, but for the share that goes to the city. */
#define OUT                                                                                        \
    "3,1970-01-01,escrow:1,payout,7:0:4,0,2970,7030\n4,1970-01-01,escrow:1,share,budget,0,30,"     \
    "7000\n"

/* Transfers between escrow and city accounts count, whatever the bank calls them. */
static void transfers_are_in_the_balance(void **state)
{
    (void)state;
    char problem[VERIFY_TEXT_SIZE] = "";
    static const char *const good = HEAD IN "3,1970-01-01,escrow:1,share,budget,0,100,9900\n"
                                            "4,1970-01-01,escrow:1,reward,budget,100,0,10000\n"
                                            "5,1970-01-01,escrow:1,payout,7:0:4,0,2970,7030\n"
                                            "6,1970-01-01,escrow:1,share,budget,0,30,7000\n";
    assert_true(check(good, problem));
    assert_false(check(HEAD IN OUT "5,1970-01-01,escrow:1,lapse,budget,0,10,6990\n", problem));
    assert_non_null(strstr(problem, "the chain adds up to 7000 won"));
}

static void statements_agree_or_are_named(void **state)
{
    (void)state;
    char problem[VERIFY_TEXT_SIZE] = "";
    assert_true(check(HEAD IN OUT, problem));
    static const struct {
        const char *text, *named;
    } wrong[] = {
        {HEAD IN, "escrow"},
        {HEAD, "escrow"},
        {HEAD IN "3,1970-01-01,escrow:1,payout,7:0:5,0,3000,7000\n", "line 4"},
        {HEAD IN "3,1970-01-01,escrow:1,payout,7:0:4,0,2969,7031\n", "another amount"},
        {HEAD IN "3,1970-01-01,escrow:1,payout,7:0:4,0,3000,7000\n", "another amount"},
        {HEAD IN OUT "5,1970-01-01,escrow:1,payout,7:0:4,0,2970,4030\n", "second time"},
        {HEAD IN "4,1970-01-01,escrow:1,payout,7:0:4,0,3000,7000\n", "numbered"},
        {HEAD IN "3,1970-01-01,escrow:1,payout,7:0:4,0,3000,7001\n", "balance"},
        {HEAD IN "3,1970-01-01,escrow:2,payout,7:0:4,0,3000,7000\n", "fund"},
        {HEAD IN "3,1970-01-01,escrow:1,fee,z,0,3000,7000\n", "settled payouts"},
        {HEAD IN OUT "5,1970-01-01,escrow:1,fee,z,0,7001,0\n", "more than is in"},
        {HEAD IN OUT "5,1970-01-01,escrow:1,fee,z,5,5,7000\n", "it is not"},
        {HEAD IN OUT "nonsense\n", "it is not"},
        {HEAD IN OUT "5,1970-01-01,escrow:1,fee,z,9999999999999999,0,1\n", "it is not"},
        {HEAD IN OUT "5,1970-01-01,escrow:1,fee,z,-5,0,7000\n", "it is not"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(check(wrong[i].text, problem));
        if (strstr(problem, wrong[i].named) == NULL) {
            fail_msg("case %zu: \"%s\" does not name \"%s\"", i, problem, wrong[i].named);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_kind_of_move_adds_up),
                                       cmocka_unit_test(a_won_more_in_any_move_is_named),
                                       cmocka_unit_test(another_party_or_account_is_named),
                                       cmocka_unit_test(records_that_differ_are_named),
                                       cmocka_unit_test(a_refusal_that_moves_is_named),
                                       cmocka_unit_test(transfers_are_in_the_balance),
                                       cmocka_unit_test(statements_agree_or_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

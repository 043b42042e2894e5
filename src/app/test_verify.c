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

static void event(verify_tally_t *tally, uint8_t kind, uint64_t number, uint8_t what1,
                  uint64_t won1, uint8_t what2, uint64_t won2)
{
    dure_effect_t effect = {.version = 1, .id = {7, 0, number}, .kind = kind, .time = 0};
    dure_body_t body = {.kind = kind};
    dure_zone_t kst = dure_zone_kst();
    char problem[VERIFY_TEXT_SIZE];
    effect.moves_count = what2 == 0 ? 1 : 2;
    effect.moves[0] =
        (dure_effect_move_t){.what = what1, .fund = 1, .party = 7, .amount = dure_amount(won1)};
    effect.moves[1] =
        (dure_effect_move_t){.what = what2, .fund = 1, .party = 7, .amount = dure_amount(won2)};
    if (kind == DURE_BODY_PAYOUT_RESULT) {
        body.payout_result.payout = (dure_tx_id_t){7, 0, number};
    }
    assert_true(verify_tally_add(tally, &effect, &body, &kst, problem));
}

/* Bought 10,000 for 9,400 + 600, paid 4,000, cashed out 3,000 of it, settled. */
static verify_tally_t small_tally(void)
{
    verify_tally_t tally = {0};
    event(&tally, DURE_BODY_PURCHASE_CREDIT, 1, DURE_MOVE_LOT_ISSUED, 10000,
          DURE_MOVE_PRICE_TO_ESCROW, 9400);
    event(&tally, DURE_BODY_PURCHASE_CREDIT, 2, DURE_MOVE_SUBSIDY_TO_ESCROW, 600, 0, 0);
    event(&tally, DURE_BODY_PAYMENT, 3, DURE_MOVE_LOT_TAKEN, 4000, DURE_MOVE_MERCHANT_RECEIVED,
          4000);
    event(&tally, DURE_BODY_REDEMPTION, 4, DURE_MOVE_MERCHANT_REDEEMED, 3000,
          DURE_MOVE_PAYOUT_OPENED, 3000);
    event(&tally, DURE_BODY_PAYOUT_RESULT, 4, DURE_MOVE_PAYOUT_SETTLED, 3000, 0, 0);
    return tally;
}

static dure_record_fund_t small_record(void)
{
    return (dure_record_fund_t){.fund = 1,
                                .issued = dure_amount(10000),
                                .held_citizens = dure_amount(6000),
                                .held_merchants = dure_amount(1000),
                                .redeemed = dure_amount(3000),
                                .escrow = dure_amount(7000)};
}

static void sums_agree_or_are_named(void **state)
{
    (void)state;
    verify_tally_t tally = small_tally();
    dure_record_fund_t record = small_record();
    char problem[VERIFY_TEXT_SIZE] = "";
    assert_true(verify_tally_compare(&tally, &record, problem));
    assert_int_equal(tally.month_count, 1);
    assert_int_equal(tally.months[0].charged.won, 10000);
    assert_int_equal(tally.months[0].spent.won, 4000);
    dure_amount_t *fields[] = {&record.issued,  &record.held_citizens, &record.held_merchants,
                               &record.pending, &record.redeemed,      &record.refunded,
                               &record.lapsed,  &record.escrow};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        record = small_record();
        *fields[i] = dure_amount_plus(*fields[i], dure_amount(1));
        assert_false(verify_tally_compare(&tally, &record, problem));
        assert_non_null(strstr(problem, "does not hold"));
    }
    verify_tally_free(&tally);
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
#define OUT "3,1970-01-01,escrow:1,payout,7:0:4,0,3000,7000\n"

static void a_cancelled_purchase_adds_up(void **state)
{
    (void)state;
    /* A second lot of 500 for 470 + 30, cancelled; the bank first cannot pay the 470 back, then
     * does. */
    verify_tally_t tally = small_tally();
    dure_record_fund_t record = small_record();
    char problem[VERIFY_TEXT_SIZE] = "";
    event(&tally, DURE_BODY_PURCHASE_CREDIT, 11, DURE_MOVE_LOT_ISSUED, 500,
          DURE_MOVE_PRICE_TO_ESCROW, 470);
    event(&tally, DURE_BODY_PURCHASE_CREDIT, 12, DURE_MOVE_SUBSIDY_TO_ESCROW, 30, 0, 0);
    event(&tally, DURE_BODY_PURCHASE_CANCEL, 13, DURE_MOVE_LOT_CANCELLED, 500,
          DURE_MOVE_PAYOUT_OPENED, 470);
    event(&tally, DURE_BODY_PURCHASE_CANCEL, 14, DURE_MOVE_SUBSIDY_RETURNED, 30, 0, 0);
    event(&tally, DURE_BODY_PAYOUT_RESULT, 13, DURE_MOVE_REFUND_REJECTED, 470, 0, 0);
    record.issued = dure_amount(10500);
    record.refunded = dure_amount(30);
    record.pending = dure_amount(470);
    record.escrow = dure_amount(7470);
    assert_true(verify_tally_compare(&tally, &record, problem));
    event(&tally, DURE_BODY_PAYOUT_RESULT, 13, DURE_MOVE_REFUND_SETTLED, 470, 0, 0);
    assert_false(verify_tally_compare(&tally, &record, problem));
    record.refunded = dure_amount(500);
    record.pending = dure_amount(0);
    record.escrow = dure_amount(7000);
    assert_true(verify_tally_compare(&tally, &record, problem));
    verify_tally_free(&tally);
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
        {HEAD IN "3,1970-01-01,escrow:1,payout,7:0:4,0,2999,7001\n", "another amount"},
        {HEAD IN OUT "4,1970-01-01,escrow:1,payout,7:0:4,0,3000,4000\n", "second time"},
        {HEAD IN "4,1970-01-01,escrow:1,payout,7:0:4,0,3000,7000\n", "numbered"},
        {HEAD IN "3,1970-01-01,escrow:1,payout,7:0:4,0,3000,7001\n", "balance"},
        {HEAD IN "3,1970-01-01,escrow:2,payout,7:0:4,0,3000,7000\n", "fund"},
        {HEAD IN "3,1970-01-01,escrow:1,fee,z,0,3000,7000\n", "settled payouts"},
        {HEAD IN OUT "4,1970-01-01,escrow:1,fee,z,0,7001,0\n", "more than is in"},
        {HEAD IN OUT "4,1970-01-01,escrow:1,fee,z,5,5,7000\n", "it is not"},
        {HEAD IN OUT "nonsense\n", "it is not"},
        {HEAD IN OUT "4,1970-01-01,escrow:1,fee,z,9999999999999999,0,1\n", "it is not"},
        {HEAD IN OUT "4,1970-01-01,escrow:1,fee,z,-5,0,7000\n", "it is not"},
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
    const struct CMUnitTest tests[] = {cmocka_unit_test(sums_agree_or_are_named),
                                       cmocka_unit_test(a_cancelled_purchase_adds_up),
                                       cmocka_unit_test(statements_agree_or_are_named)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

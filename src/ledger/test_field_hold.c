/* Rows for holds, what becomes of them, mandates, and what officers do at the counter. */
#include "ledger/test_field_rows.h"

/* ---- hold */
static dure_body_t hold_base(const run_t *run)
{
    dure_body_t body =
        body_hold(SHOP, DURE_HOLD_KIND_MONEY, DURE_HOLD_REASON_INSPECTION, run->stage->today + 5);
    body.hold.fund = FUND;
    body.hold.amount = dure_amount(100);
    return body;
}

static void hold_rows(run_t *run)
{
    const dure_day_t today = run->stage->today;
    subject_rows(run, "subject", H);
    run_put(run, "subject", H, 8, FAR_SHOP, DURE_RESULT_OTHER_CITY);
    run_put(run, "subject", H, 8, ANNA, DURE_RESULT_HOLD_WRONG);
    run_put(run, "subject", H, 8, BANK, DURE_RESULT_HOLD_WRONG);
    run_put(run, "subject", H, 8, SHOP_TWO, DURE_RESULT_DONE);
    for (uint32_t what = 0; what < 256; what++) {
        const uint32_t expected = what == 0 || what > 4          ? DURE_RESULT_MALFORMED
                                  : what == DURE_HOLD_KIND_MONEY ? DURE_RESULT_DONE
                                                                 : DURE_RESULT_HOLD_WRONG;
        run_put(run, "what", H + 8, 1, what, expected);
    }
    for (uint32_t reason = 0; reason < 256; reason++) {
        const bool fits = reason != DURE_HOLD_REASON_LOST_PHONE &&
                          reason != DURE_HOLD_REASON_OWN_REQUEST &&
                          reason != DURE_HOLD_REASON_DEATH;
        const uint32_t expected = reason == 0 || reason > 8 ? DURE_RESULT_MALFORMED
                                  : fits                    ? DURE_RESULT_DONE
                                                            : DURE_RESULT_HOLD_WRONG;
        run_put(run, "reason", H + 9, 1, reason, expected);
    }
    run_put(run, "fund", H + 10, 8, 0, DURE_RESULT_HOLD_WRONG);
    run_put(run, "fund", H + 10, 8, FUND_NONE, DURE_RESULT_HOLD_WRONG);
    run_put(run, "fund", H + 10, 8, FUND_FAR, DURE_RESULT_HOLD_WRONG);
    run_put(run, "fund", H + 10, 8, UINT64_MAX, DURE_RESULT_HOLD_WRONG);
    run_put(run, "fund", H + 10, 8, FUND_TWO, DURE_RESULT_DONE);
    run_amount_bounds(run, "amount", H + 18, true);
    run_put(run, "amount", H + 18, 8, 0, DURE_RESULT_HOLD_WRONG);
    run_put(run, "amount", H + 18, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 18, 8, WON_MAX, DURE_RESULT_DONE);
    run_day(run, "until", H + 26, 0, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H + 26, today - 1, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H + 26, today, DURE_RESULT_DONE);
    run_day(run, "until", H + 26, today + 90, DURE_RESULT_DONE);
    run_day(run, "until", H + 26, today + 91, DURE_RESULT_HOLD_TERM);
    run_day(run, "until", H + 26, DURE_DAY_MAX, DURE_RESULT_HOLD_TERM);
    run_day_bounds(run, "until", H + 26);
    run_fill(run, "evidence", H + 30, 32, 0, DURE_RESULT_HOLD_WRONG);
    run_fill(run, "evidence", H + 30, 32, 0xff, DURE_RESULT_DONE);
}

/* ---- release, appeal, uphold */
static dure_body_t release_base(const run_t *run)
{
    return body_release(run->stage->hold_shop);
}

static dure_body_t appeal_base(const run_t *run)
{
    return body_appeal(run->stage->hold_shop);
}

static dure_body_t uphold_base(const run_t *run)
{
    return body_uphold(run->stage->hold_appealed, run->stage->today + 20);
}

static void other_ids(run_t *run)
{
    run_id_parts(run, H, DURE_RESULT_HOLD_UNKNOWN);
    run_id_whole(run, "order", H, run->stage->order_anna, DURE_RESULT_HOLD_UNKNOWN);
    run_id_whole(run, "payout", H, run->stage->payout_shop, DURE_RESULT_HOLD_UNKNOWN);
}

static void release_rows(run_t *run)
{
    other_ids(run);
    run_id_whole(run, "appealed", H, run->stage->hold_appealed, DURE_RESULT_DONE);
    run_id_whole(run, "over", H, run->stage->hold_over, DURE_RESULT_DONE);
    run_id_whole(run, "far", H, run->stage->hold_far, DURE_RESULT_OTHER_CITY);
}

static void appeal_rows(run_t *run)
{
    other_ids(run);
    run_id_whole(run, "appealed", H, run->stage->hold_appealed, DURE_RESULT_HOLD_NOT_APPEALABLE);
    run_id_whole(run, "over", H, run->stage->hold_over, DURE_RESULT_HOLD_NOT_APPEALABLE);
    run_id_whole(run, "far", H, run->stage->hold_far, DURE_RESULT_HOLD_NOT_APPEALABLE);
    run_fill(run, "statement", H + 18, 32, 0xff, DURE_RESULT_DONE);
    run_fill(run, "statement", H + 18, 32, 1, DURE_RESULT_DONE);
}

static void uphold_rows(run_t *run)
{
    const dure_day_t today = run->stage->today;
    other_ids(run);
    run_id_whole(run, "not appealed", H, run->stage->hold_shop, DURE_RESULT_HOLD_NOT_APPEALABLE);
    run_id_whole(run, "over", H, run->stage->hold_over, DURE_RESULT_HOLD_NOT_APPEALABLE);
    run_id_whole(run, "far", H, run->stage->hold_far, DURE_RESULT_OTHER_CITY);
    run_day(run, "until", H + 18, 0, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H + 18, today - 1, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H + 18, today, DURE_RESULT_DONE);
    run_day(run, "until", H + 18, today + 90, DURE_RESULT_DONE);
    run_day(run, "until", H + 18, today + 91, DURE_RESULT_HOLD_TERM);
    run_day(run, "until", H + 18, DURE_DAY_MAX, DURE_RESULT_HOLD_TERM);
    run_day_bounds(run, "until", H + 18);
    run_fill(run, "answer", H + 22, 32, 0xff, DURE_RESULT_DONE);
    run_fill(run, "answer", H + 22, 32, 1, DURE_RESULT_DONE);
}

/* ---- collection: payer 8, number 8, amount_max 8, until 8, payee 8; slot 1, signature 64,
   amount 8, channel 1 */
static dure_mandate_t good_mandate(const run_t *run)
{
    return (dure_mandate_t){.payer = ANNA,
                            .number = TOP + 7,
                            .amount_max = {10000},
                            .until = run->stage->now + 60000,
                            .payee = SHOP};
}

static dure_body_t collection_base(const run_t *run)
{
    return body_collection(run->stage->world, good_mandate(run), 0, 5000);
}

/* A mandate that is signed as it is. */
static void mandate_row(run_t *run, const char *what, dure_mandate_t mandate, uint8_t slot,
                        uint32_t expected)
{
    const dure_body_t body = body_collection(run->stage->world, mandate, slot, 5000);
    uint8_t bytes[DURE_COLLECTION_SIZE];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_collection_encode(&out, &body.collection);
    assert_int_equal(out.size, sizeof bytes);
    run_splice(run, what, H, sizeof bytes, bytes, sizeof bytes, expected);
}

static void mandate_rows(run_t *run)
{
    const dure_mandate_t good = good_mandate(run);
    dure_mandate_t changed = good;
    changed.payer = NOBODY;
    mandate_row(run, "payer", changed, 0, DURE_RESULT_SUBJECT_UNKNOWN);
    changed.payer = SHOP_TWO;
    mandate_row(run, "payer", changed, 0, DURE_RESULT_KIND_WRONG);
    changed.payer = BANK;
    mandate_row(run, "payer", changed, 0, DURE_RESULT_KIND_WRONG);
    changed.payer = BORA;
    mandate_row(run, "payer", changed, 0, DURE_RESULT_DONE);
    changed.payer = FAR_EVA; /* has Goyang's money, which the shop may not take */
    mandate_row(run, "payer", changed, 0, DURE_RESULT_RULE_NO_ALLOW);
    changed = good;
    changed.number = TOP;
    mandate_row(run, "number", changed, 0, DURE_RESULT_MANDATE_USED);
    changed.number = TOP - DURE_WINDOW_BITS;
    mandate_row(run, "number", changed, 0, DURE_RESULT_MANDATE_USED);
    changed.number = UINT64_MAX;
    mandate_row(run, "number", changed, 0, DURE_RESULT_DONE);
    changed = good;
    changed.amount_max = dure_amount(4999);
    mandate_row(run, "amount_max", changed, 0, DURE_RESULT_MANDATE_AMOUNT);
    changed.amount_max = dure_amount(5000);
    mandate_row(run, "amount_max", changed, 0, DURE_RESULT_DONE);
    changed = good;
    changed.until = run->stage->now - 1;
    mandate_row(run, "until", changed, 0, DURE_RESULT_MANDATE_EXPIRED);
    changed.until = run->stage->now;
    mandate_row(run, "until", changed, 0, DURE_RESULT_DONE);
    changed = good;
    changed.payee = SHOP_TWO;
    mandate_row(run, "payee", changed, 0, DURE_RESULT_MANDATE_PAYEE);
    changed.payee = 0;
    mandate_row(run, "payee", changed, 0, DURE_RESULT_DONE);
    mandate_row(run, "slot", good, 2, DURE_RESULT_DONE); /* the key that ANNA also has */
    mandate_row(run, "slot", good, 3, DURE_RESULT_MANDATE_SIGNATURE);
}

static void collection_rows(run_t *run)
{
    mandate_rows(run);
    const uint32_t forged = DURE_RESULT_MANDATE_SIGNATURE;
    run_put(run, "payer", H, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "payer", H, 8, BORA, forged);
    run_put(run, "number", H + 8, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "number", H + 8, 8, TOP + 8, forged);
    run_put(run, "amount_max", H + 16, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "amount_max", H + 16, 8, WON_MAX, forged);
    run_put(run, "amount_max", H + 16, 8, WON_MAX + 1, DURE_RESULT_MALFORMED);
    run_put(run, "until", H + 24, 8, DURE_TIME_MAX_MS, forged);
    run_put(run, "until", H + 24, 8, DURE_TIME_MAX_MS + 1, DURE_RESULT_MALFORMED);
    run_put(run, "payee", H + 32, 8, 0, forged);
    run_put(run, "payee", H + 32, 8, SHOP_TWO, DURE_RESULT_MANDATE_PAYEE);
    run_put(run, "slot", H + 40, 1, 1, forged);
    run_put(run, "slot", H + 40, 1, 2, forged);
    run_put(run, "slot", H + 40, 1, 4, DURE_RESULT_MALFORMED);
    run_put(run, "slot", H + 40, 1, 255, DURE_RESULT_MALFORMED);
    run_fill(run, "signature", H + 41, 64, 0, forged);
    run_fill(run, "signature", H + 41, 64, 0xff, forged);
    run_amount_bounds(run, "amount", H + 105, false);
    run_put(run, "amount", H + 105, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 105, 8, 10000, DURE_RESULT_DONE);
    run_put(run, "amount", H + 105, 8, 10001, DURE_RESULT_MANDATE_AMOUNT);
    run_put(run, "amount", H + 105, 8, WON_MAX, DURE_RESULT_MANDATE_AMOUNT);
    run_put(run, "channel", H + 113, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "channel", H + 113, 1, 1, DURE_RESULT_DONE);
    run_put(run, "channel", H + 113, 1, 4, DURE_RESULT_DONE);
    run_put(run, "channel", H + 113, 1, 5, DURE_RESULT_MALFORMED);
    run_put(run, "channel", H + 113, 1, 255, DURE_RESULT_MALFORMED);
}

/* ---- the counter */
static dure_body_t recover_base(const run_t *run)
{
    (void)run;
    return body_propose(act_recover(BORA, test_key(7777, 1)), FAR_DAY);
}

static void recover_rows(run_t *run)
{
    propose_rows(run);
    subject_rows(run, "subject", A);
    run_put(run, "subject", A, 8, FAR_EVA, DURE_RESULT_OTHER_CITY);
    run_put(run, "subject", A, 8, BANK, DURE_RESULT_KIND_WRONG);
    run_put(run, "subject", A, 8, SHOP, DURE_RESULT_DONE);
    run_put(run, "slot", A + 8, 1, 0, DURE_RESULT_DONE);
    run_put(run, "slot", A + 8, 1, 3, DURE_RESULT_DONE);
    run_put(run, "slot", A + 8, 1, 4, DURE_RESULT_MALFORMED);
    run_put(run, "slot", A + 8, 1, 255, DURE_RESULT_MALFORMED);
    key_rows(run, A + 9);
}

static dure_body_t estate_base(const run_t *run)
{
    (void)run;
    return body_propose(act_estate(DEAD, BORA), FAR_DAY);
}

static void estate_rows(run_t *run)
{
    propose_rows(run);
    subject_rows(run, "subject", A);
    run_put(run, "subject", A, 8, FAR_EVA, DURE_RESULT_OTHER_CITY);
    run_put(run, "subject", A, 8, SHOP, DURE_RESULT_KIND_WRONG);
    run_put(run, "subject", A, 8, BANK, DURE_RESULT_KIND_WRONG);
    run_put(run, "subject", A, 8, ANNA, DURE_RESULT_PARTY_ALIVE);
    subject_rows(run, "heir", A + 8);
    run_put(run, "heir", A + 8, 8, FAR_EVA, DURE_RESULT_OTHER_CITY);
    run_put(run, "heir", A + 8, 8, SHOP, DURE_RESULT_KIND_WRONG);
    run_put(run, "heir", A + 8, 8, DEAD, DURE_RESULT_SELF_PAYMENT);
    run_put(run, "heir", A + 8, 8, ANNA, DURE_RESULT_DONE);
}

/* clang-format off */
const based_case_t hold_cases[] = {
    {{"hold", DURE_BODY_HOLD, 0, OFFICER_1, hold_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, OK, OC}}, hold_base},
    {{"release", DURE_BODY_RELEASE, 0, OFFICER_1, release_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}}, release_base},
    {{"appeal", DURE_BODY_APPEAL, 0, SHOP, appeal_rows,
     {HA, HA, OK, HA, HA, HA, HA, HA, HA, HA}}, appeal_base},
    {{"uphold", DURE_BODY_UPHOLD, 0, OFFICER_2, uphold_rows,
     {NP, NP, NP, NP, NP, NP, OK, NP, NP, OC}}, uphold_base},
    {{"collection", DURE_BODY_COLLECTION, 0, SHOP, collection_rows,
     {KW, KW, OK, KW, KW, KW, KW, KW, KW, KW}}, collection_base},
    {{"recover", DURE_BODY_PROPOSE, DURE_ACT_RECOVER, OFFICER_1, recover_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}}, recover_base},
    {{"estate", DURE_BODY_PROPOSE, DURE_ACT_ESTATE, OFFICER_1, estate_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}}, estate_base},
};
/* clang-format on */
const size_t hold_cases_count = sizeof hold_cases / sizeof hold_cases[0];

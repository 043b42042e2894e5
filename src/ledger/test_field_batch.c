/* Rows of what is granted and recalled by lists. */
#include "ledger/test_field_rows.h"

#include "ledger/test_list.h"

enum { WRONG = DURE_RESULT_BATCH_ROWS_WRONG };

static void batch_rows(run_t *run)
{
    const stage_t *stage = run->stage;
    const dure_ledger_t *ledger = stage->world->ledger;
    const uint32_t city = ledger_city_find(ledger, GIMPO);
    const dure_name_t name = test_name("budget");
    const uint64_t has =
        account_at(ledger, ledger_account_find(ledger, (uint8_t)city, &name))->balance.won;
    const dure_day_t today = stage->today;
    propose_rows(run);
    run_put(run, "what", A, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "what", A, 1, 2, DURE_RESULT_NOTICE_TOO_SHORT);
    run_put(run, "what", A, 1, 3, DURE_RESULT_MALFORMED);
    run_put(run, "what", A, 1, 255, DURE_RESULT_MALFORMED);
    run_put(run, "fund", A + 1, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "fund", A + 1, 8, FUND_NONE, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "fund", A + 1, 8, UINT64_MAX, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "fund", A + 1, 8, FUND_FAR, DURE_RESULT_OTHER_CITY);
    run_put(run, "fund", A + 1, 8, FUND, DURE_RESULT_RULE_NOT_DECLARED);
    run_put(run, "rows", A + 9, 4, 0, DURE_RESULT_MALFORMED);
    run_put(run, "rows", A + 9, 4, 1, DURE_RESULT_DONE);
    run_put(run, "rows", A + 9, 4, 1048576, DURE_RESULT_DONE);
    run_put(run, "rows", A + 9, 4, 1048577, DURE_RESULT_MALFORMED);
    run_put(run, "rows", A + 9, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
    run_amount_bounds(run, "total", A + 13, false);
    run_put(run, "total", A + 13, 8, 1, DURE_RESULT_DONE);
    run_put(run, "total", A + 13, 8, has, DURE_RESULT_DONE);
    run_put(run, "total", A + 13, 8, has + 1, DURE_RESULT_ACCOUNT_EMPTY);
    run_put(run, "total", A + 13, 8, WON_MAX, DURE_RESULT_ACCOUNT_EMPTY);
    run_fill(run, "root", A + 21, 32, 0xff, DURE_RESULT_DONE); /* of rows that never come */
    run_day(run, "from", A + 53, 0, DURE_RESULT_DATES_WRONG);
    run_day(run, "from", A + 53, today - 1, DURE_RESULT_DATES_WRONG);
    run_day(run, "from", A + 53, today + 30, DURE_RESULT_DONE);
    run_day(run, "from", A + 53, today + 31, DURE_RESULT_DATES_WRONG);
    run_day(run, "from", A + 53, DURE_DAY_MAX, DURE_RESULT_DATES_WRONG);
    run_day_bounds(run, "from", A + 53);
    run_day(run, "until", A + 57, 0, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", A + 57, today - 1, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", A + 57, today, DURE_RESULT_DONE);
    run_day(run, "until", A + 57, DURE_DAY_MAX, DURE_RESULT_DONE);
    run_day_bounds(run, "until", A + 57);
}

static dure_body_t batch_base(const run_t *run)
{
    const dure_day_t today = run->stage->today;
    return body_propose(
        act_batch(&run->stage->list, BATCH_GRANT, FUND_GIVES, 3000, today, today + 30), FAR_DAY);
}

static void rows_rows(run_t *run)
{
    static const uint8_t one_hash[2 + 32] = {1};
    const stage_t *stage = run->stage;
    run_id_parts(run, H, DURE_RESULT_BATCH_UNKNOWN);
    run_id_whole(run, "batch", H, stage->batch_far, DURE_RESULT_OTHER_CITY);
    run_id_whole(run, "batch", H, stage->proposal_open, DURE_RESULT_BATCH_UNKNOWN);
    run_put(run, "chunk", H + 18, 4, 1, WRONG);
    run_put(run, "chunk", H + 18, 4, UINT32_MAX, WRONG);
    run_put(run, "rows' count", H + 22, 2, 0, DURE_RESULT_MALFORMED);
    run_put(run, "rows' count", H + 22, 2, 1, DURE_RESULT_MALFORMED);
    run_put(run, "rows' count", H + 22, 2, 3, DURE_RESULT_MALFORMED);
    run_put(run, "rows' count", H + 22, 2, 257, DURE_RESULT_MALFORMED);
    run_put(run, "rows' count", H + 22, 2, UINT16_MAX, DURE_RESULT_MALFORMED);
    for (size_t at = H + 24; at < H + 56; at += 16) {
        run_put(run, "party", at, 8, 0, DURE_RESULT_MALFORMED);
        run_put(run, "party", at, 8, NOBODY, WRONG);
        run_put(run, "party", at, 8, UINT64_MAX, WRONG);
        run_amount_bounds(run, "amount", at + 8, true);
        run_put(run, "amount", at + 8, 8, 0, WRONG);
        run_put(run, "amount", at + 8, 8, 1001, WRONG);
        run_put(run, "amount", at + 8, 8, WON_MAX, WRONG);
    }
    run_put(run, "party", H + 24, 8, BORA, WRONG); /* twice */
    run_put(run, "party", H + 40, 8, ANNA, WRONG);
    run_put(run, "path's count", H + 56, 2, 1, DURE_RESULT_MALFORMED);
    run_put(run, "path's count", H + 56, 2, 33, DURE_RESULT_MALFORMED);
    run_put(run, "path's count", H + 56, 2, UINT16_MAX, DURE_RESULT_MALFORMED);
    run_splice(run, "path", H + 56, 2, one_hash, sizeof one_hash, WRONG);
}

static dure_body_t rows_base(const run_t *run)
{
    return body_rows(&run->stage->list, run->stage->batch_open, 0);
}

/*                        ANNA BORA SHOP REGR BANK OFF1 OFF2 CLCK WTCH FAR */
const based_case_t batch_cases[] = {
    {{"batch",
      DURE_BODY_PROPOSE,
      DURE_ACT_BATCH,
      OFFICER_1,
      batch_rows,
      {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}},
     batch_base},
    {{"batch_rows",
      DURE_BODY_BATCH_ROWS,
      0,
      OFFICER_1,
      rows_rows,
      {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}},
     rows_base},
};
const size_t batch_cases_count = sizeof batch_cases / sizeof batch_cases[0];

/* Rows of what citizens and merchants do with each other's money, of sweeping and tidying, and of
   what officers decide about a fund's program. */
#include "ledger/test_field_rows.h"

enum { SP = 264 };

/* ---- gifts */
static void gift_rows(run_t *run)
{
    const uint64_t has = run->stage->anna_has;
    subject_rows(run, "receiver", H);
    run_put(run, "receiver", H, 8, ANNA, DURE_RESULT_SELF_PAYMENT);
    run_put(run, "receiver", H, 8, SHOP, DURE_RESULT_KIND_WRONG);
    run_put(run, "receiver", H, 8, BANK, DURE_RESULT_KIND_WRONG);
    run_put(run, "receiver", H, 8, FAR_SHOP, DURE_RESULT_KIND_WRONG);
    run_put(run, "receiver", H, 8, FAR_EVA, DURE_RESULT_OTHER_CITY);
    run_put(run, "receiver", H, 8, DEAD, DURE_RESULT_PARTY_DEAD);
    run_put(run, "receiver", H, 8, CARA, DURE_RESULT_DONE);
    run_amount_bounds(run, "amount", H + 8, false);
    run_put(run, "amount", H + 8, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 8, 8, has, DURE_RESULT_DONE);
    run_put(run, "amount", H + 8, 8, has + 1, DURE_RESULT_NOT_ENOUGH_MONEY);
    run_put(run, "amount", H + 8, 8, WON_MAX, DURE_RESULT_NOT_ENOUGH_MONEY);
    choice_rows(run, H + 16);
}

static dure_body_t gift_base(const run_t *run)
{
    (void)run;
    dure_body_t body = body_gift(BORA, 5000);
    body.gift.funds_count = 1;
    body.gift.funds[0].fund = FUND;
    return body;
}

/* ---- remainders */
static void remainder_rows(run_t *run)
{
    run_other_fund_rows(run, H, DURE_RESULT_LOT_UNKNOWN, DURE_RESULT_LOT_UNKNOWN);
    run_put(run, "lot", H + 8, 4, 0, DURE_RESULT_MALFORMED);
    run_put(run, "lot", H + 8, 4, 1, DURE_RESULT_DATES_WRONG);
    run_put(run, "lot", H + 8, 4, 3, DURE_RESULT_LOT_UNKNOWN);
    run_put(run, "lot", H + 8, 4, UINT32_MAX, DURE_RESULT_LOT_UNKNOWN);
}

static dure_body_t remainder_base(const run_t *run)
{
    (void)run;
    return body_remainder(FUND_DAY, 2);
}

/* ---- recirculation */
static void recirculation_rows(run_t *run)
{
    run_put(run, "payee", H, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "payee", H, 8, NOBODY, DURE_RESULT_PAYEE_UNKNOWN);
    run_put(run, "payee", H, 8, UINT64_MAX, DURE_RESULT_PAYEE_UNKNOWN);
    run_put(run, "payee", H, 8, SHOP, DURE_RESULT_SELF_PAYMENT);
    run_put(run, "payee", H, 8, BORA, DURE_RESULT_KIND_WRONG);
    run_put(run, "payee", H, 8, BANK, DURE_RESULT_KIND_WRONG);
    run_put(run, "payee", H, 8, FAR_SHOP, DURE_RESULT_OTHER_CITY);
    run_put(run, "payee", H, 8, SHOP_BARE, DURE_RESULT_DONE);
    run_other_fund_rows(run, H + 8, DURE_RESULT_OTHER_CITY, DURE_RESULT_NOT_ENOUGH_MONEY);
    run_put(run, "fund", H + 8, 8, FUND, DURE_RESULT_RULE_NOT_DECLARED);
    run_amount_bounds(run, "amount", H + 16, false);
    run_put(run, "amount", H + 16, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 16, 8, 7000, DURE_RESULT_DONE);
    run_put(run, "amount", H + 16, 8, 7001, DURE_RESULT_NOT_ENOUGH_MONEY);
    run_put(run, "amount", H + 16, 8, WON_MAX, DURE_RESULT_NOT_ENOUGH_MONEY);
}

static dure_body_t recirculation_base(const run_t *run)
{
    (void)run;
    return body_recirculation(SHOP_TWO, FUND_DAY, 3000);
}

/* ---- sweeping and tidying */
static void parties(run_t *run, uint16_t count, uint64_t first, uint64_t second, uint32_t expected)
{
    uint8_t bytes[2 + 8 * 17];
    bytes[0] = (uint8_t)count;
    bytes[1] = 0;
    for (uint16_t i = 0; i < count; i++) {
        dure_put_u64(bytes + 2 + 8 * i, i == 0 ? first : second + i - 1);
    }
    run_splice(run, "parties", H, 10, bytes, 2 + 8 * (size_t)count, expected);
}

static void lapse_rows(run_t *run)
{
    run_put(run, "parties' count", H, 2, 0, DURE_RESULT_MALFORMED);
    run_put(run, "parties' count", H, 2, 2, DURE_RESULT_MALFORMED);
    run_put(run, "parties' count", H, 2, 17, DURE_RESULT_MALFORMED);
    run_put(run, "parties' count", H, 2, UINT16_MAX, DURE_RESULT_MALFORMED);
    subject_rows(run, "party", H + 2);
    run_put(run, "party", H + 2, 8, FAR_EVA, DURE_RESULT_OTHER_CITY);
    run_put(run, "party", H + 2, 8, ANNA, DURE_RESULT_NOTHING_EXPIRED);
    run_put(run, "party", H + 2, 8, SHOP, DURE_RESULT_NOTHING_EXPIRED);
    run_put(run, "party", H + 2, 8, BANK, DURE_RESULT_NOTHING_EXPIRED);
    parties(run, 0, 0, 0, DURE_RESULT_NOTHING_EXPIRED);
    parties(run, 2, ANNA, CARA, DURE_RESULT_NOTHING_EXPIRED);
    parties(run, 2, CARA, CARA, DURE_RESULT_NOTHING_EXPIRED);
    parties(run, 2, CARA, ANNA, DURE_RESULT_NOTHING_EXPIRED);
    parties(run, 16, CARA, NOBODY, DURE_RESULT_SUBJECT_UNKNOWN);
    parties(run, 17, CARA, NOBODY, DURE_RESULT_MALFORMED);
}

static dure_body_t lapse_base(const run_t *run)
{
    (void)run;
    const uint64_t cara = CARA;
    return body_lapse(1, &cara);
}

static void ids(run_t *run, uint16_t count, const dure_tx_id_t *id, uint32_t expected)
{
    uint8_t bytes[2 + 18 * 65];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_write_uint(&out, 2, count);
    for (uint16_t i = 0; i < count; i++) {
        dure_tx_id_encode(&out, id);
    }
    run_splice(run, "ids", H + 1, 2 + 18, bytes, out.size, expected);
}

static void tidy_rows(run_t *run)
{
    const stage_t *stage = run->stage;
    run_put(run, "table", H, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "table", H, 1, 9, DURE_RESULT_MALFORMED);
    run_put(run, "table", H, 1, 10, DURE_RESULT_NOT_OVER);
    run_put(run, "table", H, 1, 11, DURE_RESULT_NOT_OVER);
    run_put(run, "table", H, 1, 13, DURE_RESULT_NOT_OVER);
    run_put(run, "table", H, 1, 14, DURE_RESULT_MALFORMED);
    run_put(run, "table", H, 1, 255, DURE_RESULT_MALFORMED);
    run_put(run, "ids' count", H + 1, 2, 0, DURE_RESULT_MALFORMED);
    run_put(run, "ids' count", H + 1, 2, 2, DURE_RESULT_MALFORMED);
    run_put(run, "ids' count", H + 1, 2, 65, DURE_RESULT_MALFORMED);
    run_put(run, "ids' count", H + 1, 2, UINT16_MAX, DURE_RESULT_MALFORMED);
    run_id_parts(run, H + 3, DURE_RESULT_NOT_OVER);
    run_id_whole(run, "hold", H + 3, stage->hold_shop, DURE_RESULT_NOT_OVER);
    run_id_whole(run, "hold", H + 3, stage->hold_appealed, DURE_RESULT_NOT_OVER);
    run_id_whole(run, "hold", H + 3, stage->hold_far, DURE_RESULT_NOT_OVER);
    run_id_whole(run, "proposal", H + 3, stage->proposal_expired, DURE_RESULT_NOT_OVER);
    ids(run, 0, &stage->hold_over, DURE_RESULT_NOT_OVER);
    ids(run, 2, &stage->hold_over, DURE_RESULT_NOT_OVER);
    ids(run, 64, &stage->hold_over, DURE_RESULT_NOT_OVER);
    ids(run, 65, &stage->hold_over, DURE_RESULT_MALFORMED);
}

static dure_body_t tidy_base(const run_t *run)
{
    return body_tidy(DURE_TABLE_HOLD, 1, &run->stage->hold_over);
}

/* ---- acts */
static void sized(run_t *run, const char *what, size_t at, size_t old_size, dure_bytes_t new,
                  uint32_t expected)
{
    static uint8_t bytes[DURE_TX_SIZE_MAX];
    dure_put_u32(bytes, (uint32_t) new.size);
    memcpy(bytes + 4, new.data, new.size);
    run_splice(run, what, at, 4 + old_size, bytes, 4 + new.size, expected);
}

static void version_rows(run_t *run)
{
    static uint8_t other[40000];
    const dure_day_t earliest = run->stage->today + 30;
    propose_rows(run);
    run_fund_rows(run, A, DURE_RESULT_OTHER_CITY, DURE_RESULT_DONE);
    run_day(run, "from", A + 8, 0, DURE_RESULT_NOTICE_TOO_SHORT);
    run_day(run, "from", A + 8, earliest - 1, DURE_RESULT_NOTICE_TOO_SHORT);
    run_day(run, "from", A + 8, earliest, DURE_RESULT_DONE);
    run_day(run, "from", A + 8, DURE_DAY_MAX, DURE_RESULT_DONE);
    run_day_bounds(run, "from", A + 8);
    run_fill(run, "report", A + 12, 32, 0xff, DURE_RESULT_DONE);
    const dure_bytes_t image = test_image();
    memcpy(other, image.data, image.size);
    const size_t at = A + 44;
    sized(run, "image", at, image.size, dure_bytes(other, 0), DURE_RESULT_PROGRAM_REFUSED);
    sized(run, "image", at, image.size, dure_bytes(other, image.size - 1),
          DURE_RESULT_PROGRAM_REFUSED);
    sized(run, "image", at, image.size, dure_bytes(other, 24576), DURE_RESULT_PROGRAM_REFUSED);
    sized(run, "image", at, image.size, dure_bytes(other, 24577), DURE_RESULT_MALFORMED);
    run_put(run, "image's size", at, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
    run_put(run, "image's size", at, 4, 0, DURE_RESULT_MALFORMED);
    sized(run, "image", at, image.size, stage_image("41570", "41281"), DURE_RESULT_PROGRAM_CITY);
    sized(run, "image", at, image.size, stage_image("issuer.budget", "issuer.nobody"),
          DURE_RESULT_ACCOUNT_UNKNOWN);
    const size_t source = at + 4 + image.size;
    sized(run, "source", source, 3, dure_bytes(other, 0), DURE_RESULT_DONE);
    sized(run, "source", source, 3, dure_bytes(other, 32768), DURE_RESULT_DONE);
    sized(run, "source", source, 3, dure_bytes(other, 32769), DURE_RESULT_MALFORMED);
    run_put(run, "source's size", source, 4, 2, DURE_RESULT_MALFORMED);
    run_put(run, "source's size", source, 4, 4, DURE_RESULT_MALFORMED);
    run_put(run, "source's size", source, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
}

static dure_body_t version_base(const run_t *run)
{
    return body_propose(act_version(FUND, run->stage->today + 40, test_image()), FAR_DAY);
}

static void mode_rows(run_t *run)
{
    propose_rows(run);
    run_fund_rows(run, A, DURE_RESULT_OTHER_CITY, DURE_RESULT_FUND_UNKNOWN); /* its own successor */
    run_put(run, "mode", A + 8, 1, 0, DURE_RESULT_DONE);
    run_put(run, "mode", A + 8, 1, 2, DURE_RESULT_DONE);
    run_put(run, "mode", A + 8, 1, 3, DURE_RESULT_MALFORMED);
    run_put(run, "mode", A + 8, 1, 255, DURE_RESULT_MALFORMED);
    run_put(run, "successor", A + 9, 8, 0, DURE_RESULT_DONE);
    run_put(run, "successor", A + 9, 8, FUND, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "successor", A + 9, 8, FUND_FAR, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "successor", A + 9, 8, FUND_NONE, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "successor", A + 9, 8, UINT64_MAX, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "successor", A + 9, 8, FUND_DAY, DURE_RESULT_DONE);
}

static dure_body_t mode_base(const run_t *run)
{
    (void)run;
    return body_propose(act_mode(FUND, DURE_FUND_MODE_PAUSED, FUND_TWO), FAR_DAY);
}

/*                        ANNA BORA SHOP REGR BANK OFF1 OFF2 CLCK WTCH FAR */
const based_case_t gift_cases[] = {
    {{"gift", DURE_BODY_GIFT, 0, ANNA, gift_rows, {OK, SP, KW, KW, KW, KW, KW, KW, KW, KW}},
     gift_base},
    {{"remainder",
      DURE_BODY_REMAINDER,
      0,
      CARA,
      remainder_rows,
      {LU, LU, KW, KW, KW, KW, KW, KW, KW, KW}},
     remainder_base},
    {{"recirculation",
      DURE_BODY_RECIRCULATION,
      0,
      SHOP,
      recirculation_rows,
      {KW, KW, OK, KW, KW, KW, KW, KW, KW, KW}},
     recirculation_base},
    {{"lapse", DURE_BODY_LAPSE, 0, ANNA, lapse_rows, {OK, OK, OK, OK, OK, OK, OK, OK, OK, OC}},
     lapse_base},
    {{"tidy", DURE_BODY_TIDY, 0, ANNA, tidy_rows, {OK, OK, OK, OK, OK, OK, OK, OK, OK, OK}},
     tidy_base},
    {{"version",
      DURE_BODY_PROPOSE,
      DURE_ACT_VERSION,
      OFFICER_1,
      version_rows,
      {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}},
     version_base},
    {{"mode",
      DURE_BODY_PROPOSE,
      DURE_ACT_MODE,
      OFFICER_1,
      mode_rows,
      {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}},
     mode_base},
};
const size_t gift_cases_count = sizeof gift_cases / sizeof gift_cases[0];

/* The table to test_fields.c: which code each wrong value of each field must give, and who may sign
   what.  For each kind one transaction is made that the stage accepts.  Then its bytes are changed,
   one field at a time, by the values at and beside its bounds, unknown and others' ones; each
   change is sent signed anew by the rightful signer, and with the signature of before.  Then every
   bit is flipped, every cut made.  After each the code must be the one expected, with a sentence in
   three languages, and the state byte for byte what that code promises. */
#include "ledger/test_field_rows.h"

/* ---- who may sign what; a row for each kind, a column for each signer */
static const uint64_t columns[SIGNERS] = {ANNA,      BORA,      SHOP,  REGISTRAR, BANK,
                                          OFFICER_1, OFFICER_2, CLOCK, WATCH,     FAR_ALL};

static void who_rows(run_t *run, const uint16_t expected[SIGNERS])
{
    for (uint32_t i = 0; i < SIGNERS; i++) {
        static uint8_t body[DURE_TX_SIZE_MAX];
        memcpy(body, run->body, run->size);
        dure_put_u64(body + 1, columns[i]);
        run_changed(run, "who signs", body, run->size, columns[i], expected[i]);
    }
}

/* ---- one function of rows for each kind; H is where the struct starts */

static void tick_rows(run_t *run)
{
    const dure_time_t now = run->stage->now;
    run_put(run, "time", H, 8, 0, DURE_RESULT_TIME_GOES_BACK);
    run_put(run, "time", H, 8, now - 1, DURE_RESULT_TIME_GOES_BACK);
    run_put(run, "time", H, 8, now, DURE_RESULT_DONE);
    run_put(run, "time", H, 8, now + 1, DURE_RESULT_DONE);
    run_put(run, "time", H, 8, DURE_TIME_MAX_MS, DURE_RESULT_DONE);
    run_put(run, "time", H, 8, DURE_TIME_MAX_MS + 1, DURE_RESULT_MALFORMED);
    run_put(run, "time", H, 8, UINT64_MAX, DURE_RESULT_MALFORMED);
}

void key_rows(run_t *run, size_t at)
{
    run_put(run, "scheme", at, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "scheme", at, 1, 3, DURE_RESULT_MALFORMED);
    run_put(run, "scheme", at, 1, 255, DURE_RESULT_MALFORMED);
    run_put(run, "scheme", at, 1, 2, DURE_RESULT_KEY_REFUSED);
    run_fill(run, "key", at + 1, 33, 0, DURE_RESULT_KEY_REFUSED);
    run_fill(run, "key", at + 1, 33, 0xff, DURE_RESULT_KEY_REFUSED);
    run_fill(run, "key", at + 1, 32, 0xff, DURE_RESULT_KEY_REFUSED);
    run_put(run, "key's last byte", at + 33, 1, 1, DURE_RESULT_KEY_REFUSED);
    uint8_t identity[32] = {1};
    run_splice(run, "key of order one", at + 1, 32, identity, 32, DURE_RESULT_KEY_REFUSED);
    const dure_public_key_t other = test_key(BANK, 0).key;
    run_splice(run, "another's key", at + 1, 33, other.bytes, 33, DURE_RESULT_DONE);
}

void subject_rows(run_t *run, const char *what, size_t at)
{
    run_put(run, what, at, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, what, at, 8, NOBODY, DURE_RESULT_SUBJECT_UNKNOWN);
    run_put(run, what, at, 8, UINT64_MAX, DURE_RESULT_SUBJECT_UNKNOWN);
}

/* What the first of the two entries of keys holds, and the lists' counts. */
static void registration_head_rows(run_t *run)
{
    run_put(run, "subject", H, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "subject", H, 8, ANNA, DURE_RESULT_PARTY_EXISTS);
    run_put(run, "subject", H, 8, REGISTRAR, DURE_RESULT_PARTY_EXISTS);
    run_put(run, "subject", H, 8, FAR_SHOP, DURE_RESULT_PARTY_EXISTS);
    run_put(run, "subject", H, 8, NOBODY, DURE_RESULT_DONE);
    run_put(run, "subject", H, 8, UINT64_MAX, DURE_RESULT_DONE);
    run_put(run, "kind", H + 8, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "kind", H + 8, 1, 5, DURE_RESULT_MALFORMED);
    run_put(run, "kind", H + 8, 1, 255, DURE_RESULT_MALFORMED);
    run_put(run, "kind", H + 8, 1, DURE_KIND_CITIZEN, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "kind", H + 8, 1, DURE_KIND_SERVICE, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "kind", H + 8, 1, DURE_KIND_BEARER, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_fill(run, "blind", H + 9, 16, 0, DURE_RESULT_DONE);
    run_fill(run, "blind", H + 9, 16, 0xff, DURE_RESULT_DONE);
    const size_t keys = H + 25;
    static const uint8_t none[2] = {0};
    run_splice(run, "no keys", keys, 2 + 2 * DURE_KEY_ENTRY_SIZE, none, 2, DURE_RESULT_KEYS_WRONG);
    run_put(run, "keys' count", keys, 2, 0, DURE_RESULT_MALFORMED);
    run_put(run, "keys' count", keys, 2, 1, DURE_RESULT_MALFORMED);
    run_put(run, "keys' count", keys, 2, 3, DURE_RESULT_MALFORMED);
    run_put(run, "keys' count", keys, 2, 5, DURE_RESULT_MALFORMED);
    run_put(run, "keys' count", keys, 2, UINT16_MAX, DURE_RESULT_MALFORMED);
    run_put(run, "slot", keys + 2, 1, 1, DURE_RESULT_KEYS_WRONG); /* the second's too */
    run_put(run, "slot", keys + 2, 1, 3, DURE_RESULT_KEYS_WRONG);
    run_put(run, "slot", keys + 2, 1, 4, DURE_RESULT_MALFORMED);
    key_rows(run, keys + 3);
    const size_t second = keys + 2 + DURE_KEY_ENTRY_SIZE;
    run_put(run, "second slot", second, 1, 0, DURE_RESULT_KEYS_WRONG);
    run_put(run, "second slot", second, 1, 3, DURE_RESULT_DONE);
    run_put(run, "second slot", second, 1, 255, DURE_RESULT_MALFORMED);
    key_rows(run, second + 1);
}

static void registration_rows(run_t *run)
{
    registration_head_rows(run);
    const size_t list = H + 27 + 2 * DURE_KEY_ENTRY_SIZE;
    static const uint8_t none[2] = {0};
    run_splice(run, "no attributes", list, 2 + 4 * DURE_ATTRIBUTE_ENTRY_SIZE, none, 2,
               DURE_RESULT_DONE);
    run_put(run, "attributes' count", list, 2, 0, DURE_RESULT_MALFORMED);
    run_put(run, "attributes' count", list, 2, 3, DURE_RESULT_MALFORMED);
    run_put(run, "attributes' count", list, 2, 5, DURE_RESULT_MALFORMED);
    run_put(run, "attributes' count", list, 2, 17, DURE_RESULT_MALFORMED);
    run_put(run, "attributes' count", list, 2, UINT16_MAX, DURE_RESULT_MALFORMED);
    const size_t region = list + 2;
    const size_t category = region + DURE_ATTRIBUTE_ENTRY_SIZE;
    const size_t sales = category + DURE_ATTRIBUTE_ENTRY_SIZE;
    const size_t member = sales + DURE_ATTRIBUTE_ENTRY_SIZE;
    run_put(run, "what", region, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "what", region, 8, 15, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", region, 8, 17, DURE_RESULT_ATTRIBUTE_VALUE);  /* no such kind of shop */
    run_put(run, "what", region, 8, 18, DURE_RESULT_ATTRIBUTES_WRONG); /* not ascending */
    run_put(run, "what", region, 8, DURE_ATTRIBUTE_RESIDENCE, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", category, 8, 16, DURE_RESULT_ATTRIBUTES_WRONG); /* twice */
    run_put(run, "what", sales, 8, DURE_ATTRIBUTE_RISK, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "what", member, 8, DURE_ATTRIBUTE_RISK, DURE_RESULT_NOT_PERMITTED);
    run_put(run, "what", member, 8, 64, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", member, 8, UINT64_MAX, DURE_RESULT_DONE); /* a member of another list */
    run_put(run, "value", region + 8, 8, 0, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", region + 8, 8, UINT32_MAX, DURE_RESULT_DONE);
    run_put(run, "value", region + 8, 8, UINT64_C(1) << 32, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", category + 8, 8, 0, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", category + 8, 8, 47, DURE_RESULT_DONE);
    run_put(run, "value", category + 8, 8, 48, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", category + 8, 8, 65536 + 3, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", sales + 8, 8, 0, DURE_RESULT_DONE);
    run_put(run, "value", sales + 8, 8, WON_MAX, DURE_RESULT_DONE);
    run_put(run, "value", sales + 8, 8, WON_MAX + 1, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", member + 8, 8, 0, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", member + 8, 8, 2, DURE_RESULT_ATTRIBUTE_VALUE);
    for (size_t at = region; at <= member; at += DURE_ATTRIBUTE_ENTRY_SIZE) {
        run_day(run, "from", at + 16, FAR_DAY, DURE_RESULT_DONE);
        run_day(run, "from", at + 16, FAR_DAY + 1, DURE_RESULT_DATES_WRONG);
        run_day(run, "from", at + 16, DURE_DAY_MAX, DURE_RESULT_DATES_WRONG);
        run_day_bounds(run, "from", at + 16);
        run_day(run, "until", at + 20, 0, DURE_RESULT_DATES_WRONG);
        run_day(run, "until", at + 20, run->stage->today - 1, DURE_RESULT_DATES_WRONG);
        run_day(run, "until", at + 20, run->stage->today, DURE_RESULT_DONE);
        run_day(run, "until", at + 20, DURE_DAY_MAX, DURE_RESULT_DONE);
        run_day_bounds(run, "until", at + 20);
    }
}

static void attest_rows(run_t *run)
{
    subject_rows(run, "subject", H);
    run_put(run, "subject", H, 8, FAR_SHOP, DURE_RESULT_OTHER_CITY);
    run_put(run, "subject", H, 8, ANNA, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "subject", H, 8, BANK, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "subject", H, 8, SHOP_TWO, DURE_RESULT_DONE);
    run_put(run, "what", H + 8, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "what", H + 8, 8, 15, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", H + 8, 8, 21, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", H + 8, 8, 63, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", H + 8, 8, 64, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", H + 8, 8, DURE_ATTRIBUTE_RESIDENCE, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", H + 8, 8, DURE_ATTRIBUTE_RISK, DURE_RESULT_NOT_PERMITTED);
    run_put(run, "what", H + 8, 8, DURE_ATTRIBUTE_REGION, DURE_RESULT_DONE);
    run_put(run, "what", H + 8, 8, DURE_ATTRIBUTE_CATEGORY, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "what", H + 8, 8, DURE_ATTRIBUTE_OWNER, DURE_RESULT_DONE);
    run_put(run, "what", H + 8, 8, INT64_MAX, DURE_RESULT_ATTRIBUTE_UNKNOWN);
    run_put(run, "what", H + 8, 8, UINT64_C(1) << 63, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "what", H + 8, 8, UINT64_MAX, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", H + 16, 8, 0, DURE_RESULT_DONE);
    run_put(run, "value", H + 16, 8, WON_MAX, DURE_RESULT_DONE);
    run_put(run, "value", H + 16, 8, WON_MAX + 1, DURE_RESULT_ATTRIBUTE_VALUE);
    run_put(run, "value", H + 16, 8, UINT64_MAX, DURE_RESULT_ATTRIBUTE_VALUE);
    run_day(run, "from", H + 24, FAR_DAY, DURE_RESULT_DONE);
    run_day(run, "from", H + 24, FAR_DAY + 1, DURE_RESULT_DONE); /* a removal */
    run_day(run, "from", H + 24, DURE_DAY_MAX, DURE_RESULT_DONE);
    run_day_bounds(run, "from", H + 24);
    run_day(run, "until", H + 28, 0, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H + 28, run->stage->today - 1, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H + 28, run->stage->today, DURE_RESULT_DONE);
    run_day(run, "until", H + 28, DURE_DAY_MAX, DURE_RESULT_DONE);
    run_day_bounds(run, "until", H + 28);
}

static void rotate_rows(run_t *run)
{
    run_put(run, "slot", H, 1, 0, DURE_RESULT_DONE);
    run_put(run, "slot", H, 1, 2, DURE_RESULT_DONE);
    run_put(run, "slot", H, 1, 3, DURE_RESULT_DONE);
    run_put(run, "slot", H, 1, 4, DURE_RESULT_MALFORMED);
    run_put(run, "slot", H, 1, 255, DURE_RESULT_MALFORMED);
    key_rows(run, H + 1);
}

/* ---- acts; A is where the act's struct starts */

void propose_rows(run_t *run)
{
    run_day(run, "until", H, 0, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H, run->stage->today - 1, DURE_RESULT_DATES_WRONG);
    run_day(run, "until", H, run->stage->today, DURE_RESULT_DONE);
    run_day(run, "until", H, DURE_DAY_MAX, DURE_RESULT_DONE);
    run_day_bounds(run, "until", H);
    for (uint32_t kind = 0; kind < 256; kind++) {
        const bool known = dure_act_kind_name((uint8_t)kind) != NULL;
        run_put(run, "act", H + 4, 1, kind, known ? ANY : DURE_RESULT_MALFORMED);
    }
}

static void account_rows(run_t *run)
{
    propose_rows(run);
    run_names_wrong(run, A, 7);
    run_name(run, A, 7, "b", DURE_RESULT_DONE);
    run_name(run, A, 7, "b234567890123456789012345678901", DURE_RESULT_DONE);
    run_name(run, A, 7, "budget", DURE_RESULT_ACCOUNT_EXISTS);
    run_name(run, A, 7, "other", DURE_RESULT_ACCOUNT_EXISTS);
    run_name(run, A, 7, "far_only", DURE_RESULT_DONE);
}

static void bytes_rows(run_t *run, const char *what, size_t at, size_t old_size, const void *new,
                       size_t new_size, uint32_t expected)
{
    static uint8_t bytes[DURE_TX_SIZE_MAX];
    dure_put_u32(bytes, (uint32_t)new_size);
    memcpy(bytes + 4, new, new_size);
    run_splice(run, what, at, 4 + old_size, bytes, 4 + new_size, expected);
}

static void fund_act_rows(run_t *run)
{
    static uint8_t other[40000];
    propose_rows(run);
    run_put(run, "fund", A, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "fund", A, 8, FUND, DURE_RESULT_FUND_EXISTS);
    run_put(run, "fund", A, 8, FUND_FAR, DURE_RESULT_FUND_EXISTS);
    run_put(run, "fund", A, 8, FUND_NONE + 1, DURE_RESULT_DONE);
    run_put(run, "fund", A, 8, UINT64_MAX, DURE_RESULT_DONE);
    run_amount_bounds(run, "ceiling", A + 8, true);
    run_put(run, "ceiling", A + 8, 8, 0, DURE_RESULT_DONE);
    run_put(run, "ceiling", A + 8, 8, WON_MAX, DURE_RESULT_DONE);
    run_fill(run, "report", A + 16, 32, 0xff, DURE_RESULT_DONE);
    const dure_bytes_t image = test_image();
    memcpy(other, image.data, image.size);
    bytes_rows(run, "image", A + 48, image.size, other, 0, DURE_RESULT_PROGRAM_REFUSED);
    bytes_rows(run, "image", A + 48, image.size, other, 1, DURE_RESULT_PROGRAM_REFUSED);
    bytes_rows(run, "image", A + 48, image.size, other, image.size - 1,
               DURE_RESULT_PROGRAM_REFUSED);
    bytes_rows(run, "image", A + 48, image.size, other, image.size + 1,
               DURE_RESULT_PROGRAM_REFUSED);
    bytes_rows(run, "image", A + 48, image.size, other, 24576, DURE_RESULT_PROGRAM_REFUSED);
    bytes_rows(run, "image", A + 48, image.size, other, 24577, DURE_RESULT_MALFORMED);
    run_put(run, "image's size", A + 48, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
    run_put(run, "image's size", A + 48, 4, 0, DURE_RESULT_MALFORMED);
    run_put(run, "image's size", A + 48, 4, image.size + 1, ANY);
    const dure_bytes_t far = stage_image("41570", "41281");
    bytes_rows(run, "image", A + 48, image.size, far.data, far.size, DURE_RESULT_PROGRAM_CITY);
    const dure_bytes_t poor = stage_image("issuer.budget", "issuer.nobody");
    bytes_rows(run, "image", A + 48, image.size, poor.data, poor.size, DURE_RESULT_ACCOUNT_UNKNOWN);
    const size_t source = A + 52 + image.size;
    const size_t size = test_source().size;
    memset(other, 'x', sizeof other);
    bytes_rows(run, "source", source, size, other, 0, DURE_RESULT_DONE);
    bytes_rows(run, "source", source, size, other, 32768, DURE_RESULT_DONE);
    bytes_rows(run, "source", source, size, other, 32769, DURE_RESULT_MALFORMED);
    run_put(run, "source's size", source, 4, 0, DURE_RESULT_MALFORMED);
    run_put(run, "source's size", source, 4, size - 1, DURE_RESULT_MALFORMED);
    run_put(run, "source's size", source, 4, size + 1, DURE_RESULT_MALFORMED);
    run_put(run, "source's size", source, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
}

static void parameter_rows(run_t *run)
{
    propose_rows(run);
    run_fund_rows(run, A, DURE_RESULT_OTHER_CITY, DURE_RESULT_DONE);
    run_names_wrong(run, A + 8, 8);
    run_name(run, A + 8, 8, "discoun", DURE_RESULT_PARAMETER_UNKNOWN);
    run_name(run, A + 8, 8, "discounts", DURE_RESULT_PARAMETER_UNKNOWN);
    run_name(run, A + 8, 8, "cash_from", DURE_RESULT_NOTICE_TOO_SHORT);
    run_name(run, A + 8, 8, "monthly_limit", DURE_RESULT_DONE);
    run_name(run, A + 8, 8, "sales_cap", DURE_RESULT_PARAMETER_RANGE);
    const size_t value = A + 17;
    run_put(run, "value", value, 8, 0, DURE_RESULT_DONE);
    run_put(run, "value", value, 8, 2000, DURE_RESULT_DONE);
    run_put(run, "value", value, 8, 2001, DURE_RESULT_PARAMETER_RANGE);
    run_put(run, "value", value, 8, UINT64_MAX, DURE_RESULT_PARAMETER_RANGE); /* -1 */
    run_put(run, "value", value, 8, INT64_MAX, DURE_RESULT_PARAMETER_RANGE);
    run_put(run, "value", value, 8, UINT64_C(1) << 63, DURE_RESULT_PARAMETER_RANGE);
    const dure_day_t today = run->stage->today;
    run_day(run, "from", value + 8, 0, DURE_RESULT_NOTICE_TOO_SHORT);
    run_day(run, "from", value + 8, today + 6, DURE_RESULT_NOTICE_TOO_SHORT);
    run_day(run, "from", value + 8, today + 7, DURE_RESULT_DONE);
    run_day(run, "from", value + 8, DURE_DAY_MAX, DURE_RESULT_DONE);
    run_day_bounds(run, "from", value + 8);
}

static void ceiling_rows(run_t *run)
{
    const stage_t *stage = run->stage;
    const fund_t *fund =
        fund_at(stage->world->ledger, ledger_fund_find(stage->world->ledger, FUND));
    const uint64_t least = fund->issued.won - fund->refunded.won + fund->ordered.won;
    propose_rows(run);
    run_fund_rows(run, A, DURE_RESULT_OTHER_CITY, DURE_RESULT_DONE);
    run_amount_bounds(run, "ceiling", A + 8, true);
    run_put(run, "ceiling", A + 8, 8, 0, DURE_RESULT_CEILING_TOO_LOW);
    run_put(run, "ceiling", A + 8, 8, least - 1, DURE_RESULT_CEILING_TOO_LOW);
    run_put(run, "ceiling", A + 8, 8, least, DURE_RESULT_DONE);
    run_put(run, "ceiling", A + 8, 8, WON_MAX, DURE_RESULT_DONE);
}

static void roles_rows(run_t *run)
{
    propose_rows(run);
    subject_rows(run, "subject", A);
    run_put(run, "subject", A, 8, ANNA, DURE_RESULT_ROLES_WRONG);
    run_put(run, "subject", A, 8, SHOP, DURE_RESULT_ROLES_WRONG);
    run_put(run, "subject", A, 8, FAR_ALL, DURE_RESULT_OTHER_CITY);
    run_put(run, "subject", A, 8, FAR_EVA, DURE_RESULT_OTHER_CITY);
    run_put(run, "subject", A, 8, BANK, DURE_RESULT_DONE);
    run_put(run, "subject", A, 8, OFFICER_1, DURE_RESULT_DONE);
    run_put(run, "roles", A + 8, 4, 0, DURE_RESULT_DONE);
    run_put(run, "roles", A + 8, 4, 255, DURE_RESULT_DONE);
    run_put(run, "roles", A + 8, 4, 256, DURE_RESULT_MALFORMED);
    run_put(run, "roles", A + 8, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
}

static void threshold_rows(run_t *run)
{
    propose_rows(run);
    run_put(run, "threshold", A, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "threshold", A, 1, 1, DURE_RESULT_DONE);
    run_put(run, "threshold", A, 1, 2, DURE_RESULT_DONE);
    run_put(run, "threshold", A, 1, 3, DURE_RESULT_THRESHOLD_WRONG);
    run_put(run, "threshold", A, 1, 16, DURE_RESULT_THRESHOLD_WRONG);
    run_put(run, "threshold", A, 1, 17, DURE_RESULT_MALFORMED);
    run_put(run, "threshold", A, 1, 255, DURE_RESULT_MALFORMED);
}

static void limit_rows(run_t *run)
{
    propose_rows(run);
    run_put(run, "parties_max", A, 4, 0, DURE_RESULT_MALFORMED);
    run_put(run, "parties_max", A, 4, 15, DURE_RESULT_MALFORMED);
    run_put(run, "parties_max", A, 4, 16, DURE_RESULT_LIMIT_TOO_LOW);
    run_put(run, "parties_max", A, 4, 256, DURE_RESULT_LIMIT_TOO_LOW);
    run_put(run, "parties_max", A, 4, 257, DURE_RESULT_DONE);
    run_put(run, "parties_max", A, 4, 20000000, DURE_RESULT_DONE);
    run_put(run, "parties_max", A, 4, 20000001, DURE_RESULT_MALFORMED);
    run_put(run, "parties_max", A, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
}

static void approve_rows(run_t *run)
{
    const stage_t *stage = run->stage;
    run_id_parts(run, H, DURE_RESULT_PROPOSAL_UNKNOWN);
    run_id_whole(run, "proposal", H, stage->proposal_other, DURE_RESULT_DONE);
    run_id_whole(run, "proposal", H, stage->proposal_far, DURE_RESULT_OTHER_CITY);
    run_id_whole(run, "proposal", H, stage->proposal_own, DURE_RESULT_APPROVED_BEFORE);
    run_id_whole(run, "proposal", H, stage->proposal_expired, DURE_RESULT_PROPOSAL_EXPIRED);
    run_id_whole(run, "order", H, stage->order_anna, DURE_RESULT_PROPOSAL_UNKNOWN);
    run_id_whole(run, "payout", H, stage->payout_shop, DURE_RESULT_PROPOSAL_UNKNOWN);
}

/* ---- money */

/* What the city's accounts ever took in, and its funds ever issued and ordered. */
static uint64_t ever_of(const dure_ledger_t *ledger)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    static dure_record_fund_t fund;
    dure_record_account_t account;
    dure_blind_t blind;
    uint64_t ever = 0;
    uint64_t cursor = 0;
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    while (dure_ledger_scan(ledger, DURE_TABLE_ACCOUNT, &cursor, &blind, &out)) {
        dure_reader_t reader = dure_reader(dure_writer_bytes(&out));
        dure_record_account_decode(&reader, &account);
        ever += account.city == GIMPO ? account.deposited.won : 0;
        out = dure_writer(bytes, sizeof bytes);
    }
    cursor = 0;
    while (dure_ledger_scan(ledger, DURE_TABLE_FUND, &cursor, &blind, &out)) {
        dure_reader_t reader = dure_reader(dure_writer_bytes(&out));
        dure_record_fund_decode(&reader, &fund);
        ever += fund.city == GIMPO ? fund.issued.won + fund.ordered.won : 0;
        out = dure_writer(bytes, sizeof bytes);
    }
    return ever;
}

static void deposit_rows(run_t *run)
{
    const uint64_t room = WON_MAX - ever_of(run->stage->world->ledger);
    run_names_wrong(run, H, 6);
    run_name(run, H, 6, "nobody", DURE_RESULT_ACCOUNT_UNKNOWN);
    run_name(run, H, 6, "far_only", DURE_RESULT_ACCOUNT_UNKNOWN);
    run_name(run, H, 6, "budge", DURE_RESULT_ACCOUNT_UNKNOWN);
    run_name(run, H, 6, "other", DURE_RESULT_DONE);
    run_amount_bounds(run, "amount", H + 7, false);
    run_put(run, "amount", H + 7, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 7, 8, room, DURE_RESULT_DONE);
    run_put(run, "amount", H + 7, 8, room + 1, DURE_RESULT_AMOUNT_TOO_LARGE);
    run_put(run, "amount", H + 7, 8, WON_MAX, DURE_RESULT_AMOUNT_TOO_LARGE);
}

static void order_rows(run_t *run)
{
    const uint64_t room = run->stage->anna_room;
    run_fund_rows(run, H, DURE_RESULT_OTHER_CITY, DURE_RESULT_DONE);
    run_amount_bounds(run, "face", H + 8, false);
    run_put(run, "face", H + 8, 8, 1, DURE_RESULT_DONE);
    run_put(run, "face", H + 8, 8, room, DURE_RESULT_DONE);
    run_put(run, "face", H + 8, 8, room + 1, DURE_RESULT_RULE_DENIED);
    run_put(run, "face", H + 8, 8, WON_MAX, DURE_RESULT_RULE_DENIED);
    run_amount_bounds(run, "price_max", H + 16, true);
    run_put(run, "price_max", H + 16, 8, 0, DURE_RESULT_DONE);
    run_put(run, "price_max", H + 16, 8, 1, DURE_RESULT_PRICE_ABOVE_BOUND);
    run_put(run, "price_max", H + 16, 8, 93999, DURE_RESULT_PRICE_ABOVE_BOUND);
    run_put(run, "price_max", H + 16, 8, 94000, DURE_RESULT_DONE);
    run_put(run, "price_max", H + 16, 8, WON_MAX, DURE_RESULT_DONE);
}

static void order_ids(run_t *run, uint32_t other)
{
    const stage_t *stage = run->stage;
    run_id_parts(run, H, DURE_RESULT_ORDER_UNKNOWN);
    run_id_whole(run, "order", H, stage->order_bora, other);
    run_id_whole(run, "order", H, stage->order_far, DURE_RESULT_OTHER_CITY);
    run_id_whole(run, "order", H, stage->order_closed, DURE_RESULT_ORDER_UNKNOWN);
    run_id_whole(run, "payout", H, stage->payout_shop, DURE_RESULT_ORDER_UNKNOWN);
    run_id_whole(run, "proposal", H, stage->proposal_open, DURE_RESULT_ORDER_UNKNOWN);
}

static void credit_rows(run_t *run)
{
    const uint64_t price = run->tx.body.purchase_credit.price.won;
    order_ids(run, DURE_RESULT_PRICE_DIFFERS);
    run_amount_bounds(run, "price", H + 18, true);
    run_put(run, "price", H + 18, 8, 0, DURE_RESULT_PRICE_DIFFERS);
    run_put(run, "price", H + 18, 8, price - 1, DURE_RESULT_PRICE_DIFFERS);
    run_put(run, "price", H + 18, 8, price + 1, DURE_RESULT_PRICE_DIFFERS);
    run_put(run, "price", H + 18, 8, ANNA_FACE, DURE_RESULT_PRICE_DIFFERS);
    run_put(run, "price", H + 18, 8, WON_MAX, DURE_RESULT_PRICE_DIFFERS);
}

static void void_rows(run_t *run)
{
    order_ids(run, DURE_RESULT_NOT_PERMITTED);
}

static void cancel_rows(run_t *run)
{
    run_fund_rows(run, H, DURE_RESULT_LOT_UNKNOWN, DURE_RESULT_LOT_UNKNOWN);
    run_put(run, "lot", H + 8, 4, 0, DURE_RESULT_MALFORMED);
    run_put(run, "lot", H + 8, 4, 1, DURE_RESULT_LOT_TOUCHED);
    run_put(run, "lot", H + 8, 4, 3, DURE_RESULT_LOT_UNKNOWN);
    run_put(run, "lot", H + 8, 4, UINT32_MAX, DURE_RESULT_LOT_UNKNOWN);
}

static void choice(run_t *run, size_t at, uint16_t count, uint64_t first, uint64_t second,
                   uint32_t expected)
{
    uint8_t bytes[2 + 8 * 9];
    bytes[0] = (uint8_t)count;
    bytes[1] = 0;
    for (uint16_t i = 0; i < count; i++) {
        dure_put_u64(bytes + 2 + 8 * i, i == 0 ? first : second);
    }
    run_splice(run, "funds", at, 10, bytes, 2 + 8 * (size_t)count, expected);
}

void choice_rows(run_t *run, size_t at)
{
    run_fund_rows(run, at + 2, DURE_RESULT_OTHER_CITY, DURE_RESULT_NOT_ENOUGH_MONEY);
    choice(run, at, 0, 0, 0, DURE_RESULT_DONE);
    choice(run, at, 2, FUND_TWO, FUND, DURE_RESULT_DONE);
    choice(run, at, 2, FUND, FUND_FAR, DURE_RESULT_OTHER_CITY);
    choice(run, at, 2, FUND, FUND, DURE_RESULT_FUND_TWICE);
    choice(run, at, 8, FUND, FUND_TWO, DURE_RESULT_FUND_TWICE);
    choice(run, at, 9, FUND, FUND_TWO, DURE_RESULT_MALFORMED);
    run_put(run, "funds' count", at, 2, 0, DURE_RESULT_MALFORMED);
    run_put(run, "funds' count", at, 2, 2, DURE_RESULT_MALFORMED);
    run_put(run, "funds' count", at, 2, 9, DURE_RESULT_MALFORMED);
    run_put(run, "funds' count", at, 2, UINT16_MAX, DURE_RESULT_MALFORMED);
}

static void payment_rows(run_t *run)
{
    const uint64_t has = run->stage->anna_has;
    run_put(run, "payee", H, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "payee", H, 8, NOBODY, DURE_RESULT_PAYEE_UNKNOWN);
    run_put(run, "payee", H, 8, UINT64_MAX, DURE_RESULT_PAYEE_UNKNOWN);
    run_put(run, "payee", H, 8, ANNA, DURE_RESULT_SELF_PAYMENT);
    run_put(run, "payee", H, 8, BORA, DURE_RESULT_KIND_WRONG);
    run_put(run, "payee", H, 8, BANK, DURE_RESULT_KIND_WRONG);
    run_put(run, "payee", H, 8, SHOP_TWO, DURE_RESULT_DONE);
    run_put(run, "payee", H, 8, SHOP_BARE, DURE_RESULT_RULE_MISSING_FACT);
    run_put(run, "payee", H, 8, FAR_SHOP, DURE_RESULT_RULE_NO_ALLOW);
    run_amount_bounds(run, "amount", H + 8, false);
    run_put(run, "amount", H + 8, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 8, 8, has, DURE_RESULT_DONE);
    run_put(run, "amount", H + 8, 8, has + 1, DURE_RESULT_NOT_ENOUGH_MONEY);
    run_put(run, "amount", H + 8, 8, WON_MAX, DURE_RESULT_NOT_ENOUGH_MONEY);
    run_put(run, "channel", H + 16, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "channel", H + 16, 1, 2, DURE_RESULT_DONE);
    run_put(run, "channel", H + 16, 1, 4, DURE_RESULT_DONE);
    run_put(run, "channel", H + 16, 1, 5, DURE_RESULT_MALFORMED);
    run_put(run, "channel", H + 16, 1, 255, DURE_RESULT_MALFORMED);
    choice_rows(run, H + 17);
}

/* There is no account that would advance what the shop has not. */
static void refund_rows(run_t *run)
{
    const uint64_t has = run->stage->shop_has;
    run_id_parts(run, H, DURE_RESULT_WITNESS_WRONG);
    run_id_whole(run, "another's payment", H, run->stage->paid_far.id, DURE_RESULT_NOT_PERMITTED);
    run_id_whole(run, "an order", H, run->stage->ordered.id, DURE_RESULT_NOT_A_PAYMENT);
    run_id_whole(run, "a redemption", H, run->stage->payout_shop, DURE_RESULT_WITNESS_WRONG);
    run_amount_bounds(run, "amount", H + 18, false);
    run_put(run, "amount", H + 18, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 18, 8, has, DURE_RESULT_DONE);
    run_put(run, "amount", H + 18, 8, has + 1, DURE_RESULT_ACCOUNT_UNKNOWN);
    run_put(run, "amount", H + 18, 8, 25000, DURE_RESULT_ACCOUNT_UNKNOWN);
    run_put(run, "amount", H + 18, 8, 25001, DURE_RESULT_REFUND_TOO_MUCH);
    run_put(run, "amount", H + 18, 8, WON_MAX, DURE_RESULT_REFUND_TOO_MUCH);
}

static void redemption_rows(run_t *run)
{
    const uint64_t has = run->stage->shop_has;
    run_fund_rows(run, H, DURE_RESULT_NOT_ENOUGH_MONEY, DURE_RESULT_NOT_ENOUGH_MONEY);
    run_amount_bounds(run, "amount", H + 8, false);
    run_put(run, "amount", H + 8, 8, 1, DURE_RESULT_DONE);
    run_put(run, "amount", H + 8, 8, has, DURE_RESULT_DONE);
    run_put(run, "amount", H + 8, 8, has + 1, DURE_RESULT_NOT_ENOUGH_MONEY);
    run_put(run, "amount", H + 8, 8, WON_MAX, DURE_RESULT_NOT_ENOUGH_MONEY);
}

static void result_rows(run_t *run)
{
    const stage_t *stage = run->stage;
    run_id_parts(run, H, DURE_RESULT_PAYOUT_UNKNOWN);
    run_id_whole(run, "payout", H, stage->payout_cancel, DURE_RESULT_DONE);
    run_id_whole(run, "payout", H, stage->payout_held, DURE_RESULT_PAYOUT_HELD);
    run_id_whole(run, "payout", H, stage->payout_far, DURE_RESULT_OTHER_CITY);
    run_id_whole(run, "order", H, stage->order_anna, DURE_RESULT_PAYOUT_UNKNOWN);
    run_put(run, "outcome", H + 18, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "outcome", H + 18, 1, 2, DURE_RESULT_DONE);
    run_put(run, "outcome", H + 18, 1, 3, DURE_RESULT_MALFORMED);
    run_put(run, "outcome", H + 18, 1, 255, DURE_RESULT_MALFORMED);
}

/* ---- the kinds */
/*                        ANNA BORA SHOP REGR BANK OFF1 OFF2 CLCK WTCH FAR */
static const kind_case_t cases[] = {
    {"tick", DURE_BODY_TICK, 0, CLOCK, tick_rows, {NP, NP, NP, NP, NP, NP, NP, OK, NP, OK}},
    {"registration",
     DURE_BODY_REGISTRATION,
     0,
     REGISTRAR,
     registration_rows,
     {NP, NP, NP, OK, NP, NP, NP, NP, NP, OK}},
    {"attest",
     DURE_BODY_ATTEST,
     0,
     REGISTRAR,
     attest_rows,
     {NP, NP, NP, OK, NP, NP, NP, NP, NP, OC}},
    {"rotate", DURE_BODY_ROTATE, 0, ANNA, rotate_rows, {OK, OK, OK, OK, OK, OK, OK, OK, OK, OK}},
    {"account",
     DURE_BODY_PROPOSE,
     DURE_ACT_ACCOUNT,
     OFFICER_1,
     account_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OK}},
    {"fund",
     DURE_BODY_PROPOSE,
     DURE_ACT_FUND,
     OFFICER_1,
     fund_act_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, PC}},
    {"parameter",
     DURE_BODY_PROPOSE,
     DURE_ACT_PARAMETER,
     OFFICER_1,
     parameter_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}},
    {"ceiling",
     DURE_BODY_PROPOSE,
     DURE_ACT_CEILING,
     OFFICER_1,
     ceiling_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}},
    {"roles",
     DURE_BODY_PROPOSE,
     DURE_ACT_ROLES,
     OFFICER_1,
     roles_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OC}},
    {"threshold",
     DURE_BODY_PROPOSE,
     DURE_ACT_THRESHOLD,
     OFFICER_1,
     threshold_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OK}},
    {"limit",
     DURE_BODY_PROPOSE,
     DURE_ACT_LIMIT,
     OFFICER_1,
     limit_rows,
     {NP, NP, NP, NP, NP, OK, OK, NP, NP, OK}},
    {"approve",
     DURE_BODY_APPROVE,
     0,
     OFFICER_2,
     approve_rows,
     {NP, NP, NP, NP, NP, AB, OK, NP, NP, OC}},
    {"deposit", DURE_BODY_DEPOSIT, 0, BANK, deposit_rows, {NP, NP, NP, NP, OK, NP, NP, NP, NP, OK}},
    {"purchase_order",
     DURE_BODY_PURCHASE_ORDER,
     0,
     ANNA,
     order_rows,
     {OK, OK, KW, KW, KW, KW, KW, KW, KW, KW}},
    {"purchase_credit",
     DURE_BODY_PURCHASE_CREDIT,
     0,
     BANK,
     credit_rows,
     {NP, NP, NP, NP, OK, NP, NP, NP, NP, OC}},
    {"purchase_void",
     DURE_BODY_PURCHASE_VOID,
     0,
     ANNA,
     void_rows,
     {OK, NP, NP, NP, OK, NP, NP, NP, NP, OC}},
    {"purchase_cancel",
     DURE_BODY_PURCHASE_CANCEL,
     0,
     ANNA,
     cancel_rows,
     {OK, LU, KW, KW, KW, KW, KW, KW, KW, KW}},
    {"payment", DURE_BODY_PAYMENT, 0, ANNA, payment_rows, {OK, OK, KW, KW, KW, KW, KW, KW, KW, KW}},
    {"refund", DURE_BODY_REFUND, 0, SHOP, refund_rows, {NP, NP, OK, NP, NP, NP, NP, NP, NP, NP}},
    {"redemption",
     DURE_BODY_REDEMPTION,
     0,
     SHOP,
     redemption_rows,
     {KW, KW, OK, KW, KW, KW, KW, KW, KW, KW}},
    {"payout_result",
     DURE_BODY_PAYOUT_RESULT,
     0,
     BANK,
     result_rows,
     {NP, NP, NP, NP, OK, NP, NP, NP, NP, OC}},
};

static dure_body_t registration_base(void)
{
    dure_body_t body = body_registration(501, DURE_KIND_MERCHANT);
    dure_registration_t *made = &body.registration;
    made->keys_count = 2;
    made->keys[1] = test_key(501, 1);
    made->attributes_count = 4;
    const dure_name_t list = test_name("rural_marts");
    made->attributes[0] = (dure_attribute_entry_t){DURE_ATTRIBUTE_REGION, GIMPO, 0, FAR_DAY};
    made->attributes[1] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_CATEGORY, DURE_CATEGORY_BAKERY, 0, FAR_DAY};
    made->attributes[2] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_ANNUAL_SALES, 50000000, 0, FAR_DAY};
    made->attributes[3] = (dure_attribute_entry_t){dure_list_attribute(&list), 1, 0, FAR_DAY};
    return body;
}

static dure_act_t act_base(const stage_t *stage, uint8_t act)
{
    switch ((dure_act_kind_t)act) {
    case DURE_ACT_ACCOUNT:
        return act_account("welfare");
    case DURE_ACT_FUND:
        return act_fund(FUND_NONE, 1000000000);
    case DURE_ACT_PARAMETER:
        return act_parameter(FUND, "discount", 500, stage->today + 10);
    case DURE_ACT_CEILING:
        return act_ceiling(FUND, 20000000000);
    case DURE_ACT_ROLES:
        return act_roles(WATCH, DURE_SERVICE_WATCH | DURE_SERVICE_AUDITOR);
    case DURE_ACT_THRESHOLD:
        return act_threshold(2);
    case DURE_ACT_LIMIT:
        return (dure_act_t){.kind = DURE_ACT_LIMIT, .limit = {.parties_max = 300}};
    case DURE_ACT_VERSION:
    case DURE_ACT_BATCH:
    case DURE_ACT_MODE:
    case DURE_ACT_RECOVER:
    case DURE_ACT_ESTATE:
        break;
    }
    fail_msg("an act without a transaction to start from");
    return (dure_act_t){0};
}

static dure_body_t body_base(const stage_t *stage, uint8_t kind, uint8_t act)
{
    dure_body_t body;
    switch ((dure_body_kind_t)kind) {
    case DURE_BODY_TICK:
        return body_tick(stage->now + 1000);
    case DURE_BODY_REGISTRATION:
        return registration_base();
    case DURE_BODY_ATTEST:
        return body_attest(SHOP, DURE_ATTRIBUTE_ANNUAL_SALES, 50000000, 0, FAR_DAY);
    case DURE_BODY_ROTATE:
        return body_rotate(ANNA, 1);
    case DURE_BODY_PROPOSE:
        return body_propose(act_base(stage, act), FAR_DAY);
    case DURE_BODY_APPROVE:
        return body_approve(stage->proposal_open);
    case DURE_BODY_DEPOSIT:
        return body_deposit("budget", 5000);
    case DURE_BODY_PURCHASE_ORDER:
        return body_order(FUND, 100000, 500000);
    case DURE_BODY_PURCHASE_CREDIT:
        return body_credit(stage->order_anna, 94000);
    case DURE_BODY_PURCHASE_VOID:
        return body_void(stage->order_anna);
    case DURE_BODY_PURCHASE_CANCEL:
        return body_cancel(FUND, 2);
    case DURE_BODY_PAYMENT:
        body = body_payment(SHOP, 5000);
        body.payment.funds_count = 1;
        body.payment.funds[0].fund = FUND;
        return body;
    case DURE_BODY_REFUND:
        return body_refund(stage->paid.id, 5000);
    case DURE_BODY_REDEMPTION:
        return body_redemption(FUND, 3000);
    case DURE_BODY_PAYOUT_RESULT:
        return body_result(stage->payout_shop, 1);
    case DURE_BODY_BATCH_ROWS:
    case DURE_BODY_REMAINDER:
    case DURE_BODY_COLLECTION:
    case DURE_BODY_GIFT:
    case DURE_BODY_RECIRCULATION:
    case DURE_BODY_LAPSE:
    case DURE_BODY_TIDY:
    case DURE_BODY_HOLD:
    case DURE_BODY_RELEASE:
    case DURE_BODY_APPEAL:
    case DURE_BODY_UPHOLD:
        break;
    }
    fail_msg("a kind without a transaction to start from");
    return (dure_body_t){0};
}

/* ---- running */
static void summary(const run_t *run)
{
    char line[512];
    int used = snprintf(line, sizeof line, "# %-16s %6u changes:", run->name, run->sent);
    for (uint32_t code = 0; code < CODES_MAX; code++) {
        if (run->codes[code] > 0 && used < (int)sizeof line - 32) {
            used +=
                snprintf(line + used, sizeof line - (size_t)used, " %u:%u", code, run->codes[code]);
        }
    }
    puts(line);
}

static void run_case(run_t *run, const kind_case_t *of, dure_body_t body)
{
    run->name = of->name;
    run->signer = of->signer;
    run->sent = 0;
    memset(run->codes, 0, sizeof run->codes);
    memset(run->covered, 0, sizeof run->covered);
    run->tx = world_tx(run->stage->world, of->signer, &body);
    assert_int_equal(run->tx.id.number, TOP + 1);
    dure_writer_t out = dure_writer(run->body, DURE_TX_SIZE_MAX);
    dure_tx_encode(&out, &run->tx);
    run->size = out.size;
    run_sign(run, run->body, run->size, of->signer, 0, &run->seal);
    run_header_rows(run);
    run_seal_rows(run);
    of->rows(run);
    for (size_t at = 0; at < run->size; at++) {
        if (!run->covered[at]) {
            print_error("%s: no row changes byte %zu\n", of->name, at);
        }
        assert_true(run->covered[at]);
    }
    who_rows(run, of->who);
    run_cuts(run);
    run_bits_flipped(run);
    summary(run);
    assert_true(run->codes[DURE_RESULT_DONE] > 0 && run->codes[DURE_RESULT_MALFORMED] > 0 &&
                run->codes[DURE_RESULT_SIGNATURE_WRONG] > 0);
}

static void each_field_wrong_in_every_way(void **state)
{
    (void)state;
    stage_t stage;
    stage_make(&stage);
    run_t *run = calloc(1, sizeof *run);
    assert_non_null(run);
    run->stage = &stage;
    snapshot_take(&run->snapshot, stage.world->ledger);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        run_case(run, &cases[i], body_base(&stage, cases[i].kind, cases[i].act));
    }
    for (size_t i = 0; i < hold_cases_count; i++) {
        run_case(run, &hold_cases[i].of, hold_cases[i].base(run));
    }
    for (size_t i = 0; i < gift_cases_count; i++) {
        run_case(run, &gift_cases[i].of, gift_cases[i].base(run));
    }
    for (size_t i = 0; i < batch_cases_count; i++) {
        run_case(run, &batch_cases[i].of, batch_cases[i].base(run));
    }
    snapshot_free(&run->snapshot);
    free(run);
    stage_free(&stage);
}

/* A new kind without rows is noticed here. */
static void no_kind_is_left_out(void **state)
{
    (void)state;
    for (uint32_t kind = 0; kind < 256; kind++) {
        bool body_found = dure_body_kind_name((uint8_t)kind) == NULL;
        bool act_found = dure_act_kind_name((uint8_t)kind) == NULL;
        for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            body_found |= cases[i].kind == kind;
            act_found |= cases[i].kind == DURE_BODY_PROPOSE && cases[i].act == kind;
        }
        for (size_t i = 0; i < hold_cases_count; i++) {
            body_found |= hold_cases[i].of.kind == kind;
            act_found |= hold_cases[i].of.kind == DURE_BODY_PROPOSE && hold_cases[i].of.act == kind;
        }
        for (size_t i = 0; i < gift_cases_count; i++) {
            body_found |= gift_cases[i].of.kind == kind;
            act_found |= gift_cases[i].of.kind == DURE_BODY_PROPOSE && gift_cases[i].of.act == kind;
        }
        for (size_t i = 0; i < batch_cases_count; i++) {
            body_found |= batch_cases[i].of.kind == kind;
            act_found |=
                batch_cases[i].of.kind == DURE_BODY_PROPOSE && batch_cases[i].of.act == kind;
        }
        assert_true(body_found);
        assert_true(act_found);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_kind_is_left_out),
        cmocka_unit_test(each_field_wrong_in_every_way),
    };
    return cmocka_run_group_tests_name("ledger field rows", tests, NULL, NULL);
}

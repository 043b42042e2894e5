/* Holds: who may stop whom, why and for how long; what each stops; how they end. */
#include "ledger/test_world.h"

#define ANNA  UINT64_C(101)
#define BEN   UINT64_C(102)
#define SHOP  UINT64_C(201)
#define CAFE  UINT64_C(202)
#define DEATH DURE_HOLD_KIND_DEATH

/* Two citizens with money, two shops with some of it. */
static world_t *town(uint8_t threshold)
{
    world_t *world = world_new(NULL, false, threshold);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BEN, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_shop(world, CAFE, DURE_CATEGORY_CAFE);
    world_buy(world, ANNA, 50000);
    world_buy(world, BEN, 20000);
    world_done(world, ANNA, body_payment(SHOP, 10000));
    world_cut(world);
    return world;
}

static dure_body_t body_money_hold(uint64_t won, dure_day_t until)
{
    dure_body_t body = body_hold(SHOP, DURE_HOLD_KIND_MONEY, DURE_HOLD_REASON_INSPECTION, until);
    body.hold.fund = FUND;
    body.hold.amount = dure_amount(won);
    return body;
}

/* ---- who may place what */
/* A letter for each reason, in the vocabulary's order: lost phone, own request, suspected fraud,
   registration ended, death, court order, recheck, inspection.  a: any term; 9: 90 days; 7: seven
   days; n: not permitted; '-': no such hold. */
typedef struct {
    uint64_t signer;
    uint8_t what;
    uint64_t subject;
    const char *letters;
} row_t;

static const row_t rows[] = {
    {ANNA, DURE_HOLD_KIND_FREEZE, ANNA, "aann-nnn"},
    {SHOP, DURE_HOLD_KIND_FREEZE, SHOP, "aann-nnn"},
    {BEN, DURE_HOLD_KIND_FREEZE, ANNA, "nnnn-nnn"},
    {SHOP, DURE_HOLD_KIND_FREEZE, ANNA, "nnnn-nnn"},
    {REGISTRAR, DURE_HOLD_KIND_FREEZE, ANNA, "aann-nnn"},
    {OFFICER_1, DURE_HOLD_KIND_FREEZE, ANNA, "9999-999"},
    {WATCH, DURE_HOLD_KIND_FREEZE, ANNA, "nn7n-nnn"},
    {WATCH, DURE_HOLD_KIND_FREEZE, SHOP, "nn7n-nnn"},
    {BANK, DURE_HOLD_KIND_FREEZE, ANNA, "nnnn-nnn"},
    {CLOCK, DURE_HOLD_KIND_FREEZE, ANNA, "nnnn-nnn"},
    {OFFICER_1, DURE_HOLD_KIND_FREEZE, BANK, "--------"},
    {BANK, DURE_HOLD_KIND_FREEZE, BANK, "--------"},
    {SHOP, DURE_HOLD_KIND_SUSPENSION, SHOP, "--nn-nnn"},
    {REGISTRAR, DURE_HOLD_KIND_SUSPENSION, SHOP, "--na-nnn"},
    {OFFICER_1, DURE_HOLD_KIND_SUSPENSION, SHOP, "--9a-999"},
    {WATCH, DURE_HOLD_KIND_SUSPENSION, SHOP, "--7n-n77"},
    {BANK, DURE_HOLD_KIND_SUSPENSION, SHOP, "--nn-nnn"},
    {OFFICER_1, DURE_HOLD_KIND_SUSPENSION, ANNA, "--------"},
    {REGISTRAR, DURE_HOLD_KIND_SUSPENSION, ANNA, "--------"},
    {ANNA, DURE_HOLD_KIND_DEATH, ANNA, "----n---"},
    {REGISTRAR, DURE_HOLD_KIND_DEATH, ANNA, "----a---"},
    {REGISTRAR, DURE_HOLD_KIND_DEATH, SHOP, "----a---"},
    {OFFICER_1, DURE_HOLD_KIND_DEATH, ANNA, "----n---"},
    {WATCH, DURE_HOLD_KIND_DEATH, ANNA, "----n---"},
    {REGISTRAR, DURE_HOLD_KIND_DEATH, BANK, "--------"},
    {SHOP, DURE_HOLD_KIND_MONEY, SHOP, "--nn-nnn"},
    {REGISTRAR, DURE_HOLD_KIND_MONEY, SHOP, "--nn-nnn"},
    {OFFICER_1, DURE_HOLD_KIND_MONEY, SHOP, "--99-999"},
    {WATCH, DURE_HOLD_KIND_MONEY, SHOP, "--7n-n77"},
    {BANK, DURE_HOLD_KIND_MONEY, SHOP, "--nn-nnn"},
    {OFFICER_1, DURE_HOLD_KIND_MONEY, ANNA, "--------"},
};

static dure_result_t letter_code(char letter, dure_day_t until)
{
    const dure_day_t last = letter == '9' ? TODAY + 90 : letter == '7' ? TODAY + 7 : DURE_DAY_MAX;
    if (letter == '-') {
        return DURE_RESULT_HOLD_WRONG;
    }
    if (letter == 'n') {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (until < TODAY) {
        return DURE_RESULT_DATES_WRONG;
    }
    return until <= last ? DURE_RESULT_DONE : DURE_RESULT_HOLD_TERM;
}

static void tried(world_t *world, const row_t *row, uint8_t reason, dure_day_t until)
{
    dure_body_t body = body_hold(row->subject, row->what, reason, until);
    if (row->what == DURE_HOLD_KIND_MONEY) {
        body.hold.fund = FUND;
        body.hold.amount = dure_amount(1);
    }
    const dure_result_t expected = letter_code(row->letters[reason - 1], until);
    const dure_result_t code = world_send(world, row->signer, &body);
    if (code != expected) {
        print_error("party %d, kind %u, subject %d, reason %u, until %d: %d, not %d\n",
                    (int)row->signer, row->what, (int)row->subject, reason, until, (int)code,
                    (int)expected);
    }
    assert_code(code, expected);
    if (code == DURE_RESULT_HOLD_TERM) {
        assert_int_equal(world_number(world, DURE_LABEL_LATEST_DAY),
                         TODAY + (row->letters[reason - 1] == '9' ? 90 : 7));
    }
    assert_int_equal(dure_ledger_usage(world->ledger).holds, code == DURE_RESULT_DONE);
    assert_null(dure_ledger_invariants(world->ledger));
    assert_true(dure_ledger_drop(world->ledger));
    dure_ledger_begin(world->ledger, START);
}

static void each_role_kind_reason_and_term(void **state)
{
    (void)state;
    static const dure_day_t untils[] = {0,          TODAY - 1,  TODAY,   TODAY + 7,   TODAY + 8,
                                        TODAY + 90, TODAY + 91, FAR_DAY, DURE_DAY_MAX};
    world_t *world = town(1);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (uint8_t reason = 1; reason <= 8; reason++) {
            for (size_t k = 0; k < sizeof untils / sizeof untils[0]; k++) {
                tried(world, &rows[i], reason, untils[k]);
            }
        }
    }
    world_end(world);
}

static void what_else_a_hold_can_have_wrong(void **state)
{
    (void)state;
    world_t *world = town(1);
    const uint8_t freeze = DURE_HOLD_KIND_FREEZE;
    const uint8_t lost = DURE_HOLD_REASON_LOST_PHONE;
    world_expect(world, DURE_RESULT_SUBJECT_UNKNOWN, OFFICER_1,
                 body_hold(999, freeze, lost, TODAY));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_hold(ANNA, freeze, lost, TODAY));
    static const uint8_t with_file[] = {DURE_HOLD_REASON_SUSPECTED_FRAUD,
                                        DURE_HOLD_REASON_COURT_ORDER, DURE_HOLD_REASON_INSPECTION};
    for (size_t i = 0; i < sizeof with_file; i++) {
        dure_body_t body = body_hold(ANNA, freeze, with_file[i], TODAY);
        memset(&body.hold.evidence, 0, sizeof body.hold.evidence);
        world_expect(world, DURE_RESULT_HOLD_WRONG, OFFICER_1, body);
    }
    dure_body_t body = body_hold(SHOP, freeze, lost, TODAY);
    body.hold.amount = dure_amount(1);
    world_expect(world, DURE_RESULT_HOLD_WRONG, OFFICER_1, body);
    body.hold.amount = DURE_AMOUNT_ZERO;
    body.hold.fund = FUND;
    world_expect(world, DURE_RESULT_HOLD_WRONG, OFFICER_1, body);
    body = body_money_hold(0, TODAY);
    world_expect(world, DURE_RESULT_HOLD_WRONG, OFFICER_1, body);
    body = body_money_hold(1, TODAY);
    body.hold.fund = 0;
    world_expect(world, DURE_RESULT_HOLD_WRONG, OFFICER_1, body);
    body.hold.fund = 77;
    world_expect(world, DURE_RESULT_HOLD_WRONG, OFFICER_1, body);
    world_end(world);
}

/* ---- room */
static void nobody_fills_the_table_with_holds(void **state)
{
    (void)state;
    world_t *world = town(1);
    const uint8_t freeze = DURE_HOLD_KIND_FREEZE;
    const uint8_t own = DURE_HOLD_REASON_OWN_REQUEST;
    const dure_tx_id_t first = world_made(world, ANNA, body_hold(ANNA, freeze, own, TODAY + 1));
    world_expect(world, DURE_RESULT_TABLE_FULL, ANNA, body_hold(ANNA, freeze, own, FAR_DAY));
    world_done(world, ANNA, body_hold(ANNA, freeze, DURE_HOLD_REASON_LOST_PHONE, TODAY));
    for (uint32_t i = 0; i < 16; i++) {
        world_done(
            world, OFFICER_1,
            body_hold(ANNA, freeze, DURE_HOLD_REASON_RECHECK, i == 9 ? TODAY + 1 : TODAY + 50));
    }
    world_expect(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                 body_hold(ANNA, freeze, DURE_HOLD_REASON_RECHECK, TODAY));
    assert_int_equal(dure_ledger_usage(world->ledger).holds, 18);
    world_days(world, 2);
    /* What is over makes room: one each. */
    world_made(world, ANNA, body_hold(ANNA, freeze, own, FAR_DAY));
    world_done(world, OFFICER_1, body_hold(ANNA, freeze, DURE_HOLD_REASON_RECHECK, TODAY + 50));
    world_expect(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                 body_hold(ANNA, freeze, DURE_HOLD_REASON_RECHECK, TODAY + 50));
    assert_int_equal(dure_ledger_usage(world->ledger).holds, 18);
    world_expect(world, DURE_RESULT_HOLD_UNKNOWN, ANNA, body_release(first));
    world_end(world);
}

static void the_chain_holds_no_more_than_its_limit(void **state)
{
    (void)state;
    const dure_ledger_limits_t limits = dure_ledger_limits_for(16);
    world_t *world = world_new(&limits, false, 1);
    uint32_t count = 0;
    dure_result_t code = DURE_RESULT_DONE;
    for (uint64_t party = 300; party < 309; party++) {
        world_register(world, party, DURE_KIND_CITIZEN);
        for (uint32_t i = 0; i < 16 && code == DURE_RESULT_DONE; i++) {
            const dure_body_t body =
                body_hold(party, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_RECHECK, TODAY + 1);
            code = world_send(world, OFFICER_1, &body);
            count += code == DURE_RESULT_DONE;
        }
    }
    assert_code(code, count == limits.holds_max ? DURE_RESULT_TABLE_FULL : DURE_RESULT_DONE);
    assert_true(count == limits.holds_max || count == 9 * 16);
    world_end(world);
}

/* ---- what each kind stops */
static void a_frozen_citizen_keeps_what_comes(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_done(world, ANNA, body_order(FUND, 1000, 0));
    const dure_tx_id_t order = world_last_id(world);
    const dure_tx_id_t hold = world_made(
        world, WATCH,
        body_hold(ANNA, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_SUSPECTED_FRAUD, TODAY + 7));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_payment(SHOP, 1));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_order(FUND, 1000, 0));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_cancel(FUND, 1));
    world_done(world, BANK, body_credit(order, 940));
    world_done(world, ANNA, body_rotate(ANNA, 1));
    world_done(world, BEN, body_payment(SHOP, 1)); /* nobody else is touched */
    world_expect(world, DURE_RESULT_NOT_PERMITTED, ANNA, body_release(hold));
    world_days(world, 7); /* its last day */
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_payment(SHOP, 1));
    world_days(world, 1);
    world_done(world, ANNA, body_payment(SHOP, 1));
    world_end(world);
}

static void a_suspended_shop_is_not_paid_but_redeems(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_done(
        world, REGISTRAR,
        body_hold(SHOP, DURE_HOLD_KIND_SUSPENSION, DURE_HOLD_REASON_REGISTRATION_ENDED, FAR_DAY));
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, ANNA, body_payment(SHOP, 1));
    world_done(world, SHOP, body_redemption(FUND, 4000));
    world_done(world, BANK, body_result(world_last_id(world), 1));
    world_done(world, SHOP, body_redemption(FUND, 6000));
    world_done(world, BANK, body_result(world_last_id(world), 1));
    world_done(world, ANNA, body_payment(CAFE, 1));
    world_end(world);
}

static void a_frozen_shop_is_paid_but_does_not_redeem(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_done(world, SHOP, body_redemption(FUND, 1000));
    const dure_tx_id_t payout = world_last_id(world);
    world_done(world, SHOP,
               body_hold(SHOP, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_LOST_PHONE, DURE_DAY_MAX));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, SHOP, body_redemption(FUND, 1000));
    world_done(world, ANNA, body_payment(SHOP, 1));
    world_done(world, BANK, body_result(payout, 1));
    world_end(world);
}

static void what_passes_between_likes_is_stopped_too(void **state)
{
    (void)state;
    world_t *world = town(1);
    const uint8_t freeze = DURE_HOLD_KIND_FREEZE;
    dure_tx_id_t hold =
        world_made(world, OFFICER_1, body_hold(ANNA, freeze, DURE_HOLD_REASON_RECHECK, TODAY));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_gift(BEN, 1));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_remainder(FUND, 1));
    world_done(world, BEN, body_gift(ANNA, 1)); /* it may get something */
    world_done(world, OFFICER_1, body_release(hold));
    world_done(world, REGISTRAR, body_hold(ANNA, DEATH, DURE_HOLD_REASON_DEATH, FAR_DAY));
    world_expect(world, DURE_RESULT_PARTY_DEAD, ANNA, body_gift(BEN, 1));
    world_expect(world, DURE_RESULT_PARTY_DEAD, BEN, body_gift(ANNA, 1));
    world_expect(world, DURE_RESULT_PARTY_DEAD, ANNA, body_remainder(FUND, 1));
    hold = world_made(world, SHOP, body_hold(SHOP, freeze, DURE_HOLD_REASON_OWN_REQUEST, FAR_DAY));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, SHOP, body_recirculation(CAFE, FUND, 1));
    world_done(world, SHOP, body_release(hold));
    world_done(world, OFFICER_1,
               body_hold(SHOP, DURE_HOLD_KIND_SUSPENSION, DURE_HOLD_REASON_RECHECK, TODAY));
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, SHOP, body_recirculation(CAFE, FUND, 1));
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, CAFE, body_recirculation(SHOP, FUND, 1));
    world_end(world);
}

/* ---- a checkpoint */
static void holds_and_facts_ahead_survive_a_checkpoint(void **state)
{
    (void)state;
    world_t *world = town(1);
    const dure_tx_id_t hold = world_made(world, OFFICER_1, body_money_hold(7000, TODAY + 90));
    world_done(world, SHOP, body_appeal(hold));
    world_done(world, WATCH,
               body_hold(ANNA, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_SUSPECTED_FRAUD, TODAY + 7));
    world_done(world, REGISTRAR, body_hold(BEN, DEATH, DURE_HOLD_REASON_DEATH, DURE_DAY_MAX));
    const uint64_t risk = DURE_ATTRIBUTE_RISK;
    world_done(world, WATCH, body_attest(SHOP, risk, 1, 0, FAR_DAY));
    world_done(world, WATCH, body_attest(SHOP, risk, 2, TODAY + 9, FAR_DAY));
    world_reload(world);
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_payment(SHOP, 1));
    world_expect(world, DURE_RESULT_PARTY_DEAD, BEN, body_payment(SHOP, 1));
    world_expect(world, DURE_RESULT_MONEY_HELD, SHOP, body_redemption(FUND, 3001));
    world_done(world, OFFICER_2, body_uphold(hold, TODAY + 20));
    world_end(world);
}

static void held_money_stays_until_the_hold_ends(void **state)
{
    (void)state;
    world_t *world = town(1);
    const dure_tx_id_t hold = world_made(world, OFFICER_1, body_money_hold(7000, TODAY + 90));
    const uint32_t shop = ledger_party_find(world->ledger, SHOP);
    assert_int_equal(ledger_money_held(world->ledger, shop, 0).won, 7000);
    world_expect(world, DURE_RESULT_MONEY_HELD, SHOP, body_redemption(FUND, 3001));
    assert_int_equal(world_number(world, DURE_LABEL_HELD), 7000);
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP, body_redemption(FUND, 10001));
    world_done(world, SHOP, body_redemption(FUND, 3000));
    world_done(world, WATCH, body_money_hold(5000, TODAY + 7)); /* together more than there is */
    world_expect(world, DURE_RESULT_MONEY_HELD, SHOP, body_redemption(FUND, 1));
    world_done(world, ANNA, body_payment(SHOP, 100));
    world_done(world, OFFICER_2, body_release(hold));
    world_done(world, SHOP, body_redemption(FUND, 2100));
    world_days(world, 8);
    world_done(world, SHOP, body_redemption(FUND, 5000));
    world_end(world);
}

/* ---- how they end */
static void who_may_release(void **state)
{
    (void)state;
    world_t *world = town(1);
    const uint8_t freeze = DURE_HOLD_KIND_FREEZE;
    const uint8_t own = DURE_HOLD_REASON_OWN_REQUEST;
    const uint8_t lost = DURE_HOLD_REASON_LOST_PHONE;
    const uint8_t fraud = DURE_HOLD_REASON_SUSPECTED_FRAUD;
    dure_tx_id_t hold = world_made(world, REGISTRAR, body_hold(ANNA, freeze, own, FAR_DAY));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, BEN, body_release(hold));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, WATCH, body_release(hold));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_release(hold));
    world_done(world, ANNA, body_release(hold));
    world_expect(world, DURE_RESULT_HOLD_UNKNOWN, ANNA, body_release(hold));
    world_done(world, ANNA, body_payment(SHOP, 1));
    /* The finder of a phone signs as its owner: what stops him ends at the counter. */
    hold = world_made(world, ANNA, body_hold(ANNA, freeze, lost, FAR_DAY));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, ANNA, body_release(hold));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, WATCH, body_release(hold));
    world_done(world, REGISTRAR, body_release(hold));
    hold = world_made(world, WATCH, body_hold(ANNA, freeze, fraud, TODAY + 7));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, REGISTRAR, body_release(hold));
    world_done(world, WATCH, body_release(hold));
    hold = world_made(world, WATCH, body_hold(ANNA, freeze, fraud, TODAY + 7));
    world_done(world, OFFICER_2, body_release(hold));
    hold = world_made(world, REGISTRAR, body_hold(ANNA, DEATH, DURE_HOLD_REASON_DEATH, FAR_DAY));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, ANNA, body_release(hold));
    world_done(world, REGISTRAR, body_release(hold)); /* it was a mistake */
    world_done(world, ANNA, body_payment(SHOP, 1));
    assert_int_equal(dure_ledger_usage(world->ledger).holds, 0);
    world_end(world);
}

static void what_can_be_appealed(void **state)
{
    (void)state;
    world_t *world = town(1);
    const uint8_t freeze = DURE_HOLD_KIND_FREEZE;
    const dure_tx_id_t lost =
        world_made(world, OFFICER_1, body_hold(ANNA, freeze, DURE_HOLD_REASON_LOST_PHONE, TODAY));
    const dure_tx_id_t own =
        world_made(world, OFFICER_1, body_hold(ANNA, freeze, DURE_HOLD_REASON_OWN_REQUEST, TODAY));
    const dure_tx_id_t death =
        world_made(world, REGISTRAR, body_hold(ANNA, DEATH, DURE_HOLD_REASON_DEATH, FAR_DAY));
    const dure_tx_id_t fraud = world_made(
        world, OFFICER_1, body_hold(BEN, freeze, DURE_HOLD_REASON_SUSPECTED_FRAUD, TODAY + 1));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, ANNA, body_appeal(lost));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, ANNA, body_appeal(own));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, ANNA, body_appeal(death));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, ANNA, body_appeal(fraud));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, OFFICER_1, body_appeal(fraud));
    world_expect(world, DURE_RESULT_HOLD_UNKNOWN, BEN,
                 body_appeal((dure_tx_id_t){.party = 9, .number = 1}));
    world_done(world, BEN, body_appeal(fraud));
    assert_int_equal(world_number(world, DURE_LABEL_LATEST_DAY), TODAY + 14);
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, BEN, body_appeal(fraud));
    const dure_tx_id_t later = world_made(
        world, OFFICER_1, body_hold(BEN, freeze, DURE_HOLD_REASON_SUSPECTED_FRAUD, TODAY + 1));
    world_days(world, 2);
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, BEN, body_appeal(later)); /* it is over */
    world_end(world);
}

static void an_appeal_not_answered_ends_the_hold(void **state)
{
    (void)state;
    world_t *world = town(1);
    const dure_tx_id_t hold = world_made(
        world, OFFICER_1,
        body_hold(SHOP, DURE_HOLD_KIND_SUSPENSION, DURE_HOLD_REASON_REGISTRATION_ENDED, FAR_DAY));
    world_days(world, 20);
    world_done(world, SHOP, body_appeal(hold));
    world_days(world, 14);
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, ANNA, body_payment(SHOP, 1));
    world_days(world, 1);
    world_done(world, ANNA, body_payment(SHOP, 1));
    /* It is too late for an answer. */
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, OFFICER_2, body_uphold(hold, TODAY + 40));
    world_end(world);
}

static void an_appeal_answered_once_by_somebody_else(void **state)
{
    (void)state;
    world_t *world = town(1);
    const dure_tx_id_t hold = world_made(
        world, OFFICER_1,
        body_hold(SHOP, DURE_HOLD_KIND_SUSPENSION, DURE_HOLD_REASON_SUSPECTED_FRAUD, TODAY + 10));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, OFFICER_2, body_uphold(hold, TODAY + 5));
    world_done(world, SHOP, body_appeal(hold));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, OFFICER_1, body_uphold(hold, TODAY + 5));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, REGISTRAR, body_uphold(hold, TODAY + 5));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_uphold(hold, TODAY + 5));
    world_expect(world, DURE_RESULT_HOLD_UNKNOWN, OFFICER_2,
                 body_uphold((dure_tx_id_t){.party = 9, .number = 1}, TODAY + 5));
    world_days(world, 5);
    world_expect(world, DURE_RESULT_DATES_WRONG, OFFICER_2, body_uphold(hold, TODAY + 4));
    world_expect(world, DURE_RESULT_HOLD_TERM, OFFICER_2, body_uphold(hold, TODAY + 96));
    assert_int_equal(world_number(world, DURE_LABEL_LATEST_DAY), TODAY + 95);
    world_done(world, OFFICER_2, body_uphold(hold, TODAY + 95));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, SHOP, body_appeal(hold));
    world_expect(world, DURE_RESULT_HOLD_NOT_APPEALABLE, OFFICER_2, body_uphold(hold, TODAY + 90));
    world_days(world, 90);
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, ANNA, body_payment(SHOP, 1));
    world_days(world, 1);
    world_done(world, ANNA, body_payment(SHOP, 1));
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_role_kind_reason_and_term),
        cmocka_unit_test(what_else_a_hold_can_have_wrong),
        cmocka_unit_test(nobody_fills_the_table_with_holds),
        cmocka_unit_test(the_chain_holds_no_more_than_its_limit),
        cmocka_unit_test(a_frozen_citizen_keeps_what_comes),
        cmocka_unit_test(a_frozen_shop_is_paid_but_does_not_redeem),
        cmocka_unit_test(what_passes_between_likes_is_stopped_too),
        cmocka_unit_test(holds_and_facts_ahead_survive_a_checkpoint),
        cmocka_unit_test(held_money_stays_until_the_hold_ends),
        cmocka_unit_test(a_suspended_shop_is_not_paid_but_redeems),
        cmocka_unit_test(who_may_release),
        cmocka_unit_test(what_can_be_appealed),
        cmocka_unit_test(an_appeal_not_answered_ends_the_hold),
        cmocka_unit_test(an_appeal_answered_once_by_somebody_else),
    };
    return cmocka_run_group_tests_name("ledger holds", tests, NULL, NULL);
}

/* What citizens may do with their money beside paying: give it, take back what is left of it; and
   what becomes of what nobody used in time. */
#include "ledger/test_stage.h"

#define BEN   UINT64_C(102)
#define CARL  UINT64_C(103)
#define SHORT UINT64_C(9) /* its money is over after ten days */

static void move_is(const world_t *world, uint32_t i, dure_move_t what, uint64_t party,
                    uint32_t lot, uint64_t won)
{
    assert_true(i < world->effect.moves_count);
    const dure_effect_move_t *move = &world->effect.moves[i];
    assert_int_equal(move->what, what);
    assert_int_equal(move->party, party);
    assert_int_equal(move->lot, lot);
    assert_int_equal(move->amount.won, won);
}

static world_t *town(void)
{
    world_t *world = world_new(NULL, false, 1);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BEN, DURE_KIND_CITIZEN);
    world_register(world, CARL, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    return world;
}

static void lot_is(const world_t *world, uint64_t party, uint32_t number_of, uint64_t face,
                   uint64_t left, uint64_t paid, bool gifted)
{
    const lot_t *lot = world_lot(world, party, FUND, number_of);
    assert_non_null(lot);
    assert_int_equal(lot->face, face);
    assert_int_equal(lot->left, left);
    assert_int_equal(lot->paid, paid);
    assert_int_equal(lot->gifted, gifted);
}

static const fund_t *fund_of(const world_t *world, uint64_t fund)
{
    return fund_at(world->ledger, ledger_fund_find(world->ledger, fund));
}

static uint64_t budget(const world_t *world)
{
    const uint32_t fund = ledger_fund_find(world->ledger, FUND);
    const dure_name_t name = test_name("budget");
    return account_at(world->ledger,
                      ledger_account_find(world->ledger, fund_at(world->ledger, fund)->city, &name))
        ->balance.won;
}

/* ---- gifts */
static void a_gift_splits_face_and_price(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 10001); /* 600 of it the city's */
    lot_is(world, ANNA, 1, 10001, 10001, 9401, false);
    const fund_t before = *fund_of(world, FUND);
    world_done(world, ANNA, body_gift(BEN, 3333));
    /* floor(9401 * 3333 / 10001) = 3133. */
    lot_is(world, ANNA, 1, 6668, 6668, 6268, false);
    lot_is(world, BEN, 1, 3333, 3333, 3133, true);
    assert_int_equal(world->effect.moves_count, 2);
    move_is(world, 0, DURE_MOVE_LOT_GIVEN, ANNA, 1, 3333);
    move_is(world, 1, DURE_MOVE_LOT_RECEIVED, BEN, 1, 3333);
    assert_int_equal(world->effect.fund, FUND);
    const fund_t *fund = fund_of(world, FUND);
    assert_int_equal(fund->held_citizens.won, before.held_citizens.won);
    assert_int_equal(fund->issued.won, before.issued.won);
    assert_int_equal(fund->escrow.won, before.escrow.won);
    /* Of a lot spent in part only what is there goes, and takes its part of the price. */
    world_done(world, ANNA, body_payment(SHOP, 668));
    world_done(world, ANNA, body_gift(BEN, 6000));
    assert_null(world_lot(world, ANNA, FUND, 1));
    lot_is(world, BEN, 2, 6000, 6000, 5640, true);
    assert_int_equal(world_lot(world, BEN, FUND, 2)->origin, DURE_ORIGIN_PURCHASE);
    assert_int_equal(world_lot(world, BEN, FUND, 2)->end_day,
                     world_lot(world, BEN, FUND, 1)->end_day);
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, ANNA, body_gift(BEN, 1));
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 0);
    /* A gift spends like any money. */
    world_done(world, BEN, body_payment(SHOP, 9333));
    world_end_reloaded(world);
}

static void gifted_money_is_not_given_cashed_or_cancelled(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 10000);
    world_done(world, ANNA, body_gift(BEN, 10000));
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, BEN, body_gift(ANNA, 1));
    world_expect(world, DURE_RESULT_LOT_NOT_BOUGHT, BEN, body_cancel(FUND, 1));
    world_done(world, BEN, body_payment(SHOP, 9000));
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, BEN, body_remainder(FUND, 1));
    /* Beside gifted money one's own is found, whatever stands first in line. */
    world_buy(world, BEN, 5000);
    world_done(world, BEN, body_gift(CARL, 5000));
    assert_int_equal(world->effect.moves[0].lot, 2);
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, BEN, body_gift(CARL, 1));
    assert_int_equal(world_number(world, DURE_LABEL_COVERED), 0);
    world_end_reloaded(world);
}

static void the_receivers_limit_counts_all_gifts(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 500000);
    world_buy(world, CARL, 500000);
    world_done(world, ANNA, body_gift(BEN, 500000));
    world_done(world, CARL, body_gift(BEN, 400000));
    world_days(world, 31); /* another month */
    world_buy(world, ANNA, 500000);
    world_buy(world, CARL, 500000);
    world_done(world, ANNA, body_gift(BEN, 500000));
    world_done(world, CARL, body_gift(BEN, 499999));
    world_expect(world, DURE_RESULT_RULE_DENIED, CARL, body_gift(BEN, 2));
    assert_string_equal(world->effect.rule.text, "gift_limit");
    /* What BEN received so far is BEN's to know. */
    assert_int_equal(world->effect.numbers_count, 2);
    assert_int_equal(world_number(world, DURE_LABEL_ASKED), 2);
    assert_int_equal(world_number(world, DURE_LABEL_COVERED), 0);
    world_done(world, CARL, body_gift(BEN, 1));
    world_expect(world, DURE_RESULT_RULE_DENIED, CARL, body_gift(BEN, 1));
    world_end_reloaded(world);
}

static void a_gift_asks_who_and_whom(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 1000);
    world_done(world, FAR_ALL, body_registration(301, DURE_KIND_CITIZEN));
    world_expect(world, DURE_RESULT_KIND_WRONG, SHOP, body_gift(BEN, 1));
    world_expect(world, DURE_RESULT_SELF_PAYMENT, ANNA, body_gift(ANNA, 1));
    world_expect(world, DURE_RESULT_SUBJECT_UNKNOWN, ANNA, body_gift(999, 1));
    world_expect(world, DURE_RESULT_KIND_WRONG, ANNA, body_gift(SHOP, 1));
    world_expect(world, DURE_RESULT_OTHER_CITY, ANNA, body_gift(301, 1));
    dure_body_t body = body_gift(BEN, 1);
    body.gift.funds_count = 1;
    body.gift.funds[0].fund = 77;
    world_expect(world, DURE_RESULT_FUND_UNKNOWN, ANNA, body);
    body.gift.funds_count = 2;
    body.gift.funds[0].fund = body.gift.funds[1].fund = FUND;
    world_expect(world, DURE_RESULT_FUND_TWICE, ANNA, body);
    body.gift.funds_count = 1;
    world_done(world, ANNA, body);
    world_end_reloaded(world);
}

/* Thirty-two gifts from different days fill a wallet; alike ones are merged then. */
static void a_full_wallet_takes_no_gift(void **state)
{
    (void)state;
    world_t *world = town();
    for (uint32_t i = 0; i < DURE_PARTY_LOTS_MAX; i++) {
        world_buy(world, ANNA, 1000);
        world_done(world, ANNA, body_gift(BEN, 1000));
        if (i % 2 == 1) {
            world_days(world, 1);
        }
    }
    world_buy(world, ANNA, 1000);
    world_done(world, ANNA, body_gift(BEN, 500)); /* merges: half of them are alike in pairs */
    assert_null(world_lot(world, BEN, FUND, 2));
    lot_is(world, BEN, 1, 2000, 2000, 1880, true);
    world_done(world, ANNA, body_gift(BEN, 100));
    for (uint32_t i = 0; i < 14; i++) {
        world_days(world, 1);
        world_buy(world, ANNA, 1000);
        world_done(world, ANNA, body_gift(BEN, 900));
    }
    /* Two lots go at once: there is room for one, and for none. */
    world_days(world, 1);
    world_buy(world, ANNA, 1000);
    const dure_hash_t before = world_root(world);
    world_expect(world, DURE_RESULT_LOTS_FULL, ANNA, body_gift(BEN, 2500));
    assert_int_equal(world_number(world, DURE_LABEL_LIMIT), DURE_PARTY_LOTS_MAX);
    const dure_hash_t after = world_root(world);
    assert_memory_not_equal(&before, &after, sizeof before); /* the number alone is used up */
    world_end_reloaded(world);
}

/* ---- what is left */
static void a_remainder_needs_exactly_its_ratio(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 10000);
    world_buy(world, ANNA, 10000);
    const uint64_t had = budget(world);
    world_done(world, ANNA, body_payment(SHOP, 5999)); /* 59.99% of the first */
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_remainder(FUND, 1));
    world_done(world, ANNA, body_payment(SHOP, 1));
    world_done(world, ANNA, body_remainder(FUND, 1));
    assert_int_equal(world->effect.moves_count, 3);
    move_is(world, 0, DURE_MOVE_LOT_REMAINDERED, ANNA, 1, 4000);
    move_is(world, 1, DURE_MOVE_SUBSIDY_RETURNED, 0, 0, 240);
    move_is(world, 2, DURE_MOVE_PAYOUT_OPENED, ANNA, 0, 3760);
    assert_int_equal(budget(world), had + 240);
    const dure_tx_id_t payout = world_last_id(world);
    const fund_t *fund = fund_of(world, FUND);
    assert_int_equal(fund->pending.won, 3760);
    assert_int_equal(fund->refunded.won, 240);
    world_expect(world, DURE_RESULT_LOT_UNKNOWN, ANNA, body_remainder(FUND, 1));
    /* A transfer that the bank could not make leaves it owed. */
    world_done(world, BANK, body_result(payout, 2));
    move_is(world, 0, DURE_MOVE_REFUND_REJECTED, ANNA, 0, 3760);
    assert_int_equal(fund->pending.won, 3760);
    world_done(world, BANK, body_result(payout, 1));
    move_is(world, 0, DURE_MOVE_REFUND_SETTLED, ANNA, 0, 3760);
    assert_int_equal(fund->refunded.won, 4000);
    world_expect(world, DURE_RESULT_PAYOUT_UNKNOWN, BANK, body_result(payout, 1));
    /* What no won of the price belongs to makes no payout: 9,400 * 1 / 10,000. */
    world_done(world, ANNA, body_payment(SHOP, 9999));
    world_done(world, ANNA, body_remainder(FUND, 2));
    assert_int_equal(world->effect.moves_count, 2);
    move_is(world, 1, DURE_MOVE_SUBSIDY_RETURNED, 0, 0, 1);
    world_buy(world, ANNA, 10000);
    world_done(world, ANNA, body_payment(SHOP, 7000));
    world_done(world, ANNA, body_remainder(FUND, 3)); /* stays open, also after loading */
    world_end_reloaded(world);
}

static void a_remainder_asks_who_and_what(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 10000);
    world_expect(world, DURE_RESULT_KIND_WRONG, SHOP, body_remainder(FUND, 1));
    world_expect(world, DURE_RESULT_FUND_UNKNOWN, ANNA, body_remainder(77, 1));
    world_expect(world, DURE_RESULT_LOT_UNKNOWN, ANNA, body_remainder(FUND, 2));
    world_expect(world, DURE_RESULT_LOT_UNKNOWN, BEN, body_remainder(FUND, 1));
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_remainder(FUND, 1));
    world_end_reloaded(world);
}

/* ---- merchants among themselves */
static void buy(world_t *world, uint64_t party, uint64_t fund, uint64_t won)
{
    world_done(world, party, body_order(fund, won, 0));
    world_done(world, BANK,
               body_credit(world_last_id(world), (uint64_t)world_number(world, DURE_LABEL_PRICE)));
}

static uint64_t has(const world_t *world, uint64_t party, uint64_t fund)
{
    const dure_ledger_t *ledger = world->ledger;
    const uint32_t cell = ledger_balance_find(
        ledger, party_at(ledger, ledger_party_find(ledger, party)), ledger_fund_find(ledger, fund));
    return cell == CELL_NONE ? 0 : balance_at(ledger, cell)->amount.won;
}

/* Among shops, up to 10,000 won a month each. */
static void open_circle(world_t *world)
{
    dure_act_t act = act_fund(SHORT, 10000000000);
    static const char *const changes[][2] = {
        {"  cancel    { allow",
         "  counter passed = sum of amount per month on recirculation by payer\n"
         "  recirculation {\n    allow when payee.region = issuer.region\n"
         "    deny too_much when passed + amount > 10,000 won\n  }\n  cancel    { allow"},
        {"  words {\n", "  words {\n    passed   ko \"a\" en \"a\" zh \"a\"\n"
                        "    too_much ko \"b\" en \"b\" zh \"b\"\n"},
    };
    act.fund.image = stage_images(2, changes);
    world_decide(world, act);
    world_shop(world, SHOP_TWO, DURE_CATEGORY_CAFE);
    buy(world, ANNA, SHORT, 50000);
    world_done(world, ANNA, body_payment(SHOP, 30000));
}

static void merchants_pay_merchants(void **state)
{
    (void)state;
    world_t *world = town();
    open_circle(world);
    world_register(world, SHOP_BARE, DURE_KIND_MERCHANT);
    world_done(world, FAR_ALL, body_registration(FAR_SHOP, DURE_KIND_MERCHANT));
    world_expect(world, DURE_RESULT_RULE_MISSING_FACT, SHOP,
                 body_recirculation(SHOP_BARE, SHORT, 1));
    const fund_t before = *fund_of(world, SHORT);
    world_done(world, SHOP, body_recirculation(SHOP_TWO, SHORT, 6000));
    move_is(world, 0, DURE_MOVE_MERCHANT_SENT, SHOP, 0, 6000);
    move_is(world, 1, DURE_MOVE_MERCHANT_RECEIVED, SHOP_TWO, 0, 6000);
    assert_int_equal(has(world, SHOP, SHORT), 24000);
    assert_int_equal(has(world, SHOP_TWO, SHORT), 6000);
    assert_int_equal(fund_of(world, SHORT)->held_merchants.won, before.held_merchants.won);
    assert_int_equal(fund_of(world, SHORT)->escrow.won, before.escrow.won);
    world_expect(world, DURE_RESULT_RULE_DENIED, SHOP, body_recirculation(SHOP_TWO, SHORT, 4001));
    assert_string_equal(world->effect.rule.text, "too_much");
    world_done(world, SHOP, body_recirculation(SHOP_TWO, SHORT, 4000));
    world_done(world, SHOP_TWO, body_recirculation(SHOP, SHORT, 10000));
    assert_int_equal(has(world, SHOP_TWO, SHORT), 0);
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP_TWO, body_recirculation(SHOP, SHORT, 1));
    world_expect(world, DURE_RESULT_KIND_WRONG, ANNA, body_recirculation(SHOP, SHORT, 1));
    world_expect(world, DURE_RESULT_KIND_WRONG, SHOP, body_recirculation(ANNA, SHORT, 1));
    world_expect(world, DURE_RESULT_SELF_PAYMENT, SHOP, body_recirculation(SHOP, SHORT, 1));
    world_expect(world, DURE_RESULT_PAYEE_UNKNOWN, SHOP, body_recirculation(NOBODY, SHORT, 1));
    world_expect(world, DURE_RESULT_OTHER_CITY, SHOP, body_recirculation(FAR_SHOP, SHORT, 1));
    world_expect(world, DURE_RESULT_FUND_UNKNOWN, SHOP, body_recirculation(SHOP_TWO, 77, 1));
    buy(world, ANNA, FUND, 1000);
    dure_body_t body = body_payment(SHOP, 1000);
    body.payment.funds_count = 1;
    body.payment.funds[0].fund = FUND;
    world_done(world, ANNA, body);
    world_expect(world, DURE_RESULT_RULE_NOT_DECLARED, SHOP, body_recirculation(SHOP_TWO, FUND, 1));
    world_decide(world, act_mode(SHORT, DURE_FUND_MODE_PAUSED, 0));
    world_expect(world, DURE_RESULT_FUND_PAUSED, SHOP, body_recirculation(SHOP_TWO, SHORT, 1));
    world_end_reloaded(world);
}

static void hold_of(world_t *world, uint64_t subject, uint8_t what, uint64_t fund, uint64_t won)
{
    const dure_record_hold_t hold = {.id = {.party = WATCH, .number = 500 + what},
                                     .subject = subject,
                                     .what = what,
                                     .reason = DURE_HOLD_REASON_SUSPECTED_FRAUD,
                                     .fund = fund,
                                     .amount = dure_amount(won),
                                     .day = TODAY,
                                     .until = TODAY};
    ledger_hold_link(world->ledger, ledger_hold_add(world->ledger, &hold));
}

static void held_money_and_debts_come_first(void **state)
{
    (void)state;
    world_t *world = town();
    open_circle(world);
    world_decide(world, act_account("refund_reserve"));
    hold_of(world, SHOP, DURE_HOLD_KIND_MONEY, SHORT, 29000);
    world_expect(world, DURE_RESULT_MONEY_HELD, SHOP, body_recirculation(SHOP_TWO, SHORT, 1001));
    assert_int_equal(world_number(world, DURE_LABEL_HELD), 29000);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 1000);
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP,
                 body_recirculation(SHOP_TWO, SHORT, 30001));
    ledger_owed_set(world->ledger, ledger_party_find(world->ledger, SHOP_TWO),
                    ledger_fund_find(world->ledger, SHORT), dure_amount(700));
    world_done(world, SHOP, body_recirculation(SHOP_TWO, SHORT, 1000));
    assert_int_equal(world->effect.moves_count, 4);
    move_is(world, 2, DURE_MOVE_DEBT_REPAID, SHOP_TWO, 0, 700);
    assert_int_equal(has(world, SHOP_TWO, SHORT), 300);
    hold_of(world, SHOP_TWO, DURE_HOLD_KIND_SUSPENSION, 0, 0);
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, SHOP, body_recirculation(SHOP_TWO, SHORT, 1));
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, SHOP_TWO, body_recirculation(SHOP, SHORT, 1));
    world_done(world, SHOP_TWO, body_redemption(SHORT, 300));
    hold_of(world, SHOP, DURE_HOLD_KIND_FREEZE, 0, 0);
    world_expect(world, DURE_RESULT_PARTY_FROZEN, SHOP, body_recirculation(SHOP_TWO, SHORT, 1));
    world_end_reloaded(world);
}

/* Whatever a counter's line names counts, when it is done. */
static void every_way_out_counts(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {"  counter gifts_in",
         "  counter cashed   = sum of amount per month on redemption by holder\n"
         "  counter given_up = count per month on cancel by holder, remainder by holder\n"
         "  counter gifts_in"},
        {"hold  risky 3 days when holder.risk >= 700",
         "hold  risky 3 days when holder.risk >= 700\n"
         "    deny  too_much when cashed + amount > 1,000 won"},
        {"cancel    { allow when lot.age <= 7 days }", "cancel { allow when given_up < 2 }"},
        {"remainder { allow when lot.used >= cash_from and not lot is gifted }",
         "remainder { allow when given_up < 2 and lot.used >= cash_from }"},
        {"  words {\n", "  words {\n    cashed   ko \"a\" en \"a\" zh \"a\"\n"
                        "    given_up ko \"b\" en \"b\" zh \"b\"\n"
                        "    too_much ko \"c\" en \"c\" zh \"c\"\n"},
        {"cancel, lot.age = 8 days is refused", "cancel, lot.age = 8 days is accepted"},
        {"redemption of 100,000 won, holder is merchant, holder.risk = 699",
         "redemption of 1,000 won, holder is merchant, holder.risk = 699"},
        {"redemption of 100,000 won, holder is merchant, holder.risk = 700",
         "redemption of 1,000 won, holder is merchant, holder.risk = 700"},
    };
    world_t *world = town();
    dure_act_t act = act_fund(SHORT, 10000000000);
    act.fund.image = stage_images(sizeof changes / sizeof changes[0], changes);
    world_decide(world, act);
    for (uint32_t i = 0; i < 3; i++) {
        buy(world, ANNA, SHORT, 10000);
    }
    world_done(world, ANNA, body_payment(SHOP, 6000));
    world_done(world, SHOP, body_redemption(SHORT, 600));
    world_expect(world, DURE_RESULT_RULE_DENIED, SHOP, body_redemption(SHORT, 401));
    world_done(world, SHOP, body_redemption(SHORT, 400));
    world_done(world, ANNA, body_remainder(SHORT, 1));
    world_done(world, ANNA, body_cancel(SHORT, 2));
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_cancel(SHORT, 3));
    world_days(world, 31);
    world_done(world, ANNA, body_cancel(SHORT, 3));
    world_done(world, SHOP, body_redemption(SHORT, 1000));
    world_end_reloaded(world);
}

/* What an heir cancels was never counted with the heir: its counters lose no more than they have.
 */
static void an_heir_gives_up_what_another_bought(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 10000);
    world_buy(world, ANNA, 10000);
    world_buy(world, BEN, 1000);
    world_done(world, REGISTRAR,
               body_hold(ANNA, DURE_HOLD_KIND_DEATH, DURE_HOLD_REASON_DEATH, DURE_DAY_MAX));
    world_decide(world, act_estate(ANNA, BEN));
    world_done(world, BEN, body_cancel(FUND, 2));
    world_done(world, BEN, body_cancel(FUND, 3));
    assert_int_equal(fund_of(world, FUND)->held_citizens.won, 1000);
    world_done(world, BEN, body_cancel(FUND, 1));
    world_end_reloaded(world);
}

/* ---- what is over */
static void open_short(world_t *world, uint64_t fund, const char *from, const char *to)
{
    dure_act_t act = act_fund(fund, 10000000000);
    act.fund.image = stage_image(from, to);
    world_decide(world, act);
}

static void what_is_over_goes_where_its_program_says(void **state)
{
    (void)state;
    static const uint64_t both[] = {ANNA, BEN}, shop[] = {SHOP}, twice[] = {ANNA, ANNA},
                          down[] = {BEN, ANNA}, far[] = {FAR_ALL}, none[] = {NOBODY};
    world_t *world = town();
    world_decide(world, act_account("old"));
    open_short(world, SHORT, "validity 5 years", "validity 10 days");
    buy(world, ANNA, SHORT, 10000);
    buy(world, BEN, SHORT, 3000);
    world_days(world, 5);
    buy(world, ANNA, SHORT, 2000);
    buy(world, ANNA, FUND, 1000);
    world_done(world, ANNA, body_payment(SHOP, 500)); /* of the first to end */
    const uint64_t had = budget(world);
    world_days(world, 5); /* the last day */
    world_expect(world, DURE_RESULT_NOTHING_EXPIRED, CARL, body_lapse(2, both));
    world_days(world, 1);
    world_expect(world, DURE_RESULT_NOTHING_EXPIRED, CARL, body_lapse(0, both));
    world_expect(world, DURE_RESULT_NOTHING_EXPIRED, CARL, body_lapse(1, shop));
    world_expect(world, DURE_RESULT_NOTHING_EXPIRED, CARL, body_lapse(2, twice));
    world_expect(world, DURE_RESULT_NOTHING_EXPIRED, CARL, body_lapse(2, down));
    world_expect(world, DURE_RESULT_SUBJECT_UNKNOWN, CARL, body_lapse(1, none));
    world_expect(world, DURE_RESULT_OTHER_CITY, CARL, body_lapse(1, far));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_lapse(2, both));
    world_expect(world, DURE_RESULT_DATES_WRONG, ANNA, body_remainder(SHORT, 1));
    world_expect(world, DURE_RESULT_DATES_WRONG, BEN, body_cancel(SHORT, 1));
    world_done(world, CARL, body_lapse(2, both)); /* anybody may */
    assert_int_equal(world->effect.moves_count, 3);
    move_is(world, 0, DURE_MOVE_LOT_LAPSED, ANNA, 1, 9500);
    move_is(world, 1, DURE_MOVE_LOT_LAPSED, BEN, 1, 3000);
    move_is(world, 2, DURE_MOVE_ESCROW_TO_ACCOUNT, 0, 0, 12500);
    assert_string_equal(world->effect.moves[2].account.text, "budget");
    assert_int_equal(budget(world), had + 12500);
    assert_int_equal(fund_of(world, SHORT)->lapsed.won, 12500);
    world_expect(world, DURE_RESULT_NOTHING_EXPIRED, CARL, body_lapse(2, both));
    assert_int_equal(world_lot(world, ANNA, SHORT, 2)->left, 2000);
    assert_int_equal(world_lot(world, ANNA, FUND, 3)->left, 1000);
    world_end_reloaded(world);
}

static void a_sweep_is_as_long_as_an_effect(void **state)
{
    (void)state;
    static const uint64_t three[] = {ANNA, BEN, CARL};
    world_t *world = town();
    world_decide(world, act_account("old"));
    open_short(world, SHORT, "validity 5 years", "validity 10 days");
    open_short(world, 10, "validity 5 years\n  lapse    to issuer.budget",
               "validity 10 days\n  lapse    to issuer.old");
    for (uint32_t i = 0; i < 24; i++) {
        for (uint32_t k = 0; k < 3; k++) {
            if (i < 23 || k < 1) {
                buy(world, three[k], i == 0 ? 10 : SHORT, 1000);
            }
        }
    }
    world_days(world, 11);
    /* 70 lots and two accounts: exactly 72 moves. */
    world_done(world, REGISTRAR, body_lapse(3, three));
    assert_int_equal(world->effect.moves_count, 72);
    assert_string_equal(world->effect.moves[70].account.text, "budget");
    assert_int_equal(world->effect.moves[70].amount.won, 67000);
    assert_string_equal(world->effect.moves[71].account.text, "old");
    assert_int_equal(world->effect.moves[71].amount.won, 3000);
    assert_int_equal(world->effect.fund, 0);
    for (uint32_t i = 0; i < 72; i++) {
        buy(world, three[i / 24], SHORT, 1000);
    }
    world_days(world, 11);
    world_expect(world, DURE_RESULT_TOO_MANY_LOTS, REGISTRAR, body_lapse(3, three));
    world_done(world, REGISTRAR, body_lapse(2, three));
    world_done(world, REGISTRAR, body_lapse(1, &three[2]));
    /* A wallet of more than that is swept in two goes. */
    for (uint64_t fund = 20; fund < 23; fund++) {
        open_short(world, fund, "validity 5 years", "validity 10 days");
        for (uint32_t i = 0; i < 25; i++) {
            buy(world, ANNA, fund, 1000);
        }
    }
    world_days(world, 11);
    world_done(world, REGISTRAR, body_lapse(1, three));
    assert_int_equal(world->effect.moves_count, 72);
    assert_int_equal(world->effect.moves[71].amount.won, 19000);
    world_done(world, REGISTRAR, body_lapse(1, three));
    assert_int_equal(world->effect.moves_count, 7);
    world_expect(world, DURE_RESULT_NOTHING_EXPIRED, REGISTRAR, body_lapse(1, three));
    world_end_reloaded(world);
}

/* ---- records whose time is over */
static dure_tx_id_t propose_account(world_t *world, dure_day_t until)
{
    world_done(world, OFFICER_1, body_propose(act_account("tower"), until));
    return world_last_id(world);
}

static void expired_proposals_go(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 2);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    const dure_tx_id_t ids[] = {propose_account(world, TODAY), propose_account(world, TODAY),
                                propose_account(world, TODAY + 1)};
    const dure_tx_id_t same[] = {ids[0], ids[0]};
    world_expect(world, DURE_RESULT_NOT_OVER, ANNA, body_tidy(DURE_TABLE_PROPOSAL, 1, ids));
    world_days(world, 1);
    world_expect(world, DURE_RESULT_NOT_OVER, ANNA, body_tidy(DURE_TABLE_PROPOSAL, 3, ids));
    world_expect(world, DURE_RESULT_NOT_OVER, ANNA, body_tidy(DURE_TABLE_PROPOSAL, 2, same));
    world_expect(world, DURE_RESULT_NOT_OVER, ANNA, body_tidy(DURE_TABLE_PROPOSAL, 0, ids));
    world_expect(world, DURE_RESULT_NOT_OVER, ANNA, body_tidy(DURE_TABLE_HOLD, 1, ids));
    assert_int_equal(dure_ledger_usage(world->ledger).proposals, 3);
    world_done(world, ANNA, body_tidy(DURE_TABLE_PROPOSAL, 2, ids));
    assert_int_equal(dure_ledger_usage(world->ledger).proposals, 1);
    world_expect(world, DURE_RESULT_NOT_OVER, ANNA, body_tidy(DURE_TABLE_PROPOSAL, 1, ids));
    world_end_reloaded(world);
}

/* Records as the acts that make them leave them: what tidy does follows from them alone. */
static void grants_holds_and_refunds_go(void **state)
{
    (void)state;
    world_t *world = town();
    dure_ledger_t *ledger = world->ledger;
    const uint64_t had = budget(world);
    const dure_tx_id_t id = {.party = OFFICER_1, .number = 90};
    const dure_tx_id_t recall_id = {.party = OFFICER_1, .number = 91};
    dure_record_batch_t batch = {.id = id,
                                 .fund = FUND,
                                 .what = BATCH_GRANT,
                                 .rows = 300,
                                 .total = dure_amount(5000),
                                 .account = test_name("budget"),
                                 .from = TODAY,
                                 .until = TODAY,
                                 .done_count = 1};
    ledger_batch_add(ledger, &batch);
    batch.id = recall_id;
    batch.what = BATCH_RECALL;
    batch.account = (dure_name_t){{0}};
    batch.until = FAR_DAY;
    const uint32_t recall = ledger_batch_add(ledger, &batch);
    const dure_name_t name = test_name("budget");
    const uint32_t account = ledger_account_find(ledger, fund_of(world, FUND)->city, &name);
    ledger_account_reserve(ledger, account, dure_amount(5000));
    ledger_fund_change(ledger, ledger_fund_find(ledger, FUND))->ordered = dure_amount(5000);
    const dure_record_hold_t hold = {.id = id,
                                     .subject = ANNA,
                                     .what = DURE_HOLD_KIND_FREEZE,
                                     .reason = DURE_HOLD_REASON_OWN_REQUEST,
                                     .day = TODAY,
                                     .until = TODAY};
    ledger_hold_link(ledger, ledger_hold_add(ledger, &hold));
    const dure_record_refund_t refund = {
        .id = id, .payer = ANNA, .refunded = dure_amount(1), .until = TODAY};
    ledger_refund_add(ledger, &refund);
    world_sound(world);
    for (uint8_t table = DURE_TABLE_BATCH; table <= DURE_TABLE_REFUND; table++) {
        world_expect(world, DURE_RESULT_NOT_OVER, ANNA, body_tidy(table, 1, &id));
    }
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_order(FUND, 1000, 0));
    world_days(world, 1);
    world_done(world, BEN, body_tidy(DURE_TABLE_HOLD, 1, &id));
    world_done(world, BEN, body_tidy(DURE_TABLE_REFUND, 1, &id));
    assert_int_equal(world->effect.moves_count, 0);
    assert_int_equal(budget(world), had - 5000);
    world_done(world, BEN, body_tidy(DURE_TABLE_BATCH, 1, &id));
    assert_int_equal(world->effect.moves_count, 1);
    move_is(world, 0, DURE_MOVE_BATCH_RELEASED, 0, 0, 5000);
    assert_int_equal(budget(world), had);
    world_expect(world, DURE_RESULT_NOT_OVER, BEN, body_tidy(DURE_TABLE_BATCH, 1, &recall_id));
    batch_at(ledger, recall)->chunks_done = 2; /* all of them */
    batch_at(ledger, recall)->done[0] = 3;
    world_done(world, BEN, body_tidy(DURE_TABLE_BATCH, 1, &recall_id));
    assert_int_equal(world->effect.moves_count, 0); /* a recall reserves nothing */
    const dure_ledger_usage_t usage = dure_ledger_usage(ledger);
    assert_int_equal(usage.batches + usage.holds + usage.refunds, 0);
    world_end_reloaded(world);
}

/* ---- a fund that is paused, and one that is given back */
static void a_paused_fund_is_left_out(void **state)
{
    (void)state;
    world_t *world = town();
    open_short(world, SHORT, "validity 5 years", "validity 10 days");
    buy(world, ANNA, SHORT, 1000);
    buy(world, ANNA, FUND, 1000);
    world_done(world, ANNA, body_order(FUND, 1000, 0));
    const dure_tx_id_t order = world_last_id(world);
    world_decide(world, act_mode(SHORT, DURE_FUND_MODE_PAUSED, 0));
    world_done(world, ANNA,
               body_gift(BEN, 1000)); /* of the other fund, though this one ends first */
    assert_int_equal(world->effect.moves[0].fund, FUND);
    world_expect(world, DURE_RESULT_FUND_PAUSED, ANNA, body_gift(BEN, 1));
    assert_int_equal(world->effect.fund, SHORT);
    world_decide(world, act_mode(FUND, DURE_FUND_MODE_PAUSED, 0));
    world_expect(world, DURE_RESULT_FUND_PAUSED, ANNA, body_order(FUND, 1000, 0));
    world_done(world, BANK, body_credit(order, 940)); /* what was ordered goes on */
    world_done(world, ANNA, body_cancel(FUND, 3));
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, BEN, body_remainder(FUND, 1));
    world_decide(world, act_mode(FUND, DURE_FUND_MODE_OPEN, 0));
    world_done(world, ANNA, body_order(FUND, 1000, 0));
    world_end_reloaded(world);
}

static void a_full_refund_asks_no_rule(void **state)
{
    (void)state;
    world_t *world = town();
    world_buy(world, ANNA, 10000);
    world_buy(world, ANNA, 10000);
    world_buy(world, BEN, 10000);
    world_done(world, BEN, body_gift(CARL, 5000));
    world_done(world, ANNA, body_payment(SHOP, 1));
    world_days(world, 8); /* too late to cancel */
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_cancel(FUND, 2));
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_remainder(FUND, 1));
    world_decide(world, act_mode(FUND, DURE_FUND_MODE_FULL_REFUND, 0));
    world_expect(world, DURE_RESULT_FUND_PAUSED, ANNA, body_order(FUND, 1000, 0));
    world_expect(world, DURE_RESULT_FUND_PAUSED, ANNA, body_gift(BEN, 1));
    world_expect(world, DURE_RESULT_LOT_TOUCHED, ANNA, body_cancel(FUND, 1));
    world_done(world, ANNA, body_cancel(FUND, 2));
    world_done(world, ANNA, body_remainder(FUND, 1)); /* 9,999 of 10,000 */
    move_is(world, 2, DURE_MOVE_PAYOUT_OPENED, ANNA, 0, 9399);
    world_done(world, CARL, body_remainder(FUND, 1)); /* gifted too */
    move_is(world, 2, DURE_MOVE_PAYOUT_OPENED, CARL, 0, 4700);
    world_done(world, SHOP, body_redemption(FUND, 1));
    const fund_t *fund = fund_of(world, FUND);
    assert_int_equal(fund->held_citizens.won, 5000);
    world_end_reloaded(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gift_splits_face_and_price),
        cmocka_unit_test(gifted_money_is_not_given_cashed_or_cancelled),
        cmocka_unit_test(the_receivers_limit_counts_all_gifts),
        cmocka_unit_test(a_gift_asks_who_and_whom),
        cmocka_unit_test(a_full_wallet_takes_no_gift),
        cmocka_unit_test(a_remainder_needs_exactly_its_ratio),
        cmocka_unit_test(a_remainder_asks_who_and_what),
        cmocka_unit_test(merchants_pay_merchants),
        cmocka_unit_test(held_money_and_debts_come_first),
        cmocka_unit_test(every_way_out_counts),
        cmocka_unit_test(an_heir_gives_up_what_another_bought),
        cmocka_unit_test(what_is_over_goes_where_its_program_says),
        cmocka_unit_test(a_sweep_is_as_long_as_an_effect),
        cmocka_unit_test(expired_proposals_go),
        cmocka_unit_test(grants_holds_and_refunds_go),
        cmocka_unit_test(a_paused_fund_is_left_out),
        cmocka_unit_test(a_full_refund_asks_no_rule),
    };
    return cmocka_run_group_tests_name("ledger gifts", tests, NULL, NULL);
}

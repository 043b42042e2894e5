/* Payments and redemptions: parts, rewards, shares, paused funds, holds. */
#include "ledger/test_money.h"

#define EIGHT UINT64_C(8)

static void a_reward_is_a_lot_of_its_day(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.reward = 500});
    money_buy(world, ANNA, FUND, 100000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 10000);
    assert_int_equal(paid.fund, FUND);
    assert_int_equal(paid.parts_count, 1);
    assert_int_equal(paid.parts[0].fund, FUND);
    assert_int_equal(paid.parts[0].lots, 1);
    assert_int_equal(paid.parts[0].amount.won, 10000);
    assert_int_equal(paid.parts[0].share.won, 0);
    assert_int_equal(paid.parts[0].reward.won, 500);
    assert_int_equal(paid.parts[0].reward_lot, 2);
    assert_int_equal(paid.lots_count, 1);
    assert_int_equal(paid.lots[0].face.won, 100000);
    assert_int_equal(paid.lots[0].paid.won, 90000);
    assert_int_equal(paid.numbers_count, 0);
    assert_int_equal(money_moved(&paid, DURE_MOVE_REWARD_TO_ESCROW, FUND), 500);
    assert_int_equal(money_moved(&paid, DURE_MOVE_LOT_ISSUED, FUND), 500);
    const lot_t *reward = world_lot(world, ANNA, FUND, 2);
    assert_non_null(reward);
    assert_int_equal(reward->origin, DURE_ORIGIN_REWARD);
    assert_int_equal(reward->paid, 0);
    assert_int_equal(reward->left, 500);
    assert_int_equal(reward->issue_day, TODAY);
    assert_int_equal(money_account(world, "event")->balance.won, 99500);
    assert_int_equal(money_counter(world, ANNA, FUND, "spent"), 10000);
    assert_int_equal(money_counter(world, SHOP, FUND, "taken"), 10000);
    assert_int_equal(money_counter(world, ANNA, FUND, "times"), 1);
    assert_int_equal(money_counter(world, ANNA, FUND, "rewarded"), 500);
    assert_int_equal(money_counter(world, 0, FUND, "all_rewards"), 500);
    /* Untouched, it takes the day's next reward; the next day has its own. */
    assert_int_equal(money_pay(world, ANNA, SHOP, 2000).parts[0].reward_lot, 2);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->face, 600);
    world_days(world, 1);
    assert_int_equal(money_pay(world, ANNA, SHOP, 1000).parts[0].reward_lot, 3);
    /* All of lot 1 and part of the reward, which is touched from then on. */
    const dure_effect_t both = money_pay(world, ANNA, SHOP, 87100);
    assert_int_equal(both.parts_count, 1);
    assert_int_equal(both.parts[0].lots, 2);
    assert_int_equal(both.lots[1].origin, DURE_ORIGIN_REWARD);
    assert_int_equal(both.lots[1].face.won, 600);
    assert_null(world_lot(world, ANNA, FUND, 1));
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 500);
    assert_int_equal(world_lot(world, ANNA, FUND, 3)->left, 50 + 4355);
    money_pay(world, ANNA, SHOP, 501);
    assert_int_equal(world_lot(world, ANNA, FUND, 3)->left, 50 + 4355 - 1);
    assert_int_equal(world_lot(world, ANNA, FUND, 4)->left, 25);
    world_end(world);
}

static void a_reward_shrinks_to_what_there_is(void **state)
{
    (void)state;
    world_t *world = money_world(700, 0);
    money_fund(world, FUND, (money_terms_t){.reward = 500, .reward_cap = 1500});
    money_buy(world, ANNA, FUND, 100000);
    money_pay(world, ANNA, SHOP, 10000);
    assert_int_equal(world_number(world, DURE_LABEL_REWARD), -1);
    assert_int_equal(money_pay(world, ANNA, SHOP, 10000).parts[0].reward.won, 200);
    assert_int_equal(world_number(world, DURE_LABEL_REWARD), 200);
    assert_int_equal(money_counter(world, ANNA, FUND, "rewarded"), 700);
    const dure_effect_t none = money_pay(world, ANNA, SHOP, 10000);
    assert_int_equal(world_number(world, DURE_LABEL_REWARD), 0);
    assert_int_equal(none.parts[0].reward_lot, 0);
    assert_int_equal(none.moves_count, 2);
    assert_int_equal(money_counter(world, ANNA, FUND, "rewarded"), 700);
    /* What was not given leaves room under the program's cap, which is no shrinking. */
    money_send(world, DURE_RESULT_DONE, BANK, body_deposit("event", 100000));
    assert_int_equal(money_pay(world, ANNA, SHOP, 20000).parts[0].reward.won, 800);
    assert_int_equal(world_number(world, DURE_LABEL_REWARD), -1);
    world_end(world);
}

static void a_reward_stays_below_the_ceiling(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.reward = 500, .ceiling = 100300});
    money_buy(world, ANNA, FUND, 100000);
    assert_int_equal(money_pay(world, ANNA, SHOP, 10000).parts[0].reward.won, 300);
    assert_int_equal(world_number(world, DURE_LABEL_REWARD), 300);
    assert_int_equal(money_of(world, FUND)->issued.won, 100300);
    world_end(world);
    /* Two parts of one fund share what the ceiling leaves. */
    world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.reward = 500, .ceiling = 2060});
    money_fund(world, EIGHT, (money_terms_t){.reward = 500});
    for (uint64_t i = 0; i < 3; i++) {
        money_buy(world, ANNA, FUND + i % 2, 1000);
    }
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 3000);
    assert_int_equal(paid.parts_count, 3);
    assert_int_equal(paid.parts[0].reward.won, 50);
    assert_int_equal(paid.parts[2].reward.won, 10);
    assert_int_equal(paid.parts[2].reward_lot, paid.parts[0].reward_lot);
    assert_int_equal(world_number(world, DURE_LABEL_REWARD), 110);
    world_end(world);
}

static void rewards_have_64_places(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.reward = 500});
    money_buy(world, ANNA, FUND, 100000);
    for (uint32_t day = 0; day < 63; day++) {
        assert_int_equal(money_pay(world, ANNA, SHOP, 100).parts[0].reward_lot, 2 + day);
        world_days(world, day < 62);
    }
    /* The wallet is full, but the day's lot takes more. */
    assert_int_equal(money_pay(world, ANNA, SHOP, 100).parts[0].reward_lot, 64);
    money_send(world, DURE_RESULT_LOTS_FULL, ANNA, body_order(FUND, 1000, 0));
    world_days(world, 1);
    assert_int_equal(money_pay(world, ANNA, SHOP, 100).parts[0].reward.won, 0);
    assert_int_equal(world_number(world, DURE_LABEL_REWARD), 0);
    /* A payment that empties a lot makes a place. */
    const uint64_t rest = world_lot(world, ANNA, FUND, 1)->left;
    assert_int_equal(money_pay(world, ANNA, SHOP, rest - 1).parts[0].reward.won, 0);
    assert_int_equal(money_pay(world, ANNA, SHOP, 1 + 5 + 14).parts[0].reward_lot, 65);
    world_end(world);
}

static void a_share_goes_to_its_account(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.priority = 1, .reward = 500, .share = 100});
    money_fund(world, EIGHT, (money_terms_t){.priority = 2, .share = 200});
    money_fund(world, 9, (money_terms_t){.priority = 3, .share = 10000});
    money_buy(world, ANNA, FUND, 10000);
    money_buy(world, ANNA, EIGHT, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 15000);
    assert_int_equal(paid.fund, 0);
    assert_int_equal(paid.parts_count, 2);
    assert_int_equal(paid.parts[0].share.won, 100);
    assert_int_equal(paid.parts[0].reward.won, 500);
    assert_int_equal(paid.parts[1].fund, EIGHT);
    assert_int_equal(paid.parts[1].amount.won, 5000);
    assert_int_equal(paid.parts[1].share.won, 100);
    assert_int_equal(money_moved(&paid, DURE_MOVE_MERCHANT_RECEIVED, FUND), 9900);
    assert_int_equal(money_moved(&paid, DURE_MOVE_SHARE_TAKEN, EIGHT), 100);
    assert_int_equal(money_moved(&paid, DURE_MOVE_ESCROW_TO_ACCOUNT, 0), 200);
    assert_int_equal(money_balance(world, SHOP, FUND), 9900);
    assert_int_equal(money_balance(world, SHOP, EIGHT), 4900);
    assert_int_equal(money_account(world, "fees")->balance.won, 200);
    assert_int_equal(money_account(world, "fees")->received.won, 200);
    assert_int_equal(money_of(world, FUND)->redeemed.won, 100);
    assert_int_equal(money_of(world, FUND)->held_merchants.won, 9900);
    /* All of it: the shop gets nothing, and no entry of nothing. */
    money_buy(world, BEN, 9, 10000);
    const dure_effect_t all = money_pay(world, BEN, SHOP, 3000);
    assert_int_equal(money_moved(&all, DURE_MOVE_MERCHANT_RECEIVED, 0), 0);
    assert_int_equal(money_balance(world, SHOP, 9), 0);
    assert_int_equal(money_account(world, "fees")->balance.won, 3200);
    world_end(world);
}

static void pause(world_t *world, uint64_t fund, dure_fund_mode_t mode)
{
    ledger_fund_change(world->ledger, ledger_fund_find(world->ledger, fund))->mode = (uint8_t)mode;
}

static void a_paused_fund_is_skipped(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){.priority = 1});
    money_fund(world, EIGHT, (money_terms_t){.priority = 2});
    money_buy(world, ANNA, FUND, 10000);
    money_buy(world, ANNA, EIGHT, 3000);
    pause(world, FUND, DURE_FUND_MODE_PAUSED);
    assert_int_equal(money_pay(world, ANNA, SHOP, 1000).parts[0].fund, EIGHT);
    money_send(world, DURE_RESULT_FUND_PAUSED, ANNA, body_payment(SHOP, 2001));
    assert_int_equal(world->effect.fund, FUND);
    assert_int_equal(world_number(world, DURE_LABEL_COVERED), 2000);
    pause(world, FUND, DURE_FUND_MODE_FULL_REFUND);
    money_send(world, DURE_RESULT_FUND_PAUSED, ANNA, body_payment(SHOP, 2001));
    pause(world, FUND, DURE_FUND_MODE_OPEN);
    assert_int_equal(money_pay(world, ANNA, SHOP, 2001).parts[0].fund, FUND);
    world_end(world);
}

static dure_body_t hold(uint64_t subject, dure_hold_kind_t what, dure_hold_reason_t reason)
{
    dure_body_t body = {.kind = DURE_BODY_HOLD,
                        .hold = {.subject = subject,
                                 .what = (uint8_t)what,
                                 .reason = (uint8_t)reason,
                                 .until = TODAY + 5}};
    memset(body.hold.evidence.bytes, 1, sizeof body.hold.evidence.bytes);
    return body;
}

static void holds_stop_payments(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10000);
    money_buy(world, BEN, FUND, 10000);
    money_pay(world, ANNA, SHOP, 5000);
    const dure_hold_reason_t fraud = DURE_HOLD_REASON_SUSPECTED_FRAUD;
    money_send(world, DURE_RESULT_DONE, OFFICER_1, hold(SHOP, DURE_HOLD_KIND_SUSPENSION, fraud));
    money_send(world, DURE_RESULT_PAYEE_SUSPENDED, ANNA, body_payment(SHOP, 1));
    money_send(world, DURE_RESULT_DONE, ANNA, body_payment(OTHER, 1));
    money_send(world, DURE_RESULT_DONE, SHOP, body_redemption(FUND, 1));
    money_send(world, DURE_RESULT_DONE, OFFICER_1, hold(ANNA, DURE_HOLD_KIND_FREEZE, fraud));
    money_send(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_payment(OTHER, 1));
    money_send(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_payment(999, 1));
    money_send(world, DURE_RESULT_DONE, OFFICER_1, hold(SHOP, DURE_HOLD_KIND_FREEZE, fraud));
    money_send(world, DURE_RESULT_PARTY_FROZEN, SHOP, body_redemption(FUND, 1));
    money_send(world, DURE_RESULT_DONE, REGISTRAR,
               hold(BEN, DURE_HOLD_KIND_DEATH, DURE_HOLD_REASON_DEATH));
    money_send(world, DURE_RESULT_PARTY_DEAD, BEN, body_payment(OTHER, 1));
    world_days(world, 6);
    money_pay(world, ANNA, SHOP, 1);
    world_end(world);
}

static void a_redemption_leaves_a_share(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){.cash_share = 250});
    money_fund(world, EIGHT, (money_terms_t){.priority = 1, .cash_share = 10000});
    money_buy(world, ANNA, FUND, 10000);
    money_buy(world, BEN, EIGHT, 10000);
    money_pay(world, ANNA, SHOP, 8000);
    money_pay(world, BEN, SHOP, 1000);
    money_send(world, DURE_RESULT_DONE, SHOP, body_redemption(FUND, 1001));
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_MERCHANT_REDEEMED, FUND), 1001);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_PAYOUT_OPENED, FUND), 976);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_SHARE_TAKEN, FUND), 25);
    assert_int_equal(money_of(world, FUND)->pending.won, 976);
    assert_int_equal(money_of(world, FUND)->redeemed.won, 25);
    assert_int_equal(money_counter(world, SHOP, FUND, "cashed"), 1001);
    money_send(world, DURE_RESULT_DONE, BANK, body_result(world_last_id(world), 1));
    assert_int_equal(money_of(world, FUND)->redeemed.won, 1001);
    const uint32_t open = dure_ledger_usage(world->ledger).payouts;
    money_send(world, DURE_RESULT_DONE, SHOP, body_redemption(EIGHT, 1000));
    assert_int_equal(dure_ledger_usage(world->ledger).payouts, open);
    assert_int_equal(money_account(world, "fees")->balance.won, 1025);
    world_end(world);
}

static void held_money_is_not_redeemed(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10000);
    money_pay(world, ANNA, SHOP, 8000);
    dure_body_t held = hold(SHOP, DURE_HOLD_KIND_MONEY, DURE_HOLD_REASON_COURT_ORDER);
    held.hold.fund = FUND;
    held.hold.amount = dure_amount(5000);
    money_send(world, DURE_RESULT_DONE, OFFICER_1, held);
    money_send(world, DURE_RESULT_MONEY_HELD, SHOP, body_redemption(FUND, 3001));
    assert_int_equal(world_number(world, DURE_LABEL_ASKED), 3001);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 3000);
    assert_int_equal(world_number(world, DURE_LABEL_HELD), 5000);
    money_send(world, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP, body_redemption(FUND, 8001));
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 3000);
    money_send(world, DURE_RESULT_DONE, SHOP, body_redemption(FUND, 3000));
    held.hold.amount = dure_amount(6000); /* more than there is */
    money_send(world, DURE_RESULT_DONE, OFFICER_1, held);
    money_send(world, DURE_RESULT_MONEY_HELD, SHOP, body_redemption(FUND, 1));
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 0);
    world_end(world);
}

static void the_moves_of_a_payment_are_72(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 100000);
    const money_terms_t terms = {.reward = 500, .share = 100};
    money_fund(world, FUND, terms);
    money_fund(world, EIGHT, terms);
    for (uint64_t i = 0; i < 15; i++) {
        money_buy(world, ANNA, FUND + i % 2, 1000);
    }
    /* A part for each lot: five moves each, and two of the shop's. */
    money_send(world, DURE_RESULT_TOO_MANY_LOTS, ANNA, body_payment(SHOP, 15000));
    /* Two more of each debt that is repaid. */
    money_buy(world, BEN, FUND, 1000);
    const dure_effect_t paid = money_pay(world, BEN, OTHER, 1000);
    money_send(world, DURE_RESULT_DONE, OTHER, body_redemption(FUND, 990));
    money_refund(world, DURE_RESULT_DONE, OTHER, &paid, 1000);
    money_send(world, DURE_RESULT_TOO_MANY_LOTS, ANNA, body_payment(OTHER, 14000));
    money_send(world, DURE_RESULT_DONE, ANNA, body_payment(SHOP, 14000));
    assert_int_equal(world->effect.moves_count, 72);
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reward_is_a_lot_of_its_day),
        cmocka_unit_test(a_reward_shrinks_to_what_there_is),
        cmocka_unit_test(a_reward_stays_below_the_ceiling),
        cmocka_unit_test(rewards_have_64_places),
        cmocka_unit_test(a_share_goes_to_its_account),
        cmocka_unit_test(a_paused_fund_is_skipped),
        cmocka_unit_test(holds_stop_payments),
        cmocka_unit_test(a_redemption_leaves_a_share),
        cmocka_unit_test(held_money_is_not_redeemed),
        cmocka_unit_test(the_moves_of_a_payment_are_72),
    };
    return cmocka_run_group_tests_name("ledger pay", tests, NULL, NULL);
}

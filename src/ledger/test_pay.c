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

/* ---- a redemption's share ---- */

static const payout_t *open_payout(const world_t *world, dure_tx_id_t id)
{
    const uint32_t cell = ledger_index_find(world->ledger, INDEX_PAYOUT, ledger_id(&id));
    assert_int_not_equal(cell, CELL_NONE);
    return payout_at(world->ledger, cell);
}

static void result(world_t *world, dure_result_t expected, dure_tx_id_t payout, bool settled)
{
    money_send(world, expected, BANK, body_result(payout, settled ? 1 : 2));
}

static dure_tx_id_t redeem(world_t *world, uint64_t won)
{
    money_send(world, DURE_RESULT_DONE, SHOP, body_redemption(FUND, won));
    return world_last_id(world);
}

/* SHOP with 8,000 won of FUND. */
static world_t *cash_world(money_terms_t terms)
{
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, terms);
    money_buy(world, ANNA, FUND, 10000);
    money_pay(world, ANNA, SHOP, 8000);
    return world;
}

static void a_redemption_leaves_a_share(void **state)
{
    (void)state;
    world_t *world = cash_world((money_terms_t){.cash_share = 250});
    const dure_tx_id_t id = redeem(world, 1001);
    assert_int_equal(world->effect.moves_count, 2);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_MERCHANT_REDEEMED, FUND), 1001);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_PAYOUT_OPENED, FUND), 1001);
    assert_int_equal(money_of(world, FUND)->pending.won, 1001);
    assert_int_equal(money_of(world, FUND)->redeemed.won, 0);
    assert_int_equal(money_account(world, "fees")->received.won, 0);
    assert_int_equal(money_counter(world, SHOP, FUND, "cashed"), 1001);
    world_reload(world);
    assert_int_equal(open_payout(world, id)->amount.won, 976);
    assert_int_equal(open_payout(world, id)->share.won, 25);
    result(world, DURE_RESULT_DONE, id, true);
    assert_int_equal(world->effect.moves_count, 3);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_PAYOUT_SETTLED, FUND), 976);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_SHARE_TAKEN, FUND), 25);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_ESCROW_TO_ACCOUNT, FUND), 25);
    assert_int_equal(world->effect.moves[1].party, SHOP);
    assert_int_equal(money_of(world, FUND)->pending.won, 0);
    assert_int_equal(money_of(world, FUND)->redeemed.won, 1001);
    assert_int_equal(money_account(world, "fees")->balance.won, 25);
    result(world, DURE_RESULT_PAYOUT_UNKNOWN, id, true);
    world_end_reloaded(world);
}

static void a_share_of_everything_is_taken_at_once(void **state)
{
    (void)state;
    world_t *world = cash_world((money_terms_t){.cash_share = 10000});
    redeem(world, 1000);
    assert_int_equal(dure_ledger_usage(world->ledger).payouts, 0);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_SHARE_TAKEN, FUND), 1000);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_PAYOUT_OPENED, FUND), 0);
    assert_int_equal(money_of(world, FUND)->redeemed.won, 1000);
    assert_int_equal(money_account(world, "fees")->balance.won, 1000);
    world_end_reloaded(world);
}

static void a_rejected_redemption_comes_back_whole(void **state)
{
    (void)state;
    world_t *world = cash_world((money_terms_t){.cash_share = 250});
    const dure_tx_id_t failed = redeem(world, 1001);
    const dure_tx_id_t all = redeem(world, 6999);
    assert_int_equal(money_balance(world, SHOP, FUND), 0);
    world_reload(world);
    result(world, DURE_RESULT_DONE, failed, false);
    assert_int_equal(world->effect.moves_count, 1);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_PAYOUT_REJECTED, FUND), 1001);
    assert_int_equal(money_balance(world, SHOP, FUND), 1001);
    assert_int_equal(money_counter(world, SHOP, FUND, "cashed"), 6999);
    result(world, DURE_RESULT_DONE, all, false);
    assert_int_equal(money_balance(world, SHOP, FUND), 8000);
    assert_int_equal(money_counter(world, SHOP, FUND, "cashed"), 0);
    assert_int_equal(money_of(world, FUND)->pending.won, 0);
    assert_int_equal(money_of(world, FUND)->redeemed.won, 0);
    assert_int_equal(money_of(world, FUND)->escrow.won, 10000);
    assert_int_equal(money_account(world, "fees")->received.won, 0);
    /* The next try pays the share, once. */
    const dure_tx_id_t again = redeem(world, 8000);
    result(world, DURE_RESULT_DONE, again, true);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_PAYOUT_SETTLED, FUND), 7800);
    assert_int_equal(money_account(world, "fees")->received.won, 200);
    assert_int_equal(money_counter(world, SHOP, FUND, "cashed"), 8000);
    result(world, DURE_RESULT_PAYOUT_UNKNOWN, failed, true);
    assert_int_equal(money_account(world, "fees")->balance.won, 200);
    world_end_reloaded(world);
}

/* What was counted yesterday is no room today. */
static void a_rejection_uncounts_in_its_own_period(void **state)
{
    (void)state;
    world_t *world = cash_world((money_terms_t){.cash_share = 250});
    const dure_tx_id_t yesterday = redeem(world, 1000);
    world_days(world, 1);
    const dure_tx_id_t today = redeem(world, 1500);
    result(world, DURE_RESULT_DONE, yesterday, false);
    assert_int_equal(money_counter(world, SHOP, FUND, "cashed"), 1500);
    result(world, DURE_RESULT_DONE, today, false);
    assert_int_equal(money_counter(world, SHOP, FUND, "cashed"), 0);
    assert_int_equal(money_balance(world, SHOP, FUND), 8000);
    world_end_reloaded(world);
}

static void a_held_payout_keeps_its_share(void **state)
{
    (void)state;
    world_t *world = cash_world((money_terms_t){.cash_share = 250, .cash_hold = 3});
    const dure_tx_id_t held = redeem(world, 1001);
    const dure_tx_id_t other = redeem(world, 2000);
    assert_int_not_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), -1);
    result(world, DURE_RESULT_PAYOUT_HELD, held, true);
    assert_int_equal(money_account(world, "fees")->received.won, 0);
    result(world, DURE_RESULT_DONE, other, false); /* a rejection need not wait */
    assert_int_equal(money_balance(world, SHOP, FUND), 6999);
    world_reload(world);
    world_days(world, 3);
    result(world, DURE_RESULT_DONE, held, true);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_PAYOUT_SETTLED, FUND), 976);
    assert_int_equal(money_account(world, "fees")->received.won, 25);
    world_end_reloaded(world);
}

/* What was decided stays, whatever a later program takes. */
static void a_later_program_does_not_change_a_share(void **state)
{
    (void)state;
    world_t *world = cash_world((money_terms_t){.cash_share = 250});
    const dure_tx_id_t before = redeem(world, 1000);
    money_version(world, FUND, dure_day_add_days(world->ledger->today, 31), (money_terms_t){0});
    world_days(world, 31);
    const dure_tx_id_t after = redeem(world, 1000);
    assert_int_equal(open_payout(world, after)->version, 1);
    assert_int_equal(open_payout(world, after)->share.won, 0);
    world_reload(world);
    result(world, DURE_RESULT_DONE, before, true);
    result(world, DURE_RESULT_DONE, after, true);
    assert_int_equal(world->effect.moves_count, 1);
    assert_int_equal(money_account(world, "fees")->received.won, 25);
    world_end_reloaded(world);
}

/* Loads all records but for one won of each payout that is said to be a share. */
static const char *load_with_shares(world_t *world)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX], changed[DURE_RECORD_SIZE_MAX];
    void *memory;
    dure_ledger_t *to = world_second(world, &memory);
    const char *problem = NULL;
    uint64_t cursor = 0;
    uint8_t table;
    dure_blind_t blind;
    dure_hash_t root;
    dure_ledger_root(world->ledger, &root); /* the records are read from a clean tree */
    dure_ledger_load_begin(to);
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    while (dure_ledger_next(world->ledger, &cursor, &table, &blind, &out)) {
        dure_bytes_t record = dure_writer_bytes(&out);
        if (table == DURE_TABLE_PAYOUT) {
            dure_reader_t reader = dure_reader(record);
            dure_record_payout_t payout;
            dure_record_payout_decode(&reader, &payout);
            payout.amount = dure_amount_minus(payout.amount, dure_amount(1));
            payout.share = dure_amount_plus(payout.share, dure_amount(1));
            dure_writer_t writer = dure_writer(changed, sizeof changed);
            dure_record_payout_encode(&writer, &payout);
            record = dure_writer_bytes(&writer);
        }
        assert_true(dure_ledger_load_record(to, table, &blind, record, &problem));
        out = dure_writer(bytes, sizeof bytes);
    }
    const bool loaded = dure_ledger_load_end(to, &problem);
    assert_int_equal(loaded, problem == NULL);
    free(memory);
    return problem;
}

static void a_share_without_an_account_is_not_loaded(void **state)
{
    (void)state;
    world_t *world = cash_world((money_terms_t){.cash_share = 250});
    redeem(world, 1000);
    assert_null(load_with_shares(world)); /* another division has its account too */
    world_end(world);
    world = cash_world((money_terms_t){0});
    redeem(world, 1000);
    assert_string_equal(load_with_shares(world), "a payout whose share has no account");
    world_end(world);
    world = cash_world((money_terms_t){.cash_share = 250});
    money_buy(world, BEN, FUND, 1000);
    money_send(world, DURE_RESULT_DONE, BEN, body_cancel(FUND, 1));
    assert_string_equal(load_with_shares(world), "a payout whose share has no account");
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
        cmocka_unit_test(a_share_of_everything_is_taken_at_once),
        cmocka_unit_test(a_rejected_redemption_comes_back_whole),
        cmocka_unit_test(a_rejection_uncounts_in_its_own_period),
        cmocka_unit_test(a_held_payout_keeps_its_share),
        cmocka_unit_test(a_later_program_does_not_change_a_share),
        cmocka_unit_test(a_share_without_an_account_is_not_loaded),
        cmocka_unit_test(held_money_is_not_redeemed),
        cmocka_unit_test(the_moves_of_a_payment_are_72),
    };
    return cmocka_run_group_tests_name("ledger pay", tests, NULL, NULL);
}

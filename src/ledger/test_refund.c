/* Refunds: what comes back to whom, in every state that payer, shop and accounts can be in. */
#include "ledger/test_money.h"

#define EIGHT UINT64_C(8)
#define NINE  UINT64_C(9)

static const dure_result_t done = DURE_RESULT_DONE;

static uint64_t refunded(const world_t *world, const dure_effect_t *payment)
{
    const uint32_t cell = ledger_index_find(world->ledger, INDEX_REFUND, ledger_id(&payment->id));
    return cell == CELL_NONE ? 0 : refund_at(world->ledger, cell)->refunded.won;
}

/* ---- the same day ---- */
static void all_of_it(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 100000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 10000);
    money_refund(world, done, SHOP, &paid, 10000);
    const dure_effect_t *effect = &world->effect;
    assert_int_equal(effect->fund, FUND);
    assert_int_equal(effect->moves_count, 2);
    assert_int_equal(effect->moves[0].what, DURE_MOVE_MERCHANT_RETURNED);
    assert_int_equal(effect->moves[0].party, SHOP);
    assert_int_equal(effect->moves[0].amount.won, 10000);
    assert_int_equal(effect->moves[1].what, DURE_MOVE_LOT_RETURNED);
    assert_int_equal(effect->moves[1].party, ANNA);
    assert_int_equal(effect->moves[1].lot, 1);
    assert_int_equal(effect->moves[1].amount.won, 10000);
    assert_int_equal(world_number(world, DURE_LABEL_REFUNDED), 10000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 100000);
    assert_int_equal(money_balance(world, SHOP, FUND), 0);
    assert_int_equal(money_counter(world, ANNA, FUND, "spent"), 0);
    assert_int_equal(money_counter(world, SHOP, FUND, "taken"), 0);
    assert_int_equal(money_counter(world, ANNA, FUND, "times"), 0);
    const uint32_t cell = ledger_index_find(world->ledger, INDEX_REFUND, ledger_id(&paid.id));
    assert_int_equal(refund_at(world->ledger, cell)->payer, ANNA);
    assert_int_equal(refund_at(world->ledger, cell)->until, TODAY + 90);
    money_refund(world, DURE_RESULT_REFUND_TOO_MUCH, SHOP, &paid, 1);
    assert_int_equal(world_number(world, DURE_LABEL_REFUNDED), 10000);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 0);
    /* As untouched as it was. */
    money_send(world, done, ANNA, body_cancel(FUND, 1));
    world_end(world);
}

static void in_pieces_to_the_last_won(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 100000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 10000);
    money_refund(world, done, SHOP, &paid, 4000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 94000);
    assert_int_equal(money_counter(world, ANNA, FUND, "spent"), 6000);
    assert_int_equal(money_counter(world, ANNA, FUND, "times"), 1);
    money_refund(world, DURE_RESULT_REFUND_TOO_MUCH, SHOP, &paid, 6001);
    assert_int_equal(world_number(world, DURE_LABEL_ASKED), 6001);
    assert_int_equal(world_number(world, DURE_LABEL_REFUNDED), 4000);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 6000);
    money_refund(world, done, SHOP, &paid, 5999);
    assert_int_equal(money_counter(world, ANNA, FUND, "times"), 1);
    money_refund(world, done, SHOP, &paid, 1);
    assert_int_equal(money_counter(world, ANNA, FUND, "times"), 0);
    assert_int_equal(refunded(world, &paid), 10000);
    assert_int_equal(dure_ledger_usage(world->ledger).refunds, 1);
    money_refund(world, DURE_RESULT_REFUND_TOO_MUCH, SHOP, &paid, 1);
    world_end(world);
}

static void only_by_its_payee_of_a_payment(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 100000);
    const dure_effect_t bought = world->effect;
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 10000);
    money_refund(world, DURE_RESULT_NOT_PERMITTED, OTHER, &paid, 1);
    money_refund(world, DURE_RESULT_NOT_PERMITTED, ANNA, &paid, 1);
    money_refund(world, DURE_RESULT_NOT_A_PAYMENT, SHOP, &bought, 1);
    money_send(world, DURE_RESULT_NOT_ENOUGH_MONEY, ANNA, body_payment(SHOP, 90001));
    const dure_effect_t refused = world->effect;
    money_refund(world, DURE_RESULT_NOT_A_PAYMENT, SHOP, &refused, 1);
    /* No proof, or of another payment: inadmissible, and the number stays free. */
    const dure_body_t body = body_refund(paid.id, 1);
    dure_tx_t tx = world_tx(world, SHOP, &body);
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_WITNESS_WRONG);
    world->proven = &refused;
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_WITNESS_WRONG);
    world->proven = &paid;
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_DONE);
    world_end(world);
}

/* ---- time ---- */
static void within_its_days(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){.priority = 1, .refund = "refund within 20 days"});
    money_fund(world, EIGHT, (money_terms_t){.priority = 2, .refund = "refund within 5 days"});
    money_fund(world, NINE, (money_terms_t){.priority = 3, .refund = ""});
    money_buy(world, ANNA, FUND, 1000);
    money_buy(world, ANNA, EIGHT, 1000);
    money_buy(world, ANNA, NINE, 1000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 1500);
    const dure_effect_t never = money_pay(world, ANNA, SHOP, 1000);
    assert_int_equal(never.parts_count, 2);
    /* The last part is of a fund whose program has no refunds. */
    money_refund(world, DURE_RESULT_REFUND_TOO_LATE, SHOP, &never, 1);
    assert_int_equal(world_number(world, DURE_LABEL_LATEST_DAY), -1);
    world_days(world, 5);
    money_refund(world, done, SHOP, &paid, 200);
    world_days(world, 1);
    /* 300 of the second fund are still not refunded, and now never will be. */
    money_refund(world, DURE_RESULT_REFUND_TOO_LATE, SHOP, &paid, 1300);
    assert_int_equal(world_number(world, DURE_LABEL_LATEST_DAY), TODAY + 5);
    const uint32_t cell = ledger_index_find(world->ledger, INDEX_REFUND, ledger_id(&paid.id));
    assert_int_equal(refund_at(world->ledger, cell)->until, TODAY + 20);
    world_end(world);
}

static void twenty_days_later(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.refund = "refund within 20 days", .reward = 500});
    money_buy(world, ANNA, FUND, 100000);
    world_days(world, 25); /* 2026-01-26 */
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 10000);
    assert_int_equal(money_counter(world, ANNA, FUND, "spent"), 10000);
    world_days(world, 20); /* another month: that month's counters are over, the eternal is not */
    money_pay(world, ANNA, SHOP, 3000);
    money_refund(world, done, SHOP, &paid, 10000);
    assert_int_equal(money_counter(world, ANNA, FUND, "spent"), 3000);
    assert_int_equal(money_counter(world, ANNA, FUND, "times"), 1);
    assert_int_equal(money_counter(world, ANNA, FUND, "rewarded"), 150);
    assert_int_equal(money_counter(world, SHOP, FUND, "taken"), 3000);
    assert_int_equal(money_counter(world, 0, FUND, "all_rewards"), 150);
    assert_int_equal(money_lots(world, ANNA, FUND), 97150);
    world_days(world, 1);
    const dure_effect_t late = money_pay(world, ANNA, SHOP, 10000);
    world_days(world, 21);
    money_refund(world, DURE_RESULT_REFUND_TOO_LATE, SHOP, &late, 1);
    world_end(world);
}

static void a_lot_that_expired_comes_back_for_a_while(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){.validity = "10 days"});
    money_buy(world, ANNA, FUND, 10000);
    money_buy(world, ANNA, FUND, 5000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 12000); /* lot 2 keeps 3,000 */
    world_days(world, 11);
    money_send(world, DURE_RESULT_NOT_ENOUGH_MONEY, ANNA, body_payment(SHOP, 1));
    /* Of lot 2, which still stands: under a new number, and the second piece with the first. */
    money_refund(world, done, SHOP, &paid, 500);
    money_refund(world, done, SHOP, &paid, 1500);
    const lot_t *fresh = world_lot(world, ANNA, FUND, 3);
    assert_non_null(fresh);
    assert_int_equal(fresh->left, 2000);
    assert_int_equal(fresh->face, 5000);
    assert_int_equal(fresh->paid, 4500);
    assert_int_equal(fresh->issue_day, TODAY);
    assert_int_equal(fresh->end_day, TODAY + 11 + 30);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 3000);
    /* Lot 1 was emptied: its number is free. */
    money_refund(world, done, SHOP, &paid, 4000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 4000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->end_day, TODAY + 11 + 30);
    world_days(world, 1);
    money_refund(world, done, SHOP, &paid, 6000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 4000);
    assert_int_equal(world_lot(world, ANNA, FUND, 4)->left, 6000);
    money_pay(world, ANNA, OTHER, 12000);
    assert_int_equal(money_lots(world, ANNA, FUND), 3000);
    /* On its last day a lot comes back as it was. */
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t other = money_pay(world, ANNA, SHOP, 10000);
    world_days(world, 10);
    money_refund(world, done, SHOP, &other, 10000);
    assert_int_equal(world_lot(world, ANNA, FUND, 5)->end_day, TODAY + 12 + 10);
    world_end(world);
}

/* What comes back into a lot never makes it more than it was. */
static void lots_of_equal_terms(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){.validity = "10 days"});
    money_buy(world, ANNA, FUND, 5000);
    money_buy(world, ANNA, FUND, 5000);
    const dure_effect_t first = money_pay(world, ANNA, SHOP, 4000);
    const dure_effect_t second = money_pay(world, ANNA, SHOP, 4000); /* 3,000 of lot 2 */
    money_refund(world, done, SHOP, &first, 1);                      /* lot 1 stands again */
    world_days(world, 11);
    money_refund(world, done, SHOP, &first, 3999);
    assert_int_equal(world_lot(world, ANNA, FUND, 3)->left, 3999);
    money_refund(world, done, SHOP, &second, 3000);
    assert_int_equal(world_lot(world, ANNA, FUND, 4)->left, 3000);
    money_refund(world, done, SHOP, &second, 1000);
    assert_int_equal(world_lot(world, ANNA, FUND, 3)->left, 4999);
    world_end(world);
}

/* ---- lots ---- */
static void emptied_and_standing_lots(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){.priority = 1});
    money_fund(world, EIGHT, (money_terms_t){.priority = 2});
    money_buy(world, ANNA, FUND, 1000);
    money_buy(world, ANNA, FUND, 2000);
    money_buy(world, ANNA, EIGHT, 4000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 5000);
    assert_int_equal(paid.parts_count, 2);
    assert_int_equal(paid.lots_count, 3);
    assert_null(world_lot(world, ANNA, FUND, 1));
    assert_null(world_lot(world, ANNA, FUND, 2));
    /* From the end: 2,000 of the last fund, then lot 2, then lot 1. */
    money_refund(world, done, SHOP, &paid, 1500);
    assert_int_equal(world->effect.fund, EIGHT);
    assert_int_equal(world_lot(world, ANNA, EIGHT, 3)->left, 3500);
    money_refund(world, done, SHOP, &paid, 1000);
    assert_int_equal(world->effect.fund, 0);
    assert_int_equal(world_lot(world, ANNA, EIGHT, 3)->left, 4000);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 500);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->face, 2000);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->paid, 1800);
    assert_int_equal(money_counter(world, ANNA, EIGHT, "times"), 0);
    assert_int_equal(money_counter(world, ANNA, FUND, "times"), 1);
    money_refund(world, done, SHOP, &paid, 2500);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 1000);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 2000);
    money_send(world, done, ANNA, body_cancel(FUND, 2));
    world_end(world);
}

/* A lot whose terms changed meanwhile keeps them: what comes back stands beside it. */
static void a_changed_lot_is_left_alone(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 4000);
    lot_t *lot = lot_at(world->ledger,
                        party_at(world->ledger, ledger_party_find(world->ledger, ANNA))->holdings);
    lot->face = 6000; /* as after a gift of the rest of it */
    lot->paid = 5400;
    for (uint32_t i = 0; i < 4; i++) {
        money_refund(world, done, SHOP, &paid, 1000);
    }
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 6000);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 4000);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->face, 10000);
    assert_int_equal(dure_ledger_usage(world->ledger).lots, 2);
    world_end(world);
}

/* 32 lots of a fund hinder nothing; 1,024 places in all do. */
static void a_full_wallet(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 10);
    for (uint32_t i = 0; i < DURE_PARTY_LOTS_MAX; i++) {
        money_buy(world, ANNA, FUND, 100 + i);
        world_days(world, 1);
    }
    money_refund(world, done, SHOP, &paid, 1);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 1);
    money_send(world, DURE_RESULT_LOTS_FULL, ANNA, body_order(FUND, 1, 0));
    const uint32_t fund = ledger_fund_find(world->ledger, FUND);
    const uint32_t anna = ledger_party_find(world->ledger, ANNA);
    const dure_lot_t small = {.fund = FUND,
                              .origin = DURE_ORIGIN_GRANT,
                              .face = {1},
                              .left = {1},
                              .subsidy = {1},
                              .order_day = TODAY,
                              .issue_day = TODAY,
                              .end_day = FAR_DAY};
    const dure_effect_t other = money_pay(world, ANNA, SHOP, 50); /* lot 1, and 49 of lot 2 */
    for (uint32_t i = ledger_places(world->ledger, anna); i < PARTY_PLACES_MAX; i++) {
        dure_lot_t lot = small;
        lot.number = 1000 + i;
        ledger_lot_add(world->ledger, anna, &lot, fund);
        fund_t *of = ledger_fund_change(world->ledger, fund);
        of->issued = dure_amount_plus(of->issued, small.face);
        of->held_citizens = dure_amount_plus(of->held_citizens, small.face);
        of->escrow = dure_amount_plus(of->escrow, small.face);
    }
    money_refund(world, DURE_RESULT_LOTS_FULL, SHOP, &other, 50);
    /* Into a lot that stands something comes back all the same. */
    money_refund(world, done, SHOP, &other, 49);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 100);
    world_end(world);
}

/* ---- the shop has not enough ---- */
static void the_reserve_advances_and_is_repaid(void **state)
{
    (void)state;
    world_t *world = money_world(0, 50000);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 100000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 10000);
    money_send(world, done, SHOP, body_redemption(FUND, 7000));
    money_send(world, done, BANK, body_result(world_last_id(world), 1));
    money_refund(world, done, SHOP, &paid, 10000);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_MERCHANT_RETURNED, FUND), 3000);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_ADVANCE_TO_ESCROW, FUND), 7000);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_DEBT_OPENED, FUND), 7000);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_LOT_RETURNED, FUND), 10000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 100000);
    assert_int_equal(money_balance(world, SHOP, FUND), 0);
    assert_int_equal(money_owed(world, SHOP, FUND), 7000);
    assert_int_equal(money_account(world, "refund_reserve")->balance.won, 43000);
    assert_int_equal(money_of(world, FUND)->issued.won, 107000);
    /* The next takings repay it: in part, then the rest. */
    const dure_effect_t next = money_pay(world, ANNA, SHOP, 2000);
    assert_int_equal(money_moved(&next, DURE_MOVE_MERCHANT_RECEIVED, FUND), 2000);
    assert_int_equal(money_moved(&next, DURE_MOVE_DEBT_REPAID, FUND), 2000);
    assert_int_equal(money_moved(&next, DURE_MOVE_ESCROW_TO_ACCOUNT, FUND), 2000);
    assert_int_equal(money_balance(world, SHOP, FUND), 0);
    assert_int_equal(money_owed(world, SHOP, FUND), 5000);
    assert_int_equal(money_of(world, FUND)->refunded.won, 2000);
    money_send(world, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP, body_redemption(FUND, 1));
    /* A refund of what went into the debt is advanced once more. */
    money_refund(world, done, SHOP, &next, 2000);
    assert_int_equal(money_owed(world, SHOP, FUND), 7000);
    money_pay(world, ANNA, SHOP, 9000);
    assert_int_equal(money_balance(world, SHOP, FUND), 2000);
    assert_int_equal(money_owed(world, SHOP, FUND), 0);
    assert_int_equal(money_account(world, "refund_reserve")->balance.won, 50000);
    assert_int_equal(money_account(world, "refund_reserve")->spent.won, 9000);
    assert_int_equal(money_account(world, "refund_reserve")->received.won, 9000);
    world_end(world);
}

static void the_reserve_is_empty_or_missing(void **state)
{
    (void)state;
    world_t *world = money_world(0, 3000);
    money_fund(world, FUND, (money_terms_t){.priority = 1});
    money_fund(world, EIGHT, (money_terms_t){.priority = 2});
    money_buy(world, ANNA, FUND, 10000);
    money_buy(world, ANNA, EIGHT, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 12000);
    money_send(world, done, SHOP, body_redemption(FUND, 10000));
    money_send(world, done, SHOP, body_redemption(EIGHT, 1000));
    /* Each fund's advance fits by itself, both together do not. */
    money_refund(world, DURE_RESULT_ACCOUNT_EMPTY, SHOP, &paid, 4001);
    assert_int_equal(world_number(world, DURE_LABEL_ASKED), 3001);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 3000);
    money_refund(world, done, SHOP, &paid, 4000);
    assert_int_equal(money_owed(world, SHOP, FUND), 2000);
    assert_int_equal(money_owed(world, SHOP, EIGHT), 1000);
    world_end(world);
    world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t bare = money_pay(world, ANNA, SHOP, 5000);
    money_send(world, done, SHOP, body_redemption(FUND, 1));
    money_refund(world, DURE_RESULT_ACCOUNT_UNKNOWN, SHOP, &bare, 5000);
    money_refund(world, done, SHOP, &bare, 4999);
    world_end(world);
}

static void held_money_and_holds_do_not_hinder(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 5000);
    dure_body_t hold = {.kind = DURE_BODY_HOLD,
                        .hold = {.subject = SHOP,
                                 .what = DURE_HOLD_KIND_MONEY,
                                 .reason = DURE_HOLD_REASON_COURT_ORDER,
                                 .fund = FUND,
                                 .amount = {5000},
                                 .until = TODAY + 5}};
    memset(hold.hold.evidence.bytes, 1, sizeof hold.hold.evidence.bytes);
    money_send(world, done, OFFICER_1, hold);
    hold.hold.what = DURE_HOLD_KIND_FREEZE;
    hold.hold.fund = 0;
    hold.hold.amount = DURE_AMOUNT_ZERO;
    money_send(world, done, OFFICER_1, hold);
    hold.hold.subject = ANNA;
    money_send(world, done, OFFICER_1, hold);
    hold = (dure_body_t){.kind = DURE_BODY_HOLD,
                         .hold = {.subject = ANNA,
                                  .what = DURE_HOLD_KIND_DEATH,
                                  .reason = DURE_HOLD_REASON_DEATH,
                                  .until = FAR_DAY}};
    money_send(world, done, REGISTRAR, hold);
    ledger_fund_change(world->ledger, ledger_fund_find(world->ledger, FUND))->mode =
        DURE_FUND_MODE_PAUSED;
    money_refund(world, done, SHOP, &paid, 5000);
    assert_int_equal(money_lots(world, ANNA, FUND), 10000);
    world_end(world);
}

/* ---- what paid, and what came between ---- */
static void of_a_collection(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.reward = 500, .share = 100});
    money_buy(world, ANNA, FUND, 10000);
    const dure_mandate_t mandate = {.payer = ANNA,
                                    .number = 1000,
                                    .amount_max = {5000},
                                    .until = START + DAY_MS,
                                    .payee = SHOP};
    money_send(world, done, SHOP, body_collection(world, mandate, 0, 5000));
    const dure_effect_t paid = world->effect;
    assert_int_equal(paid.id.party, SHOP);
    assert_int_equal(money_lots(world, ANNA, FUND), 5250);
    money_refund(world, DURE_RESULT_NOT_PERMITTED, OTHER, &paid, 5000);
    money_refund(world, done, SHOP, &paid, 5000);
    assert_int_equal(money_lots(world, ANNA, FUND), 10000);
    const uint32_t cell = ledger_index_find(world->ledger, INDEX_REFUND, ledger_id(&paid.id));
    assert_int_equal(refund_at(world->ledger, cell)->payer, ANNA);
    world_end(world);
}

/* The program that let pay says how long, and whose the reward and the share were. */
static void of_another_version(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND,
               (money_terms_t){.old_lots = "follow notice 30 days", .reward = 500, .share = 100});
    money_buy(world, ANNA, FUND, 100000);
    money_version(world, FUND, TODAY + 30,
                  (money_terms_t){.refund = "refund within 5 days", .reward = 1000});
    const dure_effect_t old = money_pay(world, ANNA, SHOP, 10000);
    world_days(world, 36);
    const dure_effect_t new = money_pay(world, ANNA, SHOP, 10000);
    assert_int_equal(old.parts[0].version, 0);
    assert_int_equal(new.parts[0].version, 1);
    assert_int_equal(new.parts[0].share.won, 0);
    assert_int_equal(new.lots[0].version, 0);
    money_refund(world, done, SHOP, &old, 10000);
    assert_int_equal(money_account(world, "fees")->balance.won, 0);
    assert_int_equal(money_account(world, "event")->balance.won, 99000);
    money_refund(world, done, SHOP, &new, 1000);
    assert_int_equal(money_account(world, "event")->balance.won, 99100);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->version, 0);
    world_days(world, 6);
    money_refund(world, DURE_RESULT_REFUND_TOO_LATE, SHOP, &new, 1);
    world_end(world);
}

/* What of a lot was given away meanwhile stays given. */
static void after_a_gift(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 4000);
    money_send(world, done, ANNA, body_gift(BEN, 3000));
    money_refund(world, done, SHOP, &paid, 1000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 3000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->face, 7000);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 1000);
    money_send(world, done, ANNA, body_gift(BEN, 4000));
    money_refund(world, done, SHOP, &paid, 3000);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 3000);
    assert_int_equal(money_lots(world, BEN, FUND), 7000);
    world_end(world);
}

/* A shop that passed its takings on to another shop owes, and the other does not. */
static void after_recirculation(void **state)
{
    (void)state;
    world_t *world = money_world(0, 10000);
    money_fund(world, FUND, (money_terms_t){0});
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 4000);
    money_send(world, done, SHOP, body_recirculation(OTHER, FUND, 4000));
    money_refund(world, done, SHOP, &paid, 4000);
    assert_int_equal(money_owed(world, SHOP, FUND), 4000);
    money_send(world, done, OTHER, body_recirculation(SHOP, FUND, 1500));
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_DEBT_REPAID, FUND), 1500);
    assert_int_equal(money_owed(world, SHOP, FUND), 2500);
    assert_int_equal(money_account(world, "refund_reserve")->balance.won, 7500);
    world_end(world);
}

/* ---- rewards and shares ---- */
static void a_reward_is_taken_back(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.reward = 333});
    money_buy(world, ANNA, FUND, 100000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 1000); /* 33 */
    assert_int_equal(paid.parts[0].reward.won, 33);
    /* Of 700 that stay, 23 are kept. */
    money_refund(world, done, SHOP, &paid, 300);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_LOT_WITHDRAWN, FUND), 10);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_ESCROW_TO_ACCOUNT, FUND), 10);
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 23);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 99300);
    assert_int_equal(money_account(world, "event")->balance.won, 99977);
    assert_int_equal(money_counter(world, ANNA, FUND, "rewarded"), 23);
    assert_int_equal(money_counter(world, 0, FUND, "all_rewards"), 23);
    money_refund(world, done, SHOP, &paid, 700);
    assert_null(world_lot(world, ANNA, FUND, 2));
    assert_int_equal(money_account(world, "event")->balance.won, 100000);
    assert_int_equal(money_lots(world, ANNA, FUND), 100000);
    world_end(world);
}

static void a_spent_reward_is_taken_from_what_comes_back(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.priority = 1, .reward = 1000});
    money_buy(world, ANNA, FUND, 300);
    money_buy(world, ANNA, FUND, 700);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 1000); /* lots 1 and 2; 100: lot 3 */
    money_pay(world, ANNA, OTHER, 40);
    assert_int_equal(world_lot(world, ANNA, FUND, 3)->left, 60);
    /* 80 to take back: 60 of the reward's lot, 20 of lot 1, which came back after lot 2. */
    money_refund(world, done, SHOP, &paid, 800);
    assert_null(world_lot(world, ANNA, FUND, 3));
    assert_int_equal(world_lot(world, ANNA, FUND, 2)->left, 700);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 80);
    /* All that is left of the reward, from the rest of lot 1. */
    money_refund(world, done, SHOP, &paid, 200);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 260);
    assert_int_equal(money_account(world, "event")->received.won, 100);
    world_end(world);
}

static void a_share_comes_back_from_its_account(void **state)
{
    (void)state;
    world_t *world = money_world(0, 100);
    money_fund(world, FUND, (money_terms_t){.share = 1000});
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 1005); /* 100 */
    money_refund(world, done, SHOP, &paid, 500);                   /* 505 stay, of which 50 */
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_ADVANCE_TO_ESCROW, FUND), 50);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_MERCHANT_RETURNED, FUND), 450);
    assert_int_equal(money_balance(world, SHOP, FUND), 455);
    assert_int_equal(money_account(world, "fees")->balance.won, 50);
    money_refund(world, done, SHOP, &paid, 505);
    assert_int_equal(money_balance(world, SHOP, FUND), 0);
    assert_int_equal(money_account(world, "fees")->balance.won, 0);
    assert_int_equal(world_lot(world, ANNA, FUND, 1)->left, 10000);
    /* What the account no longer has it cannot give: here a redemption's reserve took it. */
    const dure_effect_t next = money_pay(world, ANNA, SHOP, 1000);
    account_t *fees = (account_t *)(uintptr_t)money_account(world, "fees");
    fees->spent = dure_amount_plus(fees->spent, dure_amount(60));
    fees->balance = dure_amount(40);
    money_refund(world, DURE_RESULT_ACCOUNT_EMPTY, SHOP, &next, 1000);
    assert_int_equal(world_number(world, DURE_LABEL_ASKED), 100);
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 40);
    money_refund(world, done, SHOP, &next, 400);
    world_end(world);
}

/* A share of all of it: the shop got nothing and gives nothing. */
static void a_share_of_everything(void **state)
{
    (void)state;
    world_t *world = money_world(0, 0);
    money_fund(world, FUND, (money_terms_t){.share = 10000});
    money_buy(world, ANNA, FUND, 10000);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 1000);
    money_refund(world, DURE_RESULT_NOT_PERMITTED, OTHER, &paid, 1000);
    money_refund(world, done, SHOP, &paid, 1000);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_MERCHANT_RETURNED, FUND), 0);
    assert_int_equal(money_moved(&world->effect, DURE_MOVE_ADVANCE_TO_ESCROW, FUND), 1000);
    assert_int_equal(money_lots(world, ANNA, FUND), 10000);
    world_end(world);
}

/* The moves that a refund needs can be more than its payment's: then it goes in pieces. */
static void in_pieces_where_one_effect_is_too_small(void **state)
{
    (void)state;
    world_t *world = money_world(100000, 0);
    money_fund(world, FUND, (money_terms_t){.priority = 1, .reward = 5000});
    money_fund(world, EIGHT, (money_terms_t){.priority = 2, .reward = 5000});
    for (uint64_t i = 0; i < 64; i++) {
        money_buy(world, ANNA, FUND + i / 32, 10);
    }
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, 640);
    assert_int_equal(paid.lots_count, 64);
    const dure_effect_t other = money_pay(world, ANNA, OTHER, 320);
    /* The rewards are spent: every second lot that comes back goes for them. */
    money_refund(world, DURE_RESULT_TOO_MANY_LOTS, SHOP, &paid, 640);
    money_refund(world, done, SHOP, &paid, 300);
    money_refund(world, done, SHOP, &paid, 340);
    assert_int_equal(money_lots(world, ANNA, FUND) + money_lots(world, ANNA, EIGHT),
                     640 - 320 + money_moved(&other, DURE_MOVE_LOT_ISSUED, 0));
    world_end(world);
}

/* ---- any amounts, any rates ---- */
static uint64_t roll(uint64_t *random, uint64_t below)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random % below;
}

typedef struct {
    uint64_t figures[2][9];
    uint64_t accounts[4];
    uint64_t lots[2], balances[2], owed[2];
    uint64_t counters[2][5];
} money_t;

/* All that is money, and what was counted. */
static money_t money_read(const world_t *world)
{
    money_t money = {0};
    static const char *const accounts[] = {"budget", "event", "fees", "refund_reserve"};
    static const char *const counters[] = {"spent", "taken", "times", "rewarded", "all_rewards"};
    for (uint64_t i = 0; i < 2; i++) {
        const uint64_t fund = FUND + i;
        const fund_t *of = money_of(world, fund);
        const uint64_t figures[] = {of->issued.won,         of->ordered.won, of->held_citizens.won,
                                    of->held_merchants.won, of->pending.won, of->redeemed.won,
                                    of->refunded.won,       of->lapsed.won,  of->escrow.won};
        memcpy(money.figures[i], figures, sizeof figures);
        money.lots[i] = money_lots(world, ANNA, fund);
        money.balances[i] = money_balance(world, SHOP, fund);
        money.owed[i] = money_owed(world, SHOP, fund);
        for (uint32_t k = 0; k < 5; k++) {
            money.counters[i][k] = money_counter(world, k == 1 ? SHOP : ANNA, fund, counters[k]);
        }
    }
    for (uint32_t i = 0; i < 4; i++) {
        money.accounts[i] = money_account(world, accounts[i])->balance.won;
    }
    return money;
}

/* A payment in the middle of other business, refunded wholly, in pieces of these shares. */
static money_t one_history(uint64_t seed, uint64_t pieces)
{
    uint64_t random = seed;
    world_t *world = money_world(roll(&random, 3000), 1000000);
    for (uint32_t i = 0; i < 2; i++) {
        money_fund(world, FUND + i,
                   (money_terms_t){.priority = i * (uint32_t)(seed % 2),
                                   .validity = "10 days",
                                   .reward = (uint32_t)roll(&random, 2000),
                                   .share = (uint32_t)roll(&random, 3000)});
    }
    const uint64_t lots = 2 + roll(&random, 4);
    for (uint64_t i = 0; i < lots; i++) {
        money_buy(world, ANNA, FUND + i % 2, 10 + roll(&random, 5000));
    }
    const uint64_t has = money_lots(world, ANNA, FUND) + money_lots(world, ANNA, EIGHT);
    const uint64_t won = 1 + roll(&random, has);
    const dure_effect_t paid = money_pay(world, ANNA, SHOP, won);
    /* Part of the reward goes, part of the takings too. */
    const uint64_t left = money_lots(world, ANNA, FUND) + money_lots(world, ANNA, EIGHT);
    if (left > 0 && roll(&random, 2) == 0) {
        money_pay(world, ANNA, OTHER, 1 + roll(&random, left));
    }
    const uint64_t takings = money_balance(world, SHOP, FUND);
    if (takings > 0 && roll(&random, 2) == 0) {
        money_send(world, done, SHOP, body_redemption(FUND, 1 + roll(&random, takings)));
    }
    world_days(world, (uint32_t)roll(&random, 3) * 6);
    uint64_t rest = won;
    uint64_t cut = pieces;
    while (rest > 0) {
        const uint64_t piece = pieces == 0 ? rest : 1 + roll(&cut, rest);
        money_refund(world, done, SHOP, &paid, piece);
        rest -= piece;
    }
    const money_t money = money_read(world);
    world_end(world);
    return money;
}

static void pieces_come_to_the_whole(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        const money_t whole = one_history(seed * 7919, 0);
        const money_t parts = one_history(seed * 7919, seed * 104729);
        assert_memory_equal(&whole, &parts, sizeof whole);
    }
}

#define KEPT 64u
typedef struct {
    world_t *world;
    uint64_t random;
    uint32_t count, full, done;
    dure_effect_t paid[KEPT];
} town_t;

static uint64_t any(town_t *town, uint64_t below)
{
    return roll(&town->random, below);
}

static void any_refund(town_t *town)
{
    if (town->count == 0) {
        return;
    }
    const dure_effect_t *paid = &town->paid[any(town, town->count < KEPT ? town->count : KEPT)];
    uint64_t sum = 0;
    for (uint16_t i = 0; i < paid->parts_count; i++) {
        sum += paid->parts[i].amount.won;
    }
    const uint64_t left = sum - refunded(town->world, paid);
    const uint64_t won = any(town, 2) == 0 || left == 0 ? 1 + any(town, sum) : left;
    uint64_t shop = SHOP;
    for (uint16_t i = 0; i < paid->moves_count; i++) {
        shop = paid->moves[i].what == DURE_MOVE_MERCHANT_RECEIVED ? paid->moves[i].party : shop;
    }
    const dure_body_t body = body_refund(paid->id, won);
    town->world->proven = paid;
    const dure_result_t code = money_try(town->world, shop, body);
    town->world->proven = NULL;
    assert_true(code == done || (won > left && code == DURE_RESULT_REFUND_TOO_MUCH) ||
                code == DURE_RESULT_REFUND_TOO_LATE || code == DURE_RESULT_ACCOUNT_EMPTY);
    town->full += code == done && won == left;
    town->done += code == done;
}

static void any_step(town_t *town)
{
    world_t *world = town->world;
    const uint64_t citizen = any(town, 2) == 0 ? ANNA : BEN;
    const uint64_t shop = any(town, 2) == 0 ? SHOP : OTHER;
    const uint64_t fund = FUND + any(town, 3);
    dure_body_t body;
    switch (any(town, 12)) {
    case 0:
        body = body_order(fund, 1 + any(town, 20000), 0);
        if (money_try(world, citizen, body) == done) {
            body = body_credit(world_last_id(world), (uint64_t)world->effect.numbers[0].value);
            assert_code(money_try(world, BANK, body), done);
        }
        return;
    case 1:
        body = body_redemption(fund, 1 + any(town, 1 + money_balance(world, shop, fund)));
        if (money_try(world, shop, body) == done && any(town, 2) == 0) {
            body = body_result(world_last_id(world), (uint8_t)(1 + any(town, 2)));
            (void)money_try(world, BANK, body); /* unknown if the share took all */
        }
        return;
    case 2:
        if (any(town, 3) == 0) {
            world_days(world, 1 + (uint32_t)any(town, 4));
        }
        return;
    case 3:
    case 4:
    case 5:
    case 6:
        any_refund(town);
        return;
    default:
        break;
    }
    body = body_payment(shop, 1 + any(town, 4000));
    if (money_try(world, citizen, body) == done) {
        town->paid[town->count++ % KEPT] = world->effect;
    }
}

/* The same state through its records. */
static void carried_over(const world_t *world)
{
    void *memory;
    world_load(world, world_second(world, &memory));
    free(memory);
}

static void any_business(void **state)
{
    (void)state;
    town_t *town = calloc(1, sizeof *town);
    assert_non_null(town);
    town->random = 0x9e3779b97f4a7c15;
    town->world = money_world(200000, 500000);
    money_fund(town->world, FUND,
               (money_terms_t){.priority = 1, .validity = "20 days", .reward = 737, .share = 91});
    money_fund(town->world, EIGHT,
               (money_terms_t){.priority = 1, .reward = 10000, .reward_cap = 9000, .share = 3333});
    money_fund(town->world, NINE,
               (money_terms_t){.priority = 2, .refund = "refund within 9 days", .cash_share = 77});
    for (uint32_t step = 0; step < 4000; step++) {
        world_cut(town->world);
        /* Done, dropped and done again: the second time must be like the first. */
        const dure_hash_t before = world_bytes(town->world);
        town_t *copy = malloc(sizeof *copy);
        assert_non_null(copy);
        *copy = *town;
        world_t *world = malloc(sizeof *world);
        assert_non_null(world);
        *world = *town->world;
        any_step(town);
        const char *problem = dure_ledger_invariants(town->world->ledger);
        if (problem != NULL) {
            fail_msg("step %u: %s", step, problem);
        }
        const dure_hash_t once = world_bytes(town->world);
        assert_true(dure_ledger_drop(town->world->ledger));
        const dure_hash_t back = world_bytes(town->world);
        assert_true(dure_hash_equal(&before, &back));
        *town->world = *world;
        *town = *copy;
        dure_ledger_begin(town->world->ledger, dure_ledger_time(town->world->ledger));
        any_step(town);
        const dure_hash_t twice = world_bytes(town->world);
        assert_true(dure_hash_equal(&once, &twice));
        free(copy);
        free(world);
    }
    print_message("%u payments, %u refunds, %u to the last won\n", town->count, town->done,
                  town->full);
    assert_true(town->done > 300 && town->full > 100);
    carried_over(town->world);
    world_end(town->world);
    free(town);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_of_it),
        cmocka_unit_test(in_pieces_to_the_last_won),
        cmocka_unit_test(only_by_its_payee_of_a_payment),
        cmocka_unit_test(within_its_days),
        cmocka_unit_test(twenty_days_later),
        cmocka_unit_test(a_lot_that_expired_comes_back_for_a_while),
        cmocka_unit_test(lots_of_equal_terms),
        cmocka_unit_test(emptied_and_standing_lots),
        cmocka_unit_test(a_changed_lot_is_left_alone),
        cmocka_unit_test(a_full_wallet),
        cmocka_unit_test(the_reserve_advances_and_is_repaid),
        cmocka_unit_test(the_reserve_is_empty_or_missing),
        cmocka_unit_test(held_money_and_holds_do_not_hinder),
        cmocka_unit_test(of_a_collection),
        cmocka_unit_test(of_another_version),
        cmocka_unit_test(after_a_gift),
        cmocka_unit_test(after_recirculation),
        cmocka_unit_test(a_reward_is_taken_back),
        cmocka_unit_test(a_spent_reward_is_taken_from_what_comes_back),
        cmocka_unit_test(a_share_comes_back_from_its_account),
        cmocka_unit_test(a_share_of_everything),
        cmocka_unit_test(in_pieces_where_one_effect_is_too_small),
        cmocka_unit_test(pieces_come_to_the_whole),
        cmocka_unit_test(any_business),
    };
    return cmocka_run_group_tests_name("ledger refund", tests, NULL, NULL);
}

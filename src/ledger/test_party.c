/* The counter: a lost phone, a death. */
#include "ledger/test_world.h"

#define ANNA UINT64_C(101)
#define BEN  UINT64_C(102)
#define SHOP UINT64_C(201)

/* Money without a limit on wallets. */
static const char plain[] = "fund plain {\n"
                            "  issuer   city 41570\n"
                            "  currency KRW\n"
                            "  validity 5 years\n"
                            "  lapse    to issuer.budget\n"
                            "  priority 50\n"
                            "  old lots keep\n"
                            "  purchase { allow when buyer is citizen }\n"
                            "  payment { allow when payee is merchant }\n"
                            "  redemption { allow when holder is merchant }\n"
                            "  words { plain ko \"화폐\" en \"money\" zh \"錢\" }\n"
                            "}\n";

static world_t *town(uint8_t threshold)
{
    world_t *world = world_new(NULL, false, threshold);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BEN, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_buy(world, ANNA, 50000);
    world_cut(world);
    return world;
}

/* Sends as the party, with another's key or one of its own in a slot. */
static dure_result_t send_with(world_t *world, uint64_t party, dure_body_t body, uint64_t key_of,
                               uint8_t slot)
{
    const dure_tx_t tx = world_tx(world, party, &body);
    const dure_secret_key_t secret = test_secret(key_of, slot);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(world->ledger), slot, &secret));
    world->wire_size = out.size;
    const dure_result_t code = world_apply_wire(world);
    world->numbers[party] += code == DURE_RESULT_DONE || code >= 200;
    return code;
}

static dure_key_entry_t new_key(uint8_t slot)
{
    dure_key_entry_t entry = test_key(7777, slot); /* of the new phone */
    entry.slot = slot;
    return entry;
}

static const party_t *party_of(const world_t *world, uint64_t party)
{
    return party_at(world->ledger, ledger_party_find(world->ledger, party));
}

/* ---- a lost phone */
static void lost_with_a_spare_key_and_back_at_the_counter(void **state)
{
    (void)state;
    world_t *world = town(2);
    world_done(world, ANNA, body_rotate(ANNA, 1)); /* a spare key at home */
    world_done(world, ANNA, body_payment(SHOP, 1000));
    /* The phone is lost: the spare key stops the wallet. */
    const dure_body_t freeze =
        body_hold(ANNA, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_LOST_PHONE, DURE_DAY_MAX);
    assert_code(send_with(world, ANNA, freeze, ANNA, 1), DURE_RESULT_DONE);
    const dure_tx_id_t hold = world_last_id(world);
    /* Whoever has the phone can neither pay nor end it. */
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_payment(SHOP, 1));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, ANNA, body_release(hold));
    const uint32_t lot_before = lot_at(world->ledger, party_of(world, ANNA)->holdings)->number;
    const uint64_t top_before = party_of(world, ANNA)->top;
    /* Two officers give a new key. */
    const dure_tx_id_t proposal =
        world_made(world, OFFICER_1, body_propose(act_recover(ANNA, new_key(2)), FAR_DAY));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, ANNA, body_payment(SHOP, 1)); /* not yet */
    world_done(world, OFFICER_2, body_approve(proposal));
    assert_int_equal(dure_ledger_usage(world->ledger).holds, 0);
    assert_code(send_with(world, ANNA, body_payment(SHOP, 1), ANNA, 0), DURE_RESULT_KEY_UNKNOWN);
    assert_code(send_with(world, ANNA, body_payment(SHOP, 1), ANNA, 1), DURE_RESULT_KEY_UNKNOWN);
    assert_code(send_with(world, ANNA, body_payment(SHOP, 1), ANNA, 2),
                DURE_RESULT_SIGNATURE_WRONG);
    /* Money and numbers go on where they were. */
    assert_int_equal(party_of(world, ANNA)->top, top_before + 1);
    assert_code(send_with(world, ANNA, body_payment(SHOP, 49000), 7777, 2), DURE_RESULT_DONE);
    assert_int_equal(world->effect.moves[0].lot, lot_before);
    dure_key_entry_t keys[KEYS_MAX];
    assert_int_equal(ledger_keys(world->ledger, party_of(world, ANNA), keys), 1);
    assert_int_equal(keys[0].slot, 2);
    world_end(world);
}

/* Keys come in any order of their slots and stand in ascending order. */
static void keys_stand_by_slot(void **state)
{
    (void)state;
    world_t *world = town(1);
    const dure_tx_id_t proposal =
        world_made(world, OFFICER_1, body_propose(act_recover(ANNA, new_key(2)), FAR_DAY));
    (void)proposal;
    static const uint8_t slots[] = {3, 0, 2, 1, 0};
    static const uint32_t counts[] = {2, 3, 3, 4, 4};
    for (uint32_t i = 0; i < 5; i++) {
        dure_body_t body = {.kind = DURE_BODY_ROTATE,
                            .rotate = {.entry = test_key(ANNA, slots[i])}};
        body.rotate.entry.slot = slots[i];
        const bool first = i < 3; /* slot 2 still has the key that the officers gave */
        assert_code(send_with(world, ANNA, body, first ? 7777 : ANNA, 2), DURE_RESULT_DONE);
        dure_key_entry_t keys[KEYS_MAX];
        assert_int_equal(ledger_keys(world->ledger, party_of(world, ANNA), keys), counts[i]);
        for (uint32_t k = 1; k < counts[i]; k++) {
            assert_true(keys[k - 1].slot < keys[k].slot);
        }
        world_cut(world);
    }
    for (uint8_t slot = 0; slot < 4; slot++) {
        dure_public_key_t key;
        const dure_key_entry_t expected = test_key(ANNA, slot);
        assert_true(dure_ledger_signer_key(world->ledger, ANNA, slot, &key));
        assert_memory_equal(&key, &expected.key, sizeof key);
    }
    assert_int_equal(world->ledger->state->pools[POOL_KEY].live, 3);
    world_end_reloaded(world);
}

static void a_recovery_ends_no_other_hold(void **state)
{
    (void)state;
    world_t *world = town(1);
    const uint8_t freeze = DURE_HOLD_KIND_FREEZE;
    world_done(world, REGISTRAR, body_hold(ANNA, freeze, DURE_HOLD_REASON_LOST_PHONE, FAR_DAY));
    world_done(world, OFFICER_1, body_hold(ANNA, freeze, DURE_HOLD_REASON_COURT_ORDER, TODAY + 5));
    world_done(world, OFFICER_1, body_hold(ANNA, freeze, DURE_HOLD_REASON_LOST_PHONE, TODAY));
    world_done(world, OFFICER_1, body_hold(BEN, freeze, DURE_HOLD_REASON_LOST_PHONE, TODAY));
    world_decide(world, act_recover(ANNA, new_key(0)));
    assert_int_equal(dure_ledger_usage(world->ledger).holds, 2);
    assert_code(send_with(world, ANNA, body_payment(SHOP, 1), 7777, 0), DURE_RESULT_PARTY_FROZEN);
    world_expect(world, DURE_RESULT_PARTY_FROZEN, BEN, body_payment(SHOP, 1));
    world_end(world);
}

static void a_recovery_is_refused(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_propose(world, DURE_RESULT_SUBJECT_UNKNOWN, OFFICER_1, act_recover(999, new_key(0)));
    world_propose(world, DURE_RESULT_OTHER_CITY, FAR_ALL, act_recover(ANNA, new_key(0)));
    world_propose(world, DURE_RESULT_KIND_WRONG, OFFICER_1, act_recover(BANK, new_key(0)));
    dure_key_entry_t weak = new_key(0);
    memset(weak.key.bytes, 0, sizeof weak.key.bytes);
    world_propose(world, DURE_RESULT_KEY_REFUSED, OFFICER_1, act_recover(ANNA, weak));
    world_propose(world, DURE_RESULT_NOT_PERMITTED, REGISTRAR, act_recover(ANNA, new_key(0)));
    world_decide(world, act_recover(SHOP, new_key(3)));
    world_end(world);
}

/* ---- a death */
static dure_body_t body_death(uint64_t subject)
{
    return body_hold(subject, DURE_HOLD_KIND_DEATH, DURE_HOLD_REASON_DEATH, DURE_DAY_MAX);
}

static void what_a_death_stops(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_done(world, ANNA, body_payment(SHOP, 5000));
    world_done(world, ANNA, body_order(FUND, 1000, 0));
    const dure_tx_id_t order = world_last_id(world);
    world_done(world, REGISTRAR, body_death(ANNA));
    world_expect(world, DURE_RESULT_PARTY_DEAD, ANNA, body_payment(SHOP, 1));
    world_expect(world, DURE_RESULT_PARTY_DEAD, ANNA, body_order(FUND, 1000, 0));
    world_expect(world, DURE_RESULT_PARTY_DEAD, ANNA, body_cancel(FUND, 1));
    world_done(world, BANK, body_credit(order, 940)); /* what was promised */
    /* A shopkeeper's death: nothing new comes in, what was earned is paid out. */
    world_done(world, REGISTRAR, body_death(SHOP));
    world_buy(world, BEN, 1000);
    world_expect(world, DURE_RESULT_PARTY_DEAD, BEN, body_payment(SHOP, 1));
    world_done(world, SHOP, body_redemption(FUND, 5000));
    world_done(world, BANK, body_result(world_last_id(world), 1));
    world_end(world);
}

static void an_estate_goes_to_the_heir(void **state)
{
    (void)state;
    world_t *world = town(2);
    world_decide(world, act_fund(8, 1000000));
    world_days(world, 3);
    for (uint64_t i = 0; i < 39; i++) { /* forty lots, of two funds */
        world_done(world, ANNA, body_order(i % 2 == 0 ? 8 : FUND, 10 + i, 0));
        world_done(
            world, BANK,
            body_credit(world_last_id(world), (uint64_t)world_number(world, DURE_LABEL_PRICE)));
    }
    world_done(world, ANNA, body_payment(SHOP, 30000));
    world_buy(world, BEN, 700);
    const lot_t first = *lot_at(world->ledger, party_of(world, ANNA)->holdings);
    assert_true(first.left < first.face);
    world_done(world, REGISTRAR, body_death(ANNA));
    const dure_amount_t held = fund_at(world->ledger, 0)->held_citizens;
    world_decide(world, act_estate(ANNA, BEN));
    assert_int_equal(world_number(world, DURE_LABEL_ROOM), 6);
    assert_int_equal(world->effect.moves_count, 68);
    assert_int_equal(world->effect.moves[0].what, DURE_MOVE_LOT_GIVEN);
    assert_int_equal(world->effect.moves[0].party, ANNA);
    assert_int_equal(world->effect.moves[0].lot, first.number);
    assert_int_equal(world->effect.moves[0].amount.won, first.left);
    assert_int_equal(world->effect.moves[1].what, DURE_MOVE_LOT_RECEIVED);
    assert_int_equal(world->effect.moves[1].party, BEN);
    assert_int_equal(world->effect.moves[1].lot, 2); /* BEN's own next number */
    assert_true(dure_amount_compare(fund_at(world->ledger, 0)->held_citizens, held) == 0);
    const uint32_t cell = ledger_lot_find(world->ledger, party_of(world, BEN), 0, 2);
    const lot_t *moved = lot_at(world->ledger, cell);
    assert_int_equal(moved->face, first.face);
    assert_int_equal(moved->left, first.left);
    assert_int_equal(moved->paid, first.paid);
    assert_int_equal(moved->issue_day, first.issue_day);
    assert_int_equal(moved->end_day, first.end_day);
    assert_int_equal(moved->gifted, 0);
    world_propose(world, DURE_RESULT_DONE, OFFICER_2, act_estate(ANNA, BEN));
    world_done(world, OFFICER_1, body_approve(world_last_id(world)));
    assert_int_equal(world_number(world, DURE_LABEL_ROOM), 0);
    assert_int_equal(party_of(world, ANNA)->holdings, CELL_NONE);
    assert_int_equal(ledger_list_count(world->ledger, POOL_LOT, party_of(world, BEN)->holdings),
                     41);
    world_done(world, BEN, body_payment(SHOP, 20000)); /* it is money like before */
    world_end(world);
}

static void an_estate_is_refused(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_propose(world, DURE_RESULT_SUBJECT_UNKNOWN, OFFICER_1, act_estate(999, BEN));
    world_propose(world, DURE_RESULT_OTHER_CITY, FAR_ALL, act_estate(ANNA, BEN));
    world_propose(world, DURE_RESULT_KIND_WRONG, OFFICER_1, act_estate(SHOP, BEN));
    world_propose(world, DURE_RESULT_PARTY_ALIVE, OFFICER_1, act_estate(ANNA, BEN));
    world_done(world, REGISTRAR, body_death(ANNA));
    const dure_tx_id_t death = world_last_id(world);
    world_propose(world, DURE_RESULT_SELF_PAYMENT, OFFICER_1, act_estate(ANNA, ANNA));
    world_propose(world, DURE_RESULT_SUBJECT_UNKNOWN, OFFICER_1, act_estate(ANNA, 999));
    world_propose(world, DURE_RESULT_KIND_WRONG, OFFICER_1, act_estate(ANNA, SHOP));
    world_done(world, FAR_ALL, body_registration(301, DURE_KIND_CITIZEN));
    world_propose(world, DURE_RESULT_OTHER_CITY, OFFICER_1, act_estate(ANNA, 301));
    world_done(world, REGISTRAR, body_death(BEN));
    world_propose(world, DURE_RESULT_PARTY_DEAD, OFFICER_1, act_estate(ANNA, BEN));
    world_done(world, REGISTRAR, body_release(death));
    world_propose(world, DURE_RESULT_PARTY_ALIVE, OFFICER_1, act_estate(ANNA, BEN));
    world_end(world);
}

/* The heir's wallet takes what a payment can line up, and no more. */
static void an_heir_has_room_for_a_thousand_lots(void **state)
{
    (void)state;
    world_t *world = town(1);
    uint64_t dead = 400;
    uint32_t lots = 0;
    for (; lots + 32 <= 1024; dead++) {
        world_register(world, dead, DURE_KIND_CITIZEN);
        for (uint64_t i = 0; i < 32; i++) {
            world_buy(world, dead, 10000 + i);
        }
        lots += 32;
        world_done(world, REGISTRAR, body_death(dead));
        world_decide(world, act_estate(dead, BEN));
        world_cut(world);
    }
    assert_int_equal(ledger_list_count(world->ledger, POOL_LOT, party_of(world, BEN)->holdings),
                     1024);
    world_done(world, REGISTRAR, body_death(ANNA));
    world_propose(world, DURE_RESULT_LOTS_FULL, OFFICER_1, act_estate(ANNA, BEN));
    /* Nor has money of another fund a place there. */
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    dure_act_t act = act_fund(8, 1000000);
    act.fund.image = test_compile(plain, image);
    world_decide(world, act);
    world_expect(world, DURE_RESULT_LOTS_FULL, BEN, body_order(8, 1000, 0));
    world_done(world, BEN, body_payment(SHOP, 100000));
    world_done(world, BEN, body_order(8, 1000, 0));
    world_decide(world, act_estate(ANNA, BEN));
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_with_a_spare_key_and_back_at_the_counter),
        cmocka_unit_test(keys_stand_by_slot),
        cmocka_unit_test(a_recovery_ends_no_other_hold),
        cmocka_unit_test(a_recovery_is_refused),
        cmocka_unit_test(what_a_death_stops),
        cmocka_unit_test(an_estate_goes_to_the_heir),
        cmocka_unit_test(an_estate_is_refused),
        cmocka_unit_test(an_heir_has_room_for_a_thousand_lots),
    };
    return cmocka_run_group_tests_name("ledger counter", tests, NULL, NULL);
}

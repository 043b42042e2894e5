/* Mandates: what a merchant may collect with one, once. */
#include "ledger/test_world.h"

#define ANNA UINT64_C(101)
#define BEN  UINT64_C(102)
#define SHOP UINT64_C(201)
#define CAFE UINT64_C(202)

static world_t *town(void)
{
    world_t *world = world_new(NULL, false, 1);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BEN, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_shop(world, CAFE, DURE_CATEGORY_CAFE);
    world_buy(world, ANNA, 50000);
    world_cut(world);
    return world;
}

static dure_mandate_t mandate(uint64_t mandate_number, uint64_t payee)
{
    return (dure_mandate_t){.payer = ANNA,
                            .number = mandate_number,
                            .amount_max = {10000},
                            .until = START + 60000,
                            .payee = payee};
}

static uint64_t has(const world_t *world, uint64_t shop)
{
    const party_t *party = party_at(world->ledger, ledger_party_find(world->ledger, shop));
    const uint32_t cell = ledger_balance_find(world->ledger, party, 0);
    return cell == CELL_NONE ? 0 : balance_at(world->ledger, cell)->amount.won;
}

/* Whether a number of ANNA's is still free: told by a payment of that number. */
static bool is_free(world_t *world, uint64_t mandate_number)
{
    const dure_body_t body = body_payment(SHOP, 1);
    dure_tx_t tx = world_tx(world, ANNA, &body);
    tx.id.number = mandate_number;
    const dure_secret_key_t secret = test_secret(ANNA, 0);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(world->ledger), 0, &secret));
    assert_code(dure_envelope_decode(&world->envelope, dure_writer_bytes(&out), NULL),
                DURE_RESULT_DONE);
    const dure_result_t code = dure_ledger_admit(world->ledger, &world->envelope, NULL);
    assert_true(code == DURE_RESULT_DONE || code == DURE_RESULT_ALREADY_USED);
    return code == DURE_RESULT_DONE;
}

static void a_mandate_is_collected_once(void **state)
{
    (void)state;
    world_t *world = town();
    const dure_body_t body = body_collection(world, mandate(50, 0), 0, 4000);
    world_done(world, SHOP, body);
    assert_int_equal(has(world, SHOP), 4000);
    assert_int_equal(world->effect.id.party, SHOP);
    assert_int_equal(world->effect.kind, DURE_BODY_COLLECTION);
    assert_int_equal(world->effect.moves[0].what, DURE_MOVE_LOT_TAKEN);
    assert_int_equal(world->effect.moves[0].party, ANNA);
    assert_int_equal(world->effect.parts_count, 1);
    assert_int_equal(world->effect.lots_count, 1);
    assert_false(is_free(world, 50));
    world_expect(world, DURE_RESULT_MANDATE_USED, SHOP, body);
    world_expect(world, DURE_RESULT_MANDATE_USED, CAFE, body);
    /* Another mandate of the same number is the same number. */
    world_expect(world, DURE_RESULT_MANDATE_USED, SHOP,
                 body_collection(world, mandate(50, SHOP), 0, 1));
    /* One too far behind is as good as used. */
    world_done(world, SHOP, body_collection(world, mandate(200, 0), 0, 1));
    world_expect(world, DURE_RESULT_MANDATE_USED, SHOP,
                 body_collection(world, mandate(200 - DURE_WINDOW_BITS, 0), 0, 1));
    world_done(world, SHOP, body_collection(world, mandate(200 - DURE_WINDOW_BITS + 1, 0), 0, 1));
    /* And a number that the payer used is none for a mandate. */
    const dure_body_t payment = body_payment(SHOP, 1);
    dure_tx_t tx = world_tx(world, ANNA, &payment);
    tx.id.number = 201;
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_DONE);
    world_expect(world, DURE_RESULT_MANDATE_USED, SHOP,
                 body_collection(world, mandate(201, 0), 0, 1));
    assert_int_equal(has(world, SHOP), 4003);
    world_end(world);
}

static void what_is_refused_before_the_number_leaves_it_free(void **state)
{
    (void)state;
    world_t *world = town();
    const dure_mandate_t good = mandate(50, SHOP);
    const dure_body_t body = body_collection(world, good, 0, 4000);
    world_expect(world, DURE_RESULT_KIND_WRONG, BEN, body);
    world_expect(world, DURE_RESULT_KIND_WRONG, BANK, body);
    world_expect(world, DURE_RESULT_MANDATE_PAYEE, CAFE, body);
    dure_mandate_t wrong = good;
    wrong.payer = 999;
    world_expect(world, DURE_RESULT_SUBJECT_UNKNOWN, SHOP, body_collection(world, wrong, 0, 4000));
    wrong.payer = CAFE;
    world_expect(world, DURE_RESULT_KIND_WRONG, SHOP, body_collection(world, wrong, 0, 4000));
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, body_collection(world, good, 2, 4000));
    dure_body_t forged = body_collection(world, good, 0, 4000);
    forged.collection.signature.bytes[7] ^= 1;
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, forged);
    /* Each field of a mandate is signed. */
    forged = body;
    forged.collection.mandate.number++;
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, forged);
    forged = body;
    forged.collection.mandate.amount_max.won++;
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, forged);
    forged = body;
    forged.collection.mandate.until++;
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, forged);
    forged = body;
    forged.collection.mandate.payee = 0;
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, forged);
    forged = body;
    forged.collection.mandate.payer = BEN;
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, forged);
    wrong = good;
    wrong.until = START - 1;
    world_expect(world, DURE_RESULT_MANDATE_EXPIRED, SHOP, body_collection(world, wrong, 0, 4000));
    assert_true(is_free(world, 50));
    wrong.until = START; /* the last instant */
    world_done(world, SHOP, body_collection(world, wrong, 0, 4000));
    world_end(world);
}

static void what_is_refused_after_it_has_burnt_it(void **state)
{
    (void)state;
    world_t *world = town();
    world_expect(world, DURE_RESULT_MANDATE_AMOUNT, SHOP,
                 body_collection(world, mandate(50, 0), 0, 10001));
    assert_false(is_free(world, 50));
    world_expect(world, DURE_RESULT_MANDATE_USED, SHOP,
                 body_collection(world, mandate(50, 0), 0, 1));
    dure_mandate_t wide = mandate(51, 0);
    wide.amount_max = dure_amount(60000);
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP, body_collection(world, wide, 0, 50001));
    /* The merchant does not learn what the payer has. */
    for (uint16_t i = 0; i < world->effect.numbers_count; i++) {
        assert_int_equal(world->effect.numbers[i].label, DURE_LABEL_ASKED);
    }
    world_expect(world, DURE_RESULT_MANDATE_USED, SHOP, body_collection(world, wide, 0, 1));
    const dure_body_t freeze =
        body_hold(ANNA, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_OWN_REQUEST, FAR_DAY);
    world->numbers[ANNA] = 60;
    world_done(world, ANNA, freeze);
    const dure_tx_id_t hold = world_last_id(world);
    world_expect(world, DURE_RESULT_PARTY_FROZEN, SHOP,
                 body_collection(world, mandate(70, 0), 0, 1));
    world_expect(world, DURE_RESULT_MANDATE_USED, SHOP,
                 body_collection(world, mandate(70, 0), 0, 1));
    world->numbers[ANNA] = 70;
    world_done(world, ANNA, body_release(hold));
    world_done(world, OFFICER_1,
               body_hold(SHOP, DURE_HOLD_KIND_SUSPENSION, DURE_HOLD_REASON_RECHECK, TODAY));
    world_expect(world, DURE_RESULT_PAYEE_SUSPENDED, SHOP,
                 body_collection(world, mandate(72, 0), 0, 1));
    world_done(world, CAFE, body_collection(world, mandate(73, 0), 0, 10000));
    world_end(world);
}

static void any_key_of_the_payer_signs_until_it_is_replaced(void **state)
{
    (void)state;
    world_t *world = town();
    world_done(world, ANNA, body_rotate(ANNA, 1));
    world_done(world, SHOP, body_collection(world, mandate(50, 0), 1, 1));
    dure_body_t wrong_slot = body_collection(world, mandate(51, 0), 1, 1);
    wrong_slot.collection.slot = 0;
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, wrong_slot);
    const dure_body_t waiting = body_collection(world, mandate(51, 0), 0, 1);
    world->numbers[ANNA] = 60;
    dure_body_t rotation = body_rotate(BEN, 0);
    world_done(world, ANNA, rotation);
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, waiting);
    world_end(world);
}

static void a_mandate_of_another_chain_is_worth_nothing(void **state)
{
    (void)state;
    world_t *world = town();
    dure_body_t body = body_collection(world, mandate(50, 0), 0, 1);
    dure_hash_t chain = *dure_ledger_chain_id(world->ledger);
    chain.bytes[31] ^= 1;
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_mandate_message(message, &chain, &body.collection.mandate);
    const dure_secret_key_t secret = test_secret(ANNA, 0);
    assert_true(dure_sign(&body.collection.signature, &secret, message, sizeof message));
    world_expect(world, DURE_RESULT_MANDATE_SIGNATURE, SHOP, body);
    world_end(world);
}

/* A dropped block gives the number back. */
static void a_dropped_collection_can_come_again(void **state)
{
    (void)state;
    world_t *world = town();
    const dure_hash_t before = world_bytes(world);
    const dure_body_t body = body_collection(world, mandate(50, 0), 0, 10001);
    world_expect(world, DURE_RESULT_MANDATE_AMOUNT, SHOP, body);
    assert_true(dure_ledger_drop(world->ledger));
    const dure_hash_t after = world_bytes(world);
    assert_true(dure_hash_equal(&before, &after));
    dure_ledger_begin(world->ledger, START);
    world_done(world, SHOP, body_collection(world, mandate(50, 0), 0, 10000));
    world_end(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_mandate_is_collected_once),
        cmocka_unit_test(what_is_refused_before_the_number_leaves_it_free),
        cmocka_unit_test(what_is_refused_after_it_has_burnt_it),
        cmocka_unit_test(any_key_of_the_payer_signs_until_it_is_replaced),
        cmocka_unit_test(a_mandate_of_another_chain_is_worth_nothing),
        cmocka_unit_test(a_dropped_collection_can_come_again),
    };
    return cmocka_run_group_tests_name("ledger collections", tests, NULL, NULL);
}

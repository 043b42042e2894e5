/* The life of a town's money, step by step, with every figure written out. */
#include "ledger/test_world.h"

#define ANNA UINT64_C(101)
#define SHOP UINT64_C(201)

static fund_t *the_fund(const world_t *world)
{
    return fund_at(world->ledger, ledger_fund_find(world->ledger, FUND));
}

static void a_won_goes_round(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 2);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_buy(world, ANNA, 100000);
    assert_int_equal(the_fund(world)->issued.won, 100000);
    assert_int_equal(the_fund(world)->escrow.won, 100000);
    dure_body_t body = body_payment(SHOP, 12000);
    assert_code(world_send(world, ANNA, &body), DURE_RESULT_DONE);
    assert_int_equal(world->effect.moves_count, 2);
    assert_int_equal(the_fund(world)->held_citizens.won, 88000);
    assert_int_equal(the_fund(world)->held_merchants.won, 12000);
    body = body_redemption(FUND, 12000);
    assert_code(world_send(world, SHOP, &body), DURE_RESULT_DONE);
    assert_int_equal(the_fund(world)->pending.won, 12000);
    world_sound(world);
    body = body_result(world_last_id(world), 1);
    assert_code(world_send(world, BANK, &body), DURE_RESULT_DONE);
    assert_int_equal(the_fund(world)->redeemed.won, 12000);
    assert_int_equal(the_fund(world)->escrow.won, 88000);
    world_sound(world);
    dure_ledger_keep(world->ledger);
    world_free(world);
}

/* A page of a checkpoint may be full anywhere within a record. */
static void a_record_without_room_says_so(void **state)
{
    (void)state;
    static uint8_t whole[DURE_RECORD_SIZE_MAX];
    world_t *world = world_new(NULL, false, 1);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_buy(world, ANNA, 100000);
    const dure_primary_key_t keys[] = {dure_key_party(ANNA), dure_key_party(SHOP),
                                       dure_key_fund(FUND), dure_key_city(GIMPO)};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        dure_blind_t blind;
        dure_writer_t out = dure_writer(whole, sizeof whole);
        assert_true(dure_ledger_record(world->ledger, &keys[i], &out, &blind));
        const size_t size = out.size;
        for (size_t room = 0; room < size; room++) {
            uint8_t *exact = malloc(room + 1);
            assert_non_null(exact);
            out = dure_writer(exact, room);
            assert_true(dure_ledger_record(world->ledger, &keys[i], &out, &blind));
            assert_true(out.overflow);
            free(exact);
        }
    }
    dure_ledger_keep(world->ledger);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_won_goes_round),
        cmocka_unit_test(a_record_without_room_says_so),
    };
    return cmocka_run_group_tests_name("ledger", tests, NULL, NULL);
}

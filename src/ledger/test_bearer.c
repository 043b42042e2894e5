/* Bearer cards and paper: they buy and pay as their fund's rules allow, and are nobody by name. */
#include "ledger/test_world.h"

#define CARD  UINT64_C(301)
#define BOOK  UINT64_C(302)
#define ANNA  UINT64_C(101)
#define SHOP  UINT64_C(201)
#define PAPER UINT64_C(8)

/* As examples/gimpo/paper_and_bulk.yak, in what is tried here. */
static const char paper[] =
    "fund paper {\n"
    "  issuer   city 41570\n"
    "  currency KRW\n"
    "  validity 5 years\n"
    "  lapse    to issuer.budget\n"
    "  priority 60\n"
    "  old lots keep\n"
    "  purchase {\n"
    "    allow    when buyer is bearer\n"
    "    deny too_much when buyer.wallet + amount > 500,000 won\n"
    "  }\n"
    "  payment { allow when payee is merchant }\n"
    "  gift { allow when receiver is citizen }\n"
    "  redemption { allow when holder is merchant }\n"
    "  words {\n"
    "    paper    ko \"지류\" en \"paper\" zh \"紙本\"\n"
    "    too_much ko \"한도를 넘습니다\" en \"over the limit\" zh \"超過上限\"\n"
    "  }\n"
    "}\n";

static world_t *town(void)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    world_t *world = world_new(NULL, false, 1);
    world_fund(world);
    dure_act_t act = act_fund(PAPER, 1000000000);
    act.fund.image = test_compile(paper, image);
    world_decide(world, act);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, CARD, DURE_KIND_BEARER);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_cut(world);
    return world;
}

static void buy_paper(world_t *world, uint64_t party, uint64_t won)
{
    const dure_tx_id_t order = world_made(world, party, body_order(PAPER, won, 0));
    world_done(world, BANK, body_credit(order, won));
}

static void a_card_buys_and_pays(void **state)
{
    (void)state;
    world_t *world = town();
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, CARD, body_order(FUND, 10000, 0));
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_order(PAPER, 10000, 0));
    buy_paper(world, CARD, 480000);
    world_expect(world, DURE_RESULT_RULE_DENIED, CARD, body_order(PAPER, 20001, 0));
    buy_paper(world, CARD, 20000);
    world_done(world, CARD, body_payment(SHOP, 490000));
    assert_non_null(world_lot(world, CARD, PAPER, 2));
    world_done(world, SHOP, body_redemption(PAPER, 490000));
    world_end_reloaded(world);
}

static void a_card_has_nothing_of_a_person(void **state)
{
    (void)state;
    world_t *world = town();
    dure_body_t body = body_registration(BOOK, DURE_KIND_BEARER);
    body.registration.attributes_count = 1;
    body.registration.attributes[0] = (dure_attribute_entry_t){
        .what = DURE_ATTRIBUTE_RESIDENCE, .value = GIMPO, .from = TODAY, .until = DURE_DAY_MAX};
    world_expect(world, DURE_RESULT_ATTRIBUTE_UNKNOWN, REGISTRAR, body);
    buy_paper(world, CARD, 10000);
    world_expect(world, DURE_RESULT_KIND_WRONG, CARD, body_gift(ANNA, 1000));
    world_buy(world, ANNA, 10000);
    world_expect(world, DURE_RESULT_KIND_WRONG, ANNA, body_gift(CARD, 1000));
    world_expect(world, DURE_RESULT_HOLD_WRONG, REGISTRAR,
                 body_hold(CARD, DURE_HOLD_KIND_DEATH, DURE_HOLD_REASON_DEATH, DURE_DAY_MAX));
    world_end_reloaded(world);
}

static void a_lost_card_is_frozen(void **state)
{
    (void)state;
    world_t *world = town();
    buy_paper(world, CARD, 10000);
    world_done(world, REGISTRAR,
               body_hold(CARD, DURE_HOLD_KIND_FREEZE, DURE_HOLD_REASON_LOST_PHONE, DURE_DAY_MAX));
    world_expect(world, DURE_RESULT_PARTY_FROZEN, CARD, body_payment(SHOP, 1000));
    world_end_reloaded(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_card_buys_and_pays),
        cmocka_unit_test(a_card_has_nothing_of_a_person),
        cmocka_unit_test(a_lost_card_is_frozen),
    };
    return cmocka_run_group_tests_name("ledger bearer", tests, NULL, NULL);
}

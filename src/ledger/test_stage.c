#include "ledger/test_stage.h"

/* Replaces in all places; there must be one. */
static void replace(char *to_text, const char *text, const char *from, const char *to)
{
    size_t size = 0;
    uint32_t places = 0;
    for (const char *found = strstr(text, from); found != NULL; found = strstr(text, from)) {
        memcpy(to_text + size, text, (size_t)(found - text));
        size += (size_t)(found - text);
        memcpy(to_text + size, to, strlen(to));
        size += strlen(to);
        text = found + strlen(from);
        places++;
    }
    assert_true(places > 0);
    memcpy(to_text + size, text, strlen(text) + 1);
}

dure_bytes_t stage_images(size_t count, const char *const changes[][2])
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    static char texts[2][2 * DURE_YAK_SOURCE_SIZE_MAX];
    const char *text = (const char *)test_source().data;
    for (size_t i = 0; i < count; i++) {
        replace(texts[i % 2], text, changes[i][0], changes[i][1]);
        text = texts[i % 2];
    }
    return test_compile(text, image);
}

dure_bytes_t stage_image(const char *from, const char *to)
{
    const char *const change[1][2] = {{from, to}};
    return stage_images(1, change);
}

static void decide_far(world_t *world, dure_act_t act)
{
    world_done(world, FAR_ALL, body_propose(act, FAR_DAY));
}

static const char grants[] =
    "  grant     {\n    allow when receiver is citizen\n    give amount from issuer.budget\n  }\n"
    "  recall    { allow when lot.origin = grant }\n"
    "  cancel    { allow";

static void goyang(stage_t *stage)
{
    world_t *world = stage->world;
    world_done(world, FAR_ALL, body_registration(FAR_EVA, DURE_KIND_CITIZEN));
    world_done(world, FAR_ALL, body_registration(FAR_SHOP, DURE_KIND_MERCHANT));
    world_done(world, FAR_ALL, body_registration(FAR_SECOND, DURE_KIND_SERVICE));
    world_done(world, FAR_ALL, body_attest(FAR_SHOP, DURE_ATTRIBUTE_REGION, GOYANG, 0, FAR_DAY));
    world_done(world, FAR_ALL,
               body_attest(FAR_SHOP, DURE_ATTRIBUTE_CATEGORY, DURE_CATEGORY_BAKERY, 0, FAR_DAY));
    decide_far(world, act_account("budget"));
    decide_far(world, act_account("far_only"));
    dure_act_t act = act_fund(FUND_FAR, 1000000000);
    const char *const changes[][2] = {{"41570", "41281"}, {"  cancel    { allow", grants}};
    act.fund.image = stage_images(2, changes);
    decide_far(world, act);
    world_done(world, FAR_ALL, body_deposit("budget", 10000000));
    act = act_batch(&stage->list, BATCH_GRANT, FUND_FAR, 3000, TODAY, FAR_DAY);
    stage->batch_far = world_made(world, FAR_ALL, body_propose(act, FAR_DAY));
    decide_far(world, act_roles(FAR_SECOND, DURE_SERVICE_OFFICER));
    decide_far(world, act_threshold(2));
    stage->proposal_far = world_made(world, FAR_ALL, body_propose(act_account("tower"), FAR_DAY));
    const dure_tx_id_t order = world_made(world, FAR_EVA, body_order(FUND_FAR, 100000, 0));
    world_done(world, FAR_ALL, body_credit(order, 94000));
    world_done(world, FAR_EVA, body_payment(FAR_SHOP, 30000));
    stage->paid_far = world->effect;
    stage->payout_far = world_made(world, FAR_SHOP, body_redemption(FUND_FAR, 10000));
    stage->order_far = world_made(world, FAR_EVA, body_order(FUND_FAR, 70000, 0));
}

static void day_buy(world_t *world, uint64_t won)
{
    world_done(world, CARA, body_order(FUND_DAY, won, 0));
    const dure_tx_id_t order = world_last_id(world);
    world_done(world, BANK, body_credit(order, won * 94 / 100));
}

/* CARA's purchase of the day before the stage's is over today, the other today. */
static void day_fund(world_t *world)
{
    static const char *const changes[][2] = {
        {"validity 5 years", "validity 1 day"},
        {"  cancel    { allow", "  recirculation { allow when payee.region = issuer.region }\n"
                                "  cancel    { allow"}};
    dure_act_t act = act_fund(FUND_DAY, 1000000000);
    act.fund.image = stage_images(2, changes);
    world_decide(world, act);
    world_register(world, CARA, DURE_KIND_CITIZEN);
    day_buy(world, 3000);
}

static void gimpo(stage_t *stage)
{
    world_t *world = stage->world;
    world_fund(world);
    world_decide(world, act_account("other"));
    world_decide(world, act_fund(FUND_TWO, 1000000000));
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BORA, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_shop(world, SHOP_TWO, DURE_CATEGORY_CAFE);
    world_register(world, SHOP_BARE, DURE_KIND_MERCHANT);
    world_done(world, REGISTRAR, body_attest(SHOP_BARE, DURE_ATTRIBUTE_REGION, GIMPO, 0, FAR_DAY));
    day_fund(world);
    world_buy(world, ANNA, 60000);
    stage->order_closed = world->envelope.tx.body.purchase_credit.order;
    world_days(world, 1);
    world_buy(world, ANNA, 40000);
    world_buy(world, BORA, 60000);
    world_buy(world, BORA, 20000);
    world_done(world, ANNA, body_payment(SHOP, 25000));
    stage->paid = world->effect;
    stage->payout_cancel = world_made(world, BORA, body_cancel(FUND, 2));
    stage->payout_shop = world_made(world, SHOP, body_redemption(FUND, 5000));
    world_done(world, WATCH, body_attest(SHOP, DURE_ATTRIBUTE_RISK, 700, 0, FAR_DAY));
    stage->payout_held = world_made(world, SHOP, body_redemption(FUND, 4000));
    world_done(world, WATCH, body_attest(SHOP, DURE_ATTRIBUTE_RISK, 0, 0, FAR_DAY));
    stage->order_anna = world_made(world, ANNA, body_order(FUND, ANNA_FACE, 0));
    stage->ordered = world->effect;
    stage->order_bora = world_made(world, BORA, body_order(FUND, BORA_FACE, 0));
    stage->anna_has = 60000 + 40000 - 25000;
    stage->anna_room = 500000 - 60000 - 40000 - ANNA_FACE;
    stage->shop_has = 25000 - 5000 - 4000;
}

static dure_body_t body_money_hold(uint64_t subject, uint64_t fund, dure_day_t until)
{
    dure_body_t body = body_hold(subject, DURE_HOLD_KIND_MONEY, DURE_HOLD_REASON_RECHECK, until);
    body.hold.fund = fund;
    body.hold.amount = dure_amount(1);
    return body;
}

/* On the day before the stage's. */
static void holds(stage_t *stage)
{
    world_t *world = stage->world;
    const dure_day_t today = world->ledger->today;
    world_register(world, DEAD, DURE_KIND_CITIZEN);
    world_done(world, REGISTRAR,
               body_hold(DEAD, DURE_HOLD_KIND_DEATH, DURE_HOLD_REASON_DEATH, DURE_DAY_MAX));
    stage->hold_over = world_made(world, OFFICER_1, body_money_hold(SHOP, FUND_TWO, today));
    stage->hold_shop = world_made(world, OFFICER_1, body_money_hold(SHOP, FUND_TWO, today + 30));
    stage->hold_appealed =
        world_made(world, OFFICER_1, body_money_hold(SHOP, FUND_TWO, today + 30));
    world_done(world, SHOP, body_appeal(stage->hold_appealed));
    stage->hold_far = world_made(world, FAR_ALL, body_money_hold(FAR_SHOP, FUND_FAR, today + 30));
}

static void proposals(stage_t *stage)
{
    world_t *world = stage->world;
    const dure_act_t act = act_ceiling(FUND, 20000000000);
    const dure_day_t today = world->ledger->today;
    stage->proposal_expired = world_made(world, OFFICER_1, body_propose(act, today));
    world_days(world, 1);
    stage->proposal_open = world_made(world, OFFICER_1, body_propose(act, FAR_DAY));
    stage->proposal_other = world_made(world, OFFICER_1, body_propose(act, FAR_DAY));
    stage->proposal_own = world_made(world, OFFICER_2, body_propose(act, FAR_DAY));
    world_decide(world, act_threshold(1));
}

static void batch(stage_t *stage)
{
    world_t *world = stage->world;
    const char *const changes[][2] = {{"  cancel    { allow", grants}};
    dure_act_t act = act_fund(FUND_GIVES, 1000000000);
    act.fund.image = stage_images(1, changes);
    world_done(world, OFFICER_1, body_propose(act, FAR_DAY));
    act = act_batch(&stage->list, BATCH_GRANT, FUND_GIVES, 3000, world->ledger->today, FAR_DAY);
    stage->batch_open = world_made(world, OFFICER_1, body_propose(act, FAR_DAY));
}

void stage_make(stage_t *stage)
{
    static const uint64_t signers[] = {ANNA,  BORA,      CARA,      SHOP,  REGISTRAR, BANK,
                                       CLOCK, OFFICER_1, OFFICER_2, WATCH, FAR_ALL};
    memset(stage, 0, sizeof *stage);
    stage->world = world_new(NULL, false, 2);
    list_add(&stage->list, ANNA, 1000);
    list_add(&stage->list, BORA, 2000);
    goyang(stage);
    gimpo(stage);
    holds(stage);
    proposals(stage);
    batch(stage);
    day_buy(stage->world, 10000);
    world_done(stage->world, CARA, body_payment(SHOP, 7000));
    for (size_t i = 0; i < sizeof signers / sizeof signers[0]; i++) {
        stage->world->numbers[signers[i]] = TOP - 1;
        world_done(stage->world, signers[i], body_rotate(signers[i], 2));
    }
    stage->today = stage->world->ledger->today;
    stage->now = dure_ledger_time(stage->world->ledger);
    assert_null(dure_ledger_invariants(stage->world->ledger));
    dure_hash_t root;
    dure_ledger_root(stage->world->ledger, &root);
    world_cut(stage->world);
}

void stage_free(stage_t *stage)
{
    dure_ledger_keep(stage->world->ledger);
    world_free(stage->world);
}

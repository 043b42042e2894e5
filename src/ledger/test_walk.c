/* A long random walk against a naive model that shares no code with the ledger: it predicts every
   code and every figure.  The same transactions are then cut into blocks otherwise, dropped and
   applied again, and carried over into a second ledger through its records. */
#include "ledger/test_world.h"

#define CITIZENS      40u
#define SHOPS         8u
#define STEPS         20000u
#define MODEL_LOTS    64u
#define FIRST_CITIZEN UINT64_C(101)
#define FIRST_SHOP    UINT64_C(301)
#define CEILING       UINT64_C(190000000)

typedef struct {
    uint32_t number;
    uint64_t face, left, paid;
    int order_day, issue_day;
} model_lot_t;

typedef struct {
    uint32_t lot_count, lot_next;
    model_lot_t lots[MODEL_LOTS];
    uint64_t bought;
    int month;
} model_citizen_t;

typedef struct {
    dure_tx_id_t id;
    uint32_t who;
    uint64_t face, price;
    int day;
} model_order_t;

typedef struct {
    dure_tx_id_t id;
    uint32_t who;
    bool redemption;
    uint64_t amount;
    int hold_until;
} model_payout_t;

typedef struct {
    uint64_t random;
    int today;
    uint64_t budget, reserved, deposited;
    uint64_t issued, ordered, citizens_hold, merchants_hold, pending, redeemed, refunded;
    model_citizen_t citizens[CITIZENS];
    uint64_t shops[SHOPS];
    uint32_t order_count, payout_count;
    model_order_t orders[512];
    model_payout_t payouts[4096];
} model_t;

/* Every wire transaction of the walk, in order. */
typedef struct {
    uint8_t *bytes;
    size_t size, capacity;
    uint32_t count;
} tape_t;

static uint64_t roll(model_t *model, uint64_t below)
{
    model->random ^= model->random << 13;
    model->random ^= model->random >> 7;
    model->random ^= model->random << 17;
    return model->random % below;
}

static void tape_add(tape_t *tape, const world_t *world)
{
    if (tape->size + world->wire_size + 4 > tape->capacity) {
        tape->capacity = tape->capacity * 2 + (1u << 20);
        tape->bytes = realloc(tape->bytes, tape->capacity);
        assert_non_null(tape->bytes);
    }
    dure_put_u32(tape->bytes + tape->size, (uint32_t)world->wire_size);
    memcpy(tape->bytes + tape->size + 4, world->wire, world->wire_size);
    tape->size += world->wire_size + 4;
    tape->count++;
}

static dure_result_t tape_apply(const tape_t *tape, size_t *offset, dure_ledger_t *ledger,
                                dure_effect_t *effect)
{
    const uint32_t size = dure_get_u32(tape->bytes + *offset);
    dure_envelope_t envelope;
    assert_code(dure_envelope_decode(&envelope, dure_bytes(tape->bytes + *offset + 4, size), NULL),
                DURE_RESULT_DONE);
    *offset += size + 4;
    return dure_ledger_apply(ledger, &envelope, NULL, NULL, effect);
}

static dure_result_t send(world_t *world, tape_t *tape, uint64_t party, const dure_body_t *body)
{
    const dure_result_t code = world_send(world, party, body);
    tape_add(tape, world);
    return code;
}

/* ---- the model's rules, written from the program's text ---- */
static int month_of(int day)
{
    const dure_date_t date = dure_day_to_date(day);
    return date.year * 12 + date.month;
}

static uint64_t bought(const model_t *model, uint32_t who)
{
    const model_citizen_t *citizen = &model->citizens[who];
    return citizen->month == month_of(model->today) ? citizen->bought : 0;
}

static void give_back(model_t *model, uint32_t who, uint64_t amount, int day)
{
    if (model->citizens[who].month == month_of(day)) {
        model->citizens[who].bought -= amount;
    }
}

static uint64_t lots_sum(const model_citizen_t *citizen)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < citizen->lot_count; i++) {
        sum += citizen->lots[i].left;
    }
    return sum;
}

static uint64_t orders_sum(const model_t *model, uint32_t who, uint32_t *count)
{
    uint64_t sum = 0;
    *count = 0;
    for (uint32_t i = 0; i < model->order_count; i++) {
        if (model->orders[i].who == who) {
            sum += model->orders[i].face;
            *count += 1;
        }
    }
    return sum;
}

static void lot_drop(model_citizen_t *citizen, uint32_t at)
{
    memmove(&citizen->lots[at], &citizen->lots[at + 1],
            (citizen->lot_count - at - 1) * sizeof citizen->lots[0]);
    citizen->lot_count--;
}

static void step_order(world_t *world, model_t *model, tape_t *tape)
{
    const uint32_t who = (uint32_t)roll(model, CITIZENS);
    model_citizen_t *citizen = &model->citizens[who];
    uint32_t open;
    const uint64_t reserved = orders_sum(model, who, &open);
    if (citizen->lot_count + open >= DURE_PARTY_LOTS_MAX || model->order_count == 512) {
        return;
    }
    const uint64_t face = 1 + roll(model, 150000);
    const uint64_t subsidy = face * 6 / 100;
    dure_result_t expected = DURE_RESULT_DONE;
    if (bought(model, who) + face > 500000 || lots_sum(citizen) + reserved + face > 1500000) {
        expected = DURE_RESULT_RULE_DENIED;
    } else if (model->issued - model->refunded + model->ordered + face > CEILING) {
        expected = DURE_RESULT_CEILING_REACHED;
    } else if (subsidy > model->budget) {
        expected = DURE_RESULT_ACCOUNT_EMPTY;
    }
    const dure_body_t body = body_order(FUND, face, 0);
    assert_code(send(world, tape, FIRST_CITIZEN + who, &body), expected);
    if (expected != DURE_RESULT_DONE) {
        return;
    }
    model->budget -= subsidy;
    model->reserved += subsidy;
    model->ordered += face;
    citizen->bought = bought(model, who) + face;
    citizen->month = month_of(model->today);
    model->orders[model->order_count++] = (model_order_t){.id = world_last_id(world),
                                                          .who = who,
                                                          .face = face,
                                                          .price = face - subsidy,
                                                          .day = model->today};
}

static void step_credit(world_t *world, model_t *model, tape_t *tape)
{
    if (model->order_count == 0) {
        return;
    }
    const uint32_t at = (uint32_t)roll(model, model->order_count);
    const model_order_t order = model->orders[at];
    const bool wrong = roll(model, 10) == 0;
    const dure_body_t body = body_credit(order.id, order.price + wrong);
    assert_code(send(world, tape, BANK, &body),
                wrong ? DURE_RESULT_PRICE_DIFFERS : DURE_RESULT_DONE);
    if (wrong) {
        return;
    }
    model->orders[at] = model->orders[--model->order_count];
    model->reserved -= order.face - order.price;
    model->ordered -= order.face;
    model->issued += order.face;
    model->citizens_hold += order.face;
    model_citizen_t *citizen = &model->citizens[order.who];
    citizen->lots[citizen->lot_count++] = (model_lot_t){.number = ++citizen->lot_next,
                                                        .face = order.face,
                                                        .left = order.face,
                                                        .paid = order.price,
                                                        .order_day = order.day,
                                                        .issue_day = model->today};
}

static void step_void(world_t *world, model_t *model, tape_t *tape)
{
    if (model->order_count == 0) {
        return;
    }
    const uint32_t at = (uint32_t)roll(model, model->order_count);
    const model_order_t order = model->orders[at];
    const dure_body_t body = body_void(order.id);
    const uint64_t by[3] = {BANK, order.id.party, REGISTRAR};
    const uint64_t who = roll(model, 3);
    assert_code(send(world, tape, by[who], &body),
                who == 2 ? DURE_RESULT_NOT_PERMITTED : DURE_RESULT_DONE);
    if (who == 2) {
        return;
    }
    model->orders[at] = model->orders[--model->order_count];
    model->reserved -= order.face - order.price;
    model->budget += order.face - order.price;
    model->ordered -= order.face;
    give_back(model, order.who, order.face, order.day);
}

static void step_cancel(world_t *world, model_t *model, tape_t *tape)
{
    const uint32_t who = (uint32_t)roll(model, CITIZENS);
    model_citizen_t *citizen = &model->citizens[who];
    if (citizen->lot_count == 0) {
        return;
    }
    const uint32_t at = (uint32_t)roll(model, citizen->lot_count);
    const model_lot_t lot = citizen->lots[at];
    dure_result_t expected = DURE_RESULT_DONE;
    if (lot.left != lot.face) {
        expected = DURE_RESULT_LOT_TOUCHED;
    } else if (model->today - lot.issue_day > 7) {
        expected = DURE_RESULT_RULE_NO_ALLOW;
    }
    const dure_body_t body = body_cancel(FUND, lot.number);
    assert_code(send(world, tape, FIRST_CITIZEN + who, &body), expected);
    if (expected != DURE_RESULT_DONE) {
        return;
    }
    model->citizens_hold -= lot.face;
    model->pending += lot.paid;
    model->refunded += lot.face - lot.paid;
    model->budget += lot.face - lot.paid;
    give_back(model, who, lot.face, lot.order_day);
    lot_drop(citizen, at);
    model->payouts[model->payout_count++] =
        (model_payout_t){.id = world_last_id(world), .who = who, .amount = lot.paid};
}

/* Shop 0 sells to all; 1 is a gambling den; 2 lies in Goyang; 3 is too large; 4 too, but listed; 5
   belongs to citizen 0; 6 is risky; 7 has no kind attested. */
static dure_result_t shop_answer(uint32_t shop, uint32_t payer)
{
    if (shop == 1 || shop == 3 || (shop == 5 && payer == 0)) {
        return DURE_RESULT_RULE_DENIED;
    }
    if (shop == 2) {
        return DURE_RESULT_RULE_NO_ALLOW;
    }
    return shop == 7 ? DURE_RESULT_RULE_MISSING_FACT : DURE_RESULT_DONE;
}

static void step_payment(world_t *world, model_t *model, tape_t *tape)
{
    const uint32_t who = (uint32_t)roll(model, CITIZENS);
    const uint32_t shop = (uint32_t)(roll(model, 3) == 0 ? roll(model, SHOPS) : roll(model, 2) * 4);
    model_citizen_t *citizen = &model->citizens[who];
    uint64_t amount = 1 + roll(model, 60000);
    const uint64_t sum = lots_sum(citizen);
    dure_result_t expected = sum < amount ? DURE_RESULT_NOT_ENOUGH_MONEY : DURE_RESULT_DONE;
    if (sum > 0 && shop_answer(shop, who) != DURE_RESULT_DONE) {
        expected = shop_answer(shop, who);
    }
    const dure_body_t body = body_payment(FIRST_SHOP + shop, amount);
    assert_code(send(world, tape, FIRST_CITIZEN + who, &body), expected);
    if (expected != DURE_RESULT_DONE) {
        return;
    }
    model->citizens_hold -= amount;
    model->merchants_hold += amount;
    model->shops[shop] += amount;
    while (amount > 0) {
        model_lot_t *lot = &citizen->lots[0];
        const uint64_t takes = amount < lot->left ? amount : lot->left;
        lot->left -= takes;
        amount -= takes;
        if (lot->left == 0) {
            lot_drop(citizen, 0);
        }
    }
}

static void step_redemption(world_t *world, model_t *model, tape_t *tape)
{
    const uint32_t shop = (uint32_t)roll(model, SHOPS);
    const uint64_t amount = 1 + roll(model, model->shops[shop] + model->shops[shop] / 4 + 1);
    const dure_result_t expected =
        amount > model->shops[shop] ? DURE_RESULT_NOT_ENOUGH_MONEY : DURE_RESULT_DONE;
    const dure_body_t body = body_redemption(FUND, amount);
    assert_code(send(world, tape, FIRST_SHOP + shop, &body), expected);
    if (expected != DURE_RESULT_DONE) {
        return;
    }
    model->shops[shop] -= amount;
    model->merchants_hold -= amount;
    model->pending += amount;
    model->payouts[model->payout_count++] =
        (model_payout_t){.id = world_last_id(world),
                         .who = shop,
                         .redemption = true,
                         .amount = amount,
                         .hold_until = shop == 6 ? model->today + 3 : 0};
}

static void step_result(world_t *world, model_t *model, tape_t *tape)
{
    if (model->payout_count == 0) {
        return;
    }
    const uint32_t at = (uint32_t)roll(model, model->payout_count);
    const model_payout_t payout = model->payouts[at];
    const bool settled = roll(model, 4) != 0;
    const bool held = settled && model->today < payout.hold_until;
    const dure_body_t body = body_result(payout.id, settled ? 1 : 2);
    assert_code(send(world, tape, BANK, &body), held ? DURE_RESULT_PAYOUT_HELD : DURE_RESULT_DONE);
    if (held || (!settled && !payout.redemption)) {
        return;
    }
    model->payouts[at] = model->payouts[--model->payout_count];
    model->pending -= payout.amount;
    if (!settled) {
        model->shops[payout.who] += payout.amount;
        model->merchants_hold += payout.amount;
    } else if (payout.redemption) {
        model->redeemed += payout.amount;
    } else {
        model->refunded += payout.amount;
    }
}

static void step_other(world_t *world, model_t *model, tape_t *tape)
{
    dure_body_t body;
    if (roll(model, 3) == 0) {
        const uint64_t won = 1 + roll(model, 300000);
        body = body_deposit("budget", won);
        assert_code(send(world, tape, BANK, &body), DURE_RESULT_DONE);
        model->budget += won;
        model->deposited += won;
        return;
    }
    body = body_tick(dure_ledger_time(world->ledger) + roll(model, 3) * DAY_MS);
    assert_code(send(world, tape, CLOCK, &body), DURE_RESULT_DONE);
    model->today = dure_zone_day(dure_ledger_zone(world->ledger), body.tick.time);
}

static void step(world_t *world, model_t *model, tape_t *tape)
{
    const uint64_t what = roll(model, 100);
    if (what < 20) {
        step_order(world, model, tape);
    } else if (what < 37) {
        step_credit(world, model, tape);
    } else if (what < 40) {
        step_void(world, model, tape);
    } else if (what < 44) {
        step_cancel(world, model, tape);
    } else if (what < 78) {
        step_payment(world, model, tape);
    } else if (what < 86) {
        step_redemption(world, model, tape);
    } else if (what < 95) {
        step_result(world, model, tape);
    } else {
        step_other(world, model, tape);
    }
}

/* ---- comparing, through the records alone ---- */
static uint8_t record_bytes[DURE_RECORD_SIZE_MAX];

static dure_reader_t record_of(const world_t *world, dure_primary_key_t key)
{
    dure_writer_t out = dure_writer(record_bytes, sizeof record_bytes);
    dure_blind_t blind;
    assert_true(dure_ledger_record(world->ledger, &key, &out, &blind));
    return dure_reader(dure_writer_bytes(&out));
}

static void compare_fund(const world_t *world, const model_t *model)
{
    dure_record_fund_t fund;
    dure_reader_t reader = record_of(world, dure_key_fund(FUND));
    dure_record_fund_decode(&reader, &fund);
    assert_true(dure_reader_end(&reader));
    assert_int_equal(fund.issued.won, model->issued);
    assert_int_equal(fund.ordered.won, model->ordered);
    assert_int_equal(fund.held_citizens.won, model->citizens_hold);
    assert_int_equal(fund.held_merchants.won, model->merchants_hold);
    assert_int_equal(fund.pending.won, model->pending);
    assert_int_equal(fund.redeemed.won, model->redeemed);
    assert_int_equal(fund.refunded.won, model->refunded);
    assert_int_equal(fund.escrow.won, model->issued - model->redeemed - model->refunded);
    dure_record_account_t account;
    const dure_name_t budget = test_name("budget");
    reader = record_of(world, dure_key_account(GIMPO, &budget));
    dure_record_account_decode(&reader, &account);
    assert_true(dure_reader_end(&reader));
    assert_int_equal(account.balance.won, model->budget);
    assert_int_equal(account.reserved.won, model->reserved);
    assert_int_equal(account.deposited.won, model->deposited);
}

static void compare_parties(const world_t *world, const model_t *model)
{
    dure_record_party_t party;
    for (uint32_t i = 0; i < CITIZENS; i++) {
        const model_citizen_t *citizen = &model->citizens[i];
        dure_reader_t reader = record_of(world, dure_key_party(FIRST_CITIZEN + i));
        dure_record_party_decode(&reader, &party);
        assert_true(dure_reader_end(&reader));
        uint32_t unused;
        assert_int_equal(party.reserved.won, orders_sum(model, i, &unused));
        assert_int_equal(party.lots.count, citizen->lot_count);
        dure_reader_t lots = dure_reader(party.lots.bytes);
        for (uint32_t k = 0; k < citizen->lot_count; k++) {
            dure_lot_t lot;
            dure_lot_decode(&lots, &lot);
            assert_int_equal(lot.number, citizen->lots[k].number);
            assert_int_equal(lot.left.won, citizen->lots[k].left);
            assert_int_equal(lot.face.won, citizen->lots[k].face);
            assert_int_equal(lot.paid.won, citizen->lots[k].paid);
        }
    }
    for (uint32_t i = 0; i < SHOPS; i++) {
        dure_reader_t reader = record_of(world, dure_key_party(FIRST_SHOP + i));
        dure_record_party_decode(&reader, &party);
        assert_true(dure_reader_end(&reader));
        assert_int_equal(party.balances_count, model->shops[i] > 0);
        assert_true(model->shops[i] == 0 || party.balances[0].amount.won == model->shops[i]);
    }
}

static void town(world_t *world, model_t *model, tape_t *tape)
{
    dure_body_t body = body_propose(act_account("budget"), FAR_DAY);
    assert_code(send(world, tape, OFFICER_1, &body), DURE_RESULT_DONE);
    body = body_propose(act_fund(FUND, CEILING), FAR_DAY);
    assert_code(send(world, tape, OFFICER_1, &body), DURE_RESULT_DONE);
    for (uint32_t i = 0; i < CITIZENS; i++) {
        body = body_registration(FIRST_CITIZEN + i, DURE_KIND_CITIZEN);
        assert_code(send(world, tape, REGISTRAR, &body), DURE_RESULT_DONE);
    }
    const dure_name_t marts = test_name("rural_marts");
    for (uint32_t i = 0; i < SHOPS; i++) {
        const uint64_t shop = FIRST_SHOP + i;
        body = body_registration(shop, DURE_KIND_MERCHANT);
        dure_registration_t *registration = &body.registration;
        dure_attribute_entry_t *entry = registration->attributes;
        *entry++ =
            (dure_attribute_entry_t){DURE_ATTRIBUTE_REGION, i == 2 ? GOYANG : GIMPO, 0, FAR_DAY};
        if (i != 7) {
            *entry++ = (dure_attribute_entry_t){
                DURE_ATTRIBUTE_CATEGORY, i == 1 ? DURE_CATEGORY_GAMBLING : DURE_CATEGORY_CAFE, 0,
                FAR_DAY};
        }
        if (i == 3 || i == 4) {
            *entry++ =
                (dure_attribute_entry_t){DURE_ATTRIBUTE_ANNUAL_SALES, 1000000001, 0, FAR_DAY};
        }
        if (i == 5) {
            *entry++ = (dure_attribute_entry_t){DURE_ATTRIBUTE_OWNER, FIRST_CITIZEN, 0, FAR_DAY};
        }
        if (i == 4) {
            *entry++ = (dure_attribute_entry_t){dure_list_attribute(&marts), 1, 0, FAR_DAY};
        }
        registration->attributes_count = (uint16_t)(entry - registration->attributes);
        assert_code(send(world, tape, REGISTRAR, &body), DURE_RESULT_DONE);
    }
    body = body_attest(FIRST_SHOP + 6, DURE_ATTRIBUTE_RISK, 700, 0, FAR_DAY);
    assert_code(send(world, tape, WATCH, &body), DURE_RESULT_DONE);
    model->today = TODAY;
}

/* ---- the walk and what is done with it ---- */
static tape_t tape;
static dure_hash_t walk_root;

static void walk_agrees_with_the_model(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    model_t *model = calloc(1, sizeof *model);
    assert_non_null(model);
    model->random = 88172645463325252u;
    town(world, model, &tape);
    for (uint32_t i = 1; i <= STEPS; i++) {
        step(world, model, &tape);
        if (i % 500 == 0) {
            const char *problem = dure_ledger_invariants(world->ledger);
            assert_true(problem == NULL);
            compare_fund(world, model);
            compare_parties(world, model);
        }
        if (i % 777 == 0) {
            world_cut(world);
        }
    }
    /* The walk met what it was meant to meet. */
    const uint16_t met[] = {
        DURE_RESULT_RULE_DENIED,     DURE_RESULT_RULE_NO_ALLOW, DURE_RESULT_RULE_MISSING_FACT,
        DURE_RESULT_CEILING_REACHED, DURE_RESULT_ACCOUNT_EMPTY, DURE_RESULT_NOT_ENOUGH_MONEY,
        DURE_RESULT_LOT_TOUCHED,     DURE_RESULT_PRICE_DIFFERS, DURE_RESULT_PAYOUT_HELD,
        DURE_RESULT_NOT_PERMITTED,
    };
    for (size_t i = 0; i < sizeof met / sizeof met[0]; i++) {
        if (world->seen[met[i]] == 0) {
            print_error("never met: %u\n", met[i]);
        }
        assert_true(world->seen[met[i]] > 0);
    }
    walk_root = world_root(world);
    dure_ledger_keep(world->ledger);
    free(model);
    world_free(world);
}

static void cuts_do_not_matter(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    size_t offset = 0;
    uint64_t random = 1;
    for (uint32_t i = 0; i < tape.count; i++) {
        tape_apply(&tape, &offset, world->ledger, &world->effect);
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        if (random >> 60 == 0) {
            world_root(world); /* a root in between changes nothing either */
        }
        if (random >> 60 < 4) {
            world_cut(world);
        }
    }
    const dure_hash_t root = world_root(world);
    assert_true(dure_hash_equal(&root, &walk_root));
    world_free(world);
}

static void dropped_blocks_leave_nothing(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    world_cut(world);
    size_t offset = 0;
    uint64_t random = 2;
    uint32_t i = 0;
    uint32_t dropped = 0;
    while (i < tape.count) {
        random = random * UINT64_C(6364136223846793005) + 1442695040888963407u;
        const uint32_t size = 1 + (uint32_t)(random >> 33) % 60;
        const bool drops = (random >> 62 & 1) != 0;
        const dure_hash_t before = world_bytes(world);
        const dure_hash_t root_before = world_root(world);
        const size_t offset_before = offset;
        uint32_t done = 0;
        for (; done < size && i + done < tape.count; done++) {
            tape_apply(&tape, &offset, world->ledger, &world->effect);
        }
        if (!drops) {
            world_cut(world);
            i += done;
            continue;
        }
        if ((random >> 61 & 1) != 0) {
            world_root(world);
        }
        assert_true(dure_ledger_drop(world->ledger));
        const dure_hash_t after = world_bytes(world);
        const dure_hash_t root_after = world_root(world);
        assert_true(dure_hash_equal(&before, &after));
        assert_true(dure_hash_equal(&root_before, &root_after));
        dure_ledger_begin(world->ledger, START);
        offset = offset_before;
        dropped++;
    }
    assert_true(dropped > 50);
    const dure_hash_t root = world_root(world);
    assert_true(dure_hash_equal(&root, &walk_root));
    world_free(world);
}

/* Carries all records over; false and *problem as the loader says. */
static bool carry(const dure_ledger_t *from, dure_ledger_t *to, const char **problem)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    uint64_t cursor = 0;
    uint8_t table;
    dure_blind_t blind;
    dure_hash_t last = {{0}};
    dure_ledger_load_begin(to);
    for (;;) {
        dure_writer_t out = dure_writer(bytes, sizeof bytes);
        if (!dure_ledger_next(from, &cursor, &table, &blind, &out)) {
            return dure_ledger_load_end(to, problem);
        }
        const dure_hash_t *key = dure_tree_key_at(from->tree, (uint32_t)cursor - 1);
        assert_true(memcmp(last.bytes, key->bytes, sizeof last.bytes) < 0);
        last = *key;
        if (!dure_ledger_load_record(to, table, &blind, dure_writer_bytes(&out), problem)) {
            return false;
        }
    }
}

static void loaded_state_goes_on_equally(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    void *memory;
    dure_ledger_t *second = world_second(world, &memory);
    dure_effect_t *effect = malloc(sizeof *effect);
    size_t offset = 0;
    for (uint32_t i = 0; i < tape.count; i++) {
        const size_t before = offset;
        tape_apply(&tape, &offset, world->ledger, &world->effect);
        if (i > tape.count / 2) {
            size_t again = before;
            assert_code(tape_apply(&tape, &again, second, effect), world->effect.code);
            assert_effects_equal(effect, &world->effect);
        }
        if (i == tape.count / 2) {
            world_root(world);
            world_cut(world);
            const char *problem = NULL;
            const bool carried = carry(world->ledger, second, &problem);
            if (!carried) {
                print_error("%s\n", problem);
            }
            assert_true(carried);
            dure_hash_t root;
            dure_ledger_root(second, &root);
            const dure_hash_t own = world_root(world);
            assert_true(dure_hash_equal(&root, &own));
            dure_ledger_begin(second, START);
        }
    }
    dure_hash_t root;
    dure_ledger_root(second, &root);
    assert_true(dure_hash_equal(&root, &walk_root));
    free(effect);
    free(memory);
    world_free(world);
}

/* ---- planted bugs must be caught by the same means ---- */
static void missing_payouts_are_caught(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    dure_ledger_plant(world->ledger, DURE_LEDGER_BUG_ROOT_MISSES_PAYOUTS);
    void *memory;
    dure_ledger_t *second = world_second(world, &memory);
    size_t offset = 0;
    for (uint32_t i = 0; i < tape.count / 2 || dure_ledger_usage(world->ledger).payouts == 0; i++) {
        assert_true(i < tape.count);
        tape_apply(&tape, &offset, world->ledger, &world->effect);
    }
    world_root(world);
    /* The record exists, and the tree proves that it does not. */
    uint64_t cursor = 0;
    dure_blind_t blind;
    dure_writer_t out = dure_writer(record_bytes, sizeof record_bytes);
    assert_true(dure_ledger_scan(world->ledger, DURE_TABLE_PAYOUT, &cursor, &blind, &out));
    dure_record_payout_t payout;
    dure_reader_t reader = dure_reader(dure_writer_bytes(&out));
    dure_record_payout_decode(&reader, &payout);
    const dure_primary_key_t key = dure_key_made(DURE_TABLE_PAYOUT, &payout.id);
    static dure_tree_proof_t proof;
    dure_ledger_prove(world->ledger, &key, &proof);
    assert_int_not_equal(proof.end, DURE_TREE_PRESENT);
    /* What is loaded from the tree lacks what is pending. */
    const char *problem = NULL;
    assert_false(carry(world->ledger, second, &problem));
    assert_string_equal(problem, "the open payouts are not what is pending");
    free(memory);
    world_free(world);
}

static void forgotten_windows_are_caught(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    void *memory;
    dure_ledger_t *second = world_second(world, &memory);
    dure_ledger_plant(second, DURE_LEDGER_BUG_WINDOW_NOT_RESTORED);
    size_t offset = 0;
    size_t payment = 0;
    for (uint32_t i = 0; i < tape.count / 8; i++) {
        const size_t before = offset;
        tape_apply(&tape, &offset, world->ledger, &world->effect);
        if (world->effect.kind == DURE_BODY_PAYMENT && world->effect.code == DURE_RESULT_DONE) {
            payment = before;
        }
    }
    const dure_hash_t own = world_root(world);
    const char *problem = NULL;
    assert_true(carry(world->ledger, second, &problem));
    dure_hash_t root;
    dure_ledger_root(second, &root);
    assert_false(dure_hash_equal(&root, &own));
    dure_ledger_begin(second, START);
    size_t again = payment;
    assert_code(tape_apply(&tape, &again, world->ledger, &world->effect), DURE_RESULT_ALREADY_USED);
    again = payment;
    assert_int_not_equal(tape_apply(&tape, &again, second, &world->effect),
                         DURE_RESULT_ALREADY_USED);
    free(memory);
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(walk_agrees_with_the_model),
        cmocka_unit_test(cuts_do_not_matter),
        cmocka_unit_test(dropped_blocks_leave_nothing),
        cmocka_unit_test(loaded_state_goes_on_equally),
        cmocka_unit_test(missing_payouts_are_caught),
        cmocka_unit_test(forgotten_windows_are_caught),
    };
    return cmocka_run_group_tests_name("ledger walk", tests, NULL, NULL);
}

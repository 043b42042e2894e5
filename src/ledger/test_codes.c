/* What leads to the result codes, kind by kind; that all are reached is test_refusals' to say. */
#include "ledger/test_world.h"

#define ANNA UINT64_C(101)
#define BEN  UINT64_C(102)
#define SHOP UINT64_C(201)

static world_t *town(uint8_t threshold)
{
    world_t *world = world_new(NULL, false, threshold);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_register(world, BEN, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    return world;
}

/* ---- admission ---- */
static void inadmissible(world_t *world, dure_tx_t tx, uint8_t slot, dure_result_t expected)
{
    const dure_hash_t before = world_bytes(world);
    assert_code(world_send_tx(world, &tx, slot), expected);
    assert_code(dure_ledger_admit(world->ledger, &world->envelope, NULL), expected);
    const dure_hash_t after = world_bytes(world);
    assert_true(dure_hash_equal(&before, &after));
}

static void admission_changes_nothing(void **state)
{
    (void)state;
    world_t *world = town(1);
    const dure_body_t body = body_payment(SHOP, 1);
    const dure_tx_t good = world_tx(world, ANNA, &body);
    dure_tx_t tx = good;
    tx.id.party = 999;
    inadmissible(world, tx, 0, DURE_RESULT_PARTY_UNKNOWN);
    inadmissible(world, good, 1, DURE_RESULT_KEY_UNKNOWN);
    tx = good;
    tx.id.lane = 1;
    inadmissible(world, tx, 0, DURE_RESULT_LANE_WRONG);
    tx = world_tx(world, BANK, &body);
    tx.id.lane = 64;
    inadmissible(world, tx, 0, DURE_RESULT_LANE_WRONG);
    tx = good;
    tx.valid_until = dure_ledger_time(world->ledger) - 1;
    inadmissible(world, tx, 0, DURE_RESULT_EXPIRED);
    tx.valid_until = dure_ledger_time(world->ledger) + DURE_TX_VALIDITY_MS_MAX + 1;
    inadmissible(world, tx, 0, DURE_RESULT_VALID_UNTIL_TOO_FAR);
    /* Exactly now, and exactly 31 days, are in time. */
    tx.valid_until = dure_ledger_time(world->ledger);
    tx.id.number = 100;
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_NOT_ENOUGH_MONEY);
    tx.valid_until = dure_ledger_time(world->ledger) + DURE_TX_VALIDITY_MS_MAX;
    tx.id.number = 37;
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_NOT_ENOUGH_MONEY);
    inadmissible(world, tx, 0, DURE_RESULT_ALREADY_USED);
    assert_int_equal(world_number(world, DURE_LABEL_HIGHEST_USED), 100);
    tx.id.number = 36;
    inadmissible(world, tx, 0, DURE_RESULT_NUMBER_TOO_OLD);
    tx.id.number = 38;
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_NOT_ENOUGH_MONEY);
    world->wire[world->wire_size - 1] ^= 1;
    assert_code(world_apply_wire(world), DURE_RESULT_ALREADY_USED);
    tx.id.number = 101;
    assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_NOT_ENOUGH_MONEY);
    tx.id.number = 102;
    const dure_secret_key_t other = test_secret(BEN, 0);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(world->ledger), 0, &other));
    world->wire_size = out.size;
    assert_code(world_apply_wire(world), DURE_RESULT_SIGNATURE_WRONG);
    world_end(world);
}

static void a_verdict_counts_only_for_its_transaction_and_key(void **state)
{
    (void)state;
    world_t *world = town(1);
    const dure_body_t body = body_payment(SHOP, 1);
    const dure_tx_t tx = world_tx(world, ANNA, &body);
    const dure_secret_key_t other = test_secret(BEN, 0);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(world->ledger), 0, &other));
    assert_code(dure_envelope_decode(&world->envelope, dure_writer_bytes(&out), NULL),
                DURE_RESULT_DONE);
    dure_verdict_t verdict = {.key = test_key(ANNA, 0).key, .result = DURE_CRYPTO_OK};
    const dure_ledger_t *ledger = world->ledger;
    /* Of another transaction: verified, and refused. */
    assert_code(dure_ledger_admit(ledger, &world->envelope, &verdict), DURE_RESULT_SIGNATURE_WRONG);
    dure_tx_hash(&verdict.tx, dure_ledger_chain_id(ledger), world->envelope.body);
    assert_code(dure_ledger_admit(ledger, &world->envelope, &verdict), DURE_RESULT_DONE);
    verdict.key = test_key(BEN, 0).key;
    assert_code(dure_ledger_admit(ledger, &world->envelope, &verdict), DURE_RESULT_SIGNATURE_WRONG);
    world_end(world);
}

static void service_windows_are_wide_and_lanes_finite(void **state)
{
    (void)state;
    dure_ledger_limits_t limits = dure_ledger_limits_for(64);
    world_t *world = world_new(&limits, false, 1);
    const dure_body_t body = body_tick(START);
    dure_tx_t tx = world_tx(world, CLOCK, &body);
    for (uint16_t lane = 0; lane < 3; lane++) {
        tx.id.lane = lane;
        tx.id.number = 5000;
        assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_DONE);
        tx.id.number = 5000 - 4095;
        assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_DONE);
        inadmissible(world, tx, 0, DURE_RESULT_ALREADY_USED);
        tx.id.number = 5000 - 4096;
        inadmissible(world, tx, 0, DURE_RESULT_NUMBER_TOO_OLD);
        tx.id.number = UINT64_MAX;
        assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_DONE);
        inadmissible(world, tx, 0, DURE_RESULT_ALREADY_USED);
        tx.id.number = UINT64_MAX - 4095;
        assert_code(world_send_tx(world, &tx, 0), DURE_RESULT_DONE);
    }
    for (uint32_t i = 0; i < 16; i++) {
        world_register(world, 3001 + i, DURE_KIND_SERVICE);
    }
    for (uint32_t i = 0; i < 1024 - 3 - 1; i++) { /* the registrar has one */
        const dure_body_t rotation = body_rotate(3001 + i / 64, 0);
        dure_tx_t opening = world_tx(world, 3001 + i / 64, &rotation);
        opening.id.lane = (uint16_t)(i % 64);
        assert_code(world_send_tx(world, &opening, 0), DURE_RESULT_DONE);
    }
    tx.id.lane = 3;
    inadmissible(world, tx, 0, DURE_RESULT_LANES_FULL);
    world_end(world);
}

/* ---- parties ---- */
static void registrations(void **state)
{
    (void)state;
    world_t *world = town(1);
    dure_body_t body = body_registration(300, DURE_KIND_CITIZEN);
    world_expect(world, DURE_RESULT_NOT_PERMITTED, BANK, body);
    body.registration.subject = ANNA;
    world_expect(world, DURE_RESULT_PARTY_EXISTS, REGISTRAR, body);
    body.registration.subject = 300;
    body.registration.keys_count = 0;
    world_expect(world, DURE_RESULT_KEYS_WRONG, REGISTRAR, body);
    body.registration.keys_count = 2;
    body.registration.keys[1] = body.registration.keys[0];
    world_expect(world, DURE_RESULT_KEYS_WRONG, REGISTRAR, body);
    body.registration.keys_count = 1;
    memset(body.registration.keys[0].key.bytes, 0, 33);
    body.registration.keys[0].key.bytes[0] = 1; /* the neutral point */
    world_expect(world, DURE_RESULT_KEY_REFUSED, REGISTRAR, body);
    body = body_registration(300, DURE_KIND_CITIZEN);
    body.registration.attributes_count = 2;
    body.registration.attributes[0] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_BIRTH_YEAR, 1980, 0, FAR_DAY};
    body.registration.attributes[1] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_RESIDENCE, GIMPO, 0, FAR_DAY};
    world_expect(world, DURE_RESULT_ATTRIBUTES_WRONG, REGISTRAR, body);
    body.registration.attributes_count = 1;
    body.registration.attributes[0].what = DURE_ATTRIBUTE_REGION;
    world_expect(world, DURE_RESULT_ATTRIBUTE_UNKNOWN, REGISTRAR, body);
    body.registration.attributes[0] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_AID_TIER, 1, 0, FAR_DAY};
    world_expect(world, DURE_RESULT_NOT_PERMITTED, REGISTRAR, body);
    body.registration.attributes[0] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_BIRTH_DIGIT, 10, 0, FAR_DAY};
    world_expect(world, DURE_RESULT_ATTRIBUTE_VALUE, REGISTRAR, body);
    body.registration.attributes[0].value = 9;
    body.registration.attributes[0].until = TODAY - 1;
    world_expect(world, DURE_RESULT_DATES_WRONG, REGISTRAR, body);
    body.registration.attributes[0].until = TODAY;
    world_done(world, REGISTRAR, body);
    world_end(world);
}

static void attestations(void **state)
{
    (void)state;
    world_t *world = town(1);
    const uint64_t what = DURE_ATTRIBUTE_RISK;
    world_expect(world, DURE_RESULT_SUBJECT_UNKNOWN, WATCH, body_attest(9, what, 1, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_attest(SHOP, what, 1, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_ATTRIBUTE_UNKNOWN, WATCH,
                 body_attest(ANNA, what, 1, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_ATTRIBUTE_UNKNOWN, WATCH, body_attest(SHOP, 77, 1, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_ATTRIBUTE_UNKNOWN, WATCH,
                 body_attest(SHOP, what + (UINT64_C(1) << 32), 1, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, REGISTRAR,
                 body_attest(SHOP, what, 1, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_ATTRIBUTE_VALUE, WATCH,
                 body_attest(SHOP, what, 1001, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_DATES_WRONG, WATCH, body_attest(SHOP, what, 1, 0, TODAY - 1));
    world_expect(world, DURE_RESULT_ATTRIBUTE_VALUE, REGISTRAR,
                 body_attest(SHOP, DURE_ATTRIBUTE_CATEGORY, 48, 0, FAR_DAY));
    world_expect(world, DURE_RESULT_ATTRIBUTE_VALUE, REGISTRAR,
                 body_attest(SHOP, DURE_ATTRIBUTE_OWNER, 0, 0, FAR_DAY));
    const dure_hash_t before = world_root(world);
    world_done(world, WATCH, body_attest(SHOP, what, 1000, 0, FAR_DAY));
    world_done(world, WATCH, body_attest(SHOP, what, 0, 5, 4)); /* removed */
    world_done(world, WATCH, body_attest(SHOP, what, 0, 5, 4)); /* and again */
    const dure_hash_t after = world_root(world);
    assert_false(dure_hash_equal(&before, &after)); /* the window moved */
    const uint32_t shop = ledger_party_find(world->ledger, SHOP);
    assert_int_equal(ledger_attribute_find(world->ledger, party_at(world->ledger, shop), what),
                     CELL_NONE);
    /* Full of memberships: the next is refused until one has expired. */
    for (uint64_t i = 0; i < DURE_PARTY_ATTRIBUTES_MAX; i++) {
        world_done(world, OFFICER_1,
                   body_attest(ANNA, (UINT64_C(1) << 63) + i, 1, 0, i == 7 ? TODAY : FAR_DAY));
    }
    const uint64_t another = (UINT64_C(1) << 63) + 99;
    world_expect(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                 body_attest(ANNA, another, 1, 0, FAR_DAY));
    world_days(world, 1);
    world_done(world, OFFICER_1, body_attest(ANNA, another, 1, 0, FAR_DAY));
    world_end(world);
}

static void rotation_changes_who_can_sign(void **state)
{
    (void)state;
    world_t *world = town(1);
    dure_body_t body = body_rotate(ANNA, 2);
    world_done(world, ANNA, body);
    const dure_body_t payment = body_payment(SHOP, 1);
    dure_tx_t tx = world_tx(world, ANNA, &payment);
    tx.id.number = 50;
    assert_code(world_send_tx(world, &tx, 2), DURE_RESULT_NOT_ENOUGH_MONEY);
    memset(body.rotate.entry.key.bytes, 0, 33);
    world_expect(world, DURE_RESULT_KEY_REFUSED, ANNA, body);
    body = body_rotate(BEN, 0);
    world_done(world, ANNA, body);
    tx.id.number = 51;
    inadmissible(world, tx, 0, DURE_RESULT_SIGNATURE_WRONG);
    world_end(world);
}

/* ---- governance ---- */
static void acts(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_propose(world, DURE_RESULT_NOT_PERMITTED, BANK, act_account("other"));
    world_expect(world, DURE_RESULT_DATES_WRONG, OFFICER_1,
                 body_propose(act_account("other"), TODAY - 1));
    world_propose(world, DURE_RESULT_ACCOUNT_EXISTS, OFFICER_1, act_account("budget"));
    world_propose(world, DURE_RESULT_FUND_EXISTS, OFFICER_1, act_fund(FUND, 1));
    dure_act_t act = act_fund(8, 1);
    act.fund.image.size--;
    world_propose(world, DURE_RESULT_PROGRAM_REFUSED, OFFICER_1, act);
    world_propose(world, DURE_RESULT_PROGRAM_CITY, FAR_ALL, act_fund(8, 1));
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1,
                  act_parameter(8, "discount", 1, TODAY + 7));
    world_propose(world, DURE_RESULT_OTHER_CITY, FAR_ALL,
                  act_parameter(FUND, "discount", 1, TODAY + 7));
    world_propose(world, DURE_RESULT_PARAMETER_UNKNOWN, OFFICER_1,
                  act_parameter(FUND, "discounts", 1, TODAY + 7));
    world_propose(world, DURE_RESULT_PARAMETER_RANGE, OFFICER_1,
                  act_parameter(FUND, "discount", 2001, TODAY + 7));
    world_propose(world, DURE_RESULT_PARAMETER_RANGE, OFFICER_1,
                  act_parameter(FUND, "discount", -1, TODAY + 7));
    world_propose(world, DURE_RESULT_NOTICE_TOO_SHORT, OFFICER_1,
                  act_parameter(FUND, "discount", 1, TODAY + 6));
    assert_int_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), TODAY + 7);
    world_buy(world, ANNA, 100000);
    world_done(world, ANNA, body_order(FUND, 1000, 0));
    world_propose(world, DURE_RESULT_CEILING_TOO_LOW, OFFICER_1, act_ceiling(FUND, 100999));
    assert_int_equal(world_number(world, DURE_LABEL_MINIMUM), 101000);
    world_decide(world, act_ceiling(FUND, 101000));
    world_expect(world, DURE_RESULT_CEILING_REACHED, BEN, body_order(FUND, 1, 0));
    world_propose(world, DURE_RESULT_FUND_UNKNOWN, OFFICER_1, act_ceiling(8, 1));
    world_propose(world, DURE_RESULT_SUBJECT_UNKNOWN, OFFICER_1, act_roles(999, 1));
    world_propose(world, DURE_RESULT_OTHER_CITY, OFFICER_1, act_roles(FAR_ALL, 1));
    world_propose(world, DURE_RESULT_ROLES_WRONG, OFFICER_1, act_roles(ANNA, 1));
    world_propose(world, DURE_RESULT_THRESHOLD_WRONG, OFFICER_1, act_threshold(3));
    world_decide(world, act_roles(OFFICER_2, 0));
    world_propose(world, DURE_RESULT_THRESHOLD_WRONG, OFFICER_1, act_roles(OFFICER_1, 0));
    world_propose(world, DURE_RESULT_NOT_PERMITTED, OFFICER_2, act_account("other"));
    world_end(world);
}

static void approvals(void **state)
{
    (void)state;
    world_t *world = town(2);
    world_done(world, OFFICER_1, body_propose(act_account("reserve"), TODAY + 1));
    const dure_tx_id_t proposal = world_last_id(world);
    assert_int_equal(dure_ledger_usage(world->ledger).proposals, 1);
    world_expect(world, DURE_RESULT_NOT_PERMITTED, BANK, body_approve(proposal));
    world_expect(world, DURE_RESULT_APPROVED_BEFORE, OFFICER_1, body_approve(proposal));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_approve(proposal));
    world_expect(world, DURE_RESULT_PROPOSAL_UNKNOWN, OFFICER_2,
                 body_approve(world_last_id(world)));
    world_expect(world, DURE_RESULT_ACCOUNT_UNKNOWN, BANK, body_deposit("reserve", 1));
    world_done(world, OFFICER_2, body_approve(proposal));
    assert_int_equal(dure_ledger_usage(world->ledger).proposals, 0);
    world_done(world, BANK, body_deposit("reserve", 1));
    world_expect(world, DURE_RESULT_PROPOSAL_UNKNOWN, OFFICER_2, body_approve(proposal));
    /* Two proposals for one account: the second stays, refused, until it has expired. */
    world_done(world, OFFICER_1, body_propose(act_account("twice"), TODAY + 1));
    const dure_tx_id_t first = world_last_id(world);
    world_done(world, OFFICER_1, body_propose(act_account("twice"), TODAY + 1));
    const dure_tx_id_t second = world_last_id(world);
    world_done(world, OFFICER_2, body_approve(first));
    world_expect(world, DURE_RESULT_ACCOUNT_EXISTS, OFFICER_2, body_approve(second));
    assert_int_equal(dure_ledger_usage(world->ledger).proposals, 1);
    world_days(world, 2);
    world_expect(world, DURE_RESULT_PROPOSAL_EXPIRED, OFFICER_2, body_approve(second));
    world_end(world);
}

static void expired_proposals_make_room(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 2);
    world_done(world, OFFICER_1, body_propose(act_account("a"), TODAY));
    for (uint32_t i = 1; i < 256; i++) {
        world_done(world, OFFICER_1, body_propose(act_account("b"), TODAY + 9));
    }
    world_expect(world, DURE_RESULT_TABLE_FULL, OFFICER_1, body_propose(act_account("c"), TODAY));
    world_days(world, 1);
    world_done(world, OFFICER_1, body_propose(act_account("c"), TODAY + 9));
    world_expect(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                 body_propose(act_account("d"), TODAY + 9));
    world_end(world);
}

static void parameters_follow_their_days(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_decide(world, act_parameter(FUND, "discount", 1000, TODAY + 7));
    world_buy(world, ANNA, 10000);
    assert_int_equal(world->effect.moves[0].amount.won, 9400);
    world_days(world, 6);
    world_buy(world, ANNA, 10000);
    assert_int_equal(world->effect.moves[0].amount.won, 9400);
    world_days(world, 1);
    world_buy(world, ANNA, 10000);
    assert_int_equal(world->effect.moves[0].amount.won, 9000);
    /* Sixteen changes are kept; what no day needs any more makes room. */
    for (int i = 0; i < 15; i++) {
        world_propose(world, DURE_RESULT_DONE, OFFICER_1,
                      act_parameter(FUND, "discount", i, TODAY + 20 + i));
    }
    world_propose(world, DURE_RESULT_DONE, OFFICER_1,
                  act_parameter(FUND, "discount", 77, TODAY + 34)); /* the same day: replaced */
    world_propose(world, DURE_RESULT_TABLE_FULL, OFFICER_1,
                  act_parameter(FUND, "discount", 1, TODAY + 40));
    world_days(world, 20);
    world_decide(world, act_parameter(FUND, "discount", 1, TODAY + 40));
    world_end(world);
}

/* ---- money ---- */
static void purchases(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_expect(world, DURE_RESULT_KIND_WRONG, SHOP, body_order(FUND, 1, 0));
    world_expect(world, DURE_RESULT_FUND_UNKNOWN, ANNA, body_order(8, 1, 0));
    world_expect(world, DURE_RESULT_RULE_DENIED, ANNA, body_order(FUND, 500001, 0));
    assert_string_equal(world->effect.rule.text, "over_monthly_limit");
    assert_int_equal(world_number(world, DURE_LABEL_ASKED), 500001);
    assert_int_equal(world->effect.fund, FUND);
    world_expect(world, DURE_RESULT_PRICE_ABOVE_BOUND, ANNA, body_order(FUND, 100000, 93999));
    world_done(world, ANNA, body_order(FUND, 100000, 94000));
    const dure_tx_id_t order = world_last_id(world);
    world_expect(world, DURE_RESULT_NOT_PERMITTED, ANNA, body_credit(order, 94000));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_credit(order, 94000));
    world_expect(world, DURE_RESULT_PRICE_DIFFERS, BANK, body_credit(order, 93999));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, BEN, body_void(order));
    world_done(world, BANK, body_credit(order, 94000));
    world_expect(world, DURE_RESULT_ORDER_UNKNOWN, BANK, body_credit(order, 94000));
    world_expect(world, DURE_RESULT_ORDER_UNKNOWN, ANNA, body_void(order));
    world_expect(world, DURE_RESULT_LOT_UNKNOWN, ANNA, body_cancel(FUND, 2));
    world_expect(world, DURE_RESULT_KIND_WRONG, SHOP, body_cancel(FUND, 1));
    world_expect(world, DURE_RESULT_FUND_UNKNOWN, ANNA, body_cancel(8, 1));
    world_done(world, ANNA, body_payment(SHOP, 1));
    world_expect(world, DURE_RESULT_LOT_TOUCHED, ANNA, body_cancel(FUND, 1));
    world_expect(world, DURE_RESULT_AMOUNT_TOO_LARGE, BANK,
                 body_deposit("budget", DURE_AMOUNT_WON_MAX));
    world_expect(world, DURE_RESULT_NOT_PERMITTED, ANNA, body_deposit("budget", 1));
    world_buy(world, ANNA, 1000);
    world_days(world, 8);
    world_expect(world, DURE_RESULT_RULE_NO_ALLOW, ANNA, body_cancel(FUND, 2));
    world_end(world);
}

static void an_empty_account_refuses(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, false, 1);
    world_propose(world, DURE_RESULT_ACCOUNT_UNKNOWN, OFFICER_1, act_fund(FUND, 1000000));
    world_decide(world, act_account("budget"));
    world_decide(world, act_fund(FUND, 1000000));
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_expect(world, DURE_RESULT_ACCOUNT_EMPTY, ANNA, body_order(FUND, 100, 0));
    world_done(world, ANNA, body_order(FUND, 16, 0)); /* 6 % of 16 is 0 won */
    world_end(world);
}

static void a_full_wallet_merges_what_is_alike(void **state)
{
    (void)state;
    world_t *world = town(1);
    for (uint32_t i = 0; i < DURE_PARTY_LOTS_MAX; i++) {
        world_buy(world, ANNA, 10000);
        world_buy(world, BEN, 10001 + i); /* no two of the same price for the face */
    }
    assert_int_equal(dure_ledger_usage(world->ledger).lots, 64);
    world_buy(world, ANNA, 10000);
    assert_int_equal(dure_ledger_usage(world->ledger).lots, 34);
    const party_t *anna = party_at(world->ledger, ledger_party_find(world->ledger, ANNA));
    assert_int_equal(lot_at(world->ledger, anna->holdings)->face, 320000);
    assert_int_equal(lot_at(world->ledger, anna->holdings)->paid, 300800);
    world_expect(world, DURE_RESULT_LOTS_FULL, BEN, body_order(FUND, 20000, 0));
    /* What was merged goes back as one, and gives all its room back. */
    world_done(world, ANNA, body_cancel(FUND, 1));
    world_done(world, ANNA, body_order(FUND, 490000, 0));
    world_end(world);
}

static void payments(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_expect(world, DURE_RESULT_KIND_WRONG, SHOP, body_payment(ANNA, 1));
    world_expect(world, DURE_RESULT_KIND_WRONG, ANNA, body_payment(BEN, 1));
    world_expect(world, DURE_RESULT_SELF_PAYMENT, ANNA, body_payment(ANNA, 1));
    world_expect(world, DURE_RESULT_PAYEE_UNKNOWN, ANNA, body_payment(999, 1));
    dure_body_t body = body_payment(SHOP, 1);
    body.payment.funds_count = 2;
    body.payment.funds[0].fund = body.payment.funds[1].fund = FUND;
    world_expect(world, DURE_RESULT_FUND_TWICE, ANNA, body);
    body.payment.funds[1].fund = 8;
    world_expect(world, DURE_RESULT_FUND_UNKNOWN, ANNA, body);
    world_buy(world, ANNA, 1000);
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, ANNA, body_payment(SHOP, 1001));
    assert_int_equal(world_number(world, DURE_LABEL_AVAILABLE), 1000);
    world_shop(world, 202, DURE_CATEGORY_GAMBLING);
    world_expect(world, DURE_RESULT_RULE_DENIED, ANNA, body_payment(202, 1));
    assert_string_equal(world->effect.rule.text, "kind_of_shop");
    for (uint16_t i = 0; i < world->effect.numbers_count; i++) {
        assert_int_equal(world->effect.numbers[i].source, 1); /* nothing of the shop is told */
    }
    world_register(world, 203, DURE_KIND_MERCHANT);
    world_expect(world, DURE_RESULT_RULE_MISSING_FACT, ANNA, body_payment(203, 1));
    world_expect(world, DURE_RESULT_KIND_WRONG, ANNA, body_redemption(FUND, 1));
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, SHOP, body_redemption(FUND, 1));
    world_expect(world, DURE_RESULT_FUND_UNKNOWN, SHOP, body_redemption(8, 1));
    world_done(world, ANNA, body_payment(SHOP, 1000));
    world_done(world, WATCH, body_attest(SHOP, DURE_ATTRIBUTE_RISK, 700, 0, FAR_DAY));
    world_done(world, SHOP, body_redemption(FUND, 1000));
    assert_string_equal(world->effect.rule.text, "risky");
    const dure_tx_id_t payout = world_last_id(world);
    world_expect(world, DURE_RESULT_NOT_PERMITTED, SHOP, body_result(payout, 1));
    world_expect(world, DURE_RESULT_OTHER_CITY, FAR_ALL, body_result(payout, 1));
    world_days(world, 2);
    world_expect(world, DURE_RESULT_PAYOUT_HELD, BANK, body_result(payout, 1));
    assert_int_equal(world_number(world, DURE_LABEL_EARLIEST_DAY), TODAY + 3);
    world_days(world, 1);
    world_done(world, BANK, body_result(payout, 1));
    world_expect(world, DURE_RESULT_PAYOUT_UNKNOWN, BANK, body_result(payout, 1));
    world_end(world);
}

static void expired_lots_do_not_pay(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_buy(world, ANNA, 1000);
    const party_t *anna = party_at(world->ledger, ledger_party_find(world->ledger, ANNA));
    const dure_day_t end = (dure_day_t)lot_at(world->ledger, anna->holdings)->end_day;
    world_days(world, (uint32_t)(end - TODAY));
    world_done(world, ANNA, body_payment(SHOP, 1));
    world_days(world, 1);
    world_expect(world, DURE_RESULT_NOT_ENOUGH_MONEY, ANNA, body_payment(SHOP, 1));
    world_end(world);
}

static void one_payment_takes_64_lots(void **state)
{
    (void)state;
    world_t *world = town(1);
    for (uint64_t fund = 8; fund <= 9; fund++) {
        world_decide(world, act_fund(fund, 1000000));
    }
    for (uint64_t i = 0; i < 66; i++) {
        world_done(world, ANNA, body_order(FUND + i / 22, 10, 0));
        world_done(world, BANK, body_credit(world_last_id(world), 10));
    }
    world_expect(world, DURE_RESULT_TOO_MANY_LOTS, ANNA, body_payment(SHOP, 641));
    dure_body_t body = body_payment(SHOP, 225);
    body.payment.funds_count = 2;
    body.payment.funds[0].fund = 9;
    body.payment.funds[1].fund = 8;
    world_done(world, ANNA, body);
    const uint32_t shop = ledger_party_find(world->ledger, SHOP);
    const party_t *party = party_at(world->ledger, shop);
    const uint32_t nine =
        ledger_balance_find(world->ledger, party, ledger_fund_find(world->ledger, 9));
    assert_int_equal(balance_at(world->ledger, nine)->amount.won, 220);
    world_done(world, ANNA, body_payment(SHOP, 435));
    assert_int_equal(dure_ledger_usage(world->ledger).lots, 0);
    /* Lots that stand in turn are a part each: 32 parts at most. */
    for (uint64_t i = 0; i < 33; i++) {
        world_done(world, ANNA, body_order(FUND + i % 2, 10, 0));
        world_done(world, BANK, body_credit(world_last_id(world), 10));
    }
    world_expect(world, DURE_RESULT_TOO_MANY_LOTS, ANNA, body_payment(SHOP, 321));
    world_done(world, ANNA, body_payment(SHOP, 320));
    assert_int_equal(world->effect.parts_count, 32);
    assert_int_equal(world->effect.lots_count, 32);
    world_end(world);
}

/* A changed copy of the general program. */
static dure_act_t changed_fund(uint64_t fund, const char *what, const char *to, uint8_t *image)
{
    static char copy[DURE_YAK_SOURCE_SIZE_MAX];
    const dure_bytes_t source = test_source();
    memcpy(copy, source.data, source.size);
    copy[source.size] = 0;
    char *at = strstr(copy, what);
    assert_non_null(at);
    const size_t rest = strlen(at + strlen(what)) + 1;
    memmove(at + strlen(to), at + strlen(what), rest);
    memcpy(at, to, strlen(to));
    dure_act_t act = act_fund(fund, 1000000);
    act.fund.image = test_compile(copy, image);
    return act;
}

static void other_programs(void **state)
{
    (void)state;
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    world_t *world = town(1);
    world_propose(world, DURE_RESULT_DONE, OFFICER_1,
                  changed_fund(8, "  cancel    { allow when lot.age <= 7 days }\n", "", image));
    world_done(world, ANNA, body_order(8, 10, 0));
    world_done(world, BANK, body_credit(world_last_id(world), 10));
    world_expect(world, DURE_RESULT_RULE_NOT_DECLARED, ANNA, body_cancel(8, 1));
    world_propose(world, DURE_RESULT_DONE, OFFICER_1,
                  changed_fund(9, "subsidy discount of amount", "subsidy 100% of amount", image));
    world_expect(world, DURE_RESULT_PRICE_ZERO, ANNA, body_order(9, 10, 0));
    world_propose(world, DURE_RESULT_DONE, OFFICER_1,
                  changed_fund(10, "validity 5 years", "validity until 2026-01-10", image));
    world_days(world, 9);
    world_done(world, ANNA, body_order(10, 10, 0));
    const dure_tx_id_t order = world_last_id(world);
    world_days(world, 1);
    world_expect(world, DURE_RESULT_DATES_WRONG, ANNA, body_order(10, 10, 0));
    world_done(world, BANK, body_credit(order, 10)); /* what was promised holds */
    world_end(world);
}

static void cancellation_gives_room_back_in_its_period(void **state)
{
    (void)state;
    world_t *world = town(1);
    world_days(world, 29); /* 30 January */
    world_done(world, ANNA, body_order(FUND, 500000, 0));
    const dure_tx_id_t order = world_last_id(world);
    const uint64_t price = (uint64_t)world_number(world, DURE_LABEL_PRICE);
    world_days(world, 3); /* February */
    world_done(world, BANK, body_credit(order, price));
    world_done(world, ANNA, body_order(FUND, 400000, 0));
    world_done(world, ANNA, body_cancel(FUND, 1));
    const dure_tx_id_t payout = world_last_id(world);
    /* January's room is of no use in February. */
    world_expect(world, DURE_RESULT_RULE_DENIED, ANNA, body_order(FUND, 100001, 0));
    world_done(world, ANNA, body_order(FUND, 100000, 0));
    world_done(world, ANNA, body_void(world_last_id(world)));
    world_done(world, ANNA, body_order(FUND, 100000, 0));
    /* A refused transfer of a cancelled purchase stays open. */
    world_done(world, BANK, body_result(payout, 2));
    world_done(world, BANK, body_result(payout, 1));
    world_expect(world, DURE_RESULT_PAYOUT_UNKNOWN, BANK, body_result(payout, 1));
    world_end(world);
}

static void rejection_always_finds_its_place(void **state)
{
    (void)state;
    const dure_ledger_limits_t limits = dure_ledger_limits_for(16);
    world_t *world = world_new(&limits, false, 1);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_CAFE);
    world_shop(world, SHOP + 1, DURE_CATEGORY_CAFE);
    world_buy(world, ANNA, 1000);
    world_done(world, ANNA, body_payment(SHOP, 100));
    world_done(world, SHOP, body_redemption(FUND, 100));
    const dure_tx_id_t payout = world_last_id(world);
    world_done(world, BANK, body_result(payout, 2));
    world_done(world, SHOP, body_redemption(FUND, 100));
    world_done(world, BANK, body_result(world_last_id(world), 1));
    world_done(world, ANNA, body_payment(SHOP + 1, 100));
    /* Sixteen parties: seven services and three so far. */
    for (uint64_t party = 301; party < 307; party++) {
        world_register(world, party, DURE_KIND_CITIZEN);
    }
    world_expect(world, DURE_RESULT_TABLE_FULL, REGISTRAR,
                 body_registration(307, DURE_KIND_CITIZEN));
    const dure_act_t act = {.kind = DURE_ACT_LIMIT, .limit = {.parties_max = 16}};
    world_expect(world, DURE_RESULT_LIMIT_TOO_LOW, OFFICER_1, body_propose(act, FAR_DAY));
    world_end(world);
}

static void clocks(void **state)
{
    (void)state;
    world_t *world = world_new(NULL, true, 1);
    world_expect(world, DURE_RESULT_NOT_PERMITTED, BANK, body_tick(START));
    world_expect(world, DURE_RESULT_CLOCK_NOT_DRIVEN, CLOCK, body_tick(START + 1));
    dure_ledger_keep(world->ledger);
    dure_ledger_begin(world->ledger, START + 5);
    assert_int_equal(dure_ledger_time(world->ledger), START + 5);
    assert_true(dure_ledger_drop(world->ledger));
    assert_int_equal(dure_ledger_time(world->ledger), START);
    world_end(world);
    world = world_new(NULL, false, 1);
    world_expect(world, DURE_RESULT_TIME_GOES_BACK, CLOCK, body_tick(START - 1));
    world_done(world, CLOCK, body_tick(START));
    world_end(world);
}

static void an_overflowed_journal_says_so(void **state)
{
    (void)state;
    dure_ledger_limits_t limits = dure_ledger_limits_for(64);
    limits.journal_bytes_max = 4096;
    world_t *world = world_new(&limits, false, 1);
    for (uint64_t i = 0; i < 40; i++) {
        world_register(world, 400 + i, DURE_KIND_CITIZEN);
    }
    assert_false(dure_ledger_drop(world->ledger));
    world_free(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(admission_changes_nothing),
        cmocka_unit_test(a_verdict_counts_only_for_its_transaction_and_key),
        cmocka_unit_test(service_windows_are_wide_and_lanes_finite),
        cmocka_unit_test(registrations),
        cmocka_unit_test(attestations),
        cmocka_unit_test(rotation_changes_who_can_sign),
        cmocka_unit_test(acts),
        cmocka_unit_test(approvals),
        cmocka_unit_test(expired_proposals_make_room),
        cmocka_unit_test(parameters_follow_their_days),
        cmocka_unit_test(purchases),
        cmocka_unit_test(an_empty_account_refuses),
        cmocka_unit_test(a_full_wallet_merges_what_is_alike),
        cmocka_unit_test(payments),
        cmocka_unit_test(expired_lots_do_not_pay),
        cmocka_unit_test(one_payment_takes_64_lots),
        cmocka_unit_test(other_programs),
        cmocka_unit_test(cancellation_gives_room_back_in_its_period),
        cmocka_unit_test(rejection_always_finds_its_place),
        cmocka_unit_test(clocks),
        cmocka_unit_test(an_overflowed_journal_says_so),
    };
    return cmocka_run_group_tests_name("ledger codes", tests, NULL, NULL);
}

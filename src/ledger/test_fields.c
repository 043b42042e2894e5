/* One transaction of each kind that is accepted, and what becomes of it when any of its bytes is
   another: every byte of the body to several values, cut off, extended; signed again by its signer
   and left with the old signature.  The code is the same each time, what is inadmissible changes
   nothing, and what is refused changes no more than any other refusal of that number does. */
#include "ledger/test_world.h"

#define ANNA        UINT64_C(101)
#define SHOP        UINT64_C(201)
#define SAMPLE_FROM 400u /* bodies longer than this are sampled beyond it */

typedef struct {
    uint64_t party;
    dure_body_t body;
} case_t;

#define CASES_MAX 24u
static case_t cases[CASES_MAX];
static uint32_t case_count;
static world_t *world;
static dure_hash_t base;      /* of all tables */
static dure_hash_t base_root; /* of the tree */
static uint32_t codes_seen[1024];

static void add(uint64_t party, dure_body_t body)
{
    assert_true(case_count < CASES_MAX);
    cases[case_count++] = (case_t){.party = party, .body = body};
}

/* A town in which each kind of transaction has something to act on. */
static int setup(void **state)
{
    (void)state;
    world = world_new(NULL, false, 2);
    world_fund(world);
    world_register(world, ANNA, DURE_KIND_CITIZEN);
    world_shop(world, SHOP, DURE_CATEGORY_BAKERY);
    world_buy(world, ANNA, 50000);
    world_buy(world, ANNA, 40000);
    dure_body_t body = body_payment(SHOP, 10000);
    assert_code(world_send(world, ANNA, &body), DURE_RESULT_DONE);
    body = body_redemption(FUND, 5000);
    assert_code(world_send(world, SHOP, &body), DURE_RESULT_DONE);
    const dure_tx_id_t payout = world_last_id(world);
    body = body_order(FUND, 30000, 0);
    assert_code(world_send(world, ANNA, &body), DURE_RESULT_DONE);
    const dure_tx_id_t order = world_last_id(world);
    body = body_propose(act_account("reserve"), FAR_DAY);
    assert_code(world_send(world, OFFICER_1, &body), DURE_RESULT_DONE);
    const dure_tx_id_t proposal = world_last_id(world);
    add(CLOCK, body_tick(START + DAY_MS));
    body = body_registration(300, DURE_KIND_CITIZEN);
    body.registration.attributes_count = 1;
    body.registration.attributes[0] =
        (dure_attribute_entry_t){DURE_ATTRIBUTE_RESIDENCE, GIMPO, 0, FAR_DAY};
    add(REGISTRAR, body);
    add(WATCH, body_attest(SHOP, DURE_ATTRIBUTE_RISK, 500, 0, FAR_DAY));
    add(ANNA, body_rotate(ANNA, 1));
    add(OFFICER_1, body_propose(act_account("other"), FAR_DAY));
    add(OFFICER_1, body_propose(act_fund(8, 1000000), FAR_DAY));
    add(OFFICER_1, body_propose(act_parameter(FUND, "discount", 100, TODAY + 30), FAR_DAY));
    add(OFFICER_1, body_propose(act_ceiling(FUND, 1000000000), FAR_DAY));
    add(OFFICER_1, body_propose(act_roles(WATCH, 16 + 64), FAR_DAY));
    add(OFFICER_1, body_propose(act_threshold(1), FAR_DAY));
    add(OFFICER_2, body_approve(proposal));
    add(BANK, body_deposit("budget", 1000));
    add(ANNA, body_order(FUND, 1000, 940));
    add(BANK, body_credit(order, 28200));
    add(ANNA, body_void(order));
    add(ANNA, body_cancel(FUND, 2));
    body = body_payment(SHOP, 1000);
    body.payment.funds_count = 1;
    body.payment.funds[0].fund = FUND;
    add(ANNA, body);
    add(SHOP, body_redemption(FUND, 1000));
    add(BANK, body_result(payout, 2));
    base_root = world_root(world);
    world_cut(world);
    base = world_bytes(world);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    dure_ledger_keep(world->ledger);
    world_free(world);
    return 0;
}

/* Back to the base state, byte for byte. */
static void back(void)
{
    assert_true(dure_ledger_drop(world->ledger));
    const dure_hash_t bytes = world_bytes(world);
    assert_true(dure_hash_equal(&bytes, &base));
    dure_ledger_begin(world->ledger, START);
}

/* What any refusal with this id leaves behind. */
static dure_hash_t refused_root(const dure_tx_id_t *id, dure_time_t valid_until)
{
    static uint8_t wire[4096];
    const dure_body_t body = body_deposit("nowhere", 1);
    const dure_tx_t tx = {.version = 1, .id = *id, .valid_until = valid_until, .body = body};
    const dure_secret_key_t secret = test_secret(id->party, 0);
    dure_writer_t out = dure_writer(wire, sizeof wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(world->ledger), 0, &secret));
    dure_envelope_t envelope;
    assert_code(dure_envelope_decode(&envelope, dure_writer_bytes(&out), NULL), DURE_RESULT_DONE);
    assert_true(dure_ledger_apply(world->ledger, &envelope, NULL, NULL, &world->effect) >= 200);
    const dure_hash_t root = world_root(world);
    back();
    return root;
}

/* Applies what is on the wire and checks what it left behind; back to the base state. */
static dure_result_t judge(void)
{
    static dure_effect_t first;
    const dure_result_t code = world_apply_wire(world);
    codes_seen[code]++;
    if (code < 200 && code != DURE_RESULT_DONE) {
        const dure_hash_t bytes = world_bytes(world);
        assert_true(dure_hash_equal(&bytes, &base));
        return code;
    }
    first = world->effect;
    const dure_tx_id_t id = world->envelope.tx.id;
    const dure_time_t valid_until = world->envelope.tx.valid_until;
    const dure_hash_t root = world_root(world);
    assert_null(dure_ledger_invariants(world->ledger));
    assert_false(dure_hash_equal(&root, &base_root));
    back();
    assert_code(world_apply_wire(world), code);
    assert_memory_equal(&first, &world->effect, sizeof first);
    back();
    if (code != DURE_RESULT_DONE) {
        const dure_hash_t other = refused_root(&id, valid_until);
        assert_true(dure_hash_equal(&root, &other));
    }
    return code;
}

/* Puts the body on the wire under the party's signature. */
static void sign(uint64_t party, const uint8_t *body, size_t size)
{
    static uint8_t message[33 + DURE_TX_SIZE_MAX];
    const dure_secret_key_t secret = test_secret(party, 0);
    const size_t message_size =
        dure_tx_message(message, dure_ledger_chain_id(world->ledger), dure_bytes(body, size));
    dure_seal_t seal = {.slot = 0};
    assert_true(dure_sign(&seal.signature, &secret, message, message_size));
    memcpy(world->wire, body, size);
    dure_writer_t out = dure_writer(world->wire + size, sizeof world->wire - size);
    dure_seal_encode(&out, &seal);
    world->wire_size = size + out.size;
}

static uint8_t body_bytes[DURE_TX_SIZE_MAX];

static size_t body_of(const case_t *of)
{
    const dure_tx_t tx = world_tx(world, of->party, &of->body);
    dure_writer_t out = dure_writer(body_bytes, sizeof body_bytes);
    dure_tx_encode(&out, &tx);
    assert_false(out.overflow);
    return out.size;
}

static size_t next_place(size_t at)
{
    return at < SAMPLE_FROM ? at + 1 : at + 997;
}

static void each_kind_is_accepted_as_it_is(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < case_count; i++) {
        const size_t size = body_of(&cases[i]);
        sign(cases[i].party, body_bytes, size);
        assert_code(judge(), DURE_RESULT_DONE);
    }
}

static void each_byte_wrong_under_a_right_signature(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < case_count; i++) {
        const size_t size = body_of(&cases[i]);
        for (size_t at = 0; at < size; at = next_place(at)) {
            const uint8_t was = body_bytes[at];
            const uint8_t values[] = {0,
                                      0xff,
                                      (uint8_t)(was + 1),
                                      (uint8_t)(was - 1),
                                      (uint8_t)(was ^ 0x80),
                                      (uint8_t)(was ^ 0x10)};
            for (size_t k = 0; k < sizeof values; k++) {
                if (values[k] != was) {
                    body_bytes[at] = values[k];
                    sign(cases[i].party, body_bytes, size);
                    judge();
                }
            }
            body_bytes[at] = was;
        }
    }
    /* The changes reached deep into the decisions. */
    uint32_t kinds = 0;
    for (uint32_t code = 200; code < 1024; code++) {
        kinds += codes_seen[code] > 0;
    }
    assert_true(kinds >= 20);
}

static void each_bit_wrong_under_the_old_signature(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < case_count; i++) {
        const size_t size = body_of(&cases[i]);
        sign(cases[i].party, body_bytes, size);
        for (size_t at = 0; at < world->wire_size; at = next_place(at)) {
            for (unsigned bit = 0; bit < 8; bit += 3) {
                world->wire[at] ^= (uint8_t)(1u << bit);
                const dure_result_t code = judge();
                assert_true(code != DURE_RESULT_DONE && code < 200);
                world->wire[at] ^= (uint8_t)(1u << bit);
            }
        }
        assert_code(judge(), DURE_RESULT_DONE);
    }
}

static void cut_off_and_extended(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < case_count; i++) {
        const size_t size = body_of(&cases[i]);
        for (size_t shorter = 0; shorter < size; shorter = next_place(shorter)) {
            sign(cases[i].party, body_bytes, shorter);
            assert_code(judge(), DURE_RESULT_MALFORMED);
        }
        body_bytes[size] = 0;
        sign(cases[i].party, body_bytes, size + 1);
        assert_code(judge(), DURE_RESULT_MALFORMED);
        sign(cases[i].party, body_bytes, size);
        world->wire[world->wire_size++] = 0;
        assert_code(judge(), DURE_RESULT_MALFORMED);
        world->wire_size -= 2;
        assert_code(judge(), DURE_RESULT_MALFORMED);
    }
}

static void signed_by_somebody_else(void **state)
{
    (void)state;
    static const uint64_t others[] = {ANNA, SHOP, REGISTRAR, BANK, CLOCK, WATCH, FAR_ALL};
    for (uint32_t i = 0; i < case_count; i++) {
        for (size_t k = 0; k < sizeof others / sizeof others[0]; k++) {
            if (others[k] == cases[i].party) {
                continue;
            }
            const case_t other = {.party = others[k], .body = cases[i].body};
            size_t size = body_of(&other);
            sign(others[k], body_bytes, size); /* in the other's own name */
            const dure_result_t code = judge();
            const uint8_t kind = cases[i].body.kind;
            const bool may = kind == DURE_BODY_ROTATE || kind == DURE_BODY_PURCHASE_VOID ||
                             (kind == DURE_BODY_PROPOSE && others[k] == FAR_ALL) ||
                             (kind == DURE_BODY_REGISTRATION && others[k] == FAR_ALL) ||
                             (kind == DURE_BODY_TICK && others[k] == FAR_ALL);
            assert_true(code >= 200 || (may && code == DURE_RESULT_DONE));
            size = body_of(&cases[i]);
            sign(others[k], body_bytes, size); /* in the first one's name */
            assert_code(judge(), DURE_RESULT_SIGNATURE_WRONG);
        }
    }
}

static void signed_for_another_chain(void **state)
{
    (void)state;
    const size_t size = body_of(&cases[0]);
    dure_hash_t chain = *dure_ledger_chain_id(world->ledger);
    chain.bytes[0] ^= 1;
    const dure_secret_key_t secret = test_secret(cases[0].party, 0);
    const dure_tx_t tx = world_tx(world, cases[0].party, &cases[0].body);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, &tx, &chain, 0, &secret));
    world->wire_size = out.size;
    assert_int_equal(out.size, size + DURE_SEAL_SIZE);
    assert_code(judge(), DURE_RESULT_SIGNATURE_WRONG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_kind_is_accepted_as_it_is),
        cmocka_unit_test(each_byte_wrong_under_a_right_signature),
        cmocka_unit_test(each_bit_wrong_under_the_old_signature),
        cmocka_unit_test(cut_off_and_extended),
        cmocka_unit_test(signed_by_somebody_else),
        cmocka_unit_test(signed_for_another_chain),
    };
    return cmocka_run_group_tests_name("ledger fields", tests, setup, teardown);
}

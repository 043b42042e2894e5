/* Every table filled to its limit: ledgers of very different capacity, and one that was loaded from
   the records at that very moment, refuse and accept the same. */
#include "ledger/test_world.h"

#define PARTIES   64u
#define CITIZENS  14u
#define MERCHANTS 40u
#define CITIZEN   UINT64_C(101)
#define MERCHANT  UINT64_C(201)
#define SERVICE   UINT64_C(3001)
#define MEMBER    (UINT64_C(1) << 63)

static const char PLAIN[] = "fund plain {\n"
                            "  issuer city 41570\n  currency KRW\n  validity 5 years\n"
                            "  lapse to issuer.budget\n  priority 50\n  old lots keep\n"
                            "  counter one   = sum of amount ever on purchase by buyer\n"
                            "  counter two   = count ever on purchase by buyer\n"
                            "  counter three = sum of amount per year on purchase by buyer\n"
                            "  counter four  = count per year on purchase by buyer\n"
                            "  purchase {\n    allow when buyer is citizen\n"
                            "    deny much when one + amount > 900,000,000 won\n"
                            "    deny many when two > 900,000\n"
                            "    deny more when three + amount > 900,000,000 won\n"
                            "    deny most when four > 900,000\n  }\n"
                            "  payment { allow when payee is merchant }\n"
                            "  redemption { allow when holder is merchant }\n"
                            "  cancel { allow when lot.age <= 7 days }\n"
                            "  words {\n"
                            "    plain ko \"돈\" en \"money\" zh \"錢\"\n"
                            "    one ko \"하나\" en \"one\" zh \"一\"\n"
                            "    two ko \"둘\" en \"two\" zh \"二\"\n"
                            "    three ko \"셋\" en \"three\" zh \"三\"\n"
                            "    four ko \"넷\" en \"four\" zh \"四\"\n"
                            "    much ko \"많음\" en \"much\" zh \"多\"\n"
                            "    many ko \"많음\" en \"many\" zh \"多\"\n"
                            "    more ko \"많음\" en \"more\" zh \"多\"\n"
                            "    most ko \"많음\" en \"most\" zh \"多\"\n  }\n}\n";

/* One world with just enough room, and a ledger with far more. */
typedef struct {
    world_t *world;
    dure_ledger_t *wide;
    void *memory;
    uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    dure_bytes_t program;
} pair_t;

static dure_ledger_t *ledger_of(const world_t *world, uint32_t capacity, void **memory)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(capacity);
    const size_t size = dure_ledger_size(&limits);
    const char *problem = NULL;
    *memory = aligned_alloc(64, (size + 63) / 64 * 64);
    assert_non_null(*memory);
    dure_ledger_t *ledger = dure_ledger_init(
        *memory, size, &limits, dure_bytes(world->genesis, world->genesis_size), &problem);
    assert_non_null(ledger);
    assert_int_equal(dure_ledger_capacity(ledger), capacity);
    return ledger;
}

static pair_t *pair_new(uint8_t threshold)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(PARTIES);
    pair_t *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    pair->world = world_new(&limits, false, threshold);
    pair->wide = ledger_of(pair->world, 5000, &pair->memory);
    dure_ledger_begin(pair->wide, START);
    pair->program = test_compile(PLAIN, pair->image);
    return pair;
}

static dure_hash_t root_of(dure_ledger_t *ledger)
{
    dure_hash_t root;
    dure_ledger_root(ledger, &root);
    return root;
}

static void pair_free(pair_t *pair)
{
    const dure_hash_t one = root_of(pair->world->ledger), other = root_of(pair->wide);
    assert_memory_equal(&one, &other, sizeof one);
    assert_null(dure_ledger_invariants(pair->wide));
    world_free(pair->world);
    free(pair->memory);
    free(pair);
}

/* What the world decided last, decided by another ledger. */
static void again(const world_t *world, dure_ledger_t *other)
{
    static dure_effect_t effect;
    (void)dure_ledger_apply(other, &world->envelope, NULL, NULL, &effect);
    assert_effects_equal(&effect, &world->effect);
}

static dure_result_t both(pair_t *pair, uint64_t party, const dure_body_t *body)
{
    const dure_result_t code = world_send(pair->world, party, body);
    again(pair->world, pair->wide);
    return code;
}

static void done(pair_t *pair, uint64_t party, dure_body_t body)
{
    assert_code(both(pair, party, &body), DURE_RESULT_DONE);
}

/* A ledger that never saw the history, only the records. */
static dure_ledger_t *loaded(const world_t *world, uint32_t capacity, void **memory)
{
    dure_ledger_t *ledger = ledger_of(world, capacity, memory);
    world_load(world, ledger);
    dure_ledger_begin(ledger, dure_ledger_time(world->ledger));
    return ledger;
}

/* All three decide the same and stand at the same root after it. */
static void alike(pair_t *pair, uint64_t party, dure_body_t body, dure_result_t code)
{
    void *memory;
    dure_ledger_t *other = loaded(pair->world, 300, &memory);
    assert_code(both(pair, party, &body), code);
    again(pair->world, other);
    const dure_hash_t roots[] = {root_of(pair->world->ledger), root_of(pair->wide), root_of(other)};
    assert_memory_equal(&roots[0], &roots[1], sizeof roots[0]);
    assert_memory_equal(&roots[0], &roots[2], sizeof roots[0]);
    free(memory);
}

static void full(pair_t *pair, uint64_t party, dure_body_t body)
{
    alike(pair, party, body, DURE_RESULT_TABLE_FULL);
}

/* ---- parties, keys, attributes ---- */
static dure_body_t member(uint64_t party, uint64_t list, bool is_one)
{
    return body_attest(party, MEMBER + list, 1, is_one ? 0 : 2, is_one ? FAR_DAY : 1);
}

static dure_body_t listed(uint64_t party, uint8_t kind)
{
    dure_body_t body = body_registration(party, kind);
    body.registration.attributes_count = 16;
    for (uint64_t i = 0; i < 16; i++) {
        body.registration.attributes[i] =
            (dure_attribute_entry_t){.what = MEMBER + i, .value = 1, .until = FAR_DAY};
    }
    return body;
}

static void parties_keys_and_attributes(void **state)
{
    (void)state;
    pair_t *pair = pair_new(1);
    const uint32_t many = PARTIES - 7;
    for (uint32_t i = 0; i < many; i++) {
        done(pair, REGISTRAR, listed(MERCHANT + i, DURE_KIND_MERCHANT));
    }
    full(pair, REGISTRAR, body_registration(9999, DURE_KIND_CITIZEN));
    for (uint32_t i = 0; i < PARTIES / 2 + 64; i++) {
        done(pair, MERCHANT + i / 3, body_rotate(MERCHANT + i / 3, (uint8_t)(1 + i % 3)));
    }
    full(pair, MERCHANT + many - 1, body_rotate(MERCHANT + many - 1, 3));
    alike(pair, MERCHANT, body_rotate(MERCHANT, 3), DURE_RESULT_DONE); /* replaces one */
    const uint32_t left = 1024 + 6 * PARTIES - 16 * many;
    for (uint32_t i = 0; i < left; i++) {
        done(pair, REGISTRAR, member(MERCHANT + i / 16, 16 + i % 16, true));
    }
    full(pair, REGISTRAR, member(MERCHANT + many - 1, 16, true));
    done(pair, REGISTRAR, member(MERCHANT, 3, false));
    alike(pair, REGISTRAR, member(MERCHANT + many - 1, 16, true), DURE_RESULT_DONE);
    full(pair, REGISTRAR, member(MERCHANT + many - 1, 17, true));
    pair_free(pair);
}

static void a_raised_limit_makes_room_at_once(void **state)
{
    (void)state;
    const dure_ledger_limits_t limits = dure_ledger_limits_for(PARTIES);
    pair_t *pair = pair_new(1);
    for (uint32_t i = 0; i < PARTIES - 7; i++) {
        done(pair, REGISTRAR, body_registration(MERCHANT + i, DURE_KIND_MERCHANT));
    }
    full(pair, REGISTRAR, body_registration(9999, DURE_KIND_CITIZEN));
    dure_act_t act = {.kind = DURE_ACT_LIMIT, .limit = {.parties_max = PARTIES}};
    alike(pair, OFFICER_1, body_propose(act, FAR_DAY), DURE_RESULT_LIMIT_TOO_LOW);
    assert_int_equal(pair->world->effect.numbers[0].value, PARTIES + 1);
    act.limit.parties_max = PARTIES + 1;
    alike(pair, OFFICER_1, body_propose(act, FAR_DAY), DURE_RESULT_DONE);
    /* The narrow ledger is at its end here: whoever runs it must see that before the next. */
    assert_int_equal(dure_ledger_parties_max(pair->world->ledger), PARTIES + 1);
    assert_int_equal(dure_ledger_capacity(pair->world->ledger), limits.parties_max);
    /* Taking the block back takes the limit back. */
    dure_ledger_keep(pair->wide);
    const dure_hash_t before = root_of(pair->wide);
    dure_ledger_begin(pair->wide, START);
    dure_body_t body = body_registration(9998, DURE_KIND_CITIZEN);
    const dure_tx_t tx = world_tx(pair->world, REGISTRAR, &body);
    const dure_secret_key_t secret = test_secret(REGISTRAR, 0);
    dure_writer_t out = dure_writer(pair->world->wire, sizeof pair->world->wire);
    assert_true(dure_tx_seal(&out, &tx, dure_ledger_chain_id(pair->wide), 0, &secret));
    assert_code(dure_envelope_decode(&pair->world->envelope, dure_writer_bytes(&out), NULL),
                DURE_RESULT_DONE);
    static dure_effect_t effect;
    assert_code(dure_ledger_apply(pair->wide, &pair->world->envelope, NULL, NULL, &effect),
                DURE_RESULT_DONE);
    const bool is_undone = dure_ledger_drop(pair->wide);
    assert_true(is_undone);
    const dure_hash_t after = root_of(pair->wide);
    assert_memory_equal(&before, &after, sizeof before);
    pair_free(pair);
}

/* ---- lanes ---- */
static void lanes(void **state)
{
    (void)state;
    pair_t *pair = pair_new(1);
    for (uint32_t i = 0; i < 17; i++) {
        done(pair, REGISTRAR, body_registration(SERVICE + i, DURE_KIND_SERVICE));
    }
    for (uint32_t i = 0; i < 1023; i++) { /* the registrar has one */
        const uint64_t party = SERVICE + i / 64;
        const dure_body_t body = body_rotate(party, 0);
        dure_tx_t tx = world_tx(pair->world, party, &body);
        tx.id.lane = (uint16_t)(i % 64);
        assert_code(world_send_tx(pair->world, &tx, 0), DURE_RESULT_DONE);
        again(pair->world, pair->wide);
    }
    alike(pair, SERVICE + 16, body_rotate(SERVICE + 16, 0), DURE_RESULT_LANES_FULL);
    alike(pair, REGISTRAR, body_rotate(REGISTRAR, 0), DURE_RESULT_DONE);
    pair_free(pair);
}

/* ---- what officers make ---- */
static dure_act_t plain_fund(const pair_t *pair, uint64_t number)
{
    dure_act_t act = act_fund(number, UINT64_C(1000000000000));
    act.fund.image = pair->program;
    act.fund.source = dure_bytes(PLAIN, sizeof PLAIN - 1);
    return act;
}

static void funds_and_accounts(void **state)
{
    (void)state;
    pair_t *pair = pair_new(1);
    char name[8];
    done(pair, OFFICER_1, body_propose(act_account("budget"), FAR_DAY));
    for (uint32_t i = 1; i < DURE_CITY_ACCOUNTS_MAX; i++) {
        snprintf(name, sizeof name, "a%u", i);
        done(pair, OFFICER_1, body_propose(act_account(name), FAR_DAY));
    }
    full(pair, OFFICER_1, body_propose(act_account("more"), FAR_DAY));
    for (uint32_t i = 0; i < 64; i++) {
        done(pair, OFFICER_1, body_propose(plain_fund(pair, 1 + i), FAR_DAY));
    }
    full(pair, OFFICER_1, body_propose(plain_fund(pair, 100), FAR_DAY));
    pair_free(pair);
}

static void proposals(void **state)
{
    (void)state;
    pair_t *pair = pair_new(2);
    for (uint32_t i = 0; i < 256; i++) {
        done(pair, OFFICER_1, body_propose(act_account("budget"), i == 0 ? TODAY : FAR_DAY));
    }
    full(pair, OFFICER_1, body_propose(act_account("budget"), FAR_DAY));
    /* A day later one has expired, and makes place. */
    done(pair, CLOCK, body_tick(START + DAY_MS));
    alike(pair, OFFICER_1, body_propose(act_account("budget"), FAR_DAY), DURE_RESULT_DONE);
    full(pair, OFFICER_1, body_propose(act_account("budget"), FAR_DAY));
    pair_free(pair);
}

static void acts_that_wait(void **state)
{
    (void)state;
    static uint8_t source[32768];
    pair_t *pair = pair_new(2);
    done(pair, OFFICER_1, body_propose(act_account("budget"), FAR_DAY));
    done(pair, OFFICER_2, body_approve(world_last_id(pair->world)));
    dure_act_t act = plain_fund(pair, 1);
    memset(source, 'x', sizeof source);
    act.fund.source = dure_bytes(source, sizeof source);
    const dure_body_t body = body_propose(act, FAR_DAY);
    const size_t size = 1 + 8 + 8 + 32 + 4 + act.fund.image.size + 4 + sizeof source;
    const size_t most = ((4u << 20) / 508 + 1) / ((size + 507) / 508);
    assert_true(most < 256);
    for (size_t i = 0; i < most; i++) {
        done(pair, OFFICER_1, body);
    }
    full(pair, OFFICER_1, body);
    pair_free(pair);
}

/* ---- money ---- */
static void town(pair_t *pair, uint64_t funds)
{
    done(pair, OFFICER_1, body_propose(act_account("budget"), FAR_DAY));
    for (uint64_t fund = 1; fund <= funds; fund++) {
        done(pair, OFFICER_1, body_propose(plain_fund(pair, fund), FAR_DAY));
    }
    for (uint32_t i = 0; i < CITIZENS; i++) {
        done(pair, REGISTRAR, body_registration(CITIZEN + i, DURE_KIND_CITIZEN));
    }
    for (uint32_t i = 0; i < MERCHANTS; i++) {
        done(pair, REGISTRAR, body_registration(MERCHANT + i, DURE_KIND_MERCHANT));
    }
}

/* The i-th order: citizens take turns, and go on to the next fund when a wallet is full. */
static uint64_t buyer(uint32_t i)
{
    return CITIZEN + i % CITIZENS;
}

static uint64_t fund_of(uint32_t i)
{
    return 1 + i / CITIZENS / DURE_PARTY_LOTS_MAX;
}

static void credit(pair_t *pair, dure_tx_id_t order, uint64_t won)
{
    done(pair, BANK, body_credit(order, won));
}

static void orders_lots_and_payouts(void **state)
{
    (void)state;
    static dure_tx_id_t orders[2048];
    const uint32_t orders_max = 1024 + PARTIES / 4, lots_max = 1024 + 4 * PARTIES;
    pair_t *pair = pair_new(1);
    town(pair, 4);
    for (uint32_t i = 0; i < orders_max; i++) {
        done(pair, buyer(i), body_order(fund_of(i), 1000, 0));
        orders[i] = world_last_id(pair->world);
    }
    full(pair, buyer(orders_max), body_order(4, 1000, 0));
    done(pair, buyer(0), body_void(orders[0]));
    alike(pair, buyer(0), body_order(fund_of(0), 1000, 0), DURE_RESULT_DONE);
    orders[0] = world_last_id(pair->world);
    full(pair, buyer(orders_max), body_order(4, 1000, 0));
    for (uint32_t i = 0; i < orders_max; i++) {
        credit(pair, orders[i], 1000);
    }
    for (uint32_t i = orders_max; i < lots_max; i++) {
        done(pair, buyer(i), body_order(fund_of(i), 1000, 0));
    }
    full(pair, buyer(lots_max), body_order(4, 1000, 0)); /* each open order keeps a place */
    for (uint32_t i = 0; i < orders_max - 1; i++) {
        done(pair, buyer(i), body_cancel(fund_of(i), 1 + i / CITIZENS));
    }
    const dure_tx_id_t payout = world_last_id(pair->world);
    alike(pair, buyer(orders_max - 1),
          body_cancel(fund_of(orders_max - 1), 1 + (orders_max - 1) / CITIZENS), DURE_RESULT_DONE);
    /* The rest of the room for lots is in use again, so that there is something to cancel. */
    done(pair, buyer(0), body_order(1, 1000, 0));
    credit(pair, world_last_id(pair->world), 1000);
    const uint32_t lot = pair->world->effect.moves[1].lot;
    full(pair, buyer(0), body_cancel(1, lot));
    done(pair, BANK, body_result(payout, 1));
    alike(pair, buyer(0), body_cancel(1, lot), DURE_RESULT_DONE);
    pair_free(pair);
}

static void counters_and_balances(void **state)
{
    (void)state;
    static dure_tx_id_t orders[CITIZENS * 32];
    pair_t *pair = pair_new(1);
    town(pair, 32);
    const uint32_t most = (1024 + 3 * PARTIES) / 4; /* each first purchase of a fund takes four */
    for (uint32_t i = 0; i < most; i++) {
        done(pair, CITIZEN + i / 32, body_order(1 + i % 32, 500000, 0));
        orders[i] = world_last_id(pair->world);
    }
    full(pair, CITIZEN + most / 32, body_order(1 + most % 32, 500000, 0));
    done(pair, CITIZEN, body_void(orders[0]));
    alike(pair, CITIZEN + most / 32, body_order(1 + most % 32, 500000, 0), DURE_RESULT_DONE);
    for (uint32_t i = 1; i < most; i++) {
        credit(pair, orders[i], 500000);
    }
    const uint32_t balances_max = 1024 + PARTIES;
    for (uint32_t i = 0; i < balances_max; i++) {
        dure_body_t body = body_payment(MERCHANT + i / 31, 100);
        body.payment.funds_count = 1;
        body.payment.funds[0].fund = 2 + i % 31;
        done(pair, CITIZEN, body);
    }
    dure_body_t body = body_payment(MERCHANT + MERCHANTS - 1, 100);
    body.payment.funds_count = 1;
    body.payment.funds[0].fund = 2;
    full(pair, CITIZEN, body);
    /* An open redemption keeps its balance's place; a settled one gives it free. */
    done(pair, MERCHANT, body_redemption(2, 100));
    full(pair, CITIZEN, body);
    dure_ledger_t *const ledger = pair->world->ledger;
    assert_int_equal(dure_ledger_usage(ledger).balances, balances_max - 1);
    const dure_tx_id_t rejected = {.party = MERCHANT, .number = pair->world->numbers[MERCHANT]};
    done(pair, BANK, body_result(rejected, 2));
    full(pair, CITIZEN, body);
    done(pair, MERCHANT, body_redemption(2, 100));
    done(pair, BANK, body_result(world_last_id(pair->world), 1));
    alike(pair, CITIZEN, body, DURE_RESULT_DONE);
    pair_free(pair);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parties_keys_and_attributes),
        cmocka_unit_test(a_raised_limit_makes_room_at_once),
        cmocka_unit_test(lanes),
        cmocka_unit_test(funds_and_accounts),
        cmocka_unit_test(proposals),
        cmocka_unit_test(acts_that_wait),
        cmocka_unit_test(orders_lots_and_payouts),
        cmocka_unit_test(counters_and_balances),
    };
    return cmocka_run_group_tests_name("limits", tests, NULL, NULL);
}

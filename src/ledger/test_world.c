#include "ledger/test_world.h"

/* ---- keys and names ---- */
/* ---- the program ---- */
static char source_text[DURE_YAK_SOURCE_SIZE_MAX];
static size_t source_size;
static uint8_t general[DURE_YAK_IMAGE_SIZE_MAX];
static size_t general_size;

dure_bytes_t test_source(void)
{
    if (source_size == 0) {
        FILE *file = fopen("examples/gimpo/general.yak", "rb");
        assert_non_null(file);
        source_size = fread(source_text, 1, sizeof source_text - 1, file);
        fclose(file);
    }
    return dure_bytes(source_text, source_size);
}

dure_bytes_t test_image(void)
{
    if (general_size == 0) {
        test_source();
        general_size = test_compile(source_text, general).size;
    }
    return dure_bytes(general, general_size);
}

/* ---- the world ---- */
static dure_genesis_service_t service(uint64_t party, uint32_t city, uint32_t roles)
{
    return (dure_genesis_service_t){.party = party,
                                    .city = city,
                                    .roles = roles,
                                    .blind = test_blind(party),
                                    .key = test_key(party, 0).key};
}

static void genesis_make(world_t *world)
{
    dure_genesis_t *genesis = calloc(1, sizeof *genesis);
    assert_non_null(genesis);
    genesis->version = 1;
    genesis->clock = world->free_clock ? 1 : 2;
    genesis->parties_max = world->limits.parties_max;
    genesis->time = START;
    memset(genesis->salt.bytes, 0x5a, sizeof genesis->salt.bytes);
    genesis->zones_count = 1;
    genesis->zones[0] = (dure_genesis_zone_t){.from = 0, .offset_s = 9 * 3600};
    genesis->cities_count = 2;
    genesis->cities[0] = (dure_genesis_city_t){.city = GOYANG, .threshold = 1};
    genesis->cities[1] = (dure_genesis_city_t){.city = GIMPO, .threshold = world->threshold};
    genesis->services_count = 7;
    genesis->services[0] = service(REGISTRAR, GIMPO, DURE_SERVICE_REGISTRAR);
    genesis->services[1] = service(BANK, GIMPO, DURE_SERVICE_BANK);
    genesis->services[2] = service(OFFICER_1, GIMPO, DURE_SERVICE_OFFICER);
    genesis->services[3] = service(OFFICER_2, GIMPO, DURE_SERVICE_OFFICER);
    genesis->services[4] = service(CLOCK, GIMPO, DURE_SERVICE_CLOCK);
    genesis->services[5] = service(WATCH, GIMPO, DURE_SERVICE_WATCH);
    genesis->services[6] = service(FAR_ALL, GOYANG, 255);
    dure_writer_t out = dure_writer(world->genesis, sizeof world->genesis);
    dure_genesis_encode(&out, genesis);
    assert_false(out.overflow);
    world->genesis_size = out.size;
    free(genesis);
}

world_t *world_new(const dure_ledger_limits_t *limits, bool free_clock, uint8_t threshold)
{
    assert_true(dure_crypto_init());
    world_t *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->limits = limits == NULL ? dure_ledger_limits_for(256) : *limits;
    world->free_clock = free_clock;
    world->threshold = threshold;
    genesis_make(world);
    world->memory_size = dure_ledger_size(&world->limits);
    world->memory = aligned_alloc(64, (world->memory_size + 63) / 64 * 64);
    assert_non_null(world->memory);
    memset(world->memory, 0xa5, 4096); /* whatever was there before must not matter */
    const char *problem = NULL;
    world->ledger = dure_ledger_init(world->memory, world->memory_size, &world->limits,
                                     dure_bytes(world->genesis, world->genesis_size), &problem);
    if (world->ledger == NULL) {
        print_error("%s\n", problem);
    }
    assert_non_null(world->ledger);
    dure_ledger_begin(world->ledger, START);
    return world;
}

dure_ledger_t *world_second(const world_t *world, void **memory)
{
    *memory = aligned_alloc(64, (world->memory_size + 63) / 64 * 64);
    assert_non_null(*memory);
    const char *problem = NULL;
    dure_ledger_t *second =
        dure_ledger_init(*memory, world->memory_size, &world->limits,
                         dure_bytes(world->genesis, world->genesis_size), &problem);
    assert_non_null(second);
    return second;
}

void world_free(world_t *world)
{
    free(world->memory);
    free(world);
}

dure_tx_t world_tx(world_t *world, uint64_t party, const dure_body_t *body)
{
    return (dure_tx_t){
        .version = 1,
        .id = {.party = party, .number = world->numbers[party % 65536] + 1},
        .valid_until = dure_ledger_time(world->ledger) + 3600000,
        .body = *body,
    };
}

dure_result_t world_apply_wire(world_t *world)
{
    dure_result_t code =
        dure_envelope_decode(&world->envelope, dure_bytes(world->wire, world->wire_size), NULL);
    if (code == DURE_RESULT_DONE) {
        const bool refund = world->envelope.tx.body.kind == DURE_BODY_REFUND;
        code = dure_ledger_apply(world->ledger, &world->envelope, NULL,
                                 refund ? world->proven : NULL, &world->effect);
        assert_int_equal(code, world->effect.code);
    }
    world->seen[code]++;
    return code;
}

dure_result_t world_send_tx(world_t *world, const dure_tx_t *tx, uint8_t slot)
{
    const dure_secret_key_t secret = test_secret(tx->id.party, slot);
    dure_writer_t out = dure_writer(world->wire, sizeof world->wire);
    assert_true(dure_tx_seal(&out, tx, dure_ledger_chain_id(world->ledger), slot, &secret));
    world->wire_size = out.size;
    return world_apply_wire(world);
}

dure_result_t world_send(world_t *world, uint64_t party, const dure_body_t *body)
{
    const dure_tx_t tx = world_tx(world, party, body);
    world->numbers[party % 65536]++;
    return world_send_tx(world, &tx, 0);
}

dure_tx_id_t world_last_id(const world_t *world)
{
    return world->effect.id;
}

void world_cut(world_t *world)
{
    dure_ledger_keep(world->ledger);
    dure_ledger_begin(world->ledger, dure_ledger_time(world->ledger));
}

dure_hash_t world_root(world_t *world)
{
    dure_hash_t root;
    dure_ledger_root(world->ledger, &root);
    return root;
}

dure_hash_t world_bytes(const world_t *world)
{
    const dure_ledger_t *ledger = world->ledger;
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_DERIVE);
    dure_hasher_update(&hasher, ledger->state, sizeof *ledger->state);
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        dure_hasher_update(&hasher, ledger->pools[pool],
                           (size_t)ledger->state->pools[pool].used * ledger_cell_sizes[pool]);
    }
    for (index_t index = 0; index < INDEX_COUNT; index++) {
        dure_hasher_update(&hasher, ledger->indexes[index],
                           (size_t)ledger->index_size[index] * sizeof(uint32_t));
    }
    dure_hasher_update(&hasher, ledger->images, ledger->state->image_used);
    dure_hasher_update(&hasher, &ledger->now, sizeof ledger->now);
    dure_hash_t hash;
    dure_hasher_final(&hasher, &hash);
    return hash;
}

/* ---- steps ---- */
void world_sound(const world_t *world)
{
    const char *problem = dure_ledger_invariants(world->ledger);
    if (problem != NULL) {
        print_error("%s\n", problem);
    }
    assert_null(problem);
}

void world_expect(world_t *world, dure_result_t expected, uint64_t party, dure_body_t body)
{
    const dure_result_t code = world_send(world, party, &body);
    if (code != expected) {
        print_error("got %d, expected %d\n", (int)code, (int)expected);
    }
    assert_code(code, expected);
    assert_true(code == DURE_RESULT_DONE || world->effect.moves_count == 0);
    assert_true(code == DURE_RESULT_DONE || world->effect.rows.count == 0);
    world_sound(world);
}

void world_done(world_t *world, uint64_t party, dure_body_t body)
{
    world_expect(world, DURE_RESULT_DONE, party, body);
}

dure_tx_id_t world_made(world_t *world, uint64_t party, dure_body_t body)
{
    world_done(world, party, body);
    return world_last_id(world);
}

void world_propose(world_t *world, dure_result_t expected, uint64_t party, dure_act_t act)
{
    world_expect(world, expected, party, body_propose(act, FAR_DAY));
}

void world_decide(world_t *world, dure_act_t act)
{
    const dure_tx_id_t id = world_made(world, OFFICER_1, body_propose(act, FAR_DAY));
    if (world->threshold == 2) {
        world_done(world, OFFICER_2, body_approve(id));
    }
}

int64_t world_number(const world_t *world, dure_label_t label)
{
    for (uint16_t i = 0; i < world->effect.numbers_count; i++) {
        if (world->effect.numbers[i].source == 1 && world->effect.numbers[i].label == label) {
            return world->effect.numbers[i].value;
        }
    }
    return -1;
}

const lot_t *world_lot(const world_t *world, uint64_t party, uint64_t fund, uint32_t number)
{
    const dure_ledger_t *ledger = world->ledger;
    const uint32_t cell =
        ledger_lot_find(ledger, party_at(ledger, ledger_party_find(ledger, party)),
                        ledger_fund_find(ledger, fund), number);
    return cell == CELL_NONE ? NULL : lot_at(ledger, cell);
}

void world_load(const world_t *world, dure_ledger_t *to)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    const char *problem = NULL;
    uint64_t cursor = 0;
    uint8_t table;
    dure_blind_t blind;
    dure_hash_t root;
    dure_ledger_root(world->ledger, &root); /* the records are read from a clean tree */
    dure_ledger_load_begin(to);
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    while (dure_ledger_next(world->ledger, &cursor, &table, &blind, &out)) {
        assert_true(dure_ledger_load_record(to, table, &blind, dure_writer_bytes(&out), &problem));
        out = dure_writer(bytes, sizeof bytes);
    }
    assert_true(dure_ledger_load_end(to, &problem));
    dure_hash_t loaded;
    dure_ledger_root(to, &loaded);
    assert_memory_equal(&root, &loaded, sizeof root);
}

void world_reload(world_t *world)
{
    void *memory;
    dure_ledger_t *second = world_second(world, &memory);
    world_load(world, second);
    dure_ledger_begin(second, dure_ledger_time(world->ledger));
    free(world->memory);
    world->memory = memory;
    world->ledger = second;
    world_sound(world);
}

void world_end(world_t *world)
{
    world_sound(world);
    world_free(world);
}

void world_end_reloaded(world_t *world)
{
    world_reload(world);
    world_end(world);
}

/* ---- a town ---- */
void world_register(world_t *world, uint64_t party, uint8_t kind)
{
    const dure_body_t body = body_registration(party, kind);
    assert_code(world_send(world, REGISTRAR, &body), DURE_RESULT_DONE);
}

void world_fund(world_t *world)
{
    world_decide(world, act_account("budget"));
    world_decide(world, act_fund(FUND, 10000000000));
    const dure_body_t body = body_deposit("budget", 1000000000);
    assert_code(world_send(world, BANK, &body), DURE_RESULT_DONE);
}

void world_shop(world_t *world, uint64_t party, uint16_t category)
{
    world_register(world, party, DURE_KIND_MERCHANT);
    dure_body_t body = body_attest(party, DURE_ATTRIBUTE_REGION, GIMPO, 0, FAR_DAY);
    assert_code(world_send(world, REGISTRAR, &body), DURE_RESULT_DONE);
    body = body_attest(party, DURE_ATTRIBUTE_CATEGORY, category, 0, FAR_DAY);
    assert_code(world_send(world, REGISTRAR, &body), DURE_RESULT_DONE);
}

void world_buy(world_t *world, uint64_t party, uint64_t won)
{
    dure_body_t body = body_order(FUND, won, 0);
    assert_code(world_send(world, party, &body), DURE_RESULT_DONE);
    body = body_credit(world_last_id(world), (uint64_t)world->effect.numbers[0].value);
    assert_code(world_send(world, BANK, &body), DURE_RESULT_DONE);
}

void world_days(world_t *world, uint32_t days)
{
    const dure_body_t body = body_tick(dure_ledger_time(world->ledger) + days * DAY_MS);
    assert_code(world_send(world, CLOCK, &body), DURE_RESULT_DONE);
}

/* ---- bodies ---- */
dure_body_t body_collection(const world_t *world, dure_mandate_t mandate, uint8_t slot,
                            uint64_t won)
{
    dure_body_t body = {.kind = DURE_BODY_COLLECTION,
                        .collection = {.mandate = mandate,
                                       .slot = slot,
                                       .amount = {won},
                                       .channel = DURE_CHANNEL_QR_CUSTOMER}};
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_mandate_message(message, dure_ledger_chain_id(world->ledger), &mandate);
    const dure_secret_key_t secret = test_secret(mandate.payer, slot);
    assert_true(dure_sign(&body.collection.signature, &secret, message, sizeof message));
    return body;
}

dure_act_t act_fund(uint64_t fund, uint64_t ceiling)
{
    return (dure_act_t){
        .kind = DURE_ACT_FUND,
        .fund = {
            .fund = fund, .ceiling = {ceiling}, .image = test_image(), .source = test_source()}};
}

void assert_effects_equal(const dure_effect_t *a, const dure_effect_t *b)
{
    static uint8_t bytes[2][32768];
    dure_writer_t writers[2] = {dure_writer(bytes[0], sizeof bytes[0]),
                                dure_writer(bytes[1], sizeof bytes[1])};
    dure_effect_encode(&writers[0], a);
    dure_effect_encode(&writers[1], b);
    assert_int_equal(writers[0].size, writers[1].size);
    assert_memory_equal(bytes[0], bytes[1], writers[0].size);
}

/* The stage of a scenario: a chain of two cities with their services, keys that follow from a
   party's number, and the bodies that people sign. */
#include "scenario/stage.h"

#include "yak/dure_yak.h"

/* ---- keys and names ---- */
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
    genesis->clock = 2;
    genesis->parties_max = world->limits.parties_max;
    genesis->time = START;
    memset(genesis->salt.bytes, 0x5a, sizeof genesis->salt.bytes);
    genesis->zones_count = 1;
    genesis->zones[0] = (dure_genesis_zone_t){.from = 0, .offset_s = 9 * 3600};
    genesis->cities_count = 2;
    genesis->cities[0] = (dure_genesis_city_t){.city = GOYANG, .threshold = 1};
    genesis->cities[1] = (dure_genesis_city_t){.city = GIMPO, .threshold = 2};
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

world_t *world_new(void)
{
    assert_true(dure_crypto_init());
    world_t *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->limits = dure_ledger_limits_for(PARTIES);
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

dure_hash_t world_root(world_t *world)
{
    dure_hash_t root;
    dure_ledger_root(world->ledger, &root);
    return root;
}

void world_cut(world_t *world)
{
    dure_ledger_keep(world->ledger);
    dure_ledger_begin(world->ledger, dure_ledger_time(world->ledger));
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

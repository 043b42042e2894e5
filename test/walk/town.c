/* A small world: two cities, their services, funds with all kinds of rules, people who meet often.
 */
#include "walk/walk.h"

#include <stdlib.h>
#include <string.h>

#define CAPACITY MODEL_PARTIES
#define START    (UINT64_C(20454) * 86400000) /* 2026-01-01 09:00 in Korea */

static const char *const sources[] = {"general", "general_two", "youth",  "youth_two",
                                      "plain",   "free",        "goyang", "nowhere"};
#define SOURCES (sizeof sources / sizeof sources[0])

/* Compiled once; every world borrows them. */
static model_program_t programs[SOURCES];

static dure_bytes_t file_read(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "test/walk/programs/%s.yak", name);
    FILE *file = fopen(path, "rb");
    DURE_ASSERT(file != NULL);
    char *text = malloc(DURE_YAK_SOURCE_SIZE_MAX);
    DURE_ASSERT(text != NULL);
    const size_t size = fread(text, 1, DURE_YAK_SOURCE_SIZE_MAX, file);
    fclose(file);
    return dure_bytes(text, size);
}

static void programs_make(void)
{
    const size_t space = (dure_yak_workspace_size() + 15) / 16 * 16;
    dure_yak_diagnostics_t *diagnostics = malloc(sizeof *diagnostics);
    DURE_ASSERT(diagnostics != NULL);
    for (uint32_t i = 0; i < SOURCES && programs[i].tree == NULL; i++) {
        model_program_t *at = &programs[i];
        at->source = file_read(sources[i]);
        dure_hash(&at->source_hash, DURE_TAG_YAK_SOURCE, at->source.data, at->source.size);
        void *workspace = aligned_alloc(16, space);
        uint8_t *image = malloc(DURE_YAK_IMAGE_SIZE_MAX);
        DURE_ASSERT(workspace != NULL && image != NULL);
        dure_yak_tree_t *tree = dure_yak_parse(workspace, space, at->source, diagnostics);
        DURE_ASSERT(tree != NULL);
        size_t size = 0;
        const bool made = dure_yak_tree_image(tree, image, &size);
        DURE_ASSERT(made);
        at->tree = tree;
        at->image = dure_bytes(image, size);
        const dure_yak_load_result_t loaded = dure_yak_load(&at->program, at->image);
        DURE_ASSERT(loaded == DURE_YAK_LOAD_OK);
    }
    free(diagnostics);
}

static void keys_make(walk_t *walk)
{
    static walk_key_t keys[WALK_KEYS]; /* the same for all worlds */
    if (keys[0].key.scheme == 0) {
        for (uint32_t i = 0; i < WALK_KEYS; i++) {
            dure_hash_t seed;
            dure_hash(&seed, DURE_TAG_DERIVE, &i, sizeof i);
            keys[i].secret.scheme = DURE_SCHEME_ED25519;
            memcpy(keys[i].secret.seed, seed.bytes, sizeof keys[i].secret.seed);
            const bool made = dure_public_key_of(&keys[i].key, &keys[i].secret);
            DURE_ASSERT(made);
        }
    }
    memcpy(walk->keys, keys, sizeof keys);
    walk->bad_key = (dure_key_entry_t){.slot = 0, .key = {.scheme = DURE_SCHEME_ED25519}};
    walk->bad_key.key.bytes[0] = 1; /* the neutral point: of small order */
}

/* ---- genesis */
static void service_add(walk_t *walk, dure_genesis_t *genesis, uint64_t party, uint32_t city,
                        uint32_t roles)
{
    dure_genesis_service_t *at = &genesis->services[genesis->services_count++];
    const walk_key_t *key = &walk->keys[party % WALK_KEYS];
    *at = (dure_genesis_service_t){.party = party, .city = city, .roles = roles, .key = key->key};
    dure_put_u64(at->blind.bytes, party * 77);
    model_party_t *mirror = &walk->model->parties[walk->model->parties_count++];
    *mirror = (model_party_t){.number = party,
                              .city = city,
                              .roles = roles,
                              .kind = DURE_KIND_SERVICE,
                              .blind = at->blind,
                              .lot_next = 1,
                              .keys_count = 1,
                              .keys = {{.slot = 0, .key = key->key}}};
}

static void genesis_make(walk_t *walk, dure_genesis_t *genesis)
{
    genesis->version = 1;
    genesis->clock = 2;
    genesis->parties_max = 64 + (uint32_t)walk_roll(walk, 32);
    genesis->time = START;
    dure_put_u64(genesis->salt.bytes, walk->seed);
    genesis->zones_count = 1;
    genesis->zones[0] = (dure_genesis_zone_t){.from = 0, .offset_s = 9 * 3600};
    genesis->cities_count = 2;
    genesis->cities[0] = (dure_genesis_city_t){.city = WALK_GOYANG, .threshold = 1};
    genesis->cities[1] = (dure_genesis_city_t){.city = WALK_GIMPO, .threshold = 2};
    service_add(walk, genesis, WALK_REGISTRAR, WALK_GIMPO, DURE_SERVICE_REGISTRAR);
    service_add(walk, genesis, WALK_BANK, WALK_GIMPO, DURE_SERVICE_BANK);
    for (uint64_t i = 0; i < 3; i++) {
        service_add(walk, genesis, WALK_OFFICER + i, WALK_GIMPO, DURE_SERVICE_OFFICER);
    }
    service_add(walk, genesis, WALK_CLOCK, WALK_GIMPO, DURE_SERVICE_CLOCK);
    service_add(walk, genesis, WALK_WATCH, WALK_GIMPO, DURE_SERVICE_WATCH);
    service_add(walk, genesis, WALK_FAR, WALK_GOYANG, 255);
    model_t *model = walk->model;
    model->parties_max = genesis->parties_max;
    model->time = START;
    const dure_zone_t zone = dure_zone_kst();
    model->today = dure_zone_day(&zone, START);
    model->cities_count = 2;
    model->cities[0] = (model_city_t){WALK_GOYANG, 1};
    model->cities[1] = (model_city_t){WALK_GIMPO, 2};
}

walk_t *walk_new(uint64_t seed, uint64_t *table)
{
    static uint8_t genesis_bytes[16384];
    const bool ready = dure_crypto_init();
    DURE_ASSERT(ready);
    programs_make();
    walk_t *walk = calloc(1, sizeof *walk);
    dure_genesis_t *genesis = calloc(1, sizeof *genesis);
    DURE_ASSERT(walk != NULL && genesis != NULL);
    walk->model = calloc(1, sizeof *walk->model);
    walk->proven = calloc(MODEL_PAID, sizeof *walk->proven);
    DURE_ASSERT(walk->model != NULL && walk->proven != NULL);
    walk->seed = seed;
    walk->random = seed * UINT64_C(0x9e3779b97f4a7c15) + 1;
    walk->table = table;
    memcpy(walk->model->programs, programs, sizeof programs);
    walk->model->programs_count = walk->programs_count = SOURCES;
    keys_make(walk);
    genesis_make(walk, genesis);
    dure_writer_t out = dure_writer(genesis_bytes, sizeof genesis_bytes);
    dure_genesis_encode(&out, genesis);
    dure_ledger_limits_t limits = dure_ledger_limits_for(CAPACITY);
    limits.journal_bytes_max = UINT64_C(24) << 20;
    const size_t size = (dure_ledger_size(&limits) + 63) / 64 * 64;
    walk->memory = aligned_alloc(64, size);
    DURE_ASSERT(walk->memory != NULL);
    const char *problem = NULL;
    walk->ledger = dure_ledger_init(walk->memory, size, &limits, dure_writer_bytes(&out), &problem);
    DURE_ASSERT(walk->ledger != NULL);
    dure_ledger_begin(walk->ledger, START);
    free(genesis);
    return walk;
}

void walk_free(walk_t *walk)
{
    free(walk->memory);
    free(walk->model);
    free(walk->proven);
    free(walk);
}

/* ---- the town, built by transactions like all others */
static void send(walk_t *walk, uint64_t party, const dure_body_t *body)
{
    static dure_tx_t tx;
    const model_lane_t *numbers = model_lane(walk->model, party, 0);
    tx = (dure_tx_t){.version = 1,
                     .id = {party, 0, numbers == NULL ? 1 : numbers->top + 1},
                     .valid_until = walk->model->time + 1000,
                     .body = *body};
    const model_seal_t seal = {.signed_right = true};
    const bool same = walk_apply(walk, &tx, &seal);
    DURE_ASSERT(same);
    DURE_ASSERT(walk->effect.code == DURE_RESULT_DONE);
}

static void decide(walk_t *walk, uint64_t officer, const dure_act_t *act)
{
    static dure_body_t body;
    body = (dure_body_t){.kind = DURE_BODY_PROPOSE,
                         .propose = {.until = walk->model->today, .act = *act}};
    send(walk, officer, &body);
    if (officer != WALK_FAR) {
        body = (dure_body_t){.kind = DURE_BODY_APPROVE, .approve = {.proposal = walk->effect.id}};
        send(walk, officer + 1, &body);
    }
}

static void account_open(walk_t *walk, uint64_t officer, const char *name, uint64_t won)
{
    const dure_act_t act = {.kind = DURE_ACT_ACCOUNT, .account = {.account = walk_name(name)}};
    decide(walk, officer, &act);
    const dure_body_t body = {.kind = DURE_BODY_DEPOSIT,
                              .deposit = {.account = walk_name(name), .amount = {won}}};
    send(walk, officer == WALK_FAR ? WALK_FAR : WALK_BANK, &body);
}

static void fund_open(walk_t *walk, uint64_t officer, uint64_t number, uint32_t program)
{
    const dure_act_t act = {.kind = DURE_ACT_FUND,
                            .fund = {.fund = number,
                                     .ceiling = {walk_between(walk, 1000000, 20000000)},
                                     .image = programs[program].image,
                                     .source = programs[program].source}};
    decide(walk, officer, &act);
}

static void register_one(walk_t *walk, uint64_t registrar, uint64_t party, uint8_t kind)
{
    static const uint64_t categories[] = {1, 2, 3, 45, 46, 17};
    dure_registration_t body = {.subject = party, .kind = kind, .keys_count = 1};
    body.keys[0].key = walk->keys[party % WALK_KEYS].key;
    dure_put_u64(body.blind.bytes, party * 31);
    const uint32_t city = registrar == WALK_FAR ? WALK_GOYANG : WALK_GIMPO;
    dure_attribute_entry_t *entry = body.attributes;
    if (kind == DURE_KIND_CITIZEN) {
        *entry++ = (dure_attribute_entry_t){DURE_ATTRIBUTE_RESIDENCE, city, 0, 80000};
        if (!walk_chance(walk, 15)) {
            *entry++ = (dure_attribute_entry_t){DURE_ATTRIBUTE_BIRTH_YEAR,
                                                walk_between(walk, 1988, 2008), 0, 80000};
        }
    } else if (kind == DURE_KIND_MERCHANT) {
        *entry++ = (dure_attribute_entry_t){DURE_ATTRIBUTE_REGION,
                                            walk_chance(walk, 85) ? city : WALK_GOYANG, 0, 80000};
        if (!walk_chance(walk, 10)) {
            *entry++ = (dure_attribute_entry_t){DURE_ATTRIBUTE_CATEGORY,
                                                categories[walk_roll(walk, 6)], 0, 80000};
        }
    }
    body.attributes_count = (uint16_t)(entry - body.attributes);
    const dure_body_t whole = {.kind = DURE_BODY_REGISTRATION, .registration = body};
    send(walk, registrar, &whole);
}

static void tier_attest(walk_t *walk, uint64_t party)
{
    const dure_body_t body = {
        .kind = DURE_BODY_ATTEST,
        .attest = {.subject = party,
                   .entry = {DURE_ATTRIBUTE_AID_TIER, walk_between(walk, 1, 3), 0, 80000}}};
    send(walk, WALK_OFFICER, &body);
}

void walk_town(walk_t *walk)
{
    static const char *const accounts[] = {"budget", "rewards",  "welfare",
                                           "aid",    "platform", "refund_reserve"};
    for (uint32_t i = 0; i < 6; i++) {
        if (i < 5 || walk_chance(walk, 75)) {
            account_open(walk, WALK_OFFICER, accounts[i],
                         walk_between(walk, 2000, i == 0 ? 40000 : 300000));
        }
        account_open(walk, WALK_FAR, accounts[i], walk_between(walk, 100000, 500000));
    }
    fund_open(walk, WALK_OFFICER, 7, 0);
    fund_open(walk, WALK_OFFICER, 9, 2);
    fund_open(walk, WALK_OFFICER, 11, 4);
    const dure_name_t reserve = walk_name("refund_reserve");
    if (model_account(walk->model, WALK_GIMPO, &reserve) != NULL) {
        fund_open(walk, WALK_OFFICER, 13, 5);
    }
    fund_open(walk, WALK_FAR, 8, 6);
    for (uint64_t i = 0; i < 20; i++) {
        register_one(walk, WALK_REGISTRAR, 101 + i, DURE_KIND_CITIZEN);
        if (!walk_chance(walk, 20)) {
            tier_attest(walk, 101 + i);
        }
    }
    for (uint64_t i = 0; i < 8; i++) {
        register_one(walk, WALK_REGISTRAR, 201 + i, DURE_KIND_MERCHANT);
    }
    for (uint64_t i = 0; i < 3; i++) {
        register_one(walk, WALK_FAR, 301 + i, DURE_KIND_CITIZEN);
        register_one(walk, WALK_FAR, 401 + i, DURE_KIND_MERCHANT);
    }
}

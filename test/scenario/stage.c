/* The stage of a scenario: a chain of two cities with their services, keys that follow from a
   party's number, and the bodies that people sign. */
#include "scenario/stage.h"

#include "yak/dure_yak.h"

/* ---- keys and names ---- */
dure_secret_key_t test_secret(uint64_t party, uint8_t slot)
{
    uint8_t label[9];
    dure_put_u64(label, party);
    label[8] = slot;
    dure_hash_t seed;
    dure_hash(&seed, DURE_TAG_DERIVE, label, sizeof label);
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519};
    memcpy(secret.seed, seed.bytes, sizeof secret.seed);
    return secret;
}

dure_key_entry_t test_key(uint64_t party, uint8_t slot)
{
    const dure_secret_key_t secret = test_secret(party, slot);
    dure_key_entry_t entry = {.slot = slot};
    assert_true(dure_public_key_of(&entry.key, &secret));
    return entry;
}

dure_blind_t test_blind(uint64_t party)
{
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_DERIVE, &party, sizeof party);
    dure_blind_t blind;
    memcpy(blind.bytes, hash.bytes, sizeof blind.bytes);
    return blind;
}

dure_name_t test_name(const char *text)
{
    dure_name_t name;
    assert_true(dure_name_from(&name, text, strlen(text)));
    return name;
}

dure_bytes_t test_compile(const char *source, uint8_t *image)
{
    const size_t workspace_size = dure_yak_workspace_size();
    void *workspace = aligned_alloc(16, (workspace_size + 15) / 16 * 16);
    dure_yak_diagnostics_t *diagnostics = malloc(sizeof *diagnostics);
    assert_non_null(workspace);
    assert_non_null(diagnostics);
    size_t size = 0;
    const bool compiled = dure_yak_compile(
        workspace, workspace_size, dure_bytes(source, strlen(source)), image, &size, diagnostics);
    if (!compiled) {
        print_error("%u: %s\n", diagnostics->list[0].line, diagnostics->list[0].en);
    }
    assert_true(compiled);
    free(workspace);
    free(diagnostics);
    return dure_bytes(image, size);
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
dure_body_t body_tick(dure_time_t time)
{
    return (dure_body_t){.kind = DURE_BODY_TICK, .tick = {.time = time}};
}

dure_body_t body_registration(uint64_t party, uint8_t kind)
{
    return (dure_body_t){.kind = DURE_BODY_REGISTRATION,
                         .registration = {.subject = party,
                                          .kind = kind,
                                          .blind = test_blind(party),
                                          .keys_count = 1,
                                          .keys = {test_key(party, 0)}}};
}

dure_body_t body_attest(uint64_t subject, uint64_t what, uint64_t value, dure_day_t from,
                        dure_day_t until)
{
    return (dure_body_t){
        .kind = DURE_BODY_ATTEST,
        .attest = {.subject = subject,
                   .entry = {.what = what, .value = value, .from = from, .until = until}}};
}

dure_body_t body_rotate(uint64_t party, uint8_t slot)
{
    return (dure_body_t){.kind = DURE_BODY_ROTATE, .rotate = {.entry = test_key(party, slot)}};
}

dure_body_t body_propose(dure_act_t act, dure_day_t until)
{
    return (dure_body_t){.kind = DURE_BODY_PROPOSE, .propose = {.until = until, .act = act}};
}

dure_body_t body_approve(dure_tx_id_t proposal)
{
    return (dure_body_t){.kind = DURE_BODY_APPROVE, .approve = {.proposal = proposal}};
}

dure_body_t body_deposit(const char *account, uint64_t won)
{
    return (dure_body_t){.kind = DURE_BODY_DEPOSIT,
                         .deposit = {.account = test_name(account), .amount = {won}}};
}

dure_body_t body_order(uint64_t fund, uint64_t face, uint64_t price_max)
{
    return (dure_body_t){
        .kind = DURE_BODY_PURCHASE_ORDER,
        .purchase_order = {.fund = fund, .face = {face}, .price_max = {price_max}}};
}

dure_body_t body_credit(dure_tx_id_t order, uint64_t price)
{
    return (dure_body_t){.kind = DURE_BODY_PURCHASE_CREDIT,
                         .purchase_credit = {.order = order, .price = {price}}};
}

dure_body_t body_void(dure_tx_id_t order)
{
    return (dure_body_t){.kind = DURE_BODY_PURCHASE_VOID, .purchase_void = {.order = order}};
}

dure_body_t body_cancel(uint64_t fund, uint32_t lot)
{
    return (dure_body_t){.kind = DURE_BODY_PURCHASE_CANCEL,
                         .purchase_cancel = {.fund = fund, .lot = lot}};
}

dure_body_t body_payment(uint64_t payee, uint64_t won)
{
    return (dure_body_t){
        .kind = DURE_BODY_PAYMENT,
        .payment = {.payee = payee, .amount = {won}, .channel = DURE_CHANNEL_QR_MERCHANT}};
}

dure_body_t body_redemption(uint64_t fund, uint64_t won)
{
    return (dure_body_t){.kind = DURE_BODY_REDEMPTION,
                         .redemption = {.fund = fund, .amount = {won}}};
}

dure_body_t body_result(dure_tx_id_t payout, uint8_t outcome)
{
    return (dure_body_t){.kind = DURE_BODY_PAYOUT_RESULT,
                         .payout_result = {.payout = payout, .outcome = outcome}};
}

dure_body_t body_hold(uint64_t subject, uint8_t what, uint8_t reason, dure_day_t until)
{
    dure_body_t body = {
        .kind = DURE_BODY_HOLD,
        .hold = {.subject = subject, .what = what, .reason = reason, .until = until}};
    memset(&body.hold.evidence, 0xe1, sizeof body.hold.evidence);
    return body;
}

dure_body_t body_release(dure_tx_id_t hold)
{
    return (dure_body_t){.kind = DURE_BODY_RELEASE, .release = {.hold = hold}};
}

dure_body_t body_appeal(dure_tx_id_t hold)
{
    return (dure_body_t){.kind = DURE_BODY_APPEAL, .appeal = {.hold = hold}};
}

dure_body_t body_uphold(dure_tx_id_t hold, dure_day_t until)
{
    return (dure_body_t){.kind = DURE_BODY_UPHOLD, .uphold = {.hold = hold, .until = until}};
}

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

dure_act_t act_account(const char *name)
{
    return (dure_act_t){.kind = DURE_ACT_ACCOUNT, .account = {.account = test_name(name)}};
}

dure_act_t act_parameter(uint64_t fund, const char *name, int64_t value, dure_day_t from)
{
    return (dure_act_t){
        .kind = DURE_ACT_PARAMETER,
        .parameter = {.fund = fund, .parameter = test_name(name), .value = value, .from = from}};
}

dure_act_t act_ceiling(uint64_t fund, uint64_t ceiling)
{
    return (dure_act_t){.kind = DURE_ACT_CEILING, .ceiling = {.fund = fund, .ceiling = {ceiling}}};
}

dure_act_t act_roles(uint64_t subject, uint32_t roles)
{
    return (dure_act_t){.kind = DURE_ACT_ROLES, .roles = {.subject = subject, .roles = roles}};
}

dure_act_t act_threshold(uint8_t threshold)
{
    return (dure_act_t){.kind = DURE_ACT_THRESHOLD, .threshold = {.threshold = threshold}};
}

dure_act_t act_recover(uint64_t subject, dure_key_entry_t entry)
{
    return (dure_act_t){.kind = DURE_ACT_RECOVER, .recover = {.subject = subject, .entry = entry}};
}

dure_act_t act_estate(uint64_t subject, uint64_t heir)
{
    return (dure_act_t){.kind = DURE_ACT_ESTATE, .estate = {.subject = subject, .heir = heir}};
}

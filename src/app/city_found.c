/* The beginning of a city: genesis, its fund by vote of two officers, its budget. */
#include "app/city.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/dure_key_file.h"
#include "yak/dure_yak.h"

#define PARTIES_LEAST    1000u
#define GENESIS_SERVICES 64u

static bool write_file(city_world_t *world, const char *directory, const char *name,
                       dure_bytes_t bytes)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    FILE *file = fopen(path, "wb");
    bool written = file != NULL && fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    if (file != NULL && fclose(file) != 0) {
        written = false;
    }
    if (!written) {
        city_problem(world->problem, "cannot write %s: %s", path, strerror(errno));
    }
    return written;
}

static bool add_service(dure_genesis_t *genesis, const city_t *city, const city_service_t *service,
                        uint32_t roles)
{
    dure_genesis_service_t *made = &genesis->services[genesis->services_count++];
    made->party = service->party;
    made->city = city->data.region;
    made->roles = roles;
    dure_hash_t blind;
    dure_hash(&blind, DURE_TAG_DERIVE, service->secret.seed, 32);
    memcpy(made->blind.bytes, blind.bytes, sizeof made->blind.bytes);
    return dure_public_key_of(&made->key, &service->secret) ||
           city_problem(city->world->problem, "cannot make a key");
}

typedef struct {
    const char *name;
    city_service_t *service;
    uint32_t role;
} post_t;

#define POSTS 5u
/* Who serves a city, ascending by party. */
static void posts_of(city_t *city, post_t posts[POSTS])
{
    const post_t all[POSTS] = {{"registrar", &city->registrar, DURE_SERVICE_REGISTRAR},
                               {"bank", &city->bank_service, DURE_SERVICE_BANK},
                               {"officer-1", &city->officers[0], DURE_SERVICE_OFFICER},
                               {"officer-2", &city->officers[1], DURE_SERVICE_OFFICER},
                               {"watch", &city->watch, DURE_SERVICE_WATCH}};
    memcpy(posts, all, sizeof all);
}

/* A genesis names 64 services.  Of many cities it names the officers alone, of whom the first may
   register until he has registered the others. */
static bool appoints(const city_world_t *world)
{
    return world->city_count * POSTS + 1 > GENESIS_SERVICES;
}

static bool add_city(dure_genesis_t *genesis, city_t *city)
{
    const bool few = appoints(city->world);
    post_t posts[POSTS];
    posts_of(city, posts);
    genesis->cities[genesis->cities_count++] =
        (dure_genesis_city_t){.city = city->data.region, .threshold = 2};
    for (size_t i = 0; i < POSTS; i++) {
        const bool officer = posts[i].role == DURE_SERVICE_OFFICER;
        if (city->index == 0 && i + 1 == POSTS &&
            !add_service(genesis, city, &city->world->clock, DURE_SERVICE_CLOCK)) {
            return false;
        }
        if (few && !officer) {
            continue;
        }
        const bool registers = few && posts[i].service == &city->officers[0];
        if (!add_service(genesis, city, posts[i].service,
                         registers ? posts[i].role | DURE_SERVICE_REGISTRAR : posts[i].role)) {
            return false;
        }
    }
    return true;
}

static bool fill_genesis(city_world_t *world, dure_genesis_t *genesis)
{
    *genesis = (dure_genesis_t){.version = 1, .clock = 2, .time = world->now};
    uint64_t parties = 0;
    uint8_t seed[16];
    dure_put_u64(seed, world->seed);
    dure_put_u64(seed + 8, world->cities[0].data.region);
    dure_hash(&genesis->salt, DURE_TAG_DERIVE, seed, sizeof seed);
    genesis->zones_count = 1;
    genesis->zones[0] = (dure_genesis_zone_t){.from = 0, .offset_s = 9 * 3600};
    for (uint32_t i = 0; i < world->city_count; i++) {
        city_t *city = &world->cities[i];
        parties += city->citizens.capacity + city->bearers.capacity + city->shop_capacity + 64;
        if (!add_city(genesis, city)) {
            return false;
        }
    }
    genesis->parties_max = parties < PARTIES_LEAST ? PARTIES_LEAST : (uint32_t)parties;
    return genesis->parties_max <= DURE_LEDGER_PARTIES_MAX ||
           city_problem(world->problem, "a chain cannot have so many parties");
}

bool city_found(city_world_t *world, const char *directory)
{
    static dure_genesis_t genesis;
    static uint8_t bytes[65536];
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    if (!fill_genesis(world, &genesis)) {
        return false;
    }
    dure_genesis_encode(&writer, &genesis);
    dure_bytes_t encoded = dure_writer_bytes(&writer);
    dure_hash(&world->chain_id, DURE_TAG_GENESIS, encoded.data, encoded.size);
    return write_file(world, directory, "genesis.dure", encoded);
}

uint64_t city_fund(const city_t *city, city_fund_t fund)
{
    return 8 * (uint64_t)city->index + 1 + fund;
}

bool city_vote(city_t *city, const dure_act_t *act)
{
    dure_tx_id_t proposal = {city->officers[0].party, 0, city->officers[0].next_number};
    dure_body_t propose = {.kind = DURE_BODY_PROPOSE,
                           .propose = {.until = city->world->today + 14, .act = *act}};
    dure_body_t approve = {.kind = DURE_BODY_APPROVE, .approve = {proposal}};
    return city_send_as(city, &city->officers[0], &propose, DURE_RESULT_DONE) &&
           city_send_as(city, &city->officers[1], &approve, DURE_RESULT_DONE);
}

static bool name_of(dure_name_t *name, const char *text)
{
    return dure_name_from(name, text, strlen(text));
}

static void edit(uint8_t *source, size_t size, const city_edit_t *edit)
{
    const size_t length = strlen(edit->from);
    DURE_ASSERT(strlen(edit->to) == length);
    for (size_t at = 0; at + length <= size; at++) {
        if (memcmp(source + at, edit->from, length) == 0) {
            memcpy(source + at, edit->to, length);
            at += length - 1;
        }
    }
}

static bool compile_program(city_t *city, const char *path, const city_edit_t *edits, size_t count,
                            dure_act_t *act)
{
    static uint8_t source[DURE_YAK_SOURCE_SIZE_MAX + 1];
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    static dure_yak_diagnostics_t diagnostics;
    FILE *file = fopen(path, "rb");
    size_t size = file == NULL ? 0 : fread(source, 1, sizeof source, file);
    if (file == NULL || size == 0) {
        city_problem(city->world->problem, "cannot read the program %s", path);
        return false;
    }
    fclose(file);
    /* The program is Gimpo's; another city gives itself the same rules under its own code, which
       has as many digits. */
    city_edit_t rename = {.from = "41570"};
    snprintf(rename.to, sizeof rename.to, "%05u", city->data.region);
    edit(source, size, &rename);
    for (size_t i = 0; i < count; i++) {
        edit(source, size, &edits[i]);
    }
    size_t image_size = 0;
    size_t workspace_size = dure_yak_workspace_size();
    void *workspace = aligned_alloc(64, (workspace_size + 63) / 64 * 64);
    bool compiled =
        workspace != NULL && dure_yak_compile(workspace, workspace_size, dure_bytes(source, size),
                                              image, &image_size, &diagnostics);
    free(workspace);
    if (!compiled) {
        city_problem(city->world->problem, "%s, line %u: %s", path, diagnostics.list[0].line,
                     diagnostics.list[0].en);
        return false;
    }
    act->fund.image = dure_bytes(image, image_size);
    act->fund.source = dure_bytes(source, size);
    return true;
}

static bool give_role(city_t *city, const city_service_t *service, uint32_t roles)
{
    const dure_act_t act = {.kind = DURE_ACT_ROLES,
                            .roles = {.subject = service->party, .roles = roles}};
    return city_vote(city, &act);
}

/* Registers the services that the genesis had no room for; then the first officer registers nobody
   any more. */
static bool appoint(city_t *city)
{
    post_t posts[POSTS];
    posts_of(city, posts);
    for (size_t i = 0; i < POSTS; i++) {
        dure_body_t body = {.kind = DURE_BODY_REGISTRATION,
                            .registration = {.subject = posts[i].service->party,
                                             .kind = DURE_KIND_SERVICE,
                                             .keys_count = 1}};
        dure_hash_t blind;
        dure_hash(&blind, DURE_TAG_DERIVE, posts[i].service->secret.seed, 32);
        memcpy(body.registration.blind.bytes, blind.bytes, sizeof body.registration.blind.bytes);
        if (posts[i].role == DURE_SERVICE_OFFICER) {
            continue;
        }
        if (!dure_public_key_of(&body.registration.keys[0].key, &posts[i].service->secret) ||
            !city_send_as(city, &city->officers[0], &body, DURE_RESULT_DONE) ||
            !give_role(city, posts[i].service, posts[i].role)) {
            return false;
        }
    }
    return give_role(city, &city->officers[0], DURE_SERVICE_OFFICER);
}

bool city_open_account(city_t *city, const char *name)
{
    dure_act_t account = {.kind = DURE_ACT_ACCOUNT};
    return name_of(&account.account.account, name) && city_vote(city, &account);
}

bool city_open_fund(city_t *city, city_fund_t which, const char *program, const city_edit_t *edits,
                    size_t count)
{
    dure_act_t fund = {.kind = DURE_ACT_FUND};
    fund.fund.fund = city_fund(city, which);
    fund.fund.ceiling = dure_amount(UINT64_C(10000000000000));
    return compile_program(city, program, edits, count, &fund) && city_vote(city, &fund);
}

bool city_set_up(city_t *city, const char *const programs[CITY_FUNDS])
{
    city->monthly_issue = UINT64_C(10000000000); /* the programs' initial value */
    if ((appoints(city->world) && !appoint(city)) || !city_open_account(city, "budget") ||
        !city_open_account(city, "opening")) {
        return false;
    }
    for (city_fund_t fund = 0; fund < CITY_FUNDS; fund++) {
        if (programs[fund] != NULL && !city_open_fund(city, fund, programs[fund], NULL, 0)) {
            return false;
        }
    }
    return city_settle(city->world);
}

bool city_raise_issue(city_t *city, uint64_t won)
{
    for (city_fund_t fund = CITY_GENERAL; fund <= CITY_PAPER; fund++) {
        dure_act_t act = {.kind = DURE_ACT_PARAMETER};
        act.parameter = (dure_act_parameter_t){
            .fund = city_fund(city, fund), .value = (int64_t)won, .from = city->world->today + 1};
        if (!name_of(&act.parameter.parameter, "monthly_issue") || !city_vote(city, &act)) {
            return false;
        }
    }
    return true;
}

bool city_fill_account(city_t *city, const char *account, dure_amount_t amount)
{
    dure_body_t body = {.kind = DURE_BODY_DEPOSIT, .deposit = {.amount = amount}};
    return name_of(&body.deposit.account, account) && city_send_bank(city, &body, DURE_RESULT_DONE);
}

static bool write_key(city_t *city, const char *directory, const char *name, uint64_t party,
                      const dure_secret_key_t *secret)
{
    char path[4096];
    dure_key_file_t key = {.secret = *secret, .party = party};
    snprintf(path, sizeof path, "%s/keys/%s.key", directory, name);
    char problem[DURE_KEY_FILE_PROBLEM_SIZE];
    if (!dure_public_key_of(&key.public_key, secret) ||
        !dure_key_file_write(&key, path, true, problem)) {
        city_problem(city->world->problem, "cannot write %s", path);
        return false;
    }
    return true;
}

bool city_write_keys(city_t *city, const char *directory, const city_holder_t *citizen,
                     const city_shop_t *shop)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/keys", directory);
    if (mkdir(path, 0700) != 0 && errno != EEXIST) {
        city_problem(city->world->problem, "cannot make %s: %s", path, strerror(errno));
        return false;
    }
    post_t posts[POSTS];
    posts_of(city, posts);
    for (size_t i = 0; i < POSTS; i++) {
        if (!write_key(city, directory, posts[i].name, posts[i].service->party,
                       &posts[i].service->secret)) {
            return false;
        }
    }
    const city_service_t *clock = &city->world->clock;
    return write_key(city, directory, "clock", clock->party, &clock->secret) &&
           write_key(city, directory, "citizen", citizen->party, &citizen->secret) &&
           write_key(city, directory, "shop", shop->party, &shop->secret);
}

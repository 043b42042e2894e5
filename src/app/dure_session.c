/* dure_session: a node, what is known of its chain, and signing for it. */
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "app/dure_command.h"
#include "yak/dure_yak.h"

#define HOUR_MS UINT64_C(3600000)
#define DAY_MS  UINT64_C(86400000)

/* ---- opening --------------------------------------------------------------------------------- */

static bool read_head(session_t *session)
{
    dure_tell_head_t head;
    if (!dure_client_head(session->client, &head)) {
        return false;
    }
    session->chain_id = head.chain_id;
    session->height = head.height;
    session->time = head.time;
    dure_reader_t reader = dure_reader(head.genesis);
    dure_genesis_decode(&reader, &session->genesis);
    if (!dure_reader_end(&reader) || session->genesis.cities_count == 0) {
        complain(EXIT_WORLD, "the node's genesis is malformed");
        return false;
    }
    session->zone.count = session->genesis.zones_count;
    for (uint32_t i = 0; i < session->zone.count; i++) {
        session->zone.offsets[i] =
            (dure_zone_offset_t){.from = session->genesis.zones[i].from,
                                 .offset_s = (int32_t)session->genesis.zones[i].offset_s};
    }
    session->city = session->genesis.cities[0].city;
    return true;
}

bool session_open(session_t *session, const args_t *args)
{
    *session = (session_t){.args = args};
    char path[1024];
    snprintf(path, sizeof path, "%.900s/node.socket", args->directory);
    if (!dure_client_open(&session->client, path) || !read_head(session)) {
        if (*dure_client_problem(session->client) != 0) {
            session_failed(session);
        }
        session_close(session);
        return false;
    }
    return true;
}

void session_close(session_t *session)
{
    dure_client_close(session->client);
    session->client = NULL;
}

int session_failed(const session_t *session)
{
    return complain(EXIT_WORLD, "%s", dure_client_problem(session->client));
}

/* ---- funds ----------------------------------------------------------------------------------- */

static void read_fund_name(session_t *session, dure_name_t *name, uint64_t fund)
{
    dure_record_fund_t record;
    dure_record_program_t program;
    bool found = false;
    static dure_yak_program_t loaded;
    if (dure_client_fund(session->client, &found, &record, fund) && found &&
        dure_client_program(session->client, &found, &program, fund, record.version) && found &&
        dure_yak_load(&loaded, program.image) == DURE_YAK_LOAD_OK) {
        *name = loaded.name;
    }
}

const char *fund_name(session_t *session, uint64_t fund)
{
    for (uint32_t i = 0; i < session->fund_count; i++) {
        if (session->funds[i].fund == fund) {
            return session->funds[i].name.text;
        }
    }
    if (session->fund_count == SESSION_FUNDS_MAX) {
        session->fund_count = 0;
    }
    fund_name_t *entry = &session->funds[session->fund_count++];
    *entry = (fund_name_t){.fund = fund};
    read_fund_name(session, &entry->name, fund);
    return entry->name.text;
}

text_t fund_label(session_t *session, uint64_t fund)
{
    text_t text;
    const char *name = fund_name(session, fund);
    snprintf(text.text, sizeof text.text, *name == 0 ? "%sfund %" PRIu64 : "%s (fund %" PRIu64 ")",
             name, fund);
    return text;
}

/* ---- keys ------------------------------------------------------------------------------------ */

void key_path(char out[1024], const args_t *args, const char *name)
{
    snprintf(out, 1024, "%.1000s", name);
    if (strchr(name, '/') == NULL && access(name, F_OK) != 0) {
        size_t size = strlen(name);
        bool has_tail = size > 4 && strcmp(name + size - 4, ".key") == 0;
        snprintf(out, 1024, "%.600s/keys/%.200s%s", args->directory, name, has_tail ? "" : ".key");
    }
}

bool session_key(dure_key_file_t *key, const args_t *args, const char *service)
{
    const char *name = args_option(args, service == NULL ? "--key" : "--as");
    if (name == NULL) {
        name = service;
    }
    if (name == NULL) {
        complain(EXIT_USAGE, "whose key signs? add --key FILE");
        return false;
    }
    char path[1024], problem[DURE_KEY_FILE_PROBLEM_SIZE];
    key_path(path, args, name);
    if (!dure_key_file_read(key, path, problem)) {
        complain(EXIT_USAGE, "%s", problem);
        return false;
    }
    if (key->party == 0) {
        complain(EXIT_USAGE, "%s belongs to no party yet: dure party register --key %s", path,
                 path);
        return false;
    }
    return true;
}

bool session_own_key(dure_key_file_t *key, const args_t *args, const char *service)
{
    const bool own = args_option(args, "--key") != NULL;
    if (own && args_option(args, "--as") != NULL) {
        complain(EXIT_USAGE, "--key and --as both say who signs: leave one out");
        return false;
    }
    const bool is_open = !own && args_option(args, "--as") == NULL && service == NULL;
    if (own || is_open) {
        return session_key(key, args, NULL);
    }
    return session_key(key, args, service == NULL ? "" : service); /* --as takes its place */
}

/* ---- submitting ------------------------------------------------------------------------------ */

/* The next id: services of the bank number by business day, all others upwards. */
static bool next_id(session_t *session, dure_tx_id_t *id, uint64_t party)
{
    dure_record_party_t record;
    bool found = false;
    if (!dure_client_party(session->client, &found, &record, party)) {
        return false;
    }
    *id = (dure_tx_id_t){.party = party};
    uint64_t top = found ? record.top : 0;
    if (!found || record.kind != DURE_KIND_SERVICE) {
        id->number = top + 1;
        return true;
    }
    uint64_t base = 0;
    if ((record.roles & DURE_SERVICE_BANK) != 0) {
        uint64_t day = (uint64_t)dure_zone_day(&session->zone, session->time);
        id->lane = (uint16_t)(day % 32);
        base = day << 32;
    }
    if (!dure_client_top(session->client, &top, party, id->lane)) {
        return false;
    }
    id->number = (top < base ? base : top) + 1;
    return true;
}

static bool refresh_time(session_t *session)
{
    dure_tell_head_t head;
    if (!dure_client_head(session->client, &head)) {
        return false;
    }
    session->time = head.time;
    session->height = head.height;
    return true;
}

dure_time_t session_now(const session_t *session)
{
    if (session->genesis.clock == 2) {
        return session->time;
    }
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const dure_time_t wall = (dure_time_t)now.tv_sec * 1000;
    return wall > session->time ? wall : session->time;
}

/* A driven chain may jump a day at the next tick; a real one goes with the clock on the wall. */
static dure_time_t valid_until(const session_t *session)
{
    return session_now(session) + (session->genesis.clock == 2 ? DAY_MS : HOUR_MS);
}

bool session_next(session_t *session, dure_tx_id_t *id, dure_time_t *until, uint64_t party)
{
    if (!refresh_time(session) || !next_id(session, id, party)) {
        return false;
    }
    *until = valid_until(session);
    return true;
}

/* Signs and submits once; *answer borrows from the client. */
static bool submit_once(session_t *session, dure_answer_t *answer, dure_tx_id_t *id,
                        const dure_key_file_t *key, const dure_body_t *body)
{
    dure_time_t until = 0;
    if (!session_next(session, id, &until, key->party)) {
        return false;
    }
    static uint8_t wire[DURE_TX_SIZE_MAX];
    dure_writer_t writer = dure_writer(wire, sizeof wire);
    dure_tx_t tx = {.version = 1, .id = *id, .valid_until = until, .body = *body};
    if (!dure_tx_seal(&writer, &tx, &session->chain_id, key->slot, &key->secret)) {
        complain(EXIT_WORLD, "the transaction cannot be signed: it is too large");
        return false;
    }
    dure_bytes_t bytes = dure_writer_bytes(&writer);
    return dure_client_submit(session->client, answer, &bytes, 1);
}

int session_submit(session_t *session, outcome_t *outcome, const dure_key_file_t *key,
                   const dure_body_t *body)
{
    *outcome = (outcome_t){0};
    dure_answer_t answer;
    /* Another program may sign with the same key at this moment and take the number. */
    for (uint32_t i = 0; i < 3; i++) {
        if (!submit_once(session, &answer, &outcome->id, key, body)) {
            return session_failed(session);
        }
        if (answer.code != DURE_RESULT_ALREADY_USED) {
            break;
        }
    }
    outcome->recorded = answer.recorded;
    outcome->height = answer.height;
    outcome->index = answer.index;
    if (!dure_client_effect(&outcome->effect, &answer)) {
        outcome->effect = (dure_effect_t){.code = answer.code, .id = outcome->id};
    }
    if (answer.code == DURE_RESULT_DONE) {
        return EXIT_DONE;
    }
    print_refusal(session, outcome);
    return EXIT_REFUSED;
}

/* How transactions leave.  Bytes are made once, in the order of the play; signatures are filled in
   by a pool of threads (city_sign.c) while the next batches are made and earlier ones are at the
   node.  The order, and so the chain, depends on the seed alone. */
#include "app/city.h"

#include <stdlib.h>
#include <time.h>

#define HOUR_MS    UINT64_C(3600000)
#define BATCH_SIZE ((size_t)CITY_BATCH_MAX * 512u + 2u * DURE_TX_SIZE_MAX)

uint64_t city_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool city_world_start(city_world_t *world)
{
    for (size_t i = 0; i < CITY_BATCHES; i++) {
        world->batches[i].bytes = malloc(BATCH_SIZE);
        if (world->batches[i].bytes == NULL) {
            return city_problem(world->problem, "out of memory for batches");
        }
    }
    return city_signers_start(&world->signers) ||
           city_problem(world->problem, "cannot start threads that sign");
}

static city_batch_t *batch_at(city_world_t *world, uint64_t number)
{
    return &world->batches[number % CITY_BATCHES];
}

static bool client_failed(city_world_t *world)
{
    return city_problem(world->problem, "%s", dure_client_problem(world->client));
}

/* Waits for the answers to the oldest batch that the node has. */
static bool receive(city_world_t *world)
{
    const city_batch_t *batch = batch_at(world, world->answered);
    world->answered++;
    if (!dure_client_submit_finish(world->client, world->answers, batch->flight, batch->count)) {
        return client_failed(world);
    }
    for (uint32_t i = 0; i < batch->count; i++) {
        const city_expected_t *expected = &batch->expected[i];
        if (world->answers[i].code == expected->code) {
            continue;
        }
        const dure_result_text_t *got = dure_result_text(world->answers[i].code);
        const dure_result_text_t *want = dure_result_text(expected->code);
        const char *kind = dure_body_kind_name(expected->kind);
        return city_problem(world->problem,
                            "the node answered a %s with \"%s\" where \"%s\" was expected %.*s",
                            kind == NULL ? "?" : kind, got == NULL ? "?" : got->name,
                            want == NULL ? "?" : want->name, (int)world->answers[i].problem.size,
                            (const char *)world->answers[i].problem.data);
    }
    return true;
}

/* Sends the next batch of those that were given to the signers; waits for its signatures. */
static bool send_next(city_world_t *world)
{
    city_batch_t *batch = batch_at(world, world->sent);
    city_sign_finish(&world->signers, batch);
    world->sent++;
    return dure_client_submit_start(world->client, &batch->flight, batch->wires, batch->count) ||
           client_failed(world);
}

/* Gives the batch that was made to the signers, sends what is signed, and makes room for another.
 */
static bool flush(city_world_t *world)
{
    city_batch_t *batch = batch_at(world, world->made);
    if (batch->count == 0) {
        return true;
    }
    city_sign_begin(&world->signers, batch, &world->chain_id);
    world->made++;
    while (world->sent < world->made &&
           (city_is_signed(&world->signers, batch_at(world, world->sent)) ||
            world->made - world->sent > CITY_BATCHES / 2)) {
        if (!send_next(world)) {
            return false;
        }
    }
    while (world->made - world->answered >= CITY_BATCHES) {
        if (!receive(world)) {
            return false;
        }
    }
    batch = batch_at(world, world->made);
    batch->count = 0;
    batch->size = 0;
    return true;
}

bool city_settle(city_world_t *world)
{
    if (!flush(world)) {
        return false;
    }
    while (world->sent < world->made) {
        if (!send_next(world)) {
            return false;
        }
    }
    while (world->answered < world->made) {
        if (!receive(world)) {
            return false;
        }
    }
    return true;
}

static bool send_tx(city_world_t *world, const dure_tx_t *tx, const dure_secret_key_t *secret,
                    uint16_t code)
{
    city_batch_t *batch = batch_at(world, world->made);
    dure_writer_t writer = dure_writer(batch->bytes + batch->size, BATCH_SIZE - batch->size);
    dure_tx_encode(&writer, tx);
    const dure_bytes_t body = dure_writer_bytes(&writer);
    batch->signers[batch->count] = *secret;
    dure_public_key_t *key = &batch->keys[batch->count];
    if (!city_key_known(&world->signers, key, secret)) {
        if (!dure_public_key_of(key, secret)) {
            return city_problem(world->problem, "cannot make a key");
        }
        city_key_note(&world->signers, secret, key);
    }
    /* The seal's place, and of some kinds an empty witness after it. */
    dure_seal_encode(&writer, &(dure_seal_t){0});
    if (dure_tx_has_witness(tx->body.kind)) {
        dure_write_bytes(&writer, (dure_bytes_t){0});
    }
    if (writer.overflow || writer.size > DURE_TX_SIZE_MAX) {
        return city_problem(world->problem, "cannot encode a transaction");
    }
    batch->size += writer.size;
    batch->body_sizes[batch->count] = (uint32_t)body.size;
    batch->wires[batch->count] = dure_writer_bytes(&writer);
    batch->expected[batch->count] = (city_expected_t){.code = code, .kind = tx->body.kind};
    batch->count++;
    world->transactions++;
    bool full = batch->count == CITY_BATCH_MAX || BATCH_SIZE - batch->size < DURE_TX_SIZE_MAX + 8;
    return full ? flush(world) : true;
}

bool city_send(city_t *city, const dure_tx_t *tx, const dure_secret_key_t *secret, uint16_t code)
{
    city->totals.transactions++;
    city->totals.refused += code >= 200 ? 1 : 0;
    return send_tx(city->world, tx, secret, code);
}

static dure_tx_t next_of(const city_world_t *world, city_service_t *service,
                         const dure_body_t *body)
{
    return (dure_tx_t){.version = 1,
                       .id = {service->party, 0, service->next_number++},
                       .valid_until = world->now + HOUR_MS,
                       .body = *body};
}

bool city_send_as(city_t *city, city_service_t *service, const dure_body_t *body, uint16_t code)
{
    dure_tx_t tx = next_of(city->world, service, body);
    return city_send(city, &tx, &service->secret, code);
}

bool city_send_bank(city_t *city, const dure_body_t *body, uint16_t code)
{
    /* The bank's number is its own: the business day and the entry of that day, on the day's lane.
       A chain has 1,024 lanes for all services of all cities. */
    const city_world_t *world = city->world;
    if (city->bank.entry_day != world->today) {
        city->bank.entry_day = world->today;
        city->bank.entry_next = 1;
    }
    dure_tx_t tx = {.version = 1,
                    .id = {city->bank_service.party,
                           (uint16_t)(world->today % (world->city_count == 1 ? 32 : 16)),
                           (uint64_t)world->today << 32 | city->bank.entry_next++},
                    .valid_until = world->now + HOUR_MS,
                    .body = *body};
    return city_send(city, &tx, &city->bank_service.secret, code);
}

bool city_tick(city_world_t *world, dure_time_t time)
{
    const dure_body_t body = {.kind = DURE_BODY_TICK, .tick = {time}};
    dure_tx_t tx = next_of(world, &world->clock, &body);
    if (!send_tx(world, &tx, &world->clock.secret, DURE_RESULT_DONE)) {
        return false;
    }
    world->now = time;
    world->today = dure_zone_day(&world->zone, time);
    return true;
}

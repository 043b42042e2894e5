/* How transactions leave.  Two batches: one at the node, one being signed here meanwhile. */
#include "app/city.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HOUR_MS UINT64_C(3600000)

uint64_t city_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

bool city_world_start(city_world_t *world)
{
    world->batch_capacity = (size_t)CITY_BATCH_MAX * 1024 + 2 * DURE_TX_SIZE_MAX;
    world->batch = malloc(world->batch_capacity);
    return world->batch != NULL || city_problem(world->problem, "out of memory for a batch");
}

static bool client_failed(city_world_t *world)
{
    city_problem(world->problem, "%s", dure_client_problem(world->client));
    return false;
}

static bool receive(city_world_t *world)
{
    world->flying = false;
    if (!dure_client_submit_finish(world->client, world->answers, world->flight_number,
                                   world->flight_count)) {
        return client_failed(world);
    }
    for (uint32_t i = 0; i < world->flight_count; i++) {
        const city_expected_t *expected = &world->flight_expected[i];
        if (world->answers[i].code == expected->code) {
            continue;
        }
        const dure_result_text_t *got = dure_result_text(world->answers[i].code);
        const dure_result_text_t *want = dure_result_text(expected->code);
        const char *kind = dure_body_kind_name(expected->kind);
        city_problem(world->problem,
                     "the node answered a %s with \"%s\" where \"%s\" was expected %.*s",
                     kind == NULL ? "?" : kind, got == NULL ? "?" : got->name,
                     want == NULL ? "?" : want->name, (int)world->answers[i].problem.size,
                     (const char *)world->answers[i].problem.data);
        return false;
    }
    return true;
}

/* Sends the batch; waits for the one before it. */
static bool flush(city_world_t *world)
{
    if (world->batch_count == 0) {
        return true;
    }
    if (world->flying && !receive(world)) {
        return false;
    }
    if (!dure_client_submit_start(world->client, &world->flight_number, world->wires,
                                  world->batch_count)) {
        return client_failed(world);
    }
    world->flying = true;
    world->flight_count = world->batch_count;
    memcpy(world->flight_expected, world->expected, sizeof world->expected);
    world->batch_count = 0;
    world->batch_size = 0;
    return true;
}

bool city_settle(city_world_t *world)
{
    return flush(world) && (!world->flying || receive(world));
}

static bool send_tx(city_world_t *world, const dure_tx_t *tx, const dure_secret_key_t *secret,
                    uint16_t code)
{
    dure_writer_t writer =
        dure_writer(world->batch + world->batch_size, world->batch_capacity - world->batch_size);
    if (!dure_tx_seal(&writer, tx, &world->chain_id, 0, secret)) {
        city_problem(world->problem, "cannot encode or sign a transaction");
        return false;
    }
    world->batch_size += writer.size;
    world->wires[world->batch_count] = dure_writer_bytes(&writer);
    world->expected[world->batch_count] = (city_expected_t){.code = code, .kind = tx->body.kind};
    world->batch_count++;
    world->transactions++;
    bool full = world->batch_count == CITY_BATCH_MAX ||
                world->batch_capacity - world->batch_size < DURE_TX_SIZE_MAX + 8;
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
     */
    const city_world_t *world = city->world;
    if (city->bank.entry_day != world->today) {
        city->bank.entry_day = world->today;
        city->bank.entry_next = 1;
    }
    dure_tx_t tx = {.version = 1,
                    .id = {city->bank_service.party, (uint16_t)(world->today % 32),
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

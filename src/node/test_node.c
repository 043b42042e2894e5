#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "node/dure_node.h"
#include "trace/trace.h"

#define ANSWERS_MAX 512u
#define HOUR_MS     (UINT64_C(3600) * 1000u)

/* A node over the simulated world, and what it told. */
typedef struct {
    dure_io_sim_t *sim;
    dure_io_t *io;
    dure_trace_t *trace;
    dure_node_t *node;
    dure_node_config_t config;
    dure_node_report_t report;
    struct {
        bool is_there;
        bool recorded;
        uint16_t code;
        uint64_t height, durable;
        char problem[128];
    } answers[ANSWERS_MAX];
    uint32_t count, rooms;
    uint64_t jump_ms; /* to which the wall clock is set within the next answer; 0: not */
    char log[4096];
} world_t;

static void on_answer(void *user, uint64_t token, const dure_answer_t *answer)
{
    world_t *world = user;
    assert_true(token < ANSWERS_MAX && !world->answers[token].is_there);
    world->answers[token].is_there = true;
    world->answers[token].recorded = answer->recorded;
    world->answers[token].code = answer->code;
    world->answers[token].height = answer->height;
    world->answers[token].durable = dure_consensus_durable_height(dure_node_consensus(world->node));
    if (answer->problem.size > 0) {
        memcpy(world->answers[token].problem, answer->problem.data, answer->problem.size);
    }
    world->count++;
    if (world->jump_ms != 0) {
        dure_io_sim_set_wall(world->sim, world->jump_ms);
        world->jump_ms = 0;
    }
}

static void on_room(void *user)
{
    world_t *world = user;
    world->rooms++;
}

static void on_log(void *user, const char *line)
{
    world_t *world = user;
    size_t size = strlen(world->log);
    (void)snprintf(world->log + size, sizeof world->log - size, "%s\n", line);
}

static dure_node_result_t open_node(world_t *world)
{
    world->io = dure_io_sim_process(world->sim);
    dure_node_result_t result =
        dure_node_open(&world->node, &world->report, world->io, &world->config);
    if (result == DURE_NODE_OK) {
        dure_listener_t listener = {.user = world, .answer = on_answer, .room = on_room};
        dure_consensus_listen(dure_node_consensus(world->node), &listener);
    }
    return result;
}

static void close_node(world_t *world)
{
    dure_node_close(world->node);
    dure_io_close(world->io);
    world->node = NULL;
}

static world_t *new_world(uint8_t clock)
{
    world_t *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->sim = dure_io_sim_new(9);
    dure_trace_config_t config = {.seed = 9, .clock = clock};
    world->trace = dure_trace_new(&config);
    assert_non_null(world->trace);
    dure_bytes_t genesis = dure_trace_genesis(world->trace);
    dure_io_sim_put(world->sim, DURE_NODE_GENESIS, genesis.data, genesis.size);
    dure_io_sim_set_wall(world->sim, dure_trace_time(world->trace));
    world->config = dure_node_config_default();
    world->config.limits = dure_ledger_limits_for(64);
    world->config.threads = 0;
    world->config.scrub_bytes = 0;
    world->config.log = on_log;
    world->config.log_user = world;
    return world;
}

static void free_world(world_t *world)
{
    dure_trace_free(world->trace);
    dure_io_sim_free(world->sim);
    free(world);
}

static bool submit(world_t *world, dure_bytes_t wire, uint64_t token)
{
    return dure_consensus_submit(dure_node_consensus(world->node), wire, token);
}

static void run_until_idle(world_t *world)
{
    while (!dure_node_is_idle(world->node)) {
        assert_int_equal(dure_node_step(world->node, 1000000), DURE_NODE_OK);
    }
}

static dure_bytes_t registration(world_t *world, uint64_t party)
{
    dure_body_t body = dure_trace_registration(world->trace, party);
    return dure_trace_make(world->trace, DURE_TRACE_REGISTRAR, &body);
}

/* ---- opening --------------------------------------------------------------------------------- */

static void without_a_genesis_it_says_how_to_make_one(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    dure_io_sim_put(world->sim, DURE_NODE_GENESIS, NULL, 0);
    assert_int_equal(open_node(world), DURE_NODE_NO_GENESIS);
    assert_non_null(strstr(dure_node_message(world->node), "dure init"));
    close_node(world);
    free_world(world);
}

static void a_genesis_that_is_none_is_refused(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    dure_io_sim_put(world->sim, DURE_NODE_GENESIS, "no genesis", 10);
    assert_int_equal(open_node(world), DURE_NODE_FAILED);
    assert_non_null(strstr(dure_node_message(world->node), DURE_NODE_GENESIS));
    close_node(world);
    free_world(world);
}

static dure_node_result_t read_config(world_t *world, const char *text, char *message)
{
    dure_io_sim_put(world->sim, DURE_NODE_CONFIG, text, strlen(text));
    dure_io_t *io = dure_io_sim_process(world->sim);
    dure_node_result_t result = dure_node_config_read(&world->config, io, message);
    dure_io_close(io);
    return result;
}

static void a_configuration_is_read_whole_or_refused_by_line(void **state)
{
    (void)state;
    char message[DURE_NODE_MESSAGE_SIZE];
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    assert_int_equal(read_config(world,
                                 "# sizes\n\njournal_bytes_max = 777777 # few\nparties_max=1000\n"
                                 "threads = 3\ncheckpoint_bytes = 5000000000\n",
                                 message),
                     DURE_NODE_OK);
    assert_int_equal(world->config.limits.parties_max, 1000);
    assert_int_equal(world->config.limits.lots_max, 1024 + 4000);
    assert_int_equal(world->config.limits.journal_bytes_max, 777777);
    assert_int_equal(world->config.threads, 3);
    assert_int_equal(world->config.checkpoint_bytes, UINT64_C(5000000000));
    const char *const wrong[] = {
        "threads = 3\nthread = 3\n", "\nparties_max = 0\n", "\nparties_max = 20000001\n",
        "\nlots_max = 1\n",          "\nthreads = 257\n",   "\nthreads = -1\n",
        "\nthreads = 1 1\n",         "\nthreads\n",         "\nqueue_bytes = 1000\n"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(read_config(world, wrong[i], message), DURE_NODE_CONFIG_WRONG);
        assert_non_null(strstr(message, "line 2"));
    }
    free_world(world);
}

/* ---- deciding -------------------------------------------------------------------------------- */

static void an_answer_waits_for_the_disk(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    dure_io_sim_latency(world->sim, 50000000, 50000000);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    assert_true(submit(world, registration(world, dure_trace_citizen(0)), 0));
    assert_int_equal(world->count, 0);
    assert_int_equal(dure_node_step(world->node, 1000000), DURE_NODE_OK);
    dure_consensus_t *consensus = dure_node_consensus(world->node);
    assert_int_equal(dure_consensus_height(consensus), 1);
    assert_int_equal(dure_consensus_durable_height(consensus), 0);
    assert_int_equal(world->count, 0);
    run_until_idle(world);
    assert_int_equal(world->count, 1);
    assert_int_equal(world->answers[0].code, DURE_RESULT_DONE);
    assert_int_equal(world->answers[0].height, 1);
    assert_int_equal(world->answers[0].durable, 1);
    close_node(world);
    free_world(world);
}

static void a_refusal_waits_for_what_it_rests_on(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    dure_io_sim_latency(world->sim, 50000000, 50000000);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    assert_true(submit(world, registration(world, dure_trace_citizen(0)), 0));
    dure_tx_id_t id = dure_trace_last_id(world->trace);
    assert_int_equal(dure_node_step(world->node, 0), DURE_NODE_OK);
    /* The same number with other bytes, while the first is on its way to the disk. */
    dure_secret_key_t secret;
    dure_trace_secret(world->trace, DURE_TRACE_REGISTRAR, &secret);
    dure_tx_t tx = {.version = 1, .id = id};
    tx.valid_until = dure_trace_time(world->trace) + HOUR_MS;
    tx.body = dure_trace_registration(world->trace, dure_trace_citizen(1));
    assert_true(submit(world, dure_trace_sign(world->trace, &tx, 0, &secret), 1));
    run_until_idle(world);
    assert_int_equal(world->count, 2);
    assert_int_equal(world->answers[1].code, DURE_RESULT_ALREADY_USED);
    assert_false(world->answers[1].recorded);
    assert_int_equal(world->answers[1].durable, 1);
    close_node(world);
    free_world(world);
}

static void the_same_id_twice_at_once_is_decided_once(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    dure_bytes_t wire = registration(world, dure_trace_citizen(0));
    dure_tx_id_t id = dure_trace_last_id(world->trace);
    assert_true(submit(world, wire, 0));
    assert_true(submit(world, wire, 1));
    dure_secret_key_t secret;
    dure_trace_secret(world->trace, DURE_TRACE_REGISTRAR, &secret);
    dure_tx_t tx = {.version = 1, .id = id};
    tx.valid_until = dure_trace_time(world->trace) + HOUR_MS;
    tx.body = dure_trace_registration(world->trace, dure_trace_citizen(1));
    assert_true(submit(world, dure_trace_sign(world->trace, &tx, 0, &secret), 2));
    assert_true(submit(world, registration(world, dure_trace_citizen(2)), 3));
    run_until_idle(world);
    assert_int_equal(world->count, 4);
    assert_int_equal(world->answers[0].code, DURE_RESULT_DONE);
    /* Without a history there is no first answer to give. */
    assert_int_equal(world->answers[1].code, DURE_RESULT_ALREADY_USED);
    assert_int_equal(world->answers[2].code, DURE_RESULT_ALREADY_USED);
    assert_int_equal(world->answers[3].code, DURE_RESULT_DONE);
    const dure_chain_t *chain = dure_consensus_chain(dure_node_consensus(world->node));
    dure_public_key_t key;
    assert_true(dure_ledger_signer_key(dure_chain_ledger(chain), dure_trace_citizen(0), 0, &key));
    assert_false(dure_ledger_signer_key(dure_chain_ledger(chain), dure_trace_citizen(1), 0, &key));
    close_node(world);
    free_world(world);
}

static void what_is_no_transaction_is_told_which_field(void **state)
{
    (void)state;
    static const uint8_t large[DURE_TX_SIZE_MAX + 1];
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    dure_bytes_t wire = registration(world, dure_trace_citizen(0));
    assert_true(submit(world, dure_bytes(wire.data, 20), 0));
    assert_true(submit(world, dure_bytes(large, sizeof large), 1));
    assert_true(submit(world, dure_bytes(NULL, 0), 2));
    run_until_idle(world);
    assert_int_equal(world->answers[0].code, DURE_RESULT_MALFORMED);
    assert_non_null(strstr(world->answers[0].problem, "valid_until"));
    assert_int_equal(world->answers[1].code, DURE_RESULT_TOO_LARGE);
    assert_int_equal(world->answers[2].code, DURE_RESULT_MALFORMED);
    assert_int_equal(dure_consensus_height(dure_node_consensus(world->node)), 0);
    close_node(world);
    free_world(world);
}

static void a_full_queue_takes_nothing_until_there_is_room(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    world->config.queue_txs = 16;
    world->config.queue_bytes = 4 * DURE_TX_SIZE_MAX;
    assert_int_equal(open_node(world), DURE_NODE_OK);
    uint32_t taken = 0;
    while (submit(world, registration(world, dure_trace_citizen(taken)), taken)) {
        taken++;
    }
    assert_int_equal(taken, 16);
    assert_int_equal(dure_consensus_room(dure_node_consensus(world->node)), 0);
    run_until_idle(world);
    assert_int_equal(world->count, 16);
    assert_int_equal(world->rooms, 1);
    assert_true(dure_consensus_room(dure_node_consensus(world->node)) > 0);
    /* The bytes of the ring go round. */
    for (uint32_t i = 16; i < 200; i++) {
        assert_true(submit(world, registration(world, dure_trace_citizen(i % 40)), i));
        run_until_idle(world);
    }
    assert_int_equal(world->count, 200);
    close_node(world);
    free_world(world);
}

/* ---- the disk -------------------------------------------------------------------------------- */

/* It is never idle: the next one is submitted before the last one is answered. */
static void rot_behind_the_checkpoint_is_found_under_constant_load(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    world->config.scrub_bytes = 4096;
    world->config.checkpoint_blocks = 5;
    world->config.segment_size = 4096;
    assert_int_equal(open_node(world), DURE_NODE_OK);
    for (uint32_t i = 0; i < 30; i++) {
        assert_true(submit(world, registration(world, dure_trace_citizen(i)), i));
        run_until_idle(world);
    }
    assert_non_null(strstr(world->log, "event=checkpoint result=ok"));
    assert_true(dure_io_sim_flip(world->sim, "log-00000001.dure", 1000, 4));
    const uint64_t from_ns = dure_io_monotonic_ns(world->io);
    dure_node_result_t result = DURE_NODE_OK;
    uint32_t next = 30;
    while (result == DURE_NODE_OK && next < ANSWERS_MAX) {
        if (dure_consensus_waiting(dure_node_consensus(world->node)) < 2) {
            assert_true(submit(world, registration(world, dure_trace_citizen(next % 40)), next));
            next++;
        }
        assert_false(dure_node_is_idle(world->node));
        dure_io_sim_advance(world->sim, UINT64_C(10000000000));
        result = dure_node_step(world->node, 1000000);
    }
    assert_int_equal(result, DURE_NODE_FAILED);
    assert_non_null(strstr(dure_node_message(world->node), "scrub: log-00000001.dure"));
    /* Within the pass under way, an hour's rest, and the beginning of the next one; here a step of
       a batch is 10 s apart from the next one. */
    const uint64_t seconds = (dure_io_monotonic_ns(world->io) - from_ns) / UINT64_C(1000000000);
    assert_true(seconds < 3600u + 60u * 10u);
    close_node(world);
    free_world(world);
}

static void a_full_disk_stops_deciding_and_nothing_else(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    world->config.segment_size = 4096;
    assert_int_equal(open_node(world), DURE_NODE_OK);
    dure_consensus_t *consensus = dure_node_consensus(world->node);
    dure_io_sim_space(world->sim, 1);
    uint32_t sent = 0;
    while (dure_consensus_state(consensus) != DURE_CONSENSUS_NO_SPACE) {
        assert_true(sent < 100);
        assert_true(submit(world, registration(world, dure_trace_citizen(sent % 40)), sent));
        sent++;
        for (uint32_t i = 0; i < 20; i++) {
            assert_int_equal(dure_node_step(world->node, 1000000), DURE_NODE_OK);
        }
    }
    assert_true(world->count < sent);
    dure_io_sim_space(world->sim, UINT64_MAX);
    run_until_idle(world);
    assert_int_equal(world->count, sent);
    assert_int_equal(dure_consensus_state(consensus), DURE_CONSENSUS_DECIDING);
    close_node(world);
    free_world(world);
}

static void a_failed_sync_stops_it_without_an_answer(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    dure_io_sim_fail(world->sim, DURE_IO_OP_SYNC, 1, DURE_IO_DEVICE, false);
    assert_true(submit(world, registration(world, dure_trace_citizen(0)), 0));
    dure_node_result_t result = DURE_NODE_OK;
    for (uint32_t i = 0; i < 100 && result == DURE_NODE_OK; i++) {
        result = dure_node_step(world->node, 1000000);
    }
    assert_int_equal(result, DURE_NODE_FAILED);
    assert_int_equal(world->count, 0);
    assert_true(dure_node_message(world->node)[0] != 0);
    assert_int_equal(dure_node_step(world->node, 0), DURE_NODE_FAILED);
    assert_false(submit(world, registration(world, dure_trace_citizen(1)), 1));
    close_node(world);
    free_world(world);
}

static void a_stopped_node_starts_from_its_checkpoint(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_DRIVEN);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    for (uint32_t i = 0; i < 20; i++) {
        assert_true(submit(world, registration(world, dure_trace_citizen(i)), i));
    }
    assert_int_equal(dure_node_stop(world->node), DURE_NODE_OK);
    assert_int_equal(world->count, 20);
    uint64_t height = world->answers[19].height;
    close_node(world);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    assert_true(world->report.store.was_clean);
    assert_int_equal(world->report.checkpoint_height, height);
    assert_int_equal(world->report.replayed, 0);
    close_node(world);
    free_world(world);
}

/* ---- the clock ------------------------------------------------------------------------------- */

static void a_clock_that_jumps_waits_for_the_operator(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_REAL);
    dure_time_t start = dure_trace_time(world->trace);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    dure_consensus_t *consensus = dure_node_consensus(world->node);
    /* Less than an hour is taken as it is. */
    dure_io_sim_set_wall(world->sim, start + HOUR_MS - 60000u);
    assert_true(submit(world, registration(world, dure_trace_citizen(0)), 0));
    run_until_idle(world);
    assert_int_equal(world->answers[0].code, DURE_RESULT_DONE);
    assert_true(dure_chain_head(dure_consensus_chain(consensus))->time >= start + HOUR_MS - 60000u);
    dure_io_sim_set_wall(world->sim, start + 2 * HOUR_MS);
    assert_true(submit(world, registration(world, dure_trace_citizen(1)), 1));
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(dure_node_step(world->node, 1000000), DURE_NODE_OK);
    }
    assert_int_equal(dure_consensus_state(consensus), DURE_CONSENSUS_CLOCK);
    assert_non_null(strstr(world->log, "event=clock_stopped"));
    assert_int_equal(world->count, 1);
    assert_int_equal(dure_node_stop(world->node), DURE_NODE_OK);
    close_node(world);
    /* A supervisor that starts it again does not decide in the operator's place. */
    assert_int_equal(open_node(world), DURE_NODE_CLOCK_STOPPED);
    assert_non_null(strstr(dure_node_message(world->node), "--accept-clock"));
    close_node(world);
    world->config.accept_clock = true;
    assert_int_equal(open_node(world), DURE_NODE_OK);
    assert_true(submit(world, registration(world, dure_trace_citizen(1)), 2));
    run_until_idle(world);
    assert_int_equal(world->answers[2].code, DURE_RESULT_DONE);
    close_node(world);
    world->config.accept_clock = false;
    assert_int_equal(open_node(world), DURE_NODE_OK);
    close_node(world);
    free_world(world);
}

/* The clock may jump at any moment, also between looking at it and making the block. */
static void a_clock_that_jumps_within_a_round_is_seen(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_REAL);
    dure_time_t start = dure_trace_time(world->trace);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    dure_consensus_t *consensus = dure_node_consensus(world->node);
    const dure_chain_t *chain = dure_consensus_chain(consensus);
    world->jump_ms = start + 48 * HOUR_MS;
    assert_true(submit(world, registration(world, dure_trace_citizen(0)), 0));
    /* The first is being written; the second waits for the store, and so for the first's answer. */
    assert_true(dure_consensus_round(consensus));
    assert_true(submit(world, registration(world, dure_trace_citizen(1)), 1));
    for (uint32_t i = 0; i < 50; i++) {
        assert_int_equal(dure_node_step(world->node, 1000000), DURE_NODE_OK);
    }
    assert_int_equal(world->jump_ms, 0);
    assert_true(dure_chain_head(chain)->time < start + HOUR_MS);
    assert_int_equal(dure_consensus_state(consensus), DURE_CONSENSUS_CLOCK);
    assert_int_equal(world->count, 1);
    close_node(world);
    free_world(world);
}

static void time_on_the_chain_never_goes_back(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_REAL);
    dure_time_t start = dure_trace_time(world->trace);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    const dure_chain_t *chain = dure_consensus_chain(dure_node_consensus(world->node));
    dure_io_sim_set_wall(world->sim, start + 1000000u);
    assert_true(submit(world, registration(world, dure_trace_citizen(0)), 0));
    run_until_idle(world);
    dure_time_t time = dure_chain_head(chain)->time;
    dure_io_sim_set_wall(world->sim, start - 5 * HOUR_MS);
    assert_true(submit(world, registration(world, dure_trace_citizen(1)), 1));
    run_until_idle(world);
    assert_int_equal(world->answers[1].code, DURE_RESULT_DONE);
    assert_true(dure_chain_head(chain)->time >= time);
    close_node(world);
    free_world(world);
}

static void under_a_real_clock_what_came_too_late_is_expired(void **state)
{
    (void)state;
    world_t *world = new_world(DURE_TRACE_CLOCK_REAL);
    dure_time_t start = dure_trace_time(world->trace);
    assert_int_equal(open_node(world), DURE_NODE_OK);
    dure_secret_key_t secret;
    dure_trace_secret(world->trace, DURE_TRACE_REGISTRAR, &secret);
    dure_tx_t tx = {.version = 1};
    tx.id = (dure_tx_id_t){.party = DURE_TRACE_REGISTRAR, .number = 1};
    tx.valid_until = start + 1000u;
    tx.body = dure_trace_registration(world->trace, dure_trace_citizen(0));
    dure_io_sim_set_wall(world->sim, start + 2000u);
    assert_true(submit(world, dure_trace_sign(world->trace, &tx, 0, &secret), 0));
    run_until_idle(world);
    assert_int_equal(world->answers[0].code, DURE_RESULT_EXPIRED);
    assert_false(world->answers[0].recorded);
    assert_int_equal(dure_consensus_height(dure_node_consensus(world->node)), 0);
    close_node(world);
    free_world(world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_genesis_it_says_how_to_make_one),
        cmocka_unit_test(a_genesis_that_is_none_is_refused),
        cmocka_unit_test(a_configuration_is_read_whole_or_refused_by_line),
        cmocka_unit_test(an_answer_waits_for_the_disk),
        cmocka_unit_test(a_refusal_waits_for_what_it_rests_on),
        cmocka_unit_test(the_same_id_twice_at_once_is_decided_once),
        cmocka_unit_test(what_is_no_transaction_is_told_which_field),
        cmocka_unit_test(a_full_queue_takes_nothing_until_there_is_room),
        cmocka_unit_test(rot_behind_the_checkpoint_is_found_under_constant_load),
        cmocka_unit_test(a_full_disk_stops_deciding_and_nothing_else),
        cmocka_unit_test(a_failed_sync_stops_it_without_an_answer),
        cmocka_unit_test(a_stopped_node_starts_from_its_checkpoint),
        cmocka_unit_test(a_clock_that_jumps_waits_for_the_operator),
        cmocka_unit_test(a_clock_that_jumps_within_a_round_is_seen),
        cmocka_unit_test(time_on_the_chain_never_goes_back),
        cmocka_unit_test(under_a_real_clock_what_came_too_late_is_expired),
    };
    return dure_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}

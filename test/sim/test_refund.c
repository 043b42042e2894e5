/* Refunds through a node: whatever stands between a payment and its refund, the node proves it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/sim.h"
#include "trace/trace.h"

#define ANSWERS_MAX 2048u
#define PROGRAM     "examples/gimpo/general.yak"

typedef struct {
    dure_io_sim_t *sim;
    dure_io_t *io;
    dure_trace_t *trace;
    history_t *history;
    dure_history_t hook; /* its functions, behind those that count */
    uint32_t proved;     /* by the history */
    uint32_t unknown;    /* to the history */
    dure_node_t *node;
    dure_node_config_t config;
    dure_node_report_t report;
    struct {
        bool is_there, recorded, repeated, is_refund;
        uint16_t code;
        uint64_t height;
    } answers[ANSWERS_MAX];
    uint32_t count, sent;
} world_t;

/* A payment, and who received it. */
typedef struct {
    dure_tx_id_t id;
    uint64_t payee;
} paid_t;

static bool counting_prove(void *user, dure_witness_t *witness, const dure_tx_id_t *id)
{
    world_t *world = user;
    const bool found = world->hook.prove(world->hook.user, witness, id);
    world->proved += found;
    world->unknown += !found;
    return found;
}

static uint64_t pass_last(void *user, dure_hash_t *hash)
{
    const world_t *world = user;
    return world->hook.last(world->hook.user, hash);
}

static bool pass_reset(void *user)
{
    const world_t *world = user;
    return world->hook.reset(world->hook.user);
}

static bool pass_block(void *user, const dure_decided_t *block)
{
    const world_t *world = user;
    return world->hook.block(world->hook.user, block);
}

static bool pass_find(void *user, dure_answer_t *answer, dure_hash_t *tx, const dure_tx_id_t *id)
{
    const world_t *world = user;
    return world->hook.find(world->hook.user, answer, tx, id);
}

static bool pass_node(void *user, dure_hash_t *hash, uint32_t level, uint64_t place)
{
    const world_t *world = user;
    return world->hook.range_node(world->hook.user, hash, level, place);
}

static const char *pass_problem(void *user)
{
    const world_t *world = user;
    return world->hook.problem(world->hook.user);
}

static void on_answer(void *user, uint64_t token, const dure_answer_t *answer)
{
    world_t *world = user;
    assert_true(token < ANSWERS_MAX && !world->answers[token].is_there);
    world->answers[token].is_there = true;
    world->answers[token].recorded = answer->recorded;
    world->answers[token].repeated = answer->repeated;
    world->answers[token].code = answer->code;
    world->answers[token].height = answer->height;
    world->count++;
}

static void open_node(world_t *world)
{
    world->io = dure_io_sim_process(world->sim);
    assert_int_equal(dure_node_open(&world->node, &world->report, world->io, &world->config),
                     DURE_NODE_OK);
    dure_listener_t listener = {.user = world, .answer = on_answer};
    dure_consensus_listen(dure_node_consensus(world->node), &listener);
}

static void close_node(world_t *world)
{
    dure_node_close(world->node);
    dure_io_close(world->io);
    world->node = NULL;
}

static world_t *new_world(void)
{
    world_t *world = calloc(1, sizeof *world);
    assert_non_null(world);
    world->sim = dure_io_sim_new(9);
    dure_trace_config_t config = {.seed = 9};
    world->trace = dure_trace_new_from(&config, PROGRAM);
    assert_non_null(world->trace);
    dure_bytes_t genesis = dure_trace_genesis(world->trace);
    dure_io_sim_put(world->sim, DURE_NODE_GENESIS, genesis.data, genesis.size);
    dure_io_sim_set_wall(world->sim, dure_trace_time(world->trace));
    world->history = history_new();
    world->hook = history_hook(world->history);
    world->config = dure_node_config_default();
    world->config.limits = dure_ledger_limits_for(64);
    world->config.threads = 0;
    world->config.scrub_bytes = 0;
    world->config.history = (dure_history_t){.user = world,
                                             .last = pass_last,
                                             .reset = pass_reset,
                                             .block = pass_block,
                                             .find = pass_find,
                                             .prove = counting_prove,
                                             .range_node = pass_node,
                                             .problem = pass_problem};
    open_node(world);
    return world;
}

static void free_world(world_t *world)
{
    close_node(world);
    history_free(world->history);
    dure_trace_free(world->trace);
    dure_io_sim_free(world->sim);
    free(world);
}

static uint32_t submit(world_t *world, dure_bytes_t wire)
{
    assert_true(world->sent < ANSWERS_MAX);
    assert_true(dure_consensus_submit(dure_node_consensus(world->node), wire, world->sent));
    return world->sent++;
}

static void run_until_idle(world_t *world)
{
    while (!dure_node_is_idle(world->node)) {
        assert_int_equal(dure_node_step(world->node, 1000000), DURE_NODE_OK);
    }
    assert_int_equal(world->count, world->sent);
}

static uint32_t submit_refund(world_t *world, const paid_t *paid)
{
    const dure_body_t body = {.kind = DURE_BODY_REFUND,
                              .refund = {.payment = paid->id, .amount = dure_amount(1)}};
    const uint32_t token = submit(world, dure_trace_make(world->trace, paid->payee, &body));
    world->answers[token].is_refund = true;
    return token;
}

/* Submits the stream up to the next payment that is to be done, and that. */
static paid_t submit_to_payment(world_t *world)
{
    dure_envelope_t envelope;
    do {
        const dure_bytes_t wire = dure_trace_next(world->trace);
        if (dure_envelope_decode(&envelope, wire, NULL) != DURE_RESULT_DONE) {
            envelope.tx.body.kind = 0;
        }
        submit(world, wire);
    } while (envelope.tx.body.kind != DURE_BODY_PAYMENT);
    return (paid_t){envelope.tx.id, envelope.tx.body.payment.payee};
}

static void expect_decided(const world_t *world, uint32_t token)
{
    assert_true(world->answers[token].is_there);
    assert_true(world->answers[token].recorded);
    assert_true(dure_result_is_final(world->answers[token].code));
    assert_true(world->answers[token].height > 0);
}

static void expect_unproved(const world_t *world, uint32_t token)
{
    assert_true(world->answers[token].is_there);
    assert_false(world->answers[token].recorded);
    assert_int_equal(world->answers[token].code, DURE_RESULT_WITNESS_WRONG);
}

/* ---- the tests ------------------------------------------------------------------------------- */

static void a_refund_may_follow_at_any_distance(void **state)
{
    (void)state;
    world_t *world = new_world();
    dure_io_sim_latency(world->sim, 1000000, 20000000);
    paid_t old[300];
    uint32_t refunds = 0;
    for (uint32_t i = 0; i < 300; i++) {
        old[i] = submit_to_payment(world);
        if (i % 3 == 0) {
            submit_refund(world, &old[i]); /* right behind it */
            refunds++;
        }
        if (i % 5 == 0 && i > 20) {
            submit_refund(world, &old[i - 1 - i % 19]); /* still waiting, in flight, or durable */
            refunds++;
        }
        if (i % 4 == 0) {
            assert_int_equal(dure_node_step(world->node, (i % 7) * 3000000), DURE_NODE_OK);
        }
    }
    run_until_idle(world);
    uint32_t decided = 0;
    for (uint32_t i = 0; i < world->sent; i++) {
        if (world->answers[i].is_refund) {
            expect_decided(world, i);
            decided++;
        }
    }
    assert_int_equal(decided, refunds);
    /* Some were proved by the history, some by what it did not have yet. */
    assert_true(world->proved > 20);
    assert_true(world->unknown > 20);
    /* What was answered is provable after a restart, which executes the log again. */
    close_node(world);
    open_node(world);
    const uint32_t late = submit_refund(world, &old[7]);
    run_until_idle(world);
    expect_decided(world, late);
    free_world(world);
}

static void what_nothing_proves_is_turned_away(void **state)
{
    (void)state;
    world_t *world = new_world();
    paid_t paid = {{0}, 0};
    for (uint32_t i = 0; i < 5; i++) {
        paid = submit_to_payment(world);
    }
    run_until_idle(world);
    paid_t none = paid;
    none.id.number += 1000;
    const uint32_t before = submit_refund(world, &none);
    const uint32_t right = submit_refund(world, &paid);
    const uint32_t behind = submit_refund(world, &none);
    run_until_idle(world);
    expect_unproved(world, before);
    expect_decided(world, right);
    expect_unproved(world, behind);
    free_world(world);
}

static void what_a_client_attaches_is_replaced(void **state)
{
    (void)state;
    world_t *world = new_world();
    paid_t paid = {{0}, 0};
    for (uint32_t i = 0; i < 5; i++) {
        paid = submit_to_payment(world);
    }
    run_until_idle(world);
    static uint8_t rubbish[DURE_WITNESS_SIZE_MAX], wire[DURE_TX_SIZE_MAX];
    memset(rubbish, 0x5A, sizeof rubbish);
    dure_envelope_t envelope;
    const dure_body_t body = {.kind = DURE_BODY_REFUND,
                              .refund = {.payment = paid.id, .amount = dure_amount(1)}};
    const dure_bytes_t plain = dure_trace_make(world->trace, paid.payee, &body);
    assert_int_equal(dure_envelope_decode(&envelope, plain, NULL), DURE_RESULT_DONE);
    dure_writer_t writer = dure_writer(wire, sizeof wire);
    assert_true(dure_tx_attach(&writer, &envelope, dure_bytes(rubbish, sizeof rubbish)));
    const uint32_t first = submit(world, dure_writer_bytes(&writer));
    const uint32_t same = submit(world, plain); /* the same transaction, whatever its witness */
    run_until_idle(world);
    expect_decided(world, first);
    assert_true(world->answers[same].repeated);
    assert_int_equal(world->answers[same].height, world->answers[first].height);
    dure_bytes_t bytes, stored;
    dure_block_t block;
    const char *problem = NULL;
    size_t offset = 0;
    assert_true(dure_consensus_block(dure_node_consensus(world->node), &bytes,
                                     world->answers[first].height));
    assert_true(dure_block_decode(&block, bytes, &problem));
    assert_true(dure_block_next(&block, &offset, &stored));
    assert_true(stored.size > plain.size + 200 && stored.size < writer.size);
    free_world(world);
}

static void without_a_history_none_is_decided(void **state)
{
    (void)state;
    world_t *world = new_world();
    close_node(world);
    world->config.history = (dure_history_t){0};
    open_node(world);
    paid_t paid = {{0}, 0};
    for (uint32_t i = 0; i < 5; i++) {
        paid = submit_to_payment(world);
    }
    const uint32_t token = submit_refund(world, &paid);
    run_until_idle(world);
    expect_unproved(world, token);
    free_world(world);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refund_may_follow_at_any_distance),
        cmocka_unit_test(what_nothing_proves_is_turned_away),
        cmocka_unit_test(what_a_client_attaches_is_replaced),
        cmocka_unit_test(without_a_history_none_is_decided),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "consensus/dure_consensus.h"
#include "trace/trace.h"

#define CHECKS 600u

typedef struct {
    dure_io_sim_t *sim;
    dure_io_t *io;
    dure_trace_t *trace;
    dure_check_t *checks;
    uint8_t *wires[CHECKS];
    uint8_t expected[CHECKS];
} world_t;

/* Every fifth signature is wrong. */
static void make(world_t *world)
{
    world->sim = dure_io_sim_new(1);
    world->io = dure_io_sim_process(world->sim);
    dure_trace_config_t config = {.seed = 5};
    world->trace = dure_trace_new(&config);
    world->checks = calloc(CHECKS, sizeof *world->checks);
    assert_non_null(world->trace);
    assert_non_null(world->checks);
    for (uint32_t i = 0; i < CHECKS; i++) {
        uint64_t payer = dure_trace_citizen(i % 8);
        dure_body_t body = dure_trace_payment(dure_trace_merchant(0), 1 + i);
        dure_bytes_t wire = dure_trace_make(world->trace, payer, &body);
        world->wires[i] = malloc(wire.size);
        assert_non_null(world->wires[i]);
        memcpy(world->wires[i], wire.data, wire.size);
        if (i % 5 == 0) {
            world->wires[i][wire.size - 1] ^= 1;
        }
        dure_envelope_t envelope;
        assert_int_equal(
            dure_envelope_decode(&envelope, dure_bytes(world->wires[i], wire.size), NULL),
            DURE_RESULT_DONE);
        world->checks[i].body = envelope.body;
        world->checks[i].seal = envelope.seal;
        world->checks[i].key = dure_trace_key(world->trace, payer);
    }
}

static void unmake(world_t *world)
{
    for (uint32_t i = 0; i < CHECKS; i++) {
        free(world->wires[i]);
    }
    free(world->checks);
    dure_trace_free(world->trace);
    dure_io_sim_free(world->sim);
}

static void assert_verdict(const world_t *world, uint32_t i)
{
    const dure_check_t *check = &world->checks[i];
    dure_hash_t tx;
    dure_tx_hash(&tx, dure_trace_chain_id(world->trace), check->body);
    assert_true(dure_check_is_done(check));
    assert_memory_equal(&check->verdict.tx, &tx, sizeof tx);
    assert_memory_equal(&check->verdict.key, &check->key, sizeof check->key);
    assert_int_equal(check->verdict.result == DURE_CRYPTO_OK, i % 5 != 0);
}

static dure_crypto_result_t one_by_one(const dure_public_key_t *key,
                                       const dure_signature_t *signature, const void *message,
                                       size_t message_size)
{
    return dure_signature_verify(key, signature, message, message_size);
}

static void run(uint32_t threads, bool helps, dure_verify_t *verify)
{
    static world_t world;
    make(&world);
    dure_pool_t *pool =
        dure_pool_new(threads, CHECKS, world.io, dure_trace_chain_id(world.trace), verify);
    assert_non_null(pool);
    for (uint32_t i = 0; i < CHECKS; i++) {
        assert_int_equal(world.checks[i].state, DURE_CHECK_NONE);
        dure_pool_add(pool, &world.checks[i]);
    }
    dure_pool_flush(pool);
    for (uint32_t i = 0; helps && i < CHECKS; i++) {
        dure_pool_finish(pool, &world.checks[CHECKS - 1 - i]);
        assert_true(dure_check_is_done(&world.checks[CHECKS - 1 - i]));
    }
    /* What was handed over is finished before the threads end. */
    dure_pool_free(pool);
    for (uint32_t i = 0; i < CHECKS; i++) {
        assert_verdict(&world, i);
    }
    unmake(&world);
}

static void without_threads_the_caller_checks(void **state)
{
    (void)state;
    run(0, true, NULL);
}

static void threads_check_all_that_was_added(void **state)
{
    (void)state;
    run(1, false, NULL);
    run(3, false, NULL);
}

static void the_caller_helps_with_what_it_waits_for(void **state)
{
    (void)state;
    run(1, true, NULL);
    run(4, true, NULL);
    run(2, true, one_by_one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_threads_the_caller_checks),
        cmocka_unit_test(threads_check_all_that_was_added),
        cmocka_unit_test(the_caller_helps_with_what_it_waits_for),
    };
    return dure_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "trace/trace.h"

static const uint8_t image[300], source[500];

static dure_trace_t *new_trace(uint64_t seed, uint8_t clock)
{
    dure_trace_config_t config = {.seed = seed, .clock = clock, .mischief = 10};
    config.image = dure_bytes(image, sizeof image);
    config.source = dure_bytes(source, sizeof source);
    dure_trace_t *trace = dure_trace_new(&config);
    assert_non_null(trace);
    return trace;
}

static void every_transaction_is_well_formed_unless_said(void **state)
{
    (void)state;
    dure_trace_t *trace = new_trace(1, DURE_TRACE_CLOCK_DRIVEN);
    uint32_t kinds[64] = {0};
    for (uint32_t i = 0; i < 2000; i++) {
        dure_bytes_t wire = dure_trace_next(trace);
        dure_envelope_t envelope;
        dure_result_t result = dure_envelope_decode(&envelope, wire, NULL);
        bool is_malformed = dure_trace_expect(trace) == DURE_TRACE_MALFORMED;
        assert_int_equal(result, is_malformed ? DURE_RESULT_MALFORMED : DURE_RESULT_DONE);
        if (dure_trace_expect(trace) == DURE_TRACE_GOOD) {
            kinds[envelope.tx.body.kind]++;
            static uint8_t message[33 + DURE_TX_SIZE_MAX];
            size_t size = dure_tx_message(message, dure_trace_chain_id(trace), envelope.body);
            dure_public_key_t key = dure_trace_key(trace, envelope.tx.id.party);
            if (envelope.tx.body.kind != DURE_BODY_ROTATE) {
                assert_int_equal(
                    dure_signature_verify(&key, &envelope.seal.signature, message, size),
                    DURE_CRYPTO_OK);
            }
        }
    }
    /* These are the mixed stream's. */
    static const uint8_t not_here[] = {
        DURE_BODY_BATCH_ROWS, DURE_BODY_REMAINDER,     DURE_BODY_REFUND, DURE_BODY_COLLECTION,
        DURE_BODY_GIFT,       DURE_BODY_RECIRCULATION, DURE_BODY_LAPSE,  DURE_BODY_TIDY,
        DURE_BODY_HOLD,       DURE_BODY_RELEASE,       DURE_BODY_APPEAL, DURE_BODY_UPHOLD};
    for (uint8_t kind = 0; kind < 64; kind++) {
        assert_true(dure_body_kind_name(kind) == NULL || kinds[kind] > 0 ||
                    memchr(not_here, kind, sizeof not_here) != NULL);
    }
    dure_trace_free(trace);
}

static void the_seed_decides_every_byte(void **state)
{
    (void)state;
    for (uint8_t clock = DURE_TRACE_CLOCK_REAL; clock <= DURE_TRACE_CLOCK_DRIVEN; clock++) {
        dure_trace_t *a = new_trace(7, clock);
        dure_trace_t *b = new_trace(7, clock);
        dure_trace_t *c = new_trace(8, clock);
        assert_true(dure_bytes_equal(dure_trace_genesis(a), dure_trace_genesis(b)));
        assert_false(dure_bytes_equal(dure_trace_genesis(a), dure_trace_genesis(c)));
        for (uint32_t i = 0; i < 300; i++) {
            assert_true(dure_bytes_equal(dure_trace_next(a), dure_trace_next(b)));
        }
        dure_trace_free(a);
        dure_trace_free(b);
        dure_trace_free(c);
    }
}

static void the_genesis_is_canonical(void **state)
{
    (void)state;
    dure_trace_t *trace = new_trace(3, DURE_TRACE_CLOCK_REAL);
    dure_reader_t reader = dure_reader(dure_trace_genesis(trace));
    dure_genesis_t genesis;
    dure_genesis_decode(&reader, &genesis);
    assert_true(dure_reader_end(&reader));
    assert_int_equal(genesis.services_count, 6);
    dure_trace_free(trace);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_transaction_is_well_formed_unless_said),
        cmocka_unit_test(the_seed_decides_every_byte),
        cmocka_unit_test(the_genesis_is_canonical),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

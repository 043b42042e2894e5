#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "chain/test_support.h"
#include "trace/trace.h"

play_t play_make(uint64_t seed, uint8_t clock, uint32_t mischief, uint32_t count)
{
    const dure_trace_config_t config = {.seed = seed, .clock = clock, .mischief = mischief};
    play_t play = {.count = count};
    play.trace = dure_trace_new_from(&config, "examples/gimpo/general.yak");
    assert_non_null(play.trace);
    const dure_bytes_t genesis = dure_trace_genesis(play.trace);
    play.genesis_size = genesis.size;
    play.genesis = malloc(genesis.size);
    play.wires = calloc(count + 1, sizeof *play.wires);
    play.expects = calloc(count + 1, sizeof *play.expects);
    assert_true(play.genesis != NULL && play.wires != NULL && play.expects != NULL);
    memcpy(play.genesis, genesis.data, genesis.size);
    for (uint32_t i = 0; i < count; i++) {
        const dure_bytes_t wire = dure_trace_next(play.trace);
        uint8_t *copy = malloc(wire.size + 1);
        assert_non_null(copy);
        memcpy(copy, wire.data, wire.size);
        play.wires[i] = dure_bytes(copy, wire.size);
        play.expects[i] = (uint8_t)dure_trace_expect(play.trace);
    }
    return play;
}

void play_free(play_t *play)
{
    for (uint32_t i = 0; i < play->count; i++) {
        free((void *)(uintptr_t)play->wires[i].data);
    }
    free(play->wires);
    free(play->expects);
    free(play->genesis);
    dure_trace_free(play->trace);
}

dure_chain_t *chain_new(const play_t *play)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(200);
    return chain_new_of(play, &limits);
}

dure_chain_t *chain_new_of(const play_t *play, const dure_ledger_limits_t *limits)
{
    const size_t size = (dure_chain_size(limits) + 63) / 64 * 64;
    void *memory = aligned_alloc(64, size);
    assert_non_null(memory);
    const char *problem = NULL;
    dure_chain_t *chain = dure_chain_init(memory, size, limits,
                                          dure_bytes(play->genesis, play->genesis_size), &problem);
    assert_null(problem);
    assert_true((void *)chain == memory);
    return chain;
}

void chain_free(dure_chain_t *chain)
{
    free(chain);
}

dure_chain_update_t finalize(dure_chain_t *chain, const play_t *play, uint32_t first,
                             uint32_t count)
{
    dure_chain_tx_t *txs = calloc(count + 1, sizeof *txs);
    assert_non_null(txs);
    for (uint32_t i = 0; i < count; i++) {
        txs[i].wire = play->wires[first + i];
    }
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .time = dure_trace_time(play->trace),
                                      .txs = txs,
                                      .tx_count = count};
    dure_chain_update_t update;
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_int_equal(update.result_count, count);
    free(txs);
    return update;
}

void commit(dure_chain_t *chain)
{
    dure_chain_update_t update;
    const dure_chain_event_t event = {.kind = DURE_CHAIN_COMMIT};
    assert_int_equal(dure_chain_step(chain, &update, &event), DURE_CHAIN_OK);
    assert_memory_equal(&update.block_hash, &dure_chain_head(chain)->block_hash, 32);
}

void play_blocks(dure_chain_t *chain, const play_t *play, uint32_t first, uint32_t end,
                 uint32_t size)
{
    for (; first < end; first += size) {
        (void)finalize(chain, play, first, size < end - first ? size : end - first);
        commit(chain);
    }
}

uint8_t *checkpoint_save(const dure_chain_t *chain, size_t *size)
{
    const size_t capacity = 64u << 20;
    uint8_t *bytes = malloc(capacity);
    assert_non_null(bytes);
    uint64_t cursor = 0;
    *size = 0;
    for (size_t part = 1; part > 0; *size += part) {
        part = dure_chain_save(chain, &cursor, bytes + *size, DURE_RECORD_SIZE_MAX + 64);
        assert_true(*size + part + DURE_RECORD_SIZE_MAX + 64 <= capacity);
    }
    return bytes;
}

const char *checkpoint_load(dure_chain_t *chain, const uint8_t *bytes, size_t size, size_t part)
{
    const char *problem = NULL;
    dure_chain_load_begin(chain);
    for (size_t at = 0; at < size; at += part) {
        const size_t length = part < size - at ? part : size - at;
        if (!dure_chain_load_part(chain, dure_bytes(bytes + at, length), &problem)) {
            assert_non_null(problem);
            return problem;
        }
    }
    if (!dure_chain_load_finish(chain, &problem)) {
        assert_non_null(problem);
        return problem;
    }
    return NULL;
}

/* What the tests of chain share: a chain with its memory, and a stretch of a trace that can be
   played again and again. */
#ifndef DURE_CHAIN_TEST_SUPPORT_H
#define DURE_CHAIN_TEST_SUPPORT_H

#include "chain/dure_chain.h"

/* From test/trace/trace.h, which only tests see. */
typedef struct dure_trace dure_trace_t;

/* Transactions made once; the bytes are the play's own. */
typedef struct {
    dure_trace_t *trace;
    uint32_t count;
    dure_bytes_t *wires;
    uint8_t *expects; /* dure_trace_expect_t */
    uint8_t *genesis;
    size_t genesis_size;
} play_t;

play_t play_make(uint64_t seed, uint8_t clock, uint32_t mischief, uint32_t count);
void play_free(play_t *play);

/* A chain of its own memory over a play's genesis. */
dure_chain_t *chain_new(const play_t *play);
dure_chain_t *chain_new_of(const play_t *play, const dure_ledger_limits_t *limits);
void chain_free(dure_chain_t *chain);

/* One event over `count` transactions from `first` on. */
dure_chain_update_t finalize(dure_chain_t *chain, const play_t *play, uint32_t first,
                             uint32_t count);
void commit(dure_chain_t *chain);
/* Transactions [first, end) in blocks of `size`, committed. */
void play_blocks(dure_chain_t *chain, const play_t *play, uint32_t first, uint32_t end,
                 uint32_t size);

/* A whole checkpoint; the caller frees. */
uint8_t *checkpoint_save(const dure_chain_t *chain, size_t *size);
/* Loads in parts of `part` bytes; NULL or what was wrong. */
const char *checkpoint_load(dure_chain_t *chain, const uint8_t *bytes, size_t size, size_t part);

#endif

/* What the files of solo share. */
#ifndef DURE_CONSENSUS_SOLO_PRIVATE_H
#define DURE_CONSENSUS_SOLO_PRIVATE_H

#include "consensus/dure_consensus.h"

#define SOLO_PROBLEM_SIZE 512u
/* Blocks executed and not yet answered: one batch under way and one being collected. */
#define SOLO_BUILT_MAX (2u * DURE_STORE_BATCH_BLOCKS_MAX)
/* While a batch is being written the next block is executed early, beside it, only if it is worth
   a block of its own; otherwise what comes meanwhile is collected for one. */
#define SOLO_EARLY_TXS 512u
/* While many wait, a block takes at least such a part of them, up to so many. */
#define SOLO_WAITING_PART 8u
#define SOLO_ENOUGH_MAX   2048u
/* Bytes of blocks executed beyond the batch under way. */
#define SOLO_STAGED_BYTES_MAX (DURE_STORE_BATCH_SIZE_MAX - DURE_BLOCK_SIZE_MAX - 4u)
/* What fits a block, and the one behind it. */
#define SOLO_WIRES_SIZE     (DURE_BLOCK_SIZE_MAX + DURE_TX_SIZE_MAX)
#define SOLO_CLOCK_JUMP_MS  (UINT64_C(60) * 60u * 1000u)
#define CLOCK_DRIVEN        2u /* genesis.clock */
#define SOLO_SPACE_RETRY_NS UINT64_C(1000000000)

/* A transaction that waits to be decided. */
typedef struct {
    uint64_t token;
    dure_bytes_t wire; /* in the byte ring; its block of the ring begins at `ring_start` */
    uint64_t ring_end; /* where the ring is free again once this one is gone */
    dure_tx_id_t id;
    dure_tx_id_t payment;      /* of a refund */
    bool is_proved;            /* a refund that has its witness in the block being built */
    uint8_t kind;              /* dure_body_kind_t; 0: could not be decoded */
    uint16_t code;             /* of the decoding */
    const char *field, *wrong; /* which field was malformed; static text or NULL */
    dure_check_t check;
} entry_t;

/* An answer to something that is not in a block; it waits for `height`. */
typedef struct {
    uint64_t token;
    uint64_t height; /* answered when this is durable */
    uint16_t code;
    uint8_t kind;
    dure_tx_id_t id;
    dure_hash_t tx;
    dure_time_t time; /* of the ledger when it was looked at */
    const char *field, *wrong;
    uint32_t repeats; /* index in the block of the transaction it repeats, else UINT32_MAX */
} aside_t;

/* An executed block with what it answers.  Buffers grow and are used again. */
typedef struct {
    dure_decided_t decided;
    uint8_t *bytes;
    size_t bytes_capacity;
    uint8_t *effects;
    size_t effects_capacity;
    dure_tx_id_t *ids;
    dure_chain_result_t *results;
    dure_hash_t *runs;
    uint64_t *tokens;
    uint32_t capacity; /* of the lists above */
} built_t;

/* An id of the block being built. */
typedef struct {
    uint64_t party, number;
    uint32_t generation; /* of the block; older: free */
    uint32_t index;      /* in the block */
    uint16_t lane;
} taken_t;

#define SOLO_TAKEN_SIZE (2u * DURE_BLOCK_TXS_MAX)

struct dure_consensus {
    dure_consensus_config_t config;
    dure_listener_t listener;
    bool is_driven; /* the chain's clock is moved by ticks */
    bool is_shut;
    bool wants_room;
    dure_consensus_state_t state;
    char problem[SOLO_PROBLEM_SIZE];

    /* The queue.  Positions count for ever; places are modulo the capacity. */
    entry_t *entries;
    uint32_t entries_mask;
    uint64_t first, last; /* next to decide, next to fill */
    uint8_t *ring;
    uint64_t ring_size, ring_first, ring_last; /* bytes in use: first..last */
    uint64_t ready_seen; /* entries known to be checked are before this position */

    aside_t *asides;
    uint64_t asides_first, asides_last; /* as for entries, same mask */

    /* Executed blocks, in order; those before `staged` were handed to the store. */
    built_t built[SOLO_BUILT_MAX];
    uint64_t built_first, built_staged, built_last;
    size_t staged_bytes;
    uint64_t told; /* height up to which everything was answered */
    uint64_t block_bytes, block_txs;

    /* The block being built. */
    uint8_t *wires; /* SOLO_WIRES_SIZE: of refunds, with their witnesses */
    size_t wires_size;
    dure_hash_t *leaves; /* DURE_BLOCK_TXS_MAX twice, for a path in a block */
    dure_chain_tx_t *candidates;
    uint32_t *chosen;
    dure_chain_tx_t *txs;
    taken_t *taken;
    uint32_t generation;
    uint32_t reach; /* how far the next block looks: what is cut off would be looked at in vain */

    uint64_t wall_start_ms, mono_start_ns;
    uint64_t space_retry_ns; /* when to try the full device again */
};

/* ---- solo.c */
void solo_fail(dure_consensus_t *self, const char *what, const char *why);
entry_t *solo_entry(const dure_consensus_t *self, uint64_t position);
/* The wall clock.  False: it jumped ahead, and nothing is decided any more. */
bool solo_wall(dure_consensus_t *self, uint64_t *wall_ms);
/* The front of the queue is decided. */
void solo_pop(dure_consensus_t *self);

/* ---- block.c */
/* Executes one block from the front of the queue.  True if anything was decided. */
bool solo_build(dure_consensus_t *self);
/* How many at the front of the queue can be decided now, at most `enough`. */
uint32_t solo_ready(dure_consensus_t *self, uint32_t enough);

/* ---- witness.c */
/* The refund's wire with its witness under the head's range, in self->wires; false: nothing that is
   executed proves its payment. */
DURE_MUST_USE bool solo_witness(dure_consensus_t *self, dure_bytes_t *wire, const entry_t *entry);

/* ---- answer.c */
/* Keeps a copy of what finalizing gave. */
DURE_MUST_USE bool solo_keep(dure_consensus_t *self, const dure_chain_update_t *update,
                             uint64_t first, const uint32_t *positions);
void solo_set_aside(dure_consensus_t *self, const entry_t *entry, uint16_t code, uint64_t height,
                    uint32_t repeats);
/* Tells history and listener what became durable.  True if anything was told. */
bool solo_tell(dure_consensus_t *self);

#endif

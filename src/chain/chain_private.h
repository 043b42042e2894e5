/* What the files of chain share. */
#ifndef DURE_CHAIN_PRIVATE_H
#define DURE_CHAIN_PRIVATE_H

#include "chain/dure_chain.h"

/* The root of a list whose leaves come one by one: the roots of the perfect trees so far. */
typedef struct {
    uint64_t count;
    dure_hash_t peaks[DURE_LIST_DEPTH_MAX];
} list_stack_t;

void list_stack_add(list_stack_t *stack, dure_tag_t node_tag, const dure_hash_t *leaf);
/* Zero for an empty list. */
void list_stack_root(const list_stack_t *stack, dure_tag_t node_tag, dure_hash_t *root);

/* H(TX_LEAF, wire) into the stack. */
void tx_leaf_add(list_stack_t *stack, dure_bytes_t wire);
/* H(EFFECT_ROOT, count || root of the list); zero if count is 0. */
void effects_root_of(dure_hash_t *root, const dure_hash_t *list_root, uint32_t count);
/* H(APP, ledger root || range root). */
void app_hash_of(dure_hash_t *app_hash, const dure_hash_t *ledger_root, const dure_range_t *range);
void block_hash_of(dure_hash_t *hash, dure_bytes_t header_bytes);

/* Where loading a checkpoint stands. */
typedef enum {
    LOAD_NOT = 0,
    LOAD_HEAD,
    LOAD_PEAKS,
    LOAD_TABLE,
    LOAD_PREFIX,
    LOAD_RECORD,
    LOAD_END,
    LOAD_FAILED,
} load_phase_t;

typedef struct {
    load_phase_t phase;
    size_t size, wanted;  /* bytes staged, and those that the phase needs */
    uint32_t parties_max; /* as the head says; the records must say the same */
    uint8_t table;
    dure_blind_t blind;
} load_t;

/* A snapshot of the head, under way. */
typedef struct {
    dure_chain_head_t head;
    uint32_t parties_max;
    enum { SNAPSHOT_HEAD, SNAPSHOT_RECORDS, SNAPSHOT_END } phase; /* what comes next */
} snapshot_t;

/* One slot of the set of ids in a proposal. */
typedef struct {
    dure_tx_id_t id;
    bool is_used;
} id_slot_t;
#define ID_SLOTS (2u * DURE_BLOCK_TXS_MAX)

struct dure_chain {
    dure_ledger_t *ledger;
    dure_chain_head_t head;
    dure_chain_head_t next; /* the finalized block's, while is_pending */
    bool is_pending;        /* a finalized block waits for its commit */
    bool must_reload;
    uint32_t parties_needed; /* by what was refused for want of capacity; else 0 */
    load_t load;
    snapshot_t snapshot;

    dure_effect_t proven; /* by the witness looked at last */

    dure_block_header_t header; /* of the last finalized block */
    size_t block_size;
    uint32_t result_count;

    /* Behind the struct, in the caller's memory. */
    uint8_t *block;               /* DURE_BLOCK_SIZE_MAX */
    uint8_t *effects;             /* EFFECTS_SIZE; staging while a checkpoint is loaded */
    dure_chain_result_t *results; /* DURE_BLOCK_TXS_MAX */
    dure_hash_t *runs;            /* DURE_BLOCK_TXS_MAX / DURE_CHAIN_RUN */
    uint32_t *chosen;             /* DURE_BLOCK_TXS_MAX */
    dure_chain_tx_t *txs;         /* DURE_BLOCK_TXS_MAX, for a replay */
    id_slot_t *ids;               /* ID_SLOTS */
    uint64_t *renewed;            /* ID_SLOTS */
    uint32_t slots_mask;          /* of the two above, in this proposal */
};

/* Room for every transaction's longest effect: so no block can overflow it, and what is not used is
   never touched. */
#define EFFECTS_SIZE ((size_t)DURE_BLOCK_TXS_MAX * DURE_EFFECT_SIZE_MAX)

#define CLOCK_REAL 1u /* of the genesis */

/* witness.c */
/* The height, the blind, the effect and the two paths, in the order of the bytes. */
void witness_write(dure_writer_t *writer, const dure_witness_t *witness);
/* NULL, or what was wrong with the paths; what was wrong before them the reader tells. */
const char *witness_read(dure_reader_t *reader, dure_witness_t *witness);
/* The effect that a refund's witness proves under the head's range, in chain->proven; NULL if the
   witness does not prove that the transaction which the refund names was decided. */
const dure_effect_t *chain_proven(dure_chain_t *chain, const dure_envelope_t *envelope);

/* propose.c */
uint16_t chain_check(const dure_chain_t *chain, const dure_chain_tx_t *tx, dure_time_t time);
void chain_propose(dure_chain_t *chain, dure_chain_update_t *update,
                   const dure_chain_event_t *event, dure_time_t time);

#endif

/* chain: blocks over the ledger.  One door, dure_chain_step, shaped for one process (solo) and for
   ABCI alike: check, propose, process, finalize, commit, query, checkpoint, restore.  Pure.

   finalize(h) starts from the last committed state.  Finalizing without commit, then (after a
   crash, or in the same process) finalizing the same block again, gives identical bytes.  A
   finalized block that is replaced by another before commit is undone first. */
#ifndef DURE_CHAIN_H
#define DURE_CHAIN_H

#include "codec/dure_codec.h"
#include "ledger/dure_ledger.h"
#include "merkle/dure_merkle.h"

typedef struct dure_chain dure_chain_t;

/* Bytes of 64-byte aligned memory.  Most of it is touched only as far as blocks and tables fill. */
size_t dure_chain_size(const dure_ledger_limits_t *limits);
/* dure_chain_init: takes `memory` for the chain's life; as dure_ledger_init; at height 0. */
dure_chain_t *dure_chain_init(void *memory, size_t memory_size, const dure_ledger_limits_t *limits,
                              dure_bytes_t genesis, const char **problem);

/* Where the chain stands after the last commit. */
typedef struct {
    dure_hash_t chain_id;
    uint64_t height;        /* 0 before the first block */
    dure_time_t time;       /* of the last block; genesis time at height 0 */
    dure_hash_t block_hash; /* of the last block; the chain id at height 0 */
    dure_hash_t ledger_root;
    dure_hash_t app_hash; /* H(APP, ledger root || range root) */
    dure_range_t range;   /* over the effects roots of the non-empty blocks */
} dure_chain_head_t;
const dure_chain_head_t *dure_chain_head(const dure_chain_t *chain);
/* For reading; changed by commit only (during finalize it shows the block's state). */
const dure_ledger_t *dure_chain_ledger(const dure_chain_t *chain);
/* For tests that plant bugs. */
dure_ledger_t *dure_chain_ledger_mutable(dure_chain_t *chain);

typedef struct {
    dure_bytes_t wire; /* the transaction's bytes; borrows for the call; not from update->block */
    const dure_verdict_t *verdict; /* may be NULL: the ledger verifies by itself */
} dure_chain_tx_t;

typedef enum {
    DURE_CHAIN_CHECK = 1,    /* one transaction: would it be admitted now? */
    DURE_CHAIN_PROPOSE = 2,  /* which of these fit a block, in which order? */
    DURE_CHAIN_PROCESS = 3,  /* is this proposed block acceptable? */
    DURE_CHAIN_FINALIZE = 4, /* execute a block */
    DURE_CHAIN_COMMIT = 5,   /* make the finalized block the head */
} dure_chain_event_kind_t;

typedef struct {
    uint8_t kind;               /* dure_chain_event_kind_t */
    uint64_t height;            /* PROCESS, FINALIZE: must be the head's + 1 */
    dure_time_t time;           /* All but COMMIT: raised to the head's time if before it, lowered
                                   to DURE_TIME_MAX_MS if after it */
    const dure_chain_tx_t *txs; /* CHECK: one.  Borrows for the call */
    uint32_t tx_count;
    size_t block_bytes_max; /* PROPOSE: bound on the bytes of all transactions */
} dure_chain_event_t;

/* Bytes of the longest effect: the layout with its lists full. */
#define DURE_EFFECT_SIZE_MAX                                                                       \
    (113u + 6u * DURE_EFFECT_NUMBER_SIZE + 72u * 61u + 32u * DURE_EFFECT_PART_SIZE +               \
     64u * DURE_EFFECT_LOT_SIZE + 256u * DURE_EFFECT_ROW_SIZE)

#define DURE_CHAIN_RUN 64u /* leaves; a power of two */

/* What one transaction in a block came to. */
typedef struct {
    uint16_t code;       /* dure_result_t; MALFORMED and TOO_LARGE: undecodable, nothing happened */
    dure_hash_t tx;      /* hash of the body; zero if it could not be decoded */
    dure_bytes_t effect; /* effect bytes; borrows until the next step.  Empty if undecodable */
    dure_hash_t leaf;    /* in the list under the block's effects root */
    dure_blind_t blind;  /* of the leaf */
} dure_chain_result_t;

typedef struct {
    /* CHECK: the code; a refund's witness, which the proposer makes, is not looked at.  PROCESS:
     * DURE_RESULT_DONE = accept, else reject.  FINALIZE, COMMIT: DONE.
     */
    uint16_t code;
    /* PROPOSE: indexes into event->txs that make up the block, ascending.  Left out is what cannot
       be decoded, would be turned away, or repeats an id; a refund whose witness does not prove its
       payment under the head's range; what no longer fits, and all behind it. */
    const uint32_t *chosen;
    uint32_t chosen_count;
    /* FINALIZE: what the caller must make durable, then send, in this order. */
    dure_bytes_t block; /* header and transactions, docs/formats/block.md; borrows until the next
                           FINALIZE */
    dure_block_header_t header;
    dure_hash_t block_hash;
    dure_hash_t ledger_root;
    const dure_chain_result_t *results; /* one per transaction, in order */
    uint32_t result_count;
    /* The roots of the results' leaves by runs of DURE_CHAIN_RUN, the last perhaps shorter: the
       list over them has the root of the list over the leaves. */
    const dure_hash_t *runs;
} dure_chain_update_t;

typedef enum {
    DURE_CHAIN_OK = 0,
    DURE_CHAIN_WRONG_HEIGHT = -1,  /* FINALIZE or PROCESS for another height than the next */
    DURE_CHAIN_TOO_LARGE = -2,     /* more transactions or bytes than a block may have */
    DURE_CHAIN_NOT_FINALIZED = -3, /* COMMIT without FINALIZE */
    /* The finalized block cannot be undone: load checkpoint and log again. */
    DURE_CHAIN_MUST_RELOAD = -4,
    /* FINALIZE: the chain's parties_max is above this chain's capacity, or was raised above it
       within the block: nothing happened; dure_chain_parties_needed tells the capacity it takes. */
    DURE_CHAIN_NO_CAPACITY = -5,
} dure_chain_status_t;

/* dure_chain_step: applies one event.  Never blocks, allocates or reads a clock.  Same (state,
   events), same bytes.  In solo a caller proposes, finalizes, makes update->block durable, and
   commits; it may commit before the block is durable as long as it answers nobody until it is. */
DURE_MUST_USE dure_chain_status_t dure_chain_step(dure_chain_t *chain, dure_chain_update_t *update,
                                                  const dure_chain_event_t *event);

/* dure_chain_parties_needed: 0 while the tables given at init hold what the chain allows; else the
   parties_max that an act, a block or a checkpoint asked for: whoever runs the chain starts again
   with dure_ledger_limits_cover of it.  To be asked after each commit and after each refusal. */
uint32_t dure_chain_parties_needed(const dure_chain_t *chain);

/* dure_chain_must_reload: true after MUST_RELOAD. */
bool dure_chain_must_reload(const dure_chain_t *chain);

/* ---- blocks as bytes: header, then each transaction as u32 length and bytes --------------------
 */
typedef struct {
    dure_block_header_t header;
    dure_hash_t hash;
    dure_bytes_t header_bytes;
    dure_bytes_t body; /* the length-prefixed transactions; borrows */
} dure_block_t;

/* dure_block_decode: checks the layout, the count and the transaction root; not the signatures. */
DURE_MUST_USE bool dure_block_decode(dure_block_t *block, dure_bytes_t bytes, const char **problem);
/* dure_block_next: the next transaction.  *offset starts at 0; false at the end. */
DURE_MUST_USE bool dure_block_next(const dure_block_t *block, size_t *offset, dure_bytes_t *tx);

/* dure_chain_replay: finalizes a stored block, compares every field of its header with what
   results, and commits it if all agree.  NULL if so, else what differs (static text); the chain
   then stands where it stood.  verdicts: one per transaction or NULL. */
const char *dure_chain_replay(dure_chain_t *chain, const dure_block_t *block,
                              const dure_verdict_t *verdicts, dure_chain_update_t *update);

/* dure_chain_replay_own: the same for a block of the node's own log, whose signatures were checked
   before it was written and are not checked again; only where what it comes to differs, they are. A
   transaction whose signature was refused within its block is such a case. */
const char *dure_chain_replay_own(dure_chain_t *chain, const dure_block_t *block,
                                  dure_chain_update_t *update);

/* ---- checkpoint: the head and all records ------------------------------------------------------
   Payload: version (1) = 1, chain id (32), height (8), time (8), block hash (32), ledger root (32),
   app hash (32), the ledger's parties_max (4), range count (8), the range's peaks (32 each, as many
   as the count has binary ones); then per record: table (1), blind (16), length (4), bytes;
   ascending by tree key; then table 0. docs/formats/checkpoint.md. */
/* dure_chain_save: writes the next part of at most `capacity` bytes (>= DURE_RECORD_SIZE_MAX + 64).
   *cursor starts at 0; returns the bytes written, 0 at the end.  The chain must not step meanwhile,
   and no finalized block may wait for its commit.  The same state gives the same bytes. */
size_t dure_chain_save(const dure_chain_t *chain, uint64_t *cursor, uint8_t *out, size_t capacity);
/* dure_chain_snapshot_*: the same bytes while the chain goes on stepping.  begin: of the head, with
   no finalized block waiting; `memory` as of dure_ledger_snapshot_begin.  part: writes the next
   bytes, at most `capacity` (>= DURE_RECORD_SIZE_MAX + 256), and stops at the first end of a record
   that reaches `enough`; not while a finalized block waits.  *size 0: the end.  False: so much
   changed meanwhile that the memory is full; the snapshot is given up.  end: forgets it, wherever
   it stands. */
void dure_chain_snapshot_begin(dure_chain_t *chain, void *memory, size_t memory_size);
DURE_MUST_USE bool dure_chain_snapshot_part(dure_chain_t *chain, uint8_t *out, size_t capacity,
                                            size_t enough, size_t *size);
void dure_chain_snapshot_end(dure_chain_t *chain);
/* The head that it is of. */
const dure_chain_head_t *dure_chain_snapshot_head(const dure_chain_t *chain);
/* dure_chain_load: feeds the payload in parts of any size; the chain must be freshly initialised
   with the same genesis, and is of no use after a part or the finish was refused.  finish: true if
   everything was there, the invariants hold and the root is the head's. */
void dure_chain_load_begin(dure_chain_t *chain);
DURE_MUST_USE bool dure_chain_load_part(dure_chain_t *chain, dure_bytes_t part,
                                        const char **problem);
DURE_MUST_USE bool dure_chain_load_finish(dure_chain_t *chain, const char **problem);

/* ---- witnesses ---------------------------------------------------------------------------------
   An effect, its blind, its path to the block's effects root, and that root's path in a range: it
   proves the effect to whoever knows the range.  A refund carries that of the payment it names,
   under the range as it stands before the refund's block.  docs/formats/witness.md. */
typedef struct {
    dure_bytes_t effect; /* borrows */
    dure_blind_t blind;
    uint64_t height;       /* of the block that holds the effect */
    uint32_t index, count; /* of the effect in its block */
    uint32_t sibling_count;
    dure_hash_t siblings[DURE_LIST_DEPTH_MAX];
    dure_range_proof_t range;
} dure_witness_t;

/* dure_witness_prove: fills the paths from the leaves of the effect's block (results[].leaf) and
   from all leaves of the range, the block's own at range_index.  Both lists are only read; scratch
   takes as many hashes as the longer one has. */
void dure_witness_prove(dure_witness_t *witness, const dure_hash_t *leaves, uint32_t count,
                        uint32_t index, const dure_hash_t *range_leaves, uint64_t range_count,
                        uint64_t range_index, dure_hash_t *scratch);
/* dure_witness_encode: asserts that the paths are as dure_witness_prove left them. */
void dure_witness_encode(dure_writer_t *writer, const dure_witness_t *witness);
DURE_MUST_USE bool dure_witness_decode(dure_witness_t *witness, dure_bytes_t bytes,
                                       const char **problem);
/* dure_witness_check: NULL if the witness proves its effect under the range, else why not. */
const char *dure_witness_check(const dure_witness_t *witness, const dure_range_t *range);

/* ---- receipts ----------------------------------------------------------------------------------
   A witness under the range as of a later header, the ledger root of that header, and the header
   itself: anyone who trusts the header's block hash can check it alone.  docs/formats/receipt.md.
 */
typedef struct {
    dure_witness_t witness;
    dure_hash_t ledger_root;    /* of the header below */
    dure_block_header_t header; /* at or after the witness's height */
} dure_receipt_t;

/* Bytes of the longest receipt. */
#define DURE_RECEIPT_SIZE_MAX                                                                      \
    (DURE_EFFECT_SIZE_MAX + DURE_LIST_PROOF_SIZE_MAX + DURE_RANGE_PROOF_SIZE_MAX + 256u)

/* dure_receipt_encode: asserts that the paths are as dure_witness_prove left them. */
void dure_receipt_encode(dure_writer_t *writer, const dure_receipt_t *receipt);
DURE_MUST_USE bool dure_receipt_decode(dure_receipt_t *receipt, dure_bytes_t bytes,
                                       const char **problem);
/* dure_receipt_check: NULL if the receipt proves its effect under its header, else why not.
 *block_hash is the header's hash, which the caller compares with one that it trusts. */
const char *dure_receipt_check(const dure_receipt_t *receipt, dure_hash_t *block_hash);

#endif

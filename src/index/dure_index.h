/* index: the read model: every durable block's header, effects and proofs, found by transaction.
   SQLite in the node's directory.  It can be deleted at any time and is rebuilt from the log; no
   decision about money reads it, and what it gives out is proved first.

   It is called by one thread, the node's loop.  Once started it writes on a thread of its own,
   behind the node; what is not written yet is found in memory. */
#ifndef DURE_INDEX_H
#define DURE_INDEX_H

#include "chain/dure_chain.h"
#include "consensus/dure_consensus.h"

typedef struct dure_index dure_index_t;

/* dure_index_open: `path` is the database's file.  One that cannot be used (damaged, of another
   version) is deleted and begun anew; *rebuilt tells.  On failure *index is still made, so that
   dure_index_problem can be read, and must be closed; NULL only without memory. */
DURE_MUST_USE bool dure_index_open(dure_index_t **index, const char *path, bool *rebuilt);
/* dure_index_start: from now on what it is given is written by a thread of its own.  Without, it is
   in the file when the call that gives it returns. */
DURE_MUST_USE bool dure_index_start(dure_index_t *index);
/* dure_index_close: writes what it was given.  NULL is allowed. */
void dure_index_close(dure_index_t *index);
const char *dure_index_problem(const dure_index_t *index);

/* dure_index_history: what the node fills it through. */
dure_history_t dure_index_history(dure_index_t *index);

/* dure_index_height: of the last block it holds; 0 if none. */
uint64_t dure_index_height(const dure_index_t *index);

/* dure_index_begin: it holds nothing of the blocks up to this height; 0: it holds all. */
uint64_t dure_index_begin(const dure_index_t *index);

/* dure_index_answer: the recorded answer of a transaction, with its effect, after checking that the
   effect stands under the effects root of its block.  False if there is none, or it does not.
   Borrows until the next call.  tx and blind may be NULL. */
DURE_MUST_USE bool dure_index_answer(dure_index_t *index, dure_answer_t *answer, dure_hash_t *tx,
                                     dure_blind_t *blind, const dure_tx_id_t *id);

/* dure_index_receipt: under the header of the last block it holds.  False if there is no such
   transaction or the proof does not hold.  Borrows until the next call. */
DURE_MUST_USE bool dure_index_receipt(dure_index_t *index, dure_receipt_t *receipt,
                                      const dure_tx_id_t *id);

/* dure_index_prove: the part of a receipt that stays the same: the effect and its path in its
   block; of the path in the range only the index.  False and borrowing as above. */
DURE_MUST_USE bool dure_index_prove(dure_index_t *index, dure_witness_t *witness,
                                    const dure_tx_id_t *id);

typedef struct {
    uint64_t height;
    dure_time_t time;
    dure_hash_t hash;
    uint32_t count; /* effects */
} dure_index_block_t;

/* dure_index_block: false if it does not hold the block. */
DURE_MUST_USE bool dure_index_block(dure_index_t *index, dure_index_block_t *block,
                                    uint64_t height);
/* dure_index_effect: the answer to the index-th transaction of a block.  Borrows until the next
   call. */
DURE_MUST_USE bool dure_index_effect(dure_index_t *index, dure_answer_t *answer, uint64_t height,
                                     uint32_t place);

/* What became of it since it was opened. */
typedef struct {
    uint64_t blocks, effects; /* taken in */
    uint64_t refused;         /* found, but not what the block's effects root proves */
} dure_index_counts_t;
dure_index_counts_t dure_index_counts(const dure_index_t *index);

#endif

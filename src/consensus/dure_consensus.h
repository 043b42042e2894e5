/* consensus: who decides the order of transactions, and when an answer may leave.  Today one way,
   solo: one process is the sequencer.  What servers and the index use of a running node is here;
   starting, recovering and stopping it is node/.

   Everything is called by the one thread of the loop, and every callback comes on it. */
#ifndef DURE_CONSENSUS_H
#define DURE_CONSENSUS_H

#include "chain/dure_chain.h"
#include "io/dure_io.h"
#include "store/dure_store.h"

typedef struct dure_consensus dure_consensus_t;

/* ---- what a block came to ----------------------------------------------------------------------
 */
typedef struct {
    dure_block_header_t header;
    dure_hash_t hash;
    dure_hash_t ledger_root;            /* after the block */
    dure_bytes_t bytes;                 /* header and transactions, as stored; borrows */
    const dure_tx_id_t *ids;            /* one per transaction, in order; zero if undecodable */
    const dure_chain_result_t *results; /* one per transaction, in order; borrows, effects too */
    const dure_hash_t *runs;            /* as in dure_chain_update_t; borrows */
    uint32_t count;
} dure_decided_t;

/* True if the code is a decision that stands in the block as final: the number is used. */
bool dure_result_is_final(uint16_t code);

/* ---- the history: what an index gives the node --------------------------------------------------
   All durable blocks and answers, rebuilt from the log at will.  May be left out (all NULL): then a
   repeated transaction is told already_used instead of its first answer. */
typedef struct {
    void *user;
    /* last: the height of the last block it holds, 0 if none, and that block's hash. */
    uint64_t (*last)(void *user, dure_hash_t *block_hash);
    /* reset: forget everything: it is of another history than the log. */
    bool (*reset)(void *user);
    /* begin: begins behind this block, of which nothing is known but its header (count is 0), with
       the range as it stands after it; what it held is forgotten.  NULL: it cannot. */
    bool (*begin)(void *user, const dure_decided_t *block, const dure_range_t *range);
    /* block: the next durable block, height by height.  Must be visible to `find` on return; need
       not be durable, as the node gives blocks again after a crash. */
    bool (*block)(void *user, const dure_decided_t *block);
    /* sync: what it holds is on the disk when this returns.  May be NULL. */
    bool (*sync)(void *user);
    /* safe: *is_safe tells whether what it holds up to this height is on the disk; if not, it sees
       to that, without making the caller wait, and is asked again.  Asked before each checkpoint is
       made valid, so that a power loss does not leave the history behind the checkpoint and the
       whole log to be replayed.  NULL: sync is called instead. */
    bool (*safe)(void *user, uint64_t height, bool *is_safe);
    /* find: the final answer (dure_result_is_final) to an id and the hash of its transaction; false
     if there is none.  A block may hold results that are not final: they are nobody's answer here.
     *answer borrows until the next call; `repeated` is ignored. */
    bool (*find)(void *user, dure_answer_t *answer, dure_hash_t *tx, const dure_tx_id_t *id);
    /* prove: the effect of the transaction that was decided under an id, and its path to the
       effects root of its block; of its path in the range over all blocks only the index is set.
       False if there is none.  *witness borrows until the next call of find or prove.  NULL: no
       refund can be decided. */
    bool (*prove)(void *user, dure_witness_t *witness, const dure_tx_id_t *id);
    /* range_node: a node of the mountain range over the blocks it holds: the one over the leaves
       from place << level on, 1 << level of them, which must all be there. */
    bool (*range_node)(void *user, dure_hash_t *hash, uint32_t level, uint64_t place);
    /* problem: why reset or block returned false, for the operator.  The node then stops. */
    const char *(*problem)(void *user);
} dure_history_t;

/* ---- the listener: what a server is told --------------------------------------------------------
 */
typedef struct {
    void *user;
    /* answer: the answer to what was submitted with this token, exactly once, never within the call
       of dure_consensus_submit.  Everything it rests on is on the disk.  Borrows for the call.
       answers of one client may come in another order than its transactions. */
    void (*answer)(void *user, uint64_t token, const dure_answer_t *answer);
    /* block: a block became durable.  The history holds it already; its answers follow. */
    void (*block)(void *user, const dure_decided_t *block);
    /* durable: after the answers: everything up to this height may be shown. */
    void (*durable)(void *user, uint64_t height);
    /* room: after dure_consensus_submit was refused for want of room there is room again. */
    void (*room)(void *user);
} dure_listener_t;

/* dure_consensus_listen: sets the one listener; its functions may be NULL. */
void dure_consensus_listen(dure_consensus_t *consensus, const dure_listener_t *listener);

/* ---- submitting --------------------------------------------------------------------------------
 */

/* dure_consensus_submit: takes a transaction; the bytes are copied.  The token is the caller's and
   comes back with the answer.  False if the queue is full or the node is not deciding any more:
   nothing was taken; read no further from clients until `room`.
   Transactions are decided in the order they were taken. */
DURE_MUST_USE bool dure_consensus_submit(dure_consensus_t *consensus, dure_bytes_t wire,
                                         uint64_t token);
/* dure_consensus_room: how many more transactions of the largest size are surely taken. */
uint32_t dure_consensus_room(const dure_consensus_t *consensus);
/* dure_consensus_waiting: taken and not yet answered. */
uint64_t dure_consensus_waiting(const dure_consensus_t *consensus);

/* ---- reading ------------------------------------------------------------------------------------
   The chain's state may be ahead of the disk.  What is read from it may be shown to a client only
   when dure_consensus_durable_height has reached the dure_consensus_height of the moment of
   reading: read, keep the reply, send it at `durable` (or at once if it is durable already). */
const dure_chain_t *dure_consensus_chain(const dure_consensus_t *consensus);
uint64_t dure_consensus_height(const dure_consensus_t *consensus);
uint64_t dure_consensus_durable_height(const dure_consensus_t *consensus);
/* dure_consensus_block: a durable block's bytes; borrows until the next call or step.  False if
   there is none at this height. */
DURE_MUST_USE bool dure_consensus_block(dure_consensus_t *consensus, dure_bytes_t *bytes,
                                        uint64_t height);
/* dure_consensus_genesis: the genesis bytes. */
dure_bytes_t dure_consensus_genesis(const dure_consensus_t *consensus);

typedef enum {
    DURE_CONSENSUS_DECIDING = 0,
    DURE_CONSENSUS_NO_SPACE, /* the device is full: deciding goes on when there is room */
    DURE_CONSENSUS_CLOCK,    /* the wall clock jumped: waits for the operator */
    /* The chain's parties_max was raised above the capacity: what is decided is still made durable
       and answered, then the process must stop. */
    DURE_CONSENSUS_NO_CAPACITY,
    DURE_CONSENSUS_FAILED, /* the process must stop */
} dure_consensus_state_t;
dure_consensus_state_t dure_consensus_state(const dure_consensus_t *consensus);
/* dure_consensus_status: lines of key=value for people and metrics; returns the size. */
size_t dure_consensus_status(const dure_consensus_t *consensus, char *out, size_t capacity);

/* ---- signatures checked ahead -------------------------------------------------------------------
   A pool of threads that check signatures while the sequencer does something else.  Checks are
   added in order and taken in order; each is finished on its own. */
typedef struct dure_pool dure_pool_t;

typedef enum {
    DURE_CHECK_NONE = 0, /* not handed over: no key is known */
    DURE_CHECK_UNDER_WAY,
    DURE_CHECK_DONE,
} dure_check_state_t;

typedef struct {
    dure_bytes_t body; /* borrows until it is done */
    dure_seal_t seal;
    dure_public_key_t key;
    dure_verdict_t verdict;
    _Atomic uint32_t state; /* dure_check_state_t */
} dure_check_t;

/* Verifies one signature in a test's own way. */
typedef dure_crypto_result_t dure_verify_t(const dure_public_key_t *key,
                                           const dure_signature_t *signature, const void *message,
                                           size_t message_size);

/* dure_pool_new: threads 0: dure_pool_add checks at once.  capacity: checks under way at most.
   io is woken when checks are done.  verify NULL: many at once, with dure_signatures_verify.  NULL:
   no memory or no thread. */
DURE_MUST_USE dure_pool_t *dure_pool_new(uint32_t threads, uint32_t capacity, dure_io_t *io,
                                         const dure_hash_t *chain_id, dure_verify_t *verify);
void dure_pool_free(dure_pool_t *pool); /* waits for what is under way; NULL is allowed */
/* dure_pool_add: hands over; the threads see it at the next dure_pool_flush, or earlier. */
void dure_pool_add(dure_pool_t *pool, dure_check_t *check);
void dure_pool_flush(dure_pool_t *pool);
/* dure_pool_key: the key in a signer's slot: the ledger's, or, for a party that it does not know,
   the one that the latest registration seen by dure_pool_expect gives it.  The second is a guess,
   and a wrong one costs time only: a verdict counts for the key it names alone. */
DURE_MUST_USE bool dure_pool_key(const dure_pool_t *pool, const dure_ledger_t *ledger,
                                 uint64_t party, uint8_t slot, dure_public_key_t *key);
/* dure_pool_expect: keeps the keys of a registration that waits to be decided. */
void dure_pool_expect(dure_pool_t *pool, const dure_tx_t *tx);
bool dure_check_is_done(const dure_check_t *check);
/* dure_pool_finish: returns when the check is done; the caller's thread helps. */
void dure_pool_finish(dure_pool_t *pool, const dure_check_t *check);

/* ---- running it: for node/ ----------------------------------------------------------------------
 */
typedef struct {
    dure_io_t *io;       /* these four are borrowed for its life */
    dure_store_t *store; /* open, at the chain's height */
    dure_chain_t *chain;
    dure_pool_t *pool;
    dure_bytes_t genesis; /* borrows */
    dure_history_t history;
    uint32_t queue_txs;
    uint32_t queue_bytes;
} dure_consensus_config_t;

DURE_MUST_USE dure_consensus_t *dure_consensus_new(const dure_consensus_config_t *config);
void dure_consensus_free(dure_consensus_t *consensus); /* NULL is allowed */

/* dure_consensus_round: answers what became durable, executes what is ready, starts the next batch.
   False: it has failed; dure_consensus_problem says why and no answer leaves any more. */
DURE_MUST_USE bool dure_consensus_round(dure_consensus_t *consensus);
/* dure_consensus_due_ns: how long the loop may sleep before the next round, unless an event comes;
   DURE_IO_FOREVER. */
uint64_t dure_consensus_due_ns(const dure_consensus_t *consensus);
/* dure_consensus_shut: takes nothing more. */
void dure_consensus_shut(dure_consensus_t *consensus);
/* True if every executed block is durable and answered. */
bool dure_consensus_is_drained(const dure_consensus_t *consensus);
/* Bytes of the blocks that became durable since it was made. */
uint64_t dure_consensus_block_bytes(const dure_consensus_t *consensus);
const char *dure_consensus_problem(const dure_consensus_t *consensus);

#endif

/* sim: the whole node over the simulated world.  A seed decides everything: how a client submits,
   how long writes take, when and how the process dies, what the disk loses.

   The client submits a fixed list of transactions strictly in order and, after a crash, again from
   the first unanswered one; so the log must hold exactly the list's final ones, in order, however
   often the node died and however blocks were cut. */
#ifndef DURE_SIM_H
#define DURE_SIM_H

#include "node/dure_node.h"

/* ---- workload.c: the list, and what a node that never crashes makes of it ----------------------
 */
typedef struct {
    dure_bytes_t wire;
    dure_hash_t tx; /* of the body; zero if malformed */
    dure_tx_id_t id;
    uint16_t code;
    bool is_final;
    int32_t repeats; /* index of the transaction whose bytes it repeats; -1 */
    dure_bytes_t effect;
    dure_hash_t root; /* of the ledger after it */
} item_t;

typedef struct {
    dure_ledger_limits_t limits;
    dure_bytes_t genesis;
    uint32_t count;
    item_t *items;
    uint32_t moves[DURE_MOVE_LOTS_RECALLED + 1]; /* how often each was made: all kinds are in it */
    uint32_t payouts; /* transactions that opened one, so that the list is worth its time */
    uint32_t refunds; /* done */
} workload_t;

/* NULL with a message on stderr if it cannot be made. */
workload_t *workload_new(uint32_t count);
void workload_free(workload_t *workload);
/* True if the bytes are those of the list but for a refund's witness, which the node makes. */
bool workload_is(dure_bytes_t logged, dure_bytes_t listed);
/* Verifies as crypto does, each signature once per process. */
dure_crypto_result_t workload_verify(const dure_public_key_t *key,
                                     const dure_signature_t *signature, const void *message,
                                     size_t message_size);

/* ---- history.c: the index as the simulator has it: in memory, surviving crashes as a file would.
 */
typedef struct history history_t;
history_t *history_new(void);
void history_free(history_t *history);
dure_history_t history_hook(history_t *history);
uint64_t history_height(const history_t *history);
/* What a power loss leaves at least. */
uint64_t history_synced(const history_t *history);
/* Loses the blocks above a height, as a power loss does. */
void history_cut(history_t *history, uint64_t height);

/* ---- oracle.c */
/* Compares a freshly recovered node with the list.  *matched: how many transactions of the list the
   log accounts for.  NULL, or what is wrong. */
const char *oracle_recovered(const workload_t *workload, dure_node_t *node, uint32_t *matched);
/* Every record of the state has its proof under the root. */
const char *oracle_proofs(const dure_ledger_t *ledger, const dure_hash_t *root);

/* ---- sim.c */
typedef struct {
    dure_store_bug_t store_bug;
    dure_ledger_bug_t ledger_bug;
    dure_node_bug_t node_bug;
    bool plants_no_poison;
} sim_bugs_t;

typedef struct {
    uint64_t seeds, steps, submitted, answered, repeated, blocks;
    uint64_t crashes;      /* processes that ended out of order: these three */
    uint64_t kills;        /*   the cache survived */
    uint64_t power_losses; /*   what was not synced was at stake */
    uint64_t losing;       /* power losses that really lost or changed unsynced bytes */
    uint64_t lost_bytes;
    uint64_t deaths; /* of all crashes: within a file operation */
    uint64_t faults, full_disks, clean_stops;
    uint64_t archived, pruned;              /* times that segments were */
    uint64_t from_checkpoint, from_genesis; /* recoveries */
    uint64_t rebuilt;                       /* the history was behind the checkpoint */
    uint64_t index_losses, index_deleted;
    uint64_t checkpoints;     /* written while the node ran, */
    uint64_t beside;          /* of these, with blocks decided meanwhile, */
    uint64_t given_up;        /* for want of memory */
    uint64_t crashes_in_save; /* processes that ended out of order while one was written */
} sim_stats_t;

/* sim_run: one seed.  NULL: all is well; else what was wrong (static text or in a buffer that the
   next run overwrites). */
const char *sim_run(uint64_t seed, const workload_t *workload, const sim_bugs_t *bugs,
                    sim_stats_t *stats);
/* sim_run_point: power is lost at one operation of the device after a checkpoint began, counted
   from 1, and nothing else; *is_past: the checkpoint had ended before. */
const char *sim_run_point(uint64_t seed, const workload_t *workload, const sim_bugs_t *bugs,
                          sim_stats_t *stats, uint32_t point, bool *is_past);
void sim_print(const sim_stats_t *stats);

#endif

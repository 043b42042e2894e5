/* node: wiring.  Opens a directory (genesis, log, checkpoint), brings the state up to the end of
   the log, runs the loop, takes checkpoints, and stops: in order, or at once if the disk or the
   state cannot be trusted.

   A server (api) and an index do not see this header: they use consensus/dure_consensus.h and are
   joined to the node here.  The whole node runs over one io, so that the simulator runs it too. */
#ifndef DURE_NODE_H
#define DURE_NODE_H

#include "consensus/dure_consensus.h"

#define DURE_NODE_GENESIS "genesis.dure" /* names in the directory */
#define DURE_NODE_CONFIG  "node.conf"
#define DURE_NODE_CLOCK_STOP                                                                       \
    "clock-stopped" /* its presence: the clock jumped, see accept_clock                            \
                     */
#define DURE_NODE_MESSAGE_SIZE 512u

typedef struct dure_node dure_node_t;

typedef enum {
    DURE_NODE_OK = 0,
    DURE_NODE_NO_GENESIS, /* the directory holds no genesis */
    DURE_NODE_CONFIG_WRONG,
    DURE_NODE_CLOCK_STOPPED, /* a clock jump stopped this node: needs accept_clock */
    DURE_NODE_FAILED,        /* disk, log or state cannot be trusted: stop, tell the message */
    DURE_NODE_NO_MEMORY,
    DURE_NODE_NO_CAPACITY, /* never given by open, which makes the room: see recover.c */
} dure_node_result_t;

/* For tests that must catch them; zero in every program. */
typedef enum {
    DURE_NODE_BUG_NONE = 0,
    DURE_NODE_BUG_HISTORY_NOT_AWAITED =
        1, /* a checkpoint is made valid before the history is safe */
} dure_node_bug_t;

typedef struct {
    /* Capacity; what the chain's parties_max asks for beyond it is added when opening. */
    dure_ledger_limits_t limits;
    uint32_t threads;     /* that verify signatures; 0: the loop does it (simulator) */
    uint32_t queue_txs;   /* transactions waiting at most */
    uint32_t queue_bytes; /* their bytes at most; at least 4 * DURE_TX_SIZE_MAX */
    /* A checkpoint after this many blocks, or this many bytes of blocks; 0: not by this count.  The
       bytes are at least one part in checkpoint_share of the last checkpoint's: 0: not so. */
    uint64_t checkpoint_blocks, checkpoint_bytes, checkpoint_share;
    uint64_t checkpoint_memory; /* for what changes while one is written; 0: by the capacity */
    uint64_t segment_size;      /* of the log; 0: the default */
    uint64_t scrub_bytes;       /* of the log verified in a second, also under load; 0: none */
    /* The segments before the older checkpoint: all conditions that are not 0 must let one go. */
    uint64_t keep_blocks, keep_bytes, keep_days;
    char archive_path[512];  /* as node.conf says; opening it is the caller's: */
    dure_io_t *archive;      /* where removed segments of the log are; may be NULL */
    dure_io_t *archive_to;   /* the same, to write: a segment goes only after it is there */
    dure_io_t *archive_from; /* with threads: another one on the node's directory, to read */
    bool new_history;        /* the index may begin at the checkpoint: what was before is lost */
    bool accept_clock;       /* the operator looked at the clock: it is right */
    dure_history_t history;  /* all NULL: none */
    /* What the loop hands out: a socket's event.  May be NULL. */
    void (*event)(void *user, const dure_io_event_t *event);
    void *event_user;
    /* One line `event=... key=value ...` for the operator; may be NULL. */
    void (*log)(void *user, const char *line);
    void *log_user;
    dure_verify_t *verify; /* test only; NULL: many at once */
    /* Test only. */
    uint32_t checkpoint_part; /* bytes of a checkpoint made in one round; 0: as it is best */
    dure_store_bug_t store_bug;
    dure_ledger_bug_t ledger_bug;
    dure_node_bug_t node_bug;
} dure_node_config_t;

/* dure_node_config_default: sizes for a small city; no history, no handlers. */
dure_node_config_t dure_node_config_default(void);
/* dure_node_config_read: lines `key = value` of node.conf over *config; `#` starts a comment.  No
   such file: OK.  CONFIG_WRONG: *message names line and key. */
DURE_MUST_USE dure_node_result_t dure_node_config_read(dure_node_config_t *config, dure_io_t *io,
                                                       char message[DURE_NODE_MESSAGE_SIZE]);

/* What opening found and did. */
typedef struct {
    dure_store_report_t store;
    uint64_t checkpoint_height;   /* 0: started from the genesis */
    uint64_t checkpoints_refused; /* damaged, or of another state than they say: */
    uint64_t checkpoints_wrong;   /*   of these, whole, but the state is not what they say */
    uint64_t replayed;            /* blocks */
    uint64_t replayed_txs;
    bool index_rebuilt; /* the history was behind the checkpoint: replayed from the genesis */
    bool
        index_begun; /* the history was begun at the checkpoint: what was before is not to be had */
} dure_node_report_t;

/* dure_node_open: ready to decide when it returns OK.  On any failure *node is still made, so that
   dure_node_message can be read, and must be closed; NULL only with NO_MEMORY.  Borrows io until
   dure_node_close. */
DURE_MUST_USE dure_node_result_t dure_node_open(dure_node_t **node, dure_node_report_t *report,
                                                dure_io_t *io, const dure_node_config_t *config);
/* dure_node_consensus: what servers use.  Lives as long as the node. */
dure_consensus_t *dure_node_consensus(dure_node_t *node);

/* dure_node_step: one round of the loop: waits at most timeout_ns for something to do, does it.
   FAILED: the process must end without another answer; dure_node_message says why. */
DURE_MUST_USE dure_node_result_t dure_node_step(dure_node_t *node, uint64_t timeout_ns);
/* dure_node_parties_needed: 0; or the parties_max that the city has just raised above the capacity.
   Nothing is decided any more: dure_node_stop makes durable and answers what was, then the process
   starts again, and opening makes the room. */
uint32_t dure_node_parties_needed(const dure_node_t *node);
/* dure_node_is_saving: a checkpoint is being written. */
bool dure_node_is_saving(const dure_node_t *node);
/* dure_node_is_idle: nothing waits to be decided, written or answered. */
bool dure_node_is_idle(const dure_node_t *node);
const char *dure_node_message(const dure_node_t *node);

/* dure_node_stop: takes nothing more, decides and answers everything taken, writes a checkpoint.
   FAILED as for dure_node_step.  Then close. */
DURE_MUST_USE dure_node_result_t dure_node_stop(dure_node_t *node);
/* dure_node_close: frees; without dure_node_stop before it, as abruptly as is still in order: what
   was not answered may or may not be in the log.  NULL is allowed. */
void dure_node_close(dure_node_t *node);

#endif

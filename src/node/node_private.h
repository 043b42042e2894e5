/* What the files of node share. */
#ifndef DURE_NODE_PRIVATE_H
#define DURE_NODE_PRIVATE_H

#include "node/dure_node.h"
#include "store/dure_archive.h"

/* Where a checkpoint stands. */
typedef enum {
    SAVE_IDLE,
    SAVE_WAITING, /* its block is executed and not yet durable */
    SAVE_WRITING,
    SAVE_ENDING, /* its header is being written */
    SAVE_LEAVING /* given up, with a write still under way */
} save_t;

typedef struct node_keep node_keep_t;

struct dure_node {
    dure_io_t *io;
    dure_node_config_t config;
    dure_node_report_t report;
    dure_node_result_t result; /* OK, or why it must stop */
    char message[DURE_NODE_MESSAGE_SIZE];

    uint8_t *genesis;
    size_t genesis_size;
    dure_hash_t chain_id;
    void *memory; /* of the chain */
    size_t memory_size;
    dure_chain_t *chain;
    dure_store_t *store;
    dure_pool_t *pool;
    dure_consensus_t *consensus;
    uint32_t parties_needed; /* with NO_CAPACITY: what to open again with */
    bool is_clock_stopped;   /* the file that says so is written */

    /* The checkpoint. */
    save_t save;
    void *snapshot; /* memory for what changes meanwhile */
    size_t snapshot_size;
    uint8_t *chunk;          /* DURE_STORE_CHUNK_SIZE_MAX */
    size_t chunk_size;       /* bytes in it */
    bool has_all;            /* the last byte of the state is in it or written */
    bool is_history_safe;    /* up to the height of the checkpoint */
    uint64_t save_bytes;     /* of the state so far */
    uint64_t save_start_ns;  /* when it began, */
    uint64_t save_part_ns;   /* and when the last part of it was made */
    uint64_t state_bytes;    /* of the last checkpoint written or loaded; 0: none */
    uint64_t replayed_bytes; /* of blocks behind the checkpoint that opening loaded */
    uint64_t saved_height;   /* of the last one begun, */
    uint64_t saved_bytes;    /* and the bytes of blocks up to it, counted from the opening */

    uint64_t scrub_due_ns;
    uint64_t scrub_passes;
    uint64_t scrub_read; /* bytes of this pass */
    node_keep_t *keep;
};

/* Keeps the first failure. */
dure_node_result_t node_fail(dure_node_t *node, dure_node_result_t result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void node_log(const dure_node_t *node, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* ---- recover.c: brings the chain to the end of the log. */
DURE_MUST_USE dure_node_result_t node_recover(dure_node_t *node);
DURE_MUST_USE bool node_chain_init(dure_node_t *node);

/* ---- keep.c: scrub, archive, pruning */
DURE_MUST_USE dure_node_result_t node_keep_open(dure_node_t *node);
void node_keep_close(dure_node_t *node); /* also what was not opened */
uint64_t node_keep_wait_ns(const dure_node_t *node);
DURE_MUST_USE dure_node_result_t node_keep(dure_node_t *node);

/* ---- save.c */
/* Begins a checkpoint if one is due, and moves the one under way on. */
DURE_MUST_USE dure_node_result_t node_save(dure_node_t *node);
/* Begins one now, unless one is under way. */
void node_save_start(dure_node_t *node);
/* How long the loop may sleep while one is under way. */
uint64_t node_save_wait_ns(const dure_node_t *node);

#endif

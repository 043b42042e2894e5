/* index_private: what the writing and the reading half share.  Not for other folders. */
#ifndef DURE_INDEX_PRIVATE_H
#define DURE_INDEX_PRIVATE_H

#include <sqlite3.h>

#include "index/dure_index.h"

#define INDEX_PROBLEM_SIZE 1024u
#define INDEX_VERIFIED     64u
/* A block's leaves are kept in runs, with the root of each: so a path takes one run and the roots,
   however long the block is. */
#define INDEX_RUN      64u
#define INDEX_RUNS_MAX (DURE_BLOCK_TXS_MAX / INDEX_RUN)

typedef enum {
    STATEMENT_BEGIN,
    STATEMENT_COMMIT,
    STATEMENT_ROLLBACK,
    STATEMENT_BLOCK_PUT,
    STATEMENT_EFFECT_PUT,
    STATEMENT_RANGE_PUT,
    STATEMENT_LAST,
    STATEMENT_BLOCK_GET,
    STATEMENT_EFFECT_BY_ID,
    STATEMENT_EFFECT_BY_SEQUENCE,
    STATEMENT_LEAVES,
    STATEMENT_RANGE_GET,
} index_statement_t;
#define INDEX_STATEMENTS 12u

struct dure_index {
    sqlite3 *database;
    sqlite3_stmt *statements[INDEX_STATEMENTS];
    uint64_t height;    /* of the last block, 0 if none */
    dure_hash_t hash;   /* of the last block */
    uint64_t sequence;  /* effects so far */
    dure_range_t range; /* over the effects roots so far; only `count` and peaks in use */
    dure_index_counts_t counts;
    /* Runs whose leaves were found to make their effects root, by the sequence of the first effect,
       plus 1; a ring. */
    uint64_t verified[INDEX_VERIFIED];
    uint32_t verified_next;
    dure_hash_t leaves[INDEX_RUN];       /* of a run */
    dure_hash_t scratch[INDEX_RUNS_MAX]; /* work space for a run, or for the roots of runs */
    uint8_t effect[16384];
    char path[512];
    char problem[INDEX_PROBLEM_SIZE];
};

/* index_fail: keeps what SQLite says; returns false. */
bool index_fail(dure_index_t *index, const char *what);

/* A row of `block`. */
typedef struct {
    dure_index_block_t block;
    dure_block_header_t header;
    dure_hash_t ledger_root;
    uint64_t first_sequence;
    uint64_t range_count;             /* leaves of the range after the block */
    dure_hash_t runs[INDEX_RUNS_MAX]; /* the roots of its runs of leaves */
} index_block_t;

/* How many runs the leaves of a block make. */
uint32_t index_runs_of(uint32_t count);

/* index_block_get: false if there is none or its header does not fit its hash. */
bool index_block_get(dure_index_t *index, index_block_t *block, uint64_t height);
/* index_range_node: a node of the mountain range. */
bool index_range_node(dure_index_t *index, dure_hash_t *hash, uint32_t level, uint64_t place);

#endif

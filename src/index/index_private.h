/* index_private: what the files of the index share.  Not for other folders. */
#ifndef DURE_INDEX_PRIVATE_H
#define DURE_INDEX_PRIVATE_H

#include <pthread.h>
#include <sqlite3.h>

#include "index/dure_index.h"

#define INDEX_PROBLEM_SIZE 1024u
#define INDEX_VERIFIED     64u
/* A block's effects are kept in runs, one row each, with the root of each: so a path takes one run
   and the roots, however long the block is. */
#define INDEX_RUN      DURE_CHAIN_RUN
#define INDEX_RUNS_MAX (DURE_BLOCK_TXS_MAX / INDEX_RUN)

typedef enum {
    PUT_BEGIN,
    PUT_COMMIT,
    PUT_ROLLBACK,
    PUT_BLOCK,
    PUT_RUN,
    PUT_RANGE,
    PUT_IDS,
    PUT_ID_RUN,
    PUT_LEVEL,
    PUT_ID_RUN_GONE,
    PUT_IDS_GONE,
    PUT_IDS_READ,
    PUT_OF_LEVEL,
    PUT_LAST_ID_RUN,
} index_put_t;
#define INDEX_PUTS 14u

typedef enum {
    GET_LAST,
    GET_BLOCK,
    GET_RUN,
    GET_RUNS_FROM,
    GET_RANGE,
    GET_ID_RUNS,
    GET_IDS,
    GET_ID_END,
    GET_SALT,
    GET_BEGIN,
    GET_END,
} index_get_t;
#define INDEX_GETS 11u

/* ---- ids --------------------------------------------------------------------------------------
 */

/* Where an id is kept: a keyed hash of it, and the sequence of its effect. */
typedef struct {
    uint64_t hash;
    uint64_t sequence_plus_1; /* 0: free */
} index_slot_t;

/* The latest ids, in memory alone: what is in no row of `ids` yet.  Of one that is frozen nothing
   changes any more. */
typedef struct index_young {
    uint32_t count;
    uint64_t end; /* of the sequences in it */
    index_slot_t slots[];
} index_young_t;
#define INDEX_YOUNG_MAX   65536u
#define INDEX_YOUNG_SLOTS (2u * INDEX_YOUNG_MAX)
static_assert(INDEX_YOUNG_MAX + DURE_BLOCK_TXS_MAX < INDEX_YOUNG_SLOTS / 8u * 7u, "it has room");

/* So many rows of ids of a level become one of the next: each bucket is dealt out to as many. */
#define INDEX_FAN       16u
#define INDEX_FAN_BITS  4u
#define INDEX_LOW_BITS  9u /* of the buckets of level 0 */
#define INDEX_LEVEL_MAX 3u /* what is there stays there */
#define INDEX_MAKING    (-1)
#define INDEX_GARBAGE   (-2) /* its rows go little by little */

/* Rows of ids that become one, a bucket at a time; of the writer. */
typedef struct {
    bool is_active;
    uint64_t from[INDEX_FAN]; /* ascending */
    uint64_t to, end;
    int64_t level;
    uint64_t next_bucket;
} index_merge_t;

/* ---- blocks -----------------------------------------------------------------------------------
 */

/* A row of `block`. */
typedef struct {
    dure_index_block_t block;
    dure_block_header_t header;
    dure_hash_t ledger_root;
    uint64_t first_sequence;
    uint64_t range_count;             /* leaves of the range after the block */
    dure_hash_t runs[INDEX_RUNS_MAX]; /* the roots of its runs of leaves */
} index_block_t;

typedef struct {
    uint32_t level;
    uint64_t place;
    dure_hash_t hash;
} index_node_t;

/* A block on its way into the file.  What is read meanwhile is read here; once given to the writer
   nothing of it changes. */
typedef struct index_job {
    struct index_job *next;
    index_block_t row;
    uint32_t node_count;
    index_node_t nodes[64];
    uint32_t ends[INDEX_RUNS_MAX]; /* of its runs in `bytes` */
    index_young_t *young;          /* that ends with this block and is to be written, or NULL */
    uint8_t *bytes;
    size_t capacity;
} index_job_t;

/* The writing half: its own connection and, once started, its own thread. */
typedef struct {
    sqlite3 *database;
    sqlite3_stmt *statements[INDEX_PUTS];
    index_merge_t merge;
    bool may_merge, has_garbage;
    uint64_t next_id_run;
    uint8_t *bucket; /* work space of index_ids.c */
    size_t bucket_capacity;

    bool has_thread;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t work, done;
    index_job_t *next;   /* the first that is not written, or NULL */
    size_t waiting_size; /* bytes from it on */
    uint64_t written;    /* height */
    uint64_t safe_asked; /* height up to which it should be on the disk, */
    uint64_t safe;       /* and up to which it is */
    bool is_waiting;     /* for the first job */
    bool is_urgent;      /* somebody waits for it: no collecting */
    bool is_ending;
    bool has_failed;
    char problem[256];
} index_writer_t;

/* A run of effects, taken apart. */
typedef struct {
    uint64_t first; /* sequence */
    uint64_t height;
    uint32_t count; /* 0: none */
    size_t begins[INDEX_RUN];
    uint8_t *bytes;
    size_t capacity;
} index_run_t;

struct dure_index {
    index_writer_t writer;
    sqlite3 *reader;
    sqlite3_stmt *gets[INDEX_GETS];
    uint64_t salt[2];

    uint64_t height;    /* of the last block that was given, 0 if none */
    uint64_t begin;     /* it holds nothing of the blocks up to here; 0: it holds all */
    dure_hash_t hash;   /* of it */
    uint64_t sequence;  /* effects so far */
    dure_range_t range; /* over the effects roots so far; only `count` and peaks in use */
    dure_index_counts_t counts;
    index_young_t *young;
    uint32_t young_max;
    index_job_t *jobs, *last_job; /* not known to be written, the oldest first */
    index_job_t *spare;           /* written, to be used again */
    size_t spare_size;

    /* Runs whose leaves were found to make their effects root, by the sequence of the first effect,
       plus 1; a ring. */
    uint64_t verified[INDEX_VERIFIED];
    uint32_t verified_next;
    index_block_t block;                 /* the one read last; height 0: none */
    index_run_t run;                     /* the one read last */
    dure_hash_t leaves[INDEX_RUN];       /* of a run */
    dure_hash_t scratch[INDEX_RUNS_MAX]; /* work space for a run, or for the roots of runs */
    uint8_t effect[16384];
    dure_effect_t decoded;
    char path[512];
    char problem[INDEX_PROBLEM_SIZE];
};

/* ---- index.c */
/* index_fail: keeps what SQLite says; returns false. */
bool index_fail(dure_index_t *index, const char *what);
/* How many runs the leaves of a block make. */
uint32_t index_runs_of(uint32_t count);

/* ---- index_write.c */
/* A statement of the writer's that gives no row. */
bool index_put(index_writer_t *writer, index_put_t which);
void index_bind_integer(sqlite3_stmt *statement, int place, uint64_t value);
void index_bind_bytes(sqlite3_stmt *statement, int place, const void *data, size_t size);
/* index_write: all of these blocks, in one transaction. */
bool index_write(index_writer_t *writer, const index_job_t *first, const index_job_t *last);
/* index_give: hands over a block; without a thread it is written at once.  Waits if too much is
   waiting.  False: the file cannot be written, and the job is still the caller's. */
bool index_give(dure_index_t *index, index_job_t *job);
/* index_drain: waits until all jobs are written. */
bool index_drain(dure_index_t *index);
/* index_safe: whether what was written up to a height is on the disk, without waiting, see
   dure_history_t. */
bool index_safe(dure_index_t *index, uint64_t height, bool *is_safe);
/* index_settle: waits until all jobs are written and on the disk.  The writing connection syncs:
   two of them at once would be in each other's way. */
bool index_settle(dure_index_t *index);
/* index_reap: forgets the jobs that are written. */
void index_reap(dure_index_t *index);
void index_stop(dure_index_t *index); /* writes what is waiting, ends the thread */

/* ---- index_ids.c */
uint64_t index_id_hash(const dure_index_t *index, const dure_tx_id_t *id);
index_young_t *index_young_new(void);
/* index_young_fetch: index_young_add or _next of this hash is about to be called. */
void index_young_fetch(const index_young_t *young, uint64_t hash);
void index_young_add(index_young_t *young, uint64_t hash, uint64_t sequence);
/* The next sequence under a hash; *cursor begins at 0.  False at the end. */
bool index_young_next(const index_young_t *young, uint64_t *sequence, uint64_t hash,
                      uint32_t *cursor);
/* Writes a young table as rows of level 0. */
bool index_ids_write(index_writer_t *writer, const index_young_t *young);
/* Goes on with merging rows of ids, and with taking away those that were merged. */
bool index_ids_merge(index_writer_t *writer, uint64_t steps);
/* After opening: what was being made when the process ended is to be taken away. */
bool index_ids_begin(index_writer_t *writer);
/* A bucket's rows: the next sequence under a hash, as index_young_next. */
bool index_bucket_next(dure_bytes_t bucket, uint64_t *sequence, uint64_t hash, size_t *cursor);
int64_t index_ids_key(uint64_t run, uint64_t bucket);
uint64_t index_ids_bucket(uint64_t level, uint64_t hash);

/* ---- index_read.c */
/* After opening: the ids that are in no row of ids. */
bool index_young_fill(dure_index_t *index);
bool index_column_raw(sqlite3_stmt *statement, int column, void *out, size_t size);
/* index_block_get: false if there is none or its header does not fit its hash.  Borrows until the
   next call. */
bool index_block_get(dure_index_t *index, const index_block_t **block, uint64_t height);
/* index_range_node: a node of the mountain range. */
bool index_range_node(dure_index_t *index, dure_hash_t *hash, uint32_t level, uint64_t place);

/* A run's bytes: how many effects (1); for each, in order, its code (2), the size of its bytes (4),
   blind (16) and leaf (32); then the bytes of each. */
#define INDEX_ENTRY_SIZE 54u

#endif

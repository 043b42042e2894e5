/* store: the block log (the truth), its head marker, and the checkpoint (a cache of the state).
   Over io only; formats in docs/formats/log.md and docs/formats/checkpoint.md.

   Blocks are opaque bytes here.  They are appended in batches, one unsynced batch at a time; a
   block whose height is at or below dure_store_durable_height may be acknowledged.

   One thread (the loop of io).  After a result that fails the store (IO, CORRUPT) every later
   append is refused with DURE_STORE_FAILED: the process must stop, tell dure_store_message, and
   never retry. */
#ifndef DURE_STORE_H
#define DURE_STORE_H

#include "base/dure_base.h"
#include "crypto/dure_crypto.h"
#include "io/dure_io.h"

#define DURE_STORE_SEGMENT_SIZE_DEFAULT (64u * 1024u * 1024u)
#define DURE_STORE_SEGMENT_SIZE_MIN     4096u
#define DURE_STORE_BLOCK_SIZE_MAX       DURE_BLOCK_SIZE_MAX
#define DURE_STORE_BATCH_BLOCKS_MAX     256u
#define DURE_STORE_BATCH_SIZE_MAX       (16u * 1024u * 1024u) /* bytes, blocks + 4 for each */
#define DURE_STORE_CHUNK_SIZE_MAX       (1024u * 1024u)       /* bytes of one checkpoint chunk */
#define DURE_STORE_MESSAGE_SIZE         256u

typedef struct dure_store dure_store_t;

typedef enum {
    DURE_STORE_OK = 0,
    DURE_STORE_BUSY,        /* the last batch or chunk is still under way; try after its event */
    DURE_STORE_NOT_FOUND,   /* no such height, or no (further) checkpoint */
    DURE_STORE_TOO_LARGE,   /* a block, a batch or a chunk beyond the limits above, or empty */
    DURE_STORE_NO_SPACE,    /* no room for the next segment; nothing was written, reads go on */
    DURE_STORE_CORRUPT,     /* synced bytes are not what was written; the message says where */
    DURE_STORE_WRONG_CHAIN, /* the directory belongs to another chain */
    DURE_STORE_VERSION,     /* written by a format that this program does not know */
    DURE_STORE_IO,          /* the device or the system failed; the message says how */
    DURE_STORE_FAILED,      /* an earlier failure; the message is the first one's */
    DURE_STORE_READ_ONLY,   /* opened only for reading */
    DURE_STORE_NO_MEMORY,
} dure_store_result_t;

const char *dure_store_result_name(dure_store_result_t result);

/* Bugs that tests plant to prove that they would be found.  Always NONE outside tests. */
typedef enum {
    DURE_STORE_BUG_NONE = 0,
    DURE_STORE_BUG_ACK_BEFORE_SYNC, /* durable as soon as the write has started */
    DURE_STORE_BUG_NO_RECORD_HASH,  /* recovery and reads do not compare the hash of a batch */
    DURE_STORE_BUG_RETRY_AFTER_EIO, /* a failed sync of the log is tried again */
    DURE_STORE_BUG_CUT_ROT,         /* recovery cuts whatever is bad, without looking for proof */
    DURE_STORE_BUG_PRUNE_FIRST,     /* segments are removed before it is written down */
    DURE_STORE_BUG_PRUNE_MARKER,    /* a head marker may name a removed segment */
    DURE_STORE_BUG_COPY_UNVERIFIED, /* a copy in the archive counts before it was read again */
} dure_store_bug_t;

typedef struct {
    dure_hash_t chain_id;
    uint64_t first_height;        /* of the first block of a new log; usually 1, at least 1 */
    uint64_t segment_size;        /* bytes; 0: the default; a multiple of 512 */
    uint64_t marker_idle_ns;      /* rest after which the marker is written; 0: 20 ms */
    bool read_only;               /* repairs nothing, writes nothing */
    dure_io_t *archive;           /* where removed segments were copied to; borrowed; may be NULL */
    dure_store_bug_t planted_bug; /* test only */
} dure_store_config_t;

/* What opening found and did. */
typedef struct {
    bool created;          /* a new, empty log */
    bool was_clean;        /* the last process closed the store in order */
    uint64_t first_height; /* that can be read, in the archive too */
    uint64_t head_height;  /* the last block; first_height - 1 if there is none */
    uint64_t cut_size;     /* bytes of an unfinished batch that were cut (read only: are there) */
    uint64_t segment;      /* where the next batch goes */
    uint64_t offset;
} dure_store_report_t;

/* dure_store_open: opens or creates the log of this chain, verifies it from the head marker to its
   end, cuts the tail of a batch that never became durable, and writes that down before it returns.
   On any failure *store is still made, so that dure_store_message can be read, and must be closed;
   it is NULL only with NO_MEMORY.  Borrows io until dure_store_close. */
DURE_MUST_USE dure_store_result_t dure_store_open(dure_store_t **store, dure_store_report_t *report,
                                                  dure_io_t *io, const dure_store_config_t *config);
/* dure_store_close: waits for what is under way, writes and syncs the marker (unless the store has
   failed), frees.  The result of that last write; NULL is allowed. */
dure_store_result_t dure_store_close(dure_store_t *store);

/* dure_store_message: why the last call failed, or where the corruption is: a sentence that an
   operator can act on.  Empty if nothing failed. */
const char *dure_store_message(const dure_store_t *store);
/* dure_store_state: OK, or the result that failed the store for good. */
dure_store_result_t dure_store_state(const dure_store_t *store);

/* ---- appending ---------------------------------------------------------------------------------
   The node's loop:
       dure_store_append_start(...)              blocks are copied; execute the next ones
       dure_io_poll -> dure_store_take_event(...)  for every event
       dure_store_state, dure_store_durable_height -> acknowledge
       dure_store_tick(...)                      once per round */

/* dure_store_append_start: gives the blocks the heights after the head and starts to write them as
   one batch.  BUSY while the previous batch is under way.  NO_SPACE and TOO_LARGE change nothing
   and do not fail the store. */
DURE_MUST_USE dure_store_result_t dure_store_append_start(dure_store_t *store,
                                                          const dure_bytes_t *blocks, size_t count);
bool dure_store_append_is_busy(const dure_store_t *store);
/* dure_store_take_event: true if the event was the store's. */
bool dure_store_take_event(dure_store_t *store, const dure_io_event_t *event);
/* dure_store_tick: writes the head marker when the log rests, or once a second under load. */
void dure_store_tick(dure_store_t *store);
/* dure_store_tick_due_ns: how long the loop may sleep before the next tick; DURE_IO_FOREVER. */
uint64_t dure_store_tick_due_ns(const dure_store_t *store);
/* dure_store_append: start and wait, for programs without a loop.  OK: durable. */
DURE_MUST_USE dure_store_result_t dure_store_append(dure_store_t *store, const dure_bytes_t *blocks,
                                                    size_t count);

/* dure_store_first_height: the first block that can be read: here, or in the archive. */
uint64_t dure_store_first_height(const dure_store_t *store);
/* dure_store_is_state_alone: the log begins where the state of another node was taken over: what
   was before never was here. */
bool dure_store_is_state_alone(const dure_store_t *store);
/* dure_store_head_height: the last block that was appended, durable or under way. */
uint64_t dure_store_head_height(const dure_store_t *store);
/* dure_store_durable_height: the last block that is on the disk.  first - 1 if there is none. */
uint64_t dure_store_durable_height(const dure_store_t *store);

/* ---- reading -----------------------------------------------------------------------------------
 */

/* dure_store_read: the durable block of a height.  The whole batch is verified against its hash;
   consecutive heights are cheap.  Borrowed until the next read, checkpoint or scrub call. */
DURE_MUST_USE dure_store_result_t dure_store_read(dure_store_t *store, dure_bytes_t *block,
                                                  uint64_t height);

/* ---- scrub -------------------------------------------------------------------------------------
   Verifies the durable log from its beginning, again and again, a little at a time, reading from
   the device: every segment header, batch hash, link and padding byte. */
typedef struct {
    uint64_t passes;  /* times the whole log was verified */
    uint64_t segment; /* where the scrub stands */
    uint64_t offset;
    uint64_t height;    /* verified so far in this pass */
    uint64_t read_size; /* bytes read in this pass */
} dure_store_scrub_t;

/* dure_store_scrub_step: reads about `bytes` and verifies them.  CORRUPT fails the store. */
DURE_MUST_USE dure_store_result_t dure_store_scrub_step(dure_store_t *store,
                                                        dure_store_scrub_t *progress,
                                                        uint64_t bytes);
/* Bytes of the log up to its end: segment headers, batches and padding. */
uint64_t dure_store_log_size(const dure_store_t *store);

/* ---- pruning ------------------------------------------------------------------------------------
   Old segments may be removed from the directory once nothing needs them: the caller says when. */
typedef struct {
    uint64_t number;
    uint64_t first_height, last_height; /* last_height: first_height - 1 if it holds no block */
} dure_store_segment_t;

/* dure_store_segment: a segment of the directory that is full: a later one was begun.  False if it
   is not, or is not here. */
bool dure_store_segment(const dure_store_t *store, dure_store_segment_t *segment, uint64_t number);
/* dure_store_base_segment: the first segment of the directory. */
uint64_t dure_store_base_segment(const dure_store_t *store);
/* dure_store_checkpoint_older_height: of the checkpoint before the newest one, if this process
   wrote or loaded both; else 0.  All that a start can need comes after it. */
uint64_t dure_store_checkpoint_older_height(const dure_store_t *store);
/* dure_store_prune: removes the segments before this one, some at a time, for good; their end must
   not be above the older checkpoint.  BUSY: try again after the next event.  *is_done: nothing is
   left to remove.  A crash in between removes all, some or none of them. */
DURE_MUST_USE dure_store_result_t dure_store_prune(dure_store_t *store, bool *is_done,
                                                   uint64_t segment);

/* ---- checkpoint --------------------------------------------------------------------------------
   The state at a height as a stream of chunks, in two files that are written in turn. */
typedef struct {
    uint64_t height; /* durable block after which the state was taken */
    dure_hash_t block_hash;
    dure_hash_t app_hash;
    dure_hash_t ledger_root;
    uint64_t payload_size; /* filled on reading; ignored on writing */
} dure_checkpoint_t;

/* Writing, beside the appends:  begin, then chunk while READY, then end; the events drive it. */
typedef enum {
    DURE_CHECKPOINT_IDLE,    /* none is being written */
    DURE_CHECKPOINT_READY,   /* takes the next chunk, or the end */
    DURE_CHECKPOINT_WRITING, /* wait for an event */
} dure_checkpoint_state_t;

/* dure_store_checkpoint_begin: BUSY if one is being written; NOT_FOUND if the height is not
   durable.  The newer file is never touched. */
DURE_MUST_USE dure_store_result_t dure_store_checkpoint_begin(dure_store_t *store,
                                                              const dure_checkpoint_t *checkpoint);
/* dure_store_checkpoint_chunk: copies 1..DURE_STORE_CHUNK_SIZE_MAX bytes.  BUSY unless READY. */
DURE_MUST_USE dure_store_result_t dure_store_checkpoint_chunk(dure_store_t *store, const void *data,
                                                              size_t size);
/* dure_store_checkpoint_end: after this the state is WRITING until the checkpoint is valid on the
   disk, then IDLE and dure_store_checkpoint_height moves. */
DURE_MUST_USE dure_store_result_t dure_store_checkpoint_end(dure_store_t *store);
/* dure_store_checkpoint_abort: gives up; waits for the chunk under way. */
void dure_store_checkpoint_abort(dure_store_t *store);
dure_checkpoint_state_t dure_store_checkpoint_state(const dure_store_t *store);
/* dure_store_checkpoint_error: why the last checkpoint was given up (no space: the log goes on);
   OK if it was not. */
dure_store_result_t dure_store_checkpoint_error(const dure_store_t *store);
/* The height of the newest checkpoint that was completed or loaded; 0: none. */
uint64_t dure_store_checkpoint_height(const dure_store_t *store);

/* Loading, after open and before the first append:
       while (dure_store_checkpoint_next(store, &checkpoint) == DURE_STORE_OK)
           if (load(store) && roots match) break;    reads with dure_store_checkpoint_read
       none was good: replay from the genesis.
   dure_store_checkpoint_next: the newest file not yet tried whose header is valid, whose height is
   not above the log and whose log hash is the log's; NOT_FOUND when there is none left.  A file
   that was refused is told by dure_store_message. */
DURE_MUST_USE dure_store_result_t dure_store_checkpoint_next(dure_store_t *store,
                                                             dure_checkpoint_t *checkpoint);
/* dure_store_checkpoint_again: all files count as not yet tried. */
void dure_store_checkpoint_again(dure_store_t *store);
/* dure_store_checkpoint_read: the next chunk, exactly as it was written, already verified; an empty
   chunk after the last one.  CORRUPT: what was handed out belongs to a damaged file; start over
   with the next file.  It does not fail the store.  Borrowed until the next call. */
DURE_MUST_USE dure_store_result_t dure_store_checkpoint_read(dure_store_t *store,
                                                             dure_bytes_t *chunk);

#endif

/* store_private: the parts of the store.  Not for other folders. */
#ifndef DURE_STORE_PRIVATE_H
#define DURE_STORE_PRIVATE_H

#include "store/dure_store.h"

/* ---- formats (docs/formats/log.md, docs/formats/checkpoint.md) ---------------------------------
 */
#define SECTOR             ((size_t)DURE_IO_SECTOR_SIZE)
#define SALT_SIZE          16u
#define BATCH_HEADER_SIZE  136u
#define BLOCK_PREFIX_SIZE  4u
#define MARKER_SLOTS       2u
#define MARKER_SLOT_STRIDE 4096u
#define MARKER_FILE_SIZE   (MARKER_SLOTS * MARKER_SLOT_STRIDE)
#define MARKER_FILE        "head.dure"
#define BASE_FILE          "base.dure"
#define PRUNE_SEGMENTS_MAX 16u /* removed at once: where recovery looks for ones left over */
#define CHUNK_HEADER_SIZE  40u
#define CHECKPOINT_SLOTS   2u
#define RECORD_SIZE_MAX    (DURE_STORE_BATCH_SIZE_MAX + 2u * SECTOR)
#define ANCHOR_DISTANCE    65536u /* bytes of a segment between two places the index remembers */
#define ANCHORED_MAX       64u    /* segments whose places are remembered at once */
#define SCAN_SIZE          (1024u * 1024u)
#define MARKER_PERIOD_NS   UINT64_C(1000000000)
#define MARKER_IDLE_NS     UINT64_C(20000000)
#define PREPARE_PERIOD_NS  UINT64_C(1000000000) /* between two attempts to find space */
#define SEGMENTS_MAX       99999999u

typedef struct {
    uint8_t bytes[SALT_SIZE];
} salt_t;

/* How a sector was found. */
typedef enum {
    SECTOR_VALID,
    SECTOR_EMPTY,   /* all zero, or beyond the file */
    SECTOR_INVALID, /* anything else */
    SECTOR_VERSION, /* begins as ours, by a format that is not known here */
} sector_t;

typedef struct {
    dure_hash_t chain_id;
    salt_t salt;
    uint64_t segment;
    uint64_t first_height;
    dure_hash_t previous; /* hash of the last batch of the segment before; zero for the first */
    dure_hash_t hash;
} segment_header_t;

typedef struct {
    uint32_t block_count;
    uint64_t first_height;
    uint32_t payload_size;
    uint64_t segment;
    uint64_t offset;
    dure_hash_t previous;
    dure_hash_t hash;
} batch_header_t;

typedef struct {
    bool is_clean; /* the log was closed in order: nothing was under way */
    dure_hash_t chain_id;
    salt_t salt;
    uint64_t sequence;
    uint64_t segment; /* of the last batch; 0 if there is none */
    uint64_t offset;  /* where the last batch begins */
    uint64_t end;     /* and ends, with its padding */
    uint64_t height;  /* of its last block */
    uint64_t first_height;
    dure_hash_t hash; /* of the last batch */
} marker_t;

/* Where a log begins that does not begin with segment 1. */
typedef struct {
    bool is_state_alone; /* what was before never was in this directory */
    dure_hash_t chain_id;
    salt_t salt;
    uint64_t segment;
    uint64_t first_height;
    dure_hash_t previous; /* as in the header of the segment */
} base_t;

typedef struct {
    dure_checkpoint_t info;
    dure_hash_t chain_id;
    uint64_t chunk_count;
    dure_hash_t log_hash; /* of the batch that holds the block of the height */
    dure_hash_t payload_hash;
    uint64_t file_size;
} checkpoint_header_t;

/* store_format.c: bytes <-> structs; a VALID sector has a right hash and zero padding. */
size_t store_padded(size_t size);
bool store_is_zero(const uint8_t *data, size_t size);
void store_segment_encode(uint8_t out[DURE_IO_SECTOR_SIZE], segment_header_t *header);
sector_t store_segment_decode(segment_header_t *header, const uint8_t in[DURE_IO_SECTOR_SIZE]);
/* Fills the header and the padding around a payload that stands at record + BATCH_HEADER_SIZE. */
void store_batch_encode(uint8_t *record, batch_header_t *header, const salt_t *salt);
/* Only the header; its body may be anything. */
sector_t store_batch_decode(batch_header_t *header, const uint8_t in[DURE_IO_SECTOR_SIZE],
                            const salt_t *salt);
void store_batch_hash(dure_hash_t *hash, const uint8_t *record, uint32_t payload_size);
void store_marker_encode(uint8_t out[DURE_IO_SECTOR_SIZE], const marker_t *marker);
sector_t store_marker_decode(marker_t *marker, const uint8_t in[DURE_IO_SECTOR_SIZE]);
void store_base_encode(uint8_t out[DURE_IO_SECTOR_SIZE], const base_t *base);
sector_t store_base_decode(base_t *base, const uint8_t in[DURE_IO_SECTOR_SIZE]);
void store_checkpoint_encode(uint8_t out[DURE_IO_SECTOR_SIZE], const checkpoint_header_t *header);
sector_t store_checkpoint_decode(checkpoint_header_t *header,
                                 const uint8_t in[DURE_IO_SECTOR_SIZE]);
void store_checkpoint_seed(dure_hash_t *hash, const checkpoint_header_t *header);
void store_chunk_hash(dure_hash_t *hash, const dure_hash_t *previous, const uint8_t *data,
                      uint32_t size);

/* ---- the store ---------------------------------------------------------------------------------
 */

/* A place between two batches: where the next one stands, what it is chained to, its height. */
typedef struct {
    uint64_t segment; /* 0: before the first segment */
    uint64_t offset;
    uint64_t height;
    dure_hash_t hash;
} place_t;

typedef struct {
    uint64_t height;
    uint64_t offset;
} anchor_t;

/* A segment that holds its header. */
typedef struct {
    uint64_t first_height;
    uint64_t size; /* bytes used: header, batches, padding; 0: not known (an old one) */
    anchor_t *anchors;
    size_t anchor_count;
    size_t anchor_capacity;
} segment_t;

typedef enum {
    APPEND_IDLE,
    APPEND_HELD,    /* built; waits until the next segment is prepared */
    APPEND_WRITING, /* written and synced by io */
} append_phase_t;

/* The file of the segment after the active one.  Zeros are written into it ahead of its use: a sync
   of bytes that were written before takes about half as long as one into room merely reserved. */
typedef struct {
    dure_io_file_t file; /* 0: not begun */
    bool is_syncing;     /* a step of the preparation is under way */
    bool is_last_step;
    bool is_given_up; /* no further step: the store is being closed */
    bool is_ready;    /* its room and its name are on the disk */
    uint64_t zeroed;  /* bytes */
    uint64_t size;
    uint64_t retry_ns; /* after a lack of space */
} next_t;

typedef enum { RECORD_GOOD, RECORD_ABSENT, RECORD_TORN, RECORD_BAD, RECORD_BROKEN } record_t;

/* Completions carry one of these tokens. */
#define TOKEN_LOG        UINT64_C(0x53544F5200000001)
#define TOKEN_PREPARE    UINT64_C(0x53544F5200000002)
#define TOKEN_MARKER     UINT64_C(0x53544F5200000003)
#define TOKEN_CHECKPOINT UINT64_C(0x53544F5200000004)

typedef struct {
    dure_checkpoint_state_t state;
    dure_store_result_t error;
    uint32_t current_slot; /* the one never touched; CHECKPOINT_SLOTS: none */
    uint64_t height;       /* of the current one */
    /* Of what each slot holds, if this process wrote or read it whole; else 0. */
    uint64_t good_heights[CHECKPOINT_SLOTS];
    /* writing */
    dure_io_file_t file;
    uint32_t slot;
    bool is_started; /* an asynchronous write is under way */
    bool is_ending;
    checkpoint_header_t header;
    uint64_t offset;
    uint8_t *buffer; /* one chunk with its header; SCAN_SIZE + CHUNK_HEADER_SIZE */
    /* loading */
    bool is_tried[CHECKPOINT_SLOTS];
    dure_io_file_t load_file;
    checkpoint_header_t load_header;
    uint64_t load_offset;
    uint64_t load_size;
    uint64_t load_count;
    dure_hash_t load_hash;
} checkpoint_t;

struct dure_store {
    dure_io_t *io;
    dure_store_config_t config;
    dure_store_result_t state;
    char message[DURE_STORE_MESSAGE_SIZE];
    salt_t salt;
    uint64_t created_height; /* the first height that the log ever had */
    uint64_t first_height;   /* the first that can be read */

    /* Segments below the base are not in the directory; those from the lowest on can be read, from
       the archive.  Without one, lowest and base are the same. */
    base_t base;
    uint64_t lowest;
    dure_hash_t lowest_previous; /* what the lowest segment is chained to */

    segment_t *segments; /* number n stands at n - lowest */
    size_t segment_count;
    size_t segment_capacity;
    size_t anchored_count;

    /* appending */
    append_phase_t phase;
    place_t end;           /* of what is durable */
    uint64_t last_offset;  /* where the last durable batch begins */
    uint64_t last_segment; /* 0: there is no batch */
    dure_hash_t last_hash;
    dure_io_file_t active_file; /* of segment number segment_count; 0 if there is none */
    uint64_t active_size;       /* bytes that the file has room for */
    next_t next;
    uint8_t *batch; /* a sector of room for a segment header, then the record */
    size_t batch_capacity;
    size_t batch_size;           /* of the record */
    batch_header_t batch_header; /* of the record under way */
    segment_header_t batch_segment;
    bool batch_opens_segment;
    uint64_t head_height;
    uint64_t durable_height;
    uint64_t log_size;

    /* marker */
    dure_io_file_t marker_file;
    uint64_t marker_sequence;
    uint64_t marker_height;                 /* of the last marker written */
    bool is_recovered;                      /* opened wholly: the end is known */
    uint64_t marker_segments[MARKER_SLOTS]; /* that the two last ones name */
    uint64_t marker_ns;                     /* when */
    uint64_t acked_ns;                      /* when the last batch became durable */
    bool marker_is_writing;
    uint8_t marker_sector[DURE_IO_SECTOR_SIZE];

    /* reading */
    dure_io_file_t read_file;
    dure_io_t *read_io; /* that it is a file of */
    uint64_t read_segment;
    uint8_t *record; /* the last batch read */
    size_t record_capacity;
    bool has_record;
    batch_header_t record_header;

    uint8_t *scan;           /* SCAN_SIZE */
    bool scrub_is_under_way; /* a pass was begun */
    bool scrub_is_in_tail;
    bool scrub_is_at_end; /* in the tail of what was the last segment when it came there */
    place_t scrub_place;
    dure_store_scrub_t scrub;

    checkpoint_t checkpoint;
};

/* store.c */
dure_store_result_t store_say(dure_store_t *store, dure_store_result_t result, const char *format,
                              ...) __attribute__((format(printf, 3, 4)));
/* store_fail: as store_say, and the store is failed for good. */
dure_store_result_t store_fail(dure_store_t *store, dure_store_result_t result, const char *format,
                               ...) __attribute__((format(printf, 3, 4)));
dure_store_result_t store_fail_io(dure_store_t *store, const char *doing, uint64_t segment);
dure_store_result_t store_corrupt(dure_store_t *store, uint64_t segment, uint64_t offset,
                                  const char *what);
void store_segment_name(char name[DURE_IO_NAME_SIZE], uint64_t segment);
bool store_reserve(uint8_t **buffer, size_t *capacity, size_t size);
bool store_segment_add(dure_store_t *store, uint64_t first_height);
segment_t *store_segment(const dure_store_t *store, uint64_t segment);
/* The number of the last segment; 0 if there is none. */
uint64_t store_last_segment(const dure_store_t *store);
/* Where the files of a segment are: the directory, or the archive. */
dure_io_t *store_io_of(const dure_store_t *store, uint64_t segment);
void store_read_close(dure_store_t *store);
void store_anchor_add(dure_store_t *store, uint64_t segment, uint64_t height, uint64_t offset);
void store_marker_now(dure_store_t *store, marker_t *marker, bool is_clean);
/* store_marker_write: synchronously, into the older slot. */
dure_store_result_t store_marker_write(dure_store_t *store, bool is_clean);

/* store_open.c */
dure_store_result_t store_recover(dure_store_t *store, dure_store_report_t *report);

/* store_append.c */
void store_append_finish(dure_store_t *store);
void store_prepare_finish(dure_store_t *store);

/* store_read.c */
/* store_record_check: reads the batch at a place into store->record. */
dure_store_result_t store_record_check(dure_store_t *store, record_t *found, dure_io_file_t file,
                                       const place_t *place);
uint64_t store_record_end(const batch_header_t *header);
/* The file of a segment for reading: the active one, or the one kept open. */
dure_store_result_t store_segment_file(dure_store_t *store, dure_io_file_t *file, uint64_t segment);
/* The header of the batch that holds a durable height. */
dure_store_result_t store_find(dure_store_t *store, batch_header_t *header, uint64_t height);

/* store_prune.c */
/* What base.dure says; without it the log begins with segment 1. */
dure_store_result_t store_base_load(dure_store_t *store);
/* Removes what an interrupted prune left below the base. */
dure_store_result_t store_base_tidy(dure_store_t *store);
uint64_t store_scrub_first(const dure_store_t *store);

/* store_checkpoint.c */
void store_checkpoint_completed(dure_store_t *store, dure_io_result_t result);
void store_checkpoint_close(dure_store_t *store);

#endif

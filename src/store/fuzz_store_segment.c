/* Any bytes as the files of a log: opening, reading and scrubbing may refuse, never crash, and what
   is read stays within the limits.  The input is cut into head.dure (its first 8,192 bytes) and
   log-00000001.dure (the rest); hashes cannot be guessed, so a second run seals them first. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/store_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Makes the hashes of head, segment and batches right, so that the checks behind them are met. */
static void seal(uint8_t *head, uint8_t *log, size_t log_size, const dure_hash_t *chain_id)
{
    marker_t marker;
    for (size_t slot = 0; slot < MARKER_SLOTS; slot++) {
        uint8_t *sector = head + slot * MARKER_SLOT_STRIDE;
        (void)store_marker_decode(&marker, sector);
        marker.chain_id = *chain_id;
        store_marker_encode(sector, &marker);
    }
    (void)store_marker_decode(&marker, head);
    if (log_size < SECTOR) {
        return;
    }
    segment_header_t segment;
    (void)store_segment_decode(&segment, log);
    segment.chain_id = *chain_id;
    segment.salt = marker.salt;
    store_segment_encode(log, &segment);
    dure_hash_t previous = segment.hash;
    size_t at = SECTOR;
    while (log_size - at >= SECTOR) {
        batch_header_t batch = {0};
        (void)store_batch_decode(&batch, log + at, &marker.salt);
        uint64_t end = at + store_padded(BATCH_HEADER_SIZE + (size_t)batch.payload_size);
        if (dure_get_u32(log + at) == 0 || end > log_size) {
            break;
        }
        batch.previous = previous;
        store_batch_encode(log + at, &batch, &marker.salt);
        previous = batch.hash;
        at = end;
    }
}

static void run(const uint8_t *head, const uint8_t *log, size_t log_size,
                const dure_hash_t *chain_id, bool read_only)
{
    dure_io_sim_t *sim = dure_io_sim_new(1);
    dure_store_t *store = NULL;
    dure_store_report_t report;
    dure_store_config_t config = {
        .first_height = 1, .segment_size = 8192, .read_only = read_only, .chain_id = *chain_id};
    dure_io_sim_put(sim, "head.dure", head, MARKER_FILE_SIZE);
    dure_io_sim_put(sim, "log-00000001.dure", log, log_size);
    dure_io_sim_put(sim, "checkpoint-a.dure", log, log_size);
    dure_io_t *io = dure_io_sim_process(sim);
    if (dure_store_open(&store, &report, io, &config) == DURE_STORE_OK) {
        dure_bytes_t bytes = dure_bytes("block", 5);
        dure_checkpoint_t checkpoint;
        dure_store_scrub_t progress;
        uint64_t height = report.first_height;
        while (height <= report.head_height &&
               dure_store_read(store, &bytes, height) == DURE_STORE_OK) {
            DURE_ASSERT(bytes.size > 0 && bytes.size <= DURE_STORE_BLOCK_SIZE_MAX);
            height++;
        }
        while (dure_store_checkpoint_next(store, &checkpoint) == DURE_STORE_OK) {
            while (dure_store_checkpoint_read(store, &bytes) == DURE_STORE_OK && bytes.size > 0) {
            }
        }
        bytes = dure_bytes("block", 5);
        dure_store_result_t result = dure_store_scrub_step(store, &progress, 100000);
        if (result == DURE_STORE_OK && !read_only) {
            result = dure_store_append(store, &bytes, 1);
            DURE_ASSERT(result == DURE_STORE_OK || dure_store_message(store)[0] != 0);
        }
    }
    (void)dure_store_close(store);
    dure_io_sim_free(sim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dure_hash_t chain_id;
    memset(chain_id.bytes, 1, sizeof chain_id.bytes);
    size_t head_size = size < MARKER_FILE_SIZE ? size : MARKER_FILE_SIZE;
    size_t log_size = size - head_size;
    uint8_t *head = calloc(1, MARKER_FILE_SIZE);
    uint8_t *log = malloc(log_size + 1);
    if (head == NULL || log == NULL || log_size > 65536) {
        free(head);
        free(log);
        return 0;
    }
    memcpy(head, data, head_size);
    memcpy(log, data + head_size, log_size);
    run(head, log, log_size, &chain_id, true);
    run(head, log, log_size, &chain_id, false);
    seal(head, log, log_size, &chain_id);
    run(head, log, log_size, &chain_id, true);
    run(head, log, log_size, &chain_id, false);
    free(head);
    free(log);
    return 0;
}

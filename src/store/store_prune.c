/* store_prune: where a log begins whose first segments were removed, and how they are removed.

   base.dure is durable before a file is removed, and the head marker, in both its slots, names none
   of them: so at every moment what is named is there.  Files below the base are left over from an
   interruption and are removed at the next start. */
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

dure_store_result_t store_base_load(dure_store_t *store)
{
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    base_t base;
    dure_io_file_t file = 0;
    dure_io_result_t got = dure_io_file_open(store->io, &file, BASE_FILE, DURE_IO_OPEN);
    if (got == DURE_IO_NOT_FOUND) {
        return DURE_STORE_OK;
    }
    if (got != DURE_IO_OK) {
        return store_fail_io(store, "opening " BASE_FILE, 0);
    }
    if (!store->config.read_only && dure_io_file_sync(store->io, file) != DURE_IO_OK) {
        dure_io_file_close(store->io, file);
        return store_fail_io(store, "syncing " BASE_FILE, 0);
    }
    dure_io_file_drop_cache(store->io, file, 0, 0);
    got = dure_io_file_read(store->io, file, sector, SECTOR, 0);
    dure_io_file_close(store->io, file);
    if (got != DURE_IO_OK && got != DURE_IO_SHORT) {
        return store_fail_io(store, "reading " BASE_FILE, 0);
    }
    sector_t found = got == DURE_IO_OK ? store_base_decode(&base, sector) : SECTOR_INVALID;
    if (found == SECTOR_VERSION) {
        return store_fail(store, DURE_STORE_VERSION,
                          "%s was written by a newer program; use that one", BASE_FILE);
    }
    if (found != SECTOR_VALID || !dure_hash_equal(&base.chain_id, &store->config.chain_id) ||
        memcmp(base.salt.bytes, store->salt.bytes, SALT_SIZE) != 0) {
        return store_fail(store, DURE_STORE_CORRUPT,
                          "%s, which says where this log begins, is damaged or of another log: "
                          "restore the file from a copy",
                          BASE_FILE);
    }
    store->base = base;
    store->lowest = base.segment;
    store->first_height = base.first_height;
    return DURE_STORE_OK;
}

dure_store_result_t store_base_tidy(dure_store_t *store)
{
    bool has_removed = false;
    uint64_t base = store->base.segment;
    for (uint64_t n = base > PRUNE_SEGMENTS_MAX ? base - PRUNE_SEGMENTS_MAX : 1; n < base; n++) {
        char name[DURE_IO_NAME_SIZE];
        store_segment_name(name, n);
        dure_io_result_t got = dure_io_unlink(store->io, name);
        if (got != DURE_IO_OK && got != DURE_IO_NOT_FOUND) {
            return store_fail_io(store, "removing a segment left over", 0);
        }
        has_removed |= got == DURE_IO_OK;
    }
    if (has_removed && dure_io_sync_directory(store->io) != DURE_IO_OK) {
        return store_fail_io(store, "removing segments left over", 0);
    }
    return DURE_STORE_OK;
}

bool dure_store_is_state_alone(const dure_store_t *store)
{
    return store->base.is_state_alone;
}

uint64_t dure_store_base_segment(const dure_store_t *store)
{
    return store->base.segment;
}

uint64_t dure_store_checkpoint_older_height(const dure_store_t *store)
{
    const uint64_t *heights = store->checkpoint.good_heights;
    return heights[0] < heights[1] ? heights[0] : heights[1];
}

bool dure_store_segment(const dure_store_t *store, dure_store_segment_t *segment, uint64_t number)
{
    if (number < store->base.segment || number >= store_last_segment(store)) {
        return false;
    }
    *segment = (dure_store_segment_t){
        .number = number,
        .first_height = store_segment(store, number)->first_height,
        .last_height = store_segment(store, number + 1)->first_height - 1,
    };
    return true;
}

/* ---- removing -------------------------------------------------------------------------------- */

/* The header of a segment of the directory, from the device. */
static dure_store_result_t read_header(dure_store_t *store, segment_header_t *header,
                                       uint64_t segment)
{
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    dure_io_file_t file = 0;
    dure_store_result_t result = store_segment_file(store, &file, segment);
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (dure_io_file_read(store->io, file, sector, SECTOR, 0) != DURE_IO_OK) {
        return store_fail_io(store, "pruning", segment);
    }
    if (store_segment_decode(header, sector) != SECTOR_VALID || header->segment != segment ||
        header->first_height != store_segment(store, segment)->first_height) {
        return store_corrupt(store, segment, 0, "the header of the segment is damaged");
    }
    return DURE_STORE_OK;
}

/* Neither slot may name what will be gone: the newer one may turn out torn. */
static dure_store_result_t move_markers(dure_store_t *store, uint64_t segment)
{
    dure_store_result_t result = DURE_STORE_OK;
    for (uint32_t i = 0; i < MARKER_SLOTS && result == DURE_STORE_OK; i++) {
        bool is_behind = store->marker_segments[0] < segment || store->marker_segments[1] < segment;
        if (is_behind && store->config.planted_bug != DURE_STORE_BUG_PRUNE_MARKER) {
            result = store_marker_write(store, false);
        }
    }
    return result;
}

static dure_store_result_t write_base(dure_store_t *store, const base_t *base)
{
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    store_base_encode(sector, base);
    dure_io_result_t got = dure_io_replace(store->io, BASE_FILE, sector, SECTOR);
    if (got == DURE_IO_NO_SPACE) {
        return store_say(store, DURE_STORE_NO_SPACE, "no space left to prune: free space");
    }
    return got == DURE_IO_OK ? DURE_STORE_OK : store_fail_io(store, "writing " BASE_FILE, 0);
}

static dure_store_result_t remove_files(dure_store_t *store, uint64_t from, uint64_t until)
{
    for (uint64_t n = from; n < until; n++) {
        char name[DURE_IO_NAME_SIZE];
        store_segment_name(name, n);
        dure_io_result_t got = dure_io_unlink(store->io, name);
        if (got != DURE_IO_OK && got != DURE_IO_NOT_FOUND) {
            return store_fail_io(store, "removing an old segment", 0);
        }
    }
    return dure_io_sync_directory(store->io) == DURE_IO_OK
               ? DURE_STORE_OK
               : store_fail_io(store, "removing old segments", 0);
}

/* Bytes of segments of the directory, as they count in the log's size. */
static uint64_t size_of(dure_store_t *store, uint64_t from, uint64_t until)
{
    uint64_t total = 0;
    for (uint64_t n = from; n < until; n++) {
        dure_io_file_t file = 0;
        uint64_t size = 0;
        if (store_segment_file(store, &file, n) == DURE_STORE_OK &&
            dure_io_file_size(store->io, file, &size) == DURE_IO_OK) {
            total += size;
        }
    }
    return total < store->log_size ? total : store->log_size;
}

/* What stood in the directory is the archive's now, or nobody's. */
static void forget_segments(dure_store_t *store, const base_t *base)
{
    uint64_t gone = base->segment - store->base.segment;
    store_read_close(store);
    store->has_record = false;
    if (store->config.archive == NULL) {
        for (uint64_t i = 0; i < gone; i++) {
            free(store->segments[i].anchors);
            store->anchored_count -= store->segments[i].anchor_count > 0;
        }
        store->segment_count -= gone;
        memmove(store->segments, store->segments + gone,
                store->segment_count * sizeof *store->segments);
        store->lowest = base->segment;
        store->lowest_previous = base->previous;
        store->first_height = base->first_height;
    }
    if (store->scrub_place.segment < base->segment) {
        store->scrub_is_under_way = false;
    }
    store->base = *base;
}

dure_store_result_t dure_store_prune(dure_store_t *store, bool *is_done, uint64_t segment)
{
    segment_header_t header;
    *is_done = segment <= store->base.segment;
    if (store->state != DURE_STORE_OK) {
        return DURE_STORE_FAILED;
    }
    if (store->config.read_only) {
        return store_say(store, DURE_STORE_READ_ONLY, "the store was opened only for reading");
    }
    if (*is_done) {
        return DURE_STORE_OK;
    }
    if (store->marker_is_writing) {
        return DURE_STORE_BUSY;
    }
    if (segment > store_last_segment(store)) {
        return store_say(store, DURE_STORE_NOT_FOUND, "no such segment");
    }
    bool is_last = segment - store->base.segment <= PRUNE_SEGMENTS_MAX;
    uint64_t until = is_last ? segment : store->base.segment + PRUNE_SEGMENTS_MAX;
    uint64_t from = store->base.segment;
    DURE_ASSERT(store_segment(store, until)->first_height <=
                dure_store_checkpoint_older_height(store));
    bool removes_first = store->config.planted_bug == DURE_STORE_BUG_PRUNE_FIRST;
    dure_store_result_t result = read_header(store, &header, until);
    if (result == DURE_STORE_OK) {
        result = move_markers(store, until);
    }
    base_t base = {.is_state_alone = store->base.is_state_alone,
                   .chain_id = store->config.chain_id,
                   .salt = store->salt,
                   .segment = until,
                   .first_height = header.first_height,
                   .previous = header.previous};
    if (result == DURE_STORE_OK && removes_first) {
        result = remove_files(store, from, until);
    }
    if (result == DURE_STORE_OK) {
        result = write_base(store, &base);
    }
    if (result == DURE_STORE_OK) {
        store->log_size -= removes_first ? 0 : size_of(store, from, until);
        forget_segments(store, &base);
        result = remove_files(store, from, until);
    }
    *is_done = result == DURE_STORE_OK && is_last;
    return result;
}

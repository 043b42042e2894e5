/* store_append: batches, the segments they need, and the head marker beside them. */
#include "store/store_private.h"

#include <inttypes.h>
#include <string.h>

#define ZEROS_SIZE 262144u /* written at once: small beside what a sync of the log may wait for */

/* ---- the next segment --------------------------------------------------------------------------
   Its room is reserved and its name synced while the active one is still being filled, so that a
   lack of space is met early and the change of segment costs no extra sync. */

static dure_store_result_t no_space(dure_store_t *store, uint64_t segment)
{
    store->next.retry_ns = dure_io_monotonic_ns(store->io) + PREPARE_PERIOD_NS;
    return store_say(store, DURE_STORE_NO_SPACE,
                     "no space left on the device for log segment %" PRIu64
                     ": free space; payments are refused until then",
                     segment);
}

static dure_store_result_t drop_next(dure_store_t *store, const char *name, uint64_t segment)
{
    dure_io_file_close(store->io, store->next.file);
    store->next = (next_t){0};
    if (dure_io_unlink(store->io, name) != DURE_IO_OK) {
        return store_fail_io(store, "removing an unused file", segment);
    }
    return no_space(store, segment);
}

/* Writes the next zeros; or, when all are there or a batch waits for the segment, makes the file's
   room and name durable. */
static dure_store_result_t prepare_step(dure_store_t *store, bool is_awaited)
{
    static const uint8_t zeros[ZEROS_SIZE];
    next_t *next = &store->next;
    uint64_t left = next->size - next->zeroed;
    size_t part = left < ZEROS_SIZE ? (size_t)left : ZEROS_SIZE;
    next->is_last_step = is_awaited || left == 0;
    dure_io_write_t write = {.file = next->file,
                             .lane = DURE_IO_LANE_BACKGROUND,
                             .offset = next->zeroed,
                             .data = zeros,
                             .size = next->is_last_step ? 0 : part,
                             .flags = DURE_IO_SYNC_DATA,
                             .token = TOKEN_PREPARE};
    if (next->is_last_step) {
        write.flags |= DURE_IO_SYNC_DIRECTORY;
    }
    next->zeroed += write.size;
    next->is_syncing = dure_io_write_start(store->io, &write) == DURE_IO_OK;
    return next->is_syncing
               ? DURE_STORE_OK
               : store_fail_io(store, "preparing the file", store_last_segment(store) + 1);
}

/* Opens the file and reserves its room; then its first step is under way. */
static dure_store_result_t prepare_start(dure_store_t *store, uint64_t size, bool is_awaited)
{
    uint64_t segment = store_last_segment(store) + 1;
    char name[DURE_IO_NAME_SIZE];
    DURE_ASSERT(store->next.file == 0);
    if (segment > SEGMENTS_MAX) {
        return no_space(store, segment);
    }
    store_segment_name(name, segment);
    dure_io_result_t got =
        dure_io_file_open(store->io, &store->next.file, name, DURE_IO_OPEN_OR_CREATE);
    if (got == DURE_IO_NO_SPACE) {
        return no_space(store, segment);
    }
    if (got == DURE_IO_OK) {
        got = dure_io_file_preallocate(store->io, store->next.file, size);
    }
    if (got == DURE_IO_NO_SPACE) {
        return drop_next(store, name, segment);
    }
    if (got != DURE_IO_OK) {
        return store_fail_io(store, "preparing the file", segment);
    }
    store->next.size = size;
    return prepare_step(store, is_awaited);
}

/* Before the active segment is full, if space was not short just now. */
static void prepare_early(dure_store_t *store)
{
    bool is_half_full = store->end.offset >= store->active_size / 2;
    bool may_try = store->next.file == 0 && store->phase == APPEND_IDLE &&
                   dure_io_monotonic_ns(store->io) >= store->next.retry_ns;
    if (store->state == DURE_STORE_OK && is_half_full && may_try) {
        (void)prepare_start(store, store->config.segment_size,
                            false); /* a lack of space is told later */
    }
}

/* Room for a record of this size at the beginning of the next segment. */
static dure_store_result_t prepare_for(dure_store_t *store, uint64_t size)
{
    uint64_t needed = SECTOR + size;
    uint64_t wanted = needed > store->config.segment_size ? needed : store->config.segment_size;
    if (store->next.file == 0) {
        return prepare_start(store, wanted, true);
    }
    if (store->next.size < needed) {
        /* A batch larger than a segment; its own sync makes the new size durable. */
        dure_io_result_t got = dure_io_file_preallocate(store->io, store->next.file, needed);
        if (got == DURE_IO_NO_SPACE) {
            return no_space(store, store_last_segment(store) + 1);
        }
        if (got != DURE_IO_OK) {
            return store_fail_io(store, "preparing the file", store_last_segment(store) + 1);
        }
        store->next.size = needed;
    }
    return DURE_STORE_OK;
}

/* ---- a batch --------------------------------------------------------------------------------- */

static dure_store_result_t measure(dure_store_t *store, size_t *payload, const dure_bytes_t *blocks,
                                   size_t count)
{
    *payload = 0;
    bool fits = count > 0 && count <= DURE_STORE_BATCH_BLOCKS_MAX;
    for (size_t i = 0; i < count && fits; i++) {
        fits = blocks[i].size > 0 && blocks[i].size <= DURE_STORE_BLOCK_SIZE_MAX;
        *payload += BLOCK_PREFIX_SIZE + blocks[i].size;
        fits = fits && *payload <= DURE_STORE_BATCH_SIZE_MAX;
    }
    return fits ? DURE_STORE_OK
                : store_say(store, DURE_STORE_TOO_LARGE, "a batch or a block of no allowed size");
}

static void build(dure_store_t *store, const dure_bytes_t *blocks, size_t count, size_t payload)
{
    uint8_t *record = store->batch + SECTOR;
    uint8_t *at = record + BATCH_HEADER_SIZE;
    for (size_t i = 0; i < count; i++) {
        dure_put_u32(at, (uint32_t)blocks[i].size);
        memcpy(at + BLOCK_PREFIX_SIZE, blocks[i].data, blocks[i].size);
        at += BLOCK_PREFIX_SIZE + blocks[i].size;
    }
    store->batch_header = (batch_header_t){.block_count = (uint32_t)count,
                                           .first_height = store->end.height,
                                           .payload_size = (uint32_t)payload,
                                           .segment = store->end.segment,
                                           .offset = store->end.offset,
                                           .previous = store->end.hash};
    if (store->batch_opens_segment) {
        store->batch_segment = (segment_header_t){.chain_id = store->config.chain_id,
                                                  .salt = store->salt,
                                                  .segment = store_last_segment(store) + 1,
                                                  .first_height = store->end.height,
                                                  .previous = store->end.hash};
        store_segment_encode(store->batch, &store->batch_segment);
        store->batch_header.segment = store_last_segment(store) + 1;
        store->batch_header.offset = SECTOR;
        store->batch_header.previous = store->batch_segment.hash;
    }
    store_batch_encode(record, &store->batch_header, &store->salt);
    store->head_height = store->end.height + count - 1;
}

/* The header of a new segment and its first batch are one write and one sync. */
static dure_store_result_t write_batch(dure_store_t *store)
{
    bool opens = store->batch_opens_segment;
    dure_io_write_t write = {.file = opens ? store->next.file : store->active_file,
                             .lane = DURE_IO_LANE_LOG,
                             .offset = opens ? 0 : store->batch_header.offset,
                             .data = opens ? store->batch : store->batch + SECTOR,
                             .size = store->batch_size + (opens ? SECTOR : 0),
                             .flags = DURE_IO_SYNC_DATA,
                             .token = TOKEN_LOG};
    store->phase = APPEND_WRITING;
    if (dure_io_write_start(store->io, &write) != DURE_IO_OK) {
        store->phase = APPEND_IDLE;
        return store_fail_io(store, "starting to write a batch", store->batch_header.segment);
    }
    if (store->config.planted_bug == DURE_STORE_BUG_ACK_BEFORE_SYNC) {
        store->durable_height = store->head_height;
    }
    return DURE_STORE_OK;
}

dure_store_result_t dure_store_append_start(dure_store_t *store, const dure_bytes_t *blocks,
                                            size_t count)
{
    size_t payload = 0;
    if (store->state != DURE_STORE_OK) {
        return DURE_STORE_FAILED;
    }
    if (store->config.read_only) {
        return store_say(store, DURE_STORE_READ_ONLY, "the store was opened only for reading");
    }
    if (store->phase != APPEND_IDLE) {
        return DURE_STORE_BUSY;
    }
    dure_store_result_t result = measure(store, &payload, blocks, count);
    if (result != DURE_STORE_OK) {
        return result;
    }
    store->batch_size = store_padded(BATCH_HEADER_SIZE + payload);
    store->batch_opens_segment =
        store->active_file == 0 || store->active_size < store->end.offset + store->batch_size;
    if (store->batch_opens_segment) {
        result = prepare_for(store, store->batch_size);
    }
    if (result == DURE_STORE_OK &&
        !store_reserve(&store->batch, &store->batch_capacity, SECTOR + store->batch_size)) {
        result = store_say(store, DURE_STORE_NO_MEMORY, "no memory for a batch");
    }
    if (result != DURE_STORE_OK) {
        return result;
    }
    build(store, blocks, count, payload);
    if (store->batch_opens_segment && !store->next.is_ready) {
        store->phase = APPEND_HELD;
        return DURE_STORE_OK;
    }
    return write_batch(store);
}

bool dure_store_append_is_busy(const dure_store_t *store)
{
    return store->phase != APPEND_IDLE;
}

/* ---- completions ----------------------------------------------------------------------------- */

static void open_new_segment(dure_store_t *store)
{
    if (!store_segment_add(store, store->batch_segment.first_height)) {
        (void)store_fail(store, DURE_STORE_NO_MEMORY, "no memory for the index of the log");
        return;
    }
    store->log_size += store->active_size - store->end.offset + SECTOR;
    dure_io_file_close(store->io, store->active_file);
    store->active_file = store->next.file;
    store->active_size = store->next.size;
    store->next = (next_t){0};
    store->end.segment = store->batch_header.segment;
    store->end.offset = SECTOR;
}

static void batch_completed(dure_store_t *store, dure_io_result_t result)
{
    if (result != DURE_IO_OK && store->config.planted_bug == DURE_STORE_BUG_RETRY_AFTER_EIO) {
        dure_io_write_t retry = {.file = store->batch_opens_segment ? store->next.file
                                                                    : store->active_file,
                                 .lane = DURE_IO_LANE_LOG,
                                 .flags = DURE_IO_SYNC_DATA,
                                 .token = TOKEN_LOG};
        if (dure_io_write_start(store->io, &retry) == DURE_IO_OK) {
            return;
        }
    }
    store->phase = APPEND_IDLE;
    if (result != DURE_IO_OK) {
        (void)store_fail_io(store, "writing a batch", store->batch_header.segment);
        return;
    }
    if (store->batch_opens_segment) {
        open_new_segment(store);
    }
    if (store->state != DURE_STORE_OK) {
        return;
    }
    const batch_header_t *header = &store->batch_header;
    store->log_size += store->batch_size;
    store->last_segment = header->segment;
    store->last_offset = header->offset;
    store->last_hash = header->hash;
    store->end = (place_t){header->segment, store_record_end(header),
                           header->first_height + header->block_count, header->hash};
    store_segment(store, header->segment)->size = store->end.offset;
    store_anchor_add(store, header->segment, header->first_height, header->offset);
    store->durable_height = store->end.height - 1;
    store->acked_ns = dure_io_monotonic_ns(store->io);
    prepare_early(store);
}

static void prepare_completed(dure_store_t *store, dure_io_result_t result)
{
    next_t *next = &store->next;
    next->is_syncing = false;
    if (result != DURE_IO_OK) {
        (void)store_fail_io(store, "preparing the file", store_last_segment(store) + 1);
    } else if (!next->is_last_step && !next->is_given_up) {
        (void)prepare_step(store, store->phase == APPEND_HELD);
        if (next->is_syncing) {
            return;
        }
    }
    next->is_ready = result == DURE_IO_OK && next->is_last_step;
    if (store->phase == APPEND_HELD) {
        if (store->state == DURE_STORE_OK) {
            (void)write_batch(store);
        } else {
            store->phase = APPEND_IDLE;
        }
    }
}

static void marker_completed(dure_store_t *store, dure_io_result_t result)
{
    store->marker_is_writing = false;
    if (result != DURE_IO_OK) {
        (void)store_fail_io(store, "writing the head marker", 0);
    }
}

bool dure_store_take_event(dure_store_t *store, const dure_io_event_t *event)
{
    if (event->kind != DURE_IO_EVENT_WRITTEN) {
        return false;
    }
    if (event->token == TOKEN_LOG && store->phase == APPEND_WRITING) {
        batch_completed(store, event->result);
    } else if (event->token == TOKEN_PREPARE && store->next.is_syncing) {
        prepare_completed(store, event->result);
    } else if (event->token == TOKEN_MARKER && store->marker_is_writing) {
        marker_completed(store, event->result);
    } else if (event->token == TOKEN_CHECKPOINT && store->checkpoint.is_started) {
        store_checkpoint_completed(store, event->result);
    } else {
        return false;
    }
    return true;
}

/* ---- waiting --------------------------------------------------------------------------------- */

static void wait_for(dure_store_t *store, uint64_t token)
{
    dure_io_event_t event = {.kind = DURE_IO_EVENT_WRITTEN, .token = token};
    event.result = dure_io_write_wait(store->io, token);
    (void)dure_store_take_event(store, &event);
}

void store_prepare_finish(dure_store_t *store)
{
    if (store->next.is_syncing) {
        store->next.is_given_up = true;
        wait_for(store, TOKEN_PREPARE);
    }
}

void store_append_finish(dure_store_t *store)
{
    while (store->phase != APPEND_IDLE) {
        wait_for(store, store->phase == APPEND_HELD ? TOKEN_PREPARE : TOKEN_LOG);
    }
}

dure_store_result_t dure_store_append(dure_store_t *store, const dure_bytes_t *blocks, size_t count)
{
    dure_store_result_t result = dure_store_append_start(store, blocks, count);
    if (result == DURE_STORE_OK) {
        store_append_finish(store);
        result = store->state;
    }
    return result;
}

/* ---- the head marker ------------------------------------------------------------------------- */

static uint64_t marker_due_ns(const dure_store_t *store)
{
    bool is_due = store->state == DURE_STORE_OK && !store->config.read_only &&
                  !store->marker_is_writing && store->marker_height != store->end.height - 1;
    if (!is_due) {
        return DURE_IO_FOREVER;
    }
    uint64_t period = store->marker_ns + MARKER_PERIOD_NS;
    uint64_t idle = store->acked_ns + store->config.marker_idle_ns;
    return store->phase == APPEND_IDLE && idle < period ? idle : period;
}

uint64_t dure_store_tick_due_ns(const dure_store_t *store)
{
    uint64_t due = marker_due_ns(store);
    uint64_t now = dure_io_monotonic_ns(store->io);
    return due == DURE_IO_FOREVER ? due : (due > now ? due - now : 0);
}

void dure_store_tick(dure_store_t *store)
{
    uint64_t due = marker_due_ns(store);
    if (due == DURE_IO_FOREVER || due > dure_io_monotonic_ns(store->io)) {
        return;
    }
    marker_t marker;
    store_marker_now(store, &marker, false);
    store_marker_encode(store->marker_sector, &marker);
    dure_io_write_t write = {.file = store->marker_file,
                             .lane = DURE_IO_LANE_BACKGROUND,
                             .offset = marker.sequence % MARKER_SLOTS * MARKER_SLOT_STRIDE,
                             .data = store->marker_sector,
                             .size = SECTOR,
                             .flags = DURE_IO_SYNC_DATA,
                             .token = TOKEN_MARKER};
    if (dure_io_write_start(store->io, &write) != DURE_IO_OK) {
        (void)store_fail_io(store, "writing the head marker", 0);
        return;
    }
    store->marker_is_writing = true;
}

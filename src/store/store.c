/* store: what its parts share: messages, names, segments, the head marker; open and close. */
#include "store/store_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *dure_store_result_name(dure_store_result_t result)
{
    switch (result) {
    case DURE_STORE_OK:
        return "ok";
    case DURE_STORE_BUSY:
        return "busy";
    case DURE_STORE_NOT_FOUND:
        return "not_found";
    case DURE_STORE_TOO_LARGE:
        return "too_large";
    case DURE_STORE_NO_SPACE:
        return "no_space";
    case DURE_STORE_CORRUPT:
        return "corrupt";
    case DURE_STORE_WRONG_CHAIN:
        return "wrong_chain";
    case DURE_STORE_VERSION:
        return "version";
    case DURE_STORE_IO:
        return "io";
    case DURE_STORE_FAILED:
        return "failed";
    case DURE_STORE_READ_ONLY:
        return "read_only";
    case DURE_STORE_NO_MEMORY:
        return "no_memory";
    }
    return "unknown";
}

/* ---- messages -------------------------------------------------------------------------------- */

dure_store_result_t store_say(dure_store_t *store, dure_store_result_t result, const char *format,
                              ...)
{
    if (store->state == DURE_STORE_OK) { /* the first failure keeps its message */
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(store->message, sizeof store->message, format, arguments);
        va_end(arguments);
    }
    return result;
}

dure_store_result_t store_fail(dure_store_t *store, dure_store_result_t result, const char *format,
                               ...)
{
    if (store->state == DURE_STORE_OK) {
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(store->message, sizeof store->message, format, arguments);
        va_end(arguments);
        store->state = result;
    }
    return result;
}

static bool is_of_archive(const dure_store_t *store, uint64_t segment)
{
    return segment != 0 && segment < store->base.segment && store->config.archive != NULL;
}

dure_store_result_t store_fail_io(dure_store_t *store, const char *doing, uint64_t segment)
{
    bool is_archived = is_of_archive(store, segment);
    const char *text = dure_io_error_text(is_archived ? store->config.archive : store->io);
    /* A node goes on when the archive fails, which it only shows. */
    if (is_archived && !store->config.read_only) {
        return store_say(store, DURE_STORE_NOT_FOUND,
                         "%s in segment %" PRIu64 " of the archive failed (%.120s)", doing, segment,
                         text);
    }
    if (segment == 0) {
        return store_fail(store, DURE_STORE_IO, "%s failed (%.120s); stop and check the device",
                          doing, text);
    }
    return store_fail(store, DURE_STORE_IO,
                      "%s in log segment %" PRIu64 " failed (%.120s); stop and check the device",
                      doing, segment, text);
}

dure_store_result_t store_corrupt(dure_store_t *store, uint64_t segment, uint64_t offset,
                                  const char *what)
{
    char name[DURE_IO_NAME_SIZE];
    store_segment_name(name, segment);
    if (is_of_archive(store, segment) && !store->config.read_only) {
        return store_say(store, DURE_STORE_NOT_FOUND,
                         "%s of the archive at byte %" PRIu64 ": %s; restore it from a copy", name,
                         offset, what);
    }
    return store_fail(store, DURE_STORE_CORRUPT,
                      "%s at byte %" PRIu64
                      ": %s; these bytes were durable and have changed: restore the file "
                      "from a copy",
                      name, offset, what);
}

const char *dure_store_message(const dure_store_t *store)
{
    return store->message;
}

dure_store_result_t dure_store_state(const dure_store_t *store)
{
    return store->state;
}

/* ---- small things ---------------------------------------------------------------------------- */

void store_segment_name(char name[DURE_IO_NAME_SIZE], uint64_t segment)
{
    snprintf(name, DURE_IO_NAME_SIZE, "log-%08" PRIu64 ".dure", segment);
}

bool store_reserve(uint8_t **buffer, size_t *capacity, size_t size)
{
    if (size <= *capacity) {
        return true;
    }
    size_t larger = size + size / 2;
    uint8_t *memory = realloc(*buffer, larger);
    if (memory == NULL) {
        return false;
    }
    *buffer = memory;
    *capacity = larger;
    return true;
}

bool store_segment_add(dure_store_t *store, uint64_t first_height)
{
    if (store->segment_count == store->segment_capacity) {
        size_t capacity = store->segment_capacity * 2 + 16;
        segment_t *memory = realloc(store->segments, capacity * sizeof *memory);
        if (memory == NULL) {
            return false;
        }
        store->segments = memory;
        store->segment_capacity = capacity;
    }
    store->segments[store->segment_count++] =
        (segment_t){.first_height = first_height, .size = SECTOR};
    return true;
}

segment_t *store_segment(const dure_store_t *store, uint64_t segment)
{
    DURE_ASSERT(segment >= store->lowest && segment - store->lowest < store->segment_count);
    return &store->segments[segment - store->lowest];
}

uint64_t store_last_segment(const dure_store_t *store)
{
    return store->lowest + store->segment_count - 1;
}

static void forget_anchors(dure_store_t *store)
{
    for (size_t i = 0; i < store->segment_count; i++) {
        free(store->segments[i].anchors);
        store->segments[i].anchors = NULL;
        store->segments[i].anchor_count = 0;
        store->segments[i].anchor_capacity = 0;
    }
    store->anchored_count = 0;
}

/* An anchor is only a shortcut: without memory for it the walk is longer. */
void store_anchor_add(dure_store_t *store, uint64_t segment, uint64_t height, uint64_t offset)
{
    segment_t *entry = store_segment(store, segment);
    if (entry->anchor_count > 0 &&
        offset < entry->anchors[entry->anchor_count - 1].offset + ANCHOR_DISTANCE) {
        return;
    }
    if (entry->anchor_count == 0 && ++store->anchored_count > ANCHORED_MAX) {
        forget_anchors(store);
        store->anchored_count = 1;
    }
    if (entry->anchor_count == entry->anchor_capacity) {
        size_t capacity = entry->anchor_capacity * 2 + 4;
        anchor_t *memory = realloc(entry->anchors, capacity * sizeof *memory);
        if (memory == NULL) {
            return;
        }
        entry->anchors = memory;
        entry->anchor_capacity = capacity;
    }
    entry->anchors[entry->anchor_count++] = (anchor_t){.height = height, .offset = offset};
}

uint64_t dure_store_first_height(const dure_store_t *store)
{
    return store->first_height;
}

uint64_t dure_store_head_height(const dure_store_t *store)
{
    return store->head_height;
}

uint64_t dure_store_durable_height(const dure_store_t *store)
{
    return store->durable_height;
}

uint64_t dure_store_log_size(const dure_store_t *store)
{
    return store->log_size;
}

/* ---- head marker ----------------------------------------------------------------------------- */

void store_marker_now(dure_store_t *store, marker_t *marker, bool is_clean)
{
    bool has_batch = store->last_segment != 0;
    *marker = (marker_t){.is_clean = is_clean,
                         .chain_id = store->config.chain_id,
                         .salt = store->salt,
                         .sequence = ++store->marker_sequence,
                         .segment = store->last_segment,
                         .offset = store->last_offset,
                         .height = store->end.height - 1,
                         .first_height = store->created_height};
    if (has_batch) {
        /* The end may stand in a segment that was begun and holds no batch yet. */
        marker->end = store->end.segment == store->last_segment
                          ? store->end.offset
                          : store_segment(store, store->last_segment)->size;
        marker->hash = store->last_hash;
    }
    store->marker_segments[marker->sequence % MARKER_SLOTS] = marker->segment;
    store->marker_height = marker->height;
    store->marker_ns = dure_io_monotonic_ns(store->io);
}

dure_store_result_t store_marker_write(dure_store_t *store, bool is_clean)
{
    marker_t marker;
    store_marker_now(store, &marker, is_clean);
    store_marker_encode(store->marker_sector, &marker);
    uint64_t offset = marker.sequence % MARKER_SLOTS * MARKER_SLOT_STRIDE;
    if (dure_io_file_write(store->io, store->marker_file, store->marker_sector, SECTOR, offset) !=
            DURE_IO_OK ||
        dure_io_file_sync(store->io, store->marker_file) != DURE_IO_OK) {
        return store_fail_io(store, "writing the head marker", 0);
    }
    return DURE_STORE_OK;
}

/* ---- open and close -------------------------------------------------------------------------- */

dure_store_result_t dure_store_open(dure_store_t **store, dure_store_report_t *report,
                                    dure_io_t *io, const dure_store_config_t *config)
{
    *report = (dure_store_report_t){0};
    dure_store_t *self = calloc(1, sizeof *self);
    *store = self;
    if (self == NULL) {
        return DURE_STORE_NO_MEMORY;
    }
    self->io = io;
    self->config = *config;
    self->checkpoint.current_slot = CHECKPOINT_SLOTS;
    self->base.segment = 1;
    self->lowest = 1;
    if (self->config.segment_size == 0) {
        self->config.segment_size = DURE_STORE_SEGMENT_SIZE_DEFAULT;
    }
    if (self->config.marker_idle_ns == 0) {
        self->config.marker_idle_ns = MARKER_IDLE_NS;
    }
    DURE_ASSERT(self->config.segment_size % SECTOR == 0);
    DURE_ASSERT(self->config.segment_size >= DURE_STORE_SEGMENT_SIZE_MIN);
    DURE_ASSERT(self->config.first_height >= 1);
    self->scan = malloc(SCAN_SIZE);
    if (self->scan == NULL) {
        free(self);
        *store = NULL;
        return DURE_STORE_NO_MEMORY;
    }
    dure_store_result_t result = store_recover(self, report);
    self->acked_ns = dure_io_monotonic_ns(io);
    return result;
}

dure_store_result_t dure_store_close(dure_store_t *store)
{
    if (store == NULL) {
        return DURE_STORE_OK;
    }
    store_checkpoint_close(store);
    store_append_finish(store);
    store_prepare_finish(store);
    if (store->marker_is_writing) {
        dure_io_event_t event = {.kind = DURE_IO_EVENT_WRITTEN, .token = TOKEN_MARKER};
        event.result = dure_io_write_wait(store->io, TOKEN_MARKER);
        (void)dure_store_take_event(store, &event);
    }
    dure_store_result_t result = store->state;
    /* A recovery that was not finished does not know the end: it says nothing of it. */
    if (result == DURE_STORE_OK && store->is_recovered && !store->config.read_only) {
        /* Both slots, one after the other: then rot in one of them does no harm. */
        for (uint32_t i = 0; i < MARKER_SLOTS && result == DURE_STORE_OK; i++) {
            result = store_marker_write(store, true);
        }
    }
    dure_io_file_close(store->io, store->active_file);
    dure_io_file_close(store->io, store->next.file);
    dure_io_file_close(store->io, store->marker_file);
    store_read_close(store);
    forget_anchors(store);
    free(store->segments);
    free(store->batch);
    free(store->record);
    free(store->scan);
    free(store);
    return result;
}

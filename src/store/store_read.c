/* store_read: batches checked and read, blocks found by height, the scrub. */
#include "store/store_private.h"

#include <inttypes.h>
#include <string.h>

/* ---- one batch ------------------------------------------------------------------------------- */

uint64_t store_record_end(const batch_header_t *header)
{
    return header->offset + store_padded(BATCH_HEADER_SIZE + (size_t)header->payload_size);
}

/* Blocks fill the payload exactly. */
static bool is_framed(const uint8_t *payload, uint32_t size, uint32_t count)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (size - at < BLOCK_PREFIX_SIZE) {
            return false;
        }
        uint32_t block_size = dure_get_u32(payload + at);
        at += BLOCK_PREFIX_SIZE;
        if (block_size == 0 || block_size > DURE_STORE_BLOCK_SIZE_MAX || block_size > size - at) {
            return false;
        }
        at += block_size;
    }
    return at == size;
}

static record_t check_body(const dure_store_t *store, const batch_header_t *header)
{
    size_t used = BATCH_HEADER_SIZE + (size_t)header->payload_size;
    dure_hash_t hash;
    store_batch_hash(&hash, store->record, header->payload_size);
    bool is_hash_right = dure_hash_equal(&hash, &header->hash) ||
                         store->config.planted_bug == DURE_STORE_BUG_NO_RECORD_HASH;
    if (!is_hash_right || !store_is_zero(store->record + used, store_padded(used) - used)) {
        return RECORD_TORN;
    }
    return is_framed(store->record + BATCH_HEADER_SIZE, header->payload_size, header->block_count)
               ? RECORD_GOOD
               : RECORD_BROKEN;
}

/* On GOOD the batch is in store->record and its header in store->record_header; on TORN the header
   alone is good.  The result tells only whether the device worked. */
dure_store_result_t store_record_check(dure_store_t *store, record_t *found, dure_io_file_t file,
                                       const place_t *place)
{
    uint64_t file_size = 0;
    batch_header_t *header = &store->record_header;
    dure_io_t *io = store_io_of(store, place->segment);
    store->has_record = false;
    *found = RECORD_ABSENT;
    if (dure_io_file_size(io, file, &file_size) != DURE_IO_OK) {
        return store_fail_io(store, "reading a batch", place->segment);
    }
    if (place->offset >= file_size || file_size - place->offset < SECTOR) {
        return DURE_STORE_OK;
    }
    if (!store_reserve(&store->record, &store->record_capacity, SECTOR)) {
        return store_fail(store, DURE_STORE_NO_MEMORY, "no memory to read a batch");
    }
    if (dure_io_file_read(io, file, store->record, SECTOR, place->offset) != DURE_IO_OK) {
        return store_fail_io(store, "reading a batch", place->segment);
    }
    sector_t sector = store_batch_decode(header, store->record, &store->salt);
    if (sector != SECTOR_VALID) {
        *found = sector == SECTOR_EMPTY ? RECORD_ABSENT : RECORD_BAD;
        return DURE_STORE_OK;
    }
    if (header->segment != place->segment || header->offset != place->offset ||
        header->first_height != place->height ||
        !dure_hash_equal(&header->previous, &place->hash)) {
        *found = RECORD_BROKEN;
        return DURE_STORE_OK;
    }
    uint64_t size = store_record_end(header) - place->offset;
    if (size > file_size - place->offset) {
        *found = RECORD_TORN;
        return DURE_STORE_OK;
    }
    if (!store_reserve(&store->record, &store->record_capacity, size)) {
        return store_fail(store, DURE_STORE_NO_MEMORY, "no memory to read a batch");
    }
    if (dure_io_file_read(io, file, store->record, size, place->offset) != DURE_IO_OK) {
        return store_fail_io(store, "reading a batch", place->segment);
    }
    *found = check_body(store, header);
    store->has_record = *found == RECORD_GOOD;
    return DURE_STORE_OK;
}

/* ---- finding a height ------------------------------------------------------------------------ */

dure_io_t *store_io_of(const dure_store_t *store, uint64_t segment)
{
    return segment < store->base.segment ? store->config.archive : store->io;
}

void store_read_close(dure_store_t *store)
{
    if (store->read_file != 0) {
        dure_io_file_close(store->read_io, store->read_file);
    }
    store->read_file = 0;
}

dure_store_result_t store_segment_file(dure_store_t *store, dure_io_file_t *file, uint64_t segment)
{
    if (segment == store_last_segment(store) && store->active_file != 0) {
        *file = store->active_file;
        return DURE_STORE_OK;
    }
    if (store->read_file == 0 || store->read_segment != segment) {
        char name[DURE_IO_NAME_SIZE];
        store_segment_name(name, segment);
        store_read_close(store);
        store->read_io = store_io_of(store, segment);
        dure_io_result_t got =
            dure_io_file_open(store->read_io, &store->read_file, name, DURE_IO_OPEN);
        if (got != DURE_IO_OK) {
            store->read_file = 0;
            return store_fail_io(store, "opening the file", segment);
        }
        store->read_segment = segment;
    }
    *file = store->read_file;
    return DURE_STORE_OK;
}

/* The last segment that begins at or below the height. */
static uint64_t segment_of(const dure_store_t *store, uint64_t height)
{
    size_t low = 0;
    size_t high = store->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (store->segments[middle].first_height <= height) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return store->lowest + low;
}

static uint64_t walk_start(const dure_store_t *store, uint64_t segment, uint64_t height)
{
    const segment_t *entry = store_segment(store, segment);
    uint64_t offset = SECTOR;
    for (size_t i = 0; i < entry->anchor_count && entry->anchors[i].height <= height; i++) {
        offset = entry->anchors[i].offset;
    }
    return offset;
}

dure_store_result_t store_find(dure_store_t *store, batch_header_t *header, uint64_t height)
{
    if (height < store->first_height || height >= store->end.height) {
        return store_say(store, DURE_STORE_NOT_FOUND, "no durable block of that height");
    }
    uint64_t segment = segment_of(store, height);
    uint64_t offset = walk_start(store, segment, height);
    dure_io_t *io = store_io_of(store, segment);
    dure_io_file_t file = 0;
    dure_store_result_t result = store_segment_file(store, &file, segment);
    while (result == DURE_STORE_OK) {
        uint8_t sector[DURE_IO_SECTOR_SIZE];
        dure_io_result_t got = dure_io_file_read(io, file, sector, SECTOR, offset);
        if (got == DURE_IO_SHORT) {
            return store_corrupt(store, segment, offset, "a batch is missing");
        }
        if (got != DURE_IO_OK) {
            return store_fail_io(store, "reading a batch", segment);
        }
        if (store_batch_decode(header, sector, &store->salt) != SECTOR_VALID ||
            header->segment != segment || header->offset != offset ||
            header->first_height > height) {
            return store_corrupt(store, segment, offset, "no header of a batch");
        }
        store_anchor_add(store, segment, header->first_height, offset);
        if (height - header->first_height < header->block_count) {
            return DURE_STORE_OK;
        }
        offset = store_record_end(header);
    }
    return result;
}

/* ---- reading --------------------------------------------------------------------------------- */

static bool record_holds(const dure_store_t *store, uint64_t height)
{
    return store->has_record && height >= store->record_header.first_height &&
           height - store->record_header.first_height < store->record_header.block_count;
}

/* Reads the batch that follows the one in store->record, if it stands in the same segment. */
static dure_store_result_t load_record(dure_store_t *store, uint64_t height)
{
    const batch_header_t before = store->record_header;
    bool is_next = store->has_record && height == before.first_height + before.block_count &&
                   segment_of(store, height) == before.segment;
    place_t place = {.segment = before.segment,
                     .offset = store_record_end(&before),
                     .height = height,
                     .hash = before.hash};
    dure_store_result_t result = DURE_STORE_OK;
    if (!is_next) {
        batch_header_t header;
        result = store_find(store, &header, height);
        place = (place_t){.segment = header.segment,
                          .offset = header.offset,
                          .height = header.first_height,
                          .hash = header.previous};
    }
    dure_io_file_t file = 0;
    record_t found = RECORD_GOOD;
    if (result == DURE_STORE_OK) {
        result = store_segment_file(store, &file, place.segment);
    }
    if (result == DURE_STORE_OK) {
        result = store_record_check(store, &found, file, &place);
    }
    if (result == DURE_STORE_OK && found != RECORD_GOOD) {
        result = store_corrupt(store, place.segment, place.offset, "the batch is damaged");
    }
    if (result == DURE_STORE_OK) {
        store_anchor_add(store, place.segment, place.height, place.offset);
    }
    return result;
}

dure_store_result_t dure_store_read(dure_store_t *store, dure_bytes_t *block, uint64_t height)
{
    *block = dure_bytes(NULL, 0);
    if (store->state != DURE_STORE_OK) {
        return DURE_STORE_FAILED;
    }
    if (height < store->first_height && height >= store->created_height) {
        return store_say(store, DURE_STORE_NOT_FOUND,
                         "block %" PRIu64 " is not here: the log in this directory begins with "
                         "block %" PRIu64 ", those before it are in the archive",
                         height, store->first_height);
    }
    if (height < store->first_height || height > store->durable_height) {
        return store_say(store, DURE_STORE_NOT_FOUND, "the log has no such height");
    }
    if (!record_holds(store, height)) {
        dure_store_result_t result = load_record(store, height);
        if (result != DURE_STORE_OK) {
            return result;
        }
    }
    DURE_ASSERT(record_holds(store, height));
    const uint8_t *at = store->record + BATCH_HEADER_SIZE;
    for (uint64_t h = store->record_header.first_height; h < height; h++) {
        at += BLOCK_PREFIX_SIZE + dure_get_u32(at);
    }
    *block = dure_bytes(at + BLOCK_PREFIX_SIZE, dure_get_u32(at));
    return DURE_STORE_OK;
}

/* ---- scrub ----------------------------------------------------------------------------------- */

/* Enters the segment after the present one: its header is chained to what was verified. */
static dure_store_result_t scrub_enter(dure_store_t *store)
{
    place_t *place = &store->scrub_place;
    uint64_t segment = place->segment + 1;
    dure_io_file_t file = 0;
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    segment_header_t header;
    dure_store_result_t result = store_segment_file(store, &file, segment);
    if (result != DURE_STORE_OK) {
        return result;
    }
    dure_io_t *io = store_io_of(store, segment);
    dure_io_file_drop_cache(io, file, 0, SECTOR);
    if (dure_io_file_read(io, file, sector, SECTOR, 0) != DURE_IO_OK) {
        return store_fail_io(store, "scrubbing", segment);
    }
    if (store_segment_decode(&header, sector) != SECTOR_VALID || header.segment != segment) {
        return store_corrupt(store, segment, 0, "the header of the segment is damaged");
    }
    if (header.first_height != place->height || !dure_hash_equal(&header.previous, &place->hash)) {
        return place->offset == 0
                   ? store_corrupt(store, segment, 0, "not the first segment of this log")
                   : store_corrupt(store, place->segment, place->offset,
                                   "the next segment does not follow what stands before here");
    }
    *place = (place_t){segment, SECTOR, header.first_height, header.hash};
    store->scrub_is_in_tail = false;
    store->scrub.read_size += SECTOR;
    return DURE_STORE_OK;
}

static dure_store_result_t scrub_batch(dure_store_t *store, dure_io_file_t file)
{
    place_t *place = &store->scrub_place;
    record_t found = RECORD_GOOD;
    dure_io_file_drop_cache(store_io_of(store, place->segment), file, place->offset, SCAN_SIZE);
    dure_store_result_t result = store_record_check(store, &found, file, place);
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (found == RECORD_ABSENT && place->segment < store_last_segment(store)) {
        store->scrub_is_in_tail = true; /* if a batch is missing, the next segment tells */
        return DURE_STORE_OK;
    }
    if (found != RECORD_GOOD) {
        return store_corrupt(store, place->segment, place->offset, "the batch is damaged");
    }
    const batch_header_t *header = &store->record_header;
    store->scrub.read_size += store_record_end(header) - place->offset;
    place->offset = store_record_end(header);
    place->height += header->block_count;
    place->hash = header->hash;
    return DURE_STORE_OK;
}

/* Behind the last batch of a segment everything is zero.  The last segment is looked at only while
   nothing is being written there. */
static dure_store_result_t scrub_tail(dure_store_t *store, dure_io_file_t file, bool *is_done)
{
    place_t *place = &store->scrub_place;
    dure_io_t *io = store_io_of(store, place->segment);
    uint64_t size = 0;
    bool is_last = place->segment == store->end.segment;
    *is_done = is_last && store->phase != APPEND_IDLE;
    if (*is_done) {
        return DURE_STORE_OK;
    }
    if (is_last && place->offset < store->end.offset) {
        place->offset = store->end.offset;
    }
    if (dure_io_file_size(io, file, &size) != DURE_IO_OK) {
        return store_fail_io(store, "scrubbing", place->segment);
    }
    uint64_t left = size > place->offset ? size - place->offset : 0;
    size_t part = left < SCAN_SIZE ? (size_t)left : SCAN_SIZE;
    *is_done = part == left;
    if (part == 0) {
        return DURE_STORE_OK;
    }
    dure_io_file_drop_cache(io, file, place->offset, part);
    if (dure_io_file_read(io, file, store->scan, part, place->offset) != DURE_IO_OK) {
        return store_fail_io(store, "scrubbing", place->segment);
    }
    for (size_t i = 0; i < part; i++) {
        if (i % SECTOR == 0 && part - i >= SECTOR && store_is_zero(store->scan + i, SECTOR)) {
            i += SECTOR - 1;
        } else if (store->scan[i] != 0) {
            return store_corrupt(store, place->segment, place->offset + i,
                                 "a byte behind the last batch is not zero");
        }
    }
    place->offset += part;
    store->scrub.read_size += part;
    return DURE_STORE_OK;
}

static dure_store_result_t scrub_next(dure_store_t *store, bool *is_pass_done)
{
    place_t *place = &store->scrub_place;
    dure_io_file_t file = 0;
    bool is_tail_done = false;
    *is_pass_done = false;
    if (place->offset == 0) {
        *is_pass_done = store->segment_count == 0;
        return *is_pass_done ? DURE_STORE_OK : scrub_enter(store);
    }
    dure_store_result_t result = store_segment_file(store, &file, place->segment);
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (place->segment == store->end.segment && place->offset >= store->end.offset) {
        store->scrub_is_in_tail = true;
        store->scrub_is_at_end = true;
    }
    if (!store->scrub_is_in_tail) {
        return scrub_batch(store, file);
    }
    if (store->scrub_is_at_end && place->segment != store->end.segment) {
        /* Batches were written behind the place, and then another segment began: the pass ended
           where the log did, and the next one reads them. */
        *is_pass_done = true;
        return DURE_STORE_OK;
    }
    result = scrub_tail(store, file, &is_tail_done);
    if (result != DURE_STORE_OK || !is_tail_done) {
        return result;
    }
    *is_pass_done = place->segment == store_last_segment(store);
    return *is_pass_done ? DURE_STORE_OK : scrub_enter(store);
}

/* Whoever only reads looks at the archive too; a node has enough of its own. */
uint64_t store_scrub_first(const dure_store_t *store)
{
    return store->config.read_only ? store->lowest : store->base.segment;
}

static void scrub_begin(dure_store_t *store)
{
    uint64_t first = store_scrub_first(store);
    bool is_lowest = first == store->lowest;
    store->scrub.read_size = 0;
    store->scrub_is_under_way = true;
    store->scrub_is_in_tail = false;
    store->scrub_is_at_end = false;
    store->scrub_place = (place_t){
        .segment = first - 1,
        .height = is_lowest ? store->first_height : store->base.first_height,
        .hash = is_lowest ? store->lowest_previous : store->base.previous,
    };
}

dure_store_result_t dure_store_scrub_step(dure_store_t *store, dure_store_scrub_t *progress,
                                          uint64_t bytes)
{
    dure_store_result_t result = store->state == DURE_STORE_OK ? DURE_STORE_OK : DURE_STORE_FAILED;
    bool is_pass_done = false;
    if (!store->scrub_is_under_way) {
        scrub_begin(store);
    }
    uint64_t until = store->scrub.read_size + bytes;
    while (result == DURE_STORE_OK && !is_pass_done && store->scrub.read_size < until) {
        result = scrub_next(store, &is_pass_done);
    }
    store->scrub.segment = store->scrub_place.segment;
    store->scrub.offset = store->scrub_place.offset;
    store->scrub.height = store->scrub_place.height - 1;
    if (is_pass_done) {
        store->scrub.passes++;
        store->scrub_is_under_way = false;
    }
    *progress = store->scrub;
    return result;
}

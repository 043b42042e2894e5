/* store_open: recovery.  Why nothing acknowledged is ever cut stands in README.md; the steps here
   are numbered as there. */
#include "store/store_private.h"

#include <inttypes.h>
#include <string.h>

static dure_store_result_t no_memory(dure_store_t *store)
{
    return store_fail(store, DURE_STORE_NO_MEMORY, "no memory to open the store");
}

/* What is read from now on comes from the device, and all of it is there: after a failed sync the
   cache of the system may show bytes that the disk never got. */
static dure_store_result_t settle(dure_store_t *store, dure_io_file_t file, uint64_t segment)
{
    if (!store->config.read_only && dure_io_file_sync(store->io, file) != DURE_IO_OK) {
        return store_fail_io(store, "syncing before the recovery", segment);
    }
    dure_io_file_drop_cache(store->io, file, 0, 0);
    return DURE_STORE_OK;
}

/* The sector at an offset; zero if the file ends before its end. */
static dure_store_result_t read_sector(dure_store_t *store, uint8_t out[DURE_IO_SECTOR_SIZE],
                                       dure_io_t *io, dure_io_file_t file, uint64_t offset,
                                       uint64_t segment)
{
    dure_io_result_t got = dure_io_file_read(io, file, out, SECTOR, offset);
    if (got == DURE_IO_SHORT) {
        memset(out, 0, SECTOR);
        return DURE_STORE_OK;
    }
    return got == DURE_IO_OK ? DURE_STORE_OK : store_fail_io(store, "recovery", segment);
}

/* *file is 0 if there is no such segment. */
static dure_store_result_t open_segment(dure_store_t *store, dure_io_file_t *file, uint64_t segment)
{
    char name[DURE_IO_NAME_SIZE];
    store_segment_name(name, segment);
    dure_io_result_t got = dure_io_file_open(store_io_of(store, segment), file, name, DURE_IO_OPEN);
    if (got != DURE_IO_OK && got != DURE_IO_NOT_FOUND) {
        return store_fail_io(store, "opening the file", segment);
    }
    return DURE_STORE_OK;
}

/* ---- 1. the head marker ---------------------------------------------------------------------- */

typedef struct {
    bool has_valid;
    bool has_unknown_version;
    marker_t marker; /* the newest valid one */
} markers_t;

static dure_store_result_t read_markers(dure_store_t *store, markers_t *markers)
{
    *markers = (markers_t){0};
    for (uint32_t slot = 0; slot < MARKER_SLOTS; slot++) {
        uint8_t sector[DURE_IO_SECTOR_SIZE];
        marker_t marker;
        dure_store_result_t result =
            read_sector(store, sector, store->io, store->marker_file, slot * MARKER_SLOT_STRIDE, 0);
        if (result != DURE_STORE_OK) {
            return result;
        }
        sector_t found = store_marker_decode(&marker, sector);
        bool is_here = marker.sequence % MARKER_SLOTS == slot;
        if (found == SECTOR_VALID && is_here &&
            (!markers->has_valid || marker.sequence > markers->marker.sequence)) {
            markers->has_valid = true;
            markers->marker = marker;
        }
        markers->has_unknown_version |= found == SECTOR_VERSION;
    }
    return DURE_STORE_OK;
}

/* Is there any byte of a log?  A new log has a marker on the disk before its first batch. */
static dure_store_result_t look_for_log(dure_store_t *store, bool *has_log)
{
    dure_io_file_t base = 0;
    dure_io_result_t got = dure_io_file_open(store->io, &base, BASE_FILE, DURE_IO_OPEN);
    if (got == DURE_IO_OK) {
        dure_io_file_close(store->io, base);
    } else if (got != DURE_IO_NOT_FOUND) {
        return store_fail_io(store, "opening " BASE_FILE, 0);
    }
    *has_log = got == DURE_IO_OK;
    for (uint64_t segment = 1; segment <= 2 && !*has_log; segment++) {
        dure_io_file_t file = 0;
        uint64_t size = 0;
        dure_store_result_t result = open_segment(store, &file, segment);
        if (result != DURE_STORE_OK || file == 0) {
            return result;
        }
        if (dure_io_file_size(store->io, file, &size) != DURE_IO_OK) {
            result = store_fail_io(store, "recovery", segment);
        }
        for (uint64_t at = 0; result == DURE_STORE_OK && at < size && !*has_log; at += SCAN_SIZE) {
            size_t part = size - at < SCAN_SIZE ? (size_t)(size - at) : SCAN_SIZE;
            if (dure_io_file_read(store->io, file, store->scan, part, at) != DURE_IO_OK) {
                result = store_fail_io(store, "recovery", segment);
            } else {
                *has_log = !store_is_zero(store->scan, part);
            }
        }
        dure_io_file_close(store->io, file);
        if (result != DURE_STORE_OK) {
            return result;
        }
    }
    return DURE_STORE_OK;
}

static dure_store_result_t create_log(dure_store_t *store, dure_store_report_t *report)
{
    dure_io_random(store->io, store->salt.bytes, sizeof store->salt.bytes);
    store->created_height = store->config.first_height;
    store->first_height = store->created_height;
    store->base.first_height = store->first_height;
    store->end.height = store->first_height;
    report->created = true;
    if (dure_io_file_preallocate(store->io, store->marker_file, MARKER_FILE_SIZE) != DURE_IO_OK) {
        return store_fail_io(store, "making room for the head marker", 0);
    }
    /* Both slots, so that remains of an interrupted creation are gone. */
    for (uint32_t i = 0; i < MARKER_SLOTS; i++) {
        dure_store_result_t result = store_marker_write(store, false);
        if (result != DURE_STORE_OK) {
            return result;
        }
    }
    if (dure_io_sync_directory(store->io) != DURE_IO_OK) {
        return store_fail_io(store, "creating the log", 0);
    }
    return DURE_STORE_OK;
}

static dure_store_result_t without_marker(dure_store_t *store, dure_store_report_t *report,
                                          const markers_t *markers)
{
    bool has_log = false;
    if (markers->has_unknown_version) {
        return store_fail(store, DURE_STORE_VERSION,
                          "the log was written by a newer program; use that one");
    }
    dure_store_result_t result = look_for_log(store, &has_log);
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (has_log) {
        return store_fail(store, DURE_STORE_CORRUPT,
                          "%s holds no valid head marker, but there is a log: restore the file "
                          "from a copy",
                          MARKER_FILE);
    }
    if (store->config.read_only) {
        return store_fail(store, DURE_STORE_NOT_FOUND, "there is no log in this directory");
    }
    return create_log(store, report);
}

static dure_store_result_t load_marker(dure_store_t *store, dure_store_report_t *report,
                                       marker_t *marker)
{
    markers_t markers = {0};
    dure_io_open_t how = store->config.read_only ? DURE_IO_OPEN : DURE_IO_OPEN_OR_CREATE;
    dure_io_result_t got = dure_io_file_open(store->io, &store->marker_file, MARKER_FILE, how);
    if (got != DURE_IO_OK && got != DURE_IO_NOT_FOUND) {
        return store_fail_io(store, "opening the head marker", 0);
    }
    dure_store_result_t result = DURE_STORE_OK;
    if (got == DURE_IO_OK) {
        result = settle(store, store->marker_file, 0);
        if (result == DURE_STORE_OK) {
            result = read_markers(store, &markers);
        }
    }
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (!markers.has_valid) {
        *marker = (marker_t){0};
        return without_marker(store, report, &markers);
    }
    *marker = markers.marker;
    if (!dure_hash_equal(&marker->chain_id, &store->config.chain_id)) {
        return store_fail(store, DURE_STORE_WRONG_CHAIN,
                          "the directory holds the log of another chain");
    }
    store->salt = marker->salt;
    store->created_height = marker->first_height;
    store->first_height = store->created_height;
    store->base.first_height = store->first_height;
    store->marker_sequence = marker->sequence;
    report->was_clean = marker->is_clean;
    return store_base_load(store);
}

/* ---- 2. the segments that the marker vouches for ------------------------------------------------
 */

static bool header_belongs(const dure_store_t *store, const segment_header_t *header,
                           uint64_t segment)
{
    return header->segment == segment &&
           dure_hash_equal(&header->chain_id, &store->config.chain_id) &&
           memcmp(header->salt.bytes, store->salt.bytes, SALT_SIZE) == 0;
}

/* A header at its place: what stands before it must be what base.dure, or the beginning of a log,
   says.  The links between the others are compared when batches are read. */
static bool header_fits(const dure_store_t *store, const segment_header_t *header)
{
    /* A segment may hold no batch: its first one was cut, and the next did not fit. */
    uint64_t least = store->segment_count == 0
                         ? store->created_height
                         : store_segment(store, header->segment - 1)->first_height;
    if (header->segment == store->base.segment) {
        return header->first_height == store->base.first_height &&
               dure_hash_equal(&header->previous, &store->base.previous);
    }
    if (header->segment == 1) {
        static const dure_hash_t zero;
        return header->first_height == store->created_height &&
               dure_hash_equal(&header->previous, &zero);
    }
    return header->first_height >= least;
}

static dure_store_result_t load_segment(dure_store_t *store, uint64_t segment)
{
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    segment_header_t header;
    dure_io_file_t file = 0;
    dure_io_t *io = store_io_of(store, segment);
    dure_store_result_t result = open_segment(store, &file, segment);
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (file == 0) {
        return store_corrupt(store, segment, 0, "the file is missing");
    }
    dure_io_file_drop_cache(io, file, 0, SECTOR);
    result = read_sector(store, sector, io, file, 0, segment);
    dure_io_file_close(io, file);
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (store_segment_decode(&header, sector) != SECTOR_VALID ||
        !header_belongs(store, &header, segment) || !header_fits(store, &header)) {
        return store_corrupt(store, segment, 0, "no header of this segment of this log");
    }
    if (segment == store->lowest) {
        store->lowest_previous = header.previous;
        store->first_height = header.first_height;
    }
    return store_segment_add(store, header.first_height) ? DURE_STORE_OK : no_memory(store);
}

/* How far down the archive goes without a gap. */
static dure_store_result_t find_lowest(dure_store_t *store)
{
    bool is_there = store->config.archive != NULL;
    store->lowest = store->base.segment;
    while (is_there && store->lowest > 1) {
        dure_io_file_t file = 0;
        dure_store_result_t result = open_segment(store, &file, store->lowest - 1);
        if (result != DURE_STORE_OK) {
            return result;
        }
        is_there = file != 0;
        dure_io_file_close(store->config.archive, file);
        store->lowest -= is_there;
    }
    return DURE_STORE_OK;
}

/* The last batch under the marker must be perfect. */
static dure_store_result_t check_marked_batch(dure_store_t *store, const marker_t *marker)
{
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    batch_header_t header;
    record_t found = RECORD_BAD;
    dure_store_result_t result =
        read_sector(store, sector, store->io, store->active_file, marker->offset, marker->segment);
    if (result != DURE_STORE_OK) {
        return result;
    }
    bool is_there = store_batch_decode(&header, sector, &store->salt) == SECTOR_VALID &&
                    dure_hash_equal(&header.hash, &marker->hash) &&
                    store_record_end(&header) == marker->end &&
                    header.first_height + header.block_count - 1 == marker->height;
    place_t place = {marker->segment, marker->offset, header.first_height, header.previous};
    if (is_there) {
        result = store_record_check(store, &found, store->active_file, &place);
    }
    if (result == DURE_STORE_OK && found != RECORD_GOOD) {
        result = store_corrupt(store, marker->segment, marker->offset,
                               "the batch that the head marker names is damaged or older");
    }
    return result;
}

static void accept_batch(dure_store_t *store, const batch_header_t *header)
{
    store->last_segment = header->segment;
    store->last_offset = header->offset;
    store->last_hash = header->hash;
    store->end = (place_t){header->segment, store_record_end(header),
                           header->first_height + header->block_count, header->hash};
    store_segment(store, header->segment)->size = store->end.offset;
    store_anchor_add(store, header->segment, header->first_height, header->offset);
}

static dure_store_result_t load_marked(dure_store_t *store, const marker_t *marker)
{
    store->end = (place_t){.height = store->created_height};
    if (marker->segment > SEGMENTS_MAX) {
        return store_corrupt(store, SEGMENTS_MAX, 0, "the head marker names an impossible segment");
    }
    if (marker->segment < store->base.segment &&
        (marker->segment != 0 || store->base.segment > 1)) {
        return store_corrupt(store, store->base.segment, 0,
                             "the head marker names a segment that was removed");
    }
    dure_store_result_t result = find_lowest(store);
    for (uint64_t n = store->lowest; n <= marker->segment && result == DURE_STORE_OK; n++) {
        result = load_segment(store, n);
    }
    if (result != DURE_STORE_OK || marker->segment == 0) {
        return result;
    }
    result = open_segment(store, &store->active_file, marker->segment);
    if (result == DURE_STORE_OK && store->active_file == 0) {
        result = store_corrupt(store, marker->segment, 0, "the file is missing");
    }
    if (result == DURE_STORE_OK) {
        result = settle(store, store->active_file, marker->segment);
    }
    if (result == DURE_STORE_OK) {
        result = check_marked_batch(store, marker);
    }
    if (result == DURE_STORE_OK) {
        accept_batch(store, &store->record_header);
    }
    return result;
}

/* ---- 3. the batches above the marker ------------------------------------------------------------
 */

/* Goes on into the segment after the end if that was begun.  Its file stays open as store->next if
   it was not. */
static dure_store_result_t enter_next(dure_store_t *store, bool *has_entered)
{
    uint64_t segment = store->end.segment + 1;
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    segment_header_t header;
    dure_io_file_t file = 0;
    *has_entered = false;
    dure_store_result_t result = open_segment(store, &file, segment);
    if (result != DURE_STORE_OK || file == 0) {
        return result;
    }
    store->next.file = file;
    result = settle(store, file, segment);
    if (result == DURE_STORE_OK) {
        result = read_sector(store, sector, store->io, file, 0, segment);
    }
    if (result != DURE_STORE_OK || store_segment_decode(&header, sector) != SECTOR_VALID) {
        return result; /* 4 decides */
    }
    if (!header_belongs(store, &header, segment) || header.first_height != store->end.height ||
        !dure_hash_equal(&header.previous, &store->end.hash)) {
        return store->end.segment == 0
                   ? store_corrupt(store, segment, 0, "not the first segment of this log")
                   : store_corrupt(store, store->end.segment, store->end.offset,
                                   "the next segment does not follow what stands before here");
    }
    if (!store_segment_add(store, header.first_height)) {
        return no_memory(store);
    }
    dure_io_file_close(store->io, store->active_file);
    store->active_file = file;
    store->next.file = 0;
    store->end = (place_t){segment, SECTOR, header.first_height, header.hash};
    *has_entered = true;
    return DURE_STORE_OK;
}

/* Moves the end over every good batch; *last tells how it ended. */
static dure_store_result_t advance(dure_store_t *store, record_t *last)
{
    bool goes_on = true;
    dure_store_result_t result = DURE_STORE_OK;
    while (result == DURE_STORE_OK && goes_on) {
        *last = RECORD_ABSENT;
        if (store->end.segment != 0) {
            result = store_record_check(store, last, store->active_file, &store->end);
        }
        goes_on = *last == RECORD_GOOD;
        if (result == DURE_STORE_OK && goes_on) {
            accept_batch(store, &store->record_header);
        } else if (result == DURE_STORE_OK && *last == RECORD_ABSENT) {
            result = enter_next(store, &goes_on);
        }
    }
    return result;
}

/* ---- 4. what stands behind the end: torn, or rotten? --------------------------------------------
 */

typedef struct {
    bool has_bytes; /* something is not zero */
    uint64_t last;  /* the end of its last sector */
    bool has_proof; /* a header that was written only after what stands before it was durable */
    uint64_t proof;
} zone_t;

static void look_at(const dure_store_t *store, zone_t *zone, const uint8_t *sector,
                    uint64_t segment, uint64_t offset, uint64_t proof_from)
{
    batch_header_t header;
    if (store_is_zero(sector, SECTOR)) {
        return;
    }
    zone->has_bytes = true;
    zone->last = offset + SECTOR;
    if (!zone->has_proof && offset >= proof_from &&
        store_batch_decode(&header, sector, &store->salt) == SECTOR_VALID &&
        header.segment == segment && header.offset == offset) {
        zone->has_proof = true;
        zone->proof = offset;
    }
}

/* Looks at a file from `from` to its end; headers count as proof from `proof_from` on. */
static dure_store_result_t scan_zone(dure_store_t *store, zone_t *zone, dure_io_file_t file,
                                     uint64_t segment, uint64_t from, uint64_t proof_from)
{
    uint64_t size = 0;
    *zone = (zone_t){0};
    if (dure_io_file_size(store->io, file, &size) != DURE_IO_OK) {
        return store_fail_io(store, "recovery", segment);
    }
    for (uint64_t at = from; at < size; at += SCAN_SIZE) {
        size_t part = size - at < SCAN_SIZE ? (size_t)(size - at) : SCAN_SIZE;
        if (dure_io_file_read(store->io, file, store->scan, part, at) != DURE_IO_OK) {
            return store_fail_io(store, "recovery", segment);
        }
        if (store_is_zero(store->scan, part)) {
            continue;
        }
        memset(store->scan + part, 0, store_padded(part) - part);
        for (size_t i = 0; i < part; i += SECTOR) {
            look_at(store, zone, store->scan + i, segment, at + i, proof_from);
        }
    }
    return DURE_STORE_OK;
}

static dure_store_result_t cut(dure_store_t *store, dure_io_file_t file, uint64_t segment,
                               uint64_t size)
{
    if (dure_io_file_truncate(store->io, file, size) != DURE_IO_OK ||
        dure_io_file_sync(store->io, file) != DURE_IO_OK) {
        return store_fail_io(store, "cutting an unfinished batch", segment);
    }
    return DURE_STORE_OK;
}

/* The zone behind the end in its own segment. */
static dure_store_result_t judge_active(dure_store_t *store, zone_t *zone, record_t last)
{
    uint64_t segment = store->end.segment;
    uint64_t offset = store->end.offset;
    uint64_t proof_from = offset + SECTOR;
    if (last == RECORD_BROKEN) {
        return store_corrupt(store, segment, offset,
                             "a batch that does not follow the one before it");
    }
    if (last == RECORD_TORN) {
        proof_from = store_record_end(&store->record_header);
    }
    return scan_zone(store, zone, store->active_file, segment, offset, proof_from);
}

/* The next segment, whose header is not valid: at most its first batch was under way. */
static dure_store_result_t judge_next(dure_store_t *store, zone_t *zone, bool *has_first)
{
    uint64_t segment = store->end.segment + 1;
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    batch_header_t header;
    uint64_t proof_from = 2 * SECTOR;
    dure_store_result_t result =
        read_sector(store, sector, store->io, store->next.file, SECTOR, segment);
    if (result != DURE_STORE_OK) {
        return result;
    }
    *has_first = store_batch_decode(&header, sector, &store->salt) == SECTOR_VALID &&
                 header.segment == segment && header.offset == SECTOR;
    if (*has_first) {
        proof_from = store_record_end(&header);
    }
    return scan_zone(store, zone, store->next.file, segment, 0, proof_from);
}

/* A segment that follows one which was never begun can only be a remainder of rot. */
static dure_store_result_t refuse_gap(dure_store_t *store, uint64_t segment)
{
    dure_io_file_t file = 0;
    dure_store_result_t result = open_segment(store, &file, segment + 1);
    if (result == DURE_STORE_OK && file != 0) {
        dure_io_file_close(store->io, file);
        result = store_corrupt(store, segment, 0, "a later segment is there, but not this one");
    }
    return result;
}

static dure_store_result_t refuse_rot(dure_store_t *store, const dure_store_report_t *report,
                                      const zone_t *active, const zone_t *next, bool has_first)
{
    uint64_t segment = store->end.segment;
    uint64_t offset = store->end.offset;
    if (store->config.planted_bug == DURE_STORE_BUG_CUT_ROT) {
        return DURE_STORE_OK;
    }
    if (active->has_proof || (active->has_bytes && (has_first || next->has_proof))) {
        return store_corrupt(store, segment, offset, "the batch is damaged, and later ones follow");
    }
    if (next->has_proof) {
        return store_corrupt(store, segment + 1, 0,
                             "the beginning of the segment is damaged, and later batches follow");
    }
    if (report->was_clean && (active->has_bytes || next->has_bytes)) {
        return active->has_bytes
                   ? store_corrupt(store, segment, offset, "bytes behind a log that was closed")
                   : store_corrupt(store, segment + 1, 0, "bytes behind a log that was closed");
    }
    return DURE_STORE_OK;
}

static dure_store_result_t judge(dure_store_t *store, dure_store_report_t *report, record_t last)
{
    zone_t active = {0};
    zone_t next = {0};
    bool has_first = false;
    dure_store_result_t result = DURE_STORE_OK;
    uint64_t cut_from = store->end.offset;
    if (store->next.file == 0 && last != RECORD_ABSENT) {
        bool has_entered = false;
        place_t end = store->end;
        result = enter_next(store, &has_entered);
        if (result == DURE_STORE_OK && has_entered) {
            return store_corrupt(store, end.segment, end.offset,
                                 "a damaged batch before a segment");
        }
    }
    if (result == DURE_STORE_OK && store->active_file != 0) {
        result = judge_active(store, &active, last);
    }
    if (result == DURE_STORE_OK && store->next.file != 0) {
        result = judge_next(store, &next, &has_first);
    }
    if (result == DURE_STORE_OK) {
        result = refuse_gap(store, store->end.segment + 1);
    }
    if (result == DURE_STORE_OK) {
        result = refuse_rot(store, report, &active, &next, has_first);
    }
    if (result != DURE_STORE_OK) {
        return result;
    }
    report->cut_size = (active.has_bytes ? active.last - cut_from : 0) + next.last;
    if (store->config.read_only) {
        return DURE_STORE_OK;
    }
    if (active.has_bytes) {
        result = cut(store, store->active_file, store->end.segment, cut_from);
    }
    if (result == DURE_STORE_OK && next.has_bytes) {
        result = cut(store, store->next.file, store->end.segment + 1, 0);
    }
    return result;
}

/* ---- 5. ready for the next batch ----------------------------------------------------------------
 */

static dure_store_result_t make_ready(dure_store_t *store)
{
    uint64_t size = 0;
    if (store->active_file != 0) {
        /* No space is no failure here: the log can be read, and appends say it again. */
        dure_io_result_t got =
            dure_io_file_preallocate(store->io, store->active_file, store->config.segment_size);
        if ((got != DURE_IO_OK && got != DURE_IO_NO_SPACE) ||
            dure_io_file_sync(store->io, store->active_file) != DURE_IO_OK ||
            dure_io_file_size(store->io, store->active_file, &size) != DURE_IO_OK) {
            return store_fail_io(store, "making room", store->end.segment);
        }
        store->active_size = size;
    }
    dure_io_file_close(store->io, store->next.file); /* preparation opens it again */
    store->next = (next_t){0};
    /* From here on everything that was found is under the marker. */
    return store_marker_write(store, false);
}

static uint64_t total_size(dure_store_t *store)
{
    /* Sealed segments count with their files' size, which is what they take. */
    uint64_t total = 0;
    for (uint64_t n = store_scrub_first(store); n < store_last_segment(store); n++) {
        dure_io_file_t file = 0;
        uint64_t size = 0;
        if (store_segment_file(store, &file, n) == DURE_STORE_OK &&
            dure_io_file_size(store_io_of(store, n), file, &size) == DURE_IO_OK) {
            total += size;
        }
    }
    return total + store->end.offset;
}

dure_store_result_t store_recover(dure_store_t *store, dure_store_report_t *report)
{
    marker_t marker = {0};
    record_t last = RECORD_ABSENT;
    dure_store_result_t result = load_marker(store, report, &marker);
    if (result == DURE_STORE_OK && !report->created) {
        result = load_marked(store, &marker);
        if (result == DURE_STORE_OK) {
            result = advance(store, &last);
        }
        /* Behind a log that was closed in order there is nothing to judge, and a quick start is
           worth more than a look that the scrub takes anyway. */
        bool is_closed = report->was_clean && last == RECORD_ABSENT &&
                         store->end.height == marker.height + 1 && !store->config.read_only;
        if (result == DURE_STORE_OK && !is_closed) {
            result = judge(store, report, last);
        }
        if (result == DURE_STORE_OK && !store->config.read_only) {
            result = make_ready(store);
        }
        if (result == DURE_STORE_OK && !store->config.read_only) {
            result = store_base_tidy(store);
        }
    }
    store->has_record = false;
    if (result != DURE_STORE_OK) {
        return result;
    }
    store->durable_height = store->end.height - 1;
    store->head_height = store->durable_height;
    store->log_size = total_size(store);
    report->first_height = store->first_height;
    report->head_height = store->durable_height;
    report->segment = store->end.segment;
    report->offset = store->end.offset;
    store->is_recovered = store->state == DURE_STORE_OK;
    return store->state;
}

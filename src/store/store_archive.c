/* store_archive: a segment is copied under another name, synced, read again from the device, and
   only then named as it is named in the log.  docs/formats/log.md. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/dure_archive.h"
#include "store/store_private.h"

/* One of the two directories: a store that was not opened, for its buffers and checks alone. */
typedef struct {
    dure_store_t store;
    dure_io_file_t file;
    place_t place;
} side_t;

struct dure_archiver {
    side_t from, to;
    dure_store_bug_t planted_bug;
    enum { ARCHIVE_IDLE, ARCHIVE_COPYING, ARCHIVE_READING } phase;
    uint64_t segment;
    bool is_named;    /* the copy was there already, under its name */
    dure_hash_t last; /* what the next segment is chained to */
    char name[DURE_IO_NAME_SIZE], temporary[DURE_IO_NAME_SIZE];
    char message[DURE_STORE_MESSAGE_SIZE * 2];
};

static void side_init(side_t *side, dure_io_t *io, const dure_hash_t *chain_id)
{
    side->store.io = io;
    side->store.config.chain_id = *chain_id;
    side->store.config.read_only = true;
}

static void side_close(side_t *side)
{
    dure_io_file_close(side->store.io, side->file);
    side->file = 0;
    side->store.state = DURE_STORE_OK;
}

dure_archiver_t *dure_archiver_new(dure_io_t *from, dure_io_t *to, const dure_hash_t *chain_id,
                                   dure_store_bug_t planted_bug)
{
    dure_archiver_t *self = calloc(1, sizeof *self);
    if (self != NULL) {
        side_init(&self->from, from, chain_id);
        side_init(&self->to, to, chain_id);
        self->planted_bug = planted_bug;
    }
    return self;
}

void dure_archiver_free(dure_archiver_t *archiver)
{
    if (archiver != NULL) {
        side_close(&archiver->from);
        side_close(&archiver->to);
        free(archiver->from.store.record);
        free(archiver->to.store.record);
        free(archiver);
    }
}

const char *dure_archiver_message(const dure_archiver_t *archiver)
{
    return archiver->message;
}

/* ---- failing --------------------------------------------------------------------------------- */

static dure_store_result_t give_up(dure_archiver_t *self, dure_store_result_t result,
                                   const char *where, const char *what)
{
    (void)snprintf(self->message, sizeof self->message, "%s in %s: %s", self->name, where, what);
    side_close(&self->from);
    side_close(&self->to);
    self->phase = ARCHIVE_IDLE;
    return result;
}

static dure_store_result_t give_up_io(dure_archiver_t *self, const side_t *side)
{
    return give_up(self, DURE_STORE_IO, side == &self->from ? "the directory" : "the archive",
                   dure_io_error_text(side->store.io));
}

/* ---- walking through a segment --------------------------------------------------------------- */

static dure_store_result_t read_header(dure_archiver_t *self, side_t *side,
                                       segment_header_t *header, dure_io_file_t file,
                                       uint64_t segment)
{
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    if (dure_io_file_read(side->store.io, file, sector, SECTOR, 0) != DURE_IO_OK) {
        return give_up_io(self, side);
    }
    if (store_segment_decode(header, sector) != SECTOR_VALID || header->segment != segment ||
        !dure_hash_equal(&header->chain_id, &side->store.config.chain_id)) {
        return give_up(self, DURE_STORE_CORRUPT,
                       side == &self->from ? "the directory" : "the archive",
                       "no header of this segment of this chain");
    }
    return DURE_STORE_OK;
}

/* Enters the segment in an open file. */
static dure_store_result_t enter(dure_archiver_t *self, side_t *side)
{
    segment_header_t header;
    dure_store_result_t result = read_header(self, side, &header, side->file, self->segment);
    if (result == DURE_STORE_OK) {
        side->store.salt = header.salt;
        side->place = (place_t){self->segment, SECTOR, header.first_height, header.hash};
    }
    return result;
}

/* The next batch into side->store.record; *is_end: there is none. */
static dure_store_result_t next_batch(dure_archiver_t *self, side_t *side, uint64_t *size,
                                      bool *is_end)
{
    record_t found = RECORD_ABSENT;
    const char *where = side == &self->from ? "the directory" : "the archive";
    dure_io_file_drop_cache(side->store.io, side->file, side->place.offset, SCAN_SIZE);
    dure_store_result_t result = store_record_check(&side->store, &found, side->file, &side->place);
    if (result != DURE_STORE_OK) {
        return give_up(self, result, where, side->store.message);
    }
    *is_end = found == RECORD_ABSENT;
    if (*is_end) {
        return dure_hash_equal(&side->place.hash, &self->last)
                   ? DURE_STORE_OK
                   : give_up(self, DURE_STORE_CORRUPT, where, "its last batches are missing");
    }
    if (found != RECORD_GOOD) {
        return give_up(self, DURE_STORE_CORRUPT, where, "a batch is damaged");
    }
    const batch_header_t *header = &side->store.record_header;
    *size = store_record_end(header) - side->place.offset;
    return DURE_STORE_OK;
}

static void pass_batch(side_t *side)
{
    const batch_header_t *header = &side->store.record_header;
    side->place.offset = store_record_end(header);
    side->place.height += header->block_count;
    side->place.hash = header->hash;
}

/* ---- copying --------------------------------------------------------------------------------- */

static dure_store_result_t begin_reading(dure_archiver_t *self)
{
    side_close(&self->from);
    self->phase = ARCHIVE_READING;
    dure_io_file_drop_cache(self->to.store.io, self->to.file, 0, 0);
    return enter(self, &self->to);
}

/* What the next segment's header says this one ends with. */
static dure_store_result_t find_last(dure_archiver_t *self)
{
    char name[DURE_IO_NAME_SIZE];
    segment_header_t header;
    dure_io_file_t file = 0;
    store_segment_name(name, self->segment + 1);
    if (dure_io_file_open(self->from.store.io, &file, name, DURE_IO_OPEN) != DURE_IO_OK) {
        return give_up_io(self, &self->from);
    }
    dure_store_result_t result = read_header(self, &self->from, &header, file, self->segment + 1);
    dure_io_file_close(self->from.store.io, file);
    self->last = header.previous;
    return result;
}

static dure_store_result_t begin(dure_archiver_t *self, uint64_t segment)
{
    self->segment = segment;
    self->message[0] = 0;
    store_segment_name(self->name, segment);
    (void)snprintf(self->temporary, sizeof self->temporary, "copy-%08" PRIu64 ".dure", segment);
    dure_store_result_t result = find_last(self);
    if (result != DURE_STORE_OK) {
        return result;
    }
    dure_io_result_t got =
        dure_io_file_open(self->to.store.io, &self->to.file, self->name, DURE_IO_OPEN);
    self->is_named = got == DURE_IO_OK;
    if (self->is_named) {
        return begin_reading(self);
    }
    if (got != DURE_IO_NOT_FOUND ||
        dure_io_file_open(self->to.store.io, &self->to.file, self->temporary,
                          DURE_IO_OPEN_OR_CREATE) != DURE_IO_OK ||
        dure_io_file_truncate(self->to.store.io, self->to.file, 0) != DURE_IO_OK) {
        return give_up_io(self, &self->to);
    }
    if (dure_io_file_open(self->from.store.io, &self->from.file, self->name, DURE_IO_OPEN) !=
        DURE_IO_OK) {
        return give_up_io(self, &self->from);
    }
    self->phase = ARCHIVE_COPYING;
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    result = enter(self, &self->from);
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (dure_io_file_read(self->from.store.io, self->from.file, sector, SECTOR, 0) != DURE_IO_OK) {
        return give_up_io(self, &self->from);
    }
    return dure_io_file_write(self->to.store.io, self->to.file, sector, SECTOR, 0) == DURE_IO_OK
               ? DURE_STORE_OK
               : give_up_io(self, &self->to);
}

static dure_store_result_t name_copy(dure_archiver_t *self)
{
    side_close(&self->from);
    side_close(&self->to);
    if (!self->is_named &&
        (dure_io_rename(self->to.store.io, self->temporary, self->name) != DURE_IO_OK ||
         dure_io_sync_directory(self->to.store.io) != DURE_IO_OK)) {
        return give_up_io(self, &self->to);
    }
    self->phase = ARCHIVE_IDLE;
    return DURE_STORE_OK;
}

static dure_store_result_t copy_batch(dure_archiver_t *self, uint64_t *size, bool *is_end)
{
    dure_store_result_t result = next_batch(self, &self->from, size, is_end);
    const bool is_careless = self->planted_bug == DURE_STORE_BUG_COPY_UNVERIFIED;
    if (result != DURE_STORE_OK) {
        return result;
    }
    if (*is_end && is_careless) {
        return DURE_STORE_OK;
    }
    if (*is_end) {
        return dure_io_file_sync(self->to.store.io, self->to.file) == DURE_IO_OK
                   ? begin_reading(self)
                   : give_up_io(self, &self->to);
    }
    if (dure_io_file_write(self->to.store.io, self->to.file, self->from.store.record, (size_t)*size,
                           self->from.place.offset) != DURE_IO_OK) {
        return give_up_io(self, &self->to);
    }
    pass_batch(&self->from);
    return DURE_STORE_OK;
}

dure_store_result_t dure_archiver_step(dure_archiver_t *archiver, uint64_t segment, uint64_t bytes)
{
    dure_store_result_t result = DURE_STORE_OK;
    if (archiver->phase != ARCHIVE_IDLE && archiver->segment != segment) {
        (void)give_up(archiver, DURE_STORE_OK, "the archive", "another one is wanted");
    }
    if (archiver->phase == ARCHIVE_IDLE) {
        result = begin(archiver, segment);
    }
    for (uint64_t done = 0; result == DURE_STORE_OK && done < bytes;) {
        uint64_t size = 0;
        bool is_end = false;
        bool is_whole = false;
        if (archiver->phase == ARCHIVE_COPYING) {
            result = copy_batch(archiver, &size, &is_end);
            is_whole = is_end && archiver->planted_bug == DURE_STORE_BUG_COPY_UNVERIFIED;
        } else {
            result = next_batch(archiver, &archiver->to, &size, &is_end);
            is_whole = is_end;
            if (result == DURE_STORE_OK && !is_end) {
                pass_batch(&archiver->to);
            }
        }
        if (result == DURE_STORE_OK && is_whole) {
            return name_copy(archiver);
        }
        done += size;
    }
    if (result == DURE_STORE_OK && archiver->phase == ARCHIVE_COPYING &&
        archiver->planted_bug != DURE_STORE_BUG_COPY_UNVERIFIED &&
        dure_io_file_sync(archiver->to.store.io, archiver->to.file) != DURE_IO_OK) {
        return give_up_io(archiver, &archiver->to); /* little by little: no long sync at the end */
    }
    return result == DURE_STORE_OK ? DURE_STORE_BUSY : result;
}

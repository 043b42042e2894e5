/* store_checkpoint: the state at a height as a stream of chunks, in two files written in turn. */
#include "store/store_private.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char *const slot_names[CHECKPOINT_SLOTS] = {"checkpoint-a.dure", "checkpoint-b.dure"};

/* ---- writing --------------------------------------------------------------------------------- */

static void writing_ends(checkpoint_t *self, dure_store_t *store, dure_store_result_t error)
{
    dure_io_file_close(store->io, self->file);
    free(self->buffer);
    self->file = 0;
    self->buffer = NULL;
    self->is_ending = false;
    self->state = DURE_CHECKPOINT_IDLE;
    self->error = error;
}

/* A full disk ends only the checkpoint, and its file gives the room back to the log. */
static dure_store_result_t give_up(dure_store_t *store, dure_io_result_t result)
{
    checkpoint_t *self = &store->checkpoint;
    if (result != DURE_IO_NO_SPACE) {
        writing_ends(self, store, DURE_STORE_IO);
        return store_fail_io(store, "writing a checkpoint", 0);
    }
    writing_ends(self, store, DURE_STORE_NO_SPACE);
    if (dure_io_unlink(store->io, slot_names[self->slot]) != DURE_IO_OK) {
        return store_fail_io(store, "removing an unfinished checkpoint", 0);
    }
    return store_say(store, DURE_STORE_NO_SPACE, "no space left for a checkpoint: free space");
}

static dure_store_result_t write_out(dure_store_t *store, uint64_t offset, size_t size,
                                     uint32_t flags)
{
    checkpoint_t *self = &store->checkpoint;
    dure_io_write_t write = {.file = self->file,
                             .lane = DURE_IO_LANE_BACKGROUND,
                             .offset = offset,
                             .data = self->buffer,
                             .size = size,
                             .flags = flags,
                             .token = TOKEN_CHECKPOINT};
    dure_io_result_t result = dure_io_write_start(store->io, &write);
    if (result != DURE_IO_OK) {
        return give_up(store, result);
    }
    self->is_started = true;
    self->state = DURE_CHECKPOINT_WRITING;
    return DURE_STORE_OK;
}

/* The slot that is written next: never the current one, and an empty or older one. */
static uint32_t slot_to_write(const checkpoint_t *self)
{
    return self->current_slot == 0 ? 1 : 0;
}

dure_store_result_t dure_store_checkpoint_begin(dure_store_t *store,
                                                const dure_checkpoint_t *checkpoint)
{
    checkpoint_t *self = &store->checkpoint;
    batch_header_t batch;
    if (store->state != DURE_STORE_OK) {
        return DURE_STORE_FAILED;
    }
    if (store->config.read_only) {
        return store_say(store, DURE_STORE_READ_ONLY, "the store was opened only for reading");
    }
    if (self->state != DURE_CHECKPOINT_IDLE) {
        return DURE_STORE_BUSY;
    }
    if (checkpoint->height < store->first_height || checkpoint->height > store->durable_height) {
        return store_say(store, DURE_STORE_NOT_FOUND, "no durable block of that height");
    }
    dure_store_result_t result = DURE_STORE_OK;
    if (self->current_slot == CHECKPOINT_SLOTS) {
        dure_checkpoint_t unused; /* nobody has loaded: find out which file is the newer one */
        result = dure_store_checkpoint_next(store, &unused);
    }
    if (result == DURE_STORE_OK || result == DURE_STORE_NOT_FOUND) {
        result = store_find(store, &batch, checkpoint->height);
    }
    if (result != DURE_STORE_OK) {
        return result;
    }
    self->buffer = calloc(1, CHUNK_HEADER_SIZE + DURE_STORE_CHUNK_SIZE_MAX);
    if (self->buffer == NULL) {
        return store_say(store, DURE_STORE_NO_MEMORY, "no memory for a checkpoint");
    }
    dure_io_file_close(store->io, self->load_file);
    self->load_file = 0;
    self->slot = slot_to_write(self);
    self->good_heights[self->slot] = 0;
    self->header = (checkpoint_header_t){
        .info = *checkpoint, .chain_id = store->config.chain_id, .log_hash = batch.hash};
    self->header.info.payload_size = 0;
    store_checkpoint_seed(&self->header.payload_hash, &self->header);
    self->offset = SECTOR;
    self->error = DURE_STORE_OK;
    dure_io_result_t got =
        dure_io_file_open(store->io, &self->file, slot_names[self->slot], DURE_IO_OPEN_OR_CREATE);
    if (got != DURE_IO_OK) {
        free(self->buffer);
        self->buffer = NULL;
        self->error = got == DURE_IO_NO_SPACE ? DURE_STORE_NO_SPACE : DURE_STORE_IO;
        return got == DURE_IO_NO_SPACE
                   ? store_say(store, DURE_STORE_NO_SPACE, "no space left for a checkpoint")
                   : store_fail_io(store, "opening a checkpoint", 0);
    }
    /* The old header goes first: from here to the end the slot holds no checkpoint. */
    return write_out(store, 0, SECTOR, DURE_IO_SYNC_DATA | DURE_IO_SYNC_DIRECTORY);
}

dure_store_result_t dure_store_checkpoint_chunk(dure_store_t *store, const void *data, size_t size)
{
    checkpoint_t *self = &store->checkpoint;
    if (store->state != DURE_STORE_OK) {
        return DURE_STORE_FAILED;
    }
    if (self->state != DURE_CHECKPOINT_READY) {
        return DURE_STORE_BUSY;
    }
    if (size == 0 || size > DURE_STORE_CHUNK_SIZE_MAX) {
        return store_say(store, DURE_STORE_TOO_LARGE, "a chunk of no allowed size");
    }
    checkpoint_header_t *header = &self->header;
    dure_hash_t hash;
    store_chunk_hash(&hash, &header->payload_hash, data, (uint32_t)size);
    dure_put_u32(self->buffer, (uint32_t)size);
    dure_put_u32(self->buffer + 4, 0);
    memcpy(self->buffer + 8, hash.bytes, sizeof hash.bytes);
    memcpy(self->buffer + CHUNK_HEADER_SIZE, data, size);
    uint64_t offset = self->offset;
    self->offset += CHUNK_HEADER_SIZE + size;
    header->payload_hash = hash;
    header->info.payload_size += size;
    header->chunk_count++;
    /* Synced at once, so that a large checkpoint never makes the log's sync wait for it. */
    return write_out(store, offset, CHUNK_HEADER_SIZE + size, DURE_IO_SYNC_DATA);
}

dure_store_result_t dure_store_checkpoint_end(dure_store_t *store)
{
    checkpoint_t *self = &store->checkpoint;
    uint64_t size = 0;
    if (store->state != DURE_STORE_OK) {
        return DURE_STORE_FAILED;
    }
    if (self->state != DURE_CHECKPOINT_READY) {
        return DURE_STORE_BUSY;
    }
    dure_io_result_t got = dure_io_file_size(store->io, self->file, &size);
    if (got == DURE_IO_OK && size != self->offset) {
        got = dure_io_file_truncate(store->io, self->file, self->offset);
    }
    if (got != DURE_IO_OK) {
        return give_up(store, got);
    }
    self->header.file_size = self->offset;
    self->is_ending = true;
    store_checkpoint_encode(self->buffer, &self->header);
    return write_out(store, 0, SECTOR, DURE_IO_SYNC_DATA);
}

void store_checkpoint_completed(dure_store_t *store, dure_io_result_t result)
{
    checkpoint_t *self = &store->checkpoint;
    self->is_started = false;
    if (result != DURE_IO_OK) {
        (void)give_up(store, result);
    } else if (self->is_ending) {
        self->current_slot = self->slot;
        self->height = self->header.info.height;
        self->good_heights[self->slot] = self->height;
        writing_ends(self, store, DURE_STORE_OK);
    } else {
        self->state = DURE_CHECKPOINT_READY;
    }
}

void dure_store_checkpoint_abort(dure_store_t *store)
{
    checkpoint_t *self = &store->checkpoint;
    if (self->is_started) {
        dure_io_event_t event = {.kind = DURE_IO_EVENT_WRITTEN, .token = TOKEN_CHECKPOINT};
        event.result = dure_io_write_wait(store->io, TOKEN_CHECKPOINT);
        (void)dure_store_take_event(store, &event);
    }
    if (self->state != DURE_CHECKPOINT_IDLE) {
        writing_ends(self, store, DURE_STORE_OK);
    }
}

void store_checkpoint_close(dure_store_t *store)
{
    dure_store_checkpoint_abort(store);
    dure_io_file_close(store->io, store->checkpoint.load_file);
}

dure_checkpoint_state_t dure_store_checkpoint_state(const dure_store_t *store)
{
    return store->checkpoint.state;
}

dure_store_result_t dure_store_checkpoint_error(const dure_store_t *store)
{
    return store->checkpoint.error;
}

uint64_t dure_store_checkpoint_height(const dure_store_t *store)
{
    return store->checkpoint.height;
}

/* ---- loading --------------------------------------------------------------------------------- */

static dure_store_result_t refuse(dure_store_t *store, uint32_t slot, const char *why)
{
    return store_say(store, DURE_STORE_CORRUPT, "%s is not used: %s", slot_names[slot], why);
}

/* OK: the slot is whole as far as its header tells, and belongs to this log.  NOT_FOUND: it is
   empty.  CORRUPT: it is refused, and the message says why. */
static dure_store_result_t examine(dure_store_t *store, checkpoint_header_t *header,
                                   dure_io_file_t file, uint32_t slot)
{
    uint8_t sector[DURE_IO_SECTOR_SIZE];
    uint64_t size = 0;
    batch_header_t batch;
    /* A killed process may have left it in the cache of the system alone.  Once it counts as the
       newer one, the other file will be overwritten: so it must be on the disk first. */
    if (!store->config.read_only && dure_io_file_sync(store->io, file) != DURE_IO_OK) {
        return store_fail_io(store, "syncing a checkpoint", 0);
    }
    dure_io_file_drop_cache(store->io, file, 0, 0);
    if (dure_io_file_size(store->io, file, &size) != DURE_IO_OK) {
        return store_fail_io(store, "opening a checkpoint", 0);
    }
    if (size < SECTOR) {
        return DURE_STORE_NOT_FOUND;
    }
    if (dure_io_file_read(store->io, file, sector, SECTOR, 0) != DURE_IO_OK) {
        return store_fail_io(store, "reading a checkpoint", 0);
    }
    switch (store_checkpoint_decode(header, sector)) {
    case SECTOR_VALID:
        break;
    case SECTOR_EMPTY:
        return refuse(store, slot, "it was never finished");
    case SECTOR_INVALID:
        return refuse(store, slot, "its header is damaged");
    case SECTOR_VERSION:
        return refuse(store, slot, "it was written by another version");
    }
    if (!dure_hash_equal(&header->chain_id, &store->config.chain_id)) {
        return refuse(store, slot, "it belongs to another chain");
    }
    if (header->file_size != size) {
        return refuse(store, slot, "its size is wrong");
    }
    if (header->info.height < store->first_height || header->info.height > store->durable_height) {
        return refuse(store, slot, "its height is beyond the log");
    }
    dure_store_result_t result = store_find(store, &batch, header->info.height);
    if (result == DURE_STORE_OK && !dure_hash_equal(&batch.hash, &header->log_hash)) {
        return refuse(store, slot, "it was taken from another history");
    }
    return result;
}

/* Keeps the better of the slot and what was found before. */
static dure_store_result_t consider(dure_store_t *store, uint32_t *best, uint32_t slot)
{
    checkpoint_t *self = &store->checkpoint;
    checkpoint_header_t header;
    dure_io_file_t file = 0;
    dure_io_result_t got = dure_io_file_open(store->io, &file, slot_names[slot], DURE_IO_OPEN);
    if (got != DURE_IO_OK) {
        self->is_tried[slot] = true;
        return got == DURE_IO_NOT_FOUND ? DURE_STORE_OK
                                        : store_fail_io(store, "opening a checkpoint", 0);
    }
    dure_store_result_t result = examine(store, &header, file, slot);
    bool is_better =
        result == DURE_STORE_OK &&
        (*best == CHECKPOINT_SLOTS || header.info.height > self->load_header.info.height);
    if (is_better) {
        dure_io_file_close(store->io, self->load_file);
        self->load_file = file;
        self->load_header = header;
        *best = slot;
    } else {
        dure_io_file_close(store->io, file);
        self->is_tried[slot] = result != DURE_STORE_OK;
    }
    return store->state; /* a refused slot is no failure of the store */
}

dure_store_result_t dure_store_checkpoint_next(dure_store_t *store, dure_checkpoint_t *checkpoint)
{
    checkpoint_t *self = &store->checkpoint;
    uint32_t best = CHECKPOINT_SLOTS;
    dure_store_result_t result = store->state == DURE_STORE_OK ? DURE_STORE_OK : DURE_STORE_FAILED;
    DURE_ASSERT(self->state == DURE_CHECKPOINT_IDLE);
    dure_io_file_close(store->io, self->load_file);
    self->load_file = 0;
    self->current_slot = CHECKPOINT_SLOTS;
    self->height = 0;
    for (uint32_t slot = 0; slot < CHECKPOINT_SLOTS && result == DURE_STORE_OK; slot++) {
        if (!self->is_tried[slot]) {
            result = consider(store, &best, slot);
        }
    }
    if (result != DURE_STORE_OK || best == CHECKPOINT_SLOTS) {
        return result != DURE_STORE_OK ? result : DURE_STORE_NOT_FOUND;
    }
    self->is_tried[best] = true;
    self->current_slot = best;
    self->height = self->load_header.info.height;
    self->load_offset = SECTOR;
    self->load_size = 0;
    self->load_count = 0;
    store_checkpoint_seed(&self->load_hash, &self->load_header);
    *checkpoint = self->load_header.info;
    return DURE_STORE_OK;
}

void dure_store_checkpoint_again(dure_store_t *store)
{
    memset(store->checkpoint.is_tried, 0, sizeof store->checkpoint.is_tried);
}

/* After the last chunk: the header must agree with what was read. */
static dure_store_result_t load_end(dure_store_t *store)
{
    checkpoint_t *self = &store->checkpoint;
    const checkpoint_header_t *header = &self->load_header;
    bool is_whole = self->load_count == header->chunk_count &&
                    self->load_size == header->info.payload_size &&
                    dure_hash_equal(&self->load_hash, &header->payload_hash);
    self->good_heights[self->current_slot] = is_whole ? header->info.height : 0;
    return is_whole ? DURE_STORE_OK
                    : refuse(store, self->current_slot, "its chunks do not match its header");
}

static dure_store_result_t load_chunk(dure_store_t *store, dure_bytes_t *chunk)
{
    checkpoint_t *self = &store->checkpoint;
    uint8_t header[CHUNK_HEADER_SIZE];
    uint64_t left = self->load_header.file_size - self->load_offset;
    dure_hash_t hash;
    if (left < CHUNK_HEADER_SIZE) {
        return refuse(store, self->current_slot, "a chunk is cut short");
    }
    if (dure_io_file_read(store->io, self->load_file, header, sizeof header, self->load_offset) !=
        DURE_IO_OK) {
        return store_fail_io(store, "reading a checkpoint", 0);
    }
    uint32_t size = dure_get_u32(header);
    if (size == 0 || size > DURE_STORE_CHUNK_SIZE_MAX || size > left - CHUNK_HEADER_SIZE ||
        dure_get_u32(header + 4) != 0) {
        return refuse(store, self->current_slot, "a chunk has no possible size");
    }
    if (dure_io_file_read(store->io, self->load_file, store->scan, size,
                          self->load_offset + CHUNK_HEADER_SIZE) != DURE_IO_OK) {
        return store_fail_io(store, "reading a checkpoint", 0);
    }
    store_chunk_hash(&hash, &self->load_hash, store->scan, size);
    if (memcmp(hash.bytes, header + 8, sizeof hash.bytes) != 0) {
        return refuse(store, self->current_slot, "a chunk is damaged");
    }
    self->load_hash = hash;
    self->load_offset += CHUNK_HEADER_SIZE + size;
    self->load_size += size;
    self->load_count++;
    *chunk = dure_bytes(store->scan, size);
    return DURE_STORE_OK;
}

dure_store_result_t dure_store_checkpoint_read(dure_store_t *store, dure_bytes_t *chunk)
{
    checkpoint_t *self = &store->checkpoint;
    *chunk = dure_bytes(NULL, 0);
    if (store->state != DURE_STORE_OK) {
        return DURE_STORE_FAILED;
    }
    if (self->load_file == 0) {
        return store_say(store, DURE_STORE_NOT_FOUND, "no checkpoint is being loaded");
    }
    dure_store_result_t result = self->load_offset == self->load_header.file_size
                                     ? load_end(store)
                                     : load_chunk(store, chunk);
    if (result != DURE_STORE_OK) {
        dure_io_file_close(store->io, self->load_file);
        self->load_file = 0;
        self->current_slot = CHECKPOINT_SLOTS;
        self->height = 0;
    }
    return result;
}

/* pack_write: a chain into one file.  Everything is verified as it is read: a batch that is not
   what the one before it is chained to never gets into the file. */
#include "store/pack_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    dure_pack_t *pack;
    dure_pack_info_t *info;
    dure_store_t *store;
    dure_io_t *out;
    dure_io_file_t file;
    uint64_t offset;
    uint64_t begin; /* of the part under way */
    dure_hasher_t hasher;
    uint8_t *manifest;
    size_t capacity;
    uint64_t done, all; /* bytes of the log */
} pack_writer_t;

static bool fail_out(pack_writer_t *self)
{
    return pack_refuse(self->pack, "the file cannot be written: %s", dure_io_error_text(self->out));
}

static bool fail_store(pack_writer_t *self)
{
    return pack_refuse(self->pack, "%s", dure_store_message(self->store));
}

static bool put(pack_writer_t *self, const void *data, size_t size)
{
    dure_hasher_update(&self->hasher, data, size);
    if (dure_io_file_write(self->out, self->file, data, size, self->offset) != DURE_IO_OK) {
        return fail_out(self);
    }
    self->offset += size;
    return true;
}

static void part_begin(pack_writer_t *self)
{
    self->begin = self->offset;
    pack_hash_begin(&self->hasher, PACK_HASH_PART);
}

static bool part_end(pack_writer_t *self, dure_pack_kind_t kind, uint64_t segment)
{
    static const uint8_t zeros[SECTOR];
    const uint32_t index = self->info->part_count;
    const size_t needed =
        DURE_PACK_MANIFEST_HEAD + PACK_SIGNATURE_SIZE + ((size_t)index + 1) * DURE_PACK_PART_SIZE;
    if (index == DURE_PACK_PARTS_MAX || !store_reserve(&self->manifest, &self->capacity, needed)) {
        return pack_refuse(self->pack, "no memory for so many parts");
    }
    dure_pack_part_t part = {.kind = (uint8_t)kind,
                             .segment = segment,
                             .offset = self->begin,
                             .size = self->offset - self->begin};
    dure_hasher_final(&self->hasher, &part.hash);
    pack_part_encode(self->manifest, index, &part);
    self->info->part_count++;
    const size_t padding = (SECTOR - part.size % SECTOR) % SECTOR;
    pack_hash_begin(&self->hasher, PACK_HASH_PART); /* padding is under no part's hash */
    return padding == 0 || put(self, zeros, padding);
}

static bool put_part(pack_writer_t *self, dure_pack_kind_t kind, const void *data, size_t size)
{
    part_begin(self);
    return put(self, data, size) && part_end(self, kind, 0);
}

/* ---- the checkpoint -------------------------------------------------------------------------- */

/* False without a message: this one is damaged, or a running node has begun to write over it. */
static bool put_chunks(pack_writer_t *self)
{
    checkpoint_t *checkpoint = &self->store->checkpoint;
    uint8_t sector[SECTOR];
    store_checkpoint_encode(sector, &checkpoint->load_header);
    part_begin(self);
    bool is_good = put(self, sector, SECTOR);
    while (is_good) {
        dure_bytes_t chunk;
        uint8_t header[CHUNK_HEADER_SIZE] = {0};
        if (dure_store_checkpoint_read(self->store, &chunk) != DURE_STORE_OK) {
            return false;
        }
        if (chunk.size == 0) {
            break;
        }
        dure_put_u32(header, (uint32_t)chunk.size);
        memcpy(header + 8, checkpoint->load_hash.bytes, 32);
        is_good = put(self, header, sizeof header) && put(self, chunk.data, chunk.size);
        pack_progress(self->pack, "checkpoint", checkpoint->load_offset,
                      checkpoint->load_header.file_size);
    }
    return is_good && part_end(self, DURE_PACK_CHECKPOINT, 0);
}

/* The newest one that is whole; none is no failure here. */
static bool put_checkpoint(pack_writer_t *self)
{
    dure_checkpoint_t checkpoint;
    const uint64_t begin = self->offset;
    while (dure_store_checkpoint_next(self->store, &checkpoint) == DURE_STORE_OK) {
        if (put_chunks(self)) {
            self->info->checkpoint_height = checkpoint.height;
            self->info->app_hash = checkpoint.app_hash;
            return true;
        }
        if (self->pack->message[0] != 0) {
            return false;
        }
        self->offset = begin;
        if (dure_io_file_truncate(self->out, self->file, begin) != DURE_IO_OK) {
            return fail_out(self);
        }
    }
    return true;
}

/* ---- the log --------------------------------------------------------------------------------- */

/* The header of a segment; *place: where its first batch stands. */
static bool put_header(pack_writer_t *self, place_t *place, uint64_t segment)
{
    uint8_t sector[SECTOR];
    segment_header_t header;
    dure_io_file_t file = 0;
    dure_io_t *io = store_io_of(self->store, segment);
    if (store_segment_file(self->store, &file, segment) != DURE_STORE_OK) {
        return fail_store(self);
    }
    if (dure_io_file_read(io, file, sector, SECTOR, 0) != DURE_IO_OK) {
        return pack_refuse(self->pack, "segment %" PRIu64 " of the log cannot be read: %s", segment,
                           dure_io_error_text(io));
    }
    const bool is_first = place->segment == 0;
    if (store_segment_decode(&header, sector) != SECTOR_VALID || header.segment != segment ||
        header.first_height != store_segment(self->store, segment)->first_height ||
        (!is_first && (!dure_hash_equal(&header.previous, &place->hash) ||
                       header.first_height != place->height))) {
        return pack_refuse(self->pack,
                           "segment %" PRIu64 " of the log is damaged at its beginning: restore it "
                           "from a copy",
                           segment);
    }
    *place = (place_t){segment, SECTOR, header.first_height, header.hash};
    part_begin(self);
    return put(self, sector, SECTOR);
}

/* The batches of a segment up to what was durable when the store was opened. */
static bool put_batches(pack_writer_t *self, place_t *place)
{
    dure_store_t *store = self->store;
    for (;;) {
        record_t found = RECORD_ABSENT;
        dure_io_file_t file = 0;
        if (place->segment == store->end.segment && place->offset >= store->end.offset) {
            return true;
        }
        if (store_segment_file(store, &file, place->segment) != DURE_STORE_OK ||
            store_record_check(store, &found, file, place) != DURE_STORE_OK) {
            return fail_store(self);
        }
        if (found == RECORD_ABSENT && place->segment < store->end.segment) {
            return true; /* the header of the next segment tells whether a batch is missing */
        }
        if (found != RECORD_GOOD) {
            return pack_refuse(self->pack,
                               "segment %" PRIu64 " of the log is damaged at byte %" PRIu64
                               ": restore it from a copy",
                               place->segment, place->offset);
        }
        const batch_header_t *header = &store->record_header;
        const uint64_t size = store_record_end(header) - place->offset;
        if (!put(self, store->record, size)) {
            return false;
        }
        place->offset += size;
        place->height += header->block_count;
        place->hash = header->hash;
        self->done += size;
        pack_progress(self->pack, "log", self->done, self->all);
    }
}

static bool put_log(pack_writer_t *self, uint64_t first)
{
    place_t place = {0};
    for (uint64_t n = first; n <= self->store->end.segment; n++) {
        if (!put_header(self, &place, n) || !put_batches(self, &place) ||
            !part_end(self, DURE_PACK_SEGMENT, n)) {
            return false;
        }
    }
    pack_progress(self->pack, "log", self->all, self->all);
    return true;
}

static bool put_base(pack_writer_t *self, uint64_t first)
{
    uint8_t sector[SECTOR];
    segment_header_t header;
    dure_io_file_t file = 0;
    if (first <= 1) {
        return true;
    }
    dure_io_t *io = store_io_of(self->store, first);
    if (store_segment_file(self->store, &file, first) != DURE_STORE_OK) {
        return fail_store(self);
    }
    if (dure_io_file_read(io, file, sector, SECTOR, 0) != DURE_IO_OK ||
        store_segment_decode(&header, sector) != SECTOR_VALID) {
        return pack_refuse(self->pack, "segment %" PRIu64 " of the log cannot be read", first);
    }
    base_t base = {.is_state_alone = true,
                   .chain_id = header.chain_id,
                   .salt = header.salt,
                   .segment = first,
                   .first_height = header.first_height,
                   .previous = header.previous};
    store_base_encode(sector, &base);
    self->info->first_height = base.first_height;
    return put_part(self, DURE_PACK_BASE, sector, SECTOR);
}

/* As after a close in order: both slots at the end of what stands in the file. */
static bool put_marker(pack_writer_t *self)
{
    static uint8_t bytes[MARKER_FILE_SIZE];
    memset(bytes, 0, sizeof bytes);
    for (uint32_t i = 0; i < MARKER_SLOTS; i++) {
        marker_t marker;
        store_marker_now(self->store, &marker, true);
        store_marker_encode(bytes + marker.sequence % MARKER_SLOTS * MARKER_SLOT_STRIDE, &marker);
    }
    return put_part(self, DURE_PACK_MARKER, bytes, sizeof bytes);
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* Where the log in the file begins; 0 after a message. */
static uint64_t first_segment(pack_writer_t *self, bool state_alone)
{
    const dure_store_t *store = self->store;
    batch_header_t batch;
    if (!state_alone) {
        if (store->lowest > 1 && !store->base.is_state_alone) {
            (void)pack_refuse(self->pack,
                              "the log begins with block %" PRIu64 ": give the archive that has "
                              "those before it (--archive), or take the state alone (--state-only)",
                              store->first_height);
            return 0;
        }
        return store->lowest;
    }
    if (self->info->checkpoint_height == 0) {
        (void)pack_refuse(self->pack, "there is no checkpoint yet to take the state from: a node "
                                      "writes one when it is stopped in order");
        return 0;
    }
    if (store_find(self->store, &batch, self->info->checkpoint_height) != DURE_STORE_OK) {
        (void)fail_store(self);
        return 0;
    }
    return batch.segment;
}

static bool put_parts(pack_writer_t *self, dure_bytes_t genesis, bool state_alone)
{
    uint8_t header[DURE_PACK_HEADER_SIZE] = {0}; /* until all else is on the disk */
    pack_hash_begin(&self->hasher, PACK_HASH_PART);
    if (!put(self, header, sizeof header) ||
        !put_part(self, DURE_PACK_GENESIS, genesis.data, genesis.size) || !put_checkpoint(self)) {
        return false;
    }
    const uint64_t first = first_segment(self, state_alone);
    if (first == 0) {
        return false;
    }
    self->info->is_state_alone = first > 1;
    for (uint64_t n = first; n <= self->store->end.segment; n++) {
        self->all += n == self->store->end.segment ? self->store->end.offset
                                                   : self->store->config.segment_size;
    }
    return put_base(self, first) && put_log(self, first) && put_marker(self);
}

static bool put_manifest(pack_writer_t *self, const dure_secret_key_t *secret)
{
    uint8_t header[DURE_PACK_HEADER_SIZE];
    uint8_t message[PACK_SIGNED_SIZE];
    dure_signature_t signature;
    dure_pack_info_t *info = self->info;
    const size_t size = DURE_PACK_MANIFEST_HEAD + (size_t)info->part_count * DURE_PACK_PART_SIZE;
    const uint64_t offset = self->offset;
    pack_manifest_encode(self->manifest, info);
    pack_message(message, self->manifest, size);
    if (!dure_sign(&signature, secret, message, sizeof message)) {
        return pack_refuse(self->pack, "the key cannot sign");
    }
    memcpy(self->manifest + size, signature.bytes, sizeof signature.bytes);
    info->file_size = offset + size + PACK_SIGNATURE_SIZE;
    pack_header_encode(header, &info->chain_id, offset, size + PACK_SIGNATURE_SIZE);
    return put(self, self->manifest, size + PACK_SIGNATURE_SIZE) &&
           ((dure_io_file_write(self->out, self->file, header, sizeof header, 0) == DURE_IO_OK &&
             dure_io_file_sync(self->out, self->file) == DURE_IO_OK) ||
            fail_out(self));
}

static bool is_taken(dure_io_t *io, const char *name)
{
    dure_io_file_t file = 0;
    dure_io_result_t got = dure_io_file_open(io, &file, name, DURE_IO_OPEN);
    dure_io_file_close(io, file);
    return got != DURE_IO_NOT_FOUND;
}

static bool write_as(pack_writer_t *self, const char *temporary, const char *name,
                     dure_bytes_t genesis, const dure_secret_key_t *secret, bool state_alone)
{
    if (is_taken(self->out, name)) {
        return pack_refuse(self->pack, "%s is there already", name);
    }
    if (dure_io_file_open(self->out, &self->file, temporary, DURE_IO_OPEN_OR_CREATE) !=
            DURE_IO_OK ||
        dure_io_file_truncate(self->out, self->file, 0) != DURE_IO_OK) {
        return fail_out(self);
    }
    bool is_done = put_parts(self, genesis, state_alone) && put_manifest(self, secret);
    dure_io_file_close(self->out, self->file);
    if (is_done && (dure_io_rename(self->out, temporary, name) != DURE_IO_OK ||
                    dure_io_sync_directory(self->out) != DURE_IO_OK)) {
        is_done = fail_out(self);
    }
    if (!is_done && dure_io_unlink(self->out, temporary) != DURE_IO_OK) {
        (void)fail_out(self); /* the first message stays */
    }
    return is_done;
}

bool dure_pack_write(dure_pack_t *pack, dure_pack_info_t *info, dure_store_t *store, dure_io_t *out,
                     const char *name, dure_bytes_t genesis, const dure_secret_key_t *secret,
                     bool state_alone)
{
    char temporary[DURE_IO_NAME_SIZE];
    pack->message[0] = 0;
    *info = (dure_pack_info_t){.is_state_alone = state_alone,
                               .chain_id = store->config.chain_id,
                               .first_height = store->first_height,
                               .head_height = store->durable_height,
                               .head_hash = store->last_hash,
                               .time = dure_io_wall_ms(out)};
    pack_writer_t self = {.pack = pack, .info = info, .store = store, .out = out};
    const int length = snprintf(temporary, sizeof temporary, "%s.part", name);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return pack_refuse(pack, "the file's name is longer than %u characters",
                           DURE_IO_NAME_SIZE - 6u);
    }
    if (!dure_public_key_of(&info->signer, secret)) {
        return pack_refuse(pack, "the key has no public half");
    }
    const bool is_done = write_as(&self, temporary, name, genesis, secret, state_alone);
    free(self.manifest);
    return is_done;
}

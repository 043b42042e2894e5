/* pack_read: a packed chain checked, and made a directory again. */
#include "store/pack_private.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COPY_SIZE   (1u << 20)
#define SCRUB_SIZE  (16u << 20)
#define ENTRIES_MAX (DURE_PACK_PARTS_MAX + 64u) /* files of a directory */

/* ---- the file -------------------------------------------------------------------------------- */

static bool read_manifest(dure_pack_t *pack, dure_pack_file_t *file)
{
    uint8_t header[DURE_PACK_HEADER_SIZE];
    dure_hash_t chain_id;
    uint64_t size = 0;
    uint64_t offset = 0;
    uint64_t manifest_size = 0;
    if (dure_io_file_size(file->io, file->file, &size) != DURE_IO_OK) {
        return pack_refuse(pack, "it cannot be read: %s", dure_io_error_text(file->io));
    }
    if (size < sizeof header ||
        dure_io_file_read(file->io, file->file, header, sizeof header, 0) != DURE_IO_OK) {
        return pack_refuse(pack, "it is no packed chain");
    }
    const char *why = dure_pack_header_decode(&chain_id, &offset, &manifest_size, header);
    if (why != NULL) {
        return pack_refuse(pack, "%s", why);
    }
    if (offset + manifest_size != size) {
        return pack_refuse(pack,
                           "it has %" PRIu64 " bytes instead of %" PRIu64 ": it was cut, or is not "
                           "yet copied whole",
                           size, offset + manifest_size);
    }
    file->manifest_size = (size_t)manifest_size;
    file->manifest = malloc(file->manifest_size);
    if (file->manifest == NULL) {
        return pack_refuse(pack, "no memory for its manifest");
    }
    if (dure_io_file_read(file->io, file->file, file->manifest, file->manifest_size, offset) !=
        DURE_IO_OK) {
        return pack_refuse(pack, "it cannot be read: %s", dure_io_error_text(file->io));
    }
    why = dure_pack_manifest_decode(&file->info, dure_bytes(file->manifest, file->manifest_size),
                                    offset);
    if (why == NULL && !dure_hash_equal(&chain_id, &file->info.chain_id)) {
        why = "its header is of another chain than its manifest";
    }
    return why == NULL || pack_refuse(pack, "%s", why);
}

static bool check_signature(dure_pack_t *pack, const dure_pack_file_t *file)
{
    uint8_t message[PACK_SIGNED_SIZE];
    dure_signature_t signature;
    const size_t size = file->manifest_size - PACK_SIGNATURE_SIZE;
    memcpy(signature.bytes, file->manifest + size, sizeof signature.bytes);
    pack_message(message, file->manifest, size);
    bool is_good = dure_public_key_check(&file->info.signer) == DURE_CRYPTO_OK &&
                   dure_signature_verify(&file->info.signer, &signature, message, sizeof message) ==
                       DURE_CRYPTO_OK;
    return is_good || pack_refuse(pack, "its signature does not hold");
}

bool dure_pack_open(dure_pack_t *pack, dure_pack_file_t *file, dure_io_t *io, const char *name)
{
    *file = (dure_pack_file_t){.io = io};
    pack->message[0] = 0;
    if (dure_io_file_open(io, &file->file, name, DURE_IO_OPEN) != DURE_IO_OK) {
        return pack_refuse(pack, "it cannot be opened: %s", dure_io_error_text(io));
    }
    return read_manifest(pack, file) && check_signature(pack, file);
}

void dure_pack_close(dure_pack_file_t *file)
{
    if (file->io != NULL) {
        dure_io_file_close(file->io, file->file);
    }
    free(file->manifest);
    *file = (dure_pack_file_t){0};
}

/* ---- parts ----------------------------------------------------------------------------------- */

typedef struct {
    dure_pack_t *pack;
    const dure_pack_file_t *file;
    dure_io_t *out; /* NULL: only looks */
    const char *what;
    uint8_t *buffer;
    uint64_t done;
} pack_copy_t;

static dure_pack_part_t part_of(const dure_pack_file_t *file, uint32_t index)
{
    return dure_pack_part(dure_bytes(file->manifest, file->manifest_size), index);
}

static void part_name(char name[DURE_IO_NAME_SIZE], const dure_pack_part_t *part)
{
    switch ((dure_pack_kind_t)part->kind) {
    case DURE_PACK_GENESIS:
        snprintf(name, DURE_IO_NAME_SIZE, "%s.new", PACK_GENESIS); /* it is named last */
        return;
    case DURE_PACK_CHECKPOINT:
        snprintf(name, DURE_IO_NAME_SIZE, "checkpoint-a.dure");
        return;
    case DURE_PACK_BASE:
        snprintf(name, DURE_IO_NAME_SIZE, "%s", BASE_FILE);
        return;
    case DURE_PACK_SEGMENT:
        store_segment_name(name, part->segment);
        return;
    case DURE_PACK_MARKER:
        snprintf(name, DURE_IO_NAME_SIZE, "%s", MARKER_FILE);
        return;
    }
}

static bool is_zero_behind(pack_copy_t *copy, const dure_pack_part_t *part)
{
    uint8_t padding[SECTOR];
    const size_t size = (SECTOR - part->size % SECTOR) % SECTOR;
    return size == 0 || (dure_io_file_read(copy->file->io, copy->file->file, padding, size,
                                           part->offset + part->size) == DURE_IO_OK &&
                         store_is_zero(padding, size));
}

/* Reads a part from the beginning to its end, and writes it to `to` if that is not 0. */
static bool run_part(pack_copy_t *copy, const dure_pack_part_t *part, dure_io_file_t to)
{
    dure_hasher_t hasher;
    dure_hash_t hash;
    pack_hash_begin(&hasher, PACK_HASH_PART);
    for (uint64_t at = 0; at < part->size;) {
        const uint64_t left = part->size - at;
        const size_t size = left < COPY_SIZE ? (size_t)left : COPY_SIZE;
        if (dure_io_file_read(copy->file->io, copy->file->file, copy->buffer, size,
                              part->offset + at) != DURE_IO_OK) {
            return pack_refuse(copy->pack, "it cannot be read: %s",
                               dure_io_error_text(copy->file->io));
        }
        dure_hasher_update(&hasher, copy->buffer, size);
        if (to != 0 && dure_io_file_write(copy->out, to, copy->buffer, size, at) != DURE_IO_OK) {
            return pack_refuse(copy->pack, "%s", dure_io_error_text(copy->out));
        }
        at += size;
        copy->done += size;
        pack_progress(copy->pack, copy->what, copy->done, copy->file->info.file_size);
    }
    dure_hasher_final(&hasher, &hash);
    if (!dure_hash_equal(&hash, &part->hash) || !is_zero_behind(copy, part)) {
        char name[DURE_IO_NAME_SIZE];
        part_name(name, part);
        return pack_refuse(copy->pack, "its part %s is damaged", name);
    }
    return true;
}

static bool copy_part(pack_copy_t *copy, const dure_pack_part_t *part)
{
    char name[DURE_IO_NAME_SIZE];
    dure_io_file_t file = 0;
    part_name(name, part);
    if (dure_io_file_open(copy->out, &file, name, DURE_IO_CREATE) != DURE_IO_OK) {
        return pack_refuse(copy->pack, "%s", dure_io_error_text(copy->out));
    }
    bool is_done = run_part(copy, part, file);
    if (is_done && dure_io_file_sync(copy->out, file) != DURE_IO_OK) {
        is_done = pack_refuse(copy->pack, "%s", dure_io_error_text(copy->out));
    }
    dure_io_file_close(copy->out, file);
    return is_done;
}

/* Every part, looked at or copied. */
static bool run_parts(pack_copy_t *copy)
{
    bool is_done = true;
    copy->buffer = malloc(COPY_SIZE);
    if (copy->buffer == NULL) {
        return pack_refuse(copy->pack, "no memory");
    }
    for (uint32_t i = 0; i < copy->file->info.part_count && is_done; i++) {
        const dure_pack_part_t part = part_of(copy->file, i);
        is_done = copy->out == NULL ? run_part(copy, &part, 0) : copy_part(copy, &part);
    }
    free(copy->buffer);
    pack_progress(copy->pack, copy->what, copy->file->info.file_size, copy->file->info.file_size);
    return is_done;
}

bool dure_pack_check(dure_pack_t *pack, const dure_pack_file_t *file)
{
    pack_copy_t copy = {.pack = pack, .file = file, .what = "checking"};
    pack->message[0] = 0;
    return run_parts(&copy);
}

/* ---- the directory --------------------------------------------------------------------------- */

/* One of them is there from before the first file to after the last one. */
static bool is_sign(const char *name)
{
    return strcmp(name, PACK_UNFINISHED) == 0 || strcmp(name, PACK_GENESIS ".new") == 0 ||
           strcmp(name, PACK_UNFINISHED ".new") == 0;
}

static bool is_ours(const char *name)
{
    size_t size = strlen(name);
    return is_sign(name) || strcmp(name, BASE_FILE) == 0 || strcmp(name, MARKER_FILE) == 0 ||
           strcmp(name, "checkpoint-a.dure") == 0 ||
           (size == sizeof "log-00000000.dure" - 1 && memcmp(name, "log-", 4) == 0 &&
            strcmp(name + size - 5, ".dure") == 0);
}

/* Removes what an unpacking wrote, the sign of it last. */
static bool clear(dure_io_t *out, const dure_io_entry_t *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!is_sign(entries[i].name) && is_ours(entries[i].name) &&
            dure_io_unlink(out, entries[i].name) != DURE_IO_OK) {
            return false;
        }
    }
    if (dure_io_sync_directory(out) != DURE_IO_OK) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (is_sign(entries[i].name) && dure_io_unlink(out, entries[i].name) != DURE_IO_OK) {
            return false;
        }
    }
    return dure_io_sync_directory(out) == DURE_IO_OK;
}

static bool clear_all(dure_io_t *out)
{
    dure_io_entry_t *entries = calloc(ENTRIES_MAX, sizeof *entries);
    size_t count = 0;
    bool is_done = entries != NULL &&
                   dure_io_list(out, entries, &count, ENTRIES_MAX) == DURE_IO_OK &&
                   clear(out, entries, count);
    free(entries);
    return is_done;
}

/* The directory is empty, or holds only what an interrupted call left, which is removed. */
static bool make_empty(dure_pack_t *pack, dure_io_t *out)
{
    dure_io_entry_t *entries = calloc(ENTRIES_MAX, sizeof *entries);
    size_t count = 0;
    bool is_unfinished = false;
    bool is_foreign = false;
    if (entries == NULL || dure_io_list(out, entries, &count, ENTRIES_MAX) != DURE_IO_OK) {
        free(entries);
        return pack_refuse(pack, "the directory cannot be read: %s", dure_io_error_text(out));
    }
    for (size_t i = 0; i < count; i++) {
        is_unfinished |= is_sign(entries[i].name);
        is_foreign |= !is_ours(entries[i].name);
    }
    is_foreign |= count > 0 && !is_unfinished;
    bool is_done = !is_foreign && (count == 0 || clear(out, entries, count));
    free(entries);
    if (is_foreign) {
        return pack_refuse(pack, "the directory is not empty: nothing was written");
    }
    return is_done || pack_refuse(pack, "%s", dure_io_error_text(out));
}

/* What was written, once more, as a node will read it. */
static bool check_store(dure_pack_t *pack, const dure_pack_file_t *file, dure_io_t *out)
{
    dure_store_config_t config = {
        .chain_id = file->info.chain_id, .first_height = 1, .read_only = true};
    dure_store_t *store = NULL;
    dure_store_report_t report;
    dure_store_scrub_t at = {0};
    dure_checkpoint_t checkpoint = {0};
    dure_bytes_t chunk = {0};
    dure_store_result_t result = dure_store_open(&store, &report, out, &config);
    while (result == DURE_STORE_OK && at.passes == 0) {
        result = dure_store_scrub_step(store, &at, SCRUB_SIZE);
        pack_progress(pack, "reading again", at.read_size, dure_store_log_size(store));
    }
    if (result == DURE_STORE_OK && file->info.checkpoint_height != 0) {
        result = dure_store_checkpoint_next(store, &checkpoint);
        do {
            result = result == DURE_STORE_OK ? dure_store_checkpoint_read(store, &chunk) : result;
        } while (result == DURE_STORE_OK && chunk.size > 0);
    }
    bool is_good = result == DURE_STORE_OK;
    if (!is_good) {
        (void)pack_refuse(pack, "what is in it is no log: %s",
                          store == NULL ? "no memory" : dure_store_message(store));
    } else if (report.head_height != file->info.head_height ||
               report.first_height != file->info.first_height ||
               checkpoint.height != file->info.checkpoint_height || report.cut_size != 0 ||
               dure_store_is_state_alone(store) != file->info.is_state_alone) {
        is_good = pack_refuse(pack, "what is in it is another log than its manifest says");
    }
    (void)dure_store_close(store);
    return is_good;
}

static bool check_genesis(dure_pack_t *pack, const dure_pack_file_t *file)
{
    const dure_pack_part_t part = part_of(file, 0);
    uint8_t *bytes = malloc((size_t)part.size + 1);
    dure_hash_t chain_id = {0};
    bool is_read = bytes != NULL && dure_io_file_read(file->io, file->file, bytes,
                                                      (size_t)part.size, part.offset) == DURE_IO_OK;
    if (is_read) {
        dure_hash(&chain_id, DURE_TAG_GENESIS, bytes, (size_t)part.size);
    }
    free(bytes);
    return (is_read && dure_hash_equal(&chain_id, &file->info.chain_id)) ||
           pack_refuse(pack, "its genesis is of another chain");
}

static bool unpack(dure_pack_t *pack, const dure_pack_file_t *file, dure_io_t *out)
{
    static const char sign[] = "This directory was not unpacked to its end.\n";
    pack_copy_t copy = {.pack = pack, .file = file, .out = out, .what = "unpacking"};
    if (dure_io_replace(out, PACK_UNFINISHED, sign, sizeof sign - 1) != DURE_IO_OK) {
        return pack_refuse(pack, "%s", dure_io_error_text(out));
    }
    if (!run_parts(&copy) || !check_store(pack, file, out)) {
        return false;
    }
    /* All names are durable before the one that makes a chain of them. */
    bool is_done = dure_io_sync_directory(out) == DURE_IO_OK &&
                   dure_io_unlink(out, PACK_UNFINISHED) == DURE_IO_OK &&
                   dure_io_sync_directory(out) == DURE_IO_OK &&
                   dure_io_rename(out, PACK_GENESIS ".new", PACK_GENESIS) == DURE_IO_OK &&
                   dure_io_sync_directory(out) == DURE_IO_OK;
    return is_done || pack_refuse(pack, "%s", dure_io_error_text(out));
}

bool dure_pack_unpack(dure_pack_t *pack, const dure_pack_file_t *file, dure_io_t *out)
{
    pack->message[0] = 0;
    if (!check_genesis(pack, file) || !make_empty(pack, out)) {
        return false;
    }
    if (unpack(pack, file, out)) {
        return true;
    }
    (void)clear_all(out);
    return false;
}

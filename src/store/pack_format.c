/* pack_format: the bytes of a packed chain's header and manifest.  docs/formats/pack.md. */
#include "store/pack_private.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define VERSION    1u
#define FLAG_STATE 1u
#define HEADER_END 64u /* bytes under the header's hash */

static const uint8_t pack_magic[8] = {'D', 'U', 'R', 'E', '-', 'P', 'A', 'K'};
static const uint8_t manifest_magic[8] = {'D', 'U', 'R', 'E', '-', 'M', 'A', 'N'};

bool pack_refuse(dure_pack_t *pack, const char *format, ...)
{
    if (pack->message[0] == 0) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(pack->message, sizeof pack->message, format, arguments);
        va_end(arguments);
    }
    return false;
}

void pack_progress(const dure_pack_t *pack, const char *what, uint64_t done, uint64_t all)
{
    if (pack->progress != NULL) {
        pack->progress(pack->user, what, done, all);
    }
}

void pack_hash_begin(dure_hasher_t *hasher, uint8_t kind)
{
    dure_hasher_init(hasher, DURE_TAG_PACK);
    dure_hasher_update(hasher, &kind, 1);
}

static void hash_of(dure_hash_t *hash, uint8_t kind, const uint8_t *data, size_t size)
{
    dure_hasher_t hasher;
    pack_hash_begin(&hasher, kind);
    dure_hasher_update(&hasher, data, size);
    dure_hasher_final(&hasher, hash);
}

/* ---- header ---------------------------------------------------------------------------------- */

void pack_header_encode(uint8_t out[DURE_PACK_HEADER_SIZE], const dure_hash_t *chain_id,
                        uint64_t offset, uint64_t size)
{
    dure_hash_t hash;
    memset(out, 0, DURE_PACK_HEADER_SIZE);
    memcpy(out, pack_magic, 8);
    dure_put_u32(out + 8, VERSION);
    memcpy(out + 16, chain_id->bytes, 32);
    dure_put_u64(out + 48, offset);
    dure_put_u64(out + 56, size);
    hash_of(&hash, PACK_HASH_HEADER, out, HEADER_END);
    memcpy(out + HEADER_END, hash.bytes, 32);
}

const char *dure_pack_header_decode(dure_hash_t *chain_id, uint64_t *offset, uint64_t *size,
                                    const uint8_t header[DURE_PACK_HEADER_SIZE])
{
    dure_hash_t hash;
    if (memcmp(header, pack_magic, 8) != 0) {
        return "it is no packed chain";
    }
    hash_of(&hash, PACK_HASH_HEADER, header, HEADER_END);
    if (memcmp(header + HEADER_END, hash.bytes, 32) != 0) {
        return "its header is damaged";
    }
    if (dure_get_u32(header + 8) != VERSION) {
        return "it was written by another version of this program";
    }
    memcpy(chain_id->bytes, header + 16, 32);
    *offset = dure_get_u64(header + 48);
    *size = dure_get_u64(header + 56);
    const uint64_t least = DURE_PACK_MANIFEST_HEAD + PACK_SIGNATURE_SIZE;
    bool is_good =
        dure_get_u32(header + 12) == 0 &&
        store_is_zero(header + HEADER_END + 32, DURE_PACK_HEADER_SIZE - HEADER_END - 32) &&
        *offset >= DURE_PACK_HEADER_SIZE && *offset % SECTOR == 0 && *offset <= UINT64_MAX / 2 &&
        *size >= least && (*size - least) % DURE_PACK_PART_SIZE == 0 &&
        (*size - least) / DURE_PACK_PART_SIZE <= DURE_PACK_PARTS_MAX;
    return is_good ? NULL : "its header holds an impossible number";
}

/* ---- manifest -------------------------------------------------------------------------------- */

void pack_part_encode(uint8_t *manifest, uint32_t index, const dure_pack_part_t *part)
{
    uint8_t *out = manifest + DURE_PACK_MANIFEST_HEAD + (size_t)index * DURE_PACK_PART_SIZE;
    memset(out, 0, DURE_PACK_PART_SIZE);
    out[0] = part->kind;
    dure_put_u64(out + 8, part->segment);
    dure_put_u64(out + 16, part->offset);
    dure_put_u64(out + 24, part->size);
    memcpy(out + 32, part->hash.bytes, 32);
}

dure_pack_part_t dure_pack_part(dure_bytes_t manifest, uint32_t index)
{
    const uint8_t *in =
        manifest.data + DURE_PACK_MANIFEST_HEAD + (size_t)index * DURE_PACK_PART_SIZE;
    dure_pack_part_t part = {.kind = in[0],
                             .segment = dure_get_u64(in + 8),
                             .offset = dure_get_u64(in + 16),
                             .size = dure_get_u64(in + 24)};
    memcpy(part.hash.bytes, in + 32, 32);
    return part;
}

void pack_manifest_encode(uint8_t *out, const dure_pack_info_t *info)
{
    memset(out, 0, DURE_PACK_MANIFEST_HEAD);
    memcpy(out, manifest_magic, 8);
    dure_put_u32(out + 8, VERSION);
    dure_put_u32(out + 12, info->is_state_alone ? FLAG_STATE : 0);
    memcpy(out + 16, info->chain_id.bytes, 32);
    dure_put_u64(out + 48, info->first_height);
    dure_put_u64(out + 56, info->head_height);
    memcpy(out + 64, info->head_hash.bytes, 32);
    dure_put_u64(out + 96, info->checkpoint_height);
    memcpy(out + 104, info->app_hash.bytes, 32);
    dure_put_u64(out + 136, info->time);
    out[144] = info->signer.scheme;
    memcpy(out + 145, info->signer.bytes, sizeof info->signer.bytes);
    dure_put_u32(out + 180, info->part_count);
}

void pack_message(uint8_t out[PACK_SIGNED_SIZE], const uint8_t *manifest, size_t size)
{
    dure_hash_t hash;
    hash_of(&hash, PACK_HASH_MANIFEST, manifest, size);
    out[0] = DURE_TAG_SIGN_PACK;
    memcpy(out + 1, hash.bytes, 32);
}

/* genesis, checkpoint if there is one, base if there is one, segments, marker. */
static bool kind_follows(const dure_pack_part_t *part, const dure_pack_part_t *before)
{
    switch ((dure_pack_kind_t)part->kind) {
    case DURE_PACK_GENESIS:
        return before->kind == 0 && part->segment == 0 && part->size <= PACK_GENESIS_MAX;
    case DURE_PACK_CHECKPOINT:
        return before->kind == DURE_PACK_GENESIS && part->segment == 0 && part->size >= SECTOR;
    case DURE_PACK_BASE:
        return (before->kind == DURE_PACK_GENESIS || before->kind == DURE_PACK_CHECKPOINT) &&
               part->segment == 0 && part->size == SECTOR;
    case DURE_PACK_SEGMENT: {
        bool is_first = before->kind != DURE_PACK_SEGMENT;
        bool is_next =
            is_first ? part->segment >= 1 && (before->kind == DURE_PACK_BASE || part->segment == 1)
                     : part->segment == before->segment + 1;
        return before->kind != 0 && before->kind != DURE_PACK_MARKER && is_next &&
               part->segment <= SEGMENTS_MAX && part->size >= SECTOR && part->size % SECTOR == 0;
    }
    case DURE_PACK_MARKER:
        return before->kind != 0 && before->kind != DURE_PACK_MARKER && part->segment == 0 &&
               part->size == MARKER_FILE_SIZE;
    }
    return false;
}

static const char *parts_check(const dure_pack_info_t *info, dure_bytes_t manifest,
                               uint64_t manifest_offset)
{
    dure_pack_part_t before = {0};
    uint64_t offset = DURE_PACK_HEADER_SIZE;
    bool has_checkpoint = false;
    for (uint32_t i = 0; i < info->part_count; i++) {
        const uint8_t *bytes =
            manifest.data + DURE_PACK_MANIFEST_HEAD + (size_t)i * DURE_PACK_PART_SIZE;
        dure_pack_part_t part = dure_pack_part(manifest, i);
        if (!store_is_zero(bytes + 1, 7) || !kind_follows(&part, &before)) {
            return "a part of another kind than its place asks for";
        }
        if (part.offset != offset || part.size > manifest_offset - offset) {
            return "a part that does not stand where it must";
        }
        offset += (part.size + SECTOR - 1) / SECTOR * SECTOR;
        if (offset > manifest_offset) {
            return "a part that does not stand where it must";
        }
        has_checkpoint |= part.kind == DURE_PACK_CHECKPOINT;
        before = part;
    }
    if (before.kind != DURE_PACK_MARKER || offset != manifest_offset) {
        return "parts are missing";
    }
    return has_checkpoint == (info->checkpoint_height > 0) ? NULL : "the checkpoint is missing";
}

const char *dure_pack_manifest_decode(dure_pack_info_t *info, dure_bytes_t manifest,
                                      uint64_t manifest_offset)
{
    const uint8_t *in = manifest.data;
    *info = (dure_pack_info_t){0};
    if (manifest.size < DURE_PACK_MANIFEST_HEAD + PACK_SIGNATURE_SIZE ||
        memcmp(in, manifest_magic, 8) != 0) {
        return "it has no manifest";
    }
    if (dure_get_u32(in + 8) != VERSION) {
        return "its manifest is of another version";
    }
    const uint32_t flags = dure_get_u32(in + 12);
    info->is_state_alone = flags == FLAG_STATE;
    memcpy(info->chain_id.bytes, in + 16, 32);
    info->first_height = dure_get_u64(in + 48);
    info->head_height = dure_get_u64(in + 56);
    memcpy(info->head_hash.bytes, in + 64, 32);
    info->checkpoint_height = dure_get_u64(in + 96);
    memcpy(info->app_hash.bytes, in + 104, 32);
    info->time = dure_get_u64(in + 136);
    info->signer.scheme = in[144];
    memcpy(info->signer.bytes, in + 145, sizeof info->signer.bytes);
    info->part_count = dure_get_u32(in + 180);
    info->file_size = manifest_offset + manifest.size;
    bool is_good =
        flags <= FLAG_STATE && dure_get_u16(in + 178) == 0 && info->first_height > 0 &&
        info->head_height >= info->first_height - 1 &&
        info->checkpoint_height <= info->head_height && info->part_count <= DURE_PACK_PARTS_MAX &&
        manifest.size == DURE_PACK_MANIFEST_HEAD + (size_t)info->part_count * DURE_PACK_PART_SIZE +
                             PACK_SIGNATURE_SIZE;
    return is_good ? parts_check(info, manifest, manifest_offset)
                   : "its manifest holds an impossible number";
}

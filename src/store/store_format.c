/* store_format: the bytes of the log, the marker and the checkpoint.
   docs/formats/log.md and docs/formats/checkpoint.md are the contract. */
#include "store/store_private.h"

#include <string.h>

#define VERSION           1u
#define BATCH_MAGIC       0x54414244u /* "DBAT" */
#define BATCH_HASHED      72u         /* bytes of the header under the batch hash */
#define BATCH_CHECKED     104u        /* bytes of the header under the header check */
#define SEGMENT_HASHED    112u
#define MARKER_HASHED     144u
#define CHECKPOINT_HASHED 240u
#define BASE_HASHED       112u
#define BASE_FLAG_STATE   1u
#define CHECKPOINT_HEADER 0u /* what a hash with DURE_TAG_CHECKPOINT covers */
#define CHECKPOINT_SEED   1u
#define CHECKPOINT_CHUNK  2u
#define MARKER_FLAG_CLEAN 1u

static const uint8_t segment_magic[8] = {'D', 'U', 'R', 'E', '-', 'L', 'O', 'G'};
static const uint8_t marker_magic[8] = {'D', 'U', 'R', 'E', '-', 'E', 'N', 'D'};
static const uint8_t base_magic[8] = {'D', 'U', 'R', 'E', '-', 'B', 'A', 'S'};
static const uint8_t checkpoint_magic[8] = {'D', 'U', 'R', 'E', '-', 'C', 'H', 'K'};

size_t store_padded(size_t size)
{
    return (size + SECTOR - 1) / SECTOR * SECTOR;
}

bool store_is_zero(const uint8_t *data, size_t size)
{
    /* Compared with itself one byte further on: memcmp is fast on the long runs of a new segment.
     */
    return size == 0 || (data[0] == 0 && memcmp(data, data + 1, size - 1) == 0);
}

static void put_hash(uint8_t *out, const dure_hash_t *hash)
{
    memcpy(out, hash->bytes, sizeof hash->bytes);
}

static void get_hash(dure_hash_t *hash, const uint8_t *in)
{
    memcpy(hash->bytes, in, sizeof hash->bytes);
}

/* The common part of the three kinds of sector: magic, version, chain, and a hash over `hashed`
   bytes that stands behind them; zero to the end. */
static void begin(uint8_t *out, const uint8_t magic[8], const dure_hash_t *chain_id)
{
    memset(out, 0, SECTOR);
    memcpy(out, magic, 8);
    dure_put_u32(out + 8, VERSION);
    put_hash(out + 16, chain_id);
}

static sector_t check(const uint8_t *in, const uint8_t magic[8], size_t hashed,
                      const dure_hash_t *expected)
{
    if (store_is_zero(in, SECTOR)) {
        return SECTOR_EMPTY;
    }
    if (memcmp(in, magic, 8) != 0) {
        return SECTOR_INVALID;
    }
    bool is_right = memcmp(in + hashed, expected->bytes, 32) == 0 &&
                    store_is_zero(in + hashed + 32, SECTOR - hashed - 32);
    if (is_right && dure_get_u32(in + 8) == VERSION) {
        return SECTOR_VALID;
    }
    return dure_get_u32(in + 8) == VERSION ? SECTOR_INVALID : SECTOR_VERSION;
}

/* ---- segment --------------------------------------------------------------------------------- */

void store_segment_encode(uint8_t out[DURE_IO_SECTOR_SIZE], segment_header_t *header)
{
    begin(out, segment_magic, &header->chain_id);
    memcpy(out + 48, header->salt.bytes, SALT_SIZE);
    dure_put_u64(out + 64, header->segment);
    dure_put_u64(out + 72, header->first_height);
    put_hash(out + 80, &header->previous);
    dure_hash(&header->hash, DURE_TAG_LOG_SEGMENT, out, SEGMENT_HASHED);
    put_hash(out + SEGMENT_HASHED, &header->hash);
}

sector_t store_segment_decode(segment_header_t *header, const uint8_t in[DURE_IO_SECTOR_SIZE])
{
    dure_hash(&header->hash, DURE_TAG_LOG_SEGMENT, in, SEGMENT_HASHED);
    get_hash(&header->chain_id, in + 16);
    memcpy(header->salt.bytes, in + 48, SALT_SIZE);
    header->segment = dure_get_u64(in + 64);
    header->first_height = dure_get_u64(in + 72);
    get_hash(&header->previous, in + 80);
    sector_t found = check(in, segment_magic, SEGMENT_HASHED, &header->hash);
    return found == SECTOR_VALID && dure_get_u32(in + 12) != 0 ? SECTOR_INVALID : found;
}

/* ---- batch ----------------------------------------------------------------------------------- */

void store_batch_hash(dure_hash_t *hash, const uint8_t *record, uint32_t payload_size)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_LOG_BATCH);
    dure_hasher_update(&hasher, record, BATCH_HASHED);
    dure_hasher_update(&hasher, record + BATCH_HEADER_SIZE, payload_size);
    dure_hasher_final(&hasher, hash);
}

static void header_check(dure_hash_t *hash, const uint8_t *record, const salt_t *salt)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_LOG_HEADER);
    dure_hasher_update(&hasher, salt->bytes, SALT_SIZE);
    dure_hasher_update(&hasher, record, BATCH_CHECKED);
    dure_hasher_final(&hasher, hash);
}

void store_batch_encode(uint8_t *record, batch_header_t *header, const salt_t *salt)
{
    size_t used = BATCH_HEADER_SIZE + (size_t)header->payload_size;
    memset(record, 0, BATCH_HEADER_SIZE);
    memset(record + used, 0, store_padded(used) - used);
    dure_put_u32(record, BATCH_MAGIC);
    dure_put_u32(record + 4, header->block_count);
    dure_put_u64(record + 8, header->first_height);
    dure_put_u32(record + 16, header->payload_size);
    dure_put_u64(record + 24, header->segment);
    dure_put_u64(record + 32, header->offset);
    put_hash(record + 40, &header->previous);
    store_batch_hash(&header->hash, record, header->payload_size);
    put_hash(record + BATCH_HASHED, &header->hash);
    dure_hash_t checksum;
    header_check(&checksum, record, salt);
    put_hash(record + BATCH_CHECKED, &checksum);
}

sector_t store_batch_decode(batch_header_t *header, const uint8_t in[DURE_IO_SECTOR_SIZE],
                            const salt_t *salt)
{
    if (dure_get_u32(in) != BATCH_MAGIC) {
        return store_is_zero(in, SECTOR) ? SECTOR_EMPTY : SECTOR_INVALID;
    }
    dure_hash_t checksum;
    header_check(&checksum, in, salt);
    header->block_count = dure_get_u32(in + 4);
    header->first_height = dure_get_u64(in + 8);
    header->payload_size = dure_get_u32(in + 16);
    header->segment = dure_get_u64(in + 24);
    header->offset = dure_get_u64(in + 32);
    get_hash(&header->previous, in + 40);
    get_hash(&header->hash, in + BATCH_HASHED);
    bool is_valid = memcmp(in + BATCH_CHECKED, checksum.bytes, 32) == 0 &&
                    dure_get_u32(in + 20) == 0 && header->block_count > 0 &&
                    header->block_count <= DURE_STORE_BATCH_BLOCKS_MAX &&
                    header->payload_size > 0 && header->payload_size <= DURE_STORE_BATCH_SIZE_MAX;
    return is_valid ? SECTOR_VALID : SECTOR_INVALID;
}

/* ---- marker ---------------------------------------------------------------------------------- */

void store_marker_encode(uint8_t out[DURE_IO_SECTOR_SIZE], const marker_t *marker)
{
    begin(out, marker_magic, &marker->chain_id);
    dure_put_u32(out + 12, marker->is_clean ? MARKER_FLAG_CLEAN : 0);
    memcpy(out + 48, marker->salt.bytes, SALT_SIZE);
    dure_put_u64(out + 64, marker->sequence);
    dure_put_u64(out + 72, marker->segment);
    dure_put_u64(out + 80, marker->offset);
    dure_put_u64(out + 88, marker->end);
    dure_put_u64(out + 96, marker->height);
    dure_put_u64(out + 104, marker->first_height);
    put_hash(out + 112, &marker->hash);
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_LOG_MARKER, out, MARKER_HASHED);
    put_hash(out + MARKER_HASHED, &hash);
}

sector_t store_marker_decode(marker_t *marker, const uint8_t in[DURE_IO_SECTOR_SIZE])
{
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_LOG_MARKER, in, MARKER_HASHED);
    uint32_t flags = dure_get_u32(in + 12);
    marker->is_clean = flags == MARKER_FLAG_CLEAN;
    get_hash(&marker->chain_id, in + 16);
    memcpy(marker->salt.bytes, in + 48, SALT_SIZE);
    marker->sequence = dure_get_u64(in + 64);
    marker->segment = dure_get_u64(in + 72);
    marker->offset = dure_get_u64(in + 80);
    marker->end = dure_get_u64(in + 88);
    marker->height = dure_get_u64(in + 96);
    marker->first_height = dure_get_u64(in + 104);
    get_hash(&marker->hash, in + 112);
    sector_t found = check(in, marker_magic, MARKER_HASHED, &hash);
    bool is_sound = flags <= MARKER_FLAG_CLEAN && marker->first_height > 0 &&
                    marker->height >= marker->first_height - 1 &&
                    (marker->segment == 0) == (marker->height == marker->first_height - 1) &&
                    marker->offset % SECTOR == 0 && marker->offset <= marker->end;
    return found == SECTOR_VALID && !is_sound ? SECTOR_INVALID : found;
}

/* ---- base ------------------------------------------------------------------------------------ */

void store_base_encode(uint8_t out[DURE_IO_SECTOR_SIZE], const base_t *base)
{
    dure_hash_t hash;
    begin(out, base_magic, &base->chain_id);
    dure_put_u32(out + 12, base->is_state_alone ? BASE_FLAG_STATE : 0);
    memcpy(out + 48, base->salt.bytes, SALT_SIZE);
    dure_put_u64(out + 64, base->segment);
    dure_put_u64(out + 72, base->first_height);
    put_hash(out + 80, &base->previous);
    dure_hash(&hash, DURE_TAG_LOG_BASE, out, BASE_HASHED);
    put_hash(out + BASE_HASHED, &hash);
}

sector_t store_base_decode(base_t *base, const uint8_t in[DURE_IO_SECTOR_SIZE])
{
    dure_hash_t hash;
    uint32_t flags = dure_get_u32(in + 12);
    dure_hash(&hash, DURE_TAG_LOG_BASE, in, BASE_HASHED);
    base->is_state_alone = flags == BASE_FLAG_STATE;
    get_hash(&base->chain_id, in + 16);
    memcpy(base->salt.bytes, in + 48, SALT_SIZE);
    base->segment = dure_get_u64(in + 64);
    base->first_height = dure_get_u64(in + 72);
    get_hash(&base->previous, in + 80);
    sector_t found = check(in, base_magic, BASE_HASHED, &hash);
    bool is_sound = flags <= BASE_FLAG_STATE && base->segment > 0 &&
                    base->segment <= SEGMENTS_MAX && base->first_height > 0;
    return found == SECTOR_VALID && !is_sound ? SECTOR_INVALID : found;
}

/* ---- checkpoint ------------------------------------------------------------------------------ */

static void checkpoint_hash(dure_hash_t *hash, uint8_t kind, const uint8_t *data, size_t size)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_CHECKPOINT);
    dure_hasher_update(&hasher, &kind, 1);
    dure_hasher_update(&hasher, data, size);
    dure_hasher_final(&hasher, hash);
}

void store_checkpoint_encode(uint8_t out[DURE_IO_SECTOR_SIZE], const checkpoint_header_t *header)
{
    begin(out, checkpoint_magic, &header->chain_id);
    dure_put_u64(out + 48, header->info.height);
    dure_put_u64(out + 56, header->info.payload_size);
    dure_put_u64(out + 64, header->chunk_count);
    put_hash(out + 72, &header->info.block_hash);
    put_hash(out + 104, &header->info.app_hash);
    put_hash(out + 136, &header->info.ledger_root);
    put_hash(out + 168, &header->log_hash);
    put_hash(out + 200, &header->payload_hash);
    dure_put_u64(out + 232, header->file_size);
    dure_hash_t hash;
    checkpoint_hash(&hash, CHECKPOINT_HEADER, out, CHECKPOINT_HASHED);
    put_hash(out + CHECKPOINT_HASHED, &hash);
}

sector_t store_checkpoint_decode(checkpoint_header_t *header, const uint8_t in[DURE_IO_SECTOR_SIZE])
{
    dure_hash_t hash;
    checkpoint_hash(&hash, CHECKPOINT_HEADER, in, CHECKPOINT_HASHED);
    get_hash(&header->chain_id, in + 16);
    header->info.height = dure_get_u64(in + 48);
    header->info.payload_size = dure_get_u64(in + 56);
    header->chunk_count = dure_get_u64(in + 64);
    get_hash(&header->info.block_hash, in + 72);
    get_hash(&header->info.app_hash, in + 104);
    get_hash(&header->info.ledger_root, in + 136);
    get_hash(&header->log_hash, in + 168);
    get_hash(&header->payload_hash, in + 200);
    header->file_size = dure_get_u64(in + 232);
    sector_t found = check(in, checkpoint_magic, CHECKPOINT_HASHED, &hash);
    return found == SECTOR_VALID && dure_get_u32(in + 12) != 0 ? SECTOR_INVALID : found;
}

void store_checkpoint_seed(dure_hash_t *hash, const checkpoint_header_t *header)
{
    uint8_t bytes[104];
    put_hash(bytes, &header->chain_id);
    dure_put_u64(bytes + 32, header->info.height);
    put_hash(bytes + 40, &header->info.block_hash);
    put_hash(bytes + 72, &header->log_hash);
    checkpoint_hash(hash, CHECKPOINT_SEED, bytes, sizeof bytes);
}

void store_chunk_hash(dure_hash_t *hash, const dure_hash_t *previous, const uint8_t *data,
                      uint32_t size)
{
    uint8_t kind = CHECKPOINT_CHUNK;
    uint8_t size_bytes[4];
    dure_put_u32(size_bytes, size);
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_CHECKPOINT);
    dure_hasher_update(&hasher, &kind, 1);
    dure_hasher_update(&hasher, previous->bytes, sizeof previous->bytes);
    dure_hasher_update(&hasher, size_bytes, sizeof size_bytes);
    dure_hasher_update(&hasher, data, size);
    dure_hasher_final(&hasher, hash);
}

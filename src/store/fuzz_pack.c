/* Any bytes as a packed chain: opening, checking and unpacking may refuse, never crash, and a
   refusal leaves an empty directory.  Hashes and signatures cannot be guessed, so a second run
   makes them right first, with a key of its own. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "store/pack_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void seal_parts(uint8_t *data, uint8_t *manifest, uint64_t offset, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        dure_pack_part_t part = dure_pack_part(dure_bytes(manifest, DURE_PACK_MANIFEST_HEAD), i);
        dure_hasher_t hasher;
        if (part.offset > offset || part.size > offset - part.offset) {
            continue;
        }
        pack_hash_begin(&hasher, PACK_HASH_PART);
        dure_hasher_update(&hasher, data + part.offset, (size_t)part.size);
        dure_hasher_final(&hasher, &part.hash);
        memcpy(manifest + DURE_PACK_MANIFEST_HEAD + (size_t)i * DURE_PACK_PART_SIZE + 32,
               part.hash.bytes, 32);
        if (i == 0) { /* the genesis makes the chain */
            dure_hash_t chain_id;
            dure_hash(&chain_id, DURE_TAG_GENESIS, data + part.offset, (size_t)part.size);
            memcpy(manifest + 16, chain_id.bytes, 32);
        }
    }
}

static void seal(uint8_t *data, size_t size)
{
    const dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519, .seed = {7}};
    dure_public_key_t key;
    dure_signature_t signature;
    dure_hash_t chain_id;
    uint8_t message[PACK_SIGNED_SIZE];
    const uint64_t offset = dure_get_u64(data + 48);
    const size_t least = DURE_PACK_MANIFEST_HEAD + PACK_SIGNATURE_SIZE;
    if (offset > size || size - offset < least ||
        (size - offset - least) % DURE_PACK_PART_SIZE != 0 || !dure_public_key_of(&key, &secret)) {
        return;
    }
    uint8_t *manifest = data + offset;
    const size_t signed_size = size - (size_t)offset - PACK_SIGNATURE_SIZE;
    const uint32_t count =
        (uint32_t)((signed_size - DURE_PACK_MANIFEST_HEAD) / DURE_PACK_PART_SIZE);
    seal_parts(data, manifest, offset, count);
    memcpy(manifest, "DURE-MAN", 8);
    dure_put_u32(manifest + 8, 1);
    dure_put_u32(manifest + 180, count);
    manifest[144] = key.scheme;
    memcpy(manifest + 145, key.bytes, sizeof key.bytes);
    memcpy(chain_id.bytes, manifest + 16, 32);
    pack_message(message, manifest, signed_size);
    if (dure_sign(&signature, &secret, message, sizeof message)) {
        memcpy(manifest + signed_size, signature.bytes, sizeof signature.bytes);
    }
    pack_header_encode(data, &chain_id, offset, size - offset);
}

static void run(const uint8_t *data, size_t size)
{
    dure_io_sim_t *from = dure_io_sim_new(1);
    dure_io_sim_t *to = dure_io_sim_new(2);
    dure_pack_t pack = {0};
    dure_pack_file_t file;
    dure_io_sim_put(from, "chain.pack", data, size);
    dure_io_t *in = dure_io_sim_process(from);
    dure_io_t *out = dure_io_sim_process(to);
    if (dure_pack_open(&pack, &file, in, "chain.pack")) {
        DURE_ASSERT(file.info.file_size == size);
        bool is_whole = dure_pack_check(&pack, &file);
        bool is_unpacked = dure_pack_unpack(&pack, &file, out);
        DURE_ASSERT(is_whole || !is_unpacked);
        if (!is_unpacked) {
            dure_io_entry_t entries[1];
            size_t count = 0;
            DURE_ASSERT(dure_io_list(out, entries, &count, 1) == DURE_IO_OK && count == 0);
        }
    }
    DURE_ASSERT(pack.message[0] != 0 || file.manifest != NULL);
    dure_pack_close(&file);
    dure_io_close(in);
    dure_io_close(out);
    dure_io_sim_free(from);
    dure_io_sim_free(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *copy = malloc(size + 1);
    if (copy != NULL && size <= 262144 && dure_crypto_init()) {
        memcpy(copy, data, size);
        run(copy, size);
        if (size >= DURE_PACK_HEADER_SIZE) {
            seal(copy, size);
            run(copy, size);
        }
    }
    free(copy);
    return 0;
}

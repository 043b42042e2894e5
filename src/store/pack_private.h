/* pack_private: what the files of pack share. */
#ifndef DURE_STORE_PACK_PRIVATE_H
#define DURE_STORE_PACK_PRIVATE_H

#include "store/dure_pack.h"
#include "store/store_private.h"

#define PACK_SIGNATURE_SIZE 64u
#define PACK_HASH_HEADER    0u /* what a hash with DURE_TAG_PACK covers */
#define PACK_HASH_PART      1u
#define PACK_HASH_MANIFEST  2u
#define PACK_SIGNED_SIZE    33u
#define PACK_UNFINISHED     "unpacking" /* its presence: an unpacking was interrupted */
#define PACK_GENESIS        "genesis.dure"
#define PACK_GENESIS_MAX    (1u << 20)

void pack_hash_begin(dure_hasher_t *hasher, uint8_t kind);
void pack_header_encode(uint8_t out[DURE_PACK_HEADER_SIZE], const dure_hash_t *chain_id,
                        uint64_t offset, uint64_t size);
/* The manifest without its signature, of parts that stand at out + DURE_PACK_MANIFEST_HEAD. */
void pack_manifest_encode(uint8_t *out, const dure_pack_info_t *info);
void pack_part_encode(uint8_t *manifest, uint32_t index, const dure_pack_part_t *part);
/* The message that the signature covers. */
void pack_message(uint8_t out[PACK_SIGNED_SIZE], const uint8_t *manifest, size_t size);
/* pack_refuse: keeps the first message; false. */
bool pack_refuse(dure_pack_t *pack, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pack_progress(const dure_pack_t *pack, const char *what, uint64_t done, uint64_t all);

#endif

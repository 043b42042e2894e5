/* SHA-256 over OpenSSL's low-level functions: EVP costs more than the hash itself for the 65 bytes
   of a tree node.  The low-level functions pick the processor's SHA instructions by themselves. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/dure_crypto.h"

#include <assert.h>
#include <openssl/sha.h>

static_assert(sizeof(SHA256_CTX) <= sizeof(dure_hasher_t), "the context fits its storage");
static_assert(_Alignof(SHA256_CTX) <= _Alignof(dure_hasher_t), "the context is aligned");
static_assert(SHA256_DIGEST_LENGTH == sizeof(dure_hash_t), "a hash is a SHA-256 digest");

static SHA256_CTX *context_of(dure_hasher_t *hasher)
{
    return (SHA256_CTX *)(void *)hasher->opaque;
}

/* The low-level functions cannot fail; the checks state it. */
static void context_init(SHA256_CTX *context)
{
    DURE_ASSERT(SHA256_Init(context) == 1);
}

static void context_update(SHA256_CTX *context, const void *data, size_t size)
{
    if (size > 0) {
        DURE_ASSERT(SHA256_Update(context, data, size) == 1);
    }
}

static void context_final(SHA256_CTX *context, dure_hash_t *out)
{
    DURE_ASSERT(SHA256_Final(out->bytes, context) == 1);
}

void dure_hasher_init(dure_hasher_t *hasher, dure_tag_t tag)
{
    DURE_ASSERT((unsigned)tag <= UINT8_MAX);
    const uint8_t tag_byte = (uint8_t)tag;
    context_init(context_of(hasher));
    context_update(context_of(hasher), &tag_byte, 1);
}

void dure_hasher_update(dure_hasher_t *hasher, const void *data, size_t size)
{
    context_update(context_of(hasher), data, size);
}

void dure_hasher_final(dure_hasher_t *hasher, dure_hash_t *out)
{
    context_final(context_of(hasher), out);
}

void dure_hash(dure_hash_t *out, dure_tag_t tag, const void *data, size_t size)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, tag);
    dure_hasher_update(&hasher, data, size);
    dure_hasher_final(&hasher, out);
}

void dure_hash_pair(dure_hash_t *out, dure_tag_t tag, const dure_hash_t *left,
                    const dure_hash_t *right)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, tag);
    dure_hasher_update(&hasher, left->bytes, sizeof(left->bytes));
    dure_hasher_update(&hasher, right->bytes, sizeof(right->bytes));
    dure_hasher_final(&hasher, out);
}

void dure_sha256(dure_hash_t *out, const void *data, size_t size)
{
    SHA256_CTX context;
    context_init(&context);
    context_update(&context, data, size);
    context_final(&context, out);
}

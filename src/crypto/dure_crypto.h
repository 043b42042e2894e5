/* crypto: hashing and signatures, one header over OpenSSL and libsodium.  The only library outside
   itself that the core calls.  Deterministic, thread safe, no allocation on any path the core uses
   (P-256 excepted: OpenSSL allocates internally).  docs/formats/keys.md and hashes.md are the
   contract. */
#ifndef DURE_CRYPTO_H
#define DURE_CRYPTO_H

#include "base/dure_base.h"

/* ---- domain separation -------------------------------------------------------------------------
   Every hash on the chain is SHA-256(tag byte || content).  A tag is never reused for other
   content. */
typedef enum {
    DURE_TAG_TX_LEAF = 0x00,      /* bytes of one transaction, signatures included */
    DURE_TAG_TX_NODE = 0x01,      /* left || right */
    DURE_TAG_STATE_LEAF = 0x10,   /* key (32) || value hash (32) */
    DURE_TAG_STATE_NODE = 0x11,   /* left || right */
    DURE_TAG_STATE_KEY = 0x12,    /* table (1) || primary key bytes */
    DURE_TAG_STATE_VALUE = 0x13,  /* blind (16) || record bytes: the value hash of a state leaf */
    DURE_TAG_EFFECT_LEAF = 0x20,  /* blind (16) || effect bytes */
    DURE_TAG_EFFECT_NODE = 0x21,  /* left || right */
    DURE_TAG_EFFECT_BLIND = 0x22, /* signer's blind (16) || transaction hash; first 16 bytes used */
    DURE_TAG_EFFECT_ROOT = 0x23,  /* count (4) || root of the list of effect leaves (32) */
    DURE_TAG_BATCH_LEAF = 0x24,   /* chunk (4) || bytes of its rows */
    DURE_TAG_BATCH_NODE = 0x25,   /* left || right */
    DURE_TAG_RANGE_LEAF = 0x30,   /* height (8) || effects root (32) */
    DURE_TAG_RANGE_NODE = 0x31,   /* left || right */
    DURE_TAG_RANGE_BAG = 0x32,    /* leaf count (8) || peak || ... */
    DURE_TAG_APP = 0x40,          /* ledger root || range root */
    DURE_TAG_BLOCK = 0x50,        /* header bytes */
    DURE_TAG_GENESIS = 0x51,      /* genesis bytes; the hash is the chain id */
    DURE_TAG_TX_BODY = 0x60,      /* chain id || body bytes: the transaction's hash */
    DURE_TAG_SIGN_TX = 0x61, /* first byte of the message that a transaction's signature covers */
    DURE_TAG_SIGN_MANDATE = 0x62, /* likewise of a mandate */
    DURE_TAG_SIGN_PACK = 0x63,    /* likewise of a packed chain's manifest */
    DURE_TAG_YAK_SOURCE = 0x70,   /* source bytes of a program */
    DURE_TAG_YAK_IMAGE = 0x71,    /* image (bytecode) of a program */
    DURE_TAG_YAK_NAME = 0x72,     /* canonical counter line */
    DURE_TAG_LOG_BATCH = 0x80,    /* record of the block log */
    DURE_TAG_LOG_MARKER = 0x81,   /* head marker slot */
    DURE_TAG_CHECKPOINT = 0x82,   /* checkpoint slot */
    DURE_TAG_LOG_SEGMENT = 0x83,  /* header of a log segment */
    DURE_TAG_LOG_HEADER = 0x84,   /* salt (16) || header of a log batch */
    DURE_TAG_LOG_BASE = 0x85,     /* where a log begins whose older segments were removed */
    DURE_TAG_PACK = 0x86,         /* kind (1) || a header, part or manifest of a packed chain */
    DURE_TAG_DERIVE = 0x90,       /* test and demo keys: seed || label */
} dure_tag_t;

typedef struct {
    /* Opaque; aligned storage for the library's context. */
    uint64_t opaque[16];
} dure_hasher_t;

void dure_hasher_init(dure_hasher_t *hasher, dure_tag_t tag);
void dure_hasher_update(dure_hasher_t *hasher, const void *data, size_t size);
void dure_hasher_final(dure_hasher_t *hasher, dure_hash_t *out);

/* dure_hash: SHA-256(tag || data). */
void dure_hash(dure_hash_t *out, dure_tag_t tag, const void *data, size_t size);
/* dure_hash_pair: SHA-256(tag || left || right), the node of every tree.  out may be left or right.
 */
void dure_hash_pair(dure_hash_t *out, dure_tag_t tag, const dure_hash_t *left,
                    const dure_hash_t *right);
/* dure_hash_pairs: many of them, faster than one by one.  An `out` may be the left or right of its
   own pair, not of another. */
typedef struct {
    dure_hash_t *out;
    const dure_hash_t *left, *right;
    dure_tag_t tag;
} dure_pair_t;
void dure_hash_pairs(const dure_pair_t *pairs, uint32_t count);
/* dure_hash_many: SHA-256(tag || head || data) of many messages, faster than one by one.  What is
   hashed must not be the `out` of another one. */
#define DURE_HASH_HEAD_MAX 63u
typedef struct {
    dure_hash_t *out;
    const void *head, *data; /* each may be NULL if it has no bytes */
    size_t size;             /* of the data */
    uint8_t head_size;       /* in [0, DURE_HASH_HEAD_MAX] */
    dure_tag_t tag;
} dure_hash_job_t;
void dure_hash_many(const dure_hash_job_t *jobs, uint32_t count);
/* dure_sha256: plain SHA-256 without a tag, for outside formats and test vectors only. */
void dure_sha256(dure_hash_t *out, const void *data, size_t size);

/* ---- keys and signatures ----------------------------------------------------------------------
 */
typedef enum {
    DURE_SCHEME_ED25519 = 1, /* public key 32 bytes, then one zero byte */
    DURE_SCHEME_P256 = 2,    /* public key 33 bytes, compressed SEC1 */
} dure_scheme_t;

typedef struct {
    uint8_t scheme;    /* dure_scheme_t */
    uint8_t bytes[33]; /* unused tail zero */
} dure_public_key_t;

typedef struct {
    uint8_t bytes[64]; /* Ed25519: R || S.  P-256: r || s, big-endian, low s. */
} dure_signature_t;

typedef struct {
    uint8_t scheme;
    uint8_t
        seed[32]; /* Ed25519: the RFC 8032 secret key.  P-256: the private scalar, big-endian. */
} dure_secret_key_t;

/* Why a key or signature was refused.  Stable; shown by tools. */
typedef enum {
    DURE_CRYPTO_OK = 0,
    DURE_CRYPTO_SCHEME_UNKNOWN,
    DURE_CRYPTO_KEY_NOT_CANONICAL, /* y >= p, or the padding byte is not zero */
    DURE_CRYPTO_KEY_NOT_ON_CURVE,
    DURE_CRYPTO_KEY_SMALL_ORDER,
    DURE_CRYPTO_KEY_HAS_TORSION,
    DURE_CRYPTO_R_NOT_CANONICAL,
    DURE_CRYPTO_R_NOT_ON_CURVE,
    DURE_CRYPTO_S_TOO_LARGE, /* S >= L; P-256: r or s zero or >= n */
    DURE_CRYPTO_S_HIGH,      /* P-256: s > n/2 */
    DURE_CRYPTO_MISMATCH,    /* the equation does not hold */
} dure_crypto_result_t;

/* dure_crypto_init: must be called once by the process before any other call here (libsodium). */
DURE_MUST_USE bool dure_crypto_init(void);

/* dure_public_key_check: the full test made once, when a key is registered: canonical, on the
   curve, not of small order, free of torsion. */
dure_crypto_result_t dure_public_key_check(const dure_public_key_t *key);

/* dure_signature_verify: the message is the whole byte string; Ed25519 takes it as it is, P-256
   hashes it with SHA-256 first.  The key must have passed dure_public_key_check. Ed25519 follows
   the cofactored equation 8(sB - R - kA) = 0, S < L, canonical R and A.  What libsodium accepts is
   accepted; what it refuses is decided by the full rule. */
dure_crypto_result_t dure_signature_verify(const dure_public_key_t *key,
                                           const dure_signature_t *signature, const void *message,
                                           size_t message_size);

/* dure_signatures_verify: many at once, each with the result that dure_signature_verify gives for
   it, in less than half the time where DURE_SIGNATURES_AT_ONCE good ones of Ed25519 stand together;
   any number is taken, also none.  Ed25519 signatures are added up with coefficients drawn from a
   hash over all of them, and a sum of zero is the proof of every one (a false one passes with a
   chance of 2^-128).  Where it is not zero the halves are tried, and the last few are verified one
   by one: every refusal is dure_signature_verify's own.  P-256 is verified one by one.

   A key must have passed dure_public_key_check, as there.  A key that has not may get another
   result here than there if it has torsion, and only then. */
#define DURE_SIGNATURES_AT_ONCE 127u /* and the base point: sixteen times eight */
typedef struct {
    const dure_public_key_t *key;
    const dure_signature_t *signature;
    const void *message;
    size_t message_size;
    dure_crypto_result_t result; /* out */
} dure_signature_job_t;
void dure_signatures_verify(dure_signature_job_t *jobs, uint32_t count);

/* dure_public_key_of, dure_sign: for clients and tests.  Ed25519 is deterministic (RFC 8032), P-256
   is made with low s and a deterministic nonce (RFC 6979). */
DURE_MUST_USE bool dure_public_key_of(dure_public_key_t *key, const dure_secret_key_t *secret);
DURE_MUST_USE bool dure_sign(dure_signature_t *signature, const dure_secret_key_t *secret,
                             const void *message, size_t message_size);
/* dure_sign_keyed: the same signature in half the time, for who signs much and keeps the public
   key. `key` must be what dure_public_key_of gives of `secret`: a signature made with another key
   would give the secret away. */
DURE_MUST_USE bool dure_sign_keyed(dure_signature_t *signature, const dure_secret_key_t *secret,
                                   const dure_public_key_t *key, const void *message,
                                   size_t message_size);

const char *dure_crypto_result_name(dure_crypto_result_t result);

#endif

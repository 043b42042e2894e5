/* ECDSA over P-256 with SHA-256, r and s as 32 big-endian bytes each, s at most n/2.

   Written over OpenSSL's point and number functions.  ECDSA_do_verify() is not used: it reports an
   error, not "false", when u1 G + u2 Q is the point at infinity, which the owner of a key can bring
   about at will, and a caller could not tell that from a lack of memory.  Here every failure of the
   library stops the process, because a verdict that depends on free memory would split the chain.
   Signing takes its nonce from RFC 6979, which OpenSSL 3.0 does not offer. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "crypto/crypto_private.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <openssl/sha.h>
#include <string.h>

/* Made once by p256_init(), only read afterwards, by any number of threads. */
static EC_GROUP *group;
static BIGNUM *order_half; /* floor(n / 2) */

bool p256_init(void)
{
    if (group != NULL) {
        return true;
    }
    EC_GROUP *made = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *half = BN_new();
    if (made == NULL || half == NULL || BN_rshift1(half, EC_GROUP_get0_order(made)) != 1) {
        BN_free(half);
        EC_GROUP_free(made);
        return false;
    }
    order_half = half;
    group = made;
    return true;
}

/* ---- small helpers: the library must not fail -------------------------------------------------
 */
static BN_CTX *context_open(void)
{
    DURE_ASSERT(group != NULL); /* dure_crypto_init() was not called */
    BN_CTX *context = BN_CTX_new();
    DURE_ASSERT(context != NULL);
    BN_CTX_start(context);
    return context;
}

static void context_close(BN_CTX *context)
{
    BN_CTX_end(context);
    BN_CTX_free(context);
}

static BIGNUM *number(BN_CTX *context)
{
    BIGNUM *result = BN_CTX_get(context);
    DURE_ASSERT(result != NULL);
    return result;
}

static BIGNUM *number_from(BN_CTX *context, const uint8_t bytes[32])
{
    BIGNUM *result = number(context);
    DURE_ASSERT(BN_bin2bn(bytes, 32, result) != NULL);
    return result;
}

static void number_put(uint8_t out[32], const BIGNUM *value)
{
    DURE_ASSERT(BN_bn2binpad(value, out, 32) == 32);
}

/* True if the value is in [1, n - 1]. */
static bool scalar_is_valid(const BIGNUM *value)
{
    return !BN_is_zero(value) && BN_cmp(value, EC_GROUP_get0_order(group)) < 0;
}

static EC_POINT *point_new(void)
{
    EC_POINT *point = EC_POINT_new(group);
    DURE_ASSERT(point != NULL);
    return point;
}

/* x of a point other than infinity, modulo n. */
static void point_x_mod_order(BIGNUM *x, const EC_POINT *point, BN_CTX *context)
{
    DURE_ASSERT(EC_POINT_get_affine_coordinates(group, point, x, NULL, context) == 1);
    DURE_ASSERT(BN_nnmod(x, x, EC_GROUP_get0_order(group), context) == 1);
}

static BIGNUM *digest_of(BN_CTX *context, const void *message, size_t message_size)
{
    dure_hash_t digest;
    dure_sha256(&digest, message, message_size);
    return number_from(context, digest.bytes);
}

/* ---- keys --------------------------------------------------------------------------------------
 */
static dure_crypto_result_t key_decode(EC_POINT *point, const uint8_t key[33], BN_CTX *context)
{
    if (key[0] != 2 && key[0] != 3) {
        return DURE_CRYPTO_KEY_NOT_CANONICAL;
    }
    BIGNUM *x = number_from(context, key + 1);
    BIGNUM *field = number(context);
    DURE_ASSERT(EC_GROUP_get_curve(group, field, NULL, NULL, context) == 1);
    if (BN_cmp(x, field) >= 0) {
        return DURE_CRYPTO_KEY_NOT_CANONICAL;
    }
    if (EC_POINT_oct2point(group, point, key, 33, context) != 1) {
        return DURE_CRYPTO_KEY_NOT_ON_CURVE;
    }
    return DURE_CRYPTO_OK;
}

dure_crypto_result_t p256_key_check(const uint8_t key[33])
{
    BN_CTX *context = context_open();
    EC_POINT *point = point_new();
    /* The curve's order is prime: what is on it has neither small order nor torsion. */
    const dure_crypto_result_t result = key_decode(point, key, context);
    EC_POINT_free(point);
    context_close(context);
    return result;
}

bool p256_key_of(uint8_t key[33], const uint8_t scalar[32])
{
    BN_CTX *context = context_open();
    BIGNUM *d = number_from(context, scalar);
    BN_set_flags(d, BN_FLG_CONSTTIME);
    const bool valid = scalar_is_valid(d);
    if (valid) {
        EC_POINT *point = point_new();
        DURE_ASSERT(EC_POINT_mul(group, point, d, NULL, NULL, context) == 1);
        DURE_ASSERT(
            EC_POINT_point2oct(group, point, POINT_CONVERSION_COMPRESSED, key, 33, context) == 33);
        EC_POINT_free(point);
    }
    context_close(context);
    return valid;
}

/* ---- verifying --------------------------------------------------------------------------------
 */
/* r and s are in range: true if x(u1 G + u2 Q) = r (mod n). */
static bool equation_holds(const EC_POINT *point, const BIGNUM *r, const BIGNUM *s,
                           const void *message, size_t message_size, BN_CTX *context)
{
    const BIGNUM *order = EC_GROUP_get0_order(group);
    BIGNUM *u1 = digest_of(context, message, message_size);
    BIGNUM *u2 = number(context);
    BIGNUM *inverse = number(context);
    BIGNUM *x = number(context);
    DURE_ASSERT(BN_mod_inverse(inverse, s, order, context) != NULL);
    DURE_ASSERT(BN_mod_mul(u1, u1, inverse, order, context) == 1);
    DURE_ASSERT(BN_mod_mul(u2, r, inverse, order, context) == 1);
    EC_POINT *sum = point_new();
    DURE_ASSERT(EC_POINT_mul(group, sum, u1, point, u2, context) == 1);
    bool holds = false;
    if (!EC_POINT_is_at_infinity(group, sum)) {
        point_x_mod_order(x, sum, context);
        holds = BN_cmp(x, r) == 0;
    }
    EC_POINT_free(sum);
    return holds;
}

dure_crypto_result_t p256_verify(const uint8_t key[33], const uint8_t signature[64],
                                 const void *message, size_t message_size)
{
    BN_CTX *context = context_open();
    EC_POINT *point = point_new();
    const BIGNUM *r = number_from(context, signature);
    const BIGNUM *s = number_from(context, signature + 32);
    dure_crypto_result_t result = key_decode(point, key, context);
    if (result != DURE_CRYPTO_OK) {
        /* the key's fault comes first */
    } else if (!scalar_is_valid(r) || !scalar_is_valid(s)) {
        result = DURE_CRYPTO_S_TOO_LARGE;
    } else if (BN_cmp(s, order_half) > 0) {
        result = DURE_CRYPTO_S_HIGH;
    } else if (!equation_holds(point, r, s, message, message_size, context)) {
        result = DURE_CRYPTO_MISMATCH;
    }
    EC_POINT_free(point);
    context_close(context);
    return result;
}

/* ---- signing ----------------------------------------------------------------------------------
 */
/* HMAC-SHA256 with a 32-byte key over up to four pieces. */
typedef struct {
    const void *data;
    size_t size;
} piece_t;

static void hmac(uint8_t out[32], const uint8_t key[32], const piece_t *pieces, size_t piece_count)
{
    uint8_t pad[64];
    uint8_t inner[32];
    SHA256_CTX context;
    memset(pad, 0x36, sizeof(pad));
    for (size_t i = 0; i < 32; i++) {
        pad[i] ^= key[i];
    }
    SHA256_Init(&context);
    SHA256_Update(&context, pad, sizeof(pad));
    for (size_t i = 0; i < piece_count; i++) {
        SHA256_Update(&context, pieces[i].data, pieces[i].size);
    }
    SHA256_Final(inner, &context);
    for (size_t i = 0; i < sizeof(pad); i++) {
        pad[i] ^= 0x36 ^ 0x5c;
    }
    SHA256_Init(&context);
    SHA256_Update(&context, pad, sizeof(pad));
    SHA256_Update(&context, inner, sizeof(inner));
    SHA256_Final(out, &context);
    OPENSSL_cleanse(pad, sizeof(pad));
    OPENSSL_cleanse(inner, sizeof(inner));
    OPENSSL_cleanse(&context, sizeof(context));
}

/* The generator of RFC 6979, 3.2. */
typedef struct {
    uint8_t k[32];
    uint8_t v[32];
} nonce_t;

static void nonce_mix(nonce_t *nonce, uint8_t mark, const uint8_t *seed, size_t seed_size)
{
    const piece_t pieces[] = {{nonce->v, 32}, {&mark, 1}, {seed, seed_size}};
    hmac(nonce->k, nonce->k, pieces, seed_size > 0 ? 3 : 2);
    hmac(nonce->v, nonce->k, &(piece_t){nonce->v, 32}, 1);
}

/* digest: the message's hash already reduced modulo n, as the RFC's bits2octets asks. */
static void nonce_init(nonce_t *nonce, const uint8_t scalar[32], const uint8_t digest[32])
{
    uint8_t seed[64];
    memcpy(seed, scalar, 32);
    memcpy(seed + 32, digest, 32);
    memset(nonce->k, 0, sizeof(nonce->k));
    memset(nonce->v, 1, sizeof(nonce->v));
    nonce_mix(nonce, 0, seed, sizeof(seed));
    nonce_mix(nonce, 1, seed, sizeof(seed));
    OPENSSL_cleanse(seed, sizeof(seed));
}

/* The next candidate; the caller calls again while it is of no use. */
static void nonce_next(nonce_t *nonce, BIGNUM *candidate, bool first)
{
    if (!first) {
        nonce_mix(nonce, 0, NULL, 0);
    }
    hmac(nonce->v, nonce->k, &(piece_t){nonce->v, 32}, 1);
    DURE_ASSERT(BN_bin2bn(nonce->v, 32, candidate) != NULL);
}

/* r and s for one nonce k in [1, n - 1]: false if either is zero. */
static bool sign_with(BIGNUM *r, BIGNUM *s, const BIGNUM *k, const BIGNUM *d, const BIGNUM *digest,
                      BN_CTX *context)
{
    const BIGNUM *order = EC_GROUP_get0_order(group);
    BIGNUM *inverse = number(context);
    EC_POINT *point = point_new();
    DURE_ASSERT(EC_POINT_mul(group, point, k, NULL, NULL, context) == 1);
    point_x_mod_order(r, point, context);
    EC_POINT_clear_free(point);
    DURE_ASSERT(BN_mod_inverse(inverse, k, order, context) != NULL);
    DURE_ASSERT(BN_mod_mul(s, d, r, order, context) == 1);
    DURE_ASSERT(BN_mod_add(s, s, digest, order, context) == 1);
    DURE_ASSERT(BN_mod_mul(s, s, inverse, order, context) == 1);
    if (BN_is_zero(r) || BN_is_zero(s)) {
        return false;
    }
    if (BN_cmp(s, order_half) > 0) {
        DURE_ASSERT(BN_sub(s, order, s) == 1);
    }
    return true;
}

bool p256_sign(uint8_t signature[64], const uint8_t scalar[32], const void *message,
               size_t message_size)
{
    BN_CTX *context = context_open();
    BIGNUM *d = number_from(context, scalar);
    BN_set_flags(d, BN_FLG_CONSTTIME);
    const bool valid = scalar_is_valid(d);
    if (valid) {
        BIGNUM *digest = digest_of(context, message, message_size);
        DURE_ASSERT(BN_nnmod(digest, digest, EC_GROUP_get0_order(group), context) == 1);
        uint8_t digest_bytes[32];
        number_put(digest_bytes, digest);
        nonce_t nonce;
        nonce_init(&nonce, scalar, digest_bytes);
        BIGNUM *k = number(context);
        BIGNUM *r = number(context);
        BIGNUM *s = number(context);
        BN_set_flags(k, BN_FLG_CONSTTIME);
        bool first = true;
        do {
            nonce_next(&nonce, k, first);
            first = false;
        } while (!scalar_is_valid(k) || !sign_with(r, s, k, d, digest, context));
        number_put(signature, r);
        number_put(signature + 32, s);
        OPENSSL_cleanse(&nonce, sizeof(nonce));
    }
    context_close(context);
    return valid;
}

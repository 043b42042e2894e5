/* Ed25519 under the cofactored equation 8(sB - R - kA) = 0.

   libsodium's own verifier asks for sB - kA = R byte for byte and refuses every R of small order.
   Whatever passes it also satisfies the cofactored rule, so it serves as the fast path; only what
   it refuses comes to verify_by_rule(), which uses libsodium's point operations.  What must be
   known of those (1.0.18):
   - scalarmult returns -1 for a zero scalar and for a result that is the identity: zero scalars are
     taken out before the call, and a non-zero scalar below L times a point of order L is never the
     identity;
   - scalarmult refuses points outside the prime-order group, so R (which may carry torsion) is only
     ever added, and multiplied by eight by doubling;
   - add decodes y >= p and "minus zero" without complaint: both are refused here, before;
   - is_valid_point of releases up to 1.0.20 looks only at x when it tests L * P, and so takes a
     point with a component of order two as torsion-free (CVE-2025-69277): it is not used. */
#include "crypto/crypto_private.h"

#include <sodium.h>
#include <string.h>

static const uint8_t IDENTITY[32] = {1};

/* L = 2^252 + 27742317777372353535851937790883648493, little-endian. */
static const uint8_t ORDER[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
                                  0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
                                  0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};

/* 1/8 modulo L, little-endian. */
static const uint8_t EIGHTH[32] = {0x79, 0x2f, 0xdc, 0xe2, 0x29, 0xe5, 0x06, 0x61, 0xd0, 0xda, 0x1c,
                                   0x7d, 0xb3, 0x9d, 0xd3, 0x07, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
                                   0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x06};

bool ed25519_scalar_is_reduced(const uint8_t scalar[32])
{
    for (int i = 31; i >= 0; i--) {
        if (scalar[i] != ORDER[i]) {
            return scalar[i] < ORDER[i];
        }
    }
    return false; /* equal to L */
}

/* Canonical: y < p = 2^255 - 19, and the sign bit clear where x is zero (y = 1 or y = p - 1). */
bool ed25519_point_is_canonical(const uint8_t point[32])
{
    bool middle_ones = true;
    bool middle_zeros = true;
    for (size_t i = 1; i < 31; i++) {
        middle_ones = middle_ones && point[i] == 0xff;
        middle_zeros = middle_zeros && point[i] == 0;
    }
    const uint8_t top = point[31] & 0x7f;
    const bool y_too_large = middle_ones && top == 0x7f && point[0] >= 0xed;
    const bool y_is_one = middle_zeros && top == 0 && point[0] == 1;
    const bool y_is_minus_one = middle_ones && top == 0x7f && point[0] == 0xec;
    const bool sign = (point[31] & 0x80) != 0;
    return !y_too_large && !(sign && (y_is_one || y_is_minus_one));
}

/* Decodes and encodes again: fails exactly where no point of the curve has this y. */
static bool point_is_on_curve(const uint8_t point[32])
{
    uint8_t sum[32];
    return crypto_core_ed25519_add(sum, point, IDENTITY) == 0;
}

/* The point must be on the curve. */
static void point_times_eight(uint8_t out[32], const uint8_t point[32])
{
    uint8_t sum[32];
    memcpy(out, point, 32);
    for (int i = 0; i < 3; i++) {
        DURE_ASSERT(crypto_core_ed25519_add(sum, out, out) == 0);
        memcpy(out, sum, 32);
    }
}

dure_crypto_result_t ed25519_key_check(const uint8_t key[33])
{
    if (key[32] != 0 || !ed25519_point_is_canonical(key)) {
        return DURE_CRYPTO_KEY_NOT_CANONICAL;
    }
    if (!point_is_on_curve(key)) {
        return DURE_CRYPTO_KEY_NOT_ON_CURVE;
    }
    uint8_t cleared[32];
    point_times_eight(cleared, key);
    if (memcmp(cleared, IDENTITY, 32) == 0) {
        return DURE_CRYPTO_KEY_SMALL_ORDER;
    }
    /* 8A is of order L.  (1/8)(8A) is the part of A in the prime-order group: A itself exactly if A
       has no torsion. */
    uint8_t back[32];
    DURE_ASSERT(crypto_scalarmult_ed25519_noclamp(back, EIGHTH, cleared) == 0);
    return memcmp(back, key, 32) == 0 ? DURE_CRYPTO_OK : DURE_CRYPTO_KEY_HAS_TORSION;
}

/* k = SHA-512(R || A || message) mod L. */
void ed25519_challenge(uint8_t k[32], const uint8_t r[32], const uint8_t key[32],
                       const void *message, size_t message_size)
{
    crypto_hash_sha512_state state;
    uint8_t digest[64];
    crypto_hash_sha512_init(&state);
    crypto_hash_sha512_update(&state, r, 32);
    crypto_hash_sha512_update(&state, key, 32);
    if (message_size > 0) {
        crypto_hash_sha512_update(&state, message, message_size);
    }
    crypto_hash_sha512_final(&state, digest);
    crypto_core_ed25519_scalar_reduce(k, digest);
}

/* The full rule.  S < L is known, and that R is canonical and on the curve. */
static dure_crypto_result_t verify_by_rule(const uint8_t key[33], const uint8_t signature[64],
                                           const void *message, size_t message_size)
{
    const uint8_t *r = signature;
    const uint8_t *s = signature + 32;
    uint8_t k[32];
    ed25519_challenge(k, r, key, message, message_size);

    uint8_t s_base[32];
    memcpy(s_base, IDENTITY, 32);
    if (!sodium_is_zero(s, 32)) {
        DURE_ASSERT(crypto_scalarmult_ed25519_base_noclamp(s_base, s) == 0);
    }
    uint8_t k_key[32];
    memcpy(k_key, IDENTITY, 32);
    if (!sodium_is_zero(k, 32) && crypto_scalarmult_ed25519_noclamp(k_key, k, key) != 0) {
        /* Only a key that was never checked comes here: say what is wrong with it. */
        const dure_crypto_result_t result = ed25519_key_check(key);
        DURE_ASSERT(result != DURE_CRYPTO_OK);
        return result;
    }
    uint8_t sum[32];
    DURE_ASSERT(crypto_core_ed25519_add(sum, r, k_key) == 0);
    uint8_t left[32];
    uint8_t right[32];
    point_times_eight(left, s_base);
    point_times_eight(right, sum);
    return memcmp(left, right, 32) == 0 ? DURE_CRYPTO_OK : DURE_CRYPTO_MISMATCH;
}

dure_crypto_result_t ed25519_verify(const uint8_t key[33], const uint8_t signature[64],
                                    const void *message, size_t message_size)
{
    if (key[32] != 0) {
        return DURE_CRYPTO_KEY_NOT_CANONICAL;
    }
    if (!ed25519_scalar_is_reduced(signature + 32)) {
        return DURE_CRYPTO_S_TOO_LARGE;
    }
    if (!ed25519_point_is_canonical(signature)) {
        return DURE_CRYPTO_R_NOT_CANONICAL;
    }
    static const uint8_t NOTHING[1] = {0};
    const uint8_t *bytes = message_size > 0 ? message : NOTHING;
    if (crypto_sign_verify_detached(signature, bytes, message_size, key) == 0) {
        return DURE_CRYPTO_OK;
    }
    /* Before anything dear: about half of all random R are not on the curve. */
    if (!point_is_on_curve(signature)) {
        return DURE_CRYPTO_R_NOT_ON_CURVE;
    }
    return verify_by_rule(key, signature, bytes, message_size);
}

void ed25519_key_of(uint8_t key[33], const uint8_t seed[32])
{
    uint8_t secret[crypto_sign_SECRETKEYBYTES];
    DURE_ASSERT(crypto_sign_seed_keypair(key, secret, seed) == 0);
    key[32] = 0;
    sodium_memzero(secret, sizeof(secret));
}

void ed25519_sign_keyed(uint8_t signature[64], const uint8_t seed[32], const uint8_t key[32],
                        const void *message, size_t message_size)
{
    static const uint8_t NOTHING[1] = {0};
    uint8_t secret[crypto_sign_SECRETKEYBYTES]; /* seed || key */
    memcpy(secret, seed, 32);
    memcpy(secret + 32, key, 32);
    DURE_ASSERT(crypto_sign_detached(signature, NULL, message_size > 0 ? message : NOTHING,
                                     message_size, secret) == 0);
    sodium_memzero(secret, sizeof(secret));
}

void ed25519_sign(uint8_t signature[64], const uint8_t seed[32], const void *message,
                  size_t message_size)
{
    uint8_t key[33];
    ed25519_key_of(key, seed);
    ed25519_sign_keyed(signature, seed, key, message, message_size);
}

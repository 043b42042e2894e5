/* What the files of crypto/ share.  Nothing outside this folder includes it. */
#ifndef DURE_CRYPTO_PRIVATE_H
#define DURE_CRYPTO_PRIVATE_H

#include "crypto/dure_crypto.h"

dure_crypto_result_t ed25519_key_check(const uint8_t key[33]);
dure_crypto_result_t ed25519_verify(const uint8_t key[33], const uint8_t signature[64],
                                    const void *message, size_t message_size);
void ed25519_key_of(uint8_t key[33], const uint8_t seed[32]);
void ed25519_sign(uint8_t signature[64], const uint8_t seed[32], const void *message,
                  size_t message_size);
/* The same, when the seed's own key is at hand. */
void ed25519_sign_keyed(uint8_t signature[64], const uint8_t seed[32], const uint8_t key[32],
                        const void *message, size_t message_size);

/* S < L. */
bool ed25519_scalar_is_reduced(const uint8_t scalar[32]);
/* y < p, and the sign bit clear where x is zero. */
bool ed25519_point_is_canonical(const uint8_t point[32]);
/* k = SHA-512(R || A || message) mod L. */
void ed25519_challenge(uint8_t k[32], const uint8_t r[32], const uint8_t key[32],
                       const void *message, size_t message_size);

typedef struct {
    const uint8_t *key; /* 33 bytes */
    const uint8_t *signature;
    const void *message;
    size_t message_size;
    dure_crypto_result_t *result;
} ed25519_job_t;

/* Two canonical encodings and what each is multiplied by. */
typedef struct {
    uint8_t r[32], key[32];
    uint8_t r_scalar[32];   /* below 2^128 */
    uint8_t key_scalar[32]; /* below L */
} ed25519_term_t;

/* ed25519_sum_is_zero: 8 (sum of r_scalar R + key_scalar A) = 0.  False also if an R or A is not on
   the curve.  In portable C, and for eight at once where ed25519_ifma_is_here(). */
bool ed25519_sum_is_zero_portable(const ed25519_term_t *terms, uint32_t count);
bool ed25519_sum_is_zero_ifma(const ed25519_term_t *terms, uint32_t count);
bool ed25519_ifma_is_here(void);

/* p256_init: false if the library cannot give the curve. */
DURE_MUST_USE bool p256_init(void);
dure_crypto_result_t p256_key_check(const uint8_t key[33]);
dure_crypto_result_t p256_verify(const uint8_t key[33], const uint8_t signature[64],
                                 const void *message, size_t message_size);
/* p256_key_of, p256_sign: false if the scalar is not in [1, n - 1]. */
DURE_MUST_USE bool p256_key_of(uint8_t key[33], const uint8_t scalar[32]);
DURE_MUST_USE bool p256_sign(uint8_t signature[64], const uint8_t scalar[32], const void *message,
                             size_t message_size);

#endif

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

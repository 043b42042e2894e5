/* The two schemes behind one door. */
#include "crypto/dure_crypto.h"
#include "crypto/crypto_private.h"

#include <sodium.h>
#include <string.h>

bool dure_crypto_init(void)
{
    return sodium_init() >= 0 && p256_init();
}

dure_crypto_result_t dure_public_key_check(const dure_public_key_t *key)
{
    switch (key->scheme) {
    case DURE_SCHEME_ED25519:
        return ed25519_key_check(key->bytes);
    case DURE_SCHEME_P256:
        return p256_key_check(key->bytes);
    default: /* a byte from outside, not an enum */
        return DURE_CRYPTO_SCHEME_UNKNOWN;
    }
}

dure_crypto_result_t dure_signature_verify(const dure_public_key_t *key,
                                           const dure_signature_t *signature, const void *message,
                                           size_t message_size)
{
    switch (key->scheme) {
    case DURE_SCHEME_ED25519:
        return ed25519_verify(key->bytes, signature->bytes, message, message_size);
    case DURE_SCHEME_P256:
        return p256_verify(key->bytes, signature->bytes, message, message_size);
    default:
        return DURE_CRYPTO_SCHEME_UNKNOWN;
    }
}

bool dure_public_key_of(dure_public_key_t *key, const dure_secret_key_t *secret)
{
    memset(key, 0, sizeof(*key));
    key->scheme = secret->scheme;
    switch (secret->scheme) {
    case DURE_SCHEME_ED25519:
        ed25519_key_of(key->bytes, secret->seed);
        return true;
    case DURE_SCHEME_P256:
        return p256_key_of(key->bytes, secret->seed);
    default:
        return false;
    }
}

bool dure_sign(dure_signature_t *signature, const dure_secret_key_t *secret, const void *message,
               size_t message_size)
{
    memset(signature, 0, sizeof(*signature));
    switch (secret->scheme) {
    case DURE_SCHEME_ED25519:
        ed25519_sign(signature->bytes, secret->seed, message, message_size);
        return true;
    case DURE_SCHEME_P256:
        return p256_sign(signature->bytes, secret->seed, message, message_size);
    default:
        return false;
    }
}

bool dure_sign_keyed(dure_signature_t *signature, const dure_secret_key_t *secret,
                     const dure_public_key_t *key, const void *message, size_t message_size)
{
    if (secret->scheme != DURE_SCHEME_ED25519 || key->scheme != DURE_SCHEME_ED25519) {
        return dure_sign(signature, secret, message, message_size);
    }
    ed25519_sign_keyed(signature->bytes, secret->seed, key->bytes, message, message_size);
    return true;
}

const char *dure_crypto_result_name(dure_crypto_result_t result)
{
    switch (result) {
    case DURE_CRYPTO_OK:
        return "ok";
    case DURE_CRYPTO_SCHEME_UNKNOWN:
        return "scheme_unknown";
    case DURE_CRYPTO_KEY_NOT_CANONICAL:
        return "key_not_canonical";
    case DURE_CRYPTO_KEY_NOT_ON_CURVE:
        return "key_not_on_curve";
    case DURE_CRYPTO_KEY_SMALL_ORDER:
        return "key_small_order";
    case DURE_CRYPTO_KEY_HAS_TORSION:
        return "key_has_torsion";
    case DURE_CRYPTO_R_NOT_CANONICAL:
        return "r_not_canonical";
    case DURE_CRYPTO_R_NOT_ON_CURVE:
        return "r_not_on_curve";
    case DURE_CRYPTO_S_TOO_LARGE:
        return "s_too_large";
    case DURE_CRYPTO_S_HIGH:
        return "s_high";
    case DURE_CRYPTO_MISMATCH:
        return "mismatch";
    }
    return "unknown";
}

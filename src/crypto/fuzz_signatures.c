/* Whatever set of signatures is made of the bytes, each has all at once the result it has alone. */
#include "crypto/dure_crypto.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define JOBS_MAX 24u
#define KEYS     3u
#define STEP     4u /* bytes that make one job: key, message, where it is spoiled, how */

typedef struct {
    dure_public_key_t key;
    dure_signature_t signature;
    uint8_t message[2];
} made_t;

/* The high bit of `how` and `where` decide: as it is, a bit of the signature, of the key or of the
   message flipped, or the first bytes of R, S or the key replaced by what follows in the input. */
static void spoil(made_t *made, uint8_t where, uint8_t how, const uint8_t *rest, size_t rest_size)
{
    const size_t part = rest_size < 32 ? rest_size : 32;
    switch (how >> 5) {
    case 1:
        made->signature.bytes[where % 64] ^= (uint8_t)(1u << how % 8);
        return;
    case 2:
        /* Not a key's ordinate: a key of mixed order may have another result. */
        made->key.bytes[32] ^= (uint8_t)(1u << how % 8);
        return;
    case 3:
        made->message[where % 2] ^= (uint8_t)(1u << how % 8);
        return;
    case 4:
        memcpy(made->signature.bytes, rest, part);
        return;
    case 5:
        memcpy(made->signature.bytes + 32, rest, part);
        return;
    case 6:
        memcpy(made->key.bytes, rest, part);
        return;
    case 7:
        made->key.scheme = how % 4;
        return;
    default:
        return;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static made_t made[JOBS_MAX];
    dure_signature_job_t jobs[JOBS_MAX];
    uint32_t count = 0;
    DURE_ASSERT(dure_crypto_init());
    for (; size >= STEP && count < JOBS_MAX; data += STEP, size -= STEP) {
        made_t *at = &made[count];
        const dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519,
                                          .seed = {(uint8_t)(data[0] % KEYS)}};
        at->message[0] = data[0];
        at->message[1] = data[1];
        DURE_ASSERT(dure_public_key_of(&at->key, &secret));
        DURE_ASSERT(dure_sign(&at->signature, &secret, at->message, sizeof at->message));
        spoil(at, data[2], data[3], data + STEP, size - STEP);
        if (dure_public_key_check(&at->key) == DURE_CRYPTO_KEY_HAS_TORSION) {
            continue;
        }
        jobs[count++] = (dure_signature_job_t){.key = &at->key,
                                               .signature = &at->signature,
                                               .message = at->message,
                                               .message_size = sizeof at->message,
                                               .result = (dure_crypto_result_t)99};
    }
    dure_signatures_verify(jobs, count);
    for (uint32_t i = 0; i < count; i++) {
        DURE_ASSERT(jobs[i].result == dure_signature_verify(jobs[i].key, jobs[i].signature,
                                                            jobs[i].message, jobs[i].message_size));
    }
    return 0;
}

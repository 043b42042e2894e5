/* Many Ed25519 signatures at once.

   With coefficients z_i of 128 bits that whoever made the signatures could not foresee,

       8 (sum of z_i s_i B - z_i R_i - z_i k_i A_i) = 0

   holds for good signatures, and for a set with a bad one with a chance of 2^-128: each bracket
   times eight lies in the group of prime order, where a z that is uniform over 2^128 values can be
   right for one value at most.  The cofactor is cleared as in the rule for one signature, so both
   give the same answer whatever torsion R has.

   The z are drawn from a hash over all (R, A, k, S): k binds the message.  There is no random
   source, and the same jobs always take the same way. */
#include "crypto/crypto_private.h"

#include <sodium.h>
#include <string.h>

/* Fewer than this gain nothing by being added up: a sum of eight lanes costs little more than one
   verification whatever stands in them. */
static uint32_t sum_min(void)
{
    return ed25519_ifma_is_here() ? 2u : 4u;
}

static bool key_may_stand_in_a_sum(const uint8_t key[33])
{
    /* The ordinates of the points of small order.  No checked key is among them. */
    static const uint8_t SMALL[5][32] = {
        {0},
        {1},
        {0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
         0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f},
        {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
         0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
         0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
        {0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
         0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
         0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
    };
    if (key[32] != 0 || !ed25519_point_is_canonical(key)) {
        return false;
    }
    for (size_t i = 0; i < sizeof SMALL / sizeof SMALL[0]; i++) {
        if (memcmp(key, SMALL[i], 31) == 0 && (key[31] & 0x7f) == SMALL[i][31]) {
            return false;
        }
    }
    return true;
}

static bool may_stand_in_a_sum(const uint8_t key[33], const uint8_t signature[64])
{
    return ed25519_scalar_is_reduced(signature + 32) && ed25519_point_is_canonical(signature) &&
           key_may_stand_in_a_sum(key);
}

/* Asked of the processor and the operating system, once when the process starts. */
bool ed25519_ifma_is_here(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
           __builtin_cpu_supports("avx512ifma");
#else
    return false;
#endif
}

typedef struct {
    ed25519_job_t jobs[DURE_SIGNATURES_AT_ONCE];
    ed25519_term_t terms[DURE_SIGNATURES_AT_ONCE + 1]; /* the base point is one of them */
    uint8_t z_s[DURE_SIGNATURES_AT_ONCE][32];
} batch_t;

/* The scalars of every term but the base point's. */
static void make_terms(batch_t *batch, uint32_t count)
{
    crypto_generichash_state state;
    uint8_t seed[crypto_stream_chacha20_KEYBYTES];
    uint8_t z[DURE_SIGNATURES_AT_ONCE][16];
    static const uint8_t NONCE[crypto_stream_chacha20_NONCEBYTES] = {0};
    DURE_ASSERT(crypto_generichash_init(&state, NULL, 0, sizeof seed) == 0);
    for (uint32_t i = 0; i < count; i++) {
        const ed25519_job_t *job = &batch->jobs[i];
        ed25519_term_t *term = &batch->terms[i];
        memcpy(term->r, job->signature, 32);
        memcpy(term->key, job->key, 32);
        ed25519_challenge(term->key_scalar, job->signature, job->key, job->message,
                          job->message_size);
        uint8_t all[128];
        memcpy(all, job->signature, 64);
        memcpy(all + 64, job->key, 32);
        memcpy(all + 96, term->key_scalar, 32);
        DURE_ASSERT(crypto_generichash_update(&state, all, sizeof all) == 0);
    }
    DURE_ASSERT(crypto_generichash_final(&state, seed, sizeof seed) == 0);
    DURE_ASSERT(crypto_stream_chacha20((uint8_t *)z, count * sizeof z[0], NONCE, seed) == 0);
    for (uint32_t i = 0; i < count; i++) {
        ed25519_term_t *term = &batch->terms[i];
        memset(term->r_scalar, 0, 32);
        memcpy(term->r_scalar, z[i], 16);
        crypto_core_ed25519_scalar_mul(term->key_scalar, term->r_scalar, term->key_scalar);
        crypto_core_ed25519_scalar_mul(batch->z_s[i], term->r_scalar,
                                       batch->jobs[i].signature + 32);
    }
}

/* -(sum of z s) B is the last of the terms. */
static bool part_holds(batch_t *batch, uint32_t from, uint32_t until)
{
    static const uint8_t BASE[32] = {0x58, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                     0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                     0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66,
                                     0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66};
    uint8_t sum[32] = {0};
    for (uint32_t i = from; i < until; i++) {
        crypto_core_ed25519_scalar_add(sum, sum, batch->z_s[i]);
    }
    ed25519_term_t *base = &batch->terms[until];
    const ed25519_term_t kept = *base;
    *base = (ed25519_term_t){.r = {1}};
    memcpy(base->key, BASE, 32);
    crypto_core_ed25519_scalar_negate(base->key_scalar, sum);
    const uint32_t count = until - from + 1;
    const bool holds = ed25519_ifma_is_here()
                           ? ed25519_sum_is_zero_ifma(&batch->terms[from], count)
                           : ed25519_sum_is_zero_portable(&batch->terms[from], count);
    *base = kept;
    return holds;
}

static void verify_alone(const ed25519_job_t *job)
{
    *job->result = ed25519_verify(job->key, job->signature, job->message, job->message_size);
}

static void verify_part(batch_t *batch, uint32_t from, uint32_t until)
{
    if (until - from >= sum_min() && part_holds(batch, from, until)) {
        for (uint32_t i = from; i < until; i++) {
            *batch->jobs[i].result = DURE_CRYPTO_OK;
        }
    } else if (until - from < 2 * sum_min()) {
        for (uint32_t i = from; i < until; i++) {
            verify_alone(&batch->jobs[i]);
        }
    } else {
        const uint32_t middle = from + (until - from) / 2;
        verify_part(batch, from, middle);
        verify_part(batch, middle, until);
    }
}

static void verify_batch(batch_t *batch, uint32_t count)
{
    if (count >= sum_min()) {
        make_terms(batch, count);
    }
    verify_part(batch, 0, count);
}

void dure_signatures_verify(dure_signature_job_t *jobs, uint32_t count)
{
    static const uint8_t NOTHING[1] = {0};
    batch_t batch;
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++) {
        dure_signature_job_t *job = &jobs[i];
        if (job->key->scheme != DURE_SCHEME_ED25519 ||
            !may_stand_in_a_sum(job->key->bytes, job->signature->bytes)) {
            job->result =
                dure_signature_verify(job->key, job->signature, job->message, job->message_size);
            continue;
        }
        batch.jobs[taken++] =
            (ed25519_job_t){.key = job->key->bytes,
                            .signature = job->signature->bytes,
                            .message = job->message_size > 0 ? job->message : NOTHING,
                            .message_size = job->message_size,
                            .result = &job->result};
        if (taken == DURE_SIGNATURES_AT_ONCE) {
            verify_batch(&batch, taken);
            taken = 0;
        }
    }
    verify_batch(&batch, taken);
}

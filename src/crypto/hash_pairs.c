/* SHA-256 of many tree nodes at once.  A node is 65 bytes, two blocks, and each round of SHA-256
   waits for the one before: with the processor's SHA instructions half the time is waiting.  Two
   nodes that do not depend on each other are therefore hashed side by side.  Elsewhere, and for the
   last odd one, the plain function does it; the results are the same bytes. */
#include "crypto/dure_crypto.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdatomic.h>
#include <string.h>

#define LANES  2
#define GROUPS 16 /* of four rounds */

static const uint32_t ROUND_CONSTANTS[GROUPS * 4] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

/* The eight words of the state as the instructions want them. */
typedef struct {
    __m128i abef, cdgh;
} lane_t;

#define SHA_TARGET __attribute__((target("sha,sse4.1,ssse3")))

/* One block into each lane's state. */
SHA_TARGET static inline void blocks_add(lane_t lanes[LANES], const uint8_t *const blocks[LANES])
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    lane_t state[LANES];
    __m128i words[LANES][4];
    for (int lane = 0; lane < LANES; lane++) {
        state[lane] = lanes[lane];
        for (int i = 0; i < 4; i++) {
            const __m128i bytes = _mm_loadu_si128((const void *)(blocks[lane] + 16 * i));
            words[lane][i] = _mm_shuffle_epi8(bytes, swap);
        }
    }
#pragma GCC unroll 16
    for (int group = 0; group < GROUPS; group++) {
        const __m128i constants = _mm_loadu_si128((const void *)&ROUND_CONSTANTS[4 * group]);
#pragma GCC unroll 2
        for (int lane = 0; lane < LANES; lane++) {
            __m128i *w = words[lane];
            lane_t *s = &state[lane];
            const __m128i now = w[group % 4];
            __m128i sum = _mm_add_epi32(now, constants);
            s->cdgh = _mm_sha256rnds2_epu32(s->cdgh, s->abef, sum);
            if (group >= 3 && group < 15) {
                const __m128i part = _mm_alignr_epi8(now, w[(group + 3) % 4], 4);
                __m128i *next = &w[(group + 1) % 4];
                *next = _mm_sha256msg2_epu32(_mm_add_epi32(*next, part), now);
            }
            sum = _mm_shuffle_epi32(sum, 0x0e);
            s->abef = _mm_sha256rnds2_epu32(s->abef, s->cdgh, sum);
            if (group >= 1 && group < 13) {
                __m128i *before = &w[(group + 3) % 4];
                *before = _mm_sha256msg1_epu32(*before, now);
            }
        }
    }
    for (int lane = 0; lane < LANES; lane++) {
        lanes[lane].abef = _mm_add_epi32(lanes[lane].abef, state[lane].abef);
        lanes[lane].cdgh = _mm_add_epi32(lanes[lane].cdgh, state[lane].cdgh);
    }
}

#define NODE_SIZE 65u
#define PADDED    128u

/* Tag, left, right, and SHA-256's padding: a one bit, zeros, the length in bits. */
static void node_lay(uint8_t bytes[PADDED], const dure_pair_t *pair)
{
    bytes[0] = (uint8_t)pair->tag;
    memcpy(bytes + 1, pair->left->bytes, 32);
    memcpy(bytes + 33, pair->right->bytes, 32);
    memset(bytes + NODE_SIZE, 0, PADDED - NODE_SIZE);
    bytes[NODE_SIZE] = 0x80;
    bytes[PADDED - 2] = (uint8_t)(NODE_SIZE * 8 >> 8);
    bytes[PADDED - 1] = (uint8_t)(NODE_SIZE * 8 & 0xff);
}

SHA_TARGET static void lane_out(dure_hash_t *out, lane_t lane)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
    const __m128i feba = _mm_shuffle_epi32(lane.abef, 0x1b);
    const __m128i dchg = _mm_shuffle_epi32(lane.cdgh, 0xb1);
    const __m128i abcd = _mm_blend_epi16(feba, dchg, 0xf0);
    const __m128i efgh = _mm_alignr_epi8(dchg, feba, 8);
    _mm_storeu_si128((void *)out->bytes, _mm_shuffle_epi8(abcd, swap));
    _mm_storeu_si128((void *)(out->bytes + 16), _mm_shuffle_epi8(efgh, swap));
}

SHA_TARGET static void two_pairs(const dure_pair_t *first, const dure_pair_t *second)
{
    /* The initial state of SHA-256, a to h. */
    const lane_t start = {
        _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
        _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19),
    };
    uint8_t bytes[LANES][PADDED];
    node_lay(bytes[0], first);
    node_lay(bytes[1], second);
    lane_t lanes[LANES] = {start, start};
    blocks_add(lanes, (const uint8_t *const[LANES]){bytes[0], bytes[1]});
    blocks_add(lanes, (const uint8_t *const[LANES]){bytes[0] + 64, bytes[1] + 64});
    lane_out(first->out, lanes[0]);
    lane_out(second->out, lanes[1]);
}

/* Asking the processor costs more than a hash, so it is asked once; two threads that both ask get
   the same answer. */
static bool has_instructions(void)
{
    static _Atomic unsigned char known; /* 1: no, 2: yes */
    unsigned char answer = atomic_load_explicit(&known, memory_order_relaxed);
    if (answer == 0) {
        unsigned a, b, c, d;
        const bool sse =
            __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_SSE4_1) != 0 && (c & bit_SSSE3) != 0;
        const bool sha = __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (b & bit_SHA) != 0;
        answer = sse && sha ? 2 : 1;
        atomic_store_explicit(&known, answer, memory_order_relaxed);
    }
    return answer == 2;
}

void dure_hash_pairs(const dure_pair_t *pairs, uint32_t count)
{
    uint32_t i = 0;
    for (; count - i >= LANES && has_instructions(); i += LANES) {
        two_pairs(&pairs[i], &pairs[i + 1]);
    }
    for (; i < count; i++) {
        dure_hash_pair(pairs[i].out, pairs[i].tag, pairs[i].left, pairs[i].right);
    }
}

#else

void dure_hash_pairs(const dure_pair_t *pairs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        dure_hash_pair(pairs[i].out, pairs[i].tag, pairs[i].left, pairs[i].right);
    }
}

#endif

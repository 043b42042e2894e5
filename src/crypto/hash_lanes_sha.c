/* SHA-256 of two messages side by side by the processor's SHA instructions.  Each round of SHA-256
   waits for the one before: of one message alone half the time is waiting. */
#include "crypto/hash_lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES  2
#define GROUPS 16 /* of four rounds */

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
        const __m128i constants = _mm_loadu_si128((const void *)&hash_round_constants[4 * group]);
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

void SHA_TARGET hash_two_lanes(dure_hash_t *const out[2], const hash_lane_t *const lanes[2])
{
    /* The initial state of SHA-256, a to h. */
    const lane_t start = {
        _mm_set_epi32(0x6a09e667, (int)0xbb67ae85, 0x510e527f, (int)0x9b05688c),
        _mm_set_epi32(0x3c6ef372, (int)0xa54ff53a, 0x1f83d9ab, 0x5be0cd19),
    };
    lane_t states[LANES] = {start, start};
    const uint32_t least =
        lanes[0]->blocks < lanes[1]->blocks ? lanes[0]->blocks : lanes[1]->blocks;
    const uint32_t most = lanes[0]->blocks + lanes[1]->blocks - least;
    const unsigned longer = lanes[0]->blocks > lanes[1]->blocks ? 0 : 1;
    for (uint32_t i = 0; i < least; i++) {
        blocks_add(states, (const uint8_t *const[LANES]){hash_lane_block(lanes[0], i),
                                                         hash_lane_block(lanes[1], i)});
    }
    /* The rest of the longer one goes alone. */
    lane_t rest[LANES] = {states[longer], states[longer]};
    for (uint32_t i = least; i < most; i++) {
        const uint8_t *block = hash_lane_block(lanes[longer], i);
        blocks_add(rest, (const uint8_t *const[LANES]){block, block});
    }
    states[longer] = rest[0];
    lane_out(out[0], states[0]);
    lane_out(out[1], states[1]);
}

#endif

/* SHA-256 (FIPS 180-4) of sixteen messages side by side: word w of all of them in one register, so
   that a round is the same handful of instructions for all sixteen.  Messages may differ in length:
   a lane whose message has ended keeps its state. */
#include "crypto/hash_lanes.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define LANES  HASH_LANES_MAX
#define WORDS  16 /* of a block */
#define TARGET __attribute__((target("avx512f,avx512bw")))
#define INLINE __attribute__((always_inline)) static inline

TARGET INLINE __m512i xor3(__m512i a, __m512i b, __m512i c)
{
    return _mm512_ternarylogic_epi32(a, b, c, 0x96);
}

TARGET INLINE __m512i add(__m512i a, __m512i b)
{
    return _mm512_add_epi32(a, b);
}

/* Rows become columns: sixteen words of each of sixteen lanes. */
TARGET INLINE void transpose(__m512i rows[16])
{
    __m512i a[16], b[16];
#pragma GCC unroll 8
    for (int i = 0; i < 16; i += 2) {
        a[i] = _mm512_unpacklo_epi32(rows[i], rows[i + 1]);
        a[i + 1] = _mm512_unpackhi_epi32(rows[i], rows[i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 16; i += 4) {
        b[i] = _mm512_unpacklo_epi64(a[i], a[i + 2]);
        b[i + 1] = _mm512_unpackhi_epi64(a[i], a[i + 2]);
        b[i + 2] = _mm512_unpacklo_epi64(a[i + 1], a[i + 3]);
        b[i + 3] = _mm512_unpackhi_epi64(a[i + 1], a[i + 3]);
    }
    /* b[4 g + c] holds, in quarter q, word 4 q + c of lanes 4 g to 4 g + 3. */
#pragma GCC unroll 4
    for (int c = 0; c < 4; c++) {
        const __m512i low01 = _mm512_shuffle_i32x4(b[c], b[4 + c], 0x44);
        const __m512i low23 = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0x44);
        const __m512i high01 = _mm512_shuffle_i32x4(b[c], b[4 + c], 0xee);
        const __m512i high23 = _mm512_shuffle_i32x4(b[8 + c], b[12 + c], 0xee);
        rows[c] = _mm512_shuffle_i32x4(low01, low23, 0x88);
        rows[4 + c] = _mm512_shuffle_i32x4(low01, low23, 0xdd);
        rows[8 + c] = _mm512_shuffle_i32x4(high01, high23, 0x88);
        rows[12 + c] = _mm512_shuffle_i32x4(high01, high23, 0xdd);
    }
}

/* The bytes of each word the other way round: SHA-256 is big-endian. */
TARGET INLINE __m512i swap(__m512i words)
{
    const __m512i order =
        _mm512_broadcast_i32x4(_mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203));
    return _mm512_shuffle_epi8(words, order);
}

TARGET INLINE __m512i schedule(const __m512i w[WORDS], int i)
{
    const __m512i w15 = w[(i + 1) % WORDS];
    const __m512i w2 = w[(i + 14) % WORDS];
    const __m512i s0 =
        xor3(_mm512_ror_epi32(w15, 7), _mm512_ror_epi32(w15, 18), _mm512_srli_epi32(w15, 3));
    const __m512i s1 =
        xor3(_mm512_ror_epi32(w2, 17), _mm512_ror_epi32(w2, 19), _mm512_srli_epi32(w2, 10));
    return add(add(w[i % WORDS], s0), add(w[(i + 9) % WORDS], s1));
}

/* One block of words into the states of the lanes in `active`.  A function of its own: inlined into
   the loop over blocks, the compiler would keep all the constants on the stack, sixteen times each.
 */
__attribute__((noinline)) TARGET static void rounds(__m512i state[8], __m512i w[WORDS],
                                                    __mmask16 active)
{
    __m512i a = state[0], b = state[1], c = state[2], d = state[3];
    __m512i e = state[4], f = state[5], g = state[6], h = state[7];
#pragma GCC unroll 64
    for (int i = 0; i < 64; i++) {
        if (i >= WORDS) {
            w[i % WORDS] = schedule(w, i);
        }
        const __m512i with = add(w[i % WORDS], _mm512_set1_epi32((int)hash_round_constants[i]));
        const __m512i sum1 =
            xor3(_mm512_ror_epi32(e, 6), _mm512_ror_epi32(e, 11), _mm512_ror_epi32(e, 25));
        const __m512i choice = _mm512_ternarylogic_epi32(e, f, g, 0xca);
        const __m512i t0 = add(add(h, with), choice);
        const __m512i t1 = add(t0, sum1);
        const __m512i sum0 =
            xor3(_mm512_ror_epi32(a, 2), _mm512_ror_epi32(a, 13), _mm512_ror_epi32(a, 22));
        const __m512i majority = _mm512_ternarylogic_epi32(a, b, c, 0xe8);
        h = g;
        g = f;
        f = e;
        e = add(add(d, t0), sum1);
        d = c;
        c = b;
        b = a;
        a = add(t1, add(sum0, majority));
    }
    const __m512i after[8] = {a, b, c, d, e, f, g, h};
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        state[i] = _mm512_mask_add_epi32(state[i], active, state[i], after[i]);
    }
}

TARGET static void states_out(dure_hash_t *const *out, const __m512i state[8], uint32_t count)
{
    __m512i rows[16];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        rows[i] = swap(state[i]);
        rows[i + 8] = _mm512_setzero_si512();
    }
    transpose(rows);
    for (uint32_t lane = 0; lane < count; lane++) {
        _mm256_storeu_si256((void *)out[lane]->bytes, _mm512_castsi512_si256(rows[lane]));
    }
}

void TARGET hash_sixteen_lanes(dure_hash_t *const *out, const hash_lane_t *const *lanes,
                               uint32_t count)
{
    DURE_ASSERT(count > 0 && count <= LANES);
    __m512i state[8];
    for (int i = 0; i < 8; i++) {
        state[i] = _mm512_set1_epi32((int)hash_start[i]);
    }
    uint32_t most = 0;
    for (uint32_t lane = 0; lane < count; lane++) {
        most = lanes[lane]->blocks > most ? lanes[lane]->blocks : most;
    }
    for (uint32_t block = 0; block < most; block++) {
        __m512i words[WORDS];
        unsigned active = 0;
#pragma GCC unroll 1
        for (uint32_t i = 0; i < LANES; i++) {
            words[i] = _mm512_setzero_si512();
            if (i < count && block < lanes[i]->blocks) {
                words[i] = _mm512_loadu_si512(hash_lane_block(lanes[i], block));
                active |= 1u << i;
            }
        }
        transpose(words);
#pragma GCC unroll 16
        for (int i = 0; i < WORDS; i++) {
            words[i] = swap(words[i]);
        }
        rounds(state, words, (__mmask16)active);
    }
    states_out(out, state, count);
}

#endif

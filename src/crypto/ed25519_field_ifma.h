/* The field of 2^255 - 19 for eight elements at once, with the instructions of AVX-512 IFMA: five
   limbs of 51 bits, of which each vector holds the same one of eight elements.

   The multiplier takes 52 bits of each factor, so everything that is given out is tight: limbs
   below 2^51 + 2^14.  fe_mul and fe_square take limbs below 2^52.

   Whoever includes this compiles what follows for processors that have the instructions, and must
   ask ed25519_ifma_is_here before calling it. */
#ifndef DURE_CRYPTO_ED25519_FIELD_IFMA_H
#define DURE_CRYPTO_ED25519_FIELD_IFMA_H

#include "base/dure_base.h"

#if defined(__x86_64__)

#include <immintrin.h>

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512ifma"))),               \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512ifma")
#endif

#define LANES     8u
#define LIMB_MASK ((UINT64_C(1) << 51) - 1)

typedef struct {
    __m512i limb[5];
} fe_t;

/* A bit for each lane. */
typedef uint8_t lanes_t;
#define LANES_ALL ((lanes_t)0xff)

static inline __m512i all_lanes(uint64_t value)
{
    return _mm512_set1_epi64((long long)value);
}

static inline uint64_t fe_read64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < 8; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return value;
}

/* The low 255 bits. */
static inline fe_t fe_load(const uint8_t *const bytes[LANES])
{
    _Alignas(64) uint64_t limbs[5][LANES];
    for (unsigned lane = 0; lane < LANES; lane++) {
        const uint8_t *at = bytes[lane];
        limbs[0][lane] = fe_read64(at) & LIMB_MASK;
        limbs[1][lane] = (fe_read64(at + 6) >> 3) & LIMB_MASK;
        limbs[2][lane] = (fe_read64(at + 12) >> 6) & LIMB_MASK;
        limbs[3][lane] = (fe_read64(at + 19) >> 1) & LIMB_MASK;
        limbs[4][lane] = (fe_read64(at + 24) >> 12) & LIMB_MASK;
    }
    fe_t out;
    for (unsigned i = 0; i < 5; i++) {
        out.limb[i] = _mm512_load_si512(limbs[i]);
    }
    return out;
}

static inline fe_t fe_constant(const uint64_t limbs[5])
{
    return (fe_t){{all_lanes(limbs[0]), all_lanes(limbs[1]), all_lanes(limbs[2]),
                   all_lanes(limbs[3]), all_lanes(limbs[4])}};
}

/* Every limb's carry to the next at once: tight, if the limbs were below 2^60. */
static inline fe_t fe_carry(__m512i l0, __m512i l1, __m512i l2, __m512i l3, __m512i l4)
{
    const __m512i mask = all_lanes(LIMB_MASK);
    const __m512i top = _mm512_mullo_epi64(_mm512_srli_epi64(l4, 51), all_lanes(19));
    return (fe_t){{_mm512_add_epi64(_mm512_and_si512(l0, mask), top),
                   _mm512_add_epi64(_mm512_and_si512(l1, mask), _mm512_srli_epi64(l0, 51)),
                   _mm512_add_epi64(_mm512_and_si512(l2, mask), _mm512_srli_epi64(l1, 51)),
                   _mm512_add_epi64(_mm512_and_si512(l3, mask), _mm512_srli_epi64(l2, 51)),
                   _mm512_add_epi64(_mm512_and_si512(l4, mask), _mm512_srli_epi64(l3, 51))}};
}

static inline fe_t fe_add(const fe_t *a, const fe_t *b)
{
    return fe_carry(
        _mm512_add_epi64(a->limb[0], b->limb[0]), _mm512_add_epi64(a->limb[1], b->limb[1]),
        _mm512_add_epi64(a->limb[2], b->limb[2]), _mm512_add_epi64(a->limb[3], b->limb[3]),
        _mm512_add_epi64(a->limb[4], b->limb[4]));
}

/* 2p is added, so that nothing falls below zero. */
static inline fe_t fe_sub(const fe_t *a, const fe_t *b)
{
    const __m512i first = all_lanes((UINT64_C(1) << 52) - 38);
    const __m512i other = all_lanes((UINT64_C(1) << 52) - 2);
    return fe_carry(_mm512_sub_epi64(_mm512_add_epi64(a->limb[0], first), b->limb[0]),
                    _mm512_sub_epi64(_mm512_add_epi64(a->limb[1], other), b->limb[1]),
                    _mm512_sub_epi64(_mm512_add_epi64(a->limb[2], other), b->limb[2]),
                    _mm512_sub_epi64(_mm512_add_epi64(a->limb[3], other), b->limb[3]),
                    _mm512_sub_epi64(_mm512_add_epi64(a->limb[4], other), b->limb[4]));
}

/* Sums of the low and high halves of products, each below 2^55.  A high half counts from bit 52,
   which is twice the next limb; what is beyond the top limb comes back nineteen times: below
   2^54.4 + 2^55.4 + 19 * 2^56 < 2^61, whose carries are below 2^10. */
static inline fe_t fe_reduce(const __m512i lo[9], const __m512i hi[9])
{
    const __m512i nineteen = all_lanes(19);
    __m512i limb[10];
    limb[0] = lo[0];
    for (unsigned i = 1; i < 9; i++) {
        limb[i] = _mm512_add_epi64(lo[i], _mm512_slli_epi64(hi[i - 1], 1));
    }
    limb[9] = _mm512_slli_epi64(hi[8], 1);
    for (unsigned i = 0; i < 5; i++) {
        limb[i] = _mm512_add_epi64(limb[i], _mm512_mullo_epi64(limb[i + 5], nineteen));
    }
    return fe_carry(limb[0], limb[1], limb[2], limb[3], limb[4]);
}

static inline fe_t fe_mul(const fe_t *a, const fe_t *b)
{
    __m512i lo[9], hi[9];
    for (unsigned i = 0; i < 9; i++) {
        lo[i] = hi[i] = _mm512_setzero_si512();
    }
#pragma GCC unroll 5
    for (unsigned i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (unsigned j = 0; j < 5; j++) {
            lo[i + j] = _mm512_madd52lo_epu64(lo[i + j], a->limb[i], b->limb[j]);
            hi[i + j] = _mm512_madd52hi_epu64(hi[i + j], a->limb[i], b->limb[j]);
        }
    }
    return fe_reduce(lo, hi);
}

static inline fe_t fe_square(const fe_t *a)
{
    __m512i lo[9], hi[9];
    for (unsigned i = 0; i < 9; i++) {
        lo[i] = hi[i] = _mm512_setzero_si512();
    }
#pragma GCC unroll 5
    for (unsigned i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (unsigned j = i + 1; j < 5; j++) {
            lo[i + j] = _mm512_madd52lo_epu64(lo[i + j], a->limb[i], a->limb[j]);
            hi[i + j] = _mm512_madd52hi_epu64(hi[i + j], a->limb[i], a->limb[j]);
        }
    }
    for (unsigned i = 1; i < 8; i++) {
        lo[i] = _mm512_slli_epi64(lo[i], 1);
        hi[i] = _mm512_slli_epi64(hi[i], 1);
    }
#pragma GCC unroll 5
    for (unsigned i = 0; i < 5; i++) {
        lo[2 * i] = _mm512_madd52lo_epu64(lo[2 * i], a->limb[i], a->limb[i]);
        hi[2 * i] = _mm512_madd52hi_epu64(hi[2 * i], a->limb[i], a->limb[i]);
    }
    return fe_reduce(lo, hi);
}

/* The one representative below p; limbs below 2^60. */
static inline fe_t fe_freeze(const fe_t *a)
{
    const __m512i mask = all_lanes(LIMB_MASK);
    const __m512i nineteen = all_lanes(19);
    fe_t l = *a;
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < 4; i++) {
            l.limb[i + 1] = _mm512_add_epi64(l.limb[i + 1], _mm512_srli_epi64(l.limb[i], 51));
            l.limb[i] = _mm512_and_si512(l.limb[i], mask);
        }
        const __m512i top = _mm512_srli_epi64(l.limb[4], 51);
        l.limb[0] = _mm512_add_epi64(l.limb[0], _mm512_mullo_epi64(top, nineteen));
        l.limb[4] = _mm512_and_si512(l.limb[4], mask);
    }
    /* Now below 2^255 + 2^51: adding 19 carries out of the top exactly if it is p or more. */
    __m512i carry = nineteen;
    for (unsigned i = 0; i < 5; i++) {
        carry = _mm512_srli_epi64(_mm512_add_epi64(l.limb[i], carry), 51);
    }
    carry = _mm512_mullo_epi64(carry, nineteen);
    for (unsigned i = 0; i < 5; i++) {
        l.limb[i] = _mm512_add_epi64(l.limb[i], carry);
        carry = _mm512_srli_epi64(l.limb[i], 51);
        l.limb[i] = _mm512_and_si512(l.limb[i], mask);
    }
    return l;
}

static inline lanes_t fe_is_zero(const fe_t *a)
{
    const fe_t f = fe_freeze(a);
    const __m512i any = _mm512_or_si512(_mm512_or_si512(_mm512_or_si512(f.limb[0], f.limb[1]),
                                                        _mm512_or_si512(f.limb[2], f.limb[3])),
                                        f.limb[4]);
    return (lanes_t)_mm512_testn_epi64_mask(any, any);
}

static inline lanes_t fe_is_odd(const fe_t *a)
{
    const fe_t f = fe_freeze(a);
    return (lanes_t)_mm512_test_epi64_mask(f.limb[0], all_lanes(1));
}

/* b in the lanes whose bit is set, else a. */
static inline fe_t fe_select(lanes_t which, const fe_t *a, const fe_t *b)
{
    fe_t out;
    for (unsigned i = 0; i < 5; i++) {
        out.limb[i] = _mm512_mask_blend_epi64((__mmask8)which, a->limb[i], b->limb[i]);
    }
    return out;
}

#endif
#endif

/* The field of 2^255 - 19 in portable C: five limbs of 51 bits, one element to a "lane".  What
   ed25519_sum.inc needs to know of a field is what stands here and in ed25519_field_ifma.h.

   Bounds: fe_mul and fe_square take limbs below 2^54 and give limbs below 2^51 + 2^15 (tight).
   fe_add and fe_sub of tight elements give limbs below 2^53, and may be taken twice: a sum of
   two such is below 2^54.  The second operand of fe_sub must be tight. */
#ifndef DURE_CRYPTO_ED25519_FIELD_H
#define DURE_CRYPTO_ED25519_FIELD_H

#include "base/dure_base.h"

#define LANES     1u
#define LIMB_MASK ((UINT64_C(1) << 51) - 1)

typedef struct {
    uint64_t limb[5];
} fe_t;

/* A bit for each lane. */
typedef uint8_t lanes_t;
#define LANES_ALL ((lanes_t)1)

__extension__ typedef unsigned __int128 wide_t;

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
    const uint8_t *at = bytes[0];
    return (fe_t){{fe_read64(at) & LIMB_MASK, (fe_read64(at + 6) >> 3) & LIMB_MASK,
                   (fe_read64(at + 12) >> 6) & LIMB_MASK, (fe_read64(at + 19) >> 1) & LIMB_MASK,
                   (fe_read64(at + 24) >> 12) & LIMB_MASK}};
}

static inline fe_t fe_constant(const uint64_t limbs[5])
{
    return (fe_t){{limbs[0], limbs[1], limbs[2], limbs[3], limbs[4]}};
}

static inline fe_t fe_add(const fe_t *a, const fe_t *b)
{
    return (fe_t){{a->limb[0] + b->limb[0], a->limb[1] + b->limb[1], a->limb[2] + b->limb[2],
                   a->limb[3] + b->limb[3], a->limb[4] + b->limb[4]}};
}

/* 2p is added, so that nothing falls below zero. */
static inline fe_t fe_sub(const fe_t *a, const fe_t *b)
{
    const uint64_t first = (UINT64_C(1) << 52) - 38;
    const uint64_t other = (UINT64_C(1) << 52) - 2;
    return (fe_t){{a->limb[0] + first - b->limb[0], a->limb[1] + other - b->limb[1],
                   a->limb[2] + other - b->limb[2], a->limb[3] + other - b->limb[3],
                   a->limb[4] + other - b->limb[4]}};
}

/* Sums of products into tight limbs. */
static inline fe_t fe_carry_wide(wide_t r0, wide_t r1, wide_t r2, wide_t r3, wide_t r4)
{
    r1 += (uint64_t)(r0 >> 51);
    r2 += (uint64_t)(r1 >> 51);
    r3 += (uint64_t)(r2 >> 51);
    r4 += (uint64_t)(r3 >> 51);
    const uint64_t low = ((uint64_t)r0 & LIMB_MASK) + (uint64_t)(r4 >> 51) * 19;
    return (fe_t){{low & LIMB_MASK, ((uint64_t)r1 & LIMB_MASK) + (low >> 51),
                   (uint64_t)r2 & LIMB_MASK, (uint64_t)r3 & LIMB_MASK, (uint64_t)r4 & LIMB_MASK}};
}

static inline fe_t fe_mul(const fe_t *a, const fe_t *b)
{
    const uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3],
                   a4 = a->limb[4];
    const uint64_t b0 = b->limb[0], b1 = b->limb[1], b2 = b->limb[2], b3 = b->limb[3],
                   b4 = b->limb[4];
    const uint64_t c1 = 19 * b1, c2 = 19 * b2, c3 = 19 * b3, c4 = 19 * b4;
    return fe_carry_wide(
        (wide_t)a0 * b0 + (wide_t)a1 * c4 + (wide_t)a2 * c3 + (wide_t)a3 * c2 + (wide_t)a4 * c1,
        (wide_t)a0 * b1 + (wide_t)a1 * b0 + (wide_t)a2 * c4 + (wide_t)a3 * c3 + (wide_t)a4 * c2,
        (wide_t)a0 * b2 + (wide_t)a1 * b1 + (wide_t)a2 * b0 + (wide_t)a3 * c4 + (wide_t)a4 * c3,
        (wide_t)a0 * b3 + (wide_t)a1 * b2 + (wide_t)a2 * b1 + (wide_t)a3 * b0 + (wide_t)a4 * c4,
        (wide_t)a0 * b4 + (wide_t)a1 * b3 + (wide_t)a2 * b2 + (wide_t)a3 * b1 + (wide_t)a4 * b0);
}

static inline fe_t fe_square(const fe_t *a)
{
    const uint64_t a0 = a->limb[0], a1 = a->limb[1], a2 = a->limb[2], a3 = a->limb[3],
                   a4 = a->limb[4];
    const uint64_t d0 = 2 * a0, d1 = 2 * a1, c3 = 19 * a3, c4 = 19 * a4;
    return fe_carry_wide((wide_t)a0 * a0 + (wide_t)d1 * c4 + (wide_t)(2 * a2) * c3,
                         (wide_t)d0 * a1 + (wide_t)(2 * a2) * c4 + (wide_t)a3 * c3,
                         (wide_t)d0 * a2 + (wide_t)a1 * a1 + (wide_t)(2 * a3) * c4,
                         (wide_t)d0 * a3 + (wide_t)d1 * a2 + (wide_t)a4 * c4,
                         (wide_t)d0 * a4 + (wide_t)d1 * a3 + (wide_t)a2 * a2);
}

/* The one representative below p. */
static inline fe_t fe_freeze(const fe_t *a)
{
    uint64_t l[5] = {a->limb[0], a->limb[1], a->limb[2], a->limb[3], a->limb[4]};
    for (unsigned pass = 0; pass < 2; pass++) {
        for (unsigned i = 0; i < 4; i++) {
            l[i + 1] += l[i] >> 51;
            l[i] &= LIMB_MASK;
        }
        l[0] += 19 * (l[4] >> 51);
        l[4] &= LIMB_MASK;
    }
    /* Now below 2^255 + 2^51: adding 19 carries out of the top exactly if it is p or more. */
    uint64_t carry = 19;
    for (unsigned i = 0; i < 5; i++) {
        carry = (l[i] + carry) >> 51;
    }
    carry *= 19;
    for (unsigned i = 0; i < 5; i++) {
        l[i] += carry;
        carry = l[i] >> 51;
        l[i] &= LIMB_MASK;
    }
    return (fe_t){{l[0], l[1], l[2], l[3], l[4]}};
}

static inline lanes_t fe_is_zero(const fe_t *a)
{
    const fe_t f = fe_freeze(a);
    return (f.limb[0] | f.limb[1] | f.limb[2] | f.limb[3] | f.limb[4]) == 0;
}

static inline lanes_t fe_is_odd(const fe_t *a)
{
    return fe_freeze(a).limb[0] & 1;
}

/* b where the lane's bit is set, else a. */
static inline fe_t fe_select(lanes_t which, const fe_t *a, const fe_t *b)
{
    return which != 0 ? *b : *a;
}

#endif

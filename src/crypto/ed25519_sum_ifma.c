/* The sum of points times scalars, eight points at once.  The lanes go in step, so digits are
   signed ones of four bits, all of them added, zero too. */
#include "crypto/crypto_private.h"

#if defined(__x86_64__)

#include <string.h>

#include "crypto/ed25519_field_ifma.h"

#define POSITIONS      64u
#define POSITIONS_HALF 33u /* a carry may reach one beyond the highest digit */
#define POSITION_BITS  4u
#define ENTRIES        8u
#define ENTRIES_ODD    false

#define ROW_LIMBS   20u
#define ROW_VECTORS 3u /* with four limbs of nothing at the end */

typedef struct {
    fe_t minus, plus, twice_z, twice_dt; /* Y - X, Y + X, 2Z, 2dT */
} row_t;

/* A lane's rows stand together, since each lane takes another one; row 0 is the identity. */
typedef struct {
    __m512i rows[LANES][ENTRIES + 1][ROW_VECTORS];
} table_t;

/* Rows to columns, 8 by 8. */
static inline void transpose(__m512i v[8])
{
    __m512i a[8], b[8];
    for (unsigned i = 0; i < 4; i++) {
        a[2 * i] = _mm512_unpacklo_epi64(v[2 * i], v[2 * i + 1]);
        a[2 * i + 1] = _mm512_unpackhi_epi64(v[2 * i], v[2 * i + 1]);
    }
    for (unsigned i = 0; i < 2; i++) {
        b[4 * i] = _mm512_shuffle_i64x2(a[4 * i], a[4 * i + 2], 0x88);
        b[4 * i + 1] = _mm512_shuffle_i64x2(a[4 * i + 1], a[4 * i + 3], 0x88);
        b[4 * i + 2] = _mm512_shuffle_i64x2(a[4 * i], a[4 * i + 2], 0xdd);
        b[4 * i + 3] = _mm512_shuffle_i64x2(a[4 * i + 1], a[4 * i + 3], 0xdd);
    }
    for (unsigned i = 0; i < 4; i++) {
        v[i] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0x88);
        v[i + 4] = _mm512_shuffle_i64x2(b[i], b[i + 4], 0xdd);
    }
}

static inline void table_put(table_t *table, unsigned entry, const row_t *row)
{
    __m512i limbs[8 * ROW_VECTORS];
    memcpy(limbs, row, ROW_LIMBS * sizeof limbs[0]);
    for (unsigned i = ROW_LIMBS; i < 8 * ROW_VECTORS; i++) {
        limbs[i] = _mm512_setzero_si512();
    }
    for (unsigned part = 0; part < ROW_VECTORS; part++) {
        transpose(&limbs[8 * part]);
        for (unsigned lane = 0; lane < LANES; lane++) {
            table->rows[lane][entry + 1][part] = limbs[8 * part + lane];
        }
    }
    if (entry == 0) {
        /* minus 1, plus 1, 2Z 2, 2dT 0 */
        const __m512i first = _mm512_set_epi64(0, 0, 1, 0, 0, 0, 0, 1);
        const __m512i second = _mm512_set_epi64(0, 0, 0, 0, 0, 2, 0, 0);
        for (unsigned lane = 0; lane < LANES; lane++) {
            table->rows[lane][0][0] = first;
            table->rows[lane][0][1] = second;
            table->rows[lane][0][2] = _mm512_setzero_si512();
        }
    }
}

/* False if there is nothing to add. */
static inline bool table_get(row_t *row, lanes_t *negative, const table_t *table,
                             int8_t digits[LANES][POSITIONS], unsigned position)
{
    unsigned any = 0, below = 0;
    const __m512i *rows[LANES];
    for (unsigned lane = 0; lane < LANES; lane++) {
        const int digit = digits[lane][position];
        const unsigned size = (unsigned)(digit < 0 ? -digit : digit);
        any |= size;
        below |= (digit < 0 ? 1u : 0u) << lane;
        rows[lane] = table->rows[lane][size];
    }
    if (any == 0) {
        return false;
    }
    __m512i limbs[8 * ROW_VECTORS];
    for (unsigned part = 0; part < ROW_VECTORS; part++) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            limbs[8 * part + lane] = rows[lane][part];
        }
        transpose(&limbs[8 * part]);
    }
    *negative = (lanes_t)below;
    for (unsigned i = 0; i < 5; i++) {
        row->minus.limb[i] = _mm512_mask_blend_epi64((__mmask8)below, limbs[i], limbs[5 + i]);
        row->plus.limb[i] = _mm512_mask_blend_epi64((__mmask8)below, limbs[5 + i], limbs[i]);
        row->twice_z.limb[i] = limbs[10 + i];
        row->twice_dt.limb[i] = limbs[15 + i];
    }
    return true;
}

static inline fe_t fe_rotated(const fe_t *a, unsigned by)
{
    const __m512i order = _mm512_and_si512(
        _mm512_add_epi64(_mm512_set_epi64(7, 6, 5, 4, 3, 2, 1, 0), all_lanes(by)), all_lanes(7));
    fe_t out;
    for (unsigned i = 0; i < 5; i++) {
        out.limb[i] = _mm512_permutexvar_epi64(order, a->limb[i]);
    }
    return out;
}

/* Digits in [-8, 8); the scalar is below 2^253, so nothing is carried out of the last. */
static void scalar_recode(int8_t digits[POSITIONS], const uint8_t scalar[32])
{
    int carry = 0;
    for (unsigned i = 0; i < POSITIONS; i++) {
        const int digit = (scalar[i / 2] >> (i % 2 * 4) & 15) + carry;
        carry = digit >= 8 ? 1 : 0;
        digits[i] = (int8_t)(digit - 16 * carry);
    }
}

#include "crypto/ed25519_sum.inc"

bool ed25519_sum_is_zero_ifma(const ed25519_term_t *terms, uint32_t count)
{
    return sum_is_zero(terms, count);
}

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else

bool ed25519_sum_is_zero_ifma(const ed25519_term_t *terms, uint32_t count)
{
    return ed25519_sum_is_zero_portable(terms, count);
}

#endif

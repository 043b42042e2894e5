/* The sum of points times scalars in portable C: digits are a signed form of width five, of which
   five in six are zero and cost nothing. */
#include "crypto/crypto_private.h"
#include "crypto/ed25519_field.h"

#include <string.h>

#define POSITIONS      256u
#define POSITIONS_HALF 130u /* a carry may reach one beyond the highest bit */
#define POSITION_BITS  1u
#define ENTRIES        8u
#define ENTRIES_ODD    true

typedef struct {
    fe_t minus, plus, twice_z, twice_dt; /* Y - X, Y + X, 2Z, 2dT */
} row_t;

typedef struct {
    row_t rows[ENTRIES];
} table_t;

static inline void table_put(table_t *table, unsigned entry, const row_t *row)
{
    table->rows[entry] = *row;
}

/* False if there is nothing to add. */
static inline bool table_get(row_t *row, lanes_t *negative, const table_t *table,
                             int8_t digits[LANES][POSITIONS], unsigned position)
{
    const int digit = digits[0][position];
    if (digit == 0) {
        return false;
    }
    if (digit > 0) {
        *row = table->rows[digit / 2];
        *negative = 0;
    } else {
        *row = table->rows[-digit / 2];
        const fe_t minus = row->minus;
        row->minus = row->plus;
        row->plus = minus;
        *negative = 1;
    }
    return true;
}

static inline fe_t fe_rotated(const fe_t *a, unsigned by)
{
    (void)by;
    return *a;
}

/* The scalar is below 2^253. */
static void scalar_recode(int8_t digits[POSITIONS], const uint8_t scalar[32])
{
    uint64_t words[5] = {0};
    for (unsigned i = 0; i < 4; i++) {
        words[i] = fe_read64(scalar + 8 * i);
    }
    memset(digits, 0, POSITIONS);
    unsigned carry = 0;
    for (unsigned position = 0; position < POSITIONS;) {
        const unsigned word = position / 64, bit = position % 64;
        uint64_t bits = words[word] >> bit;
        if (bit > 59) {
            bits |= words[word + 1] << (64 - bit);
        }
        const unsigned window = carry + (unsigned)(bits & 31);
        if (window % 2 == 0) {
            position++;
            continue;
        }
        carry = window > 16 ? 1 : 0;
        digits[position] = (int8_t)((int)window - (carry != 0 ? 32 : 0));
        position += 5;
    }
}

#include "crypto/ed25519_sum.inc"

bool ed25519_sum_is_zero_portable(const ed25519_term_t *terms, uint32_t count)
{
    return sum_is_zero(terms, count);
}

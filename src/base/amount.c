#include "base/dure_base.h"

bool dure_amount_is_valid(uint64_t won)
{
    return won <= DURE_AMOUNT_WON_MAX;
}

dure_amount_t dure_amount(uint64_t won)
{
    DURE_ASSERT(dure_amount_is_valid(won));
    return (dure_amount_t){won};
}

bool dure_amount_add(dure_amount_t *sum, dure_amount_t a, dure_amount_t b)
{
    /* Both are at most 10^15, so the 64-bit sum cannot wrap. */
    DURE_ASSERT(a.won <= DURE_AMOUNT_WON_MAX);
    DURE_ASSERT(b.won <= DURE_AMOUNT_WON_MAX);
    uint64_t won = a.won + b.won;
    if (won > DURE_AMOUNT_WON_MAX) {
        return false;
    }
    sum->won = won;
    return true;
}

bool dure_amount_sub(dure_amount_t *difference, dure_amount_t a, dure_amount_t b)
{
    if (b.won > a.won) {
        return false;
    }
    difference->won = a.won - b.won;
    return true;
}

dure_amount_t dure_amount_plus(dure_amount_t a, dure_amount_t b)
{
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    bool in_range = dure_amount_add(&sum, a, b);
    DURE_ASSERT(in_range);
    return sum;
}

dure_amount_t dure_amount_minus(dure_amount_t a, dure_amount_t b)
{
    dure_amount_t difference = DURE_AMOUNT_ZERO;
    bool in_range = dure_amount_sub(&difference, a, b);
    DURE_ASSERT(in_range);
    return difference;
}

dure_amount_t dure_amount_part(dure_amount_t a, uint64_t numerator, uint64_t denominator)
{
    DURE_ASSERT(denominator > 0);
    DURE_ASSERT(numerator <= denominator);
    unsigned __int128 product = (unsigned __int128)a.won * numerator;
    return dure_amount((uint64_t)(product / denominator));
}

dure_amount_t dure_amount_rate(dure_amount_t a, uint32_t rate_bp)
{
    return dure_amount_part(a, rate_bp, DURE_RATE_ONE);
}

dure_amount_t dure_amount_min(dure_amount_t a, dure_amount_t b)
{
    return a.won < b.won ? a : b;
}

int dure_amount_compare(dure_amount_t a, dure_amount_t b)
{
    return (a.won > b.won) - (a.won < b.won);
}

bool dure_amount_is_zero(dure_amount_t a)
{
    return a.won == 0;
}

/* base: the C environment of the core.  Checked integers, amounts, bytes, names, the city's
   calendar. Pure: no clock, no allocation, no globals.  Everything here is total and deterministic.
 */
#ifndef DURE_BASE_H
#define DURE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/limits.h"

#define DURE_MUST_USE __attribute__((warn_unused_result))

/* ---- our bugs ---------------------------------------------------------------------------------
   DURE_ASSERT stays on in production: a broken invariant stops the process before it can lie.
   The hook prints the place on stderr and aborts; it lives in crypto/, the one library that the
   core may call outside itself. */
_Noreturn void dure_assert_failed(const char *file, int line, const char *expression);
#define DURE_ASSERT(expression)                                                                    \
    ((expression) ? (void)0 : dure_assert_failed(__FILE__, __LINE__, #expression))

/* ---- amounts ----------------------------------------------------------------------------------
   An amount of won.  Only the functions below compute with it; `.won` is read for printing and
   encoding and written only by dure_amount().  Range: [0, DURE_AMOUNT_WON_MAX]. */
typedef struct {
    uint64_t won; /* in [0, DURE_AMOUNT_WON_MAX] */
} dure_amount_t;

#define DURE_AMOUNT_ZERO ((dure_amount_t){0})

/* True if `won` is a representable amount. */
bool dure_amount_is_valid(uint64_t won);
/* dure_amount: asserts that won is in range; outside bytes are checked with dure_amount_is_valid.
 */
dure_amount_t dure_amount(uint64_t won);
/* dure_amount_add: false, and *sum untouched, if the sum leaves the range. */
DURE_MUST_USE bool dure_amount_add(dure_amount_t *sum, dure_amount_t a, dure_amount_t b);
/* dure_amount_sub: false, and *difference untouched, if b > a. */
DURE_MUST_USE bool dure_amount_sub(dure_amount_t *difference, dure_amount_t a, dure_amount_t b);
/* dure_amount_plus / _minus: for sums already validated; assert instead of failing. */
dure_amount_t dure_amount_plus(dure_amount_t a, dure_amount_t b);
dure_amount_t dure_amount_minus(dure_amount_t a, dure_amount_t b);
/* dure_amount_part: floor(a * numerator / denominator) in 128 bits.
   Asserts 0 <= numerator <= denominator, denominator > 0, so the result is never above a. */
dure_amount_t dure_amount_part(dure_amount_t a, uint64_t numerator, uint64_t denominator);
/* dure_amount_rate: floor(a * rate), rate in hundredths of a percent, in [0, DURE_RATE_ONE]. */
dure_amount_t dure_amount_rate(dure_amount_t a, uint32_t rate_bp);
dure_amount_t dure_amount_min(dure_amount_t a, dure_amount_t b);
/* -1, 0 or 1. */
int dure_amount_compare(dure_amount_t a, dure_amount_t b);
bool dure_amount_is_zero(dure_amount_t a);

/* ---- bytes -------------------------------------------------------------------------------------
 */
typedef struct {
    const uint8_t *data; /* borrows; may be NULL only if size is 0 */
    size_t size;         /* bytes */
} dure_bytes_t;

bool dure_bytes_equal(dure_bytes_t a, dure_bytes_t b);
dure_bytes_t dure_bytes(const void *data, size_t size);

typedef struct {
    uint8_t bytes[32];
} dure_hash_t;

bool dure_hash_equal(const dure_hash_t *a, const dure_hash_t *b);
bool dure_hash_is_zero(const dure_hash_t *a);

/* ---- names -------------------------------------------------------------------------------------
   A name of a fund, account, list, rule: 1..31 bytes of [a-z0-9_], first a letter, zero padded. */
typedef struct {
    char text[DURE_NAME_SIZE];
} dure_name_t;

/* dure_name_from: false if the text is not a well-formed name. */
DURE_MUST_USE bool dure_name_from(dure_name_t *name, const char *text, size_t size);
bool dure_name_is_valid(const dure_name_t *name);
bool dure_name_equal(const dure_name_t *a, const dure_name_t *b);

/* ---- little-endian fields (all stored and signed integers are little-endian)
 * --------------------- */
static inline void dure_put_u16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

static inline void dure_put_u32(uint8_t out[4], uint32_t value)
{
    for (uint32_t i = 0; i < 4; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

static inline void dure_put_u64(uint8_t out[8], uint64_t value)
{
    for (uint32_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

static inline uint16_t dure_get_u16(const uint8_t in[2])
{
    return (uint16_t)(in[0] | (uint16_t)in[1] << 8);
}

static inline uint32_t dure_get_u32(const uint8_t in[4])
{
    return in[0] | (uint32_t)in[1] << 8 | (uint32_t)in[2] << 16 | (uint32_t)in[3] << 24;
}

static inline uint64_t dure_get_u64(const uint8_t in[8])
{
    return dure_get_u32(in) | (uint64_t)dure_get_u32(in + 4) << 32;
}

/* ---- the city's calendar
   ------------------------------------------------------------------------- Times are milliseconds
   since 1970-01-01T00:00Z.  Days, weekdays and months are the city's: a zone is a short list of
   offsets, each valid from an instant, so that summer time could be expressed. */
typedef uint64_t dure_time_t; /* ms since 1970-01-01T00:00Z, in [0, DURE_TIME_MAX_MS] */
typedef int32_t dure_day_t;   /* city days since 1970-01-01, in [0, DURE_DAY_MAX] */

typedef struct {
    dure_time_t from; /* ms; the first entry's is 0, then strictly ascending */
    int32_t offset_s; /* seconds east of UTC, in [-86400, 86400] */
} dure_zone_offset_t;

typedef struct {
    uint32_t count; /* in [1, DURE_ZONE_OFFSETS_MAX] */
    dure_zone_offset_t offsets[DURE_ZONE_OFFSETS_MAX];
} dure_zone_t;

typedef struct {
    int32_t year;  /* e.g. 2026 */
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
} dure_date_t;

/* The zone of Korea: UTC+9, no summer time. */
dure_zone_t dure_zone_kst(void);
bool dure_zone_is_valid(const dure_zone_t *zone);
/* The city day, and the minute of that day in [0, 1440), at an instant. */
dure_day_t dure_zone_day(const dure_zone_t *zone, dure_time_t time);
uint32_t dure_zone_minute(const dure_zone_t *zone, dure_time_t time);
/* The first instant of a city day. */
dure_time_t dure_zone_day_start(const dure_zone_t *zone, dure_day_t day);

dure_date_t dure_day_to_date(dure_day_t day);
/* dure_day_from_date: false if there is no such date or it is outside 1970..2199. */
DURE_MUST_USE bool dure_day_from_date(dure_day_t *day, dure_date_t date);
/* 0 = Monday .. 6 = Sunday. */
uint32_t dure_day_weekday(dure_day_t day);
/* Adds calendar months or years; 31 January + 1 month = the last day of February. */
dure_day_t dure_day_add_months(dure_day_t day, uint32_t months);
dure_day_t dure_day_add_days(dure_day_t day, uint32_t days);

typedef enum {
    DURE_PERIOD_EVER = 0,
    DURE_PERIOD_DAY = 1,
    DURE_PERIOD_WEEK = 2, /* Monday to Sunday */
    DURE_PERIOD_MONTH = 3,
    DURE_PERIOD_YEAR = 4,
} dure_period_t;

/* The number of the period that holds a day: equal numbers, same period.  0 for EVER.  For MONTH it
   is year * 12 + month - 1, for YEAR the year, for DAY the day, for WEEK (day + 3) / 7. */
uint32_t dure_period_of(dure_period_t period, dure_day_t day);

#endif

#include "base/dure_base.h"

#define DAY_MS UINT64_C(86400000)

dure_zone_t dure_zone_kst(void)
{
    return (dure_zone_t){.count = 1, .offsets = {{.from = 0, .offset_s = 9 * 3600}}};
}

bool dure_zone_is_valid(const dure_zone_t *zone)
{
    if (zone->count == 0 || zone->count > DURE_ZONE_OFFSETS_MAX || zone->offsets[0].from != 0) {
        return false;
    }
    for (uint32_t i = 0; i < zone->count; i++) {
        int32_t offset_s = zone->offsets[i].offset_s;
        bool ascending = i == 0 || zone->offsets[i].from > zone->offsets[i - 1].from;
        if (offset_s < -86400 || offset_s > 86400 || !ascending ||
            zone->offsets[i].from > DURE_TIME_MAX_MS) {
            return false;
        }
    }
    return true;
}

/* Local milliseconds since the local 1970-01-01T00:00, shifted by one day so as never to be
   negative for a western zone in the first hours of 1970. */
static uint64_t local_ms_plus_day(const dure_zone_t *zone, dure_time_t time)
{
    DURE_ASSERT(time <= DURE_TIME_MAX_MS);
    uint32_t i = 0;
    while (i + 1 < zone->count && zone->offsets[i + 1].from <= time) {
        i++;
    }
    return (uint64_t)((int64_t)(time + DAY_MS) + (int64_t)zone->offsets[i].offset_s * 1000);
}

dure_day_t dure_zone_day(const dure_zone_t *zone, dure_time_t time)
{
    uint64_t shifted_day = local_ms_plus_day(zone, time) / DAY_MS;
    return shifted_day == 0 ? 0 : (dure_day_t)(shifted_day - 1);
}

uint32_t dure_zone_minute(const dure_zone_t *zone, dure_time_t time)
{
    return (uint32_t)(local_ms_plus_day(zone, time) % DAY_MS / 60000);
}

dure_time_t dure_zone_day_start(const dure_zone_t *zone, dure_day_t day)
{
    DURE_ASSERT(day >= 0);
    DURE_ASSERT(day <= DURE_DAY_MAX);
    /* Under a fixed offset the answer is one subtraction; offsets change by at most a day, so the
       first instant lies within two days of it: the smallest time whose day is not earlier. */
    uint64_t low = day < 2 ? 0 : (uint64_t)(day - 2) * DAY_MS;
    uint64_t high = ((uint64_t)day + 2) * DAY_MS;
    if (high > DURE_TIME_MAX_MS) {
        high = DURE_TIME_MAX_MS;
    }
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (dure_zone_day(zone, middle) >= day) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}

/* Civil calendar by the proleptic Gregorian rule, counting years from 1 March. */
dure_date_t dure_day_to_date(dure_day_t day)
{
    DURE_ASSERT(day >= 0);
    uint32_t z = (uint32_t)day + 719468u;
    uint32_t era = z / 146097u;
    uint32_t day_of_era = z % 146097u;
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460u + day_of_era / 36524u - day_of_era / 146096u) / 365u;
    uint32_t day_of_year =
        day_of_era - (365u * year_of_era + year_of_era / 4u - year_of_era / 100u);
    uint32_t shifted_month = (5u * day_of_year + 2u) / 153u;
    uint32_t month = shifted_month < 10u ? shifted_month + 3u : shifted_month - 9u;
    uint32_t year = era * 400u + year_of_era + (month <= 2u ? 1u : 0u);
    return (dure_date_t){(int32_t)year, (int32_t)month,
                         (int32_t)(day_of_year - (153u * shifted_month + 2u) / 5u + 1u)};
}

static int32_t month_length(int32_t year, int32_t month)
{
    static const int32_t lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return lengths[month - 1] + (month == 2 && leap ? 1 : 0);
}

bool dure_day_from_date(dure_day_t *day, dure_date_t date)
{
    if (date.year < 1970 || date.year > 2199 || date.month < 1 || date.month > 12 || date.day < 1 ||
        date.day > month_length(date.year, date.month)) {
        return false;
    }
    uint32_t year = (uint32_t)date.year - (date.month <= 2 ? 1u : 0u);
    uint32_t month = (uint32_t)date.month;
    uint32_t era = year / 400u;
    uint32_t year_of_era = year % 400u;
    uint32_t shifted_month = month > 2u ? month - 3u : month + 9u;
    uint32_t day_of_year = (153u * shifted_month + 2u) / 5u + (uint32_t)date.day - 1u;
    uint32_t day_of_era = year_of_era * 365u + year_of_era / 4u - year_of_era / 100u + day_of_year;
    *day = (dure_day_t)(era * 146097u + day_of_era - 719468u);
    return true;
}

uint32_t dure_day_weekday(dure_day_t day)
{
    DURE_ASSERT(day >= 0);
    return ((uint32_t)day + 3u) % 7u; /* 1970-01-01 was a Thursday. */
}

dure_day_t dure_day_add_days(dure_day_t day, uint32_t days)
{
    DURE_ASSERT(day >= 0);
    uint64_t sum = (uint64_t)day + days;
    return sum > DURE_DAY_MAX ? DURE_DAY_MAX : (dure_day_t)sum;
}

dure_day_t dure_day_add_months(dure_day_t day, uint32_t months)
{
    dure_date_t date = dure_day_to_date(day);
    uint64_t index = (uint64_t)date.year * 12u + (uint64_t)(date.month - 1) + months;
    if (index / 12u > 2199u) {
        return DURE_DAY_MAX;
    }
    date.year = (int32_t)(index / 12u);
    date.month = (int32_t)(index % 12u) + 1;
    int32_t length = month_length(date.year, date.month);
    date.day = date.day > length ? length : date.day;
    dure_day_t sum = 0;
    bool exists = dure_day_from_date(&sum, date);
    DURE_ASSERT(exists);
    return sum;
}

uint32_t dure_period_of(dure_period_t period, dure_day_t day)
{
    DURE_ASSERT(day >= 0);
    dure_date_t date = dure_day_to_date(day);
    switch (period) {
    case DURE_PERIOD_EVER:
        return 0;
    case DURE_PERIOD_DAY:
        return (uint32_t)day;
    case DURE_PERIOD_WEEK:
        return ((uint32_t)day + 3u) / 7u;
    case DURE_PERIOD_MONTH:
        return (uint32_t)date.year * 12u + (uint32_t)date.month - 1u;
    case DURE_PERIOD_YEAR:
        return (uint32_t)date.year;
    }
    DURE_ASSERT(false && "a period outside the enum");
    return 0;
}

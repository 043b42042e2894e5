/* The world: one chain and one clock, and all its cities through all its months, day by day. */
#include "app/city.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)

static int32_t month_number(const city_month_t *month)
{
    return month->year * 12 + month->month - 1;
}

/* The city's own month, or NULL-like: false if its money had not begun or its data ended. */
static bool month_of(const city_t *city, uint32_t *index, int32_t month)
{
    int32_t at = month - month_number(&city->data.months[0]);
    *index = (uint32_t)at;
    return at >= 0 && (uint32_t)at < city->data.month_count;
}

/* Lets every city that has this month do its part of a day. */
#define EACH_CITY(world, city, index, month, call)                                                 \
    do {                                                                                           \
        for (city_t *city = (world)->cities; city < (world)->cities + (world)->city_count;         \
             city++) {                                                                             \
            uint32_t index = 0;                                                                    \
            if (month_of(city, &index, month) && !(call)) {                                        \
                return false;                                                                      \
            }                                                                                      \
        }                                                                                          \
    } while (0)

static bool play_day(city_world_t *world, int32_t month, uint32_t day, dure_time_t start)
{
    if (day == 0) {
        if (!city_tick(world, start + 8 * HOUR_MS)) {
            return false;
        }
        EACH_CITY(world, city, index, month, city_month_begins(city, index));
    }
    EACH_CITY(world, city, index, month, city_day_votes(city, index, day));
    if (!city_tick(world, start + 9 * HOUR_MS)) {
        return false;
    }
    EACH_CITY(world, city, index, month, city_day_morning(city, index, day));
    if (!city_tick(world, start + 18 * HOUR_MS)) {
        return false;
    }
    EACH_CITY(world, city, index, month, city_day_evening(city));
    if (!city_tick(world, start + 22 * HOUR_MS)) {
        return false;
    }
    EACH_CITY(world, city, index, month, city_day_ends(city));
    return true;
}

static bool play_month(city_world_t *world, int32_t month)
{
    dure_day_t first = 0;
    bool exists = dure_day_from_date(&first, (dure_date_t){month / 12, month % 12 + 1, 1});
    DURE_ASSERT(exists);
    uint32_t days = (uint32_t)(dure_day_add_months(first, 1) - first);
    for (uint32_t day = 0; day < days; day++) {
        dure_time_t start = dure_zone_day_start(&world->zone, first + (dure_day_t)day);
        if (!play_day(world, month, day, start)) {
            return false;
        }
        city_view_day(world);
    }
    EACH_CITY(world, city, index, month, city_month_ends(city, index));
    if (!city_settle(world)) {
        return false;
    }
    city_view_month(world, month);
    return true;
}

static int by_region(const void *a, const void *b)
{
    const city_t *first = a;
    const city_t *second = b;
    return first->data.region < second->data.region ? -1 : first->data.region > second->data.region;
}

void city_world_sort(city_world_t *world)
{
    qsort(world->cities, world->city_count, sizeof *world->cities, by_region);
    for (uint32_t i = 0; i < world->city_count; i++) {
        world->cities[i].index = i;
    }
}

bool city_world_play(city_world_t *world)
{
    for (int32_t i = 0; i < world->month_count; i++) {
        int32_t month = world->first_month + i;
        if (!play_month(world, month)) {
            char why[CITY_PROBLEM_SIZE];
            memcpy(why, world->problem, sizeof why);
            return city_problem(world->problem, "%04d-%02d: %s", month / 12, month % 12 + 1, why);
        }
    }
    return true;
}

/* What came of a replay: the audited months against the data, and summary.json. */
#include "app/city.h"
#include "app/city_mix.h"

#include <inttypes.h>
#include <jansson.h>
#include <string.h>

/* The figures of a month that are reported, as the summary names them. */
typedef struct {
    uint64_t registered, charged, spent, cancelled, refunded, gifted, granted, lapsed;
    uint64_t bearers, bearer_charged, bearer_spent, opening, youth_spent;
} figures_t;

static const struct {
    const char *name;
    size_t offset;
} members[] = {
    {"registered", offsetof(figures_t, registered)},
    {"charged", offsetof(figures_t, charged)},
    {"spent", offsetof(figures_t, spent)},
    {"cancelled", offsetof(figures_t, cancelled)},
    {"refunded", offsetof(figures_t, refunded)},
    {"gifted", offsetof(figures_t, gifted)},
    {"granted", offsetof(figures_t, granted)},
    {"lapsed", offsetof(figures_t, lapsed)},
    {"bearers", offsetof(figures_t, bearers)},
    {"bearer_charged", offsetof(figures_t, bearer_charged)},
    {"bearer_spent", offsetof(figures_t, bearer_spent)},
    {"opening", offsetof(figures_t, opening)},
    {"youth_spent", offsetof(figures_t, youth_spent)},
};
#define MEMBERS (sizeof members / sizeof members[0])

static uint64_t *figure(figures_t *figures, size_t member)
{
    return (uint64_t *)((uint8_t *)figures + members[member].offset);
}

static uint64_t number_of(const json_t *object, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(object, name));
}

/* Adds one month of one fund, or of a city's registrations, as the audit has it. */
static void add_part(figures_t *figures, const city_t *city, const json_t *part)
{
    const uint64_t fund = number_of(part, "fund");
    const uint64_t charged = number_of(part, "charged") - number_of(part, "cancelled");
    const uint64_t spent = number_of(part, "spent") - number_of(part, "refunded");
    figures->registered += number_of(part, "registered");
    figures->bearers += number_of(part, "bearers");
    figures->cancelled += number_of(part, "cancelled");
    figures->refunded += number_of(part, "refunded");
    figures->gifted += number_of(part, "gifted");
    figures->lapsed += number_of(part, "lapsed");
    if (fund >= city_fund(city, CITY_YOUTH)) {
        /* The data do not measure it. */
        figures->youth_spent += spent;
        figures->granted += number_of(part, "granted");
        return;
    }
    if (fund == city_fund(city, CITY_PAPER)) {
        figures->bearer_charged += charged;
        figures->bearer_spent += spent;
        figures->opening += number_of(part, "granted");
    } else {
        figures->granted += number_of(part, "granted");
    }
    figures->charged += charged;
    figures->spent += spent;
}

static json_t *month_json(const char *name, figures_t *figures)
{
    json_t *month = json_object();
    json_object_set_new(month, "month", json_string(name));
    for (size_t i = 0; i < MEMBERS; i++) {
        json_object_set_new(month, members[i].name, json_integer((json_int_t)*figure(figures, i)));
    }
    return month;
}

/* One month of a city by the audit; false if it is not what the data say. */
static bool city_month(const city_t *city, figures_t *figures, const json_t *parts,
                       const char *name, const city_month_t *real, bool first)
{
    *figures = (figures_t){0};
    for (size_t i = 0; i < json_array_size(parts); i++) {
        const json_t *part = json_array_get(parts, i);
        const char *month = json_string_value(json_object_get(part, "month"));
        if (month != NULL && strcmp(month, name) == 0 &&
            number_of(part, "city") == city->data.region) {
            add_part(figures, city, part);
        }
    }
    const uint64_t opening = first ? city->data.opening_won : 0;
    if (figures->registered == real->registered && figures->charged == real->charged_won &&
        figures->spent == real->spent_won && figures->opening == opening) {
        return true;
    }
    return city_problem(city->world->problem,
                        "%s, %s: the log does not add up to the data: registered %" PRIu64
                        " of %" PRIu64 ", charged %" PRIu64 " of %" PRIu64 ", spent %" PRIu64
                        " of %" PRIu64 ", opening %" PRIu64 " of %" PRIu64,
                        city->data.city, name, figures->registered, real->registered,
                        figures->charged, real->charged_won, figures->spent, real->spent_won,
                        figures->opening, opening);
}

/* All months of a city; adds them to those of all cities. */
static bool city_months(const city_t *city, json_t *months, figures_t *all, const json_t *parts)
{
    const city_world_t *world = city->world;
    for (uint32_t i = 0; i < city->data.month_count; i++) {
        const city_month_t *real = &city->data.months[i];
        char name[16];
        snprintf(name, sizeof name, "%04d-%02d", real->year, real->month);
        figures_t figures;
        if (!city_month(city, &figures, parts, name, real, i == 0)) {
            return false;
        }
        json_array_append_new(months, month_json(name, &figures));
        const int32_t at = real->year * 12 + real->month - 1 - world->first_month;
        for (size_t m = 0; m < MEMBERS; m++) {
            *figure(&all[at], m) += *figure(&figures, m);
        }
    }
    return true;
}

static bool add_cities(const city_world_t *world, json_t *summary, const json_t *parts)
{
    figures_t all[CITY_MONTHS_MAX] = {0};
    json_t *cities = json_array();
    bool exact = true;
    for (uint32_t i = 0; i < world->city_count && exact; i++) {
        const city_t *city = &world->cities[i];
        json_t *months = json_array();
        exact = city_months(city, months, all, parts);
        json_array_append_new(cities,
                              json_pack("{s:s, s:I, s:I, s:I, s:o}", "city", city->data.city,
                                        "region", (json_int_t)city->data.region, "payments",
                                        (json_int_t)city->totals.payments, "opening",
                                        (json_int_t)city->data.opening_won, "months", months));
    }
    json_t *months = json_array();
    uint64_t opening = 0;
    for (int32_t i = 0; i < world->month_count; i++) {
        char name[16];
        const int32_t month = world->first_month + i;
        snprintf(name, sizeof name, "%04d-%02d", month / 12, month % 12 + 1);
        json_array_append_new(months, month_json(name, &all[i]));
        opening += all[i].opening;
    }
    json_object_set_new(summary, "months", months);
    json_object_set_new(summary, "opening", json_integer((json_int_t)opening));
    if (world->city_count > 1) {
        json_object_set(summary, "cities", cities);
    }
    json_decref(cities);
    return exact;
}

/* What the players did beside buying, paying and cashing out, of all cities. */
static json_t *mix_json(const city_world_t *world)
{
#define COUNT(name)                                                                                \
    {                                                                                              \
#name, offsetof(city_mix_counts_t, name)                                                   \
    }
    static const struct {
        const char *name;
        size_t offset;
    } counts[] = {
        COUNT(refunds),    COUNT(refunds_partial), COUNT(refunds_advanced), COUNT(advanced_won),
        COUNT(repaid_won), COUNT(cancels),         COUNT(unpaid_orders),    COUNT(gifts),
        COUNT(remainders), COUNT(remainders_won),  COUNT(collections),      COUNT(lost_phones),
        COUNT(recoveries), COUNT(deaths),          COUNT(estates),          COUNT(rechecks),
        COUNT(grants),     COUNT(grants_rows),     COUNT(grants_refused),   COUNT(youth_payments),
        COUNT(lapses),
    };
#undef COUNT
    json_t *mix = json_object();
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        uint64_t sum = 0;
        for (uint32_t c = 0; c < world->city_count; c++) {
            uint64_t value;
            memcpy(&value, (const uint8_t *)&world->cities[c].mix->counts + counts[i].offset,
                   sizeof value);
            sum += value;
        }
        json_object_set_new(mix, counts[i].name, json_integer((json_int_t)sum));
    }
    return mix;
}

bool city_report(city_world_t *world, const char *path, const json_t *audit, double fraction,
                 double seconds, uint64_t peak_rss_bytes)
{
    json_t *summary = json_object();
    const bool alone = world->city_count == 1;
    json_object_set_new(summary, "city", json_string(alone ? world->cities[0].data.city : "all"));
    json_object_set_new(summary, "fraction", json_real(fraction));
    json_object_set_new(summary, "seed", json_integer((json_int_t)world->seed));
    bool exact = add_cities(world, summary, json_object_get(audit, "parts"));
    json_object_set_new(summary, "mix", mix_json(world));
    static const char *const copied[] = {"payments", "refunds",      "refused",
                                         "audit",    "state_root",   "blocks",
                                         "people",   "transactions", "signatures"};
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        json_object_set(summary, copied[i], json_object_get(audit, copied[i]));
    }
    json_object_set_new(summary, "seconds", json_real(seconds));
    json_object_set(summary, "verify_seconds", json_object_get(audit, "seconds"));
    json_object_set(summary, "log_bytes", json_object_get(audit, "log_bytes"));
    json_object_set_new(summary, "peak_rss_bytes", json_integer((json_int_t)peak_rss_bytes));
    if (exact && json_dump_file(summary, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6)) != 0) {
        exact = city_problem(world->problem, "cannot write %s", path);
    } else if (exact) {
        fprintf(stderr, "summary: %s\n", path);
    }
    json_decref(summary);
    return exact;
}

/* What a person sees while the city lives: a line per month, and the present day on a terminal. */
#include "app/city.h"
#include "app/text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

bool city_problem(char problem[CITY_PROBLEM_SIZE], const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(problem, CITY_PROBLEM_SIZE, format, arguments);
    va_end(arguments);
    return false;
}

/* Right-aligned to `width` columns; the sign is three bytes and two columns wide. */
static void print_won(uint64_t won, int width)
{
    fprintf(stderr, "%*s", width + 1, amount_text(dure_amount(won)).text);
}

void city_view_start(city_world_t *world)
{
    const city_data_t *data = &world->cities[0].data;
    world->live = isatty(STDERR_FILENO) == 1;
    double percent = 100.0 * (double)data->fraction_numerator / (double)data->fraction_denominator;
    if (world->city_count == 1) {
        fprintf(stderr, "%s (%u)", data->city, data->region);
    } else {
        fprintf(stderr, "%u cities on one chain", world->city_count);
    }
    fprintf(stderr, ", %d months at %g %% of their real size, seed %" PRIu64 "\n",
            world->month_count, percent, world->seed);
    fprintf(stderr, "%-10s%8s%19s%19s%19s%17s%10s%8s\n", "month", "people", "charged", "spent",
            "in wallets", "in shops", "payments", "tx/s");
}

static void line(const city_world_t *world, const char *label)
{
    uint64_t people = 0, charged = 0, spent = 0, held = 0, shops = 0, payments = 0;
    for (uint32_t i = 0; i < world->city_count; i++) {
        const city_t *city = &world->cities[i];
        people += city->citizens.count;
        charged += city->progress.charged;
        spent += city->progress.spent;
        held += city->citizens.held + city->bearers.held;
        shops += city->totals.shops;
        payments += city->totals.payments;
    }
    fprintf(stderr, "%-10s%8" PRIu64, label, people);
    print_won(charged, 19);
    print_won(spent, 19);
    print_won(held, 19);
    print_won(shops, 17);
    double seconds = (double)(city_monotonic_ns() - world->started_ns) / 1e9;
    fprintf(stderr, "%10" PRIu64 "%8.0f", payments,
            seconds > 0 ? (double)world->transactions / seconds : 0.0);
}

void city_view_day(const city_world_t *world)
{
    if (!world->live) {
        return;
    }
    dure_date_t date = dure_day_to_date(world->today);
    char label[64];
    snprintf(label, sizeof label, "%04d-%02d-%02d", date.year, date.month, date.day);
    fprintf(stderr, "\r");
    line(world, label);
    fprintf(stderr, "\033[K");
    fflush(stderr);
}

void city_view_month(const city_world_t *world, int32_t month)
{
    char label[64];
    snprintf(label, sizeof label, "%04d-%02d", month / 12, month % 12 + 1);
    if (world->live) {
        fprintf(stderr, "\r");
    }
    line(world, label);
    fprintf(stderr, world->live ? "\033[K\n" : "\n");
}

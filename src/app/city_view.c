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

void city_view_start(city_t *city)
{
    city->live = isatty(STDERR_FILENO) == 1;
    double percent =
        100.0 * (double)city->data.fraction_numerator / (double)city->data.fraction_denominator;
    fprintf(stderr, "%s (%u), %u months at %g %% of their real size, seed %" PRIu64 "\n",
            city->data.city, city->data.region, city->data.month_count, percent, city->seed);
    fprintf(stderr, "%-10s%8s%19s%19s%19s%17s%10s%8s\n", "month", "people", "charged", "spent",
            "in wallets", "in shops", "payments", "tx/s");
}

static void line(const city_t *city, const char *label, uint64_t charged, uint64_t spent)
{
    fprintf(stderr, "%-10s%8" PRIu64, label, city->citizen_count);
    print_won(charged, 19);
    print_won(spent, 19);
    print_won(city->totals.held, 19);
    print_won(city->totals.shops, 17);
    double seconds = (double)(city_monotonic_ns() - city->started_ns) / 1e9;
    fprintf(stderr, "%10" PRIu64 "%8.0f", city->totals.payments,
            seconds > 0 ? (double)city->totals.transactions / seconds : 0.0);
}

void city_view_day(const city_t *city, uint64_t charged, uint64_t spent)
{
    if (!city->live) {
        return;
    }
    dure_date_t date = dure_day_to_date(city->today);
    char label[64];
    snprintf(label, sizeof label, "%04d-%02d-%02d", date.year, date.month, date.day);
    fprintf(stderr, "\r");
    line(city, label, charged, spent);
    fprintf(stderr, "\033[K");
    fflush(stderr);
}

void city_view_month(const city_t *city, uint32_t month, uint64_t charged, uint64_t spent)
{
    char label[64];
    snprintf(label, sizeof label, "%04d-%02d", city->data.months[month].year,
             city->data.months[month].month);
    if (city->live) {
        fprintf(stderr, "\r");
    }
    line(city, label, charged, spent);
    fprintf(stderr, city->live ? "\033[K\n" : "\n");
}

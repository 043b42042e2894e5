/* What a person sees while the city lives: a line per month, and on a terminal below them a block
   of the present day that is drawn again and again. */
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

/* All cities together, at this moment. */
typedef struct {
    uint64_t people, cards, charged, spent, held, shops, payments;
    uint64_t spent_all, real_all; /* since the beginning, and until the end */
    double seconds;
} now_t;

/* A month may begin with what came back of the month before: nothing, until more went out. */
static uint64_t shown(uint64_t won)
{
    return won > INT64_MAX ? 0 : won;
}

static now_t now_of(const city_world_t *world)
{
    now_t now = {.seconds = (double)(city_monotonic_ns() - world->started_ns) / 1e9};
    for (uint32_t i = 0; i < world->city_count; i++) {
        const city_t *city = &world->cities[i];
        now.people += city->citizens.count;
        now.cards += city->bearers.count;
        now.charged += shown(city->progress.charged);
        now.spent += shown(city->progress.spent);
        now.held += city->citizens.held + city->bearers.held;
        now.shops += city->totals.shops;
        now.payments += city->totals.payments;
        now.spent_all += city->totals.spent;
        for (uint32_t month = 0; month < city->data.month_count; month++) {
            now.real_all += city->data.months[month].spent_won;
        }
    }
    now.seconds = now.seconds > 0.001 ? now.seconds : 0.001;
    return now;
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
    fprintf(stderr, "%-10s%9s%9s%21s%21s%21s%11s%8s%6s\n", "month", "people", "cards", "charged",
            "spent", "held", "payments", "pay/s", "done");
}

/* The lines of the block that stands on the terminal go. */
static void clear_block(city_world_t *world)
{
    if (world->view_lines > 0) {
        fprintf(stderr, "\r\033[%uA\033[J", world->view_lines);
        world->view_lines = 0;
    }
}

static void print_bar(double share)
{
    const int width = 30;
    const int full = (int)(share * width);
    fputc('[', stderr);
    for (int i = 0; i < width; i++) {
        fputc(i < full ? '#' : '.', stderr);
    }
    fputc(']', stderr);
}

static void print_left(double seconds)
{
    const unsigned all = (unsigned)seconds;
    if (all >= 3600) {
        fprintf(stderr, "%u h %02u min left\n", all / 3600, all / 60 % 60);
    } else if (all >= 60) {
        fprintf(stderr, "%u min %02u s left\n", all / 60, all % 60);
    } else {
        fprintf(stderr, "%u s left\n", all);
    }
}

void city_view_day(city_world_t *world)
{
    const uint64_t now_ns = city_monotonic_ns();
    if (!world->live || now_ns - world->view_ns < UINT64_C(100000000)) {
        return;
    }
    world->view_ns = now_ns;
    const now_t now = now_of(world);
    const double share = now.real_all == 0 ? 0.0 : (double)now.spent_all / (double)now.real_all;
    dure_date_t date = dure_day_to_date(world->today);
    clear_block(world);
    fprintf(stderr, "\n  %04d-%02d-%02d  ", date.year, date.month, date.day);
    print_bar(share);
    fprintf(stderr, " %5.1f %%   ", share * 100.0);
    if (share > 0.001) {
        print_left(now.seconds / share - now.seconds);
    } else {
        fputc('\n', stderr);
    }
    fprintf(stderr, "  payments %" PRIu64 ", %.0f each second; transactions %.0f each second\n",
            now.payments, (double)now.payments / now.seconds,
            (double)world->transactions / now.seconds);
    fprintf(stderr, "  this month: charged %s", amount_text(dure_amount(now.charged)).text);
    fprintf(stderr, ", spent %s\n", amount_text(dure_amount(now.spent)).text);
    fprintf(stderr, "  in wallets %s", amount_text(dure_amount(now.held)).text);
    fprintf(stderr, ", with shops %s\n", amount_text(dure_amount(now.shops)).text);
    world->view_lines = 5;
    fflush(stderr);
}

void city_view_month(city_world_t *world, int32_t month)
{
    const now_t now = now_of(world);
    clear_block(world);
    fprintf(stderr, "%04d-%02d   %9" PRIu64 "%9" PRIu64, month / 12, month % 12 + 1, now.people,
            now.cards);
    print_won(now.charged, 21);
    print_won(now.spent, 21);
    print_won(now.held, 21);
    fprintf(stderr, "%11" PRIu64 "%8.0f%5.0f%%\n", now.payments, (double)now.payments / now.seconds,
            now.real_all == 0 ? 100.0 : 100.0 * (double)now.spent_all / (double)now.real_all);
    world->view_ns = 0;
}

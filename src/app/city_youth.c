/* The youth dividend of a quarter: officers approve a list of everybody of that age, who then pays
   with it in shops until its last day; what is left lapses.  It stands beside the figures of the
   data, which know only what was bought. */
#include "app/city.h"

#include <stdlib.h>

#define HOUR_MS UINT64_C(3600000)

/* As examples/gimpo/youth_2020q1.yak has it. */
#define GRANT_DATE  ((dure_date_t){2020, 3, 2})
#define LAPSE_DATE  ((dure_date_t){2020, 10, 5}) /* its last day is the 30th of September */
#define LAST_DATE   ((dure_date_t){2020, 9, 30})
#define BORN        1996u
#define QUARTER_WON 250000u

#define SPENDS_ONE_IN     12u /* on a day, of those who have some left */
#define FORGETS_ONE_IN    20u /* never spends it all */
#define FORGOTTEN_WON     30000u
#define LAPSE_PARTIES_MAX 16u

static bool is_day(const city_t *city, dure_date_t date)
{
    dure_day_t day = 0;
    return dure_day_from_date(&day, date) && day == city->world->today;
}

static int by_party(const void *a, const void *b)
{
    const city_row_t *first = a;
    const city_row_t *second = b;
    return first->party < second->party ? -1 : first->party > second->party;
}

/* ---- the grant */

static uint64_t count_eligible(const city_t *city)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < city->citizens.count; i++) {
        count += city->citizens.items[i].born == BORN;
    }
    return count;
}

static bool grant_to(city_t *city, city_row_t *rows, uint32_t count)
{
    city_mix_t *mix = &city->mix;
    for (uint64_t i = 0; i < city->citizens.count; i++) {
        city_holder_t *citizen = &city->citizens.items[i];
        if (citizen->born == BORN) {
            rows[mix->youth_count] = (city_row_t){.party = citizen->party};
            mix->youths[mix->youth_count++] = (uint32_t)i;
            citizen->youth = QUARTER_WON;
            citizen->lots_made++;
        }
    }
    qsort(rows, count, sizeof *rows, by_party);
    mix->counts.grant_rows += count;
    return city_grant(city, CITY_YOUTH, "youth", rows, count,
                      dure_amount((uint64_t)count * QUARTER_WON));
}

static bool grant(city_t *city)
{
    uint32_t count = (uint32_t)count_eligible(city);
    if (count == 0) {
        return true;
    }
    city_row_t *rows = calloc(count, sizeof *rows);
    city->mix.youths = calloc(count, sizeof *city->mix.youths);
    bool granted = rows != NULL && city->mix.youths != NULL
                       ? grant_to(city, rows, count)
                       : city_problem(city->world->problem, "out of memory for the youth dividend");
    free(rows);
    return granted;
}

/* ---- spending it */

static bool spend(city_t *city, uint32_t index)
{
    city_holder_t *citizen = &city->citizens.items[index];
    const uint32_t keeps = index % FORGETS_ONE_IN == 0 ? FORGOTTEN_WON : 0;
    if (citizen->youth <= keeps || city_random_below(&city->random, SPENDS_ONE_IN) != 0) {
        return true;
    }
    const uint64_t left = citizen->youth - keeps;
    uint64_t won = city_draw_payment(city);
    won = won > left || left - won < 1000 ? left : won;
    city_shop_t *shop = city_draw_shop(city, false);
    if (shop == NULL || shop->owner == (uint64_t)index + 1) {
        return true;
    }
    const dure_tx_t tx = city_payment(city, citizen, shop, won, city_fund(city, CITY_YOUTH));
    citizen->youth -= (uint32_t)won;
    city_shop_receives(city, shop, CITY_YOUTH, won);
    city->totals.payments++;
    city->mix.counts.youth_payments++;
    return city_send(city, &tx, &citizen->secret, DURE_RESULT_DONE);
}

/* ---- its end */

static bool send_lapse(city_t *city, dure_body_t *body, uint64_t won)
{
    if (body->lapse.parties_count == 0) {
        return true;
    }
    city_bank_debit(city, CITY_YOUTH, "lapse", "youth", dure_amount(won));
    city->mix.counts.lapses += body->lapse.parties_count;
    return city_send_as(city, &city->watch, body, DURE_RESULT_DONE);
}

/* Anybody may sweep what has expired: here the city's watch does. */
static bool sweep(city_t *city, const city_row_t *rows, uint64_t count)
{
    dure_body_t body = {.kind = DURE_BODY_LAPSE};
    uint64_t won = 0;
    for (uint64_t i = 0; i < count; i++) {
        body.lapse.parties[body.lapse.parties_count++] = (dure_party_choice_t){rows[i].party};
        won += rows[i].amount.won;
        if (body.lapse.parties_count == LAPSE_PARTIES_MAX) {
            if (!send_lapse(city, &body, won)) {
                return false;
            }
            body.lapse.parties_count = 0;
            won = 0;
        }
    }
    return send_lapse(city, &body, won);
}

static bool lapse(city_t *city)
{
    city_mix_t *mix = &city->mix;
    city_row_t *rows = calloc(mix->youth_count + 1, sizeof *rows);
    uint64_t count = 0;
    if (rows == NULL) {
        return city_problem(city->world->problem, "out of memory for what expired");
    }
    for (uint64_t i = 0; i < mix->youth_count; i++) {
        city_holder_t *citizen = &city->citizens.items[mix->youths[i]];
        if (citizen->youth > 0) {
            rows[count++] = (city_row_t){citizen->party, dure_amount(citizen->youth)};
            citizen->youth = 0;
        }
    }
    qsort(rows, count, sizeof *rows, by_party);
    bool swept = sweep(city, rows, count);
    free(rows);
    return swept;
}

bool city_youth_day(city_t *city)
{
    dure_day_t last = 0;
    if (city->world->city_count > 1) {
        return true; /* a chain has room for two funds of each of so many cities */
    }
    if (is_day(city, GRANT_DATE) && !grant(city)) {
        return false;
    }
    bool open = dure_day_from_date(&last, LAST_DATE) && city->world->today <= last;
    for (uint64_t i = 0; open && i < city->mix.youth_count; i++) {
        if (!spend(city, city->mix.youths[i])) {
            return false;
        }
    }
    return !is_day(city, LAPSE_DATE) || lapse(city);
}

/* The youth dividend: a fund for each quarter, granted to all who are 24 by a list that two
   officers approved, spent in shops on a list, and swept when it is over. */
#include "app/city_mix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRANT_WON      250000u
#define AGE            24
#define GRANT_DAY      20 /* of the quarter's first month of payment */
#define SWEEP_PARTIES  16u
#define PAY_OF         8 /* one of so many days */
#define FORGETFUL_OF   8 /* one of so many people, and one at least */
#define FORGOTTEN_WON  60000u
#define LISTED_OF      3 /* one of so many shops takes it */
#define SHOP_TRIES_MAX 40

/* ---- the shops */
/* Every shop is looked at once. */
static bool list_shops(city_t *city)
{
    dure_name_t list;
    if (!dure_name_from(&list, "youth_shops", strlen("youth_shops"))) {
        return city_problem(city->world->problem, "the list of youth shops has no name");
    }
    for (; city->mix->listed < city->shop_count; city->mix->listed++) {
        city_shop_t *shop = &city->shops[city->mix->listed];
        if (shop->refused || city->mix->listed % LISTED_OF != 0) {
            continue;
        }
        const dure_body_t body = {.kind = DURE_BODY_ATTEST,
                                  .attest = {.subject = shop->party,
                                             .entry = {.what = dure_list_attribute(&list),
                                                       .value = 1,
                                                       .from = city->world->today,
                                                       .until = DURE_DAY_MAX}}};
        shop->youth = true;
        if (!city_send_as(city, &city->registrar, &body, DURE_RESULT_DONE)) {
            return false;
        }
    }
    return true;
}

static city_shop_t *draw_youth_shop(city_t *city, uint64_t citizen)
{
    for (int tries = 0; tries < SHOP_TRIES_MAX; tries++) {
        city_shop_t *shop = &city->shops[city_random_below(&city->random, city->shop_count)];
        if (shop->youth && shop->owner != citizen + 1) {
            return shop;
        }
    }
    return NULL;
}

/* ---- the program */
static dure_day_t day_of(int32_t year, int32_t month)
{
    dure_day_t day = 0;
    const bool exists =
        dure_day_from_date(&day, (dure_date_t){year + (month > 12), (month - 1) % 12 + 1, 1});
    DURE_ASSERT(exists);
    return day;
}

static void day_edit(city_edit_t *edit, const char *from, dure_day_t to)
{
    const dure_date_t date = dure_day_to_date(to);
    snprintf(edit->from, sizeof edit->from, "%s", from);
    snprintf(edit->to, sizeof edit->to, "%04u-%02u-%02u", (unsigned)date.year % 10000u,
             (unsigned)date.month % 100u, (unsigned)date.day % 100u);
}

static void year_edit(city_edit_t *edit, const char *from, int32_t year)
{
    snprintf(edit->from, sizeof edit->from, "%s", from);
    snprintf(edit->to, sizeof edit->to, "%04u", (unsigned)year % 10000u);
}

/* The program of the first quarter of 2026, moved to the quarter whose grants begin in `month`. */
static bool open_quarter(city_t *city, city_fund_t fund, int32_t year, int32_t month,
                         dure_day_t *end)
{
    city_edit_t edits[9];
    const dure_day_t first = day_of(year, month);
    *end = dure_day_add_months(first, 10) - 1;
    day_edit(&edits[0], "2026-03-01", first);
    day_edit(&edits[1], "2026-02-28", first - 1);
    day_edit(&edits[2], "2026-06-30", dure_day_add_months(first, 4) - 1);
    day_edit(&edits[3], "2026-07-01", dure_day_add_months(first, 4));
    day_edit(&edits[4], "2026-12-31", *end);
    year_edit(&edits[5], "2002", year - AGE);
    year_edit(&edits[6], "2001", year - AGE - 1);
    snprintf(edits[7].from, sizeof edits[7].from, "2026q1");
    snprintf(edits[7].to, sizeof edits[7].to, "%04uq%u", (unsigned)year % 10000u,
             (unsigned)(month / 3) % 10u);
    year_edit(&edits[8], "2026", year);
    return city_open_fund(city, fund, city->mix->youth_program, edits,
                          sizeof edits / sizeof edits[0]);
}

/* ---- granting */
typedef struct {
    uint64_t party;
    uint32_t citizen;
    bool eligible;
} candidate_t;

static int by_party(const void *a, const void *b)
{
    const candidate_t *first = a;
    const candidate_t *second = b;
    return first->party < second->party ? -1 : first->party > second->party;
}

/* All of the year, and one who is not: the office's list has a mistake, and the rules find it. */
static uint32_t find_candidates(const city_t *city, candidate_t *candidates, int32_t year)
{
    uint32_t count = 0;
    bool wrong = false;
    for (uint64_t i = 0; i < city->citizens.count; i++) {
        const city_holder_t *holder = &city->citizens.items[i];
        const bool eligible = holder->birth_year == year - AGE && !holder->blocked;
        if (eligible || (!wrong && holder->birth_year == year - AGE - 1)) {
            wrong = wrong || !eligible;
            candidates[count++] =
                (candidate_t){.party = holder->party, .citizen = (uint32_t)i, .eligible = eligible};
        }
    }
    qsort(candidates, count, sizeof *candidates, by_party);
    return count;
}

static void enter(city_t *city, city_quarter_t *quarter, city_row_t *rows,
                  const candidate_t *candidates, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const candidate_t *candidate = &candidates[i];
        rows[i] = (city_row_t){.party = candidate->party};
        if (!candidate->eligible) {
            city->mix->counts.grants_refused++;
            continue;
        }
        city_holder_t *holder = &city->citizens.items[candidate->citizen];
        holder->lot_next++; /* the lots of a wallet are numbered together */
        holder->granted += GRANT_WON;
        quarter->items[quarter->count] =
            (city_youth_t){.citizen = candidate->citizen,
                           .left = GRANT_WON,
                           .forgetful = quarter->count == 0 ||
                                        city_random_below(&city->random, FORGETFUL_OF) == 0};
        quarter->count++;
    }
}

static bool grant_to(city_t *city, const candidate_t *candidates, uint32_t count, int32_t year,
                     int32_t month)
{
    city_mix_t *mix = city->mix;
    city_quarter_t *quarter = &mix->quarters[mix->quarter_count];
    const city_fund_t fund = (city_fund_t)(CITY_YOUTH + mix->quarter_count);
    city_row_t *rows = calloc(count, sizeof *rows);
    quarter->items = calloc(count, sizeof *quarter->items);
    mix->quarter_count++;
    bool granted = rows != NULL && quarter->items != NULL
                       ? list_shops(city) && open_quarter(city, fund, year, month, &quarter->end)
                       : city_problem(city->world->problem, "out of memory for a grant");
    if (granted) {
        enter(city, quarter, rows, candidates, count);
        granted = city_grant(city, fund, "youth", rows, count,
                             dure_amount((uint64_t)quarter->count * GRANT_WON));
    }
    free(rows);
    mix->counts.grants++;
    mix->counts.grants_rows += quarter->count;
    return granted;
}

static bool grant(city_t *city, int32_t year, int32_t month)
{
    candidate_t *candidates = malloc((city->citizens.count + 1) * sizeof *candidates);
    if (candidates == NULL) {
        return city_problem(city->world->problem, "out of memory for a grant");
    }
    const uint32_t count = find_candidates(city, candidates, year);
    bool anybody = false;
    for (uint32_t i = 0; i < count; i++) {
        anybody = anybody || candidates[i].eligible;
    }
    const bool granted = !anybody || grant_to(city, candidates, count, year, month);
    free(candidates);
    return granted;
}

/* ---- spending */
static bool pay(city_t *city, city_fund_t fund, city_youth_t *youth)
{
    city_holder_t *payer = &city->citizens.items[youth->citizen];
    const uint32_t keeps = youth->forgetful ? FORGOTTEN_WON : 0;
    city_shop_t *shop = draw_youth_shop(city, youth->citizen);
    uint64_t won = city_draw_payment(city);
    won = won > youth->left ? youth->left : won;
    if (payer->blocked || shop == NULL || youth->left < keeps + won) {
        return true;
    }
    const dure_body_t body = {.kind = DURE_BODY_PAYMENT,
                              .payment = {.payee = shop->party,
                                          .amount = dure_amount(won),
                                          .channel = DURE_CHANNEL_QR_MERCHANT,
                                          .funds_count = 1,
                                          .funds = {{city_fund(city, fund)}}}};
    const dure_tx_t tx = city_mix_tx(city, payer->party, &payer->next_number, &body);
    youth->left -= (uint32_t)won;
    payer->granted -= (uint32_t)won;
    city_shop_receive(city, shop, fund, won);
    city->totals.payments++;
    city->mix->counts.youth_payments++;
    return city_send(city, &tx, &payer->secret, DURE_RESULT_DONE);
}

static bool spend(city_t *city, city_fund_t fund, city_quarter_t *quarter)
{
    for (uint32_t i = 0; i < quarter->count; i++) {
        city_youth_t *youth = &quarter->items[i];
        if (youth->left > 0 && city_random_below(&city->random, PAY_OF) == 0 &&
            !pay(city, fund, youth)) {
            return false;
        }
    }
    return true;
}

/* ---- lapsing */
static bool sweep_some(city_t *city, dure_body_t *body)
{
    const bool swept = body->lapse.parties_count == 0 ||
                       city_send_as(city, &city->registrar, body, DURE_RESULT_DONE);
    body->lapse.parties_count = 0;
    return swept;
}

static bool sweep(city_t *city, city_fund_t fund, city_quarter_t *quarter)
{
    dure_body_t body = {.kind = DURE_BODY_LAPSE};
    uint64_t won = 0;
    for (uint32_t i = 0; i < quarter->count; i++) {
        city_youth_t *youth = &quarter->items[i];
        city_holder_t *holder = &city->citizens.items[youth->citizen];
        if (youth->left == 0) {
            continue;
        }
        body.lapse.parties[body.lapse.parties_count++].party = holder->party;
        won += youth->left;
        holder->granted -= youth->left;
        youth->left = 0;
        city->mix->counts.lapses++;
        if (body.lapse.parties_count == SWEEP_PARTIES && !sweep_some(city, &body)) {
            return false;
        }
    }
    quarter->end = 0;
    free(quarter->items);
    quarter->items = NULL;
    quarter->count = 0;
    city_bank_debit(city, fund, "lapse", "youth", dure_amount(won));
    return sweep_some(city, &body);
}

bool city_mix_youth(city_t *city)
{
    city_mix_t *mix = city->mix;
    const dure_date_t date = dure_day_to_date(city->world->today);
    for (uint32_t i = 0; i < mix->quarter_count; i++) {
        city_quarter_t *quarter = &mix->quarters[i];
        const city_fund_t fund = (city_fund_t)(CITY_YOUTH + i);
        const bool over = quarter->end != 0 && city->world->today > quarter->end;
        if (quarter->end != 0 &&
            !(over ? sweep(city, fund, quarter) : spend(city, fund, quarter))) {
            return false;
        }
    }
    const bool due = date.month % 3 == 0 && date.day == GRANT_DAY && city->shop_count > 0;
    return !due || mix->youth_program == NULL || mix->quarter_count == CITY_YOUTH_MAX ||
           grant(city, date.year, date.month);
}

/* A month in the life of the city: who registers, buys, pays and cashes out on which day, so that
   the month's registered, charged and spent come out exactly. */
#include "app/city.h"
#include "app/city_mix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)

#define PAYMENT_MEAN_WON   20300.0 /* domain.md: 1.88 T won in 92.6 M payments */
#define PAYMENT_SIGMA      0.95
#define PAYMENT_MOST_WON   300000
#define PURCHASE_LIMIT_WON 500000
#define HOLDING_LIMIT_WON  1500000
#define BEARER_LIMIT_WON   500000 /* on a card of nobody by name */
#define BEARER_LEAST_WON   10000  /* nobody buys less, for the last bit of room on a card */

/* ---- buying
 * ------------------------------------------------------------------------------------------- */

static uint64_t room_to_buy(const city_holders_t *holders, const city_holder_t *holder)
{
    if (holder->blocked || holder->lot_count >= CITY_LOTS_MAX) {
        return 0;
    }
    if (holders->fund == CITY_PAPER) {
        uint64_t room =
            holder->balance >= BEARER_LIMIT_WON ? 0 : BEARER_LIMIT_WON - holder->balance;
        return room < BEARER_LEAST_WON ? 0 : room;
    }
    uint64_t month = PURCHASE_LIMIT_WON - holder->bought_month;
    const uint64_t wallet = holder->balance + holder->granted;
    uint64_t holding = wallet >= HOLDING_LIMIT_WON ? 0 : HOLDING_LIMIT_WON - wallet;
    return month < holding ? month : holding;
}

static bool buy(city_t *city, city_holders_t *holders, city_holder_t *buyer, uint64_t face)
{
    dure_amount_t subsidy = dure_amount_rate(dure_amount(face), CITY_RATE_BP);
    dure_amount_t price = dure_amount_minus(dure_amount(face), subsidy);
    dure_tx_t order = {.version = 1,
                       .id = {buyer->party, 0, buyer->next_number++},
                       .valid_until = city->world->now + HOUR_MS,
                       .body = {.kind = DURE_BODY_PURCHASE_ORDER,
                                .purchase_order = {.fund = city_fund(city, holders->fund),
                                                   .face = dure_amount(face),
                                                   .price_max = price}}};
    dure_body_t credit = {.kind = DURE_BODY_PURCHASE_CREDIT,
                          .purchase_credit = {.order = order.id, .price = price}};
    if (!city_send(city, &order, &buyer->secret, DURE_RESULT_DONE) ||
        !city_send_bank(city, &credit, DURE_RESULT_DONE)) {
        return false;
    }
    char reference[64];
    snprintf(reference, sizeof reference, "%" PRIu64 "-%u", (uint64_t)city->world->today,
             city->bank.entry_next - 1);
    city_bank_credit(city, holders->fund, "purchase", reference, price);
    dure_amount_t *subsidies = &city->bank.subsidies_day[holders->fund];
    *subsidies = dure_amount_plus(*subsidies, subsidy);
    city->budget = dure_amount_minus(city->budget, subsidy);
    buyer->balance += face;
    buyer->bought_month += face;
    const bool issued = city_lot_issue(buyer, (uint32_t)face, (uint32_t)face, city_lot_end(city));
    DURE_ASSERT(issued);
    holders->held += face;
    return holders->fund != CITY_GENERAL || city_mix_bought(city, buyer, face);
}

/* Round sums, as people buy. */
static uint64_t draw_purchase(city_t *city)
{
    static const uint32_t sums[10] = {30000,  50000,  50000,  100000, 100000,
                                      100000, 200000, 200000, 300000, 500000};
    return sums[city_random_below(&city->random, 10)];
}

/* Somebody at random; in a crowded month, the next one after him who has any room.  Of cards there
   is always another. */
static bool find_buyer(city_t *city, city_holders_t *holders, city_holder_t **buyer, uint64_t *room)
{
    const bool cards = holders->fund == CITY_PAPER;
    const uint64_t most = cards && holders->count > 32 ? 32 : holders->count;
    uint64_t start = holders->count == 0 ? 0 : city_random_below(&city->random, holders->count);
    *room = 0;
    for (uint64_t i = 0; i < most && *room == 0; i++) {
        *buyer = &holders->items[(start + i) % holders->count];
        *room = room_to_buy(holders, *buyer);
    }
    if (*room == 0 && cards) {
        if (!city_register_bearer(city)) {
            return false;
        }
        *buyer = &holders->items[holders->count - 1];
        *room = room_to_buy(holders, *buyer);
    }
    return true;
}

/* Buys up to `won`; *left is what nobody may buy. */
static bool buy_in_all(city_t *city, city_holders_t *holders, uint64_t *left, uint64_t won)
{
    while (won > 0) {
        uint64_t face = draw_purchase(city);
        face = face > won || won - face < 1000 ? won : face;
        city_holder_t *buyer = NULL;
        uint64_t room = 0;
        if (!find_buyer(city, holders, &buyer, &room)) {
            return false;
        }
        if (room == 0) {
            break;
        }
        face = face > room ? room : face;
        if (!city_mix_void(city, holders, buyer, face) || !buy(city, holders, buyer, face)) {
            return false;
        }
        won -= face;
    }
    *left = won;
    return true;
}

/* ---- paying
 * -------------------------------------------------------------------------------------------- */

city_shop_t *city_draw_shop(city_t *city, bool refused)
{
    for (int tries = 0; tries < 200; tries++) {
        double u = city_random_unit(&city->random);
        uint64_t at = (uint64_t)((double)city->shop_count * u * u);
        if (city->shops[at].refused == refused) {
            return &city->shops[at];
        }
    }
    return NULL;
}

dure_tx_t city_payment_of(city_t *city, city_holder_t *payer, const city_shop_t *shop, uint64_t won)
{
    uint8_t channel = city_random_below(&city->random, 10) < 7 ? DURE_CHANNEL_QR_MERCHANT
                                                               : DURE_CHANNEL_QR_CUSTOMER;
    dure_tx_t tx = {
        .version = 1,
        .id = {payer->party, 0, payer->next_number++},
        .valid_until = city->world->now + HOUR_MS,
        .body = {
            .kind = DURE_BODY_PAYMENT,
            .payment = {.payee = shop->party, .amount = dure_amount(won), .channel = channel}}};
    if (payer->granted > 0) {
        /* The youth dividend would go first. */
        tx.body.payment.funds[tx.body.payment.funds_count++].fund = city_fund(city, CITY_GENERAL);
    }
    return tx;
}

void city_shop_receive(city_t *city, city_shop_t *shop, city_fund_t fund, uint64_t won)
{
    const uint64_t owed = fund == CITY_GENERAL ? shop->owed : 0;
    const uint64_t repaid = owed < won ? owed : won;
    if (repaid > 0) {
        shop->owed -= repaid;
        city_mix_repaid(city, repaid);
    }
    shop->balances[fund] += won - repaid;
    city->totals.shops += won - repaid;
}

/* The payer pays, or the shop collects by the code that the payer shows. */
static bool send_payment(city_t *city, const city_holders_t *holders, city_holder_t *payer,
                         city_shop_t *shop, uint64_t won, dure_tx_id_t *id)
{
    dure_tx_t tx;
    const dure_secret_key_t *secret = &payer->secret;
    if (holders->fund == CITY_GENERAL && city_mix_collects(city, payer)) {
        secret = &shop->secret;
        if (!city_mix_collection(city, &tx, payer, shop, won)) {
            return false;
        }
    } else {
        tx = city_payment_of(city, payer, shop, won);
    }
    *id = tx.id;
    return city_send(city, &tx, secret, DURE_RESULT_DONE);
}

static bool pay(city_t *city, city_holders_t *holders, city_holder_t *payer, uint64_t won)
{
    city_shop_t *shop = city_draw_shop(city, false);
    uint64_t owner =
        holders == &city->citizens ? (uint64_t)(payer - holders->items) + 1 : UINT64_MAX;
    if (shop == NULL) {
        city_problem(city->world->problem, "no shop takes this money");
        return false;
    }
    if (shop->owner == owner) {
        /* He is the owner: the rules refuse that, and he pays the next shop instead. */
        dure_tx_t own = city_payment_of(city, payer, shop, won);
        if (!city_send(city, &own, &payer->secret, DURE_RESULT_RULE_DENIED)) {
            return false;
        }
        do {
            shop = city_draw_shop(city, false);
        } while (shop != NULL && shop->owner == owner);
        DURE_ASSERT(shop != NULL);
    }
    dure_tx_id_t id;
    city_taken_t taken;
    if (!send_payment(city, holders, payer, shop, won, &id)) {
        return false;
    }
    city_lots_take(payer, won, &taken);
    city_shop_receive(city, shop, holders->fund, won);
    city->totals.payments++;
    city->totals.spent += won;
    holders->held -= won;
    return holders->fund != CITY_GENERAL || city_mix_paid(city, payer, shop, &id, won, &taken);
}

/* Now and then somebody tries what the rules forbid. */
static bool try_forbidden(city_t *city, city_holder_t *payer)
{
    city_shop_t *shop = city_draw_shop(city, true);
    if (shop == NULL || payer->balance == 0 || city_random_below(&city->random, 300) != 0) {
        return true;
    }
    dure_tx_t tx = city_payment_of(city, payer, shop, 1 + payer->balance / 2);
    return city_send(city, &tx, &payer->secret, DURE_RESULT_RULE_DENIED);
}

static uint64_t can_spend(const city_holder_t *holder)
{
    return holder->blocked ? 0 : holder->balance;
}

/* Somebody with at least `won`; failing that, whoever holds most among those looked at. */
static city_holder_t *draw_payer(city_t *city, city_holders_t *holders, uint64_t won)
{
    city_holder_t *richest = NULL;
    for (int tries = 0; tries < 24; tries++) {
        city_holder_t *citizen = &holders->items[city_random_below(&city->random, holders->count)];
        if (can_spend(citizen) >= won) {
            return citizen;
        }
        if (richest == NULL || can_spend(citizen) > can_spend(richest)) {
            richest = citizen;
        }
    }
    if (can_spend(richest) >= 1000) {
        return richest;
    }
    uint64_t start = city_random_below(&city->random, holders->count);
    for (uint64_t i = 0; i < holders->count; i++) {
        city_holder_t *citizen = &holders->items[(start + i) % holders->count];
        if (can_spend(citizen) > can_spend(richest)) {
            richest = citizen;
        }
        if (can_spend(richest) >= won) {
            break;
        }
    }
    return richest;
}

uint64_t city_draw_payment(city_t *city)
{
    double drawn = city_random_lognormal(&city->random, PAYMENT_MEAN_WON, PAYMENT_SIGMA);
    uint64_t amount = drawn > PAYMENT_MOST_WON ? PAYMENT_MOST_WON : (uint64_t)drawn;
    return amount < 1000 ? 1000 : amount / 100 * 100;
}

static bool pay_in_all(city_t *city, city_holders_t *holders, uint64_t won)
{
    while (won > 0) {
        uint64_t amount = city_draw_payment(city);
        amount = amount > won || won - amount < 1000 ? won : amount;
        city_holder_t *payer = draw_payer(city, holders, amount);
        amount = amount > can_spend(payer) ? can_spend(payer) : amount;
        DURE_ASSERT(amount > 0);
        if (!try_forbidden(city, payer) || !pay(city, holders, payer, amount)) {
            return false;
        }
        won -= amount;
    }
    return true;
}

/* Of the registered and of the cards, by what each have. */
static bool pay_by_all(city_t *city, uint64_t won)
{
    const uint64_t held = city->citizens.held + city->bearers.held;
    DURE_ASSERT(won <= held);
    const uint64_t cards =
        held == 0 ? 0 : (uint64_t)((unsigned __int128)won * city->bearers.held / held);
    return pay_in_all(city, &city->bearers, cards) &&
           pay_in_all(city, &city->citizens, won - cards);
}

/* ---- cashing out
 * --------------------------------------------------------------------------------------- */

bool city_payout_add(city_t *city, const city_pending_payout_t *payout)
{
    if (city->payout_count == city->payout_capacity) {
        const uint64_t capacity = city->payout_capacity * 2;
        city_pending_payout_t *payouts = realloc(city->payouts, capacity * sizeof *payouts);
        if (payouts == NULL) {
            return city_problem(city->world->problem, "out of memory for payouts");
        }
        city->payouts = payouts;
        city->payout_capacity = capacity;
    }
    city->payouts[city->payout_count++] = *payout;
    return true;
}

/* All that a shop has, but what is held for a recheck. */
static uint64_t to_redeem(const city_t *city, const city_shop_t *shop, city_fund_t fund)
{
    const uint64_t has = shop->balances[fund];
    const uint64_t held =
        fund == CITY_GENERAL && city->world->today <= shop->held_until ? shop->held : 0;
    return has > held ? has - held : 0;
}

static bool redeem(city_t *city, city_shop_t *shop, city_fund_t fund)
{
    const uint64_t won = to_redeem(city, shop, fund);
    const dure_amount_t amount = dure_amount(won);
    dure_tx_t tx = {.version = 1,
                    .id = {shop->party, 0, shop->next_number++},
                    .valid_until = city->world->now + HOUR_MS,
                    .body = {.kind = DURE_BODY_REDEMPTION,
                             .redemption = {.fund = city_fund(city, fund), .amount = amount}}};
    const city_pending_payout_t payout = {.id = tx.id,
                                          .fund = fund,
                                          .amount = amount,
                                          .due = city->world->today + (shop->risky ? 3 : 0)};
    city->totals.shops -= won;
    shop->balances[fund] -= won;
    return city_payout_add(city, &payout) && city_send(city, &tx, &shop->secret, DURE_RESULT_DONE);
}

/* The bank pays what is due and reports it. */
static bool pay_out(city_t *city)
{
    uint64_t kept = 0;
    for (uint64_t i = 0; i < city->payout_count; i++) {
        const city_pending_payout_t payout = city->payouts[i];
        if (payout.due > city->world->today) {
            city->payouts[kept++] = payout;
            continue;
        }
        char reference[64];
        snprintf(reference, sizeof reference, "%" PRIu64 ":%u:%" PRIu64, payout.id.party,
                 payout.id.lane, payout.id.number);
        city_bank_debit(city, payout.fund, "payout", reference, payout.amount);
        dure_body_t body = {.kind = DURE_BODY_PAYOUT_RESULT,
                            .payout_result = {.payout = payout.id, .outcome = 1}};
        if (!city_send_bank(city, &body, DURE_RESULT_DONE)) {
            return false;
        }
    }
    city->payout_count = kept;
    return true;
}

static bool cash_out(city_t *city)
{
    for (uint64_t i = 0; i < city->shop_count; i++) {
        for (city_fund_t fund = 0; fund < CITY_FUNDS; fund++) {
            city_shop_t *shop = &city->shops[i];
            if (to_redeem(city, shop, fund) > 0 && city_random_below(&city->random, 6) == 0 &&
                !redeem(city, shop, fund)) {
                return false;
            }
        }
    }
    return true;
}

/* ---- the month
 * ------------------------------------------------------------------------------------------ */

/* What is due by the end of a day: the month's total by the days' weights, whole on the last day.
 */
static uint64_t due_by(uint64_t total, const uint32_t *weights, uint32_t day, uint32_t days)
{
    uint64_t sum = 0;
    uint64_t until = 0;
    for (uint32_t i = 0; i < days; i++) {
        sum += weights[i];
        until += i <= day ? weights[i] : 0;
    }
    return (uint64_t)((unsigned __int128)total * until / sum);
}

static void draw_weights(city_t *city, dure_day_t first)
{
    city_progress_t *progress = &city->progress;
    for (uint32_t i = 0; i < progress->days; i++) {
        bool weekend = dure_day_weekday(first + (dure_day_t)i) >= 5;
        progress->register_weights[i] = 50 + (uint32_t)city_random_below(&city->random, 100);
        progress->charge_weights[i] =
            (i < 5 ? 400u : 70u) + (uint32_t)city_random_below(&city->random, 60);
        progress->spend_weights[i] =
            (weekend ? 130u : 90u) + (uint32_t)city_random_below(&city->random, 40);
    }
    /* The first people come on the first day, so that the first won has an owner. */
    progress->register_weights[0] += 200;
}

/* New people, new shops, and what the bank pays today. */
static bool arrivals(city_t *city, const city_month_t *month, uint32_t day)
{
    city_progress_t *progress = &city->progress;
    uint64_t people = due_by(month->registered, progress->register_weights, day, progress->days);
    if (city->citizens.count == 0 && people == 0 && month->registered > 0) {
        people = 1;
    }
    for (; progress->registered < people; progress->registered++) {
        if (!city_register_citizen(city)) {
            return false;
        }
    }
    uint64_t cards = due_by(month->cards, progress->register_weights, day, progress->days);
    for (; progress->cards < cards; progress->cards++) {
        if (!city_register_bearer(city)) {
            return false;
        }
    }
    /* Shops join along with the people. */
    uint64_t joined = city->citizens.count + city->bearers.count;
    uint64_t shops = 40 + (city->shop_capacity - 64) * (joined + 1) /
                              (city->citizens.capacity + city->bearers.capacity + 1);
    while (city->shop_count < shops) {
        if (!city_register_shop(city)) {
            return false;
        }
    }
    return pay_out(city);
}

/* Officers prepare the month: the budget for its subsidies. */
static bool prepare(city_t *city, const city_month_t *month)
{
    dure_amount_t needed = dure_amount_plus(
        dure_amount_rate(dure_amount(month->charged_won), CITY_RATE_BP), dure_amount(1000000));
    dure_amount_t missing;
    if (dure_amount_sub(&missing, needed, city->budget)) {
        city->budget = needed;
        if (!dure_amount_is_zero(missing) && !city_fill_account(city, "budget", missing)) {
            return false;
        }
    }
    /* What the registered may buy this month: the rest is for cards. */
    uint64_t may = month->registered * PURCHASE_LIMIT_WON;
    for (uint64_t i = 0; i < city->citizens.count; i++) {
        city->citizens.items[i].bought_month = 0;
        city->citizens.items[i].gifts_month = 0;
        may += room_to_buy(&city->citizens, &city->citizens.items[i]);
    }
    city->progress.general_won = may < month->charged_won ? may : month->charged_won;
    return true;
}

bool city_month_begins(city_t *city, uint32_t index)
{
    const city_month_t *month = &city->data.months[index];
    dure_day_t first = 0;
    bool exists = dure_day_from_date(&first, (dure_date_t){month->year, month->month, 1});
    DURE_ASSERT(exists);
    city->progress = (city_progress_t){.days = (uint32_t)(dure_day_add_months(first, 1) - first)};
    draw_weights(city, first);
    return prepare(city, month) && city_mix_month(city, index);
}

/* What may be sold at one time or other for that much to stay: cancelled purchases come back to the
   month in which they were ordered. */
static uint64_t with_cancelled(uint64_t won)
{
    return won + won / 50 + 10000000;
}

/* The day before a month that needs more than may be issued now, the officers vote. */
bool city_day_votes(city_t *city, uint32_t index, uint32_t day)
{
    const city_month_t *month = &city->data.months[index];
    const city_month_t *next = index + 1 < city->data.month_count ? month + 1 : NULL;
    if (day + 2 != city->progress.days || next == NULL ||
        with_cancelled(next->charged_won) <= city->monthly_issue) {
        return true;
    }
    city->monthly_issue = (with_cancelled(next->charged_won) / 10000000000 + 1) * 10000000000;
    return city_raise_issue(city, city->monthly_issue);
}

/* What the registered are still to buy waits for other days; at the month's end cards take it. */
static bool buy_today(city_t *city, const city_month_t *month, uint32_t day)
{
    city_progress_t *progress = &city->progress;
    const uint32_t days = progress->days;
    const bool last = day + 1 == days;
    const uint64_t cards_won = month->charged_won - progress->general_won;
    const uint64_t cards_charged = progress->charged - progress->charged_general;
    uint64_t people = due_by(progress->general_won, progress->charge_weights, day, days);
    uint64_t cards = due_by(cards_won, progress->charge_weights, day, days);
    uint64_t left = 0;
    people -= progress->charged_general;
    cards -= cards_charged;
    /* In a very small city not everything happens every day. */
    people = !last && people < 30000 ? 0 : people;
    cards = !last && cards < 30000 ? 0 : cards;
    if (!buy_in_all(city, &city->citizens, &left, people)) {
        return false;
    }
    progress->charged += people - left;
    progress->charged_general += people - left;
    cards += last ? left : 0;
    progress->charged += cards;
    return buy_in_all(city, &city->bearers, &left, cards);
}

bool city_day_morning(city_t *city, uint32_t index, uint32_t day)
{
    const city_month_t *month = &city->data.months[index];
    city_progress_t *progress = &city->progress;
    const bool last = day + 1 == progress->days;
    if (!city_mix_morning(city)) {
        return false;
    }
    uint64_t spend = due_by(month->spent_won, progress->spend_weights, day, progress->days);
    spend -= progress->spent;
    spend = !last && spend < (uint64_t)PAYMENT_MEAN_WON ? 0 : spend;
    if (!arrivals(city, month, day) || !buy_today(city, month, day)) {
        return false;
    }
    const uint64_t held = city->citizens.held + city->bearers.held;
    if (!last && spend > held / 2) {
        spend = held / 2; /* the rest follows on later days */
    }
    uint64_t before_noon = spend * 55 / 100;
    progress->due_today = spend - before_noon;
    progress->spent += spend;
    return pay_by_all(city, before_noon);
}

bool city_day_evening(city_t *city)
{
    const uint64_t spent = city->progress.spent;
    if (!city_mix_evening(city)) {
        return false;
    }
    /* What came back this evening is spent again by others. */
    const uint64_t again = spent - city->progress.spent;
    city->progress.spent += again;
    return pay_by_all(city, city->progress.due_today + again);
}

bool city_day_ends(city_t *city)
{
    if (!cash_out(city)) {
        return false;
    }
    /* The treasury moves the day's subsidies from the budget account to escrow. */
    for (city_fund_t fund = 0; fund < CITY_FUNDS; fund++) {
        city_bank_credit(city, fund, "subsidy", "budget", city->bank.subsidies_day[fund]);
        city->bank.subsidies_day[fund] = DURE_AMOUNT_ZERO;
    }
    return true;
}

bool city_month_ends(city_t *city, uint32_t index)
{
    const city_month_t *month = &city->data.months[index];
    DURE_ASSERT(city->progress.charged == month->charged_won);
    return city->progress.spent == month->spent_won ||
           city_problem(city->world->problem, "%" PRIu64 " won could not be spent",
                        month->spent_won - city->progress.spent);
}

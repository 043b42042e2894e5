/* Refunds, cancellations, unpaid orders, gifts, remainders, customers' codes; and what was put off
   until its day. */
#include "app/city_mix.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)

/* One of so many. */
#define REFUND_OF      400 /* payments */
#define GIFT_OF        500
#define REMAINDER_OF   600
#define CODE_OF        20
#define CANCEL_OF      150 /* purchases */
#define VOID_OF        200
#define CANCEL_DAYS    7 /* "lot.age <= 7 days" */
#define GIFT_STEP_WON  UINT64_C(10000)
#define GIFT_MOST_WON  UINT64_C(100000)
#define GIFT_MONTH_WON UINT64_C(1000000)
#define GIFT_LOTS_MAX  4u
#define USED_PERCENT   60 /* "lot.used >= cash_from" */
#define RESERVE_LEAST  UINT64_C(2000000)
#define RESERVE_OF     200 /* what a month charges */

/* ---- beginning */
bool city_mix_start(city_t *city, const char *youth_program)
{
    city_mix_t *mix = calloc(1, sizeof *mix);
    if (mix == NULL) {
        return city_problem(city->world->problem, "out of memory");
    }
    city->mix = mix;
    mix->youth_program = youth_program;
    /* What stays in wallets at every month's end from here on, at the least. */
    uint64_t stays = city->data.opening_won;
    for (uint32_t i = 0; i < city->data.month_count; i++) {
        stays = stays + city->data.months[i].charged_won - city->data.months[i].spent_won;
        mix->slack[i] = stays;
    }
    for (uint32_t i = city->data.month_count; i > 1; i--) {
        if (mix->slack[i - 1] < mix->slack[i - 2]) {
            mix->slack[i - 2] = mix->slack[i - 1];
        }
    }
    return true;
}

bool city_mix_set_up(city_t *city)
{
    return city_open_account(city, "refund_reserve") && city_open_account(city, "youth");
}

bool city_mix_may_lose(const city_t *city, uint64_t won)
{
    const city_mix_t *mix = city->mix;
    return (mix->gone + mix->blocked + won) * 4 <= mix->slack[mix->month];
}

static bool fill_reserve(city_t *city, uint64_t least)
{
    city_mix_t *mix = city->mix;
    if (mix->reserve >= least) {
        return true;
    }
    const uint64_t missing = least - mix->reserve;
    mix->reserve = least;
    return city_fill_account(city, "refund_reserve", dure_amount(missing));
}

bool city_mix_month(city_t *city, uint32_t month)
{
    const uint64_t share = city->data.months[month].charged_won / RESERVE_OF;
    city->mix->month = month;
    return fill_reserve(city, share < RESERVE_LEAST ? RESERVE_LEAST : share);
}

/* ---- what is put off */
bool city_mix_put_off(city_t *city, uint64_t halves, const city_event_t *event)
{
    DURE_ASSERT(halves > 0 && halves < CITY_MIX_HALVES);
    city_events_t *events = &city->mix->events[(city->mix->half + halves) % CITY_MIX_HALVES];
    if (events->count == events->capacity) {
        const uint32_t capacity = events->capacity * 2 + 8;
        city_event_t *items = realloc(events->items, capacity * sizeof *items);
        if (items == NULL) {
            return city_problem(city->world->problem, "out of memory for what is put off");
        }
        events->items = items;
        events->capacity = capacity;
    }
    events->items[events->count++] = *event;
    return true;
}

dure_tx_t city_mix_tx(const city_t *city, uint64_t party, uint64_t *next_number,
                      const dure_body_t *body)
{
    return (dure_tx_t){.version = 1,
                       .id = {party, 0, (*next_number)++},
                       .valid_until = city->world->now + HOUR_MS,
                       .body = *body};
}

/* ---- refunds */
/* Most on the same day, some within a week, some a month later. */
static uint64_t draw_delay(city_t *city)
{
    const uint64_t kind = city_random_below(&city->random, 100);
    if (kind < 60) {
        return 1;
    }
    return kind < 85 ? 2 + city_random_below(&city->random, 14)
                     : 16 + city_random_below(&city->random, 64);
}

static bool plan_refund(city_t *city, const city_holder_t *payer, const city_shop_t *shop,
                        const dure_tx_id_t *payment, uint64_t won, const city_taken_t *taken)
{
    city_event_t event = {.kind = CITY_EVENT_REFUND,
                          .citizen = (uint32_t)(payer - city->citizens.items),
                          .shop = (uint32_t)(shop - city->shops),
                          .sum = won,
                          .payment = *payment,
                          .taken = *taken};
    if (city_random_below(&city->random, 10) < 3 && won >= 2000) {
        event.sum = (1 + city_random_below(&city->random, won / 1000)) * 500;
    }
    return city_mix_put_off(city, draw_delay(city), &event);
}

static uint64_t taken_won(const city_taken_t *taken)
{
    uint64_t won = 0;
    for (uint32_t i = 0; i < taken->count && i < CITY_TAKEN_MAX; i++) {
        won += taken->lots[i].left;
    }
    return won;
}

/* The shop gives what it has; the reserve advances the rest, and the shop owes it. */
static bool give_back(city_t *city, city_shop_t *shop, uint64_t won)
{
    city_mix_t *mix = city->mix;
    uint64_t *balance = &shop->balances[CITY_GENERAL];
    const uint64_t returned = *balance < won ? *balance : won;
    const uint64_t advance = won - returned;
    if (advance > 0) {
        if (!fill_reserve(city, advance)) {
            return false;
        }
        mix->reserve -= advance;
        shop->owed += advance;
        mix->counts.refunds_advanced++;
        mix->counts.advanced_won += advance;
        city_bank_credit(city, CITY_GENERAL, "advance", "refund_reserve", dure_amount(advance));
    }
    *balance -= returned;
    city->totals.shops -= returned;
    return true;
}

void city_mix_repaid(city_t *city, uint64_t won)
{
    city->mix->reserve += won;
    city->mix->counts.repaid_won += won;
    city_bank_debit(city, CITY_GENERAL, "debt", "refund_reserve", dure_amount(won));
}

static bool refund(city_t *city, const city_event_t *event)
{
    city_holder_t *payer = &city->citizens.items[event->citizen];
    city_shop_t *shop = &city->shops[event->shop];
    if (payer->blocked || !city_lots_return(payer, &event->taken, event->sum)) {
        return true; /* they settle it in cash */
    }
    const dure_body_t body = {
        .kind = DURE_BODY_REFUND,
        .refund = {.payment = event->payment, .amount = dure_amount(event->sum)}};
    if (!give_back(city, shop, event->sum)) {
        return false;
    }
    const dure_tx_t tx = city_mix_tx(city, shop->party, &shop->next_number, &body);
    city->citizens.held += event->sum;
    city->progress.spent -= event->sum;
    city->totals.spent -= event->sum;
    city->mix->counts.refunds++;
    city->mix->counts.refunds_partial += event->sum < taken_won(&event->taken);
    return city_send(city, &tx, &shop->secret, DURE_RESULT_DONE);
}

/* ---- purchases given up */
bool city_mix_void(city_t *city, const city_holders_t *holders, city_holder_t *buyer, uint64_t face)
{
    if (holders->fund != CITY_GENERAL || city_random_below(&city->random, VOID_OF) != 0) {
        return true;
    }
    const dure_body_t order = {
        .kind = DURE_BODY_PURCHASE_ORDER,
        .purchase_order = {.fund = city_fund(city, holders->fund), .face = dure_amount(face)}};
    const dure_tx_t tx = city_mix_tx(city, buyer->party, &buyer->next_number, &order);
    const dure_body_t end = {.kind = DURE_BODY_PURCHASE_VOID, .purchase_void = {tx.id}};
    city->mix->counts.unpaid_orders++;
    return city_send(city, &tx, &buyer->secret, DURE_RESULT_DONE) &&
           city_send_bank(city, &end, DURE_RESULT_DONE);
}

bool city_mix_bought(city_t *city, city_holder_t *buyer, uint64_t face)
{
    if (city_random_below(&city->random, CANCEL_OF) != 0) {
        return true;
    }
    const city_event_t event = {.kind = CITY_EVENT_CANCEL,
                                .citizen = (uint32_t)(buyer - city->citizens.items),
                                .sum = face,
                                .lot = buyer->lot_next,
                                .bought = city->world->today};
    return city_mix_put_off(city, 2 * (1 + city_random_below(&city->random, CANCEL_DAYS)), &event);
}

/* What is left of a bought lot goes back: the price's part to the holder's bank, the rest to the
   budget. */
static bool give_up(city_t *city, city_holder_t *holder, const city_lot_t lot,
                    const dure_body_t *body)
{
    const dure_amount_t face = dure_amount(lot.face);
    const dure_amount_t paid = dure_amount_minus(face, dure_amount_rate(face, CITY_RATE_BP));
    const dure_amount_t price = dure_amount_part(paid, lot.left, lot.face);
    const dure_amount_t subsidy = dure_amount_minus(dure_amount(lot.left), price);
    const dure_tx_t tx = city_mix_tx(city, holder->party, &holder->next_number, body);
    const city_pending_payout_t payout = {
        .id = tx.id, .fund = CITY_GENERAL, .amount = price, .due = city->world->today};
    city_lot_remove(holder, lot.number);
    holder->balance -= lot.left;
    city->citizens.held -= lot.left;
    city->budget = dure_amount_plus(city->budget, subsidy);
    city_bank_debit(city, CITY_GENERAL, "subsidy_back", "budget", subsidy);
    return city_send(city, &tx, &holder->secret, DURE_RESULT_DONE) &&
           (dure_amount_is_zero(price) || city_payout_add(city, &payout));
}

static bool cancel(city_t *city, const city_event_t *event)
{
    city_holder_t *holder = &city->citizens.items[event->citizen];
    const city_lot_t *lot = city_lot_find(holder, event->lot);
    if (holder->blocked || lot == NULL || lot->face != event->sum || lot->left != lot->face) {
        return true; /* used: it cannot be cancelled any more */
    }
    const dure_date_t ordered = dure_day_to_date(event->bought);
    if (ordered.month == dure_day_to_date(city->world->today).month) {
        holder->bought_month -= lot->face;
    }
    city->progress.charged -= lot->face;
    city->progress.charged_general -= lot->face;
    city->mix->counts.cancels++;
    const dure_body_t body = {
        .kind = DURE_BODY_PURCHASE_CANCEL,
        .purchase_cancel = {.fund = city_fund(city, CITY_GENERAL), .lot = event->lot}};
    return give_up(city, holder, *lot, &body);
}

/* The first lot of which enough is used. */
static bool give_remainder(city_t *city, city_holder_t *holder)
{
    for (uint32_t i = 0; i < holder->lot_count; i++) {
        const city_lot_t lot = *city_lot_at(holder, i);
        const bool bought = lot.face != CITY_FACE_GIFTED && lot.face != CITY_FACE_UNKNOWN;
        if (!bought || (uint64_t)lot.left * 100 > (uint64_t)lot.face * (100 - USED_PERCENT) ||
            !city_mix_may_lose(city, lot.left)) {
            continue;
        }
        city->mix->gone += lot.left;
        city->mix->counts.remainders++;
        city->mix->counts.remainders_won += lot.left;
        const dure_body_t body = {
            .kind = DURE_BODY_REMAINDER,
            .remainder = {.fund = city_fund(city, CITY_GENERAL), .lot = lot.number}};
        return give_up(city, holder, lot, &body);
    }
    return true;
}

/* ---- gifts */
static city_holder_t *draw_receiver(city_t *city, const city_holder_t *giver, uint64_t won)
{
    city_holder_t *receiver =
        &city->citizens.items[city_random_below(&city->random, city->citizens.count)];
    const bool takes = receiver != giver && !receiver->blocked &&
                       receiver->lot_count + GIFT_LOTS_MAX <= CITY_LOTS_MAX &&
                       receiver->gifts_month + won <= GIFT_MONTH_WON;
    return takes ? receiver : NULL;
}

/* Whether the giver's lots, but those that were gifts, come to so much, and few of them. */
static bool can_give(city_holder_t *giver, uint64_t won)
{
    uint32_t lots = 0;
    for (uint32_t i = 0; i < giver->lot_count && won > 0 && lots < GIFT_LOTS_MAX; i++) {
        const city_lot_t *lot = city_lot_at(giver, i);
        if (lot->face != CITY_FACE_GIFTED) {
            won -= lot->left < won ? lot->left : won;
            lots++;
        }
    }
    return won == 0;
}

static void hand_over(city_holder_t *giver, city_holder_t *receiver, uint64_t won)
{
    giver->balance -= won;
    receiver->balance += won;
    receiver->gifts_month += (uint32_t)won;
    for (uint32_t i = 0; won > 0;) {
        city_lot_t *lot = city_lot_at(giver, i);
        if (lot->face == CITY_FACE_GIFTED) {
            i++;
            continue;
        }
        const uint32_t part = lot->left < won ? lot->left : (uint32_t)won;
        const bool issued = city_lot_issue(receiver, CITY_FACE_GIFTED, part, lot->end);
        DURE_ASSERT(issued);
        won -= part;
        lot->left -= part;
        lot->face = CITY_FACE_UNKNOWN;
        if (lot->left == 0) {
            city_lot_remove(giver, lot->number);
        }
    }
}

static bool gift(city_t *city, city_holder_t *giver)
{
    const uint64_t most = giver->balance < GIFT_MOST_WON ? giver->balance : GIFT_MOST_WON;
    const uint64_t steps = most / GIFT_STEP_WON;
    const uint64_t won =
        steps == 0 ? 0 : (1 + city_random_below(&city->random, steps)) * GIFT_STEP_WON;
    city_holder_t *receiver = won == 0 ? NULL : draw_receiver(city, giver, won);
    if (receiver == NULL || !can_give(giver, won)) {
        return true;
    }
    const dure_body_t body = {.kind = DURE_BODY_GIFT,
                              .gift = {.receiver = receiver->party,
                                       .amount = dure_amount(won),
                                       .funds_count = 1,
                                       .funds = {{city_fund(city, CITY_GENERAL)}}}};
    const dure_tx_t tx = city_mix_tx(city, giver->party, &giver->next_number, &body);
    hand_over(giver, receiver, won);
    city->mix->counts.gifts++;
    return city_send(city, &tx, &giver->secret, DURE_RESULT_DONE);
}

/* ---- customers' codes */
bool city_mix_collects(city_t *city, const city_holder_t *payer)
{
    /* A code cannot say which of several funds is to pay. */
    return payer->granted == 0 && city_random_below(&city->random, CODE_OF) == 0;
}

bool city_mix_collection(city_t *city, dure_tx_t *tx, city_holder_t *payer, city_shop_t *shop,
                         uint64_t won)
{
    dure_body_t body = {
        .kind = DURE_BODY_COLLECTION,
        .collection = {.mandate = {.payer = payer->party,
                                   .number = payer->next_number++,
                                   .amount_max = dure_amount((won / 50000 + 1) * 50000),
                                   .until = city->world->now + 180000},
                       .amount = dure_amount(won),
                       .channel = DURE_CHANNEL_QR_CUSTOMER}};
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_mandate_message(message, &city->world->chain_id, &body.collection.mandate);
    dure_public_key_t key;
    const bool known = city_key_known(&city->world->signers, &key, &payer->secret);
    dure_signature_t *signature = &body.collection.signature;
    if (!(known ? dure_sign_keyed(signature, &payer->secret, &key, message, sizeof message)
                : dure_sign(signature, &payer->secret, message, sizeof message))) {
        return city_problem(city->world->problem, "cannot sign a mandate");
    }
    *tx = city_mix_tx(city, shop->party, &shop->next_number, &body);
    city->mix->counts.collections++;
    return true;
}

/* ---- hooks */
bool city_mix_paid(city_t *city, city_holder_t *payer, const city_shop_t *shop,
                   const dure_tx_id_t *payment, uint64_t won, const city_taken_t *taken)
{
    /* One number decides, so that the mix costs little. */
    const uint64_t drawn = city_random_below(&city->random, REFUND_OF * GIFT_OF * REMAINDER_OF);
    if (drawn % REFUND_OF == 0 && !plan_refund(city, payer, shop, payment, won, taken)) {
        return false;
    }
    if (drawn / REFUND_OF % GIFT_OF == 0 && !gift(city, payer)) {
        return false;
    }
    return drawn / REFUND_OF / GIFT_OF != 0 || give_remainder(city, payer);
}

static bool happens(city_t *city, const city_event_t *event)
{
    switch (event->kind) {
    case CITY_EVENT_REFUND:
        return refund(city, event);
    case CITY_EVENT_CANCEL:
        return cancel(city, event);
    case CITY_EVENT_RECOVER:
        return city_mix_recover(city, event);
    case CITY_EVENT_ESTATE:
        return city_mix_estate(city, event);
    }
    return false;
}

static bool events_of(city_t *city, uint64_t half)
{
    city->mix->half = half;
    city_events_t *events = &city->mix->events[half % CITY_MIX_HALVES];
    /* A refund proves its payment, which must have been decided. */
    if (events->count > 0 && !city_settle(city->world)) {
        return false;
    }
    for (uint32_t i = 0; i < events->count; i++) {
        if (!happens(city, &events->items[i])) {
            return false;
        }
    }
    events->count = 0;
    return true;
}

bool city_mix_morning(city_t *city)
{
    return events_of(city, 2 * (uint64_t)city->world->today) && city_mix_life(city) &&
           city_mix_youth(city);
}

bool city_mix_evening(city_t *city)
{
    return events_of(city, 2 * (uint64_t)city->world->today + 1);
}

/* What happens beside buying, paying and cashing out: shops give money back, people change their
   minds, give presents, show their own code.  The month's figures stay exact: what is cancelled is
   sold again in the same month, what is refunded is spent again on the same day. */
#include "app/city.h"

#include <stdlib.h>
#include <string.h>

#define HOUR_MS UINT64_C(3600000)

/* One in so many. */
#define CANCEL_ONE_IN     150u  /* of purchases: changed his mind within the week */
#define VOID_ONE_IN       500u  /* of purchases: ordered, and never paid at the bank */
#define REFUND_ONE_IN     200u  /* of payments */
#define GIFT_ONE_IN       1000u /* of payments: somebody also gives a present */
#define COLLECTION_ONE_IN 40u   /* of payments: the shop scans the customer's code */

#define CANCEL_DAYS_MOST 6u /* the program allows 7 */
#define REFUND_DAYS_MOST 30u
#define GIFT_MOST_WON    100000u
#define GIFT_LEAST_WON   5000u
#define GIFT_LIMIT_WON   1000000u /* the program's, received in a month */
#define RESERVE_DEPOSIT  UINT64_C(10000000)
#define LOTS_ROOM        24u /* purchases and presents stop here: refunds may need places */

static bool one_in(city_t *city, uint32_t many)
{
    return city_random_below(&city->random, many) == 0;
}

/* Room for one more item of a growing list. */
static bool grow(city_t *city, void **items, uint64_t count, uint64_t *capacity, size_t size)
{
    if (count < *capacity) {
        return true;
    }
    uint64_t more = *capacity == 0 ? 256 : *capacity * 2;
    void *grown = realloc(*items, more * size);
    if (grown == NULL) {
        return city_problem(city->world->problem, "out of memory for what is to come");
    }
    *items = grown;
    *capacity = more;
    return true;
}

/* ---- wallets */

bool city_wallet_has_room(const city_holder_t *holder)
{
    return holder->lot_count < LOTS_ROOM;
}

void city_wallet_add(city_holder_t *holder, uint64_t won)
{
    DURE_ASSERT(holder->lot_count < CITY_LOTS_MAX);
    uint8_t slot = (uint8_t)((holder->lot_first + holder->lot_count) % CITY_LOTS_MAX);
    holder->lots[slot] = (uint32_t)won;
    holder->lot_count++;
    holder->balance += won;
}

/* What comes back stands before all others, as a lot of its own: that is never fewer lots than the
   ledger has, which may add it to one that still stands. */
static void wallet_return(city_holder_t *holder, uint64_t won)
{
    holder->balance += won;
    if (holder->lot_count == CITY_LOTS_MAX) {
        holder->lots[holder->lot_first] += (uint32_t)won;
        return;
    }
    holder->lot_first = (uint8_t)((holder->lot_first + CITY_LOTS_MAX - 1) % CITY_LOTS_MAX);
    holder->lots[holder->lot_first] = (uint32_t)won;
    holder->lot_count++;
}

void city_wallet_take(city_holder_t *holder, uint64_t won)
{
    holder->balance -= won;
    while (won > 0) {
        uint32_t *lot = &holder->lots[holder->lot_first];
        uint64_t part = *lot < won ? *lot : won;
        *lot -= (uint32_t)part;
        won -= part;
        if (*lot == 0) {
            holder->lot_first = (uint8_t)((holder->lot_first + 1) % CITY_LOTS_MAX);
            holder->lot_count--;
        }
    }
}

/* ---- shops */

/* A shop that owes for a refund repays first, from whatever it receives. */
void city_shop_receives(city_t *city, city_shop_t *shop, city_fund_t fund, uint64_t won)
{
    uint64_t repaid = shop->owed[fund] < won ? shop->owed[fund] : won;
    shop->owed[fund] -= repaid;
    shop->balances[fund] += won - repaid;
    city->totals.shops += won - repaid;
    city->mix.reserve += repaid;
    city_bank_debit(city, fund, "debt", "refund_reserve", dure_amount(repaid));
}

/* ---- orders that are never paid, purchases that are cancelled */

/* Somebody orders and does not pay; the bank says so. */
bool city_mix_order_void(city_t *city, const dure_tx_t *order, city_holder_t *buyer)
{
    if (!one_in(city, VOID_ONE_IN)) {
        return true;
    }
    dure_tx_t unpaid = *order;
    unpaid.id.number = buyer->next_number++;
    dure_body_t body = {.kind = DURE_BODY_PURCHASE_VOID, .purchase_void = {.order = unpaid.id}};
    city->mix.counts.voids++;
    return city_send(city, &unpaid, &buyer->secret, DURE_RESULT_DONE) &&
           city_send_bank(city, &body, DURE_RESULT_DONE);
}

bool city_mix_bought(city_t *city, city_holders_t *holders, city_holder_t *buyer, uint64_t face)
{
    city_mix_t *mix = &city->mix;
    buyer->lots_made++;
    if (holders != &city->citizens || buyer->lots_unsure || !one_in(city, CANCEL_ONE_IN)) {
        return true;
    }
    if (!grow(city, (void **)&mix->cancels, mix->cancel_count, &mix->cancel_capacity,
              sizeof *mix->cancels)) {
        return false;
    }
    dure_day_t days = 1 + (dure_day_t)city_random_below(&city->random, CANCEL_DAYS_MOST);
    mix->cancels[mix->cancel_count++] =
        (city_cancel_due_t){.holder = (uint32_t)(buyer - holders->items),
                            .lot = buyer->lots_made,
                            .face = (uint32_t)face,
                            .made = city->world->today,
                            .due = city->world->today + days};
    return true;
}

static bool cancel(city_t *city, city_holder_t *holder, const city_cancel_due_t *due)
{
    dure_amount_t face = dure_amount(due->face);
    dure_amount_t subsidy = dure_amount_rate(face, CITY_RATE_BP);
    dure_amount_t price = dure_amount_minus(face, subsidy);
    dure_tx_t tx = {
        .version = 1,
        .id = {holder->party, 0, holder->next_number++},
        .valid_until = city->world->now + HOUR_MS,
        .body = {.kind = DURE_BODY_PURCHASE_CANCEL,
                 .purchase_cancel = {.fund = city_fund(city, CITY_GENERAL), .lot = due->lot}}};
    DURE_ASSERT(city->payout_count < city->payout_capacity);
    city->payouts[city->payout_count++] = (city_pending_payout_t){
        .id = tx.id, .fund = CITY_GENERAL, .amount = price, .due = city->world->today + 1};
    city_bank_debit(city, CITY_GENERAL, "subsidy_back", "budget", subsidy);
    city->budget = dure_amount_plus(city->budget, subsidy);
    holder->lot_count--;
    holder->balance -= due->face;
    holder->bought_month -= due->face;
    city->citizens.held -= due->face;
    city->mix.counts.cancels++;
    return city_send(city, &tx, &holder->secret, DURE_RESULT_DONE);
}

/* True if the lot is the holder's last, whole, and of this month: what was cancelled can then be
   sold again in the month that it leaves. */
static bool may_cancel(const city_t *city, const city_holder_t *holder,
                       const city_cancel_due_t *due)
{
    uint8_t last =
        (uint8_t)((holder->lot_first + holder->lot_count + CITY_LOTS_MAX - 1) % CITY_LOTS_MAX);
    return !holder->lots_unsure && holder->lots_made == due->lot && holder->lot_count > 0 &&
           holder->lots[last] == due->face &&
           dure_day_to_date(due->made).month == dure_day_to_date(city->world->today).month;
}

bool city_mix_cancels(city_t *city, uint64_t *cancelled)
{
    city_mix_t *mix = &city->mix;
    uint64_t kept = 0;
    *cancelled = 0;
    for (uint64_t i = 0; i < mix->cancel_count; i++) {
        const city_cancel_due_t due = mix->cancels[i];
        city_holder_t *holder = &city->citizens.items[due.holder];
        if (due.due > city->world->today) {
            mix->cancels[kept++] = due;
        } else if (may_cancel(city, holder, &due)) {
            if (!cancel(city, holder, &due)) {
                return false;
            }
            *cancelled += due.face;
        }
    }
    mix->cancel_count = kept;
    return true;
}

/* ---- refunds */

/* A payment that one lot covered may come back, on a day of the next month or today. */
static bool plan_refund(city_t *city, const dure_tx_id_t *payment, uint32_t payer, uint32_t shop,
                        uint64_t won)
{
    city_mix_t *mix = &city->mix;
    if (!one_in(city, REFUND_ONE_IN)) {
        return true;
    }
    if (!grow(city, (void **)&mix->refunds, mix->refund_count, &mix->refund_capacity,
              sizeof *mix->refunds)) {
        return false;
    }
    bool is_part = won >= 2000 && city_random_below(&city->random, 10) < 3;
    bool is_today = city_random_below(&city->random, 10) < 4;
    dure_day_t days =
        is_today ? 0 : 1 + (dure_day_t)city_random_below(&city->random, REFUND_DAYS_MOST);
    mix->refunds[mix->refund_count++] =
        (city_refund_due_t){.payment = *payment,
                            .payer = payer,
                            .shop = shop,
                            .amount = (uint32_t)(is_part ? won / 200 * 100 : won),
                            .is_part = is_part,
                            .due = city->world->today + days};
    return true;
}

/* The treasury keeps enough in the account that advances refunds. */
static bool fill_reserve(city_t *city, uint64_t needed)
{
    city_mix_t *mix = &city->mix;
    if (needed <= mix->reserve) {
        return true;
    }
    uint64_t amount = needed - mix->reserve + RESERVE_DEPOSIT;
    mix->reserve += amount;
    return city_fill_account(city, "refund_reserve", dure_amount(amount));
}

static bool refund(city_t *city, const city_refund_due_t *due)
{
    city_shop_t *shop = &city->shops[due->shop];
    city_holder_t *payer = &city->citizens.items[due->payer];
    uint64_t has = shop->balances[CITY_GENERAL];
    uint64_t given = has < due->amount ? has : due->amount;
    uint64_t advanced = due->amount - given;
    dure_tx_t tx = {
        .version = 1,
        .id = {shop->party, 0, shop->next_number++},
        .valid_until = city->world->now + HOUR_MS,
        .body = {.kind = DURE_BODY_REFUND,
                 .refund = {.payment = due->payment, .amount = dure_amount(due->amount)}}};
    if (!fill_reserve(city, advanced) || !city_send(city, &tx, &shop->secret, DURE_RESULT_DONE)) {
        return false;
    }
    shop->balances[CITY_GENERAL] -= given;
    shop->owed[CITY_GENERAL] += advanced;
    city->totals.shops -= given;
    city->mix.reserve -= advanced;
    city_bank_credit(city, CITY_GENERAL, "advance", "refund_reserve", dure_amount(advanced));
    wallet_return(payer, due->amount);
    payer->lots_unsure = true;
    city->citizens.held += due->amount;
    city->mix.counts.refunds++;
    city->mix.counts.refunds_partial += due->is_part;
    city->mix.counts.refunds_advanced += advanced > 0;
    return true;
}

bool city_mix_refunds(city_t *city, uint64_t *refunded)
{
    city_mix_t *mix = &city->mix;
    uint64_t kept = 0;
    *refunded = 0;
    for (uint64_t i = 0; i < mix->refund_count; i++) {
        const city_refund_due_t due = mix->refunds[i];
        if (due.due > city->world->today) {
            mix->refunds[kept++] = due;
            continue;
        }
        if (!refund(city, &due)) {
            return false;
        }
        *refunded += due.amount;
    }
    mix->refund_count = kept;
    return true;
}

/* ---- presents */

/* From one lot, to somebody who may still receive. */
static bool give(city_t *city, city_holder_t *giver)
{
    city_holders_t *people = &city->citizens;
    city_holder_t *receiver = &people->items[city_random_below(&city->random, people->count)];
    uint64_t most = giver->lot_count > 0 ? giver->lots[giver->lot_first] : 0;
    uint64_t won =
        GIFT_LEAST_WON * (1 + city_random_below(&city->random, GIFT_MOST_WON / GIFT_LEAST_WON));
    won = won > most ? most : won;
    if (won < GIFT_LEAST_WON || receiver == giver || giver->has_gifts ||
        !city_wallet_has_room(receiver) || receiver->gifts_month + won > GIFT_LIMIT_WON) {
        return true;
    }
    dure_tx_t tx = {.version = 1,
                    .id = {giver->party, 0, giver->next_number++},
                    .valid_until = city->world->now + HOUR_MS,
                    .body = {.kind = DURE_BODY_GIFT,
                             .gift = {.receiver = receiver->party,
                                      .amount = dure_amount(won),
                                      .funds_count = 1,
                                      .funds = {{city_fund(city, CITY_GENERAL)}}}}};
    city_wallet_take(giver, won);
    city_wallet_add(receiver, won);
    receiver->gifts_month += (uint32_t)won;
    receiver->has_gifts = true;
    receiver->lots_unsure = true;
    city->mix.counts.gifts++;
    return city_send(city, &tx, &giver->secret, DURE_RESULT_DONE);
}

/* ---- the customer's code */

bool city_mix_shows_code(city_t *city, const city_holder_t *payer)
{
    return payer->youth == 0 && one_in(city, COLLECTION_ONE_IN);
}

/* The payer signs a promise on the phone; the shop scans it and collects. */
bool city_mix_collection(city_t *city, city_holder_t *payer, city_shop_t *shop, uint64_t won)
{
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_tx_t tx = {
        .version = 1,
        .id = {shop->party, 0, shop->next_number++},
        .valid_until = city->world->now + HOUR_MS,
        .body = {.kind = DURE_BODY_COLLECTION,
                 .collection = {.amount = dure_amount(won), .channel = DURE_CHANNEL_QR_CUSTOMER}}};
    dure_collection_t *collection = &tx.body.collection;
    collection->mandate = (dure_mandate_t){.payer = payer->party,
                                           .number = payer->next_number++,
                                           .amount_max = dure_amount(won + 10000),
                                           .until = city->world->now + HOUR_MS};
    dure_mandate_message(message, &city->world->chain_id, &collection->mandate);
    if (!dure_sign(&collection->signature, &payer->secret, message, sizeof message)) {
        return city_problem(city->world->problem, "cannot sign a mandate");
    }
    city->mix.counts.collections++;
    return city_send(city, &tx, &shop->secret, DURE_RESULT_DONE);
}

bool city_mix_paid(city_t *city, city_holder_t *payer, const city_shop_t *shop,
                   const dure_tx_id_t *payment, uint64_t won, bool from_one_lot)
{
    uint32_t payer_index = (uint32_t)(payer - city->citizens.items);
    uint32_t shop_index = (uint32_t)(shop - city->shops);
    if (from_one_lot && !plan_refund(city, payment, payer_index, shop_index, won)) {
        return false;
    }
    return !one_in(city, GIFT_ONE_IN) || give(city, payer);
}

/* ---- the month */

void city_mix_month_begins(city_t *city)
{
    for (uint64_t i = 0; i < city->citizens.count; i++) {
        city->citizens.items[i].gifts_month = 0;
    }
}

void city_mix_end(city_t *city)
{
    free(city->mix.refunds);
    free(city->mix.cancels);
    free(city->mix.youths);
}

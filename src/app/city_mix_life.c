/* What befalls people and shops: lost phones and new keys, deaths and heirs, rechecks. */
#include "app/city_mix.h"

/* A year, of a thousand. */
#define LOSSES_YEAR   20
#define DEATHS_YEAR   6
#define RECHECKS_YEAR 100 /* of shops */

#define DAY_MILLIONTHS(year) ((uint64_t)(year)*1000 / 365)
#define FREEZE_DAYS          30
#define RECHECK_DAYS         7
#define DRAWS                20

static void block(city_t *city, city_holder_t *holder)
{
    holder->blocked = true;
    city->mix->blocked += holder->balance;
    city->citizens.held -= holder->balance;
}

static void unblock(city_t *city, city_holder_t *holder)
{
    holder->blocked = false;
    city->mix->blocked -= holder->balance;
    city->citizens.held += holder->balance;
}

/* Somebody whose money may be out of use for a while, or NULL. */
static city_holder_t *draw_citizen(city_t *city)
{
    for (int tries = 0; tries < DRAWS; tries++) {
        city_holder_t *holder =
            &city->citizens.items[city_random_below(&city->random, city->citizens.count)];
        if (!holder->blocked && holder->granted == 0 && city_mix_may_lose(city, holder->balance)) {
            return holder;
        }
    }
    return NULL;
}

static bool hold(city_t *city, city_service_t *by, const dure_hold_t *what)
{
    const dure_body_t body = {.kind = DURE_BODY_HOLD, .hold = *what};
    return city_send_as(city, by, &body, DURE_RESULT_DONE);
}

/* ---- lost phones */
/* The counter freezes; whoever found the phone tries it; a few days later there is a new key. */
static bool lose_phone(city_t *city)
{
    city_holder_t *holder = draw_citizen(city);
    const city_shop_t *shop = city_draw_shop(city, false);
    if (holder == NULL || shop == NULL) {
        return true;
    }
    const dure_hold_t what = {.subject = holder->party,
                              .what = DURE_HOLD_KIND_FREEZE,
                              .reason = DURE_HOLD_REASON_LOST_PHONE,
                              .until = city->world->today + FREEZE_DAYS};
    const city_event_t event = {.kind = CITY_EVENT_RECOVER,
                                .citizen = (uint32_t)(holder - city->citizens.items)};
    if (!hold(city, &city->registrar, &what)) {
        return false;
    }
    const dure_tx_t tried = city_payment_of(city, holder, shop, 1000);
    block(city, holder);
    city->mix->counts.lost_phones++;
    return city_send(city, &tried, &holder->secret, DURE_RESULT_PARTY_FROZEN) &&
           city_mix_put_off(city, 2 + 2 * city_random_below(&city->random, 5), &event);
}

bool city_mix_recover(city_t *city, const city_event_t *event)
{
    city_holder_t *holder = &city->citizens.items[event->citizen];
    dure_act_t act = {.kind = DURE_ACT_RECOVER, .recover = {.subject = holder->party}};
    holder->secret = city_derive_key(city, "recovered", city->mix->keys++);
    if (!dure_public_key_of(&act.recover.entry.key, &holder->secret)) {
        return city_problem(city->world->problem, "cannot make a key");
    }
    unblock(city, holder);
    city->mix->counts.recoveries++;
    return city_vote(city, &act);
}

/* ---- deaths */
static bool die(city_t *city)
{
    city_holder_t *holder = draw_citizen(city);
    if (holder == NULL) {
        return true;
    }
    const dure_hold_t what = {.subject = holder->party,
                              .what = DURE_HOLD_KIND_DEATH,
                              .reason = DURE_HOLD_REASON_DEATH,
                              .until = DURE_DAY_MAX};
    const city_event_t event = {.kind = CITY_EVENT_ESTATE,
                                .citizen = (uint32_t)(holder - city->citizens.items)};
    block(city, holder);
    holder->dead = true;
    city->mix->counts.deaths++;
    return hold(city, &city->registrar, &what) &&
           city_mix_put_off(city, 30 + city_random_below(&city->random, 60), &event);
}

/* The lot of the lowest number. */
static city_lot_t first_lot(city_holder_t *holder)
{
    city_lot_t first = *city_lot_at(holder, 0);
    for (uint32_t i = 1; i < holder->lot_count; i++) {
        const city_lot_t *lot = city_lot_at(holder, i);
        first = lot->number < first.number ? *lot : first;
    }
    return first;
}

/* All of it, lot by lot in the order of their numbers. */
static void inherit(city_t *city, city_holder_t *dead, city_holder_t *heir)
{
    city->mix->blocked -= dead->balance;
    city->citizens.held += dead->balance;
    heir->balance += dead->balance;
    dead->balance = 0;
    while (dead->lot_count > 0) {
        const city_lot_t lot = first_lot(dead);
        const bool issued = city_lot_issue(heir, lot.face, lot.left, lot.end);
        DURE_ASSERT(issued);
        city_lot_remove(dead, lot.number);
    }
}

bool city_mix_estate(city_t *city, const city_event_t *event)
{
    city_holder_t *dead = &city->citizens.items[event->citizen];
    for (int tries = 0; tries < 50; tries++) {
        city_holder_t *heir =
            &city->citizens.items[city_random_below(&city->random, city->citizens.count)];
        if (heir->blocked || heir->lot_count + dead->lot_count > CITY_LOTS_MAX) {
            continue;
        }
        const dure_act_t act = {.kind = DURE_ACT_ESTATE,
                                .estate = {.subject = dead->party, .heir = heir->party}};
        inherit(city, dead, heir);
        city->mix->counts.estates++;
        return city_vote(city, &act);
    }
    return true; /* nobody is found yet: it stays where it is */
}

/* ---- rechecks */
/* Half of what a shop has waits while its sales are looked at. */
static bool recheck(city_t *city)
{
    city_shop_t *shop = &city->shops[city_random_below(&city->random, city->shop_count)];
    const uint64_t won = shop->balances[CITY_GENERAL] / 2;
    if (won == 0 || city->world->today <= shop->held_until) {
        return true;
    }
    shop->held = won;
    shop->held_until = city->world->today + RECHECK_DAYS;
    city->mix->counts.rechecks++;
    const dure_hold_t what = {.subject = shop->party,
                              .what = DURE_HOLD_KIND_MONEY,
                              .reason = DURE_HOLD_REASON_RECHECK,
                              .fund = city_fund(city, CITY_GENERAL),
                              .amount = dure_amount(won),
                              .until = shop->held_until};
    return hold(city, &city->watch, &what);
}

/* So often as has become due since the last time. */
static bool repeat(city_t *city, uint64_t *due, uint64_t more, bool (*happens)(city_t *city))
{
    for (*due += more; *due >= 1000000; *due -= 1000000) {
        if (!happens(city)) {
            return false;
        }
    }
    return true;
}

bool city_mix_life(city_t *city)
{
    city_mix_t *mix = city->mix;
    const uint64_t people = city->citizens.count;
    return repeat(city, &mix->losses_due, people * DAY_MILLIONTHS(LOSSES_YEAR), lose_phone) &&
           repeat(city, &mix->deaths_due, people * DAY_MILLIONTHS(DEATHS_YEAR), die) &&
           repeat(city, &mix->rechecks_due, city->shop_count * DAY_MILLIONTHS(RECHECKS_YEAR),
                  recheck);
}

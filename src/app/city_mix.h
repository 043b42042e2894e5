/* What happens in a city beside buying, paying and cashing out.  Private header of city_mix*.c and
   city_play.c.

   The mix moves what was charged and spent: a cancellation takes off charged and a refund off spent
   when they happen, and the plan of the day sells and spends as much more. */
#ifndef DURE_APP_CITY_MIX_H
#define DURE_APP_CITY_MIX_H

#include "app/city.h"

/* Half days ahead that anything can be put off. */
#define CITY_MIX_HALVES 128u

typedef enum {
    CITY_EVENT_REFUND,
    CITY_EVENT_CANCEL,
    CITY_EVENT_RECOVER,
    CITY_EVENT_ESTATE
} city_event_kind_t;

typedef struct {
    city_event_kind_t kind;
    uint32_t citizen, shop; /* indexes */
    uint64_t sum;           /* won refunded; a cancelled lot's face */
    dure_tx_id_t payment;
    city_taken_t taken;
    uint16_t lot;
    dure_day_t bought; /* the day of a purchase that is to be cancelled */
} city_event_t;

typedef struct {
    city_event_t *items; /* owned */
    uint32_t count, capacity;
} city_events_t;

/* Who got a quarter of the youth dividend, and what is left of it. */
typedef struct {
    uint32_t citizen, left;
    bool forgetful; /* does not spend all of it in time */
} city_youth_t;

typedef struct {
    dure_day_t end;      /* last day; 0: swept, or not granted */
    city_youth_t *items; /* owned; ascending by party */
    uint32_t count;
} city_quarter_t;

/* What happened, for the summary. */
typedef struct {
    uint64_t refunds, refunds_partial, refunds_advanced, advanced_won, repaid_won, cancels,
        unpaid_orders;
    uint64_t gifts, remainders, remainders_won, collections;
    uint64_t lost_phones, recoveries, deaths, estates, rechecks;
    uint64_t grants, grants_rows, grants_refused, youth_payments, lapses;
} city_mix_counts_t;

struct city_mix {
    city_mix_counts_t counts;
    uint64_t half; /* the present half day */
    city_events_t events[CITY_MIX_HALVES];
    uint64_t reserve;                /* won in the refund reserve */
    uint64_t slack[CITY_MONTHS_MAX]; /* won that will stay in wallets, from a month on */
    uint32_t month;
    uint64_t gone, blocked; /* won out of wallets for good; in those of who can do nothing */
    uint64_t losses_due, deaths_due, rechecks_due; /* in millionths */
    const char *youth_program;                     /* file, or NULL */
    city_quarter_t quarters[CITY_YOUTH_MAX];
    uint32_t quarter_count;
    uint64_t listed; /* shops looked at for the list of youth shops */
    uint64_t keys;   /* made for recovered phones */
};

/* city_mix_start: after the people, before the genesis; set_up: the accounts, after the city's. */
DURE_MUST_USE bool city_mix_start(city_t *city, const char *youth_program);
DURE_MUST_USE bool city_mix_set_up(city_t *city);

/* ---- hooks of the play */
DURE_MUST_USE bool city_mix_month(city_t *city, uint32_t month);
DURE_MUST_USE bool city_mix_morning(city_t *city);
DURE_MUST_USE bool city_mix_evening(city_t *city);
/* Before a purchase: sometimes an order that is never paid. */
DURE_MUST_USE bool city_mix_void(city_t *city, const city_holders_t *holders, city_holder_t *buyer,
                                 uint64_t face);
DURE_MUST_USE bool city_mix_bought(city_t *city, city_holder_t *buyer, uint64_t face);
DURE_MUST_USE bool city_mix_paid(city_t *city, city_holder_t *payer, const city_shop_t *shop,
                                 const dure_tx_id_t *payment, uint64_t won,
                                 const city_taken_t *taken);
/* Whether this payer shows a code, and the collection by which the shop takes the payment. */
bool city_mix_collects(city_t *city, const city_holder_t *payer);
DURE_MUST_USE bool city_mix_collection(city_t *city, dure_tx_t *tx, city_holder_t *payer,
                                       city_shop_t *shop, uint64_t won);
/* A shop's debt went back to the reserve. */
void city_mix_repaid(city_t *city, uint64_t won);

/* ---- between the files of the mix */
DURE_MUST_USE bool city_mix_put_off(city_t *city, uint64_t halves, const city_event_t *event);
/* Whether so much may leave what is spent, so that every month can still be played. */
bool city_mix_may_lose(const city_t *city, uint64_t won);
dure_tx_t city_mix_tx(const city_t *city, uint64_t party, uint64_t *next_number,
                      const dure_body_t *body);
/* city_mix_life.c, city_mix_youth.c */
DURE_MUST_USE bool city_mix_life(city_t *city);
DURE_MUST_USE bool city_mix_recover(city_t *city, const city_event_t *event);
DURE_MUST_USE bool city_mix_estate(city_t *city, const city_event_t *event);
DURE_MUST_USE bool city_mix_youth(city_t *city);

#endif

/* dure-city: plays a city on a real node from real data.  Private header of src/app/city_*.c.

   The player knows only what the outside knows: it signs for its citizens, shops, officers and for
   the sandbox bank, sends the bytes to the node, and compares every answer with the one it expects.
 */
#ifndef DURE_APP_CITY_H
#define DURE_APP_CITY_H

#include <pthread.h>
#include <stdio.h>

#include "api/dure_client.h"
#include "codec/dure_codec.h"

#define CITY_MONTHS_MAX   64u
#define CITY_PROBLEM_SIZE 512u
#define CITY_NAME_SIZE    64u

/* city_problem: keeps a sentence about what went wrong, cut to its size; returns false. */
__attribute__((format(printf, 2, 3))) bool city_problem(char problem[CITY_PROBLEM_SIZE],
                                                        const char *format, ...);

/* ---- numbers from a seed
 * ---------------------------------------------------------------------------- */
typedef struct {
    uint64_t state;
} city_random_t;

uint64_t city_random_next(city_random_t *random);
/* In [0, bound); bound >= 1. */
uint64_t city_random_below(city_random_t *random, uint64_t bound);
/* In [0, 1). */
double city_random_unit(city_random_t *random);
/* Log-normal with the given mean and spread. */
double city_random_lognormal(city_random_t *random, double mean, double sigma);

/* ---- real data
 * --------------------------------------------------------------------------------------- */
typedef struct {
    int32_t year, month;
    uint64_t registered;             /* people */
    uint64_t cards;                  /* issued to nobody by name */
    uint64_t charged_won, spent_won; /* scaled: floor(real x fraction) */
} city_month_t;

typedef struct {
    char city[CITY_NAME_SIZE];
    uint32_t region;
    uint64_t fraction_numerator, fraction_denominator;
    uint32_t month_count;
    city_month_t months[CITY_MONTHS_MAX];
    uint64_t opening_won; /* by which spent is ahead of charged at most, at any month's end */
    uint64_t held_most_won;
    uint64_t category_weights[64]; /* won spent, by category number of the vocabulary */
    uint64_t age_weights[10];      /* uses, by decade of age: [1] = 10..19 */
} city_data_t;

/* city_data_read: false with a sentence in problem.  `folder` holds the CSV files. */
DURE_MUST_USE bool city_data_read(city_data_t *data, const char *folder, const char *city,
                                  const char *fraction, char problem[CITY_PROBLEM_SIZE]);

/* city_data_names: every city of the months' file, in its order. */
DURE_MUST_USE bool city_data_names(char names[DURE_CITIES_MAX][CITY_NAME_SIZE], uint32_t *count,
                                   const char *folder, char problem[CITY_PROBLEM_SIZE]);

/* ---- people and shops
 * --------------------------------------------------------------------------------- */
#define CITY_LOTS_MAX 30u /* kept below the ledger's 32 */

/* The funds of a city.  Fund numbers are of the chain: city_fund. */
#define CITY_YOUTH_MAX 6u /* quarters of the youth dividend, each a fund of its own */
typedef enum {
    CITY_GENERAL,
    CITY_PAPER,
    CITY_YOUTH, /* the first of them */
    CITY_FUNDS = CITY_YOUTH + CITY_YOUTH_MAX
} city_fund_t;

/* A lot in a wallet, as the ledger must have it. */
#define CITY_FACE_GIFTED  UINT32_MAX
#define CITY_FACE_UNKNOWN 0u /* a part of it was given away */
typedef struct {
    uint32_t left, face;
    uint16_t number;
    uint16_t end; /* its last day */
} city_lot_t;

/* What a payment took, from the first lot to the last. */
#define CITY_TAKEN_MAX 4u
typedef struct {
    city_lot_t lots[CITY_TAKEN_MAX]; /* `left`: what was taken of it */
    uint32_t count;                  /* CITY_TAKEN_MAX + 1: there were more */
} city_taken_t;

/* Whoever buys and pays. */
typedef struct {
    uint64_t party;
    uint64_t next_number;
    uint64_t balance;               /* won of the fund it buys, as the ledger must have it */
    uint64_t bought_month;          /* won ordered in the present month */
    uint32_t gifts_month;           /* won received as gifts in the present month */
    uint32_t granted;               /* won of youth funds in the wallet */
    city_lot_t lots[CITY_LOTS_MAX]; /* a ring, in the order in which they are spent */
    uint8_t lot_first, lot_count;
    uint16_t lot_next; /* the next lot's number, less 1 */
    uint16_t birth_year;
    bool blocked; /* its phone is lost, or it died: it can do nothing */
    bool dead;
    dure_secret_key_t secret;
} city_holder_t;

/* All who buy one fund's money. */
typedef struct {
    city_fund_t fund;
    city_holder_t *items;
    uint64_t count, capacity;
    uint64_t held; /* won in their wallets */
} city_holders_t;

typedef struct {
    uint64_t party;
    uint64_t next_number;
    uint64_t balances[CITY_FUNDS];
    uint64_t owed; /* of general money, to the refund reserve */
    uint64_t held; /* of general money, until held_until, for a recheck */
    dure_day_t held_until;
    uint64_t owner; /* index of a citizen + 1, or 0 */
    uint16_t category;
    bool risky;   /* its payouts are held three days */
    bool refused; /* no citizen can pay here: too large, or of an excluded kind */
    bool youth;   /* on the list of shops that take the youth dividend */
    dure_secret_key_t secret;
} city_shop_t;

typedef struct {
    dure_secret_key_t secret;
    uint64_t party;
    uint64_t next_number;
} city_service_t;

/* ---- the sandbox bank
   ---------------------------------------------------------------------------------- Keeps its own
   book of the escrow accounts from what happens at the bank, and writes the statement file: one
   for the chain, with an account for each fund. */
typedef struct {
    FILE *file;
    uint64_t entries;
} city_book_t;

/* What the bank has of one city. */
typedef struct {
    dure_amount_t balances[CITY_FUNDS];
    dure_day_t entry_day;
    uint32_t entry_next;                     /* number of the next entry of entry_day */
    dure_amount_t subsidies_day[CITY_FUNDS]; /* moved from the budget today, booked as one entry */
} city_bank_t;

DURE_MUST_USE bool city_book_open(city_book_t *book, const char *path);
bool city_book_close(city_book_t *book);

/* ---- the play
 * ------------------------------------------------------------------------------------------- */
typedef struct {
    uint64_t payments, refused, transactions;
    uint64_t shops; /* won with shops */
    uint64_t spent; /* won, since the beginning */
} city_totals_t;

typedef struct city_pending_payout {
    dure_tx_id_t id;
    city_fund_t fund;
    dure_amount_t amount;
    dure_day_t due;
} city_pending_payout_t;

/* How far a month has come. */
typedef struct {
    uint32_t days;
    uint64_t registered, cards, charged, spent;
    uint64_t charged_general; /* of charged: by registered people */
    uint64_t general_won;     /* what they are to buy this month: all, or what they may */
    uint64_t due_today;       /* won still to be spent today */
    uint32_t register_weights[31], charge_weights[31], spend_weights[31];
} city_progress_t;

/* What the player expects of a transaction on its way. */
typedef struct {
    uint16_t code;
    uint8_t kind;
} city_expected_t;

#define CITY_BATCH_MAX 1024u
#define CITY_BATCHES   12u

/* Transactions that go to the node together. */
typedef struct city_batch {
    uint8_t *bytes; /* owned */
    size_t size;
    uint32_t count;
    uint32_t body_sizes[CITY_BATCH_MAX]; /* of what is signed */
    dure_bytes_t wires[CITY_BATCH_MAX];
    dure_secret_key_t signers[CITY_BATCH_MAX];
    dure_public_key_t keys[CITY_BATCH_MAX]; /* theirs */
    city_expected_t expected[CITY_BATCH_MAX];
    uint64_t flight; /* number of the ask */
    /* While it is signed; under the signers' lock. */
    const dure_hash_t *chain_id;
    struct city_batch *next;
    uint32_t taken, signed_count;
} city_batch_t;

/* Threads that sign. */
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t work, done;
    city_batch_t *first; /* the oldest with something to take */
    void *known;         /* owned: public keys by seed, of the thread that plays */
    size_t count, capacity;
} city_signers_t;

typedef struct city_world city_world_t;
typedef struct city_mix city_mix_t;

/* One city: its people, its shops, its funds and months, and its account at the bank. */
typedef struct {
    city_world_t *world;
    uint32_t index; /* of the world's cities */
    city_data_t data;
    city_random_t random;
    uint64_t seed;

    city_service_t registrar, bank_service, officers[2], watch;
    city_holders_t citizens, bearers;
    uint64_t parties_max; /* of the genesis, this city's share */
    city_shop_t *shops;
    uint64_t shop_count, shop_capacity;
    city_pending_payout_t *payouts;
    uint64_t payout_count, payout_capacity;
    dure_amount_t budget;   /* left in the budget account */
    uint64_t monthly_issue; /* won, the parameter of that name */
    city_bank_t bank;
    city_progress_t progress;
    city_totals_t totals;
    city_mix_t *mix; /* what happens beside buying, paying and cashing out */
} city_t;

/* What all cities share: the chain, its clock, the way to the node. */
struct city_world {
    city_t *cities;
    uint32_t city_count;
    uint64_t seed;
    int32_t first_month, month_count; /* year * 12 + month - 1; over all cities */
    dure_hash_t chain_id;
    dure_client_t *client;
    dure_zone_t zone;
    dure_time_t now;
    dure_day_t today;
    city_service_t clock;
    city_book_t book;

    /* Batches made, sent to the node and answered by it, each counted from 0: at most CITY_BATCHES
       between the first and the last. */
    city_batch_t batches[CITY_BATCHES];
    uint64_t made, sent, answered;
    city_signers_t signers;
    dure_answer_t answers[CITY_BATCH_MAX];

    uint64_t transactions, started_ns;
    uint64_t view_ns; /* when the view was drawn last */
    uint32_t view_lines;
    bool live;
    char problem[CITY_PROBLEM_SIZE];
};

#define CITY_RATE_BP 600u

/* The number that a city's fund has on the chain: 1 is the first city's general fund. */
uint64_t city_fund(const city_t *city, city_fund_t fund);

/* Every function below that can fail returns false and leaves a sentence in the world's problem. */

/* ---- city_send.c: how transactions leave */
DURE_MUST_USE bool city_world_start(city_world_t *world);
/* city_send: signs and queues a transaction; answers are compared with `code` as they come. */
DURE_MUST_USE bool city_send(city_t *city, const dure_tx_t *tx, const dure_secret_key_t *secret,
                             uint16_t code);
DURE_MUST_USE bool city_send_as(city_t *city, city_service_t *service, const dure_body_t *body,
                                uint16_t code);
/* As the bank's service, under the bank's own numbers. */
DURE_MUST_USE bool city_send_bank(city_t *city, const dure_body_t *body, uint16_t code);
/* Sends what is queued and waits for all answers. */
DURE_MUST_USE bool city_settle(city_world_t *world);
DURE_MUST_USE bool city_tick(city_world_t *world, dure_time_t time);

/* ---- city_sign.c */
DURE_MUST_USE bool city_signers_start(city_signers_t *signers);
void city_sign_begin(city_signers_t *signers, city_batch_t *batch, const dure_hash_t *chain_id);
bool city_is_signed(city_signers_t *signers, const city_batch_t *batch);
/* city_key_note: keeps somebody's public key, so that his signatures cost half; city_key_known
   gives it back.  Both are of the thread that plays. */
void city_key_note(city_signers_t *signers, const dure_secret_key_t *secret,
                   const dure_public_key_t *key);
bool city_key_known(const city_signers_t *signers, dure_public_key_t *key,
                    const dure_secret_key_t *secret);
/* Waits until all of it is signed, and helps. */
void city_sign_finish(city_signers_t *signers, const city_batch_t *batch);

/* ---- city_people.c: who there is */
DURE_MUST_USE bool city_people_start(city_t *city);
DURE_MUST_USE bool city_register_citizen(city_t *city);
DURE_MUST_USE bool city_register_shop(city_t *city);
/* A card or a book of paper that belongs to whoever has it. */
DURE_MUST_USE bool city_register_bearer(city_t *city);
dure_secret_key_t city_derive_key(const city_t *city, const char *label, uint64_t index);

/* ---- city_lots.c: what is in a wallet */
/* Spent after all of its last day or before.  False if there is no place. */
bool city_lot_add(city_holder_t *holder, city_lot_t lot);
/* A new one, with the holder's next number; false if there is no place. */
bool city_lot_issue(city_holder_t *holder, uint32_t face, uint32_t left, dure_day_t end);
/* The lot of this number, or NULL. */
city_lot_t *city_lot_find(city_holder_t *holder, uint16_t number);
city_lot_t *city_lot_at(city_holder_t *holder, uint32_t place);
void city_lot_remove(city_holder_t *holder, uint16_t number);
void city_lots_take(city_holder_t *holder, uint64_t won, city_taken_t *taken);
/* What a refund brings back; false, and nothing is changed, if only the ledger could tell how. */
bool city_lots_return(city_holder_t *holder, const city_taken_t *taken, uint64_t won);
/* The last day of a lot that is bought today. */
dure_day_t city_lot_end(const city_t *city);

/* ---- city_grant.c: an approved list, paid from a city account */
typedef struct {
    uint64_t party;
    dure_amount_t amount; /* 0: as the program says */
} city_row_t;
/* Rows ascending by party.  Votes on the list and carries it out; total is what all rows move. */
DURE_MUST_USE bool city_grant(city_t *city, city_fund_t fund, const char *account,
                              const city_row_t *rows, uint32_t count, dure_amount_t total);

/* ---- city_bank.c */
void city_bank_credit(city_t *city, city_fund_t fund, const char *kind, const char *reference,
                      dure_amount_t amount);
void city_bank_debit(city_t *city, city_fund_t fund, const char *kind, const char *reference,
                     dure_amount_t amount);

/* ---- city_found.c */
/* Genesis, keys/ and the file names that the dure command uses. */
DURE_MUST_USE bool city_found(city_world_t *world, const char *directory);
DURE_MUST_USE bool city_set_up(city_t *city, const char *const programs[CITY_FUNDS]);
/* Texts of one length, to be replaced wherever they stand in a program. */
typedef struct {
    char from[12], to[12];
} city_edit_t;

DURE_MUST_USE bool city_open_account(city_t *city, const char *name);
DURE_MUST_USE bool city_open_fund(city_t *city, city_fund_t which, const char *program,
                                  const city_edit_t *edits, size_t count);
/* Two officers: one proposes, the other approves. */
DURE_MUST_USE bool city_vote(city_t *city, const dure_act_t *act);
/* Key files for a person to try the commands with: the services', one citizen's, one shop's. */
DURE_MUST_USE bool city_write_keys(city_t *city, const char *directory,
                                   const city_holder_t *citizen, const city_shop_t *shop);
/* Raises the fund's monthly issue by vote, with its notice, before a month that needs more. */
DURE_MUST_USE bool city_raise_issue(city_t *city, uint64_t won);
/* The treasury fills one of the city's accounts. */
DURE_MUST_USE bool city_fill_account(city_t *city, const char *account, dure_amount_t amount);
/* ---- city_opening.c: what was in people's hands before the first month of the data */
DURE_MUST_USE bool city_grant_opening(city_t *city);

/* ---- what the mix needs of city_play.c */
/* A shop, the popular ones more often; NULL if there seems to be none. */
city_shop_t *city_draw_shop(city_t *city, bool refused);
dure_tx_t city_payment_of(city_t *city, city_holder_t *payer, const city_shop_t *shop,
                          uint64_t won);
/* A payment's amount, as people pay. */
uint64_t city_draw_payment(city_t *city);
/* A shop gets money, and repays what it owes. */
void city_shop_receive(city_t *city, city_shop_t *shop, city_fund_t fund, uint64_t won);
/* A payout that the bank has to make on that day. */
DURE_MUST_USE bool city_payout_add(city_t *city, const city_pending_payout_t *payout);

/* ---- city_play.c: a city's part of a day, in this order; the world moves the clock between */
DURE_MUST_USE bool city_month_begins(city_t *city, uint32_t month);
DURE_MUST_USE bool city_day_votes(city_t *city, uint32_t month, uint32_t day);
DURE_MUST_USE bool city_day_morning(city_t *city, uint32_t month, uint32_t day);
DURE_MUST_USE bool city_day_evening(city_t *city);
DURE_MUST_USE bool city_day_ends(city_t *city);
DURE_MUST_USE bool city_month_ends(city_t *city, uint32_t month);

/* ---- city_world.c: all cities through all months */
DURE_MUST_USE bool city_world_play(city_world_t *world);
/* Cities ascending by region code, as a genesis lists them; gives each its place. */
void city_world_sort(city_world_t *world);

/* ---- city_report.c: the audited months against the data, every figure to the won; writes the
   summary */
struct json_t;
DURE_MUST_USE bool city_report(city_world_t *world, const char *path, const struct json_t *audit,
                               double fraction, double seconds, uint64_t peak_rss_bytes);

/* ---- city_view.c */
void city_view_start(city_world_t *world);
void city_view_day(city_world_t *world);
void city_view_month(city_world_t *world, int32_t month);

uint64_t city_monotonic_ns(void);

#endif

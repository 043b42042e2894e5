/* dure verify: an auditor's own computation from the log, sharing with the node only the core that
   decides. Private header of src/app/verify*.c. */
#ifndef DURE_APP_VERIFY_H
#define DURE_APP_VERIFY_H

#include "chain/dure_chain.h"

/* `dure verify ...` and `dure verify-receipt ...`: argv[0] is the subcommand's name.  Return exit
   codes: 0 all holds, 1 something does not, 2 wrong usage, 3 the world failed. */
int dure_verify_command(int argc, char **argv);
int dure_verify_receipt_command(int argc, char **argv);

#define VERIFY_ACCOUNTS_MAX (DURE_CITIES_MAX * DURE_CITY_ACCOUNTS_MAX)
#define VERIFY_MONTHS_MAX   512u
#define VERIFY_TEXT_SIZE    512u
#define VERIFY_MOVES        (DURE_MOVE_LOTS_RECALLED + 1u)

/* What a move can change of a fund: the figures of its record, and what merchants owe. */
typedef enum {
    VERIFY_ISSUED,
    VERIFY_ORDERED,
    VERIFY_HELD_CITIZENS,
    VERIFY_HELD_MERCHANTS,
    VERIFY_PENDING,
    VERIFY_REDEEMED,
    VERIFY_REFUNDED,
    VERIFY_LAPSED,
    VERIFY_ESCROW,
    VERIFY_OWED,
    VERIFY_FIGURES
} verify_figure_t;

/* Which way a city account goes. */
typedef enum {
    VERIFY_ACCOUNT_NONE,
    VERIFY_ACCOUNT_DEPOSITED,
    VERIFY_ACCOUNT_RECEIVED,
    VERIFY_ACCOUNT_SPENT
} verify_account_way_t;

/* What a move does: the table of docs/formats/money.md.  The same in every transaction, but for
   share_taken: what a payout_result takes was pending. */
typedef struct {
    uint16_t plus, minus; /* sets of figures: bit 1 << verify_figure_t */
    uint8_t account;      /* verify_account_way_t */
} verify_meaning_t;
/* verify_meaning: of a move in a transaction of some kind; NULL if there is no such move. */
const verify_meaning_t *verify_meaning(uint8_t kind, uint8_t what);
const char *verify_figure_name(verify_figure_t figure);

/* What moved, added up from the effects alone: not the ledger's own totals. */
typedef struct {
    uint64_t fund;
    dure_amount_t figures[VERIFY_FIGURES]; /* as they stand now */
    dure_amount_t moved[VERIFY_MOVES];     /* all of each move so far */
    dure_amount_t rewarded;                /* of lot_issued: by payments, not by purchases */
} verify_fund_t;

typedef struct {
    uint32_t city;
    dure_name_t name;
    dure_amount_t deposited, received, spent;
} verify_account_t;

typedef struct {
    uint32_t month; /* year * 12 + month - 1, in the city's time */
    uint64_t registered;
    dure_amount_t charged, cancelled, spent, refunded;
} verify_month_t;

/* A month of one fund, or, of fund 0, of one city's registrations. */
typedef struct {
    uint32_t month, city;
    uint64_t fund;
    uint64_t registered, bearers;
    dure_amount_t charged, cancelled, spent, refunded, gifted, granted, lapsed;
} verify_part_t;

/* ---- verify_payouts.c: each is opened once and closed at most once, with one amount, of which a
   settled redemption's share never leaves by the bank */
typedef enum { VERIFY_PAYOUT_OPEN, VERIFY_PAYOUT_SETTLED, VERIFY_PAYOUT_REJECTED } verify_state_t;
typedef struct {
    dure_tx_id_t id;
    uint64_t fund;
    dure_amount_t amount; /* what became pending */
    dure_amount_t paid;   /* by the bank, if settled */
    uint8_t why;          /* as in its record */
    uint8_t state;        /* verify_state_t */
    bool found;           /* in the bank's statement, if settled; in the records, if open */
} verify_payout_t;

typedef struct {
    verify_payout_t *items; /* as they were opened */
    uint32_t *places;       /* by id: index + 1; 0 = free */
    size_t count, capacity, settled;
} verify_payouts_t;

void verify_payouts_free(verify_payouts_t *payouts);
/* NULL if nothing of this id was ever opened. */
verify_payout_t *verify_payouts_find(const verify_payouts_t *payouts, const dure_tx_id_t *id);
/* verify_payouts_move: a move of an accepted transaction; NULL, or what is wrong with it. */
const char *verify_payouts_move(verify_payouts_t *payouts, const dure_effect_t *effect,
                                const dure_effect_move_t *move, const dure_body_t *body);
/* verify_payouts_record: an open payout as the ledger keeps it; NULL, or what is wrong. */
const char *verify_payouts_record(verify_payouts_t *payouts, const dure_record_payout_t *record);
/* verify_payouts_end: when all records were given: one that is open and has no record, or NULL. */
const verify_payout_t *verify_payouts_end(const verify_payouts_t *payouts);

/* ---- verify_holders.c: what each party holds of each fund */
typedef struct {
    uint64_t party, fund;
    dure_amount_t held, owed;
    bool seen; /* in the records */
} verify_holder_t;

typedef struct {
    verify_holder_t *places; /* by party and fund; party 0 = free */
    size_t count, capacity;
} verify_holders_t;

void verify_holders_free(verify_holders_t *holders);
/* verify_holders_move: what a party gets and gives; NULL, or what is wrong. */
const char *verify_holders_move(verify_holders_t *holders, uint64_t party, uint64_t fund,
                                const verify_meaning_t *meaning, dure_amount_t amount);
/* verify_holders_rows: what each row of a batch gave or took; `sum` of all. */
const char *verify_holders_rows(verify_holders_t *holders, dure_amount_t *sum,
                                const dure_effect_t *effect, const dure_batch_rows_t *batch,
                                uint64_t fund, const verify_meaning_t *meaning);
/* verify_holders_record: the ledger's record of a party.  False with a sentence. */
DURE_MUST_USE bool verify_holders_record(verify_holders_t *holders,
                                         const dure_record_party_t *record,
                                         char problem[VERIFY_TEXT_SIZE]);
/* verify_holders_end: when all records were given: somebody who holds or owes and has no record. */
DURE_MUST_USE bool verify_holders_end(const verify_holders_t *holders,
                                      char problem[VERIFY_TEXT_SIZE]);

/* ---- verify_tally.c */
typedef struct {
    uint32_t fund_count, account_count, month_count;
    verify_fund_t funds[DURE_FUNDS_MAX];
    verify_account_t accounts[VERIFY_ACCOUNTS_MAX];
    verify_month_t months[VERIFY_MONTHS_MAX];
    verify_part_t *parts; /* owned; months ascending */
    size_t part_count, part_capacity;
    verify_payouts_t payouts;
    verify_holders_t holders;
    uint64_t transactions, accepted, refused, inadmissible, payments, registered, refunds;
} verify_tally_t;

void verify_tally_free(verify_tally_t *tally);
/* verify_tally_add: one effect of a block, of a signer of `city`.  False with a sentence: what it
   moved does not balance, or takes what is not there, or there is no memory. */
DURE_MUST_USE bool verify_tally_add(verify_tally_t *tally, const dure_effect_t *effect,
                                    const dure_body_t *body, uint32_t city, const dure_zone_t *zone,
                                    char problem[VERIFY_TEXT_SIZE]);
/* verify_tally_fund: the sums of a fund, all zero if it never moved. */
verify_fund_t verify_tally_fund(const verify_tally_t *tally, uint64_t fund);
/* verify_tally_compare: the ledger's record of a fund against the sums.  False with a sentence. */
DURE_MUST_USE bool verify_tally_compare(const verify_tally_t *tally,
                                        const dure_record_fund_t *record,
                                        char problem[VERIFY_TEXT_SIZE]);
/* verify_tally_account: the ledger's record of a city account.  False with a sentence. */
DURE_MUST_USE bool verify_tally_account(const verify_tally_t *tally,
                                        const dure_record_account_t *record,
                                        char problem[VERIFY_TEXT_SIZE]);

/* ---- verify_records.c */
/* verify_records: everything that the ledger's records say stands, against the sums.  False with a
   sentence. */
DURE_MUST_USE bool verify_records(verify_tally_t *tally, const dure_ledger_t *ledger,
                                  char problem[VERIFY_TEXT_SIZE]);

/* ---- verify_statement.c */
typedef struct {
    dure_amount_t balance; /* at the end of the statement, over all funds */
    uint64_t entries;
} verify_statement_t;

/* verify_statement_check: reads the bank's statement file: every entry adds up, the escrow of each
   fund in the tally ends at what the chain says, and every settled payout was paid exactly once
   with its amount. */
DURE_MUST_USE bool verify_statement_check(verify_statement_t *statement, const char *path,
                                          verify_tally_t *tally, char problem[VERIFY_TEXT_SIZE]);

#endif

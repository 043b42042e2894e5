/* dure verify: an auditor's own computation from the log, sharing with the node only the core that
   decides. Private header of src/app/verify*.c. */
#ifndef DURE_APP_VERIFY_H
#define DURE_APP_VERIFY_H

#include "chain/dure_chain.h"

/* `dure verify ...` and `dure verify-receipt ...`: argv[0] is the subcommand's name.  Return exit
   codes: 0 all holds, 1 something does not, 2 wrong usage, 3 the world failed. */
int dure_verify_command(int argc, char **argv);
int dure_verify_receipt_command(int argc, char **argv);

#define VERIFY_FUNDS_MAX  64u
#define VERIFY_MONTHS_MAX 512u
#define VERIFY_TEXT_SIZE  512u

/* What moved, added up from the effects alone: not the ledger's own totals. */
typedef struct {
    uint64_t fund;
    dure_amount_t issued, taken, cancelled;       /* lots */
    dure_amount_t received, cashed_out, returned; /* merchant money; returned: rejected payouts */
    dure_amount_t opened, settled, refunded;      /* payouts; settled: of redemptions */
    dure_amount_t price_in, subsidy_in, subsidy_out; /* escrow */
} verify_fund_t;

typedef struct {
    uint32_t month; /* year * 12 + month - 1, in the city's time */
    uint64_t registered;
    dure_amount_t charged, cancelled, spent;
} verify_month_t;

/* A settled payout, to be found once in the bank's statement. */
typedef struct {
    dure_tx_id_t id;
    uint64_t fund;
    dure_amount_t amount;
    bool found;
} verify_payout_t;

typedef struct {
    uint32_t fund_count, month_count;
    verify_fund_t funds[VERIFY_FUNDS_MAX];
    verify_month_t months[VERIFY_MONTHS_MAX];
    verify_payout_t *payouts; /* settled, in order */
    size_t payout_count, payout_capacity;
    uint64_t transactions, accepted, refused, inadmissible, payments, registered;
    uint64_t refunds; /* of payments; 0 until a transaction of that kind exists */
} verify_tally_t;

void verify_tally_free(verify_tally_t *tally);
/* verify_tally_add: one effect of a block.  False with a sentence: something impossible, or no
 * memory. */
DURE_MUST_USE bool verify_tally_add(verify_tally_t *tally, const dure_effect_t *effect,
                                    const dure_body_t *body, const dure_zone_t *zone,
                                    char problem[VERIFY_TEXT_SIZE]);
/* verify_tally_fund: the sums of a fund, all zero if it never moved. */
verify_fund_t verify_tally_fund(const verify_tally_t *tally, uint64_t fund);
/* verify_tally_compare: the ledger's record of a fund against the sums.  False with a sentence. */
DURE_MUST_USE bool verify_tally_compare(const verify_tally_t *tally,
                                        const dure_record_fund_t *record,
                                        char problem[VERIFY_TEXT_SIZE]);

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

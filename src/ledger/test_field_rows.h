/* What the files of rows share: see test_field_rows.c. */
#ifndef DURE_LEDGER_TEST_FIELD_ROWS_H
#define DURE_LEDGER_TEST_FIELD_ROWS_H

#include "ledger/test_field_run.h"

#define SIGNERS 10u
/* Where the struct of a kind starts, and the struct of an act. */
#define H HEADER
#define A (HEADER + 5u)

/* The number of a code in a table of narrow columns. */
enum { OK = 0, NP = 200, KW = 201, OC = 204, HA = 217, PC = 223, AB = 231, LU = 258 };

typedef struct {
    const char *name;
    uint8_t kind, act;
    uint64_t signer;
    void (*rows)(run_t *run);
    uint16_t who[SIGNERS];
} kind_case_t;

/* A case with the transaction to start from. */
typedef struct {
    kind_case_t of;
    dure_body_t (*base)(const run_t *run);
} based_case_t;

/* ANNA, BORA, SHOP, REGISTRAR, BANK, OFFICER_1, OFFICER_2, CLOCK, WATCH, FAR_ALL sign. */
extern const based_case_t hold_cases[];
extern const size_t hold_cases_count;
extern const based_case_t gift_cases[];
extern const size_t gift_cases_count;
extern const based_case_t batch_cases[];
extern const size_t batch_cases_count;

/* A key's scheme and bytes. */
void key_rows(run_t *run, size_t at);
/* The funds that a citizen's money may be of, where the transaction names FUND alone. */
void choice_rows(run_t *run, size_t at);
/* The number of a party that must be there. */
void subject_rows(run_t *run, const char *what, size_t at);
/* The head of a proposal, whatever its act. */
void propose_rows(run_t *run);

#endif

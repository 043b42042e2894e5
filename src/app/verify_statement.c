/* Reads the bank's statement, docs/formats/statement.md, and holds it against the chain. */
#include "app/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 8u

typedef struct {
    uint64_t entry, fund;
    dure_amount_t credit, debit, balance;
    const char *kind, *reference;
} entry_t;

static bool split(char *line, char *columns[COLUMNS])
{
    size_t count = 0;
    line[strcspn(line, "\r\n")] = 0;
    columns[count++] = line;
    for (char *at = line; *at != 0; at++) {
        if (*at == ',') {
            *at = 0;
            if (count == COLUMNS) {
                return false;
            }
            columns[count++] = at + 1;
        }
    }
    return count == COLUMNS;
}

static bool whole_number(uint64_t *out, const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size > 16 || strspn(text, "0123456789") != size) {
        return false;
    }
    *out = strtoull(text, NULL, 10);
    return true;
}

static bool amount(dure_amount_t *out, const char *text)
{
    uint64_t won = 0;
    if (!whole_number(&won, text) || !dure_amount_is_valid(won)) {
        return false;
    }
    *out = dure_amount(won);
    return true;
}

static bool parse(entry_t *entry, char *columns[COLUMNS])
{
    static const char prefix[] = "escrow:";
    entry->kind = columns[3];
    entry->reference = columns[4];
    return whole_number(&entry->entry, columns[0]) &&
           strncmp(columns[2], prefix, sizeof prefix - 1) == 0 &&
           whole_number(&entry->fund, columns[2] + sizeof prefix - 1) &&
           amount(&entry->credit, columns[5]) && amount(&entry->debit, columns[6]) &&
           amount(&entry->balance, columns[7]) &&
           dure_amount_is_zero(entry->credit) != dure_amount_is_zero(entry->debit);
}

/* The settled payout that a reference `party:lane:number` names, or NULL. */
static verify_payout_t *payout_of(const verify_tally_t *tally, const char *reference)
{
    dure_tx_id_t id = {0};
    unsigned lane = 0;
    int used = 0;
    if (sscanf(reference, "%" SCNu64 ":%u:%" SCNu64 "%n", &id.party, &lane, &id.number, &used) !=
            3 ||
        reference[used] != 0 || lane > UINT16_MAX) {
        return NULL;
    }
    id.lane = (uint16_t)lane;
    verify_payout_t *payout = verify_payouts_find(&tally->payouts, &id);
    return payout != NULL && payout->state == VERIFY_PAYOUT_SETTLED ? payout : NULL;
}

typedef struct {
    dure_amount_t balances[DURE_FUNDS_MAX]; /* by index of the tally's funds */
    uint64_t paid;                          /* payouts found */
    uint64_t entries;
} reading_t;

static const char *take_entry(reading_t *reading, verify_tally_t *tally, const entry_t *entry)
{
    uint32_t fund = 0;
    while (fund < tally->fund_count && tally->funds[fund].fund != entry->fund) {
        fund++;
    }
    if (fund == tally->fund_count) {
        return "it is about a fund that the chain does not know";
    }
    if (entry->entry != reading->entries + 1) {
        return "entries must be numbered 1, 2, 3...";
    }
    reading->entries++;
    dure_amount_t *balance = &reading->balances[fund];
    if (!dure_amount_add(balance, *balance, entry->credit)) {
        return "its sums are beyond what can be represented";
    }
    if (!dure_amount_sub(balance, *balance, entry->debit)) {
        return "it takes more than is in the account";
    }
    if (dure_amount_compare(*balance, entry->balance) != 0) {
        return "its balance does not follow from the entry before";
    }
    if (strcmp(entry->kind, "payout") == 0) {
        verify_payout_t *payout = payout_of(tally, entry->reference);
        if (payout == NULL) {
            return "it pays what the chain does not have as a settled payout";
        }
        if (payout->found) {
            return "it pays a payout for the second time";
        }
        if (dure_amount_compare(payout->paid, entry->debit) != 0 || payout->fund != entry->fund) {
            return "it pays another amount, or from another fund, than the chain's payout";
        }
        payout->found = true;
        reading->paid++;
    }
    return NULL;
}

static bool compare_ends(verify_statement_t *statement, const reading_t *reading,
                         const verify_tally_t *tally, char *problem)
{
    statement->entries = reading->entries;
    for (uint32_t i = 0; i < tally->fund_count; i++) {
        const verify_fund_t *fund = &tally->funds[i];
        /* What came in by the chain less what went out. */
        const dure_amount_t escrow = fund->figures[VERIFY_ESCROW];
        const bool summed =
            dure_amount_add(&statement->balance, statement->balance, reading->balances[i]);
        if (!summed || dure_amount_compare(escrow, reading->balances[i]) != 0) {
            snprintf(problem, VERIFY_TEXT_SIZE,
                     "fund %" PRIu64 ": the bank has %" PRIu64
                     " won in escrow, the chain adds up to %" PRIu64 " won",
                     fund->fund, reading->balances[i].won, escrow.won);
            return false;
        }
    }
    if (reading->paid != tally->payouts.settled) {
        snprintf(problem, VERIFY_TEXT_SIZE,
                 "the chain has %zu settled payouts, the bank's statement %" PRIu64,
                 tally->payouts.settled, reading->paid);
        return false;
    }
    return true;
}

bool verify_statement_check(verify_statement_t *statement, const char *path, verify_tally_t *tally,
                            char problem[VERIFY_TEXT_SIZE])
{
    *statement = (verify_statement_t){0};
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        snprintf(problem, VERIFY_TEXT_SIZE, "cannot read the bank's statement %s", path);
        return false;
    }
    reading_t reading = {0};
    char line[512];
    uint64_t number = 0;
    const char *wrong = NULL;
    while (wrong == NULL && fgets(line, sizeof line, file) != NULL) {
        char *columns[COLUMNS];
        entry_t entry;
        number++;
        if (number == 1) {
            continue; /* the heading */
        }
        if (!split(line, columns) || !parse(&entry, columns)) {
            wrong = "it is not entry,date,escrow:FUND,kind,reference,credit,debit,balance";
        } else {
            wrong = take_entry(&reading, tally, &entry);
        }
    }
    fclose(file);
    if (wrong != NULL) {
        snprintf(problem, VERIFY_TEXT_SIZE, "%s, line %" PRIu64 ": %s", path, number, wrong);
        return false;
    }
    return compare_ends(statement, &reading, tally, problem);
}

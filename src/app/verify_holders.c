/* What each party has of each fund, from the moves alone, and held against the parties' records. */
#include "app/verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#define HELD (1u << VERIFY_HELD_CITIZENS | 1u << VERIFY_HELD_MERCHANTS)
#define OWED (1u << VERIFY_OWED)

static const char no_memory[] = "there is not enough memory for all holders";

void verify_holders_free(verify_holders_t *holders)
{
    free(holders->places);
    *holders = (verify_holders_t){0};
}

static verify_holder_t *place_of(const verify_holders_t *holders, uint64_t party, uint64_t fund)
{
    const uint64_t mixed =
        party * UINT64_C(0x9e3779b97f4a7c15) ^ fund * UINT64_C(0xbf58476d1ce4e5b9);
    size_t at = (size_t)((mixed ^ mixed >> 29) % holders->capacity);
    while (holders->places[at].party != 0 &&
           (holders->places[at].party != party || holders->places[at].fund != fund)) {
        at = at + 1 == holders->capacity ? 0 : at + 1;
    }
    return &holders->places[at];
}

static bool grow(verify_holders_t *holders)
{
    verify_holders_t larger = {.count = holders->count,
                               .capacity = holders->capacity == 0 ? 4096 : holders->capacity * 2};
    larger.places = calloc(larger.capacity, sizeof *larger.places);
    if (larger.places == NULL) {
        return false;
    }
    for (size_t i = 0; i < holders->capacity; i++) {
        const verify_holder_t *holder = &holders->places[i];
        if (holder->party != 0) {
            *place_of(&larger, holder->party, holder->fund) = *holder;
        }
    }
    free(holders->places);
    *holders = larger;
    return true;
}

static verify_holder_t *holder_of(verify_holders_t *holders, uint64_t party, uint64_t fund)
{
    if (holders->count * 10 >= holders->capacity * 7 && !grow(holders)) {
        return NULL;
    }
    verify_holder_t *holder = place_of(holders, party, fund);
    if (holder->party == 0) {
        *holder = (verify_holder_t){.party = party, .fund = fund};
        holders->count++;
    }
    return holder;
}

static bool change(dure_amount_t *sum, unsigned set, const verify_meaning_t *meaning,
                   dure_amount_t amount)
{
    if ((meaning->plus & set) != 0) {
        return dure_amount_add(sum, *sum, amount);
    }
    return (meaning->minus & set) == 0 || dure_amount_sub(sum, *sum, amount);
}

const char *verify_holders_move(verify_holders_t *holders, uint64_t party, uint64_t fund,
                                const verify_meaning_t *meaning, dure_amount_t amount)
{
    if (((meaning->plus | meaning->minus) & (HELD | OWED)) == 0) {
        return NULL;
    }
    if (party == 0) {
        return "it moves somebody's money without saying whose";
    }
    verify_holder_t *holder = holder_of(holders, party, fund);
    if (holder == NULL) {
        return no_memory;
    }
    const bool changed = change(&holder->held, HELD, meaning, amount) &&
                         change(&holder->owed, OWED, meaning, amount);
    return changed ? NULL : "it takes more from somebody than there is";
}

const char *verify_holders_rows(verify_holders_t *holders, dure_amount_t *sum,
                                const dure_effect_t *effect, const dure_batch_rows_t *batch,
                                uint64_t fund, const verify_meaning_t *meaning)
{
    *sum = DURE_AMOUNT_ZERO;
    if (effect->kind != DURE_BODY_BATCH_ROWS || effect->rows.count != batch->rows.count) {
        return "it is about rows and has none, or not as many as were sent";
    }
    dure_reader_t results = dure_reader(effect->rows.bytes);
    dure_reader_t rows = dure_reader(batch->rows.bytes);
    for (uint16_t i = 0; i < effect->rows.count; i++) {
        dure_effect_row_t result;
        dure_batch_row_t row;
        dure_effect_row_decode(&results, &result);
        dure_batch_row_decode(&rows, &row);
        if (!dure_reader_ok(&results) || !dure_reader_ok(&rows)) {
            return "its rows cannot be decoded";
        }
        if (result.code != DURE_RESULT_DONE) {
            if (!dure_amount_is_zero(result.amount)) {
                return "a row was refused and moved money";
            }
            continue;
        }
        const char *why = verify_holders_move(holders, row.party, fund, meaning, result.amount);
        if (why != NULL) {
            return why;
        }
        if (!dure_amount_add(sum, *sum, result.amount)) {
            return "its sums are beyond what can be represented";
        }
    }
    return NULL;
}

/* ---- against the records --------------------------------------------------------------------- */

static bool record_compare(verify_holders_t *holders, const dure_record_party_t *record,
                           uint64_t fund, dure_amount_t held, dure_amount_t owed,
                           char problem[VERIFY_TEXT_SIZE])
{
    static const verify_holder_t nothing = {0};
    const verify_holder_t *log = &nothing;
    if (holders->capacity > 0) {
        verify_holder_t *found = place_of(holders, record->party, fund);
        found->seen = true;
        log = found;
    }
    if (dure_amount_compare(log->held, held) == 0 && dure_amount_compare(log->owed, owed) == 0) {
        return true;
    }
    const bool owes = dure_amount_compare(log->held, held) == 0;
    snprintf(problem, VERIFY_TEXT_SIZE,
             "party %" PRIu64 ", fund %" PRIu64 ": by all moves it %s %" PRIu64
             " won, by its record %" PRIu64 " won",
             record->party, fund, owes ? "owes" : "holds", (owes ? log->owed : log->held).won,
             (owes ? owed : held).won);
    return false;
}

/* Lots stand by fund: one sum a fund. */
static bool lots_compare(verify_holders_t *holders, const dure_record_party_t *record,
                         char problem[VERIFY_TEXT_SIZE])
{
    dure_reader_t reader = dure_reader(record->lots.bytes);
    uint64_t fund = 0;
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    for (uint16_t i = 0; i < record->lots.count; i++) {
        dure_lot_t lot;
        dure_lot_decode(&reader, &lot);
        if (lot.fund != fund && fund != 0 &&
            !record_compare(holders, record, fund, sum, DURE_AMOUNT_ZERO, problem)) {
            return false;
        }
        sum = lot.fund == fund ? sum : DURE_AMOUNT_ZERO;
        fund = lot.fund;
        if (!dure_reader_ok(&reader) || !dure_amount_add(&sum, sum, lot.left)) {
            snprintf(problem, VERIFY_TEXT_SIZE, "party %" PRIu64 ": its lots cannot be added up",
                     record->party);
            return false;
        }
    }
    return fund == 0 || record_compare(holders, record, fund, sum, DURE_AMOUNT_ZERO, problem);
}

bool verify_holders_record(verify_holders_t *holders, const dure_record_party_t *record,
                           char problem[VERIFY_TEXT_SIZE])
{
    for (uint16_t i = 0; i < record->balances_count; i++) {
        const dure_balance_t *balance = &record->balances[i];
        if (!record_compare(holders, record, balance->fund, balance->amount, balance->owed,
                            problem)) {
            return false;
        }
    }
    return lots_compare(holders, record, problem);
}

bool verify_holders_end(const verify_holders_t *holders, char problem[VERIFY_TEXT_SIZE])
{
    for (size_t i = 0; i < holders->capacity; i++) {
        const verify_holder_t *holder = &holders->places[i];
        if (holder->party != 0 && !holder->seen &&
            !(dure_amount_is_zero(holder->held) && dure_amount_is_zero(holder->owed))) {
            snprintf(problem, VERIFY_TEXT_SIZE,
                     "party %" PRIu64 ", fund %" PRIu64 ": by all moves it holds %" PRIu64
                     " won and owes %" PRIu64 " won, and it has no record of that",
                     holder->party, holder->fund, holder->held.won, holder->owed.won);
            return false;
        }
    }
    return true;
}

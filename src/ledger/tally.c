/* Counters, the only state that rules have; and the tally, what an event would add to them.

   A counter per party stands in the party's record, a city-wide one in the fund's.  One that all
   the issuer's funds share stands under fund 0: per party once, city-wide as each fund's own part,
   and is read as their sum. */
#include "ledger/ledger_private.h"

#include <string.h>

static bool mark_equal(const dure_mark_t *a, const dure_mark_t *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

static uint32_t *head_of(const dure_ledger_t *ledger, uint32_t party, uint32_t fund)
{
    return party == CELL_NONE ? &fund_at(ledger, fund)->counters
                              : &party_at(ledger, party)->counters;
}

static uint32_t find(const dure_ledger_t *ledger, uint32_t head, uint16_t under,
                     const dure_mark_t *identity)
{
    uint32_t at = head;
    while (at != CELL_NONE && (counter_at(ledger, at)->fund != under ||
                               !mark_equal(&counter_at(ledger, at)->identity, identity))) {
        at = counter_at(ledger, at)->next;
    }
    return at;
}

static uint32_t period_now(const dure_ledger_t *ledger, uint8_t period)
{
    return dure_period_of((dure_period_t)period, ledger->today);
}

/* What stands in one record. */
static uint64_t stored(const dure_ledger_t *ledger, const tally_entry_t *which, uint32_t fund)
{
    const uint32_t at =
        find(ledger, *head_of(ledger, which->party, fund), which->under, &which->identity);
    if (at == CELL_NONE || counter_at(ledger, at)->period != period_now(ledger, which->period)) {
        return 0;
    }
    return counter_at(ledger, at)->value;
}

static bool is_city_wide_shared(const tally_entry_t *which)
{
    return which->party == CELL_NONE && which->under == FUND_SHARED;
}

static uint64_t stored_everywhere(const dure_ledger_t *ledger, const tally_entry_t *which)
{
    if (!is_city_wide_shared(which)) {
        return stored(ledger, which, which->fund);
    }
    uint64_t sum = 0;
    for (uint32_t fund = 0; fund < ledger->state->pools[POOL_FUND].used; fund++) {
        if (fund_at(ledger, fund)->city == fund_at(ledger, which->fund)->city) {
            sum += stored(ledger, which, fund); /* each is at most an amount, so no wrap */
        }
    }
    return sum;
}

static bool same_counter(const tally_entry_t *a, const tally_entry_t *b)
{
    return a->party == b->party && a->under == b->under && mark_equal(&a->identity, &b->identity);
}

uint64_t ledger_counter_read(const dure_ledger_t *ledger, const tally_t *tally,
                             const tally_entry_t *which)
{
    uint64_t value = stored_everywhere(ledger, which);
    for (uint32_t i = 0; tally != NULL && i < tally->count; i++) {
        if (same_counter(&tally->entries[i], which)) {
            value += tally->entries[i].value;
        }
    }
    return value;
}

static uint64_t made_of(uint8_t made, const made_t *of)
{
    switch ((dure_made_t)made) {
    case DURE_MADE_COUNT:
        return of->event;
    case DURE_MADE_AMOUNT:
        return of->amount.won;
    case DURE_MADE_SUBSIDY:
        return of->subsidy.won;
    case DURE_MADE_REWARD:
        return of->reward.won;
    }
    return 0;
}

tally_entry_t ledger_counter_named(const dure_yak_counter_t *counter, uint8_t by,
                                   const question_t *question)
{
    tally_entry_t entry = {
        .party = by == DURE_COUNTER_CITY_WIDE ? CELL_NONE : question->roles[by],
        .fund = question->fund,
        .under = counter->shared ? FUND_SHARED : (uint16_t)question->fund,
        .period = counter->period,
    };
    memcpy(entry.identity.bytes, counter->identity, sizeof entry.identity.bytes);
    return entry;
}

static tally_entry_t *tally_entry(tally_t *tally, const tally_entry_t *which)
{
    for (uint32_t i = 0; i < tally->count; i++) {
        if (same_counter(&tally->entries[i], which) && tally->entries[i].fund == which->fund) {
            return &tally->entries[i];
        }
    }
    if (tally->count == TALLY_MAX) {
        return NULL;
    }
    tally->entries[tally->count] = *which;
    return &tally->entries[tally->count++];
}

dure_result_t ledger_tally_add(const dure_ledger_t *ledger, tally_t *tally,
                               const question_t *question, const dure_yak_decision_t *decision)
{
    const dure_yak_program_t *program = ledger_program(ledger, question->fund, question->version);
    const made_t made = {.event = true,
                         .amount = question->amount,
                         .subsidy = decision->subsidy,
                         .reward = decision->reward};
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const dure_yak_counter_t *counter = &program->counters[i];
        const uint8_t by = counter->by[question->verb];
        const uint64_t value = made_of(counter->made, &made);
        if (by == 0 || value == 0) {
            continue;
        }
        const tally_entry_t which = ledger_counter_named(counter, by, question);
        tally_entry_t *entry = tally_entry(tally, &which);
        if (entry == NULL) {
            return DURE_RESULT_TABLE_FULL;
        }
        if (!dure_amount_is_valid(ledger_counter_read(ledger, tally, &which) + value)) {
            return DURE_RESULT_AMOUNT_TOO_LARGE;
        }
        entry->value += value;
    }
    return DURE_RESULT_DONE;
}

/* How many counters this tally would add to the record that the entry belongs to. */
static uint32_t new_beside(const dure_ledger_t *ledger, const tally_t *tally,
                           const tally_entry_t *of)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < tally->count; i++) {
        const tally_entry_t *entry = &tally->entries[i];
        const bool same_record =
            entry->party == of->party && (of->party != CELL_NONE || entry->fund == of->fund);
        const uint32_t head = *head_of(ledger, entry->party, entry->fund);
        count += same_record && find(ledger, head, entry->under, &entry->identity) == CELL_NONE;
    }
    return count;
}

#define PARTY_COUNTERS_MAX 256u

dure_result_t ledger_tally_check(const dure_ledger_t *ledger, const tally_t *tally)
{
    if (ledger_room(ledger, POOL_COUNTER) < tally->count) {
        return DURE_RESULT_TABLE_FULL;
    }
    for (uint32_t i = 0; i < tally->count; i++) {
        const tally_entry_t *entry = &tally->entries[i];
        const uint32_t head = *head_of(ledger, entry->party, entry->fund);
        const uint32_t most =
            entry->party == CELL_NONE ? DURE_FUND_COUNTERS_MAX : PARTY_COUNTERS_MAX;
        if (ledger_list_count(ledger, POOL_COUNTER, head) + new_beside(ledger, tally, entry) >
            most) {
            return DURE_RESULT_TABLE_FULL;
        }
    }
    return DURE_RESULT_DONE;
}

static uint64_t under_number(const dure_ledger_t *ledger, uint16_t under)
{
    return under == FUND_SHARED ? 0 : fund_at(ledger, under)->number;
}

static bool before(const dure_ledger_t *ledger, const counter_t *a, const counter_t *b)
{
    const uint64_t fund_a = under_number(ledger, a->fund);
    const uint64_t fund_b = under_number(ledger, b->fund);
    return fund_a < fund_b ||
           (fund_a == fund_b && memcmp(&a->identity, &b->identity, sizeof a->identity) < 0);
}

void ledger_counter_insert(dure_ledger_t *ledger, uint32_t *head, const counter_t *counter)
{
    uint32_t previous = CELL_NONE;
    for (uint32_t at = *head; at != CELL_NONE && before(ledger, counter_at(ledger, at), counter);
         at = counter_at(ledger, at)->next) {
        previous = at;
    }
    const uint32_t cell = ledger_take(ledger, POOL_COUNTER);
    *counter_at(ledger, cell) = *counter;
    ledger_link(ledger, POOL_COUNTER, head, previous, cell);
}

static void owner_dirty(dure_ledger_t *ledger, uint32_t party, uint32_t fund)
{
    if (party == CELL_NONE) {
        ledger_dirty(ledger, DURE_TABLE_FUND, fund);
    } else {
        ledger_dirty(ledger, DURE_TABLE_PARTY, party);
    }
}

void ledger_tally_commit(dure_ledger_t *ledger, const tally_t *tally)
{
    for (uint32_t i = 0; i < tally->count; i++) {
        const tally_entry_t *entry = &tally->entries[i];
        if (entry->value == 0) {
            continue;
        }
        owner_dirty(ledger, entry->party, entry->fund);
        uint32_t *head = head_of(ledger, entry->party, entry->fund);
        const uint32_t at = find(ledger, *head, entry->under, &entry->identity);
        const uint32_t period = period_now(ledger, entry->period);
        if (at == CELL_NONE) {
            const counter_t counter = {.period = period,
                                       .identity = entry->identity,
                                       .value = entry->value,
                                       .fund = entry->under};
            ledger_counter_insert(ledger, head, &counter);
        } else {
            counter_t *counter = counter_at(ledger, at);
            ledger_touch(ledger, counter, sizeof *counter);
            counter->value = (counter->period == period ? counter->value : 0) + entry->value;
            counter->period = period;
        }
    }
}

void ledger_counters_give_back(dure_ledger_t *ledger, const question_t *event, const made_t *made,
                               dure_day_t day)
{
    const dure_yak_program_t *program = ledger_program(ledger, event->fund, event->version);
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const dure_yak_counter_t *counter = &program->counters[i];
        const uint8_t by = counter->by[event->verb];
        uint64_t value = made_of(counter->made, made);
        if (by == 0 || value == 0) {
            continue;
        }
        const tally_entry_t which = ledger_counter_named(counter, by, event);
        uint32_t *head = head_of(ledger, which.party, event->fund);
        const uint32_t at = find(ledger, *head, which.under, &which.identity);
        const uint32_t period = dure_period_of((dure_period_t)counter->period, day);
        if (at == CELL_NONE || counter_at(ledger, at)->period != period) {
            continue; /* that period is over: its room is of no use */
        }
        owner_dirty(ledger, which.party, event->fund);
        counter_t *cell = counter_at(ledger, at);
        /* What an heir gives up was counted with another, and may be more than its own. */
        value = value < cell->value ? value : cell->value;
        ledger_touch(ledger, cell, sizeof *cell);
        cell->value -= value;
        if (cell->value == 0) {
            ledger_unlink(ledger, POOL_COUNTER, head, at);
        }
    }
}

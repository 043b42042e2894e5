/* Holds: what stops a party, or part of a merchant's money, for a reason and until a day.  Nothing
   changes by itself: whether a hold is active follows from the day. */
#include "ledger/ledger_private.h"

static bool id_before(const dure_tx_id_t *a, const dure_tx_id_t *b)
{
    if (a->party != b->party) {
        return a->party < b->party;
    }
    return a->lane != b->lane ? a->lane < b->lane : a->number < b->number;
}

void ledger_hold_link(dure_ledger_t *ledger, uint32_t cell)
{
    const hold_t *hold = hold_at(ledger, cell);
    const uint32_t subject = ledger_party_find(ledger, hold->subject);
    DURE_ASSERT(subject != CELL_NONE);
    party_t *party = party_at(ledger, subject);
    uint32_t previous = CELL_NONE;
    for (uint32_t at = party->holds;
         at != CELL_NONE && id_before(&hold_at(ledger, at)->id, &hold->id);
         at = hold_at(ledger, at)->next) {
        previous = at;
    }
    ledger_link(ledger, POOL_HOLD, &party->holds, previous, cell);
}

uint32_t ledger_hold_add(dure_ledger_t *ledger, const dure_record_hold_t *record)
{
    const uint32_t cell = ledger_take(ledger, POOL_HOLD);
    *hold_at(ledger, cell) = (hold_t){
        .next = CELL_NONE,
        .day = record->day,
        .until = record->until,
        .appealed = record->appealed,
        .answer_by = record->answer_by,
        .what = record->what,
        .reason = record->reason,
        .id = record->id,
        .subject = record->subject,
        .fund = record->fund,
        .amount = record->amount,
        .evidence = record->evidence,
    };
    ledger_index_add(ledger, INDEX_HOLD, cell);
    ledger_dirty(ledger, DURE_TABLE_HOLD, cell);
    return cell;
}

void ledger_hold_remove(dure_ledger_t *ledger, uint32_t cell)
{
    const uint32_t subject = ledger_party_find(ledger, hold_at(ledger, cell)->subject);
    DURE_ASSERT(subject != CELL_NONE);
    ledger_dirty(ledger, DURE_TABLE_HOLD, cell);
    ledger_index_remove(ledger, INDEX_HOLD, cell);
    ledger_unlink(ledger, POOL_HOLD, &party_at(ledger, subject)->holds, cell);
}

void ledger_hold_write(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                       dure_blind_t *blind)
{
    const hold_t *hold = hold_at(ledger, cell);
    const uint32_t subject = ledger_party_find(ledger, hold->subject);
    DURE_ASSERT(subject != CELL_NONE);
    *blind = party_at(ledger, subject)->blind;
    const dure_record_hold_t record = {
        .id = hold->id,
        .subject = hold->subject,
        .what = hold->what,
        .reason = hold->reason,
        .fund = hold->fund,
        .amount = hold->amount,
        .day = hold->day,
        .until = hold->until,
        .appealed = hold->appealed,
        .answer_by = hold->answer_by,
        .evidence = hold->evidence,
    };
    dure_record_hold_encode(out, &record);
}

const char *ledger_hold_load(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_hold_t record;
    dure_record_hold_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "a hold record is not canonical";
    }
    const bool of_money = record.what == DURE_HOLD_KIND_MONEY;
    if (of_money != (record.fund != 0) || of_money == dure_amount_is_zero(record.amount) ||
        (record.appealed == 0) != (record.answer_by == 0) ||
        ledger_index_find(ledger, INDEX_HOLD, ledger_id(&record.id)) != CELL_NONE) {
        return "a hold contradicts itself, or came twice";
    }
    if (ledger_space(ledger, POOL_HOLD) == 0) {
        return "the tables are too small for these records";
    }
    ledger_hold_add(ledger, &record);
    return NULL;
}

bool ledger_hold_is_active(const dure_ledger_t *ledger, const hold_t *hold)
{
    return ledger->today <= hold->until &&
           (hold->appealed == 0 || ledger->today <= hold->answer_by);
}

/* The kinds of holds that are active on a party, as bits. */
static uint32_t active_holds(const dure_ledger_t *ledger, uint32_t party)
{
    uint32_t bits = 0;
    for (uint32_t at = party_at(ledger, party)->holds; at != CELL_NONE;
         at = hold_at(ledger, at)->next) {
        const hold_t *hold = hold_at(ledger, at);
        bits |= ledger_hold_is_active(ledger, hold) ? 1u << hold->what : 0;
    }
    return bits;
}

dure_result_t ledger_may_send(const dure_ledger_t *ledger, uint32_t party)
{
    const uint32_t bits = active_holds(ledger, party);
    if ((bits & 1u << DURE_HOLD_KIND_DEATH) != 0 &&
        party_at(ledger, party)->kind == DURE_KIND_CITIZEN) {
        return DURE_RESULT_PARTY_DEAD;
    }
    return (bits & 1u << DURE_HOLD_KIND_FREEZE) != 0 ? DURE_RESULT_PARTY_FROZEN : DURE_RESULT_DONE;
}

dure_result_t ledger_may_receive(const dure_ledger_t *ledger, uint32_t party)
{
    const uint32_t bits = active_holds(ledger, party);
    if ((bits & 1u << DURE_HOLD_KIND_DEATH) != 0) {
        return DURE_RESULT_PARTY_DEAD;
    }
    return (bits & 1u << DURE_HOLD_KIND_SUSPENSION) != 0 ? DURE_RESULT_PAYEE_SUSPENDED
                                                         : DURE_RESULT_DONE;
}

dure_amount_t ledger_money_held(const dure_ledger_t *ledger, uint32_t party, uint32_t fund)
{
    const uint64_t number = fund_at(ledger, fund)->number;
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    for (uint32_t at = party_at(ledger, party)->holds; at != CELL_NONE;
         at = hold_at(ledger, at)->next) {
        const hold_t *hold = hold_at(ledger, at);
        if (hold->what == DURE_HOLD_KIND_MONEY && hold->fund == number &&
            ledger_hold_is_active(ledger, hold) && !dure_amount_add(&sum, sum, hold->amount)) {
            return dure_amount(DURE_AMOUNT_WON_MAX);
        }
    }
    return sum;
}

/* tidy: records whose time is over are removed; anyone may send it.  One refusal: a record that is
   not there, or named twice, or not over; then none is removed. */
#include "ledger/ledger_private.h"

static bool same_id(const dure_tx_id_t *a, const dure_tx_id_t *b)
{
    return a->party == b->party && a->lane == b->lane && a->number == b->number;
}

static uint32_t find(const dure_ledger_t *ledger, uint8_t table, const dure_tx_id_t *id)
{
    static const index_t indexes[] = {
        [DURE_TABLE_PROPOSAL] = INDEX_PROPOSAL,
        [DURE_TABLE_BATCH] = INDEX_BATCH,
        [DURE_TABLE_HOLD] = INDEX_HOLD,
        [DURE_TABLE_REFUND] = INDEX_REFUND,
    };
    return ledger_index_find(ledger, indexes[table], ledger_id(id));
}

static bool is_over(const dure_ledger_t *ledger, uint8_t table, uint32_t cell)
{
    const dure_day_t today = ledger->today;
    if (table == DURE_TABLE_PROPOSAL) {
        return proposal_at(ledger, cell)->until < today;
    }
    if (table == DURE_TABLE_BATCH) {
        const batch_t *batch = batch_at(ledger, cell);
        return batch->until < today || batch->chunks_done == ledger_batch_chunks(batch->rows);
    }
    return table == DURE_TABLE_HOLD ? !ledger_hold_is_active(ledger, hold_at(ledger, cell))
                                    : refund_at(ledger, cell)->until < today;
}

static dure_result_t tidy_check(const dure_ledger_t *ledger, const dure_tidy_t *body)
{
    for (uint16_t i = 0; i < body->ids_count; i++) {
        const uint32_t cell = find(ledger, body->table, &body->ids[i]);
        if (cell == CELL_NONE || !is_over(ledger, body->table, cell)) {
            return DURE_RESULT_NOT_OVER;
        }
        for (uint16_t before = 0; before < i; before++) {
            if (same_id(&body->ids[before], &body->ids[i])) {
                return DURE_RESULT_NOT_OVER;
            }
        }
    }
    return body->ids_count == 0 ? DURE_RESULT_NOT_OVER : DURE_RESULT_DONE;
}

static void record_remove(dure_ledger_t *ledger, const work_t *work, uint8_t table, uint32_t cell)
{
    if (table == DURE_TABLE_PROPOSAL) {
        ledger_proposal_remove(ledger, cell);
    } else if (table == DURE_TABLE_BATCH) {
        ledger_batch_end(ledger, work->effect, cell);
    } else if (table == DURE_TABLE_HOLD) {
        ledger_hold_remove(ledger, cell);
    } else {
        ledger_refund_remove(ledger, cell);
    }
}

dure_result_t ledger_tidy(dure_ledger_t *ledger, const work_t *work)
{
    const dure_tidy_t *body = &work->tx->body.tidy;
    const dure_result_t checked = tidy_check(ledger, body);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point it must succeed. */
    for (uint16_t i = 0; i < body->ids_count; i++) {
        record_remove(ledger, work, body->table, find(ledger, body->table, &body->ids[i]));
    }
    return DURE_RESULT_DONE;
}

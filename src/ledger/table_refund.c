/* Refunds so far, of payments that were refunded: until the time for refunds is over. */
#include "ledger/ledger_private.h"

uint32_t ledger_refund_add(dure_ledger_t *ledger, const dure_record_refund_t *record)
{
    const uint32_t cell = ledger_take(ledger, POOL_REFUND);
    *refund_at(ledger, cell) = (refund_t){
        .next = CELL_NONE,
        .until = record->until,
        .id = record->id,
        .payer = record->payer,
        .refunded = record->refunded,
    };
    ledger_index_add(ledger, INDEX_REFUND, cell);
    ledger_dirty(ledger, DURE_TABLE_REFUND, cell);
    return cell;
}

void ledger_refund_remove(dure_ledger_t *ledger, uint32_t cell)
{
    ledger_dirty(ledger, DURE_TABLE_REFUND, cell);
    ledger_index_remove(ledger, INDEX_REFUND, cell);
    ledger_release(ledger, POOL_REFUND, cell);
}

void ledger_refund_write(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                         dure_blind_t *blind)
{
    const refund_t *refund = refund_at(ledger, cell);
    const uint32_t payer = ledger_party_find(ledger, refund->payer);
    DURE_ASSERT(payer != CELL_NONE);
    *blind = party_at(ledger, payer)->blind;
    const dure_record_refund_t record = {
        .id = refund->id,
        .payer = refund->payer,
        .refunded = refund->refunded,
        .until = refund->until,
    };
    dure_record_refund_encode(out, &record);
}

const char *ledger_refund_load(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_refund_t record;
    dure_record_refund_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return "a refund record is not canonical";
    }
    if (dure_amount_is_zero(record.refunded) ||
        ledger_index_find(ledger, INDEX_REFUND, ledger_id(&record.id)) != CELL_NONE) {
        return "a refund of nothing, or one that came twice";
    }
    if (ledger_space(ledger, POOL_REFUND) == 0) {
        return "the tables are too small for these records";
    }
    ledger_refund_add(ledger, &record);
    return NULL;
}

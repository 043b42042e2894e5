/* Batches: grants and recalls that were approved, row by row under one root, and are carried out
   chunk by chunk.  One bit says that a chunk is done. */
#include "ledger/ledger_private.h"

#include <string.h>

uint32_t ledger_batch_chunks(uint32_t rows)
{
    return (rows + BATCH_ROWS - 1) / BATCH_ROWS;
}

uint32_t ledger_batch_words(uint32_t rows)
{
    return (ledger_batch_chunks(rows) + 63) / 64;
}

uint32_t ledger_batch_add(dure_ledger_t *ledger, const dure_record_batch_t *record)
{
    const uint32_t cell = ledger_take(ledger, POOL_BATCH);
    batch_t *batch = batch_at(ledger, cell);
    *batch = (batch_t){
        .next = CELL_NONE,
        .rows = record->rows,
        .chunks_done = record->chunks_done,
        .what = record->what,
        .id = record->id,
        .fund = record->fund,
        .total = record->total,
        .used = record->used,
        .account = record->account,
        .from = record->from,
        .until = record->until,
        .root = record->root,
    };
    for (uint16_t i = 0; i < record->done_count; i++) {
        batch->done[i] = record->done[i].bits;
    }
    ledger_index_add(ledger, INDEX_BATCH, cell);
    ledger_dirty(ledger, DURE_TABLE_BATCH, cell);
    return cell;
}

void ledger_batch_remove(dure_ledger_t *ledger, uint32_t cell)
{
    ledger_dirty(ledger, DURE_TABLE_BATCH, cell);
    ledger_index_remove(ledger, INDEX_BATCH, cell);
    ledger_release(ledger, POOL_BATCH, cell);
}

void ledger_batch_write(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out)
{
    const batch_t *batch = batch_at(ledger, cell);
    dure_record_batch_t record = {
        .id = batch->id,
        .fund = batch->fund,
        .what = batch->what,
        .rows = batch->rows,
        .chunks_done = batch->chunks_done,
        .total = batch->total,
        .used = batch->used,
        .account = batch->account,
        .from = batch->from,
        .until = batch->until,
        .root = batch->root,
        .done_count = (uint16_t)ledger_batch_words(batch->rows),
    };
    for (uint16_t i = 0; i < record.done_count; i++) {
        record.done[i].bits = batch->done[i];
    }
    dure_record_batch_encode(out, &record);
}

/* Bits beyond the last chunk are zero, and the others are as many as it says. */
static bool bits_are_sound(const dure_record_batch_t *record)
{
    const uint32_t chunks = ledger_batch_chunks(record->rows);
    uint32_t set = 0;
    for (uint16_t i = 0; i < record->done_count; i++) {
        set += (uint32_t)__builtin_popcountll(record->done[i].bits);
    }
    const uint32_t last = chunks % 64;
    const uint64_t beyond = last == 0 ? 0 : record->done[record->done_count - 1].bits >> last;
    return set == record->chunks_done && beyond == 0;
}

const char *ledger_batch_load(dure_ledger_t *ledger, dure_reader_t *reader)
{
    dure_record_batch_t record;
    dure_record_batch_decode(reader, &record);
    if (!dure_reader_end(reader) || record.done_count != ledger_batch_words(record.rows)) {
        return "a batch record is not canonical";
    }
    if (!bits_are_sound(&record) || dure_amount_compare(record.used, record.total) > 0 ||
        ledger_index_find(ledger, INDEX_BATCH, ledger_id(&record.id)) != CELL_NONE) {
        return "a batch contradicts itself, or came twice";
    }
    if (ledger_space(ledger, POOL_BATCH) == 0) {
        return "the tables are too small for these records";
    }
    ledger_batch_add(ledger, &record);
    return NULL;
}

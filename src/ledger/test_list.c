#include "ledger/test_list.h"

#define CHUNKS_MAX (LIST_ROWS_MAX / BATCH_ROWS)

void list_add(list_t *list, uint64_t party, uint64_t won)
{
    assert_true(list->rows < LIST_ROWS_MAX);
    const dure_batch_row_t row = {.party = party, .amount = dure_amount(won)};
    dure_writer_t out =
        dure_writer(list->bytes + (size_t)list->rows * DURE_BATCH_ROW_SIZE, DURE_BATCH_ROW_SIZE);
    dure_batch_row_encode(&out, &row);
    list->rows++;
}

static dure_bytes_t chunk_bytes(const list_t *list, uint32_t chunk)
{
    const uint32_t first = chunk * BATCH_ROWS;
    const uint32_t rest = list->rows - first;
    return dure_bytes(list->bytes + (size_t)first * DURE_BATCH_ROW_SIZE,
                      (size_t)(rest < BATCH_ROWS ? rest : BATCH_ROWS) * DURE_BATCH_ROW_SIZE);
}

static uint32_t leaves_of(const list_t *list, dure_hash_t leaves[CHUNKS_MAX])
{
    const uint32_t count = ledger_batch_chunks(list->rows);
    for (uint32_t i = 0; i < count; i++) {
        dure_batch_leaf(&leaves[i], i, chunk_bytes(list, i));
    }
    return count;
}

dure_act_t act_batch(const list_t *list, uint8_t what, uint64_t fund, uint64_t total,
                     dure_day_t from, dure_day_t until)
{
    dure_act_t act = {.kind = DURE_ACT_BATCH,
                      .batch = {.what = what,
                                .fund = fund,
                                .rows = list->rows,
                                .total = dure_amount(total),
                                .from = from,
                                .until = until}};
    dure_hash_t leaves[CHUNKS_MAX];
    const uint32_t count = leaves_of(list, leaves);
    dure_list_root(&act.batch.root, DURE_TAG_BATCH_NODE, leaves, count);
    return act;
}

dure_body_t body_rows(const list_t *list, dure_tx_id_t batch, uint32_t chunk)
{
    dure_hash_t leaves[CHUNKS_MAX];
    dure_hash_t scratch[CHUNKS_MAX];
    dure_hash_t path[DURE_LIST_DEPTH_MAX];
    const uint32_t count = leaves_of(list, leaves);
    const uint32_t depth =
        dure_list_prove(path, DURE_TAG_BATCH_NODE, leaves, count, chunk, scratch);
    const dure_bytes_t bytes = chunk_bytes(list, chunk);
    dure_body_t body = {
        .kind = DURE_BODY_BATCH_ROWS,
        .batch_rows = {
            .batch = batch,
            .chunk = chunk,
            .rows = {.count = (uint16_t)(bytes.size / DURE_BATCH_ROW_SIZE), .bytes = bytes},
            .path_count = (uint16_t)depth}};
    for (uint32_t i = 0; i < depth; i++) {
        body.batch_rows.path[i].hash = path[i];
    }
    return body;
}

dure_effect_row_t row_of(const dure_effect_t *effect, uint32_t i)
{
    assert_true(i < effect->rows.count);
    dure_reader_t reader = dure_reader(dure_bytes(
        effect->rows.bytes.data + (size_t)i * DURE_EFFECT_ROW_SIZE, DURE_EFFECT_ROW_SIZE));
    dure_effect_row_t row;
    dure_effect_row_decode(&reader, &row);
    assert_true(dure_reader_end(&reader));
    return row;
}

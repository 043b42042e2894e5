/* A list that two officers approve and a city account pays, carried out part by part. */
#include "app/city.h"

#include <stdlib.h>

#include "ledger/dure_ledger.h"
#include "merkle/dure_merkle.h"

#define CHUNK_ROWS 256u
#define OPEN_DAYS  7

typedef struct {
    uint32_t count, chunks;
    uint8_t *bytes;      /* the rows' encoding */
    dure_hash_t *leaves; /* of the chunks, and as many for work */
} list_t;

static dure_view_t chunk_of(const list_t *list, uint32_t chunk)
{
    uint32_t first = chunk * CHUNK_ROWS;
    uint32_t count = list->count - first < CHUNK_ROWS ? list->count - first : CHUNK_ROWS;
    return (dure_view_t){.count = (uint16_t)count,
                         .bytes = dure_bytes(list->bytes + (size_t)first * DURE_BATCH_ROW_SIZE,
                                             (size_t)count * DURE_BATCH_ROW_SIZE)};
}

static bool seal_list(list_t *list, dure_hash_t *root, const city_row_t *rows, uint32_t count)
{
    list->count = count;
    list->chunks = (count + CHUNK_ROWS - 1) / CHUNK_ROWS;
    const size_t size = (size_t)count * DURE_BATCH_ROW_SIZE;
    list->bytes = malloc(size);
    list->leaves = malloc(2 * (size_t)list->chunks * sizeof *list->leaves);
    if (list->bytes == NULL || list->leaves == NULL) {
        return false;
    }
    dure_writer_t out = dure_writer(list->bytes, size);
    for (uint32_t i = 0; i < count; i++) {
        const dure_batch_row_t row = {.party = rows[i].party, .amount = rows[i].amount};
        dure_batch_row_encode(&out, &row);
    }
    dure_hash_t *work = list->leaves + list->chunks;
    for (uint32_t i = 0; i < list->chunks; i++) {
        dure_batch_leaf(&list->leaves[i], i, chunk_of(list, i).bytes);
        work[i] = list->leaves[i];
    }
    dure_list_root(root, DURE_TAG_BATCH_NODE, work, list->chunks);
    return true;
}

static bool carry_out(city_t *city, list_t *list, const dure_tx_id_t *batch)
{
    static dure_body_t body;
    dure_hash_t path[DURE_LIST_DEPTH_MAX];
    for (uint32_t chunk = 0; chunk < list->chunks; chunk++) {
        const uint32_t depth = dure_list_prove(path, DURE_TAG_BATCH_NODE, list->leaves,
                                               list->chunks, chunk, list->leaves + list->chunks);
        body = (dure_body_t){.kind = DURE_BODY_BATCH_ROWS,
                             .batch_rows = {.batch = *batch,
                                            .chunk = chunk,
                                            .rows = chunk_of(list, chunk),
                                            .path_count = (uint16_t)depth}};
        for (uint32_t i = 0; i < depth; i++) {
            body.batch_rows.path[i].hash = path[i];
        }
        if (!city_send_as(city, &city->officers[0], &body, DURE_RESULT_DONE)) {
            return false;
        }
    }
    return true;
}

bool city_grant(city_t *city, city_fund_t fund, const char *account, const city_row_t *rows,
                uint32_t count, dure_amount_t total)
{
    list_t list = {0};
    dure_act_t act = {.kind = DURE_ACT_BATCH,
                      .batch = {.what = 1,
                                .fund = city_fund(city, fund),
                                .rows = count,
                                .total = total,
                                .from = city->world->today,
                                .until = city->world->today + OPEN_DAYS}};
    bool granted = false;
    if (!seal_list(&list, &act.batch.root, rows, count)) {
        city_problem(city->world->problem, "out of memory for a list of %u rows", count);
    } else if (city_fill_account(city, account, total)) {
        const dure_tx_id_t batch = {city->officers[0].party, 0, city->officers[0].next_number};
        granted = city_vote(city, &act) && carry_out(city, &list, &batch);
        city_bank_credit(city, fund, "grant", account, total);
    }
    free(list.bytes);
    free(list.leaves);
    return granted;
}

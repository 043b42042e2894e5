/* The opening grant: what people had in hand before the first month of the data, on bearer cards,
   by a list that two officers approved and the city's opening account paid. */
#include "app/city.h"

#include <stdlib.h>
#include <string.h>

#include "ledger/dure_ledger.h"
#include "merkle/dure_merkle.h"

#define CHUNK_ROWS 256u
#define ON_CARD_WON                                                                                \
    450000u /* below the limit of a bearer card, so that it can be charged again                   \
             */
#define OPEN_DAYS 7

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

static int by_party(const void *a, const void *b)
{
    const city_holder_t *first = a;
    const city_holder_t *second = b;
    return first->party < second->party ? -1 : first->party > second->party;
}

/* The cards, sorted: their order means nothing yet.  The last one gets what is left. */
static bool fill_list(list_t *list, city_t *city, uint64_t won)
{
    list->count = (uint32_t)((won + ON_CARD_WON - 1) / ON_CARD_WON);
    list->chunks = (list->count + CHUNK_ROWS - 1) / CHUNK_ROWS;
    const size_t size = (size_t)list->count * DURE_BATCH_ROW_SIZE;
    list->bytes = malloc(size);
    list->leaves = malloc(2 * (size_t)list->chunks * sizeof *list->leaves);
    if (list->bytes == NULL || list->leaves == NULL) {
        return city_problem(city->world->problem, "out of memory for the opening grant");
    }
    for (uint32_t i = 0; i < list->count; i++) {
        if (!city_register_bearer(city)) {
            return false;
        }
    }
    qsort(city->bearers.items, city->bearers.count, sizeof *city->bearers.items, by_party);
    dure_writer_t out = dure_writer(list->bytes, size);
    for (uint32_t i = 0; i < list->count; i++) {
        city_holder_t *card = &city->bearers.items[i];
        card->balance = i + 1 < list->count ? ON_CARD_WON : won - (uint64_t)i * ON_CARD_WON;
        card->lots[0] = (uint32_t)card->balance;
        card->lot_count = 1;
        const dure_batch_row_t row = {.party = card->party, .amount = dure_amount(card->balance)};
        dure_batch_row_encode(&out, &row);
    }
    city->bearers.held += won;
    return true;
}

static void seal_list(list_t *list, dure_hash_t *root)
{
    dure_hash_t *work = list->leaves + list->chunks;
    for (uint32_t i = 0; i < list->chunks; i++) {
        dure_batch_leaf(&list->leaves[i], i, chunk_of(list, i).bytes);
        work[i] = list->leaves[i];
    }
    dure_list_root(root, DURE_TAG_BATCH_NODE, work, list->chunks);
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

static bool grant(city_t *city, list_t *list, uint64_t won)
{
    dure_act_t act = {.kind = DURE_ACT_BATCH,
                      .batch = {.what = 1,
                                .fund = city_fund(city, CITY_PAPER),
                                .total = dure_amount(won),
                                .from = city->world->today,
                                .until = city->world->today + OPEN_DAYS}};
    if (!city_fill_budget(city, "opening", dure_amount(won)) || !fill_list(list, city, won)) {
        return false;
    }
    act.batch.rows = list->count;
    seal_list(list, &act.batch.root);
    const dure_tx_id_t batch = {city->officers[0].party, 0, city->officers[0].next_number};
    if (!city_vote(city, &act) || !carry_out(city, list, &batch)) {
        return false;
    }
    city_bank_credit(city, CITY_PAPER, "grant", "opening", dure_amount(won));
    return city_settle(city->world);
}

bool city_grant_opening(city_t *city)
{
    list_t list = {0};
    bool granted = city->data.opening_won == 0 || grant(city, &list, city->data.opening_won);
    free(list.bytes);
    free(list.leaves);
    return granted;
}

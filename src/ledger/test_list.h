/* Lists of batches for tests: rows, their root, and the chunks that carry them out. */
#ifndef DURE_LEDGER_TEST_LIST_H
#define DURE_LEDGER_TEST_LIST_H

#include "ledger/test_world.h"

#define LIST_ROWS_MAX 4096u

typedef struct {
    uint32_t rows;
    uint8_t bytes[LIST_ROWS_MAX * DURE_BATCH_ROW_SIZE];
} list_t;

/* The caller adds ascending by party. */
void list_add(list_t *list, uint64_t party, uint64_t won);
dure_act_t act_batch(const list_t *list, uint8_t what, uint64_t fund, uint64_t total,
                     dure_day_t from, dure_day_t until);
/* Borrows the rows of the list. */
dure_body_t body_rows(const list_t *list, dure_tx_id_t batch, uint32_t chunk);
dure_effect_row_t row_of(const dure_effect_t *effect, uint32_t i);

#endif

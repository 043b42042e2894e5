/* Lists of grants and recalls as officers keep them: CSV files of party and amount. */
#ifndef DURE_LIST_H
#define DURE_LIST_H

#include "app/dure_command.h"

#define LIST_ROWS_MAX   1048576u
#define LIST_CHUNK_ROWS 256u

typedef struct {
    uint64_t party;
    dure_amount_t amount; /* 0: not given */
    uint32_t line;        /* of the file, from 1 */
} list_row_t;

typedef struct {
    uint32_t count;
    list_row_t *rows; /* owned */
    uint32_t capacity;
    /* After list_seal: */
    uint32_t chunks;
    uint8_t *bytes;      /* owned; the rows' encoding */
    dure_hash_t *leaves; /* owned; of the chunks, and as many for work */
    dure_hash_t root;
} list_t;

/* list_read: the rows in the order of the file.  False after complaints, one for each wrong line.
 */
bool list_read(list_t *list, const char *path);
void list_free(list_t *list);
/* list_sort: ascending by party, equal ones by line. */
void list_sort(list_t *list);
/* list_seal: of a list sorted and without a party twice: its encoding, leaves and root.  False
   without memory, after a complaint. */
bool list_seal(list_t *list);
/* The rows of a chunk, and the body that carries it out; both borrow from the list. */
dure_view_t list_chunk(const list_t *list, uint32_t chunk);
void list_body(const list_t *list, dure_body_t *body, const dure_tx_id_t *batch, uint32_t chunk);
/* list_twice: complains about each party that stands in a sorted list again; true if there is one.
 */
bool list_twice(const list_t *list);

/* ---- dure_grant_run.c */
int grant_run(const args_t *args);

#endif

/* A copy of all of a ledger's state, to compare with byte for byte: counts, cells, free lists,
   indexes, images, the present time, the root of the tree.  What lies above a pool's `used` or the
   arena's `image_used` is no state. */
#ifndef DURE_LEDGER_TEST_SNAPSHOT_H
#define DURE_LEDGER_TEST_SNAPSHOT_H

#include "ledger/ledger_private.h"

typedef struct {
    state_head_t head;
    uint8_t *pools[POOL_COUNT];
    uint32_t *indexes[INDEX_COUNT];
    uint8_t *images;
    dure_time_t now;
    dure_day_t today;
    dure_hash_t root;
} snapshot_t;

/* The tree must be clean. */
void snapshot_take(snapshot_t *snapshot, dure_ledger_t *ledger);
void snapshot_free(snapshot_t *snapshot);
/* NULL if the state is byte for byte what it was, else what differs. */
const char *snapshot_differs(const snapshot_t *snapshot, const dure_ledger_t *ledger);
/* The same, but for the number used up by the signer: the top and the window of its party's record
   or its lane's, and the lane itself if it was opened for this. */
const char *snapshot_differs_beyond_window(const snapshot_t *snapshot, const dure_ledger_t *ledger,
                                           const dure_tx_id_t *id);
/* All records in the order of a checkpoint, hashed.  The tree must be clean. */
void snapshot_walk(const dure_ledger_t *ledger, dure_hash_t *hash);

#endif

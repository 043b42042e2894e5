#include "ledger/test_snapshot.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *copy(const void *from, size_t size)
{
    void *to = malloc(size == 0 ? 1 : size);
    DURE_ASSERT(to != NULL);
    memcpy(to, from, size);
    return to;
}

static size_t pool_bytes(const state_head_t *head, pool_t pool)
{
    return (size_t)head->pools[pool].used * ledger_cell_sizes[pool];
}

void snapshot_take(snapshot_t *snapshot, dure_ledger_t *ledger)
{
    dure_ledger_root(ledger, &snapshot->root);
    snapshot->head = *ledger->state;
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        snapshot->pools[pool] = copy(ledger->pools[pool], pool_bytes(ledger->state, pool));
    }
    for (index_t index = 0; index < INDEX_COUNT; index++) {
        snapshot->indexes[index] =
            copy(ledger->indexes[index], (size_t)ledger->index_size[index] * sizeof(uint32_t));
    }
    snapshot->images = copy(ledger->images, ledger->state->image_used);
    snapshot->now = ledger->now;
    snapshot->today = ledger->today;
}

void snapshot_free(snapshot_t *snapshot)
{
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        free(snapshot->pools[pool]);
    }
    for (index_t index = 0; index < INDEX_COUNT; index++) {
        free(snapshot->indexes[index]);
    }
    free(snapshot->images);
}

/* Pools and indexes, but for those of `lanes_too` false: the lanes. */
static const char *tables_differ(const snapshot_t *snapshot, const dure_ledger_t *ledger,
                                 bool lanes_too)
{
    static char what[64];
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        if ((lanes_too || pool != POOL_LANE) && memcmp(snapshot->pools[pool], ledger->pools[pool],
                                                       pool_bytes(&snapshot->head, pool)) != 0) {
            snprintf(what, sizeof what, "a cell of pool %d", (int)pool);
            return what;
        }
    }
    for (index_t index = 0; index < INDEX_COUNT; index++) {
        if ((lanes_too || index != INDEX_LANE) &&
            memcmp(snapshot->indexes[index], ledger->indexes[index],
                   (size_t)ledger->index_size[index] * sizeof(uint32_t)) != 0) {
            snprintf(what, sizeof what, "index %d", (int)index);
            return what;
        }
    }
    if (memcmp(snapshot->images, ledger->images, snapshot->head.image_used) != 0) {
        return "an image";
    }
    return snapshot->now != ledger->now || snapshot->today != ledger->today ? "the time" : NULL;
}

const char *snapshot_differs(const snapshot_t *snapshot, const dure_ledger_t *ledger)
{
    if (memcmp(&snapshot->head, ledger->state, sizeof snapshot->head) != 0) {
        return "the counts";
    }
    return tables_differ(snapshot, ledger, true);
}

/* The signer's lane is `cell`; all others are as they were. */
static const char *lanes_differ(const snapshot_t *snapshot, const dure_ledger_t *ledger,
                                const dure_tx_id_t *id)
{
    const record_id_t lane_id = {.party = id->party, .lane = id->lane};
    const uint32_t own = ledger_index_find(ledger, INDEX_LANE, lane_id);
    for (uint32_t cell = 0; cell < snapshot->head.pools[POOL_LANE].used; cell++) {
        const lane_t *was = (const lane_t *)(const void *)snapshot->pools[POOL_LANE] + cell;
        const lane_t *is = lane_at(ledger, cell);
        if (was->party != is->party || was->lane != is->lane ||
            (cell != own && memcmp(was, is, sizeof *was) != 0)) {
            return "another lane";
        }
    }
    const bool opened = own != CELL_NONE && own >= snapshot->head.pools[POOL_LANE].used;
    uint32_t entries = 0;
    for (uint32_t i = 0; i < ledger->index_size[INDEX_LANE]; i++) {
        entries += snapshot->indexes[INDEX_LANE][i] != ledger->indexes[INDEX_LANE][i];
    }
    return entries == (opened ? 1u : 0u) ? NULL : "the index of lanes";
}

const char *snapshot_differs_beyond_window(const snapshot_t *snapshot, const dure_ledger_t *ledger,
                                           const dure_tx_id_t *id)
{
    const uint32_t cell = ledger_party_find(ledger, id->party);
    if (cell == CELL_NONE) {
        return "the signer is gone";
    }
    /* The record as it was is put in place for the moment of comparing. */
    party_t *signer = party_at(ledger, cell);
    const party_t is = *signer;
    state_head_t head = *ledger->state;
    if (signer->kind == DURE_KIND_SERVICE) {
        const uint32_t opened = head.pools[POOL_LANE].used - snapshot->head.pools[POOL_LANE].used;
        head.pools[POOL_LANE].used -= opened;
        head.pools[POOL_LANE].live -= opened;
    } else {
        const party_t *was = (const party_t *)(const void *)snapshot->pools[POOL_PARTY] + cell;
        signer->top = was->top;
        signer->window = was->window;
    }
    const char *problem = memcmp(&snapshot->head, &head, sizeof head) != 0
                              ? "the counts"
                              : tables_differ(snapshot, ledger, false);
    *signer = is;
    return problem != NULL ? problem : lanes_differ(snapshot, ledger, id);
}

void snapshot_walk(const dure_ledger_t *ledger, dure_hash_t *hash)
{
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_DERIVE);
    uint64_t cursor = 0;
    uint8_t table;
    dure_blind_t blind;
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    while (dure_ledger_next(ledger, &cursor, &table, &blind, &out)) {
        dure_hasher_update(&hasher, &table, 1);
        dure_hasher_update(&hasher, blind.bytes, sizeof blind.bytes);
        dure_hasher_update(&hasher, out.data, out.size);
        out = dure_writer(bytes, sizeof bytes);
    }
    dure_hasher_final(&hasher, hash);
}

/* From records to the tree: a record's reference is its leaf's slot.  A changed record is noted
   once; only dure_ledger_root encodes and hashes it, so a record that changes many times in a block
   is hashed once. */
#include "ledger/ledger_private.h"

#include <assert.h>
#include <string.h>

static uint32_t ref_of(const dure_ledger_t *ledger, dure_table_t table, uint32_t cell)
{
    return ledger->ref_base[table - 1] + cell;
}

dure_table_t ledger_table_of(const dure_ledger_t *ledger, uint32_t ref, uint32_t *cell)
{
    uint32_t table = 0;
    while (ref >= ledger->ref_base[table + 1]) {
        table++;
    }
    *cell = ref - ledger->ref_base[table];
    return (dure_table_t)(table + 1);
}

/* While loading, a party's record is hashed while it is still near.  Others need a party's blind,
   which may come later. */
#define LOAD_DIRTY 256u

void ledger_tree_reset(dure_ledger_t *ledger)
{
    const uint32_t refs = ledger->ref_base[TABLE_COUNT];
    ledger_zero(ledger->flags, refs);
    ledger->dirty_count = 0;
    ledger->touched_count = 0;
    ledger->load_due = LOAD_DIRTY;
    ledger->snapshot.stage = SNAPSHOT_NOT;
    ledger->tree = dure_tree_init(ledger->tree, dure_tree_size(refs), refs);
}

void ledger_dirty(dure_ledger_t *ledger, dure_table_t table, uint32_t cell)
{
    const uint32_t ref = ref_of(ledger, table, cell);
    if ((ledger->flags[ref] & FLAG_DIRTY) == 0) {
        if (ledger->snapshot.stage == SNAPSHOT_RUNS) {
            ledger_snapshot_changes(ledger, table, cell, ref);
        }
        ledger->flags[ref] |= FLAG_DIRTY;
        ledger->dirty[ledger->dirty_count++] = ref;
    }
}

static void leave_tree(dure_ledger_t *ledger, uint32_t ref)
{
    const dure_hash_t key = *dure_tree_key_at(ledger->tree, ref);
    if (ledger->snapshot.stage == SNAPSHOT_RUNS) {
        ledger_snapshot_goes(ledger, ref);
    }
    dure_tree_remove(ledger->tree, &key);
    ledger->flags[ref] &= (uint8_t)~FLAG_IN_TREE;
}

/* The cells of these tables are used again for other records, so a slot may hold another's key. */
static bool cells_change_owner(dure_table_t table)
{
    return table >= DURE_TABLE_ORDER;
}

static void leave_if_other(dure_ledger_t *ledger, dure_table_t table, uint32_t cell, uint32_t ref)
{
    if (!cells_change_owner(table) || !ledger_record_exists(ledger, table, cell)) {
        return;
    }
    const dure_primary_key_t primary = ledger_record_key(ledger, table, cell);
    dure_hash_t key;
    dure_state_key(&key, &primary);
    if (!dure_hash_equal(&key, dure_tree_key_at(ledger->tree, ref))) {
        leave_tree(ledger, ref);
    }
}

/* Changed records on their way into the tree: written one behind another, blind before record, so
   that many are hashed at once. */
#define BUNCH 64u
typedef struct {
    uint32_t count;
    size_t used; /* of the scratch */
    uint32_t slots[BUNCH];
    dure_hash_t values[BUNCH];
    dure_hash_job_t jobs[BUNCH];
} bunch_t;

static void leaf_put(dure_ledger_t *ledger, uint32_t ref, const dure_hash_t *value)
{
    uint32_t cell;
    const dure_table_t table = ledger_table_of(ledger, ref, &cell);
    const dure_primary_key_t primary = ledger_record_key(ledger, table, cell);
    dure_hash_t key;
    dure_state_key(&key, &primary);
    dure_tree_put(ledger->tree, ref, &key, value);
    ledger->flags[ref] |= FLAG_IN_TREE;
    if (ledger->snapshot.stage == SNAPSHOT_RUNS) {
        ledger_snapshot_comes(ledger, ref, &key);
    }
}

static void bunch_put(dure_ledger_t *ledger, bunch_t *bunch)
{
    dure_hash_many(bunch->jobs, bunch->count);
    uint32_t known = 0; /* whose leaves stand in the tree */
    for (uint32_t i = 0; i < bunch->count; i++) {
        const uint32_t ref = bunch->slots[i];
        if ((ledger->flags[ref] & FLAG_IN_TREE) == 0) {
            leaf_put(ledger, ref, &bunch->values[i]);
        } else {
            bunch->slots[known] = ref;
            bunch->values[known++] = bunch->values[i];
        }
    }
    dure_tree_set_many(ledger->tree, bunch->slots, bunch->values, known);
    bunch->count = 0;
    bunch->used = 0;
}

/* False if the scratch has no room left for it. */
static bool bunch_write(dure_ledger_t *ledger, bunch_t *bunch, dure_table_t table, uint32_t cell)
{
    dure_blind_t blind;
    uint8_t *at = ledger->scratch + bunch->used;
    const size_t room = DURE_RECORD_SIZE_MAX - bunch->used;
    if (room < sizeof blind) {
        return false;
    }
    dure_writer_t out = dure_writer(at + sizeof blind, room - sizeof blind);
    const bool exists = ledger_record_write(ledger, table, cell, &out, &blind);
    DURE_ASSERT(exists);
    if (out.overflow) {
        return false;
    }
    memcpy(at, &blind, sizeof blind);
    bunch->jobs[bunch->count] = (dure_hash_job_t){.out = &bunch->values[bunch->count],
                                                  .tag = DURE_TAG_STATE_VALUE,
                                                  .data = at,
                                                  .size = sizeof blind + out.size};
    bunch->used += sizeof blind + out.size;
    return true;
}

static void enter_tree(dure_ledger_t *ledger, bunch_t *bunch, dure_table_t table, uint32_t cell,
                       uint32_t ref)
{
    if (bunch->count == BUNCH) {
        bunch_put(ledger, bunch);
    }
    if (!bunch_write(ledger, bunch, table, cell)) {
        bunch_put(ledger, bunch);
        const bool alone = bunch_write(ledger, bunch, table, cell);
        DURE_ASSERT(alone);
    }
    bunch->slots[bunch->count++] = ref;
}

static bool left_out(const dure_ledger_t *ledger, dure_table_t table)
{
    return ledger->bug == DURE_LEDGER_BUG_ROOT_MISSES_PAYOUTS && table == DURE_TABLE_PAYOUT;
}

/* Records lie anywhere in memory: what a later one needs is fetched while this one is hashed. */
#define AHEAD_PARTY 24u
#define AHEAD_LISTS 12u
#define AHEAD_LEAF  24u

static void fetch_leaf(const dure_ledger_t *ledger, uint32_t index)
{
    if (index < ledger->dirty_count) {
        const uint32_t ref = ledger->dirty[index];
        if ((ledger->flags[ref] & FLAG_IN_TREE) != 0) {
            dure_tree_fetch(ledger->tree, ref);
        }
    }
}

static const party_t *party_ahead(const dure_ledger_t *ledger, uint32_t index)
{
    const uint32_t first = ledger->ref_base[DURE_TABLE_PARTY - 1];
    if (index >= ledger->dirty_count) {
        return NULL;
    }
    const uint32_t ref = ledger->dirty[index];
    if (ref < first || ref >= first + ledger->state->pools[POOL_PARTY].used) {
        return NULL;
    }
    return party_at(ledger, ref - first);
}

/* A cell may stand across lines of the cache: its end is brought near too. */
static void fetch_cell(const dure_ledger_t *ledger, pool_t pool, uint32_t cell)
{
    if (cell != CELL_NONE) {
        const uint8_t *at = ledger_cell(ledger, pool, cell);
        __builtin_prefetch(at);
        __builtin_prefetch(at + ledger_cell_sizes[pool] - 1);
    }
}

#define CACHE_LINE 64u
void ledger_party_fetch(const party_t *party)
{
    static_assert(sizeof *party <= 2 * CACHE_LINE + 1, "no line between those that are fetched");
    const uint8_t *at = (const uint8_t *)party;
    __builtin_prefetch(at, 1);
    __builtin_prefetch(at + CACHE_LINE, 1);
    __builtin_prefetch(at + sizeof *party - 1, 1);
}

void ledger_lists_fetch(const dure_ledger_t *ledger, const party_t *party)
{
    fetch_cell(ledger, POOL_ATTRIBUTE, party->attributes);
    fetch_cell(ledger, POOL_COUNTER, party->counters);
    if (party->kind != DURE_KIND_SERVICE) {
        fetch_cell(ledger, kind_has_lots(party->kind) ? POOL_LOT : POOL_BALANCE, party->holdings);
    }
}

static void fetch_ahead(const dure_ledger_t *ledger, uint32_t index)
{
    const party_t *far = party_ahead(ledger, index + AHEAD_PARTY);
    if (far != NULL) {
        ledger_party_fetch(far);
    }
    fetch_leaf(ledger, index + AHEAD_LEAF);
    const party_t *near = party_ahead(ledger, index + AHEAD_LISTS);
    if (near != NULL) {
        ledger_lists_fetch(ledger, near);
    }
}

static void flush(dure_ledger_t *ledger)
{
    /* Removals first: a key may have moved from one cell to another. */
    for (uint32_t i = 0; i < ledger->dirty_count; i++) {
        uint32_t cell;
        const uint32_t ref = ledger->dirty[i];
        const dure_table_t table = ledger_table_of(ledger, ref, &cell);
        if ((ledger->flags[ref] & FLAG_IN_TREE) != 0) {
            if (ledger_record_exists(ledger, table, cell)) {
                leave_if_other(ledger, table, cell, ref);
            } else {
                leave_tree(ledger, ref);
            }
        }
    }
    bunch_t bunch;
    bunch.count = 0;
    bunch.used = 0;
    for (uint32_t i = 0; i < ledger->dirty_count; i++) {
        fetch_ahead(ledger, i);
        uint32_t cell;
        const uint32_t ref = ledger->dirty[i];
        const dure_table_t table = ledger_table_of(ledger, ref, &cell);
        if (ledger_record_exists(ledger, table, cell) && !left_out(ledger, table)) {
            enter_tree(ledger, &bunch, table, cell, ref);
        }
        ledger->flags[ref] &= (uint8_t)~FLAG_DIRTY;
        if (ledger->in_block && (ledger->flags[ref] & FLAG_TOUCHED) == 0) {
            ledger->flags[ref] |= FLAG_TOUCHED;
            ledger->touched[ledger->touched_count++] = ref;
        }
    }
    bunch_put(ledger, &bunch);
    ledger->dirty_count = 0;
}

void ledger_load_sync(dure_ledger_t *ledger)
{
    if (ledger->dirty_count < ledger->load_due) {
        return;
    }
    bunch_t bunch;
    bunch.count = 0;
    bunch.used = 0;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < ledger->dirty_count; i++) {
        uint32_t cell;
        const uint32_t ref = ledger->dirty[i];
        if (ledger_table_of(ledger, ref, &cell) == DURE_TABLE_PARTY) {
            enter_tree(ledger, &bunch, DURE_TABLE_PARTY, cell, ref);
            ledger->flags[ref] &= (uint8_t)~FLAG_DIRTY;
        } else {
            ledger->dirty[kept++] = ref;
        }
    }
    bunch_put(ledger, &bunch);
    ledger->dirty_count = kept;
    ledger->load_due = kept * 2 + LOAD_DIRTY;
}

void dure_ledger_root(dure_ledger_t *ledger, dure_hash_t *root)
{
    flush(ledger);
    dure_tree_root(ledger->tree, root);
}

void dure_ledger_prove(const dure_ledger_t *ledger, const dure_primary_key_t *primary,
                       dure_tree_proof_t *proof)
{
    DURE_ASSERT(ledger->dirty_count == 0);
    dure_hash_t key;
    dure_state_key(&key, primary);
    dure_tree_prove(ledger->tree, &key, proof);
}

/* The cursor is the last slot given, plus one. */
bool dure_ledger_next(const dure_ledger_t *ledger, uint64_t *cursor, uint8_t *table,
                      dure_blind_t *blind, dure_writer_t *out)
{
    DURE_ASSERT(ledger->dirty_count == 0);
    const uint32_t before = *cursor == 0 ? DURE_TREE_SLOT_NONE : (uint32_t)(*cursor - 1);
    const uint32_t slot = dure_tree_next(ledger->tree, before);
    if (slot == DURE_TREE_SLOT_NONE) {
        return false;
    }
    uint32_t cell;
    const dure_table_t which = ledger_table_of(ledger, slot, &cell);
    const bool exists = ledger_record_write(ledger, which, cell, out, blind);
    DURE_ASSERT(exists);
    *table = (uint8_t)which;
    *cursor = (uint64_t)slot + 1;
    return true;
}

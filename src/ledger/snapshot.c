/* The records of one moment, given out a little at a time while transactions go on.

   They go out in the order of their keys: `written` is the last that did.  A record that is about
   to change, and is still to go out, is kept first, as it is; what goes out next is the lesser of
   the next leaf of the tree and the least kept.  FLAG_KEPT says of a leaf above `written` that what
   stands there now is not the moment's: it changed and was kept, or it came later.  So no flag is
   left when all has gone out.

   What is kept lies in chained blocks of the caller's memory, which are free again once it went
   out: memory bounds what has changed and is still to go out, not how much changes. */
#include "ledger/ledger_private.h"

#include <string.h>

typedef struct {
    dure_hash_t key;
    dure_blind_t blind;
    uint32_t size;
    uint32_t table;
} kept_head_t;

typedef struct {
    uint32_t next;
    uint8_t bytes[DURE_SNAPSHOT_BLOCK_SIZE - sizeof(uint32_t)];
} block_t;

static_assert(sizeof(block_t) == DURE_SNAPSHOT_BLOCK_SIZE, "a block is all there is to it");
static_assert(sizeof(kept_head_t) < sizeof(((block_t *)0)->bytes), "a head lies in one block");

/* The caller's memory: a record's bytes on their way, the heap, the blocks. */
static uint8_t *stage_of(const snapshot_state_t *self)
{
    return self->memory;
}

static snapshot_kept_t *heap_of(const snapshot_state_t *self)
{
    return (snapshot_kept_t *)(void *)(self->memory + DURE_RECORD_SIZE_MAX);
}

static block_t *block_at(const snapshot_state_t *self, uint32_t block)
{
    DURE_ASSERT(block < self->blocks);
    uint8_t *first = (uint8_t *)(heap_of(self) + self->blocks);
    return (block_t *)(void *)(first + (size_t)block * sizeof(block_t));
}

/* ---- blocks ------------------------------------------------------------------------------------
 */
static uint32_t block_take(snapshot_state_t *self)
{
    const uint32_t block = self->free;
    if (block != CELL_NONE) {
        self->free = block_at(self, block)->next;
    } else if (self->used < self->blocks) {
        return self->used++;
    }
    return block;
}

static void blocks_release(snapshot_state_t *self, uint32_t first)
{
    for (uint32_t at = first; at != CELL_NONE;) {
        block_t *block = block_at(self, at);
        const uint32_t next = block->next;
        block->next = self->free;
        self->free = at;
        self->blocks_kept--;
        at = next;
    }
}

/* The head and the record in as many blocks as they take; CELL_NONE if there are too few. */
static uint32_t blocks_fill(snapshot_state_t *self, const kept_head_t *head, dure_bytes_t record)
{
    uint32_t first = CELL_NONE;
    uint32_t *link = &first;
    size_t offset = 0;
    do {
        const uint32_t at = block_take(self);
        if (at == CELL_NONE) {
            return CELL_NONE; /* the snapshot ends: nothing needs to be given back */
        }
        block_t *block = block_at(self, at);
        self->blocks_kept++;
        *link = at;
        link = &block->next;
        const size_t taken = first == at ? sizeof *head : 0;
        if (taken > 0) {
            memcpy(block->bytes, head, sizeof *head);
        }
        const size_t rest = record.size - offset;
        const size_t room = sizeof block->bytes - taken;
        const size_t size = rest < room ? rest : room;
        memcpy(block->bytes + taken, record.data + offset, size);
        offset += size;
    } while (offset < record.size);
    *link = CELL_NONE;
    return first;
}

/* ---- the heap: the kept record of the least key stands first -----------------------------------
 */
static kept_head_t head_of(const snapshot_state_t *self, uint32_t block)
{
    kept_head_t head;
    memcpy(&head, block_at(self, block)->bytes, sizeof head);
    return head;
}

static int keys_compare(const dure_hash_t *a, const dure_hash_t *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes);
}

static bool is_before(const snapshot_state_t *self, snapshot_kept_t a, snapshot_kept_t b)
{
    if (a.prefix != b.prefix) {
        return a.prefix < b.prefix;
    }
    const kept_head_t head_a = head_of(self, a.block), head_b = head_of(self, b.block);
    return keys_compare(&head_a.key, &head_b.key) < 0;
}

static void heap_add(snapshot_state_t *self, snapshot_kept_t kept)
{
    snapshot_kept_t *heap = heap_of(self);
    uint32_t at = self->kept++;
    while (at > 0 && is_before(self, kept, heap[(at - 1) / 2])) {
        heap[at] = heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    heap[at] = kept;
}

static void heap_remove_first(snapshot_state_t *self)
{
    snapshot_kept_t *heap = heap_of(self);
    const snapshot_kept_t last = heap[--self->kept];
    uint32_t at = 0;
    for (;;) {
        uint32_t below = 2 * at + 1;
        if (below + 1 < self->kept && is_before(self, heap[below + 1], heap[below])) {
            below++;
        }
        if (below >= self->kept || !is_before(self, heap[below], last)) {
            break;
        }
        heap[at] = heap[below];
        at = below;
    }
    heap[at] = last;
}

/* Big-endian, so that prefixes compare as keys do. */
static uint64_t prefix_of(const dure_hash_t *key)
{
    uint64_t prefix = 0;
    for (unsigned i = 0; i < sizeof prefix; i++) {
        prefix = prefix << 8 | key->bytes[i];
    }
    return prefix;
}

/* ---- what changes meanwhile --------------------------------------------------------------------
 */
static bool is_ahead(const snapshot_state_t *self, const dure_hash_t *key)
{
    return !self->has_written || keys_compare(key, &self->written) > 0;
}

void ledger_snapshot_changes(dure_ledger_t *ledger, dure_table_t table, uint32_t cell, uint32_t ref)
{
    snapshot_state_t *self = &ledger->snapshot;
    if ((ledger->flags[ref] & (FLAG_IN_TREE | FLAG_KEPT)) != FLAG_IN_TREE) {
        return; /* it came later, or was kept */
    }
    kept_head_t head = {.key = *dure_tree_key_at(ledger->tree, ref), .table = table};
    if (!is_ahead(self, &head.key) || ledger->bug == DURE_LEDGER_BUG_SNAPSHOT_FORGETS) {
        return;
    }
    dure_writer_t record = dure_writer(stage_of(self), DURE_RECORD_SIZE_MAX);
    const bool exists = ledger_record_write(ledger, table, cell, &record, &head.blind);
    DURE_ASSERT(exists && !record.overflow);
    head.size = (uint32_t)record.size;
    const uint32_t block = blocks_fill(self, &head, dure_writer_bytes(&record));
    if (block == CELL_NONE) {
        self->stage = SNAPSHOT_FULL;
        return;
    }
    heap_add(self, (snapshot_kept_t){.prefix = prefix_of(&head.key), .block = block});
    ledger->flags[ref] |= FLAG_KEPT;
}

void ledger_snapshot_comes(dure_ledger_t *ledger, uint32_t ref, const dure_hash_t *key)
{
    snapshot_state_t *self = &ledger->snapshot;
    self->has_moved = 1;
    if (is_ahead(self, key) && ledger->bug != DURE_LEDGER_BUG_SNAPSHOT_TAKES_NEW) {
        ledger->flags[ref] |= FLAG_KEPT;
    }
}

void ledger_snapshot_goes(dure_ledger_t *ledger, uint32_t ref)
{
    ledger->snapshot.has_moved = 1;
    ledger->flags[ref] &= (uint8_t)~FLAG_KEPT;
}

/* ---- giving out --------------------------------------------------------------------------------
 */
void dure_ledger_snapshot_begin(dure_ledger_t *ledger, void *memory, size_t memory_size)
{
    snapshot_state_t *self = &ledger->snapshot;
    DURE_ASSERT(!ledger->in_block && ledger->dirty_count == 0);
    DURE_ASSERT((uintptr_t)memory % 64 == 0 && memory_size >= DURE_SNAPSHOT_MEMORY_MIN);
    if (self->stage != SNAPSHOT_NOT) {
        for (uint32_t table = 0; table < TABLE_COUNT; table++) {
            const uint32_t first = ledger->ref_base[table];
            for (uint32_t cell = 0; cell < ledger->state->pools[table].used; cell++) {
                ledger->flags[first + cell] &= (uint8_t)~FLAG_KEPT;
            }
        }
    }
    const size_t each = sizeof(snapshot_kept_t) + sizeof(block_t);
    const size_t blocks = (memory_size - DURE_RECORD_SIZE_MAX) / each;
    *self = (snapshot_state_t){
        .memory = memory,
        .blocks = blocks < CELL_NONE ? (uint32_t)blocks : CELL_NONE - 1,
        .free = CELL_NONE,
        .stage = SNAPSHOT_RUNS,
        .has_moved = 1,
    };
}

static void write_kept(const snapshot_state_t *self, const kept_head_t *head, dure_writer_t *out)
{
    uint32_t at = heap_of(self)[0].block;
    size_t skip = sizeof *head;
    for (size_t offset = 0; offset < head->size;) {
        const block_t *block = block_at(self, at);
        const size_t room = sizeof block->bytes - skip;
        const size_t size = head->size - offset < room ? head->size - offset : room;
        dure_write_raw(out, block->bytes + skip, size);
        offset += size;
        skip = 0;
        at = block->next;
    }
}

static void advance(snapshot_state_t *self, const dure_hash_t *key)
{
    self->written = *key;
    self->has_written = 1;
}

/* The next leaf behind what was written. */
static uint32_t leaf_ahead(dure_ledger_t *ledger)
{
    snapshot_state_t *self = &ledger->snapshot;
    if (self->has_moved) {
        self->has_moved = 0;
        self->leaf = self->has_written ? dure_tree_after(ledger->tree, &self->written)
                                       : dure_tree_next(ledger->tree, DURE_TREE_SLOT_NONE);
    }
    return self->leaf;
}

static void leaf_pass(dure_ledger_t *ledger, uint32_t leaf)
{
    snapshot_state_t *self = &ledger->snapshot;
    advance(self, dure_tree_key_at(ledger->tree, leaf));
    ledger->flags[leaf] &= (uint8_t)~FLAG_KEPT;
    self->leaf = dure_tree_next(ledger->tree, leaf);
}

static void give_kept(dure_ledger_t *ledger, const kept_head_t *head, uint32_t leaf,
                      dure_writer_t *out)
{
    snapshot_state_t *self = &ledger->snapshot;
    write_kept(self, head, out);
    if (out->overflow) {
        return;
    }
    blocks_release(self, heap_of(self)[0].block);
    heap_remove_first(self);
    if (leaf != DURE_TREE_SLOT_NONE &&
        keys_compare(&head->key, dure_tree_key_at(ledger->tree, leaf)) == 0) {
        leaf_pass(ledger, leaf);
    } else {
        advance(self, &head->key);
    }
}

bool dure_ledger_snapshot_next(dure_ledger_t *ledger, uint8_t *table, dure_blind_t *blind,
                               dure_writer_t *out)
{
    snapshot_state_t *self = &ledger->snapshot;
    DURE_ASSERT(self->stage == SNAPSHOT_RUNS && ledger->dirty_count == 0);
    for (;;) {
        const uint32_t leaf = leaf_ahead(ledger);
        const bool is_leaf = leaf != DURE_TREE_SLOT_NONE;
        kept_head_t head = {0};
        if (self->kept > 0) {
            head = head_of(self, heap_of(self)[0].block);
        }
        if (self->kept > 0 &&
            (!is_leaf || keys_compare(&head.key, dure_tree_key_at(ledger->tree, leaf)) <= 0)) {
            *table = (uint8_t)head.table;
            *blind = head.blind;
            give_kept(ledger, &head, leaf, out);
            return true;
        }
        if (!is_leaf) {
            self->stage = SNAPSHOT_NOT;
            return false;
        }
        if ((ledger->flags[leaf] & FLAG_KEPT) == 0) {
            uint32_t cell;
            const dure_table_t which = ledger_table_of(ledger, leaf, &cell);
            const bool exists = ledger_record_write(ledger, which, cell, out, blind);
            DURE_ASSERT(exists);
            *table = (uint8_t)which;
            if (!out->overflow) {
                leaf_pass(ledger, leaf);
            }
            return true;
        }
        leaf_pass(ledger, leaf); /* it came later */
    }
}

void dure_ledger_snapshot_end(dure_ledger_t *ledger)
{
    if (ledger->snapshot.stage == SNAPSHOT_RUNS) {
        ledger->snapshot.stage = SNAPSHOT_FULL;
    }
}

bool dure_ledger_snapshot_is_full(const dure_ledger_t *ledger)
{
    return ledger->snapshot.stage == SNAPSHOT_FULL;
}

uint32_t dure_ledger_snapshot_used_percent(const dure_ledger_t *ledger)
{
    const snapshot_state_t *self = &ledger->snapshot;
    return self->stage == SNAPSHOT_RUNS
               ? (uint32_t)((uint64_t)self->blocks_kept * 100 / self->blocks)
               : 0;
}

/* The journal: old bytes of what a block changed, so that the block can be dropped.

   An entry is the old bytes, padded to 8, then where they stood (8) and how many (8).  Entries are
   undone from the last to the first. */
#include "ledger/ledger_private.h"

#include <string.h>

typedef struct {
    uint64_t at, size;
} entry_t;

void ledger_touch(dure_ledger_t *ledger, const void *at, size_t size)
{
    const size_t offset = (size_t)((const uint8_t *)at - ledger->memory);
    DURE_ASSERT(offset >= ledger->state_at);
    DURE_ASSERT(offset + size <= ledger->state_at + ledger->state_size);
    if (!ledger->in_block || ledger->overflowed) {
        return;
    }
    const size_t padded = (size + 7) / 8 * 8;
    if (ledger->limits.journal_bytes_max - ledger->journal_used < padded + sizeof(entry_t)) {
        ledger->overflowed = 1;
        return;
    }
    uint8_t *to = ledger->journal + ledger->journal_used;
    memcpy(to, at, size);
    const entry_t entry = {.at = offset, .size = size};
    memcpy(to + padded, &entry, sizeof entry);
    ledger->journal_used += padded + sizeof entry;
}

void dure_ledger_begin(dure_ledger_t *ledger, dure_time_t block_time)
{
    DURE_ASSERT(!ledger->in_block);
    ledger->in_block = 1;
    ledger->overflowed = 0;
    ledger->journal_used = 0;
    ledger->now_before = ledger->now;
    if (ledger->genesis.clock == 1) {
        DURE_ASSERT(block_time >= ledger->now);
        ledger_time_set(ledger, block_time);
    }
}

static void block_end(dure_ledger_t *ledger)
{
    for (uint32_t i = 0; i < ledger->touched_count; i++) {
        ledger->flags[ledger->touched[i]] &= (uint8_t)~FLAG_TOUCHED;
    }
    ledger->touched_count = 0;
    ledger->journal_used = 0;
    ledger->in_block = 0;
}

void dure_ledger_keep(dure_ledger_t *ledger)
{
    DURE_ASSERT(ledger->in_block);
    block_end(ledger);
}

bool dure_ledger_drop(dure_ledger_t *ledger)
{
    DURE_ASSERT(ledger->in_block);
    if (ledger->overflowed) {
        return false;
    }
    while (ledger->journal_used > 0) {
        entry_t entry;
        ledger->journal_used -= sizeof entry;
        memcpy(&entry, ledger->journal + ledger->journal_used, sizeof entry);
        ledger->journal_used -= (entry.size + 7) / 8 * 8;
        memcpy(ledger->memory + entry.at, ledger->journal + ledger->journal_used, entry.size);
    }
    ledger_time_set(ledger, ledger->now_before);
    /* What the block brought into the tree is brought there again, as it was before. */
    for (uint32_t i = 0; i < ledger->touched_count; i++) {
        const uint32_t ref = ledger->touched[i];
        if ((ledger->flags[ref] & FLAG_DIRTY) == 0) {
            ledger->flags[ref] |= FLAG_DIRTY;
            ledger->dirty[ledger->dirty_count++] = ref;
        }
    }
    block_end(ledger);
    dure_hash_t root;
    dure_ledger_root(ledger, &root);
    return true;
}

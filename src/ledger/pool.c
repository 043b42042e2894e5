/* Pools of equal cells with a free list, and lists linked through them. */
#include "ledger/ledger_private.h"

#include <string.h>

/* Every cell that can be freed or linked starts with the number of the next one. */
static uint32_t *next_of(const dure_ledger_t *ledger, pool_t pool, uint32_t cell)
{
    return ledger_cell(ledger, pool, cell);
}

uint32_t ledger_taken(const dure_ledger_t *ledger, pool_t pool)
{
    const pool_head_t *pools = ledger->state->pools;
    /* A party's first key stands in its own cell. */
    return pools[pool].live + (pool == POOL_KEY ? pools[POOL_PARTY].live : 0);
}

uint32_t ledger_room(const dure_ledger_t *ledger, pool_t pool)
{
    const uint32_t limit = ledger_limit(ledger, pool);
    const uint32_t taken = ledger_taken(ledger, pool);
    return limit > taken ? limit - taken : 0;
}

uint32_t ledger_space(const dure_ledger_t *ledger, pool_t pool)
{
    return ledger->pool_max[pool] - ledger_taken(ledger, pool);
}

uint32_t ledger_take(dure_ledger_t *ledger, pool_t pool)
{
    pool_head_t *head = &ledger->state->pools[pool];
    DURE_ASSERT(head->live < ledger->pool_max[pool]);
    ledger_touch(ledger, head, sizeof *head);
    uint32_t cell = head->free;
    if (cell != CELL_NONE) {
        ledger_touch(ledger, ledger_cell(ledger, pool, cell), ledger_cell_sizes[pool]);
        head->free = *next_of(ledger, pool, cell);
    } else {
        /* Bytes above `used` are no part of the state: nothing to keep. */
        cell = head->used++;
    }
    head->live++;
    memset(ledger_cell(ledger, pool, cell), 0, ledger_cell_sizes[pool]);
    return cell;
}

void ledger_release(dure_ledger_t *ledger, pool_t pool, uint32_t cell)
{
    pool_head_t *head = &ledger->state->pools[pool];
    ledger_touch(ledger, head, sizeof *head);
    ledger_touch(ledger, ledger_cell(ledger, pool, cell), ledger_cell_sizes[pool]);
    memset(ledger_cell(ledger, pool, cell), 0, ledger_cell_sizes[pool]);
    *next_of(ledger, pool, cell) = head->free;
    head->free = cell;
    DURE_ASSERT(head->live > 0);
    head->live--;
}

void ledger_link(dure_ledger_t *ledger, pool_t pool, uint32_t *head, uint32_t previous,
                 uint32_t cell)
{
    uint32_t *link = previous == CELL_NONE ? head : next_of(ledger, pool, previous);
    uint32_t *next = next_of(ledger, pool, cell);
    ledger_touch(ledger, link, sizeof *link);
    ledger_touch(ledger, next, sizeof *next);
    *next = *link;
    *link = cell;
}

void ledger_unlink(dure_ledger_t *ledger, pool_t pool, uint32_t *head, uint32_t cell)
{
    uint32_t *link = head;
    while (*link != cell) {
        DURE_ASSERT(*link != CELL_NONE);
        link = next_of(ledger, pool, *link);
    }
    ledger_touch(ledger, link, sizeof *link);
    *link = *next_of(ledger, pool, cell);
    ledger_release(ledger, pool, cell);
}

uint32_t ledger_next_cell(const dure_ledger_t *ledger, pool_t pool, uint32_t cell)
{
    return *next_of(ledger, pool, cell);
}

uint32_t ledger_list_count(const dure_ledger_t *ledger, pool_t pool, uint32_t head)
{
    uint32_t count = 0;
    for (uint32_t cell = head; cell != CELL_NONE; cell = *next_of(ledger, pool, cell)) {
        count++;
    }
    return count;
}

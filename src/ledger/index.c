/* Hash indexes by record id: open addressing, no rehash, removal by shifting back.  An entry is
   cell + 1; 0 is empty.  The hash is keyed with the chain id, so that ids cannot be chosen to
   collide before the chain exists.  No order of an index ever reaches a root or a record. */
#include "ledger/ledger_private.h"

record_id_t ledger_id(const dure_tx_id_t *id)
{
    return (record_id_t){.party = id->party, .number = id->number, .lane = id->lane};
}

static record_id_t id_of(const dure_ledger_t *ledger, index_t index, uint32_t cell)
{
    switch (index) {
    case INDEX_PARTY:
        return (record_id_t){.party = party_at(ledger, cell)->number};
    case INDEX_LANE:
        return (record_id_t){.party = lane_at(ledger, cell)->party,
                             .lane = (uint16_t)lane_at(ledger, cell)->lane};
    case INDEX_ORDER:
        return ledger_id(&order_at(ledger, cell)->id);
    case INDEX_PAYOUT:
        return ledger_id(&payout_at(ledger, cell)->id);
    case INDEX_PROPOSAL:
        return ledger_id(&proposal_at(ledger, cell)->id);
    case INDEX_BATCH:
        return ledger_id(&batch_at(ledger, cell)->id);
    case INDEX_HOLD:
        return ledger_id(&hold_at(ledger, cell)->id);
    case INDEX_REFUND:
        return ledger_id(&refund_at(ledger, cell)->id);
    case INDEX_COUNT:
        break;
    }
    DURE_ASSERT(false && "an index outside the enum");
    return (record_id_t){0};
}

static bool same(record_id_t a, record_id_t b)
{
    return a.party == b.party && a.number == b.number && a.lane == b.lane;
}

static uint64_t mix(uint64_t x)
{
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    x ^= x >> 32;
    x *= UINT64_C(0xd6e8feb86659fd93);
    return x ^ x >> 32;
}

static uint32_t home(const dure_ledger_t *ledger, index_t index, record_id_t id)
{
    const uint8_t *key = ledger->chain_id.bytes;
    uint64_t hash = mix(id.party ^ dure_get_u64(key));
    hash = mix(hash ^ id.number ^ dure_get_u64(key + 8));
    hash = mix(hash ^ id.lane ^ dure_get_u64(key + 16));
    return (uint32_t)(((unsigned __int128)hash * ledger->index_size[index]) >> 64);
}

static uint32_t after(const dure_ledger_t *ledger, index_t index, uint32_t at)
{
    return at + 1 == ledger->index_size[index] ? 0 : at + 1;
}

uint32_t ledger_index_find(const dure_ledger_t *ledger, index_t index, record_id_t id)
{
    const uint32_t *table = ledger->indexes[index];
    uint32_t at = home(ledger, index, id);
    while (table[at] != 0) {
        if (same(id_of(ledger, index, table[at] - 1), id)) {
            return table[at] - 1;
        }
        at = after(ledger, index, at);
    }
    return CELL_NONE;
}

void ledger_index_add(dure_ledger_t *ledger, index_t index, uint32_t cell)
{
    uint32_t *table = ledger->indexes[index];
    uint32_t at = home(ledger, index, id_of(ledger, index, cell));
    while (table[at] != 0) {
        at = after(ledger, index, at);
    }
    ledger_touch(ledger, &table[at], sizeof table[at]);
    table[at] = cell + 1;
}

void ledger_index_fetch(const dure_ledger_t *ledger, index_t index, record_id_t id)
{
    __builtin_prefetch(&ledger->indexes[index][home(ledger, index, id)]);
}

uint32_t ledger_index_guess(const dure_ledger_t *ledger, index_t index, record_id_t id)
{
    const uint32_t entry = ledger->indexes[index][home(ledger, index, id)];
    return entry == 0 ? CELL_NONE : entry - 1;
}

/* True if an entry whose home is `from` may stand at `to` without passing `at`: cyclic order. */
static bool reaches(uint32_t from, uint32_t hole, uint32_t at)
{
    return hole <= at ? from <= hole || from > at : from <= hole && from > at;
}

void ledger_index_remove(dure_ledger_t *ledger, index_t index, uint32_t cell)
{
    uint32_t *table = ledger->indexes[index];
    uint32_t hole = home(ledger, index, id_of(ledger, index, cell));
    while (table[hole] != cell + 1) {
        DURE_ASSERT(table[hole] != 0);
        hole = after(ledger, index, hole);
    }
    for (uint32_t at = after(ledger, index, hole); table[at] != 0; at = after(ledger, index, at)) {
        const uint32_t from = home(ledger, index, id_of(ledger, index, table[at] - 1));
        if (reaches(from, hole, at)) {
            ledger_touch(ledger, &table[hole], sizeof table[hole]);
            table[hole] = table[at];
            hole = at;
        }
    }
    ledger_touch(ledger, &table[hole], sizeof table[hole]);
    table[hole] = 0;
}

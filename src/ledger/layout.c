/* Where everything lies in the caller's memory: the head, then the state region (counts, pools,
   indexes, images), then the caches, the journal and the tree. */
#include "ledger/ledger_private.h"

#include <assert.h>
#include <string.h>

static_assert(sizeof(party_t) == 104, "memory is counted per party");
static_assert(sizeof(attribute_t) == 16, "memory is counted per party");
static_assert(sizeof(lot_t) == 36, "memory is counted per party");
static_assert(sizeof(chunk_t) == 512, "chunks are whole");
static_assert(DURE_FUNDS_MAX <= 256 && DURE_FUND_VERSIONS_MAX <= 8, "they fit a lot's bits");
static_assert(DURE_AMOUNT_WON_MAX < UINT64_C(1) << 50, "an amount fits a lot's bits");
static_assert(DURE_DAY_MAX < 1 << 17, "a day fits a lot's bits");
static_assert(DURE_CITIES_MAX <= 256, "an index fits a byte");

const uint32_t ledger_cell_sizes[POOL_COUNT] = {
    [POOL_CHAIN] = 8,
    [POOL_CITY] = sizeof(city_t),
    [POOL_ACCOUNT] = sizeof(account_t),
    [POOL_FUND] = sizeof(fund_t),
    [POOL_PROGRAM] = sizeof(program_t),
    [POOL_PARTY] = sizeof(party_t),
    [POOL_LANE] = sizeof(lane_t),
    [POOL_ORDER] = sizeof(order_t),
    [POOL_PAYOUT] = sizeof(payout_t),
    [POOL_PROPOSAL] = sizeof(proposal_t),
    [POOL_BATCH] = sizeof(batch_t),
    [POOL_HOLD] = sizeof(hold_t),
    [POOL_REFUND] = sizeof(refund_t),
    [POOL_KEY] = sizeof(party_key_t),
    [POOL_ATTRIBUTE] = sizeof(attribute_t),
    [POOL_LOT] = sizeof(lot_t),
    [POOL_BALANCE] = sizeof(balance_t),
    [POOL_COUNTER] = sizeof(counter_t),
    [POOL_CHANGE] = sizeof(change_t),
    [POOL_CHUNK] = sizeof(chunk_t),
    [POOL_WIDE] = sizeof(uint64_t),
};

static const pool_t INDEX_POOLS[INDEX_COUNT] = {
    [INDEX_PARTY] = POOL_PARTY,   [INDEX_LANE] = POOL_LANE,         [INDEX_ORDER] = POOL_ORDER,
    [INDEX_PAYOUT] = POOL_PAYOUT, [INDEX_PROPOSAL] = POOL_PROPOSAL, [INDEX_BATCH] = POOL_BATCH,
    [INDEX_HOLD] = POOL_HOLD,     [INDEX_REFUND] = POOL_REFUND,
};

dure_ledger_limits_t dure_ledger_limits_for(uint32_t parties_max)
{
    DURE_ASSERT(parties_max > 0 && parties_max <= UINT32_C(1) << 26);
    const uint32_t base = 1024;
    return (dure_ledger_limits_t){
        .parties_max = parties_max,
        .lots_max = base + parties_max * 4,
        .attributes_max = base + parties_max * 6,
        .balances_max = base + parties_max,
        .counters_max = base + parties_max * 3,
        .orders_max = base + parties_max / 4,
        .payouts_max = base + parties_max / 4,
        .proposals_max = 256,
        .batches_max = 256,
        .holds_max = base + parties_max / 16,
        .refunds_max = base + parties_max / 2,
        .lanes_max = base,
        .accounts_max = 512,
        .funds_max = 64,
        .programs_max = 128,
        .image_bytes_max = UINT64_C(4) << 20,
        .journal_bytes_max = UINT64_C(96) << 20,
    };
}

void dure_ledger_limits_cover(dure_ledger_limits_t *limits, uint32_t parties_max)
{
    const dure_ledger_limits_t least = dure_ledger_limits_for(parties_max);
#define COVER(field) limits->field = limits->field > least.field ? limits->field : least.field
    COVER(parties_max);
    COVER(lots_max);
    COVER(attributes_max);
    COVER(balances_max);
    COVER(counters_max);
    COVER(orders_max);
    COVER(payouts_max);
    COVER(proposals_max);
    COVER(batches_max);
    COVER(holds_max);
    COVER(refunds_max);
    COVER(lanes_max);
    COVER(accounts_max);
    COVER(funds_max);
    COVER(programs_max);
    COVER(image_bytes_max);
#undef COVER
}

static uint32_t pool_limit(const dure_ledger_limits_t *limits, pool_t pool)
{
    switch (pool) {
    case POOL_CHAIN:
        return 1;
    case POOL_CITY:
        return DURE_CITIES_MAX;
    case POOL_ACCOUNT:
        return limits->accounts_max;
    case POOL_FUND:
        return limits->funds_max;
    case POOL_PROGRAM:
        return limits->programs_max;
    case POOL_PARTY:
        return limits->parties_max;
    case POOL_LANE:
        return limits->lanes_max;
    case POOL_ORDER:
        return limits->orders_max;
    case POOL_PAYOUT:
        return limits->payouts_max;
    case POOL_PROPOSAL:
        return limits->proposals_max;
    case POOL_BATCH:
        return limits->batches_max;
    case POOL_HOLD:
        return limits->holds_max;
    case POOL_REFUND:
        return limits->refunds_max;
    case POOL_KEY:
        return limits->parties_max + limits->parties_max / 2 + 64;
    case POOL_ATTRIBUTE:
        return limits->attributes_max;
    case POOL_LOT:
        return limits->lots_max;
    case POOL_BALANCE:
        return limits->balances_max;
    case POOL_COUNTER:
        return limits->counters_max;
    case POOL_CHANGE: /* never full: each parameter is bounded by itself */
        return limits->funds_max * DURE_FUND_PARAMETERS_MAX * DURE_PARAMETER_CHANGES_MAX;
    case POOL_CHUNK:
        return (uint32_t)(limits->image_bytes_max / CHUNK_BYTES) + 1;
    case POOL_WIDE: /* never full: each is an attribute's */
        return limits->attributes_max;
    case POOL_COUNT:
        break;
    }
    DURE_ASSERT(false && "a pool outside the enum");
    return 0;
}

uint32_t ledger_limit(const dure_ledger_t *ledger, pool_t pool)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(ledger->state->parties_max);
    return pool_limit(&limits, pool);
}

static bool holds(const dure_ledger_limits_t *capacity, uint32_t parties_max)
{
    const dure_ledger_limits_t least = dure_ledger_limits_for(parties_max);
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        if (pool_limit(capacity, pool) < pool_limit(&least, pool)) {
            return false;
        }
    }
    return capacity->image_bytes_max >= least.image_bytes_max;
}

/* Every limit grows with the parties, so halving finds where they stop fitting. */
static uint32_t capacity_of(const dure_ledger_limits_t *limits)
{
    uint32_t fits = 0;
    uint32_t above = DURE_LEDGER_PARTIES_MAX + 1;
    while (above - fits > 1) {
        const uint32_t middle = fits + (above - fits) / 2;
        if (holds(limits, middle)) {
            fits = middle;
        } else {
            above = middle;
        }
    }
    return fits;
}

/* Takes `size` bytes at *offset, 64-byte aligned; gives where they start. */
static size_t lay(size_t *offset, size_t size)
{
    const size_t at = *offset;
    *offset = (at + size + 63) / 64 * 64;
    return at;
}

/* One walk for both the size and the pointers: ledger->memory is NULL when only counting. */
static void lay_state(dure_ledger_t *ledger, size_t *offset)
{
    uint8_t *memory = ledger->memory;
    ledger->state_at = *offset;
    size_t at = lay(offset, sizeof(state_head_t));
    ledger->state = memory == NULL ? NULL : (state_head_t *)(void *)(memory + at);
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        ledger->pool_max[pool] = pool_limit(&ledger->limits, pool);
        at = lay(offset, (size_t)ledger->pool_max[pool] * ledger_cell_sizes[pool]);
        ledger->pools[pool] = memory == NULL ? NULL : memory + at;
    }
    for (index_t index = 0; index < INDEX_COUNT; index++) {
        /* Twice the records, so that the runs stay short. */
        ledger->index_size[index] = ledger->pool_max[INDEX_POOLS[index]] * 2 + 1;
        at = lay(offset, (size_t)ledger->index_size[index] * sizeof(uint32_t));
        ledger->indexes[index] = memory == NULL ? NULL : (uint32_t *)(void *)(memory + at);
    }
    ledger->state_size = *offset - ledger->state_at;
}

static size_t lay_all(dure_ledger_t *ledger)
{
    uint8_t *memory = ledger->memory;
    size_t offset = 0;
    lay(&offset, sizeof(dure_ledger_t));
    lay_state(ledger, &offset);
    uint32_t refs = 0;
    for (uint32_t table = 0; table < TABLE_COUNT; table++) {
        ledger->ref_base[table] = refs;
        refs += ledger->pool_max[table];
    }
    ledger->ref_base[TABLE_COUNT] = refs;
    const size_t images = lay(&offset, ledger->limits.image_bytes_max);
    const size_t programs =
        lay(&offset, (size_t)(ledger->limits.programs_max + 1) * sizeof(dure_yak_program_t));
    const size_t list_whats =
        lay(&offset, ledger->limits.programs_max * sizeof *ledger->list_whats);
    const size_t marks =
        lay(&offset, ledger->limits.programs_max * sizeof *ledger->parameter_marks);
    const size_t scratch = lay(&offset, DURE_RECORD_SIZE_MAX);
    const size_t rows = lay(&offset, (size_t)BATCH_ROWS * DURE_EFFECT_ROW_SIZE);
    const size_t flags = lay(&offset, refs);
    const size_t dirty = lay(&offset, (size_t)refs * sizeof(uint32_t));
    const size_t touched = lay(&offset, (size_t)refs * sizeof(uint32_t));
    const size_t journal = lay(&offset, ledger->limits.journal_bytes_max);
    const size_t tree = lay(&offset, dure_tree_size(refs));
    if (memory != NULL) {
        ledger->images = memory + images;
        ledger->programs = (dure_yak_program_t *)(void *)(memory + programs);
        ledger->trial = ledger->programs + ledger->limits.programs_max;
        ledger->list_whats = (uint64_t(*)[DURE_YAK_LISTS_MAX])(void *)(memory + list_whats);
        ledger->parameter_marks =
            (dure_mark_t(*)[DURE_FUND_PARAMETERS_MAX])(void *)(memory + marks);
        ledger->scratch = memory + scratch;
        ledger->rows = memory + rows;
        ledger->flags = memory + flags;
        ledger->dirty = (uint32_t *)(void *)(memory + dirty);
        ledger->touched = (uint32_t *)(void *)(memory + touched);
        ledger->journal = memory + journal;
        ledger->tree = (dure_tree_t *)(void *)(memory + tree);
    }
    return offset;
}

static void limits_check(const dure_ledger_limits_t *limits)
{
    DURE_ASSERT(limits->parties_max > 0 && limits->parties_max <= UINT32_C(1) << 26);
    DURE_ASSERT(limits->funds_max <= DURE_FUNDS_MAX);
    DURE_ASSERT(limits->programs_max <= DURE_FUNDS_MAX * DURE_FUND_VERSIONS_MAX);
    DURE_ASSERT(limits->image_bytes_max <= UINT64_C(1) << 36);
    const uint64_t others = (uint64_t)limits->lanes_max + limits->orders_max + limits->payouts_max +
                            limits->proposals_max + limits->accounts_max + limits->batches_max +
                            limits->holds_max + limits->refunds_max;
    DURE_ASSERT(others <= UINT32_C(1) << 28);
}

size_t dure_ledger_size(const dure_ledger_limits_t *limits)
{
    limits_check(limits);
    dure_ledger_t counted = {.limits = *limits};
    return lay_all(&counted);
}

/* Memory fresh from the system is zero and takes no room until it is written: so only what is not
   zero is. */
void ledger_zero(void *memory, size_t size)
{
    static const uint8_t zeros[4096];
    uint8_t *at = memory;
    for (size_t done = 0; done < size; done += sizeof zeros) {
        const size_t part = size - done < sizeof zeros ? size - done : sizeof zeros;
        if (memcmp(at + done, zeros, part) != 0) {
            memset(at + done, 0, part);
        }
    }
}

/* Puts every table back to empty. */
static void clear(dure_ledger_t *ledger)
{
    memset(ledger->state, 0, sizeof *ledger->state);
    for (pool_t pool = 0; pool < POOL_COUNT; pool++) {
        ledger->state->pools[pool].free = CELL_NONE;
    }
    for (index_t index = 0; index < INDEX_COUNT; index++) {
        ledger_zero(ledger->indexes[index], (size_t)ledger->index_size[index] * sizeof(uint32_t));
    }
    ledger->in_block = 0;
    ledger->overflowed = 0;
    ledger->journal_used = 0;
    ledger_tree_reset(ledger);
}

dure_ledger_t *dure_ledger_init(void *memory, size_t memory_size,
                                const dure_ledger_limits_t *limits, dure_bytes_t genesis,
                                const char **problem)
{
    DURE_ASSERT((uintptr_t)memory % 64 == 0);
    DURE_ASSERT(memory_size >= dure_ledger_size(limits));
    dure_ledger_t *ledger = memory;
    memset(ledger, 0, sizeof *ledger);
    ledger->limits = *limits;
    ledger->memory = memory;
    lay_all(ledger);
    dure_reader_t reader = dure_reader(genesis);
    dure_genesis_decode(&reader, &ledger->genesis);
    if (!dure_reader_end(&reader)) {
        *problem = "the genesis bytes are not canonical";
        return NULL;
    }
    dure_hash(&ledger->chain_id, DURE_TAG_GENESIS, genesis.data, genesis.size);
    *problem = ledger_genesis_check(&ledger->genesis, &ledger->zone);
    if (*problem != NULL) {
        return NULL;
    }
    ledger->capacity = capacity_of(limits);
    if (ledger->genesis.parties_max > ledger->capacity) {
        *problem = "the tables are smaller than the genesis's parties_max asks for";
        return NULL;
    }
    clear(ledger);
    *problem = ledger_genesis_fill(ledger);
    return *problem == NULL ? ledger : NULL;
}

void dure_ledger_load_begin(dure_ledger_t *ledger)
{
    clear(ledger);
    ledger->state->parties_max = ledger->genesis.parties_max;
    ledger_time_set(ledger, ledger->genesis.time);
}

uint32_t dure_ledger_parties_max(const dure_ledger_t *ledger)
{
    return ledger->state->parties_max;
}

uint32_t dure_ledger_capacity(const dure_ledger_t *ledger)
{
    return ledger->capacity;
}

const dure_hash_t *dure_ledger_chain_id(const dure_ledger_t *ledger)
{
    return &ledger->chain_id;
}

const dure_genesis_t *dure_ledger_genesis(const dure_ledger_t *ledger)
{
    return &ledger->genesis;
}

const dure_zone_t *dure_ledger_zone(const dure_ledger_t *ledger)
{
    return &ledger->zone;
}

void dure_ledger_plant(dure_ledger_t *ledger, dure_ledger_bug_t bug)
{
    ledger->bug = (uint8_t)bug;
}

dure_ledger_usage_t dure_ledger_usage(const dure_ledger_t *ledger)
{
    const pool_head_t *pools = ledger->state->pools;
    return (dure_ledger_usage_t){
        .parties = pools[POOL_PARTY].live,
        .lots = pools[POOL_LOT].live,
        .attributes = pools[POOL_ATTRIBUTE].live,
        .balances = pools[POOL_BALANCE].live,
        .counters = pools[POOL_COUNTER].live,
        .orders = pools[POOL_ORDER].live,
        .payouts = pools[POOL_PAYOUT].live,
        .proposals = pools[POOL_PROPOSAL].live,
        .lanes = pools[POOL_LANE].live,
        .funds = pools[POOL_FUND].live,
        .batches = pools[POOL_BATCH].live,
        .holds = pools[POOL_HOLD].live,
        .refunds = pools[POOL_REFUND].live,
    };
}

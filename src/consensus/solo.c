/* solo: the queue, and the round of the loop. */
#include "consensus/solo_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void solo_fail(dure_consensus_t *self, const char *what, const char *why)
{
    if (self->state != DURE_CONSENSUS_FAILED) {
        self->state = DURE_CONSENSUS_FAILED;
        (void)snprintf(self->problem, sizeof self->problem, "%s: %s", what, why);
    }
}

/* ---- making ---------------------------------------------------------------------------------- */

static uint32_t power_of_two(uint32_t at_least)
{
    uint32_t size = 16;
    while (size < at_least) {
        size *= 2u;
    }
    return size;
}

dure_consensus_t *dure_consensus_new(const dure_consensus_config_t *config)
{
    dure_consensus_t *self = calloc(1, sizeof *self);
    if (self == NULL) {
        return NULL;
    }
    uint32_t capacity = power_of_two(config->queue_txs);
    self->config = *config;
    self->entries_mask = capacity - 1u;
    self->ring_size = config->queue_bytes;
    self->entries = calloc(capacity, sizeof *self->entries);
    self->asides = calloc(capacity, sizeof *self->asides);
    self->ring = malloc(self->ring_size);
    self->candidates = calloc(DURE_BLOCK_TXS_MAX, sizeof *self->candidates);
    self->chosen = calloc(DURE_BLOCK_TXS_MAX, sizeof *self->chosen);
    self->txs = calloc(DURE_BLOCK_TXS_MAX, sizeof *self->txs);
    self->taken = calloc(SOLO_TAKEN_SIZE, sizeof *self->taken);
    self->wires = malloc(SOLO_WIRES_SIZE);
    self->leaves = malloc(2u * DURE_BLOCK_TXS_MAX * sizeof *self->leaves);
    if (self->entries == NULL || self->asides == NULL || self->ring == NULL ||
        self->candidates == NULL || self->chosen == NULL || self->txs == NULL ||
        self->taken == NULL || self->wires == NULL || self->leaves == NULL) {
        dure_consensus_free(self);
        return NULL;
    }
    DURE_ASSERT(self->ring_size >= 4u * (uint64_t)DURE_TX_SIZE_MAX);
    self->is_driven = dure_ledger_genesis(dure_chain_ledger(config->chain))->clock == CLOCK_DRIVEN;
    self->told = dure_chain_head(config->chain)->height;
    self->reach = DURE_BLOCK_TXS_MAX;
    self->wall_start_ms = dure_io_wall_ms(config->io);
    self->mono_start_ns = dure_io_monotonic_ns(config->io);
    return self;
}

void dure_consensus_free(dure_consensus_t *self)
{
    if (self == NULL) {
        return;
    }
    for (uint32_t i = 0; i < SOLO_BUILT_MAX; i++) {
        free(self->built[i].bytes);
        free(self->built[i].effects);
        free(self->built[i].ids);
        free(self->built[i].results);
        free(self->built[i].runs);
        free(self->built[i].tokens);
    }
    free(self->entries);
    free(self->asides);
    free(self->ring);
    free(self->candidates);
    free(self->chosen);
    free(self->txs);
    free(self->taken);
    free(self->wires);
    free(self->leaves);
    free(self);
}

void dure_consensus_listen(dure_consensus_t *self, const dure_listener_t *listener)
{
    self->listener = *listener;
}

/* ---- the queue ------------------------------------------------------------------------------- */

entry_t *solo_entry(const dure_consensus_t *self, uint64_t position)
{
    return &self->entries[position & self->entries_mask];
}

/* A place for `size` bytes in one piece: at the end of what is in use, or, if the ring ends before,
   at its beginning.  *end is the position after it. */
static bool ring_place(const dure_consensus_t *self, size_t size, uint64_t *start, uint64_t *end)
{
    uint64_t at = self->ring_last % self->ring_size;
    uint64_t skip = at + size > self->ring_size ? self->ring_size - at : 0;
    *start = self->ring_last + skip;
    *end = *start + size;
    return *end - self->ring_first <= self->ring_size;
}

static bool has_room(const dure_consensus_t *self, size_t size, uint64_t *start, uint64_t *end)
{
    /* Everything taken may end as an aside: both tables are of one size. */
    uint64_t waiting = self->last - self->first + self->asides_last - self->asides_first;
    return waiting <= self->entries_mask && ring_place(self, size, start, end);
}

static void decode(dure_consensus_t *self, entry_t *entry)
{
    dure_envelope_t envelope;
    dure_reader_t reader = {0};
    entry->code = (uint16_t)dure_envelope_decode(&envelope, entry->wire, &reader);
    entry->field = reader.field;
    entry->wrong = reader.wrong;
    entry->kind = 0;
    if (entry->code != DURE_RESULT_DONE) {
        return;
    }
    entry->id = envelope.tx.id;
    entry->kind = envelope.tx.body.kind;
    if (entry->kind == DURE_BODY_REFUND) {
        entry->payment = envelope.tx.body.refund.payment;
    }
    entry->check.body = envelope.body;
    entry->check.seal = envelope.seal;
    dure_pool_expect(self->config.pool, &envelope.tx);
    if (dure_pool_key(self->config.pool, dure_chain_ledger(self->config.chain), entry->id.party,
                      entry->check.seal.slot, &entry->check.key)) {
        dure_pool_add(self->config.pool, &entry->check);
    }
}

bool dure_consensus_submit(dure_consensus_t *self, dure_bytes_t wire, uint64_t token)
{
    uint64_t start = 0;
    uint64_t end = 0;
    /* What is too large is told so without being kept. */
    size_t size = wire.size <= DURE_TX_SIZE_MAX ? wire.size : 0;
    if (self->is_shut || self->state == DURE_CONSENSUS_FAILED ||
        !has_room(self, size, &start, &end)) {
        self->wants_room = true;
        return false;
    }
    entry_t *entry = solo_entry(self, self->last);
    memset(entry, 0, sizeof *entry);
    entry->token = token;
    entry->ring_end = end;
    uint8_t *bytes = self->ring + start % self->ring_size;
    if (size > 0) {
        memcpy(bytes, wire.data, size);
    }
    entry->wire = dure_bytes(bytes, size);
    self->ring_last = end;
    self->last++;
    if (size == wire.size) {
        decode(self, entry);
    } else {
        entry->code = DURE_RESULT_TOO_LARGE;
    }
    return true;
}

void solo_pop(dure_consensus_t *self)
{
    self->ring_first = solo_entry(self, self->first)->ring_end;
    self->first++;
    if (self->first == self->last) {
        self->ring_first = self->ring_last = 0;
    }
}

uint32_t dure_consensus_room(const dure_consensus_t *self)
{
    if (self->is_shut || self->state == DURE_CONSENSUS_FAILED) {
        return 0;
    }
    uint64_t waiting = self->last - self->first + self->asides_last - self->asides_first;
    uint64_t places = (uint64_t)self->entries_mask + 1u - waiting;
    /* A transaction may waste the end of the ring, less than its own size. */
    uint64_t bytes = self->ring_size - (self->ring_last - self->ring_first);
    uint64_t largest = bytes / DURE_TX_SIZE_MAX;
    largest = largest > 0 ? largest - 1u : 0;
    return (uint32_t)(places < largest ? places : largest);
}

uint64_t dure_consensus_waiting(const dure_consensus_t *self)
{
    uint64_t waiting = self->last - self->first + self->asides_last - self->asides_first;
    for (uint64_t i = self->built_first; i < self->built_last; i++) {
        waiting += self->built[i % SOLO_BUILT_MAX].decided.count;
    }
    return waiting;
}

/* ---- the clock ------------------------------------------------------------------------------- */

/* A wall clock that runs away from the monotonic one was set by somebody, perhaps wrongly, and time
   on the chain never goes back: the operator decides. */
bool solo_wall(dure_consensus_t *self, uint64_t *wall_ms)
{
    uint64_t passed_ms =
        (dure_io_monotonic_ns(self->config.io) - self->mono_start_ns) / UINT64_C(1000000);
    uint64_t expected = self->wall_start_ms + passed_ms;
    uint64_t wall = dure_io_wall_ms(self->config.io);
    *wall_ms = wall;
    if (wall <= expected || wall - expected <= SOLO_CLOCK_JUMP_MS) {
        return true;
    }
    self->state = DURE_CONSENSUS_CLOCK;
    (void)snprintf(self->problem, sizeof self->problem,
                   "the wall clock is %llu s ahead of where it should be: nothing is decided "
                   "until the node is started again with --accept-clock",
                   (unsigned long long)((wall - expected) / 1000u));
    return false;
}

static void watch_clock(dure_consensus_t *self)
{
    uint64_t unused = 0;
    bool is_known = self->state == DURE_CONSENSUS_CLOCK || self->state == DURE_CONSENSUS_FAILED;
    if (!self->is_driven && !is_known) {
        (void)solo_wall(self, &unused);
    }
}

/* ---- the round ------------------------------------------------------------------------------- */

static void append(dure_consensus_t *self)
{
    dure_bytes_t blocks[DURE_STORE_BATCH_BLOCKS_MAX];
    size_t count = 0;
    size_t bytes = 0;
    if (self->built_staged == self->built_last || dure_store_append_is_busy(self->config.store)) {
        return;
    }
    for (uint64_t i = self->built_staged; i < self->built_last; i++) {
        dure_bytes_t block = self->built[i % SOLO_BUILT_MAX].decided.bytes;
        if (count == DURE_STORE_BATCH_BLOCKS_MAX ||
            bytes + block.size + 4u > DURE_STORE_BATCH_SIZE_MAX) {
            break;
        }
        blocks[count++] = block;
        bytes += block.size + 4u;
    }
    dure_store_result_t result = dure_store_append_start(self->config.store, blocks, count);
    if (result == DURE_STORE_OK) {
        self->built_staged += count;
        self->staged_bytes -= bytes;
        if (self->state == DURE_CONSENSUS_NO_SPACE) {
            self->state = DURE_CONSENSUS_DECIDING;
        }
    } else if (result == DURE_STORE_NO_SPACE) {
        self->state = DURE_CONSENSUS_NO_SPACE;
        self->space_retry_ns = dure_io_monotonic_ns(self->config.io) + SOLO_SPACE_RETRY_NS;
    } else {
        solo_fail(self, "the log", dure_store_message(self->config.store));
    }
}

/* How many must be ready to be worth a block.  Large blocks cost less for each transaction; while
   many wait for their signatures, it is their queue that they wait in and not the block's. */
static uint32_t worth_a_block(const dure_consensus_t *self)
{
    const uint64_t waiting = self->last - self->first;
    const uint32_t part = (uint32_t)(waiting / SOLO_WAITING_PART) + 1u;
    const uint32_t early = dure_store_append_is_busy(self->config.store) ? SOLO_EARLY_TXS : 1u;
    const uint32_t enough = part < SOLO_ENOUGH_MAX ? part : SOLO_ENOUGH_MAX;
    return enough > early ? enough : early;
}

/* What waits is worth a block: the store is free, or there is much of it. */
static bool should_build(dure_consensus_t *self)
{
    if (self->state != DURE_CONSENSUS_DECIDING ||
        dure_chain_parties_needed(self->config.chain) != 0 ||
        self->built_last - self->built_first == SOLO_BUILT_MAX ||
        self->staged_bytes >= SOLO_STAGED_BYTES_MAX) {
        return false;
    }
    const uint32_t enough = worth_a_block(self);
    return solo_ready(self, enough) >= enough;
}

static bool is_store_well(dure_consensus_t *self)
{
    if (dure_store_state(self->config.store) == DURE_STORE_OK) {
        return true;
    }
    solo_fail(self, "the log", dure_store_message(self->config.store));
    return false;
}

static void tell_room(dure_consensus_t *self)
{
    if (self->wants_room && !self->is_shut && self->listener.room != NULL &&
        2u * (self->last - self->first) <= self->entries_mask &&
        2u * (self->ring_last - self->ring_first) <= self->ring_size) {
        self->wants_room = false;
        self->listener.room(self->listener.user);
    }
}

bool dure_consensus_round(dure_consensus_t *self)
{
    watch_clock(self);
    bool is_moving = true;
    while (is_moving && self->state != DURE_CONSENSUS_FAILED && is_store_well(self)) {
        is_moving = solo_tell(self);
        while (should_build(self) && solo_build(self)) {
            is_moving = true;
        }
        if (self->state == DURE_CONSENSUS_NO_SPACE &&
            dure_io_monotonic_ns(self->config.io) < self->space_retry_ns) {
            break;
        }
        if (self->state != DURE_CONSENSUS_FAILED) {
            append(self);
        }
    }
    dure_pool_flush(self->config.pool);
    if (self->state == DURE_CONSENSUS_FAILED) {
        return false;
    }
    tell_room(self);
    return true;
}

uint64_t dure_consensus_due_ns(const dure_consensus_t *self)
{
    if (self->state != DURE_CONSENSUS_NO_SPACE) {
        return DURE_IO_FOREVER;
    }
    uint64_t now = dure_io_monotonic_ns(self->config.io);
    return self->space_retry_ns > now ? self->space_retry_ns - now : 0;
}

void dure_consensus_shut(dure_consensus_t *self)
{
    self->is_shut = true;
}

bool dure_consensus_is_drained(const dure_consensus_t *self)
{
    return self->built_first == self->built_last;
}

/* ---- reading --------------------------------------------------------------------------------- */

const dure_chain_t *dure_consensus_chain(const dure_consensus_t *self)
{
    return self->config.chain;
}

uint64_t dure_consensus_height(const dure_consensus_t *self)
{
    return dure_chain_head(self->config.chain)->height;
}

uint64_t dure_consensus_durable_height(const dure_consensus_t *self)
{
    return self->told;
}

bool dure_consensus_block(dure_consensus_t *self, dure_bytes_t *bytes, uint64_t height)
{
    return height <= self->told &&
           dure_store_read(self->config.store, bytes, height) == DURE_STORE_OK;
}

dure_bytes_t dure_consensus_genesis(const dure_consensus_t *self)
{
    return self->config.genesis;
}

dure_consensus_state_t dure_consensus_state(const dure_consensus_t *self)
{
    if (self->state == DURE_CONSENSUS_DECIDING &&
        dure_chain_parties_needed(self->config.chain) != 0) {
        return DURE_CONSENSUS_NO_CAPACITY;
    }
    return self->state;
}

uint64_t dure_consensus_block_bytes(const dure_consensus_t *self)
{
    return self->block_bytes;
}

const char *dure_consensus_problem(const dure_consensus_t *self)
{
    return self->problem;
}

static const char *state_name(dure_consensus_state_t state)
{
    switch (state) {
    case DURE_CONSENSUS_DECIDING:
        return "deciding";
    case DURE_CONSENSUS_NO_SPACE:
        return "no_space";
    case DURE_CONSENSUS_CLOCK:
        return "clock";
    case DURE_CONSENSUS_NO_CAPACITY:
        return "no_capacity";
    case DURE_CONSENSUS_FAILED:
        return "failed";
    }
    return "?";
}

size_t dure_consensus_status(const dure_consensus_t *self, char *out, size_t capacity)
{
    const dure_chain_head_t *head = dure_chain_head(self->config.chain);
    dure_ledger_usage_t usage = dure_ledger_usage(dure_chain_ledger(self->config.chain));
    int size = snprintf(
        out, capacity,
        "state=%s\nheight=%llu\ndurable_height=%llu\ncheckpoint_height=%llu\ntime=%llu\n"
        "waiting=%llu\nblocks_txs=%llu\nblocks_bytes=%llu\nlog_bytes=%llu\n"
        "parties_max=%u\nparties=%u\nlots=%u\nbalances=%u\norders=%u\npayouts=%u\nproposals=%"
        "u\nfunds=%u\n",
        state_name(dure_consensus_state(self)), (unsigned long long)head->height,
        (unsigned long long)self->told,
        (unsigned long long)dure_store_checkpoint_height(self->config.store),
        (unsigned long long)head->time, (unsigned long long)dure_consensus_waiting(self),
        (unsigned long long)self->block_txs, (unsigned long long)self->block_bytes,
        (unsigned long long)dure_store_log_size(self->config.store),
        dure_ledger_parties_max(dure_chain_ledger(self->config.chain)), usage.parties, usage.lots,
        usage.balances, usage.orders, usage.payouts, usage.proposals, usage.funds);
    if (size < 0) {
        return 0;
    }
    return (size_t)size < capacity ? (size_t)size : capacity - 1u;
}

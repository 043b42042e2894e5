/* The chain's one door, and what lies behind it. */
#include "chain/chain_private.h"

#include <string.h>

static_assert(sizeof(((dure_effect_t *)0)->numbers) / sizeof(dure_effect_number_t) == 6,
              "DURE_EFFECT_SIZE_MAX counts the numbers");
static_assert(sizeof(((dure_effect_t *)0)->moves) / sizeof(dure_effect_move_t) == 72,
              "DURE_EFFECT_SIZE_MAX counts the moves");
static_assert(EFFECTS_SIZE >= DURE_RECORD_SIZE_MAX, "a record is staged there");

/* ---- memory ------------------------------------------------------------------------------------
 */

/* Where the parts lie behind the struct; the ledger is the last. */
typedef struct {
    size_t block, effects, results, runs, chosen, txs, ids, renewed, ledger;
} places_t;

static size_t place(size_t *end, size_t size)
{
    const size_t start = (*end + 63) / 64 * 64;
    *end = start + size;
    return start;
}

static places_t places(void)
{
    places_t at;
    size_t end = sizeof(dure_chain_t);
    at.block = place(&end, DURE_BLOCK_SIZE_MAX);
    at.effects = place(&end, EFFECTS_SIZE);
    at.results = place(&end, DURE_BLOCK_TXS_MAX * sizeof(dure_chain_result_t));
    at.runs = place(&end, DURE_BLOCK_TXS_MAX / DURE_CHAIN_RUN * sizeof(dure_hash_t));
    at.chosen = place(&end, DURE_BLOCK_TXS_MAX * sizeof(uint32_t));
    at.txs = place(&end, DURE_BLOCK_TXS_MAX * sizeof(dure_chain_tx_t));
    at.ids = place(&end, ID_SLOTS * sizeof(id_slot_t));
    at.renewed = place(&end, ID_SLOTS * sizeof(uint64_t));
    at.ledger = place(&end, 0);
    return at;
}

size_t dure_chain_size(const dure_ledger_limits_t *limits)
{
    return places().ledger + dure_ledger_size(limits);
}

dure_chain_t *dure_chain_init(void *memory, size_t memory_size, const dure_ledger_limits_t *limits,
                              dure_bytes_t genesis, const char **problem)
{
    DURE_ASSERT((uintptr_t)memory % 64 == 0);
    DURE_ASSERT(memory_size >= dure_chain_size(limits));
    const places_t at = places();
    uint8_t *bytes = memory;
    dure_chain_t *chain = memory;
    memset(chain, 0, sizeof *chain);
    chain->block = bytes + at.block;
    chain->effects = bytes + at.effects;
    chain->results = (void *)(bytes + at.results);
    chain->runs = (void *)(bytes + at.runs);
    chain->chosen = (void *)(bytes + at.chosen);
    chain->txs = (void *)(bytes + at.txs);
    chain->ids = (void *)(bytes + at.ids);
    chain->renewed = (void *)(bytes + at.renewed);
    chain->ledger =
        dure_ledger_init(bytes + at.ledger, memory_size - at.ledger, limits, genesis, problem);
    if (chain->ledger == NULL) {
        return NULL;
    }
    dure_chain_head_t *head = &chain->head;
    head->chain_id = *dure_ledger_chain_id(chain->ledger);
    head->time = dure_ledger_genesis(chain->ledger)->time;
    head->block_hash = head->chain_id;
    dure_range_init(&head->range);
    dure_ledger_root(chain->ledger, &head->ledger_root);
    app_hash_of(&head->app_hash, &head->ledger_root, &head->range);
    return chain;
}

const dure_chain_head_t *dure_chain_head(const dure_chain_t *chain)
{
    return &chain->head;
}

const dure_ledger_t *dure_chain_ledger(const dure_chain_t *chain)
{
    return chain->ledger;
}

dure_ledger_t *dure_chain_ledger_mutable(dure_chain_t *chain)
{
    return chain->ledger;
}

bool dure_chain_must_reload(const dure_chain_t *chain)
{
    return chain->must_reload;
}

uint32_t dure_chain_parties_needed(const dure_chain_t *chain)
{
    const uint32_t parties_max = dure_ledger_parties_max(chain->ledger);
    return parties_max > dure_ledger_capacity(chain->ledger) ? parties_max : chain->parties_needed;
}

/* ---- executing ---------------------------------------------------------------------------------
 */

/* A run of transactions, whose hashes are made side by side. */
typedef struct {
    uint32_t count;
    dure_hash_t txs[DURE_CHAIN_RUN]; /* of a body as it is without a witness behind it */
    dure_hash_t tx_leaves[DURE_CHAIN_RUN], leaves[DURE_CHAIN_RUN];
    dure_blind_t blinds[DURE_CHAIN_RUN]; /* the signers' */
    bool has_blind[DURE_CHAIN_RUN];
} run_t;

static void run_hash_txs(const dure_chain_t *chain, run_t *run, const dure_chain_tx_t *txs)
{
    dure_hash_job_t jobs[DURE_CHAIN_RUN];
    for (uint32_t i = 0; i < run->count; i++) {
        jobs[i] = (dure_hash_job_t){.out = &run->tx_leaves[i],
                                    .tag = DURE_TAG_TX_LEAF,
                                    .data = txs[i].wire.data,
                                    .size = txs[i].wire.size};
    }
    dure_hash_many(jobs, run->count);
    for (uint32_t i = 0; i < run->count; i++) {
        const size_t size = txs[i].wire.size;
        jobs[i].out = &run->txs[i];
        jobs[i].tag = DURE_TAG_TX_BODY;
        jobs[i].head = chain->head.chain_id.bytes;
        jobs[i].head_size = sizeof chain->head.chain_id.bytes;
        jobs[i].size = size > DURE_SEAL_SIZE ? size - DURE_SEAL_SIZE : 0;
    }
    dure_hash_many(jobs, run->count);
}

/* Blinds and leaves of what the run came to, and the roots of both lists over it. */
static void run_hash_effects(run_t *run, dure_chain_result_t *results, dure_hash_t *tx_root,
                             dure_hash_t *root)
{
    dure_hash_job_t jobs[DURE_CHAIN_RUN];
    dure_hash_t blinds[DURE_CHAIN_RUN];
    uint32_t blinded = 0;
    for (uint32_t i = 0; i < run->count; i++) {
        if (run->has_blind[i]) {
            jobs[blinded++] = (dure_hash_job_t){.out = &blinds[i],
                                                .tag = DURE_TAG_EFFECT_BLIND,
                                                .head = run->blinds[i].bytes,
                                                .head_size = sizeof run->blinds[i].bytes,
                                                .data = results[i].tx.bytes,
                                                .size = sizeof results[i].tx.bytes};
        }
    }
    dure_hash_many(jobs, blinded);
    for (uint32_t i = 0; i < run->count; i++) {
        if (run->has_blind[i]) {
            memcpy(results[i].blind.bytes, blinds[i].bytes, sizeof results[i].blind.bytes);
        }
        jobs[i] = (dure_hash_job_t){.out = &run->leaves[i],
                                    .tag = DURE_TAG_EFFECT_LEAF,
                                    .head = results[i].blind.bytes,
                                    .head_size = sizeof results[i].blind.bytes,
                                    .data = results[i].effect.data,
                                    .size = results[i].effect.size};
    }
    dure_hash_many(jobs, run->count);
    for (uint32_t i = 0; i < run->count; i++) {
        results[i].leaf = run->leaves[i];
    }
    dure_list_root(tx_root, DURE_TAG_TX_NODE, run->tx_leaves, run->count);
    dure_list_root(root, DURE_TAG_EFFECT_NODE, run->leaves, run->count);
}

/* Decides one transaction and writes its effect at `at`.  Returns the effect's size. */
static size_t execute(dure_chain_t *chain, run_t *run, uint32_t index, uint8_t *at,
                      dure_chain_result_t *result, const dure_chain_tx_t *tx)
{
    memset(result, 0, sizeof *result);
    dure_envelope_t envelope;
    result->code = (uint16_t)dure_envelope_decode(&envelope, tx->wire, NULL);
    dure_writer_t writer = dure_writer(at, DURE_EFFECT_SIZE_MAX);
    run->has_blind[index] = false;
    if (result->code == DURE_RESULT_DONE) {
        if (envelope.body.size + DURE_SEAL_SIZE != tx->wire.size) {
            dure_tx_hash(&run->txs[index], &chain->head.chain_id, envelope.body);
        }
        dure_effect_t effect;
        result->code = (uint16_t)dure_ledger_apply_hashed(chain->ledger, &envelope,
                                                          &run->txs[index], tx->verdict,
                                                          chain_proven(chain, &envelope), &effect);
        DURE_ASSERT(effect.code == result->code);
        result->tx = effect.tx;
        run->has_blind[index] =
            dure_ledger_signer_blind(chain->ledger, effect.id.party, &run->blinds[index]);
        dure_effect_encode(&writer, &effect);
    }
    result->effect = dure_writer_bytes(&writer);
    return writer.size;
}

/* False if the tables may be too small for what comes next. */
static bool has_capacity(dure_chain_t *chain)
{
    const uint32_t parties_max = dure_ledger_parties_max(chain->ledger);
    if (parties_max <= dure_ledger_capacity(chain->ledger)) {
        return true;
    }
    chain->parties_needed = parties_max;
    return false;
}

/* How many transactions ahead each step of dure_ledger_fetch is taken. */
static const uint32_t FETCH_AHEAD[3] = {24, 16, 8};

static void fetch_ahead(const dure_chain_t *chain, const dure_chain_event_t *event, uint32_t index)
{
    for (uint32_t step = 0; step < 3; step++) {
        const uint32_t ahead = index + FETCH_AHEAD[step];
        if (ahead < event->tx_count) {
            dure_ledger_fetch(chain->ledger, event->txs[ahead].wire, step);
        }
    }
}

/* Executes a run's transactions and copies them into the block.  False if the chain's limit rose
   above the capacity before the last of them. */
static bool execute_run(dure_chain_t *chain, run_t *run, const dure_chain_event_t *event,
                        uint32_t first, size_t *effects_size, dure_writer_t *block)
{
    run_hash_txs(chain, run, event->txs + first);
    for (uint32_t i = 0; i < run->count; i++) {
        const dure_chain_tx_t *tx = &event->txs[first + i];
        if (!has_capacity(chain)) {
            return false;
        }
        fetch_ahead(chain, event, first + i);
        *effects_size +=
            execute(chain, run, i, chain->effects + *effects_size, &chain->results[first + i], tx);
        dure_write_bytes(block, tx->wire);
    }
    return true;
}

/* Executes all transactions, and copies them into the block behind its header.  False if the
   chain's limit rose above the capacity before the last of them. */
static bool execute_all(dure_chain_t *chain, const dure_chain_event_t *event)
{
    list_stack_t tx_list = {0}, effect_list = {0};
    size_t effects_size = 0;
    dure_writer_t writer = dure_writer(chain->block, DURE_BLOCK_SIZE_MAX);
    writer.size = DURE_BLOCK_HEADER_SIZE;
    run_t run;
    for (uint32_t i = 0; i < event->tx_count; i += run.count) {
        run.count = event->tx_count - i < DURE_CHAIN_RUN ? event->tx_count - i : DURE_CHAIN_RUN;
        if (!execute_run(chain, &run, event, i, &effects_size, &writer)) {
            return false;
        }
        /* A run is a power of two long: the list over the runs' roots has the root of the whole. */
        dure_hash_t tx_root;
        dure_hash_t *root = &chain->runs[i / DURE_CHAIN_RUN];
        run_hash_effects(&run, chain->results + i, &tx_root, root);
        list_stack_add(&tx_list, DURE_TAG_TX_NODE, &tx_root);
        list_stack_add(&effect_list, DURE_TAG_EFFECT_NODE, root);
    }
    DURE_ASSERT(!writer.overflow);
    chain->block_size = writer.size;
    chain->result_count = event->tx_count;
    dure_block_header_t *header = &chain->header;
    header->tx_count = event->tx_count;
    list_stack_root(&tx_list, DURE_TAG_TX_NODE, &header->tx_root);
    dure_hash_t list_root;
    list_stack_root(&effect_list, DURE_TAG_EFFECT_NODE, &list_root);
    effects_root_of(&header->effects_root, &list_root, header->tx_count);
    return true;
}

static void update_fill(const dure_chain_t *chain, dure_chain_update_t *update)
{
    update->block = dure_bytes(chain->block, chain->block_size);
    update->header = chain->header;
    update->block_hash = chain->next.block_hash;
    update->ledger_root = chain->next.ledger_root;
    update->results = chain->results;
    update->runs = chain->runs;
    update->result_count = chain->result_count;
}

static bool fits_a_block(const dure_chain_event_t *event)
{
    size_t size = DURE_BLOCK_HEADER_SIZE;
    for (uint32_t i = 0; i < event->tx_count; i++) {
        size += 4 + event->txs[i].wire.size;
        if (size > DURE_BLOCK_SIZE_MAX) {
            return false;
        }
    }
    return event->tx_count <= DURE_BLOCK_TXS_MAX;
}

/* True if the ledger stands at the head again. */
static bool undo_pending(dure_chain_t *chain)
{
    if (chain->is_pending) {
        chain->is_pending = false;
        chain->must_reload = !dure_ledger_drop(chain->ledger);
    }
    return !chain->must_reload;
}

static dure_chain_status_t finalize(dure_chain_t *chain, dure_chain_update_t *update,
                                    const dure_chain_event_t *event, dure_time_t time)
{
    if (event->height != chain->head.height + 1) {
        return DURE_CHAIN_WRONG_HEIGHT;
    }
    if (!fits_a_block(event)) {
        return DURE_CHAIN_TOO_LARGE;
    }
    if (!undo_pending(chain)) {
        return DURE_CHAIN_MUST_RELOAD;
    }
    if (!has_capacity(chain)) {
        return DURE_CHAIN_NO_CAPACITY;
    }
    dure_block_header_t *header = &chain->header;
    *header = (dure_block_header_t){
        .version = 1, .height = event->height, .previous = chain->head.block_hash};
    dure_ledger_begin(chain->ledger, time);
    if (!execute_all(chain, event)) {
        chain->must_reload = !dure_ledger_drop(chain->ledger);
        return DURE_CHAIN_NO_CAPACITY;
    }
    /* After this point it must succeed. */
    header->time = dure_ledger_time(chain->ledger); /* under a driven clock, the last tick's */

    chain->next = chain->head;
    chain->next.height = header->height;
    chain->next.time = header->time;
    dure_ledger_root(chain->ledger, &chain->next.ledger_root);
    if (header->tx_count > 0) {
        dure_hash_t leaf;
        dure_range_leaf(&leaf, header->height, &header->effects_root);
        dure_range_append(&chain->next.range, &leaf);
    }
    app_hash_of(&header->app_hash, &chain->next.ledger_root, &chain->next.range);
    chain->next.app_hash = header->app_hash;
    dure_writer_t writer = dure_writer(chain->block, DURE_BLOCK_HEADER_SIZE);
    dure_block_header_encode(&writer, header);
    block_hash_of(&chain->next.block_hash, dure_writer_bytes(&writer));
    chain->is_pending = true;
    update_fill(chain, update);
    return DURE_CHAIN_OK;
}

/* ---- the door ----------------------------------------------------------------------------------
 */

/* Depends on the block alone: whatever an honest proposer may send is accepted. */
static uint16_t process(const dure_chain_event_t *event)
{
    if (!fits_a_block(event)) {
        return DURE_RESULT_TOO_LARGE;
    }
    for (uint32_t i = 0; i < event->tx_count; i++) {
        dure_envelope_t envelope;
        const dure_result_t code = dure_envelope_decode(&envelope, event->txs[i].wire, NULL);
        if (code != DURE_RESULT_DONE) {
            return (uint16_t)code;
        }
    }
    return DURE_RESULT_DONE;
}

static dure_chain_status_t commit(dure_chain_t *chain, dure_chain_update_t *update)
{
    if (!chain->is_pending) {
        return DURE_CHAIN_NOT_FINALIZED;
    }
    dure_ledger_keep(chain->ledger);
    chain->head = chain->next;
    chain->is_pending = false;
    update_fill(chain, update);
    return DURE_CHAIN_OK;
}

dure_chain_status_t dure_chain_step(dure_chain_t *chain, dure_chain_update_t *update,
                                    const dure_chain_event_t *event)
{
    memset(update, 0, sizeof *update);
    DURE_ASSERT(chain->load.phase == LOAD_NOT);
    if (chain->must_reload) {
        return DURE_CHAIN_MUST_RELOAD;
    }
    dure_time_t time = event->time > chain->head.time ? event->time : chain->head.time;
    time = time < DURE_TIME_MAX_MS ? time : DURE_TIME_MAX_MS;
    switch ((dure_chain_event_kind_t)event->kind) {
    case DURE_CHAIN_CHECK:
        DURE_ASSERT(event->tx_count == 1);
        update->code = chain_check(chain, event->txs, time);
        return DURE_CHAIN_OK;
    case DURE_CHAIN_PROPOSE:
        chain_propose(chain, update, event, time);
        return DURE_CHAIN_OK;
    case DURE_CHAIN_PROCESS:
        update->code = process(event);
        return event->height == chain->head.height + 1 ? DURE_CHAIN_OK : DURE_CHAIN_WRONG_HEIGHT;
    case DURE_CHAIN_FINALIZE:
        return finalize(chain, update, event, time);
    case DURE_CHAIN_COMMIT:
        return commit(chain, update);
    }
    DURE_ASSERT(event->kind == DURE_CHAIN_CHECK);
    return DURE_CHAIN_OK;
}

/* ---- a stored block again ----------------------------------------------------------------------
 */

/* What of the header differs from what came out; NULL if nothing does. */
static const char *header_difference(const dure_block_header_t *stored,
                                     const dure_block_header_t *made)
{
    if (!dure_hash_equal(&stored->previous, &made->previous)) {
        return "the block does not follow on the block before it";
    }
    if (stored->time != made->time) {
        return "the block's time is not the one that it must have";
    }
    if (stored->tx_count != made->tx_count || !dure_hash_equal(&stored->tx_root, &made->tx_root)) {
        return "the transaction root differs";
    }
    if (!dure_hash_equal(&stored->effects_root, &made->effects_root)) {
        return "the effects root differs: the transactions came to something else";
    }
    if (!dure_hash_equal(&stored->app_hash, &made->app_hash)) {
        return "the app hash differs: the state is not the one that the block led to";
    }
    return NULL;
}

/* Finalizes the block of chain->txs, and commits it if its header is what comes out. */
static const char *replay(dure_chain_t *chain, const dure_block_t *block, uint32_t count,
                          dure_chain_update_t *update)
{
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = block->header.height,
                                      .time = block->header.time,
                                      .txs = chain->txs,
                                      .tx_count = count};
    switch (dure_chain_step(chain, update, &event)) {
    case DURE_CHAIN_OK:
        break;
    case DURE_CHAIN_WRONG_HEIGHT:
        return "the block's height is not the next";
    case DURE_CHAIN_TOO_LARGE:
        return "the block is larger than a block may be";
    case DURE_CHAIN_NO_CAPACITY:
        return "the chain's parties_max is above the room that was made for it";
    case DURE_CHAIN_NOT_FINALIZED:
    case DURE_CHAIN_MUST_RELOAD:
        return "the chain must be loaded again";
    }
    const char *difference = header_difference(&block->header, &update->header);
    if (difference != NULL) {
        return undo_pending(chain) ? difference : "the chain must be loaded again";
    }
    dure_chain_update_t committed;
    DURE_ASSERT(dure_chain_step(chain, &committed,
                                &(dure_chain_event_t){.kind = DURE_CHAIN_COMMIT}) == DURE_CHAIN_OK);
    return NULL;
}

static uint32_t txs_of(dure_chain_t *chain, const dure_block_t *block)
{
    uint32_t count = 0;
    size_t offset = 0;
    dure_bytes_t wire;
    while (count < DURE_BLOCK_TXS_MAX && dure_block_next(block, &offset, &wire)) {
        chain->txs[count++] = (dure_chain_tx_t){.wire = wire};
    }
    return count;
}

const char *dure_chain_replay(dure_chain_t *chain, const dure_block_t *block,
                              const dure_verdict_t *verdicts, dure_chain_update_t *update)
{
    const uint32_t count = txs_of(chain, block);
    for (uint32_t i = 0; verdicts != NULL && i < count; i++) {
        chain->txs[i].verdict = &verdicts[i];
    }
    return replay(chain, block, count, update);
}

const char *dure_chain_replay_own(dure_chain_t *chain, const dure_block_t *block,
                                  dure_chain_update_t *update)
{
    static const dure_verdict_t decided = {.result = DURE_VERDICT_DECIDED};
    const uint32_t count = txs_of(chain, block);
    for (uint32_t i = 0; i < count; i++) {
        chain->txs[i].verdict = &decided;
    }
    const char *difference = replay(chain, block, count, update);
    return difference == NULL || chain->must_reload ? difference
                                                    : dure_chain_replay(chain, block, NULL, update);
}

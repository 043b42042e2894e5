/* recover: from the directory to a chain at the end of its log.  The newest good checkpoint is
   loaded and the log after it replayed, every root compared; without one, from the genesis.  If the
   history is behind the checkpoint, everything is replayed, and the history fed on the way. */
#include "node/node_private.h"

#include <stdlib.h>
#include <string.h>

#define AHEAD_BLOCKS    8u /* whose signatures are being checked ahead */
#define PROGRESS_NS     UINT64_C(1000000000)
#define CHECKS_CAPACITY (AHEAD_BLOCKS * DURE_BLOCK_TXS_MAX)

/* A block that waits to be replayed. */
typedef struct {
    uint8_t *bytes;
    size_t capacity;
    dure_block_t block;
    dure_check_t *checks;
    dure_verdict_t *verdicts;
    dure_tx_id_t *ids;
    uint32_t room; /* of the three lists */
} ahead_t;

typedef struct {
    dure_node_t *node;
    ahead_t ahead[AHEAD_BLOCKS];
    uint64_t fetched, replayed, head; /* heights */
    uint64_t history_height;          /* blocks above it are given to the history */
    uint64_t start_ns, progress_ns;
} replay_t;

bool node_chain_init(dure_node_t *node)
{
    const char *problem = "unknown";
    node->chain = dure_chain_init(node->memory, node->memory_size, &node->config.limits,
                                  dure_bytes(node->genesis, node->genesis_size), &problem);
    if (node->chain == NULL) {
        (void)node_fail(node, DURE_NODE_FAILED, "%s: %s", DURE_NODE_GENESIS, problem);
        return false;
    }
    dure_ledger_plant(dure_chain_ledger_mutable(node->chain), node->config.ledger_bug);
    return true;
}

/* Opening again with the room that it takes is simpler than making it here. */
static dure_node_result_t no_capacity(dure_node_t *node)
{
    node->parties_needed = dure_chain_parties_needed(node->chain);
    return node_fail(node, DURE_NODE_NO_CAPACITY, "the city's limit was raised to %u parties",
                     (unsigned)node->parties_needed);
}

/* ---- the checkpoint -------------------------------------------------------------------------- */

static bool load(dure_node_t *node, const dure_checkpoint_t *checkpoint, const char **problem,
                 bool *is_damaged)
{
    dure_chain_load_begin(node->chain);
    for (;;) {
        dure_bytes_t chunk;
        if (dure_store_checkpoint_read(node->store, &chunk) != DURE_STORE_OK) {
            *problem = dure_store_message(node->store);
            *is_damaged = true;
            return false;
        }
        if (chunk.size == 0) {
            break;
        }
        if (!dure_chain_load_part(node->chain, chunk, problem)) {
            return false;
        }
    }
    if (!dure_chain_load_finish(node->chain, problem)) {
        return false;
    }
    const dure_chain_head_t *head = dure_chain_head(node->chain);
    *problem = "its state is not the one that its header names";
    return head->height == checkpoint->height &&
           dure_hash_equal(&head->block_hash, &checkpoint->block_hash) &&
           dure_hash_equal(&head->app_hash, &checkpoint->app_hash) &&
           dure_hash_equal(&head->ledger_root, &checkpoint->ledger_root);
}

/* True if the chain stands at a checkpoint or, if none is good, at the genesis. */
static bool load_newest(dure_node_t *node)
{
    dure_checkpoint_t checkpoint;
    while (dure_store_checkpoint_next(node->store, &checkpoint) == DURE_STORE_OK) {
        const char *problem = "unknown";
        bool is_damaged = false;
        if (load(node, &checkpoint, &problem, &is_damaged)) {
            node->report.checkpoint_height = checkpoint.height;
            return true;
        }
        if (dure_chain_parties_needed(node->chain) != 0) {
            (void)no_capacity(node);
            return false;
        }
        node->report.checkpoints_refused++;
        node->report.checkpoints_wrong += !is_damaged;
        node_log(node, "event=checkpoint_refused height=%llu problem=\"%s\"",
                 (unsigned long long)checkpoint.height, problem);
        if (!node_chain_init(node)) {
            return false;
        }
    }
    return true;
}

/* ---- the history ----------------------------------------------------------------------------- */

/* Where the history stands: 0 if there is nothing in it that belongs to this log. */
static bool history_height(dure_node_t *node, uint64_t *height)
{
    const dure_history_t *history = &node->config.history;
    dure_hash_t hash;
    *height = UINT64_MAX;
    if (history->last == NULL) {
        return true;
    }
    *height = history->last(history->user, &hash);
    if (*height == 0) {
        return true;
    }
    dure_bytes_t bytes;
    dure_block_t block;
    const char *problem = "it is not in the log";
    if (*height < dure_store_first_height(node->store)) {
        return true; /* too old for this log: it is not compared, and cannot be gone on with */
    }
    if (*height <= dure_store_head_height(node->store) &&
        dure_store_read(node->store, &bytes, *height) == DURE_STORE_OK &&
        dure_block_decode(&block, bytes, &problem) && dure_hash_equal(&block.hash, &hash)) {
        return true;
    }
    node_log(node, "event=index_reset height=%llu problem=\"%s\"", (unsigned long long)*height,
             "its last block is not the log's");
    *height = 0;
    if (!history->reset(history->user)) {
        (void)node_fail(node, DURE_NODE_FAILED, "the index: %s", history->problem(history->user));
        return false;
    }
    return true;
}

/* ---- the log --------------------------------------------------------------------------------- */

static bool make_room(ahead_t *ahead, size_t bytes, uint32_t count)
{
    if (ahead->bytes == NULL || bytes > ahead->capacity) {
        free(ahead->bytes);
        ahead->capacity = bytes + bytes / 2u;
        ahead->bytes = malloc(ahead->capacity);
    }
    if (ahead->checks == NULL || count > ahead->room) {
        free(ahead->checks);
        free(ahead->verdicts);
        free(ahead->ids);
        ahead->room = count + count / 2u + 16u;
        ahead->checks = calloc(ahead->room, sizeof *ahead->checks);
        ahead->verdicts = calloc(ahead->room, sizeof *ahead->verdicts);
        ahead->ids = calloc(ahead->room, sizeof *ahead->ids);
    }
    return ahead->bytes != NULL && ahead->checks != NULL && ahead->verdicts != NULL &&
           ahead->ids != NULL;
}

/* Reads the next block and hands its signatures to the pool. */
static dure_node_result_t fetch(replay_t *replay)
{
    dure_node_t *node = replay->node;
    uint64_t height = replay->fetched + 1u;
    ahead_t *ahead = &replay->ahead[height % AHEAD_BLOCKS];
    dure_bytes_t bytes;
    const char *problem = "unknown";
    if (dure_store_read(node->store, &bytes, height) != DURE_STORE_OK) {
        return node_fail(node, DURE_NODE_FAILED, "block %llu: %s", (unsigned long long)height,
                         dure_store_message(node->store));
    }
    if (!dure_block_decode(&ahead->block, bytes, &problem)) {
        return node_fail(node, DURE_NODE_FAILED, "block %llu: %s", (unsigned long long)height,
                         problem);
    }
    if (!make_room(ahead, bytes.size, ahead->block.header.tx_count)) {
        return node_fail(node, DURE_NODE_NO_MEMORY, "no memory to replay the log");
    }
    memcpy(ahead->bytes, bytes.data, bytes.size);
    if (!dure_block_decode(&ahead->block, dure_bytes(ahead->bytes, bytes.size), &problem)) {
        return node_fail(node, DURE_NODE_FAILED, "block %llu: %s", (unsigned long long)height,
                         problem);
    }
    size_t offset = 0;
    dure_bytes_t wire;
    for (uint32_t i = 0; dure_block_next(&ahead->block, &offset, &wire); i++) {
        DURE_ASSERT(i < ahead->room);
        dure_check_t *check = &ahead->checks[i];
        memset(check, 0, sizeof *check);
        memset(&ahead->ids[i], 0, sizeof ahead->ids[i]);
        dure_envelope_t envelope;
        if (dure_envelope_decode(&envelope, wire, NULL) != DURE_RESULT_DONE) {
            continue;
        }
        ahead->ids[i] = envelope.tx.id;
        check->body = envelope.body;
        check->seal = envelope.seal;
        dure_pool_expect(node->pool, &envelope.tx);
        if (dure_pool_key(node->pool, dure_chain_ledger(node->chain), envelope.tx.id.party,
                          check->seal.slot, &check->key)) {
            dure_pool_add(node->pool, check);
        }
    }
    dure_pool_flush(node->pool);
    replay->fetched = height;
    return DURE_NODE_OK;
}

static void progress(replay_t *replay)
{
    uint64_t now = dure_io_monotonic_ns(replay->node->io);
    if (now - replay->progress_ns >= PROGRESS_NS) {
        replay->progress_ns = now;
        node_log(replay->node, "event=replaying height=%llu of=%llu seconds=%llu",
                 (unsigned long long)replay->replayed, (unsigned long long)replay->head,
                 (unsigned long long)((now - replay->start_ns) / UINT64_C(1000000000)));
    }
}

static dure_node_result_t replay_block(replay_t *replay)
{
    dure_node_t *node = replay->node;
    const dure_history_t *history = &node->config.history;
    uint64_t height = replay->replayed + 1u;
    ahead_t *ahead = &replay->ahead[height % AHEAD_BLOCKS];
    uint32_t count = ahead->block.header.tx_count;
    for (uint32_t i = 0; i < count; i++) {
        if (ahead->checks[i].state != DURE_CHECK_NONE) {
            dure_pool_finish(node->pool, &ahead->checks[i]);
        }
        /* Without a key it stays zero: the ledger then verifies by itself. */
        ahead->verdicts[i] = ahead->checks[i].verdict;
    }
    dure_chain_update_t update;
    const char *problem = dure_chain_replay(node->chain, &ahead->block, ahead->verdicts, &update);
    if (problem != NULL && dure_chain_parties_needed(node->chain) != 0) {
        return no_capacity(node);
    }
    if (problem != NULL) {
        return node_fail(node, DURE_NODE_FAILED,
                         "block %llu does not come to what the log says: %s",
                         (unsigned long long)height, problem);
    }
    if (history->block != NULL && height > replay->history_height) {
        dure_decided_t decided = {
            .header = update.header,
            .hash = update.block_hash,
            .ledger_root = update.ledger_root,
            .bytes = dure_bytes(ahead->bytes, DURE_BLOCK_HEADER_SIZE + ahead->block.body.size),
            .ids = ahead->ids,
            .results = update.results,
            .runs = update.runs,
            .count = update.result_count,
        };
        if (!history->block(history->user, &decided)) {
            return node_fail(node, DURE_NODE_FAILED, "the index: %s",
                             history->problem(history->user));
        }
    }
    if (dure_chain_parties_needed(node->chain) != 0) {
        return no_capacity(node);
    }
    replay->replayed = height;
    node->report.replayed++;
    node->report.replayed_txs += count;
    progress(replay);
    return DURE_NODE_OK;
}

static dure_node_result_t replay_log(dure_node_t *node, uint64_t history_at)
{
    replay_t replay = {
        .node = node,
        .head = dure_store_head_height(node->store),
        .history_height = history_at,
        .start_ns = dure_io_monotonic_ns(node->io),
    };
    replay.fetched = replay.replayed = dure_chain_head(node->chain)->height;
    replay.progress_ns = replay.start_ns;
    dure_node_result_t result = DURE_NODE_OK;
    while (result == DURE_NODE_OK && replay.replayed < replay.head) {
        if (replay.fetched < replay.head && replay.fetched < replay.replayed + AHEAD_BLOCKS) {
            result = fetch(&replay);
        } else {
            result = replay_block(&replay);
        }
    }
    /* The pool may still hold checks of blocks that are given up. */
    for (uint64_t height = replay.replayed + 1u; height <= replay.fetched; height++) {
        ahead_t *ahead = &replay.ahead[height % AHEAD_BLOCKS];
        for (uint32_t i = 0; i < ahead->block.header.tx_count; i++) {
            if (ahead->checks[i].state != DURE_CHECK_NONE) {
                dure_pool_finish(node->pool, &ahead->checks[i]);
            }
        }
    }
    for (uint32_t i = 0; i < AHEAD_BLOCKS; i++) {
        free(replay.ahead[i].bytes);
        free(replay.ahead[i].checks);
        free(replay.ahead[i].verdicts);
        free(replay.ahead[i].ids);
    }
    return result;
}

/* The history begins behind the checkpoint: only the state was taken over, or the operator says
   that what was before is lost. */
static bool begin_history(dure_node_t *node, uint64_t *history_at)
{
    const dure_history_t *history = &node->config.history;
    const dure_chain_head_t *head = dure_chain_head(node->chain);
    dure_bytes_t bytes;
    dure_block_t block;
    const char *problem = "it cannot be read";
    if (dure_store_read(node->store, &bytes, head->height) != DURE_STORE_OK ||
        !dure_block_decode(&block, bytes, &problem)) {
        (void)node_fail(node, DURE_NODE_FAILED, "block %llu: %s", (unsigned long long)head->height,
                        problem);
        return false;
    }
    dure_decided_t decided = {
        .header = block.header, .hash = block.hash, .ledger_root = head->ledger_root};
    if (!history->begin(history->user, &decided, &head->range)) {
        (void)node_fail(node, DURE_NODE_FAILED, "the index: %s", history->problem(history->user));
        return false;
    }
    node_log(node, "event=index_begun height=%llu", (unsigned long long)head->height);
    node->report.index_begun = true;
    *history_at = head->height;
    return true;
}

/* The log is not whole: nothing before the checkpoint can be executed again. */
static bool settle_history(dure_node_t *node, uint64_t *history_at)
{
    const unsigned long long first = dure_store_first_height(node->store);
    const unsigned long long checkpoint = node->report.checkpoint_height;
    if (checkpoint == 0) {
        (void)node_fail(node, DURE_NODE_FAILED,
                        "no checkpoint can be used, and the log here begins with block %llu: give "
                        "the archive that has those before it (node.conf: archive = DIRECTORY), or "
                        "restore a checkpoint",
                        first);
        return false;
    }
    if (*history_at >= checkpoint) {
        return true;
    }
    if (node->config.history.begin != NULL &&
        (dure_store_is_state_alone(node->store) || node->config.new_history)) {
        return begin_history(node, history_at);
    }
    (void)node_fail(
        node, DURE_NODE_FAILED,
        "the index has to be rebuilt, and the log here begins with block %llu: give the "
        "archive that has those before it (node.conf: archive = DIRECTORY), restore "
        "index.sqlite, or start with --new-history to go on without what was before",
        first);
    return false;
}

dure_node_result_t node_recover(dure_node_t *node)
{
    uint64_t history_at = 0;
    if (!history_height(node, &history_at) || !load_newest(node)) {
        return node->result;
    }
    if (dure_store_first_height(node->store) > 1) {
        return settle_history(node, &history_at) ? replay_log(node, history_at) : node->result;
    }
    if (history_at < node->report.checkpoint_height) {
        node_log(node, "event=index_rebuild from=%llu checkpoint=%llu",
                 (unsigned long long)history_at,
                 (unsigned long long)node->report.checkpoint_height);
        node->report.index_rebuilt = true;
        node->report.checkpoint_height = 0;
        if (!node_chain_init(node)) {
            return node->result;
        }
    }
    return replay_log(node, history_at);
}

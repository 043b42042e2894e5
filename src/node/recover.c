/* recover: from the directory to a chain at the end of its log.  The newest good checkpoint is
   loaded and the log after it replayed, every root compared; without one, from the genesis.  If the
   history is behind the checkpoint, everything is replayed, and the history fed on the way. */
#include "node/node_private.h"

#include <stdlib.h>
#include <string.h>

#define PROGRESS_NS UINT64_C(1000000000)

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
            node->state_bytes = checkpoint.payload_size;
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

typedef struct {
    dure_node_t *node;
    uint64_t height, head;   /* replayed, to be replayed */
    uint64_t history_height; /* blocks above it are given to the history */
    uint64_t start_ns, progress_ns;
    dure_tx_id_t *ids; /* DURE_BLOCK_TXS_MAX */
    bool verifies;     /* signatures, as if the log were somebody else's */
} replay_t;

static void progress(replay_t *replay)
{
    uint64_t now = dure_io_monotonic_ns(replay->node->io);
    if (now - replay->progress_ns >= PROGRESS_NS) {
        replay->progress_ns = now;
        node_log(replay->node, "event=replaying height=%llu of=%llu seconds=%llu",
                 (unsigned long long)replay->height, (unsigned long long)replay->head,
                 (unsigned long long)((now - replay->start_ns) / UINT64_C(1000000000)));
    }
}

static dure_node_result_t give_history(replay_t *replay, const dure_block_t *block,
                                       dure_bytes_t bytes, const dure_chain_update_t *update)
{
    const dure_history_t *history = &replay->node->config.history;
    size_t offset = 0;
    dure_bytes_t wire;
    for (uint32_t i = 0; dure_block_next(block, &offset, &wire); i++) {
        DURE_ASSERT(i < DURE_BLOCK_TXS_MAX);
        dure_envelope_t envelope;
        const bool is_read = dure_envelope_decode(&envelope, wire, NULL) == DURE_RESULT_DONE;
        replay->ids[i] = is_read ? envelope.tx.id : (dure_tx_id_t){0};
    }
    dure_decided_t decided = {
        .header = update->header,
        .hash = update->block_hash,
        .ledger_root = update->ledger_root,
        .bytes = dure_bytes(bytes.data, DURE_BLOCK_HEADER_SIZE + block->body.size),
        .ids = replay->ids,
        .results = update->results,
        .runs = update->runs,
        .count = update->result_count,
    };
    return history->block(history->user, &decided)
               ? DURE_NODE_OK
               : node_fail(replay->node, DURE_NODE_FAILED, "the index: %s",
                           history->problem(history->user));
}

static dure_node_result_t replay_block(replay_t *replay)
{
    dure_node_t *node = replay->node;
    const unsigned long long height = replay->height + 1u;
    dure_bytes_t bytes;
    dure_block_t block;
    dure_chain_update_t update;
    const char *problem = "unknown";
    if (dure_store_read(node->store, &bytes, height) != DURE_STORE_OK) {
        return node_fail(node, DURE_NODE_FAILED, "block %llu: %s", height,
                         dure_store_message(node->store));
    }
    if (!dure_block_decode(&block, bytes, &problem)) {
        return node_fail(node, DURE_NODE_FAILED, "block %llu: %s", height, problem);
    }
    problem = replay->verifies ? dure_chain_replay(node->chain, &block, NULL, &update)
                               : dure_chain_replay_own(node->chain, &block, &update);
    if (problem != NULL && dure_chain_parties_needed(node->chain) != 0) {
        return no_capacity(node);
    }
    if (problem != NULL) {
        return node_fail(node, DURE_NODE_FAILED,
                         "block %llu does not come to what the log says: %s", height, problem);
    }
    if (node->config.history.block != NULL && height > replay->history_height &&
        give_history(replay, &block, bytes, &update) != DURE_NODE_OK) {
        return node->result;
    }
    if (dure_chain_parties_needed(node->chain) != 0) {
        return no_capacity(node);
    }
    replay->height = height;
    node->report.replayed++;
    node->report.replayed_txs += block.header.tx_count;
    node->replayed_bytes += bytes.size;
    progress(replay);
    return DURE_NODE_OK;
}

static dure_node_result_t replay_log(dure_node_t *node, uint64_t history_at, bool verifies)
{
    replay_t replay = {
        .node = node,
        .height = dure_chain_head(node->chain)->height,
        .head = dure_store_head_height(node->store),
        .history_height = history_at,
        .start_ns = dure_io_monotonic_ns(node->io),
        .ids = calloc(DURE_BLOCK_TXS_MAX, sizeof *replay.ids),
        .verifies = verifies,
    };
    replay.progress_ns = replay.start_ns;
    if (replay.ids == NULL) {
        return node_fail(node, DURE_NODE_NO_MEMORY, "no memory to replay the log");
    }
    dure_node_result_t result = DURE_NODE_OK;
    while (result == DURE_NODE_OK && replay.height < replay.head) {
        result = replay_block(&replay);
    }
    free(replay.ids);
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

/* Brings the chain to where the replay begins. */
static bool place(dure_node_t *node, uint64_t *history_at)
{
    if (!history_height(node, history_at) || !load_newest(node)) {
        return false;
    }
    if (dure_store_first_height(node->store) > 1) {
        return settle_history(node, history_at);
    }
    if (*history_at < node->report.checkpoint_height) {
        node_log(node, "event=index_rebuild from=%llu checkpoint=%llu",
                 (unsigned long long)*history_at,
                 (unsigned long long)node->report.checkpoint_height);
        node->report.index_rebuilt = true;
        node->report.checkpoint_height = 0;
        return node_chain_init(node);
    }
    return true;
}

dure_node_result_t node_recover(dure_node_t *node)
{
    uint64_t history_at = 0;
    if (!place(node, &history_at) || replay_log(node, history_at, false) == DURE_NODE_OK ||
        !dure_chain_must_reload(node->chain)) {
        return node->result;
    }
    /* A block too large to be undone came to something else: perhaps a signature was refused in it.
       Once more, with all of them checked. */
    node_log(node, "event=replay_verifies message=\"%s\"", node->message);
    node->result = DURE_NODE_OK;
    node->report.checkpoint_height = 0;
    node->report.replayed = node->report.replayed_txs = node->replayed_bytes = 0;
    dure_store_checkpoint_again(node->store);
    return node_chain_init(node) && place(node, &history_at) ? replay_log(node, history_at, true)
                                                             : node->result;
}

/* save: checkpoints beside the traffic.  A snapshot of the head is taken at the boundary of a block
   and then written out a little each round, while deciding goes on; the state that it is of is
   kept by the chain.  It becomes valid only when its block is durable and the history safe up to
   it.  When too much changes meanwhile it is given up: the log goes on without it. */
#include "node/node_private.h"

#define CHUNK_SIZE   (256u * 1024u) /* of the file, or a little more */
#define PART_IDLE    (64u * 1024u)  /* of one round, with nobody waiting */
#define PART_LEAST   (4u * 1024u)   /* with somebody waiting: */
#define PART_MOST    (768u * 1024u)
#define BYTES_PER_US UINT64_C(48) /*   of the time since the last part: about an eighth of it, */
#define HURRY        UINT64_C(3)  /*   and up to so many times more when it takes too long */
#define POLL_NS      UINT64_C(1000000) /* for the history, which tells nobody */

/* ---- when --------------------------------------------------------------------------------------
 */

static uint64_t bytes_now(const dure_node_t *node)
{
    return node->replayed_bytes + dure_consensus_block_bytes(node->consensus);
}

/* To replay the log takes a time, and so does loading the state: neither is left to grow far beyond
   the other. */
static uint64_t due_bytes(const dure_node_t *node)
{
    const dure_node_config_t *config = &node->config;
    const uint64_t share =
        config->checkpoint_share == 0 ? 0 : node->state_bytes / config->checkpoint_share;
    return share > config->checkpoint_bytes ? share : config->checkpoint_bytes;
}

static bool is_due(const dure_node_t *node)
{
    const dure_node_config_t *config = &node->config;
    const uint64_t height = dure_consensus_durable_height(node->consensus);
    if (height <= node->saved_height) {
        return false;
    }
    return (config->checkpoint_blocks != 0 &&
            height - node->saved_height >= config->checkpoint_blocks) ||
           (config->checkpoint_bytes != 0 &&
            bytes_now(node) - node->saved_bytes >= due_bytes(node));
}

void node_save_start(dure_node_t *node)
{
    if (node->save != SAVE_IDLE) {
        return;
    }
    node->save = SAVE_WAITING;
    node->saved_height = dure_chain_head(node->chain)->height;
    node->saved_bytes = bytes_now(node);
    node->chunk_size = 0;
    node->save_bytes = 0;
    node->has_all = false;
    node->is_history_safe = false;
    node->save_start_ns = node->save_part_ns = dure_io_monotonic_ns(node->io);
    dure_chain_snapshot_begin(node->chain, node->snapshot, node->snapshot_size);
}

/* ---- ends --------------------------------------------------------------------------------------
 */

static uint64_t passed_ms(const dure_node_t *node)
{
    return (dure_io_monotonic_ns(node->io) - node->save_start_ns) / UINT64_C(1000000);
}

/* Without this checkpoint.  The log is the truth: it goes on. */
static dure_node_result_t give_up(dure_node_t *node, const char *result, const char *message)
{
    dure_chain_snapshot_end(node->chain);
    node->save = SAVE_LEAVING;
    if (dure_store_state(node->store) != DURE_STORE_OK) {
        return node_fail(node, DURE_NODE_FAILED, "checkpoint: %s", dure_store_message(node->store));
    }
    node_log(node, "event=checkpoint result=%s height=%llu bytes=%llu ms=%llu message=\"%s\"",
             result, (unsigned long long)node->saved_height, (unsigned long long)node->save_bytes,
             (unsigned long long)passed_ms(node), message);
    return DURE_NODE_OK;
}

static dure_node_result_t store_refused(dure_node_t *node, dure_store_result_t result)
{
    return give_up(node, dure_store_result_name(result), dure_store_message(node->store));
}

/* What was given up is left when no write of it is under way any more. */
static void leave(dure_node_t *node)
{
    if (dure_store_checkpoint_state(node->store) != DURE_CHECKPOINT_WRITING) {
        dure_store_checkpoint_abort(node->store);
        node->save = SAVE_IDLE;
    }
}

static dure_node_result_t finish(dure_node_t *node)
{
    const dure_store_result_t error = dure_store_checkpoint_error(node->store);
    if (error != DURE_STORE_OK) {
        return store_refused(node, error);
    }
    node->save = SAVE_IDLE;
    node->state_bytes = node->save_bytes;
    node_log(node, "event=checkpoint result=ok height=%llu bytes=%llu ms=%llu",
             (unsigned long long)node->saved_height, (unsigned long long)node->save_bytes,
             (unsigned long long)passed_ms(node));
    return DURE_NODE_OK;
}

/* ---- on its way --------------------------------------------------------------------------------
 */

static dure_node_result_t begin(dure_node_t *node)
{
    const dure_chain_head_t *head = dure_chain_snapshot_head(node->chain);
    if (dure_consensus_durable_height(node->consensus) < head->height) {
        return DURE_NODE_OK;
    }
    const dure_checkpoint_t checkpoint = {
        .height = head->height,
        .block_hash = head->block_hash,
        .app_hash = head->app_hash,
        .ledger_root = head->ledger_root,
    };
    const dure_store_result_t result = dure_store_checkpoint_begin(node->store, &checkpoint);
    if (result != DURE_STORE_OK) {
        return store_refused(node, result);
    }
    node->save = SAVE_WRITING;
    return DURE_NODE_OK;
}

static size_t chunk_size(const dure_node_t *node)
{
    return node->config.checkpoint_part == 0 ? CHUNK_SIZE : 3u * node->config.checkpoint_part;
}

/* How far, of 100, it is from being given up for want of memory, or from another being due. */
static uint64_t lateness(const dure_node_t *node)
{
    const uint64_t used = dure_ledger_snapshot_used_percent(dure_chain_ledger(node->chain));
    const uint64_t due = due_bytes(node) + 1u;
    const uint64_t lag = (bytes_now(node) - node->saved_bytes) * 100u / due;
    const uint64_t late = used > lag ? used : lag;
    return late < 100u ? late : 100u;
}

/* How much of the state this round makes out: little while somebody waits for an answer. */
static size_t part_size(dure_node_t *node)
{
    if (node->config.checkpoint_part != 0) {
        return node->config.checkpoint_part;
    }
    if (dure_consensus_waiting(node->consensus) == 0) {
        return PART_IDLE;
    }
    const uint64_t now = dure_io_monotonic_ns(node->io);
    uint64_t size = (now - node->save_part_ns) / 1000u * BYTES_PER_US;
    size += size * HURRY * lateness(node) / 100u;
    size = size < PART_MOST ? size : PART_MOST;
    return size < PART_LEAST ? PART_LEAST : (size_t)size;
}

/* Fills the chunk by one part; false: given up. */
static bool make_part(dure_node_t *node)
{
    if (node->has_all || node->chunk_size >= chunk_size(node)) {
        return true;
    }
    size_t size = 0;
    if (!dure_chain_snapshot_part(node->chain, node->chunk + node->chunk_size,
                                  DURE_STORE_CHUNK_SIZE_MAX - node->chunk_size, part_size(node),
                                  &size)) {
        return false;
    }
    node->save_part_ns = dure_io_monotonic_ns(node->io);
    node->chunk_size += size;
    node->save_bytes += size;
    node->has_all = size == 0;
    return true;
}

static dure_node_result_t ask_history(dure_node_t *node)
{
    const dure_history_t *history = &node->config.history;
    bool is_good = true;
    if (history->safe != NULL) {
        is_good = history->safe(history->user, node->saved_height, &node->is_history_safe);
    } else {
        is_good = history->sync == NULL || history->sync(history->user);
        node->is_history_safe = is_good;
    }
    return is_good ? DURE_NODE_OK
                   : node_fail(node, DURE_NODE_FAILED, "the index: %s",
                               history->problem(history->user));
}

/* Hands over what is ready; the end only when everything else is where it must be. */
static dure_node_result_t write_on(dure_node_t *node)
{
    if (dure_store_checkpoint_state(node->store) != DURE_CHECKPOINT_READY) {
        return DURE_NODE_OK;
    }
    const bool is_end = node->has_all && node->chunk_size == 0;
    if (is_end && !node->is_history_safe &&
        node->config.node_bug != DURE_NODE_BUG_HISTORY_NOT_AWAITED) {
        return DURE_NODE_OK;
    }
    if (!is_end && !node->has_all && node->chunk_size < chunk_size(node)) {
        return DURE_NODE_OK;
    }
    const dure_store_result_t result =
        is_end ? dure_store_checkpoint_end(node->store)
               : dure_store_checkpoint_chunk(node->store, node->chunk, node->chunk_size);
    if (result != DURE_STORE_OK) {
        return store_refused(node, result);
    }
    node->chunk_size = 0;
    node->save = is_end ? SAVE_ENDING : SAVE_WRITING;
    return DURE_NODE_OK;
}

static dure_node_result_t go_on(dure_node_t *node)
{
    if (dure_store_checkpoint_state(node->store) == DURE_CHECKPOINT_IDLE) {
        return finish(node); /* the store gave it up, or it is done */
    }
    if (node->save == SAVE_ENDING) {
        return DURE_NODE_OK;
    }
    if (!node->is_history_safe && ask_history(node) != DURE_NODE_OK) {
        return node->result;
    }
    if (!make_part(node)) {
        return give_up(node, "memory", "too much changed meanwhile: raise checkpoint_memory");
    }
    return write_on(node);
}

dure_node_result_t node_save(dure_node_t *node)
{
    if (node->save == SAVE_IDLE && is_due(node)) {
        node_save_start(node);
    }
    if (node->save == SAVE_WAITING && begin(node) != DURE_NODE_OK) {
        return node->result;
    }
    if ((node->save == SAVE_WRITING || node->save == SAVE_ENDING) && go_on(node) != DURE_NODE_OK) {
        return node->result;
    }
    if (node->save == SAVE_LEAVING) {
        leave(node);
    }
    return DURE_NODE_OK;
}

uint64_t node_save_wait_ns(const dure_node_t *node)
{
    if (node->save != SAVE_WRITING) {
        return DURE_IO_FOREVER;
    }
    if (!node->has_all && node->chunk_size < chunk_size(node)) {
        /* Whoever waits for an answer wakes the loop by it. */
        return dure_consensus_waiting(node->consensus) == 0 ? 0 : POLL_NS;
    }
    const bool is_ready = dure_store_checkpoint_state(node->store) == DURE_CHECKPOINT_READY;
    return is_ready && !node->is_history_safe ? POLL_NS : DURE_IO_FOREVER;
}

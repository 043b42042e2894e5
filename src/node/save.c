/* save: checkpoints.  The chain may not change while its state is written out, so deciding pauses
   at the boundary of a block: first until everything executed is durable, then for as long as the
   state takes.  Reading, and taking transactions into the queue, go on. */
#include "node/node_private.h"

static bool is_due(const dure_node_t *node)
{
    const dure_node_config_t *config = &node->config;
    uint64_t blocks = dure_consensus_durable_height(node->consensus) - node->saved_height;
    uint64_t bytes = dure_consensus_block_bytes(node->consensus) - node->saved_bytes;
    return blocks > 0 && ((config->checkpoint_blocks != 0 && blocks >= config->checkpoint_blocks) ||
                          (config->checkpoint_bytes != 0 && bytes >= config->checkpoint_bytes));
}

void node_save_start(dure_node_t *node)
{
    if (node->save == SAVE_IDLE) {
        node->save = SAVE_DRAINING;
        dure_consensus_pause(node->consensus, true);
    }
}

/* The end, good or bad: deciding goes on, and the next one is counted from here. */
static void finish(dure_node_t *node)
{
    node->save = SAVE_IDLE;
    node->saved_height = dure_consensus_durable_height(node->consensus);
    node->saved_bytes = dure_consensus_block_bytes(node->consensus);
    dure_consensus_pause(node->consensus, false);
}

static dure_node_result_t give_up(dure_node_t *node, dure_store_result_t result)
{
    finish(node);
    if (dure_store_state(node->store) != DURE_STORE_OK) {
        return node_fail(node, DURE_NODE_FAILED, "checkpoint: %s", dure_store_message(node->store));
    }
    /* The log is the truth: it goes on without this checkpoint. */
    node_log(node, "event=checkpoint result=%s message=\"%s\"", dure_store_result_name(result),
             dure_store_message(node->store));
    return DURE_NODE_OK;
}

static dure_node_result_t begin(dure_node_t *node)
{
    const dure_chain_head_t *head = dure_chain_head(node->chain);
    const dure_history_t *history = &node->config.history;
    if (history->sync != NULL && !history->sync(history->user)) {
        return node_fail(node, DURE_NODE_FAILED, "the index: %s", history->problem(history->user));
    }
    dure_checkpoint_t checkpoint = {
        .height = head->height,
        .block_hash = head->block_hash,
        .app_hash = head->app_hash,
        .ledger_root = head->ledger_root,
    };
    dure_store_result_t result = dure_store_checkpoint_begin(node->store, &checkpoint);
    if (result == DURE_STORE_BUSY) {
        return DURE_NODE_OK;
    }
    if (result != DURE_STORE_OK) {
        return give_up(node, result);
    }
    node->save = SAVE_WRITING;
    node->save_cursor = 0;
    node->save_start_ns = dure_io_monotonic_ns(node->io);
    return DURE_NODE_OK;
}

static dure_node_result_t write_on(dure_node_t *node)
{
    while (node->save == SAVE_WRITING &&
           dure_store_checkpoint_state(node->store) == DURE_CHECKPOINT_READY) {
        size_t size = dure_chain_save(node->chain, &node->save_cursor, node->chunk,
                                      DURE_STORE_CHUNK_SIZE_MAX);
        dure_store_result_t result =
            size > 0 ? dure_store_checkpoint_chunk(node->store, node->chunk, size)
                     : dure_store_checkpoint_end(node->store);
        if (result != DURE_STORE_OK) {
            return give_up(node, result);
        }
        if (size == 0) {
            node->save = SAVE_ENDING;
        }
    }
    return DURE_NODE_OK;
}

dure_node_result_t node_save(dure_node_t *node)
{
    if (node->save == SAVE_IDLE && is_due(node)) {
        node_save_start(node);
    }
    if (node->save == SAVE_DRAINING && dure_consensus_is_drained(node->consensus)) {
        dure_node_result_t result = begin(node);
        if (result != DURE_NODE_OK) {
            return result;
        }
    }
    if (node->save != SAVE_WRITING && node->save != SAVE_ENDING) {
        return DURE_NODE_OK;
    }
    if (dure_store_checkpoint_state(node->store) == DURE_CHECKPOINT_IDLE) {
        dure_store_result_t error = dure_store_checkpoint_error(node->store);
        if (error != DURE_STORE_OK) {
            return give_up(node, error);
        }
        uint64_t height = dure_store_checkpoint_height(node->store);
        node_log(node, "event=checkpoint result=ok height=%llu ms=%llu", (unsigned long long)height,
                 (unsigned long long)((dure_io_monotonic_ns(node->io) - node->save_start_ns) /
                                      UINT64_C(1000000)));
        finish(node);
        return DURE_NODE_OK;
    }
    return write_on(node);
}

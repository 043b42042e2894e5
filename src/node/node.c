/* node: opening, the loop, stopping. */
#include "node/node_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define EVENTS_MAX       64u
#define GENESIS_SIZE_MAX (1u << 20)
#define SNAPSHOT_SIZE    (UINT64_C(64) << 20)
#define SNAPSHOT_PARTY   UINT64_C(64)
#define POOL_SIZE_REPLAY (8u * DURE_BLOCK_TXS_MAX)

dure_node_result_t node_fail(dure_node_t *node, dure_node_result_t result, const char *format, ...)
{
    if (node->result == DURE_NODE_OK) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(node->message, sizeof node->message, format, arguments);
        va_end(arguments);
        node->result = result;
    }
    return node->result;
}

void node_log(const dure_node_t *node, const char *format, ...)
{
    char line[1024];
    if (node->config.log == NULL) {
        return;
    }
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    node->config.log(node->config.log_user, line);
}

const char *dure_node_message(const dure_node_t *node)
{
    return node->message;
}

dure_consensus_t *dure_node_consensus(dure_node_t *node)
{
    return node->consensus;
}

/* ---- opening --------------------------------------------------------------------------------- */

static dure_node_result_t read_genesis(dure_node_t *node)
{
    dure_io_file_t file = 0;
    uint64_t size = 0;
    dure_io_result_t result = dure_io_file_open(node->io, &file, DURE_NODE_GENESIS, DURE_IO_OPEN);
    if (result == DURE_IO_NOT_FOUND) {
        return node_fail(node, DURE_NODE_NO_GENESIS,
                         "there is no %s here: make one with `dure init`", DURE_NODE_GENESIS);
    }
    if (result == DURE_IO_OK) {
        result = dure_io_file_size(node->io, file, &size);
    }
    if (result == DURE_IO_OK && size > GENESIS_SIZE_MAX) {
        dure_io_file_close(node->io, file);
        return node_fail(node, DURE_NODE_FAILED, "%s is too large", DURE_NODE_GENESIS);
    }
    node->genesis_size = (size_t)size;
    node->genesis = malloc(node->genesis_size + 1u);
    if (result == DURE_IO_OK && node->genesis != NULL) {
        result = dure_io_file_read(node->io, file, node->genesis, node->genesis_size, 0);
    }
    dure_io_file_close(node->io, file);
    if (result != DURE_IO_OK) {
        return node_fail(node, DURE_NODE_FAILED, "%s: %s", DURE_NODE_GENESIS,
                         dure_io_error_text(node->io));
    }
    if (node->genesis == NULL) {
        return node_fail(node, DURE_NODE_NO_MEMORY, "no memory for %s", DURE_NODE_GENESIS);
    }
    dure_hash(&node->chain_id, DURE_TAG_GENESIS, node->genesis, node->genesis_size);
    return DURE_NODE_OK;
}

/* A jump of the clock is remembered over a restart, or a supervisor that restarts the node would
   decide in the operator's place. */
static dure_node_result_t check_clock_stop(dure_node_t *node)
{
    dure_io_file_t file = 0;
    dure_io_result_t result =
        dure_io_file_open(node->io, &file, DURE_NODE_CLOCK_STOP, DURE_IO_OPEN);
    dure_io_file_close(node->io, file);
    if (result == DURE_IO_NOT_FOUND) {
        return DURE_NODE_OK;
    }
    if (result == DURE_IO_OK && !node->config.accept_clock) {
        return node_fail(node, DURE_NODE_CLOCK_STOPPED,
                         "the wall clock jumped ahead and stopped this node: check the clock, then "
                         "start with --accept-clock");
    }
    if (result == DURE_IO_OK) {
        result = dure_io_unlink(node->io, DURE_NODE_CLOCK_STOP);
    }
    if (result == DURE_IO_OK) {
        result = dure_io_sync_directory(node->io);
    }
    if (result != DURE_IO_OK) {
        return node_fail(node, DURE_NODE_FAILED, "%s: %s", DURE_NODE_CLOCK_STOP,
                         dure_io_error_text(node->io));
    }
    return DURE_NODE_OK;
}

static dure_node_result_t open_store(dure_node_t *node)
{
    dure_store_config_t config = {
        .chain_id = node->chain_id,
        .first_height = 1,
        .segment_size = node->config.segment_size / 512u * 512u,
        .archive = node->config.archive,
        .planted_bug = node->config.store_bug,
    };
    dure_store_result_t result =
        dure_store_open(&node->store, &node->report.store, node->io, &config);
    if (result == DURE_STORE_OK) {
        return DURE_NODE_OK;
    }
    if (node->store == NULL) {
        return node_fail(node, DURE_NODE_NO_MEMORY, "no memory for the store");
    }
    return node_fail(node, DURE_NODE_FAILED, "the log: %s", dure_store_message(node->store));
}

/* Untouched until a checkpoint is written beside traffic.  Whoever is changed while it is written
   takes about 1 KiB of it until his turn: a part of all parties, and more of few. */
static size_t snapshot_size(const dure_node_config_t *config)
{
    uint64_t size = config->checkpoint_memory != 0
                        ? config->checkpoint_memory
                        : SNAPSHOT_SIZE + SNAPSHOT_PARTY * config->limits.parties_max;
    size = size > DURE_SNAPSHOT_MEMORY_MIN ? size : DURE_SNAPSHOT_MEMORY_MIN;
    return (size_t)((size + 63u) / 64u * 64u);
}

/* The tables are as large as the configuration says, and as the chain asks for. */
static dure_node_result_t make_chain(dure_node_t *node)
{
    dure_genesis_t genesis;
    dure_reader_t reader = dure_reader(dure_bytes(node->genesis, node->genesis_size));
    dure_genesis_decode(&reader, &genesis);
    if (!dure_reader_end(&reader)) {
        return node_fail(node, DURE_NODE_FAILED, "%s: the genesis bytes are not canonical",
                         DURE_NODE_GENESIS);
    }
    dure_ledger_limits_cover(&node->config.limits, genesis.parties_max);
    node->memory_size = (dure_chain_size(&node->config.limits) + 63u) / 64u * 64u;
    node->memory = aligned_alloc(64, node->memory_size);
    node->chunk = malloc(DURE_STORE_CHUNK_SIZE_MAX);
    node->snapshot_size = snapshot_size(&node->config);
    node->snapshot = aligned_alloc(64, node->snapshot_size);
    if (node->memory == NULL || node->chunk == NULL || node->snapshot == NULL) {
        return node_fail(node, DURE_NODE_NO_MEMORY,
                         "no memory for the state of %" PRIu32 " parties: %zu bytes",
                         node->config.limits.parties_max, node->memory_size);
    }
    dure_io_memory_prepare(node->memory, node->memory_size);
    return node_chain_init(node) ? DURE_NODE_OK : node->result;
}

static dure_node_result_t make_consensus(dure_node_t *node)
{
    dure_consensus_config_t config = {
        .io = node->io,
        .store = node->store,
        .chain = node->chain,
        .pool = node->pool,
        .genesis = dure_bytes(node->genesis, node->genesis_size),
        .history = node->config.history,
        .queue_txs = node->config.queue_txs,
        .queue_bytes = node->config.queue_bytes,
    };
    node->consensus = dure_consensus_new(&config);
    return node->consensus != NULL
               ? DURE_NODE_OK
               : node_fail(node, DURE_NODE_NO_MEMORY, "no memory for the queue");
}

static dure_node_result_t open_all(dure_node_t *node)
{
    const dure_node_config_t *config = &node->config;
    if (read_genesis(node) != DURE_NODE_OK || check_clock_stop(node) != DURE_NODE_OK ||
        make_chain(node) != DURE_NODE_OK || open_store(node) != DURE_NODE_OK) {
        return node->result;
    }
    uint32_t checks =
        config->queue_txs > POOL_SIZE_REPLAY ? 2u * config->queue_txs : 2u * POOL_SIZE_REPLAY;
    node->pool = dure_pool_new(config->threads, config->threads > 0 ? checks : 1u, node->io,
                               &node->chain_id, config->verify);
    if (node->pool == NULL) {
        return node_fail(node, DURE_NODE_NO_MEMORY, "no memory for the signature threads");
    }
    if (node_recover(node) != DURE_NODE_OK || make_consensus(node) != DURE_NODE_OK ||
        node_keep_open(node) != DURE_NODE_OK) {
        return node->result;
    }
    node->saved_height = node->report.checkpoint_height;
    return DURE_NODE_OK;
}

dure_node_result_t dure_node_open(dure_node_t **out, dure_node_report_t *report, dure_io_t *io,
                                  const dure_node_config_t *config)
{
    dure_node_config_t own = *config;
    memset(report, 0, sizeof *report);
    for (;;) {
        dure_node_t *node = calloc(1, sizeof *node);
        *out = node;
        if (node == NULL) {
            return DURE_NODE_NO_MEMORY;
        }
        node->io = io;
        node->config = own;
        const dure_node_result_t result = open_all(node);
        *report = node->report;
        if (result != DURE_NODE_NO_CAPACITY) {
            return result;
        }
        /* A checkpoint or the log asks for more than the genesis does: each time for more than
           before, so this ends. */
        node_log(node, "event=capacity parties=%" PRIu32 " message=\"%s\"", node->parties_needed,
                 node->message);
        dure_ledger_limits_cover(&own.limits, node->parties_needed);
        dure_node_close(node);
    }
}

/* ---- the loop -------------------------------------------------------------------------------- */

static uint64_t least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static dure_node_result_t watch_state(dure_node_t *node)
{
    if (dure_consensus_state(node->consensus) != DURE_CONSENSUS_CLOCK || node->is_clock_stopped) {
        return DURE_NODE_OK;
    }
    node->is_clock_stopped = true;
    node_log(node, "event=clock_stopped message=\"%s\"", dure_consensus_problem(node->consensus));
    static const char text[] = "The wall clock jumped ahead; see the node's messages.\n";
    if (dure_io_replace(node->io, DURE_NODE_CLOCK_STOP, text, sizeof text - 1u) != DURE_IO_OK) {
        return node_fail(node, DURE_NODE_FAILED, "%s: %s", DURE_NODE_CLOCK_STOP,
                         dure_io_error_text(node->io));
    }
    return DURE_NODE_OK;
}

/* Does all that can be done before something happens outside: after it the loop may sleep. */
static dure_node_result_t work(dure_node_t *node)
{
    if (!dure_consensus_round(node->consensus)) {
        return node_fail(node, DURE_NODE_FAILED, "%s", dure_consensus_problem(node->consensus));
    }
    if (watch_state(node) != DURE_NODE_OK || node_save(node) != DURE_NODE_OK) {
        return node->result;
    }
    dure_store_tick(node->store);
    if (dure_store_state(node->store) != DURE_STORE_OK) {
        return node_fail(node, DURE_NODE_FAILED, "the log: %s", dure_store_message(node->store));
    }
    return DURE_NODE_OK;
}

dure_node_result_t dure_node_step(dure_node_t *node, uint64_t timeout_ns)
{
    dure_io_event_t events[EVENTS_MAX];
    size_t count = 0;
    if (node->result != DURE_NODE_OK || work(node) != DURE_NODE_OK) {
        return node->result;
    }
    uint64_t wait = least(timeout_ns, dure_store_tick_due_ns(node->store));
    wait = least(wait, dure_consensus_due_ns(node->consensus));
    wait = least(wait, node_keep_wait_ns(node));
    wait = least(wait, node_save_wait_ns(node));
    dure_io_result_t result = dure_io_poll(node->io, events, &count, EVENTS_MAX, wait);
    if (result != DURE_IO_OK) {
        return node_fail(node, DURE_NODE_FAILED, "poll: %s", dure_io_error_text(node->io));
    }
    for (size_t i = 0; i < count; i++) {
        bool is_taken =
            events[i].kind == DURE_IO_EVENT_WOKEN || dure_store_take_event(node->store, &events[i]);
        if (!is_taken && node->config.event != NULL) {
            node->config.event(node->config.event_user, &events[i]);
        }
    }
    if (work(node) != DURE_NODE_OK) {
        return node->result;
    }
    return node_keep(node);
}

uint32_t dure_node_parties_needed(const dure_node_t *node)
{
    return dure_chain_parties_needed(node->chain);
}

bool dure_node_is_saving(const dure_node_t *node)
{
    return node->save != SAVE_IDLE;
}

bool dure_node_is_idle(const dure_node_t *node)
{
    return dure_consensus_waiting(node->consensus) == 0 &&
           dure_consensus_is_drained(node->consensus) && !dure_store_append_is_busy(node->store);
}

/* ---- stopping -------------------------------------------------------------------------------- */

/* True if what waits cannot be decided in this state. */
static bool is_stuck(const dure_node_t *node)
{
    dure_consensus_state_t state = dure_consensus_state(node->consensus);
    return state == DURE_CONSENSUS_NO_SPACE ||
           (state == DURE_CONSENSUS_CLOCK && dure_consensus_is_drained(node->consensus));
}

/* True if all is durable and answered that will be decided.  Without capacity nothing more is, and
   what waits is asked again of the next start. */
static bool is_settled(const dure_node_t *node)
{
    return dure_node_is_idle(node) ||
           (dure_node_parties_needed(node) != 0 && dure_consensus_is_drained(node->consensus) &&
            !dure_store_append_is_busy(node->store));
}

dure_node_result_t dure_node_stop(dure_node_t *node)
{
    dure_consensus_shut(node->consensus);
    while (node->result == DURE_NODE_OK && !is_stuck(node) &&
           (!is_settled(node) || node->save != SAVE_IDLE)) {
        if (dure_node_step(node, DURE_IO_FOREVER) != DURE_NODE_OK) {
            return node->result;
        }
    }
    bool is_saved =
        dure_consensus_durable_height(node->consensus) == dure_store_checkpoint_height(node->store);
    if (node->result == DURE_NODE_OK && !is_stuck(node) && !is_saved) {
        node_save_start(node);
        while (node->result == DURE_NODE_OK && node->save != SAVE_IDLE) {
            if (dure_node_step(node, DURE_IO_FOREVER) != DURE_NODE_OK) {
                return node->result;
            }
        }
    }
    if (node->result != DURE_NODE_OK) {
        return node->result;
    }
    dure_store_result_t result = dure_store_close(node->store);
    node->store = NULL;
    if (result != DURE_STORE_OK) {
        return node_fail(node, DURE_NODE_FAILED, "closing the log: %s",
                         dure_store_result_name(result));
    }
    return DURE_NODE_OK;
}

void dure_node_close(dure_node_t *node)
{
    if (node == NULL) {
        return;
    }
    node_keep_close(node);
    dure_pool_free(node->pool);
    dure_consensus_free(node->consensus);
    (void)dure_store_close(node->store);
    free(node->memory);
    free(node->snapshot);
    free(node->chunk);
    free(node->genesis);
    free(node);
}

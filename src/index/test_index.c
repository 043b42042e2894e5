/* Every effect of blocks around the length of a run is found with its receipt; what was changed in
   the file is not given out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "index/index_private.h"
#include "trace/trace.h"

#define BLOCKS 9u

static const uint32_t sizes[BLOCKS] = {1, 63, 64, 65, 2, 128, 129, 200, 31};
#define TXS 683u

typedef struct {
    dure_trace_t *trace;
    dure_chain_t *chain;
    dure_index_t *index;
    dure_tx_id_t ids[TXS];
    uint16_t codes[TXS];
    char folder[64], path[128];
} world_t;

static void step(world_t *world, dure_chain_update_t *update, const dure_chain_event_t *event)
{
    assert_int_equal(dure_chain_step(world->chain, update, event), DURE_CHAIN_OK);
}

static void give_block(world_t *world, uint32_t first, uint32_t count)
{
    static uint8_t bytes[DURE_BLOCK_SIZE_MAX];
    static dure_chain_tx_t txs[TXS];
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    for (uint32_t i = 0; i < count; i++) {
        const dure_bytes_t wire = dure_trace_next(world->trace);
        dure_envelope_t envelope;
        if (dure_envelope_decode(&envelope, wire, NULL) == DURE_RESULT_DONE) {
            world->ids[first + i] = envelope.tx.id;
        }
        txs[i].wire = dure_bytes(bytes + writer.size, wire.size);
        dure_write_raw(&writer, wire.data, wire.size);
    }
    assert_false(writer.overflow);
    dure_chain_update_t update, committed;
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(world->chain)->height + 1,
                                      .time = dure_trace_time(world->trace),
                                      .txs = txs,
                                      .tx_count = count};
    step(world, &update, &event);
    for (uint32_t i = 0; i < count; i++) {
        world->codes[first + i] = update.results[i].code;
    }
    const dure_decided_t decided = {.header = update.header,
                                    .hash = update.block_hash,
                                    .ledger_root = update.ledger_root,
                                    .bytes = update.block,
                                    .ids = &world->ids[first],
                                    .results = update.results,
                                    .runs = update.runs,
                                    .count = count};
    const dure_history_t history = dure_index_history(world->index);
    assert_true(history.block(history.user, &decided));
    step(world, &committed, &(dure_chain_event_t){.kind = DURE_CHAIN_COMMIT});
}

static dure_chain_t *new_chain(const dure_trace_t *trace)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(200);
    const size_t size = (dure_chain_size(&limits) + 63) / 64 * 64;
    const char *problem = NULL;
    void *memory = aligned_alloc(64, size);
    assert_non_null(memory);
    dure_chain_t *chain =
        dure_chain_init(memory, size, &limits, dure_trace_genesis(trace), &problem);
    assert_null(problem);
    return chain;
}

static int set_up_with(void **state, bool has_thread, uint32_t young_max, uint32_t block_size)
{
    world_t *world = calloc(1, sizeof *world);
    assert_non_null(world);
    strcpy(world->folder, "/tmp/dure-index-XXXXXX");
    assert_non_null(mkdtemp(world->folder));
    (void)snprintf(world->path, sizeof world->path, "%s/index.sqlite", world->folder);
    bool is_rebuilt = false;
    assert_true(dure_index_open(&world->index, world->path, &is_rebuilt));
    assert_false(is_rebuilt);
    const dure_trace_config_t config = {.seed = 33, .mischief = 5};
    world->trace = dure_trace_new_from(&config, "examples/gimpo/general.yak");
    assert_non_null(world->trace);
    world->chain = new_chain(world->trace);
    world->index->young_max = young_max;
    assert_true(!has_thread || dure_index_start(world->index));
    uint32_t first = 0;
    for (uint32_t i = 0; first < TXS; i++) {
        const uint32_t left = TXS - first;
        const uint32_t count = block_size == 0 ? sizes[i] : left < block_size ? left : block_size;
        give_block(world, first, count);
        first += count;
    }
    assert_int_equal(first, TXS);
    *state = world;
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, false, INDEX_YOUNG_MAX, 0);
}

static int set_up_thread(void **state)
{
    return set_up_with(state, true, INDEX_YOUNG_MAX, 0);
}

/* Every block's ids become rows. */
static int set_up_rows(void **state)
{
    return set_up_with(state, false, 1, 17);
}

static int set_up_rows_thread(void **state)
{
    return set_up_with(state, true, 1, 17);
}

static int tear_down(void **state)
{
    world_t *world = *state;
    dure_index_close(world->index);
    static const char *const tails[] = {"", "-wal", "-shm"};
    for (uint32_t i = 0; i < 3; i++) {
        char path[sizeof world->path + 8];
        (void)snprintf(path, sizeof path, "%s%s", world->path, tails[i]);
        (void)remove(path);
    }
    assert_int_equal(rmdir(world->folder), 0);
    free(world->chain);
    dure_trace_free(world->trace);
    free(world);
    return 0;
}

static void open_again(world_t *world)
{
    bool is_rebuilt = false;
    dure_index_close(world->index);
    assert_true(dure_index_open(&world->index, world->path, &is_rebuilt));
    assert_false(is_rebuilt);
}

/* How many of the decided are found with a receipt that holds. */
static uint32_t count_receipts(world_t *world, uint32_t *decided)
{
    uint32_t found = 0;
    *decided = 0;
    for (uint32_t i = 0; i < TXS; i++) {
        dure_receipt_t receipt;
        dure_hash_t hash;
        *decided += dure_result_is_final(world->codes[i]);
        if (dure_result_is_final(world->codes[i]) &&
            dure_index_receipt(world->index, &receipt, &world->ids[i])) {
            assert_null(dure_receipt_check(&receipt, &hash));
            assert_true(dure_hash_equal(&hash, &dure_chain_head(world->chain)->block_hash));
            found++;
        }
    }
    return found;
}

static void every_effect_has_its_receipt(void **state)
{
    world_t *world = *state;
    uint32_t decided = 0;
    uint32_t found = count_receipts(world, &decided);
    assert_int_equal(found, decided);
    assert_true(decided > TXS - 100u);
    assert_int_equal(dure_index_counts(world->index).refused, 0);
    open_again(world);
    found = count_receipts(world, &decided);
    assert_int_equal(found, decided);
    /* And once more, when the last runs are known to hold. */
    found = count_receipts(world, &decided);
    assert_int_equal(found, decided);
}

static uint64_t number_of(world_t *world, const char *text)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(world->index->reader, text, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    const uint64_t number = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return number;
}

static void all_are_found(world_t *world)
{
    uint32_t decided = 0;
    const uint32_t found = count_receipts(world, &decided);
    assert_int_equal(found, decided);
    assert_int_equal(dure_index_counts(world->index).refused, 0);
}

static void merge(world_t *world, uint64_t steps)
{
    index_writer_t *writer = &world->index->writer;
    assert_true(index_put(writer, PUT_BEGIN) && index_ids_merge(writer, steps) &&
                index_put(writer, PUT_COMMIT));
}

static void rows_of_ids_become_one(void **state)
{
    world_t *world = *state;
    assert_int_equal(number_of(world, "SELECT count(*) FROM id_run WHERE level = 0"), 41);
    all_are_found(world);
    merge(world, 100);
    assert_int_equal(number_of(world, "SELECT count(*) FROM id_run WHERE level = -1"), 1);
    all_are_found(world);
    /* What was being made is taken away, and made again. */
    open_again(world);
    assert_int_equal(number_of(world, "SELECT count(*) FROM id_run WHERE level = -2"), 1);
    all_are_found(world);
    merge(world, 5000);
    all_are_found(world);
    assert_int_equal(number_of(world, "SELECT count(*) FROM id_run"), 11);
    assert_int_equal(number_of(world, "SELECT count(*) FROM id_run WHERE level = 1"), 2);
    assert_int_equal(number_of(world, "SELECT sum(length(ids)) / 14 FROM ids"),
                     number_of(world, "SELECT sum(length(ids)) / 14 FROM ids"
                                      " WHERE key >> 24 IN (SELECT run FROM id_run)"));
    open_again(world);
    all_are_found(world);
}

/* What is not in the file yet is found as what is. */
static void what_is_on_its_way_is_found(void **state)
{
    world_t *world = *state;
    const dure_history_t history = dure_index_history(world->index);
    dure_hash_t hash;
    all_are_found(world);
    assert_true(history.sync(history.user));
    assert_null(world->index->jobs);
    assert_int_equal(history.last(history.user, &hash), dure_chain_head(world->chain)->height);
    assert_int_equal(number_of(world, "SELECT max(height) FROM block"),
                     dure_chain_head(world->chain)->height);
    all_are_found(world);
    open_again(world);
    all_are_found(world);
    assert_true(dure_index_start(world->index));
    const dure_history_t again = dure_index_history(world->index);
    assert_true(again.reset(again.user));
    assert_int_equal(again.last(again.user, &hash), 0);
}

static void the_nodes_of_the_range_lead_to_its_root(void **state)
{
    world_t *world = *state;
    const dure_history_t history = dure_index_history(world->index);
    const dure_range_t *range = &dure_chain_head(world->chain)->range;
    assert_int_equal(range->count, 9);
    dure_hash_t node;
    assert_true(history.range_node(history.user, &node, 3, 0));
    assert_true(dure_hash_equal(&node, &range->peaks[0]));
    assert_true(history.range_node(history.user, &node, 0, 8));
    assert_true(dure_hash_equal(&node, &range->peaks[1]));
    assert_false(history.range_node(history.user, &node, 0, 9));
    assert_false(history.range_node(history.user, &node, 4, 0));
    /* The part of a witness that the history knows: which leaf of the range is its block's. */
    dure_witness_t witness;
    uint32_t place = 0;
    for (uint32_t b = 0; b < BLOCKS; b++) {
        if (dure_result_is_final(world->codes[place])) {
            assert_true(history.prove(history.user, &witness, &world->ids[place]));
            assert_int_equal(witness.height, b + 1);
            assert_int_equal(witness.range.index, b);
            assert_int_equal(witness.count, sizes[b]);
        }
        place += sizes[b];
    }
    const dure_tx_id_t none = {.party = 1, .number = 1};
    assert_false(history.prove(history.user, &witness, &none));
}

static void change(world_t *world, const char *text)
{
    dure_index_close(world->index);
    sqlite3 *database = NULL;
    assert_int_equal(sqlite3_open(world->path, &database), SQLITE_OK);
    assert_int_equal(sqlite3_exec(database, text, NULL, NULL, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_changes(database), 1);
    sqlite3_close(database);
    bool is_rebuilt = false;
    assert_true(dure_index_open(&world->index, world->path, &is_rebuilt));
    assert_false(is_rebuilt);
}

static void what_was_changed_is_not_given_out(void **state)
{
    world_t *world = *state;
    uint32_t decided = 0;
    /* Block 8 has four runs: a byte changed keeps back at most its run. */
    change(world, "UPDATE run SET effects = CAST(substr(effects, 1, 30) || x'00000000' || "
                  "substr(effects, 35) AS BLOB) WHERE first = "
                  "(SELECT first + 64 FROM block WHERE height = 8)");
    const uint32_t found = count_receipts(world, &decided);
    assert_true(decided - found > 0 && decided - found <= INDEX_RUN);
    /* A root changed keeps back the block. */
    change(world, "UPDATE block SET runs = randomblob(128) WHERE height = 8");
    const uint32_t left = count_receipts(world, &decided);
    assert_true(left < found && decided - left <= 200u);
    assert_true(dure_index_counts(world->index).refused > 0);
    change(world, "UPDATE block SET runs = randomblob(127) WHERE height = 7");
    assert_true(count_receipts(world, &decided) < left);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_effect_has_its_receipt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_effect_has_its_receipt, set_up_thread, tear_down),
        cmocka_unit_test_setup_teardown(rows_of_ids_become_one, set_up_rows, tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_is_found, set_up_thread, tear_down),
        cmocka_unit_test_setup_teardown(what_is_on_its_way_is_found, set_up_rows_thread, tear_down),
        cmocka_unit_test_setup_teardown(the_nodes_of_the_range_lead_to_its_root, set_up_thread,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_nodes_of_the_range_lead_to_its_root, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_was_changed_is_not_given_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* index: opening, and writing block by block. */
#include "index/index_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 2 /* of the tables below; another version is deleted and rebuilt */

/* NORMAL: a power loss leaves a file that is whole, if perhaps a little older. */
static const char *const schema =
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 4000;"
    "PRAGMA cache_size = -32768;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA user_version = 2;"
    "CREATE TABLE IF NOT EXISTS block (height INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
    " hash BLOB NOT NULL, header BLOB NOT NULL, ledger_root BLOB NOT NULL,"
    " first INTEGER NOT NULL, count INTEGER NOT NULL, range_count INTEGER NOT NULL,"
    " runs BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS effect (sequence INTEGER PRIMARY KEY, party INTEGER NOT NULL,"
    " lane INTEGER NOT NULL, number INTEGER NOT NULL, height INTEGER NOT NULL,"
    " place INTEGER NOT NULL, code INTEGER NOT NULL, final INTEGER NOT NULL,"
    " effect BLOB NOT NULL, blind BLOB NOT NULL, leaf BLOB NOT NULL, tx BLOB NOT NULL);"
    "CREATE UNIQUE INDEX IF NOT EXISTS effect_by_id ON effect (party, lane, number)"
    " WHERE final = 1;"
    "CREATE TABLE IF NOT EXISTS range (level INTEGER NOT NULL, place INTEGER NOT NULL,"
    " hash BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID;";

static const char *const statement_texts[INDEX_STATEMENTS] = {
    [STATEMENT_BEGIN] = "BEGIN",
    [STATEMENT_COMMIT] = "COMMIT",
    [STATEMENT_ROLLBACK] = "ROLLBACK",
    [STATEMENT_BLOCK_PUT] = "INSERT INTO block VALUES (?,?,?,?,?,?,?,?,?)",
    [STATEMENT_EFFECT_PUT] = "INSERT INTO effect VALUES (?,?,?,?,?,?,?,?,?,?,?,?)",
    [STATEMENT_RANGE_PUT] = "INSERT INTO range VALUES (?,?,?)",
    [STATEMENT_LAST] = "SELECT max(height) FROM block",
    [STATEMENT_BLOCK_GET] = "SELECT time, hash, header, ledger_root, first, count, range_count,"
                            " runs"
                            " FROM block WHERE height = ?",
    [STATEMENT_EFFECT_BY_ID] = "SELECT sequence FROM effect"
                               " WHERE party = ? AND lane = ? AND number = ? AND final = 1",
    [STATEMENT_EFFECT_BY_SEQUENCE] = "SELECT height, place, code, final, effect, blind, leaf, tx"
                                     " FROM effect WHERE sequence = ?",
    [STATEMENT_LEAVES] = "SELECT leaf FROM effect WHERE sequence >= ? AND sequence < ?"
                         " ORDER BY sequence",
    [STATEMENT_RANGE_GET] = "SELECT hash FROM range WHERE level = ? AND place = ?",
};

bool index_fail(dure_index_t *index, const char *what)
{
    snprintf(index->problem, sizeof index->problem, "the index %s: %s: %s", index->path, what,
             index->database == NULL ? "no memory" : sqlite3_errmsg(index->database));
    return false;
}

const char *dure_index_problem(const dure_index_t *index)
{
    return index == NULL ? "no memory" : index->problem;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void close_database(dure_index_t *index)
{
    for (uint32_t i = 0; i < INDEX_STATEMENTS; i++) {
        sqlite3_finalize(index->statements[i]);
        index->statements[i] = NULL;
    }
    sqlite3_close(index->database);
    index->database = NULL;
}

/* False if the file is of another version. */
static bool version_fits(dure_index_t *index)
{
    sqlite3_stmt *statement = NULL;
    bool fits = sqlite3_prepare_v2(index->database, "PRAGMA user_version", -1, &statement, NULL) ==
                    SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;
    int version = fits ? sqlite3_column_int(statement, 0) : -1;
    sqlite3_finalize(statement);
    return fits && (version == VERSION || version == 0);
}

/* Where the blocks stand; false if the last block cannot be read. */
static bool read_last(dure_index_t *index)
{
    sqlite3_stmt *statement = index->statements[STATEMENT_LAST];
    index->height = 0;
    index->sequence = 0;
    memset(&index->hash, 0, sizeof index->hash);
    dure_range_init(&index->range);
    bool has_row = sqlite3_step(statement) == SQLITE_ROW;
    uint64_t height = has_row ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    if (!has_row) {
        return index_fail(index, "cannot be read");
    }
    if (height == 0) {
        return true;
    }
    index_block_t last;
    if (!index_block_get(index, &last, height)) {
        return index_fail(index, "its last block is damaged");
    }
    index->height = height;
    index->hash = last.block.hash;
    index->sequence = last.first_sequence + last.block.count;
    index->range.count = last.range_count;
    uint64_t place = 0;
    uint32_t peak = 0;
    for (uint32_t level = 63; level < 64; level--) {
        if ((last.range_count >> level & 1) == 0) {
            continue;
        }
        if (!index_range_node(index, &index->range.peaks[peak++], level, place >> level)) {
            return index_fail(index, "its mountain range is damaged");
        }
        place += UINT64_C(1) << level;
    }
    return true;
}

static bool try_open(dure_index_t *index)
{
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    if (sqlite3_open_v2(index->path, &index->database, flags, NULL) != SQLITE_OK) {
        return index_fail(index, "cannot be opened");
    }
    sqlite3_busy_timeout(index->database, 2000); /* somebody may look at it with a tool */
    if (!version_fits(index) ||
        sqlite3_exec(index->database, schema, NULL, NULL, NULL) != SQLITE_OK) {
        return index_fail(index, "cannot be used");
    }
    for (uint32_t i = 0; i < INDEX_STATEMENTS; i++) {
        if (sqlite3_prepare_v3(index->database, statement_texts[i], -1, SQLITE_PREPARE_PERSISTENT,
                               &index->statements[i], NULL) != SQLITE_OK) {
            return index_fail(index, "cannot be used");
        }
    }
    return read_last(index);
}

static bool delete_files(const dure_index_t *index)
{
    static const char *const tails[] = {"", "-wal", "-shm"};
    char path[sizeof index->path + 8];
    for (uint32_t i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s%s", index->path, tails[i]);
        remove(path);
    }
    FILE *left = fopen(index->path, "rb");
    if (left != NULL) {
        fclose(left);
    }
    return left == NULL;
}

bool dure_index_open(dure_index_t **result, const char *path, bool *rebuilt)
{
    *rebuilt = false;
    dure_index_t *index = calloc(1, sizeof *index);
    *result = index;
    if (index == NULL) {
        return false;
    }
    if (strlen(path) >= sizeof index->path) {
        return index_fail(index, "its path is too long");
    }
    memcpy(index->path, path, strlen(path) + 1);
    if (try_open(index)) {
        return true;
    }
    close_database(index);
    *rebuilt = true;
    if (!delete_files(index)) {
        return index_fail(index, "is damaged and cannot be deleted");
    }
    return try_open(index);
}

void dure_index_close(dure_index_t *index)
{
    if (index == NULL) {
        return;
    }
    close_database(index);
    free(index);
}

uint64_t dure_index_height(const dure_index_t *index)
{
    return index->height;
}

dure_index_counts_t dure_index_counts(const dure_index_t *index)
{
    return index->counts;
}

/* ---- writing --------------------------------------------------------------------------------- */

static bool run(dure_index_t *index, index_statement_t which)
{
    sqlite3_stmt *statement = index->statements[which];
    int status = sqlite3_step(statement);
    sqlite3_reset(statement);
    return status == SQLITE_DONE || index_fail(index, "cannot be written");
}

static void bind_integer(sqlite3_stmt *statement, int place, uint64_t value)
{
    sqlite3_bind_int64(statement, place, (int64_t)value);
}

static void bind_bytes(sqlite3_stmt *statement, int place, const void *data, size_t size)
{
    sqlite3_bind_blob(statement, place, size == 0 ? "" : data, (int)size, SQLITE_STATIC);
}

static bool put_effect(dure_index_t *index, const dure_decided_t *block, uint32_t place)
{
    const dure_chain_result_t *result = &block->results[place];
    const dure_tx_id_t *id = &block->ids[place];
    sqlite3_stmt *statement = index->statements[STATEMENT_EFFECT_PUT];
    bind_integer(statement, 1, index->sequence + place);
    bind_integer(statement, 2, id->party);
    bind_integer(statement, 3, id->lane);
    bind_integer(statement, 4, id->number);
    bind_integer(statement, 5, block->header.height);
    bind_integer(statement, 6, place);
    bind_integer(statement, 7, result->code);
    bind_integer(statement, 8, dure_result_is_final(result->code) ? 1 : 0);
    bind_bytes(statement, 9, result->effect.data, result->effect.size);
    bind_bytes(statement, 10, result->blind.bytes, sizeof result->blind.bytes);
    bind_bytes(statement, 11, result->leaf.bytes, sizeof result->leaf.bytes);
    bind_bytes(statement, 12, result->tx.bytes, sizeof result->tx.bytes);
    return run(index, STATEMENT_EFFECT_PUT);
}

static bool put_node(dure_index_t *index, uint32_t level, uint64_t place, const dure_hash_t *hash)
{
    sqlite3_stmt *statement = index->statements[STATEMENT_RANGE_PUT];
    bind_integer(statement, 1, level);
    bind_integer(statement, 2, place);
    bind_bytes(statement, 3, hash->bytes, sizeof hash->bytes);
    return run(index, STATEMENT_RANGE_PUT);
}

/* The leaf of a block, and each tree of the range that it completes. */
static bool put_range(dure_index_t *index, dure_range_t *range, const dure_block_header_t *header)
{
    dure_hash_t node;
    dure_range_leaf(&node, header->height, &header->effects_root);
    uint64_t place = range->count;
    uint32_t peaks = (uint32_t)__builtin_popcountll(range->count);
    dure_hash_t leaf = node;
    if (!put_node(index, 0, place, &node)) {
        return false;
    }
    for (uint32_t level = 0; (range->count >> level & 1) != 0; level++) {
        dure_hash_pair(&node, DURE_TAG_RANGE_NODE, &range->peaks[--peaks], &node);
        place >>= 1;
        if (!put_node(index, level + 1, place, &node)) {
            return false;
        }
    }
    dure_range_append(range, &leaf);
    return true;
}

uint32_t index_runs_of(uint32_t count)
{
    return (count + INDEX_RUN - 1u) / INDEX_RUN;
}

static void make_runs(dure_index_t *index, dure_hash_t runs[INDEX_RUNS_MAX],
                      const dure_decided_t *block)
{
    for (uint32_t first = 0; first < block->count; first += INDEX_RUN) {
        const uint32_t left = block->count - first;
        const uint32_t count = left < INDEX_RUN ? left : INDEX_RUN;
        for (uint32_t i = 0; i < count; i++) {
            index->leaves[i] = block->results[first + i].leaf;
        }
        dure_list_root(&runs[first / INDEX_RUN], DURE_TAG_EFFECT_NODE, index->leaves, count);
    }
}

static bool put_block(dure_index_t *index, const dure_decided_t *block, dure_range_t *range)
{
    DURE_ASSERT(block->count <= DURE_BLOCK_TXS_MAX);
    dure_hash_t runs[INDEX_RUNS_MAX];
    make_runs(index, runs, block);
    if (block->count > 0 && !put_range(index, range, &block->header)) {
        return false;
    }
    for (uint32_t i = 0; i < block->count; i++) {
        if (!put_effect(index, block, i)) {
            return false;
        }
    }
    uint8_t header[DURE_BLOCK_HEADER_SIZE];
    dure_writer_t writer = dure_writer(header, sizeof header);
    dure_block_header_encode(&writer, &block->header);
    sqlite3_stmt *statement = index->statements[STATEMENT_BLOCK_PUT];
    bind_integer(statement, 1, block->header.height);
    bind_integer(statement, 2, block->header.time);
    bind_bytes(statement, 3, block->hash.bytes, sizeof block->hash.bytes);
    bind_bytes(statement, 4, header, writer.size);
    bind_bytes(statement, 5, block->ledger_root.bytes, sizeof block->ledger_root.bytes);
    bind_integer(statement, 6, index->sequence);
    bind_integer(statement, 7, block->count);
    bind_integer(statement, 8, range->count);
    bind_bytes(statement, 9, runs, index_runs_of(block->count) * sizeof *runs);
    return run(index, STATEMENT_BLOCK_PUT);
}

static uint64_t history_last(void *user, dure_hash_t *block_hash)
{
    const dure_index_t *index = user;
    *block_hash = index->hash;
    return index->height;
}

static bool history_reset(void *user)
{
    dure_index_t *index = user;
    close_database(index);
    memset(index->verified, 0, sizeof index->verified);
    return (delete_files(index) || index_fail(index, "cannot be deleted")) && try_open(index);
}

static bool history_block(void *user, const dure_decided_t *block)
{
    dure_index_t *index = user;
    if (block->header.height != index->height + 1) {
        snprintf(index->problem, sizeof index->problem,
                 "the index %s holds %llu blocks and was given block %llu", index->path,
                 (unsigned long long)index->height, (unsigned long long)block->header.height);
        return false;
    }
    if (!run(index, STATEMENT_BEGIN)) {
        return false;
    }
    dure_range_t range = index->range;
    if (!put_block(index, block, &range) || !run(index, STATEMENT_COMMIT)) {
        sqlite3_step(index->statements[STATEMENT_ROLLBACK]);
        sqlite3_reset(index->statements[STATEMENT_ROLLBACK]);
        return false;
    }
    index->height = block->header.height;
    index->hash = block->hash;
    index->sequence += block->count;
    index->range = range;
    index->counts.blocks++;
    index->counts.effects += block->count;
    return true;
}

/* Under WAL with synchronous NORMAL a checkpoint of the database syncs the log and the file. */
static bool history_sync(void *user)
{
    dure_index_t *index = user;
    int result =
        sqlite3_wal_checkpoint_v2(index->database, NULL, SQLITE_CHECKPOINT_FULL, NULL, NULL);
    return result == SQLITE_OK || index_fail(index, "cannot be synced");
}

static bool history_find(void *user, dure_answer_t *answer, dure_hash_t *tx, const dure_tx_id_t *id)
{
    return dure_index_answer(user, answer, tx, NULL, id);
}

static bool history_prove(void *user, dure_witness_t *witness, const dure_tx_id_t *id)
{
    return dure_index_prove(user, witness, id);
}

static bool history_range_node(void *user, dure_hash_t *hash, uint32_t level, uint64_t place)
{
    return index_range_node(user, hash, level, place);
}

static const char *history_problem(void *user)
{
    return dure_index_problem(user);
}

dure_history_t dure_index_history(dure_index_t *index)
{
    return (dure_history_t){.user = index,
                            .last = history_last,
                            .reset = history_reset,
                            .block = history_block,
                            .sync = history_sync,
                            .find = history_find,
                            .prove = history_prove,
                            .range_node = history_range_node,
                            .problem = history_problem};
}

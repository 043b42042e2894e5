/* index: opening, and writing block by block. */
#include "index/index_private.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VERSION 3 /* of the tables below; another version is deleted and rebuilt */

/* NORMAL: a power loss leaves a file that is whole, if perhaps a little older. */
static const char *const schema =
    "PRAGMA page_size = 8192;"
    "PRAGMA journal_mode = WAL;"
    "PRAGMA synchronous = NORMAL;"
    "PRAGMA wal_autocheckpoint = 4000;"
    "PRAGMA cache_size = -32768;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA user_version = 3;"
    "CREATE TABLE IF NOT EXISTS salt (one INTEGER PRIMARY KEY, bytes BLOB NOT NULL);"
    "INSERT OR IGNORE INTO salt VALUES (1, randomblob(16));"
    "CREATE TABLE IF NOT EXISTS block (height INTEGER PRIMARY KEY, hash BLOB NOT NULL,"
    " header BLOB NOT NULL, ledger_root BLOB NOT NULL, first INTEGER NOT NULL,"
    " range_count INTEGER NOT NULL, runs BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS run (first INTEGER PRIMARY KEY, height INTEGER NOT NULL,"
    " effects BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS ids (key INTEGER PRIMARY KEY, ids BLOB NOT NULL);"
    "CREATE TABLE IF NOT EXISTS id_run (run INTEGER PRIMARY KEY, level INTEGER NOT NULL,"
    " end INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS range (level INTEGER NOT NULL, place INTEGER NOT NULL,"
    " hash BLOB NOT NULL, PRIMARY KEY (level, place)) WITHOUT ROWID;";

static const char *const put_texts[INDEX_PUTS] = {
    [PUT_BEGIN] = "BEGIN IMMEDIATE",
    [PUT_COMMIT] = "COMMIT",
    [PUT_ROLLBACK] = "ROLLBACK",
    [PUT_BLOCK] = "INSERT INTO block VALUES (?,?,?,?,?,?,?)",
    [PUT_RUN] = "INSERT INTO run VALUES (?,?,?)",
    [PUT_RANGE] = "INSERT INTO range VALUES (?,?,?)",
    [PUT_IDS] = "INSERT INTO ids VALUES (?,?)",
    [PUT_ID_RUN] = "INSERT INTO id_run VALUES (?,?,?)",
    [PUT_LEVEL] = "UPDATE id_run SET level = ?2 WHERE run = ?1",
    [PUT_ID_RUN_GONE] = "DELETE FROM id_run WHERE run = ?",
    [PUT_IDS_GONE] = ("DELETE FROM ids WHERE key IN"
                      " (SELECT key FROM ids WHERE key >= ? AND key < ? LIMIT ?)"),
    [PUT_IDS_READ] = "SELECT ids FROM ids WHERE key = ?",
    [PUT_OF_LEVEL] = "SELECT run, end FROM id_run WHERE level = ? ORDER BY run",
    [PUT_LAST_ID_RUN] = "SELECT max(run) FROM id_run",
};

static const char *const get_texts[INDEX_GETS] = {
    [GET_LAST] = "SELECT max(height), min(height) FROM block",
    [GET_BLOCK] = "SELECT hash, header, ledger_root, first, range_count, runs"
                  " FROM block WHERE height = ?",
    [GET_RUN] = "SELECT first, height, effects FROM run WHERE first <= ?"
                " ORDER BY first DESC LIMIT 1",
    [GET_RUNS_FROM] = "SELECT first, height, effects FROM run WHERE first >= ?"
                      " ORDER BY first",
    [GET_RANGE] = "SELECT hash FROM range WHERE level = ? AND place = ?",
    [GET_ID_RUNS] = "SELECT run, level FROM id_run WHERE level >= 0 ORDER BY end DESC",
    [GET_IDS] = "SELECT ids FROM ids WHERE key = ?",
    [GET_ID_END] = "SELECT max(end) FROM id_run WHERE level >= 0",
    [GET_SALT] = "SELECT bytes FROM salt",
    [GET_BEGIN] = "BEGIN",
    [GET_END] = "COMMIT",
};

bool index_fail(dure_index_t *index, const char *what)
{
    snprintf(index->problem, sizeof index->problem, "the index %s: %s: %s", index->path, what,
             index->reader == NULL ? "no memory" : sqlite3_errmsg(index->reader));
    return false;
}

const char *dure_index_problem(const dure_index_t *index)
{
    return index == NULL ? "no memory" : index->problem;
}

/* ---- opening --------------------------------------------------------------------------------- */

static void close_database(dure_index_t *index)
{
    for (uint32_t i = 0; i < INDEX_GETS; i++) {
        sqlite3_finalize(index->gets[i]);
        index->gets[i] = NULL;
    }
    for (uint32_t i = 0; i < INDEX_PUTS; i++) {
        sqlite3_finalize(index->writer.statements[i]);
        index->writer.statements[i] = NULL;
    }
    /* The writer's last: it takes the write-ahead log in. */
    sqlite3_close(index->reader);
    sqlite3_close(index->writer.database);
    index->reader = NULL;
    index->writer.database = NULL;
}

/* False if the file is of another version. */
static bool version_fits(sqlite3 *database)
{
    sqlite3_stmt *statement = NULL;
    bool fits =
        sqlite3_prepare_v2(database, "PRAGMA user_version", -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW;
    int version = fits ? sqlite3_column_int(statement, 0) : -1;
    sqlite3_finalize(statement);
    return fits && (version == VERSION || version == 0);
}

/* Where the blocks stand; false if the last block cannot be read. */
static bool read_last(dure_index_t *index)
{
    sqlite3_stmt *statement = index->gets[GET_LAST];
    index->height = 0;
    index->sequence = 0;
    memset(&index->hash, 0, sizeof index->hash);
    dure_range_init(&index->range);
    bool has_row = sqlite3_step(statement) == SQLITE_ROW;
    uint64_t height = has_row ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    uint64_t least = has_row ? (uint64_t)sqlite3_column_int64(statement, 1) : 0;
    sqlite3_reset(statement);
    if (!has_row) {
        return index_fail(index, "cannot be read");
    }
    index->begin = least > 1 ? least : 0;
    if (height == 0) {
        return true;
    }
    const index_block_t *last = NULL;
    if (!index_block_get(index, &last, height)) {
        return index_fail(index, "its last block is damaged");
    }
    index->height = height;
    index->hash = last->block.hash;
    index->sequence = last->first_sequence + last->block.count;
    index->range.count = last->range_count;
    uint64_t place = 0;
    uint32_t peak = 0;
    for (uint32_t level = 63; level < 64; level--) {
        if ((index->range.count >> level & 1) == 0) {
            continue;
        }
        if (!index_range_node(index, &index->range.peaks[peak++], level, place >> level)) {
            return index_fail(index, "its mountain range is damaged");
        }
        place += UINT64_C(1) << level;
    }
    return true;
}

static bool read_salt(dure_index_t *index)
{
    sqlite3_stmt *statement = index->gets[GET_SALT];
    uint8_t bytes[16];
    const bool found = sqlite3_step(statement) == SQLITE_ROW &&
                       index_column_raw(statement, 0, bytes, sizeof bytes);
    sqlite3_reset(statement);
    index->salt[0] = found ? dure_get_u64(bytes) : 0;
    index->salt[1] = found ? dure_get_u64(bytes + 8) : 0;
    return found || index_fail(index, "its salt is damaged");
}

static bool prepare(sqlite3 *database, sqlite3_stmt **statements, const char *const *texts,
                    uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (sqlite3_prepare_v3(database, texts[i], -1, SQLITE_PREPARE_PERSISTENT, &statements[i],
                               NULL) != SQLITE_OK) {
            return false;
        }
    }
    return true;
}

/* Two connections: what is read never waits for what is being written. */
static bool open_connections(dure_index_t *index)
{
    const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
    index_writer_t *writer = &index->writer;
    if (sqlite3_open_v2(index->path, &writer->database, flags, NULL) != SQLITE_OK ||
        sqlite3_open_v2(index->path, &index->reader, flags, NULL) != SQLITE_OK) {
        return index_fail(index, "cannot be opened");
    }
    sqlite3_busy_timeout(writer->database, 2000); /* somebody may look at it with a tool */
    sqlite3_busy_timeout(index->reader, 2000);
    if (!version_fits(writer->database) ||
        sqlite3_exec(writer->database, schema, NULL, NULL, NULL) != SQLITE_OK ||
        !prepare(writer->database, writer->statements, put_texts, INDEX_PUTS)) {
        (void)snprintf(index->problem, sizeof index->problem, "the index %s: cannot be used: %s",
                       index->path, sqlite3_errmsg(writer->database));
        return false;
    }
    return (sqlite3_exec(index->reader, "PRAGMA cache_size = -32768", NULL, NULL, NULL) ==
                SQLITE_OK &&
            prepare(index->reader, index->gets, get_texts, INDEX_GETS)) ||
           index_fail(index, "cannot be used");
}

static bool try_open(dure_index_t *index)
{
    index->writer.has_failed = false;
    index->block.block.height = 0;
    index->run.count = 0;
    memset(index->verified, 0, sizeof index->verified);
    free(index->young);
    index->young = index_young_new();
    if (index->young == NULL) {
        return index_fail(index, "no memory");
    }
    if (!open_connections(index) || !read_salt(index) || !read_last(index)) {
        return false;
    }
    index->writer.written = index->height;
    index->writer.safe_asked = index->writer.safe = 0;
    return (index_ids_begin(&index->writer) || index_fail(index, "its ids are damaged")) &&
           (index_young_fill(index) || index_fail(index, "its effects are damaged"));
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
    index->young_max = INDEX_YOUNG_MAX;
    if (pthread_mutex_init(&index->writer.mutex, NULL) != 0 ||
        pthread_cond_init(&index->writer.work, NULL) != 0 ||
        pthread_cond_init(&index->writer.done, NULL) != 0) {
        return index_fail(index, "cannot be prepared");
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

static void job_free(index_job_t *job)
{
    if (job != NULL) {
        free(job->young);
        free(job->bytes);
        free(job);
    }
}

static void jobs_free(index_job_t *job)
{
    while (job != NULL) {
        index_job_t *next = job->next;
        job_free(job);
        job = next;
    }
}

void dure_index_close(dure_index_t *index)
{
    if (index == NULL) {
        return;
    }
    index_stop(index);
    close_database(index);
    (void)pthread_cond_destroy(&index->writer.work);
    (void)pthread_cond_destroy(&index->writer.done);
    (void)pthread_mutex_destroy(&index->writer.mutex);
    jobs_free(index->jobs); /* if it could not be written */
    jobs_free(index->spare);
    free(index->young);
    free(index->run.bytes);
    free(index->writer.bucket);
    free(index);
}

uint64_t dure_index_height(const dure_index_t *index)
{
    return index->height;
}

uint64_t dure_index_begin(const dure_index_t *index)
{
    return index->begin;
}

dure_index_counts_t dure_index_counts(const dure_index_t *index)
{
    return index->counts;
}

/* ---- a block on its way -----------------------------------------------------------------------
 */

uint32_t index_runs_of(uint32_t count)
{
    return (count + INDEX_RUN - 1u) / INDEX_RUN;
}

static index_job_t *job_new(dure_index_t *index, size_t size)
{
    index_job_t *job = index->spare != NULL ? index->spare : calloc(1, sizeof *job);
    if (job == NULL) {
        return NULL;
    }
    if (job == index->spare) {
        index->spare = job->next;
        index->spare_size -= job->capacity;
    }
    if (job->bytes == NULL || size > job->capacity) {
        free(job->bytes);
        job->capacity = size + size / 2u + 64u;
        job->bytes = malloc(job->capacity);
    }
    if (job->bytes == NULL) {
        job_free(job);
        return NULL;
    }
    job->next = NULL;
    job->node_count = 0;
    return job;
}

static void put_node(index_job_t *job, uint32_t level, uint64_t place, const dure_hash_t *hash)
{
    DURE_ASSERT(job->node_count < sizeof job->nodes / sizeof *job->nodes);
    job->nodes[job->node_count++] = (index_node_t){level, place, *hash};
}

/* The leaf of a block, and each tree of the range that it completes. */
static void put_range(index_job_t *job, dure_range_t *range, const dure_block_header_t *header)
{
    dure_hash_t node;
    dure_range_leaf(&node, header->height, &header->effects_root);
    uint64_t place = range->count;
    uint32_t peaks = (uint32_t)__builtin_popcountll(range->count);
    dure_hash_t leaf = node;
    put_node(job, 0, place, &node);
    for (uint32_t level = 0; (range->count >> level & 1) != 0; level++) {
        dure_hash_pair(&node, DURE_TAG_RANGE_NODE, &range->peaks[--peaks], &node);
        place >>= 1;
        put_node(job, level + 1, place, &node);
    }
    dure_range_append(range, &leaf);
}

/* The effects of a block, run after run. */
static void put_runs(index_job_t *job, const dure_decided_t *block)
{
    uint8_t *at = job->bytes;
    for (uint32_t first = 0; first < block->count; first += INDEX_RUN) {
        const uint32_t left = block->count - first;
        const uint32_t count = left < INDEX_RUN ? left : INDEX_RUN;
        *at++ = (uint8_t)count;
        uint8_t *effect = at + (size_t)count * INDEX_ENTRY_SIZE;
        for (uint32_t i = 0; i < count; i++, at += INDEX_ENTRY_SIZE) {
            const dure_chain_result_t *result = &block->results[first + i];
            dure_put_u16(at, result->code);
            dure_put_u32(at + 2, (uint32_t)result->effect.size);
            memcpy(at + 6, result->blind.bytes, sizeof result->blind.bytes);
            memcpy(at + 22, result->leaf.bytes, sizeof result->leaf.bytes);
            if (result->effect.size > 0) {
                memcpy(effect, result->effect.data, result->effect.size);
            }
            effect += result->effect.size;
        }
        at = effect;
        job->ends[first / INDEX_RUN] = (uint32_t)(at - job->bytes);
    }
}

static index_job_t *make_job(dure_index_t *index, const dure_decided_t *block, dure_range_t *range)
{
    DURE_ASSERT(block->count <= DURE_BLOCK_TXS_MAX);
    size_t size = (size_t)block->count * INDEX_ENTRY_SIZE + index_runs_of(block->count);
    for (uint32_t i = 0; i < block->count; i++) {
        size += block->results[i].effect.size;
    }
    index_job_t *job = job_new(index, size);
    if (job == NULL) {
        return NULL;
    }
    if (block->count > 0) {
        put_range(job, range, &block->header);
        memcpy(job->row.runs, block->runs, index_runs_of(block->count) * sizeof *job->row.runs);
    }
    put_runs(job, block);
    job->row.block = (dure_index_block_t){.height = block->header.height,
                                          .time = block->header.time,
                                          .hash = block->hash,
                                          .count = block->count};
    job->row.header = block->header;
    job->row.ledger_root = block->ledger_root;
    job->row.first_sequence = index->sequence;
    job->row.range_count = range->count;
    return job;
}

#define AHEAD 16u

/* The final ones can be found from now on; what has become enough goes into the file. */
static bool add_ids(dure_index_t *index, index_job_t *job, const dure_decided_t *block)
{
    /* Each falls on a line of memory of its own: it is asked for some ids ahead. */
    uint64_t hashes[AHEAD];
    for (uint32_t i = 0; i < block->count + AHEAD; i++) {
        const uint32_t at = i - AHEAD;
        if (i >= AHEAD && dure_result_is_final(block->results[at].code)) {
            index_young_add(index->young, hashes[i % AHEAD], index->sequence + at);
        }
        if (i < block->count) {
            hashes[i % AHEAD] = index_id_hash(index, &block->ids[i]);
            index_young_fetch(index->young, hashes[i % AHEAD]);
        }
    }
    index->young->end = index->sequence + block->count;
    if (index->young->count < index->young_max) {
        return true;
    }
    index_young_t *next = index_young_new();
    if (next == NULL) {
        return false;
    }
    job->young = index->young;
    index->young = next;
    return true;
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
    const bool has_thread = index->writer.has_thread;
    index_stop(index);
    close_database(index);
    return (delete_files(index) || index_fail(index, "cannot be deleted")) && try_open(index) &&
           (!has_thread || dure_index_start(index));
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
    dure_range_t range = index->range;
    index_job_t *job = make_job(index, block, &range);
    if (job == NULL || !add_ids(index, job, block)) {
        job_free(job);
        return index_fail(index, "no memory");
    }
    if (!index_give(index, job)) {
        job_free(job);
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

/* The peaks are all that later paths in the range take of what was before. */
static bool history_begin(void *user, const dure_decided_t *block, const dure_range_t *range)
{
    dure_index_t *index = user;
    if (!history_reset(user)) {
        return false;
    }
    dure_range_t after = *range;
    dure_decided_t header_only = *block;
    header_only.count = 0;
    index_job_t *job = make_job(index, &header_only, &after);
    if (job == NULL) {
        return index_fail(index, "no memory");
    }
    uint64_t place = 0;
    uint32_t peak = 0;
    for (uint32_t level = 63; level < 64; level--) {
        if ((range->count >> level & 1) != 0) {
            put_node(job, level, place >> level, &range->peaks[peak++]);
            place += UINT64_C(1) << level;
        }
    }
    if (!index_give(index, job)) {
        job_free(job);
        return false;
    }
    index->height = block->header.height;
    index->hash = block->hash;
    index->range = *range;
    index->begin = index->height > 1 ? index->height : 0;
    return true;
}

static bool history_sync(void *user)
{
    return index_settle(user);
}

static bool history_safe(void *user, uint64_t height, bool *is_safe)
{
    return index_safe(user, height, is_safe);
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
                            .begin = history_begin,
                            .block = history_block,
                            .sync = history_sync,
                            .safe = history_safe,
                            .find = history_find,
                            .prove = history_prove,
                            .range_node = history_range_node,
                            .problem = history_problem};
}

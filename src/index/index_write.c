/* index_write: blocks into the file, many in one transaction, on a thread of their own once it is
   started. */
#include "index/index_private.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETTLE_TRIES    100u /* somebody who looks at the file with a tool is in the way */
#define SETTLE_PAUSE_NS 20000000L
#define COLLECT_NS      200000000L  /* how long a block may wait for others to go with it, */
#define COLLECT_SIZE    (1u << 20)  /* unless there are so many bytes */
#define BATCH_SIZE      (16u << 20) /* of one transaction */
#define WAITING_MAX     (64u << 20) /* then the loop waits */
#define SPARE_MAX       (16u << 20) /* bytes of jobs kept to be used again */
#define MERGE_EVERY     256u        /* effects for each step of merging */

void index_bind_integer(sqlite3_stmt *statement, int place, uint64_t value)
{
    sqlite3_bind_int64(statement, place, (int64_t)value);
}

void index_bind_bytes(sqlite3_stmt *statement, int place, const void *data, size_t size)
{
    sqlite3_bind_blob(statement, place, size == 0 ? "" : data, (int)size, SQLITE_STATIC);
}

bool index_put(index_writer_t *writer, index_put_t which)
{
    sqlite3_stmt *statement = writer->statements[which];
    const int status = sqlite3_step(statement);
    sqlite3_reset(statement);
    return status == SQLITE_DONE;
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static bool put_nodes(index_writer_t *writer, const index_job_t *job)
{
    sqlite3_stmt *statement = writer->statements[PUT_RANGE];
    bool done = true;
    for (uint32_t i = 0; i < job->node_count && done; i++) {
        const index_node_t *node = &job->nodes[i];
        index_bind_integer(statement, 1, node->level);
        index_bind_integer(statement, 2, node->place);
        index_bind_bytes(statement, 3, node->hash.bytes, sizeof node->hash.bytes);
        done = index_put(writer, PUT_RANGE);
    }
    return done;
}

static bool put_runs(index_writer_t *writer, const index_job_t *job)
{
    sqlite3_stmt *statement = writer->statements[PUT_RUN];
    const uint32_t runs = index_runs_of(job->row.block.count);
    uint32_t begin = 0;
    bool done = true;
    for (uint32_t i = 0; i < runs && done; i++) {
        index_bind_integer(statement, 1, job->row.first_sequence + (uint64_t)i * INDEX_RUN);
        index_bind_integer(statement, 2, job->row.block.height);
        index_bind_bytes(statement, 3, job->bytes + begin, job->ends[i] - begin);
        done = index_put(writer, PUT_RUN);
        begin = job->ends[i];
    }
    return done;
}

static bool put_block(index_writer_t *writer, const index_job_t *job)
{
    const index_block_t *row = &job->row;
    uint8_t header[DURE_BLOCK_HEADER_SIZE];
    dure_writer_t bytes = dure_writer(header, sizeof header);
    dure_block_header_encode(&bytes, &row->header);
    sqlite3_stmt *statement = writer->statements[PUT_BLOCK];
    index_bind_integer(statement, 1, row->block.height);
    index_bind_bytes(statement, 2, row->block.hash.bytes, sizeof row->block.hash.bytes);
    index_bind_bytes(statement, 3, header, bytes.size);
    index_bind_bytes(statement, 4, row->ledger_root.bytes, sizeof row->ledger_root.bytes);
    index_bind_integer(statement, 5, row->first_sequence);
    index_bind_integer(statement, 6, row->range_count);
    index_bind_bytes(statement, 7, row->runs, index_runs_of(row->block.count) * sizeof *row->runs);
    return index_put(writer, PUT_BLOCK) && put_nodes(writer, job) && put_runs(writer, job) &&
           (job->young == NULL || index_ids_write(writer, job->young));
}

bool index_write(index_writer_t *writer, const index_job_t *first, const index_job_t *last)
{
    uint64_t effects = 0;
    bool done = index_put(writer, PUT_BEGIN);
    for (const index_job_t *job = first; done; job = job->next) {
        done = put_block(writer, job);
        effects += job->row.block.count;
        if (job == last) {
            break;
        }
    }
    done = done && index_ids_merge(writer, effects / MERGE_EVERY + 1u) &&
           index_put(writer, PUT_COMMIT);
    if (!done) {
        (void)snprintf(writer->problem, sizeof writer->problem, "cannot be written: %s",
                       sqlite3_errmsg(writer->database));
        (void)index_put(writer, PUT_ROLLBACK);
    }
    return done;
}

/* ---- the thread --------------------------------------------------------------------------------
 */

static size_t size_of(const index_job_t *job)
{
    const uint32_t runs = index_runs_of(job->row.block.count);
    return sizeof *job + (runs > 0 ? job->ends[runs - 1u] : 0);
}

/* Under WAL with synchronous NORMAL a checkpoint of the database syncs the log and the file. */
static bool sync_file(sqlite3 *database)
{
    return sqlite3_wal_checkpoint_v2(database, NULL, SQLITE_CHECKPOINT_FULL, NULL, NULL) ==
           SQLITE_OK;
}

/* The mutex is held. */
static bool must_sync(const index_writer_t *writer)
{
    return writer->safe_asked > writer->safe && writer->written >= writer->safe_asked;
}

/* The mutex is held, but not while syncing.  Whoever looks at the file with a tool may make it
   fail: then it is tried again when it is asked for again. */
static void sync_asked(index_writer_t *writer)
{
    const uint64_t written = writer->written;
    (void)pthread_mutex_unlock(&writer->mutex);
    const bool is_safe = sync_file(writer->database);
    (void)pthread_mutex_lock(&writer->mutex);
    if (is_safe) {
        writer->safe = written;
    } else {
        writer->safe_asked = writer->safe;
    }
    (void)pthread_cond_broadcast(&writer->done);
}

/* Waits until there is something to write or to sync, and no reason to wait for more of it; the
   mutex is held.  False: it is time to end. */
static bool collect(index_writer_t *writer)
{
    while (writer->next == NULL && !must_sync(writer)) {
        if (writer->is_ending) {
            return false;
        }
        writer->is_waiting = true;
        pthread_cond_wait(&writer->work, &writer->mutex);
        writer->is_waiting = false;
    }
    /* The clock comes with the threads: without a thread nothing is collected. */
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += COLLECT_NS;
    until.tv_sec += until.tv_nsec / 1000000000L;
    until.tv_nsec %= 1000000000L;
    while (writer->waiting_size < COLLECT_SIZE && !writer->is_urgent && !writer->is_ending &&
           writer->safe_asked <= writer->safe &&
           pthread_cond_clockwait(&writer->work, &writer->mutex, CLOCK_MONOTONIC, &until) == 0) {
    }
    return true;
}

static void *run(void *argument)
{
    index_writer_t *writer = argument;
    (void)pthread_setname_np(pthread_self(), "index");
    (void)pthread_mutex_lock(&writer->mutex);
    while (!writer->has_failed && collect(writer)) {
        if (must_sync(writer)) {
            sync_asked(writer);
            continue;
        }
        index_job_t *const first = writer->next;
        index_job_t *last = first;
        size_t size = size_of(last);
        while (last->next != NULL && size < BATCH_SIZE) {
            last = last->next;
            size += size_of(last);
        }
        (void)pthread_mutex_unlock(&writer->mutex);
        const bool done = index_write(writer, first, last);
        (void)pthread_mutex_lock(&writer->mutex);
        writer->has_failed = !done;
        if (done) {
            writer->waiting_size -= size;
            writer->written = last->row.block.height;
            writer->next = last->next;
        }
        (void)pthread_cond_broadcast(&writer->done);
    }
    (void)pthread_mutex_unlock(&writer->mutex);
    return NULL;
}

bool dure_index_start(dure_index_t *index)
{
    index_writer_t *writer = &index->writer;
    sigset_t all;
    sigset_t before;
    DURE_ASSERT(!writer->has_thread && index->jobs == NULL);
    writer->is_ending = false;
    /* Signals belong to whoever runs the loop. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    writer->has_thread = pthread_create(&writer->thread, NULL, run, writer) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return writer->has_thread || index_fail(index, "has no thread");
}

void index_stop(dure_index_t *index)
{
    index_writer_t *writer = &index->writer;
    if (writer->has_thread) {
        (void)pthread_mutex_lock(&writer->mutex);
        writer->is_ending = true;
        (void)pthread_cond_signal(&writer->work);
        (void)pthread_mutex_unlock(&writer->mutex);
        (void)pthread_join(writer->thread, NULL);
        writer->has_thread = false;
    }
    index_reap(index);
}

/* ---- the loop's side ---------------------------------------------------------------------------
 */

void index_reap(dure_index_t *index)
{
    index_writer_t *writer = &index->writer;
    (void)pthread_mutex_lock(&writer->mutex);
    const uint64_t written = writer->written;
    (void)pthread_mutex_unlock(&writer->mutex);
    while (index->jobs != NULL && index->jobs->row.block.height <= written) {
        index_job_t *job = index->jobs;
        index->jobs = job->next;
        free(job->young);
        job->young = NULL;
        if (index->spare_size + job->capacity <= SPARE_MAX) {
            job->next = index->spare;
            index->spare = job;
            index->spare_size += job->capacity;
        } else {
            free(job->bytes);
            free(job);
        }
    }
    if (index->jobs == NULL) {
        index->last_job = NULL;
    }
}

static bool tell_failure(dure_index_t *index)
{
    (void)snprintf(index->problem, sizeof index->problem, "the index %s: %s", index->path,
                   index->writer.problem);
    return false;
}

bool index_give(dure_index_t *index, index_job_t *job)
{
    index_writer_t *writer = &index->writer;
    if (!writer->has_thread) {
        writer->has_failed = writer->has_failed || !index_write(writer, job, job);
    }
    (void)pthread_mutex_lock(&writer->mutex);
    while (writer->has_thread && writer->waiting_size > WAITING_MAX && !writer->has_failed) {
        pthread_cond_wait(&writer->done, &writer->mutex);
    }
    if (writer->has_failed) {
        (void)pthread_mutex_unlock(&writer->mutex);
        return tell_failure(index);
    }
    if (index->last_job != NULL) {
        index->last_job->next = job;
    } else {
        index->jobs = job;
    }
    index->last_job = job;
    if (writer->has_thread) {
        const bool was_enough = writer->waiting_size >= COLLECT_SIZE;
        writer->waiting_size += size_of(job);
        writer->next = writer->next == NULL ? job : writer->next;
        if (writer->is_waiting || (!was_enough && writer->waiting_size >= COLLECT_SIZE)) {
            (void)pthread_cond_signal(&writer->work);
        }
    } else {
        writer->written = job->row.block.height;
    }
    (void)pthread_mutex_unlock(&writer->mutex);
    index_reap(index);
    return true;
}

bool index_drain(dure_index_t *index)
{
    index_writer_t *writer = &index->writer;
    (void)pthread_mutex_lock(&writer->mutex);
    writer->is_urgent = true;
    (void)pthread_cond_signal(&writer->work);
    while (writer->next != NULL && !writer->has_failed) {
        pthread_cond_wait(&writer->done, &writer->mutex);
    }
    writer->is_urgent = false;
    const bool has_failed = writer->has_failed;
    (void)pthread_mutex_unlock(&writer->mutex);
    index_reap(index);
    return !has_failed || tell_failure(index);
}

/* One try: true if all that is written is on the disk. */
static bool settle(index_writer_t *writer)
{
    (void)pthread_mutex_lock(&writer->mutex);
    const uint64_t asked = writer->written;
    writer->safe_asked = asked > writer->safe_asked ? asked : writer->safe_asked;
    if (!writer->has_thread && must_sync(writer)) {
        sync_asked(writer);
    }
    (void)pthread_cond_signal(&writer->work);
    while (writer->has_thread && !writer->has_failed && writer->safe < asked &&
           writer->safe_asked >= asked) {
        pthread_cond_wait(&writer->done, &writer->mutex);
    }
    const bool is_safe = writer->safe >= asked;
    (void)pthread_mutex_unlock(&writer->mutex);
    return is_safe;
}

bool index_settle(dure_index_t *index)
{
    for (uint32_t tries = 0; tries < SETTLE_TRIES; tries++) {
        if (!index_drain(index)) {
            return false;
        }
        if (settle(&index->writer)) {
            return true;
        }
        const struct timespec pause = {.tv_nsec = SETTLE_PAUSE_NS};
        (void)nanosleep(&pause, NULL);
    }
    return index_fail(index, "cannot be synced");
}

bool index_safe(dure_index_t *index, uint64_t height, bool *is_safe)
{
    index_writer_t *writer = &index->writer;
    (void)pthread_mutex_lock(&writer->mutex);
    writer->safe_asked = height > writer->safe_asked ? height : writer->safe_asked;
    if (!writer->has_thread && must_sync(writer)) {
        sync_asked(writer);
    }
    *is_safe = writer->safe >= height;
    const bool has_failed = writer->has_failed;
    if (!*is_safe) {
        (void)pthread_cond_signal(&writer->work);
    }
    (void)pthread_mutex_unlock(&writer->mutex);
    return !has_failed || tell_failure(index);
}

#include "app/verify_line.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Blocks between the reader and the tally, and their bytes: enough that signatures are verified
   many at once also where blocks are small, few enough that the memory is the state's. */
#define BLOCKS_AHEAD 512u
#define BYTES_AHEAD  (8u * 1024u * 1024u)
#define CHECKS_AHEAD 65536u

struct verify_line {
    const chain_dir_t *dir;
    chain_dir_t reader; /* a copy: the store in it is the reader's alone, and the sentence */
    dure_pool_t *pool;
    verify_add_up_t *add_up;
    void *user;
    uint64_t last;
    uint64_t handed;      /* blocks whose signatures are with the pool: the decision's alone */
    uint64_t checks_open; /* of these and not yet decided */
    verify_block_t blocks[BLOCKS_AHEAD];
    char tally_problem[VERIFY_TEXT_SIZE];

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t changed;
    uint64_t read, decided, added_up; /* the last block of which it is true */
    size_t bytes_ahead;
    bool read_failed, tally_failed, is_ending;

    pthread_t read_thread, tally_thread;
    bool reads, tallies; /* these threads run */
};

static verify_block_t *block_at(verify_line_t *line, uint64_t height)
{
    return &line->blocks[height % BLOCKS_AHEAD];
}

static void block_free(verify_block_t *block)
{
    free(block->bytes);
    free(block->txs);
    free(block->verdicts);
    free(block->effects);
    *block = (verify_block_t){0};
}

/* ---- the reader ------------------------------------------------------------------------------ */

static void take_apart(verify_block_t *block)
{
    size_t offset = 0;
    dure_bytes_t wire;
    while (block->count < block->block.header.tx_count &&
           dure_block_next(&block->block, &offset, &wire)) {
        verify_tx_t *tx = &block->txs[block->count++];
        dure_envelope_t envelope;
        tx->wire = wire;
        if (dure_envelope_decode(&envelope, wire, NULL) == DURE_RESULT_DONE) {
            tx->party = envelope.tx.id.party;
            tx->is_registering = envelope.tx.body.kind == DURE_BODY_REGISTRATION;
            tx->check.body = envelope.body;
            tx->check.seal = envelope.seal;
        }
    }
}

static bool read_block(verify_line_t *line, uint64_t height)
{
    verify_block_t *block = block_at(line, height);
    if (!chain_dir_take(&line->reader, &block->bytes, &block->block, height)) {
        return false;
    }
    const size_t count = block->block.header.tx_count;
    block->txs = calloc(count > 0 ? count : 1, sizeof *block->txs);
    block->verdicts = calloc(count > 0 ? count : 1, sizeof *block->verdicts);
    if (block->txs == NULL || block->verdicts == NULL) {
        snprintf(line->reader.problem, sizeof line->reader.problem, "out of memory");
        return false;
    }
    take_apart(block);
    return true;
}

static bool has_room(const verify_line_t *line)
{
    return line->read == line->added_up ||
           (line->read - line->added_up < BLOCKS_AHEAD && line->bytes_ahead < BYTES_AHEAD);
}

static void *read_all(void *argument)
{
    verify_line_t *line = argument;
    (void)pthread_setname_np(pthread_self(), "read");
    (void)pthread_mutex_lock(&line->mutex);
    while (!line->is_ending && !line->read_failed && line->read < line->last) {
        if (!has_room(line)) {
            (void)pthread_cond_wait(&line->changed, &line->mutex);
            continue;
        }
        const uint64_t height = line->read + 1;
        (void)pthread_mutex_unlock(&line->mutex);
        const bool good = read_block(line, height);
        (void)pthread_mutex_lock(&line->mutex);
        if (good) {
            line->read = height;
            line->bytes_ahead += block_at(line, height)->block.body.size;
        } else {
            line->read_failed = true;
        }
        (void)pthread_cond_broadcast(&line->changed);
    }
    (void)pthread_mutex_unlock(&line->mutex);
    return NULL;
}

/* ---- the tally ------------------------------------------------------------------------------- */

static void *tally_all(void *argument)
{
    verify_line_t *line = argument;
    (void)pthread_setname_np(pthread_self(), "tally");
    (void)pthread_mutex_lock(&line->mutex);
    while (!line->is_ending && !line->tally_failed && line->added_up < line->last) {
        if (line->added_up == line->decided) {
            (void)pthread_cond_wait(&line->changed, &line->mutex);
            continue;
        }
        verify_block_t *block = block_at(line, line->added_up + 1);
        (void)pthread_mutex_unlock(&line->mutex);
        const bool good = line->add_up(line->user, block, line->tally_problem);
        const size_t size = block->block.body.size;
        block_free(block);
        (void)pthread_mutex_lock(&line->mutex);
        line->bytes_ahead -= size;
        line->added_up += good ? 1 : 0;
        line->tally_failed = !good;
        (void)pthread_cond_broadcast(&line->changed);
    }
    (void)pthread_mutex_unlock(&line->mutex);
    return NULL;
}

/* ---- the decision's side --------------------------------------------------------------------- */

/* The key is the ledger's of the moment, or that of a registration that is ahead as well.  Where it
   is not the signer's when the block is decided, the ledger verifies by itself. */
static void hand_over(verify_line_t *line, verify_block_t *block)
{
    const dure_ledger_t *ledger = dure_chain_ledger(line->dir->chain);
    for (uint32_t i = 0; i < block->count; i++) {
        verify_tx_t *tx = &block->txs[i];
        if (tx->is_registering) {
            dure_envelope_t envelope;
            const dure_result_t result = dure_envelope_decode(&envelope, tx->wire, NULL);
            DURE_ASSERT(result == DURE_RESULT_DONE);
            dure_pool_expect(line->pool, &envelope.tx);
        }
        if (tx->party != 0 &&
            dure_pool_key(line->pool, ledger, tx->party, tx->check.seal.slot, &tx->check.key)) {
            dure_pool_add(line->pool, &tx->check);
        }
    }
    dure_pool_flush(line->pool);
}

static bool may_hand_over(verify_line_t *line, uint64_t read)
{
    return line->handed < read &&
           line->checks_open + block_at(line, line->handed + 1)->count <= CHECKS_AHEAD;
}

static verify_block_t *finished(verify_line_t *line, uint64_t height)
{
    verify_block_t *block = block_at(line, height);
    for (uint32_t i = 0; i < block->count; i++) {
        dure_check_t *check = &block->txs[i].check;
        if (check->state != DURE_CHECK_NONE) {
            dure_pool_finish(line->pool, check);
        }
        block->verdicts[i] = check->verdict;
    }
    line->checks_open -= block->count;
    return block;
}

verify_block_t *verify_line_next(verify_line_t *line)
{
    (void)pthread_mutex_lock(&line->mutex);
    const uint64_t next = line->decided + 1;
    for (;;) {
        const uint64_t read = line->read;
        if (line->tally_failed || (line->handed < next && next > line->last)) {
            break;
        }
        if (may_hand_over(line, read)) {
            (void)pthread_mutex_unlock(&line->mutex);
            verify_block_t *block = block_at(line, line->handed + 1);
            hand_over(line, block);
            line->checks_open += block->count;
            line->handed++;
            (void)pthread_mutex_lock(&line->mutex);
        } else if (line->handed >= next) {
            (void)pthread_mutex_unlock(&line->mutex);
            return finished(line, next);
        } else if (line->read_failed) {
            break;
        } else {
            (void)pthread_cond_wait(&line->changed, &line->mutex);
        }
    }
    (void)pthread_mutex_unlock(&line->mutex);
    return NULL;
}

void verify_line_decided(verify_line_t *line)
{
    (void)pthread_mutex_lock(&line->mutex);
    line->decided++;
    (void)pthread_cond_broadcast(&line->changed);
    (void)pthread_mutex_unlock(&line->mutex);
}

bool verify_line_end(verify_line_t *line, bool broken_off, char problem[VERIFY_TEXT_SIZE],
                     bool *broken)
{
    (void)pthread_mutex_lock(&line->mutex);
    while (!line->tally_failed && line->added_up < line->decided) {
        (void)pthread_cond_wait(&line->changed, &line->mutex);
    }
    const bool tally_failed = line->tally_failed;
    const bool read_failed = line->read_failed && !broken_off;
    (void)pthread_mutex_unlock(&line->mutex);
    if (tally_failed) {
        snprintf(problem, VERIFY_TEXT_SIZE, "%s", line->tally_problem);
        *broken = true;
    } else if (read_failed) {
        snprintf(problem, VERIFY_TEXT_SIZE, "%s", line->reader.problem);
        *broken = line->reader.broken;
    }
    return !tally_failed && !read_failed;
}

/* ---- life ------------------------------------------------------------------------------------ */

verify_line_t *verify_line_new(const chain_dir_t *dir, uint64_t first, uint64_t last,
                               uint32_t threads, verify_add_up_t *add_up, void *user)
{
    verify_line_t *line = calloc(1, sizeof *line);
    if (line == NULL) {
        return NULL;
    }
    line->dir = dir;
    line->reader = *dir;
    line->add_up = add_up;
    line->user = user;
    line->last = last;
    line->handed = line->read = line->decided = line->added_up = first - 1;
    (void)pthread_mutex_init(&line->mutex, NULL);
    (void)pthread_cond_init(&line->changed, NULL);
    line->pool = dure_pool_new(threads, CHECKS_AHEAD, dir->io,
                               dure_ledger_chain_id(dure_chain_ledger(dir->chain)), NULL);
    line->reads =
        line->pool != NULL && pthread_create(&line->read_thread, NULL, read_all, line) == 0;
    line->tallies = line->reads && pthread_create(&line->tally_thread, NULL, tally_all, line) == 0;
    if (!line->tallies) {
        verify_line_free(line);
        return NULL;
    }
    return line;
}

void verify_line_free(verify_line_t *line)
{
    if (line == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&line->mutex);
    line->is_ending = true;
    (void)pthread_cond_broadcast(&line->changed);
    (void)pthread_mutex_unlock(&line->mutex);
    if (line->reads) {
        (void)pthread_join(line->read_thread, NULL);
    }
    if (line->tallies) {
        (void)pthread_join(line->tally_thread, NULL);
    }
    dure_pool_free(line->pool); /* it still looks at the blocks */
    for (uint32_t i = 0; i < BLOCKS_AHEAD; i++) {
        block_free(&line->blocks[i]);
    }
    (void)pthread_cond_destroy(&line->changed);
    (void)pthread_mutex_destroy(&line->mutex);
    free(line);
}

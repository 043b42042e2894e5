/* pool: threads that check signatures ahead of the sequencer. */
#include "consensus/dure_consensus.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define POOL_THREADS_MAX 256u
/* Taken from the ring at once: signatures that are verified together cost less than half, and the
   more the less.  When little waits the threads share it, so a lone payment waits for nothing. */
#define POOL_TAKE_MAX DURE_SIGNATURES_AT_ONCE
/* Added before the threads are woken: a wake-up costs more than to add one. */
#define POOL_WAKE 64u
/* Messages that are verified together: room for a full group of payments, and for the largest
   message alone. */
#define MESSAGE_SIZE_MAX (1 + sizeof(dure_hash_t) + DURE_TX_SIZE_MAX)
#define MESSAGES_SIZE    (2 * MESSAGE_SIZE_MAX)

/* What one thread works with. */
typedef struct {
    dure_check_t *checks[POOL_TAKE_MAX];
    dure_signature_job_t jobs[POOL_TAKE_MAX];
    uint8_t messages[MESSAGES_SIZE];
} group_t;

/* Keys of parties whose registration waits; one place for each hash, the latest wins. */
#define EXPECTED_SIZE 65536u

typedef struct {
    uint64_t party; /* 0: free */
    dure_public_key_t key;
    uint8_t slot;
} expected_t;

struct dure_pool {
    expected_t *expected; /* the owner's alone */
    dure_io_t *io;
    dure_verify_t *verify; /* NULL: many at once */
    dure_hash_t chain_id;
    uint32_t threads;
    uint32_t capacity; /* power of two */
    uint32_t staged;   /* added by the owner and not yet shown to the threads */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t work;
    dure_check_t **ring;
    uint64_t added, taken; /* ever */
    uint32_t running;      /* threads that took a group to work with */
    bool is_ending;

    group_t *groups; /* one for each thread */
    group_t owners;  /* for what the owner checks itself */
    pthread_t thread[POOL_THREADS_MAX];
};

/* The checks from `from` on as far as there is room for their messages; returns where it stopped.
 */
static uint32_t check_some(const dure_pool_t *pool, group_t *group, uint32_t from, uint32_t count)
{
    size_t used = 0;
    uint32_t until = from;
    for (; until < count && MESSAGES_SIZE - used >= MESSAGE_SIZE_MAX; until++) {
        dure_check_t *check = group->checks[until];
        uint8_t *message = group->messages + used;
        const size_t size = dure_tx_message(message, &pool->chain_id, check->body);
        dure_tx_hash(&check->verdict.tx, &pool->chain_id, check->body);
        check->verdict.key = check->key;
        group->jobs[until] = (dure_signature_job_t){.key = &check->verdict.key,
                                                    .signature = &check->seal.signature,
                                                    .message = message,
                                                    .message_size = size};
        used += size;
    }
    if (pool->verify == NULL) {
        dure_signatures_verify(&group->jobs[from], until - from);
    }
    for (uint32_t i = from; i < until; i++) {
        const dure_signature_job_t *job = &group->jobs[i];
        group->checks[i]->verdict.result =
            (uint8_t)(pool->verify == NULL ? job->result
                                           : pool->verify(job->key, job->signature, job->message,
                                                          job->message_size));
        atomic_store_explicit(&group->checks[i]->state, DURE_CHECK_DONE, memory_order_release);
    }
    return until;
}

static void check_group(const dure_pool_t *pool, group_t *group, uint32_t count)
{
    for (uint32_t at = 0; at < count;) {
        at = check_some(pool, group, at, count);
    }
}

/* Takes a fair part of what waits; the mutex is held. */
static uint32_t take(dure_pool_t *pool, group_t *group)
{
    const uint64_t waiting = pool->added - pool->taken;
    const uint64_t part = (waiting + pool->threads - 1) / pool->threads;
    uint32_t count = 0;
    while (count < part && count < POOL_TAKE_MAX) {
        group->checks[count++] = pool->ring[pool->taken++ & (pool->capacity - 1u)];
    }
    return count;
}

static void *work(void *argument)
{
    dure_pool_t *pool = argument;
    (void)pthread_setname_np(pthread_self(), "verify");
    (void)pthread_mutex_lock(&pool->mutex);
    group_t *group = &pool->groups[pool->running++];
    for (;;) {
        uint32_t count = take(pool, group);
        if (count == 0) {
            if (pool->is_ending) {
                break;
            }
            (void)pthread_cond_wait(&pool->work, &pool->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&pool->mutex);
        check_group(pool, group, count);
        dure_io_wake(pool->io);
        (void)pthread_mutex_lock(&pool->mutex);
    }
    (void)pthread_mutex_unlock(&pool->mutex);
    return NULL;
}

dure_pool_t *dure_pool_new(uint32_t threads, uint32_t capacity, dure_io_t *io,
                           const dure_hash_t *chain_id, dure_verify_t *verify)
{
    dure_pool_t *pool = calloc(1, sizeof *pool);
    if (pool == NULL) {
        return NULL;
    }
    pool->io = io;
    pool->verify = verify;
    pool->chain_id = *chain_id;
    pool->capacity = 1;
    while (pool->capacity < capacity) {
        pool->capacity *= 2u;
    }
    pool->ring = calloc(pool->capacity, sizeof *pool->ring);
    pool->expected = calloc(EXPECTED_SIZE, sizeof *pool->expected);
    const uint32_t wanted = threads < POOL_THREADS_MAX ? threads : POOL_THREADS_MAX;
    pool->groups = calloc(wanted > 0 ? wanted : 1u, sizeof *pool->groups);
    if (pool->ring == NULL || pool->expected == NULL || pool->groups == NULL) {
        free(pool->groups);
        free(pool->ring);
        free(pool->expected);
        free(pool);
        return NULL;
    }
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
    /* Readers divide by the number of threads: it is set before the first of them runs. */
    pool->threads = wanted;
    for (uint32_t i = 0; i < wanted; i++) {
        if (pthread_create(&pool->thread[i], NULL, work, pool) != 0) {
            (void)pthread_mutex_lock(&pool->mutex);
            pool->threads = i;
            (void)pthread_mutex_unlock(&pool->mutex);
            dure_pool_free(pool);
            return NULL;
        }
    }
    return pool;
}

void dure_pool_free(dure_pool_t *pool)
{
    if (pool == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&pool->mutex);
    pool->is_ending = true;
    (void)pthread_cond_broadcast(&pool->work);
    (void)pthread_mutex_unlock(&pool->mutex);
    for (uint32_t i = 0; i < pool->threads; i++) {
        (void)pthread_join(pool->thread[i], NULL);
    }
    (void)pthread_cond_destroy(&pool->work);
    (void)pthread_mutex_destroy(&pool->mutex);
    free(pool->groups);
    free(pool->ring);
    free(pool->expected);
    free(pool);
}

/* ---- keys ------------------------------------------------------------------------------------ */

static expected_t *expected_at(const dure_pool_t *pool, uint64_t party, uint8_t slot)
{
    uint64_t mixed = (party + slot) * UINT64_C(0x9E3779B97F4A7C15);
    return &pool->expected[(mixed >> 40) % EXPECTED_SIZE];
}

void dure_pool_expect(dure_pool_t *pool, const dure_tx_t *tx)
{
    if (tx->body.kind != DURE_BODY_REGISTRATION) {
        return;
    }
    const dure_registration_t *registration = &tx->body.registration;
    for (uint16_t i = 0; i < registration->keys_count; i++) {
        const dure_key_entry_t *entry = &registration->keys[i];
        *expected_at(pool, registration->subject, entry->slot) =
            (expected_t){registration->subject, entry->key, entry->slot};
    }
}

bool dure_pool_key(const dure_pool_t *pool, const dure_ledger_t *ledger, uint64_t party,
                   uint8_t slot, dure_public_key_t *key)
{
    if (dure_ledger_signer_key(ledger, party, slot, key)) {
        return true;
    }
    const expected_t *expected = expected_at(pool, party, slot);
    if (expected->party != party || expected->slot != slot) {
        return false;
    }
    *key = expected->key;
    return true;
}

/* ---- checks ---------------------------------------------------------------------------------- */

void dure_pool_add(dure_pool_t *pool, dure_check_t *job)
{
    atomic_store_explicit(&job->state, DURE_CHECK_UNDER_WAY, memory_order_relaxed);
    if (pool->threads == 0) {
        pool->owners.checks[0] = job;
        check_group(pool, &pool->owners, 1);
        return;
    }
    (void)pthread_mutex_lock(&pool->mutex);
    DURE_ASSERT(pool->added - pool->taken < pool->capacity);
    pool->ring[pool->added++ & (pool->capacity - 1u)] = job;
    (void)pthread_mutex_unlock(&pool->mutex);
    pool->staged++;
    if (pool->staged >= POOL_WAKE) {
        dure_pool_flush(pool);
    }
}

void dure_pool_flush(dure_pool_t *pool)
{
    if (pool->staged == 1) {
        (void)pthread_cond_signal(&pool->work);
    } else if (pool->staged > 1) {
        (void)pthread_cond_broadcast(&pool->work);
    }
    pool->staged = 0;
}

bool dure_check_is_done(const dure_check_t *job)
{
    return atomic_load_explicit(&job->state, memory_order_acquire) == DURE_CHECK_DONE;
}

void dure_pool_finish(dure_pool_t *pool, const dure_check_t *job)
{
    dure_pool_flush(pool);
    while (!dure_check_is_done(job)) {
        (void)pthread_mutex_lock(&pool->mutex);
        const uint32_t count = take(pool, &pool->owners);
        (void)pthread_mutex_unlock(&pool->mutex);
        if (count > 0) {
            check_group(pool, &pool->owners, count);
        } else {
            /* Another thread has it in hand: less than a batch of verifications away. */
            (void)sched_yield();
        }
    }
}

/* pool: threads that check signatures ahead of the sequencer. */
#include "consensus/dure_consensus.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define POOL_THREADS_MAX 256u
/* Taken from the ring at once: few enough that the threads end together, enough that the lock and
   the wake-up cost nothing beside a verification. */
#define POOL_TAKE_MAX 16u

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
    dure_verify_t *verify;
    dure_hash_t chain_id;
    uint32_t threads;
    uint32_t capacity; /* power of two */
    uint32_t staged;   /* added by the owner and not yet shown to the threads */

    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t work;
    dure_check_t **ring;
    uint64_t added, taken; /* ever */
    bool is_ending;

    pthread_t thread[POOL_THREADS_MAX];
};

static void check(const dure_pool_t *pool, dure_check_t *job)
{
    uint8_t message[1 + sizeof(dure_hash_t) + DURE_TX_SIZE_MAX];
    dure_tx_hash(&job->verdict.tx, &pool->chain_id, job->body);
    job->verdict.key = job->key;
    size_t size = dure_tx_message(message, &pool->chain_id, job->body);
    job->verdict.result = (uint8_t)pool->verify(&job->key, &job->seal.signature, message, size);
    atomic_store_explicit(&job->state, DURE_CHECK_DONE, memory_order_release);
}

/* Takes a fair part of what waits; the mutex is held. */
static uint32_t take(dure_pool_t *pool, dure_check_t **jobs)
{
    uint64_t waiting = pool->added - pool->taken;
    uint64_t part = waiting / (2u * pool->threads) + 1u;
    uint32_t count = 0;
    while (waiting > count && count < part && count < POOL_TAKE_MAX) {
        jobs[count++] = pool->ring[pool->taken++ & (pool->capacity - 1u)];
    }
    return count;
}

static void *work(void *argument)
{
    dure_pool_t *pool = argument;
    dure_check_t *jobs[POOL_TAKE_MAX];
    (void)pthread_setname_np(pthread_self(), "verify");
    (void)pthread_mutex_lock(&pool->mutex);
    for (;;) {
        uint32_t count = take(pool, jobs);
        if (count == 0) {
            if (pool->is_ending) {
                break;
            }
            (void)pthread_cond_wait(&pool->work, &pool->mutex);
            continue;
        }
        (void)pthread_mutex_unlock(&pool->mutex);
        for (uint32_t i = 0; i < count; i++) {
            check(pool, jobs[i]);
        }
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
    pool->verify = verify != NULL ? verify : dure_signature_verify;
    pool->chain_id = *chain_id;
    pool->capacity = 1;
    while (pool->capacity < capacity) {
        pool->capacity *= 2u;
    }
    pool->ring = calloc(pool->capacity, sizeof *pool->ring);
    pool->expected = calloc(EXPECTED_SIZE, sizeof *pool->expected);
    if (pool->ring == NULL || pool->expected == NULL) {
        free(pool->ring);
        free(pool->expected);
        free(pool);
        return NULL;
    }
    (void)pthread_mutex_init(&pool->mutex, NULL);
    (void)pthread_cond_init(&pool->work, NULL);
    uint32_t wanted = threads < POOL_THREADS_MAX ? threads : POOL_THREADS_MAX;
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
        check(pool, job);
        return;
    }
    (void)pthread_mutex_lock(&pool->mutex);
    DURE_ASSERT(pool->added - pool->taken < pool->capacity);
    pool->ring[pool->added++ & (pool->capacity - 1u)] = job;
    (void)pthread_mutex_unlock(&pool->mutex);
    pool->staged++;
    if (pool->staged >= POOL_TAKE_MAX) {
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
        dure_check_t *other = NULL;
        (void)pthread_mutex_lock(&pool->mutex);
        if (pool->added > pool->taken) {
            other = pool->ring[pool->taken++ & (pool->capacity - 1u)];
        }
        (void)pthread_mutex_unlock(&pool->mutex);
        if (other != NULL) {
            check(pool, other);
        } else {
            /* Another thread has it in hand: less than a batch of verifications away. */
            (void)sched_yield();
        }
    }
}

/* Signing ahead: threads that fill in the signatures of whole batches. */
#include "app/city.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SLICE   32u /* signatures that a thread takes at once */
#define FEW     SLICE
#define THREADS 16

static void sign_one(const city_batch_t *batch, uint32_t i)
{
    uint8_t message[64 + DURE_TX_SIZE_MAX];
    const size_t body_size = batch->body_sizes[i];
    uint8_t *wire = batch->bytes + (batch->wires[i].data - batch->bytes);
    const size_t size = dure_tx_message(message, batch->chain_id, dure_bytes(wire, body_size));
    dure_seal_t seal = {.slot = 0};
    const bool is_signed = dure_sign(&seal.signature, &batch->signers[i], message, size);
    DURE_ASSERT(is_signed);
    dure_writer_t writer = dure_writer(wire + body_size, DURE_SEAL_SIZE);
    dure_seal_encode(&writer, &seal);
}

/* Takes a slice of the oldest batch that has one; the lock is held, and let go while signing. */
static bool sign_slice(city_signers_t *signers)
{
    city_batch_t *batch = signers->first;
    if (batch == NULL) {
        return false;
    }
    const uint32_t from = batch->taken;
    const uint32_t until = batch->count - from < SLICE ? batch->count : from + SLICE;
    batch->taken = until;
    if (until == batch->count) {
        signers->first = batch->next;
    }
    pthread_mutex_unlock(&signers->lock);
    for (uint32_t i = from; i < until; i++) {
        sign_one(batch, i);
    }
    pthread_mutex_lock(&signers->lock);
    batch->signed_count += until - from;
    if (batch->signed_count == batch->count) {
        pthread_cond_broadcast(&signers->done);
    }
    return true;
}

static void *sign_ahead(void *argument)
{
    city_signers_t *signers = argument;
    pthread_mutex_lock(&signers->lock);
    for (;;) {
        if (!sign_slice(signers)) {
            pthread_cond_wait(&signers->work, &signers->lock);
        }
    }
    return NULL;
}

bool city_signers_start(city_signers_t *signers)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    long threads = cores < 1 ? 1 : cores > THREADS ? THREADS : cores;
    pthread_mutex_init(&signers->lock, NULL);
    pthread_cond_init(&signers->work, NULL);
    pthread_cond_init(&signers->done, NULL);
    bool any = false;
    for (long i = 0; i < threads; i++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, sign_ahead, signers) == 0) {
            (void)pthread_detach(thread); /* until the program ends */
            any = true;
        }
    }
    return any;
}

void city_sign_begin(city_signers_t *signers, city_batch_t *batch, const dure_hash_t *chain_id)
{
    batch->chain_id = chain_id;
    batch->next = NULL;
    batch->taken = 0;
    batch->signed_count = 0;
    if (batch->count <= FEW) {
        for (uint32_t i = 0; i < batch->count; i++) {
            sign_one(batch, i);
        }
        batch->signed_count = batch->count;
        return;
    }
    pthread_mutex_lock(&signers->lock);
    city_batch_t **last = &signers->first;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = batch;
    pthread_cond_broadcast(&signers->work);
    pthread_mutex_unlock(&signers->lock);
}

bool city_is_signed(city_signers_t *signers, const city_batch_t *batch)
{
    pthread_mutex_lock(&signers->lock);
    const bool all = batch->signed_count == batch->count;
    pthread_mutex_unlock(&signers->lock);
    return all;
}

void city_sign_finish(city_signers_t *signers, const city_batch_t *batch)
{
    pthread_mutex_lock(&signers->lock);
    while (batch->signed_count < batch->count) {
        if (!sign_slice(signers)) {
            pthread_cond_wait(&signers->done, &signers->lock);
        }
    }
    pthread_mutex_unlock(&signers->lock);
}

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
    const dure_public_key_t *key = &batch->keys[i];
    const bool is_signed = dure_sign_keyed(&seal.signature, &batch->signers[i], key, message, size);
    DURE_ASSERT(is_signed);
    dure_writer_t writer = dure_writer(wire + body_size, DURE_SEAL_SIZE);
    dure_seal_encode(&writer, &seal);
}

/* ---- the public keys of all who sign, by their seeds: with them a signature costs half ----------
 */

typedef struct {
    uint8_t seed[8]; /* of the secret key: enough to tell them apart */
    uint8_t key[32];
} known_t;

static known_t *place_of(const city_signers_t *signers, const dure_secret_key_t *secret)
{
    known_t *known = signers->known;
    size_t at = dure_get_u64(secret->seed) & (signers->capacity - 1);
    static const uint8_t none[8] = {0};
    while (memcmp(known[at].seed, none, 8) != 0 && memcmp(known[at].seed, secret->seed, 8) != 0) {
        at = (at + 1) & (signers->capacity - 1);
    }
    return &known[at];
}

static bool grow(city_signers_t *signers)
{
    known_t *old = signers->known;
    const size_t old_capacity = signers->capacity;
    signers->capacity = old_capacity == 0 ? 4096 : old_capacity * 2;
    signers->known = calloc(signers->capacity, sizeof *old);
    if (signers->known == NULL) {
        signers->known = old;
        signers->capacity = old_capacity;
        return false;
    }
    for (size_t i = 0; i < old_capacity; i++) {
        dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519};
        memcpy(secret.seed, old[i].seed, 8);
        if (dure_get_u64(secret.seed) != 0) {
            *place_of(signers, &secret) = old[i];
        }
    }
    free(old);
    return true;
}

void city_key_note(city_signers_t *signers, const dure_secret_key_t *secret,
                   const dure_public_key_t *key)
{
    if (signers->count * 2 >= signers->capacity && !grow(signers)) {
        return; /* its signatures cost more */
    }
    known_t *place = place_of(signers, secret);
    memcpy(place->seed, secret->seed, 8);
    memcpy(place->key, key->bytes, 32);
    signers->count++;
}

bool city_key_known(const city_signers_t *signers, dure_public_key_t *key,
                    const dure_secret_key_t *secret)
{
    *key = (dure_public_key_t){0};
    const known_t *place = signers->capacity == 0 ? NULL : place_of(signers, secret);
    if (place == NULL || memcmp(place->seed, secret->seed, 8) != 0) {
        return false;
    }
    key->scheme = DURE_SCHEME_ED25519;
    memcpy(key->bytes, place->key, 32);
    return true;
}

/* ---- the threads ------------------------------------------------------------------------------
 */

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

/* history: an index in memory. */
#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    dure_tx_id_t id;
    dure_hash_t tx;
    uint64_t height;
    uint32_t index;
    uint16_t code;
    bool is_final;
    uint8_t *effect;
    size_t effect_size;
} told_t;

struct history {
    told_t *told;
    size_t count, capacity;
    dure_hash_t *hashes; /* of blocks, from height 1 */
    uint64_t height, heights;
    uint64_t synced;
    const char *problem;
};

history_t *history_new(void)
{
    return calloc(1, sizeof(history_t));
}

void history_cut(history_t *self, uint64_t height)
{
    while (self->count > 0 && self->told[self->count - 1].height > height) {
        free(self->told[--self->count].effect);
    }
    if (self->height > height) {
        self->height = height;
    }
    if (self->synced > height) {
        self->synced = height;
    }
}

void history_free(history_t *self)
{
    if (self != NULL) {
        history_cut(self, 0);
        free(self->told);
        free(self->hashes);
        free(self);
    }
}

uint64_t history_height(const history_t *self)
{
    return self->height;
}

uint64_t history_synced(const history_t *self)
{
    return self->synced;
}

static bool sync_all(void *user)
{
    history_t *self = user;
    self->synced = self->height;
    return true;
}

static uint64_t last(void *user, dure_hash_t *hash)
{
    const history_t *self = user;
    if (self->height > 0) {
        *hash = self->hashes[self->height - 1];
    }
    return self->height;
}

static bool reset(void *user)
{
    history_cut(user, 0);
    return true;
}

static bool block(void *user, const dure_decided_t *decided)
{
    history_t *self = user;
    if (decided->header.height != self->height + 1) {
        self->problem = "a block was given to the index out of order";
        return false;
    }
    if (self->height == self->heights) {
        self->heights = self->heights * 2 + 64;
        self->hashes = realloc(self->hashes, self->heights * sizeof *self->hashes);
        DURE_ASSERT(self->hashes != NULL);
    }
    self->hashes[self->height++] = decided->hash;
    for (uint32_t i = 0; i < decided->count; i++) {
        if (self->count == self->capacity) {
            self->capacity = self->capacity * 2 + 256;
            self->told = realloc(self->told, self->capacity * sizeof *self->told);
            DURE_ASSERT(self->told != NULL);
        }
        const dure_chain_result_t *result = &decided->results[i];
        told_t *told = &self->told[self->count++];
        *told = (told_t){
            .id = decided->ids[i],
            .tx = result->tx,
            .height = self->height,
            .index = i,
            .code = result->code,
            .is_final = dure_result_is_final(result->code),
            .effect = malloc(result->effect.size + 1),
            .effect_size = result->effect.size,
        };
        DURE_ASSERT(told->effect != NULL);
        if (result->effect.size > 0) {
            memcpy(told->effect, result->effect.data, result->effect.size);
        }
    }
    return true;
}

static bool find(void *user, dure_answer_t *answer, dure_hash_t *tx, const dure_tx_id_t *id)
{
    const history_t *self = user;
    for (size_t i = self->count; i-- > 0;) {
        const told_t *told = &self->told[i];
        if (told->is_final && told->id.party == id->party && told->id.lane == id->lane &&
            told->id.number == id->number) {
            *tx = told->tx;
            *answer = (dure_answer_t){
                .code = told->code,
                .recorded = true,
                .height = told->height,
                .index = told->index,
                .effect = dure_bytes(told->effect, told->effect_size),
            };
            return true;
        }
    }
    return false;
}

static const char *problem(void *user)
{
    const history_t *self = user;
    return self->problem != NULL ? self->problem : "none";
}

dure_history_t history_hook(history_t *self)
{
    return (dure_history_t){
        .user = self,
        .last = last,
        .reset = reset,
        .block = block,
        .sync = sync_all,
        .find = find,
        .problem = problem,
    };
}

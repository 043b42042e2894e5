/* history: an index in memory. */
#include "sim/sim.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    dure_tx_id_t id;
    dure_hash_t tx, leaf;
    dure_blind_t blind;
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
    dure_hash_t *leaves; /* of each block in the range; none has no transactions */
    uint64_t height, heights;
    uint64_t synced;
    uint32_t asked;
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
        free(self->leaves);
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

/* As an index with a thread of its own does: it takes some time, and now and then long. */
static bool safe(void *user, uint64_t height, bool *is_safe)
{
    history_t *self = user;
    const uint32_t takes = height % 4 == 0 ? 60 : 3;
    if (self->synced < height && self->height >= height && ++self->asked >= takes) {
        self->synced = self->height;
        self->asked = 0;
    }
    *is_safe = self->synced >= height;
    return true;
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
        self->leaves = realloc(self->leaves, self->heights * sizeof *self->leaves);
        DURE_ASSERT(self->hashes != NULL && self->leaves != NULL);
    }
    DURE_ASSERT(decided->count > 0);
    dure_range_leaf(&self->leaves[self->height], decided->header.height,
                    &decided->header.effects_root);
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
            .leaf = result->leaf,
            .blind = result->blind,
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

static const told_t *look_up(const history_t *self, const dure_tx_id_t *id)
{
    for (size_t i = self->count; i-- > 0;) {
        const told_t *told = &self->told[i];
        if (told->is_final && told->id.party == id->party && told->id.lane == id->lane &&
            told->id.number == id->number) {
            return told;
        }
    }
    return NULL;
}

static bool find(void *user, dure_answer_t *answer, dure_hash_t *tx, const dure_tx_id_t *id)
{
    const told_t *told = look_up(user, id);
    if (told == NULL) {
        return false;
    }
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

static bool prove(void *user, dure_witness_t *witness, const dure_tx_id_t *id)
{
    history_t *self = user;
    const told_t *told = look_up(self, id);
    if (told == NULL) {
        return false;
    }
    const told_t *first = told - told->index;
    uint32_t count = 0;
    while (first + count < self->told + self->count && first[count].height == told->height) {
        count++;
    }
    dure_hash_t *leaves = calloc(2u * count, sizeof *leaves);
    DURE_ASSERT(leaves != NULL);
    for (uint32_t i = 0; i < count; i++) {
        leaves[i] = first[i].leaf;
    }
    memset(witness, 0, sizeof *witness);
    witness->effect = dure_bytes(told->effect, told->effect_size);
    witness->blind = told->blind;
    witness->height = told->height;
    witness->index = told->index;
    witness->count = count;
    witness->sibling_count = dure_list_prove(witness->siblings, DURE_TAG_EFFECT_NODE, leaves, count,
                                             told->index, leaves + count);
    witness->range.index = told->height - 1;
    free(leaves);
    return true;
}

/* From the leaves each time: a simulated history is short. */
static bool range_node(void *user, dure_hash_t *hash, uint32_t level, uint64_t place)
{
    const history_t *self = user;
    const uint64_t size = UINT64_C(1) << level;
    if ((place + 1) * size > self->height) {
        return false;
    }
    dure_range_t range;
    dure_range_init(&range);
    for (uint64_t i = 0; i < size; i++) {
        dure_range_append(&range, &self->leaves[place * size + i]);
    }
    *hash = range.peaks[0];
    return true;
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
        .safe = safe,
        .find = find,
        .prove = prove,
        .range_node = range_node,
        .problem = problem,
    };
}

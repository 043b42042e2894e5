/* answer: what executed blocks came to, kept until they are durable, then told. */
#include "consensus/solo_private.h"

#include <stdlib.h>
#include <string.h>

#define EFFECT_SIZE_MAX 512u /* of an effect without numbers and moves */

bool dure_result_is_final(uint16_t code)
{
    return code == DURE_RESULT_DONE || code >= DURE_RESULT_NOT_PERMITTED;
}

/* ---- keeping --------------------------------------------------------------------------------- */

static bool grow_bytes(uint8_t **bytes, size_t *capacity, size_t needed)
{
    if (*bytes == NULL || needed > *capacity) {
        size_t size = needed + needed / 2u + 4096u;
        free(*bytes);
        *bytes = malloc(size);
        *capacity = *bytes != NULL ? size : 0;
    }
    return *bytes != NULL;
}

static bool grow_lists(built_t *built, uint32_t needed)
{
    if (needed <= built->capacity) {
        return true;
    }
    uint32_t capacity = needed + needed / 2u + 16u;
    free(built->ids);
    free(built->results);
    free(built->runs);
    free(built->tokens);
    built->ids = calloc(capacity, sizeof *built->ids);
    built->results = calloc(capacity, sizeof *built->results);
    built->runs = calloc(capacity / DURE_CHAIN_RUN + 1u, sizeof *built->runs);
    built->tokens = calloc(capacity, sizeof *built->tokens);
    const bool has_all = built->ids != NULL && built->results != NULL && built->runs != NULL &&
                         built->tokens != NULL;
    built->capacity = has_all ? capacity : 0;
    return built->capacity > 0;
}

bool solo_keep(dure_consensus_t *self, const dure_chain_update_t *update, uint64_t first,
               const uint32_t *positions)
{
    DURE_ASSERT(self->built_last - self->built_first < SOLO_BUILT_MAX);
    built_t *built = &self->built[self->built_last % SOLO_BUILT_MAX];
    size_t effects = 0;
    for (uint32_t i = 0; i < update->result_count; i++) {
        effects += update->results[i].effect.size;
    }
    if (!grow_bytes(&built->bytes, &built->bytes_capacity, update->block.size) ||
        !grow_bytes(&built->effects, &built->effects_capacity, effects) ||
        !grow_lists(built, update->result_count)) {
        return false;
    }
    memcpy(built->bytes, update->block.data, update->block.size);
    uint8_t *effect = built->effects;
    for (uint32_t i = 0; i < update->result_count; i++) {
        const entry_t *entry = solo_entry(self, first + positions[i]);
        dure_chain_result_t *result = &built->results[i];
        *result = update->results[i];
        if (result->effect.size > 0) {
            memcpy(effect, result->effect.data, result->effect.size);
        }
        result->effect.data = effect;
        effect += result->effect.size;
        built->ids[i] = entry->id;
        built->tokens[i] = entry->token;
    }
    memcpy(built->runs, update->runs,
           (update->result_count + DURE_CHAIN_RUN - 1u) / DURE_CHAIN_RUN * sizeof *built->runs);
    built->decided = (dure_decided_t){
        .header = update->header,
        .hash = update->block_hash,
        .ledger_root = update->ledger_root,
        .bytes = dure_bytes(built->bytes, update->block.size),
        .ids = built->ids,
        .results = built->results,
        .runs = built->runs,
        .count = update->result_count,
    };
    self->staged_bytes += update->block.size + 4u;
    self->built_last++;
    return true;
}

void solo_set_aside(dure_consensus_t *self, const entry_t *entry, uint16_t code, uint64_t height,
                    uint32_t repeats)
{
    aside_t *aside = &self->asides[self->asides_last & self->entries_mask];
    DURE_ASSERT(self->asides_last - self->asides_first <= self->entries_mask);
    self->asides_last++;
    *aside = (aside_t){
        .token = entry->token,
        .height = height,
        .code = code,
        .kind = entry->kind,
        .id = entry->id,
        .time = dure_ledger_time(dure_chain_ledger(self->config.chain)),
        .field = entry->field,
        .wrong = entry->wrong,
        .repeats = repeats,
    };
    if (entry->kind != 0) {
        dure_tx_hash(&aside->tx, &dure_chain_head(self->config.chain)->chain_id, entry->check.body);
    }
}

/* ---- telling --------------------------------------------------------------------------------- */

static void tell(const dure_consensus_t *self, uint64_t token, const dure_answer_t *answer)
{
    if (self->listener.answer != NULL) {
        self->listener.answer(self->listener.user, token, answer);
    }
}

static bool tell_block(dure_consensus_t *self, const built_t *built)
{
    const dure_decided_t *decided = &built->decided;
    const dure_history_t *history = &self->config.history;
    if (history->block != NULL && !history->block(history->user, decided)) {
        solo_fail(self, "the history", history->problem(history->user));
        return false;
    }
    self->told = decided->header.height;
    self->block_bytes += decided->bytes.size;
    self->block_txs += decided->count;
    if (self->listener.block != NULL) {
        self->listener.block(self->listener.user, decided);
    }
    for (uint32_t i = 0; i < decided->count; i++) {
        const dure_chain_result_t *result = &decided->results[i];
        bool is_final = dure_result_is_final(result->code);
        dure_answer_t answer = {
            .code = result->code,
            .recorded = is_final,
            .height = is_final ? decided->header.height : 0,
            .index = is_final ? i : 0,
            .effect = result->effect,
        };
        tell(self, built->tokens[i], &answer);
    }
    return true;
}

/* "field: what was wrong", as far as it is known and fits. */
static dure_bytes_t problem_text(char out[256], const aside_t *aside)
{
    size_t size = 0;
    const char *parts[3] = {aside->field, ": ", aside->wrong};
    if (aside->field == NULL || aside->wrong == NULL) {
        return dure_bytes(NULL, 0);
    }
    for (size_t i = 0; i < 3; i++) {
        size_t length = strlen(parts[i]);
        if (length > 255u - size) {
            length = 255u - size;
        }
        memcpy(out + size, parts[i], length);
        size += length;
    }
    return dure_bytes(out, size);
}

static void tell_aside(const dure_consensus_t *self, const aside_t *aside)
{
    const dure_history_t *history = &self->config.history;
    dure_answer_t answer = {0};
    if (aside->kind == 0) {
        char text[256];
        answer.code = aside->code;
        answer.problem = problem_text(text, aside);
        tell(self, aside->token, &answer);
        return;
    }
    dure_hash_t tx;
    if (history->find != NULL && history->find(history->user, &answer, &tx, &aside->id) &&
        dure_hash_equal(&tx, &aside->tx)) {
        answer.repeated = true;
        tell(self, aside->token, &answer);
        return;
    }
    uint8_t bytes[EFFECT_SIZE_MAX];
    dure_effect_t effect = {
        .version = 1,
        .tx = aside->tx,
        .id = aside->id,
        .kind = aside->kind,
        .time = aside->time,
        .code = aside->code,
    };
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    dure_effect_encode(&writer, &effect);
    DURE_ASSERT(!writer.overflow);
    answer = (dure_answer_t){.code = aside->code, .effect = dure_writer_bytes(&writer)};
    tell(self, aside->token, &answer);
}

static bool tell_asides(dure_consensus_t *self, uint64_t durable)
{
    bool has_told = false;
    while (self->asides_first < self->asides_last) {
        /* A copy: the listener may submit, and with room for it the place may be filled. */
        aside_t aside = self->asides[self->asides_first & self->entries_mask];
        if (aside.height > durable) {
            break;
        }
        self->asides_first++;
        tell_aside(self, &aside);
        has_told = true;
    }
    return has_told;
}

bool solo_tell(dure_consensus_t *self)
{
    uint64_t durable = dure_store_durable_height(self->config.store);
    bool has_told = false;
    bool has_moved = false;
    while (self->built_first < self->built_staged) {
        const built_t *built = &self->built[self->built_first % SOLO_BUILT_MAX];
        uint64_t height = built->decided.header.height;
        if (height > durable) {
            break;
        }
        if (!tell_block(self, built)) {
            return false;
        }
        self->built_first++;
        has_moved = true;
        has_told |= tell_asides(self, height);
    }
    has_told |= tell_asides(self, self->told);
    if (has_moved && self->listener.durable != NULL) {
        self->listener.durable(self->listener.user, self->told);
    }
    return has_told || has_moved;
}

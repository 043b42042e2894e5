/* Any bytes as an image: refused, or it decides about anything without failing. */
#include <string.h>

#include "yak/dure_yak.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint64_t next(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void decide(const dure_yak_program_t *program, dure_verb_t verb, uint64_t *seed)
{
    dure_yak_value_t inputs[DURE_YAK_INPUTS_MAX];
    for (uint32_t i = 0; i < program->verbs[verb].input_count; i++) {
        inputs[i].value = (int64_t)next(seed) >> (next(seed) & 63u);
        inputs[i].known = (next(seed) & 3u) != 0;
    }
    dure_amount_t amount = dure_amount(next(seed) % (DURE_AMOUNT_WON_MAX + 1));
    dure_yak_decision_t decision;
    dure_yak_decide(&decision, program, verb, amount, inputs);
    DURE_ASSERT(decision.steps <= program->verbs[verb].steps_max);
    DURE_ASSERT(decision.steps <= DURE_YAK_STEPS_MAX);
    uint64_t whole = verb == DURE_VERB_GRANT ? DURE_AMOUNT_WON_MAX : amount.won;
    DURE_ASSERT(decision.subsidy.won <= whole && decision.reward.won <= whole);
    DURE_ASSERT(decision.share.won <= whole && decision.give.won <= DURE_AMOUNT_WON_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static dure_yak_program_t program;
    if (dure_yak_load(&program, dure_bytes(data, size)) != DURE_YAK_LOAD_OK) {
        return 0;
    }
    uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        for (uint32_t round = 0; round < 4 && program.verbs[verb].declared; round++) {
            decide(&program, (dure_verb_t)verb, &seed);
        }
    }
    return 0;
}

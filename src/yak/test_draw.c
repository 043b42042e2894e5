#include "yak/test_draw.h"

#include "codec/dure_vocabulary.h"

static uint64_t seed = 1;

void test_draw_from(uint64_t new_seed)
{
    seed = new_seed;
}

uint64_t test_draw(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed * UINT64_C(0x2545f4914f6cdd1d);
}

uint64_t test_below(uint64_t bound)
{
    return (test_draw() >> 11) % bound;
}

/* Values near those that the programs compare with. */
int64_t test_draw_won(void)
{
    static const int64_t edges[] = {
        0,          1,          5000,        9000,         70000,
        300000000,  500000,     1000000,     1500000,      2000000,
        1000000000, 3000000000, 10000000000, 100000000000, 1000000000000000};
    int64_t edge = edges[test_below(sizeof edges / sizeof edges[0])];
    int64_t near = edge + (int64_t)test_below(5) - 2;
    return test_below(3) == 0 ? (int64_t)test_below(2000000) : near;
}

static int64_t draw_attribute(uint32_t id)
{
    static const int64_t regions[] = {41570, 41571, 41281, 11110, 4157, 41, 99999, 0};
    switch ((dure_attribute_id_t)id) {
    case DURE_ATTRIBUTE_RESIDENCE:
    case DURE_ATTRIBUTE_REGION:
        return regions[test_below(8)];
    case DURE_ATTRIBUTE_BIRTH_YEAR:
        return (int64_t)(1895 + test_below(130));
    case DURE_ATTRIBUTE_BIRTH_DIGIT:
        return (int64_t)test_below(10);
    case DURE_ATTRIBUTE_AID_TIER:
        return (int64_t)test_below(5);
    case DURE_ATTRIBUTE_CATEGORY:
        return (int64_t)test_below(50);
    case DURE_ATTRIBUTE_ANNUAL_SALES:
        return test_draw_won();
    case DURE_ATTRIBUTE_OWNER:
        return (int64_t)test_below(8);
    case DURE_ATTRIBUTE_RISK:
        return (int64_t)(test_below(4) == 0 ? 695 + test_below(10) : test_below(1001));
    }
    return 0;
}

static int64_t test_draw_value(const dure_yak_program_t *program, const dure_yak_input_t *input)
{
    const dure_yak_parameter_t *parameter = &program->parameters[input->id % 32];
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_TODAY:
        return (int64_t)(20454 + test_below(365));
    case DURE_INPUT_TIME:
        return (int64_t)(test_below(2) == 0 ? test_below(1440) : 60 * test_below(24));
    case DURE_INPUT_WEEKDAY:
        return (int64_t)test_below(7);
    case DURE_INPUT_CHANNEL:
        return (int64_t)(1 + test_below(4));
    case DURE_INPUT_ISSUER_REGION:
        return 41570;
    case DURE_INPUT_PARTY:
        return (int64_t)test_below(8);
    case DURE_INPUT_KIND:
        return (int64_t)(1 + test_below(3));
    case DURE_INPUT_ATTRIBUTE:
        return draw_attribute(input->id);
    case DURE_INPUT_HOLDING:
    case DURE_INPUT_WALLET:
        return test_draw_won();
    case DURE_INPUT_COUNTER:
        return test_below(2) == 0 ? (int64_t)test_below(6) : test_draw_won();
    case DURE_INPUT_PARAMETER:
        return test_below(3) == 0
                   ? parameter->initial
                   : parameter->low +
                         (int64_t)test_below((uint64_t)(parameter->high - parameter->low) + 1);
    case DURE_INPUT_LOT_USED:
        return (int64_t)(test_below(2) == 0 ? 5998 + test_below(4) : test_below(10001));
    case DURE_INPUT_LOT_AGE:
        return (int64_t)(test_below(2) == 0 ? test_below(12) : test_below(2000));
    case DURE_INPUT_LOT_ORIGIN:
        return (int64_t)(1 + test_below(4));
    case DURE_INPUT_MEMBER:
    case DURE_INPUT_LOT_GIFTED:
        return (int64_t)test_below(2);
    }
    return 0;
}

void test_draw_inputs(dure_yak_value_t *inputs, const dure_yak_program_t *program, dure_verb_t verb,
                      bool wild)
{
    for (uint32_t i = 0; i < program->verbs[verb].input_count; i++) {
        const dure_yak_input_t *input = &program->verbs[verb].inputs[i];
        inputs[i].value =
            wild ? (int64_t)test_draw() >> test_below(64) : test_draw_value(program, input);
        inputs[i].known =
            wild ? test_below(3) != 0 : input->kind != DURE_INPUT_ATTRIBUTE || test_below(6) != 0;
    }
}

dure_amount_t test_draw_amount(void)
{
    int64_t won = test_draw_won();
    bool valid = won >= 0 && dure_amount_is_valid((uint64_t)won);
    return dure_amount(valid ? (uint64_t)won : 1);
}

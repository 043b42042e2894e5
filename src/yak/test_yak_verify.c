/* The verifier, rule by rule: one change to a sound image, and exactly why it is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yak/dure_yak.h"
#include "yak/opcodes.h"

static uint8_t sound[DURE_YAK_IMAGE_SIZE_MAX];
static size_t sound_size;
static dure_yak_program_t program;
static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
static size_t image_size;

static int compile(void **state)
{
    (void)state;
    static char source[DURE_YAK_SOURCE_SIZE_MAX];
    static dure_yak_diagnostics_t diagnostics;
    FILE *file = fopen("test/yak/right/everything.yak", "rb");
    assert_non_null(file);
    size_t size = fread(source, 1, sizeof source, file);
    fclose(file);
    void *workspace = aligned_alloc(16, dure_yak_workspace_size());
    assert_non_null(workspace);
    assert_true(dure_yak_compile(workspace, dure_yak_workspace_size(), dure_bytes(source, size),
                                 sound, &sound_size, &diagnostics));
    free(workspace);
    assert_int_equal(dure_yak_load(&program, dure_bytes(sound, sound_size)), DURE_YAK_LOAD_OK);
    return 0;
}

/* ---- changes ---- */

static void begin(void)
{
    memset(image, 0, sizeof image);
    memcpy(image, sound, sound_size);
    image_size = sound_size;
}

static uint8_t *code(dure_verb_t verb, uint32_t at)
{
    assert_true(at < program.verbs[verb].steps_max);
    return image + program.verbs[verb].code_offset + 4 * at;
}

/* The first instruction with that opcode in a verb's code. */
static uint32_t find(dure_verb_t verb, yak_opcode_t opcode)
{
    for (uint32_t at = 0; at < program.verbs[verb].steps_max; at++) {
        if (sound[program.verbs[verb].code_offset + 4 * at] == opcode) {
            return at;
        }
    }
    fail_msg("the verb has no such instruction");
    return 0;
}

static void put(dure_verb_t verb, uint32_t at, uint32_t opcode, uint32_t a, uint32_t b)
{
    uint8_t *bytes = code(verb, at);
    bytes[0] = (uint8_t)opcode;
    bytes[1] = (uint8_t)a;
    dure_put_u16(bytes + 2, (uint16_t)b);
}

static uint8_t *parameter(const char *name)
{
    enum { head = 12, fund = 112, size = 64 };
    for (uint32_t i = 0; i < program.parameter_count; i++) {
        if (strcmp(program.parameters[i].name.text, name) == 0) {
            return image + head + fund + i * size;
        }
    }
    fail_msg("no such parameter");
    return NULL;
}

static void expect(dure_yak_load_result_t expected)
{
    static dure_yak_program_t changed;
    uint8_t *exact = malloc(image_size);
    assert_non_null(exact);
    memcpy(exact, image, image_size);
    dure_yak_load_result_t result = dure_yak_load(&changed, dure_bytes(exact, image_size));
    assert_string_equal(dure_yak_load_result_name(result), dure_yak_load_result_name(expected));
    free(exact);
}

/* ---- tests ---- */

static void the_head_is_checked(void **state)
{
    (void)state;
    begin();
    expect(DURE_YAK_LOAD_OK);
    image[0] = 'd';
    expect(DURE_YAK_LOAD_MAGIC);
    begin();
    image[4] = 2;
    expect(DURE_YAK_LOAD_MAGIC);
    begin();
    dure_put_u32(image + 8, (uint32_t)image_size - 1);
    expect(DURE_YAK_LOAD_TRUNCATED);
}

static void parameters_keep_their_range(void **state)
{
    (void)state;
    begin();
    dure_put_u64(parameter("bonus") + 56, 0); /* initial below low */
    expect(DURE_YAK_LOAD_NOT_CANONICAL);
    begin();
    dure_put_u64(parameter("bonus") + 56, 4001); /* initial above high */
    expect(DURE_YAK_LOAD_NOT_CANONICAL);
    begin();
    dure_put_u64(parameter("bonus") + 48, 10001); /* more than 100 % */
    expect(DURE_YAK_LOAD_NOT_CANONICAL);
    begin();
    dure_put_u64(parameter("bonus") + 40, UINT64_MAX); /* below 0 */
    expect(DURE_YAK_LOAD_NOT_CANONICAL);
}

static void parts_never_exceed_the_amount(void **state)
{
    (void)state;
    /* The subsidies are at most `discount` and 7.5 %: 92.5 % is the most that fits. */
    begin();
    dure_put_u64(parameter("discount") + 48, 9250);
    expect(DURE_YAK_LOAD_OK);
    dure_put_u64(parameter("discount") + 48, 9251);
    expect(DURE_YAK_LOAD_EFFECT);
}

static void jumps_stay_within_their_rule(void **state)
{
    (void)state;
    dure_verb_t verb = DURE_VERB_REMAINDER;
    uint32_t jump = find(verb, YAK_OP_JUMP_FALSE);
    uint32_t rule = find(verb, YAK_OP_ALLOW);
    uint32_t last = program.verbs[verb].steps_max - 1;
    begin();
    put(verb, jump, YAK_OP_JUMP_FALSE, 0, last - jump); /* over the first rule to the second */
    expect(DURE_YAK_LOAD_JUMP);
    begin();
    put(verb, jump, YAK_OP_JUMP_FALSE, 0, last + 1 - jump); /* out of the verb */
    expect(DURE_YAK_LOAD_JUMP);
    begin();
    put(verb, jump, YAK_OP_JUMP_FALSE, 0, 0); /* to itself */
    expect(DURE_YAK_LOAD_JUMP);
    begin();
    put(verb, jump, YAK_OP_JUMP_FALSE, 0, 0xffff); /* back, if it were signed */
    expect(DURE_YAK_LOAD_JUMP);
    begin();
    put(verb, jump, YAK_OP_JUMP_FALSE, 0, rule - jump - 1); /* to AND, with one test too few */
    expect(DURE_YAK_LOAD_JUMP);
}

static void operands_have_their_types(void **state)
{
    (void)state;
    dure_verb_t verb = DURE_VERB_REMAINDER;
    uint32_t compare = find(verb, YAK_OP_GE);
    begin();
    put(verb, compare, YAK_OP_EQ_PARTY, 0, 0);
    expect(DURE_YAK_LOAD_TYPE);
    begin();
    put(verb, compare, YAK_OP_ADD, 0, 0); /* rates do not add */
    expect(DURE_YAK_LOAD_TYPE);
    begin();
    put(verb, compare - 1, YAK_OP_CONST, 0, 0xffff);
    expect(DURE_YAK_LOAD_TYPE);
    begin();
    put(verb, compare - 1, YAK_OP_INPUT, 200, 0);
    expect(DURE_YAK_LOAD_TYPE);
    begin();
    put(verb, 0, YAK_OP_NOT, 0, 0); /* nothing on the stack */
    expect(DURE_YAK_LOAD_TYPE);
    static const uint8_t unknown[] = {0, 41, 42, 128, 255};
    for (size_t i = 0; i < sizeof unknown; i++) {
        begin();
        put(verb, compare, unknown[i], 0, 0);
        expect(DURE_YAK_LOAD_TYPE);
    }
    begin();
    put(verb, compare, YAK_OP_GE, 1, 0); /* an operand that is not used */
    expect(DURE_YAK_LOAD_NOT_CANONICAL);
    /* Regions have no order. */
    begin();
    put(DURE_VERB_RECALL, find(DURE_VERB_RECALL, YAK_OP_NE), YAK_OP_LT, 0, 0);
    expect(DURE_YAK_LOAD_TYPE);
}

static void rules_are_asked_once_in_order(void **state)
{
    (void)state;
    dure_verb_t verb = DURE_VERB_REMAINDER;
    uint32_t first = find(verb, YAK_OP_ALLOW);
    uint32_t last = program.verbs[verb].steps_max - 1;
    begin();
    code(verb, last)[1] = 0; /* the first rule again, the second never */
    expect(DURE_YAK_LOAD_NOT_CANONICAL);
    begin();
    code(verb, first)[1] = 1;
    code(verb, last)[1] = 0;
    expect(DURE_YAK_LOAD_NOT_CANONICAL);
    begin();
    code(verb, last)[0] = YAK_OP_DENY; /* an allow asked as a deny */
    expect(DURE_YAK_LOAD_EFFECT);
    begin();
    code(verb, last)[1] = 2;
    expect(DURE_YAK_LOAD_EFFECT);
    /* The second rule's code left out altogether. */
    begin();
    size_t cut = program.verbs[verb].code_offset + 4 * (first + 1);
    size_t cut_size = 4 * (last - first);
    memmove(image + cut, image + cut + cut_size, image_size - cut - cut_size);
    image_size -= cut_size;
    dure_put_u32(image + 8, (uint32_t)image_size);
    size_t steps = program.verbs[verb].code_offset - program.verbs[verb].rule_count * 44u -
                   program.verbs[verb].input_count * 4u - 8;
    assert_int_equal(dure_get_u32(image + steps), last + 1);
    dure_put_u32(image + steps, first + 1);
    expect(DURE_YAK_LOAD_EFFECT);
    begin();
    dure_put_u32(image + steps, DURE_YAK_STEPS_MAX + 1);
    expect(DURE_YAK_LOAD_COST);
}

static void effects_belong_to_their_verb(void **state)
{
    (void)state;
    uint32_t cap = find(DURE_VERB_PURCHASE, YAK_OP_CAP_SUBSIDY);
    begin();
    code(DURE_VERB_PURCHASE, cap)[0] = YAK_OP_CAP_REWARD;
    expect(DURE_YAK_LOAD_EFFECT);
    uint32_t share = find(DURE_VERB_PAYMENT, YAK_OP_SHARE_CONST);
    begin();
    code(DURE_VERB_PAYMENT, share)[0] = YAK_OP_SUBSIDY_CONST;
    expect(DURE_YAK_LOAD_EFFECT);
    begin();
    put(DURE_VERB_REMAINDER, 0, YAK_OP_GIVEN, 0, 0);
    expect(DURE_YAK_LOAD_EFFECT);
}

static void a_grant_knows_its_amount_before_it_is_asked(void **state)
{
    (void)state;
    uint32_t given = find(DURE_VERB_GRANT, YAK_OP_GIVEN);
    uint32_t amount = find(DURE_VERB_GRANT, YAK_OP_AMOUNT);
    assert_true(given < amount);
    /* The unconditional give's condition becomes a test of the amount. */
    uint32_t test = find(DURE_VERB_GRANT, YAK_OP_TRUE);
    assert_true(test < given);
    begin();
    put(DURE_VERB_GRANT, given, YAK_OP_TRUE, 0, 0);
    expect(DURE_YAK_LOAD_TYPE);
    begin();
    uint32_t give = find(DURE_VERB_GRANT, YAK_OP_GIVE_CONST);
    code(DURE_VERB_GRANT, give)[0] = YAK_OP_GIVE_AMOUNT; /* joined with fixed gives */
    dure_put_u16(code(DURE_VERB_GRANT, give) + 2, 0);
    expect(DURE_YAK_LOAD_EFFECT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_head_is_checked),
        cmocka_unit_test(parameters_keep_their_range),
        cmocka_unit_test(parts_never_exceed_the_amount),
        cmocka_unit_test(jumps_stay_within_their_rule),
        cmocka_unit_test(operands_have_their_types),
        cmocka_unit_test(rules_are_asked_once_in_order),
        cmocka_unit_test(effects_belong_to_their_verb),
        cmocka_unit_test(a_grant_knows_its_amount_before_it_is_asked),
    };
    return cmocka_run_group_tests(tests, compile, NULL);
}

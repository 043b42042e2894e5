/* Images: whatever bytes they are made of, they are refused or they decide.  And the VM against the
   tree walker, on every program we have. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yak/dure_yak_tools.h"
#include "yak/test_draw.h"

static const char *const paths[] = {
    "examples/gimpo/general.yak",      "test/yak/right/everything.yak",
    "examples/gimpo/postnatal.yak",    "examples/gimpo/welfare_points.yak",
    "examples/gimpo/youth_2026q1.yak", "examples/gimpo/national_aid_2026.yak"};
enum { path_count = sizeof paths / sizeof paths[0] };

typedef struct {
    char source[DURE_YAK_SOURCE_SIZE_MAX];
    size_t source_size;
    void *workspace;
    dure_yak_tree_t *tree;
    uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    size_t image_size;
    dure_yak_program_t program;
    dure_yak_diagnostics_t diagnostics;
} loaded_t;

static loaded_t loaded[path_count];

static int load_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < path_count; i++) {
        loaded_t *one = &loaded[i];
        FILE *file = fopen(paths[i], "rb");
        assert_non_null(file);
        one->source_size = fread(one->source, 1, sizeof one->source, file);
        fclose(file);
        one->workspace = aligned_alloc(16, dure_yak_workspace_size());
        assert_non_null(one->workspace);
        one->tree = dure_yak_parse(one->workspace, dure_yak_workspace_size(),
                                   dure_bytes(one->source, one->source_size), &one->diagnostics);
        if (one->tree == NULL) {
            print_error("%s:%u: %s\n", paths[i], one->diagnostics.list[0].line,
                        one->diagnostics.list[0].en);
        }
        assert_non_null(one->tree);
        assert_true(dure_yak_tree_image(one->tree, one->image, &one->image_size));
        assert_int_equal(dure_yak_load(&one->program, dure_bytes(one->image, one->image_size)),
                         DURE_YAK_LOAD_OK);
    }
    return 0;
}

static int unload_all(void **state)
{
    (void)state;
    for (size_t i = 0; i < path_count; i++) {
        free(loaded[i].workspace);
    }
    return 0;
}

/* ---- the VM against the tree walker ---- */

static void assert_same(const dure_yak_decision_t *vm, const dure_yak_decision_t *walk,
                        const char *path, uint32_t verb)
{
    dure_yak_decision_t without_steps = *vm;
    without_steps.steps = 0;
    if (memcmp(&without_steps, walk, sizeof *walk) != 0) {
        print_error("%s, verb %u: vm outcome %u why %u rule %u missing %d denies %llx, walker "
                    "outcome %u why %u rule %u missing %d denies %llx\n",
                    path, verb, vm->outcome, vm->why, vm->rule, vm->missing,
                    (unsigned long long)vm->denies, walk->outcome, walk->why, walk->rule,
                    walk->missing, (unsigned long long)walk->denies);
        fail();
    }
}

static void vm_and_walker_agree(void **state)
{
    (void)state;
    uint64_t outcomes[4] = {0};
    for (size_t i = 0; i < path_count; i++) {
        for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
            for (uint32_t round = 0; round < 20000; round++) {
                dure_yak_value_t inputs[DURE_YAK_INPUTS_MAX];
                memset(inputs, 0, sizeof inputs);
                test_draw_inputs(inputs, &loaded[i].program, (dure_verb_t)verb, round % 64 == 0);
                for (uint32_t k = 0; k < DURE_YAK_INPUTS_MAX && round % 64 == 0; k++) {
                    inputs[k].value /= 4; /* sums of four stay within 64 bits */
                }
                dure_amount_t amount = test_draw_amount();
                dure_yak_decision_t vm;
                dure_yak_decision_t walk;
                dure_yak_decide(&vm, &loaded[i].program, (dure_verb_t)verb, amount, inputs);
                dure_yak_walk(&walk, loaded[i].tree, &loaded[i].program, (dure_verb_t)verb, amount,
                              inputs);
                assert_same(&vm, &walk, paths[i], verb);
                outcomes[vm.outcome]++;
            }
        }
    }
    /* The inputs reach every outcome often enough to mean something. */
    assert_true(outcomes[DURE_YAK_ACCEPTED] > 10000);
    assert_true(outcomes[DURE_YAK_HELD] > 10000);
    assert_true(outcomes[DURE_YAK_REFUSED] > 10000);
}

/* ---- broken images ---- */

static void run_with_any_inputs(const dure_yak_program_t *program)
{
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        if (!program->verbs[verb].declared) {
            continue;
        }
        for (uint32_t round = 0; round < 3; round++) {
            dure_yak_value_t inputs[DURE_YAK_INPUTS_MAX];
            test_draw_inputs(inputs, program, (dure_verb_t)verb, round != 0);
            dure_amount_t amount =
                round == 2 ? dure_amount(DURE_AMOUNT_WON_MAX) : test_draw_amount();
            dure_yak_decision_t decision;
            dure_yak_decide(&decision, program, (dure_verb_t)verb, amount, inputs);
            assert_true(decision.steps <= program->verbs[verb].steps_max);
            uint64_t whole = verb == DURE_VERB_GRANT ? DURE_AMOUNT_WON_MAX : amount.won;
            assert_true(decision.subsidy.won <= whole && decision.reward.won <= whole);
            assert_true(decision.share.won <= whole);
            assert_true(decision.outcome >= DURE_YAK_ACCEPTED &&
                        decision.outcome <= DURE_YAK_REFUSED);
            assert_true(decision.missing < (int)program->verbs[verb].input_count);
        }
    }
}

/* Loads an exact copy, so that the sanitizer sees a read past the end. */
static bool load_and_run(const uint8_t *image, size_t size)
{
    static dure_yak_program_t program;
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    assert_non_null(exact);
    memcpy(exact, image, size);
    bool ok = dure_yak_load(&program, dure_bytes(exact, size)) == DURE_YAK_LOAD_OK;
    if (ok) {
        run_with_any_inputs(&program);
    }
    free(exact);
    return ok;
}

static void every_flipped_byte_is_refused_or_harmless(void **state)
{
    (void)state;
    uint32_t accepted = 0;
    uint32_t refused = 0;
    for (size_t i = 0; i < path_count; i++) {
        static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
        memcpy(image, loaded[i].image, loaded[i].image_size);
        for (size_t at = 0; at < loaded[i].image_size; at++) {
            uint8_t before = image[at];
            const uint8_t values[] = {(uint8_t)(before ^ 1),
                                      (uint8_t)(before ^ 0x80),
                                      (uint8_t)(before + 1),
                                      (uint8_t)(before - 1),
                                      0,
                                      0xff,
                                      (uint8_t)(before ^ 0x10),
                                      (uint8_t)test_draw()};
            for (size_t k = 0; k < sizeof values; k++) {
                image[at] = values[k];
                bool same = values[k] == before;
                bool ok = load_and_run(image, loaded[i].image_size);
                assert_true(ok || !same);
                accepted += ok && !same;
                refused += !ok;
            }
            image[at] = before;
        }
    }
    print_message("flipped: %u refused, %u load and run\n", refused, accepted);
    assert_true(refused > accepted);
}

static void scrambled_code_is_refused_or_harmless(void **state)
{
    (void)state;
    uint32_t accepted = 0;
    for (uint32_t round = 0; round < 60000; round++) {
        const loaded_t *one = &loaded[round % path_count];
        static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
        memcpy(image, one->image, one->image_size);
        uint32_t verb = 1 + (uint32_t)test_below(DURE_VERB_COUNT - 1);
        const dure_yak_verb_t *rules = &one->program.verbs[verb];
        if (!rules->declared) {
            continue;
        }
        uint8_t *code = image + rules->code_offset;
        uint32_t count = rules->steps_max;
        for (uint64_t change = 1 + test_below(3); change > 0; change--) {
            uint8_t *a = code + 4 * test_below(count);
            const uint8_t *b = code + 4 * test_below(count);
            if (test_below(2) == 0) {
                memmove(a, b, 4);
            } else {
                a[test_below(3)] = (uint8_t)test_below(48);
            }
        }
        accepted += load_and_run(image, one->image_size);
    }
    print_message("scrambled: %u of 60000 load and run\n", accepted);
}

static void cut_and_stretched_images_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < path_count; i++) {
        for (size_t size = 0; size < loaded[i].image_size; size++) {
            assert_false(load_and_run(loaded[i].image, size));
        }
        static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
        memset(image, 0, sizeof image);
        memcpy(image, loaded[i].image, loaded[i].image_size);
        assert_false(load_and_run(image, loaded[i].image_size + 1));
        assert_false(load_and_run(image, loaded[i].image_size + 4));
        /* also when the size field agrees */
        dure_put_u32(image + 8, (uint32_t)loaded[i].image_size + 4);
        assert_false(load_and_run(image, loaded[i].image_size + 4));
    }
}

/* ---- the rest ---- */

static void every_example_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < path_count; i++) {
        static dure_yak_answer_t answers[64];
        uint32_t count = dure_yak_examples_run(answers, 64, loaded[i].tree, &loaded[i].program);
        assert_true(count > 0 && count <= 64);
        for (uint32_t k = 0; k < count; k++) {
            if (!answers[k].passed) {
                print_error("%s: %s says %s, answers %s\n", paths[i], answers[k].name.text,
                            answers[k].says, answers[k].answers);
            }
            assert_true(answers[k].passed);
            dure_yak_decision_t walk;
            dure_yak_walk(&walk, loaded[i].tree, &loaded[i].program, answers[k].verb,
                          answers[k].amount, answers[k].inputs);
            assert_same(&answers[k].decision, &walk, paths[i], (uint32_t)answers[k].verb);
        }
    }
}

static void the_same_source_gives_the_same_image(void **state)
{
    (void)state;
    for (size_t i = 0; i < path_count; i++) {
        static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
        size_t size = 0;
        static dure_yak_diagnostics_t diagnostics;
        void *workspace = aligned_alloc(16, dure_yak_workspace_size());
        assert_non_null(workspace);
        memset(workspace, 0xa5, dure_yak_workspace_size());
        memset(image, 0xa5, sizeof image);
        assert_true(dure_yak_compile(workspace, dure_yak_workspace_size(),
                                     dure_bytes(loaded[i].source, loaded[i].source_size), image,
                                     &size, &diagnostics));
        assert_int_equal(size, loaded[i].image_size);
        assert_memory_equal(image, loaded[i].image, size);
        free(workspace);
    }
}

/* Every compiler, at every level, on every machine makes these bytes.  YAK_REGENERATE=1 writes them
   anew after a change of the format or of a program. */
static void images_are_the_committed_ones(void **state)
{
    (void)state;
    static const char *const names[path_count] = {"general",
                                                  "everything",
                                                  "gimpo_postnatal",
                                                  "gimpo_welfare_points",
                                                  "gimpo_youth_2026q1",
                                                  "national_aid_2026"};
    bool regenerate = getenv("YAK_REGENERATE") != NULL;
    for (size_t i = 0; i < path_count; i++) {
        char path[256];
        static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
        snprintf(path, sizeof path, "test/corpus/fuzz_yak_image/%s.image", names[i]);
        FILE *file = fopen(path, regenerate ? "wb" : "rb");
        assert_non_null(file);
        if (regenerate) {
            assert_int_equal(fwrite(loaded[i].image, 1, loaded[i].image_size, file),
                             loaded[i].image_size);
        } else {
            assert_int_equal(fread(image, 1, sizeof image, file), loaded[i].image_size);
            assert_memory_equal(image, loaded[i].image, loaded[i].image_size);
        }
        fclose(file);
    }
}

static void counters_are_known_by_their_line(void **state)
{
    (void)state;
    /* Both programs count the same line; the other counters differ in name, period or verb. */
    const dure_yak_program_t *youth = &loaded[4].program;
    const dure_yak_program_t *aid = &loaded[5].program;
    assert_memory_equal(youth->counters[0].identity, aid->counters[0].identity, 8);
    assert_memory_not_equal(youth->counters[1].identity, aid->counters[0].identity, 8);
    assert_memory_not_equal(loaded[2].program.counters[0].identity, aid->counters[0].identity, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vm_and_walker_agree),
        cmocka_unit_test(every_flipped_byte_is_refused_or_harmless),
        cmocka_unit_test(scrambled_code_is_refused_or_harmless),
        cmocka_unit_test(cut_and_stretched_images_are_refused),
        cmocka_unit_test(every_example_holds),
        cmocka_unit_test(the_same_source_gives_the_same_image),
        cmocka_unit_test(images_are_the_committed_ones),
        cmocka_unit_test(counters_are_known_by_their_line),
    };
    return cmocka_run_group_tests(tests, load_all, unload_all);
}

/* What check warns of: each program below has one flaw, and the advice names it and its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yak/dure_yak_tools.h"

enum { answers_max = 16 };

/* Line 3 holds the declarations, line 4 the rules of a purchase, line 5 its examples. */
static const char frame[] =
    "fund f { issuer city 41570 currency KRW validity 5 years lapse to issuer.b priority 1\n"
    "old lots keep missing risk counts as 0\n%s\npurchase { %s }\n%s\n"
    "words { f ko \"가\" en \"f\" zh \"一\" %s } }\n";

/* "line:code line:code ..." */
static void advise(char said[256], const char *declared, const char *rules, const char *examples,
                   const char *words)
{
    static char source[4096];
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    static dure_yak_program_t program;
    static dure_yak_diagnostics_t diagnostics;
    static dure_yak_answer_t answers[answers_max];
    int size = snprintf(source, sizeof source, frame, declared, rules, examples, words);
    void *workspace = aligned_alloc(16, dure_yak_workspace_size());
    assert_non_null(workspace);
    size_t image_size = 0;
    dure_yak_tree_t *tree = dure_yak_parse(workspace, dure_yak_workspace_size(),
                                           dure_bytes(source, (size_t)size), &diagnostics);
    if (tree == NULL) {
        print_error("%u:%u %s\n%s", diagnostics.list[0].line, diagnostics.list[0].column,
                    diagnostics.list[0].en, source);
        fail();
    }
    assert_true(dure_yak_tree_image(tree, image, &image_size));
    assert_int_equal(dure_yak_load(&program, dure_bytes(image, image_size)), DURE_YAK_LOAD_OK);
    uint32_t count = dure_yak_examples_run(answers, answers_max, tree, &program);
    assert_true(count <= answers_max);
    for (uint32_t i = 0; i < count; i++) {
        assert_true(answers[i].passed);
    }
    static dure_yak_diagnostics_t advice;
    dure_yak_advise(&advice, tree, &program, answers, count);
    said[0] = '\0';
    for (uint32_t i = 0; i < advice.count; i++) {
        char one[32];
        snprintf(one, sizeof one, "%s%u:%u", i > 0 ? " " : "", advice.list[i].line,
                 advice.list[i].code);
        strncat(said, one, 255 - strlen(said));
    }
    /* Asking leaves the program as it was. */
    static uint8_t again[DURE_YAK_IMAGE_SIZE_MAX];
    size_t again_size = 0;
    assert_true(dure_yak_tree_image(tree, again, &again_size));
    assert_int_equal(again_size, image_size);
    assert_memory_equal(again, image, image_size);
    free(workspace);
}

static void assert_advice(const char *declared, const char *rules, const char *examples,
                          const char *words, const char *expected)
{
    char said[256];
    advise(said, declared, rules, examples, words);
    assert_string_equal(said, expected);
}

#define SEEN                                                                                       \
    "example y : purchase, buyer is citizen is accepted\n"                                         \
    "example n : purchase, buyer is merchant is refused"
#define D "d ko \"가\" en \"d\" zh \"一\""

static void a_watched_program_gets_no_advice(void **state)
{
    (void)state;
    assert_advice("", "allow when buyer is citizen", SEEN, "", "");
}

static void rules_need_an_example_on_each_side(void **state)
{
    (void)state;
    assert_advice("", "allow when buyer is citizen", "", "", "4:601 4:602");
    assert_advice("", "allow when buyer is citizen",
                  "example y : purchase, buyer is citizen is accepted", "", "4:602");
    assert_advice("", "allow when buyer is citizen",
                  "example n : purchase, buyer is merchant is refused", "", "4:601");
    /* An allow that always holds has one side only. */
    assert_advice("", "allow", "", "", "4:601");
    assert_advice("", "allow", "example y : purchase is accepted", "", "");
    /* A refusal that two rules explain watches neither. */
    assert_advice("", "allow when buyer is citizen\ndeny d when amount > 5 won",
                  "example y : purchase of 5 won, buyer is citizen is accepted\n"
                  "example b : purchase of 6 won, buyer is merchant is refused",
                  D, "4:602 5:601");
    assert_advice("", "allow when buyer is citizen\ndeny d when amount > 5 won",
                  "example y : purchase of 5 won, buyer is citizen is accepted\n"
                  "example n : purchase of 5 won, buyer is merchant is refused\n"
                  "example d : purchase of 6 won, buyer is citizen is refused d",
                  D, "");
}

static void effects_and_caps_are_watched_too(void **state)
{
    (void)state;
    const char *rules = "allow\nsubsidy 50% of amount from issuer.b when amount > 2 won\n"
                        "cap subsidy at 3 won";
    assert_advice("", rules, "example y : purchase of 5 won is accepted", "",
                  "5:601 5:602 6:601 6:602");
    assert_advice("", rules,
                  "example y : purchase of 4 won is accepted with subsidy = 2 won\n"
                  "example c : purchase of 9 won is accepted with subsidy = 3 won\n"
                  "example n : purchase of 2 won is accepted with subsidy = 0 won",
                  "", "");
}

#define WATCHED "example y : purchase is accepted\nexample n : purchase of 7 won is refused d"

static void tests_that_never_change_are_named(void **state)
{
    (void)state;
    const char *limit = "parameter p : won in 5 won..9 won = 7 won";
    const char *words = "p ko \"가\" en \"p\" zh \"一\" " D;
    assert_advice(limit, "allow\ndeny d when amount = p or amount > 1,000,000,000,000,000 won",
                  WATCHED, words, "5:604");
    assert_advice(limit, "allow\ndeny d when amount = p or p <= 4 won", WATCHED, words, "5:604");
    assert_advice(limit, "allow\ndeny d when amount = p and p <= 9 won", WATCHED, words, "5:603");
    assert_advice(limit, "allow\ndeny d when amount = p and amount >= 1 won", WATCHED, words,
                  "5:603");
    assert_advice("", "allow\ndeny d when amount = 7 won or time >= 24:00", WATCHED, D, "5:604");
    assert_advice("", "allow\ndeny d when amount = 7 won and time in 00:00..24:00", WATCHED, D,
                  "5:603");
    /* A missing year makes a test unknown: it is not idle. */
    assert_advice("", "allow\ndeny d when amount = 7 won and buyer.birth_digit <= 9", WATCHED, D,
                  "");
}

static void contradictions_are_named(void **state)
{
    (void)state;
    static const char *const never[] = {"time = 09:00 and time = 10:00",
                                        "weekday = monday and weekday in [sunday, saturday]",
                                        "amount < 5 won and amount > 5 won",
                                        "time in 09:00..10:00 and time in 10:00..11:00",
                                        "buyer is citizen and not buyer is citizen",
                                        "buyer is citizen and buyer is merchant",
                                        "weekday = monday unless weekday = monday"};
    for (size_t i = 0; i < sizeof never / sizeof never[0]; i++) {
        char rules[256];
        snprintf(rules, sizeof rules, "allow\nallow when %s", never[i]);
        char said[256];
        advise(said, "", rules, "example y : purchase is accepted", "");
        assert_non_null(strstr(said, "5:605"));
    }
    char said[256];
    advise(said, "", "allow\nallow when time in 09:00..10:01 and time in 10:00..11:00", "", "");
    assert_null(strstr(said, "605"));
}

static void idle_rules_are_named(void **state)
{
    (void)state;
    char said[256];
    advise(said, "", "allow when buyer is citizen\nallow when buyer is citizen and amount > 5 won",
           "", "");
    assert_non_null(strstr(said, "5:606"));
    assert_null(strstr(said, "4:606"));
    advise(said, "", "allow\ndeny d when amount > 5 won\ndeny e when amount > 5 won", "",
           D " e ko \"가\" en \"e\" zh \"一\"");
    assert_non_null(strstr(said, "6:606"));
    assert_null(strstr(said, "5:606"));
    advise(said, "", "allow when amount > 5 won and time < 09:00\ndeny d when time < 09:00", "", D);
    assert_non_null(strstr(said, "4:607"));
    advise(said, "", "allow when amount > 5 won\nallow when amount > 6 won", "", "");
    assert_null(strstr(said, "606"));
}

static void unused_names_are_named(void **state)
{
    (void)state;
    assert_advice("parameter p : won in 0 won..9 won = 7 won\nlist l of citizen\n"
                  "set s = [bakery]\ncounter c = count ever on purchase by buyer",
                  "allow when buyer is citizen", SEEN,
                  "p ko \"가\" en \"p\" zh \"一\" l ko \"가\" en \"l\" zh \"一\" "
                  "s ko \"가\" en \"s\" zh \"一\" c ko \"가\" en \"c\" zh \"一\"",
                  "3:608 4:608 5:608 6:608");
    assert_advice("counter c = count ever on purchase by buyer\npromise p : always c <= 5",
                  "allow when buyer is citizen", SEEN, "c ko \"가\" en \"c\" zh \"一\"", "");
}

/* The programs that cities start from are watched whole and laid out in the one layout. */
static void the_example_programs_get_no_advice(void **state)
{
    (void)state;
    static const char *const names[] = {"general", "postnatal", "welfare_points", "youth_2026q1",
                                        "national_aid_2026"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        static char source[DURE_YAK_SOURCE_SIZE_MAX];
        static char laid[DURE_YAK_SOURCE_SIZE_MAX];
        static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
        static dure_yak_program_t program;
        static dure_yak_diagnostics_t diagnostics;
        static dure_yak_diagnostics_t advice;
        static dure_yak_answer_t answers[64];
        snprintf(path, sizeof path, "examples/gimpo/%s.yak", names[i]);
        FILE *file = fopen(path, "rb");
        assert_non_null(file);
        size_t size = fread(source, 1, sizeof source, file);
        fclose(file);
        size_t room = dure_yak_workspace_size();
        void *workspace = aligned_alloc(16, room);
        assert_non_null(workspace);
        size_t laid_size = 0;
        assert_true(dure_yak_format(laid, &laid_size, workspace, room, dure_bytes(source, size),
                                    &diagnostics));
        assert_int_equal(laid_size, size);
        assert_memory_equal(laid, source, size);
        size_t image_size = 0;
        dure_yak_tree_t *tree =
            dure_yak_parse(workspace, room, dure_bytes(source, size), &diagnostics);
        assert_non_null(tree);
        assert_true(dure_yak_tree_image(tree, image, &image_size));
        assert_int_equal(dure_yak_load(&program, dure_bytes(image, image_size)), DURE_YAK_LOAD_OK);
        uint32_t count = dure_yak_examples_run(answers, 64, tree, &program);
        assert_true(count >= 10 && count <= 64);
        dure_yak_advise(&advice, tree, &program, answers, count);
        if (advice.count > 0) {
            print_error("%s:%u: %s\n", path, advice.list[0].line, advice.list[0].en);
        }
        assert_int_equal(advice.count, 0);
        free(workspace);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_watched_program_gets_no_advice),
        cmocka_unit_test(rules_need_an_example_on_each_side),
        cmocka_unit_test(effects_and_caps_are_watched_too),
        cmocka_unit_test(tests_that_never_change_are_named),
        cmocka_unit_test(contradictions_are_named),
        cmocka_unit_test(idle_rules_are_named),
        cmocka_unit_test(unused_names_are_named),
        cmocka_unit_test(the_example_programs_get_no_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

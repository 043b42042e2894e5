/* `dure yak` as it is typed: exit codes, what is printed and where. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "app/yak_command.h"

enum { text_max = 1 << 16 };
static char printed[2][text_max]; /* stdout, stderr */

static FILE *redirect(FILE *stream, int *saved)
{
    fflush(stream);
    *saved = dup(fileno(stream));
    FILE *file = tmpfile();
    assert_non_null(file);
    assert_true(*saved >= 0 && dup2(fileno(file), fileno(stream)) >= 0);
    return file;
}

static void restore(FILE *stream, int saved, FILE *file, char *text)
{
    fflush(stream);
    assert_true(dup2(saved, fileno(stream)) >= 0);
    close(saved);
    rewind(file);
    size_t size = fread(text, 1, text_max - 1, file);
    text[size] = '\0';
    fclose(file);
}

static int run(int argc, const char *const *words)
{
    char copies[8][512];
    char *argv[8];
    for (int i = 0; i < argc; i++) {
        snprintf(copies[i], sizeof copies[i], "%s", words[i]);
        argv[i] = copies[i];
    }
    int saved[2];
    FILE *out = redirect(stdout, &saved[0]);
    FILE *err = redirect(stderr, &saved[1]);
    int code = dure_yak_command(argc, argv);
    restore(stderr, saved[1], err, printed[1]);
    restore(stdout, saved[0], out, printed[0]);
    return code;
}

#define RUN(...)                                                                                   \
    run((int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)),                        \
        (const char *const[]){__VA_ARGS__})
#define GENERAL "examples/gimpo/general.yak"

static void assert_says(const char *text, const char *part)
{
    if (strstr(text, part) == NULL) {
        print_error("no \"%s\" in:\n%s\n", part, text);
        fail();
    }
}

static void check_prints_what_a_program_declares(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", GENERAL), 0);
    assert_says(printed[0], "gimpo_general (Gimpo Pay)");
    assert_says(printed[0], "500,000 won in 0 won..2,000,000 won, notice 7 days");
    assert_says(printed[0], "fixed at issue");
    assert_says(printed[0], "at most 24 steps");
    assert_says(printed[0], "recall         refused");
    assert_string_equal(printed[1], "");
    assert_int_equal(RUN("check", GENERAL, "--json"), 0);
    assert_says(printed[0], "{\"ok\":true,\"fund\":\"gimpo_general\"");
    assert_says(printed[0], "\"adds_to\":[\"bought\",\"sold\"]");
    assert_says(printed[0], "\"warnings\":[],\"more_warnings\":0}");
}

static void check_warns_and_still_exits_well(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", "test/yak/failing_example.yak"), 0);
    assert_says(printed[0], "adds to nothing");
    assert_says(printed[1], "warning: no example of `purchase` would fail if `allow` were deleted");
    assert_int_equal(RUN("check", "test/yak/failing_example.yak", "--lang", "ko"), 0);
    assert_says(printed[1], "경고: ");
    assert_int_equal(RUN("check", "test/yak/failing_example.yak", "--json"), 0);
    assert_says(printed[0], "\"code\":601,");
    assert_string_equal(printed[1], "");
}

static void errors_show_the_line_and_the_place(void **state)
{
    (void)state;
    assert_int_equal(RUN("check", "test/yak/wrong/cyrillic_in_words.yak"), 2);
    assert_string_equal(printed[0], "");
    /* The Korean word before it takes two columns on the terminal. */
    assert_string_equal(
        printed[1], "test/yak/wrong/cyrillic_in_words.yak:10:23: U+043E looks like a plain letter "
                    "but is another; write the letter of the keyboard [yak 104]\n"
                    "      trial ko \"말\" en \"wоrds\" zh \"話\"\n"
                    "                         ^\n");
    assert_int_equal(RUN("check", "test/yak/wrong/item_misspelt.yak", "--lang", "ko"), 2);
    assert_says(printed[1], "`priority`을(를) 쓰려고 했습니까?");
    assert_int_equal(RUN("check", "test/yak/wrong/item_misspelt.yak", "--json"), 2);
    assert_says(printed[0], "{\"ok\":false,\"errors\":[{\"line\":6,\"column\":3,\"length\":7,"
                            "\"code\":202,");
    assert_string_equal(printed[1], "");
}

static void run_answers_a_question(void **state)
{
    (void)state;
    assert_int_equal(
        RUN("run", GENERAL, "purchase of 20,001 won, buyer is citizen, bought = 480,000 won"), 0);
    assert_says(printed[0], "refused over_monthly_limit\n");
    assert_says(printed[0], "over your monthly limit\n    monthly_limit: 500,000 won\n"
                            "    bought: 480,000 won\n");
    assert_int_equal(
        RUN("run", GENERAL, "payment, payee is merchant, payee.region = 41570", "--lang", "ko"), 0);
    assert_says(printed[0], "kind_of_shop: 쓸 수 없는 업종입니다\n    payee.category: missing");
    assert_int_equal(
        RUN("run", GENERAL, "redemption, holder is merchant, holder.risk = 700", "--json"), 0);
    assert_says(printed[0], "\"outcome\":\"held\",\"why\":\"none\",\"rules\":[\"risky\"],"
                            "\"hold_days\":3,");
    assert_int_equal(RUN("run", GENERAL, "recall"), 0);
    assert_says(printed[0], "the program does not mention recall");
}

static void run_compares_an_answer(void **state)
{
    (void)state;
    assert_int_equal(RUN("run", GENERAL, "cancel, lot.age = 7 days is accepted"), 0);
    assert_int_equal(RUN("run", GENERAL, "cancel, lot.age = 8 days is accepted"), 1);
    assert_int_equal(RUN("run", GENERAL, "cancel, lot.agee = 8 days"), 2);
    assert_says(printed[1], "question:1:13: expected `used`, `age` or `origin`");
    assert_int_equal(RUN("run", GENERAL, "cancel lot.age"), 2);
    assert_int_equal(RUN("run", GENERAL, ""), 2);
    assert_int_equal(RUN("run", GENERAL, "purchase of 0 won"), 2);
    assert_int_equal(RUN("run", GENERAL,
                         "payment, payee.owner = payer, payee in rural_marts, "
                         "payee.region = 41570, payee.category = taxi is refused "
                         "own_shop"),
                     0);
}

static void test_runs_the_examples(void **state)
{
    (void)state;
    assert_int_equal(RUN("test", GENERAL), 0);
    assert_says(printed[0], "25 passed, 0 failed\n");
    assert_int_equal(RUN("test", "test/yak/failing_example.yak"), 1);
    assert_string_equal(printed[0],
                        "FAIL  too_early (test/yak/failing_example.yak:10): says refused, the "
                        "program answers accepted\nok    too_late\n1 passed, 1 failed\n");
    assert_int_equal(RUN("test", "test/yak/failing_example.yak", "--json"), 1);
    assert_says(printed[0], "\"passed\":1,\"failed\":1}");
}

static void fmt_checks_prints_and_writes(void **state)
{
    (void)state;
    char path[] = "/tmp/dure_fmt_XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    /* What fmt prints of a program that is laid out otherwise ... */
    assert_int_equal(RUN("fmt", "test/yak/right/unformatted.yak", "--check"), 1);
    assert_says(printed[1], "not in the one layout");
    assert_int_equal(RUN("fmt", "test/yak/right/unformatted.yak"), 0);
    FILE *out = fopen(path, "wb");
    assert_non_null(out);
    fputs("-- kept\n\n\n", out);
    fputs(printed[0], out);
    fclose(out);
    /* ... is laid out but for the comment's blank lines, and --write mends these. */
    assert_int_equal(RUN("fmt", path, "--check"), 1);
    assert_int_equal(RUN("fmt", path, "--write"), 0);
    assert_string_equal(printed[0], "");
    assert_int_equal(RUN("fmt", path, "--check"), 0);
    assert_int_equal(RUN("fmt", path, "--check", "--write"), 2);
    assert_int_equal(RUN("check", path, "--write"), 2);
    assert_int_equal(RUN("fmt", "test/yak/wrong/item_misspelt.yak"), 2);
    assert_int_equal(RUN("fmt", "no/such/folder/x.yak", "--write"), 2);
    unlink(path);
}

static void a_wrong_command_line_shows_help(void **state)
{
    (void)state;
    assert_int_equal(RUN("--help"), 0);
    assert_says(printed[0], "usage: dure yak check FILE");
    assert_int_equal(RUN("chek", GENERAL), 2);
    assert_int_equal(RUN("check"), 2);
    assert_int_equal(RUN("run", GENERAL), 2);
    assert_int_equal(RUN("check", GENERAL, "--lang", "fr"), 2);
    assert_int_equal(RUN("check", GENERAL, "more"), 2);
    assert_says(printed[1], "usage: dure yak check FILE");
    assert_int_equal(RUN("check", "no/such/file.yak"), 2);
    assert_says(printed[1], "no/such/file.yak: No such file");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(check_prints_what_a_program_declares),
        cmocka_unit_test(check_warns_and_still_exits_well),
        cmocka_unit_test(errors_show_the_line_and_the_place),
        cmocka_unit_test(run_answers_a_question),
        cmocka_unit_test(run_compares_an_answer),
        cmocka_unit_test(test_runs_the_examples),
        cmocka_unit_test(fmt_checks_prints_and_writes),
        cmocka_unit_test(a_wrong_command_line_shows_help),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Whatever is given as source, the answer comes in bounded time and memory.  The work space is the
   bound on memory: it is fixed, and a guard behind it shows that nothing goes further.  Time is
   measured as processor time against a generous bound: each source is at most 32 KiB, which takes
   milliseconds, so that only work that grows faster than the source could reach it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "yak/dure_yak_tools.h"

enum { guard_size = 4096, source_max = 2 << 20 };
static const double seconds_max = 5.0; /* also under sanitizers and -O0 */

static char source[source_max];
static size_t source_size;

static void take(const char *text)
{
    size_t size = strlen(text);
    assert_true(source_size + size <= source_max);
    memcpy(source + source_size, text, size);
    source_size += size;
}

static void begin(void)
{
    source_size = 0;
    take("fund f { issuer city 41570 currency KRW validity 5 years lapse to issuer.b\n"
         "priority 1 old lots keep\n");
}

/* The number of the first message; 0: compiled.  Compiles, formats, advises. */
static unsigned answer_of(void)
{
    size_t size = dure_yak_workspace_size();
    uint8_t *workspace = aligned_alloc(16, size + guard_size);
    char *exact = malloc(source_size + 1);
    assert_non_null(workspace);
    assert_non_null(exact);
    memcpy(exact, source, source_size);
    memset(workspace + size, 0xa5, guard_size);
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    static char laid[DURE_YAK_SOURCE_SIZE_MAX];
    static dure_yak_diagnostics_t diagnostics;
    static dure_yak_program_t program;
    static dure_yak_answer_t answers[1024];
    size_t laid_size = 0;
    size_t image_size = 0;
    dure_bytes_t bytes = dure_bytes(exact, source_size);
    clock_t start = clock();
    bool laid_out = dure_yak_format(laid, &laid_size, workspace, size, bytes, &diagnostics);
    dure_yak_tree_t *tree = dure_yak_parse(workspace, size, bytes, &diagnostics);
    bool compiled = tree != NULL && dure_yak_tree_image(tree, image, &image_size);
    unsigned first = diagnostics.count == 0 ? 0 : diagnostics.list[0].code;
    assert_true(compiled == (first == 0));
    assert_true(compiled || diagnostics.count > 0);
    assert_true(tree != NULL || !laid_out);
    if (compiled) {
        assert_int_equal(dure_yak_load(&program, dure_bytes(image, image_size)), DURE_YAK_LOAD_OK);
        uint32_t count = dure_yak_examples_run(answers, 1024, tree, &program);
        assert_true(count <= 1024);
        static dure_yak_diagnostics_t advice;
        dure_yak_advise(&advice, tree, &program, answers, count);
    }
    double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    if (seconds > seconds_max) {
        print_error("%.3f s for %zu bytes\n", seconds, source_size);
    }
    assert_true(seconds <= seconds_max);
    for (size_t i = 0; i < guard_size; i++) {
        assert_int_equal(workspace[size + i], 0xa5);
    }
    free(exact);
    free(workspace);
    return first;
}

static void fill(const char *unit, size_t upto)
{
    while (source_size + strlen(unit) <= upto) {
        take(unit);
    }
}

enum { limit = DURE_YAK_SOURCE_SIZE_MAX };

static void deep_nesting_is_refused(void **state)
{
    (void)state;
    static const char *const units[] = {"(", "not ", "not (", "[", "{"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        begin();
        take("purchase { allow when ");
        fill(units[i], limit - 16);
        assert_int_not_equal(answer_of(), 0);
    }
    source_size = 0;
    fill("{", limit);
    assert_int_not_equal(answer_of(), 0);
    source_size = 0;
    fill("fund f {", limit);
    assert_int_not_equal(answer_of(), 0);
}

static void a_large_source_is_refused_at_once(void **state)
{
    (void)state;
    begin();
    fill("-- a million bytes\n", 1u << 20);
    assert_int_equal(answer_of(), 101);
    source_size = 0;
    fill("deny d when amount > 1 won\n", 1000001u); /* far more than 32 KiB of guards */
    assert_int_equal(answer_of(), 101);
    source_size = 0;
    fill(" ", limit + 1);
    assert_int_equal(answer_of(), 101);
}

static void guards_up_to_the_limit_are_counted(void **state)
{
    (void)state;
    /* More rules than a verb may have. */
    begin();
    take("purchase {\nallow\n");
    fill("deny d when amount>1 won\n", limit - 16);
    take("}\n}\n");
    assert_int_equal(answer_of(), 515);
    /* More tests in a row. */
    begin();
    take("purchase {\nallow when amount > 1 won\n");
    fill("and amount>1 won\n", limit - 16);
    take("}\n}\n");
    assert_int_equal(answer_of(), 515);
    /* As much as a verb may hold. */
    begin();
    take("purchase {\nallow\n");
    for (unsigned rule = 0; rule < 24; rule++) {
        char name[32];
        snprintf(name, sizeof name, "deny d%u when\n", rule);
        take(name);
        for (unsigned test = 0; test < 60; test++) {
            take(test == 0 ? "amount>1 won\n" : "and amount>1 won\n");
        }
    }
    take("}\nwords { f ko \"a\" en \"f\" zh \"b\"\n");
    for (unsigned rule = 0; rule < 24; rule++) {
        char words[64];
        snprintf(words, sizeof words, "d%u ko \"a\" en \"d\" zh \"b\"\n", rule);
        take(words);
    }
    take("}\n}\n");
    assert_true(source_size <= limit);
    unsigned code = answer_of();
    assert_true(code == 0 || code == 523);
}

static void many_small_items_take_no_more_than_their_share(void **state)
{
    (void)state;
    static const struct {
        const char *line; /* %u: its number */
    } lines[] = {{"set s%u = [bakery]\n"},
                 {"example e%u : purchase is accepted\n"},
                 {"promise p%u : every purchase has amount <= 5 won\n"},
                 {"parameter a%u : won in 1 won..2 won = 1 won\n"},
                 {"counter c%u = count ever on purchase\n"},
                 {"list l%u of citizen\n"},
                 {"words { w%u ko \"a\" en \"a\" zh \"a\" }\n"}};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        begin();
        take("purchase { allow }\nwords { f ko \"a\" en \"f\" zh \"b\" }\n");
        for (unsigned number = 0; source_size < limit - 80; number++) {
            char line[96];
            snprintf(line, sizeof line, lines[i].line, number);
            take(line);
        }
        take("}\n");
        (void)answer_of();
    }
    /* One set with a thousand names, one text as long as the source, one name likewise. */
    begin();
    take("set s = [");
    fill("1, ", limit - 64);
    take("2] }");
    assert_int_not_equal(answer_of(), 0);
    begin();
    take("purchase { allow }\nwords { f en \"f\" zh \"b\" ko \"");
    fill("가", limit - 32);
    take("\" } }");
    assert_int_not_equal(answer_of(), 0);
    begin();
    fill("a", limit);
    assert_int_not_equal(answer_of(), 0);
}

static void bytes_that_are_no_text_are_refused(void **state)
{
    (void)state;
    static const char *const units[] = {"\xff", "\xc0\xaf", "\xe0\x80", "\xed\xa0\x80", "\xf5\x80"};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        begin();
        fill(units[i], limit - 4);
        assert_int_equal(answer_of(), 102);
        begin();
        take("purchase { allow }\nwords { f ko \"");
        fill(units[i], limit - 64);
        take("\" en \"f\" zh \"b\" } }");
        assert_int_equal(answer_of(), 102);
    }
    source_size = 0;
    for (size_t i = 0; i < limit; i++) {
        source[source_size++] = '\0';
    }
    assert_int_not_equal(answer_of(), 0);
}

static void long_lines_are_nothing_special(void **state)
{
    (void)state;
    source_size = 0;
    fill("fund ", 1u << 16);
    assert_int_equal(answer_of(), 101); /* 64 KiB in one line */
    begin();
    take("purchase { allow }\nwords { f ko \"a\" en \"f\" zh \"b\" }\n");
    fill(" ", limit - 8);
    take("}");
    assert_int_equal(answer_of(), 0);
    begin();
    take("purchase { allow }\nwords { f ko \"a\" en \"f\" zh \"b\" } }--");
    fill("x", limit);
    assert_int_equal(answer_of(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deep_nesting_is_refused),
        cmocka_unit_test(a_large_source_is_refused_at_once),
        cmocka_unit_test(guards_up_to_the_limit_are_counted),
        cmocka_unit_test(many_small_items_take_no_more_than_their_share),
        cmocka_unit_test(bytes_that_are_no_text_are_refused),
        cmocka_unit_test(long_lines_are_nothing_special),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

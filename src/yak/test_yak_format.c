/* One layout: formatting twice changes nothing, formatting never changes the image, and every
   comment stays. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yak/dure_yak_tools.h"

static const char *const paths[] = {
    "examples/gimpo/general.yak",      "test/yak/right/everything.yak",
    "examples/gimpo/postnatal.yak",    "examples/gimpo/welfare_points.yak",
    "examples/gimpo/youth_2026q1.yak", "examples/gimpo/national_aid_2026.yak"};
enum { path_count = sizeof paths / sizeof paths[0], text_max = DURE_YAK_SOURCE_SIZE_MAX };

typedef struct {
    char data[text_max + 1];
    size_t size;
} text_t;

static void *workspace;
static dure_yak_diagnostics_t diagnostics;
static uint64_t state_of_draw = 88172645463325252u;

static uint32_t below(uint32_t bound)
{
    state_of_draw ^= state_of_draw << 13;
    state_of_draw ^= state_of_draw >> 7;
    state_of_draw ^= state_of_draw << 17;
    return (uint32_t)(state_of_draw >> 33) % bound;
}

static int prepare(void **state)
{
    (void)state;
    workspace = aligned_alloc(16, dure_yak_workspace_size());
    return workspace == NULL;
}

static int clean(void **state)
{
    (void)state;
    free(workspace);
    return 0;
}

static void read_file(text_t *text, const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text->size = fread(text->data, 1, text_max, file);
    fclose(file);
}

static void take(text_t *text, const char *literal)
{
    text->size = strlen(literal);
    memcpy(text->data, literal, text->size);
}

static size_t compile(uint8_t *image, const text_t *text)
{
    size_t size = 0;
    if (!dure_yak_compile(workspace, dure_yak_workspace_size(), dure_bytes(text->data, text->size),
                          image, &size, &diagnostics)) {
        print_error("%u:%u %s\n%.*s\n", diagnostics.list[0].line, diagnostics.list[0].column,
                    diagnostics.list[0].en, (int)text->size, text->data);
        fail();
    }
    return size;
}

static void assert_same_image(const text_t *a, const text_t *b)
{
    static uint8_t images[2][DURE_YAK_IMAGE_SIZE_MAX];
    size_t size = compile(images[0], a);
    assert_int_equal(compile(images[1], b), size);
    assert_memory_equal(images[0], images[1], size);
}

static void format(text_t *out, const text_t *in)
{
    memset(out, 0, sizeof *out);
    if (!dure_yak_format(out->data, &out->size, workspace, dure_yak_workspace_size(),
                         dure_bytes(in->data, in->size), &diagnostics)) {
        print_error("%u:%u %s\n%.*s\n", diagnostics.list[0].line, diagnostics.list[0].column,
                    diagnostics.list[0].en, (int)in->size, in->data);
        fail();
    }
}

static void assert_same_text(const text_t *a, const text_t *b)
{
    if (a->size != b->size || memcmp(a->data, b->data, a->size) != 0) {
        print_error("--- one\n%.*s\n--- other\n%.*s\n", (int)a->size, a->data, (int)b->size,
                    b->data);
        fail();
    }
}

static void assert_settles(const text_t *source)
{
    static text_t once;
    static text_t twice;
    format(&once, source);
    format(&twice, &once);
    assert_same_text(&once, &twice);
    assert_same_image(source, &once);
    for (size_t i = 1; i < once.size; i++) {
        bool ends = once.data[i] == '\n';
        assert_false(once.data[i] == '\t' || once.data[i] == '\r');
        assert_false(ends && once.data[i - 1] == ' ');
        assert_false(ends && i > 1 && once.data[i - 1] == '\n' && once.data[i - 2] == '\n');
    }
    assert_true(once.data[once.size - 1] == '\n');
}

static void programs_settle(void **state)
{
    (void)state;
    for (size_t i = 0; i < path_count; i++) {
        static text_t source;
        read_file(&source, paths[i]);
        assert_settles(&source);
    }
}

/* ---- the same words, laid out at random ---- */

static void add(text_t *text, const char *part, size_t size)
{
    assert_true(text->size + size <= text_max);
    memcpy(text->data + text->size, part, size);
    text->size += size;
}

static void add_space(text_t *text, bool may_end_line, bool comments, uint32_t *comment_count)
{
    static const char *const spaces[] = {" ", "  ", "\t", "    "};
    const char *space = spaces[below(4)];
    add(text, space, strlen(space));
    if (!may_end_line || below(12) != 0) {
        return;
    }
    if (comments && below(2) == 0) {
        char comment[32];
        int size = snprintf(comment, sizeof comment, "--note %u. ", (*comment_count)++);
        add(text, comment, (size_t)size);
    }
    add(text, "\n", 1);
}

static bool ends_with(const text_t *text, const char *word)
{
    size_t size = strlen(word);
    return text->size >= size && memcmp(text->data + text->size - size, word, size) == 0;
}

/* Every run of blanks outside texts and comments becomes another one; a line end stays a line end
   (it may tell a refusal's name from the next line) and elsewhere one may appear. */
static uint32_t scatter(text_t *out, const text_t *in, bool comments)
{
    bool quoted = false;
    bool comment = false;
    uint32_t count = 0;
    out->size = 0;
    for (size_t i = 0; i < in->size;) {
        char c = in->data[i];
        comment = (comment && c != '\n') ||
                  (!quoted && c == '-' && i + 1 < in->size && in->data[i + 1] == '-');
        quoted = !comment && (quoted != (c == '"'));
        bool blank = c == ' ' || c == '\n';
        if (quoted || comment || !blank) {
            add(out, in->data + i, 1);
            i++;
            continue;
        }
        uint32_t newlines = 0;
        for (; i < in->size && (in->data[i] == ' ' || in->data[i] == '\n'); i++) {
            newlines += in->data[i] == '\n';
        }
        bool keeps_line = ends_with(out, "refused") || ends_with(out, "held");
        if (newlines == 0) {
            add_space(out, !keeps_line, comments, &count);
            continue;
        }
        for (uint32_t k = 0; k < newlines; k++) {
            add(out, "\n", 1);
        }
        if (comments && below(6) == 0) {
            char line[64];
            int size =
                snprintf(line, sizeof line, "%s-- note %u\n", below(2) ? "   " : "\n\n\n", count++);
            add(out, line, (size_t)size);
        }
        for (uint32_t k = below(5); k > 0; k--) {
            add(out, " ", 1);
        }
    }
    return count;
}

static void the_layout_does_not_depend_on_blanks(void **state)
{
    (void)state;
    for (uint32_t round = 0; round < 120; round++) {
        static text_t source;
        static text_t other;
        static text_t a;
        static text_t b;
        read_file(&source, paths[round % path_count]);
        scatter(&other, &source, false);
        format(&a, &source);
        format(&b, &other);
        assert_same_text(&a, &b);
    }
}

static void comments_stay_wherever_they_stand(void **state)
{
    (void)state;
    uint32_t total = 0;
    for (uint32_t round = 0; round < 120; round++) {
        static text_t source;
        static text_t other;
        static text_t laid;
        read_file(&source, paths[round % path_count]);
        uint32_t count = scatter(&other, &source, true);
        assert_settles(&other);
        assert_same_image(&source, &other);
        format(&laid, &other);
        laid.data[laid.size] = '\0';
        const char *at = laid.data;
        for (uint32_t i = 0; i < count; i++) {
            char apart[32];
            char close[32];
            snprintf(apart, sizeof apart, "-- note %u\n", i);
            snprintf(close, sizeof close, "--note %u.\n", i);
            const char *next = strstr(at, apart);
            next = next == NULL ? strstr(at, close) : next;
            assert_non_null(next); /* and in the old order */
            at = next;
        }
        total += count;
    }
    assert_true(total > 1000);
}

/* ---- single decisions of the layout ---- */

#define HEAD_ITEMS                                                                                 \
    "  issuer   city 41570\n  currency KRW\n  validity 5 years\n"                                  \
    "  lapse    to issuer.budget\n  priority 50\n  old lots keep\n"
#define HEAD  "fund f {\n" HEAD_ITEMS
#define WORDS "  words {\n    f ko \"가\" en \"f\" zh \"一\"\n  }\n}\n"

static void assert_laid_out(const char *source, const char *expected)
{
    static text_t in;
    static text_t want;
    static text_t out;
    take(&in, source);
    take(&want, expected);
    format(&out, &in);
    assert_same_text(&out, &want);
    assert_settles(&in);
}

static void small_things_have_one_form(void **state)
{
    (void)state;
    assert_laid_out(
        "fund f{issuer city 41570 currency KRW validity 5 year lapse to issuer . budget\n"
        "priority 50 old lots keep purchase{allow when amount<1000000 won}\n"
        "cancel{allow when lot.age<=1 days deny d when(not lot.age<2 day)}\n"
        "words{f ko\"가\"en\"f\"zh\"一\" d ko\"나나\"en\"d\"zh\"二\"}}",
        HEAD "  purchase { allow when amount < 1,000,000 won }\n"
             "  cancel {\n"
             "    allow   when lot.age <= 1 day\n"
             "    deny  d when (not lot.age < 2 days)\n"
             "  }\n"
             "  words {\n"
             "    f ko \"가\"   en \"f\" zh \"一\"\n"
             "    d ko \"나나\" en \"d\" zh \"二\"\n"
             "  }\n"
             "}\n");
}

static void comments_have_their_places(void **state)
{
    (void)state;
    assert_laid_out("-- first\n\n\nfund f { --  open  \n\n" HEAD_ITEMS "-- before\n\n"
                    "purchase { -- why\n allow -- always\n -- and more\n}-- shut\n\n\n\n"
                    "-- last of the items\n" WORDS "  -- end",
                    "-- first\n\nfund f {  --  open\n" HEAD_ITEMS "  -- before\n\n"
                    "  purchase {  -- why\n    allow  -- always\n    -- and more\n  }  -- shut\n\n"
                    "  -- last of the items\n" WORDS "-- end\n");
}

static void what_would_outgrow_the_limit_is_refused(void **state)
{
    (void)state;
    static text_t source;
    static text_t out;
    take(&source, HEAD "  purchase { allow }\n");
    /* Words in pairs, one wide and one narrow: in columns they need more room. */
    add(&source, WORDS, sizeof WORDS - 1);
    size_t end = source.size - 2;
    source.size = end;
    while (source.size < text_max - 64) {
        add(&source, "example e", 9);
        char number[48];
        int size = snprintf(number, sizeof number, "%zu:grant is refused\n", source.size);
        add(&source, number, (size_t)size);
    }
    add(&source, "}\n", 2);
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    compile(image, &source);
    assert_false(dure_yak_format(out.data, &out.size, workspace, dure_yak_workspace_size(),
                                 dure_bytes(source.data, source.size), &diagnostics));
    assert_int_equal(diagnostics.list[0].code, 116);
    take(&source, "fund f {");
    assert_false(dure_yak_format(out.data, &out.size, workspace, dure_yak_workspace_size(),
                                 dure_bytes(source.data, source.size), &diagnostics));
    assert_true(diagnostics.count > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_settle),
        cmocka_unit_test(the_layout_does_not_depend_on_blanks),
        cmocka_unit_test(comments_stay_wherever_they_stand),
        cmocka_unit_test(small_things_have_one_form),
        cmocka_unit_test(comments_have_their_places),
        cmocka_unit_test(what_would_outgrow_the_limit_is_refused),
    };
    return cmocka_run_group_tests(tests, prepare, clean);
}

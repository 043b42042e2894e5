/* schema/yak.ebnf and the parser are two accounts of one language.  Here the grammar derives
   programs at random, and the parser must take each; and it reads programs in which words were
   changed: what it takes the parser must take, what it refuses the compiler must refuse.  The
   numbers of programs are fixed, so is the seed; YAK_SEED=n draws others. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yak/test_draw.h"
#include "yak/yak_private.h"

enum {
    derived_programs = 1500,
    derived_depth = 12,
    changes_each = 900,
    nodes_max = 2048,
    rules_max = 64,
    tokens_max = 4096,
    ends_max = 1 << 22,
    text_max = 1 << 17
};

/* ---- the grammar as a tree ---- */

typedef enum {
    IS_TEXT,  /* a word or mark of the language */
    IS_CLASS, /* described between question marks */
    IS_RULE,
    IS_ROW,
    IS_CHOICE,
    IS_OPTION,
    IS_REPEAT
} node_kind_t;

typedef struct {
    node_kind_t kind;
    uint32_t rule;        /* IS_RULE, IS_CLASS */
    uint32_t child, next; /* 0 = none */
    uint32_t height;      /* the least depth of rules below it */
    uint32_t derived;     /* how often */
    char text[40];        /* IS_TEXT */
} node_t;

typedef struct {
    char name[16];
    uint32_t body; /* 0 until it is defined */
} rule_t;

static node_t nodes[nodes_max];
static uint32_t node_count = 1;
static rule_t rules[rules_max];
static uint32_t rule_count;
static char *grammar_text, *at;

static uint32_t new_node(node_kind_t kind)
{
    assert_true(node_count < nodes_max);
    nodes[node_count].kind = kind;
    return node_count++;
}

static uint32_t rule_named(const char *name, size_t size)
{
    for (uint32_t i = 0; i < rule_count; i++) {
        if (strlen(rules[i].name) == size && memcmp(rules[i].name, name, size) == 0) {
            return i;
        }
    }
    assert_true(rule_count < rules_max && size < sizeof rules[0].name);
    memcpy(rules[rule_count].name, name, size);
    return rule_count++;
}

static void skip_blank(void)
{
    for (;;) {
        at += strspn(at, " \n");
        if (strncmp(at, "--", 2) != 0) {
            return;
        }
        at += strcspn(at, "\n");
    }
}

static bool accept(char mark)
{
    skip_blank();
    if (*at != mark) {
        return false;
    }
    at++;
    return true;
}

static uint32_t read_choice(void);

static uint32_t read_inside(node_kind_t kind, char close)
{
    uint32_t node = new_node(kind);
    nodes[node].child = read_choice();
    assert_true(accept(close));
    return node;
}

/* 0 if nothing that could stand in a row follows. */
static uint32_t read_term(void)
{
    skip_blank();
    if (accept('"')) {
        uint32_t node = new_node(IS_TEXT);
        size_t size = strcspn(at, "\"");
        assert_true(size > 0 && size < sizeof nodes[node].text);
        memcpy(nodes[node].text, at, size);
        at += size + 1;
        return node;
    }
    if (accept('{')) {
        return read_inside(IS_REPEAT, '}');
    }
    if (accept('[')) {
        return read_inside(IS_OPTION, ']');
    }
    if (accept('(')) {
        uint32_t node = read_choice();
        assert_true(accept(')'));
        return node;
    }
    size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz");
    if (size == 0) {
        return 0;
    }
    uint32_t node = new_node(IS_RULE);
    nodes[node].rule = rule_named(at, size);
    at += size;
    return node;
}

static uint32_t read_row(void)
{
    uint32_t node = new_node(IS_ROW);
    uint32_t *end = &nodes[node].child;
    for (uint32_t term = read_term(); term != 0; term = read_term()) {
        /* A bracketed choice may stand alone or in a row: it has its own node either way. */
        *end = term;
        end = &nodes[term].next;
    }
    assert_true(nodes[node].child != 0);
    return node;
}

static uint32_t read_choice(void)
{
    uint32_t node = new_node(IS_CHOICE);
    uint32_t *end = &nodes[node].child;
    do {
        uint32_t row = read_row();
        *end = row;
        end = &nodes[row].next;
    } while (accept('|'));
    return node;
}

static void read_rule(void)
{
    size_t size = strspn(at, "abcdefghijklmnopqrstuvwxyz");
    assert_true(size > 0);
    uint32_t rule = rule_named(at, size);
    assert_int_equal(rules[rule].body, 0);
    at += size;
    assert_true(accept('='));
    skip_blank();
    uint32_t body = 0;
    if (*at == '?') {
        body = new_node(IS_CLASS);
        nodes[body].rule = rule;
        at = strstr(at + 1, "? .");
        assert_non_null(at);
        at++;
    } else {
        body = read_choice();
    }
    rules[rule].body = body;
    assert_true(accept('.'));
}

/* The least height of every node, by repeating until nothing gets lower. */
static void measure(void)
{
    for (uint32_t i = 1; i < node_count; i++) {
        nodes[i].height = nodes[i].kind == IS_TEXT || nodes[i].kind == IS_CLASS ||
                                  nodes[i].kind == IS_OPTION || nodes[i].kind == IS_REPEAT
                              ? 0
                              : 1000;
    }
    for (bool lower = true; lower;) {
        lower = false;
        for (uint32_t i = 1; i < node_count; i++) {
            uint32_t height = nodes[i].height;
            if (nodes[i].kind == IS_RULE) {
                height = nodes[rules[nodes[i].rule].body].height + 1;
            } else if (nodes[i].kind == IS_ROW || nodes[i].kind == IS_CHOICE) {
                bool row = nodes[i].kind == IS_ROW;
                height = row ? 0 : 1000;
                for (uint32_t c = nodes[i].child; c != 0; c = nodes[c].next) {
                    bool higher = nodes[c].height > height;
                    height = higher == row ? nodes[c].height : height;
                }
            }
            if (height < nodes[i].height) {
                nodes[i].height = height;
                lower = true;
            }
        }
    }
}

static char *read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *text = calloc(1, text_max);
    assert_non_null(text);
    size_t size = fread(text, 1, text_max - 1, file);
    assert_true(size > 0 && size < text_max - 1);
    fclose(file);
    return text;
}

static int read_grammar(void **state)
{
    (void)state;
    const char *seed = getenv("YAK_SEED");
    test_draw_from(seed == NULL ? 20260101 : strtoull(seed, NULL, 10));
    grammar_text = read_file("schema/yak.ebnf");
    at = grammar_text;
    for (skip_blank(); *at != '\0'; skip_blank()) {
        read_rule();
    }
    for (uint32_t i = 0; i < rule_count; i++) {
        if (rules[i].body == 0) {
            print_error("schema/yak.ebnf says nowhere what %s is\n", rules[i].name);
            return -1;
        }
    }
    measure();
    return 0;
}

static int free_grammar(void **state)
{
    (void)state;
    free(grammar_text);
    return 0;
}

/* ---- programs as words ---- */

typedef struct {
    char text[320];
    bool first; /* on its line */
} word_t;

static word_t words[tokens_max];
static uint32_t word_count;
static bool line_ends;

static void put_word(const char *text)
{
    assert_true(word_count < tokens_max && strlen(text) < sizeof words[0].text);
    snprintf(words[word_count].text, sizeof words[0].text, "%s", text);
    words[word_count++].first = line_ends;
    line_ends = false;
}

/* A word of the class that the grammar describes in prose. */
static const char *word_of_class(const char *class)
{
    static const char *const names[] = {"alpha", "beta_2", "gamma", "over_limit", "z"};
    static const char *const labels[] = {"alpha", "over_limit", "ever", "when", "amount", "bakery"};
    static const char *const titles[] = {"alpha", "over_limit", "ever", "amount", "bakery"};
    static const char *const known[] = {"bakery",   "monday", "card",  "grant",
                                        "purchase", "reward", "alpha", "gamma"};
    static const char *const attributes[] = {"region", "category", "holding", "wallet", "owner"};
    static const char *const numbers[] = {"0", "7", "30", "41570", "1500000"};
    static const char *const rates[] = {"6%", "6.25%", "0%", "100%"};
    static const char *const dates[] = {"2026-03-01", "1970-01-01", "2199-12-31"};
    static const char *const clocks[] = {"00:00", "09:00", "24:00"};
    static const char *const strings[] = {"\"\"", "\"말\"", "\"two words\""};
    static const struct {
        const char *class;
        const char *const *list;
        size_t count;
    } classes[] = {{"name", names, 5},     {"here", titles, 5},          {"title", titles, 5},
                   {"label", labels, 6},   {"word", known, 8},           {"rate", rates, 4},
                   {"number", numbers, 5}, {"attribute", attributes, 5}, {"date", dates, 3},
                   {"clock", clocks, 3},   {"string", strings, 3}};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (strcmp(classes[i].class, class) == 0) {
            return classes[i].list[test_below(classes[i].count)];
        }
    }
    print_error("no words for %s\n", class);
    abort();
}

static void derive(uint32_t node, uint32_t depth)
{
    node_t *this = &nodes[node];
    this->derived++;
    uint32_t count = 0;
    switch (this->kind) {
    case IS_TEXT:
        put_word(this->text);
        break;
    case IS_CLASS:
        put_word(word_of_class(rules[this->rule].name));
        break;
    case IS_RULE:
        line_ends = line_ends || strcmp(rules[this->rule].name, "item") == 0 ||
                    strcmp(rules[this->rule].name, "rule") == 0;
        derive(rules[this->rule].body, depth + 1);
        break;
    case IS_ROW:
        for (uint32_t c = this->child; c != 0; c = nodes[c].next) {
            derive(c, depth);
        }
        break;
    case IS_CHOICE: {
        /* Deep down only the alternatives of least height. */
        uint32_t open[64];
        for (uint32_t c = this->child; c != 0; c = nodes[c].next) {
            if (depth < derived_depth || nodes[c].height == this->height) {
                open[count++] = c;
            }
        }
        derive(open[test_below(count)], depth);
        break;
    }
    case IS_OPTION:
    case IS_REPEAT:
        count = depth >= derived_depth ? 0 : (uint32_t)test_below(this->kind == IS_OPTION ? 2 : 4);
        for (uint32_t i = 0; i < count; i++) {
            derive(this->child, depth);
        }
        break;
    }
}

static size_t write_words(char *text)
{
    size_t size = 0;
    for (uint32_t i = 0; i < word_count; i++) {
        const char *before = words[i].first ? "\n" : " ";
        int wrote = snprintf(text + size, text_max - size, "%s%s", before, words[i].text);
        assert_true(wrote > 0 && size + (size_t)wrote < text_max);
        size += (size_t)wrote;
    }
    return size;
}

/* ---- reading by the grammar: the ends that a part may have, all of them ---- */

typedef struct {
    uint32_t from, count; /* in ends[] */
} ends_t;

static uint16_t ends[ends_max];
static uint32_t ends_used;
static ends_t *memo; /* by rule and place; from 0: not yet known */
static const yak_tree_t *read_tree;

static bool is_own_name(const yak_token_t *token)
{
    yak_text_t text = yak_token_text(read_tree, token);
    return token->kind == YAK_TOKEN_NAME && text.data[0] >= 'a' && !yak_word_is_reserved(text);
}

static bool is_known_word(const yak_token_t *token)
{
    yak_text_t text = yak_token_text(read_tree, token);
    for (uint32_t list = 1; token->kind == YAK_TOKEN_NAME && list < YAK_NAMES_COUNT; list++) {
        uint16_t number = 0;
        if (dure_names_number(&number, (dure_names_t)list, text.data, text.size)) {
            return true;
        }
    }
    return false;
}

static bool token_is_of(const yak_token_t *token, const char *class)
{
    static const struct {
        const char *class;
        yak_token_kind_t kind;
    } plain[] = {{"number", YAK_TOKEN_NUMBER},
                 {"rate", YAK_TOKEN_RATE},
                 {"date", YAK_TOKEN_DATE},
                 {"clock", YAK_TOKEN_CLOCK},
                 {"string", YAK_TOKEN_STRING}};
    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (strcmp(plain[i].class, class) == 0) {
            return token->kind == plain[i].kind;
        }
    }
    if (strcmp(class, "attribute") == 0) {
        yak_text_t text = yak_token_text(read_tree, token);
        return token->kind == YAK_TOKEN_NAME &&
               (dure_attribute_by_name(text.data, text.size) != NULL ||
                yak_text_equal(text, YAK_TEXT("holding")) ||
                yak_text_equal(text, YAK_TEXT("wallet")));
    }
    bool own = is_own_name(token);
    bool label = token->kind == YAK_TOKEN_NAME && yak_token_text(read_tree, token).data[0] >= 'a';
    bool title = label && !yak_token_is(read_tree, token, YAK_TEXT("when"));
    return strcmp(class, "word") == 0    ? own || is_known_word(token)
           : strcmp(class, "label") == 0 ? label
           : strcmp(class, "title") == 0 ? title
           : strcmp(class, "here") == 0  ? title && !token->first
                                         : own;
}

static void end_add(ends_t *set, uint32_t end)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (ends[set->from + i] == end) {
            return;
        }
    }
    assert_true(set->from + set->count == ends_used && ends_used < ends_max);
    ends[ends_used++] = (uint16_t)end;
    set->count++;
}

static ends_t read_node(uint32_t node, uint32_t place);

/* The ends of `node` from each end in `from`. */
static ends_t read_on(uint32_t node, ends_t from)
{
    ends_t parts[256];
    assert_true(from.count <= 256);
    for (uint32_t i = 0; i < from.count; i++) {
        parts[i] = read_node(node, ends[from.from + i]);
    }
    ends_t all = {ends_used, 0};
    for (uint32_t i = 0; i < from.count; i++) {
        for (uint32_t j = 0; j < parts[i].count; j++) {
            end_add(&all, ends[parts[i].from + j]);
        }
    }
    return all;
}

/* Any number of rounds, until none finds another end. */
static ends_t read_repeat(uint32_t node, uint32_t place)
{
    uint16_t *found = malloc(tokens_max * sizeof *found);
    assert_non_null(found);
    uint32_t count = 0;
    found[count++] = (uint16_t)place;
    for (uint32_t i = 0; i < count; i++) {
        ends_t round = read_node(nodes[node].child, found[i]);
        for (uint32_t j = 0; j < round.count; j++) {
            uint16_t end = ends[round.from + j];
            bool known = false;
            for (uint32_t k = count; k > 0 && !known; k--) {
                known = found[k - 1] == end;
            }
            if (!known) {
                assert_true(count < tokens_max);
                found[count++] = end;
            }
        }
    }
    ends_t all = {ends_used, 0};
    for (uint32_t i = 0; i < count; i++) {
        end_add(&all, found[i]);
    }
    free(found);
    return all;
}

static ends_t read_node(uint32_t node, uint32_t place)
{
    const node_t *this = &nodes[node];
    const yak_token_t *token = &read_tree->tokens[place];
    ends_t set = {ends_used, 0};
    switch (this->kind) {
    case IS_TEXT:
        if (token->kind != YAK_TOKEN_END && token->kind != YAK_TOKEN_STRING &&
            yak_token_is(read_tree, token, yak_text_of(this->text))) {
            end_add(&set, place + 1);
        }
        return set;
    case IS_CLASS:
        if (token_is_of(token, rules[this->rule].name)) {
            end_add(&set, place + 1);
        }
        return set;
    case IS_RULE: {
        ends_t *known = &memo[this->rule * (read_tree->token_count + 1) + place];
        if (known->from == 0) {
            *known = read_node(rules[this->rule].body, place);
        }
        return *known;
    }
    case IS_ROW:
        end_add(&set, place);
        for (uint32_t c = this->child; c != 0 && set.count > 0; c = nodes[c].next) {
            set = read_on(c, set);
        }
        return set;
    case IS_CHOICE: {
        ends_t parts[64];
        uint32_t count = 0;
        for (uint32_t c = this->child; c != 0; c = nodes[c].next) {
            parts[count++] = read_node(c, place);
        }
        set.from = ends_used;
        for (uint32_t i = 0; i < count; i++) {
            for (uint32_t j = 0; j < parts[i].count; j++) {
                end_add(&set, ends[parts[i].from + j]);
            }
        }
        return set;
    }
    case IS_OPTION: {
        ends_t inner = read_node(this->child, place);
        set.from = ends_used;
        end_add(&set, place);
        for (uint32_t j = 0; j < inner.count; j++) {
            end_add(&set, ends[inner.from + j]);
        }
        return set;
    }
    case IS_REPEAT:
        return read_repeat(node, place);
    }
    return set;
}

/* True if the grammar derives the tokens of the tree. */
static bool grammar_takes(const yak_tree_t *tree)
{
    read_tree = tree;
    assert_true(tree->token_count < tokens_max);
    memset(memo, 0, rule_count * (tree->token_count + 1) * sizeof *memo);
    ends_used = 1;
    ends_t all = read_node(rules[rule_named("program", 7)].body, 0);
    for (uint32_t i = 0; i < all.count; i++) {
        if (ends[all.from + i] == tree->token_count) {
            return true;
        }
    }
    return false;
}

/* ---- both readers ---- */

typedef struct {
    char *text;
    void *workspace;
    dure_yak_diagnostics_t diagnostics;
    bool grammar, parser, compiler; /* what each says */
} both_t;

/* Limits of size are no matter of grammar: nesting, and digits in groups right behind a bracket. */
static bool is_of_grammar(uint16_t code)
{
    return code < 300 && code != YAK_SAYS_NESTING && code != YAK_SAYS_NUMBER_GROUPS;
}

static void ask_both(both_t *both)
{
    size_t size = write_words(both->text);
    (void)dure_yak_parse(both->workspace, dure_yak_workspace_size(), dure_bytes(both->text, size),
                         &both->diagnostics);
    /* The tree stands at the beginning of its work space, sound or not. */
    both->grammar = grammar_takes(both->workspace);
    both->compiler = both->diagnostics.count == 0;
    both->parser = true;
    for (uint32_t i = 0; i < both->diagnostics.count; i++) {
        both->parser = both->parser && !is_of_grammar(both->diagnostics.list[i].code);
    }
}

static int new_both(void **state)
{
    both_t *both = calloc(1, sizeof *both);
    assert_non_null(both);
    both->text = malloc(text_max);
    both->workspace = aligned_alloc(16, dure_yak_workspace_size());
    memo = malloc(rule_count * tokens_max * sizeof *memo);
    assert_true(both->text != NULL && both->workspace != NULL && memo != NULL);
    *state = both;
    return 0;
}

static int free_both(void **state)
{
    both_t *both = *state;
    free(both->text);
    free(both->workspace);
    free(memo);
    free(both);
    return 0;
}

static void tell(const both_t *both, const char *what)
{
    fprintf(stderr, "%s:%s\n", what, both->text);
    for (uint32_t i = 0; i < both->diagnostics.count; i++) {
        const dure_yak_diagnostic_t *one = &both->diagnostics.list[i];
        fprintf(stderr, "%u:%u %u %s\n", one->line, one->column, one->code, one->en);
    }
}

static void agree(both_t *both)
{
    ask_both(both);
    if (both->grammar && !both->parser) {
        tell(both, "the grammar takes it, the parser does not");
        fail();
    }
    if (!both->grammar && both->compiler) {
        tell(both, "the grammar refuses it, the compiler does not");
        fail();
    }
}

static void what_the_grammar_derives_the_parser_takes(void **state)
{
    both_t *both = *state;
    uint32_t program = rule_named("program", 7);
    for (uint32_t i = 0; i < derived_programs; i++) {
        word_count = 0;
        line_ends = false;
        derive(rules[program].body, 0);
        ask_both(both);
        if (!both->grammar || !both->parser) {
            tell(both, both->grammar ? "derived, but the parser refuses it"
                                     : "derived, but the test's own reader refuses it");
            fail();
        }
    }
    for (uint32_t i = 1; i < node_count; i++) {
        if (nodes[i].derived == 0) {
            print_error("part %u (%s) of the grammar was never derived\n", i, nodes[i].text);
            fail();
        }
    }
}

/* ---- changed programs ---- */

static void load_words(const yak_tree_t *tree)
{
    word_count = 0;
    for (uint32_t i = 0; i < tree->token_count; i++) {
        const yak_token_t *token = &tree->tokens[i];
        char text[320];
        const char *quote = token->kind == YAK_TOKEN_STRING ? "\"" : "";
        snprintf(text, sizeof text, "%s%.*s%s", quote, (int)token->size,
                 (const char *)tree->source.data + token->offset, quote);
        line_ends = token->first;
        put_word(text);
    }
}

static const char *any_word(void)
{
    uint32_t node = 1 + (uint32_t)test_below(node_count - 1);
    while (nodes[node].kind != IS_TEXT && nodes[node].kind != IS_CLASS) {
        node = 1 + (uint32_t)test_below(node_count - 1);
    }
    return nodes[node].kind == IS_TEXT ? nodes[node].text
                                       : word_of_class(rules[nodes[node].rule].name);
}

/* One word left out, put in, exchanged for another, or for its neighbour. */
static void change_words(void)
{
    uint32_t where = (uint32_t)test_below(word_count);
    size_t behind = (word_count - where - 1) * sizeof words[0];
    switch (test_below(4)) {
    case 0:
        if (where + 1 < word_count) {
            words[where + 1].first = words[where + 1].first || words[where].first;
        }
        memmove(&words[where], &words[where + 1], behind);
        word_count--;
        break;
    case 1:
        memmove(&words[where + 1], &words[where], behind + sizeof words[0]);
        words[where + 1].first = false;
        word_count++;
        snprintf(words[where].text, sizeof words[0].text, "%s", any_word());
        break;
    case 2:
        snprintf(words[where].text, sizeof words[0].text, "%s", any_word());
        break;
    default: {
        uint32_t other = where + 1 < word_count ? where + 1 : where;
        char text[sizeof words[0].text];
        memcpy(text, words[where].text, sizeof text);
        memcpy(words[where].text, words[other].text, sizeof text);
        memcpy(words[other].text, text, sizeof text);
    }
    }
}

static void changed_programs_get_one_answer(void **state)
{
    both_t *both = *state;
    static const char *const paths[] = {
        "examples/gimpo/general.yak",           "examples/gimpo/youth_2026q1.yak",
        "examples/gimpo/postnatal.yak",         "examples/gimpo/welfare_points.yak",
        "examples/gimpo/national_aid_2026.yak", "test/yak/right/everything.yak"};
    static word_t kept[tokens_max];
    uint32_t taken = 0;
    uint32_t refused = 0;
    for (size_t p = 0; p < sizeof paths / sizeof paths[0]; p++) {
        char *source = read_file(paths[p]);
        yak_tree_t *tree = dure_yak_parse(both->workspace, dure_yak_workspace_size(),
                                          dure_bytes(source, strlen(source)), &both->diagnostics);
        assert_non_null(tree);
        load_words(tree);
        free(source);
        agree(both);
        assert_true(both->grammar && both->compiler);
        uint32_t kept_count = word_count;
        memcpy(kept, words, sizeof words);
        for (uint32_t i = 0; i < changes_each; i++) {
            change_words();
            agree(both);
            taken += both->grammar ? 1 : 0;
            refused += both->grammar ? 0 : 1;
            word_count = kept_count;
            memcpy(words, kept, kept_count * sizeof words[0]);
        }
    }
    print_message("%u taken, %u refused\n", taken, refused);
    /* Both answers are tried in earnest. */
    assert_true(taken > 70 && refused > 4000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_the_grammar_derives_the_parser_takes, new_both,
                                        free_both),
        cmocka_unit_test_setup_teardown(changed_programs_get_one_answer, new_both, free_both),
    };
    return cmocka_run_group_tests_name("yak_grammar", tests, read_grammar, free_grammar);
}

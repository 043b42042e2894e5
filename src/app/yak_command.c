#include "app/yak_command.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/dure_vocabulary.h"
#include "yak/dure_yak_tools.h"

enum { exit_well = 0, exit_example_fails = 1, exit_wrong = 2 };
enum { examples_max = 1024 };

typedef struct {
    const char *verb;     /* check, fmt, run or test */
    const char *path;     /* of the program */
    const char *question; /* run only */
    bool json, korean;
    bool only_check, write; /* fmt only */
} options_t;

typedef struct {
    char *source;
    size_t size;
    void *workspace;
    dure_yak_tree_t *tree;
    uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    size_t image_size;
    dure_yak_program_t program;
    dure_yak_diagnostics_t diagnostics;
} loaded_t;

static const char help[] =
    "usage: dure yak check FILE [--json] [--lang ko|en]\n"
    "       dure yak fmt FILE [--check | --write]\n"
    "       dure yak run FILE \"payment of 12,000 won, payee is merchant, ...\" [--json]\n"
    "       dure yak test FILE [--json] [--lang ko|en]\n"
    "\n"
    "check  is the program well formed?  Prints what it declares and what a decision\n"
    "       costs, and warns of rules that no example watches, that never act or that are unused.\n"
    "fmt    prints the program in the one layout; --write puts it into FILE, --check only says\n"
    "       whether FILE is laid out so.\n"
    "run    one question in the words of an example; prints the program's answer.\n"
    "test   runs the program's own examples.\n"
    "\n"
    "What a question does not mention: attributes and kinds are missing; counters, holdings and\n"
    "wallets are 0; parameters have their initial value; nobody is on a list; the amount is\n"
    "10,000 won; today is 2026-01-01, the time 12:00, the channel qr_merchant.\n"
    "\n"
    "exit   0 all is well, 1 an example fails or the layout differs, 2 the program or the command "
    "line is wrong\n";

/* ---- printing ---- */

static void print_json_text(FILE *out, const char *text, size_t size)
{
    fputc('"', out);
    for (size_t i = 0; i < size; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') {
            fprintf(out, "\\%c", c);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            fputc(c, out);
        }
    }
    fputc('"', out);
}

static void print_json_string(FILE *out, const char *text)
{
    print_json_text(out, text, strlen(text));
}

/* The line of a text, and below it carets under the characters that are meant. */
static void print_place(FILE *out, const char *text, size_t size,
                        const dure_yak_diagnostic_t *diagnostic)
{
    size_t start = 0;
    for (unsigned line = 1; line < diagnostic->line && start < size; start++) {
        line += text[start] == '\n';
    }
    size_t end = start;
    while (end < size && text[end] != '\n') {
        end++;
    }
    int shown = end - start > 400 ? 400 : (int)(end - start);
    fprintf(out, "  %.*s\n  ", shown, text + start);
    unsigned column = 1;
    for (size_t i = start; i < start + (size_t)shown; i++) {
        if (((unsigned char)text[i] & 0xc0u) == 0x80u) {
            continue;
        }
        size_t next = i + 1;
        while (next < size && ((unsigned char)text[next] & 0xc0u) == 0x80u) {
            next++;
        }
        unsigned columns = dure_yak_columns(dure_bytes(text + i, next - i));
        bool meant = column >= diagnostic->column;
        if (column >= diagnostic->column + diagnostic->length) {
            break;
        }
        for (unsigned k = 0; k < columns; k++) {
            fputc(meant ? '^' : text[i] == '\t' ? '\t' : ' ', out);
        }
        column++;
    }
    fputs(column <= diagnostic->column ? "^\n" : "\n", out);
}

static void print_json_messages(const dure_yak_diagnostics_t *diagnostics)
{
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        const dure_yak_diagnostic_t *at = &diagnostics->list[i];
        printf("%s{\"line\":%u,\"column\":%u,\"length\":%u,\"code\":%u,\"en\":", i > 0 ? "," : "",
               at->line, at->column, at->length, at->code);
        print_json_string(stdout, at->en);
        printf(",\"ko\":");
        print_json_string(stdout, at->ko);
        printf("}");
    }
}

/* `kind` is set before each message: nothing for an error. */
static void print_messages(const options_t *options, const dure_yak_diagnostics_t *diagnostics,
                           const char *name, const char *text, size_t size, const char *kind)
{
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        const dure_yak_diagnostic_t *at = &diagnostics->list[i];
        fprintf(stderr, "%s:%u:%u: %s%s [yak %u]\n", name, at->line, at->column, kind,
                options->korean ? at->ko : at->en, at->code);
        print_place(stderr, text, size, at);
    }
    if (diagnostics->overflow > 0) {
        fprintf(stderr, options->korean ? "%u개 더 있습니다\n" : "and %u more\n",
                diagnostics->overflow);
    }
}

static void print_diagnostics(const options_t *options, const dure_yak_diagnostics_t *diagnostics,
                              const char *name, const char *text, size_t size)
{
    if (options->json) {
        printf("{\"ok\":false,\"errors\":[");
        print_json_messages(diagnostics);
        printf("],\"more\":%u}\n", diagnostics->overflow);
    } else {
        print_messages(options, diagnostics, name, text, size, "");
    }
}

/* ---- loading ---- */

static bool read_source(loaded_t *loaded, const char *path)
{
    /* One byte more than allowed is enough to see that it is too large; the true size is told up to
       a mebibyte. */
    size_t capacity = (1u << 20) + 1;
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    loaded->source = malloc(capacity);
    if (loaded->source == NULL) {
        fprintf(stderr, "out of memory\n");
        fclose(file);
        return false;
    }
    loaded->size = fread(loaded->source, 1, capacity, file);
    bool failed = ferror(file) != 0;
    fclose(file);
    if (failed) {
        fprintf(stderr, "%s: cannot be read\n", path);
    }
    return !failed;
}

static bool load(loaded_t *loaded, const options_t *options)
{
    if (!read_source(loaded, options->path)) {
        return false;
    }
    size_t size = dure_yak_workspace_size();
    loaded->workspace = aligned_alloc(16, size);
    if (loaded->workspace == NULL) {
        fprintf(stderr, "out of memory\n");
        return false;
    }
    loaded->tree = dure_yak_parse(loaded->workspace, size, dure_bytes(loaded->source, loaded->size),
                                  &loaded->diagnostics);
    bool compiled = loaded->tree != NULL &&
                    dure_yak_tree_image(loaded->tree, loaded->image, &loaded->image_size);
    if (!compiled) {
        print_diagnostics(options, &loaded->diagnostics, options->path, loaded->source,
                          loaded->size);
        return false;
    }
    dure_yak_load_result_t result =
        dure_yak_load(&loaded->program, dure_bytes(loaded->image, loaded->image_size));
    /* The compiler makes only images that load. */
    DURE_ASSERT(result == DURE_YAK_LOAD_OK);
    return true;
}

static void unload(loaded_t *loaded)
{
    free(loaded->workspace);
    free(loaded->source);
    free(loaded);
}

/* ---- check ---- */

static void parameter_value(char text[64], const loaded_t *loaded, uint32_t index, int64_t value)
{
    dure_yak_input_t input = {DURE_INPUT_PARAMETER, 0, (uint16_t)index};
    dure_yak_value_text(text, &loaded->program, &input, value);
}

static const char *words_of(const loaded_t *loaded, const dure_name_t *name, bool korean,
                            char out[128])
{
    dure_bytes_t words = {NULL, 0};
    out[0] = '\0';
    if (dure_yak_words(&words, loaded->tree, name, korean ? DURE_YAK_KO : DURE_YAK_EN)) {
        snprintf(out, 128, "%.*s", (int)(words.size > 120 ? 120 : words.size),
                 (const char *)words.data);
    }
    return out;
}

static void print_declarations(const loaded_t *loaded, bool korean)
{
    const dure_yak_program_t *program = &loaded->program;
    char words[128];
    char low[64];
    char high[64];
    char initial[64];
    printf("%s (%s), city %u, image %zu bytes\n", program->name.text,
           words_of(loaded, &program->name, korean, words), program->issuer_city,
           loaded->image_size);
    printf("\nparameters\n");
    for (uint32_t i = 0; i < program->parameter_count; i++) {
        const dure_yak_parameter_t *parameter = &program->parameters[i];
        parameter_value(low, loaded, i, parameter->low);
        parameter_value(high, loaded, i, parameter->high);
        parameter_value(initial, loaded, i, parameter->initial);
        printf("  %-20s %s in %s..%s, notice %u days%s\n", parameter->name.text, initial, low, high,
               parameter->notice_days, parameter->fixed_at_issue ? ", fixed at issue" : "");
    }
    static const char *const mades[] = {"", "count", "sum of amount", "sum of subsidy",
                                        "sum of reward"};
    static const char *const periods[] = {"ever", "per day", "per week", "per month", "per year"};
    printf("\ncounters\n");
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const dure_yak_counter_t *counter = &program->counters[i];
        printf("  %-20s %s %s%s\n", counter->name.text, mades[counter->made],
               periods[counter->period], counter->shared ? ", shared" : "");
    }
}

/* The counters that an accepted event of the verb adds to. */
static void print_writes(const dure_yak_program_t *program, uint32_t verb, const char *quote)
{
    const char *before = "";
    for (uint32_t i = 0; i < program->counter_count; i++) {
        if (program->counters[i].by[verb] != 0) {
            printf("%s%s%s%s", before, quote, program->counters[i].name.text, quote);
            before = quote[0] != '\0' ? "," : ", ";
        }
    }
    if (before[0] == '\0' && quote[0] == '\0') {
        printf("nothing");
    }
}

static void print_summary(const loaded_t *loaded, bool korean)
{
    const dure_yak_program_t *program = &loaded->program;
    print_declarations(loaded, korean);
    printf("\nverbs\n");
    for (uint32_t i = 1; i < DURE_VERB_COUNT; i++) {
        const dure_yak_verb_t *verb = &program->verbs[i];
        if (!verb->declared) {
            printf("  %-14s refused\n", dure_yak_verb_text((dure_verb_t)i));
            continue;
        }
        printf("  %-14s %u rules, at most %u steps; reads", dure_yak_verb_text((dure_verb_t)i),
               verb->rule_count, verb->steps_max);
        for (uint32_t j = 0; j < verb->input_count; j++) {
            char text[96];
            dure_yak_input_text(text, program, &verb->inputs[j]);
            printf("%s%s", j > 0 ? ", " : " ", text);
        }
        printf("; adds to ");
        print_writes(program, i, "");
        printf("\n");
    }
}

static void print_json_verbs(const dure_yak_program_t *program)
{
    const char *before = "";
    for (uint32_t i = 1; i < DURE_VERB_COUNT; i++) {
        const dure_yak_verb_t *verb = &program->verbs[i];
        if (!verb->declared) {
            continue;
        }
        printf("%s{\"verb\":\"%s\",\"rules\":%u,\"steps_max\":%u,\"reads\":[", before,
               dure_yak_verb_text((dure_verb_t)i), verb->rule_count, verb->steps_max);
        before = ",";
        for (uint32_t j = 0; j < verb->input_count; j++) {
            char text[96];
            dure_yak_input_text(text, program, &verb->inputs[j]);
            printf("%s\"%s\"", j > 0 ? "," : "", text);
        }
        printf("],\"adds_to\":[");
        print_writes(program, i, "\"");
        printf("]}");
    }
}

static void print_json_summary(const loaded_t *loaded, const dure_yak_diagnostics_t *advice)
{
    const dure_yak_program_t *program = &loaded->program;
    printf("{\"ok\":true,\"fund\":\"%s\",\"city\":%u,\"image_bytes\":%zu,\"parameters\":[",
           program->name.text, program->issuer_city, loaded->image_size);
    for (uint32_t i = 0; i < program->parameter_count; i++) {
        const dure_yak_parameter_t *parameter = &program->parameters[i];
        static const char *const units[] = {"", "won", "rate", "count", "days"};
        printf("%s{\"name\":\"%s\",\"unit\":\"%s\",\"low\":%" PRId64 ",\"high\":%" PRId64
               ",\"initial\":%" PRId64 ",\"notice_days\":%u,\"fixed_at_issue\":%s}",
               i > 0 ? "," : "", parameter->name.text, units[parameter->unit], parameter->low,
               parameter->high, parameter->initial, parameter->notice_days,
               parameter->fixed_at_issue ? "true" : "false");
    }
    printf("],\"counters\":[");
    for (uint32_t i = 0; i < program->counter_count; i++) {
        printf("%s\"%s\"", i > 0 ? "," : "", program->counters[i].name.text);
    }
    printf("],\"verbs\":[");
    print_json_verbs(program);
    printf("],\"warnings\":[");
    print_json_messages(advice);
    printf("],\"more_warnings\":%u}\n", advice->overflow);
}

static int command_check(loaded_t *loaded, const options_t *options)
{
    dure_yak_answer_t *answers = calloc(examples_max, sizeof *answers);
    if (answers == NULL) {
        fprintf(stderr, "out of memory\n");
        return exit_wrong;
    }
    static dure_yak_diagnostics_t advice;
    uint32_t count = dure_yak_examples_run(answers, examples_max, loaded->tree, &loaded->program);
    dure_yak_advise(&advice, loaded->tree, &loaded->program, answers,
                    count < examples_max ? count : examples_max);
    free(answers);
    if (options->json) {
        print_json_summary(loaded, &advice);
    } else {
        print_summary(loaded, options->korean);
        fflush(stdout);
        print_messages(options, &advice, options->path, loaded->source, loaded->size,
                       options->korean ? "경고: " : "warning: ");
    }
    return exit_well;
}

/* ---- fmt ---- */

/* The text is written beside the file and takes its place at once: a full disk leaves the old one.
 */
static bool replace_file(const char *path, const char *text, size_t size)
{
    char beside[4096];
    int length = snprintf(beside, sizeof beside, "%s.formatted", path);
    FILE *file = length > 0 && (size_t)length < sizeof beside ? fopen(beside, "wb") : NULL;
    if (file == NULL) {
        fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
        return false;
    }
    bool written = fwrite(text, 1, size, file) == size;
    written = fclose(file) == 0 && written;
    if (!written || rename(beside, path) != 0) {
        fprintf(stderr, "%s: cannot be written: %s\n", path, strerror(errno));
        remove(beside);
        return false;
    }
    return true;
}

static int command_fmt(loaded_t *loaded, const options_t *options)
{
    static char text[DURE_YAK_SOURCE_SIZE_MAX];
    size_t size = 0;
    dure_bytes_t source = dure_bytes(loaded->source, loaded->size);
    if (!dure_yak_format(text, &size, loaded->workspace, dure_yak_workspace_size(), source,
                         &loaded->diagnostics)) {
        print_diagnostics(options, &loaded->diagnostics, options->path, loaded->source,
                          loaded->size);
        return exit_wrong;
    }
    bool same = size == loaded->size && memcmp(text, loaded->source, size) == 0;
    if (options->only_check) {
        if (!same) {
            fprintf(stderr, "%s: not in the one layout; `dure yak fmt %s --write` mends it\n",
                    options->path, options->path);
        }
        return same ? exit_well : exit_example_fails;
    }
    if (options->write) {
        return same || replace_file(options->path, text, size) ? exit_well : exit_wrong;
    }
    return fwrite(text, 1, size, stdout) == size ? exit_well : exit_wrong;
}

/* ---- run ---- */

static void print_numbers(const loaded_t *loaded, const dure_yak_answer_t *answer,
                          const dure_yak_rule_t *rule)
{
    const dure_yak_verb_t *verb = &loaded->program.verbs[answer->verb];
    for (uint32_t i = 0; i < rule->input_count; i++) {
        const dure_yak_input_t *input = &verb->inputs[rule->inputs[i]];
        const dure_yak_value_t *value = &answer->inputs[rule->inputs[i]];
        char name[96];
        char text[64];
        dure_yak_input_text(name, &loaded->program, input);
        dure_yak_value_text(text, &loaded->program, input, value->value);
        printf("    %s: %s\n", name, value->known ? text : "missing");
    }
}

static void print_answer(const loaded_t *loaded, const dure_yak_answer_t *answer, bool korean)
{
    const dure_yak_decision_t *decision = &answer->decision;
    const dure_yak_verb_t *verb = &loaded->program.verbs[answer->verb];
    char words[128];
    printf("%s\n", answer->answers);
    uint64_t rules = decision->denies | decision->holds;
    for (uint32_t i = 0; i < verb->rule_count; i++) {
        if ((rules >> i & 1) != 0) {
            const dure_yak_rule_t *rule = &verb->rules[i];
            printf("  %s: %s\n", rule->name.text, words_of(loaded, &rule->name, korean, words));
            print_numbers(loaded, answer, rule);
        }
    }
    if (decision->why == DURE_YAK_WHY_NOT_DECLARED) {
        printf("  the program does not mention %s\n", dure_yak_verb_text(answer->verb));
    } else if (decision->why == DURE_YAK_WHY_NO_ALLOW) {
        printf("  no allow of %s holds\n", dure_yak_verb_text(answer->verb));
        for (uint32_t i = 0; i < verb->rule_count; i++) {
            if (verb->rules[i].kind == DURE_RULE_ALLOW) {
                print_numbers(loaded, answer, &verb->rules[i]);
            }
        }
    } else if (decision->why == DURE_YAK_WHY_NOTHING) {
        printf("  the gives add up to nothing\n");
    }
    if (decision->missing >= 0) {
        char name[96];
        dure_yak_input_text(name, &loaded->program, &verb->inputs[decision->missing]);
        printf("  missing: %s\n", name);
    }
    if (decision->hold_days > 0) {
        printf("  held for %u days\n", decision->hold_days);
    }
    printf("  %u of at most %u steps\n", decision->steps, verb->steps_max);
}

static void print_json_answer(const loaded_t *loaded, const dure_yak_answer_t *answer)
{
    static const char *const outcomes[] = {"", "accepted", "held", "refused"};
    static const char *const whys[] = {"none", "not_declared", "no_allow",
                                       "deny", "missing",      "nothing"};
    const dure_yak_decision_t *decision = &answer->decision;
    const dure_yak_verb_t *verb = &loaded->program.verbs[answer->verb];
    printf("{\"outcome\":\"%s\",\"why\":\"%s\",\"rules\":[", outcomes[decision->outcome],
           whys[decision->why]);
    const char *before = "";
    for (uint32_t i = 0; i < verb->rule_count; i++) {
        if (((decision->denies | decision->holds) >> i & 1) != 0) {
            printf("%s\"%s\"", before, verb->rules[i].name.text);
            before = ",";
        }
    }
    printf("],\"hold_days\":%u,\"give\":%" PRIu64 ",\"subsidy\":%" PRIu64 ",\"reward\":%" PRIu64
           ",\"share\":%" PRIu64 ",\"missing\":",
           decision->hold_days, decision->give.won, decision->subsidy.won, decision->reward.won,
           decision->share.won);
    if (decision->missing >= 0) {
        char name[96];
        dure_yak_input_text(name, &loaded->program, &verb->inputs[decision->missing]);
        printf("\"%s\"", name);
    } else {
        printf("null");
    }
    printf(",\"steps\":%u,\"steps_max\":%u,\"passed\":%s}\n", decision->steps, verb->steps_max,
           answer->passed ? "true" : "false");
}

static int command_run(loaded_t *loaded, const options_t *options)
{
    size_t size = dure_yak_workspace_size();
    void *workspace = aligned_alloc(16, size);
    if (workspace == NULL) {
        fprintf(stderr, "out of memory\n");
        return exit_wrong;
    }
    dure_bytes_t question = dure_bytes(options->question, strlen(options->question));
    dure_yak_answer_t answer;
    int code = exit_wrong;
    if (!dure_yak_ask(&answer, workspace, size, question, loaded->tree, &loaded->program,
                      &loaded->diagnostics)) {
        print_diagnostics(options, &loaded->diagnostics, "question", options->question,
                          question.size);
    } else {
        if (options->json) {
            print_json_answer(loaded, &answer);
        } else {
            print_answer(loaded, &answer, options->korean);
        }
        code = answer.passed ? exit_well : exit_example_fails;
    }
    free(workspace);
    return code;
}

/* ---- test ---- */

static void print_example(const options_t *options, const dure_yak_answer_t *answer, bool first)
{
    if (options->json) {
        printf("%s{\"name\":\"%s\",\"line\":%u,\"passed\":%s,\"says\":", first ? "" : ",",
               answer->name.text, answer->line, answer->passed ? "true" : "false");
        print_json_string(stdout, answer->says);
        printf(",\"answers\":");
        print_json_string(stdout, answer->answers);
        printf("}");
    } else if (answer->passed) {
        printf("ok    %s\n", answer->name.text);
    } else {
        printf("FAIL  %s (%s:%u): says %s, the program answers %s\n", answer->name.text,
               options->path, answer->line, answer->says, answer->answers);
    }
}

static int command_test(loaded_t *loaded, const options_t *options)
{
    dure_yak_answer_t *answers = calloc(examples_max, sizeof *answers);
    if (answers == NULL) {
        fprintf(stderr, "out of memory\n");
        return exit_wrong;
    }
    uint32_t count = dure_yak_examples_run(answers, examples_max, loaded->tree, &loaded->program);
    uint32_t failed = 0;
    if (options->json) {
        printf("{\"examples\":[");
    }
    /* A source of the largest size has fewer examples than are kept. */
    DURE_ASSERT(count <= examples_max);
    for (uint32_t i = 0; i < count; i++) {
        failed += answers[i].passed ? 0 : 1;
        print_example(options, &answers[i], i == 0);
    }
    if (options->json) {
        printf("],\"passed\":%u,\"failed\":%u}\n", count - failed, failed);
    } else {
        printf("%u passed, %u failed\n", count - failed, failed);
    }
    free(answers);
    return failed > 0 ? exit_example_fails : exit_well;
}

/* ---- the command line ---- */

static bool parse_options(options_t *options, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            options->json = true;
        } else if (strcmp(argv[i], "--lang") == 0 && i + 1 < argc) {
            i++;
            options->korean = strcmp(argv[i], "ko") == 0;
            if (!options->korean && strcmp(argv[i], "en") != 0) {
                return false;
            }
        } else if (strcmp(argv[i], "--check") == 0) {
            options->only_check = true;
        } else if (strcmp(argv[i], "--write") == 0) {
            options->write = true;
        } else if (argv[i][0] == '-') {
            return false;
        } else if (options->verb == NULL) {
            options->verb = argv[i];
        } else if (options->path == NULL) {
            options->path = argv[i];
        } else if (options->question == NULL && strcmp(options->verb, "run") == 0) {
            options->question = argv[i];
        } else {
            return false;
        }
    }
    bool layout = options->only_check || options->write;
    bool both = options->only_check && options->write;
    return options->path != NULL && !both && (!layout || strcmp(options->verb, "fmt") == 0);
}

int dure_yak_command(int argc, char **argv)
{
    static const struct {
        const char *name;
        int (*run)(loaded_t *loaded, const options_t *options);
    } commands[] = {{"check", command_check},
                    {"fmt", command_fmt},
                    {"run", command_run},
                    {"test", command_test}};
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(help, stdout);
            return exit_well;
        }
    }
    options_t options = {0};
    bool understood = parse_options(&options, argc, argv);
    for (size_t i = 0; understood && i < sizeof commands / sizeof commands[0]; i++) {
        bool run = strcmp(options.verb, "run") == 0;
        if (strcmp(options.verb, commands[i].name) != 0 || (run && options.question == NULL)) {
            continue;
        }
        loaded_t *loaded = calloc(1, sizeof *loaded);
        if (loaded == NULL) {
            fprintf(stderr, "out of memory\n");
            return exit_wrong;
        }
        int code = load(loaded, &options) ? commands[i].run(loaded, &options) : exit_wrong;
        unload(loaded);
        return code;
    }
    fputs(help, stderr);
    return exit_wrong;
}

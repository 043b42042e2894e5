/* What a fund declares: is every line there, is every name new, is every figure in its range. */
#include "yak/yak_private.h"

static void say_duplicate(yak_tree_t *tree, const yak_token_t *token, const yak_token_t *before)
{
    yak_say_two(tree, YAK_SAYS_DUPLICATE, token, yak_quoted(tree, token),
                yak_number_argument(tree, before->line));
}

/* ---- names ---- */

typedef void (*visit_t)(yak_tree_t *tree, const yak_token_t *name, void *context);

/* Every name that shares one space of names and needs words: the fund, parameters, counters,
   lists, sets. */
static void visit_declared(yak_tree_t *tree, visit_t visit, void *context)
{
    visit(tree, tree->name, context);
    for (uint32_t i = 0; i < tree->parameter_count; i++) {
        visit(tree, tree->parameters[i].token, context);
    }
    for (uint32_t i = 0; i < tree->counter_count; i++) {
        visit(tree, tree->counters[i].token, context);
    }
    for (uint32_t i = 0; i < tree->list_count; i++) {
        visit(tree, tree->lists[i].token, context);
    }
    for (const yak_set_t *set = tree->sets; set != NULL; set = set->next) {
        visit(tree, set->name, context);
    }
}

static void visit_rules(yak_tree_t *tree, visit_t visit, void *context)
{
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        for (const yak_rule_t *rule = tree->blocks[verb].rules; rule != NULL; rule = rule->next) {
            if (rule->name != NULL) {
                visit(tree, rule->name, context);
            }
        }
    }
}

typedef struct {
    const yak_token_t *name;
    const yak_token_t *first; /* the first that has this name */
} same_t;

static void find_same(yak_tree_t *tree, const yak_token_t *name, void *context)
{
    same_t *same = context;
    bool equal = yak_text_equal(yak_token_text(tree, name), yak_token_text(tree, same->name));
    if (equal && (same->first == NULL || name < same->first)) {
        same->first = name;
    }
}

static void check_new_name(yak_tree_t *tree, const yak_token_t *name, void *context)
{
    (void)context;
    yak_text_t text = yak_token_text(tree, name);
    if (yak_word_is_reserved(text)) {
        yak_say_one(tree, YAK_SAYS_NAME_RESERVED, name, yak_quoted(tree, name));
        return;
    }
    same_t same = {name, NULL};
    visit_declared(tree, find_same, &same);
    if (same.first != name && same.first != NULL) {
        say_duplicate(tree, name, same.first);
    }
}

/* Rules of different verbs may share a name, and with it the words; nothing else may. */
static void check_rule_name(yak_tree_t *tree, const yak_token_t *name, void *context)
{
    (void)context;
    same_t same = {name, NULL};
    visit_declared(tree, find_same, &same);
    if (same.first != NULL) {
        say_duplicate(tree, name, same.first);
    }
}

static void check_names(yak_tree_t *tree)
{
    visit_declared(tree, check_new_name, NULL);
    visit_rules(tree, check_rule_name, NULL);
    for (const yak_promise_t *promise = tree->promises; promise != NULL; promise = promise->next) {
        for (const yak_promise_t *before = tree->promises; before != promise;
             before = before->next) {
            if (yak_text_equal(yak_token_text(tree, before->token),
                               yak_token_text(tree, promise->token))) {
                say_duplicate(tree, promise->token, before->token);
            }
        }
    }
    for (const yak_example_t *example = tree->examples; example != NULL; example = example->next) {
        for (const yak_example_t *before = tree->examples; before != example;
             before = before->next) {
            if (yak_text_equal(yak_token_text(tree, before->token),
                               yak_token_text(tree, example->token))) {
                say_duplicate(tree, example->token, before->token);
            }
        }
    }
}

/* ---- words ---- */

static void find_words(yak_tree_t *tree, const yak_token_t *name, void *context)
{
    (void)context;
    yak_text_t text = yak_token_text(tree, name);
    for (const yak_words_t *words = tree->words; words != NULL; words = words->next) {
        if (yak_text_equal(yak_token_text(tree, words->name), text)) {
            return;
        }
    }
    yak_say_one(tree, YAK_SAYS_WORDS_MISSING, name, yak_quoted(tree, name));
}

static void offer_name(yak_tree_t *tree, const yak_token_t *name, void *context)
{
    yak_guess_offer(context, yak_token_text(tree, name));
}

static void check_words_entry(yak_tree_t *tree, const yak_words_t *words)
{
    same_t same = {words->name, NULL};
    visit_declared(tree, find_same, &same);
    visit_rules(tree, find_same, &same);
    if (same.first == NULL) {
        yak_guess_t guess = yak_guess(yak_token_text(tree, words->name));
        visit_declared(tree, offer_name, &guess);
        visit_rules(tree, offer_name, &guess);
        yak_details_t details = {{yak_quoted(tree, words->name)}, guess.best};
        yak_say(tree, YAK_SAYS_WORDS_UNKNOWN, words->name, NULL, &details);
    }
    for (const yak_words_t *before = tree->words; before != words; before = before->next) {
        if (yak_text_equal(yak_token_text(tree, before->name), yak_token_text(tree, words->name))) {
            say_duplicate(tree, words->name, before->name);
        }
    }
    for (uint32_t i = 0; i < DURE_YAK_LANGUAGES; i++) {
        if (words->text[i]->size == 0) {
            yak_say_one(tree, YAK_SAYS_WORDS_EMPTY, words->text[i], yak_quoted(tree, words->name));
        }
    }
}

static void check_words(yak_tree_t *tree)
{
    visit_declared(tree, find_words, NULL);
    visit_rules(tree, find_words, NULL);
    for (const yak_words_t *words = tree->words; words != NULL; words = words->next) {
        check_words_entry(tree, words);
    }
}

/* ---- lines ---- */

static void check_lines(yak_tree_t *tree)
{
    const struct {
        const yak_token_t *token;
        yak_argument_t what;
        yak_text_t line;
    } lines[] = {
        {tree->issuer, YAK_ARGUMENT("who issues it", "발행 도시"), YAK_TEXT("issuer city 41570")},
        {tree->currency, YAK_ARGUMENT("its currency", "통화"), YAK_TEXT("currency KRW")},
        {tree->validity, YAK_ARGUMENT("how long a lot lives", "유효 기간"),
         YAK_TEXT("validity 5 years")},
        {tree->lapse, YAK_ARGUMENT("where a lot goes at its end", "소멸한 돈이 가는 곳"),
         YAK_TEXT("lapse to issuer.budget")},
        {tree->priority, YAK_ARGUMENT("its place in line", "결제 순서"), YAK_TEXT("priority 50")},
        {tree->old_lots, YAK_ARGUMENT("what becomes of old lots", "이미 나간 돈의 규칙"),
         YAK_TEXT("old lots keep")},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        if (lines[i].token == NULL) {
            yak_say_two(tree, YAK_SAYS_ITEM_MISSING, tree->name, lines[i].what,
                        yak_argument(lines[i].line));
            return; /* one at a time: they would all stand at the same place */
        }
    }
    if (tree->blocks[DURE_VERB_PURCHASE].token == NULL &&
        tree->blocks[DURE_VERB_GRANT].token == NULL) {
        yak_say_plain(tree, YAK_SAYS_NO_ISSUE, tree->name);
    }
}

/* ---- declarations ---- */

static void check_parameter(yak_tree_t *tree, yak_parameter_t *parameter)
{
    if (parameter->broken) {
        return;
    }
    uint32_t type = yak_unit_type(parameter->unit);
    bool low = yak_check_constant(tree, parameter->low, type);
    bool high = yak_check_constant(tree, parameter->high, type);
    bool initial = yak_check_constant(tree, parameter->initial, type);
    if (!low || !high || !initial) {
        parameter->broken = true;
    } else if (parameter->low->value > parameter->high->value) {
        yak_say_plain(tree, YAK_SAYS_RANGE_ORDER, parameter->low->token);
    } else if (parameter->initial->value < parameter->low->value ||
               parameter->initial->value > parameter->high->value) {
        yak_say_plain(tree, YAK_SAYS_RANGE_OUTSIDE, parameter->initial->token);
    }
}

static void check_counter(yak_tree_t *tree, yak_counter_t *counter)
{
    if (counter->broken) {
        return;
    }
    bool seen_city = false;
    bool seen_party = false;
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        uint32_t by = counter->by[verb];
        const yak_token_t *token = counter->by_token[verb];
        if (by == 0) {
            continue;
        }
        seen_city = seen_city || by == DURE_COUNTER_CITY_WIDE;
        seen_party = seen_party || by != DURE_COUNTER_CITY_WIDE;
        if (by != DURE_COUNTER_CITY_WIDE && !yak_verb_has_role((dure_verb_t)verb, by)) {
            yak_value_t value = {.kind = YAK_VALUE_INPUT,
                                 .type = YAK_TYPE_PARTY,
                                 .input = {DURE_INPUT_PARTY, (uint8_t)by, 0},
                                 .token = token,
                                 .last = token};
            yak_check_reads(tree, &value, (dure_verb_t)verb);
        }
        uint32_t maker = counter->made == DURE_MADE_SUBSIDY  ? DURE_VERB_PURCHASE
                         : counter->made == DURE_MADE_REWARD ? DURE_VERB_PAYMENT
                                                             : verb;
        if (verb != maker) {
            yak_say_two(tree, YAK_SAYS_COUNTER_MADE, token,
                        yak_quoted_text(tree, yak_made_name(counter->made)),
                        yak_quoted_text(tree, yak_verb_name(maker)));
        }
    }
    if (seen_city && seen_party) {
        yak_say_plain(tree, YAK_SAYS_COUNTER_BY_MIXED, counter->token);
    }
}

/* A set of words is of the list of names that has all of them, or else the first of them. */
static uint32_t set_type(const yak_tree_t *tree, const yak_set_t *set)
{
    uint32_t type = set->constants->type;
    if (type != YAK_TYPE_WORD) {
        return type;
    }
    uint32_t most = 0;
    for (uint32_t names = 1; names < YAK_NAMES_COUNT; names++) {
        uint32_t found = 0;
        for (const yak_value_t *constant = set->constants; constant != NULL;
             constant = constant->next) {
            yak_text_t text = yak_token_text(tree, constant->token);
            uint16_t number = 0;
            found += dure_names_number(&number, (dure_names_t)names, text.data, text.size);
        }
        if (found > most) {
            most = found;
            type = YAK_TYPE_NAME + names;
        }
    }
    return type;
}

static void check_sets(yak_tree_t *tree)
{
    for (yak_set_t *set = tree->sets; set != NULL; set = set->next) {
        if (set->broken) {
            continue;
        }
        uint32_t type = set_type(tree, set);
        if (type == YAK_TYPE_WORD) {
            /* None is known anywhere: most sets are of kinds of shops. */
            type = YAK_TYPE_NAME + DURE_NAMES_CATEGORIES;
        }
        /* Bare numbers wait for their first use. */
        if (type != YAK_TYPE_NUMBER && !yak_check_set(tree, set, type)) {
            set->broken = true;
        }
    }
}

static void check_missing(yak_tree_t *tree)
{
    for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
        yak_missing_t *missing = &tree->missing[i];
        if (missing->token != NULL) {
            uint32_t type = yak_attribute_type(dure_attributes[i].id);
            if (!yak_check_constant(tree, missing->value, type)) {
                missing->value = NULL;
            }
        }
    }
}

void yak_check(yak_tree_t *tree)
{
    if (tree->name == NULL) {
        return;
    }
    /* After a syntax error some lines and names are not known. */
    bool parsed = tree->diagnostics->count == 0;
    if (parsed) {
        check_lines(tree);
    }
    check_names(tree);
    for (uint32_t i = 0; i < tree->parameter_count; i++) {
        check_parameter(tree, &tree->parameters[i]);
    }
    for (uint32_t i = 0; i < tree->counter_count; i++) {
        check_counter(tree, &tree->counters[i]);
    }
    check_sets(tree);
    check_missing(tree);
    yak_check_blocks(tree);
    yak_check_promises(tree);
    for (yak_example_t *example = tree->examples; example != NULL; example = example->next) {
        yak_check_example(tree, example);
    }
    if (parsed) {
        check_words(tree);
    }
}

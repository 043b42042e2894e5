/* What a sound program may still be told: rules that no example watches, tests that never change,
   rules that others make idle, names that nothing uses. */
#include "yak/yak_private.h"

/* ---- ranges ---- */

typedef struct {
    int64_t low, high;
} range_t;

/* Every value that the input can have; amounts and counters stay within 10^15, so that the sum of a
   side, which has at most one of them beside amount and constants, fits in 64 bits. */
static range_t range_of_input(const yak_tree_t *tree, const dure_yak_input_t *input)
{
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_TODAY:
    case DURE_INPUT_LOT_AGE:
        return (range_t){0, DURE_DAY_MAX};
    case DURE_INPUT_TIME:
        return (range_t){0, 1439};
    case DURE_INPUT_LOT_USED:
        return (range_t){0, DURE_RATE_ONE};
    case DURE_INPUT_ATTRIBUTE:
        return (range_t){0, input->id == DURE_ATTRIBUTE_RISK ? 1000
                            : input->id == DURE_ATTRIBUTE_BIRTH_DIGIT
                                ? 9
                                : (int64_t)DURE_AMOUNT_WON_MAX};
    case DURE_INPUT_PARAMETER:
        return (range_t){tree->parameters[input->id].low->value,
                         tree->parameters[input->id].high->value};
    case DURE_INPUT_WEEKDAY:
    case DURE_INPUT_CHANNEL:
    case DURE_INPUT_ISSUER_REGION:
    case DURE_INPUT_PARTY:
    case DURE_INPUT_KIND:
    case DURE_INPUT_HOLDING:
    case DURE_INPUT_WALLET:
    case DURE_INPUT_MEMBER:
    case DURE_INPUT_COUNTER:
    case DURE_INPUT_LOT_ORIGIN:
    case DURE_INPUT_LOT_GIFTED:
        break;
    }
    return (range_t){0, (int64_t)DURE_AMOUNT_WON_MAX};
}

static range_t range_of_sum(const yak_tree_t *tree, const yak_value_t *sum)
{
    range_t range = {0, 0};
    for (const yak_value_t *value = sum; value != NULL; value = value->next) {
        range_t one = value->kind == YAK_VALUE_AMOUNT  ? (range_t){1, (int64_t)DURE_AMOUNT_WON_MAX}
                      : value->kind == YAK_VALUE_INPUT ? range_of_input(tree, &value->input)
                                                       : (range_t){value->value, value->value};
        range.low += one.low;
        range.high += one.high;
    }
    return range;
}

/* Can a side be missing?  Then no test of it always holds. */
static bool may_be_missing(const yak_tree_t *tree, const yak_value_t *sum)
{
    for (const yak_value_t *value = sum; value != NULL; value = value->next) {
        bool party = value->kind == YAK_VALUE_INPUT && (value->input.kind == DURE_INPUT_ATTRIBUTE ||
                                                        value->input.kind == DURE_INPUT_KIND);
        int32_t index = party && value->input.kind == DURE_INPUT_ATTRIBUTE
                            ? yak_attribute_index(value->input.id)
                            : -1;
        if (party && (index < 0 || tree->missing[index].token == NULL)) {
            return true;
        }
    }
    return false;
}

typedef enum { OPEN = 0, ALWAYS, NEVER } verdict_t;

static verdict_t opposite(verdict_t verdict)
{
    return verdict == ALWAYS ? NEVER : verdict == NEVER ? ALWAYS : OPEN;
}

static verdict_t below(range_t a, range_t b, bool or_equal)
{
    if (a.high < b.low || (or_equal && a.high == b.low)) {
        return ALWAYS;
    }
    return a.low > b.high || (!or_equal && a.low == b.high) ? NEVER : OPEN;
}

static verdict_t judge_compare(uint32_t op, range_t a, range_t b)
{
    verdict_t apart = a.high < b.low || b.high < a.low ? NEVER : OPEN;
    switch ((yak_compare_t)op) {
    case YAK_EQ:
        return apart;
    case YAK_NE:
        return opposite(apart);
    case YAK_LT:
        return below(a, b, false);
    case YAK_LE:
        return below(a, b, true);
    case YAK_GT:
        return below(b, a, false);
    case YAK_GE:
        return below(b, a, true);
    }
    return OPEN;
}

static verdict_t judge_test(const yak_tree_t *tree, const yak_cond_t *cond)
{
    if (!yak_type_is_ordered(cond->a->type) || may_be_missing(tree, cond->a) ||
        may_be_missing(tree, cond->b)) {
        return OPEN;
    }
    range_t a = range_of_sum(tree, cond->a);
    if (cond->kind == YAK_COND_COMPARE) {
        return judge_compare(cond->op, a, range_of_sum(tree, cond->b));
    }
    if (cond->kind == YAK_COND_RANGE) {
        bool clock = cond->a->type == YAK_TYPE_CLOCK; /* its end is not in it */
        range_t range = {cond->low->value, cond->high->value - (clock ? 1 : 0)};
        bool apart = a.high < range.low || range.high < a.low;
        return apart ? NEVER : range.low <= a.low && a.high <= range.high ? ALWAYS : OPEN;
    }
    return OPEN;
}

static void advise_tests(yak_tree_t *tree, const yak_cond_t *cond)
{
    if (cond == NULL) {
        return;
    }
    advise_tests(tree, cond->left);
    advise_tests(tree, cond->right);
    if (cond->kind == YAK_COND_COMPARE || cond->kind == YAK_COND_RANGE) {
        verdict_t verdict = judge_test(tree, cond);
        if (verdict != OPEN) {
            yak_say_plain(tree, verdict == ALWAYS ? YAK_SAYS_TEST_ALWAYS : YAK_SAYS_TEST_NEVER,
                          cond->token);
        }
    }
}

/* ---- conjunctions ---- */

enum { tests_max = 128 };

typedef struct {
    const yak_cond_t *tests[tests_max];
    uint32_t count;
    bool whole; /* all of them are here */
} tests_t;

static void add_tests(tests_t *all, const yak_cond_t *cond)
{
    if (cond == NULL) {
        return;
    }
    if (cond->kind == YAK_COND_AND) {
        add_tests(all, cond->left);
        add_tests(all, cond->right);
    } else if (all->count < tests_max) {
        all->tests[all->count++] = cond;
    } else {
        all->whole = false;
    }
}

static tests_t tests_of(const yak_cond_t *cond)
{
    tests_t all;
    all.count = 0;
    all.whole = true;
    add_tests(&all, cond);
    return all;
}

static bool inputs_are_equal(const dure_yak_input_t *a, const dure_yak_input_t *b)
{
    return a->kind == b->kind && a->role == b->role && a->id == b->id;
}

static bool sums_are_equal(const yak_value_t *a, const yak_value_t *b)
{
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        if (a->kind != b->kind || a->type != b->type || a->value != b->value ||
            !inputs_are_equal(&a->input, &b->input)) {
            return false;
        }
    }
    return a == NULL && b == NULL;
}

static bool set_has(const yak_set_t *set, int64_t number)
{
    for (const yak_value_t *value = set->constants; value != NULL; value = value->next) {
        if (value->value == number) {
            return true;
        }
    }
    return false;
}

static bool sets_are_equal(const yak_set_t *a, const yak_set_t *b)
{
    if (a == b || a == NULL || b == NULL) {
        return a == b;
    }
    bool equal = a->count == b->count;
    for (const yak_value_t *value = a->constants; value != NULL && equal; value = value->next) {
        equal = set_has(b, value->value);
    }
    return equal;
}

static bool conds_are_equal(const yak_cond_t *a, const yak_cond_t *b)
{
    if (a == NULL || b == NULL) {
        return a == b;
    }
    return a->kind == b->kind && a->op == b->op && sums_are_equal(a->a, b->a) &&
           sums_are_equal(a->b, b->b) && sums_are_equal(a->low, b->low) &&
           sums_are_equal(a->high, b->high) && sets_are_equal(a->set, b->set) &&
           conds_are_equal(a->left, b->left) && conds_are_equal(a->right, b->right);
}

/* Does every test of `few` stand among `many`?  Then whatever passes `many` passes `few`. */
static bool is_within(const tests_t *few, const tests_t *many)
{
    bool within = few->whole;
    for (uint32_t i = 0; i < few->count && within; i++) {
        within = false;
        for (uint32_t k = 0; k < many->count && !within; k++) {
            within = conds_are_equal(few->tests[i], many->tests[k]);
        }
    }
    return within;
}

/* One input against constants: the values that pass, as a range and, if it is named, a set. */
static bool values_that_pass(const yak_cond_t *cond, range_t *range, const yak_value_t **set)
{
    *set = NULL;
    *range = (range_t){INT64_MIN, INT64_MAX};
    if (cond->a == NULL || cond->a->next != NULL || cond->a->kind == YAK_VALUE_CONSTANT) {
        return false;
    }
    if (cond->kind == YAK_COND_IN) {
        *set = cond->set->constants;
        return true;
    }
    if (cond->kind == YAK_COND_RANGE) {
        bool clock = cond->a->type == YAK_TYPE_CLOCK;
        *range = (range_t){cond->low->value, cond->high->value - (clock ? 1 : 0)};
        return true;
    }
    if (cond->kind != YAK_COND_COMPARE || cond->b->next != NULL || cond->op == YAK_NE ||
        cond->b->kind != YAK_VALUE_CONSTANT) {
        return false;
    }
    int64_t bound = cond->b->value;
    if (cond->op == YAK_EQ) {
        *set = cond->b;
    } else if (cond->op == YAK_LT || cond->op == YAK_LE) {
        range->high = bound - (cond->op == YAK_LT ? 1 : 0);
    } else {
        range->low = bound + (cond->op == YAK_GT ? 1 : 0);
    }
    return true;
}

static bool some_passes(const yak_value_t *values, range_t range, const yak_value_t *others)
{
    for (const yak_value_t *value = values; value != NULL; value = value->next) {
        bool passes = value->value >= range.low && value->value <= range.high;
        bool found = others == NULL;
        for (const yak_value_t *other = others; other != NULL && !found; other = other->next) {
            found = other->value == value->value;
        }
        if (passes && found) {
            return true;
        }
    }
    return false;
}

static bool exclude_each_other(const yak_cond_t *a, const yak_cond_t *b)
{
    if (a->kind == YAK_COND_NOT || b->kind == YAK_COND_NOT) {
        const yak_cond_t *negated = a->kind == YAK_COND_NOT ? a : b;
        return conds_are_equal(negated->left, negated == a ? b : a);
    }
    range_t x;
    range_t y;
    const yak_value_t *xs = NULL;
    const yak_value_t *ys = NULL;
    if (!values_that_pass(a, &x, &xs) || !values_that_pass(b, &y, &ys) ||
        a->a->kind != b->a->kind || !inputs_are_equal(&a->a->input, &b->a->input)) {
        return false;
    }
    range_t both = {x.low > y.low ? x.low : y.low, x.high < y.high ? x.high : y.high};
    if (xs != NULL) {
        return !some_passes(xs, both, ys);
    }
    return ys != NULL ? !some_passes(ys, both, NULL) : both.low > both.high;
}

static void advise_contradictions(yak_tree_t *tree, const yak_rule_t *rule)
{
    tests_t all = tests_of(rule->when);
    for (uint32_t i = 0; i < all.count; i++) {
        for (uint32_t k = 0; k < i; k++) {
            if (exclude_each_other(all.tests[k], all.tests[i])) {
                yak_say_one(tree, YAK_SAYS_TESTS_EXCLUDE, all.tests[i]->token,
                            yak_number_argument(tree, all.tests[k]->token->line));
                return;
            }
        }
    }
}

/* ---- rules that others make idle ---- */

static void advise_shadows(yak_tree_t *tree, const yak_block_t *block)
{
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        tests_t own = tests_of(rule->when);
        for (const yak_rule_t *other = block->rules; other != NULL; other = other->next) {
            bool sort = other->kind == rule->kind && rule->kind <= DURE_RULE_HOLD &&
                        other->days >= rule->days;
            bool denied = rule->kind == DURE_RULE_ALLOW && other->kind == DURE_RULE_DENY;
            if (other == rule || (!sort && !denied)) {
                continue;
            }
            tests_t tests = tests_of(other->when);
            /* Of two that say the same, the later is idle. */
            bool same = sort && other->index > rule->index && other->days == rule->days &&
                        is_within(&own, &tests);
            if (!same && is_within(&tests, &own)) {
                yak_say_one(tree, denied ? YAK_SAYS_ALLOW_DENIED : YAK_SAYS_RULE_IDLE, rule->token,
                            yak_number_argument(tree, other->token->line));
                break;
            }
        }
    }
}

/* ---- names that nothing uses ---- */

static bool cond_uses(const yak_cond_t *cond, const dure_yak_input_t *input, const yak_set_t *set);

static bool sum_uses(const yak_value_t *sum, const dure_yak_input_t *input)
{
    for (const yak_value_t *value = sum; value != NULL && input != NULL; value = value->next) {
        /* A list is used whoever is asked for. */
        if (value->kind == YAK_VALUE_INPUT && value->input.kind == input->kind &&
            value->input.id == input->id) {
            return true;
        }
    }
    return false;
}

static bool cond_uses(const yak_cond_t *cond, const dure_yak_input_t *input, const yak_set_t *set)
{
    if (cond == NULL) {
        return false;
    }
    return (set != NULL && cond->set == set) || sum_uses(cond->a, input) ||
           sum_uses(cond->b, input) || cond_uses(cond->left, input, set) ||
           cond_uses(cond->right, input, set);
}

static bool is_used(const yak_tree_t *tree, const dure_yak_input_t *input, const yak_set_t *set)
{
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        for (const yak_rule_t *rule = tree->blocks[verb].rules; rule != NULL; rule = rule->next) {
            if (cond_uses(rule->when, input, set) || sum_uses(rule->value, input) ||
                sum_uses(rule->minus, input)) {
                return true;
            }
        }
    }
    for (const yak_promise_t *promise = tree->promises; promise != NULL; promise = promise->next) {
        if (cond_uses(promise->when, input, set) || cond_uses(promise->has, input, set) ||
            sum_uses(promise->bound, input) || sum_uses(promise->counter, input)) {
            return true;
        }
    }
    return false;
}

static void advise_name(yak_tree_t *tree, const yak_token_t *name, uint32_t kind, uint32_t id,
                        const yak_set_t *set)
{
    dure_yak_input_t input = {(uint8_t)kind, 0, (uint16_t)id};
    if (!is_used(tree, set == NULL ? &input : NULL, set)) {
        yak_say_one(tree, YAK_SAYS_UNUSED, name, yak_quoted(tree, name));
    }
}

static void advise_names(yak_tree_t *tree)
{
    for (uint32_t i = 0; i < tree->parameter_count; i++) {
        advise_name(tree, tree->parameters[i].token, DURE_INPUT_PARAMETER, i, NULL);
    }
    for (uint32_t i = 0; i < tree->counter_count; i++) {
        advise_name(tree, tree->counters[i].token, DURE_INPUT_COUNTER, i, NULL);
    }
    for (uint32_t i = 0; i < tree->list_count; i++) {
        advise_name(tree, tree->lists[i].token, DURE_INPUT_MEMBER, i, NULL);
    }
    for (const yak_set_t *set = tree->sets; set != NULL; set = set->next) {
        advise_name(tree, set->name, 0, 0, set);
    }
}

/* ---- rules that no example watches ---- */

/* Does some example of the verb, right as the program stands, go wrong as it stands now? */
static bool examples_notice(const yak_tree_t *tree, const dure_yak_program_t *program,
                            uint32_t verb, const dure_yak_answer_t *answers, uint32_t count)
{
    uint32_t index = 0;
    for (const yak_example_t *example = tree->examples; example != NULL && index < count;
         example = example->next, index++) {
        if (example->verb != verb || !answers[index].passed) {
            continue;
        }
        dure_yak_answer_t answer = answers[index];
        dure_yak_walk(&answer.decision, tree, program, answer.verb, answer.amount, answer.inputs);
        if (!yak_answer_fits(&answer, tree, example)) {
            return true;
        }
    }
    return false;
}

static void say_unwatched(yak_tree_t *tree, const yak_rule_t *rule, uint32_t verb,
                          yak_message_t message)
{
    yak_say_two(tree, message, rule->name != NULL ? rule->name : rule->token,
                yak_quoted(tree, rule->name != NULL ? rule->name : rule->token),
                yak_quoted_text(tree, yak_verb_name(verb)));
}

/* A rule of no kind: nothing asks it. */
#define KIND_DELETED 0xffu

static void advise_examples(yak_tree_t *tree, const dure_yak_program_t *program, uint32_t verb,
                            const dure_yak_answer_t *answers, uint32_t count)
{
    for (yak_rule_t *rule = tree->blocks[verb].rules; rule != NULL; rule = rule->next) {
        yak_rule_t kept = *rule;
        rule->kind = KIND_DELETED;
        bool deleted = examples_notice(tree, program, verb, answers, count);
        rule->kind = kept.kind;
        if (!deleted) {
            say_unwatched(tree, rule, verb, YAK_SAYS_EXAMPLE_WITH);
        }
        yak_value_t none = {.kind = YAK_VALUE_CONSTANT, .type = YAK_TYPE_WON};
        if (rule->kind == DURE_RULE_CAP) {
            rule->value = &none;
        } else if (rule->when == NULL) {
            continue; /* it has no other side */
        }
        rule->when = NULL;
        bool always = examples_notice(tree, program, verb, answers, count);
        *rule = kept;
        if (!always) {
            say_unwatched(tree, rule, verb, YAK_SAYS_EXAMPLE_WITHOUT);
        }
    }
}

void dure_yak_advise(dure_yak_diagnostics_t *advice, dure_yak_tree_t *tree,
                     const dure_yak_program_t *program, dure_yak_answer_t *answers,
                     uint32_t answer_count)
{
    memset(advice, 0, sizeof *advice);
    dure_yak_diagnostics_t *errors = tree->diagnostics;
    tree->diagnostics = advice;
    advise_names(tree);
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        const yak_block_t *block = &tree->blocks[verb];
        for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
            advise_tests(tree, rule->when);
            advise_contradictions(tree, rule);
        }
        advise_shadows(tree, block);
        advise_examples(tree, program, verb, answers, answer_count);
    }
    yak_messages_sort(advice);
    tree->diagnostics = errors;
}

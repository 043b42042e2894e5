/* Rules of a verb, promises, and the facts of examples. */
#include "yak/yak_private.h"

yak_rule_t *yak_find_rule(const yak_tree_t *tree, uint32_t verb, uint32_t kind, yak_text_t name)
{
    for (yak_rule_t *rule = tree->blocks[verb].rules; rule != NULL; rule = rule->next) {
        if (rule->kind == kind && rule->name != NULL &&
            yak_text_equal(yak_token_text(tree, rule->name), name)) {
            return rule;
        }
    }
    return NULL;
}

/* ---- effects ---- */

static void say_effect(yak_tree_t *tree, const yak_rule_t *rule, dure_verb_t verb)
{
    const yak_verb_rules_t *rules = yak_verb_rules(verb);
    char *memory = yak_take(tree, 96);
    if (memory == NULL) {
        return;
    }
    yak_writer_t writer = yak_writer(memory, 96);
    yak_write_text(&writer, YAK_TEXT("allow, deny"));
    for (uint32_t kind = DURE_RULE_HOLD; kind <= DURE_RULE_CAP; kind++) {
        if ((rules->effects & 1u << kind) != 0) {
            yak_write_text(&writer, YAK_TEXT(", "));
            yak_write_text(&writer, yak_rule_kind_name(kind));
        }
    }
    yak_details_t details = {{yak_quoted(tree, rule->token),
                              yak_quoted_text(tree, yak_verb_name(verb)),
                              yak_argument((yak_text_t){memory, writer.size})},
                             {NULL, 0}};
    yak_say(tree, YAK_SAYS_EFFECT_NOT_OF_VERB, rule->token, NULL, &details);
}

static bool is_input(const yak_value_t *value, uint32_t kind)
{
    return value != NULL && value->kind == YAK_VALUE_INPUT && value->input.kind == kind;
}

/* A constant of the type or a parameter with that unit. */
static bool check_figure(yak_tree_t *tree, yak_value_t *value, uint32_t type, dure_verb_t verb)
{
    yak_check_value(tree, value);
    if (is_input(value, DURE_INPUT_PARAMETER)) {
        yak_check_reads(tree, value, verb);
        if (value->type == type || value->type == YAK_TYPE_ERROR) {
            return value->type == type;
        }
    } else if (value->kind == YAK_VALUE_CONSTANT && value->type != YAK_TYPE_WORD) {
        return yak_check_constant(tree, value, type);
    }
    yak_details_t details = {
        {yak_quoted(tree, value->token), {yak_type_words(type, false), yak_type_words(type, true)}},
        {NULL, 0}};
    yak_guess_t guess = yak_guess(yak_token_text(tree, value->token));
    yak_guess_offer_declared(&guess, tree);
    if (!is_input(value, DURE_INPUT_PARAMETER) && !is_input(value, DURE_INPUT_COUNTER)) {
        details.suggestion = guess.best;
    }
    yak_say(tree, YAK_SAYS_NOT_A_PARAMETER, value->token, NULL, &details);
    value->type = YAK_TYPE_ERROR;
    return false;
}

static bool check_counter_figure(yak_tree_t *tree, yak_value_t *value, dure_verb_t verb)
{
    yak_check_value(tree, value);
    if (!is_input(value, DURE_INPUT_COUNTER)) {
        yak_guess_t guess = yak_guess(yak_token_text(tree, value->token));
        for (uint32_t i = 0; i < tree->counter_count; i++) {
            yak_guess_offer(&guess, yak_token_text(tree, tree->counters[i].token));
        }
        yak_details_t details = {{yak_quoted(tree, value->token)}, guess.best};
        yak_say(tree, YAK_SAYS_NOT_A_COUNTER, value->token, NULL, &details);
        value->type = YAK_TYPE_ERROR;
        return false;
    }
    yak_check_reads(tree, value, verb);
    return true;
}

/* The most that a figure can be. */
static int64_t highest(const yak_tree_t *tree, const yak_value_t *value)
{
    if (value->type == YAK_TYPE_ERROR) {
        return 0;
    }
    if (is_input(value, DURE_INPUT_PARAMETER)) {
        const yak_parameter_t *parameter = &tree->parameters[value->input.id];
        return parameter->broken ? 0 : parameter->high->value;
    }
    return value->kind == YAK_VALUE_CONSTANT ? value->value : 0;
}

static void check_give(yak_tree_t *tree, yak_rule_t *rule)
{
    yak_value_t *value = rule->value;
    if (value->kind == YAK_VALUE_AMOUNT) {
        value->type = YAK_TYPE_WON;
        return;
    }
    if (!check_figure(tree, value, YAK_TYPE_WON, DURE_VERB_GRANT)) {
        return;
    }
    int64_t least = value->value;
    if (is_input(value, DURE_INPUT_PARAMETER)) {
        const yak_parameter_t *parameter = &tree->parameters[value->input.id];
        least = parameter->broken ? 1 : parameter->low->value;
    }
    if (least < 1) {
        yak_say_one(tree, YAK_SAYS_GIVE_MINIMUM, value->token, yak_quoted(tree, value->token));
    }
}

static void check_cap(yak_tree_t *tree, yak_rule_t *rule, dure_verb_t verb)
{
    uint32_t maker = rule->made == DURE_MADE_SUBSIDY ? DURE_RULE_SUBSIDY : DURE_RULE_REWARD;
    bool made = false;
    for (const yak_rule_t *other = tree->blocks[verb].rules; other != NULL; other = other->next) {
        made = made || other->kind == maker;
    }
    if (!made) {
        yak_say_one(tree, YAK_SAYS_CAP_NOTHING, rule->token,
                    yak_argument(yak_made_name(rule->made)));
    }
    check_figure(tree, rule->value, YAK_TYPE_WON, verb);
    if (rule->minus != NULL && check_counter_figure(tree, rule->minus, verb) &&
        rule->minus->type == YAK_TYPE_COUNT) {
        yak_say_two(tree, YAK_SAYS_TYPE_EXPECTED, rule->minus->token, YAK_ARGUMENT("won", "원"),
                    YAK_ARGUMENT("a count", "횟수"));
    }
}

static void check_rule(yak_tree_t *tree, yak_rule_t *rule, dure_verb_t verb)
{
    bool always = rule->kind == DURE_RULE_ALLOW || rule->kind == DURE_RULE_DENY;
    if (!always && (yak_verb_rules(verb)->effects & 1u << rule->kind) == 0) {
        say_effect(tree, rule, verb);
        return;
    }
    if (rule->when != NULL) {
        yak_check_cond(tree, rule->when, verb);
    }
    switch ((dure_yak_rule_kind_t)rule->kind) {
    case DURE_RULE_ALLOW:
    case DURE_RULE_DENY:
    case DURE_RULE_HOLD:
        break;
    case DURE_RULE_GIVE:
        check_give(tree, rule);
        break;
    case DURE_RULE_SUBSIDY:
    case DURE_RULE_REWARD:
    case DURE_RULE_SHARE:
        check_figure(tree, rule->value, YAK_TYPE_RATE, verb);
        break;
    case DURE_RULE_CAP:
        if (yak_verb_rules(verb)->cap != rule->made) {
            say_effect(tree, rule, verb);
        } else {
            check_cap(tree, rule, verb);
        }
        break;
    }
}

/* ---- what the rules of a verb say together ---- */

static void check_sums(yak_tree_t *tree, const yak_block_t *block)
{
    int64_t rates[DURE_RULE_CAP + 1] = {0};
    int64_t gives = 0;
    const yak_token_t *accounts[DURE_RULE_CAP + 1] = {NULL};
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        if (rule->account == NULL) {
            continue;
        }
        const yak_token_t **account = &accounts[rule->kind];
        if (*account == NULL) {
            *account = rule->account;
        } else if (!yak_text_equal(yak_token_text(tree, *account),
                                   yak_token_text(tree, rule->account))) {
            yak_details_t details = {{yak_quoted(tree, rule->token),
                                      yak_number_argument(tree, (*account)->line),
                                      yak_quoted(tree, *account)},
                                     {NULL, 0}};
            yak_say(tree, YAK_SAYS_ACCOUNTS_DIFFER, rule->account, NULL, &details);
        }
        int64_t most = highest(tree, rule->value);
        if (rule->kind == DURE_RULE_GIVE) {
            gives += most;
            if (gives > (int64_t)DURE_AMOUNT_WON_MAX) {
                yak_say_plain(tree, YAK_SAYS_GIVE_SUM, rule->token);
                gives = 0;
            }
        } else {
            rates[rule->kind] += most;
            if (rates[rule->kind] > DURE_RATE_ONE) {
                yak_say_one(tree, YAK_SAYS_RATE_SUM, rule->token, yak_quoted(tree, rule->token));
                rates[rule->kind] = 0;
            }
        }
    }
}

/* Calls visit for every value of a condition. */
static void visit_values(const yak_cond_t *cond,
                         void (*visit)(const yak_value_t *value, void *context), void *context)
{
    if (cond == NULL) {
        return;
    }
    visit_values(cond->left, visit, context);
    visit_values(cond->right, visit, context);
    for (const yak_value_t *value = cond->a; value != NULL; value = value->next) {
        visit(value, context);
    }
    for (const yak_value_t *value = cond->b; value != NULL; value = value->next) {
        visit(value, context);
    }
}

static void find_amount(const yak_value_t *value, void *context)
{
    const yak_token_t **found = context;
    if (value->kind == YAK_VALUE_AMOUNT && *found == NULL) {
        *found = value->token;
    }
}

static void check_gives(yak_tree_t *tree, const yak_block_t *block)
{
    const yak_rule_t *of_amount = NULL;
    uint32_t gives = 0;
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        if (rule->kind == DURE_RULE_GIVE) {
            gives++;
            of_amount = rule->value->kind == YAK_VALUE_AMOUNT ? rule : of_amount;
        }
    }
    if (gives == 0 && !block->broken) {
        yak_say_plain(tree, YAK_SAYS_GRANT_NOTHING, block->token);
    } else if (of_amount != NULL && gives > 1) {
        yak_say_plain(tree, YAK_SAYS_GIVE_MIXED, of_amount->token);
    }
    for (const yak_rule_t *rule = block->rules; rule != NULL && of_amount == NULL;
         rule = rule->next) {
        const yak_token_t *found = NULL;
        if (rule->kind == DURE_RULE_GIVE) {
            visit_values(rule->when, find_amount, &found);
        }
        if (found != NULL) {
            yak_say_plain(tree, YAK_SAYS_GIVE_READS_AMOUNT, found);
        }
    }
}

typedef struct {
    yak_tree_t *tree;
    const yak_value_t *figure;
} compared_t;

static void find_compared(const yak_value_t *value, void *context)
{
    const compared_t *compared = context;
    const yak_value_t *figure = compared->figure;
    if (value->kind == YAK_VALUE_INPUT && value->input.kind == figure->input.kind &&
        value->input.id == figure->input.id) {
        yak_say_one(compared->tree, YAK_SAYS_GIVEN_COMPARED, value->token,
                    yak_quoted(compared->tree, value->token));
    }
}

/* What is given or caps is not compared in the same verb; proofs rest on it. */
static void check_not_compared(yak_tree_t *tree, const yak_block_t *block)
{
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        if (rule->kind != DURE_RULE_GIVE && rule->kind != DURE_RULE_CAP) {
            continue;
        }
        const yak_value_t *figures[2] = {rule->value, rule->minus};
        for (uint32_t i = 0; i < 2; i++) {
            if (figures[i] == NULL || figures[i]->kind != YAK_VALUE_INPUT) {
                continue;
            }
            compared_t compared = {tree, figures[i]};
            for (const yak_rule_t *other = block->rules; other != NULL; other = other->next) {
                visit_values(other->when, find_compared, &compared);
            }
        }
    }
}

static void check_block(yak_tree_t *tree, dure_verb_t verb)
{
    const yak_block_t *block = &tree->blocks[verb];
    bool allows = false;
    for (yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        check_rule(tree, rule, verb);
        allows = allows || rule->kind == DURE_RULE_ALLOW;
        for (const yak_rule_t *before = block->rules; before != rule; before = before->next) {
            if (rule->name != NULL && before->name != NULL &&
                yak_text_equal(yak_token_text(tree, rule->name),
                               yak_token_text(tree, before->name))) {
                yak_say_two(tree, YAK_SAYS_DUPLICATE, rule->name, yak_quoted(tree, rule->name),
                            yak_number_argument(tree, before->name->line));
            }
        }
    }
    if (!allows && !block->broken) {
        yak_say_one(tree, YAK_SAYS_NO_ALLOW, block->token, yak_quoted(tree, block->token));
    }
    check_sums(tree, block);
    check_not_compared(tree, block);
    if (verb == DURE_VERB_GRANT) {
        check_gives(tree, block);
    }
}

void yak_check_blocks(yak_tree_t *tree)
{
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        if (tree->blocks[verb].token != NULL) {
            check_block(tree, (dure_verb_t)verb);
        }
    }
}

/* ---- promises ---- */

static void check_promise_made(yak_tree_t *tree, yak_promise_t *promise, dure_verb_t verb)
{
    uint32_t maker = promise->made == DURE_MADE_SUBSIDY  ? DURE_VERB_PURCHASE
                     : promise->made == DURE_MADE_REWARD ? DURE_VERB_PAYMENT
                                                         : (uint32_t)verb;
    if ((uint32_t)verb != maker) {
        yak_say_two(tree, YAK_SAYS_COUNTER_MADE, promise->token,
                    yak_quoted_text(tree, yak_made_name(promise->made)),
                    yak_quoted_text(tree, yak_verb_name(maker)));
        return;
    }
    check_figure(tree, promise->bound, promise->bound_is_part ? YAK_TYPE_RATE : YAK_TYPE_WON, verb);
}

static void check_always(yak_tree_t *tree, yak_promise_t *promise)
{
    yak_check_value(tree, promise->counter);
    if (!is_input(promise->counter, DURE_INPUT_COUNTER)) {
        yak_guess_t guess = yak_guess(yak_token_text(tree, promise->counter->token));
        for (uint32_t i = 0; i < tree->counter_count; i++) {
            yak_guess_offer(&guess, yak_token_text(tree, tree->counters[i].token));
        }
        yak_details_t details = {{yak_quoted(tree, promise->counter->token)}, guess.best};
        yak_say(tree, YAK_SAYS_NOT_A_COUNTER, promise->counter->token, NULL, &details);
        return;
    }
    yak_check_constant(tree, promise->bound, promise->counter->type);
}

static void check_promise(yak_tree_t *tree, yak_promise_t *promise)
{
    if (promise->kind == YAK_PROMISE_ALWAYS) {
        check_always(tree, promise);
        return;
    }
    for (uint32_t i = 1; i < DURE_VERB_COUNT; i++) {
        dure_verb_t verb = (dure_verb_t)i;
        if ((promise->verbs & 1u << i) == 0) {
            continue;
        }
        if (promise->kind == YAK_PROMISE_CAN && !yak_verb_has_role(verb, promise->role)) {
            yak_value_t value = {.kind = YAK_VALUE_INPUT,
                                 .type = YAK_TYPE_PARTY,
                                 .input = {DURE_INPUT_PARTY, promise->role, 0},
                                 .token = promise->role_token,
                                 .last = promise->role_token};
            yak_check_reads(tree, &value, verb);
        }
        if (promise->when != NULL) {
            yak_check_cond(tree, promise->when, verb);
        }
        if (promise->has != NULL) {
            yak_check_cond(tree, promise->has, verb);
        }
        if (promise->bound != NULL) {
            check_promise_made(tree, promise, verb);
        }
    }
}

void yak_check_promises(yak_tree_t *tree)
{
    for (yak_promise_t *promise = tree->promises; promise != NULL; promise = promise->next) {
        check_promise(tree, promise);
    }
}

/* ---- examples ---- */

static bool fact_form_is_right(const yak_cond_t *cond)
{
    if (cond->kind == YAK_COND_NOT) {
        return cond->left->kind == YAK_COND_FLAG;
    }
    if (cond->kind == YAK_COND_FLAG) {
        return true;
    }
    if (cond->kind != YAK_COND_COMPARE || cond->op != YAK_EQ || cond->a->next != NULL ||
        cond->b->next != NULL || cond->a->kind != YAK_VALUE_INPUT) {
        return false;
    }
    /* The owner of a shop may be one of the parties; everything else is a constant. */
    bool party = cond->b->kind == YAK_VALUE_INPUT && cond->b->input.kind == DURE_INPUT_PARTY &&
                 cond->a->input.kind == DURE_INPUT_ATTRIBUTE;
    return cond->b->kind == YAK_VALUE_CONSTANT || party;
}

static void check_used_fact(yak_tree_t *tree, yak_cond_t *cond, dure_verb_t verb)
{
    /* As a fact, `lot.used = 60%` is exact; in a rule it would not be. */
    yak_check_value(tree, cond->a);
    yak_check_value(tree, cond->b);
    yak_check_reads(tree, cond->a, verb);
    yak_check_constant(tree, cond->b, YAK_TYPE_RATE);
}

static bool facts_are_same(const yak_cond_t *a, const yak_cond_t *b)
{
    const dure_yak_input_t *x = &(a->kind == YAK_COND_NOT ? a->left : a)->a->input;
    const dure_yak_input_t *y = &(b->kind == YAK_COND_NOT ? b->left : b)->a->input;
    return x->kind == y->kind && x->role == y->role && x->id == y->id;
}

static void check_facts(yak_tree_t *tree, yak_example_t *example)
{
    dure_verb_t verb = (dure_verb_t)example->verb;
    for (yak_fact_t *fact = example->facts; fact != NULL; fact = fact->next) {
        yak_cond_t *cond = fact->cond;
        bool used = cond->kind == YAK_COND_COMPARE && cond->op == YAK_EQ &&
                    is_input(cond->a, DURE_INPUT_LOT_USED);
        if (used && cond->b->kind == YAK_VALUE_CONSTANT) {
            check_used_fact(tree, cond, verb);
        } else {
            yak_check_cond(tree, cond, verb);
        }
        bool reported = cond->kind == YAK_COND_IN || (cond->a != NULL && cond->a->type == 0) ||
                        (cond->b != NULL && cond->b->type == 0);
        bool in_list = cond->kind == YAK_COND_IN && cond->set == NULL;
        if (!fact_form_is_right(cond)) {
            if (!reported || (cond->kind == YAK_COND_IN && !in_list)) {
                yak_say_plain(tree, YAK_SAYS_EXAMPLE_FACT, cond->token);
            }
            cond->broken = true;
        }
        for (yak_fact_t *before = example->facts; before != fact; before = before->next) {
            if (!cond->broken && !before->cond->broken && facts_are_same(before->cond, cond)) {
                yak_say_plain(tree, YAK_SAYS_EXAMPLE_TWICE, cond->token);
            }
        }
    }
}

/* `payee in rural_marts, payee is citizen` cannot be. */
static void check_kinds(yak_tree_t *tree, const yak_example_t *example)
{
    for (const yak_fact_t *fact = example->facts; fact != NULL; fact = fact->next) {
        if (fact->cond->broken || fact->cond->kind != YAK_COND_FLAG ||
            fact->cond->a->input.kind != DURE_INPUT_MEMBER) {
            continue;
        }
        const dure_yak_input_t *member = &fact->cond->a->input;
        const yak_list_t *list = &tree->lists[member->id];
        for (const yak_fact_t *other = example->facts; other != NULL; other = other->next) {
            const yak_cond_t *cond = other->cond;
            bool kind = !cond->broken && cond->kind == YAK_COND_COMPARE &&
                        cond->a->input.kind == DURE_INPUT_KIND &&
                        cond->a->input.role == member->role;
            if (kind && !list->broken && cond->b->value != list->kind) {
                const char *name = dure_names_text(DURE_NAMES_KINDS, list->kind);
                yak_say_two(tree, YAK_SAYS_EXAMPLE_KIND, cond->token, yak_quoted(tree, list->token),
                            yak_argument(yak_text_of(name)));
            }
        }
    }
}

static void check_answer(yak_tree_t *tree, yak_example_t *example)
{
    if (example->rule != NULL) {
        uint32_t kind = example->outcome == DURE_YAK_HELD ? DURE_RULE_HOLD : DURE_RULE_DENY;
        yak_text_t name = yak_token_text(tree, example->rule);
        if (yak_find_rule(tree, example->verb, kind, name) == NULL) {
            yak_guess_t guess = yak_guess(name);
            for (const yak_rule_t *rule = tree->blocks[example->verb].rules; rule != NULL;
                 rule = rule->next) {
                if (rule->kind == kind) {
                    yak_guess_offer(&guess, yak_token_text(tree, rule->name));
                }
            }
            yak_details_t details = {{yak_quoted(tree, example->rule),
                                      yak_quoted_text(tree, yak_verb_name(example->verb)),
                                      yak_argument(yak_rule_kind_name(kind))},
                                     guess.best};
            yak_say(tree, YAK_SAYS_RULE_NOT_FOUND, example->rule, NULL, &details);
        }
    }
}

void yak_check_example(yak_tree_t *tree, yak_example_t *example)
{
    check_facts(tree, example);
    check_kinds(tree, example);
    check_answer(tree, example);
    if (example->has_amount && example->verb == DURE_VERB_GRANT) {
        for (const yak_rule_t *rule = tree->blocks[DURE_VERB_GRANT].rules; rule != NULL;
             rule = rule->next) {
            if (rule->kind == DURE_RULE_GIVE && rule->value->kind != YAK_VALUE_AMOUNT) {
                yak_say_plain(tree, YAK_SAYS_EXAMPLE_AMOUNT, example->of);
            }
        }
    } else if (example->has_amount && example->amount < 1) {
        yak_say_two(tree, YAK_SAYS_VALUE_RANGE, example->of, YAK_ARGUMENT("1 won", "1원"),
                    YAK_ARGUMENT("1,000,000,000,000,000 won", "1,000,000,000,000,000원"));
    }
}

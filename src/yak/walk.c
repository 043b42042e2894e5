/* The tree walker: the meaning of a program written down a second time, as plainly as possible.
   It shares no code with the image, the verifier or the VM; a test plays one against the other. */
#include "yak/yak_private.h"

typedef enum { NO = 0, YES = 1, UNKNOWN = 2 } truth_t;

typedef struct {
    truth_t truth;
    int missing; /* UNKNOWN: the input whose absence makes it so */
} answer_t;

typedef struct {
    const yak_tree_t *tree;
    const dure_yak_program_t *program;
    dure_verb_t verb;
    int64_t amount;
    const dure_yak_value_t *inputs;
} walk_t;

typedef struct {
    __int128 number;
    int missing; /* -1: known */
} figure_t;

static int input_index(const walk_t *walk, const dure_yak_input_t *input)
{
    const dure_yak_verb_t *verb = &walk->program->verbs[walk->verb];
    for (int i = 0; i < verb->input_count; i++) {
        if (verb->inputs[i].kind == input->kind && verb->inputs[i].role == input->role &&
            verb->inputs[i].id == input->id) {
            return i;
        }
    }
    /* The image lists every input that its source reads. */
    bool listed = false;
    DURE_ASSERT(listed);
    return -1;
}

static figure_t figure_of(const walk_t *walk, const yak_value_t *value)
{
    if (value->kind == YAK_VALUE_AMOUNT) {
        return (figure_t){walk->amount, -1};
    }
    if (value->kind == YAK_VALUE_CONSTANT) {
        return (figure_t){value->value, -1};
    }
    int index = input_index(walk, &value->input);
    if (walk->inputs[index].known) {
        return (figure_t){walk->inputs[index].value, -1};
    }
    if (value->input.kind == DURE_INPUT_ATTRIBUTE) {
        for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
            bool mine = dure_attributes[i].id == value->input.id;
            if (mine && walk->tree->missing[i].token != NULL) {
                return (figure_t){walk->tree->missing[i].value->value, -1};
            }
        }
    }
    return (figure_t){0, index};
}

static figure_t sum_of(const walk_t *walk, const yak_value_t *sum)
{
    figure_t total = {0, -1};
    for (const yak_value_t *value = sum; value != NULL; value = value->next) {
        figure_t figure = figure_of(walk, value);
        if (total.missing == -1) {
            total.missing = figure.missing;
        }
        total.number += figure.number;
    }
    return total;
}

static bool holds_between(uint32_t op, bool parties, __int128 x, __int128 y)
{
    bool equal = x == y && !(parties && x == 0);
    switch ((yak_compare_t)op) {
    case YAK_EQ:
        return equal;
    case YAK_NE:
        return !equal;
    case YAK_LT:
        return x < y;
    case YAK_LE:
        return x <= y;
    case YAK_GT:
        return x > y;
    case YAK_GE:
        return x >= y;
    }
    return false;
}

static bool prefix_matches(__int128 region, int64_t prefix)
{
    /* Cut the region's last digits one by one: one of the heads must be the prefix. */
    for (__int128 head = region; head > 0; head /= 10) {
        if (head == prefix) {
            return true;
        }
    }
    return false;
}

static bool set_has(const yak_set_t *set, __int128 number)
{
    for (const yak_value_t *constant = set->constants; constant != NULL;
         constant = constant->next) {
        if (constant->value == number) {
            return true;
        }
    }
    return false;
}

static answer_t answer_if(bool holds, int missing_input)
{
    if (missing_input >= 0) {
        return (answer_t){UNKNOWN, missing_input};
    }
    return (answer_t){holds ? YES : NO, -1};
}

static answer_t ask(const walk_t *walk, const yak_cond_t *cond);

/* Both must be `wanted` for the whole to be; one that is surely not decides. */
static answer_t ask_two(const walk_t *walk, const yak_cond_t *cond, truth_t wanted)
{
    answer_t left = ask(walk, cond->left);
    answer_t right = ask(walk, cond->right);
    truth_t other = wanted == YES ? NO : YES;
    if (left.truth == other || right.truth == other) {
        return (answer_t){other, -1};
    }
    if (left.truth == UNKNOWN) {
        return left;
    }
    if (right.truth == UNKNOWN) {
        return right;
    }
    return (answer_t){wanted, -1};
}

static answer_t ask(const walk_t *walk, const yak_cond_t *cond)
{
    if (cond == NULL) {
        return (answer_t){YES, -1};
    }
    figure_t a = {0, -1};
    figure_t b = {0, -1};
    bool inside = false;
    switch ((yak_cond_kind_t)cond->kind) {
    case YAK_COND_AND:
        return ask_two(walk, cond, YES);
    case YAK_COND_OR:
        return ask_two(walk, cond, NO);
    case YAK_COND_NOT: {
        answer_t answer = ask(walk, cond->left);
        if (answer.truth != UNKNOWN) {
            answer.truth = answer.truth == YES ? NO : YES;
        }
        return answer;
    }
    case YAK_COND_COMPARE:
        a = sum_of(walk, cond->a);
        b = sum_of(walk, cond->b);
        return answer_if(
            holds_between(cond->op, cond->a->type == YAK_TYPE_PARTY, a.number, b.number),
            a.missing >= 0 ? a.missing : b.missing);
    case YAK_COND_IN:
        a = figure_of(walk, cond->a);
        return answer_if(set_has(cond->set, a.number), a.missing);
    case YAK_COND_RANGE:
        a = figure_of(walk, cond->a);
        inside = a.number >= cond->low->value &&
                 (cond->a->type == YAK_TYPE_CLOCK ? a.number < cond->high->value
                                                  : a.number <= cond->high->value);
        return answer_if(inside, a.missing);
    case YAK_COND_WITHIN:
        a = figure_of(walk, cond->a);
        return answer_if(prefix_matches(a.number, cond->low->value), a.missing);
    case YAK_COND_FLAG:
        a = figure_of(walk, cond->a);
        return answer_if(a.number != 0, a.missing);
    }
    return (answer_t){UNKNOWN, -1};
}

/* ---- money ---- */

typedef struct {
    uint64_t give, subsidy, reward, share;
    int missing; /* the first effect that cannot be computed */
} money_t;

static figure_t bounded_figure(const walk_t *walk, const yak_value_t *value)
{
    figure_t figure = figure_of(walk, value);
    if (value->kind == YAK_VALUE_INPUT && value->input.kind == DURE_INPUT_PARAMETER) {
        const yak_parameter_t *parameter = &walk->tree->parameters[value->input.id];
        if (figure.number < parameter->low->value) {
            figure.number = parameter->low->value;
        }
        if (figure.number > parameter->high->value) {
            figure.number = parameter->high->value;
        }
    }
    return figure;
}

static uint64_t *line_of(money_t *money, uint32_t kind)
{
    return kind == DURE_RULE_GIVE      ? &money->give
           : kind == DURE_RULE_SUBSIDY ? &money->subsidy
           : kind == DURE_RULE_REWARD  ? &money->reward
                                       : &money->share;
}

static void add_lines(const walk_t *walk, money_t *money, uint32_t kind)
{
    for (const yak_rule_t *rule = walk->tree->blocks[walk->verb].rules; rule != NULL;
         rule = rule->next) {
        if (rule->kind != kind) {
            continue;
        }
        answer_t answer = ask(walk, rule->when);
        figure_t figure = bounded_figure(walk, rule->value);
        int unknown = answer.truth == UNKNOWN ? answer.missing
                      : answer.truth == YES   ? figure.missing
                                              : -1;
        if (unknown >= 0) {
            money->missing = money->missing < 0 ? unknown : money->missing;
        } else if (answer.truth == YES) {
            __int128 won = figure.number;
            if (kind != DURE_RULE_GIVE) {
                won = won * walk->amount / 10000;
            }
            *line_of(money, kind) += (uint64_t)won;
        }
    }
}

static void cap_lines(const walk_t *walk, money_t *money)
{
    for (const yak_rule_t *rule = walk->tree->blocks[walk->verb].rules; rule != NULL;
         rule = rule->next) {
        if (rule->kind != DURE_RULE_CAP) {
            continue;
        }
        figure_t most = figure_of(walk, rule->value);
        figure_t used = {0, -1};
        if (rule->minus != NULL) {
            used = figure_of(walk, rule->minus);
        }
        int unknown = most.missing >= 0 ? most.missing : used.missing;
        if (unknown >= 0) {
            money->missing = money->missing < 0 ? unknown : money->missing;
            continue;
        }
        __int128 room = most.number - used.number;
        room = room < 0 ? 0 : room;
        uint64_t *line = rule->made == DURE_MADE_SUBSIDY ? &money->subsidy : &money->reward;
        if ((__int128)*line > room) {
            *line = (uint64_t)room;
        }
    }
}

/* ---- the decision ---- */

typedef struct {
    bool allowed;
    int allow_missing, deny_missing, hold_missing;
    uint64_t denies, holds;
    uint32_t days;
} verdict_t;

static verdict_t judge(const walk_t *walk)
{
    verdict_t verdict = {false, -1, -1, -1, 0, 0, 0};
    for (const yak_rule_t *rule = walk->tree->blocks[walk->verb].rules; rule != NULL;
         rule = rule->next) {
        if (rule->kind > DURE_RULE_HOLD) {
            continue;
        }
        answer_t answer = ask(walk, rule->when);
        if (rule->kind == DURE_RULE_ALLOW) {
            verdict.allowed = verdict.allowed || answer.truth == YES;
            if (answer.truth == UNKNOWN && verdict.allow_missing < 0) {
                verdict.allow_missing = answer.missing;
            }
        } else if (answer.truth != NO && rule->kind == DURE_RULE_DENY) {
            verdict.deny_missing = verdict.denies == 0 ? answer.missing : verdict.deny_missing;
            verdict.denies |= UINT64_C(1) << rule->index;
        } else if (answer.truth != NO) {
            verdict.hold_missing = verdict.holds == 0 ? answer.missing : verdict.hold_missing;
            verdict.holds |= UINT64_C(1) << rule->index;
            verdict.days = rule->days > verdict.days ? rule->days : verdict.days;
        }
    }
    return verdict;
}

static uint8_t first_of(uint64_t rules)
{
    uint8_t index = 0;
    while ((rules >> index & 1) == 0) {
        index++;
    }
    return index;
}

static void refuse(dure_yak_decision_t *decision, dure_yak_why_t why, int missing_input)
{
    decision->outcome = DURE_YAK_REFUSED;
    decision->why = (uint8_t)why;
    decision->missing = (int8_t)missing_input;
}

static bool gives_are_fixed(const walk_t *walk)
{
    for (const yak_rule_t *rule = walk->tree->blocks[DURE_VERB_GRANT].rules; rule != NULL;
         rule = rule->next) {
        if (rule->kind == DURE_RULE_GIVE && rule->value->kind == YAK_VALUE_AMOUNT) {
            return false;
        }
    }
    return true;
}

void dure_yak_walk(dure_yak_decision_t *decision, const dure_yak_tree_t *tree,
                   const dure_yak_program_t *program, dure_verb_t verb, dure_amount_t amount,
                   const dure_yak_value_t *inputs)
{
    memset(decision, 0, sizeof *decision);
    decision->missing = -1;
    if (tree->blocks[verb].token == NULL) {
        refuse(decision, DURE_YAK_WHY_NOT_DECLARED, -1);
        return;
    }
    walk_t walk = {tree, program, verb, (int64_t)amount.won, inputs};
    money_t money = {0, 0, 0, 0, -1};
    add_lines(&walk, &money, DURE_RULE_GIVE);
    if (verb == DURE_VERB_GRANT && gives_are_fixed(&walk)) {
        walk.amount = (int64_t)money.give;
    }
    verdict_t verdict = judge(&walk);
    add_lines(&walk, &money, DURE_RULE_SUBSIDY);
    add_lines(&walk, &money, DURE_RULE_REWARD);
    add_lines(&walk, &money, DURE_RULE_SHARE);
    cap_lines(&walk, &money);
    decision->denies = verdict.denies;
    if (verdict.denies != 0) {
        refuse(decision, DURE_YAK_WHY_DENY, verdict.deny_missing);
        decision->rule = first_of(verdict.denies);
    } else if (!verdict.allowed) {
        refuse(decision, DURE_YAK_WHY_NO_ALLOW, verdict.allow_missing);
    } else if (money.missing >= 0) {
        refuse(decision, DURE_YAK_WHY_MISSING, money.missing);
    } else if (verb == DURE_VERB_GRANT && money.give == 0) {
        refuse(decision, DURE_YAK_WHY_NOTHING, -1);
    } else {
        decision->outcome = DURE_YAK_ACCEPTED;
        decision->give = dure_amount(money.give);
        decision->subsidy = dure_amount(money.subsidy);
        decision->reward = dure_amount(money.reward);
        decision->share = dure_amount(money.share);
        if (verdict.holds != 0) {
            decision->outcome = DURE_YAK_HELD;
            decision->holds = verdict.holds;
            decision->hold_days = verdict.days;
            decision->rule = first_of(verdict.holds);
            decision->missing = (int8_t)verdict.hold_missing;
        }
    }
}

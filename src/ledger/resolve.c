/* Asking a fund's program: fills the inputs that its verb declares from the tables, and turns a
   refusal into a code with the rule's name and the numbers that were compared. */
#include "ledger/ledger_private.h"

#include <string.h>

question_t ledger_question(uint32_t fund, uint8_t version, dure_verb_t verb, dure_amount_t amount)
{
    question_t question = {.fund = fund, .version = version, .verb = verb, .amount = amount};
    for (uint32_t i = 0; i <= DURE_ROLE_HOLDER; i++) {
        question.roles[i] = CELL_NONE;
    }
    return question;
}

int64_t ledger_parameter(const dure_ledger_t *ledger, uint32_t fund,
                         const dure_yak_program_t *program, uint32_t parameter, dure_day_t day)
{
    const dure_yak_parameter_t *declared = &program->parameters[parameter];
    const dure_mark_t *mark = &ledger->parameter_marks[program - ledger->programs][parameter];
    int64_t value = declared->initial;
    for (uint32_t at = fund_at(ledger, fund)->changes; at != CELL_NONE;
         at = change_at(ledger, at)->next) {
        const change_t *change = change_at(ledger, at);
        if (change->from <= day && change->value >= declared->low &&
            change->value <= declared->high &&
            memcmp(&change->parameter, mark, sizeof *mark) == 0) {
            value = change->value; /* ascending by day: the last one counts */
        }
    }
    return value;
}

/* Wallet or holding: unexpired lots and open orders of one fund, or of all the issuer's. */
static dure_amount_t wallet(const dure_ledger_t *ledger, uint32_t party, uint32_t fund,
                            bool all_funds)
{
    const party_t *owner = party_at(ledger, party);
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    if (!kind_has_lots(owner->kind)) {
        return sum;
    }
    /* No sum can overflow: each is part of what a fund holds, and a fund's total is an amount;
       over all funds the sum stops at the largest amount. */
    for (uint32_t at = owner->holdings; at != CELL_NONE; at = lot_at(ledger, at)->next) {
        const lot_t *lot = lot_at(ledger, at);
        if ((all_funds || lot->fund == fund) && (dure_day_t)lot->end_day >= ledger->today &&
            !dure_amount_add(&sum, sum, ledger_lot_left(lot))) {
            return dure_amount(DURE_AMOUNT_WON_MAX);
        }
    }
    const uint64_t number = fund_at(ledger, fund)->number;
    for (uint32_t at = owner->open; at != CELL_NONE; at = order_at(ledger, at)->next) {
        const order_t *order = order_at(ledger, at);
        if ((all_funds || order->fund == number) && !dure_amount_add(&sum, sum, order->face)) {
            return dure_amount(DURE_AMOUNT_WON_MAX);
        }
    }
    return sum;
}

/* The entry of an attribute or membership that holds today, or NULL. */
static const attribute_t *holds_today(const dure_ledger_t *ledger, uint32_t party, uint64_t what)
{
    const uint32_t at = ledger_attribute_find(ledger, party_at(ledger, party), what);
    return at == CELL_NONE ? NULL : attribute_at(ledger, at);
}

static dure_yak_value_t known(uint64_t value)
{
    return (dure_yak_value_t){.value = (int64_t)value, .known = true};
}

static dure_yak_value_t attribute_value(const dure_ledger_t *ledger, uint32_t party, uint16_t id)
{
    const attribute_t *attribute = holds_today(ledger, party, id);
    return attribute == NULL ? (dure_yak_value_t){0}
                             : known(ledger_attribute_value(ledger, attribute));
}

static uint64_t counter_value(const dure_ledger_t *ledger, const question_t *question,
                              const dure_yak_program_t *program, const dure_yak_input_t *input)
{
    const dure_yak_counter_t *counter = &program->counters[input->id];
    uint8_t by = input->role != 0 ? input->role : counter->by[question->verb];
    for (uint32_t verb = 1; by == 0 && verb < DURE_VERB_COUNT; verb++) {
        by = counter->by[verb] == DURE_COUNTER_CITY_WIDE ? DURE_COUNTER_CITY_WIDE : 0;
    }
    if (by == 0 || (by != DURE_COUNTER_CITY_WIDE && question->roles[by] == CELL_NONE)) {
        return 0;
    }
    const tally_entry_t which = ledger_counter_named(counter, by, question);
    return ledger_counter_read(ledger, question->tally, &which);
}

static int64_t parameter_value(const dure_ledger_t *ledger, const question_t *question,
                               const dure_yak_program_t *program, uint16_t id)
{
    const bool fixed = program->parameters[id].fixed_at_issue;
    return ledger_parameter(ledger, question->fund, program, id,
                            fixed ? question->issue_day : ledger->today);
}

static uint64_t lot_used(const lot_t *lot)
{
    /* At most 10^15 * 10^4, which 64 bits hold. */
    const uint64_t used = lot->face - lot->left;
    return used * DURE_RATE_ONE / lot->face;
}

/* What only the lot or the party can tell. */
static dure_yak_value_t read_fact(const dure_ledger_t *ledger, const question_t *question,
                                  const dure_yak_program_t *program, const dure_yak_input_t *input)
{
    const uint32_t party = question->roles[input->role];
    const lot_t *lot = question->lot;
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_PARTY:
        return known(party_at(ledger, party)->number);
    case DURE_INPUT_KIND:
        return known(party_at(ledger, party)->kind);
    case DURE_INPUT_ATTRIBUTE:
        return attribute_value(ledger, party, input->id);
    case DURE_INPUT_HOLDING:
        return known(wallet(ledger, party, question->fund, false).won);
    case DURE_INPUT_WALLET:
        return known(wallet(ledger, party, question->fund, true).won);
    case DURE_INPUT_MEMBER:
        return known(holds_today(ledger, party, ledger_list_what(ledger, program, input->id)) !=
                     NULL);
    case DURE_INPUT_LOT_USED:
        return known(lot_used(lot));
    case DURE_INPUT_LOT_AGE:
        return known((uint64_t)(ledger->today - (dure_day_t)lot->issue_day));
    case DURE_INPUT_LOT_ORIGIN:
        return known(lot->origin);
    case DURE_INPUT_LOT_GIFTED:
        return known(lot->gifted);
    case DURE_INPUT_TODAY:
    case DURE_INPUT_TIME:
    case DURE_INPUT_WEEKDAY:
    case DURE_INPUT_CHANNEL:
    case DURE_INPUT_ISSUER_REGION:
    case DURE_INPUT_COUNTER:
    case DURE_INPUT_PARAMETER:
        break;
    }
    DURE_ASSERT(false && "an input outside the enum");
    return (dure_yak_value_t){0};
}

static dure_yak_value_t read_input(const dure_ledger_t *ledger, const question_t *question,
                                   const dure_yak_program_t *program, const dure_yak_input_t *input)
{
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_TODAY:
        return known((uint64_t)ledger->today);
    case DURE_INPUT_TIME:
        return known(dure_zone_minute(&ledger->zone, ledger->now));
    case DURE_INPUT_WEEKDAY:
        return known(dure_day_weekday(ledger->today));
    case DURE_INPUT_CHANNEL:
        return known(question->channel);
    case DURE_INPUT_ISSUER_REGION:
        return known(program->issuer_city);
    case DURE_INPUT_COUNTER:
        return known(counter_value(ledger, question, program, input));
    case DURE_INPUT_PARAMETER:
        return known((uint64_t)parameter_value(ledger, question, program, input->id));
    case DURE_INPUT_PARTY:
    case DURE_INPUT_KIND:
    case DURE_INPUT_ATTRIBUTE:
    case DURE_INPUT_HOLDING:
    case DURE_INPUT_WALLET:
    case DURE_INPUT_MEMBER:
    case DURE_INPUT_LOT_USED:
    case DURE_INPUT_LOT_AGE:
    case DURE_INPUT_LOT_ORIGIN:
    case DURE_INPUT_LOT_GIFTED:
        break;
    }
    return read_fact(ledger, question, program, input);
}

void ledger_ask(const dure_ledger_t *ledger, const question_t *question,
                dure_yak_decision_t *decision, dure_yak_value_t *values)
{
    const dure_yak_program_t *program = ledger_program(ledger, question->fund, question->version);
    const dure_yak_verb_t *verb = &program->verbs[question->verb];
    for (uint32_t i = 0; i < verb->input_count; i++) {
        values[i] = read_input(ledger, question, program, &verb->inputs[i]);
    }
    dure_yak_decide(decision, program, question->verb, question->amount, values);
}

/* Each party is shown only its own numbers: what another's record holds is left out. */
static bool may_see(const question_t *question, const dure_yak_program_t *program,
                    const dure_yak_input_t *input)
{
    if (input->kind == DURE_INPUT_COUNTER) {
        const uint8_t by =
            input->role != 0 ? input->role : program->counters[input->id].by[question->verb];
        return by == DURE_COUNTER_CITY_WIDE || by == question->signer;
    }
    return input->role == DURE_ROLE_NONE || input->role == question->signer;
}

static void tell_numbers(dure_effect_t *effect, const question_t *question,
                         const dure_yak_program_t *program, const dure_yak_rule_t *rule,
                         const dure_yak_value_t *values)
{
    const dure_yak_verb_t *verb = &program->verbs[question->verb];
    ledger_effect_number(effect, DURE_LABEL_ASKED, question->amount.won);
    for (uint32_t i = 0; i < rule->input_count; i++) {
        const uint8_t input = rule->inputs[i];
        if (values[input].known && may_see(question, program, &verb->inputs[input])) {
            effect->numbers[effect->numbers_count++] =
                (dure_effect_number_t){.source = 2, .label = input, .value = values[input].value};
        }
    }
}

static const dure_yak_rule_t *first_allow(const dure_yak_verb_t *verb)
{
    for (uint32_t i = 0; i < verb->rule_count; i++) {
        if (verb->rules[i].kind == DURE_RULE_ALLOW && verb->rules[i].input_count > 0) {
            return &verb->rules[i];
        }
    }
    return NULL;
}

dure_result_t ledger_refusal_code(const dure_yak_decision_t *decision)
{
    switch ((dure_yak_why_t)decision->why) {
    case DURE_YAK_WHY_NOT_DECLARED:
        return DURE_RESULT_RULE_NOT_DECLARED;
    case DURE_YAK_WHY_NO_ALLOW:
    case DURE_YAK_WHY_NOTHING:
        return decision->missing >= 0 ? DURE_RESULT_RULE_MISSING_FACT : DURE_RESULT_RULE_NO_ALLOW;
    case DURE_YAK_WHY_DENY:
        return decision->missing >= 0 ? DURE_RESULT_RULE_MISSING_FACT : DURE_RESULT_RULE_DENIED;
    case DURE_YAK_WHY_MISSING:
        return DURE_RESULT_RULE_MISSING_FACT;
    case DURE_YAK_WHY_NONE:
        break;
    }
    DURE_ASSERT(false && "a refusal without a reason");
    return DURE_RESULT_RULE_NO_ALLOW;
}

dure_result_t ledger_refusal(const dure_ledger_t *ledger, dure_effect_t *effect,
                             const question_t *question, const dure_yak_decision_t *decision,
                             const dure_yak_value_t *values)
{
    const dure_yak_program_t *program = ledger_program(ledger, question->fund, question->version);
    effect->fund = fund_at(ledger, question->fund)->number;
    effect->fund_version = question->version;
    if (decision->why == DURE_YAK_WHY_DENY) {
        const dure_yak_rule_t *rule = &program->verbs[question->verb].rules[decision->rule];
        effect->rule = rule->name;
        tell_numbers(effect, question, program, rule, values);
    } else if (decision->why == DURE_YAK_WHY_NO_ALLOW && decision->missing < 0) {
        /* What the first condition looked at: how far it was from holding. */
        const dure_yak_rule_t *rule = first_allow(&program->verbs[question->verb]);
        if (rule != NULL) {
            tell_numbers(effect, question, program, rule, values);
        }
    }
    return ledger_refusal_code(decision);
}

void ledger_refusal_forget(dure_effect_t *effect)
{
    effect->fund = 0;
    effect->fund_version = 0;
    effect->rule = (dure_name_t){{0}};
    for (uint16_t i = 0; i < effect->numbers_count; i++) {
        effect->numbers[i] = (dure_effect_number_t){0};
    }
    effect->numbers_count = 0;
}

bool ledger_part_accepted(const dure_ledger_t *ledger, dure_effect_t *effect,
                          const question_t *question, dure_yak_decision_t *decision,
                          dure_result_t *refusal)
{
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    ledger_ask(ledger, question, decision, values);
    if (decision->outcome == DURE_YAK_REFUSED) {
        if (*refusal == DURE_RESULT_DONE) {
            *refusal = ledger_refusal(ledger, effect, question, decision, values);
        }
        return false;
    }
    DURE_ASSERT(decision->outcome == DURE_YAK_ACCEPTED);
    return true;
}

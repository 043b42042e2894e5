/* Asking a program, and the counters that its rules read. */
#include "walk/model.h"

#include <string.h>

/* ---- facts */
int64_t model_parameter(const model_fund_t *fund, const dure_yak_program_t *program, uint32_t index,
                        int day)
{
    const dure_yak_parameter_t *declared = &program->parameters[index];
    const dure_mark_t mark = dure_name_mark(&declared->name);
    int64_t value = declared->initial;
    int latest = -1;
    for (uint32_t i = 0; i < fund->changes_count; i++) {
        const dure_parameter_change_t *change = &fund->changes[i];
        if (memcmp(&change->parameter, &mark, sizeof mark) == 0 && change->from <= day &&
            change->from > latest && change->value >= declared->low &&
            change->value <= declared->high) {
            value = change->value;
            latest = change->from;
        }
    }
    return value;
}

uint64_t model_wallet(const model_t *model, const model_party_t *party, const model_fund_t *fund,
                      bool all_funds)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < party->lots_count; i++) {
        const model_lot_t *lot = &party->lots[i];
        if ((all_funds || lot->fund == fund->number) && lot->end_day >= model->today) {
            sum += lot->left;
        }
    }
    for (uint32_t i = 0; i < model->orders_count; i++) {
        const model_order_t *order = &model->orders[i];
        if (order->id.party == party->number && (all_funds || order->fund == fund->number)) {
            sum += order->face;
        }
    }
    return sum;
}

static const dure_attribute_entry_t *fact(const model_t *model, const model_party_t *party,
                                          uint64_t what)
{
    for (uint32_t i = 0; i < party->attributes_count; i++) {
        const dure_attribute_entry_t *entry = &party->attributes[i];
        if (entry->what == what && entry->from <= model->today && model->today <= entry->until) {
            return entry;
        }
    }
    return NULL;
}

/* ---- counters */
typedef struct {
    model_counter_t *list;
    uint32_t *count;
    uint32_t most;
} counters_t;

static counters_t counters_of_party(model_party_t *party)
{
    return (counters_t){party->counters, &party->counters_count, MODEL_COUNTERS};
}

static counters_t counters_of_fund(model_fund_t *fund)
{
    return (counters_t){fund->counters, &fund->counters_count, DURE_FUND_COUNTERS_MAX};
}

static model_counter_t *counter_find(counters_t in, uint64_t fund, const uint8_t identity[8])
{
    for (uint32_t i = 0; i < *in.count; i++) {
        if (in.list[i].fund == fund && memcmp(in.list[i].identity.bytes, identity, 8) == 0) {
            return &in.list[i];
        }
    }
    return NULL;
}

static uint64_t counter_now(counters_t in, uint64_t fund, const dure_yak_counter_t *counter,
                            int today)
{
    const model_counter_t *found = counter_find(in, fund, counter->identity);
    const uint32_t period = dure_period_of((dure_period_t)counter->period, today);
    return found != NULL && found->period == period ? found->value : 0;
}

static uint64_t counter_read(model_t *model, const model_question_t *question,
                             const dure_yak_counter_t *counter, uint8_t by)
{
    model_fund_t *fund = question->fund;
    const uint64_t under = counter->shared ? 0 : fund->number;
    if (by != DURE_COUNTER_CITY_WIDE) {
        return counter_now(counters_of_party(question->roles[by]), under, counter, model->today);
    }
    if (!counter->shared) {
        return counter_now(counters_of_fund(fund), under, counter, model->today);
    }
    uint64_t sum = 0;
    for (uint32_t i = 0; i < model->funds_count; i++) {
        if (model->funds[i].city == fund->city) {
            sum += counter_now(counters_of_fund(&model->funds[i]), 0, counter, model->today);
        }
    }
    return sum;
}

static counters_t place_of(const model_question_t *question, uint8_t by)
{
    return by == DURE_COUNTER_CITY_WIDE ? counters_of_fund(question->fund)
                                        : counters_of_party(question->roles[by]);
}

static bool counter_before(const model_counter_t *a, const model_counter_t *b)
{
    return a->fund != b->fund ? a->fund < b->fund
                              : memcmp(&a->identity, &b->identity, sizeof a->identity) < 0;
}

static void counter_put(counters_t in, const model_counter_t *counter)
{
    uint32_t at = (*in.count)++;
    for (; at > 0 && counter_before(counter, &in.list[at - 1]); at--) {
        in.list[at] = in.list[at - 1];
    }
    in.list[at] = *counter;
}

static uint64_t made_of(uint8_t made, uint64_t amount, uint64_t subsidy, uint64_t reward,
                        uint64_t events)
{
    switch ((dure_made_t)made) {
    case DURE_MADE_COUNT:
        return events;
    case DURE_MADE_AMOUNT:
        return amount;
    case DURE_MADE_SUBSIDY:
        return subsidy;
    case DURE_MADE_REWARD:
        return reward;
    }
    return 0;
}

model_code_t model_count(model_t *model, const model_question_t *question, uint64_t subsidy,
                         uint64_t reward)
{
    const dure_yak_program_t *program = model_rules(question->fund, question->version);
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const dure_yak_counter_t *counter = &program->counters[i];
        const uint8_t by = counter->by[question->verb];
        const uint64_t value = made_of(counter->made, question->amount, subsidy, reward, 1);
        if (by == 0 || value == 0) {
            continue;
        }
        if (counter_read(model, question, counter, by) + value > DURE_AMOUNT_WON_MAX) {
            return DURE_RESULT_AMOUNT_TOO_LARGE;
        }
        const uint32_t period = dure_period_of((dure_period_t)counter->period, model->today);
        const counters_t in = place_of(question, by);
        model_counter_t new = {
            .fund = counter->shared ? 0 : question->fund->number, .period = period, .value = value};
        memcpy(new.identity.bytes, counter->identity, 8);
        model_counter_t *found = counter_find(in, new.fund, counter->identity);
        if (found == NULL && *in.count == in.most) {
            return DURE_RESULT_TABLE_FULL;
        }
        if (found == NULL) {
            counter_put(in, &new);
        } else {
            found->value = (found->period == period ? found->value : 0) + value;
            found->period = period;
        }
    }
    return DURE_RESULT_DONE;
}

void model_count_back(model_t *model, const model_question_t *question, const model_back_t *back,
                      int day)
{
    (void)model;
    const dure_yak_program_t *program = model_rules(question->fund, question->version);
    for (uint32_t i = 0; i < program->counter_count; i++) {
        const dure_yak_counter_t *counter = &program->counters[i];
        const uint8_t by = counter->by[question->verb];
        const uint64_t value =
            made_of(counter->made, back->amount, back->subsidy, back->reward, back->events);
        if (by == 0 || value == 0) {
            continue;
        }
        const counters_t in = place_of(question, by);
        model_counter_t *found =
            counter_find(in, counter->shared ? 0 : question->fund->number, counter->identity);
        if (found == NULL || found->period != dure_period_of((dure_period_t)counter->period, day)) {
            continue; /* that period is over: its room is of no use */
        }
        DURE_ASSERT(found->value >= value);
        found->value -= value;
        if (found->value == 0) {
            const size_t at = (size_t)(found - in.list);
            memmove(found, found + 1, (*in.count - at - 1) * sizeof *found);
            *in.count -= 1;
        }
    }
}

/* ---- the question */
static dure_yak_value_t known(uint64_t value)
{
    return (dure_yak_value_t){.value = (int64_t)value, .known = true};
}

static dure_yak_value_t counter_input(model_t *model, const model_question_t *question,
                                      const dure_yak_counter_t *counter, uint8_t role)
{
    uint8_t by = role != 0 ? role : counter->by[question->verb];
    for (uint32_t verb = 0; by == 0 && verb < DURE_VERB_COUNT; verb++) {
        by = counter->by[verb] == DURE_COUNTER_CITY_WIDE ? DURE_COUNTER_CITY_WIDE : 0;
    }
    if (by == 0 || (by != DURE_COUNTER_CITY_WIDE && question->roles[by] == NULL)) {
        return known(0);
    }
    return known(counter_read(model, question, counter, by));
}

static dure_yak_value_t of_party(model_t *model, const model_question_t *question,
                                 const dure_yak_program_t *program, const dure_yak_input_t *input)
{
    const model_party_t *party = question->roles[input->role];
    const dure_attribute_entry_t *entry;
    switch (input->kind) {
    case DURE_INPUT_PARTY:
        return known(party->number);
    case DURE_INPUT_KIND:
        return known(party->kind);
    case DURE_INPUT_ATTRIBUTE:
        entry = fact(model, party, input->id);
        return entry == NULL ? (dure_yak_value_t){0} : known(entry->value);
    case DURE_INPUT_HOLDING:
        return known(model_wallet(model, party, question->fund, false));
    case DURE_INPUT_WALLET:
        return known(model_wallet(model, party, question->fund, true));
    default:
        DURE_ASSERT(input->kind == DURE_INPUT_MEMBER);
        entry = fact(model, party, dure_list_attribute(&program->lists[input->id]));
        return known(entry != NULL);
    }
}

static dure_yak_value_t input_value(model_t *model, const model_question_t *question,
                                    const dure_yak_program_t *program,
                                    const dure_yak_input_t *input)
{
    const dure_zone_t zone = dure_zone_kst();
    const model_lot_t *lot = question->lot;
    switch (input->kind) {
    case DURE_INPUT_TODAY:
        return known((uint64_t)model->today);
    case DURE_INPUT_TIME:
        return known(dure_zone_minute(&zone, model->time));
    case DURE_INPUT_WEEKDAY:
        return known(dure_day_weekday(model->today));
    case DURE_INPUT_CHANNEL:
        return known(question->channel);
    case DURE_INPUT_ISSUER_REGION:
        return known(program->issuer_city);
    case DURE_INPUT_COUNTER:
        return counter_input(model, question, &program->counters[input->id], input->role);
    case DURE_INPUT_PARAMETER:
        return known((uint64_t)model_parameter(
            question->fund, program, input->id,
            program->parameters[input->id].fixed_at_issue ? question->issue_day : model->today));
    case DURE_INPUT_LOT_USED:
        return known((lot->face - lot->left) * 10000 / lot->face);
    case DURE_INPUT_LOT_AGE:
        return known((uint64_t)(model->today - lot->issue_day));
    case DURE_INPUT_LOT_ORIGIN:
        return known(lot->origin);
    case DURE_INPUT_LOT_GIFTED:
        return known(lot->gifted);
    default:
        return of_party(model, question, program, input);
    }
}

model_code_t model_ask(model_t *model, const model_question_t *question,
                       dure_yak_decision_t *decision)
{
    const model_program_t *from = question->fund->versions[question->version].program;
    const dure_yak_verb_t *verb = &from->program.verbs[question->verb];
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    for (uint32_t i = 0; i < verb->input_count; i++) {
        values[i] = input_value(model, question, &from->program, &verb->inputs[i]);
    }
    dure_yak_walk(decision, from->tree, &from->program, question->verb,
                  dure_amount(question->amount), values);
    if (decision->outcome != DURE_YAK_REFUSED) {
        return DURE_RESULT_DONE;
    }
    const bool missing = decision->missing >= 0;
    switch ((dure_yak_why_t)decision->why) {
    case DURE_YAK_WHY_NOT_DECLARED:
        return DURE_RESULT_RULE_NOT_DECLARED;
    case DURE_YAK_WHY_NO_ALLOW:
    case DURE_YAK_WHY_NOTHING:
        return missing ? DURE_RESULT_RULE_MISSING_FACT : DURE_RESULT_RULE_NO_ALLOW;
    case DURE_YAK_WHY_DENY:
        return missing ? DURE_RESULT_RULE_MISSING_FACT : DURE_RESULT_RULE_DENIED;
    case DURE_YAK_WHY_MISSING:
        return DURE_RESULT_RULE_MISSING_FACT;
    case DURE_YAK_WHY_NONE:
        break;
    }
    DURE_ASSERT(false && "a refusal without a reason");
    return DURE_RESULT_RULE_NO_ALLOW;
}

/* Questions: the facts of an example -> inputs, and the answer as text. */
#include "yak/yak_private.h"

#define TODAY_UNLESS_GIVEN  20454 /* 2026-01-01 */
#define TIME_UNLESS_GIVEN   720   /* 12:00 */
#define AMOUNT_UNLESS_GIVEN 10000

/* ---- facts -> inputs ---- */

static const yak_cond_t *fact_for(const yak_example_t *example, const dure_yak_input_t *input,
                                  bool *negated)
{
    for (const yak_fact_t *fact = example->facts; fact != NULL; fact = fact->next) {
        const yak_cond_t *cond = fact->cond;
        *negated = cond->kind == YAK_COND_NOT;
        cond = *negated ? cond->left : cond;
        const dure_yak_input_t *stated = &cond->a->input;
        if (stated->kind == input->kind && stated->role == input->role && stated->id == input->id) {
            return cond;
        }
    }
    return NULL;
}

static dure_yak_value_t known(int64_t value)
{
    return (dure_yak_value_t){value, true};
}

static const dure_yak_value_t missing = {0, false};

static dure_yak_value_t stated_value(const yak_cond_t *cond, bool negated)
{
    if (cond->kind == YAK_COND_FLAG) {
        return known(negated ? 0 : 1);
    }
    /* `payee.owner = payer`: the parties' numbers are their roles'. */
    return known(cond->b->kind == YAK_VALUE_INPUT ? cond->b->input.role : cond->b->value);
}

/* The kind of a party that is on a list is the list's. */
static dure_yak_value_t implied_kind(const yak_tree_t *tree, const yak_example_t *example,
                                     uint32_t role)
{
    for (const yak_fact_t *fact = example->facts; fact != NULL; fact = fact->next) {
        const yak_cond_t *cond = fact->cond;
        if (cond->kind == YAK_COND_FLAG && cond->a->input.kind == DURE_INPUT_MEMBER &&
            cond->a->input.role == role) {
            return known(tree->lists[cond->a->input.id].kind);
        }
    }
    return missing;
}

static dure_yak_value_t value_of(const yak_tree_t *tree, const yak_example_t *example,
                                 const dure_yak_input_t *input);

static dure_yak_value_t implied_attribute(const yak_tree_t *tree, const yak_example_t *example,
                                          const dure_yak_input_t *input)
{
    if (input->id != DURE_ATTRIBUTE_BIRTH_DIGIT) {
        return missing;
    }
    dure_yak_input_t year = {DURE_INPUT_ATTRIBUTE, input->role, DURE_ATTRIBUTE_BIRTH_YEAR};
    dure_yak_value_t born = value_of(tree, example, &year);
    return born.known ? known(born.value % 10) : missing;
}

static dure_yak_value_t implied_weekday(const yak_tree_t *tree, const yak_example_t *example)
{
    dure_yak_input_t today = {DURE_INPUT_TODAY, 0, 0};
    dure_yak_value_t day = value_of(tree, example, &today);
    return known(dure_day_weekday((dure_day_t)day.value));
}

static dure_yak_value_t value_of(const yak_tree_t *tree, const yak_example_t *example,
                                 const dure_yak_input_t *input)
{
    bool negated = false;
    const yak_cond_t *cond = fact_for(example, input, &negated);
    if (cond != NULL) {
        return stated_value(cond, negated);
    }
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_TODAY:
        return known(TODAY_UNLESS_GIVEN);
    case DURE_INPUT_TIME:
        return known(TIME_UNLESS_GIVEN);
    case DURE_INPUT_WEEKDAY:
        return implied_weekday(tree, example);
    case DURE_INPUT_CHANNEL:
        return known(DURE_CHANNEL_QR_MERCHANT);
    case DURE_INPUT_ISSUER_REGION:
        return known(tree->issuer_city);
    case DURE_INPUT_PARTY:
        return known(input->role);
    case DURE_INPUT_KIND:
        return implied_kind(tree, example, input->role);
    case DURE_INPUT_ATTRIBUTE:
        return implied_attribute(tree, example, input);
    case DURE_INPUT_PARAMETER:
        return known(tree->parameters[input->id].initial->value);
    case DURE_INPUT_LOT_ORIGIN:
        return known(example->verb == DURE_VERB_RECALL ? DURE_ORIGIN_GRANT : DURE_ORIGIN_PURCHASE);
    case DURE_INPUT_HOLDING:
    case DURE_INPUT_WALLET:
    case DURE_INPUT_MEMBER:
    case DURE_INPUT_COUNTER:
    case DURE_INPUT_LOT_USED:
    case DURE_INPUT_LOT_AGE:
    case DURE_INPUT_LOT_GIFTED:
        return known(0);
    }
    return missing;
}

/* ---- answers as text ---- */

static void write_won(yak_writer_t *writer, uint32_t made, uint64_t won)
{
    yak_write_text(writer, YAK_TEXT(" with "));
    yak_write_text(writer, yak_made_name(made));
    yak_write_text(writer, YAK_TEXT(" = "));
    yak_write_grouped(writer, won);
    yak_write_text(writer, YAK_TEXT(" won"));
}

static uint64_t made_won(const dure_yak_answer_t *answer, uint32_t made)
{
    const dure_yak_decision_t *decision = &answer->decision;
    if (made == DURE_MADE_SUBSIDY) {
        return decision->subsidy.won;
    }
    if (made == DURE_MADE_REWARD) {
        return decision->reward.won;
    }
    return answer->verb == DURE_VERB_GRANT ? decision->give.won : answer->amount.won;
}

static void write_rules(yak_writer_t *writer, const dure_yak_verb_t *verb, uint64_t rules)
{
    yak_text_t before = YAK_TEXT(" ");
    for (uint32_t i = 0; i < verb->rule_count; i++) {
        if ((rules >> i & 1) != 0) {
            yak_write_text(writer, before);
            yak_write_text(writer, yak_name_text(&verb->rules[i].name));
            before = YAK_TEXT(", ");
        }
    }
}

static void write_answer(dure_yak_answer_t *answer, const dure_yak_program_t *program)
{
    const dure_yak_decision_t *decision = &answer->decision;
    const dure_yak_verb_t *verb = &program->verbs[answer->verb];
    yak_writer_t writer = yak_writer(answer->answers, sizeof answer->answers);
    switch ((dure_yak_outcome_t)decision->outcome) {
    case DURE_YAK_ACCEPTED:
        yak_write_text(&writer, YAK_TEXT("accepted"));
        if (answer->verb == DURE_VERB_GRANT) {
            write_won(&writer, DURE_MADE_AMOUNT, decision->give.won);
        } else if (decision->subsidy.won > 0) {
            write_won(&writer, DURE_MADE_SUBSIDY, decision->subsidy.won);
        } else if (decision->reward.won > 0) {
            write_won(&writer, DURE_MADE_REWARD, decision->reward.won);
        }
        return;
    case DURE_YAK_HELD:
        yak_write_text(&writer, YAK_TEXT("held"));
        write_rules(&writer, verb, decision->holds);
        return;
    case DURE_YAK_REFUSED:
        yak_write_text(&writer, YAK_TEXT("refused"));
        write_rules(&writer, verb, decision->denies);
        return;
    }
}

static bool rule_is_among(const yak_tree_t *tree, const yak_example_t *example, uint64_t rules)
{
    uint32_t kind = example->outcome == DURE_YAK_HELD ? DURE_RULE_HOLD : DURE_RULE_DENY;
    const yak_rule_t *rule =
        yak_find_rule(tree, example->verb, kind, yak_token_text(tree, example->rule));
    return rule != NULL && (rules >> rule->index & 1) != 0;
}

bool yak_answer_fits(const dure_yak_answer_t *answer, const yak_tree_t *tree,
                     const yak_example_t *example)
{
    const dure_yak_decision_t *decision = &answer->decision;
    if (decision->outcome != example->outcome) {
        return false;
    }
    if (example->made != 0) {
        return made_won(answer, example->made) == (uint64_t)example->made_won;
    }
    if (example->rule != NULL) {
        uint64_t rules = example->outcome == DURE_YAK_HELD ? decision->holds : decision->denies;
        return rule_is_among(tree, example, rules);
    }
    return true;
}

static void answer_example(dure_yak_answer_t *answer, const yak_tree_t *tree,
                           const yak_tree_t *text_tree, const yak_example_t *example,
                           const dure_yak_program_t *program)
{
    memset(answer, 0, sizeof *answer);
    answer->line = example->token->line;
    answer->verb = (dure_verb_t)example->verb;
    uint64_t won = example->has_amount ? (uint64_t)example->amount : AMOUNT_UNLESS_GIVEN;
    bool given = false;
    for (const yak_rule_t *rule = tree->blocks[DURE_VERB_GRANT].rules; rule != NULL;
         rule = rule->next) {
        given = given || (rule->kind == DURE_RULE_GIVE && rule->value->kind != YAK_VALUE_AMOUNT);
    }
    answer->amount = dure_amount(example->verb == DURE_VERB_GRANT && given ? 0 : won);
    const dure_yak_verb_t *verb = &program->verbs[example->verb];
    for (uint32_t i = 0; i < verb->input_count; i++) {
        answer->inputs[i] = value_of(tree, example, &verb->inputs[i]);
    }
    dure_yak_decide(&answer->decision, program, answer->verb, answer->amount, answer->inputs);
    write_answer(answer, program);
    answer->expected = example->outcome != 0;
    answer->passed = !answer->expected || yak_answer_fits(answer, text_tree, example);
    if (answer->expected) {
        yak_writer_t writer = yak_writer(answer->says, sizeof answer->says);
        const yak_token_t *last = example->last;
        size_t size = last->offset + last->size - example->is->offset;
        const char *start = (const char *)text_tree->source.data + example->is->offset;
        yak_write_text(&writer, (yak_text_t){start, size});
    }
}

uint32_t dure_yak_examples_run(dure_yak_answer_t *answers, uint32_t max,
                               const dure_yak_tree_t *tree, const dure_yak_program_t *program)
{
    uint32_t count = 0;
    for (const yak_example_t *example = tree->examples; example != NULL; example = example->next) {
        if (count < max) {
            answer_example(&answers[count], tree, tree, example, program);
            answers[count].name = yak_token_name(tree, example->token);
        }
        count++;
    }
    return count;
}

/* A tree that knows the program's declarations but reads the question's text. */
static yak_tree_t *question_tree(void *workspace, size_t workspace_size, dure_bytes_t question,
                                 const dure_yak_tree_t *program_tree,
                                 dure_yak_diagnostics_t *diagnostics)
{
    DURE_ASSERT(workspace_size >= dure_yak_workspace_size());
    DURE_ASSERT(((uintptr_t)workspace & 15u) == 0);
    memset(diagnostics, 0, sizeof *diagnostics);
    yak_tree_t *tree = workspace;
    memset(tree, 0, sizeof *tree);
    size_t head = (sizeof *tree + 15u) & ~(size_t)15u;
    tree->memory = (uint8_t *)workspace + head;
    tree->memory_size = workspace_size - head;
    tree->diagnostics = diagnostics;
    /* One text, so that tokens of both find their words: the program, a newline, the question. */
    size_t size = program_tree->source.size + 1 + question.size;
    uint8_t *text = yak_take(tree, size);
    if (text == NULL) {
        return NULL;
    }
    memcpy(text, program_tree->source.data, program_tree->source.size);
    text[program_tree->source.size] = '\n';
    if (question.size > 0) {
        memcpy(text + program_tree->source.size + 1, question.data, question.size);
    }
    tree->source = dure_bytes(text, size);
    return tree;
}

static void share_declarations(yak_tree_t *tree, const dure_yak_tree_t *from)
{
    tree->issuer_city = from->issuer_city;
    tree->parameter_count = from->parameter_count;
    tree->counter_count = from->counter_count;
    tree->list_count = from->list_count;
    memcpy(tree->parameters, from->parameters, sizeof tree->parameters);
    memcpy(tree->counters, from->counters, sizeof tree->counters);
    memcpy(tree->lists, from->lists, sizeof tree->lists);
    memcpy(tree->blocks, from->blocks, sizeof tree->blocks);
    tree->sets = from->sets;
}

bool dure_yak_ask(dure_yak_answer_t *answer, void *workspace, size_t workspace_size,
                  dure_bytes_t question, const dure_yak_tree_t *tree,
                  const dure_yak_program_t *program, dure_yak_diagnostics_t *diagnostics)
{
    yak_tree_t *asked = question_tree(workspace, workspace_size, question, tree, diagnostics);
    if (asked == NULL) {
        return false;
    }
    yak_example_t *example = yak_take(asked, sizeof *example);
    if (example == NULL || !yak_lex_from(asked, (uint32_t)tree->source.size + 1)) {
        return false;
    }
    share_declarations(asked, tree);
    yak_parser_t parser = {asked, asked->tokens, 0};
    example->token = asked->tokens;
    bool parsed = yak_parse_example(&parser, example, false);
    if (parsed && parser.token->kind != YAK_TOKEN_END) {
        yak_expected(&parser, YAK_ARGUMENT("the end of the question", "질문의 끝"));
    } else if (parsed) {
        yak_check_example(asked, example);
    }
    yak_messages_sort(diagnostics);
    if (diagnostics->count > 0) {
        return false;
    }
    answer_example(answer, asked, asked, example, program);
    return true;
}

/* ---- words, inputs and values as text ---- */

bool dure_yak_words(dure_bytes_t *out, const dure_yak_tree_t *tree, const dure_name_t *name,
                    dure_yak_language_t language)
{
    DURE_ASSERT((uint32_t)language < DURE_YAK_LANGUAGES);
    yak_text_t wanted = yak_name_text(name);
    for (const yak_words_t *words = tree->words; words != NULL; words = words->next) {
        if (yak_text_equal(yak_token_text(tree, words->name), wanted)) {
            yak_text_t text = yak_token_text(tree, words->text[language]);
            *out = dure_bytes(text.data, text.size);
            return true;
        }
    }
    return false;
}

static void write_role(yak_writer_t *writer, const dure_yak_input_t *input, yak_text_t field)
{
    yak_write_text(writer, yak_role_name(input->role));
    yak_write_text(writer, field);
}

void dure_yak_input_text(char text[96], const dure_yak_program_t *program,
                         const dure_yak_input_t *input)
{
    yak_writer_t writer = yak_writer(text, 96);
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_TODAY:
        yak_write_text(&writer, YAK_TEXT("today"));
        return;
    case DURE_INPUT_TIME:
        yak_write_text(&writer, YAK_TEXT("time"));
        return;
    case DURE_INPUT_WEEKDAY:
        yak_write_text(&writer, YAK_TEXT("weekday"));
        return;
    case DURE_INPUT_CHANNEL:
        yak_write_text(&writer, YAK_TEXT("channel"));
        return;
    case DURE_INPUT_ISSUER_REGION:
        yak_write_text(&writer, YAK_TEXT("issuer.region"));
        return;
    case DURE_INPUT_PARTY:
        write_role(&writer, input, YAK_TEXT(""));
        return;
    case DURE_INPUT_KIND:
        write_role(&writer, input, YAK_TEXT(" is"));
        return;
    case DURE_INPUT_ATTRIBUTE:
        write_role(&writer, input, YAK_TEXT("."));
        yak_write_text(&writer, yak_text_of(dure_attribute_by_id(input->id)->name));
        return;
    case DURE_INPUT_HOLDING:
        write_role(&writer, input, YAK_TEXT(".holding"));
        return;
    case DURE_INPUT_WALLET:
        write_role(&writer, input, YAK_TEXT(".wallet"));
        return;
    case DURE_INPUT_MEMBER:
        write_role(&writer, input, YAK_TEXT(" in "));
        yak_write_text(&writer, yak_name_text(&program->lists[input->id]));
        return;
    case DURE_INPUT_COUNTER:
        yak_write_text(&writer, yak_name_text(&program->counters[input->id].name));
        return;
    case DURE_INPUT_PARAMETER:
        yak_write_text(&writer, yak_name_text(&program->parameters[input->id].name));
        return;
    case DURE_INPUT_LOT_USED:
        yak_write_text(&writer, YAK_TEXT("lot.used"));
        return;
    case DURE_INPUT_LOT_AGE:
        yak_write_text(&writer, YAK_TEXT("lot.age"));
        return;
    case DURE_INPUT_LOT_ORIGIN:
        yak_write_text(&writer, YAK_TEXT("lot.origin"));
        return;
    case DURE_INPUT_LOT_GIFTED:
        yak_write_text(&writer, YAK_TEXT("lot is gifted"));
        return;
    }
}

static void write_date(yak_writer_t *writer, dure_day_t day)
{
    dure_date_t date = dure_day_to_date(day);
    yak_write_digits(writer, (uint64_t)date.year, 4);
    yak_write_text(writer, YAK_TEXT("-"));
    yak_write_digits(writer, (uint64_t)date.month, 2);
    yak_write_text(writer, YAK_TEXT("-"));
    yak_write_digits(writer, (uint64_t)date.day, 2);
}

void dure_yak_value_text(char text[64], const dure_yak_program_t *program,
                         const dure_yak_input_t *input, int64_t value)
{
    yak_writer_t writer = yak_writer(text, 64);
    uint32_t type = yak_input_type(program, input);
    uint64_t size = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0) {
        yak_write_text(&writer, YAK_TEXT("-"));
    }
    if (type == YAK_TYPE_WON) {
        yak_write_grouped(&writer, size);
        yak_write_text(&writer, YAK_TEXT(" won"));
    } else if (type == YAK_TYPE_RATE) {
        yak_write_rate(&writer, size);
    } else if (type == YAK_TYPE_DAYS) {
        yak_write_grouped(&writer, size);
        yak_write_text(&writer, value == 1 ? YAK_TEXT(" day") : YAK_TEXT(" days"));
    } else if (type == YAK_TYPE_DATE && size <= DURE_DAY_MAX) {
        write_date(&writer, (dure_day_t)size);
    } else if (type == YAK_TYPE_CLOCK) {
        yak_write_digits(&writer, size / 60, 2);
        yak_write_text(&writer, YAK_TEXT(":"));
        yak_write_digits(&writer, size % 60, 2);
    } else if (type == YAK_TYPE_FLAG) {
        yak_write_text(&writer, value != 0 ? YAK_TEXT("yes") : YAK_TEXT("no"));
    } else if (type == YAK_TYPE_PARTY && value == 0) {
        yak_write_text(&writer, YAK_TEXT("nobody"));
    } else if (type == YAK_TYPE_COUNT) {
        yak_write_grouped(&writer, size);
    } else {
        bool name = type > YAK_TYPE_NAME && size <= UINT16_MAX;
        const char *word =
            name ? dure_names_text((dure_names_t)(type - YAK_TYPE_NAME), (uint32_t)size) : NULL;
        if (word != NULL) {
            yak_write_text(&writer, yak_text_of(word));
        } else {
            yak_write_digits(&writer, size, 1);
        }
    }
}

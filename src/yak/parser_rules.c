/* Tokens -> tree: conditions, rules, promises and examples. */
#include "yak/yak_private.h"

#define WHAT(en, ko) YAK_ARGUMENT(en, ko)

/* ---- values ---- */

static yak_value_t *input_value(yak_parser_t *parser, uint32_t kind, uint32_t role, uint32_t id)
{
    yak_value_t *value = yak_take(parser->tree, sizeof *value);
    if (value != NULL) {
        value->kind = YAK_VALUE_INPUT;
        value->token = parser->token;
        value->last = parser->token;
        value->input = (dure_yak_input_t){(uint8_t)kind, (uint8_t)role, (uint16_t)id};
    }
    return value;
}

/* After `role .`. */
static yak_value_t *parse_attribute(yak_parser_t *parser, const yak_token_t *first, uint32_t role)
{
    yak_tree_t *tree = parser->tree;
    const yak_token_t *name = yak_expect_name(parser, WHAT("an attribute", "속성"));
    yak_value_t *value = name == NULL ? NULL : input_value(parser, 0, role, 0);
    if (value == NULL) {
        return NULL;
    }
    value->token = first;
    yak_link_last(parser, value);
    yak_text_t text = yak_token_text(tree, name);
    const dure_attribute_t *attribute = dure_attribute_by_name(text.data, text.size);
    if (yak_text_equal(text, YAK_TEXT("holding"))) {
        value->input.kind = DURE_INPUT_HOLDING;
    } else if (yak_text_equal(text, YAK_TEXT("wallet"))) {
        value->input.kind = DURE_INPUT_WALLET;
    } else if (attribute != NULL) {
        value->input.kind = DURE_INPUT_ATTRIBUTE;
        value->input.id = attribute->id;
    } else {
        yak_details_t details = {{yak_quoted(tree, name), yak_attribute_names(tree, true)},
                                 {NULL, 0}};
        yak_guess_t guess = yak_guess(text);
        yak_guess_offer(&guess, YAK_TEXT("holding"));
        yak_guess_offer(&guess, YAK_TEXT("wallet"));
        for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
            yak_guess_offer(&guess, yak_text_of(dure_attributes[i].name));
        }
        details.suggestion = guess.best;
        yak_say(tree, YAK_SAYS_ATTRIBUTE_UNKNOWN, name, NULL, &details);
    }
    return value;
}

static yak_value_t *parse_role_value(yak_parser_t *parser, uint32_t role)
{
    const yak_token_t *first = parser->token;
    yak_value_t *party = input_value(parser, DURE_INPUT_PARTY, role, 0);
    parser->token++;
    if (party == NULL || !yak_accept(parser, YAK_TEXT("."))) {
        return party;
    }
    return parse_attribute(parser, first, role);
}

static yak_value_t *parse_dotted(yak_parser_t *parser)
{
    static const struct {
        yak_text_t owner, field;
        uint8_t kind;
    } fields[] = {{YAK_TEXT("issuer"), YAK_TEXT("region"), DURE_INPUT_ISSUER_REGION},
                  {YAK_TEXT("lot"), YAK_TEXT("used"), DURE_INPUT_LOT_USED},
                  {YAK_TEXT("lot"), YAK_TEXT("age"), DURE_INPUT_LOT_AGE},
                  {YAK_TEXT("lot"), YAK_TEXT("origin"), DURE_INPUT_LOT_ORIGIN}};
    bool lot = yak_at(parser, YAK_TEXT("lot"));
    yak_value_t *value = input_value(parser, 0, 0, 0);
    parser->token++;
    if (value == NULL || !yak_expect(parser, YAK_TEXT("."))) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        bool owner = yak_text_equal(fields[i].owner, YAK_TEXT("lot")) == lot;
        if (owner && yak_accept(parser, fields[i].field)) {
            value->input.kind = fields[i].kind;
            yak_link_last(parser, value);
            return value;
        }
    }
    yak_expected(parser, lot ? WHAT("`used`, `age` or `origin`", "`used`, `age`, `origin`")
                             : WHAT("`region`", "`region`"));
    return NULL;
}

static yak_value_t *parse_value(yak_parser_t *parser)
{
    static const struct {
        yak_text_t word;
        uint8_t kind;
    } clocks[] = {{YAK_TEXT("today"), DURE_INPUT_TODAY},
                  {YAK_TEXT("weekday"), DURE_INPUT_WEEKDAY},
                  {YAK_TEXT("time"), DURE_INPUT_TIME},
                  {YAK_TEXT("channel"), DURE_INPUT_CHANNEL}};
    yak_tree_t *tree = parser->tree;
    if (parser->token->kind != YAK_TOKEN_NAME) {
        return yak_parse_constant(parser);
    }
    uint32_t role = yak_role_number(yak_token_text(tree, parser->token));
    if (role != 0) {
        return parse_role_value(parser, role);
    }
    if (yak_at(parser, YAK_TEXT("issuer")) || yak_at(parser, YAK_TEXT("lot"))) {
        return parse_dotted(parser);
    }
    for (size_t i = 0; i < sizeof clocks / sizeof clocks[0]; i++) {
        if (yak_at(parser, clocks[i].word)) {
            yak_value_t *value = input_value(parser, clocks[i].kind, 0, 0);
            parser->token++;
            return value;
        }
    }
    yak_value_t *value = yak_parse_constant(parser);
    if (value != NULL && value->type == YAK_TYPE_WORD) {
        bool amount = yak_token_is(tree, value->token, YAK_TEXT("amount"));
        value->kind = amount ? YAK_VALUE_AMOUNT : YAK_VALUE_NAME;
    }
    return value;
}

static yak_value_t *parse_sum(yak_parser_t *parser)
{
    yak_value_t *sum = parse_value(parser);
    yak_value_t *end = sum;
    while (end != NULL && yak_accept(parser, YAK_TEXT("+"))) {
        end->next = parse_value(parser);
        end = end->next;
    }
    return end == NULL ? NULL : sum;
}

/* ---- conditions ---- */

static yak_cond_t *new_cond(yak_parser_t *parser, uint32_t kind)
{
    yak_cond_t *cond = yak_take(parser->tree, sizeof *cond);
    if (cond != NULL) {
        cond->kind = (uint8_t)kind;
        cond->token = parser->token;
    }
    return cond;
}

/* role "is" kind, as the comparison of the party's kind with a name. */
static yak_cond_t *parse_is_kind(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    yak_cond_t *cond = new_cond(parser, YAK_COND_COMPARE);
    uint32_t role = yak_role_number(yak_token_text(tree, parser->token));
    yak_value_t *kind = input_value(parser, DURE_INPUT_KIND, role, 0);
    parser->token += 2;
    bool known = yak_at(parser, YAK_TEXT("citizen")) || yak_at(parser, YAK_TEXT("merchant")) ||
                 yak_at(parser, YAK_TEXT("bearer"));
    if (!known) {
        yak_guess_t guess = yak_guess(yak_token_text(tree, parser->token));
        yak_guess_offer(&guess, YAK_TEXT("citizen"));
        yak_guess_offer(&guess, YAK_TEXT("merchant"));
        yak_guess_offer(&guess, YAK_TEXT("bearer"));
        yak_expected_one_of(
            parser,
            WHAT("`citizen`, `merchant` or `bearer`", "`citizen`, `merchant` 또는 `bearer`"),
            &guess);
        return NULL;
    }
    yak_value_t *constant = yak_parse_constant(parser);
    if (cond == NULL || kind == NULL || constant == NULL) {
        return NULL;
    }
    cond->op = YAK_EQ;
    cond->a = kind;
    cond->b = constant;
    return cond;
}

static yak_cond_t *parse_gifted(yak_parser_t *parser)
{
    yak_cond_t *cond = new_cond(parser, YAK_COND_FLAG);
    yak_value_t *flag = input_value(parser, DURE_INPUT_LOT_GIFTED, 0, 0);
    parser->token += 2;
    if (cond == NULL || flag == NULL || !yak_expect(parser, YAK_TEXT("gifted"))) {
        return NULL;
    }
    yak_link_last(parser, flag);
    cond->a = flag;
    return cond;
}

/* value "in" ... */
static yak_cond_t *parse_in(yak_parser_t *parser, yak_cond_t *cond)
{
    cond->kind = YAK_COND_IN;
    if (yak_at(parser, YAK_TEXT("["))) {
        cond->set = yak_take(parser->tree, sizeof *cond->set);
        return cond->set != NULL && yak_parse_set(parser, cond->set) ? cond : NULL;
    }
    if (parser->token->kind == YAK_TOKEN_NAME && !yak_after_is(parser, 1, YAK_TEXT(".."))) {
        cond->name = parser->token++;
        return cond;
    }
    cond->kind = YAK_COND_RANGE;
    cond->low = yak_parse_constant(parser);
    if (cond->low == NULL || !yak_expect(parser, YAK_TEXT(".."))) {
        return NULL;
    }
    cond->high = yak_parse_constant(parser);
    return cond->high == NULL ? NULL : cond;
}

static yak_cond_t *parse_comparison(yak_parser_t *parser)
{
    static const yak_text_t ops[] = {YAK_TEXT(""),   YAK_TEXT("="), YAK_TEXT("!="), YAK_TEXT("<"),
                                     YAK_TEXT("<="), YAK_TEXT(">"), YAK_TEXT(">=")};
    yak_cond_t *cond = new_cond(parser, YAK_COND_COMPARE);
    yak_value_t *a = parse_sum(parser);
    if (cond == NULL || a == NULL) {
        return NULL;
    }
    cond->a = a;
    cond->token = a->token;
    if (yak_at(parser, YAK_TEXT("in")) && a->next == NULL) {
        parser->token++;
        return parse_in(parser, cond);
    }
    if (yak_at(parser, YAK_TEXT("within")) && a->next == NULL) {
        parser->token++;
        cond->kind = YAK_COND_WITHIN;
        cond->low = yak_parse_constant(parser);
        return cond->low == NULL ? NULL : cond;
    }
    for (uint8_t op = YAK_EQ; op <= YAK_GE; op++) {
        if (yak_accept(parser, ops[op])) {
            cond->op = op;
            if (parser->token->kind == YAK_TOKEN_MARK && !yak_at(parser, YAK_TEXT("["))) {
                yak_say_one(parser->tree, YAK_SAYS_COMPARISON_FORM, parser->token,
                            yak_quoted(parser->tree, parser->token));
                return NULL;
            }
            cond->b = parse_sum(parser);
            return cond->b == NULL ? NULL : cond;
        }
    }
    yak_expected(parser, WHAT("a comparison (`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `within`)",
                              "비교(`=`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `within`)"));
    return NULL;
}

static yak_cond_t *parse_inner(yak_parser_t *parser)
{
    if (yak_at(parser, YAK_TEXT("not"))) {
        yak_cond_t *cond = new_cond(parser, YAK_COND_NOT);
        parser->token++;
        yak_cond_t *inner = yak_parse_test(parser);
        if (cond == NULL || inner == NULL) {
            return NULL;
        }
        cond->left = inner;
        return cond;
    }
    if (yak_accept(parser, YAK_TEXT("("))) {
        yak_cond_t *cond = yak_parse_cond(parser);
        return cond != NULL && yak_expect(parser, YAK_TEXT(")")) ? cond : NULL;
    }
    bool is = parser->token->kind == YAK_TOKEN_NAME && yak_after_is(parser, 1, YAK_TEXT("is"));
    if (is && yak_role_number(yak_token_text(parser->tree, parser->token)) != 0) {
        return parse_is_kind(parser);
    }
    if (is && yak_at(parser, YAK_TEXT("lot"))) {
        return parse_gifted(parser);
    }
    return parse_comparison(parser);
}

yak_cond_t *yak_parse_test(yak_parser_t *parser)
{
    if (parser->depth == YAK_NESTING_MAX) {
        yak_say_one(parser->tree, YAK_SAYS_NESTING, parser->token,
                    yak_number_argument(parser->tree, YAK_NESTING_MAX));
        return NULL;
    }
    parser->depth++;
    yak_cond_t *cond = parse_inner(parser);
    parser->depth--;
    return cond;
}

yak_cond_t *yak_parse_cond(yak_parser_t *parser)
{
    yak_cond_t *cond = yak_parse_test(parser);
    uint32_t joined = 0; /* the kind that joins this level, once there is one */
    for (uint32_t tests = 1; cond != NULL; tests++) {
        uint32_t kind = yak_at(parser, YAK_TEXT("and"))  ? YAK_COND_AND
                        : yak_at(parser, YAK_TEXT("or")) ? YAK_COND_OR
                                                         : 0;
        if (kind == 0) {
            return cond;
        }
        if (joined != 0 && joined != kind) {
            yak_say_plain(parser->tree, YAK_SAYS_MIX_AND_OR, parser->token);
        }
        joined = kind;
        if (tests == YAK_TESTS_MAX) {
            yak_say_two(parser->tree, YAK_SAYS_TOO_MANY, parser->token,
                        WHAT("tests in a row", "나란한 조건"),
                        yak_number_argument(parser->tree, YAK_TESTS_MAX));
            return NULL;
        }
        yak_cond_t *both = new_cond(parser, kind);
        parser->token++;
        yak_cond_t *right = yak_parse_test(parser);
        if (both == NULL || right == NULL) {
            return NULL;
        }
        both->left = cond;
        both->right = right;
        cond = both;
    }
    return NULL;
}

bool yak_parse_when(yak_parser_t *parser, yak_cond_t **cond)
{
    if (yak_at(parser, YAK_TEXT("unless"))) {
        yak_say_plain(parser->tree, YAK_SAYS_UNLESS_ALONE, parser->token);
        return false;
    }
    if (!yak_accept(parser, YAK_TEXT("when"))) {
        return true;
    }
    yak_cond_t *when = yak_parse_cond(parser);
    if (when == NULL) {
        return false;
    }
    *cond = when;
    if (!yak_at(parser, YAK_TEXT("unless"))) {
        return true;
    }
    /* A unless B is A and not B. */
    yak_cond_t *both = new_cond(parser, YAK_COND_AND);
    yak_cond_t *negation = new_cond(parser, YAK_COND_NOT);
    parser->token++;
    yak_cond_t *unless = yak_parse_cond(parser);
    if (both == NULL || negation == NULL || unless == NULL) {
        return false;
    }
    negation->left = unless;
    both->left = when;
    both->right = negation;
    *cond = both;
    return true;
}

/* ---- rules ---- */

/* A constant or the name of a parameter. */
static yak_value_t *parse_figure(yak_parser_t *parser)
{
    yak_value_t *value = yak_parse_constant(parser);
    if (value != NULL && value->type == YAK_TYPE_WORD) {
        bool amount = yak_token_is(parser->tree, value->token, YAK_TEXT("amount"));
        value->kind = amount ? YAK_VALUE_AMOUNT : YAK_VALUE_NAME;
    }
    return value;
}

static bool parse_money(yak_parser_t *parser, yak_rule_t *rule)
{
    rule->value = parse_figure(parser);
    if (rule->value == NULL) {
        return false;
    }
    bool part = rule->kind != DURE_RULE_GIVE;
    if (part && (!yak_expect(parser, YAK_TEXT("of")) || !yak_expect(parser, YAK_TEXT("amount")))) {
        return false;
    }
    yak_text_t direction = rule->kind == DURE_RULE_SHARE ? YAK_TEXT("to") : YAK_TEXT("from");
    if (!yak_expect(parser, direction)) {
        return false;
    }
    rule->account = yak_parse_account(parser);
    return rule->account != NULL && yak_parse_when(parser, &rule->when);
}

static bool parse_cap(yak_parser_t *parser, yak_rule_t *rule)
{
    if (yak_accept(parser, YAK_TEXT("subsidy"))) {
        rule->made = DURE_MADE_SUBSIDY;
    } else if (yak_accept(parser, YAK_TEXT("reward"))) {
        rule->made = DURE_MADE_REWARD;
    } else {
        return yak_expected(parser, WHAT("`subsidy` or `reward`", "`subsidy` 또는 `reward`"));
    }
    if (!yak_expect(parser, YAK_TEXT("at"))) {
        return false;
    }
    rule->value = parse_figure(parser);
    if (rule->value == NULL) {
        return false;
    }
    if (yak_accept(parser, YAK_TEXT("minus"))) {
        rule->minus = parse_figure(parser);
        return rule->minus != NULL;
    }
    return true;
}

static bool parse_rule_body(yak_parser_t *parser, yak_rule_t *rule)
{
    switch ((dure_yak_rule_kind_t)rule->kind) {
    case DURE_RULE_ALLOW:
        return yak_parse_when(parser, &rule->when);
    case DURE_RULE_DENY:
    case DURE_RULE_HOLD:
        if (yak_at(parser, YAK_TEXT("when"))) {
            return yak_expected(parser, WHAT("a name for the rule", "규칙의 이름"));
        }
        rule->name = yak_expect_name(parser, WHAT("a name for the rule", "규칙의 이름"));
        if (rule->name == NULL) {
            return false;
        }
        if (rule->kind == DURE_RULE_HOLD &&
            !yak_parse_days(parser, 1, YAK_HOLD_DAYS_MAX, &rule->days)) {
            return false;
        }
        if (!yak_at(parser, YAK_TEXT("when"))) {
            return yak_expect(parser, YAK_TEXT("when"));
        }
        return yak_parse_when(parser, &rule->when);
    case DURE_RULE_GIVE:
    case DURE_RULE_SUBSIDY:
    case DURE_RULE_REWARD:
    case DURE_RULE_SHARE:
        return parse_money(parser, rule);
    case DURE_RULE_CAP:
        return parse_cap(parser, rule);
    }
    return false;
}

static uint32_t rule_kind_at(const yak_parser_t *parser)
{
    for (uint32_t kind = DURE_RULE_ALLOW; kind <= DURE_RULE_CAP; kind++) {
        if (yak_at(parser, yak_rule_kind_name(kind))) {
            return kind;
        }
    }
    return 0;
}

static bool begins_fund_item(const yak_parser_t *parser)
{
    static const yak_text_t words[] = {
        YAK_TEXT("promise"), YAK_TEXT("example"), YAK_TEXT("words"), YAK_TEXT("parameter"),
        YAK_TEXT("counter"), YAK_TEXT("missing"), YAK_TEXT("set"),   YAK_TEXT("list")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (yak_at(parser, words[i])) {
            return true;
        }
    }
    return parser->token->kind == YAK_TOKEN_NAME && yak_after_is(parser, 1, YAK_TEXT("{"));
}

static bool parse_rule(yak_parser_t *parser, yak_rule_t *rule)
{
    yak_tree_t *tree = parser->tree;
    uint32_t kind = rule_kind_at(parser);
    if (kind != 0) {
        rule->kind = (uint8_t)kind;
        rule->token = parser->token++;
        return parse_rule_body(parser, rule);
    }
    if (parser->token->kind == YAK_TOKEN_NAME) {
        yak_guess_t guess = yak_guess(yak_token_text(tree, parser->token));
        for (uint32_t i = DURE_RULE_ALLOW; i <= DURE_RULE_CAP; i++) {
            yak_guess_offer(&guess, yak_rule_kind_name(i));
        }
        yak_details_t details = {{yak_quoted(tree, parser->token)}, guess.best};
        yak_say(tree, YAK_SAYS_RULE_UNKNOWN, parser->token, NULL, &details);
    } else {
        yak_expected(parser, WHAT("a rule or `}`", "규칙 또는 `}`"));
    }
    parser->token++;
    return false;
}

/* After an error in a rule: on to the next line that begins a rule, the closing brace, or an item
   of the fund, which means that the brace is missing. */
static void skip_rule(yak_parser_t *parser)
{
    while (parser->token->kind != YAK_TOKEN_END && !yak_at(parser, YAK_TEXT("}"))) {
        bool begins = rule_kind_at(parser) != 0 || begins_fund_item(parser);
        if (parser->token->first && begins) {
            return;
        }
        parser->token++;
    }
}

bool yak_parse_block(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    const yak_token_t *token = parser->token;
    uint32_t verb = yak_parse_verb(parser);
    DURE_ASSERT(verb != 0);
    yak_block_t *block = &tree->blocks[verb];
    yak_block_t spare = {0};
    if (block->token != NULL) {
        yak_say_two(tree, YAK_SAYS_ITEM_DUPLICATE, token, yak_quoted(tree, token),
                    yak_number_argument(tree, block->token->line));
        block = &spare;
    }
    block->token = token;
    if (!yak_expect(parser, YAK_TEXT("{"))) {
        return false;
    }
    yak_rule_t **end = &block->rules;
    while (!yak_accept(parser, YAK_TEXT("}"))) {
        bool runs_out = parser->token->first && begins_fund_item(parser);
        if (parser->token->kind == YAK_TOKEN_END || runs_out) {
            return yak_expect(parser, YAK_TEXT("}"));
        }
        yak_rule_t *rule = yak_take(tree, sizeof *rule);
        if (rule == NULL) {
            return false;
        }
        yak_mark_row(parser);
        if (!parse_rule(parser, rule)) {
            block->broken = true;
            skip_rule(parser);
            continue;
        }
        if (block->rule_count == DURE_YAK_RULES_MAX) {
            yak_say_two(tree, YAK_SAYS_TOO_MANY, rule->token,
                        WHAT("rules in a verb", "행위의 규칙"),
                        yak_number_argument(tree, DURE_YAK_RULES_MAX));
            continue;
        }
        rule->index = (uint8_t)block->rule_count++;
        *end = rule;
        end = &rule->next;
    }
    return true;
}

/* ---- promises ---- */

/* made "<=" ( part | won ), unless it reads as a plain test. */
static bool at_made_form(const yak_parser_t *parser)
{
    if (!yak_after_is(parser, 1, YAK_TEXT("<="))) {
        return false;
    }
    if (yak_at(parser, YAK_TEXT("subsidy")) || yak_at(parser, YAK_TEXT("reward"))) {
        return true;
    }
    return yak_at(parser, YAK_TEXT("amount")) && parser->token[2].kind != YAK_TOKEN_END &&
           yak_after_is(parser, 3, YAK_TEXT("of"));
}

static bool parse_every_verb(yak_parser_t *parser, yak_promise_t *promise)
{
    do {
        uint32_t verb = yak_parse_verb(parser);
        if (verb == 0) {
            return false;
        }
        promise->verbs = (uint16_t)(promise->verbs | 1u << verb);
    } while (yak_accept(parser, YAK_TEXT(",")));
    if (!yak_parse_when(parser, &promise->when) || !yak_expect(parser, YAK_TEXT("has"))) {
        return false;
    }
    if (!at_made_form(parser)) {
        promise->has = yak_parse_cond(parser);
        return promise->has != NULL;
    }
    promise->made = (uint8_t)yak_made_number(yak_token_text(parser->tree, parser->token));
    parser->token += 2;
    promise->bound = parse_figure(parser);
    if (promise->bound == NULL) {
        return false;
    }
    promise->bound_is_part = yak_accept(parser, YAK_TEXT("of"));
    return !promise->bound_is_part || yak_expect(parser, YAK_TEXT("amount"));
}

static bool parse_always(yak_parser_t *parser, yak_promise_t *promise)
{
    promise->kind = YAK_PROMISE_ALWAYS;
    const yak_token_t *name = parser->token;
    if (yak_expect_name(parser, WHAT("the name of a counter", "계수기의 이름")) == NULL) {
        return false;
    }
    parser->token = name;
    promise->counter = parse_figure(parser);
    if (promise->counter == NULL || !yak_expect(parser, YAK_TEXT("<="))) {
        return false;
    }
    promise->bound = yak_parse_constant(parser);
    return promise->bound != NULL;
}

static bool parse_promise_body(yak_parser_t *parser, yak_promise_t *promise)
{
    if (yak_accept(parser, YAK_TEXT("always"))) {
        return parse_always(parser, promise);
    }
    if (yak_accept(parser, YAK_TEXT("no"))) {
        promise->kind = YAK_PROMISE_NO;
        return parse_every_verb(parser, promise);
    }
    if (!yak_accept(parser, YAK_TEXT("every"))) {
        return yak_expected(parser, WHAT("`every`, `no` or `always`", "`every`, `no`, `always`"));
    }
    uint32_t role = yak_role_number(yak_token_text(parser->tree, parser->token));
    if (parser->token->kind != YAK_TOKEN_NAME || role == 0) {
        promise->kind = YAK_PROMISE_EVERY;
        return parse_every_verb(parser, promise);
    }
    promise->kind = YAK_PROMISE_CAN;
    promise->role = (uint8_t)role;
    promise->role_token = parser->token++;
    if (!yak_parse_when(parser, &promise->when) || !yak_expect(parser, YAK_TEXT("can"))) {
        return false;
    }
    uint32_t verb = yak_parse_verb(parser);
    promise->verbs = (uint16_t)(1u << verb);
    return verb != 0;
}

bool yak_parse_promise(yak_parser_t *parser)
{
    yak_promise_t *promise = yak_take(parser->tree, sizeof *promise);
    parser->token++;
    if (promise == NULL) {
        return false;
    }
    promise->token = yak_expect_name(parser, WHAT("a name for the promise", "약속의 이름"));
    if (promise->token == NULL || !yak_expect(parser, YAK_TEXT(":")) ||
        !parse_promise_body(parser, promise)) {
        return false;
    }
    *parser->tree->promises_end = promise;
    parser->tree->promises_end = &promise->next;
    return true;
}

/* ---- examples ---- */

static bool parse_answer(yak_parser_t *parser, yak_example_t *example)
{
    example->is = parser->token;
    if (yak_accept(parser, YAK_TEXT("accepted"))) {
        example->outcome = DURE_YAK_ACCEPTED;
        if (yak_accept(parser, YAK_TEXT("with"))) {
            uint32_t made = yak_made_number(yak_token_text(parser->tree, parser->token));
            if (parser->token->kind != YAK_TOKEN_NAME || made < DURE_MADE_AMOUNT) {
                return yak_expected(parser, WHAT("`amount`, `subsidy` or `reward`",
                                                 "`amount`, `subsidy`, `reward`"));
            }
            parser->token++;
            example->made = (uint8_t)made;
            return yak_expect(parser, YAK_TEXT("=")) && yak_parse_won(parser, &example->made_won);
        }
        return true;
    }
    if (yak_accept(parser, YAK_TEXT("refused"))) {
        example->outcome = DURE_YAK_REFUSED;
        bool named = parser->token->kind == YAK_TOKEN_NAME && !parser->token->first;
        if (named) {
            example->rule = parser->token++;
        }
        return true;
    }
    if (yak_accept(parser, YAK_TEXT("held"))) {
        example->outcome = DURE_YAK_HELD;
        if (parser->token->first) {
            return yak_expected(parser, WHAT("the name of a hold", "hold의 이름"));
        }
        example->rule = yak_expect_name(parser, WHAT("the name of a hold", "hold의 이름"));
        return example->rule != NULL;
    }
    return yak_expected(parser,
                        WHAT("`accepted`, `refused` or `held`", "`accepted`, `refused`, `held`"));
}

bool yak_parse_example(yak_parser_t *parser, yak_example_t *example, bool answered)
{
    uint32_t verb = yak_parse_verb(parser);
    if (verb == 0) {
        return false;
    }
    example->verb = (uint8_t)verb;
    if (yak_at(parser, YAK_TEXT("of"))) {
        example->of = parser->token++;
        example->has_amount = true;
        if (!yak_parse_won(parser, &example->amount)) {
            return false;
        }
    }
    yak_fact_t **end = &example->facts;
    while (yak_accept(parser, YAK_TEXT(","))) {
        yak_fact_t *fact = yak_take(parser->tree, sizeof *fact);
        yak_cond_t *cond = yak_parse_test(parser);
        if (fact == NULL || cond == NULL) {
            return false;
        }
        fact->cond = cond;
        *end = fact;
        end = &fact->next;
    }
    if (!answered && parser->token->kind == YAK_TOKEN_END) {
        return true;
    }
    if (!yak_expect(parser, YAK_TEXT("is")) || !parse_answer(parser, example)) {
        return false;
    }
    example->last = parser->token - 1;
    return true;
}

bool yak_parse_example_item(yak_parser_t *parser)
{
    yak_example_t *example = yak_take(parser->tree, sizeof *example);
    parser->token++;
    if (example == NULL) {
        return false;
    }
    example->token = yak_expect_name(parser, WHAT("a name for the example", "예시의 이름"));
    if (example->token == NULL || !yak_expect(parser, YAK_TEXT(":")) ||
        !yak_parse_example(parser, example, true)) {
        return false;
    }
    *parser->tree->examples_end = example;
    parser->tree->examples_end = &example->next;
    return true;
}

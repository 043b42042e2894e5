/* Tokens -> tree: the items of a fund.  Each function returns false once it has reported; the loop
   then goes on with the next item, so that one run finds all errors of a file. */
#include "yak/yak_private.h"

#define WHAT(en, ko) YAK_ARGUMENT(en, ko)

bool yak_at(const yak_parser_t *parser, yak_text_t text)
{
    return yak_token_is(parser->tree, parser->token, text);
}

bool yak_after_is(const yak_parser_t *parser, uint32_t ahead, yak_text_t text)
{
    for (uint32_t i = 0; i < ahead; i++) {
        if (parser->token[i].kind == YAK_TOKEN_END) {
            return false;
        }
    }
    return yak_token_is(parser->tree, parser->token + ahead, text);
}

bool yak_accept(yak_parser_t *parser, yak_text_t text)
{
    if (!yak_at(parser, text)) {
        return false;
    }
    parser->token++;
    return true;
}

bool yak_expected_one_of(yak_parser_t *parser, yak_argument_t what, const yak_guess_t *guess)
{
    /* The lexer has reported a broken token already. */
    if (parser->token->kind != YAK_TOKEN_BROKEN) {
        yak_details_t details = {{what, yak_quoted(parser->tree, parser->token)}, {NULL, 0}};
        if (guess != NULL) {
            details.suggestion = guess->best;
        }
        yak_say(parser->tree, YAK_SAYS_EXPECTED, parser->token, NULL, &details);
    }
    return false;
}

bool yak_expected(yak_parser_t *parser, yak_argument_t what)
{
    return yak_expected_one_of(parser, what, NULL);
}

bool yak_expect(yak_parser_t *parser, yak_text_t text)
{
    if (yak_accept(parser, text)) {
        return true;
    }
    yak_argument_t what = yak_quoted_text(parser->tree, text);
    if (parser->token->kind == YAK_TOKEN_NAME) {
        yak_guess_t guess = yak_guess(yak_token_text(parser->tree, parser->token));
        yak_guess_offer(&guess, text);
        return yak_expected_one_of(parser, what, &guess);
    }
    return yak_expected(parser, what);
}

const yak_token_t *yak_expect_name(yak_parser_t *parser, yak_argument_t what)
{
    if (parser->token->kind != YAK_TOKEN_NAME) {
        yak_expected(parser, what);
        return NULL;
    }
    char first = yak_token_text(parser->tree, parser->token).data[0];
    if (first >= 'A' && first <= 'Z') {
        yak_say_plain(parser->tree, YAK_SAYS_NAME_FORM, parser->token);
        return NULL;
    }
    return parser->token++;
}

void yak_mark_row(yak_parser_t *parser)
{
    parser->tree->tokens[parser->token - parser->tree->tokens].begins = true;
}

void yak_link_last(yak_parser_t *parser, yak_value_t *value)
{
    value->last = parser->token - 1;
}

/* ---- constants ---- */

static void parse_unit(yak_parser_t *parser, yak_value_t *value)
{
    static const struct {
        yak_text_t one, many;
        uint8_t type;
        uint8_t factor;
    } units[] = {{YAK_TEXT("won"), YAK_TEXT("won"), YAK_TYPE_WON, 1},
                 {YAK_TEXT("day"), YAK_TEXT("days"), YAK_TYPE_DAYS, 1},
                 {YAK_TEXT("week"), YAK_TEXT("weeks"), YAK_TYPE_DAYS, 7},
                 {YAK_TEXT("month"), YAK_TEXT("months"), YAK_TYPE_MONTHS, 1},
                 {YAK_TEXT("year"), YAK_TEXT("years"), YAK_TYPE_MONTHS, 12}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (yak_accept(parser, units[i].one) || yak_accept(parser, units[i].many)) {
            value->type = units[i].type;
            /* At most 10^15, so the product fits. */
            value->value *= units[i].factor;
            return;
        }
    }
}

yak_value_t *yak_parse_constant(yak_parser_t *parser)
{
    const yak_token_t *token = parser->token;
    yak_value_t *value = yak_take(parser->tree, sizeof *value);
    if (value == NULL) {
        return NULL;
    }
    value->kind = YAK_VALUE_CONSTANT;
    value->token = token;
    value->value = token->value;
    switch ((yak_token_kind_t)token->kind) {
    case YAK_TOKEN_NUMBER:
        parser->token++;
        value->type = YAK_TYPE_NUMBER;
        parse_unit(parser, value);
        break;
    case YAK_TOKEN_RATE:
        parser->token++;
        value->type = YAK_TYPE_RATE;
        break;
    case YAK_TOKEN_DATE:
        parser->token++;
        value->type = YAK_TYPE_DATE;
        break;
    case YAK_TOKEN_CLOCK:
        parser->token++;
        value->type = YAK_TYPE_CLOCK;
        break;
    case YAK_TOKEN_NAME:
        value->type = yak_accept(parser, YAK_TEXT("nobody")) ? YAK_TYPE_PARTY : YAK_TYPE_WORD;
        parser->token += value->type == YAK_TYPE_WORD ? 1 : 0;
        break;
    case YAK_TOKEN_END:
    case YAK_TOKEN_STRING:
    case YAK_TOKEN_MARK:
    case YAK_TOKEN_BROKEN:
        yak_expected(parser, WHAT("a value", "값"));
        return NULL;
    }
    yak_link_last(parser, value);
    return value;
}

bool yak_parse_set(yak_parser_t *parser, yak_set_t *set)
{
    if (!yak_expect(parser, YAK_TEXT("["))) {
        return false;
    }
    yak_value_t **end = &set->constants;
    do {
        const yak_token_t *token = parser->token;
        yak_value_t *constant = yak_parse_constant(parser);
        if (constant == NULL) {
            return false;
        }
        /* `[100,200]` could be read as one number or as two. */
        if (token->grouped && constant->type == YAK_TYPE_NUMBER) {
            yak_say_plain(parser->tree, YAK_SAYS_NUMBER_GROUPS, token);
        }
        *end = constant;
        end = &constant->next;
        set->count++;
    } while (yak_accept(parser, YAK_TEXT(",")));
    return yak_expect(parser, YAK_TEXT("]"));
}

bool yak_parse_days(yak_parser_t *parser, uint32_t low, uint32_t high, uint32_t *days)
{
    if (parser->token->kind != YAK_TOKEN_NUMBER) {
        return yak_expected(parser,
                            WHAT("a number of days, like `30 days`", "`30 days` 같은 일수"));
    }
    const yak_token_t *first = parser->token;
    yak_value_t *value = yak_parse_constant(parser);
    if (value == NULL) {
        return false;
    }
    if (value->type == YAK_TYPE_MONTHS) {
        yak_say_plain(parser->tree, YAK_SAYS_MONTHS_HERE, first);
        return true;
    }
    if (value->type != YAK_TYPE_DAYS) {
        return yak_expected(parser, WHAT("`days`", "`days`"));
    }
    if (value->value < low || value->value > high) {
        yak_say_two(parser->tree, YAK_SAYS_DAYS_RANGE, first,
                    yak_number_argument(parser->tree, low),
                    yak_number_argument(parser->tree, high));
        return true;
    }
    *days = (uint32_t)value->value;
    return true;
}

bool yak_parse_won(yak_parser_t *parser, int64_t *won)
{
    yak_argument_t what = WHAT("an amount, like `10,000 won`", "`10,000 won` 같은 금액");
    if (parser->token->kind != YAK_TOKEN_NUMBER) {
        return yak_expected(parser, what);
    }
    *won = parser->token->value;
    parser->token++;
    return yak_expect(parser, YAK_TEXT("won"));
}

const yak_token_t *yak_parse_account(yak_parser_t *parser)
{
    if (!yak_expect(parser, YAK_TEXT("issuer")) || !yak_expect(parser, YAK_TEXT("."))) {
        return NULL;
    }
    return yak_expect_name(parser, WHAT("the name of a city account", "도시 계정의 이름"));
}

uint32_t yak_parse_verb(yak_parser_t *parser)
{
    const yak_token_t *token = parser->token;
    if (token->kind == YAK_TOKEN_NAME) {
        uint32_t verb = yak_verb_number(yak_token_text(parser->tree, token));
        if (verb != 0) {
            parser->token++;
            return verb;
        }
    }
    yak_guess_t guess = yak_guess(yak_token_text(parser->tree, token));
    for (uint32_t i = 1; i < DURE_VERB_COUNT; i++) {
        yak_guess_offer(&guess, yak_verb_name(i));
    }
    yak_expected_one_of(parser, WHAT("a verb, like `payment`", "`payment` 같은 행위"), &guess);
    return 0;
}

/* ---- the one-line items ---- */

/* True if this line stands for the first time. */
static void take_once(yak_parser_t *parser, const yak_token_t **slot)
{
    if (*slot != NULL) {
        yak_say_two(parser->tree, YAK_SAYS_ITEM_DUPLICATE, parser->token,
                    yak_quoted(parser->tree, parser->token),
                    yak_number_argument(parser->tree, (*slot)->line));
    } else {
        *slot = parser->token;
    }
    parser->token++;
}

static bool parse_issuer(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    take_once(parser, &tree->issuer);
    if (!yak_expect(parser, YAK_TEXT("city"))) {
        return false;
    }
    const yak_token_t *code = parser->token;
    if (code->kind != YAK_TOKEN_NUMBER) {
        return yak_expected(parser, WHAT("the city's region code", "도시의 지역 코드"));
    }
    parser->token++;
    if (code->grouped || yak_region_digits(code->value) != 5) {
        yak_say_plain(tree, YAK_SAYS_REGION_FORM, code);
    } else {
        tree->issuer_city = (uint32_t)code->value;
    }
    return true;
}

static bool parse_currency(yak_parser_t *parser)
{
    take_once(parser, &parser->tree->currency);
    return yak_expect(parser, YAK_TEXT("KRW"));
}

static bool parse_validity(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    take_once(parser, &tree->validity);
    if (yak_accept(parser, YAK_TEXT("until"))) {
        if (parser->token->kind != YAK_TOKEN_DATE) {
            return yak_expected(parser,
                                WHAT("a date, like `2026-12-31`", "`2026-12-31` 같은 날짜"));
        }
        tree->until = (dure_day_t)parser->token->value;
        parser->token++;
        return true;
    }
    const yak_token_t *first = parser->token;
    if (first->kind != YAK_TOKEN_NUMBER) {
        return yak_expected(parser, WHAT("a duration, like `5 years`, or `until` and a date",
                                         "`5 years` 같은 기간, 또는 `until`과 날짜"));
    }
    yak_value_t *value = yak_parse_constant(parser);
    if (value == NULL) {
        return false;
    }
    bool months = value->type == YAK_TYPE_MONTHS;
    if (!months && value->type != YAK_TYPE_DAYS) {
        return yak_expected(parser, WHAT("`days`, `weeks`, `months` or `years`",
                                         "`days`, `weeks`, `months`, `years`"));
    }
    int64_t most = months ? YAK_VALIDITY_MONTHS_MAX : YAK_VALIDITY_DAYS_MAX;
    if (value->value < 1 || value->value > most) {
        yak_say_two(tree, YAK_SAYS_VALUE_RANGE, first, WHAT("1 day", "1일"),
                    WHAT("100 years", "100년"));
        return true;
    }
    tree->validity_months = months ? (uint32_t)value->value : 0;
    tree->validity_days = months ? 0 : (uint32_t)value->value;
    return true;
}

static bool parse_lapse(yak_parser_t *parser)
{
    take_once(parser, &parser->tree->lapse);
    if (!yak_expect(parser, YAK_TEXT("to"))) {
        return false;
    }
    const yak_token_t *account = yak_parse_account(parser);
    parser->tree->lapse_account = account;
    return account != NULL;
}

static bool parse_priority(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    take_once(parser, &tree->priority);
    const yak_token_t *number = parser->token;
    if (number->kind != YAK_TOKEN_NUMBER) {
        return yak_expected(parser, WHAT("a number", "수"));
    }
    parser->token++;
    if (number->value > YAK_PRIORITY_MAX) {
        yak_say_two(tree, YAK_SAYS_VALUE_RANGE, number, yak_number_argument(tree, 0),
                    yak_number_argument(tree, YAK_PRIORITY_MAX));
        return true;
    }
    tree->priority_value = (uint32_t)number->value;
    return true;
}

static bool parse_refund(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    take_once(parser, &tree->refund);
    if (!yak_expect(parser, YAK_TEXT("within")) ||
        !yak_parse_days(parser, 1, YAK_REFUND_DAYS_MAX, &tree->refund_days)) {
        return false;
    }
    return !yak_accept(parser, YAK_TEXT("grace")) ||
           yak_parse_days(parser, 0, YAK_REFUND_DAYS_MAX, &tree->grace_days);
}

static bool parse_old_lots(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    take_once(parser, &tree->old_lots);
    if (!yak_expect(parser, YAK_TEXT("lots"))) {
        return false;
    }
    if (yak_accept(parser, YAK_TEXT("keep"))) {
        tree->old_lots_mode = 1;
        return true;
    }
    if (!yak_accept(parser, YAK_TEXT("follow"))) {
        return yak_expected(parser, WHAT("`keep` or `follow`", "`keep` 또는 `follow`"));
    }
    tree->old_lots_mode = 2;
    if (yak_accept(parser, YAK_TEXT("if"))) {
        tree->old_lots_mode = 3;
        if (!yak_expect(parser, YAK_TEXT("looser"))) {
            return false;
        }
    }
    return yak_expect(parser, YAK_TEXT("notice")) &&
           yak_parse_days(parser, 0, YAK_NOTICE_DAYS_MAX, &tree->old_lots_notice_days);
}

static bool parse_legal_check(yak_parser_t *parser)
{
    take_once(parser, &parser->tree->legal_check);
    if (parser->token->kind != YAK_TOKEN_STRING) {
        return yak_expected(parser, WHAT("a text in quotation marks", "따옴표 안의 글"));
    }
    parser->token++;
    return true;
}

static bool parse_missing(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    parser->token++;
    const yak_token_t *name = yak_expect_name(parser, WHAT("an attribute", "속성"));
    if (name == NULL) {
        return false;
    }
    yak_text_t text = yak_token_text(tree, name);
    const dure_attribute_t *attribute = dure_attribute_by_name(text.data, text.size);
    if (attribute == NULL) {
        yak_details_t details = {{yak_quoted(tree, name), yak_attribute_names(tree, false)},
                                 {NULL, 0}};
        yak_guess_t guess = yak_guess(text);
        for (uint32_t i = 0; i < DURE_ATTRIBUTES_COUNT; i++) {
            yak_guess_offer(&guess, yak_text_of(dure_attributes[i].name));
        }
        details.suggestion = guess.best;
        yak_say(tree, YAK_SAYS_ATTRIBUTE_UNKNOWN, name, NULL, &details);
    }
    if (!yak_expect(parser, YAK_TEXT("counts")) || !yak_expect(parser, YAK_TEXT("as"))) {
        return false;
    }
    yak_value_t *value = yak_parse_constant(parser);
    if (value == NULL || attribute == NULL) {
        return value != NULL;
    }
    yak_missing_t *missing = &tree->missing[attribute - dure_attributes];
    if (missing->token != NULL) {
        yak_say_two(tree, YAK_SAYS_DUPLICATE, name, yak_quoted(tree, name),
                    yak_number_argument(tree, missing->token->line));
        return true;
    }
    *missing = (yak_missing_t){name, value};
    return true;
}

/* ---- declarations ---- */

static bool too_many(yak_parser_t *parser, const yak_token_t *token, yak_argument_t what,
                     uint32_t most)
{
    yak_say_two(parser->tree, YAK_SAYS_TOO_MANY, token, what,
                yak_number_argument(parser->tree, most));
    return false;
}

static bool parse_list(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    parser->token++;
    const yak_token_t *name = yak_expect_name(parser, WHAT("a name for the list", "명단의 이름"));
    if (name == NULL) {
        return false;
    }
    if (tree->list_count == DURE_YAK_LISTS_MAX) {
        return too_many(parser, name, WHAT("lists", "명단"), DURE_YAK_LISTS_MAX);
    }
    yak_list_t *list = &tree->lists[tree->list_count++];
    *list = (yak_list_t){name, true, 0};
    if (!yak_expect(parser, YAK_TEXT("of"))) {
        return false;
    }
    if (yak_accept(parser, YAK_TEXT("citizen"))) {
        list->kind = DURE_KIND_CITIZEN;
    } else if (yak_accept(parser, YAK_TEXT("merchant"))) {
        list->kind = DURE_KIND_MERCHANT;
    } else {
        return yak_expected(parser, WHAT("`citizen` or `merchant`", "`citizen` 또는 `merchant`"));
    }
    list->broken = false;
    return true;
}

static bool parse_set_item(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    parser->token++;
    const yak_token_t *name = yak_expect_name(parser, WHAT("a name for the set", "집합의 이름"));
    yak_set_t *set = name == NULL ? NULL : yak_take(tree, sizeof *set);
    if (set == NULL) {
        return false;
    }
    set->name = name;
    set->broken = true;
    *tree->sets_end = set;
    tree->sets_end = &set->next;
    if (!yak_expect(parser, YAK_TEXT("=")) || !yak_parse_set(parser, set)) {
        return false;
    }
    set->broken = false;
    return true;
}

static bool parse_parameter_unit(yak_parser_t *parser, yak_parameter_t *parameter)
{
    static const yak_text_t units[] = {YAK_TEXT(""), YAK_TEXT("won"), YAK_TEXT("rate"),
                                       YAK_TEXT("count"), YAK_TEXT("days")};
    for (uint8_t unit = DURE_YAK_WON; unit <= DURE_YAK_DAYS; unit++) {
        if (yak_accept(parser, units[unit])) {
            parameter->unit = unit;
            return true;
        }
    }
    return yak_expected(parser,
                        WHAT("`won`, `rate`, `count` or `days`", "`won`, `rate`, `count`, `days`"));
}

static bool parse_parameter(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    parser->token++;
    const yak_token_t *name =
        yak_expect_name(parser, WHAT("a name for the parameter", "매개변수의 이름"));
    if (name == NULL) {
        return false;
    }
    if (tree->parameter_count == DURE_FUND_PARAMETERS_MAX) {
        return too_many(parser, name, WHAT("parameters", "매개변수"), DURE_FUND_PARAMETERS_MAX);
    }
    yak_parameter_t *parameter = &tree->parameters[tree->parameter_count++];
    *parameter = (yak_parameter_t){.token = name, .broken = true, .notice_days = 30};
    if (!yak_expect(parser, YAK_TEXT(":")) || !parse_parameter_unit(parser, parameter) ||
        !yak_expect(parser, YAK_TEXT("in"))) {
        return false;
    }
    parameter->low = yak_parse_constant(parser);
    if (parameter->low == NULL || !yak_expect(parser, YAK_TEXT(".."))) {
        return false;
    }
    parameter->high = yak_parse_constant(parser);
    if (parameter->high == NULL || !yak_expect(parser, YAK_TEXT("="))) {
        return false;
    }
    parameter->initial = yak_parse_constant(parser);
    if (parameter->initial == NULL) {
        return false;
    }
    parameter->broken = false;
    if (yak_accept(parser, YAK_TEXT("notice")) &&
        !yak_parse_days(parser, 0, YAK_NOTICE_DAYS_MAX, &parameter->notice_days)) {
        return false;
    }
    if (yak_accept(parser, YAK_TEXT("fixed"))) {
        parameter->fixed_at_issue = true;
        return yak_expect(parser, YAK_TEXT("at")) && yak_expect(parser, YAK_TEXT("issue"));
    }
    return true;
}

static bool parse_counter_made(yak_parser_t *parser, yak_counter_t *counter)
{
    if (yak_accept(parser, YAK_TEXT("count"))) {
        counter->made = DURE_MADE_COUNT;
        return true;
    }
    if (!yak_accept(parser, YAK_TEXT("sum"))) {
        return yak_expected(parser, WHAT("`count` or `sum of`", "`count` 또는 `sum of`"));
    }
    if (!yak_expect(parser, YAK_TEXT("of"))) {
        return false;
    }
    uint32_t made = yak_made_number(yak_token_text(parser->tree, parser->token));
    if (parser->token->kind != YAK_TOKEN_NAME || made < DURE_MADE_AMOUNT) {
        return yak_expected(
            parser, WHAT("`amount`, `subsidy` or `reward`", "`amount`, `subsidy`, `reward`"));
    }
    parser->token++;
    counter->made = (uint8_t)made;
    return true;
}

static bool parse_counter_period(yak_parser_t *parser, yak_counter_t *counter)
{
    static const yak_text_t periods[] = {YAK_TEXT("ever"), YAK_TEXT("day"), YAK_TEXT("week"),
                                         YAK_TEXT("month"), YAK_TEXT("year")};
    if (yak_accept(parser, periods[DURE_PERIOD_EVER])) {
        counter->period = DURE_PERIOD_EVER;
        return true;
    }
    if (!yak_accept(parser, YAK_TEXT("per"))) {
        return yak_expected(parser,
                            WHAT("`per` and a period, or `ever`", "`per`와 주기, 또는 `ever`"));
    }
    for (uint8_t period = DURE_PERIOD_DAY; period <= DURE_PERIOD_YEAR; period++) {
        if (yak_accept(parser, periods[period])) {
            counter->period = period;
            return true;
        }
    }
    return yak_expected(parser,
                        WHAT("`day`, `week`, `month` or `year`", "`day`, `week`, `month`, `year`"));
}

static bool parse_counter_verb(yak_parser_t *parser, yak_counter_t *counter)
{
    yak_tree_t *tree = parser->tree;
    const yak_token_t *token = parser->token;
    uint32_t verb = yak_parse_verb(parser);
    if (verb == 0) {
        return false;
    }
    if (counter->by[verb] != 0) {
        yak_say_two(tree, YAK_SAYS_DUPLICATE, token, yak_quoted(tree, token),
                    yak_number_argument(tree, token->line));
    }
    counter->by[verb] = DURE_COUNTER_CITY_WIDE;
    counter->by_token[verb] = token;
    if (!yak_accept(parser, YAK_TEXT("by"))) {
        return true;
    }
    counter->by_token[verb] = parser->token;
    uint32_t role = yak_role_number(yak_token_text(tree, parser->token));
    if (parser->token->kind != YAK_TOKEN_NAME || role == 0) {
        return yak_expected(parser, WHAT("a party, like `buyer`", "`buyer` 같은 당사자"));
    }
    parser->token++;
    counter->by[verb] = (uint8_t)role;
    return true;
}

static bool parse_counter(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    parser->token++;
    const yak_token_t *name =
        yak_expect_name(parser, WHAT("a name for the counter", "계수기의 이름"));
    if (name == NULL) {
        return false;
    }
    if (tree->counter_count == DURE_FUND_COUNTERS_MAX) {
        return too_many(parser, name, WHAT("counters", "계수기"), DURE_FUND_COUNTERS_MAX);
    }
    yak_counter_t *counter = &tree->counters[tree->counter_count++];
    *counter = (yak_counter_t){.token = name, .broken = true};
    if (!yak_expect(parser, YAK_TEXT("=")) || !parse_counter_made(parser, counter) ||
        !parse_counter_period(parser, counter) || !yak_expect(parser, YAK_TEXT("on"))) {
        return false;
    }
    do {
        if (!parse_counter_verb(parser, counter)) {
            return false;
        }
    } while (yak_accept(parser, YAK_TEXT(",")));
    counter->shared = yak_accept(parser, YAK_TEXT("shared"));
    counter->broken = false;
    return true;
}

/* ---- words ---- */

static bool parse_words_entry(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    static const yak_text_t languages[] = {YAK_TEXT("ko"), YAK_TEXT("en"), YAK_TEXT("zh")};
    yak_words_t *words = yak_take(tree, sizeof *words);
    if (words == NULL) {
        return false;
    }
    words->name = yak_expect_name(parser, WHAT("a name or `}`", "이름 또는 `}`"));
    if (words->name == NULL) {
        return false;
    }
    for (uint32_t i = 0; i < DURE_YAK_LANGUAGES; i++) {
        if (!yak_expect(parser, languages[i])) {
            return false;
        }
        if (parser->token->kind != YAK_TOKEN_STRING) {
            return yak_expected(parser, WHAT("a text in quotation marks", "따옴표 안의 글"));
        }
        words->text[i] = parser->token++;
    }
    *tree->words_end = words;
    tree->words_end = &words->next;
    return true;
}

static bool parse_words(yak_parser_t *parser)
{
    take_once(parser, &parser->tree->words_token);
    if (!yak_expect(parser, YAK_TEXT("{"))) {
        return false;
    }
    while (!yak_accept(parser, YAK_TEXT("}"))) {
        if (parser->token->kind == YAK_TOKEN_END) {
            return yak_expect(parser, YAK_TEXT("}"));
        }
        const yak_token_t *before = parser->token;
        yak_mark_row(parser);
        if (!parse_words_entry(parser)) {
            /* On with the next line. */
            parser->token += parser->token == before ? 1 : 0;
            while (!parser->token->first && !yak_at(parser, YAK_TEXT("}"))) {
                parser->token++;
            }
        }
    }
    return true;
}

/* ---- the fund ---- */

typedef struct {
    yak_text_t word;
    bool (*parse)(yak_parser_t *parser);
} item_t;

static const item_t items[] = {
    {YAK_TEXT("issuer"), parse_issuer},
    {YAK_TEXT("currency"), parse_currency},
    {YAK_TEXT("validity"), parse_validity},
    {YAK_TEXT("lapse"), parse_lapse},
    {YAK_TEXT("priority"), parse_priority},
    {YAK_TEXT("refund"), parse_refund},
    {YAK_TEXT("old"), parse_old_lots},
    {YAK_TEXT("legal_check"), parse_legal_check},
    {YAK_TEXT("missing"), parse_missing},
    {YAK_TEXT("list"), parse_list},
    {YAK_TEXT("set"), parse_set_item},
    {YAK_TEXT("parameter"), parse_parameter},
    {YAK_TEXT("counter"), parse_counter},
    {YAK_TEXT("promise"), yak_parse_promise},
    {YAK_TEXT("example"), yak_parse_example_item},
    {YAK_TEXT("words"), parse_words},
};
enum { item_count = sizeof items / sizeof items[0] };

static bool begins_item(const yak_parser_t *parser)
{
    for (uint32_t i = 0; i < item_count; i++) {
        if (yak_at(parser, items[i].word)) {
            return true;
        }
    }
    return parser->token->kind == YAK_TOKEN_NAME &&
           yak_verb_number(yak_token_text(parser->tree, parser->token)) != 0;
}

/* After an error: on to the next line that begins an item, or the fund's closing brace. */
static void skip_item(yak_parser_t *parser)
{
    uint32_t depth = 0;
    while (parser->token->kind != YAK_TOKEN_END) {
        if (parser->token->first && begins_item(parser)) {
            return;
        }
        if (yak_at(parser, YAK_TEXT("{"))) {
            depth++;
        } else if (yak_at(parser, YAK_TEXT("}"))) {
            if (depth == 0) {
                return;
            }
            depth--;
        }
        parser->token++;
    }
}

static bool parse_item(yak_parser_t *parser)
{
    yak_tree_t *tree = parser->tree;
    for (uint32_t i = 0; i < item_count; i++) {
        if (yak_at(parser, items[i].word)) {
            return items[i].parse(parser);
        }
    }
    if (begins_item(parser)) {
        return yak_parse_block(parser);
    }
    if (parser->token->kind == YAK_TOKEN_NAME) {
        yak_text_t text = yak_token_text(tree, parser->token);
        yak_guess_t guess = yak_guess(text);
        for (uint32_t i = 0; i < item_count; i++) {
            yak_guess_offer(&guess, items[i].word);
        }
        for (uint32_t i = 1; i < DURE_VERB_COUNT; i++) {
            yak_guess_offer(&guess, yak_verb_name(i));
        }
        yak_details_t details = {{yak_quoted(tree, parser->token)}, guess.best};
        yak_say(tree, YAK_SAYS_ITEM_UNKNOWN, parser->token, NULL, &details);
    } else {
        yak_expected(parser, WHAT("an item of the fund or `}`", "펀드의 항목 또는 `}`"));
    }
    parser->token++;
    return false;
}

void yak_parse(yak_tree_t *tree)
{
    yak_parser_t state = {tree, tree->tokens, 0};
    yak_parser_t *parser = &state;
    if (!yak_expect(parser, YAK_TEXT("fund"))) {
        return;
    }
    tree->name = yak_expect_name(parser, WHAT("a name for the fund", "펀드의 이름"));
    if (tree->name == NULL || !yak_expect(parser, YAK_TEXT("{"))) {
        return;
    }
    while (!yak_at(parser, YAK_TEXT("}")) && !tree->exhausted) {
        if (parser->token->kind == YAK_TOKEN_END) {
            yak_expect(parser, YAK_TEXT("}"));
            return;
        }
        yak_mark_row(parser);
        if (!parse_item(parser)) {
            skip_item(parser);
        }
    }
    if (yak_accept(parser, YAK_TEXT("}")) && parser->token->kind != YAK_TOKEN_END) {
        yak_say_one(tree, YAK_SAYS_TEXT_AFTER_END, parser->token, yak_quoted(tree, parser->token));
    }
}

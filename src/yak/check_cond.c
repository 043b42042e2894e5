/* Names and types of conditions; which facts a verb may read. */
#include "yak/yak_private.h"

int32_t yak_find_parameter(const yak_tree_t *tree, yak_text_t name)
{
    for (uint32_t i = 0; i < tree->parameter_count; i++) {
        if (yak_text_equal(yak_token_text(tree, tree->parameters[i].token), name)) {
            return (int32_t)i;
        }
    }
    return -1;
}

int32_t yak_find_counter(const yak_tree_t *tree, yak_text_t name)
{
    for (uint32_t i = 0; i < tree->counter_count; i++) {
        if (yak_text_equal(yak_token_text(tree, tree->counters[i].token), name)) {
            return (int32_t)i;
        }
    }
    return -1;
}

int32_t yak_find_list(const yak_tree_t *tree, yak_text_t name)
{
    for (uint32_t i = 0; i < tree->list_count; i++) {
        if (yak_text_equal(yak_token_text(tree, tree->lists[i].token), name)) {
            return (int32_t)i;
        }
    }
    return -1;
}

yak_set_t *yak_find_set(const yak_tree_t *tree, yak_text_t name)
{
    for (yak_set_t *set = tree->sets; set != NULL; set = set->next) {
        if (yak_text_equal(yak_token_text(tree, set->name), name)) {
            return set;
        }
    }
    return NULL;
}

int32_t yak_attribute_index(uint32_t id)
{
    const dure_attribute_t *attribute = dure_attribute_by_id(id);
    return attribute == NULL ? -1 : (int32_t)(attribute - dure_attributes);
}

void yak_guess_offer_declared(yak_guess_t *guess, const yak_tree_t *tree)
{
    for (uint32_t i = 0; i < tree->parameter_count; i++) {
        yak_guess_offer(guess, yak_token_text(tree, tree->parameters[i].token));
    }
    for (uint32_t i = 0; i < tree->counter_count; i++) {
        yak_guess_offer(guess, yak_token_text(tree, tree->counters[i].token));
    }
}

static yak_argument_t type_argument(uint32_t type)
{
    return (yak_argument_t){yak_type_words(type, false), yak_type_words(type, true)};
}

static void say_unknown(yak_tree_t *tree, const yak_token_t *token)
{
    yak_text_t text = yak_token_text(tree, token);
    yak_guess_t guess = yak_guess(text);
    yak_guess_offer_declared(&guess, tree);
    static const yak_text_t words[] = {YAK_TEXT("amount"), YAK_TEXT("today"),   YAK_TEXT("weekday"),
                                       YAK_TEXT("time"),   YAK_TEXT("channel"), YAK_TEXT("lot"),
                                       YAK_TEXT("issuer")};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        yak_guess_offer(&guess, words[i]);
    }
    for (uint32_t i = 1; i <= DURE_ROLE_HOLDER; i++) {
        yak_guess_offer(&guess, yak_role_name(i));
    }
    yak_details_t details = {{yak_quoted(tree, token)}, guess.best};
    yak_say(tree, YAK_SAYS_NAME_UNKNOWN, token, NULL, &details);
}

/* ---- values ---- */

static uint32_t type_of_input(const yak_tree_t *tree, const dure_yak_input_t *input)
{
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_TODAY:
        return YAK_TYPE_DATE;
    case DURE_INPUT_TIME:
        return YAK_TYPE_CLOCK;
    case DURE_INPUT_WEEKDAY:
        return YAK_TYPE_NAME + DURE_NAMES_WEEKDAYS;
    case DURE_INPUT_CHANNEL:
        return YAK_TYPE_NAME + DURE_NAMES_CHANNELS;
    case DURE_INPUT_ISSUER_REGION:
        return YAK_TYPE_REGION;
    case DURE_INPUT_PARTY:
        return YAK_TYPE_PARTY;
    case DURE_INPUT_KIND:
        return YAK_TYPE_NAME + DURE_NAMES_KINDS;
    case DURE_INPUT_ATTRIBUTE:
        return yak_attribute_type(input->id);
    case DURE_INPUT_HOLDING:
    case DURE_INPUT_WALLET:
        return YAK_TYPE_WON;
    case DURE_INPUT_MEMBER:
    case DURE_INPUT_LOT_GIFTED:
        return YAK_TYPE_FLAG;
    case DURE_INPUT_COUNTER:
        return tree->counters[input->id].broken ? YAK_TYPE_ERROR
                                                : yak_made_type(tree->counters[input->id].made);
    case DURE_INPUT_PARAMETER:
        return tree->parameters[input->id].broken ? YAK_TYPE_ERROR
                                                  : yak_unit_type(tree->parameters[input->id].unit);
    case DURE_INPUT_LOT_USED:
        return YAK_TYPE_RATE;
    case DURE_INPUT_LOT_AGE:
        return YAK_TYPE_DAYS;
    case DURE_INPUT_LOT_ORIGIN:
        return YAK_TYPE_NAME + DURE_NAMES_ORIGINS;
    }
    return YAK_TYPE_ERROR;
}

static void resolve_name(yak_tree_t *tree, yak_value_t *value)
{
    yak_text_t name = yak_token_text(tree, value->token);
    int32_t parameter = yak_find_parameter(tree, name);
    int32_t counter = yak_find_counter(tree, name);
    if (parameter >= 0) {
        value->kind = YAK_VALUE_INPUT;
        value->input = (dure_yak_input_t){DURE_INPUT_PARAMETER, 0, (uint16_t)parameter};
    } else if (counter >= 0) {
        value->kind = YAK_VALUE_INPUT;
        value->input = (dure_yak_input_t){DURE_INPUT_COUNTER, 0, (uint16_t)counter};
    } else if (yak_find_set(tree, name) != NULL || yak_find_list(tree, name) >= 0) {
        value->kind = YAK_VALUE_CONSTANT;
        value->type = YAK_TYPE_ERROR;
        yak_say_one(tree, YAK_SAYS_SET_AS_VALUE, value->token, yak_quoted(tree, value->token));
    } else {
        value->kind = YAK_VALUE_CONSTANT;
        value->type = YAK_TYPE_WORD;
    }
}

void yak_check_value(yak_tree_t *tree, yak_value_t *value)
{
    if (value->kind == YAK_VALUE_NAME) {
        resolve_name(tree, value);
    }
    if (value->kind == YAK_VALUE_AMOUNT) {
        value->type = YAK_TYPE_WON;
    } else if (value->kind == YAK_VALUE_INPUT) {
        value->type = (uint8_t)type_of_input(tree, &value->input);
    }
}

/* A bare word where a name of `names` is meant. */
static bool check_word(yak_tree_t *tree, yak_value_t *value, dure_names_t names)
{
    yak_text_t text = yak_token_text(tree, value->token);
    uint16_t number = 0;
    if (dure_names_number(&number, names, text.data, text.size)) {
        value->type = (uint8_t)(YAK_TYPE_NAME + names);
        value->value = number;
        return true;
    }
    yak_guess_t guess = yak_guess(text);
    yak_guess_offer_names(&guess, names);
    yak_guess_offer_declared(&guess, tree);
    yak_argument_t title = {yak_names_title(names, false), yak_names_title(names, true)};
    yak_details_t details = {{yak_quoted(tree, value->token), title}, guess.best};
    yak_say(tree, YAK_SAYS_NAME_NOT_OF, value->token, NULL, &details);
    value->type = YAK_TYPE_ERROR;
    return false;
}

static bool check_number(yak_tree_t *tree, yak_value_t *value, uint32_t type)
{
    bool region = type == YAK_TYPE_REGION;
    if (region && (value->token->grouped || yak_region_digits(value->value) != 5)) {
        yak_say_plain(tree, YAK_SAYS_REGION_FORM, value->token);
        value->type = YAK_TYPE_ERROR;
        return false;
    }
    value->type = (uint8_t)type;
    return true;
}

bool yak_check_constant(yak_tree_t *tree, yak_value_t *value, uint32_t type)
{
    if (value->type == YAK_TYPE_ERROR || type == YAK_TYPE_ERROR) {
        return false;
    }
    if (value->type == YAK_TYPE_WORD) {
        if (type > YAK_TYPE_NAME) {
            return check_word(tree, value, (dure_names_t)(type - YAK_TYPE_NAME));
        }
        say_unknown(tree, value->token);
        value->type = YAK_TYPE_ERROR;
        return false;
    }
    if (value->type == YAK_TYPE_NUMBER && (type == YAK_TYPE_COUNT || type == YAK_TYPE_REGION)) {
        return check_number(tree, value, type);
    }
    if (value->type == YAK_TYPE_MONTHS && type == YAK_TYPE_DAYS) {
        yak_details_t none = {0};
        yak_say(tree, YAK_SAYS_MONTHS_HERE, value->token, value->last, &none);
        return false;
    }
    if (value->type != type) {
        yak_argument_t wanted = {yak_type_wanted(type, false), yak_type_wanted(type, true)};
        yak_details_t details = {{wanted, type_argument(value->type)}, {NULL, 0}};
        yak_say(tree, YAK_SAYS_TYPE_EXPECTED, value->token, value->last, &details);
        return false;
    }
    if (!yak_constant_is_valid(type, value->value)) {
        /* Only a number of days can be too large here. */
        yak_say_two(tree, YAK_SAYS_DAYS_RANGE, value->token, yak_number_argument(tree, 0),
                    yak_number_argument(tree, DURE_DAY_MAX));
        return false;
    }
    return true;
}

bool yak_check_set(yak_tree_t *tree, yak_set_t *set, uint32_t type)
{
    if (set->broken) {
        return false;
    }
    bool sound = true;
    for (yak_value_t *constant = set->constants; constant != NULL; constant = constant->next) {
        if (constant->type == YAK_TYPE_PARTY) {
            yak_say_plain(tree, YAK_SAYS_NOBODY, constant->token);
            sound = false;
        } else if (!yak_check_constant(tree, constant, type)) {
            sound = false;
        }
        for (yak_value_t *before = set->constants; before != constant && sound;
             before = before->next) {
            if (before->value == constant->value && !set->checked) {
                yak_say_one(tree, YAK_SAYS_CONSTANT_TWICE, constant->token,
                            yak_quoted(tree, constant->token));
            }
        }
    }
    set->checked = true;
    set->type = (uint8_t)type;
    return sound;
}

/* ---- which facts a verb may read ---- */

static void say_role(yak_tree_t *tree, const yak_token_t *token, uint32_t role, dure_verb_t verb)
{
    const yak_verb_rules_t *rules = yak_verb_rules(verb);
    char *memory = yak_take(tree, 48);
    if (memory == NULL) {
        return;
    }
    yak_writer_t writer = yak_writer(memory, 48);
    yak_write_text(&writer, yak_role_name(rules->roles[0]));
    if (rules->roles[1] != DURE_ROLE_NONE) {
        yak_write_text(&writer, YAK_TEXT(", "));
        yak_write_text(&writer, yak_role_name(rules->roles[1]));
    }
    yak_details_t details = {{yak_quoted_text(tree, yak_role_name(role)),
                              yak_quoted_text(tree, yak_verb_name(verb)),
                              yak_argument((yak_text_t){memory, writer.size})},
                             {NULL, 0}};
    yak_say(tree, YAK_SAYS_ROLE_NOT_OF_VERB, token, NULL, &details);
}

static yak_argument_t value_argument(yak_tree_t *tree, const yak_value_t *value)
{
    const yak_token_t *last = value->last;
    size_t size = last->offset + last->size - value->token->offset;
    const char *start = (const char *)tree->source.data + value->token->offset;
    return yak_quoted_text(tree, (yak_text_t){start, size});
}

static bool counter_is_readable(const yak_counter_t *counter, dure_verb_t verb)
{
    bool city_wide = false;
    for (uint32_t i = 1; i < DURE_VERB_COUNT; i++) {
        city_wide = city_wide || counter->by[i] == DURE_COUNTER_CITY_WIDE;
    }
    return city_wide || counter->by[verb] != 0;
}

void yak_check_reads(yak_tree_t *tree, const yak_value_t *value, dure_verb_t verb)
{
    if (value->kind != YAK_VALUE_INPUT || value->type == YAK_TYPE_ERROR) {
        return;
    }
    const dure_yak_input_t *input = &value->input;
    bool fixed = input->kind == DURE_INPUT_PARAMETER && tree->parameters[input->id].fixed_at_issue;
    yak_message_t message;
    if (input->role != DURE_ROLE_NONE && !yak_verb_has_role(verb, input->role)) {
        say_role(tree, value->token, input->role, verb);
        return;
    }
    if (!yak_verb_reads(verb, input->kind)) {
        message = YAK_SAYS_FACT_NOT_OF_VERB;
    } else if (fixed && !yak_verb_rules(verb)->reads_fixed) {
        message = YAK_SAYS_FIXED_AT_ISSUE;
    } else if (input->kind == DURE_INPUT_COUNTER &&
               !counter_is_readable(&tree->counters[input->id], verb)) {
        message = YAK_SAYS_COUNTER_WHOSE;
    } else {
        return;
    }
    yak_details_t details = {
        {value_argument(tree, value), yak_quoted_text(tree, yak_verb_name(verb))}, {NULL, 0}};
    yak_say(tree, message, value->token, value->last, &details);
}

/* ---- conditions ---- */

typedef struct {
    uint32_t type;
    uint32_t facts; /* counters, attributes, parameters, holdings: one is allowed */
    bool constant;  /* nothing but constants */
} side_t;

static void check_addend(yak_tree_t *tree, yak_value_t *value, side_t *side)
{
    if (value->type == YAK_TYPE_WORD) {
        say_unknown(tree, value->token);
        value->type = YAK_TYPE_ERROR;
    } else if (value->type == YAK_TYPE_NUMBER) {
        value->type = YAK_TYPE_COUNT;
    }
    bool adds = value->type == YAK_TYPE_WON || value->type == YAK_TYPE_COUNT;
    if (value->type == YAK_TYPE_ERROR || side->type == YAK_TYPE_ERROR) {
        side->type = YAK_TYPE_ERROR;
    } else if (!adds || value->type != side->type) {
        yak_say_two(tree, YAK_SAYS_SUM_TYPE, value->token, type_argument(side->type),
                    type_argument(value->type));
        side->type = YAK_TYPE_ERROR;
    }
}

int64_t yak_fold(const yak_value_t *sum, uint32_t *others)
{
    /* Each is at most 10^15, so three in a row do not overflow; more than 10^15 is refused. */
    int64_t total = 0;
    *others = 0;
    for (const yak_value_t *value = sum; value != NULL; value = value->next) {
        if (value->kind != YAK_VALUE_CONSTANT) {
            ++*others;
        } else if (total <= (int64_t)DURE_AMOUNT_WON_MAX) {
            total += value->value;
        }
    }
    return total;
}

static side_t check_side(yak_tree_t *tree, yak_value_t *sum, dure_verb_t verb)
{
    side_t side = {YAK_TYPE_ERROR, 0, true};
    for (yak_value_t *value = sum; value != NULL; value = value->next) {
        yak_check_value(tree, value);
        yak_check_reads(tree, value, verb);
        side.facts += value->kind == YAK_VALUE_INPUT;
        side.constant = side.constant && value->kind == YAK_VALUE_CONSTANT;
        if (value == sum) {
            if (sum->next != NULL && sum->type == YAK_TYPE_NUMBER) {
                sum->type = YAK_TYPE_COUNT;
            }
            side.type = sum->type;
            bool adds = side.type == YAK_TYPE_WON || side.type == YAK_TYPE_COUNT;
            if (sum->next != NULL && !adds && side.type != YAK_TYPE_ERROR) {
                yak_check_value(tree, sum->next);
                yak_say_two(tree, YAK_SAYS_SUM_TYPE, sum->token, type_argument(side.type),
                            type_argument(sum->next->type));
                side.type = YAK_TYPE_ERROR;
            }
        } else {
            check_addend(tree, value, &side);
        }
    }
    if (side.facts > 1) {
        yak_say_plain(tree, YAK_SAYS_SIDE_TWO, sum->token);
    }
    uint32_t others = 0;
    if (sum->next != NULL && yak_fold(sum, &others) > (int64_t)DURE_AMOUNT_WON_MAX) {
        yak_say_plain(tree, YAK_SAYS_NUMBER_TOO_LARGE, sum->token);
    }
    return side;
}

/* lot.used is rounded down: only `>=` and `<` say what they seem to say. */
static void check_used(yak_tree_t *tree, const yak_cond_t *cond)
{
    bool left = cond->a->kind == YAK_VALUE_INPUT && cond->a->input.kind == DURE_INPUT_LOT_USED;
    bool right = cond->b != NULL && cond->b->kind == YAK_VALUE_INPUT &&
                 cond->b->input.kind == DURE_INPUT_LOT_USED;
    bool compare = cond->kind == YAK_COND_COMPARE;
    bool fine = (!left || (compare && (cond->op == YAK_GE || cond->op == YAK_LT))) &&
                (!right || cond->op == YAK_LE || cond->op == YAK_GT);
    if (!fine) {
        yak_say_plain(tree, YAK_SAYS_USED_ORDER, left ? cond->a->token : cond->b->token);
    }
}

static void check_compare(yak_tree_t *tree, yak_cond_t *cond, dure_verb_t verb)
{
    side_t a = check_side(tree, cond->a, verb);
    side_t b = check_side(tree, cond->b, verb);
    bool a_nobody = cond->a->kind == YAK_VALUE_CONSTANT && a.type == YAK_TYPE_PARTY;
    bool b_nobody = cond->b->kind == YAK_VALUE_CONSTANT && b.type == YAK_TYPE_PARTY;
    if (a_nobody || b_nobody) {
        yak_say_plain(tree, YAK_SAYS_NOBODY, a_nobody ? cond->a->token : cond->b->token);
        return;
    }
    if (a.constant && b.constant) {
        bool words = a.type == YAK_TYPE_WORD || b.type == YAK_TYPE_WORD;
        if (words) {
            say_unknown(tree, a.type == YAK_TYPE_WORD ? cond->a->token : cond->b->token);
        } else if (a.type != YAK_TYPE_ERROR && b.type != YAK_TYPE_ERROR) {
            yak_say_plain(tree, YAK_SAYS_CONSTANT_BOTH, cond->a->token);
        }
        return;
    }
    /* A bare number or word takes the other side's type. */
    bool open_b = b.type == YAK_TYPE_NUMBER || b.type == YAK_TYPE_WORD;
    bool open_a = a.type == YAK_TYPE_NUMBER || a.type == YAK_TYPE_WORD;
    if (open_b && yak_check_constant(tree, cond->b, a.type)) {
        b.type = cond->b->type;
    } else if (open_a && yak_check_constant(tree, cond->a, b.type)) {
        a.type = cond->a->type;
    } else if (open_a || open_b) {
        return;
    }
    if (a.type == YAK_TYPE_ERROR || b.type == YAK_TYPE_ERROR) {
        return;
    }
    bool months = a.type == YAK_TYPE_MONTHS || b.type == YAK_TYPE_MONTHS;
    bool days = a.type == YAK_TYPE_DAYS || b.type == YAK_TYPE_DAYS;
    if (months && days) {
        yak_say_plain(tree, YAK_SAYS_MONTHS_HERE,
                      a.type == YAK_TYPE_MONTHS ? cond->a->token : cond->b->token);
    } else if (a.type != b.type) {
        yak_details_t details = {{type_argument(a.type), type_argument(b.type)}, {NULL, 0}};
        yak_say(tree, YAK_SAYS_TYPE_MISMATCH, cond->a->token, cond->b->last, &details);
    } else if (cond->op >= YAK_LT && !yak_type_is_ordered(a.type)) {
        yak_say_one(tree, YAK_SAYS_ORDER_TYPE, cond->a->token, type_argument(a.type));
    } else {
        check_used(tree, cond);
    }
}

static void check_in(yak_tree_t *tree, yak_cond_t *cond, dure_verb_t verb)
{
    yak_value_t *a = cond->a;
    side_t side = check_side(tree, a, verb);
    if (a->kind == YAK_VALUE_CONSTANT && side.type != YAK_TYPE_ERROR) {
        if (side.type == YAK_TYPE_WORD) {
            say_unknown(tree, a->token);
        } else {
            yak_say_plain(tree, YAK_SAYS_CONSTANT_BOTH, a->token);
        }
        return;
    }
    if (cond->name != NULL && cond->set == NULL) {
        yak_text_t name = yak_token_text(tree, cond->name);
        int32_t list = yak_find_list(tree, name);
        cond->set = yak_find_set(tree, name);
        if (list >= 0 && side.type == YAK_TYPE_PARTY && a->input.kind == DURE_INPUT_PARTY) {
            cond->kind = YAK_COND_FLAG;
            a->input.kind = DURE_INPUT_MEMBER;
            a->input.id = (uint16_t)list;
            a->type = YAK_TYPE_FLAG;
            a->last = cond->name;
            return;
        }
        if (list >= 0) {
            yak_details_t details = {{type_argument(YAK_TYPE_PARTY), type_argument(side.type)},
                                     {NULL, 0}};
            yak_say(tree, YAK_SAYS_TYPE_EXPECTED, a->token, a->last, &details);
            return;
        }
        if (cond->set == NULL) {
            yak_guess_t guess = yak_guess(name);
            for (const yak_set_t *set = tree->sets; set != NULL; set = set->next) {
                yak_guess_offer(&guess, yak_token_text(tree, set->name));
            }
            for (uint32_t i = 0; i < tree->list_count; i++) {
                yak_guess_offer(&guess, yak_token_text(tree, tree->lists[i].token));
            }
            yak_details_t details = {{yak_quoted(tree, cond->name)}, guess.best};
            yak_say(tree, YAK_SAYS_NOT_A_SET, cond->name, NULL, &details);
            return;
        }
    }
    if (cond->set != NULL && side.type != YAK_TYPE_ERROR) {
        check_used(tree, cond);
        if (cond->set->name != NULL && cond->set->type > YAK_TYPE_NAME &&
            cond->set->type != side.type) {
            yak_details_t details = {{type_argument(side.type), type_argument(cond->set->type)},
                                     {NULL, 0}};
            yak_say(tree, YAK_SAYS_TYPE_MISMATCH, a->token, cond->name, &details);
            return;
        }
        yak_check_set(tree, cond->set, side.type);
    }
}

static void check_range(yak_tree_t *tree, yak_cond_t *cond, dure_verb_t verb)
{
    side_t side = check_side(tree, cond->a, verb);
    if (side.type == YAK_TYPE_ERROR) {
        return;
    }
    if (side.constant) {
        yak_say_plain(tree, YAK_SAYS_CONSTANT_BOTH, cond->a->token);
        return;
    }
    if (!yak_type_is_ordered(side.type)) {
        yak_say_one(tree, YAK_SAYS_ORDER_TYPE, cond->a->token, type_argument(side.type));
        return;
    }
    bool low = yak_check_constant(tree, cond->low, side.type);
    bool high = yak_check_constant(tree, cond->high, side.type);
    if (low && high) {
        bool clock = side.type == YAK_TYPE_CLOCK;
        if (clock && cond->low->value >= cond->high->value) {
            yak_say_plain(tree, YAK_SAYS_CLOCK_RANGE, cond->low->token);
        } else if (cond->low->value > cond->high->value) {
            yak_say_plain(tree, YAK_SAYS_RANGE_ORDER, cond->low->token);
        }
        check_used(tree, cond);
    }
}

static void check_within(yak_tree_t *tree, yak_cond_t *cond, dure_verb_t verb)
{
    side_t side = check_side(tree, cond->a, verb);
    if (side.type == YAK_TYPE_ERROR) {
        return;
    }
    bool prefix = cond->low->type == YAK_TYPE_NUMBER && !cond->low->token->grouped &&
                  cond->low->value >= 1 && cond->low->value <= 99999;
    bool counted = cond->low->type == YAK_TYPE_COUNT; /* checked for another verb already */
    if (side.type != YAK_TYPE_REGION || side.constant || !(prefix || counted)) {
        yak_say_plain(tree, YAK_SAYS_WITHIN_FORM,
                      side.type != YAK_TYPE_REGION ? cond->a->token : cond->low->token);
        return;
    }
    cond->low->type = YAK_TYPE_COUNT;
}

void yak_check_cond(yak_tree_t *tree, yak_cond_t *cond, dure_verb_t verb)
{
    switch ((yak_cond_kind_t)cond->kind) {
    case YAK_COND_AND:
    case YAK_COND_OR:
        yak_check_cond(tree, cond->left, verb);
        yak_check_cond(tree, cond->right, verb);
        return;
    case YAK_COND_NOT:
        yak_check_cond(tree, cond->left, verb);
        return;
    case YAK_COND_COMPARE:
        check_compare(tree, cond, verb);
        return;
    case YAK_COND_IN:
        check_in(tree, cond, verb);
        return;
    case YAK_COND_RANGE:
        check_range(tree, cond, verb);
        return;
    case YAK_COND_WITHIN:
        check_within(tree, cond, verb);
        return;
    case YAK_COND_FLAG:
        yak_check_value(tree, cond->a);
        yak_check_reads(tree, cond->a, verb);
        return;
    }
}

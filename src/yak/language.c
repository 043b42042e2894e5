/* The tables of the language: verbs, roles, types (docs/yak, "Verbs"). */
#include "yak/yak_private.h"

#define EFFECT(kind) ((uint16_t)(1u << (kind)))
#define READS(kind)  (UINT32_C(1) << (kind))

static const yak_verb_rules_t verbs[DURE_VERB_COUNT] = {
    [0] = {"", {0, 0}, 0, 0, true, 0},
    [DURE_VERB_PURCHASE] = {"purchase",
                            {DURE_ROLE_BUYER, DURE_ROLE_NONE},
                            EFFECT(DURE_RULE_SUBSIDY) | EFFECT(DURE_RULE_CAP),
                            READS(DURE_INPUT_CHANNEL),
                            true,
                            DURE_MADE_SUBSIDY},
    [DURE_VERB_GRANT] =
        {"grant", {DURE_ROLE_RECEIVER, DURE_ROLE_NONE}, EFFECT(DURE_RULE_GIVE), 0, true, 0},
    [DURE_VERB_PAYMENT] = {"payment",
                           {DURE_ROLE_PAYER, DURE_ROLE_PAYEE},
                           EFFECT(DURE_RULE_REWARD) | EFFECT(DURE_RULE_SHARE) |
                               EFFECT(DURE_RULE_CAP),
                           READS(DURE_INPUT_CHANNEL),
                           true,
                           DURE_MADE_REWARD},
    [DURE_VERB_GIFT] = {"gift",
                        {DURE_ROLE_GIVER, DURE_ROLE_RECEIVER},
                        0,
                        READS(DURE_INPUT_LOT_ORIGIN) | READS(DURE_INPUT_LOT_GIFTED),
                        true,
                        0},
    [DURE_VERB_REDEMPTION] = {"redemption",
                              {DURE_ROLE_HOLDER, DURE_ROLE_NONE},
                              EFFECT(DURE_RULE_HOLD) | EFFECT(DURE_RULE_SHARE),
                              0,
                              false,
                              0},
    [DURE_VERB_RECIRCULATION] =
        {"recirculation", {DURE_ROLE_PAYER, DURE_ROLE_PAYEE}, 0, 0, false, 0},
    [DURE_VERB_CANCEL] = {"cancel",
                          {DURE_ROLE_HOLDER, DURE_ROLE_NONE},
                          0,
                          READS(DURE_INPUT_LOT_AGE) | READS(DURE_INPUT_LOT_GIFTED),
                          true,
                          0},
    [DURE_VERB_REMAINDER] = {"remainder",
                             {DURE_ROLE_HOLDER, DURE_ROLE_NONE},
                             0,
                             READS(DURE_INPUT_LOT_USED) | READS(DURE_INPUT_LOT_AGE) |
                                 READS(DURE_INPUT_LOT_GIFTED),
                             true,
                             0},
    [DURE_VERB_RECALL] = {"recall",
                          {DURE_ROLE_HOLDER, DURE_ROLE_NONE},
                          0,
                          READS(DURE_INPUT_LOT_ORIGIN) | READS(DURE_INPUT_LOT_AGE) |
                              READS(DURE_INPUT_LOT_GIFTED),
                          true,
                          0},
};

static const char *const roles[] = {"", "buyer", "receiver", "payer", "payee", "giver", "holder"};
static const char *const mades[] = {"", "count", "amount", "subsidy", "reward"};
static const char *const rule_kinds[] = {"",        "allow",  "deny",  "hold", "give",
                                         "subsidy", "reward", "share", "cap"};
enum { role_count = 7, made_count = 5 };

static const char *const reserved[] = {
    "fund",     "issuer",    "city",   "currency",   "validity", "until",    "lapse",   "to",
    "priority", "refund",    "within", "grace",      "old",      "lots",     "keep",    "follow",
    "if",       "looser",    "notice", "missing",    "counts",   "as",       "list",    "of",
    "set",      "parameter", "in",     "fixed",      "at",       "issue",    "counter", "count",
    "sum",      "per",       "ever",   "on",         "by",       "shared",   "promise", "example",
    "words",    "ko",        "en",     "zh",         "won",      "rate",     "days",    "day",
    "week",     "weeks",     "month",  "months",     "year",     "years",    "when",    "unless",
    "and",      "or",        "not",    "is",         "lot",      "gifted",   "used",    "age",
    "origin",   "region",    "amount", "today",      "weekday",  "time",     "channel", "nobody",
    "every",    "no",        "has",    "can",        "always",   "accepted", "refused", "held",
    "with",     "from",      "minus",  "legal_check"};

const yak_verb_rules_t *yak_verb_rules(dure_verb_t verb)
{
    DURE_ASSERT((uint32_t)verb < DURE_VERB_COUNT);
    return &verbs[verb];
}

static uint32_t find(const char *const *names, uint32_t count, yak_text_t text)
{
    for (uint32_t i = 1; i < count; i++) {
        if (yak_text_equal(yak_text_of(names[i]), text)) {
            return i;
        }
    }
    return 0;
}

uint32_t yak_verb_number(yak_text_t text)
{
    for (uint32_t i = 1; i < DURE_VERB_COUNT; i++) {
        if (yak_text_equal(yak_text_of(verbs[i].name), text)) {
            return i;
        }
    }
    return 0;
}

uint32_t yak_role_number(yak_text_t text)
{
    return find(roles, role_count, text);
}

uint32_t yak_made_number(yak_text_t text)
{
    return find(mades, made_count, text);
}

yak_text_t yak_verb_name(uint32_t verb)
{
    DURE_ASSERT(verb < DURE_VERB_COUNT);
    return yak_text_of(verbs[verb].name);
}

yak_text_t yak_role_name(uint32_t role)
{
    DURE_ASSERT(role < role_count);
    return yak_text_of(roles[role]);
}

yak_text_t yak_made_name(uint32_t made)
{
    DURE_ASSERT(made < made_count);
    return yak_text_of(mades[made]);
}

yak_text_t yak_rule_kind_name(uint32_t kind)
{
    DURE_ASSERT(kind <= DURE_RULE_CAP);
    return yak_text_of(rule_kinds[kind]);
}

const char *dure_yak_verb_text(dure_verb_t verb)
{
    return yak_verb_name(verb).data;
}

yak_text_t yak_names_title(dure_names_t names, bool korean)
{
    static const yak_text_t titles[YAK_NAMES_COUNT][2] = {
        [DURE_NAMES_NONE] = {YAK_TEXT("names"), YAK_TEXT("이름")},
        [DURE_NAMES_KINDS] = {YAK_TEXT("kinds of party"), YAK_TEXT("당사자 종류")},
        [DURE_NAMES_CATEGORIES] = {YAK_TEXT("kinds of shop"), YAK_TEXT("업종")},
        [DURE_NAMES_AID_TIERS] = {YAK_TEXT("aid tiers"), YAK_TEXT("지원 구분")},
        [DURE_NAMES_WEEKDAYS] = {YAK_TEXT("weekdays"), YAK_TEXT("요일")},
        [DURE_NAMES_CHANNELS] = {YAK_TEXT("channels"), YAK_TEXT("결제 경로")},
        [DURE_NAMES_ORIGINS] = {YAK_TEXT("origins of a lot"), YAK_TEXT("로트의 출처")},
    };
    return titles[names][korean ? 1 : 0];
}

bool yak_word_of_language(yak_text_t *word, uint32_t index)
{
    const struct {
        const char *const *words;
        uint32_t count;
    } lists[] = {{reserved, sizeof reserved / sizeof reserved[0]},
                 {roles + 1, role_count - 1},
                 {mades + 1, made_count - 1},
                 {rule_kinds + 1, DURE_RULE_CAP}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (index < lists[i].count) {
            *word = yak_text_of(lists[i].words[index]);
            return true;
        }
        index -= lists[i].count;
    }
    if (index >= DURE_VERB_COUNT - 1) {
        return false;
    }
    *word = yak_verb_name(index + 1);
    return true;
}

bool yak_word_is_reserved(yak_text_t text)
{
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++) {
        if (yak_text_equal(yak_text_of(reserved[i]), text)) {
            return true;
        }
    }
    if (yak_verb_number(text) != 0 || yak_role_number(text) != 0 || yak_made_number(text) != 0 ||
        find(rule_kinds, DURE_RULE_CAP + 1, text) != 0) {
        return true;
    }
    for (uint32_t names = 1; names < YAK_NAMES_COUNT; names++) {
        uint16_t number = 0;
        if (dure_names_number(&number, (dure_names_t)names, text.data, text.size)) {
            return true;
        }
    }
    return false;
}

bool yak_verb_has_role(dure_verb_t verb, uint32_t role)
{
    return role != DURE_ROLE_NONE && (verbs[verb].roles[0] == role || verbs[verb].roles[1] == role);
}

bool yak_verb_reads(dure_verb_t verb, uint32_t input_kind)
{
    uint32_t some = READS(DURE_INPUT_CHANNEL) | READS(DURE_INPUT_LOT_USED) |
                    READS(DURE_INPUT_LOT_AGE) | READS(DURE_INPUT_LOT_ORIGIN) |
                    READS(DURE_INPUT_LOT_GIFTED);
    return (some & READS(input_kind)) == 0 || (verbs[verb].reads & READS(input_kind)) != 0;
}

uint32_t yak_attribute_type(uint32_t id)
{
    const dure_attribute_t *attribute = dure_attribute_by_id(id);
    if (attribute == NULL) {
        return YAK_TYPE_ERROR;
    }
    switch ((dure_attribute_type_t)attribute->type) {
    case DURE_ATTRIBUTE_TYPE_REGION:
        return YAK_TYPE_REGION;
    case DURE_ATTRIBUTE_TYPE_COUNT:
        return YAK_TYPE_COUNT;
    case DURE_ATTRIBUTE_TYPE_NAME:
        return YAK_TYPE_NAME + attribute->names;
    case DURE_ATTRIBUTE_TYPE_WON:
        return YAK_TYPE_WON;
    case DURE_ATTRIBUTE_TYPE_PARTY:
        return YAK_TYPE_PARTY;
    }
    return YAK_TYPE_ERROR;
}

uint32_t yak_unit_type(uint32_t unit)
{
    /* The units of parameters are the first four types. */
    DURE_ASSERT(unit >= DURE_YAK_WON && unit <= DURE_YAK_DAYS);
    return unit;
}

uint32_t yak_made_type(uint32_t made)
{
    return made == DURE_MADE_COUNT ? YAK_TYPE_COUNT : YAK_TYPE_WON;
}

bool yak_type_is_ordered(uint32_t type)
{
    return type >= YAK_TYPE_WON && type <= YAK_TYPE_CLOCK;
}

uint32_t yak_region_digits(int64_t value)
{
    uint32_t digits = 0;
    for (int64_t rest = value; rest > 0; rest /= 10) {
        digits++;
    }
    return digits;
}

bool yak_constant_is_valid(uint32_t type, int64_t value)
{
    if (value < 0) {
        return false;
    }
    if (type >= YAK_TYPE_NAME && type < YAK_TYPE_NAME + YAK_NAMES_COUNT) {
        return type > YAK_TYPE_NAME && value <= UINT16_MAX &&
               dure_names_text((dure_names_t)(type - YAK_TYPE_NAME), (uint32_t)value) != NULL;
    }
    switch (type) {
    case YAK_TYPE_WON:
    case YAK_TYPE_COUNT:
        return value <= (int64_t)DURE_AMOUNT_WON_MAX;
    case YAK_TYPE_RATE:
        return value <= DURE_RATE_ONE;
    case YAK_TYPE_DAYS:
        return value <= DURE_DAY_MAX;
    case YAK_TYPE_DATE:
        return value <= DURE_DAY_MAX;
    case YAK_TYPE_CLOCK:
        return value <= 1440;
    case YAK_TYPE_REGION:
        return value >= 1 && value <= 99999;
    case YAK_TYPE_PARTY:
        return value == 0;
    default:
        return false;
    }
}

yak_text_t yak_type_words(uint32_t type, bool korean)
{
    static const yak_text_t words[YAK_TYPE_NAME][2] = {
        [YAK_TYPE_ERROR] = {YAK_TEXT("something unknown"), YAK_TEXT("알 수 없는 값")},
        [YAK_TYPE_WON] = {YAK_TEXT("won"), YAK_TEXT("원")},
        [YAK_TYPE_RATE] = {YAK_TEXT("a rate"), YAK_TEXT("비율")},
        [YAK_TYPE_COUNT] = {YAK_TEXT("a count"), YAK_TEXT("횟수")},
        [YAK_TYPE_DAYS] = {YAK_TEXT("a number of days"), YAK_TEXT("일수")},
        [YAK_TYPE_DATE] = {YAK_TEXT("a date"), YAK_TEXT("날짜")},
        [YAK_TYPE_CLOCK] = {YAK_TEXT("a time of day"), YAK_TEXT("시각")},
        [YAK_TYPE_REGION] = {YAK_TEXT("a region"), YAK_TEXT("지역")},
        [YAK_TYPE_PARTY] = {YAK_TEXT("a party"), YAK_TEXT("당사자")},
        [YAK_TYPE_TEST] = {YAK_TEXT("a test"), YAK_TEXT("조건")},
        [YAK_TYPE_FLAG] = {YAK_TEXT("a yes or no"), YAK_TEXT("예/아니요")},
        [YAK_TYPE_NUMBER] = {YAK_TEXT("a bare number"), YAK_TEXT("단위 없는 수")},
        [YAK_TYPE_WORD] = {YAK_TEXT("a name"), YAK_TEXT("이름")},
        [YAK_TYPE_MONTHS] = {YAK_TEXT("months or years"), YAK_TEXT("달이나 해")},
    };
    if (type >= YAK_TYPE_NAME) {
        return yak_names_title((dure_names_t)(type - YAK_TYPE_NAME), korean);
    }
    return words[type][korean ? 1 : 0];
}

yak_text_t yak_type_wanted(uint32_t type, bool korean)
{
    static const yak_text_t wanted[YAK_TYPE_REGION + 1][2] = {
        [YAK_TYPE_WON] = {YAK_TEXT("won, like `10,000 won`"), YAK_TEXT("`10,000 won` 같은 원")},
        [YAK_TYPE_RATE] = {YAK_TEXT("a rate, like `6%`"), YAK_TEXT("`6%` 같은 비율")},
        [YAK_TYPE_COUNT] = {YAK_TEXT("a count, like `3`"), YAK_TEXT("`3` 같은 횟수")},
        [YAK_TYPE_DAYS] = {YAK_TEXT("a number of days, like `7 days`"),
                           YAK_TEXT("`7 days` 같은 일수")},
        [YAK_TYPE_DATE] = {YAK_TEXT("a date, like `2026-03-01`"),
                           YAK_TEXT("`2026-03-01` 같은 날짜")},
        [YAK_TYPE_CLOCK] = {YAK_TEXT("a time of day, like `09:00`"), YAK_TEXT("`09:00` 같은 시각")},
        [YAK_TYPE_REGION] = {YAK_TEXT("a region, like `41570`"), YAK_TEXT("`41570` 같은 지역")},
    };
    if (type > YAK_TYPE_REGION || wanted[type][0].data == NULL) {
        return yak_type_words(type, korean);
    }
    return wanted[type][korean ? 1 : 0];
}

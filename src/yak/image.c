/* Image -> program.  Every byte is checked: what is loaded can be decided with, whatever it says.
   docs/yak/image.md has the bytes. */
#include "yak/yak_private.h"

typedef struct {
    const uint8_t *data;
    size_t size, at;
    dure_yak_load_result_t result; /* the first thing that was wrong */
} reader_t;

static void refuse(reader_t *reader, dure_yak_load_result_t why)
{
    if (reader->result == DURE_YAK_LOAD_OK) {
        reader->result = why;
    }
}

/* The next bytes, or NULL if the image has ended. */
static const uint8_t *take(reader_t *reader, size_t size)
{
    if (reader->result != DURE_YAK_LOAD_OK || size > reader->size - reader->at) {
        refuse(reader, DURE_YAK_LOAD_TRUNCATED);
        return NULL;
    }
    const uint8_t *bytes = reader->data + reader->at;
    reader->at += size;
    return bytes;
}

static uint32_t take_u8(reader_t *reader)
{
    const uint8_t *bytes = take(reader, 1);
    return bytes == NULL ? 0 : *bytes;
}

static uint32_t take_u16(reader_t *reader)
{
    const uint8_t *bytes = take(reader, 2);
    return bytes == NULL ? 0 : dure_get_u16(bytes);
}

static uint32_t take_u32(reader_t *reader)
{
    const uint8_t *bytes = take(reader, 4);
    return bytes == NULL ? 0 : dure_get_u32(bytes);
}

static int64_t take_i64(reader_t *reader)
{
    const uint8_t *bytes = take(reader, 8);
    return bytes == NULL ? 0 : (int64_t)dure_get_u64(bytes);
}

static void expect(reader_t *reader, bool holds)
{
    if (!holds) {
        refuse(reader, DURE_YAK_LOAD_NOT_CANONICAL);
    }
}

static uint32_t take_within(reader_t *reader, uint32_t low, uint32_t high)
{
    uint32_t value = take_u32(reader);
    expect(reader, value >= low && value <= high);
    return value;
}

static bool name_is_empty(const dure_name_t *name)
{
    static const dure_name_t empty;
    return memcmp(name->text, empty.text, DURE_NAME_SIZE) == 0;
}

static void take_name(reader_t *reader, dure_name_t *name, bool may_be_empty)
{
    const uint8_t *bytes = take(reader, DURE_NAME_SIZE);
    if (bytes == NULL) {
        return;
    }
    memcpy(name->text, bytes, DURE_NAME_SIZE);
    expect(reader, dure_name_is_valid(name) || (may_be_empty && name_is_empty(name)));
}

/* ---- sections ---- */

typedef struct {
    uint32_t verb_count;
    yak_pool_t pool;
} sections_t;

static void load_fund(reader_t *reader, dure_yak_program_t *program, sections_t *sections)
{
    take_name(reader, &program->name, false);
    take_name(reader, &program->lapse_to, false);
    program->issuer_city = take_within(reader, 10000, 99999);
    program->validity_months = take_within(reader, 0, YAK_VALIDITY_MONTHS_MAX);
    program->validity_days = take_within(reader, 0, YAK_VALIDITY_DAYS_MAX);
    program->until = (dure_day_t)take_within(reader, 0, DURE_DAY_MAX);
    uint32_t given = program->validity_months > 0 ? 1 : 0;
    given += program->validity_days > 0 ? 1 : 0;
    given += program->until > 0 ? 1 : 0;
    expect(reader, given == 1);
    program->priority = take_within(reader, 0, YAK_PRIORITY_MAX);
    program->refund_days = take_within(reader, 0, YAK_REFUND_DAYS_MAX);
    program->grace_days = take_within(reader, 0, YAK_REFUND_DAYS_MAX);
    expect(reader, program->refund_days > 0 || program->grace_days == 0);
    program->old_lots_notice_days = take_within(reader, 0, YAK_NOTICE_DAYS_MAX);
    program->old_lots = (uint8_t)take_u8(reader);
    expect(reader, program->old_lots >= 1 && program->old_lots <= 3);
    expect(reader, program->old_lots > 1 || program->old_lots_notice_days == 0);
    program->parameter_count = (uint8_t)take_u8(reader);
    expect(reader, program->parameter_count <= DURE_FUND_PARAMETERS_MAX);
    program->counter_count = (uint8_t)take_u8(reader);
    expect(reader, program->counter_count <= DURE_FUND_COUNTERS_MAX);
    program->list_count = (uint8_t)take_u8(reader);
    expect(reader, program->list_count <= DURE_YAK_LISTS_MAX);
    sections->verb_count = take_u16(reader);
    expect(reader, sections->verb_count < DURE_VERB_COUNT);
    sections->pool.constant_count = take_u16(reader);
    expect(reader, sections->pool.constant_count <= YAK_IMAGE_CONSTANTS_MAX);
    sections->pool.set_count = take_u16(reader);
    expect(reader, sections->pool.set_count <= YAK_IMAGE_SETS_MAX);
    sections->pool.member_count = take_u16(reader);
    expect(reader, sections->pool.member_count <= YAK_IMAGE_MEMBERS_MAX);
    expect(reader, take_u32(reader) == 0);
}

static void load_parameter(reader_t *reader, dure_yak_parameter_t *parameter)
{
    take_name(reader, &parameter->name, false);
    parameter->unit = (uint8_t)take_u8(reader);
    expect(reader, parameter->unit >= DURE_YAK_WON && parameter->unit <= DURE_YAK_DAYS);
    uint32_t fixed = take_u8(reader);
    expect(reader, fixed <= 1);
    parameter->fixed_at_issue = fixed == 1;
    expect(reader, take_u16(reader) == 0);
    parameter->notice_days = take_within(reader, 0, YAK_NOTICE_DAYS_MAX);
    parameter->low = take_i64(reader);
    parameter->high = take_i64(reader);
    parameter->initial = take_i64(reader);
    if (reader->result == DURE_YAK_LOAD_OK) {
        uint32_t type = yak_unit_type(parameter->unit);
        expect(reader, yak_constant_is_valid(type, parameter->low) &&
                           yak_constant_is_valid(type, parameter->high) &&
                           parameter->low <= parameter->initial &&
                           parameter->initial <= parameter->high);
    }
}

static void load_counter(reader_t *reader, dure_yak_counter_t *counter)
{
    take_name(reader, &counter->name, false);
    const uint8_t *identity = take(reader, sizeof counter->identity);
    if (identity != NULL) {
        memcpy(counter->identity, identity, sizeof counter->identity);
    }
    counter->made = (uint8_t)take_u8(reader);
    expect(reader, counter->made >= DURE_MADE_COUNT && counter->made <= DURE_MADE_REWARD);
    counter->period = (uint8_t)take_u8(reader);
    expect(reader, counter->period <= DURE_PERIOD_YEAR);
    uint32_t shared = take_u8(reader);
    expect(reader, shared <= 1);
    counter->shared = shared == 1;
    expect(reader, take_u8(reader) == 0);
    bool city = false;
    bool party = false;
    for (uint32_t verb = 0; verb < DURE_VERB_COUNT; verb++) {
        uint32_t by = take_u8(reader);
        counter->by[verb] = (uint8_t)by;
        city = city || by == DURE_COUNTER_CITY_WIDE;
        party = party || (by != DURE_COUNTER_CITY_WIDE && by != 0);
        bool fits = by == 0 || (verb > 0 && (by == DURE_COUNTER_CITY_WIDE ||
                                             yak_verb_has_role((dure_verb_t)verb, by)));
        bool made =
            by == 0 || ((counter->made != DURE_MADE_SUBSIDY || verb == DURE_VERB_PURCHASE) &&
                        (counter->made != DURE_MADE_REWARD || verb == DURE_VERB_PAYMENT));
        expect(reader, fits && made);
    }
    expect(reader, city != party);
    expect(reader, take_u16(reader) == 0);
}

static void load_declarations(reader_t *reader, dure_yak_program_t *program)
{
    for (uint32_t i = 0; i < program->parameter_count && reader->result == 0; i++) {
        load_parameter(reader, &program->parameters[i]);
        for (uint32_t j = 0; j < i; j++) {
            expect(reader,
                   !dure_name_equal(&program->parameters[i].name, &program->parameters[j].name));
        }
    }
    for (uint32_t i = 0; i < program->counter_count && reader->result == 0; i++) {
        load_counter(reader, &program->counters[i]);
        for (uint32_t j = 0; j < i; j++) {
            expect(reader,
                   !dure_name_equal(&program->counters[i].name, &program->counters[j].name));
        }
    }
    for (uint32_t i = 0; i < program->list_count && reader->result == 0; i++) {
        take_name(reader, &program->lists[i], false);
        program->list_kinds[i] = (uint8_t)take_u8(reader);
        expect(reader, program->list_kinds[i] == DURE_KIND_CITIZEN ||
                           program->list_kinds[i] == DURE_KIND_MERCHANT);
        expect(reader, take_u8(reader) == 0);
        expect(reader, take_u16(reader) == 0);
        for (uint32_t j = 0; j < i; j++) {
            expect(reader, !dure_name_equal(&program->lists[i], &program->lists[j]));
        }
    }
}

static void load_constants(reader_t *reader, dure_yak_program_t *program, yak_pool_t *pool)
{
    pool->constant_types = take(reader, pool->constant_count);
    program->constants_offset = (uint32_t)reader->at;
    pool->constants = take(reader, (size_t)pool->constant_count * 8);
    for (uint32_t i = 0; i < pool->constant_count && reader->result == DURE_YAK_LOAD_OK; i++) {
        uint32_t type = pool->constant_types[i];
        int64_t value = (int64_t)dure_get_u64(pool->constants + 8 * (size_t)i);
        expect(reader, yak_constant_is_valid(type, value));
        if (i > 0) {
            uint32_t before = pool->constant_types[i - 1];
            int64_t least = (int64_t)dure_get_u64(pool->constants + 8 * (size_t)(i - 1));
            expect(reader, before < type || (before == type && least < value));
        }
    }
}

static void load_sets(reader_t *reader, dure_yak_program_t *program, yak_pool_t *pool)
{
    program->sets_offset = (uint32_t)reader->at;
    pool->sets = take(reader, (size_t)pool->set_count * YAK_IMAGE_SET_SIZE);
    program->members_offset = (uint32_t)reader->at;
    pool->members = take(reader, (size_t)pool->member_count * 8);
    uint32_t next = 0;
    for (uint32_t i = 0; i < pool->set_count && reader->result == DURE_YAK_LOAD_OK; i++) {
        const uint8_t *set = pool->sets + (size_t)i * YAK_IMAGE_SET_SIZE;
        uint32_t offset = dure_get_u16(set);
        uint32_t count = dure_get_u16(set + 2);
        uint32_t type = set[4];
        expect(reader, offset == next && count > 0 && count <= pool->member_count - next);
        expect(reader, set[5] == 0 && set[6] == 0 && set[7] == 0);
        expect(reader, type != YAK_TYPE_PARTY);
        int64_t before = -1;
        for (uint32_t j = 0; j < count && reader->result == DURE_YAK_LOAD_OK; j++) {
            int64_t member = (int64_t)dure_get_u64(pool->members + 8 * (size_t)(offset + j));
            expect(reader, member > before && yak_constant_is_valid(type, member));
            before = member;
        }
        next = offset + count;
    }
    expect(reader, next == pool->member_count);
}

/* ---- verbs ---- */

bool yak_input_is_below(const dure_yak_input_t *a, const dure_yak_input_t *b)
{
    uint32_t x = (uint32_t)a->kind << 24 | (uint32_t)a->role << 16 | a->id;
    uint32_t y = (uint32_t)b->kind << 24 | (uint32_t)b->role << 16 | b->id;
    return x < y;
}

uint32_t yak_input_type(const dure_yak_program_t *program, const dure_yak_input_t *input)
{
    bool with_role = input->role != DURE_ROLE_NONE;
    bool plain = !with_role && input->id == 0;
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_TODAY:
        return plain ? YAK_TYPE_DATE : YAK_TYPE_ERROR;
    case DURE_INPUT_TIME:
        return plain ? YAK_TYPE_CLOCK : YAK_TYPE_ERROR;
    case DURE_INPUT_WEEKDAY:
        return plain ? YAK_TYPE_NAME + DURE_NAMES_WEEKDAYS : YAK_TYPE_ERROR;
    case DURE_INPUT_CHANNEL:
        return plain ? YAK_TYPE_NAME + DURE_NAMES_CHANNELS : YAK_TYPE_ERROR;
    case DURE_INPUT_ISSUER_REGION:
        return plain ? YAK_TYPE_REGION : YAK_TYPE_ERROR;
    case DURE_INPUT_PARTY:
        return with_role && input->id == 0 ? YAK_TYPE_PARTY : YAK_TYPE_ERROR;
    case DURE_INPUT_KIND:
        return with_role && input->id == 0 ? YAK_TYPE_NAME + DURE_NAMES_KINDS : YAK_TYPE_ERROR;
    case DURE_INPUT_ATTRIBUTE:
        return with_role ? yak_attribute_type(input->id) : YAK_TYPE_ERROR;
    case DURE_INPUT_HOLDING:
    case DURE_INPUT_WALLET:
        return with_role && input->id == 0 ? YAK_TYPE_WON : YAK_TYPE_ERROR;
    case DURE_INPUT_MEMBER:
        return with_role && input->id < program->list_count ? YAK_TYPE_FLAG : YAK_TYPE_ERROR;
    case DURE_INPUT_COUNTER:
        return !with_role && input->id < program->counter_count
                   ? yak_made_type(program->counters[input->id].made)
                   : YAK_TYPE_ERROR;
    case DURE_INPUT_PARAMETER:
        return !with_role && input->id < program->parameter_count
                   ? yak_unit_type(program->parameters[input->id].unit)
                   : YAK_TYPE_ERROR;
    case DURE_INPUT_LOT_USED:
        return plain ? YAK_TYPE_RATE : YAK_TYPE_ERROR;
    case DURE_INPUT_LOT_AGE:
        return plain ? YAK_TYPE_DAYS : YAK_TYPE_ERROR;
    case DURE_INPUT_LOT_ORIGIN:
        return plain ? YAK_TYPE_NAME + DURE_NAMES_ORIGINS : YAK_TYPE_ERROR;
    case DURE_INPUT_LOT_GIFTED:
        return plain ? YAK_TYPE_FLAG : YAK_TYPE_ERROR;
    }
    return YAK_TYPE_ERROR;
}

/* May this verb read it (table of verbs)? */
static bool input_is_readable(const dure_yak_program_t *program, dure_verb_t verb,
                              const dure_yak_input_t *input)
{
    if (input->role != DURE_ROLE_NONE && !yak_verb_has_role(verb, input->role)) {
        return false;
    }
    if (input->kind == DURE_INPUT_PARAMETER) {
        return yak_verb_rules(verb)->reads_fixed || !program->parameters[input->id].fixed_at_issue;
    }
    if (input->kind == DURE_INPUT_COUNTER) {
        const dure_yak_counter_t *counter = &program->counters[input->id];
        bool city = false;
        for (uint32_t i = 0; i < DURE_VERB_COUNT; i++) {
            city = city || counter->by[i] == DURE_COUNTER_CITY_WIDE;
        }
        return city || counter->by[verb] != 0;
    }
    return yak_verb_reads(verb, input->kind);
}

static void load_inputs(reader_t *reader, dure_yak_program_t *program, dure_verb_t verb_number)
{
    dure_yak_verb_t *verb = &program->verbs[verb_number];
    for (uint32_t i = 0; i < verb->input_count && reader->result == DURE_YAK_LOAD_OK; i++) {
        dure_yak_input_t *input = &verb->inputs[i];
        input->kind = (uint8_t)take_u8(reader);
        input->role = (uint8_t)take_u8(reader);
        input->id = (uint16_t)take_u16(reader);
        expect(reader, i == 0 || yak_input_is_below(&verb->inputs[i - 1], input));
        bool known = yak_input_type(program, input) != YAK_TYPE_ERROR;
        expect(reader, known && input_is_readable(program, verb_number, input));
    }
}

static void load_rules(reader_t *reader, dure_yak_verb_t *verb)
{
    for (uint32_t i = 0; i < verb->rule_count && reader->result == DURE_YAK_LOAD_OK; i++) {
        dure_yak_rule_t *rule = &verb->rules[i];
        take_name(reader, &rule->name, true);
        rule->kind = (uint8_t)take_u8(reader);
        expect(reader, rule->kind >= DURE_RULE_ALLOW && rule->kind <= DURE_RULE_CAP);
        bool named = rule->kind == DURE_RULE_DENY || rule->kind == DURE_RULE_HOLD;
        expect(reader, named == !name_is_empty(&rule->name));
        for (uint32_t j = 0; j < i && named; j++) {
            expect(reader, !dure_name_equal(&rule->name, &verb->rules[j].name));
        }
        rule->input_count = (uint8_t)take_u8(reader);
        expect(reader, rule->input_count <= DURE_YAK_RULE_INPUTS_MAX);
        for (uint32_t j = 0; j < DURE_YAK_RULE_INPUTS_MAX; j++) {
            rule->inputs[j] = (uint8_t)take_u8(reader);
            expect(reader, j < rule->input_count ? rule->inputs[j] < verb->input_count
                                                 : rule->inputs[j] == 0);
            for (uint32_t k = 0; k < j && j < rule->input_count; k++) {
                expect(reader, rule->inputs[k] != rule->inputs[j]);
            }
        }
        rule->hold_days = take_u16(reader);
        bool hold = rule->kind == DURE_RULE_HOLD;
        expect(reader, hold ? rule->hold_days >= 1 && rule->hold_days <= YAK_HOLD_DAYS_MAX
                            : rule->hold_days == 0);
        expect(reader, take_u32(reader) == 0);
    }
}

/* A verb names an account for exactly those sorts of rules that it has. */
static void check_accounts(reader_t *reader, const dure_yak_verb_t *verb)
{
    const struct {
        const dure_name_t *account;
        uint8_t kind;
    } pairs[] = {{&verb->subsidy_from, DURE_RULE_SUBSIDY},
                 {&verb->give_from, DURE_RULE_GIVE},
                 {&verb->reward_from, DURE_RULE_REWARD},
                 {&verb->share_to, DURE_RULE_SHARE}};
    for (uint32_t i = 0; i < sizeof pairs / sizeof pairs[0] && reader->result == DURE_YAK_LOAD_OK;
         i++) {
        bool has = false;
        for (uint32_t j = 0; j < verb->rule_count; j++) {
            has = has || verb->rules[j].kind == pairs[i].kind;
        }
        expect(reader, has == !name_is_empty(pairs[i].account));
    }
}

static void load_verb(reader_t *reader, dure_yak_program_t *program, const yak_pool_t *pool,
                      uint32_t *previous)
{
    dure_name_t accounts[4];
    memset(accounts, 0, sizeof accounts);
    for (uint32_t i = 0; i < 4; i++) {
        take_name(reader, &accounts[i], true);
    }
    uint32_t number = take_u8(reader);
    expect(reader, number > *previous && number < DURE_VERB_COUNT);
    if (reader->result != DURE_YAK_LOAD_OK) {
        return;
    }
    *previous = number;
    dure_yak_verb_t *verb = &program->verbs[number];
    verb->declared = true;
    verb->subsidy_from = accounts[0];
    verb->give_from = accounts[1];
    verb->reward_from = accounts[2];
    verb->share_to = accounts[3];
    verb->input_count = (uint8_t)take_u8(reader);
    expect(reader, verb->input_count <= DURE_YAK_INPUTS_MAX);
    verb->rule_count = (uint8_t)take_u8(reader);
    expect(reader, verb->rule_count <= DURE_YAK_RULES_MAX);
    expect(reader, take_u8(reader) == 0);
    verb->steps_max = take_u32(reader);
    expect(reader, take_u32(reader) == 0);
    load_inputs(reader, program, (dure_verb_t)number);
    load_rules(reader, verb);
    check_accounts(reader, verb);
    if (verb->steps_max > DURE_YAK_STEPS_MAX) {
        refuse(reader, DURE_YAK_LOAD_COST);
        return;
    }
    verb->code_offset = (uint32_t)reader->at;
    verb->code_size = verb->steps_max * YAK_IMAGE_INSTRUCTION;
    if (take(reader, verb->code_size) != NULL) {
        dure_yak_load_result_t result = yak_verify_code(program, pool, (dure_verb_t)number);
        if (result != DURE_YAK_LOAD_OK) {
            refuse(reader, result);
        }
    }
}

dure_yak_load_result_t dure_yak_load(dure_yak_program_t *program, dure_bytes_t image)
{
    memset(program, 0, sizeof *program);
    program->image = image;
    reader_t reader = {image.data, image.size, 0, DURE_YAK_LOAD_OK};
    static const uint8_t magic[4] = {'D', 'Y', 'A', 'K'};
    const uint8_t *start = take(&reader, sizeof magic);
    if (start == NULL || memcmp(start, magic, sizeof magic) != 0 ||
        take_u32(&reader) != YAK_IMAGE_VERSION) {
        return DURE_YAK_LOAD_MAGIC;
    }
    if (image.size > DURE_YAK_IMAGE_SIZE_MAX || take_u32(&reader) != image.size) {
        return DURE_YAK_LOAD_TRUNCATED;
    }
    sections_t sections;
    memset(&sections, 0, sizeof sections);
    load_fund(&reader, program, &sections);
    load_declarations(&reader, program);
    load_constants(&reader, program, &sections.pool);
    load_sets(&reader, program, &sections.pool);
    uint32_t previous = 0;
    for (uint32_t i = 0; i < sections.verb_count && reader.result == DURE_YAK_LOAD_OK; i++) {
        load_verb(&reader, program, &sections.pool, &previous);
    }
    if (reader.at != reader.size) {
        refuse(&reader, DURE_YAK_LOAD_TRUNCATED);
    }
    return reader.result;
}

const char *dure_yak_load_result_name(dure_yak_load_result_t result)
{
    switch (result) {
    case DURE_YAK_LOAD_OK:
        return "ok";
    case DURE_YAK_LOAD_MAGIC:
        return "magic";
    case DURE_YAK_LOAD_TRUNCATED:
        return "truncated";
    case DURE_YAK_LOAD_NOT_CANONICAL:
        return "not_canonical";
    case DURE_YAK_LOAD_TYPE:
        return "type";
    case DURE_YAK_LOAD_JUMP:
        return "jump";
    case DURE_YAK_LOAD_EFFECT:
        return "effect";
    case DURE_YAK_LOAD_COST:
        return "cost";
    }
    return "unknown";
}

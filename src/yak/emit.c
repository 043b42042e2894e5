/* Checked tree -> image.  docs/yak/image.md has the bytes.  Two walks over each verb: the first
   collects inputs, constants and sets, the second writes. */
#include "crypto/dure_crypto.h"
#include "yak/yak_private.h"

typedef struct {
    uint8_t type;
    int64_t value;
} constant_t;

typedef struct {
    yak_tree_t *tree;
    uint8_t *image;
    size_t size;
    bool full; /* the image, or one of its tables */
    uint32_t constant_count, set_count, member_count;
    constant_t *constants; /* ascending */
    const yak_set_t **sets;
    /* of the verb in hand */
    uint32_t input_count, code_count;
    dure_yak_input_t inputs[DURE_YAK_INPUTS_MAX]; /* ascending */
    uint8_t *code;
} emitter_t;

/* ---- bytes ---- */

static uint8_t *reserve(emitter_t *emitter, size_t size)
{
    if (emitter->full || size > DURE_YAK_IMAGE_SIZE_MAX - emitter->size) {
        emitter->full = true;
        return NULL;
    }
    uint8_t *bytes = emitter->image + emitter->size;
    emitter->size += size;
    memset(bytes, 0, size);
    return bytes;
}

static void put_u8(emitter_t *emitter, uint32_t value)
{
    uint8_t *bytes = reserve(emitter, 1);
    if (bytes != NULL) {
        *bytes = (uint8_t)value;
    }
}

static void put_u16(emitter_t *emitter, uint32_t value)
{
    uint8_t *bytes = reserve(emitter, 2);
    if (bytes != NULL) {
        dure_put_u16(bytes, (uint16_t)value);
    }
}

static void put_u32(emitter_t *emitter, uint32_t value)
{
    uint8_t *bytes = reserve(emitter, 4);
    if (bytes != NULL) {
        dure_put_u32(bytes, value);
    }
}

static void put_i64(emitter_t *emitter, int64_t value)
{
    uint8_t *bytes = reserve(emitter, 8);
    if (bytes != NULL) {
        dure_put_u64(bytes, (uint64_t)value);
    }
}

static void put_name(emitter_t *emitter, const yak_token_t *token)
{
    dure_name_t name = yak_token_name(emitter->tree, token);
    uint8_t *bytes = reserve(emitter, DURE_NAME_SIZE);
    if (bytes != NULL) {
        memcpy(bytes, name.text, DURE_NAME_SIZE);
    }
}

/* ---- first walk: what is used ---- */

static uint32_t constant_place(const emitter_t *emitter, uint32_t type, int64_t value)
{
    uint32_t place = 0;
    while (place < emitter->constant_count &&
           (emitter->constants[place].type < type ||
            (emitter->constants[place].type == type && emitter->constants[place].value < value))) {
        place++;
    }
    return place;
}

static void use_constant(emitter_t *emitter, uint32_t type, int64_t value)
{
    uint32_t place = constant_place(emitter, type, value);
    constant_t *at = &emitter->constants[place];
    bool known = place < emitter->constant_count && at->type == type && at->value == value;
    if (known || emitter->full) {
        return;
    }
    if (emitter->constant_count == YAK_IMAGE_CONSTANTS_MAX) {
        emitter->full = true;
        return;
    }
    memmove(at + 1, at, (emitter->constant_count - place) * sizeof *at);
    *at = (constant_t){(uint8_t)type, value};
    emitter->constant_count++;
}

static uint32_t input_place(const emitter_t *emitter, const dure_yak_input_t *input)
{
    uint32_t place = 0;
    while (place < emitter->input_count && yak_input_is_below(&emitter->inputs[place], input)) {
        place++;
    }
    return place;
}

static void use_input(emitter_t *emitter, const yak_value_t *value)
{
    const dure_yak_input_t *input = &value->input;
    uint32_t place = input_place(emitter, input);
    dure_yak_input_t *at = &emitter->inputs[place];
    bool known = place < emitter->input_count && !yak_input_is_below(input, at);
    if (known) {
        return;
    }
    if (emitter->input_count == DURE_YAK_INPUTS_MAX) {
        yak_say_two(emitter->tree, YAK_SAYS_TOO_MANY, value->token,
                    YAK_ARGUMENT("facts read by one verb", "한 행위가 읽는 사실"),
                    yak_number_argument(emitter->tree, DURE_YAK_INPUTS_MAX));
        emitter->full = true;
        return;
    }
    memmove(at + 1, at, (emitter->input_count - place) * sizeof *at);
    *at = *input;
    emitter->input_count++;
}

/* The value that `missing ... counts as` gives to an attribute, or NULL. */
static const yak_value_t *default_of(const emitter_t *emitter, const dure_yak_input_t *input)
{
    int32_t index = input->kind == DURE_INPUT_ATTRIBUTE ? yak_attribute_index(input->id) : -1;
    return index < 0 ? NULL : emitter->tree->missing[index].value;
}

static void use_value(emitter_t *emitter, const yak_value_t *value)
{
    if (value->kind == YAK_VALUE_INPUT) {
        use_input(emitter, value);
        const yak_value_t *instead = default_of(emitter, &value->input);
        if (instead != NULL) {
            use_constant(emitter, instead->type, instead->value);
        }
    } else if (value->kind == YAK_VALUE_CONSTANT) {
        use_constant(emitter, value->type, value->value);
    }
}

static void use_sum(emitter_t *emitter, const yak_value_t *sum)
{
    uint32_t others = 0;
    int64_t folded = yak_fold(sum, &others);
    for (const yak_value_t *value = sum; value != NULL; value = value->next) {
        if (value->kind != YAK_VALUE_CONSTANT) {
            use_value(emitter, value);
        }
    }
    if (sum != NULL && (others == 0 || folded > 0)) {
        use_constant(emitter, sum->type, folded);
    }
}

static void use_set(emitter_t *emitter, yak_set_t *set)
{
    bool known =
        set->place != 0 && set->place <= emitter->set_count && emitter->sets[set->place - 1] == set;
    if (known) {
        return;
    }
    bool fits = emitter->set_count < YAK_IMAGE_SETS_MAX &&
                set->count <= YAK_IMAGE_MEMBERS_MAX - emitter->member_count;
    if (!fits) {
        emitter->full = true;
        return;
    }
    emitter->sets[emitter->set_count++] = set;
    emitter->member_count += set->count;
    set->place = emitter->set_count;
}

static void use_cond(emitter_t *emitter, const yak_cond_t *cond)
{
    if (cond == NULL) {
        return;
    }
    use_cond(emitter, cond->left);
    use_cond(emitter, cond->right);
    use_sum(emitter, cond->a);
    use_sum(emitter, cond->b);
    use_sum(emitter, cond->low);
    use_sum(emitter, cond->high);
    if (cond->kind == YAK_COND_IN) {
        use_set(emitter, cond->set);
    }
}

static void use_rules(emitter_t *emitter, const yak_block_t *block)
{
    emitter->input_count = 0;
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        use_cond(emitter, rule->when);
        if (rule->value != NULL) {
            use_value(emitter, rule->value);
        }
        if (rule->minus != NULL) {
            use_value(emitter, rule->minus);
        }
    }
}

/* ---- second walk: code ---- */

static void put_code(emitter_t *emitter, yak_opcode_t opcode, uint32_t a, uint32_t b)
{
    uint8_t *bytes = reserve(emitter, YAK_IMAGE_INSTRUCTION);
    if (bytes != NULL) {
        bytes[0] = (uint8_t)opcode;
        bytes[1] = (uint8_t)a;
        dure_put_u16(bytes + 2, (uint16_t)b);
        emitter->code_count++;
    }
}

static void put_value(emitter_t *emitter, const yak_value_t *value)
{
    if (value->kind == YAK_VALUE_AMOUNT) {
        put_code(emitter, YAK_OP_AMOUNT, 0, 0);
    } else if (value->kind == YAK_VALUE_CONSTANT) {
        put_code(emitter, YAK_OP_CONST, 0, constant_place(emitter, value->type, value->value));
    } else {
        uint32_t place = input_place(emitter, &value->input);
        const yak_value_t *instead = default_of(emitter, &value->input);
        if (instead == NULL) {
            put_code(emitter, YAK_OP_INPUT, place, 0);
        } else {
            put_code(emitter, YAK_OP_INPUT_OR, place,
                     constant_place(emitter, instead->type, instead->value));
        }
    }
}

static void put_sum(emitter_t *emitter, const yak_value_t *sum)
{
    uint32_t others = 0;
    int64_t folded = yak_fold(sum, &others);
    bool first = true;
    for (const yak_value_t *value = sum; value != NULL; value = value->next) {
        if (value->kind != YAK_VALUE_CONSTANT) {
            put_value(emitter, value);
            if (!first) {
                put_code(emitter, YAK_OP_ADD, 0, 0);
            }
            first = false;
        }
    }
    if (others == 0 || folded > 0) {
        put_code(emitter, YAK_OP_CONST, 0, constant_place(emitter, sum->type, folded));
        if (!first) {
            put_code(emitter, YAK_OP_ADD, 0, 0);
        }
    }
}

static void put_compare(emitter_t *emitter, const yak_cond_t *cond)
{
    static const yak_opcode_t opcodes[] = {YAK_OP_EQ, YAK_OP_EQ, YAK_OP_NE, YAK_OP_LT,
                                           YAK_OP_LE, YAK_OP_GT, YAK_OP_GE};
    put_sum(emitter, cond->a);
    put_sum(emitter, cond->b);
    yak_opcode_t opcode = opcodes[cond->op];
    if (cond->a->type == YAK_TYPE_PARTY) {
        opcode = cond->op == YAK_EQ ? YAK_OP_EQ_PARTY : YAK_OP_NE_PARTY;
    }
    put_code(emitter, opcode, 0, 0);
}

static void put_cond(emitter_t *emitter, const yak_cond_t *cond);

/* left; if it decides, over right; right; both. */
static void put_joined(emitter_t *emitter, const yak_cond_t *cond)
{
    bool both = cond->kind == YAK_COND_AND;
    put_cond(emitter, cond->left);
    size_t jump = emitter->size;
    uint32_t at = emitter->code_count;
    put_code(emitter, both ? YAK_OP_JUMP_FALSE : YAK_OP_JUMP_TRUE, 0, 0);
    put_cond(emitter, cond->right);
    put_code(emitter, both ? YAK_OP_AND : YAK_OP_OR, 0, 0);
    if (!emitter->full) {
        dure_put_u16(emitter->image + jump + 2, (uint16_t)(emitter->code_count - at));
    }
}

static void put_cond(emitter_t *emitter, const yak_cond_t *cond)
{
    if (cond == NULL) {
        put_code(emitter, YAK_OP_TRUE, 0, 0);
        return;
    }
    switch ((yak_cond_kind_t)cond->kind) {
    case YAK_COND_AND:
    case YAK_COND_OR:
        put_joined(emitter, cond);
        return;
    case YAK_COND_NOT:
        put_cond(emitter, cond->left);
        put_code(emitter, YAK_OP_NOT, 0, 0);
        return;
    case YAK_COND_COMPARE:
        put_compare(emitter, cond);
        return;
    case YAK_COND_IN:
        put_value(emitter, cond->a);
        put_code(emitter, YAK_OP_IN_SET, 0, cond->set->place - 1);
        return;
    case YAK_COND_RANGE:
        put_value(emitter, cond->a);
        put_value(emitter, cond->low);
        put_value(emitter, cond->high);
        put_code(emitter, cond->a->type == YAK_TYPE_CLOCK ? YAK_OP_RANGE_OPEN : YAK_OP_RANGE, 0, 0);
        return;
    case YAK_COND_WITHIN:
        put_value(emitter, cond->a);
        put_code(emitter, YAK_OP_WITHIN, yak_region_digits(cond->low->value),
                 constant_place(emitter, YAK_TYPE_COUNT, cond->low->value));
        return;
    case YAK_COND_FLAG:
        put_code(emitter, YAK_OP_FLAG, input_place(emitter, &cond->a->input), 0);
        return;
    }
}

static void put_money(emitter_t *emitter, const yak_rule_t *rule, yak_opcode_t constant,
                      yak_opcode_t parameter)
{
    const yak_value_t *value = rule->value;
    if (value->kind == YAK_VALUE_AMOUNT) {
        put_code(emitter, YAK_OP_GIVE_AMOUNT, rule->index, 0);
    } else if (value->kind == YAK_VALUE_CONSTANT) {
        put_code(emitter, constant, rule->index,
                 constant_place(emitter, value->type, value->value));
    } else {
        put_code(emitter, parameter, rule->index, input_place(emitter, &value->input));
    }
}

static void put_rule(emitter_t *emitter, const yak_rule_t *rule)
{
    if (rule->kind != DURE_RULE_CAP) {
        put_cond(emitter, rule->when);
    }
    switch ((dure_yak_rule_kind_t)rule->kind) {
    case DURE_RULE_ALLOW:
        put_code(emitter, YAK_OP_ALLOW, rule->index, 0);
        return;
    case DURE_RULE_DENY:
        put_code(emitter, YAK_OP_DENY, rule->index, 0);
        return;
    case DURE_RULE_HOLD:
        put_code(emitter, YAK_OP_HOLD, rule->index, 0);
        return;
    case DURE_RULE_GIVE:
        put_money(emitter, rule, YAK_OP_GIVE_CONST, YAK_OP_GIVE_PARAM);
        return;
    case DURE_RULE_SUBSIDY:
        put_money(emitter, rule, YAK_OP_SUBSIDY_CONST, YAK_OP_SUBSIDY_PARAM);
        return;
    case DURE_RULE_REWARD:
        put_money(emitter, rule, YAK_OP_REWARD_CONST, YAK_OP_REWARD_PARAM);
        return;
    case DURE_RULE_SHARE:
        put_money(emitter, rule, YAK_OP_SHARE_CONST, YAK_OP_SHARE_PARAM);
        return;
    case DURE_RULE_CAP:
        put_value(emitter, rule->value);
        if (rule->minus != NULL) {
            put_value(emitter, rule->minus);
            put_code(emitter, YAK_OP_MINUS, 0, 0);
        }
        put_code(emitter, rule->made == DURE_MADE_SUBSIDY ? YAK_OP_CAP_SUBSIDY : YAK_OP_CAP_REWARD,
                 rule->index, 0);
        return;
    }
}

static void put_rules_of(emitter_t *emitter, const yak_block_t *block, uint32_t kind)
{
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        if (rule->kind == kind) {
            put_rule(emitter, rule);
        }
    }
}

static void put_rules(emitter_t *emitter, const yak_block_t *block)
{
    static const uint8_t order[] = {DURE_RULE_GIVE,  DURE_RULE_ALLOW,   DURE_RULE_DENY,
                                    DURE_RULE_HOLD,  DURE_RULE_SUBSIDY, DURE_RULE_REWARD,
                                    DURE_RULE_SHARE, DURE_RULE_CAP};
    emitter->code_count = 0;
    for (size_t i = 0; i < sizeof order; i++) {
        put_rules_of(emitter, block, order[i]);
        if (order[i] == DURE_RULE_GIVE && emitter->code_count > 0) {
            bool of_amount = false;
            for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
                of_amount = of_amount ||
                            (rule->kind == DURE_RULE_GIVE && rule->value->kind == YAK_VALUE_AMOUNT);
            }
            if (!of_amount) {
                put_code(emitter, YAK_OP_GIVEN, 0, 0);
            }
        }
    }
}

/* ---- what a refusal shows ---- */

/* The most telling numbers first: the limit, what is used of it, then facts about the parties. */
static uint32_t telling(const dure_yak_input_t *input)
{
    static const uint8_t places[] = {[0] = 9,
                                     [DURE_INPUT_TODAY] = 5,
                                     [DURE_INPUT_TIME] = 5,
                                     [DURE_INPUT_WEEKDAY] = 5,
                                     [DURE_INPUT_CHANNEL] = 5,
                                     [DURE_INPUT_ISSUER_REGION] = 6,
                                     [DURE_INPUT_PARTY] = 8,
                                     [DURE_INPUT_KIND] = 7,
                                     [DURE_INPUT_ATTRIBUTE] = 3,
                                     [DURE_INPUT_HOLDING] = 2,
                                     [DURE_INPUT_WALLET] = 2,
                                     [DURE_INPUT_MEMBER] = 6,
                                     [DURE_INPUT_COUNTER] = 1,
                                     [DURE_INPUT_PARAMETER] = 0,
                                     [DURE_INPUT_LOT_USED] = 4,
                                     [DURE_INPUT_LOT_AGE] = 4,
                                     [DURE_INPUT_LOT_ORIGIN] = 4,
                                     [DURE_INPUT_LOT_GIFTED] = 4};
    return places[input->kind];
}

typedef struct {
    const emitter_t *emitter;
    uint32_t count;
    uint8_t inputs[DURE_YAK_INPUTS_MAX];
} shown_t;

static void show_input(shown_t *shown, const yak_value_t *value)
{
    uint8_t place = (uint8_t)input_place(shown->emitter, &value->input);
    uint32_t at = shown->count;
    for (uint32_t i = 0; i < shown->count; i++) {
        if (shown->inputs[i] == place) {
            return;
        }
    }
    while (at > 0 &&
           telling(&shown->emitter->inputs[shown->inputs[at - 1]]) > telling(&value->input)) {
        shown->inputs[at] = shown->inputs[at - 1];
        at--;
    }
    shown->inputs[at] = place;
    shown->count++;
}

static void show_cond(shown_t *shown, const yak_cond_t *cond)
{
    if (cond == NULL) {
        return;
    }
    show_cond(shown, cond->left);
    show_cond(shown, cond->right);
    const yak_value_t *sums[2] = {cond->a, cond->b};
    for (uint32_t i = 0; i < 2; i++) {
        for (const yak_value_t *value = sums[i]; value != NULL; value = value->next) {
            if (value->kind == YAK_VALUE_INPUT) {
                show_input(shown, value);
            }
        }
    }
}

/* ---- sections ---- */

static void put_fund(emitter_t *emitter)
{
    const yak_tree_t *tree = emitter->tree;
    put_name(emitter, tree->name);
    put_name(emitter, tree->lapse_account);
    put_u32(emitter, tree->issuer_city);
    put_u32(emitter, tree->validity_months);
    put_u32(emitter, tree->validity_days);
    put_u32(emitter, (uint32_t)tree->until);
    put_u32(emitter, tree->priority_value);
    put_u32(emitter, tree->refund_days);
    put_u32(emitter, tree->grace_days);
    put_u32(emitter, tree->old_lots_notice_days);
    put_u8(emitter, tree->old_lots_mode);
    put_u8(emitter, tree->parameter_count);
    put_u8(emitter, tree->counter_count);
    put_u8(emitter, tree->list_count);
    uint32_t verbs = 0;
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        verbs += tree->blocks[verb].token != NULL;
    }
    put_u16(emitter, verbs);
    put_u16(emitter, emitter->constant_count);
    put_u16(emitter, emitter->set_count);
    put_u16(emitter, emitter->member_count);
    put_u32(emitter, 0);
}

static void put_parameters(emitter_t *emitter)
{
    for (uint32_t i = 0; i < emitter->tree->parameter_count; i++) {
        const yak_parameter_t *parameter = &emitter->tree->parameters[i];
        put_name(emitter, parameter->token);
        put_u8(emitter, parameter->unit);
        put_u8(emitter, parameter->fixed_at_issue);
        put_u16(emitter, 0);
        put_u32(emitter, parameter->notice_days);
        put_i64(emitter, parameter->low->value);
        put_i64(emitter, parameter->high->value);
        put_i64(emitter, parameter->initial->value);
    }
}

/* The line of a counter in one spelling, of which the identity is the hash. */
static void counter_identity(const yak_tree_t *tree, const yak_counter_t *counter,
                             uint8_t identity[8])
{
    static const yak_text_t periods[] = {YAK_TEXT(" ever"), YAK_TEXT(" per day"),
                                         YAK_TEXT(" per week"), YAK_TEXT(" per month"),
                                         YAK_TEXT(" per year")};
    char line[512];
    yak_writer_t writer = yak_writer(line, sizeof line);
    yak_write_text(&writer, yak_token_text(tree, counter->token));
    yak_write_text(&writer,
                   counter->made == DURE_MADE_COUNT ? YAK_TEXT(" = ") : YAK_TEXT(" = sum of "));
    yak_write_text(&writer, yak_made_name(counter->made));
    yak_write_text(&writer, periods[counter->period]);
    yak_text_t before = YAK_TEXT(" on ");
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        if (counter->by[verb] == 0) {
            continue;
        }
        yak_write_text(&writer, before);
        before = YAK_TEXT(", ");
        yak_write_text(&writer, yak_verb_name(verb));
        if (counter->by[verb] != DURE_COUNTER_CITY_WIDE) {
            yak_write_text(&writer, YAK_TEXT(" by "));
            yak_write_text(&writer, yak_role_name(counter->by[verb]));
        }
    }
    if (counter->shared) {
        yak_write_text(&writer, YAK_TEXT(" shared"));
    }
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_YAK_NAME, line, writer.size);
    memcpy(identity, hash.bytes, 8);
}

static void put_counters(emitter_t *emitter)
{
    for (uint32_t i = 0; i < emitter->tree->counter_count; i++) {
        const yak_counter_t *counter = &emitter->tree->counters[i];
        put_name(emitter, counter->token);
        uint8_t identity[8];
        counter_identity(emitter->tree, counter, identity);
        uint8_t *bytes = reserve(emitter, sizeof identity);
        if (bytes != NULL) {
            memcpy(bytes, identity, sizeof identity);
        }
        put_u8(emitter, counter->made);
        put_u8(emitter, counter->period);
        put_u8(emitter, counter->shared);
        put_u8(emitter, 0);
        for (uint32_t verb = 0; verb < DURE_VERB_COUNT; verb++) {
            put_u8(emitter, counter->by[verb]);
        }
        put_u16(emitter, 0);
    }
}

static void put_lists(emitter_t *emitter)
{
    for (uint32_t i = 0; i < emitter->tree->list_count; i++) {
        put_name(emitter, emitter->tree->lists[i].token);
        put_u8(emitter, emitter->tree->lists[i].kind);
        put_u8(emitter, 0);
        put_u16(emitter, 0);
    }
}

static void put_members(emitter_t *emitter, const yak_set_t *set)
{
    /* Ascending: each time the least that is above the one before. */
    int64_t before = -1;
    for (uint32_t i = 0; i < set->count; i++) {
        int64_t least = INT64_MAX;
        for (const yak_value_t *constant = set->constants; constant != NULL;
             constant = constant->next) {
            if (constant->value > before && constant->value < least) {
                least = constant->value;
            }
        }
        put_i64(emitter, least);
        before = least;
    }
}

static void put_pool(emitter_t *emitter)
{
    for (uint32_t i = 0; i < emitter->constant_count; i++) {
        put_u8(emitter, emitter->constants[i].type);
    }
    for (uint32_t i = 0; i < emitter->constant_count; i++) {
        put_i64(emitter, emitter->constants[i].value);
    }
    uint32_t offset = 0;
    for (uint32_t i = 0; i < emitter->set_count; i++) {
        put_u16(emitter, offset);
        put_u16(emitter, emitter->sets[i]->count);
        put_u8(emitter, emitter->sets[i]->type);
        put_u8(emitter, 0);
        put_u16(emitter, 0);
        offset += emitter->sets[i]->count;
    }
    for (uint32_t i = 0; i < emitter->set_count; i++) {
        put_members(emitter, emitter->sets[i]);
    }
}

static void put_verb_rules(emitter_t *emitter, const yak_block_t *block)
{
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        shown_t shown = {.emitter = emitter};
        show_cond(&shown, rule->when);
        uint32_t count = shown.count;
        if (count > DURE_YAK_RULE_INPUTS_MAX) {
            count = DURE_YAK_RULE_INPUTS_MAX;
        }
        put_name(emitter, rule->name);
        put_u8(emitter, rule->kind);
        put_u8(emitter, count);
        for (uint32_t i = 0; i < DURE_YAK_RULE_INPUTS_MAX; i++) {
            put_u8(emitter, i < count ? shown.inputs[i] : 0);
        }
        put_u16(emitter, rule->days);
        put_u32(emitter, 0);
    }
}

static const yak_token_t *account_of(const yak_block_t *block, uint32_t kind)
{
    for (const yak_rule_t *rule = block->rules; rule != NULL; rule = rule->next) {
        if (rule->kind == kind) {
            return rule->account;
        }
    }
    return NULL;
}

static void put_verb(emitter_t *emitter, dure_verb_t verb)
{
    const yak_block_t *block = &emitter->tree->blocks[verb];
    use_rules(emitter, block);
    put_name(emitter, account_of(block, DURE_RULE_SUBSIDY));
    put_name(emitter, account_of(block, DURE_RULE_GIVE));
    put_name(emitter, account_of(block, DURE_RULE_REWARD));
    put_name(emitter, account_of(block, DURE_RULE_SHARE));
    put_u8(emitter, verb);
    put_u8(emitter, emitter->input_count);
    put_u8(emitter, block->rule_count);
    put_u8(emitter, 0);
    size_t steps = emitter->size;
    put_u32(emitter, 0);
    put_u32(emitter, 0);
    for (uint32_t i = 0; i < emitter->input_count; i++) {
        put_u8(emitter, emitter->inputs[i].kind);
        put_u8(emitter, emitter->inputs[i].role);
        put_u16(emitter, emitter->inputs[i].id);
    }
    put_verb_rules(emitter, block);
    put_rules(emitter, block);
    emitter->full = emitter->full || emitter->code_count > DURE_YAK_STEPS_MAX;
    if (!emitter->full) {
        dure_put_u32(emitter->image + steps, emitter->code_count);
    }
}

bool yak_emit(yak_tree_t *tree, uint8_t *image, size_t *image_size)
{
    emitter_t emitter = {.tree = tree, .image = image};
    emitter.constants = yak_take(tree, (YAK_IMAGE_CONSTANTS_MAX + 1) * sizeof(constant_t));
    emitter.sets = yak_take(tree, YAK_IMAGE_SETS_MAX * sizeof(yak_set_t *));
    if (emitter.constants == NULL || emitter.sets == NULL) {
        return false;
    }
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        use_rules(&emitter, &tree->blocks[verb]);
    }
    static const uint8_t magic[4] = {'D', 'Y', 'A', 'K'};
    uint8_t *bytes = reserve(&emitter, sizeof magic);
    DURE_ASSERT(bytes != NULL || emitter.full);
    if (bytes != NULL) {
        memcpy(bytes, magic, sizeof magic);
    }
    put_u32(&emitter, YAK_IMAGE_VERSION);
    put_u32(&emitter, 0);
    put_fund(&emitter);
    put_parameters(&emitter);
    put_counters(&emitter);
    put_lists(&emitter);
    put_pool(&emitter);
    for (uint32_t verb = 1; verb < DURE_VERB_COUNT; verb++) {
        if (tree->blocks[verb].token != NULL) {
            put_verb(&emitter, (dure_verb_t)verb);
        }
    }
    if (emitter.full) {
        yak_say_one(tree, YAK_SAYS_IMAGE_TOO_LARGE, tree->name,
                    yak_number_argument(tree, DURE_YAK_IMAGE_SIZE_MAX));
        return false;
    }
    dure_put_u32(image + 8, (uint32_t)emitter.size);
    *image_size = emitter.size;
    return true;
}

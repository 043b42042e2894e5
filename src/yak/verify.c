/* The verifier: one walk over a verb's code with the types of the stack.  What it accepts cannot
   fail: every operand is there and of its type, every jump goes forward within its rule, every rule
   is asked exactly once in the fixed order, and no parts exceed the amount. */
#include "yak/yak_private.h"

typedef struct {
    const dure_yak_program_t *program;
    const yak_pool_t *pool;
    dure_verb_t verb_number;
    const dure_yak_verb_t *verb;
    uint32_t depth;
    uint8_t types[YAK_STACK_MAX];
    uint32_t furthest; /* the furthest jump target so far */
    uint32_t phase;    /* place of the last rule's sort in the order */
    uint32_t rules_asked;
    int32_t last_rule;      /* within the phase */
    bool given;             /* GIVEN has been seen */
    bool amount_read_early; /* the amount was read before it */
    bool gives_amount;
    uint32_t gives;
    uint64_t give_sum;
    uint32_t rates[DURE_RULE_CAP + 1];
    uint64_t inputs_used;
    /* depth expected at each jump target, 0 = not a target */
    uint8_t target_depth[DURE_YAK_STEPS_MAX + 1];
} verifier_t;

typedef dure_yak_load_result_t result_t;

static bool push(verifier_t *v, uint32_t type)
{
    if (v->depth == YAK_STACK_MAX || type == YAK_TYPE_ERROR) {
        return false;
    }
    v->types[v->depth++] = (uint8_t)type;
    return true;
}

/* The popped type, or ERROR if the stack is empty. */
static uint32_t pop(verifier_t *v)
{
    return v->depth == 0 ? YAK_TYPE_ERROR : v->types[--v->depth];
}

static result_t typed(bool fits)
{
    return fits ? DURE_YAK_LOAD_OK : DURE_YAK_LOAD_TYPE;
}

static uint32_t constant_type(const verifier_t *v, uint32_t index)
{
    return index < v->pool->constant_count ? v->pool->constant_types[index] : YAK_TYPE_ERROR;
}

static int64_t constant_value(const verifier_t *v, uint32_t index)
{
    return (int64_t)dure_get_u64(v->pool->constants + 8 * (size_t)index);
}

static uint32_t input_type(verifier_t *v, uint32_t index)
{
    if (index >= v->verb->input_count) {
        return YAK_TYPE_ERROR;
    }
    v->inputs_used |= UINT64_C(1) << index;
    return yak_input_type(v->program, &v->verb->inputs[index]);
}

/* The parameter behind an input, or NULL. */
static const dure_yak_parameter_t *parameter_of(verifier_t *v, uint32_t index)
{
    if (index >= v->verb->input_count || v->verb->inputs[index].kind != DURE_INPUT_PARAMETER) {
        return NULL;
    }
    v->inputs_used |= UINT64_C(1) << index;
    return &v->program->parameters[v->verb->inputs[index].id];
}

/* ---- values and tests ---- */

static result_t verify_push(verifier_t *v, yak_opcode_t opcode, uint32_t a, uint32_t b)
{
    if (opcode == YAK_OP_CONST) {
        uint32_t type = constant_type(v, b);
        return typed(a == 0 && type != YAK_TYPE_PARTY && push(v, type));
    }
    if (opcode == YAK_OP_AMOUNT) {
        /* Before GIVEN the amount of a grant with fixed gives is not known. */
        v->amount_read_early = v->amount_read_early || !v->given;
        return typed(a == 0 && b == 0 && push(v, YAK_TYPE_WON));
    }
    uint32_t type = input_type(v, a);
    if (opcode == YAK_OP_INPUT) {
        return typed(b == 0 && type != YAK_TYPE_FLAG && push(v, type));
    }
    if (opcode == YAK_OP_FLAG) {
        return typed(b == 0 && type == YAK_TYPE_FLAG && push(v, YAK_TYPE_TEST));
    }
    bool attribute = type != YAK_TYPE_ERROR && v->verb->inputs[a].kind == DURE_INPUT_ATTRIBUTE;
    return typed(attribute && type == constant_type(v, b) && push(v, type));
}

static result_t verify_compare(verifier_t *v, yak_opcode_t opcode)
{
    uint32_t y = pop(v);
    uint32_t x = pop(v);
    bool party = opcode == YAK_OP_EQ_PARTY || opcode == YAK_OP_NE_PARTY;
    bool ordered = opcode >= YAK_OP_LT && opcode <= YAK_OP_GE;
    bool fits = x == y && x != YAK_TYPE_ERROR && x != YAK_TYPE_TEST &&
                (x == YAK_TYPE_PARTY) == party && (!ordered || yak_type_is_ordered(x));
    return typed(fits && push(v, YAK_TYPE_TEST));
}

static result_t verify_sum(verifier_t *v, yak_opcode_t opcode)
{
    uint32_t y = pop(v);
    uint32_t x = pop(v);
    bool fits = x == y && (x == YAK_TYPE_WON || (x == YAK_TYPE_COUNT && opcode == YAK_OP_ADD));
    return typed(fits && push(v, x));
}

static result_t verify_range(verifier_t *v, yak_opcode_t opcode)
{
    uint32_t high = pop(v);
    uint32_t low = pop(v);
    uint32_t x = pop(v);
    bool open = opcode == YAK_OP_RANGE_OPEN;
    bool fits = x == low && x == high && yak_type_is_ordered(x) && (x == YAK_TYPE_CLOCK) == open;
    return typed(fits && push(v, YAK_TYPE_TEST));
}

static result_t verify_set(verifier_t *v, uint32_t a, uint32_t b)
{
    uint32_t x = pop(v);
    bool fits = a == 0 && b < v->pool->set_count && x != YAK_TYPE_ERROR &&
                v->pool->sets[(size_t)b * YAK_IMAGE_SET_SIZE + 4] == x;
    return typed(fits && push(v, YAK_TYPE_TEST));
}

static result_t verify_within(verifier_t *v, uint32_t a, uint32_t b)
{
    uint32_t x = pop(v);
    bool fits = x == YAK_TYPE_REGION && constant_type(v, b) == YAK_TYPE_COUNT && a >= 1 && a <= 5 &&
                yak_region_digits(constant_value(v, b)) == a;
    return typed(fits && push(v, YAK_TYPE_TEST));
}

static result_t verify_logic(verifier_t *v, yak_opcode_t opcode)
{
    bool two = opcode == YAK_OP_AND || opcode == YAK_OP_OR;
    bool fits = pop(v) == YAK_TYPE_TEST && (!two || pop(v) == YAK_TYPE_TEST);
    return typed(fits && push(v, YAK_TYPE_TEST));
}

static result_t verify_jump(verifier_t *v, uint32_t at, uint32_t a, uint32_t b)
{
    if (a != 0 || b < 2 || b > v->verb->steps_max - at) {
        return DURE_YAK_LOAD_JUMP;
    }
    /* Only tests may lie on the stack, so that depth alone describes it. */
    for (uint32_t i = 0; i < v->depth; i++) {
        if (v->types[i] != YAK_TYPE_TEST) {
            return DURE_YAK_LOAD_TYPE;
        }
    }
    if (v->depth == 0) {
        return DURE_YAK_LOAD_TYPE;
    }
    uint32_t target = at + b;
    if (v->target_depth[target] != 0 && v->target_depth[target] != v->depth) {
        return DURE_YAK_LOAD_JUMP;
    }
    v->target_depth[target] = (uint8_t)v->depth;
    v->furthest = target > v->furthest ? target : v->furthest;
    return DURE_YAK_LOAD_OK;
}

/* ---- rules ---- */

/* The order in which sorts of rules are asked. */
static uint32_t phase_of(uint32_t kind)
{
    static const uint8_t phases[] = {[0] = 0,
                                     [DURE_RULE_GIVE] = 1,
                                     [DURE_RULE_ALLOW] = 2,
                                     [DURE_RULE_DENY] = 3,
                                     [DURE_RULE_HOLD] = 4,
                                     [DURE_RULE_SUBSIDY] = 5,
                                     [DURE_RULE_REWARD] = 6,
                                     [DURE_RULE_SHARE] = 7,
                                     [DURE_RULE_CAP] = 8};
    return phases[kind];
}

/* A rule is asked: it is of that kind, its turn, and its condition is all that was computed. */
static result_t verify_turn(verifier_t *v, uint32_t at, uint32_t rule, uint32_t kind)
{
    if (rule >= v->verb->rule_count || v->verb->rules[rule].kind != kind) {
        return DURE_YAK_LOAD_EFFECT;
    }
    uint32_t phase = phase_of(kind);
    if (phase < v->phase || (phase == v->phase && (int32_t)rule <= v->last_rule)) {
        return DURE_YAK_LOAD_NOT_CANONICAL;
    }
    v->phase = phase;
    v->last_rule = (int32_t)rule;
    v->rules_asked++;
    bool always = kind == DURE_RULE_ALLOW || kind == DURE_RULE_DENY;
    if (!always && (yak_verb_rules(v->verb_number)->effects & 1u << kind) == 0) {
        return DURE_YAK_LOAD_EFFECT;
    }
    uint32_t expected = kind == DURE_RULE_CAP ? YAK_TYPE_WON : YAK_TYPE_TEST;
    if (pop(v) != expected || v->depth != 0) {
        return DURE_YAK_LOAD_TYPE;
    }
    return v->furthest > at ? DURE_YAK_LOAD_JUMP : DURE_YAK_LOAD_OK;
}

static result_t verify_plain_rule(verifier_t *v, uint32_t at, yak_opcode_t opcode, uint32_t a,
                                  uint32_t b)
{
    uint32_t kind = opcode == YAK_OP_ALLOW  ? DURE_RULE_ALLOW
                    : opcode == YAK_OP_DENY ? DURE_RULE_DENY
                    : opcode == YAK_OP_HOLD ? DURE_RULE_HOLD
                                            : DURE_RULE_CAP;
    if (b != 0) {
        return DURE_YAK_LOAD_NOT_CANONICAL;
    }
    if (kind == DURE_RULE_CAP) {
        uint32_t made = opcode == YAK_OP_CAP_SUBSIDY ? DURE_MADE_SUBSIDY : DURE_MADE_REWARD;
        if (yak_verb_rules(v->verb_number)->cap != made) {
            return DURE_YAK_LOAD_EFFECT;
        }
    }
    return verify_turn(v, at, a, kind);
}

static result_t verify_give(verifier_t *v, uint32_t at, yak_opcode_t opcode, uint32_t a, uint32_t b)
{
    const dure_yak_parameter_t *parameter = NULL;
    int64_t most = 0;
    int64_t least = 1;
    if (opcode == YAK_OP_GIVE_AMOUNT) {
        v->gives_amount = true;
        if (b != 0) {
            return DURE_YAK_LOAD_NOT_CANONICAL;
        }
    } else if (opcode == YAK_OP_GIVE_CONST) {
        if (constant_type(v, b) != YAK_TYPE_WON) {
            return DURE_YAK_LOAD_TYPE;
        }
        most = constant_value(v, b);
        least = most;
    } else {
        parameter = parameter_of(v, b);
        if (parameter == NULL || parameter->unit != DURE_YAK_WON) {
            return DURE_YAK_LOAD_TYPE;
        }
        most = parameter->high;
        least = parameter->low;
    }
    /* At most 64 rules of at most 10^15: no overflow. */
    v->give_sum += (uint64_t)most;
    v->gives++;
    bool sound =
        least >= 1 && v->give_sum <= DURE_AMOUNT_WON_MAX && (!v->gives_amount || v->gives == 1);
    return sound ? verify_turn(v, at, a, DURE_RULE_GIVE) : DURE_YAK_LOAD_EFFECT;
}

static result_t verify_part(verifier_t *v, uint32_t at, yak_opcode_t opcode, uint32_t a, uint32_t b)
{
    uint32_t sort = ((uint32_t)opcode - YAK_OP_SUBSIDY_CONST) / 2;
    bool constant = ((uint32_t)opcode - YAK_OP_SUBSIDY_CONST) % 2 == 0;
    uint32_t kind = DURE_RULE_SUBSIDY + sort;
    int64_t most = 0;
    if (constant) {
        if (constant_type(v, b) != YAK_TYPE_RATE) {
            return DURE_YAK_LOAD_TYPE;
        }
        most = constant_value(v, b);
    } else {
        const dure_yak_parameter_t *parameter = parameter_of(v, b);
        if (parameter == NULL || parameter->unit != DURE_YAK_RATE) {
            return DURE_YAK_LOAD_TYPE;
        }
        most = parameter->high;
    }
    v->rates[kind] += (uint32_t)most;
    if (v->rates[kind] > DURE_RATE_ONE) {
        return DURE_YAK_LOAD_EFFECT;
    }
    return verify_turn(v, at, a, kind);
}

static result_t verify_given(verifier_t *v, uint32_t a, uint32_t b)
{
    bool sound = v->verb_number == DURE_VERB_GRANT && v->gives > 0 && !v->gives_amount &&
                 !v->given && !v->amount_read_early && v->phase == phase_of(DURE_RULE_GIVE) &&
                 v->depth == 0;
    if (!sound) {
        return DURE_YAK_LOAD_EFFECT;
    }
    v->given = true;
    return a == 0 && b == 0 ? DURE_YAK_LOAD_OK : DURE_YAK_LOAD_NOT_CANONICAL;
}

/* ---- the walk ---- */

static result_t verify_instruction(verifier_t *v, uint32_t at, uint32_t opcode, uint32_t a,
                                   uint32_t b)
{
    /* -Wswitch-enum keeps this complete; numbers that are no opcode fall out below. */
    switch ((yak_opcode_t)opcode) {
    case YAK_OP_CONST:
    case YAK_OP_INPUT:
    case YAK_OP_INPUT_OR:
    case YAK_OP_AMOUNT:
    case YAK_OP_FLAG:
        return verify_push(v, (yak_opcode_t)opcode, a, b);
    case YAK_OP_TRUE:
        return typed(a == 0 && b == 0 && push(v, YAK_TYPE_TEST));
    case YAK_OP_ADD:
    case YAK_OP_MINUS:
        return a == 0 && b == 0 ? verify_sum(v, (yak_opcode_t)opcode) : DURE_YAK_LOAD_NOT_CANONICAL;
    case YAK_OP_EQ:
    case YAK_OP_NE:
    case YAK_OP_LT:
    case YAK_OP_LE:
    case YAK_OP_GT:
    case YAK_OP_GE:
    case YAK_OP_EQ_PARTY:
    case YAK_OP_NE_PARTY:
        return a == 0 && b == 0 ? verify_compare(v, (yak_opcode_t)opcode)
                                : DURE_YAK_LOAD_NOT_CANONICAL;
    case YAK_OP_IN_SET:
        return verify_set(v, a, b);
    case YAK_OP_RANGE:
    case YAK_OP_RANGE_OPEN:
        return a == 0 && b == 0 ? verify_range(v, (yak_opcode_t)opcode)
                                : DURE_YAK_LOAD_NOT_CANONICAL;
    case YAK_OP_WITHIN:
        return verify_within(v, a, b);
    case YAK_OP_NOT:
    case YAK_OP_AND:
    case YAK_OP_OR:
        return a == 0 && b == 0 ? verify_logic(v, (yak_opcode_t)opcode)
                                : DURE_YAK_LOAD_NOT_CANONICAL;
    case YAK_OP_JUMP_FALSE:
    case YAK_OP_JUMP_TRUE:
        return verify_jump(v, at, a, b);
    case YAK_OP_ALLOW:
    case YAK_OP_DENY:
    case YAK_OP_HOLD:
    case YAK_OP_CAP_SUBSIDY:
    case YAK_OP_CAP_REWARD:
        return verify_plain_rule(v, at, (yak_opcode_t)opcode, a, b);
    case YAK_OP_GIVE_CONST:
    case YAK_OP_GIVE_PARAM:
    case YAK_OP_GIVE_AMOUNT:
        return verify_give(v, at, (yak_opcode_t)opcode, a, b);
    case YAK_OP_GIVEN:
        return verify_given(v, a, b);
    case YAK_OP_SUBSIDY_CONST:
    case YAK_OP_SUBSIDY_PARAM:
    case YAK_OP_REWARD_CONST:
    case YAK_OP_REWARD_PARAM:
    case YAK_OP_SHARE_CONST:
    case YAK_OP_SHARE_PARAM:
        return verify_part(v, at, (yak_opcode_t)opcode, a, b);
    }
    return DURE_YAK_LOAD_TYPE;
}

/* At a jump target the stack is what it was at the jump: that many tests. */
static bool target_fits(const verifier_t *v, uint32_t at)
{
    if (v->target_depth[at] == 0) {
        return true;
    }
    if (v->target_depth[at] != v->depth) {
        return false;
    }
    for (uint32_t i = 0; i < v->depth; i++) {
        if (v->types[i] != YAK_TYPE_TEST) {
            return false;
        }
    }
    return true;
}

/* A grant gives, by fixed gives or by the batch's figure; what it asks of `amount` follows. */
static bool grant_is_sound(const verifier_t *v)
{
    return v->verb_number != DURE_VERB_GRANT || v->gives_amount || v->given;
}

dure_yak_load_result_t yak_verify_code(const dure_yak_program_t *program, const yak_pool_t *pool,
                                       dure_verb_t verb_number)
{
    verifier_t verifier;
    memset(&verifier, 0, sizeof verifier);
    verifier_t *v = &verifier;
    v->program = program;
    v->pool = pool;
    v->verb_number = verb_number;
    v->verb = &program->verbs[verb_number];
    v->last_rule = -1;
    const uint8_t *code = program->image.data + v->verb->code_offset;
    for (uint32_t at = 0; at < v->verb->steps_max; at++) {
        const uint8_t *instruction = code + (size_t)at * YAK_IMAGE_INSTRUCTION;
        if (!target_fits(v, at)) {
            return DURE_YAK_LOAD_JUMP;
        }
        result_t result = verify_instruction(v, at, instruction[0], instruction[1],
                                             dure_get_u16(instruction + 2));
        if (result != DURE_YAK_LOAD_OK) {
            return result;
        }
    }
    uint64_t all_inputs =
        v->verb->input_count == 64 ? UINT64_MAX : (UINT64_C(1) << v->verb->input_count) - 1;
    if (v->depth != 0 || v->furthest >= v->verb->steps_max + 1 ||
        v->target_depth[v->verb->steps_max] != 0) {
        return DURE_YAK_LOAD_JUMP;
    }
    if (v->rules_asked != v->verb->rule_count || !grant_is_sound(v)) {
        return DURE_YAK_LOAD_EFFECT;
    }
    return v->inputs_used == all_inputs ? DURE_YAK_LOAD_OK : DURE_YAK_LOAD_NOT_CANONICAL;
}

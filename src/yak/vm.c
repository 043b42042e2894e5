/* The VM: decides with a verified image.  A test is true, false or unknown; a value that is not
   known makes every test on it unknown and names the input that is missing. */
#include "yak/yak_private.h"

typedef struct {
    int64_t value;   /* of a test: 0 or 1 */
    int32_t missing; /* -1: known; else the input whose absence makes it unknown */
} slot_t;

typedef struct {
    const dure_yak_program_t *program;
    const dure_yak_verb_t *verb;
    const dure_yak_value_t *inputs;
    int64_t amount;
    dure_yak_decision_t *decision;
    bool allowed;
    int32_t allow_missing, deny_missing, hold_missing, effect_missing;
} run_t;

/* Little-endian on every machine; compilers make one load of it. */
static inline int64_t load_i64(const uint8_t *bytes)
{
    uint64_t value = 0;
    for (uint32_t i = 0; i < 8; i++) {
        value |= (uint64_t)bytes[i] << (8 * i);
    }
    return (int64_t)value;
}

static inline uint32_t load_u16(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8;
}

static inline int64_t constant(const run_t *run, uint32_t index)
{
    return load_i64(run->program->image.data + run->program->constants_offset + 8 * (size_t)index);
}

static inline slot_t input(const run_t *run, uint32_t index)
{
    const dure_yak_value_t *value = &run->inputs[index];
    return (slot_t){value->value, value->known ? -1 : (int32_t)index};
}

static inline int64_t saturating_add(int64_t a, int64_t b)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return b < 0 ? INT64_MIN : INT64_MAX;
    }
    return sum;
}

/* The first unknown of two. */
static inline int32_t either_missing(slot_t x, slot_t y)
{
    return x.missing >= 0 ? x.missing : y.missing;
}

static inline bool compare(uint32_t opcode, int64_t x, int64_t y)
{
    switch (opcode) {
    case YAK_OP_EQ:
        return x == y;
    case YAK_OP_NE:
        return x != y;
    case YAK_OP_LT:
        return x < y;
    case YAK_OP_LE:
        return x <= y;
    case YAK_OP_GT:
        return x > y;
    case YAK_OP_GE:
        return x >= y;
    case YAK_OP_EQ_PARTY:
        return x == y && x != 0;
    case YAK_OP_NE_PARTY:
        return x != y || x == 0;
    default:
        return false;
    }
}

static bool in_set(const run_t *run, uint32_t index, int64_t value)
{
    const uint8_t *image = run->program->image.data;
    const uint8_t *set = image + run->program->sets_offset + (size_t)index * YAK_IMAGE_SET_SIZE;
    const uint8_t *members = image + run->program->members_offset + 8 * (size_t)load_u16(set);
    uint32_t low = 0;
    uint32_t high = load_u16(set + 2);
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        int64_t member = load_i64(members + 8 * (size_t)middle);
        if (member == value) {
            return true;
        }
        if (member < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

/* True if the first digits of a region are those of the prefix. */
static bool region_within(int64_t region, int64_t prefix)
{
    while (region > prefix) {
        region /= 10;
    }
    return region == prefix;
}

static slot_t both(slot_t x, slot_t y)
{
    bool is_false = (x.missing < 0 && x.value == 0) || (y.missing < 0 && y.value == 0);
    if (is_false) {
        return (slot_t){0, -1};
    }
    return (slot_t){1, either_missing(x, y)};
}

static slot_t either(slot_t x, slot_t y)
{
    bool is_true = (x.missing < 0 && x.value != 0) || (y.missing < 0 && y.value != 0);
    if (is_true) {
        return (slot_t){1, -1};
    }
    return (slot_t){0, either_missing(x, y)};
}

/* ---- rules ---- */

static void keep_first(int32_t *slot, int32_t missing)
{
    if (*slot < 0) {
        *slot = missing;
    }
}

static void ask_rule(run_t *run, uint32_t opcode, uint32_t rule, slot_t test)
{
    dure_yak_decision_t *decision = run->decision;
    bool unknown = test.missing >= 0;
    bool holds = test.value != 0 || unknown;
    if (opcode == YAK_OP_ALLOW) {
        if (unknown) {
            keep_first(&run->allow_missing, test.missing);
        } else if (holds) {
            run->allowed = true;
        }
    } else if (opcode == YAK_OP_DENY) {
        if (holds) {
            /* `missing` belongs to the first deny that holds. */
            run->deny_missing = decision->denies == 0 ? test.missing : run->deny_missing;
            decision->denies |= UINT64_C(1) << rule;
        }
    } else if (holds) {
        run->hold_missing = decision->holds == 0 ? test.missing : run->hold_missing;
        decision->holds |= UINT64_C(1) << rule;
        uint32_t days = run->verb->rules[rule].hold_days;
        decision->hold_days = days > decision->hold_days ? days : decision->hold_days;
    }
}

/* A parameter's value within its declared range, whatever the caller says. */
static int64_t parameter(run_t *run, uint32_t index)
{
    const dure_yak_parameter_t *declared = &run->program->parameters[run->verb->inputs[index].id];
    slot_t slot = input(run, index);
    if (slot.missing >= 0) {
        keep_first(&run->effect_missing, slot.missing);
        return declared->low;
    }
    int64_t value = slot.value < declared->low ? declared->low : slot.value;
    return value > declared->high ? declared->high : value;
}

static void ask_money(run_t *run, uint32_t opcode, uint32_t operand, slot_t test)
{
    dure_yak_decision_t *decision = run->decision;
    if (test.missing >= 0) {
        keep_first(&run->effect_missing, test.missing);
        return;
    }
    if (test.value == 0) {
        return;
    }
    if (opcode <= YAK_OP_GIVE_AMOUNT) {
        int64_t won = opcode == YAK_OP_GIVE_CONST   ? constant(run, operand)
                      : opcode == YAK_OP_GIVE_PARAM ? parameter(run, operand)
                                                    : run->amount;
        decision->give = dure_amount_plus(decision->give, dure_amount((uint64_t)won));
        return;
    }
    bool is_constant = opcode == YAK_OP_SUBSIDY_CONST || opcode == YAK_OP_REWARD_CONST ||
                       opcode == YAK_OP_SHARE_CONST;
    int64_t rate = is_constant ? constant(run, operand) : parameter(run, operand);
    dure_amount_t part = dure_amount_rate(dure_amount((uint64_t)run->amount), (uint32_t)rate);
    dure_amount_t *sum = opcode <= YAK_OP_SUBSIDY_PARAM  ? &decision->subsidy
                         : opcode <= YAK_OP_REWARD_PARAM ? &decision->reward
                                                         : &decision->share;
    *sum = dure_amount_plus(*sum, part);
}

static void cap(run_t *run, uint32_t opcode, slot_t limit)
{
    dure_yak_decision_t *decision = run->decision;
    if (limit.missing >= 0) {
        keep_first(&run->effect_missing, limit.missing);
        return;
    }
    int64_t won = limit.value < 0 ? 0 : limit.value;
    dure_amount_t *sum = opcode == YAK_OP_CAP_SUBSIDY ? &decision->subsidy : &decision->reward;
    if ((int64_t)sum->won > won) {
        *sum = dure_amount((uint64_t)won);
    }
}

/* ---- the loop ---- */

static slot_t minus(slot_t x, slot_t y)
{
    int64_t difference;
    if (__builtin_sub_overflow(x.value, y.value, &difference)) {
        difference = x.value < 0 ? INT64_MIN : INT64_MAX;
    }
    return (slot_t){difference < 0 ? 0 : difference, either_missing(x, y)};
}

static slot_t range(uint32_t opcode, slot_t x, slot_t low, slot_t high)
{
    bool below = opcode == YAK_OP_RANGE ? x.value <= high.value : x.value < high.value;
    slot_t bounds = {0, either_missing(low, high)};
    return (slot_t){x.value >= low.value && below, either_missing(x, bounds)};
}

/* Each step takes the place above the topmost value and returns the new one.  The verifier has made
   sure of every operand and of the stack. */
static inline slot_t *step_value(const run_t *run, uint32_t opcode, uint32_t a, uint32_t b,
                                 slot_t *top)
{
    switch (opcode) {
    case YAK_OP_CONST:
        *top = (slot_t){constant(run, b), -1};
        return top + 1;
    case YAK_OP_INPUT:
        *top = input(run, a);
        return top + 1;
    case YAK_OP_INPUT_OR:
        *top = input(run, a);
        if (top->missing >= 0) {
            *top = (slot_t){constant(run, b), -1};
        }
        return top + 1;
    case YAK_OP_AMOUNT:
        *top = (slot_t){run->amount, -1};
        return top + 1;
    case YAK_OP_ADD:
        top[-2] = (slot_t){saturating_add(top[-2].value, top[-1].value),
                           either_missing(top[-2], top[-1])};
        return top - 1;
    default: /* MINUS */
        top[-2] = minus(top[-2], top[-1]);
        return top - 1;
    }
}

static inline slot_t *step_test(const run_t *run, uint32_t opcode, uint32_t a, uint32_t b,
                                slot_t *top)
{
    switch (opcode) {
    case YAK_OP_IN_SET:
        top[-1].value = in_set(run, b, top[-1].value);
        return top;
    case YAK_OP_RANGE:
    case YAK_OP_RANGE_OPEN:
        top[-3] = range(opcode, top[-3], top[-2], top[-1]);
        return top - 2;
    case YAK_OP_WITHIN:
        top[-1].value = region_within(top[-1].value, constant(run, b));
        return top;
    case YAK_OP_FLAG:
        *top = input(run, a);
        top->value = top->value != 0;
        return top + 1;
    default: /* the comparisons */
        top[-2] = (slot_t){compare(opcode, top[-2].value, top[-1].value),
                           either_missing(top[-2], top[-1])};
        return top - 1;
    }
}

static inline slot_t *step_logic(uint32_t opcode, slot_t *top)
{
    switch (opcode) {
    case YAK_OP_TRUE:
        *top = (slot_t){1, -1};
        return top + 1;
    case YAK_OP_NOT:
        top[-1].value = top[-1].value == 0;
        return top;
    case YAK_OP_AND:
        top[-2] = both(top[-2], top[-1]);
        return top - 1;
    default: /* OR */
        top[-2] = either(top[-2], top[-1]);
        return top - 1;
    }
}

static inline slot_t *step_rule(run_t *run, uint32_t opcode, uint32_t a, uint32_t b, slot_t *top)
{
    switch (opcode) {
    case YAK_OP_ALLOW:
    case YAK_OP_DENY:
    case YAK_OP_HOLD:
        ask_rule(run, opcode, a, top[-1]);
        return top - 1;
    case YAK_OP_GIVEN:
        run->amount = (int64_t)run->decision->give.won;
        return top;
    case YAK_OP_CAP_SUBSIDY:
    case YAK_OP_CAP_REWARD:
        cap(run, opcode, top[-1]);
        return top - 1;
    default: /* the gives and parts */
        ask_money(run, opcode, b, top[-1]);
        return top - 1;
    }
}

static void run_code(run_t *run)
{
    const uint8_t *code = run->program->image.data + run->verb->code_offset;
    const uint8_t *end = code + run->verb->code_size;
    slot_t stack[YAK_STACK_MAX];
    slot_t *top = stack; /* one above the topmost */
    uint32_t steps = 0;
    while (code < end) {
        uint32_t opcode = code[0];
        uint32_t a = code[1];
        uint32_t b = load_u16(code + 2);
        code += YAK_IMAGE_INSTRUCTION;
        steps++;
        /* Opcodes are numbered in these groups. */
        if (opcode <= YAK_OP_MINUS) {
            top = step_value(run, opcode, a, b, top);
        } else if (opcode <= YAK_OP_FLAG) {
            top = step_test(run, opcode, a, b, top);
        } else if (opcode <= YAK_OP_OR) {
            top = step_logic(opcode, top);
        } else if (opcode <= YAK_OP_JUMP_TRUE) {
            bool wanted = opcode == YAK_OP_JUMP_TRUE;
            if (top[-1].missing < 0 && (top[-1].value != 0) == wanted) {
                code += (size_t)(b - 1) * YAK_IMAGE_INSTRUCTION;
            }
        } else {
            top = step_rule(run, opcode, a, b, top);
        }
    }
    run->decision->steps = steps;
}

static uint8_t lowest_bit(uint64_t bits)
{
    return (uint8_t)__builtin_ctzll(bits);
}

/* One answer from what the rules said: deny wins, then an allow must hold, then the effects must be
   computable. */
static void conclude(const run_t *run, bool grant)
{
    dure_yak_decision_t *decision = run->decision;
    decision->outcome = DURE_YAK_REFUSED;
    if (decision->denies != 0) {
        decision->why = DURE_YAK_WHY_DENY;
        decision->rule = lowest_bit(decision->denies);
        decision->missing = (int8_t)run->deny_missing;
    } else if (!run->allowed) {
        decision->why = DURE_YAK_WHY_NO_ALLOW;
        decision->missing = (int8_t)run->allow_missing;
    } else if (run->effect_missing >= 0) {
        decision->why = DURE_YAK_WHY_MISSING;
        decision->missing = (int8_t)run->effect_missing;
    } else if (grant && decision->give.won == 0) {
        decision->why = DURE_YAK_WHY_NOTHING;
    } else if (decision->holds != 0) {
        decision->outcome = DURE_YAK_HELD;
        decision->rule = lowest_bit(decision->holds);
        decision->missing = (int8_t)run->hold_missing;
    } else {
        decision->outcome = DURE_YAK_ACCEPTED;
    }
    if (decision->outcome == DURE_YAK_REFUSED) {
        decision->give = DURE_AMOUNT_ZERO;
        decision->subsidy = DURE_AMOUNT_ZERO;
        decision->reward = DURE_AMOUNT_ZERO;
        decision->share = DURE_AMOUNT_ZERO;
    }
    if (decision->outcome != DURE_YAK_HELD) {
        decision->holds = 0;
        decision->hold_days = 0;
    }
}

void dure_yak_decide(dure_yak_decision_t *decision, const dure_yak_program_t *program,
                     dure_verb_t verb, dure_amount_t amount, const dure_yak_value_t *inputs)
{
    DURE_ASSERT((uint32_t)verb >= 1 && (uint32_t)verb < DURE_VERB_COUNT);
    DURE_ASSERT(dure_amount_is_valid(amount.won));
    memset(decision, 0, sizeof *decision);
    decision->missing = -1;
    run_t run = {
        program, &program->verbs[verb], inputs, (int64_t)amount.won, decision, false, -1, -1, -1,
        -1};
    if (!run.verb->declared) {
        decision->outcome = DURE_YAK_REFUSED;
        decision->why = DURE_YAK_WHY_NOT_DECLARED;
        return;
    }
    run_code(&run);
    conclude(&run, verb == DURE_VERB_GRANT);
}

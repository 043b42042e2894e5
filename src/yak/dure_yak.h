/* yak: the rule language.  Source -> typed tree -> checked -> image (bytecode) -> verified ->
   decision. Pure: the caller owns all memory; nothing is allocated, read or remembered.  docs/yak
   is the contract.

   The ledger never sees source.  It loads an image, asks which inputs a verb reads, fills them, and
   calls dure_yak_decide.  So the language cannot reach anything that is not in the input list. */
#ifndef DURE_YAK_H
#define DURE_YAK_H

#include "base/dure_base.h"

typedef enum {
    DURE_VERB_PURCHASE = 1,
    DURE_VERB_GRANT = 2,
    DURE_VERB_PAYMENT = 3,
    DURE_VERB_GIFT = 4,
    DURE_VERB_REDEMPTION = 5,
    DURE_VERB_RECIRCULATION = 6,
    DURE_VERB_CANCEL = 7,
    DURE_VERB_REMAINDER = 8,
    DURE_VERB_RECALL = 9,
} dure_verb_t;
#define DURE_VERB_COUNT 10u /* verbs index arrays directly; 0 is unused */

typedef enum {
    DURE_ROLE_NONE = 0,
    DURE_ROLE_BUYER = 1,
    DURE_ROLE_RECEIVER = 2,
    DURE_ROLE_PAYER = 3,
    DURE_ROLE_PAYEE = 4,
    DURE_ROLE_GIVER = 5,
    DURE_ROLE_HOLDER = 6,
} dure_role_t;

/* ---- what a decision may read
 * --------------------------------------------------------------------- */
typedef enum {
    DURE_INPUT_TODAY = 1,   /* city day */
    DURE_INPUT_TIME = 2,    /* minute of the city day */
    DURE_INPUT_WEEKDAY = 3, /* 0 = Monday */
    DURE_INPUT_CHANNEL = 4, /* vocabulary "channels" */
    DURE_INPUT_ISSUER_REGION = 5,
    DURE_INPUT_PARTY = 6,     /* role: the party's number */
    DURE_INPUT_KIND = 7,      /* role: vocabulary "kinds" */
    DURE_INPUT_ATTRIBUTE = 8, /* role, id = attribute number of the vocabulary */
    DURE_INPUT_HOLDING = 9,   /* role: won of this fund's lots, as before the event */
    DURE_INPUT_WALLET = 10,   /* role: won of all the issuer's funds, as before the event */
    DURE_INPUT_MEMBER = 11,   /* role, id = index of the program's list: 1 or 0 */
    /* id = index of the program's counter: its value in the present period, of the party whose role
       is counter.by[verb], or of the city */
    DURE_INPUT_COUNTER = 12,
    DURE_INPUT_PARAMETER = 13,  /* id = index of the program's parameter: the value in force */
    DURE_INPUT_LOT_USED = 14,   /* hundredths of a percent */
    DURE_INPUT_LOT_AGE = 15,    /* days */
    DURE_INPUT_LOT_ORIGIN = 16, /* vocabulary "origins" */
    DURE_INPUT_LOT_GIFTED = 17, /* 1 or 0 */
} dure_yak_input_kind_t;

typedef struct {
    uint8_t kind; /* dure_yak_input_kind_t */
    uint8_t role; /* dure_role_t, NONE where the kind has no role */
    uint16_t id;  /* as the kind says, else 0 */
} dure_yak_input_t;

typedef struct {
    int64_t value; /* 0 if not known; a party number of 0 is `nobody` and equals no one */
    bool
        known; /* only attributes can be unknown; `missing ... counts as` is applied by the image */
} dure_yak_value_t;

/* ---- a loaded program
 * ------------------------------------------------------------------------------ */
typedef enum {
    DURE_YAK_WON = 1,
    DURE_YAK_RATE = 2,
    DURE_YAK_COUNT = 3,
    DURE_YAK_DAYS = 4
} dure_yak_unit_t;

typedef struct {
    dure_name_t name;
    uint8_t unit; /* dure_yak_unit_t; rates in hundredths of a percent */
    bool fixed_at_issue;
    int64_t low, high, initial; /* low <= initial <= high */
    uint32_t notice_days;
} dure_yak_parameter_t;

typedef enum {
    DURE_MADE_COUNT = 1,
    DURE_MADE_AMOUNT = 2,
    DURE_MADE_SUBSIDY = 3,
    DURE_MADE_REWARD = 4
} dure_made_t;

typedef struct {
    dure_name_t name;
    uint8_t identity[8]; /* first bytes of H(YAK_NAME, canonical line): same line, same counter */
    uint8_t made;        /* dure_made_t: what one event adds */
    uint8_t period;      /* dure_period_t */
    bool shared;         /* over all the issuer's funds with that line */
    /* Which events add: for each verb the role whose counter it is (per party), or 0xff =
       city-wide, or 0 = this verb does not add.  A counter is either per party in all its verbs or
       city-wide in all. */
    uint8_t by[DURE_VERB_COUNT];
} dure_yak_counter_t;
#define DURE_COUNTER_CITY_WIDE 0xffu

typedef enum {
    DURE_RULE_ALLOW = 1,
    DURE_RULE_DENY = 2,
    DURE_RULE_HOLD = 3,
    DURE_RULE_GIVE = 4,
    DURE_RULE_SUBSIDY = 5,
    DURE_RULE_REWARD = 6,
    DURE_RULE_SHARE = 7,
    DURE_RULE_CAP = 8,
} dure_yak_rule_kind_t;

typedef struct {
    uint8_t kind;        /* dure_yak_rule_kind_t */
    dure_name_t name;    /* DENY and HOLD only, else all zero */
    uint32_t hold_days;  /* HOLD only */
    uint8_t input_count; /* inputs its condition compares, most telling first, for the refusal's
                            numbers */
    uint8_t inputs[DURE_YAK_RULE_INPUTS_MAX]; /* indexes into the verb's inputs */
} dure_yak_rule_t;

typedef struct {
    bool declared;                   /* false: the verb is refused by default */
    uint8_t input_count;             /* <= DURE_YAK_INPUTS_MAX */
    uint8_t rule_count;              /* <= DURE_YAK_RULES_MAX */
    uint32_t steps_max;              /* worst case instructions of one decision */
    uint32_t code_offset, code_size; /* within the image */
    dure_yak_input_t inputs[DURE_YAK_INPUTS_MAX];
    dure_yak_rule_t rules[DURE_YAK_RULES_MAX];
    dure_name_t subsidy_from, give_from, reward_from, share_to; /* city accounts; zero if none */
} dure_yak_verb_t;

typedef struct {
    dure_name_t name;
    uint32_t issuer_city; /* region code */
    /* Validity: exactly one of the two. */
    uint32_t validity_months, validity_days; /* both 0 if `until` is used */
    dure_day_t until;                        /* last day, else 0 */
    dure_name_t lapse_to;
    uint32_t priority;
    uint32_t refund_days, grace_days; /* 0 = no `refund` clause */
    uint8_t old_lots;                 /* 1 keep, 2 follow, 3 follow if looser */
    uint32_t old_lots_notice_days;
    uint8_t parameter_count, counter_count, list_count;
    dure_yak_parameter_t parameters[DURE_FUND_PARAMETERS_MAX];
    dure_yak_counter_t counters[DURE_FUND_COUNTERS_MAX];
    dure_name_t lists[DURE_YAK_LISTS_MAX];
    uint8_t list_kinds[DURE_YAK_LISTS_MAX]; /* vocabulary "kinds" */
    dure_yak_verb_t verbs[DURE_VERB_COUNT];
    dure_bytes_t image; /* borrows */
    /* Where the constants and sets stand in the image; for dure_yak_decide only. */
    uint32_t constants_offset, sets_offset, members_offset;
} dure_yak_program_t;

typedef enum {
    DURE_YAK_LOAD_OK = 0,
    DURE_YAK_LOAD_MAGIC,         /* not an image, or of an unknown version */
    DURE_YAK_LOAD_TRUNCATED,     /* a section runs over the end, or bytes are left over */
    DURE_YAK_LOAD_NOT_CANONICAL, /* a value outside its range or out of order */
    DURE_YAK_LOAD_TYPE,          /* an instruction on operands of the wrong type */
    DURE_YAK_LOAD_JUMP,          /* a jump that is not forward, or leaves the verb */
    DURE_YAK_LOAD_EFFECT, /* an effect the verb may not have, or parts that could exceed the amount
                           */
    DURE_YAK_LOAD_COST,   /* over DURE_YAK_STEPS_MAX, or not the printed bound */
} dure_yak_load_result_t;

/* dure_yak_load: verifies the whole image and fills *program, which borrows the image's bytes.
   After OK no decision can fail, whatever the inputs. */
dure_yak_load_result_t dure_yak_load(dure_yak_program_t *program, dure_bytes_t image);
const char *dure_yak_load_result_name(dure_yak_load_result_t result);

/* ---- deciding
 * ------------------------------------------------------------------------------------- */
typedef enum { DURE_YAK_ACCEPTED = 1, DURE_YAK_HELD = 2, DURE_YAK_REFUSED = 3 } dure_yak_outcome_t;
typedef enum {
    DURE_YAK_WHY_NONE = 0,
    DURE_YAK_WHY_NOT_DECLARED = 1, /* the program does not mention the verb */
    DURE_YAK_WHY_NO_ALLOW = 2,     /* no allow holds */
    DURE_YAK_WHY_DENY = 3,         /* `rule` is the first deny that holds, `denies` has all */
    DURE_YAK_WHY_MISSING = 4,      /* an effect needs an attribute that is unknown: `missing` */
    DURE_YAK_WHY_NOTHING = 5,      /* a grant whose gives add up to nothing */
} dure_yak_why_t;

typedef struct {
    uint8_t outcome;    /* dure_yak_outcome_t */
    uint8_t why;        /* dure_yak_why_t, if refused */
    uint8_t rule;       /* first deny or hold that holds: index into the verb's rules */
    int8_t missing;     /* input index whose absence decided, or -1 */
    uint64_t denies;    /* bit i: rule i is a deny that holds or is unknown */
    uint64_t holds;     /* bit i: rule i is a hold that holds or is unknown */
    uint32_t hold_days; /* HELD: the longest hold */
    uint32_t steps;     /* instructions executed, <= steps_max */
    /* Already capped; sums of the rules of one sort; all zero if refused.  A grant with fixed gives
       is of the amount `give`. */
    dure_amount_t give, subsidy, reward, share;
} dure_yak_decision_t;

/* dure_yak_decide: inputs in the order of program->verbs[verb].inputs.  `amount` must be in range;
   for grants with fixed gives pass 0.  Never fails, never exceeds steps_max. */
void dure_yak_decide(dure_yak_decision_t *decision, const dure_yak_program_t *program,
                     dure_verb_t verb, dure_amount_t amount, const dure_yak_value_t *inputs);

/* ---- compiling (tools and tests; the ledger takes images)
 * ------------------------------------------- */
typedef struct {
    uint32_t line, column; /* from 1; column counts characters, not bytes */
    uint32_t length;       /* characters underlined */
    uint16_t code;         /* stable number of the message, docs/yak/messages.md */
    char en[384],
        ko[512]; /* one sentence each: what was wrong, what was expected, the fix if known */
} dure_yak_diagnostic_t;

#define DURE_YAK_DIAGNOSTICS_MAX 64u

typedef struct {
    uint32_t count;    /* errors found; at most DURE_YAK_DIAGNOSTICS_MAX are kept */
    uint32_t overflow; /* further errors not kept */
    dure_yak_diagnostic_t list[DURE_YAK_DIAGNOSTICS_MAX];
} dure_yak_diagnostics_t;

/* Bytes of 16-byte aligned work space that dure_yak_compile needs for any source it accepts. */
size_t dure_yak_workspace_size(void);

/* dure_yak_compile: checks `source` (UTF-8) and, if it has no error, writes the image (at most
   DURE_YAK_IMAGE_SIZE_MAX bytes) and its size.  False: *diagnostics says all that is wrong. */
DURE_MUST_USE bool dure_yak_compile(void *workspace, size_t workspace_size, dure_bytes_t source,
                                    uint8_t *image, size_t *image_size,
                                    dure_yak_diagnostics_t *diagnostics);

#endif

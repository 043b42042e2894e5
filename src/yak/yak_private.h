/* What the files of src/yak share: text, work space, tokens, the typed tree, the tables of the
   language.  Nothing here is for other folders. */
#ifndef DURE_YAK_PRIVATE_H
#define DURE_YAK_PRIVATE_H

#include "codec/dure_vocabulary.h"
#include "yak/dure_yak.h"
#include "yak/dure_yak_tools.h"
#include "yak/messages.h"
#include "yak/opcodes.h"

#include <string.h>

/* ---- text --------------------------------------------------------------------------------------
 */
typedef struct {
    const char *data;
    size_t size; /* bytes */
} yak_text_t;

#define YAK_TEXT(literal) ((yak_text_t){literal, sizeof(literal) - 1})
yak_text_t yak_text_of(const char *zero_ended);
bool yak_text_equal(yak_text_t a, yak_text_t b);
yak_text_t yak_name_text(const dure_name_t *name);

/* A bounded writer: what does not fit is left out at a character boundary; always zero-ended. */
typedef struct {
    char *data;
    size_t capacity, size;
} yak_writer_t;

yak_writer_t yak_writer(char *data, size_t capacity);
void yak_write_text(yak_writer_t *writer, yak_text_t text);
/* Digits in groups of three: 1,500,000. */
void yak_write_grouped(yak_writer_t *writer, uint64_t value);
void yak_write_digits(yak_writer_t *writer, uint64_t value, uint32_t width);
void yak_write_rate(yak_writer_t *writer, uint64_t rate); /* 6.25% */
/* Columns on a terminal: Korean and Chinese characters take two. */
uint32_t yak_text_columns(yak_text_t text);

/* Edits (change, insert, leave out, swap) from a to b, at most `limit`; limit + 1 if more. */
uint32_t yak_text_distance(yak_text_t a, yak_text_t b, uint32_t limit);

/* ---- types -------------------------------------------------------------------------------------
   The numbers of the first eight and of the name types stand in images. */
typedef enum {
    YAK_TYPE_ERROR = 0, /* already reported; compares with everything */
    YAK_TYPE_WON = 1,
    YAK_TYPE_RATE = 2, /* hundredths of a percent */
    YAK_TYPE_COUNT = 3,
    YAK_TYPE_DAYS = 4,
    YAK_TYPE_DATE = 5,   /* city day */
    YAK_TYPE_CLOCK = 6,  /* minute of the day */
    YAK_TYPE_REGION = 7, /* code of five digits */
    YAK_TYPE_PARTY = 8,
    YAK_TYPE_TEST = 9,    /* on the stack only */
    YAK_TYPE_FLAG = 10,   /* inputs only */
    YAK_TYPE_NUMBER = 11, /* checker only: a bare number, a count or a region */
    YAK_TYPE_WORD = 12,   /* checker only: a bare name, to be found in the other side's names */
    YAK_TYPE_MONTHS = 13, /* checker only: a duration in months or years */
    YAK_TYPE_NAME = 16,   /* 16 + dure_names_t */
} yak_type_t;

/* The name lists that programs use are the first six; later ones are not Yak's. */
#define YAK_NAMES_COUNT (DURE_NAMES_ORIGINS + 1u)

bool yak_type_is_ordered(uint32_t type);
/* True if a constant of this type may have this value in an image. */
bool yak_constant_is_valid(uint32_t type, int64_t value);
yak_text_t yak_type_words(uint32_t type, bool korean);
/* The same, with how it is written: "a rate, like `6%`". */
yak_text_t yak_type_wanted(uint32_t type, bool korean);

/* ---- tokens ------------------------------------------------------------------------------------
 */
typedef enum {
    YAK_TOKEN_END = 0,
    YAK_TOKEN_NAME,
    YAK_TOKEN_NUMBER, /* value */
    YAK_TOKEN_RATE,   /* value in hundredths of a percent */
    YAK_TOKEN_DATE,   /* value: city day */
    YAK_TOKEN_CLOCK,  /* value: minute */
    YAK_TOKEN_STRING, /* offset and size without the quotation marks */
    YAK_TOKEN_MARK,   /* punctuation */
    YAK_TOKEN_BROKEN, /* reported by the lexer; the parser stays silent about it */
} yak_token_kind_t;

typedef struct {
    uint32_t offset, size;         /* bytes in the source */
    uint32_t line, column, length; /* characters, from 1 */
    uint8_t kind;                  /* yak_token_kind_t */
    bool first;                    /* first on its line */
    bool begins;                   /* an item of the fund, a rule, or an entry of the words */
    bool grouped;                  /* a number written with commas */
    int64_t value;
} yak_token_t;

/* ---- the tree ----------------------------------------------------------------------------------
 */
typedef enum {
    YAK_VALUE_CONSTANT = 1, /* type, value; a WORD is not yet found */
    YAK_VALUE_NAME,         /* a declared name or a word, until the checker knows */
    YAK_VALUE_AMOUNT,
    YAK_VALUE_INPUT, /* input */
} yak_value_kind_t;

typedef struct yak_value yak_value_t;
struct yak_value {
    uint8_t kind; /* yak_value_kind_t */
    uint8_t type; /* yak_type_t, ERROR until checked */
    dure_yak_input_t input;
    int64_t value;
    const yak_token_t *token; /* where it begins */
    const yak_token_t *last;  /* where it ends */
    yak_value_t *next;        /* the next addend, or the next constant of a set */
};

typedef struct yak_set yak_set_t;
struct yak_set {
    const yak_token_t *name; /* NULL for constants written in place */
    yak_value_t *constants;
    uint32_t count;
    uint8_t type;
    bool checked, broken;
    uint32_t place; /* 1 + index in the image, once it is used */
    yak_set_t *next;
};

typedef enum {
    YAK_COND_AND = 1,
    YAK_COND_OR,
    YAK_COND_NOT,
    YAK_COND_COMPARE, /* a op b */
    YAK_COND_IN,      /* a in set; until checked `name` may name a list */
    YAK_COND_RANGE,   /* a in low..high */
    YAK_COND_WITHIN,  /* a within low */
    YAK_COND_FLAG,    /* a: list membership or lot is gifted */
} yak_cond_kind_t;

typedef enum { YAK_EQ = 1, YAK_NE, YAK_LT, YAK_LE, YAK_GT, YAK_GE } yak_compare_t;

typedef struct yak_cond yak_cond_t;
struct yak_cond {
    uint8_t kind; /* yak_cond_kind_t */
    uint8_t op;   /* yak_compare_t */
    bool broken;  /* reported; not to be compiled */
    const yak_token_t *token;
    yak_cond_t *left, *right; /* AND, OR; NOT has left only */
    yak_value_t *a, *b;       /* sums */
    yak_value_t *low, *high;
    const yak_token_t *name; /* IN: the set or list */
    yak_set_t *set;
};

typedef struct yak_rule yak_rule_t;
struct yak_rule {
    uint8_t kind; /* dure_yak_rule_kind_t */
    uint8_t made; /* CAP: dure_made_t */
    uint8_t index;
    uint32_t days;              /* HOLD */
    const yak_token_t *token;   /* the keyword */
    const yak_token_t *name;    /* DENY, HOLD */
    const yak_token_t *account; /* name after `issuer.` */
    yak_value_t *value;         /* the part's rate, what is given, or where the cap is */
    yak_value_t *minus;         /* CAP */
    yak_cond_t *when;           /* NULL: always; `unless` is folded in */
    yak_rule_t *next;
};

typedef struct {
    const yak_token_t *token; /* NULL: not declared */
    yak_rule_t *rules;
    uint32_t rule_count;
    bool broken; /* a rule of it could not be read */
} yak_block_t;

typedef struct {
    const yak_token_t *token;
    bool broken; /* known by name only; its line is wrong */
    bool fixed_at_issue;
    uint8_t unit;
    yak_value_t *low, *high, *initial;
    uint32_t notice_days;
} yak_parameter_t;

typedef struct {
    const yak_token_t *token;
    bool broken, shared;
    uint8_t made, period;
    uint8_t by[DURE_VERB_COUNT];
    const yak_token_t *by_token[DURE_VERB_COUNT];
} yak_counter_t;

typedef struct {
    const yak_token_t *token;
    bool broken;
    uint8_t kind;
} yak_list_t;

typedef enum {
    YAK_PROMISE_EVERY = 1,
    YAK_PROMISE_NO,
    YAK_PROMISE_CAN,
    YAK_PROMISE_ALWAYS
} yak_promise_kind_t;

typedef struct yak_promise yak_promise_t;
struct yak_promise {
    uint8_t kind;
    const yak_token_t *token;
    uint16_t verbs; /* bit per verb */
    uint8_t role;   /* CAN */
    const yak_token_t *role_token;
    yak_cond_t *when, *has;
    uint8_t made;         /* EVERY, NO: the made form, then `bound`; 0 otherwise */
    bool bound_is_part;   /* bound is a rate of amount */
    yak_value_t *bound;   /* made form; ALWAYS: the constant */
    yak_value_t *counter; /* ALWAYS */
    yak_promise_t *next;
};

typedef struct yak_fact yak_fact_t;
struct yak_fact {
    yak_cond_t *cond;
    yak_fact_t *next;
};

typedef struct yak_example yak_example_t;
struct yak_example {
    const yak_token_t *token; /* its name; of a question, the verb */
    uint8_t verb;
    bool has_amount;
    int64_t amount;
    const yak_token_t *of;
    yak_fact_t *facts;
    uint8_t outcome; /* dure_yak_outcome_t; 0: a question without an answer */
    uint8_t made;    /* ACCEPTED with made = won */
    int64_t made_won;
    const yak_token_t *rule; /* REFUSED, HELD: NULL if not named */
    const yak_token_t *is;   /* where the answer begins */
    const yak_token_t *last;
    yak_example_t *next;
};

typedef struct yak_words yak_words_t;
struct yak_words {
    const yak_token_t *name, *text[DURE_YAK_LANGUAGES];
    yak_words_t *next;
};

typedef struct {
    const yak_token_t *token; /* NULL: no such line */
    yak_value_t *value;
} yak_missing_t;

struct dure_yak_tree {
    /* work space */
    dure_bytes_t source;
    uint8_t *memory;
    size_t memory_size, memory_used;
    bool exhausted;
    dure_yak_diagnostics_t *diagnostics;
    yak_token_t *tokens;
    uint32_t token_count;

    /* the program; a token that is NULL means that the line is not there */
    const yak_token_t *name;
    const yak_token_t *issuer, *currency, *validity, *lapse, *priority, *refund, *old_lots;
    const yak_token_t *legal_check, *lapse_account;
    uint32_t issuer_city, validity_months, validity_days, priority_value;
    dure_day_t until;
    uint32_t refund_days, grace_days, old_lots_notice_days;
    uint8_t old_lots_mode;
    uint32_t parameter_count, counter_count, list_count;
    yak_parameter_t parameters[DURE_FUND_PARAMETERS_MAX];
    yak_counter_t counters[DURE_FUND_COUNTERS_MAX];
    yak_list_t lists[DURE_YAK_LISTS_MAX];
    yak_missing_t missing[DURE_ATTRIBUTES_COUNT];
    yak_set_t *sets, **sets_end;
    yak_block_t blocks[DURE_VERB_COUNT];
    yak_promise_t *promises, **promises_end;
    yak_example_t *examples, **examples_end;
    const yak_token_t *words_token;
    yak_words_t *words, **words_end;
};
typedef dure_yak_tree_t yak_tree_t;

/* Zeroed memory from the work space, or NULL when it is used up (reported once). */
void *yak_take(yak_tree_t *tree, size_t size);

yak_text_t yak_token_text(const yak_tree_t *tree, const yak_token_t *token);
bool yak_token_is(const yak_tree_t *tree, const yak_token_t *token, yak_text_t text);
dure_name_t yak_token_name(const yak_tree_t *tree, const yak_token_t *token);

/* ---- messages ----------------------------------------------------------------------------------
 */
typedef enum {
#define X(number, name, en, ko) YAK_SAYS_##name = number,
    YAK_MESSAGES(X)
#undef X
} yak_message_t;

typedef struct {
    yak_text_t en, ko;
} yak_argument_t;

yak_argument_t yak_argument(yak_text_t text); /* the same in both languages */
#define YAK_ARGUMENT(literal_en, literal_ko)                                                       \
    ((yak_argument_t){YAK_TEXT(literal_en), YAK_TEXT(literal_ko)})
#define YAK_NO_ARGUMENT ((yak_argument_t){{NULL, 0}, {NULL, 0}})

typedef struct {
    yak_argument_t arguments[3];
    yak_text_t suggestion; /* "did you mean"; empty: none */
} yak_details_t;

/* yak_say: records a message at first..last (last may be NULL).  A message that repeats number and
   place is dropped. */
void yak_say(yak_tree_t *tree, yak_message_t message, const yak_token_t *first,
             const yak_token_t *last, const yak_details_t *details);
void yak_say_plain(yak_tree_t *tree, yak_message_t message, const yak_token_t *token);
void yak_say_one(yak_tree_t *tree, yak_message_t message, const yak_token_t *token,
                 yak_argument_t a);
void yak_say_two(yak_tree_t *tree, yak_message_t message, const yak_token_t *token,
                 yak_argument_t a, yak_argument_t b);
/* The token in back quotes, in work space. */
yak_argument_t yak_quoted(yak_tree_t *tree, const yak_token_t *token);
yak_argument_t yak_quoted_text(yak_tree_t *tree, yak_text_t text);
/* Every attribute: `residence`, ...; with holding and wallet if they may stand there too. */
yak_argument_t yak_attribute_names(yak_tree_t *tree, bool balances);
yak_argument_t yak_number_argument(yak_tree_t *tree, uint64_t value);
/* Orders the messages by place. */
void yak_messages_sort(dure_yak_diagnostics_t *diagnostics);

/* The closest of candidates offered one by one. */
typedef struct {
    yak_text_t wanted, best;
    uint32_t distance;
} yak_guess_t;

yak_guess_t yak_guess(yak_text_t wanted);
void yak_guess_offer(yak_guess_t *guess, yak_text_t candidate);
void yak_guess_offer_names(yak_guess_t *guess, dure_names_t names);

/* ---- tables of the language ---------------------------------------------------------------------
 */
typedef struct {
    const char *name;
    uint8_t roles[2]; /* dure_role_t, NONE if there is no second */
    uint16_t effects; /* bit per dure_yak_rule_kind_t beside allow and deny */
    uint32_t reads;   /* bit per dure_yak_input_kind_t that not every verb reads */
    bool reads_fixed; /* may read parameters fixed at issue */
    uint8_t cap;      /* dure_made_t that may be capped, 0 none */
} yak_verb_rules_t;

const yak_verb_rules_t *yak_verb_rules(dure_verb_t verb);
/* 0 if the text names none. */
uint32_t yak_verb_number(yak_text_t text);
uint32_t yak_role_number(yak_text_t text);
uint32_t yak_made_number(yak_text_t text);
yak_text_t yak_verb_name(uint32_t verb);
yak_text_t yak_role_name(uint32_t role);
yak_text_t yak_made_name(uint32_t made);
yak_text_t yak_rule_kind_name(uint32_t kind);
yak_text_t yak_names_title(dure_names_t names, bool korean);
bool yak_word_is_reserved(yak_text_t text);
/* The words of the language one by one, without the vocabulary: false behind the last. */
bool yak_word_of_language(yak_text_t *word, uint32_t index);
bool yak_verb_has_role(dure_verb_t verb, uint32_t role);
/* Inputs that only some verbs read (2b); all others are read by every verb. */
bool yak_verb_reads(dure_verb_t verb, uint32_t input_kind);
/* The type of an attribute's value; ERROR if there is no such attribute. */
uint32_t yak_attribute_type(uint32_t id);
/* The type of a parameter or counter. */
uint32_t yak_unit_type(uint32_t unit);
uint32_t yak_made_type(uint32_t made);
uint32_t yak_region_digits(int64_t value);

/* ---- passes ------------------------------------------------------------------------------------
 */
/* Tokens of the source from an offset on; false: nothing to parse. */
bool yak_lex_from(yak_tree_t *tree, uint32_t offset);
void yak_parse(yak_tree_t *tree); /* tokens -> tree */
void yak_check(yak_tree_t *tree); /* names, types, verbs */
/* yak_emit: false if the image would be too large; reported. */
bool yak_emit(yak_tree_t *tree, uint8_t *image, size_t *image_size);

/* The sum of the constant addends; *others counts the rest. */
int64_t yak_fold(const yak_value_t *sum, uint32_t *others);

/* ---- parser pieces shared by its files ----------------------------------------------------------
 */
typedef struct {
    yak_tree_t *tree;
    const yak_token_t *token; /* the next one */
    uint32_t depth;           /* of conditions */
} yak_parser_t;

#define YAK_NESTING_MAX 24u
#define YAK_TESTS_MAX   64u /* joined by `and` or `or` without brackets */
#define YAK_STACK_MAX   32u /* values on the VM's stack: nesting, and one range */

bool yak_at(const yak_parser_t *parser, yak_text_t text); /* the next token is this word or mark */
bool yak_after_is(const yak_parser_t *parser, uint32_t ahead, yak_text_t text);
bool yak_accept(yak_parser_t *parser, yak_text_t text);
bool yak_expect(yak_parser_t *parser, yak_text_t text);
const yak_token_t *yak_expect_name(yak_parser_t *parser, yak_argument_t what);
bool yak_expected(yak_parser_t *parser, yak_argument_t what); /* reports; always false */
bool yak_expected_one_of(yak_parser_t *parser, yak_argument_t what, const yak_guess_t *guess);
yak_value_t *yak_parse_constant(yak_parser_t *parser);
bool yak_parse_set(yak_parser_t *parser, yak_set_t *set);
bool yak_parse_days(yak_parser_t *parser, uint32_t low, uint32_t high, uint32_t *days);
bool yak_parse_won(yak_parser_t *parser, int64_t *won);
const yak_token_t *yak_parse_account(yak_parser_t *parser);
yak_cond_t *yak_parse_cond(yak_parser_t *parser);
yak_cond_t *yak_parse_test(yak_parser_t *parser);
/* [ "when" cond [ "unless" cond ] ]: false if it is wrong; *cond stays NULL if it is not there. */
bool yak_parse_when(yak_parser_t *parser, yak_cond_t **cond);
uint32_t yak_parse_verb(yak_parser_t *parser); /* 0: reported */
bool yak_parse_block(yak_parser_t *parser);
bool yak_parse_promise(yak_parser_t *parser);
bool yak_parse_example_item(yak_parser_t *parser);
/* verb [ "of" won ] { "," test }, and the answer if `answered`. */
bool yak_parse_example(yak_parser_t *parser, yak_example_t *example, bool answered);
void yak_link_last(yak_parser_t *parser, yak_value_t *value);
void yak_mark_row(yak_parser_t *parser); /* the next token begins a row of the layout */

/* ---- checker pieces ----------------------------------------------------------------------------
 */
void yak_check_value(yak_tree_t *tree, yak_value_t *value);
/* A constant against a type that is known; a bare number or word takes it.  False: reported. */
bool yak_check_constant(yak_tree_t *tree, yak_value_t *value, uint32_t type);
bool yak_check_set(yak_tree_t *tree, yak_set_t *set, uint32_t type);
void yak_check_cond(yak_tree_t *tree, yak_cond_t *cond, dure_verb_t verb);
void yak_check_reads(yak_tree_t *tree, const yak_value_t *value, dure_verb_t verb);
void yak_check_blocks(yak_tree_t *tree);
void yak_check_promises(yak_tree_t *tree);
void yak_check_example(yak_tree_t *tree, yak_example_t *example);
int32_t yak_find_parameter(const yak_tree_t *tree, yak_text_t name);
int32_t yak_find_counter(const yak_tree_t *tree, yak_text_t name);
int32_t yak_find_list(const yak_tree_t *tree, yak_text_t name);
yak_set_t *yak_find_set(const yak_tree_t *tree, yak_text_t name);
yak_rule_t *yak_find_rule(const yak_tree_t *tree, uint32_t verb, uint32_t kind, yak_text_t name);
int32_t yak_attribute_index(uint32_t id);
void yak_guess_offer_declared(yak_guess_t *guess, const yak_tree_t *tree);

/* Does the decision say what the example says? */
bool yak_answer_fits(const dure_yak_answer_t *answer, const yak_tree_t *tree,
                     const yak_example_t *example);

/* ---- the image ---------------------------------------------------------------------------------
   docs/yak/image.md is the contract of these sizes. */
#define YAK_IMAGE_VERSION        1u
#define YAK_IMAGE_HEADER_SIZE    12u
#define YAK_IMAGE_FUND_SIZE      112u
#define YAK_IMAGE_PARAMETER_SIZE 64u
#define YAK_IMAGE_COUNTER_SIZE   56u
#define YAK_IMAGE_LIST_SIZE      36u
#define YAK_IMAGE_VERB_SIZE      140u
#define YAK_IMAGE_INPUT_SIZE     4u
#define YAK_IMAGE_RULE_SIZE      44u
#define YAK_IMAGE_INSTRUCTION    4u
#define YAK_IMAGE_SET_SIZE       8u
#define YAK_IMAGE_CONSTANTS_MAX  1024u
#define YAK_IMAGE_SETS_MAX       256u
#define YAK_IMAGE_MEMBERS_MAX    2048u
#define YAK_HOLD_DAYS_MAX        30u
#define YAK_NOTICE_DAYS_MAX      3650u
#define YAK_VALIDITY_MONTHS_MAX  1200u
#define YAK_VALIDITY_DAYS_MAX    36500u
#define YAK_REFUND_DAYS_MAX      3650u
#define YAK_PRIORITY_MAX         1000u

/* The type of an input's value; ERROR if the input is malformed. */
uint32_t yak_input_type(const dure_yak_program_t *program, const dure_yak_input_t *input);
bool yak_input_is_below(const dure_yak_input_t *a, const dure_yak_input_t *b);
/* Constants and sets of an image whose sections have been checked. */
typedef struct {
    uint32_t constant_count, set_count, member_count;
    const uint8_t *constant_types; /* one byte each */
    const uint8_t *constants;      /* 8 bytes each */
    const uint8_t *sets;           /* YAK_IMAGE_SET_SIZE bytes each */
    const uint8_t *members;        /* 8 bytes each */
} yak_pool_t;

dure_yak_load_result_t yak_verify_code(const dure_yak_program_t *program, const yak_pool_t *pool,
                                       dure_verb_t verb);

#endif

/* The instructions of a Yak image: number, name, what it does.  docs/yak/opcodes.md is generated
   from this file by tools/gen_yak_docs.py.  An instruction is four bytes: opcode, a (u8), b (u16,
   little-endian); operands that are not mentioned are zero.  Values on the stack are typed; a test
   is true, false or unknown. */
#ifndef DURE_YAK_OPCODES_H
#define DURE_YAK_OPCODES_H

/* clang-format off */
#define YAK_OPCODES(X)                                                                              \
    X(1,  CONST,        "push constant b")                                                          \
    X(2,  INPUT,        "push input a; not a flag")                                                 \
    X(3,  INPUT_OR,     "push input a, an attribute; if it is unknown, constant b of its type")     \
    X(4,  AMOUNT,       "push the amount")                                                          \
    X(5,  ADD,          "pop two of won or two counts, push the sum")                               \
    X(6,  MINUS,        "pop won y, won x, push x - y, at least 0")                                 \
    X(7,  EQ,           "pop y, x of one type, not parties, push the test x = y")                   \
    X(8,  NE,           "pop y, x of one type, not parties, push x != y")                           \
    X(9,  LT,           "pop y, x of one ordered type, push x < y")                                 \
    X(10, LE,           "pop y, x of one ordered type, push x <= y")                                \
    X(11, GT,           "pop y, x of one ordered type, push x > y")                                 \
    X(12, GE,           "pop y, x of one ordered type, push x >= y")                                \
    X(13, EQ_PARTY,     "pop two parties, push the test that they are one; nobody equals no one")   \
    X(14, NE_PARTY,     "pop two parties, push the opposite of EQ_PARTY")                           \
    X(15, IN_SET,       "pop a value of the type of set b, push the test that the set has it")      \
    X(16, RANGE,        "pop high, low, x of one ordered type, push low <= x <= high")              \
    X(17, RANGE_OPEN,   "pop high, low, x, all times, push low <= x < high")                        \
    X(18, WITHIN,       "pop a region, push the test that its first a digits are constant b, a count") \
    X(19, FLAG,         "push input a, a flag (list membership, lot gifted), as a test")            \
    X(20, TRUE,         "push the test true")                                                       \
    X(21, NOT,          "replace the test by its opposite; unknown stays")                          \
    X(22, AND,          "pop two tests, push both; false wins over unknown")                        \
    X(23, OR,           "pop two tests, push either; true wins over unknown")                       \
    X(24, JUMP_FALSE,   "if the top test is false, go b instructions on; it stays on the stack")    \
    X(25, JUMP_TRUE,    "if the top test is true, go b instructions on; it stays on the stack")     \
    X(26, ALLOW,        "rule a: pop a test; true allows")                                          \
    X(27, DENY,         "rule a: pop a test; true and unknown deny")                                \
    X(28, HOLD,         "rule a: pop a test; true and unknown hold")                                \
    X(29, GIVE_CONST,   "rule a: pop a test; if true, give constant b, won")                        \
    X(30, GIVE_PARAM,   "rule a: pop a test; if true, give input b, a parameter in won")            \
    X(31, GIVE_AMOUNT,  "rule a: pop a test; if true, give the amount asked")                       \
    X(32, GIVEN,        "from here on the amount is the sum of the gives")                          \
    X(33, SUBSIDY_CONST, "rule a: pop a test; if true, add constant b, a rate, of amount to the subsidy") \
    X(34, SUBSIDY_PARAM, "rule a: the same with input b, a parameter that is a rate")               \
    X(35, REWARD_CONST, "rule a: pop a test; if true, add constant b of amount to the reward")      \
    X(36, REWARD_PARAM, "rule a: the same with input b")                                            \
    X(37, SHARE_CONST,  "rule a: pop a test; if true, add constant b of amount to the share")       \
    X(38, SHARE_PARAM,  "rule a: the same with input b")                                            \
    X(39, CAP_SUBSIDY,  "rule a: pop won; the subsidy is at most that")                             \
    X(40, CAP_REWARD,   "rule a: pop won; the reward is at most that")
/* clang-format on */

typedef enum {
#define X(number, name, meaning) YAK_OP_##name = number,
    YAK_OPCODES(X)
#undef X
} yak_opcode_t;

#endif

/* yak, for tools and tests: questions written as text, a program's own examples, its words, and the
   tree walker, a second evaluator that shares no code with the image and its VM. */
#ifndef DURE_YAK_TOOLS_H
#define DURE_YAK_TOOLS_H

#include "yak/dure_yak.h"

typedef struct dure_yak_tree dure_yak_tree_t;

/* dure_yak_parse: the checked tree of a source, or NULL if anything is wrong with it.  The tree
   lives in `workspace` and borrows `source`; both must outlive it. */
dure_yak_tree_t *dure_yak_parse(void *workspace, size_t workspace_size, dure_bytes_t source,
                                dure_yak_diagnostics_t *diagnostics);

/* dure_yak_tree_image: writes the image of a tree (at most DURE_YAK_IMAGE_SIZE_MAX bytes). */
DURE_MUST_USE bool dure_yak_tree_image(dure_yak_tree_t *tree, uint8_t *image, size_t *image_size);

/* dure_yak_format: the source in the one layout, at most DURE_YAK_SOURCE_SIZE_MAX bytes into
   `text`. Comments and single blank lines stay.  The image of the text is that of the source, and
   formatting it again changes nothing.  False: *diagnostics says what is wrong with the source. */
DURE_MUST_USE bool dure_yak_format(char *text, size_t *text_size, void *workspace,
                                   size_t workspace_size, dure_bytes_t source,
                                   dure_yak_diagnostics_t *diagnostics);

/* Columns that a text takes on a terminal: Korean and Chinese characters take two. */
uint32_t dure_yak_columns(dure_bytes_t text);

typedef enum { DURE_YAK_KO = 0, DURE_YAK_EN = 1, DURE_YAK_ZH = 2 } dure_yak_language_t;
#define DURE_YAK_LANGUAGES 3u

/* dure_yak_words: the sentence for the fund, a parameter, counter, set, list or rule; it borrows
   the source.  False if the source has none. */
DURE_MUST_USE bool dure_yak_words(dure_bytes_t *words, const dure_yak_tree_t *tree,
                                  const dure_name_t *name, dure_yak_language_t language);

typedef struct {
    dure_name_t name; /* of the example; zero for a question */
    uint32_t line;    /* where it stands in its text */
    dure_verb_t verb;
    dure_amount_t amount;
    bool expected;     /* it says what the answer should be */
    bool passed;       /* true if it does not, or the program answers so */
    char says[128];    /* the expected answer, as written: `refused own_shop` */
    char answers[128]; /* the program's answer, written the same way */
    dure_yak_decision_t decision;
    dure_yak_value_t inputs[DURE_YAK_INPUTS_MAX];
} dure_yak_answer_t;

/* dure_yak_examples_run: answers the program's examples in order through dure_yak_decide; `program`
   is the tree's own image, loaded.  Returns how many examples there are; at most `max` are kept.

   What an example does not mention: attributes and kinds are missing; counters, holdings and
   wallets are 0; parameters have their initial value; nobody is on a list; the amount is 10,000
   won; today is 2026-01-01, the time 12:00, the channel qr_merchant; the lot is of age and use 0,
   purchased (granted in recall) and not gifted; the parties are six different ones.  What is
   mentioned brings along what it implies: `today` the weekday, a list the kind of its members,
   birth_year the birth_digit. */
uint32_t dure_yak_examples_run(dure_yak_answer_t *answers, uint32_t max,
                               const dure_yak_tree_t *tree, const dure_yak_program_t *program);

/* dure_yak_advise: what a sound program may still be told, as messages 6xx ordered by place: rules
   that no example watches from both sides (no example would go wrong if the rule were deleted, or
   if it always held), tests that never change, rules that another rule makes idle, names that
   nothing uses.  `answers` are those of dure_yak_examples_run. */
void dure_yak_advise(dure_yak_diagnostics_t *advice, dure_yak_tree_t *tree,
                     const dure_yak_program_t *program, dure_yak_answer_t *answers,
                     uint32_t answer_count);

/* dure_yak_ask: answers one question in the words of an example, with or without `is ...`.  `tree`
   is the program's; workspace is a second one for the question.  False: diagnostics say why. */
DURE_MUST_USE bool dure_yak_ask(dure_yak_answer_t *answer, void *workspace, size_t workspace_size,
                                dure_bytes_t question, const dure_yak_tree_t *tree,
                                const dure_yak_program_t *program,
                                dure_yak_diagnostics_t *diagnostics);

/* dure_yak_walk: the same decision as dure_yak_decide, found by walking the tree. `inputs` are in
   the order of program->verbs[verb].inputs.  Steps are not counted. */
void dure_yak_walk(dure_yak_decision_t *decision, const dure_yak_tree_t *tree,
                   const dure_yak_program_t *program, dure_verb_t verb, dure_amount_t amount,
                   const dure_yak_value_t *inputs);

/* What an input is called in a program: `payee.annual_sales`, `bought`, `payee in rural_marts`. */
void dure_yak_input_text(char text[96], const dure_yak_program_t *program,
                         const dure_yak_input_t *input);
/* A value of an input as it is written in a program: `1,500 won`, `bakery`, `2026-03-01`. */
void dure_yak_value_text(char text[64], const dure_yak_program_t *program,
                         const dure_yak_input_t *input, int64_t value);
const char *dure_yak_verb_text(dure_verb_t verb);

#endif

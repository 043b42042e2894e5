/* One decision: payments under examples/gimpo/general.yak, each of them accepted, by the VM that
   the ledger uses, and the same questions by the tree walker in the same run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "codec/dure_vocabulary.h"
#include "yak/dure_yak_tools.h"

enum { QUESTIONS = 256, DECISIONS = 2000000, WALKS = 500000 };

typedef struct {
    dure_amount_t amount;
    dure_yak_value_t inputs[DURE_YAK_INPUTS_MAX];
} question_t;

static int64_t attribute_of(uint32_t id, uint32_t shop)
{
    switch (id) {
    case DURE_ATTRIBUTE_REGION:
    case DURE_ATTRIBUTE_RESIDENCE:
        return DURE_TRACE_CITY;
    case DURE_ATTRIBUTE_CATEGORY:
        return shop % 2 == 0 ? DURE_CATEGORY_BAKERY : DURE_CATEGORY_CAFE;
    case DURE_ATTRIBUTE_ANNUAL_SALES:
        return 100000000 + 1000000 * (int64_t)shop;
    case DURE_ATTRIBUTE_OWNER:
        return 5000 + (int64_t)shop;
    default:
        return 0;
    }
}

static int64_t value_of(const dure_yak_program_t *program, const dure_yak_input_t *input,
                        uint32_t shop)
{
    switch ((dure_yak_input_kind_t)input->kind) {
    case DURE_INPUT_PARAMETER:
        return program->parameters[input->id].initial;
    case DURE_INPUT_ATTRIBUTE:
        return attribute_of(input->id, shop);
    case DURE_INPUT_PARTY:
        return (int64_t)(1000 * input->role + shop);
    case DURE_INPUT_KIND:
        return input->role == DURE_ROLE_PAYEE ? DURE_KIND_MERCHANT : DURE_KIND_CITIZEN;
    case DURE_INPUT_ISSUER_REGION:
        return DURE_TRACE_CITY;
    case DURE_INPUT_TODAY:
        return 20458;
    case DURE_INPUT_TIME:
        return 720;
    case DURE_INPUT_CHANNEL:
        return 1;
    case DURE_INPUT_WEEKDAY:
    case DURE_INPUT_HOLDING:
    case DURE_INPUT_WALLET:
    case DURE_INPUT_MEMBER:
    case DURE_INPUT_COUNTER:
    case DURE_INPUT_LOT_USED:
    case DURE_INPUT_LOT_AGE:
    case DURE_INPUT_LOT_ORIGIN:
    case DURE_INPUT_LOT_GIFTED:
        return 0;
    }
    return 0;
}

static void ask(question_t *questions, const dure_yak_program_t *program)
{
    const dure_yak_verb_t *verb = &program->verbs[DURE_VERB_PAYMENT];
    for (uint32_t i = 0; i < QUESTIONS; i++) {
        questions[i].amount = dure_amount(1000 + 100 * i);
        for (uint32_t j = 0; j < verb->input_count; j++) {
            questions[i].inputs[j] =
                (dure_yak_value_t){value_of(program, &verb->inputs[j], i), true};
        }
    }
}

/* Nanoseconds of one decision; `tree` NULL: by the VM.  The steps of all are added up. */
static double time_decisions(const question_t *questions, const dure_yak_program_t *program,
                             const dure_yak_tree_t *tree, uint32_t count, uint64_t *steps)
{
    dure_yak_decision_t decision;
    uint64_t accepted = 0;
    *steps = 0;
    uint64_t start = bench_now_ns();
    for (uint32_t i = 0; i < count; i++) {
        const question_t *question = &questions[i % QUESTIONS];
        if (tree == NULL) {
            dure_yak_decide(&decision, program, DURE_VERB_PAYMENT, question->amount,
                            question->inputs);
        } else {
            dure_yak_walk(&decision, tree, program, DURE_VERB_PAYMENT, question->amount,
                          question->inputs);
        }
        accepted += decision.outcome == DURE_YAK_ACCEPTED ? 1 : 0;
        *steps += decision.steps;
    }
    double ns = (double)(bench_now_ns() - start) / count;
    DURE_ASSERT(accepted == count);
    return ns;
}

bool bench_yak(bench_t *bench)
{
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    static uint8_t source[DURE_YAK_SOURCE_SIZE_MAX];
    static dure_yak_program_t program;
    static dure_yak_diagnostics_t diagnostics;
    static question_t questions[QUESTIONS];
    dure_trace_config_t config = {0};
    if (!bench_program(&config, image, source) ||
        dure_yak_load(&program, config.image) != DURE_YAK_LOAD_OK) {
        fprintf(stderr, "dure-bench: cannot compile examples/gimpo/general.yak\n");
        return false;
    }
    void *workspace = aligned_alloc(16, dure_yak_workspace_size());
    dure_yak_tree_t *tree = workspace == NULL ? NULL
                                              : dure_yak_parse(workspace, dure_yak_workspace_size(),
                                                               config.source, &diagnostics);
    if (tree == NULL) {
        free(workspace);
        return false;
    }
    ask(questions, &program);
    uint64_t steps = 0;
    uint64_t unused = 0;
    (void)time_decisions(questions, &program, NULL, WALKS, &unused);
    double vm = time_decisions(questions, &program, NULL, DECISIONS, &steps);
    double walker = time_decisions(questions, &program, tree, WALKS, &unused);
    bench_row(bench, "decision_steps", (double)steps / DECISIONS, "instr", "steps_max",
              program.verbs[DURE_VERB_PAYMENT].steps_max);
    bench_row(bench, "decision", vm, "ns", "tree_walker", walker);
    free(workspace);
    return true;
}

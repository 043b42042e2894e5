/* Any bytes as a program: refused with messages, or compiled to an image that loads, whose examples
   run, and on which the VM and the tree walker agree. */
#include <stdlib.h>
#include <string.h>

#include "yak/dure_yak_tools.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_messages(const dure_yak_diagnostics_t *diagnostics)
{
    DURE_ASSERT(diagnostics->count > 0 && diagnostics->count <= DURE_YAK_DIAGNOSTICS_MAX);
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        const dure_yak_diagnostic_t *one = &diagnostics->list[i];
        DURE_ASSERT(one->line > 0 && one->column > 0 && one->length > 0 && one->code > 0);
        DURE_ASSERT(one->en[0] != '\0' && memchr(one->en, '\0', sizeof one->en) != NULL);
        DURE_ASSERT(one->ko[0] != '\0' && memchr(one->ko, '\0', sizeof one->ko) != NULL);
    }
}

static void check_answers(dure_yak_tree_t *tree, const dure_yak_program_t *program)
{
    enum { kept = 16 };
    static dure_yak_answer_t answers[kept];
    static dure_yak_diagnostics_t advice;
    uint32_t count = dure_yak_examples_run(answers, kept, tree, program);
    for (uint32_t i = 0; i < count && i < kept; i++) {
        dure_yak_decision_t walk;
        dure_yak_walk(&walk, tree, program, answers[i].verb, answers[i].amount, answers[i].inputs);
        answers[i].decision.steps = 0;
        DURE_ASSERT(memcmp(&walk, &answers[i].decision, sizeof walk) == 0);
    }
    dure_yak_advise(&advice, tree, program, answers, count < kept ? count : kept);
}

/* Laid out, the program has the same image, and laying it out again changes nothing; only what
   would outgrow the limit is not laid out. */
static void check_layout(void *workspace, dure_bytes_t source, const uint8_t *image,
                         size_t image_size)
{
    static char laid[2][DURE_YAK_SOURCE_SIZE_MAX];
    static uint8_t again[DURE_YAK_IMAGE_SIZE_MAX];
    static dure_yak_diagnostics_t diagnostics;
    size_t sizes[2] = {0, 0};
    size_t again_size = 0;
    size_t room = dure_yak_workspace_size();
    if (!dure_yak_format(laid[0], &sizes[0], workspace, room, source, &diagnostics)) {
        check_messages(&diagnostics);
        return;
    }
    dure_bytes_t once = dure_bytes(laid[0], sizes[0]);
    bool formatted = dure_yak_format(laid[1], &sizes[1], workspace, room, once, &diagnostics);
    DURE_ASSERT(formatted && sizes[0] == sizes[1] && memcmp(laid[0], laid[1], sizes[0]) == 0);
    bool compiled = dure_yak_compile(workspace, room, once, again, &again_size, &diagnostics);
    DURE_ASSERT(compiled && again_size == image_size && memcmp(again, image, image_size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void *workspace;
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    static dure_yak_diagnostics_t diagnostics;
    static dure_yak_program_t program;
    size_t image_size = 0;
    if (workspace == NULL) {
        workspace = aligned_alloc(16, dure_yak_workspace_size());
        DURE_ASSERT(workspace != NULL);
    }
    dure_yak_tree_t *tree =
        dure_yak_parse(workspace, dure_yak_workspace_size(), dure_bytes(data, size), &diagnostics);
    if (tree == NULL || !dure_yak_tree_image(tree, image, &image_size)) {
        check_messages(&diagnostics);
        return 0;
    }
    dure_yak_load_result_t result = dure_yak_load(&program, dure_bytes(image, image_size));
    DURE_ASSERT(result == DURE_YAK_LOAD_OK);
    check_answers(tree, &program);
    check_layout(workspace, dure_bytes(data, size), image, image_size);
    return 0;
}

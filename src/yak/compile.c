/* Source -> checked tree, source -> image. */
#include "yak/yak_private.h"

/* A token takes 48 bytes and there is at most one for each byte of source; the tree takes about as
   much again for each token.  Whoever contrives to need more reads TOO_COMPLEX. */
#define WORKSPACE_SIZE (8u * 1024u * 1024u)

size_t dure_yak_workspace_size(void)
{
    return WORKSPACE_SIZE;
}

static yak_tree_t *new_tree(void *workspace, size_t workspace_size, dure_bytes_t source,
                            dure_yak_diagnostics_t *diagnostics)
{
    DURE_ASSERT(workspace_size >= WORKSPACE_SIZE);
    DURE_ASSERT(((uintptr_t)workspace & 15u) == 0);
    memset(diagnostics, 0, sizeof *diagnostics);
    yak_tree_t *tree = workspace;
    memset(tree, 0, sizeof *tree);
    size_t head = (sizeof *tree + 15u) & ~(size_t)15u;
    tree->memory = (uint8_t *)workspace + head;
    tree->memory_size = workspace_size - head;
    tree->source = source;
    tree->diagnostics = diagnostics;
    tree->sets_end = &tree->sets;
    tree->promises_end = &tree->promises;
    tree->examples_end = &tree->examples;
    tree->words_end = &tree->words;
    return tree;
}

dure_yak_tree_t *dure_yak_parse(void *workspace, size_t workspace_size, dure_bytes_t source,
                                dure_yak_diagnostics_t *diagnostics)
{
    yak_tree_t *tree = new_tree(workspace, workspace_size, source, diagnostics);
    if (yak_lex_from(tree, 0)) {
        yak_parse(tree);
        yak_check(tree);
    }
    yak_messages_sort(diagnostics);
    return diagnostics->count == 0 ? tree : NULL;
}

bool dure_yak_tree_image(dure_yak_tree_t *tree, uint8_t *image, size_t *image_size)
{
    return yak_emit(tree, image, image_size) && tree->diagnostics->count == 0;
}

bool dure_yak_compile(void *workspace, size_t workspace_size, dure_bytes_t source, uint8_t *image,
                      size_t *image_size, dure_yak_diagnostics_t *diagnostics)
{
    yak_tree_t *tree = dure_yak_parse(workspace, workspace_size, source, diagnostics);
    return tree != NULL && dure_yak_tree_image(tree, image, image_size);
}

/* The editor's grammar knows every word that the language knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include <jansson.h>

#include "yak/yak_private.h"

/* Every alternative of every `\b(?:a|b)\b` in the repository, between bars. */
static void collect(const json_t *node, char *words, size_t capacity)
{
    const char *match = json_string_value(json_object_get(node, "match"));
    if (match != NULL && strncmp(match, "\\b(?:", 5) == 0) {
        size_t at = strlen(words);
        snprintf(words + at, capacity - at, "|%.*s|", (int)(strlen(match) - 8), match + 5);
    }
    const char *key = NULL;
    json_t *inner = NULL;
    size_t index = 0;
    json_object_foreach((json_t *)(uintptr_t)node, key, inner)
    {
        collect(inner, words, capacity);
    }
    json_array_foreach(node, index, inner)
    {
        collect(inner, words, capacity);
    }
}

static bool has(const char *words, yak_text_t word)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "|%.*s|", (int)word.size, word.data);
    return strstr(words, wanted) != NULL;
}

static void the_grammar_has_every_word(void **state)
{
    (void)state;
    static char words[8192];
    json_error_t error;
    json_t *grammar = json_load_file("editor/yak.tmLanguage.json", 0, &error);
    assert_non_null(grammar);
    assert_string_equal(json_string_value(json_object_get(grammar, "scopeName")), "source.yak");
    collect(json_object_get(grammar, "repository"), words, sizeof words);
    uint32_t count = 0;
    yak_text_t word;
    for (; yak_word_of_language(&word, count); count++) {
        if (!has(words, word)) {
            print_error("the grammar lacks %.*s\n", (int)word.size, word.data);
            fail();
        }
    }
    assert_true(count > 100);
    /* And nothing that the language does not know. */
    for (const char *at = words; *at != '\0';) {
        size_t size = strcspn(at, "|");
        yak_text_t found = {at, size};
        bool known = size == 0 || yak_word_is_reserved(found) ||
                     yak_text_equal(found, YAK_TEXT("holding")) ||
                     yak_text_equal(found, YAK_TEXT("wallet")) ||
                     yak_text_equal(found, YAK_TEXT("KRW"));
        if (!known) {
            print_error("the language lacks %.*s\n", (int)size, at);
            fail();
        }
        at += size + (at[size] == '|' ? 1 : 0);
    }
    json_decref(grammar);
    json_t *configuration = json_load_file("editor/language-configuration.json", 0, &error);
    assert_non_null(configuration);
    json_decref(configuration);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_grammar_has_every_word)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* Every program in test/yak/wrong is refused with exactly the messages beside it, in English and
   Korean.  YAK_REGENERATE=1 writes the expectations anew: read the difference before committing. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "yak/dure_yak.h"

#define FOLDER "test/yak/wrong"
enum { text_max = 1 << 17, files_max = 512 };

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        *size = 0;
        return calloc(1, 1);
    }
    char *data = calloc(1, text_max);
    assert_non_null(data);
    *size = fread(data, 1, text_max - 1, file);
    fclose(file);
    return data;
}

static void say_all(char *text, const dure_yak_diagnostics_t *diagnostics)
{
    size_t at = 0;
    for (uint32_t i = 0; i < diagnostics->count; i++) {
        const dure_yak_diagnostic_t *one = &diagnostics->list[i];
        int wrote = snprintf(text + at, text_max - at, "%u:%u+%u %u\n  %s\n  %s\n", one->line,
                             one->column, one->length, one->code, one->en, one->ko);
        at += wrote > 0 ? (size_t)wrote : 0;
    }
}

static bool check_one(const char *name, void *workspace)
{
    char path[512];
    size_t size = 0;
    snprintf(path, sizeof path, FOLDER "/%s.yak", name);
    char *source = read_file(path, &size);
    /* An exact copy, so that the sanitizer sees a read past the end. */
    char *exact = malloc(size == 0 ? 1 : size);
    assert_non_null(exact);
    memcpy(exact, source, size);
    static uint8_t image[DURE_YAK_IMAGE_SIZE_MAX];
    size_t image_size = 0;
    static dure_yak_diagnostics_t diagnostics;
    static char text[text_max];
    text[0] = '\0';
    bool compiled = dure_yak_compile(workspace, dure_yak_workspace_size(), dure_bytes(exact, size),
                                     image, &image_size, &diagnostics);
    say_all(text, &diagnostics);
    snprintf(path, sizeof path, FOLDER "/%s.expected", name);
    if (getenv("YAK_REGENERATE") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        fputs(text, file);
        fclose(file);
    }
    char *expected = read_file(path, &size);
    bool good = !compiled && diagnostics.count > 0 && strcmp(text, expected) == 0;
    if (!good) {
        print_error("%s: %s\n--- said\n%s--- expected\n%s", name,
                    compiled ? "was accepted" : "other messages", text, expected);
    }
    free(expected);
    free(exact);
    free(source);
    return good;
}

static void wrong_programs_are_refused_helpfully(void **state)
{
    (void)state;
    void *workspace = aligned_alloc(16, dure_yak_workspace_size());
    assert_non_null(workspace);
    DIR *folder = opendir(FOLDER);
    assert_non_null(folder);
    uint32_t count = 0;
    uint32_t bad = 0;
    for (struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        size_t length = strlen(entry->d_name);
        if (length > 4 && length < 200 && strcmp(entry->d_name + length - 4, ".yak") == 0) {
            char name[256];
            snprintf(name, sizeof name, "%.*s", (int)(length - 4), entry->d_name);
            bad += check_one(name, workspace) ? 0 : 1;
            count++;
        }
    }
    closedir(folder);
    free(workspace);
    assert_true(count >= 170);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(wrong_programs_are_refused_helpfully)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

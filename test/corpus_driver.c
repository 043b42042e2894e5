/* Runs a fuzz target once over every file of a folder: the committed corpus as a test. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int run_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        perror(path);
        return 1;
    }
    size_t capacity = 4u << 20;
    uint8_t *data = malloc(capacity);
    size_t size = data == NULL ? 0 : fread(data, 1, capacity, file);
    fclose(file);
    /* An exact-size copy, so that the sanitizer sees a read past the end. */
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    if (data == NULL || exact == NULL) {
        return 1;
    }
    memcpy(exact, data, size);
    free(data);
    LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    DIR *folder = opendir(argv[1]);
    if (folder == NULL) {
        perror(argv[1]);
        return 1;
    }
    int count = 0;
    int failed = 0;
    struct dirent *entry;
    while ((entry = readdir(folder)) != NULL) {
        char path[4096];
        if (entry->d_name[0] == '.') {
            continue;
        }
        snprintf(path, sizeof path, "%s/%s", argv[1], entry->d_name);
        failed += run_file(path);
        count++;
    }
    closedir(folder);
    printf("%d corpus files run\n", count);
    return failed != 0 || count == 0;
}

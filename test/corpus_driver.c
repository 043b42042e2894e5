/* Runs every file of the directories named on the command line through a fuzz target once: so the
   committed corpus is a test in every build, with and without libFuzzer.  Prints TAP, a case for
   each file; a directory without files is a failure. */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads a whole file into a buffer of exactly its size, so that a sanitizer sees the first byte
   read beyond it.  The caller frees.  NULL if it cannot be read. */
static uint8_t *file_read(size_t *size, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return NULL;
    }
    uint8_t *data = NULL;
    struct stat status;
    if (fstat(fileno(file), &status) == 0) {
        *size = (size_t)status.st_size;
        data = malloc(*size == 0 ? 1 : *size);
        if (data != NULL && fread(data, 1, *size, file) != *size) {
            free(data);
            data = NULL;
        }
    }
    fclose(file);
    return data;
}

static int is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* Runs the files of one directory in the order of their names; returns how many there are, or -1.
 */
static int directory_run(const char *directory)
{
    struct dirent **entries = NULL;
    int count = scandir(directory, &entries, is_visible, alphasort);
    bool is_read = true;
    for (int i = 0; i < count; i++) {
        char path[4096];
        size_t size = 0;
        uint8_t *data = NULL;
        int length = snprintf(path, sizeof path, "%s/%s", directory, entries[i]->d_name);
        if (length > 0 && (size_t)length < sizeof path) {
            data = file_read(&size, path);
        }
        if (data == NULL) {
            printf("not ok - cannot read %s\n", entries[i]->d_name);
            is_read = false;
            break;
        }
        /* Named before it runs: a crash then says which input it was. */
        printf("# %s\n", entries[i]->d_name);
        fflush(stdout);
        LLVMFuzzerTestOneInput(data, size);
        printf("ok - %s\n", entries[i]->d_name);
        free(data);
    }
    for (int i = 0; i < count; i++) {
        free(entries[i]);
    }
    free(entries);
    return is_read ? count : -1;
}

int main(int argc, char **argv)
{
    int total = 0;
    for (int i = 1; i < argc; i++) {
        int count = directory_run(argv[i]);
        if (count <= 0) {
            printf("not ok - no input in %s\n", argv[i]);
            return 1;
        }
        total += count;
    }
    printf("1..%d\n", total);
    return total == 0;
}

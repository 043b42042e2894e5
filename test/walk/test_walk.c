/* The random walk as a test: a short one in every build; built with WALK_LONG, a million steps.

     test_walk                          the test
     test_walk --seed 7 --steps 1234    that walk again, up to that step; --tell: each transaction
     test_walk --pairs 50               the lines of pairs.txt that so many walks lead to
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "walk/walk.h"

#ifdef WALK_LONG
#define WALKS 50u
#else
#define WALKS 1u
#endif
#ifdef WALK_LONG
#define STEPS 20000u
#else
#define STEPS 10000u
#endif
#define FIRST UINT64_C(1)

static uint64_t table[WALK_KINDS * WALK_CODES];
static const char *beside; /* the directory of this program: where the table goes */

static void tail_print(const walk_t *walk)
{
    for (uint32_t i = 1; i <= WALK_TAIL; i++) {
        const char *line = walk->tail[(walk->step + i) % WALK_TAIL];
        if (line[0] != 0) {
            print_message("%s\n", line);
        }
    }
    print_message("seed %llu step %u: %s\n", (unsigned long long)walk->seed, walk->step,
                  walk->problem);
    print_message("again: test_walk --seed %llu --steps %u --tell\n",
                  (unsigned long long)walk->seed, walk->step);
}

/* One walk of so many steps; false if anything differed. */
static bool walk_one(uint64_t seed, uint32_t steps, bool tell)
{
    walk_t *walk = walk_new(seed, table);
    walk->told = tell;
    walk_town(walk);
    bool right = true;
    while (right && walk->step < steps) {
        right = walk_step(walk);
    }
    right = right && walk_check(walk, true);
    if (!right) {
        tail_print(walk);
    }
    walk_free(walk);
    return right;
}

static void the_ledger_is_what_the_model_says(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < WALKS; i++) {
        print_message("walk of seed %llu, %u steps\n", (unsigned long long)(FIRST + i), STEPS);
        assert_true(walk_one(FIRST + i, STEPS, false));
    }
}

static void every_pair_was_reached(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/walk_table.txt", beside);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    const bool right = walk_table(table, file, WALKS == 1);
    fclose(file);
    file = fopen(path, "r");
    assert_non_null(file);
    char line[256];
    while (fgets(line, sizeof line, file) != NULL) {
        print_message("%s", line);
    }
    fclose(file);
    assert_true(right);
}

/* The lines of pairs.txt that follow from what was reached. */
static int pairs_print(uint32_t walks)
{
    for (uint32_t i = 0; i < walks; i++) {
        if (!walk_one(FIRST + i, STEPS, false)) {
            return 1;
        }
    }
    for (uint32_t at = 0; at < WALK_KINDS * WALK_CODES; at++) {
        const uint64_t each = table[at] / walks;
        if (table[at] > 0) {
            printf("%s %u %s\n", walk_kind_name(at / WALK_CODES), at % WALK_CODES,
                   each >= 30               ? "often"
                   : 4 * table[at] >= WALKS ? "must"
                                            : "rare");
        }
    }
    return 0;
}

static int walk_again(int argc, char **argv)
{
    uint64_t seed = FIRST;
    uint32_t steps = STEPS;
    bool tell = false;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--tell") == 0) {
            tell = true;
        } else if (strcmp(argv[i], "--pairs") == 0 && i + 1 < argc) {
            return pairs_print((uint32_t)strtoul(argv[++i], NULL, 10));
        } else if (strcmp(argv[i], "--seed") == 0 && i + 1 < argc) {
            seed = strtoull(argv[++i], NULL, 10);
        } else if (strcmp(argv[i], "--steps") == 0 && i + 1 < argc) {
            steps = (uint32_t)strtoul(argv[++i], NULL, 10);
        } else {
            fprintf(stderr, "%s: %s is not understood\n", argv[0], argv[i]);
            return 2;
        }
    }
    return walk_one(seed, steps, tell) ? 0 : 1;
}

int main(int argc, char **argv)
{
    static char directory[256] = ".";
    const char *slash = strrchr(argv[0], '/');
    if (slash != NULL && (size_t)(slash - argv[0]) < sizeof directory) {
        memcpy(directory, argv[0], (size_t)(slash - argv[0]));
        directory[slash - argv[0]] = 0;
    }
    beside = directory;
    if (argc > 1) {
        return walk_again(argc, argv);
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_ledger_is_what_the_model_says),
        cmocka_unit_test(every_pair_was_reached),
    };
    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}

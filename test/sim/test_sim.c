/* The simulator as a test, and as a program:
       test_sim --seeds N [--first S]     runs N seeds
       test_sim --crashes N [--first S]   runs seeds until N processes have crashed
   A failing seed is printed; `test_sim --seeds 1 --first SEED` runs it again, the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "sim/sim.h"

#define ITEMS 400u

#if defined(__SANITIZE_ADDRESS__) || !defined(__OPTIMIZE__)
#define SEEDS 20u
#else
#define SEEDS 300u
#endif
#define SEEDS_TO_CATCH 400u

static workload_t *workload;

static bool run(uint64_t first, uint64_t seeds, uint64_t crashes, sim_stats_t *stats)
{
    static const sim_bugs_t none;
    for (uint64_t seed = first; stats->seeds < seeds && stats->crashes < crashes; seed++) {
        const char *wrong = sim_run(seed, workload, &none, stats);
        if (wrong != NULL) {
            printf("# seed %llu: %s\n# again: test_sim --seeds 1 --first %llu\n",
                   (unsigned long long)seed, wrong, (unsigned long long)seed);
            return false;
        }
    }
    return true;
}

static void a_node_that_keeps_dying_loses_nothing(void **state)
{
    (void)state;
    sim_stats_t stats = {0};
    assert_true(run(1, SEEDS, UINT64_MAX, &stats));
    sim_print(&stats);
    /* What was to be tried was tried. */
    assert_true(workload->payouts > 0 && workload->refunds > 0);
    static const uint8_t tried[] = {
        DURE_MOVE_LOT_ISSUED,        DURE_MOVE_LOT_TAKEN,         DURE_MOVE_MERCHANT_RECEIVED,
        DURE_MOVE_SHARE_TAKEN,       DURE_MOVE_REWARD_TO_ESCROW,  DURE_MOVE_LOT_RETURNED,
        DURE_MOVE_MERCHANT_RETURNED, DURE_MOVE_LOT_GIVEN,         DURE_MOVE_MERCHANT_SENT,
        DURE_MOVE_LOT_REMAINDERED,   DURE_MOVE_LOT_CANCELLED,     DURE_MOVE_LOTS_GRANTED,
        DURE_MOVE_BATCH_RELEASED,    DURE_MOVE_LOT_LAPSED,        DURE_MOVE_PAYOUT_SETTLED,
        DURE_MOVE_ESCROW_TO_ACCOUNT, DURE_MOVE_ADVANCE_TO_ESCROW, DURE_MOVE_DEBT_OPENED};
    for (size_t i = 0; i < sizeof tried; i++) {
        if (workload->moves[tried[i]] == 0) {
            fail_msg("the list never moves %s", dure_names_text(DURE_NAMES_MOVES, tried[i]));
        }
    }
    assert_true(stats.losing > 0 && stats.kills > 0 && stats.deaths > 0 && stats.faults > 0);
    assert_true(stats.repeated > 0 && stats.from_checkpoint > 0 && stats.from_genesis > 0);
    assert_true(stats.full_disks > 0 && stats.clean_stops > 0 && stats.rebuilt > 0);
    assert_true(stats.archived > 0 && stats.pruned > 0);
    assert_true(stats.beside > 0 && stats.crashes_in_save > 0);
    /* Rare: memory for what changes beside a checkpoint runs out. */
    assert_true(stats.given_up > 0 || SEEDS < 100);
}

/* A start that failed while the archive was away wrote a head marker of an empty log. */
static void what_once_was_lost_is_not_lost_again(void **state)
{
    (void)state;
    sim_stats_t stats = {0};
    assert_true(run(100112, 1, UINT64_MAX, &stats));
}

/* The checkpoint is written in many small parts, while blocks are decided and segments change. */
static void power_is_lost_at_every_point_of_a_checkpoint(void **state)
{
    (void)state;
    static const sim_bugs_t none;
    for (uint64_t seed = 7; seed < 9; seed++) {
        sim_stats_t stats = {0};
        bool is_past = false;
        uint32_t point = 0;
        while (!is_past) {
            const char *wrong = sim_run_point(seed, workload, &none, &stats, ++point, &is_past);
            if (wrong != NULL) {
                fail_msg("seed %llu point %u: %s", (unsigned long long)seed, point, wrong);
            }
            assert_true(point < 2000);
        }
        printf("# %u points of a checkpoint, %u blocks decided beside it\n", point,
               (unsigned)stats.beside);
        assert_true(point > 40);
    }
}

/* ---- planted bugs: a tester that finds none of them proves nothing --------------------------- */

static void assert_caught(const char *name, sim_bugs_t bugs)
{
    sim_stats_t stats = {0};
    for (uint64_t seed = 1; seed <= SEEDS_TO_CATCH; seed++) {
        const char *wrong = sim_run(seed, workload, &bugs, &stats);
        if (wrong != NULL) {
            printf("# %s: caught by seed %llu: %s\n", name, (unsigned long long)seed, wrong);
            fflush(stdout);
            return;
        }
    }
    fail_msg("%s was not caught by %u seeds", name, SEEDS_TO_CATCH);
}

static void an_answer_before_the_sync_is_caught(void **state)
{
    (void)state;
    assert_caught("answer before the sync",
                  (sim_bugs_t){.store_bug = DURE_STORE_BUG_ACK_BEFORE_SYNC});
}

static void a_record_without_its_hash_is_caught(void **state)
{
    (void)state;
    assert_caught("no record hash", (sim_bugs_t){.store_bug = DURE_STORE_BUG_NO_RECORD_HASH});
}

static void a_retry_after_a_failed_sync_is_caught(void **state)
{
    (void)state;
    assert_caught("retry after a failed sync", (sim_bugs_t){
                                                   .store_bug = DURE_STORE_BUG_RETRY_AFTER_EIO,
                                                   .plants_no_poison = true,
                                               });
}

static void a_root_that_misses_a_table_is_caught(void **state)
{
    (void)state;
    assert_caught("root that misses a table",
                  (sim_bugs_t){.ledger_bug = DURE_LEDGER_BUG_ROOT_MISSES_PAYOUTS});
}

static void a_window_that_is_not_restored_is_caught(void **state)
{
    (void)state;
    assert_caught("window not restored",
                  (sim_bugs_t){.ledger_bug = DURE_LEDGER_BUG_WINDOW_NOT_RESTORED});
}

static void a_snapshot_that_forgets_is_caught(void **state)
{
    (void)state;
    assert_caught("snapshot that forgets what changes",
                  (sim_bugs_t){.ledger_bug = DURE_LEDGER_BUG_SNAPSHOT_FORGETS});
}

static void a_snapshot_that_takes_what_came_later_is_caught(void **state)
{
    (void)state;
    assert_caught("snapshot that takes what came later",
                  (sim_bugs_t){.ledger_bug = DURE_LEDGER_BUG_SNAPSHOT_TAKES_NEW});
}

static void a_checkpoint_ahead_of_the_history_is_caught(void **state)
{
    (void)state;
    assert_caught("checkpoint ahead of the history",
                  (sim_bugs_t){.node_bug = DURE_NODE_BUG_HISTORY_NOT_AWAITED});
}

/* ---- as a program ---------------------------------------------------------------------------- */

static int run_program(int count, char **arguments)
{
    uint64_t seeds = UINT64_MAX;
    uint64_t crashes = UINT64_MAX;
    uint64_t first = 1;
    for (int i = 1; i + 1 < count; i += 2) {
        uint64_t value = strtoull(arguments[i + 1], NULL, 10);
        if (strcmp(arguments[i], "--seeds") == 0) {
            seeds = value;
        } else if (strcmp(arguments[i], "--crashes") == 0) {
            crashes = value;
        } else if (strcmp(arguments[i], "--first") == 0) {
            first = value;
        }
    }
    if (seeds == UINT64_MAX && crashes == UINT64_MAX) {
        fprintf(stderr, "usage: test_sim [--seeds N | --crashes N] [--first S]\n");
        return 2;
    }
    sim_stats_t stats = {0};
    bool is_good = run(first, seeds, crashes, &stats);
    sim_print(&stats);
    return is_good ? 0 : 1;
}

static void a_copy_that_nobody_read_again_is_caught(void **state)
{
    (void)state;
    assert_caught("copy not verified", (sim_bugs_t){.store_bug = DURE_STORE_BUG_COPY_UNVERIFIED});
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_node_that_keeps_dying_loses_nothing),
        cmocka_unit_test(what_once_was_lost_is_not_lost_again),
        cmocka_unit_test(power_is_lost_at_every_point_of_a_checkpoint),
        cmocka_unit_test(an_answer_before_the_sync_is_caught),
        cmocka_unit_test(a_record_without_its_hash_is_caught),
        cmocka_unit_test(a_retry_after_a_failed_sync_is_caught),
        cmocka_unit_test(a_root_that_misses_a_table_is_caught),
        cmocka_unit_test(a_window_that_is_not_restored_is_caught),
        cmocka_unit_test(a_snapshot_that_forgets_is_caught),
        cmocka_unit_test(a_snapshot_that_takes_what_came_later_is_caught),
        cmocka_unit_test(a_copy_that_nobody_read_again_is_caught),
        cmocka_unit_test(a_checkpoint_ahead_of_the_history_is_caught),
    };
    if (!dure_crypto_init()) {
        return 1;
    }
    workload = workload_new(ITEMS);
    if (workload == NULL) {
        return 1;
    }
    int result =
        count > 1 ? run_program(count, arguments) : cmocka_run_group_tests(tests, NULL, NULL);
    workload_free(workload);
    return result;
}

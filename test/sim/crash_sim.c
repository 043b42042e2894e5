/* Ten thousand simulated crashes.  A failing seed runs again as `test_sim --seeds 1 --first SEED`.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "sim/sim.h"

#define CRASHES UINT64_C(10000)
#define FIRST   UINT64_C(100000) /* other seeds than the daily test's */
#define ITEMS   400u

static void ten_thousand_crashes_lose_nothing(void **state)
{
    (void)state;
    static const sim_bugs_t none;
    sim_stats_t stats = {0};
    workload_t *workload = workload_new(ITEMS);
    assert_non_null(workload);
    for (uint64_t seed = FIRST; stats.crashes < CRASHES; seed++) {
        const char *wrong = sim_run(seed, workload, &none, &stats);
        if (wrong != NULL) {
            fail_msg("seed %llu: %s", (unsigned long long)seed, wrong);
        }
    }
    sim_print(&stats);
    assert_true(stats.losing > 0);
    workload_free(workload);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ten_thousand_crashes_lose_nothing)};
    return dure_crypto_init() ? cmocka_run_group_tests(tests, NULL, NULL) : 1;
}

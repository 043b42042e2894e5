/* A few blows on a list of 2,000 rows: `make crash` pays 100,000. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/dure_crypto.h"
#include "kill/grant.h"

static void a_list_of_two_thousand_is_paid_exactly_once_under_kills(void **state)
{
    (void)state;
    assert_true(grant_killed(2000, 6, 0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_two_thousand_is_paid_exactly_once_under_kills)};
    if (!dure_crypto_init()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

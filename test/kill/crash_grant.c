/* A grant of 100,000 rows under twenty kill -9. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/dure_crypto.h"
#include "kill/grant.h"

static void a_list_of_a_hundred_thousand_is_paid_exactly_once_under_kills(void **state)
{
    (void)state;
    assert_true(grant_killed(100000, 20, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_a_hundred_thousand_is_paid_exactly_once_under_kills)};
    if (!dure_crypto_init()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

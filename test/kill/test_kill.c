/* A few real kill -9: `make crash` does a hundred. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "crypto/dure_crypto.h"
#include "kill/kill.h"

static void a_killed_node_keeps_what_it_acknowledged(void **state)
{
    (void)state;
    assert_true(kill_run(15, 600));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_killed_node_keeps_what_it_acknowledged)};
    if (!dure_crypto_init()) {
        return 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/dure_base.h"

#include <stdio.h>
#include <stdlib.h>

_Noreturn void dure_assert_failed(const char *file, int line, const char *expression)
{
    fprintf(stderr, "dure: internal error at %s:%d: %s does not hold; stopping\n", file, line,
            expression);
    abort();
}

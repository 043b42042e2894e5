#include <stdio.h>
#include <string.h>

#include "crypto/crypto_private.h"

static int run_field_tests(void);

/* Before what follows is compiled for processors that this may not run on. */
int main(void)
{
    if (ed25519_ifma_is_here()) {
        return run_field_tests();
    }
    printf("1..0 # SKIP this processor has no AVX-512 IFMA\n");
    return 0;
}

#if defined(__x86_64__)

#include "crypto/ed25519_field_ifma.h"

#define FIELD_TAKES_WIDE false

static fe_t field_from(uint64_t limbs[LANES][5])
{
    fe_t out;
    for (unsigned i = 0; i < 5; i++) {
        uint64_t lanes[LANES];
        for (unsigned lane = 0; lane < LANES; lane++) {
            lanes[lane] = limbs[lane][i];
        }
        out.limb[i] = _mm512_loadu_si512(lanes);
    }
    return out;
}

static void field_to(uint64_t limbs[LANES][5], const fe_t *a)
{
    for (unsigned i = 0; i < 5; i++) {
        uint64_t lanes[LANES];
        _mm512_storeu_si512(lanes, a->limb[i]);
        for (unsigned lane = 0; lane < LANES; lane++) {
            limbs[lane][i] = lanes[lane];
        }
    }
}

#include "crypto/test_field.inc"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#else

static int run_field_tests(void)
{
    return 0;
}

#endif

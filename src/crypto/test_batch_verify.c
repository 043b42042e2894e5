/* Many signatures at once against one by one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

#include "crypto/crypto_private.h"

#define MOST         300u
#define MESSAGE_SIZE 40u

typedef struct {
    dure_public_key_t key[MOST];
    dure_signature_t signature[MOST];
    uint8_t message[MOST][256];
    dure_signature_job_t job[MOST];
} set_t;

static uint64_t draw(void)
{
    static uint64_t at = 1;
    at += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t mixed = at;
    mixed = (mixed ^ (mixed >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ (mixed >> 27)) * UINT64_C(0x94D049BB133111EB);
    return mixed ^ (mixed >> 31);
}

static void sign_one(set_t *set, uint32_t i, uint8_t scheme, uint32_t who)
{
    dure_hash_t seed;
    dure_hash(&seed, DURE_TAG_DERIVE, &who, sizeof who);
    dure_secret_key_t secret = {.scheme = scheme};
    memcpy(secret.seed, seed.bytes, 32);
    memset(set->message[i], 0, sizeof set->message[i]);
    memcpy(set->message[i], &i, sizeof i);
    assert_true(dure_public_key_of(&set->key[i], &secret));
    assert_true(dure_sign(&set->signature[i], &secret, set->message[i], MESSAGE_SIZE));
    set->job[i] = (dure_signature_job_t){.key = &set->key[i],
                                         .signature = &set->signature[i],
                                         .message = set->message[i],
                                         .message_size = MESSAGE_SIZE};
}

static set_t *good_set(void)
{
    static set_t made, copy;
    if (made.job[0].key == NULL) {
        for (uint32_t i = 0; i < MOST; i++) {
            sign_one(&made, i, DURE_SCHEME_ED25519, i / 2);
        }
    }
    copy = made;
    for (uint32_t i = 0; i < MOST; i++) {
        copy.job[i].key = &copy.key[i];
        copy.job[i].signature = &copy.signature[i];
        copy.job[i].message = copy.message[i];
    }
    return &copy;
}

/* All at once, each as alone; how many were refused. */
static uint32_t compare(dure_signature_job_t *jobs, uint32_t count)
{
    uint32_t refused = 0;
    for (uint32_t i = 0; i < count; i++) {
        jobs[i].result = (dure_crypto_result_t)99;
    }
    dure_signatures_verify(jobs, count);
    for (uint32_t i = 0; i < count; i++) {
        const dure_crypto_result_t alone = dure_signature_verify(
            jobs[i].key, jobs[i].signature, jobs[i].message, jobs[i].message_size);
        if (jobs[i].result != alone) {
            fail_msg("%u of %u: %s, alone %s", i, count, dure_crypto_result_name(jobs[i].result),
                     dure_crypto_result_name(alone));
        }
        refused += alone != DURE_CRYPTO_OK;
    }
    return refused;
}

static void every_size_is_taken(void **state)
{
    (void)state;
    set_t *set = good_set();
    dure_signatures_verify(NULL, 0);
    for (uint32_t count = 1; count <= 18; count++) {
        assert_int_equal(compare(set->job, count), 0);
    }
    static const uint32_t sizes[] = {63, 64, 65, 126, 127, 128, 129, 130, 131, 254, 255, MOST};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        assert_int_equal(compare(set->job, sizes[i]), 0);
    }
}

/* Every way to spoil one signature. */
typedef enum {
    SPOIL_S,
    SPOIL_R,
    SPOIL_R_SIGN,
    SPOIL_KEY,
    SPOIL_MESSAGE,
    SPOIL_SIZE,
    SPOIL_S_PLUS_L,
    SPOIL_R_NOT_CANONICAL,
    SPOIL_KEY_SMALL,
    SPOIL_KEY_NOT_CANONICAL,
    SPOIL_KEY_PADDING,
    SPOIL_SCHEME,
    SPOIL_ALL_ZERO,
    SPOIL_NEIGHBOURS,
    SPOILS_COUNT,
} spoil_t;

static void add_order(uint8_t s[32])
{
    static const uint8_t ORDER[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58,
                                      0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14,
                                      0,    0,    0,    0,    0,    0,    0,    0,
                                      0,    0,    0,    0,    0,    0,    0,    0x10};
    unsigned carry = 0;
    for (unsigned i = 0; i < 32; i++) {
        carry += (unsigned)s[i] + ORDER[i];
        s[i] = (uint8_t)carry;
        carry >>= 8;
    }
}

static void spoil(set_t *set, uint32_t at, spoil_t how)
{
    uint8_t *signature = set->signature[at].bytes;
    uint8_t *key = set->key[at].bytes;
    switch (how) {
    case SPOIL_S:
        signature[32 + draw() % 31] ^= (uint8_t)(1u << draw() % 8);
        return;
    case SPOIL_R:
        signature[draw() % 31] ^= (uint8_t)(1u << draw() % 8);
        return;
    case SPOIL_R_SIGN:
        signature[31] ^= 0x80;
        return;
    case SPOIL_KEY:
        /* Another's, not one of no one: this one was checked too. */
        set->key[at] = set->key[(at + 2) % MOST];
        return;
    case SPOIL_MESSAGE:
        set->message[at][draw() % MESSAGE_SIZE] ^= (uint8_t)(1u << draw() % 8);
        return;
    case SPOIL_SIZE:
        set->job[at].message_size--;
        return;
    case SPOIL_S_PLUS_L:
        add_order(signature + 32);
        return;
    case SPOIL_R_NOT_CANONICAL:
        memset(signature, 0xff, 32);
        signature[0] = (uint8_t)(0xed + draw() % 19);
        return;
    case SPOIL_KEY_SMALL:
        memset(key, 0, 33);
        key[0] = (uint8_t)(draw() % 2);
        return;
    case SPOIL_KEY_NOT_CANONICAL:
        memset(key, 0xff, 32);
        return;
    case SPOIL_KEY_PADDING:
        key[32] = 1;
        return;
    case SPOIL_SCHEME:
        set->key[at].scheme = (uint8_t)(draw() % 2 * 3);
        return;
    case SPOIL_ALL_ZERO:
        memset(signature, 0, 64);
        return;
    case SPOIL_NEIGHBOURS: {
        const dure_signature_t kept = set->signature[at];
        set->signature[at] = set->signature[(at + 1) % MOST];
        set->signature[(at + 1) % MOST] = kept;
        return;
    }
    case SPOILS_COUNT:
        break;
    }
    fail();
}

static void one_bad_is_found_at_each_place(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {2, 4, 7, 9, 16, 31};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        for (uint32_t at = 0; at < sizes[i]; at++) {
            set_t *set = good_set();
            spoil(set, at, (spoil_t)(at % SPOIL_NEIGHBOURS));
            assert_int_equal(compare(set->job, sizes[i]), 1);
        }
    }
    for (uint32_t at = 0; at < 127; at += 9) {
        set_t *set = good_set();
        spoil(set, at, SPOIL_S);
        assert_int_equal(compare(set->job, 127), 1);
    }
}

static void every_spoiling_is_as_alone(void **state)
{
    (void)state;
    for (spoil_t how = 0; how < SPOILS_COUNT; how++) {
        for (unsigned times = 0; times < 8; times++) {
            set_t *set = good_set();
            const uint32_t count = 8 + (uint32_t)(draw() % 32);
            spoil(set, (uint32_t)(draw() % (count - 1)), how);
            assert_int_equal(compare(set->job, count), how == SPOIL_NEIGHBOURS ? 2 : 1);
        }
    }
}

static void random_mixtures_are_as_alone(void **state)
{
    (void)state;
    for (unsigned times = 0; times < 60; times++) {
        set_t *set = good_set();
        const uint32_t count = 1 + (uint32_t)(draw() % 140);
        for (uint64_t bad = draw() % 6; bad > 0; bad--) {
            spoil(set, (uint32_t)(draw() % count), (spoil_t)(draw() % SPOIL_NEIGHBOURS));
        }
        if (times % 3 == 0) {
            sign_one(set, (uint32_t)(draw() % count), DURE_SCHEME_P256, times);
        }
        (void)compare(set->job, count);
    }
}

/* s + 1 here and s - 1 there: with equal coefficients the two would make up for each other. */
static void errors_that_make_up_for_each_other_are_found(void **state)
{
    (void)state;
    static const uint8_t ONE[32] = {1};
    for (uint32_t distance = 1; distance < 16; distance++) {
        set_t *set = good_set();
        uint8_t *first = set->signature[0].bytes + 32;
        uint8_t *second = set->signature[distance].bytes + 32;
        crypto_core_ed25519_scalar_add(first, first, ONE);
        crypto_core_ed25519_scalar_sub(second, second, ONE);
        assert_int_equal(compare(set->job, 16), 2);
    }
}

static void the_same_one_many_times_over(void **state)
{
    (void)state;
    set_t *set = good_set();
    for (uint32_t i = 1; i < 64; i++) {
        set->job[i] = set->job[0];
    }
    assert_int_equal(compare(set->job, 64), 0);
    set->signature[0].bytes[33] ^= 1;
    assert_int_equal(compare(set->job, 64), 64);
}

/* ---- the rows of the committed vectors, in company ------------------------------------------- */

static uint32_t rows_read(set_t *set, uint32_t from, const char *path, unsigned fields,
                          const unsigned at[4])
{
    static char line[4096];
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    uint32_t count = from;
    while (fgets(line, sizeof line, file) != NULL && count < MOST) {
        char *words[8] = {0}, *rest = line;
        for (unsigned i = 0; i < fields && line[0] != '#'; i++) {
            words[i] = strtok_r(rest, " \n", &rest);
            assert_non_null(words[i]);
        }
        size_t size = 0;
        if (line[0] == '#' || strlen(words[at[2]]) > 2 * sizeof set->message[0]) {
            continue;
        }
        set->key[count] = (dure_public_key_t){.scheme = (uint8_t)atoi(words[at[0]])};
        const bool has_message = strcmp(words[at[2]], "-") != 0;
        assert_int_equal(sodium_hex2bin(set->key[count].bytes, 33, words[at[1]],
                                        strlen(words[at[1]]), NULL, NULL, NULL),
                         0);
        assert_int_equal(sodium_hex2bin(set->signature[count].bytes, 64, words[at[3]],
                                        strlen(words[at[3]]), NULL, NULL, NULL),
                         0);
        if (has_message) {
            assert_int_equal(sodium_hex2bin(set->message[count], sizeof set->message[0],
                                            words[at[2]], strlen(words[at[2]]), NULL, &size, NULL),
                             0);
        }
        /* What the batch promises for a key of mixed order is nothing. */
        if (dure_public_key_check(&set->key[count]) == DURE_CRYPTO_KEY_HAS_TORSION) {
            continue;
        }
        set->job[count] =
            (dure_signature_job_t){.key = &set->key[count],
                                   .signature = &set->signature[count],
                                   .message = has_message ? set->message[count] : NULL,
                                   .message_size = size};
        count++;
    }
    fclose(file);
    return count;
}

static void the_committed_vectors_have_their_results(void **state)
{
    (void)state;
    static const unsigned rfc[4] = {1, 3, 4, 5}, edges[4] = {1, 2, 3, 4};
    set_t *set = good_set();
    static dure_signature_job_t alone[MOST], good[MOST], together[32];
    uint32_t count = rows_read(set, 8, "test/vectors/crypto-rfc.txt", 6, rfc);
    assert_int_equal(compare(set->job + 8, count - 8), 0);
    count = rows_read(set, count, "test/vectors/crypto-signatures.txt", 7, edges);
    assert_true(count > 200);
    (void)compare(set->job, count);

    /* Those that hold, and those that libsodium's own verifier refuses are among them. */
    uint32_t held = 0;
    memcpy(alone, set->job, sizeof alone);
    for (uint32_t i = 0; i < count; i++) {
        if (alone[i].result == DURE_CRYPTO_OK) {
            good[held++] = alone[i];
        }
    }
    assert_true(held > 30);
    assert_int_equal(compare(good, held), 0);
    /* Each edge among good ones. */
    for (uint32_t i = 8; i < count; i++) {
        memcpy(together, set->job, 8 * sizeof together[0]);
        together[i % 9] = alone[i];
        (void)compare(together, 9);
    }
}

/* ---- the sum itself -------------------------------------------------------------------------- */

/* By every way that runs here: they must agree. */
static bool sum_is_zero(const ed25519_term_t *terms, uint32_t count)
{
    const bool zero = ed25519_sum_is_zero_portable(terms, count);
    if (ed25519_ifma_is_here()) {
        assert_int_equal(ed25519_sum_is_zero_ifma(terms, count), zero);
    }
    return zero;
}

static void term_set(ed25519_term_t *term, const uint8_t r[32], const uint8_t key[32],
                     uint8_t r_times, uint8_t key_times)
{
    memset(term, 0, sizeof *term);
    memcpy(term->r, r, 32);
    memcpy(term->key, key, 32);
    term->r_scalar[0] = r_times;
    term->key_scalar[0] = key_times;
}

/* P a - (-P) b is zero exactly if a = b, up to eight and the order; also with torsion. */
static void sums_are_what_they_are(void **state)
{
    (void)state;
    static const uint8_t TORSION[32] = {0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0,
                                        0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
                                        0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39,
                                        0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
    static const uint8_t IDENTITY[32] = {1}, NOWHERE[32] = {2};
    uint8_t scalar[32] = {3}, point[32], negative[32], twisted[32];
    ed25519_term_t term[20] = {0};
    assert_true(sum_is_zero(term, 0));
    for (uint8_t times = 1; times < 60; times++) {
        scalar[1] = times;
        assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(point, scalar), 0);
        memcpy(negative, point, 32);
        negative[31] ^= 0x80;
        const uint32_t at = times % 20;
        for (uint32_t i = 0; i < 20; i++) {
            term_set(&term[i], TORSION, IDENTITY, (uint8_t)i, times);
        }
        term_set(&term[at], point, negative, times, times);
        assert_true(sum_is_zero(term, 20));
        term_set(&term[at], point, negative, times, (uint8_t)(times + 1));
        assert_false(sum_is_zero(term, 20));
        term_set(&term[at], point, point, times, times);
        assert_false(sum_is_zero(term, 20));
        assert_int_equal(crypto_core_ed25519_add(twisted, point, TORSION), 0);
        term_set(&term[at], twisted, negative, times, times);
        assert_true(sum_is_zero(term, 20));
        term_set(&term[at], NOWHERE, IDENTITY, 0, 0);
        assert_false(sum_is_zero(term, 20));
        term_set(&term[at], IDENTITY, NOWHERE, 0, 0);
        assert_false(sum_is_zero(term, 20));
    }
}

static void scalar_draw(uint8_t scalar[32])
{
    uint64_t wide[8];
    for (unsigned i = 0; i < 8; i++) {
        wide[i] = draw();
    }
    crypto_core_ed25519_scalar_reduce(scalar, (const uint8_t *)wide);
}

/* a P = (a mod L) P, with the largest scalars there are. */
static void large_scalars_are_right(void **state)
{
    (void)state;
    ed25519_term_t terms[8];
    uint8_t base_scalar[32] = {1}, base[32];
    assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(base, base_scalar), 0);
    for (unsigned times = 0; times < 200; times++) {
        uint8_t scalar[32] = {0}, sum[32] = {0}, part[32];
        for (unsigned i = 0; i < 7; i++) {
            scalar_draw(scalar);
            assert_int_equal(crypto_scalarmult_ed25519_base_noclamp(terms[i].key, scalar), 0);
            memcpy(terms[i].r, terms[i].key, 32);
            memset(terms[i].r_scalar, 0, 32);
            memset(terms[i].r_scalar, 0xff, 16);
            crypto_core_ed25519_scalar_negate(terms[i].key_scalar, base_scalar); /* L - 1 */
            if (times % 2 == 0) {
                scalar_draw(terms[i].key_scalar);
            }
            crypto_core_ed25519_scalar_mul(part, scalar, terms[i].key_scalar);
            crypto_core_ed25519_scalar_add(sum, sum, part);
            crypto_core_ed25519_scalar_mul(part, scalar, terms[i].r_scalar);
            crypto_core_ed25519_scalar_add(sum, sum, part);
        }
        memset(&terms[7], 0, sizeof terms[7]);
        terms[7].r[0] = 1;
        memcpy(terms[7].key, base, 32);
        crypto_core_ed25519_scalar_negate(terms[7].key_scalar, sum);
        assert_true(sum_is_zero(terms, 8));
        terms[7].key_scalar[times % 31] ^= (uint8_t)(1u << times % 8);
        assert_false(sum_is_zero(terms, 8));
    }
}

static int prepare(void **state)
{
    (void)state;
    return dure_crypto_init() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_size_is_taken),
        cmocka_unit_test(one_bad_is_found_at_each_place),
        cmocka_unit_test(every_spoiling_is_as_alone),
        cmocka_unit_test(random_mixtures_are_as_alone),
        cmocka_unit_test(errors_that_make_up_for_each_other_are_found),
        cmocka_unit_test(the_same_one_many_times_over),
        cmocka_unit_test(the_committed_vectors_have_their_results),
        cmocka_unit_test(sums_are_what_they_are),
        cmocka_unit_test(large_scalars_are_right),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sodium.h>

#include "crypto/dure_crypto.h"

/* ---- reading the vector files ------------------------------------------------------------------
 */
#define LINE_MAX_SIZE 4096
#define FIELDS_MAX    8

typedef struct {
    char line[LINE_MAX_SIZE];
    char *field[FIELDS_MAX];
} row_t;

/* The next line that is not a comment, cut at spaces; asserts the number of fields. */
static bool row_next(row_t *row, FILE *file, size_t field_count)
{
    while (fgets(row->line, sizeof(row->line), file) != NULL) {
        if (row->line[0] == '#') {
            continue;
        }
        size_t found = 0;
        char *rest = row->line;
        for (char *word; (word = strtok_r(rest, " \n", &rest)) != NULL;) {
            assert_true(found < FIELDS_MAX);
            row->field[found++] = word;
        }
        assert_int_equal(found, field_count);
        return true;
    }
    return false;
}

static FILE *vectors_open(const char *path)
{
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        fail_msg("%s cannot be opened; run from the top of the project", path);
    }
    return file;
}

static size_t hex_read(uint8_t *out, size_t out_size, const char *text)
{
    size_t size = 0;
    if (strcmp(text, "-") == 0) {
        return 0;
    }
    assert_int_equal(sodium_hex2bin(out, out_size, text, strlen(text), NULL, &size, NULL), 0);
    assert_int_equal(strlen(text), 2 * size);
    return size;
}

/* ---- hashes ------------------------------------------------------------------------------------
 */
static void assert_hash(const dure_hash_t *hash, const char *expected)
{
    char text[65];
    sodium_bin2hex(text, sizeof(text), hash->bytes, sizeof(hash->bytes));
    assert_string_equal(text, expected);
}

static void sha256_is_sha256(void **state)
{
    (void)state;
    dure_hash_t hash;
    dure_sha256(&hash, "abc", 3);
    assert_hash(&hash, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    dure_sha256(&hash, NULL, 0);
    assert_hash(&hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    dure_sha256(&hash, "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56);
    assert_hash(&hash, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

static void a_tag_is_the_first_byte(void **state)
{
    (void)state;
    uint8_t tagged[301];
    for (size_t i = 0; i < sizeof(tagged); i++) {
        tagged[i] = (uint8_t)(i * 7);
    }
    for (size_t size = 0; size <= 300; size++) {
        dure_hash_t expected;
        dure_hash_t whole;
        dure_hash_t pieces;
        tagged[0] = DURE_TAG_BLOCK;
        dure_sha256(&expected, tagged, size + 1);
        dure_hash(&whole, DURE_TAG_BLOCK, tagged + 1, size);
        assert_memory_equal(&whole, &expected, 32);
        dure_hasher_t hasher;
        dure_hasher_init(&hasher, DURE_TAG_BLOCK);
        dure_hasher_update(&hasher, tagged + 1, size / 3);
        dure_hasher_update(&hasher, NULL, 0);
        dure_hasher_update(&hasher, tagged + 1 + size / 3, size - size / 3);
        dure_hasher_final(&hasher, &pieces);
        assert_memory_equal(&pieces, &expected, 32);
        dure_hash(&whole, DURE_TAG_APP, tagged + 1, size);
        assert_memory_not_equal(&whole, &expected, 32);
    }
}

static void a_pair_may_overwrite_its_input(void **state)
{
    (void)state;
    dure_hash_t pair[2] = {{{1, 2, 3}}, {{4, 5, 6}}};
    dure_hash_t expected;
    dure_hash(&expected, DURE_TAG_STATE_NODE, pair, sizeof(pair));
    dure_hash_t right = pair[1];
    dure_hash_pair(&right, DURE_TAG_STATE_NODE, &pair[0], &right);
    assert_memory_equal(&right, &expected, 32);
    dure_hash_pair(&pair[0], DURE_TAG_STATE_NODE, &pair[0], &pair[1]);
    assert_memory_equal(&pair[0], &expected, 32);
}

/* ---- keys and signatures ----------------------------------------------------------------------
 */
static void the_standards_vectors_hold(void **state)
{
    (void)state;
    FILE *file = vectors_open("test/vectors/crypto-rfc.txt");
    static row_t row;
    size_t count = 0;
    for (; row_next(&row, file, 6); count++) {
        dure_secret_key_t secret = {.scheme = (uint8_t)atoi(row.field[1])};
        dure_public_key_t key = {.scheme = secret.scheme};
        dure_public_key_t made;
        dure_signature_t signature;
        dure_signature_t signed_here;
        uint8_t message[1024];
        assert_int_equal(hex_read(secret.seed, 32, row.field[2]), 32);
        assert_int_equal(hex_read(key.bytes, 33, row.field[3]), 33);
        const size_t size = hex_read(message, sizeof(message), row.field[4]);
        assert_int_equal(hex_read(signature.bytes, 64, row.field[5]), 64);
        assert_true(dure_public_key_of(&made, &secret));
        assert_memory_equal(&made, &key, sizeof(key));
        assert_int_equal(dure_public_key_check(&key), DURE_CRYPTO_OK);
        assert_int_equal(dure_signature_verify(&key, &signature, message, size), DURE_CRYPTO_OK);
        assert_true(dure_sign(&signed_here, &secret, message, size));
        dure_public_key_t own;
        dure_signature_t keyed;
        assert_true(dure_public_key_of(&own, &secret));
        assert_true(dure_sign_keyed(&keyed, &secret, &own, message, size));
        assert_memory_equal(&keyed, &signed_here, sizeof keyed);
        assert_memory_equal(&signed_here, &signature, sizeof(signature));
    }
    fclose(file);
    assert_int_equal(count, 7);
}

typedef struct {
    size_t cases;
    size_t refused_keys;
    size_t beyond_libsodium; /* valid, though libsodium's own verifier refuses it */
} tally_t;

static void check_case(const row_t *row, tally_t *tally)
{
    dure_public_key_t key = {.scheme = (uint8_t)atoi(row->field[1])};
    dure_signature_t signature;
    uint8_t bytes[256];
    assert_int_equal(hex_read(key.bytes, 33, row->field[2]), 33);
    const size_t size = hex_read(bytes, sizeof(bytes), row->field[3]);
    assert_int_equal(hex_read(signature.bytes, 64, row->field[4]), 64);
    uint8_t *message = malloc(size > 0 ? size : 1); /* exact, for the sanitizer */
    assert_non_null(message);
    memcpy(message, bytes, size);

    const char *key_result = dure_crypto_result_name(dure_public_key_check(&key));
    const char *result =
        dure_crypto_result_name(dure_signature_verify(&key, &signature, message, size));
    if (strcmp(key_result, row->field[5]) != 0) {
        fail_msg("%s: key %s, expected %s", row->field[0], key_result, row->field[5]);
    }
    const bool asked = strcmp(row->field[6], "-") != 0;
    if (asked && strcmp(result, row->field[6]) != 0) {
        fail_msg("%s: %s, expected %s", row->field[0], result, row->field[6]);
    }
    tally->cases++;
    tally->refused_keys += strcmp(key_result, "ok") != 0;
    if (key.scheme == DURE_SCHEME_ED25519 && strcmp(key_result, "ok") == 0) {
        const bool sodium =
            crypto_sign_verify_detached(signature.bytes, message, size, key.bytes) == 0;
        assert_true(!sodium || strcmp(result, "ok") == 0);
        tally->beyond_libsodium += !sodium && strcmp(result, "ok") == 0;
    }
    free(message);
}

static void the_edge_cases_have_their_results(void **state)
{
    (void)state;
    FILE *file = vectors_open("test/vectors/crypto-signatures.txt");
    static row_t row;
    tally_t tally = {0};
    while (row_next(&row, file, 7)) {
        check_case(&row, &tally);
    }
    fclose(file);
    assert_int_equal(tally.cases, 208);
    /* R of small order (8; the identity once more by its name) and with torsion (7). */
    assert_int_equal(tally.beyond_libsodium, 16);
    assert_int_equal(tally.refused_keys, 80);
}

static void secret_for(dure_secret_key_t *secret, uint8_t scheme, uint8_t number)
{
    dure_hash_t seed;
    dure_hash(&seed, DURE_TAG_DERIVE, &number, 1);
    memset(secret, 0, sizeof(*secret));
    secret->scheme = scheme;
    memcpy(secret->seed, seed.bytes, 32);
}

static void any_flipped_bit_is_refused(void **state)
{
    (void)state;
    for (uint8_t scheme = 1; scheme <= 2; scheme++) {
        dure_secret_key_t secret;
        dure_public_key_t key;
        dure_signature_t signature;
        uint8_t message[5] = {0x61, 1, 2, 3, 4};
        secret_for(&secret, scheme, 1);
        assert_true(dure_public_key_of(&key, &secret));
        assert_true(dure_sign(&signature, &secret, message, sizeof(message)));
        assert_int_equal(dure_signature_verify(&key, &signature, message, 5), DURE_CRYPTO_OK);
        assert_int_equal(dure_signature_verify(&key, &signature, message, 4), DURE_CRYPTO_MISMATCH);
        for (size_t bit = 0; bit < 64 * 8; bit++) {
            signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(dure_signature_verify(&key, &signature, message, 5),
                                 DURE_CRYPTO_OK);
            signature.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 5 * 8; bit++) {
            message[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_equal(dure_signature_verify(&key, &signature, message, 5),
                             DURE_CRYPTO_MISMATCH);
            message[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
        for (size_t bit = 0; bit < 33 * 8; bit++) {
            key.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
            assert_int_not_equal(dure_signature_verify(&key, &signature, message, 5),
                                 DURE_CRYPTO_OK);
            key.bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
        }
    }
}

static void signing_is_deterministic_and_low(void **state)
{
    (void)state;
    for (uint8_t number = 0; number < 100; number++) {
        for (uint8_t scheme = 1; scheme <= 2; scheme++) {
            dure_secret_key_t secret;
            dure_public_key_t key;
            dure_signature_t first;
            dure_signature_t second;
            secret_for(&secret, scheme, number);
            assert_true(dure_public_key_of(&key, &secret));
            assert_int_equal(dure_public_key_check(&key), DURE_CRYPTO_OK);
            assert_true(dure_sign(&first, &secret, &number, 1));
            assert_true(dure_sign(&second, &secret, &number, 1));
            assert_memory_equal(&first, &second, sizeof(first));
            assert_int_equal(dure_signature_verify(&key, &first, &number, 1), DURE_CRYPTO_OK);
        }
    }
}

static void secrets_out_of_range_are_refused(void **state)
{
    (void)state;
    static const char *const scalars[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_P256};
    dure_public_key_t key;
    dure_signature_t signature;
    for (size_t i = 0; i < 3; i++) {
        hex_read(secret.seed, 32, scalars[i]);
        assert_false(dure_public_key_of(&key, &secret));
        assert_false(dure_sign(&signature, &secret, "x", 1));
    }
    hex_read(secret.seed, 32, scalars[1]);
    secret.seed[31]--; /* n - 1: the last good one, whose key is -G */
    assert_true(dure_public_key_of(&key, &secret));
    assert_true(dure_sign(&signature, &secret, "x", 1));
    assert_int_equal(dure_signature_verify(&key, &signature, "x", 1), DURE_CRYPTO_OK);
    secret.scheme = 3;
    assert_false(dure_public_key_of(&key, &secret));
    assert_false(dure_sign(&signature, &secret, "x", 1));
}

static int prepare(void **state)
{
    (void)state;
    return dure_crypto_init() && dure_crypto_init() ? 0 : -1;
}

/* Any number of pairs at once gives what OpenSSL gives for each, also in place. */
static void many_pairs_are_as_one_by_one(void **state)
{
    (void)state;
    enum { most = 37 };
    dure_hash_t sides[most][2], out[most], expected[most];
    dure_pair_t pairs[most] = {{0}};
    for (uint32_t count = 1; count <= most; count++) {
        for (uint32_t i = 0; i < count; i++) {
            const uint32_t seed[2] = {count, i};
            dure_sha256(&sides[i][0], seed, sizeof seed);
            dure_sha256(&sides[i][1], sides[i][0].bytes, sizeof sides[i][0].bytes);
            const dure_tag_t tag = i % 3 == 0 ? DURE_TAG_STATE_LEAF : DURE_TAG_RANGE_NODE;
            dure_hash_pair(&expected[i], tag, &sides[i][0], &sides[i][1]);
            dure_hash_t *at = i % 4 == 0 ? &sides[i][0] : i % 4 == 1 ? &sides[i][1] : &out[i];
            pairs[i] = (dure_pair_t){at, &sides[i][0], &sides[i][1], tag};
        }
        dure_hash_pairs(pairs, count);
        for (uint32_t i = 0; i < count; i++) {
            assert_memory_equal(pairs[i].out, &expected[i], sizeof expected[i]);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(many_pairs_are_as_one_by_one),
        cmocka_unit_test(sha256_is_sha256),
        cmocka_unit_test(a_tag_is_the_first_byte),
        cmocka_unit_test(a_pair_may_overwrite_its_input),
        cmocka_unit_test(the_standards_vectors_hold),
        cmocka_unit_test(the_edge_cases_have_their_results),
        cmocka_unit_test(any_flipped_bit_is_refused),
        cmocka_unit_test(signing_is_deterministic_and_low),
        cmocka_unit_test(secrets_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}

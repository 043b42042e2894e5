/* Lists and the mountain range, and all three trees against test/vectors/merkle.txt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "merkle/dure_merkle.h"

#define LEAVES_MAX 128

static void flip(void *bytes, size_t bit)
{
    ((uint8_t *)bytes)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

static dure_hash_t leaf_of(uint32_t index)
{
    uint8_t bytes[4];
    dure_hash_t leaf;
    dure_put_u32(bytes, index);
    dure_hash(&leaf, DURE_TAG_TX_LEAF, bytes, sizeof(bytes));
    return leaf;
}

static dure_hash_t range_leaf_of(uint64_t index)
{
    uint8_t bytes[8];
    dure_hash_t effects_root;
    dure_hash_t leaf;
    dure_put_u64(bytes, index);
    dure_hash(&effects_root, DURE_TAG_EFFECT_NODE, bytes, sizeof(bytes));
    dure_range_leaf(&leaf, 3 * index + 1, &effects_root);
    return leaf;
}

/* ---- lists -------------------------------------------------------------------------------------
 */
/* The definition, by recursion. */
static dure_hash_t model_root(const dure_hash_t *leaves, uint32_t count)
{
    dure_hash_t out = {{0}};
    if (count == 0) {
        return out;
    }
    if (count == 1) {
        return leaves[0];
    }
    uint32_t half = 1;
    while (half * 2 < count) {
        half *= 2;
    }
    const dure_hash_t left = model_root(leaves, half);
    const dure_hash_t right = model_root(leaves + half, count - half);
    dure_hash_pair(&out, DURE_TAG_TX_NODE, &left, &right);
    return out;
}

static bool list_holds(const dure_list_proof_t *proof, const dure_hash_t *leaf,
                       const dure_hash_t *root)
{
    return dure_list_proof_check(proof->siblings, proof->sibling_count, DURE_TAG_TX_NODE, leaf,
                                 proof->index, proof->count, root);
}

static void assert_list_proof_strict(dure_list_proof_t *proof, const dure_hash_t *good_leaf,
                                     const dure_hash_t *good_root)
{
    dure_hash_t leaf = *good_leaf;
    dure_hash_t root = *good_root;
    assert_true(list_holds(proof, &leaf, &root));
    for (size_t bit = 0; bit < 256; bit += 5) {
        flip(&leaf, bit);
        assert_false(list_holds(proof, &leaf, &root));
        flip(&leaf, bit);
        flip(&root, bit);
        assert_false(list_holds(proof, &leaf, &root));
        flip(&root, bit);
    }
    for (size_t bit = 0; bit < 256u * proof->sibling_count; bit++) {
        flip(proof->siblings, bit);
        assert_false(list_holds(proof, &leaf, &root));
        flip(proof->siblings, bit);
    }
    const uint8_t siblings = proof->sibling_count;
    for (uint8_t other = 0; other < DURE_LIST_DEPTH_MAX; other++) {
        proof->sibling_count = other;
        assert_true(list_holds(proof, &leaf, &root) == (other == siblings));
    }
    proof->sibling_count = siblings;
    const uint32_t index = proof->index;
    for (proof->index = 0; proof->index < proof->count + 2; proof->index++) {
        assert_true(list_holds(proof, &leaf, &root) == (proof->index == index));
    }
    proof->index = index;
}

static void assert_list_bytes_strict(const dure_list_proof_t *proof)
{
    uint8_t bytes[DURE_LIST_PROOF_SIZE_MAX + 1];
    dure_list_proof_t decoded;
    const size_t size = dure_list_proof_encode(bytes, sizeof(bytes), proof);
    assert_int_equal(size, 9 + 32u * proof->sibling_count);
    assert_int_equal(dure_list_proof_encode(bytes, size - 1, proof), 0);
    bytes[size] = 0;
    for (size_t cut = 0; cut <= size + 1; cut++) {
        assert_true(dure_list_proof_decode(&decoded, dure_bytes(bytes, cut)) == (cut == size));
    }
    assert_true(dure_list_proof_decode(&decoded, dure_bytes(bytes, size)));
    assert_memory_equal(&decoded, proof, sizeof(decoded));
}

static void every_leaf_of_every_list_is_proved(void **state)
{
    (void)state;
    dure_hash_t leaves[70];
    dure_hash_t scratch[70];
    for (uint32_t i = 0; i < 70; i++) {
        leaves[i] = leaf_of(i);
    }
    for (uint32_t count = 0; count <= 70; count++) {
        dure_hash_t root;
        memcpy(scratch, leaves, sizeof(leaves));
        dure_list_root(&root, DURE_TAG_TX_NODE, scratch, count);
        const dure_hash_t expected = model_root(leaves, count);
        assert_memory_equal(&root, &expected, 32);
        for (uint32_t index = 0; index < count; index++) {
            dure_list_proof_t proof;
            memset(&proof, 0, sizeof(proof));
            proof.index = index;
            proof.count = count;
            proof.sibling_count = (uint8_t)dure_list_prove(proof.siblings, DURE_TAG_TX_NODE, leaves,
                                                           count, index, scratch);
            assert_list_proof_strict(&proof, &leaves[index], &root);
            assert_list_bytes_strict(&proof);
        }
    }
}

static void an_empty_list_proves_nothing(void **state)
{
    (void)state;
    const dure_hash_t zero = {{0}};
    assert_false(dure_list_proof_check(NULL, 0, DURE_TAG_TX_NODE, &zero, 0, 0, &zero));
    assert_true(dure_list_proof_check(NULL, 0, DURE_TAG_TX_NODE, &zero, 0, 1, &zero));
    assert_false(dure_list_proof_check(NULL, 0, DURE_TAG_TX_NODE, &zero, 1, 1, &zero));
}

/* ---- the mountain range ------------------------------------------------------------------------
 */
static void assert_range_proof_strict(dure_range_proof_t *proof, const dure_hash_t *good_leaf,
                                      const dure_hash_t *good_root)
{
    dure_hash_t leaf = *good_leaf;
    dure_hash_t root = *good_root;
    assert_true(dure_range_proof_check(proof, &leaf, &root));
    for (size_t bit = 0; bit < 256; bit += 5) {
        flip(&leaf, bit);
        assert_false(dure_range_proof_check(proof, &leaf, &root));
        flip(&leaf, bit);
        flip(&root, bit);
        assert_false(dure_range_proof_check(proof, &leaf, &root));
        flip(&root, bit);
    }
    for (size_t bit = 0; bit < 256u * proof->sibling_count; bit += 3) {
        flip(proof->siblings, bit);
        assert_false(dure_range_proof_check(proof, &leaf, &root));
        flip(proof->siblings, bit);
    }
    for (size_t bit = 0; bit < 256u * proof->peak_count; bit += 3) {
        flip(proof->peaks, bit);
        assert_false(dure_range_proof_check(proof, &leaf, &root));
        flip(proof->peaks, bit);
    }
    for (size_t bit = 0; bit < 64; bit++) {
        dure_range_proof_t other = *proof;
        other.index ^= UINT64_C(1) << bit;
        assert_false(dure_range_proof_check(&other, &leaf, &root));
        other = *proof;
        other.count ^= UINT64_C(1) << bit;
        assert_false(dure_range_proof_check(&other, &leaf, &root));
    }
    for (unsigned count = 0; count < 256; count++) {
        dure_range_proof_t other = *proof;
        other.sibling_count = (uint8_t)count;
        assert_true(dure_range_proof_check(&other, &leaf, &root) ==
                    (count == proof->sibling_count));
        other = *proof;
        other.peak_count = (uint8_t)count;
        assert_true(dure_range_proof_check(&other, &leaf, &root) == (count == proof->peak_count));
    }
}

static void assert_range_bytes_strict(const dure_range_proof_t *proof)
{
    uint8_t bytes[DURE_RANGE_PROOF_SIZE_MAX + 1];
    dure_range_proof_t decoded;
    const size_t size = dure_range_proof_encode(bytes, sizeof(bytes), proof);
    assert_int_equal(size, 17 + 32u * ((size_t)proof->sibling_count + proof->peak_count));
    assert_int_equal(dure_range_proof_encode(bytes, size - 1, proof), 0);
    bytes[size] = 0;
    for (size_t cut = 0; cut <= size + 1; cut++) {
        assert_true(dure_range_proof_decode(&decoded, dure_bytes(bytes, cut)) == (cut == size));
    }
    assert_true(dure_range_proof_decode(&decoded, dure_bytes(bytes, size)));
    assert_memory_equal(&decoded, proof, sizeof(decoded));
}

static void every_leaf_of_every_range_is_proved(void **state)
{
    (void)state;
    dure_hash_t leaves[70];
    dure_hash_t scratch[70];
    dure_range_t range;
    dure_range_init(&range);
    for (uint64_t count = 0; count <= 70; count++) {
        dure_hash_t root;
        dure_range_root(&range, &root);
        assert_int_equal(range.count, count);
        for (uint64_t index = 0; index < count; index++) {
            dure_range_proof_t proof;
            memcpy(scratch, leaves, sizeof(leaves));
            dure_range_prove(&proof, scratch, count, index);
            assert_memory_equal(proof.peaks, range.peaks, sizeof(range.peaks));
            assert_range_proof_strict(&proof, &leaves[index], &root);
            assert_range_bytes_strict(&proof);
        }
        if (count < 70) {
            leaves[count] = range_leaf_of(count);
            dure_range_append(&range, &leaves[count]);
        }
    }
}

/* ---- the vectors -------------------------------------------------------------------------------
 */
#define LINE_SIZE 20000

typedef struct {
    FILE *file;
    char line[LINE_SIZE];
    char *field[4];
    size_t proofs;
    dure_hash_t root;
    uint32_t count;
    dure_tree_t *tree;
    void *memory;
    dure_hash_t leaves[LEAVES_MAX];
} reader_t;

static bool line_next(reader_t *reader)
{
    do {
        if (fgets(reader->line, LINE_SIZE, reader->file) == NULL) {
            return false;
        }
    } while (reader->line[0] == '#');
    char *rest = reader->line;
    for (size_t i = 0; i < 4; i++) {
        reader->field[i] = strtok_r(rest, " \n", &rest);
    }
    return true;
}

static size_t hex_read(uint8_t *out, size_t out_size, const char *text)
{
    const size_t size = strlen(text) / 2;
    assert_true(size <= out_size);
    for (size_t i = 0; i < size; i++) {
        unsigned value;
        assert_int_equal(sscanf(text + 2 * i, "%2x", &value), 1);
        out[i] = (uint8_t)value;
    }
    return size;
}

static dure_hash_t hash_read(const char *text)
{
    dure_hash_t hash;
    assert_int_equal(hex_read(hash.bytes, 32, text), 32);
    return hash;
}

static void tree_begin(reader_t *reader)
{
    dure_tree_t *tree = dure_tree_init(reader->memory, dure_tree_size(300), 300);
    reader->tree = tree;
    reader->root = hash_read(reader->field[3]);
    const int count = atoi(reader->field[2]);
    for (int i = 0; i < count; i++) {
        assert_true(line_next(reader));
        assert_string_equal(reader->field[0], "set");
        const dure_hash_t key = hash_read(reader->field[1]);
        const dure_hash_t value = hash_read(reader->field[2]);
        assert_true(dure_tree_set(tree, &key, &value) < 300);
    }
    dure_hash_t root;
    dure_tree_root(tree, &root);
    assert_memory_equal(&root, &reader->root, 32);
}

static void tree_proof(reader_t *reader)
{
    static dure_tree_proof_t proof;
    uint8_t expected[DURE_TREE_PROOF_SIZE_MAX];
    uint8_t made[DURE_TREE_PROOF_SIZE_MAX];
    const dure_hash_t key = hash_read(reader->field[1]);
    const bool present = strcmp(reader->field[2], "-") != 0;
    const dure_hash_t value = present ? hash_read(reader->field[2]) : (dure_hash_t){{0}};
    const size_t size = hex_read(expected, sizeof(expected), reader->field[3]);
    dure_tree_prove(reader->tree, &key, &proof);
    assert_int_equal(dure_tree_proof_encode(made, sizeof(made), &proof), size);
    assert_memory_equal(made, expected, size);
    assert_true(dure_tree_proof_decode(&proof, dure_bytes(expected, size)));
    assert_true(dure_tree_proof_check(&proof, &reader->root, &key, present ? &value : NULL));
}

static void list_begin(reader_t *reader)
{
    reader->count = (uint32_t)atoi(reader->field[1]);
    assert_true(reader->count <= LEAVES_MAX);
    for (uint32_t i = 0; i < reader->count; i++) {
        reader->leaves[i] = leaf_of(i);
    }
    dure_hash_t scratch[LEAVES_MAX];
    memcpy(scratch, reader->leaves, sizeof(scratch));
    dure_list_root(&reader->root, DURE_TAG_TX_NODE, scratch, reader->count);
    const dure_hash_t expected = hash_read(reader->field[2]);
    assert_memory_equal(&reader->root, &expected, 32);
}

static void list_proof(reader_t *reader)
{
    dure_list_proof_t proof;
    dure_hash_t scratch[LEAVES_MAX];
    uint8_t expected[DURE_LIST_PROOF_SIZE_MAX];
    uint8_t made[DURE_LIST_PROOF_SIZE_MAX];
    const uint32_t index = (uint32_t)atoi(reader->field[1]);
    const size_t size = hex_read(expected, sizeof(expected), reader->field[2]);
    assert_true(dure_list_proof_decode(&proof, dure_bytes(expected, size)));
    assert_int_equal(proof.index, index);
    assert_true(list_holds(&proof, &reader->leaves[index], &reader->root));
    proof.sibling_count = (uint8_t)dure_list_prove(proof.siblings, DURE_TAG_TX_NODE, reader->leaves,
                                                   reader->count, index, scratch);
    assert_int_equal(dure_list_proof_encode(made, sizeof(made), &proof), size);
    assert_memory_equal(made, expected, size);
}

static void range_begin(reader_t *reader)
{
    dure_range_t range;
    dure_range_init(&range);
    reader->count = (uint32_t)atoi(reader->field[1]);
    assert_true(reader->count <= LEAVES_MAX);
    for (uint32_t i = 0; i < reader->count; i++) {
        reader->leaves[i] = range_leaf_of(i);
        dure_range_append(&range, &reader->leaves[i]);
    }
    dure_range_root(&range, &reader->root);
    const dure_hash_t expected = hash_read(reader->field[2]);
    assert_memory_equal(&reader->root, &expected, 32);
}

static void range_proof(reader_t *reader)
{
    dure_range_proof_t proof;
    dure_hash_t scratch[LEAVES_MAX];
    uint8_t expected[DURE_RANGE_PROOF_SIZE_MAX];
    uint8_t made[DURE_RANGE_PROOF_SIZE_MAX];
    const uint32_t index = (uint32_t)atoi(reader->field[1]);
    const size_t size = hex_read(expected, sizeof(expected), reader->field[2]);
    assert_true(dure_range_proof_decode(&proof, dure_bytes(expected, size)));
    assert_true(dure_range_proof_check(&proof, &reader->leaves[index], &reader->root));
    memcpy(scratch, reader->leaves, sizeof(scratch));
    dure_range_prove(&proof, scratch, reader->count, index);
    assert_int_equal(dure_range_proof_encode(made, sizeof(made), &proof), size);
    assert_memory_equal(made, expected, size);
}

static void the_vectors_hold(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        void (*run)(reader_t *reader);
        bool is_proof;
    } lines[] = {
        {"tree", tree_begin, false},   {"prove", tree_proof, true},
        {"list", list_begin, false},   {"listproof", list_proof, true},
        {"range", range_begin, false}, {"rangeproof", range_proof, true},
    };
    static reader_t reader;
    reader.file = fopen("test/vectors/merkle.txt", "r");
    reader.memory = malloc(dure_tree_size(300));
    assert_non_null(reader.file);
    assert_non_null(reader.memory);
    while (line_next(&reader)) {
        size_t at = 0;
        while (strcmp(lines[at].word, reader.field[0]) != 0) {
            at++;
            assert_true(at < sizeof(lines) / sizeof(lines[0]));
        }
        lines[at].run(&reader);
        reader.proofs += lines[at].is_proof;
    }
    fclose(reader.file);
    free(reader.memory);
    assert_int_equal(reader.proofs, 377);
}

static int prepare(void **state)
{
    (void)state;
    return dure_crypto_init() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_leaf_of_every_list_is_proved),
        cmocka_unit_test(an_empty_list_proves_nothing),
        cmocka_unit_test(every_leaf_of_every_range_is_proved),
        cmocka_unit_test(the_vectors_hold),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}

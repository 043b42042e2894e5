/* The state tree against a model that hashes the whole set by the definition, each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "merkle/dure_merkle.h"

#define KEYS_MAX 512

typedef struct {
    dure_hash_t keys[KEYS_MAX];
    dure_hash_t values[KEYS_MAX];
    uint32_t slots[KEYS_MAX];
    uint32_t count;
} model_t;

static dure_hash_t model_hash(const dure_hash_t **keys, const dure_hash_t **values, uint32_t count,
                              unsigned depth)
{
    dure_hash_t out = {{0}};
    if (count == 0) {
        return out;
    }
    if (count == 1) {
        dure_hash_pair(&out, DURE_TAG_STATE_LEAF, keys[0], values[0]);
        return out;
    }
    const dure_hash_t *side_keys[2][KEYS_MAX];
    const dure_hash_t *side_values[2][KEYS_MAX];
    uint32_t counts[2] = {0, 0};
    for (uint32_t i = 0; i < count; i++) {
        const unsigned side = (keys[i]->bytes[depth / 8] >> (7 - depth % 8)) & 1;
        side_keys[side][counts[side]] = keys[i];
        side_values[side][counts[side]++] = values[i];
    }
    const dure_hash_t left = model_hash(side_keys[0], side_values[0], counts[0], depth + 1);
    const dure_hash_t right = model_hash(side_keys[1], side_values[1], counts[1], depth + 1);
    dure_hash_pair(&out, DURE_TAG_STATE_NODE, &left, &right);
    return out;
}

static dure_hash_t model_root(const model_t *model)
{
    const dure_hash_t *keys[KEYS_MAX];
    const dure_hash_t *values[KEYS_MAX];
    for (uint32_t i = 0; i < model->count; i++) {
        keys[i] = &model->keys[i];
        values[i] = &model->values[i];
    }
    return model_hash(keys, values, model->count, 0);
}

static uint32_t model_find(const model_t *model, const dure_hash_t *key)
{
    uint32_t i = 0;
    while (i < model->count && !dure_hash_equal(&model->keys[i], key)) {
        i++;
    }
    return i;
}

/* A fixed sequence, so that a failure repeats. */
static uint32_t draw(uint64_t *seed, uint32_t below)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*seed >> 33) % below;
}

/* A third of the keys are hashes, a third share long prefixes, a third differ in one bit. */
static dure_hash_t draw_key(uint64_t *seed)
{
    const uint32_t number = draw(seed, 300);
    dure_hash_t key = {{0}};
    switch (draw(seed, 3)) {
    case 0:
        dure_hash(&key, DURE_TAG_STATE_KEY, &number, sizeof(number));
        return key;
    case 1:
        key.bytes[31] = (uint8_t)number;
        key.bytes[16] = (uint8_t)(number >> 8);
        return key;
    default:
        key.bytes[number % 256 / 8] = (uint8_t)(1 << number % 8);
        return key;
    }
}

static dure_hash_t draw_value(uint64_t *seed)
{
    dure_hash_t value;
    const uint32_t number = draw(seed, 1u << 30);
    dure_hash(&value, DURE_TAG_STATE_VALUE, &number, sizeof(number));
    return value;
}

/* Memory full of rubbish, as a caller may pass it. */
static dure_tree_t *tree_new(uint32_t leaves_max)
{
    const size_t size = dure_tree_size(leaves_max);
    void *memory = malloc(size);
    assert_non_null(memory);
    memset(memory, 0xa5, size);
    return dure_tree_init(memory, size, leaves_max);
}

static void assert_roots_equal(dure_tree_t *tree, const model_t *model)
{
    dure_hash_t root;
    dure_tree_root(tree, &root);
    const dure_hash_t expected = model_root(model);
    assert_memory_equal(&root, &expected, sizeof(root));
    assert_int_equal(dure_tree_leaf_count(tree), model->count);
}

static void model_set(model_t *model, dure_tree_t *tree, uint32_t leaves_max, uint64_t *seed)
{
    const dure_hash_t key = draw_key(seed);
    const dure_hash_t value = draw_value(seed);
    const uint32_t at = model_find(model, &key);
    const uint32_t slot = dure_tree_set(tree, &key, &value);
    if (at == model->count && model->count == leaves_max) {
        assert_int_equal(slot, DURE_TREE_SLOT_NONE);
        return;
    }
    assert_true(slot < leaves_max);
    if (at < model->count) {
        assert_int_equal(slot, model->slots[at]);
    }
    model->keys[at] = key;
    model->values[at] = value;
    model->slots[at] = slot;
    model->count += at == model->count;
}

static void model_remove(model_t *model, dure_tree_t *tree, uint64_t *seed)
{
    const uint32_t at = draw(seed, model->count);
    dure_tree_remove(tree, &model->keys[at]);
    model->count--;
    model->keys[at] = model->keys[model->count];
    model->values[at] = model->values[model->count];
    model->slots[at] = model->slots[model->count];
}

/* Every key once, ascending. */
static void assert_walk_is_sorted(const dure_tree_t *tree, const model_t *model)
{
    uint32_t count = 0;
    const dure_hash_t *last = NULL;
    uint32_t slot = dure_tree_next(tree, DURE_TREE_SLOT_NONE);
    for (; slot != DURE_TREE_SLOT_NONE; slot = dure_tree_next(tree, slot)) {
        const dure_hash_t *key = dure_tree_key_at(tree, slot);
        assert_true(last == NULL || memcmp(last, key, sizeof(*key)) < 0);
        assert_true(model_find(model, key) < model->count);
        last = key;
        count++;
    }
    assert_int_equal(count, model->count);
}

static void any_history_gives_the_models_root(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {1, 2, 3, 10, 100, KEYS_MAX};
    static model_t model;
    for (size_t run = 0; run < 6; run++) {
        uint64_t seed = run;
        model.count = 0;
        dure_tree_t *tree = tree_new(sizes[run]);
        for (uint32_t step = 0; step < 4000; step++) {
            const uint32_t what = draw(&seed, 8);
            /* Growing and shrinking times take turns. */
            const bool shrink = step / 500 % 2 == 1 ? what < 5 : what < 2;
            if (shrink && model.count > 0) {
                model_remove(&model, tree, &seed);
            } else if (what == 7 && model.count > 0) {
                const uint32_t at = draw(&seed, model.count);
                model.values[at] = draw_value(&seed);
                dure_tree_set_many(tree, &model.slots[at], &model.values[at], 1);
            } else {
                model_set(&model, tree, sizes[run], &seed);
            }
            if (draw(&seed, 8) == 0) {
                assert_roots_equal(tree, &model);
            }
        }
        for (uint32_t i = 0; i < model.count; i++) {
            assert_int_equal(dure_tree_find(tree, &model.keys[i]), model.slots[i]);
        }
        assert_walk_is_sorted(tree, &model);
        while (model.count > 0) {
            model_remove(&model, tree, &seed);
        }
        assert_int_equal(dure_tree_next(tree, DURE_TREE_SLOT_NONE), DURE_TREE_SLOT_NONE);
        assert_roots_equal(tree, &model);
        free(tree);
    }
}

static void the_key_after_any_key_is_found(void **state)
{
    (void)state;
    static model_t model;
    dure_tree_t *tree = tree_new(64);
    uint64_t seed = 3;
    dure_hash_t asked;
    memset(&asked, 7, sizeof asked);
    model.count = 0;
    assert_int_equal(dure_tree_after(tree, &asked), DURE_TREE_SLOT_NONE);
    for (uint32_t round = 0; round < 60; round++) {
        model_set(&model, tree, 64, &seed);
        for (uint32_t i = 0; i < 200; i++) {
            /* Of a key that is there, its bits up to somewhere. */
            asked = model.keys[i % model.count];
            asked.bytes[i % 5] ^= (uint8_t)(i >> 2);
            asked.bytes[31] ^= (uint8_t)(i & 1);
            uint32_t slot = dure_tree_next(tree, DURE_TREE_SLOT_NONE);
            while (slot != DURE_TREE_SLOT_NONE &&
                   memcmp(dure_tree_key_at(tree, slot), &asked, sizeof asked) <= 0) {
                slot = dure_tree_next(tree, slot);
            }
            assert_int_equal(dure_tree_after(tree, &asked), slot);
        }
    }
    free(tree);
}

static void order_does_not_matter(void **state)
{
    (void)state;
    static model_t model;
    dure_tree_t *forward = tree_new(200);
    dure_tree_t *backward = tree_new(200);
    uint64_t seed = 7;
    model.count = 0;
    while (model.count < 200) {
        model_set(&model, forward, 200, &seed);
    }
    for (uint32_t i = model.count; i > 0; i--) {
        assert_true(dure_tree_set(backward, &model.keys[i - 1], &model.values[i - 1]) < 200);
        dure_hash_t root;
        dure_tree_root(backward, &root); /* hashing in between changes nothing */
    }
    assert_roots_equal(forward, &model);
    assert_roots_equal(backward, &model);
    free(forward);
    free(backward);
}

/* The caller may number the slots as it likes. */
static void slots_may_be_the_callers(void **state)
{
    (void)state;
    static model_t model;
    dure_tree_t *own = tree_new(200);
    dure_tree_t *theirs = tree_new(200);
    uint64_t seed = 11;
    model.count = 0;
    while (model.count < 100) {
        model_set(&model, own, 200, &seed);
    }
    for (uint32_t i = 0; i < 100; i++) {
        dure_tree_put(theirs, 199 - 2 * i, &model.keys[i], &model.values[i]);
        assert_memory_equal(dure_tree_key_at(theirs, 199 - 2 * i), &model.keys[i],
                            sizeof(dure_hash_t));
    }
    assert_roots_equal(theirs, &model);
    for (uint32_t i = 0; i < 50; i++) {
        dure_tree_remove(theirs, &model.keys[0]);
        dure_tree_put(theirs, 2 * i, &model.keys[0], &model.values[1]);
        model.values[0] = model.values[1];
        assert_roots_equal(theirs, &model);
    }
    free(own);
    free(theirs);
}

/* 257 keys of which each two next to each other differ ever deeper: the longest runs there are. */
static void keys_with_long_prefixes_fit(void **state)
{
    (void)state;
    static model_t model;
    dure_tree_t *tree = tree_new(257);
    model.count = 0;
    for (unsigned depth = 0; depth <= 256; depth++) {
        dure_hash_t key = {{0}};
        if (depth < 256) {
            key.bytes[depth / 8] = (uint8_t)(0x80 >> depth % 8);
        }
        model.keys[model.count] = key;
        dure_hash(&model.values[model.count], DURE_TAG_STATE_VALUE, &depth, sizeof(depth));
        assert_true(dure_tree_set(tree, &key, &model.values[model.count]) < 257);
        model.count++;
    }
    const dure_hash_t more = {{0xff}};
    assert_int_equal(dure_tree_set(tree, &more, &more), DURE_TREE_SLOT_NONE);
    assert_int_equal(dure_tree_find(tree, &more), DURE_TREE_SLOT_NONE);
    assert_roots_equal(tree, &model);
    dure_hash_t root;
    static dure_tree_proof_t proof;
    dure_tree_root(tree, &root);
    for (uint32_t i = 0; i < model.count; i++) {
        dure_tree_prove(tree, &model.keys[i], &proof);
        assert_int_equal(proof.depth, i < 256 ? i + 1 : 256);
        assert_true(dure_tree_proof_check(&proof, &root, &model.keys[i], &model.values[i]));
    }
    free(tree);
}

/* ---- proofs ------------------------------------------------------------------------------------
 */
typedef struct {
    dure_hash_t root;
    dure_hash_t key;
    dure_hash_t value;
    dure_tree_proof_t proof;
    bool present;
} claim_t;

static bool claim_holds(const claim_t *claim)
{
    return dure_tree_proof_check(&claim->proof, &claim->root, &claim->key,
                                 claim->present ? &claim->value : NULL);
}

static void flip(void *bytes, size_t bit)
{
    ((uint8_t *)bytes)[bit / 8] ^= (uint8_t)(1u << bit % 8);
}

/* Every bit of short proofs; of those as deep as 256 some in each sibling, for the sake of time. */
static size_t flip_stride(const claim_t *claim)
{
    return claim->proof.depth <= 20 ? 1 : 97;
}

static void assert_every_flip_refused(claim_t *claim, void *bytes, size_t size)
{
    for (size_t bit = 0; bit < size * 8; bit += flip_stride(claim)) {
        flip(bytes, bit);
        assert_false(claim_holds(claim));
        flip(bytes, bit);
    }
}

/* Another key may rightly be proved absent by the same proof; never one that is present. */
static void assert_key_flips_are_honest(claim_t *claim, const model_t *model)
{
    for (size_t bit = 0; bit < 256; bit++) {
        flip(&claim->key, bit);
        if (claim_holds(claim)) {
            assert_false(claim->present);
            assert_int_equal(model_find(model, &claim->key), model->count);
        }
        flip(&claim->key, bit);
    }
}

static void assert_lengths_refused(claim_t *claim)
{
    const uint16_t depth = claim->proof.depth;
    for (unsigned other = 0; other <= 300; other++) {
        claim->proof.depth = (uint16_t)other;
        assert_true(claim_holds(claim) == (other == depth));
    }
    claim->proof.depth = depth;
    if (depth < DURE_TREE_DEPTH_MAX) {
        claim->proof.siblings[depth] = claim->root;
        claim->proof.depth++;
        assert_false(claim_holds(claim));
        memset(&claim->proof.siblings[depth], 0, 32);
        claim->proof.depth--;
    }
}

static void assert_forms_refused(claim_t *claim)
{
    claim_t forged = *claim;
    forged.present = !claim->present;
    assert_false(claim_holds(&forged));
    for (unsigned end = 0; end < 256; end++) {
        forged = *claim;
        forged.proof.end = (uint8_t)end;
        assert_true(claim_holds(&forged) == (end == claim->proof.end));
        forged.present = !claim->present;
        assert_false(claim_holds(&forged));
    }
    /* The key's own leaf, or the node above it, shown as another's. */
    forged = *claim;
    forged.present = false;
    forged.proof.end = DURE_TREE_ABSENT_OTHER;
    forged.proof.other_key = claim->key;
    forged.proof.other_value = claim->value;
    assert_false(claim_holds(&forged));
    flip(&forged.proof.other_key, 255 - 7);
    assert_false(claim_holds(&forged));
    if (claim->proof.end != DURE_TREE_ABSENT_OTHER) {
        forged = *claim;
        forged.proof.other_value.bytes[0] = 1;
        assert_false(claim_holds(&forged));
    }
}

/* Bytes: exactly one encoding, and no bit of it is idle. */
static void assert_bytes_strict(claim_t *claim)
{
    uint8_t bytes[DURE_TREE_PROOF_SIZE_MAX + 1];
    static claim_t decoded;
    const size_t size = dure_tree_proof_encode(bytes, sizeof(bytes), &claim->proof);
    assert_true(size > 0 && size <= DURE_TREE_PROOF_SIZE_MAX);
    assert_int_equal(dure_tree_proof_encode(bytes, size - 1, &claim->proof), 0);
    bytes[size] = 0;
    decoded = *claim;
    for (size_t cut = 0; cut <= size + 1; cut++) {
        assert_true(dure_tree_proof_decode(&decoded.proof, dure_bytes(bytes, cut)) ==
                    (cut == size));
    }
    assert_true(dure_tree_proof_decode(&decoded.proof, dure_bytes(bytes, size)));
    assert_memory_equal(&decoded.proof, &claim->proof, sizeof(claim->proof));
    for (size_t bit = 0; bit < size * 8; bit += flip_stride(claim)) {
        flip(bytes, bit);
        assert_false(dure_tree_proof_decode(&decoded.proof, dure_bytes(bytes, size)) &&
                     claim_holds(&decoded));
        flip(bytes, bit);
    }
}

static void assert_claim_strict(claim_t *claim, const model_t *model)
{
    assert_true(claim_holds(claim));
    assert_every_flip_refused(claim, claim->proof.siblings, 32u * claim->proof.depth);
    assert_every_flip_refused(claim, &claim->proof.other_key, 32);
    assert_every_flip_refused(claim, &claim->proof.other_value, 32);
    assert_every_flip_refused(claim, &claim->root, 32);
    if (claim->present) {
        assert_every_flip_refused(claim, &claim->value, 32);
    }
    assert_key_flips_are_honest(claim, model);
    assert_lengths_refused(claim);
    assert_forms_refused(claim);
    assert_bytes_strict(claim);
}

static void proofs_prove_nothing_else(void **state)
{
    (void)state;
    static model_t model;
    static claim_t claim;
    unsigned ends[4] = {0};
    for (uint32_t size = 0; size <= 9; size++) {
        uint64_t seed = 100 + size;
        dure_tree_t *tree = tree_new(10);
        model.count = 0;
        while (model.count < size) {
            model_set(&model, tree, 10, &seed);
        }
        memset(&claim, 0, sizeof(claim));
        dure_tree_root(tree, &claim.root);
        for (uint32_t i = 0; i < size + 8; i++) {
            claim.key = i < size ? model.keys[i] : draw_key(&seed);
            const uint32_t at = model_find(&model, &claim.key);
            claim.present = at < model.count;
            memset(&claim.value, 0, sizeof(claim.value));
            if (claim.present) {
                claim.value = model.values[at];
            }
            dure_tree_prove(tree, &claim.key, &claim.proof);
            ends[claim.proof.end]++;
            assert_claim_strict(&claim, &model);
        }
        free(tree);
    }
    assert_true(ends[1] >= 45 && ends[2] > 10 && ends[3] > 10);
}

/* The roots in the next two tests are of no honest tree: only the proof's form can refuse them. */
static void a_leaf_must_stand_as_high_as_it_can(void **state)
{
    (void)state;
    static dure_tree_proof_t proof;
    uint8_t bytes[DURE_TREE_PROOF_SIZE_MAX];
    const dure_hash_t zero = {{0}};
    const dure_hash_t key = {{0x40}};
    const dure_hash_t other = {{0x20}};
    const dure_hash_t value = {{9}};
    dure_hash_t root;
    proof = (dure_tree_proof_t){.end = DURE_TREE_PRESENT};
    dure_hash_pair(&root, DURE_TAG_STATE_LEAF, &key, &value);
    assert_true(dure_tree_proof_check(&proof, &root, &key, &value));
    assert_int_equal(dure_tree_proof_encode(bytes, sizeof(bytes), &proof), 4);
    dure_hash_pair(&root, DURE_TAG_STATE_NODE, &root, &zero);
    proof.depth = 1;
    assert_false(dure_tree_proof_check(&proof, &root, &key, &value));
    memset(bytes + 4, 0, 32);
    bytes[2] = 1;
    assert_false(dure_tree_proof_decode(&proof, dure_bytes(bytes, 36)));
    bytes[4] = 1;
    assert_true(dure_tree_proof_decode(&proof, dure_bytes(bytes, 36)));

    proof = (dure_tree_proof_t){.end = DURE_TREE_ABSENT_EMPTY, .depth = 1};
    dure_hash_pair(&root, DURE_TAG_STATE_NODE, &zero, &zero);
    assert_false(dure_tree_proof_check(&proof, &root, &key, NULL));

    proof = (dure_tree_proof_t){
        .end = DURE_TREE_ABSENT_OTHER, .depth = 1, .other_key = other, .other_value = value};
    dure_hash_pair(&root, DURE_TAG_STATE_LEAF, &other, &value);
    dure_hash_pair(&root, DURE_TAG_STATE_NODE, &root, &zero);
    assert_false(dure_tree_proof_check(&proof, &root, &key, NULL));
}

static void another_keys_leaf_must_share_the_path(void **state)
{
    (void)state;
    static dure_tree_proof_t proof;
    const dure_hash_t key = {{0x40}};
    const dure_hash_t left = {{0x20}};
    const dure_hash_t right = {{0x80}};
    const dure_hash_t value = {{9}};
    dure_hash_t root;
    proof = (dure_tree_proof_t){
        .end = DURE_TREE_ABSENT_OTHER, .depth = 1, .other_key = left, .other_value = value};
    proof.siblings[0] = value;
    dure_hash_pair(&root, DURE_TAG_STATE_LEAF, &left, &value);
    dure_hash_pair(&root, DURE_TAG_STATE_NODE, &root, &value);
    assert_true(dure_tree_proof_check(&proof, &root, &key, NULL));
    /* A key of the right half, on the left. */
    proof.other_key = right;
    dure_hash_pair(&root, DURE_TAG_STATE_LEAF, &right, &value);
    dure_hash_pair(&root, DURE_TAG_STATE_NODE, &root, &value);
    assert_false(dure_tree_proof_check(&proof, &root, &key, NULL));
    /* The key itself. */
    proof.other_key = key;
    dure_hash_pair(&root, DURE_TAG_STATE_LEAF, &key, &value);
    dure_hash_pair(&root, DURE_TAG_STATE_NODE, &root, &value);
    assert_false(dure_tree_proof_check(&proof, &root, &key, NULL));
}

static int prepare(void **state)
{
    (void)state;
    return dure_crypto_init() ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_history_gives_the_models_root),
        cmocka_unit_test(the_key_after_any_key_is_found),
        cmocka_unit_test(order_does_not_matter),
        cmocka_unit_test(slots_may_be_the_callers),
        cmocka_unit_test(keys_with_long_prefixes_fit),
        cmocka_unit_test(proofs_prove_nothing_else),
        cmocka_unit_test(another_keys_leaf_must_share_the_path),
        cmocka_unit_test(a_leaf_must_stand_as_high_as_it_can),
    };
    return cmocka_run_group_tests(tests, prepare, NULL);
}

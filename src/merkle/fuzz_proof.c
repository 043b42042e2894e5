/* Bytes from anywhere as each kind of proof: what decodes must encode to the same bytes, and
   checking it must stay within bounds. */
#include "merkle/dure_merkle.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect_same(const uint8_t *out, size_t out_size, const uint8_t *data, size_t size)
{
    DURE_ASSERT(out_size == size);
    DURE_ASSERT(memcmp(out, data, size) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static dure_tree_proof_t tree;
    static dure_list_proof_t list;
    static dure_range_proof_t range;
    static uint8_t out[DURE_TREE_PROOF_SIZE_MAX];
    static const dure_hash_t hash = {{1}};
    const dure_bytes_t bytes = dure_bytes(data, size);
    if (dure_tree_proof_decode(&tree, bytes)) {
        expect_same(out, dure_tree_proof_encode(out, sizeof(out), &tree), data, size);
        const dure_hash_t *value = tree.end == DURE_TREE_PRESENT ? &hash : NULL;
        DURE_ASSERT(!dure_tree_proof_check(&tree, &hash, &tree.other_key, value));
    }
    if (dure_list_proof_decode(&list, bytes)) {
        expect_same(out, dure_list_proof_encode(out, sizeof(out), &list), data, size);
        const bool fits = dure_list_proof_check(list.siblings, list.sibling_count, DURE_TAG_TX_NODE,
                                                &hash, list.index, list.count, &hash);
        DURE_ASSERT(fits == (list.count == 1));
    }
    if (dure_range_proof_decode(&range, bytes)) {
        expect_same(out, dure_range_proof_encode(out, sizeof(out), &range), data, size);
        DURE_ASSERT(!dure_range_proof_check(&range, &hash, &hash));
    }
    return 0;
}

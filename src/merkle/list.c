/* The tree over a list.  Pairing level by level, with the odd last one carried up unhashed, gives
   the shape of RFC 6962. */
#include "merkle/dure_merkle.h"
#include "merkle/merkle_private.h"

#include <string.h>

/* Pairs hashed side by side; their hashes may not yet stand where others are read. */
#define SIDE_BY_SIDE 32u

/* Replaces a level by the one above it; returns its size. */
static uint32_t level_up(dure_tag_t node_tag, dure_hash_t *level, uint32_t count)
{
    const uint32_t all = count / 2;
    for (uint32_t first = 0; first < all; first += SIDE_BY_SIDE) {
        const uint32_t here = all - first < SIDE_BY_SIDE ? all - first : SIDE_BY_SIDE;
        dure_hash_t above[SIDE_BY_SIDE];
        dure_pair_t pairs[SIDE_BY_SIDE];
        for (uint32_t i = 0; i < here; i++) {
            const dure_hash_t *left = &level[2 * (size_t)(first + i)];
            pairs[i] = (dure_pair_t){&above[i], left, left + 1, node_tag};
        }
        dure_hash_pairs(pairs, here);
        memcpy(level + first, above, here * sizeof above[0]);
    }
    if (count % 2 == 1) {
        level[all] = level[count - 1];
    }
    return all + count % 2;
}

void dure_list_root(dure_hash_t *root, dure_tag_t node_tag, dure_hash_t *leaves, uint32_t count)
{
    memset(root, 0, sizeof(*root));
    if (count == 0) {
        return;
    }
    while (count > 1) {
        count = level_up(node_tag, leaves, count);
    }
    *root = leaves[0];
}

uint32_t dure_list_prove(dure_hash_t siblings[DURE_LIST_DEPTH_MAX], dure_tag_t node_tag,
                         const dure_hash_t *leaves, uint32_t count, uint32_t index,
                         dure_hash_t *scratch)
{
    DURE_ASSERT(index < count);
    memcpy(scratch, leaves, (size_t)count * sizeof(*leaves));
    uint32_t sibling_count = 0;
    while (count > 1) {
        const uint32_t other = index ^ 1u;
        if (other < count) {
            DURE_ASSERT(sibling_count < DURE_LIST_DEPTH_MAX);
            siblings[sibling_count++] = scratch[other];
        }
        count = level_up(node_tag, scratch, count);
        index /= 2;
    }
    return sibling_count;
}

bool dure_list_proof_root(dure_hash_t *root, const dure_hash_t *siblings, uint32_t sibling_count,
                          dure_tag_t node_tag, const dure_hash_t *leaf, uint32_t index,
                          uint32_t count)
{
    if (index >= count) {
        return false;
    }
    dure_hash_t hash = *leaf;
    uint32_t used = 0;
    /* `last` is the last index of the level. */
    for (uint32_t last = count - 1; last > 0; last /= 2, index /= 2) {
        const bool right = index % 2 == 1;
        if (!right && index == last) {
            continue; /* carried up */
        }
        if (used == sibling_count) {
            return false;
        }
        const dure_hash_t *sibling = &siblings[used++];
        dure_hash_pair(&hash, node_tag, right ? sibling : &hash, right ? &hash : sibling);
    }
    *root = hash;
    return used == sibling_count;
}

bool dure_list_proof_check(const dure_hash_t *siblings, uint32_t sibling_count, dure_tag_t node_tag,
                           const dure_hash_t *leaf, uint32_t index, uint32_t count,
                           const dure_hash_t *root)
{
    dure_hash_t found;
    return dure_list_proof_root(&found, siblings, sibling_count, node_tag, leaf, index, count) &&
           dure_hash_equal(&found, root);
}

/* ---- bytes -------------------------------------------------------------------------------------
   0 format | 1 index (4) | 5 count (4) | 9 siblings, as many as index and count ask for */
#define HEAD_SIZE 9u

static uint8_t siblings_of(uint32_t index, uint32_t count)
{
    uint8_t siblings = 0;
    for (uint32_t last = count - 1; last > 0; last /= 2, index /= 2) {
        siblings = (uint8_t)(siblings + (index % 2 == 1 || index < last ? 1 : 0));
    }
    return siblings;
}

size_t dure_list_proof_encode(uint8_t *out, size_t out_size, const dure_list_proof_t *proof)
{
    DURE_ASSERT(proof->index < proof->count);
    DURE_ASSERT(proof->sibling_count == siblings_of(proof->index, proof->count));
    const size_t siblings_size = 32u * (size_t)proof->sibling_count;
    if (out_size < HEAD_SIZE + siblings_size) {
        return 0;
    }
    out[0] = PROOF_FORMAT_LIST;
    dure_put_u32(out + 1, proof->index);
    dure_put_u32(out + 5, proof->count);
    memcpy(out + HEAD_SIZE, proof->siblings, siblings_size);
    return HEAD_SIZE + siblings_size;
}

bool dure_list_proof_decode(dure_list_proof_t *proof, dure_bytes_t bytes)
{
    memset(proof, 0, sizeof(*proof));
    if (bytes.size < HEAD_SIZE || bytes.data[0] != PROOF_FORMAT_LIST) {
        return false;
    }
    proof->index = dure_get_u32(bytes.data + 1);
    proof->count = dure_get_u32(bytes.data + 5);
    if (proof->index >= proof->count) {
        return false;
    }
    proof->sibling_count = siblings_of(proof->index, proof->count);
    const size_t siblings_size = 32u * (size_t)proof->sibling_count;
    if (bytes.size != HEAD_SIZE + siblings_size) {
        return false;
    }
    memcpy(proof->siblings, bytes.data + HEAD_SIZE, siblings_size);
    return true;
}

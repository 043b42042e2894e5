/* Checking a proof about the state tree, and its bytes. */
#include "merkle/dure_merkle.h"
#include "merkle/merkle_private.h"

#include <string.h>

static unsigned key_bit(const dure_hash_t *key, unsigned index)
{
    return (key->bytes[index / 8] >> (7 - index % 8)) & 1u;
}

/* True if what the proof says can stand in an honest tree, whatever the key and the root. */
static bool proof_is_canonical(const dure_tree_proof_t *proof)
{
    if (proof->depth > DURE_TREE_DEPTH_MAX) {
        return false;
    }
    /* With an empty sibling the end would stand one level higher. */
    if (proof->depth > 0 && dure_hash_is_zero(&proof->siblings[proof->depth - 1])) {
        return false;
    }
    const bool other_is_zero =
        dure_hash_is_zero(&proof->other_key) && dure_hash_is_zero(&proof->other_value);
    switch (proof->end) {
    case DURE_TREE_PRESENT:
        return other_is_zero;
    case DURE_TREE_ABSENT_EMPTY:
        return other_is_zero;
    case DURE_TREE_ABSENT_OTHER:
        /* At full depth only the key itself shares the path. */
        return proof->depth < DURE_TREE_DEPTH_MAX;
    default: /* a byte from outside, not an enum */
        return false;
    }
}

static bool other_shares_path(const dure_tree_proof_t *proof, const dure_hash_t *key)
{
    for (unsigned depth = 0; depth < proof->depth; depth++) {
        if (key_bit(&proof->other_key, depth) != key_bit(key, depth)) {
            return false;
        }
    }
    return !dure_hash_equal(&proof->other_key, key);
}

bool dure_tree_proof_check(const dure_tree_proof_t *proof, const dure_hash_t *root,
                           const dure_hash_t *key, const dure_hash_t *value)
{
    if (!proof_is_canonical(proof) || (proof->end == DURE_TREE_PRESENT) != (value != NULL)) {
        return false;
    }
    dure_hash_t hash = {{0}}; /* of ABSENT_EMPTY */
    if (value != NULL) {
        dure_hash_pair(&hash, DURE_TAG_STATE_LEAF, key, value);
    } else if (proof->end == DURE_TREE_ABSENT_OTHER) {
        if (!other_shares_path(proof, key)) {
            return false;
        }
        dure_hash_pair(&hash, DURE_TAG_STATE_LEAF, &proof->other_key, &proof->other_value);
    }
    for (unsigned depth = proof->depth; depth > 0; depth--) {
        const dure_hash_t *sibling = &proof->siblings[depth - 1];
        const bool right = key_bit(key, depth - 1) == 1;
        dure_hash_pair(&hash, DURE_TAG_STATE_NODE, right ? sibling : &hash,
                       right ? &hash : sibling);
    }
    return dure_hash_equal(&hash, root);
}

/* ---- bytes -------------------------------------------------------------------------------------
   0 format | 1 end | 2 depth (2) | 4 siblings | other key, other value if ABSENT_OTHER */
#define HEAD_SIZE 4u

static size_t tree_proof_size(unsigned end, size_t depth)
{
    return HEAD_SIZE + 32u * (depth + (end == DURE_TREE_ABSENT_OTHER ? 2u : 0u));
}

size_t dure_tree_proof_encode(uint8_t *out, size_t out_size, const dure_tree_proof_t *proof)
{
    DURE_ASSERT(proof_is_canonical(proof));
    const size_t size = tree_proof_size(proof->end, proof->depth);
    if (out_size < size) {
        return 0;
    }
    out[0] = PROOF_FORMAT_TREE;
    out[1] = proof->end;
    dure_put_u16(out + 2, proof->depth);
    const size_t siblings_size = 32u * (size_t)proof->depth;
    memcpy(out + HEAD_SIZE, proof->siblings, siblings_size);
    if (proof->end == DURE_TREE_ABSENT_OTHER) {
        memcpy(out + HEAD_SIZE + siblings_size, proof->other_key.bytes, 32);
        memcpy(out + HEAD_SIZE + siblings_size + 32, proof->other_value.bytes, 32);
    }
    return size;
}

bool dure_tree_proof_decode(dure_tree_proof_t *proof, dure_bytes_t bytes)
{
    memset(proof, 0, sizeof(*proof));
    if (bytes.size < HEAD_SIZE || bytes.data[0] != PROOF_FORMAT_TREE) {
        return false;
    }
    proof->end = bytes.data[1];
    proof->depth = dure_get_u16(bytes.data + 2);
    if (proof->depth > DURE_TREE_DEPTH_MAX ||
        bytes.size != tree_proof_size(proof->end, proof->depth)) {
        return false;
    }
    const size_t siblings_size = 32u * (size_t)proof->depth;
    memcpy(proof->siblings, bytes.data + HEAD_SIZE, siblings_size);
    if (proof->end == DURE_TREE_ABSENT_OTHER) {
        memcpy(proof->other_key.bytes, bytes.data + HEAD_SIZE + siblings_size, 32);
        memcpy(proof->other_value.bytes, bytes.data + HEAD_SIZE + siblings_size + 32, 32);
    }
    return proof_is_canonical(proof);
}

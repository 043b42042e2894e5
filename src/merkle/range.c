/* The mountain range: a list that only grows, of which only the peaks are kept. */
#include "merkle/dure_merkle.h"
#include "merkle/merkle_private.h"

#include <string.h>

static unsigned peaks_of(uint64_t count)
{
    return (unsigned)__builtin_popcountll(count);
}

void dure_range_init(dure_range_t *range)
{
    memset(range, 0, sizeof(*range));
}

void dure_range_leaf(dure_hash_t *leaf, uint64_t height, const dure_hash_t *effects_root)
{
    uint8_t bytes[40];
    dure_put_u64(bytes, height);
    memcpy(bytes + 8, effects_root->bytes, 32);
    dure_hash(leaf, DURE_TAG_RANGE_LEAF, bytes, sizeof(bytes));
}

void dure_range_append(dure_range_t *range, const dure_hash_t *leaf)
{
    DURE_ASSERT(range->count < UINT64_MAX);
    unsigned used = peaks_of(range->count);
    dure_hash_t hash = *leaf;
    /* As adding one carries through the binary digits, equal mountains merge. */
    for (uint64_t carry = range->count; carry % 2 == 1; carry /= 2) {
        used--;
        dure_hash_pair(&hash, DURE_TAG_RANGE_NODE, &range->peaks[used], &hash);
        memset(&range->peaks[used], 0, sizeof(range->peaks[used]));
    }
    range->peaks[used] = hash;
    range->count++;
}

static void bag(dure_hash_t *root, uint64_t count, const dure_hash_t *peaks)
{
    uint8_t count_bytes[8];
    dure_put_u64(count_bytes, count);
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_RANGE_BAG);
    dure_hasher_update(&hasher, count_bytes, sizeof(count_bytes));
    dure_hasher_update(&hasher, peaks, peaks_of(count) * sizeof(*peaks));
    dure_hasher_final(&hasher, root);
}

void dure_range_root(const dure_range_t *range, dure_hash_t *root)
{
    bag(root, range->count, range->peaks);
}

/* The mountain that holds a leaf. */
typedef struct {
    uint8_t peak;    /* its number, the largest is 0 */
    uint8_t height;  /* it has 2^height leaves */
    uint64_t within; /* the leaf's index in it */
} place_t;

static place_t place_of(uint64_t index, uint64_t count)
{
    DURE_ASSERT(index < count);
    place_t place = {0, 63, index};
    for (;; place.height--) {
        const uint64_t leaves = UINT64_C(1) << place.height;
        if ((count & leaves) == 0) {
            continue;
        }
        if (place.within < leaves) {
            return place;
        }
        place.within -= leaves;
        place.peak++;
    }
}

/* The peak over 2^height leaves, which are overwritten; fills the siblings of leaf `within` unless
   siblings is NULL. */
static void mountain(dure_hash_t *peak, dure_hash_t *leaves, unsigned height, uint64_t within,
                     dure_hash_t *siblings)
{
    for (unsigned level = 0; level < height; level++) {
        if (siblings != NULL) {
            siblings[level] = leaves[(within >> level) ^ 1u];
        }
        const uint64_t pairs = UINT64_C(1) << (height - level - 1);
        for (uint64_t i = 0; i < pairs; i++) {
            dure_hash_pair(&leaves[i], DURE_TAG_RANGE_NODE, &leaves[2 * i], &leaves[2 * i + 1]);
        }
    }
    *peak = leaves[0];
}

void dure_range_prove(dure_range_proof_t *proof, dure_hash_t *leaves_scratch, uint64_t count,
                      uint64_t index)
{
    memset(proof, 0, sizeof(*proof));
    const place_t place = place_of(index, count);
    proof->index = index;
    proof->count = count;
    proof->sibling_count = place.height;
    dure_hash_t *leaves = leaves_scratch;
    for (unsigned height = 63; proof->peak_count < peaks_of(count); height--) {
        if ((count >> height) % 2 == 0) {
            continue;
        }
        dure_hash_t *siblings = proof->peak_count == place.peak ? proof->siblings : NULL;
        mountain(&proof->peaks[proof->peak_count++], leaves, height, place.within, siblings);
        leaves += UINT64_C(1) << height;
    }
}

static bool proof_is_canonical(const dure_range_proof_t *proof)
{
    return proof->index < proof->count && proof->peak_count == peaks_of(proof->count) &&
           proof->sibling_count == place_of(proof->index, proof->count).height;
}

bool dure_range_proof_check(const dure_range_proof_t *proof, const dure_hash_t *leaf,
                            const dure_hash_t *root)
{
    if (!proof_is_canonical(proof)) {
        return false;
    }
    const place_t place = place_of(proof->index, proof->count);
    dure_hash_t hash = *leaf;
    for (unsigned level = 0; level < place.height; level++) {
        const bool right = (place.within >> level) % 2 == 1;
        const dure_hash_t *sibling = &proof->siblings[level];
        dure_hash_pair(&hash, DURE_TAG_RANGE_NODE, right ? sibling : &hash,
                       right ? &hash : sibling);
    }
    if (!dure_hash_equal(&hash, &proof->peaks[place.peak])) {
        return false;
    }
    dure_hash_t bagged;
    bag(&bagged, proof->count, proof->peaks);
    return dure_hash_equal(&bagged, root);
}

/* ---- bytes -------------------------------------------------------------------------------------
   0 format | 1 index (8) | 9 count (8) | 17 siblings | peaks: as many as index and count ask for */
#define HEAD_SIZE 17u

size_t dure_range_proof_encode(uint8_t *out, size_t out_size, const dure_range_proof_t *proof)
{
    DURE_ASSERT(proof_is_canonical(proof));
    const size_t siblings_size = 32u * (size_t)proof->sibling_count;
    const size_t peaks_size = 32u * (size_t)proof->peak_count;
    if (out_size < HEAD_SIZE + siblings_size + peaks_size) {
        return 0;
    }
    out[0] = PROOF_FORMAT_RANGE;
    dure_put_u64(out + 1, proof->index);
    dure_put_u64(out + 9, proof->count);
    memcpy(out + HEAD_SIZE, proof->siblings, siblings_size);
    memcpy(out + HEAD_SIZE + siblings_size, proof->peaks, peaks_size);
    return HEAD_SIZE + siblings_size + peaks_size;
}

bool dure_range_proof_decode(dure_range_proof_t *proof, dure_bytes_t bytes)
{
    memset(proof, 0, sizeof(*proof));
    if (bytes.size < HEAD_SIZE || bytes.data[0] != PROOF_FORMAT_RANGE) {
        return false;
    }
    proof->index = dure_get_u64(bytes.data + 1);
    proof->count = dure_get_u64(bytes.data + 9);
    if (proof->index >= proof->count) {
        return false;
    }
    proof->sibling_count = place_of(proof->index, proof->count).height;
    proof->peak_count = (uint8_t)peaks_of(proof->count);
    const size_t siblings_size = 32u * (size_t)proof->sibling_count;
    const size_t peaks_size = 32u * (size_t)proof->peak_count;
    if (bytes.size != HEAD_SIZE + siblings_size + peaks_size) {
        return false;
    }
    memcpy(proof->siblings, bytes.data + HEAD_SIZE, siblings_size);
    memcpy(proof->peaks, bytes.data + HEAD_SIZE + siblings_size, peaks_size);
    return true;
}

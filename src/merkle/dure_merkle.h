/* merkle: the authenticated state tree, the tree over a block's leaves, the mountain range, proofs.
   Pure; caller owns all memory; nothing is allocated.  docs/formats/proofs.md is the contract. */
#ifndef DURE_MERKLE_H
#define DURE_MERKLE_H

#include "base/dure_base.h"
#include "crypto/dure_crypto.h"

/* ---- the state tree ----------------------------------------------------------------------------
   A map from 256-bit keys (bit 0 is the top bit of byte 0) to value hashes, hashed as a binary
   trie.  A subtree with no key hashes to 32 zero bytes, with one key to that key's leaf hash
   whatever the depth, otherwise to H(STATE_NODE, left || right).  So the root depends only on the
   set of (key, value), never on the order of insertion, and a leaf sits as high as it can.

   value = H(STATE_VALUE, blind || record), made by the caller; leaf hash = H(STATE_LEAF, key ||
   value), made here.  The two steps are what makes a proof of absence sound: whoever shows another
   key's leaf in the place must show its key and value, from which the checker makes the leaf hash
   itself, and the record stays private behind the value.

   Memory: one slot per leaf, numbered in [0, leaves_max), and leaves_max - 1 inner nodes; a run of
   nodes with one empty side is not stored, so no choice of keys can exhaust the pool before the
   leaves.  Removing restores exactly the shape the tree would have without the key. */
typedef struct dure_tree dure_tree_t;

#define DURE_TREE_LEAVES_MAX (UINT32_C(1) << 30)

/* Bytes for a tree of at most leaves_max keys, in [1, DURE_TREE_LEAVES_MAX]: 116 for each key and
   a little.  The memory is 8-byte aligned and may hold anything; it is touched only as keys
   come. */
size_t dure_tree_size(uint32_t leaves_max);
dure_tree_t *dure_tree_init(void *memory, size_t memory_size, uint32_t leaves_max);

#define DURE_TREE_SLOT_NONE UINT32_MAX

/* dure_tree_set: inserts the key or changes its value.  Returns the leaf's slot, which stays the
   same until the key is removed, or DURE_TREE_SLOT_NONE if the tree is full (tree unchanged).
   Nothing is hashed here: the path is marked dirty. */
uint32_t dure_tree_set(dure_tree_t *tree, const dure_hash_t *key, const dure_hash_t *value);
/* dure_tree_put: inserts a key that is not there, into a slot of the caller's choice that is not in
   use.  A tree whose slots the caller numbers is filled by this alone, never by dure_tree_set. */
void dure_tree_put(dure_tree_t *tree, uint32_t slot, const dure_hash_t *key,
                   const dure_hash_t *value);
/* dure_tree_set_many: changes the values of slots already known, without a search by key; asserts
   that they are in use. */
void dure_tree_set_many(dure_tree_t *tree, const uint32_t *slots, const dure_hash_t *values,
                        uint32_t count);
/* dure_tree_fetch: brings near what a change of the value in this slot will touch first.  The slot
   is in use.  Changes nothing. */
void dure_tree_fetch(const dure_tree_t *tree, uint32_t slot);
/* dure_tree_remove: asserts that the key is present. */
void dure_tree_remove(dure_tree_t *tree, const dure_hash_t *key);
/* Slot of a key, or DURE_TREE_SLOT_NONE. */
uint32_t dure_tree_find(const dure_tree_t *tree, const dure_hash_t *key);
uint32_t dure_tree_leaf_count(const dure_tree_t *tree);
/* The key in a slot; asserts that the slot is in use. */
const dure_hash_t *dure_tree_key_at(const dure_tree_t *tree, uint32_t slot);
/* dure_tree_next: walks the slots in ascending order of their keys.  Start with
   DURE_TREE_SLOT_NONE; returns DURE_TREE_SLOT_NONE after the last.  Asserts that the slot is in
   use. */
uint32_t dure_tree_next(const dure_tree_t *tree, uint32_t slot);
/* dure_tree_after: the slot of the first key above this one, which need not be in the tree;
   DURE_TREE_SLOT_NONE if there is none. */
uint32_t dure_tree_after(const dure_tree_t *tree, const dure_hash_t *key);

/* dure_tree_root: hashes what is dirty, each inner node once however many leaves changed below it.
 */
void dure_tree_root(dure_tree_t *tree, dure_hash_t *root);

/* ---- proof that a key is present with a value, or absent ---------------------------------------
   Siblings from the root downwards.  At the end stands: the key's own leaf (presence); an empty
   subtree (absence); or another key's leaf, given by that key and its value, which shares the path
   (absence). */
#define DURE_TREE_DEPTH_MAX 256u

typedef enum {
    DURE_TREE_PRESENT = 1,
    DURE_TREE_ABSENT_EMPTY = 2,
    DURE_TREE_ABSENT_OTHER = 3,
} dure_tree_end_t;

typedef struct {
    uint8_t end;    /* dure_tree_end_t */
    uint16_t depth; /* siblings, in [0, DURE_TREE_DEPTH_MAX] */
    dure_hash_t siblings[DURE_TREE_DEPTH_MAX];
    dure_hash_t other_key;   /* ABSENT_OTHER only, else zero */
    dure_hash_t other_value; /* ABSENT_OTHER only, else zero */
} dure_tree_proof_t;

/* dure_tree_prove: asserts that the tree is clean (dure_tree_root was called since the last
   change). */
void dure_tree_prove(const dure_tree_t *tree, const dure_hash_t *key, dure_tree_proof_t *proof);
/* dure_tree_proof_check: value is the claimed value hash, or NULL to claim that the key is
   absent. */
DURE_MUST_USE bool dure_tree_proof_check(const dure_tree_proof_t *proof, const dure_hash_t *root,
                                         const dure_hash_t *key, const dure_hash_t *value);

/* ---- the tree over a list (a block's transactions, a block's effects) --------------------------
   RFC 6962 shape: the left half is the largest power of two below the count.  Empty list: 32 zero
   bytes.  One leaf: the leaf itself.  The root does not say how many leaves there are: the count
   that a proof is checked with, and with it the place of the leaf, is only as good as its source.
 */
#define DURE_LIST_DEPTH_MAX 32u

/* dure_list_root: overwrites leaves[] as work space. */
void dure_list_root(dure_hash_t *root, dure_tag_t node_tag, dure_hash_t *leaves, uint32_t count);
/* Audit path, leaf upwards.  Returns the number of siblings (<= DURE_LIST_DEPTH_MAX).
   scratch: count hashes; leaves is only read. */
uint32_t dure_list_prove(dure_hash_t siblings[DURE_LIST_DEPTH_MAX], dure_tag_t node_tag,
                         const dure_hash_t *leaves, uint32_t count, uint32_t index,
                         dure_hash_t *scratch);
/* dure_list_proof_root: the root that a path leads to.  False if the siblings are not as many as
   index and count ask for. */
DURE_MUST_USE bool dure_list_proof_root(dure_hash_t *root, const dure_hash_t *siblings,
                                        uint32_t sibling_count, dure_tag_t node_tag,
                                        const dure_hash_t *leaf, uint32_t index, uint32_t count);
DURE_MUST_USE bool dure_list_proof_check(const dure_hash_t *siblings, uint32_t sibling_count,
                                         dure_tag_t node_tag, const dure_hash_t *leaf,
                                         uint32_t index, uint32_t count, const dure_hash_t *root);

/* ---- the mountain range over the non-empty blocks' effects roots -------------------------------
   Leaf n = H(RANGE_LEAF, height || effects root).  Perfect
   trees of descending size (the binary digits of the leaf count); parents H(RANGE_NODE, left ||
   right).  Root = H(RANGE_BAG, count || peaks, largest first); of an empty range H(RANGE_BAG, 0).
   Only the peaks are state; an old leaf's path is rebuilt from the log by whoever needs it. */
#define DURE_RANGE_PEAKS_MAX 64u

typedef struct {
    uint64_t count;                          /* leaves so far */
    dure_hash_t peaks[DURE_RANGE_PEAKS_MAX]; /* largest tree first; popcount(count) are in use */
} dure_range_t;

void dure_range_init(dure_range_t *range);
void dure_range_leaf(dure_hash_t *leaf, uint64_t height, const dure_hash_t *effects_root);
void dure_range_append(dure_range_t *range, const dure_hash_t *leaf);
void dure_range_root(const dure_range_t *range, dure_hash_t *root);

/* A proof for leaf `index` under a range of `count` leaves: the siblings within its mountain (leaf
   upwards), and all peaks. */
typedef struct {
    uint64_t index; /* in [0, count) */
    uint64_t count;
    uint8_t sibling_count; /* height of the leaf's mountain */
    uint8_t peak_count;    /* popcount(count) */
    dure_hash_t siblings[DURE_RANGE_PEAKS_MAX];
    dure_hash_t peaks[DURE_RANGE_PEAKS_MAX];
} dure_range_proof_t;

/* dure_range_prove: from all leaves in order (a reader of the log has them); leaves_scratch:
   `count` hashes, overwritten. */
void dure_range_prove(dure_range_proof_t *proof, dure_hash_t *leaves_scratch, uint64_t count,
                      uint64_t index);
DURE_MUST_USE bool dure_range_proof_check(const dure_range_proof_t *proof, const dure_hash_t *leaf,
                                          const dure_hash_t *root);

/* ---- proofs as bytes ---------------------------------------------------------------------------
   The byte tables are in docs/formats/proofs.md.  Each proof has exactly one encoding, and bytes
   that are anything else are refused.

   encode: returns the bytes written, or 0 if out_size is too small; asserts that the proof is well
   formed, as the prove functions leave it.  decode: false, and *proof unspecified, unless the
   bytes are exactly one proof. */
#define DURE_TREE_PROOF_SIZE_MAX  (4u + 32u * (DURE_TREE_DEPTH_MAX + 2u))
#define DURE_LIST_PROOF_SIZE_MAX  (9u + 32u * DURE_LIST_DEPTH_MAX)
#define DURE_RANGE_PROOF_SIZE_MAX (17u + 32u * 2u * DURE_RANGE_PEAKS_MAX)

typedef struct {
    uint32_t index;        /* in [0, count) */
    uint32_t count;        /* leaves of the list */
    uint8_t sibling_count; /* follows from index and count */
    dure_hash_t siblings[DURE_LIST_DEPTH_MAX];
} dure_list_proof_t;

size_t dure_tree_proof_encode(uint8_t *out, size_t out_size, const dure_tree_proof_t *proof);
DURE_MUST_USE bool dure_tree_proof_decode(dure_tree_proof_t *proof, dure_bytes_t bytes);
size_t dure_list_proof_encode(uint8_t *out, size_t out_size, const dure_list_proof_t *proof);
DURE_MUST_USE bool dure_list_proof_decode(dure_list_proof_t *proof, dure_bytes_t bytes);
size_t dure_range_proof_encode(uint8_t *out, size_t out_size, const dure_range_proof_t *proof);
DURE_MUST_USE bool dure_range_proof_decode(dure_range_proof_t *proof, dure_bytes_t bytes);

#endif

/* The state tree, stored as a path-compressed trie.

   A stored node is a place where the keys below it part: all share the bits before `depth`, and
   both sides have keys.  n keys have exactly n - 1 such nodes.  The runs of one-sided nodes that
   the definition puts between two stored nodes are hashed when needed (lift): for keys that are
   hashes, less than half a node on average.

   Invariant: if a node is dirty, so are all above it.  Marking therefore stops at the first dirty
   node, and hashing visits each dirty node once. */
#include "merkle/dure_merkle.h"

#include <assert.h>
#include <string.h>

#define REF_LEAF UINT32_C(0x80000000) /* set: a leaf's slot; clear: an inner node's index */
#define REF_NONE UINT32_MAX           /* no parent, no root, end of a free list */
#define REF_FREE (UINT32_MAX - 1)     /* parent of a leaf slot that is not in use */

typedef struct {
    dure_hash_t key;
    dure_hash_t value; /* in a free slot, the first four bytes hold the next free slot */
    uint32_t parent;
} leaf_t;

typedef struct {
    dure_hash_t hash; /* valid if not dirty */
    uint32_t side[2];
    uint32_t parent; /* in a free node the next free node */
    uint8_t depth;   /* the first bit in which keys below differ */
    uint8_t dirty;
    uint16_t above; /* the keys' last 16 bits before `depth`, the last one lowest */
} node_t;

struct dure_tree {
    uint32_t leaves_max;
    uint32_t leaf_count;
    uint32_t leaf_used; /* slots ever used; those below are in use or in the free list */
    uint32_t leaf_free;
    uint32_t node_used;
    uint32_t node_free;
    uint32_t root;
    uint32_t zero;
};

static_assert(sizeof(leaf_t) + sizeof(node_t) == 116, "bytes for each key");
static_assert(sizeof(struct dure_tree) == 32, "the leaves follow");

/* ---- where things lie --------------------------------------------------------------------------
   The arrays follow the head; no pointer is stored, so that the memory can be moved. */
static leaf_t *leaf_at(const dure_tree_t *tree, uint32_t slot)
{
    uintptr_t base = (uintptr_t)tree + sizeof(dure_tree_t);
    return (leaf_t *)base + slot;
}

static node_t *node_at(const dure_tree_t *tree, uint32_t index)
{
    uintptr_t base = (uintptr_t)tree + sizeof(dure_tree_t);
    base += (uintptr_t)tree->leaves_max * sizeof(leaf_t);
    return (node_t *)base + index;
}

static bool ref_is_leaf(uint32_t ref)
{
    return (ref & REF_LEAF) != 0;
}

static leaf_t *leaf_of(const dure_tree_t *tree, uint32_t ref)
{
    return leaf_at(tree, ref & ~REF_LEAF);
}

static unsigned key_bit(const dure_hash_t *key, unsigned index)
{
    return (key->bytes[index / 8] >> (7 - index % 8)) & 1u;
}

/* The last 16 bits of a key before `depth`, or as many as there are. */
static uint16_t key_bits_above(const dure_hash_t *key, unsigned depth)
{
    unsigned bits = 0;
    for (unsigned level = depth > 16 ? depth - 16 : 0; level < depth; level++) {
        bits = bits << 1 | key_bit(key, level);
    }
    return (uint16_t)bits;
}

/* First bit in which two different keys differ. */
static unsigned key_parting(const dure_hash_t *a, const dure_hash_t *b)
{
    unsigned i = 0;
    while (a->bytes[i] == b->bytes[i]) {
        i++;
        DURE_ASSERT(i < sizeof(a->bytes));
    }
    const unsigned difference = a->bytes[i] ^ b->bytes[i];
    return i * 8 + (unsigned)__builtin_clz(difference) - (unsigned)(sizeof(unsigned) * 8 - 8);
}

size_t dure_tree_size(uint32_t leaves_max)
{
    DURE_ASSERT(leaves_max >= 1 && leaves_max <= DURE_TREE_LEAVES_MAX);
    return sizeof(dure_tree_t) + (size_t)leaves_max * sizeof(leaf_t) +
           ((size_t)leaves_max - 1) * sizeof(node_t);
}

dure_tree_t *dure_tree_init(void *memory, size_t memory_size, uint32_t leaves_max)
{
    DURE_ASSERT(memory_size >= dure_tree_size(leaves_max));
    DURE_ASSERT((uintptr_t)memory % 8 == 0);
    dure_tree_t *tree = memory;
    *tree = (dure_tree_t){
        .leaves_max = leaves_max,
        .leaf_free = REF_NONE,
        .node_free = REF_NONE,
        .root = REF_NONE,
    };
    return tree;
}

uint32_t dure_tree_leaf_count(const dure_tree_t *tree)
{
    return tree->leaf_count;
}

/* ---- slots -------------------------------------------------------------------------------------
 */
static uint32_t leaf_take(dure_tree_t *tree)
{
    uint32_t slot = tree->leaf_free;
    if (slot != REF_NONE) {
        tree->leaf_free = dure_get_u32(leaf_at(tree, slot)->value.bytes);
    } else {
        DURE_ASSERT(tree->leaf_used < tree->leaves_max);
        slot = tree->leaf_used++;
    }
    tree->leaf_count++;
    return slot;
}

static void leaf_release(dure_tree_t *tree, uint32_t slot)
{
    leaf_t *leaf = leaf_at(tree, slot);
    memset(leaf, 0, sizeof(*leaf));
    dure_put_u32(leaf->value.bytes, tree->leaf_free);
    leaf->parent = REF_FREE;
    tree->leaf_free = slot;
    tree->leaf_count--;
}

static uint32_t node_take(dure_tree_t *tree)
{
    const uint32_t index = tree->node_free;
    if (index != REF_NONE) {
        tree->node_free = node_at(tree, index)->parent;
        return index;
    }
    DURE_ASSERT(tree->node_used < tree->leaves_max - 1);
    return tree->node_used++;
}

static void node_release(dure_tree_t *tree, uint32_t index)
{
    node_t *node = node_at(tree, index);
    memset(node, 0, sizeof(*node));
    node->parent = tree->node_free;
    tree->node_free = index;
}

/* ---- links -------------------------------------------------------------------------------------
 */
static void parent_set(dure_tree_t *tree, uint32_t ref, uint32_t parent)
{
    if (ref_is_leaf(ref)) {
        leaf_of(tree, ref)->parent = parent;
    } else {
        node_at(tree, ref)->parent = parent;
    }
}

/* Puts `ref` where `old` hung: below the parent, or as the root. */
static void link_replace(dure_tree_t *tree, uint32_t parent, uint32_t old, uint32_t ref)
{
    if (parent == REF_NONE) {
        DURE_ASSERT(tree->root == old);
        tree->root = ref;
    } else {
        node_t *node = node_at(tree, parent);
        const unsigned side = node->side[1] == old;
        DURE_ASSERT(node->side[side] == old);
        node->side[side] = ref;
    }
    parent_set(tree, ref, parent);
}

static void dirty_from(dure_tree_t *tree, uint32_t index)
{
    while (index != REF_NONE) {
        node_t *node = node_at(tree, index);
        if (node->dirty) {
            return;
        }
        node->dirty = 1;
        index = node->parent;
    }
}

/* The leaf that a key leads to: if the key is present, its own.  The tree is not empty. */
static uint32_t descend(const dure_tree_t *tree, const dure_hash_t *key)
{
    uint32_t ref = tree->root;
    while (!ref_is_leaf(ref)) {
        const node_t *node = node_at(tree, ref);
        ref = node->side[key_bit(key, node->depth)];
    }
    return ref;
}

uint32_t dure_tree_find(const dure_tree_t *tree, const dure_hash_t *key)
{
    if (tree->root == REF_NONE) {
        return DURE_TREE_SLOT_NONE;
    }
    const uint32_t ref = descend(tree, key);
    return dure_hash_equal(&leaf_of(tree, ref)->key, key) ? ref & ~REF_LEAF : DURE_TREE_SLOT_NONE;
}

const dure_hash_t *dure_tree_key_at(const dure_tree_t *tree, uint32_t slot)
{
    DURE_ASSERT(slot < tree->leaf_used);
    DURE_ASSERT(leaf_at(tree, slot)->parent != REF_FREE);
    return &leaf_at(tree, slot)->key;
}

uint32_t dure_tree_next(const dure_tree_t *tree, uint32_t slot)
{
    uint32_t ref = tree->root;
    if (slot != DURE_TREE_SLOT_NONE) {
        DURE_ASSERT(slot < tree->leaf_used);
        DURE_ASSERT(leaf_at(tree, slot)->parent != REF_FREE);
        uint32_t from = slot | REF_LEAF;
        uint32_t above = leaf_at(tree, slot)->parent;
        while (above != REF_NONE && node_at(tree, above)->side[1] == from) {
            from = above;
            above = node_at(tree, above)->parent;
        }
        ref = above == REF_NONE ? REF_NONE : node_at(tree, above)->side[1];
    }
    if (ref == REF_NONE) {
        return DURE_TREE_SLOT_NONE;
    }
    while (!ref_is_leaf(ref)) {
        ref = node_at(tree, ref)->side[0];
    }
    return ref & ~REF_LEAF;
}

static uint32_t leftmost(const dure_tree_t *tree, uint32_t ref)
{
    while (ref != REF_NONE && !ref_is_leaf(ref)) {
        ref = node_at(tree, ref)->side[0];
    }
    return ref == REF_NONE ? DURE_TREE_SLOT_NONE : ref & ~REF_LEAF;
}

uint32_t dure_tree_after(const dure_tree_t *tree, const dure_hash_t *key)
{
    if (tree->root == REF_NONE) {
        return DURE_TREE_SLOT_NONE;
    }
    const uint32_t met = descend(tree, key);
    if (dure_hash_equal(&leaf_of(tree, met)->key, key)) {
        return dure_tree_next(tree, met & ~REF_LEAF);
    }
    /* Below the parting all keys are on the same side of this one. */
    const unsigned parting = key_parting(&leaf_of(tree, met)->key, key);
    uint32_t ref = tree->root;
    uint32_t above = REF_NONE; /* the lowest subtree on the way whose keys are all above */
    while (!ref_is_leaf(ref) && node_at(tree, ref)->depth < parting) {
        const node_t *node = node_at(tree, ref);
        const unsigned side = key_bit(key, node->depth);
        above = side == 0 ? node->side[1] : above;
        ref = node->side[side];
    }
    return leftmost(tree, key_bit(key, parting) == 0 ? ref : above);
}

/* Hangs a filled leaf into the tree; its key parts from the one met there at `depth`. */
static void leaf_hang(dure_tree_t *tree, uint32_t slot, unsigned depth)
{
    const dure_hash_t *key = &leaf_at(tree, slot)->key;
    if (tree->root == REF_NONE) {
        tree->root = slot | REF_LEAF;
        return;
    }
    uint32_t below = tree->root; /* what the new node will stand above */
    uint32_t parent = REF_NONE;
    while (!ref_is_leaf(below) && node_at(tree, below)->depth < depth) {
        parent = below;
        below = node_at(tree, below)->side[key_bit(key, node_at(tree, below)->depth)];
    }
    const uint32_t index = node_take(tree);
    node_t *node = node_at(tree, index);
    const unsigned side = key_bit(key, depth);
    *node = (node_t){.depth = (uint8_t)depth, .dirty = 1, .above = key_bits_above(key, depth)};
    link_replace(tree, parent, below, index);
    node->side[side] = slot | REF_LEAF;
    node->side[1 - side] = below;
    parent_set(tree, slot | REF_LEAF, index);
    parent_set(tree, below, index);
    dirty_from(tree, parent);
}

uint32_t dure_tree_set(dure_tree_t *tree, const dure_hash_t *key, const dure_hash_t *value)
{
    unsigned depth = 0;
    if (tree->root != REF_NONE) {
        const uint32_t met = descend(tree, key);
        const dure_hash_t *met_key = &leaf_of(tree, met)->key;
        if (dure_hash_equal(met_key, key)) {
            leaf_of(tree, met)->value = *value;
            dirty_from(tree, leaf_of(tree, met)->parent);
            return met & ~REF_LEAF;
        }
        depth = key_parting(met_key, key);
    }
    if (tree->leaf_count == tree->leaves_max) {
        return DURE_TREE_SLOT_NONE;
    }
    /* After this point it must succeed: a free leaf implies a free node. */
    const uint32_t slot = leaf_take(tree);
    *leaf_at(tree, slot) = (leaf_t){.key = *key, .value = *value, .parent = REF_NONE};
    leaf_hang(tree, slot, depth);
    return slot;
}

void dure_tree_put(dure_tree_t *tree, uint32_t slot, const dure_hash_t *key,
                   const dure_hash_t *value)
{
    DURE_ASSERT(slot < tree->leaves_max);
    unsigned depth = 0;
    if (tree->root != REF_NONE) {
        depth = key_parting(&leaf_of(tree, descend(tree, key))->key, key);
    }
    tree->leaf_used = slot < tree->leaf_used ? tree->leaf_used : slot + 1;
    tree->leaf_count++;
    *leaf_at(tree, slot) = (leaf_t){.key = *key, .value = *value, .parent = REF_NONE};
    leaf_hang(tree, slot, depth);
}

void dure_tree_fetch(const dure_tree_t *tree, uint32_t slot)
{
    const leaf_t *leaf = leaf_at(tree, slot);
    __builtin_prefetch(&leaf->value, 1);
    __builtin_prefetch(&leaf->parent);
}

/* Each step up waits for memory, so that many paths are climbed in turn, one step each. */
#define CLIMB 16u

static void climb(dure_tree_t *tree, uint32_t *at, uint32_t count)
{
    while (count > 0) {
        uint32_t still = 0;
        for (uint32_t i = 0; i < count; i++) {
            node_t *node = node_at(tree, at[i]);
            if (node->dirty) {
                continue;
            }
            node->dirty = 1;
            if (node->parent != REF_NONE) {
                at[still] = node->parent;
                __builtin_prefetch(node_at(tree, at[still++]), 1);
            }
        }
        count = still;
    }
}

void dure_tree_set_many(dure_tree_t *tree, const uint32_t *slots, const dure_hash_t *values,
                        uint32_t count)
{
    for (uint32_t first = 0; first < count; first += CLIMB) {
        uint32_t at[CLIMB];
        uint32_t climbing = 0;
        for (uint32_t i = first; i < count && i < first + CLIMB; i++) {
            DURE_ASSERT(slots[i] < tree->leaf_used);
            leaf_t *leaf = leaf_at(tree, slots[i]);
            DURE_ASSERT(leaf->parent != REF_FREE);
            leaf->value = values[i];
            if (leaf->parent != REF_NONE) {
                at[climbing] = leaf->parent;
                __builtin_prefetch(node_at(tree, at[climbing++]), 1);
            }
        }
        climb(tree, at, climbing);
    }
}

void dure_tree_remove(dure_tree_t *tree, const dure_hash_t *key)
{
    const uint32_t slot = dure_tree_find(tree, key);
    DURE_ASSERT(slot != DURE_TREE_SLOT_NONE);
    const uint32_t index = leaf_at(tree, slot)->parent;
    if (index == REF_NONE) {
        tree->root = REF_NONE;
    } else {
        const node_t *node = node_at(tree, index);
        const uint32_t parent = node->parent;
        const uint32_t sibling = node->side[node->side[0] == (slot | REF_LEAF)];
        link_replace(tree, parent, index, sibling);
        dirty_from(tree, parent);
        node_release(tree, index);
    }
    leaf_release(tree, slot);
}

/* ---- hashing -----------------------------------------------------------------------------------
 */
static void leaf_hash(dure_hash_t *out, const leaf_t *leaf)
{
    dure_hash_pair(out, DURE_TAG_STATE_LEAF, &leaf->key, &leaf->value);
}

/* Any key below: all share the bits above ref's node. */
static const dure_hash_t *key_below(const dure_tree_t *tree, uint32_t ref)
{
    while (!ref_is_leaf(ref)) {
        ref = node_at(tree, ref)->side[0];
    }
    return &leaf_of(tree, ref)->key;
}

/* The hash of the subtree at `depth` whose keys are those below ref.  What is below is clean. */
static void subtree_hash(const dure_tree_t *tree, dure_hash_t *out, uint32_t ref, unsigned depth)
{
    static const dure_hash_t EMPTY;
    if (ref_is_leaf(ref)) {
        leaf_hash(out, leaf_of(tree, ref));
        return;
    }
    const node_t *node = node_at(tree, ref);
    *out = node->hash;
    if (node->depth == depth) {
        return;
    }
    /* Lift: one-sided nodes up to `depth`. */
    const dure_hash_t *key = key_below(tree, ref);
    for (unsigned level = node->depth; level > depth; level--) {
        const bool right = key_bit(key, level - 1) == 1;
        dure_hash_pair(out, DURE_TAG_STATE_NODE, right ? &EMPTY : out, right ? out : &EMPTY);
    }
}

/* ---- many at once ------------------------------------------------------------------------------
   Nodes lie anywhere in memory and their hashes do not depend on each other as long as none stands
   above another: dirty nodes are therefore taken in bunches, fetched ahead and hashed side by
   side.  A bunch's dirty children come before it. */
#define BUNCH       128u
#define FETCH_AHEAD 16u

typedef struct {
    dure_hash_t hash;
    unsigned lifts; /* one-sided nodes still to be put above it */
    uint16_t above; /* on which side the lowest of them has it: bit 0, and so on */
} side_t;

static void ref_fetch(const dure_tree_t *tree, uint32_t ref)
{
    if (ref_is_leaf(ref)) {
        const leaf_t *leaf = leaf_of(tree, ref);
        __builtin_prefetch(leaf);
        __builtin_prefetch(&leaf->value.bytes[31]);
    } else {
        __builtin_prefetch(node_at(tree, ref));
    }
}

/* Whether a side's run of one-sided nodes is longer than the bits that its node keeps. */
static bool is_long_run(const node_t *node, unsigned depth)
{
    return node->depth - depth > 16;
}

/* The side as it stands, or, for a leaf, what its hash is made from. */
static uint32_t side_begin(const dure_tree_t *tree, side_t *side, uint32_t ref, unsigned depth,
                           dure_pair_t *pair)
{
    side->lifts = 0;
    if (ref_is_leaf(ref)) {
        const leaf_t *leaf = leaf_of(tree, ref);
        *pair = (dure_pair_t){&side->hash, &leaf->key, &leaf->value, DURE_TAG_STATE_LEAF};
        return 1;
    }
    const node_t *node = node_at(tree, ref);
    if (is_long_run(node, depth)) {
        subtree_hash(tree, &side->hash, ref, depth);
        return 0;
    }
    side->hash = node->hash;
    side->lifts = node->depth - depth;
    side->above = node->above;
    return 0;
}

/* Puts the next one-sided node above each side that lacks one. */
static bool sides_lift(side_t *sides, uint32_t count, dure_pair_t *pairs)
{
    static const dure_hash_t EMPTY;
    uint32_t lifted = 0;
    for (uint32_t i = 0; i < count; i++) {
        side_t *side = &sides[i];
        if (side->lifts > 0) {
            const bool right = (side->above & 1u) == 1;
            side->above = (uint16_t)(side->above >> 1);
            side->lifts--;
            pairs[lifted++] = (dure_pair_t){&side->hash, right ? &EMPTY : &side->hash,
                                            right ? &side->hash : &EMPTY, DURE_TAG_STATE_NODE};
        }
    }
    dure_hash_pairs(pairs, lifted);
    return lifted > 0;
}

/* Hashes a bunch of nodes whose children are clean. */
static void bunch_hash(dure_tree_t *tree, const uint32_t *nodes, uint32_t count)
{
    side_t sides[2 * BUNCH];
    dure_pair_t pairs[2 * BUNCH];
    uint32_t leaves = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i + FETCH_AHEAD < count) {
            const node_t *ahead = node_at(tree, nodes[i + FETCH_AHEAD]);
            ref_fetch(tree, ahead->side[0]);
            ref_fetch(tree, ahead->side[1]);
        }
        const node_t *node = node_at(tree, nodes[i]);
        for (unsigned side = 0; side < 2; side++) {
            leaves += side_begin(tree, &sides[2 * i + side], node->side[side], node->depth + 1u,
                                 &pairs[leaves]);
        }
    }
    dure_hash_pairs(pairs, leaves);
    while (sides_lift(sides, 2 * count, pairs)) {
    }
    for (uint32_t i = 0; i < count; i++) {
        node_t *node = node_at(tree, nodes[i]);
        pairs[i] = (dure_pair_t){&node->hash, &sides[2 * i].hash, &sides[2 * i + 1].hash,
                                 DURE_TAG_STATE_NODE};
        node->dirty = 0;
    }
    dure_hash_pairs(pairs, count);
}

/* Recursion is at most DURE_TREE_DEPTH_MAX deep: depth grows at each step. */
static void bunch_clean(dure_tree_t *tree, const uint32_t *nodes, uint32_t count)
{
    uint32_t below[2 * BUNCH];
    uint32_t below_count = 0;
    for (uint32_t i = 0; i < count; i++) {
        const node_t *node = node_at(tree, nodes[i]);
        for (unsigned side = 0; side < 2; side++) {
            if (!ref_is_leaf(node->side[side])) {
                __builtin_prefetch(node_at(tree, node->side[side]));
            }
        }
    }
    for (uint32_t i = 0; i < count; i++) {
        const node_t *node = node_at(tree, nodes[i]);
        for (unsigned side = 0; side < 2; side++) {
            const uint32_t ref = node->side[side];
            if (!ref_is_leaf(ref) && node_at(tree, ref)->dirty) {
                DURE_ASSERT(node_at(tree, ref)->depth > node->depth);
                below[below_count++] = ref;
            }
        }
    }
    for (uint32_t i = 0; i < below_count; i += BUNCH) {
        bunch_clean(tree, below + i, below_count - i < BUNCH ? below_count - i : BUNCH);
    }
    bunch_hash(tree, nodes, count);
}

void dure_tree_root(dure_tree_t *tree, dure_hash_t *root)
{
    memset(root, 0, sizeof(*root));
    if (tree->root == REF_NONE) {
        return;
    }
    if (!ref_is_leaf(tree->root) && node_at(tree, tree->root)->dirty) {
        bunch_clean(tree, &tree->root, 1);
    }
    subtree_hash(tree, root, tree->root, 0);
}

/* ---- proving -----------------------------------------------------------------------------------
 */
/* The key goes down the one-sided run above `ref`'s node, from *depth: appends the siblings.  True
   if the key stays with the run to its end; false if it leaves it, into an empty subtree. */
static bool prove_run(const dure_tree_t *tree, const dure_hash_t *key, uint32_t ref,
                      dure_tree_proof_t *proof)
{
    const node_t *node = node_at(tree, ref);
    const dure_hash_t *below = key_below(tree, ref);
    while (proof->depth < node->depth) {
        const unsigned depth = proof->depth++; /* the sibling is zero while the key stays */
        if (key_bit(key, depth) != key_bit(below, depth)) {
            subtree_hash(tree, &proof->siblings[depth], ref, depth + 1);
            return false;
        }
    }
    return true;
}

static void prove_leaf(const leaf_t *leaf, const dure_hash_t *key, dure_tree_proof_t *proof)
{
    if (dure_hash_equal(&leaf->key, key)) {
        proof->end = DURE_TREE_PRESENT;
    } else {
        proof->end = DURE_TREE_ABSENT_OTHER;
        proof->other_key = leaf->key;
        proof->other_value = leaf->value;
    }
}

void dure_tree_prove(const dure_tree_t *tree, const dure_hash_t *key, dure_tree_proof_t *proof)
{
    memset(proof, 0, sizeof(*proof));
    proof->end = DURE_TREE_ABSENT_EMPTY;
    uint32_t ref = tree->root;
    while (ref != REF_NONE) {
        if (ref_is_leaf(ref)) {
            prove_leaf(leaf_of(tree, ref), key, proof);
            return;
        }
        const node_t *node = node_at(tree, ref);
        DURE_ASSERT(!node->dirty);
        if (!prove_run(tree, key, ref, proof)) {
            return;
        }
        const unsigned side = key_bit(key, node->depth);
        subtree_hash(tree, &proof->siblings[proof->depth++], node->side[1 - side],
                     node->depth + 1u);
        ref = node->side[side];
    }
}

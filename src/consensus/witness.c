/* witness: a refund's witness, under the range of the moment.  The history proves what is durable;
   blocks executed since are known here alone. */
#include "consensus/solo_private.h"

#include <string.h>

/* A range over the leaves of durable blocks, then of those executed since. */
typedef struct {
    const dure_consensus_t *self;
    uint64_t durable; /* leaves that the history has */
    uint64_t count;   /* all leaves: the head's */
} ranges_t;

static const dure_decided_t *built_at(const dure_consensus_t *self, uint64_t position)
{
    return &self->built[position % SOLO_BUILT_MAX].decided;
}

static ranges_t ranges_of(const dure_consensus_t *self)
{
    const uint64_t count = dure_chain_head(self->config.chain)->range.count;
    uint64_t recent = 0;
    for (uint64_t i = self->built_first; i < self->built_last; i++) {
        recent += built_at(self, i)->count > 0;
    }
    DURE_ASSERT(recent <= count);
    return (ranges_t){.self = self, .durable = count - recent, .count = count};
}

/* The leaf of the block that is number `place` of those with transactions and is not durable. */
static void recent_leaf(const ranges_t *ranges, dure_hash_t *hash, uint64_t place)
{
    uint64_t left = place - ranges->durable;
    for (uint64_t i = ranges->self->built_first; i < ranges->self->built_last; i++) {
        const dure_decided_t *decided = built_at(ranges->self, i);
        if (decided->count > 0 && left-- == 0) {
            dure_range_leaf(hash, decided->header.height, &decided->header.effects_root);
            return;
        }
    }
    DURE_ASSERT(place < ranges->count);
}

/* A node: the history's if all below it is durable, else made of the nodes below.  Those that are
   not the history's are at most twice as many as recent blocks, and one for each level. */
static bool range_node(const ranges_t *ranges, dure_hash_t *hash, uint32_t level, uint64_t place)
{
    const dure_history_t *history = &ranges->self->config.history;
    if ((place + 1u) << level <= ranges->durable) {
        return history->range_node(history->user, hash, level, place);
    }
    if (level == 0) {
        recent_leaf(ranges, hash, place);
        return true;
    }
    dure_hash_t left, right;
    if (!range_node(ranges, &left, level - 1u, 2u * place) ||
        !range_node(ranges, &right, level - 1u, 2u * place + 1u)) {
        return false;
    }
    dure_hash_pair(hash, DURE_TAG_RANGE_NODE, &left, &right);
    return true;
}

/* The path of leaf proof->index in the head's range. */
static bool prove_range(const ranges_t *ranges, dure_range_proof_t *proof)
{
    const dure_range_t *range = &dure_chain_head(ranges->self->config.chain)->range;
    const uint64_t leaf = proof->index;
    if (leaf >= range->count) {
        return false;
    }
    uint64_t before = 0; /* leaves of the mountains to the left */
    uint32_t level = 63;
    for (;; level--) {
        const uint64_t size = range->count & UINT64_C(1) << level;
        if (leaf - before < size) {
            break;
        }
        before += size;
    }
    proof->count = range->count;
    proof->sibling_count = (uint8_t)level;
    proof->peak_count = (uint8_t)__builtin_popcountll(range->count);
    memcpy(proof->peaks, range->peaks, proof->peak_count * sizeof *proof->peaks);
    for (uint32_t below = 0; below < level; below++) {
        if (!range_node(ranges, &proof->siblings[below], below, (leaf >> below) ^ 1u)) {
            return false;
        }
    }
    return true;
}

static void prove_recent(dure_consensus_t *self, dure_witness_t *witness,
                         const dure_decided_t *decided, uint32_t index)
{
    const dure_chain_result_t *result = &decided->results[index];
    for (uint32_t i = 0; i < decided->count; i++) {
        self->leaves[i] = decided->results[i].leaf;
    }
    witness->effect = result->effect;
    witness->blind = result->blind;
    witness->height = decided->header.height;
    witness->index = index;
    witness->count = decided->count;
    witness->sibling_count =
        dure_list_prove(witness->siblings, DURE_TAG_EFFECT_NODE, self->leaves, decided->count,
                        index, self->leaves + DURE_BLOCK_TXS_MAX);
}

/* Among the blocks executed and not yet in the history. */
static bool find_recent(dure_consensus_t *self, dure_witness_t *witness, const ranges_t *ranges,
                        const dure_tx_id_t *id)
{
    uint64_t leaf = ranges->durable;
    for (uint64_t i = self->built_first; i < self->built_last; i++) {
        const dure_decided_t *decided = built_at(self, i);
        for (uint32_t t = 0; t < decided->count; t++) {
            const dure_tx_id_t *other = &decided->ids[t];
            if (other->number == id->number && other->party == id->party &&
                other->lane == id->lane && dure_result_is_final(decided->results[t].code)) {
                prove_recent(self, witness, decided, t);
                witness->range.index = leaf;
                return true;
            }
        }
        leaf += decided->count > 0;
    }
    return false;
}

bool solo_witness(dure_consensus_t *self, dure_bytes_t *wire, const entry_t *entry)
{
    static_assert(SOLO_WIRES_SIZE >= DURE_BLOCK_SIZE_MAX + DURE_TX_SIZE_MAX, "one beyond a block");
    const dure_history_t *history = &self->config.history;
    if (history->prove == NULL || history->range_node == NULL) {
        return false;
    }
    const ranges_t ranges = ranges_of(self);
    dure_witness_t witness;
    memset(&witness, 0, sizeof witness);
    if (!history->prove(history->user, &witness, &entry->payment) &&
        !find_recent(self, &witness, &ranges, &entry->payment)) {
        return false;
    }
    /* Checked here, so that a damaged history costs an answer and not a place in a block. */
    if (!prove_range(&ranges, &witness.range) ||
        dure_witness_check(&witness, &dure_chain_head(self->config.chain)->range) != NULL) {
        return false;
    }
    uint8_t bytes[DURE_WITNESS_SIZE_MAX];
    dure_writer_t proof = dure_writer(bytes, sizeof bytes);
    dure_witness_encode(&proof, &witness);
    dure_envelope_t envelope;
    if (proof.overflow || dure_envelope_decode(&envelope, entry->wire, NULL) != DURE_RESULT_DONE) {
        return false;
    }
    dure_writer_t writer =
        dure_writer(self->wires + self->wires_size, SOLO_WIRES_SIZE - self->wires_size);
    if (!dure_tx_attach(&writer, &envelope, dure_writer_bytes(&proof))) {
        return false;
    }
    *wire = dure_writer_bytes(&writer);
    self->wires_size += writer.size;
    return true;
}

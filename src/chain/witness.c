/* Witnesses: docs/formats/witness.md has the table. */
#include "chain/chain_private.h"

#include <string.h>

/* Only a batch's rows make an effect longer, and no payment has any. */
static_assert(8u + 16u + 3u * 4u + DURE_EFFECT_SIZE_MAX - 256u * DURE_EFFECT_ROW_SIZE +
                      DURE_LIST_PROOF_SIZE_MAX + DURE_RANGE_PROOF_SIZE_MAX <=
                  DURE_WITNESS_SIZE_MAX,
              "every payment has a witness");

void dure_witness_prove(dure_witness_t *witness, const dure_hash_t *leaves, uint32_t count,
                        uint32_t index, const dure_hash_t *range_leaves, uint64_t range_count,
                        uint64_t range_index, dure_hash_t *scratch)
{
    witness->index = index;
    witness->count = count;
    witness->sibling_count =
        dure_list_prove(witness->siblings, DURE_TAG_EFFECT_NODE, leaves, count, index, scratch);
    memcpy(scratch, range_leaves, (size_t)range_count * sizeof *scratch);
    dure_range_prove(&witness->range, scratch, range_count, range_index);
}

void witness_write(dure_writer_t *writer, const dure_witness_t *witness)
{
    dure_list_proof_t list;
    memset(&list, 0, sizeof list);
    list.index = witness->index;
    list.count = witness->count;
    list.sibling_count = (uint8_t)witness->sibling_count;
    memcpy(list.siblings, witness->siblings, sizeof list.siblings);
    uint8_t list_bytes[DURE_LIST_PROOF_SIZE_MAX], range_bytes[DURE_RANGE_PROOF_SIZE_MAX];
    const size_t list_size = dure_list_proof_encode(list_bytes, sizeof list_bytes, &list);
    const size_t range_size =
        dure_range_proof_encode(range_bytes, sizeof range_bytes, &witness->range);
    DURE_ASSERT(list_size > 0 && range_size > 0);
    dure_write_uint(writer, 8, witness->height);
    dure_write_raw(writer, witness->blind.bytes, sizeof witness->blind.bytes);
    dure_write_bytes(writer, witness->effect);
    dure_write_bytes(writer, dure_bytes(list_bytes, list_size));
    dure_write_bytes(writer, dure_bytes(range_bytes, range_size));
}

const char *witness_read(dure_reader_t *reader, dure_witness_t *witness)
{
    memset(witness, 0, sizeof *witness);
    witness->height = dure_read_uint(reader, "height", 8, 1, UINT64_MAX);
    dure_read_raw(reader, "blind", witness->blind.bytes, sizeof witness->blind.bytes);
    witness->effect = dure_read_bytes(reader, "effect", DURE_EFFECT_SIZE_MAX);
    const dure_bytes_t list_bytes =
        dure_read_bytes(reader, "path in the block", DURE_LIST_PROOF_SIZE_MAX);
    const dure_bytes_t range_bytes =
        dure_read_bytes(reader, "path in the range", DURE_RANGE_PROOF_SIZE_MAX);
    dure_list_proof_t list;
    if (!dure_reader_ok(reader)) {
        return NULL;
    }
    if (!dure_list_proof_decode(&list, list_bytes) || list.count > DURE_BLOCK_TXS_MAX) {
        return "the path in its block is not canonical";
    }
    if (!dure_range_proof_decode(&witness->range, range_bytes)) {
        return "the path in the range is not canonical";
    }
    witness->index = list.index;
    witness->count = list.count;
    witness->sibling_count = list.sibling_count;
    memcpy(witness->siblings, list.siblings, sizeof witness->siblings);
    return NULL;
}

void dure_witness_encode(dure_writer_t *writer, const dure_witness_t *witness)
{
    witness_write(writer, witness);
}

bool dure_witness_decode(dure_witness_t *witness, dure_bytes_t bytes, const char **problem)
{
    dure_reader_t reader = dure_reader(bytes);
    *problem = witness_read(&reader, witness);
    if (!dure_reader_end(&reader)) {
        *problem = "the bytes are not canonical";
    }
    return *problem == NULL;
}

/* The effect's path leads to the effects root, and that with its height to a leaf of the range. */
static bool range_leaf_of(dure_hash_t *leaf, const dure_witness_t *witness)
{
    dure_hash_t effect_leaf, list_root, effects_root;
    dure_effect_leaf(&effect_leaf, &witness->blind, witness->effect);
    if (!dure_list_proof_root(&list_root, witness->siblings, witness->sibling_count,
                              DURE_TAG_EFFECT_NODE, &effect_leaf, witness->index, witness->count)) {
        return false;
    }
    effects_root_of(&effects_root, &list_root, witness->count);
    dure_range_leaf(leaf, witness->height, &effects_root);
    return true;
}

const char *dure_witness_check(const dure_witness_t *witness, const dure_range_t *range)
{
    if (witness->effect.size == 0) {
        return "there is no effect in it";
    }
    dure_hash_t leaf, root;
    if (!range_leaf_of(&leaf, witness)) {
        return "the path in the block is not one";
    }
    if (witness->range.count != range->count) {
        return "the path in the range is of another range";
    }
    /* The root covers the count and all peaks: what leads to it has the range's own. */
    dure_range_root(range, &root);
    return dure_range_proof_check(&witness->range, &leaf, &root) ? NULL
                                                                 : "the effect is not in the range";
}

const dure_effect_t *chain_proven(dure_chain_t *chain, const dure_envelope_t *envelope)
{
    if (!dure_tx_has_witness(envelope->tx.body.kind)) {
        return NULL;
    }
    dure_witness_t witness;
    const char *problem = NULL;
    if (!dure_witness_decode(&witness, envelope->witness, &problem) ||
        dure_witness_check(&witness, &chain->head.range) != NULL) {
        return NULL;
    }
    dure_effect_t *effect = &chain->proven;
    dure_reader_t reader = dure_reader(witness.effect);
    dure_effect_decode(&reader, effect);
    const dure_tx_id_t *id = &envelope->tx.body.refund.payment;
    /* What was turned away left its id free: its effect says nothing about the id's transaction. */
    const bool is_decided = effect->code == DURE_RESULT_DONE || effect->code >= 200;
    const bool is_it = effect->id.party == id->party && effect->id.lane == id->lane &&
                       effect->id.number == id->number;
    return dure_reader_end(&reader) && is_decided && is_it ? effect : NULL;
}

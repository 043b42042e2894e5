/* Receipts: docs/formats/receipt.md has the table. */
#include "chain/chain_private.h"

#include <string.h>

#define RECEIPT_VERSION 1u

void dure_receipt_prove(dure_receipt_t *receipt, const dure_hash_t *leaves, uint32_t count,
                        uint32_t index, const dure_hash_t *range_leaves, uint64_t range_count,
                        uint64_t range_index, dure_hash_t *scratch)
{
    receipt->index = index;
    receipt->count = count;
    receipt->sibling_count =
        dure_list_prove(receipt->siblings, DURE_TAG_EFFECT_NODE, leaves, count, index, scratch);
    memcpy(scratch, range_leaves, (size_t)range_count * sizeof *scratch);
    dure_range_prove(&receipt->range, scratch, range_count, range_index);
}

void dure_receipt_encode(dure_writer_t *writer, const dure_receipt_t *receipt)
{
    dure_list_proof_t list;
    memset(&list, 0, sizeof list);
    list.index = receipt->index;
    list.count = receipt->count;
    list.sibling_count = (uint8_t)receipt->sibling_count;
    memcpy(list.siblings, receipt->siblings, sizeof list.siblings);
    uint8_t list_bytes[DURE_LIST_PROOF_SIZE_MAX], range_bytes[DURE_RANGE_PROOF_SIZE_MAX];
    const size_t list_size = dure_list_proof_encode(list_bytes, sizeof list_bytes, &list);
    const size_t range_size =
        dure_range_proof_encode(range_bytes, sizeof range_bytes, &receipt->range);
    DURE_ASSERT(list_size > 0 && range_size > 0);
    dure_write_uint(writer, 1, RECEIPT_VERSION);
    dure_write_uint(writer, 8, receipt->height);
    dure_write_raw(writer, receipt->blind.bytes, sizeof receipt->blind.bytes);
    dure_write_bytes(writer, receipt->effect);
    dure_write_bytes(writer, dure_bytes(list_bytes, list_size));
    dure_write_bytes(writer, dure_bytes(range_bytes, range_size));
    dure_write_raw(writer, receipt->ledger_root.bytes, sizeof receipt->ledger_root.bytes);
    dure_block_header_encode(writer, &receipt->header);
}

bool dure_receipt_decode(dure_receipt_t *receipt, dure_bytes_t bytes, const char **problem)
{
    memset(receipt, 0, sizeof *receipt);
    dure_reader_t reader = dure_reader(bytes);
    (void)dure_read_uint(&reader, "version", 1, RECEIPT_VERSION, RECEIPT_VERSION);
    receipt->height = dure_read_uint(&reader, "height", 8, 1, UINT64_MAX);
    dure_read_raw(&reader, "blind", receipt->blind.bytes, sizeof receipt->blind.bytes);
    receipt->effect = dure_read_bytes(&reader, "effect", DURE_EFFECT_SIZE_MAX);
    const dure_bytes_t list_bytes =
        dure_read_bytes(&reader, "path in the block", DURE_LIST_PROOF_SIZE_MAX);
    const dure_bytes_t range_bytes =
        dure_read_bytes(&reader, "path in the range", DURE_RANGE_PROOF_SIZE_MAX);
    dure_read_raw(&reader, "ledger root", receipt->ledger_root.bytes, 32);
    dure_block_header_decode(&reader, &receipt->header);
    if (!dure_reader_end(&reader)) {
        *problem = "the receipt's bytes are not canonical";
        return false;
    }
    dure_list_proof_t list;
    if (!dure_list_proof_decode(&list, list_bytes) || list.count > DURE_BLOCK_TXS_MAX) {
        *problem = "the receipt's path in its block is not canonical";
        return false;
    }
    if (!dure_range_proof_decode(&receipt->range, range_bytes)) {
        *problem = "the receipt's path in the range is not canonical";
        return false;
    }
    receipt->index = list.index;
    receipt->count = list.count;
    receipt->sibling_count = list.sibling_count;
    memcpy(receipt->siblings, list.siblings, sizeof receipt->siblings);
    *problem = NULL;
    return true;
}

/* The effect's path leads to the effects root, and that with its height to a leaf of the range. */
static bool range_leaf_of(dure_hash_t *leaf, const dure_receipt_t *receipt)
{
    dure_hash_t effect_leaf, list_root, effects_root;
    dure_effect_leaf(&effect_leaf, &receipt->blind, receipt->effect);
    if (!dure_list_proof_root(&list_root, receipt->siblings, receipt->sibling_count,
                              DURE_TAG_EFFECT_NODE, &effect_leaf, receipt->index, receipt->count)) {
        return false;
    }
    effects_root_of(&effects_root, &list_root, receipt->count);
    dure_range_leaf(leaf, receipt->height, &effects_root);
    return true;
}

const char *dure_receipt_check(const dure_receipt_t *receipt, dure_hash_t *block_hash)
{
    uint8_t header_bytes[DURE_BLOCK_HEADER_SIZE];
    dure_writer_t writer = dure_writer(header_bytes, sizeof header_bytes);
    dure_block_header_encode(&writer, &receipt->header);
    block_hash_of(block_hash, dure_writer_bytes(&writer));
    if (receipt->header.height < receipt->height) {
        return "the header is older than the block of the receipt";
    }
    if (receipt->effect.size == 0) {
        return "there is no effect in it";
    }
    dure_hash_t leaf, root, app_hash;
    if (!range_leaf_of(&leaf, receipt)) {
        return "the path in the block is not one";
    }
    dure_range_t range;
    dure_range_init(&range);
    range.count = receipt->range.count;
    memcpy(range.peaks, receipt->range.peaks, sizeof range.peaks);
    dure_range_root(&range, &root);
    if (!dure_range_proof_check(&receipt->range, &leaf, &root)) {
        return "the effect is not in the range";
    }
    app_hash_of(&app_hash, &receipt->ledger_root, &range);
    if (!dure_hash_equal(&app_hash, &receipt->header.app_hash)) {
        return "the range and the ledger root are not those of the header";
    }
    return NULL;
}

/* Blocks as bytes, and the hashes of which a header is made. */
#include "chain/chain_private.h"

#include <string.h>

void list_stack_add(list_stack_t *stack, dure_tag_t node_tag, const dure_hash_t *leaf)
{
    unsigned used = (unsigned)__builtin_popcountll(stack->count);
    dure_hash_t hash = *leaf;
    for (uint64_t carry = stack->count; carry % 2 == 1; carry /= 2) {
        used--;
        dure_hash_pair(&hash, node_tag, &stack->peaks[used], &hash);
    }
    DURE_ASSERT(used < DURE_LIST_DEPTH_MAX);
    stack->peaks[used] = hash;
    stack->count++;
}

void list_stack_root(const list_stack_t *stack, dure_tag_t node_tag, dure_hash_t *root)
{
    memset(root, 0, sizeof *root);
    unsigned used = (unsigned)__builtin_popcountll(stack->count);
    if (used == 0) {
        return;
    }
    /* The smaller trees to the right are carried up, as the odd one of a level is. */
    *root = stack->peaks[--used];
    while (used > 0) {
        dure_hash_pair(root, node_tag, &stack->peaks[--used], root);
    }
}

void tx_leaf_add(list_stack_t *stack, dure_bytes_t wire)
{
    dure_hash_t leaf;
    dure_hash(&leaf, DURE_TAG_TX_LEAF, wire.data, wire.size);
    list_stack_add(stack, DURE_TAG_TX_NODE, &leaf);
}

void effects_root_of(dure_hash_t *root, const dure_hash_t *list_root, uint32_t count)
{
    memset(root, 0, sizeof *root);
    if (count > 0) {
        uint8_t bytes[4 + sizeof list_root->bytes];
        dure_put_u32(bytes, count);
        memcpy(bytes + 4, list_root->bytes, sizeof list_root->bytes);
        dure_hash(root, DURE_TAG_EFFECT_ROOT, bytes, sizeof bytes);
    }
}

void app_hash_of(dure_hash_t *app_hash, const dure_hash_t *ledger_root, const dure_range_t *range)
{
    dure_hash_t range_root;
    dure_range_root(range, &range_root);
    dure_hash_pair(app_hash, DURE_TAG_APP, ledger_root, &range_root);
}

void block_hash_of(dure_hash_t *hash, dure_bytes_t header_bytes)
{
    DURE_ASSERT(header_bytes.size == DURE_BLOCK_HEADER_SIZE);
    dure_hash(hash, DURE_TAG_BLOCK, header_bytes.data, header_bytes.size);
}

bool dure_block_next(const dure_block_t *block, size_t *offset, dure_bytes_t *tx)
{
    const size_t left = block->body.size - *offset;
    if (left < 4) {
        return false;
    }
    const size_t size = dure_get_u32(block->body.data + *offset);
    if (size > left - 4) {
        return false;
    }
    *tx = dure_bytes(block->body.data + *offset + 4, size);
    *offset += 4 + size;
    return true;
}

/* Counts the transactions and compares their root with the header's. */
static const char *body_problem(const dure_block_t *block)
{
    list_stack_t stack = {0};
    size_t offset = 0;
    dure_bytes_t tx;
    while (stack.count < block->header.tx_count && dure_block_next(block, &offset, &tx)) {
        tx_leaf_add(&stack, tx);
    }
    if (stack.count < block->header.tx_count) {
        return "the block ends before its last transaction";
    }
    if (offset != block->body.size) {
        return "bytes are left over behind the block's last transaction";
    }
    dure_hash_t root;
    list_stack_root(&stack, DURE_TAG_TX_NODE, &root);
    return dure_hash_equal(&root, &block->header.tx_root)
               ? NULL
               : "the transactions are not those of the header's transaction root";
}

bool dure_block_decode(dure_block_t *block, dure_bytes_t bytes, const char **problem)
{
    memset(block, 0, sizeof *block);
    dure_reader_t reader = dure_reader(bytes);
    dure_block_header_decode(&reader, &block->header);
    if (bytes.size > DURE_BLOCK_SIZE_MAX) {
        *problem = "the block is larger than a block may be";
    } else if (!dure_reader_ok(&reader)) {
        *problem = "the block's header is not canonical";
    } else {
        block->header_bytes = dure_bytes(bytes.data, DURE_BLOCK_HEADER_SIZE);
        block->body =
            dure_bytes(bytes.data + DURE_BLOCK_HEADER_SIZE, bytes.size - DURE_BLOCK_HEADER_SIZE);
        block_hash_of(&block->hash, block->header_bytes);
        *problem = body_problem(block);
    }
    return *problem == NULL;
}

/* Whatever bytes decode as a block are that block's one encoding. */
#include <string.h>

#include "chain/dure_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t back[DURE_BLOCK_SIZE_MAX];
    dure_block_t block;
    const char *problem = NULL;
    if (!dure_block_decode(&block, dure_bytes(data, size), &problem)) {
        DURE_ASSERT(problem != NULL);
        return 0;
    }
    dure_writer_t writer = dure_writer(back, sizeof back);
    dure_block_header_encode(&writer, &block.header);
    size_t offset = 0;
    uint32_t count = 0;
    dure_bytes_t tx;
    while (dure_block_next(&block, &offset, &tx)) {
        dure_write_bytes(&writer, tx);
        count++;
    }
    DURE_ASSERT(count == block.header.tx_count);
    DURE_ASSERT(!writer.overflow && writer.size == size);
    DURE_ASSERT(memcmp(back, data, size) == 0);
    return 0;
}

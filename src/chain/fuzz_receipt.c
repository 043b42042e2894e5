/* Whatever bytes decode as a receipt are that receipt's one encoding, and checking it is safe. */
#include <string.h>

#include "chain/dure_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t back[DURE_RECEIPT_SIZE_MAX];
    static dure_receipt_t receipt;
    const char *problem = NULL;
    if (!dure_receipt_decode(&receipt, dure_bytes(data, size), &problem)) {
        DURE_ASSERT(problem != NULL);
        return 0;
    }
    dure_hash_t block_hash;
    (void)dure_receipt_check(&receipt, &block_hash);
    dure_writer_t writer = dure_writer(back, sizeof back);
    dure_receipt_encode(&writer, &receipt);
    DURE_ASSERT(!writer.overflow && writer.size == size);
    DURE_ASSERT(memcmp(back, data, size) == 0);
    return 0;
}

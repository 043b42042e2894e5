/* Whatever bytes decode as a witness are that witness's one encoding, and checking it is safe. */
#include <string.h>

#include "chain/dure_chain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t back[DURE_RECEIPT_SIZE_MAX];
    static dure_witness_t witness;
    const char *problem = NULL;
    if (!dure_witness_decode(&witness, dure_bytes(data, size), &problem)) {
        DURE_ASSERT(problem != NULL);
        return 0;
    }
    /* Under the range that it claims, and under one that it cannot know. */
    dure_range_t range;
    dure_range_init(&range);
    (void)dure_witness_check(&witness, &range);
    range.count = witness.range.count;
    memcpy(range.peaks, witness.range.peaks, sizeof range.peaks);
    const bool holds = dure_witness_check(&witness, &range) == NULL;
    range.peaks[0].bytes[0] ^= 1;
    DURE_ASSERT(dure_witness_check(&witness, &range) != NULL);
    dure_writer_t writer = dure_writer(back, sizeof back);
    dure_witness_encode(&writer, &witness);
    DURE_ASSERT(!writer.overflow && writer.size == size);
    DURE_ASSERT(memcmp(back, data, size) == 0);
    DURE_ASSERT(!holds || witness.effect.size > 0);
    return 0;
}

/* Whatever bytes decode as a transaction encode to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "codec/dure_codec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t back[DURE_TX_SIZE_MAX];
    dure_envelope_t envelope;
    dure_reader_t reader;
    dure_result_t result = dure_envelope_decode(&envelope, dure_bytes(data, size), &reader);
    if (result != DURE_RESULT_DONE) {
        DURE_ASSERT(reader.field != NULL && reader.wrong != NULL);
        DURE_ASSERT(reader.wrong_offset <= size);
        return 0;
    }
    dure_writer_t writer = dure_writer(back, sizeof back);
    dure_tx_encode(&writer, &envelope.tx);
    DURE_ASSERT(writer.size == envelope.body.size);
    dure_seal_encode(&writer, &envelope.seal);
    if (dure_tx_has_witness(envelope.tx.body.kind)) {
        dure_write_bytes(&writer, envelope.witness);
    }
    DURE_ASSERT(!writer.overflow && writer.size == size);
    DURE_ASSERT(memcmp(back, data, size) == 0);
    return 0;
}

/* Bytes of a connection, cut as the first byte says: frames are found and decoded as the server
   does; what decodes as an ask or a tell encodes to the same bytes. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_ask(dure_bytes_t frame)
{
    dure_ask_t ask;
    dure_reader_t reader = dure_reader(frame);
    dure_ask_decode(&reader, &ask);
    if (!dure_reader_end(&reader)) {
        DURE_ASSERT(reader.field != NULL && reader.wrong != NULL);
        return;
    }
    api_buffer_t buffer = {0};
    DURE_ASSERT(api_frame_append_ask(&buffer, &ask, frame.size));
    DURE_ASSERT(api_buffer_size(&buffer) == API_PREFIX_SIZE + frame.size &&
                memcmp(api_buffer_front(&buffer) + API_PREFIX_SIZE, frame.data, frame.size) == 0);
    api_buffer_free(&buffer);
    if (ask.what.kind == DURE_REQUEST_SUBMIT) {
        size_t offset = 0;
        uint32_t count = 0;
        dure_bytes_t wire;
        while (api_submit_next(&ask.what.submit.txs, &offset, &wire)) {
            count++;
        }
        DURE_ASSERT(count == ask.what.submit.txs.count);
    }
}

static void check_tell(dure_bytes_t frame)
{
    dure_tell_t tell;
    dure_reader_t reader = dure_reader(frame);
    dure_tell_decode(&reader, &tell);
    if (!dure_reader_end(&reader)) {
        return;
    }
    api_buffer_t buffer = {0};
    DURE_ASSERT(api_frame_append_tell(&buffer, &tell, frame.size));
    DURE_ASSERT(api_buffer_size(&buffer) == API_PREFIX_SIZE + frame.size &&
                memcmp(api_buffer_front(&buffer) + API_PREFIX_SIZE, frame.data, frame.size) == 0);
    api_buffer_free(&buffer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    size_t step = (size_t)data[0] + 1;
    api_buffer_t buffer = {0};
    for (size_t at = 1; at < size;) {
        size_t part = size - at < step ? size - at : step;
        DURE_ASSERT(api_buffer_append(&buffer, data + at, part));
        at += part;
        dure_bytes_t frame;
        api_frame_result_t result;
        while ((result = api_frame_at(&buffer, &frame, 0, API_ASK_SIZE_MAX)) == API_FRAME_WHOLE) {
            check_ask(frame);
            check_tell(frame);
            api_buffer_take(&buffer, API_PREFIX_SIZE + frame.size);
        }
        if (result != API_FRAME_PARTIAL) {
            break; /* the server closes */
        }
    }
    api_buffer_free(&buffer);
    return 0;
}

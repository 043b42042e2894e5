/* frame: byte queues and the frames in them. */
#include "api/api_private.h"

#include <stdlib.h>
#include <string.h>

#define KEPT_WHEN_EMPTY (256u * 1024u)
#define SMALLEST        4096u

void api_buffer_free(api_buffer_t *buffer)
{
    free(buffer->data);
    *buffer = (api_buffer_t){0};
}

size_t api_buffer_size(const api_buffer_t *buffer)
{
    return buffer->end - buffer->start;
}

const uint8_t *api_buffer_front(const api_buffer_t *buffer)
{
    return buffer->data + buffer->start;
}

uint8_t *api_buffer_room(api_buffer_t *buffer, size_t size)
{
    size_t used = api_buffer_size(buffer);
    if (buffer->capacity - buffer->end >= size && buffer->data != NULL) {
        return buffer->data + buffer->end;
    }
    if (size > SIZE_MAX / 4 - used) {
        return NULL;
    }
    if (buffer->capacity < used + size || buffer->capacity / 2 < used) {
        size_t capacity = buffer->capacity < SMALLEST ? SMALLEST : buffer->capacity;
        while (capacity < used + size) {
            capacity *= 2;
        }
        uint8_t *data = malloc(capacity);
        if (data == NULL) {
            return NULL;
        }
        if (used > 0) {
            memcpy(data, buffer->data + buffer->start, used);
        }
        free(buffer->data);
        buffer->data = data;
        buffer->capacity = capacity;
    } else {
        memmove(buffer->data, buffer->data + buffer->start, used);
    }
    buffer->start = 0;
    buffer->end = used;
    return buffer->data + buffer->end;
}

void api_buffer_put(api_buffer_t *buffer, size_t size)
{
    DURE_ASSERT(size <= buffer->capacity - buffer->end);
    buffer->end += size;
}

bool api_buffer_append(api_buffer_t *buffer, const void *data, size_t size)
{
    if (size == 0) {
        return true;
    }
    uint8_t *room = api_buffer_room(buffer, size);
    if (room == NULL) {
        return false;
    }
    memcpy(room, data, size);
    api_buffer_put(buffer, size);
    return true;
}

void api_buffer_take(api_buffer_t *buffer, size_t size)
{
    DURE_ASSERT(size <= api_buffer_size(buffer));
    buffer->start += size;
    if (buffer->start == buffer->end) {
        buffer->start = 0;
        buffer->end = 0;
        if (buffer->capacity > KEPT_WHEN_EMPTY) {
            api_buffer_free(buffer);
        }
    }
}

void api_buffer_cut(api_buffer_t *buffer, size_t offset, size_t size)
{
    DURE_ASSERT(offset <= api_buffer_size(buffer) && size <= api_buffer_size(buffer) - offset);
    if (offset == 0) {
        api_buffer_take(buffer, size);
        return;
    }
    uint8_t *at = buffer->data + buffer->start + offset;
    memmove(at, at + size, api_buffer_size(buffer) - offset - size);
    buffer->end -= size;
}

api_frame_result_t api_frame_at(const api_buffer_t *buffer, dure_bytes_t *frame, size_t offset,
                                size_t size_max)
{
    size_t size = api_buffer_size(buffer);
    if (size < offset || size - offset < API_PREFIX_SIZE) {
        return API_FRAME_PARTIAL;
    }
    const uint8_t *at = api_buffer_front(buffer) + offset;
    uint32_t frame_size = dure_get_u32(at);
    if (frame_size < API_FRAME_MIN) {
        return API_FRAME_TOO_SMALL;
    }
    if (frame_size > size_max) {
        return API_FRAME_TOO_LARGE;
    }
    if (size - offset - API_PREFIX_SIZE < frame_size) {
        return API_FRAME_PARTIAL;
    }
    *frame = dure_bytes(at + API_PREFIX_SIZE, frame_size);
    return API_FRAME_WHOLE;
}

uint64_t api_frame_number(dure_bytes_t frame)
{
    return dure_get_u64(frame.data);
}

/* Writes the prefix in front of what `writer` holds and counts both. */
static bool finish(api_buffer_t *buffer, uint8_t *room, const dure_writer_t *writer,
                   size_t size_max)
{
    if (writer->overflow || writer->size > size_max) {
        return false;
    }
    dure_put_u32(room, (uint32_t)writer->size);
    api_buffer_put(buffer, API_PREFIX_SIZE + writer->size);
    return true;
}

bool api_frame_append_tell(api_buffer_t *buffer, const dure_tell_t *tell, size_t size_hint)
{
    uint8_t *room = api_buffer_room(buffer, API_PREFIX_SIZE + size_hint);
    if (room == NULL) {
        return false;
    }
    dure_writer_t writer = dure_writer(room + API_PREFIX_SIZE, size_hint);
    dure_tell_encode(&writer, tell);
    return finish(buffer, room, &writer, API_TELL_SIZE_MAX);
}

bool api_frame_append_ask(api_buffer_t *buffer, const dure_ask_t *ask, size_t size_hint)
{
    uint8_t *room = api_buffer_room(buffer, API_PREFIX_SIZE + size_hint);
    if (room == NULL) {
        return false;
    }
    dure_writer_t writer = dure_writer(room + API_PREFIX_SIZE, size_hint);
    dure_ask_encode(&writer, ask);
    return finish(buffer, room, &writer, API_ASK_SIZE_MAX);
}

bool api_submit_next(const dure_view_t *txs, size_t *offset, dure_bytes_t *wire)
{
    if (*offset >= txs->bytes.size) {
        return false;
    }
    dure_reader_t reader =
        dure_reader(dure_bytes(txs->bytes.data + *offset, txs->bytes.size - *offset));
    dure_wire_t element;
    dure_wire_decode(&reader, &element);
    if (!dure_reader_ok(&reader)) {
        return false;
    }
    *offset += reader.offset;
    *wire = element.bytes;
    return true;
}

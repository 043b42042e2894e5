/* api_private: the frames under the client and the server.  Not for other folders. */
#ifndef DURE_API_PRIVATE_H
#define DURE_API_PRIVATE_H

#include "codec/dure_codec.h"

#define API_PREFIX_SIZE   4u                    /* bytes before a frame: its size */
#define API_FRAME_MIN     9u                    /* number and kind */
#define API_ASK_SIZE_MAX  (4u * 1024u * 1024u)  /* bytes of an ask, without its prefix */
#define API_TELL_SIZE_MAX (32u * 1024u * 1024u) /* bytes of a tell, without its prefix */
#define API_SUBMIT_MAX    4096u                 /* transactions in one ask */

/* ---- a queue of bytes that grows up to a bound
 * --------------------------------------------------- */
typedef struct {
    uint8_t *data; /* owned */
    size_t start;  /* first byte not yet taken */
    size_t end;    /* after the last byte */
    size_t capacity;
} api_buffer_t;

void api_buffer_free(api_buffer_t *buffer);
size_t api_buffer_size(const api_buffer_t *buffer);
const uint8_t *api_buffer_front(const api_buffer_t *buffer);
/* api_buffer_room: room for `size` more bytes, at the place returned; NULL without memory.  Moves
   what is in the buffer. */
uint8_t *api_buffer_room(api_buffer_t *buffer, size_t size);
/* api_buffer_put: the bytes written into the room count. */
void api_buffer_put(api_buffer_t *buffer, size_t size);
DURE_MUST_USE bool api_buffer_append(api_buffer_t *buffer, const void *data, size_t size);
/* api_buffer_take: drops bytes from the front; an empty buffer gives large memory back. */
void api_buffer_take(api_buffer_t *buffer, size_t size);
/* api_buffer_cut: drops `size` bytes that begin `offset` bytes behind the front. */
void api_buffer_cut(api_buffer_t *buffer, size_t offset, size_t size);

/* ---- frames
 * -------------------------------------------------------------------------------------- */
typedef enum {
    API_FRAME_WHOLE = 0,
    API_FRAME_PARTIAL = 1,   /* more bytes must come */
    API_FRAME_TOO_SMALL = 2, /* the prefix is below API_FRAME_MIN */
    API_FRAME_TOO_LARGE = 3, /* the prefix is above the bound */
} api_frame_result_t;

/* api_frame_at: the frame that begins `offset` bytes behind the front, without its prefix. */
api_frame_result_t api_frame_at(const api_buffer_t *buffer, dure_bytes_t *frame, size_t offset,
                                size_t size_max);
/* The number that a frame begins with. */
uint64_t api_frame_number(dure_bytes_t frame);
/* api_frame_append_tell: encodes a tell behind the bytes; false without memory or if it is larger
   than API_TELL_SIZE_MAX (nothing is appended).  size_hint: its size at most. */
DURE_MUST_USE bool api_frame_append_tell(api_buffer_t *buffer, const dure_tell_t *tell,
                                         size_t size_hint);
DURE_MUST_USE bool api_frame_append_ask(api_buffer_t *buffer, const dure_ask_t *ask,
                                        size_t size_hint);

/* api_submit_is_whole: every element of the list is a transaction's bytes; a list of a decoded ask
   always is. */
DURE_MUST_USE bool api_submit_next(const dure_view_t *txs, size_t *offset, dure_bytes_t *wire);

#endif

/* Reading and writing canonical bytes: what the generated layouts are made of.  Included by
   codec/dure_codec.h, the folder's public header. */
#ifndef DURE_CODEC_READER_H
#define DURE_CODEC_READER_H

#include <string.h>

#include "base/dure_base.h"
#include "crypto/dure_crypto.h"

typedef struct {
    uint8_t bytes[16];
} dure_blind_t;

typedef struct {
    uint8_t bytes[8];
} dure_mark_t;

/* A long list, kept as its encoded elements: count, and the bytes after the count. */
typedef struct {
    uint16_t count;
    dure_bytes_t bytes; /* borrows */
} dure_view_t;

/* ---- reader
   --------------------------------------------------------------------------------------- After the
   first failure every further read fails and gives zero; `field` and `offset` keep the first. */
typedef struct {
    const uint8_t *data; /* borrows */
    size_t size;         /* bytes */
    size_t offset;       /* next byte */
    const char *field;   /* NULL while all is well, else the name of the field that was wrong */
    const char *wrong;   /* why: "cut off", "out of range", "bytes left over", ... */
    size_t wrong_offset;
} dure_reader_t;

dure_reader_t dure_reader(dure_bytes_t bytes);
bool dure_reader_ok(const dure_reader_t *reader);
/* dure_reader_end: true if all is well and no byte is left over. */
DURE_MUST_USE bool dure_reader_end(dure_reader_t *reader);
void dure_reader_fail(dure_reader_t *reader, const char *field, const char *wrong);

/* What stands here in the header is called dozens of times for each transaction, mostly with a
   width that the compiler sees. */

/* dure_reader_take: the next `size` bytes, or NULL. */
static inline const uint8_t *dure_reader_take(dure_reader_t *reader, const char *field, size_t size)
{
    if (reader->field != NULL) {
        return NULL;
    }
    if (reader->size - reader->offset < size) {
        dure_reader_fail(reader, field, "cut off");
        return NULL;
    }
    const uint8_t *at = reader->data + reader->offset;
    reader->offset += size;
    return at;
}

/* dure_reader_out_of_range: the number just read is; gives 0. */
uint64_t dure_reader_out_of_range(dure_reader_t *reader, const char *field, size_t width);

static inline uint64_t dure_read_uint(dure_reader_t *reader, const char *field, size_t width,
                                      uint64_t low, uint64_t high)
{
    const uint8_t *at = dure_reader_take(reader, field, width);
    if (at == NULL) {
        return 0;
    }
    uint64_t value = 0;
    switch (width) {
    case 8:
        value = dure_get_u64(at);
        break;
    case 4:
        value = dure_get_u32(at);
        break;
    case 2:
        value = dure_get_u16(at);
        break;
    case 1:
        value = at[0];
        break;
    default:
        DURE_ASSERT(width < 8);
        for (size_t i = 0; i < width; i++) {
            value |= (uint64_t)at[i] << (8 * i);
        }
    }
    return value < low || value > high ? dure_reader_out_of_range(reader, field, width) : value;
}
int64_t dure_read_i64(dure_reader_t *reader, const char *field, int64_t low, int64_t high);
void dure_read_raw(dure_reader_t *reader, const char *field, void *out, size_t size);
void dure_read_name(dure_reader_t *reader, const char *field, dure_name_t *out, bool may_be_empty);
dure_bytes_t dure_read_bytes(dure_reader_t *reader, const char *field, size_t size_max);
void dure_read_key(dure_reader_t *reader, const char *field, dure_public_key_t *out);

/* ---- writer
   --------------------------------------------------------------------------------------- Never
   writes past capacity: on overflow it sets `overflow` and writes nothing more. */
typedef struct {
    uint8_t *data; /* borrows */
    size_t capacity;
    size_t size;
    bool overflow;
} dure_writer_t;

dure_writer_t dure_writer(void *data, size_t capacity);

static inline void dure_write_raw(dure_writer_t *writer, const void *data, size_t size)
{
    if (writer->overflow || writer->capacity - writer->size < size) {
        writer->overflow = true;
        return;
    }
    if (size > 0) {
        memcpy(writer->data + writer->size, data, size);
        writer->size += size;
    }
}

static inline void dure_write_uint(dure_writer_t *writer, size_t width, uint64_t value)
{
    uint8_t bytes[8];
    dure_put_u64(bytes, value);
    DURE_ASSERT(width >= 1 && width <= 8);
    DURE_ASSERT(width == 8 || value >> (8 * width) == 0);
    dure_write_raw(writer, bytes, width);
}

void dure_write_name(dure_writer_t *writer, const dure_name_t *name);
void dure_write_bytes(dure_writer_t *writer, dure_bytes_t bytes);
dure_bytes_t dure_writer_bytes(const dure_writer_t *writer);

#endif

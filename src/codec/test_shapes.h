/* The layouts of schema/formats.json as a table, for tests: test_shapes.c is generated. */
#ifndef DURE_CODEC_TEST_SHAPES_H
#define DURE_CODEC_TEST_SHAPES_H

#include "codec/dure_codec.h"

typedef enum {
    SHAPE_UINT = 1, /* width bytes in [low, high] */
    SHAPE_INT,      /* 8 bytes, low and high as two's complement */
    SHAPE_RAW,      /* width bytes of any value */
    SHAPE_KEY,
    SHAPE_NAME,  /* length in [low, high] */
    SHAPE_BYTES, /* at most high */
    SHAPE_LIST,  /* at most high elements of shape `other` */
    SHAPE_INNER, /* the struct or union `other` */
    SHAPE_CASE,  /* of a union: kind `low`, then the struct `other` */
} shape_sort_t;

typedef struct {
    const char *name;
    uint8_t sort;  /* shape_sort_t */
    uint8_t width; /* bytes */
    uint64_t low, high;
    uint16_t other; /* index into shapes */
} field_t;

typedef struct {
    const char *name;
    bool is_union;
    uint16_t first, count; /* into shape_fields */
    size_t size;           /* of the C struct */
    void (*decode)(dure_reader_t *reader, void *out);
    void (*encode)(dure_writer_t *writer, const void *in);
} shape_t;

extern const field_t shape_fields[];
extern const shape_t shapes[];
extern const size_t shapes_count;

#endif

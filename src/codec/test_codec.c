/* Every layout of the schema: what is valid comes back byte for byte, and whatever is not canonical
   is refused, with the field that was wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "codec/test_shapes.h"

#define SAMPLE_SIZE_MAX (512u * 1024u)
#define MARKS_MAX       8192u

/* A field within a sample. */
typedef struct {
    const field_t *field;
    size_t offset;
} mark_t;

typedef struct {
    uint64_t random;
    uint8_t *bytes;
    size_t size;
    mark_t marks[MARKS_MAX];
    size_t marks_count;
} sample_t;

static uint64_t roll(sample_t *sample)
{
    uint64_t z = sample->random += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

static void put(sample_t *sample, uint64_t value, size_t width)
{
    uint8_t bytes[8];
    dure_put_u64(bytes, value);
    memcpy(sample->bytes + sample->size, bytes, width);
    sample->size += width;
}

static void put_random(sample_t *sample, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        put(sample, roll(sample), 1);
    }
}

/* A value in the range; both ends are likely. */
static uint64_t value_in(sample_t *sample, uint64_t low, uint64_t high)
{
    switch (roll(sample) % 4) {
    case 0:
        return low;
    case 1:
        return high;
    default:
        return high - low == UINT64_MAX ? roll(sample) : low + roll(sample) % (high - low + 1);
    }
}

static void put_name(sample_t *sample, const field_t *field)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    uint64_t size = value_in(sample, field->low, field->high);
    put(sample, size, 1);
    for (uint64_t i = 0; i < size; i++) {
        put(sample, (uint8_t)letters[roll(sample) % (i == 0 ? 26 : 37)], 1);
    }
}

static void put_shape(sample_t *sample, const shape_t *shape);

static void put_list(sample_t *sample, const field_t *field)
{
    /* Now and then a full list, if the elements are small. */
    uint64_t most = field->high <= 32 && roll(sample) % 8 == 0 ? field->high : 3;
    uint64_t count = value_in(sample, 0, most < field->high ? most : field->high);
    put(sample, count, 2);
    for (uint64_t i = 0; i < count; i++) {
        put_shape(sample, &shapes[field->other]);
    }
}

static void put_field(sample_t *sample, const field_t *field)
{
    assert_true(sample->marks_count < MARKS_MAX && sample->size < SAMPLE_SIZE_MAX / 2);
    sample->marks[sample->marks_count++] = (mark_t){field, sample->size};
    switch ((shape_sort_t)field->sort) {
    case SHAPE_UINT:
        put(sample, value_in(sample, field->low, field->high), field->width);
        return;
    case SHAPE_INT:
        put(sample, value_in(sample, field->low, field->high), 8);
        return;
    case SHAPE_RAW:
        put_random(sample, field->width);
        return;
    case SHAPE_KEY:
        put(sample, 1 + roll(sample) % 2, 1);
        put_random(sample, 33);
        return;
    case SHAPE_NAME:
        put_name(sample, field);
        return;
    case SHAPE_BYTES: {
        uint64_t size = value_in(sample, 0, field->high < 40 ? field->high : 40);
        put(sample, size, 4);
        put_random(sample, size);
        return;
    }
    case SHAPE_LIST:
        put_list(sample, field);
        return;
    case SHAPE_INNER:
        sample->marks_count--;
        put_shape(sample, &shapes[field->other]);
        return;
    case SHAPE_CASE:
        put(sample, field->low, 1);
        put_shape(sample, &shapes[field->other]);
        return;
    }
}

static void put_shape(sample_t *sample, const shape_t *shape)
{
    if (shape->is_union) {
        put_field(sample, &shape_fields[shape->first + roll(sample) % shape->count]);
        return;
    }
    for (uint16_t i = 0; i < shape->count; i++) {
        put_field(sample, &shape_fields[shape->first + i]);
    }
}

static sample_t *sample_of(const shape_t *shape, uint64_t seed)
{
    sample_t *sample = calloc(1, sizeof *sample);
    assert_non_null(sample);
    sample->random = seed;
    sample->bytes = malloc(SAMPLE_SIZE_MAX);
    assert_non_null(sample->bytes);
    put_shape(sample, shape);
    return sample;
}

static void sample_free(sample_t *sample)
{
    free(sample->bytes);
    free(sample);
}

/* Decodes bytes that lie in memory of exactly their size, so that a sanitizer sees a read beyond.
 */
static dure_reader_t decode(const shape_t *shape, void *out, const uint8_t *bytes, size_t size)
{
    uint8_t *exact = malloc(size == 0 ? 1 : size);
    assert_non_null(exact);
    memcpy(exact, bytes, size);
    dure_reader_t reader = dure_reader(dure_bytes(exact, size));
    shape->decode(&reader, out);
    if (dure_reader_end(&reader)) {
        assert_null(reader.wrong);
    }
    free(exact);
    return reader;
}

static void what_is_valid_comes_back(void **state)
{
    (void)state;
    uint8_t *back = malloc(SAMPLE_SIZE_MAX);
    assert_non_null(back);
    for (size_t i = 0; i < shapes_count; i++) {
        void *value = malloc(shapes[i].size);
        assert_non_null(value);
        for (uint64_t seed = 0; seed < 100; seed++) {
            sample_t *sample = sample_of(&shapes[i], seed * 1000 + i);
            dure_reader_t reader = dure_reader(dure_bytes(sample->bytes, sample->size));
            memset(value, 0xa5, shapes[i].size);
            shapes[i].decode(&reader, value);
            assert_true(dure_reader_end(&reader));
            dure_writer_t writer = dure_writer(back, SAMPLE_SIZE_MAX);
            shapes[i].encode(&writer, value);
            assert_false(writer.overflow);
            assert_int_equal(writer.size, sample->size);
            assert_memory_equal(back, sample->bytes, sample->size);
            sample_free(sample);
        }
        free(value);
    }
    free(back);
}

static void a_cut_or_a_byte_left_over_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < shapes_count; i++) {
        void *value = malloc(shapes[i].size);
        assert_non_null(value);
        for (uint64_t seed = 0; seed < 4; seed++) {
            sample_t *sample = sample_of(&shapes[i], seed * 1000 + i);
            size_t step = 1 + sample->size / 500;
            for (size_t size = 0; size < sample->size; size += step) {
                dure_reader_t reader = decode(&shapes[i], value, sample->bytes, size);
                assert_false(dure_reader_ok(&reader));
                assert_string_equal(reader.wrong, "cut off");
            }
            sample->bytes[sample->size] = 0;
            dure_reader_t reader = decode(&shapes[i], value, sample->bytes, sample->size + 1);
            assert_string_equal(reader.wrong, "bytes left over");
            sample_free(sample);
        }
        free(value);
    }
}

/* ---- each field out of its range ---------------------------------------------------------------
 */

typedef struct {
    const shape_t *shape;
    sample_t *sample;
    const mark_t *mark;
    void *value;
    uint32_t refused;
} trial_t;

/* Puts `bad` in place of the field's first `width` bytes: must be refused by that name. */
static void refuse(trial_t *trial, uint64_t bad, size_t width, const char *field)
{
    uint8_t bytes[8], kept[8];
    uint8_t *at = trial->sample->bytes + trial->mark->offset;
    dure_put_u64(bytes, bad);
    memcpy(kept, at, width);
    memcpy(at, bytes, width);
    dure_reader_t reader =
        decode(trial->shape, trial->value, trial->sample->bytes, trial->sample->size);
    assert_false(dure_reader_ok(&reader));
    assert_string_equal(reader.field, field);
    memcpy(at, kept, width);
    trial->refused++;
}

static void refuse_numbers(trial_t *trial)
{
    const field_t *field = trial->mark->field;
    const uint64_t top = field->width == 8 ? UINT64_MAX : (UINT64_C(1) << 8 * field->width) - 1;
    if (field->low > 0) {
        refuse(trial, field->low - 1, field->width, field->name);
        refuse(trial, 0, field->width, field->name);
    }
    if (field->high < top) {
        refuse(trial, field->high + 1, field->width, field->name);
        refuse(trial, top, field->width, field->name);
    }
}

static void refuse_integers(trial_t *trial)
{
    const field_t *field = trial->mark->field;
    if ((int64_t)field->low != INT64_MIN) {
        refuse(trial, field->low - 1, 8, field->name);
        refuse(trial, (uint64_t)INT64_MIN, 8, field->name);
    }
    if ((int64_t)field->high != INT64_MAX) {
        refuse(trial, field->high + 1, 8, field->name);
        refuse(trial, INT64_MAX, 8, field->name);
    }
}

static void refuse_names(trial_t *trial)
{
    const field_t *field = trial->mark->field;
    const uint8_t *at = trial->sample->bytes + trial->mark->offset;
    refuse(trial, 32, 1, field->name);
    refuse(trial, 255, 1, field->name);
    if (field->low > 0) {
        refuse(trial, 0, 1, field->name);
    }
    if (at[0] > 0) {
        static const char bad_first[] = "A0_ \x80";
        static const char bad_inner[] = "Z- .";
        for (size_t i = 0; i < sizeof bad_first; i++) {
            refuse(trial, (uint64_t)at[0] | (uint64_t)(uint8_t)bad_first[i] << 8, 2, field->name);
        }
        for (size_t i = 0; i < sizeof bad_inner && at[0] > 1; i++) {
            uint64_t start = (uint64_t)at[0] | (uint64_t)at[1] << 8;
            refuse(trial, start | (uint64_t)(uint8_t)bad_inner[i] << 16, 3, field->name);
        }
    }
}

static void refuse_mark(trial_t *trial)
{
    const field_t *field = trial->mark->field;
    switch ((shape_sort_t)field->sort) {
    case SHAPE_UINT:
        refuse_numbers(trial);
        return;
    case SHAPE_INT:
        refuse_integers(trial);
        return;
    case SHAPE_KEY:
        refuse(trial, 0, 1, field->name);
        refuse(trial, 3, 1, field->name);
        return;
    case SHAPE_NAME:
        refuse_names(trial);
        return;
    case SHAPE_BYTES:
        refuse(trial, field->high + 1, 4, field->name);
        refuse(trial, UINT32_MAX, 4, field->name);
        return;
    case SHAPE_LIST:
        refuse(trial, field->high + 1, 2, field->name);
        refuse(trial, UINT16_MAX, 2, field->name);
        return;
    case SHAPE_CASE:
        refuse(trial, 0, 1, "kind");
        refuse(trial, 99, 1, "kind");
        refuse(trial, 254, 1, "kind");
        return;
    case SHAPE_RAW:
    case SHAPE_INNER:
        return;
    }
}

static void each_field_is_held_to_its_range(void **state)
{
    (void)state;
    uint32_t refused = 0;
    for (size_t i = 0; i < shapes_count; i++) {
        void *value = malloc(shapes[i].size);
        assert_non_null(value);
        for (uint64_t seed = 0; seed < 20; seed++) {
            sample_t *sample = sample_of(&shapes[i], seed * 7777 + i);
            for (size_t m = 0; m < sample->marks_count && m < 64; m++) {
                trial_t trial = {&shapes[i], sample, &sample->marks[m], value, 0};
                refuse_mark(&trial);
                refused += trial.refused;
            }
            sample_free(sample);
        }
        free(value);
    }
    assert_true(refused > 10000);
}

static void a_full_writer_writes_nothing_more(void **state)
{
    (void)state;
    uint8_t out[2048];
    for (size_t i = 0; i < shapes_count; i++) {
        void *value = malloc(shapes[i].size);
        assert_non_null(value);
        sample_t *sample = sample_of(&shapes[i], 5 + i);
        dure_reader_t reader = dure_reader(dure_bytes(sample->bytes, sample->size));
        shapes[i].decode(&reader, value);
        for (size_t capacity = 0; capacity < sample->size && capacity < 1024; capacity++) {
            memset(out, 0xee, sizeof out);
            dure_writer_t writer = dure_writer(out, capacity);
            shapes[i].encode(&writer, value);
            assert_true(writer.overflow);
            assert_true(writer.size <= capacity);
            for (size_t byte = writer.size; byte < sizeof out; byte++) {
                assert_int_equal(out[byte], 0xee);
            }
        }
        sample_free(sample);
        free(value);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_valid_comes_back),
        cmocka_unit_test(a_cut_or_a_byte_left_over_is_refused),
        cmocka_unit_test(each_field_is_held_to_its_range),
        cmocka_unit_test(a_full_writer_writes_nothing_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/dure_base.h"

#include <string.h>

bool dure_bytes_equal(dure_bytes_t a, dure_bytes_t b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

dure_bytes_t dure_bytes(const void *data, size_t size)
{
    DURE_ASSERT(data != NULL || size == 0);
    return (dure_bytes_t){data, size};
}

bool dure_hash_equal(const dure_hash_t *a, const dure_hash_t *b)
{
    return memcmp(a->bytes, b->bytes, sizeof a->bytes) == 0;
}

bool dure_hash_is_zero(const dure_hash_t *a)
{
    static const dure_hash_t zero;
    return dure_hash_equal(a, &zero);
}

static bool name_byte_ok(char c, bool first)
{
    bool letter = c >= 'a' && c <= 'z';
    bool digit_or_line = (c >= '0' && c <= '9') || c == '_';
    return letter || (!first && digit_or_line);
}

bool dure_name_from(dure_name_t *name, const char *text, size_t size)
{
    if (size == 0 || size >= DURE_NAME_SIZE) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        if (!name_byte_ok(text[i], i == 0)) {
            return false;
        }
    }
    memset(name, 0, sizeof *name);
    memcpy(name->text, text, size);
    return true;
}

bool dure_name_is_valid(const dure_name_t *name)
{
    size_t size = 0;
    while (size < DURE_NAME_SIZE && name->text[size] != 0) {
        if (!name_byte_ok(name->text[size], size == 0)) {
            return false;
        }
        size++;
    }
    if (size == 0 || size == DURE_NAME_SIZE) {
        return false;
    }
    for (size_t i = size; i < DURE_NAME_SIZE; i++) {
        if (name->text[i] != 0) {
            return false;
        }
    }
    return true;
}

bool dure_name_equal(const dure_name_t *a, const dure_name_t *b)
{
    return memcmp(a->text, b->text, DURE_NAME_SIZE) == 0;
}

void dure_put_u16(uint8_t out[2], uint16_t value)
{
    out[0] = (uint8_t)value;
    out[1] = (uint8_t)(value >> 8);
}

void dure_put_u32(uint8_t out[4], uint32_t value)
{
    dure_put_u16(out, (uint16_t)value);
    dure_put_u16(out + 2, (uint16_t)(value >> 16));
}

void dure_put_u64(uint8_t out[8], uint64_t value)
{
    dure_put_u32(out, (uint32_t)value);
    dure_put_u32(out + 4, (uint32_t)(value >> 32));
}

uint16_t dure_get_u16(const uint8_t in[2])
{
    return (uint16_t)(in[0] | (uint16_t)in[1] << 8);
}

uint32_t dure_get_u32(const uint8_t in[4])
{
    return dure_get_u16(in) | (uint32_t)dure_get_u16(in + 2) << 16;
}

uint64_t dure_get_u64(const uint8_t in[8])
{
    return dure_get_u32(in) | (uint64_t)dure_get_u32(in + 4) << 32;
}

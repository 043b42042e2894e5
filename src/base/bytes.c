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

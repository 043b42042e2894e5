#include "app/mandate_code.h"

#include <string.h>

#include "crypto/dure_crypto.h"

#define PREFIX      "DURE1"
#define PREFIX_SIZE 5u
#define CHECK_SIZE  4u /* the first bytes of SHA-256 of those before */
#define BODY_SIZE   (DURE_MANDATE_SIZE + 1u + sizeof(dure_signature_t))
#define BYTES_SIZE  (BODY_SIZE + CHECK_SIZE)
#define LETTERS     ((BYTES_SIZE * 8u + 4u) / 5u)
_Static_assert(MANDATE_CODE_SIZE == PREFIX_SIZE + LETTERS + 1u, "as the header says");

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void check_of(uint8_t check[CHECK_SIZE], const uint8_t *bytes)
{
    dure_hash_t hash;
    dure_sha256(&hash, bytes, BODY_SIZE);
    memcpy(check, hash.bytes, CHECK_SIZE);
}

void mandate_code_write(char out[MANDATE_CODE_SIZE], const mandate_code_t *code)
{
    uint8_t bytes[BYTES_SIZE];
    dure_writer_t writer = dure_writer(bytes, sizeof bytes);
    dure_mandate_encode(&writer, &code->mandate);
    dure_write_uint(&writer, 1, code->slot);
    dure_write_raw(&writer, code->signature.bytes, sizeof code->signature.bytes);
    DURE_ASSERT(writer.size == BODY_SIZE);
    check_of(bytes + BODY_SIZE, bytes);
    memcpy(out, PREFIX, PREFIX_SIZE);
    for (uint32_t i = 0; i < LETTERS; i++) {
        uint32_t five = 0;
        for (uint32_t bit = 5 * i; bit < 5 * i + 5; bit++) {
            const uint32_t byte = bit / 8 < BYTES_SIZE ? bytes[bit / 8] : 0;
            five = five << 1 | (byte >> (7 - bit % 8) & 1u);
        }
        out[PREFIX_SIZE + i] = alphabet[five];
    }
    out[PREFIX_SIZE + LETTERS] = 0;
}

/* The letter's five bits, or 32. */
static uint32_t value_of(char letter)
{
    const char plain = letter == 'I' || letter == 'L' ? '1' : letter == 'O' ? '0' : letter;
    uint32_t value = 0;
    while (value < 32 && alphabet[value] != plain) {
        value++;
    }
    return value;
}

/* Without what people put in between, in capitals; how many there are, at most one more than
   fit. */
static uint32_t tidy(char out[MANDATE_CODE_SIZE + 1], const char *text)
{
    uint32_t count = 0;
    for (; *text != 0 && count < MANDATE_CODE_SIZE; text++) {
        if (strchr(" -\t\r\n", *text) == NULL) {
            out[count++] = *text >= 'a' && *text <= 'z' ? (char)(*text - 'a' + 'A') : *text;
        }
    }
    out[count] = 0;
    return count;
}

const char *mandate_code_read(mandate_code_t *code, const char *text)
{
    char letters[MANDATE_CODE_SIZE + 1];
    const uint32_t count = tidy(letters, text);
    if (count < PREFIX_SIZE || memcmp(letters, PREFIX, PREFIX_SIZE) != 0) {
        return "it does not start with " PREFIX;
    }
    if (count != PREFIX_SIZE + LETTERS) {
        return count < PREFIX_SIZE + LETTERS ? "its end is missing" : "it is too long";
    }
    uint8_t bytes[BYTES_SIZE + 1] = {0};
    for (uint32_t i = 0; i < LETTERS; i++) {
        const uint32_t five = value_of(letters[PREFIX_SIZE + i]);
        if (five == 32) {
            return "it has a letter that no code has";
        }
        for (uint32_t k = 0; k < 5; k++) {
            const uint32_t bit = 5 * i + k;
            bytes[bit / 8] |= (uint8_t)((five >> (4 - k) & 1u) << (7 - bit % 8));
        }
    }
    uint8_t check[CHECK_SIZE];
    check_of(check, bytes);
    if (memcmp(check, bytes + BODY_SIZE, CHECK_SIZE) != 0 || bytes[BYTES_SIZE] != 0) {
        return "a letter in it is wrong";
    }
    dure_reader_t reader = dure_reader(dure_bytes(bytes, BODY_SIZE));
    dure_mandate_decode(&reader, &code->mandate);
    code->slot = (uint8_t)dure_read_uint(&reader, "slot", 1, 0, 3);
    dure_read_raw(&reader, "signature", code->signature.bytes, sizeof code->signature.bytes);
    return dure_reader_end(&reader) ? NULL : "it holds no mandate";
}

#include "yak/yak_private.h"

yak_text_t yak_text_of(const char *zero_ended)
{
    /* The bound, which no text of ours reaches, also keeps compilers from calling strlen. */
    size_t size = 0;
    while (size < 4096 && zero_ended[size] != '\0') {
        size++;
    }
    return (yak_text_t){zero_ended, size};
}

bool yak_text_equal(yak_text_t a, yak_text_t b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

yak_text_t yak_name_text(const dure_name_t *name)
{
    size_t size = 0;
    while (size < DURE_NAME_SIZE && name->text[size] != '\0') {
        size++;
    }
    return (yak_text_t){name->text, size};
}

yak_writer_t yak_writer(char *data, size_t capacity)
{
    DURE_ASSERT(capacity > 0);
    data[0] = '\0';
    return (yak_writer_t){data, capacity, 0};
}

void yak_write_text(yak_writer_t *writer, yak_text_t text)
{
    size_t room = writer->capacity - 1 - writer->size;
    size_t size = text.size;
    if (size > room) {
        size = room;
        /* Not in the middle of a character. */
        while (size > 0 && ((uint8_t)text.data[size] & 0xc0u) == 0x80u) {
            size--;
        }
        /* Nothing follows a cut. */
        writer->capacity = writer->size + size + 1;
    }
    if (size > 0) {
        memcpy(writer->data + writer->size, text.data, size);
        writer->size += size;
    }
    writer->data[writer->size] = '\0';
}

static uint32_t digits_of(char digits[20], uint64_t value)
{
    uint32_t count = 0;
    do {
        digits[count++] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    return count;
}

void yak_write_grouped(yak_writer_t *writer, uint64_t value)
{
    char digits[20];
    uint32_t count = digits_of(digits, value);
    while (count > 0) {
        yak_write_text(writer, (yak_text_t){&digits[--count], 1});
        if (count > 0 && count % 3 == 0) {
            yak_write_text(writer, YAK_TEXT(","));
        }
    }
}

void yak_write_digits(yak_writer_t *writer, uint64_t value, uint32_t width)
{
    char digits[20];
    uint32_t count = digits_of(digits, value);
    for (uint32_t i = count; i < width; i++) {
        yak_write_text(writer, YAK_TEXT("0"));
    }
    while (count > 0) {
        yak_write_text(writer, (yak_text_t){&digits[--count], 1});
    }
}

static uint32_t min3(uint32_t a, uint32_t b, uint32_t c)
{
    uint32_t least = a < b ? a : b;
    return least < c ? least : c;
}

uint32_t yak_text_distance(yak_text_t a, yak_text_t b, uint32_t limit)
{
    enum { longest = 40 };
    if (a.size > longest || b.size > longest) {
        return limit + 1;
    }
    uint32_t rows[3][longest + 1];
    for (uint32_t j = 0; j <= b.size; j++) {
        rows[0][j] = j;
    }
    for (uint32_t i = 1; i <= a.size; i++) {
        uint32_t *row = rows[i % 3];
        const uint32_t *above = rows[(i + 2) % 3];
        row[0] = i;
        for (uint32_t j = 1; j <= b.size; j++) {
            uint32_t change = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            row[j] = min3(change, above[j] + 1, row[j - 1] + 1);
            bool swapped =
                i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1];
            if (swapped) {
                uint32_t swap = rows[(i + 1) % 3][j - 2] + 1;
                row[j] = swap < row[j] ? swap : row[j];
            }
        }
    }
    uint32_t distance = rows[a.size % 3][b.size];
    return distance <= limit ? distance : limit + 1;
}

yak_guess_t yak_guess(yak_text_t wanted)
{
    /* One slip in three letters, at most three. */
    uint32_t limit = (uint32_t)(wanted.size / 3 + 1);
    return (yak_guess_t){wanted, {NULL, 0}, (limit > 3 ? 3 : limit) + 1};
}

void yak_guess_offer(yak_guess_t *guess, yak_text_t candidate)
{
    uint32_t distance = yak_text_distance(guess->wanted, candidate, guess->distance - 1);
    if (distance < guess->distance && distance < candidate.size) {
        guess->distance = distance == 0 ? 1 : distance;
        guess->best = candidate;
    }
}

void yak_guess_offer_names(yak_guess_t *guess, dure_names_t names)
{
    uint16_t number = 0;
    uint32_t index = 0;
    const char *text = dure_names_entry(&number, names, index);
    while (text != NULL) {
        yak_guess_offer(guess, yak_text_of(text));
        text = dure_names_entry(&number, names, ++index);
    }
}

void yak_write_rate(yak_writer_t *writer, uint64_t rate)
{
    yak_write_digits(writer, rate / 100, 1);
    if (rate % 100 != 0) {
        yak_write_text(writer, YAK_TEXT("."));
        bool tenths = rate % 10 == 0;
        yak_write_digits(writer, tenths ? rate % 100 / 10 : rate % 100, tenths ? 1 : 2);
    }
    yak_write_text(writer, YAK_TEXT("%"));
}

uint32_t yak_text_columns(yak_text_t text)
{
    static const uint32_t wide[][2] = {{0x1100, 0x115f},  {0x2e80, 0xa4cf}, {0xa960, 0xa97f},
                                       {0xac00, 0xd7a3},  {0xf900, 0xfaff}, {0xfe30, 0xfe6f},
                                       {0xff00, 0xff60},  {0xffe0, 0xffe6}, {0x1f300, 0x1faff},
                                       {0x20000, 0x3fffd}};
    uint32_t columns = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t lead = (uint8_t)text.data[i];
        if ((lead & 0xc0u) == 0x80u) {
            continue; /* belongs to the character before */
        }
        uint32_t more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : lead >= 0xc0 ? 1 : 0;
        uint32_t code = more == 0 ? lead : lead & (0x3fu >> more);
        for (uint32_t k = 1; k <= more && i + k < text.size; k++) {
            code = code << 6 | ((uint8_t)text.data[i + k] & 0x3fu);
        }
        bool two = false;
        for (size_t k = 0; k < sizeof wide / sizeof wide[0]; k++) {
            two = two || (code >= wide[k][0] && code <= wide[k][1]);
        }
        columns += two ? 2 : 1;
    }
    return columns;
}

#include "app/dure_key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_SIZE_MAX 1024u

static void put_hex(char *out, const uint8_t *bytes, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < size; i++) {
        out[2 * i] = digits[bytes[i] >> 4];
        out[2 * i + 1] = digits[bytes[i] & 15];
    }
    out[2 * size] = 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* True if the text is exactly `size` bytes in hexadecimal. */
static bool get_hex(uint8_t *out, const char *text, size_t size)
{
    if (strlen(text) != 2 * size) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        int high = hex_digit(text[2 * i]);
        int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high * 16 + low);
    }
    return true;
}

static bool get_number(uint64_t *out, const char *text, uint64_t high)
{
    uint64_t value = 0;
    if (*text == 0) {
        return false;
    }
    for (; *text != 0; text++) {
        if (*text < '0' || *text > '9' || value > (UINT64_MAX - 9) / 10) {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
    }
    *out = value;
    return value <= high;
}

/* One line `name value`; false if it is not one of the format's. */
static bool take_line(dure_key_file_t *key, uint32_t *seen, char *line)
{
    static const char *const names[] = {"dure-key", "scheme", "party", "slot", "public", "secret"};
    char *value = strchr(line, ' ');
    if (value == NULL) {
        return false;
    }
    *value++ = 0;
    uint32_t which = 0;
    while (which < 6 && strcmp(names[which], line) != 0) {
        which++;
    }
    if (which == 6 || (*seen & 1u << which) != 0) {
        return false;
    }
    *seen |= 1u << which;
    uint64_t number = 0;
    switch (which) {
    case 0:
        return strcmp(value, "1") == 0;
    case 1:
        key->secret.scheme = strcmp(value, "ed25519") == 0 ? DURE_SCHEME_ED25519 : DURE_SCHEME_P256;
        key->public_key.scheme = key->secret.scheme;
        return key->secret.scheme == DURE_SCHEME_ED25519 || strcmp(value, "p256") == 0;
    case 2:
        return get_number(&key->party, value, UINT64_MAX) && key->party > 0;
    case 3:
        if (!get_number(&number, value, 3)) {
            return false;
        }
        key->slot = (uint8_t)number;
        return true;
    case 4:
        return get_hex(key->public_key.bytes, value, sizeof key->public_key.bytes);
    default:
        return get_hex(key->secret.seed, value, sizeof key->secret.seed);
    }
}

static bool parse(dure_key_file_t *key, char *text)
{
    uint32_t seen = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        if (line[0] != '#' && !take_line(key, &seen, line)) {
            return false;
        }
    }
    return (seen & 0x33u) == 0x33u; /* dure-key, scheme, public, secret */
}

bool dure_key_file_read(dure_key_file_t *key, const char *path,
                        char problem[DURE_KEY_FILE_PROBLEM_SIZE])
{
    *key = (dure_key_file_t){0};
    char text[FILE_SIZE_MAX + 1];
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        snprintf(problem, DURE_KEY_FILE_PROBLEM_SIZE, "cannot read the key %.400s: %s", path,
                 strerror(errno));
        return false;
    }
    size_t size = fread(text, 1, FILE_SIZE_MAX, file);
    fclose(file);
    text[size] = 0;
    if (!parse(key, text)) {
        snprintf(problem, DURE_KEY_FILE_PROBLEM_SIZE, "%.400s is not a key file of dure", path);
        return false;
    }
    dure_public_key_t made;
    if (!dure_public_key_of(&made, &key->secret) ||
        memcmp(made.bytes, key->public_key.bytes, sizeof made.bytes) != 0) {
        snprintf(problem, DURE_KEY_FILE_PROBLEM_SIZE,
                 "%.400s is damaged: its secret does not belong to its public key", path);
        return false;
    }
    return true;
}

static bool write_text(int file, const char *text, size_t size)
{
    size_t done = 0;
    while (done < size) {
        ssize_t wrote = write(file, text + done, size - done);
        if (wrote < 0 && errno != EINTR) {
            return false;
        }
        done += wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(file) == 0;
}

bool dure_key_file_write(const dure_key_file_t *key, const char *path, bool may_replace,
                         char problem[DURE_KEY_FILE_PROBLEM_SIZE])
{
    char text[FILE_SIZE_MAX], public_hex[67], secret_hex[65], party[64] = "", temporary[1024];
    put_hex(public_hex, key->public_key.bytes, sizeof key->public_key.bytes);
    put_hex(secret_hex, key->secret.seed, sizeof key->secret.seed);
    if (key->party != 0) {
        snprintf(party, sizeof party, "party %" PRIu64 "\nslot %u\n", key->party,
                 (unsigned)key->slot);
    }
    int size = snprintf(text, sizeof text, "dure-key 1\nscheme %s\n%spublic %s\nsecret %s\n",
                        key->secret.scheme == DURE_SCHEME_P256 ? "p256" : "ed25519", party,
                        public_hex, secret_hex);
    snprintf(temporary, sizeof temporary, "%s%s", path, may_replace ? ".new" : "");
    int flags = O_WRONLY | O_CREAT | O_CLOEXEC | (may_replace ? O_TRUNC : O_EXCL);
    int file = open(temporary, flags, 0600);
    bool written = file >= 0 && write_text(file, text, (size_t)size);
    if (file >= 0) {
        written = close(file) == 0 && written;
    }
    if (written && may_replace) {
        written = rename(temporary, path) == 0;
    }
    explicit_bzero(text, sizeof text);
    explicit_bzero(secret_hex, sizeof secret_hex);
    if (!written) {
        snprintf(problem, DURE_KEY_FILE_PROBLEM_SIZE, "cannot write the key %.400s: %s", path,
                 errno == EEXIST ? "a file of that name is there, and keys are never overwritten"
                                 : strerror(errno));
    }
    return written;
}

bool dure_key_file_make(dure_key_file_t *key, dure_scheme_t scheme)
{
    *key = (dure_key_file_t){.secret.scheme = (uint8_t)scheme};
    do { /* a P-256 scalar may not be zero or above the order: about never */
        if (getrandom(key->secret.seed, sizeof key->secret.seed, 0) !=
            (ssize_t)sizeof key->secret.seed) {
            return false;
        }
    } while (!dure_public_key_of(&key->public_key, &key->secret));
    return true;
}

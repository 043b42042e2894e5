/* config: sizes of a node, from node.conf. */
#include "node/dure_node.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_SIZE_MAX    65536u
#define QUEUE_TXS_DEFAULT  32768u
#define QUEUE_SIZE_DEFAULT (32u * 1024u * 1024u)

typedef struct {
    const char *name;
    size_t offset;
    uint8_t width; /* 4 or 8 bytes */
    uint64_t low, high;
} field_t;

#define FIELD(member, low, high)                                                                   \
    {                                                                                              \
#member, offsetof(dure_node_config_t, member),                                             \
            sizeof(((dure_node_config_t *)NULL)->member), low, high                                \
    }
#define LIMIT(member, low, high)                                                                   \
    {                                                                                              \
#member, offsetof(dure_node_config_t, limits.member),                                      \
            sizeof(((dure_node_config_t *)NULL)->limits.member), low, high                         \
    }

static const field_t fields[] = {
    FIELD(threads, 0, 256),
    FIELD(queue_txs, 16, 1u << 20),
    FIELD(queue_bytes, 4u * DURE_TX_SIZE_MAX, 1u << 30),
    FIELD(checkpoint_blocks, 0, UINT64_MAX),
    FIELD(checkpoint_bytes, 0, UINT64_MAX),
    FIELD(checkpoint_share, 0, UINT64_MAX),
    FIELD(checkpoint_memory, 0, UINT64_C(1) << 40),
    FIELD(segment_size, 4096, UINT64_C(1) << 30),
    FIELD(scrub_bytes, 0, UINT64_C(1) << 30),
    FIELD(segment_size, 4096, UINT64_C(1) << 30),
    FIELD(keep_blocks, 0, UINT64_MAX),
    FIELD(keep_bytes, 0, UINT64_MAX),
    FIELD(keep_days, 0, 100000),
    LIMIT(journal_bytes_max, 1, UINT64_MAX),
};

dure_node_config_t dure_node_config_default(void)
{
    return (dure_node_config_t){
        .limits = dure_ledger_limits_for(DURE_LEDGER_PARTIES_MIN),
        .threads = 1,
        .queue_txs = QUEUE_TXS_DEFAULT,
        .queue_bytes = QUEUE_SIZE_DEFAULT,
        .checkpoint_blocks = 20000,
        .checkpoint_bytes = UINT64_C(8) * 1024u * 1024u,
        .checkpoint_share = 32,
        .scrub_bytes = 4u * 1024u * 1024u,
    };
}

/* A line in pieces; key empty: nothing on it. */
typedef struct {
    char key[32];
    char value[32];
} line_t;

static bool split(line_t *line, const char *text, size_t size)
{
    const char *comment = memchr(text, '#', size);
    char copy[128] = {0};
    char extra[2];
    *line = (line_t){0};
    size = comment != NULL ? (size_t)(comment - text) : size;
    if (size >= sizeof copy) {
        return false;
    }
    memcpy(copy, text, size);
    if (strspn(copy, " \t\r") == size) {
        return true;
    }
    return sscanf(copy, " %31[a-z_] = %31[0-9] %1s", line->key, line->value, extra) == 2;
}

static bool set(dure_node_config_t *config, const line_t *line)
{
    uint64_t value = strtoull(line->value, NULL, 10);
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(fields[i].name, line->key) != 0) {
            continue;
        }
        if (value < fields[i].low || value > fields[i].high) {
            return false;
        }
        uint32_t narrow = (uint32_t)value;
        uint8_t *at = (uint8_t *)config + fields[i].offset;
        if (fields[i].width == sizeof narrow) {
            memcpy(at, &narrow, sizeof narrow);
        } else {
            memcpy(at, &value, sizeof value);
        }
        return true;
    }
    return false;
}

/* `archive = DIRECTORY`, the one value that is no number; false if the line is another one. */
static bool set_archive(dure_node_config_t *config, const char *text, size_t size, bool *is_good)
{
    const char *at = text;
    const char *end = text + size;
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    static const char key[] = "archive";
    const size_t length = sizeof key - 1u;
    if ((size_t)(end - at) <= length || memcmp(at, key, length) != 0) {
        return false;
    }
    at += length;
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    if (at == end || *at != '=') {
        return false;
    }
    at++;
    while (at < end && (*at == ' ' || *at == '\t')) {
        at++;
    }
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\r')) {
        end--;
    }
    const size_t value = (size_t)(end - at);
    *is_good = value > 0 && value < sizeof config->archive_path;
    if (*is_good) {
        memcpy(config->archive_path, at, value);
        config->archive_path[value] = 0;
    }
    return true;
}

/* Two passes: parties_max sets every table, journal_bytes_max then refines, wherever it stands. */
static dure_node_result_t parse(dure_node_config_t *config, const char *text, size_t size,
                                bool is_first, char message[DURE_NODE_MESSAGE_SIZE])
{
    uint32_t number = 0;
    for (size_t at = 0; at < size;) {
        const char *end = memchr(text + at, '\n', size - at);
        size_t length = end != NULL ? (size_t)(end - text) - at : size - at;
        line_t line = {0};
        bool is_good = true;
        if (!set_archive(config, text + at, length, &is_good)) {
            is_good = split(&line, text + at, length);
        }
        at += length + 1u;
        number++;
        if (is_good && line.key[0] != 0) {
            bool is_parties = strcmp(line.key, "parties_max") == 0;
            uint64_t value = strtoull(line.value, NULL, 10);
            if (is_parties && is_first && value >= 1 && value <= DURE_LEDGER_PARTIES_MAX) {
                config->limits = dure_ledger_limits_for((uint32_t)value);
            } else if (is_parties) {
                is_good = value >= 1 && value <= DURE_LEDGER_PARTIES_MAX;
            } else if (!is_first) {
                is_good = set(config, &line);
            }
        }
        if (!is_good) {
            (void)snprintf(message, DURE_NODE_MESSAGE_SIZE,
                           "%s line %" PRIu32 ": not a known key with a number in its range, "
                           "such as `parties_max = 65536`",
                           DURE_NODE_CONFIG, number);
            return DURE_NODE_CONFIG_WRONG;
        }
    }
    return DURE_NODE_OK;
}

dure_node_result_t dure_node_config_read(dure_node_config_t *config, dure_io_t *io,
                                         char message[DURE_NODE_MESSAGE_SIZE])
{
    dure_io_file_t file = 0;
    uint64_t size = 0;
    dure_io_result_t result = dure_io_file_open(io, &file, DURE_NODE_CONFIG, DURE_IO_OPEN);
    message[0] = 0;
    if (result == DURE_IO_NOT_FOUND) {
        return DURE_NODE_OK;
    }
    char *text = malloc(CONFIG_SIZE_MAX);
    if (text == NULL) {
        dure_io_file_close(io, file);
        return DURE_NODE_NO_MEMORY;
    }
    if (result == DURE_IO_OK) {
        result = dure_io_file_size(io, file, &size);
    }
    if (result == DURE_IO_OK) {
        result = size <= CONFIG_SIZE_MAX ? dure_io_file_read(io, file, text, (size_t)size, 0)
                                         : DURE_IO_LIMIT;
    }
    dure_io_file_close(io, file);
    dure_node_result_t parsed = DURE_NODE_CONFIG_WRONG;
    if (result != DURE_IO_OK) {
        (void)snprintf(message, DURE_NODE_MESSAGE_SIZE, "%s cannot be read: %s", DURE_NODE_CONFIG,
                       size > CONFIG_SIZE_MAX ? "it is too large" : dure_io_error_text(io));
    } else {
        parsed = parse(config, text, (size_t)size, true, message);
        if (parsed == DURE_NODE_OK) {
            parsed = parse(config, text, (size_t)size, false, message);
        }
    }
    free(text);
    return parsed;
}

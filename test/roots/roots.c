#include "roots/roots.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OUT_SIZE_MAX (4u << 20)
#define BLOCK_TXS    2000u

static char out[OUT_SIZE_MAX], expected[OUT_SIZE_MAX];
static size_t out_size;

void roots_say(const char *format, ...)
{
    va_list list;
    va_start(list, format);
    const int size = vsnprintf(out + out_size, sizeof out - out_size, format, list);
    va_end(list);
    DURE_ASSERT(size >= 0 && (size_t)size < sizeof out - out_size);
    out_size += (size_t)size;
}

void roots_say_hex(const char *name, const void *bytes, size_t size)
{
    const uint8_t *at = bytes;
    roots_say("%s ", name);
    for (size_t i = 0; i < size; i++) {
        roots_say("%02x", at[i]);
    }
    roots_say(size == 0 ? "-\n" : "\n");
}

bool roots_end(int argc, char **argv, const char *expected_path)
{
    fwrite(out, 1, out_size, stdout);
    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        return true;
    }
    FILE *file = fopen(expected_path, "r");
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read\n", expected_path);
        return false;
    }
    const size_t size = fread(expected, 1, sizeof expected, file);
    fclose(file);
    if (size != out_size || memcmp(expected, out, size) != 0) {
        fprintf(stderr, "this is not what %s says\n", expected_path);
        return false;
    }
    return true;
}

dure_trace_t *roots_trace(void)
{
    const dure_trace_config_t config = {.seed = 2026, .mischief = 8, .citizens = 60, .mixed = 35};
    dure_trace_t *trace = dure_trace_new_from(&config, "examples/gimpo/general.yak");
    if (trace == NULL) {
        fprintf(stderr, "examples/gimpo/general.yak cannot be read or compiled\n");
        exit(1);
    }
    return trace;
}

dure_chain_t *roots_chain(const dure_trace_t *trace)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(200);
    const size_t size = (dure_chain_size(&limits) + 63) / 64 * 64;
    void *memory = aligned_alloc(64, size);
    const char *problem = "no memory";
    dure_chain_t *chain = memory == NULL ? NULL
                                         : dure_chain_init(memory, size, &limits,
                                                           dure_trace_genesis(trace), &problem);
    if (chain == NULL) {
        fprintf(stderr, "%s\n", problem);
        exit(1);
    }
    return chain;
}

dure_chain_update_t roots_block(dure_chain_t *chain, dure_trace_t *trace, uint32_t count)
{
    static uint8_t bytes[DURE_BLOCK_SIZE_MAX];
    static dure_chain_tx_t txs[BLOCK_TXS];
    DURE_ASSERT(count <= BLOCK_TXS);
    size_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const dure_bytes_t wire = dure_trace_next(trace);
        if (wire.size > 0) {
            memcpy(bytes + used, wire.data, wire.size);
        }
        txs[i].wire = dure_bytes(bytes + used, wire.size);
        used += wire.size;
    }
    const dure_chain_event_t event = {.kind = DURE_CHAIN_FINALIZE,
                                      .height = dure_chain_head(chain)->height + 1,
                                      .time = dure_trace_time(trace),
                                      .txs = txs,
                                      .tx_count = count};
    dure_chain_update_t update;
    DURE_ASSERT(dure_chain_step(chain, &update, &event) == DURE_CHAIN_OK);
    return update;
}

void roots_commit(dure_chain_t *chain)
{
    const dure_chain_event_t event = {.kind = DURE_CHAIN_COMMIT};
    dure_chain_update_t update;
    DURE_ASSERT(dure_chain_step(chain, &update, &event) == DURE_CHAIN_OK);
}

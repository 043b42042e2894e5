#include "app/chain_dir.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GENESIS_SIZE_MAX (64u * 1024u)

static bool read_genesis(chain_dir_t *dir, const char *path)
{
    dure_io_file_t file = 0;
    uint64_t size = 0;
    dir->genesis = malloc(GENESIS_SIZE_MAX);
    bool read = dir->genesis != NULL &&
                dure_io_file_open(dir->io, &file, "genesis.dure", DURE_IO_OPEN) == DURE_IO_OK &&
                dure_io_file_size(dir->io, file, &size) == DURE_IO_OK && size <= GENESIS_SIZE_MAX &&
                dure_io_file_read(dir->io, file, dir->genesis, (size_t)size, 0) == DURE_IO_OK;
    dure_io_file_close(dir->io, file);
    dir->genesis_size = (size_t)size;
    if (!read) {
        snprintf(dir->problem, sizeof dir->problem, "%s has no readable genesis.dure", path);
    }
    return read;
}

static bool open_store(chain_dir_t *dir)
{
    dure_store_config_t config = {.first_height = 1, .read_only = true, .archive = dir->archive};
    dure_hash(&config.chain_id, DURE_TAG_GENESIS, dir->genesis, dir->genesis_size);
    dure_store_result_t result = dure_store_open(&dir->store, &dir->report, dir->io, &config);
    if (result == DURE_STORE_OK) {
        return true;
    }
    snprintf(dir->problem, sizeof dir->problem, "%s",
             dir->store == NULL ? "out of memory" : dure_store_message(dir->store));
    dir->broken = result == DURE_STORE_CORRUPT || result == DURE_STORE_WRONG_CHAIN;
    return false;
}

static bool open_chain(chain_dir_t *dir, uint32_t parties)
{
    dure_ledger_limits_t limits = dure_ledger_limits_for(parties);
    dure_genesis_t genesis;
    dure_reader_t reader = dure_reader(dure_bytes(dir->genesis, dir->genesis_size));
    dure_genesis_decode(&reader, &genesis);
    if (dure_reader_end(&reader)) {
        dure_ledger_limits_cover(&limits, genesis.parties_max);
    }
    size_t size = dure_chain_size(&limits);
    const char *why = "not enough memory for the state";
    dir->memory = aligned_alloc(64, (size + 63) / 64 * 64);
    if (dir->memory != NULL) {
        dure_io_memory_prepare(dir->memory, size);
        dir->chain = dure_chain_init(dir->memory, size, &limits,
                                     dure_bytes(dir->genesis, dir->genesis_size), &why);
    }
    if (dir->chain == NULL) {
        snprintf(dir->problem, sizeof dir->problem, "%s", why);
    }
    return dir->chain != NULL;
}

/* The state of the newest checkpoint, where only the state was taken over. */
static bool load_state(chain_dir_t *dir)
{
    dure_checkpoint_t checkpoint;
    const char *why = "there is no checkpoint that can be used";
    dure_bytes_t chunk = {0};
    bool is_good = dure_store_checkpoint_next(dir->store, &checkpoint) == DURE_STORE_OK;
    if (is_good) {
        dure_chain_load_begin(dir->chain);
    }
    do {
        is_good = is_good && dure_store_checkpoint_read(dir->store, &chunk) == DURE_STORE_OK &&
                  (chunk.size == 0 || dure_chain_load_part(dir->chain, chunk, &why));
    } while (is_good && chunk.size > 0);
    is_good = is_good && dure_chain_load_finish(dir->chain, &why);
    dir->from = checkpoint.height;
    if (!is_good) {
        snprintf(dir->problem, sizeof dir->problem, "the checkpoint: %s", why);
        dir->broken = true;
    }
    return is_good;
}

/* Where it can begin to be executed. */
static bool begin(chain_dir_t *dir)
{
    if (dir->report.first_height <= 1) {
        return true;
    }
    if (dure_store_is_state_alone(dir->store)) {
        return load_state(dir);
    }
    snprintf(dir->problem, sizeof dir->problem,
             "the log begins with block %" PRIu64 ": those before it were removed; give the "
             "directory that has them with --archive",
             dir->report.first_height);
    return false;
}

bool chain_dir_open(chain_dir_t *dir, const char *path, const char *archive, uint32_t parties)
{
    *dir = (chain_dir_t){0};
    if (dure_io_linux_open(&dir->io, path, DURE_IO_READ_ONLY) != DURE_IO_OK) {
        snprintf(dir->problem, sizeof dir->problem, "%s",
                 dir->io == NULL ? "out of memory" : dure_io_error_text(dir->io));
        return false;
    }
    if (archive != NULL &&
        dure_io_linux_open(&dir->archive, archive, DURE_IO_READ_ONLY) != DURE_IO_OK) {
        snprintf(dir->problem, sizeof dir->problem, "%s",
                 dir->archive == NULL ? "out of memory" : dure_io_error_text(dir->archive));
        return false;
    }
    return read_genesis(dir, path) && open_store(dir) && open_chain(dir, parties) && begin(dir);
}

void chain_dir_close(chain_dir_t *dir)
{
    (void)dure_store_close(dir->store);
    dure_io_close(dir->io);
    dure_io_close(dir->archive);
    free(dir->genesis);
    free(dir->memory);
    *dir = (chain_dir_t){0};
}

/* A finding: what is there is wrong. */
static bool finding(chain_dir_t *dir, uint64_t height, const char *why)
{
    dir->broken = true;
    if (height == 0) {
        snprintf(dir->problem, sizeof dir->problem, "%s", why);
    } else {
        snprintf(dir->problem, sizeof dir->problem, "block %" PRIu64 ": %s", height, why);
    }
    return false;
}

bool chain_dir_block(chain_dir_t *dir, dure_block_t *block, dure_bytes_t *wires, uint32_t *count,
                     uint64_t height)
{
    dure_bytes_t bytes;
    const char *why = NULL;
    size_t offset = 0;
    *count = 0;
    if (dure_store_read(dir->store, &bytes, height) != DURE_STORE_OK) {
        return finding(dir, 0, dure_store_message(dir->store));
    }
    if (!dure_block_decode(block, bytes, &why)) {
        return finding(dir, height, why);
    }
    while (*count < DURE_BLOCK_TXS_MAX && dure_block_next(block, &offset, &wires[*count])) {
        (*count)++;
    }
    return true;
}

bool chain_dir_take(chain_dir_t *dir, uint8_t **bytes, dure_block_t *block, uint64_t height)
{
    dure_bytes_t read;
    const char *why = NULL;
    *bytes = NULL;
    if (dure_store_read(dir->store, &read, height) != DURE_STORE_OK) {
        return finding(dir, 0, dure_store_message(dir->store));
    }
    *bytes = malloc(read.size > 0 ? read.size : 1);
    if (*bytes == NULL) {
        snprintf(dir->problem, sizeof dir->problem, "out of memory");
        return false;
    }
    memcpy(*bytes, read.data, read.size);
    return dure_block_decode(block, dure_bytes(*bytes, read.size), &why) ||
           finding(dir, height, why);
}

bool chain_dir_replay(chain_dir_t *dir, const dure_block_t *block, const dure_verdict_t *verdicts,
                      dure_chain_update_t *update)
{
    const uint64_t height = block->header.height;
    const char *why = dure_chain_replay(dir->chain, block, verdicts, update);
    const uint32_t needed = dure_chain_parties_needed(dir->chain);
    if (why != NULL && needed != 0) {
        /* Nothing was found: there is only no room to look further. */
        snprintf(dir->problem, sizeof dir->problem,
                 "before block %" PRIu64 " the city's limit was raised to %u parties: give "
                 "--parties %u",
                 height, (unsigned)needed, (unsigned)needed);
        return false;
    }
    return why == NULL || finding(dir, height, why);
}

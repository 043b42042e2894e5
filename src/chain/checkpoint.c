/* The state as a stream of bytes, and back.  docs/formats/checkpoint.md has the table. */
#include "chain/chain_private.h"

#include <string.h>

#define PAYLOAD_VERSION 1u
#define HEAD_SIZE       157u /* without the peaks */
#define PREFIX_SIZE     20u  /* blind, length */
#define CURSOR_END      UINT64_MAX

/* ---- saving ------------------------------------------------------------------------------------
 */

static void head_write(dure_writer_t *writer, const dure_chain_head_t *head, uint32_t parties_max)
{
    dure_write_uint(writer, 1, PAYLOAD_VERSION);
    dure_write_raw(writer, head->chain_id.bytes, 32);
    dure_write_uint(writer, 8, head->height);
    dure_write_uint(writer, 8, head->time);
    dure_write_raw(writer, head->block_hash.bytes, 32);
    dure_write_raw(writer, head->ledger_root.bytes, 32);
    dure_write_raw(writer, head->app_hash.bytes, 32);
    dure_write_uint(writer, 4, parties_max);
    dure_write_uint(writer, 8, head->range.count);
    const unsigned peaks = (unsigned)__builtin_popcountll(head->range.count);
    dure_write_raw(writer, head->range.peaks, peaks * sizeof head->range.peaks[0]);
}

/* Where the next record's own bytes go; false if not even what stands before them fits. */
static bool record_place(dure_writer_t *record, const dure_writer_t *out)
{
    const size_t room = out->capacity - out->size;
    const size_t prefix = 1 + PREFIX_SIZE;
    if (room <= prefix) {
        return false;
    }
    *record = dure_writer(out->data + out->size + prefix, room - prefix);
    return true;
}

/* The record's bytes are in place already: what stands before them. */
static void record_put(dure_writer_t *out, uint8_t table, const dure_blind_t *blind,
                       const dure_writer_t *record)
{
    dure_write_uint(out, 1, table);
    dure_write_raw(out, blind->bytes, sizeof blind->bytes);
    dure_write_uint(out, 4, record->size);
    out->size += record->size;
}

/* Writes the next record, or the end.  False if it does not fit: then nothing was written. */
static bool record_write(const dure_chain_t *chain, uint64_t *cursor, dure_writer_t *out)
{
    dure_writer_t record;
    if (!record_place(&record, out)) {
        return false;
    }
    uint64_t at = *cursor - 1;
    uint8_t table = 0;
    dure_blind_t blind;
    if (!dure_ledger_next(chain->ledger, &at, &table, &blind, &record)) {
        dure_write_uint(out, 1, 0);
        *cursor = CURSOR_END;
        return true;
    }
    if (record.overflow) {
        return false;
    }
    record_put(out, table, &blind, &record);
    *cursor = at + 1;
    return true;
}

/* The chain's cursor is 0 before the head, then the ledger's + 1, then CURSOR_END. */
size_t dure_chain_save(const dure_chain_t *chain, uint64_t *cursor, uint8_t *out, size_t capacity)
{
    DURE_ASSERT(!chain->is_pending && !chain->must_reload);
    DURE_ASSERT(capacity >= DURE_RECORD_SIZE_MAX + 64);
    dure_writer_t writer = dure_writer(out, capacity);
    if (*cursor == 0) {
        head_write(&writer, &chain->head, dure_ledger_parties_max(chain->ledger));
        *cursor = 1;
    }
    while (*cursor != CURSOR_END && record_write(chain, cursor, &writer)) {
    }
    DURE_ASSERT(!writer.overflow);
    return writer.size;
}

/* ---- saving beside the traffic -----------------------------------------------------------------
 */

void dure_chain_snapshot_begin(dure_chain_t *chain, void *memory, size_t memory_size)
{
    DURE_ASSERT(!chain->is_pending && !chain->must_reload);
    chain->snapshot = (snapshot_t){
        .head = chain->head,
        .parties_max = dure_ledger_parties_max(chain->ledger),
        .phase = SNAPSHOT_HEAD,
    };
    dure_ledger_snapshot_begin(chain->ledger, memory, memory_size);
}

const dure_chain_head_t *dure_chain_snapshot_head(const dure_chain_t *chain)
{
    return &chain->snapshot.head;
}

/* False if the next record does not fit, or there is none. */
static bool snapshot_record(dure_chain_t *chain, dure_writer_t *out)
{
    dure_writer_t record;
    if (!record_place(&record, out)) {
        return false;
    }
    uint8_t table = 0;
    dure_blind_t blind;
    if (!dure_ledger_snapshot_next(chain->ledger, &table, &blind, &record)) {
        dure_write_uint(out, 1, 0);
        chain->snapshot.phase = SNAPSHOT_END;
        return false;
    }
    if (record.overflow) {
        return false;
    }
    record_put(out, table, &blind, &record);
    return true;
}

bool dure_chain_snapshot_part(dure_chain_t *chain, uint8_t *out, size_t capacity, size_t enough,
                              size_t *size)
{
    DURE_ASSERT(!chain->is_pending && !chain->must_reload);
    DURE_ASSERT(capacity >= DURE_RECORD_SIZE_MAX + 256);
    *size = 0;
    if (dure_ledger_snapshot_is_full(chain->ledger)) {
        return false;
    }
    snapshot_t *snapshot = &chain->snapshot;
    dure_writer_t writer = dure_writer(out, capacity);
    if (snapshot->phase == SNAPSHOT_HEAD) {
        head_write(&writer, &snapshot->head, snapshot->parties_max);
        snapshot->phase = SNAPSHOT_RECORDS;
    }
    while (snapshot->phase == SNAPSHOT_RECORDS && snapshot_record(chain, &writer) &&
           writer.size < enough) {
    }
    DURE_ASSERT(!writer.overflow);
    *size = writer.size;
    return true;
}

void dure_chain_snapshot_end(dure_chain_t *chain)
{
    dure_ledger_snapshot_end(chain->ledger);
}

/* ---- loading -----------------------------------------------------------------------------------
 */

static void load_want(load_t *load, load_phase_t phase, size_t wanted)
{
    load->phase = phase;
    load->wanted = wanted;
    load->size = 0;
}

void dure_chain_load_begin(dure_chain_t *chain)
{
    DURE_ASSERT(chain->head.height == 0 && !chain->is_pending);
    memset(&chain->load, 0, sizeof chain->load);
    load_want(&chain->load, LOAD_HEAD, HEAD_SIZE);
    dure_ledger_load_begin(chain->ledger);
}

static const char *head_read(dure_chain_t *chain, dure_reader_t *reader)
{
    dure_chain_head_t *next = &chain->next;
    memset(next, 0, sizeof *next);
    (void)dure_read_uint(reader, "version", 1, PAYLOAD_VERSION, PAYLOAD_VERSION);
    dure_read_raw(reader, "chain id", next->chain_id.bytes, 32);
    next->height = dure_read_uint(reader, "height", 8, 0, UINT64_MAX);
    next->time = dure_read_uint(reader, "time", 8, 0, DURE_TIME_MAX_MS);
    dure_read_raw(reader, "block hash", next->block_hash.bytes, 32);
    dure_read_raw(reader, "ledger root", next->ledger_root.bytes, 32);
    dure_read_raw(reader, "app hash", next->app_hash.bytes, 32);
    chain->load.parties_max = (uint32_t)dure_read_uint(
        reader, "parties_max", 4, DURE_LEDGER_PARTIES_MIN, DURE_LEDGER_PARTIES_MAX);
    next->range.count = dure_read_uint(reader, "range count", 8, 0, next->height);
    if (!dure_reader_ok(reader)) {
        return "the checkpoint's head is not canonical";
    }
    if (!dure_hash_equal(&next->chain_id, &chain->head.chain_id)) {
        return "the checkpoint is of another chain";
    }
    if (next->height == 0 && !dure_hash_equal(&next->block_hash, &chain->head.block_hash)) {
        return "the checkpoint names a block at height 0";
    }
    if (chain->load.parties_max > dure_ledger_capacity(chain->ledger)) {
        chain->parties_needed = chain->load.parties_max;
        return "the checkpoint's parties_max is above the room that was made for it";
    }
    const unsigned peaks = (unsigned)__builtin_popcountll(next->range.count);
    load_want(&chain->load, LOAD_PEAKS, peaks * sizeof next->range.peaks[0]);
    return NULL;
}

static const char *prefix_read(dure_chain_t *chain, dure_reader_t *reader)
{
    load_t *load = &chain->load;
    dure_read_raw(reader, "blind", load->blind.bytes, sizeof load->blind.bytes);
    const size_t size = (size_t)dure_read_uint(reader, "length", 4, 0, DURE_RECORD_SIZE_MAX);
    if (!dure_reader_ok(reader)) {
        return "the checkpoint has a record longer than a record may be";
    }
    load_want(load, LOAD_RECORD, size);
    return NULL;
}

static const char *record_read(dure_chain_t *chain, dure_bytes_t staged)
{
    load_t *load = &chain->load;
    const char *problem = "the checkpoint's record was refused";
    if (!dure_ledger_load_record(chain->ledger, load->table, &load->blind, staged, &problem)) {
        return problem;
    }
    load_want(load, LOAD_TABLE, 1);
    return NULL;
}

/* What the phase wanted is staged. */
static const char *load_advance(dure_chain_t *chain)
{
    load_t *load = &chain->load;
    const dure_bytes_t staged = dure_bytes(chain->effects, load->size);
    dure_reader_t reader = dure_reader(staged);
    switch (load->phase) {
    case LOAD_HEAD:
        return head_read(chain, &reader);
    case LOAD_PEAKS:
        memcpy(chain->next.range.peaks, staged.data, staged.size);
        load_want(load, LOAD_TABLE, 1);
        return NULL;
    case LOAD_TABLE:
        load->table = staged.data[0];
        load_want(load, load->table == 0 ? LOAD_END : LOAD_PREFIX, PREFIX_SIZE);
        return NULL;
    case LOAD_PREFIX:
        return prefix_read(chain, &reader);
    case LOAD_RECORD:
        return record_read(chain, staged);
    case LOAD_NOT:
    case LOAD_END:
    case LOAD_FAILED:
        break;
    }
    return "the checkpoint has bytes behind its end";
}

/* Each record's place in memory is where no other's is: those of the next few are fetched while
   this one is loaded.  *ahead: where the first record stands that was not looked at yet. */
#define RECORDS_AHEAD 8u

static void records_fetch(const dure_chain_t *chain, dure_bytes_t part, size_t *ahead,
                          unsigned count)
{
    for (; count > 0 && *ahead < part.size && part.size - *ahead > 1 + PREFIX_SIZE; count--) {
        const uint8_t *record = part.data + *ahead;
        const size_t size = dure_get_u32(record + 1 + sizeof(dure_blind_t));
        const size_t left = part.size - *ahead - (1 + PREFIX_SIZE);
        const dure_bytes_t bytes = dure_bytes(record + 1 + PREFIX_SIZE, size < left ? size : left);
        dure_ledger_load_fetch(chain->ledger, record[0], bytes);
        *ahead = size > left ? part.size : *ahead + 1 + PREFIX_SIZE + size;
    }
}

bool dure_chain_load_part(dure_chain_t *chain, dure_bytes_t part, const char **problem)
{
    load_t *load = &chain->load;
    size_t ahead = 0;
    DURE_ASSERT(load->phase != LOAD_NOT && load->phase != LOAD_FAILED);
    *problem = NULL;
    size_t offset = 0;
    while (*problem == NULL && (offset < part.size || load->wanted == 0)) {
        if (load->phase == LOAD_END) {
            *problem = "the checkpoint has bytes behind its end";
            break;
        }
        if (load->phase == LOAD_TABLE) {
            const bool is_first = ahead <= offset;
            ahead = is_first ? offset : ahead;
            records_fetch(chain, part, &ahead, is_first ? RECORDS_AHEAD : 1);
        }
        size_t size = load->wanted - load->size;
        size = size < part.size - offset ? size : part.size - offset;
        if (size > 0) {
            memcpy(chain->effects + load->size, part.data + offset, size);
            load->size += size;
            offset += size;
        }
        if (load->size == load->wanted) {
            *problem = load_advance(chain);
        }
    }
    if (*problem != NULL) {
        load->phase = LOAD_FAILED;
    }
    return *problem == NULL;
}

bool dure_chain_load_finish(dure_chain_t *chain, const char **problem)
{
    const bool is_whole = chain->load.phase == LOAD_END;
    chain->load.phase = LOAD_FAILED;
    *problem = "the checkpoint ends too early";
    if (!is_whole || !dure_ledger_load_end(chain->ledger, problem)) {
        return false;
    }
    if (dure_ledger_parties_max(chain->ledger) != chain->load.parties_max) {
        *problem = "the checkpoint's parties_max is not that of its records";
        return false;
    }
    dure_hash_t ledger_root, app_hash;
    dure_ledger_root(chain->ledger, &ledger_root);
    app_hash_of(&app_hash, &ledger_root, &chain->next.range);
    if (!dure_hash_equal(&ledger_root, &chain->next.ledger_root)) {
        *problem = "the checkpoint's records do not lead to its ledger root";
        return false;
    }
    if (!dure_hash_equal(&app_hash, &chain->next.app_hash)) {
        *problem = "the checkpoint's range does not lead to its app hash";
        return false;
    }
    /* Under a real clock the ledger's time is the last block's, which no record holds. */
    dure_ledger_begin(chain->ledger, chain->next.time);
    dure_ledger_keep(chain->ledger);
    chain->head = chain->next;
    chain->load.phase = LOAD_NOT;
    *problem = NULL;
    return true;
}

/* index_ids: from a transaction's id to the sequence of its effect.  A B-tree over ids would change
   a page of the file for each payment, and pages that are long out of memory; so the ids are
   hashed, the latest kept in memory, and written as rows of many at once, which are merged later:
   what is written for a payment stays a few dozen bytes, one after another, however long the
   history is. */
#include "index/index_private.h"

#include <stdlib.h>
#include <string.h>

#define ID_SIZE      14u /* hash (8), sequence (6) */
#define GARBAGE_ROWS 256

/* ---- hashes -----------------------------------------------------------------------------------
 */

static uint64_t rotate(uint64_t x, uint32_t bits)
{
    return x << bits | x >> (64u - bits);
}

static void sip_round(uint64_t v[4])
{
    v[0] += v[1];
    v[1] = rotate(v[1], 13) ^ v[0];
    v[0] = rotate(v[0], 32);
    v[2] += v[3];
    v[3] = rotate(v[3], 16) ^ v[2];
    v[0] += v[3];
    v[3] = rotate(v[3], 21) ^ v[0];
    v[2] += v[1];
    v[1] = rotate(v[1], 17) ^ v[2];
    v[2] = rotate(v[2], 32);
}

/* SipHash-2-4 under a key of the file: who chooses numbers cannot choose where they fall. */
uint64_t index_id_hash(const dure_index_t *index, const dure_tx_id_t *id)
{
    const uint64_t words[4] = {id->party, id->number, id->lane, UINT64_C(24) << 56};
    uint64_t v[4] = {index->salt[0] ^ UINT64_C(0x736f6d6570736575),
                     index->salt[1] ^ UINT64_C(0x646f72616e646f6d),
                     index->salt[0] ^ UINT64_C(0x6c7967656e657261),
                     index->salt[1] ^ UINT64_C(0x7465646279746573)};
    for (uint32_t i = 0; i < 4; i++) {
        v[3] ^= words[i];
        sip_round(v);
        sip_round(v);
        v[0] ^= words[i];
    }
    v[2] ^= 0xff;
    for (uint32_t i = 0; i < 4; i++) {
        sip_round(v);
    }
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

/* ---- the latest, in memory --------------------------------------------------------------------
 */

index_young_t *index_young_new(void)
{
    return calloc(1, sizeof(index_young_t) + INDEX_YOUNG_SLOTS * sizeof(index_slot_t));
}

void index_young_fetch(const index_young_t *young, uint64_t hash)
{
    __builtin_prefetch(&young->slots[hash % INDEX_YOUNG_SLOTS], 1);
}

void index_young_add(index_young_t *young, uint64_t hash, uint64_t sequence)
{
    uint64_t at = hash;
    while (young->slots[at % INDEX_YOUNG_SLOTS].sequence_plus_1 != 0) {
        at++;
    }
    young->slots[at % INDEX_YOUNG_SLOTS] = (index_slot_t){hash, sequence + 1u};
    young->count++;
    DURE_ASSERT(young->count < INDEX_YOUNG_SLOTS);
}

bool index_young_next(const index_young_t *young, uint64_t *sequence, uint64_t hash,
                      uint32_t *cursor)
{
    for (;;) {
        const index_slot_t *slot = &young->slots[(hash + *cursor) % INDEX_YOUNG_SLOTS];
        if (slot->sequence_plus_1 == 0) {
            return false;
        }
        ++*cursor;
        if (slot->hash == hash) {
            *sequence = slot->sequence_plus_1 - 1u;
            return true;
        }
    }
}

/* ---- rows --------------------------------------------------------------------------------------
 */

static uint32_t bits_of(uint64_t level)
{
    return INDEX_LOW_BITS + INDEX_FAN_BITS * (uint32_t)level;
}

uint64_t index_ids_bucket(uint64_t level, uint64_t hash)
{
    return hash >> (64u - bits_of(level));
}

int64_t index_ids_key(uint64_t run, uint64_t bucket)
{
    static_assert(INDEX_LOW_BITS + INDEX_FAN_BITS * INDEX_LEVEL_MAX <= 24, "a key's low bits");
    return (int64_t)(run << 24 | bucket);
}

static void id_put(uint8_t *out, uint64_t hash, uint64_t sequence)
{
    dure_put_u64(out, hash);
    dure_put_u16(out + 8, (uint16_t)(sequence >> 32));
    dure_put_u32(out + 10, (uint32_t)sequence);
}

bool index_bucket_next(dure_bytes_t bucket, uint64_t *sequence, uint64_t hash, size_t *cursor)
{
    while (bucket.size - *cursor >= ID_SIZE) {
        const uint8_t *at = bucket.data + *cursor;
        *cursor += ID_SIZE;
        if (dure_get_u64(at) == hash) {
            *sequence = (uint64_t)dure_get_u16(at + 8) << 32 | dure_get_u32(at + 10);
            return true;
        }
    }
    return false;
}

static bool room(index_writer_t *writer, size_t size)
{
    if (size > writer->bucket_capacity) {
        free(writer->bucket);
        writer->bucket = malloc(2u * size);
        writer->bucket_capacity = writer->bucket != NULL ? 2u * size : 0;
    }
    return writer->bucket != NULL;
}

static bool put_bucket(index_writer_t *writer, uint64_t run, uint64_t bucket, const uint8_t *ids,
                       size_t size)
{
    sqlite3_stmt *statement = writer->statements[PUT_IDS];
    if (size == 0) {
        return true;
    }
    sqlite3_bind_int64(statement, 1, index_ids_key(run, bucket));
    index_bind_bytes(statement, 2, ids, size);
    return index_put(writer, PUT_IDS);
}

static bool put_run(index_writer_t *writer, uint64_t run, int64_t level, uint64_t end)
{
    sqlite3_stmt *statement = writer->statements[PUT_ID_RUN];
    index_bind_integer(statement, 1, run);
    sqlite3_bind_int64(statement, 2, level);
    index_bind_integer(statement, 3, end);
    return index_put(writer, PUT_ID_RUN);
}

bool index_ids_write(index_writer_t *writer, const index_young_t *young)
{
    const uint32_t buckets = 1u << INDEX_LOW_BITS;
    uint32_t ends[1u << INDEX_LOW_BITS] = {0}; /* first where each begins, then where it ends */
    const uint64_t run = writer->next_id_run++;
    if (!room(writer, (size_t)(young->count + 1u) * ID_SIZE)) {
        return false;
    }
    for (uint32_t i = 0; i < INDEX_YOUNG_SLOTS; i++) {
        const index_slot_t *slot = &young->slots[i];
        ends[index_ids_bucket(0, slot->hash)] += slot->sequence_plus_1 != 0;
    }
    for (uint32_t i = 0, sum = 0; i < buckets; i++) {
        const uint32_t count = ends[i];
        ends[i] = sum;
        sum += count;
    }
    for (uint32_t i = 0; i < INDEX_YOUNG_SLOTS; i++) {
        const index_slot_t *slot = &young->slots[i];
        if (slot->sequence_plus_1 != 0) {
            uint32_t *end = &ends[index_ids_bucket(0, slot->hash)];
            id_put(writer->bucket + (size_t)ID_SIZE * (*end)++, slot->hash,
                   slot->sequence_plus_1 - 1u);
        }
    }
    for (uint32_t i = 0, begin = 0; i < buckets; begin = ends[i++]) {
        if (!put_bucket(writer, run, i, writer->bucket + (size_t)ID_SIZE * begin,
                        (size_t)ID_SIZE * (ends[i] - begin))) {
            return false;
        }
    }
    writer->may_merge = true;
    return put_run(writer, run, 0, young->end);
}

/* ---- merging -----------------------------------------------------------------------------------
 */

static bool set_level(index_writer_t *writer, uint64_t run, int64_t level)
{
    sqlite3_stmt *statement = writer->statements[PUT_LEVEL];
    index_bind_integer(statement, 1, run);
    sqlite3_bind_int64(statement, 2, level);
    return index_put(writer, PUT_LEVEL);
}

/* The oldest runs of a level; returns how many, INDEX_FAN at most. */
static uint32_t runs_of_level(index_writer_t *writer, index_merge_t *merge, int64_t level)
{
    sqlite3_stmt *statement = writer->statements[PUT_OF_LEVEL];
    uint32_t count = 0;
    sqlite3_bind_int64(statement, 1, level);
    while (count < INDEX_FAN && sqlite3_step(statement) == SQLITE_ROW) {
        merge->from[count++] = (uint64_t)sqlite3_column_int64(statement, 0);
        merge->end = (uint64_t)sqlite3_column_int64(statement, 1);
    }
    sqlite3_reset(statement);
    return count;
}

static bool merge_begin(index_writer_t *writer)
{
    index_merge_t *merge = &writer->merge;
    for (int64_t level = 0; level < (int64_t)INDEX_LEVEL_MAX; level++) {
        if (runs_of_level(writer, merge, level) == INDEX_FAN) {
            merge->is_active = true;
            merge->level = level;
            merge->next_bucket = 0;
            merge->to = writer->next_id_run++;
            return put_run(writer, merge->to, INDEX_MAKING, merge->end);
        }
    }
    writer->may_merge = false;
    return true;
}

/* All that stands in a bucket of the runs to be merged, into the first half of the work space. */
static bool merge_read(index_writer_t *writer, size_t *size)
{
    const index_merge_t *merge = &writer->merge;
    sqlite3_stmt *statement = writer->statements[PUT_IDS_READ];
    *size = 0;
    for (uint32_t i = 0; i < INDEX_FAN; i++) {
        sqlite3_bind_int64(statement, 1, index_ids_key(merge->from[i], merge->next_bucket));
        if (sqlite3_step(statement) == SQLITE_ROW) {
            const void *ids = sqlite3_column_blob(statement, 0);
            const size_t more = (size_t)sqlite3_column_bytes(statement, 0);
            if (*size + more > writer->bucket_capacity / 2u) {
                sqlite3_reset(statement);
                return false;
            }
            if (more > 0) {
                memcpy(writer->bucket + *size, ids, more);
            }
            *size += more / ID_SIZE * ID_SIZE;
        }
        sqlite3_reset(statement);
    }
    return true;
}

static bool merge_bucket(index_writer_t *writer)
{
    index_merge_t *merge = &writer->merge;
    const uint64_t level = (uint64_t)merge->level + 1u;
    const uint64_t first = merge->next_bucket << INDEX_FAN_BITS;
    size_t size = 0;
    /* Hashes spread evenly: a bucket of many times the usual size is none that was written here. */
    if (!room(writer, (size_t)1 << 20) || !merge_read(writer, &size)) {
        return false;
    }
    uint8_t *dealt = writer->bucket + writer->bucket_capacity / 2u;
    for (uint64_t i = 0; i < INDEX_FAN; i++) {
        size_t used = 0;
        for (size_t at = 0; at < size; at += ID_SIZE) {
            const uint64_t hash = dure_get_u64(writer->bucket + at);
            if (index_ids_bucket(level, hash) == first + i) {
                memcpy(dealt + used, writer->bucket + at, ID_SIZE);
                used += ID_SIZE;
            }
        }
        if (!put_bucket(writer, merge->to, first + i, dealt, used)) {
            return false;
        }
    }
    merge->next_bucket++;
    if (merge->next_bucket >> bits_of((uint64_t)merge->level) == 0) {
        return true;
    }
    merge->is_active = false;
    writer->has_garbage = true;
    bool done = set_level(writer, merge->to, merge->level + 1);
    for (uint32_t i = 0; i < INDEX_FAN && done; i++) {
        done = set_level(writer, merge->from[i], INDEX_GARBAGE);
    }
    return done;
}

/* Takes away some rows of what was merged. */
static bool take_away(index_writer_t *writer)
{
    index_merge_t found;
    if (runs_of_level(writer, &found, INDEX_GARBAGE) == 0) {
        writer->has_garbage = false;
        return true;
    }
    sqlite3_stmt *statement = writer->statements[PUT_IDS_GONE];
    sqlite3_bind_int64(statement, 1, index_ids_key(found.from[0], 0));
    sqlite3_bind_int64(statement, 2, index_ids_key(found.from[0] + 1u, 0));
    sqlite3_bind_int64(statement, 3, GARBAGE_ROWS);
    if (!index_put(writer, PUT_IDS_GONE)) {
        return false;
    }
    if (sqlite3_changes(writer->database) > 0) {
        return true;
    }
    index_bind_integer(writer->statements[PUT_ID_RUN_GONE], 1, found.from[0]);
    return index_put(writer, PUT_ID_RUN_GONE);
}

bool index_ids_merge(index_writer_t *writer, uint64_t steps)
{
    bool done = true;
    for (; steps > 0 && done; steps--) {
        if (writer->merge.is_active) {
            done = merge_bucket(writer);
        } else if (writer->has_garbage) {
            done = take_away(writer);
        } else if (writer->may_merge) {
            done = merge_begin(writer);
        } else {
            break;
        }
    }
    return done;
}

bool index_ids_begin(index_writer_t *writer)
{
    sqlite3_stmt *statement = writer->statements[PUT_LAST_ID_RUN];
    const bool has_row = sqlite3_step(statement) == SQLITE_ROW;
    writer->next_id_run = has_row ? (uint64_t)sqlite3_column_int64(statement, 0) + 1u : 1u;
    sqlite3_reset(statement);
    memset(&writer->merge, 0, sizeof writer->merge);
    writer->may_merge = writer->has_garbage = true;
    return has_row &&
           sqlite3_exec(writer->database, "UPDATE id_run SET level = -2 WHERE level = -1", NULL,
                        NULL, NULL) == SQLITE_OK;
}

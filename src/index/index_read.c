/* index_read: finding a transaction, and proving what was found before it is given out. */
#include "index/index_private.h"

#include <stdlib.h>
#include <string.h>

bool index_column_raw(sqlite3_stmt *statement, int column, void *out, size_t size)
{
    const void *data = sqlite3_column_blob(statement, column);
    if (data == NULL || (size_t)sqlite3_column_bytes(statement, column) != size) {
        return false;
    }
    memcpy(out, data, size);
    return true;
}

/* ---- what is on its way, and what is in the file -----------------------------------------------
 */

static const index_job_t *job_of_height(const dure_index_t *index, uint64_t height)
{
    const index_job_t *job = index->jobs;
    while (job != NULL && job->row.block.height != height) {
        job = job->next;
    }
    return job;
}

static const index_job_t *job_of_sequence(const dure_index_t *index, uint64_t sequence)
{
    const index_job_t *job = index->jobs;
    while (job != NULL && sequence - job->row.first_sequence >= job->row.block.count) {
        job = job->next;
    }
    return job;
}

static bool read_block_row(sqlite3_stmt *statement, index_block_t *block)
{
    uint8_t header[DURE_BLOCK_HEADER_SIZE];
    block->first_sequence = (uint64_t)sqlite3_column_int64(statement, 3);
    block->range_count = (uint64_t)sqlite3_column_int64(statement, 4);
    if (!index_column_raw(statement, 0, block->block.hash.bytes, sizeof block->block.hash.bytes) ||
        !index_column_raw(statement, 1, header, sizeof header) ||
        !index_column_raw(statement, 2, block->ledger_root.bytes,
                          sizeof block->ledger_root.bytes)) {
        return false;
    }
    dure_reader_t reader = dure_reader(dure_bytes(header, sizeof header));
    dure_block_header_decode(&reader, &block->header);
    /* Without runs: the block behind which the index begins. */
    const uint32_t count = sqlite3_column_bytes(statement, 5) > 0 ? block->header.tx_count : 0;
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_BLOCK, header, sizeof header);
    block->block.time = block->header.time;
    block->block.count = count;
    return dure_reader_end(&reader) && dure_hash_equal(&hash, &block->block.hash) &&
           block->header.height == block->block.height && count <= DURE_BLOCK_TXS_MAX &&
           (count == 0 || index_column_raw(statement, 5, block->runs,
                                           index_runs_of(count) * sizeof *block->runs));
}

bool index_block_get(dure_index_t *index, const index_block_t **block, uint64_t height)
{
    const index_job_t *job = job_of_height(index, height);
    if (job != NULL) {
        *block = &job->row;
        return true;
    }
    *block = &index->block;
    if (index->block.block.height == height && height != 0) {
        return true;
    }
    sqlite3_stmt *statement = index->gets[GET_BLOCK];
    memset(&index->block, 0, sizeof index->block);
    index->block.block.height = height;
    sqlite3_bind_int64(statement, 1, (int64_t)height);
    bool ok = sqlite3_step(statement) == SQLITE_ROW && read_block_row(statement, &index->block);
    sqlite3_reset(statement);
    index->block.block.height = ok ? height : 0;
    return ok;
}

bool index_range_node(dure_index_t *index, dure_hash_t *hash, uint32_t level, uint64_t place)
{
    for (const index_job_t *job = index->jobs; job != NULL; job = job->next) {
        for (uint32_t i = 0; i < job->node_count; i++) {
            if (job->nodes[i].level == level && job->nodes[i].place == place) {
                *hash = job->nodes[i].hash;
                return true;
            }
        }
    }
    sqlite3_stmt *statement = index->gets[GET_RANGE];
    sqlite3_bind_int64(statement, 1, (int64_t)level);
    sqlite3_bind_int64(statement, 2, (int64_t)place);
    bool ok = sqlite3_step(statement) == SQLITE_ROW &&
              index_column_raw(statement, 0, hash->bytes, sizeof hash->bytes);
    sqlite3_reset(statement);
    return ok;
}

/* ---- runs of effects ---------------------------------------------------------------------------
 */

/* Keeps a copy of a run's bytes, and where its effects are; false if they are no run. */
static bool keep_run(dure_index_t *index, uint64_t first, uint64_t height, dure_bytes_t bytes)
{
    index_run_t *run = &index->run;
    run->count = 0;
    if (bytes.size == 0 || bytes.data[0] == 0 || bytes.data[0] > INDEX_RUN ||
        bytes.size < 1u + (size_t)bytes.data[0] * INDEX_ENTRY_SIZE) {
        return false;
    }
    if (bytes.size > run->capacity) {
        free(run->bytes);
        run->bytes = malloc(2u * bytes.size);
        run->capacity = run->bytes != NULL ? 2u * bytes.size : 0;
        if (run->bytes == NULL) {
            return false;
        }
    }
    memcpy(run->bytes, bytes.data, bytes.size);
    const uint32_t count = bytes.data[0];
    size_t end = 1u + (size_t)count * INDEX_ENTRY_SIZE;
    for (uint32_t i = 0; i < count; i++) {
        const size_t size = dure_get_u32(run->bytes + 1u + (size_t)i * INDEX_ENTRY_SIZE + 2u);
        if (size > bytes.size - end) {
            return false;
        }
        run->begins[i] = end;
        end += size;
    }
    if (end != bytes.size) {
        return false;
    }
    run->first = first;
    run->height = height;
    run->count = count;
    return true;
}

/* The run that a sequence stands in, in index->run. */
static bool read_run(dure_index_t *index, uint64_t sequence)
{
    const index_run_t *run = &index->run;
    if (sequence - run->first < run->count) {
        return true;
    }
    const index_job_t *job = job_of_sequence(index, sequence);
    if (job != NULL) {
        const uint32_t i = (uint32_t)(sequence - job->row.first_sequence) / INDEX_RUN;
        const uint32_t begin = i == 0 ? 0 : job->ends[i - 1u];
        return keep_run(index, job->row.first_sequence + (uint64_t)i * INDEX_RUN,
                        job->row.block.height,
                        dure_bytes(job->bytes + begin, job->ends[i] - begin));
    }
    sqlite3_stmt *statement = index->gets[GET_RUN];
    sqlite3_bind_int64(statement, 1, (int64_t)sequence);
    bool ok = sqlite3_step(statement) == SQLITE_ROW &&
              keep_run(index, (uint64_t)sqlite3_column_int64(statement, 0),
                       (uint64_t)sqlite3_column_int64(statement, 1),
                       dure_bytes(sqlite3_column_blob(statement, 2),
                                  (size_t)sqlite3_column_bytes(statement, 2)));
    sqlite3_reset(statement);
    return ok && sequence - run->first < run->count;
}

/* An effect of the run in index->run. */
typedef struct {
    uint64_t height;
    uint32_t place;
    uint16_t code;
    dure_bytes_t effect; /* in index->effect */
    dure_blind_t blind;
    dure_hash_t leaf, tx;
    dure_tx_id_t id;
} effect_row_t;

static bool read_effect(dure_index_t *index, effect_row_t *row, uint64_t sequence)
{
    if (!read_run(index, sequence)) {
        return false;
    }
    const index_run_t *run = &index->run;
    const uint32_t i = (uint32_t)(sequence - run->first);
    const uint8_t *entry = run->bytes + 1u + (size_t)i * INDEX_ENTRY_SIZE;
    const size_t size = dure_get_u32(entry + 2);
    if (size > sizeof index->effect) {
        return false;
    }
    memset(row, 0, sizeof *row);
    row->height = run->height;
    row->code = dure_get_u16(entry);
    memcpy(row->blind.bytes, entry + 6, sizeof row->blind.bytes);
    memcpy(row->leaf.bytes, entry + 22, sizeof row->leaf.bytes);
    if (size > 0) {
        memcpy(index->effect, run->bytes + run->begins[i], size);
    }
    row->effect = dure_bytes(index->effect, size);
    return true;
}

bool index_young_fill(dure_index_t *index)
{
    enum { ID_AT = 1u + sizeof(dure_hash_t) }; /* behind an effect's version and hash */
    sqlite3_stmt *statement = index->gets[GET_ID_END];
    bool ok = sqlite3_step(statement) == SQLITE_ROW;
    const int64_t from = ok ? sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    statement = index->gets[GET_RUNS_FROM];
    sqlite3_bind_int64(statement, 1, from);
    while (ok && sqlite3_step(statement) == SQLITE_ROW) {
        ok = keep_run(index, (uint64_t)sqlite3_column_int64(statement, 0),
                      (uint64_t)sqlite3_column_int64(statement, 1),
                      dure_bytes(sqlite3_column_blob(statement, 2),
                                 (size_t)sqlite3_column_bytes(statement, 2)));
        for (uint32_t i = 0; ok && i < index->run.count; i++) {
            effect_row_t row;
            dure_tx_id_t id;
            if (!read_effect(index, &row, index->run.first + i) ||
                !dure_result_is_final(row.code) || row.effect.size < ID_AT) {
                continue;
            }
            dure_reader_t reader =
                dure_reader(dure_bytes(row.effect.data + ID_AT, row.effect.size - ID_AT));
            dure_tx_id_decode(&reader, &id);
            index_young_add(index->young, index_id_hash(index, &id), index->run.first + i);
        }
    }
    sqlite3_reset(statement);
    index->young->end = index->sequence;
    return ok;
}

/* ---- proofs ------------------------------------------------------------------------------------
 */

/* How many leaves are in the run of a place. */
static uint32_t run_size(const index_block_t *block, uint32_t place)
{
    const uint32_t left = block->block.count - place / INDEX_RUN * INDEX_RUN;
    return left < INDEX_RUN ? left : INDEX_RUN;
}

/* The leaves of the run of a place into index->leaves; false if there are not as many. */
static bool read_leaves(dure_index_t *index, const index_block_t *block, uint32_t place)
{
    const uint64_t first = block->first_sequence + place / INDEX_RUN * INDEX_RUN;
    const index_run_t *run = &index->run;
    if (!read_run(index, first) || run->first != first || run->count != run_size(block, place)) {
        return false;
    }
    for (uint32_t i = 0; i < run->count; i++) {
        memcpy(index->leaves[i].bytes, run->bytes + 1u + (size_t)i * INDEX_ENTRY_SIZE + 22u,
               sizeof index->leaves[i].bytes);
    }
    return true;
}

static bool is_verified(const dure_index_t *index, uint64_t run)
{
    for (uint32_t i = 0; i < INDEX_VERIFIED; i++) {
        if (index->verified[i] == run) {
            return true;
        }
    }
    return false;
}

/* What a header names: the root of the list of leaves, bound to their count. */
static void effects_root(dure_index_t *index, dure_hash_t *root, const index_block_t *block)
{
    const uint32_t runs = index_runs_of(block->block.count);
    uint8_t content[4 + sizeof(dure_hash_t)];
    memcpy(index->scratch, block->runs, runs * sizeof *index->scratch);
    dure_list_root(root, DURE_TAG_EFFECT_NODE, index->scratch, runs);
    dure_put_u32(content, block->block.count);
    memcpy(content + 4, root->bytes, sizeof root->bytes);
    dure_hash(root, DURE_TAG_EFFECT_ROOT, content, sizeof content);
}

/* True if the leaves kept for the run of a place make its root, and the roots of the block's runs
   the effects root that its header names. */
static bool leaves_hold(dure_index_t *index, const index_block_t *block, uint32_t place)
{
    const uint64_t run = block->first_sequence + place / INDEX_RUN * INDEX_RUN + 1u;
    if (is_verified(index, run)) {
        return true;
    }
    dure_hash_t root;
    effects_root(index, &root, block);
    if (!dure_hash_equal(&root, &block->header.effects_root) || !read_leaves(index, block, place)) {
        return false;
    }
    dure_list_root(&root, DURE_TAG_EFFECT_NODE, index->leaves, run_size(block, place));
    if (!dure_hash_equal(&root, &block->runs[place / INDEX_RUN])) {
        return false;
    }
    index->verified[index->verified_next] = run;
    index->verified_next = (index->verified_next + 1) % INDEX_VERIFIED;
    return true;
}

static bool leaf_holds(const effect_row_t *row)
{
    dure_hash_t leaf;
    dure_effect_leaf(&leaf, &row->blind, row->effect);
    return dure_hash_equal(&leaf, &row->leaf);
}

typedef enum {
    FOUND,     /* and it holds */
    ANOTHER,   /* another transaction's, of the same hash */
    NOT_PROVED /* what is kept is not what the block's effects root proves */
} found_t;

/* Looks at what is kept under a sequence. */
static found_t look_at(dure_index_t *index, effect_row_t *row, const index_block_t **block,
                       const dure_tx_id_t *id, uint64_t sequence)
{
    dure_effect_t *effect = &index->decoded;
    if (!read_effect(index, row, sequence) || !index_block_get(index, block, row->height) ||
        sequence - (*block)->first_sequence >= (*block)->block.count) {
        return NOT_PROVED;
    }
    row->place = (uint32_t)(sequence - (*block)->first_sequence);
    dure_reader_t reader = dure_reader(row->effect);
    dure_effect_decode(&reader, effect);
    if (!dure_reader_end(&reader) || effect->code != row->code || !leaf_holds(row) ||
        !leaves_hold(index, *block, row->place)) {
        return NOT_PROVED;
    }
    row->tx = effect->tx;
    return effect->id.party == id->party && effect->id.lane == id->lane &&
                   effect->id.number == id->number
               ? FOUND
               : ANOTHER;
}

/* What is being looked for. */
typedef struct {
    dure_index_t *index;
    const dure_tx_id_t *id;
    uint64_t hash;
    effect_row_t *row;
    const index_block_t **block;
    bool has_unproved;
} search_t;

static bool is_it(search_t *search, uint64_t sequence)
{
    const found_t found = look_at(search->index, search->row, search->block, search->id, sequence);
    search->has_unproved = search->has_unproved || found == NOT_PROVED;
    return found == FOUND;
}

static bool search_young(search_t *search, const index_young_t *young)
{
    uint64_t sequence = 0;
    uint32_t cursor = 0;
    while (index_young_next(young, &sequence, search->hash, &cursor)) {
        if (is_it(search, sequence)) {
            return true;
        }
    }
    return false;
}

static bool search_bucket(search_t *search, uint64_t run, uint64_t level)
{
    sqlite3_stmt *statement = search->index->gets[GET_IDS];
    sqlite3_bind_int64(statement, 1, index_ids_key(run, index_ids_bucket(level, search->hash)));
    bool found = false;
    if (sqlite3_step(statement) == SQLITE_ROW) {
        const dure_bytes_t bucket = dure_bytes(sqlite3_column_blob(statement, 0),
                                               (size_t)sqlite3_column_bytes(statement, 0));
        uint64_t sequence = 0;
        size_t cursor = 0;
        while (!found && index_bucket_next(bucket, &sequence, search->hash, &cursor)) {
            found = is_it(search, sequence);
        }
    }
    sqlite3_reset(statement);
    return found;
}

/* All in one view of the file: rows of ids are merged meanwhile. */
static bool search_file(search_t *search)
{
    dure_index_t *index = search->index;
    sqlite3_stmt *statement = index->gets[GET_ID_RUNS];
    (void)sqlite3_step(index->gets[GET_BEGIN]);
    (void)sqlite3_reset(index->gets[GET_BEGIN]);
    bool found = false;
    while (!found && sqlite3_step(statement) == SQLITE_ROW) {
        const int64_t level = sqlite3_column_int64(statement, 1);
        found =
            level <= (int64_t)INDEX_LEVEL_MAX &&
            search_bucket(search, (uint64_t)sqlite3_column_int64(statement, 0), (uint64_t)level);
    }
    sqlite3_reset(statement);
    (void)sqlite3_step(index->gets[GET_END]);
    (void)sqlite3_reset(index->gets[GET_END]);
    return found;
}

/* Finds and proves, the latest first; what is found and does not hold is counted. */
static bool find_proved(dure_index_t *index, effect_row_t *row, const index_block_t **block,
                        const dure_tx_id_t *id)
{
    search_t search = {
        .index = index, .id = id, .hash = index_id_hash(index, id), .row = row, .block = block};
    bool found = search_young(&search, index->young);
    for (const index_job_t *job = index->jobs; job != NULL && !found; job = job->next) {
        found = job->young != NULL && search_young(&search, job->young);
    }
    found = found || search_file(&search);
    index->counts.refused += !found && search.has_unproved;
    return found;
}

static dure_answer_t answer_of(const effect_row_t *row)
{
    return (dure_answer_t){.code = row->code,
                           .recorded = true,
                           .height = row->height,
                           .index = row->place,
                           .effect = row->effect};
}

bool dure_index_answer(dure_index_t *index, dure_answer_t *answer, dure_hash_t *tx,
                       dure_blind_t *blind, const dure_tx_id_t *id)
{
    effect_row_t row;
    const index_block_t *block = NULL;
    if (!find_proved(index, &row, &block, id)) {
        return false;
    }
    *answer = answer_of(&row);
    if (tx != NULL) {
        *tx = row.tx;
    }
    if (blind != NULL) {
        *blind = row.blind;
    }
    return true;
}

bool dure_index_block(dure_index_t *index, dure_index_block_t *block, uint64_t height)
{
    const index_block_t *row = NULL;
    if (height <= index->begin || !index_block_get(index, &row, height)) {
        return false;
    }
    *block = row->block;
    return true;
}

bool dure_index_effect(dure_index_t *index, dure_answer_t *answer, uint64_t height, uint32_t place)
{
    const index_block_t *block = NULL;
    effect_row_t row;
    if (!index_block_get(index, &block, height) || place >= block->block.count) {
        return false;
    }
    if (!read_effect(index, &row, block->first_sequence + place) || row.height != height ||
        !leaf_holds(&row) || !leaves_hold(index, block, place)) {
        index->counts.refused++;
        return false;
    }
    row.place = place;
    *answer = answer_of(&row);
    return true;
}

/* ---- receipts -------------------------------------------------------------------------------- */

/* The path of the range's leaf `place` within its mountain, and all peaks. */
static bool prove_range(dure_index_t *index, dure_range_proof_t *proof, uint64_t count,
                        uint64_t leaf)
{
    memset(proof, 0, sizeof *proof);
    proof->index = leaf;
    proof->count = count;
    uint64_t before = 0; /* leaves of the mountains to the left */
    for (uint32_t level = 63; level < 64; level--) {
        if ((count >> level & 1) == 0) {
            continue;
        }
        uint64_t size = UINT64_C(1) << level;
        if (!index_range_node(index, &proof->peaks[proof->peak_count++], level, before >> level)) {
            return false;
        }
        if (leaf >= before && leaf - before < size) {
            proof->sibling_count = (uint8_t)level;
            for (uint32_t below = 0; below < level; below++) {
                if (!index_range_node(index, &proof->siblings[below], below, (leaf >> below) ^ 1)) {
                    return false;
                }
            }
        }
        before += size;
    }
    return true;
}

bool dure_index_prove(dure_index_t *index, dure_witness_t *witness, const dure_tx_id_t *id)
{
    effect_row_t row;
    const index_block_t *block = NULL;
    if (!find_proved(index, &row, &block, id)) {
        return false;
    }
    if (!read_leaves(index, block, row.place)) {
        index->counts.refused++;
        return false;
    }
    witness->effect = row.effect;
    witness->blind = row.blind;
    witness->height = row.height;
    witness->index = row.place;
    witness->count = block->block.count;
    witness->sibling_count =
        dure_list_prove(witness->siblings, DURE_TAG_EFFECT_NODE, index->leaves,
                        run_size(block, row.place), row.place % INDEX_RUN, index->scratch);
    /* Pairing by pairing the leaves of a run become its root: above stands a list of the roots. */
    dure_hash_t above[DURE_LIST_DEPTH_MAX];
    const uint32_t more =
        dure_list_prove(above, DURE_TAG_EFFECT_NODE, block->runs, index_runs_of(block->block.count),
                        row.place / INDEX_RUN, index->scratch);
    DURE_ASSERT(witness->sibling_count + more <= DURE_LIST_DEPTH_MAX);
    memcpy(witness->siblings + witness->sibling_count, above, more * sizeof *above);
    witness->sibling_count += more;
    memset(&witness->range, 0, sizeof witness->range);
    witness->range.index = block->range_count - 1;
    return true;
}

bool dure_index_receipt(dure_index_t *index, dure_receipt_t *receipt, const dure_tx_id_t *id)
{
    dure_witness_t *witness = &receipt->witness;
    const index_block_t *last = NULL;
    if (!dure_index_prove(index, witness, id)) {
        return false;
    }
    if (!index_block_get(index, &last, index->height) ||
        !prove_range(index, &witness->range, last->range_count, witness->range.index)) {
        index->counts.refused++;
        return false;
    }
    receipt->ledger_root = last->ledger_root;
    receipt->header = last->header;
    dure_hash_t hash;
    if (dure_receipt_check(receipt, &hash) != NULL || !dure_hash_equal(&hash, &last->block.hash)) {
        index->counts.refused++;
        return false;
    }
    return true;
}

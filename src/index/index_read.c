/* index_read: finding a transaction, and proving what was found before it is given out. */
#include "index/index_private.h"

#include <string.h>

/* Fills a fixed-size field; false if the column has another size. */
static bool column_raw(sqlite3_stmt *statement, int column, void *out, size_t size)
{
    const void *data = sqlite3_column_blob(statement, column);
    if (data == NULL || (size_t)sqlite3_column_bytes(statement, column) != size) {
        return false;
    }
    memcpy(out, data, size);
    return true;
}

static bool read_block_row(sqlite3_stmt *statement, index_block_t *block)
{
    uint8_t header[DURE_BLOCK_HEADER_SIZE];
    block->block.time = (uint64_t)sqlite3_column_int64(statement, 0);
    block->first_sequence = (uint64_t)sqlite3_column_int64(statement, 4);
    block->block.count = (uint32_t)sqlite3_column_int64(statement, 5);
    block->range_count = (uint64_t)sqlite3_column_int64(statement, 6);
    if (!column_raw(statement, 1, block->block.hash.bytes, sizeof block->block.hash.bytes) ||
        !column_raw(statement, 2, header, sizeof header) ||
        !column_raw(statement, 3, block->ledger_root.bytes, sizeof block->ledger_root.bytes) ||
        block->block.count > DURE_BLOCK_TXS_MAX ||
        (block->block.count > 0 &&
         !column_raw(statement, 7, block->runs,
                     index_runs_of(block->block.count) * sizeof *block->runs))) {
        return false;
    }
    dure_reader_t reader = dure_reader(dure_bytes(header, sizeof header));
    dure_block_header_decode(&reader, &block->header);
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_BLOCK, header, sizeof header);
    return dure_reader_end(&reader) && dure_hash_equal(&hash, &block->block.hash) &&
           block->header.height == block->block.height &&
           block->header.tx_count == block->block.count;
}

bool index_block_get(dure_index_t *index, index_block_t *block, uint64_t height)
{
    sqlite3_stmt *statement = index->statements[STATEMENT_BLOCK_GET];
    memset(block, 0, sizeof *block);
    block->block.height = height;
    sqlite3_bind_int64(statement, 1, (int64_t)height);
    bool ok = sqlite3_step(statement) == SQLITE_ROW && read_block_row(statement, block);
    sqlite3_reset(statement);
    return ok;
}

bool index_range_node(dure_index_t *index, dure_hash_t *hash, uint32_t level, uint64_t place)
{
    sqlite3_stmt *statement = index->statements[STATEMENT_RANGE_GET];
    sqlite3_bind_int64(statement, 1, (int64_t)level);
    sqlite3_bind_int64(statement, 2, (int64_t)place);
    bool ok = sqlite3_step(statement) == SQLITE_ROW &&
              column_raw(statement, 0, hash->bytes, sizeof hash->bytes);
    sqlite3_reset(statement);
    return ok;
}

/* ---- an effect and its proof ----------------------------------------------------------------- */

typedef struct {
    uint64_t height;
    uint32_t place;
    uint16_t code;
    bool is_final;
    dure_bytes_t effect; /* in index->effect */
    dure_blind_t blind;
    dure_hash_t leaf, tx;
} effect_row_t;

static bool read_effect(dure_index_t *index, effect_row_t *row, uint64_t sequence)
{
    sqlite3_stmt *statement = index->statements[STATEMENT_EFFECT_BY_SEQUENCE];
    sqlite3_bind_int64(statement, 1, (int64_t)sequence);
    bool ok = sqlite3_step(statement) == SQLITE_ROW;
    if (ok) {
        row->height = (uint64_t)sqlite3_column_int64(statement, 0);
        row->place = (uint32_t)sqlite3_column_int64(statement, 1);
        row->code = (uint16_t)sqlite3_column_int(statement, 2);
        row->is_final = sqlite3_column_int(statement, 3) != 0;
        size_t size = (size_t)sqlite3_column_bytes(statement, 4);
        ok = size <= sizeof index->effect &&
             column_raw(statement, 5, row->blind.bytes, sizeof row->blind.bytes) &&
             column_raw(statement, 6, row->leaf.bytes, sizeof row->leaf.bytes) &&
             column_raw(statement, 7, row->tx.bytes, sizeof row->tx.bytes);
        if (ok && size > 0) {
            memcpy(index->effect, sqlite3_column_blob(statement, 4), size);
        }
        row->effect = dure_bytes(index->effect, ok ? size : 0);
    }
    sqlite3_reset(statement);
    return ok;
}

/* How many leaves are in the run of a place. */
static uint32_t run_size(const index_block_t *block, uint32_t place)
{
    const uint32_t left = block->block.count - place / INDEX_RUN * INDEX_RUN;
    return left < INDEX_RUN ? left : INDEX_RUN;
}

static uint64_t run_first(const index_block_t *block, uint32_t place)
{
    return block->first_sequence + place / INDEX_RUN * INDEX_RUN;
}

/* The leaves of the run of a place into index->leaves; false if there are not as many. */
static bool read_run(dure_index_t *index, const index_block_t *block, uint32_t place)
{
    sqlite3_stmt *statement = index->statements[STATEMENT_LEAVES];
    const uint64_t first = run_first(block, place);
    const uint32_t wanted = run_size(block, place);
    sqlite3_bind_int64(statement, 1, (int64_t)first);
    sqlite3_bind_int64(statement, 2, (int64_t)(first + wanted));
    uint32_t count = 0;
    while (count < wanted && sqlite3_step(statement) == SQLITE_ROW &&
           column_raw(statement, 0, index->leaves[count].bytes, sizeof(dure_hash_t))) {
        count++;
    }
    sqlite3_reset(statement);
    return count == wanted;
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
    const uint64_t run = run_first(block, place) + 1u;
    if (is_verified(index, run)) {
        return true;
    }
    dure_hash_t root;
    effects_root(index, &root, block);
    if (!dure_hash_equal(&root, &block->header.effects_root) || !read_run(index, block, place)) {
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

/* The effect says of itself what the row says of it; one that could not be decoded says nothing. */
static bool effect_fits(const effect_row_t *row, const dure_tx_id_t *id)
{
    dure_effect_t effect;
    dure_reader_t reader = dure_reader(row->effect);
    dure_effect_decode(&reader, &effect);
    return dure_reader_end(&reader) && effect.code == row->code &&
           dure_hash_equal(&effect.tx, &row->tx) && effect.id.party == id->party &&
           effect.id.lane == id->lane && effect.id.number == id->number;
}

static bool find(dure_index_t *index, uint64_t *sequence, const dure_tx_id_t *id)
{
    sqlite3_stmt *statement = index->statements[STATEMENT_EFFECT_BY_ID];
    sqlite3_bind_int64(statement, 1, (int64_t)id->party);
    sqlite3_bind_int64(statement, 2, (int64_t)id->lane);
    sqlite3_bind_int64(statement, 3, (int64_t)id->number);
    bool found = sqlite3_step(statement) == SQLITE_ROW;
    *sequence = found ? (uint64_t)sqlite3_column_int64(statement, 0) : 0;
    sqlite3_reset(statement);
    return found;
}

/* Finds and proves; what is found and does not hold is counted. */
static bool find_proved(dure_index_t *index, effect_row_t *row, index_block_t *block,
                        const dure_tx_id_t *id)
{
    uint64_t sequence = 0;
    if (!find(index, &sequence, id)) {
        return false;
    }
    if (read_effect(index, row, sequence) && index_block_get(index, block, row->height) &&
        row->place < block->block.count && block->first_sequence + row->place == sequence &&
        effect_fits(row, id) && leaf_holds(row) && leaves_hold(index, block, row->place)) {
        return true;
    }
    index->counts.refused++;
    return false;
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
    index_block_t block;
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
    index_block_t row;
    if (!index_block_get(index, &row, height)) {
        return false;
    }
    *block = row.block;
    return true;
}

bool dure_index_effect(dure_index_t *index, dure_answer_t *answer, uint64_t height, uint32_t place)
{
    index_block_t block;
    effect_row_t row;
    if (!index_block_get(index, &block, height) || place >= block.block.count) {
        return false;
    }
    if (!read_effect(index, &row, block.first_sequence + place) || row.height != height ||
        row.place != place || !leaf_holds(&row) || !leaves_hold(index, &block, place)) {
        index->counts.refused++;
        return false;
    }
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
    index_block_t block;
    if (!find_proved(index, &row, &block, id)) {
        return false;
    }
    if (!read_run(index, &block, row.place)) {
        index->counts.refused++;
        return false;
    }
    witness->effect = row.effect;
    witness->blind = row.blind;
    witness->height = row.height;
    witness->index = row.place;
    witness->count = block.block.count;
    witness->sibling_count =
        dure_list_prove(witness->siblings, DURE_TAG_EFFECT_NODE, index->leaves,
                        run_size(&block, row.place), row.place % INDEX_RUN, index->scratch);
    /* Pairing by pairing the leaves of a run become its root: above stands a list of the roots. */
    dure_hash_t above[DURE_LIST_DEPTH_MAX];
    const uint32_t more =
        dure_list_prove(above, DURE_TAG_EFFECT_NODE, block.runs, index_runs_of(block.block.count),
                        row.place / INDEX_RUN, index->scratch);
    DURE_ASSERT(witness->sibling_count + more <= DURE_LIST_DEPTH_MAX);
    memcpy(witness->siblings + witness->sibling_count, above, more * sizeof *above);
    witness->sibling_count += more;
    memset(&witness->range, 0, sizeof witness->range);
    witness->range.index = block.range_count - 1;
    return true;
}

bool dure_index_receipt(dure_index_t *index, dure_receipt_t *receipt, const dure_tx_id_t *id)
{
    dure_witness_t *witness = &receipt->witness;
    index_block_t last;
    if (!dure_index_prove(index, witness, id)) {
        return false;
    }
    if (!index_block_get(index, &last, index->height) ||
        !prove_range(index, &witness->range, last.range_count, witness->range.index)) {
        index->counts.refused++;
        return false;
    }
    receipt->ledger_root = last.ledger_root;
    receipt->header = last.header;
    dure_hash_t hash;
    if (dure_receipt_check(receipt, &hash) != NULL || !dure_hash_equal(&hash, &last.block.hash)) {
        index->counts.refused++;
        return false;
    }
    return true;
}

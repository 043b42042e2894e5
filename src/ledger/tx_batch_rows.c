/* batch_rows: one chunk of an approved batch is carried out.  Order of refusals: the signer's role,
   the batch, its city, the days, whether the chunk is done, its rows and their path to the approved
   root, the fund's mode, the program's account, room for the whole chunk.

   Then each row stands for itself.  A row of a grant: the receiver, its kind and city, whether it
   may receive, the program, what is left of the approved total, a place in the wallet.  A row of a
   recall: the holder, its kind and city, then each of its granted and reward lots of the fund,
   ascending by number, under the program that governs the lot; what is left of the total.  What
   became of each row stands in the effect; a refused row changes nothing. */
#include "ledger/ledger_private.h"

#define VERSIONS_MAX DURE_FUND_VERSIONS_MAX

/* What a batch is about; also of a dry run, which knows no batch. */
typedef struct {
    uint32_t fund;
    uint8_t city; /* index */
    uint8_t version;
    dure_amount_t left; /* of the approved total */
} scope_t;

/* What one lot would give back. */
typedef struct {
    uint32_t cell;
    dure_amount_t amount;
} taken_t;

/* One row, decided. */
typedef struct {
    uint32_t party;
    dure_amount_t amount;
    bool merges;
    dure_name_t rule; /* that refused */
    tally_t tally;
    uint32_t taken_count;
    taken_t taken[PARTY_PLACES_MAX];
} row_plan_t;

/* ---- one row */
static dure_result_t party_of(const dure_ledger_t *ledger, const scope_t *scope, uint64_t number,
                              row_plan_t *plan)
{
    plan->party = ledger_party_find(ledger, number);
    if (plan->party == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *party = party_at(ledger, plan->party);
    if (!kind_has_lots(party->kind)) {
        return DURE_RESULT_KIND_WRONG;
    }
    return party->city == scope->city ? DURE_RESULT_DONE : DURE_RESULT_OTHER_CITY;
}

/* Asks, and keeps the name of the rule that refuses. */
static dure_result_t row_ask(const dure_ledger_t *ledger, const question_t *question,
                             dure_yak_decision_t *decision, row_plan_t *plan)
{
    dure_yak_value_t values[DURE_YAK_INPUTS_MAX];
    ledger_ask(ledger, question, decision, values);
    if (decision->outcome != DURE_YAK_REFUSED) {
        return DURE_RESULT_DONE;
    }
    if (decision->why == DURE_YAK_WHY_DENY) {
        const dure_yak_program_t *program =
            ledger_program(ledger, question->fund, question->version);
        plan->rule = program->verbs[question->verb].rules[decision->rule].name;
    }
    return ledger_refusal_code(decision);
}

static dure_result_t grant_ask(const dure_ledger_t *ledger, const scope_t *scope,
                               const dure_batch_row_t *row, row_plan_t *plan)
{
    question_t question =
        ledger_question(scope->fund, scope->version, DURE_VERB_GRANT, row->amount);
    question.roles[DURE_ROLE_RECEIVER] = plan->party;
    question.issue_day = ledger->today;
    dure_yak_decision_t decision;
    const dure_result_t code = row_ask(ledger, &question, &decision, plan);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    /* With fixed gives their sum is the amount, whatever the row says. */
    plan->amount = question.amount = decision.give;
    const dure_result_t added = ledger_tally_add(ledger, &plan->tally, &question, &decision);
    return added != DURE_RESULT_DONE ? added : ledger_tally_check(ledger, &plan->tally);
}

static dure_result_t grant_decide(const dure_ledger_t *ledger, const scope_t *scope,
                                  const dure_batch_row_t *row, row_plan_t *plan)
{
    dure_result_t code = party_of(ledger, scope, row->party, plan);
    code = code != DURE_RESULT_DONE ? code : ledger_may_receive(ledger, plan->party);
    code = code != DURE_RESULT_DONE ? code : grant_ask(ledger, scope, row, plan);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (dure_amount_compare(plan->amount, scope->left) > 0) {
        return DURE_RESULT_BATCH_TOTAL;
    }
    if (!ledger_lot_place(ledger, plan->party, scope->fund, &plan->merges, &code)) {
        return code;
    }
    return DURE_RESULT_DONE;
}

/* Whether one lot may be called back, and the row's tally with it. */
static dure_result_t recall_ask(const dure_ledger_t *ledger, const scope_t *scope, uint32_t cell,
                                dure_amount_t amount, row_plan_t *plan)
{
    const lot_t *lot = lot_at(ledger, cell);
    question_t question =
        ledger_question(scope->fund, ledger_lot_version(ledger, lot), DURE_VERB_RECALL, amount);
    question.roles[DURE_ROLE_HOLDER] = plan->party;
    question.lot = lot;
    question.issue_day = (dure_day_t)lot->issue_day;
    question.tally = &plan->tally;
    dure_yak_decision_t decision;
    const dure_result_t code = row_ask(ledger, &question, &decision, plan);
    return code != DURE_RESULT_DONE ? code
                                    : ledger_tally_add(ledger, &plan->tally, &question, &decision);
}

static dure_result_t recall_decide(const dure_ledger_t *ledger, const scope_t *scope,
                                   const dure_batch_row_t *row, row_plan_t *plan)
{
    const dure_result_t known = party_of(ledger, scope, row->party, plan);
    if (known != DURE_RESULT_DONE) {
        return known;
    }
    dure_amount_t rest =
        dure_amount_is_zero(row->amount) ? dure_amount(DURE_AMOUNT_WON_MAX) : row->amount;
    dure_result_t first = DURE_RESULT_NOT_ENOUGH_MONEY;
    for (uint32_t at = party_at(ledger, plan->party)->holdings;
         at != CELL_NONE && !dure_amount_is_zero(rest); at = lot_at(ledger, at)->next) {
        const lot_t *lot = lot_at(ledger, at);
        if (lot->fund != scope->fund ||
            (lot->origin != DURE_ORIGIN_GRANT && lot->origin != DURE_ORIGIN_REWARD)) {
            continue;
        }
        const dure_amount_t part = dure_amount_min(rest, ledger_lot_left(lot));
        const dure_result_t code = recall_ask(ledger, scope, at, part, plan);
        if (code != DURE_RESULT_DONE) {
            first = first == DURE_RESULT_NOT_ENOUGH_MONEY ? code : first;
            continue;
        }
        DURE_ASSERT(plan->taken_count < PARTY_PLACES_MAX);
        plan->taken[plan->taken_count++] = (taken_t){at, part};
        plan->amount = dure_amount_plus(plan->amount, part);
        rest = dure_amount_minus(rest, part);
    }
    if (plan->taken_count == 0) {
        return first;
    }
    plan->rule = (dure_name_t){{0}};
    return dure_amount_compare(plan->amount, scope->left) > 0
               ? DURE_RESULT_BATCH_TOTAL
               : ledger_tally_check(ledger, &plan->tally);
}

static dure_result_t row_decide(const dure_ledger_t *ledger, const scope_t *scope, uint8_t what,
                                const dure_batch_row_t *row, row_plan_t *plan)
{
    plan->amount = DURE_AMOUNT_ZERO;
    plan->rule = (dure_name_t){{0}};
    plan->tally.count = 0;
    plan->taken_count = 0;
    return what == BATCH_GRANT ? grant_decide(ledger, scope, row, plan)
                               : recall_decide(ledger, scope, row, plan);
}

/* ---- a dry run */
static dure_result_t row_try(const dure_ledger_t *ledger, uint32_t city, uint64_t fund,
                             uint8_t what, const dure_batch_row_t *row, dure_amount_t *amount,
                             dure_name_t *rule)
{
    *amount = DURE_AMOUNT_ZERO;
    *rule = (dure_name_t){{0}};
    const uint32_t index = ledger_fund_find(ledger, fund);
    const uint32_t place = ledger_city_find(ledger, city);
    if (index == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    if (place == CELL_NONE || fund_at(ledger, index)->city != place) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (what == BATCH_GRANT && fund_at(ledger, index)->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    const scope_t scope = {.fund = index,
                           .city = (uint8_t)place,
                           .version = ledger_fund_version(ledger, index),
                           .left = dure_amount(DURE_AMOUNT_WON_MAX)};
    row_plan_t plan;
    const dure_result_t code = row_decide(ledger, &scope, what, row, &plan);
    *rule = plan.rule;
    if (code == DURE_RESULT_DONE) {
        *amount = plan.amount;
    }
    return code;
}

dure_result_t dure_ledger_grant_try(const dure_ledger_t *ledger, uint32_t city, uint64_t fund,
                                    const dure_batch_row_t *row, dure_amount_t *amount,
                                    dure_name_t *rule)
{
    return row_try(ledger, city, fund, BATCH_GRANT, row, amount, rule);
}

dure_result_t dure_ledger_recall_try(const dure_ledger_t *ledger, uint32_t city, uint64_t fund,
                                     const dure_batch_row_t *row, dure_amount_t *amount,
                                     dure_name_t *rule)
{
    return row_try(ledger, city, fund, BATCH_RECALL, row, amount, rule);
}

/* ---- the chunk */
static bool is_done(const batch_t *batch, uint32_t chunk)
{
    return (batch->done[chunk / 64] >> (chunk % 64) & 1) != 0;
}

/* How many rows the chunk must have. */
static uint32_t rows_of(const batch_t *batch, uint32_t chunk)
{
    const uint32_t before = chunk * BATCH_ROWS;
    return batch->rows - before < BATCH_ROWS ? batch->rows - before : BATCH_ROWS;
}

static dure_batch_row_t row_read(dure_reader_t *reader)
{
    dure_batch_row_t row;
    dure_batch_row_decode(reader, &row);
    return row;
}

static bool is_ascending(const dure_view_t *rows)
{
    dure_reader_t reader = dure_reader(rows->bytes);
    uint64_t before = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        const uint64_t party = row_read(&reader).party;
        if (party <= before) {
            return false;
        }
        before = party;
    }
    return dure_reader_ok(&reader);
}

void dure_batch_leaf(dure_hash_t *leaf, uint32_t chunk, dure_bytes_t rows)
{
    uint8_t number[4];
    dure_put_u32(number, chunk);
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_BATCH_LEAF);
    dure_hasher_update(&hasher, number, sizeof number);
    dure_hasher_update(&hasher, rows.data, rows.size);
    dure_hasher_final(&hasher, leaf);
}

/* Whether these are the rows that were approved. */
static bool rows_are_right(const batch_t *batch, const dure_batch_rows_t *body)
{
    if (body->rows.count != rows_of(batch, body->chunk) || !is_ascending(&body->rows)) {
        return false;
    }
    dure_hash_t path[DURE_LIST_DEPTH_MAX];
    DURE_ASSERT(body->path_count <= DURE_LIST_DEPTH_MAX);
    for (uint16_t i = 0; i < body->path_count; i++) {
        path[i] = body->path[i].hash;
    }
    dure_hash_t leaf;
    dure_batch_leaf(&leaf, body->chunk, body->rows.bytes);
    return dure_list_proof_check(path, body->path_count, DURE_TAG_BATCH_NODE, &leaf, body->chunk,
                                 ledger_batch_chunks(batch->rows), &batch->root);
}

/* New counters that one row can bring at most. */
static uint32_t counters_of(const dure_ledger_t *ledger, uint32_t fund, dure_verb_t verb)
{
    uint32_t count = 0;
    for (uint8_t version = 0; version < fund_at(ledger, fund)->versions; version++) {
        const dure_yak_program_t *program = ledger_program(ledger, fund, version);
        for (uint32_t i = 0; i < program->counter_count; i++) {
            count += program->counters[i].by[verb] != 0;
        }
    }
    return count;
}

/* So that no row of a chunk is refused because others filled the chain's tables. */
static bool has_room(const dure_ledger_t *ledger, const batch_t *batch, uint32_t fund,
                     uint32_t rows)
{
    const bool grants = batch->what == BATCH_GRANT;
    const dure_verb_t verb = grants ? DURE_VERB_GRANT : DURE_VERB_RECALL;
    if (ledger_room(ledger, POOL_COUNTER) < rows * counters_of(ledger, fund, verb)) {
        return false;
    }
    return !grants || ledger_room(ledger, POOL_LOT) >= ledger->state->pools[POOL_ORDER].live + rows;
}

static dure_result_t days_check(const dure_ledger_t *ledger, const work_t *work,
                                const batch_t *batch)
{
    if (ledger->today >= batch->from && ledger->today <= batch->until) {
        return DURE_RESULT_DONE;
    }
    ledger_effect_number(work->effect, DURE_LABEL_EARLIEST_DAY, (uint64_t)batch->from);
    ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)batch->until);
    return DURE_RESULT_BATCH_NOT_OPEN;
}

/* What of a chunk depends on the fund. */
static dure_result_t fund_check(const dure_ledger_t *ledger, const work_t *work,
                                const batch_t *batch, const scope_t *scope)
{
    if (batch->what == BATCH_GRANT) {
        if (fund_at(ledger, scope->fund)->mode != DURE_FUND_MODE_OPEN) {
            return DURE_RESULT_FUND_PAUSED;
        }
        /* A version of meanwhile may give from another account, or not at all. */
        const uint32_t account = ledger_grant_account(ledger, scope->fund, scope->version);
        if (account == CELL_NONE ||
            !dure_name_equal(&account_at(ledger, account)->name, &batch->account)) {
            return DURE_RESULT_RULE_NOT_DECLARED;
        }
        const dure_day_t last =
            ledger_end_day(ledger_program(ledger, scope->fund, scope->version), ledger->today);
        if (last < ledger->today) {
            ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)last);
            return DURE_RESULT_DATES_WRONG;
        }
    }
    return has_room(ledger, batch, scope->fund, work->tx->body.batch_rows.rows.count)
               ? DURE_RESULT_DONE
               : DURE_RESULT_TABLE_FULL;
}

static dure_result_t chunk_check(const dure_ledger_t *ledger, const work_t *work, uint32_t *cell,
                                 scope_t *scope)
{
    const dure_batch_rows_t *body = &work->tx->body.batch_rows;
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_OFFICER)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    *cell = ledger_index_find(ledger, INDEX_BATCH, ledger_id(&body->batch));
    if (*cell == CELL_NONE) {
        return DURE_RESULT_BATCH_UNKNOWN;
    }
    const batch_t *batch = batch_at(ledger, *cell);
    const uint32_t fund = ledger_fund_find(ledger, batch->fund);
    *scope = (scope_t){.fund = fund,
                       .city = fund_at(ledger, fund)->city,
                       .version = ledger_fund_version(ledger, fund),
                       .left = dure_amount_minus(batch->total, batch->used)};
    if (scope->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    const dure_result_t open = days_check(ledger, work, batch);
    if (open != DURE_RESULT_DONE) {
        return open;
    }
    if (body->chunk >= ledger_batch_chunks(batch->rows)) {
        return DURE_RESULT_BATCH_ROWS_WRONG;
    }
    if (is_done(batch, body->chunk)) {
        return DURE_RESULT_BATCH_CHUNK_DONE;
    }
    if (!rows_are_right(batch, body)) {
        return DURE_RESULT_BATCH_ROWS_WRONG;
    }
    return fund_check(ledger, work, batch, scope);
}

/* ---- what it does */
typedef struct {
    dure_amount_t moved; /* by all rows */
    uint32_t accounts_count;
    uint32_t accounts[2 * VERSIONS_MAX]; /* cells: what a recall gives back, and to whom */
    dure_amount_t amounts[2 * VERSIONS_MAX];
} sums_t;

/* The account that paid for a granted or reward lot. */
static uint32_t account_of(const dure_ledger_t *ledger, const lot_t *lot)
{
    const dure_yak_program_t *program = ledger_program(ledger, lot->fund, lot->version);
    const dure_name_t *name = lot->origin == DURE_ORIGIN_GRANT
                                  ? &program->verbs[DURE_VERB_GRANT].give_from
                                  : &program->verbs[DURE_VERB_PAYMENT].reward_from;
    return ledger_account_find(ledger, fund_at(ledger, lot->fund)->city, name);
}

static void sums_add(sums_t *sums, uint32_t account, dure_amount_t amount)
{
    uint32_t i = 0;
    while (i < sums->accounts_count && sums->accounts[i] != account) {
        i++;
    }
    if (i == sums->accounts_count) {
        DURE_ASSERT(i < 2 * VERSIONS_MAX);
        sums->accounts[i] = account;
        sums->amounts[i] = DURE_AMOUNT_ZERO;
        sums->accounts_count++;
    }
    sums->amounts[i] = dure_amount_plus(sums->amounts[i], amount);
}

/* The lot's number for a grant. */
static uint32_t row_perform(dure_ledger_t *ledger, const scope_t *scope, uint8_t what,
                            const row_plan_t *plan, sums_t *sums)
{
    sums->moved = dure_amount_plus(sums->moved, plan->amount);
    ledger_tally_commit(ledger, &plan->tally);
    if (what == BATCH_GRANT) {
        if (plan->merges) {
            ledger_lots_merge(ledger, plan->party, scope->fund);
        }
        return ledger_lot_issue(ledger, plan->party, scope->fund, scope->version, DURE_ORIGIN_GRANT,
                                plan->amount, DURE_AMOUNT_ZERO, ledger->today);
    }
    for (uint32_t i = 0; i < plan->taken_count; i++) {
        const taken_t *taken = &plan->taken[i];
        const uint32_t account = account_of(ledger, lot_at(ledger, taken->cell));
        DURE_ASSERT(account != CELL_NONE);
        sums_add(sums, account, taken->amount);
        ledger_lot_take(ledger, plan->party, taken->cell, taken->amount);
    }
    return 0;
}

static void rows_perform(dure_ledger_t *ledger, const work_t *work, scope_t *scope, uint8_t what,
                         sums_t *sums)
{
    const dure_view_t *rows = &work->tx->body.batch_rows.rows;
    dure_reader_t reader = dure_reader(rows->bytes);
    dure_writer_t out = dure_writer(ledger->rows, (size_t)BATCH_ROWS * DURE_EFFECT_ROW_SIZE);
    for (uint32_t i = 0; i < rows->count; i++) {
        const dure_batch_row_t row = row_read(&reader);
        row_plan_t plan;
        const dure_result_t code = row_decide(ledger, scope, what, &row, &plan);
        dure_effect_row_t told = {.code = (uint16_t)code};
        if (code == DURE_RESULT_DONE) {
            told.amount = plan.amount;
            told.lot = row_perform(ledger, scope, what, &plan, sums);
            scope->left = dure_amount_minus(scope->left, plan.amount);
        }
        dure_effect_row_encode(&out, &told);
    }
    DURE_ASSERT(!out.overflow);
    work->effect->rows = (dure_view_t){.count = rows->count, .bytes = dure_writer_bytes(&out)};
}

static void granted(dure_ledger_t *ledger, dure_effect_t *effect, const batch_t *batch,
                    const scope_t *scope, dure_amount_t moved)
{
    fund_t *fund = ledger_fund_change(ledger, scope->fund);
    fund->ordered = dure_amount_minus(fund->ordered, moved);
    fund->issued = dure_amount_plus(fund->issued, moved);
    fund->held_citizens = dure_amount_plus(fund->held_citizens, moved);
    fund->escrow = dure_amount_plus(fund->escrow, moved);
    const uint32_t account = ledger_account_find(ledger, scope->city, &batch->account);
    ledger_account_reserved_spend(ledger, account, moved);
    ledger_effect_move(effect, DURE_MOVE_LOTS_GRANTED, fund->number, 0, 0, NULL, moved);
    ledger_effect_move(effect, DURE_MOVE_GRANT_TO_ESCROW, fund->number, 0, 0, &batch->account,
                       moved);
}

static void recalled(dure_ledger_t *ledger, dure_effect_t *effect, const scope_t *scope,
                     const sums_t *sums)
{
    fund_t *fund = ledger_fund_change(ledger, scope->fund);
    fund->held_citizens = dure_amount_minus(fund->held_citizens, sums->moved);
    fund->refunded = dure_amount_plus(fund->refunded, sums->moved);
    fund->escrow = dure_amount_minus(fund->escrow, sums->moved);
    ledger_effect_move(effect, DURE_MOVE_LOTS_RECALLED, fund->number, 0, 0, NULL, sums->moved);
    for (uint32_t i = 0; i < sums->accounts_count; i++) {
        ledger_account_receive(ledger, sums->accounts[i], sums->amounts[i]);
        ledger_effect_move(effect, DURE_MOVE_ESCROW_TO_ACCOUNT, fund->number, 0, 0,
                           &account_at(ledger, sums->accounts[i])->name, sums->amounts[i]);
    }
}

dure_result_t ledger_batch_rows(dure_ledger_t *ledger, const work_t *work)
{
    uint32_t cell;
    scope_t scope;
    const dure_result_t checked = chunk_check(ledger, work, &cell, &scope);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the chunk must succeed. */
    batch_t *batch = batch_at(ledger, cell);
    const uint32_t chunk = work->tx->body.batch_rows.chunk;
    sums_t sums = {.moved = DURE_AMOUNT_ZERO};
    rows_perform(ledger, work, &scope, batch->what, &sums);
    work->effect->fund = batch->fund;
    work->effect->fund_version = scope.version;
    if (!dure_amount_is_zero(sums.moved)) {
        if (batch->what == BATCH_GRANT) {
            granted(ledger, work->effect, batch, &scope, sums.moved);
        } else {
            recalled(ledger, work->effect, &scope, &sums);
        }
    }
    ledger_touch(ledger, batch, sizeof *batch);
    ledger_dirty(ledger, DURE_TABLE_BATCH, cell);
    batch->used = dure_amount_plus(batch->used, sums.moved);
    batch->done[chunk / 64] |= UINT64_C(1) << (chunk % 64);
    batch->chunks_done++;
    if (batch->chunks_done == ledger_batch_chunks(batch->rows)) {
        ledger_batch_end(ledger, work->effect, cell);
    }
    return DURE_RESULT_DONE;
}

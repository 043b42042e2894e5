/* Grants and recalls, row by row under one root. */
#include "walk/model.h"

#include <string.h>

#define GRANT       1u
#define CHUNK       256u
#define NOTICE_DAYS 7

static uint32_t chunks_of(uint32_t rows)
{
    return (rows + CHUNK - 1) / CHUNK;
}

/* The account that a program's grants are paid from, or NULL. */
static model_account_t *grant_account(model_t *model, const model_fund_t *fund, uint8_t version)
{
    const dure_name_t *from = &model_rules(fund, version)->verbs[DURE_VERB_GRANT].give_from;
    return from->text[0] == 0 ? NULL : model_account(model, fund->city, from);
}

model_code_t model_batch_check(model_t *model, const model_work_t *work,
                               const dure_act_batch_t *act)
{
    const model_fund_t *fund = model_fund(model, act->fund);
    if (fund == NULL) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    if (fund->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (act->what == GRANT && fund->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    if (act->from < model->today || act->until < act->from) {
        return DURE_RESULT_DATES_WRONG;
    }
    if (act->what != GRANT) {
        return act->from < model->today + NOTICE_DAYS ? DURE_RESULT_NOTICE_TOO_SHORT
                                                      : DURE_RESULT_DONE;
    }
    const uint8_t version = model_version_today(model, fund);
    const model_account_t *account = grant_account(model, fund, version);
    if (account == NULL) {
        return DURE_RESULT_RULE_NOT_DECLARED;
    }
    if (model_end_day(model_rules(fund, version), act->from) < act->from) {
        return DURE_RESULT_DATES_WRONG;
    }
    if (account->balance < act->total.won) {
        return DURE_RESULT_ACCOUNT_EMPTY;
    }
    return model_ceiling(model, fund, act->total.won);
}

void model_batch_perform(model_t *model, const dure_tx_id_t *proposal, const dure_act_batch_t *act)
{
    model_batch_t *batch = &model->batches[model->batches_count++];
    *batch = (model_batch_t){.id = *proposal,
                             .fund = act->fund,
                             .total = act->total.won,
                             .what = act->what,
                             .rows = act->rows,
                             .from = act->from,
                             .until = act->until,
                             .root = act->root};
    if (act->what == GRANT) {
        model_fund_t *fund = model_fund(model, act->fund);
        model_account_t *account = grant_account(model, fund, model_version_today(model, fund));
        batch->account = account->name;
        account->balance -= batch->total;
        account->reserved += batch->total;
        fund->ordered += batch->total;
    }
}

void model_batch_remove(model_t *model, model_batch_t *batch)
{
    if (batch->what == GRANT) {
        model_fund_t *fund = model_fund(model, batch->fund);
        model_account_t *account = model_account(model, fund->city, &batch->account);
        const uint64_t rest = batch->total - batch->used;
        fund->ordered -= rest;
        account->reserved -= rest;
        account->balance += rest;
    }
    *batch = model->batches[--model->batches_count];
}

/* ---- a chunk */
static bool rows_right(const model_batch_t *batch, const dure_batch_rows_t *body)
{
    const uint32_t left = batch->rows - body->chunk * CHUNK;
    if (body->rows.count != (left < CHUNK ? left : CHUNK)) {
        return false;
    }
    dure_reader_t reader = dure_reader(body->rows.bytes);
    uint64_t before = 0;
    for (uint32_t i = 0; i < body->rows.count; i++) {
        dure_batch_row_t row;
        dure_batch_row_decode(&reader, &row);
        if (row.party <= before) {
            return false;
        }
        before = row.party;
    }
    uint8_t label[4];
    dure_hash_t leaf;
    dure_hasher_t hasher;
    dure_put_u32(label, body->chunk);
    dure_hasher_init(&hasher, DURE_TAG_BATCH_LEAF);
    dure_hasher_update(&hasher, label, sizeof label);
    dure_hasher_update(&hasher, body->rows.bytes.data, body->rows.bytes.size);
    dure_hasher_final(&hasher, &leaf);
    dure_hash_t siblings[DURE_LIST_DEPTH_MAX];
    for (uint32_t i = 0; i < body->path_count; i++) {
        siblings[i] = body->path[i].hash;
    }
    return dure_list_proof_check(siblings, body->path_count, DURE_TAG_BATCH_NODE, &leaf,
                                 body->chunk, chunks_of(batch->rows), &batch->root);
}

/* As if every row brought every counter. */
static bool counters_fit(model_t *model, const model_fund_t *fund, dure_verb_t verb, uint32_t rows)
{
    uint32_t live = 0;
    for (uint32_t i = 0; i < model->parties_count; i++) {
        live += model->parties[i].counters_count;
    }
    for (uint32_t i = 0; i < model->funds_count; i++) {
        live += model->funds[i].counters_count;
    }
    uint32_t each = 0;
    for (uint32_t i = 0; i < fund->versions_count; i++) {
        const dure_yak_program_t *program = model_rules(fund, (uint8_t)i);
        for (uint32_t k = 0; k < program->counter_count; k++) {
            each += program->counters[k].by[verb] != 0;
        }
    }
    return 1024 + 3 * model->parties_max - live >= rows * each;
}

static model_code_t chunk_check(model_t *model, const model_work_t *work, model_batch_t **found)
{
    const dure_batch_rows_t *body = &work->tx->body.batch_rows;
    if ((work->signer->roles & DURE_SERVICE_OFFICER) == 0) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    uint32_t at = 0;
    while (at < model->batches_count && !model_same_id(&model->batches[at].id, &body->batch)) {
        at++;
    }
    if (at == model->batches_count) {
        return DURE_RESULT_BATCH_UNKNOWN;
    }
    model_batch_t *batch = *found = &model->batches[at];
    const model_fund_t *fund = model_fund(model, batch->fund);
    if (fund->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (model->today < batch->from || model->today > batch->until) {
        return DURE_RESULT_BATCH_NOT_OPEN;
    }
    if (body->chunk >= chunks_of(batch->rows)) {
        return DURE_RESULT_BATCH_ROWS_WRONG;
    }
    if (batch->done[body->chunk]) {
        return DURE_RESULT_BATCH_CHUNK_DONE;
    }
    if (!rows_right(batch, body)) {
        return DURE_RESULT_BATCH_ROWS_WRONG;
    }
    if (batch->what != GRANT) {
        return counters_fit(model, fund, DURE_VERB_RECALL, body->rows.count)
                   ? DURE_RESULT_DONE
                   : DURE_RESULT_TABLE_FULL;
    }
    if (fund->mode != DURE_FUND_MODE_OPEN) {
        return DURE_RESULT_FUND_PAUSED;
    }
    const uint8_t version = model_version_today(model, fund);
    const model_account_t *account = grant_account(model, fund, version);
    if (account == NULL || !dure_name_equal(&account->name, &batch->account)) {
        return DURE_RESULT_RULE_NOT_DECLARED;
    }
    if (model_end_day(model_rules(fund, version), model->today) < model->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    return counters_fit(model, fund, DURE_VERB_GRANT, body->rows.count) &&
                   model_lots_room(model) >= body->rows.count
               ? DURE_RESULT_DONE
               : DURE_RESULT_TABLE_FULL;
}

/* ---- a row */
static model_code_t grant_row(model_t *model, const model_batch_t *batch, model_fund_t *fund,
                              model_party_t *party, uint64_t amount, dure_effect_row_t *told)
{
    model_question_t question = {.fund = fund,
                                 .version = model_version_today(model, fund),
                                 .verb = DURE_VERB_GRANT,
                                 .amount = amount,
                                 .roles = {[DURE_ROLE_RECEIVER] = party},
                                 .issue_day = model->today};
    dure_yak_decision_t decision;
    model_code_t code = model_ask(model, &question, &decision);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    question.amount = decision.give.won;
    code = model_count(model, &question, 0, 0);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (question.amount > batch->total - batch->used) {
        return DURE_RESULT_BATCH_TOTAL;
    }
    const model_places_t one = {.count = 1, .funds = {fund->number}, .lots = {1}};
    code = model_places_make(model, party, &one);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model_account_t *account = model_account(model, fund->city, &batch->account);
    account->reserved -= question.amount;
    account->spent += question.amount;
    fund->ordered -= question.amount;
    fund->issued += question.amount;
    fund->held_citizens += question.amount;
    fund->escrow += question.amount;
    told->amount = dure_amount(question.amount);
    told->lot = model_lot_issue(model, party, fund, question.version, DURE_ORIGIN_GRANT,
                                question.amount, 0, model->today);
    return DURE_RESULT_DONE;
}

static void lot_recall(model_t *model, model_fund_t *fund, model_party_t *party,
                       const model_lot_t *lot, uint64_t amount)
{
    const dure_yak_verb_t *verbs = model_rules(fund, lot->version)->verbs;
    const dure_name_t *from = lot->origin == DURE_ORIGIN_GRANT
                                  ? &verbs[DURE_VERB_GRANT].give_from
                                  : &verbs[DURE_VERB_PAYMENT].reward_from;
    model_get_back(model_account(model, fund->city, from), amount);
    fund->held_citizens -= amount;
    fund->refunded += amount;
    fund->escrow -= amount;
    model_lot_t *at = model_lot(party, lot->fund, lot->number);
    at->left -= amount;
    if (at->left == 0) {
        model_lot_drop(party, lot->fund, lot->number);
    }
}

static model_code_t recall_row(model_t *model, const model_batch_t *batch, model_fund_t *fund,
                               model_party_t *party, uint64_t most, dure_effect_row_t *told)
{
    static model_lot_t lots[MODEL_LOTS];
    const uint32_t count = party->lots_count;
    memcpy(lots, party->lots, count * sizeof lots[0]);
    model_code_t first = DURE_RESULT_NOT_ENOUGH_MONEY;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count && (most == 0 || sum < most); i++) {
        if (lots[i].fund != fund->number ||
            (lots[i].origin != DURE_ORIGIN_GRANT && lots[i].origin != DURE_ORIGIN_REWARD)) {
            continue;
        }
        const uint64_t takes = most != 0 && most - sum < lots[i].left ? most - sum : lots[i].left;
        const model_question_t question = {.fund = fund,
                                           .version = model_lot_version(model, fund, &lots[i]),
                                           .verb = DURE_VERB_RECALL,
                                           .amount = takes,
                                           .roles = {[DURE_ROLE_HOLDER] = party},
                                           .lot = &lots[i],
                                           .issue_day = lots[i].issue_day};
        dure_yak_decision_t decision;
        model_code_t code = model_ask(model, &question, &decision);
        code = code != DURE_RESULT_DONE ? code : model_count(model, &question, 0, 0);
        if (code != DURE_RESULT_DONE) {
            first = first == DURE_RESULT_NOT_ENOUGH_MONEY ? code : first;
            continue;
        }
        /* What is held counts as before the row: wallets are read before anything is taken. */
        sum += takes;
        lots[i].left -= takes;
    }
    if (sum == 0) {
        return first;
    }
    if (sum > batch->total - batch->used) {
        return DURE_RESULT_BATCH_TOTAL;
    }
    for (uint32_t i = 0; i < count; i++) {
        const model_lot_t *is = model_lot(party, lots[i].fund, lots[i].number);
        if (is->left > lots[i].left) {
            lot_recall(model, fund, party, &lots[i], is->left - lots[i].left);
        }
    }
    told->amount = dure_amount(sum);
    return DURE_RESULT_DONE;
}

static model_code_t row(model_t *model, const model_batch_t *batch, const dure_batch_row_t *entry,
                        dure_effect_row_t *told)
{
    model_fund_t *fund = model_fund(model, batch->fund);
    model_party_t *party = model_party(model, entry->party);
    if (party == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (party->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (party->city != fund->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    model_code_t code = batch->what == GRANT ? model_may_receive(model, party) : DURE_RESULT_DONE;
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model_save(model, party, NULL);
    code = batch->what == GRANT ? grant_row(model, batch, fund, party, entry->amount.won, told)
                                : recall_row(model, batch, fund, party, entry->amount.won, told);
    if (code != DURE_RESULT_DONE) {
        model_restore(model);
    }
    return code;
}

model_code_t model_batch_rows(model_t *model, const model_work_t *work)
{
    const dure_batch_rows_t *body = &work->tx->body.batch_rows;
    model_batch_t *batch;
    const model_code_t code = chunk_check(model, work, &batch);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    dure_reader_t reader = dure_reader(body->rows.bytes);
    for (uint32_t i = 0; i < body->rows.count; i++) {
        dure_batch_row_t entry;
        dure_batch_row_decode(&reader, &entry);
        dure_effect_row_t *told = &model->rows[model->rows_count++];
        *told = (dure_effect_row_t){0};
        told->code = row(model, batch, &entry, told);
        batch->used += told->amount.won;
    }
    batch->done[body->chunk] = true;
    batch->chunks_done++;
    if (batch->chunks_done == chunks_of(batch->rows)) {
        model_batch_remove(model, batch);
    }
    return DURE_RESULT_DONE;
}

/* The model's state, written as the records that the ledger must have. */
#include "walk/model.h"

#include <string.h>

static uint8_t record_bytes[128u * 1024u];
static uint8_t view_bytes[2][64u * 1024u];

typedef struct {
    model_t *model;
    model_record_visit_t *visit;
    void *context;
} pass_t;

static const dure_blind_t no_blind;

static bool give(const pass_t *pass, uint8_t table, const dure_blind_t *blind, dure_writer_t out)
{
    DURE_ASSERT(!out.overflow);
    return pass->visit(pass->context, table, blind, dure_writer_bytes(&out));
}

static dure_writer_t writer(void)
{
    return dure_writer(record_bytes, sizeof record_bytes);
}

static bool chain_and_cities(const pass_t *pass)
{
    const model_t *model = pass->model;
    const dure_record_chain_t chain = {.clock = 2,
                                       .parties_max = model->parties_max,
                                       .time = model->time,
                                       .cities = model->cities_count,
                                       .parties = model->parties_count,
                                       .funds = model->funds_count};
    dure_writer_t out = writer();
    dure_record_chain_encode(&out, &chain);
    bool same = give(pass, 1, &no_blind, out);
    for (uint32_t i = 0; i < model->cities_count; i++) {
        const dure_record_city_t city = {
            .city = model->cities[i].code,
            .threshold = model->cities[i].threshold,
            .officers = (uint16_t)model_officers(model, model->cities[i].code)};
        out = writer();
        dure_record_city_encode(&out, &city);
        same = same && give(pass, 2, &no_blind, out);
    }
    for (uint32_t i = 0; i < model->accounts_count; i++) {
        const model_account_t *at = &model->accounts[i];
        const dure_record_account_t account = {.city = at->city,
                                               .name = at->name,
                                               .balance = {at->balance},
                                               .reserved = {at->reserved},
                                               .deposited = {at->deposited},
                                               .received = {at->received},
                                               .spent = {at->spent}};
        out = writer();
        dure_record_account_encode(&out, &account);
        same = same && give(pass, 3, &no_blind, out);
    }
    return same;
}

static dure_counter_t counter_of(const model_counter_t *at)
{
    return (dure_counter_t){
        .fund = at->fund, .identity = at->identity, .period = at->period, .value = at->value};
}

static bool fund_give(const pass_t *pass, const model_fund_t *at)
{
    static dure_record_fund_t fund;
    fund = (dure_record_fund_t){.fund = at->number,
                                .city = at->city,
                                .version = (uint8_t)(at->versions_count - 1),
                                .mode = at->mode,
                                .successor = at->successor,
                                .ceiling = {at->ceiling},
                                .issued = {at->issued},
                                .ordered = {at->ordered},
                                .held_citizens = {at->held_citizens},
                                .held_merchants = {at->held_merchants},
                                .pending = {at->pending},
                                .redeemed = {at->redeemed},
                                .refunded = {at->refunded},
                                .lapsed = {at->lapsed},
                                .escrow = {at->escrow},
                                .counters_count = (uint16_t)at->counters_count};
    dure_writer_t changes = dure_writer(view_bytes[0], sizeof view_bytes[0]);
    for (uint32_t i = 0; i < at->changes_count; i++) {
        dure_parameter_change_encode(&changes, &at->changes[i]);
    }
    fund.changes = (dure_view_t){(uint16_t)at->changes_count, dure_writer_bytes(&changes)};
    for (uint32_t i = 0; i < at->counters_count; i++) {
        fund.counters[i] = counter_of(&at->counters[i]);
    }
    dure_writer_t out = writer();
    dure_record_fund_encode(&out, &fund);
    return give(pass, 4, &no_blind, out);
}

static bool funds(const pass_t *pass)
{
    const model_t *model = pass->model;
    for (uint32_t i = 0; i < model->funds_count; i++) {
        const model_fund_t *fund = &model->funds[i];
        if (!fund_give(pass, fund)) {
            return false;
        }
        for (uint32_t k = 0; k < fund->versions_count; k++) {
            const model_version_t *version = &fund->versions[k];
            dure_record_program_t program = {.fund = fund->number,
                                             .version = (uint8_t)k,
                                             .opened = version->opened,
                                             .report = version->report,
                                             .proposal = version->proposal,
                                             .source = version->program->source_hash,
                                             .image = version->program->image};
            dure_writer_t out = writer();
            dure_record_program_encode(&out, &program);
            if (!give(pass, 5, &no_blind, out)) {
                return false;
            }
        }
    }
    return true;
}

static uint64_t window_word(const model_lane_t *numbers, uint32_t word)
{
    uint64_t bits = 0;
    for (uint32_t i = 0; i < numbers->count; i++) {
        const uint64_t back = numbers->top - numbers->used[i];
        bits |= back / 64 == word ? UINT64_C(1) << back % 64 : 0;
    }
    return bits;
}

static void party_lists(const model_party_t *at, dure_record_party_t *party)
{
    dure_writer_t lots = dure_writer(view_bytes[0], sizeof view_bytes[0]);
    for (uint32_t i = 0; i < at->lots_count; i++) {
        const model_lot_t *lot = &at->lots[i];
        const dure_lot_t entry = {.fund = lot->fund,
                                  .number = lot->number,
                                  .version = lot->version,
                                  .origin = lot->origin,
                                  .gifted = lot->gifted,
                                  .face = {lot->face},
                                  .left = {lot->left},
                                  .paid = {lot->paid},
                                  .subsidy = {lot->face - lot->paid},
                                  .order_day = lot->order_day,
                                  .issue_day = lot->issue_day,
                                  .end_day = lot->end_day};
        dure_lot_encode(&lots, &entry);
    }
    dure_writer_t counters = dure_writer(view_bytes[1], sizeof view_bytes[1]);
    for (uint32_t i = 0; i < at->counters_count; i++) {
        const dure_counter_t entry = counter_of(&at->counters[i]);
        dure_counter_encode(&counters, &entry);
    }
    party->lots = (dure_view_t){(uint16_t)at->lots_count, dure_writer_bytes(&lots)};
    party->counters = (dure_view_t){(uint16_t)at->counters_count, dure_writer_bytes(&counters)};
    for (uint32_t i = 0; i < at->balances_count; i++) {
        party->balances[i] = (dure_balance_t){.fund = at->balances[i].fund,
                                              .amount = {at->balances[i].amount},
                                              .owed = {at->balances[i].owed}};
    }
}

static bool parties(const pass_t *pass)
{
    model_t *model = pass->model;
    for (uint32_t i = 0; i < model->parties_count; i++) {
        const model_party_t *at = &model->parties[i];
        static dure_record_party_t party;
        party = (dure_record_party_t){.party = at->number,
                                      .city = at->city,
                                      .kind = at->kind,
                                      .roles = at->roles,
                                      .lot_next = at->lot_next,
                                      .keys_count = (uint16_t)at->keys_count,
                                      .attributes_count = (uint16_t)at->attributes_count,
                                      .balances_count = (uint16_t)at->balances_count};
        const model_lane_t *numbers =
            at->kind == DURE_KIND_SERVICE ? NULL : model_lane(model, at->number, 0);
        if (numbers != NULL) {
            party.top = numbers->top;
            party.window = window_word(numbers, 0);
        }
        uint64_t reserved = 0;
        for (uint32_t k = 0; k < model->orders_count; k++) {
            reserved += model->orders[k].id.party == at->number ? model->orders[k].face : 0;
        }
        party.reserved = dure_amount(reserved);
        memcpy(party.keys, at->keys, sizeof party.keys);
        memcpy(party.attributes, at->attributes, sizeof party.attributes);
        party_lists(at, &party);
        dure_writer_t out = writer();
        dure_record_party_encode(&out, &party);
        if (!give(pass, 6, &at->blind, out)) {
            return false;
        }
    }
    return true;
}

static bool lanes(const pass_t *pass)
{
    model_t *model = pass->model;
    for (uint32_t i = 0; i < model->lanes_count; i++) {
        const model_lane_t *at = &model->lanes[i];
        const model_party_t *party = model_party(model, at->party);
        if (party->kind != DURE_KIND_SERVICE) {
            continue;
        }
        static dure_record_lane_t lane;
        memset(&lane, 0, sizeof lane);
        lane.party = at->party;
        lane.lane = at->lane;
        lane.top = at->top;
        lane.window_count = DURE_WINDOW_SERVICE_BITS / 64;
        for (uint32_t k = 0; k < at->count; k++) {
            const uint64_t back = at->top - at->used[k];
            lane.window[back / 64].bits |= UINT64_C(1) << back % 64;
        }
        dure_writer_t out = writer();
        dure_record_lane_encode(&out, &lane);
        if (!give(pass, 7, &party->blind, out)) {
            return false;
        }
    }
    return true;
}

static bool orders_and_payouts(const pass_t *pass)
{
    model_t *model = pass->model;
    for (uint32_t i = 0; i < model->orders_count; i++) {
        const model_order_t *at = &model->orders[i];
        const dure_record_order_t order = {.id = at->id,
                                           .fund = at->fund,
                                           .version = at->version,
                                           .face = {at->face},
                                           .price = {at->price},
                                           .subsidy = {at->face - at->price},
                                           .account = at->account,
                                           .day = at->day};
        dure_writer_t out = writer();
        dure_record_order_encode(&out, &order);
        if (!give(pass, 8, &model_party(model, at->id.party)->blind, out)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < model->payouts_count; i++) {
        const model_payout_t *at = &model->payouts[i];
        const dure_record_payout_t payout = {.id = at->id,
                                             .fund = at->fund,
                                             .version = at->version,
                                             .why = at->why,
                                             .amount = {at->amount},
                                             .share = {at->share},
                                             .day = at->day,
                                             .hold_until = at->hold_until,
                                             .rule = at->rule,
                                             .rejections = (uint16_t)at->rejections};
        dure_writer_t out = writer();
        dure_record_payout_encode(&out, &payout);
        if (!give(pass, 9, &model_party(model, at->id.party)->blind, out)) {
            return false;
        }
    }
    return true;
}

static bool proposals_and_batches(const pass_t *pass)
{
    static uint8_t act_bytes[DURE_TX_SIZE_MAX];
    const model_t *model = pass->model;
    for (uint32_t i = 0; i < model->proposals_count; i++) {
        const model_proposal_t *at = &model->proposals[i];
        dure_writer_t act = dure_writer(act_bytes, sizeof act_bytes);
        dure_act_encode(&act, &at->act);
        dure_record_proposal_t proposal = {.id = at->id,
                                           .city = at->city,
                                           .day = at->day,
                                           .until = at->until,
                                           .approvals_count = (uint16_t)at->approvals_count,
                                           .act = dure_writer_bytes(&act)};
        for (uint32_t k = 0; k < at->approvals_count; k++) {
            proposal.approvals[k].party = at->approvals[k];
        }
        dure_writer_t out = writer();
        dure_record_proposal_encode(&out, &proposal);
        if (!give(pass, 10, &no_blind, out)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < model->batches_count; i++) {
        const model_batch_t *at = &model->batches[i];
        dure_record_batch_t batch = {.id = at->id,
                                     .fund = at->fund,
                                     .what = at->what,
                                     .rows = at->rows,
                                     .chunks_done = at->chunks_done,
                                     .total = {at->total},
                                     .used = {at->used},
                                     .account = at->account,
                                     .from = at->from,
                                     .until = at->until,
                                     .root = at->root,
                                     .done_count = 1};
        for (uint32_t k = 0; k < 64; k++) {
            batch.done[0].bits |= at->done[k] ? UINT64_C(1) << k : 0;
        }
        dure_writer_t out = writer();
        dure_record_batch_encode(&out, &batch);
        if (!give(pass, 11, &no_blind, out)) {
            return false;
        }
    }
    return true;
}

static bool holds_and_refunds(const pass_t *pass)
{
    model_t *model = pass->model;
    for (uint32_t i = 0; i < model->holds_count; i++) {
        const model_hold_t *at = &model->holds[i];
        const dure_record_hold_t hold = {.id = at->id,
                                         .subject = at->subject,
                                         .what = at->what,
                                         .reason = at->reason,
                                         .fund = at->fund,
                                         .amount = {at->amount},
                                         .day = at->day,
                                         .until = at->until,
                                         .appealed = at->appealed,
                                         .answer_by = at->answer_by,
                                         .evidence = at->evidence};
        dure_writer_t out = writer();
        dure_record_hold_encode(&out, &hold);
        if (!give(pass, 12, &model_party(model, at->subject)->blind, out)) {
            return false;
        }
    }
    for (uint32_t i = 0; i < model->refunds_count; i++) {
        const model_refund_t *at = &model->refunds[i];
        const dure_record_refund_t refund = {
            .id = at->id, .payer = at->payer, .refunded = {at->refunded}, .until = at->until};
        dure_writer_t out = writer();
        dure_record_refund_encode(&out, &refund);
        if (!give(pass, 13, &model_party(model, at->payer)->blind, out)) {
            return false;
        }
    }
    return true;
}

bool model_records(model_t *model, model_record_visit_t *visit, void *context)
{
    const pass_t pass = {model, visit, context};
    return chain_and_cities(&pass) && funds(&pass) && parties(&pass) && lanes(&pass) &&
           orders_and_payouts(&pass) && proposals_and_batches(&pass) && holds_and_refunds(&pass);
}

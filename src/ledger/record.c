/* From cells to the canonical bytes of a record, and its blind. */
#include "ledger/ledger_private.h"

#include <string.h>

bool ledger_record_exists(const dure_ledger_t *ledger, dure_table_t table, uint32_t cell)
{
    if (cell >= ledger->state->pools[table - 1].used) {
        return false; /* the block that made it was dropped */
    }
    switch (table) {
    case DURE_TABLE_CHAIN:
    case DURE_TABLE_CITY:
    case DURE_TABLE_ACCOUNT:
    case DURE_TABLE_FUND:
    case DURE_TABLE_PROGRAM:
    case DURE_TABLE_PARTY:
    case DURE_TABLE_LANE:
        return true;
    case DURE_TABLE_ORDER:
        return order_at(ledger, cell)->id.party != 0;
    case DURE_TABLE_PAYOUT:
        return payout_at(ledger, cell)->id.party != 0;
    case DURE_TABLE_PROPOSAL:
        return proposal_at(ledger, cell)->id.party != 0;
    case DURE_TABLE_BATCH:
        return batch_at(ledger, cell)->id.party != 0;
    case DURE_TABLE_HOLD:
        return hold_at(ledger, cell)->id.party != 0;
    case DURE_TABLE_REFUND:
        return refund_at(ledger, cell)->id.party != 0;
    }
    return false;
}

dure_primary_key_t ledger_record_key(const dure_ledger_t *ledger, dure_table_t table, uint32_t cell)
{
    switch (table) {
    case DURE_TABLE_CHAIN:
        break;
    case DURE_TABLE_CITY:
        return dure_key_city(city_at(ledger, cell)->code);
    case DURE_TABLE_ACCOUNT: {
        const account_t *account = account_at(ledger, cell);
        return dure_key_account(city_at(ledger, account->city)->code, &account->name);
    }
    case DURE_TABLE_FUND:
        return dure_key_fund(fund_at(ledger, cell)->number);
    case DURE_TABLE_PROGRAM:
        return dure_key_program(program_at(ledger, cell)->fund, program_at(ledger, cell)->version);
    case DURE_TABLE_PARTY:
        return dure_key_party(party_at(ledger, cell)->number);
    case DURE_TABLE_LANE: {
        const lane_t *lane = lane_at(ledger, cell);
        return dure_key_lane(lane->party, (uint16_t)lane->lane);
    }
    case DURE_TABLE_ORDER:
        return dure_key_made(table, &order_at(ledger, cell)->id);
    case DURE_TABLE_PAYOUT:
        return dure_key_made(table, &payout_at(ledger, cell)->id);
    case DURE_TABLE_PROPOSAL:
        return dure_key_made(table, &proposal_at(ledger, cell)->id);
    case DURE_TABLE_BATCH:
        return dure_key_made(table, &batch_at(ledger, cell)->id);
    case DURE_TABLE_HOLD:
        return dure_key_made(table, &hold_at(ledger, cell)->id);
    case DURE_TABLE_REFUND:
        return dure_key_made(table, &refund_at(ledger, cell)->id);
    }
    return dure_key_chain();
}

static void write_chain(const dure_ledger_t *ledger, dure_writer_t *out)
{
    const state_head_t *state = ledger->state;
    const dure_record_chain_t record = {
        .clock = ledger->genesis.clock,
        .parties_max = state->parties_max,
        .time = state->time,
        .cities = state->pools[POOL_CITY].live,
        .parties = state->pools[POOL_PARTY].live,
        .funds = state->pools[POOL_FUND].live,
    };
    dure_record_chain_encode(out, &record);
}

static void write_city(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out)
{
    const city_t *city = city_at(ledger, cell);
    const dure_record_city_t record = {
        .city = city->code, .threshold = city->threshold, .officers = city->officers};
    dure_record_city_encode(out, &record);
}

static void write_account(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out)
{
    const account_t *account = account_at(ledger, cell);
    const dure_record_account_t record = {
        .city = city_at(ledger, account->city)->code,
        .name = account->name,
        .balance = account->balance,
        .reserved = account->reserved,
        .deposited = account->deposited,
        .received = account->received,
        .spent = account->spent,
    };
    dure_record_account_encode(out, &record);
}

/* A list's count stands before its elements and is filled in behind them: one walk, not two, since
   each step of a walk may be a cache miss. */
static size_t count_open(dure_writer_t *out)
{
    dure_write_uint(out, 2, 0);
    return out->size - 2;
}

static void count_close(dure_writer_t *out, size_t at, uint32_t count)
{
    DURE_ASSERT(count <= UINT16_MAX);
    if (out->overflow) {
        return; /* the caller sees it: a checkpoint's page may be full within a record */
    }
    dure_put_u16(out->data + at, (uint16_t)count);
}

static uint64_t counter_fund(const dure_ledger_t *ledger, const counter_t *counter)
{
    return counter->fund == FUND_SHARED ? 0 : fund_at(ledger, counter->fund)->number;
}

static void write_counters(const dure_ledger_t *ledger, uint32_t head, dure_writer_t *out)
{
    const size_t counted_at = count_open(out);
    uint32_t count = 0;
    for (uint32_t cell = head; cell != CELL_NONE; cell = counter_at(ledger, cell)->next) {
        count++;
        const counter_t *counter = counter_at(ledger, cell);
        const dure_counter_t entry = {
            .fund = counter_fund(ledger, counter),
            .identity = counter->identity,
            .period = counter->period,
            .value = counter->value,
        };
        dure_counter_encode(out, &entry);
    }
    count_close(out, counted_at, count);
}

static void write_fund(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out)
{
    const fund_t *fund = fund_at(ledger, cell);
    dure_write_uint(out, 8, fund->number);
    dure_write_uint(out, 4, city_at(ledger, fund->city)->code);
    dure_write_uint(out, 1, fund->version);
    dure_write_uint(out, 1, fund->mode);
    dure_write_uint(out, 8, fund->successor);
    const dure_amount_t figures[] = {
        fund->ceiling, fund->issued,   fund->ordered,  fund->held_citizens, fund->held_merchants,
        fund->pending, fund->redeemed, fund->refunded, fund->lapsed,        fund->escrow,
    };
    for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++) {
        dure_write_uint(out, 8, figures[i].won);
    }
    const size_t counted_at = count_open(out);
    uint32_t count = 0;
    for (uint32_t at = fund->changes; at != CELL_NONE; at = change_at(ledger, at)->next) {
        count++;
        const change_t *change = change_at(ledger, at);
        const dure_parameter_change_t entry = {
            .parameter = change->parameter, .from = change->from, .value = change->value};
        dure_parameter_change_encode(out, &entry);
    }
    count_close(out, counted_at, count);
    write_counters(ledger, fund->counters, out);
}

static void write_program(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out)
{
    const program_t *program = program_at(ledger, cell);
    const dure_record_program_t record = {
        .fund = program->fund,
        .version = program->version,
        .opened = program->opened,
        .source = program->source,
        .report = program->report,
        .proposal = program->proposal,
        .image = dure_bytes(ledger->images + program->image_at, program->image_size),
    };
    dure_record_program_encode(out, &record);
}

static dure_amount_t party_reserved(const dure_ledger_t *ledger, const party_t *party)
{
    dure_amount_t sum = DURE_AMOUNT_ZERO;
    if (kind_has_lots(party->kind)) {
        for (uint32_t at = party->open; at != CELL_NONE; at = order_at(ledger, at)->next) {
            sum = dure_amount_plus(sum, order_at(ledger, at)->face);
        }
    }
    return sum;
}

static void write_keys(const dure_ledger_t *ledger, const party_t *party, dure_writer_t *out)
{
    dure_key_entry_t entries[KEYS_MAX];
    const uint32_t count = ledger_keys(ledger, party, entries);
    dure_write_uint(out, 2, count);
    for (uint32_t i = 0; i < count; i++) {
        dure_key_entry_encode(out, &entries[i]);
    }
}

static void write_attributes(const dure_ledger_t *ledger, const party_t *party, dure_writer_t *out)
{
    const size_t counted_at = count_open(out);
    uint32_t count = 0;
    for (uint32_t at = party->attributes; at != CELL_NONE; at = attribute_at(ledger, at)->next) {
        count++;
        const attribute_t *attribute = attribute_at(ledger, at);
        const dure_attribute_entry_t entry = {
            .what = ledger_attribute_what(ledger, attribute),
            .value = ledger_attribute_value(ledger, attribute),
            .from = (dure_day_t)attribute->from,
            .until = (dure_day_t)attribute->until,
        };
        dure_attribute_entry_encode(out, &entry);
    }
    count_close(out, counted_at, count);
}

static void write_lots(const dure_ledger_t *ledger, const party_t *party, dure_writer_t *out)
{
    const uint32_t head = kind_has_lots(party->kind) ? party->holdings : CELL_NONE;
    const size_t counted_at = count_open(out);
    uint32_t count = 0;
    for (uint32_t at = head; at != CELL_NONE; at = lot_at(ledger, at)->next) {
        count++;
        const lot_t *lot = lot_at(ledger, at);
        const dure_lot_t entry = {
            .fund = fund_at(ledger, lot->fund)->number,
            .number = lot->number,
            .version = lot->version,
            .origin = lot->origin,
            .gifted = lot->gifted != 0,
            .face = dure_amount(lot->face),
            .left = dure_amount(lot->left),
            .paid = dure_amount(lot->paid),
            .subsidy = dure_amount_minus(dure_amount(lot->face), dure_amount(lot->paid)),
            .order_day = (dure_day_t)lot->order_day,
            .issue_day = (dure_day_t)lot->issue_day,
            .end_day = (dure_day_t)lot->end_day,
        };
        dure_lot_encode(out, &entry);
    }
    count_close(out, counted_at, count);
}

static void write_balances(const dure_ledger_t *ledger, const party_t *party, dure_writer_t *out)
{
    const uint32_t head = party->kind == DURE_KIND_MERCHANT ? party->holdings : CELL_NONE;
    const size_t counted_at = count_open(out);
    uint32_t count = 0;
    for (uint32_t at = head; at != CELL_NONE; at = balance_at(ledger, at)->next) {
        count++;
        const balance_t *balance = balance_at(ledger, at);
        const dure_balance_t entry = {.fund = fund_at(ledger, balance->fund)->number,
                                      .amount = balance->amount,
                                      .owed = balance->owed};
        dure_balance_encode(out, &entry);
    }
    count_close(out, counted_at, count);
}

/* The layout of record_party, written part by part: the lists are long, and a copy of them in the
   decoded form would cost more than the rest. */
static void write_party(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                        dure_blind_t *blind)
{
    const party_t *party = party_at(ledger, cell);
    *blind = party->blind;
    dure_write_uint(out, 8, party->number);
    dure_write_uint(out, 4, city_at(ledger, party->city)->code);
    dure_write_uint(out, 1, party->kind);
    dure_write_uint(out, 4, party->roles);
    dure_write_uint(out, 8, party->top);
    dure_write_uint(out, 8, party->window);
    dure_write_uint(out, 4, party->lot_next);
    dure_write_uint(out, 8, party_reserved(ledger, party).won);
    write_keys(ledger, party, out);
    write_attributes(ledger, party, out);
    write_lots(ledger, party, out);
    write_balances(ledger, party, out);
    write_counters(ledger, party->counters, out);
}

static void blind_of(const dure_ledger_t *ledger, dure_blind_t *blind, uint64_t number)
{
    const uint32_t party = ledger_party_find(ledger, number);
    DURE_ASSERT(party != CELL_NONE);
    *blind = party_at(ledger, party)->blind;
}

static void write_lane(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                       dure_blind_t *blind)
{
    const lane_t *lane = lane_at(ledger, cell);
    blind_of(ledger, blind, lane->party);
    dure_record_lane_t record = {.party = lane->party,
                                 .lane = (uint16_t)lane->lane,
                                 .top = lane->top,
                                 .window_count = DURE_WINDOW_SERVICE_BITS / 64};
    for (uint32_t i = 0; i < DURE_WINDOW_SERVICE_BITS / 64; i++) {
        record.window[i].bits = lane->window[i];
    }
    dure_record_lane_encode(out, &record);
}

static void write_order(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                        dure_blind_t *blind)
{
    const order_t *order = order_at(ledger, cell);
    blind_of(ledger, blind, order->id.party);
    const dure_record_order_t record = {
        .id = order->id,
        .fund = order->fund,
        .version = order->version,
        .face = order->face,
        .price = order->price,
        .subsidy = order->subsidy,
        .account = order->account,
        .day = order->day,
    };
    dure_record_order_encode(out, &record);
}

static void write_payout(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out,
                         dure_blind_t *blind)
{
    const payout_t *payout = payout_at(ledger, cell);
    blind_of(ledger, blind, payout->id.party);
    const dure_record_payout_t record = {
        .id = payout->id,
        .fund = payout->fund,
        .version = payout->version,
        .why = payout->why,
        .amount = payout->amount,
        .share = payout->share,
        .day = payout->day,
        .hold_until = payout->hold_until,
        .rule = payout->rule,
        .rejections = payout->rejections,
    };
    dure_record_payout_encode(out, &record);
}

static void write_proposal(const dure_ledger_t *ledger, uint32_t cell, dure_writer_t *out)
{
    const proposal_t *proposal = proposal_at(ledger, cell);
    dure_tx_id_encode(out, &proposal->id);
    dure_write_uint(out, 4, city_at(ledger, proposal->city)->code);
    dure_write_uint(out, 4, (uint32_t)proposal->day);
    dure_write_uint(out, 4, (uint32_t)proposal->until);
    dure_write_uint(out, 2, proposal->approvals_count);
    for (uint32_t i = 0; i < proposal->approvals_count; i++) {
        dure_write_uint(out, 8, proposal->approvals[i]);
    }
    dure_write_uint(out, 4, proposal->act_size);
    uint32_t rest = proposal->act_size;
    for (uint32_t at = proposal->act; at != CELL_NONE; at = chunk_at(ledger, at)->next) {
        const uint32_t size = rest < CHUNK_BYTES ? rest : CHUNK_BYTES;
        dure_write_raw(out, chunk_at(ledger, at)->bytes, size);
        rest -= size;
    }
    DURE_ASSERT(rest == 0);
}

bool ledger_record_write(const dure_ledger_t *ledger, dure_table_t table, uint32_t cell,
                         dure_writer_t *out, dure_blind_t *blind)
{
    memset(blind, 0, sizeof *blind);
    if (!ledger_record_exists(ledger, table, cell)) {
        return false;
    }
    switch (table) {
    case DURE_TABLE_CHAIN:
        write_chain(ledger, out);
        break;
    case DURE_TABLE_CITY:
        write_city(ledger, cell, out);
        break;
    case DURE_TABLE_ACCOUNT:
        write_account(ledger, cell, out);
        break;
    case DURE_TABLE_FUND:
        write_fund(ledger, cell, out);
        break;
    case DURE_TABLE_PROGRAM:
        write_program(ledger, cell, out);
        break;
    case DURE_TABLE_PARTY:
        write_party(ledger, cell, out, blind);
        break;
    case DURE_TABLE_LANE:
        write_lane(ledger, cell, out, blind);
        break;
    case DURE_TABLE_ORDER:
        write_order(ledger, cell, out, blind);
        break;
    case DURE_TABLE_PAYOUT:
        write_payout(ledger, cell, out, blind);
        break;
    case DURE_TABLE_PROPOSAL:
        write_proposal(ledger, cell, out);
        break;
    case DURE_TABLE_BATCH:
        ledger_batch_write(ledger, cell, out);
        break;
    case DURE_TABLE_HOLD:
        ledger_hold_write(ledger, cell, out, blind);
        break;
    case DURE_TABLE_REFUND:
        ledger_refund_write(ledger, cell, out, blind);
        break;
    }
    return true;
}

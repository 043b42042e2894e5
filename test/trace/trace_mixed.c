/* The mixed stream: what the plain one leaves out, in a second fund whose program lets money move
   in every way.  Nothing is modelled: much of it is done, some of it is refused, and which is which
   does not matter to who plays it. */
#include "trace/trace.h"
#include "trace/trace_private.h"

#include <string.h>

#include "ledger/dure_ledger.h"

#define FUND_POINTS (DURE_TRACE_FUND + 1)
#define DAY_MS      UINT64_C(86400000)
#define ROWS_MAX    24u

static dure_body_t body_of(dure_body_kind_t kind)
{
    dure_body_t body;
    memset(&body, 0, sizeof body);
    body.kind = (uint8_t)kind;
    return body;
}

static bool send(dure_trace_t *trace, uint64_t party, const dure_body_t *body)
{
    dure_trace_make(trace, party, body);
    return true;
}

static uint64_t citizen(dure_trace_t *trace)
{
    return dure_trace_citizen((uint32_t)trace_random(trace, trace->citizens_count));
}

/* One who should have something, if there is any. */
static uint64_t holder(dure_trace_t *trace)
{
    uint32_t at = (uint32_t)trace_random(trace, trace->citizens_count);
    for (uint32_t i = 0; i < trace->citizens_count && trace->citizens[at].held < 10000; i++) {
        at = (at + 1) % trace->citizens_count;
    }
    return dure_trace_citizen(at);
}

static uint64_t merchant(dure_trace_t *trace)
{
    return dure_trace_merchant((uint32_t)trace_random(trace, trace->merchants_count));
}

static dure_amount_t amount(dure_trace_t *trace, uint64_t most)
{
    return dure_amount(1 + trace_random(trace, most));
}

static uint64_t fund(dure_trace_t *trace)
{
    return trace_random(trace, 4) == 0 ? DURE_TRACE_FUND : FUND_POINTS;
}

static bool propose(dure_trace_t *trace, const dure_act_t *act)
{
    const dure_body_t body = dure_trace_propose(trace_today(trace) + 20, act);
    return send(trace, DURE_TRACE_OFFICER_1, &body);
}

dure_bytes_t trace_mixed_setup(dure_trace_t *trace)
{
    dure_act_t act;
    memset(&act, 0, sizeof act);
    switch (trace->mixed.setup++) {
    case 0:
        act.kind = DURE_ACT_FUND;
        act.fund.fund = FUND_POINTS;
        act.fund.ceiling = dure_amount(UINT64_C(1000000000));
        act.fund.image = trace->config.points_image;
        act.fund.source = trace->config.points_source;
        propose(trace, &act);
        break;
    case 2:
        act.kind = DURE_ACT_ACCOUNT;
        DURE_ASSERT(dure_name_from(&act.account.account, "refund_reserve", 14));
        propose(trace, &act);
        break;
    case 4: {
        const dure_body_t deposit = dure_trace_deposit("refund_reserve", 300000);
        send(trace, DURE_TRACE_BANK, &deposit);
        break;
    }
    case 1:
    case 3: {
        const dure_body_t approve = dure_trace_approve(trace->last_id);
        send(trace, DURE_TRACE_OFFICER_2, &approve);
        break;
    }
    default:
        trace->mixed.setup--;
        return dure_bytes(NULL, 0);
    }
    return dure_bytes(trace->wire, trace->wire_size);
}

/* ---- purchases of the second fund, and what comes back of them --------------------------------
 */

/* Ordered, then credited. */
static bool do_points_order(dure_trace_t *trace)
{
    dure_body_t body = body_of(DURE_BODY_PURCHASE_ORDER);
    mixed_t *mixed = &trace->mixed;
    if (mixed->order_face != 0) {
        const dure_body_t credit =
            dure_trace_credit(mixed->order, mixed->order_face - mixed->order_face / 10);
        citizen_t *buyer = &trace->citizens[mixed->buyer];
        buyer->lots++;
        buyer->latest_face = 0;
        mixed->lot = buyer->lots;
        mixed->order_face = 0;
        if (mixed->sweep_day == 0) {
            mixed->sweep = dure_trace_citizen(mixed->buyer);
            mixed->sweep_day = trace_today(trace) + 2;
        }
        return send(trace, DURE_TRACE_BANK, &credit);
    }
    mixed->order_face = 1000 * (1 + trace_random(trace, 30));
    mixed->buyer = (uint32_t)trace_random(trace, trace->citizens_count);
    mixed->lot = 0;
    body.purchase_order.fund = FUND_POINTS;
    body.purchase_order.face = dure_amount(mixed->order_face);
    send(trace, dure_trace_citizen(mixed->buyer), &body);
    mixed->order = trace->last_id;
    return true;
}

/* What was bought last goes back, mostly. */
static bool do_remainder(dure_trace_t *trace)
{
    mixed_t *mixed = &trace->mixed;
    const bool cancels = mixed->backs++ % 2 == 1;
    const bool known = mixed->lot != 0;
    const uint32_t lot = known ? mixed->lot : 1 + (uint32_t)trace_random(trace, 6);
    const uint64_t party = known ? dure_trace_citizen(mixed->buyer) : citizen(trace);
    dure_body_t body = body_of(cancels ? DURE_BODY_PURCHASE_CANCEL : DURE_BODY_REMAINDER);
    if (cancels) {
        body.purchase_cancel.fund = FUND_POINTS;
        body.purchase_cancel.lot = lot;
    } else {
        body.remainder.fund = FUND_POINTS;
        body.remainder.lot = lot;
    }
    mixed->lot = known ? 0 : mixed->lot;
    send(trace, party, &body);
    mixed->payout = trace->last_id;
    return true;
}

/* ---- from hand to hand ----------------------------------------------------------------------- */

static bool do_gift(dure_trace_t *trace)
{
    dure_body_t body = body_of(DURE_BODY_GIFT);
    body.gift.receiver = citizen(trace);
    body.gift.amount = amount(trace, 3000);
    if (trace_random(trace, 2) == 0) {
        body.gift.funds_count = 1;
        body.gift.funds[0].fund = FUND_POINTS;
    }
    return send(trace, holder(trace), &body);
}

static bool do_recirculation(dure_trace_t *trace)
{
    dure_body_t body = body_of(DURE_BODY_RECIRCULATION);
    body.recirculation.payee = merchant(trace);
    body.recirculation.fund = trace_random(trace, 8) == 0 ? DURE_TRACE_FUND : FUND_POINTS;
    body.recirculation.amount = amount(trace, 900);
    return send(trace, merchant(trace), &body);
}

static bool do_collection(dure_trace_t *trace)
{
    dure_body_t body = body_of(DURE_BODY_COLLECTION);
    dure_collection_t *made = &body.collection;
    const uint64_t payer = holder(trace);
    signer_t *signer = trace_signer(trace, payer);
    made->mandate = (dure_mandate_t){.payer = payer,
                                     .number = signer->next_number++,
                                     .amount_max = dure_amount(20000),
                                     .until = trace->time + DAY_MS};
    made->amount = amount(trace, 21000);
    made->channel = DURE_CHANNEL_QR_CUSTOMER;
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_secret_key_t secret;
    dure_mandate_message(message, &trace->chain_id, &made->mandate);
    dure_trace_secret(trace, payer, &secret);
    DURE_ASSERT(dure_sign(&made->signature, &secret, message, sizeof message));
    return send(trace, merchant(trace), &body);
}

static bool do_points_redemption(dure_trace_t *trace)
{
    mixed_t *mixed = &trace->mixed;
    if (mixed->payout.party != 0) {
        const uint8_t outcome = mixed->results++ % 2 == 0 ? 2 : 1;
        const dure_body_t result = dure_trace_payout_result(mixed->payout, outcome);
        mixed->payout.party = 0;
        return send(trace, DURE_TRACE_BANK, &result);
    }
    dure_body_t body = dure_trace_redemption(1 + trace_random(trace, 900));
    body.redemption.fund = FUND_POINTS;
    send(trace, merchant(trace), &body);
    mixed->payout = trace->last_id;
    return true;
}

/* ---- the city: batches, holds, sweeping ------------------------------------------------------ */

static void rows_draw(dure_trace_t *trace)
{
    mixed_t *mixed = &trace->mixed;
    dure_writer_t writer = dure_writer(mixed->rows, sizeof mixed->rows);
    mixed->rows_count = 0;
    uint32_t at = (uint32_t)trace_random(trace, trace->citizens_count);
    for (; at < trace->citizens_count && mixed->rows_count < ROWS_MAX; mixed->rows_count++) {
        const dure_batch_row_t row = {.party = dure_trace_citizen(at),
                                      .amount = dure_amount(1000 + trace_random(trace, 20000))};
        dure_batch_row_encode(&writer, &row);
        at += 1 + (uint32_t)trace_random(trace, 3);
    }
    mixed->rows_size = writer.size;
}

/* Proposed, approved, carried out: one after another. */
static bool do_batch(dure_trace_t *trace)
{
    mixed_t *mixed = &trace->mixed;
    dure_body_t body;
    dure_act_t act;
    memset(&act, 0, sizeof act);
    switch (mixed->batch_step++) {
    case 0:
        rows_draw(trace);
        act.kind = DURE_ACT_BATCH;
        act.batch.what = ++mixed->batches % 3 == 2 ? 2 : 1;
        act.batch.fund = FUND_POINTS;
        act.batch.rows = mixed->rows_count;
        act.batch.total = dure_amount(UINT64_C(21000) * ROWS_MAX);
        act.batch.from = trace_today(trace) + (act.batch.what == 2 ? 8 : 0);
        act.batch.until = trace_today(trace) + 14;
        mixed->batch_from = act.batch.from;
        dure_batch_leaf(&act.batch.root, 0, dure_bytes(mixed->rows, mixed->rows_size));
        propose(trace, &act);
        mixed->batch = trace->last_id;
        return true;
    case 1:
        body = dure_trace_approve(mixed->batch);
        return send(trace, DURE_TRACE_OFFICER_2, &body);
    default:
        if (trace_today(trace) < mixed->batch_from) {
            mixed->batch_step--;
            return false;
        }
        mixed->batch_step = 0;
        body = body_of(DURE_BODY_BATCH_ROWS);
        body.batch_rows.batch = mixed->batch;
        body.batch_rows.rows =
            (dure_view_t){(uint16_t)mixed->rows_count, dure_bytes(mixed->rows, mixed->rows_size)};
        return send(trace, DURE_TRACE_OFFICER_1, &body);
    }
}

static dure_body_t hold_body(dure_trace_t *trace)
{
    dure_body_t body = body_of(DURE_BODY_HOLD);
    dure_hold_t *hold = &body.hold;
    hold->subject = merchant(trace);
    hold->until = trace_today(trace) + (dure_day_t)trace_random(trace, 2);
    if (trace_random(trace, 2) == 0) {
        hold->what = DURE_HOLD_KIND_SUSPENSION;
        hold->reason = DURE_HOLD_REASON_RECHECK;
    } else {
        hold->what = DURE_HOLD_KIND_MONEY;
        hold->reason = DURE_HOLD_REASON_RECHECK;
        hold->fund = fund(trace);
        hold->amount = amount(trace, 5000);
    }
    return body;
}

/* Placed; then appealed, then upheld or released; or left to end by itself. */
static bool do_hold(dure_trace_t *trace)
{
    mixed_t *mixed = &trace->mixed;
    dure_body_t body;
    switch (mixed->hold_step++ % 4) {
    case 0:
        body = hold_body(trace);
        mixed->held = body.hold.subject;
        send(trace, DURE_TRACE_OFFICER_1, &body);
        mixed->hold = trace->last_id;
        return true;
    case 1:
        body = body_of(DURE_BODY_APPEAL);
        body.appeal.hold = mixed->hold;
        return send(trace, mixed->held, &body);
    case 2:
        body = body_of(DURE_BODY_UPHOLD);
        body.uphold.hold = mixed->hold;
        body.uphold.until = trace_today(trace) + 3;
        return trace_random(trace, 2) == 0 && send(trace, DURE_TRACE_OFFICER_2, &body);
    default:
        body = body_of(DURE_BODY_RELEASE);
        body.release.hold = mixed->hold;
        return trace_random(trace, 2) == 0 && send(trace, DURE_TRACE_OFFICER_1, &body);
    }
}

static bool do_lapse(dure_trace_t *trace)
{
    dure_body_t body = body_of(DURE_BODY_LAPSE);
    body.lapse.parties_count = 1;
    body.lapse.parties[0].party = citizen(trace);
    if (trace->mixed.sweep_day != 0 && trace_today(trace) >= trace->mixed.sweep_day) {
        body.lapse.parties[0].party = trace->mixed.sweep;
        trace->mixed.sweep_day = 0;
    }
    return send(trace, DURE_TRACE_WATCH, &body);
}

static bool do_tidy(dure_trace_t *trace)
{
    dure_body_t body = body_of(DURE_BODY_TIDY);
    const bool holds = trace_random(trace, 2) == 0;
    body.tidy.table = holds ? DURE_TABLE_HOLD : DURE_TABLE_BATCH;
    body.tidy.ids_count = 1;
    body.tidy.ids[0] = holds ? trace->mixed.hold : trace->mixed.batch;
    return body.tidy.ids[0].party != 0 && send(trace, DURE_TRACE_WATCH, &body);
}

static bool do_mode(dure_trace_t *trace)
{
    if (trace->mixed.mode.party != 0) {
        const dure_body_t approve = dure_trace_approve(trace->mixed.mode);
        trace->mixed.mode.party = 0;
        return send(trace, DURE_TRACE_OFFICER_2, &approve);
    }
    dure_act_t act;
    memset(&act, 0, sizeof act);
    act.kind = DURE_ACT_MODE;
    act.mode.fund = FUND_POINTS;
    act.mode.mode = ++trace->mixed.modes % 2 == 1 ? DURE_FUND_MODE_PAUSED : DURE_FUND_MODE_OPEN;
    propose(trace, &act);
    trace->mixed.mode = trace->last_id;
    return true;
}

bool trace_mixed_step(dure_trace_t *trace)
{
    static const struct {
        uint8_t weight; /* of 100 */
        bool (*act)(dure_trace_t *trace);
    } acts[] = {
        {20, do_points_order},  {11, do_remainder},  {11, do_gift},
        {10, do_recirculation}, {11, do_collection}, {10, do_points_redemption},
        {12, do_batch},         {6, do_hold},        {6, do_lapse},
        {2, do_tidy},           {1, do_mode},
    };
    /* A paused fund does not stay so for long. */
    if ((trace->mixed.modes % 2 == 1 || trace->mixed.mode.party != 0) &&
        trace_random(trace, 5) == 0) {
        return do_mode(trace);
    }
    /* What was begun goes on soon. */
    if (trace->mixed.batch_step > 0 && trace_random(trace, 2) == 0 && do_batch(trace)) {
        return true;
    }
    if (trace->mixed.order_face != 0 && trace_random(trace, 2) == 0) {
        return do_points_order(trace);
    }
    if (trace->mixed.sweep_day != 0 && trace_today(trace) >= trace->mixed.sweep_day) {
        return do_lapse(trace);
    }
    if (trace->mixed.payout.party != 0 && trace_random(trace, 3) == 0) {
        return do_points_redemption(trace);
    }
    uint64_t roll = trace_random(trace, 100);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (roll < acts[i].weight) {
            return acts[i].act(trace);
        }
        roll -= acts[i].weight;
    }
    return false;
}

/* The stream: what a small city does all day.  The model in the trace follows general.yak closely
   enough that what it means to succeed does succeed; it never looks at an answer. */
#include "trace/trace.h"
#include "trace/trace_private.h"

#include <string.h>

#define MONTHLY_LIMIT UINT64_C(500000)
#define HOLDING_LIMIT UINT64_C(1500000)
#define SUBSIDY_BP    600u
#define CEILING       UINT64_C(1000000000000)
#define DAY_MS        UINT64_C(86400000)

/* ---- what waits
 * ---------------------------------------------------------------------------------- */

static void pending_add(pendings_t *pendings, pending_t item)
{
    if (pendings->count < PENDING_MAX) {
        pendings->items[pendings->count++] = item;
    }
}

static pending_t pending_take(pendings_t *pendings, uint32_t index)
{
    pending_t item = pendings->items[index];
    pendings->count--;
    memmove(&pendings->items[index], &pendings->items[index + 1],
            (pendings->count - index) * sizeof pendings->items[0]);
    return item;
}

static uint64_t price_of(uint64_t face)
{
    return face - dure_amount_rate(dure_amount(face), SUBSIDY_BP).won;
}

static bool make(dure_trace_t *trace, uint64_t party, dure_body_t body)
{
    dure_trace_make(trace, party, &body);
    return true;
}

/* ---- set-up
 * ----------------------------------------------------------------------------------- */

static dure_act_t act_of(dure_act_kind_t kind)
{
    dure_act_t act;
    memset(&act, 0, sizeof act);
    act.kind = (uint8_t)kind;
    return act;
}

static void name_set(dure_name_t *name, const char *text)
{
    DURE_ASSERT(dure_name_from(name, text, strlen(text)));
}

dure_bytes_t dure_trace_setup(dure_trace_t *trace)
{
    dure_act_t act;
    const dure_day_t until = trace_today(trace) + 30;
    trace->expect = DURE_TRACE_GOOD;
    switch (trace->setup_step++) {
    case 0:
        act = act_of(DURE_ACT_ACCOUNT);
        name_set(&act.account.account, "budget");
        make(trace, DURE_TRACE_OFFICER_1, dure_trace_propose(until, &act));
        break;
    case 1:
    case 4:
        make(trace, DURE_TRACE_OFFICER_2, dure_trace_approve(trace->last_id));
        break;
    case 2:
        make(trace, DURE_TRACE_BANK, dure_trace_deposit("budget", UINT64_C(1000000000)));
        break;
    case 3:
        act = act_of(DURE_ACT_FUND);
        act.fund.fund = DURE_TRACE_FUND;
        act.fund.ceiling = dure_amount(CEILING);
        act.fund.image = trace->config.image;
        act.fund.source = trace->config.source;
        make(trace, DURE_TRACE_OFFICER_1, dure_trace_propose(until, &act));
        break;
    default:
        trace->setup_step--;
        return dure_bytes(NULL, 0);
    }
    return dure_bytes(trace->wire, trace->wire_size);
}

/* ---- the city's day
 * ------------------------------------------------------------------------------ */

static citizen_t *any_citizen(dure_trace_t *trace)
{
    return &trace->citizens[trace_random(trace, trace->citizens_count)];
}

/* A shop at which the fund can be spent: not every tenth. */
static uint32_t open_shop(dure_trace_t *trace)
{
    uint32_t index = (uint32_t)trace_random(trace, trace->merchants_count);
    return index % 10 == 9 ? index - 1 : index;
}

static bool do_register(dure_trace_t *trace)
{
    const bool shops_left = trace->merchants_count < trace->config.merchants;
    const bool citizens_left = trace->citizens_count < trace->config.citizens;
    if (!shops_left && !citizens_left) {
        return false;
    }
    const bool shop = shops_left && (!citizens_left || trace_random(trace, 4) == 0 ||
                                     trace->merchants_count == 0);
    const uint64_t party = shop ? dure_trace_merchant(trace->merchants_count++)
                                : dure_trace_citizen(trace->citizens_count++);
    return make(trace, DURE_TRACE_REGISTRAR, dure_trace_registration(trace, party));
}

static bool do_order(dure_trace_t *trace)
{
    citizen_t *citizen = any_citizen(trace);
    const dure_day_t today = trace_today(trace);
    const uint32_t month = dure_period_of(DURE_PERIOD_MONTH, today);
    const uint64_t face = (1 + trace_random(trace, 15)) * 10000;
    if (citizen->month != month) {
        citizen->month = month;
        citizen->bought = 0;
    }
    if (citizen->is_ordering || citizen->bought_day == today || trace->orders.count > 64 ||
        citizen->bought + face > MONTHLY_LIMIT || citizen->held + face > HOLDING_LIMIT) {
        return false;
    }
    citizen->bought += face;
    citizen->bought_day = today;
    citizen->is_ordering = true;
    make(trace, citizen->signer.party, dure_trace_order(face));
    pending_add(&trace->orders,
                (pending_t){trace->last_id, (uint32_t)(citizen - trace->citizens), face});
    return true;
}

static bool do_credit(dure_trace_t *trace)
{
    if (trace->orders.count == 0) {
        return false;
    }
    const pending_t order = pending_take(&trace->orders, 0);
    citizen_t *citizen = &trace->citizens[order.who];
    citizen->is_ordering = false;
    citizen->held += order.won;
    citizen->lots++;
    citizen->latest_face = order.won;
    citizen->latest_day = trace_today(trace);
    return make(trace, DURE_TRACE_BANK, dure_trace_credit(order.id, price_of(order.won)));
}

static bool do_void(dure_trace_t *trace)
{
    if (trace->orders.count == 0) {
        return false;
    }
    const pending_t order =
        pending_take(&trace->orders, (uint32_t)trace_random(trace, trace->orders.count));
    citizen_t *citizen = &trace->citizens[order.who];
    citizen->is_ordering = false;
    const uint64_t by = trace_random(trace, 2) == 0 ? citizen->signer.party : DURE_TRACE_BANK;
    return make(trace, by, dure_trace_void(order.id));
}

static bool do_cancel(dure_trace_t *trace)
{
    citizen_t *citizen = any_citizen(trace);
    if (citizen->latest_face == 0 || trace_today(trace) > citizen->latest_day + 7) {
        return false;
    }
    citizen->held -= citizen->latest_face;
    citizen->latest_face = 0;
    make(trace, citizen->signer.party, dure_trace_cancel(citizen->lots));
    pending_add(&trace->payouts, (pending_t){trace->last_id, UINT32_MAX, 0});
    return true;
}

static bool do_pay(dure_trace_t *trace)
{
    citizen_t *citizen = any_citizen(trace);
    if (citizen->held == 0) {
        return false;
    }
    const uint64_t most = citizen->held < 60000 ? citizen->held : 60000;
    const uint64_t won = trace_random(trace, 12) == 0 ? most : 1 + trace_random(trace, most);
    merchant_t *merchant = &trace->merchants[open_shop(trace)];
    citizen->held -= won;
    citizen->latest_face = 0;
    merchant->balance += won;
    return make(trace, citizen->signer.party, dure_trace_payment(merchant->signer.party, won));
}

static bool do_redeem(dure_trace_t *trace)
{
    const uint32_t who = open_shop(trace);
    merchant_t *merchant = &trace->merchants[who];
    if (merchant->balance == 0 || trace->payouts.count > 64) {
        return false;
    }
    const uint64_t won = trace_random(trace, 3) == 0 ? merchant->balance
                                                     : 1 + trace_random(trace, merchant->balance);
    merchant->balance -= won;
    make(trace, merchant->signer.party, dure_trace_redemption(won));
    pending_add(&trace->payouts, (pending_t){trace->last_id, who, won});
    return true;
}

static bool do_result(dure_trace_t *trace)
{
    if (trace->payouts.count == 0) {
        return false;
    }
    const pending_t payout =
        pending_take(&trace->payouts, (uint32_t)trace_random(trace, trace->payouts.count));
    const bool is_rejected = payout.who != UINT32_MAX && trace_random(trace, 8) == 0;
    if (is_rejected) {
        trace->merchants[payout.who].balance += payout.won;
    }
    return make(trace, DURE_TRACE_BANK, dure_trace_payout_result(payout.id, is_rejected ? 2 : 1));
}

static bool do_attest(dure_trace_t *trace)
{
    const uint32_t who = open_shop(trace);
    const dure_day_t today = trace_today(trace);
    if (trace_random(trace, 2) == 0) {
        return make(trace, DURE_TRACE_WATCH,
                    dure_trace_attest(dure_trace_merchant(who), DURE_ATTRIBUTE_RISK,
                                      trace_random(trace, 600), today, DURE_DAY_MAX));
    }
    return make(trace, DURE_TRACE_REGISTRAR,
                dure_trace_attest(dure_trace_merchant(who), DURE_ATTRIBUTE_ANNUAL_SALES,
                                  trace_random(trace, UINT64_C(900000000)), today, DURE_DAY_MAX));
}

static bool do_rotate(dure_trace_t *trace)
{
    citizen_t *citizen = any_citizen(trace);
    dure_body_t body;
    memset(&body, 0, sizeof body);
    body.kind = DURE_BODY_ROTATE;
    /* The new key stands in the body, the old one signs. */
    citizen->signer.generation++;
    body.rotate.entry.key = dure_trace_key(trace, citizen->signer.party);
    citizen->signer.generation--;
    make(trace, citizen->signer.party, body);
    citizen->signer.generation++;
    return true;
}

static bool do_deposit(dure_trace_t *trace)
{
    return make(trace, DURE_TRACE_BANK,
                dure_trace_deposit("budget", (1 + trace_random(trace, 50)) * 1000000));
}

/* Acts in turn: each is proposed by one officer and then approved by the other. */
static bool do_act(dure_trace_t *trace)
{
    if (trace->is_proposed) {
        trace->is_proposed = false;
        return make(trace, DURE_TRACE_OFFICER_1, dure_trace_approve(trace->proposal));
    }
    dure_act_t act;
    switch (trace->acts++ % 4) {
    case 0:
        act = act_of(DURE_ACT_CEILING);
        act.ceiling.fund = DURE_TRACE_FUND;
        act.ceiling.ceiling = dure_amount(CEILING + trace->acts);
        break;
    case 1:
        act = act_of(DURE_ACT_THRESHOLD);
        act.threshold.threshold = 2;
        break;
    case 2:
        act = act_of(DURE_ACT_ROLES);
        act.roles.subject = DURE_TRACE_WATCH;
        act.roles.roles = DURE_SERVICE_WATCH | (trace->acts % 8 < 4 ? DURE_SERVICE_AUDITOR : 0);
        break;
    default:
        act = act_of(DURE_ACT_PARAMETER);
        act.parameter.fund = DURE_TRACE_FUND;
        name_set(&act.parameter.parameter, "monthly_issue");
        act.parameter.value = INT64_C(10000000000) + trace->acts;
        /* The notice is a day, and the approval may come a day or two later. */
        act.parameter.from = trace_today(trace) + 10;
        break;
    }
    make(trace, DURE_TRACE_OFFICER_2, dure_trace_propose(trace_today(trace) + 20, &act));
    trace->proposal = trace->last_id;
    trace->is_proposed = true;
    return true;
}

/* ---- mischief
 * ---------------------------------------------------------------------------------- */

static bool mischief_rules(dure_trace_t *trace, uint64_t sort)
{
    trace->expect = DURE_TRACE_REFUSED;
    citizen_t *citizen = any_citizen(trace);
    const uint64_t party = citizen->signer.party;
    switch (sort) {
    case 0:
        return make(trace, party,
                    dure_trace_payment(dure_trace_merchant(open_shop(trace)), citizen->held + 1));
    case 1:
        /* A shop of a closed kind, or none of that number. */
        return make(trace, party, dure_trace_payment(dure_trace_merchant(9), 100));
    case 2:
        if (trace->orders.count == 0) {
            return false;
        }
        return make(
            trace, DURE_TRACE_BANK,
            dure_trace_credit(trace->orders.items[0].id, price_of(trace->orders.items[0].won) + 1));
    case 3:
        return make(trace, party, dure_trace_deposit("budget", 1000));
    case 4:
        return make(trace, party, dure_trace_order(HOLDING_LIMIT));
    default:
        return make(trace, party, dure_trace_payment(party, 1));
    }
}

/* What the door turns away.  The model's numbers move on: a gap in them harms nobody. */
static bool mischief_door(dure_trace_t *trace, uint64_t sort)
{
    trace->expect = DURE_TRACE_INADMISSIBLE;
    const uint64_t party = any_citizen(trace)->signer.party;
    dure_body_t body = dure_trace_payment(dure_trace_merchant(open_shop(trace)), 1);
    dure_tx_t tx;
    memset(&tx, 0, sizeof tx);
    tx.version = 1;
    tx.id = (dure_tx_id_t){.party = party, .number = trace_signer(trace, party)->next_number};
    tx.valid_until = trace->time + DAY_MS;
    tx.body = body;
    dure_secret_key_t secret;
    dure_trace_secret(trace, party, &secret);
    switch (sort) {
    case 0: /* another party's key */
        dure_trace_secret(trace, DURE_TRACE_BANK, &secret);
        break;
    case 1: /* too late */
        tx.valid_until = trace->config.start == 0 ? 0 : trace->config.start - 1;
        break;
    case 2: /* too far ahead */
        tx.valid_until = trace->time + 2 * DURE_TX_VALIDITY_MS_MAX;
        break;
    case 3: /* an empty slot */
        dure_trace_sign(trace, &tx, 3, &secret);
        return true;
    case 4: /* nobody's number */
        tx.id.party = UINT64_C(77777777);
        break;
    default: /* a number long used: that of the set-up's first act */
        tx.id = (dure_tx_id_t){.party = DURE_TRACE_OFFICER_1, .number = 1};
        dure_trace_secret(trace, DURE_TRACE_OFFICER_1, &secret);
        break;
    }
    dure_trace_sign(trace, &tx, 0, &secret);
    return true;
}

static bool do_mischief(dure_trace_t *trace)
{
    const uint64_t sort = trace_random(trace, 14);
    if (sort < 6) {
        return mischief_rules(trace, sort);
    }
    mischief_door(trace, sort - 6);
    if (sort == 12) { /* cut off */
        trace->expect = DURE_TRACE_MALFORMED;
        trace->wire_size = trace_random(trace, trace->wire_size);
    } else if (sort == 13) { /* a bit of the signature */
        trace->wire[trace->wire_size - 1 - trace_random(trace, 64)] ^= 1;
    }
    return true;
}

/* ---- the stream
 * ----------------------------------------------------------------------------------- */

static bool step(dure_trace_t *trace)
{
    static const struct {
        uint8_t weight; /* of 100 */
        bool (*act)(dure_trace_t *trace);
    } acts[] = {
        {6, do_register}, {12, do_order}, {12, do_credit}, {50, do_pay},
        {7, do_redeem},   {6, do_result}, {1, do_cancel},  {1, do_void},
        {1, do_attest},   {1, do_rotate}, {1, do_deposit}, {2, do_act},
    };
    uint64_t roll = trace_random(trace, 100);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++) {
        if (roll < acts[i].weight) {
            return acts[i].act(trace);
        }
        roll -= acts[i].weight;
    }
    return false;
}

static void tick(dure_trace_t *trace)
{
    trace->since_tick = 0;
    /* Minutes for the most part, now and then a night. */
    const uint64_t step_ms = trace_random(trace, 4) == 0 ? DAY_MS / 2 + trace_random(trace, DAY_MS)
                                                         : trace_random(trace, DAY_MS / 24);
    trace->time += step_ms;
    if (trace->config.clock == DURE_TRACE_CLOCK_DRIVEN) {
        make(trace, DURE_TRACE_CLOCK, dure_trace_tick(trace->time));
    }
}

dure_bytes_t dure_trace_next(dure_trace_t *trace)
{
    const dure_bytes_t setup = dure_trace_setup(trace);
    if (setup.size > 0) {
        return setup;
    }
    trace->expect = DURE_TRACE_GOOD;
    if (trace->config.mixed > 0) {
        const dure_bytes_t mixed = trace_mixed_setup(trace);
        if (mixed.size > 0) {
            return mixed;
        }
    }
    bool done = false;
    if (++trace->since_tick >= trace->config.ticks) {
        tick(trace);
        done = trace->config.clock == DURE_TRACE_CLOCK_DRIVEN;
    } else if (trace->merchants_count < 3 || trace->citizens_count < 6) {
        done = do_register(trace);
    } else if (trace_random(trace, 100) < trace->config.mischief) {
        done = do_mischief(trace);
    } else if (trace->config.mixed > 0 && trace_random(trace, 100) < trace->config.mixed) {
        done = trace_mixed_step(trace);
    }
    for (int tries = 0; !done && tries < 64; tries++) {
        trace->expect = DURE_TRACE_GOOD;
        done = step(trace);
    }
    if (!done) {
        trace->expect = DURE_TRACE_GOOD;
        do_deposit(trace);
    }
    return dure_bytes(trace->wire, trace->wire_size);
}

dure_trace_expect_t dure_trace_expect(const dure_trace_t *trace)
{
    return trace->expect;
}

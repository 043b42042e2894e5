#include "trace/trace.h"
#include "trace/trace_private.h"

#include <stdlib.h>
#include <string.h>

#define CITIZENS_FROM  UINT64_C(1000000)
#define MERCHANTS_FROM UINT64_C(9000000)

#define START_DEFAULT UINT64_C(1767571200000) /* 2026-01-05T00:00Z, 09:00 in Korea, a Monday */
#define WEEK_MS       UINT64_C(604800000)

/* ---- chance
 * -------------------------------------------------------------------------------------- */

/* splitmix64 */
uint64_t trace_random(dure_trace_t *trace, uint64_t below)
{
    trace->random += UINT64_C(0x9e3779b97f4a7c15);
    uint64_t z = trace->random;
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % below;
}

/* H(DERIVE, seed || party || generation || what): keys and blinds. */
static void derive(const dure_trace_t *trace, uint64_t party, uint32_t generation, uint8_t what,
                   dure_hash_t *out)
{
    uint8_t label[21];
    dure_put_u64(label, trace->config.seed);
    dure_put_u64(label + 8, party);
    dure_put_u32(label + 16, generation);
    label[20] = what;
    dure_hash(out, DURE_TAG_DERIVE, label, sizeof label);
}

/* ---- parties
 * ------------------------------------------------------------------------------------- */

uint64_t dure_trace_citizen(uint32_t index)
{
    return CITIZENS_FROM + index;
}

uint64_t dure_trace_merchant(uint32_t index)
{
    return MERCHANTS_FROM + index;
}

signer_t *trace_signer(const dure_trace_t *trace, uint64_t party)
{
    if (party >= MERCHANTS_FROM && party - MERCHANTS_FROM < trace->config.merchants) {
        return &trace->merchants[party - MERCHANTS_FROM].signer;
    }
    if (party >= CITIZENS_FROM && party - CITIZENS_FROM < trace->config.citizens) {
        return &trace->citizens[party - CITIZENS_FROM].signer;
    }
    DURE_ASSERT(party >= DURE_TRACE_REGISTRAR && party <= DURE_TRACE_WATCH);
    /* The trace owns its signers; only what it shows of itself is const. */
    return (signer_t *)(uintptr_t)&trace->services[party - DURE_TRACE_REGISTRAR];
}

void dure_trace_secret(const dure_trace_t *trace, uint64_t party, dure_secret_key_t *secret)
{
    dure_hash_t seed;
    derive(trace, party, trace_signer(trace, party)->generation, 1, &seed);
    bool is_citizen = party >= CITIZENS_FROM && party < MERCHANTS_FROM;
    secret->scheme = is_citizen && party % 8 == 7 ? DURE_SCHEME_P256 : DURE_SCHEME_ED25519;
    memcpy(secret->seed, seed.bytes, sizeof secret->seed);
}

dure_public_key_t dure_trace_key(const dure_trace_t *trace, uint64_t party)
{
    dure_secret_key_t secret;
    dure_public_key_t key;
    dure_trace_secret(trace, party, &secret);
    DURE_ASSERT(dure_public_key_of(&key, &secret));
    return key;
}

/* ---- the trace itself
 * ---------------------------------------------------------------------------- */

static void genesis_make(dure_trace_t *trace)
{
    static const uint32_t roles[SERVICES_COUNT] = {DURE_SERVICE_REGISTRAR, DURE_SERVICE_BANK,
                                                   DURE_SERVICE_OFFICER,   DURE_SERVICE_OFFICER,
                                                   DURE_SERVICE_CLOCK,     DURE_SERVICE_WATCH};
    dure_genesis_t genesis;
    memset(&genesis, 0, sizeof genesis);
    genesis.version = 1;
    genesis.clock = trace->config.clock;
    genesis.parties_max = trace->config.parties_max;
    genesis.time = trace->config.start;
    derive(trace, 0, 0, 3, &genesis.salt);
    genesis.zones_count = 1;
    genesis.zones[0].offset_s = trace->zone.offsets[0].offset_s;
    genesis.cities_count = 1;
    genesis.cities[0] = (dure_genesis_city_t){DURE_TRACE_CITY, 2};
    genesis.services_count = SERVICES_COUNT;
    for (uint32_t i = 0; i < SERVICES_COUNT; i++) {
        dure_genesis_service_t *service = &genesis.services[i];
        service->party = DURE_TRACE_REGISTRAR + i;
        service->city = DURE_TRACE_CITY;
        service->roles = roles[i];
        service->key = dure_trace_key(trace, service->party);
        dure_hash_t blind;
        derive(trace, service->party, 0, 2, &blind);
        memcpy(service->blind.bytes, blind.bytes, sizeof service->blind.bytes);
    }
    dure_writer_t writer = dure_writer(trace->genesis, sizeof trace->genesis);
    dure_genesis_encode(&writer, &genesis);
    DURE_ASSERT(!writer.overflow);
    trace->genesis_size = writer.size;
    dure_hash(&trace->chain_id, DURE_TAG_GENESIS, trace->genesis, trace->genesis_size);
}

static uint8_t *copy_of(dure_bytes_t bytes)
{
    uint8_t *copy = malloc(bytes.size == 0 ? 1 : bytes.size);
    if (copy != NULL && bytes.size > 0) {
        memcpy(copy, bytes.data, bytes.size);
    }
    return copy;
}

static void signers_init(dure_trace_t *trace)
{
    for (uint32_t i = 0; i < SERVICES_COUNT; i++) {
        trace->services[i] = (signer_t){DURE_TRACE_REGISTRAR + i, 1, 0};
    }
    for (uint32_t i = 0; i < trace->config.citizens; i++) {
        trace->citizens[i].signer = (signer_t){dure_trace_citizen(i), 1, 0};
        trace->citizens[i].bought_day = -1;
    }
    for (uint32_t i = 0; i < trace->config.merchants; i++) {
        trace->merchants[i].signer = (signer_t){dure_trace_merchant(i), 1, 0};
    }
}

dure_trace_t *dure_trace_new(const dure_trace_config_t *config)
{
    dure_trace_t *trace = calloc(1, sizeof *trace);
    if (trace == NULL) {
        return NULL;
    }
    trace->config = *config;
    dure_trace_config_t *own = &trace->config;
    own->clock = own->clock == 0 ? DURE_TRACE_CLOCK_DRIVEN : own->clock;
    own->start = own->start == 0 ? START_DEFAULT : own->start;
    own->citizens = own->citizens == 0 ? 40 : own->citizens;
    own->merchants = own->merchants == 0 ? 12 : own->merchants;
    const uint32_t parties = own->citizens + own->merchants + 12;
    const uint32_t least = parties > 64 ? parties : 64;
    own->parties_max = own->parties_max == 0 ? least : own->parties_max;
    own->ticks = own->ticks == 0 ? 40 : own->ticks;
    trace->random = own->seed;
    trace->time = own->start;
    trace->zone = dure_zone_kst();
    trace->image = copy_of(config->image);
    trace->source = copy_of(config->source);
    trace->points_image = copy_of(config->points_image);
    trace->points_source = copy_of(config->points_source);
    trace->citizens = calloc(own->citizens, sizeof *trace->citizens);
    trace->merchants = calloc(own->merchants, sizeof *trace->merchants);
    if (trace->image == NULL || trace->source == NULL || trace->citizens == NULL ||
        trace->merchants == NULL || trace->points_image == NULL || trace->points_source == NULL) {
        dure_trace_free(trace);
        return NULL;
    }
    own->image.data = trace->image;
    own->source.data = trace->source;
    own->points_image.data = trace->points_image;
    own->points_source.data = trace->points_source;
    signers_init(trace);
    genesis_make(trace);
    return trace;
}

void dure_trace_free(dure_trace_t *trace)
{
    if (trace != NULL) {
        free(trace->image);
        free(trace->source);
        free(trace->points_image);
        free(trace->points_source);
        free(trace->citizens);
        free(trace->merchants);
        free(trace);
    }
}

dure_bytes_t dure_trace_genesis(const dure_trace_t *trace)
{
    return dure_bytes(trace->genesis, trace->genesis_size);
}

const dure_hash_t *dure_trace_chain_id(const dure_trace_t *trace)
{
    return &trace->chain_id;
}

dure_time_t dure_trace_time(const dure_trace_t *trace)
{
    return trace->time;
}

void dure_trace_time_set(dure_trace_t *trace, dure_time_t time)
{
    trace->time = time;
}

dure_day_t trace_today(const dure_trace_t *trace)
{
    return dure_zone_day(&trace->zone, trace->time);
}

dure_tx_id_t dure_trace_last_id(const dure_trace_t *trace)
{
    return trace->last_id;
}

dure_bytes_t dure_trace_sign(dure_trace_t *trace, const dure_tx_t *tx, uint8_t slot,
                             const dure_secret_key_t *secret)
{
    dure_writer_t writer = dure_writer(trace->wire, sizeof trace->wire);
    DURE_ASSERT(dure_tx_seal(&writer, tx, &trace->chain_id, slot, secret));
    trace->wire_size = writer.size;
    trace->last_id = tx->id;
    return dure_bytes(trace->wire, trace->wire_size);
}

dure_bytes_t dure_trace_make(dure_trace_t *trace, uint64_t party, const dure_body_t *body)
{
    signer_t *signer = trace_signer(trace, party);
    dure_tx_t tx;
    memset(&tx, 0, sizeof tx);
    tx.version = 1;
    tx.id = (dure_tx_id_t){.party = party, .number = signer->next_number++};
    tx.valid_until = trace->time + WEEK_MS;
    tx.body = *body;
    dure_secret_key_t secret;
    dure_trace_secret(trace, party, &secret);
    return dure_trace_sign(trace, &tx, 0, &secret);
}

/* ---- bodies
 * -------------------------------------------------------------------------------------- */

static dure_body_t body_of(dure_body_kind_t kind)
{
    dure_body_t body;
    memset(&body, 0, sizeof body);
    body.kind = (uint8_t)kind;
    return body;
}

dure_body_t dure_trace_tick(dure_time_t time)
{
    dure_body_t body = body_of(DURE_BODY_TICK);
    body.tick.time = time;
    return body;
}

/* Every tenth shop is of a kind at which the fund cannot be spent. */
static uint64_t category_of(uint32_t index)
{
    static const uint8_t open[] = {
        DURE_CATEGORY_RESTAURANT, DURE_CATEGORY_CAFE,     DURE_CATEGORY_BAKERY,
        DURE_CATEGORY_MART,       DURE_CATEGORY_CLOTHING, DURE_CATEGORY_PHARMACY,
        DURE_CATEGORY_CLINIC,     DURE_CATEGORY_ACADEMY,
    };
    return index % 10 == 9 ? DURE_CATEGORY_GAMBLING : open[index % sizeof open];
}

dure_body_t dure_trace_registration(const dure_trace_t *trace, uint64_t party)
{
    const bool is_merchant = party >= MERCHANTS_FROM;
    const dure_day_t from = dure_zone_day(&trace->zone, trace->config.start);
    dure_body_t body = body_of(DURE_BODY_REGISTRATION);
    dure_registration_t *made = &body.registration;
    made->subject = party;
    made->kind = is_merchant ? DURE_KIND_MERCHANT : DURE_KIND_CITIZEN;
    dure_hash_t blind;
    derive(trace, party, 0, 2, &blind);
    memcpy(made->blind.bytes, blind.bytes, sizeof made->blind.bytes);
    made->keys_count = 1;
    made->keys[0].key = dure_trace_key(trace, party);
    if (is_merchant) {
        const uint32_t index = (uint32_t)(party - MERCHANTS_FROM);
        made->attributes_count = 3;
        made->attributes[0] =
            (dure_attribute_entry_t){DURE_ATTRIBUTE_REGION, DURE_TRACE_CITY, from, DURE_DAY_MAX};
        made->attributes[1] = (dure_attribute_entry_t){DURE_ATTRIBUTE_CATEGORY, category_of(index),
                                                       from, DURE_DAY_MAX};
        made->attributes[2] = (dure_attribute_entry_t){
            DURE_ATTRIBUTE_ANNUAL_SALES, UINT64_C(50000000) * (1 + index % 8), from, DURE_DAY_MAX};
    } else {
        const uint32_t index = (uint32_t)(party - CITIZENS_FROM);
        made->attributes_count = 2;
        made->attributes[0] =
            (dure_attribute_entry_t){DURE_ATTRIBUTE_RESIDENCE, DURE_TRACE_CITY, from, DURE_DAY_MAX};
        made->attributes[1] = (dure_attribute_entry_t){DURE_ATTRIBUTE_BIRTH_YEAR, 1940 + index % 65,
                                                       from, DURE_DAY_MAX};
    }
    return body;
}

dure_body_t dure_trace_attest(uint64_t party, uint64_t what, uint64_t value, dure_day_t from,
                              dure_day_t until)
{
    dure_body_t body = body_of(DURE_BODY_ATTEST);
    body.attest.subject = party;
    body.attest.entry = (dure_attribute_entry_t){what, value, from, until};
    return body;
}

dure_body_t dure_trace_propose(dure_day_t until, const dure_act_t *act)
{
    dure_body_t body = body_of(DURE_BODY_PROPOSE);
    body.propose.until = until;
    body.propose.act = *act;
    return body;
}

dure_body_t dure_trace_approve(dure_tx_id_t proposal)
{
    dure_body_t body = body_of(DURE_BODY_APPROVE);
    body.approve.proposal = proposal;
    return body;
}

dure_body_t dure_trace_deposit(const char *account, uint64_t won)
{
    dure_body_t body = body_of(DURE_BODY_DEPOSIT);
    DURE_ASSERT(dure_name_from(&body.deposit.account, account, strlen(account)));
    body.deposit.amount = dure_amount(won);
    return body;
}

dure_body_t dure_trace_order(uint64_t face)
{
    dure_body_t body = body_of(DURE_BODY_PURCHASE_ORDER);
    body.purchase_order.fund = DURE_TRACE_FUND;
    body.purchase_order.face = dure_amount(face);
    return body;
}

dure_body_t dure_trace_credit(dure_tx_id_t order, uint64_t price)
{
    dure_body_t body = body_of(DURE_BODY_PURCHASE_CREDIT);
    body.purchase_credit.order = order;
    body.purchase_credit.price = dure_amount(price);
    return body;
}

dure_body_t dure_trace_void(dure_tx_id_t order)
{
    dure_body_t body = body_of(DURE_BODY_PURCHASE_VOID);
    body.purchase_void.order = order;
    return body;
}

dure_body_t dure_trace_cancel(uint32_t lot)
{
    dure_body_t body = body_of(DURE_BODY_PURCHASE_CANCEL);
    body.purchase_cancel.fund = DURE_TRACE_FUND;
    body.purchase_cancel.lot = lot;
    return body;
}

dure_body_t dure_trace_payment(uint64_t payee, uint64_t won)
{
    dure_body_t body = body_of(DURE_BODY_PAYMENT);
    body.payment.payee = payee;
    body.payment.amount = dure_amount(won);
    body.payment.channel = DURE_CHANNEL_QR_MERCHANT;
    return body;
}

dure_body_t dure_trace_redemption(uint64_t won)
{
    dure_body_t body = body_of(DURE_BODY_REDEMPTION);
    body.redemption.fund = DURE_TRACE_FUND;
    body.redemption.amount = dure_amount(won);
    return body;
}

dure_body_t dure_trace_payout_result(dure_tx_id_t payout, uint8_t outcome)
{
    dure_body_t body = body_of(DURE_BODY_PAYOUT_RESULT);
    body.payout_result.payout = payout;
    body.payout_result.outcome = outcome;
    return body;
}

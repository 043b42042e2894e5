/* Citizens and shops: numbers, keys, attributes, registration; and how transactions leave. */
#include "app/city.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t city_monotonic_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

double city_random_lognormal(city_random_t *random, double mean, double sigma)
{
    /* A standard normal from two uniforms (Box and Muller). */
    double u = 1.0 - city_random_unit(random);
    double v = city_random_unit(random);
    double z = sqrt(-2.0 * log(u)) * cos(6.283185307179586 * v);
    return mean * exp(sigma * z - sigma * sigma / 2.0);
}

/* Keys come from the seed, so that a play can be repeated to the byte. */
static void derive(const city_t *city, const char *label, uint64_t index, dure_hash_t *out)
{
    uint8_t bytes[64] = {0};
    dure_put_u64(bytes, city->seed);
    dure_put_u64(bytes + 8, index);
    size_t size = strlen(label);
    memcpy(bytes + 16, label, size);
    dure_hash(out, DURE_TAG_DERIVE, bytes, 16 + size);
}

static dure_secret_key_t derive_key(const city_t *city, const char *label, uint64_t index)
{
    dure_hash_t hash;
    derive(city, label, index, &hash);
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519};
    memcpy(secret.seed, hash.bytes, sizeof secret.seed);
    return secret;
}

bool city_people_start(city_t *city)
{
    city_service_t *services[5] = {&city->registrar, &city->bank_service, &city->officers[0],
                                   &city->officers[1], &city->clock};
    for (uint64_t i = 0; i < 5; i++) {
        *services[i] = (city_service_t){
            .party = 1 + i, .next_number = 1, .secret = derive_key(city, "service", i)};
    }
    city->watch =
        (city_service_t){.party = 6, .next_number = 1, .secret = derive_key(city, "service", 5)};
    uint64_t people = 0;
    for (uint32_t i = 0; i < city->data.month_count; i++) {
        people += city->data.months[i].registered;
    }
    city->citizen_capacity = people + 8;
    city->shop_capacity =
        64 + 12000 * city->data.fraction_numerator / city->data.fraction_denominator;
    city->payout_capacity = city->shop_capacity * 8 + 64;
    city->citizens = calloc(city->citizen_capacity, sizeof *city->citizens);
    city->shops = calloc(city->shop_capacity, sizeof *city->shops);
    city->payouts = calloc(city->payout_capacity, sizeof *city->payouts);
    city->batch_capacity = (size_t)CITY_BATCH_MAX * 1024 + 2 * DURE_TX_SIZE_MAX;
    city->batch = malloc(city->batch_capacity);
    if (city->citizens == NULL || city->shops == NULL || city->payouts == NULL ||
        city->batch == NULL) {
        city_problem(city->problem, "out of memory for %llu people", (unsigned long long)people);
        return false;
    }
    return true;
}

/* A number by weights. */
static uint64_t weighted(city_t *city, const uint64_t *weights, size_t count)
{
    uint64_t total = 0;
    for (size_t i = 0; i < count; i++) {
        total += weights[i];
    }
    if (total == 0) {
        return 0;
    }
    uint64_t at = city_random_below(&city->random, total);
    for (size_t i = 0; i < count; i++) {
        if (at < weights[i]) {
            return i;
        }
        at -= weights[i];
    }
    return 0;
}

static void add_attribute(dure_registration_t *registration, uint64_t what, uint64_t value,
                          dure_day_t from)
{
    registration->attributes[registration->attributes_count++] =
        (dure_attribute_entry_t){.what = what, .value = value, .from = from, .until = DURE_DAY_MAX};
}

static bool register_party(city_t *city, dure_registration_t *registration, const char *label,
                           uint64_t index, dure_secret_key_t *secret, uint64_t *party)
{
    dure_hash_t hash;
    derive(city, label, index, &hash);
    /* Numbers below 2^63 and above the services': nothing can be told from them. */
    *party = (dure_get_u64(hash.bytes) >> 1) | 1024;
    memcpy(registration->blind.bytes, hash.bytes + 8, sizeof registration->blind.bytes);
    *secret = derive_key(city, label, index + (UINT64_C(1) << 40));
    registration->subject = *party;
    registration->keys_count = 1;
    registration->keys[0].slot = 0;
    if (!dure_public_key_of(&registration->keys[0].key, secret)) {
        city_problem(city->problem, "cannot make a key");
        return false;
    }
    dure_body_t body = {.kind = DURE_BODY_REGISTRATION, .registration = *registration};
    return city_send_as(city, &city->registrar, &body, DURE_RESULT_DONE);
}

bool city_register_citizen(city_t *city)
{
    DURE_ASSERT(city->citizen_count < city->citizen_capacity);
    city_citizen_t *citizen = &city->citizens[city->citizen_count];
    dure_registration_t registration = {.kind = DURE_KIND_CITIZEN};
    uint64_t decade = weighted(city, city->data.age_weights, 10);
    int32_t year = dure_day_to_date(city->today).year;
    uint64_t age = decade * 10 + city_random_below(&city->random, 10);
    uint64_t born = (uint64_t)year - (age < 14 ? 14 : age);
    add_attribute(&registration, DURE_ATTRIBUTE_RESIDENCE, city->data.region, city->today);
    add_attribute(&registration, DURE_ATTRIBUTE_BIRTH_YEAR, born, city->today);
    *citizen = (city_citizen_t){.next_number = 1};
    bool sent = register_party(city, &registration, "citizen", city->citizen_count,
                               &citizen->secret, &citizen->party);
    city->citizen_count++;
    return sent;
}

bool city_register_shop(city_t *city)
{
    DURE_ASSERT(city->shop_count < city->shop_capacity);
    city_shop_t *shop = &city->shops[city->shop_count];
    dure_registration_t registration = {.kind = DURE_KIND_MERCHANT};
    *shop = (city_shop_t){.next_number = 1};
    shop->category = (uint16_t)weighted(city, city->data.category_weights, 64);
    /* Annual sales: most small shops; a few above the cap, where general money must be refused. */
    uint64_t sales = (uint64_t)city_random_lognormal(&city->random, 260e6, 0.8);
    bool large = city_random_below(&city->random, 50) == 0;
    sales = large ? 1000000001 + city_random_below(&city->random, 4000000000)
                  : (sales > 1000000000 ? 1000000000 : sales);
    shop->refused = large || shop->category == DURE_CATEGORY_VEHICLE;
    add_attribute(&registration, DURE_ATTRIBUTE_REGION, city->data.region, city->today);
    add_attribute(&registration, DURE_ATTRIBUTE_CATEGORY, shop->category, city->today);
    add_attribute(&registration, DURE_ATTRIBUTE_ANNUAL_SALES, sales / 1000000 * 1000000,
                  city->today);
    if (large) {
        registration.attributes[registration.attributes_count - 1].value += 1000000;
    }
    if (city->citizen_count > 0 && city_random_below(&city->random, 4) == 0) {
        shop->owner = 1 + city_random_below(&city->random, city->citizen_count);
        add_attribute(&registration, DURE_ATTRIBUTE_OWNER, city->citizens[shop->owner - 1].party,
                      city->today);
    }
    bool sent =
        register_party(city, &registration, "shop", city->shop_count, &shop->secret, &shop->party);
    shop->risky = city_random_below(&city->random, 60) == 0;
    if (sent && shop->risky) {
        dure_body_t body = {.kind = DURE_BODY_ATTEST,
                            .attest = {.subject = shop->party,
                                       .entry = {.what = DURE_ATTRIBUTE_RISK,
                                                 .value = 750,
                                                 .from = city->today,
                                                 .until = DURE_DAY_MAX}}};
        sent = city_send_as(city, &city->watch, &body, DURE_RESULT_DONE);
    }
    city->shop_count++;
    return sent;
}

/* ---- sending
   ------------------------------------------------------------------------------------------- Two
   batches: one at the node, one being signed here meanwhile. */

static bool client_failed(city_t *city)
{
    city_problem(city->problem, "%s", dure_client_problem(city->client));
    return false;
}

static bool receive(city_t *city)
{
    city->flying = false;
    if (!dure_client_submit_finish(city->client, city->answers, city->flight_number,
                                   city->flight_count)) {
        return client_failed(city);
    }
    for (uint32_t i = 0; i < city->flight_count; i++) {
        const city_expected_t *expected = &city->flight_expected[i];
        if (city->answers[i].code == expected->code) {
            continue;
        }
        const dure_result_text_t *got = dure_result_text(city->answers[i].code);
        const dure_result_text_t *want = dure_result_text(expected->code);
        const char *kind = dure_body_kind_name(expected->kind);
        city_problem(city->problem,
                     "the node answered a %s with \"%s\" where \"%s\" was expected %.*s",
                     kind == NULL ? "?" : kind, got == NULL ? "?" : got->name,
                     want == NULL ? "?" : want->name, (int)city->answers[i].problem.size,
                     (const char *)city->answers[i].problem.data);
        return false;
    }
    return true;
}

/* Sends the batch; waits for the one before it. */
static bool flush(city_t *city)
{
    if (city->batch_count == 0) {
        return true;
    }
    if (city->flying && !receive(city)) {
        return false;
    }
    if (!dure_client_submit_start(city->client, &city->flight_number, city->wires,
                                  city->batch_count)) {
        return client_failed(city);
    }
    city->flying = true;
    city->flight_count = city->batch_count;
    memcpy(city->flight_expected, city->expected, sizeof city->expected);
    city->batch_count = 0;
    city->batch_size = 0;
    return true;
}

bool city_settle(city_t *city)
{
    return flush(city) && (!city->flying || receive(city));
}

bool city_send(city_t *city, const dure_tx_t *tx, const dure_secret_key_t *secret, uint16_t code)
{
    dure_writer_t writer =
        dure_writer(city->batch + city->batch_size, city->batch_capacity - city->batch_size);
    if (!dure_tx_seal(&writer, tx, &city->chain_id, 0, secret)) {
        city_problem(city->problem, "cannot encode or sign a transaction");
        return false;
    }
    city->batch_size += writer.size;
    city->wires[city->batch_count] = dure_writer_bytes(&writer);
    city->expected[city->batch_count] = (city_expected_t){.code = code, .kind = tx->body.kind};
    city->batch_count++;
    city->totals.transactions++;
    city->totals.refused += code >= 200 ? 1 : 0;
    bool full = city->batch_count == CITY_BATCH_MAX ||
                city->batch_capacity - city->batch_size < DURE_TX_SIZE_MAX + 8;
    return full ? flush(city) : true;
}

bool city_send_as(city_t *city, city_service_t *service, const dure_body_t *body, uint16_t code)
{
    dure_tx_t tx = {.version = 1,
                    .id = {service->party, 0, service->next_number},
                    .valid_until = city->now + 3600000,
                    .body = *body};
    service->next_number++;
    return city_send(city, &tx, &service->secret, code);
}

bool city_tick(city_t *city, dure_time_t time)
{
    dure_body_t body = {.kind = DURE_BODY_TICK, .tick = {time}};
    if (!city_send_as(city, &city->clock, &body, DURE_RESULT_DONE)) {
        return false;
    }
    city->now = time;
    city->today = dure_zone_day(&city->zone, time);
    return true;
}

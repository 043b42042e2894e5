/* Citizens and shops: numbers, keys, attributes, registration. */
#include "app/city.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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

dure_secret_key_t city_derive_key(const city_t *city, const char *label, uint64_t index)
{
    dure_hash_t hash;
    derive(city, label, index, &hash);
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519};
    memcpy(secret.seed, hash.bytes, sizeof secret.seed);
    return secret;
}

/* The numbers of a city's services follow its place on the chain; nothing else is below 1,024. */
static void services_start(city_t *city)
{
    city_service_t *services[6] = {&city->registrar,   &city->bank_service, &city->officers[0],
                                   &city->officers[1], &city->world->clock, &city->watch};
    for (uint64_t i = 0; i < 6; i++) {
        if (i == 4 && city->index > 0) {
            continue; /* one clock for all */
        }
        *services[i] = (city_service_t){.party = 6 * (uint64_t)city->index + 1 + i,
                                        .next_number = 1,
                                        .secret = city_derive_key(city, "service", i)};
    }
}

/* Cards that hold all that is in anybody's hands and not with the registered, who buy half of what
   they may at least; some of the cards not full. */
static uint64_t bearers_needed(const city_data_t *data)
{
    uint64_t people = 0, sold = data->opening_won;
    for (uint32_t i = 0; i < data->month_count; i++) {
        people += data->months[i].registered;
        const uint64_t theirs = people * 250000;
        const uint64_t charged = data->months[i].charged_won;
        sold += charged > theirs ? charged - theirs : 0;
    }
    return (sold < data->held_most_won ? sold : data->held_most_won) / 250000 +
           data->opening_won / 250000;
}

bool city_people_start(city_t *city)
{
    services_start(city);
    uint64_t people = 0, cards = 0;
    for (uint32_t i = 0; i < city->data.month_count; i++) {
        people += city->data.months[i].registered;
        cards += city->data.months[i].cards;
    }
    city->citizens.fund = CITY_GENERAL;
    city->citizens.capacity = people + 8;
    city->bearers.fund = CITY_PAPER;
    city->bearers.capacity = cards + 64 + bearers_needed(&city->data);
    city->shop_capacity =
        64 + 12000 * city->data.fraction_numerator / city->data.fraction_denominator;
    city->payout_capacity = city->shop_capacity * 8 + 64;
    city->citizens.items = calloc(city->citizens.capacity, sizeof *city->citizens.items);
    city->bearers.items = calloc(city->bearers.capacity, sizeof *city->bearers.items);
    city->shops = calloc(city->shop_capacity, sizeof *city->shops);
    city->payouts = calloc(city->payout_capacity, sizeof *city->payouts);
    if (city->citizens.items == NULL || city->bearers.items == NULL || city->shops == NULL ||
        city->payouts == NULL) {
        return city_problem(city->world->problem, "out of memory for %llu people",
                            (unsigned long long)(people + cards));
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
    *secret = city_derive_key(city, label, index + (UINT64_C(1) << 40));
    registration->subject = *party;
    registration->keys_count = 1;
    registration->keys[0].slot = 0;
    if (!dure_public_key_of(&registration->keys[0].key, secret)) {
        city_problem(city->world->problem, "cannot make a key");
        return false;
    }
    dure_body_t body = {.kind = DURE_BODY_REGISTRATION, .registration = *registration};
    return city_send_as(city, &city->registrar, &body, DURE_RESULT_DONE);
}

bool city_register_citizen(city_t *city)
{
    DURE_ASSERT(city->citizens.count < city->citizens.capacity);
    city_holder_t *citizen = &city->citizens.items[city->citizens.count];
    dure_registration_t registration = {.kind = DURE_KIND_CITIZEN};
    uint64_t decade = weighted(city, city->data.age_weights, 10);
    int32_t year = dure_day_to_date(city->world->today).year;
    uint64_t age = decade * 10 + city_random_below(&city->random, 10);
    uint64_t born = (uint64_t)year - (age < 14 ? 14 : age);
    add_attribute(&registration, DURE_ATTRIBUTE_RESIDENCE, city->data.region, city->world->today);
    add_attribute(&registration, DURE_ATTRIBUTE_BIRTH_YEAR, born, city->world->today);
    *citizen = (city_holder_t){.next_number = 1, .birth_year = (uint16_t)born};
    bool sent = register_party(city, &registration, "citizen", city->citizens.count,
                               &citizen->secret, &citizen->party);
    city->citizens.count++;
    return sent;
}

bool city_register_bearer(city_t *city)
{
    if (city->bearers.count == city->bearers.capacity) {
        return city_problem(city->world->problem, "%s: there is no room for another bearer card",
                            city->data.city);
    }
    city_holder_t *bearer = &city->bearers.items[city->bearers.count];
    dure_registration_t registration = {.kind = DURE_KIND_BEARER};
    *bearer = (city_holder_t){.next_number = 1};
    bool sent = register_party(city, &registration, "bearer", city->bearers.count, &bearer->secret,
                               &bearer->party);
    city->bearers.count++;
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
    add_attribute(&registration, DURE_ATTRIBUTE_REGION, city->data.region, city->world->today);
    add_attribute(&registration, DURE_ATTRIBUTE_CATEGORY, shop->category, city->world->today);
    add_attribute(&registration, DURE_ATTRIBUTE_ANNUAL_SALES, sales / 1000000 * 1000000,
                  city->world->today);
    if (large) {
        registration.attributes[registration.attributes_count - 1].value += 1000000;
    }
    if (city->citizens.count > 0 && city_random_below(&city->random, 4) == 0) {
        shop->owner = 1 + city_random_below(&city->random, city->citizens.count);
        add_attribute(&registration, DURE_ATTRIBUTE_OWNER,
                      city->citizens.items[shop->owner - 1].party, city->world->today);
    }
    bool sent =
        register_party(city, &registration, "shop", city->shop_count, &shop->secret, &shop->party);
    shop->risky = city_random_below(&city->random, 60) == 0;
    if (sent && shop->risky) {
        dure_body_t body = {.kind = DURE_BODY_ATTEST,
                            .attest = {.subject = shop->party,
                                       .entry = {.what = DURE_ATTRIBUTE_RISK,
                                                 .value = 750,
                                                 .from = city->world->today,
                                                 .until = DURE_DAY_MAX}}};
        sent = city_send_as(city, &city->watch, &body, DURE_RESULT_DONE);
    }
    city->shop_count++;
    return sent;
}

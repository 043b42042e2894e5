/* The first records: what the genesis bytes say. */
#include "ledger/ledger_private.h"

const char *ledger_genesis_check(const dure_genesis_t *genesis, dure_zone_t *zone)
{
    *zone = (dure_zone_t){.count = genesis->zones_count};
    for (uint16_t i = 0; i < genesis->zones_count; i++) {
        zone->offsets[i] = (dure_zone_offset_t){.from = genesis->zones[i].from,
                                                .offset_s = (int32_t)genesis->zones[i].offset_s};
    }
    if (!dure_zone_is_valid(zone)) {
        return "the genesis zones are not ascending from 0";
    }
    if (genesis->cities_count == 0) {
        return "the genesis has no city";
    }
    for (uint16_t i = 1; i < genesis->cities_count; i++) {
        if (genesis->cities[i].city <= genesis->cities[i - 1].city) {
            return "the genesis cities are not ascending";
        }
    }
    if (genesis->services_count > genesis->parties_max) {
        return "the genesis has more services than its parties_max";
    }
    for (uint16_t i = 0; i < genesis->services_count; i++) {
        if (i > 0 && genesis->services[i].party <= genesis->services[i - 1].party) {
            return "the genesis services are not ascending";
        }
        if (dure_public_key_check(&genesis->services[i].key) != DURE_CRYPTO_OK) {
            return "a genesis service's key is not a safe point of its curve";
        }
    }
    return NULL;
}

static const char *cities_fill(dure_ledger_t *ledger)
{
    const dure_genesis_t *genesis = &ledger->genesis;
    for (uint16_t i = 0; i < genesis->cities_count; i++) {
        const uint32_t cell = ledger_take(ledger, POOL_CITY);
        city_t *city = city_at(ledger, cell);
        city->code = genesis->cities[i].city;
        city->threshold = genesis->cities[i].threshold;
        city->accounts = CELL_NONE;
        ledger_dirty(ledger, DURE_TABLE_CITY, cell);
    }
    return NULL;
}

static const char *services_fill(dure_ledger_t *ledger)
{
    const dure_genesis_t *genesis = &ledger->genesis;
    for (uint16_t i = 0; i < genesis->services_count; i++) {
        const dure_genesis_service_t *service = &genesis->services[i];
        const uint32_t city = ledger_city_find(ledger, service->city);
        if (city == CELL_NONE) {
            return "a genesis service belongs to no city of this chain";
        }
        const uint32_t party =
            ledger_party_add(ledger, service->party, (uint8_t)city, DURE_KIND_SERVICE,
                             (uint8_t)service->roles, &service->blind);
        const dure_key_entry_t entry = {.slot = 0, .key = service->key};
        ledger_key_set(ledger, party, &entry);
        if ((service->roles & DURE_SERVICE_OFFICER) != 0) {
            city_at(ledger, city)->officers++;
        }
    }
    return NULL;
}

const char *ledger_genesis_fill(dure_ledger_t *ledger)
{
    const uint32_t chain = ledger_take(ledger, POOL_CHAIN);
    DURE_ASSERT(chain == 0);
    ledger_dirty(ledger, DURE_TABLE_CHAIN, chain);
    ledger->state->parties_max = ledger->genesis.parties_max;
    ledger_time_set(ledger, ledger->genesis.time);
    ledger->state->time = ledger->genesis.clock == 2 ? ledger->genesis.time : 0;
    const char *problem = cities_fill(ledger);
    if (problem == NULL) {
        problem = services_fill(ledger);
    }
    for (uint32_t i = 0; problem == NULL && i < ledger->state->pools[POOL_CITY].used; i++) {
        if (city_at(ledger, i)->officers < city_at(ledger, i)->threshold) {
            problem = "a genesis city has fewer officers than its threshold";
        }
    }
    return problem;
}

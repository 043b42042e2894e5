/* Chance, and picking from what there is: mostly what fits, sometimes what does not. */
#include "walk/walk.h"

#include <string.h>

uint64_t walk_roll(walk_t *walk, uint64_t below)
{
    walk->random ^= walk->random << 13;
    walk->random ^= walk->random >> 7;
    walk->random ^= walk->random << 17;
    return walk->random * UINT64_C(0x2545f4914f6cdd1d) % below;
}

bool walk_chance(walk_t *walk, uint32_t percent)
{
    return walk_roll(walk, 100) < percent;
}

uint64_t walk_between(walk_t *walk, uint64_t low, uint64_t high)
{
    return low + walk_roll(walk, high - low + 1);
}

model_party_t *walk_known(walk_t *walk, uint8_t kind, uint32_t city)
{
    model_party_t *found[MODEL_PARTIES];
    uint32_t count = 0;
    for (uint32_t i = 0; i < walk->model->parties_count; i++) {
        model_party_t *party = &walk->model->parties[i];
        if (party->kind == kind && party->city == city) {
            found[count++] = party;
        }
    }
    if (count == 0) {
        return NULL;
    }
    /* The first ones more often: few parties meet more. */
    const uint32_t most = count > 20 && walk_chance(walk, 80) ? 20 : count;
    return found[walk_roll(walk, most)];
}

uint64_t walk_party(walk_t *walk, uint8_t kind)
{
    if (walk_chance(walk, 1)) {
        return WALK_NOBODY;
    }
    if (walk_chance(walk, 2)) {
        return walk->model->parties[walk_roll(walk, walk->model->parties_count)].number;
    }
    const model_party_t *party =
        walk_known(walk, kind, walk_chance(walk, 4) ? WALK_GOYANG : WALK_GIMPO);
    return party == NULL ? WALK_NOBODY : party->number;
}

uint64_t walk_service(walk_t *walk, uint32_t role, uint32_t city)
{
    uint64_t found[MODEL_PARTIES];
    uint32_t count = 0;
    if (walk_chance(walk, 2)) {
        city = city == WALK_GIMPO ? WALK_GOYANG : WALK_GIMPO;
    }
    for (uint32_t i = 0; i < walk->model->parties_count; i++) {
        const model_party_t *party = &walk->model->parties[i];
        if (party->city == city && (party->roles & role) != 0) {
            found[count++] = party->number;
        }
    }
    if (count == 0 || walk_chance(walk, 2)) {
        return walk->model->parties[walk_roll(walk, walk->model->parties_count)].number;
    }
    return found[walk_roll(walk, count)];
}

uint64_t walk_fund(walk_t *walk, uint32_t city)
{
    if (walk_chance(walk, 1)) {
        return 77;
    }
    const model_fund_t *fund = &walk->model->funds[walk_roll(walk, walk->model->funds_count)];
    for (uint32_t tries = 0; tries < 8 && fund->city != city && !walk_chance(walk, 3); tries++) {
        fund = &walk->model->funds[walk_roll(walk, walk->model->funds_count)];
    }
    return fund->number;
}

dure_name_t walk_name(const char *text)
{
    dure_name_t name;
    const bool is_name = dure_name_from(&name, text, strlen(text));
    DURE_ASSERT(is_name);
    return name;
}

dure_name_t walk_account(walk_t *walk)
{
    static const char *const names[] = {"budget",  "rewards",  "welfare",        "aid",
                                        "rewards", "platform", "refund_reserve", "nowhere"};
    if (walk_chance(walk, 90)) {
        return walk_name(names[walk_roll(walk, sizeof names / sizeof names[0])]);
    }
    char text[32];
    snprintf(text, sizeof text, "other_%u", (unsigned)walk_roll(walk, 30));
    return walk_name(text);
}

dure_key_entry_t walk_key_entry(walk_t *walk)
{
    if (walk_chance(walk, 8)) {
        return walk->bad_key;
    }
    return (dure_key_entry_t){.slot = (uint8_t)(walk_chance(walk, 70) ? 0 : walk_roll(walk, 4)),
                              .key = walk->keys[walk_roll(walk, WALK_KEYS)].key};
}

dure_hash_t walk_hash(walk_t *walk)
{
    dure_hash_t hash = {{0}};
    if (!walk_chance(walk, 10)) {
        dure_put_u64(hash.bytes, walk_roll(walk, 1000) + 1);
    }
    return hash;
}

int walk_day(walk_t *walk)
{
    return walk->model->today + (int)walk_roll(walk, 14) - 3;
}

/* Who takes part: the clock, registrations, attested facts, keys. */
#include "walk/model.h"

#include <string.h>

#define MEMBERSHIP (UINT64_C(1) << 63)

static bool has_role(const model_work_t *work, uint32_t role)
{
    return (work->signer->roles & role) != 0;
}

model_code_t model_tick(model_t *model, const model_work_t *work)
{
    const dure_zone_t zone = dure_zone_kst();
    if (!has_role(work, DURE_SERVICE_CLOCK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (work->tx->body.tick.time < model->time) {
        return DURE_RESULT_TIME_GOES_BACK;
    }
    model->time = work->tx->body.tick.time;
    model->today = dure_zone_day(&zone, model->time);
    return DURE_RESULT_DONE;
}

/* ---- facts */
static bool value_fits(uint64_t what, uint64_t value)
{
    switch (what) {
    case DURE_ATTRIBUTE_RESIDENCE:
    case DURE_ATTRIBUTE_REGION:
        return value >= 1 && value <= UINT32_MAX;
    case DURE_ATTRIBUTE_BIRTH_YEAR:
        return value >= 1850 && value <= 2199;
    case DURE_ATTRIBUTE_BIRTH_DIGIT:
        return value <= 9;
    case DURE_ATTRIBUTE_AID_TIER:
        return value >= 1 && value <= 3;
    case DURE_ATTRIBUTE_CATEGORY:
        return value >= 1 && value <= 47;
    case DURE_ATTRIBUTE_ANNUAL_SALES:
        return value <= DURE_AMOUNT_WON_MAX;
    case DURE_ATTRIBUTE_OWNER:
        return value >= 1;
    case DURE_ATTRIBUTE_RISK:
        return value <= 1000;
    default:
        return value == 1;
    }
}

static bool carries(uint8_t kind, uint64_t what)
{
    if (what >= MEMBERSHIP) {
        return kind != DURE_KIND_SERVICE;
    }
    return (kind == DURE_KIND_CITIZEN && what >= 1 && what <= 4) ||
           (kind == DURE_KIND_MERCHANT && what >= 16 && what <= 20);
}

static bool may_attest(const model_work_t *work, uint64_t what)
{
    if (what >= MEMBERSHIP) {
        return has_role(work, DURE_SERVICE_REGISTRAR | DURE_SERVICE_OFFICER);
    }
    return has_role(work, what == DURE_ATTRIBUTE_AID_TIER ? DURE_SERVICE_OFFICER
                          : what == DURE_ATTRIBUTE_RISK   ? DURE_SERVICE_WATCH
                                                          : DURE_SERVICE_REGISTRAR);
}

static uint32_t keys_all(const model_t *model)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->parties_count; i++) {
        count += model->parties[i].keys_count;
    }
    return count;
}

static uint32_t keys_room(const model_t *model)
{
    return model->parties_max + model->parties_max / 2 + 64 - keys_all(model);
}

static uint32_t attributes_room(const model_t *model)
{
    uint32_t count = 1024 + 6 * model->parties_max;
    for (uint32_t i = 0; i < model->parties_count; i++) {
        count -= model->parties[i].attributes_count;
    }
    return count;
}

static void fact_put(model_party_t *party, const dure_attribute_entry_t *entry)
{
    uint32_t at = party->attributes_count++;
    for (; at > 0 && (party->attributes[at - 1].what > entry->what ||
                      (party->attributes[at - 1].what == entry->what &&
                       party->attributes[at - 1].from > entry->from));
         at--) {
        party->attributes[at] = party->attributes[at - 1];
    }
    party->attributes[at] = *entry;
}

static void fact_drop(model_party_t *party, uint32_t at)
{
    memmove(&party->attributes[at], &party->attributes[at + 1],
            (party->attributes_count - at - 1) * sizeof party->attributes[0]);
    party->attributes_count--;
}

/* ---- registration */
static model_code_t keys_check(const dure_registration_t *body)
{
    for (uint32_t i = 0; i + 1 < body->keys_count; i++) {
        if (body->keys[i + 1].slot <= body->keys[i].slot) {
            return DURE_RESULT_KEYS_WRONG;
        }
    }
    if (body->keys_count == 0) {
        return DURE_RESULT_KEYS_WRONG;
    }
    for (uint32_t i = 0; i < body->keys_count; i++) {
        if (dure_public_key_check(&body->keys[i].key) != DURE_CRYPTO_OK) {
            return DURE_RESULT_KEY_REFUSED;
        }
    }
    return DURE_RESULT_DONE;
}

static model_code_t facts_check(const model_t *model, const model_work_t *work)
{
    const dure_registration_t *body = &work->tx->body.registration;
    for (uint32_t i = 0; i < body->attributes_count; i++) {
        const dure_attribute_entry_t *entry = &body->attributes[i];
        if (i > 0 && entry->what <= entry[-1].what) {
            return DURE_RESULT_ATTRIBUTES_WRONG;
        }
        if (!carries(body->kind, entry->what)) {
            return DURE_RESULT_ATTRIBUTE_UNKNOWN;
        }
        if (!value_fits(entry->what, entry->value)) {
            return DURE_RESULT_ATTRIBUTE_VALUE;
        }
        if (!may_attest(work, entry->what)) {
            return DURE_RESULT_NOT_PERMITTED;
        }
        if (entry->until < entry->from || entry->until < model->today) {
            return DURE_RESULT_DATES_WRONG;
        }
    }
    return DURE_RESULT_DONE;
}

model_code_t model_registration(model_t *model, const model_work_t *work)
{
    const dure_registration_t *body = &work->tx->body.registration;
    if (!has_role(work, DURE_SERVICE_REGISTRAR)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (model_party(model, body->subject) != NULL) {
        return DURE_RESULT_PARTY_EXISTS;
    }
    model_code_t code = keys_check(body);
    code = code != DURE_RESULT_DONE ? code : facts_check(model, work);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (model->parties_count == model->parties_max || keys_room(model) < body->keys_count ||
        attributes_room(model) < body->attributes_count) {
        return DURE_RESULT_TABLE_FULL;
    }
    model_party_t *party = &model->parties[model->parties_count++];
    memset(party, 0, sizeof *party);
    party->number = body->subject;
    party->city = work->signer->city;
    party->kind = body->kind;
    party->blind = body->blind;
    party->lot_next = 1;
    party->keys_count = body->keys_count;
    memcpy(party->keys, body->keys, body->keys_count * sizeof body->keys[0]);
    for (uint32_t i = 0; i < body->attributes_count; i++) {
        fact_put(party, &body->attributes[i]);
    }
    return DURE_RESULT_DONE;
}

/* ---- attest */
/* The entry of the same fact that stays beside the new one: that of today, if the new one starts
   later; that of a day to come, if the new one ends before. */
static bool stays(const model_t *model, const dure_attribute_entry_t *old,
                  const dure_attribute_entry_t *new)
{
    return new->from > model->today ? old->from <= model->today && model->today <= old->until
                                    : old->from > new->until;
}

static model_code_t fact_set(model_t *model, model_party_t *party,
                             const dure_attribute_entry_t *new)
{
    uint32_t go = 0;
    for (uint32_t i = 0; i < party->attributes_count; i++) {
        const dure_attribute_entry_t *old = &party->attributes[i];
        go += old->what == new->what && !stays(model, old, new);
    }
    if (go == 0 &&
        (party->attributes_count == DURE_PARTY_ATTRIBUTES_MAX || attributes_room(model) == 0)) {
        uint32_t over = 0;
        while (over < party->attributes_count && party->attributes[over].until >= model->today) {
            over++;
        }
        if (over == party->attributes_count) {
            return DURE_RESULT_TABLE_FULL;
        }
        fact_drop(party, over);
    }
    for (uint32_t i = 0; i < party->attributes_count; i++) {
        dure_attribute_entry_t *old = &party->attributes[i];
        if (old->what != new->what) {
            continue;
        }
        if (!stays(model, old, new)) {
            fact_drop(party, i--);
        } else if (new->from > model->today && old->until >= new->from) {
            old->until = new->from - 1;
        }
    }
    fact_put(party, new);
    return DURE_RESULT_DONE;
}

model_code_t model_attest(model_t *model, const model_work_t *work)
{
    const dure_attest_t *body = &work->tx->body.attest;
    const dure_attribute_entry_t *entry = &body->entry;
    model_party_t *party = model_party(model, body->subject);
    if (party == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (party->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (!carries(party->kind, entry->what)) {
        return DURE_RESULT_ATTRIBUTE_UNKNOWN;
    }
    if (!may_attest(work, entry->what)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (entry->until < entry->from) {
        for (uint32_t i = 0; i < party->attributes_count; i++) {
            if (party->attributes[i].what == entry->what) {
                fact_drop(party, i--);
            }
        }
        return DURE_RESULT_DONE;
    }
    if (!value_fits(entry->what, entry->value)) {
        return DURE_RESULT_ATTRIBUTE_VALUE;
    }
    if (entry->until < model->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    return fact_set(model, party, entry);
}

/* ---- keys */
static void key_put(model_party_t *party, const dure_key_entry_t *entry)
{
    uint32_t at = 0;
    while (at < party->keys_count && party->keys[at].slot < entry->slot) {
        at++;
    }
    if (at == party->keys_count || party->keys[at].slot != entry->slot) {
        memmove(&party->keys[at + 1], &party->keys[at],
                (party->keys_count - at) * sizeof party->keys[0]);
        party->keys_count++;
    }
    party->keys[at] = *entry;
}

model_code_t model_rotate(model_t *model, const model_work_t *work)
{
    const dure_key_entry_t *entry = &work->tx->body.rotate.entry;
    if (dure_public_key_check(&entry->key) != DURE_CRYPTO_OK) {
        return DURE_RESULT_KEY_REFUSED;
    }
    bool there = false;
    for (uint32_t i = 0; i < work->signer->keys_count; i++) {
        there = there || work->signer->keys[i].slot == entry->slot;
    }
    if (!there && keys_room(model) == 0) {
        return DURE_RESULT_TABLE_FULL;
    }
    key_put(work->signer, entry);
    return DURE_RESULT_DONE;
}

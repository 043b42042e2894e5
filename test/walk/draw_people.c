/* Drawing: the clock, registrations, facts, keys, holds, sweeps. */
#include "walk/walk.h"

#include <string.h>

#define MEMBERSHIP (UINT64_C(1) << 63)

static bool draw_tick(walk_t *walk, dure_tx_t *tx)
{
    static const uint64_t hour = 3600000;
    const uint64_t what = walk_roll(walk, 100);
    uint64_t time = walk->model->time;
    if (what < 45) {
        time += walk_roll(walk, hour);
    } else if (what < 70) {
        time += walk_roll(walk, 10) * hour;
    } else if (what < 84) {
        time += 24 * hour;
    } else if (what < 87) {
        time += walk_roll(walk, 9) * 24 * hour;
    } else if (what < 88) {
        time += walk_between(walk, 10, 31) * 24 * hour;
    } else if (what < 97) {
        time += walk_roll(walk, 1000);
    } else {
        time -= walk_roll(walk, hour) + 1;
    }
    tx->id.party = walk_service(walk, DURE_SERVICE_CLOCK, WALK_GIMPO);
    tx->body = (dure_body_t){.kind = DURE_BODY_TICK, .tick = {.time = time}};
    return true;
}

static uint64_t draw_list(walk_t *walk)
{
    static const char *const lists[] = {"friends", "shops", "poor"};
    char text[32];
    if (walk_chance(walk, 70)) {
        const dure_name_t name = walk_name(lists[walk_roll(walk, 3)]);
        return dure_list_attribute(&name);
    }
    snprintf(text, sizeof text, "list_%u", (unsigned)walk_roll(walk, 36));
    const dure_name_t name = walk_name(text);
    return dure_list_attribute(&name);
}

static uint64_t draw_value(walk_t *walk, uint64_t what)
{
    static const uint64_t categories[] = {1, 2, 3, 45, 46, 44, 17};
    if (what >= MEMBERSHIP) {
        return walk_chance(walk, 4) ? 2 : 1;
    }
    if (walk_chance(walk, 4)) {
        return walk_chance(walk, 50) ? 0 : UINT64_MAX / 2;
    }
    switch (what) {
    case DURE_ATTRIBUTE_RESIDENCE:
    case DURE_ATTRIBUTE_REGION:
        return walk_chance(walk, 85) ? WALK_GIMPO : walk_chance(walk, 60) ? WALK_GOYANG : 11110;
    case DURE_ATTRIBUTE_BIRTH_YEAR:
        return walk_between(walk, 1985, 2010);
    case DURE_ATTRIBUTE_AID_TIER:
        return walk_between(walk, 1, 3);
    case DURE_ATTRIBUTE_CATEGORY:
        return categories[walk_roll(walk, 7)];
    case DURE_ATTRIBUTE_OWNER:
        return 101 + walk_roll(walk, 20);
    case DURE_ATTRIBUTE_RISK:
        return walk_roll(walk, 1000);
    default:
        return walk_roll(walk, 10);
    }
}

static uint64_t draw_what(walk_t *walk, uint8_t kind)
{
    if (walk_chance(walk, 3)) {
        return 1 + walk_roll(walk, 70);
    }
    if (walk_chance(walk, 30)) {
        return draw_list(walk);
    }
    return kind == DURE_KIND_CITIZEN ? 1 + walk_roll(walk, 4) : 16 + walk_roll(walk, 5);
}

static bool draw_attest(walk_t *walk, dure_tx_t *tx)
{
    const uint8_t kind = walk_chance(walk, 50) ? DURE_KIND_CITIZEN : DURE_KIND_MERCHANT;
    const uint64_t subject = walk_chance(walk, 15) ? 101 : walk_party(walk, kind);
    const model_party_t *party = model_party(walk->model, subject);
    const uint64_t what = draw_what(walk, party == NULL ? kind : party->kind);
    const uint32_t role = what >= MEMBERSHIP                ? DURE_SERVICE_REGISTRAR
                          : what == DURE_ATTRIBUTE_AID_TIER ? DURE_SERVICE_OFFICER
                          : what == DURE_ATTRIBUTE_RISK     ? DURE_SERVICE_WATCH
                                                            : DURE_SERVICE_REGISTRAR;
    dure_attribute_entry_t entry = {.what = what,
                                    .value = draw_value(walk, what),
                                    .from = walk_chance(walk, 60) ? 0 : walk_day(walk)};
    entry.until = walk_chance(walk, 70) ? 80000 : walk_day(walk);
    tx->id.party = walk_service(walk, role, party == NULL ? WALK_GIMPO : party->city);
    tx->body =
        (dure_body_t){.kind = DURE_BODY_ATTEST, .attest = {.subject = subject, .entry = entry}};
    return true;
}

static bool draw_registration(walk_t *walk, dure_tx_t *tx)
{
    dure_registration_t body = {.kind = (uint8_t)walk_between(walk, 1, 3)};
    body.subject = walk_chance(walk, 8) ? walk_party(walk, body.kind)
                                        : 5000 + walk->step * 2u + walk_roll(walk, 2);
    dure_put_u64(body.blind.bytes, walk_roll(walk, UINT64_MAX));
    body.keys_count = (uint16_t)(walk_chance(walk, 3) ? 0 : walk_chance(walk, 90) ? 1 : 2);
    body.keys[0] = (dure_key_entry_t){0, walk->keys[walk_roll(walk, WALK_KEYS)].key};
    body.keys[1] = walk_key_entry(walk);
    if (walk_chance(walk, 3)) {
        body.keys[0] = walk->bad_key;
    }
    body.attributes_count = (uint16_t)walk_roll(walk, 4);
    for (uint32_t i = 0; i < body.attributes_count; i++) {
        const uint64_t first = body.kind == DURE_KIND_CITIZEN ? 1 : 16;
        const uint64_t what = walk_chance(walk, 5) ? draw_what(walk, body.kind) : first + i;
        body.attributes[i] = (dure_attribute_entry_t){
            what, draw_value(walk, what), 0, walk_chance(walk, 95) ? 80000 : walk_day(walk)};
        if (walk_chance(walk, 3)) {
            body.attributes[i].from = 80001;
        }
    }
    tx->id.party = walk_service(walk, DURE_SERVICE_REGISTRAR,
                                walk_chance(walk, 90) ? WALK_GIMPO : WALK_GOYANG);
    tx->body = (dure_body_t){.kind = DURE_BODY_REGISTRATION, .registration = body};
    return true;
}

static bool draw_rotate(walk_t *walk, dure_tx_t *tx)
{
    tx->id.party = walk->model->parties[walk_roll(walk, walk->model->parties_count)].number;
    tx->body = (dure_body_t){.kind = DURE_BODY_ROTATE, .rotate = {.entry = walk_key_entry(walk)}};
    return true;
}

bool walk_draw_people(walk_t *walk, dure_tx_t *tx)
{
    const uint64_t what = walk_roll(walk, 100);
    if (what < 45) {
        return draw_tick(walk, tx);
    }
    if (what < 60) {
        return draw_registration(walk, tx);
    }
    return what < 90 ? draw_attest(walk, tx) : draw_rotate(walk, tx);
}

/* ---- holds */
static const uint8_t reasons_of[][4] = {
    [DURE_HOLD_KIND_FREEZE] = {DURE_HOLD_REASON_LOST_PHONE, DURE_HOLD_REASON_OWN_REQUEST,
                               DURE_HOLD_REASON_SUSPECTED_FRAUD, DURE_HOLD_REASON_COURT_ORDER},
    [DURE_HOLD_KIND_SUSPENSION] = {DURE_HOLD_REASON_REGISTRATION_ENDED, DURE_HOLD_REASON_RECHECK,
                                   DURE_HOLD_REASON_INSPECTION, DURE_HOLD_REASON_COURT_ORDER},
    [DURE_HOLD_KIND_DEATH] = {DURE_HOLD_REASON_DEATH, DURE_HOLD_REASON_DEATH,
                              DURE_HOLD_REASON_DEATH, DURE_HOLD_REASON_DEATH},
    [DURE_HOLD_KIND_MONEY] = {DURE_HOLD_REASON_SUSPECTED_FRAUD, DURE_HOLD_REASON_RECHECK,
                              DURE_HOLD_REASON_INSPECTION, DURE_HOLD_REASON_COURT_ORDER},
};

static uint64_t hold_signer(walk_t *walk, const dure_hold_t *body, uint32_t city)
{
    static const uint32_t roles[] = {DURE_SERVICE_OFFICER, DURE_SERVICE_REGISTRAR,
                                     DURE_SERVICE_WATCH, DURE_SERVICE_OFFICER};
    if ((body->reason == DURE_HOLD_REASON_LOST_PHONE ||
         body->reason == DURE_HOLD_REASON_OWN_REQUEST) &&
        walk_chance(walk, 60) && body->subject != WALK_NOBODY) {
        return body->subject;
    }
    if (body->what == DURE_HOLD_KIND_DEATH && walk_chance(walk, 80)) {
        return walk_service(walk, DURE_SERVICE_REGISTRAR, city);
    }
    return walk_service(walk, roles[walk_roll(walk, 4)], city);
}

static bool draw_hold(walk_t *walk, dure_tx_t *tx)
{
    static const uint8_t whats[] = {1, 1, 2, 4, 4, 3};
    dure_hold_t body = {.what = whats[walk_roll(walk, 6)]};
    const bool any = body.what == DURE_HOLD_KIND_FREEZE || body.what == DURE_HOLD_KIND_DEATH;
    body.subject =
        walk_party(walk, any && walk_chance(walk, 70) ? DURE_KIND_CITIZEN : DURE_KIND_MERCHANT);
    body.reason = walk_chance(walk, 90) ? reasons_of[body.what][walk_roll(walk, 4)]
                                        : (uint8_t)walk_between(walk, 1, 8);
    if (body.what == DURE_HOLD_KIND_MONEY || walk_chance(walk, 2)) {
        body.fund = walk_fund(walk, WALK_GIMPO);
        body.amount = dure_amount(walk_roll(walk, 40000));
    }
    static const uint8_t terms[] = {1, 3, 7, 7, 30, 100};
    body.until = walk->model->today + (int)walk_roll(walk, terms[walk_roll(walk, 6)] + 1u) -
                 (walk_chance(walk, 4) ? 4 : 0);
    body.evidence = walk_hash(walk);
    const model_party_t *party = model_party(walk->model, body.subject);
    tx->id.party = hold_signer(walk, &body, party == NULL ? WALK_GIMPO : party->city);
    tx->body = (dure_body_t){.kind = DURE_BODY_HOLD, .hold = body};
    return true;
}

static dure_tx_id_t hold_id(walk_t *walk, const model_hold_t **hold)
{
    *hold = NULL;
    if (walk->model->holds_count == 0 || walk_chance(walk, 3)) {
        return (dure_tx_id_t){101, 0, 999};
    }
    *hold = &walk->model->holds[walk_roll(walk, walk->model->holds_count)];
    return (*hold)->id;
}

static uint32_t city_of(walk_t *walk, const model_hold_t *hold)
{
    return hold == NULL ? WALK_GIMPO : model_party(walk->model, hold->subject)->city;
}

static bool draw_release(walk_t *walk, dure_tx_t *tx)
{
    const model_hold_t *hold;
    const dure_tx_id_t id = hold_id(walk, &hold);
    const uint64_t who = walk_roll(walk, 10);
    tx->id.party =
        hold != NULL && who < 4 ? hold->id.party
        : hold != NULL && who < 5
            ? hold->subject
            : walk_service(walk, DURE_SERVICE_OFFICER | (who < 7 ? DURE_SERVICE_REGISTRAR : 0),
                           city_of(walk, hold));
    tx->body = (dure_body_t){.kind = DURE_BODY_RELEASE, .release = {.hold = id}};
    return true;
}

static bool draw_appeal(walk_t *walk, dure_tx_t *tx)
{
    const model_hold_t *hold;
    dure_tx_id_t id = hold_id(walk, &hold);
    for (uint32_t i = 0; i < 8 && hold != NULL &&
                         (hold->appealed != 0 || hold->id.party == hold->subject ||
                          !model_hold_active(walk->model, hold));
         i++) {
        id = hold_id(walk, &hold);
    }
    tx->id.party = hold != NULL && walk_chance(walk, 90) ? hold->subject
                                                         : walk_party(walk, DURE_KIND_MERCHANT);
    tx->body = (dure_body_t){.kind = DURE_BODY_APPEAL,
                             .appeal = {.hold = id, .statement = walk_hash(walk)}};
    return true;
}

static bool draw_uphold(walk_t *walk, dure_tx_t *tx)
{
    const model_hold_t *hold = NULL;
    dure_tx_id_t id = hold_id(walk, &hold);
    for (uint32_t i = 0; i < 20 && hold != NULL && hold->appealed == 0; i++) {
        id = hold_id(walk, &hold);
    }
    tx->id.party = walk_service(walk, DURE_SERVICE_OFFICER, city_of(walk, hold));
    tx->body = (dure_body_t){.kind = DURE_BODY_UPHOLD,
                             .uphold = {.hold = id,
                                        .until = walk->model->today + (int)walk_roll(walk, 100) - 2,
                                        .answer = walk_hash(walk)}};
    return true;
}

/* ---- sweeps */
static bool draw_lapse(walk_t *walk, dure_tx_t *tx)
{
    dure_lapse_t body = {0};
    const uint32_t most = (uint32_t)walk_between(walk, 1, 4);
    for (uint32_t i = 0; i < walk->model->parties_count && body.parties_count < most; i++) {
        const model_party_t *party = &walk->model->parties[i];
        uint32_t over = 0;
        for (uint32_t k = 0; k < party->lots_count; k++) {
            over += party->lots[k].end_day < walk->model->today;
        }
        if ((over > 0 && walk_chance(walk, 30)) || walk_chance(walk, 1)) {
            body.parties[body.parties_count++].party = party->number;
        }
    }
    for (uint32_t i = 0; i < 40 && body.parties_count == 0; i++) {
        body.parties[body.parties_count++].party = walk_party(walk, DURE_KIND_CITIZEN);
    }
    /* They stand as they were registered, which is mostly ascending. */
    tx->id.party = walk->model->parties[walk_roll(walk, walk->model->parties_count)].number;
    if (walk_chance(walk, 85)) {
        const model_party_t *anyone = walk_known(walk, DURE_KIND_CITIZEN, WALK_GIMPO);
        tx->id.party = anyone->number;
    }
    tx->body = (dure_body_t){.kind = DURE_BODY_LAPSE, .lapse = body};
    return true;
}

static dure_tx_id_t tidy_id(walk_t *walk, uint8_t table)
{
    const model_t *model = walk->model;
    if (table == 10 && model->proposals_count > 0) {
        return model->proposals[walk_roll(walk, model->proposals_count)].id;
    }
    if (table == 11 && model->batches_count > 0) {
        return model->batches[walk_roll(walk, model->batches_count)].id;
    }
    if (table == 12 && model->holds_count > 0) {
        return model->holds[walk_roll(walk, model->holds_count)].id;
    }
    if (table == 13 && model->refunds_count > 0) {
        return model->refunds[walk_roll(walk, model->refunds_count)].id;
    }
    return (dure_tx_id_t){101, 0, 999};
}

static bool draw_tidy(walk_t *walk, dure_tx_t *tx)
{
    dure_tidy_t body = {.table = (uint8_t)walk_between(walk, 10, 13)};
    body.ids_count = (uint16_t)(walk_chance(walk, 70) ? 1 : walk_roll(walk, 4));
    for (uint32_t i = 0; i < body.ids_count; i++) {
        body.ids[i] = tidy_id(walk, body.table);
    }
    tx->id.party = walk->model->parties[walk_roll(walk, walk->model->parties_count)].number;
    tx->body = (dure_body_t){.kind = DURE_BODY_TIDY, .tidy = body};
    return true;
}

bool walk_draw_hold(walk_t *walk, dure_tx_t *tx)
{
    const uint64_t what = walk_roll(walk, 100);
    if (what < 28) {
        return draw_hold(walk, tx);
    }
    if (what < 45) {
        return draw_release(walk, tx);
    }
    if (what < 55) {
        return draw_appeal(walk, tx);
    }
    if (what < 65) {
        return draw_uphold(walk, tx);
    }
    return what < 82 ? draw_lapse(walk, tx) : draw_tidy(walk, tx);
}

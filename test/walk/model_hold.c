/* Holds, and what anyone may sweep. */
#include "walk/model.h"

#include <string.h>

#define OFFICER_DAYS 90
#define WATCH_DAYS   7
#define ANSWER_DAYS  14
#define ANY_TERM     1000000
#define MOVES_MAX    72u

static bool has_role(const model_work_t *work, uint32_t role)
{
    return (work->signer->roles & role) != 0;
}

bool model_hold_active(const model_t *model, const model_hold_t *hold)
{
    return model->today <= hold->until && (hold->appealed == 0 || model->today <= hold->answer_by);
}

static bool held(const model_t *model, const model_party_t *party, uint8_t what)
{
    for (uint32_t i = 0; i < model->holds_count; i++) {
        if (model->holds[i].subject == party->number && model->holds[i].what == what &&
            model_hold_active(model, &model->holds[i])) {
            return true;
        }
    }
    return false;
}

bool model_is_dead(const model_t *model, const model_party_t *party)
{
    return held(model, party, DURE_HOLD_KIND_DEATH);
}

/* A dead merchant's backlog stays payable. */
model_code_t model_may_send(const model_t *model, const model_party_t *party)
{
    if (party->kind == DURE_KIND_CITIZEN && model_is_dead(model, party)) {
        return DURE_RESULT_PARTY_DEAD;
    }
    return held(model, party, DURE_HOLD_KIND_FREEZE) ? DURE_RESULT_PARTY_FROZEN : DURE_RESULT_DONE;
}

model_code_t model_may_receive(const model_t *model, const model_party_t *party)
{
    if (model_is_dead(model, party)) {
        return DURE_RESULT_PARTY_DEAD;
    }
    return held(model, party, DURE_HOLD_KIND_SUSPENSION) ? DURE_RESULT_PAYEE_SUSPENDED
                                                         : DURE_RESULT_DONE;
}

uint64_t model_money_held(const model_t *model, const model_party_t *party, uint64_t fund)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < model->holds_count; i++) {
        const model_hold_t *hold = &model->holds[i];
        if (hold->subject == party->number && hold->what == DURE_HOLD_KIND_MONEY &&
            hold->fund == fund && model_hold_active(model, hold)) {
            sum += hold->amount;
        }
    }
    return sum;
}

/* ---- placing */
static bool is_any(uint8_t reason, const uint8_t *reasons, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (reasons[i] == reason) {
            return true;
        }
    }
    return false;
}
#define IS_ANY(reason, ...)                                                                        \
    is_any(reason, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static bool needs_evidence(uint8_t reason)
{
    return IS_ANY(reason, DURE_HOLD_REASON_SUSPECTED_FRAUD, DURE_HOLD_REASON_COURT_ORDER,
                  DURE_HOLD_REASON_INSPECTION);
}

static bool fits(model_t *model, const dure_hold_t *body, const model_party_t *subject)
{
    const bool money = body->what == DURE_HOLD_KIND_MONEY;
    const bool own =
        IS_ANY(body->reason, DURE_HOLD_REASON_LOST_PHONE, DURE_HOLD_REASON_OWN_REQUEST);
    const bool death = body->reason == DURE_HOLD_REASON_DEATH;
    if (subject->kind == DURE_KIND_SERVICE ||
        (subject->kind == DURE_KIND_CITIZEN &&
         (money || body->what == DURE_HOLD_KIND_SUSPENSION))) {
        return false;
    }
    if (death != (body->what == DURE_HOLD_KIND_DEATH) ||
        (own && body->what != DURE_HOLD_KIND_FREEZE)) {
        return false;
    }
    if (money != (body->fund != 0) || money != (body->amount.won != 0)) {
        return false;
    }
    const model_fund_t *fund = model_fund(model, body->fund);
    if (money && (fund == NULL || fund->city != subject->city)) {
        return false;
    }
    return !needs_evidence(body->reason) || !dure_hash_is_zero(&body->evidence);
}

/* How many days ahead the signer may set the end; -1: it may not place such a hold. */
static int days_allowed(const model_work_t *work)
{
    const dure_hold_t *body = &work->tx->body.hold;
    const bool own =
        IS_ANY(body->reason, DURE_HOLD_REASON_LOST_PHONE, DURE_HOLD_REASON_OWN_REQUEST);
    const bool ended = body->reason == DURE_HOLD_REASON_REGISTRATION_ENDED;
    const bool watched = IS_ANY(body->reason, DURE_HOLD_REASON_SUSPECTED_FRAUD,
                                DURE_HOLD_REASON_RECHECK, DURE_HOLD_REASON_INSPECTION);
    int days = -1;
    switch ((dure_hold_kind_t)body->what) {
    case DURE_HOLD_KIND_FREEZE:
        if (has_role(work, DURE_SERVICE_WATCH) &&
            body->reason == DURE_HOLD_REASON_SUSPECTED_FRAUD) {
            days = WATCH_DAYS;
        }
        days = has_role(work, DURE_SERVICE_OFFICER) ? OFFICER_DAYS : days;
        if (own &&
            (work->signer->number == body->subject || has_role(work, DURE_SERVICE_REGISTRAR))) {
            days = ANY_TERM;
        }
        return days;
    case DURE_HOLD_KIND_SUSPENSION:
        days = has_role(work, DURE_SERVICE_WATCH) && watched ? WATCH_DAYS : days;
        days = has_role(work, DURE_SERVICE_OFFICER) ? OFFICER_DAYS : days;
        return ended && has_role(work, DURE_SERVICE_REGISTRAR | DURE_SERVICE_OFFICER) ? ANY_TERM
                                                                                      : days;
    case DURE_HOLD_KIND_DEATH:
        return has_role(work, DURE_SERVICE_REGISTRAR) ? ANY_TERM : -1;
    case DURE_HOLD_KIND_MONEY:
        days = has_role(work, DURE_SERVICE_WATCH) && watched ? WATCH_DAYS : days;
        return has_role(work, DURE_SERVICE_OFFICER) ? OFFICER_DAYS : days;
    }
    return -1;
}

static bool id_before(const dure_tx_id_t *a, const dure_tx_id_t *b)
{
    if (a->party != b->party) {
        return a->party < b->party;
    }
    return a->lane != b->lane ? a->lane < b->lane : a->number < b->number;
}

/* A place for one more: one of each reason that the party placed itself, 16 by others.  The first
   of those that are over makes it. */
static model_code_t place_make(model_t *model, const model_work_t *work)
{
    const dure_hold_t *body = &work->tx->body.hold;
    const bool own = work->signer->number == body->subject;
    uint32_t count = 0;
    uint32_t over = model->holds_count;
    for (uint32_t i = 0; i < model->holds_count; i++) {
        const model_hold_t *hold = &model->holds[i];
        if (hold->subject != body->subject || (hold->id.party == hold->subject) != own ||
            (own && hold->reason != body->reason)) {
            continue;
        }
        count++;
        if (!model_hold_active(model, hold) &&
            (over == model->holds_count || id_before(&hold->id, &model->holds[over].id))) {
            over = i;
        }
    }
    if (count < (own ? 1u : 16u)) {
        return model->holds_count < 1024 + model->parties_max / 16 ? DURE_RESULT_DONE
                                                                   : DURE_RESULT_TABLE_FULL;
    }
    if (over == model->holds_count) {
        return DURE_RESULT_TABLE_FULL;
    }
    model->holds[over] = model->holds[--model->holds_count];
    return DURE_RESULT_DONE;
}

static model_code_t until_check(const model_t *model, int until, int days)
{
    if (until < model->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    return days != ANY_TERM && until > model->today + days ? DURE_RESULT_HOLD_TERM
                                                           : DURE_RESULT_DONE;
}

model_code_t model_hold(model_t *model, const model_work_t *work)
{
    const dure_hold_t *body = &work->tx->body.hold;
    const model_party_t *subject = model_party(model, body->subject);
    if (subject == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (subject->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (!fits(model, body, subject)) {
        return DURE_RESULT_HOLD_WRONG;
    }
    const int days = days_allowed(work);
    if (days < 0) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    model_code_t code = until_check(model, body->until, days);
    code = code != DURE_RESULT_DONE ? code : place_make(model, work);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    model->holds[model->holds_count++] = (model_hold_t){.id = work->tx->id,
                                                        .subject = body->subject,
                                                        .fund = body->fund,
                                                        .amount = body->amount.won,
                                                        .what = body->what,
                                                        .reason = body->reason,
                                                        .day = model->today,
                                                        .until = body->until,
                                                        .evidence = body->evidence};
    return DURE_RESULT_DONE;
}

/* ---- what becomes of a hold */
static model_hold_t *hold_find(model_t *model, const dure_tx_id_t *id)
{
    for (uint32_t i = 0; i < model->holds_count; i++) {
        if (model_same_id(&model->holds[i].id, id)) {
            return &model->holds[i];
        }
    }
    return NULL;
}

model_code_t model_release(model_t *model, const model_work_t *work)
{
    model_hold_t *hold = hold_find(model, &work->tx->body.release.hold);
    if (hold == NULL) {
        return DURE_RESULT_HOLD_UNKNOWN;
    }
    if (model_party(model, hold->subject)->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    const bool counter =
        IS_ANY(hold->reason, DURE_HOLD_REASON_LOST_PHONE, DURE_HOLD_REASON_DEATH) &&
        has_role(work, DURE_SERVICE_REGISTRAR);
    /* Whoever finds a phone must not end the freeze that its owner placed for its loss. */
    const bool own = work->signer->number == hold->subject;
    const bool placed = work->signer->number == hold->id.party && !own;
    if (!has_role(work, DURE_SERVICE_OFFICER) && !counter && !placed &&
        !(own && hold->reason == DURE_HOLD_REASON_OWN_REQUEST)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    *hold = model->holds[--model->holds_count];
    return DURE_RESULT_DONE;
}

model_code_t model_appeal(model_t *model, const model_work_t *work)
{
    model_hold_t *hold = hold_find(model, &work->tx->body.appeal.hold);
    if (hold == NULL) {
        return DURE_RESULT_HOLD_UNKNOWN;
    }
    if (hold->subject != work->signer->number || hold->appealed != 0 ||
        IS_ANY(hold->reason, DURE_HOLD_REASON_OWN_REQUEST, DURE_HOLD_REASON_LOST_PHONE,
               DURE_HOLD_REASON_DEATH) ||
        !model_hold_active(model, hold)) {
        return DURE_RESULT_HOLD_NOT_APPEALABLE;
    }
    hold->appealed = model->today;
    hold->answer_by = model->today + ANSWER_DAYS;
    return DURE_RESULT_DONE;
}

model_code_t model_uphold(model_t *model, const model_work_t *work)
{
    const dure_uphold_t *body = &work->tx->body.uphold;
    model_hold_t *hold = hold_find(model, &body->hold);
    if (hold == NULL) {
        return DURE_RESULT_HOLD_UNKNOWN;
    }
    if (model_party(model, hold->subject)->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (!has_role(work, DURE_SERVICE_OFFICER) || hold->id.party == work->signer->number) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (hold->appealed == 0 || !model_hold_active(model, hold) ||
        hold->answer_by != hold->appealed + ANSWER_DAYS) {
        return DURE_RESULT_HOLD_NOT_APPEALABLE;
    }
    const model_code_t code = until_check(model, body->until, OFFICER_DAYS);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    hold->until = body->until;
    hold->answer_by = body->until;
    return DURE_RESULT_DONE;
}

/* ---- what anyone may sweep */
typedef struct {
    uint32_t lots, pairs_count;
    struct {
        uint64_t fund;
        dure_name_t account;
    } pairs[MOVES_MAX];
} sweep_t;

/* A move for each lot, and one for each fund and account; false if the effect has no room. */
static bool sweep_note(sweep_t *sweep, uint64_t fund, const dure_name_t *account)
{
    uint32_t i = 0;
    while (i < sweep->pairs_count &&
           (sweep->pairs[i].fund != fund || !dure_name_equal(&sweep->pairs[i].account, account))) {
        i++;
    }
    if (sweep->lots + 1 + (i == sweep->pairs_count ? i + 1 : sweep->pairs_count) > MOVES_MAX) {
        return false;
    }
    sweep->pairs[i].fund = fund;
    sweep->pairs[i].account = *account;
    sweep->pairs_count = i == sweep->pairs_count ? i + 1 : sweep->pairs_count;
    sweep->lots++;
    return true;
}

static const dure_name_t *lapse_to(model_t *model, const model_lot_t *lot)
{
    const model_fund_t *fund = model_fund(model, lot->fund);
    return &model_rules(fund, model_lot_version(model, fund, lot))->lapse_to;
}

/* Of one party alone as much is swept as an effect can tell; of several, all or nothing. */
static model_code_t lapse_check(model_t *model, const model_work_t *work, sweep_t *sweep)
{
    const dure_lapse_t *body = &work->tx->body.lapse;
    for (uint32_t i = 0; i < body->parties_count; i++) {
        const uint64_t number = body->parties[i].party;
        if (i > 0 && number <= body->parties[i - 1].party) {
            return DURE_RESULT_NOTHING_EXPIRED;
        }
        const model_party_t *party = model_party(model, number);
        if (party == NULL) {
            return DURE_RESULT_SUBJECT_UNKNOWN;
        }
        if (party->city != work->signer->city) {
            return DURE_RESULT_OTHER_CITY;
        }
        const uint32_t before = sweep->lots;
        for (uint32_t k = 0; k < party->lots_count; k++) {
            const model_lot_t *lot = &party->lots[k];
            if (lot->end_day < model->today &&
                !sweep_note(sweep, lot->fund, lapse_to(model, lot))) {
                return body->parties_count == 1 ? DURE_RESULT_DONE : DURE_RESULT_TOO_MANY_LOTS;
            }
        }
        if (sweep->lots == before) {
            return DURE_RESULT_NOTHING_EXPIRED;
        }
    }
    return body->parties_count == 0 ? DURE_RESULT_NOTHING_EXPIRED : DURE_RESULT_DONE;
}

model_code_t model_lapse(model_t *model, const model_work_t *work)
{
    const dure_lapse_t *body = &work->tx->body.lapse;
    static sweep_t sweep;
    memset(&sweep, 0, sizeof sweep);
    const model_code_t code = lapse_check(model, work, &sweep);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    for (uint32_t i = 0; i < body->parties_count; i++) {
        model_party_t *party = model_party(model, body->parties[i].party);
        for (uint32_t k = 0; k < party->lots_count && sweep.lots > 0; k++) {
            const model_lot_t lot = party->lots[k];
            if (lot.end_day >= model->today) {
                continue;
            }
            model_fund_t *fund = model_fund(model, lot.fund);
            model_get_back(model_account(model, fund->city, lapse_to(model, &lot)), lot.left);
            fund->held_citizens -= lot.left;
            fund->lapsed += lot.left;
            fund->escrow -= lot.left;
            model_lot_drop(party, lot.fund, lot.number);
            sweep.lots--;
            k--;
        }
    }
    return DURE_RESULT_DONE;
}

/* Where in its table a record stands whose time is over, or -1. */
static int over_at(model_t *model, uint8_t table, const dure_tx_id_t *id)
{
    if (table == 10) {
        for (uint32_t i = 0; i < model->proposals_count; i++) {
            if (model_same_id(&model->proposals[i].id, id)) {
                return model->proposals[i].until < model->today ? (int)i : -1;
            }
        }
    } else if (table == 11) {
        for (uint32_t i = 0; i < model->batches_count; i++) {
            if (model_same_id(&model->batches[i].id, id)) {
                return model->batches[i].until < model->today ? (int)i : -1;
            }
        }
    } else if (table == 12) {
        for (uint32_t i = 0; i < model->holds_count; i++) {
            if (model_same_id(&model->holds[i].id, id)) {
                return model_hold_active(model, &model->holds[i]) ? -1 : (int)i;
            }
        }
    } else {
        for (uint32_t i = 0; i < model->refunds_count; i++) {
            if (model_same_id(&model->refunds[i].id, id)) {
                return model->refunds[i].until < model->today ? (int)i : -1;
            }
        }
    }
    return -1;
}

model_code_t model_tidy(model_t *model, const model_work_t *work)
{
    const dure_tidy_t *body = &work->tx->body.tidy;
    for (uint32_t i = 0; i < body->ids_count; i++) {
        if (over_at(model, body->table, &body->ids[i]) < 0) {
            return DURE_RESULT_NOT_OVER;
        }
        for (uint32_t k = 0; k < i; k++) {
            if (model_same_id(&body->ids[k], &body->ids[i])) {
                return DURE_RESULT_NOT_OVER;
            }
        }
    }
    for (uint32_t i = 0; i < body->ids_count; i++) {
        const int at = over_at(model, body->table, &body->ids[i]);
        if (body->table == 10) {
            model->proposals[at] = model->proposals[--model->proposals_count];
        } else if (body->table == 11) {
            model_batch_remove(model, &model->batches[at]);
        } else if (body->table == 12) {
            model->holds[at] = model->holds[--model->holds_count];
        } else {
            model->refunds[at] = model->refunds[--model->refunds_count];
        }
    }
    return body->ids_count == 0 ? DURE_RESULT_NOT_OVER : DURE_RESULT_DONE;
}

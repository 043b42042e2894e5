/* hold, release, appeal, uphold: who may stop a party or part of a merchant's money, why, and for
   how long; and how the party concerned objects.

   hold: subject, its city, what and why, role, dates, room.  release: hold, city, role.
   appeal: hold, the signer's right.  uphold: hold, city, role, its state, dates.

   A party has at most one hold of each reason that it placed itself and 16 in all, so that nobody
   fills the table or keeps an officer from stopping him; those that are over make room. */
#include "ledger/ledger_private.h"

#define OFFICER_DAYS 90u
#define WATCH_DAYS   7u
#define ANY_TERM     UINT32_MAX
#define ANSWER_DAYS  14u /* from an appeal on: without an answer the hold ends then */
#define HOLDS_MAX    16u /* of one subject, beside those it placed itself */

#define REASON(name) (1u << DURE_HOLD_REASON_##name)
#define REGISTER_REASONS                                                                           \
    (REASON(SUSPECTED_FRAUD) | REASON(COURT_ORDER) | REASON(RECHECK) | REASON(INSPECTION))
/* What the party itself cannot know or must not decide has a file. */
#define EVIDENCE_REASONS (REASON(SUSPECTED_FRAUD) | REASON(COURT_ORDER) | REASON(INSPECTION))
#define NOT_APPEALABLE   (REASON(LOST_PHONE) | REASON(OWN_REQUEST) | REASON(DEATH))
#define WATCHED          (REASON(SUSPECTED_FRAUD) | REASON(RECHECK) | REASON(INSPECTION))

/* Which reasons fit which kind of hold. */
static const uint32_t fitting[] = {
    [DURE_HOLD_KIND_FREEZE] =
        REASON(LOST_PHONE) | REASON(OWN_REQUEST) | REASON(REGISTRATION_ENDED) | REGISTER_REASONS,
    [DURE_HOLD_KIND_SUSPENSION] = REASON(REGISTRATION_ENDED) | REGISTER_REASONS,
    [DURE_HOLD_KIND_DEATH] = REASON(DEATH),
    [DURE_HOLD_KIND_MONEY] = REASON(REGISTRATION_ENDED) | REGISTER_REASONS,
};

typedef struct {
    uint8_t what; /* dure_hold_kind_t */
    uint8_t role; /* dure_service_t; 0: the party itself */
    uint32_t reasons;
    uint32_t days; /* how far ahead its last day may lie */
} right_t;

static const right_t rights[] = {
    {DURE_HOLD_KIND_FREEZE, 0, REASON(LOST_PHONE) | REASON(OWN_REQUEST), ANY_TERM},
    {DURE_HOLD_KIND_FREEZE, DURE_SERVICE_REGISTRAR, REASON(LOST_PHONE) | REASON(OWN_REQUEST),
     ANY_TERM},
    {DURE_HOLD_KIND_FREEZE, DURE_SERVICE_OFFICER, UINT32_MAX, OFFICER_DAYS},
    {DURE_HOLD_KIND_FREEZE, DURE_SERVICE_WATCH, REASON(SUSPECTED_FRAUD), WATCH_DAYS},
    {DURE_HOLD_KIND_SUSPENSION, DURE_SERVICE_REGISTRAR, REASON(REGISTRATION_ENDED), ANY_TERM},
    {DURE_HOLD_KIND_SUSPENSION, DURE_SERVICE_OFFICER, REASON(REGISTRATION_ENDED), ANY_TERM},
    {DURE_HOLD_KIND_SUSPENSION, DURE_SERVICE_OFFICER, UINT32_MAX, OFFICER_DAYS},
    {DURE_HOLD_KIND_SUSPENSION, DURE_SERVICE_WATCH, WATCHED, WATCH_DAYS},
    {DURE_HOLD_KIND_DEATH, DURE_SERVICE_REGISTRAR, REASON(DEATH), ANY_TERM},
    {DURE_HOLD_KIND_MONEY, DURE_SERVICE_OFFICER, UINT32_MAX, OFFICER_DAYS},
    {DURE_HOLD_KIND_MONEY, DURE_SERVICE_WATCH, WATCHED, WATCH_DAYS},
};

/* ---- hold */
static bool reason_in(uint8_t reason, uint32_t reasons)
{
    return (reasons >> reason & 1u) != 0;
}

static bool hold_fits(const dure_ledger_t *ledger, const dure_hold_t *body, const party_t *subject)
{
    const bool merchant = subject->kind == DURE_KIND_MERCHANT;
    const bool any = body->what == DURE_HOLD_KIND_FREEZE || body->what == DURE_HOLD_KIND_DEATH;
    const bool of_money = body->what == DURE_HOLD_KIND_MONEY;
    const bool bearer = subject->kind == DURE_KIND_BEARER && body->what == DURE_HOLD_KIND_FREEZE;
    if (!merchant && !bearer && !(any && subject->kind == DURE_KIND_CITIZEN)) {
        return false;
    }
    if (!reason_in(body->reason, fitting[body->what]) || of_money != (body->fund != 0) ||
        of_money == dure_amount_is_zero(body->amount)) {
        return false;
    }
    if (of_money) {
        const uint32_t fund = ledger_fund_find(ledger, body->fund);
        if (fund == CELL_NONE || fund_at(ledger, fund)->city != subject->city) {
            return false;
        }
    }
    static const dure_hash_t none;
    return !reason_in(body->reason, EVIDENCE_REASONS) || !dure_hash_equal(&body->evidence, &none);
}

/* How far ahead the signer may set the last day of such a hold; 0: it may not place it. */
static uint32_t days_allowed(const dure_ledger_t *ledger, const work_t *work, uint32_t subject)
{
    const dure_hold_t *body = &work->tx->body.hold;
    uint32_t days = 0;
    for (size_t i = 0; i < sizeof rights / sizeof rights[0]; i++) {
        const right_t *right = &rights[i];
        const bool holder = right->role == 0 ? work->signer == subject
                                             : ledger_has_role(ledger, work->signer, right->role);
        if (holder && right->what == body->what && reason_in(body->reason, right->reasons) &&
            right->days > days) {
            days = right->days;
        }
    }
    return days;
}

static dure_result_t until_check(const dure_ledger_t *ledger, dure_effect_t *effect,
                                 dure_day_t until, uint32_t days)
{
    if (until < ledger->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    if (days == ANY_TERM) {
        return DURE_RESULT_DONE;
    }
    const dure_day_t latest = dure_day_add_days(ledger->today, days);
    if (until > latest) {
        ledger_effect_number(effect, DURE_LABEL_LATEST_DAY, (uint64_t)latest);
        return DURE_RESULT_HOLD_TERM;
    }
    return DURE_RESULT_DONE;
}

/* Whether a hold more has a place; *goes: one that is over and makes it, or CELL_NONE. */
static bool hold_place_find(const dure_ledger_t *ledger, const work_t *work, uint32_t subject,
                            uint32_t *goes)
{
    const party_t *party = party_at(ledger, subject);
    const bool own = work->signer == subject;
    uint32_t count = 0;
    uint32_t over = CELL_NONE;
    for (uint32_t at = party->holds; at != CELL_NONE; at = hold_at(ledger, at)->next) {
        const hold_t *hold = hold_at(ledger, at);
        if ((hold->id.party == party->number) != own ||
            (own && hold->reason != work->tx->body.hold.reason)) {
            continue;
        }
        count++;
        over = over == CELL_NONE && !ledger_hold_is_active(ledger, hold) ? at : over;
    }
    *goes = count >= (own ? 1u : HOLDS_MAX) ? over : CELL_NONE;
    return *goes != CELL_NONE ||
           (count < (own ? 1u : HOLDS_MAX) && ledger_room(ledger, POOL_HOLD) > 0);
}

static dure_result_t hold_check(const dure_ledger_t *ledger, const work_t *work, uint32_t *goes)
{
    const dure_hold_t *body = &work->tx->body.hold;
    const uint32_t subject = ledger_party_find(ledger, body->subject);
    if (subject == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *party = party_at(ledger, subject);
    if (party->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (!hold_fits(ledger, body, party)) {
        return DURE_RESULT_HOLD_WRONG;
    }
    const uint32_t days = days_allowed(ledger, work, subject);
    if (days == 0) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    const dure_result_t dates = until_check(ledger, work->effect, body->until, days);
    if (dates != DURE_RESULT_DONE) {
        return dates;
    }
    return hold_place_find(ledger, work, subject, goes) ? DURE_RESULT_DONE : DURE_RESULT_TABLE_FULL;
}

dure_result_t ledger_hold_place(dure_ledger_t *ledger, const work_t *work)
{
    const dure_hold_t *body = &work->tx->body.hold;
    uint32_t goes;
    const dure_result_t checked = hold_check(ledger, work, &goes);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the hold must succeed. */
    if (goes != CELL_NONE) {
        ledger_hold_remove(ledger, goes);
    }
    const dure_record_hold_t record = {
        .id = work->tx->id,
        .subject = body->subject,
        .what = body->what,
        .reason = body->reason,
        .fund = body->fund,
        .amount = body->amount,
        .day = ledger->today,
        .until = body->until,
        .evidence = body->evidence,
    };
    ledger_hold_link(ledger, ledger_hold_add(ledger, &record));
    work->effect->fund = body->fund;
    ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)body->until);
    return DURE_RESULT_DONE;
}

/* ---- what happens to a hold */
static dure_result_t hold_of(const dure_ledger_t *ledger, const work_t *work,
                             const dure_tx_id_t *id, uint32_t *cell)
{
    *cell = ledger_index_find(ledger, INDEX_HOLD, ledger_id(id));
    if (*cell == CELL_NONE) {
        return DURE_RESULT_HOLD_UNKNOWN;
    }
    const uint32_t subject = ledger_party_find(ledger, hold_at(ledger, *cell)->subject);
    DURE_ASSERT(subject != CELL_NONE);
    return party_at(ledger, subject)->city == party_at(ledger, work->signer)->city
               ? DURE_RESULT_DONE
               : DURE_RESULT_OTHER_CITY;
}

/* Whoever finds a phone must not end the freeze that its owner placed for its loss. */
static bool may_release(const dure_ledger_t *ledger, const work_t *work, const hold_t *hold)
{
    const uint64_t signer = work->tx->id.party;
    if (ledger_has_role(ledger, work->signer, DURE_SERVICE_OFFICER)) {
        return true;
    }
    if (signer == hold->subject) {
        return hold->reason == DURE_HOLD_REASON_OWN_REQUEST;
    }
    const bool counter =
        hold->reason == DURE_HOLD_REASON_LOST_PHONE || hold->reason == DURE_HOLD_REASON_DEATH;
    return signer == hold->id.party ||
           (counter && ledger_has_role(ledger, work->signer, DURE_SERVICE_REGISTRAR));
}

dure_result_t ledger_hold_release(dure_ledger_t *ledger, const work_t *work)
{
    uint32_t cell;
    const dure_result_t found = hold_of(ledger, work, &work->tx->body.release.hold, &cell);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    if (!may_release(ledger, work, hold_at(ledger, cell))) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    /* After this point the release must succeed. */
    ledger_hold_remove(ledger, cell);
    return DURE_RESULT_DONE;
}

static hold_t *hold_change(dure_ledger_t *ledger, uint32_t cell)
{
    hold_t *hold = hold_at(ledger, cell);
    ledger_touch(ledger, hold, sizeof *hold);
    ledger_dirty(ledger, DURE_TABLE_HOLD, cell);
    return hold;
}

dure_result_t ledger_hold_appeal(dure_ledger_t *ledger, const work_t *work)
{
    const record_id_t id = ledger_id(&work->tx->body.appeal.hold);
    const uint32_t cell = ledger_index_find(ledger, INDEX_HOLD, id);
    if (cell == CELL_NONE) {
        return DURE_RESULT_HOLD_UNKNOWN;
    }
    const hold_t *placed = hold_at(ledger, cell);
    if (placed->subject != work->tx->id.party || placed->appealed != 0 ||
        reason_in(placed->reason, NOT_APPEALABLE) || !ledger_hold_is_active(ledger, placed)) {
        return DURE_RESULT_HOLD_NOT_APPEALABLE;
    }
    /* After this point the appeal must succeed. */
    hold_t *hold = hold_change(ledger, cell);
    hold->appealed = ledger->today;
    hold->answer_by = dure_day_add_days(ledger->today, ANSWER_DAYS);
    ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)hold->answer_by);
    return DURE_RESULT_DONE;
}

/* An answer is given once, while the hold lasts: otherwise it could be drawn out without end. */
static bool awaits_answer(const dure_ledger_t *ledger, const hold_t *hold)
{
    return hold->appealed != 0 && ledger_hold_is_active(ledger, hold) &&
           hold->answer_by == dure_day_add_days(hold->appealed, ANSWER_DAYS);
}

dure_result_t ledger_hold_uphold(dure_ledger_t *ledger, const work_t *work)
{
    const dure_uphold_t *body = &work->tx->body.uphold;
    uint32_t cell;
    const dure_result_t found = hold_of(ledger, work, &body->hold, &cell);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    const hold_t *placed = hold_at(ledger, cell);
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_OFFICER) ||
        placed->id.party == work->tx->id.party) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (!awaits_answer(ledger, placed)) {
        return DURE_RESULT_HOLD_NOT_APPEALABLE;
    }
    const dure_result_t dates = until_check(ledger, work->effect, body->until, OFFICER_DAYS);
    if (dates != DURE_RESULT_DONE) {
        return dates;
    }
    /* After this point the answer must succeed. */
    hold_t *hold = hold_change(ledger, cell);
    hold->until = body->until;
    hold->answer_by = body->until;
    ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)hold->until);
    return DURE_RESULT_DONE;
}

/* What officers decide: proposals, approvals, and the acts themselves. */
#include "walk/model.h"

#include <string.h>

#define ESTATE_LOTS 34u
#define PIECE       508u
#define PIECES      8257u
#define PROPOSALS   256u

static bool is_officer(const model_party_t *party)
{
    return (party->roles & DURE_SERVICE_OFFICER) != 0;
}

/* ---- accounts and funds */
static model_code_t account_check(model_t *model, uint32_t city, const dure_act_account_t *act)
{
    if (model_account(model, city, &act->account) != NULL) {
        return DURE_RESULT_ACCOUNT_EXISTS;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->accounts_count; i++) {
        count += model->accounts[i].city == city;
    }
    return count < DURE_CITY_ACCOUNTS_MAX ? DURE_RESULT_DONE : DURE_RESULT_TABLE_FULL;
}

static bool has_account(model_t *model, uint32_t city, const dure_name_t *name)
{
    return name->text[0] == 0 || model_account(model, city, name) != NULL;
}

/* What a new fund and a new version ask of a program alike. */
static model_code_t program_check(model_t *model, uint32_t city, dure_bytes_t image)
{
    const model_program_t *found = model_program_of_image(model, image);
    if (found == NULL) {
        return DURE_RESULT_PROGRAM_REFUSED;
    }
    const dure_yak_program_t *program = &found->program;
    for (uint32_t verb = 0; verb < DURE_VERB_COUNT; verb++) {
        for (uint32_t i = 0; i < program->verbs[verb].rule_count; i++) {
            if (program->verbs[verb].rules[i].kind == DURE_RULE_HOLD &&
                verb != DURE_VERB_REDEMPTION) {
                return DURE_RESULT_PROGRAM_REFUSED;
            }
        }
    }
    if (program->issuer_city != city) {
        return DURE_RESULT_PROGRAM_CITY;
    }
    bool all = has_account(model, city, &program->lapse_to);
    for (uint32_t verb = 0; verb < DURE_VERB_COUNT; verb++) {
        const dure_yak_verb_t *at = &program->verbs[verb];
        all = all && has_account(model, city, &at->subsidy_from) &&
              has_account(model, city, &at->give_from) &&
              has_account(model, city, &at->reward_from) && has_account(model, city, &at->share_to);
    }
    return all ? DURE_RESULT_DONE : DURE_RESULT_ACCOUNT_UNKNOWN;
}

static model_code_t fund_check(model_t *model, uint32_t city, const dure_act_fund_t *act)
{
    return model_fund(model, act->fund) != NULL ? DURE_RESULT_FUND_EXISTS
                                                : program_check(model, city, act->image);
}

static void version_put(model_t *model, model_fund_t *fund, const dure_tx_id_t *proposal,
                        dure_bytes_t image, const dure_hash_t *report, int opened)
{
    fund->versions[fund->versions_count++] =
        (model_version_t){.program = model_program_of_image(model, image),
                          .opened = opened,
                          .report = *report,
                          .proposal = *proposal};
}

static void fund_perform(model_t *model, uint32_t city, const dure_tx_id_t *proposal,
                         const dure_act_fund_t *act)
{
    DURE_ASSERT(model->funds_count < MODEL_FUNDS);
    model_fund_t *fund = &model->funds[model->funds_count++];
    memset(fund, 0, sizeof *fund);
    fund->number = act->fund;
    fund->city = city;
    fund->ceiling = act->ceiling.won;
    version_put(model, fund, proposal, act->image, &act->report, model->today);
}

/* DONE if the fund is there and the signer's city issues it. */
static model_code_t own_fund(model_t *model, uint32_t city, uint64_t number)
{
    const model_fund_t *fund = model_fund(model, number);
    if (fund == NULL) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    return fund->city == city ? DURE_RESULT_DONE : DURE_RESULT_OTHER_CITY;
}

static model_code_t version_check(model_t *model, uint32_t city, const dure_act_version_t *act)
{
    model_code_t code = own_fund(model, city, act->fund);
    code = code != DURE_RESULT_DONE ? code : program_check(model, city, act->image);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const model_fund_t *fund = model_fund(model, act->fund);
    const model_version_t *newest = &fund->versions[fund->versions_count - 1];
    const uint32_t old = newest->program->program.old_lots_notice_days;
    if (newest->opened > model->today) {
        return DURE_RESULT_VERSION_PENDING;
    }
    if (act->from < model->today + (int)(old > 30 ? old : 30)) {
        return DURE_RESULT_NOTICE_TOO_SHORT;
    }
    return fund->versions_count == DURE_FUND_VERSIONS_MAX ? DURE_RESULT_TABLE_FULL
                                                          : DURE_RESULT_DONE;
}

static model_code_t mode_check(model_t *model, uint32_t city, const dure_act_mode_t *act)
{
    const model_code_t code = own_fund(model, city, act->fund);
    if (code != DURE_RESULT_DONE || act->successor == 0) {
        return code;
    }
    return act->successor != act->fund && own_fund(model, city, act->successor) == DURE_RESULT_DONE
               ? DURE_RESULT_DONE
               : DURE_RESULT_FUND_UNKNOWN;
}

/* ---- parameters */
static const dure_yak_parameter_t *declared(const model_fund_t *fund, const dure_name_t *name)
{
    const dure_yak_program_t *program = &fund->versions[fund->versions_count - 1].program->program;
    for (uint32_t i = 0; i < program->parameter_count; i++) {
        if (dure_name_equal(&program->parameters[i].name, name)) {
            return &program->parameters[i];
        }
    }
    return NULL;
}

typedef struct {
    uint32_t count, first; /* of the parameter's changes; they stand together */
    bool same;             /* one is of that very day */
    bool spare;            /* a later one than the first holds already */
} changes_t;

static changes_t changes_of(const model_t *model, const model_fund_t *fund, dure_mark_t mark,
                            int from)
{
    changes_t found = {.first = fund->changes_count};
    for (uint32_t i = 0; i < fund->changes_count; i++) {
        const dure_parameter_change_t *change = &fund->changes[i];
        if (memcmp(&change->parameter, &mark, sizeof mark) == 0) {
            found.first = found.count == 0 ? i : found.first;
            found.same = found.same || change->from == from;
            found.spare = found.spare || (found.count > 0 && change->from <= model->today);
            found.count++;
        }
    }
    return found;
}

static model_code_t parameter_check(model_t *model, uint32_t city, const dure_act_parameter_t *act)
{
    const model_code_t code = own_fund(model, city, act->fund);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const model_fund_t *fund = model_fund(model, act->fund);
    const dure_yak_parameter_t *parameter = declared(fund, &act->parameter);
    if (parameter == NULL) {
        return DURE_RESULT_PARAMETER_UNKNOWN;
    }
    if (act->value < parameter->low || act->value > parameter->high) {
        return DURE_RESULT_PARAMETER_RANGE;
    }
    if (act->from < model->today + (int)parameter->notice_days) {
        return DURE_RESULT_NOTICE_TOO_SHORT;
    }
    const changes_t changes = changes_of(model, fund, dure_name_mark(&act->parameter), act->from);
    return changes.count >= 16 && !changes.same && (parameter->fixed_at_issue || !changes.spare)
               ? DURE_RESULT_TABLE_FULL
               : DURE_RESULT_DONE;
}

static void change_drop(model_fund_t *fund, uint32_t at)
{
    memmove(&fund->changes[at], &fund->changes[at + 1],
            (fund->changes_count - at - 1) * sizeof fund->changes[0]);
    fund->changes_count--;
}

static void parameter_perform(model_t *model, const dure_act_parameter_t *act)
{
    model_fund_t *fund = model_fund(model, act->fund);
    const dure_parameter_change_t new = {
        .parameter = dure_name_mark(&act->parameter), .from = act->from, .value = act->value};
    const changes_t changes = changes_of(model, fund, new.parameter, act->from);
    if (changes.same) {
        uint32_t at = changes.first;
        while (fund->changes[at].from != act->from) {
            at++;
        }
        change_drop(fund, at);
    } else if (changes.count >= 16) {
        change_drop(fund, changes.first);
    }
    uint32_t at = fund->changes_count++;
    for (; at > 0; at--) {
        const dure_parameter_change_t *before = &fund->changes[at - 1];
        const int order = memcmp(&before->parameter, &new.parameter, sizeof new.parameter);
        if (order < 0 || (order == 0 && before->from < new.from)) {
            break;
        }
        fund->changes[at] = *before;
    }
    fund->changes[at] = new;
}

/* ---- ceilings, roles, thresholds */
static model_code_t ceiling_check(model_t *model, uint32_t city, const dure_act_ceiling_t *act)
{
    const model_code_t code = own_fund(model, city, act->fund);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const model_fund_t *fund = model_fund(model, act->fund);
    return act->ceiling.won < fund->issued - fund->refunded + fund->ordered
               ? DURE_RESULT_CEILING_TOO_LOW
               : DURE_RESULT_DONE;
}

static model_code_t roles_check(model_t *model, uint32_t city, const dure_act_roles_t *act)
{
    const model_party_t *subject = model_party(model, act->subject);
    if (subject == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (subject->city != city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (subject->kind != DURE_KIND_SERVICE) {
        return DURE_RESULT_ROLES_WRONG;
    }
    const bool leaves = is_officer(subject) && (act->roles & DURE_SERVICE_OFFICER) == 0;
    return leaves && model_officers(model, city) <= model_city(model, city)->threshold
               ? DURE_RESULT_THRESHOLD_WRONG
               : DURE_RESULT_DONE;
}

/* ---- recovery and estates */
static model_code_t recover_check(model_t *model, uint32_t city, const dure_act_recover_t *act)
{
    const model_party_t *subject = model_party(model, act->subject);
    if (subject == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (subject->city != city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (subject->kind == DURE_KIND_SERVICE) {
        return DURE_RESULT_KIND_WRONG;
    }
    return dure_public_key_check(&act->entry.key) == DURE_CRYPTO_OK ? DURE_RESULT_DONE
                                                                    : DURE_RESULT_KEY_REFUSED;
}

static void recover_perform(model_t *model, const dure_act_recover_t *act)
{
    model_party_t *subject = model_party(model, act->subject);
    subject->keys_count = 1;
    subject->keys[0] = act->entry;
    for (uint32_t i = 0; i < model->holds_count; i++) {
        if (model->holds[i].subject == act->subject &&
            model->holds[i].reason == DURE_HOLD_REASON_LOST_PHONE &&
            model_hold_active(model, &model->holds[i])) {
            model->holds[i--] = model->holds[--model->holds_count];
        }
    }
}

static model_code_t estate_check(model_t *model, uint32_t city, const dure_act_estate_t *act)
{
    const model_party_t *subject = model_party(model, act->subject);
    const model_party_t *heir = model_party(model, act->heir);
    if (subject == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (subject->city != city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (subject->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (!model_is_dead(model, subject)) {
        return DURE_RESULT_PARTY_ALIVE;
    }
    if (heir == subject) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    if (heir == NULL) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (heir->city != city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (heir->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (model_is_dead(model, heir)) {
        return DURE_RESULT_PARTY_DEAD;
    }
    uint32_t orders = 0;
    for (uint32_t i = 0; i < model->orders_count; i++) {
        orders += model->orders[i].id.party == heir->number;
    }
    const uint32_t come = subject->lots_count < ESTATE_LOTS ? subject->lots_count : ESTATE_LOTS;
    return heir->lots_count + orders + come > MODEL_LOTS ? DURE_RESULT_LOTS_FULL : DURE_RESULT_DONE;
}

static void estate_perform(model_t *model, const dure_act_estate_t *act)
{
    model_party_t *subject = model_party(model, act->subject);
    model_party_t *heir = model_party(model, act->heir);
    for (uint32_t i = 0; i < ESTATE_LOTS && subject->lots_count > 0; i++) {
        model_lot_t lot = subject->lots[0];
        model_lot_drop(subject, lot.fund, lot.number);
        lot.number = heir->lot_next++;
        model_lot_put(heir, &lot);
    }
}

/* ---- all acts */
static model_code_t act_check(model_t *model, const model_work_t *work, const dure_act_t *act)
{
    const uint32_t city = work->signer->city;
    switch ((dure_act_kind_t)act->kind) {
    case DURE_ACT_ACCOUNT:
        return account_check(model, city, &act->account);
    case DURE_ACT_FUND:
        return fund_check(model, city, &act->fund);
    case DURE_ACT_PARAMETER:
        return parameter_check(model, city, &act->parameter);
    case DURE_ACT_CEILING:
        return ceiling_check(model, city, &act->ceiling);
    case DURE_ACT_ROLES:
        return roles_check(model, city, &act->roles);
    case DURE_ACT_THRESHOLD:
        return act->threshold.threshold > model_officers(model, city) ? DURE_RESULT_THRESHOLD_WRONG
                                                                      : DURE_RESULT_DONE;
    case DURE_ACT_LIMIT:
        return act->limit.parties_max <= model->parties_max ? DURE_RESULT_LIMIT_TOO_LOW
                                                            : DURE_RESULT_DONE;
    case DURE_ACT_VERSION:
        return version_check(model, city, &act->version);
    case DURE_ACT_BATCH:
        return model_batch_check(model, work, &act->batch);
    case DURE_ACT_MODE:
        return mode_check(model, city, &act->mode);
    case DURE_ACT_RECOVER:
        return recover_check(model, city, &act->recover);
    case DURE_ACT_ESTATE:
        return estate_check(model, city, &act->estate);
    }
    return DURE_RESULT_MALFORMED;
}

static void act_perform(model_t *model, uint32_t city, const dure_tx_id_t *proposal,
                        const dure_act_t *act)
{
    switch ((dure_act_kind_t)act->kind) {
    case DURE_ACT_ACCOUNT:
        DURE_ASSERT(model->accounts_count < MODEL_ACCOUNTS);
        model->accounts[model->accounts_count++] =
            (model_account_t){.city = city, .name = act->account.account};
        break;
    case DURE_ACT_FUND:
        fund_perform(model, city, proposal, &act->fund);
        break;
    case DURE_ACT_PARAMETER:
        parameter_perform(model, &act->parameter);
        break;
    case DURE_ACT_CEILING:
        model_fund(model, act->ceiling.fund)->ceiling = act->ceiling.ceiling.won;
        break;
    case DURE_ACT_ROLES:
        model_party(model, act->roles.subject)->roles = act->roles.roles;
        break;
    case DURE_ACT_THRESHOLD:
        model_city(model, city)->threshold = act->threshold.threshold;
        break;
    case DURE_ACT_LIMIT:
        model->parties_max = act->limit.parties_max;
        break;
    case DURE_ACT_VERSION:
        version_put(model, model_fund(model, act->version.fund), proposal, act->version.image,
                    &act->version.report, act->version.from);
        break;
    case DURE_ACT_BATCH:
        model_batch_perform(model, proposal, &act->batch);
        break;
    case DURE_ACT_MODE:
        model_fund(model, act->mode.fund)->mode = act->mode.mode;
        model_fund(model, act->mode.fund)->successor = act->mode.successor;
        break;
    case DURE_ACT_RECOVER:
        recover_perform(model, &act->recover);
        break;
    case DURE_ACT_ESTATE:
        estate_perform(model, &act->estate);
        break;
    }
}

/* ---- proposals */
static uint32_t act_size(const dure_act_t *act)
{
    static uint8_t bytes[DURE_TX_SIZE_MAX];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_act_encode(&out, act);
    return (uint32_t)out.size;
}

static uint32_t pieces(uint32_t size)
{
    return (size + PIECE - 1) / PIECE;
}

static bool has_room(const model_t *model, uint32_t size)
{
    uint32_t used = 0;
    for (uint32_t i = 0; i < model->proposals_count; i++) {
        used += pieces(model->proposals[i].act_size);
    }
    return model->proposals_count < PROPOSALS && used + pieces(size) <= PIECES;
}

static void expired_drop(model_t *model, uint32_t city)
{
    for (uint32_t i = 0; i < model->proposals_count; i++) {
        if (model->proposals[i].city == city && model->proposals[i].until < model->today) {
            model->proposals[i--] = model->proposals[--model->proposals_count];
        }
    }
}

/* Whether there is room when the city's expired proposals go. */
static bool room_without_expired(const model_t *model, uint32_t city, uint32_t size)
{
    uint32_t used = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < model->proposals_count; i++) {
        if (model->proposals[i].city != city || model->proposals[i].until >= model->today) {
            used += pieces(model->proposals[i].act_size);
            count++;
        }
    }
    return count < PROPOSALS && used + pieces(size) <= PIECES;
}

model_code_t model_propose(model_t *model, const model_work_t *work)
{
    const dure_propose_t *body = &work->tx->body.propose;
    const uint32_t city = work->signer->city;
    if (!is_officer(work->signer)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (body->until < model->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    const model_code_t code = act_check(model, work, &body->act);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    if (model_city(model, city)->threshold == 1) {
        act_perform(model, city, &work->tx->id, &body->act);
        return DURE_RESULT_DONE;
    }
    const uint32_t size = act_size(&body->act);
    if (!has_room(model, size)) {
        if (!room_without_expired(model, city, size)) {
            return DURE_RESULT_TABLE_FULL;
        }
        expired_drop(model, city);
    }
    model->proposals[model->proposals_count++] = (model_proposal_t){
        .id = work->tx->id,
        .city = city,
        .day = model->today,
        .until = body->until,
        .approvals_count = 1,
        .approvals = {work->signer->number},
        .act = body->act,
        .act_size = size,
    };
    return DURE_RESULT_DONE;
}

model_code_t model_approve(model_t *model, const model_work_t *work)
{
    if (!is_officer(work->signer)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    uint32_t at = 0;
    while (at < model->proposals_count &&
           !model_same_id(&model->proposals[at].id, &work->tx->body.approve.proposal)) {
        at++;
    }
    if (at == model->proposals_count) {
        return DURE_RESULT_PROPOSAL_UNKNOWN;
    }
    model_proposal_t *proposal = &model->proposals[at];
    if (proposal->city != work->signer->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (proposal->until < model->today) {
        return DURE_RESULT_PROPOSAL_EXPIRED;
    }
    uint32_t valid = 1;
    for (uint32_t i = 0; i < proposal->approvals_count; i++) {
        if (proposal->approvals[i] == work->signer->number) {
            return DURE_RESULT_APPROVED_BEFORE;
        }
        valid += is_officer(model_party(model, proposal->approvals[i]));
    }
    if (valid < model_city(model, proposal->city)->threshold) {
        if (proposal->approvals_count == 16) {
            return DURE_RESULT_TABLE_FULL;
        }
        proposal->approvals[proposal->approvals_count++] = work->signer->number;
        return DURE_RESULT_DONE;
    }
    const model_code_t code = act_check(model, work, &proposal->act);
    if (code != DURE_RESULT_DONE) {
        return code;
    }
    const model_proposal_t done = *proposal;
    *proposal = model->proposals[--model->proposals_count];
    act_perform(model, done.city, &done.id, &done.act);
    return DURE_RESULT_DONE;
}

/* What officers decide: each act is checked when it is proposed and again when it is performed. */
#include "ledger/ledger_private.h"

#include <string.h>

static uint8_t city_of(const dure_ledger_t *ledger, const work_t *work)
{
    return party_at(ledger, work->signer)->city;
}

/* ---- account */
static dure_result_t account_check(const dure_ledger_t *ledger, uint8_t city,
                                   const dure_act_account_t *act)
{
    if (ledger_account_find(ledger, city, &act->account) != CELL_NONE) {
        return DURE_RESULT_ACCOUNT_EXISTS;
    }
    const uint32_t count = ledger_list_count(ledger, POOL_ACCOUNT, city_at(ledger, city)->accounts);
    if (count >= DURE_CITY_ACCOUNTS_MAX || ledger_room(ledger, POOL_ACCOUNT) == 0) {
        return DURE_RESULT_TABLE_FULL;
    }
    return DURE_RESULT_DONE;
}

static void account_perform(dure_ledger_t *ledger, uint8_t city, const dure_act_account_t *act)
{
    const uint32_t cell = ledger_take(ledger, POOL_ACCOUNT);
    account_t *account = account_at(ledger, cell);
    account->city = city;
    account->name = act->account;
    ledger_link(ledger, POOL_ACCOUNT, &city_at(ledger, city)->accounts, CELL_NONE, cell);
    ledger_dirty(ledger, DURE_TABLE_ACCOUNT, cell);
}

/* ---- fund */
static bool account_named(const dure_ledger_t *ledger, uint8_t city, const dure_name_t *name)
{
    return name->text[0] == 0 || ledger_account_find(ledger, city, name) != CELL_NONE;
}

bool ledger_accounts_exist(const dure_ledger_t *ledger, uint8_t city,
                           const dure_yak_program_t *program)
{
    if (ledger_account_find(ledger, city, &program->lapse_to) == CELL_NONE) {
        return false;
    }
    for (uint32_t i = 0; i < DURE_VERB_COUNT; i++) {
        const dure_yak_verb_t *verb = &program->verbs[i];
        if (!account_named(ledger, city, &verb->subsidy_from) ||
            !account_named(ledger, city, &verb->give_from) ||
            !account_named(ledger, city, &verb->reward_from) ||
            !account_named(ledger, city, &verb->share_to)) {
            return false;
        }
    }
    return true;
}

/* Only a redemption can be held. */
bool ledger_is_performable(const dure_yak_program_t *program)
{
    for (uint32_t i = 0; i < DURE_VERB_COUNT; i++) {
        const dure_yak_verb_t *verb = &program->verbs[i];
        for (uint32_t rule = 0; rule < verb->rule_count; rule++) {
            if (verb->rules[rule].kind == DURE_RULE_HOLD && i != DURE_VERB_REDEMPTION) {
                return false;
            }
        }
    }
    return true;
}

uint64_t ledger_image_space(size_t size)
{
    return ((uint64_t)size + 15) / 16 * 16;
}

static dure_result_t fund_check(dure_ledger_t *ledger, uint8_t city, const dure_act_fund_t *act)
{
    if (ledger_fund_find(ledger, act->fund) != CELL_NONE) {
        return DURE_RESULT_FUND_EXISTS;
    }
    const dure_yak_program_t *program = ledger->trial;
    if (dure_yak_load(ledger->trial, act->image) != DURE_YAK_LOAD_OK ||
        !ledger_is_performable(program)) {
        return DURE_RESULT_PROGRAM_REFUSED;
    }
    if (program->issuer_city != city_at(ledger, city)->code) {
        return DURE_RESULT_PROGRAM_CITY;
    }
    if (!ledger_accounts_exist(ledger, city, program)) {
        return DURE_RESULT_ACCOUNT_UNKNOWN;
    }
    const dure_ledger_limits_t limits = dure_ledger_limits_for(ledger->state->parties_max);
    if (ledger_room(ledger, POOL_FUND) == 0 || ledger_room(ledger, POOL_PROGRAM) == 0 ||
        ledger->state->image_used + ledger_image_space(act->image.size) > limits.image_bytes_max) {
        return DURE_RESULT_TABLE_FULL;
    }
    return DURE_RESULT_DONE;
}

bool ledger_program_parse(dure_ledger_t *ledger, uint32_t cell)
{
    const program_t *program = program_at(ledger, cell);
    const dure_bytes_t image = dure_bytes(ledger->images + program->image_at, program->image_size);
    dure_yak_program_t *parsed = &ledger->programs[cell];
    if (dure_yak_load(parsed, image) != DURE_YAK_LOAD_OK) {
        return false;
    }
    for (uint32_t i = 0; i < parsed->list_count; i++) {
        ledger->list_whats[cell][i] = dure_list_attribute(&parsed->lists[i]);
    }
    for (uint32_t i = 0; i < parsed->parameter_count; i++) {
        ledger->parameter_marks[cell][i] = dure_name_mark(&parsed->parameters[i].name);
    }
    return true;
}

uint32_t ledger_program_add(dure_ledger_t *ledger, const dure_record_program_t *record)
{
    const uint32_t cell = ledger_take(ledger, POOL_PROGRAM);
    program_t *program = program_at(ledger, cell);
    state_head_t *state = ledger->state;
    *program = (program_t){
        .fund = record->fund,
        .image_at = state->image_used,
        .image_size = (uint32_t)record->image.size,
        .opened = record->opened,
        .version = record->version,
        .source = record->source,
        .report = record->report,
        .proposal = record->proposal,
    };
    memcpy(ledger->images + program->image_at, record->image.data, record->image.size);
    ledger_touch(ledger, &state->image_used, sizeof state->image_used);
    state->image_used += ledger_image_space(record->image.size);
    ledger_dirty(ledger, DURE_TABLE_PROGRAM, cell);
    return cell;
}

uint32_t ledger_fund_add(dure_ledger_t *ledger, uint64_t number)
{
    const uint32_t cell = ledger_take(ledger, POOL_FUND);
    fund_t *fund = fund_at(ledger, cell);
    fund->number = number;
    fund->changes = CELL_NONE;
    fund->counters = CELL_NONE;
    for (uint32_t i = 0; i < DURE_FUND_VERSIONS_MAX; i++) {
        fund->programs[i] = CELL_NONE;
    }
    ledger_dirty(ledger, DURE_TABLE_FUND, cell);
    return cell;
}

static void fund_perform(dure_ledger_t *ledger, uint8_t city, const dure_tx_id_t *proposal,
                         const dure_act_fund_t *act)
{
    dure_record_program_t record = {
        .fund = act->fund,
        .opened = ledger->today,
        .report = act->report,
        .proposal = *proposal,
        .image = act->image,
    };
    dure_hash(&record.source, DURE_TAG_YAK_SOURCE, act->source.data, act->source.size);
    const uint32_t program = ledger_program_add(ledger, &record);
    const bool parsed = ledger_program_parse(ledger, program);
    DURE_ASSERT(parsed);
    ledger_dirty(ledger, DURE_TABLE_CHAIN, 0); /* counts the funds */
    fund_t *fund = fund_at(ledger, ledger_fund_add(ledger, act->fund));
    fund->programs[0] = program;
    fund->city = city;
    fund->versions = 1;
    fund->loaded = 1;
    fund->ceiling = act->ceiling;
}

/* ---- parameter */
static uint32_t parameter_find(const dure_yak_program_t *program, const dure_name_t *name)
{
    uint32_t i = 0;
    while (i < program->parameter_count && !dure_name_equal(&program->parameters[i].name, name)) {
        i++;
    }
    return i;
}

/* How many changes a parameter has; *superseded is the oldest that no later day needs, or
   CELL_NONE; *same the one of that very day. */
static uint32_t changes_count(const dure_ledger_t *ledger, uint32_t fund, dure_mark_t parameter,
                              dure_day_t from, uint32_t *superseded, uint32_t *same)
{
    uint32_t count = 0;
    uint32_t before = CELL_NONE;
    *superseded = *same = CELL_NONE;
    uint32_t at = fund_at(ledger, fund)->changes;
    for (; at != CELL_NONE; at = change_at(ledger, at)->next) {
        const change_t *change = change_at(ledger, at);
        if (memcmp(&change->parameter, &parameter, sizeof parameter) != 0) {
            continue;
        }
        count++;
        if (change->from == from) {
            *same = at;
        }
        if (*superseded == CELL_NONE && before != CELL_NONE && change->from <= ledger->today) {
            *superseded = before;
        }
        before = at;
    }
    return count;
}

/* Whether lots out there may read values of the past. */
static bool is_fixed_anywhere(const dure_ledger_t *ledger, uint32_t fund, const dure_name_t *name)
{
    bool fixed = false;
    for (uint8_t version = 0; version < fund_at(ledger, fund)->versions; version++) {
        const dure_yak_program_t *program = ledger_program(ledger, fund, version);
        const uint32_t i = parameter_find(program, name);
        fixed = fixed || (i < program->parameter_count && program->parameters[i].fixed_at_issue);
    }
    return fixed;
}

/* A change takes the place of one of the same day, or of one that no day needs any more; else there
   must be room, for the parameter and in the fund's record. */
static bool change_fits(const dure_ledger_t *ledger, uint32_t fund, const dure_act_parameter_t *act)
{
    uint32_t superseded;
    uint32_t same;
    const uint32_t count =
        changes_count(ledger, fund, dure_name_mark(&act->parameter), act->from, &superseded, &same);
    if (same != CELL_NONE) {
        return true;
    }
    if (count >= DURE_PARAMETER_CHANGES_MAX) {
        return superseded != CELL_NONE && !is_fixed_anywhere(ledger, fund, &act->parameter);
    }
    return ledger_list_count(ledger, POOL_CHANGE, fund_at(ledger, fund)->changes) <
           DURE_FUND_PARAMETERS_MAX * DURE_PARAMETER_CHANGES_MAX;
}

static dure_result_t parameter_check(const dure_ledger_t *ledger, const work_t *work,
                                     const dure_act_parameter_t *act)
{
    const uint32_t fund = ledger_fund_find(ledger, act->fund);
    if (fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    if (fund_at(ledger, fund)->city != city_of(ledger, work)) {
        return DURE_RESULT_OTHER_CITY;
    }
    const dure_yak_program_t *program =
        ledger_program(ledger, fund, fund_at(ledger, fund)->version); /* the newest */
    const uint32_t i = parameter_find(program, &act->parameter);
    if (i == program->parameter_count) {
        return DURE_RESULT_PARAMETER_UNKNOWN;
    }
    const dure_yak_parameter_t *parameter = &program->parameters[i];
    if (act->value < parameter->low || act->value > parameter->high) {
        ledger_effect_number(work->effect, DURE_LABEL_MINIMUM, (uint64_t)parameter->low);
        ledger_effect_number(work->effect, DURE_LABEL_MAXIMUM, (uint64_t)parameter->high);
        return DURE_RESULT_PARAMETER_RANGE;
    }
    const dure_day_t earliest = dure_day_add_days(ledger->today, parameter->notice_days);
    if (act->from < earliest) {
        ledger_effect_number(work->effect, DURE_LABEL_EARLIEST_DAY, (uint64_t)earliest);
        return DURE_RESULT_NOTICE_TOO_SHORT;
    }
    return change_fits(ledger, fund, act) ? DURE_RESULT_DONE : DURE_RESULT_TABLE_FULL;
}

void ledger_change_insert(dure_ledger_t *ledger, uint32_t fund,
                          const dure_parameter_change_t *entry)
{
    fund_t *owner = ledger_fund_change(ledger, fund);
    uint32_t previous = CELL_NONE;
    for (uint32_t at = owner->changes; at != CELL_NONE; at = change_at(ledger, at)->next) {
        const change_t *change = change_at(ledger, at);
        const int order = memcmp(&change->parameter, &entry->parameter, sizeof entry->parameter);
        if (order > 0 || (order == 0 && change->from > entry->from)) {
            break;
        }
        previous = at;
    }
    const uint32_t cell = ledger_take(ledger, POOL_CHANGE);
    change_t *change = change_at(ledger, cell);
    change->parameter = entry->parameter;
    change->from = entry->from;
    change->value = entry->value;
    ledger_link(ledger, POOL_CHANGE, &owner->changes, previous, cell);
}

static void parameter_perform(dure_ledger_t *ledger, const dure_act_parameter_t *act)
{
    const uint32_t fund = ledger_fund_find(ledger, act->fund);
    const dure_mark_t parameter = dure_name_mark(&act->parameter);
    uint32_t superseded;
    uint32_t same;
    const uint32_t count = changes_count(ledger, fund, parameter, act->from, &superseded, &same);
    const uint32_t goes = same != CELL_NONE                     ? same
                          : count >= DURE_PARAMETER_CHANGES_MAX ? superseded
                                                                : CELL_NONE;
    if (goes != CELL_NONE) {
        ledger_unlink(ledger, POOL_CHANGE, &ledger_fund_change(ledger, fund)->changes, goes);
    }
    const dure_parameter_change_t entry = {
        .parameter = parameter, .from = act->from, .value = act->value};
    ledger_change_insert(ledger, fund, &entry);
}

/* ---- ceiling */
static dure_result_t ceiling_check(const dure_ledger_t *ledger, const work_t *work,
                                   const dure_act_ceiling_t *act)
{
    const uint32_t cell = ledger_fund_find(ledger, act->fund);
    if (cell == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    const fund_t *fund = fund_at(ledger, cell);
    if (fund->city != city_of(ledger, work)) {
        return DURE_RESULT_OTHER_CITY;
    }
    const dure_amount_t least =
        dure_amount_plus(dure_amount_minus(fund->issued, fund->refunded), fund->ordered);
    if (dure_amount_compare(act->ceiling, least) < 0) {
        ledger_effect_number(work->effect, DURE_LABEL_MINIMUM, least.won);
        return DURE_RESULT_CEILING_TOO_LOW;
    }
    return DURE_RESULT_DONE;
}

static void ceiling_perform(dure_ledger_t *ledger, const dure_act_ceiling_t *act)
{
    ledger_fund_change(ledger, ledger_fund_find(ledger, act->fund))->ceiling = act->ceiling;
}

/* ---- roles */
static dure_result_t roles_check(const dure_ledger_t *ledger, const work_t *work,
                                 const dure_act_roles_t *act)
{
    const uint32_t subject = ledger_party_find(ledger, act->subject);
    if (subject == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *party = party_at(ledger, subject);
    if (party->city != city_of(ledger, work)) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (party->kind != DURE_KIND_SERVICE) {
        return DURE_RESULT_ROLES_WRONG;
    }
    const city_t *city = city_at(ledger, party->city);
    const bool leaves =
        (party->roles & DURE_SERVICE_OFFICER) != 0 && (act->roles & DURE_SERVICE_OFFICER) == 0;
    if (leaves && city->officers <= city->threshold) {
        ledger_effect_number(work->effect, DURE_LABEL_THRESHOLD, city->threshold);
        return DURE_RESULT_THRESHOLD_WRONG;
    }
    return DURE_RESULT_DONE;
}

static void roles_perform(dure_ledger_t *ledger, const dure_act_roles_t *act)
{
    party_t *party = ledger_party_change(ledger, ledger_party_find(ledger, act->subject));
    const bool was = (party->roles & DURE_SERVICE_OFFICER) != 0;
    const bool is = (act->roles & DURE_SERVICE_OFFICER) != 0;
    party->roles = (uint8_t)act->roles;
    if (was != is) {
        city_t *city = ledger_city_change(ledger, party->city);
        city->officers = (uint16_t)(is ? city->officers + 1 : city->officers - 1);
    }
}

/* ---- threshold */
static dure_result_t threshold_check(const dure_ledger_t *ledger, const work_t *work,
                                     const dure_act_threshold_t *act)
{
    const city_t *city = city_at(ledger, city_of(ledger, work));
    if (act->threshold > city->officers) {
        ledger_effect_number(work->effect, DURE_LABEL_MAXIMUM, city->officers);
        return DURE_RESULT_THRESHOLD_WRONG;
    }
    return DURE_RESULT_DONE;
}

/* ---- limit */
static dure_result_t limit_check(const dure_ledger_t *ledger, const work_t *work,
                                 const dure_act_limit_t *act)
{
    if (act->parties_max <= ledger->state->parties_max) {
        ledger_effect_number(work->effect, DURE_LABEL_MINIMUM, ledger->state->parties_max + 1u);
        return DURE_RESULT_LIMIT_TOO_LOW;
    }
    return DURE_RESULT_DONE;
}

static void limit_perform(dure_ledger_t *ledger, const dure_act_limit_t *act)
{
    ledger_dirty(ledger, DURE_TABLE_CHAIN, 0);
    uint32_t *parties_max = &ledger->state->parties_max;
    ledger_touch(ledger, parties_max, sizeof *parties_max);
    *parties_max = act->parties_max;
}

dure_result_t ledger_act_check(dure_ledger_t *ledger, const work_t *work, const dure_act_t *act)
{
    const uint8_t city = city_of(ledger, work);
    switch ((dure_act_kind_t)act->kind) {
    case DURE_ACT_ACCOUNT:
        return account_check(ledger, city, &act->account);
    case DURE_ACT_FUND:
        return fund_check(ledger, city, &act->fund);
    case DURE_ACT_PARAMETER:
        return parameter_check(ledger, work, &act->parameter);
    case DURE_ACT_CEILING:
        return ceiling_check(ledger, work, &act->ceiling);
    case DURE_ACT_ROLES:
        return roles_check(ledger, work, &act->roles);
    case DURE_ACT_THRESHOLD:
        return threshold_check(ledger, work, &act->threshold);
    case DURE_ACT_LIMIT:
        return limit_check(ledger, work, &act->limit);
    case DURE_ACT_VERSION:
        return ledger_version_check(ledger, work, &act->version);
    case DURE_ACT_BATCH:
        return ledger_batch_check(ledger, work, &act->batch);
    case DURE_ACT_MODE:
        return ledger_mode_check(ledger, work, &act->mode);
    case DURE_ACT_RECOVER:
        return ledger_recover_check(ledger, work, &act->recover);
    case DURE_ACT_ESTATE:
        return ledger_estate_check(ledger, work, &act->estate);
    }
    DURE_ASSERT(false && "the decoder let an unknown act through");
    return DURE_RESULT_MALFORMED;
}

void ledger_act_perform(dure_ledger_t *ledger, const work_t *work, const dure_tx_id_t *proposal,
                        const dure_act_t *act)
{
    const uint8_t city = city_of(ledger, work);
    switch ((dure_act_kind_t)act->kind) {
    case DURE_ACT_ACCOUNT:
        account_perform(ledger, city, &act->account);
        break;
    case DURE_ACT_FUND:
        fund_perform(ledger, city, proposal, &act->fund);
        break;
    case DURE_ACT_PARAMETER:
        parameter_perform(ledger, &act->parameter);
        break;
    case DURE_ACT_CEILING:
        ceiling_perform(ledger, &act->ceiling);
        break;
    case DURE_ACT_ROLES:
        roles_perform(ledger, &act->roles);
        break;
    case DURE_ACT_THRESHOLD:
        ledger_city_change(ledger, city)->threshold = act->threshold.threshold;
        break;
    case DURE_ACT_LIMIT:
        limit_perform(ledger, &act->limit);
        break;
    case DURE_ACT_VERSION:
        ledger_version_perform(ledger, proposal, &act->version);
        break;
    case DURE_ACT_BATCH:
        ledger_batch_perform(ledger, work, proposal, &act->batch);
        break;
    case DURE_ACT_MODE:
        ledger_mode_perform(ledger, &act->mode);
        break;
    case DURE_ACT_RECOVER:
        ledger_recover_perform(ledger, &act->recover);
        break;
    case DURE_ACT_ESTATE:
        ledger_estate_perform(ledger, work, &act->estate);
        break;
    }
}

/* The acts that change which program governs a fund, and whether the fund is open: version, mode.

   A new program governs new lots from its first day.  Old lots keep theirs or follow, as the
   program that they were issued under says (ledger_lot_version). */
#include "ledger/ledger_private.h"

#include <string.h>

#define NOTICE_DAYS_MIN 30u

/* DONE, or why this fund is not the signer's to change. */
static dure_result_t fund_of_city(const dure_ledger_t *ledger, const work_t *work, uint64_t number,
                                  uint32_t *fund)
{
    *fund = ledger_fund_find(ledger, number);
    if (*fund == CELL_NONE) {
        return DURE_RESULT_FUND_UNKNOWN;
    }
    return fund_at(ledger, *fund)->city == party_at(ledger, work->signer)->city
               ? DURE_RESULT_DONE
               : DURE_RESULT_OTHER_CITY;
}

/* ---- version */
static bool is_counted_before(const dure_yak_program_t *program, uint32_t count,
                              const dure_yak_counter_t *counter)
{
    bool found = false;
    for (uint32_t i = 0; !found && i < count; i++) {
        found =
            memcmp(program->counters[i].identity, counter->identity, sizeof counter->identity) == 0;
    }
    return found;
}

/* The city-wide counters of all versions stand in the fund's record, which has room for so many:
   else a purchase could be refused for want of it. */
static bool counters_fit(const dure_ledger_t *ledger, uint32_t fund)
{
    const fund_t *at = fund_at(ledger, fund);
    uint32_t different = 0;
    for (uint8_t version = 0; version <= at->versions; version++) {
        const dure_yak_program_t *program =
            version == at->versions ? ledger->trial : ledger_program(ledger, fund, version);
        for (uint32_t i = 0; i < program->counter_count; i++) {
            const dure_yak_counter_t *counter = &program->counters[i];
            bool city_wide = false;
            for (uint32_t verb = 0; verb < DURE_VERB_COUNT; verb++) {
                city_wide = city_wide || counter->by[verb] == DURE_COUNTER_CITY_WIDE;
            }
            bool before = is_counted_before(program, i, counter);
            for (uint8_t other = 0; !before && other < version; other++) {
                const dure_yak_program_t *earlier = ledger_program(ledger, fund, other);
                before = is_counted_before(earlier, earlier->counter_count, counter);
            }
            different += city_wide && !before;
        }
    }
    return different <= DURE_FUND_COUNTERS_MAX;
}

static dure_result_t version_room(const dure_ledger_t *ledger, uint32_t fund, size_t image_size)
{
    const dure_ledger_limits_t limits = dure_ledger_limits_for(ledger->state->parties_max);
    if (fund_at(ledger, fund)->versions >= DURE_FUND_VERSIONS_MAX ||
        ledger_room(ledger, POOL_PROGRAM) == 0 ||
        ledger->state->image_used + ledger_image_space(image_size) > limits.image_bytes_max ||
        !counters_fit(ledger, fund)) {
        return DURE_RESULT_TABLE_FULL;
    }
    return DURE_RESULT_DONE;
}

/* Order of refusals: fund, its city, the program, its city, its accounts, one that waits, notice,
   room. */
dure_result_t ledger_version_check(dure_ledger_t *ledger, const work_t *work,
                                   const dure_act_version_t *act)
{
    uint32_t fund;
    const dure_result_t found = fund_of_city(ledger, work, act->fund, &fund);
    if (found != DURE_RESULT_DONE) {
        return found;
    }
    const dure_yak_program_t *program = ledger->trial;
    if (dure_yak_load(ledger->trial, act->image) != DURE_YAK_LOAD_OK ||
        !ledger_is_performable(program)) {
        return DURE_RESULT_PROGRAM_REFUSED;
    }
    const uint8_t city = fund_at(ledger, fund)->city;
    if (program->issuer_city != city_at(ledger, city)->code) {
        return DURE_RESULT_PROGRAM_CITY;
    }
    if (!ledger_accounts_exist(ledger, city, program)) {
        return DURE_RESULT_ACCOUNT_UNKNOWN;
    }
    const uint8_t newest = fund_at(ledger, fund)->version;
    const dure_day_t waits = program_at(ledger, fund_at(ledger, fund)->programs[newest])->opened;
    if (waits > ledger->today) {
        ledger_effect_number(work->effect, DURE_LABEL_EARLIEST_DAY, (uint64_t)waits);
        return DURE_RESULT_VERSION_PENDING;
    }
    const uint32_t promised = ledger_program(ledger, fund, newest)->old_lots_notice_days;
    const dure_day_t earliest =
        dure_day_add_days(ledger->today, promised > NOTICE_DAYS_MIN ? promised : NOTICE_DAYS_MIN);
    if (act->from < earliest) {
        ledger_effect_number(work->effect, DURE_LABEL_EARLIEST_DAY, (uint64_t)earliest);
        return DURE_RESULT_NOTICE_TOO_SHORT;
    }
    return version_room(ledger, fund, act->image.size);
}

void ledger_version_perform(dure_ledger_t *ledger, const dure_tx_id_t *proposal,
                            const dure_act_version_t *act)
{
    fund_t *fund = ledger_fund_change(ledger, ledger_fund_find(ledger, act->fund));
    dure_record_program_t record = {
        .fund = act->fund,
        .version = fund->versions,
        .opened = act->from,
        .report = act->report,
        .proposal = *proposal,
        .image = act->image,
    };
    dure_hash(&record.source, DURE_TAG_YAK_SOURCE, act->source.data, act->source.size);
    const uint32_t program = ledger_program_add(ledger, &record);
    const bool parsed = ledger_program_parse(ledger, program);
    DURE_ASSERT(parsed);
    fund->programs[fund->versions] = program;
    fund->version = fund->versions++;
}

/* ---- mode */
dure_result_t ledger_mode_check(const dure_ledger_t *ledger, const work_t *work,
                                const dure_act_mode_t *act)
{
    uint32_t fund;
    const dure_result_t found = fund_of_city(ledger, work, act->fund, &fund);
    if (found != DURE_RESULT_DONE || act->successor == 0) {
        return found;
    }
    uint32_t successor;
    const bool is_there =
        fund_of_city(ledger, work, act->successor, &successor) == DURE_RESULT_DONE;
    return is_there && successor != fund ? DURE_RESULT_DONE : DURE_RESULT_FUND_UNKNOWN;
}

void ledger_mode_perform(dure_ledger_t *ledger, const dure_act_mode_t *act)
{
    fund_t *fund = ledger_fund_change(ledger, ledger_fund_find(ledger, act->fund));
    fund->mode = act->mode;
    fund->successor = act->successor;
}

/* approve: an officer agrees; the k-th performs the act.  Order of refusals: role, the proposal,
   its city, its last day, approved before, the act itself.  If the act is refused the proposal
   stays, and so does what was approved. */
#include "ledger/ledger_private.h"

#include <string.h>

/* Approvals of officers that lost their role do not count. */
static uint32_t approvals_valid(const dure_ledger_t *ledger, const proposal_t *proposal)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < proposal->approvals_count; i++) {
        const uint32_t officer = ledger_party_find(ledger, proposal->approvals[i]);
        DURE_ASSERT(officer != CELL_NONE);
        count += ledger_has_role(ledger, officer, DURE_SERVICE_OFFICER);
    }
    return count;
}

static dure_result_t approve_check(const dure_ledger_t *ledger, const work_t *work, uint32_t *cell)
{
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_OFFICER)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    *cell = ledger_index_find(ledger, INDEX_PROPOSAL, ledger_id(&work->tx->body.approve.proposal));
    if (*cell == CELL_NONE) {
        return DURE_RESULT_PROPOSAL_UNKNOWN;
    }
    const proposal_t *proposal = proposal_at(ledger, *cell);
    if (proposal->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    if (proposal->until < ledger->today) {
        ledger_effect_number(work->effect, DURE_LABEL_LATEST_DAY, (uint64_t)proposal->until);
        return DURE_RESULT_PROPOSAL_EXPIRED;
    }
    for (uint32_t i = 0; i < proposal->approvals_count; i++) {
        if (proposal->approvals[i] == work->tx->id.party) {
            return DURE_RESULT_APPROVED_BEFORE;
        }
    }
    return DURE_RESULT_DONE;
}

/* The act's bytes, put together in the scratch. */
static void act_of(dure_ledger_t *ledger, const proposal_t *proposal, dure_act_t *act)
{
    uint32_t size = 0;
    for (uint32_t at = proposal->act; at != CELL_NONE; at = chunk_at(ledger, at)->next) {
        memcpy(ledger->scratch + size, chunk_at(ledger, at)->bytes, CHUNK_BYTES);
        size += CHUNK_BYTES;
    }
    dure_reader_t reader = dure_reader(dure_bytes(ledger->scratch, proposal->act_size));
    dure_act_decode(&reader, act);
    const bool whole = dure_reader_end(&reader);
    DURE_ASSERT(whole);
}

dure_result_t ledger_approve(dure_ledger_t *ledger, const work_t *work)
{
    uint32_t cell;
    const dure_result_t checked = approve_check(ledger, work, &cell);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    proposal_t *proposal = proposal_at(ledger, cell);
    const uint8_t threshold = city_at(ledger, proposal->city)->threshold;
    const uint32_t approvals = approvals_valid(ledger, proposal) + 1;
    const bool performs = approvals >= threshold;
    dure_act_t act;
    if (performs) {
        act_of(ledger, proposal, &act);
        const dure_result_t act_checked = ledger_act_check(ledger, work, &act);
        if (act_checked != DURE_RESULT_DONE) {
            return act_checked;
        }
    } else if (proposal->approvals_count ==
               sizeof proposal->approvals / sizeof proposal->approvals[0]) {
        return DURE_RESULT_TABLE_FULL;
    }
    /* After this point the approval must succeed. */
    ledger_effect_number(work->effect, DURE_LABEL_APPROVALS, approvals);
    ledger_effect_number(work->effect, DURE_LABEL_THRESHOLD, threshold);
    if (performs) {
        ledger_act_perform(ledger, work, &work->tx->body.approve.proposal, &act);
        ledger_proposal_remove(ledger, cell);
        return DURE_RESULT_DONE;
    }
    ledger_dirty(ledger, DURE_TABLE_PROPOSAL, cell);
    ledger_touch(ledger, proposal, sizeof *proposal);
    proposal->approvals[proposal->approvals_count++] = work->tx->id.party;
    return DURE_RESULT_DONE;
}

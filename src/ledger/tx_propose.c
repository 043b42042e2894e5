/* propose: an act before the city's officers.  Order of refusals: role, dates, the act itself,
   room.  With a threshold of one it is performed at once. */
#include "ledger/ledger_private.h"

#include <string.h>

static dure_bytes_t act_bytes(dure_ledger_t *ledger, const dure_act_t *act)
{
    dure_writer_t out = dure_writer(ledger->scratch, DURE_RECORD_SIZE_MAX);
    dure_act_encode(&out, act);
    return dure_writer_bytes(&out);
}

static uint32_t chunks_for(size_t size)
{
    return (uint32_t)((size + CHUNK_BYTES - 1) / CHUNK_BYTES);
}

static bool has_room(const dure_ledger_t *ledger, size_t act_size)
{
    return ledger_room(ledger, POOL_PROPOSAL) > 0 &&
           ledger_room(ledger, POOL_CHUNK) >= chunks_for(act_size);
}

/* The expired proposals of a city that stand in the way: what they would free. */
static void expired_count(const dure_ledger_t *ledger, uint8_t city, uint32_t *proposals,
                          uint32_t *chunks)
{
    *proposals = *chunks = 0;
    for (uint32_t at = 0; at < ledger->state->pools[POOL_PROPOSAL].used; at++) {
        const proposal_t *proposal = proposal_at(ledger, at);
        if (proposal->id.party != 0 && proposal->city == city && proposal->until < ledger->today) {
            *proposals += 1;
            *chunks += chunks_for(proposal->act_size);
        }
    }
}

static bool room_if_expired_go(const dure_ledger_t *ledger, uint8_t city, size_t act_size)
{
    uint32_t proposals;
    uint32_t chunks;
    expired_count(ledger, city, &proposals, &chunks);
    return ledger_room(ledger, POOL_PROPOSAL) + proposals > 0 &&
           ledger_room(ledger, POOL_CHUNK) + chunks >= chunks_for(act_size);
}

void ledger_proposal_remove(dure_ledger_t *ledger, uint32_t cell)
{
    ledger_dirty(ledger, DURE_TABLE_PROPOSAL, cell);
    proposal_t *proposal = proposal_at(ledger, cell);
    ledger_touch(ledger, proposal, sizeof *proposal);
    while (proposal->act != CELL_NONE) {
        ledger_unlink(ledger, POOL_CHUNK, &proposal->act, proposal->act);
    }
    ledger_index_remove(ledger, INDEX_PROPOSAL, cell);
    ledger_release(ledger, POOL_PROPOSAL, cell);
}

static void expired_remove(dure_ledger_t *ledger, uint8_t city)
{
    for (uint32_t at = 0; at < ledger->state->pools[POOL_PROPOSAL].used; at++) {
        const proposal_t *proposal = proposal_at(ledger, at);
        if (proposal->id.party != 0 && proposal->city == city && proposal->until < ledger->today) {
            ledger_proposal_remove(ledger, at);
        }
    }
}

uint32_t ledger_proposal_add(dure_ledger_t *ledger, const dure_record_proposal_t *record,
                             uint8_t city)
{
    const uint32_t cell = ledger_take(ledger, POOL_PROPOSAL);
    proposal_t *proposal = proposal_at(ledger, cell);
    *proposal = (proposal_t){
        .act = CELL_NONE,
        .id = record->id,
        .act_size = (uint32_t)record->act.size,
        .city = city,
        .approvals_count = (uint8_t)record->approvals_count,
        .day = record->day,
        .until = record->until,
    };
    for (uint16_t i = 0; i < record->approvals_count; i++) {
        proposal->approvals[i] = record->approvals[i].party;
    }
    uint32_t previous = CELL_NONE;
    for (size_t at = 0; at < record->act.size; at += CHUNK_BYTES) {
        const size_t rest = record->act.size - at;
        const uint32_t chunk = ledger_take(ledger, POOL_CHUNK);
        memcpy(chunk_at(ledger, chunk)->bytes, record->act.data + at,
               rest < CHUNK_BYTES ? rest : CHUNK_BYTES);
        ledger_link(ledger, POOL_CHUNK, &proposal->act, previous, chunk);
        previous = chunk;
    }
    ledger_index_add(ledger, INDEX_PROPOSAL, cell);
    ledger_dirty(ledger, DURE_TABLE_PROPOSAL, cell);
    return cell;
}

static dure_result_t propose_check(dure_ledger_t *ledger, const work_t *work, bool *at_once)
{
    const dure_propose_t *body = &work->tx->body.propose;
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_OFFICER)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (body->until < ledger->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    const dure_result_t checked = ledger_act_check(ledger, work, &body->act);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    const uint8_t city = party_at(ledger, work->signer)->city;
    *at_once = city_at(ledger, city)->threshold == 1;
    const size_t size = *at_once ? 0 : act_bytes(ledger, &body->act).size;
    if (!*at_once && !has_room(ledger, size) && !room_if_expired_go(ledger, city, size)) {
        return DURE_RESULT_TABLE_FULL;
    }
    return DURE_RESULT_DONE;
}

dure_result_t ledger_propose(dure_ledger_t *ledger, const work_t *work)
{
    const dure_propose_t *body = &work->tx->body.propose;
    bool at_once = false;
    const dure_result_t checked = propose_check(ledger, work, &at_once);
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    /* After this point the proposal must succeed. */
    const uint8_t city = party_at(ledger, work->signer)->city;
    ledger_effect_number(work->effect, DURE_LABEL_APPROVALS, 1);
    ledger_effect_number(work->effect, DURE_LABEL_THRESHOLD, city_at(ledger, city)->threshold);
    if (at_once) {
        ledger_act_perform(ledger, work, &work->tx->id, &body->act);
        return DURE_RESULT_DONE;
    }
    dure_record_proposal_t record = {
        .id = work->tx->id,
        .day = ledger->today,
        .until = body->until,
        .approvals_count = 1,
        .approvals = {{.party = work->tx->id.party}},
        .act = act_bytes(ledger, &body->act),
    };
    if (!has_room(ledger, record.act.size)) {
        expired_remove(ledger, city);
    }
    ledger_proposal_add(ledger, &record, city);
    return DURE_RESULT_DONE;
}

/* What may come into a block, and what makes one up. */
#include "chain/chain_private.h"

#include <string.h>

static uint64_t mix(uint64_t z)
{
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* Begins at a place that nobody could foresee when choosing his numbers: the last block's hash. */
static uint32_t slot_of(const dure_chain_t *chain, uint64_t a, uint64_t b)
{
    const uint64_t salt = dure_get_u64(chain->head.block_hash.bytes);
    return (uint32_t)(mix(mix(a ^ salt) + b) & chain->slots_mask);
}

/* As many slots as leave half of them free: a proposal of few transactions clears few. */
static void slots_clear(dure_chain_t *chain, uint32_t tx_count)
{
    uint32_t slots = 16;
    while (slots < ID_SLOTS && slots < 2u * tx_count) {
        slots *= 2u;
    }
    static_assert((ID_SLOTS & (ID_SLOTS - 1u)) == 0, "a mask");
    chain->slots_mask = slots - 1u;
    memset(chain->ids, 0, slots * sizeof *chain->ids);
}

/* False if the id was there. */
static bool id_add(dure_chain_t *chain, const dure_tx_id_t *id)
{
    uint32_t slot = slot_of(chain, id->party, id->number ^ (uint64_t)id->lane << 48);
    for (; chain->ids[slot].is_used; slot = (slot + 1) & chain->slots_mask) {
        const dure_tx_id_t *other = &chain->ids[slot].id;
        if (other->party == id->party && other->lane == id->lane && other->number == id->number) {
            return false;
        }
    }
    chain->ids[slot] = (id_slot_t){*id, true};
    return true;
}

/* The place of a party among those that the proposal registers or gives a new key; its entry is 0
   if it is not there. */
static uint64_t *renewed_find(dure_chain_t *chain, uint64_t party)
{
    uint32_t slot = slot_of(chain, party, 0);
    while (chain->renewed[slot] != 0 && chain->renewed[slot] != party) {
        slot = (slot + 1) & chain->slots_mask;
    }
    return &chain->renewed[slot];
}

/* What the proposal itself, so far, changes about admission. */
typedef struct {
    bool has_renewed, has_tick;
} changes_t;

static void changes_note(dure_chain_t *chain, changes_t *changes, const dure_tx_t *tx)
{
    uint64_t party = 0;
    if (tx->body.kind == DURE_BODY_REGISTRATION) {
        party = tx->body.registration.subject;
    } else if (tx->body.kind == DURE_BODY_ROTATE) {
        party = tx->id.party;
    } else if (tx->body.kind == DURE_BODY_TICK) {
        changes->has_tick = true;
    }
    if (party != 0) {
        if (!changes->has_renewed) {
            memset(chain->renewed, 0, (chain->slots_mask + 1u) * sizeof *chain->renewed);
        }
        *renewed_find(chain, party) = party;
        changes->has_renewed = true;
    }
}

/* True if what the present state refuses may be right behind the transactions before it. */
static bool may_be_healed(dure_chain_t *chain, const changes_t *changes, dure_result_t code,
                          const dure_tx_t *tx)
{
    return (code == DURE_RESULT_PARTY_UNKNOWN || code == DURE_RESULT_KEY_UNKNOWN ||
            code == DURE_RESULT_SIGNATURE_WRONG) &&
           changes->has_renewed && *renewed_find(chain, tx->id.party) != 0;
}

/* Admission in the block that is to come, whose time is not the present state's: under a real clock
   it is `time`, under a driven one a tick before the transaction may move it. */
static dure_result_t admit_at(const dure_chain_t *chain, const dure_chain_tx_t *tx,
                              const dure_envelope_t *envelope, dure_time_t time, bool has_tick)
{
    const bool is_real = dure_ledger_genesis(chain->ledger)->clock == CLOCK_REAL;
    const dure_time_t until = envelope->tx.valid_until;
    const dure_result_t code = dure_ledger_admit(chain->ledger, envelope, tx->verdict);
    if (code == DURE_RESULT_DONE && is_real && until < time) {
        return DURE_RESULT_EXPIRED;
    }
    const bool is_near = is_real && until >= time && until - time <= DURE_TX_VALIDITY_MS_MAX;
    if (code == DURE_RESULT_VALID_UNTIL_TOO_FAR && (is_near || has_tick)) {
        /* The tests behind that one see the body's bytes, which stay as they were signed. */
        dure_envelope_t now = *envelope;
        now.tx.valid_until = dure_ledger_time(chain->ledger);
        return dure_ledger_admit(chain->ledger, &now, tx->verdict);
    }
    return code;
}

uint16_t chain_check(const dure_chain_t *chain, const dure_chain_tx_t *tx, dure_time_t time)
{
    dure_envelope_t envelope;
    const dure_result_t code = dure_envelope_decode(&envelope, tx->wire, NULL);
    return (uint16_t)(code == DURE_RESULT_DONE ? admit_at(chain, tx, &envelope, time, false)
                                               : code);
}

static bool is_wanted(dure_chain_t *chain, const changes_t *changes, const dure_chain_tx_t *tx,
                      dure_envelope_t *envelope, dure_time_t time)
{
    if (dure_envelope_decode(envelope, tx->wire, NULL) != DURE_RESULT_DONE) {
        return false;
    }
    const dure_result_t code = admit_at(chain, tx, envelope, time, changes->has_tick);
    if (code != DURE_RESULT_DONE && !may_be_healed(chain, changes, code, &envelope->tx)) {
        return false;
    }
    return !dure_tx_has_witness(envelope->tx.body.kind) || chain_proven(chain, envelope) != NULL;
}

void chain_propose(dure_chain_t *chain, dure_chain_update_t *update,
                   const dure_chain_event_t *event, dure_time_t time)
{
    const size_t most = DURE_BLOCK_SIZE_MAX - DURE_BLOCK_HEADER_SIZE;
    const size_t room = event->block_bytes_max < most ? event->block_bytes_max : most;
    size_t used = 0;
    changes_t changes = {0};
    slots_clear(chain, event->tx_count);
    for (uint32_t i = 0; i < event->tx_count && update->chosen_count < DURE_BLOCK_TXS_MAX; i++) {
        const dure_chain_tx_t *tx = &event->txs[i];
        dure_envelope_t envelope;
        /* What no block can hold must not keep out what stands behind it. */
        if (4 + tx->wire.size > room || !is_wanted(chain, &changes, tx, &envelope, time)) {
            continue;
        }
        if (4 + tx->wire.size > room - used) {
            break;
        }
        if (id_add(chain, &envelope.tx.id)) {
            used += 4 + tx->wire.size;
            chain->chosen[update->chosen_count++] = i;
            changes_note(chain, &changes, &envelope.tx);
        }
    }
    update->chosen = chain->chosen;
}

/* block: executing what waits at the front of the queue. */
#include "consensus/solo_private.h"

#include <stdatomic.h>
#include <string.h>

#define NO_REPEAT UINT32_MAX
#define REACH_MIN 64u

uint32_t solo_ready(dure_consensus_t *self, uint32_t enough)
{
    uint64_t position = self->ready_seen > self->first ? self->ready_seen : self->first;
    while (position < self->last && position - self->first < enough) {
        const entry_t *entry = solo_entry(self, position);
        uint32_t state = atomic_load_explicit(&entry->check.state, memory_order_acquire);
        if (state == DURE_CHECK_UNDER_WAY) {
            break;
        }
        position++;
    }
    self->ready_seen = position;
    return (uint32_t)(position - self->first);
}

/* ---- ids of the block being built ------------------------------------------------------------ */

static taken_t *find_taken(dure_consensus_t *self, const dure_tx_id_t *id)
{
    uint64_t mixed = (id->party * UINT64_C(0x9E3779B97F4A7C15)) ^
                     ((id->number + ((uint64_t)id->lane << 48)) * UINT64_C(0xC2B2AE3D27D4EB4F));
    mixed ^= mixed >> 29;
    for (uint64_t i = mixed;; i++) {
        taken_t *taken = &self->taken[i % SOLO_TAKEN_SIZE];
        if (taken->generation != self->generation ||
            (taken->party == id->party && taken->number == id->number && taken->lane == id->lane)) {
            return taken;
        }
    }
}

static void new_generation(dure_consensus_t *self)
{
    self->generation++;
    if (self->generation == 0) {
        memset(self->taken, 0, SOLO_TAKEN_SIZE * sizeof *self->taken);
        self->generation = 1;
    }
}

/* ---- which go into the block ----------------------------------------------------------------- */

/* The block being built. */
typedef struct {
    uint32_t candidates; /* from the front of the queue that were proposed */
    uint32_t passed;     /* of these, that are settled: in the block, or aside */
    uint32_t count;      /* in the block */
    uint32_t *positions; /* of each in the block, its offset from the front of the queue */
    uint64_t asides;     /* position of the first aside of this block */
} plan_t;

static dure_verdict_t const *verdict_of(const entry_t *entry)
{
    return entry->check.state == DURE_CHECK_DONE ? &entry->check.verdict : NULL;
}

/* True if what follows it is to be looked at under the time, the key or the limit that it brings.
 */
static bool ends_block(const entry_t *entry)
{
    return entry->kind == DURE_BODY_TICK || entry->kind == DURE_BODY_ROTATE ||
           entry->kind == DURE_BODY_PROPOSE || entry->kind == DURE_BODY_APPROVE;
}

static bool step(dure_consensus_t *self, dure_chain_update_t *update,
                 const dure_chain_event_t *event)
{
    dure_chain_status_t status = dure_chain_step(self->config.chain, update, event);
    switch (status) {
    case DURE_CHAIN_OK:
        return true;
    case DURE_CHAIN_WRONG_HEIGHT:
        solo_fail(self, "the chain refused a step", "wrong height");
        return false;
    case DURE_CHAIN_TOO_LARGE:
        solo_fail(self, "the chain refused a step", "too large");
        return false;
    case DURE_CHAIN_NOT_FINALIZED:
        solo_fail(self, "the chain refused a step", "not finalized");
        return false;
    case DURE_CHAIN_NO_CAPACITY:
        solo_fail(self, "the chain refused a step", "no room for its parties_max");
        return false;
    case DURE_CHAIN_MUST_RELOAD:
        solo_fail(self, "the chain refused a step", "its state must be loaded again");
        return false;
    }
    solo_fail(self, "the chain refused a step", "for an unknown reason");
    return false;
}

/* False: the clock jumped since the round began. */
static bool block_time(dure_consensus_t *self, dure_time_t *time)
{
    uint64_t wall = 0;
    *time = dure_chain_head(self->config.chain)->time;
    if (self->is_driven) {
        return true;
    }
    if (!solo_wall(self, &wall)) {
        return false;
    }
    *time = wall > *time ? wall : *time;
    return true;
}

static bool why_not(dure_consensus_t *self, uint32_t candidate, dure_time_t time, uint16_t *code)
{
    dure_chain_update_t update;
    dure_chain_event_t event = {
        .kind = DURE_CHAIN_CHECK,
        .time = time,
        .txs = &self->candidates[candidate],
        .tx_count = 1,
    };
    if (!step(self, &update, &event)) {
        return false;
    }
    *code = update.code;
    return true;
}

/* ---- refunds: their witness holds for this block alone
 * --------------------------------------- */

typedef enum {
    REFUND_SETTLED, /* it has its witness, or cannot have one */
    REFUND_WAITS,   /* it is to be looked at when what stands before it is executed */
    REFUND_FAILED,
} refund_t;

/* True if a transaction with the id stands at the front of the queue, before the candidate. */
static bool stands_before(const dure_consensus_t *self, uint32_t candidate, const dure_tx_id_t *id)
{
    for (uint32_t i = 0; i < candidate; i++) {
        const dure_tx_id_t *other = &solo_entry(self, self->first + i)->id;
        if (other->number == id->number && other->party == id->party && other->lane == id->lane) {
            return true;
        }
    }
    return false;
}

/* A witness is made for what would be admitted: making one costs more than turning it away. */
static refund_t attach(dure_consensus_t *self, uint32_t candidate, dure_time_t time, bool renews)
{
    entry_t *entry = solo_entry(self, self->first + candidate);
    uint16_t code = 0;
    entry->is_proved = false;
    if (!why_not(self, candidate, time, &code)) {
        return REFUND_FAILED;
    }
    if (code == DURE_RESULT_DONE) {
        entry->is_proved = solo_witness(self, &self->candidates[candidate].wire, entry);
        return !entry->is_proved && stands_before(self, candidate, &entry->payment)
                   ? REFUND_WAITS
                   : REFUND_SETTLED;
    }
    const bool may_be_healed = code == DURE_RESULT_PARTY_UNKNOWN ||
                               code == DURE_RESULT_KEY_UNKNOWN ||
                               code == DURE_RESULT_SIGNATURE_WRONG;
    return renews && may_be_healed ? REFUND_WAITS : REFUND_SETTLED;
}

/* The longest front of the queue that is ready and fits a block; 0 also if a step failed. */
static uint32_t gather(dure_consensus_t *self, dure_time_t time)
{
    uint32_t ready = solo_ready(self, self->reach);
    size_t bytes = DURE_BLOCK_HEADER_SIZE;
    uint32_t count = 0;
    bool renews = false; /* a party is registered before */
    self->wires_size = 0;
    for (; count < ready; count++) {
        const entry_t *entry = solo_entry(self, self->first + count);
        self->candidates[count] = (dure_chain_tx_t){entry->wire, verdict_of(entry)};
        renews = renews || entry->kind == DURE_BODY_REGISTRATION;
        if (entry->kind == DURE_BODY_REFUND) {
            const refund_t refund = attach(self, count, time, renews);
            if (refund != REFUND_SETTLED) {
                return refund == REFUND_WAITS ? count : 0;
            }
        }
        bytes += 4u + self->candidates[count].wire.size;
        if (bytes > DURE_BLOCK_SIZE_MAX) {
            break;
        }
        if (ends_block(entry)) {
            return count + 1u;
        }
    }
    return count;
}

/* Takes a proposed transaction into the block. */
static void take(dure_consensus_t *self, plan_t *plan, uint32_t candidate)
{
    const entry_t *entry = solo_entry(self, self->first + candidate);
    *find_taken(self, &entry->id) = (taken_t){
        .party = entry->id.party,
        .number = entry->id.number,
        .lane = entry->id.lane,
        .generation = self->generation,
        .index = plan->count,
    };
    self->txs[plan->count] = self->candidates[candidate];
    plan->positions[plan->count++] = candidate;
}

/* Settles what the chain would admit and yet did not propose.  False: the block ends before it. */
static bool settle_left_out(dure_consensus_t *self, plan_t *plan, uint32_t candidate)
{
    const entry_t *entry = solo_entry(self, self->first + candidate);
    const taken_t *taken = find_taken(self, &entry->id);
    if (taken->generation == self->generation) {
        /* Its id stands in this block: the same bytes get the same answer; other bytes are looked
           at when it is executed. */
        const entry_t *first = solo_entry(self, self->first + plan->positions[taken->index]);
        if (!dure_bytes_equal(first->check.body, entry->check.body)) {
            return false;
        }
        solo_set_aside(self, entry, DURE_RESULT_ALREADY_USED, dure_consensus_height(self) + 1u,
                       taken->index);
        return true;
    }
    if (plan->count > 0) {
        return false;
    }
    /* Nothing stands before it: executing it will tell. */
    take(self, plan, candidate);
    return true;
}

/* Walks the candidates in order until one cannot be settled in this block. */
static bool walk(dure_consensus_t *self, plan_t *plan, const dure_chain_update_t *proposed,
                 dure_time_t time)
{
    uint32_t next = 0; /* of proposed->chosen */
    for (; plan->passed < plan->candidates; plan->passed++) {
        uint32_t i = plan->passed;
        const entry_t *entry = solo_entry(self, self->first + i);
        uint16_t code = entry->code;
        if (next < proposed->chosen_count && proposed->chosen[next] == i) {
            next++;
            take(self, plan, i);
        } else if (entry->kind == 0) {
            solo_set_aside(self, entry, code, 0, NO_REPEAT);
        } else if (!why_not(self, i, time, &code)) {
            return false;
        } else if (code != DURE_RESULT_DONE) {
            solo_set_aside(self, entry, code, dure_consensus_height(self), NO_REPEAT);
        } else if (entry->kind == DURE_BODY_REFUND && !entry->is_proved) {
            code = DURE_RESULT_WITNESS_WRONG;
            solo_set_aside(self, entry, code, dure_consensus_height(self), NO_REPEAT);
        } else if (!settle_left_out(self, plan, i)) {
            return true;
        }
    }
    return true;
}

/* ---- executing it ---------------------------------------------------------------------------- */

static bool execute(dure_consensus_t *self, const plan_t *plan, dure_time_t time)
{
    dure_chain_update_t update;
    dure_chain_event_t event = {
        .kind = DURE_CHAIN_FINALIZE,
        .height = dure_consensus_height(self) + 1u,
        .time = time,
        .txs = self->txs,
        .tx_count = plan->count,
    };
    if (!step(self, &update, &event)) {
        return false;
    }
    if (!solo_keep(self, &update, self->first, plan->positions)) {
        solo_fail(self, "executing a block", "no memory");
        return false;
    }
    /* A repetition inside the block shares the fate of the one it repeats. */
    for (uint64_t i = plan->asides; i < self->asides_last; i++) {
        aside_t *aside = &self->asides[i & self->entries_mask];
        if (aside->repeats != NO_REPEAT &&
            !dure_result_is_final(update.results[aside->repeats].code)) {
            aside->code = update.results[aside->repeats].code;
        }
    }
    event.kind = DURE_CHAIN_COMMIT;
    if (!step(self, &update, &event)) {
        return false;
    }
    return true;
}

bool solo_build(dure_consensus_t *self)
{
    plan_t plan = {.positions = self->chosen, .asides = self->asides_last};
    dure_time_t time = 0;
    if (!block_time(self, &time)) {
        return false;
    }
    plan.candidates = gather(self, time);
    if (plan.candidates == 0) {
        return false;
    }
    dure_chain_update_t proposed;
    dure_chain_event_t event = {
        .kind = DURE_CHAIN_PROPOSE,
        .height = dure_consensus_height(self) + 1u,
        .time = time,
        .txs = self->candidates,
        .tx_count = plan.candidates,
        .block_bytes_max = DURE_BLOCK_SIZE_MAX,
    };
    if (!step(self, &proposed, &event)) {
        return false;
    }
    new_generation(self);
    if (!walk(self, &plan, &proposed, time)) {
        return false;
    }
    /* The first is always settled: nothing of this block stands before it. */
    DURE_ASSERT(plan.passed > 0);
    if (plan.count > 0 && !execute(self, &plan, time)) {
        return false;
    }
    self->reach = plan.passed < plan.candidates ? 2u * plan.passed : 2u * self->reach;
    self->reach = self->reach < REACH_MIN ? REACH_MIN : self->reach;
    self->reach = self->reach > DURE_BLOCK_TXS_MAX ? DURE_BLOCK_TXS_MAX : self->reach;
    for (uint32_t i = 0; i < plan.passed; i++) {
        solo_pop(self);
    }
    return true;
}

/* Replay windows: which of a signer's latest numbers are used.  Bit i stands for number top - i. */
#include "ledger/ledger_private.h"

#include <string.h>

#define WORDS (DURE_WINDOW_SERVICE_BITS / 64u)

/* True if `number` lies more than the window behind `top`. */
static bool too_old(uint64_t top, uint64_t number, uint32_t bits)
{
    return top >= bits && number <= top - bits;
}

static bool bit_is_set(const uint64_t *words, uint64_t back)
{
    return (words[back / 64] >> (back % 64) & 1u) != 0;
}

static dure_result_t check(uint64_t top, const uint64_t *words, uint32_t bits, uint64_t number)
{
    if (number > top) {
        return DURE_RESULT_DONE;
    }
    if (too_old(top, number, bits)) {
        return DURE_RESULT_NUMBER_TOO_OLD;
    }
    return bit_is_set(words, top - number) ? DURE_RESULT_ALREADY_USED : DURE_RESULT_DONE;
}

dure_result_t ledger_window_check(const dure_ledger_t *ledger, const dure_tx_id_t *id,
                                  signer_t *signer)
{
    const party_t *party = party_at(ledger, signer->party);
    signer->lane = CELL_NONE;
    signer->service = party->kind == DURE_KIND_SERVICE;
    if (!signer->service) {
        return check(party->top, &party->window, DURE_WINDOW_BITS, id->number);
    }
    const record_id_t lane_id = {.party = id->party, .lane = id->lane};
    signer->lane = ledger_index_find(ledger, INDEX_LANE, lane_id);
    if (signer->lane == CELL_NONE) {
        return ledger_room(ledger, POOL_LANE) > 0 ? DURE_RESULT_DONE : DURE_RESULT_LANES_FULL;
    }
    const lane_t *lane = lane_at(ledger, signer->lane);
    return check(lane->top, lane->window, DURE_WINDOW_SERVICE_BITS, id->number);
}

/* Moves the window of `word_count` words up to `top`. */
static void shift(uint64_t *words, uint32_t word_count, uint64_t by)
{
    const uint64_t whole = by / 64;
    const unsigned bits = (unsigned)(by % 64);
    for (uint32_t i = word_count; i-- > 0;) {
        const uint64_t high = i >= whole ? words[i - whole] : 0;
        const uint64_t low = i >= whole + 1 ? words[i - whole - 1] : 0;
        words[i] = bits == 0 ? high : high << bits | low >> (64 - bits);
    }
}

static void use(uint64_t *top, uint64_t *words, uint32_t word_count, uint64_t number)
{
    if (number > *top) {
        shift(words, word_count, number - *top);
        *top = number;
    }
    const uint64_t back = *top - number;
    words[back / 64] |= UINT64_C(1) << (back % 64);
}

uint32_t ledger_lane_open(dure_ledger_t *ledger, uint64_t party, uint16_t lane_number)
{
    const uint32_t cell = ledger_take(ledger, POOL_LANE);
    lane_t *lane = lane_at(ledger, cell);
    lane->party = party;
    lane->lane = lane_number;
    ledger_index_add(ledger, INDEX_LANE, cell);
    return cell;
}

void ledger_window_use(dure_ledger_t *ledger, const dure_tx_id_t *id, const signer_t *signer)
{
    if (!signer->service) {
        party_t *party = ledger_party_change(ledger, signer->party);
        use(&party->top, &party->window, 1, id->number);
        return;
    }
    const uint32_t cell =
        signer->lane == CELL_NONE ? ledger_lane_open(ledger, id->party, id->lane) : signer->lane;
    ledger_dirty(ledger, DURE_TABLE_LANE, cell);
    lane_t *lane = lane_at(ledger, cell);
    if (id->number > lane->top) {
        ledger_touch(ledger, lane, sizeof *lane);
    } else {
        uint64_t *word = &lane->window[(lane->top - id->number) / 64];
        ledger_touch(ledger, word, sizeof *word);
    }
    use(&lane->top, lane->window, WORDS, id->number);
}

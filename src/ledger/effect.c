/* What a transaction did, in the words of the vocabulary. */
#include "ledger/ledger_private.h"

#include <string.h>

void ledger_effect_number(dure_effect_t *effect, dure_label_t label, uint64_t value)
{
    const uint16_t max = sizeof effect->numbers / sizeof effect->numbers[0];
    DURE_ASSERT(effect->numbers_count < max);
    effect->numbers[effect->numbers_count++] = (dure_effect_number_t){
        .source = 1,
        .label = (uint8_t)label,
        .value = value > INT64_MAX ? INT64_MAX : (int64_t)value,
    };
}

void ledger_effect_move(dure_effect_t *effect, dure_move_t what, uint64_t fund, uint64_t party,
                        uint32_t lot, const dure_name_t *account, dure_amount_t amount)
{
    const uint16_t max = sizeof effect->moves / sizeof effect->moves[0];
    DURE_ASSERT(effect->moves_count < max);
    dure_effect_move_t *move = &effect->moves[effect->moves_count++];
    *move = (dure_effect_move_t){
        .what = (uint8_t)what, .fund = fund, .party = party, .lot = lot, .amount = amount};
    if (account != NULL) {
        move->account = *account;
    }
}

bool dure_ledger_signer_blind(const dure_ledger_t *ledger, uint64_t party, dure_blind_t *blind)
{
    memset(blind, 0, sizeof *blind);
    const uint32_t signer = ledger_party_find(ledger, party);
    if (signer != CELL_NONE) {
        *blind = party_at(ledger, signer)->blind;
    }
    return signer != CELL_NONE;
}

void dure_ledger_effect_blind(const dure_ledger_t *ledger, const dure_effect_t *effect,
                              dure_blind_t *blind)
{
    dure_blind_t own;
    if (!dure_ledger_signer_blind(ledger, effect->id.party, &own)) {
        *blind = own;
        return;
    }
    uint8_t bytes[sizeof(dure_blind_t) + sizeof(dure_hash_t)];
    memcpy(bytes, &own, sizeof own);
    memcpy(bytes + sizeof own, &effect->tx, sizeof(dure_hash_t));
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_EFFECT_BLIND, bytes, sizeof bytes);
    memcpy(blind->bytes, hash.bytes, sizeof blind->bytes);
}

void dure_effect_leaf(dure_hash_t *leaf, const dure_blind_t *blind, dure_bytes_t effect_bytes)
{
    dure_hasher_t hasher;
    dure_hasher_init(&hasher, DURE_TAG_EFFECT_LEAF);
    dure_hasher_update(&hasher, blind->bytes, sizeof blind->bytes);
    dure_hasher_update(&hasher, effect_bytes.data, effect_bytes.size);
    dure_hasher_final(&hasher, leaf);
}

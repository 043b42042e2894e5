/* rotate: one of the signer's own keys.  Order of refusals: key, room. */
#include "ledger/ledger_private.h"

dure_result_t ledger_rotate(dure_ledger_t *ledger, const work_t *work)
{
    const dure_key_entry_t *entry = &work->tx->body.rotate.entry;
    if (dure_public_key_check(&entry->key) != DURE_CRYPTO_OK) {
        return DURE_RESULT_KEY_REFUSED;
    }
    const party_t *party = party_at(ledger, work->signer);
    dure_public_key_t before;
    if (!ledger_key_find(ledger, party, entry->slot, &before) &&
        ledger_room(ledger, POOL_KEY) == 0) {
        return DURE_RESULT_TABLE_FULL;
    }
    /* After this point the rotation must succeed. */
    ledger_key_set(ledger, work->signer, entry);
    return DURE_RESULT_DONE;
}

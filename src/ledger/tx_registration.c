/* registration: a new party.  Order of refusals: role, number, keys, attributes, room. */
#include "ledger/ledger_private.h"

static dure_result_t keys_check(const dure_registration_t *body)
{
    if (body->keys_count == 0) {
        return DURE_RESULT_KEYS_WRONG;
    }
    for (uint16_t i = 1; i < body->keys_count; i++) {
        if (body->keys[i].slot <= body->keys[i - 1].slot) {
            return DURE_RESULT_KEYS_WRONG;
        }
    }
    for (uint16_t i = 0; i < body->keys_count; i++) {
        if (dure_public_key_check(&body->keys[i].key) != DURE_CRYPTO_OK) {
            return DURE_RESULT_KEY_REFUSED;
        }
    }
    return DURE_RESULT_DONE;
}

static dure_result_t attributes_check(const dure_ledger_t *ledger, uint32_t signer,
                                      const dure_registration_t *body)
{
    for (uint16_t i = 0; i < body->attributes_count; i++) {
        const dure_attribute_entry_t *entry = &body->attributes[i];
        if (i > 0 && entry->what <= body->attributes[i - 1].what) {
            return DURE_RESULT_ATTRIBUTES_WRONG;
        }
        const dure_result_t checked = ledger_entry_check(entry, body->kind);
        if (checked != DURE_RESULT_DONE) {
            return checked;
        }
        if (!ledger_may_attest(ledger, signer, entry->what)) {
            return DURE_RESULT_NOT_PERMITTED;
        }
        if (entry->until < entry->from || entry->until < ledger->today) {
            return DURE_RESULT_DATES_WRONG;
        }
    }
    return DURE_RESULT_DONE;
}

/* Each new membership could need a name of its own. */
static bool lists_fit(const dure_ledger_t *ledger, const dure_registration_t *body)
{
    uint32_t needed = 0;
    uint32_t free = 0;
    for (uint16_t i = 0; i < body->attributes_count; i++) {
        needed += body->attributes[i].what >= LIST_BASE;
    }
    for (uint32_t i = 0; i < LISTS_KEPT; i++) {
        free += ledger->state->lists[i] == 0;
    }
    return needed <= free;
}

static bool fits(const dure_ledger_t *ledger, const dure_registration_t *body)
{
    return ledger_room(ledger, POOL_PARTY) >= 1 &&
           ledger_room(ledger, POOL_KEY) >= body->keys_count &&
           ledger_room(ledger, POOL_ATTRIBUTE) >= body->attributes_count && lists_fit(ledger, body);
}

dure_result_t ledger_registration(dure_ledger_t *ledger, const work_t *work)
{
    const dure_registration_t *body = &work->tx->body.registration;
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_REGISTRAR)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (ledger_party_find(ledger, body->subject) != CELL_NONE) {
        return DURE_RESULT_PARTY_EXISTS;
    }
    const dure_result_t keys = keys_check(body);
    if (keys != DURE_RESULT_DONE) {
        return keys;
    }
    const dure_result_t attributes = attributes_check(ledger, work->signer, body);
    if (attributes != DURE_RESULT_DONE) {
        return attributes;
    }
    if (!fits(ledger, body)) {
        return DURE_RESULT_TABLE_FULL;
    }
    /* After this point the registration must succeed. */
    const uint8_t city = party_at(ledger, work->signer)->city;
    const uint32_t party =
        ledger_party_add(ledger, body->subject, city, body->kind, 0, &body->blind);
    for (uint16_t i = 0; i < body->keys_count; i++) {
        ledger_key_set(ledger, party, &body->keys[i]);
    }
    for (uint16_t i = 0; i < body->attributes_count; i++) {
        ledger_attribute_add(ledger, party, &body->attributes[i]);
    }
    return DURE_RESULT_DONE;
}

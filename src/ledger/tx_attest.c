/* attest: sets, replaces or removes one attested fact.  Order of refusals: subject, its city, the
   attribute, role, value, dates, room.

   A party has at most two entries of one fact, whose days never meet: one up to some day and one
   that follows.  So that a fact can be checked again ahead of its day, an entry that starts later
   leaves the one that holds today in place until the day before; everything else of that fact that
   the new entry's days touch, or that has passed, goes. */
#include "ledger/ledger_private.h"

#include <string.h>

#define MEMBERSHIP (UINT64_C(1) << 63)

static bool text_is(const char *text, const char *other)
{
    while (*text != 0 && *text == *other) {
        text++;
        other++;
    }
    return *text == *other;
}

bool ledger_may_attest(const dure_ledger_t *ledger, uint32_t signer, uint64_t what)
{
    const bool registrar = ledger_has_role(ledger, signer, DURE_SERVICE_REGISTRAR);
    const bool officer = ledger_has_role(ledger, signer, DURE_SERVICE_OFFICER);
    if (what >= MEMBERSHIP) {
        return registrar || officer;
    }
    const dure_attribute_t *attribute = dure_attribute_by_id((uint32_t)what);
    if (text_is(attribute->attested_by, "registrar")) {
        return registrar;
    }
    if (text_is(attribute->attested_by, "watch")) {
        return ledger_has_role(ledger, signer, DURE_SERVICE_WATCH);
    }
    DURE_ASSERT(text_is(attribute->attested_by, "city"));
    return officer;
}

static bool count_fits(uint8_t attribute, uint64_t value)
{
    switch ((dure_attribute_id_t)attribute) {
    case DURE_ATTRIBUTE_BIRTH_YEAR:
        return value >= 1850 && value <= 2199;
    case DURE_ATTRIBUTE_BIRTH_DIGIT:
        return value <= 9;
    case DURE_ATTRIBUTE_RISK:
        return value <= 1000;
    case DURE_ATTRIBUTE_RESIDENCE:
    case DURE_ATTRIBUTE_AID_TIER:
    case DURE_ATTRIBUTE_REGION:
    case DURE_ATTRIBUTE_CATEGORY:
    case DURE_ATTRIBUTE_ANNUAL_SALES:
    case DURE_ATTRIBUTE_OWNER:
        break;
    }
    return false;
}

static bool value_fits(const dure_attribute_t *attribute, uint64_t value)
{
    switch ((dure_attribute_type_t)attribute->type) {
    case DURE_ATTRIBUTE_TYPE_REGION:
        return value >= 1 && value <= UINT32_MAX;
    case DURE_ATTRIBUTE_TYPE_COUNT:
        return count_fits(attribute->id, value);
    case DURE_ATTRIBUTE_TYPE_NAME:
        return value <= UINT16_MAX &&
               dure_names_text((dure_names_t)attribute->names, (uint32_t)value) != NULL;
    case DURE_ATTRIBUTE_TYPE_WON:
        return dure_amount_is_valid(value);
    case DURE_ATTRIBUTE_TYPE_PARTY:
        return value >= 1;
    }
    return false;
}

dure_result_t ledger_entry_check(const dure_attribute_entry_t *entry, uint8_t kind)
{
    if (entry->what >= MEMBERSHIP) {
        if (kind == DURE_KIND_SERVICE) {
            return DURE_RESULT_ATTRIBUTE_UNKNOWN;
        }
        return entry->value == 1 ? DURE_RESULT_DONE : DURE_RESULT_ATTRIBUTE_VALUE;
    }
    const dure_attribute_t *attribute =
        entry->what < LIST_BASE ? dure_attribute_by_id((uint32_t)entry->what) : NULL;
    if (attribute == NULL || attribute->carrier != kind) {
        return DURE_RESULT_ATTRIBUTE_UNKNOWN;
    }
    return value_fits(attribute, entry->value) ? DURE_RESULT_DONE : DURE_RESULT_ATTRIBUTE_VALUE;
}

/* An entry whose last day has passed, or CELL_NONE. */
static uint32_t expired_entry(const dure_ledger_t *ledger, const party_t *party)
{
    uint32_t at = party->attributes;
    while (at != CELL_NONE && (dure_day_t)attribute_at(ledger, at)->until >= ledger->today) {
        at = attribute_at(ledger, at)->next;
    }
    return at;
}

static bool is_full(const dure_ledger_t *ledger, const party_t *party)
{
    return ledger_room(ledger, POOL_ATTRIBUTE) == 0 ||
           ledger_list_count(ledger, POOL_ATTRIBUTE, party->attributes) ==
               DURE_PARTY_ATTRIBUTES_MAX;
}

/* What an attestation leaves of the entries that its fact had. */
typedef struct {
    uint32_t kept;  /* the one that stays, or CELL_NONE */
    uint32_t goes;  /* how many do not */
    bool shortened; /* the kept one ends on the day before the new one */
} succession_t;

static succession_t succession_of(const dure_ledger_t *ledger, const party_t *party,
                                  const dure_attribute_entry_t *entry)
{
    succession_t succession = {.kept = CELL_NONE};
    const dure_day_t today = ledger->today;
    for (uint32_t at = party->attributes; at != CELL_NONE; at = attribute_at(ledger, at)->next) {
        const attribute_t *attribute = attribute_at(ledger, at);
        if (ledger_attribute_what(ledger, attribute) != entry->what) {
            continue;
        }
        const dure_day_t from = (dure_day_t)attribute->from;
        const dure_day_t until = (dure_day_t)attribute->until;
        const bool before = entry->from > today && from <= today && today <= until;
        const bool after = entry->from <= today && from > entry->until;
        if (before || after) {
            succession.kept = at;
            succession.shortened = before && until >= entry->from;
        } else {
            succession.goes++;
        }
    }
    return succession;
}

/* Removes all entries of a fact but one. */
static void fact_remove(dure_ledger_t *ledger, uint32_t subject, uint64_t what, uint32_t kept)
{
    for (uint32_t at = party_at(ledger, subject)->attributes; at != CELL_NONE;) {
        const uint32_t next = attribute_at(ledger, at)->next;
        if (at != kept && ledger_attribute_what(ledger, attribute_at(ledger, at)) == what) {
            ledger_attribute_remove(ledger, subject, at);
        }
        at = next;
    }
}

static dure_result_t attest_set(dure_ledger_t *ledger, uint32_t subject,
                                const dure_attribute_entry_t *entry)
{
    const party_t *party = party_at(ledger, subject);
    const succession_t succession = succession_of(ledger, party, entry);
    const bool must_replace = succession.goes == 0 && is_full(ledger, party);
    const uint32_t expired = must_replace ? expired_entry(ledger, party) : CELL_NONE;
    const bool is_new = succession.goes == 0 && succession.kept == CELL_NONE;
    if ((must_replace && expired == CELL_NONE) ||
        (is_new && !ledger_list_room(ledger, entry->what))) {
        return DURE_RESULT_TABLE_FULL;
    }
    /* After this point the attestation must succeed. */
    if (must_replace) {
        ledger_attribute_remove(ledger, subject, expired);
    }
    if (succession.shortened) {
        attribute_t *kept = attribute_at(ledger, succession.kept);
        ledger_dirty(ledger, DURE_TABLE_PARTY, subject);
        ledger_touch(ledger, kept, sizeof *kept);
        kept->until = (uint32_t)(entry->from - 1) & 0x1ffffu;
    }
    fact_remove(ledger, subject, entry->what, succession.kept);
    ledger_attribute_add(ledger, subject, entry);
    return DURE_RESULT_DONE;
}

dure_result_t ledger_attest(dure_ledger_t *ledger, const work_t *work)
{
    const dure_attest_t *body = &work->tx->body.attest;
    const dure_attribute_entry_t *entry = &body->entry;
    const uint32_t subject = ledger_party_find(ledger, body->subject);
    if (subject == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    const party_t *party = party_at(ledger, subject);
    if (party->city != party_at(ledger, work->signer)->city) {
        return DURE_RESULT_OTHER_CITY;
    }
    const bool removes = entry->until < entry->from;
    const dure_result_t checked = ledger_entry_check(entry, party->kind);
    if (checked == DURE_RESULT_ATTRIBUTE_UNKNOWN) {
        return checked;
    }
    if (!ledger_may_attest(ledger, work->signer, entry->what)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (removes) {
        /* After this point the removal must succeed: what is not there is removed already. */
        fact_remove(ledger, subject, entry->what, CELL_NONE);
        return DURE_RESULT_DONE;
    }
    if (checked != DURE_RESULT_DONE) {
        return checked;
    }
    if (entry->until < ledger->today) {
        return DURE_RESULT_DATES_WRONG;
    }
    return attest_set(ledger, subject, entry);
}

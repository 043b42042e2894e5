#include "ledger/test_field_run.h"

/* ---- one attempt */
static void texts_check(uint32_t code)
{
    const dure_result_text_t *text = dure_result_text((uint16_t)code);
    assert_non_null(text);
    assert_true(strlen(text->name) > 2 && strlen(text->ko) > 5 && strlen(text->en) > 3 &&
                strlen(text->zh) > 5);
}

static void same(const run_t *run, const char *differs, uint32_t code, const char *when)
{
    if (differs != NULL) {
        print_error("%s: %s after %u differs: %s\n", run->name, when, code, differs);
    }
    assert_null(differs);
}

static void effect_check(const run_t *run, const dure_envelope_t *envelope, uint32_t code,
                         const dure_effect_t *effect)
{
    static uint8_t bytes[16384];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_effect_encode(&out, effect);
    assert_false(out.overflow);
    assert_int_equal(effect->code, code);
    assert_int_equal(effect->kind, envelope->tx.body.kind);
    assert_int_equal(effect->time, run->stage->now);
    assert_memory_equal(&effect->id, &envelope->tx.id, sizeof effect->id);
    assert_true(code == DURE_RESULT_DONE || effect->moves_count == 0);
}

/* The payer whose number a refused collection has used up, or NULL. */
static party_t *payer_burnt(const run_t *run, const dure_envelope_t *envelope, uint32_t code)
{
    static const uint16_t before[] = {DURE_RESULT_KIND_WRONG,      DURE_RESULT_MANDATE_PAYEE,
                                      DURE_RESULT_SUBJECT_UNKNOWN, DURE_RESULT_MANDATE_SIGNATURE,
                                      DURE_RESULT_MANDATE_EXPIRED, DURE_RESULT_MANDATE_USED};
    bool burnt = envelope->tx.body.kind == DURE_BODY_COLLECTION;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        burnt = burnt && before[i] != code;
    }
    const dure_ledger_t *ledger = run->stage->world->ledger;
    return burnt ? party_at(ledger,
                            ledger_party_find(ledger, envelope->tx.body.collection.mandate.payer))
                 : NULL;
}

/* A refusal leaves all but windows as it was. */
static const char *refusal_differs(const run_t *run, const dure_envelope_t *envelope, uint32_t code)
{
    const dure_ledger_t *ledger = run->stage->world->ledger;
    party_t *payer = payer_burnt(run, envelope, code);
    if (payer == NULL) {
        return snapshot_differs_beyond_window(&run->snapshot, ledger, &envelope->tx.id);
    }
    const party_t is = *payer;
    const uint8_t *parties = run->snapshot.pools[POOL_PARTY];
    const uint8_t *cell = (const uint8_t *)payer - ledger->pools[POOL_PARTY] + parties;
    memcpy(payer, cell, sizeof *payer);
    const bool same = payer->top == is.top && payer->window == is.window;
    const char *problem = snapshot_differs_beyond_window(&run->snapshot, ledger, &envelope->tx.id);
    const bool windows_only = is.lot_next == payer->lot_next && is.holdings == payer->holdings &&
                              is.keys == payer->keys && is.counters == payer->counters;
    *payer = is;
    return same ? "the mandate's number is still free" : windows_only ? problem : "the payer";
}

/* What a decided transaction may have changed, and that its number is used up. */
static void decided_check(run_t *run, const dure_envelope_t *envelope, uint32_t code)
{
    dure_ledger_t *ledger = run->stage->world->ledger;
    if (code == DURE_RESULT_DONE) {
        const char *problem = dure_ledger_invariants(ledger);
        same(run, problem, code, "an invariant");
        assert_true(ledger->journal_used > 0);
    } else {
        same(run, refusal_differs(run, envelope, code), code, "the state");
    }
    const bool expired = envelope->tx.valid_until < dure_ledger_time(ledger);
    assert_int_equal(dure_ledger_admit(ledger, envelope, NULL),
                     expired ? DURE_RESULT_EXPIRED : DURE_RESULT_ALREADY_USED);
}

/* What a refund's witness proves, if it names one of the stage's transactions. */
static const dure_effect_t *proof_of(const stage_t *stage, const dure_body_t *body)
{
    const dure_effect_t *const effects[] = {&stage->paid, &stage->paid_far, &stage->ordered};
    const dure_tx_id_t *id = &body->refund.payment;
    for (size_t i = 0; body->kind == DURE_BODY_REFUND && i < 3; i++) {
        if (effects[i]->id.party == id->party && effects[i]->id.number == id->number) {
            return effects[i];
        }
    }
    return NULL;
}

static uint32_t attempt(run_t *run, const uint8_t *wire, size_t size)
{
    dure_ledger_t *ledger = run->stage->world->ledger;
    dure_envelope_t envelope;
    uint32_t code = dure_envelope_decode(&envelope, dure_bytes(wire, size), NULL);
    if (code == DURE_RESULT_DONE) {
        const uint32_t admitted = dure_ledger_admit(ledger, &envelope, NULL);
        assert_int_equal(ledger->journal_used, 0);
        dure_effect_t effect;
        code = dure_ledger_apply(ledger, &envelope, NULL, proof_of(run->stage, &envelope.tx.body),
                                 &effect);
        /* A mempool takes a refund without its witness, which the proposer attaches. */
        const bool admits = code >= 200 || code == DURE_RESULT_WITNESS_WRONG;
        assert_int_equal(admitted, admits ? DURE_RESULT_DONE : code);
        effect_check(run, &envelope, code, &effect);
    } else {
        assert_true(code < 100);
    }
    texts_check(code);
    if (code == DURE_RESULT_DONE || code >= 200) {
        decided_check(run, &envelope, code);
    } else {
        assert_int_equal(ledger->journal_used, 0);
        assert_int_equal(ledger->dirty_count, 0);
        same(run, snapshot_differs(&run->snapshot, ledger), code, "the state");
    }
    assert_true(dure_ledger_drop(ledger));
    dure_hash_t root;
    dure_ledger_root(ledger, &root);
    assert_memory_equal(&root, &run->snapshot.root, sizeof root);
    same(run, snapshot_differs(&run->snapshot, ledger), code, "what was dropped");
    dure_ledger_begin(ledger, run->stage->now);
    run->sent++;
    run->codes[code]++;
    return code;
}

static void expect(run_t *run, const char *what, uint32_t code, uint32_t expected)
{
    if (expected != ANY && code != expected) {
        print_error("%s: %s: %u, not %u\n", run->name, what, code, expected);
    }
    assert_true(expected == ANY || code == expected);
}

/* ---- signing */
void run_sign(const run_t *run, const uint8_t *body, size_t size, uint64_t party, uint8_t slot,
              dure_seal_t *seal)
{
    static uint8_t message[33 + DURE_TX_SIZE_MAX + 64];
    const dure_hash_t *chain_id = dure_ledger_chain_id(run->stage->world->ledger);
    const size_t message_size = dure_tx_message(message, chain_id, dure_bytes(body, size));
    const dure_secret_key_t secret = test_secret(party, slot);
    seal->slot = slot;
    assert_true(dure_sign(&seal->signature, &secret, message, message_size));
}

static uint32_t send(run_t *run, const uint8_t *body, size_t size, const dure_seal_t *seal)
{
    static uint8_t wire[2 * DURE_TX_SIZE_MAX];
    dure_writer_t out = dure_writer(wire, sizeof wire);
    dure_write_raw(&out, body, size);
    dure_seal_encode(&out, seal);
    if (size >= HEADER && dure_tx_has_witness(body[HEADER - 1])) {
        dure_write_bytes(&out, dure_bytes(NULL, 0));
    }
    assert_false(out.overflow);
    return attempt(run, wire, out.size);
}

/* With the signature of before, whatever the rules or a witness say comes behind the wrong
   signature. */
static uint32_t unsigned_code(uint32_t signed_code)
{
    const bool before = signed_code > 0 && signed_code < 200;
    return before && signed_code != DURE_RESULT_WITNESS_WRONG ? signed_code
                                                              : DURE_RESULT_SIGNATURE_WRONG;
}

void run_changed(run_t *run, const char *what, const uint8_t *body, size_t size, uint64_t party,
                 uint32_t expected)
{
    dure_seal_t seal;
    run_sign(run, body, size, party, 0, &seal);
    const uint32_t code = send(run, body, size, &seal);
    expect(run, what, code, expected);
    const bool is_changed = size != run->size || memcmp(body, run->body, size) != 0;
    expect(run, what, send(run, body, size, &run->seal), is_changed ? unsigned_code(code) : code);
}

/* ---- the two ways to change a field */
void run_splice(run_t *run, const char *what, size_t at, size_t old_size, const void *new,
                size_t new_size, uint32_t expected)
{
    static uint8_t body[2 * DURE_TX_SIZE_MAX];
    assert_true(at + old_size <= run->size);
    memcpy(body, run->body, at);
    memcpy(body + at, new, new_size);
    memcpy(body + at + new_size, run->body + at + old_size, run->size - at - old_size);
    memset(run->covered + at, true, old_size);
    run_changed(run, what, body, run->size - old_size + new_size, run->signer, expected);
}

void run_put(run_t *run, const char *what, size_t at, size_t width, uint64_t value,
             uint32_t expected)
{
    uint8_t bytes[8];
    dure_put_u64(bytes, value);
    run_splice(run, what, at, width, bytes, width, expected);
}

void run_fill(run_t *run, const char *what, size_t at, size_t size, uint8_t byte, uint32_t expected)
{
    uint8_t bytes[64];
    assert_true(size <= sizeof bytes);
    memset(bytes, byte, size);
    run_splice(run, what, at, size, bytes, size, expected);
}

void run_name(run_t *run, size_t at, size_t old_length, const char *text, uint32_t expected)
{
    uint8_t bytes[256];
    const size_t length = strlen(text);
    bytes[0] = (uint8_t)length;
    memcpy(bytes + 1, text, length);
    run_splice(run, "name", at, 1 + old_length, bytes, 1 + length, expected);
}

void run_names_wrong(run_t *run, size_t at, size_t old_length)
{
    static const char *const wrong[] = {"",
                                        "Budget",
                                        "1budget",
                                        "_budget",
                                        "bud get",
                                        "bud-get",
                                        "\xeb\x91\x90\xeb\xa0\x88",
                                        "b23456789012345678901234567890123"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        run_name(run, at, old_length, wrong[i], DURE_RESULT_MALFORMED);
    }
    const uint8_t with_zero[] = {3, 'a', 0, 'b'};
    run_splice(run, "name", at, 1 + old_length, with_zero, 4, DURE_RESULT_MALFORMED);
    run_put(run, "name length", at, 1, 32, DURE_RESULT_MALFORMED);
    run_put(run, "name length", at, 1, 255, DURE_RESULT_MALFORMED);
}

void run_day(run_t *run, const char *what, size_t at, dure_day_t value, uint32_t expected)
{
    run_put(run, what, at, 4, (uint64_t)value, expected);
}

void run_day_bounds(run_t *run, const char *what, size_t at)
{
    run_put(run, what, at, 4, DURE_DAY_MAX + 1, DURE_RESULT_MALFORMED);
    run_put(run, what, at, 4, UINT32_C(1) << 31, DURE_RESULT_MALFORMED);
    run_put(run, what, at, 4, UINT32_MAX, DURE_RESULT_MALFORMED);
}

void run_amount_bounds(run_t *run, const char *what, size_t at, bool may_be_zero)
{
    run_put(run, what, at, 8, WON_MAX + 1, DURE_RESULT_MALFORMED);
    run_put(run, what, at, 8, UINT64_MAX, DURE_RESULT_MALFORMED);
    run_put(run, what, at, 8, UINT64_C(1) << 63, DURE_RESULT_MALFORMED);
    if (!may_be_zero) {
        run_put(run, what, at, 8, 0, DURE_RESULT_MALFORMED);
    }
}

void run_id_parts(run_t *run, size_t at, uint32_t unknown)
{
    run_put(run, "id party", at, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "id party", at, 8, NOBODY, unknown);
    run_put(run, "id party", at, 8, UINT64_MAX, unknown);
    run_put(run, "id party", at, 8, REGISTRAR, unknown);
    run_put(run, "id lane", at + 8, 2, 1, unknown);
    run_put(run, "id lane", at + 8, 2, UINT16_MAX, unknown);
    run_put(run, "id number", at + 10, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "id number", at + 10, 8, TOP * 2, unknown);
    run_put(run, "id number", at + 10, 8, UINT64_MAX, unknown);
}

void run_id_whole(run_t *run, const char *what, size_t at, dure_tx_id_t id, uint32_t expected)
{
    uint8_t bytes[DURE_TX_ID_SIZE];
    dure_writer_t out = dure_writer(bytes, sizeof bytes);
    dure_tx_id_encode(&out, &id);
    run_splice(run, what, at, sizeof bytes, bytes, sizeof bytes, expected);
}

void run_other_fund_rows(run_t *run, size_t at, uint32_t far, uint32_t two)
{
    run_put(run, "fund", at, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "fund", at, 8, FUND_NONE, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "fund", at, 8, FUND - 1, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "fund", at, 8, UINT64_MAX, DURE_RESULT_FUND_UNKNOWN);
    run_put(run, "fund", at, 8, FUND_FAR, far);
    run_put(run, "fund", at, 8, FUND_TWO, two);
}

void run_fund_rows(run_t *run, size_t at, uint32_t far, uint32_t two)
{
    run_other_fund_rows(run, at, far, two);
    run_put(run, "fund", at, 8, FUND, DURE_RESULT_DONE);
}

/* ---- what all kinds have in common */
void run_header_rows(run_t *run)
{
    const bool service = run->signer >= 1000;
    const uint64_t other = run->signer == ANNA ? BORA : ANNA;
    const uint64_t window = service ? DURE_WINDOW_SERVICE_BITS : DURE_WINDOW_BITS;
    const dure_time_t now = run->stage->now;
    run_put(run, "version", 0, 1, 0, DURE_RESULT_MALFORMED);
    run_put(run, "version", 0, 1, 2, DURE_RESULT_MALFORMED);
    run_put(run, "version", 0, 1, 255, DURE_RESULT_MALFORMED);
    run_put(run, "party", 1, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "party", 1, 8, NOBODY, DURE_RESULT_PARTY_UNKNOWN);
    run_put(run, "party", 1, 8, UINT64_MAX, DURE_RESULT_PARTY_UNKNOWN);
    run_put(run, "party", 1, 8, other, DURE_RESULT_SIGNATURE_WRONG);
    run_put(run, "party", 1, 8, FAR_ALL, DURE_RESULT_SIGNATURE_WRONG);
    run_put(run, "lane", 9, 2, 1, service ? DURE_RESULT_DONE : DURE_RESULT_LANE_WRONG);
    run_put(run, "lane", 9, 2, 63, service ? DURE_RESULT_DONE : DURE_RESULT_LANE_WRONG);
    run_put(run, "lane", 9, 2, 64, DURE_RESULT_LANE_WRONG);
    run_put(run, "lane", 9, 2, UINT16_MAX, DURE_RESULT_LANE_WRONG);
    run_put(run, "number", 11, 8, 0, DURE_RESULT_MALFORMED);
    run_put(run, "number", 11, 8, 1, DURE_RESULT_NUMBER_TOO_OLD);
    run_put(run, "number", 11, 8, TOP - window, DURE_RESULT_NUMBER_TOO_OLD);
    run_put(run, "number", 11, 8, TOP - window + 1, DURE_RESULT_DONE);
    run_put(run, "number", 11, 8, TOP - 1, DURE_RESULT_DONE);
    run_put(run, "number", 11, 8, TOP, DURE_RESULT_ALREADY_USED);
    run_put(run, "number", 11, 8, TOP + 2, DURE_RESULT_DONE);
    run_put(run, "number", 11, 8, UINT64_MAX, DURE_RESULT_DONE);
    run_put(run, "valid_until", 19, 8, 0, DURE_RESULT_EXPIRED);
    run_put(run, "valid_until", 19, 8, now - 1, DURE_RESULT_EXPIRED);
    run_put(run, "valid_until", 19, 8, now, DURE_RESULT_DONE);
    run_put(run, "valid_until", 19, 8, now + DURE_TX_VALIDITY_MS_MAX, DURE_RESULT_DONE);
    run_put(run, "valid_until", 19, 8, now + DURE_TX_VALIDITY_MS_MAX + 1,
            DURE_RESULT_VALID_UNTIL_TOO_FAR);
    run_put(run, "valid_until", 19, 8, DURE_TIME_MAX_MS, DURE_RESULT_VALID_UNTIL_TOO_FAR);
    run_put(run, "valid_until", 19, 8, DURE_TIME_MAX_MS + 1, DURE_RESULT_MALFORMED);
    run_put(run, "valid_until", 19, 8, UINT64_MAX, DURE_RESULT_MALFORMED);
    for (uint32_t kind = 0; kind < 256; kind++) {
        const bool known = dure_body_kind_name((uint8_t)kind) != NULL;
        run_put(run, "kind", HEADER - 1, 1, kind, known ? ANY : DURE_RESULT_MALFORMED);
    }
}

static uint32_t sealed(run_t *run, uint8_t slot, uint64_t key_of, uint8_t key_slot)
{
    dure_seal_t seal;
    run_sign(run, run->body, run->size, key_of, key_slot, &seal);
    seal.slot = slot;
    return send(run, run->body, run->size, &seal);
}

void run_seal_rows(run_t *run)
{
    expect(run, "as it is", sealed(run, 0, run->signer, 0), DURE_RESULT_DONE);
    expect(run, "own second key", sealed(run, 2, run->signer, 2), DURE_RESULT_DONE);
    expect(run, "keys swapped", sealed(run, 2, run->signer, 0), DURE_RESULT_SIGNATURE_WRONG);
    expect(run, "keys swapped", sealed(run, 0, run->signer, 2), DURE_RESULT_SIGNATURE_WRONG);
    expect(run, "another's key", sealed(run, 0, SHOP_TWO, 0), DURE_RESULT_SIGNATURE_WRONG);
    expect(run, "slot", sealed(run, 1, run->signer, 0), DURE_RESULT_KEY_UNKNOWN);
    expect(run, "slot", sealed(run, 3, run->signer, 0), DURE_RESULT_KEY_UNKNOWN);
    expect(run, "slot", sealed(run, 4, run->signer, 0), DURE_RESULT_MALFORMED);
    expect(run, "slot", sealed(run, 255, run->signer, 0), DURE_RESULT_MALFORMED);
    for (uint32_t bit = 0; bit < 512; bit++) {
        dure_seal_t seal = run->seal;
        seal.signature.bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
        expect(run, "signature", send(run, run->body, run->size, &seal),
               DURE_RESULT_SIGNATURE_WRONG);
    }
    for (uint32_t byte = 0; byte < 256; byte += 255) {
        dure_seal_t seal = run->seal;
        memset(seal.signature.bytes, (int)byte, sizeof seal.signature.bytes);
        expect(run, "signature", send(run, run->body, run->size, &seal),
               DURE_RESULT_SIGNATURE_WRONG);
    }
}

void run_bits_flipped(run_t *run)
{
    static uint8_t body[DURE_TX_SIZE_MAX];
    memcpy(body, run->body, run->size);
    for (size_t bit = 0; bit < run->size * 8;
         bit += bit < ALL_BITS * 8 || run->size < 1024 ? 1 : 97) {
        body[bit / 8] ^= (uint8_t)(1u << bit % 8);
        run_changed(run, "bit", body, run->size, run->signer, ANY);
        body[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
}

void run_cuts(run_t *run)
{
    static uint8_t wire[DURE_TX_SIZE_MAX + 1];
    dure_writer_t out = dure_writer(wire, sizeof wire);
    dure_write_raw(&out, run->body, run->size);
    dure_seal_encode(&out, &run->seal);
    for (size_t size = 0; size < out.size; size++) {
        expect(run, "cut", attempt(run, wire, size), DURE_RESULT_MALFORMED);
    }
    for (size_t size = 0; size < run->size; size += size < ALL_BITS ? 1 : 61) {
        run_changed(run, "body cut", run->body, size, run->signer, DURE_RESULT_MALFORMED);
    }
    memset(wire + out.size, 0, sizeof wire - out.size);
    expect(run, "byte added", attempt(run, wire, out.size + 1), DURE_RESULT_MALFORMED);
    expect(run, "most bytes", attempt(run, wire, DURE_TX_SIZE_MAX), DURE_RESULT_MALFORMED);
    expect(run, "too many bytes", attempt(run, wire, DURE_TX_SIZE_MAX + 1), DURE_RESULT_TOO_LARGE);
    static uint8_t body[DURE_TX_SIZE_MAX + 1];
    for (uint32_t byte = 0; byte < 256; byte += 85) {
        memcpy(body, run->body, run->size);
        body[run->size] = (uint8_t)byte;
        run_changed(run, "byte at the end", body, run->size + 1, run->signer,
                    DURE_RESULT_MALFORMED);
        memcpy(body + 1, run->body, run->size);
        body[0] = (uint8_t)byte;
        run_changed(run, "byte at the start", body, run->size + 1, run->signer,
                    DURE_RESULT_MALFORMED);
    }
}

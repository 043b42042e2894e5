#include "bodies/bodies.h"

dure_secret_key_t test_secret(uint64_t party, uint8_t slot)
{
    uint8_t label[9];
    dure_put_u64(label, party);
    label[8] = slot;
    dure_hash_t seed;
    dure_hash(&seed, DURE_TAG_DERIVE, label, sizeof label);
    dure_secret_key_t secret = {.scheme = DURE_SCHEME_ED25519};
    memcpy(secret.seed, seed.bytes, sizeof secret.seed);
    return secret;
}

dure_key_entry_t test_key(uint64_t party, uint8_t slot)
{
    const dure_secret_key_t secret = test_secret(party, slot);
    dure_key_entry_t entry = {.slot = slot};
    assert_true(dure_public_key_of(&entry.key, &secret));
    return entry;
}

dure_blind_t test_blind(uint64_t party)
{
    dure_hash_t hash;
    dure_hash(&hash, DURE_TAG_DERIVE, &party, sizeof party);
    dure_blind_t blind;
    memcpy(blind.bytes, hash.bytes, sizeof blind.bytes);
    return blind;
}

dure_name_t test_name(const char *text)
{
    dure_name_t name;
    assert_true(dure_name_from(&name, text, strlen(text)));
    return name;
}

dure_bytes_t test_compile(const char *source, uint8_t *image)
{
    const size_t workspace_size = dure_yak_workspace_size();
    void *workspace = aligned_alloc(16, (workspace_size + 15) / 16 * 16);
    dure_yak_diagnostics_t *diagnostics = malloc(sizeof *diagnostics);
    assert_non_null(workspace);
    assert_non_null(diagnostics);
    size_t size = 0;
    const bool compiled = dure_yak_compile(
        workspace, workspace_size, dure_bytes(source, strlen(source)), image, &size, diagnostics);
    if (!compiled) {
        print_error("%u: %s\n", diagnostics->list[0].line, diagnostics->list[0].en);
    }
    assert_true(compiled);
    free(workspace);
    free(diagnostics);
    return dure_bytes(image, size);
}

dure_body_t body_tick(dure_time_t time)
{
    return (dure_body_t){.kind = DURE_BODY_TICK, .tick = {.time = time}};
}

dure_body_t body_registration(uint64_t party, uint8_t kind)
{
    return (dure_body_t){.kind = DURE_BODY_REGISTRATION,
                         .registration = {.subject = party,
                                          .kind = kind,
                                          .blind = test_blind(party),
                                          .keys_count = 1,
                                          .keys = {test_key(party, 0)}}};
}

dure_body_t body_attest(uint64_t subject, uint64_t what, uint64_t value, dure_day_t from,
                        dure_day_t until)
{
    return (dure_body_t){
        .kind = DURE_BODY_ATTEST,
        .attest = {.subject = subject,
                   .entry = {.what = what, .value = value, .from = from, .until = until}}};
}

dure_body_t body_rotate(uint64_t party, uint8_t slot)
{
    return (dure_body_t){.kind = DURE_BODY_ROTATE, .rotate = {.entry = test_key(party, slot)}};
}

dure_body_t body_propose(dure_act_t act, dure_day_t until)
{
    return (dure_body_t){.kind = DURE_BODY_PROPOSE, .propose = {.until = until, .act = act}};
}

dure_body_t body_approve(dure_tx_id_t proposal)
{
    return (dure_body_t){.kind = DURE_BODY_APPROVE, .approve = {.proposal = proposal}};
}

dure_body_t body_deposit(const char *account, uint64_t won)
{
    return (dure_body_t){.kind = DURE_BODY_DEPOSIT,
                         .deposit = {.account = test_name(account), .amount = {won}}};
}

dure_body_t body_order(uint64_t fund, uint64_t face, uint64_t price_max)
{
    return (dure_body_t){
        .kind = DURE_BODY_PURCHASE_ORDER,
        .purchase_order = {.fund = fund, .face = {face}, .price_max = {price_max}}};
}

dure_body_t body_credit(dure_tx_id_t order, uint64_t price)
{
    return (dure_body_t){.kind = DURE_BODY_PURCHASE_CREDIT,
                         .purchase_credit = {.order = order, .price = {price}}};
}

dure_body_t body_void(dure_tx_id_t order)
{
    return (dure_body_t){.kind = DURE_BODY_PURCHASE_VOID, .purchase_void = {.order = order}};
}

dure_body_t body_cancel(uint64_t fund, uint32_t lot)
{
    return (dure_body_t){.kind = DURE_BODY_PURCHASE_CANCEL,
                         .purchase_cancel = {.fund = fund, .lot = lot}};
}

dure_body_t body_payment(uint64_t payee, uint64_t won)
{
    return (dure_body_t){
        .kind = DURE_BODY_PAYMENT,
        .payment = {.payee = payee, .amount = {won}, .channel = DURE_CHANNEL_QR_MERCHANT}};
}

dure_body_t body_refund(dure_tx_id_t payment, uint64_t won)
{
    return (dure_body_t){.kind = DURE_BODY_REFUND, .refund = {.payment = payment, .amount = {won}}};
}

dure_body_t body_redemption(uint64_t fund, uint64_t won)
{
    return (dure_body_t){.kind = DURE_BODY_REDEMPTION,
                         .redemption = {.fund = fund, .amount = {won}}};
}

dure_body_t body_result(dure_tx_id_t payout, uint8_t outcome)
{
    return (dure_body_t){.kind = DURE_BODY_PAYOUT_RESULT,
                         .payout_result = {.payout = payout, .outcome = outcome}};
}

dure_body_t body_hold(uint64_t subject, uint8_t what, uint8_t reason, dure_day_t until)
{
    dure_body_t body = {
        .kind = DURE_BODY_HOLD,
        .hold = {.subject = subject, .what = what, .reason = reason, .until = until}};
    memset(&body.hold.evidence, 0xe1, sizeof body.hold.evidence);
    return body;
}

dure_body_t body_release(dure_tx_id_t hold)
{
    return (dure_body_t){.kind = DURE_BODY_RELEASE, .release = {.hold = hold}};
}

dure_body_t body_appeal(dure_tx_id_t hold)
{
    return (dure_body_t){.kind = DURE_BODY_APPEAL, .appeal = {.hold = hold}};
}

dure_body_t body_uphold(dure_tx_id_t hold, dure_day_t until)
{
    return (dure_body_t){.kind = DURE_BODY_UPHOLD, .uphold = {.hold = hold, .until = until}};
}

dure_act_t act_recover(uint64_t subject, dure_key_entry_t entry)
{
    return (dure_act_t){.kind = DURE_ACT_RECOVER, .recover = {.subject = subject, .entry = entry}};
}

dure_act_t act_estate(uint64_t subject, uint64_t heir)
{
    return (dure_act_t){.kind = DURE_ACT_ESTATE, .estate = {.subject = subject, .heir = heir}};
}

dure_act_t act_account(const char *name)
{
    return (dure_act_t){.kind = DURE_ACT_ACCOUNT, .account = {.account = test_name(name)}};
}

dure_act_t act_parameter(uint64_t fund, const char *name, int64_t value, dure_day_t from)
{
    return (dure_act_t){
        .kind = DURE_ACT_PARAMETER,
        .parameter = {.fund = fund, .parameter = test_name(name), .value = value, .from = from}};
}

dure_act_t act_ceiling(uint64_t fund, uint64_t ceiling)
{
    return (dure_act_t){.kind = DURE_ACT_CEILING, .ceiling = {.fund = fund, .ceiling = {ceiling}}};
}

dure_act_t act_roles(uint64_t subject, uint32_t roles)
{
    return (dure_act_t){.kind = DURE_ACT_ROLES, .roles = {.subject = subject, .roles = roles}};
}

dure_act_t act_threshold(uint8_t threshold)
{
    return (dure_act_t){.kind = DURE_ACT_THRESHOLD, .threshold = {.threshold = threshold}};
}

dure_body_t body_remainder(uint64_t fund, uint32_t lot)
{
    return (dure_body_t){.kind = DURE_BODY_REMAINDER, .remainder = {.fund = fund, .lot = lot}};
}

dure_body_t body_gift(uint64_t receiver, uint64_t won)
{
    return (dure_body_t){.kind = DURE_BODY_GIFT,
                         .gift = {.receiver = receiver, .amount = dure_amount(won)}};
}

dure_body_t body_recirculation(uint64_t payee, uint64_t fund, uint64_t won)
{
    return (dure_body_t){
        .kind = DURE_BODY_RECIRCULATION,
        .recirculation = {.payee = payee, .fund = fund, .amount = dure_amount(won)}};
}

dure_body_t body_lapse(uint16_t count, const uint64_t *parties)
{
    dure_body_t body = {.kind = DURE_BODY_LAPSE, .lapse = {.parties_count = count}};
    for (uint16_t i = 0; i < count; i++) {
        body.lapse.parties[i].party = parties[i];
    }
    return body;
}

dure_body_t body_tidy(uint8_t table, uint16_t count, const dure_tx_id_t *ids)
{
    dure_body_t body = {.kind = DURE_BODY_TIDY, .tidy = {.table = table, .ids_count = count}};
    memcpy(body.tidy.ids, ids, count * sizeof *ids);
    return body;
}

dure_act_t act_version(uint64_t fund, dure_day_t from, dure_bytes_t image)
{
    return (dure_act_t){
        .kind = DURE_ACT_VERSION,
        .version = {.fund = fund, .from = from, .image = image, .source = dure_bytes("new", 3)}};
}

dure_act_t act_mode(uint64_t fund, uint8_t mode, uint64_t successor)
{
    return (dure_act_t){.kind = DURE_ACT_MODE,
                        .mode = {.fund = fund, .mode = mode, .successor = successor}};
}

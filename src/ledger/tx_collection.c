/* collection: a merchant collects what a citizen promised by a mandate, shown as a code.  Order of
   refusals: the signer's kind, whom the mandate is for, its payer, the payer's kind, signature,
   time, number, amount, then as pay.c says.

   The mandate's number is one of the payer's own, used up by the first collection that gets as far
   as it, whatever becomes of the rest: a code that was shown once is worth nothing the second time.
   That is the one thing that a refusal changes beside the signer's number. */
#include "ledger/ledger_private.h"

static bool signature_right(const dure_ledger_t *ledger, const dure_collection_t *body,
                            uint32_t payer)
{
    dure_public_key_t key;
    if (!ledger_key_find(ledger, party_at(ledger, payer), body->slot, &key)) {
        return false;
    }
    uint8_t message[DURE_MANDATE_MESSAGE_SIZE];
    dure_mandate_message(message, &ledger->chain_id, &body->mandate);
    return dure_signature_verify(&key, &body->signature, message, sizeof message) == DURE_CRYPTO_OK;
}

/* Up to the mandate's number, which is used up if all is right. */
static dure_result_t mandate_use(dure_ledger_t *ledger, const work_t *work, uint32_t *payer)
{
    const dure_collection_t *body = &work->tx->body.collection;
    const dure_mandate_t *mandate = &body->mandate;
    if (party_at(ledger, work->signer)->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (mandate->payee != 0 && mandate->payee != work->tx->id.party) {
        return DURE_RESULT_MANDATE_PAYEE;
    }
    *payer = ledger_party_find(ledger, mandate->payer);
    if (*payer == CELL_NONE) {
        return DURE_RESULT_SUBJECT_UNKNOWN;
    }
    if (party_at(ledger, *payer)->kind != DURE_KIND_CITIZEN) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (!signature_right(ledger, body, *payer)) {
        return DURE_RESULT_MANDATE_SIGNATURE;
    }
    if (mandate->until < ledger->now) {
        return DURE_RESULT_MANDATE_EXPIRED;
    }
    const dure_tx_id_t id = {.party = mandate->payer, .number = mandate->number};
    signer_t window = {.party = *payer};
    if (ledger_window_check(ledger, &id, &window) != DURE_RESULT_DONE) {
        return DURE_RESULT_MANDATE_USED;
    }
    ledger_window_use(ledger, &id, &window);
    return DURE_RESULT_DONE;
}

dure_result_t ledger_collection(dure_ledger_t *ledger, const work_t *work)
{
    const dure_collection_t *body = &work->tx->body.collection;
    uint32_t payer;
    const dure_result_t used = mandate_use(ledger, work, &payer);
    if (used != DURE_RESULT_DONE) {
        return used;
    }
    if (dure_amount_compare(body->amount, body->mandate.amount_max) > 0) {
        ledger_effect_number(work->effect, DURE_LABEL_ASKED, body->amount.won);
        ledger_effect_number(work->effect, DURE_LABEL_MAXIMUM, body->mandate.amount_max.won);
        return DURE_RESULT_MANDATE_AMOUNT;
    }
    const pay_t pay = {
        .payer = payer,
        .payee = work->signer,
        .signer = DURE_ROLE_PAYEE,
        .amount = body->amount,
        .channel = body->channel,
    };
    return ledger_pay(ledger, work, &pay);
}

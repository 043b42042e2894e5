/* payment: a citizen pays a merchant.  Order of refusals: the payer's kind, self, whether it may
   send, the payee, its kind, then as pay.c says. */
#include "ledger/ledger_private.h"

dure_result_t ledger_payment(dure_ledger_t *ledger, const work_t *work)
{
    const dure_payment_t *body = &work->tx->body.payment;
    if (!kind_has_lots(party_at(ledger, work->signer)->kind)) {
        return DURE_RESULT_KIND_WRONG;
    }
    if (body->payee == work->tx->id.party) {
        return DURE_RESULT_SELF_PAYMENT;
    }
    const dure_result_t sends = ledger_may_send(ledger, work->signer);
    if (sends != DURE_RESULT_DONE) {
        return sends;
    }
    const uint32_t payee = ledger_party_find(ledger, body->payee);
    if (payee == CELL_NONE) {
        return DURE_RESULT_PAYEE_UNKNOWN;
    }
    if (party_at(ledger, payee)->kind != DURE_KIND_MERCHANT) {
        return DURE_RESULT_KIND_WRONG;
    }
    const pay_t pay = {
        .payer = work->signer,
        .payee = payee,
        .signer = DURE_ROLE_PAYER,
        .amount = body->amount,
        .channel = body->channel,
        .funds_count = body->funds_count,
        .funds = body->funds,
    };
    return ledger_pay(ledger, work, &pay);
}

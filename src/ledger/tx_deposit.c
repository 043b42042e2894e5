/* deposit: the bank credited a city account.  Order of refusals: role, account, amount. */
#include "ledger/ledger_private.h"

dure_result_t ledger_deposit(dure_ledger_t *ledger, const work_t *work)
{
    const dure_deposit_t *body = &work->tx->body.deposit;
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_BANK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    const uint8_t city = party_at(ledger, work->signer)->city;
    const uint32_t cell = ledger_account_find(ledger, city, &body->account);
    if (cell == CELL_NONE) {
        return DURE_RESULT_ACCOUNT_UNKNOWN;
    }
    if (!ledger_ever_fits(ledger, city, body->amount)) {
        return DURE_RESULT_AMOUNT_TOO_LARGE;
    }
    /* After this point the deposit must succeed. */
    account_t *account = ledger_account_change(ledger, cell);
    account->deposited = dure_amount_plus(account->deposited, body->amount);
    account->balance = dure_amount_plus(account->balance, body->amount);
    ledger_effect_move(work->effect, DURE_MOVE_ACCOUNT_DEPOSITED, 0, 0, 0, &account->name,
                       body->amount);
    return DURE_RESULT_DONE;
}

/* Kinds of transactions whose meaning is not there yet: refused. */
#include "ledger/ledger_private.h"

dure_result_t ledger_batch_rows(dure_ledger_t *ledger, const work_t *work)
{
    (void)ledger;
    (void)work;
    return DURE_RESULT_NOT_PERMITTED;
}

dure_result_t ledger_batch_check(const dure_ledger_t *ledger, const work_t *work,
                                 const dure_act_batch_t *act)
{
    (void)ledger;
    (void)work;
    (void)act;
    return DURE_RESULT_NOT_PERMITTED;
}

void ledger_batch_perform(dure_ledger_t *ledger, const work_t *work, const dure_tx_id_t *proposal,
                          const dure_act_batch_t *act)
{
    (void)ledger;
    (void)work;
    (void)proposal;
    (void)act;
}

/* tick: moves a driven clock.  Order of refusals: role, clock, time. */
#include "ledger/ledger_private.h"

dure_result_t ledger_tick(dure_ledger_t *ledger, const work_t *work)
{
    const dure_time_t time = work->tx->body.tick.time;
    if (!ledger_has_role(ledger, work->signer, DURE_SERVICE_CLOCK)) {
        return DURE_RESULT_NOT_PERMITTED;
    }
    if (ledger->genesis.clock != 2) {
        return DURE_RESULT_CLOCK_NOT_DRIVEN;
    }
    if (time < ledger->now) {
        return DURE_RESULT_TIME_GOES_BACK;
    }
    /* After this point the tick must succeed. */
    ledger_dirty(ledger, DURE_TABLE_CHAIN, 0);
    ledger_touch(ledger, &ledger->state->time, sizeof ledger->state->time);
    ledger->state->time = time;
    ledger_time_set(ledger, time);
    return DURE_RESULT_DONE;
}

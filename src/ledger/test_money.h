/* Funds with rewards, shares and refunds for the tests of payments and refunds, and what stands in
   the tables, to compare. */
#ifndef DURE_LEDGER_TEST_MONEY_H
#define DURE_LEDGER_TEST_MONEY_H

#include "ledger/test_world.h"

#define ANNA  UINT64_C(101)
#define BEN   UINT64_C(102)
#define SHOP  UINT64_C(201)
#define OTHER UINT64_C(202)

/* NULL or 0: nothing of the sort. */
typedef struct {
    const char *validity; /* default: 2 years */
    const char *refund;   /* default: refund within 90 days grace 30 days; "" = none */
    const char *old_lots; /* default: keep */
    uint32_t priority;
    uint32_t reward, share, cash_share; /* hundredths of a percent; the last of redemptions */
    uint32_t reward_cap;                /* won in a month */
    uint32_t cash_hold;                 /* days that each redemption is held */
    uint64_t ceiling;                   /* default: 10^10 */
} money_terms_t;

/* Accounts budget, event, fees and (with so much) refund_reserve; ANNA, BEN, SHOP and OTHER. */
world_t *money_world(uint64_t event, uint64_t reserve);
void money_fund(world_t *world, uint64_t fund, money_terms_t terms);
void money_version(world_t *world, uint64_t fund, dure_day_t from, money_terms_t terms);
void money_buy(world_t *world, uint64_t party, uint64_t fund, uint64_t won);
/* Sends and looks at the invariants, and that the moves say what became of every figure. */
dure_result_t money_try(world_t *world, uint64_t party, dure_body_t body);
/* The same, with the code compared. */
void money_send(world_t *world, dure_result_t expected, uint64_t party, dure_body_t body);
/* A payment that is accepted; its effect. */
dure_effect_t money_pay(world_t *world, uint64_t payer, uint64_t shop, uint64_t won);
void money_refund(world_t *world, dure_result_t expected, uint64_t shop,
                  const dure_effect_t *payment, uint64_t won);

const fund_t *money_of(const world_t *world, uint64_t fund);
const account_t *money_account(const world_t *world, const char *name);
uint64_t money_lots(const world_t *world, uint64_t party, uint64_t fund); /* their sum */
uint64_t money_balance(const world_t *world, uint64_t shop, uint64_t fund);
uint64_t money_owed(const world_t *world, uint64_t shop, uint64_t fund);
/* A counter of the present period by its line's name; of the fund if party is 0. */
uint64_t money_counter(const world_t *world, uint64_t party, uint64_t fund, const char *name);
/* The sum of the moves of one sort, of a fund or of all (0). */
uint64_t money_moved(const dure_effect_t *effect, dure_move_t what, uint64_t fund);

#endif

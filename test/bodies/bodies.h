/* What tests build transactions from: keys that follow from a party's number, names, programs, and
   the bodies and acts that people sign. */
#ifndef DURE_BODIES_H
#define DURE_BODIES_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "ledger/dure_ledger.h"

#define GIMPO   UINT32_C(41570)
#define FAR_DAY 40000

/* The image of a program that must compile; `image` takes its bytes. */
dure_bytes_t test_compile(const char *source, uint8_t *image);

dure_secret_key_t test_secret(uint64_t party, uint8_t slot);
dure_key_entry_t test_key(uint64_t party, uint8_t slot);
dure_blind_t test_blind(uint64_t party);
dure_name_t test_name(const char *text);
dure_body_t body_tick(dure_time_t time);
dure_body_t body_registration(uint64_t party, uint8_t kind);
dure_body_t body_attest(uint64_t subject, uint64_t what, uint64_t value, dure_day_t from,
                        dure_day_t until);
dure_body_t body_rotate(uint64_t party, uint8_t slot);
dure_body_t body_propose(dure_act_t act, dure_day_t until);
dure_body_t body_approve(dure_tx_id_t proposal);
dure_body_t body_deposit(const char *account, uint64_t won);
dure_body_t body_order(uint64_t fund, uint64_t face, uint64_t price_max);
dure_body_t body_credit(dure_tx_id_t order, uint64_t price);
dure_body_t body_void(dure_tx_id_t order);
dure_body_t body_cancel(uint64_t fund, uint32_t lot);
dure_body_t body_payment(uint64_t payee, uint64_t won);
dure_body_t body_refund(dure_tx_id_t payment, uint64_t won);
dure_body_t body_redemption(uint64_t fund, uint64_t won);
dure_body_t body_result(dure_tx_id_t payout, uint8_t outcome);
dure_body_t body_hold(uint64_t subject, uint8_t what, uint8_t reason, dure_day_t until);
dure_body_t body_release(dure_tx_id_t hold);
dure_body_t body_appeal(dure_tx_id_t hold);
dure_body_t body_uphold(dure_tx_id_t hold, dure_day_t until);
dure_act_t act_recover(uint64_t subject, dure_key_entry_t entry);
dure_act_t act_estate(uint64_t subject, uint64_t heir);
dure_act_t act_account(const char *name);
dure_act_t act_parameter(uint64_t fund, const char *name, int64_t value, dure_day_t from);
dure_act_t act_ceiling(uint64_t fund, uint64_t ceiling);
dure_act_t act_roles(uint64_t subject, uint32_t roles);
dure_act_t act_threshold(uint8_t threshold);
dure_body_t body_remainder(uint64_t fund, uint32_t lot);
dure_body_t body_gift(uint64_t receiver, uint64_t won);
dure_body_t body_recirculation(uint64_t payee, uint64_t fund, uint64_t won);
dure_body_t body_lapse(uint16_t count, const uint64_t *parties);
dure_body_t body_tidy(uint8_t table, uint16_t count, const dure_tx_id_t *ids);
dure_act_t act_version(uint64_t fund, dure_day_t from, dure_bytes_t image);
dure_act_t act_mode(uint64_t fund, uint8_t mode, uint64_t successor);

#endif

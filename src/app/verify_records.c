/* Holds the ledger's records against what was added up from the moves: funds, accounts, payouts,
   parties. */
#include "app/verify.h"

#include <stdio.h>

#include "app/text.h"

static bool fund_check(verify_tally_t *tally, dure_reader_t *reader, char problem[VERIFY_TEXT_SIZE])
{
    static dure_record_fund_t record;
    dure_record_fund_decode(reader, &record);
    return dure_reader_end(reader) && verify_tally_compare(tally, &record, problem);
}

static bool account_check(verify_tally_t *tally, dure_reader_t *reader,
                          char problem[VERIFY_TEXT_SIZE])
{
    dure_record_account_t record;
    dure_record_account_decode(reader, &record);
    return dure_reader_end(reader) && verify_tally_account(tally, &record, problem);
}

static bool payout_check(verify_tally_t *tally, dure_reader_t *reader,
                         char problem[VERIFY_TEXT_SIZE])
{
    dure_record_payout_t record;
    dure_record_payout_decode(reader, &record);
    if (!dure_reader_end(reader)) {
        return false;
    }
    const char *why = verify_payouts_record(&tally->payouts, &record);
    if (why != NULL) {
        snprintf(problem, VERIFY_TEXT_SIZE, "the payout of %s %s", id_text(&record.id).text, why);
    }
    return why == NULL;
}

static bool party_check(verify_tally_t *tally, dure_reader_t *reader,
                        char problem[VERIFY_TEXT_SIZE])
{
    static dure_record_party_t record;
    dure_record_party_decode(reader, &record);
    return dure_reader_end(reader) && verify_holders_record(&tally->holders, &record, problem);
}

static bool ends_check(const verify_tally_t *tally, char problem[VERIFY_TEXT_SIZE])
{
    const verify_payout_t *payout = verify_payouts_end(&tally->payouts);
    if (payout != NULL) {
        snprintf(problem, VERIFY_TEXT_SIZE,
                 "the payout of %s is open by the moves and has no record",
                 id_text(&payout->id).text);
        return false;
    }
    return verify_holders_end(&tally->holders, problem);
}

bool verify_records(verify_tally_t *tally, const dure_ledger_t *ledger,
                    char problem[VERIFY_TEXT_SIZE])
{
    static const struct {
        dure_table_t table;
        bool (*check)(verify_tally_t *tally, dure_reader_t *reader, char problem[VERIFY_TEXT_SIZE]);
    } checks[] = {{DURE_TABLE_FUND, fund_check},
                  {DURE_TABLE_ACCOUNT, account_check},
                  {DURE_TABLE_PAYOUT, payout_check},
                  {DURE_TABLE_PARTY, party_check}};
    static uint8_t bytes[DURE_RECORD_SIZE_MAX];
    uint32_t funds = 0;
    for (size_t i = 0; i < sizeof checks / sizeof checks[0]; i++) {
        uint64_t cursor = 0;
        dure_blind_t blind;
        dure_writer_t writer = dure_writer(bytes, sizeof bytes);
        while (dure_ledger_scan(ledger, checks[i].table, &cursor, &blind, &writer)) {
            dure_reader_t reader = dure_reader(dure_writer_bytes(&writer));
            snprintf(problem, VERIFY_TEXT_SIZE, "a record of table %d cannot be decoded",
                     (int)checks[i].table);
            if (!checks[i].check(tally, &reader, problem)) {
                return false;
            }
            funds += checks[i].table == DURE_TABLE_FUND ? 1 : 0;
            writer = dure_writer(bytes, sizeof bytes);
        }
    }
    if (funds < tally->fund_count) {
        snprintf(problem, VERIFY_TEXT_SIZE,
                 "money moved in a fund or an account of which there is no record");
        return false;
    }
    return ends_check(tally, problem);
}

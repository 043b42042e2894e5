/* The sandbox bank's book of the escrow account, and the statement file that an auditor compares
   with the chain.  Nothing here is taken from the ledger: an entry is written when money moves at
   the bank. */
#include "app/city.h"

#include <inttypes.h>

bool city_bank_open(city_bank_t *bank, const char *path)
{
    *bank = (city_bank_t){.file = fopen(path, "w")};
    if (bank->file == NULL) {
        return false;
    }
    fprintf(bank->file, "entry,date,account,kind,reference,credit,debit,balance\n");
    return true;
}

static void book(city_bank_t *bank, dure_time_t time, const char *kind, const char *reference,
                 dure_amount_t credit, dure_amount_t debit)
{
    dure_zone_t kst = dure_zone_kst();
    dure_date_t date = dure_day_to_date(dure_zone_day(&kst, time));
    bank->balance = dure_amount_minus(dure_amount_plus(bank->balance, credit), debit);
    bank->entries++;
    fprintf(bank->file,
            "%" PRIu64 ",%04d-%02d-%02d,escrow:%" PRIu64 ",%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64
            "\n",
            bank->entries, date.year, date.month, date.day, CITY_FUND, kind, reference, credit.won,
            debit.won, bank->balance.won);
}

void city_bank_credit(city_bank_t *bank, dure_time_t time, const char *kind, const char *reference,
                      dure_amount_t amount)
{
    if (!dure_amount_is_zero(amount)) {
        book(bank, time, kind, reference, amount, DURE_AMOUNT_ZERO);
    }
}

void city_bank_debit(city_bank_t *bank, dure_time_t time, const char *kind, const char *reference,
                     dure_amount_t amount)
{
    if (!dure_amount_is_zero(amount)) {
        book(bank, time, kind, reference, DURE_AMOUNT_ZERO, amount);
    }
}

bool city_bank_close(city_bank_t *bank)
{
    bool written = bank->file != NULL && ferror(bank->file) == 0;
    if (bank->file != NULL && fclose(bank->file) != 0) {
        written = false;
    }
    bank->file = NULL;
    return written;
}

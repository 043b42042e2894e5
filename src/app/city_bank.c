/* The sandbox bank's book of the escrow accounts, and the statement file that an auditor compares
   with the chain.  Nothing here is taken from the ledger: an entry is written when money moves at
   the bank. */
#include "app/city.h"

#include <inttypes.h>

bool city_book_open(city_book_t *book, const char *path)
{
    *book = (city_book_t){.file = fopen(path, "w")};
    if (book->file == NULL) {
        return false;
    }
    fprintf(book->file, "entry,date,account,kind,reference,credit,debit,balance\n");
    return true;
}

static void book(city_t *city, city_fund_t fund, const char *kind, const char *reference,
                 dure_amount_t credit, dure_amount_t debit)
{
    city_world_t *world = city->world;
    dure_amount_t *balance = &city->bank.balances[fund];
    dure_date_t date = dure_day_to_date(dure_zone_day(&world->zone, world->now));
    *balance = dure_amount_minus(dure_amount_plus(*balance, credit), debit);
    world->book.entries++;
    fprintf(world->book.file,
            "%" PRIu64 ",%04d-%02d-%02d,escrow:%" PRIu64 ",%s,%s,%" PRIu64 ",%" PRIu64 ",%" PRIu64
            "\n",
            world->book.entries, date.year, date.month, date.day, city_fund(city, fund), kind,
            reference, credit.won, debit.won, balance->won);
}

void city_bank_credit(city_t *city, city_fund_t fund, const char *kind, const char *reference,
                      dure_amount_t amount)
{
    if (!dure_amount_is_zero(amount)) {
        book(city, fund, kind, reference, amount, DURE_AMOUNT_ZERO);
    }
}

void city_bank_debit(city_t *city, city_fund_t fund, const char *kind, const char *reference,
                     dure_amount_t amount)
{
    if (!dure_amount_is_zero(amount)) {
        book(city, fund, kind, reference, DURE_AMOUNT_ZERO, amount);
    }
}

bool city_book_close(city_book_t *book)
{
    bool written = book->file != NULL && ferror(book->file) == 0;
    if (book->file != NULL && fclose(book->file) != 0) {
        written = false;
    }
    book->file = NULL;
    return written;
}

/* dure verify-receipt FILE: checks a receipt with nothing but its bytes and a block hash that is
 * trusted. */
#include "app/text.h"
#include "app/verify.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: dure verify-receipt FILE [--block-hash HEX]\n"
    "\n"
    "Checks that a receipt proves what it says under the block header that it carries. Trust "
    "comes\n"
    "from outside: compare the block hash that is printed with one published by the city, or give\n"
    "it with --block-hash.\n"
    "\n"
    "exit: 0 the receipt holds, 1 it does not, 2 wrong usage, 3 the file cannot be read\n";

static bool read_file(const char *path, uint8_t *bytes, size_t capacity, size_t *size)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return false;
    }
    *size = fread(bytes, 1, capacity, file);
    bool read = ferror(file) == 0;
    fclose(file);
    return read;
}

static const char *const move_texts[] = {
    [DURE_MOVE_LOT_ISSUED] = "bought or received",
    [DURE_MOVE_LOT_TAKEN] = "paid from a lot",
    [DURE_MOVE_MERCHANT_RECEIVED] = "received by the shop",
    [DURE_MOVE_MERCHANT_REDEEMED] = "cashed out by the shop",
    [DURE_MOVE_PAYOUT_OPENED] = "payout ordered",
    [DURE_MOVE_PAYOUT_SETTLED] = "payout made by the bank",
    [DURE_MOVE_PAYOUT_REJECTED] = "payout refused by the bank",
    [DURE_MOVE_REFUND_SETTLED] = "price of a purchase given up paid back by the bank",
    [DURE_MOVE_REFUND_REJECTED] = "price of a purchase given up not yet paid back",
    [DURE_MOVE_SUBSIDY_TO_ESCROW] = "the city's share into escrow",
    [DURE_MOVE_PRICE_TO_ESCROW] = "the price into escrow",
    [DURE_MOVE_SUBSIDY_RETURNED] = "the city's share back",
    [DURE_MOVE_ACCOUNT_DEPOSITED] = "into the city's account",
    [DURE_MOVE_ORDER_OPENED] = "ordered",
    [DURE_MOVE_ORDER_CLOSED] = "order closed",
    [DURE_MOVE_LOT_CANCELLED] = "purchase cancelled",
    [DURE_MOVE_GRANT_TO_ESCROW] = "the grant into escrow",
    [DURE_MOVE_REWARD_TO_ESCROW] = "the reward into escrow",
    [DURE_MOVE_ADVANCE_TO_ESCROW] = "advanced into escrow for a refund",
    [DURE_MOVE_ESCROW_TO_ACCOUNT] = "from escrow back to the city's account",
    [DURE_MOVE_LOT_RETURNED] = "given back to the payer",
    [DURE_MOVE_MERCHANT_RETURNED] = "given back by the shop",
    [DURE_MOVE_DEBT_OPENED] = "owed by the shop to the city's refund reserve",
    [DURE_MOVE_DEBT_REPAID] = "repaid by the shop to the city's refund reserve",
    [DURE_MOVE_LOT_WITHDRAWN] = "reward taken back",
    [DURE_MOVE_LOT_GIVEN] = "given away",
    [DURE_MOVE_LOT_RECEIVED] = "received as a gift",
    [DURE_MOVE_MERCHANT_SENT] = "paid by the shop",
    [DURE_MOVE_LOT_REMAINDERED] = "remainder given up",
    [DURE_MOVE_LOT_RECALLED] = "recalled by the city",
    [DURE_MOVE_LOT_LAPSED] = "lapsed",
    [DURE_MOVE_SHARE_TAKEN] = "share for the city's account",
    [DURE_MOVE_BATCH_RESERVED] = "reserved for a grant",
    [DURE_MOVE_BATCH_RELEASED] = "no longer reserved",
    [DURE_MOVE_LOTS_GRANTED] = "granted",
    [DURE_MOVE_LOTS_RECALLED] = "recalled by the city",
};

static const char *move_text(uint8_t what)
{
    const bool known = what < sizeof move_texts / sizeof move_texts[0] && move_texts[what] != NULL;
    return known ? move_texts[what] : "?";
}

static void print_effect(const dure_receipt_t *receipt, const char *block_hash)
{
    static dure_effect_t effect;
    dure_reader_t reader = dure_reader(receipt->witness.effect);
    dure_effect_decode(&reader, &effect);
    dure_zone_t kst = dure_zone_kst();
    const char *kind = dure_body_kind_name(effect.kind);
    const dure_result_text_t *text = dure_result_text(effect.code);
    printf("transaction %s (%s)\n", id_text(&effect.id).text, kind == NULL ? "?" : kind);
    printf("%s KST, block %" PRIu64 ", entry %u\n", time_text(&kst, effect.time).text,
           receipt->witness.height, receipt->witness.index);
    printf("answer: %s\n", text == NULL ? "?" : text->en);
    for (uint16_t i = 0; i < effect.moves_count; i++) {
        const dure_effect_move_t *move = &effect.moves[i];
        printf("  %16s  %s", amount_text(move->amount).text, move_text(move->what));
        if (move->party != 0) {
            printf(", party %" PRIu64, move->party);
        }
        if (move->lot != 0) {
            printf(", lot %u", move->lot);
        }
        printf("\n");
    }
    printf("proved under block %" PRIu64 ", hash %s\n", receipt->header.height, block_hash);
}

int dure_verify_receipt_command(int argc, char **argv)
{
    static const struct option options[] = {{"block-hash", required_argument, NULL, 'b'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *trusted = NULL;
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'b') {
            trusted = optarg;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return 2;
    }
    static uint8_t bytes[128 * 1024];
    size_t size = 0;
    if (!read_file(argv[optind], bytes, sizeof bytes, &size)) {
        fprintf(stderr, "dure verify-receipt: cannot read %s\n", argv[optind]);
        return 3;
    }
    static dure_receipt_t receipt;
    const char *why = NULL;
    dure_hash_t hash;
    if (!dure_receipt_decode(&receipt, dure_bytes(bytes, size), &why)) {
        fprintf(stderr, "dure verify-receipt: %s is not a receipt: %s\n", argv[optind], why);
        return 1;
    }
    why = dure_receipt_check(&receipt, &hash);
    if (why != NULL) {
        fprintf(stderr, "dure verify-receipt: the receipt does not hold: %s\n", why);
        return 1;
    }
    const text_t text = hash_text(&hash);
    if (trusted != NULL && strcmp(trusted, text.text) != 0) {
        fprintf(stderr,
                "dure verify-receipt: the receipt is consistent, but under block hash %s and not "
                "under %s\n",
                text.text, trusted);
        return 1;
    }
    print_effect(&receipt, text.text);
    if (trusted == NULL) {
        printf("Compare this hash with the one that the city publishes.\n");
    }
    return 0;
}

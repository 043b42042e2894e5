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

static const char *move_text(uint8_t what)
{
    switch ((dure_move_t)what) {
    case DURE_MOVE_LOT_ISSUED:
        return "bought or received";
    case DURE_MOVE_LOT_TAKEN:
        return "paid from a lot";
    case DURE_MOVE_MERCHANT_RECEIVED:
        return "received by the shop";
    case DURE_MOVE_MERCHANT_REDEEMED:
        return "cashed out by the shop";
    case DURE_MOVE_PAYOUT_OPENED:
        return "payout ordered";
    case DURE_MOVE_PAYOUT_SETTLED:
        return "payout made by the bank";
    case DURE_MOVE_PAYOUT_REJECTED:
        return "payout refused by the bank";
    case DURE_MOVE_REFUND_SETTLED:
        return "price of a cancelled purchase paid back by the bank";
    case DURE_MOVE_REFUND_REJECTED:
        return "price of a cancelled purchase not yet paid back";
    case DURE_MOVE_SUBSIDY_TO_ESCROW:
        return "the city's share into escrow";
    case DURE_MOVE_PRICE_TO_ESCROW:
        return "the price into escrow";
    case DURE_MOVE_SUBSIDY_RETURNED:
        return "the city's share back";
    case DURE_MOVE_ACCOUNT_DEPOSITED:
        return "into the city's account";
    case DURE_MOVE_ORDER_OPENED:
        return "ordered";
    case DURE_MOVE_ORDER_CLOSED:
        return "order closed";
    case DURE_MOVE_LOT_CANCELLED:
        return "purchase cancelled";
    case DURE_MOVE_GRANT_TO_ESCROW:
        return "the grant into escrow";
    case DURE_MOVE_REWARD_TO_ESCROW:
        return "the reward into escrow";
    case DURE_MOVE_ADVANCE_TO_ESCROW:
        return "advanced into escrow for a refund";
    case DURE_MOVE_ESCROW_TO_ACCOUNT:
        return "from escrow back to the city's account";
    case DURE_MOVE_LOT_RETURNED:
        return "given back to the payer";
    case DURE_MOVE_MERCHANT_RETURNED:
        return "given back by the shop";
    case DURE_MOVE_DEBT_OPENED:
        return "owed by the shop to the city's refund reserve";
    case DURE_MOVE_DEBT_REPAID:
        return "repaid by the shop to the city's refund reserve";
    case DURE_MOVE_LOT_WITHDRAWN:
        return "reward taken back";
    case DURE_MOVE_LOT_GIVEN:
        return "given away";
    case DURE_MOVE_LOT_RECEIVED:
        return "received as a gift";
    case DURE_MOVE_MERCHANT_SENT:
        return "paid by the shop";
    case DURE_MOVE_LOT_REMAINDERED:
        return "remainder given up";
    case DURE_MOVE_LOT_RECALLED:
        return "recalled by the city";
    case DURE_MOVE_LOT_LAPSED:
        return "lapsed";
    case DURE_MOVE_SHARE_TAKEN:
        return "share for the city's account";
    case DURE_MOVE_BATCH_RESERVED:
        return "reserved for a grant";
    case DURE_MOVE_BATCH_RELEASED:
        return "no longer reserved";
    case DURE_MOVE_LOTS_GRANTED:
        return "granted";
    case DURE_MOVE_LOTS_RECALLED:
        return "recalled by the city";
    }
    return "?";
}

static void print_effect(const dure_receipt_t *receipt, const char *block_hash)
{
    static dure_effect_t effect;
    dure_reader_t reader = dure_reader(receipt->effect);
    dure_effect_decode(&reader, &effect);
    dure_zone_t kst = dure_zone_kst();
    const char *kind = dure_body_kind_name(effect.kind);
    const dure_result_text_t *text = dure_result_text(effect.code);
    printf("transaction %s (%s)\n", id_text(&effect.id).text, kind == NULL ? "?" : kind);
    printf("%s KST, block %" PRIu64 ", entry %u\n", time_text(&kst, effect.time).text,
           receipt->height, receipt->index);
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

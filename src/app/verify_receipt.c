/* dure verify-receipt FILE: checks a receipt with nothing but its bytes and a block hash that is
 * trusted. */
#include "app/dure_command.h"
#include "app/receipt_text.h"
#include "app/text.h"
#include "app/verify.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: dure verify-receipt FILE [--block-hash HEX] [--lang ko|en|zh]\n"
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

static void print_effect(const dure_receipt_t *receipt, const char *block_hash, uint8_t language)
{
    static dure_effect_t effect;
    dure_reader_t reader = dure_reader(receipt->witness.effect);
    dure_effect_decode(&reader, &effect);
    const dure_zone_t kst = dure_zone_kst();
    receipt_text_print(stdout, &effect, &kst, language);
    printf("block %" PRIu64 ", entry %u\n", receipt->witness.height, receipt->witness.index);
    printf("proved under block %" PRIu64 ", hash %s\n", receipt->header.height, block_hash);
}

int dure_verify_receipt_command(int argc, char **argv)
{
    static const struct option options[] = {{"block-hash", required_argument, NULL, 'b'},
                                            {"lang", required_argument, NULL, 'l'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    const char *trusted = NULL;
    const char *lang = NULL;
    uint8_t language = 0;
    int option;
    optind = 1;
    while ((option = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (option == 'b') {
            trusted = optarg;
        } else if (option == 'l') {
            lang = optarg;
        } else {
            fputs(usage, option == 'h' ? stdout : stderr);
            return option == 'h' ? 0 : 2;
        }
    }
    if (optind + 1 != argc) {
        fputs(usage, stderr);
        return 2;
    }
    if (!language_choose(&language, lang)) {
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
    print_effect(&receipt, text.text, language);
    if (trusted == NULL) {
        printf("Compare this hash with the one that the city publishes.\n");
    }
    return 0;
}

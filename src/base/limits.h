/* Every fixed limit of the project, in one place.  What depends on another is asserted below. */
#ifndef DURE_BASE_LIMITS_H
#define DURE_BASE_LIMITS_H

#include <assert.h>
#include <stdint.h>

/* Money.  yak.md 2c: won <= 10^15, products 128 bits. */
#define DURE_AMOUNT_WON_MAX UINT64_C(1000000000000000)
#define DURE_RATE_ONE       10000u /* 100 % in hundredths of a percent */

/* Names. */
#define DURE_NAME_SIZE 32u /* bytes with the padding zero */

/* Time: 2199-12-31 is the last day. */
#define DURE_ZONE_OFFSETS_MAX 8u
#define DURE_DAY_MAX          84005
#define DURE_TIME_MAX_MS                                                                           \
    UINT64_C(7257945600000) /* 2199-12-30T00:00Z: every zone is within the last day */

/* Transactions and blocks. */
#define DURE_TX_SIZE_MAX        65536u /* bytes, one transaction with its signatures */
#define DURE_TX_VALIDITY_MS_MAX UINT64_C(2678400000) /* 31 days: the longest valid_until ahead */
#define DURE_WITNESS_SIZE_MAX   16384u /* bytes, what a refund carries behind its seal */
#define DURE_BLOCK_TXS_MAX      16384u
#define DURE_BLOCK_SIZE_MAX     (4u * 1024u * 1024u) /* bytes, header and transactions */

/* Replay windows. */
#define DURE_WINDOW_BITS         64u   /* a citizen's or merchant's one lane */
#define DURE_WINDOW_SERVICE_BITS 4096u /* each lane of a service */
#define DURE_SERVICE_LANES_MAX   64u

/* Parties. */
#define DURE_PARTY_KEYS_MAX       4u
#define DURE_PARTY_ATTRIBUTES_MAX 32u
#define DURE_PARTY_LOTS_MAX       32u /* per fund */
#define DURE_PARTY_FUNDS_MAX      32u /* funds in which one party holds anything */

/* Cities and funds. */
#define DURE_CITIES_MAX            64u
#define DURE_CITY_ACCOUNTS_MAX     32u
#define DURE_FUNDS_MAX             256u
#define DURE_FUND_VERSIONS_MAX     8u
#define DURE_FUND_PARAMETERS_MAX   32u
#define DURE_FUND_COUNTERS_MAX     32u
#define DURE_PARAMETER_CHANGES_MAX 16u /* dated values of one parameter kept */

/* Yak. */
#define DURE_YAK_SOURCE_SIZE_MAX (32u * 1024u) /* bytes of one program's source */
#define DURE_YAK_IMAGE_SIZE_MAX  (24u * 1024u) /* bytes of one program's bytecode */

#define DURE_YAK_INPUTS_MAX      64u /* inputs of one verb */
#define DURE_YAK_RULES_MAX       64u /* rules of one verb */
#define DURE_YAK_LISTS_MAX       16u
#define DURE_YAK_RULE_INPUTS_MAX 4u    /* numbers shown with a refusal */
#define DURE_YAK_STEPS_MAX       4096u /* instructions of one decision */

static_assert(DURE_YAK_IMAGE_SIZE_MAX + DURE_YAK_SOURCE_SIZE_MAX + 1024u < DURE_TX_SIZE_MAX,
              "a program's image and source fit one transaction");
static_assert(DURE_TX_SIZE_MAX * 2u < DURE_BLOCK_SIZE_MAX, "a block holds the largest transaction");
static_assert(DURE_WINDOW_BITS % 64u == 0 && DURE_WINDOW_SERVICE_BITS % 64u == 0, "whole words");

#endif

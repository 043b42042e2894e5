/* receipt_text: what a transaction did, from its effect alone, for a person: each lot of a payment
   with its terms, each thing that a refund gives back, rule and numbers.  In three languages. */
#ifndef DURE_APP_RECEIPT_TEXT_H
#define DURE_APP_RECEIPT_TEXT_H

#include <stdio.h>

#include "codec/dure_codec.h"

/* receipt_text_print: language: dure_yak_language_t. */
void receipt_text_print(FILE *out, const dure_effect_t *effect, const dure_zone_t *zone,
                        uint8_t language);

#endif

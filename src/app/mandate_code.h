/* mandate code: a mandate with its payer's signature as text that can be shown, typed and pasted.
   docs/formats/money.md has its bytes. */
#ifndef DURE_APP_MANDATE_CODE_H
#define DURE_APP_MANDATE_CODE_H

#include "codec/dure_codec.h"

typedef struct {
    dure_mandate_t mandate;
    uint8_t slot;
    dure_signature_t signature;
} mandate_code_t;

/* "DURE1" and 175 letters and digits, of an alphabet without I, L, O and U. */
#define MANDATE_CODE_SIZE 181u /* with the zero at its end */

void mandate_code_write(char out[MANDATE_CODE_SIZE], const mandate_code_t *code);
/* mandate_code_read: small letters, blanks and hyphens are allowed, I and L are read as 1, O as 0.
   NULL, or what is wrong with it. */
const char *mandate_code_read(mandate_code_t *code, const char *text);

#endif

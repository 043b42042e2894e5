/* text: amounts, times and names as people read them.  Shared by the programs of src/app. */
#ifndef DURE_APP_TEXT_H
#define DURE_APP_TEXT_H

#include "codec/dure_codec.h"

#define TEXT_SIZE 96u
typedef struct {
    char text[TEXT_SIZE];
} text_t;

text_t amount_text(dure_amount_t amount);                    /* 5,000원 */
text_t number_text(uint64_t number);                         /* 5,000 */
text_t rate_text(int64_t bp);                                /* 6 %, 7.5 % */
text_t day_text(dure_day_t day);                             /* 2019-03-01 */
text_t time_text(const dure_zone_t *zone, dure_time_t time); /* 2019-03-01 09:00:00 */
text_t id_text(const dure_tx_id_t *id);                      /* 1000001:0:1 */
text_t hash_text(const dure_hash_t *hash);

#endif

/* A town in the middle of its business: something open of every sort, in two cities, so that for
   each kind of transaction one can be made that is accepted, and for each id another that exists.
 */
#ifndef DURE_LEDGER_TEST_STAGE_H
#define DURE_LEDGER_TEST_STAGE_H

#include "ledger/test_list.h"

#define ANNA       UINT64_C(101)
#define BORA       UINT64_C(102)
#define SHOP       UINT64_C(201)
#define SHOP_TWO   UINT64_C(202)
#define SHOP_BARE  UINT64_C(203) /* no category is attested */
#define DEAD       UINT64_C(103) /* his death is recorded; he had nothing */
#define CARA       UINT64_C(104) /* of FUND_DAY lot 1, which is over, and 3,000 of lot 2's 10,000 */
#define FAR_EVA    UINT64_C(301)
#define FAR_SHOP   UINT64_C(302)
#define FAR_SECOND UINT64_C(2001) /* officer */
#define NOBODY     UINT64_C(999999)
#define FUND_TWO   UINT64_C(9)  /* Gimpo's too; nobody has any of it */
#define FUND_DAY   UINT64_C(12) /* Gimpo's; over after a day, may recirculate; SHOP has 7,000 */
#define FUND_GIVES                                                                                 \
    UINT64_C(13)              /* Gimpo's; grants what a row says, and recalls what was granted     \
                               */
#define FUND_FAR  UINT64_C(8) /* Goyang's; grants, too */
#define FUND_NONE UINT64_C(77)
#define TOP       UINT64_C(10000) /* the highest number that each signer of Gimpo has used */
#define ANNA_FACE UINT64_C(100000)
#define BORA_FACE UINT64_C(50000)

typedef struct {
    world_t *world;
    dure_day_t today;
    dure_time_t now;
    dure_tx_id_t order_anna, order_bora, order_far, order_closed;
    dure_tx_id_t payout_shop, payout_held, payout_cancel, payout_far;
    dure_tx_id_t proposal_open, proposal_other, proposal_own, proposal_expired, proposal_far;
    /* Money holds on SHOP, of FUND_TWO, that OFFICER_1 placed: open, appealed, past its day. */
    dure_tx_id_t hold_shop, hold_appealed, hold_over, hold_far;
    /* Open grants: of `list` (1,000 to ANNA, 2,000 to BORA), and the same in Goyang. */
    dure_tx_id_t batch_open, batch_far;
    list_t list;
    uint64_t anna_has, anna_room, shop_has;
    /* Effects that may be proven: ANNA's payment of 25,000 to SHOP, one in Goyang, and an order. */
    dure_effect_t paid, paid_far, ordered;
} stage_t;

/* Gimpo's threshold is one: what is proposed is performed at once.  Proposals of before are open.
   Each signer has its key also in slot 2 as another key.  ANNA has lot 1, spent in part, and lot 2
   untouched; a new block has begun. */
void stage_make(stage_t *stage);
void stage_free(stage_t *stage);
/* The image of general.yak with `from` replaced by `to`, both in all places. */
dure_bytes_t stage_image(const char *from, const char *to);
/* The same with several changes, one after the other. */
dure_bytes_t stage_images(size_t count, const char *const changes[][2]);

#endif

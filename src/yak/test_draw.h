/* Random inputs of decisions, near the values that programs compare with; the same from one seed.
 */
#ifndef DURE_YAK_TEST_DRAW_H
#define DURE_YAK_TEST_DRAW_H

#include "yak/dure_yak.h"

void test_draw_from(uint64_t new_seed); /* not 0 */
uint64_t test_draw(void);
uint64_t test_below(uint64_t bound);
int64_t test_draw_won(void);
dure_amount_t test_draw_amount(void);
/* The inputs of a verb: values of their kind; `wild`: any 64 bits. */
void test_draw_inputs(dure_yak_value_t *inputs, const dure_yak_program_t *program, dure_verb_t verb,
                      bool wild);

#endif

/* kill: a real dured on a real directory, killed again and again while a client process pays. */
#ifndef DURE_KILL_H
#define DURE_KILL_H

#include <stdbool.h>
#include <stdint.h>

/* kill_run: kills dured `kills` times while the client works through a list of `count`
   transactions.  False: what was wrong is on stdout.  The program lies beside this one. */
bool kill_run(uint32_t kills, uint32_t count);

#endif

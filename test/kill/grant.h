/* grant: a list is paid by `dure grant run` while the node, and the command, are killed. */
#ifndef DURE_KILL_GRANT_H
#define DURE_KILL_GRANT_H

#include <stdbool.h>
#include <stdint.h>

/* grant_killed: a city with `rows` citizens, a list of all of them, and `kills` blows with kill -9
   while it is carried out.  In the end each has exactly one lot and the account paid the exact sum.
   At least `midway` blows must have found the list done in part.  False: what was wrong is on
   stdout.  dure and dured lie beside this program. */
bool grant_killed(uint32_t rows, uint32_t kills, uint32_t midway);

#endif

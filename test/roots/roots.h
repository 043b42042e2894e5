/* What the root checks share: the fixed trace, a chain for it, and output that is compared with a
   committed file. */
#ifndef DURE_ROOTS_H
#define DURE_ROOTS_H

#include "chain/dure_chain.h"
#include "trace/trace.h"

/* Exits with a message if the examples cannot be read or memory is short. */
dure_trace_t *roots_trace(void);
dure_chain_t *roots_chain(const dure_trace_t *trace);

/* The next `count` transactions of the trace as one block, finalized but not committed.  The update
   borrows until the next block. */
dure_chain_update_t roots_block(dure_chain_t *chain, dure_trace_t *trace, uint32_t count);
void roots_commit(dure_chain_t *chain);

__attribute__((format(printf, 1, 2))) void roots_say(const char *format, ...);
void roots_say_hex(const char *name, const void *bytes, size_t size);
/* Prints all that was said.  True if that is the file, or the program was called with --print. */
bool roots_end(int argc, char **argv, const char *expected_path);

#endif

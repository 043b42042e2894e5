/* archive: full segments of a log copied to another directory, batch by batch, each verified; then
   read again from the device, with every hash, before a copy counts.  What counts may be pruned.

   It works on files alone and needs no open store: on a thread of its own with its own io, or on
   the loop of a simulated node. */
#ifndef DURE_ARCHIVE_H
#define DURE_ARCHIVE_H

#include "store/dure_store.h"

typedef struct dure_archiver dure_archiver_t;

/* dure_archiver_new: copies from one directory into another; both are borrowed.  NULL without
   memory. */
dure_archiver_t *dure_archiver_new(dure_io_t *from, dure_io_t *to, const dure_hash_t *chain_id,
                                   dure_store_bug_t planted_bug);
void dure_archiver_free(dure_archiver_t *archiver); /* NULL is allowed */

/* dure_archiver_step: about `bytes` further with the copy of a segment, which must be full: the
   next one has a header.  BUSY: call it again for the same segment; OK: its copy is on the device
   and was read again there.  Else it failed, dure_archiver_message says how, and the next call
   begins the segment anew. */
DURE_MUST_USE dure_store_result_t dure_archiver_step(dure_archiver_t *archiver, uint64_t segment,
                                                     uint64_t bytes);
const char *dure_archiver_message(const dure_archiver_t *archiver);

#endif

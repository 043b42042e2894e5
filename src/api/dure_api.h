/* api: the node's side of its socket.  Serves any number of clients from the node's own loop: never
   blocks, and keeps every buffer within a bound.  docs/api.md is the contract of the bytes.

   What is read from the state is sent when everything it rests on is on the disk.  A client that
   does not read is not read from; one that breaks the protocol is told why and closed; neither
   harms another. */
#ifndef DURE_API_H
#define DURE_API_H

#include "consensus/dure_consensus.h"
#include "index/dure_index.h"
#include "io/dure_io.h"

typedef struct dure_api dure_api_t;

#define DURE_API_CONNECTIONS_MAX 256u

/* Why a connection ended; counted, and told in `status`. */
typedef enum {
    DURE_API_CLOSED_BY_PEER = 0,
    DURE_API_FRAME_TOO_SMALL,  /* the prefix announces less than a number and a kind */
    DURE_API_FRAME_TOO_LARGE,  /* or more than an ask may have */
    DURE_API_ASK_MALFORMED,    /* the frame is not a canonical ask */
    DURE_API_TOO_MANY_CLIENTS, /* DURE_API_CONNECTIONS_MAX are connected */
    DURE_API_NO_MEMORY,
    DURE_API_STOPPED, /* the node stops */
} dure_api_reason_t;
#define DURE_API_REASONS 7u

const char *dure_api_reason_name(dure_api_reason_t reason);

typedef struct {
    uint64_t accepted;
    uint64_t closed[DURE_API_REASONS];
    uint64_t asks;
    uint64_t submitted; /* transactions */
} dure_api_counts_t;

/* dure_api_open: listens at `path` and becomes the consensus's listener.  Borrows all until close.
   index may be NULL: then answers, receipts and following are refused.  False: nothing is made,
   dure_io_error_text says why. */
DURE_MUST_USE bool dure_api_open(dure_api_t **api, dure_io_t *io, const char *path,
                                 dure_consensus_t *consensus, dure_index_t *index);
/* dure_api_event: a socket's event out of the loop; user is the dure_api_t.  Other sockets' events
   are ignored. */
void dure_api_event(void *user, const dure_io_event_t *event);
/* dure_api_shut: takes no new client and no new ask; what was asked is still answered. */
void dure_api_shut(dure_api_t *api);
/* dure_api_close: sends what the sockets take at once, closes all and frees.  NULL is allowed. */
void dure_api_close(dure_api_t *api);

dure_api_counts_t dure_api_counts(const dure_api_t *api);

#endif

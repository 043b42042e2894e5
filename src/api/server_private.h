/* server_private: what the parts of the server share.  Not for other folders. */
#ifndef DURE_API_SERVER_PRIVATE_H
#define DURE_API_SERVER_PRIVATE_H

#include "api/api_private.h"
#include "api/dure_api.h"

/* A client is not read from while this much waits for it. */
#define SERVER_OUT_HIGH               (4u * 1024u * 1024u)
#define SERVER_FOLLOW_HIGH            (1024u * 1024u)
#define SERVER_FOLLOW_PART            (1024u * 1024u) /* bytes of effects in one tell, about */
#define SERVER_CLIENT_SUBMISSIONS_MAX 64u             /* under way, of one client */
#define SERVER_SUBMISSIONS_MAX        (DURE_API_CONNECTIONS_MAX * SERVER_CLIENT_SUBMISSIONS_MAX)

static_assert(SERVER_SUBMISSIONS_MAX <= UINT16_MAX, "a place fits a token");
static_assert(API_SUBMIT_MAX <= UINT16_MAX, "an index fits a token");

typedef struct {
    uint32_t offset, size; /* of an encoded answer in `bytes`; size 0: not answered yet */
} server_answer_t;

/* An ask_submit under way. */
typedef struct {
    bool is_used;
    uint32_t generation;     /* so that a token of an earlier use is told apart */
    dure_io_socket_t client; /* 0: the client has gone, the answers are dropped */
    uint64_t number;         /* of the ask */
    uint32_t count, taken, answered;
    server_answer_t *answers; /* count; owned */
    api_buffer_t bytes;       /* encoded answers, in order of arrival */
} server_submission_t;

typedef struct {
    dure_io_socket_t socket; /* 0: free */
    api_buffer_t in;         /* asks */
    api_buffer_t out;        /* tells that may be sent */
    api_buffer_t held;       /* tells that wait for the disk: height (8), then the frame */
    uint64_t answer_bytes;   /* in its submissions */
    uint32_t submissions;    /* under way */
    uint32_t filling;        /* place + 1 of the submission that the first frame of `in` fills */
    size_t filling_offset;   /* in that frame's list */
    bool is_closing;         /* told why; closes when `out` is sent */
    dure_api_reason_t reason;
    bool follows;
    uint64_t follow_number;
    uint64_t follow_height; /* of the next block to tell, */
    uint32_t follow_place;  /* and its next effect */
} server_client_t;

struct dure_api {
    dure_io_t *io;
    dure_io_socket_t listener;
    dure_consensus_t *consensus;
    dure_index_t *index; /* may be NULL */
    bool is_shut;
    uint32_t resume_next; /* whose turn it is when there is room again */
    uint32_t client_count;
    server_client_t clients[DURE_IO_SOCKETS_MAX]; /* by DURE_IO_SOCKET_PLACE */
    server_submission_t submissions[SERVER_SUBMISSIONS_MAX];
    uint32_t submission_next; /* where to look for a free one */
    api_buffer_t scratch;     /* for one reply */
    uint8_t record[DURE_RECORD_SIZE_MAX];
    uint8_t proof[DURE_TREE_PROOF_SIZE_MAX];
    dure_api_counts_t counts;
};

/* ---- server.c: connections
 * ----------------------------------------------------------------------- */
/* server_drop: closes the connection at once. */
void server_drop(dure_api_t *api, server_client_t *client, dure_api_reason_t reason);
/* server_refuse: tells the problem, takes nothing more, and closes when that is sent. */
void server_refuse(dure_api_t *api, server_client_t *client, uint64_t number,
                   dure_api_reason_t reason, const char *text);
/* server_tell: sends a reply; `height` is what it rests on: it waits until that is durable. */
void server_tell(dure_api_t *api, server_client_t *client, const dure_tell_t *tell, size_t size,
                 uint64_t height);
void server_problem(dure_api_t *api, server_client_t *client, uint64_t number, const char *text);
/* server_advance: serves what can be served, sends what can be sent, and watches for the rest. */
void server_advance(dure_api_t *api, server_client_t *client);
server_client_t *server_client(dure_api_t *api, dure_io_socket_t socket);

/* ---- submit.c
 * ------------------------------------------------------------------------------------ */
/* server_submit: goes on with the ask at the front of client->in.  False: it must wait for room. */
bool server_submit(dure_api_t *api, server_client_t *client, const dure_ask_t *ask);
void server_answer(void *user, uint64_t token, const dure_answer_t *answer);
/* server_forget: the client has gone. */
void server_forget(dure_api_t *api, server_client_t *client);

/* ---- read.c
 * -------------------------------------------------------------------------------------- */
void server_read(dure_api_t *api, server_client_t *client, const dure_ask_t *ask);
/* server_follow: tells the next blocks to a client that follows, as far as it takes them. */
void server_follow(dure_api_t *api, server_client_t *client);
/* True if the client follows and durable blocks are left to tell. */
bool server_is_behind(const dure_api_t *api, const server_client_t *client);

#endif

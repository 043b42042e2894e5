/* api: the client's side of a node's socket.  docs/api.md is the contract of the bytes.

   A client is one connection and belongs to one thread; a process may have many.  Calls that return
   false put a sentence into dure_client_problem.  What a call gives out (a tell, an answer's
   effect, a record) borrows from the client's buffer and holds until the next call on that client.

   One at a time:   dure_client_head, dure_client_submit, dure_client_record, dure_client_call.
   Many under way:  dure_client_send several asks, then dure_client_receive_number (or
                    dure_client_receive, in order of arrival) for each.  Reads are answered at once
                    and submits when they are durable, so tells may arrive in another order than
                    their asks; two submits of one connection are decided in the order sent. */
#ifndef DURE_CLIENT_H
#define DURE_CLIENT_H

#include "codec/dure_codec.h"
#include "ledger/dure_ledger.h"
#include "merkle/dure_merkle.h"

typedef struct dure_client dure_client_t;

#define DURE_CLIENT_SUBMIT_MAX 4096u /* transactions in one ask */
/* Bytes of all transactions in one ask, with 4 bytes for each; an ask is at most 4 MiB. */
#define DURE_CLIENT_SUBMIT_SIZE_MAX (4u * 1024u * 1024u - 64u)
/* Bytes of tells that arrived and were not taken; beyond it the client stops reading. */
#define DURE_CLIENT_UNREAD_MAX (64u * 1024u * 1024u)
#define DURE_CLIENT_TIMEOUT_MS 60000u /* how long a call waits, unless told otherwise */

/* dure_client_open: connects to the node that listens at `path`.  On failure *client is still made,
   so that dure_client_problem can be read, and must be closed; *client is NULL only without
   memory.  dure_crypto_init need not have been called. */
DURE_MUST_USE bool dure_client_open(dure_client_t **client, const char *path);
void dure_client_close(dure_client_t *client); /* NULL is allowed */

/* dure_client_problem: one sentence about the last call that returned false, such as "no node is
   listening at city/node.socket: start one with dured city". */
const char *dure_client_problem(const dure_client_t *client);
/* dure_client_is_refused: true if the last call failed because the node answered it with a
   problem: the connection still works.  Otherwise it is over and only close is left. */
bool dure_client_is_refused(const dure_client_t *client);
/* 0: wait for ever. */
void dure_client_set_timeout(dure_client_t *client, uint64_t timeout_ms);

/* ---- asks and tells
 * ------------------------------------------------------------------------------ */

/* dure_client_send: hands an ask to the connection; *number is what its tell will carry.  Blocks
   only while the node does not take bytes; takes in tells meanwhile. */
DURE_MUST_USE bool dure_client_send(dure_client_t *client, uint64_t *number,
                                    const dure_request_t *request);
/* dure_client_receive: the next tell in order of arrival, problems included. */
DURE_MUST_USE bool dure_client_receive(dure_client_t *client, dure_tell_t *tell);
/* dure_client_receive_number: the tell of one ask; other tells stay for later.  False also if the
   node told a problem (dure_client_is_refused). */
DURE_MUST_USE bool dure_client_receive_number(dure_client_t *client, dure_tell_t *tell,
                                              uint64_t number);
/* dure_client_call: send, then receive_number; false also if the tell is of another kind than the
   ask. */
DURE_MUST_USE bool dure_client_call(dure_client_t *client, dure_tell_t *tell,
                                    const dure_request_t *request);

/* ---- the usual asks
 * ------------------------------------------------------------------------------ */
DURE_MUST_USE bool dure_client_head(dure_client_t *client, dure_tell_head_t *head);

/* dure_client_submit: sends the wire bytes of `count` transactions (1..DURE_CLIENT_SUBMIT_MAX, in
   all at most DURE_CLIENT_SUBMIT_SIZE_MAX with 4 bytes for each) and waits until all are durable.
   Fills one answer for each, in order. */
DURE_MUST_USE bool dure_client_submit(dure_client_t *client, dure_answer_t *answers,
                                      const dure_bytes_t *wires, uint32_t count);
/* dure_client_submit_start, _finish: the two halves of submit.  `wires` is not needed any more
   after start; finish takes the same count. */
DURE_MUST_USE bool dure_client_submit_start(dure_client_t *client, uint64_t *number,
                                            const dure_bytes_t *wires, uint32_t count);
DURE_MUST_USE bool dure_client_submit_finish(dure_client_t *client, dure_answer_t *answers,
                                             uint64_t number, uint32_t count);

/* dure_client_effect: decodes an answer's effect; false if it is empty or not canonical. */
DURE_MUST_USE bool dure_client_effect(dure_effect_t *effect, const dure_answer_t *answer);

/* dure_client_record: *found tells whether there is such a record; its bytes are in *record. */
DURE_MUST_USE bool dure_client_record(dure_client_t *client, bool *found, dure_bytes_t *record,
                                      const dure_primary_key_t *key);
/* The same, decoded.  Lists kept as views borrow like the record. */
DURE_MUST_USE bool dure_client_party(dure_client_t *client, bool *found,
                                     dure_record_party_t *record, uint64_t party);
DURE_MUST_USE bool dure_client_fund(dure_client_t *client, bool *found, dure_record_fund_t *record,
                                    uint64_t fund);
DURE_MUST_USE bool dure_client_program(dure_client_t *client, bool *found,
                                       dure_record_program_t *record, uint64_t fund,
                                       uint8_t version);
DURE_MUST_USE bool dure_client_account(dure_client_t *client, bool *found,
                                       dure_record_account_t *record, uint32_t city,
                                       const dure_name_t *name);
DURE_MUST_USE bool dure_client_order(dure_client_t *client, bool *found,
                                     dure_record_order_t *record, const dure_tx_id_t *id);
DURE_MUST_USE bool dure_client_payout(dure_client_t *client, bool *found,
                                      dure_record_payout_t *record, const dure_tx_id_t *id);
DURE_MUST_USE bool dure_client_proposal(dure_client_t *client, bool *found,
                                        dure_record_proposal_t *record, const dure_tx_id_t *id);
DURE_MUST_USE bool dure_client_batch(dure_client_t *client, bool *found,
                                     dure_record_batch_t *record, const dure_tx_id_t *id);

/* dure_client_top: the highest number that the party used on the lane; 0 if it used none or is not
   registered.  A citizen or merchant has lane 0 alone. */
DURE_MUST_USE bool dure_client_top(dure_client_t *client, uint64_t *top, uint64_t party,
                                   uint16_t lane);

/* dure_client_scan: the next page of a table.  *cursor starts at 0 and is 0 again after the last
   page.  The page's elements are dure_scanned_t. */
DURE_MUST_USE bool dure_client_scan(dure_client_t *client, uint64_t *cursor, dure_view_t *records,
                                    dure_table_t table);

/* dure_client_try: what would become of rows of a batch, up to 256 at a time, if they were carried
   out now.  *tried has one dure_tried_row_t for each, in order. */
DURE_MUST_USE bool dure_client_try(dure_client_t *client, dure_view_t *tried,
                                   const dure_ask_try_t *ask);

/* dure_client_follow: from now on each durable block's effects after height `after` come as
   DURE_REPLY_EFFECTS tells of this number, to be taken with dure_client_receive. */
DURE_MUST_USE bool dure_client_follow(dure_client_t *client, uint64_t *number, uint64_t after);

#endif

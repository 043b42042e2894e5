/* client: one connection to a node. */
#include "api/dure_client.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/api_private.h"
#include "io/dure_io.h"

#define PROBLEM_SIZE 640u
#define RECV_SIZE    (256u * 1024u)

struct dure_client {
    dure_io_t *io;
    dure_io_socket_t socket; /* 0: not connected */
    uint64_t number;         /* of the last ask */
    uint64_t timeout_ms;
    bool is_refused;
    api_buffer_t out, in;
    size_t taken_offset, taken_size; /* the tell that was given out, with its prefix */
    char path[128];
    char problem[PROBLEM_SIZE];
};

__attribute__((format(printf, 2, 3))) static bool fail(dure_client_t *client, const char *format,
                                                       ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(client->problem, sizeof client->problem, format, arguments);
    va_end(arguments);
    return false;
}

/* A problem without a number, by which the node says why it closed; false if there is none. */
static bool find_last_words(dure_client_t *client, dure_tell_t *tell)
{
    dure_bytes_t frame = {0};
    size_t offset = 0;
    while (api_frame_at(&client->in, &frame, offset, API_TELL_SIZE_MAX) == API_FRAME_WHOLE) {
        dure_reader_t reader = dure_reader(frame);
        dure_tell_decode(&reader, tell);
        if (dure_reader_end(&reader) && tell->number == 0 &&
            tell->what.kind == DURE_REPLY_PROBLEM) {
            return true;
        }
        offset += API_PREFIX_SIZE + frame.size;
    }
    return false;
}

/* The connection is over. */
static bool fail_for_good(dure_client_t *client, const char *why)
{
    dure_io_socket_close(client->io, client->socket);
    client->socket = 0;
    dure_tell_t tell;
    if (find_last_words(client, &tell)) {
        return fail(client, "the node at %s closed the connection: %.*s", client->path,
                    (int)tell.what.problem.text.size, (const char *)tell.what.problem.text.data);
    }
    return fail(client, "the connection to the node at %s ended: %s", client->path, why);
}

static bool is_connected(dure_client_t *client)
{
    client->is_refused = false;
    return client->socket != 0 || fail(client, "not connected to %s", client->path);
}

bool dure_client_open(dure_client_t **result, const char *path)
{
    dure_client_t *client = calloc(1, sizeof *client);
    *result = client;
    if (client == NULL) {
        return false;
    }
    client->timeout_ms = DURE_CLIENT_TIMEOUT_MS;
    snprintf(client->path, sizeof client->path, "%s", path);
    if (dure_io_linux_open(&client->io, ".", DURE_IO_READ_ONLY) != DURE_IO_OK) {
        return fail(client, "cannot prepare a connection: %s",
                    client->io == NULL ? "no memory" : dure_io_error_text(client->io));
    }
    dure_io_result_t status = dure_io_connect(client->io, &client->socket, path);
    if (status == DURE_IO_NOT_FOUND) {
        const char *slash = strrchr(path, '/');
        int folder_size = slash == NULL ? 1 : (int)(slash - path);
        return fail(client, "no node is listening at %s: start one with dured %.*s", path,
                    folder_size, slash == NULL ? "." : path);
    }
    return status == DURE_IO_OK || fail(client, "%s", dure_io_error_text(client->io));
}

void dure_client_close(dure_client_t *client)
{
    if (client == NULL) {
        return;
    }
    dure_io_close(client->io);
    api_buffer_free(&client->out);
    api_buffer_free(&client->in);
    free(client);
}

const char *dure_client_problem(const dure_client_t *client)
{
    return client == NULL ? "no memory" : client->problem;
}

bool dure_client_is_refused(const dure_client_t *client)
{
    return client->is_refused;
}

void dure_client_set_timeout(dure_client_t *client, uint64_t timeout_ms)
{
    client->timeout_ms = timeout_ms;
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* The tell that was given out is not needed any more. */
static void drop_taken(dure_client_t *client)
{
    if (client->taken_size > 0) {
        api_buffer_cut(&client->in, client->taken_offset, client->taken_size);
        client->taken_size = 0;
    }
}

/* Takes in what has arrived, at most once; *any tells whether there was something. */
static bool take_in(dure_client_t *client, bool *any)
{
    *any = false;
    if (api_buffer_size(&client->in) >= DURE_CLIENT_UNREAD_MAX) {
        return true;
    }
    uint8_t *room = api_buffer_room(&client->in, RECV_SIZE);
    if (room == NULL) {
        return fail_for_good(client, "no memory");
    }
    size_t received = 0;
    dure_io_result_t status = dure_io_recv(client->io, client->socket, &received, room, RECV_SIZE);
    if (status == DURE_IO_AGAIN) {
        return true;
    }
    if (status != DURE_IO_OK) {
        return fail_for_good(client, "it was closed by the node");
    }
    api_buffer_put(&client->in, received);
    *any = true;
    return true;
}

static bool send_some(dure_client_t *client)
{
    while (api_buffer_size(&client->out) > 0) {
        size_t sent = 0;
        dure_io_result_t status =
            dure_io_send(client->io, client->socket, &sent, api_buffer_front(&client->out),
                         api_buffer_size(&client->out));
        if (status == DURE_IO_AGAIN) {
            return true;
        }
        if (status != DURE_IO_OK) {
            bool any = true; /* the node may have said why before it closed */
            while (any) {
                if (!take_in(client, &any)) {
                    return false;
                }
            }
            return fail_for_good(client, "it was closed by the node");
        }
        api_buffer_take(&client->out, sent);
    }
    return true;
}

/* Waits until the socket can do more than before, or the time is over. */
static bool wait_ready(dure_client_t *client, uint64_t deadline_ns)
{
    bool is_full = api_buffer_size(&client->in) >= DURE_CLIENT_UNREAD_MAX;
    bool has_out = api_buffer_size(&client->out) > 0;
    if (is_full && has_out) {
        return fail_for_good(client, "too many tells arrived that were not taken");
    }
    uint64_t now = dure_io_monotonic_ns(client->io);
    if (now >= deadline_ns) {
        return fail(client, "the node at %s did not answer within %llu seconds", client->path,
                    (unsigned long long)(client->timeout_ms / 1000));
    }
    dure_io_event_t events[4];
    size_t count = 0;
    uint64_t wait_ns = deadline_ns == UINT64_MAX ? DURE_IO_FOREVER : deadline_ns - now;
    if (dure_io_watch(client->io, client->socket, !is_full, has_out) != DURE_IO_OK ||
        dure_io_poll(client->io, events, &count, 4, wait_ns) != DURE_IO_OK) {
        return fail_for_good(client, dure_io_error_text(client->io));
    }
    return true;
}

static uint64_t deadline_of(dure_client_t *client)
{
    return client->timeout_ms == 0
               ? UINT64_MAX
               : dure_io_monotonic_ns(client->io) + client->timeout_ms * UINT64_C(1000000);
}

static bool flush(dure_client_t *client)
{
    uint64_t deadline_ns = deadline_of(client);
    for (;;) {
        if (!send_some(client)) {
            return false;
        }
        if (api_buffer_size(&client->out) == 0) {
            return true;
        }
        bool any = false;
        if (!take_in(client, &any) || (!any && !wait_ready(client, deadline_ns))) {
            return false;
        }
    }
}

/* ---- asks and tells -------------------------------------------------------------------------- */

static size_t ask_size_at_most(const dure_request_t *request)
{
    const size_t rows = request->kind == DURE_REQUEST_TRY ? request->try.rows.bytes.size : 0;
    return 256u + rows +
           (request->kind == DURE_REQUEST_SUBMIT ? request->submit.txs.bytes.size : 0);
}

bool dure_client_send(dure_client_t *client, uint64_t *number, const dure_request_t *request)
{
    if (!is_connected(client)) {
        return false;
    }
    drop_taken(client);
    dure_ask_t ask = {.number = ++client->number, .what = *request};
    *number = ask.number;
    if (!api_frame_append_ask(&client->out, &ask, ask_size_at_most(request))) {
        client->is_refused = true;
        return fail(client, "the request is larger than %u bytes", API_ASK_SIZE_MAX);
    }
    return flush(client);
}

/* Finds the first tell (any, or of one number) that has arrived. */
static bool find_tell(dure_client_t *client, dure_bytes_t *frame, size_t *offset, bool any_number,
                      uint64_t number, bool *found)
{
    *offset = 0;
    for (;;) {
        api_frame_result_t status = api_frame_at(&client->in, frame, *offset, API_TELL_SIZE_MAX);
        if (status == API_FRAME_PARTIAL) {
            *found = false;
            return true;
        }
        if (status != API_FRAME_WHOLE) {
            return fail_for_good(client, "what listens there does not speak as a node does");
        }
        /* A problem without a number tells why the node is about to close. */
        if (any_number || api_frame_number(*frame) == number || api_frame_number(*frame) == 0) {
            *found = true;
            return true;
        }
        *offset += API_PREFIX_SIZE + frame->size;
    }
}

static bool receive(dure_client_t *client, dure_tell_t *tell, bool any_number, uint64_t number)
{
    if (!is_connected(client)) {
        return false;
    }
    drop_taken(client);
    uint64_t deadline_ns = deadline_of(client);
    dure_bytes_t frame = {0};
    size_t offset = 0;
    bool found = false;
    for (;;) {
        if (!find_tell(client, &frame, &offset, any_number, number, &found)) {
            return false;
        }
        if (found) {
            break;
        }
        bool any = false;
        if (!take_in(client, &any) || (!any && !wait_ready(client, deadline_ns))) {
            return false;
        }
    }
    dure_reader_t reader = dure_reader(frame);
    dure_tell_decode(&reader, tell);
    if (!dure_reader_end(&reader)) {
        return fail_for_good(client, "what listens there does not speak as a node does");
    }
    client->taken_offset = offset;
    client->taken_size = API_PREFIX_SIZE + frame.size;
    return true;
}

bool dure_client_receive(dure_client_t *client, dure_tell_t *tell)
{
    return receive(client, tell, true, 0);
}

bool dure_client_receive_number(dure_client_t *client, dure_tell_t *tell, uint64_t number)
{
    if (!receive(client, tell, false, number)) {
        return false;
    }
    if (tell->what.kind != DURE_REPLY_PROBLEM) {
        return true;
    }
    client->is_refused = tell->number == number;
    return fail(client, "the node: %.*s", (int)tell->what.problem.text.size,
                (const char *)tell->what.problem.text.data);
}

bool dure_client_call(dure_client_t *client, dure_tell_t *tell, const dure_request_t *request)
{
    uint64_t number = 0;
    if (!dure_client_send(client, &number, request) ||
        !dure_client_receive_number(client, tell, number)) {
        return false;
    }
    /* Requests and replies have equal numbers for what belongs together. */
    if (tell->what.kind != request->kind) {
        return fail_for_good(client, "the node answered something else than was asked");
    }
    return true;
}

/* ---- submitting ------------------------------------------------------------------------------ */

bool dure_client_submit_start(dure_client_t *client, uint64_t *number, const dure_bytes_t *wires,
                              uint32_t count)
{
    DURE_ASSERT(count >= 1 && count <= DURE_CLIENT_SUBMIT_MAX);
    if (!is_connected(client)) {
        return false;
    }
    drop_taken(client);
    size_t size = 8u + 1u + 2u; /* number, kind, count */
    for (uint32_t i = 0; i < count; i++) {
        size += 4u + wires[i].size;
    }
    if (size > API_ASK_SIZE_MAX) {
        client->is_refused = true;
        return fail(client, "the transactions have %zu bytes in all; one ask takes %u", size,
                    API_ASK_SIZE_MAX);
    }
    uint8_t *room = api_buffer_room(&client->out, API_PREFIX_SIZE + size);
    if (room == NULL) {
        return fail_for_good(client, "no memory");
    }
    dure_writer_t writer = dure_writer(room, API_PREFIX_SIZE + size);
    dure_write_uint(&writer, 4, size);
    dure_write_uint(&writer, 8, ++client->number);
    dure_write_uint(&writer, 1, DURE_REQUEST_SUBMIT);
    dure_write_uint(&writer, 2, count);
    for (uint32_t i = 0; i < count; i++) {
        dure_write_bytes(&writer, wires[i]);
    }
    DURE_ASSERT(!writer.overflow && writer.size == API_PREFIX_SIZE + size);
    api_buffer_put(&client->out, writer.size);
    *number = client->number;
    return flush(client);
}

bool dure_client_submit_finish(dure_client_t *client, dure_answer_t *answers, uint64_t number,
                               uint32_t count)
{
    dure_tell_t tell;
    if (!dure_client_receive_number(client, &tell, number)) {
        return false;
    }
    if (tell.what.kind != DURE_REPLY_SUBMIT || tell.what.submit.answers.count != count) {
        return fail_for_good(client, "the node answered something else than was asked");
    }
    dure_reader_t reader = dure_reader(tell.what.submit.answers.bytes);
    for (uint32_t i = 0; i < count; i++) {
        dure_answer_decode(&reader, &answers[i]);
    }
    return dure_reader_end(&reader) || fail_for_good(client, "the node's answers are cut off");
}

bool dure_client_submit(dure_client_t *client, dure_answer_t *answers, const dure_bytes_t *wires,
                        uint32_t count)
{
    uint64_t number = 0;
    return dure_client_submit_start(client, &number, wires, count) &&
           dure_client_submit_finish(client, answers, number, count);
}

bool dure_client_effect(dure_effect_t *effect, const dure_answer_t *answer)
{
    dure_reader_t reader = dure_reader(answer->effect);
    dure_effect_decode(&reader, effect);
    return dure_reader_end(&reader);
}

/* ---- reading --------------------------------------------------------------------------------- */

bool dure_client_head(dure_client_t *client, dure_tell_head_t *head)
{
    dure_tell_t tell;
    if (!dure_client_call(client, &tell, &(dure_request_t){.kind = DURE_REQUEST_HEAD})) {
        return false;
    }
    *head = tell.what.head;
    return true;
}

bool dure_client_record(dure_client_t *client, bool *found, dure_bytes_t *record,
                        const dure_primary_key_t *key)
{
    dure_request_t request = {
        .kind = DURE_REQUEST_RECORD,
        .record = {.table = key->table, .key = dure_bytes(key->bytes, key->size)}};
    dure_tell_t tell;
    if (!dure_client_call(client, &tell, &request)) {
        return false;
    }
    *found = tell.what.record.found;
    *record = tell.what.record.record;
    return true;
}

/* The typed reads differ in the key and the decoder alone. */
#define READ_RECORD(client, found, record, key, decode)                                            \
    dure_bytes_t bytes = {0};                                                                      \
    dure_primary_key_t primary = (key);                                                            \
    if (!dure_client_record(client, found, &bytes, &primary)) {                                    \
        return false;                                                                              \
    }                                                                                              \
    if (!*(found)) {                                                                               \
        return true;                                                                               \
    }                                                                                              \
    dure_reader_t reader = dure_reader(bytes);                                                     \
    decode(&reader, record);                                                                       \
    return dure_reader_end(&reader) ||                                                             \
           fail(client, "the node's record is not canonical: %s %s", reader.field, reader.wrong)

bool dure_client_party(dure_client_t *client, bool *found, dure_record_party_t *record,
                       uint64_t party)
{
    READ_RECORD(client, found, record, dure_key_party(party), dure_record_party_decode);
}

bool dure_client_fund(dure_client_t *client, bool *found, dure_record_fund_t *record, uint64_t fund)
{
    READ_RECORD(client, found, record, dure_key_fund(fund), dure_record_fund_decode);
}

bool dure_client_program(dure_client_t *client, bool *found, dure_record_program_t *record,
                         uint64_t fund, uint8_t version)
{
    READ_RECORD(client, found, record, dure_key_program(fund, version), dure_record_program_decode);
}

bool dure_client_account(dure_client_t *client, bool *found, dure_record_account_t *record,
                         uint32_t city, const dure_name_t *name)
{
    READ_RECORD(client, found, record, dure_key_account(city, name), dure_record_account_decode);
}

bool dure_client_order(dure_client_t *client, bool *found, dure_record_order_t *record,
                       const dure_tx_id_t *id)
{
    READ_RECORD(client, found, record, dure_key_made(DURE_TABLE_ORDER, id),
                dure_record_order_decode);
}

bool dure_client_payout(dure_client_t *client, bool *found, dure_record_payout_t *record,
                        const dure_tx_id_t *id)
{
    READ_RECORD(client, found, record, dure_key_made(DURE_TABLE_PAYOUT, id),
                dure_record_payout_decode);
}

bool dure_client_proposal(dure_client_t *client, bool *found, dure_record_proposal_t *record,
                          const dure_tx_id_t *id)
{
    READ_RECORD(client, found, record, dure_key_made(DURE_TABLE_PROPOSAL, id),
                dure_record_proposal_decode);
}

bool dure_client_batch(dure_client_t *client, bool *found, dure_record_batch_t *record,
                       const dure_tx_id_t *id)
{
    READ_RECORD(client, found, record, dure_key_made(DURE_TABLE_BATCH, id),
                dure_record_batch_decode);
}

static bool lane_record(dure_client_t *client, bool *found, dure_record_lane_t *record,
                        uint64_t party, uint16_t lane)
{
    READ_RECORD(client, found, record, dure_key_lane(party, lane), dure_record_lane_decode);
}

bool dure_client_top(dure_client_t *client, uint64_t *top, uint64_t party, uint16_t lane)
{
    *top = 0;
    bool found = false;
    dure_record_lane_t record_lane;
    if (!lane_record(client, &found, &record_lane, party, lane)) {
        return false;
    }
    if (found) {
        *top = record_lane.top;
        return true;
    }
    dure_record_party_t record_party;
    if (lane != 0) {
        return true;
    }
    if (!dure_client_party(client, &found, &record_party, party)) {
        return false;
    }
    *top = found ? record_party.top : 0;
    return true;
}

bool dure_client_scan(dure_client_t *client, uint64_t *cursor, dure_view_t *records,
                      dure_table_t table)
{
    dure_request_t request = {.kind = DURE_REQUEST_SCAN,
                              .scan = {.table = (uint8_t)table, .cursor = *cursor}};
    dure_tell_t tell;
    if (!dure_client_call(client, &tell, &request)) {
        return false;
    }
    *cursor = tell.what.scan.cursor;
    *records = tell.what.scan.records;
    return true;
}

bool dure_client_try(dure_client_t *client, dure_view_t *tried, const dure_ask_try_t *ask)
{
    dure_request_t request = {.kind = DURE_REQUEST_TRY, .try = *ask};
    dure_tell_t tell;
    if (!dure_client_call(client, &tell, &request)) {
        return false;
    }
    if (tell.what.try.rows.count != ask->rows.count) {
        return fail_for_good(client, "the node answered something else than was asked");
    }
    *tried = tell.what.try.rows;
    return true;
}

bool dure_client_follow(dure_client_t *client, uint64_t *number, uint64_t after)
{
    return dure_client_send(
        client, number, &(dure_request_t){.kind = DURE_REQUEST_FOLLOW, .follow = {.after = after}});
}

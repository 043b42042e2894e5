/* server: connections, their bytes in and out, and when they are read from. */
#include "api/server_private.h"

#include <stdlib.h>
#include <string.h>

#define RECV_SIZE     (64u * 1024u)
#define ASKS_AT_ONCE  64u /* of one client, before another has its turn */
#define PROBLEM_BYTES 640u

const char *dure_api_reason_name(dure_api_reason_t reason)
{
    switch (reason) {
    case DURE_API_CLOSED_BY_PEER:
        return "closed_by_peer";
    case DURE_API_FRAME_TOO_SMALL:
        return "frame_too_small";
    case DURE_API_FRAME_TOO_LARGE:
        return "frame_too_large";
    case DURE_API_ASK_MALFORMED:
        return "ask_malformed";
    case DURE_API_TOO_MANY_CLIENTS:
        return "too_many_clients";
    case DURE_API_NO_MEMORY:
        return "no_memory";
    case DURE_API_STOPPED:
        return "stopped";
    }
    return "unknown";
}

dure_api_counts_t dure_api_counts(const dure_api_t *api)
{
    return api->counts;
}

server_client_t *server_client(dure_api_t *api, dure_io_socket_t socket)
{
    server_client_t *client = &api->clients[DURE_IO_SOCKET_PLACE(socket)];
    return socket != 0 && client->socket == socket ? client : NULL;
}

void server_drop(dure_api_t *api, server_client_t *client, dure_api_reason_t reason)
{
    server_forget(api, client);
    dure_io_socket_close(api->io, client->socket);
    api_buffer_free(&client->in);
    api_buffer_free(&client->out);
    api_buffer_free(&client->held);
    api->counts.closed[reason]++;
    api->client_count--;
    *client = (server_client_t){0};
}

/* ---- tells ----------------------------------------------------------------------------------- */

void server_tell(dure_api_t *api, server_client_t *client, const dure_tell_t *tell, size_t size,
                 uint64_t height)
{
    bool ok = false;
    if (height <= dure_consensus_durable_height(api->consensus)) {
        ok = api_frame_append_tell(&client->out, tell, size);
    } else {
        uint8_t prefix[8];
        dure_put_u64(prefix, height);
        ok = api_buffer_append(&client->held, prefix, sizeof prefix) &&
             api_frame_append_tell(&client->held, tell, size);
    }
    if (!ok) {
        client->is_closing = true;
        client->reason = DURE_API_NO_MEMORY;
    }
}

void server_problem(dure_api_t *api, server_client_t *client, uint64_t number, const char *text)
{
    dure_tell_t tell = {
        .number = number,
        .what = {.kind = DURE_REPLY_PROBLEM, .problem.text = dure_bytes(text, strlen(text))}};
    server_tell(api, client, &tell, PROBLEM_BYTES, 0);
}

void server_refuse(dure_api_t *api, server_client_t *client, uint64_t number,
                   dure_api_reason_t reason, const char *text)
{
    server_problem(api, client, number, text);
    client->is_closing = true;
    client->reason = reason;
}

/* What has become durable may be sent. */
static void release(server_client_t *client, uint64_t durable)
{
    while (api_buffer_size(&client->held) > 0) {
        const uint8_t *front = api_buffer_front(&client->held);
        if (dure_get_u64(front) > durable) {
            return;
        }
        size_t size = API_PREFIX_SIZE + dure_get_u32(front + 8);
        if (!api_buffer_append(&client->out, front + 8, size)) {
            client->is_closing = true;
            client->reason = DURE_API_NO_MEMORY;
            return;
        }
        api_buffer_take(&client->held, 8 + size);
    }
}

static uint64_t waiting_bytes(const server_client_t *client)
{
    return api_buffer_size(&client->out) + api_buffer_size(&client->held) + client->answer_bytes;
}

static bool is_full(const server_client_t *client)
{
    return waiting_bytes(client) >= SERVER_OUT_HIGH;
}

/* ---- asks ------------------------------------------------------------------------------------ */

/* Decodes the frame at the front; false if the connection is closing because of it. */
static bool decode(dure_api_t *api, server_client_t *client, dure_ask_t *ask, dure_bytes_t frame)
{
    dure_reader_t reader = dure_reader(frame);
    dure_ask_decode(&reader, ask);
    if (dure_reader_end(&reader)) {
        return true;
    }
    char text[256] = "the ask is malformed: ";
    size_t size = strlen(text);
    const char *parts[3] = {reader.field, ": ", reader.wrong};
    for (uint32_t i = 0; i < 3; i++) {
        size_t length = strlen(parts[i]);
        length = length > sizeof text - 1 - size ? sizeof text - 1 - size : length;
        memcpy(text + size, parts[i], length);
        size += length;
    }
    server_refuse(api, client, api_frame_number(frame), DURE_API_ASK_MALFORMED, text);
    return false;
}

/* Serves the ask at the front of the buffer; false if nothing more can be done now. */
static bool serve_one(dure_api_t *api, server_client_t *client)
{
    dure_bytes_t frame = {0};
    switch (api_frame_at(&client->in, &frame, 0, API_ASK_SIZE_MAX)) {
    case API_FRAME_PARTIAL:
        return false;
    case API_FRAME_TOO_SMALL:
        server_refuse(api, client, 0, DURE_API_FRAME_TOO_SMALL, "the frame is too small");
        return false;
    case API_FRAME_TOO_LARGE:
        server_refuse(api, client, 0, DURE_API_FRAME_TOO_LARGE,
                      "the frame is larger than 4,194,304 bytes");
        return false;
    case API_FRAME_WHOLE:
        break;
    }
    dure_ask_t ask;
    if (!decode(api, client, &ask, frame)) {
        return false;
    }
    if (ask.what.kind == DURE_REQUEST_SUBMIT) {
        if (!server_submit(api, client, &ask)) {
            return false;
        }
    } else {
        server_read(api, client, &ask);
    }
    api->counts.asks++;
    api_buffer_take(&client->in, API_PREFIX_SIZE + frame.size);
    return true;
}

static void serve(dure_api_t *api, server_client_t *client)
{
    for (uint32_t i = 0; i < ASKS_AT_ONCE; i++) {
        if (client->is_closing || api->is_shut || is_full(client) || !serve_one(api, client)) {
            return;
        }
    }
}

/* ---- bytes ----------------------------------------------------------------------------------- */

/* False if the connection is over. */
static bool take_in(dure_api_t *api, server_client_t *client)
{
    for (uint32_t i = 0; i < 8; i++) {
        if (client->is_closing || is_full(client) ||
            api_buffer_size(&client->in) >= API_PREFIX_SIZE + API_ASK_SIZE_MAX) {
            return true;
        }
        uint8_t *room = api_buffer_room(&client->in, RECV_SIZE);
        if (room == NULL) {
            server_drop(api, client, DURE_API_NO_MEMORY);
            return false;
        }
        size_t received = 0;
        dure_io_result_t status = dure_io_recv(api->io, client->socket, &received, room, RECV_SIZE);
        if (status == DURE_IO_AGAIN) {
            return true;
        }
        if (status != DURE_IO_OK) {
            server_drop(api, client, DURE_API_CLOSED_BY_PEER);
            return false;
        }
        api_buffer_put(&client->in, received);
    }
    return true;
}

/* False if the connection is over. */
static bool send_out(dure_api_t *api, server_client_t *client)
{
    while (api_buffer_size(&client->out) > 0) {
        size_t sent = 0;
        dure_io_result_t status =
            dure_io_send(api->io, client->socket, &sent, api_buffer_front(&client->out),
                         api_buffer_size(&client->out));
        if (status == DURE_IO_AGAIN) {
            return true;
        }
        if (status != DURE_IO_OK) {
            server_drop(api, client, DURE_API_CLOSED_BY_PEER);
            return false;
        }
        api_buffer_take(&client->out, sent);
    }
    if (client->is_closing) {
        server_drop(api, client, client->reason);
        return false;
    }
    return true;
}

/* True if the first bytes of `in` are an ask that nothing outside keeps from being served. */
static bool has_ask(const dure_api_t *api, const server_client_t *client)
{
    dure_bytes_t frame;
    return !api->is_shut && !client->is_closing && client->filling == 0 && !is_full(client) &&
           api_frame_at(&client->in, &frame, 0, API_ASK_SIZE_MAX) != API_FRAME_PARTIAL;
}

void server_advance(dure_api_t *api, server_client_t *client)
{
    serve(api, client);
    if (!client->is_closing) {
        server_follow(api, client);
    }
    if (!send_out(api, client)) {
        return;
    }
    bool can_read = !client->is_closing && !is_full(client) && client->filling == 0 &&
                    !api->is_shut &&
                    api_buffer_size(&client->in) < API_PREFIX_SIZE + API_ASK_SIZE_MAX;
    /* A socket that takes bytes gives its event at once: the turn comes back after the others'. */
    bool wants_turn = api_buffer_size(&client->out) > 0 || server_is_behind(api, client) ||
                      (has_ask(api, client) && client->submissions < SERVER_CLIENT_SUBMISSIONS_MAX);
    if (dure_io_watch(api->io, client->socket, can_read, wants_turn) != DURE_IO_OK) {
        server_drop(api, client, DURE_API_CLOSED_BY_PEER);
    }
}

/* ---- events ---------------------------------------------------------------------------------- */

static void accept_one(dure_api_t *api, dure_io_socket_t socket)
{
    api->counts.accepted++;
    if (api->client_count >= DURE_API_CONNECTIONS_MAX) {
        api->counts.closed[DURE_API_TOO_MANY_CLIENTS]++;
        dure_io_socket_close(api->io, socket);
        return;
    }
    server_client_t *client = &api->clients[DURE_IO_SOCKET_PLACE(socket)];
    DURE_ASSERT(client->socket == 0);
    *client = (server_client_t){.socket = socket};
    api->client_count++;
}

static void accept_all(dure_api_t *api)
{
    dure_io_socket_t socket = 0;
    while (!api->is_shut && dure_io_accept(api->io, &socket, api->listener) == DURE_IO_OK) {
        accept_one(api, socket);
    }
}

void dure_api_event(void *user, const dure_io_event_t *event)
{
    dure_api_t *api = user;
    if (event->kind == DURE_IO_EVENT_ACCEPTABLE && event->socket == api->listener) {
        accept_all(api);
        return;
    }
    if (event->kind != DURE_IO_EVENT_READABLE && event->kind != DURE_IO_EVENT_WRITABLE) {
        return;
    }
    server_client_t *client = server_client(api, event->socket);
    if (client == NULL) {
        return;
    }
    if (event->kind == DURE_IO_EVENT_READABLE && !take_in(api, client)) {
        return;
    }
    server_advance(api, client);
}

/* Everything up to this height may be shown. */
static void on_durable(void *user, uint64_t height)
{
    dure_api_t *api = user;
    for (uint32_t i = 0; i < DURE_IO_SOCKETS_MAX; i++) {
        server_client_t *client = &api->clients[i];
        if (client->socket != 0) {
            release(client, height);
            server_advance(api, client);
        }
    }
}

/* There is room again: those that wait go on, each time beginning with another. */
static void on_room(void *user)
{
    dure_api_t *api = user;
    for (uint32_t i = 0; i < DURE_IO_SOCKETS_MAX; i++) {
        server_client_t *client = &api->clients[(api->resume_next + i) % DURE_IO_SOCKETS_MAX];
        if (client->socket != 0 && client->filling != 0) {
            server_advance(api, client);
        }
    }
    api->resume_next = (api->resume_next + 1) % DURE_IO_SOCKETS_MAX;
}

/* ---- life ------------------------------------------------------------------------------------ */

bool dure_api_open(dure_api_t **result, dure_io_t *io, const char *path,
                   dure_consensus_t *consensus, dure_index_t *index)
{
    *result = NULL;
    dure_api_t *api = calloc(1, sizeof *api);
    if (api == NULL) {
        return false;
    }
    api->io = io;
    api->consensus = consensus;
    api->index = index;
    if (dure_io_listen(io, &api->listener, path) != DURE_IO_OK) {
        free(api);
        return false;
    }
    dure_consensus_listen(consensus, &(dure_listener_t){.user = api,
                                                        .answer = server_answer,
                                                        .durable = on_durable,
                                                        .room = on_room});
    *result = api;
    return true;
}

void dure_api_shut(dure_api_t *api)
{
    if (api->is_shut) {
        return;
    }
    api->is_shut = true;
    dure_io_socket_close(api->io, api->listener);
    for (uint32_t i = 0; i < DURE_IO_SOCKETS_MAX; i++) {
        if (api->clients[i].socket != 0) {
            server_advance(api, &api->clients[i]);
        }
    }
}

void dure_api_close(dure_api_t *api)
{
    if (api == NULL) {
        return;
    }
    dure_api_shut(api);
    dure_consensus_listen(api->consensus, &(dure_listener_t){0});
    for (uint32_t i = 0; i < DURE_IO_SOCKETS_MAX; i++) {
        server_client_t *client = &api->clients[i];
        if (client->socket != 0 && send_out(api, client)) {
            server_drop(api, client, DURE_API_STOPPED);
        }
    }
    for (uint32_t i = 0; i < SERVER_SUBMISSIONS_MAX; i++) {
        free(api->submissions[i].answers);
        api_buffer_free(&api->submissions[i].bytes);
    }
    api_buffer_free(&api->scratch);
    free(api);
}

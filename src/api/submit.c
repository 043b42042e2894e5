/* submit: transactions on their way to a decision, and their answers back. */
#include "api/server_private.h"

#include <stdlib.h>

#define ANSWER_SIZE_MAX (2u + 1u + 1u + 8u + 4u + 4u + 16384u + 4u + 256u)

/* A token: place (16), generation (32), index in the ask (16). */
static uint64_t token_of(uint32_t place, uint32_t generation, uint32_t index)
{
    return (uint64_t)index << 48 | (uint64_t)generation << 16 | place;
}

static void release(server_submission_t *submission)
{
    free(submission->answers);
    api_buffer_free(&submission->bytes);
    uint32_t generation = submission->generation;
    *submission = (server_submission_t){.generation = generation};
}

/* There is a free place unless those of clients that have gone still wait: SERVER_SUBMISSIONS_MAX
   then. */
static uint32_t find_place(dure_api_t *api)
{
    for (uint32_t i = 0; i < SERVER_SUBMISSIONS_MAX; i++) {
        uint32_t place = (api->submission_next + i) % SERVER_SUBMISSIONS_MAX;
        if (!api->submissions[place].is_used) {
            api->submission_next = place + 1;
            return place;
        }
    }
    return SERVER_SUBMISSIONS_MAX;
}

/* Begins with an ask; false if it must wait, or the connection is closing. */
static bool begin(dure_api_t *api, server_client_t *client, const dure_ask_t *ask)
{
    uint32_t place = SERVER_SUBMISSIONS_MAX;
    if (client->submissions < SERVER_CLIENT_SUBMISSIONS_MAX) {
        place = find_place(api);
    }
    if (place == SERVER_SUBMISSIONS_MAX) {
        return false; /* goes on when one of them is answered */
    }
    server_submission_t *submission = &api->submissions[place];
    uint32_t count = ask->what.submit.txs.count;
    submission->answers = calloc(count, sizeof *submission->answers);
    if (submission->answers == NULL) {
        server_refuse(api, client, ask->number, DURE_API_NO_MEMORY, "the node has no memory left");
        return false;
    }
    submission->is_used = true;
    submission->generation++;
    submission->client = client->socket;
    submission->number = ask->number;
    submission->count = count;
    client->submissions++;
    client->filling = place + 1;
    client->filling_offset = 0;
    return true;
}

/* The tell, answers in the order of the ask. */
static void finish(dure_api_t *api, server_submission_t *submission)
{
    server_client_t *client = server_client(api, submission->client);
    if (client == NULL) {
        release(submission);
        return;
    }
    size_t size = api_buffer_size(&submission->bytes);
    api->scratch.start = 0;
    api->scratch.end = 0;
    bool ok = true;
    for (uint32_t i = 0; i < submission->count && ok; i++) {
        const server_answer_t *answer = &submission->answers[i];
        ok = api_buffer_append(&api->scratch, api_buffer_front(&submission->bytes) + answer->offset,
                               answer->size);
    }
    dure_tell_t tell = {.number = submission->number,
                        .what = {.kind = DURE_REPLY_SUBMIT,
                                 .submit.answers = {.count = (uint16_t)submission->count,
                                                    .bytes = dure_bytes(api->scratch.data, size)}}};
    client->submissions--;
    client->answer_bytes -= size;
    release(submission);
    if (!ok) {
        client->is_closing = true;
        client->reason = DURE_API_NO_MEMORY;
    } else {
        /* Each answer came when what it rests on was on the disk. */
        server_tell(api, client, &tell, size + 16u, 0);
    }
    api_buffer_take(&api->scratch, api_buffer_size(&api->scratch));
}

bool server_submit(dure_api_t *api, server_client_t *client, const dure_ask_t *ask)
{
    const dure_view_t *txs = &ask->what.submit.txs;
    if (txs->count == 0) {
        dure_tell_t tell = {.number = ask->number, .what = {.kind = DURE_REPLY_SUBMIT}};
        server_tell(api, client, &tell, 16, 0);
        return true;
    }
    if (client->filling == 0 && !begin(api, client, ask)) {
        return false;
    }
    uint32_t place = client->filling - 1;
    server_submission_t *submission = &api->submissions[place];
    size_t offset = client->filling_offset;
    dure_bytes_t wire;
    while (api_submit_next(txs, &offset, &wire)) {
        uint64_t token = token_of(place, submission->generation, submission->taken);
        if (!dure_consensus_submit(api->consensus, wire, token)) {
            return false;
        }
        client->filling_offset = offset;
        submission->taken++;
        api->counts.submitted++;
    }
    DURE_ASSERT(submission->taken == submission->count);
    client->filling = 0;
    return true;
}

void server_answer(void *user, uint64_t token, const dure_answer_t *answer)
{
    dure_api_t *api = user;
    server_submission_t *submission = &api->submissions[token & 0xFFFFu];
    uint32_t index = (uint32_t)(token >> 48);
    DURE_ASSERT(submission->is_used && submission->generation == (uint32_t)(token >> 16) &&
                index < submission->taken && submission->answers[index].size == 0);
    server_client_t *client = server_client(api, submission->client);
    submission->answered++;
    if (client != NULL) {
        uint8_t *room = api_buffer_room(&submission->bytes, ANSWER_SIZE_MAX);
        if (room == NULL) {
            server_drop(api, client, DURE_API_NO_MEMORY); /* and with it perhaps the submission */
            return;
        }
        dure_writer_t writer = dure_writer(room, ANSWER_SIZE_MAX);
        dure_answer_encode(&writer, answer);
        DURE_ASSERT(!writer.overflow);
        submission->answers[index] = (server_answer_t){
            .offset = (uint32_t)api_buffer_size(&submission->bytes), .size = (uint32_t)writer.size};
        api_buffer_put(&submission->bytes, writer.size);
        client->answer_bytes += writer.size;
    }
    if (submission->answered < submission->count &&
        (submission->client != 0 || submission->answered < submission->taken)) {
        return;
    }
    client = server_client(api, submission->client);
    finish(api, submission);
    if (client != NULL) {
        server_advance(api, client);
    }
}

void server_forget(dure_api_t *api, server_client_t *client)
{
    for (uint32_t i = 0; i < SERVER_SUBMISSIONS_MAX && client->submissions > 0; i++) {
        server_submission_t *submission = &api->submissions[i];
        if (!submission->is_used || submission->client != client->socket) {
            continue;
        }
        client->submissions--;
        submission->client = 0;
        if (submission->answered == submission->taken) {
            release(submission); /* nothing is on its way back */
        } else {
            api_buffer_free(&submission->bytes);
        }
    }
}

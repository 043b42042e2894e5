/* read: asks that change nothing, and the stream of effects. */
#include "api/server_private.h"

#include <stdio.h>
#include <string.h>

#define SCAN_RECORDS_MAX 256u
#define SCAN_BYTES       (256u * 1024u) /* a page ends when it has so much */
#define SCAN_VISITS      4096u          /* records looked at for one page */
#define ANSWER_SIZE_MAX  (16u * 1024u + 512u)
#define RECEIPT_SIZE_MAX 65536u
#define FOLLOW_BLOCKS    64u /* told in one turn */

static bool needs_index(dure_api_t *api, server_client_t *client, uint64_t number)
{
    if (api->index == NULL) {
        server_problem(api, client, number, "this node keeps no index: start it with one");
    }
    return api->index != NULL;
}

static void tell_head(dure_api_t *api, server_client_t *client, uint64_t number)
{
    const dure_chain_t *chain = dure_consensus_chain(api->consensus);
    const dure_chain_head_t *head = dure_chain_head(chain);
    dure_tell_t tell = {.number = number,
                        .what = {.kind = DURE_REPLY_HEAD,
                                 .head = {.chain_id = head->chain_id,
                                          .height = head->height,
                                          .time = dure_ledger_time(dure_chain_ledger(chain)),
                                          .block_hash = head->block_hash,
                                          .ledger_root = head->ledger_root,
                                          .app_hash = head->app_hash,
                                          .genesis = dure_consensus_genesis(api->consensus)}}};
    server_tell(api, client, &tell, 512u + tell.what.head.genesis.size,
                dure_consensus_height(api->consensus));
}

/* ---- records --------------------------------------------------------------------------------- */

/* Bytes of a table's primary key. */
static size_t key_size_of(dure_table_t table)
{
    switch (table) {
    case DURE_TABLE_CHAIN:
        return 0;
    case DURE_TABLE_CITY:
        return 4;
    case DURE_TABLE_ACCOUNT:
        return 4 + DURE_NAME_SIZE;
    case DURE_TABLE_FUND:
    case DURE_TABLE_PARTY:
        return 8;
    case DURE_TABLE_PROGRAM:
        return 9;
    case DURE_TABLE_LANE:
        return 10;
    case DURE_TABLE_ORDER:
    case DURE_TABLE_PAYOUT:
    case DURE_TABLE_PROPOSAL:
    case DURE_TABLE_BATCH:
    case DURE_TABLE_HOLD:
    case DURE_TABLE_REFUND:
        return DURE_TX_ID_SIZE;
    }
    return SIZE_MAX;
}

static void tell_record(dure_api_t *api, server_client_t *client, uint64_t number,
                        const dure_ask_record_t *ask)
{
    if (ask->key.size != key_size_of((dure_table_t)ask->table)) {
        server_problem(api, client, number, "the key has the wrong size for this table");
        return;
    }
    const dure_chain_t *chain = dure_consensus_chain(api->consensus);
    const dure_ledger_t *ledger = dure_chain_ledger(chain);
    dure_primary_key_t key = {.table = ask->table, .size = (uint8_t)ask->key.size};
    if (ask->key.size > 0) {
        memcpy(key.bytes, ask->key.data, ask->key.size);
    }
    dure_tell_t tell = {.number = number, .what.kind = DURE_REPLY_RECORD};
    dure_tell_record_t *reply = &tell.what.record;
    dure_writer_t record = dure_writer(api->record, sizeof api->record);
    reply->found = dure_ledger_record(ledger, &key, &record, &reply->blind);
    if (reply->found) {
        reply->record = dure_writer_bytes(&record);
    }
    if (ask->prove) {
        dure_tree_proof_t proof;
        dure_ledger_prove(ledger, &key, &proof);
        reply->proof =
            dure_bytes(api->proof, dure_tree_proof_encode(api->proof, sizeof api->proof, &proof));
    }
    reply->height = dure_consensus_height(api->consensus);
    reply->ledger_root = dure_chain_head(chain)->ledger_root;
    server_tell(api, client, &tell, 256u + reply->record.size + reply->proof.size, reply->height);
}

static void tell_scan(dure_api_t *api, server_client_t *client, uint64_t number,
                      const dure_ask_scan_t *ask)
{
    const dure_ledger_t *ledger = dure_chain_ledger(dure_consensus_chain(api->consensus));
    dure_tell_t tell = {.number = number,
                        .what = {.kind = DURE_REPLY_SCAN, .scan.cursor = ask->cursor}};
    dure_tell_scan_t *reply = &tell.what.scan;
    api_buffer_take(&api->scratch, api_buffer_size(&api->scratch));
    bool more = true;
    for (uint32_t visits = 0;
         visits < SCAN_VISITS && more && reply->records.count < SCAN_RECORDS_MAX &&
         api_buffer_size(&api->scratch) < SCAN_BYTES;
         visits++) {
        dure_writer_t record = dure_writer(api->record, sizeof api->record);
        dure_blind_t blind;
        more = dure_ledger_scan(ledger, (dure_table_t)ask->table, &reply->cursor, &blind, &record);
        if (!more) {
            reply->cursor = 0;
            break;
        }
        uint8_t prefix[4];
        dure_put_u32(prefix, (uint32_t)record.size);
        if (!api_buffer_append(&api->scratch, prefix, sizeof prefix) ||
            !api_buffer_append(&api->scratch, api->record, record.size)) {
            server_problem(api, client, number, "the node has no memory left");
            return;
        }
        reply->records.count++;
    }
    size_t size = api_buffer_size(&api->scratch);
    reply->records.bytes = dure_bytes(size == 0 ? NULL : api_buffer_front(&api->scratch), size);
    server_tell(api, client, &tell, 64u + size, dure_consensus_height(api->consensus));
    api_buffer_take(&api->scratch, size);
}

/* ---- dry runs -------------------------------------------------------------------------------- */

static void tell_try(dure_api_t *api, server_client_t *client, uint64_t number,
                     const dure_ask_try_t *ask)
{
    const dure_ledger_t *ledger = dure_chain_ledger(dure_consensus_chain(api->consensus));
    dure_writer_t rows = dure_writer(api->record, sizeof api->record);
    dure_reader_t reader = dure_reader(ask->rows.bytes);
    for (uint32_t i = 0; i < ask->rows.count; i++) {
        dure_batch_row_t row;
        dure_batch_row_decode(&reader, &row);
        dure_tried_row_t tried;
        tried.code =
            (uint16_t)(ask->what == 1 ? dure_ledger_grant_try(ledger, ask->city, ask->fund, &row,
                                                              &tried.amount, &tried.rule)
                                      : dure_ledger_recall_try(ledger, ask->city, ask->fund, &row,
                                                               &tried.amount, &tried.rule));
        dure_tried_row_encode(&rows, &tried);
    }
    DURE_ASSERT(!rows.overflow);
    dure_tell_t tell = {
        .number = number,
        .what = {.kind = DURE_REPLY_TRY,
                 .try.rows = {.count = ask->rows.count, .bytes = dure_writer_bytes(&rows)}}};
    server_tell(api, client, &tell, 64u + rows.size, dure_consensus_height(api->consensus));
}

/* ---- what is on the disk --------------------------------------------------------------------- */

static void tell_block(dure_api_t *api, server_client_t *client, uint64_t number, uint64_t height)
{
    dure_tell_t tell = {.number = number, .what.kind = DURE_REPLY_BLOCK};
    tell.what.block.found = dure_consensus_block(api->consensus, &tell.what.block.block, height);
    if (!tell.what.block.found) {
        tell.what.block.block = (dure_bytes_t){0};
    }
    if (!tell.what.block.found && height >= 1 &&
        height <= dure_consensus_durable_height(api->consensus)) {
        /* It was written and cannot be read: that is not the same as no such block. */
        server_problem(api, client, number, "the log cannot be read at this height");
        return;
    }
    server_tell(api, client, &tell, 64u + tell.what.block.block.size, 0);
}

static void tell_answer(dure_api_t *api, server_client_t *client, uint64_t number,
                        const dure_tx_id_t *id)
{
    if (!needs_index(api, client, number)) {
        return;
    }
    dure_tell_t tell = {.number = number, .what.kind = DURE_REPLY_ANSWER};
    dure_answer_t answer;
    tell.what.answer.found = dure_index_answer(api->index, &answer, NULL, NULL, id);
    if (tell.what.answer.found) {
        tell.what.answer.answer = answer;
    }
    server_tell(api, client, &tell, ANSWER_SIZE_MAX, 0);
}

static void tell_receipt(dure_api_t *api, server_client_t *client, uint64_t number,
                         const dure_tx_id_t *id)
{
    if (!needs_index(api, client, number)) {
        return;
    }
    dure_tell_t tell = {.number = number, .what.kind = DURE_REPLY_RECEIPT};
    dure_receipt_t receipt;
    tell.what.receipt.found = dure_index_receipt(api->index, &receipt, id);
    if (tell.what.receipt.found) {
        dure_writer_t writer = dure_writer(api->record, RECEIPT_SIZE_MAX);
        dure_receipt_encode(&writer, &receipt);
        DURE_ASSERT(!writer.overflow);
        tell.what.receipt.receipt = dure_writer_bytes(&writer);
    }
    server_tell(api, client, &tell, 64u + tell.what.receipt.receipt.size, 0);
}

static size_t put_line(char *out, size_t capacity, size_t size, const char *key, uint64_t value)
{
    int wrote = snprintf(out + size, capacity - size, "%s=%llu\n", key, (unsigned long long)value);
    return wrote < 0 || (size_t)wrote >= capacity - size ? size : size + (size_t)wrote;
}

static void tell_status(dure_api_t *api, server_client_t *client, uint64_t number)
{
    char text[8192];
    size_t size = dure_consensus_status(api->consensus, text, sizeof text);
    const dure_api_counts_t *counts = &api->counts;
    size = put_line(text, sizeof text, size, "api_clients", api->client_count);
    size = put_line(text, sizeof text, size, "api_accepted", counts->accepted);
    size = put_line(text, sizeof text, size, "api_asks", counts->asks);
    size = put_line(text, sizeof text, size, "api_submitted", counts->submitted);
    for (uint32_t i = 0; i < DURE_API_REASONS; i++) {
        char key[64];
        snprintf(key, sizeof key, "api_closed_%s", dure_api_reason_name((dure_api_reason_t)i));
        size = put_line(text, sizeof text, size, key, counts->closed[i]);
    }
    if (api->index != NULL) {
        dure_index_counts_t index = dure_index_counts(api->index);
        size = put_line(text, sizeof text, size, "index_height", dure_index_height(api->index));
        size = put_line(text, sizeof text, size, "index_effects", index.effects);
        size = put_line(text, sizeof text, size, "index_refused", index.refused);
    }
    dure_tell_t tell = {.number = number,
                        .what = {.kind = DURE_REPLY_STATUS, .status.text = dure_bytes(text, size)}};
    server_tell(api, client, &tell, 64u + size, 0);
}

/* ---- following ------------------------------------------------------------------------------- */

static uint64_t told_height(const dure_api_t *api)
{
    uint64_t durable = dure_consensus_durable_height(api->consensus);
    uint64_t indexed = dure_index_height(api->index);
    return indexed < durable ? indexed : durable;
}

bool server_is_behind(const dure_api_t *api, const server_client_t *client)
{
    return client->follows && !client->is_closing && client->follow_height <= told_height(api);
}

/* Tells the next part of the block, up to SERVER_FOLLOW_PART bytes of answers; false if the index
   does not have it. */
static bool tell_effects(dure_api_t *api, server_client_t *client)
{
    dure_index_block_t block;
    if (!dure_index_block(api->index, &block, client->follow_height)) {
        return false;
    }
    dure_tell_t tell = {
        .number = client->follow_number,
        .what = {
            .kind = DURE_REPLY_EFFECTS,
            .effects = {.height = block.height, .time = block.time, .block_hash = block.hash}}};
    dure_view_t *answers = &tell.what.effects.answers;
    api_buffer_take(&api->scratch, api_buffer_size(&api->scratch));
    while (client->follow_place < block.count &&
           api_buffer_size(&api->scratch) < SERVER_FOLLOW_PART) {
        dure_answer_t answer;
        uint8_t *room = api_buffer_room(&api->scratch, ANSWER_SIZE_MAX);
        if (room == NULL ||
            !dure_index_effect(api->index, &answer, block.height, client->follow_place)) {
            return false;
        }
        dure_writer_t writer = dure_writer(room, ANSWER_SIZE_MAX);
        dure_answer_encode(&writer, &answer);
        api_buffer_put(&api->scratch, writer.size);
        answers->count++;
        client->follow_place++;
    }
    size_t size = api_buffer_size(&api->scratch);
    answers->bytes = dure_bytes(size == 0 ? NULL : api_buffer_front(&api->scratch), size);
    server_tell(api, client, &tell, 128u + size, 0);
    api_buffer_take(&api->scratch, size);
    if (client->follow_place == block.count) {
        client->follow_height++;
        client->follow_place = 0;
    }
    return true;
}

/* What was before the history of a node that took over another one's state. */
static void tell_begin(dure_api_t *api, server_client_t *client)
{
    char text[128];
    (void)snprintf(text, sizeof text,
                   "the history of this node begins with block %llu: follow from there",
                   (unsigned long long)dure_index_begin(api->index) + 1u);
    client->follows = false;
    server_problem(api, client, client->follow_number, text);
}

void server_follow(dure_api_t *api, server_client_t *client)
{
    if (server_is_behind(api, client) && client->follow_height <= dure_index_begin(api->index)) {
        tell_begin(api, client);
        return;
    }
    for (uint32_t i = 0; i < FOLLOW_BLOCKS && server_is_behind(api, client) &&
                         api_buffer_size(&client->out) < SERVER_FOLLOW_HIGH;
         i++) {
        if (!tell_effects(api, client)) {
            client->follows = false;
            server_problem(api, client, client->follow_number,
                           "the index is damaged: delete it and start the node again");
            return;
        }
    }
}

static void begin_follow(dure_api_t *api, server_client_t *client, uint64_t number, uint64_t after)
{
    if (!needs_index(api, client, number)) {
        return;
    }
    client->follows = true;
    client->follow_number = number;
    client->follow_height = after == UINT64_MAX ? after : after + 1;
    client->follow_place = 0;
}

void server_read(dure_api_t *api, server_client_t *client, const dure_ask_t *ask)
{
    const dure_request_t *what = &ask->what;
    DURE_ASSERT(what->kind != DURE_REQUEST_SUBMIT);
    switch ((dure_request_kind_t)what->kind) {
    case DURE_REQUEST_HEAD:
        tell_head(api, client, ask->number);
        return;
    case DURE_REQUEST_RECORD:
        tell_record(api, client, ask->number, &what->record);
        return;
    case DURE_REQUEST_SCAN:
        tell_scan(api, client, ask->number, &what->scan);
        return;
    case DURE_REQUEST_BLOCK:
        tell_block(api, client, ask->number, what->block.height);
        return;
    case DURE_REQUEST_ANSWER:
        tell_answer(api, client, ask->number, &what->answer.id);
        return;
    case DURE_REQUEST_RECEIPT:
        tell_receipt(api, client, ask->number, &what->receipt.id);
        return;
    case DURE_REQUEST_FOLLOW:
        begin_follow(api, client, ask->number, what->follow.after);
        return;
    case DURE_REQUEST_STATUS:
        tell_status(api, client, ask->number);
        return;
    case DURE_REQUEST_TRY:
        tell_try(api, client, ask->number, &what->try);
        return;
    case DURE_REQUEST_SUBMIT:
        return;
    }
}

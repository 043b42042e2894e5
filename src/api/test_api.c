/* The bytes under client and server, and a client that is told garbage. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/api_private.h"
#include "api/dure_client.h"
#include "io/dure_io.h"

/* ---- byte queues ----------------------------------------------------------------------------- */

static void buffer_keeps_order(void **state)
{
    (void)state;
    api_buffer_t buffer = {0};
    uint32_t put = 0, taken = 0, seed = 1;
    for (uint32_t round = 0; round < 20000; round++) {
        seed = seed * 1664525u + 1013904223u;
        uint32_t count = seed >> 24;
        if ((seed >> 16 & 1) == 0) {
            for (uint32_t i = 0; i < count; i++, put++) {
                uint8_t byte = (uint8_t)(put * 7u);
                assert_true(api_buffer_append(&buffer, &byte, 1));
            }
        } else {
            uint32_t here = (uint32_t)api_buffer_size(&buffer);
            count = count < here ? count : here;
            for (uint32_t i = 0; i < count; i++) {
                assert_int_equal(api_buffer_front(&buffer)[i], (uint8_t)((taken + i) * 7u));
            }
            api_buffer_take(&buffer, count);
            taken += count;
        }
        assert_int_equal(api_buffer_size(&buffer), put - taken);
    }
    api_buffer_free(&buffer);
}

static void buffer_cuts_from_the_middle(void **state)
{
    (void)state;
    api_buffer_t buffer = {0};
    assert_true(api_buffer_append(&buffer, "onetwothree", 11));
    api_buffer_cut(&buffer, 3, 3);
    assert_int_equal(api_buffer_size(&buffer), 8);
    assert_memory_equal(api_buffer_front(&buffer), "onethree", 8);
    api_buffer_cut(&buffer, 0, 3);
    assert_memory_equal(api_buffer_front(&buffer), "three", 5);
    api_buffer_cut(&buffer, 3, 2);
    assert_memory_equal(api_buffer_front(&buffer), "thr", 3);
    api_buffer_free(&buffer);
}

static void large_memory_is_given_back(void **state)
{
    (void)state;
    api_buffer_t buffer = {0};
    assert_non_null(api_buffer_room(&buffer, 8u * 1024u * 1024u));
    api_buffer_put(&buffer, 8u * 1024u * 1024u);
    api_buffer_take(&buffer, 8u * 1024u * 1024u);
    assert_int_equal(buffer.capacity, 0);
}

/* ---- frames ---------------------------------------------------------------------------------- */

static void frame_bounds(void **state)
{
    (void)state;
    static const struct {
        uint32_t size;
        api_frame_result_t expected;
    } cases[] = {
        {0, API_FRAME_TOO_SMALL},
        {API_FRAME_MIN - 1, API_FRAME_TOO_SMALL},
        {API_FRAME_MIN, API_FRAME_PARTIAL},
        {API_ASK_SIZE_MAX, API_FRAME_PARTIAL},
        {API_ASK_SIZE_MAX + 1, API_FRAME_TOO_LARGE},
        {UINT32_MAX, API_FRAME_TOO_LARGE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        api_buffer_t buffer = {0};
        uint8_t prefix[4];
        dure_bytes_t frame;
        dure_put_u32(prefix, cases[i].size);
        assert_true(api_buffer_append(&buffer, prefix, 3));
        assert_int_equal(api_frame_at(&buffer, &frame, 0, API_ASK_SIZE_MAX), API_FRAME_PARTIAL);
        assert_true(api_buffer_append(&buffer, prefix + 3, 1));
        assert_int_equal(api_frame_at(&buffer, &frame, 0, API_ASK_SIZE_MAX), cases[i].expected);
        api_buffer_free(&buffer);
    }
}

static void ask_comes_back(void **state)
{
    (void)state;
    api_buffer_t buffer = {0};
    dure_bytes_t frame;
    dure_ask_t ask = {
        .number = 77,
        .what = {.kind = DURE_REQUEST_ANSWER, .answer.id = {.party = 5, .lane = 2, .number = 9}}};
    assert_true(api_frame_append_ask(&buffer, &ask, 64));
    assert_false(api_frame_append_ask(&buffer, &ask, 8)); /* no room: nothing is appended */
    assert_int_equal(api_frame_at(&buffer, &frame, 0, API_ASK_SIZE_MAX), API_FRAME_WHOLE);
    assert_int_equal(api_frame_number(frame), 77);
    dure_ask_t back;
    dure_reader_t reader = dure_reader(frame);
    dure_ask_decode(&reader, &back);
    assert_true(dure_reader_end(&reader));
    assert_int_equal(back.what.answer.id.number, 9);
    assert_int_equal(api_buffer_size(&buffer), API_PREFIX_SIZE + frame.size);
    api_buffer_free(&buffer);
}

/* ---- a client and what listens --------------------------------------------------------------- */

typedef struct {
    char directory[64], path[96];
    dure_io_t *io;
    dure_io_socket_t listener, peer;
    dure_client_t *client;
} pair_t;

static int set_up(void **state)
{
    pair_t *pair = calloc(1, sizeof *pair);
    assert_non_null(pair);
    strcpy(pair->directory, "/tmp/dure-api-XXXXXX");
    assert_non_null(mkdtemp(pair->directory));
    snprintf(pair->path, sizeof pair->path, "%s/node.socket", pair->directory);
    assert_int_equal(dure_io_linux_open(&pair->io, pair->directory, DURE_IO_READ_ONLY), DURE_IO_OK);
    assert_int_equal(dure_io_listen(pair->io, &pair->listener, pair->path), DURE_IO_OK);
    assert_true(dure_client_open(&pair->client, pair->path));
    assert_int_equal(dure_io_accept(pair->io, &pair->peer, pair->listener), DURE_IO_OK);
    *state = pair;
    return 0;
}

static int tear_down(void **state)
{
    pair_t *pair = *state;
    dure_client_close(pair->client);
    dure_io_close(pair->io);
    unlink(pair->path);
    rmdir(pair->directory);
    free(pair);
    return 0;
}

static void tell(pair_t *pair, uint64_t number, const char *text)
{
    api_buffer_t buffer = {0};
    dure_tell_t tell = {
        .number = number,
        .what = {.kind = DURE_REPLY_STATUS, .status.text = dure_bytes(text, strlen(text))}};
    size_t sent = 0;
    assert_true(api_frame_append_tell(&buffer, &tell, 256));
    assert_int_equal(dure_io_send(pair->io, pair->peer, &sent, api_buffer_front(&buffer),
                                  api_buffer_size(&buffer)),
                     DURE_IO_OK);
    assert_int_equal(sent, api_buffer_size(&buffer));
    api_buffer_free(&buffer);
}

static uint64_t ask(pair_t *pair)
{
    uint64_t number = 0;
    assert_true(
        dure_client_send(pair->client, &number, &(dure_request_t){.kind = DURE_REQUEST_STATUS}));
    return number;
}

static void expect(pair_t *pair, uint64_t number, const char *text)
{
    dure_tell_t told;
    assert_true(dure_client_receive_number(pair->client, &told, number));
    assert_int_equal(told.what.status.text.size, strlen(text));
    assert_memory_equal(told.what.status.text.data, text, strlen(text));
}

static void tells_are_taken_by_number(void **state)
{
    pair_t *pair = *state;
    uint64_t first = ask(pair), second = ask(pair), third = ask(pair);
    tell(pair, third, "third");
    tell(pair, first, "the first of all");
    tell(pair, second, "second");
    expect(pair, first, "the first of all");
    expect(pair, second, "second");
    dure_tell_t told;
    assert_true(dure_client_receive(pair->client, &told));
    assert_int_equal(told.number, third);
}

static void garbage_ends_the_connection(void **state)
{
    pair_t *pair = *state;
    size_t sent = 0;
    (void)ask(pair);
    assert_int_equal(dure_io_send(pair->io, pair->peer, &sent, "HTTP/1.1 400 Bad Request\r\n", 26),
                     DURE_IO_OK);
    dure_tell_t told;
    assert_false(dure_client_receive(pair->client, &told));
    assert_non_null(strstr(dure_client_problem(pair->client), "does not speak as a node does"));
    assert_false(dure_client_is_refused(pair->client));
    assert_false(dure_client_receive(pair->client, &told));
    assert_non_null(strstr(dure_client_problem(pair->client), "not connected"));
}

static void silence_is_a_timeout(void **state)
{
    pair_t *pair = *state;
    uint64_t number = ask(pair);
    dure_tell_t told;
    dure_client_set_timeout(pair->client, 20);
    assert_false(dure_client_receive_number(pair->client, &told, number));
    assert_non_null(strstr(dure_client_problem(pair->client), "did not answer"));
    tell(pair, number, "late");
    dure_client_set_timeout(pair->client, 2000);
    expect(pair, number, "late");
}

static void a_closed_node_is_told(void **state)
{
    pair_t *pair = *state;
    uint64_t number = ask(pair);
    dure_io_socket_close(pair->io, pair->peer);
    dure_tell_t told;
    assert_false(dure_client_receive_number(pair->client, &told, number));
    assert_non_null(strstr(dure_client_problem(pair->client), "closed by the node"));
}

static void nobody_listens(void **state)
{
    (void)state;
    dure_client_t *client = NULL;
    assert_false(dure_client_open(&client, "nowhere/node.socket"));
    assert_string_equal(
        dure_client_problem(client),
        "no node is listening at nowhere/node.socket: start one with dured nowhere");
    dure_client_close(client);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(buffer_keeps_order),
        cmocka_unit_test(buffer_cuts_from_the_middle),
        cmocka_unit_test(large_memory_is_given_back),
        cmocka_unit_test(frame_bounds),
        cmocka_unit_test(ask_comes_back),
        cmocka_unit_test_setup_teardown(tells_are_taken_by_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(garbage_ends_the_connection, set_up, tear_down),
        cmocka_unit_test_setup_teardown(silence_is_a_timeout, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_closed_node_is_told, set_up, tear_down),
        cmocka_unit_test(nobody_listens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

/* The store on a real directory: a process that appends and acknowledges is killed with SIGKILL,
   again and again; what it acknowledged is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/dure_store.h"

#define KILLS 20

static size_t make_block(uint8_t out[600], uint64_t height)
{
    size_t size = 8 + (size_t)(height * 131 % 590);
    for (size_t i = 0; i < size; i++) {
        out[i] = (uint8_t)(height * 17 + i * (height % 5 + 1));
    }
    return size;
}

static dure_store_result_t open_store(dure_io_t **io, dure_store_t **store, const char *path,
                                      dure_store_report_t *report)
{
    dure_store_config_t config = {.first_height = 1, .segment_size = 65536};
    memset(config.chain_id.bytes, 3, 32);
    if (dure_io_linux_open(io, path, DURE_IO_EXCLUSIVE) != DURE_IO_OK) {
        return DURE_STORE_IO;
    }
    return dure_store_open(store, report, *io, &config);
}

/* Appends as the node does, and writes each durable height to the pipe. */
static int child_run(const char *path, int pipe_fd)
{
    dure_io_t *io = NULL;
    dure_store_t *store = NULL;
    dure_store_report_t report;
    uint64_t told = 0;
    if (open_store(&io, &store, path, &report) != DURE_STORE_OK) {
        fprintf(stderr, "%s\n", store == NULL ? "" : dure_store_message(store));
        return 1;
    }
    for (;;) {
        uint8_t data[3][600];
        dure_bytes_t blocks[3];
        dure_io_event_t events[8];
        size_t count = 0;
        uint64_t head = dure_store_head_height(store);
        for (size_t i = 0; i < 3; i++) {
            blocks[i] = dure_bytes(data[i], make_block(data[i], head + 1 + i));
        }
        if (!dure_store_append_is_busy(store) &&
            dure_store_append_start(store, blocks, 1 + (size_t)(head % 3)) != DURE_STORE_OK) {
            return 2;
        }
        if (dure_io_poll(io, events, &count, 8, 1000000000) != DURE_IO_OK) {
            return 3;
        }
        for (size_t i = 0; i < count; i++) {
            (void)dure_store_take_event(store, &events[i]);
        }
        dure_store_tick(store);
        uint64_t durable = dure_store_durable_height(store);
        if (durable > told) {
            told = durable;
            if (write(pipe_fd, &told, sizeof told) != sizeof told) {
                return 4;
            }
        }
    }
}

/* The last height that came through the pipe of a killed child. */
static uint64_t run_and_kill(const char *path, unsigned wait_us)
{
    int fds[2];
    uint64_t acked = 0;
    uint64_t height = 0;
    assert_int_equal(pipe(fds), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(fds[0]);
        _exit(child_run(path, fds[1]));
    }
    close(fds[1]);
    assert_int_equal(read(fds[0], &acked, sizeof acked), sizeof acked);
    usleep(wait_us);
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(fds[0], &height, sizeof height) == sizeof height) {
        acked = height;
    }
    close(fds[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    return acked;
}

static void check(dure_store_t *store, uint64_t head)
{
    for (uint64_t height = 1; height <= head; height++) {
        uint8_t expected[600];
        dure_bytes_t block;
        assert_int_equal(dure_store_read(store, &block, height), DURE_STORE_OK);
        size_t size = make_block(expected, height);
        assert_true(dure_bytes_equal(block, dure_bytes(expected, size)));
    }
    dure_store_scrub_t progress = {0};
    while (progress.passes == 0) {
        assert_int_equal(dure_store_scrub_step(store, &progress, 1000000), DURE_STORE_OK);
    }
}

static void remove_all(const char *path)
{
    dure_io_t *io = NULL;
    static dure_io_entry_t entries[2000];
    size_t count = 0;
    assert_int_equal(dure_io_linux_open(&io, path, DURE_IO_EXCLUSIVE), DURE_IO_OK);
    assert_int_equal(dure_io_list(io, entries, &count, 2000), DURE_IO_OK);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(dure_io_unlink(io, entries[i].name), DURE_IO_OK);
    }
    dure_io_close(io);
    assert_int_equal(rmdir(path), 0);
}

static void killed_processes_lose_nothing(void **state)
{
    (void)state;
    char path[] = "/var/tmp/dure-store-XXXXXX";
    uint64_t acked = 0;
    assert_non_null(mkdtemp(path));
    for (unsigned i = 0; i < KILLS; i++) {
        uint64_t now = run_and_kill(path, i * 1700);
        assert_true(now > acked);
        acked = now;
        dure_io_t *io = NULL;
        dure_store_t *store = NULL;
        dure_store_report_t report;
        assert_int_equal(open_store(&io, &store, path, &report), DURE_STORE_OK);
        assert_true(report.head_height >= acked);
        check(store, report.head_height);
        if (i % 4 == 0) {
            assert_int_equal(dure_store_close(store), DURE_STORE_OK);
            dure_io_close(io);
            assert_int_equal(open_store(&io, &store, path, &report), DURE_STORE_OK);
            assert_true(report.was_clean);
        }
        acked = report.head_height;
        assert_int_equal(dure_store_close(store), DURE_STORE_OK);
        dure_io_close(io);
    }
    print_message("# %d kills, %llu blocks\n", KILLS, (unsigned long long)acked);
    remove_all(path);
}

int main(void)
{
    if (!dure_crypto_init()) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_processes_lose_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/dure_io.h"

#define OK(call) assert_int_equal((call), DURE_IO_OK)

/* ---- what both worlds promise ------------------------------------------------------------------
 */

static void check_files(dure_io_t *io)
{
    dure_io_file_t file = 0;
    uint8_t buffer[8] = {0};
    uint64_t size = 0;
    assert_int_equal(dure_io_file_open(io, &file, "a", DURE_IO_OPEN), DURE_IO_NOT_FOUND);
    assert_non_null(strstr(dure_io_error_text(io), "open a: "));
    assert_int_equal(dure_io_file_open(io, &file, "../a", DURE_IO_CREATE), DURE_IO_LIMIT);
    OK(dure_io_file_open(io, &file, "a", DURE_IO_CREATE));
    OK(dure_io_file_write(io, file, "hello", 5, 3));
    OK(dure_io_file_size(io, file, &size));
    assert_int_equal(size, 8);
    OK(dure_io_file_read(io, file, buffer, 8, 0));
    assert_memory_equal(buffer, "\0\0\0hello", 8);
    assert_int_equal(dure_io_file_read(io, file, buffer, 8, 1), DURE_IO_SHORT);
    OK(dure_io_file_preallocate(io, file, 4096));
    OK(dure_io_file_preallocate(io, file, 16));
    OK(dure_io_file_size(io, file, &size));
    assert_int_equal(size, 4096);
    OK(dure_io_file_truncate(io, file, 4));
    OK(dure_io_file_size(io, file, &size));
    assert_int_equal(size, 4);
    OK(dure_io_file_sync(io, file));
    dure_io_file_t again = 0;
    assert_int_equal(dure_io_file_open(io, &again, "a", DURE_IO_CREATE), DURE_IO_EXISTS);
    dure_io_file_close(io, file);

    OK(dure_io_rename(io, "a", "b"));
    OK(dure_io_replace(io, "genesis", "first", 5));
    OK(dure_io_replace(io, "genesis", "second", 6));
    OK(dure_io_sync_directory(io));
    dure_io_entry_t entries[8];
    size_t count = 0;
    OK(dure_io_list(io, entries, &count, 8));
    assert_int_equal(count, 2);
    assert_string_equal(entries[0].name, "b");
    assert_string_equal(entries[1].name, "genesis");
    assert_int_equal(dure_io_list(io, entries, &count, 1), DURE_IO_LIMIT);
    OK(dure_io_file_open(io, &file, "genesis", DURE_IO_OPEN));
    OK(dure_io_file_read(io, file, buffer, 6, 0));
    assert_memory_equal(buffer, "second", 6);
    dure_io_file_close(io, file);
    OK(dure_io_unlink(io, "b"));
    assert_int_equal(dure_io_unlink(io, "b"), DURE_IO_NOT_FOUND);
}

/* Starts writes in both lanes, takes one by waiting and the others as events, in order. */
static void check_writes(dure_io_t *io)
{
    dure_io_file_t file = 0;
    static const char data[] = "0123456789";
    OK(dure_io_file_open(io, &file, "w", DURE_IO_OPEN_OR_CREATE));
    for (uint64_t i = 0; i < 6; i++) {
        dure_io_write_t write = {.file = file,
                                 .lane = i == 5 ? DURE_IO_LANE_BACKGROUND : DURE_IO_LANE_LOG,
                                 .offset = i,
                                 .data = &data[i],
                                 .size = 1,
                                 .flags = DURE_IO_SYNC_DATA | DURE_IO_SYNC_DIRECTORY,
                                 .token = 100 + i};
        OK(dure_io_write_start(io, &write));
    }
    OK(dure_io_write_wait(io, 102));
    assert_int_equal(dure_io_write_wait(io, 102), DURE_IO_NOT_FOUND);
    uint64_t expected = 100;
    size_t seen = 0;
    while (seen < 5) {
        dure_io_event_t events[2];
        size_t count = 0;
        OK(dure_io_poll(io, events, &count, 2, DURE_IO_FOREVER));
        for (size_t i = 0; i < count; i++, seen++) {
            assert_int_equal(events[i].kind, DURE_IO_EVENT_WRITTEN);
            OK(events[i].result);
            if (events[i].token != 105) {
                assert_int_equal(events[i].token, expected);
                expected += expected == 101 ? 2 : 1;
            }
        }
    }
    char buffer[6];
    OK(dure_io_file_read(io, file, buffer, 6, 0));
    assert_memory_equal(buffer, "012345", 6);
    dure_io_file_close(io, file);

    dure_io_wake(io);
    dure_io_wake(io);
    dure_io_event_t events[4];
    size_t count = 0;
    OK(dure_io_poll(io, events, &count, 4, DURE_IO_FOREVER));
    while (count == 0) {
        OK(dure_io_poll(io, events, &count, 4, DURE_IO_FOREVER));
    }
    assert_int_equal(count, 1);
    assert_int_equal(events[0].kind, DURE_IO_EVENT_WOKEN);
    uint64_t before = dure_io_monotonic_ns(io);
    OK(dure_io_poll(io, events, &count, 4, 2000000));
    assert_int_equal(count, 0);
    assert_true(dure_io_monotonic_ns(io) >= before + 2000000);
}

/* ---- Linux ----------------------------------------------------------------------------------- */

typedef struct {
    char path[64];
    dure_io_t *io;
} linux_t;

static void linux_start(linux_t *world)
{
    snprintf(world->path, sizeof world->path, "/tmp/dure-io-XXXXXX");
    assert_non_null(mkdtemp(world->path));
    OK(dure_io_linux_open(&world->io, world->path, DURE_IO_EXCLUSIVE));
}

static void linux_stop(linux_t *world)
{
    dure_io_entry_t entries[16];
    size_t count = 0;
    OK(dure_io_list(world->io, entries, &count, 16));
    for (size_t i = 0; i < count; i++) {
        OK(dure_io_unlink(world->io, entries[i].name));
    }
    dure_io_close(world->io);
    assert_int_equal(rmdir(world->path), 0);
}

static void linux_keeps_the_contract(void **state)
{
    (void)state;
    linux_t world;
    linux_start(&world);
    check_files(world.io);
    check_writes(world.io);
    uint8_t a[16] = {0};
    uint8_t b[16] = {0};
    dure_io_random(world.io, a, sizeof a);
    dure_io_random(world.io, b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(dure_io_wall_ms(world.io) > UINT64_C(1700000000000));
    linux_stop(&world);
}

static void linux_directory_has_one_holder(void **state)
{
    (void)state;
    linux_t world;
    linux_start(&world);
    dure_io_file_t file = 0;
    OK(dure_io_file_open(world.io, &file, "f", DURE_IO_CREATE));
    dure_io_file_close(world.io, file);

    dure_io_t *second = NULL;
    assert_int_equal(dure_io_linux_open(&second, world.path, DURE_IO_EXCLUSIVE), DURE_IO_LOCKED);
    assert_non_null(strstr(dure_io_error_text(second), "another process"));
    dure_io_close(second);

    dure_io_t *reader = NULL;
    OK(dure_io_linux_open(&reader, world.path, DURE_IO_READ_ONLY));
    OK(dure_io_file_open(reader, &file, "f", DURE_IO_OPEN));
    assert_int_equal(dure_io_file_write(reader, file, "x", 1, 0), DURE_IO_UNSUPPORTED);
    assert_int_equal(dure_io_unlink(reader, "f"), DURE_IO_UNSUPPORTED);
    dure_io_file_t other = 0;
    assert_int_equal(dure_io_file_open(reader, &other, "g", DURE_IO_CREATE), DURE_IO_UNSUPPORTED);
    dure_io_close(reader);
    linux_stop(&world);
    dure_io_t *none = NULL;
    assert_int_equal(dure_io_linux_open(&none, world.path, DURE_IO_READ_ONLY), DURE_IO_NOT_FOUND);
    dure_io_close(none);
}

/* A write that the kernel cuts short and then refuses is told, and poisons the file. */
static int short_write_child(const char *path)
{
    dure_io_t *io = NULL;
    dure_io_file_t file = 0;
    static uint8_t data[4096];
    struct rlimit limit = {.rlim_cur = 2048, .rlim_max = 2048};
    signal(SIGXFSZ, SIG_IGN);
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0 ||
        dure_io_linux_open(&io, path, DURE_IO_EXCLUSIVE) != DURE_IO_OK ||
        dure_io_file_open(io, &file, "s", DURE_IO_CREATE) != DURE_IO_OK) {
        return 1;
    }
    if (dure_io_file_preallocate(io, file, 4096) != DURE_IO_NO_SPACE ||
        dure_io_file_write(io, file, data, 16, 0) != DURE_IO_OK) {
        return 2;
    }
    dure_io_write_t write = {.file = file, .data = data, .size = 4096, .token = 7};
    dure_io_write_t next = {.file = file, .data = data, .size = 1, .token = 8};
    if (dure_io_write_start(io, &write) != DURE_IO_OK ||
        dure_io_write_start(io, &next) != DURE_IO_OK) {
        return 3;
    }
    if (dure_io_write_wait(io, 7) != DURE_IO_NO_SPACE ||
        strstr(dure_io_error_text(io), "write s: ") == NULL) {
        return 4;
    }
    if (dure_io_write_wait(io, 8) != DURE_IO_POISONED ||
        dure_io_file_sync(io, file) != DURE_IO_POISONED ||
        dure_io_file_write(io, file, data, 1, 0) != DURE_IO_POISONED ||
        dure_io_write_start(io, &next) != DURE_IO_POISONED) {
        return 5;
    }
    dure_io_file_close(io, file);
    if (dure_io_unlink(io, "s") != DURE_IO_OK) {
        return 6;
    }
    dure_io_close(io);
    return 0;
}

static void linux_short_writes_are_told_and_poison(void **state)
{
    (void)state;
    char path[] = "/tmp/dure-io-XXXXXX";
    assert_non_null(mkdtemp(path));
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        _exit(short_write_child(path));
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(rmdir(path), 0);
}

static dure_io_event_t next_event(dure_io_t *io)
{
    dure_io_event_t event;
    dure_io_event_t events[2];
    size_t count = 0;
    while (count == 0) {
        OK(dure_io_poll(io, events, &count, 2, UINT64_C(5000000000)));
    }
    event = events[0];
    return event;
}

static void linux_sockets_talk(void **state)
{
    (void)state;
    linux_t world;
    linux_start(&world);
    dure_io_t *io = world.io;
    char path[96];
    snprintf(path, sizeof path, "%s/node.sock", world.path);
    dure_io_socket_t listener = 0;
    dure_io_socket_t client = 0;
    dure_io_socket_t server = 0;
    assert_int_equal(dure_io_connect(io, &client, path), DURE_IO_NOT_FOUND);
    OK(dure_io_listen(io, &listener, path));
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    dure_io_socket_t second = 0;
    assert_int_equal(dure_io_listen(io, &second, path), DURE_IO_EXISTS);
    /* The probe of the refused listener left a dead connection in the queue. */
    OK(dure_io_accept(io, &server, listener));
    dure_io_socket_close(io, server);

    OK(dure_io_connect(io, &client, path));
    assert_int_equal(next_event(io).kind, DURE_IO_EVENT_ACCEPTABLE);
    OK(dure_io_accept(io, &server, listener));
    assert_int_equal(dure_io_accept(io, &second, listener), DURE_IO_AGAIN);
    size_t moved = 0;
    char buffer[64];
    assert_int_equal(dure_io_recv(io, server, &moved, buffer, sizeof buffer), DURE_IO_AGAIN);
    OK(dure_io_send(io, client, &moved, "ping", 4));
    assert_int_equal(moved, 4);
    dure_io_event_t event = next_event(io);
    assert_int_equal(event.kind, DURE_IO_EVENT_READABLE);
    assert_int_equal(event.socket, server);
    OK(dure_io_recv(io, server, &moved, buffer, sizeof buffer));
    assert_int_equal(moved, 4);

    /* Fill the pipe; it says AGAIN, and WRITABLE when the other side reads. */
    static char bulk[65536];
    dure_io_result_t result = DURE_IO_OK;
    while (result == DURE_IO_OK) {
        result = dure_io_send(io, server, &moved, bulk, sizeof bulk);
    }
    assert_int_equal(result, DURE_IO_AGAIN);
    OK(dure_io_watch(io, server, false, true));
    OK(dure_io_watch(io, client, false, false));
    while (dure_io_recv(io, client, &moved, bulk, sizeof bulk) == DURE_IO_OK) {
    }
    event = next_event(io);
    assert_int_equal(event.kind, DURE_IO_EVENT_WRITABLE);
    assert_int_equal(event.socket, server);

    dure_io_socket_close(io, client);
    OK(dure_io_watch(io, server, true, false));
    event = next_event(io);
    assert_int_equal(event.kind, DURE_IO_EVENT_READABLE);
    assert_int_equal(dure_io_recv(io, server, &moved, buffer, sizeof buffer), DURE_IO_CLOSED);
    assert_int_equal(dure_io_recv(io, client, &moved, buffer, sizeof buffer), DURE_IO_CLOSED);
    dure_io_socket_close(io, server);

    /* A listener takes its file with it. */
    dure_io_socket_close(io, listener);
    assert_int_equal(stat(path, &status), -1);
    linux_stop(&world);
}

/* A socket file whose process died. */
static void leave_socket_file(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    close(fd);
}

static void linux_socket_files_come_and_go(void **state)
{
    (void)state;
    linux_t world;
    struct stat status;
    char path[96];
    linux_start(&world);
    dure_io_t *io = world.io;
    snprintf(path, sizeof path, "%s/node.sock", world.path);
    dure_io_socket_t listener = 0;
    /* The file of a dead listener is replaced. */
    leave_socket_file(path);
    OK(dure_io_listen(io, &listener, path));
    /* What stands at its place by now is another's: it stays. */
    assert_int_equal(unlink(path), 0);
    leave_socket_file(path);
    dure_io_socket_close(io, listener);
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(unlink(path), 0);
    /* A file that is no socket is never removed. */
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
    assert_int_equal(dure_io_listen(io, &listener, path), DURE_IO_EXISTS);
    assert_int_equal(unlink(path), 0);
    linux_stop(&world);
}

static void *wake_from_outside(void *argument)
{
    dure_io_wake(argument);
    return NULL;
}

static void linux_threads_wake_the_loop(void **state)
{
    (void)state;
    linux_t world;
    linux_start(&world);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, wake_from_outside, world.io), 0);
    assert_int_equal(next_event(world.io).kind, DURE_IO_EVENT_WOKEN);
    pthread_join(thread, NULL);
    linux_stop(&world);
}

/* ---- the simulated world --------------------------------------------------------------------- */

static void sim_keeps_the_contract(void **state)
{
    (void)state;
    dure_io_sim_t *sim = dure_io_sim_new(1);
    dure_io_t *io = dure_io_sim_process(sim);
    check_files(io);
    check_writes(io);
    dure_io_close(io);
    io = dure_io_sim_process(sim);
    dure_io_file_t file = 0;
    OK(dure_io_file_open(io, &file, "genesis", DURE_IO_OPEN));
    dure_io_sim_free(sim);
}

/* Synced bytes survive every crash whole; over many seeds each fate of unsynced bytes occurs, and a
   crash is a function of its seed. */
static void sim_crash_spares_what_was_synced(void **state)
{
    (void)state;
    dure_io_sim_losses_t all = {0};
    uint64_t kept_names = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        uint8_t *copies[2] = {NULL, NULL};
        for (int run = 0; run < 2; run++) {
            dure_io_sim_t *sim = dure_io_sim_new(seed);
            dure_io_t *io = dure_io_sim_process(sim);
            uint8_t data[4096];
            uint64_t size = 0;
            dure_io_file_t file = 0;
            dure_io_file_t other = 0;
            OK(dure_io_file_open(io, &file, "f", DURE_IO_CREATE));
            memset(data, 'a', sizeof data);
            OK(dure_io_file_write(io, file, data, sizeof data, 0));
            OK(dure_io_file_sync(io, file));
            OK(dure_io_sync_directory(io));
            memset(data, 'b', sizeof data);
            OK(dure_io_file_write(io, file, data, sizeof data, 1024));
            OK(dure_io_file_open(io, &other, "g", DURE_IO_CREATE));
            dure_io_sim_losses_t losses = dure_io_sim_crash(sim, seed);
            assert_int_equal(losses.writes, 1);
            all.dropped += losses.dropped;
            all.torn += losses.torn;
            all.garbled += losses.garbled;
            all.names += losses.names;
            free(dure_io_sim_copy(sim, "g", &size));
            kept_names += 1 - losses.names;
            copies[run] = dure_io_sim_copy(sim, "f", &size);
            assert_non_null(copies[run]);
            assert_true(size >= 4096 && size <= 5120);
            memset(data, 'a', sizeof data);
            assert_memory_equal(copies[run], data, 1024);
            dure_io_sim_free(sim);
        }
        assert_memory_equal(copies[0], copies[1], 4096);
        free(copies[0]);
        free(copies[1]);
    }
    assert_true(all.dropped > 0 && all.torn > 0 && all.garbled > 0 && all.names > 0);
    assert_true(kept_names > 0);
}

static void sim_failed_sync_is_linux_like(void **state)
{
    (void)state;
    for (int poisons = 0; poisons < 2; poisons++) {
        dure_io_sim_t *sim = dure_io_sim_new(3);
        if (poisons == 0) {
            dure_io_sim_plant_no_poison(sim);
        }
        dure_io_t *io = dure_io_sim_process(sim);
        dure_io_file_t file = 0;
        char byte = 0;
        OK(dure_io_file_open(io, &file, "f", DURE_IO_CREATE));
        OK(dure_io_file_write(io, file, "a", 1, 0));
        OK(dure_io_file_sync(io, file));
        OK(dure_io_file_write(io, file, "b", 1, 0));
        dure_io_sim_fail(sim, DURE_IO_OP_SYNC, 1, DURE_IO_DEVICE, false);
        assert_int_equal(dure_io_file_sync(io, file), DURE_IO_DEVICE);
        assert_true(dure_io_sim_has_failed(sim));
        assert_int_equal(dure_io_file_sync(io, file), poisons ? DURE_IO_POISONED : DURE_IO_OK);
        OK(dure_io_file_read(io, file, &byte, 1, 0));
        assert_int_equal(byte, 'b'); /* the cache still shows it */
        dure_io_file_drop_cache(io, file, 0, 1);
        OK(dure_io_file_read(io, file, &byte, 1, 0));
        assert_int_equal(byte, 'a'); /* the disk never got it */
        dure_io_sim_free(sim);
    }
}

static void sim_faults_come_when_told(void **state)
{
    (void)state;
    dure_io_sim_t *sim = dure_io_sim_new(4);
    dure_io_t *io = dure_io_sim_process(sim);
    dure_io_file_t file = 0;
    uint64_t size = 0;
    OK(dure_io_file_open(io, &file, "f", DURE_IO_CREATE));
    dure_io_sim_space(sim, 100);
    assert_int_equal(dure_io_file_preallocate(io, file, 101), DURE_IO_NO_SPACE);
    OK(dure_io_file_preallocate(io, file, 100));
    dure_io_sim_fail(sim, DURE_IO_OP_SIZE, 2, DURE_IO_DEVICE, true);
    OK(dure_io_file_size(io, file, &size));
    assert_int_equal(dure_io_file_size(io, file, &size), DURE_IO_DEVICE);
    assert_int_equal(dure_io_file_size(io, file, &size), DURE_IO_DEVICE);
    OK(dure_io_file_sync(io, file));
    OK(dure_io_sync_directory(io));
    dure_io_sim_die_after(sim, 2);
    OK(dure_io_file_write(io, file, "x", 1, 0));
    assert_int_equal(dure_io_file_sync(io, file), DURE_IO_CRASHED);
    assert_true(dure_io_sim_is_dead(sim));
    dure_io_sim_kill(sim);
    assert_true(dure_io_sim_flip(sim, "f", 99, 1));
    assert_false(dure_io_sim_flip(sim, "f", 100, 1));
    io = dure_io_sim_process(sim);
    uint8_t byte = 0;
    OK(dure_io_file_open(io, &file, "f", DURE_IO_OPEN));
    OK(dure_io_file_read(io, file, &byte, 1, 99));
    assert_int_equal(byte, 1);
    OK(dure_io_file_read(io, file, &byte, 1, 0));
    assert_int_equal(byte, 'x'); /* a kill leaves the cache */
    uint64_t wall = dure_io_wall_ms(io);
    dure_io_sim_advance(sim, 5000000);
    assert_int_equal(dure_io_wall_ms(io), wall + 5);
    dure_io_sim_set_wall(sim, 1000);
    assert_int_equal(dure_io_wall_ms(io), 1000);
    dure_io_sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(linux_keeps_the_contract),
        cmocka_unit_test(linux_directory_has_one_holder),
        cmocka_unit_test(linux_short_writes_are_told_and_poison),
        cmocka_unit_test(linux_sockets_talk),
        cmocka_unit_test(linux_socket_files_come_and_go),
        cmocka_unit_test(linux_threads_wake_the_loop),
        cmocka_unit_test(sim_keeps_the_contract),
        cmocka_unit_test(sim_crash_spares_what_was_synced),
        cmocka_unit_test(sim_failed_sync_is_linux_like),
        cmocka_unit_test(sim_faults_come_when_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

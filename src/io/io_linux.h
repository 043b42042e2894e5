/* io_linux: the parts of the Linux world.  Not for other folders. */
#ifndef DURE_IO_LINUX_H
#define DURE_IO_LINUX_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "io/io_private.h"

#define DETAIL_SIZE        128u
#define LISTENER_PATH_SIZE 108u /* what a socket's address holds */

/* An asynchronous write under way. */
typedef struct {
    dure_io_write_t write;
    uint32_t file;
    int fd;
    bool is_taken; /* its completion has been told */
    dure_io_result_t result;
    const char *failed_operation;
    int error_number;
} job_t;

/* A ring of jobs and the thread that does them in order.  taken <= done <= queued; each counts jobs
   since the start.  Guarded by linux_io_t.mutex. */
typedef struct {
    struct linux_io *owner;
    pthread_t thread;
    bool has_thread;
    pthread_cond_t has_work;
    uint64_t queued;
    uint64_t done;
    uint64_t taken; /* only the loop touches it */
    job_t jobs[DURE_IO_WRITES_MAX];
} lane_t;

typedef struct {
    dure_io_socket_t handle; /* 0: free */
    int fd;
    bool is_listener;
    bool is_readable_watched;
    bool is_writable_watched;
    /* A listener's file, to remove it with the listener; empty: none. */
    char path[LISTENER_PATH_SIZE];
    dev_t path_device;
    ino_t path_inode;
} socket_t;

typedef struct linux_io {
    dure_io_t io; /* first: a linux_io_t is a dure_io_t */
    int directory_fd;
    bool is_read_only;
    int fds[DURE_IO_FILES_MAX];

    pthread_mutex_t mutex;
    pthread_cond_t has_done; /* a job of any lane is done */
    bool is_ending;
    lane_t lanes[DURE_IO_LANES];

    int epoll_fd;
    int wake_fd;           /* eventfd of dure_io_wake */
    _Atomic bool is_woken; /* it was written and not read yet */
    int done_fd;           /* eventfd of completed writes */
    uint32_t generation;
    socket_t sockets[DURE_IO_SOCKETS_MAX];
} linux_io_t;

/* io_linux.c */
dure_io_result_t linux_fail(dure_io_t *io, int error_number, const char *operation,
                            const char *name);
/* linux_write_all: 0, or errno. */
int linux_write_all(int fd, const void *data, size_t size, uint64_t offset);

/* io_linux_write.c */
bool linux_lanes_init(linux_io_t *self);
void linux_lanes_end(linux_io_t *self);
dure_io_result_t linux_write_start(dure_io_t *io, uint32_t file, const dure_io_write_t *write);
dure_io_result_t linux_write_wait(dure_io_t *io, uint64_t token);
/* linux_take_written: completions as events, up to the capacity. */
void linux_take_written(linux_io_t *self, dure_io_event_t *events, size_t *count, size_t capacity);

/* io_linux_socket.c */
bool linux_events_init(linux_io_t *self);
void linux_events_end(linux_io_t *self);
dure_io_result_t linux_poll(dure_io_t *io, dure_io_event_t *events, size_t *count, size_t capacity,
                            uint64_t timeout_ns);
void linux_wake(dure_io_t *io);
dure_io_result_t linux_listen(dure_io_t *io, dure_io_socket_t *listener, const char *path);
dure_io_result_t linux_accept(dure_io_t *io, dure_io_socket_t *socket, dure_io_socket_t listener);
dure_io_result_t linux_connect(dure_io_t *io, dure_io_socket_t *socket, const char *path);
dure_io_result_t linux_recv(dure_io_t *io, dure_io_socket_t socket, size_t *received, void *buffer,
                            size_t capacity);
dure_io_result_t linux_send(dure_io_t *io, dure_io_socket_t socket, size_t *sent, const void *data,
                            size_t size);
dure_io_result_t linux_watch(dure_io_t *io, dure_io_socket_t socket, bool readable, bool writable);
void linux_socket_close(dure_io_t *io, dure_io_socket_t socket);

#endif

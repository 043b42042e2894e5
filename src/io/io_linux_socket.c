/* io_linux_socket: the poll of the loop, and stream sockets of the Unix domain. */
#include "io/io_linux.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* What an epoll entry belongs to: these two, or a socket handle (which are above them). */
#define OWNER_WAKE  0u
#define OWNER_DONE  1u
#define EVENTS_ONCE 64
#define BACKLOG     128

static linux_io_t *self_of(dure_io_t *io)
{
    return (linux_io_t *)io;
}

static bool epoll_add(linux_io_t *self, int fd, uint64_t owner)
{
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = owner};
    return epoll_ctl(self->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

bool linux_events_init(linux_io_t *self)
{
    self->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    self->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    self->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return self->epoll_fd >= 0 && self->wake_fd >= 0 && self->done_fd >= 0 &&
           epoll_add(self, self->wake_fd, OWNER_WAKE) && epoll_add(self, self->done_fd, OWNER_DONE);
}

static void close_if_open(int fd)
{
    if (fd >= 0) {
        close(fd);
    }
}

void linux_events_end(linux_io_t *self)
{
    for (uint32_t i = 0; i < DURE_IO_SOCKETS_MAX; i++) {
        linux_socket_close(&self->io, self->sockets[i].handle);
    }
    close_if_open(self->epoll_fd);
    close_if_open(self->wake_fd);
    close_if_open(self->done_fd);
}

/* NULL if the socket was closed. */
static socket_t *socket_at(linux_io_t *self, dure_io_socket_t handle)
{
    socket_t *entry = &self->sockets[DURE_IO_SOCKET_PLACE(handle)];
    return handle != 0 && entry->handle == handle ? entry : NULL;
}

static void drain(int fd)
{
    uint64_t count = 0;
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
}

static void add_socket_events(linux_io_t *self, const struct epoll_event *ready,
                              dure_io_event_t *events, size_t *count)
{
    dure_io_socket_t handle = (dure_io_socket_t)ready->data.u64;
    const socket_t *entry = socket_at(self, handle);
    if (entry == NULL) {
        return;
    }
    bool is_broken = (ready->events & (EPOLLHUP | EPOLLERR)) != 0;
    if ((ready->events & EPOLLIN) != 0 || is_broken) {
        events[(*count)++] = (dure_io_event_t){.kind = entry->is_listener ? DURE_IO_EVENT_ACCEPTABLE
                                                                          : DURE_IO_EVENT_READABLE,
                                               .socket = handle};
    }
    if ((ready->events & EPOLLOUT) != 0) {
        events[(*count)++] = (dure_io_event_t){.kind = DURE_IO_EVENT_WRITABLE, .socket = handle};
    }
}

static int wait_ready(linux_io_t *self, struct epoll_event *ready, size_t room, uint64_t timeout_ns)
{
    struct timespec timeout = {.tv_sec = (time_t)(timeout_ns / UINT64_C(1000000000)),
                               .tv_nsec = (long)(timeout_ns % UINT64_C(1000000000))};
    int most = room < EVENTS_ONCE ? (int)room : EVENTS_ONCE;
    return epoll_pwait2(self->epoll_fd, ready, most,
                        timeout_ns == DURE_IO_FOREVER ? NULL : &timeout, NULL);
}

dure_io_result_t linux_poll(dure_io_t *io, dure_io_event_t *events, size_t *count, size_t capacity,
                            uint64_t timeout_ns)
{
    linux_io_t *self = self_of(io);
    linux_take_written(self, events, count, capacity);
    size_t room = (capacity - *count) / 2; /* a socket may give two events */
    if (room == 0) {
        DURE_ASSERT(capacity >= 2);
        return DURE_IO_OK;
    }
    struct epoll_event ready[EVENTS_ONCE];
    int ready_count = wait_ready(self, ready, room, *count > 0 ? 0 : timeout_ns);
    if (ready_count < 0) {
        return errno == EINTR ? DURE_IO_OK : linux_fail(io, errno, "poll", "events");
    }
    bool has_done = false;
    for (int i = 0; i < ready_count; i++) {
        if (ready[i].data.u64 == OWNER_WAKE) {
            drain(self->wake_fd);
            /* From here on a wake-up is written again: what came before it is looked at now. */
            (void)atomic_exchange(&self->is_woken, false);
            events[(*count)++] = (dure_io_event_t){.kind = DURE_IO_EVENT_WOKEN};
        } else if (ready[i].data.u64 == OWNER_DONE) {
            has_done = true;
        } else {
            add_socket_events(self, &ready[i], events, count);
        }
    }
    if (has_done) {
        /* Emptied before the completions are read, so that none is left without a signal; if the
           capacity leaves some behind, the next poll begins with them. */
        drain(self->done_fd);
        linux_take_written(self, events, count, capacity);
    }
    return DURE_IO_OK;
}

void linux_wake(dure_io_t *io)
{
    linux_io_t *self = self_of(io);
    if (atomic_exchange(&self->is_woken, true)) {
        return; /* it was woken and has not looked yet */
    }
    uint64_t one = 1;
    ssize_t put = write(self->wake_fd, &one, sizeof one);
    (void)put; /* a full counter wakes as well */
}

/* ---- sockets --------------------------------------------------------------------------------- */

/* Takes the descriptor, or closes it. */
static dure_io_result_t adopt(linux_io_t *self, dure_io_socket_t *socket, int fd, bool is_listener)
{
    uint32_t place = 0;
    while (place < DURE_IO_SOCKETS_MAX && self->sockets[place].handle != 0) {
        place++;
    }
    if (place == DURE_IO_SOCKETS_MAX) {
        close(fd);
        return io_fail(&self->io, DURE_IO_LIMIT, "open", "a socket", "too many connections");
    }
    uint32_t generations = UINT32_MAX / DURE_IO_SOCKETS_MAX;
    self->generation = self->generation % (generations - 1) + 1;
    dure_io_socket_t handle = self->generation * DURE_IO_SOCKETS_MAX + place;
    if (!epoll_add(self, fd, handle)) {
        int error_number = errno;
        close(fd);
        return linux_fail(&self->io, error_number, "watch", "a socket");
    }
    self->sockets[place] = (socket_t){
        .handle = handle, .fd = fd, .is_listener = is_listener, .is_readable_watched = true};
    *socket = handle;
    return DURE_IO_OK;
}

static_assert(sizeof((struct sockaddr_un *)0)->sun_path == LISTENER_PATH_SIZE, "a path fits");

static bool address_of(struct sockaddr_un *address, const char *path)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    size_t size = strlen(path);
    if (size == 0 || size >= sizeof address->sun_path) {
        return false;
    }
    memcpy(address->sun_path, path, size);
    return true;
}

static int connect_to(int fd, const struct sockaddr_un *address)
{
    int status = connect(fd, (const struct sockaddr *)address, sizeof *address);
    return status == 0 ? 0 : errno;
}

/* Removes a socket file that nobody listens on. */
static int remove_stale(const struct sockaddr_un *address)
{
    struct stat status;
    if (lstat(address->sun_path, &status) != 0) {
        return errno == ENOENT ? 0 : errno;
    }
    if (!S_ISSOCK(status.st_mode)) {
        return EEXIST;
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return errno;
    }
    int error_number = connect_to(fd, address);
    close(fd);
    if (error_number != ECONNREFUSED) {
        return EADDRINUSE;
    }
    return unlink(address->sun_path) == 0 ? 0 : errno;
}

dure_io_result_t linux_listen(dure_io_t *io, dure_io_socket_t *listener, const char *path)
{
    struct sockaddr_un address;
    if (!address_of(&address, path)) {
        return io_fail(io, DURE_IO_LIMIT, "listen on", path, "the path is too long for a socket");
    }
    int error_number = remove_stale(&address);
    if (error_number != 0) {
        return linux_fail(io, error_number, "listen on", path);
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    /* The mode is set before anybody can connect: a bound socket refuses until listen(). */
    if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(path, 0600) != 0 || listen(fd, BACKLOG) != 0) {
        error_number = errno;
        close_if_open(fd);
        return linux_fail(io, error_number, "listen on", path);
    }
    dure_io_result_t result = adopt(self_of(io), listener, fd, true);
    struct stat status;
    if (result == DURE_IO_OK && lstat(path, &status) == 0) {
        socket_t *entry = socket_at(self_of(io), *listener);
        memcpy(entry->path, address.sun_path, sizeof entry->path);
        entry->path_device = status.st_dev;
        entry->path_inode = status.st_ino;
    }
    return result;
}

/* The file of a listener goes with it, unless another one stands at its place by now. */
static void remove_file_of(const socket_t *listener)
{
    struct stat status;
    if (listener->path[0] != 0 && lstat(listener->path, &status) == 0 && S_ISSOCK(status.st_mode) &&
        status.st_dev == listener->path_device && status.st_ino == listener->path_inode) {
        (void)unlink(listener->path);
    }
}

dure_io_result_t linux_accept(dure_io_t *io, dure_io_socket_t *socket, dure_io_socket_t listener)
{
    linux_io_t *self = self_of(io);
    const socket_t *entry = socket_at(self, listener);
    if (entry == NULL) {
        return DURE_IO_CLOSED;
    }
    int fd = -1;
    do {
        fd = accept4(entry->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
    } while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    if (fd < 0) {
        return errno == EAGAIN ? DURE_IO_AGAIN : linux_fail(io, errno, "accept", "a connection");
    }
    return adopt(self, socket, fd, false);
}

dure_io_result_t linux_connect(dure_io_t *io, dure_io_socket_t *result, const char *path)
{
    struct sockaddr_un address;
    if (!address_of(&address, path)) {
        return io_fail(io, DURE_IO_LIMIT, "connect to", path, "the path is too long for a socket");
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    int error_number = fd < 0 ? errno : connect_to(fd, &address);
    if (error_number != 0) {
        close_if_open(fd);
        if (error_number == ECONNREFUSED) {
            return io_fail(io, DURE_IO_NOT_FOUND, "connect to", path, "nobody listens there");
        }
        return linux_fail(io, error_number, "connect to", path);
    }
    return adopt(self_of(io), result, fd, false);
}

dure_io_result_t linux_recv(dure_io_t *io, dure_io_socket_t socket, size_t *received, void *buffer,
                            size_t capacity)
{
    const socket_t *entry = socket_at(self_of(io), socket);
    if (entry == NULL) {
        return DURE_IO_CLOSED;
    }
    ssize_t got = -1;
    do {
        got = recv(entry->fd, buffer, capacity, 0);
    } while (got < 0 && errno == EINTR);
    if (got > 0) {
        *received = (size_t)got;
        return DURE_IO_OK;
    }
    return got < 0 && errno == EAGAIN ? DURE_IO_AGAIN : DURE_IO_CLOSED;
}

dure_io_result_t linux_send(dure_io_t *io, dure_io_socket_t socket, size_t *sent, const void *data,
                            size_t size)
{
    const socket_t *entry = socket_at(self_of(io), socket);
    if (entry == NULL) {
        return DURE_IO_CLOSED;
    }
    ssize_t put = -1;
    do {
        put = send(entry->fd, data, size, MSG_NOSIGNAL);
    } while (put < 0 && errno == EINTR);
    if (put > 0) {
        *sent = (size_t)put;
        return DURE_IO_OK;
    }
    return put < 0 && errno == EAGAIN ? DURE_IO_AGAIN : DURE_IO_CLOSED;
}

dure_io_result_t linux_watch(dure_io_t *io, dure_io_socket_t socket, bool readable, bool writable)
{
    linux_io_t *self = self_of(io);
    socket_t *entry = socket_at(self, socket);
    if (entry == NULL) {
        return DURE_IO_CLOSED;
    }
    if (entry->is_readable_watched == readable && entry->is_writable_watched == writable) {
        return DURE_IO_OK;
    }
    struct epoll_event event = {.events = (readable ? (uint32_t)EPOLLIN : 0u) |
                                          (writable ? (uint32_t)EPOLLOUT : 0u),
                                .data.u64 = socket};
    if (epoll_ctl(self->epoll_fd, EPOLL_CTL_MOD, entry->fd, &event) != 0) {
        return linux_fail(io, errno, "watch", "a socket");
    }
    entry->is_readable_watched = readable;
    entry->is_writable_watched = writable;
    return DURE_IO_OK;
}

void linux_socket_close(dure_io_t *io, dure_io_socket_t socket)
{
    socket_t *entry = socket_at(self_of(io), socket);
    if (entry != NULL) {
        remove_file_of(entry); /* first: a file that nobody listens on is seen by none */
        close(entry->fd);
        *entry = (socket_t){0};
    }
}

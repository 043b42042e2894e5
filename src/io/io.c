/* io: what both worlds share: arguments checked, files poisoned, errors told. */
#include "io/io_private.h"

#include <stdio.h>
#include <string.h>

const char *dure_io_result_name(dure_io_result_t result)
{
    switch (result) {
    case DURE_IO_OK:
        return "ok";
    case DURE_IO_NOT_FOUND:
        return "not_found";
    case DURE_IO_EXISTS:
        return "exists";
    case DURE_IO_NO_SPACE:
        return "no_space";
    case DURE_IO_DEVICE:
        return "device";
    case DURE_IO_SHORT:
        return "short";
    case DURE_IO_LOCKED:
        return "locked";
    case DURE_IO_POISONED:
        return "poisoned";
    case DURE_IO_LIMIT:
        return "limit";
    case DURE_IO_AGAIN:
        return "again";
    case DURE_IO_CLOSED:
        return "closed";
    case DURE_IO_UNSUPPORTED:
        return "unsupported";
    case DURE_IO_CRASHED:
        return "crashed";
    }
    return "unknown";
}

const char *dure_io_error_text(const dure_io_t *io)
{
    return io->error;
}

dure_io_result_t io_fail(dure_io_t *io, dure_io_result_t result, const char *operation,
                         const char *name, const char *detail)
{
    snprintf(io->error, sizeof io->error, "%s %s: %s", operation, name, detail);
    return result;
}

void dure_io_close(dure_io_t *io)
{
    if (io != NULL) {
        io->world->close(io);
    }
}

/* ---- files ----------------------------------------------------------------------------------- */

/* A name is one component of at most 63 bytes, so that no file lies outside the directory. */
static bool name_is_valid(const char *name)
{
    size_t size = strnlen(name, DURE_IO_NAME_SIZE);
    return size > 0 && size < DURE_IO_NAME_SIZE && strchr(name, '/') == NULL &&
           strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static uint32_t index_of(const dure_io_t *io, dure_io_file_t file)
{
    DURE_ASSERT(file >= 1 && file <= DURE_IO_FILES_MAX);
    DURE_ASSERT(io->files[file - 1].is_open);
    return file - 1;
}

dure_io_result_t dure_io_file_open(dure_io_t *io, dure_io_file_t *file, const char *name,
                                   dure_io_open_t how)
{
    *file = 0;
    if (!name_is_valid(name)) {
        return io_fail(io, DURE_IO_LIMIT, "open", name, "not a file name");
    }
    uint32_t index = 0;
    while (index < DURE_IO_FILES_MAX && io->files[index].is_open) {
        index++;
    }
    if (index == DURE_IO_FILES_MAX) {
        return io_fail(io, DURE_IO_LIMIT, "open", name, "too many files are open");
    }
    dure_io_result_t result = io->world->file_open(io, index, name, how);
    if (result == DURE_IO_OK) {
        io->files[index] = (io_file_t){.is_open = true};
        snprintf(io->files[index].name, sizeof io->files[index].name, "%s", name);
        *file = index + 1;
    }
    return result;
}

void dure_io_file_close(dure_io_t *io, dure_io_file_t file)
{
    if (file != 0) {
        uint32_t index = index_of(io, file);
        DURE_ASSERT(io->files[index].writes == 0);
        io->world->file_close(io, index);
        io->files[index].is_open = false;
    }
}

dure_io_result_t dure_io_file_size(dure_io_t *io, dure_io_file_t file, uint64_t *size)
{
    return io->world->file_size(io, index_of(io, file), size);
}

dure_io_result_t dure_io_file_read(dure_io_t *io, dure_io_file_t file, void *buffer, size_t size,
                                   uint64_t offset)
{
    return io->world->file_read(io, index_of(io, file), buffer, size, offset);
}

static dure_io_result_t poisoned(dure_io_t *io, uint32_t index, const char *operation)
{
    if (io->files[index].is_poisoned && !io->trusts_after_failure) {
        return io_fail(io, DURE_IO_POISONED, operation, io->files[index].name,
                       "an earlier write of this file failed");
    }
    return DURE_IO_OK;
}

/* Keeps in mind that a change of the file failed. */
static dure_io_result_t changed(dure_io_t *io, uint32_t index, dure_io_result_t result)
{
    if (result != DURE_IO_OK && !io->trusts_after_failure) {
        io->files[index].is_poisoned = true;
    }
    return result;
}

dure_io_result_t dure_io_file_write(dure_io_t *io, dure_io_file_t file, const void *data,
                                    size_t size, uint64_t offset)
{
    uint32_t index = index_of(io, file);
    dure_io_result_t result = poisoned(io, index, "write");
    if (result == DURE_IO_OK) {
        result = changed(io, index, io->world->file_write(io, index, data, size, offset));
    }
    return result;
}

dure_io_result_t dure_io_file_sync(dure_io_t *io, dure_io_file_t file)
{
    uint32_t index = index_of(io, file);
    dure_io_result_t result = poisoned(io, index, "sync");
    if (result == DURE_IO_OK) {
        result = changed(io, index, io->world->file_sync(io, index));
    }
    return result;
}

dure_io_result_t dure_io_file_truncate(dure_io_t *io, dure_io_file_t file, uint64_t size)
{
    uint32_t index = index_of(io, file);
    dure_io_result_t result = poisoned(io, index, "truncate");
    if (result == DURE_IO_OK) {
        result = changed(io, index, io->world->file_truncate(io, index, size));
    }
    return result;
}

dure_io_result_t dure_io_file_preallocate(dure_io_t *io, dure_io_file_t file, uint64_t size)
{
    uint32_t index = index_of(io, file);
    dure_io_result_t result = poisoned(io, index, "preallocate");
    if (result == DURE_IO_OK) {
        result = io->world->file_preallocate(io, index, size);
        if (result != DURE_IO_NO_SPACE) {
            result = changed(io, index, result);
        }
    }
    return result;
}

void dure_io_file_drop_cache(dure_io_t *io, dure_io_file_t file, uint64_t offset, uint64_t size)
{
    io->world->file_drop_cache(io, index_of(io, file), offset, size);
}

dure_io_result_t dure_io_rename(dure_io_t *io, const char *from, const char *to)
{
    if (!name_is_valid(from) || !name_is_valid(to)) {
        return io_fail(io, DURE_IO_LIMIT, "rename", from, "not a file name");
    }
    return io->world->rename(io, from, to);
}

dure_io_result_t dure_io_unlink(dure_io_t *io, const char *name)
{
    if (!name_is_valid(name)) {
        return io_fail(io, DURE_IO_LIMIT, "unlink", name, "not a file name");
    }
    return io->world->unlink(io, name);
}

dure_io_result_t dure_io_sync_directory(dure_io_t *io)
{
    return io->world->sync_directory(io);
}

dure_io_result_t dure_io_list(dure_io_t *io, dure_io_entry_t *entries, size_t *count,
                              size_t capacity)
{
    *count = 0;
    return io->world->list(io, entries, count, capacity);
}

dure_io_result_t dure_io_replace(dure_io_t *io, const char *name, const void *data, size_t size)
{
    char temporary[DURE_IO_NAME_SIZE];
    int length = snprintf(temporary, sizeof temporary, "%s.new", name);
    if (length < 0 || (size_t)length >= sizeof temporary) {
        return io_fail(io, DURE_IO_LIMIT, "replace", name, "the name is too long");
    }
    dure_io_file_t file = 0;
    dure_io_result_t result = dure_io_file_open(io, &file, temporary, DURE_IO_OPEN_OR_CREATE);
    if (result == DURE_IO_OK) {
        result = dure_io_file_truncate(io, file, 0);
    }
    if (result == DURE_IO_OK) {
        result = dure_io_file_write(io, file, data, size, 0);
    }
    if (result == DURE_IO_OK) {
        result = dure_io_file_sync(io, file);
    }
    dure_io_file_close(io, file);
    if (result == DURE_IO_OK) {
        result = dure_io_rename(io, temporary, name);
    }
    if (result == DURE_IO_OK) {
        result = dure_io_sync_directory(io);
    }
    return result;
}

/* ---- asynchronous writes and events ------------------------------------------------------------
 */

dure_io_result_t dure_io_write_start(dure_io_t *io, const dure_io_write_t *write)
{
    uint32_t index = index_of(io, write->file);
    DURE_ASSERT(write->lane == DURE_IO_LANE_LOG || write->lane == DURE_IO_LANE_BACKGROUND);
    DURE_ASSERT(write->data != NULL || write->size == 0);
    dure_io_result_t result = poisoned(io, index, "write");
    if (result == DURE_IO_OK) {
        result = io->world->write_start(io, index, write);
    }
    if (result == DURE_IO_OK) {
        io->files[index].writes++;
    }
    return result;
}

dure_io_result_t io_write_completed(dure_io_t *io, uint32_t file, dure_io_result_t result)
{
    DURE_ASSERT(io->files[file].is_open);
    DURE_ASSERT(io->files[file].writes > 0);
    io->files[file].writes--;
    if (result == DURE_IO_OK) {
        return poisoned(io, file, "write");
    }
    return changed(io, file, result);
}

dure_io_result_t dure_io_write_wait(dure_io_t *io, uint64_t token)
{
    return io->world->write_wait(io, token);
}

dure_io_result_t dure_io_poll(dure_io_t *io, dure_io_event_t *events, size_t *count,
                              size_t capacity, uint64_t timeout_ns)
{
    *count = 0;
    DURE_ASSERT(capacity > 0);
    return io->world->poll(io, events, count, capacity, timeout_ns);
}

void dure_io_wake(dure_io_t *io)
{
    io->world->wake(io);
}

uint64_t dure_io_monotonic_ns(dure_io_t *io)
{
    return io->world->monotonic_ns(io);
}

uint64_t dure_io_wall_ms(dure_io_t *io)
{
    return io->world->wall_ms(io);
}

void dure_io_random(dure_io_t *io, void *buffer, size_t size)
{
    io->world->random(io, buffer, size);
}

/* ---- sockets --------------------------------------------------------------------------------- */

dure_io_result_t dure_io_listen(dure_io_t *io, dure_io_socket_t *listener, const char *path)
{
    *listener = 0;
    return io->world->listen(io, listener, path);
}

dure_io_result_t dure_io_accept(dure_io_t *io, dure_io_socket_t *socket, dure_io_socket_t listener)
{
    *socket = 0;
    return io->world->accept(io, socket, listener);
}

dure_io_result_t dure_io_connect(dure_io_t *io, dure_io_socket_t *socket, const char *path)
{
    *socket = 0;
    return io->world->connect(io, socket, path);
}

dure_io_result_t dure_io_recv(dure_io_t *io, dure_io_socket_t socket, size_t *received,
                              void *buffer, size_t capacity)
{
    *received = 0;
    DURE_ASSERT(capacity > 0);
    return io->world->recv(io, socket, received, buffer, capacity);
}

dure_io_result_t dure_io_send(dure_io_t *io, dure_io_socket_t socket, size_t *sent,
                              const void *data, size_t size)
{
    *sent = 0;
    DURE_ASSERT(size > 0);
    return io->world->send(io, socket, sent, data, size);
}

dure_io_result_t dure_io_watch(dure_io_t *io, dure_io_socket_t socket, bool readable, bool writable)
{
    return io->world->watch(io, socket, readable, writable);
}

void dure_io_socket_close(dure_io_t *io, dure_io_socket_t socket)
{
    if (socket != 0) {
        io->world->socket_close(io, socket);
    }
}

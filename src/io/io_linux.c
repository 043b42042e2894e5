/* io_linux: the Linux world: directory, files, clock, random bytes. */
#include "io/io_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static linux_io_t *self_of(dure_io_t *io)
{
    return (linux_io_t *)io;
}

static dure_io_result_t result_of(int error_number)
{
    switch (error_number) {
    case ENOENT:
        return DURE_IO_NOT_FOUND;
    case EEXIST:
    case EADDRINUSE:
        return DURE_IO_EXISTS;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return DURE_IO_NO_SPACE;
    case EMFILE:
    case ENFILE:
    case ENAMETOOLONG:
        return DURE_IO_LIMIT;
    default:
        return DURE_IO_DEVICE;
    }
}

dure_io_result_t linux_fail(dure_io_t *io, int error_number, const char *operation,
                            const char *name)
{
    char buffer[DETAIL_SIZE];
    const char *detail = strerror_r(error_number, buffer, sizeof buffer);
    return io_fail(io, result_of(error_number), operation, name, detail);
}

static dure_io_result_t file_fail(dure_io_t *io, int error_number, const char *operation,
                                  uint32_t file)
{
    return linux_fail(io, error_number, operation, io->files[file].name);
}

/* Every change of the directory or of a file asks here first. */
static dure_io_result_t refuse_read_only(dure_io_t *io, const char *operation, const char *name)
{
    if (self_of(io)->is_read_only) {
        return io_fail(io, DURE_IO_UNSUPPORTED, operation, name, "opened only for reading");
    }
    return DURE_IO_OK;
}

/* ---- files ----------------------------------------------------------------------------------- */

static dure_io_result_t linux_file_open(dure_io_t *io, uint32_t file, const char *name,
                                        dure_io_open_t how)
{
    linux_io_t *self = self_of(io);
    int flags = O_CLOEXEC | (self->is_read_only ? O_RDONLY : O_RDWR);
    switch (how) {
    case DURE_IO_OPEN:
        break;
    case DURE_IO_CREATE:
        flags |= O_CREAT | O_EXCL;
        break;
    case DURE_IO_OPEN_OR_CREATE:
        flags |= O_CREAT;
        break;
    }
    if (how != DURE_IO_OPEN && self->is_read_only) {
        return refuse_read_only(io, "open", name);
    }
    int fd = -1;
    do {
        fd = openat(self->directory_fd, name, flags, 0600);
    } while (fd < 0 && errno == EINTR);
    if (fd < 0) {
        return linux_fail(io, errno, "open", name);
    }
    self->fds[file] = fd;
    return DURE_IO_OK;
}

static void linux_file_close(dure_io_t *io, uint32_t file)
{
    close(self_of(io)->fds[file]);
    self_of(io)->fds[file] = -1;
}

static dure_io_result_t linux_file_size(dure_io_t *io, uint32_t file, uint64_t *size)
{
    struct stat status;
    if (fstat(self_of(io)->fds[file], &status) != 0) {
        return file_fail(io, errno, "size", file);
    }
    *size = (uint64_t)status.st_size;
    return DURE_IO_OK;
}

static dure_io_result_t linux_file_read(dure_io_t *io, uint32_t file, void *buffer, size_t size,
                                        uint64_t offset)
{
    uint8_t *next = buffer;
    while (size > 0) {
        ssize_t got = pread(self_of(io)->fds[file], next, size, (off_t)offset);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return file_fail(io, errno, "read", file);
        }
        if (got == 0) {
            return io_fail(io, DURE_IO_SHORT, "read", io->files[file].name, "the file ends early");
        }
        next += got;
        offset += (uint64_t)got;
        size -= (size_t)got;
    }
    return DURE_IO_OK;
}

int linux_write_all(int fd, const void *data, size_t size, uint64_t offset)
{
    const uint8_t *next = data;
    while (size > 0) {
        ssize_t put = pwrite(fd, next, size, (off_t)offset);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return put < 0 ? errno : EIO;
        }
        next += put;
        offset += (uint64_t)put;
        size -= (size_t)put;
    }
    return 0;
}

static dure_io_result_t linux_file_write(dure_io_t *io, uint32_t file, const void *data,
                                         size_t size, uint64_t offset)
{
    dure_io_result_t refused = refuse_read_only(io, "write", io->files[file].name);
    if (refused != DURE_IO_OK) {
        return refused;
    }
    int error_number = linux_write_all(self_of(io)->fds[file], data, size, offset);
    return error_number == 0 ? DURE_IO_OK : file_fail(io, error_number, "write", file);
}

/* A sync is never repeated, not even after EINTR: the kernel reports a failed write-back once. */
static dure_io_result_t linux_file_sync(dure_io_t *io, uint32_t file)
{
    if (fdatasync(self_of(io)->fds[file]) != 0) {
        return file_fail(io, errno, "sync", file);
    }
    return DURE_IO_OK;
}

static dure_io_result_t linux_file_truncate(dure_io_t *io, uint32_t file, uint64_t size)
{
    dure_io_result_t refused = refuse_read_only(io, "truncate", io->files[file].name);
    if (refused != DURE_IO_OK) {
        return refused;
    }
    int status = 0;
    do {
        status = ftruncate(self_of(io)->fds[file], (off_t)size);
    } while (status != 0 && errno == EINTR);
    return status == 0 ? DURE_IO_OK : file_fail(io, errno, "truncate", file);
}

static dure_io_result_t linux_file_preallocate(dure_io_t *io, uint32_t file, uint64_t size)
{
    dure_io_result_t refused = refuse_read_only(io, "preallocate", io->files[file].name);
    if (refused != DURE_IO_OK) {
        return refused;
    }
    int error_number = 0;
    do {
        error_number = posix_fallocate(self_of(io)->fds[file], 0, (off_t)size);
    } while (error_number == EINTR);
    return error_number == 0 ? DURE_IO_OK : file_fail(io, error_number, "preallocate", file);
}

static void linux_file_drop_cache(dure_io_t *io, uint32_t file, uint64_t offset, uint64_t size)
{
    (void)posix_fadvise(self_of(io)->fds[file], (off_t)offset, (off_t)size, POSIX_FADV_DONTNEED);
}

/* ---- the directory --------------------------------------------------------------------------- */

static dure_io_result_t linux_rename(dure_io_t *io, const char *from, const char *to)
{
    dure_io_result_t refused = refuse_read_only(io, "rename", from);
    if (refused != DURE_IO_OK) {
        return refused;
    }
    int fd = self_of(io)->directory_fd;
    return renameat(fd, from, fd, to) == 0 ? DURE_IO_OK : linux_fail(io, errno, "rename", from);
}

static dure_io_result_t linux_unlink(dure_io_t *io, const char *name)
{
    dure_io_result_t refused = refuse_read_only(io, "unlink", name);
    if (refused != DURE_IO_OK) {
        return refused;
    }
    int status = unlinkat(self_of(io)->directory_fd, name, 0);
    return status == 0 ? DURE_IO_OK : linux_fail(io, errno, "unlink", name);
}

static dure_io_result_t linux_sync_directory(dure_io_t *io)
{
    if (fsync(self_of(io)->directory_fd) != 0) {
        return linux_fail(io, errno, "sync", "the directory");
    }
    return DURE_IO_OK;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const dure_io_entry_t *)a)->name, ((const dure_io_entry_t *)b)->name);
}

static bool is_regular_file(int directory_fd, const char *name)
{
    struct stat status;
    return fstatat(directory_fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
}

static dure_io_result_t linux_list(dure_io_t *io, dure_io_entry_t *entries, size_t *count,
                                   size_t capacity)
{
    int fd = openat(self_of(io)->directory_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *directory = fd < 0 ? NULL : fdopendir(fd);
    if (directory == NULL) {
        int error_number = errno;
        if (fd >= 0) {
            close(fd);
        }
        return linux_fail(io, error_number, "list", "the directory");
    }
    dure_io_result_t result = DURE_IO_OK;
    while (result == DURE_IO_OK) {
        errno = 0;
        struct dirent *entry = readdir(directory);
        if (entry == NULL) {
            if (errno != 0) {
                result = linux_fail(io, errno, "list", "the directory");
            }
            break;
        }
        size_t size = strlen(entry->d_name);
        if (size >= DURE_IO_NAME_SIZE || !is_regular_file(fd, entry->d_name)) {
            continue;
        }
        if (*count == capacity) {
            result = io_fail(io, DURE_IO_LIMIT, "list", "the directory", "too many files");
            break;
        }
        memset(&entries[*count], 0, sizeof entries[*count]);
        memcpy(entries[*count].name, entry->d_name, size);
        (*count)++;
    }
    closedir(directory);
    qsort(entries, *count, sizeof *entries, compare_entries);
    return result;
}

/* ---- memory ------------------------------------------------------------------------------------
 */

#define LARGE_PAGES_FROM ((size_t)384 << 20) /* tables for some 100,000 parties */

void dure_io_memory_prepare(void *memory, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t skipped = (page - (uintptr_t)memory % page) % page;
    if (size >= LARGE_PAGES_FROM) {
        /* Only advice: a system without large pages refuses it, and nothing is lost. */
        (void)madvise((uint8_t *)memory + skipped, size - skipped, MADV_HUGEPAGE);
    }
}

/* ---- clock and random bytes ------------------------------------------------------------------ */

static uint64_t linux_monotonic_ns(dure_io_t *io)
{
    (void)io;
    struct timespec now;
    int status = clock_gettime(CLOCK_MONOTONIC, &now);
    DURE_ASSERT(status == 0);
    return (uint64_t)now.tv_sec * UINT64_C(1000000000) + (uint64_t)now.tv_nsec;
}

static uint64_t linux_wall_ms(dure_io_t *io)
{
    (void)io;
    struct timespec now;
    int status = clock_gettime(CLOCK_REALTIME, &now);
    DURE_ASSERT(status == 0);
    return now.tv_sec < 0 ? 0 : (uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u;
}

static void linux_random(dure_io_t *io, void *buffer, size_t size)
{
    (void)io;
    uint8_t *next = buffer;
    while (size > 0) {
        ssize_t got = getrandom(next, size, 0);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        DURE_ASSERT(got > 0);
        next += got;
        size -= (size_t)got;
    }
}

/* ---- start and end --------------------------------------------------------------------------- */

static void linux_close(dure_io_t *io)
{
    linux_io_t *self = self_of(io);
    linux_lanes_end(self);
    linux_events_end(self);
    for (uint32_t i = 0; i < DURE_IO_FILES_MAX; i++) {
        if (self->fds[i] >= 0) {
            close(self->fds[i]);
        }
    }
    if (self->directory_fd >= 0) {
        close(self->directory_fd); /* gives the lock back */
    }
    free(self);
}

static const io_world_t linux_world = {
    .close = linux_close,
    .file_open = linux_file_open,
    .file_close = linux_file_close,
    .file_size = linux_file_size,
    .file_read = linux_file_read,
    .file_write = linux_file_write,
    .file_sync = linux_file_sync,
    .file_truncate = linux_file_truncate,
    .file_preallocate = linux_file_preallocate,
    .file_drop_cache = linux_file_drop_cache,
    .rename = linux_rename,
    .unlink = linux_unlink,
    .sync_directory = linux_sync_directory,
    .list = linux_list,
    .write_start = linux_write_start,
    .write_wait = linux_write_wait,
    .poll = linux_poll,
    .wake = linux_wake,
    .monotonic_ns = linux_monotonic_ns,
    .wall_ms = linux_wall_ms,
    .random = linux_random,
    .listen = linux_listen,
    .accept = linux_accept,
    .connect = linux_connect,
    .recv = linux_recv,
    .send = linux_send,
    .watch = linux_watch,
    .socket_close = linux_socket_close,
};

/* The new directory's own name must survive a power loss too. */
static dure_io_result_t sync_parent(linux_io_t *self, const char *directory)
{
    int fd = openat(self->directory_fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int status = fd < 0 ? -1 : fsync(fd);
    int error_number = errno;
    if (fd >= 0) {
        close(fd);
    }
    return status == 0 ? DURE_IO_OK
                       : linux_fail(&self->io, error_number, "sync the parent of", directory);
}

static dure_io_result_t open_directory(linux_io_t *self, const char *directory)
{
    bool is_new = !self->is_read_only && mkdir(directory, 0700) == 0;
    if (!self->is_read_only && !is_new && errno != EEXIST) {
        return linux_fail(&self->io, errno, "make directory", directory);
    }
    self->directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (self->directory_fd < 0) {
        return linux_fail(&self->io, errno, "open directory", directory);
    }
    if (self->is_read_only) {
        return DURE_IO_OK;
    }
    if (flock(self->directory_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            return io_fail(&self->io, DURE_IO_LOCKED, "lock", directory,
                           "another process works on this directory");
        }
        return linux_fail(&self->io, errno, "lock", directory);
    }
    return is_new ? sync_parent(self, directory) : DURE_IO_OK;
}

dure_io_result_t dure_io_linux_open(dure_io_t **io, const char *directory, dure_io_mode_t mode)
{
    linux_io_t *self = calloc(1, sizeof *self);
    *io = NULL;
    if (self == NULL) {
        return DURE_IO_LIMIT;
    }
    *io = &self->io;
    self->io.world = &linux_world;
    self->is_read_only = mode == DURE_IO_READ_ONLY;
    self->directory_fd = -1;
    self->epoll_fd = -1;
    self->wake_fd = -1;
    self->done_fd = -1;
    for (uint32_t i = 0; i < DURE_IO_FILES_MAX; i++) {
        self->fds[i] = -1;
    }
    if (!linux_lanes_init(self) || !linux_events_init(self)) {
        return linux_fail(&self->io, errno, "prepare", directory);
    }
    return open_directory(self, directory);
}

/* io_private: what a world must offer, and what both worlds share.  Not for other folders. */
#ifndef DURE_IO_PRIVATE_H
#define DURE_IO_PRIVATE_H

#include "io/dure_io.h"

#define IO_ERROR_SIZE 256u

/* One world.  `file` is an index in [0, DURE_IO_FILES_MAX) of a file that io.c knows to be open;
   names have been checked.  Failures are told through io_fail. */
typedef struct {
    void (*close)(dure_io_t *io);
    dure_io_result_t (*file_open)(dure_io_t *io, uint32_t file, const char *name,
                                  dure_io_open_t how);
    void (*file_close)(dure_io_t *io, uint32_t file);
    dure_io_result_t (*file_size)(dure_io_t *io, uint32_t file, uint64_t *size);
    dure_io_result_t (*file_read)(dure_io_t *io, uint32_t file, void *buffer, size_t size,
                                  uint64_t offset);
    dure_io_result_t (*file_write)(dure_io_t *io, uint32_t file, const void *data, size_t size,
                                   uint64_t offset);
    dure_io_result_t (*file_sync)(dure_io_t *io, uint32_t file);
    dure_io_result_t (*file_truncate)(dure_io_t *io, uint32_t file, uint64_t size);
    dure_io_result_t (*file_preallocate)(dure_io_t *io, uint32_t file, uint64_t size);
    void (*file_drop_cache)(dure_io_t *io, uint32_t file, uint64_t offset, uint64_t size);
    dure_io_result_t (*rename)(dure_io_t *io, const char *from, const char *to);
    dure_io_result_t (*unlink)(dure_io_t *io, const char *name);
    dure_io_result_t (*sync_directory)(dure_io_t *io);
    dure_io_result_t (*list)(dure_io_t *io, dure_io_entry_t *entries, size_t *count,
                             size_t capacity);
    dure_io_result_t (*write_start)(dure_io_t *io, uint32_t file, const dure_io_write_t *write);
    dure_io_result_t (*write_wait)(dure_io_t *io, uint64_t token);
    dure_io_result_t (*poll)(dure_io_t *io, dure_io_event_t *events, size_t *count, size_t capacity,
                             uint64_t timeout_ns);
    void (*wake)(dure_io_t *io);
    uint64_t (*monotonic_ns)(dure_io_t *io);
    uint64_t (*wall_ms)(dure_io_t *io);
    void (*random)(dure_io_t *io, void *buffer, size_t size);
    dure_io_result_t (*listen)(dure_io_t *io, dure_io_socket_t *listener, const char *path);
    dure_io_result_t (*accept)(dure_io_t *io, dure_io_socket_t *socket, dure_io_socket_t listener);
    dure_io_result_t (*connect)(dure_io_t *io, dure_io_socket_t *socket, const char *path);
    dure_io_result_t (*recv)(dure_io_t *io, dure_io_socket_t socket, size_t *received, void *buffer,
                             size_t capacity);
    dure_io_result_t (*send)(dure_io_t *io, dure_io_socket_t socket, size_t *sent, const void *data,
                             size_t size);
    dure_io_result_t (*watch)(dure_io_t *io, dure_io_socket_t socket, bool readable, bool writable);
    void (*socket_close)(dure_io_t *io, dure_io_socket_t socket);
} io_world_t;

typedef struct {
    bool is_open;
    bool is_poisoned;
    uint32_t writes; /* asynchronous writes under way */
    char name[DURE_IO_NAME_SIZE];
} io_file_t;

struct dure_io {
    const io_world_t *world;
    bool trusts_after_failure; /* test only: files are not poisoned */
    io_file_t files[DURE_IO_FILES_MAX];
    char error[IO_ERROR_SIZE];
};

/* io_fail: keeps "operation name: detail" as the error text and returns `result`. */
dure_io_result_t io_fail(dure_io_t *io, dure_io_result_t result, const char *operation,
                         const char *name, const char *detail);
/* io_write_completed: every completion of an asynchronous write passes here, in the order of its
   lane, before it is told: poisons the file after a failure, and fails what followed it. */
dure_io_result_t io_write_completed(dure_io_t *io, uint32_t file, dure_io_result_t result);

#endif

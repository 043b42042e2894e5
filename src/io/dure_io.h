/* io: the only place with system calls for files, clock, random bytes and sockets.  One interface,
   two worlds: Linux (io_linux.c) and a simulated disk and clock (io_sim.c).

   Threads: everything here belongs to the one thread that polls (the loop), except dure_io_wake,
   the clocks and dure_io_random, which any thread may call.

   A node's loop is:
       dure_io_poll -> for each event: a durable write finished (give it to its owner, for example
       dure_store_take_event), a socket is ready, or another thread called dure_io_wake. */
#ifndef DURE_IO_H
#define DURE_IO_H

#include "base/dure_base.h"

typedef struct dure_io dure_io_t;
typedef uint32_t dure_io_file_t;   /* an open file; 0 is none */
typedef uint32_t dure_io_socket_t; /* an open socket; 0 is none */

#define DURE_IO_NAME_SIZE   64u   /* bytes of a file name, with its final zero */
#define DURE_IO_FILES_MAX   32u   /* files open at once */
#define DURE_IO_SOCKETS_MAX 1024u /* sockets open at once, listeners included */
#define DURE_IO_WRITES_MAX  32u   /* asynchronous writes under way at once, in each lane */
#define DURE_IO_SECTOR_SIZE 512u  /* what a device is assumed to write as a unit, or tear */
#define DURE_IO_FOREVER     UINT64_MAX

typedef enum {
    DURE_IO_OK = 0,
    DURE_IO_NOT_FOUND,   /* no such file or socket path */
    DURE_IO_EXISTS,      /* the name is taken */
    DURE_IO_NO_SPACE,    /* the device or the quota is full */
    DURE_IO_DEVICE,      /* the device or the system reported any other error */
    DURE_IO_SHORT,       /* the file ends before the last byte asked for */
    DURE_IO_LOCKED,      /* another process holds the directory */
    DURE_IO_POISONED,    /* an earlier write or sync of this file failed: nothing can be trusted */
    DURE_IO_LIMIT,       /* too many files, sockets or writes at once, or a name too long */
    DURE_IO_AGAIN,       /* a socket has nothing now; wait for its event */
    DURE_IO_CLOSED,      /* the peer closed the connection, or the socket is not open */
    DURE_IO_UNSUPPORTED, /* this world has no such thing */
    DURE_IO_CRASHED,     /* simulated world: the process is dead, nothing happens any more */
} dure_io_result_t;

const char *dure_io_result_name(dure_io_result_t result);

/* dure_io_error_text: one sentence part about the last call (or completed write) that failed, such
   as "write log-00000003.dure: No space left on device".  Borrowed until the next failure. */
const char *dure_io_error_text(const dure_io_t *io);

/* ---- the Linux world ---------------------------------------------------------------------------
 */
typedef enum {
    DURE_IO_EXCLUSIVE, /* creates the directory (0700) if need be and locks it for this process */
    DURE_IO_READ_ONLY, /* for offline tools: no lock, every change is refused */
} dure_io_mode_t;

/* dure_io_linux_open: files are named relative to `directory`.  On failure *io is still made, so
   that dure_io_error_text can be read, and must be closed; *io is NULL only without memory. */
DURE_MUST_USE dure_io_result_t dure_io_linux_open(dure_io_t **io, const char *directory,
                                                  dure_io_mode_t mode);
/* dure_io_close: waits for writes under way, closes all and frees.  NULL is allowed. */
void dure_io_close(dure_io_t *io);

/* ---- files -------------------------------------------------------------------------------------
   Every call either does all of it or fails; interrupted and short calls are continued inside.
   After a write or a sync of a file failed, the file is poisoned: every later write, truncation,
   preallocation and sync of it through this io fails with DURE_IO_POISONED.  The kernel forgets a
   failed write-back, so a second sync that "succeeds" would mean nothing. */
typedef enum {
    DURE_IO_OPEN,   /* must exist */
    DURE_IO_CREATE, /* must not exist; the name is durable after dure_io_sync_directory */
    DURE_IO_OPEN_OR_CREATE,
} dure_io_open_t;

DURE_MUST_USE dure_io_result_t dure_io_file_open(dure_io_t *io, dure_io_file_t *file,
                                                 const char *name, dure_io_open_t how);
/* dure_io_file_close: no asynchronous write of the file may be under way.  0 is allowed. */
void dure_io_file_close(dure_io_t *io, dure_io_file_t file);
DURE_MUST_USE dure_io_result_t dure_io_file_size(dure_io_t *io, dure_io_file_t file,
                                                 uint64_t *size);
/* dure_io_file_read: fills the whole buffer or fails; DURE_IO_SHORT if the file ends before. */
DURE_MUST_USE dure_io_result_t dure_io_file_read(dure_io_t *io, dure_io_file_t file, void *buffer,
                                                 size_t size, uint64_t offset);
DURE_MUST_USE dure_io_result_t dure_io_file_write(dure_io_t *io, dure_io_file_t file,
                                                  const void *data, size_t size, uint64_t offset);
/* dure_io_file_sync: data and size are on the device (fdatasync).  Not the name. */
DURE_MUST_USE dure_io_result_t dure_io_file_sync(dure_io_t *io, dure_io_file_t file);
DURE_MUST_USE dure_io_result_t dure_io_file_truncate(dure_io_t *io, dure_io_file_t file,
                                                     uint64_t size);
/* dure_io_file_preallocate: the file has at least `size` bytes, new ones zero, and the device has
   reserved room for them.  DURE_IO_NO_SPACE does not poison: nothing was written. */
DURE_MUST_USE dure_io_result_t dure_io_file_preallocate(dure_io_t *io, dure_io_file_t file,
                                                        uint64_t size);
/* dure_io_file_drop_cache: asks that later reads come from the device and not from memory; what is
   not yet written stays.  Size 0: to the end.  Used by recovery and scrub; a request, so it cannot
   fail. */
void dure_io_file_drop_cache(dure_io_t *io, dure_io_file_t file, uint64_t offset, uint64_t size);

DURE_MUST_USE dure_io_result_t dure_io_rename(dure_io_t *io, const char *from, const char *to);
DURE_MUST_USE dure_io_result_t dure_io_unlink(dure_io_t *io, const char *name);
/* dure_io_sync_directory: creations, renames and removals so far are on the device. */
DURE_MUST_USE dure_io_result_t dure_io_sync_directory(dure_io_t *io);

typedef struct {
    char name[DURE_IO_NAME_SIZE];
} dure_io_entry_t;

/* dure_io_list: the regular files of the directory in ascending byte order; names too long for an
   entry are left out.  DURE_IO_LIMIT if there are more than `capacity`. */
DURE_MUST_USE dure_io_result_t dure_io_list(dure_io_t *io, dure_io_entry_t *entries, size_t *count,
                                            size_t capacity);

/* dure_io_replace: the small file `name` holds these bytes, or what it held before: written under
   another name, synced, renamed, directory synced. */
DURE_MUST_USE dure_io_result_t dure_io_replace(dure_io_t *io, const char *name, const void *data,
                                               size_t size);

/* ---- asynchronous durable writes ---------------------------------------------------------------
   A write is started and its completion arrives as an event.  Writes of one lane happen and
   complete in the order they were started; lanes are independent of each other.  The buffer is the
   caller's and may be neither changed nor freed until the completion. */
typedef enum {
    DURE_IO_LANE_LOG = 0,        /* what answers wait for */
    DURE_IO_LANE_BACKGROUND = 1, /* checkpoint, preparation */
} dure_io_lane_t;

#define DURE_IO_LANES 2u

#define DURE_IO_SYNC_DATA      1u /* flag: then sync the file */
#define DURE_IO_SYNC_DIRECTORY 2u /* flag: then sync the directory */

typedef struct {
    dure_io_file_t file;
    dure_io_lane_t lane;
    uint64_t offset;
    const void *data; /* borrows until the completion; may be NULL if size is 0 */
    size_t size;      /* 0: only the syncs */
    uint32_t flags;   /* DURE_IO_SYNC_* */
    uint64_t token;   /* returned with the completion; unique among writes under way */
} dure_io_write_t;

DURE_MUST_USE dure_io_result_t dure_io_write_start(dure_io_t *io, const dure_io_write_t *write);
/* dure_io_write_wait: blocks until the write with this token has completed and takes its
   completion; *no event of it follows*.  Other events stay for dure_io_poll. */
DURE_MUST_USE dure_io_result_t dure_io_write_wait(dure_io_t *io, uint64_t token);

/* ---- events ------------------------------------------------------------------------------------
 */
typedef enum {
    DURE_IO_EVENT_WRITTEN = 1, /* an asynchronous write completed: token and result */
    DURE_IO_EVENT_ACCEPTABLE,  /* a listener has connections: socket */
    DURE_IO_EVENT_READABLE,    /* recv has bytes, or the end, or an error: socket */
    DURE_IO_EVENT_WRITABLE,    /* send takes bytes again: socket */
    DURE_IO_EVENT_WOKEN,       /* dure_io_wake was called, once or several times */
} dure_io_event_kind_t;

typedef struct {
    dure_io_event_kind_t kind;
    dure_io_result_t result; /* of a write */
    uint64_t token;          /* of a write */
    dure_io_socket_t socket; /* of a socket event; may have been closed earlier in the same round */
} dure_io_event_t;

/* dure_io_poll: waits until something is ready, at most timeout_ns (0: does not wait;
   DURE_IO_FOREVER), and fills up to `capacity` (at least 2) events.  *count is 0 at the timeout,
   and may be 0 before it: after a signal, for example. */
DURE_MUST_USE dure_io_result_t dure_io_poll(dure_io_t *io, dure_io_event_t *events, size_t *count,
                                            size_t capacity, uint64_t timeout_ns);
/* dure_io_wake: makes the next (or the present) poll return DURE_IO_EVENT_WOKEN.  Any thread. */
void dure_io_wake(dure_io_t *io);

/* ---- clock and random bytes ---------------------------------------------------------------------
   Any thread. */
uint64_t dure_io_monotonic_ns(dure_io_t *io);
/* dure_io_memory_prepare: asks the system to back fresh memory with large pages, if it is so large
   that what they waste (some 30 MiB of a ledger's tables) does not count: a payment meets a dozen
   places of it, and finding their pages takes a quarter of its time.  Changes nothing else. */
void dure_io_memory_prepare(void *memory, size_t size);
uint64_t dure_io_wall_ms(dure_io_t *io); /* ms since 1970-01-01T00:00Z; may jump either way */
void dure_io_random(dure_io_t *io, void *buffer, size_t size); /* cannot fail; ends the process */

/* ---- stream sockets (Unix domain; Linux world only) ---------------------------------------------
   Sockets never block.  A new connection is watched for reading, not for writing. */

/* The place of a socket in a table of DURE_IO_SOCKETS_MAX entries.  Handles are not reused soon,
   places are: keep the handle in the entry and compare it. */
#define DURE_IO_SOCKET_PLACE(socket) ((socket) % DURE_IO_SOCKETS_MAX)

/* dure_io_listen: mode 0600; a socket file left behind by a dead process is replaced, a live one
   is DURE_IO_EXISTS.  `path` is a path of the file system, at most 107 bytes.  Closing the listener
   removes the file. */
DURE_MUST_USE dure_io_result_t dure_io_listen(dure_io_t *io, dure_io_socket_t *listener,
                                              const char *path);
DURE_MUST_USE dure_io_result_t dure_io_accept(dure_io_t *io, dure_io_socket_t *socket,
                                              dure_io_socket_t listener); /* AGAIN: none left */
DURE_MUST_USE dure_io_result_t dure_io_connect(dure_io_t *io, dure_io_socket_t *socket,
                                               const char *path);
/* dure_io_recv: OK with 1..capacity bytes; AGAIN; CLOSED at the end of the stream. */
DURE_MUST_USE dure_io_result_t dure_io_recv(dure_io_t *io, dure_io_socket_t socket,
                                            size_t *received, void *buffer, size_t capacity);
/* dure_io_send: OK with 1..size bytes taken; AGAIN; CLOSED.  Never raises SIGPIPE. */
DURE_MUST_USE dure_io_result_t dure_io_send(dure_io_t *io, dure_io_socket_t socket, size_t *sent,
                                            const void *data, size_t size);
/* dure_io_watch: which events the socket gives from now on. */
DURE_MUST_USE dure_io_result_t dure_io_watch(dure_io_t *io, dure_io_socket_t socket, bool readable,
                                             bool writable);
void dure_io_socket_close(dure_io_t *io, dure_io_socket_t socket); /* 0 is allowed */

/* ---- the simulated world ------------------------------------------------------------------------
   A disk in memory, a clock, random bytes, all from one seed.  The disk outlives the processes that
   run on it: dure_io_sim_process gives the io of a new process; dure_io_sim_kill ends it as kill -9
   does (what was written stays in the cache), dure_io_sim_crash as a power loss does.

   Power loss: every write not yet synced is decided sector by sector: applied, dropped, torn
   (a prefix or a suffix of it), or garbage; truncations, creations, renames and removals not yet
   synced are kept or lost.  A failed sync loses the unsynced writes of the file for ever while the
   cache still shows them and the next sync succeeds, as Linux does. */
typedef struct dure_io_sim dure_io_sim_t;

typedef enum {
    DURE_IO_OP_OPEN = 1u << 0, /* dure_io_file_open */
    DURE_IO_OP_SIZE = 1u << 1,
    DURE_IO_OP_READ = 1u << 2,
    DURE_IO_OP_WRITE = 1u << 3, /* synchronous or started */
    DURE_IO_OP_SYNC = 1u << 4,  /* of a file, also as the second half of a started write */
    DURE_IO_OP_TRUNCATE = 1u << 5,
    DURE_IO_OP_PREALLOCATE = 1u << 6,
    DURE_IO_OP_RENAME = 1u << 7,
    DURE_IO_OP_UNLINK = 1u << 8,
    DURE_IO_OP_SYNC_DIRECTORY = 1u << 9,
    DURE_IO_OP_LIST = 1u << 10,
} dure_io_op_t;

#define DURE_IO_OP_ANY 0x7FFu

typedef struct {
    uint64_t writes;  /* unsynced writes that a crash decided about */
    uint64_t dropped; /* bytes that were lost, */
    uint64_t torn;    /* bytes lost from sectors of which a part arrived, */
    uint64_t garbled; /* bytes replaced by garbage */
    uint64_t names;   /* creations, renames, removals and truncations lost */
} dure_io_sim_losses_t;

DURE_MUST_USE dure_io_sim_t *dure_io_sim_new(uint64_t seed); /* NULL without memory */
void dure_io_sim_free(dure_io_sim_t *sim);

/* dure_io_sim_process: starts the one process of the world; the last one must have ended.  The io
   is borrowed until then; dure_io_close ends the process in order. */
dure_io_t *dure_io_sim_process(dure_io_sim_t *sim);
void dure_io_sim_kill(dure_io_sim_t *sim);
/* dure_io_sim_crash: ends the process, if one runs, and loses what was not synced. */
dure_io_sim_losses_t dure_io_sim_crash(dure_io_sim_t *sim, uint64_t seed);

/* dure_io_sim_die_after: the process dies within the Nth file operation from now (1: the next):
   that one happens in part or not at all, it and all later calls return DURE_IO_CRASHED.  0: never.
   dure_io_sim_is_dead tells; then call kill or crash. */
void dure_io_sim_die_after(dure_io_sim_t *sim, uint64_t operations);
bool dure_io_sim_is_dead(const dure_io_sim_t *sim);
/* dure_io_sim_die: the process dies now.  What it had in memory can then be freed (its calls return
   DURE_IO_CRASHED) before kill or crash. */
void dure_io_sim_die(dure_io_sim_t *sim);
/* dure_io_sim_fail: the Nth operation from now among `ops` fails with `result` (DURE_IO_DEVICE or
   DURE_IO_NO_SPACE), once, or it and every later one if `forever`.  nth 0: no fault. */
void dure_io_sim_fail(dure_io_sim_t *sim, uint32_t ops, uint64_t nth, dure_io_result_t result,
                      bool forever);
bool dure_io_sim_has_failed(const dure_io_sim_t *sim); /* the fault of dure_io_sim_fail happened */
uint64_t dure_io_sim_operations(const dure_io_sim_t *sim); /* file operations so far */
/* dure_io_sim_space: room for all files together, in bytes; UINT64_MAX at the start. */
void dure_io_sim_space(dure_io_sim_t *sim, uint64_t bytes);
/* dure_io_sim_latency: an asynchronous write takes a random time in [min, max]. */
void dure_io_sim_latency(dure_io_sim_t *sim, uint64_t min_ns, uint64_t max_ns);
/* Rot at rest: changes a synced byte on the disk and in the cache; false if there is no such byte.
 */
bool dure_io_sim_flip(dure_io_sim_t *sim, const char *name, uint64_t offset, uint8_t mask);
/* The clock moves by itself only while poll or write_wait wait. */
void dure_io_sim_advance(dure_io_sim_t *sim, uint64_t ns);
void dure_io_sim_set_wall(dure_io_sim_t *sim, uint64_t wall_ms);
/* Whole files between runs: a copy of what the disk holds (malloc, the caller frees; NULL if there
   is none), a file put there (synced; data NULL removes it). */
uint8_t *dure_io_sim_copy(const dure_io_sim_t *sim, const char *name, uint64_t *size);
void dure_io_sim_put(dure_io_sim_t *sim, const char *name, const void *data, uint64_t size);
/* Test only: switches the poisoning of files off in later processes, to prove that the tests find
   a store which retries after a failed sync. */
void dure_io_sim_plant_no_poison(dure_io_sim_t *sim);

#endif

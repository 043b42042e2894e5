/* io_sim: the simulated world: process, faults, asynchronous writes, clock. */
#include "io/io_sim.h"

#include <stdlib.h>
#include <string.h>

static dure_io_sim_t *self_of(dure_io_t *io)
{
    return (dure_io_sim_t *)io;
}

/* ---- faults ----------------------------------------------------------------------------------
   Every file operation passes here once.  OK: do it. */
static dure_io_result_t operate(dure_io_sim_t *self, dure_io_op_t op, const char *operation,
                                const char *name)
{
    if (self->is_dead) {
        return io_fail(&self->io, DURE_IO_CRASHED, operation, name, "the process is dead");
    }
    self->operations++;
    if (self->die_at != 0 && self->operations >= self->die_at) {
        self->is_dead = true;
        return io_fail(&self->io, DURE_IO_CRASHED, operation, name, "the process died");
    }
    if (self->fault_in == 0 || (self->fault_ops & op) == 0) {
        return DURE_IO_OK;
    }
    if (self->fault_in > 1) {
        self->fault_in--;
        return DURE_IO_OK;
    }
    self->has_failed = true;
    self->fault_in = self->fault_is_forever ? 1 : 0;
    return io_fail(&self->io, self->fault_result, operation, name,
                   self->fault_result == DURE_IO_NO_SPACE ? "no space left (simulated)"
                                                          : "device error (simulated)");
}

static const char *name_of(const dure_io_sim_t *self, uint32_t file)
{
    return self->io.files[file].name;
}

static dure_io_result_t no_space(dure_io_sim_t *self, const char *operation, const char *name)
{
    return io_fail(&self->io, DURE_IO_NO_SPACE, operation, name, "no space left (simulated)");
}

/* ---- files ----------------------------------------------------------------------------------- */

static dure_io_result_t sim_file_open(dure_io_t *io, uint32_t file, const char *name,
                                      dure_io_open_t how)
{
    dure_io_sim_t *self = self_of(io);
    uint32_t inode = disk_find(&self->disk.cache, name);
    dure_io_result_t result = operate(self, DURE_IO_OP_OPEN, "open", name);
    if (result != DURE_IO_OK) {
        return result;
    }
    if (inode == INODE_NONE && how == DURE_IO_OPEN) {
        return io_fail(io, DURE_IO_NOT_FOUND, "open", name, "no such file");
    }
    if (inode != INODE_NONE && how == DURE_IO_CREATE) {
        return io_fail(io, DURE_IO_EXISTS, "open", name, "the file exists");
    }
    self->inode_of[file] = inode == INODE_NONE ? disk_create(&self->disk, name) : inode;
    return DURE_IO_OK;
}

static void sim_file_close(dure_io_t *io, uint32_t file)
{
    self_of(io)->inode_of[file] = INODE_NONE;
}

static dure_io_result_t sim_file_size(dure_io_t *io, uint32_t file, uint64_t *size)
{
    dure_io_sim_t *self = self_of(io);
    dure_io_result_t result = operate(self, DURE_IO_OP_SIZE, "size", name_of(self, file));
    if (result == DURE_IO_OK) {
        *size = self->disk.inodes[self->inode_of[file]].cache.size;
    }
    return result;
}

static dure_io_result_t sim_file_read(dure_io_t *io, uint32_t file, void *buffer, size_t size,
                                      uint64_t offset)
{
    dure_io_sim_t *self = self_of(io);
    dure_io_result_t result = operate(self, DURE_IO_OP_READ, "read", name_of(self, file));
    if (result != DURE_IO_OK) {
        return result;
    }
    const blob_t *blob = &self->disk.inodes[self->inode_of[file]].cache;
    if (offset > blob->size || size > blob->size - offset) {
        return io_fail(io, DURE_IO_SHORT, "read", name_of(self, file), "the file ends early");
    }
    if (size > 0) {
        memcpy(buffer, blob->data + offset, size);
    }
    return DURE_IO_OK;
}

/* Writes into the cache.  A write that fails or dies has still done a part of its work: that is
   what short writes come to for those above io. */
static dure_io_result_t write_cache(dure_io_sim_t *self, uint32_t file, const void *data,
                                    size_t size, uint64_t offset)
{
    bool was_dead = self->is_dead;
    uint32_t inode = self->inode_of[file];
    dure_io_result_t result = operate(self, DURE_IO_OP_WRITE, "write", name_of(self, file));
    if (result != DURE_IO_OK) {
        if (!was_dead && size > 0) {
            uint64_t part = sim_random(&self->random) % size;
            (void)disk_write(&self->disk, inode, data, part, offset);
        }
        return result;
    }
    if (!disk_write(&self->disk, inode, data, size, offset)) {
        return no_space(self, "write", name_of(self, file));
    }
    return DURE_IO_OK;
}

static dure_io_result_t sync_up_to(dure_io_sim_t *self, uint32_t file, uint32_t inode,
                                   uint64_t number)
{
    bool was_dead = self->is_dead;
    dure_io_result_t result = operate(self, DURE_IO_OP_SYNC, "sync", name_of(self, file));
    if (result == DURE_IO_OK) {
        disk_sync(&self->disk, inode, number);
    } else if (result != DURE_IO_CRASHED) {
        disk_lose(&self->disk, inode);
    } else if (!was_dead && sim_random(&self->random) % 2 == 0) {
        disk_sync(&self->disk, inode, number); /* it died just after the sync */
    }
    return result;
}

static dure_io_result_t sim_file_write(dure_io_t *io, uint32_t file, const void *data, size_t size,
                                       uint64_t offset)
{
    return write_cache(self_of(io), file, data, size, offset);
}

static dure_io_result_t sim_file_sync(dure_io_t *io, uint32_t file)
{
    return sync_up_to(self_of(io), file, self_of(io)->inode_of[file], UINT64_MAX);
}

static dure_io_result_t sim_file_truncate(dure_io_t *io, uint32_t file, uint64_t size)
{
    dure_io_sim_t *self = self_of(io);
    dure_io_result_t result = operate(self, DURE_IO_OP_TRUNCATE, "truncate", name_of(self, file));
    if (result == DURE_IO_OK) {
        disk_truncate(&self->disk, self->inode_of[file], size);
    }
    return result;
}

static dure_io_result_t sim_file_preallocate(dure_io_t *io, uint32_t file, uint64_t size)
{
    dure_io_sim_t *self = self_of(io);
    const char *name = name_of(self, file);
    dure_io_result_t result = operate(self, DURE_IO_OP_PREALLOCATE, "preallocate", name);
    if (result == DURE_IO_OK && !disk_extend(&self->disk, self->inode_of[file], size)) {
        result = no_space(self, "preallocate", name);
    }
    return result;
}

static void sim_file_drop_cache(dure_io_t *io, uint32_t file, uint64_t offset, uint64_t size)
{
    (void)offset; /* the whole file: a request may be granted generously */
    (void)size;
    disk_drop_cache(&self_of(io)->disk, self_of(io)->inode_of[file]);
}

/* ---- the directory --------------------------------------------------------------------------- */

static dure_io_result_t sim_rename(dure_io_t *io, const char *from, const char *to)
{
    dure_io_sim_t *self = self_of(io);
    dure_io_result_t result = operate(self, DURE_IO_OP_RENAME, "rename", from);
    if (result != DURE_IO_OK) {
        return result;
    }
    uint32_t inode = disk_find(&self->disk.cache, from);
    if (inode == INODE_NONE) {
        return io_fail(io, DURE_IO_NOT_FOUND, "rename", from, "no such file");
    }
    disk_rename(&self->disk, inode, from, to);
    return DURE_IO_OK;
}

static dure_io_result_t sim_unlink(dure_io_t *io, const char *name)
{
    dure_io_sim_t *self = self_of(io);
    dure_io_result_t result = operate(self, DURE_IO_OP_UNLINK, "unlink", name);
    if (result != DURE_IO_OK) {
        return result;
    }
    uint32_t inode = disk_find(&self->disk.cache, name);
    if (inode == INODE_NONE) {
        return io_fail(io, DURE_IO_NOT_FOUND, "unlink", name, "no such file");
    }
    disk_unlink(&self->disk, inode, name);
    return DURE_IO_OK;
}

static dure_io_result_t sim_sync_directory(dure_io_t *io)
{
    dure_io_sim_t *self = self_of(io);
    bool was_dead = self->is_dead;
    dure_io_result_t result = operate(self, DURE_IO_OP_SYNC_DIRECTORY, "sync", "the directory");
    if (result == DURE_IO_OK ||
        (result == DURE_IO_CRASHED && !was_dead && sim_random(&self->random) % 2 == 0)) {
        disk_sync_names(&self->disk);
    }
    return result;
}

static int compare_entries(const void *a, const void *b)
{
    return strcmp(((const dure_io_entry_t *)a)->name, ((const dure_io_entry_t *)b)->name);
}

static dure_io_result_t sim_list(dure_io_t *io, dure_io_entry_t *entries, size_t *count,
                                 size_t capacity)
{
    dure_io_sim_t *self = self_of(io);
    dure_io_result_t result = operate(self, DURE_IO_OP_LIST, "list", "the directory");
    if (result != DURE_IO_OK) {
        return result;
    }
    const names_t *names = &self->disk.cache;
    if (names->count > capacity) {
        return io_fail(io, DURE_IO_LIMIT, "list", "the directory", "too many files");
    }
    for (size_t i = 0; i < names->count; i++) {
        memcpy(entries[i].name, names->names[i].name, sizeof entries[i].name);
    }
    *count = names->count;
    qsort(entries, *count, sizeof *entries, compare_entries);
    return DURE_IO_OK;
}

/* ---- asynchronous writes --------------------------------------------------------------------- */

static dure_io_result_t sim_write_start(dure_io_t *io, uint32_t file, const dure_io_write_t *write)
{
    dure_io_sim_t *self = self_of(io);
    size_t *count = &self->flight_count[write->lane];
    if (self->is_dead) {
        return operate(self, DURE_IO_OP_WRITE, "write", name_of(self, file));
    }
    if (*count == DURE_IO_WRITES_MAX) {
        return io_fail(io, DURE_IO_LIMIT, "write", name_of(self, file), "too many writes");
    }
    flight_t *flight = &self->flights[write->lane][*count];
    *flight = (flight_t){.write = *write, .file = file, .inode = self->inode_of[file]};
    if (write->size > 0) {
        flight->copy = malloc(write->size);
        DURE_ASSERT(flight->copy != NULL);
        memcpy(flight->copy, write->data, write->size);
        flight->result = write_cache(self, file, write->data, write->size, write->offset);
    }
    flight->number = self->disk.change_number;
    uint64_t spread = self->latency_max_ns - self->latency_min_ns + 1;
    uint64_t latency = self->latency_min_ns + sim_random(&self->random) % spread;
    uint64_t start = *count == 0 ? self->now_ns : self->flights[write->lane][*count - 1].due_ns;
    flight->due_ns = (start > self->now_ns ? start : self->now_ns) + latency;
    (*count)++;
    return DURE_IO_OK;
}

/* The syncs of a write whose time has come. */
static void finish(dure_io_sim_t *self, flight_t *flight)
{
    if (flight->copy != NULL && !self->is_dead) {
        DURE_ASSERT(memcmp(flight->copy, flight->write.data, flight->write.size) == 0);
    }
    free(flight->copy);
    flight->copy = NULL;
    if (self->is_dead) {
        flight->result = DURE_IO_CRASHED;
    }
    if (flight->result == DURE_IO_OK && (flight->write.flags & DURE_IO_SYNC_DATA) != 0) {
        flight->result = sync_up_to(self, flight->file, flight->inode, flight->number);
    }
    if (flight->result == DURE_IO_OK && (flight->write.flags & DURE_IO_SYNC_DIRECTORY) != 0) {
        flight->result = sim_sync_directory(&self->io);
    }
}

/* Ends the oldest write of a lane: what it did, and whose it was. */
static dure_io_result_t land(dure_io_sim_t *self, uint32_t lane, uint64_t *token)
{
    flight_t flight = self->flights[lane][0];
    finish(self, &flight);
    self->flight_count[lane]--;
    memmove(&self->flights[lane][0], &self->flights[lane][1],
            self->flight_count[lane] * sizeof flight);
    *token = flight.write.token;
    return io_write_completed(&self->io, flight.file, flight.result);
}

/* The lane whose oldest write is due first; DURE_IO_LANES if there is none. */
static uint32_t next_lane(const dure_io_sim_t *self)
{
    uint32_t best = DURE_IO_LANES;
    for (uint32_t lane = 0; lane < DURE_IO_LANES; lane++) {
        if (self->flight_count[lane] > 0 &&
            (best == DURE_IO_LANES ||
             self->flights[lane][0].due_ns < self->flights[best][0].due_ns)) {
            best = lane;
        }
    }
    return best;
}

static dure_io_result_t sim_write_wait(dure_io_t *io, uint64_t token)
{
    dure_io_sim_t *self = self_of(io);
    for (uint32_t lane = 0; lane < DURE_IO_LANES; lane++) {
        for (size_t i = 0; i < self->flight_count[lane]; i++) {
            flight_t flight = self->flights[lane][i];
            if (flight.write.token != token) {
                continue;
            }
            if (flight.due_ns > self->now_ns) {
                self->now_ns = flight.due_ns;
            }
            /* What stands before it in the lane happens before it, but is told later. */
            for (size_t before = 0; before < i; before++) {
                finish(self, &self->flights[lane][before]);
                self->flights[lane][before].write.flags = 0;
            }
            finish(self, &flight);
            self->flight_count[lane]--;
            memmove(&self->flights[lane][i], &self->flights[lane][i + 1],
                    (self->flight_count[lane] - i) * sizeof flight);
            return io_write_completed(io, flight.file, flight.result);
        }
    }
    return io_fail(io, DURE_IO_NOT_FOUND, "wait for", "a write", "no such write is under way");
}

static dure_io_result_t sim_poll(dure_io_t *io, dure_io_event_t *events, size_t *count,
                                 size_t capacity, uint64_t timeout_ns)
{
    dure_io_sim_t *self = self_of(io);
    DURE_ASSERT(capacity >= 2);
    if (self->is_dead) {
        return io_fail(io, DURE_IO_CRASHED, "poll", "events", "the process is dead");
    }
    uint32_t lane = next_lane(self);
    if (!self->is_woken) {
        uint64_t deadline = timeout_ns == DURE_IO_FOREVER ? UINT64_MAX : self->now_ns + timeout_ns;
        uint64_t due = lane == DURE_IO_LANES ? UINT64_MAX : self->flights[lane][0].due_ns;
        uint64_t until = due < deadline ? due : deadline;
        DURE_ASSERT(until != UINT64_MAX); /* nothing could ever happen */
        self->now_ns = until > self->now_ns ? until : self->now_ns;
    } else {
        self->is_woken = false;
        events[(*count)++] = (dure_io_event_t){.kind = DURE_IO_EVENT_WOKEN};
    }
    while (lane != DURE_IO_LANES && self->flights[lane][0].due_ns <= self->now_ns &&
           *count < capacity) {
        dure_io_event_t *event = &events[(*count)++];
        *event = (dure_io_event_t){.kind = DURE_IO_EVENT_WRITTEN};
        event->result = land(self, lane, &event->token);
        if (self->is_dead) {
            *count = 0;
            return DURE_IO_CRASHED;
        }
        lane = next_lane(self);
    }
    return DURE_IO_OK;
}

static void sim_wake(dure_io_t *io)
{
    self_of(io)->is_woken = true;
}

/* ---- clock, random bytes, sockets ------------------------------------------------------------ */

static uint64_t sim_monotonic_ns(dure_io_t *io)
{
    return self_of(io)->now_ns;
}

static uint64_t sim_wall_ms(dure_io_t *io)
{
    const dure_io_sim_t *self = self_of(io);
    return (uint64_t)(self->wall_offset_ms + (int64_t)(self->now_ns / 1000000u));
}

static void sim_random_bytes(dure_io_t *io, void *buffer, size_t size)
{
    uint8_t *bytes = buffer;
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)sim_random(&self_of(io)->random);
    }
}

static dure_io_result_t no_sockets(dure_io_t *io)
{
    return io_fail(io, DURE_IO_UNSUPPORTED, "open", "a socket", "this world has none");
}

static dure_io_result_t sim_listen(dure_io_t *io, dure_io_socket_t *listener, const char *path)
{
    (void)listener;
    (void)path;
    return no_sockets(io);
}

static dure_io_result_t sim_accept(dure_io_t *io, dure_io_socket_t *socket,
                                   dure_io_socket_t listener)
{
    (void)socket;
    (void)listener;
    return no_sockets(io);
}

static dure_io_result_t sim_recv(dure_io_t *io, dure_io_socket_t socket, size_t *received,
                                 void *buffer, size_t capacity)
{
    (void)socket;
    (void)received;
    (void)buffer;
    (void)capacity;
    return no_sockets(io);
}

static dure_io_result_t sim_send(dure_io_t *io, dure_io_socket_t socket, size_t *sent,
                                 const void *data, size_t size)
{
    (void)socket;
    (void)sent;
    (void)data;
    (void)size;
    return no_sockets(io);
}

static dure_io_result_t sim_watch(dure_io_t *io, dure_io_socket_t socket, bool readable,
                                  bool writable)
{
    (void)socket;
    (void)readable;
    (void)writable;
    return no_sockets(io);
}

static void sim_socket_close(dure_io_t *io, dure_io_socket_t socket)
{
    (void)io;
    (void)socket;
}

/* ---- processes ------------------------------------------------------------------------------- */

/* The memory of the process is gone; the disk and its cache stay. */
static void end_process(dure_io_sim_t *self)
{
    for (uint32_t lane = 0; lane < DURE_IO_LANES; lane++) {
        for (size_t i = 0; i < self->flight_count[lane]; i++) {
            free(self->flights[lane][i].copy);
        }
        self->flight_count[lane] = 0;
    }
    self->is_running = false;
    self->is_dead = true;
    self->is_woken = false;
}

static void sim_close(dure_io_t *io)
{
    dure_io_sim_t *self = self_of(io);
    while (!self->is_dead && next_lane(self) != DURE_IO_LANES) {
        uint64_t token = 0;
        uint32_t lane = next_lane(self);
        if (self->flights[lane][0].due_ns > self->now_ns) {
            self->now_ns = self->flights[lane][0].due_ns;
        }
        (void)land(self, lane, &token);
    }
    end_process(self);
}

static const io_world_t sim_world = {
    .close = sim_close,
    .file_open = sim_file_open,
    .file_close = sim_file_close,
    .file_size = sim_file_size,
    .file_read = sim_file_read,
    .file_write = sim_file_write,
    .file_sync = sim_file_sync,
    .file_truncate = sim_file_truncate,
    .file_preallocate = sim_file_preallocate,
    .file_drop_cache = sim_file_drop_cache,
    .rename = sim_rename,
    .unlink = sim_unlink,
    .sync_directory = sim_sync_directory,
    .list = sim_list,
    .write_start = sim_write_start,
    .write_wait = sim_write_wait,
    .poll = sim_poll,
    .wake = sim_wake,
    .monotonic_ns = sim_monotonic_ns,
    .wall_ms = sim_wall_ms,
    .random = sim_random_bytes,
    .listen = sim_listen,
    .accept = sim_accept,
    .connect = sim_listen, /* refused in the same way */
    .recv = sim_recv,
    .send = sim_send,
    .watch = sim_watch,
    .socket_close = sim_socket_close,
};

dure_io_sim_t *dure_io_sim_new(uint64_t seed)
{
    dure_io_sim_t *self = calloc(1, sizeof *self);
    if (self != NULL) {
        self->random = seed;
        self->is_dead = true;
        self->now_ns = UINT64_C(1000000000);
        self->wall_offset_ms = INT64_C(1767225600000); /* 2026-01-01 */
        self->latency_min_ns = 100000;
        self->latency_max_ns = 2000000;
        self->disk.space = UINT64_MAX;
    }
    return self;
}

void dure_io_sim_free(dure_io_sim_t *sim)
{
    if (sim != NULL) {
        end_process(sim);
        disk_free(&sim->disk);
        free(sim);
    }
}

dure_io_t *dure_io_sim_process(dure_io_sim_t *sim)
{
    DURE_ASSERT(!sim->is_running);
    memset(&sim->io, 0, sizeof sim->io);
    sim->io.world = &sim_world;
    sim->io.trusts_after_failure = sim->plants_no_poison;
    sim->is_running = true;
    sim->is_dead = false;
    sim->die_at = 0;
    sim->fault_in = 0;
    sim->has_failed = false;
    for (uint32_t i = 0; i < DURE_IO_FILES_MAX; i++) {
        sim->inode_of[i] = INODE_NONE;
    }
    return &sim->io;
}

void dure_io_sim_kill(dure_io_sim_t *sim)
{
    end_process(sim);
}

dure_io_sim_losses_t dure_io_sim_crash(dure_io_sim_t *sim, uint64_t seed)
{
    end_process(sim);
    return disk_crash(&sim->disk, seed);
}

void dure_io_sim_die_after(dure_io_sim_t *sim, uint64_t operations)
{
    sim->die_at = operations == 0 ? 0 : sim->operations + operations;
}

bool dure_io_sim_is_dead(const dure_io_sim_t *sim)
{
    return sim->is_dead;
}

void dure_io_sim_die(dure_io_sim_t *sim)
{
    sim->is_dead = true;
}

void dure_io_sim_fail(dure_io_sim_t *sim, uint32_t ops, uint64_t nth, dure_io_result_t result,
                      bool forever)
{
    sim->fault_ops = ops;
    sim->fault_in = nth;
    sim->fault_result = result;
    sim->fault_is_forever = forever;
    sim->has_failed = false;
}

bool dure_io_sim_has_failed(const dure_io_sim_t *sim)
{
    return sim->has_failed;
}

uint64_t dure_io_sim_operations(const dure_io_sim_t *sim)
{
    return sim->operations;
}

void dure_io_sim_space(dure_io_sim_t *sim, uint64_t bytes)
{
    sim->disk.space = bytes;
}

void dure_io_sim_latency(dure_io_sim_t *sim, uint64_t min_ns, uint64_t max_ns)
{
    DURE_ASSERT(min_ns <= max_ns);
    sim->latency_min_ns = min_ns;
    sim->latency_max_ns = max_ns;
}

bool dure_io_sim_flip(dure_io_sim_t *sim, const char *name, uint64_t offset, uint8_t mask)
{
    uint32_t inode = disk_find(&sim->disk.disk, name);
    if (inode == INODE_NONE || offset >= sim->disk.inodes[inode].disk.size) {
        return false;
    }
    sim->disk.inodes[inode].disk.data[offset] ^= mask;
    if (offset < sim->disk.inodes[inode].cache.size) {
        sim->disk.inodes[inode].cache.data[offset] ^= mask;
    }
    return true;
}

void dure_io_sim_advance(dure_io_sim_t *sim, uint64_t ns)
{
    sim->now_ns += ns;
}

void dure_io_sim_set_wall(dure_io_sim_t *sim, uint64_t wall_ms)
{
    sim->wall_offset_ms = (int64_t)wall_ms - (int64_t)(sim->now_ns / 1000000u);
}

uint8_t *dure_io_sim_copy(const dure_io_sim_t *sim, const char *name, uint64_t *size)
{
    uint32_t inode = disk_find(&sim->disk.disk, name);
    *size = 0;
    if (inode == INODE_NONE) {
        return NULL;
    }
    const blob_t *blob = &sim->disk.inodes[inode].disk;
    uint8_t *copy = malloc(blob->size == 0 ? 1 : blob->size);
    DURE_ASSERT(copy != NULL);
    if (blob->size > 0) {
        memcpy(copy, blob->data, blob->size);
    }
    *size = blob->size;
    return copy;
}

void dure_io_sim_put(dure_io_sim_t *sim, const char *name, const void *data, uint64_t size)
{
    DURE_ASSERT(!sim->is_running);
    disk_put(&sim->disk, name, data, size);
}

void dure_io_sim_plant_no_poison(dure_io_sim_t *sim)
{
    sim->plants_no_poison = true;
}

/* io_sim: the parts of the simulated world.  Not for other folders. */
#ifndef DURE_IO_SIM_H
#define DURE_IO_SIM_H

#include "io/io_private.h"

/* ---- the disk (io_sim_disk.c) ------------------------------------------------------------------
 */
typedef struct {
    uint8_t *data;
    uint64_t size;
    uint64_t capacity;
} blob_t;

typedef enum { CHANGE_WRITE, CHANGE_TRUNCATE, CHANGE_EXTEND } change_kind_t;

/* A change of a file that is in the cache and not yet on the disk. */
typedef struct {
    change_kind_t kind;
    uint64_t number; /* order among all changes of the world */
    uint64_t offset; /* WRITE: where; else the new size */
    uint64_t size;
    uint8_t *data;
} change_t;

typedef struct {
    bool is_used;
    bool has_lost; /* a sync failed: the cache shows what the disk never got */
    blob_t cache;  /* what reads see */
    blob_t disk;   /* what a power loss leaves at least */
    change_t *changes;
    size_t change_count;
    size_t change_capacity;
} inode_t;

typedef struct {
    char name[DURE_IO_NAME_SIZE];
    uint32_t inode;
} name_t;

typedef struct {
    name_t *names;
    size_t count;
    size_t capacity;
} names_t;

typedef enum { NAME_CREATE, NAME_RENAME, NAME_UNLINK } name_change_kind_t;

typedef struct {
    name_change_kind_t kind;
    uint32_t inode;
    char from[DURE_IO_NAME_SIZE]; /* RENAME and UNLINK */
    char to[DURE_IO_NAME_SIZE];   /* CREATE and RENAME */
} name_change_t;

typedef struct {
    inode_t *inodes;
    size_t inode_count;
    names_t cache;
    names_t disk;
    name_change_t *changes; /* of names, not yet on the disk */
    size_t change_count;
    size_t change_capacity;
    uint64_t change_number;
    uint64_t space;
} disk_t;

#define INODE_NONE UINT32_MAX

uint64_t sim_random(uint64_t *state);
uint32_t disk_find(const names_t *names, const char *name);
uint32_t disk_create(disk_t *disk, const char *name);
void disk_rename(disk_t *disk, uint32_t inode, const char *from, const char *to);
void disk_unlink(disk_t *disk, uint32_t inode, const char *name);
void disk_sync_names(disk_t *disk);
/* disk_write: false, and nothing changed, if there is no room. */
bool disk_write(disk_t *disk, uint32_t inode, const void *data, uint64_t size, uint64_t offset);
bool disk_extend(disk_t *disk, uint32_t inode, uint64_t size);
void disk_truncate(disk_t *disk, uint32_t inode, uint64_t size);
/* disk_sync: changes up to this number are on the disk. */
void disk_sync(disk_t *disk, uint32_t inode, uint64_t number);
void disk_lose(disk_t *disk, uint32_t inode);
void disk_drop_cache(disk_t *disk, uint32_t inode);
dure_io_sim_losses_t disk_crash(disk_t *disk, uint64_t seed);
void disk_put(disk_t *disk, const char *name, const void *data, uint64_t size);
void disk_free(disk_t *disk);

/* ---- the world (io_sim.c) ----------------------------------------------------------------------
 */
typedef struct {
    dure_io_write_t write;
    uint32_t file;
    uint32_t inode;
    uint64_t number; /* the disk's changes up to here belong to its sync */
    uint64_t due_ns;
    uint8_t *copy; /* of the buffer, to see that nobody changed it */
    dure_io_result_t result;
} flight_t;

struct dure_io_sim {
    dure_io_t io; /* first: a dure_io_sim_t is a dure_io_t */
    bool is_running;
    bool is_dead;
    bool plants_no_poison;
    uint32_t inode_of[DURE_IO_FILES_MAX];
    flight_t flights[DURE_IO_LANES][DURE_IO_WRITES_MAX];
    size_t flight_count[DURE_IO_LANES];
    _Atomic bool is_woken; /* by any thread */

    uint64_t random;
    uint64_t now_ns;
    int64_t wall_offset_ms; /* wall = offset + now */
    uint64_t latency_min_ns;
    uint64_t latency_max_ns;

    uint64_t operations;
    uint64_t die_at; /* 0: never */
    uint32_t fault_ops;
    uint64_t fault_in; /* operations until the fault; 0: none */
    dure_io_result_t fault_result;
    bool fault_is_forever;
    bool has_failed;

    disk_t disk;
};

#endif

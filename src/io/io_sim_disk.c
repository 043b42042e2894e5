/* io_sim_disk: a disk in memory, with what a power loss may do to it. */
#include "io/io_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* splitmix64: enough to draw faults, and the same everywhere. */
uint64_t sim_random(uint64_t *state)
{
    *state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = *state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

/* The simulated world has no use for a half of itself: without memory the test ends. */
static void *grown(void *old, size_t size)
{
    void *memory = realloc(old, size == 0 ? 1 : size);
    DURE_ASSERT(memory != NULL);
    return memory;
}

/* ---- blobs ----------------------------------------------------------------------------------- */

static void blob_resize(blob_t *blob, uint64_t size)
{
    if (size > blob->capacity) {
        blob->capacity = size + size / 2;
        blob->data = grown(blob->data, blob->capacity);
    }
    if (size > blob->size) {
        memset(blob->data + blob->size, 0, size - blob->size);
    }
    blob->size = size;
}

static void blob_put(blob_t *blob, const uint8_t *data, uint64_t size, uint64_t offset)
{
    if (size == 0) {
        return;
    }
    if (offset + size > blob->size) {
        blob_resize(blob, offset + size);
    }
    memcpy(blob->data + offset, data, size);
}

static void blob_copy(blob_t *to, const blob_t *from)
{
    blob_resize(to, 0);
    blob_put(to, from->data, from->size, 0);
}

/* ---- names ----------------------------------------------------------------------------------- */

uint32_t disk_find(const names_t *names, const char *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i].name, name) == 0) {
            return names->names[i].inode;
        }
    }
    return INODE_NONE;
}

static void names_remove(names_t *names, const char *name, uint32_t inode)
{
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->names[i].name, name) == 0 && names->names[i].inode == inode) {
            names->names[i] = names->names[--names->count];
            return;
        }
    }
}

static void names_set(names_t *names, const char *name, uint32_t inode)
{
    names_remove(names, name, disk_find(names, name));
    if (names->count == names->capacity) {
        names->capacity = names->capacity * 2 + 8;
        names->names = grown(names->names, names->capacity * sizeof *names->names);
    }
    name_t *entry = &names->names[names->count++];
    memset(entry, 0, sizeof *entry);
    snprintf(entry->name, sizeof entry->name, "%s", name);
    entry->inode = inode;
}

static void names_apply(names_t *names, const name_change_t *change)
{
    switch (change->kind) {
    case NAME_CREATE:
        names_set(names, change->to, change->inode);
        break;
    case NAME_RENAME:
        names_remove(names, change->from, change->inode);
        names_set(names, change->to, change->inode);
        break;
    case NAME_UNLINK:
        names_remove(names, change->from, change->inode);
        break;
    }
}

static void change_names(disk_t *disk, name_change_kind_t kind, uint32_t inode, const char *from,
                         const char *to)
{
    if (disk->change_count == disk->change_capacity) {
        disk->change_capacity = disk->change_capacity * 2 + 8;
        disk->changes = grown(disk->changes, disk->change_capacity * sizeof *disk->changes);
    }
    name_change_t *change = &disk->changes[disk->change_count++];
    *change = (name_change_t){.kind = kind, .inode = inode};
    snprintf(change->from, sizeof change->from, "%s", from);
    snprintf(change->to, sizeof change->to, "%s", to);
    names_apply(&disk->cache, change);
}

uint32_t disk_create(disk_t *disk, const char *name)
{
    uint32_t inode = 0;
    while (inode < disk->inode_count && disk->inodes[inode].is_used) {
        inode++;
    }
    if (inode == disk->inode_count) {
        disk->inodes = grown(disk->inodes, (disk->inode_count + 1) * sizeof *disk->inodes);
        disk->inode_count++;
    }
    disk->inodes[inode] = (inode_t){.is_used = true};
    change_names(disk, NAME_CREATE, inode, "", name);
    return inode;
}

void disk_rename(disk_t *disk, uint32_t inode, const char *from, const char *to)
{
    change_names(disk, NAME_RENAME, inode, from, to);
}

void disk_unlink(disk_t *disk, uint32_t inode, const char *name)
{
    change_names(disk, NAME_UNLINK, inode, name, "");
}

void disk_sync_names(disk_t *disk)
{
    for (size_t i = 0; i < disk->change_count; i++) {
        names_apply(&disk->disk, &disk->changes[i]);
    }
    disk->change_count = 0;
}

/* ---- contents -------------------------------------------------------------------------------- */

static bool has_room(const disk_t *disk, uint32_t inode, uint64_t size)
{
    uint64_t used = 0;
    for (size_t i = 0; i < disk->cache.count; i++) {
        if (disk->cache.names[i].inode != inode) {
            used += disk->inodes[disk->cache.names[i].inode].cache.size;
        }
    }
    uint64_t present = disk->inodes[inode].cache.size;
    return size <= present || (size <= disk->space && used <= disk->space - size);
}

static change_t *change_add(disk_t *disk, inode_t *inode, change_kind_t kind)
{
    if (inode->change_count == inode->change_capacity) {
        inode->change_capacity = inode->change_capacity * 2 + 8;
        inode->changes = grown(inode->changes, inode->change_capacity * sizeof *inode->changes);
    }
    change_t *change = &inode->changes[inode->change_count++];
    *change = (change_t){.kind = kind, .number = ++disk->change_number};
    return change;
}

bool disk_write(disk_t *disk, uint32_t number, const void *data, uint64_t size, uint64_t offset)
{
    inode_t *inode = &disk->inodes[number];
    if (size == 0) {
        return true;
    }
    if (!has_room(disk, number, offset + size)) {
        return false;
    }
    change_t *change = change_add(disk, inode, CHANGE_WRITE);
    change->offset = offset;
    change->size = size;
    change->data = grown(NULL, size);
    memcpy(change->data, data, size);
    blob_put(&inode->cache, data, size, offset);
    return true;
}

bool disk_extend(disk_t *disk, uint32_t number, uint64_t size)
{
    inode_t *inode = &disk->inodes[number];
    if (size <= inode->cache.size) {
        return true;
    }
    if (!has_room(disk, number, size)) {
        return false;
    }
    change_add(disk, inode, CHANGE_EXTEND)->offset = size;
    blob_resize(&inode->cache, size);
    return true;
}

void disk_truncate(disk_t *disk, uint32_t number, uint64_t size)
{
    inode_t *inode = &disk->inodes[number];
    change_add(disk, inode, CHANGE_TRUNCATE)->offset = size;
    blob_resize(&inode->cache, size);
}

static void change_apply(blob_t *blob, const change_t *change)
{
    switch (change->kind) {
    case CHANGE_WRITE:
        blob_put(blob, change->data, change->size, change->offset);
        break;
    case CHANGE_TRUNCATE:
        blob_resize(blob, change->offset);
        break;
    case CHANGE_EXTEND:
        if (change->offset > blob->size) {
            blob_resize(blob, change->offset);
        }
        break;
    }
}

void disk_sync(disk_t *disk, uint32_t number, uint64_t up_to)
{
    inode_t *inode = &disk->inodes[number];
    size_t kept = 0;
    for (size_t i = 0; i < inode->change_count; i++) {
        if (inode->changes[i].number <= up_to) {
            change_apply(&inode->disk, &inode->changes[i]);
            free(inode->changes[i].data);
        } else {
            inode->changes[kept++] = inode->changes[i];
        }
    }
    inode->change_count = kept;
}

static void forget_changes(inode_t *inode)
{
    for (size_t i = 0; i < inode->change_count; i++) {
        free(inode->changes[i].data);
    }
    inode->change_count = 0;
}

void disk_lose(disk_t *disk, uint32_t number)
{
    forget_changes(&disk->inodes[number]);
    disk->inodes[number].has_lost = true;
}

void disk_drop_cache(disk_t *disk, uint32_t number)
{
    inode_t *inode = &disk->inodes[number];
    if (!inode->has_lost) {
        return; /* the cache shows nothing else */
    }
    blob_copy(&inode->cache, &inode->disk);
    for (size_t i = 0; i < inode->change_count; i++) {
        change_apply(&inode->cache, &inode->changes[i]);
    }
    inode->has_lost = false;
}

/* ---- power loss ------------------------------------------------------------------------------ */

typedef enum { FATE_APPLIED, FATE_DROPPED, FATE_TORN, FATE_GARBLED } fate_t;

static fate_t draw_fate(uint64_t *random)
{
    uint64_t dice = sim_random(random) % 100;
    return dice < 40 ? FATE_APPLIED
                     : (dice < 70 ? FATE_DROPPED : (dice < 85 ? FATE_TORN : FATE_GARBLED));
}

/* The bytes [from, to) of the write, all in one sector, arrive or not. */
static void crash_sector(blob_t *blob, const change_t *change, uint64_t from, uint64_t to,
                         fate_t fate, uint64_t *random, dure_io_sim_losses_t *losses)
{
    const uint8_t *data = change->data + (from - change->offset);
    uint64_t size = to - from;
    uint64_t part = sim_random(random) % (size + 1);
    switch (fate) {
    case FATE_APPLIED:
        blob_put(blob, data, size, from);
        break;
    case FATE_DROPPED:
        losses->dropped += size;
        break;
    case FATE_TORN:
        losses->torn += size - part;
        if (sim_random(random) % 2 == 0) {
            blob_put(blob, data, part, from);
        } else {
            blob_put(blob, data + (size - part), part, to - part);
        }
        break;
    case FATE_GARBLED: {
        /* The whole sector is lost, also what older writes had put there. */
        uint64_t start = from - from % DURE_IO_SECTOR_SIZE;
        uint64_t end = start + DURE_IO_SECTOR_SIZE;
        if (blob->size < to) {
            blob_resize(blob, to);
        }
        for (uint64_t i = start; i < end && i < blob->size; i++) {
            blob->data[i] = (uint8_t)sim_random(random);
        }
        losses->garbled += size;
        break;
    }
    }
}

static void crash_write(blob_t *blob, const change_t *change, uint64_t *random,
                        dure_io_sim_losses_t *losses)
{
    losses->writes++;
    /* A quarter of the writes arrive whole, a quarter not at all. */
    uint64_t whole = sim_random(random) % 4;
    uint64_t end = change->offset + change->size;
    uint64_t next = 0;
    for (uint64_t from = change->offset; from < end; from = next) {
        next = from - from % DURE_IO_SECTOR_SIZE + DURE_IO_SECTOR_SIZE;
        next = next < end ? next : end;
        fate_t drawn = draw_fate(random);
        fate_t fate = whole == 0 ? FATE_APPLIED : (whole == 1 ? FATE_DROPPED : drawn);
        crash_sector(blob, change, from, next, fate, random, losses);
    }
}

static void crash_inode(inode_t *inode, uint64_t *random, dure_io_sim_losses_t *losses)
{
    for (size_t i = 0; i < inode->change_count; i++) {
        const change_t *change = &inode->changes[i];
        if (change->kind == CHANGE_WRITE) {
            crash_write(&inode->disk, change, random, losses);
        } else if (sim_random(random) % 2 == 0) {
            change_apply(&inode->disk, change);
        } else {
            losses->names++;
        }
    }
    forget_changes(inode);
    blob_copy(&inode->cache, &inode->disk);
    inode->has_lost = false;
}

static void inode_free(inode_t *inode)
{
    forget_changes(inode);
    free(inode->changes);
    free(inode->cache.data);
    free(inode->disk.data);
    *inode = (inode_t){0};
}

static void free_unnamed(disk_t *disk)
{
    for (uint32_t i = 0; i < disk->inode_count; i++) {
        bool is_named = false;
        for (size_t j = 0; j < disk->disk.count; j++) {
            is_named = is_named || disk->disk.names[j].inode == i;
        }
        if (!is_named) {
            inode_free(&disk->inodes[i]);
        }
    }
}

dure_io_sim_losses_t disk_crash(disk_t *disk, uint64_t seed)
{
    dure_io_sim_losses_t losses = {0};
    uint64_t random = seed;
    for (size_t i = 0; i < disk->inode_count; i++) {
        crash_inode(&disk->inodes[i], &random, &losses);
    }
    for (size_t i = 0; i < disk->change_count; i++) {
        if (sim_random(&random) % 2 == 0) {
            names_apply(&disk->disk, &disk->changes[i]);
        } else {
            losses.names++;
        }
    }
    disk->change_count = 0;
    disk->cache.count = 0;
    for (size_t i = 0; i < disk->disk.count; i++) {
        names_set(&disk->cache, disk->disk.names[i].name, disk->disk.names[i].inode);
    }
    free_unnamed(disk);
    return losses;
}

void disk_put(disk_t *disk, const char *name, const void *data, uint64_t size)
{
    uint32_t inode = disk_find(&disk->cache, name);
    if (inode != INODE_NONE) {
        disk_unlink(disk, inode, name);
    }
    if (data != NULL) {
        inode = disk_create(disk, name);
        bool is_written = disk_write(disk, inode, data, size, 0);
        DURE_ASSERT(is_written);
        disk_sync(disk, inode, UINT64_MAX);
    }
    disk_sync_names(disk);
    free_unnamed(disk);
}

void disk_free(disk_t *disk)
{
    for (size_t i = 0; i < disk->inode_count; i++) {
        inode_free(&disk->inodes[i]);
    }
    free(disk->inodes);
    free(disk->cache.names);
    free(disk->disk.names);
    free(disk->changes);
}

#include "faulty_disk.h"
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

// One change that is not synchronized yet: a write, or a truncation if it has no bytes.
typedef struct Change {
    sqlite3_int64 offset;
    int count;
    unsigned char *bytes;
    struct Change *next;
} Change;

// What one path holds: what surely survives a power cut, and what may.
typedef struct Node {
    char *path;
    unsigned char *durable;
    sqlite3_int64 durable_size;
    sqlite3_int64 size;
    int64_t syncs;
    int is_deleted;
    Change *first, **last;
    struct Node *next;
} Node;

typedef struct Disk {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    pthread_mutex_t lock;
    Node *nodes;
    int64_t limit, extra, delay;
    char *ballast;
    int fails, hangs, hung;
    pthread_cond_t released;
} Disk;

typedef struct File {
    sqlite3_file base;
    Disk *disk;
    Node *node;
    sqlite3_file *real;
} File;

static Disk *disk_named(const char *name) { return (Disk *)sqlite3_vfs_find(name)->pAppData; }

static Node *node_at(Disk *disk, const char *path) {
    for (Node *node = disk->nodes; node; node = node->next)
        if (strcmp(node->path, path) == 0) return node;
    Node *node = calloc(1, sizeof(Node));
    node->path = strdup(path);
    node->last = &node->first;
    node->next = disk->nodes;
    disk->nodes = node;
    return node;
}

static void apply(unsigned char **bytes, sqlite3_int64 *size, const Change *change) {
    sqlite3_int64 end = change->offset + change->count;
    if (end > *size || change->bytes == NULL) {
        *bytes = realloc(*bytes, (size_t)end + 1);
        if (end > *size) memset(*bytes + *size, 0, (size_t)(end - *size));
        *size = end;
    }
    if (change->bytes) memcpy(*bytes + change->offset, change->bytes, (size_t)change->count);
}

static void note(Node *node, const void *bytes, int count, sqlite3_int64 offset) {
    Change *change = calloc(1, sizeof(Change));
    change->offset = offset;
    change->count = count;
    if (bytes) change->bytes = memcpy(malloc((size_t)count + 1), bytes, (size_t)count);
    *node->last = change;
    node->last = &change->next;
}

static void settle(Node *node) {
    while (node->first) {
        Change *change = node->first;
        node->first = change->next;
        apply(&node->durable, &node->durable_size, change);
        free(change->bytes);
        free(change);
    }
    node->last = &node->first;
}

static int has_room(Disk *disk, Node *node, sqlite3_int64 end) {
    if (disk->limit == 0 || end <= node->size) return 1;
    sqlite3_int64 used = end - node->size;
    for (Node *other = disk->nodes; other; other = other->next) used += other->size;
    int is_spent = disk->ballast && access(disk->ballast, F_OK) != 0;
    return used <= disk->limit + (is_spent ? disk->extra : 0);
}

static int file_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
    File *file = (File *)base;
    pthread_mutex_lock(&file->disk->lock);
    int rc = SQLITE_FULL;
    if (has_room(file->disk, file->node, offset + count)) rc = file->real->pMethods->xWrite(file->real, bytes, count, offset);
    if (rc == SQLITE_OK) {
        note(file->node, bytes, count, offset);
        if (offset + count > file->node->size) file->node->size = offset + count;
    }
    pthread_mutex_unlock(&file->disk->lock);
    return rc;
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 size) {
    File *file = (File *)base;
    pthread_mutex_lock(&file->disk->lock);
    int rc = file->real->pMethods->xTruncate(file->real, size);
    if (rc == SQLITE_OK) {
        note(file->node, NULL, 0, size);
        file->node->size = size;
    }
    pthread_mutex_unlock(&file->disk->lock);
    return rc;
}

static int file_sync(sqlite3_file *base, int flags) {
    (void)flags;
    File *file = (File *)base;
    pthread_mutex_lock(&file->disk->lock);
    file->disk->hung += 1;
    while (file->disk->hangs) pthread_cond_wait(&file->disk->released, &file->disk->lock);
    file->disk->hung -= 1;
    int64_t delay = file->disk->delay;
    int fails = file->disk->fails;
    pthread_mutex_unlock(&file->disk->lock);
    struct timespec pause = {delay / 1000, delay % 1000 * 1000000};
    if (delay) nanosleep(&pause, NULL);
    if (fails) return SQLITE_IOERR_FSYNC;
    pthread_mutex_lock(&file->disk->lock);
    settle(file->node);
    file->node->syncs += 1;
    pthread_mutex_unlock(&file->disk->lock);
    return SQLITE_OK;
}

static int file_close(sqlite3_file *base) { return ((File *)base)->real->pMethods->xClose(((File *)base)->real); }

#define PASS(NAME, PARAMETERS, ...) \
    static int file_##NAME PARAMETERS { \
        sqlite3_file *real = ((File *)base)->real; \
        return real->pMethods->x##NAME(__VA_ARGS__); \
    }
PASS(Read, (sqlite3_file *base, void *bytes, int count, sqlite3_int64 offset), real, bytes, count, offset)
PASS(FileSize, (sqlite3_file *base, sqlite3_int64 *size), real, size)
PASS(Lock, (sqlite3_file *base, int level), real, level)
PASS(Unlock, (sqlite3_file *base, int level), real, level)
PASS(CheckReservedLock, (sqlite3_file *base, int *result), real, result)
PASS(FileControl, (sqlite3_file *base, int operation, void *argument), real, operation, argument)
PASS(SectorSize, (sqlite3_file *base), real)
PASS(ShmMap, (sqlite3_file *base, int page, int size, int extend, void volatile **memory), real, page, size, extend, memory)
PASS(ShmLock, (sqlite3_file *base, int offset, int count, int flags), real, offset, count, flags)
PASS(ShmUnmap, (sqlite3_file *base, int deletes), real, deletes)
static void file_ShmBarrier(sqlite3_file *base) { ((File *)base)->real->pMethods->xShmBarrier(((File *)base)->real); }

// None of the guarantees that some disks give: SQLite must work on the weakest.
static int file_DeviceCharacteristics(sqlite3_file *base) { (void)base; return 0; }

static const sqlite3_io_methods methods = {
    2, file_close, file_Read, file_write, file_truncate, file_sync, file_FileSize, file_Lock, file_Unlock,
    file_CheckReservedLock, file_FileControl, file_SectorSize, file_DeviceCharacteristics, file_ShmMap,
    file_ShmLock, file_ShmBarrier, file_ShmUnmap, NULL, NULL,
};

static int disk_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *base, int flags, int *opened) {
    File *file = (File *)base;
    file->disk = vfs->pAppData;
    file->real = (sqlite3_file *)(file + 1);
    file->base.pMethods = NULL;
    int rc = file->disk->real->xOpen(file->disk->real, path, file->real, flags, opened);
    if (rc != SQLITE_OK) return rc;
    pthread_mutex_lock(&file->disk->lock);
    file->node = node_at(file->disk, path ? path : "");
    file->node->is_deleted = 0;
    pthread_mutex_unlock(&file->disk->lock);
    file->base.pMethods = &methods;
    return SQLITE_OK;
}

// A deletion counts once its directory is synchronized; else the file is back after a power cut.
static int disk_delete(sqlite3_vfs *vfs, const char *path, int synchronizes_directory) {
    Disk *disk = vfs->pAppData;
    int rc = disk->real->xDelete(disk->real, path, synchronizes_directory);
    pthread_mutex_lock(&disk->lock);
    Node *node = node_at(disk, path);
    if (rc == SQLITE_OK && synchronizes_directory) {
        settle(node);
        node->is_deleted = 1;
        node->durable_size = node->size = 0;
    }
    pthread_mutex_unlock(&disk->lock);
    return rc;
}

int faulty_disk_register(const char *name) {
    if (sqlite3_vfs_find(name)) return SQLITE_OK;
    Disk *disk = calloc(1, sizeof(Disk));
    disk->real = sqlite3_vfs_find(NULL);
    disk->vfs = *disk->real;
    pthread_mutex_init(&disk->lock, NULL);
    pthread_cond_init(&disk->released, NULL);
    disk->vfs.zName = strdup(name);
    disk->vfs.szOsFile = (int)sizeof(File) + disk->real->szOsFile;
    disk->vfs.pAppData = disk;
    disk->vfs.pNext = NULL;
    disk->vfs.xOpen = disk_open;
    disk->vfs.xDelete = disk_delete;
    return sqlite3_vfs_register(&disk->vfs, 0);
}

int64_t faulty_disk_syncs(const char *name, const char *path, const char *suffix) {
    Disk *disk = disk_named(name);
    char whole[4096];
    snprintf(whole, sizeof whole, "%s%s", path, suffix);
    pthread_mutex_lock(&disk->lock);
    int64_t syncs = node_at(disk, whole)->syncs;
    pthread_mutex_unlock(&disk->lock);
    return syncs;
}

static uint64_t draw(uint64_t *state) {
    *state += 0x9E3779B97F4A7C15u;
    uint64_t value = (*state ^ *state >> 30) * 0xBF58476D1CE4E5B9u;
    value = (value ^ value >> 27) * 0x94D049BB133111EBu;
    return value ^ value >> 31;
}

static int write_survivors(const Node *node, const char *target, int percent, uint64_t *state) {
    sqlite3_int64 size = node->durable_size;
    unsigned char *bytes = memcpy(malloc((size_t)size + 1), node->durable ? node->durable : (void *)"", (size_t)size);
    for (const Change *change = node->first; change; change = change->next)
        if ((int)(draw(state) % 100) < percent) apply(&bytes, &size, change);
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", target, strrchr(node->path, '/') + 1);
    FILE *file = fopen(path, "wb");
    int done = file && fwrite(bytes, 1, (size_t)size, file) == (size_t)size;
    if (file) fclose(file);
    free(bytes);
    return done ? 0 : -1;
}

int faulty_disk_cut_power(const char *name, const char *prefix, const char *target, int percent, uint64_t seed) {
    Disk *disk = disk_named(name);
    int result = 0;
    pthread_mutex_lock(&disk->lock);
    for (Node *node = disk->nodes; node; node = node->next)
        if (!node->is_deleted && strncmp(node->path, prefix, strlen(prefix)) == 0)
            result |= write_survivors(node, target, percent, &seed);
    pthread_mutex_unlock(&disk->lock);
    return result;
}

void faulty_disk_limit(const char *name, int64_t bytes, const char *ballast, int64_t extra) {
    Disk *disk = disk_named(name);
    pthread_mutex_lock(&disk->lock);
    disk->limit = bytes;
    disk->extra = extra;
    free(disk->ballast);
    disk->ballast = ballast ? strdup(ballast) : NULL;
    pthread_mutex_unlock(&disk->lock);
}

void faulty_disk_delay(const char *name, int64_t milliseconds) {
    Disk *disk = disk_named(name);
    pthread_mutex_lock(&disk->lock);
    disk->delay = milliseconds;
    pthread_mutex_unlock(&disk->lock);
}

void faulty_disk_fail_syncs(const char *name, int fails) {
    Disk *disk = disk_named(name);
    pthread_mutex_lock(&disk->lock);
    disk->fails = fails;
    pthread_mutex_unlock(&disk->lock);
}

void faulty_disk_hang(const char *name, int hangs) {
    Disk *disk = disk_named(name);
    pthread_mutex_lock(&disk->lock);
    disk->hangs = hangs;
    pthread_cond_broadcast(&disk->released);
    pthread_mutex_unlock(&disk->lock);
}

int faulty_disk_hung(const char *name) {
    Disk *disk = disk_named(name);
    pthread_mutex_lock(&disk->lock);
    int hung = disk->hangs ? disk->hung : 0;
    pthread_mutex_unlock(&disk->lock);
    return hung;
}

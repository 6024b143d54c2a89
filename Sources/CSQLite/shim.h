#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H
#include <sqlite3.h>
#include <stdint.h>
#include <time.h>

/// Forbids what could damage the file through SQL: writable_schema, journal_mode=OFF and writes to shadow tables.
static inline int rdsiam_defend(sqlite3 *db) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

/// Binds `count` bytes of UTF-8; SQLite takes a copy.
static inline int rdsiam_bind_text(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_text(statement, index, (const char *)bytes, count, SQLITE_TRANSIENT);
}

/// Binds `count` bytes; SQLite takes a copy.
static inline int rdsiam_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, int count) {
    return sqlite3_bind_blob(statement, index, bytes, count, SQLITE_TRANSIENT);
}

/// Nanoseconds of the clock that never goes back.
static inline int64_t rdsiam_monotonic(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/// Lets the thread sleep for less than a second.
static inline void rdsiam_pause(int64_t nanoseconds) {
    struct timespec pause = {0, nanoseconds};
    nanosleep(&pause, (struct timespec *)0);
}

/// How long a connection waits for others' locks.
typedef struct {
    /// Nanoseconds for each statement, from its first wait on; 0 where `deadline` is given from outside.
    int64_t limit;
    /// When waiting ends, on the clock that never goes back.
    int64_t deadline;
} rdsiam_patience;

/// Waits between half a millisecond and four, and gives up at the deadline.
///
/// SQLite's own waits grow to 100 milliseconds, which lets late comers overtake a waiter again and again. It counts
/// `attempt` from 0 for each statement.
static inline int rdsiam_wait_for_lock(void *context, int attempt) {
    rdsiam_patience *patience = (rdsiam_patience *)context;
    int64_t now = rdsiam_monotonic();
    if (attempt == 0 && patience->limit > 0) patience->deadline = now + patience->limit;
    if (now >= patience->deadline) return 0;
    int64_t longest = attempt < 4 ? 500000 : 4000000;
    rdsiam_pause(500000 + (now / 1000 * 7919) % longest);
    return 1;
}

/// Makes every wait for another connection's lock end as `*patience` says, which may be changed between statements.
static inline int rdsiam_wait_with(sqlite3 *db, rdsiam_patience *patience) {
    return sqlite3_busy_handler(db, rdsiam_wait_for_lock, patience);
}

/// Whether the file at the database's path is no longer the open one. 1 or 0; -1 where the VFS cannot say.
static inline int rdsiam_has_moved(sqlite3 *db) {
    int moved = 0;
    int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return rc == SQLITE_OK ? moved : -1;
}

/// The operating system's reason for the last failure: the connection's own, or else the database file's.
static inline int rdsiam_errno(sqlite3 *db) {
    int number = sqlite3_system_errno(db);
    if (number == 0) sqlite3_file_control(db, "main", SQLITE_FCNTL_LAST_ERRNO, &number);
    return number;
}

/// Reads from the database file itself, through SQLite's own descriptor.
///
/// Opening and closing the path by hand would drop the locks of every connection in the process (POSIX advisory locks).
static inline int rdsiam_read_file(sqlite3 *db, void *bytes, int count, sqlite3_int64 offset) {
    sqlite3_file *file = (sqlite3_file *)0;
    int rc = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    if (rc != SQLITE_OK) return rc;
    if (file == 0 || file->pMethods == 0) return SQLITE_CANTOPEN;
    return file->pMethods->xRead(file, bytes, count, offset);
}
#endif

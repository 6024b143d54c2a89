#ifndef CSQLITE_SHIM_H
#define CSQLITE_SHIM_H
#include <sqlite3.h>
#include <stddef.h>

/// Forbids what could damage the file through SQL: writable_schema, journal_mode=OFF and writes to shadow tables.
static inline int rdsiam_defend(sqlite3 *db) {
    return sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);
}

/// Binds `count` bytes of UTF-8, of which any may be NUL; SQLite takes a copy. SQLite would take no bytes for NULL.
static inline int rdsiam_bind_text(sqlite3_stmt *statement, int index, const void *bytes, ptrdiff_t count) {
    const char *text = count > 0 ? (const char *)bytes : "";
    return sqlite3_bind_text64(statement, index, text, (sqlite3_uint64)count, SQLITE_TRANSIENT, SQLITE_UTF8);
}

/// Binds `count` bytes; SQLite takes a copy.
static inline int rdsiam_bind_blob(sqlite3_stmt *statement, int index, const void *bytes, ptrdiff_t count) {
    return sqlite3_bind_blob64(statement, index, count > 0 ? bytes : "", (sqlite3_uint64)count, SQLITE_TRANSIENT);
}

/// Whether the file at the database's path is no longer the open one: 1 or 0, or -1 if the file layer cannot say.
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

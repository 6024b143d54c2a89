#include "audit_peer.h"
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

typedef struct Peer {
    sqlite3 *db;
    sqlite3_stmt *begin, *insert, *commit;
} Peer;

static int run(sqlite3_stmt *statement) {
    int rc = sqlite3_step(statement);
    sqlite3_reset(statement);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int copy_schema(sqlite3 *db, const char *model) {
    sqlite3 *source;
    sqlite3_stmt *select;
    int rc = sqlite3_open_v2(model, &source, SQLITE_OPEN_READONLY, NULL);
    const char *sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND type <> 'index' ORDER BY type <> 'table'";
    if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(source, sql, -1, &select, NULL);
    while (rc == SQLITE_OK && sqlite3_step(select) == SQLITE_ROW)
        rc = sqlite3_exec(db, (const char *)sqlite3_column_text(select, 0), NULL, NULL, NULL);
    sqlite3_finalize(select);
    sqlite3_close(source);
    return rc;
}

void *audit_peer_open(const char *path, const char *model, const char *journal) {
    Peer *peer = calloc(1, sizeof(Peer));
    char *pragmas = sqlite3_mprintf("PRAGMA journal_mode = %s; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON", journal);
    const char *insert = "INSERT INTO event (seq, payload, leaf_hash, chain_hash) VALUES (?, ?, zeroblob(32), zeroblob(32))";
    int rc = sqlite3_open(path, &peer->db);
    if (rc == SQLITE_OK) rc = sqlite3_exec(peer->db, pragmas, NULL, NULL, NULL);
    if (rc == SQLITE_OK && model) rc = copy_schema(peer->db, model);
    if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(peer->db, "BEGIN IMMEDIATE", -1, &peer->begin, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(peer->db, insert, -1, &peer->insert, NULL);
    if (rc == SQLITE_OK) rc = sqlite3_prepare_v2(peer->db, "COMMIT", -1, &peer->commit, NULL);
    sqlite3_free(pragmas);
    if (rc == SQLITE_OK) return peer;
    audit_peer_close(peer);
    return NULL;
}

long long audit_peer_last(void *opaque) {
    Peer *peer = opaque;
    sqlite3_stmt *select;
    long long last = 0;
    if (sqlite3_prepare_v2(peer->db, "SELECT max(seq) FROM event", -1, &select, NULL) != SQLITE_OK) return 0;
    if (sqlite3_step(select) == SQLITE_ROW) last = sqlite3_column_int64(select, 0);
    sqlite3_finalize(select);
    return last;
}

static int insert(Peer *peer, long long sequence, const char *payload) {
    int rc = sqlite3_bind_int64(peer->insert, 1, sequence);
    if (rc == SQLITE_OK) rc = sqlite3_bind_text(peer->insert, 2, payload, -1, SQLITE_STATIC);
    return rc == SQLITE_OK ? run(peer->insert) : rc;
}

int audit_peer_insert(void *opaque, long long first, const char *const *payloads, int count) {
    Peer *peer = opaque;
    int rc = run(peer->begin);
    for (int index = 0; rc == SQLITE_OK && index < count; index++) rc = insert(peer, first + index, payloads[index]);
    return rc == SQLITE_OK ? run(peer->commit) : rc;
}

void audit_peer_close(void *opaque) {
    Peer *peer = opaque;
    sqlite3_finalize(peer->begin);
    sqlite3_finalize(peer->insert);
    sqlite3_finalize(peer->commit);
    sqlite3_close(peer->db);
    free(peer);
}

#ifndef AUDIT_PEER_H
#define AUDIT_PEER_H

/// Opens a database, gives it the schema of another one unless `model` is NULL, and sets the journal mode and the
/// synchronous mode of the log. Returns NULL if SQLite refuses.
void *audit_peer_open(const char *path, const char *model, const char *journal);

/// Inserts rows in one transaction: BEGIN IMMEDIATE, INSERT, COMMIT. Hashes are constants, nothing is read, nothing is
/// computed. Returns 0, or SQLite's code.
int audit_peer_insert(void *peer, long long first, const char *const *payloads, int count);

/// The last row there is.
long long audit_peer_last(void *peer);

void audit_peer_close(void *peer);
#endif

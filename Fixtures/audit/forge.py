#!/usr/bin/env python3
"""Forges token audit logs, with full knowledge of the format, to try verifiers on.

    forge.py LOG ACTION [SEQ]

Actions that change the row SEQ: payload (hashes left), leaf (leaf hash recomputed), row (both hashes recomputed).
Actions that recompute the chain up to the end: rewrite (payload changed), rewrite-all (checkpoints too), splice (row
removed, the others renumbered). Others: remove, swap (with the next row), truncate (from SEQ on), empty, append (a row
with wrong hashes), append-valid, prune (delete up to SEQ under an anchor that no event announces), except (such an
anchor, nothing deleted), forget (delete all, and announce a pruning up to SEQ that never was), restore (put a forged
row SEQ back, under the last anchor), bless (an audit.reanchor that names nothing), rename (give the log another id),
strip (rewritten from end to end without its checkpoints), announce (delete up to SEQ as a true pruning does),
checkpoint (a valid one, not signed), zero-keys (the first SEQ keys of the table's first page), hide (take the page that
the SEQ-th key leads to out of the table), unindex (take the row SEQ out of the index of users),
unguard (drop a trigger), shadow (let searches see another user), replace (INSERT OR REPLACE past the guards), update,
delete, reuse (a sequence number twice), anchor (one the chain does not bear out). The last five leave the guards on,
print what SQLite says, and exit with 3 if it refuses. Needs the standard library only.
"""
import hashlib, json, sqlite3, sys

path, action, seq = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 0
database = sqlite3.connect(path, isolation_level=None)
database.text_factory = bytes


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_of(payload):
    return sha256(b"\x00", payload)


def chain_of(previous, number, leaf):
    return sha256(b"\x02", previous, number.to_bytes(8, "big"), leaf)


def canonical(record):
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def row(number):
    return database.execute("SELECT payload, leaf_hash, chain_hash FROM event WHERE seq = ?", (number,)).fetchone()


def chain_before(number):
    before = row(number - 1)
    log = database.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone()[0]
    return before[2] if before else sha256(b"\x03", log)


def write(number, payload, leaf, chain):
    database.execute("UPDATE event SET payload = ?, leaf_hash = ?, chain_hash = ? WHERE seq = ?",
                     (payload.decode(), leaf, chain, number))


def another_user(payload):
    record = json.loads(payload)
    record.setdefault("target", {"host": "h", "port": 1})["user"] = "mallory"
    return canonical(record)


def last():
    return database.execute("SELECT max(seq) FROM event").fetchone()[0]


def rechain(first, with_checkpoints):
    """Recomputes all hashes from a row on, as an attacker would who can write the whole file."""
    previous = chain_before(first)
    for number in range(first, last() + 1):
        payload = row(number)[0]
        record = json.loads(payload)
        if with_checkpoints and record["activity"] in ("audit.open", "audit.checkpoint"):
            record["detail"].update(seq=str(number - 1), chain=previous.hex())
            payload = canonical(record)
        leaf = leaf_of(payload)
        previous_of_next = chain_of(previous, number, leaf)
        write(number, payload, leaf, previous_of_next)
        previous = previous_of_next


def change(recompute_leaf, recompute_chain):
    payload, leaf, chain = row(seq)
    payload = another_user(payload)
    leaf = leaf_of(payload) if recompute_leaf else leaf
    write(seq, payload, leaf, chain_of(chain_before(seq), seq, leaf) if recompute_chain else chain)


def rewrite(with_checkpoints):
    payload, leaf, chain = row(seq)
    write(seq, another_user(payload), leaf, chain)
    rechain(seq, with_checkpoints)


def swap():
    one, other = row(seq), row(seq + 1)
    write(seq, *other)
    write(seq + 1, *one)


def splice():
    database.execute("DELETE FROM event WHERE seq = ?", (seq,))
    database.execute("UPDATE event SET seq = seq - 1 WHERE seq > ?", (seq,))
    rechain(seq, True)


def append(is_valid):
    number, payload = last() + 1, another_user(row(seq or last())[0])
    leaf = leaf_of(payload) if is_valid else bytes(32)
    chain = chain_of(chain_before(number), number, leaf) if is_valid else bytes(32)
    database.execute("INSERT INTO event (seq, payload, leaf_hash, chain_hash) VALUES (?, ?, ?, ?)",
                     (number, payload.decode(), leaf, chain))


def anchor(deletes):
    database.execute("INSERT INTO anchor VALUES ('prune', ?, ?, 0)", (seq, row(seq)[2]))
    if deletes:
        database.execute("DELETE FROM event WHERE seq <= ?", (seq,))


def event(number, previous, activity, **detail):
    """Adds a valid event of the log's own."""
    record = {"activity": activity, "actor": {"host": "h", "pid": 1, "program": "p", "uid": 0, "user": "u"},
              "detail": detail, "id": "x", "outcome": "success", "time_us": 1790000000000000, "v": 1}
    leaf = leaf_of(canonical(record))
    database.execute("INSERT INTO event (seq, payload, leaf_hash, chain_hash) VALUES (?, ?, ?, ?)",
                     (number, canonical(record).decode(), leaf, chain_of(previous, number, leaf)))


def forget():
    database.execute("DELETE FROM event")
    database.execute("INSERT INTO anchor VALUES ('prune', ?, ?, 0)", (seq, bytes(32)))
    event(seq + 1, bytes(32), "audit.prune", seq=str(seq), chain=bytes(32).hex())


def restore():
    payload = another_user(row(last())[0])
    database.execute("INSERT INTO event (seq, payload, leaf_hash, chain_hash) VALUES (?, ?, ?, ?)",
                     (seq, payload.decode(), leaf_of(payload), bytes(32)))


def bless():
    number, previous = last(), row(last())[2]
    event(number + 1, previous, "audit.reanchor", seq=str(number), chain=previous.hex(), reason="all is well")


def strip():
    database.execute("DELETE FROM event WHERE json_extract(payload, '$.activity') = 'audit.checkpoint'")
    for number, (before,) in enumerate(database.execute("SELECT seq FROM event ORDER BY seq").fetchall(), 1):
        database.execute("UPDATE event SET seq = ? WHERE seq = ?", (number, before))
    rechain(1, True)


def announce():
    number, previous, pruned = last(), row(last())[2], row(seq)[2]
    anchor(True)
    event(number + 1, previous, "audit.prune", seq=str(seq), chain=pruned.hex(), before_us="1790000000000000")


def checkpoint():
    number, previous = last(), row(last())[2]
    event(number + 1, previous, "audit.checkpoint", seq=str(number), chain=previous.hex(), reason="request")


def edit_root(change):
    """Changes the first page of the table, which must lead to others. Passes the places of its cells, too."""
    root = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'event'").fetchone()[0]
    size = database.execute("PRAGMA page_size").fetchone()[0]
    with open(path, "r+b") as file:
        file.seek((root - 1) * size)
        page = bytearray(file.read(size))
        assert page[0] == 5, "the table has too few rows"
        change(page, [int.from_bytes(page[at:at + 2], "big") for at in range(12, 12 + 2 * page[4], 2)])
        file.seek((root - 1) * size)
        file.write(page)


def zero_keys(page, cells):
    for place in (cell + 4 for cell in cells[:seq]):  # After the child's number; the last byte has no high bit.
        while page[place] & 0x80:
            page[place] = 0x80
            place += 1
        page[place] = 0


def hide(page, cells):
    del cells[seq - 1]
    page[4] = len(cells)
    page[12:12 + 2 * len(cells)] = b"".join(cell.to_bytes(2, "big") for cell in cells)


def unindex():
    name, sql = database.execute("SELECT name, sql FROM sqlite_schema WHERE name = 'event_by_user'").fetchone()
    for text, command in ((sql + b" AND seq <> %d" % seq, "PRAGMA user_version"), (sql, "REINDEX " + name.decode())):
        other = sqlite3.connect(path, isolation_level=None)  # A new one each time, which reads the schema again.
        other.execute(command)
        other.execute("PRAGMA writable_schema = ON")
        other.execute("UPDATE sqlite_schema SET sql = ? WHERE name = 'event_by_user'", (text.decode(),))
        other.close()


def shadow():
    database.execute("PRAGMA writable_schema = ON")
    database.execute("UPDATE sqlite_schema SET sql = replace(sql, '$.target.user', '$.target.host') WHERE name = 'event'")


def insert(number, verb="INSERT"):
    database.execute(f"{verb} INTO event (seq, payload, leaf_hash, chain_hash) VALUES (?, '{{}}', ?, ?)",
                     (number, bytes(32), bytes(32)))


guarded = {
    "replace": lambda: insert(seq, "INSERT OR REPLACE"),
    "update": lambda: write(seq, *row(seq)),
    "delete": lambda: database.execute("DELETE FROM event WHERE seq = ?", (seq,)),
    "reuse": lambda: insert(seq),
    "anchor": lambda: database.execute("INSERT INTO anchor VALUES ('prune', ?, ?, 0)", (seq, bytes(32))),
}
unguarded = {
    "payload": lambda: change(False, False),
    "leaf": lambda: change(True, False),
    "row": lambda: change(True, True),
    "rewrite": lambda: rewrite(False),
    "rewrite-all": lambda: rewrite(True),
    "splice": splice,
    "swap": swap,
    "remove": lambda: database.execute("DELETE FROM event WHERE seq = ?", (seq,)),
    "truncate": lambda: database.execute("DELETE FROM event WHERE seq >= ?", (seq,)),
    "empty": lambda: database.execute("DELETE FROM event"),
    "append": lambda: append(False),
    "append-valid": lambda: append(True),
    "prune": lambda: anchor(True),
    "except": lambda: anchor(False),
    "forget": forget,
    "restore": restore,
    "bless": bless,
    "strip": strip,
    "announce": announce,
    "checkpoint": checkpoint,
    "rename": lambda: database.execute("UPDATE meta SET value = 'another-log' WHERE key = 'log_id'"),
    "shadow": shadow,
    "unguard": lambda: triggers.pop(),
}
of_the_file = {
    "zero-keys": lambda: edit_root(zero_keys),
    "hide": lambda: edit_root(hide),
    "unindex": unindex,
}

if action in guarded:
    try:
        guarded[action]()
    except sqlite3.Error as error:
        print(error)
        sys.exit(3)
elif action in of_the_file:
    of_the_file[action]()
else:
    triggers = database.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        database.execute(f"DROP TRIGGER {name.decode()}")
    unguarded[action]()
    for _, sql in triggers:
        database.execute(sql.decode())
database.close()

#!/usr/bin/env python3
"""Fills a token audit log with many rows that verify, for benchmarks: grow.py LOG ROWS

LOG exists and is not in use. Its guards are dropped first and made again at the end, which is a hundred times as fast
as appending. Needs the standard library only.
"""
import hashlib, json, os, sqlite3, sys

path, rows = sys.argv[1], int(sys.argv[2])
database = sqlite3.connect(path, isolation_level=None)
log = database.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone()[0].encode()
last = database.execute("SELECT seq, chain_hash, payload FROM event ORDER BY seq DESC LIMIT 1").fetchone()
position, chain = last[:2] if last else (0, hashlib.sha256(b"\x03" + log).digest())
extras = database.execute("SELECT type, name, sql FROM sqlite_schema WHERE type <> 'table' AND sql IS NOT NULL").fetchall()
model = database.execute("SELECT payload FROM event WHERE activity = 'token.issue' LIMIT 1").fetchone()[0]
record = json.loads(model)
start = record["time_us"]
record.update(id="@id", time_us="@time")
record["target"].update(user="@user", host="@host")
record["token"].update(sha256="@print", signed_us="@time", expires_us="@end")
template = json.dumps(record, sort_keys=True, separators=(",", ":"))
for mark, field in (("@id", "%(id)s"), ("@user", "%(user)s"), ("@host", "%(host)s"), ("@print", "%(print)s")):
    template = template.replace(mark, field)
template = template.replace('"@time"', "%(time)d").replace('"@end"', "%(end)d")


def events():
    global chain
    sha256 = hashlib.sha256
    for number in range(position + 1, position + rows + 1):
        time = start + number * 1000
        payload = (template % {
            "id": "01900000-0000-7000-8000-%012x" % number, "time": time, "end": time + 900000000,
            "user": f"application_{number % 1000}", "print": sha256(b"%d" % number).hexdigest(),
            "host": f"cluster-{number % 50}.c1a2b3c4d5e6.eu-central-1.rds.amazonaws.com",
        }).encode()
        leaf = sha256(b"\x00" + payload).digest()
        chain = sha256(b"\x02" + chain + number.to_bytes(8, "big") + leaf).digest()
        yield number, payload.decode(), leaf, chain


for kind, name, _ in extras:
    database.execute(f"DROP {kind} {name}")
database.execute("PRAGMA journal_mode = OFF")
database.execute("PRAGMA synchronous = OFF")
database.execute("PRAGMA cache_size = -500000")
database.execute("BEGIN")
database.executemany("INSERT INTO event (seq, payload, leaf_hash, chain_hash) VALUES (?, ?, ?, ?)", events())
for _, _, sql in extras:
    database.execute(sql)
database.execute("COMMIT")
database.close()
os.sync()

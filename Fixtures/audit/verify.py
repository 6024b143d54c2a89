#!/usr/bin/env python3
"""A second verifier of token audit logs. It shares no code with the first and needs the standard library only.

    verify.py LOG [--head "LOG-ID SEQ CHAIN"]...      LOG is the SQLite file, or an export in JSON Lines

The format, in full. A row has a sequence number (1, 2, 3, ...), a payload (canonical JSON: sorted keys, no spaces) and
    leaf  = SHA-256(0x00 || payload)
    chain = SHA-256(0x02 || chain of the row before || sequence number, 8 bytes, big-endian || leaf)
The row before the first has the chain hash SHA-256(0x03 || log id). Where rows were pruned, the last `anchor` of kind
`prune` gives the last pruned row and its chain hash, and an event `audit.prune` in the chain says the same. The events
audit.open, audit.checkpoint and audit.reanchor give the sequence number and the chain hash of the row before them.
Prints one line per finding, `KIND SEQ`, then `rows N` and the head. Exit status 0 if intact, 1 if not, 2 if no log.
"""
import argparse, hashlib, json, pathlib, sqlite3, sys


sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()


def rows_of_database(path):
    database = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
    database.text_factory = bytes
    log = database.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone()[0]
    marks = "SELECT through_seq, chain_hash FROM anchor WHERE kind = 'prune' ORDER BY through_seq DESC LIMIT 1"
    anchor = database.execute(marks).fetchone()
    start = anchor or (0, sha256(b"\x03", log))
    rows = "SELECT seq, payload, leaf_hash, chain_hash FROM event WHERE seq > ? ORDER BY seq"
    return log.decode(), start, database.execute(rows, (start[0],)), anchor


def rows_of_export(path):
    lines = open(path, "rb")
    heading = json.loads(next(lines))
    def rows():
        for line in lines:
            row = json.loads(line)
            # The payload's own bytes stand between the hashes, which have a fixed length, and the sequence number.
            payload = line[line.index(b'"payload":') + 10 : line.rindex(b',"seq":')]
            yield row["seq"], payload, bytes.fromhex(row["leaf"]), bytes.fromhex(row["chain"])
    return heading["log"], (heading["seq"], bytes.fromhex(heading["chain"])), rows(), None


def statement(payload):
    """What an event of the log's own says: its activity, and the row it speaks of."""
    if not payload.startswith(b'{"activity":"audit.'):
        return None, None
    try:
        record = json.loads(payload)
        return record["activity"], (int(record["detail"]["seq"]), bytes.fromhex(record["detail"]["chain"]))
    except (ValueError, KeyError, TypeError):
        return None, None


def verify(log, start, rows, anchor, heads):
    findings, count, (position, previous), is_pruning_told = [], 0, start, anchor is None
    pending = sorted(head for head in heads if head[0] > position)
    findings += [("anchor-mismatch", seq) for seq, chain in heads if seq == position and chain != previous]
    for seq, payload, leaf, chain in rows:
        count += 1
        if sha256(b"\x00", payload) != leaf:
            findings.append(("payload-altered", seq))
        activity, told = statement(payload)
        if activity in ("audit.open", "audit.checkpoint", "audit.reanchor") and seq == position + 1 \
                and told != (position, previous):
            findings.append(("checkpoint-mismatch", seq))
        is_pruning_told = is_pruning_told or (activity == "audit.prune" and told == tuple(anchor))
        if seq != position + 1:
            findings.append(("rows-missing", position + 1))
        elif sha256(b"\x02", previous, seq.to_bytes(8, "big"), leaf) != chain:
            findings.append(("chain-broken", seq))
        position, previous = seq, chain
        while pending and pending[0][0] <= seq:
            if pending.pop(0) != (position, previous):
                findings.append(("anchor-mismatch", seq))
    findings += [("truncated", position + 1) for _ in pending]
    findings += [] if is_pruning_told else [("prune-unrecorded", anchor[0])]
    return findings, count, f"{log} {position} {previous.hex()}"


def main():
    parser = argparse.ArgumentParser(description="Verify a token audit log.")
    parser.add_argument("log")
    parser.add_argument("--head", action="append", default=[], help="a head kept elsewhere: LOG-ID SEQ CHAIN")
    options = parser.parse_args()
    try:
        is_database = open(options.log, "rb").read(16) == b"SQLite format 3\0"
        source = rows_of_database(options.log) if is_database else rows_of_export(options.log)
    except (OSError, ValueError, KeyError, StopIteration, sqlite3.Error) as error:
        sys.exit(print(f"no audit log: {error}", file=sys.stderr) or 2)
    heads = [text.split(" ") for text in options.head]
    foreign = [("foreign-anchor", 0) for log, _, _ in heads if log != source[0]]
    own = [(int(seq), bytes.fromhex(chain)) for log, seq, chain in heads if log == source[0]]
    findings, count, head = verify(*source, own)
    print(*(f"{kind} {seq}" for kind, seq in findings + foreign), f"rows {count}", head, sep="\n")
    sys.exit(1 if findings or foreign else 0)


main()

#!/usr/bin/env python3
"""A second verifier of token audit logs. It shares no code with the first and needs the standard library only.

    verify.py LOG [--head "LOG-ID SEQ CHAIN"]...      LOG is the SQLite file, or an export in JSON Lines

README.md, beside this file, states the format. The file is read in short steps: a writer waits milliseconds. Prints
a line per finding, `KIND SEQ [acknowledged ROW]`, then `rows N` and the head. Exit status 1 if a finding is not
acknowledged, else 0; 2 if there is no log, or if its pages are damaged.
"""
import argparse, hashlib, json, pathlib, sqlite3, sys

sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
evidence = lambda seq, *hashes: sha256(b"\x04", seq.to_bytes(8, "big"), *hashes)[:16].hex()

def open_database(path):
    database = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True, isolation_level=None, timeout=60)
    ask = lambda query, *values: database.execute(query, values).fetchall()
    points = "SELECT through_seq, chain_hash FROM anchor WHERE kind = 'prune' AND through_seq"
    rows = "SELECT seq, CAST(payload AS BLOB), leaf_hash, chain_hash FROM event WHERE seq"
    log = ask("SELECT value FROM meta WHERE key = 'log_id'")[0][0]
    below = [("rows-surplus", rows + " < 1 ORDER BY seq"), ("prune-unrecorded", points + " < 1 ORDER BY through_seq")]
    findings = [(kind, row[0], "") for kind, query in below for row in ask(query + " LIMIT 1")]
    prune_point = lambda: next(iter(ask(points + " > 0 ORDER BY through_seq DESC LIMIT 1")), None)
    def steps(first, last):  # Each query is a read transaction of its own, so that writers come in between.
        while first <= last:
            step = ask(rows + " >= ? AND seq <= ? ORDER BY seq LIMIT 2000", first, last)
            for row in step:
                if row[0] < first: raise ValueError(f"row {row[0]} comes after row {first - 1}: the file is damaged")
                first = row[0] + 1
                yield row
            if not step: return
    point = prune_point()
    start = point or (0, sha256(b"\x03", log.encode()))
    is_stale = lambda: prune_point() != point
    return findings, log, start, steps(1, start[0]), steps(start[0] + 1, 2 ** 63 - 1), point, is_stale

def open_export(path):
    lines = open(path, "rb")
    heading = json.loads(next(lines))
    # The payload's own bytes stand between the hashes, which have a fixed length, and the sequence number.
    # A payload that is no canonical JSON stands there as a string.
    verbatim = lambda line: line[line.index(b'"payload":') + 10 : line.rindex(b',"seq":')]
    payload = lambda line, row: row["payload"].encode() if isinstance(row["payload"], str) else verbatim(line)
    hashes = lambda row: (bytes.fromhex(row["leaf"]), bytes.fromhex(row["chain"]))
    rows = ((row["seq"], payload(line, row), *hashes(row)) for line in lines for row in [json.loads(line)])
    return [], heading["log"], (heading["seq"], bytes.fromhex(heading["chain"])), [], rows, None, lambda: False

def statement(payload):
    """What an event of the log's own says: its activity, the row it speaks of, the findings it acknowledges."""
    try:
        record = json.loads(payload) if payload.startswith(b'{"activity":"audit.') else {"activity": None}
        detail = record.get("detail", {})
        told = (int(detail["seq"]), bytes.fromhex(detail["chain"])) if "chain" in detail else None
        return record["activity"], told, detail.get("acknowledged", "").split(",")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None, []

def verify(heads, findings, log, start, leftovers, rows, point):
    count, statements, met = 0, [], {seq: None for _, seq, _ in heads}
    def walk(rows, position, previous):
        nonlocal count
        count = 0
        for count, (seq, payload, leaf, chain) in enumerate(rows, 1):
            if position is None:  # The first row that a pruning has left: what came before it is gone.
                position, previous = seq - 1, sha256(b"\x03", log.encode()) if seq == 1 else None
            (activity, told, names), true_leaf = statement(payload), sha256(b"\x00", payload)
            leaf, chain = (part if len(part) == 32 else bytes(32) for part in (leaf, chain))
            found = [("payload-altered", seq)] if leaf != true_leaf else []
            if seq != position + 1:
                found.append(("rows-missing", position + 1))
            elif previous and sha256(b"\x02", previous, seq.to_bytes(8, "big"), leaf) != chain:
                found.append(("chain-broken", seq))
            if activity in ("audit.open", "audit.checkpoint", "audit.reanchor") and seq == position + 1 and previous:
                found += [("checkpoint-mismatch", seq)] if told != (position, previous) else []
            findings.extend((*what, evidence(seq, true_leaf, leaf, chain)) for what in found)
            statements.extend([(seq, activity, told, names)] if activity in ("audit.prune", "audit.reanchor") else [])
            met.update({seq: chain} if seq in met else {})
            position, previous = seq, chain
        return position, previous
    end = walk(leftovers, None, None)
    if end[0] is not None and end != start:
        what = ("rows-missing", end[0] + 1) if end[0] < start[0] else ("chain-broken", end[0])
        findings.append((*what, evidence(*start)))
    end = walk(rows, *start)
    if point and ("audit.prune", point) not in (words[1:3] for words in statements):
        findings.append(("prune-unrecorded", point[0], evidence(*point)))
    for name, seq, chain in heads:
        known = met[seq] or (start[1] if seq == start[0] else None)
        if name != log or seq > end[0]:
            findings.append(("foreign-head", 0, "") if name != log else ("truncated", end[0] + 1, ""))
        elif known and known != chain or not known and seq > start[0]:
            findings.append(("head-mismatch", seq, ""))
        elif point and 0 < seq <= point[0]:
            findings.append(("head-pruned", seq, ""))
    def note(what):  # Of the rows that a head covers, only what was acknowledged before the head was taken.
        by = [told[0] for told in statements if told[1] == "audit.reanchor" and "%s %d %s" % what in told[3]]
        covered = lambda row: any(name == log and 0 < what[1] <= head < row for name, head, _ in heads)
        return next((f" acknowledged {row}" for row in by if what[1] < row and not covered(row)), "")
    return [(*what[:2], note(what)) for what in findings], count, end

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Verify a token audit log.")
    parser.add_argument("log")
    parser.add_argument("--head", action="append", default=[], help="a head kept elsewhere: LOG-ID SEQ CHAIN")
    options = parser.parse_args()
    heads = [(name, int(seq), bytes.fromhex(chain)) for name, seq, chain in (text.split(" ") for text in options.head)]
    try:
        opens = open_database if open(options.log, "rb").read(16) == b"SQLite format 3\0" else open_export
        for _ in range(5):  # If the log is pruned in the meantime, from the beginning.
            findings, log, *rest, is_stale = opens(options.log)
            findings, count, (seq, chain) = verify(heads, findings, log, *rest)
            if not is_stale(): break
        if seq and rest[-1]: print(f"the log begins after row {rest[-1][0]}", file=sys.stderr)
    except (OSError, ValueError, KeyError, StopIteration, sqlite3.Error) as error:
        sys.exit(print(f"no audit log: {error}", file=sys.stderr) or 2)
    print(*("%s %d%s" % what for what in findings), f"rows {count}", f"{log} {seq} {chain.hex()}", sep="\n")
    sys.exit(any(not what[2] for what in findings))

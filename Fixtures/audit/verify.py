#!/usr/bin/env python3
"""A second verifier of token audit logs. It shares no code with the first and needs the standard library only.

    verify.py LOG [--head "LOG-ID SEQ CHAIN"]...      LOG is the SQLite file, or an export in JSON Lines

README.md, beside this file, states the format. Prints a line per finding, `KIND SEQ [acknowledged ROW]`, then `rows N`
and the head. Exit status 1 if a finding is not acknowledged, else 0; 2 if there is no log.
"""
import argparse, hashlib, json, pathlib, sqlite3, sys

sha256 = lambda *parts: hashlib.sha256(b"".join(parts)).digest()
evidence = lambda seq, *hashes: sha256(b"\x04", seq.to_bytes(8, "big"), *hashes)[:16].hex()

def open_database(path):
    database = sqlite3.connect(pathlib.Path(path).absolute().as_uri() + "?mode=ro", uri=True)
    database.execute("BEGIN")
    log = database.execute("SELECT value FROM meta WHERE key = 'log_id'").fetchone()[0]
    marks = "SELECT through_seq, chain_hash FROM anchor WHERE kind = 'prune' AND through_seq"
    rows = "SELECT seq, CAST(payload AS BLOB), leaf_hash, chain_hash FROM event WHERE seq"
    below = [("rows-surplus", rows + " < 1 ORDER BY seq"), ("prune-unrecorded", marks + " < 1 ORDER BY through_seq")]
    findings = [(kind, row[0], "") for kind, query in below for row in database.execute(query + " LIMIT 1")]
    anchor = database.execute(marks + " > 0 ORDER BY through_seq DESC").fetchone()
    start = anchor or (0, sha256(b"\x03", log.encode()))
    leftovers = database.execute(rows + " BETWEEN 1 AND ? ORDER BY seq", start[:1])
    return findings, log, start, leftovers, database.execute(rows + " > ? ORDER BY seq", start[:1]), anchor

def open_export(path):
    lines = open(path, "rb")
    heading = json.loads(next(lines))
    # The payload's own bytes stand between the hashes, which have a fixed length, and the sequence number.
    payload = lambda line: line[line.index(b'"payload":') + 10 : line.rindex(b',"seq":')]
    hashes = lambda row: (bytes.fromhex(row["leaf"]), bytes.fromhex(row["chain"]))
    rows = ((row["seq"], payload(line), *hashes(row)) for line in lines for row in [json.loads(line)])
    return [], heading["log"], (heading["seq"], bytes.fromhex(heading["chain"])), [], rows, None

def statement(payload):
    """What an event of the log's own says: its activity, the row it speaks of, the findings it acknowledges."""
    try:
        record = json.loads(payload) if payload.startswith(b'{"activity":"audit.') else {"activity": None}
        detail = record.get("detail", {})
        told = (int(detail["seq"]), bytes.fromhex(detail["chain"])) if "chain" in detail else None
        return record["activity"], told, detail.get("acknowledged", "").split(",")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None, None, []

def verify(heads, findings, log, start, leftovers, rows, anchor):
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
    if anchor and ("audit.prune", anchor) not in (words[1:3] for words in statements):
        findings.append(("prune-unrecorded", anchor[0], evidence(*anchor)))
    for name, seq, chain in heads:
        if name != log or seq > end[0]:
            findings.append(("foreign-anchor", 0, "") if name != log else ("truncated", end[0] + 1, ""))
        elif chain != (met[seq] or (start[1] if seq == start[0] else None)):
            findings.append(("anchor-mismatch" if met[seq] or seq >= start[0] else "head-pruned", seq, ""))
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
    try:
        opens = open_database if open(options.log, "rb").read(16) == b"SQLite format 3\0" else open_export
        findings, log, *rest = opens(options.log)
    except (OSError, ValueError, KeyError, StopIteration, sqlite3.Error) as error:
        sys.exit(print(f"no audit log: {error}", file=sys.stderr) or 2)
    heads = [(name, int(seq), bytes.fromhex(chain)) for name, seq, chain in (text.split(" ") for text in options.head)]
    findings, count, (seq, chain) = verify(heads, findings, log, *rest)
    print(*("%s %d%s" % what for what in findings), f"rows {count}", f"{log} {seq} {chain.hex()}", sep="\n")
    sys.exit(any(not what[2] for what in findings))

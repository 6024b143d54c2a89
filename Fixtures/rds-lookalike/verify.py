#!/usr/bin/env python3
"""Judges tokens without a server: JSON lines on standard input, one verdict line for each on standard output.

A line holds `user` and `token` and may override, for itself alone, `host`, `port`, `region`, `service` (`rds-db` or
`dsql`), `now` (Unix time), and the account: `access_key_id`, `secret_access_key`, `session_token`. An `id` is handed
through.
"""

import argparse
import json
import os
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))

from lookalike.accounts import Account, AccountFile  # noqa: E402
from lookalike.judge import KINDS, Place, judge  # noqa: E402
from lookalike.options import endpoint  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--credentials", metavar="FILE", help="shared-credentials file; a line may bring its own")
    parser.add_argument("--region", default="eu-west-2")
    parser.add_argument("--endpoint", action="append", type=endpoint, default=[], metavar="HOST:PORT")
    parser.add_argument("--now", type=float, help="Unix time (default: the clock)")
    options = parser.parse_args()
    file = AccountFile(options.credentials) if options.credentials else lambda _: None
    for line in sys.stdin:
        case = json.loads(line)
        verdict = judge(
            case["user"].encode(),
            case["token"].encode(),
            _place(case, options),
            _accounts(case, file),
            case.get("now", time.time() if options.now is None else options.now),
        )
        print(json.dumps(({"id": case["id"]} if "id" in case else {}) | verdict))


def _place(case, options):
    kind = KINDS[case.get("service", "rds-db")]
    endpoints = options.endpoint
    if "host" in case:
        endpoints = [(case["host"], case.get("port", 5432) if kind.has_port else None)]
    names = frozenset((host.lower(), port) for host, port in endpoints)
    return Place(case.get("region", options.region), names, kind)


def _accounts(case, file):
    if "access_key_id" not in case:
        return file
    account = Account(case["access_key_id"], case["secret_access_key"], case.get("session_token") or "")
    return {account.access_key_id: account}.get


if __name__ == "__main__":
    main()

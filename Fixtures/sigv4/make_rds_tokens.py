#!/usr/bin/env python3
"""Writes rds-tokens.jsonl: seeded random RDS tokens as botocore 1.43.11 makes them.

    python3 make_rds_tokens.py > rds-tokens.jsonl

The first line names the tool. Every other line is one case: what goes in, the signature, and the SHA-256 of the whole
token with its host in lowercase and its parameters sorted, the signature last.
"""

import datetime
import hashlib
import json
import random
import string
import unicodedata
from types import SimpleNamespace
from unittest import mock

import botocore
from botocore.credentials import Credentials
from botocore.hooks import HierarchicalEmitter
from botocore.model import ServiceId
from botocore.signers import RequestSigner, generate_db_auth_token

VERSION = "1.43.11"
CASES = 5200
LAST_SECOND = 253402300799  # 9999-12-31T23:59:59Z
EPOCH = datetime.datetime(1970, 1, 1)
LETTERS = string.ascii_letters + string.digits
PRINTABLE = "".join(chr(code) for code in range(0x20, 0x7F))
BASE64 = LETTERS + "+/="
DAY_EDGES = ["1999-12-31", "2000-02-28", "2000-02-29", "2023-02-28", "2024-02-29", "2024-12-31", "2100-02-28", "9999-12-31"]


def text(source, alphabet, low, high):
    return "".join(source.choice(alphabet) for _ in range(source.randint(low, high)))


def a_region(source):
    known = ["us-east-1", "eu-central-1", "us-gov-west-1", "cn-northwest-1", "us-isob-east-1", "eusc-de-east-1", "ap-southeast-7"]
    invented = "-".join([text(source, string.ascii_lowercase, 2, 4), text(source, string.ascii_lowercase, 4, 9), str(source.randint(1, 99))])
    return source.choice(known + [invented] * 3)


def a_host(source, region):
    name = text(source, string.ascii_lowercase + string.digits + "-", 1, 40)
    kind = source.choice(["", "cluster-", "cluster-ro-", "cluster-custom-", "proxy-", "shardgrp-"])
    rds = f"{name}.{kind}{text(source, string.ascii_lowercase + string.digits, 11, 12)}.{region}.rds.amazonaws.com"
    mixed = "".join(source.choice([letter.upper(), letter]) for letter in rds)
    other = ".".join(text(source, LETTERS + "-_", 1, 20) for _ in range(source.randint(1, 6)))
    return source.choices([rds, mixed, other, name], [6, 1, 2, 1])[0]


def a_character(source):
    while True:
        top = source.choice([0x7F, 0x7FF, 0xFFFF, 0x10FFFF])
        character = chr(source.randint(0, top))
        if unicodedata.category(character) not in ("Cc", "Cs"):
            return character


def a_user(source):
    plain = text(source, LETTERS + "_", 1, 20)
    reserved = text(source, PRINTABLE, 1, 30)
    anything = "".join(a_character(source) for _ in range(source.choice([1, 2, 5, 10, 20, 63])))
    return source.choices([plain, reserved, anything], [2, 3, 5])[0]


def a_session_token(source):
    short = text(source, PRINTABLE, 1, 40)
    usual = text(source, BASE64, 40, 120)
    long = text(source, BASE64, 700, 1900)
    return source.choices([None, short, usual, long], [38, 20, 40, 2])[0]


def a_time(source):
    edge = datetime.datetime.fromisoformat(source.choice(DAY_EDGES)) - EPOCH
    at_midnight = int(edge.total_seconds()) + source.choice([0, 86399])
    return source.choices([source.randint(1700000000, 1900000000), source.randint(0, LAST_SECOND), at_midnight], [5, 4, 1])[0]


def a_case(source, index):
    region = a_region(source)
    return {
        "id": index,
        "host": a_host(source, region),
        "port": source.choice([5432, 5432, 3306, 443, 80, 1, 65535, source.randint(1, 65535)]),
        "user": a_user(source),
        "region": region,
        "access_key_id": source.choice(["AKIA", "ASIA", "x", "a_"]) + text(source, LETTERS, 1, 16),
        "secret_access_key": text(source, source.choice([BASE64, PRINTABLE]), 1, 90),
        "session_token": a_session_token(source),
        "time": a_time(source),
    }


def botocore_token(case):
    credentials = Credentials(case["access_key_id"], case["secret_access_key"], case["session_token"])
    emitter = HierarchicalEmitter()  # the signer holds it weakly
    signer = RequestSigner(ServiceId("rds"), case["region"], "rds", "v4", credentials, emitter)
    client = SimpleNamespace(_request_signer=signer, meta=SimpleNamespace(region_name=case["region"]))
    moment = EPOCH + datetime.timedelta(seconds=case["time"])
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment):
        return generate_db_auth_token(client, case["host"], case["port"], case["user"])


def canonical(token):
    """The token's host in lowercase, its parameters sorted and its signature last; and the signature."""
    place, query = token.split("/?", 1)
    parameters = sorted(query.split("&"))
    signature = next(item for item in parameters if item.startswith("X-Amz-Signature="))
    parameters.remove(signature)
    return f"{place.lower()}/?{'&'.join(parameters + [signature])}", signature.partition("=")[2]


def main():
    if botocore.__version__ != VERSION:
        raise SystemExit(f"the vectors come from botocore {VERSION}; this is {botocore.__version__}")
    print(json.dumps({"tool": f"botocore {VERSION}", "cases": CASES}))
    source = random.Random(20260115)
    for index in range(CASES):
        case = a_case(source, index)
        whole, case["signature"] = canonical(botocore_token(case))
        case["token_sha256"] = hashlib.sha256(whole.encode()).hexdigest()
        print(json.dumps(case, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()

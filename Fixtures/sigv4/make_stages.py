#!/usr/bin/env python3
"""Writes stages.json: requests with every stage of their signature.

The stages are those of the AWS documentation, "Create a signed AWS API request".

    python3 make_stages.py > stages.json

They are computed here, with hashlib and hmac, and compared with botocore 1.43.11 in every case whose options botocore
has.
"""

import datetime
import hashlib
import hmac
import json
import re
from types import SimpleNamespace
from unittest import mock
from urllib.parse import quote

import botocore
from botocore.auth import S3SigV4Auth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest, HTTPHeaders
from botocore.credentials import Credentials

VERSION = "1.43.11"
KEY_ID, SECRET, TOKEN = "AKIDSTAGES", "stages/Secret+Key", "stage//Token+=="
TIME = 1773532799  # 2026-03-14T23:59:59Z
ALGORITHM = "AWS4-HMAC-SHA256"


def case(name, **changes):
    plain = {
        "name": name, "form": "header", "method": "GET", "host": "service.example.com", "path": "/", "query": [], "headers": [],
        "body": "", "payload": "hashed", "options": "standard", "token": None, "signs_token": True, "region": "eu-west-3",
        "service": "demo", "time": TIME, "expires": None,
    }
    unknown = changes.keys() - plain.keys()
    assert not unknown, unknown
    return plain | changes


CASES = [
    case("the plainest GET"),
    case("the plainest POST", method="POST"),
    case("the first second there is", time=0),
    case("a leap day", time=1709210096),
    case("the last second there is", time=253402300799),
    case("a host in capital letters with a port", host="Service.Example.COM:8443"),
    # Paths.
    case("unreserved characters in the path", path="/AZaz09-._~"),
    case("reserved characters in the path", path="/a:b@c!$&'()*+,;=d"),
    case("an escaped path is escaped again", path="/a%20b/%C3%A9"),
    case("a path outside ASCII", path="/räksmörgås/日本"),
    case("a space in the path", path="/two words/"),
    case("an empty path", path=""),
    case("a dot segment", path="/./here"),
    case("a dot segment at the end", path="/here/."),
    case("a double dot segment", path="/away/../here"),
    case("a double dot segment at the end", path="/here/away/.."),
    case("double dots above the root", path="/../../here"),
    case("dots that are no segments", path="/.../a../..b/.c"),
    case("repeated slashes", path="//one///two//"),
    case("nothing but slashes and dots", path="//./..//"),
    case("a final slash", path="/one/two/"),
    # Texts are bytes: a combining mark after an ASCII character is not part of it.
    case("a combining mark after a slash", path="/a//\u0301b"),
    case("a combining mark after a dot segment", path="/a/.\u0301/..\u0301/./b"),
    case("a combining mark at the end of a path", path="/a/\u0301"),
    case("a decomposed path", path="/e\u0301"),
    case("a composed path", path="/\u00e9"),
    case("a decomposed and a composed name", query=[["e\u0301", "2"], ["\u00e9", "1"], ["e\u0301", "1"]]),
    case("a decomposed and a composed value", query=[["k", "e\u0301"], ["k", "\u00e9"]]),
    case("a Kelvin sign, a long s and a K", query=[["\u212a", "1"], ["\u017f", "2"], ["K", "3"], ["k", "4"]]),
    case("NUL in a query", query=[["a\0", "\0b"]]),
    case("a decomposed value of a header", headers=[["X-Name", "Zoe\u0308"], ["X-Mark", "a \u0301 b"]]),
    # Queries.
    case("parameters sorted by name", query=[["b", "1"], ["a", "2"], ["c", "0"]]),
    case("capital letters sort before small ones", query=[["a", "1"], ["B", "1"], ["A", "1"], ["b", "1"]]),
    case("repeated names sorted by value", query=[["k", "b"], ["k", "a"], ["k", ""], ["k", "aa"]]),
    case("a name that begins another", query=[["ab", "1"], ["a", "2"], ["a-", "3"], ["a.", "4"]]),
    case("names sort by their encoded text", query=[["é", "1"], ["z", "2"], ["~", "3"], ["a b", "4"], ["a", "5"]]),
    case("an empty value", query=[["marker", ""]]),
    case("an empty name", query=[["", "value"], ["a", "b"]]),
    case("nothing but an empty parameter", query=[["", ""]]),
    case("unreserved characters in a query", query=[["AZaz09-._~", "AZaz09-._~"]]),
    case("reserved characters in a query", query=[["a=b&c", "1+2 3/4?5#6%7:@!$'()*,;[]"]]),
    case("a query outside ASCII", query=[["ключ", "значение"], ["鍵", "💾"]]),
    # Headers.
    case("headers sorted by name in any case", headers=[["Zulu", "1"], ["alpha", "2"], ["MIKE", "3"]]),
    case("a repeated header keeps its order", headers=[["X-List", "b"], ["x-other", "0"], ["x-list", "a"], ["X-LIST", "b"]]),
    case("spaces around and inside a value", headers=[["X-Spaced", "  a  b\t c   "]]),
    case("spaces inside quotes", headers=[["X-Quoted", '"a   b"']]),
    case("a folded value", headers=[["X-Folded", "one\r\n two\n\t  three"]]),
    case("an empty value of a header", headers=[["X-Empty", ""], ["X-Blank", "   "]]),
    case("a value outside ASCII", headers=[["X-Name", "Zoë"]]),
    case("headers that change on the way are left out", headers=[["User-Agent", "x/1"], ["Expect", "100-continue"], ["Connection", "close"]]),
    # Bodies.
    case("a body", method="POST", body="<Request>ø</Request>", headers=[["Content-Type", "application/xml"]]),
    case("a form", method="POST", body="Action=AssumeRole&Version=2011-06-15", service="sts",
         headers=[["Content-Type", "application/x-www-form-urlencoded"], ["Content-Length", "36"]]),
    case("a body whose hash is known", method="PUT", body="known", payload="precomputed"),
    # Session tokens.
    case("a session token", token=TOKEN),
    case("a session token that is not signed", token=TOKEN, signs_token=False),
    case("a form with a session token", method="POST", body="Action=GetCallerIdentity", service="sts", token=TOKEN),
    # S3.
    case("an object's name is taken literally", service="s3", options="s3", path="/a//b/./c%20d/../e"),
    case("an unsigned body", service="s3", options="s3", method="PUT", body="not hashed", payload="unsigned"),
    case("a body for S3", service="s3", options="s3", method="PUT", body="hashed", token=TOKEN),
    # Queries that carry the signature.
    case("presigned for a second", form="query", expires=1),
    case("presigned for seven days", form="query", expires=604800),
    case("presigned with a session token", form="query", expires=900, token=TOKEN),
    case("presigned with a session token that is not signed", form="query", expires=900, token=TOKEN, signs_token=False),
    case("presigned with parameters on either side", form="query", expires=60, query=[["Action", "connect"], ["zone", "a b"], ["X-Amz-Bits", "1"]]),
    case("presigned with a repeated parameter", form="query", expires=60, query=[["k", "2"], ["k", "1"]]),
    case("presigned with a header", form="query", expires=60, host="sts.eu-west-3.amazonaws.com", service="sts",
         query=[["Action", "GetCallerIdentity"]], headers=[["x-k8s-aws-id", "cluster"]]),
    case("presigned for S3 without a hash", form="query", expires=60, service="s3", options="s3", payload="unsigned", path="/key/a%2Fb"),
]

UNSIGNED_HEADERS = {"user-agent", "expect", "connection"}


def timestamp(time):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=time)).strftime("%Y%m%dT%H%M%SZ")


def encode(text, safe="-_.~"):
    return quote(text, safe=safe)


def payload_hash(request):
    return "UNSIGNED-PAYLOAD" if request["payload"] == "unsigned" else hashlib.sha256(request["body"].encode()).hexdigest()


def canonical_path(request):
    path = request["path"] or "/"
    if request["options"] == "s3":
        return encode(path, "/-_.~%")
    kept = []
    for segment in path.split("/"):
        if segment == "..":
            kept = kept[:-1]
        elif segment not in ("", "."):
            kept.append(segment)
    return encode("/" + "/".join(kept) + ("/" if kept and path.endswith("/") else ""), "/-_.~")


def canonical_query(pairs):
    return "&".join(f"{name}={value}" for name, value in sorted((encode(name), encode(value)) for name, value in pairs))


def canonical_headers(host, headers):
    """The lines of the headers, and their names."""
    values = {"host": [host.lower()]}
    for name, value in headers:
        if name.lower() not in UNSIGNED_HEADERS:
            values.setdefault(name.lower(), []).append(re.sub(r"\s+", " ", value.strip()))
    return "".join(f"{name}:{','.join(values[name])}\n" for name in sorted(values)), ";".join(sorted(values))


def added_headers(request):
    added = [["X-Amz-Date", timestamp(request["time"])]]
    if request["options"] == "s3":
        added.append(["X-Amz-Content-Sha256", payload_hash(request)])
    return added + ([["X-Amz-Security-Token", request["token"]]] if request["token"] else [])


def added_parameters(request, scope):
    _, names = canonical_headers(request["host"], request["headers"])
    added = [
        ["X-Amz-Algorithm", ALGORITHM], ["X-Amz-Credential", f"{KEY_ID}/{scope}"], ["X-Amz-Date", timestamp(request["time"])],
        ["X-Amz-Expires", str(request["expires"])], ["X-Amz-SignedHeaders", names],
    ]
    return added + ([["X-Amz-Security-Token", request["token"]]] if request["token"] and request["signs_token"] else [])


def stages(request):
    """Every stage of the signature of a request, and what is sent."""
    scope = f"{timestamp(request['time'])[:8]}/{request['region']}/{request['service']}/aws4_request"
    headers, query = request["headers"], request["query"]
    if request["form"] == "header":
        added = added_headers(request)
        headers = headers + [field for field in added if request["signs_token"] or field[0] != "X-Amz-Security-Token"]
    else:
        query = query + added_parameters(request, scope)
    lines, names = canonical_headers(request["host"], headers)
    canonical = "\n".join([request["method"], canonical_path(request), canonical_query(query), lines, names, payload_hash(request)])
    to_sign = "\n".join([ALGORITHM, timestamp(request["time"]), scope, hashlib.sha256(canonical.encode()).hexdigest()])
    key = f"AWS4{SECRET}".encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()
    result = {"canonical_request": canonical, "string_to_sign": to_sign, "signing_key": key.hex(), "signature": signature}
    if request["form"] == "header":
        authorization = f"{ALGORITHM} Credential={KEY_ID}/{scope}, SignedHeaders={names}, Signature={signature}"
        return result | {"headers": added + [["Authorization", authorization]]}
    late = f"&X-Amz-Security-Token={encode(request['token'])}" if request["token"] and not request["signs_token"] else ""
    return result | {"query": f"{canonical_query(query)}{late}&X-Amz-Signature={signature}"}


def botocore_can(request):
    """Whether botocore has what a case needs.

    It always signs the token, and drops repeated parameters when it presigns.
    """
    names = [name for name, _ in request["query"]]
    presigns_s3 = request["form"] == "query" and request["options"] == "s3"
    repeats = request["form"] == "query" and len(names) != len(set(names))
    return request["signs_token"] and not presigns_s3 and not repeats


def check_with_botocore(request, expected):
    headers = HTTPHeaders.from_pairs([tuple(field) for field in request["headers"]])
    sent = AWSRequest(method=request["method"], url=f"https://{request['host']}{request['path'] or '/'}", headers=headers)
    sent.params = [tuple(pair) for pair in request["query"]]
    sent.data = request["body"].encode()
    sent.context["client_config"] = SimpleNamespace(s3={"payload_signing_enabled": request["payload"] != "unsigned"})
    credentials = Credentials(KEY_ID, SECRET, request["token"])
    if request["form"] == "query":
        sent.params = dict(sent.params)
        signer = SigV4QueryAuth(credentials, request["service"], request["region"], request["expires"])
    else:
        kind = S3SigV4Auth if request["options"] == "s3" else SigV4Auth
        signer = kind(credentials, request["service"], request["region"])
    seen = {}
    original = type(signer).string_to_sign

    def spy(self, sent_request, canonical):
        seen["canonical_request"], seen["string_to_sign"] = canonical, original(self, sent_request, canonical)
        return seen["string_to_sign"]

    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=request["time"])
    with mock.patch("botocore.auth.get_current_datetime", return_value=moment), mock.patch.object(type(signer), "string_to_sign", spy):
        signer.add_auth(sent)
    for stage, value in seen.items():
        assert value == expected[stage], f"{request['name']}: {stage}\n{value}\n---\n{expected[stage]}"
    proof = sent.url if request["form"] == "query" else sent.headers["Authorization"]
    assert expected["signature"] in proof, request["name"]


def main():
    if botocore.__version__ != VERSION:
        raise SystemExit(f"the vectors are checked with botocore {VERSION}; this is {botocore.__version__}")
    cases = []
    for request in CASES:
        expected = stages(request)
        checked = botocore_can(request)
        if checked:
            check_with_botocore(request, expected)
        cases.append(request | {"equals_botocore": checked, "expected": expected})
    credentials = {"access_key_id": KEY_ID, "secret_access_key": SECRET}
    print(json.dumps({"tool": f"botocore {VERSION}", "credentials": credentials, "cases": cases}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()

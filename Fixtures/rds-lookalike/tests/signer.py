"""A signer for the tests, written apart from the judge: published vectors in test_judge.py hold both to account."""

from __future__ import annotations

import hashlib
import hmac
import time
from dataclasses import dataclass, field, replace

UNRESERVED = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"


def encode(text):
    raw = text if isinstance(text, bytes) else text.encode()
    return "".join(chr(byte) if byte in UNRESERVED else f"%{byte:02X}" for byte in raw)


@dataclass(frozen=True)
class Recipe:
    """What a token is made from; `replace` one thing to make a wrong one."""

    host: str = "demo.abcdefghijkl.eu-west-2.rds.amazonaws.com"
    port: int = 5432
    user: str = "app"
    region: str = "eu-west-2"
    service: str = "rds-db"
    key: str = "AKIAEXAMPLE"
    secret: str = "wJalrXUtnFEMI"
    session_token: str | None = None
    date: str = "20240826T220000Z"
    expires: str = "900"
    path: str = "/"
    changes: dict = field(default_factory=dict)  # query name to value, or to None to leave it out
    signed_host: str | None = None

    def but(self, **changes):
        return replace(self, **changes)

    @property
    def address(self):
        return f"{self.host}:{self.port}" if self.port else self.host

    def pairs(self):
        scope = f"{self.date[:8]}/{self.region}/{self.service}/aws4_request"
        query = {"Action": "connect", "DBUser": self.user} | {
            "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
            "X-Amz-Credential": f"{self.key}/{scope}",
            "X-Amz-Date": self.date,
            "X-Amz-Expires": self.expires,
            "X-Amz-Security-Token": self.session_token,
            "X-Amz-SignedHeaders": "host",
        }
        return [(encode(n), encode(v)) for n, v in sorted((query | self.changes).items()) if v is not None]

    def signature(self):
        scope = [self.date[:8], self.region, self.service, "aws4_request"]
        query = "&".join("=".join(pair) for pair in self.pairs())
        host = self.signed_host or self.address.lower()
        request = "\n".join(["GET", "/", query, f"host:{host}", "", "host", hashlib.sha256().hexdigest()])
        hashed = hashlib.sha256(request.encode()).hexdigest()
        key = f"AWS4{self.secret}".encode()
        for step in scope:
            key = hmac.digest(key, step.encode(), "sha256")
        to_sign = "\n".join(["AWS4-HMAC-SHA256", self.date, "/".join(scope), hashed])
        return hmac.digest(key, to_sign.encode(), "sha256").hex()

    def token(self, signature=None):
        query = "&".join("=".join(pair) for pair in self.pairs())
        return f"{self.address}{self.path}?{query}&X-Amz-Signature={signature or self.signature()}"


def at(unix_time):
    """The date of a token made at a Unix time."""
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(unix_time))

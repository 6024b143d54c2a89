"""The judgement on one login: is this text a token that RDS would take for this user, here and now?"""

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .signature import signature
from .token import Refused, Token

SKEW = 300  # seconds a token's date may lie in the future


@dataclass(frozen=True)
class Kind:
    """What differs between the services that take presigned tokens as passwords."""

    service: str
    longest: int  # seconds, of X-Amz-Expires
    has_port: bool


RDS = Kind("rds-db", 900, True)
DSQL = Kind("dsql", 604800, False)
KINDS = {kind.service: kind for kind in (RDS, DSQL)}


@dataclass(frozen=True)
class Place:
    """What the judge stands for: a service in a region under some (host, port) names."""

    region: str
    endpoints: frozenset
    kind: Kind = field(default=RDS)


def judge(user, text, place, account_for, now):
    """The verdict as a dictionary without secrets. `user` and `text` are bytes, `now` is a Unix time."""
    verdict = {"user": user.decode("utf-8", "replace"), "verdict": "accepted", "reason": None}
    seen = dict.fromkeys(("host", "port", "access_key_id", "date", "expires"))
    try:
        _check(user, text, place, account_for, now, seen)
    except Refused as refusal:
        verdict.update(verdict="refused", reason=refusal.reason)
    except Exception as error:  # a judge that fails refuses
        verdict.update(verdict="refused", reason=f"judge failed: {type(error).__name__}")
    return verdict | seen | {"token_sha256": hashlib.sha256(text).hexdigest()}


def _check(user, text, place, account_for, now, seen):
    """The checks in their fixed order; what is learnt on the way goes into `seen`."""
    token = Token(text)
    seen.update(host=token.host, port=token.port)
    _check_form(token, place.kind, user)
    signed_at, lifetime = _check_times(token, place.kind)
    seen.update(access_key_id=token.access_key_id, date=token.value("X-Amz-Date").decode(), expires=lifetime)
    account = _check_account(token, account_for)
    _require(_same(signature(token, account.secret), token.value("X-Amz-Signature")), "signature")
    in_scope = (token.region, token.service) == (place.region, place.kind.service)
    _require(in_scope, f"scope {token.region}/{token.service}")
    _require(signed_at <= now + SKEW, "not yet valid")
    _require(now <= signed_at + lifetime, "expired")
    _require(account.expires is None or now < account.expires, "credentials expired")
    if place.kind is RDS:
        _require(token.value("DBUser") == user, "DBUser")
    _require((token.host, token.port) in place.endpoints, "endpoint")


def _require(holds, reason):
    if not holds:
        raise Refused(reason)


def _same(expected, given):
    return hmac.compare_digest(expected.encode(), given)


def _check_form(token, kind, user):
    _require((token.port is not None) == kind.has_port, "malformed: not host:port/?query")
    _require(token.port is None or 0 < token.port < 65536, "malformed: port")
    _require(token.path == "/", "path")
    token.parse_query()
    _require(token.value("X-Amz-Algorithm") == b"AWS4-HMAC-SHA256", "algorithm")
    _require(token.value("X-Amz-SignedHeaders") == b"host", "signed headers")
    _require(token.value("Action") == _action(kind, user), "action")
    if kind is RDS:
        token.value("DBUser")
    token.value("X-Amz-Signature")
    token.parse_credential()


def _action(kind, user):
    if kind is RDS:
        return b"connect"
    return b"DbConnectAdmin" if user == b"admin" else b"DbConnect"


def _check_times(token, kind):
    """The token's date as a Unix time and its lifetime in seconds."""
    date = token.value("X-Amz-Date")
    _require(re.fullmatch(rb"[0-9]{8}T[0-9]{6}Z", date), "malformed: X-Amz-Date")
    try:
        moment = datetime.strptime(date.decode(), "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise Refused("malformed: X-Amz-Date") from None
    _require(date[:8].decode() == token.scope_date, "malformed: dates of X-Amz-Credential and X-Amz-Date differ")
    expires = token.value("X-Amz-Expires")
    _require(re.fullmatch(rb"[0-9]{1,7}", expires) and 1 <= int(expires) <= kind.longest, "expires")
    return moment.timestamp(), int(expires)


def _check_account(token, account_for):
    account = account_for(token.access_key_id)
    _require(account is not None, "unknown access key")
    given = token.query.get(b"X-Amz-Security-Token")
    expected = account.session_token.encode()
    _require(given != b"" and hmac.compare_digest(given or b"", expected), "session token")
    return account

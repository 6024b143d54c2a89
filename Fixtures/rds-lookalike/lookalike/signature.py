"""AWS Signature Version 4 of a presigned GET with an empty body and one signed header, from the AWS documentation."""

import hashlib
import hmac
from urllib.parse import quote

_EMPTY_BODY = hashlib.sha256(b"").hexdigest()


def _encode(text):
    return quote(text, safe="~")


def _hmac(key, text):
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def canonical_host(host, port):
    """The Host header's value; like botocore, without the default port of HTTPS."""
    return host if port in (None, 443) else f"{host}:{port}"


def canonical_request(token):
    """The canonical request for the parts of a token, whatever the order of its query."""
    pairs = sorted((_encode(name), _encode(value)) for name, value in token.query.items() if name != b"X-Amz-Signature")
    query = "&".join(f"{name}={value}" for name, value in pairs)
    host = canonical_host(token.host, token.port)
    return f"GET\n/\n{query}\nhost:{host}\n\nhost\n{_EMPTY_BODY}"


def signature(token, secret):
    """The signature, in lower-case hexadecimal, that the holder of `secret` would have made."""
    scope = f"{token.scope_date}/{token.region}/{token.service}/aws4_request"
    digest = hashlib.sha256(canonical_request(token).encode()).hexdigest()
    date = token.value("X-Amz-Date").decode("latin-1")
    key = ("AWS4" + secret).encode()
    for part in scope.split("/"):
        key = _hmac(key, part)
    return _hmac(key, f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{digest}").hex()

"""Checks Signature Version 4 with nothing but the standard library. The secret of a key is `SECRET-of-<key>`."""
import datetime
import hashlib
import hmac
import re

HEADER = re.compile(
    r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/([^/]+)/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$")


def fault(request, service, clock):
    """The error code for a signature that does not hold, or None. `clock` shifts the judge's clock in seconds."""
    found = HEADER.match(request.header("authorization") or "")
    if not found:
        return "MissingAuthenticationToken"
    key, day, region, signed_service, names, signature = found.groups()
    stamp = request.header("x-amz-date") or ""
    now = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=clock)
    try:
        moment = datetime.datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return "IncompleteSignature"
    if not stamp.startswith(day) or signed_service != service:
        return "SignatureDoesNotMatch"
    if abs((now - moment).total_seconds()) > 300:
        return "RequestTimeTooSkewed"
    names = names.split(";")
    if "host" not in names or "x-amz-date" not in names:
        return "SignatureDoesNotMatch"
    path = "/" + request.whole.lstrip("/").partition("?")[0]
    canonical = "\n".join(
        ["POST", path, ""] + [f"{name}:{(request.header(name) or '').strip()}" for name in names]
        + ["", ";".join(names), hashlib.sha256(request.body).hexdigest()])
    scope = f"{day}/{region}/{service}/aws4_request"
    text = "\n".join(["AWS4-HMAC-SHA256", stamp, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    derived = f"AWS4SECRET-of-{key}".encode()
    for part in (day, region, service, "aws4_request"):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    expected = hmac.new(derived, text.encode(), hashlib.sha256).hexdigest()
    return None if hmac.compare_digest(expected, signature) else "SignatureDoesNotMatch"

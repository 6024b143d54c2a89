"""What the services answer where nothing goes wrong."""
import collections
import dataclasses
import datetime
import json
import threading
from urllib.parse import parse_qs, urlparse

from . import signature


@dataclasses.dataclass
class Answer:
    status: int
    body: bytes
    headers: dict = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class Request:
    method: str
    whole: str
    path: str
    headers: dict
    body: bytes
    visitor: str

    def header(self, name):
        return next((value for key, value in self.headers.items() if key.lower() == name), None)


_lock = threading.Lock()
_log = collections.defaultdict(list)
_tokens = collections.Counter()


def note(request):
    with _lock:
        _log[request.visitor].append(f"{request.method} {request.path}")
        return len(_log[request.visitor])


def log(visitor):
    with _lock:
        return list(_log[visitor])


def answer(request, behavior, clock=0):
    service, _, path = request.path.lstrip("/").partition("/")
    from . import databases  # which needs this module itself
    services = {
        "imds": imds, "container": container, "sts": sts, "sso": sso, "redshift": databases.redshift,
        "redshift-serverless": databases.serverless, "secretsmanager": databases.secrets_manager}
    return services[service](request, "/" + path, behavior, clock)


def time(hours):
    moment = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def document(name, behavior):
    return json.dumps({
        "Code": "Success", "Type": "AWS-HMAC", "AccessKeyId": name, "SecretAccessKey": f"SECRET-of-{name}",
        "Token": f"SECRET-token-of-{name}", "Expiration": time(-1 if behavior == "dead" else 6),
    }).encode()


def imds(request, path, behavior, _):
    """Version 2 only. With the behavior `stale` the first session token dies after one read."""
    if request.method == "PUT" and path == "/latest/api/token":
        if request.header("x-aws-ec2-metadata-token-ttl-seconds") != "21600":
            return Answer(400, b"")
        with _lock:
            _tokens[request.visitor] += 1
            return Answer(200, f"SECRET-session-{_tokens[request.visitor]}".encode())
    token = request.header("x-aws-ec2-metadata-token")
    with _lock:
        newest = f"SECRET-session-{_tokens[request.visitor]}"
    if token is None or token != newest:
        return Answer(401, b"")
    folder = "/latest/meta-data/iam/security-credentials/"
    if path == folder:
        return Answer(404, b"") if behavior == "norole" else Answer(200, b"node-role\n")
    if path == folder + "node-role":
        if behavior == "stale" and token == "SECRET-session-1":
            return Answer(401, b"")
        return Answer(200, document("ASIAEC2", behavior))
    return Answer(404, b"")


def container(request, path, behavior, _):
    if request.header("authorization") != "SECRET-jwt":
        return Answer(401, b'{"code":"InvalidAuthorizationToken","message":"SECRET"}')
    return Answer(200, document("ASIABOX", behavior))


def sts(request, path, behavior, clock):
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    action = form.get("Action")
    if action != "AssumeRoleWithWebIdentity":
        fault = signature.fault(request, "sts", clock)
        if fault:
            return error(fault)
    elif request.header("authorization"):
        return error("SignatureDoesNotMatch")
    elif form.get("WebIdentityToken") != "SECRET-web-token":
        return error("InvalidIdentityToken")
    name = "ASIAROLE"
    return Answer(200, (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
        f"<AccessKeyId>{name}</AccessKeyId><SecretAccessKey>SECRET-of-{name}</SecretAccessKey>"
        f"<SessionToken>SECRET-token-of-{name}</SessionToken>"
        f"<Expiration>{time(-1 if behavior == 'dead' else 1)}</Expiration></Credentials><AssumedRoleUser>"
        f"<Arn>arn:aws:sts::111122223333:assumed-role/reader/x</Arn></AssumedRoleUser></{action}Result></{action}Response>"
    ).encode())


def error(code):
    return Answer(403, f"<ErrorResponse><Error><Code>{code}</Code><Message>Signed at another time.</Message></Error></ErrorResponse>".encode())


def sso(request, path, behavior, _):
    if path == "/token":
        return Answer(200, json.dumps({"accessToken": "SECRET-bearer", "expiresIn": 3600}).encode())
    query = parse_qs(urlparse(path).query)
    if request.header("x-amz-sso_bearer_token") != "SECRET-bearer":
        return Answer(401, b'{"message":"SECRET"}')
    if query.get("role_name") != ["Read Only"] or query.get("account_id") != ["111122223333"]:
        return Answer(403, b"{}", {"x-amzn-errortype": "ForbiddenException"})
    moment = datetime.datetime.now(datetime.timezone.utc).timestamp() + (-3600 if behavior == "dead" else 3600)
    return Answer(200, json.dumps({"roleCredentials": {
        "accessKeyId": "ASIASSO", "secretAccessKey": "SECRET-of-ASIASSO", "sessionToken": "SECRET-token-of-ASIASSO",
        "expiration": int(moment * 1000)}}).encode())

"""What the scenario families share: the vocabulary of a scenario, recorded exchanges, signatures made by botocore."""
import datetime
import hashlib
import json
from unittest import mock
from urllib.parse import quote, urlencode

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.credentials

from . import botocore_answers

NOW = "2026-01-02T03:04:05Z"
NOW_TIME = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)
NOW_SECONDS = int(NOW_TIME.timestamp())
NOW_MS = NOW_SECONDS * 1000
LATER = "2026-01-02T09:04:05Z"
SOON = "2026-01-02T03:06:05Z"
PAST = "2026-01-02T02:04:05Z"

ROLE = "arn:aws:iam::111122223333:role/reader"
SESSION_NAME = f"assume-role-{NOW_MS}"
WEB_SESSION_NAME = f"web-identity-{NOW_MS}"
FORM = "application/x-www-form-urlencoded; charset=utf-8"


def scenario(name, rule, ask, expect, env=None, files=None, http=None, hosts=None, processes=None, **more):
    """One scenario. `rule` says where in AWS's behavior it comes from; `ask` names what is asked."""
    return dict(
        name=name, rule=rule, ask=ask, environment=env or {}, files=files or {}, http=http or [], hosts=hosts or {},
        processes=processes or {}, expect=expect, **more,
    )


# What `compared` found to be otherwise than a family says.
MISMATCHES = []


def compared(name, rule, ask, expect, *arguments, differs=None, **more):
    """The same with botocore's answer beside ours. `differs` says why ours is another."""
    made = scenario(name, rule, ask, expect, *arguments, **more)
    theirs = botocore_answers.answer(made)
    ours = expect["credentials"]["accessKeyID"] if "credentials" in expect else expect["error"]
    same = theirs == ours or "error" in expect and (theirs == "none" or not theirs.startswith(("A", "none")))
    if same == bool(differs):
        MISMATCHES.append(f"{name}: botocore answers {theirs}, expected {ours}; differs: {differs}")
    return {**made, "botocore": theirs, **({"differs": differs} if differs else {})}


def keys(access_key_id, secret=None, token=None, expires=None, account=None, source=None, profile=None, role=None):
    """Credentials that are expected."""
    secret = secret or f"SECRET-of-{access_key_id}"
    found = dict(accessKeyID=access_key_id, secretAccessKey=secret, sessionToken=token, expiration=expires,
                 accountID=account, source=source, profile=profile, roleARN=role)
    return {"credentials": {name: value for name, value in found.items() if value is not None}}


def fails(code, *words):
    """An error that is expected, with words that its text must hold."""
    return {"error": code, "words": list(words)}


def region(name):
    return {"region": name}


def exchange(method, url, headers=None, body="", status=200, answer="", answer_headers=None, fault=None):
    """One exchange as it must take place; headers and body are compared as a whole."""
    recorded = {"request": {"method": method, "url": url, "headers": headers or {}, "body": body}}
    if fault:
        recorded["fault"] = fault
    else:
        recorded["response"] = {
            "status": status, "headers": answer_headers or {},
            "body": answer if isinstance(answer, str) else json.dumps(answer),
        }
    return recorded


def document(access_key_id, expires=LATER, **more):
    """The JSON in which containers and instances issue credentials."""
    found = {"AccessKeyId": access_key_id, "SecretAccessKey": f"SECRET-of-{access_key_id}",
             "Token": f"SECRET-token-of-{access_key_id}", "Expiration": expires}
    found.update(more)
    return {name: value for name, value in found.items() if value is not None}


def session_keys(access_key_id, expires=LATER, **more):
    """The credentials that `document` and `sts_answer` stand for."""
    return keys(access_key_id, token=f"SECRET-token-of-{access_key_id}", expires=expires, **more)


def config(sections):
    """A shared-configuration file."""
    return "".join(f"[{name}]\n" + "".join(f"{key} = {value}\n" for key, value in lines.items())
                   for name, lines in sections.items())


def static(access_key_id):
    return {"aws_access_key_id": access_key_id, "aws_secret_access_key": f"SECRET-of-{access_key_id}"}


# STS ------------------------------------------------------------------------------------------------------------------

def sts_body(action, role, session, token=None, duration=None, external=None):
    fields = [("Action", action), ("Version", "2011-06-15"), ("RoleArn", role), ("RoleSessionName", session)]
    if duration:
        fields.append(("DurationSeconds", str(duration)))
    if external:
        fields.append(("ExternalId", external))
    if token:
        fields.append(("WebIdentityToken", token))
    return urlencode(fields, quote_via=quote, safe="")


def sts_answer(action, access_key_id, expires=LATER, account="111122223333"):
    return (
        f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><AssumedRoleUser>'
        f"<AssumedRoleId>AROAEXAMPLE:s</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/reader/s</Arn>"
        f"</AssumedRoleUser><Credentials><AccessKeyId>{access_key_id}</AccessKeyId>"
        f"<SecretAccessKey>SECRET-of-{access_key_id}</SecretAccessKey>"
        f"<SessionToken>SECRET-token-of-{access_key_id}</SessionToken><Expiration>{expires}</Expiration>"
        f"</Credentials></{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>"
    )


def sts_error(code, message="no"):
    return (
        '<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type>'
        f"<Code>{code}</Code><Message>{message}</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    )


def signed_headers(url, body, region_name, access_key_id, token=None, seconds_later=0):
    """The headers of a signed call, the signature made by botocore."""
    request = botocore.awsrequest.AWSRequest("POST", url, headers={"content-type": FORM}, data=body)
    credentials = botocore.credentials.Credentials(access_key_id, f"SECRET-of-{access_key_id}", token)
    moment = NOW_TIME + datetime.timedelta(seconds=seconds_later)
    with mock.patch.object(botocore.auth, "get_current_datetime", lambda: moment):
        botocore.auth.SigV4Auth(credentials, "sts", region_name).add_auth(request)
    signed = {name.lower(): value for name, value in request.headers.items()}
    return {"accept": "application/xml", **signed}


def assume_role(caller, gets, region_name="us-east-1", host=None, role=ROLE, session=SESSION_NAME, caller_token=None,
                external=None, duration=None, signing_region=None, seconds_later=0, url=None, **more):
    url = url or f"https://{host or f'sts.{region_name}.amazonaws.com'}/"
    body = sts_body("AssumeRole", role, session, external=external, duration=duration)
    headers = signed_headers(url, body, signing_region or region_name, caller, caller_token, int(seconds_later))
    more.setdefault("answer", sts_answer("AssumeRole", gets) if gets else "")
    return exchange("POST", url, headers, body, **more)


def web_identity(gets, region_name="us-east-1", host=None, role=ROLE, session=WEB_SESSION_NAME,
                 token="SECRET-web-token", duration=None, **more):
    url = f"https://{host or f'sts.{region_name}.amazonaws.com'}/"
    body = sts_body("AssumeRoleWithWebIdentity", role, session, token=token, duration=duration)
    more.setdefault("answer", sts_answer("AssumeRoleWithWebIdentity", gets) if gets else "")
    return exchange("POST", url, {"accept": "application/xml", "content-type": FORM}, body, **more)


def sha1(text):
    return hashlib.sha1(text.encode()).hexdigest()


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()

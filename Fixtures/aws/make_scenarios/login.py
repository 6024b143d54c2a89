"""Sign-in sessions of `aws login`."""
import json

from .kit import (LATER, PAST, ROLE, SOON, assume_role, config, exchange, fails, keys, scenario, session_keys,
                  sha256)

C = "~/.aws/config"
ARN = "arn:aws:iam::111122223333:user/me"
FILES = {C: config({"profile dev": {"login_session": ARN, "region": "eu-west-2"}})}
CACHE = f"~/.aws/login/cache/{sha256(ARN)}.json"
# A key made for this table by `openssl ecparam -name prime256v1 -genkey -noout`; it protects nothing.
KEY = open(__file__.replace("make_scenarios/login.py", "dpop-key.pem")).read()
ASK = "profile:dev"
CLIENT = "arn:aws:signin:::devtools/same-device"


def access(name, expires=LATER):
    return {"accessKeyId": name, "secretAccessKey": f"SECRET-of-{name}", "sessionToken": f"SECRET-token-of-{name}",
            "accountId": "111122223333", "expiresAt": expires}


def cache(expires=LATER, **more):
    found = {"accessToken": access("ASIALOGIN", expires), "tokenType": "aws_sigv4", "refreshToken": "SECRET-refresh",
             "clientId": CLIENT, "dpopKey": KEY, **more}
    return json.dumps({name: value for name, value in found.items() if value is not None})


def got(name="ASIALOGIN", expires=LATER):
    return keys(name, token=f"SECRET-token-of-{name}", expires=expires, account="111122223333", source="login",
                profile="dev")


def renew(host="eu-west-2.signin.aws.amazon.com", answer=None, **more):
    body = {"clientId": CLIENT, "grantType": "refresh_token", "refreshToken": "SECRET-refresh"}
    fresh = {"accessToken": {name: value for name, value in access("ASIAFRESH").items()
                             if name not in ("accountId", "expiresAt")},
             "tokenType": "aws_sigv4", "expiresIn": 900, "refreshToken": "SECRET-refresh-2"}
    # The proof differs each time; the test takes it apart.
    return exchange("POST", f"https://{host}/v1/token", {"content-type": "application/json", "dpop": "<dpop>"},
                    json.dumps(body, separators=(",", ":")), answer=fresh if answer is None else answer, **more)


FRESH = got("ASIAFRESH", "2026-01-02T03:19:05Z")
WRITTEN = {CACHE: {"accessToken": access("ASIAFRESH", "2026-01-02T03:19:05Z"), "refreshToken": "SECRET-refresh-2",
                   "clientId": CLIENT}}


def case(name, found, http, expect, files=FILES, path=CACHE, **more):
    return scenario(name, "A10", ASK, expect, files={**files, **({path: found} if found else {})}, http=http, **more)


SCENARIOS = [
    case("credentials that are good", cache(), [], got()),
    case("near their end they are renewed and written back", cache(SOON), [renew()], FRESH, writes=WRITTEN),
    case("after their end they are renewed", cache(PAST), [renew()], FRESH, writes=WRITTEN),
    case("299 seconds before their end they are renewed", cache("2026-01-02T03:09:04Z"), [renew()], FRESH,
         writes=WRITTEN),
    case("301 seconds before it they are not", cache("2026-01-02T03:09:06Z"), [], got(expires="2026-01-02T03:09:06Z")),
    case("AWS_REGION outranks the profile's region", cache(PAST), [renew("us-east-2.signin.aws.amazon.com")], FRESH,
         env={"AWS_REGION": "us-east-2"}, writes=WRITTEN),
    case("AWS_ENDPOINT_URL_SIGNIN moves the renewal", cache(PAST), [renew("signin.example/x")], FRESH,
         env={"AWS_ENDPOINT_URL_SIGNIN": "https://signin.example/x"}, writes=WRITTEN),
    case("as the base of a role", cache(),
         [assume_role("ASIALOGIN", "ASIAROLE", caller_token="SECRET-token-of-ASIALOGIN")],
         session_keys("ASIAROLE", source="assume-role", role=ROLE, profile="dev"), env={"AWS_REGION": "us-east-1"},
         files={C: config({"profile dev": {"role_arn": ROLE, "source_profile": "signed-in"},
                           "profile signed-in": {"login_session": ARN}})}),
    case("an unreadable sign-in file", {"unreadable": "Permission denied"}, [],
         fails("signInRequired", "Permission denied")),
    case("a damaged sign-in file", "SECRET{", [], fails("signInRequired", "damaged")),
    case("the sign-in has ended", cache(PAST), [renew(status=403, answer={"error": "TOKEN_EXPIRED"})],
         fails("signInRequired", "aws login --profile dev")),
    case("the user's credentials have changed", cache(PAST),
         [renew(status=403, answer={"error": "USER_CREDENTIALS_CHANGED", "message": "SECRET"})],
         fails("signInRequired", "aws login")),
    case("permissions are missing", cache(PAST), [renew(status=403, answer={"error": "INSUFFICIENT_PERMISSIONS"})],
         fails("refused", "INSUFFICIENT_PERMISSIONS")),
    case("out of order while they are good", cache(SOON), [renew(status=500, answer="")] * 3, got(expires=SOON),
         sleeps=[0.5, 1.0]),
    case("out of order after their end", cache(PAST), [renew(status=500, answer="")] * 3,
         fails("serviceUnavailable", "HTTP status 500"), sleeps=[0.5, 1.0]),
    case("no sign-in", None, [], fails("signInRequired", "does not exist", "aws login")),
    case("no access token", cache(accessToken=None), [], fails("signInRequired", "incomplete")),
    case("no refresh token", cache(PAST, refreshToken=None), [], fails("signInRequired", "incomplete")),
    case("no key", cache(PAST, dpopKey=None), [], fails("signInRequired", "incomplete")),
    case("a key that is none", cache(PAST, dpopKey="-----BEGIN-----\nSECRET\n-----END-----"), [],
         fails("signInRequired", "incomplete")),
    case("no client", cache(PAST, clientId=None), [], fails("signInRequired", "incomplete")),
    case("garbage for an answer", cache(PAST), [renew(answer="SECRET")], fails("invalidResponse")),
    case("AWS_LOGIN_CACHE_DIRECTORY moves the file", cache(), [], got(), path=f"/cache/{sha256(ARN)}.json",
         env={"AWS_LOGIN_CACHE_DIRECTORY": "/cache"}),
    case("no region", cache(PAST), [], fails("invalidConfiguration", "region"),
         files={C: config({"profile dev": {"login_session": ARN}})}),
    case("in China", cache(PAST), [renew("cn-north-1.signin.amazonaws.cn")], FRESH,
         files={C: config({"profile dev": {"login_session": ARN, "region": "cn-north-1"}})}, writes=WRITTEN),
]

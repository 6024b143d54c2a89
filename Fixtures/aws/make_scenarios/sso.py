"""IAM Identity Center."""
import json

from .kit import LATER, NOW_MS, PAST, SOON, assume_role, config, exchange, fails, keys, scenario, session_keys, sha1, ROLE

C = "~/.aws/config"
URL = "https://d-1234567890.awsapps.com/start"
SESSION = {"sso_start_url": URL, "sso_region": "eu-west-1"}
ROLE_KEYS = {"sso_account_id": "111122223333", "sso_role_name": "Read Only"}
FILES = {C: config({"profile dev": {"sso_session": "corp", **ROLE_KEYS}, "sso-session corp": SESSION})}
LEGACY = {C: config({"profile dev": {**SESSION, **ROLE_KEYS}})}
CACHE = f"~/.aws/sso/cache/{sha1('corp')}.json"
LEGACY_CACHE = f"~/.aws/sso/cache/{sha1(URL)}.json"
ASK = "profile:dev"
EXPIRES_MS = NOW_MS + 6 * 3600 * 1000
GOT = keys("ASIASSO", token="SECRET-token-of-ASIASSO", expires=LATER, account="111122223333", source="sso",
           profile="dev")
ANSWER = {"roleCredentials": {"accessKeyId": "ASIASSO", "secretAccessKey": "SECRET-of-ASIASSO",
                              "sessionToken": "SECRET-token-of-ASIASSO", "expiration": EXPIRES_MS}}
RENEWABLE = {"clientId": "client", "clientSecret": "SECRET-client", "refreshToken": "SECRET-refresh",
             "registrationExpiresAt": "2026-03-01T00:00:00Z"}


def token(expires=LATER, **more):
    return json.dumps({"accessToken": "SECRET-bearer", "expiresAt": expires, "startUrl": URL, "region": "eu-west-1",
                       **more})


def get(bearer="SECRET-bearer", answer=None, host="portal.sso.eu-west-1.amazonaws.com", **more):
    return exchange("GET", f"https://{host}/federation/credentials?role_name=Read%20Only&account_id=111122223333",
                    {"x-amz-sso_bearer_token": bearer}, answer=ANSWER if answer is None else answer, **more)


def renew(answer=None, base="https://oidc.eu-west-1.amazonaws.com", **more):
    body = {"clientId": "client", "clientSecret": "SECRET-client", "grantType": "refresh_token",
            "refreshToken": "SECRET-refresh"}
    fresh = {"accessToken": "SECRET-fresh", "expiresIn": 3600, "refreshToken": "SECRET-refresh-2", "tokenType": "Bearer"}
    return exchange("POST", f"{base}/token", {"content-type": "application/json"},
                    json.dumps(body, separators=(",", ":")), answer=fresh if answer is None else answer, **more)


def case(name, rule, cache, http, expect=GOT, files=FILES, cache_path=CACHE, env=None, **more):
    return scenario(name, rule, ASK, expect, env, {**files, **({cache_path: cache} if cache else {})}, http, **more)


def written(access, expires, refresh):
    return {CACHE: {"accessToken": access, "expiresAt": expires, "refreshToken": refresh, "startUrl": URL,
                    "clientId": "client"}}


SCENARIOS = [
    case("session form", "A10", token(), [get()]),
    case("legacy form", "A10", token(), [get()], files=LEGACY, cache_path=LEGACY_CACHE),
    case("legacy form with a time in the old spelling", "A10", token("2026-01-02T09:04:05UTC"), [get()], files=LEGACY,
         cache_path=LEGACY_CACHE),
    case("no sign-in", "A10, A12", None, [], fails("signInRequired", "aws sso login --sso-session corp")),
    case("no sign-in, legacy", "A10", None, [], fails("signInRequired", "aws sso login --profile dev"), files=LEGACY),
    case("a sign-in that has ended and cannot be renewed", "A10", token(PAST), [],
         fails("signInRequired", "has ended")),
    case("a legacy sign-in is never renewed", "A10", token(PAST, **RENEWABLE), [], fails("signInRequired"),
         files=LEGACY, cache_path=LEGACY_CACHE),
    case("a sign-in near its end is renewed and written back", "A10", token(SOON, **RENEWABLE),
         [renew(), get("SECRET-fresh")], writes=written("SECRET-fresh", "2026-01-02T04:04:05Z", "SECRET-refresh-2")),
    case("a sign-in that has ended is renewed", "A10", token(PAST, **RENEWABLE), [renew(), get("SECRET-fresh")],
         writes=written("SECRET-fresh", "2026-01-02T04:04:05Z", "SECRET-refresh-2")),
    case("299 seconds before its end it is renewed", "A10", token("2026-01-02T03:09:04Z", **RENEWABLE),
         [renew(), get("SECRET-fresh")], writes=written("SECRET-fresh", "2026-01-02T04:04:05Z", "SECRET-refresh-2")),
    case("301 seconds before its end it is not", "A10", token("2026-01-02T03:09:06Z", **RENEWABLE), [get()]),
    case("an answer without a new refresh token keeps the old one", "A10", token(SOON, **RENEWABLE),
         [renew(answer={"accessToken": "SECRET-fresh", "expiresIn": 3600}), get("SECRET-fresh")],
         writes=written("SECRET-fresh", "2026-01-02T04:04:05Z", "SECRET-refresh")),
    case("an answer that is no token", "A10", token(PAST, **RENEWABLE), [renew(answer={"SECRET": 1})],
         fails("invalidResponse", "CreateToken")),
    case("renewal refused while the token is good", "A10", token(SOON, **RENEWABLE),
         [renew(status=400, answer={"error": "invalid_grant"}), get()]),
    case("renewal refused after the token's end", "A10", token(PAST, **RENEWABLE),
         [renew(status=400, answer={"error": "invalid_grant"})], fails("signInRequired")),
    case("renewal out of order while the token is good", "A10", token(SOON, **RENEWABLE),
         [renew(status=500, answer="")] * 3 + [get()], sleeps=[0.5, 1.0]),
    case("renewal answered by junk while the token is good", "A10", token(SOON, **RENEWABLE),
         [renew(answer="SECRET <html>"), get()]),
    case("renewal out of order after the token's end", "A10", token(PAST, **RENEWABLE),
         [renew(status=500, answer="")] * 3, fails("serviceUnavailable", "CreateToken"), sleeps=[0.5, 1.0]),
    case("a registration that has ended cannot renew", "A10",
         token(PAST, **{**RENEWABLE, "registrationExpiresAt": PAST}), [], fails("signInRequired")),
    case("401: the sign-in was revoked", "A10", token(), [get(status=401, answer={"message": "SECRET"})],
         fails("signInRequired", "aws sso login")),
    case("403: no such role", "A10", token(),
         [get(status=403, answer="", answer_headers={"x-amzn-ErrorType": "ForbiddenException:http://x"})],
         fails("refused", "ForbiddenException")),
    case("429 is tried again", "A10", token(),
         [get(status=429, answer={"__type": "com.amazonaws#TooManyRequestsException"}), get()], sleeps=[0.5]),
    case("garbage", "A10", token(), [get(answer="SECRET")], fails("invalidResponse")),
    case("a damaged sign-in file", "A10, A12", "SECRET{", [], fails("signInRequired", "damaged")),
    case("an incomplete sign-in file", "A10", json.dumps({"accessToken": "SECRET"}), [],
         fails("signInRequired", "incomplete")),
    case("an unreadable sign-in file", "A12", {"unreadable": "Permission denied"}, [],
         fails("signInRequired", "Permission denied")),
    case("a session that does not exist", "A10", None, [], fails("invalidConfiguration", "'corp'"),
         files={C: config({"profile dev": {"sso_session": "corp", **ROLE_KEYS}})}),
    case("profile and session differ in region", "A10", None, [], fails("invalidConfiguration", "sso_region"),
         files={C: config({"profile dev": {"sso_session": "corp", "sso_region": "us-east-1", **ROLE_KEYS},
                           "sso-session corp": SESSION})}),
    case("profile and session differ in start URL", "A10", None, [], fails("invalidConfiguration", "sso_start_url"),
         files={C: config({"profile dev": {"sso_session": "corp", "sso_start_url": "https://else.example", **ROLE_KEYS},
                           "sso-session corp": SESSION})}),
    case("profile and session agree", "A10", token(), [get()],
         files={C: config({"profile dev": {"sso_session": "corp", **SESSION, **ROLE_KEYS}, "sso-session corp": SESSION})}),
    case("a session without a region, though the profile has one", "A10", None, [],
         fails("invalidConfiguration", "sso_region"),
         files={C: config({"profile dev": {"sso_session": "corp", "sso_region": "eu-west-1", **ROLE_KEYS},
                           "sso-session corp": {"sso_start_url": URL}})}),
    case("a session without a start URL", "A10", None, [], fails("invalidConfiguration", "sso_start_url"),
         files={C: config({"profile dev": {"sso_session": "corp", **ROLE_KEYS},
                           "sso-session corp": {"sso_region": "eu-west-1"}})}),
    case("a session in the credentials file does not count", "A7", None, [], fails("invalidConfiguration", "'corp'"),
         files={C: config({"profile dev": {"sso_session": "corp", **ROLE_KEYS}}),
                "~/.aws/credentials": config({"sso-session corp": SESSION})}),
    case("a role without an account", "A10", None, [], fails("invalidConfiguration", "sso_account_id"),
         files={C: config({"profile dev": {"sso_session": "corp", "sso_role_name": "r"}, "sso-session corp": SESSION})}),
    case("an account without a role", "A10", None, [], fails("invalidConfiguration", "sso_role_name"),
         files={C: config({"profile dev": {"sso_session": "corp", "sso_account_id": "1"},
                           "sso-session corp": SESSION})}),
    case("legacy without a region", "A10", None, [], fails("invalidConfiguration", "sso_region"),
         files={C: config({"profile dev": {"sso_start_url": URL, **ROLE_KEYS}})}),
    case("a profile for bearer tokens only holds no credentials", "A1", None, [], fails("notConfigured"),
         files={C: config({"profile dev": {"sso_session": "corp"}, "sso-session corp": SESSION})}),
    case("FIPS by profile", "A6", token(), [get(host="portal.sso-fips.eu-west-1.amazonaws.com")],
         files={C: config({"profile dev": {"sso_session": "corp", "use_fips_endpoint": "true", **ROLE_KEYS},
                           "sso-session corp": SESSION})}),
    case("AWS_ENDPOINT_URL_SSO moves the portal, AWS_ENDPOINT_URL_SSO_OIDC the renewal", "A2", token(SOON, **RENEWABLE),
         [renew(base="https://oidc.example/y"), get("SECRET-fresh", host="portal.example/x")],
         env={"AWS_ENDPOINT_URL_SSO": "https://portal.example/x", "AWS_ENDPOINT_URL_SSO_OIDC": "https://oidc.example/y"},
         writes=written("SECRET-fresh", "2026-01-02T04:04:05Z", "SECRET-refresh-2")),
    case("the profile's services section moves the portal alone", "A2", token(SOON, **RENEWABLE),
         [renew(), get("SECRET-fresh", host="portal.example")],
         files={C: config({"profile dev": {"sso_session": "corp", "services": "local", **ROLE_KEYS},
                           "sso-session corp": SESSION})
                + "[services local]\nsso =\n  endpoint_url = https://portal.example\n"},
         writes=written("SECRET-fresh", "2026-01-02T04:04:05Z", "SECRET-refresh-2")),
    case("FIPS and dual-stack", "A6", token(), [get(host="portal.sso-fips.eu-west-1.api.aws")],
         env={"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true"}),
    case("SSO as the base of a role", "A8, D13", token(),
         [get(), assume_role("ASIASSO", "ASIAROLE", caller_token="SECRET-token-of-ASIASSO")],
         session_keys("ASIAROLE", source="assume-role", role=ROLE, profile="dev"), env={"AWS_REGION": "us-east-1"},
         files={C: config({"profile dev": {"role_arn": ROLE, "source_profile": "login"},
                           "profile login": {"sso_session": "corp", **ROLE_KEYS}, "sso-session corp": SESSION})}),
]

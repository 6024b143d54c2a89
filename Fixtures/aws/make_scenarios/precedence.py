"""What comes first if one profile names several credential sources: role, web identity, SSO, sign-in, process, keys."""
import json

from . import login, sso
from .kit import (ROLE, assume_role, config, fails, keys, scenario, session_keys, static, web_identity)

C = "~/.aws/config"
COMMAND = "give SECRET-argument"
PROCESS = {COMMAND: {"status": 0, "output": json.dumps(
    {"Version": 1, "AccessKeyId": "AKIDPROC", "SecretAccessKey": "SECRET-of-AKIDPROC"})}}
WEB = {"role_arn": ROLE, "web_identity_token_file": "/t"}
SSO = {"sso_session": "corp", **sso.ROLE_KEYS}
LOGIN = {"login_session": login.ARN}
RUN = {"credential_process": COMMAND}
KEYS = static("AKIDKEYS")
FOUND = {"/t": "SECRET-web-token", sso.CACHE: sso.token(), login.CACHE: login.cache()}


def case(name, profile, http, expect):
    sections = {"profile dev": profile, "sso-session corp": sso.SESSION, "profile base": static("AKIDBASE")}
    return scenario(name, "A1, A8", "profile:dev", expect, {"AWS_REGION": "us-east-1"}, {C: config(sections), **FOUND},
                    http, processes=PROCESS)


SCENARIOS = [
    case("a role comes before all but a token", {"role_arn": ROLE, "source_profile": "base", **SSO, **LOGIN, **RUN, **KEYS},
         [assume_role("AKIDBASE", "ASIAROLE")], session_keys("ASIAROLE", source="assume-role")),
    case("a token comes before a source_profile", {**WEB, "source_profile": "base"}, [web_identity("ASIAWEB")],
         session_keys("ASIAWEB", source="web-identity")),
    case("a token comes before a credential_source", {**WEB, "credential_source": "Environment"},
         [web_identity("ASIAWEB")], session_keys("ASIAWEB", source="web-identity")),
    case("web identity comes before SSO", {**WEB, **SSO, **LOGIN, **RUN, **KEYS}, [web_identity("ASIAWEB")],
         session_keys("ASIAWEB", source="web-identity")),
    case("SSO comes before a sign-in", {**SSO, **LOGIN, **RUN, **KEYS}, [sso.get()], sso.GOT),
    case("a sign-in comes before a process", {**LOGIN, **RUN, **KEYS}, [], login.got()),
    case("a process comes before keys", {**RUN, **KEYS}, [], keys("AKIDPROC", source="process")),
    case("keys come last", KEYS, [], keys("AKIDKEYS", source="profile")),
]

"""credential_process."""
import json

from .kit import LATER, PAST, config, fails, keys, scenario, session_keys

C = "~/.aws/config"
COMMAND = "/opt/bin/give --password SECRET-argument"
FULL = {"Version": 1, "AccessKeyId": "ASIAPROC", "SecretAccessKey": "SECRET-of-ASIAPROC",
        "SessionToken": "SECRET-token-of-ASIAPROC", "Expiration": LATER}


def case(name, rule, output, expect, status=0, profile=None, **more):
    text = output if isinstance(output, str) else json.dumps(output)
    return scenario(name, rule, "profile:dev", expect, files={
        C: config({"profile dev": {"credential_process": COMMAND, **(profile or {})}})},
        processes={COMMAND: {"status": status, "output": text, **more}})


def without(*names, **more):
    return {**{name: value for name, value in FULL.items() if name not in names}, **more}


GOT = keys("ASIAPROC", token="SECRET-token-of-ASIAPROC", expires=LATER, source="process", profile="dev")

SCENARIOS = [
    case("all members", "A9", FULL, GOT),
    case("long-term keys", "A9", without("SessionToken", "Expiration"), keys("ASIAPROC", source="process")),
    case("an account", "A9", without(AccountId="444455556666"),
         session_keys("ASIAPROC", account="444455556666")),
    case("the profile's account stands in", "A9", FULL,
         session_keys("ASIAPROC", account="111122223333"),
         profile={"aws_account_id": "111122223333"}),
    case("the command's account outranks the profile's", "A9", without(AccountId="444455556666"),
         session_keys("ASIAPROC", account="444455556666"),
         profile={"aws_account_id": "111122223333"}),
    case("a failing command", "A9, D10", "SECRET-output", fails("processFailed", "status 3"), status=3),
    case("an unknown version", "A9", without(Version=2), fails("invalidResponse", "Version")),
    case("no version", "A9", without("Version"), fails("invalidResponse", "Version")),
    case("a version in quotes", "A9", without(Version="1"), fails("invalidResponse", "Version")),
    case("no access key", "A9", without("AccessKeyId"), fails("invalidResponse", "AccessKeyId")),
    case("no secret", "A9", without("SecretAccessKey"), fails("invalidResponse", "SecretAccessKey")),
    case("already expired", "A9", without(Expiration=PAST), fails("expired", PAST)),
    case("an expiry that is no time", "A9", without(Expiration="SECRET"), fails("invalidResponse", "Expiration", "time with a zone")),
    case("an expiry that is a number", "A9", without(Expiration=1767344645), fails("invalidResponse", "Expiration", "time with a zone")),
    case("an empty expiry", "A9", without(Expiration=""), fails("invalidResponse", "Expiration", "time with a zone")),
    case("no expiry, said by null", "A9", without(Expiration=None), keys("ASIAPROC", token="SECRET-token-of-ASIAPROC")),
    case("no JSON", "A9, D10", "SECRET-output", fails("invalidResponse")),
    case("nothing", "A9", "", fails("invalidResponse")),
    case("a command that hangs", "A9", "", fails("timedOut", "did not end"), fault="timeout"),
    case("a command that cannot start", "A9", "", fails("processFailed", "started"), fault="cannot start"),
    case("a command that writes without end", "must hold", "", fails("processFailed", "too much"),
         fault="too much output"),
]

"""The forms in which an expiration may be written, each beside what botocore reads in it."""
import json

from .kit import LATER, compared, fails, session_keys, config, document, exchange, keys, scenario
from .process import COMMAND, FULL, C
from . import sso

BAD = "time with a zone"


def case(name, text, expect=None, differs=None, **more):
    output = json.dumps({**FULL, "Expiration": text})
    return compared(name, "8", "profile:dev", expect or session_keys("ASIAPROC", expires=LATER), None,
                    {C: config({"profile dev": {"credential_process": COMMAND}})}, None, None,
                    {COMMAND: {"status": 0, "output": output}}, differs=differs, **more)


def refused(name, text, *words, differs=None):
    return case(name, text, fails("invalidResponse", "Expiration", BAD, *words), differs=differs)


BOX = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c"}


def box(name, expires, expect, tries=1):
    call = exchange("GET", "http://169.254.170.2/c", {"accept": "application/json"}, answer=document("ASIABOX", expires))
    return scenario(name, "8", "container", expect, BOX, http=[call] * tries, sleeps=[0.5, 1.0][:tries - 1])


SCENARIOS = [
    case("RFC 3339", "2026-01-02T09:04:05Z"),
    case("UTC in letters", "2026-01-02T09:04:05UTC"),
    case("UTC in letters after a blank", "2026-01-02 09:04:05 UTC"),
    case("GMT in letters", "2026-01-02T09:04:05GMT"),
    case("an offset without a colon", "2026-01-02T10:04:05+0100"),
    case("an offset of hours alone", "2026-01-02T09:04:05+00"),
    case("an offset to the west of hours alone", "2026-01-02T04:04:05-05"),
    case("an offset with a colon", "2026-01-02T11:34:05+02:30"),
    case("the basic form", "20260102T090405Z"),
    case("the basic form with an offset", "20260102T100405+0100"),
    case("the basic form without seconds", "20260102T0904Z", session_keys("ASIAPROC", expires="2026-01-02T09:04:00Z")),
    case("no seconds", "2026-01-02T09:04Z", session_keys("ASIAPROC", expires="2026-01-02T09:04:00Z")),
    case("no seconds, with an offset", "2026-01-02T10:04+01:00",
         session_keys("ASIAPROC", expires="2026-01-02T09:04:00Z")),
    case("fractional seconds", "2026-01-02T09:04:05.250Z", session_keys("ASIAPROC", expires="2026-01-02T09:04:05.250Z")),
    case("fractional seconds after a comma", "2026-01-02T09:04:05,250+00:00",
         session_keys("ASIAPROC", expires="2026-01-02T09:04:05.250Z")),
    case("many fractional digits, as Go writes them", "2026-01-02T09:04:05.123456789Z",
         session_keys("ASIAPROC", expires="2026-01-02T09:04:05.123Z")),
    case("the basic form with fractional seconds", "20260102T090405.250Z",
         session_keys("ASIAPROC", expires="2026-01-02T09:04:05.250Z")),
    case("small letters", "2026-01-02t09:04:05z"),
    refused("no zone", "2026-01-02T09:04:05", "'2026-01-02T09:04:05'"),
    refused("a date alone", "2026-01-02", "'2026-01-02'"),
    refused("no zone in the basic form", "20260102T090405", "'20260102T090405'"),
    refused("a month that does not exist", "2026-13-02T09:04:05Z", "'2026-13-02T09:04:05Z'"),
    refused("a sign without hours", "2026-01-02T09:04:05+", "'2026-01-02T09:04:05+'"),
    refused("two times", "2026-01-02T09:04:05Z2026-01-02T09:04:05Z"),
    refused("words are not shown", "SECRET"),
    refused("the name of a zone", "2026-01-02T09:04:05 CET"),
    scenario("a sign-in file in the basic form", "8", sso.ASK, sso.GOT, None,
             {**sso.FILES, sso.CACHE: sso.token("20260102T090405Z")}, [sso.get()]),
    scenario("a sign-in file with an offset without a colon", "8", sso.ASK, sso.GOT, None,
             {**sso.FILES, sso.CACHE: sso.token("2026-01-02T10:04:05+0100")}, [sso.get()]),
    scenario("a sign-in file without a zone", "8", sso.ASK, fails("signInRequired", "incomplete"), None,
             {**sso.FILES, sso.CACHE: sso.token("2026-01-02T09:04:05")}),
    box("a container with an offset without a colon", "2026-01-02T10:04:05+0100",
        session_keys("ASIABOX", expires=LATER)),
    box("a container in the basic form", "20260102T090405Z", session_keys("ASIABOX", expires=LATER)),
    box("a container without a zone", "2026-01-02T09:04:05", fails("invalidResponse", BAD, "'2026-01-02T09:04:05'"), 3),
    scenario("the environment without seconds", "8", "environment",
             keys("AKIDENV", expires="2026-01-02T09:04:00Z"),
             {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDENV",
              "AWS_CREDENTIAL_EXPIRATION": "2026-01-02T09:04+00"}),
    scenario("the environment without a zone", "8", "environment",
             fails("invalidConfiguration", "AWS_CREDENTIAL_EXPIRATION", "'2026-01-02T09:04:05'"),
             {"AWS_ACCESS_KEY_ID": "AKIDENV", "AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDENV",
              "AWS_CREDENTIAL_EXPIRATION": "2026-01-02T09:04:05"}),
]

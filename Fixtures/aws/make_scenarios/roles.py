"""Roles that profiles assume."""
from botocore.retries import standard

from .kit import (LATER, NOW_MS, ROLE, assume_role, config, document, exchange, fails, scenario, session_keys, static,
                  sts_answer, sts_error, web_identity)

# botocore's standard retry mode, so that the list is not judged by our own code.
RETRYABLE_CODES = sorted({*standard.ThrottledRetryableChecker._THROTTLED_ERROR_CODES,
                          *standard.TransientRetryableChecker._TRANSIENT_ERROR_CODES})
RETRYABLE_STATUSES = standard.TransientRetryableChecker._TRANSIENT_STATUS_CODES

C, S = "~/.aws/config", "~/.aws/credentials"
OTHER = "arn:aws:iam::444455556666:role/other"
US = {"AWS_REGION": "us-east-1"}


def reader(**more):
    return {"role_arn": ROLE, "source_profile": "base", **more}


def got(**more):
    return session_keys("ASIAROLE", account="111122223333", source="assume-role", role=more.pop("role", ROLE), **more)


def case(name, rule, profiles, http, expect=None, env=US, ask="profile:dev", **more):
    return scenario(name, rule, ask, expect or got(profile="dev"), env, {C: config(profiles)}, http, **more)


BASE = {"profile base": static("AKIDBASE")}
CALL = assume_role("AKIDBASE", "ASIAROLE")

SCENARIOS = [
    case("source_profile with static keys", "A8", {"profile dev": reader(), **BASE}, [CALL]),
    case("session name, external id and duration are sent", "A8, C2",
         {"profile dev": reader(role_session_name="me", external_id="x/1 2", duration_seconds="3600"), **BASE},
         [assume_role("AKIDBASE", "ASIAROLE", session="me", external="x/1 2", duration=3600)]),
    case("the base's session token is signed and sent", "A8",
         {"profile dev": reader(), "profile base": {**static("AKIDBASE"), "aws_session_token": "SECRET-base-token"}},
         [assume_role("AKIDBASE", "ASIAROLE", caller_token="SECRET-base-token")]),
    case("the region of the profile", "A11", {"profile dev": reader(region="eu-west-2"), **BASE},
         [assume_role("AKIDBASE", "ASIAROLE", "eu-west-2")], env={}),
    case("AWS_REGION outranks the profile's region", "A11", {"profile dev": reader(region="eu-west-2"), **BASE}, [CALL]),
    case("no region: the global endpoint of the role's partition", "A6, D9", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", "ASIAROLE", host="sts.amazonaws.com", signing_region="us-east-1")], env={}),
    case("no region: a role in China is assumed in China", "A6",
         {"profile dev": reader(role_arn="arn:aws-cn:iam::111122223333:role/reader"), **BASE},
         [assume_role("AKIDBASE", "ASIAROLE", "cn-northwest-1", host="sts.cn-northwest-1.amazonaws.com.cn",
                      role="arn:aws-cn:iam::111122223333:role/reader")], env={},
         expect=got(profile="dev", role="arn:aws-cn:iam::111122223333:role/reader")),
    case("an application that the profile names", "10", {"profile dev": reader(sdk_ua_app_id="shop"), **BASE},
         [{**CALL, "request": {**CALL["request"], "headers": {
             **CALL["request"]["headers"], "user-agent": "pg-aws-rds-iam lang/swift app/shop"}}}]),
    case("a chain of two roles", "A8",
         {"profile dev": reader(source_profile="middle"),
          "profile middle": {"role_arn": OTHER, "source_profile": "base"}, **BASE},
         [assume_role("AKIDBASE", "ASIAMIDDLE", role=OTHER),
          assume_role("ASIAMIDDLE", "ASIAROLE", caller_token="SECRET-token-of-ASIAMIDDLE")]),
    case("further along the way static keys come before the role", "A8",
         {"profile dev": reader(source_profile="middle"),
          "profile middle": {"role_arn": OTHER, "source_profile": "nobody", **static("AKIDBASE")}}, [CALL]),
    case("for the selected profile the role comes before its own keys", "A8",
         {"profile dev": reader(**static("AKIDOWN")), **BASE}, [CALL]),
    case("the role in the config file, the keys in the credentials file", "A7, A8",
         {"profile dev": reader(source_profile="default")}, [CALL])
    | {"files": {C: config({"profile dev": reader(source_profile="default")}),
                 S: config({"default": static("AKIDBASE")})}},
    case("a credential_source at the root of a chain", "A8",
         {"profile dev": reader(source_profile="middle"),
          "profile middle": {"role_arn": OTHER, "credential_source": "Environment"}},
         [assume_role("AKIDBASE", "ASIAMIDDLE", role=OTHER),
          assume_role("ASIAMIDDLE", "ASIAROLE", caller_token="SECRET-token-of-ASIAMIDDLE")],
         env={**US, "AWS_ACCESS_KEY_ID": "AKIDBASE", "AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDBASE"}),
    case("the account is the one STS names", "A8", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, answer=sts_answer("AssumeRole", "ASIAROLE", account="999988887777"))],
         session_keys("ASIAROLE", account="999988887777")),
    case("a circle further along the way", "A8",
         {"profile dev": reader(source_profile="a"), "profile a": reader(source_profile="b"),
          "profile b": reader(source_profile="a")}, [], fails("invalidConfiguration", "dev → a → b → a")),
    case("a source further along the way that is missing", "A8",
         {"profile dev": reader(source_profile="a"), "profile a": reader(source_profile="gone")}, [],
         fails("invalidConfiguration", "'a'", "'gone'")),
    case("a profile that is its own source uses its own keys", "A8",
         {"profile dev": reader(source_profile="dev", **static("AKIDBASE"))}, [CALL]),
    case("a profile that is its own source without keys", "A8", {"profile dev": reader(source_profile="dev")}, [],
         fails("invalidConfiguration", "own source_profile")),
    case("a circle", "A8", {"profile dev": reader(source_profile="b"), "profile b": reader(source_profile="dev")}, [],
         fails("invalidConfiguration", "dev → b → dev")),
    case("a source that is missing", "A8", {"profile dev": reader(source_profile="gone")}, [],
         fails("invalidConfiguration", "'gone'")),
    case("a source without credentials", "A8, D5", {"profile dev": reader(), "profile base": {"region": "us-east-1"}},
         [], fails("invalidConfiguration", "'base'", "no credentials")),
    case("both kinds of source", "A8", {"profile dev": reader(credential_source="Environment"), **BASE}, [],
         fails("invalidConfiguration", "exactly one")),
    case("no source", "A8", {"profile dev": {"role_arn": ROLE}}, [], fails("invalidConfiguration", "exactly one")),
    case("a source without a role says nothing", "A8", {"profile dev": {"source_profile": "base"}, **BASE}, [],
         fails("notConfigured", "no credentials")),
    case("MFA cannot be asked for", "A8", {"profile dev": reader(mfa_serial="arn:aws:iam::1:mfa/me"), **BASE}, [],
         fails("unsupported", "mfa_serial")),
    case("a duration that is no number", "A8", {"profile dev": reader(duration_seconds="1h"), **BASE}, [],
         fails("invalidConfiguration", "duration_seconds")),
    case("a duration out of range", "A8", {"profile dev": reader(duration_seconds="60"), **BASE}, [],
         fails("invalidConfiguration", "duration_seconds")),
    case("credential_source Environment", "A8", {"profile dev": {"role_arn": ROLE, "credential_source": "Environment"}},
         [CALL], env={**US, "AWS_ACCESS_KEY_ID": "AKIDBASE", "AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDBASE"}),
    case("credential_source in any case", "A8", {"profile dev": {"role_arn": ROLE, "credential_source": "environment"}},
         [CALL], env={**US, "AWS_ACCESS_KEY_ID": "AKIDBASE", "AWS_SECRET_ACCESS_KEY": "SECRET-of-AKIDBASE"}),
    case("credential_source Environment without variables stops", "D5",
         {"profile dev": {"role_arn": ROLE, "credential_source": "Environment"}}, [],
         fails("invalidConfiguration", "'dev'", "AWS_ACCESS_KEY_ID is not set")),
    case("credential_source EcsContainer with a full URI", "A8",
         {"profile dev": {"role_arn": ROLE, "credential_source": "EcsContainer"}},
         [exchange("GET", "http://169.254.170.23/v1/credentials", {"accept": "application/json"},
                   answer=document("ASIABASE")),
          assume_role("ASIABASE", "ASIAROLE", caller_token="SECRET-token-of-ASIABASE")],
         env={**US, "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials"}),
    case("credential_source Ec2InstanceMetadata", "A8, C2",
         {"profile dev": {"role_arn": ROLE, "credential_source": "Ec2InstanceMetadata"}},
         [exchange("PUT", "http://169.254.169.254/latest/api/token", {"x-aws-ec2-metadata-token-ttl-seconds": "21600"},
                   answer="SECRET-imds"),
          exchange("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/",
                   {"x-aws-ec2-metadata-token": "SECRET-imds"}, answer="node"),
          exchange("GET", "http://169.254.169.254/latest/meta-data/iam/security-credentials/node",
                   {"x-aws-ec2-metadata-token": "SECRET-imds"}, answer=document("ASIABASE", Code="Success")),
          assume_role("ASIABASE", "ASIAROLE", caller_token="SECRET-token-of-ASIABASE")]),
    case("an unknown credential_source", "A8", {"profile dev": {"role_arn": ROLE, "credential_source": "Moon"}}, [],
         fails("invalidConfiguration", "Ec2InstanceMetadata")),
    case("a web identity profile as the base", "A5, A8",
         {"profile dev": reader(), "profile base": {"role_arn": OTHER, "web_identity_token_file": "/t"}},
         [web_identity("ASIABASE", role=OTHER), assume_role("ASIABASE", "ASIAROLE",
                                                            caller_token="SECRET-token-of-ASIABASE")])
    | {"files": {C: config({"profile dev": reader(),
                            "profile base": {"role_arn": OTHER, "web_identity_token_file": "/t"}}),
                 "/t": "SECRET-web-token"}},
    case("a process profile as the base", "A8, A9",
         {"profile dev": reader(), "profile base": {"credential_process": "give SECRET-argument"}}, [CALL],
         processes={"give SECRET-argument": {"status": 0, "output":
                    '{"Version":1,"AccessKeyId":"AKIDBASE","SecretAccessKey":"SECRET-of-AKIDBASE"}'}}),
    case("refused for good", "A12", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, status=403, answer=sts_error("AccessDenied", "User: me may not."))],
         fails("refused", "AccessDenied")),
    case("an unknown key", "A5", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, status=403, answer=sts_error("InvalidClientTokenId"))],
         fails("refused", "InvalidClientTokenId")),
    case("throttled twice, then granted, signed afresh each time", "A5", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, status=400, answer=sts_error("Throttling")),
          assume_role("AKIDBASE", None, status=503, answer="busy", seconds_later=0.5),
          assume_role("AKIDBASE", "ASIAROLE", seconds_later=1.5)], sleeps=[0.5, 1.0]),
    *[case(f"{code} is tried again", "standard retry mode, A5", {"profile dev": reader(), **BASE},
           [assume_role("AKIDBASE", None, status=400, answer=sts_error(code)),
            assume_role("AKIDBASE", "ASIAROLE", seconds_later=0.5)], sleeps=[0.5])
      for code in RETRYABLE_CODES],
    *[case(f"status {status} is tried again", "standard retry mode", {"profile dev": reader(), **BASE},
           [assume_role("AKIDBASE", None, status=status, answer=""),
            assume_role("AKIDBASE", "ASIAROLE", seconds_later=0.5)], sleeps=[0.5])
      for status in RETRYABLE_STATUSES],
    *[case(f"{code} is final", "A12, standard retry mode", {"profile dev": reader(), **BASE},
           [assume_role("AKIDBASE", None, status=400, answer=sts_error(code))], fails("refused", code))
      for code in ["MalformedPolicyDocument", "PackedPolicyTooLarge", "RegionDisabledException", "ExpiredToken",
                   "SignatureDoesNotMatch", "ValidationError"]],
    case("three attempts and no more", "standard retry mode", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, status=500, seconds_later=later) for later in (0, 0.5, 1.5)],
         fails("serviceUnavailable", "HTTP status 500"), sleeps=[0.5, 1.0]),
    case("a connection that breaks is tried again", "standard retry mode", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, fault="connection lost"),
          assume_role("AKIDBASE", "ASIAROLE", seconds_later=0.5)], sleeps=[0.5]),
    case("an answer that is no XML", "standard retry mode", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, answer="SECRET garbage")], fails("invalidResponse", "STS AssumeRole")),
    case("an answer that is cut off", "standard retry mode", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, answer=sts_answer("AssumeRole", "ASIAROLE")[:400])], fails("invalidResponse")),
    case("an answer without an expiry", "A5", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, answer=sts_answer("AssumeRole", "ASIAROLE").replace(LATER, ""))],
         fails("invalidResponse")),
    case("a redirect is not followed", "must hold", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, status=302, answer_headers={"location": "http://evil.example/"})],
         fails("refused", "HTTP status 302")),
    case("an answer larger than 1 MB", "must hold", {"profile dev": reader(), **BASE},
         [assume_role("AKIDBASE", None, fault="body too large")], fails("invalidResponse", "too large")),
]

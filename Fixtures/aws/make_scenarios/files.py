"""Files that cannot be read, and where they are looked for."""
from .chain import BOX, BOX_CALL, TRAIL, WEB
from .kit import ROLE, assume_role, compared, config, fails, keys, session_keys, static, web_identity
from .sso import ROLE_KEYS, SESSION

C, S = "~/.aws/config", "~/.aws/credentials"
US = {"AWS_REGION": "us-east-1"}
REASONS = ["Permission denied", "Is a directory", "Too many levels of symbolic links", "Input/output error"]


def bad(reason):
    return {"unreadable": reason}


def source_alone(profile):
    """A profile with a source_profile, but without a role."""
    return {C: config({"profile dev": {"source_profile": "base", **profile}, "profile base": static("AKIDBASE")})}


SCENARIOS = [
    *[compared(f"{file}: {reason}, and the container answers", "2", "default", session_keys("ASIABOX"), BOX,
               {file: bad(reason)}, [BOX_CALL], trail=TRAIL[:4]) for file in (C, S) for reason in REASONS],
    compared("a config file that cannot be read, and keys in the credentials file", "2", "default", keys("AKIDFILE"),
             None, {C: bad("Permission denied"), S: config({"default": static("AKIDFILE")})}, trail=TRAIL[:2]),
    compared("a credentials directory, and keys in the config file", "2", "default", keys("AKIDFILE"), None,
             {S: bad("Is a directory"), C: config({"default": static("AKIDFILE")})}, trail=TRAIL[:2]),
    compared("both files cannot be read, and nothing else is there: the trail says so", "2", "default",
             fails("notConfigured", "config cannot be read: Is a directory", "credentials cannot be read: Permission"),
             {"AWS_EC2_METADATA_DISABLED": "true"}, {C: bad("Is a directory"), S: bad("Permission denied")}, trail=TRAIL),
    compared("a config file that cannot be read, and a profile without keys: the trail says why", "2", "default",
             fails("notConfigured", "'default' holds no credentials", "config cannot be read: Permission denied"),
             {"AWS_EC2_METADATA_DISABLED": "true"},
             {C: bad("Permission denied"), S: config({"default": {"region": "eu-west-1"}})}, trail=TRAIL),
    compared("web identity with a home that cannot be read", "2", "default", session_keys("ASIAWEB"), WEB,
             {"/t": "SECRET-web-token", C: bad("Permission denied"), S: bad("Permission denied")},
             [web_identity("ASIAWEB")], trail=TRAIL[:3]),
    compared("AWS_PROFILE names a profile", "2", "default", fails("unreadableFile", "config", "Permission denied"),
             {"AWS_PROFILE": "dev", **BOX}, {C: bad("Permission denied")}, trail=TRAIL[:2]),
    compared("a profile is named in code", "2", "default:dev", fails("unreadableFile", "Is a directory"), BOX,
             {S: bad("Is a directory")}, trail=TRAIL[1:2]),
    compared("AWS_CONFIG_FILE names the file", "2", "default", fails("unreadableFile", "/c", "Permission denied"),
             {"AWS_CONFIG_FILE": "/c"}, {"/c": bad("Permission denied")}, trail=TRAIL[:2]),
    compared("AWS_SHARED_CREDENTIALS_FILE names the file", "2", "default", fails("unreadableFile", "/s"),
             {"AWS_SHARED_CREDENTIALS_FILE": "/s"}, {"/s": bad("Is a directory")}, trail=TRAIL[:2]),
    compared("$HOME in a variable", "10", "profile", keys("AKIDMOVED"), {"AWS_CONFIG_FILE": "$HOME/c", "HOME": "~"},
             {"~/c": config({"default": static("AKIDMOVED")})}),
    compared("${HOME} in a variable", "10", "profile", keys("AKIDMOVED"),
             {"AWS_SHARED_CREDENTIALS_FILE": "${HOME}/.keys", "HOME": "~"},
             {"~/.keys": config({"default": static("AKIDMOVED")})}),
    compared("another variable in a variable", "10", "profile", keys("AKIDMOVED"),
             {"AWS_CONFIG_FILE": "$STAGE/c", "STAGE": "/etc/prod"},
             {"/etc/prod/c": config({"default": static("AKIDMOVED")})}),
    compared("a variable that is not set stays", "10", "profile", keys("AKIDMOVED"),
             {"AWS_CONFIG_FILE": "~/$NOWHERE/c"}, {"~/$NOWHERE/c": config({"default": static("AKIDMOVED")})}),
    compared("no home directory: the error says so", "10", "profile:dev",
             fails("invalidConfiguration", "'dev'", "HOME is not set"), noHome=True),
    compared("no home directory: the default profile is missing", "10", "profile",
             fails("notConfigured", "HOME is not set"), noHome=True),
    compared("source_profile without role_arn: the profile's own keys", "4", "profile:dev", keys("AKIDOWN"), US,
             source_alone(static("AKIDOWN"))),
    compared("source_profile without role_arn: the profile's process", "4", "profile:dev", keys("AKIDPROC"), US,
             source_alone({"credential_process": "give"}), None, None,
             {"give": {"status": 0, "output":
                       '{"Version": 1, "AccessKeyId": "AKIDPROC", "SecretAccessKey": "SECRET-of-AKIDPROC"}'}}),
    compared("source_profile without role_arn: half an SSO profile is refused as ever", "4", "profile:dev",
             fails("invalidConfiguration", "sso_account_id"), US,
             source_alone({**SESSION, "sso_role_name": ROLE_KEYS["sso_role_name"]})),
    compared("credential_source without role_arn: the profile's own keys", "4", "profile:dev", keys("AKIDOWN"), US,
             {C: config({"profile dev": {"credential_source": "Environment", **static("AKIDOWN")}})}),
    compared("a middle profile with a source_profile but no role: its keys", "4", "profile:dev",
             session_keys("ASIAROLE"), US,
             {C: config({"profile dev": {"role_arn": ROLE, "source_profile": "base"},
                         "profile base": {"source_profile": "gone", **static("AKIDBASE")}})},
             [assume_role("AKIDBASE", "ASIAROLE")]),
    compared("role_arn with a token and a source_profile: the token", "4", "profile:dev", session_keys("ASIAWEB"), US,
             {C: config({"profile dev": {"role_arn": ROLE, "web_identity_token_file": "/t", "source_profile": "base"},
                         "profile base": static("AKIDBASE")}), "/t": "SECRET-web-token"}, [web_identity("ASIAWEB")]),
    compared("role_arn with a token and a credential_source: the token", "4", "profile:dev", session_keys("ASIAWEB"), US,
             {C: config({"profile dev": {"role_arn": ROLE, "web_identity_token_file": "/t",
                                         "credential_source": "Environment"}}), "/t": "SECRET-web-token"},
             [web_identity("ASIAWEB")]),
    compared("a profile named in code takes the environment's web identity out of the chain", "4", "default:dev",
             session_keys("ASIABOX"), {**WEB, **BOX},
             {C: config({"profile dev": {"region": "us-east-1"}}), "/t": "SECRET-web-token"}, [BOX_CALL],
             trail=["profile", "container"]),
    compared("a profile named by AWS_PROFILE does not", "4", "default", session_keys("ASIAWEB"),
             {**WEB, **BOX, "AWS_PROFILE": "dev"},
             {C: config({"profile dev": {"region": "us-east-1"}}), "/t": "SECRET-web-token"},
             [web_identity("ASIAWEB")], trail=TRAIL[:3]),
    compared("a session token in its old name", "10", "profile", keys("AKIDFILE", token="SECRET-t"), None,
             {S: config({"default": {**static("AKIDFILE"), "aws_security_token": "SECRET-t"}})}),
    compared("of two session tokens the one in the old name", "10", "profile", keys("AKIDFILE", token="SECRET-t"), None,
             {S: config({"default": {**static("AKIDFILE"), "aws_session_token": "SECRET-u",
                                     "aws_security_token": "SECRET-t"}})}),
    compared("a blank in a key names the file, the profile and the key", "10", "profile",
             fails("invalidConfiguration", "'default'", "credentials", "aws_access_key_id"), None,
             {S: config({"default": {**static("AKIDFILE"), "aws_access_key_id": "AKID FILE"}})},
             differs="AWS would refuse the signature"),
]

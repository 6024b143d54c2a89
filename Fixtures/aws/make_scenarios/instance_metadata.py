"""The EC2 instance metadata service."""
from .kit import SOON, config, document, exchange, fails, scenario, session_keys

ASK = "imds"
V4 = "http://169.254.169.254"
V6 = "http://[fd00:ec2::254]"
FOLDER = "/latest/meta-data/iam/security-credentials/"
C = "~/.aws/config"
GOT = session_keys("ASIAEC2", source="imds")


def put(base=V4, answer="SECRET-imds", **more):
    return exchange("PUT", base + "/latest/api/token", {"x-aws-ec2-metadata-token-ttl-seconds": "21600"},
                    answer=answer, **more)


def get(path, answer="", base=V4, token="SECRET-imds", **more):
    return exchange("GET", base + path, {"x-aws-ec2-metadata-token": token}, answer=answer, **more)


def whole(base=V4, role="node", answer=None):
    return [put(base), get(FOLDER, role, base), get(FOLDER + role.strip(), answer or document("ASIAEC2", Code="Success"), base)]


def case(name, rule, http, expect=GOT, env=None, files=None, **more):
    return scenario(name, rule, ASK, expect, env, files, http, **more)


SCENARIOS = [
    case("version 2", "A4", whole()),
    case("a role list with a line end", "A4", whole(role="node\n")),
    case("a document without Code", "A4", whole(answer=document("ASIAEC2"))),
    case("a document without Token is refused", "10", whole(answer=document("ASIAEC2", Token=None)),
         fails("invalidResponse", "no Token")),
    case("a document with an empty Token is refused", "10", whole(answer=document("ASIAEC2", Token="")),
         fails("invalidResponse", "no Token")),
    case("a document without Expiration is refused", "10", whole(answer=document("ASIAEC2", Expiration=None)),
         fails("invalidResponse", "no Expiration")),
    case("a document without keys is refused", "10", whole(answer=document("ASIAEC2", SecretAccessKey=None)),
         fails("invalidResponse", "no SecretAccessKey")),
    case("a document with an Expiration without a zone is refused", "8",
         whole(answer=document("ASIAEC2", "2026-01-02T09:04:05")),
         fails("invalidResponse", "time with a zone", "'2026-01-02T09:04:05'")),
    case("a document with an Expiration in the basic form", "8", whole(answer=document("ASIAEC2", "20260102T090405Z"))),
    case("a key with a line end is refused", "10", whole(answer=document("ASIAEC2", SecretAccessKey="SECRET\n")),
         fails("invalidResponse", "SecretAccessKey", "line end")),
    case("an application names itself to every service", "10",
         [{**call, "request": {**call["request"], "headers": {
             **call["request"]["headers"], "user-agent": "pg-aws-rds-iam lang/swift app/my-shop_1.2"}}}
          for call in whole()], env={"AWS_SDK_UA_APP_ID": "my-shop_1.2"}),
    case("what no header can hold is not sent", "10",
         [{**call, "request": {**call["request"], "headers": {
             **call["request"]["headers"], "user-agent": "pg-aws-rds-iam lang/swift app/a-b--c-"}}}
          for call in whole()], env={"AWS_SDK_UA_APP_ID": " a b\r\nc/ "}),
    case("a blank application is none", "10", whole(), env={"AWS_SDK_UA_APP_ID": " "}),
    case("an account", "A4", whole(answer=document("ASIAEC2", AccountId="111122223333")),
         session_keys("ASIAEC2", account="111122223333")),
    case("disabled: no connection at all", "A2", [], fails("notConfigured", "AWS_EC2_METADATA_DISABLED"),
         {"AWS_EC2_METADATA_DISABLED": "true"}),
    case("disabled in any case", "A2", [], fails("notConfigured"), {"AWS_EC2_METADATA_DISABLED": "TRUE"}),
    case("not disabled by another word", "A2", whole(), env={"AWS_EC2_METADATA_DISABLED": "1"}),
    case("endpoint by variable", "A4", whole("http://127.0.0.1:1338"),
         env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338"}),
    case("endpoint by variable with a slash at its end", "A4", whole("http://127.0.0.1:1338"),
         env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1:1338/"}),
    case("endpoint by profile", "A4", whole("http://127.0.0.2"),
         files={C: config({"default": {"ec2_metadata_service_endpoint": "http://127.0.0.2"}})}),
    case("the variable's endpoint outranks the profile's", "A4", whole("http://127.0.0.1"),
         env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1"},
         files={C: config({"default": {"ec2_metadata_service_endpoint": "http://127.0.0.2"}})}),
    case("the profile's endpoint outranks the variable's mode", "A4", whole("http://127.0.0.2"),
         env={"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"},
         files={C: config({"default": {"ec2_metadata_service_endpoint": "http://127.0.0.2"}})}),
    case("mode IPv6 by variable", "A4", whole(V6), env={"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "ipv6"}),
    case("mode IPv6 by profile", "A4", whole(V6),
         files={C: config({"default": {"ec2_metadata_service_endpoint_mode": "IPv6"}})}),
    case("the variable's mode outranks the profile's", "A4", whole(),
         env={"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv4"},
         files={C: config({"default": {"ec2_metadata_service_endpoint_mode": "IPv6"}})}),
    case("the variable's endpoint outranks the variable's mode", "A4", whole("http://127.0.0.1"),
         env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://127.0.0.1", "AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv6"}),
    case("endpoint by the profile that AWS_PROFILE chooses", "A4", whole("http://127.0.0.2"), env={"AWS_PROFILE": "dev"},
         files={C: config({"default": {"ec2_metadata_service_endpoint": "http://127.0.0.3"},
                           "profile dev": {"ec2_metadata_service_endpoint": "http://127.0.0.2"}})}),
    case("another mode in the profile is an error", "A4", [], fails("invalidConfiguration", "IPv4 nor IPv6"),
         files={C: config({"default": {"ec2_metadata_service_endpoint_mode": "dual"}})}),
    case("another mode is an error", "A4", [], fails("invalidConfiguration", "IPv4 nor IPv6"),
         {"AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE": "IPv5"}),
    case("an endpoint that is no URL is an error", "A4", [], fails("invalidConfiguration", "URL"),
         {"AWS_EC2_METADATA_SERVICE_ENDPOINT": "http://a b"}),
    case("no EC2 instance: one attempt, no retry", "A4", [put(fault="connect timeout")],
         fails("notConfigured", "no EC2 instance")),
    case("no route: one attempt, no retry", "A4", [put(fault="cannot connect")], fails("notConfigured")),
    case("no EC2 instance: as many attempts as AWS_METADATA_SERVICE_NUM_ATTEMPTS says", "10",
         [put(fault="connect timeout")] * 3, fails("notConfigured"),
         {"AWS_METADATA_SERVICE_NUM_ATTEMPTS": "3", "AWS_METADATA_SERVICE_TIMEOUT": "5"}, sleeps=[0.5, 1.0]),
    case("the hop limit swallows the token: the error says so", "A4, D6", [put(fault="timeout")] * 3,
         fails("timedOut", "hop limit"), sleeps=[0.5, 1.0]),
    case("403 on the token: switched off", "A4", [put(status=403, answer="SECRET")], fails("refused", "switched off")),
    case("400 on the token is final", "A4", [put(status=400, answer="")], fails("refused", "400")),
    case("404 on the token: no version 1 instead", "A4, E", [put(status=404, answer="")], fails("refused", "404")),
    case("405 on the token: no version 1 instead", "A4, E", [put(status=405, answer="")], fails("refused", "405")),
    case("400 on the role list is final", "A4", [put(), get(FOLDER, status=400)], fails("refused", "400")),
    case("403 on the role list is final", "A4", [put(), get(FOLDER, status=403, answer="SECRET")],
         fails("refused", "403")),
    case("a silent role list is tried again", "A4, D6", [put(), get(FOLDER, fault="timeout"), *whole()[1:]],
         sleeps=[0.5]),
    case("a silent role list three times", "A4, D6", [put(), *[get(FOLDER, fault="timeout")] * 3], fails("timedOut"),
         sleeps=[0.5, 1.0]),
    case("500 on the token is tried again", "A4", [put(status=500, answer=""), *whole()], sleeps=[0.5]),
    case("a token that is no header value", "A4", [put(answer="SECRET two words")], fails("invalidResponse")),
    case("no role: falls through", "A4", [put(), get(FOLDER, status=404)], fails("notConfigured", "no role")),
    case("an empty role list: falls through", "A4", [put(), get(FOLDER, "\n")], fails("notConfigured", "no role")),
    case("401 fetches a new token once", "A4", [put(), get(FOLDER, status=401), *whole()]),
    case("401 on the role fetches a new token once", "A4",
         [put(), get(FOLDER, "node"), get(FOLDER + "node", status=401), *whole()]),
    case("401 again gives up", "A4", [put(), get(FOLDER, status=401), put(), get(FOLDER, status=401)],
         fails("refused", "401")),
    case("503 on the role is tried again", "A4",
         [put(), get(FOLDER, "node"), get(FOLDER + "node", status=503), *whole()[2:]], sleeps=[0.5]),
    case("a role name that is none", "A4", [put(), get(FOLDER, "../../SECRET path")], fails("invalidResponse")),
    case("the role's document is missing", "A4", [put(), get(FOLDER, "node"), get(FOLDER + "node", status=404)],
         fails("serviceUnavailable")),
    case("Code AssumeRoleUnauthorizedAccess", "A4", whole(answer={"Code": "AssumeRoleUnauthorizedAccess",
                                                                  "Message": "SECRET"}),
         fails("invalidConfiguration", "AssumeRoleUnauthorizedAccess", "trust policy")),
    case("another Code", "A4", whole(answer={"Code": "Failed"}), fails("serviceUnavailable", "Failed")),
    case("garbage", "A4", whole(answer="SECRET <html>"), fails("invalidResponse")),
    case("credentials past their expiry keep it", "A4, D2", whole(answer=document("ASIAEC2", expires="2026-01-02T01:00:00Z")),
         session_keys("ASIAEC2", expires="2026-01-02T01:00:00Z")),
    case("credentials near their expiry keep it", "A4, D2", whole(answer=document("ASIAEC2", expires=SOON)),
         session_keys("ASIAEC2", expires=SOON)),
    case("an expiry that is no time", "A4", whole(answer=document("ASIAEC2", expires="soon")), fails("invalidResponse")),
    scenario("without an HTTP client", "trait off", ASK, fails("notConfigured", "AsyncHTTPClient"), noHTTP=True),
]

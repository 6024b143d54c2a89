"""The container endpoint of ECS and EKS Pod Identity."""
from .kit import LATER, document, exchange, fails, keys, scenario, session_keys

ASK = "container"
RELATIVE = {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/v2/credentials/task?id=1"}
RELATIVE_URL = "http://169.254.170.2/v2/credentials/task?id=1"
EKS_URL = "http://169.254.170.23/v1/credentials"
TOKEN_FILE = "/var/run/secrets/pods.eks.amazonaws.com/serviceaccount/eks-pod-identity-token"
EKS = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": EKS_URL, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": TOKEN_FILE}
GOT = session_keys("ASIABOX", source="container")


def full(url):
    return {"AWS_CONTAINER_CREDENTIALS_FULL_URI": url}


def get(url=RELATIVE_URL, token=None, answer=None, **more):
    headers = {"accept": "application/json", **({"authorization": token} if token else {})}
    return exchange("GET", url, headers, answer=document("ASIABOX") if answer is None else answer, **more)


def allowed(name, url, hosts=None, rule="A3"):
    return scenario(name, rule, ASK, GOT, full(url), http=[get(url)], hosts=hosts)


def refused(name, url, hosts=None, rule="A3, D4"):
    return scenario(name, rule, ASK, fails("invalidConfiguration", "AWS_CONTAINER_CREDENTIALS_FULL_URI"),
                    {**full(url), "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRET-auth"}, hosts=hosts)


def answered(name, answer, expect=GOT, rule="A3"):
    return scenario(name, rule, ASK, expect, RELATIVE, http=[get(answer=answer)])


def fault(name, rule, first, *then, expect=GOT, sleeps=None):
    return scenario(name, rule, ASK, expect, RELATIVE, http=[first, *then], sleeps=sleeps or [])


SCENARIOS = [
    scenario("neither variable", "A3", ASK, fails("notConfigured", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI")),
    scenario("ECS, with the query kept", "A3", ASK, GOT, RELATIVE, http=[get()]),
    scenario("ECS names the role", "A3", ASK, session_keys("ASIABOX", role="arn:aws:iam::1:role/task"), RELATIVE,
             http=[get(answer=document("ASIABOX", RoleArn="arn:aws:iam::1:role/task"))]),
    scenario("relative outranks full", "A3", ASK, GOT, {**RELATIVE, **full("https://other.example/x")}, http=[get()]),
    scenario("a relative URI without its slash", "A3", ASK, GOT,
             {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "v2/c"}, http=[get("http://169.254.170.2/v2/c")]),
    scenario("a relative URI with blanks round it", "A2", ASK, GOT,
             {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": " /v2/c "}, http=[get("http://169.254.170.2/v2/c")]),
    scenario("a relative URI cannot name another host", "D4", ASK, GOT,
             {"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "@evil.example/x"},
             http=[get("http://169.254.170.2/@evil.example/x")]),
    scenario("the token is sent with relative too", "A3", ASK, GOT,
             {**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "Basic SECRET-auth"},
             http=[get(token="Basic SECRET-auth")]),
    scenario("EKS Pod Identity", "C1", ASK, GOT, EKS, {TOKEN_FILE: "SECRET-jwt"}, [get(EKS_URL, "SECRET-jwt")]),
    scenario("the token file outranks the token", "A3", ASK, GOT,
             {**EKS, "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRET-old"}, {TOKEN_FILE: "SECRET-jwt"},
             [get(EKS_URL, "SECRET-jwt")]),
    scenario("one line end of the token file is trimmed", "D12, E", ASK, GOT, EKS, {TOKEN_FILE: "SECRET-jwt\n"},
             [get(EKS_URL, "SECRET-jwt")]),
    scenario("one Windows line end of the token file is trimmed", "D12, E", ASK, GOT, EKS,
             {TOKEN_FILE: "SECRET-jwt\r\n"}, [get(EKS_URL, "SECRET-jwt")]),
    scenario("a blank token is not sent", "A2, A3", ASK, GOT, {**RELATIVE, "AWS_CONTAINER_AUTHORIZATION_TOKEN": " "},
             http=[get()]),
    scenario("an empty token file stops, nothing is sent", "A3, D12", ASK, fails("unreadableFile", "is empty"), EKS,
             {TOKEN_FILE: "\n"}),
    *[scenario(f"{name} in the token file stops", "A3, E", ASK, fails("invalidConfiguration", "control character"), EKS,
               {TOKEN_FILE: f"SECRET-a{byte}SECRET-b"})
      for name, byte in [("a NUL", "\0"), ("a tab", "\t"), ("a DEL", "\x7f"), ("a carriage return", "\r")]],
    scenario("two line ends in the token file stop", "D12, E", ASK, fails("invalidConfiguration", "control character"),
             EKS, {TOKEN_FILE: "SECRET-jwt\n\n"}),
    scenario("a second line in the token file stops", "D12, E", ASK, fails("invalidConfiguration", "control character"),
             EKS, {TOKEN_FILE: "SECRET-jwt\nx: SECRET-injected\n"}),
    scenario("a line end in the token stops", "A3", ASK, fails("invalidConfiguration", "control character"),
             {**full(EKS_URL), "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRET-a\r\nx: y"}),
    scenario("a missing token file stops, nothing is sent", "A3, D12", ASK, fails("unreadableFile", "does not exist"),
             EKS),
    scenario("an unreadable token file stops", "A3", ASK, fails("unreadableFile", "Permission denied"), EKS,
             {TOKEN_FILE: {"unreadable": "Permission denied"}}),
    allowed("full over https, any host", "https://credentials.example/x"),
    allowed("full, loopback", "http://127.0.0.1:8080/x"),
    allowed("full, elsewhere in 127.0.0.0/8", "http://127.9.9.9/x"),
    allowed("full, IPv6 loopback", "http://[::1]:8080/x"),
    allowed("full, the ECS address", "http://169.254.170.2/x"),
    allowed("full, the EKS address", "http://169.254.170.23/v1/credentials", rule="D4"),
    allowed("full, the EKS IPv6 address", "http://[fd00:ec2::23]/v1/credentials", rule="C2, D4"),
    allowed("full, localhost", "http://localhost:8080/x", {"localhost": ["127.0.0.1", "::1"]}, rule="C2"),
    allowed("full, a name for an allowed address", "http://agent.internal/x", {"agent.internal": ["169.254.170.23"]}),
    refused("full over http to anywhere", "http://203.0.113.7/x"),
    refused("full over http to the instance metadata service", "http://169.254.169.254/x"),
    refused("full over http to a name elsewhere", "http://evil.example/x", {"evil.example": ["203.0.113.7"]}),
    refused("one address of many elsewhere is enough to refuse", "http://mixed.example/x",
            {"mixed.example": ["127.0.0.1", "203.0.113.7"]}),
    refused("a name without addresses", "http://nowhere.example/x", {"nowhere.example": []}),
    scenario("a name that cannot be looked up just now", "A3, D4", ASK, fails("unreachable", "agent.internal"),
             {**full("http://agent.internal/x"), "AWS_CONTAINER_AUTHORIZATION_TOKEN": "SECRET-auth"},
             hosts={"agent.internal": None}),
    refused("an IPv4-mapped IPv6 address", "http://[::ffff:203.0.113.7]/x"),
    refused("an address with user information", "http://127.0.0.1@evil.example/x"),
    refused("another scheme", "ftp://127.0.0.1/x"),
    refused("no URL", "not a url"),
    answered("keys in another case", {"accesskeyid": "AKIDBOX", "secretaccesskey": "SECRET-of-AKIDBOX"},
             keys("AKIDBOX")),
    answered("SessionToken and ExpiresAt", {"AccessKeyId": "ASIABOX", "SecretAccessKey": "SECRET-of-ASIABOX",
                                            "SessionToken": "SECRET-token-of-ASIABOX", "ExpiresAt": LATER}),
    answered("an account", document("ASIABOX", AccountId="111122223333"),
             session_keys("ASIABOX", account="111122223333")),
    answered("fractional seconds", document("ASIABOX", expires="2026-01-02T09:04:05.123Z"),
             session_keys("ASIABOX", expires="2026-01-02T09:04:05.123Z")),
    answered("credentials past their expiry are handed on with it", document("ASIABOX", expires="2026-01-02T02:00:00Z"),
             session_keys("ASIABOX", expires="2026-01-02T02:00:00Z"), rule="A4, D2"),
    fault("403 is final", "A3", get(status=403, answer={"code": "AccessDenied", "message": "SECRET"}),
          expect=fails("refused", "AccessDenied")),
    fault("404 is final", "A3", get(status=404, answer="SECRET"), expect=fails("refused", "404")),
    fault("400 is final", "A3", get(status=400, answer=""), expect=fails("refused", "400")),
    fault("401 is final", "A3", get(status=401, answer={"code": "InvalidAuthorizationToken", "message": "SECRET"}),
          expect=fails("refused", "InvalidAuthorizationToken")),
    fault("502 and 504 are tried again", "A3", get(status=502, answer="x"), get(status=504, answer="x"), get(),
          sleeps=[0.5, 1.0]),
    fault("a connection that breaks is tried again", "A3", get(fault="connection lost"), get(), sleeps=[0.5]),
    fault("an error document with status 200 is tried again", "A3", get(answer={"code": "Busy", "message": "SECRET"}),
          get(), sleeps=[0.5]),
    fault("a document without a secret", "A3", *[get(answer=document("ASIABOX", SecretAccessKey=None))] * 3,
          expect=fails("invalidResponse"), sleeps=[0.5, 1.0]),
    fault("an expiry that is a number", "A3", *[get(answer=document("ASIABOX", expires=1767344645))] * 3,
          expect=fails("invalidResponse"), sleeps=[0.5, 1.0]),
    *[scenario(f"pauses are drawn again between nothing and 1, then 2 seconds: dice at {dice}", "D7", ASK, GOT, RELATIVE,
               http=[get(status=503, answer="x")] * 2 + [get()], dice=dice, sleeps=[dice, 2 * dice])
      for dice in (0.0, 0.75)],
    fault("500 is tried again", "A3", get(status=500, answer="x"), get(), sleeps=[0.5]),
    fault("429 is tried again", "A3, D7", get(status=429, answer="x"), get(), sleeps=[0.5]),
    fault("503 twice is tried again twice", "A3", get(status=503, answer="x"), get(status=503, answer="x"), get(),
          sleeps=[0.5, 1.0]),
    fault("503 three times", "A3", *[get(status=503, answer="x")] * 3, expect=fails("serviceUnavailable", "503"),
          sleeps=[0.5, 1.0]),
    fault("no connection is tried again: the agent may still be starting", "D7", get(fault="cannot connect"), get(),
          sleeps=[0.5]),
    fault("a slow answer is tried again", "A3", get(fault="timeout"), get(), sleeps=[0.5]),
    fault("a broken document is tried again", "A3", get(answer='{"AccessKeyId":"ASIABOX","Secr'), get(), sleeps=[0.5]),
    fault("garbage three times", "A3", *[get(answer="SECRET <html>")] * 3,
          expect=fails("invalidResponse", "container endpoint"), sleeps=[0.5, 1.0]),
    fault("an expiry that is no time", "A3", *[get(answer=document("ASIABOX", expires="soon"))] * 3,
          expect=fails("invalidResponse"), sleeps=[0.5, 1.0]),
    fault("an answer larger than 1 MB", "must hold", get(fault="body too large"),
          expect=fails("invalidResponse", "too large")),
    scenario("without an HTTP client", "trait off", ASK, fails("unsupported", "AsyncHTTPClient"), RELATIVE,
             noHTTP=True),
]

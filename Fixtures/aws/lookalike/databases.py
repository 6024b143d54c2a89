"""The services that issue database passwords: Redshift, Redshift Serverless and Secrets Manager."""
import json
from urllib.parse import parse_qs

from . import services, signature

REQUEST_ID = "0a1b2c3d-1111-2222-3333-444455556666"


def redshift(request, path, behavior, clock):
    """Forms in, XML out. A cluster `missing` is not there."""
    fault = signature.fault(request, "redshift", clock)
    form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
    action, cluster = form.get("Action"), form.get("ClusterIdentifier")
    if fault or cluster == "missing" or form.get("Version") != "2012-12-01":
        return services.Answer(403 if fault else 404, (
            f"<ErrorResponse><Error><Type>Sender</Type><Code>{fault or 'ClusterNotFound'}</Code><Message>SECRET</Message></Error>"
            f"<RequestId>{REQUEST_ID}</RequestId></ErrorResponse>").encode())
    user = {"GetClusterCredentials": f"{'IAMA' if form.get('AutoCreate') else 'IAM'}:{form.get('DbUser')}",
            "GetClusterCredentialsWithIAM": "IAMR:reader"}[action]
    groups = form.get("DbGroups.DbGroup.1", "") + form.get("DbGroups.DbGroup.2", "")
    password = f"SECRET&amp;{cluster}.{form.get('DbName')}.{form.get('DurationSeconds')}.{groups}"
    return services.Answer(200, (
        f'<{action}Response xmlns="http://redshift.amazonaws.com/doc/2012-12-01/"><{action}Result><DbUser>{user}</DbUser>'
        f"<DbPassword>{password}</DbPassword><Expiration>{services.time(1)}</Expiration></{action}Result>"
        f"<ResponseMetadata><RequestId>{REQUEST_ID}</RequestId></ResponseMetadata></{action}Response>").encode())


def serverless(request, path, behavior, clock):
    """JSON 1.1."""
    fault = _json_fault(request, "redshift-serverless", "RedshiftServerless.GetCredentials", clock)
    if fault:
        return fault
    call = json.loads(request.body)
    return services.Answer(200, json.dumps({
        "dbUser": "IAMR:reader",
        "dbPassword": f"SECRET.{call['workgroupName']}.{call.get('dbName')}.{call.get('durationSeconds')}" + "x" * 1200,
        "expiration": 4102444800.25, "nextRefreshTime": 4102444700.0}).encode())


def secrets_manager(request, path, behavior, clock):
    """Secrets by name.

    `turning` answers with its old password three times, `bytes` and `broken` hold no password, others do not exist.
    """
    fault = _json_fault(request, "secretsmanager", "secretsmanager.GetSecretValue", clock)
    if fault:
        return fault
    name = json.loads(request.body)["SecretId"].split(":")[-1]
    turn = "old" if len(services.log(request.visitor)) < 4 else "new"
    texts = {
        "plain": '{"username": "app", "password": "SECRET&1", "port": 5432}', "broken": '{"username": "SECRET"}',
        "named": '{"role": "owner", "word": "SECRET2"}', "prose": "SECRET", "bytes": None,
        "turning": json.dumps({"username": "app", "password": f"SECRET-{turn}"})}
    if name not in texts:
        return _json_error(400, "ResourceNotFoundException")
    secret = {"SecretString": texts[name]} if texts[name] else {"SecretBinary": "U0VDUkVU"}
    return services.Answer(200, json.dumps({"Name": name, "VersionStages": ["AWSCURRENT"], **secret}).encode())


def _json_fault(request, service, target, clock):
    fault = signature.fault(request, service, clock)
    if not fault and request.header("content-type") != "application/x-amz-json-1.1":
        fault = "SerializationException"
    if not fault and request.header("x-amz-target") != target:
        fault = "UnknownOperationException"
    return _json_error(400, fault) if fault else None


def _json_error(status, code):
    return services.Answer(status, json.dumps({"__type": code, "message": "SECRET"}).encode(), {"x-amzn-RequestId": REQUEST_ID})

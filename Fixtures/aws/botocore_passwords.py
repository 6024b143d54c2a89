"""What botocore gets from the services that issue database passwords: `botocore_passwords.py URL`, one JSON line per
call.

URL is a visitor's part of the look-alike. botocore writes and signs the requests and reads the answers, as a second
opinion on both.
"""
import json
import sys

import botocore.config
import botocore.exceptions
import botocore.session

URL = sys.argv[1]


def client(service):
    session = botocore.session.get_session()
    session.set_credentials("AKIATEST", "SECRET-of-AKIATEST", "SECRET-session")
    return session.create_client(
        service, region_name="eu-west-2", endpoint_url=f"{URL}/{service}",
        config=botocore.config.Config(retries={"max_attempts": 0}))


def tell(call, user, password, expiration, **arguments):
    try:
        answer = call(**arguments)
        print(json.dumps({"user": answer[user], "password": answer[password], "expiration": answer[expiration].timestamp()}))
    except botocore.exceptions.ClientError as error:
        response = error.response
        print(json.dumps({"code": response["Error"]["Code"], "requestID": response["ResponseMetadata"].get("RequestId")}))


clusters, workgroups = client("redshift"), client("redshift-serverless")
OLD, NEW = ("DbUser", "DbPassword", "Expiration"), ("dbUser", "dbPassword", "expiration")
cluster = {"ClusterIdentifier": "demo", "DbName": "dev", "DurationSeconds": 1200}
tell(clusters.get_cluster_credentials, *OLD, DbUser="app", **cluster)
tell(clusters.get_cluster_credentials, *OLD, DbUser="app", AutoCreate=True, DbGroups=["a b", "c"], **cluster)
tell(clusters.get_cluster_credentials_with_iam, *OLD, **cluster)
tell(workgroups.get_credentials, *NEW, workgroupName="team", dbName="dev", durationSeconds=1200)
tell(clusters.get_cluster_credentials_with_iam, *OLD, ClusterIdentifier="missing")

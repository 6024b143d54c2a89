"""What botocore answers to a scenario's environment, files, processes and recorded exchanges."""
import contextlib
import datetime
import os
import pathlib
import subprocess
import tempfile
import urllib.parse
from unittest import mock

import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import botocore.httpsession
import botocore.session
import botocore.tokens
import botocore.utils

NOW = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=datetime.timezone.utc)


def answer(scenario):
    """The access key ID of the credentials, `none`, or the name of the exception."""
    profile = scenario["ask"].partition(":")[2] or None
    with tempfile.TemporaryDirectory() as home, _world(scenario, home):
        try:
            session = botocore.session.Session(profile=profile)
            found = session.get_credentials()
            return "none" if found is None else found.get_frozen_credentials().access_key
        except (botocore.exceptions.BotoCoreError, botocore.exceptions.ClientError) as error:
            code = getattr(error, "response", {}).get("Error", {}).get("Code")
            return f"{type(error).__name__}: {code}" if code else type(error).__name__
        except (OSError, TypeError, ValueError, KeyError, RuntimeError) as error:
            return type(error).__name__


@contextlib.contextmanager
def _world(scenario, home):
    def place(path):
        return pathlib.Path(path.replace("~", home) if path.startswith("~") else home + path)

    for path, text in scenario["files"].items():
        file = place(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(text, str):
            file.write_text(text)
        elif text["unreadable"] == "Is a directory":
            file.mkdir()
        elif text["unreadable"] == "Too many levels of symbolic links":
            file.symlink_to(file)
        else:
            file.write_text("")
    unreadable = {str(place(path)) for path, text in scenario["files"].items() if not isinstance(text, str)}
    real_open = open

    def open_readable(path, *arguments, **more):
        if str(path) in unreadable:
            raise PermissionError(13, "Permission denied")
        return real_open(place(path) if path in scenario["files"] else path, *arguments, **more)

    environment = {name: value if not value.startswith("/") else str(place(value))
                   for name, value in scenario["environment"].items()}
    environment |= {"PATH": "/usr/bin:/bin", "AWS_EC2_METADATA_DISABLED": "true"}
    # botocore reads only this name (facts: A11).
    if "AWS_REGION" in environment:
        environment["AWS_DEFAULT_REGION"] = environment["AWS_REGION"]
    if not scenario.get("noHome"):
        environment["HOME"] = home
    exchanges = list(scenario["http"])
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.dict(os.environ, environment, clear=True))
        stack.enter_context(mock.patch("builtins.open", open_readable))
        stack.enter_context(mock.patch("configparser.open", open_readable, create=True))
        stack.enter_context(mock.patch.object(botocore.httpsession.URLLib3Session, "send",
                                              lambda self, request: _send(request, exchanges)))
        stack.enter_context(mock.patch.object(
            botocore.credentials.RefreshableCredentials, "_seconds_remaining",
            lambda self: (self._expiry_time - NOW).total_seconds()))
        stack.enter_context(mock.patch.object(
            botocore.tokens.SSOTokenProvider, "load_token", _load_token(botocore.tokens.SSOTokenProvider.load_token)))
        stack.enter_context(mock.patch.object(
            botocore.tokens.SSOTokenProvider, "_SSO_TOKEN_CACHE_DIR", f"{home}/.aws/sso/cache"))
        stack.enter_context(mock.patch.object(
            botocore.credentials.SSOProvider, "_SSO_TOKEN_CACHE_DIR", f"{home}/.aws/sso/cache"))
        stack.enter_context(mock.patch.object(
            botocore.utils.FileWebIdentityTokenLoader.__init__, "__defaults__", (open_readable,)))
        stack.enter_context(mock.patch.object(
            botocore.credentials.ProcessProvider.__init__, "__defaults__", (_popen(scenario["processes"]),)))
        yield


def _load_token(original):
    def load_token(self, **more):
        self._now = lambda: NOW
        return original(self, **more)
    return load_token


def _send(request, exchanges):
    """The next recorded answer, if the request goes to the same host."""
    if not exchanges:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url=request.url)
    recorded = exchanges.pop(0)
    asked, expected = (urllib.parse.urlsplit(url).netloc for url in (request.url, recorded["request"]["url"]))
    if asked != expected or "response" not in recorded:
        raise botocore.exceptions.EndpointConnectionError(endpoint_url=request.url)
    response = recorded["response"]
    headers = {"content-type": "text/xml", **response["headers"]}
    raw = mock.Mock(stream=lambda *_, **__: iter([response["body"].encode()]))
    return botocore.awsrequest.AWSResponse(request.url, response["status"], headers, raw)


def _popen(processes):
    def popen(arguments, **_):
        child = processes[" ".join(arguments)]
        process = mock.Mock(returncode=child["status"])
        process.communicate.return_value = (child["output"].encode(), b"")
        return process
    return popen

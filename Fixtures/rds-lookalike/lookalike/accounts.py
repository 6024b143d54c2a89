"""The AWS accounts the look-alike knows: an AWS shared-credentials file, read again for every token."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass(frozen=True)
class Account:
    """One credential; `expires` is a Unix time, or None for a long-term key."""

    access_key_id: str
    secret: str
    session_token: str = ""
    expires: float | None = None


def parse_time(text):
    """A Unix time from seconds or from ISO 8601; a time without a zone is UTC."""
    if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", text):
        return float(text)
    moment = datetime.fromisoformat(re.sub(r"Z$", "+00:00", text))
    return (moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)).timestamp()


def parse(text):
    """Access key ID to Account, from the text of a shared-credentials file; `expires` is our own extra key."""
    parser = configparser.RawConfigParser(delimiters=("=",), strict=False, default_section="\0")
    parser.read_string(text)
    accounts = {}
    for name in parser.sections():
        section = parser[name]
        key, secret = section.get("aws_access_key_id"), section.get("aws_secret_access_key")
        if key and secret:
            expires = section.get("expires")
            session_token = section.get("aws_session_token", "")
            accounts[key] = Account(key, secret, session_token, parse_time(expires) if expires else None)
    return accounts


class AccountFile:
    """Looks access keys up in a file that may be replaced at any time, to rotate or to expire a credential."""

    def __init__(self, path):
        self._path = path
        self._seen = (None, {})

    def __call__(self, access_key_id):
        with open(self._path, encoding="utf-8") as file:
            text = file.read()
        seen_text, accounts = self._seen
        if text != seen_text:
            accounts = parse(text)
            self._seen = (text, accounts)
        return accounts.get(access_key_id)

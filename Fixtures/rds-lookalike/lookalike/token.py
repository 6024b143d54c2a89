"""Taking the text of an RDS IAM token apart. Errors never quote the text: it is a password."""

import re
from urllib.parse import unquote_to_bytes

LARGEST = 65535  # PostgreSQL's own limit for a password message

_TEXT = re.compile(rb"([A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::([0-9]{1,5}))?(/[^?]*)?\?(.*)", re.DOTALL)
_ENCODED = re.compile(rb"(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})*")
_CREDENTIAL = re.compile(rb"([A-Za-z0-9_]{1,128})/([0-9]{8})/([a-z0-9-]{1,64})/([a-z0-9-]{1,64})/aws4_request")


class Refused(Exception):
    """A token that is not let in; the argument is the reason that goes into the verdict."""

    @property
    def reason(self):
        return self.args[0]


class Token:
    """The parts of a token: host, port, path, and the percent-decoded query."""

    def __init__(self, text):
        if len(text) > LARGEST:
            raise Refused("malformed: too long")
        match = _TEXT.fullmatch(text)
        if match is None:
            raise Refused("malformed: not host:port/?query")
        host, port, path, query = match.groups()
        self.host = host.decode().lower()
        self.port = int(port) if port else None
        self.path = (path or b"").decode("latin-1")
        self.raw_query = query

    def parse_query(self):
        """Fills `query` (name to value, both decoded bytes); a name may occur once only."""
        self.query = {}
        for pair in self.raw_query.split(b"&"):
            name, equals, value = pair.partition(b"=")
            if not equals or not _ENCODED.fullmatch(name) or not _ENCODED.fullmatch(value):
                raise Refused("malformed: query is not percent-encoded name=value pairs")
            name = unquote_to_bytes(name)
            if name in self.query:
                raise Refused("malformed: a query name occurs twice")
            self.query[name] = unquote_to_bytes(value)

    def value(self, name):
        """The value of a required query name."""
        value = self.query.get(name.encode())
        if value is None:
            raise Refused(f"malformed: {name} is missing")
        return value

    def parse_credential(self):
        """Fills `access_key_id`, `scope_date`, `region` and `service` from X-Amz-Credential."""
        match = _CREDENTIAL.fullmatch(self.value("X-Amz-Credential"))
        if match is None:
            raise Refused("malformed: X-Amz-Credential")
        parts = (part.decode() for part in match.groups())
        self.access_key_id, self.scope_date, self.region, self.service = parts

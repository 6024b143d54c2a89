"""As much of an LDAP server as PostgreSQL's `ldap` method needs: simple bind and unbind (RFC 4511)."""

import socketserver

LARGEST_MESSAGE = 131072
SUCCESS, INVALID_CREDENTIALS = 0, 49

_SEQUENCE, _INTEGER, _OCTETS, _ENUMERATED = 0x30, 0x02, 0x04, 0x0A
_BIND, _BIND_RESPONSE, _UNBIND, _SIMPLE = 0x60, 0x61, 0x42, 0x80


class NotLDAP(Exception):
    """Bytes that are no bind request; the connection is closed without an answer."""


def element(tag, content):
    """One BER element with a definite length."""
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


def read_element(read):
    """(tag, content) of the next BER element; `read(n)` gives n bytes, fewer only at the end. None at a clean end."""
    head = read(1)
    if not head:
        return None
    size = _exactly(read, 1)[0]
    if size >= 0x80:
        if not 0x81 <= size <= 0x84:
            raise NotLDAP
        size = int.from_bytes(_exactly(read, size & 0x7F), "big")
    if size > LARGEST_MESSAGE:
        raise NotLDAP
    return head[0], _exactly(read, size)


def _exactly(read, size):
    content = read(size)
    if len(content) != size:
        raise NotLDAP
    return content


def split(content):
    """The elements inside a constructed element."""
    elements, at = [], 0

    def read(size):
        nonlocal at
        piece = content[at : at + size]
        at += len(piece)
        return piece

    while (one := read_element(read)) is not None:
        elements.append(one)
    return elements


def bind_request(message):
    """(message ID, name, password) of a simple bind; None for an unbind request."""
    tag, content = message
    parts = split(content) if tag == _SEQUENCE else []
    if len(parts) < 2 or parts[0][0] != _INTEGER or not 1 <= len(parts[0][1]) <= 4:
        raise NotLDAP
    (_, identifier), (operation, request) = parts[:2]
    if operation == _UNBIND:
        return None
    fields = split(request) if operation == _BIND else []
    if [tag for tag, _ in fields] != [_INTEGER, _OCTETS, _SIMPLE]:
        raise NotLDAP
    return identifier, fields[1][1], fields[2][1]


def bind_response(identifier, code, diagnostic):
    """The answer to a bind request."""
    result = element(_ENUMERATED, bytes([code])) + element(_OCTETS, b"") + element(_OCTETS, diagnostic.encode())
    return element(_SEQUENCE, element(_INTEGER, identifier) + element(_BIND_RESPONSE, result))


class _Conversation(socketserver.StreamRequestHandler):
    timeout = 60

    def handle(self):
        try:
            while (message := read_element(self.rfile.read)) is not None:
                bind = bind_request(message)
                if bind is None:
                    return
                identifier, name, password = bind
                reason = self.server.refusal(name, password)
                code = SUCCESS if reason is None else INVALID_CREDENTIALS
                self.wfile.write(bind_response(identifier, code, reason or ""))
        except (NotLDAP, OSError):
            return


class LDAPServer(socketserver.ThreadingTCPServer):
    """Listens on a free port of 127.0.0.1; `refusal(name, password)`, to be set before it serves, gives None to let
    in, else the reason.
    """

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    request_queue_size = 1024

    def __init__(self, refusal=None):
        self.refusal = refusal
        super().__init__(("127.0.0.1", 0), _Conversation)

    @property
    def port(self):
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """Says nothing: a traceback could show a password."""

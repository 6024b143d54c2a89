"""The LDAP server: whole, split, piped and broken messages."""

import random
import socket
import threading
import unittest

from lookalike import ldap


def bind(name, password, identifier=b"\x01"):
    fields = ldap.element(0x02, b"\x03") + ldap.element(0x04, name) + ldap.element(0x80, password)
    return ldap.element(0x30, ldap.element(0x02, identifier) + ldap.element(0x60, fields))


UNBIND = ldap.element(0x30, ldap.element(0x02, b"\x02") + ldap.element(0x42, b""))
ACCEPTED = bytes.fromhex("300c02010161070a010004000400")
REFUSED = bytes.fromhex("300f020101610a0a013104000403") + b"bad"


class Conversations(unittest.TestCase):
    def setUp(self):
        self.seen = []
        self.server = ldap.LDAPServer(self.refusal)
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)

    def refusal(self, name, password):
        self.seen.append((name, password))
        return None if password.startswith(b"good") else "bad"

    def talk(self, *pieces):
        """Everything the server answers to the pieces, up to its closing of the connection."""
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                for piece in pieces:
                    peer.sendall(piece)
                peer.shutdown(socket.SHUT_WR)
                return b"".join(iter(lambda: peer.recv(65536), b""))
            except ConnectionError:
                return b""

    def test_a_bind_is_answered_with_0_or_49(self):
        self.assertEqual(self.talk(bind(b"app", b"good"), UNBIND), ACCEPTED)
        self.assertEqual(self.talk(bind(b"app", b"wrong"), UNBIND), REFUSED)
        self.assertEqual(self.seen, [(b"app", b"good"), (b"app", b"wrong")])

    def test_a_message_may_come_byte_by_byte(self):
        message = bind("é~&= ".encode(), b"good" + b"x" * 300)
        self.assertEqual(self.talk(*(message[i : i + 1] for i in range(len(message)))), ACCEPTED)
        self.assertEqual(self.seen, [("é~&= ".encode(), b"good" + b"x" * 300)])

    def test_passwords_of_every_length_arrive_whole(self):
        for size in (0, 1, 123, 124, 127, 128, 255, 256, 1800, 65535):
            password = b"good" + b"p" * size
            with self.subTest(size):
                self.assertEqual(self.talk(bind(b"app", password)), ACCEPTED)
                self.assertEqual(self.seen[-1][1], password)

    def test_binds_on_one_connection_are_answered_one_by_one(self):
        self.assertEqual(self.talk(bind(b"a", b"good") * 3 + bind(b"a", b"x")), ACCEPTED * 3 + REFUSED)

    def test_what_is_no_simple_bind_is_not_answered(self):
        whole = bind(b"app", b"good")
        sasl = whole.replace(b"\x80\x04good", b"\xa3\x04good")
        search = whole.replace(b"\x60", b"\x63", 1)
        cases = [UNBIND, sasl, search, b"GET / HTTP/1.1\r\n\r\n", b"\x30\x80\x00\x00", b"\x30\x84\x7f\xff\xff\xff"]
        cases += [b"\x30\x85\x00\x00\x00\x00\x01x", bind(b"app", b"good", identifier=b"")]
        cases += [whole[:size] for size in range(len(whole))]
        for message in cases:
            with self.subTest(message.hex()):
                self.assertEqual(self.talk(message), b"")
        self.assertEqual(self.seen, [])

    def test_junk_does_not_bring_it_down(self):
        rng = random.Random(4511)
        whole = bind(b"app", b"good")
        for _ in range(300):
            junk = bytearray(whole)
            for _ in range(rng.randrange(1, 6)):
                junk[rng.randrange(len(junk))] = rng.randrange(256)
            self.talk(bytes(junk))
        self.assertEqual(self.talk(whole), ACCEPTED)

    def test_an_idle_connection_holds_no_other_up(self):
        with socket.create_connection(("127.0.0.1", self.server.port), 10) as idle:
            idle.sendall(b"\x30")
            self.assertEqual(self.talk(bind(b"app", b"good")), ACCEPTED)

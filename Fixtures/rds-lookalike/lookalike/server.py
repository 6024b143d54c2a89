"""One look-alike: its folder, its judge, its PostgreSQL server, from start to stop."""

import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import tempfile
import threading
import time

from . import certificates, postgres
from .accounts import AccountFile
from .children import Failed, end
from .judge import Place
from .ldap import LDAPServer
from .verdicts import ClockFile, Recorder

READY_WITHIN = 60  # seconds


def server_owner():
    """The user PostgreSQL runs as where we are root, since it refuses to run as root; None elsewhere."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "_postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    raise Failed("PostgreSQL does not run as root, and there is no user postgres or nobody")


def make_folder(owner):
    """The temporary folder, which the server's user can enter."""
    parent = tempfile.gettempdir()
    if owner and not _open_to_all(parent) or len(parent) > 60:  # a socket's path ends at 103 bytes
        parent = "/tmp"
    folder = tempfile.mkdtemp(prefix="rds-lookalike.", dir=parent)
    if owner:
        shutil.chown(folder, owner)
    return folder


def _open_to_all(path):
    while os.stat(path).st_mode & 0o001:
        if path == "/":
            return True
        path = os.path.dirname(path)
    return False


def _free_port():
    """A port that is free now on both loopback addresses, below the range of outgoing connections."""
    while True:
        port = random.randrange(15000, 32000)
        if all(_can_bind(family, address, port) for family, address in _loopback()):
            return port


def _loopback():
    return ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1"))


def _can_bind(family, address, port):
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError:
        return family == socket.AF_INET6 and not _has_ipv6()
    return True


def _has_ipv6():
    try:
        with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


class Server:
    """Made from the options, a `Children` and a folder; `start` gives the facts that callers need."""

    def __init__(self, options, children, folder):
        self._options, self._children, self._folder = options, children, folder
        self._programs = postgres.find_programs()
        self._postmaster = None

    def _path(self, name):
        return os.path.join(self._folder, name)

    def start(self):
        """Starts everything; returns the facts that are printed."""
        options = self._options
        self._port = options.listen or _free_port()
        credentials = options.credentials or self._write_credentials()
        with open(self._path("clock-shift"), "w", encoding="ascii") as file:
            file.write(f"{options.clock_shift}\n")
        recorder = Recorder(
            self._path("verdicts.jsonl"),
            Place(options.region, frozenset(self._endpoints())),
            AccountFile(credentials),
            ClockFile(self._path("clock-shift")),
        )
        ldap = LDAPServer(recorder)
        self._prepare(ldap.port)
        self._launch()
        threading.Thread(target=ldap.serve_forever, daemon=True).start()
        return self._facts(credentials)

    def _endpoints(self):
        for name in self._options.name:
            yield name.lower(), self._port
        for host, port in self._options.endpoint:
            yield host.lower(), port or self._port

    def _write_credentials(self):
        path = self._path("credentials")
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            key = "AKIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
            file.write(f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secrets.token_urlsafe(30)}\n")
        return path

    def _prepare(self, ldap_port):
        """Data folder, settings, certificate, roles."""
        options, data = self._options, self._path("data")
        initdb = [f"{self._programs}/initdb", "--no-sync", "--no-instructions", "--auth=trust", "--username=postgres"]
        self._children.run([*initdb, "--encoding=UTF8", "--locale=C", "--wal-segsize=1", f"--pgdata={data}"])
        os.mkdir(self._path("tls"))
        os.mkdir(self._path("s"), 0o700)
        for name in ("tls", "s"):
            self._give(name)
        certificates.make(self._children.run, self._path("tls"), ["localhost", "127.0.0.1", "::1", *options.name])
        settings = postgres.SETTINGS | {
            "port": str(self._port),
            "unix_socket_directories": self._path("s"),
            "ssl_cert_file": self._path("tls/server.crt"),
            "ssl_key_file": self._path("tls/server.key"),
        }
        postgres.write_settings(data, settings | dict(options.postgres_option), ldap_port)
        sql = postgres.roles_sql(options.user, options.plain_user, options.password_user, options.database)
        single = [f"{self._programs}/postgres", "--single", "-j", "-c", "exit_on_error=on", "-D", data, "postgres"]
        self._children.run(single, sql)

    def _give(self, name):
        owner = server_owner()
        if owner:
            shutil.chown(self._path(name), owner)

    def _launch(self):
        """Starts PostgreSQL and waits until it takes connections."""
        with open(self._path("server.log"), "ab") as log:
            command = [f"{self._programs}/postgres", "-D", self._path("data")]
            self._postmaster = self._children.spawn(command, output=log)
        deadline = time.monotonic() + READY_WITHIN
        while not self._ready():
            if self._postmaster.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"PostgreSQL did not start: {self._log_end()}")
            self._children.pause(0.01)

    def _ready(self):
        try:
            with open(self._path("data/postmaster.pid"), encoding="ascii") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self._postmaster.pid) and lines[7].strip() == "ready"

    def _log_end(self):
        with open(self._path("server.log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-2000:].strip()

    def _facts(self, credentials):
        return {
            "port": self._port,
            "host": self._options.name[0],
            "hostaddr": "127.0.0.1",
            "region": self._options.region,
            "dir": self._folder,
            "ca": self._path("tls/ca.crt"),
            "socket": self._path("s"),
            "verdicts": self._path("verdicts.jsonl"),
            "log": self._path("server.log"),
            "clock_shift": self._path("clock-shift"),
            "credentials": credentials,
            "postmaster": self._postmaster.pid,
        }

    def wait(self):
        """Returns when PostgreSQL ends by itself; Stopped is raised when we are asked to stop."""
        while self._postmaster.poll() is None:
            self._children.pause(60)
        raise Failed(f"PostgreSQL ended by itself: {self._log_end()}")

    def stop(self):
        """Ends PostgreSQL at once."""
        if self._postmaster is not None:
            end(self._postmaster, signal.SIGQUIT)

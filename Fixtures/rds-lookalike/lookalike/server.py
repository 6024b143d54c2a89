"""One look-alike: its folder, its judge, its PostgreSQL server, from start to stop."""

import os
import secrets
import signal
import threading
import time

from . import certificates, data, postgres
from .accounts import AccountFile
from .children import Failed, end
from .judge import Place
from .ldap import LDAPServer
from .surroundings import free_port, give, loopback
from .verdicts import ClockFile, Recorder

READY_WITHIN = 60  # seconds
ATTEMPTS = 5  # to find a port that no other program takes first


class Server:
    """Made from the options, a `Children`, the server's user and a folder; `start` gives the facts callers need."""

    def __init__(self, options, children, owner, folder):
        self._options, self._children, self._owner, self._folder = options, children, owner, folder
        self._programs = postgres.find_programs()
        self._postmaster = None
        self._port = None

    def _path(self, name):
        return os.path.join(self._folder, name)

    def start(self):
        """Starts everything; returns the facts that are printed."""
        ldap = LDAPServer()
        data.make(self._children.run, self._programs, self._path("data"), self._owner, self._options.cache)
        for name in ("tls", "socket"):
            os.mkdir(self._path(name), 0o700)
            give(self._path(name), self._owner)
        names = ["localhost", "127.0.0.1", "::1", *self._options.name]
        certificates.make(self._children.run, self._path("tls"), names)
        self._configure(ldap.port)
        self._launch_on_a_port()
        self._write("clock-shift", f"{self._options.clock_shift}\n")
        ldap.refusal = self._recorder()
        threading.Thread(target=ldap.serve_forever, daemon=True).start()
        return self._facts()

    def _configure(self, ldap_port):
        """Settings, access rules, roles and databases."""
        options, folder = self._options, self._path("data")
        settings = postgres.SETTINGS | {
            "listen_addresses": ", ".join(loopback()),
            "unix_socket_directories": self._path("socket"),
            "ssl_cert_file": self._path("tls/server.crt"),
            "ssl_key_file": self._path("tls/server.key"),
        }
        settings |= dict(options.postgres_option)
        postgres.write_settings(folder, settings, ldap_port, options.replication)
        sql = postgres.roles_sql(options.user, options.plain_user, options.password_user, options.database)
        single = [f"{self._programs}/postgres", "--single", "-j", "-c", "exit_on_error=on"]
        writable = ["-c", "default_transaction_read_only=off"]
        self._children.run([*single, *writable, "-D", folder, "postgres"], sql)
        if options.standby:
            self._write("data/standby.signal", "")
            give(self._path("data/standby.signal"), self._owner)

    def _launch_on_a_port(self):
        for attempt in range(ATTEMPTS):
            self._port = self._options.listen or free_port()
            try:
                return self._launch()
            except Failed:
                self.stop()
                if self._options.listen or attempt == ATTEMPTS - 1:
                    raise

    def _launch(self):
        """Starts PostgreSQL and waits until it takes connections, on every address."""
        with open(self._path("server.log"), "ab") as log:
            begin = log.tell()
            command = [f"{self._programs}/postgres", "-D", self._path("data"), "-p", str(self._port)]
            self._postmaster = self._children.serve(command, log)
        deadline = time.monotonic() + READY_WITHIN
        while not self._ready():
            if self._postmaster.poll() is not None or time.monotonic() > deadline:
                raise Failed(f"PostgreSQL did not start: {self._log(begin)}")
            self._children.pause(0.01)
        if "could not bind" in self._log(begin):
            raise Failed(f"port {self._port} is taken")

    def _ready(self):
        try:
            with open(self._path("data/postmaster.pid"), encoding="ascii") as file:
                lines = file.read().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) > 7 and lines[0] == str(self._postmaster.pid) and lines[7].strip() == "ready"

    def _log(self, begin):
        with open(self._path("server.log"), "rb") as file:
            file.seek(begin)
            return file.read()[-2000:].decode("utf-8", "replace").strip()

    def _recorder(self):
        accounts = AccountFile(self._credentials())
        place = Place(self._options.region, frozenset(self._endpoints()))
        return Recorder(self._path("verdicts.jsonl"), place, accounts, ClockFile(self._path("clock-shift")))

    def _endpoints(self):
        for name in self._options.name:
            yield name.lower(), self._port
        for host, port in self._options.endpoint:
            yield host.lower(), port or self._port

    def _credentials(self):
        """The file of known accounts; one with a new key where the caller brings none."""
        if self._options.credentials:
            return os.path.abspath(self._options.credentials)
        if not os.path.exists(self._path("credentials")):
            key = "AKIA" + "".join(secrets.choice("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567") for _ in range(16))
            text = f"[default]\naws_access_key_id = {key}\naws_secret_access_key = {secrets.token_urlsafe(30)}\n"
            self._write("credentials", text)
        return self._path("credentials")

    def _write(self, name, text):
        with open(os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            file.write(text)

    def _facts(self):
        return {
            "port": self._port,
            "host": self._options.name[0],
            "hostaddr": "127.0.0.1",
            "region": self._options.region,
            "dir": self._folder,
            "ca": self._path("tls/ca.crt"),
            "socket": self._path("socket"),
            "verdicts": self._path("verdicts.jsonl"),
            "log": self._path("server.log"),
            "clock_shift": self._path("clock-shift"),
            "credentials": self._credentials(),
            "postmaster": self._postmaster.pid,
        }

    def wait(self):
        """Goes on until PostgreSQL ends by itself, or for ever with `--restart`; Stopped is raised to end it."""
        while True:
            while self._postmaster.poll() is None:
                self._children.pause(60)
            if not self._options.restart:
                raise Failed(f"PostgreSQL ended by itself: {self._log(0)}")
            self._relaunch()

    def _relaunch(self):
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                return self._launch()
            except Failed:  # the old server's children may be holding its memory or port still
                self.stop()
                if time.monotonic() > deadline:
                    raise
                self._children.pause(0.1)

    def stop(self):
        """Ends PostgreSQL at once."""
        if self._postmaster is not None:
            end(self._postmaster, signal.SIGQUIT)

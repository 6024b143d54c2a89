"""Measures the proxy beside a direct TLS connection, PgBouncer and HAProxy, all with TLS to the same server.

proxy_peers.py PROXY-BENCH [--seconds N] [--rounds N] [--sessions N] [--only TEXT]   in Benchmarks/with-lookalike
"""

import argparse
import asyncio
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import threading
import time

HERE = {name: os.environ["RDS_LOOKALIKE_" + name] for name in ("HOST", "HOSTADDR", "PORT", "CA", "SOCKET")}
PEER = {"PGUSER": "bench_peer", "PGPASSWORD": "bench"}
DIRECT = {
    "PGHOST": HERE["HOST"], "PGHOSTADDR": HERE["HOSTADDR"], "PGPORT": HERE["PORT"],
    "PGSSLMODE": "verify-full", "PGSSLROOTCERT": HERE["CA"], **PEER,
}


def environment(settings):
    """This process's environment without libpq's variables, and these settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "PGDATABASE": "postgres", "PGGSSENCMODE": "disable", **settings}


def free_port():
    """A port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(command, settings):
    """The output of a command."""
    return subprocess.run(command, env=environment(settings), check=True, capture_output=True, text=True).stdout


def as_superuser(*statements):
    """Runs statements as the server's superuser."""
    settings = {"PGHOST": HERE["SOCKET"], "PGPORT": HERE["PORT"], "PGUSER": "postgres"}
    for statement in statements:
        run(["psql", "-Xqc", statement], settings)


def prepare():
    """The tables of pgbench, and a script that reads a row of 1 MB."""
    settings = {"PGHOST": HERE["SOCKET"], "PGPORT": HERE["PORT"], "PGUSER": "postgres"}
    run(["pgbench", "-iq", "-s", "5", "--unlogged-tables"], settings)
    as_superuser(
        "grant select on all tables in schema public to bench, bench_peer",
        "create table megabyte as select repeat('x', 1048576) as text",
        "alter table megabyte alter text set storage external",
        "update megabyte set text = text || ''",
        "grant select on megabyte to bench, bench_peer",
    )


@contextlib.contextmanager
def process(command, ready, settings=None, user=None):
    """A process that runs until it is no longer needed, once `ready` answers true."""
    started = subprocess.Popen(
        command, env=environment(settings or {}), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, user=user
    )
    try:
        for _ in range(300):
            if started.poll() is not None:
                raise SystemExit(f"{command[0]} ended with status {started.returncode}")
            if ready():
                break
            time.sleep(0.05)
        yield started
    finally:
        started.send_signal(signal.SIGTERM)
        try:
            started.wait(10)
        except subprocess.TimeoutExpired:
            started.kill()


def answers(address):
    """Whether something listens on a port, or on a Unix-domain socket."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


def pgbouncer(folder):
    """PgBouncer in session mode on a Unix-domain socket, with TLS to the server."""
    program = shutil.which("pgbouncer", path=os.environ["PATH"] + ":/usr/sbin")
    if not program:
        return None
    port = free_port()
    (folder / "users").write_text('"bench_peer" "bench"\n')
    (folder / "pgbouncer.ini").write_text(
        f"""[databases]
postgres = host={HERE["HOSTADDR"]} port={HERE["PORT"]} dbname=postgres user=bench_peer password=bench
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = trust
auth_file = {folder}/users
pool_mode = session
server_tls_sslmode = verify-ca
server_tls_ca_file = {HERE["CA"]}
ignore_startup_parameters = extra_float_digits
logfile = {folder}/pgbouncer.log
pidfile = {folder}/pgbouncer.pid
"""
    )
    user = "postgres" if os.geteuid() == 0 else None
    for path in (folder, *folder.iterdir()):
        if user:
            shutil.chown(path, user)
    socket_path = f"{folder}/.s.PGSQL.{port}"
    command = [program, "-q", f"{folder}/pgbouncer.ini"]
    settings = {"PGHOST": str(folder), "PGPORT": str(port), **PEER}
    return process(command, lambda: answers(socket_path), user=user), settings


def haproxy(folder):
    """HAProxy in TCP mode: it forwards the client's own TLS."""
    program = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin")
    if not program:
        return None
    port = free_port()
    (folder / "haproxy.cfg").write_text(
        f"""global
  nbthread 1
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
listen postgres
  bind 127.0.0.1:{port}
  server one {HERE["HOSTADDR"]}:{HERE["PORT"]}
"""
    )
    settings = {**DIRECT, "PGPORT": str(port)}
    return process([program, "-q", "-f", f"{folder}/haproxy.cfg"], lambda: answers(("127.0.0.1", port))), settings


def own(program, folder):
    """Our proxy on a Unix-domain socket."""
    settings = {"PGHOST": str(folder), "PGPORT": "5432", "PGUSER": "bench"}
    path = f"{folder}/.s.PGSQL.5432"
    return process([program, str(folder)], lambda: answers(path)), settings


def rate(settings, options):
    """Transactions in a second."""
    text = run(["pgbench", "-n", *options], settings)
    return next(float(line.split()[2]) for line in text.splitlines() if line.startswith("tps = "))


def connect_time(settings, count=60):
    """The median time of a login, in milliseconds, with libpq through psycopg."""
    import psycopg

    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    text = " ".join(
        f"{key}='{settings[name]}'"
        for key, name in (
            ("host", "PGHOST"), ("hostaddr", "PGHOSTADDR"), ("port", "PGPORT"), ("user", "PGUSER"),
            ("password", "PGPASSWORD"), ("sslmode", "PGSSLMODE"), ("sslrootcert", "PGSSLROOTCERT"),
        )
        if name in settings
    )
    times = []
    for _ in range(count):
        began = time.perf_counter()
        connection = psycopg.connect(text + " dbname=postgres gssencmode=disable")
        times.append((time.perf_counter() - began) * 1000)
        connection.close()
    return statistics.median(times)


class IdleServer:
    """A server with TLS that takes any password, and then says nothing: PostgreSQL itself would need gigabytes."""

    CONSENT = b"R\0\0\0\x08\0\0\0\0Z\0\0\0\x05I"

    def __init__(self, folder):
        self.roots, key = f"{folder}/root.pem", f"{folder}/key.pem"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
             "-subj", "/CN=" + HERE["HOST"], "-addext", "subjectAltName=DNS:" + HERE["HOST"], "-keyout", key, "-out", self.roots],
            check=True, capture_output=True,
        )
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(self.roots, key)
        self.port = free_port()

    async def serve(self, reader, writer):
        """One session."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            await reader.readexactly(8)
            writer.write(b"S")
            await writer.drain()
            await writer.start_tls(self.tls)
            length = int.from_bytes(await reader.readexactly(4), "big")
            await reader.readexactly(length - 4)
            writer.write(b"R\0\0\0\x08\0\0\0\x03")
            head = await reader.readexactly(5)
            await reader.readexactly(int.from_bytes(head[1:], "big") - 4)
            writer.write(self.CONSENT)
            await reader.read()
        writer.close()

    async def run(self):
        """Serves for ever."""
        server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=1024)
        await server.serve_forever()


def idle_sessions(program, folder, count):
    """The memory of our proxy before and with so many idle sessions, in MB."""
    server = IdleServer(folder)
    threading.Thread(target=lambda: asyncio.run(server.run()), daemon=True).start()
    settings = {
        "RDS_LOOKALIKE_HOST": HERE["HOST"], "RDS_LOOKALIKE_HOSTADDR": "127.0.0.1",
        "RDS_LOOKALIKE_PORT": str(server.port), "RDS_LOOKALIKE_CA": server.roots,
    }
    path = f"{folder}/.s.PGSQL.5432"
    startup = b"\0\x03\0\0user\0bench\0database\0postgres\0\0"
    sessions = []
    with process([program, str(folder)], lambda: answers(path), settings) as running:
        before = memory(running.pid)
        for _ in range(count):
            session = socket.socket(socket.AF_UNIX)
            session.settimeout(60)
            session.connect(path)
            session.sendall((len(startup) + 4).to_bytes(4, "big") + startup)
            if session.recv(4096) != IdleServer.CONSENT:
                raise SystemExit("an idle session did not log in")
            sessions.append(session)
        after = memory(running.pid)
        for session in sessions:
            session.close()
    return before, after


def cpu_time(process):
    """The seconds of CPU that a process has used, which do not depend on what else the machine does."""
    if not process:
        return 0
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid):
    """The resident memory of a process, in MB."""
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sessions", type=int, default=5000)
    parser.add_argument("--only", default="", help="measure only what has this text in its name: tps, rows, login, idle")
    options = parser.parse_args()
    if not options.only or options.only in "idle sessions":
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            before, after = idle_sessions(options.program, pathlib.Path(folder), options.sessions)
        print(f"{options.sessions} idle sessions, MB   this proxy {after:9.0f}  of which {before:.0f} without any", flush=True)
        if options.only:
            return
    prepare()
    script = tempfile.NamedTemporaryFile("w", suffix=".sql", delete=False)
    script.write("select text from megabyte;\n")
    script.close()
    seconds = ["-T", str(options.seconds)]
    measures = {
        "pgbench -S c=1, tps": lambda s: rate(s, ["-S", "-c", "1", *seconds]),
        "pgbench -S c=8, tps": lambda s: rate(s, ["-S", "-c", "8", "-j", "2", *seconds]),
        "1 MB rows, rows/s": lambda s: rate(s, ["-f", script.name, "-c", "1", *seconds]),
    }
    with contextlib.ExitStack() as stack:
        folders = [pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory(dir="/tmp"))) for _ in range(3)]
        paths = {"direct TLS": (None, DIRECT), "this proxy": own(options.program, folders[0])}
        for name, found in (("PgBouncer", pgbouncer(folders[1])), ("HAProxy", haproxy(folders[2]))):
            if found:
                paths[name] = found
            else:
                print(f"{name} is missing: apt-get install {name.lower()}", file=sys.stderr)
        running = {path: stack.enter_context(context) for path, (context, _) in paths.items() if context}
        for name, measure in measures.items():
            if options.only and options.only not in name:
                continue
            results, costs = {path: [] for path in paths}, {path: [] for path in paths}
            for _ in range(options.rounds):
                for path, (_, settings) in paths.items():
                    before = cpu_time(running.get(path))
                    results[path].append(measure(settings))
                    spent = cpu_time(running.get(path)) - before
                    costs[path].append(spent * 1e6 / (results[path][-1] * options.seconds))
            best = statistics.median(results["direct TLS"])
            for path, values in results.items():
                median = statistics.median(values)
                cost = f", {statistics.median(costs[path]):6.1f} us of CPU each" if path in running else ""
                print(f"{name:22} {path:11} {median:9.0f}  {median / best:6.1%} of direct{cost}", flush=True)
        if not options.only or options.only in "login, ms":
            for path, (_, settings) in paths.items():
                print(f"{'login, ms':22} {path:11} {connect_time(settings):9.2f}", flush=True)
    os.unlink(script.name)


main()

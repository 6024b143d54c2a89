"""Measures the proxy beside a direct TLS connection, PgBouncer and HAProxy, all with TLS to the same server.

proxy_peers.py PROXY-BENCH [--seconds N] [--rounds N] [--sessions N]   in Benchmarks/with-lookalike
"""

import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
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

    os.environ.update(environment(settings))
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
    parser.add_argument("--only", default="")
    options = parser.parse_args()
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
        for context, _ in paths.values():
            if context:
                stack.enter_context(context)
        for name, measure in measures.items():
            if options.only and options.only not in name:
                continue
            results = {path: [] for path in paths}
            for _ in range(options.rounds):
                for path, (_, settings) in paths.items():
                    results[path].append(measure(settings))
            best = statistics.median(results["direct TLS"])
            for path, values in results.items():
                median = statistics.median(values)
                print(f"{name:22} {path:11} {median:9.0f}  {median / best:6.1%} of direct", flush=True)
        if not options.only:
            for path, (_, settings) in paths.items():
                print(f"{'login, ms':22} {path:11} {connect_time(settings):9.2f}", flush=True)
    os.unlink(script.name)


main()

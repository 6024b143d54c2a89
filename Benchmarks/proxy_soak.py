"""Wears the proxy out: busy and idle sessions, restarts of the server, rotated credentials, killed clients.

proxy_soak.py PROXY-BENCH [--seconds N] [--busy N] [--idle N]

At the end the proxy must have as many descriptors as at the start, not much more memory, and its audit log as many
outcomes as the server's judge has verdicts, but for those that a kill of the server cut off.
"""

import argparse
import json
import os
import pathlib
import random
import secrets
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parent.parent
STARTUP = b"\0\x03\0\0user\0bench\0database\0postgres\0\0"
QUERY = b"select count(*) from generate_series(1, 1000)\0"


class Client:
    """A session through the proxy, by hand, so that thousands fit into one process."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.socket.sendall((len(STARTUP) + 4).to_bytes(4, "big") + STARTUP)
        self.file = self.socket.makefile("rb")
        self.until_ready()

    def until_ready(self):
        """Reads up to ReadyForQuery; an error of the login ends the session."""
        while True:
            head = self.file.read(5)
            if len(head) < 5:
                raise OSError("closed")
            self.file.read(int.from_bytes(head[1:], "big") - 4)
            if head[:1] == b"Z":
                return

    def query(self):
        """One round trip."""
        self.socket.sendall(b"Q" + (len(QUERY) + 4).to_bytes(4, "big") + QUERY)
        self.until_ready()

    def close(self):
        self.file.close()
        self.socket.close()


class Soak:
    def __init__(self, options, folder):
        self.options, self.folder = options, folder
        self.end = time.monotonic() + options.seconds
        self.counts = {"queries": 0, "logins": 0, "failures": 0}
        self.lock = threading.Lock()
        self.path = f"{folder}/socket/.s.PGSQL.5432"
        os.mkdir(f"{folder}/socket", 0o700)

    def add(self, name, count=1):
        with self.lock:
            self.counts[name] += count

    def busy(self):
        """Logs in, queries for a while, leaves politely or not, again and again."""
        while time.monotonic() < self.end:
            try:
                client = Client(self.path)
                self.add("logins")
                for _ in range(random.randrange(1, 200)):
                    if time.monotonic() > self.end:
                        break
                    client.query()
                    self.add("queries")
                if random.random() < 0.5:
                    client.socket.sendall(b"X\0\0\0\x04")
                client.close()
            except OSError:
                self.add("failures")
                time.sleep(0.2)

    def idle(self):
        """Holds a session, and opens another if it breaks."""
        while time.monotonic() < self.end:
            try:
                client = Client(self.path)
                self.add("logins")
                client.socket.settimeout(1)
                while time.monotonic() < self.end:
                    try:
                        if not client.socket.recv(1):
                            break
                    except TimeoutError:
                        pass
                client.close()
            except OSError:
                self.add("failures")
                time.sleep(1)

    def disturb(self, facts):
        """Kills the server now and then, and gives the account another key."""
        credentials = pathlib.Path(facts["credentials"])
        while time.monotonic() + 20 < self.end:
            time.sleep(10)
            lines = credentials.read_text().splitlines()
            changed = [
                f"aws_secret_access_key = {secrets.token_hex(20)}" if line.startswith("aws_secret_access_key") else line
                for line in lines
            ]
            credentials.with_suffix(".new").write_text("\n".join(changed) + "\n")
            os.replace(credentials.with_suffix(".new"), credentials)
            time.sleep(10)
            os.kill(int(pathlib.Path(facts["dir"], "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)


def resident(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1]) // 1024


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=600)
    parser.add_argument("--busy", type=int, default=50)
    parser.add_argument("--idle", type=int, default=200)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(dir="/tmp"))
    soak = Soak(options, folder)
    server = subprocess.Popen(
        [TOP / "Fixtures/rds-lookalike/start", "--user", "bench", "--restart", "--until-stdin-closes",
         "--postgres-option", f"max_connections={options.busy + options.idle + 50}"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )
    facts = json.loads(server.stdout.readline())
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "AWS"))}
    environment |= {
        "RDS_LOOKALIKE_HOST": facts["host"], "RDS_LOOKALIKE_HOSTADDR": facts["hostaddr"],
        "RDS_LOOKALIKE_PORT": str(facts["port"]), "RDS_LOOKALIKE_CA": facts["ca"],
        "AWS_SHARED_CREDENTIALS_FILE": facts["credentials"], "AWS_CONFIG_FILE": "/dev/null",
    }
    proxy = subprocess.Popen([options.program, f"{folder}/socket", f"{folder}/audit.log"], env=environment)
    while not os.path.exists(soak.path):
        time.sleep(0.1)
    for _ in range(20):
        Client(soak.path).close()
        soak.add("logins")
    time.sleep(2)
    start = descriptors(proxy.pid), resident(proxy.pid)
    threads = [threading.Thread(target=soak.busy) for _ in range(options.busy)]
    threads += [threading.Thread(target=soak.idle) for _ in range(options.idle)]
    threads += [threading.Thread(target=soak.disturb, args=(facts,))]
    for thread in threads:
        thread.start()
    peak = 0
    while any(thread.is_alive() for thread in threads):
        time.sleep(1)
        peak = max(peak, resident(proxy.pid))
    for _ in range(60):
        if descriptors(proxy.pid) <= start[0]:
            break
        time.sleep(1)
    end = descriptors(proxy.pid), resident(proxy.pid)
    proxy.send_signal(signal.SIGTERM)
    status = proxy.wait(30)
    verdicts = [json.loads(line)["verdict"] for line in open(facts["verdicts"], encoding="utf-8")]
    server.stdin.close()
    server.wait()
    log = sqlite3.connect(f"file:{folder}/audit.log?mode=ro", uri=True)
    rows = [json.loads(row[0]) for row in log.execute("select payload from event")]
    activities = [row["activity"] for row in rows]
    # A server that is killed after its judge has decided may refuse all the same, or say nothing.
    cut = sum(row.get("error", {}).get("code") == "LoginProxy.connectionFailed" for row in rows)
    accepted = activities.count("connection.accept"), verdicts.count("accepted")
    print(f"{options.seconds} s, {options.busy} busy and {options.idle} idle sessions: {soak.counts}")
    print(f"descriptors {start[0]} -> {end[0]}, MB {start[1]} -> {end[1]}, at most {peak}, exit status {status}")
    print(f"accepted logins: {accepted[0]} in the audit log, {accepted[1]} by the judge; "
          f"refused: {activities.count('connection.refuse')} and {verdicts.count('refused')}, {cut} cut off by a kill")
    outcomes = activities.count("connection.accept") + activities.count("connection.refuse")
    is_complete = accepted[0] <= accepted[1] and len(verdicts) - cut <= outcomes <= len(verdicts)
    if end[0] > start[0] or not is_complete or status != 0:
        sys.exit("failed")


main()

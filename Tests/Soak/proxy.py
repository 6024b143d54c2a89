#!/usr/bin/env python3
"""Keeps rds-iam proxy busy in front of a look-alike of RDS, with faults, and holds its audit log against the verdicts.

proxy.py RDS-IAM [--logins N] [--idle N] [--busy N] [--minutes N] [--period SECONDS]

First come rounds of N logins that the server refuses and N that it accepts, after which memory must not grow. Idle
clients stay connected and come back when the server is restarted. Busy clients run queries of all sizes and check the
answers, leave in the middle, cancel, and log in again. In each period the server is killed once and the account's key
is rotated once. In the end the proxy gets SIGTERM while queries run. Exit status: 0 if all holds, 1 if not.
"""
import argparse, asyncio, collections, contextlib, hashlib, json, os, pathlib, random, secrets, signal, struct, subprocess, sys, tempfile, time

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
USER = "soak"
FAULTS = []


def check(holds, what):
    print(("ok      " if holds else "FAILED  ") + what, flush=True)
    if not holds: FAULTS.append(what)


class Refused(Exception):
    """The server's or the proxy's ErrorResponse."""

    def __init__(self, payload):
        fields = {part[:1].decode(): part[1:].decode(errors="replace") for part in payload.split(b"\0") if part}
        self.state = fields.get("C", "")
        super().__init__(f'{self.state} {fields.get("M", "")}')


GONE = (ConnectionError, asyncio.IncompleteReadError, Refused, OSError)


class Client:
    """One session, in PostgreSQL's protocol 3.0."""

    @classmethod
    async def connect(cls, path):
        client = cls()
        client.reader, client.writer = await asyncio.open_unix_connection(path)
        client.key = None
        body = struct.pack("!i", 196608) + f"user\0{USER}\0database\0postgres\0\0".encode()
        client.writer.write(struct.pack("!i", len(body) + 4) + body)
        try:
            while (message := await client.receive())[0] != b"Z":
                if message[0] == b"K": client.key = message[1]
        except BaseException:
            client.abort()
            raise
        return client

    async def receive(self):
        head = await self.reader.readexactly(5)
        payload = await self.reader.readexactly(struct.unpack("!i", head[1:])[0] - 4)
        if head[:1] == b"E": raise Refused(payload)
        return head[:1], payload

    def ask(self, sql):
        text = sql.encode() + b"\0"
        self.writer.write(b"Q" + struct.pack("!i", len(text) + 4) + text)

    async def query(self, sql):
        """The first column of the first row."""
        self.ask(sql)
        value, error = None, None
        while True:
            try:
                kind, payload = await self.receive()
            except Refused as refused:
                error = refused
                # After a fatal error there is no ReadyForQuery.
                if refused.state.startswith("57P"): raise
                continue
            if kind == b"D": value = payload[6:]
            if kind == b"Z":
                if error: raise error
                return value

    async def cancel(self, path):
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(struct.pack("!ii", 12 + len(self.key) - 4, 80877102) + self.key)
        with contextlib.suppress(OSError):
            await writer.drain()
            await reader.read()
        writer.close()

    def abort(self): self.writer.transport.abort()

    async def close(self):
        with contextlib.suppress(OSError):
            self.writer.write(b"X\0\0\0\4")
            await self.writer.drain()
            self.writer.close()


class Soak:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.counts = collections.Counter()
        self.ending = asyncio.Event()
        self.logins = asyncio.Semaphore(40)
        self.idle = {}
        self.samples = []

    # Processes.
    def start(self):
        most = self.options.idle + self.options.busy + 50
        command = [TOP / "Fixtures/rds-lookalike/start", "--user", USER, "--restart", "--while-pid", str(os.getpid())]
        command += ["--postgres-option", f"max_connections={most}", "--postgres-option", "shared_buffers=16MB"]
        self.server = subprocess.Popen(command, stdout=subprocess.PIPE)
        self.facts = json.loads(self.server.stdout.readline())
        (self.folder / "run").mkdir(mode=0o700)
        conninfo = f"host={self.facts['host']} hostaddr={self.facts['hostaddr']} port={self.facts['port']} user={USER} dbname=postgres"
        environment = {
            "PATH": os.environ["PATH"], "HOME": str(self.folder), "XDG_STATE_HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder), "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials"), "RDS_IAM_AUDIT_LOG": str(self.folder / "audit"),
        }
        self.environment = environment
        (self.folder / "credentials").write_text(pathlib.Path(self.facts["credentials"]).read_text())
        self.log = open(self.folder / "log", "wb")
        self.proxy = subprocess.Popen(
            [self.options.rds_iam, "proxy", f"{conninfo} sslrootcert={self.facts['ca']}", "--listen", self.folder / "run",
             "--health-check", "--http-address", self.folder / "run/health", "--max-sigterm-delay", "60", "--structured-logs"],
            env=environment, stdout=subprocess.PIPE, stderr=self.log)
        print(self.proxy.stdout.readline().decode().strip(), flush=True)
        self.path = str(self.folder / "run/.s.PGSQL.5432")

    def usage(self):
        """How many descriptors it has open, and its memory in MB."""
        base = f"/proc/{self.proxy.pid}"
        status = dict(line.split(":", 1) for line in open(f"{base}/status").read().splitlines())
        return len(os.listdir(f"{base}/fd")), int(status["VmRSS"].split()[0]) / 1024

    async def metric(self, name):
        # On a machine that is short of processors the health server's timeout may end a request.
        for attempt in range(60):
            with contextlib.suppress(OSError):
                reader, writer = await asyncio.open_unix_connection(str(self.folder / "run/health"))
                writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
                text = (await reader.read()).decode()
                writer.close()
                for line in text.splitlines():
                    if line.startswith(name + " "): return float(line.split()[-1])
            await asyncio.sleep(1)
        raise SystemExit("The proxy does not answer for its metrics.")

    # Clients.
    async def login(self):
        while True:
            async with self.logins:
                try:
                    client = await Client.connect(self.path)
                    self.counts["logins"] += 1
                    return client
                except GONE as error:
                    self.counts["failed logins: " + (error.state if isinstance(error, Refused) else type(error).__name__)] += 1
            if self.ending.is_set(): raise ConnectionResetError
            await asyncio.sleep(random.uniform(0.1, 1))

    async def idle_client(self, number):
        with contextlib.suppress(*GONE):
            while not self.ending.is_set():
                client = self.idle[number] = await self.login()
                with contextlib.suppress(*GONE):
                    while True: await client.receive()
                self.counts["idle sessions lost"] += 1
                del self.idle[number]
                client.abort()

    async def busy_client(self):
        with contextlib.suppress(*GONE):
            while not self.ending.is_set():
                client = await self.login()
                with contextlib.suppress(*GONE):
                    for _ in range(random.randint(1, 200)):
                        if self.ending.is_set(): break
                        if not await self.work(client): break
                    else:
                        await client.close()
                        continue
                client.abort()

    async def work(self, client):
        """One step of a busy client. Returns whether the session goes on."""
        choice = random.random()
        if choice < 0.01:
            # It leaves in the middle of an answer.
            client.ask("select repeat('x', 1000) from generate_series(1, 5000)")
            await client.receive()
            self.counts["clients killed"] += 1
            return False
        if choice < 0.03:
            task = asyncio.ensure_future(client.query("select pg_sleep(600)"))
            await asyncio.sleep(0.3)
            await client.cancel(self.path)
            try:
                await asyncio.wait_for(task, 60)
                check(False, "a canceled query came to its end")
            except Refused as error:
                if error.state == "57014": self.counts["cancels"] += 1
                else: raise
            except asyncio.TimeoutError:
                # A query that had not begun is not canceled.
                self.counts["cancels that came too early"] += 1
                return False
            return True
        seed, size = secrets.token_hex(8), random.choice([1, 10, 100, 1000, 20000])
        answer = await client.query(f"select string_agg(md5('{seed}' || i), '') from generate_series(1, {size}) i")
        whole = "".join(hashlib.md5(f"{seed}{i}".encode()).hexdigest() for i in range(1, size + 1)).encode()
        if answer != whole: check(False, f"{size} hashes differ")
        self.counts["queries"] += 1
        self.counts["megabytes"] += len(whole) / 1e6
        await asyncio.sleep(random.uniform(0, 0.5))
        return True

    # Faults.
    async def faults(self):
        while True:
            await asyncio.sleep(self.options.period / 2)
            self.rotate()
            await asyncio.sleep(self.options.period / 2)
            self.crash()

    def rotate(self):
        """Gives the account a new key, and forgets the old one, as IAM does when a key is deleted."""
        text = f"[default]\naws_access_key_id = AKIA{secrets.token_hex(8).upper()}\naws_secret_access_key = {secrets.token_hex(20)}\n"
        for path in (pathlib.Path(self.facts["credentials"]), self.folder / "credentials"):
            draft, stat = path.with_suffix(".new"), path.stat()
            draft.write_text(text)
            os.chmod(draft, 0o600)
            os.chown(draft, stat.st_uid, stat.st_gid)
            os.replace(draft, path)
        self.counts["rotations"] += 1

    def crash(self):
        line = open(pathlib.Path(self.facts["dir"]) / "data/postmaster.pid").readline()
        os.kill(int(line), signal.SIGKILL)
        self.counts["server restarts"] += 1

    async def all_idle(self, limit):
        end = time.monotonic() + limit
        while len(self.idle) < self.options.idle and time.monotonic() < end: await asyncio.sleep(0.5)
        return len(self.idle)

    async def sample(self, label):
        descriptors, memory = self.usage()
        opened = await self.metric("rds_iam_proxy_connections_open")
        self.samples.append((label, descriptors, memory, opened))
        print(f"{label:>12}: {len(self.idle)} idle, {opened:.0f} open in the proxy, {descriptors} descriptors, {memory:.0f} MB; "
              + ", ".join(f"{name} {value:.0f}" for name, value in sorted(self.counts.items())), flush=True)
        return descriptors, memory, opened

    async def outcome(self):
        """The outcome of one login: accepted, or the SQLSTATE of the refusal."""
        try:
            await (await Client.connect(self.path)).close()
            return "accepted"
        except Refused as error: return error.state

    async def wear(self):
        """Rounds of logins that the server refuses, and of such that it accepts: the proxy's memory does not grow."""
        own, count = self.folder / "credentials", self.options.logins
        good, memory = own.read_text(), []
        for number in range(6):
            for kind, text in (("refused", good.replace("secret_access_key = ", "secret_access_key = x")), ("accepted", good)):
                own.write_text(text)
                expected = "28000" if kind == "refused" else "accepted"
                # The proxy looks at the file now and then.
                while await self.outcome() != expected: await asyncio.sleep(0.1)
                limit = asyncio.Semaphore(40)

                async def once():
                    async with limit: return await self.outcome()

                outcomes = collections.Counter(await asyncio.gather(*(once() for _ in range(count))))
                memory.append(self.usage()[1])
                print(f"{(number + 1) * count} {kind} logins: {dict(outcomes)}, {memory[-1]:.1f} MB", flush=True)
                check(set(outcomes) == {expected}, f"all of {count} logins are {kind}")
        # The first half fills caches.
        growth = (memory[-1] - memory[5]) * 1024 / (6 * count)
        check(growth < 0.1, f"memory grows by {growth:.3f} KB a login after the first {6 * count}")

    async def whole(self):
        try:
            await self.run()
        finally:
            # Without it, clients that are canceled in the wrong moment would go on for ever.
            self.ending.set()

    async def run(self):
        self.start()
        if self.options.logins: await self.wear()
        base = await self.sample("start")
        tasks = [asyncio.ensure_future(self.idle_client(number)) for number in range(self.options.idle)]
        began = time.monotonic()
        check(await self.all_idle(900) == self.options.idle, f"{self.options.idle} idle clients are connected")
        print(f"{(time.monotonic() - began) / max(1, self.options.idle) * 1000:.1f} ms a login", flush=True)
        filled = await self.sample("filled")
        check(filled[0] <= base[0] + 2 * self.options.idle + 20, "an idle session has two descriptors")
        print(f"{(filled[1] - base[1]) / max(1, self.options.idle) * 1024:.0f} KB an idle session", flush=True)
        busy = [asyncio.ensure_future(self.busy_client()) for _ in range(self.options.busy)]
        faults = asyncio.ensure_future(self.faults())
        end = time.monotonic() + self.options.minutes * 60
        while time.monotonic() < end:
            await asyncio.sleep(min(30, max(0.1, end - time.monotonic())))
            await self.sample(f"{(end - time.monotonic()) / 60:.1f} min left")
        faults.cancel()
        check(await self.all_idle(900) == self.options.idle, "all idle clients came back after the last restart")
        await self.terminate(tasks + busy, filled)
        self.compare()

    async def terminate(self, tasks, filled):
        """SIGTERM in the middle: what runs ends, what is new is refused."""
        clients = [client for client in self.idle.values()][:20]
        sleepers = [await self.login() for _ in range(10)]
        running = [asyncio.ensure_future(client.query("select pg_sleep(8), 'done'")) for client in sleepers]
        await asyncio.sleep(2)
        self.ending.set()
        self.proxy.send_signal(signal.SIGTERM)
        began = time.monotonic()
        states = collections.Counter()
        while time.monotonic() < began + 4:
            try:
                (await Client.connect(self.path)).abort()
                states["let in"] += 1
            except Refused as error: states[error.state] += 1
            except OSError as error: states[type(error).__name__] += 1
            await asyncio.sleep(0.2)
        check(states["57P03"] > 5 and states["let in"] <= 1, f"new clients get 57P03 while the proxy drains: {dict(states)}")
        answers = await asyncio.gather(*running, return_exceptions=True)
        check(all(not isinstance(answer, BaseException) for answer in answers), f"the queries that ran came to their end after {time.monotonic() - began:.1f} s")
        check(all(client.writer.transport.is_closing() is False for client in clients), "idle sessions are open while the proxy drains")
        for client in sleepers + list(self.idle.values()): client.abort()
        await asyncio.wait(tasks, timeout=60)
        status = await asyncio.to_thread(self.proxy.wait, 90)
        check(time.monotonic() - began < 55, f"the proxy ends when its last session has, {time.monotonic() - began:.1f} s after the signal")
        check(status == 143, f"the proxy ends with status {status}")
        fills = [sample for sample in self.samples if sample[3] >= self.options.idle and sample[0] != "start"]
        worst = max(fills, key=lambda sample: sample[1] - 2 * sample[3])
        check(worst[1] - 2 * worst[3] < 100, f"two descriptors a connection at all times, and {worst[1] - 2 * worst[3]:.0f} besides")
        half = fills[len(fills) // 2:]
        growth = half[-1][2] / half[0][2] if half else 1
        check(growth < 1.1, f"memory at the end is {growth:.2f} of that in the middle of the run")

    def compare(self):
        """The audit log against the verdicts, token by token."""
        verdicts = [json.loads(line) for line in open(self.facts["verdicts"])]
        judged = collections.Counter((verdict["token_sha256"], verdict["verdict"]) for verdict in verdicts)
        exported = subprocess.run([self.options.rds_iam, "audit", "export", "--format", "jsonl"], env=self.environment, stdout=subprocess.PIPE, check=True)
        recorded, codes = collections.Counter(), collections.Counter()
        for line in exported.stdout.splitlines():
            payload = json.loads(line).get("payload") or {}
            if isinstance(payload, str): payload = json.loads(payload)
            name = str(payload.get("activity") or payload.get("event") or payload.get("action"))
            codes[name] += 1
            token = payload.get("token") or {}
            if name == "connection.accept": recorded[token.get("fingerprint") or token.get("sha256"), "accepted"] += 1
            if name == "connection.refuse": recorded[token.get("fingerprint") or token.get("sha256"), "refused"] += 1
        print("events:", dict(codes), "verdicts:", dict(collections.Counter(verdict["verdict"] for verdict in verdicts)), flush=True)
        tokens = {token for token, _ in judged} | {token for token, _ in recorded}
        unrecorded = sum(max(0, judged[token, "accepted"] - recorded[token, "accepted"] - recorded[token, "refused"]) for token in tokens)
        invented = sum(max(0, recorded[token, "accepted"] - judged[token, "accepted"]) for token in tokens)
        broken = sum(max(0, judged[token, "accepted"] - recorded[token, "accepted"]) for token in tokens)
        check(invented == 0, f"no login is on record that the server did not accept: {invented}")
        check(unrecorded == 0, f"no login that the server accepted is missing: {unrecorded}; {broken} broke off before the session began")
        verified = subprocess.run([self.options.rds_iam, "audit", "verify"], env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        check(verified.returncode == 0, verified.stdout.strip().splitlines()[-1] if verified.stdout.strip() else "audit verify")
        leaks = [word for word in (b"X-Amz-Signature", b"pg_sleep", b"string_agg") if word in (self.folder / "log").read_bytes()]
        check(not leaks, f"the log holds no token and no SQL {leaks}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rds_iam")
    parser.add_argument("--logins", type=int, default=1000)
    parser.add_argument("--idle", type=int, default=5000)
    parser.add_argument("--busy", type=int, default=500)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--period", type=float, default=120)
    options = parser.parse_args()
    options.rds_iam = str(pathlib.Path(options.rds_iam).resolve())
    with tempfile.TemporaryDirectory() as folder:
        soak = Soak(options, folder)
        try:
            asyncio.run(soak.whole())
        finally:
            for process in (getattr(soak, "proxy", None), getattr(soak, "server", None)):
                if process and process.poll() is None: process.send_signal(signal.SIGKILL if process is getattr(soak, "proxy", None) else signal.SIGTERM)
    print("soak: all of it holds" if not FAULTS else f"soak: {len(FAULTS)} faults")
    sys.exit(1 if FAULTS else 0)


main()

#!/usr/bin/env python3
"""Keeps rds-iam proxy busy in front of a look-alike of RDS, with faults, and holds its audit log against the verdicts.

proxy.py RDS-IAM [--logins N] [--idle N] [--busy N] [--minutes N] [--period SECONDS]

First come rounds of N logins that the server refuses and N that it accepts, after which memory must not grow. Idle
clients stay connected and come back when the server is restarted. Busy clients run queries of all sizes and check the
answers, leave in the middle, cancel, and log in again. In each period the server is killed once and the account's key
is rotated once. In the end the proxy gets SIGTERM while queries run. Exit status: 0 if all holds, 1 if not.

Memory is what the process has written to (RssAnon), not the files that it maps. It is compared in like states: all idle
clients back after a restart, the busy ones at work. Every wait has a limit; SIGUSR1 shows what is waited for.
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


class Late(Exception):
    """Something took longer than it may: a fault of the proxy's, of the server's or of a machine that is too slow."""


GONE = (ConnectionError, asyncio.IncompleteReadError, Refused, OSError, Late)


async def within(seconds, what, awaitable):
    try:
        return await asyncio.wait_for(awaitable, seconds)
    except asyncio.TimeoutError:
        raise Late(f"{what} took more than {seconds} s") from None


class Client:
    """One session, in PostgreSQL's protocol 3.0."""

    @classmethod
    async def connect(cls, path):
        """Logs in. The proxy gives the server 30 seconds for each step."""
        return await within(120, "a login", cls._connect(path))

    @classmethod
    async def _connect(cls, path):
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

    async def query(self, sql, limit=300):
        """The first column of the first row."""
        try:
            return await within(limit, "a query", self._query(sql))
        except Late as late:
            check(False, str(late))
            raise

    async def _query(self, sql):
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
        with contextlib.suppress(OSError, Late):
            await writer.drain()
            await within(60, "a request to cancel", reader.read())
        writer.close()

    def abort(self): self.writer.transport.abort()

    async def close(self):
        with contextlib.suppress(OSError, asyncio.TimeoutError):
            self.writer.write(b"X\0\0\0\4")
            await asyncio.wait_for(self.writer.drain(), 60)
        self.abort()


def show_waits():
    """Says where the tasks wait, and how many of them."""
    places = collections.Counter()
    for task in asyncio.all_tasks():
        frames = task.get_stack(limit=1)
        places[f"{task.get_coro().__qualname__} at line {frames[-1].f_lineno}" if frames else "nowhere"] += 1
    print("waiting:", dict(places), flush=True)


class Soak:
    def __init__(self, options, folder):
        self.options, self.folder = options, pathlib.Path(folder)
        self.counts = collections.Counter()
        self.ending = asyncio.Event()
        self.logins = asyncio.Semaphore(40)
        self.idle = {}
        self.samples = []
        # The memory after each restart, with all idle clients back.
        self.restarts = []

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
        self.alive()
        base = f"/proc/{self.proxy.pid}"
        status = dict(line.split(":", 1) for line in open(f"{base}/status").read().splitlines())
        return len(os.listdir(f"{base}/fd")), int(status["RssAnon"].split()[0]) / 1024

    def alive(self):
        """Ends the run if the proxy or the server has ended: nothing that follows could hold."""
        for name, process in (("proxy", self.proxy), ("look-alike", self.server)):
            if process.poll() is not None: raise SystemExit(f"soak: the {name} has ended, with status {process.returncode}")

    async def metric(self, name):
        # On a machine that is short of processors the health server's timeout may end a request.
        for attempt in range(60):
            with contextlib.suppress(OSError, Late):
                text = await within(20, "the metrics", self.metrics())
                for line in text.splitlines():
                    if line.startswith(name + " "): return float(line.split()[-1])
            self.alive()
            await asyncio.sleep(1)
        raise SystemExit("soak: the proxy does not answer for its metrics")

    async def metrics(self):
        reader, writer = await asyncio.open_unix_connection(str(self.folder / "run/health"))
        try:
            writer.write(b"GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return (await reader.read()).decode()
        finally:
            writer.close()

    # Clients.
    async def login(self, limit=900):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            async with self.logins:
                try:
                    client = await Client.connect(self.path)
                    self.counts["logins"] += 1
                    return client
                except GONE as error:
                    self.counts["failed logins: " + (error.state if isinstance(error, Refused) else type(error).__name__)] += 1
            if self.ending.is_set(): raise ConnectionResetError
            await asyncio.sleep(random.uniform(0.1, 1))
        raise Late(f"no login within {limit} s")

    async def idle_client(self, number):
        with contextlib.suppress(*GONE):
            while not self.ending.is_set():
                client = self.idle[number] = await self.login()
                with contextlib.suppress(*GONE):
                    while True: await client.receive()
                self.counts["idle sessions lost"] += 1
                self.idle.pop(number, None)
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
    async def faults(self, end):
        """Rotates the key, kills the server, and waits until all are back, in each period up to the end."""
        while time.monotonic() + self.options.period < end:
            await asyncio.sleep(self.options.period / 2)
            self.rotate()
            await asyncio.sleep(self.options.period / 2)
            ended = self.counts["idle sessions lost"] + len(self.idle)
            await self.crash()
            # Not before the sessions have ended: the server takes its time to end its children.
            for attempt in range(600):
                if self.counts["idle sessions lost"] >= ended: break
                self.alive()
                await asyncio.sleep(0.5)
            count = await self.all_idle(300)
            check(count == self.options.idle, f"{count} idle clients are back after restart {self.counts['server restarts']}")
            # Busy clients come back, and what has ended gives its memory back.
            await asyncio.sleep(10)
            self.restarts.append((await self.sample("after restart"))[1])

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

    async def crash(self):
        for attempt in range(600):
            with contextlib.suppress(FileNotFoundError, ProcessLookupError, ValueError):
                line = open(pathlib.Path(self.facts["dir"]) / "data/postmaster.pid").readline()
                os.kill(int(line), signal.SIGKILL)
                self.counts["server restarts"] += 1
                return
            # It has not come back from the time before.
            self.alive()
            await asyncio.sleep(0.1)
        raise SystemExit("soak: the server does not come back")

    async def all_idle(self, limit):
        end = time.monotonic() + limit
        while len(self.idle) < self.options.idle and time.monotonic() < end:
            self.alive()
            await asyncio.sleep(0.5)
        return len(self.idle)

    async def sample(self, label):
        idle = len(self.idle)
        descriptors, memory = self.usage()
        opened = await self.metric("rds_iam_proxy_connections_open")
        # The two numbers are read one after the other: while sessions end or come, they belong to different moments.
        if idle == len(self.idle) == self.options.idle: self.samples.append((label, descriptors, memory, opened))
        print(f"{label:>12}: {len(self.idle)} idle, {opened:.0f} open in the proxy, {descriptors} descriptors, {memory:.0f} MB; "
              + ", ".join(f"{name} {value:.0f}" for name, value in sorted(self.counts.items())), flush=True)
        return descriptors, memory, opened

    async def outcome(self):
        """The outcome of one login: accepted, or the SQLSTATE of the refusal."""
        try:
            await (await Client.connect(self.path)).close()
            return "accepted"
        except Refused as error: return error.state
        except Late as error: return str(error)

    async def wear(self):
        """Rounds of logins that the server refuses, and of such that it accepts: the proxy's memory does not grow."""
        own, count = self.folder / "credentials", self.options.logins
        good, memory = own.read_text(), []
        for number in range(6):
            for kind, text in (("refused", good.replace("secret_access_key = ", "secret_access_key = x")), ("accepted", good)):
                own.write_text(text)
                expected = "28000" if kind == "refused" else "accepted"
                # The proxy looks at the file now and then.
                changed = time.monotonic()
                while await self.outcome() != expected:
                    if time.monotonic() > changed + 120: raise SystemExit(f"soak: no login is {kind} two minutes after the change of the key")
                    await asyncio.sleep(0.1)
                limit = asyncio.Semaphore(40)

                async def once():
                    async with limit: return await self.outcome()

                outcomes = collections.Counter(await asyncio.gather(*(once() for _ in range(count))))
                memory.append(self.usage()[1])
                print(f"{(number + 1) * count} {kind} logins: {dict(outcomes)}, {memory[-1]:.1f} MB", flush=True)
                check(set(outcomes) == {expected}, f"all of {count} logins are {kind}")
        # The first half fills caches. In the second, the audit log's page cache may take 2 MB, and connections whose
        # memory is not given back yet a few. What a login leaves behind for good comes on top.
        growth, logins = memory[-1] - memory[5], 6 * count
        check(growth < 4 + logins * 0.1 / 1024, f"memory grows by {growth:.1f} MB in {logins} logins after the first {logins}")

    async def whole(self):
        asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, show_waits)
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
        each = (filled[1] - base[1]) / max(1, self.options.idle) * 1024
        check(each < 200 * 1024 / 5000 + 5 * 1024 / max(1, self.options.idle), f"{each:.0f} KB an idle session, {filled[1]:.0f} MB in all")
        busy = [asyncio.ensure_future(self.busy_client()) for _ in range(self.options.busy)]
        end = time.monotonic() + self.options.minutes * 60
        faults = asyncio.ensure_future(self.faults(end))
        while time.monotonic() < end:
            await asyncio.sleep(min(30, max(0.1, end - time.monotonic())))
            await self.sample(f"{(end - time.monotonic()) / 60:.1f} min left")
            if faults.done(): faults.result()
        await within(600, "the last restart", faults)
        check(await self.all_idle(300) == self.options.idle, "all idle clients are connected at the end")
        self.compare_memory()
        await self.terminate(tasks + busy)
        self.compare()

    def compare_memory(self):
        """The same sessions take the same memory after each restart."""
        if len(self.restarts) < 2: return print("        fewer than two restarts: memory is not compared", flush=True)
        first, last = self.restarts[0], self.restarts[-1]
        # Answers on their way are part of it, 128 KB at most in each busy session.
        slack = 5 + self.options.busy * 0.03
        listed = ", ".join(f"{memory:.0f}" for memory in self.restarts)
        check(last < first * 1.1 + slack, f"memory after the last restart is that after the first: {listed} MB")

    async def terminate(self, tasks):
        """SIGTERM in the middle: what runs ends, what is new is refused."""
        clients = [client for client in self.idle.values()][:20]
        sleepers = [await self.login(120) for _ in range(10)]
        running = [asyncio.ensure_future(client.query("select pg_sleep(8), 'done'")) for client in sleepers]
        await asyncio.sleep(2)
        self.ending.set()
        self.proxy.send_signal(signal.SIGTERM)
        began = time.monotonic()
        states = collections.Counter()
        while sum(states.values()) < 8 and time.monotonic() < began + 25:
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
        _, late = await asyncio.wait(tasks, timeout=60)
        check(not late, f"{len(late)} clients have not ended")
        status = await asyncio.to_thread(self.proxy.wait, 90)
        check(time.monotonic() - began < 55, f"the proxy ends when its last session has, {time.monotonic() - began:.1f} s after the signal")
        check(status == 143, f"the proxy ends with status {status}")
        worst = max(self.samples, key=lambda sample: sample[1] - 2 * sample[3])
        besides = f"{worst[1] - 2 * worst[3]:.0f} besides"
        check(worst[1] - 2 * worst[3] < 100, f"two descriptors a connection whenever all are connected, and {besides}")

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

"""Runs the commands that pages show, at a look-alike of RDS, and compares what they print with what the pages show.

A command is a line of an indented or plain block that begins with `$ ` or `rds-iam `; the lines below it, up to the
next command, are what it prints. An ellipsis stands for anything, and on a line of its own for any lines. Times,
identifiers, keys, ports and durations may differ, and so may the number of spaces. A command that fails is a fault,
unless the next one is `echo $?`. `<!-- before: COMMAND -->` is run where it stands, and not seen by readers. A command
that ends in `&` and `rds-iam proxy` are servers: they must become ready, and are stopped at the end of the page.
`--follow` is stopped soon. `swift run` stands for the program of the page's code.
"""
import fcntl, getpass, json, os, pathlib, pty, re, select, shutil, signal, socket, struct, subprocess, sys, tempfile, termios, time

# What is not run, and why. Everything else is.
NOT_RUN = [
    (r"aws ", "calls AWS"),
    (r"ssh ", "needs a machine to go through"),
    (r"systemctl ", "needs systemd as the first process"),
    (r"kubectl ", "needs a cluster"),
    (r"docker ", "needs images of a registry"),
    (r"git clone ", "would clone this repository"),
    (r"bin/(demo|install|test|bench|soak)\b", "takes minutes, and is run by itself"),
    (r"Fixtures/rds-lookalike/start", "is the server that all others are run at"),
    (r"curl (?!.*--unix-socket)", "needs the internet"),
    (r".*\blogger ", "would write to this machine's log"),
]
# What goes on until it is stopped.
SERVERS = re.compile(r".*&$|rds-iam proxy [\"-]")
FOLLOWERS = re.compile(r".* --follow\b")
COLUMNS = 80
BLOCK = re.compile(r"(?m)^```(?:console|sh)?\n((?:.*\n)*?)```$|((?:^(?:    .*)?\n)+)")
BEFORE = re.compile(r"<!-- before: (.+?) -->", re.S)


class Command:
    def __init__(self, line, text, is_hidden=False):
        self.line, self.text, self.is_hidden, self.shown = line, text, is_hidden, []


def commands(text):
    """The commands of a page in their order, with what the page shows of their output."""
    found = [Command(text.count("\n", 0, each.start()) + 1, " ".join(each[1].split("\n")), True) for each in BEFORE.finditer(text)]
    fenced = re.sub(r"(?ms)^```(?!console|sh\n)\w+.*?^```$", lambda each: "\n" * each[0].count("\n"), text)
    for block in BLOCK.finditer(fenced):
        body = block[1] if block[1] is not None else block[2]
        first = fenced.count("\n", 0, block.start(1 if block[1] is not None else 2)) + 1
        current = None
        for number, line in enumerate(body.split("\n")):
            line = line.removeprefix("    ") if block[1] is None else line
            if current and current.text.endswith("\\"): current.text = current.text[:-1].rstrip() + " " + line.strip()
            elif line.startswith(("$ ", "rds-iam ")):
                current = Command(first + number, line.removeprefix("$ "))
                found.append(current)
            elif current and line.strip(): current.shown.append(line)
    return sorted(found, key=lambda each: each.line)


VOLATILE = [
    # What a terminal shows: no colors, and of a line that was written again the last text.
    (r"\x1b\[[0-9;?]*[A-Za-z]|\r(?=\r*\n)", ""), (r"[^\n]*\r", ""),
    (r"\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| UTC)?", "TIME"), (r"\b\d{4}-\d\d-\d\d\b", "DATE"), (r"\b\d\d:\d\d:\d\d\b", "CLOCK"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "ID"), (r"\b[0-9a-f]{64}\b", "HASH"), (r"\b[0-9a-f]{16}\b", "PREFIX"),
    (r"\+[0-9a-f]{8}\+[A-Za-z0-9+/=]{40,}", "+PUBLIC KEY"), (r"\bA[KS]IA[A-Z2-7]{16}\b", "KEY"), (r"\bAKIA(?:…\w{4}\b|[A-Z2-7]*…)", "KEY"), (r"\b\d+(?:\.\d+)? (?:ms|s|seconds?|milliseconds?)\b", "DURATION"),
    (r"(?<=:)\d{4,5}\b|(?<=port )\d{4,5}\b|(?<=port=)\d{4,5}\b", "PORT"), (r"\bPostgreSQL \d+(?:\.\d+)?", "PostgreSQL N"),
    (r"[─█▏▎▍▌▋▊▉]+", "BAR"), (r"\bprocess \d+", "process N"), (r"[ \t]+", " "),
]


def settled(text):
    for pattern, instead in VOLATILE: text = re.sub(pattern, instead, text)
    return [line.strip() for line in text.split("\n") if line.strip()]


def differs(shown, printed):
    """The first line that a page shows and that was not printed, or that was printed and is not shown, or nothing."""
    lines, at, is_free = settled(printed), 0, False
    for line in settled("\n".join(shown)):
        if line == "…":
            is_free = True
            continue
        pattern = re.compile(".*".join(re.escape(part) for part in line.split("…")))
        reach = lines[at:] if is_free else lines[at:at + 1]
        found = next((offset for offset, each in enumerate(reach) if pattern.fullmatch(each)), None)
        if found is None: return f"it does not print: {line}"
        at, is_free = at + found + 1, False
    return "" if is_free or at == len(lines) else f"the page does not show: {lines[at]}"


def at_terminal(words, folder, environment):
    """Runs a program at a terminal, and returns what it printed, and its status, or None if it did not end."""
    main, terminal = pty.openpty()
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    shell = subprocess.Popen(words, cwd=folder, env=environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal)
    os.close(terminal)
    printed, deadline = b"", time.monotonic() + 120
    while (rest := deadline - time.monotonic()) > 0:
        if not select.select([main], [], [], rest)[0]: break
        try: part = os.read(main, 65536)
        except OSError: part = b""
        if not part: break
        printed += part
    os.close(main)
    try: return printed.decode("utf-8", "replace"), shell.wait(timeout=max(1, deadline - time.monotonic()))
    except subprocess.TimeoutExpired:
        os.killpg(shell.pid, signal.SIGKILL)
        return printed.decode("utf-8", "replace"), None


class Lookalike:
    """A server that goes by the names that pages use, at an address and a port that the environment names."""

    def __init__(self, top, folder):
        start = [top / "Fixtures/rds-lookalike/start", "--database", "blog", "--plain-user", "mallory", "--until-stdin-closes"]
        for user in ("andrew", "owner", "web1", "auditor"): start += ["--user", user]
        for name in ("db", "audit"): start += ["--name", f"{name}.abcdefghijkl.eu-west-2.rds.amazonaws.com"]
        self.process = subprocess.Popen(start, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        facts = json.loads(self.process.stdout.readline() or "{}")
        if not facts: sys.exit("docs: error: the look-alike does not start")
        self.facts = facts
        shutil.copy(facts["ca"], folder / "global-bundle.pem")
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "PG", "RDS_IAM", "XDG_", "LC_"))}
        self.environment = {
            **clean, "AWS_SHARED_CREDENTIALS_FILE": facts["credentials"], "AWS_CONFIG_FILE": "/dev/null", "AWS_EC2_METADATA_DISABLED": "true",
            # Nothing is sent to AWS: no service answers at this address.
            "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9",
            "PGHOSTADDR": facts["hostaddr"], "PGPORT": str(facts["port"]), "PGSSLROOTCERT": str(folder / "global-bundle.pem"),
            "LOOKALIKE": f"host={facts['socket']} hostaddr='' port={facts['port']} user=postgres", "LANG": "C.UTF-8", "TERM": "dumb", "PAGER": "cat",
        }

    def __enter__(self): return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=60)


class Session:
    """One page: a directory of its own, which is its home too, and what its commands have exported."""

    def __init__(self, environment, program):
        # The path of a socket has room for about a hundred bytes, so these are short.
        self.folder = folder = pathlib.Path(tempfile.mkdtemp())
        self.run_directory = tempfile.mkdtemp()
        self.environment, self.program, self.servers, self.status = dict(environment), program, [], 0
        for name in ("var/lib", "var/backups", "etc"): (folder / name).mkdir(parents=True)
        shutil.copy(environment["PGSSLROOTCERT"], folder / "global-bundle.pem")
        self.environment.update(HOME=str(folder), XDG_RUNTIME_DIR=self.run_directory, PGSSLROOTCERT=str(folder / "global-bundle.pem"))
        # The port that pages use may be taken on this machine.
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            self.port = taken.getsockname()[1]
        self.state = folder / ".state"
        self.state.write_text("")

    def here(self, text):
        """A command with places of this machine for those of the page's."""
        places = {"/run/user/1000": self.run_directory, "/var/": f"{self.folder}/var/", "/etc/": f"{self.folder}/etc/",
                  "/home/andrew": str(self.folder)}
        for place, instead in places.items(): text = re.sub(rf"(?<![\w/.]){re.escape(place)}", instead, text)
        text = re.sub(r"\b5433\b", str(self.port), text)
        text = re.sub(r"^swift run\b.*", str(self.program or "false"), text)
        return text

    def there(self, text):
        """What was printed with the page's places for those of this machine."""
        places = {self.run_directory: "/run/user/1000", f"{self.folder}/var/": "/var/", f"{self.folder}/etc/": "/etc/"}
        for place, instead in {**places, str(self.folder): "/home/andrew"}.items(): text = text.replace(place, instead)
        return re.sub(rf"\b{re.escape(socket.gethostname())}\b", "web-1", by_andrew(text))

    def shell(self, text):
        script = f'. {self.state}; (exit {self.status}); {text}\nstatus=$?; export -p > {self.state}; echo "cd $(printf %q "$PWD")" >> {self.state}; exit $status'
        return ["bash", "-c", script]

    def run(self, command):
        """Runs a command at a terminal, and returns what it printed, or None if it did not end."""
        printed, self.status = at_terminal(self.shell(self.here(command.text)), self.folder, self.environment)
        return None if self.status is None else self.there(printed)

    def serve(self, command):
        """Starts a server, and returns what is wrong with it; it prints a connection string when it is ready."""
        server = subprocess.Popen(["bash", "-c", f". {self.state}; exec " + self.here(command.text).rstrip("& ")], cwd=self.folder, text=True,
                                  env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.servers.append((command, server))
        said = line = server.stdout.readline()
        while line and not line.startswith("host="): said += (line := server.stdout.readline())
        if not line: return f"it does not become ready: {said}"
        return differs(command.shown, self.there(line)) if command.shown else ""

    def follow(self, command):
        """Starts what goes on until it is stopped, stops it after three seconds, and returns what is wrong."""
        follower = subprocess.Popen(["bash", "-c", f". {self.state}; exec " + self.here(command.text)], cwd=self.folder, text=True,
                                    env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        # What ships says so when it has logged in and shipped what it found.
        said = follower.stdout.readline() if "audit ship" in command.text else ""
        try: return f"it ends with status {follower.wait(timeout=3)}: {said}{follower.stdout.read()}"
        except subprocess.TimeoutExpired: follower.terminate()
        said += follower.communicate(timeout=60)[0]
        return "" if follower.returncode in (143, -signal.SIGTERM) else f"it ends with status {follower.returncode} after SIGTERM: {said}"

    def end(self):
        for command, server in self.servers:
            server.terminate()
            try: server.communicate(timeout=60)
            except subprocess.TimeoutExpired: server.kill()
            if server.returncode != 143: yield command, f"it ends with status {server.returncode} after SIGTERM"
        for folder in (self.folder, self.run_directory): shutil.rmtree(folder, ignore_errors=True)


def by_andrew(text):
    """What was printed, as if andrew had run it."""
    return re.sub(rf"\b{re.escape(getpass.getuser())}(?= +\w[\w-]*  )", "andrew", text)


def run_demo(top, program, text):
    """Runs bin/demo. Returns its faults: it fails, or a paragraph of it that the page shows is not what it prints."""
    environment = {**os.environ, "LANG": "C.UTF-8", "TERM": "xterm"}
    printed, status = at_terminal([top / "bin/demo", "--command", program], top, environment)
    if status != 0: return [f"bin/demo ends with status {status}: {printed}"]
    printed = by_andrew(printed)
    shown = [block for block in re.findall(r"(?ms)^```text\n(.*?)^```$", text) if "# Who is connected" in block]
    parts = [part.split("\n") for block in shown for part in block.strip().split("\n\n")]
    if not parts: return ["README.md does not show bin/demo"]
    faults = [f"README.md: bin/demo, {fault}" for part in parts if (fault := differs(["…", *part, "…"], printed))]
    shell = subprocess.run([top / "bin/demo", "--shell", "--command", program], cwd=top, env=environment, timeout=60, text=True,
                           input='rds-iam connect -h db.abcdefghijkl.eu-west-2.rds.amazonaws.com -U andrew -d blog; psql "$ADMINISTRATOR" -tc "select 41 + 1"\n',
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if shell.returncode or "\nandrew is connected to blog" not in shell.stdout or "\n       42\n" not in shell.stdout:
        faults.append(f"bin/demo --shell ends with status {shell.returncode}: {shell.stdout}")
    return faults


def run_page(name, text, environment, program):
    """Runs a page's commands. Returns its faults, how many were run and compared, and why others were not run."""
    session, faults, ran, compared, skipped, left = Session(environment, program), [], 0, 0, [], commands(text)
    for number, command in enumerate(left):
        reason = next((why for pattern, why in NOT_RUN if re.match(pattern, command.text)), None)
        if reason and not command.is_hidden:
            skipped.append((command.text, reason))
            continue
        fault = ""
        printed = None
        if SERVERS.match(command.text): fault = session.serve(command)
        elif FOLLOWERS.match(command.text): fault = session.follow(command)
        else:
            printed = session.run(command)
            is_asked = number + 1 < len(left) and left[number + 1].text == "echo $?"
            if printed is None: fault = "it does not end"
            elif session.status and not is_asked: fault = f"status {session.status}: {printed}"
            elif command.shown: fault = differs(command.shown, printed)
            if fault and printed and "status" not in fault: fault += "\n" + printed
        ran, compared = ran + 1, compared + bool(command.shown)
        if fault: faults.append(f"{name}:{command.line}: {command.text}\n{fault}")
    faults += [f"{name}:{command.line}: {command.text}\n{fault}" for command, fault in session.end()]
    return faults, ran, compared, skipped

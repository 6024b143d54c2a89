"""Two processes that look after each other, so that nothing is left behind whichever of them is killed.

The front is what the caller started: it takes the signals and prints the facts. The runner, in a session of its own,
starts and stops everything else; it stops when its end of a pipe says that the front is gone.
"""

import json
import os
import select
import shlex
import signal
import sys

from .children import STOP_TIMEOUT, Children, Failed, Process, Stopped
from .server import Server
from .surroundings import make_folder, remove_folder, server_owner

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(options):
    """Runs a look-alike until it is asked to stop; returns the exit code."""
    os.closerange(3, 65536)  # a pipe inherited by accident would be held open
    wake, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    # First of all: a signal that has a handler and no pipe would be lost.
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    for sign in _SIGNALS:
        signal.signal(sign, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    lifeline, lifeline_write = os.pipe()
    news, news_write = os.pipe()
    runner = os.fork()
    if runner == 0:
        for end in (wake, wake_write, lifeline_write, news):
            os.close(end)
        _run_server(options, lifeline, news_write)
    os.close(lifeline)
    os.close(news_write)
    return _Front(options, wake, lifeline_write, news, runner).run()


def _run_server(options, lifeline, news):
    """All that the runner does."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        os.setsid()
        for sign in _SIGNALS:
            signal.signal(sign, signal.SIG_DFL)
        _serve(options, lifeline, news)
    except Stopped:
        code = 0
    except (Failed, OSError) as failure:
        print(f"start: {failure}", file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _serve(options, lifeline, news):
    def tell(facts):
        os.write(news, json.dumps(facts).encode() + b"\n")

    owner = server_owner()
    folder = make_folder(owner)
    server = None
    try:
        tell({"dir": folder})
        server = Server(options, Children(lifeline, news, owner, folder), owner, folder)
        tell(server.start())
        server.wait()
    finally:
        if server is not None:
            server.stop()
        remove_folder(folder)


class _Front:
    def __init__(self, options, wake, lifeline, news, runner):
        self._options, self._wake, self._lifeline, self._news = options, wake, lifeline, news
        self._runner = runner
        self._folder = None
        self._caller = Process(options.while_pid) if options.while_pid else None

    def run(self):
        """Waits for whatever comes first; returns the exit code when everything is gone."""
        try:
            self._listen()
        except OSError as failure:
            print(f"start: {failure}", file=sys.stderr, flush=True)
        os.close(self._lifeline)
        _, status = os.waitpid(self._runner, 0)
        if os.WIFSIGNALED(status) and self._folder:
            self._clean_up()
        return 0 if status == 0 else 1

    def _listen(self):
        """Returns when a signal comes, when the caller is gone, or when the runner has nothing more to say."""
        watched = [self._wake, self._news] + [0] * self._options.until_stdin_closes
        told = b""
        while not (self._caller and self._caller.is_gone()):
            ready, _, _ = select.select(watched, [], [], 0.2 if self._caller else None)
            if self._wake in ready or (0 in ready and not os.read(0, 4096)):
                return
            if self._news in ready:
                piece = os.read(self._news, 65536)
                if not piece:
                    return
                *lines, told = (told + piece).split(b"\n")
                for line in lines:
                    self._hear(json.loads(line))

    def _hear(self, facts):
        self._folder = facts["dir"]
        if "port" not in facts:
            return
        facts["pid"] = os.getpid()
        if self._options.write_env:
            self._write_environment(facts)
        os.write(1, json.dumps(facts).encode() + b"\n")

    def _write_environment(self, facts):
        path = self._options.write_env
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.writelines(f"RDS_LOOKALIKE_{name.upper()}={shlex.quote(str(fact))}\n" for name, fact in facts.items())
        os.replace(f"{path}.new", path)

    def _clean_up(self):
        """What the runner would have done, once its children are gone."""
        try:
            with open(f"{self._folder}/data/postmaster.pid", encoding="ascii") as file:
                Process(int(file.readline())).end(signal.SIGQUIT)
        except (OSError, ValueError):
            pass
        while select.select([self._news], [], [], STOP_TIMEOUT)[0] and os.read(self._news, 65536):
            continue
        remove_folder(self._folder)

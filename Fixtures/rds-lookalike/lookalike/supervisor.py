"""Two processes that look after each other, so that nothing is left behind whichever of them is killed.

The front is what the caller started: it takes the signals and prints the facts. The keeper, in a session of its own,
starts and stops everything else; it stops when its end of a pipe says that the front is gone.
"""

import json
import os
import select
import shlex
import shutil
import signal
import sys

from .children import Children, Failed, Stopped, end_orphan
from .server import Server, make_folder, server_owner

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(options):
    """Runs a look-alike until it is asked to stop; returns the exit code."""
    wake, wake_write = os.pipe()
    os.set_blocking(wake_write, False)
    for sign in _SIGNALS:
        signal.signal(sign, lambda *_: None)
    signal.set_wakeup_fd(wake_write)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
    lifeline, lifeline_write = os.pipe()
    news, news_write = os.pipe()
    keeper = os.fork()
    if keeper == 0:
        for end in (wake, wake_write, lifeline_write, news):
            os.close(end)
        _keep(options, lifeline, news_write)
    os.close(lifeline)
    os.close(news_write)
    return _Front(options, wake, lifeline_write, news, keeper).run()


def _keep(options, lifeline, news):
    """The keeper's whole life."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        os.setsid()
        for sign in _SIGNALS:
            signal.signal(sign, signal.SIG_DFL)
        _serve(options, lifeline, lambda facts: os.write(news, json.dumps(facts).encode() + b"\n"))
    except Stopped:
        code = 0
    except (Failed, OSError) as failure:
        print(f"start: {failure}", file=sys.stderr, flush=True)
    except SystemExit as failure:
        print(failure, file=sys.stderr, flush=True)
    finally:
        os._exit(code)


def _serve(options, lifeline, tell):
    owner = server_owner()
    folder = make_folder(owner)
    server = None
    try:
        tell({"dir": folder})
        server = Server(options, Children(lifeline, owner, folder), folder)
        tell(server.start())
        server.wait()
    finally:
        if server is not None:
            server.stop()
        shutil.rmtree(folder)


class _Front:
    def __init__(self, options, wake, lifeline, news, keeper):
        self._options, self._wake, self._lifeline, self._news = options, wake, lifeline, news
        self._keeper = keeper
        self._folder = None

    def run(self):
        watched = [self._wake, self._news]
        if self._options.until_stdin_closes:
            watched.append(0)
        told = b""
        while True:
            ready, _, _ = select.select(watched, [], [], 0.2)
            if self._wake in ready or self._caller_gone(ready):
                os.close(self._lifeline)
                break
            if self._news in ready:
                piece = os.read(self._news, 65536)
                if not piece:
                    break
                *lines, told = (told + piece).split(b"\n")
                for line in lines:
                    self._hear(json.loads(line))
        _, status = os.waitpid(self._keeper, 0)
        if os.WIFSIGNALED(status) and self._folder:
            self._clean_up()
        return os.waitstatus_to_exitcode(status) and 1

    def _caller_gone(self, ready):
        if 0 in ready and not os.read(0, 4096):
            return True
        pid = self._options.while_pid
        if pid is None:
            return False
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return False

    def _hear(self, facts):
        self._folder = facts["dir"]
        if "port" not in facts:
            return
        facts["pid"] = os.getpid()
        if self._options.write_env:
            self._write_environment(facts)
        print(json.dumps(facts), flush=True)

    def _write_environment(self, facts):
        path = self._options.write_env
        with open(f"{path}.new", "w", encoding="utf-8") as file:
            file.writelines(f"RDS_LOOKALIKE_{name.upper()}={shlex.quote(str(fact))}\n" for name, fact in facts.items())
        os.replace(f"{path}.new", path)

    def _clean_up(self):
        """What the keeper would have done."""
        try:
            with open(f"{self._folder}/data/postmaster.pid", encoding="ascii") as file:
                end_orphan(int(file.readline()), signal.SIGQUIT)
        except (OSError, ValueError):
            pass
        shutil.rmtree(self._folder, ignore_errors=True)

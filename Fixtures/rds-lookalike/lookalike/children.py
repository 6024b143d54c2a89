"""Starting and stopping child processes without ever leaving one behind."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import tempfile
import time

STOP_TIMEOUT = 15  # seconds for a server to stop by itself


class Stopped(Exception):
    """The look-alike was asked to stop."""


class Failed(Exception):
    """A child failed; the argument says which and why."""


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_PR_SET_PDEATHSIG = 1


def _die_with(parent):
    """What a child runs before its program: Linux ends it when its parent is killed outright."""

    def prepare():
        if _LIBC is not None:
            _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGQUIT)
            if os.getppid() != parent:
                os._exit(1)

    return prepare


class Children:
    """Runs one child at a time, as `owner` where root, and raises Stopped when the lifeline's other end closes.

    Every child holds `witness` open, the end of a pipe: who reads its other end learns when the last one is gone.
    """

    def __init__(self, lifeline, witness, owner, home):
        self._lifeline, self._witness = lifeline, witness
        self._home = home
        self._identity = {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []} if owner else {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LDAP"))}
        self._environment = kept | {"LC_ALL": "C", "HOME": home, "LDAPNOINIT": "1", "TZ": "UTC"}
        self._wake, wake_write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)

    def serve(self, command, output):
        """A running server, which Linux ends when we are killed outright."""
        return self._spawn(command, subprocess.DEVNULL, output, _die_with(os.getpid()))

    def _spawn(self, command, stdin, output, prepare=None):
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self._home,
            env=self._environment,
            start_new_session=True,
            pass_fds=(self._witness,),
            preexec_fn=prepare,
            **self._identity,
        )

    def run(self, command, text=""):
        """Runs a command to its end with `text` on standard input; its output goes into the error if it fails."""
        with tempfile.TemporaryFile() as words, tempfile.TemporaryFile() as output:
            words.write(text.encode())
            words.seek(0)
            child = self._spawn(command, words, output)
            try:
                while child.poll() is None:
                    self.pause(1)
            except Stopped:
                finish(child)
                raise
            if child.returncode != 0:
                output.seek(0)
                said = output.read().decode("utf-8", "replace")
                raise Failed(f"{os.path.basename(command[0])} failed: {said.strip()}")

    def pause(self, seconds):
        """Waits until a child ends or the time is over."""
        ready, _, _ = select.select([self._lifeline, self._wake], [], [], seconds)
        if self._wake in ready:
            os.read(self._wake, 4096)
        if self._lifeline in ready:
            raise Stopped


def finish(child):
    """Lets a child run to its end: a PostgreSQL that is killed while it sets up leaves shared memory behind."""
    try:
        child.wait(STOP_TIMEOUT)
    except subprocess.TimeoutExpired:
        end(child, signal.SIGTERM)


def end(child, sign):
    """Ends a child process by a signal to its group, and by SIGKILL if that has no effect."""
    for attempt in (sign, signal.SIGKILL):
        if child.poll() is not None:
            return
        try:
            os.killpg(child.pid, attempt)
            child.wait(STOP_TIMEOUT)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            continue


class Process:
    """A process that is not our child. It counts as gone from its end on, reaped or not, where Linux tells."""

    def __init__(self, pid):
        self._pid = pid
        self._handle = None
        if hasattr(os, "pidfd_open"):
            try:
                self._handle = os.pidfd_open(pid)
            except OSError:
                pass

    def is_gone(self):
        """Whether it has ended."""
        if self._handle is not None:
            return bool(select.select([self._handle], [], [], 0)[0])
        try:
            os.kill(self._pid, 0)
        except ProcessLookupError:
            return True
        except PermissionError:
            pass
        return False

    def end(self, sign):
        """Ends it by a signal, and by SIGKILL if that has no effect."""
        for attempt in (sign, signal.SIGKILL):
            deadline = time.monotonic() + STOP_TIMEOUT
            while not self.is_gone() and time.monotonic() < deadline:
                os.kill(self._pid, attempt)
                time.sleep(0.05)

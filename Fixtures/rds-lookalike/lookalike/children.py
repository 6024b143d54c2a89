"""Starting and stopping child processes without ever leaving one behind."""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time

PATIENCE = 15  # seconds for a server to stop by itself


class Stopped(Exception):
    """The look-alike was asked to stop."""


class Failed(Exception):
    """A child failed; the argument says which and why."""


def _die_with_parent():
    """What a child runs before its program: Linux ends it when its parent is killed outright."""
    if _LIBC is not None:
        _LIBC.prctl(1, signal.SIGQUIT)


_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class Children:
    """Runs one child at a time, as `owner` where root, and raises Stopped when the lifeline's other end closes."""

    def __init__(self, lifeline, owner, home):
        self._lifeline = lifeline
        self._home = home
        self._identity = {"user": owner, "group": owner, "extra_groups": []} if owner else {}
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_", "LDAP"))}
        self._environment = kept | {"LC_ALL": "C", "HOME": home, "LDAPNOINIT": "1", "TZ": "UTC"}
        self._wake, wake_write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_write, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_write)

    def spawn(self, command, stdin=subprocess.DEVNULL, output=subprocess.DEVNULL):
        """A running child in a process group of its own."""
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=self._home,
            env=self._environment,
            start_new_session=True,
            preexec_fn=_die_with_parent,
            **self._identity,
        )

    def run(self, command, text=""):
        """Runs a command to its end with `text` on standard input; its output goes into the error if it fails."""
        with open(f"{self._home}/input", "w+b") as words, open(f"{self._home}/output", "w+b") as output:
            words.write(text.encode())
            words.seek(0)
            child = self.spawn(command, words, output)
            try:
                while child.poll() is None:
                    self.pause(1)
            except Stopped:
                end(child, signal.SIGTERM)
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


def end(child, sign):
    """Ends a child by a signal to its group, and by force when it does not heed it."""
    for attempt in (sign, signal.SIGKILL):
        if child.poll() is not None:
            return
        try:
            os.killpg(child.pid, attempt)
            child.wait(PATIENCE)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            continue


def end_orphan(pid, sign):
    """The same for a process that is not our child."""
    for attempt in (sign, signal.SIGKILL):
        deadline = time.monotonic() + PATIENCE
        try:
            os.kill(pid, attempt)
            while time.monotonic() < deadline:
                os.kill(pid, 0)
                time.sleep(0.02)
        except ProcessLookupError:
            return

"""What the machine offers: a user for the server, a temporary folder, free ports."""

import os
import pwd
import random
import shutil
import socket
import tempfile
import time

from .children import Failed

_LONGEST_PARENT = 60  # a socket's path, which is inside the folder, ends at 103 bytes
_ROOM = 1 << 30  # bytes


def server_owner():
    """The user PostgreSQL runs as where we are root, since it refuses to run as root; None elsewhere."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "_postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Failed("PostgreSQL does not run as root, and there is no user postgres or nobody")


def make_folder(owner):
    """A new temporary folder of the server's user; in /tmp where the usual place is closed to that user or too long."""
    parent = _memory() or tempfile.gettempdir()
    if len(parent) > _LONGEST_PARENT or (owner and not _open_to_all(parent)):
        parent = "/tmp"
    folder = tempfile.mkdtemp(prefix="rds-lookalike.", dir=parent)
    give(folder, owner)
    return folder


def _memory():
    """Linux's file system in memory, several times as fast to fill, if it has room and TMPDIR names no other place."""
    try:
        room = os.statvfs("/dev/shm")
    except OSError:
        return None
    usable = room.f_bavail * room.f_frsize > _ROOM and os.access("/dev/shm", os.W_OK | os.X_OK)
    return "/dev/shm" if usable and not os.environ.get("TMPDIR") else None


def give(path, owner):
    """Hands a file or folder to the server's user."""
    if owner:
        os.chown(path, owner.pw_uid, owner.pw_gid)


def _open_to_all(path):
    while os.stat(path).st_mode & 0o001:
        if path == "/":
            return True
        path = os.path.dirname(path)
    return False


def remove_folder(folder):
    """Removes a folder, trying for ten seconds: a dying process may still write into it."""
    for _ in range(100):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        time.sleep(0.1)


def loopback():
    """The loopback addresses this machine has."""
    return [address for address in ("127.0.0.1", "::1") if _can_bind(address, 0)]


def free_port():
    """A port that is free now on every loopback address, below the usual range of outgoing connections."""
    addresses = loopback()
    while True:
        port = random.randrange(15000, 32000)
        if all(_can_bind(address, port) for address in addresses):
            return port


def _can_bind(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((address, port))
    except OSError:
        return False
    return True

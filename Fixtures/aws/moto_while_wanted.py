"""Runs moto's server until standard input ends: `moto_while_wanted.py PORT`.

So it ends at the latest with the test that started it.
"""
import os
import sys
import threading

from moto.server import main


def leave():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=leave, daemon=True).start()
main(["-H", "127.0.0.1", "-p", sys.argv[1]])

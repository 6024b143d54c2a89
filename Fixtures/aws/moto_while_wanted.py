"""Runs moto's server until standard input ends, so that it goes with the test that started it: `moto_while_wanted.py PORT`."""
import os
import sys
import threading

from moto.server import main


def leave():
    sys.stdin.read()
    os._exit(0)


threading.Thread(target=leave, daemon=True).start()
main(["-H", "127.0.0.1", "-p", sys.argv[1]])

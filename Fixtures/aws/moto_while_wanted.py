"""Runs moto's server on a free port, which it prints, until standard input ends.

So it ends at the latest with the test that started it.
"""
import logging
import sys

from moto.server import ThreadedMotoServer

# No line for each request.
logging.getLogger("werkzeug").setLevel(logging.ERROR)
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()

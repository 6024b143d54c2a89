"""Runs a program at a terminal and answers its questions.

`python3 terminal.py PROGRAM ARGUMENT... -- [PROMPT ANSWER]...` waits for each prompt, types its answer, and prints what
the terminal showed, with `echo on` or `echo off` at the end, and with the signal that ended the program. `^C` stands
for Ctrl-C.
"""
import os
import pty
import select
import signal
import sys
import termios

split = sys.argv.index("--")
program, talk = sys.argv[1:split], sys.argv[split + 1:]
child, terminal = pty.fork()
if child == 0:
    os.execv(program[0], program)
shown = b""
talk = list(zip(talk[::2], talk[1::2]))
while True:
    ready, _, _ = select.select([terminal], [], [], 60)
    try:
        data = os.read(terminal, 4096) if ready else b""
    except OSError:
        data = b""
    if not data:
        break
    shown += data
    while talk and talk[0][0].encode() in shown:
        prompt, answer = talk.pop(0)
        os.write(terminal, b"\x03" if answer == "^C" else answer.encode() + b"\n")
    if b"at once" in shown or b"late" in shown: break
shown += b"echo on\n" if termios.tcgetattr(terminal)[3] & termios.ECHO else b"echo off\n"
if not ready: os.kill(child, signal.SIGKILL)
status = os.waitpid(child, 0)[1]
if os.WIFSIGNALED(status): shown += b"ended by signal %d\n" % os.WTERMSIG(status)
sys.stdout.write(shown.decode(errors="replace").replace("\r\n", "\n"))

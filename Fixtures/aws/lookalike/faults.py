"""What can go wrong on the wire and in a service."""
import socket
import struct
import time

from .services import Answer

HUGE = b"x" * (5 << 20)


def act(handler, behavior, count, answer):
    """Answers, or misbehaves, by the behavior's name. `count` is how often this visitor has asked, from 1."""
    if behavior == "silent":
        time.sleep(40)
    elif behavior == "drip":
        drip(handler)
    elif behavior == "reset" or (behavior == "flaky" and count <= 2):
        reset(handler)
    elif behavior == "cut":
        cut(handler, answer())
    elif behavior in STATUSES:
        handler.answer(Answer(STATUSES[behavior], b"SECRET in an error page"))
    elif behavior == "busy" and count <= 2:
        handler.answer(Answer(503, b"busy"))
    elif behavior == "garbage":
        handler.answer(Answer(200, b"\xff\xfe<html>SECRET"))
    elif behavior == "empty":
        handler.answer(Answer(200, b""))
    elif behavior == "huge":
        handler.answer(Answer(200, HUGE))
    elif behavior == "redirect":
        handler.answer(Answer(302, b"", {"location": "/fine.redirected/" + handler.path.split("/", 2)[2]}))
    elif behavior == "nohttp":
        handler.wfile.write(b"SSH-2.0-OpenSSH\r\n")
        handler.close_connection = True
    elif behavior == "skew":
        handler.answer(answer(clock=3600))
    else:
        handler.answer(answer())


STATUSES = {"forbidden": 403, "missing": 404, "bad": 400, "broken": 500, "unavailable": 503, "unauthorized": 401}


def drip(handler):
    """A body that comes byte by byte for longer than any client waits."""
    handler.send_response(200)
    handler.send_header("content-length", "100")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.4)


def reset(handler):
    """A connection that breaks with RST."""
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.connection.close()
    handler.close_connection = True


def cut(handler, answer):
    """A body shorter than announced."""
    handler.send_response(answer.status)
    handler.send_header("content-length", str(len(answer.body) + 10))
    handler.end_headers()
    handler.wfile.write(answer.body[: len(answer.body) // 2])
    handler.close_connection = True

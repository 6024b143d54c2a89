"""An HTTP proxy on loopback that tunnels every connection to one port of this machine.

`python3 proxy.py PORT LOG [user:password]` prints its own port, writes a line to the file LOG for each request, and
serves until its standard input ends.
"""
import base64
import socket
import socketserver
import sys
import threading

TARGET = int(sys.argv[1])
LOG = sys.argv[2]
LOGIN = "Basic " + base64.b64encode(sys.argv[3].encode()).decode() if len(sys.argv) > 3 else None


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        line = self.rfile.readline().decode().strip()
        fields = iter(lambda: self.rfile.readline().decode().strip(), "")
        given = dict((name.lower(), value) for name, value in (field.split(": ", 1) for field in fields))
        if LOGIN and given.get("proxy-authorization") != LOGIN:
            note(f"407 {line}")
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        note(line)
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        with socket.create_connection(("127.0.0.1", TARGET)) as target:
            threading.Thread(target=copy, args=(self.connection, target), daemon=True).start()
            copy(target, self.connection)


def note(line):
    with open(LOG, "a") as file:
        file.write(line + "\n")


def copy(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_address[1], flush=True)
sys.stdin.read()

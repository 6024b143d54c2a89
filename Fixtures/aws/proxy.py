"""An HTTP proxy on loopback that tunnels every connection to one port of this machine.

`python3 proxy.py PORT LOG [--login user:password] [--inspect PEM] [--direct]` prints its own port, writes a line to the
file LOG for each request, and serves until its standard input ends. With --inspect it ends TLS itself, with the key and
the certificate in PEM, as companies' proxies do. With --direct it is no proxy but a server, TLS from the first byte.
"""
import argparse
import base64
import socket
import socketserver
import ssl
import sys
import threading

parser = argparse.ArgumentParser()
parser.add_argument("port", type=int)
parser.add_argument("log")
parser.add_argument("--login")
parser.add_argument("--inspect")
parser.add_argument("--direct", action="store_true")
options = parser.parse_args()
LOGIN = "Basic " + base64.b64encode(options.login.encode()).decode() if options.login else None
TLS = None
if options.inspect:
    TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    TLS.load_cert_chain(options.inspect)


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        if options.direct:
            note("direct")
            self.forward()
            return
        line = self.rfile.readline().decode().strip()
        fields = iter(lambda: self.rfile.readline().decode().strip(), "")
        given = dict((name.lower(), value) for name, value in (field.split(": ", 1) for field in fields))
        if LOGIN and given.get("proxy-authorization") != LOGIN:
            note(f"407 {line}")
            self.wfile.write(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n")
            return
        note(line)
        self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        self.forward()

    def forward(self):
        try:
            client = TLS.wrap_socket(self.connection, server_side=True) if TLS else self.connection
        except (ssl.SSLError, OSError):
            return
        with socket.create_connection(("127.0.0.1", options.port)) as target:
            threading.Thread(target=copy, args=(client, target), daemon=True).start()
            copy(target, client)


def note(line):
    with open(options.log, "a") as file:
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

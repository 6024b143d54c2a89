import Foundation
import LibpqClient
import TestSupport
import Testing

@Suite("Over TLS", .timeLimit(.minutes(2)))
struct TLSRecordTests {
    @Test("a connection queries, cancels and receives notifications as over a Unix-domain socket")
    func everything() async throws {
        let server = try await Server.shared
        let connection = try await PGConnection.connect(server.passwordLogin())
        #expect(connection.facts.tlsVersion != nil && connection.facts.passwordWasUsed)
        var notifications = connection.notifications.makeAsyncIterator()
        let (processID, watcher) = (try await connection.processID, try await server.connect())
        let task = Task { try await connection.query(longSleep) }
        #expect(try await comesTrue { try await watcher.isAsleep(processID) })
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.finished() }
        _ = try await connection.execute("listen tls; notify tls, 'hello'")
        #expect(await notifications.next()?.payload == "hello")
        let result = try await connection.query("select repeat('x', 1000) from generate_series(1, 20000)")
        #expect(result.rows.count == 20_000)
    }

    @Test("a connection reads all of a long TLS record, although its socket has no more bytes")
    func longRecords() async throws {
        let server = try await Server.shared
        let proxy = try LongRecordProxy(server)
        let port = try await proxy.port()
        let connection = try await PGConnection.connect(
            PGLogin([
                "hostaddr": "127.0.0.1", "port": "\(port)", "user": "postgres", "dbname": "postgres",
                "sslmode": "require", "gssencmode": "disable",
            ])
        )
        for width in 700..<860 {
            let result = try await connection.query("select repeat('x', $1::int) from generate_series(1, 100)", width)
            #expect(result.rows.count == 100)
        }
    }
}

/// A server in front of the look-alike's socket that sends TLS records as long as they may be, 16,384 bytes.
///
/// PostgreSQL itself sends at most 8,192, which always fit into libpq's buffer.
private final class LongRecordProxy: Sendable {
    private static let program = """
        import os, socket, ssl, sys, threading
        folder, upstream = sys.argv[1:]
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(folder + "/cert.pem", folder + "/key.pem")
        # The server's last message in each answer: it is ready for the next query.
        ready = bytes.fromhex("5a0000000549")
        listener = socket.create_server(("127.0.0.1", 0))
        with open(folder + "/port.new", "w") as file: file.write(str(listener.getsockname()[1]))
        os.rename(folder + "/port.new", folder + "/port")
        threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
        client = listener.accept()[0]
        client.recv(8)
        client.sendall(b"S")
        client.settimeout(None)
        tls = context.wrap_socket(client, server_side=True)
        server = socket.socket(socket.AF_UNIX)
        server.connect(upstream)
        def forward():
            while data := tls.recv(65536): server.sendall(data)
            os._exit(0)
        threading.Thread(target=forward, daemon=True).start()
        while data := server.recv(1 << 20):
            while not data.endswith(ready) and (more := server.recv(1 << 20)): data += more
            tls.sendall(data)
        """

    private let folder: TemporaryFolder
    private let input: SpawnedProcess.Stream

    init(_ server: RDSLookalike) throws {
        folder = try TemporaryFolder()
        let key = """
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=proxy \
            -keyout "$1/key.pem" -out "$1/cert.pem" 2>"$1/log" && exec python3 -c "$2" "$1" "$3"
            """
        let pipe = try SpawnedProcess.Pipe()
        _ = try SpawnedProcess(
            "/bin/sh",
            ["-c", key, "sh", folder.url.path, Self.program, "\(server.facts.socket)/.s.PGSQL.\(server.facts.port)"],
            environment: [:],
            input: pipe.readEnd,
            output: .standardError(),
            errors: .standardError()
        )
        input = pipe.closingReadEnd()
    }

    private struct Broken: Error {}

    /// The port, as soon as it listens.
    func port() async throws -> Int {
        let file = folder.path("port")
        guard try await comesTrue({ FileManager.default.fileExists(atPath: file) }),
            let port = Int(try String(contentsOfFile: file, encoding: .utf8))
        else { throw Broken() }
        return port
    }
}

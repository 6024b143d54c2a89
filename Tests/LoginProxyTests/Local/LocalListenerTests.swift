#if Proxy
import Foundation
import NIOCore
import NIOPosix
import RDSIAMSystem
import Synchronization
import TestSupport
import Testing

@testable import LoginProxy

/// Says a word to each client and closes.
private final class Greeter: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let greeting: String

    init(greeting: String) {
        self.greeting = greeting
    }

    func channelActive(context: ChannelHandlerContext) {
        let channel = context.channel
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: greeting)))
            .whenComplete { _ in channel.close(promise: nil) }
    }
}

@Suite("Listening on a socket or a port", .timeLimit(.minutes(1)))
struct LocalListenerTests {
    private let folder: TemporaryFolder
    private let group = MultiThreadedEventLoopGroup.singleton

    init() throws { folder = try TemporaryFolder() }

    private var address: LocalAddress { .unixSocket(directory: folder.path("run"), port: 5432) }
    private var path: String { folder.path("run/.s.PGSQL.5432") }

    /// Accepts clients, greets each with a word, and closes.
    private func listen(_ address: LocalAddress? = nil, greeting: String = "hello") async throws -> LocalListener.Bound
    {
        try await LocalListener.bind(address ?? self.address, on: group) { channel in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(Greeter(greeting: greeting))
            }
        }
    }

    /// Listens where a listener was closed just now.
    ///
    /// Between fork and exec, a child process that another test starts has it too.
    private func eventuallyListen(
        _ address: LocalAddress,
        greeting: String = "hello"
    ) async throws
        -> LocalListener.Bound
    {
        let bound = Mutex<LocalListener.Bound?>(nil)
        let isBound = try await comesTrue(within: .seconds(30)) {
            do {
                let new = try await listen(address, greeting: greeting)
                bound.withLock { $0 = new }
                return true
            } catch let error as LocalListenerError where error.code == .alreadyInUse {
                return false
            }
        }
        #expect(isBound)
        return try #require(bound.withLock { $0 })
    }

    private func mode(_ path: String) -> mode_t {
        var state = stat()
        return lstat(path, &state) == 0 ? state.st_mode & 0o7777 : 0
    }

    @Test("The directory is made with mode 0700 and the socket with 0600, and both names are the final ones")
    func modes() async throws {
        let old = umask(0)
        let bound = try await listen()
        umask(old)
        #expect(mode(folder.path("run")) == 0o700)
        #expect(mode(path) == 0o600)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("run")) == [".s.PGSQL.5432"])
        #expect(try RawConnection(path: path).readToEnd() == "hello")
        await bound.close()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("run")) == [])
    }

    @Test("A second listener of the same process is refused, as its address is given twice, and the first goes on")
    func second() async throws {
        let bound = try await listen()
        let error = await #expect(throws: LocalListenerError.self) { try await listen(greeting: "second") }
        #expect(error?.code == .alreadyInUse)
        #expect(error?.message.contains(path) == true)
        #if !canImport(Darwin)
        #expect(error?.message.contains("is given twice") == true)
        #endif
        #expect(try RawConnection(path: path).readToEnd() == "hello")
        await bound.close()
    }

    @Test("No child process inherits a listener or a client's connection")
    func inheritance() async throws {
        let flags = Mutex<[Int32]>([])
        @Sendable func note(_ channel: any Channel) {
            try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
                number in
                flags.withLock { $0.append(fcntl(number, F_GETFD)) }
            }
        }
        for address in [self.address, .tcp(host: "127.0.0.1", port: 0)] {
            let bound = try await LocalListener.bind(address, on: group) { channel in
                note(channel)
                return channel.close()
            }
            try await bound.channel.eventLoop.submit { note(bound.channel) }.get()
            if let path = bound.address.socketPath {
                _ = try RawConnection(path: path).readToEnd()
            } else {
                _ = try RawConnection(port: bound.address.port).readToEnd()
            }
            await bound.close()
        }
        #expect(flags.withLock { $0 } == [FD_CLOEXEC, FD_CLOEXEC, FD_CLOEXEC, FD_CLOEXEC])
    }

    @Test("The socket of a process that ended is replaced")
    func stale() async throws {
        let first = try await listen()
        // The channel goes, the file stays, as after a crash.
        try await first.channel.close()
        #expect(mode(path) == 0o600)
        let second = try await eventuallyListen(address, greeting: "second")
        #expect(try RawConnection(path: path).readToEnd() == "second")
        // The first one's end does not take the second one's socket away.
        await first.close()
        #expect(try RawConnection(path: path).readToEnd() == "second")
        await second.close()
    }

    @Test("A draft that a crash left behind does not matter")
    func draft() async throws {
        try FileManager.default.createDirectory(
            atPath: folder.path("run"),
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        try folder.write("", to: "run/.new.5432")
        let bound = try await listen()
        await bound.close()
    }

    @Test("Of many listeners that start at the same time, exactly one gets the socket")
    func race() async throws {
        let results = await withTaskGroup(of: LocalListener.Bound?.self) { group in
            for number in 0..<16 { group.addTask { try? await listen(greeting: "\(number)") } }
            return await group.reduce(into: [LocalListener.Bound]()) { found, bound in
                if let bound { found.append(bound) }
            }
        }
        #expect(results.count == 1)
        for bound in results { await bound.close() }
    }

    @Test("A file, a directory or a link in the socket's place is refused and stays")
    func notASocket() async throws {
        try await listen().close()
        let makers: [(String) throws -> Void] = [
            { try Data().write(to: URL(filePath: $0)) },
            { try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false) },
            { try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/nowhere") },
        ]
        for make in makers {
            try make(path)
            let error = await #expect(throws: LocalListenerError.self) { try await listen() }
            #expect(error?.code == .notOurSocket)
            try FileManager.default.removeItem(atPath: path)
        }
    }

    @Test("A directory that is open to others is refused", arguments: [0o701, 0o710, 0o755, 0o777, 0o1777])
    func openDirectory(_ mode: Int) async throws {
        let run = folder.path("run")
        try FileManager.default.createDirectory(atPath: run, withIntermediateDirectories: false)
        chmod(run, mode_t(mode))
        let error = await #expect(throws: LocalListenerError.self) { try await listen() }
        #expect(error?.code == .directoryNotPrivate)
        #expect(error?.message.contains(run) == true)
        #expect(self.mode(run) == mode_t(mode))
    }

    @Test("A link to a private directory, a file and another user's directory are refused")
    func otherDirectories() async throws {
        try FileManager.default.createDirectory(
            atPath: folder.path("real"),
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        try FileManager.default.createSymbolicLink(atPath: folder.path("run"), withDestinationPath: folder.path("real"))
        try folder.write("", to: "file")
        for path in [folder.path("run"), folder.path("file")] {
            let error = await #expect(throws: LocalListenerError.self) {
                try await listen(.unixSocket(directory: path, port: 5432))
            }
            #expect(error?.code == .directoryNotPrivate)
        }
        // Only root may give a directory away.
        guard getuid() == 0 else { return }
        chown(folder.path("real"), 65534, 65534)
        let error = await #expect(throws: LocalListenerError.self) {
            try await listen(.unixSocket(directory: folder.path("real"), port: 5432))
        }
        #expect(error?.message.contains("another user") == true)
    }

    @Test("A path is refused if it is one byte too long, with the limit of the operating system")
    func pathLimit() async throws {
        #if canImport(Darwin)
        let limit = 103
        #else
        let limit = 107
        #endif
        let start = folder.path("") + "/"
        let room = limit - start.utf8.count - "/.s.PGSQL.5432".utf8.count
        try #require(room > 0)
        let fits = LocalAddress.unixSocket(directory: start + String(repeating: "d", count: room), port: 5432)
        #expect(fits.socketPath?.utf8.count == limit)
        let bound = try await listen(fits)
        #expect(try RawConnection(path: fits.socketPath ?? "").readToEnd() == "hello")
        await bound.close()
        let long = LocalAddress.unixSocket(directory: start + String(repeating: "d", count: room + 1), port: 5432)
        let error = await #expect(throws: LocalListenerError.self) { try await listen(long) }
        #expect(error?.code == .pathTooLong)
        #expect(error?.message.contains("\(limit + 1) bytes") == true && error?.message.contains("\(limit).") == true)
    }

    @Test("Without a directory above, the error names the directory")
    func missing() async throws {
        let error = await #expect(throws: LocalListenerError.self) {
            try await listen(.unixSocket(directory: folder.path("a/b"), port: 5432))
        }
        #expect(error?.code == .system)
        #expect(error?.message.contains(folder.path("a/b")) == true)
    }

    @Test("Port 0 becomes a real port, and a port in use is refused by its number")
    func ports() async throws {
        let bound = try await listen(.tcp(host: "127.0.0.1", port: 0))
        #expect(bound.address.port > 0)
        #expect(try RawConnection(port: bound.address.port).readToEnd() == "hello")
        let error = await #expect(throws: LocalListenerError.self) { try await listen(bound.address) }
        #expect(error?.code == .alreadyInUse && error?.isRetryable == true)
        #expect(error?.message.contains("127.0.0.1:\(bound.address.port)") == true)
        await bound.close()
    }

    @Test("A port that has just been closed may be bound again")
    func again() async throws {
        let bound = try await listen(.tcp(host: "127.0.0.1", port: 0))
        _ = try RawConnection(port: bound.address.port).readToEnd()
        await bound.close()
        let second = try await eventuallyListen(bound.address)
        await second.close()
    }

    @Test("The standard directory is private, in $XDG_RUNTIME_DIR if that is set")
    func standard() throws {
        let uid = geteuid()
        func path(_ environment: [String: String]) -> String {
            PrivateDirectory.standard(environment: environment).path
        }
        #expect(path(["XDG_RUNTIME_DIR": "/run/user/7/", "TMPDIR": "/x"]) == "/run/user/7/rds-iam")
        #expect(path(["XDG_RUNTIME_DIR": "relative", "TMPDIR": "/var/tmp/"]) == "/var/tmp/rds-iam-\(uid)")
        #expect(path(["XDG_RUNTIME_DIR": ""]) == "/tmp/rds-iam-\(uid)")
        #expect(path(["TMPDIR": "relative"]) == "/tmp/rds-iam-\(uid)")
    }
}
#endif

#if Proxy
import Foundation
import NIOCore
import NIOPosix
import RDSIAMSystem
import TestSupport
import Testing

@testable import LoginProxy

@Suite("Who is at the other end", .timeLimit(.minutes(1)))
struct LocalPeerTests {
    private let group = MultiThreadedEventLoopGroup.singleton

    /// Listens, connects once with `connect`, and returns what the listener learned.
    private func peer(
        at address: LocalAddress,
        _ connect: (LocalAddress) throws -> Void
    ) async throws -> Result<LocalPeer, any Error> {
        let promise = group.next().makePromise(of: Result<LocalPeer, any Error>.self)
        let bound = try await LocalListener.bind(address, on: group) { channel in
            promise.succeed(Result { try LocalPeer.of(channel) })
            return channel.close()
        }
        try connect(bound.address)
        let result = try await promise.futureResult.get()
        await bound.close()
        return result
    }

    @Test("On a socket: this user, this process, its program, and the socket's final name")
    func socket() async throws {
        let folder = try TemporaryFolder()
        let address = LocalAddress.unixSocket(directory: folder.url.path, port: 6000)
        let peer = try await peer(at: address) { _ = try RawConnection(path: $0.socketPath ?? "") }.get()
        #expect(peer.userID == geteuid())
        #expect(peer.processID == getpid())
        #expect(peer.program == ProcessName.of(getpid()) && peer.program != nil)
        #expect(peer.userName == NSUserName())
        #expect(peer.address == folder.path(".s.PGSQL.6000"))
    }

    @Test("On a port: the address, and no user")
    func port() async throws {
        let peer = try await peer(at: .tcp(host: "127.0.0.1", port: 0)) { _ = try RawConnection(port: $0.port) }.get()
        #expect(peer.userID == nil && peer.processID == nil)
        #expect(peer.address.hasPrefix("127.0.0.1:"))
    }

    @Test("Another user is refused, root included, and so is one that the operating system does not name")
    func others() throws {
        for credentials in [
            PeerCredentials(userIdentifier: 1001, processIdentifier: 7),
            PeerCredentials(userIdentifier: 0, processIdentifier: 7), nil,
        ] {
            let error = #expect(throws: ClientError.self) { try LocalPeer(credentials, path: "/run/x", owner: 1000) }
            #expect(error?.sqlState == "28000")
        }
        let own = PeerCredentials(userIdentifier: 1000, processIdentifier: nil)
        #expect(try LocalPeer(own, path: "/run/x", owner: 1000).userID == 1000)
    }
}
#endif

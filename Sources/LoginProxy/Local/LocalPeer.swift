#if Proxy
package import NIOCore

/// Who is at the other end of an accepted connection.
package struct LocalPeer: Sendable {
    package var userID: UInt32?
    package var userName: String?
    package var processID: Int32?
    package var program: String?
    package var address: String

    /// Finds out, on the channel's event loop.
    ///
    /// - Throws: ``ClientError`` if the peer may not use the proxy.
    package static func of(_ channel: any Channel) throws -> LocalPeer {
        LocalPeer(address: channel.remoteAddress.map { "\($0)" } ?? "unknown")
    }
}
#endif

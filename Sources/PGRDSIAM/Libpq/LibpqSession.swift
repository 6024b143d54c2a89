import CLibpq

/// One libpq connection, touched by its loop's thread alone.
actor LibpqSession {
    private nonisolated let loop: SocketLoop
    private let turns = Turns()
    private var handle: LibpqHandle?

    /// The loop's thread, where libpq may take its time without holding up other tasks.
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(on loop: SocketLoop) {
        self.loop = loop
    }

    /// Connects and logs in.
    ///
    /// - Parameters:
    ///   - conninfo: A keyword/value string, password included.
    ///   - secret: What no error may repeat.
    func connect(_ conninfo: [UInt8], hiding secret: String?) async throws -> PGConnection.Facts {
        let handle = try LibpqHandle(connecting: conninfo)
        try await LibpqLogin(handle, loop, hiding: secret).run()
        self.handle = handle
        return PGConnection.Facts(handle)
    }

    func execute(_ sql: String) async throws -> [PGResult] {
        try await turns.begin()
        defer { turns.end() }
        guard let handle else { throw PGRDSIAMError.closed }
        do {
            return try await LibpqQuery(handle, loop).run(sql)
        } catch {
            if handle.status != CONNECTION_OK || error is CancellationError { self.handle = nil }
            throw error
        }
    }

    func close() {
        handle = nil
    }
}

extension PGConnection.Facts {
    fileprivate init(_ handle: LibpqHandle) {
        host = handle.fact(PQhost)
        port = handle.fact(PQport)
        user = handle.fact(PQuser)
        database = handle.fact(PQdb)
        tlsVersion = handle.tls("protocol")
        tokenExpiresAt = nil
    }
}

import PGConninfo
import PGRDSIAM
import TestSupport

/// One look-alike for the tests that leave it running.
enum Server {
    private static let task = Task {
        try await RDSLookalike.start(["--password-user", "anna:geheim", "--postgres-option", "max_connections=400"])
    }

    static var shared: RDSLookalike {
        get async throws { try await task.value }
    }

    /// A connection as superuser.
    static func connect() async throws -> PGConnection { try await shared.connect() }
}

extension RDSLookalike {
    /// A connection as superuser over the server's Unix-domain socket.
    func connect() async throws -> PGConnection {
        try await PGRDSIAM.connect(
            "host=\(facts.socket) port=\(facts.port) user=postgres dbname=postgres",
            environment: ConninfoEnvironment(userName: "nobody")
        )
    }
}

extension PGConnection {
    /// The first field of the first row.
    func value<Value: PGDecodable>(
        _ sql: String,
        _ parameters: (any PGEncodable)?...,
        as type: Value.Type = Value.self
    ) async throws -> Value? {
        try await query(sql, parameters: parameters).rows.first?.decodeIfPresent(type, at: 0)
    }

    var processID: Int32? {
        get async throws { try await value("select pg_backend_pid()") }
    }
}

/// The code that `body` throws; nil where it throws none.
func code(_ body: () async throws -> Void) async throws -> PGRDSIAMError.Code? {
    do {
        try await body()
        return nil
    } catch let error as PGRDSIAMError {
        return error.code
    }
}

/// Waits until `condition` holds, a minute at most; whether it came to hold.
func comesTrue(_ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<3_000 {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(20))
    }
    return false
}

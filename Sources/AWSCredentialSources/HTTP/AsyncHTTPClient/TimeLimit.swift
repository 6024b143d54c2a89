#if AsyncHTTPClient

/// Ends work that takes too long.
///
/// The deadline of AsyncHTTPClient ends with the head of an answer; a body that comes byte by byte would hold a caller for ever.
enum TimeLimit {
    /// Does the work, or cancels it and throws ``CredentialHTTPError/Code/timeout``.
    static func of<Value: Sendable>(
        _ limit: Duration,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw CredentialHTTPError(.timeout)
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}

#endif

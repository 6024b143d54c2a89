/// Waits until a condition holds, so that a test orders events by what it sees, not by how long they usually take.
///
/// - Parameters:
///   - limit: How long to wait at most.
///   - condition: What to wait for.
/// - Returns: Whether the condition came to hold.
/// - Throws: What the condition throws; `CancellationError` if the test reaches its time limit.
public func comesTrue(
    within limit: Duration = .seconds(60),
    _ condition: () async throws -> Bool
) async throws -> Bool {
    let end = ContinuousClock.now + limit
    repeat {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    } while .now < end
    return false
}

extension Task {
    /// Waits for the value as `value` does, but stops waiting when the test reaches its time limit.
    ///
    /// A test that awaits `value` hangs for as long as the task does, whatever its time limit.
    public func finished() async throws -> Success {
        let (results, continuation) = AsyncStream.makeStream(of: Result<Success, Failure>.self)
        Task<Void, Never> {
            continuation.yield(await result)
            continuation.finish()
        }
        for await result in results { return try result.get() }
        cancel()
        throw _Concurrency.CancellationError()
    }
}

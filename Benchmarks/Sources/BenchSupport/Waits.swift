import Foundation
import Synchronization

/// How long each of many calls took, one every ten milliseconds.
public struct Waits: CustomStringConvertible {
    private let seconds: [Double]

    /// Makes calls for as long as other work lasts.
    ///
    /// - Parameters:
    ///   - call: One call, which is given its number.
    ///   - work: The other work.
    public init(
        for call: @escaping @Sendable (Int) async throws -> Void,
        during work: @escaping @Sendable () async throws -> Void
    ) async throws {
        let isDone = Mutex(false)
        async let calls = Self.seconds(of: call) { isDone.withLock { $0 } }
        do { try await work() } catch {
            isDone.withLock { $0 = true }
            throw error
        }
        isDone.withLock { $0 = true }
        seconds = try await calls
    }

    private static func seconds(
        of call: @Sendable (Int) async throws -> Void,
        until isDone: @Sendable () -> Bool
    ) async throws -> [Double] {
        var seconds: [Double] = []
        while !isDone() {
            let start = ContinuousClock.now
            try await call(seconds.count)
            seconds.append((ContinuousClock.now - start) / .seconds(1))
            try await Task.sleep(for: .milliseconds(10))
        }
        return seconds.sorted()
    }

    /// The number of calls, their median, 99th percentile and longest.
    public var description: String {
        func at(_ share: Double) -> String {
            String(format: "%.1f ms", seconds[Int(Double(seconds.count - 1) * share)] * 1e3)
        }
        guard !seconds.isEmpty else { return "no tokens" }
        return "\(seconds.count) tokens waited \(at(0.5)) median, \(at(0.99)) p99, \(at(1)) at most"
    }
}

import AWSCredentialSources
import AWSGenerators
import AuthTokens
import Foundation
import PGRDSIAM
import Synchronization

/// A count that any task may increment.
final class Counter: Sendable {
    private let value = Mutex(0)
    var count: Int { value.withLock { $0 } }
    func increment() { value.withLock { $0 += 1 } }
}

/// A generator that signs for another user, or another server, than the request names.
struct RDSGeneratorAs: AuthTokenGenerator {
    private let inner: RDSGenerator
    private let change: @Sendable (inout AuthTokenRequest) -> Void

    init(_ credentials: AWSCredentials, _ change: @escaping @Sendable (inout AuthTokenRequest) -> Void) {
        inner = RDSGenerator(credentials: .static(credentials))
        self.change = change
    }

    init(_ user: String, _ credentials: AWSCredentials) {
        self.init(credentials) { $0.user = user }
    }

    func token(for request: AuthTokenRequest) async throws -> AuthToken {
        var request = request
        change(&request)
        return try await inner.token(for: request)
    }
}

/// A clock that tests move.
final class MovableClock: Sendable {
    private let shift = Mutex(0.0)
    var date: Date { Date() + shift.withLock { $0 } }
    func advance(by seconds: Double) { shift.withLock { $0 += seconds } }
}

/// Records warnings.
final class Warnings: Sendable {
    private let recorded = Mutex<[ConnectOptions.Warning]>([])
    var all: [ConnectOptions.Warning] { recorded.withLock { $0 } }
    func add(_ warning: ConnectOptions.Warning) { recorded.withLock { $0.append(warning) } }
}

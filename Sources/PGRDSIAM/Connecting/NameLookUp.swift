import Synchronization

#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// Looks host names up (`getaddrinfo`) on threads that may wait, so that libpq never has to.
///
/// Tasks that ask for the same name at the same time share one look-up, and so one thread.
final class NameLookUp: Sendable {
    /// The one that all connections share.
    static let shared = NameLookUp()

    private typealias Waiter = CheckedContinuation<[String], any Error>

    private struct State {
        var waiters: [String: [UInt64: Waiter]] = [:]
        var lastID: UInt64 = 0
    }

    private let state = Mutex(State())

    /// The numeric addresses of `name`, in the order of the system's preference.
    ///
    /// - Throws: ``PGRDSIAMError`` where there are none; may be tried again. `CancellationError` at once where the task is
    ///   cancelled, though the thread goes on to the end of its look-up.
    func addresses(of name: String) async throws -> [String] {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { wait(for: name, as: id, $0) }
        } onCancel: {
            let waiter = state.withLock { $0.waiters[name]?.removeValue(forKey: id) }
            waiter?.resume(throwing: CancellationError())
        }
    }

    private func wait(for name: String, as id: UInt64, _ waiter: Waiter) {
        let isFirst: Bool? = state.withLock { state in
            // Cancelled before it waits: the handler has found nothing, and does not come again.
            guard !Task.isCancelled else { return nil }
            let isFirst = state.waiters[name] == nil
            state.waiters[name, default: [:]][id] = waiter
            return isFirst
        }
        guard let isFirst else { return waiter.resume(throwing: CancellationError()) }
        if isFirst { begin(name) }
    }

    /// On a thread of its own: the system's queues have few, and a look-up may keep one for long.
    private func begin(_ name: String) {
        do {
            try DetachedThread.start { [self] in finish(name, Result { try Self.lookUp(name) }) }
        } catch {
            finish(name, .failure(error))
        }
    }

    private func finish(_ name: String, _ result: Result<[String], any Error>) {
        let waiters = state.withLock { $0.waiters.removeValue(forKey: name) }
        for waiter in (waiters ?? [:]).values { waiter.resume(with: result) }
    }

    private static func lookUp(_ name: String) throws -> [String] {
        var hints = addrinfo()
        hints.ai_socktype = stream
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(name, nil, &hints, &list)
        defer { freeaddrinfo(list) }
        guard failure == 0 else {
            throw PGRDSIAMError.unknownHost(name, String(cString: gai_strerror(failure)))
        }
        let entries = sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }
        let addresses = entries.compactMap { $0.flatMap(numeric) }
        guard !addresses.isEmpty else { throw PGRDSIAMError.unknownHost(name, "it has no address") }
        return addresses
    }

    private static func numeric(_ entry: UnsafeMutablePointer<addrinfo>) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = getnameinfo(
            entry.pointee.ai_addr,
            entry.pointee.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        return failure == 0
            ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self) : nil
    }
}

#if canImport(Darwin)
private let stream = SOCK_STREAM
#else
private let stream = Int32(SOCK_STREAM.rawValue)
#endif

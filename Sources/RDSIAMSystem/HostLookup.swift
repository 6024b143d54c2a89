import RDSIAMBasics
import Synchronization

/// Looks host names up (`getaddrinfo`) on threads that may wait.
///
/// Tasks that ask for the same name at the same time share one look-up, and so one thread.
package final class HostLookup: Sendable {
    /// Why a name has no addresses.
    package struct Failure: RetryableError, CustomStringConvertible {
        /// What the operating system says of it.
        package let reason: String
        /// Whether no answer came, which says nothing about the name, so that a later look-up may succeed.
        package let isTemporary: Bool

        package var message: String {
            "The host name could not be looked up: \(reason). Check the name and the resolver."
        }
        package var isRetryable: Bool { isTemporary }
        package var description: String { message }
    }

    /// The look-ups that all of the process shares.
    package static let shared = HostLookup()

    private let inFlight = Mutex<[ByteText: Promise<[String]>]>([:])

    private let lookUp: @Sendable (String) throws -> [String]

    /// - Parameter lookUp: Asks for the addresses of a name, on a thread that may wait.
    package init(lookUp: @escaping @Sendable (String) throws -> [String] = HostLookup.askSystem) {
        self.lookUp = lookUp
    }

    /// Returns the numeric addresses of a name, in the order of the system's preference.
    ///
    /// - Parameters:
    ///   - name: The name of a host, or a numeric address.
    ///   - limit: How long to wait; the thread goes on until the system answers.
    /// - Returns: At least one address.
    /// - Throws: ``Failure`` if there is none; `CancellationError` at once if the task is canceled.
    package func addresses(of name: String, within limit: Duration? = nil) async throws -> [String] {
        let promise = promise(for: ByteText(name))
        guard let limit else { return try await promise.value() }
        return try await withDeadline(limit, promise)
    }

    private func withDeadline(_ limit: Duration, _ promise: Promise<[String]>) async throws -> [String] {
        let result = Promise<[String]>()
        let answer = Task {
            do { result.settle(.success(try await promise.value())) } catch { result.settle(.failure(error)) }
        }
        let timeout = Timeouts.shared.start(after: min(max(limit, .zero), .seconds(86_400))) {
            result.settle(.failure(Failure(reason: "no answer in \(limit.seconds) seconds", isTemporary: true)))
        }
        defer {
            answer.cancel()
            Timeouts.shared.stop(timeout)
        }
        return try await result.value()
    }

    /// The look-up of a name: the one in flight, or a new one.
    private func promise(for name: ByteText) -> Promise<[String]> {
        let (promise, isNew) = inFlight.withLock { inFlight in
            if let promise = inFlight[name] { return (promise, false) }
            let promise = Promise<[String]>()
            inFlight[name] = promise
            return (promise, true)
        }
        guard isNew else { return promise }
        do {
            try BlockingWork.start { self.finish(name, promise, Result { try self.lookUp(name.string) }) }
        } catch {
            let reason = String(cString: strerror(error.number))
            finish(name, promise, .failure(Failure(reason: reason, isTemporary: true)))
        }
        return promise
    }

    private func finish(_ name: ByteText, _ promise: Promise<[String]>, _ result: Result<[String], any Error>) {
        inFlight.withLock { $0[name] = nil }
        promise.settle(result)
    }

    /// Returns a numeric address in the form in which the system writes it, or `nil` if the text is not one.
    ///
    /// It asks no server. The zone of a link-local address (`%eth0`) is left out.
    package static func canonicalAddress(_ text: String) -> String? {
        guard !text.utf8.contains(0) else { return nil }
        var hints = addrinfo()
        hints.ai_flags = AI_NUMERICHOST
        var list: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(text, nil, &hints, &list) == 0 else { return nil }
        defer { freeaddrinfo(list) }
        return list.flatMap { numeric($0.pointee) }?.splitBytes(separator: "%").first
    }

    /// Asks the operating system, and waits for its answer.
    @Sendable
    package static func askSystem(_ name: String) throws -> [String] {
        // The C function would stop at a NUL and look another name up.
        guard !name.utf8.contains(0) else { throw Failure(reason: "the name holds a NUL", isTemporary: false) }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var list: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(name, nil, &hints, &list)
        guard failure == 0 else {
            let isTemporary = [EAI_AGAIN, EAI_SYSTEM, EAI_MEMORY].contains(failure)
            throw Failure(reason: String(cString: gai_strerror(failure)), isTemporary: isTemporary)
        }
        defer { freeaddrinfo(list) }
        let entries = sequence(first: list) { $0?.pointee.ai_next }.prefix { $0 != nil }
        let addresses = entries.compactMap { entry in entry.flatMap { numeric($0.pointee) } }
        guard !addresses.isEmpty else { throw Failure(reason: "it has no address", isTemporary: false) }
        return addresses
    }

    private static func numeric(_ entry: addrinfo) -> String? {
        var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        let failure = getnameinfo(
            entry.ai_addr,
            entry.ai_addrlen,
            &text,
            socklen_t(text.count),
            nil,
            0,
            NI_NUMERICHOST
        )
        guard failure == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

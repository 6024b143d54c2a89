import RDSIAMSystem

/// Looks up the addresses of a host name.
package protocol HostResolver: Sendable {
    /// All addresses of a host, in numeric form, without brackets.
    ///
    /// - Parameter host: A host name or a numeric address.
    /// - Returns: The addresses; none if the name has none.
    /// - Throws: ``HostResolverError`` or any other error if no answer comes, so that a later look-up may succeed.
    func addresses(of host: String) async throws -> [String]
}

/// Why a look-up says nothing about a host name.
///
/// Trying again may help with its only code, ``Code/noAnswer``.
package struct HostResolverError: RetryableError, CustomStringConvertible {
    /// What went wrong with a look-up; more codes may be added.
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        /// The name, such as `noAnswer`.
        package let description: String

        /// The resolver did not answer, or this process is short of threads or memory.
        package static let noAnswer = Self(description: "noAnswer")
    }

    /// What went wrong, as a program sees it.
    package let code: Code
    /// The host that was looked up.
    package let host: String
    /// The reason in few words, such as `Temporary failure in name resolution`.
    package let reason: String

    /// Creates an error with the properties of the same names.
    package init(_ code: Code, host: String, reason: String) {
        self.code = code
        self.host = host
        self.reason = reason
    }

    /// Two sentences that name the host, the reason and what to do.
    package var message: String { "The host \(host) cannot be looked up: \(reason). Check the resolver, or retry." }

    /// Whether the same call may succeed later although nothing is changed.
    package var isRetryable: Bool { code == .noAnswer }

    /// The same as ``message``.
    package var description: String { message }
}

/// The operating system's resolver, given up after 10 seconds.
struct SystemHostResolver: HostResolver {
    /// Creates the resolver.
    init() {}

    /// Looks a host up on a thread that may wait.
    ///
    /// - Throws: ``HostResolverError`` if no answer comes, which may be retried; `CancellationError`.
    func addresses(of host: String) async throws -> [String] {
        do {
            return try await HostLookup.shared.addresses(of: host, within: .seconds(10))
        } catch let failure as HostLookup.Failure {
            guard failure.isTemporary else { return [] }
            throw HostResolverError(.noAnswer, host: host, reason: failure.reason)
        }
    }
}

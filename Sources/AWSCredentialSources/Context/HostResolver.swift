import RDSIAMSystem

/// Looks up the addresses of a host name.
public protocol HostResolver: Sendable {
    /// All addresses of a host, in numeric form, without brackets.
    ///
    /// - Parameter host: A host name or a numeric address.
    /// - Returns: The addresses; empty where the name has none.
    /// - Throws: Any error where the look-up itself fails, so that a later one may go better.
    func addresses(of host: String) async throws -> [String]
}

/// The operating system's resolver, given up after 10 seconds.
public struct SystemHostResolver: HostResolver {
    /// Creates the resolver.
    public init() {}

    /// Looks a host up on a thread that may wait.
    public func addresses(of host: String) async throws -> [String] {
        do {
            return try await HostLookup.shared.addresses(of: host, within: .seconds(10))
        } catch let error as HostLookup.Failure where !error.isTemporary {
            return []
        }
    }
}

import RDSIAMSystem

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

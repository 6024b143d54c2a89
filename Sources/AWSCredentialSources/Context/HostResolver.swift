/// Looks up the addresses of a host name.
public protocol HostResolver: Sendable {
    /// All addresses of a host, in numeric form, without brackets.
    ///
    /// - Parameter host: A host name or a numeric address.
    /// - Returns: The addresses; empty where the name has none.
    func addresses(of host: String) async throws -> [String]
}

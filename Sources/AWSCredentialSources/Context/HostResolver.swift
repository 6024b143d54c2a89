/// Looks up the addresses of a host name.
public protocol HostResolver: Sendable {
    /// All addresses of a host, in numeric form, without brackets.
    ///
    /// - Parameter host: A host name or a numeric address.
    /// - Returns: The addresses; empty where the name has none.
    /// - Throws: Any error where the look-up itself fails, so that a later one may go better.
    func addresses(of host: String) async throws -> [String]
}

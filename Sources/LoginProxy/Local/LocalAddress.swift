#if Proxy
/// An address on this machine that clients connect to.
public enum LocalAddress: Sendable, Hashable {
    /// A Unix-domain socket in a directory, named after a port as libpq expects it.
    case unixSocket(directory: String, port: Int)
    /// A TCP port.
    case tcp(host: String, port: Int)
}
#endif

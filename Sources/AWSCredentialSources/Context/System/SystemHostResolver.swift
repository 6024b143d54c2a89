#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// The operating system's resolver, given up after 10 seconds.
public struct SystemHostResolver: HostResolver {
    /// Creates the resolver.
    public init() {}

    /// Looks a host up on a thread where waiting is allowed.
    public func addresses(of host: String) async throws -> [String] {
        try await BlockingWork.run(within: .seconds(10), otherwise: OutOfOrder()) { try Self.lookUp(host) }
    }

    /// No answer came, which says nothing about the name.
    private struct OutOfOrder: Error {}

    private static func lookUp(_ host: String) throws -> [String] {
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var first: UnsafeMutablePointer<addrinfo>?
        let failure = getaddrinfo(host, nil, &hints, &first)
        guard failure != EAI_AGAIN, failure != EAI_SYSTEM, failure != EAI_MEMORY else { throw OutOfOrder() }
        guard failure == 0 else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap { numeric($0?.pointee) }
    }

    private static func numeric(_ info: addrinfo?) -> String? {
        guard let info else { return nil }
        var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
        guard getnameinfo(info.ai_addr, info.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0
        else {
            return nil
        }
        return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

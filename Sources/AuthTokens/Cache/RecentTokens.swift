/// A small table in front of the cache: the token that was handed out last for a request, found without hashing all of
/// it.
///
/// A request has one place in it, which it may lose to another. Nothing is lost with it but a little time.
struct RecentTokens: Sendable {
    private struct Entry: Sendable {
        let token: KeptToken
        let generation: UInt64
    }

    private static let size = 256
    private var entries = [Entry?](repeating: nil, count: size)

    /// The token, if its generator still goes by its name; whether it is the caller's and still good is for the caller
    /// to see.
    func token(from generator: String, for request: AuthTokenRequest, generation: UInt64) -> KeptToken? {
        guard let entry = entries[Self.place(generator, request)], entry.generation == generation,
            entry.token.issue.key == TokenKey(generator: generator, request: request)
        else { return nil }
        return entry.token
    }

    mutating func insert(_ token: KeptToken, generation: UInt64) {
        let key = token.issue.key
        entries[Self.place(key.generator, key.request)] = Entry(token: token, generation: generation)
    }

    mutating func remove(_ issue: Issue) {
        let place = Self.place(issue.key.generator, issue.key.request)
        if entries[place]?.token.issue === issue { entries[place] = nil }
    }

    private static func place(_ generator: String, _ request: AuthTokenRequest) -> Int {
        var sum = ends(of: request.host) ^ UInt64(truncatingIfNeeded: request.port)
        sum = sum &* multiplier ^ ends(of: request.user)
        sum = sum &* multiplier ^ ends(of: generator)
        return Int(truncatingIfNeeded: (sum &* multiplier) >> 48) & (size - 1)
    }

    /// The length, the first sixteen bytes and the last eight: endpoints differ there.
    @inline(__always)
    private static func ends(of text: String) -> UInt64 {
        text.utf8.withContiguousStorageIfAvailable { bytes in
            let bytes = UnsafeRawBufferPointer(bytes)
            guard bytes.count >= 8 else { return bytes.reduce(UInt64(bytes.count)) { $0 << 8 | UInt64($1) } }
            let last = bytes.count - 8
            let second = bytes.loadUnaligned(fromByteOffset: min(8, last), as: UInt64.self)
            return (bytes.loadUnaligned(as: UInt64.self) ^ (second &* multiplier)) &* multiplier
                ^ bytes.loadUnaligned(fromByteOffset: last, as: UInt64.self) ^ UInt64(bytes.count)
        } ?? 0
    }

    /// 2⁶⁴ divided by the golden ratio, made odd (Knuth, volume 3, §6.4).
    private static let multiplier: UInt64 = 0x9E37_79B9_7F4A_7C15
}

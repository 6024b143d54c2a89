/// The path as it is signed.
enum CanonicalPath {
    static func text(of path: String, options: SigV4Options) throws(SigV4Error) -> String {
        if path == "/" { return path }
        guard path.utf8.first == UInt8(ascii: "/") || path.isEmpty else {
            throw SigV4Error(.invalidRequest, "the path does not begin with '/'")
        }
        guard !path.holdsControlCharacter else {
            throw SigV4Error(.invalidRequest, "the path holds a control character")
        }
        let path = path.isEmpty ? "/" : path
        let sent = options.normalizesPath ? normalized(path) : path
        // A path encoded once keeps its escapes: '%' stays.
        let literal = options.encodesPathTwice ? [UInt8(ascii: "/")] : [UInt8(ascii: "/"), UInt8(ascii: "%")]
        return PercentEncoding.encode(path: sent, keeping: literal)
    }

    /// Takes out dot segments (RFC 3986 §5.2.4) and empty segments; a final slash stays.
    private static func normalized(_ path: String) -> String {
        var kept: [Substring] = []
        for segment in path.split(separator: "/") where segment != "." {
            if segment == ".." {
                _ = kept.popLast()
            } else {
                kept.append(segment)
            }
        }
        let endsInSlash = path.utf8.last == UInt8(ascii: "/") && !kept.isEmpty
        return "/" + kept.joined(separator: "/") + (endsInSlash ? "/" : "")
    }
}

/// The last stage: the signature itself.
///
/// With the rest of the request it is the right to make it, so it does not print.
public struct RequestSignature: Sendable, Hashable {
    let digest: SHA256Digest

    init(digest: SHA256Digest) {
        self.digest = digest
    }

    /// The 64 lower-case hexadecimal digits that stand in the request.
    public var hexadecimal: String { digest.hexadecimal }
}

extension RequestSignature: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that it is a signature, and no more.
    public var description: String { "RequestSignature(<redacted>)" }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }
}

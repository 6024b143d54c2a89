import CLibcrypto

/// The third stage: a key derived from a secret access key for one day, region and service.
///
/// It signs for anybody who holds it, so it does not print.
public struct SigningKey: Sendable, Hashable {
    private var key: SHA256Digest

    /// Derives the key: HMAC over the date, the region, the service and `aws4_request` in turn.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public init(secretAccessKey: String, scope: CredentialScope) throws(SigV4Error) {
        try self.init(secretAccessKey: secretAccessKey, scope: scope, context: SHA256Context())
    }

    init(secretAccessKey: String, scope: CredentialScope, context: borrowing SHA256Context) throws(SigV4Error) {
        key = try Self.firstKey(secretAccessKey, context: context) { $0.append(basicDateOf: scope.time) }
        key = try code(of: scope.region, context: context)
        key = try code(of: scope.service, context: context)
        key = try code(of: "aws4_request", context: context)
    }

    /// The fourth stage: the signature of a string to sign.
    ///
    /// - Throws: ``SigV4Error/Code/cryptographyUnavailable``.
    public func signature(of stringToSign: StringToSign) throws(SigV4Error) -> RequestSignature {
        RequestSignature(digest: try code(of: stringToSign.text, context: SHA256Context()))
    }

    func code(of message: UnsafeRawBufferPointer, context: borrowing SHA256Context) throws(SigV4Error) -> SHA256Digest {
        try key.withUnsafeBytes { key throws(SigV4Error) in try context.authenticationCode(of: message, key: key) }
    }

    private func code(of text: String, context: borrowing SHA256Context) throws(SigV4Error) -> SHA256Digest {
        try text.withUTF8Bytes { text throws(SigV4Error) in
            try code(of: UnsafeRawBufferPointer(text), context: context)
        }
    }

    /// The key for the date, whose own key is `AWS4` and the secret; that text is wiped from the stack again.
    private static func firstKey(
        _ secretAccessKey: String,
        context: borrowing SHA256Context,
        message: (inout ByteWriter) -> Void
    ) throws(SigV4Error) -> SHA256Digest {
        let prefixed = 4 + secretAccessKey.utf8.count
        return try withUnsafeTemporaryAllocation(of: UInt8.self, capacity: prefixed + 16) {
            buffer throws(SigV4Error) in
            defer { OPENSSL_cleanse(buffer.baseAddress, buffer.count) }
            var writer = ByteWriter(buffer)
            writer.append("AWS4")
            writer.append(secretAccessKey)
            message(&writer)
            return try context.authenticationCode(
                of: writer.written(from: prefixed),
                key: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<prefixed])
            )
        }
    }

    /// Overwrites the key with zeroes, in a way the optimiser may not leave out.
    mutating func wipe() {
        key.withUnsafeMutableBytes { OPENSSL_cleanse($0.baseAddress, $0.count) }
    }
}

extension SigningKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Says that it is a key, and no more.
    public var description: String { "SigningKey(<redacted>)" }

    /// The same as `description`.
    public var debugDescription: String { description }

    /// A mirror without children.
    public var customMirror: Mirror { Mirror(self, children: []) }

    /// The key's 64 hexadecimal digits, for tests of the stage alone: whoever reads them can sign.
    package var hexadecimal: String { key.hexadecimal }
}

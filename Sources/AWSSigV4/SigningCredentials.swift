import RDSIAMBasics

/// An access key ID, its secret access key and, if they are temporary, their session token.
///
/// The secret parts do not print: `description`, `debugDescription` and the mirror hold only the access key ID.
public struct SigningCredentials: Sendable {
    /// The public half, for example `AKIA…` or, for temporary credentials, `ASIA…`.
    public let accessKeyID: String
    /// The secret that signing keys are derived from.
    public let secretAccessKey: String
    /// The session token of temporary credentials; `nil` for long-lived ones, never empty.
    public let sessionToken: String?
    /// The session token as it stands in a query, encoded once for all requests, as it is long.
    let encodedSessionToken: String?

    /// Creates credentials.
    ///
    /// - Parameters:
    ///   - accessKeyID: Letters, digits, `_` and `-` (IAM API Reference, `AccessKey`: word characters).
    ///   - secretAccessKey: Not empty, without control characters.
    ///   - sessionToken: Without control characters. An empty one counts as none: RDS Proxy refuses an empty
    ///     `X-Amz-Security-Token`.
    /// - Throws: ``SigV4Error/Code/invalidCredentials``; do not retry.
    public init(
        accessKeyID: String,
        secretAccessKey: String,
        sessionToken: String? = nil
    ) throws(SigV4Error) {
        guard accessKeyID.isSignableName else {
            throw SigV4Error(
                .invalidCredentials,
                "The access key ID is invalid. It must not be empty and may hold only letters, digits, '_' and '-'."
            )
        }
        guard !secretAccessKey.isEmpty, !secretAccessKey.holdsControlCharacter else {
            throw SigV4Error(
                .invalidCredentials,
                "The secret access key is empty or holds a control character, such as a line end. Copy it again."
            )
        }
        let token = sessionToken.flatMap { $0.isEmpty ? nil : $0 }
        guard token?.holdsControlCharacter != true else {
            throw SigV4Error(
                .invalidCredentials,
                "The session token holds a control character, such as a line end. Copy it again."
            )
        }
        self.accessKeyID = accessKeyID
        self.secretAccessKey = secretAccessKey
        self.sessionToken = token
        encodedSessionToken = token.map { PercentEncoding.encode($0) }
    }
}

extension SigningCredentials: Hashable {
    private var bytes: [ByteText?] {
        [ByteText(accessKeyID), ByteText(secretAccessKey), sessionToken.map { ByteText($0) }]
    }

    /// Compares the three parts byte by byte, as AWS does.
    public static func == (left: Self, right: Self) -> Bool { left.bytes == right.bytes }

    /// Hashes the three parts.
    public func hash(into hasher: inout Hasher) { hasher.combine(bytes) }
}

extension SigningCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The access key ID; the secret parts are redacted.
    public var description: String {
        "SigningCredentials(accessKeyID: \(accessKeyID), secretAccessKey: <redacted>"
            + (sessionToken == nil ? ")" : ", sessionToken: <redacted>)")
    }

    /// The same as ``description``.
    public var debugDescription: String { description }

    /// A mirror with only the access key ID.
    public var customMirror: Mirror { Mirror(self, children: ["accessKeyID": accessKeyID]) }
}

/// What texts may hold to be signed, by their UTF-8 bytes.
extension String {
    /// Whether the text is not empty and holds only ASCII letters, digits, `-` and `_`.
    var isSignableName: Bool {
        var text = self
        return text.withUTF8 { bytes in
            !bytes.isEmpty
                && bytes.allSatisfy { byte in
                    switch Unicode.Scalar(byte) {
                    case "A"..."Z", "a"..."z", "0"..."9", "-", "_": true
                    default: false
                    }
                }
        }
    }

    /// Whether the text holds a control character of Unicode (category Cc): C0, DEL or C1.
    var holdsControlCharacter: Bool {
        // In UTF-8 the C1 controls, U+0080 to U+009F, are C2 80 to C2 9F.
        let isSuspect = utf8.contains { $0 < 0x20 || $0 == 0x7F || $0 == 0xC2 }
        return isSuspect && unicodeScalars.contains { $0.value < 0x20 || 0x7F...0x9F ~= $0.value }
    }
}

extension [UInt8] {
    /// Appends the UTF-8 bytes of a text; `+=` takes twice as long.
    @inline(__always)
    mutating func append(utf8 text: String) {
        let done: Void? = text.utf8.withContiguousStorageIfAvailable { append(contentsOf: $0) }
        if done == nil { self += text.utf8 }
    }
}

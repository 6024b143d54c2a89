import RDSIAMBasics

/// What may be shown of an identifier, so that a report can be pasted into a ticket.
struct Masking: Sendable {
    /// Whether account numbers are shown in full.
    let showsAccounts: Bool

    /// An account number, without its first eight digits unless it may be shown.
    func account(_ number: String) -> String { shortened(in: number) }

    /// A text in which each account number is shortened, unless it may be shown: twelve digits between other
    /// characters.
    func shortened(in text: String) -> String {
        guard !showsAccounts else { return text }
        var result: [UInt8] = []
        var digits: [UInt8] = []
        for byte in Array(text.utf8) + [0] {
            if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
                digits.append(byte)
                continue
            }
            result += digits.count == 12 ? Array("…".utf8) + digits.suffix(4) : digits
            digits = []
            if byte != 0 { result.append(byte) }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// An access key ID with its first four and last four characters: enough to tell two keys apart.
    func accessKey(_ identifier: String) -> String {
        let bytes = Array(identifier.utf8)
        guard bytes.count >= 16, !showsAccounts else { return bytes.count >= 16 ? identifier : "…" }
        return String(decoding: bytes.prefix(4) + Array("…".utf8) + bytes.suffix(4), as: UTF8.self)
    }
}

/// A token, taken apart, without its signature and its session token.
struct DecodedToken {
    /// A line for each part.
    let lines: [String]

    /// Reads a token of RDS or DSQL, or returns `nil` if it is no presigned URL.
    init?(_ text: String, masking: Masking) {
        guard text.containsBytes("X-Amz-Signature=") else { return nil }
        let parts = text.splitBytes(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let query = parts[1].splitBytes(separator: "&").map { field in
            field.splitBytes(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        }
        lines =
            ["signed for \(parts[0])"]
            + query.map { pair in
                let value = pair.count == 2 ? pair[1].replacingBytes("%2F", with: "/") : ""
                return "\(pair[0])=\(Self.shown(pair[0], value, masking))"
            }
    }

    private static func shown(_ name: String, _ value: String, _ masking: Masking) -> String {
        if name.isBytewiseEqual(to: "X-Amz-Signature") { return "(\(value.utf8.count) digits, not shown)" }
        if name.isBytewiseEqual(to: "X-Amz-Security-Token") { return "(\(value.utf8.count) characters, not shown)" }
        guard name.isBytewiseEqual(to: "X-Amz-Credential") else { return value }
        let scope = value.splitBytes(separator: "/", omittingEmptySubsequences: false)
        return ([masking.accessKey(scope[0])] + scope.dropFirst()).joined(separator: "/")
    }
}

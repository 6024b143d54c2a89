/// Why a connection string was refused.
///
/// ``description`` never quotes the input, which may hold a password. Retrying the same input gives the same error;
/// only errors about files (``Code/serviceFileNotFound``) may go away by themselves.
public struct ConninfoError: Error, Sendable, Hashable {
    /// What went wrong.
    public let code: Code

    /// Where the name, value or URI part at fault begins in the connection string: an offset in bytes, from 0.
    public let byteOffset: Int?

    /// The keyword concerned, where it is one that was expected; never text from the input.
    public let keyword: String?

    /// The line of the service file at fault, from 1.
    public let line: Int?

    let message: [UInt8]

    init(_ code: Code, at offset: Int? = nil, keyword: String? = nil, line: Int? = nil, message: [UInt8] = []) {
        self.code = code
        self.byteOffset = offset
        self.keyword = keyword
        self.line = line
        self.message = message
    }

    /// The bytes of libpq's own message, which **quote the input and may hold a password**; empty where libpq has none.
    ///
    /// They equal what `PQconninfoParse` or `PQerrorMessage` of the dialect's libpq gives in the C locale, the
    /// closing line feed included. They need not be UTF-8.
    public var unsafeLibpqMessageBytes: [UInt8] { message }

    /// libpq's own message, which **quotes the input and may hold a password**; bytes that are not UTF-8 are replaced.
    public var unsafeLibpqMessage: String { String(decoding: message, as: UTF8.self) }
}

extension ConninfoError: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// What went wrong and where, without a word of the input.
    public var description: String {
        var text = code.summary
        if let keyword { text += ", keyword \"\(keyword)\"" }
        if let line { text += ", line \(line)" }
        if let byteOffset { text += ", at byte \(byteOffset)" }
        return text
    }

    /// The same as ``description``.
    public var debugDescription: String { "ConninfoError(\(description))" }

    /// Shows code, place and keyword, never libpq's message.
    public var customMirror: Mirror {
        Mirror(
            self,
            children: [
                "code": code.rawValue, "byteOffset": byteOffset as Any, "keyword": keyword as Any, "line": line as Any,
            ]
        )
    }
}

import CLibpq

/// One value of a result, not NULL.
public struct PGField: Sendable {
    /// The type of its column.
    public let type: PGType
    /// The form in which it came.
    public let format: PGFormat
    /// Whether text in it is in UTF-8, as `client_encoding` said when it came.
    let isUTF8: Bool
    /// Keeps the bytes: a ``ResultStorage`` or a ``FieldBytes``.
    private let owner: any AnyObject & Sendable
    /// Read-only, and there as long as the owner is.
    private nonisolated(unsafe) let buffer: UnsafeRawBufferPointer

    init(
        _ buffer: UnsafeRawBufferPointer,
        of owner: any AnyObject & Sendable,
        type: PGType,
        format: PGFormat,
        isUTF8: Bool
    ) {
        self.type = type
        self.format = format
        self.isUTF8 = isUTF8
        self.owner = owner
        self.buffer = buffer
    }

    /// Creates the field of an array's element, or one for a test of a ``PGDecodable``.
    package init(_ bytes: some Sequence<UInt8>, type: PGType, format: PGFormat = .text) {
        self.init(copying: Array(bytes), type: type, format: format, isUTF8: true)
    }

    init(copying bytes: [UInt8], type: PGType, format: PGFormat, isUTF8: Bool) {
        let owner = FieldBytes(bytes)
        self.init(owner.buffer, of: owner, type: type, format: format, isUTF8: isUTF8)
    }

    /// The value as it came.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// The value as it came, or `nil` if it is not UTF-8.
    public var utf8: String? {
        withBytes { bytes in
            guard isUTF8 || bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
            // A text of libpq's ends with a NUL and has no other: this is quicker than String(validating:as:).
            guard format == .text, let text = buffer.baseAddress, owner is ResultStorage else {
                return String(validating: bytes, as: UTF8.self)
            }
            return String(validatingCString: text.assumingMemoryBound(to: CChar.self))
        }
    }

    /// Calls `body` with the value as it came, without a copy.
    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        withExtendedLifetime(self) { body(buffer) }
    }
}

/// The one owner of the bytes of a field that is in no result.
private final class FieldBytes: Sendable {
    /// Written before the initializer returns, and freed once.
    nonisolated(unsafe) let buffer: UnsafeRawBufferPointer

    init(_ bytes: [UInt8]) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        buffer.copyBytes(from: bytes)
        self.buffer = UnsafeRawBufferPointer(buffer)
    }

    deinit { buffer.deallocate() }
}

/// A type that can be read from a result.
///
/// A type conforms by saying what it makes of a value:
///
/// ```swift
/// extension Color: PGDecodable {
///     init?(_ field: PGField) { self.init(rawValue: field.utf8 ?? "") }
/// }
/// ```
public protocol PGDecodable: Sendable {
    /// Reads a value, which is not NULL, or returns `nil` if it is not of this type or does not fit into it.
    ///
    /// It should read both forms, text and binary: see ``PGField/format``.
    init?(_ field: PGField)
}

/// The form in which a value goes to the server or comes from it (PostgreSQL, "Formats and Format Codes").
public struct PGFormat: Sendable, Hashable {
    let code: Int32

    /// As the server writes it in SQL.
    public static let text = Self(code: 0)
    /// As each type defines it: shorter and quicker for numbers, times and bytes.
    public static let binary = Self(code: 1)
}

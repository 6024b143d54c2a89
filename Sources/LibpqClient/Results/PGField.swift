import CLibpq

/// One value of a result, not NULL.
public struct PGField: Sendable {
    /// Where the bytes are.
    private enum Source {
        case result(ResultStorage, row: Int32, column: Int32)
        case element(ArraySlice<UInt8>, isUTF8: Bool)
    }

    private let source: Source
    /// The type of its column.
    public let type: PGType
    /// The form in which it came.
    public let format: PGFormat

    init(storage: ResultStorage, row: Int32, column: Int32) {
        source = .result(storage, row: row, column: column)
        type = PGType(oid: storage.read { PQftype($0, column) })
        format = PGFormat(code: storage.read { PQfformat($0, column) })
    }

    /// Creates the field of an array's element, or one for a test of a ``PGDecodable``.
    public init(_ bytes: some Sequence<UInt8>, type: PGType, format: PGFormat = .text) {
        self.init(element: Array(bytes)[...], type: type, format: format, isUTF8: true)
    }

    init(element bytes: ArraySlice<UInt8>, type: PGType, format: PGFormat, isUTF8: Bool) {
        source = .element(bytes, isUTF8: isUTF8)
        self.type = type
        self.format = format
    }

    /// The value as it came.
    public var bytes: [UInt8] { withBytes { Array($0) } }

    /// The value as it came, or `nil` if it is not UTF-8.
    public var utf8: String? {
        withBytes { bytes in
            guard isUTF8 || bytes.allSatisfy({ $0 < 0x80 }) else { return nil }
            return String(validating: bytes, as: UTF8.self)
        }
    }

    /// Whether text in it is in UTF-8, as `client_encoding` said when it came.
    var isUTF8: Bool {
        switch source {
        case .result(let storage, _, _): storage.isUTF8
        case .element(_, let isUTF8): isUTF8
        }
    }

    /// Calls `body` with the value as it came, without a copy.
    func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value {
        switch source {
        case .result(let storage, let row, let column):
            storage.read { result in
                let length = Int(PQgetlength(result, row, column))
                return body(UnsafeRawBufferPointer(start: PQgetvalue(result, row, column), count: length))
            }
        case .element(let bytes, _):
            bytes.withUnsafeBytes(body)
        }
    }
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

public import RDSIAMSystem

/// A type of which PostgreSQL's arrays can be read and sent as Swift arrays.
///
/// `[UInt8]` is no such array but `bytea`; an array of an optional type may contain NULL.
public protocol PGArrayElement: Sendable {
    /// Reads a whole array, or returns `nil` if it has other elements, or more than one dimension.
    static func array(from field: PGField) -> [Self]?
    /// Returns a whole array as the server reads it.
    static func parameter(of array: [Self]) -> PGParameter
}

extension Array: PGDecodable where Element: PGArrayElement {
    /// Reads an array of one dimension; `bytea`, if the elements are bytes.
    public init?(_ field: PGField) {
        guard let array = Element.array(from: field) else { return nil }
        self = array
    }
}

extension Array: PGEncodable where Element: PGArrayElement {
    /// The array in PostgreSQL's form; `bytea`, if the elements are bytes.
    public var pgParameter: PGParameter { Element.parameter(of: self) }
}

extension UInt8: PGArrayElement {
    /// Reads `bytea`.
    public static func array(from field: PGField) -> [UInt8]? { field.byteaBytes }
    /// The bytes, as `bytea`.
    public static func parameter(of array: [UInt8]) -> PGParameter { .binary(array, type: .bytea) }
}

extension PGArrayElement where Self: PGDecodable & PGEncodable {
    /// Reads an array without NULL.
    public static func array(from field: PGField) -> [Self]? {
        field.elements?.collect { element in element.flatMap { Self($0) } }
    }

    /// Returns the array in text form, or in binary form if that is the elements' form.
    public static func parameter(of array: [Self]) -> PGParameter { .array(array.map(\.pgParameter)) }
}

extension Optional: PGArrayElement where Wrapped: PGArrayElement & PGDecodable & PGEncodable {
    /// Reads an array that may contain NULL.
    public static func array(from field: PGField) -> [Wrapped?]? {
        field.elements?.collect { element in
            guard let element else { return .some(nil) }
            return Wrapped(element).map(Optional.some)
        }
    }

    /// Returns the array, NULL included.
    public static func parameter(of array: [Wrapped?]) -> PGParameter { .array(array.map { $0?.pgParameter ?? .null }) }
}

extension Bool: PGArrayElement {}
extension Int: PGArrayElement {}
extension Int16: PGArrayElement {}
extension Int32: PGArrayElement {}
extension Int64: PGArrayElement {}
extension UInt32: PGArrayElement {}
extension Float: PGArrayElement {}
extension Double: PGArrayElement {}
extension Decimal: PGArrayElement {}
extension String: PGArrayElement {}
extension Data: PGArrayElement {}
extension UUID: PGArrayElement {}
extension Date: PGArrayElement {}
extension PGDate: PGArrayElement {}
extension PGTime: PGArrayElement {}
extension PGTimestamp: PGArrayElement {}

// MARK: - Reading

extension PGField {
    /// The elements of an array of one dimension, `nil` for NULL; or `nil` if this is no such array.
    fileprivate var elements: [PGField?]? {
        guard let element = type.element else { return nil }
        return format == .binary ? binaryElements(element) : textElements(element)
    }

    /// The binary form: dimensions, flags and type; each dimension's length and first index; each element's length and
    /// bytes (`array_send`).
    private func binaryElements(_ type: PGType) -> [PGField?]? {
        var rest = bytes[...]
        func number() -> Int? {
            guard rest.count >= 4 else { return nil }
            defer { rest = rest.dropFirst(4) }
            return Int(Int32(bitPattern: rest.prefix(4).reduce(0) { $0 << 8 | UInt32($1) }))
        }
        guard let dimensions = number(), number() != nil, number() != nil else { return nil }
        guard dimensions > 0 else { return [] }
        guard dimensions == 1, let count = number(), number() != nil else { return nil }
        var elements: [PGField?] = []
        for _ in 0..<max(count, 0) {
            guard let length = number(), length <= rest.count else { return nil }
            guard length >= 0 else {
                elements.append(nil)
                continue
            }
            elements.append(PGField(copying: Array(rest.prefix(length)), type: type, format: .binary, isUTF8: isUTF8))
            rest = rest.dropFirst(length)
        }
        return elements
    }

    /// The text form: `{1,NULL,"a, \"b\""}`, after `[2:4]=` if the first index is not 1 (PostgreSQL, "Array Input and
    /// Output Syntax").
    private func textElements(_ type: PGType) -> [PGField?]? {
        let text = bytes
        guard let start = text.firstIndex(of: UInt8(ascii: "{")), text.last == UInt8(ascii: "}") else { return nil }
        var scanner = ArrayScanner(rest: text[(start + 1)...].dropLast())
        var elements: [PGField?] = []
        while !scanner.rest.isEmpty || !elements.isEmpty {
            guard let element = scanner.next() else { return nil }
            elements.append(
                element.isNull
                    ? nil : PGField(copying: element.bytes, type: type, format: .text, isUTF8: isUTF8)
            )
            if scanner.rest.isEmpty { break }
            guard scanner.rest.removeFirst() == UInt8(ascii: ",") else { return nil }
        }
        return elements
    }
}

/// Reads the elements of an array's text form one after another.
private struct ArrayScanner {
    struct Element {
        var bytes: [UInt8] = []
        var isNull = false
    }

    var rest: ArraySlice<UInt8>

    /// Returns the element up to the next comma, or `nil` if it is an array, or broken.
    mutating func next() -> Element? {
        guard let first = rest.first, first != UInt8(ascii: "{") else { return nil }
        if first == UInt8(ascii: "\"") { return quoted() }
        let bytes = Array(rest.prefix { $0 != UInt8(ascii: ",") })
        rest = rest.dropFirst(bytes.count)
        return Element(bytes: bytes, isNull: bytes == Array("NULL".utf8))
    }

    private mutating func quoted() -> Element? {
        rest.removeFirst()
        var element = Element()
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return element
            case UInt8(ascii: "\\"):
                guard let next = rest.popFirst() else { return nil }
                element.bytes.append(next)
            default: element.bytes.append(byte)
            }
        }
        return nil
    }
}

extension [PGField?] {
    /// Returns what `read` makes of the elements, or `nil` if it makes nothing of one.
    fileprivate func collect<Value>(_ read: (PGField?) -> Value?) -> [Value]? {
        var values: [Value] = []
        for element in self {
            guard let value = read(element) else { return nil }
            values.append(value)
        }
        return values
    }
}

// MARK: - Sending

extension PGParameter {
    /// An array of elements that all have the same form.
    fileprivate static func array(_ elements: [PGParameter]) -> PGParameter {
        guard let typed = elements.first(where: { $0.format == .binary }), let type = typed.type.array else {
            return arrayText(elements)
        }
        var bytes: [UInt8] = []
        func append(_ number: Int) {
            withUnsafeBytes(of: Int32(truncatingIfNeeded: number).bigEndian) { bytes += $0 }
        }
        let hasNull = elements.contains { $0.bytes == nil }
        for number in [1, hasNull ? 1 : 0, Int(typed.type.oid), elements.count, 1] { append(number) }
        for element in elements {
            append(element.bytes?.count ?? -1)
            bytes += element.bytes ?? []
        }
        return .binary(bytes, type: type)
    }

    private static func arrayText(_ elements: [PGParameter]) -> PGParameter {
        var text = Array("{".utf8)
        for element in elements {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            guard let bytes = element.bytes else {
                text += "NULL".utf8
                continue
            }
            text.append(UInt8(ascii: "\""))
            for byte in bytes {
                if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { text.append(UInt8(ascii: "\\")) }
                text.append(byte)
            }
            text.append(UInt8(ascii: "\""))
        }
        text.append(UInt8(ascii: "}"))
        return PGParameter(bytes: text, format: .text, type: .inferred)
    }
}

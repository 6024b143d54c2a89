import CLibpq

/// What can be sent to a server.
///
/// It is made on the caller's thread: to check and lay out long values is work that would hold up the loop's other
/// connections.
struct Statement: Sendable {
    private enum Form {
        /// One or more statements, separated by semicolons (`PQsendQuery`).
        case simple
        /// One statement (`PQsendQueryParams`), and the form of its result.
        case parameterized(ParameterList, PGFormat)
        /// A statement to prepare under a name (`PQsendPrepare`).
        case preparation(name: String, types: [PGType])
        /// A prepared statement to run (`PQsendQueryPrepared`); the text is its name.
        case prepared(ParameterList, PGFormat)
    }

    private let text: String
    private let form: Form
    /// Whether it is the same in every encoding that contains ASCII.
    private let isASCII: Bool

    private init(_ text: String, _ form: Form, isASCII: Bool = true) throws(PGError) {
        guard !text.utf8.contains(0) else { throw .nul("the statement") }
        self.text = text
        self.form = form
        self.isASCII = isASCII && text.utf8.allSatisfy { $0 < 0x80 }
    }

    /// One or more statements, separated by semicolons.
    ///
    /// - Throws: ``PGError`` for what libpq would cut short: its texts end at the first NUL.
    init(_ sql: String) throws(PGError) {
        try self.init(sql, .simple)
    }

    /// One statement with parameters.
    ///
    /// - Throws: ``PGError`` for what cannot be sent.
    init(_ sql: String, _ parameters: [(any PGEncodable)?], _ format: PGFormat) throws(PGError) {
        let list = try ParameterList(parameters)
        try self.init(sql, .parameterized(list, format), isASCII: list.isASCII)
    }

    init(preparing sql: String, as name: String, types: [PGType]) throws(PGError) {
        try self.init(sql, .preparation(name: name, types: types))
    }

    init(prepared name: String, _ parameters: [(any PGEncodable)?], _ format: PGFormat) throws(PGError) {
        let list = try ParameterList(parameters)
        try self.init(name, .prepared(list, format), isASCII: list.isASCII)
    }

    /// Gives it to libpq.
    ///
    /// - Returns: Whether libpq took it.
    /// - Throws: ``PGError`` if its text cannot be sent in the connection's encoding.
    func send(to handle: Handle) throws(PGError) -> Bool {
        guard isASCII || handle.speaksUTF8 else { throw PGError.otherEncoding }
        let connection = handle.pointer
        let isAccepted =
            switch form {
            case .simple:
                PQsendQuery(connection, text)
            case .parameterized(let parameters, let format):
                parameters.withPointers { count, types, values, lengths, formats in
                    PQsendQueryParams(connection, text, count, types, values, lengths, formats, format.code)
                }
            case .preparation(let name, let types):
                PQsendPrepare(connection, name, text, Int32(types.count), types.map(\.oid))
            case .prepared(let parameters, let format):
                parameters.withPointers { count, _, values, lengths, formats in
                    PQsendQueryPrepared(connection, text, count, values, lengths, formats, format.code)
                }
            }
        return isAccepted == 1
    }
}

/// Parameters laid out as libpq wants them: one array for each property.
struct ParameterList: Sendable {
    /// How many parameters the protocol can number (`PQ_QUERY_PARAM_MAX_LIMIT`).
    private static let most = 65_535

    private(set) var isASCII = true
    private var types: [UInt32] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    /// All values, each with a NUL behind it, which ends a text and does not harm bytes.
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []

    /// - Throws: ``PGError`` for too many, and for a text that libpq would cut short.
    init(_ parameters: [(any PGEncodable)?]) throws(PGError) {
        guard parameters.count <= Self.most else { throw .tooMany(parameters.count) }
        for (index, parameter) in parameters.enumerated() {
            let parameter = parameter?.pgParameter ?? .null
            guard !parameter.isTextWithNUL else { throw .nul("parameter $\(index + 1)") }
            append(parameter)
        }
    }

    private mutating func append(_ parameter: PGParameter) {
        types.append(parameter.type.oid)
        lengths.append(Int32(clamping: parameter.bytes?.count ?? 0))
        formats.append(parameter.format.code)
        offsets.append(parameter.bytes.map { _ in bytes.count })
        if parameter.format == .text, parameter.bytes?.contains(where: { $0 >= 0x80 }) ?? false { isASCII = false }
        bytes += parameter.bytes ?? []
        bytes.append(0)
    }

    typealias Pointers<Element> = UnsafePointer<Element>?

    /// Calls `body` with the number of parameters, and with pointers that are good until it returns.
    func withPointers<Value>(
        _ body: (Int32, Pointers<UInt32>, Pointers<Pointers<CChar>>, Pointers<Int32>, Pointers<Int32>) -> Value
    ) -> Value {
        bytes.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            let values = offsets.map { offset in offset.flatMap { start?.advanced(by: $0) } }
            return body(Int32(types.count), types, values, lengths, formats)
        }
    }
}

extension PGError {
    fileprivate static func tooMany(_ count: Int) -> PGError {
        PGError(.invalidStatement, "There are \(count) parameters, but a statement may have 65,535.")
    }
}

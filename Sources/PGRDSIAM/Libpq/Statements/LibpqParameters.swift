/// Parameters laid out as libpq wants them: one array for each property.
struct LibpqParameters: Sendable {
    /// How many parameters the protocol can number (`PQ_QUERY_PARAM_MAX_LIMIT`).
    private static let most = 65_535

    private var types: [UInt32] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    /// All values, each with a NUL behind it, which ends a text and does not harm bytes.
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []

    /// - Throws: ``PGRDSIAMError`` for too many, and for a text that libpq would cut short.
    init(_ parameters: [PGParameter]) throws(PGRDSIAMError) {
        guard parameters.count <= Self.most else { throw .tooMany(parameters.count) }
        for (index, parameter) in parameters.enumerated() {
            guard !parameter.isTextWithNUL else { throw .nul("parameter $\(index + 1)") }
            append(parameter)
        }
    }

    private mutating func append(_ parameter: PGParameter) {
        types.append(parameter.type.oid)
        lengths.append(Int32(clamping: parameter.bytes?.count ?? 0))
        formats.append(parameter.format.code)
        offsets.append(parameter.bytes.map { _ in bytes.count })
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

extension PGRDSIAMError {
    fileprivate static func tooMany(_ count: Int) -> PGRDSIAMError {
        PGRDSIAMError(.invalidStatement, "There are \(count) parameters, but a statement may have 65,535.")
    }
}

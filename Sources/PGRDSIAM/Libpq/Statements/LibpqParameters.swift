/// Parameters laid out as libpq wants them: one array for each property.
struct LibpqParameters {
    private var types: [UInt32] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    /// All values, each with a NUL behind it, which ends a text and does not harm bytes.
    private var bytes: [CChar] = []
    private var offsets: [Int?] = []

    init(_ parameters: [PGParameter]) {
        for parameter in parameters {
            types.append(parameter.type.oid)
            lengths.append(Int32(clamping: parameter.bytes?.count ?? 0))
            formats.append(parameter.format.code)
            offsets.append(parameter.bytes.map { _ in bytes.count })
            bytes += (parameter.bytes ?? []).map(CChar.init(bitPattern:)) + [0]
        }
    }

    /// Calls `body` with pointers that are good until it returns.
    func withPointers<Value>(
        _ body: (
            UnsafePointer<UInt32>?, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?
        )
            -> Value
    ) -> Value {
        bytes.withUnsafeBufferPointer { bytes in
            let values = offsets.map { offset in offset.flatMap { bytes.baseAddress?.advanced(by: $0) } }
            return body(types, values, lengths, formats)
        }
    }
}

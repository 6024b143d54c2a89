import LibpqClient
import RDSIAMSystem

/// The rows of a COPY in binary form, as they come (PostgreSQL, "COPY", "Binary Format").
struct CopiedRows {
    private var buffer: [UInt8] = []
    private var position = 0
    private var hasHeader = false
    private var fields: [Range<Int>?] = []

    /// A row's fields, valid within the call that gets it.
    struct Row {
        fileprivate let bytes: UnsafeRawBufferPointer
        fileprivate let fields: [Range<Int>?]

        /// A field's bytes; `nil` for NULL.
        subscript(_ index: Int) -> UnsafeRawBufferPointer? {
            fields[index].map { UnsafeRawBufferPointer(rebasing: bytes[$0]) }
        }

        /// A field of the type `bigint`; `nil` for NULL.
        func integer(_ index: Int) -> Int64? {
            self[index].map { Int64(bigEndian: $0.loadUnaligned(as: Int64.self)) }
        }
    }

    /// Takes the next bytes, and gives each whole row to `body`.
    mutating func take(_ chunk: [UInt8], _ body: (Row) throws -> Void) rethrows {
        if position == buffer.count { (buffer, position) = (chunk, 0) } else { buffer += chunk }
        if !hasHeader {
            guard buffer.count >= 19 else { return }
            (position, hasHeader) = (19, true)
        }
        try buffer.withUnsafeBytes { bytes in
            while let end = readRow(bytes) {
                try body(Row(bytes: bytes, fields: fields))
                position = end
            }
        }
        if position > 1 << 20 {
            buffer.removeFirst(position)
            position = 0
        }
    }

    /// Finds the fields of the row at the position, and returns where it ends; `nil` if it is not whole, or the last.
    private mutating func readRow(_ bytes: UnsafeRawBufferPointer) -> Int? {
        fields.removeAll(keepingCapacity: true)
        var index = position
        guard bytes.count >= index + 2 else { return nil }
        let count = Int16(bigEndian: bytes.loadUnaligned(fromByteOffset: index, as: Int16.self))
        guard count >= 0 else { return nil }
        index += 2
        for _ in 0..<count {
            guard bytes.count >= index + 4 else { return nil }
            let length = Int(Int32(bigEndian: bytes.loadUnaligned(fromByteOffset: index, as: Int32.self)))
            index += 4
            guard length >= 0 else {
                fields.append(nil)
                continue
            }
            guard bytes.count >= index + length else { return nil }
            fields.append(index..<index + length)
            index += length
        }
        return index
    }
}

extension PGConnection {
    /// Runs a query and gives each row to `body` while they come, in memory that does not grow with their number.
    func forEachRow(of query: String, _ body: (CopiedRows.Row) throws -> Void) async throws {
        try await copyOut("COPY (\(query)) TO STDOUT (FORMAT binary)") { chunks in
            var rows = CopiedRows()
            for try await chunk in chunks { try rows.take(chunk, body) }
        }
    }
}

/// Writes one list of a URI into its share of a buffer.
///
/// It holds a pointer, for speed; every write is checked against the share, and the share against the buffer.
struct ListWriter {
    private let buffer: UnsafeMutableBufferPointer<UInt8>
    private let limit: Int
    private(set) var end: Int

    init(_ buffer: UnsafeMutableBufferPointer<UInt8>, from start: Int, limit: Int) {
        precondition(start >= 0 && limit >= 0 && start + limit <= buffer.count)
        self.buffer = buffer
        self.limit = start + limit
        self.end = start
    }

    @inline(__always)
    mutating func appendComma() {
        precondition(end < limit)
        buffer[end] = UInt8(ascii: ",")
        end += 1
    }

    @inline(__always)
    mutating func append(_ range: Range<Int>, of input: Span<UInt8>) {
        precondition(range.count <= limit - end)
        let part = input.extracting(range)
        for index in part.indices { buffer[end &+ index] = part[unchecked: index] }
        end += part.count
    }
}

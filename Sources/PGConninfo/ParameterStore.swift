/// The parameters of one connection string: every value lies in one buffer, and a short list says where.
///
/// A parsed string brings its own bytes as the buffer, so that a value without escapes is never copied.
struct ParameterStore: Sendable {
    /// A keyword of libpq, or the position of an extension keyword above ``firstExtension``.
    struct Key: Hashable, Comparable, Sendable {
        let rawValue: Int32
        static let firstExtension: Int32 = 256

        init(_ code: KeywordCode) {
            rawValue = Int32(code.rawValue)
        }

        init(extensionAt position: Int) {
            rawValue = Self.firstExtension + Int32(clamping: position)
        }

        var code: KeywordCode? { UInt8(exactly: rawValue).flatMap(KeywordCode.init(rawValue:)) }

        /// Its bit among libpq's keywords; none for an extension.
        @inline(__always)
        fileprivate var bit: UInt64 { rawValue < UInt64.bitWidth ? UInt64(1) &<< UInt64(rawValue) : 0 }

        var extensionPosition: Int? { rawValue < Self.firstExtension ? nil : Int(rawValue - Self.firstExtension) }

        static func < (lhs: Self, rhs: Self) -> Bool { lhs.rawValue < rhs.rawValue }
    }

    struct Slot: Sendable {
        let key: Key
        var range: Range<Int>
    }

    var bytes: [UInt8]
    private(set) var slots: [Slot] = []
    /// The keywords of libpq's that have a slot, a bit for each: spares most searches.
    private var assigned: UInt64 = 0

    init(bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Makes room for the usual number of parameters in one allocation.
    mutating func reserveUsualCapacity() {
        slots.reserveCapacity(12)
    }

    func range(of key: Key) -> Range<Int>? {
        guard assigned & key.bit == key.bit else { return nil }
        for slot in slots where slot.key == key { return slot.range }
        return nil
    }

    /// Says where the value of a key lies; the last assignment wins.
    @inline(__always)
    mutating func assign(_ key: Key, _ range: Range<Int>) {
        let isNew = assigned & key.bit != key.bit
        assigned |= key.bit
        if isNew { return slots.append(Slot(key: key, range: range)) }
        replace(key, range)
    }

    private mutating func replace(_ key: Key, _ range: Range<Int>) {
        for position in slots.indices where slots[position].key == key {
            slots[position].range = range
            return
        }
        slots.append(Slot(key: key, range: range))
    }

    /// Adds bytes that hold the values of so many parameters, which are still to be assigned; where the bytes begin.
    mutating func append(_ values: [UInt8], slots count: Int) -> Int {
        slots.reserveCapacity(slots.count + count)
        defer { bytes.append(contentsOf: values) }
        return bytes.count
    }

    /// Adds a value that is not yet in the buffer.
    mutating func assign(_ key: Key, appending value: some Collection<UInt8>) {
        let start = bytes.count
        bytes.append(contentsOf: value)
        assign(key, start..<bytes.count)
    }

    func value(of key: Key) -> ArraySlice<UInt8>? {
        range(of: key).map { bytes[$0] }
    }

    /// The slots of extension keywords, in the keywords' order.
    var orderedExtensions: [Slot] {
        slots.filter { $0.key.extensionPosition != nil }.sorted { $0.key < $1.key }
    }

    /// The slots in libpq's order, extension keywords last.
    var ordered: [Slot] {
        slots.sorted { $0.key < $1.key }
    }

    /// The same parameters without those that fail the test, in a buffer that holds nothing else.
    func compacted(keeping isKept: (Key) -> Bool) -> ParameterStore {
        var compact = ParameterStore()
        for slot in slots where isKept(slot.key) {
            compact.assign(slot.key, appending: bytes[slot.range])
        }
        return compact
    }
}

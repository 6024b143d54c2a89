/// The parameters of one connection string: one buffer holds all values, and a short list says where each lies.
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

        /// Its bit among libpq's keywords, or 0 for an extension.
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
    /// The keywords of libpq that have a slot, one bit for each: it avoids most searches.
    private var assigned: UInt64 = 0
    /// Where the slot of each key is, once there are more slots than a search should visit.
    private var index: [Key: Int]?

    private static let mostSlotsToSearch = 64

    init(bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    /// Makes room for the usual number of parameters in one allocation.
    mutating func reserveUsualCapacity() {
        slots.reserveCapacity(12)
    }

    func range(of key: Key) -> Range<Int>? {
        guard assigned & key.bit == key.bit else { return nil }
        return position(of: key).map { slots[$0].range }
    }

    private func position(of key: Key) -> Int? {
        if let index { return index[key] }
        for position in slots.indices where slots[position].key == key { return position }
        return nil
    }

    /// Records where the value of a key lies.
    ///
    /// The last assignment wins.
    @inline(__always)
    mutating func assign(_ key: Key, _ range: Range<Int>) {
        let isNew = assigned & key.bit != key.bit
        assigned |= key.bit
        if isNew { return append(key, range) }
        replace(key, range)
    }

    private mutating func replace(_ key: Key, _ range: Range<Int>) {
        guard let position = position(of: key) else { return append(key, range) }
        slots[position].range = range
    }

    @inline(__always)
    private mutating func append(_ key: Key, _ range: Range<Int>) {
        slots.append(Slot(key: key, range: range))
        if slots.count > Self.mostSlotsToSearch { addToIndex() }
    }

    private mutating func addToIndex() {
        if index == nil { index = [:] }
        for position in (index?.count ?? 0)..<slots.count { index?[slots[position].key] = position }
    }

    /// Adds bytes that hold the values of `count` parameters, which the caller assigns, and returns where they begin.
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

    /// Adds or replaces a value.
    ///
    /// However often it is called, the buffer stays within a few times the size of the values.
    mutating func set(_ key: Key, to value: [UInt8]) {
        // Before the buffer grows: that is seldom enough to pay for a look at all slots.
        if bytes.count + value.count > bytes.capacity {
            let used = slots.reduce(0) { $0 + $1.range.count }
            if bytes.count > 2 * used + 512 { self = compacted { _ in true } }
        }
        assign(key, appending: value)
    }

    mutating func remove(_ key: Key) {
        guard range(of: key) != nil else { return }
        self = compacted { $0 != key }
    }

    /// Returns the parameters that pass the test, in a buffer that holds nothing else.
    func compacted(including isIncluded: (Key) -> Bool) -> ParameterStore {
        var compact = ParameterStore()
        for slot in slots where isIncluded(slot.key) {
            compact.assign(slot.key, appending: bytes[slot.range])
        }
        return compact
    }
}

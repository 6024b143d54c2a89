import RDSIAMSystem

/// What an index must hold of the rows that were seen: for each index, a sum over its entries in any order.
///
/// Entries are hashed with a key that differs in each process, so that no two sets of entries can be made to have one
/// sum.
struct IndexSums {
    /// An index's entries, without their order.
    struct Sum: Equatable {
        private(set) var count: Int64 = 0
        private var hash: UInt64 = 0

        mutating func add(_ key: UnsafeRawBufferPointer, isText: Bool, _ sequence: Int64) {
            var hasher = Hasher()
            hasher.combine(sequence)
            hasher.combine(isText)
            hasher.combine(bytes: key)
            count += 1
            hash &+= UInt64(bitPattern: Int64(hasher.finalize()))
        }

        mutating func add(_ key: Int64, _ sequence: Int64) {
            withUnsafeBytes(of: key) { add($0, isText: false, sequence) }
        }
    }

    /// In the order of ``EntryView/indexes``.
    private(set) var sums = [Sum](repeating: Sum(), count: EntryView.indexes.count)

    /// Adds what a row's payload gives each index.
    ///
    /// The payload is scanned, not parsed by SQLite, which takes longer for that than for all else that a row needs. A
    /// payload that is not canonical gives wrong sums: then SQLite has to say (``IndexCheck``).
    mutating func add(_ fields: PayloadFields, _ sequence: Int64) {
        if let time = fields.time { sums[0].add(time, sequence) }
        fields.user?.withBytes { sums[1].add($0, isText: true, sequence) }
        let server = fields.host?.server
        server?.withUnsafeBytes { sums[2].add($0, isText: true, sequence) }
        if let signing = fields.signingHost?.server, signing != server {
            signing.withUnsafeBytes { sums[3].add($0, isText: true, sequence) }
        }
        fields.fingerprint?.withBytes { sums[4].add($0, isText: true, sequence) }
        fields.accessKey?.withBytes { sums[5].add($0, isText: true, sequence) }
    }
}

/// The members of a canonical payload that have an index, found in one pass without parsing it.
///
/// They lie in the payload's memory.
struct PayloadFields {
    /// In microseconds.
    private(set) var time: Int64?
    private(set) var user: Text?
    private(set) var host: Text?
    private(set) var signingHost: Text?
    private(set) var fingerprint: Text?
    private(set) var accessKey: Text?

    /// A text as it stands in the payload, without its quotation marks.
    struct Text {
        fileprivate var raw: UnsafeRawBufferPointer
        fileprivate var isEscaped = false

        /// The text up to its first NUL.
        func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
            if isEscaped { decoded.withUnsafeBytes(body) } else { body(raw) }
        }

        /// The text up to its first NUL, as ``EntryView`` compares servers.
        var server: [UInt8] {
            var bytes = isEscaped ? decoded : [UInt8](raw)
            while bytes.last == UInt8(ascii: ".") { bytes.removeLast() }
            for index in bytes.indices where (0x41...0x5A).contains(bytes[index]) { bytes[index] |= 0x20 }
            return bytes
        }

        private var decoded: [UInt8] {
            let text = CanonicalJSONParser.parse([0x22] + raw + [0x22])?.text ?? ""
            return Array(text.utf8.prefix { $0 != 0 })
        }

        fileprivate func equals(_ name: StaticString) -> Bool {
            guard raw.count == name.utf8CodeUnitCount, let start = raw.baseAddress else { return false }
            return memcmp(start, name.utf8Start, raw.count) == 0
        }
    }

    init(_ payload: UnsafeRawBufferPointer) {
        var index = 0
        var (object, key): (Text?, Text?) = (nil, nil)
        var depth = 0
        while index < payload.count {
            switch payload[index] {
            case UInt8(ascii: "{"):
                if depth == 1 { object = key }
                depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                object = nil
            case UInt8(ascii: "\""):
                let text = Self.text(payload, &index)
                guard index < payload.count else { return }
                if payload[index] != UInt8(ascii: ":") {
                    if let key, depth == 2 { set(text, object, key) }
                    continue
                }
                key = text
                if depth == 1, text.equals("time_us") { time = Self.number(payload, index + 1) }
            default: break
            }
            index += 1
        }
    }

    /// Reads a text that begins at an index, and moves the index after it.
    private static func text(_ payload: UnsafeRawBufferPointer, _ index: inout Int) -> Text {
        let start = index + 1
        var text = Text(raw: UnsafeRawBufferPointer(start: nil, count: 0))
        index = start
        while index < payload.count, payload[index] != UInt8(ascii: "\"") {
            if payload[index] == UInt8(ascii: "\\") {
                text.isEscaped = true
                index += 1
            }
            index += 1
        }
        text.raw = UnsafeRawBufferPointer(rebasing: payload[start..<min(index, payload.count)])
        index += 1
        return text
    }

    private static func number(_ payload: UnsafeRawBufferPointer, _ start: Int) -> Int64? {
        var index = start
        while index < payload.count, index < start + 18,
            payload[index] == 0x2D || (0x30...0x39).contains(payload[index])
        {
            index += 1
        }
        return Int64(String(decoding: payload[start..<index], as: UTF8.self))
    }

    private mutating func set(_ text: Text, _ object: Text?, _ key: Text) {
        guard let object else { return }
        switch object.raw.count {
        case 6 where object.equals("target"):
            if key.equals("user") { user = text }
            if key.equals("host") { host = text }
            if key.equals("signing_host") { signingHost = text }
        case 5 where object.equals("token"): if key.equals("sha256") { fingerprint = text }
        case 10 where object.equals("credential"): if key.equals("access_key_id") { accessKey = text }
        default: break
        }
    }
}

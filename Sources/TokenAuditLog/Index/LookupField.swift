/// What rows are looked up by.
enum LookupField: UInt8, CaseIterable {
    case user = 0x10
    case host = 0x11
    case fingerprint = 0x12

    /// The generated column that holds it.
    var column: String {
        switch self {
        case .user: "db_user"
        case .host: "host"
        case .fingerprint: "fingerprint"
        }
    }

    /// The number a value is filed under.
    ///
    /// Others may share it, so a search that finds a row by it asks for the row's own text too. A text counts up to its
    /// first NUL: SQLite before 3.45 has no more of it in the column.
    func key(of value: UnsafeRawBufferPointer, _ hasher: ChainHasher) -> Int64 {
        hasher.shortHash(prefix: rawValue, UnsafeRawBufferPointer(rebasing: value.prefix { $0 != 0 }))
    }
}

/// That a row has a certain value in one of its fields.
struct LookupEntry: Hashable, Comparable {
    let key: Int64
    let sequence: Int64

    static func < (left: LookupEntry, right: LookupEntry) -> Bool {
        (left.key, left.sequence) < (right.key, right.sequence)
    }
}

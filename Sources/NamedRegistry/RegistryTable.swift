import RDSIAMBasics

/// The registry's state and its transitions, without the lock and without the waiting.
@usableFromInline
struct RegistryTable<Value: Sendable>: Sendable {
    @usableFromInline typealias Build = Registry<Value>.Build

    /// What a look-up finds.
    enum Found: Sendable {
        case absent
        case unbuilt
        case built(Value, ticket: UInt64)
        /// A build to wait for, and its closure if the caller starts it.
        case ongoing(OngoingBuild<Value>, ticket: UInt64, start: Build?)
    }

    @usableFromInline
    struct Entry: Sendable {
        var build: Build
        /// Tells this entry from an earlier one of the same name, so that a late build does not overwrite its
        /// successor.
        @usableFromInline var ticket: UInt64
        var ongoing: OngoingBuild<Value>?
        @usableFromInline var value: Value?
    }

    @usableFromInline private(set) var index = NameIndex()
    /// The entries, in the order of the index.
    @usableFromInline private(set) var entries: [Entry] = []
    private var lastTicket: UInt64 = 0

    init(_ defaults: [(name: String, build: Build)]) {
        reset(to: defaults)
    }

    @inlinable
    func builtValue(_ name: String) -> Value? {
        index.position(of: name).flatMap { entries[$0].value }
    }

    @inlinable
    func builtEntry(_ name: String) -> (value: Value, ticket: UInt64)? {
        guard let position = index.position(of: name), let value = entries[position].value else { return nil }
        return (value, entries[position].ticket)
    }

    /// Looks a name up, and begins to build its value if `kind` is given.
    mutating func lookUp(_ name: String, buildingAs kind: String?) -> Found {
        guard let position = index.position(of: name) else { return .absent }
        let entry = entries[position]
        if let value = entry.value { return .built(value, ticket: entry.ticket) }
        if let ongoing = entry.ongoing { return .ongoing(ongoing, ticket: entry.ticket, start: nil) }
        guard let kind else { return .unbuilt }
        let ongoing = OngoingBuild<Value>(of: kind, named: name)
        entries[position].ongoing = ongoing
        return .ongoing(ongoing, ticket: entry.ticket, start: entry.build)
    }

    mutating func add(_ name: String, replacing: Bool, _ build: @escaping Build) -> Bool {
        let position = index.position(of: name)
        guard replacing || position == nil else { return false }
        lastTicket += 1
        let entry = Entry(build: build, ticket: lastTicket)
        if let position {
            entries[position] = entry
        } else {
            index.append(name)
            entries.append(entry)
        }
        return true
    }

    mutating func remove(_ name: String) -> Bool {
        guard let position = index.position(of: name) else { return false }
        index.remove(at: position)
        entries.remove(at: position)
        return true
    }

    mutating func reset(to defaults: [(name: String, build: Build)]) {
        (index, entries) = (NameIndex(), [])
        for (name, build) in defaults { _ = add(name, replacing: true, build) }
    }

    /// Ends a build, with a value if it succeeded.
    ///
    /// It changes nothing if the name has another entry by now.
    mutating func finish(_ name: String, _ ticket: UInt64, _ value: Value?) {
        guard let position = index.position(of: name), entries[position].ticket == ticket else { return }
        entries[position].value = value
        entries[position].ongoing = nil
    }
}

/// Names in order, found by their bytes.
@usableFromInline
struct NameIndex: Sendable {
    private(set) var names: [String] = []
    private var positions: [ByteText: Int] = [:]

    @usableFromInline
    func position(of name: String) -> Int? { positions[ByteText(name)] }

    mutating func append(_ name: String) {
        positions[ByteText(name)] = names.count
        names.append(name)
    }

    mutating func remove(at position: Int) {
        names.remove(at: position)
        positions = Dictionary(uniqueKeysWithValues: zip(names.map { ByteText($0) }, names.indices))
    }
}

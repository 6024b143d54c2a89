import RDSIAMBasics

/// The registry's state and its transitions, without the lock and without the waiting.
@usableFromInline
struct RegistryTable<Value: Sendable>: Sendable {
    @usableFromInline typealias Build = NamedRegistry<Value>.Build

    /// What a look-up finds.
    enum Found {
        case absent
        case unbuilt
        case building(Task<Value, any Error>, ticket: UInt64)
        case built(Value, ticket: UInt64)
    }

    @usableFromInline
    struct Entry: Sendable {
        var build: Build
        /// Tells this entry from an earlier one of the same name, so that a late build does not overwrite its
        /// successor.
        var ticket: UInt64
        var task: Task<Value, any Error>?
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

    func lookUp(_ name: String) -> Found {
        guard let entry = index.position(of: name).map({ entries[$0] }) else { return .absent }
        if let value = entry.value { return .built(value, ticket: entry.ticket) }
        return entry.task.map { .building($0, ticket: entry.ticket) } ?? .unbuilt
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

    /// Returns the task that builds a name's value, started with `start` if there is none, or `nil` if the name is
    /// gone.
    mutating func build(
        _ name: String,
        start: (@escaping Build, UInt64) -> Task<Value, any Error>
    ) -> (Task<Value, any Error>, UInt64)? {
        guard let position = index.position(of: name) else { return nil }
        let entry = entries[position]
        let task = entry.task ?? start(entry.build, entry.ticket)
        entries[position].task = task
        return (task, entry.ticket)
    }

    mutating func finish(_ name: String, _ ticket: UInt64, _ value: Value) {
        guard let position = index.position(of: name), entries[position].ticket == ticket else { return }
        entries[position].value = value
    }

    mutating func giveUp(_ name: String, _ ticket: UInt64) {
        guard let position = index.position(of: name), entries[position].ticket == ticket else { return }
        entries[position].task = nil
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

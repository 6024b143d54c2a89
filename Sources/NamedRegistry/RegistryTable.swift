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
        /// Tells this entry from an earlier one of the same name, so that a late build cannot settle its successor.
        var ticket: UInt64
        var task: Task<Value, any Error>?
        @usableFromInline var value: Value?
    }

    /// Comparing so many names takes no longer than hashing one.
    @inlinable static var few: Int { 8 }

    /// In the order in which they were first added.
    @usableFromInline private(set) var names: [String] = []
    /// What the names stand for, in the same order.
    @usableFromInline private(set) var entries: [Entry] = []
    /// Where a name is.
    @usableFromInline private(set) var places: [String: Int] = [:]
    private var lastTicket: UInt64 = 0

    init(_ defaults: [(name: String, build: Build)]) {
        reset(to: defaults)
    }

    @inlinable
    func builtValue(_ name: String) -> Value? {
        place(of: name).flatMap { entries[$0].value }
    }

    @inlinable
    func place(of name: String) -> Int? {
        names.count <= Self.few ? names.firstIndex(of: name) : places[name]
    }

    func lookUp(_ name: String) -> Found {
        guard let entry = place(of: name).map({ entries[$0] }) else { return .absent }
        if let value = entry.value { return .built(value, ticket: entry.ticket) }
        return entry.task.map { .building($0, ticket: entry.ticket) } ?? .unbuilt
    }

    mutating func add(_ name: String, replacing: Bool, _ build: @escaping Build) -> Bool {
        let place = place(of: name)
        guard replacing || place == nil else { return false }
        lastTicket += 1
        let entry = Entry(build: build, ticket: lastTicket)
        if let place {
            entries[place] = entry
        } else {
            places[name] = names.count
            names.append(name)
            entries.append(entry)
        }
        return true
    }

    mutating func remove(_ name: String) -> Bool {
        guard let place = place(of: name) else { return false }
        names.remove(at: place)
        entries.remove(at: place)
        places = Dictionary(uniqueKeysWithValues: zip(names, names.indices))
        return true
    }

    mutating func reset(to defaults: [(name: String, build: Build)]) {
        (names, entries, places) = ([], [], [:])
        for (name, build) in defaults { _ = add(name, replacing: true, build) }
    }

    /// The task that is building `name`, started with `start` where there is none; nil where the name is gone.
    mutating func build(
        _ name: String,
        start: (@escaping Build, UInt64) -> Task<Value, any Error>
    ) -> (Task<Value, any Error>, UInt64)? {
        guard let place = place(of: name) else { return nil }
        let entry = entries[place]
        let task = entry.task ?? start(entry.build, entry.ticket)
        entries[place].task = task
        return (task, entry.ticket)
    }

    mutating func finish(_ name: String, _ ticket: UInt64, _ value: Value) {
        guard let place = place(of: name), entries[place].ticket == ticket else { return }
        entries[place].value = value
    }

    mutating func giveUp(_ name: String, _ ticket: UInt64) {
        guard let place = place(of: name), entries[place].ticket == ticket else { return }
        entries[place].task = nil
    }
}

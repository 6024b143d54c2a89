/// The registry's state and its transitions, without the lock and without the waiting.
struct RegistryTable<Value: Sendable>: Sendable {
    typealias Build = NamedRegistry<Value>.Build

    /// What a look-up finds.
    enum Found {
        case absent
        case unbuilt
        case building(Task<Value, any Error>)
        case built(Value)
    }

    private struct Entry {
        var build: Build
        /// Tells this entry from an earlier one of the same name, so that a late build cannot settle its successor.
        var ticket: UInt64
        var order: UInt64
        var task: Task<Value, any Error>?
        var value: Value?
    }

    private var entries: [String: Entry] = [:]
    private var lastTicket: UInt64 = 0

    init(_ defaults: [(name: String, build: Build)]) {
        reset(to: defaults)
    }

    var names: [String] {
        entries.sorted { $0.value.order < $1.value.order }.map(\.key)
    }

    func lookUp(_ name: String) -> Found {
        guard let entry = entries[name] else { return .absent }
        if let value = entry.value { return .built(value) }
        return entry.task.map(Found.building) ?? .unbuilt
    }

    mutating func add(_ name: String, replacing: Bool, _ build: @escaping Build) -> Bool {
        let old = entries[name]
        guard replacing || old == nil else { return false }
        lastTicket += 1
        entries[name] = Entry(build: build, ticket: lastTicket, order: old?.order ?? lastTicket)
        return true
    }

    mutating func remove(_ name: String) -> Bool {
        entries.removeValue(forKey: name) != nil
    }

    mutating func reset(to defaults: [(name: String, build: Build)]) {
        entries.removeAll()
        for (name, build) in defaults { _ = add(name, replacing: true, build) }
    }

    /// The task that is building `name`, started with `start` where there is none; nil where the name is gone.
    mutating func build(
        _ name: String,
        start: (@escaping Build, UInt64) -> Task<Value, any Error>
    ) -> Task<Value, any Error>? {
        guard let entry = entries[name] else { return nil }
        if let task = entry.task { return task }
        let task = start(entry.build, entry.ticket)
        entries[name]?.task = task
        return task
    }

    mutating func finish(_ name: String, _ ticket: UInt64, _ value: Value) {
        guard entries[name]?.ticket == ticket else { return }
        entries[name]?.value = value
    }

    mutating func giveUp(_ name: String, _ ticket: UInt64) {
        guard entries[name]?.ticket == ticket else { return }
        entries[name]?.task = nil
    }
}

import NamedRegistry
import Synchronization
import Testing

/// Lets builds begin together: none goes on before all of them have arrived.
private final class Meeting: Sendable {
    private let missing: Mutex<Set<String>>
    private let complete = Promise<Void>()

    init(_ names: [String]) { missing = Mutex(Set(names)) }

    func arrive(_ name: String) async throws {
        let isComplete = missing.withLock { missing in
            missing.remove(name)
            return missing.isEmpty
        }
        if isComplete { complete.settle(.success(())) }
        try await complete.value()
    }
}

@Suite("Values that need each other", .timeLimit(.minutes(2)))
struct CycleTests {
    /// Names, the names that their closures ask for at the same time, and the names that tasks ask for from outside.
    struct Shape: CustomTestStringConvertible {
        let testDescription: String
        let needs: [String: [String]]
        let entries: [String]

        init(_ description: String, _ needs: [String: [String]], entries: [String]) {
            (testDescription, self.needs, self.entries) = (description, needs, entries)
        }

        /// A registry whose builds ask for each other only once those of all entries have begun.
        func registry() throws -> Registry<String> {
            let registry = Registry<String>(of: "part")
            let meeting = Meeting(entries)
            for (name, others) in needs {
                try registry.add(name) {
                    if entries.contains(name) { try await meeting.arrive(name) }
                    return try await withThrowingTaskGroup(of: String.self) { group in
                        for other in others { group.addTask { try await registry.value(named: other) } }
                        return try await group.reduce(into: []) { $0.append($1) }.sorted().joined() + name
                    }
                }
            }
            return registry
        }
    }

    private func ask(_ registry: Registry<String>, for names: [String]) async -> [Result<String, any Error>] {
        let tasks = names.map { name in Task { try await registry.value(named: name) } }
        var results: [Result<String, any Error>] = []
        for task in tasks { results.append(await task.result) }
        return results
    }

    static let cycles = [
        Shape("itself", ["a": ["a"]], entries: ["a"]),
        Shape("two, from one end", ["a": ["b"], "b": ["a"]], entries: ["a"]),
        Shape("two, from both ends", ["a": ["b"], "b": ["a"]], entries: ["a", "b"]),
        Shape("two, from both ends, by many", ["a": ["b"], "b": ["a"]], entries: ["a", "b", "b", "a", "a", "b"]),
        Shape("three, from one end", ["a": ["b"], "b": ["c"], "c": ["a"]], entries: ["b"]),
        Shape("three, from all ends", ["a": ["b"], "b": ["c"], "c": ["a"]], entries: ["a", "b", "c"]),
        Shape("two, and one that needs them", ["a": ["b"], "b": ["a"], "c": ["a"]], entries: ["c", "b", "a"]),
        Shape("two cycles that share a name", ["a": ["b", "c"], "b": ["a"], "c": ["a"]], entries: ["a", "b", "c"]),
        Shape("two beside a good one", ["a": ["b", "d"], "b": ["d", "a"], "d": []], entries: ["a", "b", "d"]),
    ]

    @Test("fail with an error for every task that waits", arguments: cycles)
    func cycle(_ shape: Shape) async throws {
        let registry = try shape.registry()
        let results = await ask(registry, for: shape.entries)
        for (entry, result) in zip(shape.entries, results) where shape.needs[entry] != [] {
            let error = #expect(throws: NamedRegistryError.self) { try result.get() }
            #expect(error?.code == .cycle)
        }
        #expect(results.count == shape.entries.count)
        // The failed builds leave nothing behind that other builds would stumble over.
        try registry.add("a", replacing: true) { "new a" }
        for name in shape.needs.keys.sorted() where name != "a" {
            #expect(try await registry.value(named: name).contains(name))
        }
    }

    static let trees = [
        Shape("a chain", ["a": ["b"], "b": ["c"], "c": []], entries: ["c", "b", "a"]),
        Shape("a diamond", ["a": ["b", "c"], "b": ["d"], "c": ["d"], "d": []], entries: ["a", "b", "c", "d"]),
        Shape("one name twice", ["a": ["b", "b"], "b": []], entries: ["a", "b"]),
    ]

    @Test("are built if they form no cycle", arguments: trees)
    func tree(_ shape: Shape) async throws {
        let registry = try shape.registry()
        for (entry, result) in zip(shape.entries, await ask(registry, for: shape.entries)) {
            #expect(try result.get().hasSuffix(entry))
        }
    }

    @Test("are named in the error, with their kinds, across registries")
    func registries() async throws {
        let (plays, actors) = (Registry<Int>(of: "play"), Registry<Int>(of: "actor"))
        let meeting = Meeting(["play", "actor"])
        try plays.add("x") {
            try await meeting.arrive("play")
            return try await actors.value(named: "x")
        }
        try actors.add("x") {
            try await meeting.arrive("actor")
            return try await plays.value(named: "x")
        }
        let tasks = [plays, actors].map { registry in Task { try await registry.value(named: "x") } }
        let messages = [
            #"Building the play "x" needs the actor "x", which needs the play "x"."#,
            #"Building the actor "x" needs the play "x", which needs the actor "x"."#,
        ].map { $0 + " Remove one of these look-ups from its closure." }
        var errors: [NamedRegistryError?] = []
        for task in tasks { errors.append(await #expect(throws: NamedRegistryError.self) { try await task.value }) }
        #expect(errors[0] == errors[1])
        #expect(errors[0].map { messages.contains($0.message) } == true)
        #expect(errors[0]?.name == "x" && errors[0]?.isRetryable == false)
    }

    @Test("may be a thousand", arguments: [1, 10])
    func long(tasks: Int) async throws {
        let registry = Registry<Int>(of: "link")
        let meeting = Meeting((0..<tasks).map { "\($0 * 100)" })
        for link in 0..<1000 {
            try registry.add("\(link)") {
                if link.isMultiple(of: 100), link / 100 < tasks { try await meeting.arrive("\(link)") }
                return try await registry.value(named: "\((link + 1) % 1000)")
            }
        }
        let waiting = (0..<tasks).map { task in Task { try await registry.value(named: "\(task * 100)") } }
        for task in waiting {
            let error = await #expect(throws: NamedRegistryError.self) { try await task.value }
            #expect(error?.code == .cycle)
            #expect(error?.message.contains(#"", which needs 993 more, which needs the link ""#) == true)
        }
    }

    @Test("may be handled by a closure that can do without")
    func handled() async throws {
        let shape = Shape("", ["a": ["b"], "b": ["a"], "c": ["a"]], entries: ["a", "b"])
        let registry = try shape.registry()
        try registry.add("c", replacing: true) {
            do { return try await registry.value(named: "a") } catch let error as NamedRegistryError {
                return "c without a: \(error.code)"
            }
        }
        let results = await ask(registry, for: ["c", "a", "b"])
        #expect(try results[0].get() == "c without a: cycle")
        for result in results.dropFirst() { #expect(throws: NamedRegistryError.self) { try result.get() } }
    }

    @Test("form no cycle with a build that has stopped waiting")
    func stopsWaiting() async throws {
        let registry = Registry<String>()
        let (begun, stopped) = (Promise<Void>(), Promise<Void>())
        try registry.add("a") {
            let impatient = Task { try await registry.value(named: "b") }
            try await begun.value()
            impatient.cancel()
            await #expect(throws: CancellationError.self) { try await impatient.value }
            stopped.settle(.success(()))
            return "a"
        }
        try registry.add("b") {
            begun.settle(.success(()))
            try await stopped.value()
            return try await registry.value(named: "a") + "b"
        }
        #expect(try await registry.value(named: "a") == "a")
        #expect(try await registry.value(named: "b") == "ab")
    }

    @Test("form no cycle with a build that has ended, whose tasks go on")
    func leftOver() async throws {
        struct BuildFailed: Error {}
        let registry = Registry<Int>()
        let (ended, second) = (Promise<Void>(), Promise<Int>())
        let builds = Counter()
        try registry.add("a") {
            guard builds.next() == 1 else { return 2 }
            Task {
                try await ended.value()
                do { second.settle(.success(try await registry.value(named: "a"))) } catch {
                    second.settle(.failure(error))
                }
            }
            throw BuildFailed()
        }
        await #expect(throws: BuildFailed.self) { try await registry.value(named: "a") }
        ended.settle(.success(()))
        #expect(try await second.value() == 2)
    }
}

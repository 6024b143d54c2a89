import NamedRegistry
import Synchronization
import Testing

@Suite("A registry of names", .timeLimit(.minutes(2)))
struct NamedRegistryTests {
    private struct BuildFailed: Error, Equatable { let attempt: Int }

    @Test("builds a value at the first look-up and never again")
    func buildsOnce() async throws {
        let builds = Counter()
        let registry = Registry<Int>()
        try registry.add("answer") {
            builds.next()
            return 42
        }
        #expect(builds.count == 0)
        #expect(try await registry.value(named: "answer") == 42)
        #expect(try await registry.value(named: "answer") == 42)
        #expect(builds.count == 1)
    }

    @Test("builds once when a thousand tasks ask at once")
    func buildsOnceForMany() async throws {
        let builds = Counter()
        let registry = Registry<Int>()
        try registry.add("slow") {
            for _ in 0..<100 { await Task.yield() }
            return builds.next()
        }
        let answers = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<1000 { group.addTask { try await registry.value(named: "slow") } }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(answers == [1])
        #expect(builds.count == 1)
    }

    @Test("throws a failed build's error, and builds again at the next look-up")
    func forgetsFailures() async throws {
        let builds = Counter()
        let registry = Registry<Int>()
        try registry.add("second time lucky") {
            let attempt = builds.next()
            guard attempt > 1 else { throw BuildFailed(attempt: attempt) }
            return attempt
        }
        await #expect(throws: BuildFailed(attempt: 1)) { try await registry.value(named: "second time lucky") }
        #expect(try await registry.value(named: "second time lucky") == 2)
    }

    @Test("refuses a second entry of the same name unless it is a replacement")
    func namesAreTaken() async throws {
        let registry = Registry<Int>()
        try registry.add("n") { 1 }
        let error = #expect(throws: NamedRegistryError.self) { try registry.add("n") { 2 } }
        #expect(error?.code == .nameTaken)
        #expect(try await registry.value(named: "n") == 1)
        try registry.add("n", replacing: true) { 3 }
        #expect(try await registry.value(named: "n") == 3)
    }

    @Test("refuses an empty name")
    func emptyName() {
        let error = #expect(throws: NamedRegistryError.self) { try Registry<Int>().add("") { 1 } }
        #expect(error?.code == .invalidName)
    }

    @Test("lists the names and the nearest one if a name is unknown")
    func unknownName() async throws {
        let registry = Registry<Int>(of: "entry", defaults: [("default", { 1 }), ("dsql", { 2 })])
        let error = await #expect(throws: NamedRegistryError.self) { try await registry.value(named: "defualt") }
        #expect(error?.code == .unknownName)
        #expect(error?.registered == ["default", "dsql"])
        #expect(error?.nearest == "default")
        let text = #"No entry is named "defualt". Did you mean "default"? Registered: default, dsql."#
        #expect(error.map(String.init(describing:)) == text)
    }

    @Test("guesses no name that is far from the one asked for")
    func farName() async throws {
        let registry = Registry<Int>(of: "entry", defaults: [("default", { 1 }), ("rds", { 2 })])
        for name in ["vault", "dsql", "rdsdb"] {
            let error = await #expect(throws: NamedRegistryError.self) { try await registry.value(named: name) }
            #expect(error?.description == "No entry is named \"\(name)\". Registered: default, rds.")
        }
    }

    @Test("shows a strange name escaped and cut", arguments: ["x", "\u{301}"])
    func strangeName(_ filler: String) async {
        let name = "\u{1B}[31m" + String(repeating: filler, count: 10_000)
        let error = await #expect(throws: NamedRegistryError.self) {
            try await Registry<Int>().value(named: name)
        }
        let text = error.map(String.init(describing:)) ?? ""
        #expect(text.hasPrefix(#"No entry is named "\u{1B}[31"#))
        #expect(text.hasSuffix("Nothing is registered."))
        #expect(text.utf8.count < 1_000)
    }

    @Test("lists names in the order in which they were added first")
    func order() throws {
        let registry = Registry<Int>(of: "entry", defaults: [("b", { 1 }), ("a", { 2 })])
        try registry.add("c") { 3 }
        try registry.add("b", replacing: true) { 4 }
        #expect(registry.names == ["b", "a", "c"])
        #expect(registry.remove("b"))
        #expect(!registry.remove("b"))
        #expect(registry.names == ["a", "c"])
    }

    @Test("returns to its defaults, unbuilt")
    func reset() async throws {
        let builds = Counter()
        let registry = Registry<Int>(of: "entry", defaults: [("default", { builds.next() })])
        try registry.add("extra") { 0 }
        #expect(try await registry.value(named: "default") == 1)
        registry.reset()
        #expect(registry.names == ["default"])
        #expect(try await registry.value(named: "default") == 2)
    }

    @Test(
        "returns the old value of a replaced entry to the tasks that wait for it, and builds the new one for the next"
    )
    func replacingWhileBuilding() async throws {
        let registry = Registry<String>()
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        try registry.add("n") {
            start.finish()
            for await _ in gate {}
            return "old"
        }
        let waiter = Task { try await registry.value(named: "n") }
        for await _ in started {}
        try registry.add("n", replacing: true) { "new" }
        #expect(try await registry.value(named: "n") == "new")
        open.finish()
        #expect(try await waiter.value == "old")
        #expect(try await registry.value(named: "n") == "new")
    }

    @Test("says in a sentence what is wrong with a name, and that trying again does not help")
    func messages() async throws {
        let registry = Registry<Int>(of: "entry", defaults: [("a", { 1 })])
        let errors = [
            #expect(throws: NamedRegistryError.self) { try registry.add("a") { 2 } },
            #expect(throws: NamedRegistryError.self) { try registry.add("") { 2 } },
        ]
        let messages = [
            #"The entry "a" is registered already. Say replacing: true to replace it."#,
            "A name must not be empty. Register the entry under another name.",
        ]
        #expect(errors.map(\.?.message) == messages)
        #expect(errors.map(\.?.description) == messages)
        #expect(errors.allSatisfy { ($0 as (any RetryableError)?)?.isRetryable == false })
    }

    @Test("serves values of any kind, and its messages speak of that kind")
    func anyKind() async throws {
        let units = Registry<@Sendable (Int) -> Int>(of: "unit of length")
        try units.add("inch") { { $0 } }
        try units.add("foot") { { $0 * 12 } }
        try units.add("yard") {
            let foot = try await units.value(named: "foot")
            return { foot($0 * 3) }
        }
        #expect(try await units.value(named: "yard")(1000) == 36_000)
        let unknown = await #expect(throws: NamedRegistryError.self) { try await units.value(named: "yards") }
        #expect(unknown?.nearest == "yard")
        let errors = [
            unknown,
            #expect(throws: NamedRegistryError.self) { try units.add("foot") { { $0 } } },
            #expect(throws: NamedRegistryError.self) { try units.add("") { { $0 } } },
        ]
        let messages = [
            #"No unit of length is named "yards". Did you mean "yard"? Registered: inch, foot, yard."#,
            #"The unit of length "foot" is registered already. Say replacing: true to replace it."#,
            "A name must not be empty. Register the unit of length under another name.",
        ]
        #expect(errors.map(\.?.message) == messages)
    }

    @Test("passes a closure's cancellation on as it is")
    func cancellation() async throws {
        let registry = Registry<Int>(of: "entry", defaults: [("a", { throw CancellationError() })])
        await #expect(throws: CancellationError.self) { try await registry.value(named: "a") }
    }

    @Test(
        "tells names apart by their bytes",
        arguments: [["\u{E9}", "e\u{301}"], ["K", "\u{212A}"], ["s", "\u{17F}"], ["a", "a\0"], ["\0", "\0\0"]]
    )
    func bytes(_ twins: [String]) async throws {
        let registry = Registry<String>()
        try registry.add(twins[0]) { "zero" }
        let unknown = await #expect(throws: NamedRegistryError.self) { try await registry.value(named: twins[1]) }
        #expect(unknown?.code == .unknownName)
        #expect(unknown?.registered.map { Array($0.utf8) } == [Array(twins[0].utf8)])
        // The closure of one may ask for the other; it is not a cycle.
        try registry.add(twins[1]) { try await registry.value(named: twins[0]) + " and one" }
        #expect(registry.names.map { Array($0.utf8) } == twins.map { Array($0.utf8) })
        #expect(try await registry.value(named: twins[1]) == "zero and one")
        #expect(try await registry.value(named: twins[0]) == "zero")
        #expect(registry.builtValue(named: twins[0]) == "zero")
        let taken = twins.map { name in #expect(throws: NamedRegistryError.self) { try registry.add(name) { "" } } }
        #expect(taken[0] != taken[1])
        #expect(registry.remove(twins[0]))
        #expect(registry.builtValue(named: twins[1]) == "zero and one")
        #expect(registry.builtValue(named: twins[0]) == nil)
    }
}

/// Counts calls from any task.
final class Counter: Sendable {
    private let value = Mutex(0)

    var count: Int { value.withLock { $0 } }

    @discardableResult
    func next() -> Int {
        value.withLock { value in
            value += 1
            return value
        }
    }
}

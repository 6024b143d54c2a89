import NamedRegistry
import Testing

/// What many tasks find that ask and change at the same time.
@Suite("A registry in many hands", .timeLimit(.minutes(2)))
struct ManyTasksTests {
    private struct BuildFailed: Error {}

    @Test("hands one failed build to all who wait for it")
    func sharesFailures() async throws {
        // Nobody can see from outside whether a task waits already: some round all of them do.
        for round in 1...20 where try await buildsOfFailure(pause: .milliseconds(10 * round)) == 1 { return }
        Issue.record("No failed build was ever shared.")
    }

    /// How many builds it takes to fail a hundred tasks that ask while the first is under way.
    private func buildsOfFailure(pause: Duration) async throws -> Int {
        let builds = Counter()
        let asking = Counter()
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let registry = NamedRegistry<Int>(defaults: [
            (
                "n",
                {
                    builds.next()
                    start.finish()
                    for await _ in gate {}
                    throw BuildFailed()
                }
            )
        ])
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    asking.next()
                    await #expect(throws: BuildFailed.self) { try await registry.value(named: "n") }
                }
            }
            for await _ in started {}
            while asking.count < 100 { await Task.yield() }
            try? await Task.sleep(for: pause)
            open.finish()
        }
        return builds.count
    }

    enum Change: CaseIterable { case remove, reset, replace }

    @Test(
        "lets those who wait have the value of an entry that is taken away meanwhile, and nobody else",
        arguments: Change.allCases
    )
    func takenAway(_ change: Change) async throws {
        let (started, start) = AsyncStream.makeStream(of: Void.self)
        let (gate, open) = AsyncStream.makeStream(of: Void.self)
        let registry = NamedRegistry<String>(defaults: [("other", { "other" })])
        try registry.add("n") {
            start.finish()
            for await _ in gate {}
            return "old"
        }
        let waiter = Task { try await registry.value(named: "n") }
        for await _ in started {}
        switch change {
        case .remove: #expect(registry.remove("n"))
        case .reset: registry.reset()
        case .replace: try registry.add("n", replacing: true) { "new" }
        }
        open.finish()
        #expect(try await waiter.value == "old")
        #expect(registry.builtValue(named: "n") == nil)
        if change == .replace {
            #expect(try await registry.value(named: "n") == "new")
        } else {
            let error = await #expect(throws: NamedRegistryError.self) { try await registry.value(named: "n") }
            #expect(error?.code == .unknownName)
        }
        #expect(try await registry.value(named: "other") == "other")
    }

    @Test("stays whole while eight tasks add, replace, remove, reset and look up")
    func churn() async throws {
        let registry = NamedRegistry<Int>(defaults: [("default", { 0 })])
        await withTaskGroup(of: Void.self) { group in
            for task in 1...8 {
                group.addTask {
                    for step in 0..<2_000 {
                        let name = "name \((step + task) % 12)"
                        switch (step &* 7 &+ task) % 5 {
                        case 0: try? registry.add(name) { task }
                        case 1: try? registry.add(name, replacing: true) { task }
                        case 2: registry.remove(name)
                        case 3 where step % 97 == 0: registry.reset()
                        default: _ = try? await registry.value(named: name)
                        }
                        // What is always there is always found.
                        let value = try? await registry.value(named: "default")
                        #expect(value == 0)
                    }
                }
            }
        }
        let names = registry.names
        #expect(names.first == "default")
        #expect(Set(names).count == names.count)
        for name in names { #expect(try await (0...8).contains(registry.value(named: name))) }
    }
}

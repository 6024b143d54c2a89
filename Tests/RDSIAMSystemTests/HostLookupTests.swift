import RDSIAMBasics
import RDSIAMSystem
import Testing

@Suite("Host look-ups", .timeLimit(.minutes(1)))
struct HostLookupTests {
    @Test("an address stands for itself", arguments: ["127.0.0.1", "::1"])
    func addresses(text: String) async throws {
        #expect(try await HostLookup.shared.addresses(of: text) == [text])
        #expect(try await HostLookup.shared.addresses(of: text, within: .seconds(30)) == [text])
    }

    @Test(
        "a name without an address is an error, never an empty list",
        arguments: ["no.such.host.invalid", "a\0b", ""]
    )
    func noAddress(name: String) async {
        await #expect(throws: HostLookup.Failure.self) { try await HostLookup().addresses(of: name) }
    }

    @Test(
        "an address has one form",
        arguments: [
            ("127.0.0.1", "127.0.0.1"), ("127.1", "127.0.0.1"), ("0:0::0:1", "::1"),
            ("::FFFF:1.2.3.4", "::ffff:1.2.3.4"),
            ("localhost", nil), ("", nil), ("1.2.3.4\0", nil), ("1.2.3.4.5", nil),
        ] as [(String, String?)]
    )
    func canonicalAddresses(text: String, expected: String?) {
        #expect(HostLookup.canonicalAddress(text) == expected)
    }

    @Test("a task that is canceled before or during a look-up does not wait for the answer", arguments: [true, false])
    func cancellation(before: Bool) async throws {
        let (begun, gate) = (Promise<Void>(), Promise<Void>())
        defer { gate.settle(.success(())) }
        let names = HostLookup { _ in
            begun.settle(.success(()))
            while gate.result == nil { usleep(1000) }
            return ["192.0.2.1"]
        }
        let task = Task {
            while before && !Task.isCancelled { await Task.yield() }
            return try await names.addresses(of: "example.com")
        }
        if !before { try await begun.value() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test("a look-up that takes longer than its limit fails, and may be retried")
    func limit() async throws {
        let gate = Promise<Void>()
        defer { gate.settle(.success(())) }
        let names = HostLookup { _ in
            while gate.result == nil { usleep(1000) }
            return ["192.0.2.1"]
        }
        let error = try #require(
            await #expect(throws: HostLookup.Failure.self) {
                try await names.addresses(of: "example.com", within: .milliseconds(20))
            }
        )
        #expect(error.isRetryable)
    }
}

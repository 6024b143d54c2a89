import Testing

@testable import PGRDSIAM

@Suite("Looking up several hosts", .timeLimit(.minutes(2)))
struct LookUpTests {
    private static let unknown = String(repeating: "a", count: 300)

    private static func places(_ hosts: [String]) -> [Place] {
        hosts.enumerated().map { Place(host: $1, address: "", port: "\($0 + 1)") }
    }

    /// What the hosts have when each is looked up alone.
    private static func lookedUpAlone(_ places: [Place]) async throws -> [Place] {
        var found: [Place] = []
        for place in places { found += try await [place].lookedUp() }
        return found
    }

    @Test("loses none of them and none of their addresses, and leaves them in order")
    func complete() async throws {
        let places = Self.places(["localhost", "127.0.0.2", "/a/socket", "localhost", "127.0.0.3", "@abstract"])
        let alone = try await Self.lookedUpAlone(places)
        #expect(alone.count >= places.count)
        for _ in 0..<1_000 { #expect(try await places.lookedUp() == alone) }
    }

    @Test("leaves out a name that is not found, and no other", arguments: 0..<3)
    func notFound(_ index: Int) async throws {
        var hosts = ["localhost", "127.0.0.2", "127.0.0.3"]
        hosts[index] = Self.unknown
        let places = Self.places(hosts)
        let alone = try await Self.lookedUpAlone(places.filter { $0.host != Self.unknown })
        for _ in 0..<300 { #expect(try await places.lookedUp() == alone) }
    }

    @Test("fails if no name is found")
    func noneFound() async throws {
        let places = Self.places([Self.unknown, Self.unknown])
        for _ in 0..<300 {
            let error = await #expect(throws: PGRDSIAMError.self) { try await places.lookedUp() }
            #expect(error?.code == .connectionFailed)
        }
    }
}

import Testing

/// Recorded rules of AWS: environment, files and exchanges go in, credentials or an error come out.
@Suite(.timeLimit(.minutes(2))) struct ScenarioTests {
    static let families = [
        "environment", "profile", "roles", "web_identity", "container", "instance_metadata", "sso", "login", "process",
        "precedence", "chain", "region", "overrides",
    ]

    @Test("each scenario ends as recorded", arguments: try ScenarioTests.all())
    func scenario(_ scenario: Scenario) async throws {
        try await ScenarioRun(scenario).play()
    }

    @Test("there are at least 150 scenarios")
    func count() throws {
        #expect(try Self.all().count >= 150)
    }

    static func all() throws -> [Scenario] {
        try families.flatMap { try ScenarioFile.load($0) }
    }
}

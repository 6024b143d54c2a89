import Testing

/// Recorded rules of AWS: environment, files and exchanges go in, credentials or an error come out.
@Suite(.timeLimit(.minutes(2))) struct ScenarioTests {
    static let families = [
        "environment", "profile", "roles", "web_identity", "container", "instance_metadata", "sso", "login", "process",
        "expirations", "sections", "files", "precedence", "chain", "region", "overrides",
    ]

    @Test("each scenario ends as recorded", arguments: try ScenarioTests.all())
    func scenario(_ scenario: Scenario) async throws {
        try await ScenarioRun(scenario).play()
    }

    @Test("there are at least 500 scenarios, of which 90 have botocore's answer beside ours")
    func count() throws {
        #expect(try Self.all().count >= 500)
        #expect(try Self.all().count { $0.botocore != nil } >= 90)
    }

    @Test("each scenario expects what botocore answers, or says why not")
    func botocore() throws {
        for scenario in try Self.all() {
            guard let theirs = scenario.botocore else { continue }
            // Its exceptions and "none" stand beside our errors.
            let key = scenario.expect.credentials?.accessKeyID
            let isSame = key.map { $0 == theirs } ?? !(theirs.hasPrefix("AKID") || theirs.hasPrefix("ASIA"))
            #expect(isSame == (scenario.differs == nil), "\(scenario.name): \(theirs)")
        }
    }

    static func all() throws -> [Scenario] {
        try families.flatMap { try ScenarioFile.load($0) }
    }
}

import AWSCredentialSources
import Foundation
import Testing

/// One scenario, played.
struct ScenarioRun {
    let scenario: Scenario
    let http: ReplayedHTTP
    let files: MemoryFileStore
    let clock = TestClock()
    let context: CredentialContext

    private static let home = "/home/me"

    init(_ scenario: Scenario) {
        self.scenario = scenario
        http = ReplayedHTTP(scenario.http)
        let paths = scenario.files.map { ($0.key.replacingOccurrences(of: "~", with: Self.home), $0.value) }
        files = MemoryFileStore(Dictionary(uniqueKeysWithValues: paths))
        var context = CredentialContext.test(
            scenario.environment,
            files: files,
            http: scenario.noHTTP == true ? nil : http,
            clock: clock,
            home: scenario.noHome == true ? nil : Self.home
        )
        context.processes = ScriptedProcesses(children: scenario.processes)
        context.resolver = HostTable(hosts: scenario.hosts)
        if let dice = scenario.dice { context.random = { dice } }
        self.context = context
    }

    /// Plays the scenario and compares what came with what is expected.
    func play() async throws {
        var printed = ""
        do {
            printed = try await ask()
        } catch let error as AWSCredentialError {
            printed = "\(error) \(String(reflecting: error)) \(error.trail)"
            #expect(error.code.description == scenario.expect.error, "\(error)")
            for word in scenario.expect.words ?? [] { #expect(printed.contains(word), "\(word) is not in: \(printed)") }
            if let trail = scenario.trail { #expect(error.trail.map(\.source.rawValue) == trail) }
        }
        #expect(
            !printed.replacingOccurrences(of: "AWS_SECRET", with: "").contains("SECRET"),
            "a secret is in: \(printed)"
        )
        #expect(http.complaints.isEmpty, "\(http.complaints)")
        #expect(clock.sleeps == scenario.sleeps ?? [])
        try checkWrites()
    }

    private func ask() async throws -> String {
        let words = scenario.ask.split(separator: ":", maxSplits: 1).map(String.init)
        let profile = words.dropFirst().first
        if words[0].hasSuffix("region") {
            let asksInstance = words[0] == "instance-region"
            let chain = AWSRegionChain(profile: profile, asksInstanceMetadata: asksInstance, context: context)
            let region = try await chain.region()
            #expect(scenario.expect.error == nil)
            #expect(region == scenario.expect.region)
            return "\(String(describing: region))"
        }
        if words[0] == "default" {
            let found = try await AWSCredentialChain.default(profile: profile, context: context).resolve()
            compare(found.credentials)
            if let trail = scenario.trail { #expect(found.trail.map(\.source.rawValue) == trail) }
            return "\(found.credentials) \(found.trail)"
        }
        let credentials = try await source(words[0], profile).credentials()
        compare(credentials)
        return "\(credentials) \(String(reflecting: credentials)) \(dumped(credentials))"
    }

    private func source(_ name: String, _ profile: String?) -> any AWSCredentialSource {
        switch name {
        case "environment": EnvironmentCredentialSource(context: context)
        case "profile": ProfileCredentialSource(profile, context: context)
        case "web-identity": WebIdentityCredentialSource(context: context)
        case "container": ContainerCredentialSource(context: context)
        case "imds": InstanceMetadataCredentialSource(context: context)
        default: CustomCredentialSource { throw AWSCredentialError(.unsupported, "The scenario asks for \(name).") }
        }
    }

    private func compare(_ found: AWSCredentials) {
        guard let expected = scenario.expect.credentials else {
            Issue.record("credentials came where \(scenario.expect.error ?? "nothing") was expected")
            return
        }
        #expect(found.accessKeyID == expected.accessKeyID)
        #expect(found.secretAccessKey == expected.secretAccessKey)
        #expect(found.sessionToken == expected.sessionToken)
        #expect(Self.same(found.expiration, expected.expiration), "expires \(String(describing: found.expiration))")
        if let account = expected.accountID { #expect(found.accountID == account) }
        if let source = expected.source { #expect(found.provenance.source.rawValue == source) }
        if let profile = expected.profile { #expect(found.provenance.profile == profile) }
        if let role = expected.roleARN { #expect(found.provenance.roleARN == role) }
    }

    private static func same(_ date: Date?, _ text: String?) -> Bool {
        guard let date, let text else { return date == nil && text == nil }
        let style = Date.ISO8601FormatStyle(includingFractionalSeconds: text.contains("."))
        return (try? Date(text, strategy: style)).map { abs($0.timeIntervalSince(date)) < 0.001 } ?? false
    }

    private func checkWrites() throws {
        let expected = scenario.writes ?? [:]
        #expect(Set(files.written.keys) == Set(expected.keys.map { $0.replacingOccurrences(of: "~", with: Self.home) }))
        for (path, members) in expected {
            let bytes = files.written[path.replacingOccurrences(of: "~", with: Self.home)] ?? []
            let found = try JSONDecoder().decode([String: Scenario.Member].self, from: Data(bytes))
            for (name, value) in members { #expect(found[name] == value, "\(name) in \(path)") }
        }
    }

    private func dumped(_ credentials: AWSCredentials) -> String {
        var text = ""
        dump(credentials, to: &text)
        return text
    }
}

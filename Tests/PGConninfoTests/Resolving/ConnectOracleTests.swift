import ConninfoDifferential
import PGConninfo
import Testing

/// Resolves, validates and lists endpoints beside `PQconnectStart` in the same environment.
@Suite(.timeLimit(.minutes(5))) struct ConnectOracleTests {
    @Test(arguments: ServiceScenarios.all)
    func serviceFile(scenario: Scenario) throws { try compare(scenario) }

    @Test(arguments: EnvironmentScenarios.all)
    func environment(scenario: Scenario) throws { try compare(scenario) }

    @Test(arguments: EndpointScenarios.all)
    func endpoints(scenario: Scenario) throws { try compare(scenario) }

    @Test(arguments: ValidationScenarios.all)
    func validation(scenario: Scenario) throws { try compare(scenario) }

    @Test(arguments: PasswordScenarios.all)
    func passwordFile(scenario: Scenario) throws { try compare(scenario) }

    private func compare(_ scenario: Scenario) throws {
        try scenario.withHome { run in
            let libpq = try run.askLibpq()
            do {
                let resolved = try run.resolve()
                try resolved.validate()
                #expect(reported(resolved) == libpq.settings)
                #expect(try attempts(resolved) == Self.attempts(in: libpq.error))
                #expect(try password(resolved) == libpq.password)
            } catch let error as ConninfoError {
                #expect(error.unsafeLibpqMessage == String(decoding: libpq.error, as: UTF8.self))
                #expect(!error.unsafeLibpqMessage.isEmpty)
            }
        }
    }

    /// Returns what `PQconninfo` reports: the service only in libpq 18 and later.
    private func reported(_ resolved: ResolvedConninfo) -> [Oracle.Setting] {
        resolved.parameters.settings.filter { Oracle.dialect >= .v18 || $0.name != "service" }
    }

    private func password(_ resolved: ResolvedConninfo) throws -> [UInt8] {
        let given = resolved.parameters.bytes(of: .password) ?? []
        guard let last = try resolved.endpoints().last else { return given }
        return resolved.passwordFromFile(for: last) ?? given
    }

    /// Returns libpq's message for each endpoint that fails.
    private func attempts(_ resolved: ResolvedConninfo) throws -> [String] {
        var attempts: [String] = []
        for endpoint in try resolved.endpoints() {
            do throws(ConninfoError) {
                attempts.append(try attempt(endpoint))
            } catch {
                attempts.append(String(error.unsafeLibpqMessage.dropLast()))
                if error.code == .invalidInteger { break }
            }
        }
        // Without a standby, libpq tries all endpoints again and takes any.
        return resolved[.targetSessionAttrs] == "prefer-standby" ? attempts + attempts : attempts
    }

    private func attempt(_ endpoint: Conninfo.Endpoint) throws(ConninfoError) -> String {
        if let path = try endpoint.socketPath() {
            return "connection to server on socket \"\(String(decoding: path, as: UTF8.self))\" failed:"
        }
        let port = String(decoding: endpoint.portBytes, as: UTF8.self)
        let place = endpoint.hostaddr ?? endpoint.host ?? ""
        return "connection to server at \"\(place)\", port \(port) failed:"
    }

    private static func attempts(in message: [UInt8]) -> [String] {
        String(decoding: message, as: UTF8.self).split(separator: "\n").filter { !$0.hasPrefix("\t") }.map { line in
            line.firstRange(of: "failed:").map { String(line[..<$0.upperBound]) } ?? String(line)
        }
    }
}

import AuthTokens

/// What gets printed.
extension GeneratorConformance {
    func secrecyFaults(
        _ generator: any AuthTokenGenerator,
        _ request: AuthTokenRequest,
        _ token: AuthToken
    ) async -> [String] {
        var faults: [String] = []
        let hidden = (secrets + [token.value]).filter { !$0.isEmpty }
        if Self.printsAny(of: hidden, generator) {
            faults.append("The generator's description or dump holds a secret.")
        }
        let identity = try? await generator.signingIdentity(for: request)
        if Self.printsAny(
            of: hidden,
            [token.credential as Any, token.region as Any, token.user as Any, identity as Any]
        ) {
            faults.append("What a token says about its origin holds a secret.")
        }
        if let failing { faults += await errorFaults(failing, request, hidden) }
        return faults
    }

    private func errorFaults(_ failing: Make, _ request: AuthTokenRequest, _ hidden: [String]) async -> [String] {
        do {
            let generator = try await failing(ManualClock())
            _ = try await bounded { try await generator.token(for: request) }
            return ["The generator that was to fail made a token."]
        } catch {
            let code = (error as? any AuditableError)?.auditCode ?? ""
            return Self.printsAny(of: hidden, error) || hidden.contains(where: code.contains)
                ? ["An error holds a secret."] : []
        }
    }

    private static func printsAny(of secrets: [String], _ value: Any) -> Bool {
        var texts = [String(describing: value), String(reflecting: value), ""]
        dump(value, to: &texts[2])
        return secrets.contains { secret in texts.contains { $0.contains(secret) } }
    }
}

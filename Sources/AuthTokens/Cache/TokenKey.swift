/// All that a token depends on before its generator is asked.
struct TokenKey: Sendable, Equatable {
    let generator: String
    let request: AuthTokenRequest
}

extension TokenKey: Hashable {
    func hash(into hasher: inout Hasher) {
        hasher.combine(generator)
        hasher.combine(request.host)
        hasher.combine(request.port)
        hasher.combine(request.user)
        if let database = request.database { hasher.combine(database) }
        if !request.parameters.isEmpty { hasher.combine(request.parameters) }
    }
}

import RDSIAMBasics

/// All that a token depends on before its generator is asked.
struct TokenKey: Sendable, Hashable {
    let generator: String
    let request: AuthTokenRequest

    static func == (left: Self, right: Self) -> Bool {
        left.request == right.request && left.generator.isBytewiseEqual(to: right.generator)
    }

    func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(generator))
        hasher.combine(request)
    }
}

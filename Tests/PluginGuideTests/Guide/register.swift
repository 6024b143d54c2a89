import AuthTokens

func registerPlugins(in generators: AuthTokenGeneratorRegistry) throws {
    try generators.add("vault", keywords: ["vault_role"]) {
        VaultGenerator { role in (user: "v-\(role)", password: "from the vault") }
    }
    try generators.add("sidecar", lifetime: .seconds(300)) { request in "password of \(request.user)" }
}

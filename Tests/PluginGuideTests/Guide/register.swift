import AuthTokens

func registerPlugins(in generators: AuthTokenGeneratorRegistry) throws {
    try generators.add("vault") {
        VaultGenerator { role in (user: "v-\(role)", password: "from the vault") }
    }
}

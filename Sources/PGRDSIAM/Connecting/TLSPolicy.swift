import PGConninfo

/// Makes sure that a token is never sent without TLS.
///
/// libpq's own default, `sslmode=prefer`, goes on in clear if a server, or an attacker on the way to it, refuses TLS.
enum TLSPolicy {
    private static let weakModes = ["disable", "allow", "prefer"]

    /// The parameters with every default filled in, an `sslmode` that insists on TLS, and without encryption by GSSAPI,
    /// which would take its place.
    ///
    /// - Throws: `ConninfoError`; ``RDSIAMError`` if the parameters or the environment ask for less than TLS.
    static func resolve(_ conninfo: Conninfo, in environment: ConninfoEnvironment) throws -> ResolvedConninfo {
        var resolved = try conninfo.resolve(in: environment, leavingUnset: .sslmode)
        if let mode = resolved[.sslmode], weakModes.contains(mode) {
            throw RDSIAMError.insecure("sslmode", mode, use: "require or verify-full")
        }
        if resolved[.gssencmode] == "require" {
            throw RDSIAMError.insecure("gssencmode", "require", use: "sslmode=verify-full")
        }
        if !resolved.parameters.contains(.sslmode) {
            try resolved.set(.sslmode, to: knowsRoot(resolved, environment) ? "verify-full" : "require")
        }
        try resolved.set(.gssencmode, to: "disable")
        return resolved
    }

    /// Whether there is a certificate to check the server's against.
    private static func knowsRoot(_ resolved: ResolvedConninfo, _ environment: ConninfoEnvironment) -> Bool {
        if let root = resolved.parameters.bytes(of: .sslrootcert), !root.isEmpty { return true }
        guard let home = environment.homeDirectory else { return false }
        return environment.files(home + "/.postgresql/root.crt".utf8) != nil
    }
}

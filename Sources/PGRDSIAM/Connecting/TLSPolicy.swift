import PGConninfo

/// Sees to it that a token never goes out without TLS.
///
/// libpq's own default, `sslmode=prefer`, goes on in clear where a server, or somebody on the way to it, says no to TLS.
enum TLSPolicy {
    private static let weakModes: Set<String> = ["disable", "allow", "prefer"]

    /// The parameters with every default filled in, an `sslmode` that insists on TLS, and without encryption by GSSAPI,
    /// which would take its place.
    ///
    /// - Throws: `ConninfoError`; ``PGRDSIAMError`` where somebody asked for less than TLS.
    static func resolve(_ conninfo: Conninfo, in environment: ConninfoEnvironment) throws -> ResolvedConninfo {
        let found = try conninfo.resolve(in: environment)
        var secured = conninfo
        try secured.set(.gssencmode, to: "disable")
        let resolved = try secured.resolve(in: withOurDefault(environment, for: found))
        if let mode = resolved[.sslmode], weakModes.contains(mode) {
            throw PGRDSIAMError.insecure("sslmode", mode, use: "require or verify-full")
        }
        if found[.gssencmode] == "require" {
            throw PGRDSIAMError.insecure("gssencmode", "require", use: "sslmode=verify-full")
        }
        return resolved
    }

    /// An environment whose `PGSSLMODE` is our default, unless it has one.
    ///
    /// What the connection string and the service file say still comes before it.
    private static func withOurDefault(
        _ environment: ConninfoEnvironment,
        for resolved: ResolvedConninfo
    ) -> ConninfoEnvironment {
        let requires = environment.variables["PGREQUIRESSL"]?.first == UInt8(ascii: "1")
        guard environment.variables["PGSSLMODE"] == nil, !requires else { return environment }
        var ours = environment
        ours.variables["PGSSLMODE"] = Array((knowsRoot(resolved, environment) ? "verify-full" : "require").utf8)
        return ours
    }

    /// Whether there is a certificate to check the server's against.
    private static func knowsRoot(_ resolved: ResolvedConninfo, _ environment: ConninfoEnvironment) -> Bool {
        if let root = resolved[.sslrootcert], !root.isEmpty { return true }
        guard let home = environment.homeDirectory else { return false }
        return environment.files(home + "/.postgresql/root.crt".utf8) != nil
    }
}

/// Finds the service a connection asks for, as `parseServiceInfo` in libpq does.
struct ServiceLookup {
    /// libpq cuts paths to its buffer of 1,024 bytes, the closing NUL included.
    private static let longestPath = 1023

    let environment: ConninfoEnvironment

    /// Sets what the service sets and `parameters` does not.
    func apply(to parameters: inout Conninfo) throws(ConninfoError) {
        guard let service = parameters.bytes(of: .service) ?? environment.variables["PGSERVICE"] else { return }
        if let path = explicitPath(parameters) ?? homePath, try apply(service, from: path, to: &parameters) { return }
        let folder = environment.variables["PGSYSCONFDIR"] ?? environment.systemConfigurationDirectory
        let path = Self.cut(folder + "/pg_service.conf".utf8)
        if environment.files(path) != nil, try apply(service, from: path, to: &parameters) { return }
        throw .serviceNotFound(service)
    }

    /// A file that is named must exist.
    private func explicitPath(_ parameters: Conninfo) -> [UInt8]? {
        (parameters.bytes(of: .servicefile) ?? environment.variables["PGSERVICEFILE"]).map(Self.cut)
    }

    private var homePath: [UInt8]? {
        guard let path = environment.homeDirectory.map({ Self.cut($0 + "/.pg_service.conf".utf8) }) else { return nil }
        return environment.files(path) == nil ? nil : path
    }

    private static func cut(_ path: [UInt8]) -> [UInt8] {
        Array(path.prefix(longestPath))
    }

    private func apply(
        _ service: [UInt8],
        from path: [UInt8],
        to parameters: inout Conninfo
    ) throws(ConninfoError) -> Bool {
        guard let contents = environment.files(path)?.contents else { throw .serviceFileNotFound(path) }
        guard try ServiceFile(path: path, contents: contents).apply(service: service, to: &parameters) else {
            return false
        }
        if parameters.dialect >= .v19 { parameters.setDefault(.servicefile, path[...]) }
        return true
    }
}

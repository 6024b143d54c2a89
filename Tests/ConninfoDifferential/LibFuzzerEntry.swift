import PGConninfo

/// libFuzzer's entry point: any bytes are a connection string, a service file and a password file at once.
///
/// A crash, a hang, an access out of bounds or a difference with the linked libpq ends the run. `bin/fuzz conninfo
/// --libfuzzer` builds it with the address sanitizer; in every other build it is a function that nobody calls.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    if let difference = Differential.difference(on: input, checkingRoundTrip: true) {
        fatalError("difference on \(input): \(difference)")
    }
    for dialect in Conninfo.Dialect.all { exercise(input, dialect) }
    return 0
}

private func exercise(_ input: [UInt8], _ dialect: Conninfo.Dialect) {
    let extensions: Conninfo.ExtensionKeywords = ["aws_rds_iam_region"]
    let files = ConninfoFileReader { _ in .init(contents: input) }
    var environment = ConninfoEnvironment(homeDirectory: "/home", userName: "u", files: files)
    environment.variables["PGSERVICE"] = Array(input.prefix(3))
    let parsed = try? Conninfo.parse(input, dialect: dialect, extensions: extensions)
    for conninfo in [parsed, Conninfo(dialect: dialect)] {
        guard let conninfo, let resolved = try? conninfo.resolve(in: environment) else { continue }
        _ = try? resolved.validate()
        _ = resolved.parameters.redacted
        for endpoint in (try? resolved.endpoints()) ?? [] {
            _ = try? endpoint.socketPath()
            _ = resolved.passwordFromFile(for: endpoint)
        }
    }
}

import PGConninfo

/// Compares this package with the linked libpq on one input.
public enum Differential {
    /// Returns what is wrong with our answer to this input, or `nil` if nothing is.
    public static func difference(on input: [UInt8], checkingRoundTrip: Bool) -> String? {
        let ours = Conninfo.answer(to: input, dialect: Oracle.dialect)
        if input.contains(0) { return ours == .error([]) ? nil : "a NUL byte was accepted" }
        let libpq = Oracle.parse(input)
        guard ours == libpq else { return "libpq: \(show(libpq))\nours:  \(show(ours))" }
        return checkingRoundTrip ? roundTripDifference(on: input) : nil
    }

    /// Returns what is lost when parameters are serialized and parsed again, in every dialect and by libpq.
    private static func roundTripDifference(on input: [UInt8]) -> String? {
        for dialect in Conninfo.Dialect.all {
            guard let conninfo = try? Conninfo.parse(input, dialect: dialect) else { continue }
            for form in [Conninfo.Form.keywordValue, .uri] {
                let written = conninfo.serialized(as: form)
                guard Conninfo.answer(to: written, dialect: dialect) == .parameters(conninfo.settings) else {
                    return "\(dialect): changed by serialization to \(String(decoding: written, as: UTF8.self))"
                }
                guard dialect != Oracle.dialect || Oracle.parse(written) == .parameters(conninfo.settings) else {
                    return "libpq reads something else in \(String(decoding: written, as: UTF8.self))"
                }
            }
        }
        return nil
    }

    private static func show(_ answer: Oracle.Answer) -> String {
        switch answer {
        case .error(let message): "error \(String(decoding: message, as: UTF8.self).debugDescription)"
        case .parameters(let settings):
            settings.map { "\($0.name)=\(String(decoding: $0.bytes, as: UTF8.self).debugDescription)" }
                .joined(separator: " ")
        }
    }
}

/// libFuzzer's entry point: any bytes are a connection string, a service file and a password file at once.
///
/// A crash, a hang, an access out of bounds or a difference to the linked libpq ends the run. `bin/fuzz conninfo
/// --libfuzzer` builds it with the address sanitizer. In every other build it is never called.
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

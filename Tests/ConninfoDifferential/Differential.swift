import PGConninfo

/// Compares this package with the linked libpq on one input.
public enum Differential {
    /// What is wrong with the answer to this input; nil if nothing is.
    public static func difference(on input: [UInt8], checkingRoundTrip: Bool) -> String? {
        let ours = Conninfo.answer(to: input, dialect: Oracle.dialect)
        if input.contains(0) { return ours == .error([]) ? nil : "a NUL byte was accepted" }
        let libpq = Oracle.parse(input)
        guard ours == libpq else { return "libpq: \(show(libpq))\nours:  \(show(ours))" }
        return checkingRoundTrip ? roundTripDifference(on: input) : nil
    }

    /// In every dialect, what a string says must survive being written and read; libpq must read the same of it.
    private static func roundTripDifference(on input: [UInt8]) -> String? {
        for dialect in Conninfo.Dialect.all {
            guard let conninfo = try? Conninfo.parse(input, dialect: dialect) else { continue }
            for form in [Conninfo.Form.keywordValue, .uri] {
                let written = conninfo.serialised(as: form)
                guard Conninfo.answer(to: written, dialect: dialect) == .parameters(conninfo.settings) else {
                    return "\(dialect): changed by being written as \(String(decoding: written, as: UTF8.self))"
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

import RDSIAMBasics

extension String {
    /// The text in quotation marks, fit for a report: no control characters, not endless, and no part of a token.
    var shown: String {
        var text = ""
        for scalar in withoutSignatures.unicodeScalars.prefix(400) {
            // Controls, and the marks that turn the direction of what follows.
            let isHidden = scalar.properties.generalCategory == .control || scalar.properties.generalCategory == .format
            text.unicodeScalars.append(isHidden ? " " : scalar)
        }
        return "\"\(text)\(unicodeScalars.count > 400 ? "…" : "")\""
    }

    /// The text without what is secret in a token that a server may have repeated.
    private var withoutSignatures: String {
        ["X-Amz-Signature=", "X-Amz-Security-Token=", "X-Amz-Credential="].reduce(self) { $0.maskingValue(after: $1) }
    }

    private func maskingValue(after name: String) -> String {
        let (bytes, name) = (Array(utf8), Array(name.utf8))
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard bytes[index...].starts(with: name) else {
                output.append(bytes[index])
                index += 1
                continue
            }
            output += name + "***".utf8
            index += name.count
            while index < bytes.count, bytes[index] > 0x20, !"&\"'".utf8.contains(bytes[index]) { index += 1 }
        }
        return String(decoding: output, as: UTF8.self)
    }

    /// The text as an identifier in SQL.
    var sqlIdentifier: String { "\"\(replacingBytes("\"", with: "\"\""))\"" }

    /// Whether it has a letter from A to Z.
    var hasCapitals: Bool { utf8.contains { $0 &- UInt8(ascii: "A") < 26 } }
}

extension Double {
    /// Seconds in words, such as `20 minutes`.
    var durationInWords: String {
        let seconds = magnitude
        // What is not a number, or is endless, has no words.
        guard seconds < 1e12 else { return "a long time" }
        if seconds < 120 { return "\(Int(seconds)) seconds" }
        return seconds < 7200 ? "\(Int(seconds / 60)) minutes" : "\(Int(seconds / 3600)) hours"
    }
}

import RDSIAMBasics

extension String {
    /// The text in quotation marks, fit for a report: no control characters, not endless, and no part of a token.
    var shown: String {
        let text = String(String.UnicodeScalarView(withoutSignatures.unicodeScalars.prefix(400)))
        return "\"\(text.inOneLine)\(unicodeScalars.count > 400 ? "…" : "")\""
    }

    /// The text with spaces in the place of controls, and of the marks that turn the direction of what follows.
    var inOneLine: String {
        var text = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            let category = scalar.properties.generalCategory
            let isHidden = [.control, .format, .lineSeparator, .paragraphSeparator].contains(category)
            text.append(isHidden ? " " : scalar)
        }
        return String(text)
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

    /// The text as an identifier in SQL, or `nil` if a report cannot show it as it is.
    var sqlIdentifier: String? {
        let quoted = "\"\(self)\""
        // A command in advice ends at the next backtick.
        return quoted.isBytewiseEqual(to: shown) && !containsBytes("`")
            ? "\"\(replacingBytes("\"", with: "\"\""))\"" : nil
    }

    /// The text, or `nil` if it is more than a host's or a user's name of plain letters, which a shell takes as it is.
    var plainWord: String? {
        let isPlain =
            !isEmpty
            && utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                    || (UInt8(ascii: "-")...UInt8(ascii: ":")).contains(byte) && byte != UInt8(ascii: "/")
                    || byte == UInt8(ascii: "_")
            }
        return isPlain && !hasBytePrefix("-") ? self : nil
    }

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

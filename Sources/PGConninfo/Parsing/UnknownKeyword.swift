import RDSIAMBasics

/// What an error says about a keyword that does not exist.
///
/// libpq repeats whatever stands in the place of a keyword, and that may be part of a password: one with a space in it
/// that was not quoted, or one with a `/`, `?` or `&` that was not encoded. A name is therefore repeated only if it
/// consists of 1 to 63 ASCII letters, digits and underscores, and is either a misspelled keyword or all of this:
///
/// - It is near a keyword or has a shape that random passwords seldom have: no digits, except in a name with
///   underscores, and no `=` after it that may be the padding of base64.
/// - In a keyword/value string, no secret and no URI precedes it, and no value sets a word such as `pass` or `pwd` to
///   something (`options='pwd: x'`). Recognized keywords and other values may hold such a word (`dbname=passport`).
/// - In a URI, the same holds for its path and query. No `@` follows the `?`, the host has no `=`, and the ports are
///   numbers: otherwise the `?` may itself stand in a password.
///
/// A misspelled keyword, which is repeated even after a secret, is a name that a newer libpq has or that is one edit
/// from a keyword, two if the keyword is long. Part of a password is hardly ever such a name, with these exceptions,
/// which are not repeated: names with digits (`user1`), what is near `password` (`passwort`), and words that are near
/// `user`, `host` or `port` by chance (`ghost`, `sport`).
struct UnknownKeyword: Hashable, Sendable {
    /// The name if it may be repeated.
    private let name: String?
    private let dialect: Conninfo.Dialect
    private let extensions: Conninfo.ExtensionKeywords

    private static let longestName = 63

    /// - Parameters:
    ///   - name: The bytes in the place of the keyword.
    ///   - dialect: The version of libpq that does not have it.
    ///   - extensions: The caller's own keywords, of which it is none.
    ///   - mayBeSecret: Whether what surrounds the name suggests that it is part of a secret.
    ///   - mayBePadded: Whether the `=` after it may be the padding of base64.
    init(
        _ name: [UInt8],
        _ dialect: Conninfo.Dialect,
        _ extensions: Conninfo.ExtensionKeywords,
        mayBeSecret: Bool = false,
        mayBePadded: Bool = false
    ) {
        self.dialect = dialect
        self.extensions = extensions
        guard (1...Self.longestName).contains(name.count), name.allSatisfy(\.isWordCharacter) else {
            self.name = nil
            return
        }
        let text = String(decoding: name, as: UTF8.self)
        let hasDigits = name.contains(where: \.isDigit)
        let nearest = Self.nearest(to: text, dialect, extensions)
        let isRepeated: Bool
        if mayBeSecret {
            isRepeated = !hasDigits && nearest.map { Self.isMisspelling(text, of: $0) } ?? false
        } else {
            let looksRandom = mayBePadded || hasDigits && !name.contains(UInt8(ascii: "_"))
            isRepeated = !looksRandom || nearest != nil
        }
        self.name = isRepeated ? text : nil
    }

    /// Returns whether a name without digits is so near a keyword that it is hardly part of a secret.
    private static func isMisspelling(_ name: String, of keyword: String) -> Bool {
        let length = keyword.utf8.count
        guard keyword != Conninfo.Keyword.password.name,
            NearestName.editDistance(name, keyword) <= (length < 12 ? 1 : 2)
        else { return false }
        // Many words are one edit from a short keyword, but few have the same letters or only one more at the end.
        let lowercased = name.asciiLowercased()
        return length > 4 || lowercased.hasBytePrefix(keyword) || lowercased.utf8.sorted() == keyword.utf8.sorted()
    }

    /// A sentence on the fault and one on what to do.
    func message(place: String) -> String {
        guard let name else {
            return "Invalid connection option\(place). It is not repeated here, as it may be part of a password."
        }
        let fault = "Invalid connection option \"\(name)\"\(place)."
        if let keyword = Conninfo.Keyword(name) {
            return "\(fault) \(keyword.firstVersion) and later versions have it, but this is \(dialect)."
        }
        guard let nearest = Self.nearest(to: name, dialect, extensions) else {
            return "\(fault) Check its spelling, or remove it."
        }
        guard let keyword = Conninfo.Keyword(nearest), !keyword.isKnown(in: dialect) else {
            return "\(fault) Did you mean \"\(nearest)\"?"
        }
        return "\(fault) Did you mean \"\(nearest)\", which \(keyword.firstVersion) and later versions have?"
    }

    /// Returns the nearest name of all versions and the caller.
    ///
    /// Of equally near names, one that this version or the caller has comes first.
    private static func nearest(
        to name: String,
        _ dialect: Conninfo.Dialect,
        _ extensions: Conninfo.ExtensionKeywords
    ) -> String? {
        let known = Conninfo.Keyword.all.filter { $0.isKnown(in: dialect) }
        let newer = Conninfo.Keyword.all.filter { !$0.isKnown(in: dialect) }
        let plainExtensions = extensions.names.filter { $0.utf8.allSatisfy(\.isWordCharacter) }
        return NearestName.find(name, among: known.map(\.name) + plainExtensions + newer.map(\.name))
    }
}

extension Conninfo.Keyword {
    /// The first libpq that has it, such as `libpq 16`.
    fileprivate var firstVersion: String { "libpq \(code.since)" }
}

extension UInt8 {
    fileprivate var isWordCharacter: Bool { isAlphanumeric || self == UInt8(ascii: "_") }

    /// Whether a name in a configuration language may hold it, such as `db.pass-phrase`.
    fileprivate var isNameByte: Bool {
        isWordCharacter || self == UInt8(ascii: "-") || self == UInt8(ascii: ".") || self >= 0x80
    }
}

// What surrounds a name.
extension ConninfoParser {
    /// A keyword of a keyword/value string that does not exist.
    func unknownKeyword(_ name: Range<Int>, value: Range<Int>, in input: Span<UInt8>) -> ConninfoError {
        let preceding = input.extracting(0..<name.lowerBound)
        let unknown = UnknownKeyword(
            input.copy(name),
            dialect,
            extensions,
            mayBeSecret: holdsSecret(from: 0) || setsSecret(preceding) || preceding.contains("://"),
            mayBePadded: value.lowerBound >= input.count || input[value.lowerBound] == UInt8(ascii: "=")
        )
        return .unknownKeyword(unknown, at: name.lowerBound, quoting: input.copy(name))
    }

    /// A query parameter of a URI that does not exist; `decoded` is the name without its escapes.
    func unknownParameter(
        _ decoded: [UInt8],
        at offset: Int,
        in input: Span<UInt8>,
        query: Int
    ) -> ConninfoError {
        let path = input.firstIndex(from: Self.endOfScheme(input) ?? 0) { $0 == UInt8(ascii: "/") }
        let isCutOff = hasStrangeEndpoint || input.firstIndex(from: query) { $0 == UInt8(ascii: "@") } < input.count
        let preceding = input.extracting(min(path, query)..<offset)
        let unknown = UnknownKeyword(
            decoded,
            dialect,
            extensions,
            mayBeSecret: isCutOff || holdsSecret(from: query) || setsSecret(preceding)
        )
        return .unknownParameter(unknown, at: offset, quoting: decoded)
    }

    /// Whether a host or a port is none and may be part of a password.
    private var hasStrangeEndpoint: Bool {
        let host = store.value(of: .init(.host)) ?? []
        let port = store.value(of: .init(.port)) ?? []
        return host.contains(UInt8(ascii: "=")) || !port.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ",") }
    }

    /// Returns whether a secret was read at this place of the input or after it.
    private func holdsSecret(from start: Int) -> Bool {
        store.slots.contains { slot in
            guard slot.range.lowerBound >= start else { return false }
            if let code = slot.key.code { return code.isSecret }
            return slot.key.extensionPosition.map(extensions.isSecret) ?? true
        }
    }

    /// Returns whether a name with a word that people use for secrets is set to something, as in `pwd: x`.
    ///
    /// A `%` may stand for an encoded `=` or `:`. A recognized keyword that is no secret, such as `passfile`, does not
    /// count.
    private func setsSecret(_ text: Span<UInt8>) -> Bool {
        var start = text.firstIndex(from: 0, where: \.isNameByte)
        while start < text.count {
            let end = text.firstIndex(from: start) { !$0.isNameByte }
            let next = text.firstIndex(from: end, where: \.isNameByte)
            let isSet = text.extracting(end..<next).hasAny(UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: "%"))
            let name = text.extracting(start..<end)
            if isSet, name.mentionsSecret, !isPlainKeyword(name) { return true }
            start = next
        }
        return false
    }

    private func isPlainKeyword(_ name: Span<UInt8>) -> Bool {
        if let code = KeywordCode(named: name, in: dialect) { return !code.isSecret }
        return extensions.position(of: name).map { !extensions.isSecret(at: $0) } ?? false
    }
}

extension Span where Element == UInt8 {
    /// Whether a word occurs that people use for secrets, in either case.
    fileprivate var mentionsSecret: Bool {
        mentions("pass") || mentions("pwd") || mentions("secret") || mentions("scram")
    }

    /// Returns whether a word of lowercase letters occurs, in either case.
    private func mentions(_ word: StaticString) -> Bool {
        let length = word.utf8CodeUnitCount
        guard count >= length else { return false }
        return (0...count - length).contains { start in
            (0..<length).allSatisfy { self[start + $0] | 0x20 == word.utf8Start[$0] }
        }
    }

    fileprivate func contains(_ word: StaticString) -> Bool {
        var cursor = 0
        while cursor + word.utf8CodeUnitCount <= count {
            if extracting(cursor..<cursor + word.utf8CodeUnitCount).equals(word) { return true }
            cursor += 1
        }
        return false
    }
}

import RDSIAMBasics

/// What an error says about a keyword that does not exist.
///
/// libpq repeats whatever stands in the place of a keyword, and that may be part of a password: one with a space in it
/// that was not quoted, or one with a `/`, `?` or `&` that was not encoded. A name is therefore repeated only if all of
/// this holds:
///
/// - It consists of 1 to 63 ASCII letters, digits and underscores.
/// - It is near a keyword or has a shape that random passwords seldom have: no digits, except in a name with
///   underscores, and no `=` after it that may be the padding of base64.
/// - In a keyword/value string, no secret, no URI and no word such as `pass` precedes it, not even inside a value.
/// - In a URI, the same holds for what precedes it, its own user information excepted. No `@` follows the `?`, and the
///   ports are numbers: otherwise the `?` may itself stand in a password.
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
        guard !mayBeSecret, (1...Self.longestName).contains(name.count), name.allSatisfy(\.isWordCharacter) else {
            self.name = nil
            return
        }
        let text = String(decoding: name, as: UTF8.self)
        let hasDigits = name.contains { $0 < UInt8(ascii: "A") }
        let looksRandom = mayBePadded || hasDigits && !name.contains(UInt8(ascii: "_"))
        let isNear = !looksRandom || Self.nearest(to: text, dialect, extensions) != nil
        self.name = isNear ? text : nil
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

    /// Returns the nearest name that this version or the caller has, else the nearest one of a newer version.
    private static func nearest(
        to name: String,
        _ dialect: Conninfo.Dialect,
        _ extensions: Conninfo.ExtensionKeywords
    ) -> String? {
        let keywords = Conninfo.Keyword.all
        let plainExtensions = extensions.names.filter { $0.utf8.allSatisfy(\.isWordCharacter) }
        let known = keywords.filter { $0.isKnown(in: dialect) }.map(\.name) + plainExtensions
        return NearestName.find(name, among: known) ?? NearestName.find(name, among: keywords.map(\.name))
    }
}

extension Conninfo.Keyword {
    /// The first libpq that has it, such as `libpq 16`.
    fileprivate var firstVersion: String { "libpq \(code.since)" }
}

extension UInt8 {
    fileprivate var isWordCharacter: Bool { isAlphanumeric || self == UInt8(ascii: "_") }
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
            mayBeSecret: holdsSecret(from: 0) || preceding.mentionsSecret || preceding.contains("://"),
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
        let port = store.value(of: .init(.port)) ?? []
        let hasStrangePort = !port.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ",") }
        let isCutOff = hasStrangePort || input.firstIndex(from: query) { $0 == UInt8(ascii: "@") } < input.count
        let unknown = UnknownKeyword(
            decoded,
            dialect,
            extensions,
            mayBeSecret: isCutOff || holdsSecret(from: query) || input.extracting(0..<offset).mentionsSecret
        )
        return .unknownParameter(unknown, at: offset, quoting: decoded)
    }

    /// Returns whether a secret was read at this place of the input or after it.
    private func holdsSecret(from start: Int) -> Bool {
        store.slots.contains { slot in
            guard slot.range.lowerBound >= start else { return false }
            if let code = slot.key.code { return code.isSecret }
            return slot.key.extensionPosition.map(extensions.isSecret) ?? true
        }
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

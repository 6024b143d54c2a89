/// Connection parameters with everything filled in that was left open, as libpq has them just before it connects.
///
/// ``endpoints()`` says where it would connect to; ``validate()`` says whether it would refuse to try.
public struct ResolvedConninfo: Sendable {
    /// The parameters, defaults included; extension parameters have no defaults.
    public private(set) var parameters: Conninfo

    let environment: ConninfoEnvironment

    /// The value of a parameter as text; nil if it is unset or is not UTF-8.
    public subscript(_ keyword: Conninfo.Keyword) -> String? { parameters[keyword] }

    /// Sets a parameter to something else than what was found.
    /// - Throws: ``ConninfoError`` for a keyword that libpq of this version does not have, and for a NUL byte.
    public mutating func set(_ keyword: Conninfo.Keyword, to value: String) throws(ConninfoError) {
        try parameters.set(keyword, to: value)
    }

    func nonEmpty(_ keyword: Conninfo.Keyword) -> [UInt8]? {
        parameters.bytes(of: keyword).flatMap { $0.isEmpty ? nil : $0 }
    }
}

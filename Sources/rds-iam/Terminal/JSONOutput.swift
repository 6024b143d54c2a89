#if Command
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// What `--json` prints: one object in one line, with its keys in order and the name of its schema.
///
/// A schema's number rises when a member goes or changes its meaning. Members may be added at any time.
struct JSONOutput {
    private var members: [String: JSONValue]

    /// - Parameter name: The schema's name without its number.
    init(_ name: String, _ members: [String: JSONValue]) {
        self.members = members
        self.members["schema"] = .string(Self.schema(name))
    }

    static func schema(_ name: String) -> String { "rds-iam.audit.\(name)/1" }

    func print() throws { Swift.print(Self.fit(String(decoding: try JSONValue.bytes(members), as: UTF8.self))) }

    /// JSON for standard output: on a terminal, without what the terminal might act on.
    static func fit(_ json: String) -> String { Terminal.output.isTerminal ? json.withJSONEscapes : json }
}

extension JSONValue {
    static func integer(_ number: Int) -> JSONValue { .integer(Int64(number)) }

    static func text(_ text: String?) -> JSONValue { text.map { .string($0) } ?? .null }

    static func time(_ date: Date?) -> JSONValue { text(date?.rfc3339) }
}
#endif

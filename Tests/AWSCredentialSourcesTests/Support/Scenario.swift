import Foundation
import Testing

/// A scenario of `Fixtures/aws/scenarios`: a context, a question and the answer that is expected.
struct Scenario: Decodable, Sendable, CustomTestStringConvertible {
    var name: String
    var ask: String
    var environment: [String: String]
    var files: [String: FileText]
    var http: [Exchange]
    /// The addresses of hosts; null for one that cannot be looked up just now.
    var hosts: [String: [String]?]
    var processes: [String: Child]
    var expect: Expectation
    var sleeps: [Double]?
    /// The number that is always drawn; one half if it is left out.
    var dice: Double?
    var writes: [String: [String: Member]]?
    var trail: [String]?
    var noHTTP: Bool?
    var noHome: Bool?
    /// botocore's answer: a key, `none` or an exception.
    var botocore: String?
    /// Why ours is another.
    var differs: String?

    var testDescription: String { name }

    /// What a file holds, or why it cannot be read.
    enum FileText: Decodable, Sendable {
        case text(String)
        case unreadable(String)

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .unreadable(try container.decode([String: String].self)["unreadable"] ?? "")
            }
        }
    }

    struct Exchange: Decodable, Sendable {
        struct Request: Decodable, Sendable {
            var method: String
            var url: String
            var headers: [String: String]
            var body: String
        }
        struct Response: Decodable, Sendable {
            var status: Int
            var headers: [String: String]
            var body: String
        }
        var request: Request
        var response: Response?
        var fault: String?
    }

    struct Child: Decodable, Sendable {
        var status: Int32
        var output: String
        var fault: String?
    }

    struct Expectation: Decodable, Sendable {
        struct Keys: Decodable, Sendable {
            var accessKeyID: String
            var secretAccessKey: String
            var sessionToken: String?
            var expiration: String?
            var accountID: String?
            var source: String?
            var profile: String?
            var roleARN: String?
        }
        var credentials: Keys?
        var error: String?
        var words: [String]?
        var region: String?
    }

    /// A member of a file that is written: a text or an object of texts.
    enum Member: Decodable, Sendable, Equatable {
        case text(String)
        case object([String: String])

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if let text = try? container.decode(String.self) {
                self = .text(text)
            } else {
                self = .object(try container.decode([String: String].self))
            }
        }
    }
}

/// The scenarios of one file.
struct ScenarioFile: Decodable {
    var scenarios: [Scenario]

    static func load(_ family: String) throws -> [Scenario] {
        try Fixtures.decode(ScenarioFile.self, from: "scenarios/\(family).json").scenarios
    }
}

import LoginDoctor
import TestSupport

extension Fault {
    /// Faults of the connection string.
    static let ofSettings: [Fault] = [
        string("a typo in a keyword", "unknownKeyword", "hots=db user=andrew"),
        string("a typo in the scheme of a URI", "unknownScheme", "postgrseql://andrew@db:5432/blog"),
        string(
            "a typo in the name of the generator",
            "unknownGenerator",
            "host=\(Stage.host) user=andrew aws_rds_iam_auth_token_generator=defualt"
        ),
        string("a port that is no number", "invalidInteger", "host=\(Stage.host) user=andrew port=abc"),
        string("an sslmode that does not exist", "invalidValue", "host=\(Stage.host) user=andrew sslmode=verfy"),
        string("a service that does not exist", "serviceNotFound", "service=blgo user=andrew"),
        string("sslmode=prefer", "insecureSettings", "host=\(Stage.host) user=andrew sslmode=prefer"),
        string("no host", "noHost", "user=andrew"),
        Fault("a wrong region", "regionMismatch") {
            let machine = try Machine(try await Stage.keys())
            return .init(try await Stage.conninfo("andrew", "aws_rds_iam_region=us-east-1"), machine.examination())
        },
        Fault("the near end of a tunnel as the host", "tunnelHost") {
            let machine = try Machine(try await Stage.keys())
            return .init("host=localhost port=5432 user=andrew", machine.examination())
        },
        Fault("an alias as the host", "notAnEndpointName") {
            let machine = try Machine(try await Stage.keys())
            var examination = machine.examination()
            examination.network.alias = { $0 == "db.example.com" ? Stage.host : nil }
            let facts = try await Stage.server.facts
            let conninfo = "host=db.example.com hostaddr=\(facts.hostaddr) port=\(facts.port) user=andrew "
            let more = "aws_rds_iam_port=\(facts.port) aws_rds_iam_region=eu-west-2 sslmode=require"
            return .init(conninfo + more, examination)
        },
        host("a port in the host", "malformedHost", "\(Stage.host):31169"),
        host("a URL as the host", "malformedHost", "https://\(Stage.host)/"),
        host("a space in the host", "malformedHost", "' \(Stage.host)'"),
        Fault("an address without a host", "noHost") {
            let machine = try Machine(try await Stage.keys())
            return .init("hostaddr=127.0.0.1 user=andrew", machine.examination())
        },
        host("a misspelled endpoint", "misspelledEndpoint", "demo.abcdefghijkl.eu-west2.rds.amazonaws.com"),
        host("an endpoint without the account's part", "misspelledEndpoint", "demo.eu-west-2.rds.amazonaws.com"),
        host("a name without an address or a region", "nameNotResolved", "demo.example.com"),
        Fault("channel_binding=require", "channelBinding", .notTried) {
            let machine = try Machine(try await Stage.keys())
            return .init(try await Stage.conninfo("andrew", "channel_binding=require"), machine.examination())
        },
    ]

    /// A host of a machine on which no name has an address.
    private static func host(_ description: String, _ code: String, _ host: String) -> Fault {
        Fault(description, code) {
            var examination = try Machine(try await Stage.keys()).examination()
            examination.network.addresses = { _ in throw DoctorNetwork.Failure("Name or service not known") }
            return .init("host=\(host) user=andrew", examination)
        }
    }

    /// A string of which no login can be tried.
    private static func string(_ description: String, _ code: String, _ conninfo: String) -> Fault {
        Fault(description, code, .notTried) { .init(conninfo, try Machine().examination()) }
    }
}

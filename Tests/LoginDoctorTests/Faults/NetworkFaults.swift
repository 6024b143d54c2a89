import Foundation
import LoginDoctor
import TestSupport

extension Fault {
    /// Faults of the network and of TLS.
    static let ofNetwork: [Fault] = [
        Fault("a name that does not resolve", "nameNotResolved") {
            var examination = try Machine(try await Stage.keys()).examination()
            examination.network.addresses = { _ in throw DoctorNetwork.Failure("Name or service not known") }
            return .init("host=\(Stage.host) user=andrew", examination)
        },
        Fault("a name server that does not answer", "nameNotResolved") {
            var examination = try Machine(try await Stage.keys()).examination()
            examination.network.addresses = { _ in
                // Longer than the examination waits; the thread ends by itself.
                sleep(30)
                return []
            }
            examination.limits.lookup = .milliseconds(200)
            return .init("host=\(Stage.host) user=andrew", examination)
        },
        Fault("an address that is cut short", "invalidAddress") {
            let machine = try Machine(try await Stage.keys())
            return .init("host=\(Stage.host) hostaddr=1.2.3 user=andrew", machine.examination())
        },
        Fault("a private address, off the network", "privateAddress") {
            var examination = try Machine(try await Stage.keys()).examination()
            examination.network.addresses = { _ in ["10.1.2.3"] }
            examination.network.connect = { _, _, _ in throw DoctorNetwork.Failure("Timed out", isTimeout: true) }
            return .init("host=\(Stage.host) user=andrew", examination)
        },
        Fault("a firewall that drops", "networkTimeout") {
            var examination = try Machine(try await Stage.keys()).examination()
            examination.network.addresses = { _ in ["203.0.113.7"] }
            examination.network.connect = { _, _, _ in throw DoctorNetwork.Failure("Timed out", isTimeout: true) }
            return .init("host=\(Stage.host) user=andrew", examination)
        },
        Fault("a port on which nothing listens", "portClosed") {
            let port = try LocalPort(.closed)
            return try await staged(port.number, props: [port])
        },
        Fault("a port that hangs up", "connectionClosed") {
            let port = try LocalPort(.saying(""))
            return try await staged(port.number, props: [port])
        },
        Fault("a port of another service", "notPostgreSQL") {
            let port = try LocalPort(.saying("HTTP/1.1 400 Bad Request\r\n\r\n"))
            return try await staged(port.number, props: [port])
        },
        Fault("a port that says nothing", "silentPort") {
            let port = try LocalPort(.silent)
            var fault = try await staged(port.number, props: [port])
            // Here the limit is what ends the step.
            fault.examination.limits.tls = .seconds(10)
            return fault
        },
        Fault("a server without TLS", "noTLS") {
            let server = try await RDSLookalike.start(["--user", "andrew", "--postgres-option", "ssl=off"])
            return try await staged(server.facts.port, props: [server])
        },
        Fault("TLS that is stripped on the way", "noTLS") {
            let stripper = try await TLSStripper.start()
            return try await staged(stripper.port, props: [stripper])
        },
        Fault("the port of a tunnel in the token", "tunnelPort") {
            let facts = try await Stage.server.facts
            let port = try LocalPort(.relay(to: facts.port))
            return try await staged(port.number, user: "tunnel", "sslrootcert=\(facts.ca)", props: [port])
        },
        certificate("a certificate of another name", "certificateName", name: "other.example.com"),
        certificate("an expired certificate", "certificateExpired", isExpired: true),
        Fault("a certificate of an unknown authority", "trustRoot") {
            let server = try await CertificateServer.start(name: Stage.host)
            let other = try await Stage.server.facts.ca
            return try await staged(server.port, "sslrootcert=\(other)", props: [server])
        },
        Fault("the RDS bundle for a public chain", "trustRoot") {
            let host = "blog.proxy-abcdefghijkl.eu-west-2.rds.amazonaws.com"
            let server = try await CertificateServer.start(name: host, issuer: "Amazon Root CA 1")
            let rds = try await CertificateServer.start(name: "x", issuer: "Amazon RDS eu-west-2 Root CA RSA2048 G1")
            let more = "sslrootcert=\(rds.authority)"
            return try await staged(server.port, host: host, more, props: [server, rds])
        },
        Fault("public roots for a chain of RDS", "trustRoot") {
            let issuer = "Amazon RDS eu-west-2 Root CA RSA2048 G1"
            let server = try await CertificateServer.start(name: Stage.host, issuer: issuer)
            let amazon = try await CertificateServer.start(name: "x", issuer: "Amazon Root CA 1")
            return try await staged(server.port, "sslrootcert=\(amazon.authority)", props: [server, amazon])
        },
        Fault("a missing file of roots", "rootFile") {
            let facts = try await Stage.server.facts
            return try await staged(facts.port, "sslmode=verify-full sslrootcert=/nowhere/root.pem", props: [])
        },
    ]

    private static func certificate(
        _ description: String,
        _ code: String,
        name: String = Stage.host,
        isExpired: Bool = false
    ) -> Fault {
        Fault(description, code) {
            let server = try await CertificateServer.start(name: name, isExpired: isExpired)
            return try await staged(server.port, "sslrootcert=\(server.authority)", props: [server])
        }
    }

    private static func staged(
        _ port: Int,
        user: String = "andrew",
        host: String = Stage.host,
        _ more: String = "",
        props: [any Sendable]
    ) async throws -> Staged {
        let machine = try Machine(try await Stage.keys())
        let conninfo = "host=\(host) hostaddr=127.0.0.1 port=\(port) user=\(user) dbname=postgres \(more)"
        return .init(conninfo, machine.examination(), props: props)
    }
}

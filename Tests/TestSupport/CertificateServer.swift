import Foundation

/// A server that speaks TLS as PostgreSQL does, shows a certificate, and lets no user in
/// (`Fixtures/rds-lookalike/show-certificate`).
public final class CertificateServer: Sendable {
    /// The port on which it listens.
    public let port: Int
    /// The file with the certificate of its authority.
    public let authority: String
    private let folder: TemporaryFolder
    private let process: ServerProcess

    /// Starts one.
    ///
    /// - Parameters:
    ///   - name: The host name that the certificate is for.
    ///   - issuer: What its authority is called.
    ///   - isExpired: Whether the certificate's time is over.
    public static func start(
        name: String,
        issuer: String = "An authority of nowhere",
        isExpired: Bool = false
    ) async throws -> CertificateServer {
        struct Facts: Decodable {
            let port: Int
            let ca: String
        }
        let folder = try TemporaryFolder()
        let process = try await ServerProcess.start(
            Repository.path("Fixtures/rds-lookalike/show-certificate"),
            [folder.url.path, name, "--issuer", issuer] + (isExpired ? ["--expired"] : [])
        )
        let facts = try JSONDecoder().decode(Facts.self, from: process.facts)
        return CertificateServer(port: facts.port, authority: facts.ca, folder, process)
    }

    private init(port: Int, authority: String, _ folder: TemporaryFolder, _ process: ServerProcess) {
        (self.port, self.authority, self.folder, self.process) = (port, authority, folder, process)
    }
}

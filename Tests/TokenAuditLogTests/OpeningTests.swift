import Foundation
import TestSupport
import Testing

@testable import TokenAuditLog

@Suite("Opening a log that must exist", .timeLimit(.minutes(2)))
struct OpeningTests {
    @Test("a missing file is not created, and an empty one is left as it is")
    func createsNothing() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("tokens.auditlog")
        var configuration = Logs.bare
        configuration.createsFile = false
        let fixed = configuration
        #expect(await Logs.code { _ = try await AuditLog.open(path, configuration: fixed) } == .notFound)
        #expect(try folder.everything().isEmpty)
        try folder.write("", to: "tokens.auditlog")
        #expect(await Logs.code { _ = try await AuditLog.open(path, configuration: fixed) } == .notAnAuditLog)
        #expect(try folder.everything() == ["tokens.auditlog": Data()])
        try await Logs.write(1, to: path)
        try await Logs.write(1, to: path, from: 2, configuration: fixed)
        #expect(try await Logs.verification(of: path).rows == 2)
    }
}

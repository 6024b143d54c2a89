import Foundation
import PGRDSIAM
import Testing

@testable import DatabaseYML

@Suite("A database.yml", .timeLimit(.minutes(1)))
struct DatabaseYMLTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    @Test("becomes the dictionary that RDSIAM.connect takes")
    func parameters() async throws {
        let path = Self.package.appending(path: "database.yml").path
        #expect(
            try await connectionParameters(of: "production", in: path) == [
                "host": "db.abcdefghijkl.eu-west-2.rds.amazonaws.com", "port": "5432", "user": "andrew",
                "dbname": "blog", "sslrootcert": "global-bundle.pem", "aws_rds_iam_region": "eu-west-2",
                "aws_rds_iam_auth_token_generator": "default",
            ]
        )
    }

    @Test("names the generator that makes the token")
    func token() async throws {
        try RDSIAM.generators.add("default", replacing: true, lifetime: .seconds(300)) { request in
            "password of \(request.user) on \(request.host):\(request.port)"
        }
        let path = Self.package.appending(path: "database.yml").path
        let issued = try await RDSIAM.token(for: connectionParameters(of: "production", in: path))
        #expect(issued?.token.value == "password of andrew on db.abcdefghijkl.eu-west-2.rds.amazonaws.com:5432")
    }

    @Test("and the code that reads it are what the guide shows")
    func guide() throws {
        let guide = Self.package.appending(path: "../../Sources/PGRDSIAM/PGRDSIAM.docc/FromTheRubyGem.md")
        let page = try String(contentsOf: guide, encoding: .utf8)
        for (language, name) in [("swift", "Sources/DatabaseYML/databaseYML.swift"), ("yaml", "database.yml")] {
            let file = try String(contentsOf: Self.package.appending(path: name), encoding: .utf8)
            let heading = language == "swift" ? "// databaseYML.swift\n" : ""
            #expect(page.contains("```\(language)\n\(heading)\(file)```\n"), "\(name)")
        }
    }
}

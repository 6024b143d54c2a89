import Foundation

/// The committed vectors and the judge.
enum Fixture {
    private static let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appending(path: "Fixtures")

    static func path(_ name: String) -> String { folder.appending(path: name).path }

    static func contents(of name: String) throws -> Data {
        try Data(contentsOf: folder.appending(path: name))
    }
}

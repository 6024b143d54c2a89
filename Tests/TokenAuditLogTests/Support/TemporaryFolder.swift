import Foundation

/// A folder of a test's own, gone with the value.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/audit-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of a log that is not there yet.
    var log: String { path + "/folder/tokens.auditlog" }

    func file(_ name: String) -> String { path + "/" + name }
}

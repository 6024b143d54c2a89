import Foundation
import TestSupport

/// A home directory with AWS configuration files, for as long as one fault is staged.
struct TemporaryHome: Sendable {
    private let folder: TemporaryFolder
    var path: String { folder.url.path }

    init() throws {
        folder = try TemporaryFolder()
        let directory = folder.path(".aws/sso/cache")
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    func write(_ text: String, to name: String) throws {
        try folder.write(text, to: name)
    }
}

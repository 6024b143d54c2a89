public import Foundation
import Synchronization

/// A directory of its own for one test, removed with everything in it when the last reference to it is gone, or else
/// when the process ends.
public final class TemporaryFolder: Sendable {
    /// The folder.
    public let url: URL

    /// The folders that are there.
    private static let all = Mutex<Set<URL>>([])
    /// What a static property or a thread holds has no last reference.
    private static let removalAtExit = atexit {
        for url in all.withLock({ $0 }) { try? FileManager.default.removeItem(at: url) }
    }

    /// Makes a folder that only this user may enter.
    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "rds-iam-test-\(UUID().uuidString)")
        try FileManager.default.createDirectory(
            at: url,
            withIntermediateDirectories: false,
            attributes: [.posixPermissions: 0o700]
        )
        _ = Self.removalAtExit
        Self.all.withLock { [url] in _ = $0.insert(url) }
    }

    deinit {
        Self.all.withLock { [url] in _ = $0.remove(url) }
        try? FileManager.default.removeItem(at: url)
    }

    /// The path of a file in it.
    public func path(_ name: String) -> String { url.appending(path: name).path }

    /// Writes a file for this user alone.
    @discardableResult
    public func write(_ text: String, to name: String) throws -> String {
        let file = path(name)
        try Data(text.utf8).write(to: URL(filePath: file))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file)
        return file
    }

    /// The bytes of every file in it, sub-folders included, by path.
    public func everything() throws -> [String: Data] {
        var files: [String: Data] = [:]
        for path in try FileManager.default.subpathsOfDirectory(atPath: url.path) {
            files[path] = try? Data(contentsOf: url.appending(path: path))
        }
        return files
    }
}

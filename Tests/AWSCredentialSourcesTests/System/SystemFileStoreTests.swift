import AWSCredentialSources
import Foundation
import Testing

/// The real file system.
@Suite struct SystemFileStoreTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test("a file is read whole, a missing one is nothing, a folder is an error")
    func reading() async throws {
        let store = SystemFileStore()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        try Data(bytes).write(to: folder.url.appendingPathComponent("f"))
        #expect(try await store.contents(of: folder.path("f")) == bytes)
        #expect(try await store.contents(of: folder.path("none")) == nil)
        #expect(try await store.contents(of: folder.path("f/below-a-file")) == nil)
        await #expect(throws: FileStoreError.self) { try await store.contents(of: folder.path("")) }
    }

    @Test("a file without end is given up")
    func endless() async {
        await #expect(throws: FileStoreError(reason: "larger than 8 MB")) {
            try await SystemFileStore().contents(of: "/dev/zero")
        }
    }

    @Test("a pipe nobody writes to is given up")
    func pipe() async throws {
        #expect(mkfifo(folder.path("p"), 0o600) == 0)
        await #expect(throws: FileStoreError(reason: "silent for 2 seconds")) {
            try await SystemFileStore().contents(of: folder.path("p"))
        }
    }

    @Test("a file is replaced as a whole, for the owner alone, and leaves no neighbours")
    func writing() async throws {
        let store = SystemFileStore()
        try await store.replace(folder.path("f"), with: Array("old".utf8))
        try await store.replace(folder.path("f"), with: Array("new".utf8))
        #expect(try await store.contents(of: folder.path("f")) == Array("new".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path("")) == ["f"])
        let mode = try FileManager.default.attributesOfItem(atPath: folder.path("f"))[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a folder that is missing is an error")
    func noFolder() async {
        await #expect(throws: FileStoreError.self) {
            try await SystemFileStore().replace(folder.path("none/f"), with: [])
        }
    }
}

/// A folder that goes with the test.
final class TemporaryFolder: Sendable {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("aws-credentials-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

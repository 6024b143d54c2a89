import Foundation
import TestSupport
import Testing

@testable import AWSCredentialSources

/// The real file system.
@Suite(.timeLimit(.minutes(2))) struct SystemFileStoreTests {
    private let directory: TemporaryFolder

    init() throws { directory = try TemporaryFolder() }

    @Test("a file is read whole, a missing one is nothing, a directory is an error")
    func reading() async throws {
        let store = SystemFileStore()
        let bytes = (0..<200_000).map { UInt8(truncatingIfNeeded: $0) }
        try Data(bytes).write(to: directory.url.appendingPathComponent("f"))
        #expect(try await store.contents(of: directory.path("f")) == bytes)
        #expect(try await store.contents(of: directory.path("none")) == nil)
        #expect(try await store.contents(of: directory.path("f/below-a-file")) == nil)
        await #expect(throws: FileStoreError.self) { try await store.contents(of: directory.path("")) }
    }

    @Test("a file without end is given up")
    func endless() async {
        let error = await #expect(throws: FileStoreError.self) {
            try await SystemFileStore().contents(of: "/dev/zero")
        }
        #expect(error?.code == .tooLarge)
        #expect(error?.message == "The file /dev/zero cannot be used: larger than 8 MB.")
    }

    @Test("a pipe without a writer is given up")
    func pipe() async throws {
        #expect(mkfifo(directory.path("p"), 0o600) == 0)
        let error = await #expect(throws: FileStoreError.self) {
            try await SystemFileStore().contents(of: directory.path("p"))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.isRetryable == true)
    }

    @Test("a task that is canceled stops waiting for a file")
    func canceled() async throws {
        #expect(mkfifo(directory.path("p"), 0o600) == 0)
        let silent = directory.path("p")
        var error: (any Error)?
        // Without the cancellation it is always the error about silence; on a busy machine that may once be faster.
        for _ in 0..<5 {
            let task = Task { try await SystemFileStore().contents(of: silent) }
            task.cancel()
            error = await #expect(throws: (any Error).self) { try await task.value }
            if (error as? FileStoreError)?.code != .timedOut { break }
        }
        #expect(error is CancellationError, "\(error as Any)")
    }

    @Test("a path with a NUL is refused, rather than the part before it used")
    func nul() async throws {
        try Data("x".utf8).write(to: directory.url.appendingPathComponent("f"))
        let path = directory.path("f") + "\0.json"
        let reading = await #expect(throws: FileStoreError.self) { try await SystemFileStore().contents(of: path) }
        #expect(reading?.code == .invalidPath)
        await #expect(throws: FileStoreError.self) { try await SystemFileStore().replace(path, with: []) }
        #expect(try Data(contentsOf: directory.url.appendingPathComponent("f")) == Data("x".utf8))
    }

    @Test("a file is replaced as a whole, for the owner alone, and leaves no other file")
    func writing() async throws {
        let store = SystemFileStore()
        try await store.replace(directory.path("f"), with: Array("old".utf8))
        try await store.replace(directory.path("f"), with: Array("new".utf8))
        #expect(try await store.contents(of: directory.path("f")) == Array("new".utf8))
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path("")) == ["f"])
        let mode = try FileManager.default.attributesOfItem(atPath: directory.path("f"))[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test("a stamp is the same until the file changes, and one of its own if there is no file")
    func stamps() throws {
        let (store, path) = (PatientFileStore(), directory.path("stamped"))
        #expect(store.stamp(of: path) == .absent)
        #expect(store.stamp(of: path + "/below") == .absent)
        #expect(SystemFileStore().stamp(of: path + "\0") == nil)
        try Data("a".utf8).write(to: URL(fileURLWithPath: path))
        let first = store.stamp(of: path)
        #expect(first != nil && first != .absent && store.stamp(of: path) == first)
        try Data("ab".utf8).write(to: URL(fileURLWithPath: path))
        let second = store.stamp(of: path)
        #expect(second != nil && second != .absent && second != first)
    }

    @Test("a directory that is missing is an error")
    func noDirectory() async {
        await #expect(throws: FileStoreError.self) {
            try await SystemFileStore().replace(directory.path("none/f"), with: [])
        }
    }
}

/// The real file system, asked for a stamp until the answer comes, so that a busy machine changes no outcome.
struct PatientFileStore: FileStore {
    private let store = SystemFileStore()

    func contents(of path: String) async throws -> [UInt8]? { try await store.contents(of: path) }

    func replace(_ path: String, with contents: [UInt8]) async throws { try await store.replace(path, with: contents) }

    /// The real store gives up after a tenth of a second, and at once while an earlier look is not back.
    func stamp(of path: String) -> FileStamp? {
        let end = ContinuousClock.now + .seconds(60)
        repeat {
            if let stamp = store.stamp(of: path) { return stamp }
            usleep(10_000)
        } while .now < end
        return nil
    }
}

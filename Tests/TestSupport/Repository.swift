import Foundation

/// Where things are: the repository, what was built from it, and the tools that tests call.
public enum Repository {
    /// The repository's top folder.
    public static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// The path of a file in the repository.
    public static func path(_ name: String) -> String { top + "/" + name }

    /// The path of an executable that was built beside the tests.
    public static func built(_ name: String) throws -> String {
        let candidates = [CommandLine.arguments.first, Bundle.main.executablePath].compactMap { $0 }
            .map { URL(filePath: $0).deletingLastPathComponent().appending(path: name).path }
        return try first(candidates, "\(name): build it with `swift build --build-tests`")
    }

    /// The Python that has botocore and moto, which `bin/setup --tests` installs.
    public static func oraclePython() throws -> String {
        let named = ProcessInfo.processInfo.environment["RDS_IAM_TEST_PYTHON"]
        let candidates = [named, path(".build/oracles/bin/python")].compactMap { $0 }
        return try first(candidates, "the Python with botocore and moto: run `bin/setup --tests`")
    }

    private static func first(_ candidates: [String], _ missing: String) throws -> String {
        guard let found = candidates.first(where: FileManager.default.isExecutableFile(atPath:)) else {
            throw Missing(description: "missing \(missing)")
        }
        return found
    }
}

/// What a test needs and the machine does not have.
public struct Missing: Error, CustomStringConvertible {
    /// What is missing and how to get it.
    public let description: String

    /// Says what is missing.
    public init(description: String) { self.description = description }
}

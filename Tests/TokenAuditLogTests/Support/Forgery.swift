import TestSupport

/// Changes logs as someone does who may write the file (`Fixtures/audit/forge.py`).
enum Forgery {
    /// Forges a log in place.
    ///
    /// - Returns: What SQLite said if a trigger stopped the change, or `nil` if the change was made.
    @discardableResult
    static func forge(_ path: String, _ action: String, _ sequence: Int64 = 0) async throws -> String? {
        let script = Repository.path("Fixtures/audit/forge.py")
        let result = try await ChildProcess.run("/usr/bin/env", ["python3", script, path, action, String(sequence)])
        if result.status == 3 { return result.output }
        guard result.status == 0 else { throw Failure(errors: result.errors) }
        return nil
    }

    struct Failure: Error {
        let errors: String
    }
}

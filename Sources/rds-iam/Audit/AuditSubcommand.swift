import ArgumentParser
import TokenAuditLog

/// A subcommand of `rds-iam audit`, which ends with a status that a script can tell apart.
protocol AuditSubcommand: AsyncParsableCommand {
    /// What the command does.
    func perform() async throws

    /// The status with which the process ends after an error that is not about the arguments.
    func exitStatus(after error: any Error) -> Int32
}

extension AuditSubcommand {
    func run() async throws {
        do {
            try await perform()
        } catch let error where error is ValidationError || error is CommandFailure {
            throw error
        } catch {
            throw CommandFailure(status: exitStatus(after: error), error: error)
        }
    }

    /// 4 if another process held the log for too long, so that the same command may succeed later; else 1.
    func exitStatus(after error: any Error) -> Int32 { (error as? AuditLogError)?.code == .busy ? 4 : 1 }
}

/// An error, and the status with which the process ends.
struct CommandFailure: Error, CustomStringConvertible {
    let status: Int32
    let error: any Error

    var description: String { String(describing: error) }
}

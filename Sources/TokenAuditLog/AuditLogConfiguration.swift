#if canImport(FoundationEssentials)
public import FoundationEssentials
#else
public import Foundation
#endif

/// How an audit log is kept.
public struct AuditLogConfiguration: Sendable {
    /// How long an append may take, lock and disk included, before it fails.
    public var timeLimit: Duration = .seconds(10)
    /// Who is said to write.
    public var actor: AuditActor
    /// The wall clock, for the log's own events.
    public var now: @Sendable () -> Date = { Date() }

    /// The journal, where the choice is not left to the version of SQLite.
    var journalMode: JournalMode?
    /// SQLite's file layer, where it is not the platform's own.
    var fileLayer: String?

    /// Creates a configuration with the defaults.
    ///
    /// - Parameter actor: Who is said to write; this process unless told otherwise.
    public init(actor: AuditActor = .current) {
        self.actor = actor
    }
}

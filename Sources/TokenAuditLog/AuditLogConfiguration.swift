public import RDSIAMSystem

/// How an audit log is kept.
public struct AuditLogConfiguration: Sendable {
    /// How long an append may take, lock and disk included, before it fails.
    ///
    /// An eighth may come on top. Less than nothing counts as nothing, and more than thirty years as thirty years.
    public var timeout: Duration = .seconds(10)
    /// Whether a log is made if there is none.
    ///
    /// If not, opening fails with `notFound`, or with `notAnAuditLog` if the file is empty.
    package var createsFile = true
    /// Who is said to write.
    public var actor: AuditActor
    /// The wall clock, for the log's own events.
    ///
    /// The log records times from the year 1684 to the year 2255, to the microsecond. A time before or after counts as
    /// the nearest of these, and what is not a number as the beginning of 1970.
    public var now: @Sendable () -> Date = { Date() }
    /// Whether opening and closing are recorded, each with the log's head, to be compared with later.
    package var recordsOpenAndClose = true
    /// After how many events this process writes a checkpoint; 0 for never.
    public var checkpointInterval = 1000
    /// After how long without an event a checkpoint shows that there was none; `nil`, zero or less for never.
    package var idleCheckpoint: Duration? = .seconds(3600)
    /// The key that signs checkpoints.
    ///
    /// Keep its other half where the log's writers cannot change it.
    public var signingKey: AuditSigningKey?
    /// How many bytes to hold back for a full disk; 0 for none.
    package var reserveSize = 262_144
    /// Receives notices of checkpoints, a reserve that was needed, and lost events.
    public var notify: @Sendable (AuditLogNotice) -> Void = { _ in }

    /// The journal; `nil` to leave the choice to the version of SQLite.
    var journalMode: JournalMode?
    /// SQLite's file layer; `nil` for the platform's own.
    var fileLayer: String?

    /// Creates a configuration with the defaults.
    ///
    /// - Parameter actor: Who is said to write; this process unless told otherwise.
    public init(actor: AuditActor = .current) {
        self.actor = actor
    }

    /// The configuration with limits that clocks can add.
    var bounded: AuditLogConfiguration {
        var configuration = self
        configuration.timeout = timeout.bounded
        configuration.idleCheckpoint = idleCheckpoint?.bounded
        return configuration
    }
}

extension Duration {
    /// The duration within zero and some thirty years: what may be added to any clock's time.
    var bounded: Duration { min(max(self, .zero), .seconds(1_000_000_000)) }
}

import AuthTokens
public import LibpqClient
import PGRDSIAM
import RDSIAMSystem
import TokenAuditLog

/// Copies the rows of one host's log into a ``Fleet``: at least once, each stored once, resumable at any moment.
///
/// ```swift
/// let shipper = LogShipper("/var/lib/app/tokens.sqlite", host: "app-1")
/// let shipment = try await shipper.ship(over: connection)
/// ```
///
/// The log is only read, in short transactions. Nothing else is stored on the host: what was shipped, the fleet knows.
public struct LogShipper: Sendable {
    /// How large a batch is.
    package struct BatchLimits: Sendable {
        /// How many rows it has at most.
        package var rows = 1_000
        /// After how many bytes it ends.
        package var bytes = 1 << 20
        /// How many rows are read from the log in one transaction, which a writer of the log may wait for.
        package var rowsPerRead = 500

        /// Creates the default limits.
        package init() {}
    }

    /// The log's file.
    package let path: String
    /// The name under which the fleet knows the host.
    package let host: String
    /// How large a batch is.
    package var limits = BatchLimits()
    /// Whether ``run(every:attempts:isFollowing:connect:notify:)`` goes on with a log that a finding stops, and looks
    /// whether it was accepted.
    package var waitsWhileHeld = false

    /// Ships a log.
    ///
    /// - Parameters:
    ///   - path: The log's file.
    ///   - host: The name under which the fleet knows the host; the system's own by default.
    public init(_ path: String, host: String? = nil) {
        self.path = path
        self.host = host ?? AuditActor.current.host
    }

    /// Ships what is there, up to the log's end.
    ///
    /// - Parameter connection: A connection as a user with the role `audit_fleet_shipper`. After an error, open
    ///   another.
    /// - Returns: What became of it. If rows did not fit, they are findings of the fleet, and ``Shipment/heldBy`` says
    ///   so.
    /// - Throws: ``FleetError``; `AuditLogError` and `PGError`, which may be retryable; `CancellationError`.
    public func ship(over connection: PGConnection) async throws -> Shipment {
        let reader = try await AuditLogReader.open(path)
        return try await ship(reader, over: connection)
    }

    /// Ships again from a row on: what the fleet has is compared with the log and stays as it is.
    ///
    /// - Parameters:
    ///   - connection: A connection as of ``ship(over:)``.
    ///   - row: The row after which to begin; 0 for all.
    /// - Returns: What became of it; rows that differ are findings of the fleet.
    /// - Throws: What ``ship(over:)`` throws.
    public func ship(over connection: PGConnection, from row: Int64) async throws -> Shipment {
        try await ship(AuditLogReader.open(path), over: connection, from: row)
    }

    private func ship(
        _ reader: AuditLogReader,
        over connection: PGConnection,
        from row: Int64? = nil
    ) async throws -> Shipment {
        try await FleetError.explaining(connection, .shipper) {
            var session = ShippingSession(reader: reader, connection: connection, host: host, limits: limits)
            return try await session.run(from: row)
        }
    }

    /// Ships until the task is canceled or rows do not fit: each new row within a second or two, and through all
    /// failures that may pass.
    ///
    /// While the fleet cannot be reached, the log is left alone, and the next rows to be shipped are tried again and
    /// again, at most a minute apart. So is a log's file that is not there yet or cannot be read. A login that fails
    /// after an earlier one succeeded is tried again too, whatever the reason: a server that is being restarted refuses
    /// good tokens. Nothing is stored on the host.
    ///
    /// - Parameters:
    ///   - pause: How long to wait before looking for new rows.
    ///   - attempts: How often in a row to try after failures that may pass; `nil` without end.
    ///   - isFollowing: Whether to go on at the log's end.
    ///   - connect: Opens a connection to the fleet.
    ///   - notify: Is told what happens.
    /// - Returns: What was shipped in all, and how it ended.
    /// - Throws: What ``ship(over:)`` throws and cannot pass, or has not passed.
    @discardableResult
    public func run(
        every pause: Duration = .seconds(1),
        attempts: Int? = nil,
        isFollowing: Bool = true,
        connect: @Sendable () async throws -> PGConnection,
        notify: @Sendable (ShippingNotice) -> Void = { _ in }
    ) async throws -> Shipment {
        var (failures, hasConnected) = (0, false)
        var total = Shipment(logID: "")
        while true {
            var isConnecting = false
            do {
                // A log that cannot be read needs no connection.
                let reader = try await AuditLogReader.open(path)
                isConnecting = true
                let connection = try await connect()
                (isConnecting, hasConnected) = (false, true)
                try await closing(connection) {
                    try await pass(reader, over: connection, every: pause, isFollowing: isFollowing) { shipment in
                        failures = 0
                        total.add(shipment)
                        notify(.shipped(shipment))
                    }
                }
                return total
            } catch let error
                where Self.mayPass(error) || (isConnecting && hasConnected)
                || (isFollowing && Self.isAboutFile(error))
            {
                try Task.checkCancellation()
                failures += 1
                if let attempts, failures >= attempts { throw error }
                let wait = Duration.milliseconds(min(60_000, 250 << min(failures, 8)))
                notify(.interrupted(error, retryingIn: wait))
                try await Task.sleep(for: wait)
            }
        }
    }

    private func closing(_ connection: PGConnection, after body: () async throws -> Void) async throws {
        do {
            try await body()
            await connection.close()
        } catch {
            await connection.close()
            throw error
        }
    }

    private func pass(
        _ reader: AuditLogReader,
        over connection: PGConnection,
        every pause: Duration,
        isFollowing: Bool,
        _ tell: (Shipment) -> Void
    ) async throws {
        var seen: AuditHead?
        var contact = ContinuousClock.now
        while true {
            let head = try await reader.head()
            // Without new rows, the fleet is told once a minute that all is well.
            if head != seen || contact + .seconds(60) < .now {
                contact = .now
                let shipment = try await ship(reader, over: connection)
                tell(shipment)
                seen = head
                // Nothing moves until people have looked.
                if shipment.heldBy != nil && !(isFollowing && waitsWhileHeld) { return }
            }
            guard isFollowing else { return }
            try await Task.sleep(for: pause)
        }
    }

    /// Whether people, or the log's first writer, can mend it while the shipper waits.
    private static func isAboutFile(_ error: any Error) -> Bool {
        guard let error = error as? AuditLogError else { return false }
        return [.notFound, .notPermitted, .notAnAuditLog].contains(error.code)
    }

    private static func mayPass(_ error: any Error) -> Bool {
        // A connection that broke in the middle is reported as closed to what comes after.
        if let error = error as? PGError, error.code == .closed { return true }
        // After a failover the connection may lead to a server that is read-only now (SQLSTATE 25006). A statement took
        // longer than allowed (57014), or the database takes no connections for now (55000).
        if let state = (error as? PGError)?.sqlState ?? (error as? RDSIAMError)?.sqlState,
            ["25006", "57014", "55000"].contains(state)
        {
            return true
        }
        return (error as? any RetryableError)?.isRetryable ?? false
    }
}

/// What a shipper tells while it runs.
public enum ShippingNotice: Sendable {
    /// Rows were shipped, or there were none.
    case shipped(Shipment)
    /// Something failed that may pass.
    case interrupted(any Error, retryingIn: Duration)
}

extension Shipment {
    mutating func add(_ other: Shipment) {
        (logID, through) = (other.logID, other.through)
        (heldBy, openFindings, findings) = (other.heldBy, other.openFindings, other.findings)
        stored += other.stored
        known += other.known
    }
}

/// What became of one pass over a log.
public struct Shipment: Sendable, Hashable {
    /// The log's name.
    package internal(set) var logID: String
    /// How many rows the fleet has stored.
    public internal(set) var stored: Int64 = 0
    /// How many rows were sent that the fleet had already.
    package internal(set) var known: Int64 = 0
    /// The last row of the log that the fleet has.
    package internal(set) var through: Int64 = 0
    /// The finding that stops the log, or `nil` if all fits.
    ///
    /// Its rows are shipped again after ``Fleet/resume(finding:reason:)``.
    public internal(set) var heldBy: Int64?
    /// How many findings about the log were open before.
    package internal(set) var openFindings: Int64 = 0
    /// The open findings about the log, as far as a shipper may know them, oldest first.
    package internal(set) var findings: [Finding] = []

    /// An open finding about the log.
    package struct Finding: Sendable, Hashable {
        /// Its number.
        package let number: Int64
        /// Its kind, as of ``FleetFinding/kind``.
        package let kind: String
        /// The row.
        package let row: Int64
    }

    /// Whether all of the log fits, and has always done so, but for what was accepted.
    public var isSound: Bool { heldBy == nil && openFindings == 0 }
}

/// What became of one pass over a log.
public struct Shipment: Sendable, Hashable {
    /// The log's name.
    public internal(set) var logID: String
    /// How many rows the fleet has stored.
    public internal(set) var stored: Int64 = 0
    /// How many rows were sent that the fleet had already.
    public internal(set) var known: Int64 = 0
    /// The last row of the log that the fleet has.
    public internal(set) var through: Int64 = 0
    /// The finding that stops the log, or `nil` if all fits.
    ///
    /// Its rows are shipped again after ``Fleet/resume(finding:reason:)``.
    public internal(set) var heldBy: Int64?
    /// How many findings about the log were open before.
    public internal(set) var openFindings: Int64 = 0

    /// Whether all of the log fits, and has always done so, but for what was accepted.
    public var isSound: Bool { heldBy == nil && openFindings == 0 }
}

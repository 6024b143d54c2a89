/// How many events could not be recorded, for the row that will say so.
public struct LostEvents: Sendable, Hashable {
    /// All events.
    public private(set) var events = 0
    /// Those of tokens that were issued nevertheless.
    public private(set) var issued = 0

    /// Whether no event is lost.
    public var isEmpty: Bool { events == 0 }

    mutating func count(isBestEffortIssue: Bool) {
        events += 1
        if isBestEffortIssue { issued += 1 }
    }

    mutating func subtract(_ recorded: LostEvents) {
        events -= recorded.events
        issued -= recorded.issued
    }

    var detail: [String: String] { ["events": String(events), "issued": String(issued)] }
}

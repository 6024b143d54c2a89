extension AuditLog {
    /// Records that events were lost before the log could be opened.
    ///
    /// - Parameters:
    ///   - events: How many events.
    ///   - issued: How many of them were about tokens that were used nevertheless.
    /// - Throws: ``AuditLogError``; `busy` may be tried again.
    public func recordLoss(events: Int, issued: Int) throws {
        try maintaining { committer, deadline in
            try committer.transaction(until: deadline, afterLosing: LostEvents(events: events, issued: issued)) {}
        }
    }
}

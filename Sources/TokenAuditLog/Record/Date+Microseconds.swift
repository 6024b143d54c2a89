import RDSIAMSystem

extension Date {
    /// Whole microseconds since 1970, or 0 if this is not a number.
    ///
    /// Beyond what a payload's number holds, the nearest it holds: times of the years 1684 to 2255.
    package var microseconds: Int64 {
        let microseconds = (timeIntervalSince1970 * 1_000_000).rounded()
        // RFC 8785 numbers are exact to 2^53.
        return Int64(microseconds.isNaN ? 0 : min(max(microseconds, -9_007_199_254_740_991), 9_007_199_254_740_991))
    }

    /// - Throws: ``AuditLogError`` `invalidArgument` if this is not a number, which is before and after nothing.
    func checkIsNumber(path: String) throws {
        guard timeIntervalSinceReferenceDate.isNaN else { return }
        throw AuditLogError(.invalidArgument, "A date is not a number. Pass a time.", path: path)
    }

    package init(microseconds: Int64) {
        self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

extension Date {
    /// Whole microseconds since 1970.
    ///
    /// Beyond what a payload's number holds, the nearest it holds.
    var microseconds: Int64 {
        let microseconds = (timeIntervalSince1970 * 1_000_000).rounded()
        // RFC 8785 numbers are exact to 2^53.
        return Int64(microseconds.isNaN ? 0 : min(max(microseconds, -9_007_199_254_740_991), 9_007_199_254_740_991))
    }

    init(microseconds: Int64) {
        self.init(timeIntervalSince1970: Double(microseconds) / 1_000_000)
    }
}

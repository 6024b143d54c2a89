import ArgumentParser

#if canImport(FoundationEssentials)
import FoundationEssentials
#else
import Foundation
#endif

/// A moment on the command line: a day, or a day and a time, in UTC (ISO 8601).
struct UTCTime: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        let text = argument.contains("T") ? argument : argument + "T00:00:00Z"
        guard let date = try? Date(text, strategy: .iso8601) else { return nil }
        self.date = date
    }
}

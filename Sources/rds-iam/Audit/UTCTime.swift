import ArgumentParser
import RDSIAMSystem

/// A moment on the command line: a day, or a day and a time, in UTC (RFC 3339).
struct UTCTime: ExpressibleByArgument {
    let date: Date

    init?(argument: String) {
        guard let date = Date(rfc3339: argument) ?? Date(rfc3339: argument + "T00:00:00Z") else { return nil }
        self.date = date
    }
}

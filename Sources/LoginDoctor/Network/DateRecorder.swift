import AWSCredentialSources
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// Learns AWS's time from the `Date` header of each reply, and refuses to ask if the examination stays offline.
final class DateRecorder: Sendable {
    /// A reply's time, and this machine's time when it was asked for and when it came.
    private struct Reading {
        let server: Date
        let asked: Date
        let local: Date

        /// A reply names the second in which it was written, and may have been on its way for a while.
        var lead: TimeInterval {
            asked < server + 1 && server <= local ? 0 : server.timeIntervalSince(local)
        }
    }

    private let state = Mutex<(reading: Reading?, hasRefused: Bool)>((nil, false))

    /// Whether something would have gone to the network, or started a program, if that were allowed.
    var hasRefused: Bool { state.withLock { $0.hasRefused } }

    /// Records that something was not done.
    func refuse() { state.withLock { $0.hasRefused = true } }

    /// How far AWS's clock is ahead of this machine's, in seconds; 0 if they may agree, `nil` if there was no reply.
    var lead: TimeInterval? { state.withLock { $0.reading?.lead } }

    /// AWS's time at a moment of this machine's.
    func serverDate(at now: Date) -> Date? { lead.map { now + $0 } }

    /// Returns a client that asks through another one and looks at its replies.
    func watching(
        _ client: any CredentialHTTPClient,
        at now: @escaping @Sendable () -> Date,
        isOffline: Bool
    ) -> any CredentialHTTPClient {
        WatchingClient(client: client, recorder: self, now: now, isOffline: isOffline)
    }

    fileprivate func look(at response: CredentialHTTPResponse, askedAt asked: Date, local: Date) {
        guard let text = response.headers.first(where: { $0.name.asciiLowercased() == "date" })?.value,
            let server = Self.date(text)
        else { return }
        state.withLock { $0.reading = Reading(server: server, asked: asked, local: local) }
    }

    /// Reads a date such as `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7), or returns `nil` for any other.
    static func date(_ text: String) -> Date? {
        let parts = text.splitBytes(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: parts[2]) else { return nil }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return Date(rfc3339: "\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z")
    }

    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

private struct WatchingClient: CredentialHTTPClient {
    let client: any CredentialHTTPClient
    let recorder: DateRecorder
    let now: @Sendable () -> Date
    let isOffline: Bool

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        guard !isOffline else {
            recorder.refuse()
            throw CredentialHTTPError(.malformed, "The network is not asked, because of --offline.")
        }
        let asked = now()
        let response = try await client.send(request)
        recorder.look(at: response, askedAt: asked, local: now())
        return response
    }
}

/// Starts nothing.
struct OfflineProcesses: ProcessRunner {
    let recorder: DateRecorder

    func run(_ request: ProcessRequest) async throws -> ProcessResult {
        recorder.refuse()
        throw ProcessRunnerError(.cannotStart)
    }
}

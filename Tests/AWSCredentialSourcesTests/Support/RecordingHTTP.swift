import AWSCredentialSources
import Synchronization

/// Gives every request the same answer and records the requests.
final class RecordingHTTP: CredentialHTTPClient {
    private let answer: String
    private let status: Int
    private let log = Mutex<[CredentialHTTPRequest]>([])

    init(status: Int = 200, answer: String = "") {
        self.status = status
        self.answer = answer
    }

    var requests: [CredentialHTTPRequest] { log.withLock { $0 } }

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        log.withLock { $0.append(request) }
        return CredentialHTTPResponse(status: status, body: Array(answer.utf8))
    }
}

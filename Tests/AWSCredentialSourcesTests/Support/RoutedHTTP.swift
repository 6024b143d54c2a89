import AWSCredentialSources
import Synchronization

/// Answers by the end, else by a part, of the URL, and records the URLs.
final class RoutedHTTP: CredentialHTTPClient {
    typealias Answer = (status: Int, body: String)

    private let state: Mutex<(answers: [String: Answer], urls: [String])>

    init(_ answers: [String: Answer]) {
        state = Mutex((answers, []))
    }

    var urls: [String] { state.withLock { $0.urls } }

    func answer(_ place: String, _ answer: Answer) { state.withLock { $0.answers[place] = answer } }

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        let answer = state.withLock { state in
            state.urls.append(request.url)
            let places = state.answers.keys
            let place = places.first(where: request.url.hasSuffix) ?? places.first(where: request.url.contains)
            return place.flatMap { state.answers[$0] }
        }
        guard let answer else { throw CredentialHTTPError(.cannotConnect) }
        return CredentialHTTPResponse(status: answer.status, body: Array(answer.body.utf8))
    }
}

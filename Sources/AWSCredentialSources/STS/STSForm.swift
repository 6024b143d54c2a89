import RDSIAMBasics
import RDSIAMSystem

/// The form that an STS call posts (the AWS query protocol).
struct STSForm {
    static let contentType = "application/x-www-form-urlencoded; charset=utf-8"

    var action: String
    var fields: [(name: String, value: String)] = []

    init(action: String) {
        self.action = action
    }

    /// The fields that both ways of assuming a role share.
    init(action: String, role: AssumedRole, context: CredentialContext) {
        self.action = action
        let milliseconds = context.now().wholeUnixMilliseconds
        fields.append(("RoleArn", role.arn))
        fields.append(("RoleSessionName", role.sessionName ?? "\(role.defaultSessionPrefix)-\(milliseconds)"))
        if let duration = role.durationSeconds { fields.append(("DurationSeconds", String(duration))) }
    }

    /// The call's name in messages.
    var operation: String { "STS \(action)" }

    var body: [UInt8] {
        let all = [("Action", action), ("Version", "2011-06-15")] + fields
        return Array(all.map { "\($0.0)=\(PercentEncoding.encode($0.1))" }.joined(separator: "&").utf8)
    }

    func path(at endpoint: HTTPURL) -> String {
        let path = endpoint.target.prefix { $0 != "?" }
        return path.isEmpty ? "/" : String(path)
    }

    func request(to endpoint: HTTPURL) -> CredentialHTTPRequest {
        CredentialHTTPRequest(
            method: "POST",
            url: endpoint.target.isEmpty ? endpoint.text + "/" : endpoint.text,
            headers: [("content-type", Self.contentType), ("accept", "application/xml")],
            body: body,
            mayUseProxy: endpoint.mayUseProxy
        )
    }
}

import AWSCredentialSources
import Foundation
import RDSIAMBasics

/// AWS as a staged fault needs it: STS with a clock, and a metadata service with one fault or none at all.
struct StagedAWS: CredentialHTTPClient {
    /// How far AWS's clock is ahead of this machine's, in seconds.
    var lead = 0.0
    /// What STS refuses the credentials with, or `nil` if it knows them.
    var refusal: String?
    /// Whether there is a metadata service whose session tokens get lost on the way.
    var losesSessionTokens = false

    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        if request.url.hasPrefix("https://sts.") { return answer }
        guard request.url.hasPrefix("http://169.254.169.254/"), losesSessionTokens else {
            throw CredentialHTTPError(.cannotConnect)
        }
        guard request.method == "GET" else { throw CredentialHTTPError(.timeout) }
        return CredentialHTTPResponse(status: 401)
    }

    private var answer: CredentialHTTPResponse {
        let date = DateFormatter.httpDate(Date() + lead)
        let body =
            refusal.map { "<ErrorResponse><Error><Code>\($0)</Code><Message>No.</Message></Error></ErrorResponse>" }
                ?? """
                <GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::123456789012:assumed-role/app/me</Arn>\
                <UserId>AROA:me</UserId><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>
                """
        return CredentialHTTPResponse(
            status: refusal == nil ? 200 : 403,
            headers: [("date", date)],
            body: Array(body.utf8)
        )
    }
}

extension DateFormatter {
    /// A date as HTTP writes it.
    static func httpDate(_ date: Date) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: date)
    }
}

/// A machine: its environment variables, its home directory, AWS, the clock and the network.
struct Machine {
    var variables: [String: String] = [:]
    var home: TemporaryHome
    var aws = StagedAWS()
    /// How far the clock is wrong, in seconds.
    var clockError = 0.0

    init(_ variables: [String: String] = [:]) throws {
        self.variables = variables
        home = try TemporaryHome()
    }

    var context: CredentialContext {
        var context = CredentialContext.system
        context.environment = variables
        context.homeDirectory = home.path
        context.http = aws
        context.now = { [clockError] in Date() + clockError }
        return context
    }
}

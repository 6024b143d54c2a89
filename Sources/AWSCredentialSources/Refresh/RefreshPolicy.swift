public import RDSIAMSystem

/// When ``RefreshingCredentialSource`` asks its source again, in seconds.
///
/// The standard values are those the AWS SDKs agreed on in 2026.
public struct RefreshPolicy: Sendable, Hashable {
    /// How long before the expiry one caller refreshes while the others go on with what there is; nil chooses by the lifetime.
    ///
    /// By lifetime it is 5 minutes up to 20 minutes, 15 minutes below 90, and 60 minutes from there.
    public var advisoryWindow: TimeInterval?
    /// How long before the expiry everybody waits for the refresh.
    public var mandatoryWindow: TimeInterval = 60
    /// The pause after a failed refresh with credentials still in hand, drawn uniformly.
    public var pauseAfterFailure: ClosedRange<TimeInterval> = 300...600
    /// How long an error that asking again cannot cure is remembered, drawn uniformly.
    public var memoryOfRefusal: ClosedRange<TimeInterval> = 1...5
    /// How long credentials without an expiry are kept before a file or a closure is asked again.
    ///
    /// Output of `credential_process` without an expiry, static credentials and the environment are kept for ever.
    public var ageWithoutExpiry: TimeInterval = 300
    /// Whether ``RefreshingCredentialSource/credentials()`` goes on with credentials past their expiry where AWS itself issues them (instance
    /// metadata, container, STS, sign-in) and a refresh fails: AWS may accept them during an outage.
    ///
    /// ``RefreshingCredentialSource/credentials(validFor:)`` never does.
    public var servesExpired = true

    /// The standard policy.
    public init() {}

    /// The standard policy.
    public static let standard = RefreshPolicy()

    func advisoryWindow(lifetime: TimeInterval) -> TimeInterval {
        if let advisoryWindow { return advisoryWindow }
        return lifetime <= 20 * 60 ? 5 * 60 : lifetime < 90 * 60 ? 15 * 60 : 60 * 60
    }
}

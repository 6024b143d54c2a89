/// Where things are in the JSON object that a program prints.
///
/// Each is a list of names to try in turn; a name with dots leads into objects in objects. The standard names cover
/// `gcloud config config-helper`, `az account get-access-token` and `vault read`.
public struct CommandFields: Sendable, Hashable {
    /// Where the password is.
    public var password = [
        "password", "token", "access_token", "accessToken", "credential.access_token", "data.password",
    ]
    /// Where the user is, for programs that choose one.
    public var user = ["user", "username", "data.username"]
    /// Where the expiry is: RFC 3339, or seconds since 1970.
    public var expiry = [
        "expiration", "expiresAt", "expires_at", "expires_on", "token_expiry", "credential.token_expiry",
    ]
    /// Where the rest of its life is, in seconds from now.
    public var lifetime = ["expires_in", "expiresIn", "lease_duration"]

    /// The standard names.
    public init() {}

    /// The standard names.
    public static let standard = Self()
}

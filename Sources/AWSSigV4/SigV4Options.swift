/// What services do differently.
public struct SigV4Options: Sendable, Hashable {
    /// Whether `.`, `..` and repeated slashes are taken out of the path that is signed.
    public var normalizesPath = true
    /// Whether the path, encoded for sending, is encoded once more for signing.
    public var encodesPathTwice = true
    /// Whether the session token is part of what is signed; a few services want it added afterwards.
    public var signsSessionToken = true
    /// Whether header signing adds `X-Amz-Content-Sha256`, which S3 asks for.
    public var addsContentSHA256 = false

    /// Makes the options of most services.
    public init() {}

    /// The options of most services.
    public static let standard = Self()

    /// The options of S3, where a path is an object's name: taken literally and encoded once.
    public static let s3: Self = {
        var options = Self()
        options.normalizesPath = false
        options.encodesPathTwice = false
        options.addsContentSHA256 = true
        return options
    }()
}

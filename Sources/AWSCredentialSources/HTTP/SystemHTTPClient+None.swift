#if !AsyncHTTPClient

/// Without the trait `AsyncHTTPClient` there is no HTTP client of the system's; sources that need one say so.
enum SystemHTTPClient {
    static func client(_ environment: [String: String]) -> (any CredentialHTTPClient)? { nil }
}

#endif

#if AsyncHTTPClient

/// With the trait `AsyncHTTPClient` the system's HTTP client is that one.
enum SystemHTTPClient {
    static var shared: (any CredentialHTTPClient)? { AsyncHTTPCredentialClient.shared }
}

#endif

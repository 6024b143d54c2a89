#if AsyncHTTPClient

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RDSIAMBasics
import RDSIAMSystem
import Synchronization

/// The HTTP client of the trait `AsyncHTTPClient`.
///
/// It follows no redirects, reconnects to nothing behind the caller's back, and uses a proxy only if one is known and
/// the request allows it, which no request to this machine or its link does.
final class AsyncHTTPCredentialClient: CredentialHTTPClient {
    private struct Variant: Hashable {
        var connectTimeout: Duration
        var proxy: Proxy?
        var trustedCertificates: [UInt8]?
    }

    private let proxies: ProxyEnvironment
    /// AsyncHTTPClient knows one connect timeout, one proxy and one bundle of certificates a client, so there is a
    /// client for each combination in use.
    private let clients = Mutex<[Variant: HTTPClient]>([:])

    /// Creates a client that finds its proxies in environment variables; its connections go with it.
    ///
    /// A proxy is spoken to in HTTP, whatever it tunnels: `http://user:password@proxy.example:3128`. Requests fail if
    /// the variable names another kind.
    ///
    /// - Parameter environment: Where `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` are looked for, in
    ///   lowercase first.
    init(environment: [String: String] = [:]) {
        proxies = ProxyEnvironment(environment)
    }

    deinit {
        // AsyncHTTPClient reports a mistake if a client is freed without a shutdown.
        for client in clients.withLock({ $0.values.map(\.self) }) { client.shutdown { _ in } }
    }

    /// Makes one exchange.
    func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        let client = try client(for: request)
        do {
            return try await TimeLimit.of(request.timeout) { try await Self.exchange(request, with: client) }
        } catch {
            // AsyncHTTPClient has errors of its own for a canceled request.
            try CancellationError.rethrow(error)
            if let error = error as? CredentialHTTPError { throw error }
            if let refusal = TLSRefusal(error) {
                throw await refusal.error(for: request, through: try proxy(for: request))
            }
            throw CredentialHTTPError(.init(error), underlyingError: error)
        }
    }

    private func proxy(for request: CredentialHTTPRequest) throws -> Proxy? {
        request.mayUseProxy ? try proxies.proxy(for: request.url) : nil
    }

    private static func exchange(
        _ request: CredentialHTTPRequest,
        with client: HTTPClient
    ) async throws -> CredentialHTTPResponse {
        let response = try await client.execute(translated(request), timeout: .init(request.timeout))
        let headers = response.headers.map { (name: $0.name.asciiLowercased(), value: $0.value) }
        var body: [UInt8] = []
        for try await part in response.body {
            body.append(contentsOf: part.readableBytesView)
            guard body.count <= request.bodyLimit else { throw CredentialHTTPError(.bodyTooLarge) }
        }
        return CredentialHTTPResponse(status: Int(response.status.code), headers: headers, body: body)
    }

    private static func translated(_ request: CredentialHTTPRequest) -> HTTPClientRequest {
        var translated = HTTPClientRequest(url: request.url)
        translated.method = HTTPMethod(rawValue: request.method)
        for (name, value) in request.headers { translated.headers.add(name: name, value: value) }
        if !request.body.isEmpty { translated.body = .bytes(ByteBuffer(bytes: request.body)) }
        return translated
    }

    private func client(for request: CredentialHTTPRequest) throws -> HTTPClient {
        let variant = Variant(
            connectTimeout: request.connectTimeout,
            proxy: try proxy(for: request),
            trustedCertificates: request.trustedCertificates
        )
        return try clients.withLock { clients in
            if let client = clients[variant] { return client }
            let configuration = try Self.configuration(variant)
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
            clients[variant] = client
            return client
        }
    }

    private static func configuration(_ variant: Variant) throws -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        if let bundle = variant.trustedCertificates {
            var tls = TLSConfiguration.makeClientConfiguration()
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(bundle))
            } catch {
                throw CredentialHTTPError(.unusableCertificates, underlyingError: error)
            }
            configuration.tlsConfiguration = tls
        }
        configuration.timeout.connect = TimeAmount(variant.connectTimeout)
        configuration.proxy = variant.proxy.map { proxy in
            let login = proxy.user.map { HTTPClient.Authorization.basic(username: $0, password: proxy.password ?? "") }
            return .server(host: proxy.host, port: proxy.port, authorization: login)
        }
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return configuration
    }
}

extension CredentialHTTPError.Code {
    /// What an error of AsyncHTTPClient or NIO means; only a missing connection matters to who asks whether this is
    /// EC2.
    init(_ error: any Error) {
        switch error {
        case let error as HTTPClientError: self = Self.code(error)
        case ChannelError.connectTimeout: self = .connectTimeout
        case is NIOConnectionError: self = .cannotConnect
        case let error as IOError where Self.refusals.contains(error.errnoCode): self = .cannotConnect
        default: self = .connectionLost
        }
    }

    /// How the operating system says that a connection does not come about.
    private static let refusals: Set<CInt> = [
        ECONNREFUSED, ENETUNREACH, EHOSTUNREACH, ENETDOWN, EHOSTDOWN, ETIMEDOUT, EADDRNOTAVAIL, EACCES, EPERM,
    ]

    private static func code(_ error: HTTPClientError) -> Self {
        switch error {
        case .connectTimeout: .connectTimeout
        case .deadlineExceeded, .readTimeout, .getConnectionFromPoolTimeout: .timeout
        case .proxyAuthenticationRequired, .invalidProxyResponse: .proxyRefused
        case .remoteConnectionClosed, .cancelled: .connectionLost
        default: .malformed
        }
    }
}

/// Ends work that takes too long.
///
/// The deadline of AsyncHTTPClient ends with the head of an answer; a body that comes byte by byte would hold a caller
/// forever.
enum TimeLimit {
    /// Does the work, or cancels it and throws ``CredentialHTTPError/Code/timeout``.
    static func of<Value: Sendable>(
        _ limit: Duration,
        _ work: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value.self) { group in
            group.addTask { try await work() }
            group.addTask {
                try await Task.sleep(for: limit)
                throw CredentialHTTPError(.timeout)
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() else { throw CancellationError() }
            return value
        }
    }
}

/// With the trait `AsyncHTTPClient` the system's HTTP client is that one.
enum SystemHTTPClient {
    private static let clients = Mutex<[ByteText: AsyncHTTPCredentialClient]>([:])

    /// One client for all contexts whose environments name the same proxies, so that they share connections.
    static func client(_ environment: [String: String]) -> (any CredentialHTTPClient)? {
        let proxies = environment.filter {
            $0.key.asciiLowercased().hasByteSuffix("_proxy") || $0.key == "REQUEST_METHOD"
        }
        let key = ByteText(proxies.map { "\($0.key)=\($0.value)" }.sorted().joined(separator: "\0"))
        return clients.withLock { clients in
            if let client = clients[key] { return client }
            let client = AsyncHTTPCredentialClient(environment: environment)
            clients[key] = client
            return client
        }
    }
}

#endif

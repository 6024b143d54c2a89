#if AsyncHTTPClient

import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Synchronization

/// The HTTP client of the trait `AsyncHTTPClient`.
///
/// It follows no redirects, reconnects to nothing behind the caller's back, and uses a proxy only where one is given and the request allows it.
public final class AsyncHTTPCredentialClient: CredentialHTTPClient {
    /// The client of this process, without a proxy.
    public static let shared = AsyncHTTPCredentialClient()

    /// An HTTP proxy that tunnels to HTTPS endpoints.
    public struct Proxy: Sendable, Hashable {
        /// The proxy's host.
        public var host: String
        /// The proxy's port.
        public var port: Int

        /// Creates a proxy.
        ///
        /// - Parameters:
        ///   - host: The proxy's host.
        ///   - port: The proxy's port.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private struct Variant: Hashable {
        var connectTimeout: Duration
        var proxy: Proxy?
    }

    private let proxy: Proxy?
    /// AsyncHTTPClient knows one connect time limit and one proxy a client, so there is a client for each pair in use.
    private let clients = Mutex<[Variant: HTTPClient]>([:])

    /// Creates a client, whose connections go with it.
    ///
    /// - Parameter proxy: The proxy for requests that allow one.
    public init(proxy: Proxy? = nil) {
        self.proxy = proxy
    }

    deinit {
        // AsyncHTTPClient takes it for a mistake where a client just goes.
        for client in clients.withLock({ $0.values.map(\.self) }) { client.shutdown { _ in } }
    }

    /// Makes one exchange.
    public func send(_ request: CredentialHTTPRequest) async throws -> CredentialHTTPResponse {
        let client = client(for: request)
        do {
            return try await TimeLimit.of(request.timeout) { try await Self.exchange(request, with: client) }
        } catch let error as CredentialHTTPError {
            throw error
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw CredentialHTTPError(CredentialHTTPError.Code(error))
        }
    }

    private static func exchange(
        _ request: CredentialHTTPRequest,
        with client: HTTPClient
    ) async throws -> CredentialHTTPResponse {
        let response = try await client.execute(translated(request), timeout: .init(request.timeout))
        let headers = response.headers.map { (name: $0.name.lowercased(), value: $0.value) }
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

    private func client(for request: CredentialHTTPRequest) -> HTTPClient {
        let variant = Variant(
            connectTimeout: request.connectTimeout,
            proxy: request.mayUseProxy ? proxy : nil
        )
        return clients.withLock { clients in
            if let client = clients[variant] { return client }
            let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: Self.configuration(variant))
            clients[variant] = client
            return client
        }
    }

    private static func configuration(_ variant: Variant) -> HTTPClient.Configuration {
        var configuration = HTTPClient.Configuration(redirectConfiguration: .disallow)
        configuration.timeout.connect = TimeAmount(variant.connectTimeout)
        configuration.proxy = variant.proxy.map { .server(host: $0.host, port: $0.port) }
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        return configuration
    }
}

#endif

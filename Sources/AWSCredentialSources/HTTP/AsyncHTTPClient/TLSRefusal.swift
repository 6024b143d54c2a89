#if AsyncHTTPClient

import NIOCore
import NIOPosix
import NIOSSL
import RDSIAMBasics
import RDSIAMSystem

/// Why no TLS connection came about that can be trusted.
struct TLSRefusal {
    private enum Kind { case certificate, name, noTLS, broken, other }

    private let kind: Kind
    private let underlyingError: any Error

    /// Returns `nil` if an error is not one of TLS.
    init?(_ error: any Error) {
        underlyingError = error
        switch error {
        case let error as NIOSSLExtraError where error == .failedToValidateHostname: kind = .name
        case is NIOSSLExtraError: kind = .other
        // A server that restarts closes connections like this, so another attempt may succeed.
        case NIOSSLError.handshakeFailed(.sslError(let errors)) where errors.contains(.eofDuringHandshake):
            kind = .broken
        case NIOSSLError.handshakeFailed(let reason):
            let text = String(describing: reason)
            if text.containsBytes("CERTIFICATE_VERIFY_FAILED") {
                kind = .certificate
            } else {
                let signs = ["WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "INVALID_"]
                kind = signs.contains(where: text.containsBytes) ? .noTLS : .other
            }
        default: return nil
        }
    }

    /// The error to throw, which names the host and what is wrong with its certificate.
    ///
    /// For that the server is asked for its certificate once more, as the first answer does not show it.
    func error(
        for request: CredentialHTTPRequest,
        through proxy: AsyncHTTPCredentialClient.Proxy?
    ) async -> CredentialHTTPError {
        guard let url = HTTPURL(request.url) else { return CredentialHTTPError(.untrustedServer) }
        let message =
            switch kind {
            case .noTLS:
                "The server \(url.authority) does not speak TLS at that port. Use http:// or the port of https."
            case .broken:
                "The connection to \(url.authority) broke in the TLS handshake. Try again, or check proxies in between."
            case .other: "The TLS handshake with \(url.authority) failed. Check the endpoint, and proxies in between."
            case .certificate, .name:
                await message(
                    of: CertificateProbe(url: url, proxy: proxy, timeout: request.connectTimeout).certificate(),
                    url
                )
            }
        let code = kind == .broken ? CredentialHTTPError.Code.connectionLost : .untrustedServer
        return CredentialHTTPError(code, message, underlyingError: underlyingError)
    }

    private func message(of certificate: NIOSSLCertificate?, _ url: HTTPURL) -> String {
        let begin = "The TLS certificate of \(url.authority)"
        if kind == .name {
            let names = certificate?.shownNames ?? ""
            return "\(begin) is for another name\(names). Check the endpoint."
        }
        guard let certificate else { return "\(begin) is not trusted. \(Self.hint)" }
        let now = Date()
        let begins = Date(timeIntervalSince1970: TimeInterval(certificate.notValidBefore))
        let ends = Date(timeIntervalSince1970: TimeInterval(certificate.notValidAfter))
        if ends < now { return "\(begin) expired at \(ends.rfc3339). Check this machine's clock, or have it renewed." }
        if begins > now { return "\(begin) is not valid before \(begins.rfc3339). Check this machine's clock." }
        let issuer = certificate.issuer
        guard issuer.name != nil || issuer.isSelf else { return "\(begin) is not trusted. \(Self.hint)" }
        let origin =
            issuer.isSelf ? "is self-signed" : "was issued by '\(issuer.name ?? "")', which is not trusted here"
        return "\(begin) \(origin). \(Self.hint)"
    }

    private static let hint =
        "If a proxy inspects TLS, name the file with its certificate in AWS_CA_BUNDLE or the profile's ca_bundle."
}

extension NIOSSLCertificate {
    /// The names that the certificate is for, in brackets, as far as they are plain.
    fileprivate var shownNames: String {
        let names = _subjectAlternativeNames().prefix(5).compactMap { name -> String? in
            guard name.nameType == .dnsName else { return nil }
            let text = String(decoding: Array(name.contents), as: UTF8.self)
            return text.isASCIIName(of: 1...253, alsoHolding: "-_.*") ? text : nil
        }
        return names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
    }

    /// The common name of the issuer, and whether that is the certificate itself (RFC 5280 §4.1).
    fileprivate var issuer: (name: String?, isSelf: Bool) {
        guard let der = try? toDERBytes(), var certificate = DERElement(der[...])?.content,
            var fields = DERElement.next(&certificate)?.content
        else { return (nil, false) }
        // The version is left out of the oldest certificates.
        if fields.first == 0xA0 { _ = DERElement.next(&fields) }
        let parts = (0..<5).map { _ in DERElement.next(&fields)?.content }
        // Serial number, algorithm, issuer, validity, subject.
        guard let issuer = parts[2], let subject = parts[4] else { return (nil, false) }
        return (Self.commonName(issuer), issuer.elementsEqual(subject))
    }

    private static func commonName(_ name: ArraySlice<UInt8>) -> String? {
        // The object identifier 2.5.4.3, and after it a string.
        let identifier: [UInt8] = [0x06, 0x03, 0x55, 0x04, 0x03]
        let starts = name.indices.filter { name[$0...].starts(with: identifier) }
        guard let start = starts.last, let text = DERElement(name[(start + 5)...])?.content.text else { return nil }
        return text.isASCIIName(of: 1...127, alsoHolding: " -_.,()+&/:@") ? text : nil
    }
}

/// One element of a DER encoding (X.690), as far as certificates need it.
private struct DERElement {
    let content: ArraySlice<UInt8>

    init?(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        guard let element = Self.next(&rest) else { return nil }
        self = element
    }

    private init(content: ArraySlice<UInt8>) {
        self.content = content
    }

    /// Takes the first element off the bytes.
    static func next(_ bytes: inout ArraySlice<UInt8>) -> DERElement? {
        var rest = bytes.dropFirst()
        guard var length = rest.popFirst().map(Int.init) else { return nil }
        if length >= 0x80 {
            let digits = rest.prefix(length - 0x80)
            guard 1...3 ~= digits.count else { return nil }
            length = digits.reduce(0) { $0 << 8 | Int($1) }
            rest = rest.dropFirst(digits.count)
        }
        guard rest.count >= length else { return nil }
        bytes = rest.dropFirst(length)
        return DERElement(content: rest.prefix(length))
    }
}

/// A connection that asks a server for its certificate and sends nothing.
private struct CertificateProbe {
    let url: HTTPURL
    let proxy: AsyncHTTPCredentialClient.Proxy?
    let timeout: Duration

    /// Returns the server's own certificate, or `nil` if none comes in time.
    func certificate() async -> NIOSSLCertificate? {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let promise = loop.makePromise(of: NIOSSLCertificate?.self)
        let limit = loop.scheduleTask(in: TimeAmount(timeout)) { promise.succeed(nil) }
        let bootstrap = ClientBootstrap(group: loop)
            .connectTimeout(TimeAmount(timeout))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try prepare(channel, promise) }
            }
        let connection = bootstrap.connect(
            host: proxy?.host ?? url.host,
            port: proxy?.port ?? url.port ?? 443
        )
        connection.whenFailure { _ in promise.succeed(nil) }
        let certificate = try? await promise.futureResult.get()
        limit.cancel()
        connection.whenSuccess { $0.close(promise: nil) }
        return certificate ?? nil
    }

    private func prepare(_ channel: any Channel, _ promise: EventLoopPromise<NIOSSLCertificate?>) throws {
        let tls = try NIOSSLClientHandler(
            context: NIOSSLContext(configuration: .makeClientConfiguration()),
            serverHostname: IPAddress(url.host) == nil ? url.host : nil,
            customVerificationCallback: { chain, answer in
                promise.succeed(chain.first)
                answer.succeed(.failed)
            }
        )
        channel.closeFuture.whenComplete { _ in promise.succeed(nil) }
        guard let proxy else { return try channel.pipeline.syncOperations.addHandler(tls) }
        let tunnel = ProxyTunnel(to: url.port == nil ? url.authority + ":443" : url.authority, proxy, then: tls)
        try channel.pipeline.syncOperations.addHandler(tunnel)
    }
}

/// Asks a proxy for a tunnel and then gives way to TLS.
private final class ProxyTunnel: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let request: String
    private let tls: NIOSSLClientHandler
    private var answer: [UInt8] = []

    init(to target: String, _ proxy: AsyncHTTPCredentialClient.Proxy, then tls: NIOSSLClientHandler) {
        let login = proxy.user.map { Data("\($0):\(proxy.password ?? "")".utf8).base64EncodedString() }
        let field = login.map { "Proxy-Authorization: Basic \($0)\r\n" } ?? ""
        request = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n\(field)\r\n"
        self.tls = tls
    }

    func channelActive(context: ChannelHandlerContext) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        answer += Array(unwrapInboundIn(data).readableBytesView)
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasByteSuffix("\r\n\r\n"), answer.count < 16_384 else { return }
        let isOpen = text.hasBytePrefix("HTTP/1.1 2") || text.hasBytePrefix("HTTP/1.0 2")
        guard isOpen, (try? context.pipeline.syncOperations.addHandler(tls, position: .after(self))) != nil else {
            return context.close(promise: nil)
        }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }
}

#endif

#if AsyncHTTPClient

import AsyncHTTPClient
import NIOCore
import NIOPosix
import RDSIAMSystem

extension CredentialHTTPError.Code {
    /// What an error of AsyncHTTPClient or NIO means; only a missing connection matters to who asks whether this is EC2.
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

#endif

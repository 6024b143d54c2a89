extension Conninfo {
    /// One place that libpq would try to connect to.
    public struct Endpoint: Sendable, Hashable {
        /// How an endpoint is reached.
        public struct Kind: Sendable, Hashable {
            private enum Value { case hostName, address, unixSocket }
            private let value: Value

            /// By a name that must be looked up.
            public static let hostName = Kind(value: .hostName)
            /// By the numeric address in `hostaddr`.
            public static let address = Kind(value: .address)
            /// By a Unix-domain socket in the folder `host`, or an abstract one if `host` begins with `@`.
            public static let unixSocket = Kind(value: .unixSocket)
        }

        /// How it is reached.
        public let kind: Kind
        /// The bytes of the host: a name or a socket folder; nil where only an address is given.
        public let hostBytes: [UInt8]?
        /// The bytes of the numeric address; nil where there is none.
        public let hostaddrBytes: [UInt8]?
        /// The bytes of the port as it was written, or `5432` where it was left out.
        public let portBytes: [UInt8]

        /// The host: a name or a socket folder; nil where only an address is given, or if it is not UTF-8.
        public var host: String? { hostBytes.flatMap { String(validating: $0, as: UTF8.self) } }

        /// The numeric address; nil where there is none, or if it is not UTF-8.
        public var hostaddr: String? { hostaddrBytes.flatMap { String(validating: $0, as: UTF8.self) } }

        /// The number of the port, which libpq looks at only when it tries this endpoint.
        /// - Throws: ``ConninfoError``: with ``ConninfoError/Code/invalidInteger`` libpq gives up, with
        ///   ``ConninfoError/Code/invalidPort`` it goes on to the next endpoint.
        public func port() throws(ConninfoError) -> Int {
            let port = try Decimal.parameter(portBytes, .port)
            guard (1...65535).contains(port) else {
                let message = LibpqMessage.quoting(portBytes, "invalid port number: ")
                throw ConninfoError(.invalidPort, keyword: "port", message: message)
            }
            return port
        }

        /// The path of the Unix-domain socket; nil for other kinds of endpoint.
        /// - Throws: ``ConninfoError`` for an invalid port, and for a path too long for a socket address.
        public func socketPath() throws(ConninfoError) -> [UInt8]? {
            let port = try port()
            guard kind == .unixSocket, let hostBytes else { return nil }
            let path = hostBytes + "/.s.PGSQL.\(port)".utf8
            guard path.count <= Self.longestSocketPath else {
                let text = " is too long (maximum \(Self.longestSocketPath) bytes)"
                let message = LibpqMessage.quoting(path.prefix(1023), "Unix-domain socket path ", text)
                throw ConninfoError(.socketPathTooLong, keyword: "host", message: message)
            }
            return path
        }

        /// One byte less than `sun_path` of a socket address.
        private static var longestSocketPath: Int {
            #if canImport(Darwin)
            103
            #else
            107
            #endif
        }
    }
}

extension Conninfo {
    /// A host and port that libpq would try to connect to.
    public struct Endpoint: Sendable, Hashable {
        /// A way to reach an endpoint.
        public struct Kind: Sendable, Hashable {
            private enum Value { case hostName, address, unixSocket }
            private let value: Value

            /// By a name that is looked up.
            public static let hostName = Kind(value: .hostName)
            /// By the numeric address in `hostaddr`.
            public static let address = Kind(value: .address)
            /// By a Unix-domain socket in the directory `host`, or an abstract one if `host` begins with `@`.
            public static let unixSocket = Kind(value: .unixSocket)
        }

        /// How it is reached.
        public let kind: Kind
        /// The bytes of the host: a name or a socket directory, or `nil` if only an address is given.
        package let hostBytes: [UInt8]?
        /// The bytes of the numeric address, or `nil` if there is none.
        package let hostaddrBytes: [UInt8]?
        /// The bytes of the port as it was written, or `5432` if it was left out.
        package let portBytes: [UInt8]

        /// The host: a name or a socket directory, or `nil` if only an address is given or if it is not UTF-8.
        public var host: String? { hostBytes.flatMap { String(validating: $0, as: UTF8.self) } }

        /// The numeric address, or `nil` if there is none or if it is not UTF-8.
        public var hostaddr: String? { hostaddrBytes.flatMap { String(validating: $0, as: UTF8.self) } }

        /// Returns the number of the port, which libpq parses only when it tries this endpoint.
        /// - Throws: ``ConninfoError``. After ``ConninfoError/Code/invalidInteger`` libpq gives up, after
        ///   ``ConninfoError/Code/invalidPort`` it tries the next endpoint.
        public func port() throws(ConninfoError) -> Int {
            let port = try IntegerParameter.parse(portBytes, .port)
            guard (1...65535).contains(port) else {
                let message = LibpqMessage.quoting(portBytes, "invalid port number: ")
                throw ConninfoError(.invalidPort, keyword: "port", libpqMessage: message)
            }
            return port
        }

        /// Returns the path of the Unix-domain socket, or `nil` for other kinds of endpoint.
        /// - Throws: ``ConninfoError`` for an invalid port, and for a path too long for a socket address.
        package func socketPath() throws(ConninfoError) -> [UInt8]? {
            let port = try port()
            guard kind == .unixSocket, let hostBytes else { return nil }
            let path = hostBytes + "/.s.PGSQL.\(port)".utf8
            guard path.count <= Self.longestSocketPath else {
                let text = " is too long (maximum \(Self.longestSocketPath) bytes)"
                let message = LibpqMessage.quoting(path.prefix(1023), "Unix-domain socket path ", text)
                throw ConninfoError(.socketPathTooLong, keyword: "host", libpqMessage: message)
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

extension ResolvedConninfo {
    /// Returns the endpoints that libpq would try, in order: one for each element of `hostaddr` or else `host`, or the
    /// default socket.
    ///
    /// With `load_balance_hosts=random` libpq tries them in random order. Elements are not trimmed, and ports are not
    /// checked here: see ``Conninfo/Endpoint/port()``.
    /// - Throws: ``ConninfoError`` if the lists differ in length. The same parameters fail again.
    public func endpoints() throws(ConninfoError) -> [Conninfo.Endpoint] {
        let hosts = list(.host)
        let addresses = list(.hostaddr)
        let count = addresses?.count ?? hosts?.count ?? 1
        if let hosts, hosts.count != count {
            let text = "could not match \(hosts.count) host names to \(count) hostaddr values"
            throw ConninfoError(.hostCountMismatch, keyword: "host", libpqMessage: LibpqMessage.plain(text))
        }
        let ports = list(.port) ?? [[]]
        if ports.count != 1, ports.count != count {
            let text = "could not match \(ports.count) port numbers to \(count) hosts"
            throw ConninfoError(.portCountMismatch, keyword: "port", libpqMessage: LibpqMessage.plain(text))
        }
        return (0..<count).map { position in
            endpoint(hosts?[position] ?? [], addresses?[position] ?? [], ports[ports.count == 1 ? 0 : position])
        }
    }

    /// Returns the elements of a list, or `nil` if it is unset or empty.
    private func list(_ keyword: Conninfo.Keyword) -> [ArraySlice<UInt8>]? {
        nonEmpty(keyword).map { $0.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) }
    }

    private func endpoint(
        _ host: ArraySlice<UInt8>,
        _ address: ArraySlice<UInt8>,
        _ port: ArraySlice<UInt8>
    ) -> Conninfo.Endpoint {
        let isDefault = host.isEmpty && address.isEmpty
        let host = isDefault ? environment.socketDirectory[...] : host
        let isSocket = host.first == UInt8(ascii: "/") || host.first == UInt8(ascii: "@")
        return Conninfo.Endpoint(
            kind: address.isEmpty ? (isSocket ? .unixSocket : .hostName) : .address,
            hostBytes: host.isEmpty ? nil : Array(host),
            hostaddrBytes: address.isEmpty ? nil : Array(address),
            portBytes: port.isEmpty ? Array("5432".utf8) : Array(port)
        )
    }
}

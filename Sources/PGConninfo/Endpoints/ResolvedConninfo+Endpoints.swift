extension ResolvedConninfo {
    /// The places libpq would try, in order: one for each element of `hostaddr` or else `host`, or the default socket.
    ///
    /// With `load_balance_hosts=random` libpq tries them in random order. Elements are not trimmed, and a port is not
    /// looked at before its turn: see ``Conninfo/Endpoint/port()``.
    /// - Throws: ``ConninfoError`` if the lists do not fit each other. The same parameters fail again.
    public func endpoints() throws(ConninfoError) -> [Conninfo.Endpoint] {
        let hosts = list(.host)
        let addresses = list(.hostaddr)
        let count = addresses?.count ?? hosts?.count ?? 1
        if let hosts, hosts.count != count {
            let text = "could not match \(hosts.count) host names to \(count) hostaddr values"
            throw ConninfoError(.hostCountMismatch, keyword: "host", message: LibpqMessage.plain(text))
        }
        let ports = list(.port) ?? [[]]
        if ports.count != 1, ports.count != count {
            let text = "could not match \(ports.count) port numbers to \(count) hosts"
            throw ConninfoError(.portCountMismatch, keyword: "port", message: LibpqMessage.plain(text))
        }
        return (0..<count).map { position in
            endpoint(hosts?[position] ?? [], addresses?[position] ?? [], ports[ports.count == 1 ? 0 : position])
        }
    }

    /// The elements of a list; nil if it is unset or empty.
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

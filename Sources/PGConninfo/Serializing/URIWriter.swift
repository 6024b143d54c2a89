import RDSIAMBasics

/// Writes parameters as a URI: in the authority and the path if they can express it, otherwise in the query.
struct URIWriter {
    private let conninfo: Conninfo
    private var output = Array("postgresql://".utf8)
    private var written: Set<Conninfo.Keyword> = []

    init(_ conninfo: Conninfo) {
        self.conninfo = conninfo
    }

    /// Every byte of the result is ASCII.
    static func write(_ conninfo: Conninfo, includingExtensions: Bool) -> [UInt8] {
        var writer = URIWriter(conninfo)
        writer.writeUserInfo()
        writer.writeHosts()
        writer.writeDatabase()
        writer.writeQuery(includingExtensions: includingExtensions)
        return writer.output
    }

    /// Returns the value unless it is empty: an empty part would be lost outside the query.
    private func nonEmpty(_ keyword: Conninfo.Keyword) -> [UInt8]? {
        conninfo.bytes(of: keyword).flatMap { $0.isEmpty ? nil : $0 }
    }

    private mutating func writeUserInfo() {
        let user = nonEmpty(.user)
        let password = nonEmpty(.password)
        guard user != nil || password != nil else { return }
        if let user { appendPart(.user, user) }
        if let password {
            output.append(UInt8(ascii: ":"))
            appendPart(.password, password)
        }
        output.append(UInt8(ascii: "@"))
    }

    private mutating func appendPart(_ keyword: Conninfo.Keyword, _ value: [UInt8]) {
        appendEncoded(value)
        written.insert(keyword)
    }

    /// Writes the hosts into the authority if there are as many ports: libpq adds each comma to both lists.
    private mutating func writeHosts() {
        guard let host = nonEmpty(.host) else { return }
        let hosts = host.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        let port = conninfo.bytes(of: .port)
        let ports = (port ?? []).split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false)
        guard hosts.count == ports.count, hosts.count > 1 || port?.isEmpty != true else { return }
        for (position, (host, port)) in zip(hosts, ports).enumerated() {
            if position > 0 { output.append(UInt8(ascii: ",")) }
            appendHost(host)
            if !port.isEmpty {
                output.append(UInt8(ascii: ":"))
                appendEncoded(port)
            }
        }
        written.formUnion(port == nil ? [.host] : [.host, .port])
    }

    private mutating func appendHost(_ host: ArraySlice<UInt8>) {
        let looksLikeIPv6 =
            host.contains(UInt8(ascii: ":"))
            && host.allSatisfy {
                Hexadecimal.value(of: $0) != nil || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
            }
        guard looksLikeIPv6 else { return appendEncoded(host) }
        output.append(UInt8(ascii: "["))
        output.append(contentsOf: host)
        output.append(UInt8(ascii: "]"))
    }

    private mutating func writeDatabase() {
        guard let name = nonEmpty(.dbname) else { return }
        output.append(UInt8(ascii: "/"))
        appendPart(.dbname, name)
    }

    private mutating func writeQuery(includingExtensions: Bool) {
        var separator = UInt8(ascii: "?")
        for parameter in conninfo.parameters where !written.contains(parameter.keyword) {
            appendPair(parameter.keyword.name, parameter.bytes, &separator)
        }
        for parameter in includingExtensions ? conninfo.extensionParameters : [] {
            appendPair(parameter.name, parameter.bytes, &separator)
        }
    }

    private mutating func appendPair(_ name: String, _ value: [UInt8], _ separator: inout UInt8) {
        output.append(separator)
        separator = UInt8(ascii: "&")
        appendEncoded(Array(name.utf8))
        output.append(UInt8(ascii: "="))
        appendEncoded(value)
    }

    private mutating func appendEncoded(_ value: some Sequence<UInt8>) {
        PercentEncoding.append(value, to: &output)
    }
}

import PGConninfo

/// One address of one server: what libpq tries at a time.
struct Place: Equatable, Sendable {
    /// The server's name, or the folder of a socket; empty where only an address is given.
    let host: String
    /// The address; empty for a socket, and where the name is to be looked up.
    let address: String
    let port: String

    /// Host and port as one text.
    var endpoint: String { "\(host.isEmpty ? address : host):\(port)" }

    private var mustBeLookedUp: Bool {
        address.isEmpty && !host.isEmpty && !host.hasPrefix("/") && !host.hasPrefix("@")
    }

    /// Its addresses.
    fileprivate func lookedUp(with names: NameLookUp) async throws -> [Place] {
        guard mustBeLookedUp else { return [self] }
        return try await names.addresses(of: host).map { Place(host: host, address: $0, port: port) }
    }

    /// Whether libpq means it: what it calls the host is the address where there is no name.
    fileprivate func isMeant(by other: Place) -> Bool {
        address == other.address && port == other.port && (host.isEmpty || host == other.host)
    }
}

extension Place {
    init(_ endpoint: Conninfo.Endpoint) {
        host = String(decoding: endpoint.hostBytes ?? [], as: UTF8.self)
        address = String(decoding: endpoint.hostaddrBytes ?? [], as: UTF8.self)
        port = String(decoding: endpoint.portBytes, as: UTF8.self)
    }
}

extension [Place] {
    /// Every address of every place, in their order; all names are looked up at the same time.
    ///
    /// A name that is not found is left out, as libpq goes on to the next.
    ///
    /// - Throws: ``PGRDSIAMError`` where no name is found; `CancellationError`.
    func lookedUp(with names: NameLookUp = .shared) async throws -> [Place] {
        if count == 1 { return try await self[0].lookedUp(with: names) }
        let found = await withTaskGroup(of: (Int, Result<[Place], any Error>).self) { group in
            for (index, place) in enumerated() {
                group.addTask {
                    do { return (index, .success(try await place.lookedUp(with: names))) } catch {
                        return (index, .failure(error))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        try Task.checkCancellation()
        let places = indices.flatMap { (try? found[$0]?.get()) ?? [] }
        if places.isEmpty { _ = try found[count - 1]?.get() }
        return places
    }

    /// The places still to try after one has timed out.
    ///
    /// libpq cannot be told to go on, so it begins anew without the place, and without those before it where it has finished with
    /// them: not where it tries them in random order, or comes back to them for lack of a standby.
    func remaining(after place: Place, in conninfo: Conninfo) -> [Place] {
        guard let index = firstIndex(where: { $0.isMeant(by: place) }) else { return [] }
        let comesBack = conninfo[.targetSessionAttrs] == "prefer-standby" || conninfo[.loadBalanceHosts] == "random"
        return comesBack ? filter { !$0.isMeant(by: place) } : Array(self[(index + 1)...])
    }
}

extension Conninfo {
    /// Sets the places to try.
    mutating func dial(_ places: [Place]) throws(ConninfoError) {
        try set(.host, toList: places.map(\.host))
        try set(.hostaddr, toList: places.map(\.address))
        try set(.port, to: places.map(\.port).joined(separator: ","))
    }

    private mutating func set(_ keyword: Keyword, toList values: [String]) throws(ConninfoError) {
        guard values.contains(where: { !$0.isEmpty }) else { return remove(keyword) }
        try set(keyword, to: values.joined(separator: ","))
    }
}

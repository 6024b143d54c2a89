import PGConninfo
import RDSIAMBasics
import RDSIAMSystem

/// One address of one server: what libpq tries at a time.
struct Place: Equatable, Sendable {
    /// The server's name, or the directory of a socket; empty if only an address is given.
    let host: String
    /// The address; empty for a socket, and before the name is looked up.
    let address: String
    let port: String

    /// Host and port as one text.
    var endpoint: String { "\(host.isEmpty ? address : host):\(port)" }

    /// Whether libpq reaches it through TCP: neither through a Unix socket nor through its own default.
    var isOnNetwork: Bool { !address.isEmpty || (!host.isEmpty && !isSocket) }

    /// Whether the host is a directory or, with `@`, an abstract name (libpq, `host`).
    private var isSocket: Bool { host.hasBytePrefix("/") || host.hasBytePrefix("@") }

    static func == (left: Self, right: Self) -> Bool {
        left.host.isBytewiseEqual(to: right.host) && left.address.isBytewiseEqual(to: right.address)
            && left.port.isBytewiseEqual(to: right.port)
    }

    /// Its addresses.
    fileprivate func lookedUp(with names: HostLookup) async throws -> [Place] {
        guard address.isEmpty, isOnNetwork else { return [self] }
        do {
            return try await names.addresses(of: host).map { Place(host: host, address: $0, port: port) }
        } catch let failure as HostLookup.Failure {
            throw PGRDSIAMError.unknownHost(host, failure.reason)
        }
    }

    /// Returns whether `other` is this place as libpq describes it while it dials or after it has logged in.
    ///
    /// libpq gives the address as the host if there is no name, writes addresses in a form of its own, and has none before
    /// it dials.
    func isMeant(by other: Place) -> Bool {
        guard port.isBytewiseEqual(to: other.port), host.isEmpty || host.isBytewiseEqual(to: other.host) else {
            return false
        }
        if other.address.isEmpty { return !host.isEmpty || address.isBytewiseEqual(to: other.host) }
        if address.isBytewiseEqual(to: other.address) { return true }
        guard let address = HostLookup.canonicalAddress(address) else { return false }
        return HostLookup.canonicalAddress(other.address) == address
    }
}

extension Place {
    /// The place of a connection without a token, or `nil` if its name is not UTF-8, as that of a directory may be.
    init?(plain endpoint: Conninfo.Endpoint) {
        guard let host = String(validating: endpoint.hostBytes ?? [], as: UTF8.self),
            let address = String(validating: endpoint.hostaddrBytes ?? [], as: UTF8.self),
            let port = String(validating: endpoint.portBytes, as: UTF8.self)
        else { return nil }
        (self.host, self.address, self.port) = (host, address, port)
    }
}

extension [Place] {
    /// Returns every address of every place, in their order; all names are looked up at the same time.
    ///
    /// A name that is not found is left out, as libpq goes on to the next.
    ///
    /// - Throws: ``PGRDSIAMError`` if no name is found; `CancellationError`.
    func lookedUp(with names: HostLookup = .shared) async throws -> [Place] {
        if count == 1 { return try await self[0].lookedUp(with: names) }
        var found = [Result<[Place], any Error>?](repeating: nil, count: count)
        await withTaskGroup(of: LookedUp.self) { group in
            for (index, place) in enumerated() {
                group.addTask { await LookedUp(index: index, place, names) }
            }
            for await one in group { found[one.index] = one.places }
        }
        try Task.checkCancellation()
        let answers = found.compactMap { $0 }
        // A host without an answer would silently give way to the next one, which the caller may trust less.
        guard answers.count == count else { throw PGRDSIAMError.lookUpIncomplete }
        let places = answers.flatMap { (try? $0.get()) ?? [] }
        if places.isEmpty { _ = try answers.last?.get() }
        return places
    }

    /// The places still to try after one has timed out.
    ///
    /// libpq cannot be told to go on. It starts again without the place, and without those before it if it has finished
    /// with them: not if it tries them in random order, or comes back to them for lack of a standby.
    func remaining(after place: Place, in conninfo: Conninfo) -> [Place] {
        guard let index = firstIndex(where: { $0.isMeant(by: place) }) else { return [] }
        let comesBack = conninfo[.targetSessionAttrs] == "prefer-standby" || conninfo[.loadBalanceHosts] == "random"
        return comesBack ? filter { !$0.isMeant(by: place) } : Array(self[(index + 1)...])
    }
}

/// What one child task of a look-up returns.
///
/// Not a tuple: compiled with optimization, Swift 6.3.1 loses the number from a tuple that also holds a `Result` of an
/// array, and with it the host.
private struct LookedUp: Sendable {
    let index: Int
    let places: Result<[Place], any Error>

    init(index: Int, _ place: Place, _ names: HostLookup) async {
        self.index = index
        do { places = .success(try await place.lookedUp(with: names)) } catch { places = .failure(error) }
    }
}

extension Conninfo {
    /// Sets the places to try, and nothing else: what is empty is set as well, so that libpq does not look for a default.
    ///
    /// - Throws: ``PGRDSIAMError`` if there is no place, for libpq would then dial its default, a Unix socket.
    mutating func dial(_ places: [Place]) throws {
        guard !places.isEmpty else { throw PGRDSIAMError.noEndpoints }
        try set(.host, to: places.map(\.host).joined(separator: ","))
        try set(.hostaddr, to: places.map(\.address).joined(separator: ","))
        try set(.port, to: places.map(\.port).joined(separator: ","))
    }
}

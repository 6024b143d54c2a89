import PGConninfo

/// One address of one server: what libpq tries at a time.
struct Place: Equatable, Sendable {
    let host: String
    let address: String
    let port: String
}

extension [Place] {
    /// Every address of every host, in the order of the hosts.
    ///
    /// A name that is not found is left out, as libpq goes on to the next.
    ///
    /// - Throws: ``PGRDSIAMError`` where no name is found.
    static func resolving(_ hosts: [Host], with names: NameLookUp = .shared) async throws -> [Place] {
        var places: [Place] = []
        var failure: (any Error)?
        for host in hosts {
            do {
                let addresses = host.address.isEmpty ? try await names.addresses(of: host.name) : [host.address]
                places += addresses.map { Place(host: host.name, address: $0, port: host.port) }
            } catch {
                failure = error
            }
        }
        if places.isEmpty, let failure { throw failure }
        return places
    }

    /// The places still to try after one has timed out.
    ///
    /// libpq cannot be told to go on, so it begins anew without the place, and without those before it where it has finished with
    /// them: not where it tries them in random order, or comes back to them for lack of a standby.
    func remaining(after place: Place, in conninfo: Conninfo) -> [Place] {
        guard let index = firstIndex(of: place) else { return [] }
        let comesBack = conninfo[.targetSessionAttrs] == "prefer-standby" || conninfo[.loadBalanceHosts] == "random"
        return comesBack ? filter { $0 != place } : Array(self[(index + 1)...])
    }
}

extension Conninfo {
    /// Sets the places to try.
    mutating func dial(_ places: [Place]) throws(ConninfoError) {
        let names = places.map(\.host)
        if names.contains(where: { !$0.isEmpty }) {
            try set(.host, to: names.joined(separator: ","))
        } else {
            remove(.host)
        }
        try set(.hostaddr, to: places.map(\.address).joined(separator: ","))
        try set(.port, to: places.map(\.port).joined(separator: ","))
    }
}

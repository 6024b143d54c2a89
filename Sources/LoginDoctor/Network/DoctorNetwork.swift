import CResolver
import RDSIAMSystem

/// The network as an examination sees it: look-ups, and connections that end at once.
///
/// ``system`` is the real one. Tests replace parts of it, to stage a name server or a network that they do not have.
package struct DoctorNetwork: Sendable {
    /// Why a name has no address, or a port no connection.
    package struct Failure: Error, Sendable, Hashable, CustomStringConvertible {
        /// What the operating system says of it.
        package let description: String
        /// Whether no answer came in time.
        package let isTimeout: Bool
        /// Whether the other side refused.
        package let isRefusal: Bool

        /// Describes a failure.
        package init(_ description: String, isTimeout: Bool = false, isRefusal: Bool = false) {
            (self.description, self.isTimeout, self.isRefusal) = (description, isTimeout, isRefusal)
        }
    }

    /// Returns the numeric addresses of a name, on a thread that may wait.
    ///
    /// It throws ``Failure``.
    package var addresses: @Sendable (_ name: String) throws -> [String]
    /// Returns the name that a name is an alias of (CNAME), or `nil` if it is none, on a thread that may wait.
    package var alias: @Sendable (_ name: String) -> String?
    /// Connects to a numeric address and a port, on a thread that may wait, and returns the socket.
    ///
    /// The caller closes the socket. It throws ``Failure``.
    package var connect: @Sendable (_ address: String, _ port: Int, _ limit: Duration) throws -> Int32

    /// Creates a network with the properties of the same names.
    package init(
        addresses: @escaping @Sendable (_ name: String) throws -> [String],
        alias: @escaping @Sendable (_ name: String) -> String?,
        connect: @escaping @Sendable (_ address: String, _ port: Int, _ limit: Duration) throws -> Int32
    ) {
        (self.addresses, self.alias, self.connect) = (addresses, alias, connect)
    }

    /// The real network.
    package static let system = DoctorNetwork(
        addresses: { name in
            do {
                return try HostLookup.askSystem(name)
            } catch let failure as HostLookup.Failure {
                throw Failure(failure.reason, isTimeout: failure.isTemporary)
            }
        },
        alias: askAlias,
        connect: SocketProbe.connect
    )

    /// Asks the name servers of the system for a name's CNAME record.
    @Sendable private static func askAlias(_ name: String) -> String? {
        guard !name.utf8.contains(0) else { return nil }
        var target = [CChar](repeating: 0, count: 1025)
        guard rds_iam_alias_target(name, &target, Int32(target.count)) == 1 else { return nil }
        return String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

extension DoctorNetwork {
    /// The names that a name leads to, one alias after another, without the name itself.
    func aliases(of name: String) -> [String] {
        var names: [String] = []
        while names.count < 8, let next = alias(names.last ?? name), !names.contains(next) { names.append(next) }
        return names
    }
}

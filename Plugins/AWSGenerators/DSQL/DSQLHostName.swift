import RDSIAMBasics

/// An endpoint name that Aurora DSQL gave: `<cluster>.dsql.<region>.on.aws`, or `dsql-…` behind AWS PrivateLink.
package struct DSQLHostName: Sendable, Hashable {
    /// The cluster's identifier.
    package let cluster: String
    /// The region.
    package let region: String

    /// Reads a name in any case, with or without a final dot, or returns `nil` if Aurora DSQL did not give it.
    package init?(_ host: String) {
        guard let labels = HostName(host).labels(before: "on.aws"), labels.count == 3, let cluster = labels.first,
            let region = labels.last
        else { return nil }
        let service = labels[labels.startIndex + 1]
        guard service.isBytewiseEqual(to: "dsql") || service.hasBytePrefix("dsql-"), Self.isLabel(cluster),
            SigningRegion.hasShape(region)
        else { return nil }
        self.cluster = cluster
        self.region = region
    }

    /// Whether a host is only a cluster's identifier: 26 lowercase letters and digits.
    package static func isClusterIdentifier(_ host: String) -> Bool {
        host.utf8.count == 26 && host.utf8.allSatisfy(isLetterOrDigit)
    }

    private static func isLabel(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }

    /// The endpoint of a cluster, given its identifier; any other host stays as it is.
    ///
    /// - Parameters:
    ///   - host: A cluster's identifier or a host.
    ///   - region: The cluster's region.
    package static func expanding(_ host: String, region: String) -> String {
        isClusterIdentifier(host) ? "\(host).dsql.\(region).on.aws" : host
    }
}

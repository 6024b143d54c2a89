import AWSGeneratorSupport

/// An endpoint name that Aurora DSQL gave: `<cluster>.dsql.<region>.on.aws`, or `dsql-…` behind AWS PrivateLink.
public struct DSQLHostName: Sendable, Hashable {
    /// The cluster's identifier.
    public let cluster: String
    /// The region.
    public let region: String

    /// Reads a name in any case, with or without a final dot; nil for one that Aurora DSQL did not give.
    public init?(_ host: String) {
        guard let labels = HostName(host).labels(before: "on.aws"), labels.count == 3, let cluster = labels.first,
            let region = labels.last
        else { return nil }
        let service = labels[labels.startIndex + 1]
        guard service == "dsql" || service.hasPrefix("dsql-"), !cluster.isEmpty, SigningRegion.hasShape(region) else {
            return nil
        }
        self.cluster = String(cluster)
        self.region = String(region)
    }

    /// Whether a host is a cluster's identifier alone: 26 small letters and digits.
    public static func isClusterIdentifier(_ host: String) -> Bool {
        host.utf8.count == 26
            && host.utf8.allSatisfy {
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
            }
    }

    /// The endpoint of a cluster, given its identifier; any other host stays as it is.
    ///
    /// - Parameters:
    ///   - host: A cluster's identifier or a host.
    ///   - region: The cluster's region.
    public static func expanding(_ host: String, region: String) -> String {
        isClusterIdentifier(host) ? "\(host).dsql.\(region).on.aws" : host
    }
}

import AWSGenerators
import RDSIAMBasics
import RDSIAMSystem

/// What a host name says about the database behind it: the kind of endpoint, its region, the roots that its
/// certificate chains to, and what a policy calls it.
package struct DatabaseEndpoint: Sendable, CustomStringConvertible {
    /// What an endpoint leads to, open for more kinds later.
    package struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind in words, as it stands in reports.
        package let description: String

        private init(_ description: String) { self.description = description }

        /// One instance of RDS or Aurora.
        package static let instance = Self("RDS or Aurora instance")
        /// The writer of an Aurora cluster, or of a Multi-AZ cluster of RDS.
        package static let cluster = Self("cluster writer")
        /// The readers of a cluster.
        package static let reader = Self("cluster reader")
        /// A set of instances that the owner of an Aurora cluster chose.
        package static let customCluster = Self("custom endpoint of an Aurora cluster")
        /// The shard group of an Aurora Limitless Database.
        package static let limitless = Self("Aurora Limitless Database")
        /// The writer of an Aurora global database.
        package static let global = Self("writer of an Aurora global database")
        /// An Aurora cluster's internet access gateway, which only its certificate tells from an ordinary cluster.
        package static let internet = Self("internet endpoint of an Aurora cluster")
        /// An RDS Proxy.
        package static let proxy = Self("RDS Proxy")
        /// An Aurora DSQL cluster.
        package static let dsql = Self("Aurora DSQL cluster")
        /// A Redshift cluster or workgroup.
        package static let redshift = Self("Redshift")
        /// An address of this machine, or a name such as `localhost`.
        package static let loopback = Self("loopback address")
        /// Another numeric address.
        package static let address = Self("IP address")
        /// The path of a Unix-domain socket.
        package static let socket = Self("local socket")
        /// Any other name, such as an alias in a domain of the owner's.
        package static let other = Self("name that AWS did not give")
    }

    /// The name in ASCII lowercase, without a final dot.
    package let host: String
    /// What it leads to.
    package let kind: Kind
    /// The region, or `nil` if the name has none.
    package let region: String?
    /// The roots that its certificate chains to, or `nil` if the name does not say.
    ///
    /// An ordinary cluster's name may be that of an internet endpoint, too.
    package let roots: TrustRoots?
    /// The cluster's identifier in a name of Aurora DSQL.
    private let dsqlCluster: String?

    /// Reads a host name or an address.
    ///
    /// - Parameters:
    ///   - host: The name in any case, with or without a final dot.
    ///   - certificateIssuer: The issuer of the server's certificate, or the root of its chain, if it is known.
    package init(_ host: String, certificateIssuer: String? = nil) {
        let name = HostName(host)
        let issued = certificateIssuer.flatMap(TrustRoots.issued(by:))
        self.host = name.text
        dsqlCluster = DSQLHostName(host)?.cluster
        if let rds = RDSHostName(host) {
            let kind = Self.kind(rds.kind)
            self.kind = issued == .amazonPublic && kind != .proxy ? .internet : kind
            region = rds.region
            roots = issued ?? (kind == .proxy ? .amazonPublic : .rdsBundle)
        } else if let dsql = DSQLHostName(host) {
            (kind, region, roots) = (.dsql, dsql.region, .amazonPublic)
        } else if RedshiftHostName.generator(for: host) != nil {
            (kind, region, roots) = (.redshift, RedshiftHostName(host)?.region, .amazonPublic)
        } else {
            (kind, region, roots) = (Self.kind(of: name), nil, issued)
        }
    }

    private static func kind(_ kind: RDSHostName.Kind) -> Kind {
        switch kind {
        case .cluster: .cluster
        case .readOnly: .reader
        case .custom: .customCluster
        case .proxy: .proxy
        case .limitless: .limitless
        case .global: .global
        default: .instance
        }
    }

    private static func kind(of name: HostName) -> Kind {
        if name.text.hasBytePrefix("/") || name.text.hasBytePrefix("@") { return .socket }
        if let address = NetworkAddress(name.text) { return address.isLoopback ? .loopback : .address }
        if name.isLoopback { return .loopback }
        return name.obstacle == "an IP address" ? .address : .other
    }

    /// Whether AWS gave the name.
    package var isAWS: Bool { ![.loopback, .address, .socket, .other].contains(kind) }

    /// Such as `cluster writer in eu-west-2`.
    package var description: String { region.map { "\(kind) in \($0)" } ?? "\(kind)" }
}

// MARK: - Policies

extension DatabaseEndpoint {
    /// What the resource id in a policy begins with, `db-`, `cluster-` or `prx-`, or `nil` if the name does not say.
    ///
    /// It is not the identifier in the host name (RDS User Guide, "Creating and using an IAM policy for IAM database
    /// access").
    package var resourceIDPrefix: String? {
        switch kind {
        case .instance: "db-"
        case .cluster, .reader, .customCluster, .global, .internet, .limitless: "cluster-"
        case .proxy: "prx-"
        default: nil
        }
    }

    /// The command that prints the resource id, or `nil` if the name does not say.
    package var resourceIDCommand: String? {
        let place = region.map { " --region \($0)" } ?? ""
        return switch resourceIDPrefix {
        case "db-": "aws rds describe-db-instances\(place) --query 'DBInstances[].[DBInstanceIdentifier,DbiResourceId]'"
        case "cluster-":
            "aws rds describe-db-clusters\(place) --query 'DBClusters[].[DBClusterIdentifier,DbClusterResourceId]'"
        case "prx-": "aws rds describe-db-proxies\(place) --query 'DBProxies[].[DBProxyName,DBProxyArn]'"
        default: nil
        }
    }

    /// Returns what an IAM policy must allow for a user to log in here, or `nil` if a token does not take a policy of
    /// its own, as with Redshift.
    ///
    /// - Parameters:
    ///   - user: The database user.
    ///   - region: The region if the name has none.
    ///   - account: The account number of the database, or `nil` for a blank.
    package func permission(for user: String, region: String? = nil, account: String? = nil) -> ConnectPermission? {
        let region = self.region ?? region
        let place = "\(ConnectPermission.partition(of: region)):SERVICE:\(region ?? "REGION"):\(account ?? "ACCOUNT"):"
        switch kind {
        case .redshift: return nil
        case .dsql:
            let action = user.isBytewiseEqual(to: "admin") ? "dsql:DbConnectAdmin" : "dsql:DbConnect"
            let resource =
                "arn:" + place.replacingBytes("SERVICE", with: "dsql") + "cluster/\(dsqlCluster ?? "CLUSTER")"
            return ConnectPermission(action: action, resource: resource)
        default:
            let id = resourceIDPrefix.map { $0 + "RESOURCEID" } ?? "RESOURCEID"
            let resource = "arn:" + place.replacingBytes("SERVICE", with: "rds-db") + "dbuser:\(id)/\(user)"
            return ConnectPermission(action: "rds-db:connect", resource: resource)
        }
    }
}

/// What an IAM policy must allow for a login.
package struct ConnectPermission: Sendable {
    /// The action, such as `rds-db:connect`.
    package let action: String
    /// The ARN of the resource, with words in capitals where something is not known.
    package let resource: String

    /// A statement of an IAM policy that allows it, in JSON.
    package var statement: String {
        let fields = ["Effect": "Allow", "Action": action, "Resource": resource]
        // Texts can always be encoded.
        return ((try? JSONValue.encode(fields)) ?? []).withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }

    static func partition(of region: String?) -> String {
        let partitions = [
            ("cn-", "aws-cn"), ("us-gov-", "aws-us-gov"), ("us-iso-", "aws-iso"), ("us-isob-", "aws-iso-b"),
            ("eu-isoe-", "aws-iso-e"), ("us-isof-", "aws-iso-f"), ("eusc-", "aws-eusc"),
        ]
        return partitions.first { region?.hasBytePrefix($0.0) ?? false }?.1 ?? "aws"
    }
}

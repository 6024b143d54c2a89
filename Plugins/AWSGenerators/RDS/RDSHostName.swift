import RDSIAMBasics

/// An endpoint name that RDS gave, which says what it leads to and where the database is.
///
/// Read are all partitions, in both orders that AWS uses: `….eu-west-2.rds.amazonaws.com` and, in China,
/// `….rds.cn-north-1.amazonaws.com.cn`. Regions are known by their shape, not from a list.
package struct RDSHostName: Sendable, Hashable {
    /// What an endpoint leads to, open for more kinds later.
    package struct Kind: Sendable, Hashable, CustomStringConvertible {
        /// The kind's name, as it stands in a diagnosis.
        package let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// One database instance.
        package static let instance = Self("instance")
        /// The writer of an Aurora cluster.
        package static let cluster = Self("cluster")
        /// The readers of an Aurora cluster.
        package static let readOnly = Self("read-only")
        /// A set of instances that the owner chose.
        package static let custom = Self("custom")
        /// An RDS Proxy, or one of its further endpoints.
        package static let proxy = Self("proxy")
        /// The shard group of an Aurora Limitless Database.
        package static let limitless = Self("limitless")
        /// The writer of an Aurora global database, in whichever region it is.
        package static let global = Self("global")
    }

    /// What the endpoint leads to.
    package let kind: Kind
    /// The region, or `nil` if the name belongs to none, as that of a global database.
    package let region: String?

    /// Reads a name in any case, with or without a final dot, or returns `nil` if RDS did not give it.
    package init?(_ host: String) {
        let name = HostName(host)
        guard let front = HostName.awsSuffixes.lazy.compactMap(name.labels(before:)).first,
            let place = Self.place(front.suffix(2)), front.count >= 4
        else { return nil }
        let identifier = front[front.endIndex - 3]
        guard let kind = Self.kind(identifier), front.allSatisfy({ !$0.isEmpty }) else { return nil }
        guard place.isBytewiseEqual(to: Self.everywhere) == (kind == .global) else { return nil }
        self.kind = kind
        region = kind == .global ? nil : place
    }

    /// The label where another name has its region.
    private static let everywhere = "global"

    /// The region in the pair of `rds` and a region, in either order.
    private static func place(_ pair: ArraySlice<String>) -> String? {
        guard let first = pair.first, let last = pair.last else { return nil }
        let services: Set<ByteText> = ["rds", "rds-fips"]
        let place = services.contains(ByteText(last)) ? first : services.contains(ByteText(first)) ? last : ""
        return place.isBytewiseEqual(to: everywhere) || SigningRegion.hasShape(place) ? place : nil
    }

    /// The kind that the label with the account's identifier begins with.
    private static func kind(_ label: String) -> Kind? {
        let kinds: [(prefix: String, kind: Kind)] = [
            ("cluster-custom-", .custom), ("cluster-ro-", .readOnly), ("cluster-", .cluster), ("proxy-", .proxy),
            ("shardgrp-", .limitless), ("global-", .global), ("", .instance),
        ]
        guard let (prefix, kind) = kinds.first(where: { label.hasBytePrefix($0.prefix) }) else { return nil }
        let identifier = label.utf8.dropFirst(prefix.utf8.count)
        return !identifier.isEmpty && identifier.allSatisfy(isIdentifierByte) ? kind : nil
    }

    private static func isIdentifierByte(_ byte: UInt8) -> Bool {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
    }
}

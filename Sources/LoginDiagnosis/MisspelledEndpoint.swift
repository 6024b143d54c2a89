import AWSGenerators
import RDSIAMBasics

/// A name that is almost one that AWS gives to a database.
package struct MisspelledEndpoint: Sendable {
    /// The name that may be meant.
    ///
    /// `ID` stands in it for a part that is missing: the identifier of the account's databases in a region.
    package let meant: String
    /// Whether that part is missing.
    package let lacksIdentifier: Bool

    /// Reads a host name, or returns `nil` if it is a name of AWS's, or not nearly one.
    package init?(_ host: String) {
        let labels = HostName(host).labels
        guard DatabaseEndpoint(host).kind == .other, 4...9 ~= labels.count else { return nil }
        if let meant = Self.repaired(labels) {
            (self.meant, lacksIdentifier) = (meant, false)
        } else if let meant = Self.first([labels[0...0] + ["ID"] + labels[1...]]) {
            (self.meant, lacksIdentifier) = (meant, true)
        } else {
            return nil
        }
    }

    /// The name with one label changed, or else two, so that AWS may have given it.
    private static func repaired(_ labels: [String]) -> String? {
        let once = changes(of: labels)
        return first([labels + ["com"]] + once) ?? first(once.lazy.flatMap { changes(of: $0) })
    }

    private static func first(_ names: some Sequence<[String]>) -> String? {
        names.lazy.map { $0.joined(separator: ".") }.first { DatabaseEndpoint($0).isAWS }
    }

    /// All names in which one label, but not the first, is replaced by what it may be a misspelling of.
    private static func changes(of labels: [String]) -> [[String]] {
        labels.indices.dropFirst().flatMap { index in
            alternatives(to: labels[index]).map { alternative in
                var changed = labels
                changed[index] = alternative
                return changed
            }
        }
    }

    /// What AWS's names hold beside identifiers and regions, and two pairs that a missing dot joins.
    private static let words = [
        "rds", "amazonaws", "com", "cn", "dsql", "redshift", "on", "aws", "amazonaws.com", "rds.amazonaws",
    ]

    private static func alternatives(to label: String) -> [String] {
        let near = words.filter { word in
            let distance = NearestName.editDistance(word, label)
            // A name without `rds` may be that of a load balancer.
            let limit = word.containsBytes(".") ? 1 : max(1, word.utf8.count / 3)
            return distance > 0 && distance <= limit
        }
        return near + regions(like: label)
    }

    /// A region with a hyphen where one may be missing, or in the place of another character.
    private static func regions(like label: String) -> [String] {
        let hyphenated = label.replacingBytes("_", with: "-")
        let bytes = Array(hyphenated.utf8)
        let digits = bytes.reversed().prefix { 0x30...0x39 ~= $0 }.count
        return [hyphenated]
            + [2, bytes.count - digits].filter { 0..<bytes.count ~= $0 }.map { place in
                String(decoding: bytes[..<place] + [UInt8(ascii: "-")] + bytes[place...], as: UTF8.self)
            }
    }
}

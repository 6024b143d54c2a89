import RDSIAMBasics

/// The region that a token is signed for, and its origin.
public struct SigningRegion: Sendable {
    /// Where the name of a region comes from, open for more origins later.
    package struct Origin: Sendable, Hashable, CustomStringConvertible {
        /// The origin's name, as it stands in a diagnosis.
        package let description: String

        private init(_ description: String) {
            self.description = description
        }

        /// `aws_rds_iam_region` in the connection string.
        package static let connectionString = Self("connection string")
        /// The generator's own setting.
        package static let generator = Self("generator")
        /// The name of the host.
        package static let hostName = Self("host name")
        /// The AWS configuration: `AWS_REGION`, `AWS_DEFAULT_REGION` or the profile.
        package static let configuration = Self("AWS configuration")
    }

    /// The region, for example `eu-central-1`.
    public let name: String
    /// Where the name comes from.
    package let origin: Origin

    /// Whether a label has the shape of a region: words and a final number, such as `us-gov-west-1` or
    /// `eusc-de-east-1`.
    ///
    /// No list of regions: AWS adds some each year.
    static func hasShape(_ label: String) -> Bool {
        let parts = label.splitBytes(separator: "-", omittingEmptySubsequences: false)
        guard parts.count >= 3, let number = parts.last, let first = parts.first, 2...4 ~= first.utf8.count else {
            return false
        }
        return parts.dropLast().allSatisfy { isWord($0) } && isNumber(number)
    }

    private static func isWord(_ part: String) -> Bool {
        !part.isEmpty && part.utf8.allSatisfy { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }
    }

    private static func isNumber(_ part: String) -> Bool {
        !part.isEmpty && part.utf8.allSatisfy { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
    }
}

extension SigningRegion: Hashable {
    /// Compares name and origin, the name byte by byte.
    public static func == (left: Self, right: Self) -> Bool {
        left.name.isBytewiseEqual(to: right.name) && left.origin == right.origin
    }

    /// Hashes name and origin.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ByteText(name))
        hasher.combine(origin)
    }
}

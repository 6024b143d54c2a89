import RDSIAMBasics
import RDSIAMSystem

/// A kind of root certificates that a server's certificate may chain to, open for more kinds later.
///
/// Ordinary RDS and Aurora endpoints chain to RDS's own regional roots, which no system store has. RDS Proxy, Aurora
/// DSQL, Redshift and Aurora's internet endpoints chain to Amazon's public roots, which every system store has.
package struct TrustRoots: Sendable, Hashable, CustomStringConvertible {
    /// The kind's name.
    package let description: String

    /// RDS's own roots: the bundle `global-bundle.pem`.
    package static let rdsBundle = Self(description: "the RDS bundle")
    /// Amazon's public roots: those of the operating system.
    package static let amazonPublic = Self(description: "the system's roots")

    /// Returns the kind that a certificate's issuer, or the root of its chain, belongs to, or `nil` if it is neither.
    ///
    /// - Parameter issuer: A distinguished name in any form, such as `O=Amazon, CN=Amazon RSA 2048 M02`.
    package static func issued(by issuer: String) -> Self? {
        let issuer = issuer.asciiLowercased()
        if issuer.containsBytes("amazon rds") || issuer.containsBytes("rds-ca") { return .rdsBundle }
        let isPublic = ["amazon root ca", "amazon rsa", "amazon ecdsa", "starfield"].contains {
            issuer.containsBytes($0)
        }
        return isPublic ? .amazonPublic : nil
    }

    /// Returns the kinds of which a file of root certificates holds at least one.
    ///
    /// - Parameter bytes: The file's content: certificates in PEM format (RFC 7468).
    package static func found(inPEM bytes: some Sequence<UInt8>) -> Set<Self> {
        var found: Set<Self> = []
        var block = ""
        for line in String(decoding: Array(bytes), as: UTF8.self).splitBytes(separator: "\n") {
            let line = line.trimmingASCIISpace()
            if line.hasBytePrefix("-----BEGIN") {
                block = ""
            } else if line.hasBytePrefix("-----END") {
                found.formUnion(kinds(ofCertificate: Data(base64Encoded: block) ?? Data()))
            } else {
                block += line
            }
        }
        return found
    }

    /// The names in a certificate are plain text in its bytes (X.690, printable and UTF-8 strings).
    private static func kinds(ofCertificate bytes: Data) -> Set<Self> {
        let text = String(decoding: bytes.map { (0x20...0x7E).contains($0) ? $0 : 0x20 }, as: UTF8.self)
        if text.containsBytes("Amazon RDS") { return [.rdsBundle] }
        return text.containsBytes("Amazon Root CA") || text.containsBytes("Starfield") ? [.amazonPublic] : []
    }
}

extension TrustRoots {
    /// Which roots an endpoint needs, and how to trust them, in sentences; for an endpoint that does not say, both.
    package static func advice(for endpoint: DatabaseEndpoint?, libpqVersion: Int? = nil) -> String {
        guard let endpoint, let roots = endpoint.roots else {
            return
                "Set sslmode=verify-full and sslrootcert to the roots of the server's certificate: RDS's bundle for RDS "
                + "and Aurora (\(bundleURL(region: nil))), the system's roots for RDS Proxy, Aurora DSQL and Aurora's "
                + "internet endpoints."
        }
        let chain =
            "The certificate of this \(endpoint.kind) chains to "
            + (roots == .rdsBundle ? "RDS's own roots, which no system has. " : "Amazon's public roots. ")
        let advice = roots.advice(region: endpoint.region, libpqVersion: libpqVersion)
        let mayBeInternet = endpoint.resourceIDPrefix == "cluster-" && roots == .rdsBundle
        return chain + advice + (mayBeInternet ? " Aurora's internet endpoints alone chain to the system's roots." : "")
    }

    /// What to set so that these roots are trusted, in a sentence.
    ///
    /// - Parameters:
    ///   - region: The endpoint's region: China and GovCloud have bundles of their own.
    ///   - libpqVersion: The version of libpq, such as 150018, or `nil` if it is not known.
    private func advice(region: String?, libpqVersion: Int?) -> String {
        guard self == .amazonPublic else {
            return "Get RDS's roots with `curl -O \(Self.bundleURL(region: region))`, and set sslmode=verify-full and "
                + "sslrootcert to that file."
        }
        let file = "sslrootcert to the system's file of roots, such as /etc/ssl/certs/ca-certificates.crt"
        switch libpqVersion {
        case let version? where version < 160_000: return "Set sslmode=verify-full and \(file)."
        case .some: return "Set sslmode=verify-full and sslrootcert=system."
        case nil: return "Set sslmode=verify-full and sslrootcert=system (libpq 16 and newer), or \(file)."
        }
    }

    /// Where AWS publishes the bundle for a region's partition (RDS User Guide, "Using SSL/TLS to encrypt a
    /// connection").
    package static func bundleURL(region: String?) -> String {
        let region = region ?? ""
        if region.hasBytePrefix("cn-") {
            return "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/global/global-bundle.pem"
        }
        if region.hasBytePrefix("us-gov-") {
            return "https://truststore.pki.us-gov-west-1.rds.amazonaws.com/global/global-bundle.pem"
        }
        return "https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem"
    }
}

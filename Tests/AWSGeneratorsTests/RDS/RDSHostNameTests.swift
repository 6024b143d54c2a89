import AWSGenerators
import Testing

@Suite(.timeLimit(.minutes(1)))
struct RDSHostNameTests {
    struct Known: Sendable, CustomTestStringConvertible {
        let host: String
        let kind: RDSHostName.Kind
        let region: String?
        var testDescription: String { host }

        init(_ host: String, _ kind: RDSHostName.Kind, _ region: String?) {
            (self.host, self.kind, self.region) = (host, kind, region)
        }
    }

    static let known = [
        Known("db-1.abc123.eu-west-2.rds.amazonaws.com", .instance, "eu-west-2"),
        Known("db.cluster-abc123.us-east-1.rds.amazonaws.com", .cluster, "us-east-1"),
        Known("db.cluster-ro-abc123.us-east-1.rds.amazonaws.com", .readOnly, "us-east-1"),
        Known("set.cluster-custom-abc123.us-east-1.rds.amazonaws.com", .custom, "us-east-1"),
        Known("pool.proxy-abc123.us-east-1.rds.amazonaws.com", .proxy, "us-east-1"),
        Known("read.endpoint.proxy-abc123.us-east-1.rds.amazonaws.com", .proxy, "us-east-1"),
        Known("db.shardgrp-abc123.us-east-1.rds.amazonaws.com", .limitless, "us-east-1"),
        Known("db.global-abc123.global.rds.amazonaws.com", .global, nil),
        // China: `rds` before the region, and the other way round.
        Known("db.abc123.rds.cn-north-1.amazonaws.com.cn", .instance, "cn-north-1"),
        Known("db.cluster-abc123.cn-northwest-1.rds.amazonaws.com.cn", .cluster, "cn-northwest-1"),
        Known("read.endpoint.proxy-abc123.rds.cn-northwest-1.amazonaws.com.cn", .proxy, "cn-northwest-1"),
        Known("db.abc123.cn-north-1.rds.api.amazonwebservices.com.cn", .instance, "cn-north-1"),
        Known("db.abc123.us-gov-west-1.rds.amazonaws.com", .instance, "us-gov-west-1"),
        Known("db.cluster-abc123.rds.us-gov-east-1.amazonaws.com", .cluster, "us-gov-east-1"),
        Known("db.abc123.rds.us-iso-east-1.c2s.ic.gov", .instance, "us-iso-east-1"),
        Known("db.abc123.us-isob-east-1.rds.sc2s.sgov.gov", .instance, "us-isob-east-1"),
        Known("db.abc123.eu-isoe-west-1.rds.cloud.adc-e.uk", .instance, "eu-isoe-west-1"),
        Known("db.abc123.us-isof-south-1.rds.csp.hci.ic.gov", .instance, "us-isof-south-1"),
        Known("db.cluster-abc123.eusc-de-east-1.rds.amazonaws.eu", .cluster, "eusc-de-east-1"),
        Known("db.abc123.us-gov-west-1.rds-fips.amazonaws.com", .instance, "us-gov-west-1"),
        Known("db.abc123.rds-fips.ca-central-1.amazonaws.com", .instance, "ca-central-1"),
        Known("db.cluster-abc123.eu-west-2.rds.api.aws", .cluster, "eu-west-2"),
        Known("db.abc123.rds-fips.us-east-2.api.aws", .instance, "us-east-2"),
        Known("db.abc123.eu-west-2.rds.amazonaws.com.", .instance, "eu-west-2"),
        Known("DB.Cluster-ABC123.EU-West-2.RDS.AmazonAWS.com", .cluster, "eu-west-2"),
        // A region that no list of today can hold.
        Known("db.abc123.mx-northeast-12.rds.amazonaws.com", .instance, "mx-northeast-12"),
    ]

    @Test(arguments: known)
    func namesThatRDSGivesTellKindAndRegion(_ known: Known) throws {
        let name = try #require(RDSHostName(known.host))
        #expect(name.kind == known.kind)
        #expect(name.region == known.region)
    }

    @Test(arguments: [
        "", ".", "..", "db", "localhost", "db.example.com", "10.0.0.1", "::1", "rds.amazonaws.com",
        "rds.eu-west-2.amazonaws.com", "eu-west-2.rds.amazonaws.com", "abc123.eu-west-2.rds.amazonaws.com",
        ".abc123.eu-west-2.rds.amazonaws.com", "db..eu-west-2.rds.amazonaws.com",
        "db.abc123.eu-west-2.rds.amazonaws.com..", "db.abc123.eu-west-2.rds.amazonaws.com.example.com",
        "db.abc123.eu-west-2.rds.amazonaws.org", "db.abc123.eu-west-2.redshift.amazonaws.com",
        "db.abc123.euwest2.rds.amazonaws.com", "db.abc123.eu-west-.rds.amazonaws.com",
        "db.abc123.eu--2.rds.amazonaws.com", "db.abc123.-west-2.rds.amazonaws.com",
        "db.abc123.eu-w3st-2.rds.amazonaws.com", "db.abc123.eu-west-2a.rds.amazonaws.com",
        "db.abc_123.eu-west-2.rds.amazonaws.com", "db.cluster-.eu-west-2.rds.amazonaws.com",
        "db.cluster-other-abc.eu-west-2.rds.amazonaws.com", "db.abc123.global.rds.amazonaws.com",
        "db.global-abc123.eu-west-2.rds.amazonaws.com", "db.abc123.rds.rds.amazonaws.com",
        "bucket.s3.eu-west-2.amazonaws.com", "dbéabc123eu-west-2rdsamazonawscom",
    ])
    func otherNamesAreNotTakenForRDS(_ host: String) {
        #expect(RDSHostName(host) == nil)
    }

    @Test func aGiantNameIsReadWithoutTrouble() {
        let host = String(repeating: "a.", count: 100_000) + "abc123.eu-west-2.rds.amazonaws.com"
        #expect(RDSHostName(host)?.region == "eu-west-2")
        #expect(RDSHostName(String(repeating: ".", count: 100_000)) == nil)
    }
}

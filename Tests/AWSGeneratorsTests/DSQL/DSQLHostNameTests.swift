import AWSGenerators
import Testing

@Suite(.timeLimit(.minutes(1)))
struct DSQLHostNameTests {
    static let cluster = "abcdefghij0123456789klmnop"

    @Test(arguments: [
        ("\(cluster).dsql.us-east-1.on.aws", "us-east-1"),
        ("\(cluster).dsql-fnh4.eu-west-2.on.aws", "eu-west-2"),
        ("\(cluster).DSQL.US-East-1.On.AWS.", "us-east-1"),
        ("\(cluster).dsql.mx-northeast-12.on.aws", "mx-northeast-12"),
    ])
    func endpointsTellClusterAndRegion(host: String, region: String) throws {
        let name = try #require(DSQLHostName(host))
        #expect(name.cluster == Self.cluster)
        #expect(name.region == region)
    }

    @Test(arguments: [
        "", "on.aws", "dsql.us-east-1.on.aws", ".dsql.us-east-1.on.aws", "a.b.dsql.us-east-1.on.aws",
        "a.dsql.useast1.on.aws", "a.dsqlx.us-east-1.on.aws", "a.rds.us-east-1.on.aws", "a.dsql.us-east-1.on.aws.com",
        "a.dsql.us-east-1.on.aws..", cluster, "\u{212A}.dsql.us-east-1.on.aws", "e\u{301}.dsql.us-east-1.on.aws",
        "a.d\u{17F}ql.us-east-1.on.aws", "a.dsql.u\u{17F}-east-1.on.aws", "a\0.dsql.us-east-1.on.aws",
    ])
    func otherNamesAreNotTakenForDSQL(_ host: String) {
        #expect(DSQLHostName(host) == nil)
    }

    @Test func aBareIdentifierBecomesTheEndpoint() {
        #expect(
            DSQLHostName.expanding(Self.cluster, region: "eu-west-2") == "\(Self.cluster).dsql.eu-west-2.on.aws"
        )
        for host in ["db.example.com", Self.cluster + "q", String(Self.cluster.dropLast()), Self.cluster.uppercased()] {
            #expect(DSQLHostName.expanding(host, region: "eu-west-2") == host)
        }
    }
}

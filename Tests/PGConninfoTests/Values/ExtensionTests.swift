import PGConninfo
import Testing

@Suite struct ExtensionTests {
    private static let extensions: Conninfo.ExtensionKeywords = [
        "aws_rds_iam_auth_token_generator", "aws_rds_iam_region", "aws_rds_iam_host",
    ]

    @Test(arguments: [
        "postgresql://u@h?aws_rds_iam_region=eu-west-1",
        "postgresql://u@h?aws%5Frds_iam%5fregion=eu%2Dwest-1",
        "postgresql://u@h?aws_rds_iam_region=x&aws_rds_iam_region=eu-west-1",
        "host=h user=u aws_rds_iam_region=eu-west-1",
        "aws_rds_iam_region = 'eu\\-west-1'host=h user=u",
        "aws_rds_iam_region=a aws_rds_iam_region=eu-west-1 host=h user=u",
    ])
    func obeysTheLexicalRules(text: String) throws {
        let conninfo = try Conninfo.parse(text, extensions: Self.extensions)
        #expect(conninfo[extension: "aws_rds_iam_region"] == "eu-west-1")
        #expect(conninfo.extensionParameters.map(\.name) == ["aws_rds_iam_region"])
        #expect(conninfo.extensionParameters.map(\.value) == ["eu-west-1"])
        #expect(conninfo.parameters.map(\.keyword) == [.user, .host])
        #expect(conninfo.string() == "user=u host=h")
        #expect(conninfo.withoutExtensions == (try Conninfo.parse("user=u host=h")))
    }

    @Test func isWrittenOnlyWhenAskedFor() throws {
        let conninfo = try Conninfo.parse("host=h aws_rds_iam_host='a b'", extensions: Self.extensions)
        #expect(conninfo.string(includingExtensions: true) == "host=h aws_rds_iam_host='a b'")
        #expect(conninfo.string(as: .uri, includingExtensions: true) == "postgresql://h?aws_rds_iam_host=a%20b")
        for form in [Conninfo.Form.keywordValue, .uri] {
            let written = conninfo.serialised(as: form, includingExtensions: true)
            #expect(try Conninfo.parse(written, extensions: Self.extensions) == conninfo)
        }
    }

    @Test func emptyUnsetAndUnknownDiffer() throws {
        var conninfo = try Conninfo.parse("postgresql://h?aws_rds_iam_host=", extensions: Self.extensions)
        #expect(conninfo[extension: "aws_rds_iam_host"] == "")
        #expect(conninfo[extension: "aws_rds_iam_region"] == nil)
        #expect(conninfo[extension: "other"] == nil)
        conninfo.remove(extension: "aws_rds_iam_host")
        conninfo.remove(extension: "other")
        try conninfo.set(extension: "aws_rds_iam_region", to: "r")
        #expect(conninfo.extensionParameters.map(\.name) == ["aws_rds_iam_region"])
        #expect(throws: ConninfoError.self) { try conninfo.set(extension: "other", to: "x") }
    }

    @Test(arguments: [
        "AWS_RDS_IAM_REGION=x", "aws_rds_iam_regio=x", "aws_rds_iam_region", "aws_rds_iam_region='x",
        "postgresql://h?aws_rds_iam_region", "postgresql://h?aws_rds_iam_region=a=b",
        "postgresql://h?aws_rds_iam_region=%zz",
    ])
    func obeysTheErrorsToo(text: String) {
        #expect(throws: ConninfoError.self) { try Conninfo.parse(text, extensions: Self.extensions) }
    }

    @Test func isUnknownUnlessNamed() {
        #expect(throws: ConninfoError.self) { try Conninfo.parse("aws_rds_iam_region=x") }
    }

    @Test func libpqsOwnNameStaysLibpqs() throws {
        let conninfo = try Conninfo.parse("host=h", extensions: ["host"])
        #expect(conninfo[.host] == "h")
        #expect(conninfo.extensionParameters.isEmpty)
    }

    @Test func namesThatCannotBeWrittenAreLeftOut() {
        #expect(Conninfo.ExtensionKeywords(["a", "", "b=c", "d e", "f\0", "a"]).names == ["a"])
        #expect(Conninfo.ExtensionKeywords(["a"], secret: ["b"]).names == ["a", "b"])
    }

    @Test func survivesResolving() throws {
        let conninfo = try Conninfo.parse("aws_rds_iam_region=r", extensions: Self.extensions)
        let resolved = try conninfo.resolve(in: .empty)
        #expect(resolved.parameters[extension: "aws_rds_iam_region"] == "r")
    }
}

import PGConninfo
import Testing

@Suite(.timeLimit(.minutes(5))) struct ExtensionTests {
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
            let written = conninfo.serialized(as: form, includingExtensions: true)
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

    @Test func namesAreComparedByTheirBytes() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        let extensions = Conninfo.ExtensionKeywords([composed, decomposed, "\u{212A}ey", "key"], secret: [decomposed])
        #expect(extensions.names.count == 4)
        #expect(extensions.secretNames.map { Array($0.utf8) } == [Array(decomposed.utf8)])
        #expect(
            extensions != Conninfo.ExtensionKeywords([decomposed, composed, "\u{212A}ey", "key"], secret: [decomposed])
        )
        var conninfo = try Conninfo.parse("\(composed)=1 \(decomposed)=2 key=3 \u{212A}ey=4", extensions: extensions)
        #expect(conninfo[extension: composed] == "1")
        #expect(conninfo[extension: decomposed] == "2")
        #expect(conninfo[extension: "key"] == "3")
        #expect(conninfo[extension: "\u{212A}ey"] == "4")
        #expect(conninfo.redacted.contains("***") && !conninfo.redacted.contains("2"))
        try conninfo.set(extension: decomposed, to: "5")
        conninfo.remove(extension: composed)
        #expect(conninfo[extension: decomposed] == "5")
        #expect(conninfo[extension: composed] == nil)
        #expect(throws: ConninfoError.self) { try Conninfo.parse("\(decomposed)=1", extensions: [composed]) }
    }

    @Test func parametersWithTwinNamesDiffer() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        let one = try Conninfo.parse("\(composed)=1", extensions: [composed])
        let other = try Conninfo.parse("\(decomposed)=1", extensions: [decomposed])
        #expect(one != other)
        #expect(Set(one.extensionParameters + other.extensionParameters).count == 2)
    }

    /// 40,000 names and as many settings, in the worst order for a search: a quadratic parser exceeds the time limit.
    @Test(arguments: ["keyword/value", "URI"])
    func manyNamesAndSettingsTakeLinearWork(form: String) throws {
        let names = (0..<40_000).map { "extension_keyword_number_\($0)" }
        let settings = names.reversed().map { "\($0)=\($0.utf8.count)" }
        let text = form == "URI" ? "postgresql://h?" + settings.joined(separator: "&") : settings.joined(separator: " ")
        let conninfo = try Conninfo.parse(text, extensions: .init(names))
        #expect(conninfo.extensionParameters.count == names.count)
        #expect(conninfo.extensionParameters.map(\.name) == names)
        #expect(conninfo[extension: names[39_999]] == "30")
        var built = Conninfo(extensions: conninfo.extensions)
        for name in names { try built.set(extension: name, to: "1") }
        #expect(built.extensionParameters.count == names.count)
    }

    @Test func repeatedSettingsAmongManyNamesTakeTheLast() throws {
        let names = (0..<100).map { "k\($0)" }
        let text = names.map { "\($0)=1 \($0)=2 host=h port=1" }.joined(separator: " ")
        let conninfo = try Conninfo.parse(text + " port=2", extensions: .init(names))
        #expect(conninfo.extensionParameters.map(\.value) == names.map { _ in "2" })
        #expect(conninfo[.port] == "2")
        #expect(conninfo.parameters.map(\.keyword) == [.host, .port])
        var changed = conninfo
        changed.remove(extension: "k50")
        changed.remove(.port)
        #expect(changed[extension: "k50"] == nil && changed[extension: "k99"] == "2" && changed[.host] == "h")
        #expect(changed[.port] == nil)
    }

    @Test func survivesResolving() throws {
        let conninfo = try Conninfo.parse("aws_rds_iam_region=r", extensions: Self.extensions)
        let resolved = try conninfo.resolve(in: .empty)
        #expect(resolved.parameters[extension: "aws_rds_iam_region"] == "r")
    }
}

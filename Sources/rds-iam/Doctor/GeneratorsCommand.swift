#if Command
import AWSGenerators
import ArgumentParser
import AuthTokens
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// `rds-iam generators`: the generators that a connection string may name.
struct GeneratorsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generators",
        abstract: "List the generators, what each needs and its keywords.",
        discussion: """
            A connection string names one with aws_rds_iam_auth_token_generator, or an option with --generator. For example:

              rds-iam generators
              rds-iam generators --json

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """
    )

    @OptionGroup var generators: GeneratorOptions

    @OptionGroup var settings: SettingsOption

    @Flag(help: "Print one JSON document.")
    var json = false

    func run() throws {
        try settings.load().apply()
        try generators.apply()
        let registry = RDSIAM.generators
        guard !json else { return try printJSON(registry) }
        let terminal = Terminal.output
        let common = registry.keywords(of: DefaultGenerator.name)
        for name in registry.names {
            print(terminal.styled(name, .bold))
            for line in Self.needs(of: name) { print("  " + line) }
            let own = registry.keywords(of: name).filter { keyword in
                !common.contains { $0.isBytewiseEqual(to: keyword) }
            }
            if !own.isEmpty { print("  keywords of its own: \(own.joined(separator: ", "))") }
        }
        print("")
        print("Keywords of all that use AWS credentials:")
        let room = max(20, terminal.columns - 33)
        for keyword in common {
            let meaning = Self.meaning(of: keyword).wrapped(to: room)
            print("  " + keyword.padded(to: 31) + meaning.joined(separator: "\n" + String(repeating: " ", count: 33)))
        }
    }

    private func printJSON(_ registry: AuthTokenGeneratorRegistry) throws {
        let list = registry.names.map { name in
            JSONValue.object([
                "name": .string(name),
                "needs": .string(Self.needs(of: name).joined(separator: " ")),
                "keywords": .array(registry.keywords(of: name).map { .string($0) }),
            ])
        }
        let document: [String: JSONValue] = ["schema": .integer(1), "generators": .array(list)]
        print(JSONOutput.fit(String(decoding: try JSONValue.bytes(document), as: UTF8.self)))
    }

    private static func needs(of name: String) -> [String] {
        switch name {
        case DefaultGenerator.name:
            ["The token that the endpoint's name asks for: RDS, Aurora, RDS Proxy or DSQL.", awsNeeds]
        case RDSGenerator.name: ["A token of RDS, Aurora or RDS Proxy.", awsNeeds]
        case DSQLGenerator.name: ["A token of Aurora DSQL.", "Needs AWS credentials that may dsql:DbConnect."]
        case RedshiftGenerator.name:
            ["A temporary user and password of a Redshift cluster.", "Needs AWS credentials and the network."]
        case RedshiftGenerator.serverlessName:
            ["A temporary user and password of Redshift Serverless.", "Needs AWS credentials and the network."]
        case SecretsManagerGenerator.name:
            ["The password in a secret of Secrets Manager.", "Needs the secret's name, AWS credentials, the network."]
        case "command":
            ["What a program prints.", "Needs --allow-command, as it runs what the connection string says."]
        default: []
        }
    }

    private static let awsNeeds = "Needs AWS credentials that may rds-db:connect, and a region."

    private static func meaning(of keyword: String) -> String {
        switch keyword {
        case AWSKeyword.region: "the region to sign for"
        case AWSKeyword.host: "the endpoint to sign for, if another address is dialed"
        case AWSKeyword.port: "the port to sign for, if another one is dialed"
        case AWSKeyword.credentials: "the one credential source to ask"
        case AWSKeyword.profile: "the AWS profile to sign with"
        case AWSKeyword.roleARN: "the role to assume before signing"
        case AWSKeyword.externalID: "the external ID that the role asks for"
        case AWSKeyword.roleSessionName: "the name of the role's session"
        default: ""
        }
    }
}
#endif

import Configuration
import PGRDSIAM

/// Returns what a `database.yml` says of an environment, under libpq's names.
///
/// What the environment leaves out is taken from the section `default`, as `<<: *default` does in Rails.
func connectionParameters(of environment: String, in path: String) async throws -> [String: String] {
    let file = ConfigReader(provider: try await FileProvider<YAMLSnapshot>(filePath: .init(path)))
    let sections = [environment, "default"].map { file.scoped(to: ConfigKey($0)) }
    var names = ["username": "user", "database": "dbname"]
    for name in ["host", "port", "sslmode", "sslrootcert", "connect_timeout"] + RDSIAM.generators.keywords {
        names[name] = name
    }
    names["aws_rds_iam_auth_token_generator"] = "aws_rds_iam_auth_token_generator"
    return names.reduce(into: [:]) { parameters, name in
        parameters[name.value] = sections.lazy.compactMap { $0.string(forKey: ConfigKey(name.key)) }.first
    }
}

func connect(as environment: String = "production") async throws -> PGConnection {
    try await RDSIAM.connect(connectionParameters(of: environment, in: "config/database.yml"))
}

#if Command
import AWSGenerators
import PGConninfo
import PGRDSIAM
import RDSIAMBasics

extension ConnectionOptions {
    /// The connection string as it was given, which an examination reads itself: what is wrong with it is a finding.
    var text: String {
        let texts = [dbname, conninfo].compactMap { $0 }
        return texts.first(where: Self.isConnectionString) ?? ""
    }

    /// What the options lay over the connection string, by keyword.
    var overriding: [String: String] {
        var parameters: [String: String] = [:]
        parameters["host"] = host
        parameters["port"] = port
        parameters["user"] = user
        parameters["dbname"] = [dbname, conninfo].compactMap { $0 }.first { !Self.isConnectionString($0) }
        parameters[Conninfo.ExtensionKeywords.generatorKeyword] = generator
        parameters[AWSKeyword.region] = region
        parameters[AWSKeyword.profile] = profile
        parameters[AWSKeyword.roleARN] = roleARN
        parameters[AWSKeyword.credentials] = credentials
        return parameters
    }

    /// Whether libpq would take the name of a database for a connection string (libpq, `dbname`).
    private static func isConnectionString(_ text: String) -> Bool {
        text.containsBytes("=") || text.containsBytes("://") || text.isEmpty
    }
}
#endif

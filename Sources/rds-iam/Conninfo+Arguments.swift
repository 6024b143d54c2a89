import PGConninfo
import PGRDSIAM

extension Conninfo {
    /// A connection string from the command line; its generator is `default` unless it, or an option, names another.
    init(argument text: String, generator: String? = nil) throws {
        self = try .parse(text, dialect: .linked, extensions: .rdsIAM)
        let keyword = ExtensionKeywords.generatorKeyword
        guard let name = generator ?? (bytes(ofExtension: keyword) == nil ? "default" : nil) else { return }
        try set(extension: keyword, to: name)
    }
}

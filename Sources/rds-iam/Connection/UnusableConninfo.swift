#if Command
import LoginDoctor
import PGConninfo

/// Parameters that libpq would refuse, with the word that is wrong and the place that it comes from.
struct UnusableConninfo: Error, CustomStringConvertible {
    let description: String

    /// - Parameters:
    ///   - error: What is wrong in a connection string.
    ///   - text: The connection string.
    init(_ error: ConninfoError, in text: String) {
        let message = ConninfoFault(error, in: text, called: "CONNINFO").message
        description = error.code == .missingEquals ? message : "CONNINFO cannot be read. \(message)"
    }

    /// - Parameters:
    ///   - error: What is wrong with a value.
    ///   - parameters: What CONNINFO and the options say; what they do not say comes from elsewhere.
    init(_ error: ConninfoError, of parameters: Conninfo) {
        description = ConninfoFault(error, of: parameters, from: "CONNINFO or an option").message
    }
}
#endif

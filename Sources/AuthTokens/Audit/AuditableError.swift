/// An error that says under which code the audit log files it.
///
/// It stands beside `RetryableError`: an error type conforms to either, or to both.
public protocol AuditableError: Error {
    /// A short, constant name of the kind of failure, such as `AWSCredentialError.notConfigured`. Never a secret.
    var auditCode: String { get }
}

/// The code an error is filed under: its own, or the name of its type.
func auditCode(of error: any Error) -> String {
    (error as? any AuditableError)?.auditCode ?? String(describing: type(of: error))
}

extension NamedRegistryError: AuditableError {
    /// The registry's own code, after its name.
    public var auditCode: String { "NamedRegistryError.\(code)" }
}

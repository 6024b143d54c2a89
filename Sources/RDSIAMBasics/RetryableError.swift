/// An error that says whether trying again may help.
///
/// Every error type of this package conforms to it, so one `catch` clause serves them all:
///
/// ```swift
/// do {
///     connection = try await connect()
/// } catch let error as any RetryableError where error.isRetryable {
///     try await Task.sleep(for: .seconds(1))
///     connection = try await connect()
/// }
/// ```
///
/// A canceled call throws `CancellationError`, which does not conform.
public protocol RetryableError: Error, Sendable {
    /// Whether the same call may succeed later although the caller changes nothing.
    ///
    /// It is `false` if a program, a file or a server's settings must be corrected first.
    var isRetryable: Bool { get }
}

import RDSIAMBasics
import Synchronization

/// The shared-configuration files, read once and again when they have changed.
///
/// All sources of one context share one, so that a cold start reads each file once.
final class SharedConfigurationCache: Sendable {
    private struct Entry {
        var configuration: SharedConfiguration
        var lastLook: Duration
    }

    private let entry = Mutex<Entry?>(nil)

    /// Returns what the files hold now.
    func load(_ context: CredentialContext) async throws -> SharedConfiguration {
        let files = SharedConfigurationFiles(context: context)
        if let known = entry.withLock({ $0?.configuration }), known.readings == files.readings(), known.isTraceable {
            return known
        }
        let start = context.uptime()
        let configuration = try await files.read()
        entry.withLock { $0 = Entry(configuration: configuration, lastLook: start) }
        return configuration
    }

    /// Returns what the files held when they were last read, or `nil` if they have changed or have not been read.
    ///
    /// It looks at the files' times and sizes at most once a second.
    func cached(_ context: CredentialContext) -> SharedConfiguration? {
        let files = SharedConfigurationFiles(context: context)
        let now = context.uptime()
        let (known, isDue) = entry.withLock { entry in
            let isDue = entry.map { FileReading.isDue(since: $0.lastLook, at: now) } ?? false
            if isDue { entry?.lastLook = now }
            return (entry?.configuration, isDue)
        }
        guard let known, known.isTraceable, known.readings.map(\.path) == files.paths.map({ ByteText($0) }) else {
            return nil
        }
        return !isDue || known.readings.allSatisfy { $0.isCurrent(in: context.files) } ? known : nil
    }
}

/// A file as it was when it was read.
struct FileReading: Sendable, Hashable {
    var path: ByteText
    /// The stamp before the reading, or `nil` if the store knows none.
    var stamp: FileStamp?

    /// Whether it is time for another look: a second after the last one, and whenever the clock has jumped.
    static func isDue(since last: Duration, at now: Duration) -> Bool {
        let (difference, overflows) = now.attoseconds.subtractingReportingOverflow(last.attoseconds)
        return overflows || !(0..<Duration.seconds(1).attoseconds).contains(difference)
    }

    /// Whether the file is still the one that was read, as far as its store can tell.
    func isCurrent(in files: any FileStore) -> Bool {
        guard let stamp, let now = files.stamp(of: path.string) else { return true }
        return now == stamp
    }
}

/// Finds and reads the shared-configuration files.
struct SharedConfigurationFiles {
    let context: CredentialContext

    private static let config = (variable: "AWS_CONFIG_FILE", standard: "~/.aws/config")
    private static let credentials = (variable: "AWS_SHARED_CREDENTIALS_FILE", standard: "~/.aws/credentials")

    /// Where the files are looked for.
    var paths: [String] { [path(Self.config), path(Self.credentials)].compactMap(\.self) }

    /// Where the files are looked for, to end a sentence with.
    var places: String {
        paths.isEmpty ? "~/.aws, as HOME is not set and no variable names a file" : paths.joined(separator: " and ")
    }

    /// The files as they are now.
    func readings() -> [FileReading] {
        paths.map { FileReading(path: ByteText($0), stamp: context.files.stamp(of: $0)) }
    }

    /// Reads both files; one that is not there counts as empty.
    ///
    /// - Throws: ``AWSCredentialError`` with the code `unreadableFile` for a file that a variable names. A default file
    ///   that cannot be read counts as empty and is remembered.
    func read() async throws -> SharedConfiguration {
        // The stamps come first: what is written while the files are read counts as a change.
        var configuration = SharedConfiguration(readings: readings())
        if let path = path(Self.config), let bytes = try await read(path, Self.config.variable, &configuration) {
            configuration.addConfig(bytes, file: path)
        }
        if let path = path(Self.credentials),
            let bytes = try await read(path, Self.credentials.variable, &configuration)
        {
            configuration.addCredentials(bytes, file: path)
        }
        return configuration
    }

    private func path(_ file: (variable: String, standard: String)) -> String? {
        context.expandingHome(context.variable(file.variable).map(context.expandingVariables) ?? file.standard)
    }

    private func read(
        _ path: String,
        _ variable: String,
        _ configuration: inout SharedConfiguration
    ) async throws -> [UInt8]? {
        do {
            return try await context.files.contents(of: path)
        } catch {
            try CancellationError.rethrow(error)
            let message = "The file \(path) cannot be read: \(FileStoreError.reason(of: error))."
            let failure = AWSCredentialError(.unreadableFile, message, underlyingError: error)
            guard context.variable(variable) == nil else { throw failure }
            configuration.unreadable.append(failure)
            return nil
        }
    }
}

/// Which profile is meant, and whether it was named.
struct ProfileSelection: Sendable {
    var name: String
    /// Whether code or a variable names it; a default that is missing is no mistake.
    var isExplicit: Bool

    /// The profile named in code, else by `AWS_PROFILE`, else by `AWS_DEFAULT_PROFILE`, else `default`.
    init(_ name: String?, context: CredentialContext) {
        let named = name ?? context.variable("AWS_PROFILE") ?? context.variable("AWS_DEFAULT_PROFILE")
        self.name = named?.trimmed ?? "default"
        self.isExplicit = named != nil
    }
}

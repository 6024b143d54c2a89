#if Command
import ArgumentParser
import RDSIAMBasics
import RDSIAMSystem
import TokenAuditLog

/// `rds-iam audit key`.
struct AuditKeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "Make a key that signs the log's checkpoints, and print its public half.",
        discussion: """
            Anyone who can write the file can rewrite it, but cannot sign it. For example, on the machine that issues tokens:

              rds-iam audit key new ~/.config/rds-iam/audit.key
              export RDS_IAM_AUDIT_SIGNING_KEY=~/.config/rds-iam/audit.key

            and on the auditor's, with the public half that `key new` has printed:

              key="app-1+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
              rds-iam audit verify --key "$key"

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """,
        subcommands: [New.self, Show.self]
    )

    /// `rds-iam audit key new`.
    struct New: AuditSubcommand {
        static let configuration = CommandConfiguration(
            commandName: "new",
            abstract: "Make a key in a new file for its owner alone, and print the public half.",
            discussion: """
                For example:

                  rds-iam audit key new ~/.config/rds-iam/audit.key

                Exit status: 0 done, 2 wrong usage, 1 anything else.
                """
        )

        @Argument(help: "The file, which must not exist.", completion: .file())
        var file: String

        @Option(help: "The signer's name, without spaces and plus signs (default: this machine's name).")
        var name: String?

        @Flag(help: "One JSON object.")
        var json = false

        func perform() async throws {
            let key = try AuditSigningKey(generatingFor: name ?? AuditActor.current.host)
            let output = try OutputFile(creating: file)
            try output.write(Array((key.secretText + "\n").utf8))
            try output.finish()
            try print(key, json: json)
        }
    }

    /// `rds-iam audit key show`.
    struct Show: AuditSubcommand {
        static let configuration = CommandConfiguration(
            commandName: "show",
            abstract: "Print the public half of a key.",
            discussion: """
                For example:

                  rds-iam audit key show ~/.config/rds-iam/audit.key

                Exit status: 0 done, 2 wrong usage, 1 anything else.
                """
        )

        @Argument(help: "The file that `key new` has made.", completion: .file())
        var file: String

        @Flag(help: "One JSON object.")
        var json = false

        func perform() async throws { try print(SigningKeyFile(path: file).key(), json: json) }
    }

    fileprivate static func print(_ key: AuditSigningKey, json: Bool) throws {
        guard json else { return Swift.print(key.verificationKey) }
        try JSONOutput("key", ["name": .string(key.name), "public_key": .string("\(key.verificationKey)")]).print()
    }
}

private func print(_ key: AuditSigningKey, json: Bool) throws { try AuditKeyCommand.print(key, json: json) }

/// The key that signs checkpoints.
struct SigningKeyOption: ParsableArguments {
    @Option(
        name: .customLong("signing-key"),
        help: ArgumentHelp(
            "A file with the key that signs the log's checkpoints (default: $RDS_IAM_AUDIT_SIGNING_KEY, else none).",
            valueName: "FILE"
        ),
        completion: .file()
    )
    var path: String?

    /// The key that the option or the settings name, or `nil` if there is none.
    func key(_ settings: Settings) throws -> AuditSigningKey? {
        try (path ?? settings[.signingKey]).map { try SigningKeyFile(path: $0).key() }
    }
}

/// A file with the secret half of a key.
struct SigningKeyFile {
    let path: String

    /// - Throws: What does not repeat a byte of the file.
    func key() throws -> AuditSigningKey {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("cannot be found: \(String(cString: strerror(errno)))") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw failure("is not a file") }
        guard status.st_mode & 0o077 == 0 else { throw failure("may be read by others: run chmod 600 on it") }
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)), data.count <= 4096 else {
            throw failure("cannot be read")
        }
        do {
            return try AuditSigningKey(secretText: String(decoding: data, as: UTF8.self).trimmingASCIISpace())
        } catch {
            throw failure("holds no signing key: make one with rds-iam audit key new")
        }
    }

    private func failure(_ reason: String) -> SigningKeyFailure { SigningKeyFailure(path: path, reason: reason) }
}

/// A signing key that cannot be used.
struct SigningKeyFailure: Error, CustomStringConvertible {
    let path: String
    let reason: String

    var description: String { "The signing key's file \(path.displayed) \(reason)." }
}
#endif

#if Command
import ArgumentParser
import LibpqClient
import PGRDSIAM
import RDSIAMBasics
import RDSIAMSystem

/// `rds-iam connect`: logs in and runs SQL.
struct ConnectCommand: AsyncParsableCommand, InterruptibleCommand {
    static let configuration = CommandConfiguration(
        commandName: "connect",
        abstract: "Log in with a token and run SQL.",
        usage: "rds-iam connect [CONNINFO] [OPTIONS]",
        discussion: """
            Rows are printed as tab-separated fields, as COPY writes them: NULL is \\N, and tabs, line ends and \
            backslashes within a field are written \\t, \\n, \\r and \\\\. Without -c and -f it prints who is connected where.

            Each -c and each -f is sent as one: unless it says BEGIN and COMMIT, all of it takes effect or nothing. The \
            first error ends the command. COPY reads standard input and writes standard output. Notices go to standard \
            error. Ctrl-C stops the statement on the server. For example:

              rds-iam connect -d blog -U andrew -c "select now()"
              rds-iam connect service=blog --csv -f report.sql > report.csv
              rds-iam connect service=blog -c "copy users from stdin" < users.txt

            Exit status: 0 done, 2 wrong usage, 1 anything else.
            """
    )

    @OptionGroup var connection: ConnectionOptions

    @OptionGroup var scripts: ScriptOptions

    @Flag(help: "Print each row as a JSON object in one line; numbers, booleans and JSON stay what they are.")
    var json = false

    @Flag(help: "Print rows as CSV with a header; NULL is empty, an empty text is \"\".")
    var csv = false

    @OptionGroup var audit: AuditOptions

    func validate() throws {
        if json, csv { throw ValidationError("--json and --csv exclude each other. Give one of them.") }
        if json || csv, scripts.inOrder.isEmpty {
            throw ValidationError("\(json ? "--json" : "--csv") is for rows. Give the SQL that returns them: -c or -f.")
        }
        guard scripts.files.count(where: { $0.text == "-" }) > 1 else { return }
        throw ValidationError("-f - is there twice, but standard input can be read once. Give it once.")
    }

    func run() async throws {
        try scripts.check()
        try await audit.withIssuer { issuer in
            try await connection.withParameters { parameters in
                let login = try await RDSIAM.connect(parameters, issuer: issuer, options: Self.options)
                let notices = Task { [notices = login.notices] in
                    for await notice in notices { Main.printError(Self.text(of: notice)) }
                }
                let outcome = await Result { try await run(on: login) }
                await login.close()
                await notices.value
                try outcome.get()
            }
        }
    }

    private func run(on login: PGConnection) async throws {
        guard !scripts.inOrder.isEmpty else { return print(Self.summary(of: login.facts)) }
        var printer = RowPrinter(json ? .json : csv ? .csv : .text)
        let readsInput = !scripts.files.contains { $0.text == "-" }
        for script in scripts.inOrder {
            let sql = try await BlockingWork.untilCanceled { try script.sql() }
            do {
                try await login.runScript(sql, copyIn: { try await Self.input(isFree: readsInput) }) { event in
                    try printer.print(event)
                }
            } catch let error as PGError {
                throw FailedScript(error: error, place: script.place(of: error.server?.position, in: sql))
            }
        }
        try printer.finish()
    }

    /// The next bytes of standard input for COPY.
    private static func input(isFree: Bool) async throws -> [UInt8]? {
        guard isFree else { throw UnusableCopyInput(reason: "is the script: -f - has read it to its end") }
        _ = invitation
        return try await StandardInput.chunk()
    }

    /// Made once, before the first bytes are waited for.
    private static let invitation: Void = StandardInput.invite("Type the rows of COPY, then press Ctrl-D.")

    private static let options = ConnectOptions { Main.printError("rds-iam: warning: \($0)") }

    private static func summary(of facts: PGConnection.Facts) -> String {
        let token =
            facts.tokenExpiresAt.map { "a token that expires at \($0.rfc3339)" }
            ?? (facts.passwordWasUsed ? "a token" : "no token")
        let summary =
            "\(facts.user) is connected to \(facts.database) on \(facts.host):\(facts.port) over "
            + "\(facts.tlsVersion ?? "no TLS") with \(token)"
        return summary.escapingInvisible()
    }

    private static func text(of notice: PGServerMessage) -> String {
        let lines = [
            "\(notice.severity): \(notice.message)", notice.detail.map { "DETAIL: \($0)" },
            notice.hint.map { "HINT: \($0)" },
        ]
        return lines.compactMap { $0 }.joined(separator: "\n")
    }
}

/// The server refuses SQL of a script.
struct FailedScript: Error, CustomStringConvertible {
    let error: PGError
    /// Where in the script, if that is known.
    let place: String?

    var description: String {
        let what = place.map { "\($0): \(error)" } ?? "\(error)"
        let more = [error.server?.detail.map { "DETAIL: \($0)" }, error.server?.context.map { "CONTEXT: \($0)" }]
        return ([what] + more.compactMap { $0 }).joined(separator: "\n")
    }
}

/// Standard input cannot be the data of a COPY.
private struct UnusableCopyInput: Error, CustomStringConvertible {
    let reason: String

    var description: String { "COPY asks for data, but standard input \(reason). Put the SQL into a file, or into -c." }
}

extension Result where Failure == any Error {
    /// What `body` returns or throws.
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
#endif

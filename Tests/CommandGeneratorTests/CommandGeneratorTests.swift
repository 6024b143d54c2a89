import AuthTokens
import AuthTokensTesting
import CommandGenerator
import Foundation
import TestSupport
import Testing

@Suite("A password from a program", .timeLimit(.minutes(2)))
struct CommandGeneratorTests {
    private let folder: TemporaryFolder
    private let now = Date(timeIntervalSince1970: 1_700_000_000)
    private let request = AuthTokenRequest(host: "db.example.com", port: 5433, user: "andrew", database: "blog")

    init() throws { folder = try TemporaryFolder() }

    /// A generator whose program is a shell script.
    private func generator(
        _ script: String,
        _ arguments: [String] = [],
        fields: CommandFields = CommandFields(),
        limits: CommandLimits = CommandLimits()
    ) -> CommandPasswordGenerator {
        CommandPasswordGenerator(
            "/bin/sh",
            ["-c", script, "program"] + arguments,
            lifetime: .seconds(600),
            fields: fields,
            limits: limits,
            environment: ["PATH": "/usr/bin:/bin", "PGDATABASE": "inherited"],
            now: { now }
        )
    }

    @Test("runs as often at once as it is asked")
    func manyAtOnce() async throws {
        // Each program waits until all of them have begun.
        let script = """
            : > "$1/$2"
            for i in $(seq 900); do
                [ "$(ls "$1" | wc -l)" -eq 24 ] && echo password && exit 0
                sleep 0.1
            done
            exit 1
            """
        var limits = CommandLimits()
        limits.time = .seconds(100)
        let (meeting, patient) = (folder.path("meeting"), limits)
        try FileManager.default.createDirectory(atPath: meeting, withIntermediateDirectories: true)
        let passwords = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 1...24 {
                group.addTask {
                    try await generator(script, [meeting, "\(number)"], limits: patient).token(for: request).value
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(passwords == Array(repeating: "password", count: 24))
    }

    struct Printed: Sendable, CustomTestStringConvertible {
        let text: String
        let password: String
        var user: String?
        /// Until the stated expiry, or `nil` if none is stated.
        var life: TimeInterval?
        var testDescription: String { text }
    }

    @Test(
        "is read plain or from JSON",
        arguments: [
            Printed(text: "s3cret", password: "s3cret"),
            Printed(text: "s3cret\\n", password: "s3cret"),
            Printed(text: "s3cret\\r\\n", password: "s3cret"),
            // Passwords are bytes: neither form of an accent becomes the other, nor joins a brace or a line end.
            Printed(text: "e\u{301}\u{E9}\u{212A}\u{17F}\\n", password: "e\u{301}\u{E9}\u{212A}\u{17F}"),
            Printed(text: "\u{301}s3cret\\n", password: "\u{301}s3cret"),
            Printed(text: #"{"data.\#u{301}x": "no", "data": {"password": "e\#u{301}"}}"#, password: "e\u{301}"),
            Printed(text: " leading and trailing \\n", password: " leading and trailing "),
            Printed(text: #"{"password": "p", "user": "u"}"#, password: "p", user: "u"),
            Printed(text: #" {"token": "p", "expiration": "2023-11-14T22:23:20Z"}"#, password: "p", life: 600),
            Printed(text: #"{"token": "p", "expiresAt": "2023-11-14T22:14:20.500Z"}"#, password: "p", life: 60.5),
            Printed(text: #"{"token": "p", "expiresAt": "2023-11-15T00:14:20+02:00"}"#, password: "p", life: 60),
            // What `az account get-access-token` prints.
            Printed(
                text: #"{"accessToken": "p", "expiresOn": "2023-11-14 23:13:20.000000", "expires_on": 1700003600}"#,
                password: "p",
                life: 3600
            ),
            // What `gcloud config config-helper --format=json` prints.
            Printed(
                text: #"{"credential": {"access_token": "p", "token_expiry": "2023-11-14T22:43:20Z"}, "x": [1]}"#,
                password: "p",
                life: 1800
            ),
            // What `vault read -format=json database/creds/app` prints.
            Printed(
                text: #"{"lease_duration": 3600, "renewable": true, "data": {"username": "v-app", "password": "p"}}"#,
                password: "p",
                user: "v-app",
                life: 3600
            ),
            // Counts of milliseconds, which were once taken for seconds of the year 131257.
            Printed(text: #"{"token": "p", "expiration": 1700000060500}"#, password: "p", life: 60.5),
            Printed(text: #"{"token": "p", "expires_on": "1700000060000"}"#, password: "p", life: 60),
            // An exec credential of Kubernetes, and names that other programs use.
            Printed(
                text: #"{"status": {"token": "p", "expirationTimestamp": "2023-11-14T22:14:20Z"}}"#,
                password: "p",
                life: 60
            ),
            Printed(text: #"{"token": "p", "expirationTimestamp": "2023-11-14T22:14:20Z"}"#, password: "p", life: 60),
            Printed(text: #"{"token": "p", "expiration_time": 1700000060}"#, password: "p", life: 60),
            // The forms that botocore reads.
            Printed(text: #"{"token": "p", "expiration": "20231114T221420Z"}"#, password: "p", life: 60),
            Printed(text: #"{"token": "p", "expiration": "2023-11-14 22:14:20 UTC"}"#, password: "p", life: 60),
            Printed(text: #"{"token": "p", "expiration": "2023-11-14T23:14+0100"}"#, password: "p", life: 60 - 20),
        ]
    )
    func output(_ printed: Printed) async throws {
        let file = try folder.write(
            printed.text.replacingOccurrences(of: "\\r", with: "\r").replacingOccurrences(of: "\\n", with: "\n"),
            to: "output"
        )
        let token = try await generator("cat '\(file)'").token(for: request)
        #expect(Array(token.value.utf8) == Array(printed.password.utf8))
        #expect(token.user == printed.user)
        #expect(token.signedAt == now)
        #expect(token.kind == .password)
        #expect(token.expiresAt == printed.life.map { now + $0 })
        #expect(token.reusableUntil == now + (printed.life ?? 600))
    }

    @Test("takes names for JSON that are not the standard ones")
    func fields() async throws {
        var fields = CommandFields()
        fields.password = ["deep.er.secret"]
        fields.lifetime = ["ttl"]
        let token = try await generator(#"echo '{"deep": {"er": {"secret": "p"}}, "ttl": 90}'"#, fields: fields)
            .token(for: request)
        #expect(token.value == "p")
        #expect(token.expiresAt == now + 90)
    }

    @Test("is for the connection that the program learns of from its environment")
    func environment() async throws {
        let script = #"echo "$PGHOST|$PGPORT|$PGUSER|${PGDATABASE-none}|$#""#
        #expect(try await generator(script).token(for: request).value == "db.example.com|5433|andrew|blog|0")
        let bare = AuthTokenRequest(host: "h", user: "u")
        #expect(try await generator(script).token(for: bare).value == "h|5432|u|none|0")
    }

    @Test("never has a shell read what a connection string says, or the arguments")
    func noShell() async throws {
        let spoilt = folder.path("spoilt")
        let text = "$(touch \(spoilt)); touch \(spoilt) # `touch \(spoilt)` ' \" * \u{1F600}"
        let request = AuthTokenRequest(host: text, user: text, database: text)
        let token = try await generator(#"printf '%s' "$1$PGHOST$PGUSER""#, [text]).token(for: request)
        #expect(token.value == text + text + text)
        #expect(!FileManager.default.fileExists(atPath: spoilt))
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let script: String
        let code: CommandGeneratorError.Code
    }

    @Test(
        "fails without a word of what the program printed",
        arguments: [
            Refusal(testDescription: "status", script: "echo topsecret; echo topsecret >&2; exit 3", code: .failed),
            Refusal(testDescription: "signal", script: "echo topsecret; kill -9 $$", code: .failed),
            Refusal(testDescription: "nothing", script: "true", code: .invalidOutput),
            Refusal(testDescription: "an empty line", script: "echo", code: .invalidOutput),
            Refusal(testDescription: "two lines", script: "echo topsecret; echo topsecret", code: .invalidOutput),
            Refusal(testDescription: "NUL", script: #"printf 'topsecret\000x'"#, code: .invalidOutput),
            Refusal(testDescription: "not UTF-8", script: #"printf 'topsecret\377'"#, code: .invalidOutput),
            Refusal(testDescription: "cut JSON", script: #"echo '{"password": "topsecret'"#, code: .invalidOutput),
            Refusal(testDescription: "no password", script: #"echo '{"x": "topsecret"}'"#, code: .invalidOutput),
            Refusal(testDescription: "empty password", script: #"echo '{"password": ""}'"#, code: .invalidOutput),
            Refusal(
                testDescription: "bad expiry",
                script: #"echo '{"password": "topsecret", "expiration": "topsecret"}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry without a zone",
                script: #"echo '{"password": "topsecret", "expiration": "2023-11-14T22:14:20"}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry under a name that is not known",
                script: #"echo '{"password": "topsecret", "myExpiry": "2023-11-14T22:14:20Z"}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry of an inner object under a name that is not known",
                script: #"echo '{"credential": {"access_token": "topsecret", "expiry": "2023-11-14T22:14:20Z"}}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry beside the password, where only an outer one is known",
                script: #"echo '{"data": {"password": "topsecret", "expiration": "2023-11-14T22:14:20Z"}}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry that is no text",
                script: #"echo '{"status": {"token": "topsecret", "expirationTimestamp": null}}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "bad lifetime",
                script: #"echo '{"password": "topsecret", "expires_in": -1}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry that no calendar reaches",
                script: #"echo '{"password": "topsecret", "expires_on": 1e19}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry in the distant past",
                script: #"echo '{"password": "topsecret", "expires_on": -1e300}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an expiry that is not a number",
                script: #"echo '{"password": "topsecret", "expires_on": "nan"}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "an infinite expiry",
                script: #"echo '{"password": "topsecret", "expires_on": "inf"}'"#,
                code: .invalidOutput
            ),
            Refusal(
                testDescription: "a lifetime that no calendar reaches",
                script: #"echo '{"password": "topsecret", "expires_in": 1e19}'"#,
                code: .invalidOutput
            ),
            Refusal(testDescription: "flood", script: "yes topsecret", code: .tooMuchOutput),
            Refusal(
                testDescription: "deep JSON",
                script: #"echo '{"a":'; head -c 60000 /dev/zero | tr '\0' '['"#,
                code: .invalidOutput
            ),
        ]
    )
    func refusals(_ refusal: Refusal) async throws {
        let generator = generator(refusal.script, ["topsecret"])
        let error = await #expect(throws: CommandGeneratorError.self) { try await generator.token(for: request) }
        #expect(error?.code == refusal.code)
        #expect(error?.isRetryable == (refusal.code == .failed))
        #expect(error?.message.hasSuffix(".") == true)
        var dumped = "\(generator) \(String(reflecting: generator))"
        dump(generator, to: &dumped)
        dump(error, to: &dumped)
        dump(error?.auditCode, to: &dumped)
        #expect(!dumped.contains("topsecret"))
    }

    @Test("is not waited for beyond the time limit, nor are the program's children left behind")
    func timeLimit() async throws {
        var limits = CommandLimits()
        limits.time = .milliseconds(300)
        let marker = folder.path("pid")
        // On a slow machine the limit may pass before the script has begun: then it gets twice the time.
        while true {
            let generator = generator("sleep 600 & echo $! > '\(marker)'; wait", limits: limits)
            let error = await #expect(throws: CommandGeneratorError.self) { try await generator.token(for: request) }
            #expect(error?.code == .timedOut)
            #expect(error?.isRetryable == true)
            if let child = Int32(((try? String(contentsOfFile: marker, encoding: .utf8)) ?? "").dropLast()) {
                #expect(await ended(child))
                return
            }
            limits.time *= 2
        }
    }

    @Test("ends with the caller's cancellation")
    func cancellation() async throws {
        let marker = folder.path("pid")
        let generator = generator("echo $$ > '\(marker)'; exec sleep 600")
        let call = Task { try await generator.token(for: request) }
        // The shell makes the file before it writes to it.
        func number() -> String { (try? String(contentsOfFile: marker, encoding: .utf8)) ?? "" }
        while !number().hasSuffix("\n") { try await Task.sleep(for: .milliseconds(5)) }
        call.cancel()
        await #expect(throws: CancellationError.self) { try await call.value }
        let child = try #require(Int32(number().dropLast()))
        #expect(await ended(child))
    }

    @Test("comes through a pipe that is smaller than it, and before processes that outlive the program")
    func pipes() async throws {
        var limits = CommandLimits()
        limits.output = 1 << 21
        let large = try await generator("head -c 1000000 /dev/zero | tr '\\0' x", limits: limits).token(for: request)
        #expect(large.value.utf8.count == 1_000_000)
        let marker = folder.path("pid")
        let left = try await generator("sleep 600 & echo $! > '\(marker)'; echo p").token(for: request)
        #expect(left.value == "p")
        let child = try #require(Int32(String(contentsOfFile: marker, encoding: .utf8).dropLast()))
        #expect(kill(child, SIGKILL) == 0)
    }

    struct Connection: Sendable, CustomTestStringConvertible {
        var host = "h"
        var user = "u"
        var database: String?
        let testDescription: String
    }

    /// A variable ends at a NUL: the program would make a password for the user before it.
    @Test(
        "is not made for a connection whose names hold a NUL",
        arguments: [
            Connection(host: "h\0.evil", testDescription: "host"), Connection(user: "app\0x", testDescription: "user"),
            Connection(database: "\0", testDescription: "database"),
        ]
    )
    func nul(_ connection: Connection) async throws {
        let request = AuthTokenRequest(host: connection.host, user: connection.user, database: connection.database)
        let error = await #expect(throws: CommandGeneratorError.self) {
            try await generator("echo p").token(for: request)
        }
        #expect(error?.code == .cannotStart)
        #expect(error?.message.contains("NUL") == true)
    }

    @Test(
        "reaches the program with the bytes of the connection's names",
        arguments: ["e\u{301}", "\u{E9}", "\u{212A}"]
    )
    func bytes(text: String) async throws {
        let request = AuthTokenRequest(host: text, user: text, database: text)
        let token = try await generator(#"printf '%s' "$PGHOST$PGUSER$PGDATABASE""#).token(for: request)
        #expect(Array(token.value.utf8) == Array((text + text + text).utf8))
    }

    @Test("needs a program that is there", arguments: ["no-such-program", "/no/such/program", ""])
    func missing(program: String) async throws {
        let generator = CommandPasswordGenerator(program, environment: ["PATH": "/usr/bin:/bin"])
        let error = await #expect(throws: CommandGeneratorError.self) { try await generator.token(for: request) }
        #expect(error?.code == .cannotStart)
    }

    @Test("is found in PATH and under the name it was registered with")
    func registered() async throws {
        let generators = AuthTokenGeneratorRegistry()
        try generators.add("in-house") {
            CommandPasswordGenerator("echo", ["-n", "p"], environment: ["PATH": "/usr/bin:/bin"])
        }
        let issued = try await TokenIssuer(generators: generators).token(from: "in-house", for: request)
        #expect(issued.token.value == "p")
        #expect(issued.token.credential?.source == "command")
    }

    @Test("keeps a generator's promises")
    func conformance() async throws {
        try await GeneratorConformance(
            secrets: ["topsecret", "argument"],
            timeout: .seconds(60),
            failing: { _ in CommandPasswordGenerator("/bin/false", ["argument"]) },
            make: { clock in CommandPasswordGenerator("/bin/echo", ["topsecret"], now: { clock.now }) }
        ).check(request)
    }

    /// Whether a process has gone, within a minute.
    private func ended(_ process: Int32) async -> Bool {
        for _ in 0..<6000 {
            if kill(process, 0) != 0 || isZombie(process) { return true }
            try? await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    /// Orphans become init's, which in a container may never ask for their status.
    private func isZombie(_ process: Int32) -> Bool {
        (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8))?.contains(") Z ") ?? false
    }
}

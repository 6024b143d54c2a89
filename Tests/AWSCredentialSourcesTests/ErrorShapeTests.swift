import AWSCredentialSources
import Testing

/// Errors have one shape: a code, sentences, what lies below, and whether to try again.
@Suite(.timeLimit(.minutes(1))) struct ErrorShapeTests {
    @Test("each code says whether trying again may help")
    func retryable() {
        let codes: [AWSCredentialError.Code] = [
            .notConfigured, .invalidConfiguration, .unreadableFile, .unsupported, .refused, .signInRequired,
            .serviceUnavailable, .unreachable, .interrupted, .timedOut, .invalidResponse, .processFailed, .expired,
        ]
        let retryable = codes.filter { AWSCredentialError($0, "No.").isRetryable }
        #expect(retryable == [.serviceUnavailable, .unreachable, .interrupted, .timedOut, .invalidResponse])
        let http: [CredentialHTTPError.Code] = [.connectTimeout, .timeout, .cannotConnect, .connectionLost]
        for code in http { #expect(CredentialHTTPError(code).isRetryable) }
        let final: [CredentialHTTPError.Code] = [.bodyTooLarge, .proxyRefused, .unusableProxy, .malformed]
        for code in final { #expect(!CredentialHTTPError(code).isRetryable) }
        #expect(ProcessRunnerError(.timedOut).isRetryable)
        #expect(ProcessRunnerError(.systemBusy).isRetryable)
        #expect(!ProcessRunnerError(.cannotStart).isRetryable)
        #expect(FileStoreError(.timedOut, path: "/f", reason: "silent").isRetryable)
        #expect(FileStoreError(.systemBusy, path: "/f", reason: "no threads").isRetryable)
        #expect(!FileStoreError(.operatingSystem, path: "/f", reason: "no").isRetryable)
        #expect(HostResolverError(.noAnswer, host: "h", reason: "silent").isRetryable)
    }

    @Test("a file or a child process that fails for want of resources may be retried")
    func retryableReasons() {
        for code in [AWSCredentialError.Code.unreadableFile, .processFailed] {
            #expect(AWSCredentialError(code, "No.", underlyingError: ProcessRunnerError(.systemBusy)).isRetryable)
            #expect(!AWSCredentialError(code, "No.", underlyingError: ProcessRunnerError(.cannotStart)).isRetryable)
        }
        let refused = AWSCredentialError(.refused, "No.", underlyingError: ProcessRunnerError(.systemBusy))
        #expect(!refused.isRetryable)
    }

    static let errors: [any RetryableError] =
        [
            CredentialHTTPError.Code.connectTimeout, .timeout, .cannotConnect, .connectionLost, .bodyTooLarge,
            .proxyRefused, .unusableProxy, .malformed,
        ]
        .map { CredentialHTTPError($0) }
        + [ProcessRunnerError.Code.cannotStart, .systemBusy, .timedOut, .statusUnknown, .tooMuchOutput].map {
            ProcessRunnerError($0)
        }
        + [
            FileStoreError(.operatingSystem, path: "/f", reason: "Permission denied"),
            HostResolverError(.noAnswer, host: "example.com", reason: "Temporary failure in name resolution"),
        ]

    @Test("a message consists of sentences", arguments: errors)
    func sentences(_ error: any RetryableError) {
        let text = "\(error)"
        #expect(text.first?.isUppercase == true)
        #expect(text.last == ".")
    }

    @Test("messages of sources consist of sentences, and keep the error that is the reason")
    func underlying() async throws {
        struct Talkative: Error { var text = "hidden-in-error" }
        var context = CredentialContext.test(
            [
                "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI": "/c", "AWS_WEB_IDENTITY_TOKEN_FILE": "/t",
                "AWS_ROLE_ARN": "arn:aws:iam::1:role/r",
            ],
            files: MemoryFileStore(["/t": .unreadable("Permission denied")])
        )
        context.processes = ScriptedProcesses(children: [:])
        context.http = RoutedHTTP([:])
        let cases: [(any AWSCredentialSource, AWSCredentialError.Code, any Error.Type)] = [
            (ContainerCredentialSource(context: context), .unreachable, CredentialHTTPError.self),
            (ProcessCredentialSource("x", context: context), .processFailed, ProcessRunnerError.self),
            (WebIdentityCredentialSource(context: context), .unreadableFile, FileStoreError.self),
            (
                AWSCredentialChain([CustomCredentialSource { throw Talkative() }], context: context), .unreachable,
                Talkative.self
            ),
        ]
        for (source, code, type) in cases {
            let error = try #require(await #expect(throws: AWSCredentialError.self) { try await source.credentials() })
            #expect(error.code == code)
            #expect(error.message.first?.isUppercase == true && error.message.last == ".")
            #expect(error.underlyingError.map { Swift.type(of: $0) == type } == true)
            var dumped = "\(error) \(String(reflecting: error))"
            dump(error, to: &dumped)
            #expect(!dumped.contains("hidden"))
        }
    }

    @Test("the text of a chain's error says what each source lacked, and the last one's reason once")
    func trail() async throws {
        let lacking = CustomCredentialSource { throw AWSCredentialError(.notConfigured, "The drawer is empty.") }
        let failing = CustomCredentialSource { throw AWSCredentialError(.refused, "The key is broken.") }
        func text(_ sources: [any AWSCredentialSource]) async throws -> String {
            let chain = AWSCredentialChain(sources, context: .test([:]))
            return "\(try #require(await #expect(throws: AWSCredentialError.self) { try await chain.credentials() }))"
        }
        #expect(try await text([failing]) == "The key is broken.")
        let both = try await text([lacking, failing])
        #expect(both.hasPrefix("The key is broken. Sources asked before:\n  - custom ("), "\(both)")
        #expect(both.hasSuffix("The drawer is empty."), "\(both)")
        let none = try await text([lacking, lacking])
        #expect(none.contains("Sources asked, in order:") && none.split(separator: "\n").count == 3, "\(none)")
    }

    @Test("one catch clause serves every error that says whether to try again")
    func oneProtocol() async {
        let source = CustomCredentialSource { throw AWSCredentialError(.timedOut, "It took too long.") }
        do {
            _ = try await source.credentials()
        } catch let error as any RetryableError where error.isRetryable {
            return
        } catch {}
        Issue.record("the error does not say that it may be retried")
    }

    @Test("a credential_process that hangs is named, with the seconds it had", arguments: [(false, 60), (true, 300)])
    func hangingProcess(isLent: Bool, seconds: Int) async {
        var context = CredentialContext.test(
            ["AWS_CONFIG_FILE": "/c"],
            files: MemoryFileStore(["/c": "[profile dev]\ncredential_process = slow\n"])
        )
        context.processes = HangingProcesses()
        context.terminal.isLentToHelpers = isLent
        let source = ProfileCredentialSource("dev", context: context)
        let error = await #expect(throws: AWSCredentialError.self) { try await source.credentials() }
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("credential_process of the profile 'dev' did not end in \(seconds) s.") == true)
    }
}

/// Child processes that take longer than they may.
private struct HangingProcesses: ProcessRunner {
    func run(_ request: ProcessRequest) async throws -> ProcessResult { throw ProcessRunnerError(.timedOut) }
}

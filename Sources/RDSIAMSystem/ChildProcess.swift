import RDSIAMBasics

/// A child process in a process group of its own, whose standard output is read through a pipe.
///
/// It is started with `posix_spawn`, reads nothing on standard input unless it is lent the terminal, and has no
/// descriptor of this process but its three streams. Foundation's `Process` lets children that start at the same moment
/// inherit each other's pipes on Linux, and notices an end only once every process that the child has started has ended
/// too.
///
/// When the value goes out of scope, the child is killed if it still runs, together with what it has started.
package struct ChildProcess: ~Copyable {
    /// How a child process ended.
    package enum Status: Sendable, Hashable {
        case exited(Int32)
        case signaled(Int32)

        init(waitStatus status: Int32) {
            let signal = status & 0x7F
            self = signal == 0 ? .exited((status >> 8) & 0xFF) : .signaled(signal)
        }
    }

    /// What a child process does with its standard error.
    package enum StandardError: Sendable {
        case discarded
        case inherited
    }

    /// The operating system refuses.
    package struct SystemFailure: RetryableError, CustomStringConvertible {
        package let function: String
        /// The error number, as in `errno`.
        package let number: Int32

        package var message: String {
            "The operating system refuses \(function): \(String(cString: strerror(number)))."
        }
        package var isRetryable: Bool { isShortage(number) }
        package var description: String { message }
    }

    private let identifier: pid_t
    private let output: Int32
    private let loan: TerminalLoan?
    /// How it ended, or `nil` while it runs.
    package private(set) var status: Status?
    /// How often it was stopped for the want of a terminal and went on with a lent one.
    private var stops = 0
    /// The signal that has stopped it, or `nil` while it goes on.
    private var stopSignal: Int32?
    /// Whether the process number no longer belongs to the child, so that no signal may be sent to it.
    private var isReaped = false

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - path: The program's path; `PATH` is not searched.
    ///   - arguments: What follows the program's name.
    ///   - environment: All of its environment.
    ///   - standardError: Where its standard error goes.
    ///   - borrowsTerminal: Whether to lend it the terminal of this process, if this process has one in its foreground.
    package init(
        _ path: String,
        _ arguments: [String],
        environment: [String: String],
        standardError: StandardError = .discarded,
        borrowsTerminal: Bool = false
    ) throws(SystemFailure) {
        let loan = borrowsTerminal ? TerminalLoan() : nil
        guard let pipe = makePipe() else { throw SystemFailure(function: "pipe", number: errno) }
        defer { close(pipe.writeEnd) }
        do {
            identifier = try Self.spawn(
                path,
                arguments,
                environment,
                SpawnActions(output: pipe.writeEnd, standardError, usesTerminal: loan != nil)
            )
        } catch {
            close(pipe.readEnd)
            throw error
        }
        output = pipe.readEnd
        loan?.give(to: identifier)
        self.loan = loan
    }

    deinit {
        close(output)
        guard !isReaped else { return }
        kill(-identifier, SIGKILL)
        Self.reap(identifier)
    }

    /// Waits for the end of what was killed, for at most a second: a dead file system may hold it.
    private static func reap(_ identifier: pid_t) {
        var status: Int32 = 0
        for _ in 0..<100 {
            guard waitpid(identifier, &status, WNOHANG) == 0 else { return }
            poll(nil, 0, 10)
        }
        try? BlockingWork.start {
            var status: Int32 = 0
            while waitpid(identifier, &status, 0) == -1, errno == EINTR {}
        }
    }

    /// Whether it is lent the terminal of this process.
    var hasTerminal: Bool { loan != nil }

    /// Returns whether it has ended; ``status`` then says how.
    ///
    /// - Throws: ``SystemFailure`` if its status is lost, as in a program that ignores `SIGCHLD`.
    package mutating func hasEnded() throws(SystemFailure) -> Bool {
        guard status == nil else { return true }
        var waitStatus: Int32 = 0
        let found = waitpid(identifier, &waitStatus, WNOHANG | WUNTRACED)
        if found == -1, errno == ECHILD {
            isReaped = true
            throw SystemFailure(function: "waitpid", number: ECHILD)
        }
        guard found == identifier else { return false }
        // A stopped process has ended only for those who give it up.
        guard waitStatus & 0xFF != 0x7F else {
            stopSignal = (waitStatus >> 8) & 0xFF
            return false
        }
        isReaped = true
        status = Status(waitStatus: waitStatus)
        return true
    }

    /// Lets a child process go on that was stopped, if it waits for a terminal that can be lent.
    ///
    /// - Returns: Whether it goes on, or runs anyway.
    mutating func goesOn() -> Bool {
        guard let signal = stopSignal else { return true }
        guard [SIGTTIN, SIGTTOU].contains(signal), stops < 10, loan != nil else { return false }
        (stopSignal, stops) = (nil, stops + 1)
        loan?.give(to: identifier)
        return true
    }

    /// Returns the next bytes of its output, none at the output's end, or `nil` if none come within so many
    /// milliseconds.
    package borrowing func read(waiting milliseconds: Int32) -> [UInt8]? {
        var ready = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
        guard poll(&ready, 1, milliseconds) > 0 else { return nil }
        return readChunk(of: output) ?? []
    }

    private static func spawn(
        _ path: String,
        _ arguments: [String],
        _ environment: [String: String],
        _ actions: borrowing SpawnActions
    ) throws(SystemFailure) -> pid_t {
        let texts = [path] + arguments + environment.flatMap { [$0.key, $0.value] }
        // C would cut the text at the NUL and start something else.
        guard !texts.contains(where: { $0.utf8.contains(0) }) else {
            throw SystemFailure(function: "posix_spawn", number: EINVAL)
        }
        var identifier = pid_t()
        let failure = withCStrings([path] + arguments) { arguments in
            withCStrings(environment.map { "\($0)=\($1)" }) { environment in
                actions.withPointers { posix_spawn(&identifier, path, $0, $1, arguments, environment) }
            }
        }
        guard failure == 0 else { throw SystemFailure(function: "posix_spawn", number: failure) }
        return identifier
    }

    private static func withCStrings<Value>(
        _ texts: [String],
        _ body: ([UnsafeMutablePointer<CChar>?]) -> Value
    ) -> Value {
        let copies = texts.map { strdup($0) }
        defer { copies.forEach { free($0) } }
        return body(copies + [nil])
    }
}

/// Reads up to 64 KiB of a descriptor, past interruptions.
///
/// - Returns: The bytes, none at the end, or `nil` if it fails, with the reason in `errno`.
package func readChunk(of file: Int32) -> [UInt8]? {
    var hasFailed = false
    let chunk = [UInt8](unsafeUninitializedCapacity: 65_536) { buffer, count in
        var got: Int
        repeat { got = read(file, buffer.baseAddress, buffer.count) } while got < 0 && errno == EINTR
        hasFailed = got < 0
        count = max(got, 0)
    }
    return hasFailed ? nil : chunk
}

/// Makes a pipe that child processes do not inherit; with glibc, not even one that another thread starts in between.
///
/// - Returns: The end to read from and the end to write to, or `nil` if it fails, with the reason in `errno`.
package func makePipe() -> (readEnd: Int32, writeEnd: Int32)? {
    var ends: [Int32] = [-1, -1]
    #if canImport(Glibc)
    if let pipe2 { return pipe2(&ends, O_CLOEXEC) == 0 ? (ends[0], ends[1]) : nil }
    #endif
    guard pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    return (ends[0], ends[1])
}

#if canImport(Glibc)
private typealias Pipe2 = @convention(c) (UnsafeMutablePointer<CInt>, CInt) -> CInt

/// Looked up while the program runs, as the module of glibc does not show what is Linux's own.
private let pipe2 = dlsym(nil, "pipe2").map { unsafeBitCast($0, to: Pipe2.self) }
#endif

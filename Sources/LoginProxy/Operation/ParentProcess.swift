#if Proxy
import RDSIAMSystem

/// The process that started this one, such as a desktop program with a proxy of its own.
package struct ParentProcess: Sendable {
    private let identifier: pid_t
    private let current: @Sendable () -> pid_t

    /// Takes the parent of this moment.
    package init() {
        self.init(current: { getppid() })
    }

    init(current: @escaping @Sendable () -> pid_t) {
        self.current = current
        identifier = current()
    }

    /// Returns once the parent has ended; throws `CancellationError` if the task is canceled before.
    ///
    /// The number is asked for five times a second. The signal that Linux sends at a parent's death (prctl(2),
    /// `PR_SET_PDEATHSIG`) comes already when the parent's thread ends that started this process.
    package func end() async throws {
        while current() == identifier { try await Task.sleep(for: .milliseconds(200)) }
    }
}

/// A descriptor on which the process that started this one waits for the proxy to be ready (`--ready-fd`).
package struct ReadyDescriptor: Sendable {
    private let descriptor: Int32

    /// Takes over an open descriptor and keeps it from the child processes of this one.
    ///
    /// - Returns: `nil` if it is not open for writing, or is one of the three standard streams.
    package init?(_ descriptor: Int32) {
        let flags = fcntl(descriptor, F_GETFL)
        guard descriptor > STDERR_FILENO, flags >= 0, flags & O_ACCMODE != O_RDONLY else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        self.descriptor = descriptor
    }

    /// Writes the lines, each with a line feed, and closes the descriptor.
    ///
    /// A reader that finds the end without a line knows that the proxy did not start.
    package func finish(_ lines: [String]) {
        let bytes = Array(lines.map { $0 + "\n" }.joined().utf8)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 || (count < 0 && errno == EINTR) else { break }
            rest = rest.dropFirst(max(0, count))
        }
        close(descriptor)
    }
}
#endif

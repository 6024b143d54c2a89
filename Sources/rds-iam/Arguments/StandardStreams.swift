#if Command
import RDSIAMSystem

/// The three standard streams of this process.
enum StandardStreams {
    /// Puts something in the place of each stream that is closed.
    ///
    /// Otherwise the next file that is opened takes its number, and what is printed goes into the audit log. A read or
    /// write of the stream still fails.
    static func fillClosed() {
        for (stream, flags) in [(STDIN_FILENO, O_WRONLY), (STDOUT_FILENO, O_RDONLY), (STDERR_FILENO, O_RDWR)]
        where fcntl(stream, F_GETFD) < 0 && errno == EBADF {
            _ = open("/dev/null", flags)
        }
    }

    /// Makes sure that all that was printed has been written: on a full disk, nothing must not look like an answer.
    static func finishOutput() throws {
        guard fflush(nil) != 0 else { return }
        let reason = "The system says: \(String(cString: strerror(errno)))."
        throw WritingFailure(name: "standard output", reason: reason)
    }
}
#endif

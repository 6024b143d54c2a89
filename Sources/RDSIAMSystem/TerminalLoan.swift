/// The terminal of this process, lent to a child process as a shell lends it to a job.
///
/// While it is lent, the keys that send signals reach the child process. When the value goes out of scope, the terminal
/// comes back in the state it had.
struct TerminalLoan: ~Copyable {
    private let file: Int32
    private let owner: pid_t
    private var state = termios()

    /// Returns `nil` if this process has no terminal or is in its background.
    init?() {
        file = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
        owner = file < 0 ? -1 : tcgetpgrp(file)
        guard owner > 0, owner == getpgrp(), tcgetattr(file, &state) == 0 else {
            if file >= 0 { close(file) }
            return nil
        }
    }

    deinit {
        var state = state
        // This process is in the background now, and would be stopped.
        Self.withoutStop {
            tcsetpgrp(file, owner)
            tcsetattr(file, TCSADRAIN, &state)
        }
        close(file)
    }

    /// Lends the terminal, and lets a process that has asked for it too early go on.
    borrowing func give(to group: pid_t) {
        Self.withoutStop { _ = tcsetpgrp(file, group) }
        kill(-group, SIGCONT)
    }

    private static func withoutStop(_ body: () -> Void) {
        var stop = sigset_t()
        var old = sigset_t()
        sigemptyset(&stop)
        sigaddset(&stop, SIGTTOU)
        pthread_sigmask(SIG_BLOCK, &stop, &old)
        body()
        pthread_sigmask(SIG_SETMASK, &old, nil)
    }
}

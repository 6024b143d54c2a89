/// A terminal without a screen.
public enum PseudoTerminal {
    /// Returns the words, for `/usr/bin/env`, that run a command on a terminal and copy what it prints there.
    ///
    /// Of the variables, `SEEN` is a text and `THEN` a command of the shell that runs when the text is seen, with the
    /// process's number as `CHILD`; `TYPED` is what is typed then; `LAST` is a text after which the process is killed.
    /// The status is that of the command, or the negative number of the signal that ended it, modulo 256.
    ///
    /// - Parameters:
    ///   - columns: The width of the terminal.
    ///   - command: The path of a program, and its arguments.
    public static func words(columns: Int = 80, _ command: [String]) -> [String] {
        ["python3", "-c", script, String(columns)] + command
    }

    private static let script =
        """
        import fcntl, os, pty, signal, struct, sys, termios
        columns, command, seen = int(sys.argv[1]), sys.argv[2:], b""
        names = ("SEEN", "THEN", "TYPED", "LAST")
        first, then, typed, last = (os.environ.pop(name, "").encode() for name in names)
        child, terminal = pty.fork()
        if child == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
            os.execv(command[0], command)
        while True:
            try: data = os.read(terminal, 65536)
            except OSError: break
            if not data: break
            os.write(1, data)
            seen += data
            if first and first in seen:
                os.environ["CHILD"] = str(child)
                first = os.system(then) and b""
                os.write(terminal, typed)
            if last and last in seen: os.kill(child, signal.SIGKILL)
        status = os.waitpid(child, 0)[1]
        sys.exit(os.waitstatus_to_exitcode(status) % 256)
        """
}

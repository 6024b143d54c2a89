#if Command
import RDSIAMSystem
import Synchronization

/// A command that cleans up when its task is canceled: it stops its statement on the server and closes the audit log.
protocol InterruptibleCommand {}

/// A command whose words after `--` are another program's.
protocol PassingOnCommand {
    /// Where the options of that program are written, in a sentence.
    static var placeOfOptions: String { get }
}

/// The signals that ask this process to end.
///
/// The first one cancels the command's task. The second one ends the process at once.
final class Interruption: Sendable {
    private static let signals = [SIGINT, SIGTERM, SIGHUP]
    /// The end of a pipe to which the handler writes the signal's number; -1 until there is one.
    private static let pipeEnd = Atomic<Int32>(-1)

    private let received = Mutex<Int32?>(nil)

    /// The signal that came, or `nil`.
    var signal: Int32? { received.withLock { $0 } }

    /// Calls `cancel` when the first signal comes.
    ///
    /// - Throws: `BlockingWork.NoThread`; the signals then end the process.
    func begin(_ cancel: @escaping @Sendable () -> Void) throws {
        guard let (readEnd, writeEnd) = makePipe() else { return }
        try BlockingWork.start {
            var number: UInt8 = 0
            while read(readEnd, &number, 1) != 1 && errno == EINTR {}
            for number in Self.signals { OriginalSignals.restore(number) }
            self.received.withLock { $0 = Int32(number) }
            cancel()
        }
        Self.pipeEnd.store(writeEnd, ordering: .relaxed)
        // A signal that the caller has this process ignore, as nohup does, stays ignored.
        for number in Self.signals where !OriginalSignals.isIgnored(number) {
            OriginalSignals.change(number) { number in
                var byte = UInt8(truncatingIfNeeded: number)
                _ = systemWrite(Interruption.pipeEnd.load(ordering: .relaxed), &byte, 1)
            }
        }
    }

    /// Ends the process as the signal would have, so that its parent can tell.
    static func leave(by number: Int32) -> Never {
        signalHandler(number, nil)
        // The threads of tasks block signals.
        var one = sigset_t()
        sigemptyset(&one)
        sigaddset(&one, number)
        pthread_sigmask(SIG_UNBLOCK, &one, nil)
        raise(number)
        exit(128 + number)
    }
}

/// What this process did with signals when it started, and does again before another program takes its place.
enum OriginalSignals {
    typealias Handler = @convention(c) (Int32) -> Void

    private struct Original {
        let number: Int32
        let handler: Handler?
    }

    private static let changed = Mutex<[Original]>([])

    /// Sets a signal's handler; `nil` is the default.
    static func change(_ number: Int32, to handler: Handler?) {
        let original = Original(number: number, handler: signalHandler(number, handler))
        changed.withLock { if !$0.contains(where: { $0.number == number }) { $0.append(original) } }
    }

    static func restore(_ number: Int32) {
        let original = changed.withLock { changed in
            changed.firstIndex { $0.number == number }.map { changed.remove(at: $0) }
        }
        if let original { signalHandler(number, original.handler) }
    }

    static func restoreAll() {
        for original in changed.withLock({ $0 }) { restore(original.number) }
    }

    /// Whether the process ignores a signal whose handler has not been changed.
    static func isIgnored(_ number: Int32) -> Bool {
        let handler = signalHandler(number, nil)
        signalHandler(number, handler)
        return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN as Handler?, to: Int.self)
    }
}

/// A member of the same name hides the system's function.
@discardableResult
private func signalHandler(_ number: Int32, _ handler: OriginalSignals.Handler?) -> OriginalSignals.Handler? {
    signal(number, handler)
}
#endif

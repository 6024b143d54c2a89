#if Proxy
import RDSIAMSystem
import Synchronization

/// Writes lines to a descriptor on a thread of its own: who logs never waits for a reader who does not read.
///
/// Lines that cannot be written yet wait. Beyond a bound they are dropped, and how many is written once there is room.
package final class LogWriter: Sendable {
    private struct State {
        var lines: [[UInt8]] = []
        var dropped = 0
        var isWriting = false
    }

    /// How many lines may wait.
    static let mostLines = 1_000

    private let descriptor: Int32
    private let notice: @Sendable (Int) -> [UInt8]
    private let state = Mutex(State())

    /// - Parameter notice: Returns the line that says how many were dropped.
    init(_ descriptor: Int32, notice: @escaping @Sendable (Int) -> [UInt8]) {
        self.descriptor = descriptor
        self.notice = notice
    }

    /// Takes a line with its end.
    @Sendable
    func add(_ line: [UInt8]) {
        let isFirst = state.withLock { state in
            if state.lines.count < Self.mostLines { state.lines.append(line) } else { state.dropped += 1 }
            defer { state.isWriting = true }
            return !state.isWriting
        }
        guard isFirst else { return }
        // Without a thread the next line tries again.
        do { try BlockingWork.start { self.writeAll() } } catch { state.withLock { $0.isWriting = false } }
    }

    private func writeAll() {
        while let (lines, dropped) = take() {
            lines.forEach(write)
            if dropped > 0 { write(notice(dropped)) }
        }
    }

    private func take() -> (lines: [[UInt8]], dropped: Int)? {
        state.withLock { state in
            guard !state.lines.isEmpty || state.dropped > 0 else {
                state.isWriting = false
                return nil
            }
            defer { (state.lines, state.dropped) = ([], 0) }
            return (state.lines, state.dropped)
        }
    }

    /// One call for a line if there is room, so that lines of several processes do not mix.
    private func write(_ line: [UInt8]) {
        var rest = line[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { RDSIAMSystem.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EAGAIN {
                var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                _ = poll(&room, 1, -1)
            } else if count <= 0, errno != EINTR {
                return
            }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// Waits until all lines are written, for a second at most.
    package func finish() {
        let end = ContinuousClock.now + .seconds(1)
        while state.withLock({ $0.isWriting }), ContinuousClock.now < end { poll(nil, 0, 5) }
    }
}
#endif

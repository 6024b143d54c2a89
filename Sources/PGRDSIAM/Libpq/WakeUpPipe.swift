import RDSIAMSystem

/// A pipe to oneself: a byte in it ends the other thread's `poll(2)`.
struct WakeUpPipe: Sendable {
    let readEnd: Int32
    private let writeEnd: Int32

    init() throws(PGRDSIAMError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw PGRDSIAMError.system("pipe", errno) }
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// Wakes the reader.
    ///
    /// A full pipe is as good as a byte.
    func ring() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Empties the pipe.
    func silence() {
        var bytes = [UInt8](repeating: 0, count: 64)
        while read(readEnd, &bytes, bytes.count) == bytes.count {}
    }
}

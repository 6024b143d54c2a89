import RDSIAMSystem

/// A file that only takes up room: when the disk is full it is deleted, and the log goes on for a while.
struct Ballast {
    let path: String
    let size: Int

    init(of log: String, size: Int) {
        self.path = log + ".ballast"
        self.size = size
    }

    /// Whether the room is still held back, or none was to be.
    var isKept: Bool { size <= 0 || access(path, F_OK) == 0 }

    /// Makes the file where there is none and the disk has room.
    ///
    /// A log without ballast is a log all the same.
    func refill() {
        guard size > 0, access(path, F_OK) != 0 else { return }
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0o600)
        guard file >= 0 else { return }
        let isFilled = fill(file)
        close(file)
        if !isFilled { unlink(path) }
    }

    private func fill(_ file: Int32) -> Bool {
        // Random, for file systems that store runs of zeros in no space at all.
        let block = (0..<4096).map { _ in UInt8.random(in: 0...255) }
        for _ in 0..<(size / block.count) where write(file, block, block.count) != block.count {
            return false
        }
        return fsync(file) == 0
    }

    /// Gives the room back.
    ///
    /// False where there was none to give.
    func spend() -> Bool { unlink(path) == 0 }
}

import RDSIAMSystem

/// A file that only takes up room: when the disk is full it is deleted, and the log goes on for a while.
struct DiskReserve {
    let path: String
    let size: Int

    init(of log: String, size: Int) {
        self.path = log + ".reserve"
        self.size = size
        // Its name in version 1.
        rename(log + ".ballast", path)
    }

    /// Makes the file if there is none and the disk has room.
    ///
    /// A log without a reserve is a log all the same.
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
    /// - Returns: Whether there was any.
    func spend() -> Bool { unlink(path) == 0 }
}

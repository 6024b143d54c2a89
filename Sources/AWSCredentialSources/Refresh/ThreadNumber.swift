import RDSIAMSystem

/// A number that threads mostly do not share.
enum ThreadNumber {
    static var current: Int {
        #if canImport(Glibc)
        let identifier = pthread_self()
        #else
        let identifier = UInt(bitPattern: pthread_self())
        #endif
        // Threads' control blocks lie a stack apart: the low bits are all alike.
        return Int(truncatingIfNeeded: (identifier &* 0x9E37_79B9_7F4A_7C15) >> 56)
    }
}

import Foundation

/// Returns the most memory that this process has had so far, in bytes (`getrusage`, `ru_maxrss`).
///
/// The tests of a module run at once and share a process, so what one test takes shows only in a process of its own
/// (`#expect(processExitsWith:)`).
public func peakMemory() -> Int {
    var usage = rusage()
    #if canImport(Glibc)
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    #else
    getrusage(RUSAGE_SELF, &usage)
    #endif
    #if canImport(Darwin)
    return usage.ru_maxrss
    #else
    return usage.ru_maxrss << 10
    #endif
}

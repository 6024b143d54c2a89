#if canImport(Darwin)
import Darwin
#elseif canImport(Musl)
import Musl
#else
import Glibc
#endif

/// A POSIX thread that nobody joins.
enum DetachedThread {
    fileprivate final class Work {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    static func start(_ body: @escaping @Sendable () -> Void) throws(PGRDSIAMError) {
        let work = Unmanaged.passRetained(Work(body))
        var thread: PlatformThread = initialThread
        let failure = pthread_create(&thread, nil, runWork, work.toOpaque())
        guard failure == 0 else {
            work.release()
            throw PGRDSIAMError.system("pthread_create", failure)
        }
    }
}

#if canImport(Darwin)
private typealias PlatformThread = pthread_t?
private let initialThread: PlatformThread = nil

private func runWork(_ work: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
    pthread_detach(pthread_self())
    Unmanaged<DetachedThread.Work>.fromOpaque(work).takeRetainedValue().body()
    return nil
}
#else
private typealias PlatformThread = pthread_t
private let initialThread: PlatformThread = 0

private func runWork(_ work: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    pthread_detach(pthread_self())
    if let work { Unmanaged<DetachedThread.Work>.fromOpaque(work).takeRetainedValue().body() }
    return nil
}
#endif

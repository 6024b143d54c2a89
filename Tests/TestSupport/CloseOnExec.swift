import Foundation
import RDSIAMSystem

/// Descriptors that no child process inherits, not even one that another thread starts in the moment they are made.
///
/// A child process that has a copy of a descriptor holds back the end that the other side waits for.
public enum CloseOnExec {
    /// Makes a pipe.
    public static func pipe() throws -> (readEnd: Int32, writeEnd: Int32) {
        guard let pipe = makePipe() else { throw Missing(description: "There is no pipe: error \(errno).") }
        return pipe
    }

    /// Accepts a client as accept(2) does.
    public static func accept(_ listener: Int32) -> Int32 {
        #if canImport(Glibc)
        if let accept4 { return accept4(listener, nil, nil, Int32(SOCK_CLOEXEC.rawValue)) }
        #endif
        let client = Foundation.accept(listener, nil, nil)
        if client >= 0 { _ = fcntl(client, F_SETFD, FD_CLOEXEC) }
        return client
    }

    #if canImport(Glibc)
    private typealias Accept4 =
        @convention(c) (CInt, UnsafeMutableRawPointer?, UnsafeMutablePointer<socklen_t>?, CInt) -> CInt

    // Looked up while the tests run, as the module of glibc does not show what is Linux's own.
    private static let accept4 = dlsym(nil, "accept4").map { unsafeBitCast($0, to: Accept4.self) }
    #endif
}

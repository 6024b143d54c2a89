// The one place that decides which Foundation and which C library a platform has.

#if canImport(FoundationEssentials)
@_exported public import FoundationEssentials
#else
@_exported public import Foundation
#endif

#if canImport(Darwin)
@_exported public import Darwin
#elseif canImport(Musl)
@_exported public import Musl
#else
@_exported public import Glibc
#endif

/// Returns whether an error number says that the operating system is short of processes, memory or descriptors, so that
/// the same call may succeed later.
package func isShortage(_ number: Int32) -> Bool { [EAGAIN, ENOMEM, EMFILE, ENFILE].contains(number) }

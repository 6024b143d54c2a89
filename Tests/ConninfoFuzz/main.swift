import ConninfoDifferential

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

// Usage: conninfo-fuzz [--seconds N] [--count N] [--seed S]
// Compares this package with the linked libpq until the time or the count is up. Fails at the first difference.

do {
    let plan = try FuzzPlan(arguments: Array(CommandLine.arguments.dropFirst()))
    try plan.run()
} catch {
    print(error)
    exit(1)
}

import Dispatch
import Foundation
import PGRDSIAM

/// Connects, asks, is refused, is cancelled and closes again and again, for a leak checker to watch.
///
/// The main thread waits: valgrind does not survive an asynchronous `main`.
@main
enum ConnectCycler {
    static func main() {
        let done = DispatchSemaphore(value: 0)
        Task.detached {
            await run()
            // What a loop's thread is just letting go of would count as lost.
            try? await Task.sleep(for: .seconds(3))
            done.signal()
        }
        done.wait()
    }

    /// The arguments are a connection string that works, one that is refused, and how often.
    private static func run() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let count = Int(arguments[3]) else { return fail("usage: GOOD REFUSED COUNT") }
        let issuer = TokenIssuer(generators: PGRDSIAM.generators)
        for _ in 0..<count {
            do { try await cycle(arguments[1], arguments[2], issuer) } catch { return fail("\(error)") }
        }
    }

    private static func cycle(_ good: String, _ refused: String, _ issuer: TokenIssuer) async throws {
        let connection = try await PGRDSIAM.connect(good, issuer: issuer)
        guard try await connection.query("select $1::int8", 7).rows.first?[0] == "7" else { return fail("no answer") }
        let hanging = Task { try await connection.query("select pg_sleep(60)") }
        try await Task.sleep(for: .milliseconds(20))
        hanging.cancel()
        guard case .failure(is CancellationError) = await hanging.result else { return fail("not cancelled") }
        let opening = Task { try await PGRDSIAM.connect(good, issuer: issuer) }
        try await Task.sleep(for: .milliseconds(.random(in: 0..<10)))
        opening.cancel()
        _ = await opening.result
        await connection.close()
        guard (try? await PGRDSIAM.connect(refused, issuer: issuer)) == nil else { return fail("not refused") }
    }

    private static func fail(_ message: String) {
        FileHandle.standardError.write(Data("connect-cycler: \(message)\n".utf8))
        exit(1)
    }
}

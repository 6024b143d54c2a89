import Dispatch
import Foundation
import PGRDSIAM

/// Connects, asks, is refused, is canceled and closes again and again, for a leak checker to watch.
///
/// The main thread waits: valgrind does not survive an asynchronous `main`.
@main
enum ConnectCycler {
    private static let done = DispatchSemaphore(value: 0)

    static func main() {
        let inherited = openSockets
        Task.detached {
            await run()
            await untilSocketsAreClosed(but: inherited)
            done.signal()
        }
        done.wait()
        // Without what `exit` does: OpenSSL cleans up there, and loses the error state of a thread that ends just then.
        _exit(0)
    }

    /// The arguments are a connection string that works, one that is refused, and the number of cycles.
    private static func run() async {
        let arguments = CommandLine.arguments
        guard arguments.count == 4, let count = Int(arguments[3]) else { return fail("usage: GOOD REFUSED COUNT") }
        let issuer = TokenIssuer(generators: RDSIAM.generators)
        for _ in 0..<count {
            do { try await cycle(arguments[1], arguments[2], issuer) } catch { return fail("\(error)") }
        }
    }

    private static func cycle(_ good: String, _ refused: String, _ issuer: TokenIssuer) async throws {
        let connection = try await RDSIAM.connect(good, issuer: issuer)
        guard try await connection.query("select $1::int8", 7).rows.first?.decode(Int.self, at: 0) == 7 else {
            return fail("no answer")
        }
        try await cancelStatement(on: connection)
        let opening = Task { try await RDSIAM.connect(good, issuer: issuer) }
        // At a random moment of the login, which takes 10 ms, and 250 ms under valgrind.
        try await Task.sleep(for: .milliseconds(.random(in: 0..<(.random() ? 10 : 250))))
        opening.cancel()
        _ = await opening.result
        await connection.close()
        guard (try? await RDSIAM.connect(refused, issuer: issuer)) == nil else { return fail("not refused") }
    }

    /// Cancels a statement that has begun: the server says so in a notice.
    private static func cancelStatement(on connection: PGConnection) async throws {
        let notices = connection.notices
        let statement = "do $$ begin raise notice 'begun'; perform pg_sleep(60); end $$"
        let hanging = Task { try await connection.execute(statement) }
        guard await notices.first(where: { $0.message == "begun" }) != nil else { return fail("not begun") }
        hanging.cancel()
        guard case .failure(is CancellationError) = await hanging.result else { return fail("not canceled") }
    }

    /// What a loop's thread is about to free would count as lost.
    private static func untilSocketsAreClosed(but inherited: Int) async {
        for _ in 0..<600 {
            guard openSockets > inherited else { return }
            try? await Task.sleep(for: .milliseconds(50))
        }
    }

    /// How many sockets this process has open; 0 on systems without `/proc`.
    private static var openSockets: Int {
        let folder = "/proc/self/fd"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let targets = names.compactMap { try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)") }
        return targets.count { $0.hasPrefix("socket:") }
    }

    private static func fail(_ message: String) {
        FileHandle.standardError.write(Data("connect-cycler: \(message)\n".utf8))
        exit(1)
    }
}

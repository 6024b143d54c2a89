import RDSIAMSystem
import Synchronization

/// Messages that come while nobody has the turn.
extension LibpqSession {
    /// Hands on what the server sends unasked, for as long as nobody has the turn and anybody listens.
    func listenWhileIdle() {
        guard inbox.isHeard else { return }
        state.withLock { state in
            guard !state.isBusy, state.listening == nil, let handle = state.handle else { return }
            state.listening = listen(to: SocketCondition(POLLIN, on: handle.socket))
        }
    }

    /// It must not keep the session, and with it the connection, alive while nothing comes.
    private func listen(to news: SocketCondition) -> Task<Void, Never> {
        Task(executorPreference: loop) { [weak self, loop] in
            var goesOn = true
            while goesOn, await loop.wait(for: news) == .ready {
                goesOn = self?.readUnasked() ?? false
            }
        }
    }

    /// Reads what came while nobody had the turn; whether to wait for more.
    private func readUnasked() -> Bool {
        // Who has the turn reads for himself.
        guard turns.beginIfFree() else { return false }
        defer { turns.end() }
        guard !Task.isCancelled, let handle = state.withLock({ $0.handle }) else { return false }
        do {
            let traffic = LibpqTraffic(handle, loop, inbox)
            repeat { try traffic.consume() } while handle.hasBufferedInput
            return true
        } catch {
            drop()
            return false
        }
    }
}

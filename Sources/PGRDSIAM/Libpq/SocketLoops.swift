import Synchronization

/// The loops of this process: started when first needed, as many as a handful, used in turn.
enum SocketLoops {
    private static let count = 4
    private static let state = Mutex<(loops: [SocketLoop], turn: Int)>(([], 0))

    static func next() throws -> SocketLoop {
        try state.withLock { state in
            if state.loops.count < count { state.loops.append(try SocketLoop()) }
            state.turn = (state.turn + 1) % state.loops.count
            return state.loops[state.turn]
        }
    }
}

/// The lives that AWS accepts for a presigned request.
enum Expiry {
    /// Seven days, the longest of all.
    static let week = 604_800
    /// Fifteen minutes: the server fails a database login whose token claims more, without saying why.
    static let quarterHour = 900

    static func check(_ seconds: Int, atMost limit: Int) throws(SigV4Error) {
        guard 1...limit ~= seconds else {
            throw SigV4Error(.invalidExpiry, "the expiry must be from 1 to \(limit) seconds")
        }
    }
}

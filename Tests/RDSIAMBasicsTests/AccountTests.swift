import Foundation
import RDSIAMBasics
import Testing

@Suite("Accounts", .timeLimit(.minutes(1)))
struct AccountTests {
    @Test("the effective user is the one that Foundation names")
    func current() throws {
        let account = try #require(Account.current)
        #expect(String(decoding: account.name, as: UTF8.self) == NSUserName())
        #expect(account.homeDirectory.first == UInt8(ascii: "/"))
    }
}

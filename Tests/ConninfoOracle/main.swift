// Connects with the connection string in the first argument through the linked libpq, in the environment of this
// process, and prints the result; every value as hexadecimal digits:
//     set KEYWORD VALUE    for each option of PQconninfo
//     password VALUE       the password for the last host tried
//     error VALUE          the message of the failure
// With a second argument it blocks in PQconnectdb; otherwise it polls, and never waits.
import CLibpq
import RDSIAMBasics

func hex(_ text: UnsafePointer<CChar>?) -> String {
    guard let text else { return "" }
    var bytes: [UInt8] = []
    while text[bytes.count] != 0 { bytes.append(UInt8(bitPattern: text[bytes.count])) }
    return Hexadecimal.encode(bytes)
}

let arguments = CommandLine.arguments.dropFirst()
let conninfo = arguments.first ?? ""
let connection = arguments.count > 1 ? PQconnectdb(conninfo) : PQconnectStart(conninfo)
defer { PQfinish(connection) }

// Each poll tries the next address. A refused port fails at once, and the count is a limit for everything else.
var polls = 0
while PQstatus(connection) != CONNECTION_BAD, polls < 10_000, PQconnectPoll(connection) != PGRES_POLLING_FAILED {
    polls += 1
}

if let options = PQconninfo(connection) {
    var option = options
    while let keyword = option.pointee.keyword {
        if let value = option.pointee.val { print("set", String(cString: keyword), hex(value)) }
        option += 1
    }
    PQconninfoFree(options)
}
print("password", hex(PQpass(connection)))
print("error", hex(PQerrorMessage(connection)))

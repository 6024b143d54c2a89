// Asks the linked libpq to connect with the connection string in the first argument, in the environment it is given,
// and prints what it made of it; every value as hexadecimal digits:
//     set KEYWORD VALUE    for each option of PQconninfo
//     password VALUE       the password for the last host tried
//     error VALUE          the message of the failure
import CLibpq

func hex(_ text: UnsafePointer<CChar>?) -> String {
    guard var cursor = text else { return "" }
    var digits = ""
    while cursor.pointee != 0 {
        let byte = UInt8(bitPattern: cursor.pointee)
        digits += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        cursor += 1
    }
    return digits
}

let connection = PQconnectStart(CommandLine.arguments.dropFirst().first ?? "")
defer { PQfinish(connection) }

// Each poll tries the next address; a refused port answers at once, and the count is a limit for all else.
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

import RDSIAMSystem

/// Prints a value as JSON in one line, with its keys in order.
func printJSON(_ value: some Encodable) throws {
    print(try jsonText(value))
}

func jsonText(_ value: some Encodable) throws -> String {
    String(decoding: try JSONValue.encode(value), as: UTF8.self)
}
